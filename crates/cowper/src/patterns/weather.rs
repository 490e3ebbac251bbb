//! A plant that the weather feeds: it makes what there is, or less.

use cowper_derive::Record;

use crate::expression::{Expr, Param};
use crate::field::{Name, Profile};
use crate::model::{Bounds, Model};
use crate::units::Price;

/// What is paid for what the weather gives.
#[derive(Debug, Clone, Record)]
pub struct Curtailment {
    /// Price of each unit that could be made and is not; curtailing is free without.
    pub curtailment_price: Option<Profile<Price>>,
    /// Cost of each unit made; none without.
    pub variable_cost: Option<Profile<Price>>,
}

/// Gives power = available − curtailed to a node, with 0 ≤ curtailed ≤ available.
pub fn harvest(m: &mut Model, node: &Name, available: &Param, curtailment: &Curtailment) {
    let curtailed = m.variable("curtailed", Bounds::up_to(available));
    let power = Expr::from(available) - curtailed;
    m.give(node, "power", &power);
    if let Some(price) = &curtailment.curtailment_price {
        let price = m.price_of(price, node);
        m.cost("curtailment", curtailed * price);
    }
    if let Some(cost) = &curtailment.variable_cost {
        let cost = m.price_of(cost, node);
        m.cost("variable cost", power * cost);
    }
}
