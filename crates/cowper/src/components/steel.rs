//! Kinds of a steelworks. Generic kinds never name them.

use crate::component::Kind;

super::list_of_kinds! {
    /// Kinds of a steelworks.
    STEEL:
    gas_holder::GasHolder,
}
