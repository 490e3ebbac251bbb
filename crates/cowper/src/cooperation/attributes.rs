//! Clean energy and CO2 that go along with what parties exchange, so that nothing is claimed twice.

use crate::compile::Compiled;
use crate::cooperation::{Plan, Positions};
use crate::model::Direction;
use crate::schedule::{Schedule, over_time};
use crate::site::Site;

/// What a unit carries.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Mix {
    /// Part of it that is from sun, wind or nuclear power, 0 to 1.
    pub clean: f64,
    /// CO2 set free to make it, in t a unit: where it was burnt, and where it was bought.
    pub co2: f64,
}

/// What goes along at a node.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeAttributes {
    /// Index of the node.
    pub node: usize,
    /// Whether it is one of electricity: clean energy is claimed there.
    pub is_electricity: bool,
    /// What a unit that is exchanged carries, at each step.
    pub exchanged: Vec<Mix>,
}

/// What a party can claim over the run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ClaimOf {
    /// Clean electricity that its components made, in MWh.
    pub clean_made: f64,
    /// Clean electricity that came to it, in MWh; negative went from it. Over all parties nought.
    pub clean_moved: f64,
    /// CO2 that came to it with electricity, steam and heat, in t; negative went from it. Over all nought.
    pub co2_moved: f64,
}

/// Clean energy and CO2 of a joint plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Attributes {
    /// The nodes of no fuel at which parties meet.
    pub nodes: Vec<NodeAttributes>,
    /// What each party can claim, in the order of parties.
    pub parties: Vec<ClaimOf>,
}

/// Traces clean energy and CO2 through a joint plan.
///
/// At each step and node a party that gives, gives the mix of what its own components bring to the node;
/// all that is given is one mix, and who takes, takes that. A party's own mix at a node is that of what
/// its components bring and of what it takes from others. Units that turn steam, heat or electricity into
/// such pass on what they took and set free, by the energy of each thing they give; lines pass on the
/// mix. A store gives the mix of what else its party has there. What a party gives, another has: over all
/// parties nothing is made or lost. The CO2 of gas stays with who burns it, or goes on with what it makes.
pub fn attributes(site: &Site, together: &Plan, positions: &Positions) -> Attributes {
    let schedule = together.schedule(site);
    let compiled = &together.compiled;
    let trace = Trace::of(site, compiled, &schedule, together);
    let shared: Vec<usize> = super::shared_nodes(site, compiled)
        .into_iter()
        .filter(|node| site.network.carbon_content(*node).is_none())
        .collect();
    let mut nodes: Vec<NodeAttributes> = shared
        .iter()
        .map(|node| NodeAttributes {
            node: *node,
            is_electricity: trace.is_electricity[*node],
            exchanged: Vec::with_capacity(compiled.horizon.steps),
        })
        .collect();
    let mut parties = vec![ClaimOf::default(); site.network.parties.len()];
    let hours = compiled.horizon.hours();
    for step in 0..compiled.horizon.steps {
        let found = trace.step(positions, step);
        for (party, claim) in parties.iter_mut().enumerate() {
            claim.clean_made += trace.clean_made(party, step) * hours;
        }
        for of in &mut nodes {
            let moved = &found[of.node];
            of.exchanged.push(moved.pool);
            for (claim, carried) in parties.iter_mut().zip(&moved.received) {
                claim.co2_moved += carried.co2 * hours;
                if of.is_electricity {
                    claim.clean_moved += carried.clean * hours;
                }
            }
        }
    }
    Attributes { nodes, parties }
}

/// Clean electricity that each party's components make in a plan, in MWh.
pub fn clean_made(site: &Site, plan: &Plan) -> Vec<f64> {
    let schedule = plan.schedule(site);
    let trace = Trace::of(site, &plan.compiled, &schedule, plan);
    let horizon = &plan.compiled.horizon;
    let made = |party| {
        let steps = (0..horizon.steps).map(|step| trace.clean_made(party, step));
        steps.sum::<f64>() * horizon.hours()
    };
    (0..site.network.parties.len()).map(made).collect()
}

/// Kinds whose electricity is clean.
const CLEAN: [&str; 3] = ["photovoltaic", "wind_turbine", "nuclear_unit"];
/// Kinds that bring something in from outside, with the CO2 of making it.
const OUTSIDE: [&str; 2] = ["grid_connection", "fuel_supply"];
/// Kinds that pass on what they took and set free to what they give.
const PASS_ON: [&str; 9] = [
    "boiler",
    "combined_cycle",
    "converter",
    "electric_boiler",
    "heat_pump",
    "let_down",
    "nuclear_unit",
    "steam_turbine",
    "thermal_unit",
];
/// Kinds that hold something back for later.
const STORES: [&str; 3] = ["battery", "gas_holder", "tank"];
/// Kinds that only stand at nodes of electricity.
const ELECTRIC: [&str; 4] = ["battery", "grid_connection", "photovoltaic", "wind_turbine"];

/// What happens at a node in a step.
#[derive(Debug, Clone, Default)]
struct Moved {
    /// What a unit exchanged carries.
    pool: Mix,
    /// What came to each party, or with a minus went from it: per hour.
    received: Vec<Mix>,
    /// What a unit that each party has there carries.
    own: Vec<Mix>,
}

/// What is needed of a plan to trace it.
struct Trace<'a> {
    site: &'a Site,
    compiled: &'a Compiled,
    schedule: &'a Schedule,
    /// What each component sets free, and what is set free to make what it brings: t/h by step.
    co2: Vec<Option<Vec<f64>>>,
    /// Energy in a unit at each node; none for what counts by no energy and for fuels.
    energy: Vec<Option<f64>>,
    is_electricity: Vec<bool>,
    /// The flows of each component.
    of_component: Vec<Vec<usize>>,
}

impl<'a> Trace<'a> {
    fn of(site: &'a Site, compiled: &'a Compiled, schedule: &'a Schedule, together: &Plan) -> Self {
        let mut co2: Vec<Option<Vec<f64>>> = vec![None; site.components.len()];
        for emission in &compiled.emissions {
            let rate =
                over_time(compiled, &emission.rate.terms, &emission.rate.constant, &together.point);
            match &mut co2[emission.component] {
                Some(sum) => sum.iter_mut().zip(rate).for_each(|(sum, more)| *sum += more),
                none => *none = Some(rate),
            }
        }
        let network = &site.network;
        let nodes = 0..network.nodes.len();
        let is_fuel = |node: usize| network.carbon_content(node).is_some();
        let energy = nodes.clone().map(|n| network.energy_content(n).filter(|_| !is_fuel(n)));
        let electric: Vec<usize> = compiled
            .flows
            .iter()
            .filter(|f| ELECTRIC.contains(&site.components[f.component].kind))
            .map(|f| network.nodes[f.node].carrier)
            .collect();
        let is_electricity = nodes.map(|n| electric.contains(&network.nodes[n].carrier));
        let mut of_component = vec![Vec::new(); site.components.len()];
        for (index, flow) in compiled.flows.iter().enumerate() {
            of_component[flow.component].push(index);
        }
        Trace {
            site,
            compiled,
            schedule,
            co2,
            energy: energy.collect(),
            is_electricity: is_electricity.collect(),
            of_component,
        }
    }

    fn value(&self, flow: usize, step: usize) -> f64 {
        self.schedule.flows[flow].values[step].max(0.0)
    }

    fn gives(&self, flow: usize) -> bool {
        self.compiled.flows[flow].direction == Direction::Give
    }

    /// Clean electricity that a party makes in a step.
    fn clean_made(&self, party: usize, step: usize) -> f64 {
        let own = self.site.components.iter().enumerate();
        own.filter(|(_, c)| c.owner == party && CLEAN.contains(&c.kind))
            .flat_map(|(index, _)| &self.of_component[index])
            .filter(|flow| {
                self.gives(**flow) && self.is_electricity[self.compiled.flows[**flow].node]
            })
            .map(|flow| self.value(*flow, step))
            .sum()
    }

    /// What happens at each node in a step: passes until what goes through several units has come through.
    fn step(&self, positions: &Positions, step: usize) -> Vec<Moved> {
        const PASSES: usize = 6;
        let parties = self.site.network.parties.len();
        let nothing = Moved {
            pool: Mix::default(),
            received: vec![Mix::default(); parties],
            own: vec![Mix::default(); parties],
        };
        let mut found = vec![nothing; self.site.network.nodes.len()];
        for _ in 0..PASSES {
            let brought = self.brought(&found, step);
            let next: Vec<Moved> = brought
                .iter()
                .enumerate()
                .map(|(node, brought)| exchange(brought, &net(positions, (node, step), parties)))
                .collect();
            let same = next.iter().zip(&found).all(|(a, b)| {
                near(a.pool, b.pool) && a.own.iter().zip(&b.own).all(|(a, b)| near(*a, *b))
            });
            found = next;
            if same {
                break;
            }
        }
        found
    }

    /// What the components of each party bring to each node in a step.
    fn brought(&self, found: &[Moved], step: usize) -> Vec<Vec<Brought>> {
        let parties = self.site.network.parties.len();
        let mut all = vec![vec![Brought::default(); parties]; self.site.network.nodes.len()];
        for (index, placed) in self.site.components.iter().enumerate() {
            if STORES.contains(&placed.kind) {
                continue;
            }
            let carried = self.carried(index, found, step);
            for flow in self.of_component[index].iter().filter(|flow| self.gives(**flow)) {
                let (node, value) = (self.compiled.flows[*flow].node, self.value(*flow, step));
                let carried = self.at(carried, node);
                let sum = &mut all[node][placed.owner];
                sum.flow += value;
                sum.clean += value * carried.clean;
                sum.co2 += value * carried.co2;
            }
        }
        all
    }

    /// What a component gives carries, in a step.
    fn carried(&self, index: usize, found: &[Moved], step: usize) -> Carried {
        let placed = &self.site.components[index];
        let own = self.co2[index].as_ref().map_or(0.0, |co2| co2[step]);
        let flows = &self.of_component[index];
        let node_of = |flow: usize| self.compiled.flows[flow].node;
        let energy_of = |flow: usize| self.energy[node_of(flow)].unwrap_or(0.0);
        let (mut given, mut taken, mut sent) = (0.0, Mix::default(), 0.0);
        for flow in flows {
            let value = self.value(*flow, step);
            if self.gives(*flow) {
                given += value * energy_of(*flow);
            } else if energy_of(*flow) > 0.0 {
                let mix = found[node_of(*flow)].own[placed.owner];
                taken.clean += value * mix.clean;
                taken.co2 += value * mix.co2;
                sent += value;
            }
        }
        let clean = CLEAN.contains(&placed.kind);
        let share = if given > 0.0 { (own + taken.co2) / given } else { 0.0 };
        let passes = PASS_ON.contains(&placed.kind) || OUTSIDE.contains(&placed.kind) || clean;
        let line = (placed.kind == "line" && sent > 0.0)
            .then(|| Mix { clean: taken.clean / sent, co2: taken.co2 / sent });
        Carried { line, clean, share: if passes { share } else { 0.0 } }
    }

    /// What a unit carries that is given to a node.
    fn at(&self, carried: Carried, node: usize) -> Mix {
        carried.line.unwrap_or(Mix {
            clean: if carried.clean && self.is_electricity[node] { 1.0 } else { 0.0 },
            co2: carried.share * self.energy[node].unwrap_or(0.0),
        })
    }
}

/// What a component gives carries.
#[derive(Debug, Clone, Copy)]
struct Carried {
    /// The mix that a line passes on.
    line: Option<Mix>,
    /// Whether its electricity is clean.
    clean: bool,
    /// CO2 for each MWh that it gives.
    share: f64,
}

fn near(a: Mix, b: Mix) -> bool {
    (a.clean - b.clean).abs() < 1e-9 && (a.co2 - b.co2).abs() < 1e-9
}

/// What a party's components bring to a node, and what that carries.
#[derive(Debug, Clone, Copy, Default)]
struct Brought {
    flow: f64,
    clean: f64,
    co2: f64,
}

impl Brought {
    fn mix(self) -> Mix {
        if self.flow > 0.0 {
            Mix { clean: self.clean / self.flow, co2: self.co2 / self.flow }
        } else {
            Mix::default()
        }
    }
}

/// What each party takes net at a node.
fn net(positions: &Positions, (node, step): (usize, usize), parties: usize) -> Vec<f64> {
    let of = positions.nodes.iter().find(|n| n.node == node);
    let at = |party: usize| of.and_then(|n| n.net[party].get(step)).copied().unwrap_or(0.0);
    (0..parties).map(at).collect()
}

/// What goes from who gives to who takes.
fn exchange(brought: &[Brought], net: &[f64]) -> Moved {
    let given: f64 = net.iter().map(|n| (-n).max(0.0)).sum();
    let taken: f64 = net.iter().map(|n| n.max(0.0)).sum();
    let mut pool = Mix::default();
    if given > 0.0 {
        for (own, net) in brought.iter().zip(net) {
            let part = (-net).max(0.0) / given;
            pool.clean += own.mix().clean * part;
            pool.co2 += own.mix().co2 * part;
        }
    }
    // What is short is nobody's, what nothing takes stays with who gave it.
    let (served, sold) = (
        if taken > 0.0 { (given / taken).min(1.0) } else { 0.0 },
        if given > 0.0 { (taken / given).min(1.0) } else { 0.0 },
    );
    let mut moved = Moved { pool, ..Moved::default() };
    for (own, net) in brought.iter().zip(net) {
        let (mix, flow) = if *net > 0.0 { (pool, net * served) } else { (own.mix(), net * sold) };
        let came = Mix { clean: mix.clean * flow, co2: mix.co2 * flow };
        moved.received.push(came);
        let has = own.flow + flow.max(0.0);
        let sum = Brought {
            flow: has,
            clean: own.clean + came.clean.max(0.0),
            co2: own.co2 + if flow > 0.0 { came.co2 } else { 0.0 },
        };
        moved.own.push(sum.mix());
    }
    moved
}
