//! share.json: what working together is worth, for people and programs. Keys are added, never changed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

pub use super::game::Bounds;
use super::game::{Core, OfRule};
use crate::summary::{HorizonSummary, InputSummary};

/// What a study of a site came to. Lists by party are in the order of `parties`. Money is in
/// `currency`, over the horizon; a cost is positive, a gain is what is saved. Keys are added in later
/// versions; none changes its meaning.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ShareFile {
    /// Name of the site.
    pub site: String,
    /// optimal, feasible or time_limit: that of the joint plan.
    pub status: &'static str,
    /// ISO code.
    pub currency: String,
    /// When.
    pub horizon: HorizonSummary,
    /// What all gain: the sum of what each costs alone, less what they cost together.
    pub gain: Bounds,
    /// The joint plan.
    pub together: Together,
    /// Each party.
    pub parties: Vec<PartyShare>,
    /// The rule that is recommended, with its transfers.
    pub recommended: Recommended,
    /// The shares that no group would leave.
    pub core: Core,
    /// Each rule, of gains: at_prices (Owen), nash, shapley, nucleolus, least_core_smallest_variance,
    /// proportional, gately.
    pub rules: BTreeMap<&'static str, OfRule>,
    /// Every group of the parties, by size.
    pub groups: Vec<GroupOf>,
    /// What each exchanged carrier saves, the greatest first.
    pub moves: Vec<MoveOf>,
    /// How far prices, and with them shares at prices, are determined.
    pub prices: Prices,
    /// Differences of money up to this are rounding of the solves.
    pub rounding: f64,
    /// What a reader has to know: sentences.
    pub remarks: Vec<String>,
    /// Seconds of each part.
    pub timings: ShareTimings,
    /// Versions of what made this.
    pub versions: BTreeMap<&'static str, String>,
    /// Every file that was read, with its hash.
    pub inputs: Vec<InputSummary>,
}

/// The joint plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Together {
    /// What it costs, between what is not ruled out and what was found.
    pub cost: Bounds,
    /// By which method.
    pub solver: &'static str,
    /// CO2 of all, in t.
    pub co2: Co2,
    /// What it leaves unserved or untaken.
    pub unserved: Vec<Unserved>,
    /// Shares at prices less the joint cost: what rounding leaves.
    pub closing_error: f64,
}

/// A party.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PartyShare {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// By itself, under today's contracts.
    pub alone: Alone,
    /// In the joint plan, by the recommended rule.
    pub together: InJointPlan,
    /// alone less together, by the recommended rule.
    pub gain: f64,
    /// What happens if it leaves, by the recommended rule.
    pub leaves: Leaves,
}

/// A party by itself.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Alone {
    /// What it costs, contracts paid, between what is not ruled out and what was found.
    pub cost: Bounds,
    /// CO2 in t.
    pub co2: Co2,
    /// What it leaves unserved or untaken, at the stated price.
    pub unserved: Vec<Unserved>,
    /// What goes in and out, by carrier.
    pub energy: BTreeMap<String, Energy>,
    /// Clean electricity that its components make, in MWh.
    pub clean_made: f64,
}

/// A party in the joint plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InJointPlan {
    /// What it costs by the recommended rule: all of the lines below.
    pub cost: f64,
    /// Costs of its components, less revenues from outside.
    pub components: f64,
    /// What it pays for what it takes net, at prices.
    pub exchange: f64,
    /// What contracts cost it beyond what they bring at prices.
    pub contracts: f64,
    /// The fixed transfer: what the recommended rule moves beyond prices.
    pub transfer: f64,
    /// CO2 in t: where it burns, and with what is bought outside.
    pub co2: Co2,
    /// CO2 that came to it with electricity, steam and heat from others, in t; negative went from it.
    pub co2_moved: f64,
    /// What goes in and out, by carrier.
    pub energy: BTreeMap<String, Energy>,
    /// Clean electricity that its components make, in MWh.
    pub clean_made: f64,
    /// Clean electricity that came to it from others, in MWh; negative went from it.
    pub clean_moved: f64,
    /// What it may claim: made and moved.
    pub clean_claim: f64,
}

/// What goes in and out of a party.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Energy {
    /// Unit of the amounts.
    pub unit: String,
    /// Bought outside: by its grid connections and fuel supplies.
    pub bought: f64,
    /// Sold outside by its grid connections.
    pub sold: f64,
    /// Taken from other parties, net; negative is given to them.
    pub from_others: f64,
}

/// CO2 in t.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Co2 {
    /// Set free on site.
    pub direct: f64,
    /// Direct, and set free elsewhere to make what is bought outside.
    pub with_purchases: f64,
}

/// A shortage or surplus.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Unserved {
    /// shortage or surplus.
    pub kind: &'static str,
    /// Name of the node.
    pub node: String,
    /// Over the run.
    pub amount: f64,
    /// Its unit.
    pub unit: String,
    /// What it is counted with in the cost.
    pub cost: f64,
}

/// What happens if a party leaves.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Leaves {
    /// What all lose together; null where the rest was not solved.
    pub together_lose: Option<Bounds>,
    /// What it loses itself: its gain.
    pub it_loses: f64,
    /// What the others lose of their gains, though they go on together. Below nought they would
    /// gain. Null where the rest was not solved.
    pub others_lose: Option<Bounds>,
}

/// The rule that is recommended.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Recommended {
    /// Its name among `rules`.
    pub rule: &'static str,
    /// What each party gains.
    pub gains: Vec<f64>,
    /// What each party is charged, or with a minus credited, beyond settlement at prices.
    pub transfers: Vec<f64>,
    /// Whether the gains are in the core: yes, no or cannot_be_told.
    pub in_core: Option<&'static str>,
    /// The folder of the agreement; null where none was made.
    pub agreement: Option<String>,
}

/// A group of the parties.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GroupOf {
    /// Keys of its parties.
    pub parties: Vec<String>,
    /// What its best plan costs; null where it was not solved.
    pub cost: Option<Bounds>,
    /// What it gains over its parties alone.
    pub gain: Bounds,
    /// By which method; null where it was not solved.
    pub solver: Option<&'static str>,
    /// Why it was not solved.
    pub trouble: Option<String>,
}

/// What exchanging a carrier saves.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MoveOf {
    /// Name of the carrier.
    pub carrier: String,
    /// Its name for people.
    pub label: String,
    /// The nodes at which parties meet.
    pub nodes: Vec<String>,
    /// How much of the gain is lost if each party is for itself there; null where that was not
    /// solved. They need not add up to the gain.
    pub saves: Option<Bounds>,
}

/// How far prices are determined.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Prices {
    /// The rule that chose among prices that fit the plan: interior_point (those between them),
    /// simplex (a corner), or whole_numbers_fixed.
    pub chosen_by: &'static str,
    /// Whether shares at prices could be others at other prices that fit the same plan:
    /// determined (by less than a hundredth of the gain), free, or not_known.
    pub shares: &'static str,
    /// The least and the greatest gain at such prices, by party: no wider than this. Null if not known.
    pub gains: Option<Vec<Bounds>>,
}

/// Seconds of each part.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
pub struct ShareTimings {
    /// Reading the site and its series.
    pub read: f64,
    /// Solving every group.
    pub solve: f64,
    /// Rules, books and files.
    pub write: f64,
    /// All of it.
    pub total: f64,
    /// How many solves.
    pub solves: usize,
    /// How many went on at once.
    pub at_once: usize,
}
