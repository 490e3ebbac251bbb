//! The reference works come out as the figures for each tonne say, and run without shortage.

use std::ops::ControlFlow;
use std::path::PathBuf;

use cowper::accounts::{Accounts, accounts};
use cowper::compile::{Compiled, compile, connections};
use cowper::cooperation::{PartyPosition, baseline, coalition, positions};
use cowper::diagnostic::{Diagnostic, render};
use cowper::game::Coalition;
use cowper::schedule::{Schedule, schedule};
use cowper::series::read_csv;
use cowper::solver::{Limits, Status, solve};

#[path = "../src/reference_works.rs"]
mod reference_works;

use reference_works::reference_works;

struct Run {
    compiled: Compiled,
    schedule: Schedule,
    accounts: Accounts,
}

impl Run {
    /// Mean over the run of all columns "component.quantity" that fit.
    fn mean(&self, fits: impl Fn(&str, &str) -> bool) -> f64 {
        let columns = self.schedule.flows.iter().filter(|c| fits(&c.component, &c.name));
        columns.map(|c| c.values.iter().sum::<f64>() / c.values.len() as f64).sum()
    }

    /// Mean of one column.
    fn of(&self, title: &str) -> f64 {
        let (component, name) = title.split_once('.').unwrap();
        assert!(self.schedule.get(title).is_some(), "there is no {title}");
        self.mean(|c, n| c == component && n == name)
    }

    /// Heat of the three gases that components of these names burn, in MW.
    fn gas_burnt(&self, components: &[&str]) -> f64 {
        let heat = |gas: &str, content: f64| {
            content / 3.6 * self.mean(|c, n| n == gas && components.contains(&c))
        };
        heat("bfg", 3.3) + heat("cog", 17.4) + heat("ldg", 8.4)
    }
}

/// Runs the works between two dates of 2025 and checks what holds of any run.
fn run(step_seconds: i64, seed: u64, (from, to): (&str, &str)) -> Run {
    let (text, series) = reference_works(step_seconds, seed);
    let text = text.replace("start = \"2025-01-01\"", &format!("start = \"{from}\""));
    let text = text.replace("end = \"2026-01-01\"", &format!("end = \"{to}\""));
    let shown = |found: &[Diagnostic]| render(found, "site.toml", &text);
    let read =
        cowper::input::read(&text, &|file, options| read_csv(file, series.as_bytes(), options));
    let (site, warnings) = read.unwrap_or_else(|found| panic!("{}", shown(&found)));
    assert!(warnings.is_empty(), "{}", shown(&warnings));
    let compiled =
        compile(&site, &site.horizon).unwrap_or_else(|found| panic!("{}", shown(&found)));
    let loose = connections(&site, &compiled);
    assert!(loose.is_empty(), "{}", shown(&loose));
    assert!(!compiled.problem.has_integers(), "the reference works are an LP");
    let solution = solve(&compiled.problem, Limits::default(), &mut |_| ControlFlow::Continue(()));
    assert_eq!(solution.status, Status::Optimal);
    let point = solution.point.unwrap();
    let schedule = schedule(&site, &compiled, &point);
    let accounts = accounts(&site, &compiled, &point, &schedule);
    assert!(accounts.slacks.is_empty(), "shortage or surplus: {:?}", accounts.slacks);
    Run { compiled, schedule, accounts }
}

fn near(what: &str, found: f64, expected: f64, share: f64) {
    assert!(
        (found / expected - 1.0).abs() <= share,
        "{what}: {found:.1}, expected {expected:.1} within {share}"
    );
}

/// Proves: a week without trouble has the gas balance of a works of 8 Mt/y, derived from 0.9 t of hot
/// metal, 0.324 t of coke and 0.94 t rolled for each tonne and the typical figures named in the site
/// (Ministry of Steel of India 2024, JISF 2022, LBNL-6338E and a public model of three gases):
/// 1 130 + 615 + 213 = 1 958 MW of gas, of which 454 heat stoves, 302 coke ovens, 17 the sinter, 286
/// the mills, 95 ladles and lime; about 800 MW are left and make 257 (steam plant at 0.32) to 351 MW
/// (combined cycle at 0.437).
/// Sensitivity: heating values per mass, or firing counted after an efficiency, would leave less
/// than 500 or more than 1000 MW.
#[test]
fn gas_and_power_come_out_as_derived() {
    let week = run(3600, 1, ("2025-02-17", "2025-02-24"));
    near("BFG, kNm3/h", week.mean(|c, n| c.starts_with("bf_") && n == "gas_made"), 1232.9, 0.02);
    near("COG, kNm3/h", week.of("batteries.gas_made"), 127.2, 0.02);
    near("LDG, kNm3/h", week.mean(|c, n| c.starts_with("vessel") && n == "gas_made"), 91.3, 0.02);
    near("stoves, MW", week.gas_burnt(&["bf_1", "bf_2", "bf_3"]), 454.3, 0.02);
    near("coke ovens, MW", week.gas_burnt(&["batteries"]), 301.6, 0.02);
    near("sinter, MW", week.gas_burnt(&["strands"]), 16.9, 0.06);
    near("mills, MW", week.gas_burnt(&["strip_mill_1", "strip_mill_2", "plate_mill"]), 286.1, 0.02);
    near("ladles and lime, MW", week.gas_burnt(&["ladles", "lime_kiln"]), 95.3, 0.02);

    let surplus = week.gas_burnt(&["combined_cycle", "boiler_1", "boiler_2", "boiler_3"]);
    near("surplus, MW", surplus, 803.8, 0.03);
    let flared = week.mean(|_, n| n == "flared");
    assert!(flared < 0.5, "flared, kNm3/h: {flared}");
    // Process steam is taken out of the same surplus: the heat it has above what the turbine keeps.
    let generated = week.of("combined_cycle.electricity") + week.of("turbine.electricity");
    assert!((257.0..=351.0).contains(&generated), "power from gas: {generated} MW");
    near(
        "top-gas turbines, MW",
        week.mean(|c, n| c.starts_with("bf_") && n == "turbine"),
        37.0,
        0.02,
    );
    near("dry quenching, MW", week.of("dry_quenching_turbine.electricity"), 35.5, 0.03);

    let takers =
        ["strands", "batteries", "strip_mill_1", "strip_mill_2", "plate_mill", "air_separation"];
    let used = week.mean(|c, n| {
        n == "electricity"
            && (takers.contains(&c) || c.starts_with("bf_") || c.starts_with("vessel"))
    });
    near("demand, MW", used + week.of("utilities_load.served"), 406.7, 0.03);
    // All carbon of the gases, once, and that of the coal units.
    let gases = 1232.9 * 0.848 + 127.2 * 0.764 + 91.3 * 1.512;
    let coal = 2.18 * week.mean(|c, n| c.starts_with("unit_") && n == "coal");
    near("direct CO2, t", week.accounts.carbon.direct, 168.0 * (gases + coal), 0.02);
}

/// Proves: at a quarter of an hour converter gas comes in pulses that the holder takes up, for any seed.
/// Sensitivity: gas spread evenly over the cycle would never swing by half its mean.
#[test]
fn a_day_of_quarter_hours_runs_on_its_holders() {
    for seed in [1, 7] {
        let day = run(900, seed, ("2025-05-14", "2025-05-15"));
        let gas = &day.schedule.get("vessel_1.gas_made").unwrap().values;
        let (least, most) =
            gas.iter().fold((f64::MAX, 0.0_f64), |(l, m), v| (l.min(*v), m.max(*v)));
        assert!(most - least > 30.0, "gas of vessel 1 between {least} and {most} kNm3/h");
        assert_eq!(day.compiled.horizon.steps, 96);
    }
}

/// Proves: the year makes 8 Mt of steel and the same seed makes the same year; another seed does not.
#[test]
fn the_series_are_a_year_of_eight_million_tonnes() {
    let (_, series) = reference_works(3600, 1);
    assert_eq!(reference_works(3600, 1).1, series);
    assert_ne!(reference_works(3600, 2).1, series);
    let mut rows = series.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = rows.next().unwrap();
    let column = header.iter().position(|h| *h == "steel [t/h]").unwrap();
    let values: Vec<f64> = rows.map(|row| row[column].parse().unwrap()).collect();
    assert_eq!(values.len(), 8760);
    near("steel of three vessels, t", 3.0 * values.iter().sum::<f64>(), 8e6, 1e-4);
    // Quarter-hours are the same year: their lines average to the hours.
    assert_eq!(reference_works(900, 1).1.lines().count(), 35_041);
}

/// Proves: the site in the examples is the one that `cowper new` writes.
#[test]
fn the_example_is_what_is_written() {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/reference-works/site.toml");
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed == reference_works(3600, 1).0,
        "{} differs; write it anew with `cowper new`",
        path.display()
    );
}

/// Proves: under their contracts each company has a plan of its own for a week, without shortage or
/// surplus; one plan for both costs less, and at its prices neither has more than alone.
/// Sensitivity: a contract that the line cannot carry would be a shortage of the works.
#[test]
fn both_companies_gain_by_one_plan() {
    let (text, series) = reference_works(3600, 1);
    let read =
        cowper::input::read(&text, &|file, options| read_csv(file, series.as_bytes(), options));
    let (site, _) = read.unwrap_or_else(|found| panic!("{}", render(&found, "site.toml", &text)));
    let horizon = site.horizon_of(Some("2025-02-17"), Some("2025-02-24"), None).unwrap();
    let limits = Limits::default();
    let alone = baseline(&site, &horizon, limits).unwrap_or_else(|f| panic!("{f}"));
    for plan in &alone.alone {
        let slacks = plan.accounts(&site).slacks;
        assert!(slacks.is_empty(), "{slacks:?}");
    }
    let everyone = (&alone, Coalition::everyone(2));
    let together = coalition(&site, &horizon, everyone, limits).unwrap_or_else(|f| panic!("{f}"));
    let costs: Vec<f64> = alone.alone.iter().map(|plan| plan.cost().upper).collect();
    let (sum, joint) = (costs.iter().sum::<f64>(), together.cost().upper);
    let found = positions(&site, &together, &alone).unwrap_or_else(|f| panic!("{f}"));
    let shares: Vec<f64> = found.parties.iter().map(PartyPosition::cost).collect();
    println!("alone {costs:?}, together {joint}, gain {}, shares {shares:?}", sum - joint);
    assert!(joint < sum, "{joint} of {sum}");
    near("shares", shares.iter().sum(), joint, 1e-6);
    for (share, cost) in shares.iter().zip(&costs) {
        assert!(*share <= cost + 1e-6 * cost.abs(), "{share} of {cost}");
    }
}
