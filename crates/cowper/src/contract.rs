//! What a contract is: two parties, what flows between them, how much of it, and at which price.
//!
//! A kind of contract fills in [`Terms`]; what follows from them in a plan or a bill is the same for all.

use std::fmt;
use std::sync::Arc;

use cowper_derive::Record;

use crate::component::{Documented, Kind};
use crate::diagnostic::{Diagnostic, Span};
use crate::expression::Param;
use crate::field::{ComponentName, Name, PartyKey, Profile, Record, Share};
use crate::model::Model;
use crate::time::{Horizon, Partition};
use crate::units::{Dimension, Flow, NUMBER};

/// An agreement between two parties.
pub trait Agreement: fmt::Debug + Send + Sync {
    /// Between whom.
    fn parties(&self) -> Sides<&PartyKey>;
    /// The component whose output the quantity follows; it belongs to the seller.
    fn follows(&self) -> Option<&ComponentName> {
        None
    }
    /// What is agreed, in the units of the nodes and over the horizon.
    fn terms(&self, m: &mut Model) -> Terms;
}

/// Something of each side of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sides<T> {
    /// Who delivers, or is paid.
    pub seller: T,
    /// Who takes, or pays.
    pub buyer: T,
}

/// A side of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Who delivers, or is paid.
    Seller,
    /// Who takes, or pays.
    Buyer,
}

impl<T: Copy> Sides<T> {
    /// What belongs to a side.
    pub fn of(&self, side: Side) -> T {
        match side {
            Side::Seller => self.seller,
            Side::Buyer => self.buyer,
        }
    }
}

/// A contract at its place in a site.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Its name, unique among contracts and components.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// Its name for people.
    pub label: String,
    /// Where its table is named.
    pub span: Span,
    /// Indices of the parties.
    pub parties: Sides<usize>,
    /// What is agreed.
    pub agreement: Arc<dyn Agreement>,
}

impl Kind<dyn Agreement> {
    /// The entry of a kind of contract.
    pub const fn agreement<K: Agreement + Documented + Record + 'static>() -> Self {
        Kind {
            name: K::NAME,
            doc: K::DOC,
            fields: K::fields,
            read: |reader| K::read_record(reader).map(|k| Box::new(k) as Box<dyn Agreement>),
        }
    }
}

/// What is agreed: at each step a quantity q ≥ 0 is delivered and price · q is paid.
///
/// To the buyer flows ratio · q at the node of each leg, out of what the seller has there; a negative
/// ratio flows to the seller. The buyer pays the seller, or with a minus is paid.
#[derive(Debug, Clone)]
pub struct Terms {
    /// How much.
    pub amount: Amount,
    /// What flows where. Empty for a contract about money only.
    pub legs: Vec<Leg>,
    /// Where the quantity of a contract about money only is counted.
    pub counted_at: Option<Name>,
    /// Money per unit of the quantity.
    pub price: Param,
    /// What the buyer pays the seller whatever flows: what for, and how much in each month of the run.
    pub fixed: Vec<(String, Vec<f64>)>,
    /// What is paid for even if it is not taken; only where the buyer nominates.
    pub least: Option<Least>,
    /// Money per unit of a fuel used above what was guaranteed: for settlement, by what was metered.
    pub excess_price: Option<Param>,
}

/// A node at which something is delivered.
#[derive(Debug, Clone)]
pub struct Leg {
    /// Where.
    pub node: Name,
    /// How much flows to the buyer for each unit of the quantity.
    pub ratio: Param,
}

/// How much is delivered at each step: a flow, never negative.
#[derive(Debug, Clone)]
pub enum Amount {
    /// Nothing: there are fixed payments only.
    Nothing,
    /// So much.
    Given(Param),
    /// A share of what a component of the seller gives of a carrier: the seller nominates.
    Produced {
        /// The component.
        component: ComponentName,
        /// A node of the carrier: all of its nodes count.
        carrier: Name,
        /// How much of it.
        share: f64,
        /// What it is counted in.
        dimension: Dimension,
    },
    /// What one side nominates, from nought to a limit.
    UpTo {
        /// The greatest.
        limit: Param,
        /// Who nominates.
        by: Side,
    },
}

impl Amount {
    /// Who nominates the quantity; none where it is given.
    pub fn nominated_by(&self) -> Option<Side> {
        match self {
            Amount::Nothing | Amount::Given(_) => None,
            Amount::Produced { .. } => Some(Side::Seller),
            Amount::UpTo { by, .. } => Some(*by),
        }
    }

    /// What it is counted in.
    pub fn dimension(&self) -> Dimension {
        match self {
            Amount::Nothing => NUMBER,
            Amount::Given(amount) => amount.dimension,
            Amount::Produced { dimension, .. } => *dimension,
            Amount::UpTo { limit, .. } => limit.dimension,
        }
    }

    /// The quantity at each step, where nobody nominates it.
    pub fn given(&self, steps: usize) -> Option<Vec<f64>> {
        match self {
            Amount::Nothing => Some(vec![0.0; steps]),
            Amount::Given(amount) => Some((0..steps).map(|t| amount.values.at(t)).collect()),
            Amount::Produced { .. } | Amount::UpTo { .. } => None,
        }
    }
}

/// What is paid for even if it is not taken:
/// price · max(0, amount − Σ quantity · hours) over each period.
#[derive(Debug, Clone)]
pub struct Least {
    /// The periods: months or years.
    pub periods: Partition,
    /// The least amount of each, in the unit of the quantity times hours.
    pub amounts: Vec<f64>,
    /// Money per unit not taken, for each.
    pub prices: Vec<f64>,
}

impl Least {
    /// What was not taken in each period, of quantities at each step.
    pub fn untaken(&self, quantity: &[f64], hours: f64) -> Vec<f64> {
        let mut left = self.amounts.clone();
        for (period, quantity) in self.periods.of_step.iter().zip(quantity) {
            left[*period as usize] -= quantity * hours;
        }
        left.into_iter().map(|untaken| untaken.max(0.0)).collect()
    }
}

/// What the buyer pays the seller under a contract; with a minus the seller pays.
#[derive(Debug, Clone, PartialEq)]
pub struct Payments {
    /// For what flows: price · quantity · hours at each step.
    pub steps: Vec<f64>,
    /// For what was not taken, in each month or year.
    pub untaken: Vec<f64>,
    /// Whatever flows, over the run.
    pub fixed: f64,
}

impl Payments {
    /// All of them.
    pub fn total(&self) -> f64 {
        self.steps.iter().sum::<f64>() + self.untaken.iter().sum::<f64>() + self.fixed
    }
}

impl Terms {
    /// Terms about one thing at one node: to the buyer flows the quantity itself.
    pub fn delivery(amount: Amount, node: &Name, price: Param) -> Self {
        let legs = vec![Leg { node: node.clone(), ratio: 1.0.into() }];
        Terms { legs, ..Self::money(amount, price) }
    }

    /// Terms about money only.
    pub fn money(amount: Amount, price: Param) -> Self {
        Terms {
            amount,
            legs: Vec::new(),
            counted_at: None,
            price,
            fixed: Vec::new(),
            least: None,
            excess_price: None,
        }
    }

    /// What is paid for quantities, one a step.
    pub fn payments(&self, quantity: &[f64], horizon: &Horizon) -> Payments {
        let hours = horizon.hours();
        let steps = quantity.iter().enumerate().map(|(t, q)| self.price.values.at(t) * q * hours);
        let untaken = self.least.as_ref().map_or_else(Vec::new, |least| {
            let untaken = least.untaken(quantity, hours);
            untaken.iter().zip(&least.prices).map(|(amount, price)| amount * price).collect()
        });
        Payments {
            steps: steps.collect(),
            untaken,
            fixed: self.fixed.iter().flat_map(|(_, months)| months).sum(),
        }
    }
}

/// How much is delivered: given, or as a component of the seller produces.
#[derive(Debug, Clone, Record)]
pub struct AmountFields {
    /// Flow delivered at each step: a constant for base load, a series for a profile.
    pub amount: Option<Profile<Flow>>,
    /// Component of the seller whose output it follows: the seller nominates it.
    pub as_produced_by: Option<ComponentName>,
    /// Share of that output; all of it without.
    pub share: Option<Share>,
}

impl AmountFields {
    /// The quantity at a node; none where the fields name none, or a mistake has been noted. `other`
    /// is a way to say it that a kind has besides, with its place.
    pub(crate) fn read(
        &self,
        m: &mut Model,
        carrier: &Name,
        other: Option<(&str, Span)>,
    ) -> Option<Amount> {
        let given = self.amount.as_ref().map(|amount| ("amount", amount.span()));
        let produced = self.as_produced_by.as_ref().map(|c| ("as_produced_by", c.0.span));
        let named: Vec<(&str, Span)> = [given, produced, other].into_iter().flatten().collect();
        if let [(first, _), .., (last, span)] = named.as_slice() {
            let message = format!(
                "`{last}` stands beside `{first}`, but a contract has one quantity; keep one of them"
            );
            m.error(Diagnostic::error(*span, message));
            return None;
        }
        if self.share.is_some() && produced.is_none() {
            m.error(Diagnostic::nowhere(
                "`share` is one of a component's output; name it by `as_produced_by`, or remove `share`",
            ));
            return None;
        }
        if let Some(component) = &self.as_produced_by {
            return Some(Amount::Produced {
                component: component.clone(),
                carrier: carrier.clone(),
                share: self.share.map_or(1.0, Share::value),
                dimension: m.flow_dimension(carrier),
            });
        }
        let amount = self.amount.as_ref()?;
        Some(Amount::Given(m.flow_of(amount, carrier)))
    }
}

/// A contract without a quantity, as a mistake of the file.
pub(crate) fn no_quantity(ways: &str) -> Diagnostic {
    Diagnostic::nowhere(format!("this contract says no quantity; add one of {ways}"))
}
