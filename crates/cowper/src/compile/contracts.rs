//! What contracts are in a problem: quantities, what they bring to nodes, and what is paid.

use crate::compile::arrangement::{Arrangement, Treatment};
use crate::contract::{Amount, Leg, Side, Signed, Terms};
use crate::diagnostic::{Diagnostic, Place, Span, any_error};
use crate::expression::{Expr, Param};
use crate::field::{ComponentName, Name};
use crate::model::{Bounds, Direction, Flow, Model, Part};
use crate::problem::Values;
use crate::site::Site;
use crate::units::{Dimension, MONEY};

/// What a contract brings to one of its parties at a node, or with a minus takes from it.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Index of the contract.
    pub contract: usize,
    /// Index of the node.
    pub node: usize,
    /// Index of the party.
    pub party: usize,
    /// How much flows in.
    pub rate: Expr,
}

/// What a party pays under a contract with a party outside, or with a minus is paid.
#[derive(Debug, Clone)]
pub struct Payment {
    /// Index of the contract.
    pub contract: usize,
    /// Index of the party.
    pub party: usize,
    /// What it is paid for.
    pub item: String,
    /// Money per time, or money.
    pub amount: Expr,
}

/// The quantity of a contract in a problem.
#[derive(Debug, Clone)]
pub struct InForce {
    /// Index of the contract.
    pub contract: usize,
    /// How much.
    pub quantity: Expr,
}

/// All that contracts are in a problem.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub terms: Vec<Terms>,
    pub in_force: Vec<InForce>,
    pub deliveries: Vec<Delivery>,
    pub payments: Vec<Payment>,
}

/// The index of a component for what belongs to none.
const NO_COMPONENT: usize = usize::MAX;

/// Writes the contracts of a site; their mistakes are noted in the model.
pub(super) fn write(site: &Site, arrangement: &Arrangement, m: &mut Model) -> Written {
    let mut written = Written::default();
    for (index, signed) in site.contracts.iter().enumerate() {
        m.enter(NO_COMPONENT, &signed.name);
        let already = m.diagnostics.len();
        let terms = signed.agreement.terms(m);
        check(site, signed, &terms, m);
        for found in &mut m.diagnostics[already..] {
            if matches!(found.place, Place::Nowhere) || found.place == Place::Site(Span::default())
            {
                found.place = Place::Site(signed.span);
            }
        }
        if !any_error(&m.diagnostics)
            && let Some(quantity) = quantity(site, arrangement.treatment(index), &terms, m)
        {
            let part = InProblem { site, arrangement, index, terms: &terms, quantity: &quantity };
            part.payments(m, &mut written.payments);
            part.deliveries(&mut written.deliveries);
            written.in_force.push(InForce { contract: index, quantity });
        }
        written.terms.push(terms);
    }
    written
}

/// What only the whole site shows: nodes that are none, and output that is none.
fn check(site: &Site, signed: &Signed, terms: &Terms, m: &mut Model) {
    for leg in &terms.legs {
        m.flow_dimension(&leg.node);
    }
    let Amount::Produced { component, carrier, .. } = &terms.amount else { return };
    let Some(followed) = index_of(site, component) else { return };
    // A party that takes no part has no flows here; the whole site shows what it lacks.
    if !m.flows.iter().any(|f| f.component == followed) {
        return;
    }
    let outputs = outputs(m, followed, carrier);
    let message = if outputs.is_empty() {
        format!(
            "`{}` gives nothing to a node of the carrier of `{}`; name a component of `{}` that does",
            component.0.text, carrier.text, site.network.parties[signed.parties.seller].key
        )
    } else if outputs.iter().any(|f| f.part == Part::Below) {
        format!(
            "`{}` gives and takes `{}` by one flow, which no contract can follow; name a component that only gives",
            component.0.text, carrier.text
        )
    } else {
        return;
    };
    m.error(Diagnostic::error(component.0.span, message));
}

/// What a component gives to the nodes of a carrier.
fn outputs(m: &mut Model, component: usize, carrier: &Name) -> Vec<Flow> {
    let wanted = m.carrier_at(carrier);
    let is_output = |f: &&Flow| f.component == component && f.direction == Direction::Give;
    let gives: Vec<Flow> = m.flows.iter().filter(is_output).cloned().collect();
    gives.into_iter().filter(|f| wanted.is_some() && m.carrier_at(&f.place) == wanted).collect()
}

fn index_of(site: &Site, ComponentName(name): &ComponentName) -> Option<usize> {
    site.components.iter().position(|c| c.name == name.text)
}

/// The quantity of a contract; none where it is absent.
fn quantity(site: &Site, treatment: &Treatment, terms: &Terms, m: &mut Model) -> Option<Expr> {
    let dimension = terms.amount.dimension();
    match treatment {
        Treatment::Absent => None,
        Treatment::Fixed(values) => Some(known(Values::Series(values.clone()), dimension)),
        Treatment::Nominated => Some(match &terms.amount {
            Amount::Nothing => Expr::zero(dimension),
            Amount::Given(amount) => amount.into(),
            Amount::UpTo { limit, .. } => m.variable("quantity", Bounds::up_to(limit)).into(),
            Amount::Produced { component, carrier, share, .. } => {
                let outputs =
                    index_of(site, component).map_or_else(Vec::new, |c| outputs(m, c, carrier));
                let output = outputs.iter().fold(Expr::zero(dimension), |sum, f| sum + &f.rate);
                let quantity = m.variable("quantity", Bounds::positive(dimension));
                m.equal("delivered as produced", quantity, output * *share);
                quantity.into()
            }
        }),
    }
}

fn known(values: Values, dimension: Dimension) -> Expr {
    Param { values, dimension }.into()
}

/// A contract in a problem.
struct InProblem<'a> {
    site: &'a Site,
    arrangement: &'a Arrangement,
    index: usize,
    terms: &'a Terms,
    quantity: &'a Expr,
}

impl InProblem<'_> {
    /// The side whose money counts: payments between two members cancel.
    fn side(&self) -> Option<Side> {
        let parties = self.site.contracts[self.index].parties;
        let members = self.arrangement.members();
        match (members.contains(parties.seller), members.contains(parties.buyer)) {
            (true, false) => Some(Side::Seller),
            (false, true) => Some(Side::Buyer),
            _ => None,
        }
    }

    fn payments(&self, m: &mut Model, payments: &mut Vec<Payment>) {
        let Some(side) = self.side() else { return };
        let party = self.site.contracts[self.index].parties.of(side);
        let sign = if side == Side::Buyer { 1.0 } else { -1.0 };
        let mut pay = |m: &mut Model, item: &str, amount: Expr| {
            let amount = amount * sign;
            if m.pay(item, &amount) {
                let item = item.to_owned();
                payments.push(Payment { contract: self.index, party, item, amount });
            }
        };
        if !matches!(self.terms.amount, Amount::Nothing) {
            pay(m, "contract", self.quantity * &self.terms.price);
        }
        for (item, months) in &self.terms.fixed {
            pay(m, item, known(Values::Constant(months.iter().sum()), MONEY));
        }
        if let Some(untaken) = self.untaken(m) {
            pay(m, "take or pay", untaken);
        }
    }

    /// What is paid for what is not taken: a choice of the buyer, or known.
    fn untaken(&self, m: &mut Model) -> Option<Expr> {
        let least = self.terms.least.as_ref()?;
        let dimension = (self.quantity * m.hours()).dimension;
        let prices = Param::series(least.prices.clone().into(), MONEY.per(dimension));
        if self.quantity.terms.is_empty() {
            let steps = m.horizon().steps;
            let quantity: Vec<f64> = (0..steps).map(|t| self.quantity.constant.at(t)).collect();
            let untaken = least.untaken(&quantity, m.horizon().hours());
            let paid = untaken.iter().zip(&least.prices).map(|(amount, price)| amount * price);
            return Some(known(Values::Constant(paid.sum()), MONEY));
        }
        let periods = m.partition(least.periods.clone());
        let amounts = Param::series(least.amounts.clone().into(), dimension);
        let untaken = m.variable_per(periods, "untaken", Bounds::up_to(&amounts));
        let taken = self.quantity * m.hours();
        m.total_at_least(periods, "what is not taken is paid for", taken + untaken, amounts);
        Some(untaken * prices)
    }

    /// What flows into each side at each node; nothing where both are balanced together.
    fn deliveries(&self, deliveries: &mut Vec<Delivery>) {
        let parties = self.site.contracts[self.index].parties;
        for Leg { node, ratio } in &self.terms.legs {
            let Some(node) = self.site.network.node(&node.text) else { continue };
            if self.arrangement.joins(node, parties.seller, parties.buyer) {
                continue;
            }
            for (party, sign) in [(parties.seller, -1.0), (parties.buyer, 1.0)] {
                if self.arrangement.members().contains(party) {
                    let rate = self.quantity * ratio * sign;
                    deliveries.push(Delivery { contract: self.index, node, party, rate });
                }
            }
        }
    }
}

/// The order in which parties settle what they nominate: who nominates comes before whom it binds.
///
/// A circle of nominations is an error that names its contracts.
pub fn order_of_parties(site: &Site, terms: &[Terms]) -> Result<Vec<usize>, Diagnostic> {
    let count = site.network.parties.len();
    // Who nominates, whom it binds, by which contract.
    let rights: Vec<(usize, usize, usize)> = terms
        .iter()
        .zip(&site.contracts)
        .enumerate()
        .filter_map(|(index, (terms, signed))| match terms.amount.nominated_by()? {
            Side::Seller => Some((signed.parties.seller, signed.parties.buyer, index)),
            Side::Buyer => Some((signed.parties.buyer, signed.parties.seller, index)),
        })
        .collect();
    let mut order: Vec<usize> = Vec::with_capacity(count);
    while order.len() < count {
        let waits = |party: usize| {
            let right = rights.iter().find(|(by, bound, _)| *bound == party && !order.contains(by));
            right.map(|(by, _, contract)| (*by, *contract))
        };
        let left: Vec<usize> = (0..count).filter(|party| !order.contains(party)).collect();
        match left.iter().find(|party| waits(**party).is_none()) {
            Some(next) => order.push(*next),
            None => return Err(circle(site, left.first().copied(), waits)),
        }
    }
    Ok(order)
}

/// A circle of nominations as a mistake of the site: each party left waits for another under a
/// contract, so who follows them comes round.
fn circle(
    site: &Site,
    first: Option<usize>,
    waits: impl Fn(usize) -> Option<(usize, usize)>,
) -> Diagnostic {
    let mut path: Vec<(usize, usize)> = Vec::new();
    let mut at = first;
    while let Some(party) = at.filter(|party| path.iter().all(|(p, _)| p != party)) {
        let Some((by, contract)) = waits(party) else { break };
        path.push((party, contract));
        at = Some(by);
    }
    let start = path.iter().position(|(party, _)| Some(*party) == at).unwrap_or(0);
    let mut circle: Vec<usize> = path[start..].iter().map(|(_, contract)| *contract).collect();
    circle.sort_unstable();
    let contracts: Vec<&Signed> = circle.iter().filter_map(|c| site.contracts.get(*c)).collect();
    let names: Vec<String> = contracts.iter().map(|c| format!("`{}`", c.name)).collect();
    let message = format!(
        "the nominations under {} wait for one another: each party would have to know first what the other nominates; give the quantity of one of them as an `amount`",
        names.join(" and ")
    );
    Diagnostic::error(contracts.last().map_or_else(Span::default, |c| c.span), message)
}
