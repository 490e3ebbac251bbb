//! The command as a user has it: files in, files out, exit codes, schemas.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn cowper(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cowper")).args(arguments).output().expect("cowper starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn summary(folder: &Path) -> Value {
    let text =
        std::fs::read_to_string(folder.join("summary.json")).expect("a run writes its summary");
    serde_json::from_str(&text).expect("it is JSON")
}

fn schema(of: &str) -> Value {
    let output = cowper(&["schema", "--of", of]);
    serde_json::from_slice(&output.stdout).expect("a schema is JSON")
}

const SITE: &str = r#"
[site]
name = "test"
[horizon]
start = "2025-01-01T00:00"
end = "2025-01-01T04:00"
step = "1 h"
[carrier.electricity]
measure = "energy"
[series.price]
unit = "EUR/MWh"
values = [20, 100, 20, 100]
[grid_connection.grid]
import_price = "price"
[demand.load]
carrier = "electricity"
amount = "10 MW"
[battery.b]
power = "5 MW"
capacity = "20 MWh"
charging_efficiency = 1
discharging_efficiency = 1
start = 0
"#;

fn site_in(folder: &Path, text: &str) -> String {
    let path = folder.join("site.toml");
    std::fs::write(&path, text).expect("a temporary folder takes files");
    path.display().to_string()
}

/// Proves: every example and the example of every kind is what the site file's schema allows.
/// Sensitivity: a field the schema forgets, or a type it gets wrong, is refused here.
#[test]
fn examples_keep_the_schema() {
    let schema = jsonschema::validator_for(&schema("site")).expect("it is a schema");
    let contracts = cowper::contracts::CONTRACTS.iter().map(|k| (k.name, k.example()));
    let kinds = cowper::components::kinds().map(|k| (k.name, k.example()));
    let owned = |(name, example): (&str, &str)| (name.to_owned(), example.to_owned());
    let mut sites: Vec<(String, String)> = kinds.chain(contracts).map(owned).collect();
    for entry in std::fs::read_dir(root().join("examples")).expect("there are examples") {
        let path = entry.expect("it can be listed").path();
        let path = if path.is_dir() { path.join("site.toml") } else { path };
        // A folder without a site is an agreement.
        if path.extension().is_some_and(|e| e == "toml") && path.is_file() {
            let text = std::fs::read_to_string(&path).expect("an example can be read");
            sites.push((path.display().to_string(), text));
        }
    }
    assert!(sites.len() > 40);
    for (name, site) in sites {
        let value: Value = toml::from_str(&site).expect("an example is TOML");
        let wrong: Vec<String> =
            schema.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    }
}

/// Proves: a run gives 20·15 + 100·5, twice, writes every file, and its summary keeps its schema.
#[test]
fn a_run_writes_its_results() {
    let folder = tempfile::tempdir().expect("there is room");
    let site = site_in(folder.path(), SITE);
    let output = cowper(&["run", &site]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let results = folder.path().join("results");
    for file in ["summary.json", "schedule.parquet", "prices.parquet", "state.toml", "report.html"]
    {
        assert!(results.join(file).metadata().is_ok_and(|m| m.len() > 0), "{file}");
    }
    let summary = summary(&results);
    assert_eq!(summary["status"], "optimal");
    assert!((summary["objective"].as_f64().unwrap() - 1600.0).abs() < 1e-6);
    let validator = jsonschema::validator_for(&schema("summary")).expect("it is a schema");
    let wrong: Vec<String> = validator.iter_errors(&summary).map(|e| e.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Proves: a run says which solver gave its result and why, and one that is asked for alone is alone.
/// Sensitivity: another one that steps in unsaid would make a comparison of the two worthless.
#[test]
fn the_result_says_who_solved_it() {
    let folder = tempfile::tempdir().expect("there is room");
    let site = site_in(folder.path(), SITE);
    let results = folder.path().join("results");
    let output = cowper(&["run", &site, "--solver", "highs"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("solving by HiGHS\n"), "{}", text(&output.stdout));
    let by_highs = summary(&results);
    assert_eq!(by_highs["solver"], serde_json::json!({"name": "HiGHS", "because": null}));
    assert!(cowper(&["run", &site]).status.success());
    let cost = |summary: &Value| summary["objective"].as_f64().unwrap();
    assert!((cost(&summary(&results)) - cost(&by_highs)).abs() < 1e-4);
    let with_whole_numbers = SITE.to_owned()
        + "[carrier.heat]\nmeasure = \"energy\"\n[electric_boiler.e]\nsteam = \"heat\"\n\
           capacity = \"5 MW\"\nstart_cost = \"9 EUR\"\n\
           [demand.warmth]\ncarrier = \"heat\"\namount = \"2 MW\"\n";
    site_in(folder.path(), &with_whole_numbers);
    assert!(cowper(&["run", &site]).status.success());
    let because = "the problem has whole numbers";
    assert_eq!(
        summary(&results)["solver"],
        serde_json::json!({"name": "HiGHS", "because": because})
    );
    let output = cowper(&["run", &site, "--solver", "staircase"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains(because), "{}", text(&output.stderr));
    assert_eq!(summary(&results)["status"], "unsuited");
}

/// Proves: a run that finds nothing says so, leaves nothing of the run before, and is no success.
/// Sensitivity: a schedule as text that stays would pass for that of the new site.
#[test]
fn no_result_leaves_no_schedule() {
    let folder = tempfile::tempdir().expect("there is room");
    let site = site_in(folder.path(), SITE);
    let of_a_schedule =
        ["schedule.parquet", "prices.parquet", "schedule.csv", "prices.csv", "state.toml"];
    let results = folder.path().join("results");
    assert!(cowper(&["run", &site, "--csv"]).status.success());
    assert!(of_a_schedule.iter().all(|file| results.join(file).exists()));
    // 5 MW cannot fill 100 MWh in four hours.
    site_in(folder.path(), &SITE.replace("\"20 MWh\"", "\"100 MWh\"\nend = \"100 %\""));
    let output = cowper(&["run", &site]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let shown = text(&output.stderr);
    assert!(shown.contains("infeasible") && shown.contains("battery `b`"), "{shown}");
    assert!(!of_a_schedule.iter().any(|file| results.join(file).exists()));
    let summary = summary(&results);
    assert_eq!(summary["status"], "infeasible");
    assert!(summary["objective"].is_null() && summary["cost"].is_null());
    // What would do is told in the terminal, in the summary and on the page alike.
    let way_out = "charge ≤ 25 MW instead of 5";
    let page = std::fs::read_to_string(results.join("report.html")).expect("a page says why");
    assert!(shown.contains(way_out) && page.contains(way_out), "{shown}{page}");
    assert!(page.contains("no schedule") && !page.contains("{{"));
    let told = &summary["contradictions"][0];
    assert_eq!(told["who"], "battery `b`");
    assert!(told["ways_out"].as_array().unwrap().contains(&way_out.into()), "{told}");
    let validator = jsonschema::validator_for(&schema("summary")).expect("it is a schema");
    assert!(validator.is_valid(&serde_json::to_value(&summary).unwrap()));
}

/// Proves: the exit code tells mistakes in the input from files that fail.
#[test]
fn exit_codes() {
    let folder = tempfile::tempdir().expect("there is room");
    let site = site_in(folder.path(), SITE);
    let wrong = SITE.replace("carrier = \"electricity\"", "carrier = \"electricty\"");
    let code = |arguments: &[&str]| cowper(arguments).status.code();
    assert_eq!(code(&["check", &site]), Some(0));
    assert_eq!(code(&["check", folder.path().join("none.toml").to_str().unwrap()]), Some(4));
    assert_eq!(code(&["run", &site, "--out", &format!("{site}/below")]), Some(4));
    assert_eq!(code(&["run", &site, "--from", "tomorrow"]), Some(1));
    assert_eq!(code(&["frobnicate"]), Some(2));
    site_in(folder.path(), &wrong);
    let output = cowper(&["check", &site]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("did you mean `electricity`?"));
}

/// Proves: a tariff by the clock has no end: the site runs on a day after that of its file. 24 h of
/// 10 MW at 50, six of them at 20. Sensitivity: cut at the file's horizon there would be no price.
#[test]
fn a_tariff_by_the_clock_has_no_end() {
    let folder = tempfile::tempdir().expect("there is room");
    let clock = "otherwise = \"50 EUR/MWh\"\nperiods = [{ from = \"00:00\", to = \"06:00\", value = \"20 EUR/MWh\" }]\n";
    let whole = SITE.replace("unit = \"EUR/MWh\"\nvalues = [20, 100, 20, 100]\n", clock);
    let site = site_in(folder.path(), &whole[..whole.find("[battery.b]").expect("it has one")]);
    let output = cowper(&["run", &site, "--from", "2025-03-01", "--to", "2025-03-02"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let cost = summary(&folder.path().join("results"))["objective"].as_f64().expect("a cost");
    assert!((cost - (6.0 * 200.0 + 18.0 * 500.0)).abs() < 1e-6, "{cost}");
}

/// Proves: a run in two parts, the second from the state the first leaves, goes on where it stood.
/// The first part may end with a full battery (`end` is free there): 20·15 twice and stock at 100.
#[test]
fn the_state_goes_on() {
    let folder = tempfile::tempdir().expect("there is room");
    let site = site_in(folder.path(), &SITE.replace("start = 0\n", "start = 0\nend = \"25 %\"\n"));
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let run = |arguments: &[&str]| {
        let output = cowper(&[&["run", site.as_str()], arguments].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    run(&["--to", "2025-01-01 01:00", "--out", first.to_str().unwrap()]);
    let state = first.join("state.toml");
    assert!(std::fs::read_to_string(&state).unwrap().contains("level = \"5 MWh\""));
    let arguments = ["--from", "2025-01-01 01:00", "--state", state.to_str().unwrap()];
    run(&[&arguments[..], &["--out", second.to_str().unwrap()]].concat());
    // At another time it is taken with a warning.
    let later = ["run", &site, "--from", "2025-01-01 02:00", "--state", state.to_str().unwrap()];
    let output = cowper(&[&later[..], &["--out", second.to_str().unwrap()]].concat());
    assert!(text(&output.stderr).contains("the state is that of 2025-01-01 01:00"));
    run(&[&arguments[..], &["--out", second.to_str().unwrap()]].concat());
    // 5 MWh from stock at 100, refilled at 20 twice as often as it is needed at the end.
    let found = summary(&second)["objective"].as_f64().unwrap();
    assert!((found - (500.0 + 300.0 + 1000.0)).abs() < 1e-6, "{found}");
}

/// The sum of a file's column of energies.
fn sum_of(path: &Path) -> f64 {
    let text = std::fs::read_to_string(path).expect("the file can be read");
    let energy = |line: &str| line.split(',').nth(1).and_then(|cell| cell.parse::<f64>().ok());
    text.lines().skip(1).map(|line| energy(line).expect("its second column is energy")).sum()
}

/// Proves: the measured mill's file is read as it is: stamps name the ends of quarter-hours, 0:00
/// ends its day, energies are those of a step. So the demand served is the sum of the column.
/// Sensitivity: read otherwise, stamps would not step evenly, or the sum would be four times as great.
#[test]
fn the_mill_is_read_as_it_is() {
    let excerpt = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mill_excerpt.csv");
    let folder = tempfile::tempdir().expect("there is room");
    let example = root().join("examples/measured-mill");
    let (site, series, out) = (
        example.display().to_string(),
        excerpt.display().to_string(),
        folder.path().display().to_string(),
    );
    let output = cowper(&["run", &site, "--series", &series, "--to", "2018-01-04", "--out", &out]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let served = served(&folder.path().join("schedule.parquet"));
    let sum = sum_of(&excerpt) / 1000.0;
    assert!((served - sum).abs() < 1e-9 * sum, "{served} MWh served, {sum} MWh in the file");
}

/// The same for the whole measured year, where the file is there.
#[test]
fn the_measured_year_is_read_as_it_is() {
    let file = root().join("../shared/data/series/daewoo_steel_2018_15min.csv");
    if !file.exists() {
        eprintln!("skipped: the measured year is not here ({})", file.display());
        return;
    }
    let folder = tempfile::tempdir().expect("there is room");
    let site = root().join("examples/measured-mill/site.toml");
    let site =
        site_in(folder.path(), &std::fs::read_to_string(site).expect("the example can be read"));
    let output = cowper(&["check", &site, "--series", &file.display().to_string()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("35040 steps"));
    assert!((sum_of(&file) - 959_636.71).abs() < 1e-6);
}

/// Energy served to the mill over a run of quarter-hours, in MWh.
fn served(file: &Path) -> f64 {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;
    let file = std::fs::File::open(file).expect("a run writes its schedule");
    let reader = SerializedFileReader::new(file).expect("it is Parquet");
    let names: Vec<String> = reader
        .metadata()
        .file_metadata()
        .schema_descr()
        .columns()
        .iter()
        .map(|c| c.name().to_owned())
        .collect();
    let column = names.iter().position(|n| n == "mill.served [MW]").expect("the mill is in it");
    let rows = reader.get_row_iter(None).expect("it has rows");
    rows.map(|row| row.and_then(|r| r.get_double(column)).expect("a number") * 0.25).sum()
}
