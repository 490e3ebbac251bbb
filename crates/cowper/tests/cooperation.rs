//! What cooperation is worth: two companies by hand, and laws that hold for random ones.

mod common;

use std::fmt::Write;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use cowper::compile::compile;
use cowper::cooperation::{
    Baseline, Failure, PartyPosition, Plan, Positions, Progress, Setting, Study, attributes,
    baseline, clean_made, coalition, exchange_forbidden, positions, shared_nodes, study,
};
use cowper::diagnostic::{Diagnostic, render};
use cowper::game::{Answer, Coalition, Interval, Rule, Terms, core_check, shapley, split};
use cowper::schedule::values_of;
use cowper::series::{FileOptions, RawTable};
use cowper::settlement::{Agreeing, agree, read_plan};
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

fn studied(site: &Site) -> Study {
    let setting = Setting { site, horizon: &site.horizon, limits: LIMITS(), at_once: 2 };
    study(&setting, &|_: Progress| ControlFlow::Continue(())).unwrap_or_else(|f| panic!("{f}"))
}

/// Proves: the study has the gain of the two companies, 5400 − 600 − 1600 = 3200, all of it by gas and at
/// prices all of it the steelworks', which no other prices would change; two at once or one alone give
/// the same. Sensitivity: costs in place of gains would share 1600.
#[test]
fn a_study_by_hand() {
    let site = read(&(two_parties() + PURCHASE));
    let found = studied(&site);
    assert_near(
        &[found.game.gain(), found.game.alone()[0], found.game.alone()[1]],
        &[3200.0, 0.0, 0.0],
    );
    assert_near(&found.gains_at_prices(), &[0.0, 3200.0]);
    let saves: Vec<f64> = found.moves.iter().map(|m| m.saves.unwrap().lower).collect();
    assert_near(&saves, &[3200.0, 0.0]);
    let ranges = found.price_ranges.clone().unwrap();
    let ends: Vec<f64> = ranges.iter().flat_map(|r| [r.lower, r.upper]).collect();
    let near = |(a, b): (&f64, &f64)| (a - b).abs() < 0.1;
    assert!(ends.iter().zip(&[-600.0, -600.0, 2200.0, 2200.0]).all(near), "{ends:?}");
    let setting = Setting { site: &site, horizon: &site.horizon, limits: LIMITS(), at_once: 1 };
    let again = study(&setting, &|_: Progress| ControlFlow::Continue(())).unwrap();
    assert_eq!(again.game, found.game);
}

/// Proves: where prices are not unique, the study says between which shares they leave a party: a plant
/// of 10 MW at 30 that serves exactly 10 MW may have any price from 30 to the next unit's 80, so the
/// mill bears 300 to 800 and the plant −500 to 0. Sensitivity: one price would pass for the only one.
#[test]
fn prices_that_are_not_unique_are_told() {
    let site = read(&KNIFE_EDGE.replace("LIMIT", "10 MW"));
    let found = studied(&site);
    let ranges = found.price_ranges.unwrap();
    for (range, right) in ranges.iter().zip([(300.0, 800.0), (-500.0, 0.0)]) {
        let fits = (range.lower - right.0).abs() < 0.5 && (range.upper - right.1).abs() < 0.5;
        assert!(fits, "{ranges:?}");
    }
    // With room in the plant the price is 30 and no other.
    let ranges = studied(&read(&KNIFE_EDGE.replace("LIMIT", "20 MW"))).price_ranges.unwrap();
    assert!((ranges[0].lower - 300.0).abs() < 0.1 && (ranges[0].upper - 300.0).abs() < 0.1);
}

const KNIFE_EDGE: &str = r#"
    [site]
    name = "Knife edge"
    [horizon]
    start = "2025-01-01 00:00"
    end = "2025-01-01 01:00"
    step = "1 h"
    [party.mill]
    name = "Mill"
    [party.plant]
    name = "Plant"
    [carrier.electricity]
    measure = "energy"
    [fuel_supply.plant]
    owner = "plant"
    carrier = "electricity"
    price = "30 EUR/MWh"
    limit = "LIMIT"
    [grid_connection.grid]
    owner = "mill"
    import_price = "80 EUR/MWh"
    [demand.mill]
    owner = "mill"
    carrier = "electricity"
    amount = "10 MW"
"#;

/// Proves: a watch that breaks stops the study, and it tells of every solve: 2 alone, 1 together,
/// 1 carrier, 2 replicas. Sensitivity: a study that cannot be stopped runs for hours.
#[test]
fn a_study_tells_and_stops() {
    let site = read(&KNIFE_EDGE.replace("LIMIT", "20 MW"));
    let setting = Setting { site: &site, horizon: &site.horizon, limits: LIMITS(), at_once: 2 };
    let most = AtomicUsize::new(0);
    let watch = |progress: Progress| {
        most.fetch_max(progress.all, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    study(&setting, &watch).unwrap();
    assert_eq!(most.load(Ordering::Relaxed), 6);
    let stopped = study(&setting, &|_: Progress| ControlFlow::Break(())).unwrap_err();
    assert!(matches!(stopped, Failure::Stopped), "{stopped}");
}

/// Proves: 30 MW of sun and 10 MW of gas at 0.5 t/MWh serve 15 MW at home and 25 MW of a neighbour:
/// three quarters of what goes over the line are clean, 18.75 MWh, and carry 3.125 of the 5 t. Its own
/// 5 MW of sun stay its own: it claims 23.75, and both together claim what was made, 35.
/// Sensitivity: the mix of all that is made at the node would move more, or the loss be claimed twice.
#[test]
fn clean_energy_is_claimed_once() {
    let site = read(
        r#"
        [site]
        name = "Neighbours"
        [horizon]
        start = "2025-01-01 00:00"
        end = "2025-01-01 01:00"
        step = "1 h"
        [party.a]
        name = "A"
        [party.b]
        name = "B"
        [carrier.electricity]
        measure = "energy"
        [node.home]
        carrier = "electricity"
        [carrier.gas]
        measure = "energy"
        co2 = "0.25 t/MWh"
        [fuel_supply.gas]
        owner = "a"
        carrier = "gas"
        price = "10 EUR/MWh"
        [thermal_unit.unit]
        owner = "a"
        electricity = "home"
        capacity = "10 MW"
        efficiency = { gas = 0.5 }
        [photovoltaic.park]
        owner = "a"
        electricity = "home"
        capacity = "30 MW"
        availability = 1
        [demand.home]
        owner = "a"
        carrier = "home"
        amount = "15 MW"
        [line.line]
        owner = "a"
        from = "home"
        to = "electricity"
        capacity = "50 MW"
        [photovoltaic.roof]
        owner = "b"
        capacity = "5 MW"
        availability = 1
        [demand.works]
        owner = "b"
        carrier = "electricity"
        amount = "30 MW"
        "#,
    );
    let found = studied(&site);
    let traced = attributes(&site, &found.together, &found.positions);
    let claims: Vec<f64> =
        traced.parties.iter().flat_map(|c| [c.clean_made, c.clean_moved, c.co2_moved]).collect();
    assert_near(&claims, &[30.0, -18.75, -3.125, 5.0, 18.75, 3.125]);
    let exchanged = traced.nodes[0].exchanged[0];
    assert_near(&[exchanged.clean, exchanged.co2], &[0.75, 0.125]);
    assert_near(&clean_made(&site, &found.together), &[30.0, 5.0]);
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
            for (other, _) in plans.iter().filter(|(o, _)| o.shared_with(*group).is_empty()) {
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
    #![proptest_config(cases(120))]

    /// Proves: of a study's game, no gain is below nought and none falls as parties join; shares of every
    /// rule and at prices add up to the whole to the last bit; those at prices are in the core, and lie
    /// where prices leave them; what is moved of clean energy and CO2 adds up to nought.
    /// Sensitivity: a contract valued on one side, or a price of the wrong sign, breaks one of these.
    #[test]
    fn a_study_keeps_its_laws(companies in companies(false)) {
        let site = read(&companies.text());
        let found = studied(&site);
        let game = &found.game;
        let size: f64 = found.alone().iter().map(|a| a.abs()).sum();
        let near_nought = rounding(size);
        for group in companies.groups() {
            for party in group.players() {
                let (with, without) = (game.reached(group), game.reached(group.without(party)));
                prop_assert!(with >= without - near_nought, "{group:?} without {party}: {with}, {without}");
            }
        }
        let prices = found.gains_at_prices();
        let apart = (prices.iter().sum::<f64>() - game.whole()).abs();
        prop_assert!(apart <= 1e-12 * (size + prices.iter().map(|p| p.abs()).sum::<f64>()), "{prices:?}");
        let roomy = game.clone().with_rounding(near_nought);
        prop_assert_eq!(core_check(&roomy, &prices).unwrap().in_core, Answer::Yes);
        for rule in Rule::ALL {
            let Ok(split) = split(&roomy, rule, &Terms::default()) else { continue };
            let sum: f64 = split.shares.iter().sum();
            let shared: f64 = split.shares.iter().map(|s| s.abs()).sum();
            prop_assert!((sum - game.whole()).abs() <= 1e-15 * shared, "{}: {sum}", rule.name());
        }
        if let Some(ranges) = &found.price_ranges {
            let bears = found.positions.parties.iter().map(PartyPosition::cost);
            // A ten-thousandth of a party makes ten thousand times its rounding.
            let wide = 1e-5 * (100.0 + size);
            for (cost, Interval { lower, upper }) in bears.zip(ranges) {
                prop_assert!(*lower - wide <= cost && cost <= upper + wide, "{cost} in {lower} to {upper}");
            }
        }
        let traced = attributes(&site, &found.together, &found.positions);
        let moved: (f64, f64) = traced.parties.iter().fold((0.0, 0.0), |sum, c| (sum.0 + c.clean_moved, sum.1 + c.co2_moved));
        prop_assert!(moved.0.abs() < 1e-6 && moved.1.abs() < 1e-6, "{moved:?}");
    }

    /// Proves: an agreement that follows prices moves next to nothing by its transfers, whatever the
    /// contracts, shortages and surpluses are: its plan settles to the shares at prices. It reads back,
    /// and its transfers add up to nought. Sensitivity: a contract's leg with the wrong side or price,
    /// a fee left out, or a shortage billed as if it were delivered, would have to be made up for.
    #[test]
    fn an_agreement_settles_to_the_shares(companies in companies(false)) {
        let site = read(&companies.text());
        let found = studied(&site);
        let traced = attributes(&site, &found.together, &found.positions);
        let gains = found.gains_at_prices();
        let agreeing = Agreeing {
            site: &site, study: &found, attributes: &traced, gains: &gains, rule: "at_prices", inputs: &[],
        };
        let meet = !shared_nodes(&site, &found.together.compiled).is_empty();
        let drawn = agree(&agreeing);
        prop_assert_eq!(drawn.is_ok(), meet);
        let Ok((agreement, plan)) = drawn else { return Ok(()) };
        let transfers: Vec<f64> =
            agreement.parties.iter().map(|p| p.transfer.to_string().parse().unwrap()).collect();
        let agreed = agreement.check("agreement.json").unwrap();
        let csv = plan.to_csv(&agreed);
        let again = read_plan("plan.csv", csv.as_bytes(), &agreed).unwrap();
        prop_assert_eq!(again.nodes.len(), plan.nodes.len());
        let size: f64 = found.positions.parties.iter().map(|p| p.components.abs() + p.exchange.abs() + p.contracts.abs()).sum();
        for transfer in &transfers {
            prop_assert!(transfer.abs() <= 0.02 + 1e-5 * (100.0 + size), "{transfers:?}, {size}");
        }
    }

    /// Proves: parties that are the same gain the same, one that brings and needs nothing gains nothing,
    /// by Shapley and the nucleolus; and at prices the sum for the same ones is no other.
    /// Sensitivity: an order among parties would favour one.
    #[test]
    fn equals_are_treated_alike(companies in companies(false)) {
        let mut twins = companies.clone();
        twins.contracts.clear();
        twins.parties.truncate(2);
        let again = Party { furnace: None, ..twins.parties[0].clone() };
        twins.parties[0] = again.clone();
        twins.parties.push(again);
        twins.parties.push(Party {
            load: vec![0; 4], tariff: None, export: false, furnace: None, plant: None, wind: None,
            battery: None, boiler: None,
        });
        let site = read(&twins.text());
        let found = studied(&site);
        let near = rounding(found.alone().iter().map(|a| a.abs()).sum());
        let game = found.game.clone().with_rounding(near);
        for rule in [Rule::Shapley, Rule::Nucleolus] {
            let shares = split(&game, rule, &Terms::default()).unwrap().shares;
            prop_assert!((shares[0] - shares[2]).abs() <= 10.0 * near, "{}: {shares:?}", rule.name());
            prop_assert!(shares[3].abs() <= 10.0 * near, "{}: {shares:?}", rule.name());
        }
        let prices = found.gains_at_prices();
        prop_assert!((prices[0] - prices[2]).abs() <= 1e-4 * (1.0 + found.alone().iter().map(|a| a.abs()).sum::<f64>()), "{prices:?}");
        prop_assert!(prices[3].abs() <= 10.0 * near, "{prices:?}");
    }

    /// Proves: two days that nothing links are worth the sum of the days, by Shapley and at any group.
    /// Sensitivity: a rule of the whole run, such as the nucleolus, need not be.
    #[test]
    fn shapley_adds_up_over_days(companies in companies(false)) {
        let mut linkless = companies.clone();
        linkless.contracts.clear();
        linkless.parties.iter_mut().for_each(|p| p.battery = None);
        let text = linkless.text();
        let of = |from: &str, to: &str| {
            let site = read(&text);
            let horizon = site.horizon_of(Some(from), Some(to), None).unwrap();
            let setting = Setting { site: &site, horizon: &horizon, limits: LIMITS(), at_once: 1 };
            study(&setting, &|_: Progress| ControlFlow::Continue(())).unwrap_or_else(|f| panic!("{f}"))
        };
        let whole = of("2025-01-01 00:00", "2025-01-01 04:00");
        let parts = [of("2025-01-01 00:00", "2025-01-01 02:00"), of("2025-01-01 02:00", "2025-01-01 04:00")];
        let size: f64 = whole.alone().iter().map(|a| a.abs()).sum();
        let shares = shapley(&whole.game).shares;
        let days = parts.map(|part| shapley(&part.game).shares);
        for (party, share) in shares.iter().enumerate() {
            let sum = days[0][party] + days[1][party];
            prop_assert!((share - sum).abs() <= 10.0 * rounding(size), "{share}, {sum}");
        }
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

    /// Proves: a study with whole numbers claims nothing of prices, keeps its bounds in order, and its
    /// shares add up. Sensitivity: ranges by slopes hold for linear problems only.
    #[test]
    fn whole_numbers_are_studied_too(companies in companies(true)) {
        let site = read(&companies.text());
        let found = studied(&site);
        let whole = found.together.point.whole_numbers;
        prop_assert_eq!(found.price_ranges.is_none(), whole);
        let size: f64 = found.alone().iter().map(|a| a.abs()).sum();
        for group in companies.groups() {
            let Interval { lower, upper } = found.game.worth(group);
            prop_assert!(lower <= upper && lower >= -rounding(size), "{group:?}: {lower}, {upper}");
        }
        let sum: f64 = found.gains_at_prices().iter().sum();
        prop_assert!((sum - found.game.whole()).abs() <= 1e-9 * (1.0 + size));
    }
}
