//! Statements calculated by hand, mistakes in what they are made from, and laws that hold for all of them.

use std::fmt::Write;

use cowper::diagnostic::{Diagnostic, render};
use cowper::records::{Entry, RecordKind, next};
use cowper::settlement::{
    Agreed, AgreedContract, AgreedFee, AgreedNode, AgreedParty, Agreement, Case, Closing,
    ContractPlan, Finality, MeterContext, Month, NodePlan, PartyCosts, Plan, ReadingStatus,
    Settles, Spread, Statement, StatementInput, Terms, exact, first_difference, read_costs,
    read_meters, read_plan, settle,
};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn d(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

fn all(texts: &[&str]) -> Vec<Decimal> {
    texts.iter().map(|t| d(t)).collect()
}

fn party(key: &str, (alone, own, transfer): (&str, &str, &str)) -> AgreedParty {
    AgreedParty {
        key: key.into(),
        name: key.to_uppercase(),
        stand_alone_cost: d(alone),
        own_cost: d(own),
        transfer: d(transfer),
    }
}

fn node(name: &str) -> AgreedNode {
    AgreedNode {
        name: name.into(),
        carrier: "electricity".into(),
        flow_unit: "MW".into(),
        stock_unit: "MWh".into(),
        balancing_party: "grid".into(),
    }
}

/// A steelworks and a power company from one instant to another, by hours.
fn agreement(zone: &str, (start, end): (&str, &str)) -> Agreement {
    Agreement {
        version: 1,
        site: "Two companies".into(),
        currency: "CNY".into(),
        money_decimals: 2,
        time_zone: zone.into(),
        start: start.into(),
        end: end.into(),
        step_seconds: 3600,
        rule: "two-part: shadow prices plus a fixed transfer".into(),
        transfer_rule: "nucleolus".into(),
        transfer_spread: Spread::ByDays,
        parties: vec![
            party("steel", ("20000", "4000", "30")),
            party("grid", ("9000", "22000", "-30")),
        ],
        nodes: vec![node("power")],
        contracts: Vec::new(),
        fees: Vec::new(),
        rounding_party: "grid".into(),
        dispute_days: 10,
        plan_sha256: String::new(),
        inputs: Vec::new(),
    }
}

fn checked(agreement: Agreement) -> Agreed {
    agreement.check("agreement.json").unwrap_or_else(|found| panic!("{}", shown(&found)))
}

/// Steel takes so much of the node each hour, at this price.
fn flat(taken: &str, price: &str, steps: usize) -> Plan {
    let taken = vec![d(taken); steps];
    let given = taken.iter().map(|t| -t).collect();
    let price = vec![d(price); steps];
    let node = NodePlan { taken: vec![taken, given], price, ..NodePlan::default() };
    Plan { nodes: vec![node], contracts: Vec::new() }
}

fn shown(found: &[Diagnostic]) -> String {
    render(found, "agreement.json", "")
}

/// Settles, the plan having been written and read, or gives what is wrong.
fn try_settle(
    agreed: &Agreed,
    plan: &Plan,
    (meters, month): (&str, &str),
    terms: &Terms,
) -> Result<(Statement, String), String> {
    let text = plan.to_csv(agreed);
    let plan = read_plan("plan.csv", text.as_bytes(), agreed).map_err(|f| shown(&f))?;
    let month = Month::of(month, &agreed.horizon)?;
    let context = MeterContext { agreed, plan: &plan, month: &month };
    let (meters, warnings) =
        read_meters("meters.csv", meters.as_bytes(), context).map_err(|f| shown(&f))?;
    let case = Case { agreed, plan: &plan, meters: &meters, month: &month };
    let statement = settle(&case, terms).map_err(|f| shown(&f))?;
    assert_adds_up(&statement);
    Ok((statement, shown(&warnings)))
}

fn settled(agreed: &Agreed, plan: &Plan, meters: &str, month: &str) -> Statement {
    match try_settle(agreed, plan, (meters, month), &Terms::default()) {
        Ok((statement, _)) => statement,
        Err(message) => panic!("{message}"),
    }
}

/// Lines add up to totals, totals to nought, and attributes to nought.
fn assert_adds_up(statement: &Statement) {
    let mut all = Decimal::ZERO;
    for party in &statement.parties {
        let lines: Decimal = party.lines.iter().map(|l| l.amount).sum();
        assert_eq!(lines, party.total, "{}", party.key);
        assert_eq!(party.total.scale(), statement.money_decimals);
        all += party.total;
        for line in &party.lines {
            let of = |name: &str| line.line == name;
            for meter in &party.meters {
                let sum = |list: &[Decimal]| list.iter().copied().sum::<Decimal>();
                if of(&format!("energy.{}", meter.node)) {
                    assert_eq!(line.amount, sum(&meter.energy));
                }
                if of(&format!("imbalance.{}", meter.node)) {
                    assert_eq!(line.amount, sum(&meter.imbalance));
                }
                for contract in &meter.contracts {
                    if of(&format!("contract.{}", contract.name)) {
                        assert_eq!(line.amount, sum(&contract.amount));
                    }
                }
            }
        }
    }
    assert!(all.is_zero() && statement.sum_of_totals.is_zero(), "totals add up to {all}");
    for index in 0..statement.parties[0].attributes.len() {
        let sum: Decimal = statement.parties.iter().map(|p| p.attributes[index].amount).sum();
        assert!(sum.is_zero());
    }
}

fn line(statement: &Statement, party: usize, name: &str) -> Decimal {
    let lines = &statement.parties[party].lines;
    lines
        .iter()
        .find(|l| l.line == name)
        .map_or_else(|| panic!("no line {name}: {lines:?}"), |l| l.amount)
}

/// Two hours of March with every kind of line.
fn worked_example() -> (Agreed, Plan) {
    let mut agreement =
        agreement("Asia/Shanghai", ("2025-03-01T00:00:00+08:00", "2025-03-01T02:00:00+08:00"));
    agreement.contracts.push(AgreedContract {
        name: "ppa".into(),
        kind: "power_purchase".into(),
        seller: "grid".into(),
        buyer: "steel".into(),
        node: "power".into(),
        settles: Settles::Delivery,
    });
    agreement.fees.push(AgreedFee {
        name: "capacity".into(),
        kind: "capacity_fee".into(),
        payer: "steel".into(),
        payee: "grid".into(),
        months: [("2025-03".to_owned(), d("1000"))].into(),
    });
    let node = NodePlan {
        taken: vec![all(&["10", "20"]), all(&["-10", "-20"])],
        price: all(&["400", "500"]),
        imbalance_up: Some(all(&["600", "550"])),
        imbalance_down: Some(all(&["300", "450"])),
        co2: Some(all(&["0.5", "0.5"])),
        clean: Some(all(&["0.2", "0.2"])),
        outside: Some(all(&["3", "3"])),
    };
    let contract = ContractPlan { quantity: all(&["4", "4"]), price: all(&["350", "350"]) };
    (checked(agreement), Plan { nodes: vec![node], contracts: vec![contract] })
}

const WORKED_METERS: &str = "time,steel.power [MW],outside.power [MWh]
2025-03-01T00:00,10,0.75
2025-03-01T00:15,12,1.5
2025-03-01T00:30,9,0.5
2025-03-01T00:45,10,0.75
2025-03-01T01:00,20,0.75
2025-03-01T01:15,20,0.75
2025-03-01T01:30,20,0.75
2025-03-01T01:45,20,0.75
";

/// Proves: every line of two hours, by hand.
///
/// Energy beyond the contract: 400 · (10 − 4) + 500 · (20 − 4) = 2400 + 8000. Contract: 350 · 4 · 2 h = 2800.
/// Imbalance: +2 MW · 600 / 4 − 1 MW · 300 / 4 = 300 − 75 = 225. Fee 1000, transfer 30.
/// Steel: 14 455, and the power company the same less. Steel took 41/4 + 20 = 30.25 MWh, with it
/// 6.05 MWh clean and 15.125 t. Outside: 6.5 brought in where 6 were planned; 0.25 by steel, 0.25 its own.
/// Whole time: 20 000 − 4000 − (2400 + 8000 + 2800 + 1000 + 30) = 1770 and 9000 − 22 000 + 14 230 = 1230.
///
/// Sensitivity: the whole schedule at the shadow price and the contract besides would give 17 455;
/// deviations at the shadow price 100 in place of 225.
#[test]
fn every_line_by_hand() {
    let (agreed, plan) = worked_example();
    let statement = settled(&agreed, &plan, WORKED_METERS, "2025-03");
    for (name, amount) in [
        ("energy.power", "10400.00"),
        ("contract.ppa", "2800.00"),
        ("imbalance.power", "225.00"),
        ("fee.capacity", "1000.00"),
        ("transfer", "30.00"),
        ("rounding", "0.00"),
    ] {
        assert_eq!(line(&statement, 0, name), d(amount), "{name}");
        assert_eq!(line(&statement, 1, name), -d(amount), "{name}");
    }
    assert_eq!(statement.parties[0].total, d("14455.00"));
    assert_eq!(statement.parties[0].due, d("14455.00"));
    let meter = &statement.parties[0].meters[0];
    assert_eq!(meter.imbalance[..4], all(&["0", "300", "-75", "0"]));
    assert_eq!(meter.energy[..2], all(&["600", "600"]));
    assert_eq!(statement.parties[1].meters[0].metered[1], d("-12"));
    assert_eq!(statement.parties[1].meters[0].status[1], ReadingStatus::Derived);
    let attributes: Vec<Decimal> =
        statement.parties[0].attributes.iter().map(|a| a.amount).collect();
    assert_eq!(attributes, all(&["6.05", "15.125"]));
    let books = statement.nodes[0].outside.as_ref().unwrap();
    assert_eq!(
        [books.scheduled, books.metered, books.caused_by_others, books.own],
        [d("6"), d("6.5"), d("0.25"), d("0.25")]
    );
    let gains: Vec<Decimal> = statement.parties.iter().map(|p| p.whole_time.gain).collect();
    assert_eq!(gains, all(&["1770", "1230"]));
    assert_eq!(statement.status, Finality::Final);
}

/// Proves: of three parties who deviates pays, and who keeps to the plan pays nothing: steel takes 1 MW
/// more, the park its schedule. Steel is charged 1 · 600 / 4 · 4 = 600, the grid credited 600.
/// Sensitivity: shared by size of schedule the park would bear a third.
#[test]
fn a_deviation_is_charged_to_its_causer() {
    let mut agreement =
        agreement("Asia/Shanghai", ("2025-03-01T00:00:00+08:00", "2025-03-01T01:00:00+08:00"));
    agreement.parties.push(party("park", ("1", "1", "0")));
    let agreed = checked(agreement);
    let mut plan = flat("10", "400", 1);
    plan.nodes[0].taken = vec![all(&["10"]), all(&["-15"]), all(&["5"])];
    plan.nodes[0].imbalance_up = Some(all(&["600"]));
    let mut meters = "time,steel.power [kW],park.power [MWh],grid.power [MW]\n".to_owned();
    for minute in ["00", "15", "30", "45"] {
        writeln!(meters, "2025-03-01 00:{minute},11000,1.25,-16.1").unwrap();
    }
    let statement = settled(&agreed, &plan, &meters, "2025-03");
    let imbalances: Vec<Decimal> = (0..3).map(|p| line(&statement, p, "imbalance.power")).collect();
    assert_eq!(imbalances, all(&["600", "-600", "0"]));
    // The grid's own 0.1 MW is its own: told, and charged to nobody.
    assert_eq!(statement.nodes[0].unaccounted, d("-0.1"));
    assert!(statement.remarks[0].contains("-0.1 MWh"), "{:?}", statement.remarks);
}

fn local_stamps(day: &str, repeated: bool, skipped: bool) -> Vec<String> {
    let mut stamps = Vec::new();
    for hour in 0..24 {
        if skipped && hour == 2 {
            continue;
        }
        for _ in 0..if repeated && hour == 2 { 2 } else { 1 } {
            stamps.extend(["00", "15", "30", "45"].map(|m| format!("{day}T{hour:02}:{m}")));
        }
    }
    stamps
}

/// Proves: the days on which clocks change have 23 and 25 hours, also in local stamps without offset:
/// 1 MW at 100 costs 2300 and 2500, and nothing is missing.
/// Sensitivity: 24 hours would cost 2400; the repeated hour read as one would leave four values twice.
#[test]
fn days_on_which_clocks_change() {
    for (day, (start, end), (repeated, skipped), cost) in [
        (
            "2025-03-30",
            ("2025-03-30T00:00:00+01:00", "2025-03-31T00:00:00+02:00"),
            (false, true),
            "2300",
        ),
        (
            "2025-10-26",
            ("2025-10-26T00:00:00+02:00", "2025-10-27T00:00:00+01:00"),
            (true, false),
            "2500",
        ),
    ] {
        let agreed = checked(agreement("Europe/Berlin", (start, end)));
        let plan = flat("1", "100", agreed.horizon.steps);
        let mut meters = "time;steel.power [kW]\n".to_owned();
        for stamp in local_stamps(day, repeated, skipped) {
            writeln!(meters, "{stamp};1000").unwrap();
        }
        let (statement, warnings) =
            try_settle(&agreed, &plan, (&meters, &day[..7]), &Terms::default()).unwrap();
        assert_eq!(warnings, "");
        assert_eq!(statement.times.len(), agreed.horizon.steps * 4);
        assert_eq!(line(&statement, 0, "energy.power"), d(cost));
        assert_eq!(line(&statement, 0, "imbalance.power"), d("0"));
        if skipped {
            let wrong = meters.replace("T03:00;", "T02:00;");
            let read = try_settle(&agreed, &plan, (&wrong, &day[..7]), &Terms::default());
            assert!(read.unwrap_err().contains("does not exist"));
        }
    }
}

/// Proves: a missing value is settled as scheduled, marked, and makes the statement provisional; the
/// corrected file settles again, and what is due is the difference: 2 MW · 600 / 4 = 300 less.
/// Sensitivity: interpolated between 10 and 9 it would have been charged −75.
#[test]
fn missing_and_corrected_values() {
    let (agreed, plan) = worked_example();
    let gap = WORKED_METERS.replace("00:15,12,", "00:15,,");
    let (first, warnings) =
        try_settle(&agreed, &plan, (&gap, "2025-03"), &Terms::default()).unwrap();
    assert!(
        warnings.contains("1 of 8 values are missing, the first at 2025-03-01T00:15:00+08:00"),
        "{warnings}"
    );
    assert_eq!(first.status, Finality::Provisional);
    let meter = &first.parties[0].meters[0];
    assert_eq!((meter.estimated, meter.status[1]), (1, ReadingStatus::Estimated));
    assert_eq!(line(&first, 0, "imbalance.power"), d("-75"));
    // A row left out is the same.
    let rows: String = gap.split_inclusive('\n').filter(|l| !l.contains("00:15")).collect();
    let (without, _) = try_settle(&agreed, &plan, (&rows, "2025-03"), &Terms::default()).unwrap();
    assert_eq!(without.parties[0].meters, first.parties[0].meters);

    let corrected = WORKED_METERS
        .replace("[MW],", "[MW],steel.power.status,")
        .replace("00:15,12,", "00:15,12,corrected,")
        .replace(":00,10,", ":00,10,measured,");
    let corrected: String =
        corrected
            .split_inclusive('\n')
            .map(|l| {
                if l.matches(',').count() == 2 {
                    l.replacen(",0.", ",,0.", 1)
                } else {
                    l.to_owned()
                }
            })
            .collect();
    let terms = Terms { previous: Some(first.clone()), ..Terms::default() };
    let (second, _) = try_settle(&agreed, &plan, (&corrected, "2025-03"), &terms).unwrap();
    assert_eq!(second.status, Finality::Final);
    assert_eq!(second.parties[0].meters[0].status[1], ReadingStatus::Corrected);
    let party = &second.parties[0];
    assert_eq!(party.already_charged, Some(first.parties[0].total));
    assert_eq!((party.total, party.due), (d("14455.00"), d("300.00")));
    assert_eq!(second.parties[1].due, d("-300.00"));
}

/// Proves: amounts that do not divide go half to even, and the line `rounding` brings them to the exact
/// sum: 0.5 · 0.03 / 4 = 0.00375 → 0.00 four times; exactly 0.015 → 0.02.
/// Sensitivity: each quarter-hour alone says 0.
#[test]
fn rounding_is_one_line() {
    let agreed = checked(agreement(
        "Asia/Shanghai",
        ("2025-03-01T00:00:00+08:00", "2025-03-01T01:00:00+08:00"),
    ));
    let meters = "time,steel.power [MW]\n2025-03-01T00:00,0.5\n2025-03-01T00:15,0.5\n2025-03-01T00:30,0.5\n2025-03-01T00:45,0.5\n";
    let statement = settled(&agreed, &flat("0.5", "0.03", 1), meters, "2025-03");
    assert_eq!(line(&statement, 0, "energy.power"), d("0"));
    assert_eq!(line(&statement, 0, "rounding"), d("0.02"));
    assert_eq!(line(&statement, 1, "rounding"), d("-0.02"));
}

/// Proves: an agreement from 30 January to 2 February has a transfer of 10.00 for four days, of which
/// two are January's; months at its edges hold what it covers of them, and others are refused.
/// Sensitivity: by 31 days the parts would be 0.65 and 9.35.
#[test]
fn months_at_the_edges() {
    let mut agreement =
        agreement("Asia/Shanghai", ("2025-01-30T00:00:00+08:00", "2025-02-03T00:00:00+08:00"));
    agreement.parties =
        vec![party("steel", ("0", "0", "10.01")), party("grid", ("0", "0", "-10.01"))];
    let agreed = checked(agreement);
    let plan = flat("1", "1", 96);
    let meters = |days: &[&str]| {
        let mut text = "time,steel.power [MWh]\n".to_owned();
        for stamp in days.iter().flat_map(|day| local_stamps(day, false, false)) {
            writeln!(text, "{stamp},0.25").unwrap();
        }
        text
    };
    let january = settled(&agreed, &plan, &meters(&["2025-01-30", "2025-01-31"]), "2025-01");
    let february = settled(&agreed, &plan, &meters(&["2025-02-01", "2025-02-02"]), "2025-02");
    assert_eq!(january.times.len() + february.times.len(), 384);
    assert_eq!(
        (january.to.as_str(), february.from.as_str()),
        ("2025-02-01T00:00:00+08:00", "2025-02-01T00:00:00+08:00")
    );
    let parts = [line(&january, 0, "transfer"), line(&february, 0, "transfer")];
    assert_eq!(parts, [d("5.00"), d("5.01")]);
    for (month, hint) in [
        ("2025-03", "covers 2025-01 to 2025-02"),
        ("2025-1", "is not a month"),
        ("2025-13", "is not a month"),
    ] {
        assert!(Month::of(month, &agreed.horizon).unwrap_err().contains(hint), "{month}");
    }
}

/// Proves: at the end, steel lacks 230 (20 000 alone, 6000 own, 14 230 charged) and the grid has 3230 more
/// than it would alone; 230 move. Without estimated values only, and in the last month only.
/// Sensitivity: without the floor steel would stay 230 worse than alone.
#[test]
fn the_true_up_keeps_the_floor() {
    let (agreed, plan) = worked_example();
    let costs = read_costs(
        "costs.csv",
        b"party,own_cost,stand_alone_cost\nsteel,6000,20000\ngrid,20000,9000\n",
        &agreed,
    );
    let terms = Terms { closing: Closing::ByCosts(costs.unwrap()), ..Terms::default() };
    let (statement, _) = try_settle(&agreed, &plan, (WORKED_METERS, "2025-03"), &terms).unwrap();
    assert_eq!(line(&statement, 0, "true_up"), d("-230.00"));
    assert_eq!(statement.parties[0].whole_time.gain, d("0.00"));
    assert_eq!(statement.parties[1].whole_time.gain, d("3000.00"));
    assert_eq!(statement.parties[0].total, d("14225.00"));

    let short = |own| PartyCosts { own_cost: d(own), stand_alone_cost: d("20000") };
    let terms = Terms {
        closing: Closing::ByCosts(vec![short("6000"), short("34000")]),
        ..Terms::default()
    };
    let (statement, _) = try_settle(&agreed, &plan, (WORKED_METERS, "2025-03"), &terms).unwrap();
    // The grid has 20 000 − 34 000 + 14 230 = 230 to give, just what steel lacks.
    assert_eq!(line(&statement, 0, "true_up"), d("-230.00"));
    assert!(statement.remarks.is_empty(), "{:?}", statement.remarks);
    let terms = Terms {
        closing: Closing::ByCosts(vec![short("6000"), short("34100")]),
        ..Terms::default()
    };
    let (statement, _) = try_settle(&agreed, &plan, (WORKED_METERS, "2025-03"), &terms).unwrap();
    assert_eq!(line(&statement, 0, "true_up"), d("-130.00"));
    assert!(statement.remarks[0].contains("100.00 CNY more than alone"), "{:?}", statement.remarks);

    let closing = Terms { closing: Closing::ByAgreement, ..Terms::default() };
    let gap = WORKED_METERS.replace("00:15,12,", "00:15,,");
    let refused = try_settle(&agreed, &plan, (&gap, "2025-03"), &closing).unwrap_err();
    assert!(refused.contains("1 values are still estimated"), "{refused}");
    let wrong =
        read_costs("c.csv", b"party,own_cost,stand_alone_cost\nstel,1,1\nsteel,1.001,x\n", &agreed);
    let wrong = shown(&wrong.unwrap_err());
    for hint in
        ["did you mean `steel`", "more than 2 decimals", "`x` is not a number", "`grid` has no row"]
    {
        assert!(wrong.contains(hint), "{hint}: {wrong}");
    }
}

/// Proves: each mistake of a meter file is told with its line and what to do, several at once.
/// Sensitivity: the first alone would be told, or a wrong bill written.
#[test]
fn mistakes_in_meters() {
    let (agreed, plan) = worked_example();
    let base =
        "time,steel.power [MW]\n2025-03-01T00:00,10\n2025-03-01T00:15,10\n2025-03-01T00:30,10\n";
    let cases: &[(&str, &[&str])] = &[
        ("", &["has no columns"]),
        ("time,steel.power [MW]\n", &["fewer than two intervals"]),
        (
            &base.replace("steel", "stel"),
            &[
                "no meter of the agreement; did you mean `steel.power`?",
                "there is no column `steel.power [MW]`",
            ],
        ),
        (
            &base.replace("[MW]", "[t/h]"),
            &["is in [t/h], which is", "write [MW] for a flow or [MWh]"],
        ),
        (&base.replace("[MW]", "[GJ]"), &["cannot be converted exactly"]),
        (&base.replace(" [MW]", ""), &["has no unit"]),
        (
            &base.replace(",10\n", ",10000\n"),
            &["the unit in its header seems wrong", "`corrected`"],
        ),
        (
            &base.replace("00:30,10", "00:30,ten"),
            &["`steel.power`: `ten` is not a number", "meters.csv:4"],
        ),
        (&base.replace("00:30,10", "00:30,\"1,000.5\""), &["do not set thousands apart"]),
        (
            &base.replace("00:30,10", "00:30,1,000.5"),
            &["this row has 3 cells, the header 2", "decimal point"],
        ),
        (&WORKED_METERS.replace("00:15", "00:15:30"), &["is not on the intervals", "meters.csv:3"]),
        (&base.replace("2025-03-01T00:00", "2025-02-28T23:45"), &["lies outside 2025-03"]),
        (&base.replace("2025-03-01T00:00", "1.3.2025"), &["is not the beginning of an interval"]),
        (
            &format!("{base}2025-03-01T00:30,11\nx,1\n"),
            &["stands in line 4 too, with other values", "meters.csv:5", "meters.csv:6"],
        ),
        (
            "time,steel.power [MW]\n2025-03-01T00:00,10\n2025-03-01T02:00,10\n",
            &["longer than the plan's steps of 60 min"],
        ),
        (
            "time,steel.power [MW]\n2025-03-01T00:00,10\n2025-03-01T00:07,10\n",
            &["divide neither an hour"],
        ),
        (
            &base.replace("[MW]", "[MW],steel.power.status").replace(",10\n", ",10,good\n"),
            &["`good` is no status"],
        ),
        (
            &base.replace("[MW]", "[MW],steel.power [MW]").replace(",10\n", ",10,10\n"),
            &["two columns are called"],
        ),
        (
            &base.replace("[MW]", "[MW],grid.power.status").replace(",10\n", ",10,\n"),
            &["has no column `grid.power [unit]`"],
        ),
    ];
    for (meters, hints) in cases {
        let message =
            try_settle(&agreed, &plan, (meters, "2025-03"), &Terms::default()).unwrap_err();
        for hint in *hints {
            assert!(message.contains(hint), "{hint}\n{meters}\n{message}");
        }
    }
    let twice = format!("{WORKED_METERS}2025-03-01T00:30,9.0,0.50\n");
    let (statement, warnings) =
        try_settle(&agreed, &plan, (&twice, "2025-03"), &Terms::default()).unwrap();
    assert!(warnings.contains("with the same values"), "{warnings}");
    assert_eq!(statement, settled(&agreed, &plan, WORKED_METERS, "2025-03"));
}

/// Proves: an agreement and a plan that do not hang together are told, all mistakes at once.
/// Sensitivity: a transfer that does not add up would be paid by nobody.
#[test]
fn mistakes_in_agreement_and_plan() {
    let (agreed, plan) = worked_example();
    let mut agreement = agreed.agreement.clone();
    agreement.parties[0].transfer = d("30.5");
    agreement.parties[1].own_cost = d("1.001");
    agreement.nodes[0].stock_unit = "kWh".into();
    agreement.nodes[0].balancing_party = "grd".into();
    agreement.contracts[0].node = "powr".into();
    agreement.contracts[0].buyer = "grid".into();
    agreement.fees[0].months.insert("2025-04".into(), d("1"));
    let message = shown(&agreement.check("agreement.json").unwrap_err());
    for hint in [
        "add up to 0.5, not to 0",
        "have 2 decimals at most",
        "`kWh` is not an hour of `MW`",
        "`grd` is not a party of the agreement; did you mean `grid`?",
        "`powr` is not a node",
        "stands on both sides",
        "2025-04, which the agreement does not cover",
    ] {
        assert!(message.contains(hint), "{hint}: {message}");
    }
    let json = agreed.agreement.to_json().unwrap();
    assert_eq!(Agreement::read("agreement.json", json.as_bytes()), Ok(agreed.clone()));
    let number = json.replace("\"20000\"", "20000");
    let message = shown(&Agreement::read("agreement.json", number.as_bytes()).unwrap_err());
    assert!(message.contains("decimals in quotes"), "{message}");

    let csv = plan.to_csv(&agreed);
    assert_eq!(read_plan("plan.csv", csv.as_bytes(), &agreed), Ok(plan.clone()));
    for (from, to, hint) in [
        (",-10,", ",-11,", "adds up to -1 MW, not to 0"),
        ("T00:00:00", "T00:30:00", "should begin at 2025-03-01T00:00:00+08:00"),
        (",400,", ",4oo,", "`price.power`: `4oo` is not a number"),
        ("price.power", "prise.power", "no column `price.power [CNY/MWh]`"),
        ("price.power [CNY/MWh]", "price.power [CNY/kWh]", "is to be in [CNY/MWh]"),
        (",0.2,", ",1.2,", "a share from 0 to 1"),
    ] {
        let message = shown(
            &read_plan("plan.csv", csv.replacen(from, to, 1).as_bytes(), &agreed).unwrap_err(),
        );
        assert!(message.contains(hint), "{hint}: {message}");
    }
}

/// Proves: figures beyond 28 digits are refused with their place, never rounded.
/// Sensitivity: the decimal type alone would drop digits unseen.
#[test]
fn too_many_digits_are_refused() {
    let agreed = checked(agreement(
        "Asia/Shanghai",
        ("2025-03-01T00:00:00+08:00", "2025-03-01T01:00:00+08:00"),
    ));
    let plan = flat("99999999999.999999999", "99999999999.999999999", 1);
    let meters =
        "time,steel.power [MW]\n2025-03-01T00:00,99999999999\n2025-03-01T00:15,99999999999\n";
    let message = try_settle(&agreed, &plan, (meters, "2025-03"), &Terms::default()).unwrap_err();
    assert!(
        message.contains("at `power`, 2025-03-01T00:00:00+08:00") && message.contains("28 digits"),
        "{message}"
    );
}

/// Proves: a plan that was made by hand for another horizon is told. Sensitivity: a panic.
#[test]
fn lists_that_do_not_fit_are_told() {
    let (agreed, plan) = worked_example();
    let month = Month::of("2025-03", &agreed.horizon).unwrap();
    let context = MeterContext { agreed: &agreed, plan: &plan, month: &month };
    let (meters, _) = read_meters("m", WORKED_METERS.as_bytes(), context).unwrap();
    let mut short = plan.clone();
    short.nodes[0].price.pop();
    let case = Case { agreed: &agreed, plan: &short, meters: &meters, month: &month };
    let found = settle(&case, &Terms::default()).unwrap_err();
    assert!(shown(&found).contains("not those of the agreement"));
}

/// Proves: positions whose decimals do not add up are closed on the party that balances.
/// Sensitivity: 3.333333 three times against 10 leaves a millionth, which reading refuses.
#[test]
fn a_plan_can_be_closed() {
    let mut node = NodePlan {
        taken: vec![all(&["3.333333"]), all(&["-10"]), all(&["6.666666"])],
        price: all(&["1"]),
        ..NodePlan::default()
    };
    node.close(1).unwrap();
    assert_eq!(node.taken[1], all(&["-9.999999"]));
    assert_eq!(exact::stated(2.0 / 3.0, 6), Some(d("0.666667")));
}

/// A statement of the worked example as its file, with inputs.
fn statement_bytes() -> Vec<u8> {
    let (agreed, plan) = worked_example();
    let input =
        StatementInput { role: "meters".into(), file: "../m1.csv".into(), sha256: "0f1e2d".into() };
    let terms = Terms { inputs: vec![input], ..Terms::default() };
    let (statement, _) = try_settle(&agreed, &plan, (WORKED_METERS, "2025-03"), &terms).unwrap();
    let bytes = statement.to_json().unwrap();
    assert_eq!(Statement::read(&bytes), Ok(statement));
    bytes
}

/// Proves: the place of a change is told in words.
#[test]
fn a_difference_is_told_in_words() {
    let bytes = statement_bytes();
    let text = String::from_utf8(bytes.clone()).unwrap();
    for (from, to, told) in [
        (
            "\"300.00\"",
            "\"301.00\"",
            "party STEEL, meter power, imbalance at 2025-03-01T00:15:00+08:00: stated `301.00`, recomputed `300.00`",
        ),
        ("\"2800.00\"", "\"2900.00\"", "party STEEL, line contract.ppa, amount: stated `2900.00`"),
        ("0f1e2d", "0f1e3d", "input meters, sha256: stated `0f1e3d`"),
        ("{\n \"version\"", "{\n  \"version\"", "the same values in other bytes"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        let difference = first_difference(changed.as_bytes(), &bytes).unwrap().to_string();
        let told = told.replace("STEEL", "steel");
        assert!(difference.contains(&told), "{told}: {difference}");
    }
    assert_eq!(first_difference(&bytes, &bytes), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Proves: any digit of a statement that is changed shows, and what is told is not the whole file.
    #[test]
    fn any_changed_digit_shows(pick in 0_usize..100_000, by in 1_u8..10) {
        let bytes = statement_bytes();
        let digits: Vec<usize> =
            (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit()).collect();
        let at = digits[pick % digits.len()];
        let mut changed = bytes.clone();
        changed[at] = b'0' + (changed[at] - b'0' + by) % 10;
        let difference = first_difference(&changed, &bytes);
        prop_assert!(difference.is_some());
        prop_assert!(!difference.unwrap().stated.is_empty());
    }

    /// Proves: files with anything changed, cut or doubled in them are read or told, without a panic, and
    /// what is settled adds up. Sensitivity: a list that is short by one would stop the program.
    #[test]
    fn spoilt_files_never_stop_the_program(
        which in 0_usize..4,
        at in 0_usize..10_000,
        to in prop::sample::select(vec!["", "9", "-", ",", "\n", "e9", "\"", "é", "99999999999", "2025-03-01T00:15,1\n"]),
        length in 0_usize..12,
    ) {
        let (agreed, plan) = worked_example();
        let json = agreed.agreement.to_json().unwrap();
        let record = Entry { time: "t", kind: RecordKind::Plan, name: "plan.csv", payload: b"p" };
        let line = next(&[], record).unwrap().line();
        let whole = [json, plan.to_csv(&agreed), WORKED_METERS.to_owned(), line][which].clone();
        let from = at % whole.len();
        let spoilt = [&whole[..from], to, whole.get(from + length..).unwrap_or_default()].concat();
        match which {
            0 => {
                if let Ok(agreed) = Agreement::read("a", spoilt.as_bytes()) {
                    let _ = try_settle(&agreed, &plan, (WORKED_METERS, "2025-03"), &Terms::default());
                }
            }
            1 => {
                if let Ok(plan) = read_plan("p", spoilt.as_bytes(), &agreed) {
                    let _ = try_settle(&agreed, &plan, (WORKED_METERS, "2025-03"), &Terms::default());
                }
            }
            2 => {
                let _ = try_settle(&agreed, &plan, (&spoilt, "2025-03"), &Terms::default());
            }
            _ => prop_assert!(cowper::records::read(&spoilt).is_err() || spoilt == whole || spoilt.is_empty()),
        }
    }

    /// Proves: whatever is planned and metered, lines add up to totals and totals to nought to the cent,
    /// and each total is what floating point gives to within half a cent and its own error.
    /// Sensitivity: amounts rounded each by itself leave up to half a cent an interval.
    #[test]
    fn statements_add_up(
        plans in prop::collection::vec((-99_999_i64..99_999, -99_999_i64..99_999, 0_i64..99_999, 0_i64..99_999), 3),
        readings in prop::collection::vec((-99_999_i64..99_999, -99_999_i64..99_999, 0_u8..10), 12),
        (quantity, strike) in (0_i64..99_999, -9_999_i64..99_999),
        transfers in (-99_999_i64..99_999, -99_999_i64..99_999),
    ) {
        let mut agreement = agreement(
            "Asia/Shanghai", ("2025-03-31T22:00:00+08:00", "2025-04-01T01:00:00+08:00"));
        let cents = |c: i64| Decimal::new(c, 2);
        agreement.parties.push(party("park", ("1", "1", "0")));
        let others = [transfers.0, -transfers.0 - transfers.1, transfers.1];
        for (party, transfer) in agreement.parties.iter_mut().zip(others) {
            party.transfer = cents(transfer);
        }
        agreement.contracts.push(AgreedContract {
            name: "cfd".into(), kind: "contract_for_difference".into(), seller: "park".into(),
            buyer: "steel".into(), node: "power".into(), settles: Settles::Difference,
        });
        let agreed = checked(agreement);
        let fine = |n: i64| Decimal::new(n, 3);
        let mut node = NodePlan {
            taken: vec![
                plans.iter().map(|p| fine(p.0)).collect(),
                vec![Decimal::ZERO; 3],
                plans.iter().map(|p| fine(p.1)).collect(),
            ],
            price: plans.iter().map(|p| fine(p.2)).collect(),
            imbalance_up: Some(plans.iter().map(|p| fine(p.3)).collect()),
            ..NodePlan::default()
        };
        node.close(1).unwrap();
        let contract = ContractPlan { quantity: vec![fine(quantity); 3], price: vec![fine(strike); 3] };
        let plan = Plan { nodes: vec![node], contracts: vec![contract] };
        let mut meters = "time,steel.power [MW],park.power [MW],park.power.status\n".to_owned();
        let mut exact = 0.0;
        let f = |d: Decimal| d.to_string().parse::<f64>().unwrap();
        for (i, (steel, park, status)) in readings.iter().take(8).enumerate() {
            let status = ["corrected", "measured", "", "corrected", "corrected"][usize::from(*status) / 2];
            let steel = fine(*steel);
            // Statuses keep the check of units from speaking on values this wild.
            writeln!(meters, "2025-03-31T{}:{:02},{steel},{},{status}", 22 + i / 4, i % 4 * 15, fine(*park)).unwrap();
            let (taken, price) = (f(plan.nodes[0].taken[0][i / 4]), f(plan.nodes[0].price[i / 4]));
            let deviation = f(steel) - taken;
            let up = f(plan.nodes[0].imbalance_up.as_ref().unwrap()[i / 4]);
            exact += (price * taken + deviation * if deviation > 0.0 { up } else { price }
                + f(fine(quantity)) * f(fine(strike))) / 4.0;
        }
        match try_settle(&agreed, &plan, (&meters, "2025-03"), &Terms::default()) {
            Ok((statement, _)) => {
                let transfer = f(line(&statement, 0, "transfer"));
                prop_assert!((f(statement.parties[0].total) - transfer - exact).abs() < 0.0051);
            }
            // Values a thousand times the plan's are refused; nothing else is wrong here.
            Err(message) => prop_assert!(message.contains("seems wrong"), "{message}"),
        }
    }
}
