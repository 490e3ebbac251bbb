//! What each party brings and takes in a joint plan, what that is worth, and what each then bears.

use crate::accounts::{Carbon, accounts};
use crate::compile::Compiled;
use crate::contract::Side;
use crate::cooperation::{Baseline, Failure, Plan};
use crate::game::Coalition;
use crate::model::Direction;
use crate::schedule::{Schedule, values_of};
use crate::site::Site;

/// A joint plan seen from each party: settlement at its prices.
///
/// A party bears the costs of its components, pays the price of a node for what it takes there net,
/// and keeps its contracts at their quantity in the baseline: what they bring is not bought at the
/// price, and is paid for as agreed. Shortage and surplus are borne by who takes and gives then, as
/// the price is theirs. For a linear problem the shares of all add up to its cost, and no group of
/// parties has less cost for itself (weak duality: G. Owen, "On the core of linear production
/// games", 1975). With whole numbers, prices are those of the problem with these fixed: the shares
/// still add up, but some group may do better for itself.
#[derive(Debug, Clone)]
pub struct Positions {
    /// Each node where anything flows.
    pub nodes: Vec<NodePosition>,
    /// What each party bears, in the order of parties.
    pub parties: Vec<PartyPosition>,
    /// What each contract moves, in the order of contracts.
    pub contracts: Vec<ContractPosition>,
    /// Whether whole numbers were fixed for the prices.
    pub whole_numbers: bool,
}

/// The parties at a node.
#[derive(Debug, Clone)]
pub struct NodePosition {
    /// Index of the node.
    pub node: usize,
    /// Money per unit at each step: what one more unit costs.
    pub price: Vec<f64>,
    /// What each party takes net of what it gives, at each step; a list a party, empty where it has
    /// no component there. All of them add up to shortage − surplus.
    pub net: Vec<Vec<f64>>,
}

/// What a party bears, in the site's currency, and sets free.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PartyPosition {
    /// Costs of its components, less their revenues.
    pub components: f64,
    /// Σ price · net taking · hours over all nodes.
    pub exchange: f64,
    /// What contracts cost it beyond the value of what they bring, at the prices of nodes.
    pub contracts: f64,
    /// CO2 of its components, and of a fuel that nothing took: of that by what each gave net to the
    /// node then.
    pub carbon: Carbon,
}

impl PartyPosition {
    /// All that it bears.
    pub fn cost(&self) -> f64 {
        self.components + self.exchange + self.contracts
    }
}

/// A contract beside a joint plan, over the run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContractPosition {
    /// What the buyer pays the seller as agreed.
    pub payment: f64,
    /// What is delivered is worth so much at the prices of nodes.
    pub value: f64,
}

/// The positions of all parties in their joint plan: [`crate::cooperation::coalition`] of everyone.
pub fn positions(site: &Site, together: &Plan, baseline: &Baseline) -> Result<Positions, Failure> {
    let compiled = &together.compiled;
    let everyone = Coalition::everyone(site.network.parties.len());
    if compiled.balances.iter().any(|balance| balance.parties != everyone) {
        return Err(Failure::NotTogether);
    }
    let shared = shared_limits(site, compiled);
    if !shared.is_empty() {
        return Err(Failure::SharedLimits(shared));
    }
    let schedule = together.schedule(site);
    let nodes = nodes(site, compiled, &schedule);
    let contracts = contracts(site, together, baseline, &schedule);
    let mut parties = of_components(site, together, &schedule);
    let hours = compiled.horizon.hours();
    for node in &nodes {
        for (party, net) in parties.iter_mut().zip(&node.net) {
            let worth = |(price, net): (&f64, &f64)| price * net * hours;
            party.exchange += node.price.iter().zip(net).map(worth).sum::<f64>();
        }
    }
    for (contract, signed) in contracts.iter().zip(&site.contracts) {
        parties[signed.parties.of(Side::Buyer)].contracts += contract.payment - contract.value;
        parties[signed.parties.of(Side::Seller)].contracts += contract.value - contract.payment;
    }
    book_surplus_carbon(site, together, &nodes, &mut parties);
    let whole_numbers = together.point.whole_numbers;
    Ok(Positions { nodes, parties, contracts, whole_numbers })
}

/// What the components of each party cost and set free.
fn of_components(site: &Site, together: &Plan, schedule: &Schedule) -> Vec<PartyPosition> {
    let accounts = accounts(site, &together.compiled, &together.point, schedule);
    let (exchange, contracts) = (0.0, 0.0);
    let party = |(party, carbon): (usize, &Carbon)| {
        let own = accounts.costs.iter().filter(|line| line.party == party);
        let components = own.map(|line| line.amount).sum();
        PartyPosition { components, exchange, contracts, carbon: *carbon }
    };
    accounts.carbon_by_party.iter().enumerate().map(party).collect()
}

/// What each party takes net at each node, and the prices there.
fn nodes(site: &Site, compiled: &Compiled, schedule: &Schedule) -> Vec<NodePosition> {
    let mut nodes = Vec::new();
    for (balance, price) in compiled.balances.iter().zip(&schedule.prices) {
        let mut net: Vec<Vec<f64>> = vec![Vec::new(); site.network.parties.len()];
        for index in compiled.flows_of(site, balance) {
            let flow = &compiled.flows[index];
            let net = &mut net[site.components[flow.component].owner];
            net.resize(compiled.horizon.steps, 0.0);
            let sign = if flow.direction == Direction::Take { 1.0 } else { -1.0 };
            for (net, value) in net.iter_mut().zip(&schedule.flows[index].values) {
                *net += sign * value;
            }
        }
        if net.iter().any(|net| !net.is_empty()) {
            nodes.push(NodePosition { node: balance.node, price: price.values.clone(), net });
        }
    }
    nodes
}

/// What each contract costs as agreed, and what it brings at the prices of nodes.
fn contracts(
    site: &Site,
    together: &Plan,
    baseline: &Baseline,
    schedule: &Schedule,
) -> Vec<ContractPosition> {
    let compiled = &together.compiled;
    let hours = compiled.horizon.hours();
    let position = |(index, quantity): (usize, &std::sync::Arc<[f64]>)| {
        let mut value = 0.0;
        for leg in &baseline.terms[index].legs {
            let node = site.network.node(&leg.node.text);
            let at = compiled.balances.iter().position(|b| Some(b.node) == node);
            let Some(price) = at.map(|at| &schedule.prices[at].values) else { continue };
            for (step, (quantity, price)) in quantity.iter().zip(price).enumerate() {
                value += price * leg.ratio.values.at(step) * quantity * hours;
            }
        }
        let payment = baseline.payments(index, &compiled.horizon).total();
        ContractPosition { payment, value }
    };
    baseline.quantities.iter().enumerate().map(position).collect()
}

/// The carbon of a fuel that nothing took is that of who gave it, by what each gave net then.
fn book_surplus_carbon(
    site: &Site,
    together: &Plan,
    nodes: &[NodePosition],
    parties: &mut [PartyPosition],
) {
    let compiled = &together.compiled;
    let hours = compiled.horizon.hours();
    for balance in &compiled.balances {
        let Some(content) = site.network.carbon_content(balance.node) else { continue };
        let Some(node) = nodes.iter().find(|n| n.node == balance.node) else { continue };
        for (step, surplus) in values_of(&together.point, balance.surplus).iter().enumerate() {
            let given = |net: &Vec<f64>| net.get(step).map_or(0.0, |net| (-net).max(0.0));
            let all: f64 = node.net.iter().map(given).sum();
            if *surplus <= 0.0 || all <= 0.0 {
                continue;
            }
            for (party, net) in parties.iter_mut().zip(&node.net) {
                let carbon = content * surplus * hours * given(net) / all;
                party.carbon.direct += carbon;
                party.carbon.with_purchases += carbon;
            }
        }
    }
}

/// Equations of components that hold variables of several owners: there are none while each
/// component writes about itself only.
fn shared_limits(site: &Site, compiled: &Compiled) -> Vec<String> {
    let owner = |name: &str| site.components.iter().find(|c| c.name == name).map(|c| c.owner);
    let is_shared = |row: &&crate::problem::RowBlock| {
        let owners = row.terms.iter().filter_map(|term| {
            owner(&compiled.problem.block(term.variable).component).map(Coalition::of)
        });
        !row.component.is_empty() && owners.collect::<Coalition>().len() > 1
    };
    let shared = compiled.problem.rows.iter().filter(is_shared);
    shared.map(|row| format!("`{}`: {}", row.component, row.name)).collect()
}
