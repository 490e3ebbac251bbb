//! A site: everything in one model, as read from its file.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::component::Component;
use crate::contract::Signed;
use crate::diagnostic::Span;
use crate::network::Network;
use crate::series::SeriesStore;
use crate::state::ComponentState;
use crate::time::{Horizon, parse_instant, parse_step};

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
    /// Contracts between its parties, in the order of the list of kinds, then of their names.
    pub contracts: Vec<Signed>,
}

impl Site {
    /// The horizon of a run: that of the file, or another part of time or another step.
    pub fn horizon_of(
        &self,
        from: Option<&str>,
        to: Option<&str>,
        step: Option<&str>,
    ) -> Result<Horizon, String> {
        let zone = &self.horizon.zone;
        let start = from.map_or(Ok(self.horizon.start), |text| parse_instant(text, zone))?;
        let end = to.map_or(Ok(self.horizon.end()), |text| parse_instant(text, zone))?;
        let step = step.map_or(Ok(self.horizon.step_seconds), parse_step)?;
        Horizon::new(start, end, step, zone.clone())
    }
}
