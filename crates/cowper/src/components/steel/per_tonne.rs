//! What a tonne of product takes or gives, in the unit of a node.

use crate::diagnostic::Span;
use crate::expression::Param;
use crate::field::Name;
use crate::model::Model;
use crate::units::{MASS, Measure, Quantity};

/// An amount per tonne of product, as an amount of the carrier at a node per tonne.
///
/// A default has no place in the file, so a mistake about its unit is shown at the node's name.
pub(super) fn per_tonne<M: Measure>(m: &mut Model, amount: Quantity<M>, node: &Name) -> Param {
    let span = if amount.span == Span::default() { node.span } else { amount.span };
    m.in_unit_of(amount.into(), node, span, |stock| stock.per(MASS))
}
