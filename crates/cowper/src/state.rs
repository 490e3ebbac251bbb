//! How components stand at the start of a run, and at its end for the next one.

use cowper_derive::Record;

use crate::units::{Flow, Power, Quantity, Stock, Time};

/// How one component stands: `[state.NAME]` in the site file, or in a file of its own.
#[derive(Debug, Clone, Default, PartialEq, Record)]
pub struct ComponentState {
    /// Level of a store.
    pub level: Option<Quantity<Stock>>,
    /// Whether the unit runs.
    pub on: Option<bool>,
    /// For how long it has run, or has not.
    pub since: Option<Quantity<Time>>,
    /// What it puts out.
    pub output: Option<Quantity<Flow>>,
    /// Greatest demand of the running month so far.
    pub peak: Option<Quantity<Power>>,
}
