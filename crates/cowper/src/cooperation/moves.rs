//! Where a gain comes from: what is lost if one thing is no longer exchanged.

use crate::compile::Compiled;
use crate::game::Interval;
use crate::site::Site;

use super::shared_nodes;

/// What it costs to exchange a carrier no more.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// Index of the carrier.
    pub carrier: usize,
    /// The nodes of it at which parties meet.
    pub nodes: Vec<usize>,
    /// How much more the joint plan costs if each party is for itself there, contracts at their
    /// quantity in the baseline; none where that could not be solved. Moves that need one another
    /// each lose what they make together, so they need not add up to the gain.
    pub saves: Option<Interval>,
}

impl Move {
    /// What it costs without, less what it costs with the exchange.
    pub(super) fn less(&mut self, together: Interval) {
        self.saves = self.saves.map(|without| Interval {
            lower: (without.lower - together.upper).max(0.0),
            upper: (without.upper - together.lower).max(0.0),
        });
    }
}

/// The carriers that parties can exchange, with their shared nodes, in the order of carriers.
pub(super) fn exchanged(site: &Site, together: &Compiled) -> Vec<Move> {
    let mut moves: Vec<Move> = Vec::new();
    for node in shared_nodes(site, together) {
        let carrier = site.network.nodes[node].carrier;
        match moves.iter_mut().find(|m| m.carrier == carrier) {
            Some(known) => known.nodes.push(node),
            None => moves.push(Move { carrier, nodes: vec![node], saves: None }),
        }
    }
    moves.sort_by_key(|m| m.carrier);
    moves
}
