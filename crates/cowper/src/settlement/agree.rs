//! From a study of what cooperation is worth to the agreement and the plan that a month is settled by.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::agreement::{
    AgreedContract, AgreedFee, AgreedNode, AgreedParty, Agreement, HashedFile, Settles, Spread,
    VERSION,
};
use super::exact::{self, TooLarge, minus, stated};
use super::meters::Meters;
use super::month::Month;
use super::outside::{Outside, balancing};
use super::plan::{ContractPlan, NodePlan, Plan};
use super::{Case, true_up};
use crate::contract::{Amount, Leg, Terms};
use crate::cooperation::{Attributes, NodePosition, Study, shared_nodes};
use crate::diagnostic::Diagnostic;
use crate::schedule::values_of;
use crate::site::Site;

/// What an agreement is made from.
#[derive(Debug, Clone, Copy)]
pub struct Agreeing<'a> {
    /// The site.
    pub site: &'a Site,
    /// What cooperation is worth.
    pub study: &'a Study,
    /// Clean energy and CO2 that go along.
    pub attributes: &'a Attributes,
    /// What each party is to gain over its cost alone; adds up to the gain of all.
    pub gains: &'a [f64],
    /// The rule that these follow.
    pub rule: &'a str,
    /// Files that it was made from.
    pub inputs: &'a [HashedFile],
}

/// Decimals of flows and prices in a plan.
const DECIMALS: u32 = 6;
/// Days in which a statement may be disputed, where the parties agree on no other.
const DISPUTE_DAYS: u32 = 30;

/// Draws up the two-part agreement: settlement at the prices of the joint plan, and a fixed transfer that
/// brings each party to its share of the agreed rule, to the cent.
///
/// The balancing party of a node owns the grid connection there, else gives most. A deviation costs what
/// one unit more or less costs outside: the import price, or the export price where the plan exports
/// then; the price of the plan where nothing connects the node. What the plan leaves unserved is part of
/// the own cost of who takes then, at its price, and what nothing takes of who gives.
///
/// # Errors
///
/// Where parties meet at no node, a value has no decimal, or names do not fit the columns of a plan.
pub fn agree(of: &Agreeing) -> Result<(Agreement, Plan), Vec<Diagnostic>> {
    let draft = Draft::of(of)?;
    let (mut agreement, plan) = draft.finish()?;
    let settled = settled_without_transfer(&agreement, &plan)?;
    let too_large = |TooLarge| vec![Diagnostic::nowhere(TOO_LARGE)];
    let decimals = agreement.money_decimals;
    let shares = in_money(&agreed_costs(of), decimals)?;
    let mut rest = Decimal::ZERO;
    for (index, party) in agreement.parties.iter_mut().enumerate() {
        let own = exact::plus(party.own_cost, settled[index]).map_err(too_large)?;
        party.transfer = minus(shares[index], own).map_err(too_large)?;
        rest = exact::plus(rest, party.transfer).map_err(too_large)?;
    }
    // The cent that rounding the shares leaves over.
    let closing = agreement.party(&agreement.rounding_party.clone()).unwrap_or(0);
    let last = &mut agreement.parties[closing].transfer;
    *last = minus(*last, rest).map_err(too_large)?;
    Ok((agreement, plan))
}

const TOO_LARGE: &str = "a figure of the agreement has more than the 28 digits that are kept exactly; check the units of the site";

/// What each party is to cost by the rule.
fn agreed_costs(of: &Agreeing) -> Vec<f64> {
    of.study.alone().iter().zip(of.gains).map(|(alone, gain)| alone - gain).collect()
}

/// Calculated values as decimals.
fn in_money(values: &[f64], decimals: u32) -> Result<Vec<Decimal>, Vec<Diagnostic>> {
    values.iter().map(|v| decimal(*v, decimals)).collect()
}

fn decimal(value: f64, decimals: u32) -> Result<Decimal, Vec<Diagnostic>> {
    stated(value, decimals).ok_or_else(|| {
        vec![Diagnostic::nowhere(format!(
            "{value} is no figure that an agreement can hold; check the units of the site"
        ))]
    })
}

fn decimals(values: &[f64]) -> Result<Vec<Decimal>, Vec<Diagnostic>> {
    in_money(values, DECIMALS)
}

/// Decimals of the smallest unit of a currency.
fn money_decimals(currency: &str) -> u32 {
    if ["JPY", "KRW", "VND", "CLP", "ISK"].contains(&currency) { 0 } else { 2 }
}

/// What each party owes by the plan alone: a month of no intervals stands for the meters.
fn settled_without_transfer(
    agreement: &Agreement,
    plan: &Plan,
) -> Result<Vec<Decimal>, Vec<Diagnostic>> {
    let agreed = agreement.clone().check("agreement.json")?;
    let meters = Meters {
        interval_seconds: 3600,
        times: Vec::new(),
        taken: Vec::new(),
        outside: Vec::new(),
    };
    let at = Timestamp::UNIX_EPOCH;
    let month = Month { label: String::new(), from: at, to: at };
    let case = Case { agreed: &agreed, plan, meters: &meters, month: &month };
    let whole = true_up::whole_time(&case, None);
    let whole = whole.map_err(|TooLarge| vec![Diagnostic::nowhere(TOO_LARGE)])?;
    Ok(whole.into_iter().map(|party| party.settlement).collect())
}

/// An agreement in the making.
struct Draft<'a> {
    of: &'a Agreeing<'a>,
    /// Indices of the shared nodes.
    nodes: Vec<usize>,
    /// The party that balances each.
    balancing: Vec<usize>,
    /// What each party pays for what is unserved or not taken.
    penalties: Vec<f64>,
    /// The positions of each node of the joint plan, without that.
    served: Vec<NodePosition>,
}

impl<'a> Draft<'a> {
    fn of(of: &'a Agreeing<'a>) -> Result<Self, Vec<Diagnostic>> {
        let compiled = &of.study.together.compiled;
        let nodes = shared_nodes(of.site, compiled);
        if nodes.is_empty() {
            return Err(vec![Diagnostic::nowhere(
                "the parties meet at no node, so there is nothing to settle between them",
            )]);
        }
        let mut penalties = vec![0.0; of.site.network.parties.len()];
        let served = served(of, &mut penalties);
        let find = |node: &usize| served.iter().find(|s| s.node == *node);
        let balancing = nodes.iter().map(|n| balancing((of.site, compiled), *n, find(n))).collect();
        Ok(Draft { of, nodes, balancing, penalties, served })
    }

    fn finish(self) -> Result<(Agreement, Plan), Vec<Diagnostic>> {
        let Agreeing { site, study, rule, inputs, .. } = *self.of;
        let horizon = &study.together.compiled.horizon;
        let network = &site.network;
        let money = money_decimals(&network.currency);
        let mut plan = Plan { nodes: Vec::new(), contracts: Vec::new() };
        let mut agreed_nodes = Vec::new();
        for (node, balancing) in self.nodes.iter().zip(&self.balancing) {
            plan.nodes.push(self.node_plan(*node, *balancing)?);
            let measure = network.carrier_of(*node).measure;
            agreed_nodes.push(AgreedNode {
                name: network.nodes[*node].name.clone(),
                carrier: network.carriers[network.nodes[*node].carrier].name.clone(),
                flow_unit: measure.flow().symbol(&network.currency),
                stock_unit: measure.stock().symbol(&network.currency),
                balancing_party: network.parties[*balancing].key.clone(),
            });
        }
        let (mut contracts, mut fees) = (Vec::new(), Vec::new());
        for index in 0..site.contracts.len() {
            for (contract, quantities) in self.contract(index)? {
                contracts.push(contract);
                plan.contracts.push(quantities);
            }
            fees.extend(self.fees(index, money)?);
        }
        let agreement = Agreement {
            version: VERSION,
            site: site.name.clone(),
            currency: network.currency.clone(),
            money_decimals: money,
            time_zone: horizon.zone.iana_name().unwrap_or("UTC").to_owned(),
            start: horizon.stamp(0),
            end: horizon.stamp(horizon.steps),
            step_seconds: horizon.step_seconds,
            rule: "two-part: shadow prices of the joint plan plus a fixed transfer, with a floor at the stand-alone result".into(),
            transfer_rule: rule.to_owned(),
            transfer_spread: Spread::ByDays,
            parties: self.parties(money)?,
            nodes: agreed_nodes,
            contracts,
            fees,
            rounding_party: network.parties[0].key.clone(),
            dispute_days: DISPUTE_DAYS,
            plan_sha256: String::new(),
            inputs: inputs.to_vec(),
        };
        Ok((agreement, plan))
    }

    /// The parties, without their transfers yet.
    fn parties(&self, money: u32) -> Result<Vec<AgreedParty>, Vec<Diagnostic>> {
        let study = self.of.study;
        let own = study.positions.parties.iter().zip(&self.penalties);
        let mut own_costs: Vec<f64> = own.map(|(p, penalty)| p.components + penalty).collect();
        // What the parties are to cost is what they do: rounding falls on the greatest.
        let rest = agreed_costs(self.of).iter().sum::<f64>() - own_costs.iter().sum::<f64>();
        if let Some(greatest) = own_costs.iter_mut().max_by(|a, b| a.abs().total_cmp(&b.abs())) {
            *greatest += rest;
        }
        let parties = self.of.site.network.parties.iter().zip(study.alone()).zip(own_costs);
        parties
            .map(|((party, alone), own)| {
                Ok(AgreedParty {
                    key: party.key.clone(),
                    name: party.name.clone(),
                    stand_alone_cost: decimal(alone, money)?,
                    own_cost: decimal(own, money)?,
                    transfer: Decimal::ZERO,
                })
            })
            .collect()
    }

    fn node_plan(&self, node: usize, balancing: usize) -> Result<NodePlan, Vec<Diagnostic>> {
        let Agreeing { site, study, attributes, .. } = *self.of;
        let steps = study.together.compiled.horizon.steps;
        let nought = vec![0.0; steps];
        let position = self.served.iter().find(|s| s.node == node);
        let price = position.map_or(&nought, |p| &p.price);
        let taken = (0..site.network.parties.len()).map(|party| {
            let net = position.map(|p| &p.net[party]).filter(|net| !net.is_empty());
            decimals(net.unwrap_or(&nought))
        });
        let outside = Outside::of((site, &study.together), node, price);
        let traced = attributes.nodes.iter().find(|a| a.node == node);
        let carried = |of: &dyn Fn(&crate::cooperation::Mix) -> f64| {
            let values = traced.map(|a| a.exchanged.iter().map(of).collect::<Vec<f64>>());
            values.map(|values| decimals(&values)).transpose()
        };
        let clean = match traced.filter(|a| a.is_electricity) {
            Some(_) => carried(&|mix| mix.clean.clamp(0.0, 1.0))?,
            None => None,
        };
        let mut plan = NodePlan {
            taken: taken.collect::<Result<_, _>>()?,
            price: decimals(price)?,
            imbalance_up: outside.as_ref().map(|o| decimals(&o.more)).transpose()?,
            imbalance_down: outside.as_ref().map(|o| decimals(&o.less)).transpose()?,
            co2: carried(&|mix| mix.co2)?,
            clean,
            outside: outside.as_ref().map(|o| decimals(&o.brought)).transpose()?,
        };
        plan.close(balancing).map_err(|TooLarge| vec![Diagnostic::nowhere(TOO_LARGE)])?;
        Ok(plan)
    }

    /// A contract's legs as fixed positions. The price stands on one of them.
    fn contract(
        &self,
        index: usize,
    ) -> Result<Vec<(AgreedContract, ContractPlan)>, Vec<Diagnostic>> {
        let Agreeing { site, study, .. } = *self.of;
        let (signed, terms) = (&site.contracts[index], &study.baseline.terms[index]);
        let quantity = &study.baseline.quantities[index];
        let party = |index: usize| site.network.parties[index].key.clone();
        let agreed = |name: String, node: &str, settles| AgreedContract {
            name,
            kind: signed.kind.to_owned(),
            seller: party(signed.parties.seller),
            buyer: party(signed.parties.buyer),
            node: node.to_owned(),
            settles,
        };
        if terms.legs.is_empty() {
            let Some(node) = self.node_of(terms) else { return Ok(Vec::new()) };
            let price: Vec<f64> = (0..quantity.len()).map(|t| terms.price.values.at(t)).collect();
            let plan = ContractPlan { quantity: decimals(quantity)?, price: decimals(&price)? };
            return Ok(vec![(agreed(signed.name.clone(), &node, Settles::Difference), plan)]);
        }
        let steps = quantity.len();
        let positive = |leg: &Leg| (0..steps).all(|t| leg.ratio.values.at(t) > 0.0);
        let priced = terms.legs.iter().position(positive);
        let mut legs = Vec::new();
        for (at, leg) in terms.legs.iter().enumerate() {
            let name = match terms.legs.len() {
                1 => signed.name.clone(),
                _ => format!("{}_{}", signed.name, leg.node.text),
            };
            let mut agreed = agreed(name, &leg.node.text, Settles::Delivery);
            // What flows back is sold by who gives it.
            let back = (0..steps).any(|t| leg.ratio.values.at(t) < 0.0);
            let sign = if back { -1.0 } else { 1.0 };
            if back {
                std::mem::swap(&mut agreed.seller, &mut agreed.buyer);
            }
            let ratio = |t: usize| sign * leg.ratio.values.at(t);
            let flows: Vec<f64> = quantity.iter().enumerate().map(|(t, q)| ratio(t) * q).collect();
            let price = |t: usize| match priced {
                Some(priced) if priced == at => terms.price.values.at(t) / ratio(t),
                None if at == 0 && ratio(t) > 0.0 => sign * terms.price.values.at(t) / ratio(t),
                _ => 0.0,
            };
            let prices: Vec<f64> = (0..steps).map(price).collect();
            let plan = ContractPlan { quantity: decimals(&flows)?, price: decimals(&prices)? };
            legs.push((agreed, plan));
        }
        Ok(legs)
    }

    /// A shared node at which a quantity can be counted.
    fn node_of(&self, terms: &Terms) -> Option<String> {
        let (network, amount) = (&self.of.site.network, &terms.amount);
        if matches!(amount, Amount::Nothing) {
            return None;
        }
        let named = terms.counted_at.as_ref().and_then(|name| network.node(&name.text));
        let fits = |n: &&usize| network.carrier_of(**n).measure.flow() == amount.dimension();
        let node = named
            .filter(|n| self.nodes.contains(n))
            .or_else(|| self.nodes.iter().find(fits).copied())?;
        Some(network.nodes[node].name.clone())
    }

    /// Fixed payments of a contract: those agreed, what was not taken, and differences counted nowhere.
    fn fees(&self, index: usize, money: u32) -> Result<Vec<AgreedFee>, Vec<Diagnostic>> {
        let Agreeing { site, study, .. } = *self.of;
        let (signed, terms) = (&site.contracts[index], &study.baseline.terms[index]);
        let horizon = &study.together.compiled.horizon;
        let months = horizon.months();
        let payments = study.baseline.payments(index, horizon);
        let mut all: Vec<(String, BTreeMap<String, f64>)> = Vec::new();
        for (item, amounts) in &terms.fixed {
            let by_month = months.labels.iter().cloned().zip(amounts.iter().copied()).collect();
            all.push((item.replace(' ', "_"), by_month));
        }
        if let Some(least) = &terms.least {
            let mut by_month = BTreeMap::new();
            for (period, amount) in least.periods.labels.iter().zip(&payments.untaken) {
                let last = months.labels.iter().rfind(|month| month.starts_with(period.as_str()));
                *by_month.entry(last.unwrap_or(period).clone()).or_insert(0.0) += amount;
            }
            all.push(("take_or_pay".into(), by_month));
        }
        if terms.legs.is_empty() && self.node_of(terms).is_none() {
            let mut by_month: BTreeMap<String, f64> = BTreeMap::new();
            for (month, paid) in months.of_step.iter().zip(&payments.steps) {
                *by_month.entry(months.labels[*month as usize].clone()).or_insert(0.0) += paid;
            }
            if by_month.values().any(|paid| *paid != 0.0) {
                all.push(("difference".into(), by_month));
            }
        }
        let party = |index: usize| site.network.parties[index].key.clone();
        all.into_iter()
            .map(|(item, by_month)| {
                let months = by_month
                    .into_iter()
                    .map(|(month, amount)| Ok((month, decimal(amount, money)?)))
                    .collect::<Result<_, Vec<Diagnostic>>>()?;
                Ok(AgreedFee {
                    name: format!("{}_{item}", signed.name),
                    kind: item,
                    payer: party(signed.parties.buyer),
                    payee: party(signed.parties.seller),
                    months,
                })
            })
            .collect()
    }
}

/// Positions without what the plan leaves unserved or untaken, which is booked as a cost of who takes or
/// gives then, in proportion.
fn served(of: &Agreeing, penalties: &mut [f64]) -> Vec<NodePosition> {
    let (site, study) = (of.site, of.study);
    let together = &study.together;
    let hours = together.compiled.horizon.hours();
    let mut nodes = study.positions.nodes.clone();
    for node in &mut nodes {
        let Some(balance) = together.compiled.balances.iter().find(|b| b.node == node.node) else {
            continue;
        };
        let prices =
            [site.network.shortage_price_of(node.node), site.network.surplus_price_of(node.node)];
        let short = values_of(&together.point, balance.shortage);
        let over = values_of(&together.point, balance.surplus);
        for step in 0..short.len() {
            for (amount, price, sign) in
                [(short[step], prices[0], 1.0), (over[step], prices[1], -1.0)]
            {
                let part = |net: &Vec<f64>| net.get(step).map_or(0.0, |n| (sign * n).max(0.0));
                let all: f64 = node.net.iter().map(part).sum();
                if amount <= 0.0 || all <= 0.0 {
                    continue;
                }
                for (party, net) in node.net.iter_mut().enumerate() {
                    let own = amount * part(net) / all;
                    penalties[party] += own * price * hours;
                    if let Some(net) = net.get_mut(step) {
                        *net -= sign * own;
                    }
                }
            }
        }
    }
    nodes
}
