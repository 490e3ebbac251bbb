//! Who plans together: the parties that take part, the nodes where each stands for itself, the contracts.

use std::sync::Arc;

use crate::game::Coalition;
use crate::site::Site;

/// Which part of a site a problem is of.
#[derive(Debug, Clone)]
pub struct Arrangement {
    members: Coalition,
    /// For each node, whether each party is balanced for itself.
    apart: Vec<bool>,
    contracts: Vec<Treatment>,
}

/// What a problem makes of a contract.
#[derive(Debug, Clone, PartialEq)]
pub enum Treatment {
    /// Nothing: it is replaced by a plan of both sides, or not there.
    Absent,
    /// Its quantity is known: one value a step.
    Fixed(Arc<[f64]>),
    /// Its quantity is chosen here, by the side that has the right to.
    Nominated,
}

impl Arrangement {
    /// All parties, one plan: contracts are replaced by it.
    pub fn together(site: &Site) -> Self {
        Self::of(site, Coalition::everyone(site.network.parties.len()))
    }

    /// Some of the parties, one plan, without any contract yet.
    pub fn of(site: &Site, members: Coalition) -> Self {
        let everyone = Coalition::everyone(site.network.parties.len());
        Arrangement {
            members: members.shared_with(everyone),
            apart: vec![false; site.network.nodes.len()],
            contracts: vec![Treatment::Absent; site.contracts.len()],
        }
    }

    /// The same with a contract treated otherwise; one that the site has not changes nothing.
    #[must_use]
    pub fn with(mut self, contract: usize, treatment: Treatment) -> Self {
        if let Some(place) = self.contracts.get_mut(contract) {
            *place = treatment;
        }
        self
    }

    /// The same with the parties each for themselves at a node.
    #[must_use]
    pub fn apart_at(mut self, node: usize) -> Self {
        if let Some(apart) = self.apart.get_mut(node) {
            *apart = true;
        }
        self
    }

    /// The parties that take part.
    pub fn members(&self) -> Coalition {
        self.members
    }

    /// What becomes of a contract.
    pub fn treatment(&self, contract: usize) -> &Treatment {
        self.contracts.get(contract).unwrap_or(&Treatment::Absent)
    }

    /// The groups of parties that are balanced together at a node.
    pub(super) fn groups(&self, node: usize) -> Vec<Coalition> {
        if self.apart[node] && self.members.len() > 1 {
            self.members.players().map(Coalition::of).collect()
        } else {
            vec![self.members]
        }
    }

    /// Whether a party is balanced together with another at a node.
    pub(super) fn joins(&self, node: usize, a: usize, b: usize) -> bool {
        !self.apart[node] && self.members.contains(a) && self.members.contains(b)
    }
}
