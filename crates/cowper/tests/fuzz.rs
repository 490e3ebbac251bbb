//! The readers of sites, series and units under arbitrary input: they never panic and never guess.
//!
//! Short by itself; `PROPTEST_CASES=100000 cargo test -p cowper --test fuzz` for longer.

use std::fmt::Write;
use std::ops::ControlFlow;

use cowper::compile::{check, compile, connections};
use cowper::cooperation::{baseline, coalition, positions};
use cowper::diagnostic::{Diagnostic, Severity, Span, render};
use cowper::game::Coalition;
use cowper::series::{FileOptions, RawTable, SeriesStore, read_csv};
use cowper::solver::{Limits, solve};
use cowper::units::{Any, Power, Price, Quantity};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::{Index, select};

fn cases(count: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|c| c.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(count),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn no_files(file: &str, options: &FileOptions) -> Result<RawTable, Vec<Diagnostic>> {
    if file == "series.csv" {
        return read_csv(file, b"time,use [MW]\n2025-01-01 00:00,1\n2025-01-01 01:00,2\n", options);
    }
    Err(vec![Diagnostic::nowhere(format!("there is no file `{file}`"))])
}

// ---- sites ---------------------------------------------------------------------------------

/// A way to spoil a text.
#[derive(Debug, Clone)]
enum Spoil {
    Delete(Index, usize),
    Repeat(Index, usize),
    Insert(Index, String),
    SwapLines(Index, Index),
    Number(Index, String),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    let extremes = select(vec![
        "1e308",
        "-0",
        "-1",
        "nan",
        "inf",
        "-inf",
        "0",
        "9999999999999999999",
        "1e-300",
        "0x7f",
        "1_000",
        "25:00",
        "\"\"",
        "true",
        "[]",
        "{}",
        "1e15",
        "1e300",
        "0.1",
        "2",
        "1979-05-27",
        "07:32:00",
        "\"1e9 h\"",
        "\"1 s\"",
    ])
    .prop_map(str::to_owned);
    let pieces = prop_oneof![
        extremes.clone(),
        "\\PC{0,4}",
        select(vec![
            "[", "]", "{", "}", "=", ".", "\"", "'''", "\\", "\n", "\r", "\u{feff}", "\u{202e}",
            "é", "[[", "a.b.c.d=", "#", "\0", "%"
        ])
        .prop_map(str::to_owned),
        (1usize..3000).prop_map(|n| "x".repeat(n)),
        (1usize..300).prop_map(|n| "[".repeat(n)),
    ];
    prop_oneof![
        (any::<Index>(), 1usize..30).prop_map(|(at, n)| Spoil::Delete(at, n)),
        (any::<Index>(), 1usize..60).prop_map(|(at, n)| Spoil::Repeat(at, n)),
        (any::<Index>(), pieces).prop_map(|(at, text)| Spoil::Insert(at, text)),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Spoil::SwapLines(a, b)),
        (any::<Index>(), extremes.clone()).prop_map(|(at, text)| Spoil::Number(at, text)),
        (any::<Index>(), extremes).prop_map(|(at, text)| Spoil::Number(at, text)),
    ]
}

fn spoilt(text: &str, spoils: &[Spoil]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for spoil in spoils {
        if bytes.is_empty() {
            break;
        }
        match spoil {
            Spoil::Delete(at, n) => {
                let at = at.index(bytes.len());
                bytes.drain(at..(at + n).min(bytes.len()));
            }
            Spoil::Repeat(at, n) => {
                let at = at.index(bytes.len());
                let piece = bytes[at..(at + n).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            Spoil::Insert(at, text) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, text.bytes());
            }
            Spoil::SwapLines(a, b) => {
                let mut lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
                let (a, b) = (a.index(lines.len()), b.index(lines.len()));
                lines.swap(a, b);
                bytes = lines.join(&b'\n');
            }
            Spoil::Number(at, text) => {
                let starts: Vec<usize> = (0..bytes.len())
                    .filter(|i| {
                        bytes[*i].is_ascii_digit()
                            && (*i == 0 || !bytes[i - 1].is_ascii_digit() && bytes[i - 1] != b'.')
                    })
                    .collect();
                if starts.is_empty() {
                    continue;
                }
                let start = starts[at.index(starts.len())];
                let end = (start..bytes.len())
                    .find(|i| !bytes[*i].is_ascii_digit() && bytes[*i] != b'.')
                    .unwrap_or(bytes.len());
                bytes.splice(start..end, text.bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The examples of all kinds, and one site with everything that is no kind.
fn sites() -> Vec<&'static str> {
    let mut sites: Vec<&str> =
        cowper::components::kinds().map(cowper::component::Kind::example).collect();
    sites.extend(cowper::contracts::CONTRACTS.iter().map(cowper::component::Kind::example));
    sites.push(SITE);
    sites
}

const SITE: &str = r#"
[site]
name = "Everything"
currency = "CNY"
time_zone = "Europe/Berlin"
co2_price = "60 CNY/t"
shortage_price = "5000 CNY/MWh"
[horizon]
start = "2025-01-01 00:00"
end = "2025-01-01 04:00"
step = "1 h"
[party.steel]
name = "Steelworks"
[party.power]
name = "Power company"
[series]
stamp_format = "%Y-%m-%d %H:%M"
stamps = "end"
midnight = "begins_day"
time_zone = "UTC"
[series.use]
unit = "MW"
values = [10, 12.5, 11, 9]
[series.tariff]
otherwise = "80 CNY/MWh"
periods = [{ from = "01:00", to = "03:00", value = "120 CNY/MWh", days = ["mon", "wed"], months = [1, 12] }]
[carrier.electricity]
measure = "energy"
label = "Electricity"
[carrier.gas]
measure = "volume"
heating_value = "17 MJ/Nm3"
co2 = "0.8 kg/Nm3"
surplus_price = "1 CNY/Nm3"
[carrier.steam]
measure = "mass"
enthalpy = "2.9 GJ/t"
[node.low]
carrier = "steam"
[grid_connection.grid]
owner = "power"
import_price = "tariff"
export_price = "20 CNY/MWh"
import_limit = "50 MW"
demand_charge = "38 CNY/kW/month"
demand_window = "2 h"
[fuel_supply.coke_ovens]
owner = "steel"
carrier = "gas"
price = "0.2 CNY/Nm3"
limit = "40 kNm3/h"
take_or_pay = "20 kNm3"
[gas_holder.north]
owner = "steel"
gas = "gas"
capacity = "100 kNm3"
band = ["15 %", "90 %"]
leak = "0.1 %/h"
[boiler.b1]
owner = "steel"
steam = "low"
capacity = "100 t/h"
efficiency = { gas = 0.9 }
minimum_load = "30 %"
start_cost = "900 CNY"
minimum_up = "2 h"
minimum_down = "2 h"
ramp_up = "1 %/min"
[demand.dryer]
owner = "steel"
carrier = "low"
amount = "40 t/h"
shed_price = "100 CNY/t"
shiftable = "50 %"
shift_window = "2 h"
[demand.mill]
owner = "steel"
carrier = "electricity"
amount = "use"
[battery.store]
owner = "power"
power = "5 MW"
capacity = "20 MWh"
wear = "2 CNY/MWh"
[state.store]
level = "8 MWh"
[state.b1]
on = true
since = "1 h"
output = "50 t/h"
"#;

/// Reads, compiles, explains and, where it is small, solves. Gives back whether it could be read.
fn goes_through(text: &str) -> bool {
    let all = check(text, &no_files);
    let shown = render(&all, "site.toml", text);
    assert!(shown.len() < 300_000, "{} bytes of messages", shown.len());
    let site = match cowper::input::read(text, &no_files) {
        Ok((site, _)) => site,
        Err(found) => {
            assert!(found.iter().any(|d| d.severity == Severity::Error));
            assert!(!all.is_empty());
            return false;
        }
    };
    match compile(&site, &site.horizon) {
        Err(found) => {
            assert!(found.iter().any(|d| d.severity == Severity::Error));
            let _ = render(&found, "site.toml", text);
        }
        Ok(compiled) => {
            let _ = render(&connections(&site, &compiled), "site.toml", text);
            if site.horizon.steps > 200 {
                return true;
            }
            let _ = cowper::explain::explain(&site, &compiled, None);
            let solution = solve(
                &compiled.problem,
                Limits { seconds: 0.2, gap: 1e-2, ..Limits::default() },
                &mut |_| ControlFlow::Continue(()),
            );
            if let Some(point) = solution.point {
                assert!(point.objective.is_finite() && point.violation.is_finite());
                let schedule = cowper::schedule::schedule(&site, &compiled, &point);
                let _ = cowper::accounts::accounts(&site, &compiled, &point, &schedule);
            }
            if !site.contracts.is_empty() {
                cooperates(&site);
            }
        }
    }
    true
}

/// Each party alone, all together, and what each bears: numbers, or why there are none.
fn cooperates(site: &cowper::site::Site) {
    let limits = Limits { seconds: 0.2, gap: 1e-2, ..Limits::default() };
    let alone = match baseline(site, &site.horizon, limits) {
        Ok(alone) => alone,
        Err(failure) => return assert!(!failure.to_string().is_empty()),
    };
    let everyone = Coalition::everyone(site.network.parties.len());
    if let Ok(together) = coalition(site, &site.horizon, (&alone, everyone), limits) {
        let found = positions(site, &together, &alone).unwrap_or_else(|f| panic!("{f}"));
        assert!(found.parties.iter().all(|party| party.cost().is_finite()));
    }
}

#[test]
fn the_sites_are_sound_before_they_are_spoilt() {
    for site in sites() {
        assert!(goes_through(site), "{}", render(&check(site, &no_files), "site.toml", site));
    }
}

proptest! {
    #![proptest_config(cases(600))]

    /// Proves: a spoilt site gives messages or a plan, never a panic.
    #[test]
    fn spoilt_sites(site in select(sites()), spoils in prop::collection::vec(spoil(), 1..4)) {
        goes_through(&spoilt(site, &spoils));
    }

    /// Proves: no text at all makes the reader panic.
    #[test]
    fn any_text(text in "\\PC{0,200}", lines in prop::collection::vec("[\\[a-z\\]=.\"0-9{}, ]{0,30}", 0..10)) {
        goes_through(&text);
        goes_through(&lines.join("\n"));
    }
}

// ---- series --------------------------------------------------------------------------------

fn add(
    bytes: &[u8],
    options: &FileOptions,
    zone: &TimeZone,
) -> Result<SeriesStore, Vec<Diagnostic>> {
    let mut store = SeriesStore::default();
    let raw = read_csv("series.csv", bytes, options)?;
    store.add_table("series.csv", raw, options, zone, "EUR")?;
    Ok(store)
}

fn goes_through_as_series(bytes: &[u8], options: &FileOptions, zone: &TimeZone) {
    if let Err(found) = add(bytes, options, zone) {
        assert!(!found.is_empty());
        let _ = render(&found, "site.toml", "");
    }
}

fn options() -> impl Strategy<Value = FileOptions> {
    (
        prop::option::of(select(vec!["%Y-%m-%d %H:%M", "%d/%m/%Y", "%", "%Q%", "\u{e9}", "%s"])),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(format, stamps_at_end, midnight_ends_day)| FileOptions {
            stamp_format: format.map(str::to_owned),
            stamps_at_end,
            midnight_ends_day,
            ..FileOptions::default()
        })
}

const ZONES: [&str; 6] = [
    "UTC",
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
];

fn zone() -> impl Strategy<Value = TimeZone> {
    select(ZONES.to_vec()).prop_map(|name| TimeZone::get(name).unwrap())
}

/// Sites whose one demand is the series `use` of the file, at its own span and step.
fn read_back(
    csv: &[u8],
    fields: &str,
    zone: &str,
    start: Timestamp,
    end: Timestamp,
    step: i64,
) -> Result<Vec<f64>, String> {
    let text = format!(
        "[site]\nname = \"x\"\ntime_zone = \"{zone}\"\n[horizon]\nstart = \"{start}\"\nend = \"{end}\"\nstep = \"{step} min\"\n\
         [carrier.electricity]\nmeasure = \"energy\"\n[grid_connection.grid]\nimport_price = \"1 EUR/MWh\"\n\
         [demand.d]\ncarrier = \"electricity\"\namount = \"use\"\n[series]\nfile = \"series.csv\"\n{fields}"
    );
    let files = |file: &str, options: &FileOptions| read_csv(file, csv, options);
    let shown = |found: &[Diagnostic]| render(found, "site.toml", &text);
    let (site, _) = cowper::input::read(&text, &files).map_err(|f| shown(&f))?;
    let compiled = compile(&site, &site.horizon).map_err(|f| shown(&f))?;
    // What is demanded stands on the right side of the balance.
    let row = &compiled.problem.rows[compiled.balances[0].row];
    Ok((0..site.horizon.steps).map(|t| row.lower.at(t)).collect())
}

proptest! {
    #![proptest_config(cases(1500))]

    /// Proves: no bytes make the reader of series panic.
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300), options in options(), zone in zone()) {
        goes_through_as_series(&bytes, &options, &zone);
    }

    /// Proves: nor do files that look like series.
    #[test]
    fn any_table(
        header in select(vec!["time,a [MW],b", "t;a [MW];b [x", "time\ta\tb]", "\u{feff}time,\"a\n[MW]\",b", "time,a,a", ",,"]),
        rows in prop::collection::vec(
            (select(vec!["2025-03-30 02:30", "2025-10-26 02:00", "2025-01-01", "2025-01-01T01:00Z", "9999-12-31 23:59", "-009999-01-01", "", "x", "\"", "0000-00-00", "2025-01-01T00:00+99"]),
             select(vec!["1", "", "nan", "1e999", "1,5", "-0", "\"2\"", "\u{ff11}", "1;2", "\""]), any::<bool>()), 0..8),
        options in options(),
        zone in zone(),
    ) {
        let delimiter = if header.contains(';') { ";" } else if header.contains('\t') { "\t" } else { "," };
        let mut text = header.to_owned();
        for (stamp, cell, whole) in &rows {
            text.push_str(if *whole { "\r\n" } else { "\n" });
            text.push_str(&[*stamp, *cell, "3"][..if *whole { 3 } else { 2 }].join(delimiter));
        }
        goes_through_as_series(text.as_bytes(), &options, &zone);
    }
}

proptest! {
    #![proptest_config(cases(300))]

    /// Proves: a sound file reads back value by value at the right instants, whatever its marks, line
    /// ends, separators, stamps and zone, over days on which clocks change.
    /// Sensitivity: an hour lost or doubled at a change of clocks would shift or refuse the rest.
    #[test]
    fn a_sound_series_reads_back(
        values in prop::collection::vec(0u32..1_000_000, 2..120),
        (day, minute) in (0i64..366, 0i64..24),
        step in select(vec![15i64, 30, 60]),
        (stamps_in, site_zone) in (select(ZONES.to_vec()), select(ZONES.to_vec())),
        (mark, line_end) in (any::<bool>(), select(vec!["\n", "\r\n"])),
        delimiter in select(vec![",", ";", "\t"]),
        at_end in any::<bool>(),
        with_offset in any::<bool>(),
    ) {
        let zone = TimeZone::get(stamps_in).unwrap();
        let base: Timestamp = "2025-01-01T00:00Z".parse().unwrap();
        let start = base + SignedDuration::from_mins(day * 1440 + minute * 60);
        let at = |t: usize| start + SignedDuration::from_mins(step * t as i64);
        let mut csv = String::from(if mark { "\u{feff}" } else { "" });
        write!(csv, "time{delimiter}use [kW]{delimiter}other{line_end}").unwrap();
        let first = at(usize::from(at_end));
        // A file that begins in a repeated hour cannot say in which of the two.
        prop_assume!(with_offset || !matches!(zone.to_ambiguous_timestamp(zone.to_datetime(first)).offset(), jiff::tz::AmbiguousOffset::Fold { .. }));
        for (t, value) in values.iter().enumerate() {
            let instant = at(t + usize::from(at_end));
            let stamp = if with_offset { instant.to_string() } else { zone.to_datetime(instant).strftime("%Y-%m-%d %H:%M").to_string() };
            write!(csv, "{stamp}{delimiter}{value}{delimiter}x{line_end}").unwrap();
        }
        let fields = format!("time_zone = \"{stamps_in}\"\nstamps = \"{}\"", if at_end { "end" } else { "start" });
        let read = read_back(csv.as_bytes(), &fields, site_zone, start, at(values.len()), step);
        let expected: Vec<f64> = values.iter().map(|v| f64::from(*v) * 1e-3).collect();
        prop_assert_eq!(read, Ok(expected));
    }
}

// ---- units ---------------------------------------------------------------------------------

proptest! {
    #![proptest_config(cases(2000))]

    /// Proves: what is printed reads back as the same quantity, for any value and any product of units.
    #[test]
    fn printing_reads_back(
        value in any::<f64>().prop_filter("finite", |v| v.is_finite() && v.abs() < 1e200),
        over in prop::collection::vec(select(vec!["MWh", "kW", "h", "min", "Nm3", "t", "EUR", "m2", "°C", "month", "kVA", "%", "tce"]), 1..4),
        under in prop::collection::vec(select(vec!["GJ", "MW", "s", "d", "kNm3", "kg", "kEUR", "K", "month", "MVA", "pu"]), 0..3),
    ) {
        let text = format!("{value:e} {}", over.into_iter().chain(under.iter().flat_map(|u| ["/", *u])).collect::<Vec<_>>().join(" "));
        let read = Quantity::<Any>::parse(&text, Span::default(), "EUR").map_err(TestCaseError::fail)?;
        let printed = read.display("EUR");
        prop_assert_eq!(Quantity::<Any>::parse(&printed, Span::default(), "EUR"), Ok(read), "{} printed {}", text, printed);
    }

    /// Proves: no text makes the reader of units panic.
    #[test]
    fn any_unit(text in "\\PC{0,60}", likely in "[-+0-9._eE,]{0,8} ?[a-zA-Z0-9^²³/ *·%°]{0,12}", currency in select(vec!["EUR", "MWH", "KNM"])) {
        for text in [text.as_str(), likely.as_str()] {
            let _ = Quantity::<Any>::parse(text, Span::default(), currency);
            let _ = Quantity::<Power>::parse(text, Span::default(), currency);
            let _ = Quantity::<Price>::parse(text, Span::default(), currency);
        }
    }
}
