//! A plant that the weather feeds: it makes what there is, or less.

use cowper_derive::Record;

use crate::diagnostic::Diagnostic;
use crate::expression::{Expr, Param};
use crate::field::{Name, Profile};
use crate::model::{Bounds, Model};
use crate::units::{NUMBER, Number, Price};

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

/// A share of the capacity, constant or over time, between nought and one.
pub fn share_of(m: &mut Model, availability: &Profile<Number>) -> Param {
    let share = m.profile(availability);
    let (least, most) = (share.values.least(), share.values.greatest());
    if share.dimension == NUMBER && !(least >= 0.0 && most <= 1.0) {
        let message = format!(
            "availability lies between {least} and {most} here, and is a share of the capacity from 0 to 1; \
             a series in percent says so by [%] in its column's header, one in MW is divided by the capacity first"
        );
        m.error(Diagnostic::error(availability.span(), message));
    }
    share
}
