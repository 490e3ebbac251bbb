//! What cooperation is worth: two companies by hand, and laws that hold for random ones.

mod common;

use std::fmt::Write;

use cowper::compile::compile;
use cowper::cooperation::{
    Baseline, Failure, PartyPosition, Plan, Positions, baseline, coalition, exchange_forbidden,
    positions, shared_nodes,
};
use cowper::diagnostic::{Diagnostic, render};
use cowper::game::Coalition;
use cowper::schedule::values_of;
use cowper::series::{FileOptions, RawTable};
use cowper::site::Site;
use cowper::solver::{Limits, Status};
use proptest::prelude::*;

fn no_files(file: &str, _: &FileOptions) -> Result<RawTable, Vec<Diagnostic>> {
    Err(vec![Diagnostic::nowhere(format!("there is no file `{file}`"))])
}

fn read(text: &str) -> Site {
    match cowper::input::read(text, &no_files) {
        Ok((site, _)) => site,
        Err(found) => panic!("{}", render(&found, "site.toml", text)),
    }
}

const LIMITS: fn() -> Limits = || Limits { gap: 1e-9, threads: 1, ..Limits::default() };

/// A site whose parties have been solved alone, and together.
struct Solved {
    site: Site,
    baseline: Baseline,
    together: Plan,
}

impl Solved {
    fn of(text: &str) -> Self {
        let site = read(text);
        let baseline = baseline(&site, &site.horizon, LIMITS()).unwrap_or_else(|f| panic!("{f}"));
        let everyone = Coalition::everyone(site.network.parties.len());
        let together = coalition(&site, &site.horizon, (&baseline, everyone), LIMITS())
            .unwrap_or_else(|f| panic!("{f}"));
        Solved { site, baseline, together }
    }

    fn of_parties(&self, members: Coalition) -> Plan {
        coalition(&self.site, &self.site.horizon, (&self.baseline, members), LIMITS())
            .unwrap_or_else(|f| panic!("{f}"))
    }

    fn apart_at(&self, nodes: &[usize]) -> f64 {
        let apart =
            exchange_forbidden(&self.site, &self.site.horizon, (&self.baseline, nodes), LIMITS());
        apart.unwrap_or_else(|f| panic!("{f}")).cost().upper
    }

    fn alone(&self) -> Vec<f64> {
        self.baseline.alone.iter().map(|plan| plan.cost().upper).collect()
    }

    fn positions(&self) -> Positions {
        positions(&self.site, &self.together, &self.baseline).unwrap_or_else(|f| panic!("{f}"))
    }

    fn shares(&self) -> Vec<f64> {
        self.positions().parties.iter().map(PartyPosition::cost).collect()
    }

    fn node(&self, name: &str) -> usize {
        self.site.network.node(name).expect("it is a node")
    }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= rounding(b)
}

fn rounding(cost: f64) -> f64 {
    1e-6 * (100.0 + cost.abs())
}

fn assert_near(found: &[f64], expected: &[f64]) {
    let all =
        found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| near(*a, *b));
    assert!(all, "found {found:?}, expected {expected:?}");
}

fn two_parties() -> String {
    common::text_of(&common::repository("examples/two-parties.toml"))
}

const PURCHASE: &str = "\n[power_purchase.mill_power]\nseller = \"power\"\nbuyer = \"steel\"\n\
    price = \"90 EUR/MWh\"\nas_consumed_up_to = \"40 MW\"\n";

/// Proves: alone the steelworks has no power, 60 MWh short at 1 000 000, and says so; the power company
/// has nothing to do; together they have 1600 (the example's own figure).
/// Sensitivity: a plan alone that still had the other's grid would cost 4800.
#[test]
fn alone_without_a_grid_is_shortage() {
    let solved = Solved::of(&two_parties());
    assert_near(&solved.alone(), &[0.0, 60e6]);
    assert_near(&[solved.together.cost().upper], &[1600.0]);
    let slacks = solved.baseline.alone[1].accounts(&solved.site).slacks;
    assert_eq!(slacks.len(), 1);
    assert!((slacks[0].amount - 60.0).abs() < 1e-6);
}

/// Proves: with a contract for 40 MW at 90 the mill takes its 30 MW, 5400, and the power company buys
/// them at 80: −600. Together 20 of 30 MW are made of gas. At prices of 80 and 32 for gas, steel bears
/// 4800 − 3200 + 600 = 2200 and power 1600 − 4800 + 3200 − 600 = −600: its plant is not scarce.
/// Without the exchange of gas all 60 MWh are bought; without that of power nothing is lost, as the
/// contract already moves 30 MW.
/// Sensitivity: with the contract left out of the shares, steel would have 1600 and power 0.
#[test]
fn a_purchase_is_the_ground_for_the_gain() {
    let solved = Solved::of(&(two_parties() + PURCHASE));
    assert_near(&solved.baseline.quantities[0], &[30.0, 30.0]);
    assert_near(&solved.alone(), &[-600.0, 5400.0]);
    assert_near(&[solved.together.cost().upper], &[1600.0]);
    assert_near(&solved.shares(), &[-600.0, 2200.0]);
    let found = solved.positions();
    assert_near(&[found.contracts[0].payment, found.contracts[0].value], &[5400.0, 4800.0]);
    let (bfg, electricity) = (solved.node("bfg"), solved.node("electricity"));
    assert_eq!(shared_nodes(&solved.site, &solved.together.compiled), [bfg, electricity]);
    let apart = [&[bfg][..], &[electricity], &[bfg, electricity]].map(|n| solved.apart_at(n));
    assert_near(&apart, &[4800.0, 1600.0, 4800.0]);
}

/// Proves: a contract with a party outside stays at its 6 MW. B alone: 6 · 50 + 4 · 80 = 620; with C's
/// grid 300 + 4 · 40 = 460; with A, whose plant makes 10 at 30, 300; A and C keep 180 − 300 = −120.
/// Sensitivity: dropped, B and C would have 400; nominated anew there is no telling.
#[test]
fn a_contract_with_a_party_outside_stays() {
    let solved = Solved::of(
        r#"
        [site]
        name = "Three"
        [horizon]
        start = "2025-01-01 00:00"
        end = "2025-01-01 01:00"
        step = "1 h"
        [party.a]
        name = "A"
        [party.b]
        name = "B"
        [party.c]
        name = "C"
        [carrier.electricity]
        measure = "energy"
        [fuel_supply.plant]
        owner = "a"
        carrier = "electricity"
        price = "30 EUR/MWh"
        limit = "20 MW"
        [grid_connection.grid_b]
        owner = "b"
        import_price = "80 EUR/MWh"
        [demand.mill]
        owner = "b"
        carrier = "electricity"
        amount = "10 MW"
        [grid_connection.grid_c]
        owner = "c"
        import_price = "40 EUR/MWh"
        [power_purchase.base]
        seller = "a"
        buyer = "b"
        price = "50 EUR/MWh"
        amount = "6 MW"
        "#,
    );
    assert_near(&solved.alone(), &[-120.0, 620.0, 0.0]);
    let cost = |bits| solved.of_parties(Coalition::of_bits(bits)).cost().upper;
    assert_near(
        &[cost(0b011), cost(0b101), cost(0b110), cost(0b111)],
        &[300.0, -120.0, 460.0, 300.0],
    );
    let energy = solved.of_parties(Coalition::of_bits(0b110)).accounts(&solved.site).energy;
    assert_near(&[energy[0].contracts[0].1, energy[0].into, energy[0].out], &[6.0, 10.0, 10.0]);
}

/// Proves: a circle of nominations names its contracts and says what to do.
/// Sensitivity: solved in any order, one side's quantity would be a guess.
#[test]
fn a_circle_of_nominations_is_told() {
    let toll = "\n[tolling.toll]\ntoller = \"steel\"\noperator = \"power\"\ngas = \"bfg\"\n\
        capacity = \"30 MW\"\nefficiency = \"38 %\"\n\
        [power_purchase.plant_power]\nseller = \"power\"\nbuyer = \"steel\"\nprice = \"9 EUR/MWh\"\n\
        as_produced_by = \"power_plant\"\n";
    let site = read(&(two_parties() + toll));
    let found = baseline(&site, &site.horizon, LIMITS()).unwrap_err().to_string();
    assert!(found.contains("`plant_power` and `toll`") && found.contains("`amount`"), "{found}");
}

/// Proves: a solve without time gives no number but says whose plan is missing.
/// Sensitivity: a point on the way would pass for what a coalition is worth.
#[test]
fn an_unsolved_coalition_is_named() {
    let solved = Solved::of(&two_parties());
    let limits = Limits { seconds: 0.0, ..LIMITS() };
    let members = (&solved.baseline, Coalition::everyone(2));
    let found = coalition(&solved.site, &solved.site.horizon, members, limits).unwrap_err();
    let text = found.to_string();
    assert!(matches!(found, Failure::Unsolved { status: Status::TimeLimit, .. }), "{text}");
    assert!(text.contains("Power company and Steelworks together"), "{text}");
}

/// Proves: one plan of all is the same problem with contracts and without.
/// Sensitivity: a contract between members that left a row or a cost behind would move it.
#[test]
fn contracts_change_nothing_in_the_joint_plan() {
    let matrix = |text: &str| {
        let site = read(text);
        let problem = compile(&site, &site.horizon).expect("it has no mistakes").problem;
        format!("{:?} {}", problem.matrix(), problem.fixed_cost)
    };
    assert_eq!(matrix(&two_parties()), matrix(&(two_parties() + PURCHASE)));
}

/// Proves: coalitions can be solved side by side.
/// Sensitivity: a cell or pointer within would not compile.
#[test]
fn plans_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<(Site, Baseline, Plan, Failure, Positions)>();
}

// ---- random sites ----------------------------------------------------------------------------

#[derive(Debug, Clone)]
struct Party {
    load: Vec<u32>,
    tariff: Option<Vec<u32>>,
    export: bool,
    furnace: Option<Vec<u32>>,
    plant: Option<u32>,
    wind: Option<Vec<u32>>,
    battery: Option<u32>,
    /// Heat it needs, and its boiler's minimum load in percent and start cost.
    boiler: Option<(Vec<u32>, u32, u32)>,
}

#[derive(Debug, Clone)]
struct Contract {
    kind: u8,
    between: (usize, usize),
    price: u32,
    amount: u32,
}

#[derive(Debug, Clone)]
struct Companies {
    parties: Vec<Party>,
    contracts: Vec<Contract>,
}

fn series(most: u32) -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0..most, 4)
}

fn companies(whole_numbers: bool) -> impl Strategy<Value = Companies> {
    let option = prop::option::of::<BoxedStrategy<Vec<u32>>>;
    let boiler = (series(30), 20u32..60, 0u32..500);
    let party = (
        (series(50), option(series(120).boxed()), any::<bool>(), option(series(80).boxed())),
        (prop::option::of(10u32..60), option(series(40).boxed())),
        (prop::option::of(1u32..20), prop::option::of(boiler)),
    );
    let party = party.prop_map(move |((load, tariff, export, furnace), (plant, wind), last)| {
        let boiler = last.1.filter(|_| whole_numbers);
        Party { load, tariff, export, furnace, plant, wind, battery: last.0, boiler }
    });
    let contract = (0u8..8, (0usize..4, 0usize..4), 0u32..120, 1u32..30)
        .prop_map(|(kind, between, price, amount)| Contract { kind, between, price, amount });
    (prop::collection::vec(party, 2..=4), prop::collection::vec(contract, 0..5))
        .prop_map(|(parties, contracts)| Companies { parties, contracts })
}

impl Companies {
    fn text(&self) -> String {
        let mut text = String::from(
            "[site]\nname = \"random\"\nshortage_price = \"2000 EUR/MWh\"\nsurplus_price = \"300 EUR/MWh\"\nco2_price = \"40 EUR/t\"\n\
             [horizon]\nstart = \"2025-01-01 00:00\"\nend = \"2025-01-01 04:00\"\nstep = \"1 h\"\n\
             [carrier.electricity]\nmeasure = \"energy\"\n[carrier.heat]\nmeasure = \"energy\"\n\
             [carrier.gas]\nmeasure = \"energy\"\nco2 = \"200 kg/MWh\"\n\
             [carrier.bfg]\nmeasure = \"volume\"\nheating_value = \"3.6 MJ/Nm3\"\nco2 = \"0.8 kg/Nm3\"\n",
        );
        for (i, party) in self.parties.iter().enumerate() {
            party.write(i, &mut text);
        }
        for (i, contract) in self.contracts.iter().enumerate() {
            self.write_contract((i, contract), &mut text);
        }
        text
    }

    /// The party of the lower index nominates, so that there is no circle.
    fn write_contract(&self, (i, contract): (usize, &Contract), text: &mut String) {
        let count = self.parties.len();
        let (a, b) = (contract.between.0 % count, contract.between.1 % count);
        let (low, high) = (a.min(b), a.max(b));
        let has_wind = self.parties[low].wind.is_some();
        if low == high || (matches!(contract.kind, 2 | 5) && !has_wind) {
            return;
        }
        let sells = format!("seller = \"p{low}\"\nbuyer = \"p{high}\"\n");
        let buys = format!("seller = \"p{high}\"\nbuyer = \"p{low}\"\n");
        let (price, amount) = (contract.price, contract.amount);
        let written = match contract.kind {
            0 => format!(
                "[power_purchase.c{i}]\n{sells}price = \"{price} EUR/MWh\"\namount = \"{amount} MW\""
            ),
            1 => format!(
                "[power_purchase.c{i}]\n{buys}price = \"{price} EUR/MWh\"\nas_consumed_up_to = \"{amount} MW\""
            ),
            2 => format!(
                "[power_purchase.c{i}]\n{sells}price = \"{price} EUR/MWh\"\nas_produced_by = \"wind_{low}\"\nshare = \"60 %\""
            ),
            3 => format!(
                "[supply_contract.c{i}]\n{buys}carrier = \"bfg\"\nprice = \"{} EUR/kNm3\"\nlimit = \"{amount} kNm3/h\"\ntake_or_pay = \"{} kNm3\"",
                price / 4,
                amount * 372
            ),
            4 => format!(
                "[tolling.c{i}]\ntoller = \"p{low}\"\noperator = \"p{high}\"\ngas = \"bfg\"\ncapacity = \"{amount} kNm3/h\"\nefficiency = \"35 %\"\nfee = \"{} EUR/MWh\"",
                price / 8
            ),
            5 => format!(
                "[contract_for_difference.c{i}]\n{sells}strike = \"{price} EUR/MWh\"\nreference = \"50 EUR/MWh\"\nas_produced_by = \"wind_{low}\""
            ),
            6 => format!(
                "[contract_for_difference.c{i}]\n{buys}strike = \"{price} EUR/MWh\"\nreference = \"50 EUR/MWh\"\namount = \"{amount} MW\""
            ),
            _ => format!(
                "[capacity_fee.c{i}]\npayer = \"p{low}\"\npayee = \"p{high}\"\ncapacity = \"{amount} MW\"\nprice = \"3 EUR/kW/month\""
            ),
        };
        writeln!(text, "{written}").unwrap();
    }

    /// Every group of the parties.
    fn groups(&self) -> impl Iterator<Item = Coalition> + use<> {
        (1..1_u64 << self.parties.len()).map(Coalition::of_bits)
    }
}

impl Party {
    fn write(&self, i: usize, text: &mut String) {
        let mut line = |written: String| writeln!(text, "{written}").unwrap();
        line(format!("[party.p{i}]\nname = \"Party {i}\""));
        line(format!("[series.load_{i}]\nunit = \"MW\"\nvalues = {:?}", self.load));
        line(format!(
            "[demand.load_of_{i}]\nowner = \"p{i}\"\ncarrier = \"electricity\"\namount = \"load_{i}\""
        ));
        if let Some(tariff) = &self.tariff {
            line(format!("[series.tariff_{i}]\nunit = \"EUR/MWh\"\nvalues = {tariff:?}"));
            line(format!(
                "[grid_connection.grid_{i}]\nowner = \"p{i}\"\nimport_price = \"tariff_{i}\"\nimport_limit = \"60 MW\""
            ));
            // No more than is asked for: money for nothing would be made without end.
            let least = tariff.iter().min().copied().unwrap_or(0).min(15);
            if self.export {
                line(format!("export_price = \"{least} EUR/MWh\"\nexport_limit = \"40 MW\""));
            }
        }
        if let Some(furnace) = &self.furnace {
            line(format!("[series.furnace_{i}]\nunit = \"kNm3/h\"\nvalues = {furnace:?}"));
            line(format!(
                "[fuel_supply.gas_{i}]\nowner = \"p{i}\"\ncarrier = \"bfg\"\nfixed = \"furnace_{i}\""
            ));
            if i.is_multiple_of(2) {
                line(format!(
                    "[flare.flare_{i}]\nowner = \"p{i}\"\ngas = \"bfg\"\ncapacity = \"50 kNm3/h\""
                ));
            }
        }
        if let Some(plant) = self.plant {
            line(format!(
                "[converter.plant_{i}]\nowner = \"p{i}\"\ncapacity = \"{plant} kNm3/h\"\ncapacity_at = \"bfg\"\ntakes = {{ bfg = 1 }}\ngives = {{ electricity = \"0.4 MWh/kNm3\" }}\nburns = [\"bfg\"]"
            ));
        }
        if let Some(wind) = &self.wind {
            line(format!("[series.wind_of_{i}]\nunit = \"MW\"\nvalues = {wind:?}"));
            line(format!(
                "[fuel_supply.wind_{i}]\nowner = \"p{i}\"\ncarrier = \"electricity\"\nlimit = \"wind_of_{i}\""
            ));
        }
        if let Some(power) = self.battery {
            line(format!(
                "[battery.battery_{i}]\nowner = \"p{i}\"\npower = \"{power} MW\"\ncapacity = \"{} MWh\"\nwear = \"2 EUR/MWh\"",
                3 * power
            ));
        }
        if let Some((heat, load, start)) = &self.boiler {
            line(format!("[series.heat_{i}]\nunit = \"MW\"\nvalues = {heat:?}"));
            line(format!(
                "[demand.heat_of_{i}]\nowner = \"p{i}\"\ncarrier = \"heat\"\namount = \"heat_{i}\""
            ));
            line(format!(
                "[fuel_supply.fuel_{i}]\nowner = \"p{i}\"\ncarrier = \"gas\"\nprice = \"{} EUR/MWh\"",
                20 + 5 * i
            ));
            line(format!(
                "[boiler.boiler_{i}]\nowner = \"p{i}\"\nsteam = \"heat\"\ncapacity = \"30 MW\"\nefficiency = {{ gas = 0.9 }}\nminimum_load = \"{load} %\"\nstart_cost = \"{start} EUR\""
            ));
        }
    }
}

fn cases(count: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|c| c.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(count),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(200))]

    /// Proves: two groups together never cost more than apart, and the books of every group are its
    /// cost. Sensitivity: a contract dropped where one side is inside, or nominated anew, breaks it.
    #[test]
    fn a_gain_is_never_negative(companies in companies(false)) {
        let solved = Solved::of(&companies.text());
        let plans: Vec<(Coalition, Plan)> =
            companies.groups().map(|group| (group, solved.of_parties(group))).collect();
        let cost = |of: Coalition| plans.iter().find(|(g, _)| *g == of).unwrap().1.cost().upper;
        for (group, plan) in &plans {
            let books = plan.accounts(&solved.site);
            let booked: f64 = books.costs.iter().map(|c| c.amount).sum();
            prop_assert!((booked - cost(*group)).abs() <= rounding(booked), "{group:?}: {booked}, {}", cost(*group));
            for line in &books.energy {
                prop_assert!(line.closing_error.abs() < 1e-5 * (1.0 + line.into.abs()));
            }
            for (other, _) in plans.iter().filter(|(o, _)| o.shared_with(*group).len() == 0) {
                let both: Coalition = [*group, *other].into_iter().collect();
                let apart = cost(*group) + cost(*other);
                prop_assert!(cost(both) <= apart + rounding(apart), "{group:?} and {other:?}: {} of {apart}", cost(both));
            }
        }
    }

    /// Proves: shares at prices add up to the joint cost and no group has less for itself; money, energy
    /// and CO2 of the parties are those of all.
    /// Sensitivity: a price of the wrong sign, or a contract valued on one side only, breaks the sum; a
    /// contract left out breaks the core.
    #[test]
    fn shares_at_prices_are_in_the_core(companies in companies(false)) {
        let solved = Solved::of(&companies.text());
        let (found, shares) = (solved.positions(), solved.shares());
        let joint = solved.together.cost().upper;
        let size: f64 = found.parties.iter().map(|p| p.components.abs() + p.exchange.abs() + p.contracts.abs()).sum();
        let sum: f64 = shares.iter().sum();
        prop_assert!((sum - joint).abs() <= rounding(size), "shares {sum}, joint {joint}");
        for group in companies.groups() {
            let (cost, shared) = (solved.of_parties(group).cost().upper, group.players().map(|p| shares[p]).sum::<f64>());
            prop_assert!(shared <= cost + rounding(size), "{group:?}: {shared} of {cost}");
        }
        let books = solved.together.accounts(&solved.site);
        for (of, all) in [
            (found.parties.iter().map(|p| p.carbon.direct).sum::<f64>(), books.carbon.direct),
            (found.parties.iter().map(|p| p.carbon.with_purchases).sum(), books.carbon.with_purchases),
        ] {
            prop_assert!((of - all).abs() <= 1e-6 * (1.0 + all.abs()), "CO2 {of} of {all}");
        }
        for node in &found.nodes {
            let balance = &solved.together.compiled.balances[node.node];
            let short = values_of(&solved.together.point, balance.shortage);
            let over = values_of(&solved.together.point, balance.surplus);
            for step in 0..4 {
                let net: f64 = node.net.iter().filter_map(|n| n.get(step)).sum();
                prop_assert!((net - short[step] + over[step]).abs() < 1e-5 * (100.0 + short[step]));
            }
        }
    }

    /// Proves: parties apart at some nodes cost no less than together, and apart at all nodes, with their
    /// contracts, exactly what they cost alone; less only where one was bound to what it produced.
    /// Sensitivity: a contract that does not bring its quantity across would cost shortages.
    #[test]
    fn apart_everywhere_is_alone(companies in companies(false)) {
        let solved = Solved::of(&companies.text());
        let joint = solved.together.cost().upper;
        for node in shared_nodes(&solved.site, &solved.together.compiled) {
            let apart = solved.apart_at(&[node]);
            prop_assert!(apart >= joint - rounding(apart), "node {node}: {apart}, {joint}");
        }
        let all: Vec<usize> = (0..solved.site.network.nodes.len()).collect();
        let (apart, alone) = (solved.apart_at(&all), solved.alone().iter().sum::<f64>());
        prop_assert!(apart <= alone + rounding(alone) && apart >= joint - rounding(joint));
        let bound = companies.contracts.iter().any(|c| matches!(c.kind, 2 | 5));
        prop_assert!(bound || near(apart, alone), "apart {apart}, alone {alone}");
    }
}

proptest! {
    #![proptest_config(cases(10))]

    /// Proves: with whole numbers costs are intervals that hold their gain: apart is never below what
    /// is not ruled out together.
    /// Sensitivity: an interval of its schedule only would claim more than the solver proved.
    #[test]
    fn whole_numbers_give_intervals(companies in companies(true)) {
        let solved = Solved::of(&companies.text());
        let cost = solved.together.cost();
        prop_assert!(cost.lower <= cost.upper);
        let alone: f64 = solved.alone().iter().sum();
        prop_assert!(cost.upper <= alone + rounding(alone), "{} of {alone}", cost.upper);
        let sum: f64 = solved.shares().iter().sum();
        prop_assert!(near(sum, cost.upper), "shares {sum}, joint {}", cost.upper);
    }
}
