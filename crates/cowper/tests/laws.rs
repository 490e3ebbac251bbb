//! Laws that hold for every site, tried on random small ones.

use std::fmt::Write;
use std::ops::ControlFlow;

use cowper::accounts::accounts;
use cowper::compile::{Compiled, compile};
use cowper::diagnostic::{Diagnostic, render};
use cowper::model::StateKind;
use cowper::problem::{Problem, Values};
use cowper::schedule::schedule;
use cowper::series::{FileOptions, RawTable};
use cowper::site::Site;
use cowper::solver::{Limits, Point, Status, solve, violation};
use proptest::prelude::*;
use proptest::sample::Index;

fn cases(count: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|c| c.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(count),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A works with two fuels, steam and electricity, as numbers.
#[derive(Debug, Clone)]
struct Works {
    quarter_hours: bool,
    tariff: Vec<u32>,
    load: Vec<u32>,
    steam: Vec<u32>,
    furnace: Vec<u32>,
    import_limit: Option<u32>,
    export_price: Option<u32>,
    gas_limit: Option<u32>,
    gas_minimum: u32,
    boiler: u32,
    /// Minimum load in percent, start cost, minimum up and down hours.
    on_off: Option<(u32, u32, u32, u32)>,
    ramp: Option<u32>,
    battery: Option<(u32, u32)>,
    holder: Option<u32>,
    flare: Option<u32>,
    converter: Option<u32>,
    sheddable: bool,
    /// All prices times this.
    prices: f64,
    /// More lines at the end: states.
    more: String,
}

fn works(integers: bool) -> impl Strategy<Value = Works> {
    let series = |most: u32| prop::collection::vec(0..most, 12);
    (
        (4usize..=12, any::<bool>(), series(120), series(60), series(80), series(200)),
        (
            prop::option::of(20u32..60),
            prop::option::of(0u32..20),
            prop::option::of(10u32..80),
            0u32..8,
            20u32..100,
        ),
        (prop::option::of((10u32..60, 0u32..900, 1u32..4, 1u32..4)), prop::option::of(5u32..80)),
        (
            prop::option::of((1u32..20, 1u32..60)),
            prop::option::of(20u32..200),
            prop::option::of(0u32..300),
        ),
        (prop::option::of(5u32..40), any::<bool>()),
    )
        .prop_map(move |(a, b, c, d, e)| {
            let cut = |s: Vec<u32>| s[..a.0].to_vec();
            Works {
                quarter_hours: a.1,
                tariff: cut(a.2),
                load: cut(a.3),
                steam: cut(a.4),
                furnace: cut(a.5),
                import_limit: b.0,
                export_price: b.1,
                gas_limit: b.2,
                gas_minimum: b.3,
                boiler: b.4,
                on_off: c.0.filter(|_| integers),
                ramp: c.1,
                battery: d.0,
                holder: d.1,
                flare: d.2,
                converter: e.0,
                sheddable: e.1,
                prices: 1.0,
                more: String::new(),
            }
        })
}

impl Works {
    fn minutes(&self) -> usize {
        if self.quarter_hours { 15 } else { 60 }
    }

    fn hours(&self) -> f64 {
        self.minutes() as f64 / 60.0
    }

    fn text(&self) -> String {
        let minutes = self.tariff.len() * self.minutes();
        let p = self.prices;
        let mut text = format!(
            "[site]\nname = \"works\"\nshortage_price = \"{} EUR/MWh\"\nsurplus_price = \"{} EUR/MWh\"\nco2_price = \"{} EUR/t\"\n\
             [horizon]\nstart = \"2025-01-01 00:00\"\nend = \"2025-01-01 {:02}:{:02}\"\nstep = \"{} min\"\n\
             [carrier.electricity]\nmeasure = \"energy\"\n[carrier.gas]\nmeasure = \"energy\"\nco2 = \"200 kg/MWh\"\n\
             [carrier.bfg]\nmeasure = \"volume\"\nheating_value = \"3.3 MJ/Nm3\"\nco2 = \"0.8 kg/Nm3\"\n\
             [carrier.steam]\nmeasure = \"mass\"\nenthalpy = \"2.9 GJ/t\"\n\
             [series.tariff]\nunit = \"EUR/MWh\"\nvalues = {:?}\n[series.load]\nunit = \"MW\"\nvalues = {:?}\n\
             [series.steam_use]\nunit = \"t/h\"\nvalues = {:?}\n[series.furnace]\nunit = \"kNm3/h\"\nvalues = {:?}\n",
            2000.0 * p,
            300.0 * p,
            40.0 * p,
            minutes / 60,
            minutes % 60,
            self.minutes(),
            self.tariff.iter().map(|v| f64::from(*v) * p).collect::<Vec<_>>(),
            self.load,
            self.steam,
            self.furnace,
        );
        let mut line = |written: String| writeln!(text, "{written}").unwrap();
        line("[grid_connection.grid]\nimport_price = \"tariff\"".into());
        if let Some(limit) = self.import_limit {
            line(format!("import_limit = \"{limit} MW\""));
        }
        // Dearer export than import would be money for nothing.
        if let Some(price) = self.export_price.map(|e| e.min(*self.tariff.iter().min().unwrap())) {
            line(format!(
                "export_price = \"{} EUR/MWh\"\nexport_limit = \"30 MW\"",
                f64::from(price) * p
            ));
        }
        line("[fuel_supply.blast_furnace]\ncarrier = \"bfg\"\nfixed = \"furnace\"".into());
        line(format!(
            "[fuel_supply.pipeline]\ncarrier = \"gas\"\nprice = \"{} EUR/MWh\"\nminimum = \"{} MW\"",
            31.0 * p,
            self.gas_minimum
        ));
        if let Some(limit) = self.gas_limit {
            line(format!("limit = \"{limit} MW\""));
        }
        line(format!(
            "[boiler.b1]\nsteam = \"steam\"\ncapacity = \"{} t/h\"\nefficiency = {{ bfg = 0.8, gas = 0.9 }}",
            self.boiler
        ));
        if let Some((load, start, up, down)) = self.on_off {
            line(format!(
                "minimum_load = \"{load} %\"\nstart_cost = \"{} EUR\"\nminimum_up = \"{up} h\"\nminimum_down = \"{down} h\"",
                f64::from(start) * p
            ));
        }
        if let Some(ramp) = self.ramp {
            line(format!("ramp_up = \"{ramp} %/h\""));
        }
        if let Some((power, capacity)) = self.battery {
            line(format!(
                "[battery.store]\npower = \"{power} MW\"\ncapacity = \"{capacity} MWh\"\nwear = \"{} EUR/MWh\"",
                2.0 * p
            ));
        }
        if let Some(capacity) = self.holder {
            line(format!(
                "[gas_holder.north]\ngas = \"bfg\"\ncapacity = \"{capacity} kNm3\"\nband = [\"15 %\", \"90 %\"]\nband_price = \"{} EUR/kNm3/h\"",
                5.0 * p
            ));
        }
        if let Some(capacity) = self.flare {
            line(format!(
                "[flare.stack]\ngas = \"bfg\"\ncapacity = \"{capacity} kNm3/h\"\nprice = \"{} EUR/kNm3\"",
                3.0 * p
            ));
        }
        if let Some(capacity) = self.converter {
            line(format!(
                "[converter.engine]\ncapacity = \"{capacity} MW\"\ncapacity_at = \"gas\"\ntakes = {{ gas = 1 }}\ngives = {{ electricity = 0.4, steam = \"0.5 t/MWh\" }}\nburns = [\"gas\"]"
            ));
        }
        line("[demand.mill]\ncarrier = \"electricity\"\namount = \"load\"".into());
        if self.sheddable {
            line(format!("shed_price = \"{} EUR/MWh\"\nsheddable = \"30 %\"", 150.0 * p));
        }
        line("[demand.dryer]\ncarrier = \"steam\"\namount = \"steam_use\"".into());
        line(self.more.clone());
        text
    }

    fn solved(&self) -> Solved {
        solved(&self.text())
    }
}

struct Solved {
    site: Site,
    compiled: Compiled,
    point: Point,
}

fn no_files(file: &str, _: &FileOptions) -> Result<RawTable, Vec<Diagnostic>> {
    Err(vec![Diagnostic::nowhere(format!("there is no file `{file}`"))])
}

fn compiled(text: &str) -> (Site, Compiled) {
    let shown = |found: Vec<Diagnostic>| -> (Site, Compiled) {
        panic!("{}", render(&found, "site.toml", text))
    };
    let (site, _) = match cowper::input::read(text, &no_files) {
        Ok(read) => read,
        Err(found) => return shown(found),
    };
    match compile(&site, &site.horizon) {
        Ok(compiled) => (site, compiled),
        Err(found) => shown(found),
    }
}

fn optimum(problem: &Problem) -> Point {
    let solution = solve(problem, Limits { gap: 1e-9, ..Limits::default() }, &mut |_| {
        ControlFlow::Continue(())
    });
    assert_eq!(solution.status, Status::Optimal);
    solution.point.expect("an optimum has a point")
}

fn solved(text: &str) -> Solved {
    let (site, compiled) = compiled(text);
    let point = optimum(&compiled.problem);
    Solved { site, compiled, point }
}

/// What rounding may explain in a cost.
fn rounding(cost: f64) -> f64 {
    1e-6 * (100.0 + cost.abs())
}

/// The cost of a point under a problem's prices.
fn cost_of(problem: &Problem, values: &[Vec<f64>]) -> f64 {
    let each = problem.variables.iter().zip(values);
    problem.fixed_cost
        + each
            .flat_map(|(v, values)| values.iter().enumerate().map(|(at, x)| v.cost.at(at) * x))
            .sum::<f64>()
}

/// The problem with its whole numbers held where they are.
fn held(problem: &Problem, point: &Point) -> Problem {
    let mut held = problem.clone();
    for (variable, values) in held.variables.iter_mut().zip(&point.values) {
        if variable.integer {
            let whole: Vec<f64> = values.iter().map(|v| v.round()).collect();
            variable.lower = Values::Series(whole.into());
            variable.upper = variable.lower.clone();
            variable.integer = false;
        }
    }
    held
}

fn with_more(values: &Values, steps: usize, at: usize, more: f64) -> Values {
    Values::Series((0..steps).map(|t| values.at(t) + if t == at { more } else { 0.0 }).collect())
}

proptest! {
    #![proptest_config(cases(12))]

    /// Proves: balances close, the books count what was minimised, and limits are kept.
    /// Sensitivity: a flow left out of a balance, or a cost out of the books, would show at once.
    #[test]
    fn the_books_are_those_of_the_plan(works in works(true)) {
        let Solved { site, compiled, point } = works.solved();
        let schedule = schedule(&site, &compiled, &point);
        let books = accounts(&site, &compiled, &point, &schedule);
        for line in &books.energy {
            prop_assert!(line.closing_error.abs() < 1e-5 * (1.0 + line.into.abs()), "node {}: {}", line.node, line.closing_error);
        }
        let booked: f64 = books.costs.iter().map(|c| c.amount).sum();
        prop_assert!((booked - point.objective).abs() < rounding(booked), "books {booked}, objective {}", point.objective);
        prop_assert!((cost_of(&compiled.problem, &point.values) - point.objective).abs() < rounding(booked));
        prop_assert!(violation(&compiled.problem, &point.values) < 1e-6);
        prop_assert_eq!(compiled.problem.has_integers(), works.on_off.is_some());
    }

    /// Proves: twice the prices are twice the cost, and the old plan is still the best.
    /// Sensitivity: a price that is not money (a constant in the code) would break it.
    #[test]
    fn twice_the_prices(works in works(true)) {
        let once = works.solved();
        let twice = Works { prices: 2.0, ..works }.solved();
        let expected = 2.0 * once.point.objective;
        prop_assert!((twice.point.objective - expected).abs() < rounding(expected), "{} not {expected}", twice.point.objective);
        prop_assert!(violation(&twice.compiled.problem, &once.point.values) < 1e-6);
        prop_assert!((cost_of(&twice.compiled.problem, &once.point.values) - expected).abs() < rounding(expected));
    }

    /// Proves: the order of tables changes nothing, bit for bit, nor does reading again.
    /// Sensitivity: an order taken from the file or from a hash would move columns.
    #[test]
    fn order_means_nothing(works in works(true), picks in prop::collection::vec(any::<Index>(), 40)) {
        let text = works.text();
        let mut tables: Vec<String> = text.split("\n[").map(|t| format!("[{}", t.trim_start_matches('['))).collect();
        let mut shuffled = String::new();
        for pick in picks.iter().cycle() {
            if tables.is_empty() {
                break;
            }
            shuffled.push_str(&tables.remove(pick.index(tables.len())));
            shuffled.push('\n');
        }
        let matrix = |text: &str| format!("{:?}", compiled(text).1.problem.matrix());
        let first = matrix(&text);
        prop_assert_eq!(&first, &matrix(&shuffled));
        prop_assert_eq!(&first, &matrix(&text));
        let (once, again) = (works.solved().point, solved(&shuffled).point);
        prop_assert_eq!(once.objective.to_bits(), again.objective.to_bits());
        prop_assert_eq!(once.values, again.values);
    }

    /// Proves: more freedom never costs more.
    /// Sensitivity: a limit with the wrong sign would make a larger unit dearer.
    #[test]
    fn freedom_is_never_dearer(works in works(true)) {
        let cost = works.solved().point.objective;
        let mut freer = vec![
            ("import limit", Works { import_limit: works.import_limit.map(|l| l + 10), ..works.clone() }),
            ("no import limit", Works { import_limit: None, ..works.clone() }),
            ("no gas limit", Works { gas_limit: None, ..works.clone() }),
            ("no gas minimum", Works { gas_minimum: 0, ..works.clone() }),
            ("no ramp", Works { ramp: None, ..works.clone() }),
            ("a battery", Works { battery: Some(works.battery.map_or((3, 9), |(p, c)| (p + 3, c + 9))), ..works.clone() }),
            ("a holder", Works { holder: Some(works.holder.map_or(50, |c| c + 50)), ..works.clone() }),
            ("a flare", Works { flare: Some(works.flare.map_or(50, |c| c + 50)), ..works.clone() }),
            ("an engine", Works { converter: Some(works.converter.map_or(9, |c| c + 9)), ..works.clone() }),
            ("shedding", Works { sheddable: true, ..works.clone() }),
        ];
        // A start jumps to the minimum load, which a ramp alone does not allow.
        if works.ramp.is_none() {
            freer.push(("no on and off", Works { on_off: None, ..works.clone() }));
        }
        // A minimum load and a ramp are shares of the capacity: more of it is not more freedom.
        if works.on_off.is_none() {
            freer.push(("a larger boiler", Works { boiler: works.boiler + 20, ..works.clone() }));
        }
        for (what, freer) in freer {
            let less = freer.solved().point.objective;
            prop_assert!(less <= cost + rounding(cost), "{what}: {less} is more than {cost}");
        }
    }

    /// Proves: a price is what one more unit costs, at most, and one less saves, at least; with whole
    /// numbers it is so while these are held. Prices have the sign of their limit, and there is none
    /// where there is room.
    /// Sensitivity: a dual of the wrong sign or per step instead of per hour would break it.
    #[test]
    fn prices_are_what_one_more_costs(works in works(true), step in any::<Index>(), node in any::<Index>(), more in 0.01f64..3.0) {
        let Solved { site, compiled, point } = works.solved();
        let held = held(&compiled.problem, &point);
        let again = optimum(&held);
        prop_assert!((again.objective - point.objective).abs() < rounding(point.objective));
        let steps = site.horizon.steps;
        let (step, node) = (step.index(steps), node.index(compiled.balances.len()));
        let price = schedule(&site, &compiled, &point).prices[node].values[step] * works.hours();
        for more in [more, -more] {
            let mut moved = held.clone();
            let row = &mut moved.rows[compiled.balances[node].row];
            row.lower = with_more(&row.lower, steps, step, more);
            row.upper = row.lower.clone();
            let cost = optimum(&moved).objective;
            let least = point.objective + price * more;
            prop_assert!(cost >= least - rounding(cost), "{more} more at {step}: {cost} is less than {least}");
        }
        for (block, row) in held.rows.iter().enumerate() {
            for (at, value) in held.activity(row, &point.values).into_iter().enumerate() {
                let (dual, tolerance) = (point.row_duals[block][at], 1e-6);
                let (low, high) = (value - row.lower.at(at), row.upper.at(at) - value);
                prop_assert!(dual < tolerance || low < tolerance * (1.0 + value.abs()), "{}: dual {dual}, {low} above its least", row.name);
                prop_assert!(dual > -tolerance || high < tolerance * (1.0 + value.abs()), "{}: dual {dual}, {high} below its greatest", row.name);
            }
        }
        for (block, variable) in held.variables.iter().enumerate() {
            for (at, value) in point.values[block].iter().enumerate() {
                let (dual, tolerance) = (point.column_duals[block][at], 1e-6);
                let (low, high) = (value - variable.lower.at(at), variable.upper.at(at) - value);
                prop_assert!(dual < tolerance || low < tolerance * (1.0 + value.abs()), "{}: dual {dual}, {low} above its least", variable.name);
                prop_assert!(dual > -tolerance || high < tolerance * (1.0 + value.abs()), "{}: dual {dual}, {high} below its greatest", variable.name);
            }
        }
    }

    /// Proves: a run in two parts, the second from the state the first leaves, is never cheaper than one.
    /// Sensitivity: a level or a start that got lost between the parts would be energy for nothing.
    #[test]
    fn two_short_runs_are_no_cheaper(works in works(true), cut in 1usize..11) {
        let steps = works.tariff.len();
        let cut = cut.min(steps - 1);
        let part = |from: usize, to: usize, more: String| Works {
            tariff: works.tariff[from..to].to_vec(),
            load: works.load[from..to].to_vec(),
            steam: works.steam[from..to].to_vec(),
            furnace: works.furnace[from..to].to_vec(),
            // The same price in each part.
            export_price: works.export_price.map(|e| e.min(*works.tariff.iter().min().unwrap())),
            more,
            ..works.clone()
        };
        let first = part(0, cut, String::new()).solved();
        let second = part(cut, steps, state_after(&first)).solved();
        let parts = first.point.objective + second.point.objective;
        let whole = works.solved().point.objective;
        prop_assert!(parts >= whole - rounding(whole), "{parts} in parts, {whole} in one");
    }
}

/// The `[state]` tables that a run leaves behind.
fn state_after(run: &Solved) -> String {
    let Solved { site, compiled, point } = run;
    let hours = site.horizon.hours();
    let mut states: std::collections::BTreeMap<&str, String> = std::collections::BTreeMap::new();
    for info in &compiled.levels {
        let level = cowper::schedule::values_of(point, info.level)
            .last()
            .unwrap()
            .clamp(0.0, info.capacity);
        let unit = compiled
            .problem
            .variables
            .iter()
            .find(|v| v.component == site.components[info.component].name && v.name == "level");
        let unit = unit.unwrap().dimension.symbol("EUR");
        writeln!(
            states.entry(&site.components[info.component].name).or_default(),
            "level = \"{level} {unit}\""
        )
        .unwrap();
    }
    for info in &compiled.states {
        let values = cowper::schedule::values_of(point, info.variable);
        let last = *values.last().unwrap();
        let text = states.entry(&site.components[info.component].name).or_default();
        match info.what {
            StateKind::On => {
                let same = values.iter().rev().take_while(|v| (**v - last).abs() < 0.5).count();
                writeln!(text, "on = {}\nsince = \"{} h\"", last > 0.5, same as f64 * hours)
                    .unwrap();
            }
            StateKind::Output => writeln!(text, "output = \"{} t/h\"", last.max(0.0)).unwrap(),
            StateKind::Peak => {}
        }
    }
    states.iter().map(|(name, fields)| format!("[state.{name}]\n{fields}")).collect()
}
