//! `cowper share SITE` as a user has it: the study, its page, its agreement, and a month settled by it.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn cowper(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cowper")).args(arguments).output().expect("cowper starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Shares a site given as text; the folder of results.
fn shared(folder: &Path, site: &str, more: &[&str]) -> Output {
    let path = folder.join("site.toml");
    std::fs::write(&path, site).expect("a temporary folder takes files");
    let path = path.display().to_string();
    cowper(&[&["share", path.as_str()], more].concat())
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("the file is there")).expect("it is JSON")
}

fn two_companies() -> String {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/two-companies.toml");
    std::fs::read_to_string(example).expect("the example is there")
}

#[track_caller]
fn near(found: &Value, right: f64) {
    let found = found.as_f64().expect("a number");
    assert!((found - right).abs() <= 1e-6 * (1.0 + right.abs()), "{found}, not {right}");
}

/// Proves: the two companies of the guide, by hand: alone −600 and 5400, together 1600, so 3200 are
/// gained; at prices all of it is the steelworks'; by Nash half each, by a transfer of 1600.
/// The file keeps to its schema. Sensitivity: without the contract the steelworks alone would be short.
#[test]
fn two_companies_by_hand() {
    let folder = tempfile::tempdir().expect("there is room");
    let output = shared(folder.path(), &two_companies(), &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let file = json(&folder.path().join("sharing/share.json"));
    let schema: Value =
        serde_json::from_slice(&cowper(&["schema", "--of", "share"]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    assert!(validator.is_valid(&file), "{:?}", validator.iter_errors(&file).next());
    for (party, alone, together, transfer) in
        [(0, -600.0, -2200.0, -1600.0), (1, 5400.0, 3800.0, 1600.0)]
    {
        let of = &file["parties"][party];
        near(&of["alone"]["cost"]["upper"], alone);
        near(&of["together"]["cost"], together);
        near(&of["together"]["transfer"], transfer);
        near(&of["gain"], 1600.0);
    }
    near(&file["gain"]["lower"], 3200.0);
    near(&file["rules"]["at_prices"]["shares"][0], 0.0);
    near(&file["rules"]["at_prices"]["shares"][1], 3200.0);
    assert_eq!(file["rules"]["at_prices"]["in_core"], "yes");
    assert_eq!(file["prices"]["shares"], "determined");
    near(&file["moves"][0]["saves"]["lower"], 3200.0);
    assert_eq!(file["moves"][0]["carrier"], "bfg");
    let agreement = json(&folder.path().join("sharing/agreement/agreement.json"));
    assert_eq!(agreement["parties"][1]["transfer"], "1600.00");
    assert_eq!(agreement["nodes"][1]["balancing_party"], "power");
}

/// Proves: every figure of the page is in the file at the key it names, as it is rounded there.
/// Sensitivity: a figure reckoned on the page, or a key that is none, would show.
#[test]
fn every_figure_of_the_page_is_in_the_file() {
    let folder = tempfile::tempdir().expect("there is room");
    shared(folder.path(), &two_companies(), &[]);
    let file = json(&folder.path().join("sharing/share.json"));
    let page = std::fs::read_to_string(folder.path().join("sharing/share.html")).unwrap();
    let (mut found, mut sums) = (0, 0);
    for piece in page.split("<span data-source=\"").skip(1) {
        let (key, rest) = piece.split_once('"').unwrap();
        let shown = rest.split_once('>').unwrap().1.split('<').next().unwrap();
        if key.contains("sum of") {
            sums += 1;
            continue;
        }
        let value = key.split(['.', '[']).fold(&file, |at, part| match part.strip_suffix(']') {
            Some(index) => &at[index.parse::<usize>().unwrap()],
            None => &at[part],
        });
        let shown: f64 = shown.replace(',', "").replace('−', "-").parse().unwrap();
        let value = value.as_f64().unwrap_or_else(|| panic!("{key} is in the file"));
        assert!((shown - value).abs() <= 0.5 + 1e-6, "{key}: {shown}, {value}");
        found += 1;
    }
    assert!(found > 60 && sums == 2, "{found} figures, {sums} sums");
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("<script"));
}

/// Meters that deviate from the plan: by up to 5 % of each step, a little differently each quarter.
fn meters(plan: &str, columns: &[&str], month: &str) -> String {
    let mut lines = plan.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let places: Vec<usize> =
        columns.iter().map(|c| header.iter().position(|h| h == c).unwrap()).collect();
    let mut text = format!("time,{}\n", columns.join(","));
    let mut chance = 12_345_u64;
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let begin: jiff::Timestamp = cells[0].parse().unwrap();
        if !cells[0].starts_with(month) {
            continue;
        }
        for quarter in 0..4 {
            write!(text, "{}", begin + jiff::SignedDuration::from_mins(15 * quarter)).unwrap();
            for place in &places {
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let share = (chance >> 40) as f64 / (1_u64 << 24) as f64 - 0.5;
                let value: f64 = cells[*place].parse().unwrap();
                write!(text, ",{:.3}", value * (1.0 + 0.1 * share)).unwrap();
            }
            text.push('\n');
        }
    }
    text
}

/// Settles a month of an agreement from deviating meters, verifies it, and spoils a digit.
fn settle_a_month(agreement: &Path, (columns, month): (&[&str], &str), more: &[&str]) {
    let plan = std::fs::read_to_string(agreement.join("plan.csv")).unwrap();
    let file = agreement.join("meters.csv");
    std::fs::write(&file, meters(&plan, columns, month)).unwrap();
    let (dir, file) = (agreement.display().to_string(), file.display().to_string());
    let arguments = [&["settle", &dir, "--meters", &file, "--month", month], more].concat();
    let output = cowper(&arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let statement = agreement.join("statements").join(month).join("statement.json");
    let path = statement.display().to_string();
    let output = cowper(&["settle", "--verify", &path]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(cowper(&["verify", &dir]).status.success());
    let whole = std::fs::read_to_string(&statement).unwrap();
    let at = whole.find("\"imbalance\": [").unwrap();
    let digit = at + whole[at..].find(|c: char| ('1'..='8').contains(&c)).unwrap();
    let mut spoilt = whole.clone().into_bytes();
    spoilt[digit] += 1;
    std::fs::write(&statement, &spoilt).unwrap();
    let output = cowper(&["settle", "--verify", &path]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("first difference"), "{}", text(&output.stderr));
    std::fs::write(&statement, whole).unwrap();
}

/// Proves: the agreement can be settled by: its month from deviating meters verifies, a spoilt digit is
/// found, and at its end each party has gained what was shared, to the cent.
/// Sensitivity: a transfer that does not fit the plan's decimals would leave cents over or short.
#[test]
fn a_small_site_is_settled() {
    let folder = tempfile::tempdir().expect("there is room");
    let site = two_companies().replace("end = \"2025-01-01 02:00\"", "end = \"2025-02-01 00:00\"");
    let output = shared(folder.path(), &site, &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let agreement = folder.path().join("sharing/agreement");
    let columns = ["steel.electricity [MW]", "power.bfg [MW]"];
    settle_a_month(&agreement, (&columns, "2025-01"), &["--final"]);
    let statement = json(&agreement.join("statements/2025-01/statement.json"));
    let file = json(&folder.path().join("sharing/share.json"));
    for party in 0..2 {
        let gain: f64 =
            statement["parties"][party]["whole_time"]["gain"].as_str().unwrap().parse().unwrap();
        assert!((gain - file["parties"][party]["gain"].as_f64().unwrap()).abs() < 0.011, "{gain}");
        assert_eq!(statement["parties"][party]["whole_time"]["true_up"], "0.00");
    }
    // By this agreement a month was settled: it is not written over.
    let output = shared(folder.path(), &site, &[]);
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stderr).contains("--out"), "{}", text(&output.stderr));
}

/// Proves: the example of the repository gets its series where it is, and no other file is written over;
/// four parties are known, three are told. Sensitivity: a changed site would be lost.
#[test]
fn an_example_gets_its_series() {
    let folder = tempfile::tempdir().expect("there is room");
    let from =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/reference-works/site.toml");
    let site = folder.path().join("site.toml");
    std::fs::copy(from, &site).expect("the example is there");
    let dir = folder.path().display().to_string();
    let output = cowper(&["new", "reference-works", &dir]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(folder.path().join("series.csv").exists());
    let output = cowper(&["new", "reference-works", &dir, "--parties", "4"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stdout));
    let output = cowper(&["new", "reference-works", &dir, "--parties", "3"]);
    assert!(text(&output.stderr).contains("--parties is 2 or 4"), "{}", text(&output.stderr));
}

/// Proves: four parties of the reference works share a week: each gains, by a split that none would leave,
/// and a whole week of claims adds up. Sensitivity: a party left out of the plan gains nothing.
#[test]
fn four_parties_share() {
    let folder = tempfile::tempdir().expect("there is room");
    let works = folder.path().join("works").display().to_string();
    assert!(cowper(&["new", "reference-works", &works, "--parties", "4"]).status.success());
    let output = cowper(&["share", &works, "--from", "2025-01-06", "--to", "2025-01-13"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let file = json(&folder.path().join("works/sharing/share.json"));
    assert_eq!(file["recommended"]["rule"], "nucleolus");
    assert_eq!(file["recommended"]["in_core"], "yes");
    assert_eq!(file["groups"].as_array().unwrap().len(), 15);
    let parties = file["parties"].as_array().unwrap();
    let of = |party: &Value, key: &str| party["together"][key].as_f64().unwrap();
    assert!(parties.iter().all(|p| p["gain"].as_f64().unwrap() > 10_000.0));
    for key in ["clean_moved", "co2_moved"] {
        let sum: f64 = parties.iter().map(|p| of(p, key)).sum();
        assert!(sum.abs() < 1e-6, "{key}: {sum}");
    }
    let moved: f64 = parties.iter().map(|p| of(p, "clean_moved").abs()).sum();
    assert!(moved > 1000.0, "{moved} MWh of clean power are exchanged");
}

/// Proves: a month of the reference works is settled from meters that deviate, verified, and a spoilt
/// digit is found.
#[test]
fn a_month_of_the_reference_works_is_settled() {
    let folder = tempfile::tempdir().expect("there is room");
    let works = folder.path().join("works").display().to_string();
    assert!(cowper(&["new", "reference-works", &works]).status.success());
    let output = cowper(&["share", &works, "--from", "2025-03-01", "--to", "2025-04-01"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let agreement = folder.path().join("works/sharing/agreement");
    // Who balances needs no meter; the template asks for the others, each quarter of an hour of March.
    let template = std::fs::read_to_string(agreement.join("meters-template.csv")).unwrap();
    assert!(template.starts_with("time,power.electricity [MW]\n2025-03-01T00:00:00+08:00,\n"));
    assert_eq!(template.lines().count(), 1 + 31 * 96);
    settle_a_month(&agreement, (&["power.electricity [MW]"], "2025-03"), &[]);
    // The site names its agreement too, and the same month again is the same statement.
    let meters = agreement.join("meters.csv").display().to_string();
    let output = cowper(&["settle", &works, "--meters", &meters, "--month", "2025-03"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(cowper(&["verify", &works]).status.success());
}

/// Proves: what cannot be shared says why and what to do. Sensitivity: a panic, or a page of noughts.
#[test]
fn what_cannot_be_shared_is_told() {
    let site = two_companies();
    let one = site
        .replace("owner = \"power\"", "owner = \"steel\"")
        .replace("[party.power]\nname = \"Power company\"\n", "");
    let one = one.split("[power_purchase").next().unwrap().to_owned();
    let mut many = site.clone();
    for i in 0..9 {
        write!(many, "\n[party.p{i}]\nname = \"P{i}\"\n").unwrap();
    }
    let circle = site.clone()
        + "\n[power_purchase.plant_power]\nseller = \"power\"\nbuyer = \"steel\"\nprice = \"9 EUR/MWh\"\nas_produced_by = \"power_plant\"\n";
    let endless = site.replace(
        "import_price = \"80 EUR/MWh\"",
        "import_price = \"80 EUR/MWh\"\nexport_price = \"90 EUR/MWh\"",
    );
    for (site, more, code, told) in [
        (one, vec![], 1, "one party, so there is nobody to share with"),
        (many, vec![], 1, "10 at most"),
        (circle, vec![], 1, "wait for one another"),
        (endless, vec![], 3, "Power company alone: cost falls without end"),
        (site.clone(), vec!["--time-limit", "0"], 3, "give the solve more time"),
        (site.clone(), vec!["--weights", "nobody=2"], 1, "not a player"),
        (site.clone(), vec!["--rule", "fair"], 2, "at-prices"),
    ] {
        let folder = tempfile::tempdir().expect("there is room");
        let output = shared(folder.path(), &site, &more);
        assert_eq!(output.status.code(), Some(code), "{told}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(told), "{told}: {}", text(&output.stderr));
        assert!(!folder.path().join("sharing/share.json").exists());
    }
}

/// Proves: a party that has no supply of its own is told with the price its shortage is counted at.
#[test]
fn a_shortage_alone_is_said() {
    let folder = tempfile::tempdir().expect("there is room");
    let site = two_companies();
    let site = site.split("[power_purchase").next().unwrap();
    let output = shared(folder.path(), site, &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(
        said.contains(
            "Steelworks alone: 60.0 MWh of electricity is short, counted at 60,000,000 EUR"
        ),
        "{said}"
    );
}

/// Proves: a contract about money stands at the node of its carrier in what is signed.
/// Sensitivity: the first node that both meet at and whose unit fits is that of the gas.
#[test]
fn a_difference_is_counted_at_its_carrier() {
    let folder = tempfile::tempdir().expect("there is room");
    let contract = "
[contract_for_difference.hedge]
seller = \"power\"
buyer = \"steel\"
strike = \"90 EUR/MWh\"
reference = \"80 EUR/MWh\"
amount = \"10 MW\"
";
    let output = shared(folder.path(), &(two_companies() + contract), &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let agreement = json(&folder.path().join("sharing/agreement/agreement.json"));
    let contracts = agreement["contracts"].as_array().unwrap();
    let hedge = contracts.iter().find(|contract| contract["name"] == "hedge").unwrap();
    assert_eq!(hedge["node"], "electricity");
}
