//! A site: everything in one model, as read from its file.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::component::Component;
use crate::diagnostic::Span;
use crate::network::Network;
use crate::series::SeriesStore;
use crate::state::ComponentState;
use crate::time::Horizon;

/// A component at its place in a site.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Its name, unique in the site.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// Its name for people.
    pub label: String,
    /// Index of the party that owns it.
    pub owner: usize,
    /// Where its table is named.
    pub span: Span,
    /// What it does.
    pub component: Arc<dyn Component>,
}

/// Everything in one model.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its name for people.
    pub name: String,
    /// Carriers, nodes, parties, prices of the whole.
    pub network: Network,
    /// The horizon that the file gives.
    pub horizon: Horizon,
    /// All series.
    pub series: SeriesStore,
    /// How components stand at the start.
    pub state: BTreeMap<String, ComponentState>,
    /// Components in the order of the list of kinds, then of their names.
    pub components: Vec<Placed>,
}
