//! What parties have alone, what any of them have together, and what each brings and takes there.
//!
//! Alone a party plans with its own components and its contracts; together contracts between members
//! are replaced by one plan. A contract with a party outside stays at the quantity that it has
//! where each plans alone, so a plan of more can always repeat the plans of fewer.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::accounts::{Accounts, accounts};
use crate::compile::{Arrangement, Compiled, Treatment, compile, compile_for, order_of_parties};
use crate::contract::{Payments, Side, Terms};
use crate::diagnostic::Diagnostic;
use crate::game::{Coalition, Interval, MOST_PLAYERS};
use crate::schedule::{Schedule, over_time, schedule};
use crate::site::Site;
use crate::solver::{Limits, Point, Solver, Status, solve};
use crate::time::Horizon;

mod attributes;
mod moves;
mod positions;
mod replica;
mod study;

pub use attributes::{Attributes, ClaimOf, Mix, NodeAttributes, attributes, clean_made};
pub use moves::Move;
pub use positions::{ContractPosition, NodePosition, PartyPosition, Positions, positions};
pub use study::{Group, Progress, Setting, Study, study};

/// Why there is no plan.
#[derive(Debug, Clone)]
pub enum Failure {
    /// The site has mistakes.
    Mistakes(Vec<Diagnostic>),
    /// No plan came out of a solve.
    Unsolved {
        /// Names of the parties that were to plan together.
        parties: Vec<String>,
        /// What became of the solve.
        status: Status,
        /// Why, where the method says so: a clause.
        because: Option<String>,
    },
    /// Positions were asked of a plan that is not one of all parties.
    NotTogether,
    /// Limits that several parties share have no owner, so prices do not pay for them.
    SharedLimits(Vec<String>),
    /// So many parties cannot be looked at group by group.
    Parties(usize),
    /// It was stopped from outside.
    Stopped,
    /// What came out is no game: a cost that is no number.
    Game(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Failure::Mistakes(found) => {
                let messages: Vec<&str> = found.iter().map(|d| d.message.as_str()).collect();
                f.write_str(&messages.join("\n"))
            }
            Failure::Unsolved { parties, status, because } => {
                let alone = if parties.len() == 1 { " alone" } else { " together" };
                let because = because.as_ref().map_or(String::new(), |b| format!(" ({b})"));
                let found = match status {
                    Status::Infeasible => {
                        "no schedule keeps every limit; `cowper run` on a site of these components tells which ones contradict each other"
                    }
                    Status::Unbounded => {
                        "cost falls without end: a limit is missing, such as that of an export"
                    }
                    Status::TimeLimit | Status::Feasible => {
                        "the time was over before there was a schedule with a bound; give the solve more time"
                    }
                    _ => "the solver came to no end",
                };
                write!(f, "{}{alone}: {found}{because}", parties.join(" and "))
            }
            Failure::NotTogether => {
                f.write_str("positions are those of one plan of all parties, balanced together")
            }
            Failure::SharedLimits(limits) => write!(
                f,
                "prices cannot pay for limits that several owners share: {}; give each such component one owner",
                limits.join(", ")
            ),
            Failure::Parties(0 | 1) => f.write_str(
                "the site has one party, so there is nobody to share with; name the others under [party.NAME] and give components their `owner`",
            ),
            Failure::Parties(count) => write!(
                f,
                "{count} parties are more than are looked at group by group; join those that act as one, {MOST_PLAYERS} at most"
            ),
            Failure::Stopped => f.write_str("stopped before every group was solved"),
            Failure::Game(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Failure {}

/// The plan of some parties.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Who plans together.
    pub members: Coalition,
    /// The problem.
    pub compiled: Compiled,
    /// Optimal, or stopped with a schedule.
    pub status: Status,
    /// The method that came to it.
    pub solver: Solver,
    /// The schedule in numbers.
    pub point: Point,
}

impl Plan {
    /// What it costs, in the site's currency: components, shortage and surplus, and contracts with
    /// parties outside. From the least that is not ruled out to that of the schedule that was found.
    pub fn cost(&self) -> Interval {
        Interval { lower: self.point.bound, upper: self.point.objective }
    }

    /// Its series.
    pub fn schedule(&self, site: &Site) -> Schedule {
        schedule(site, &self.compiled, &self.point)
    }

    /// Its books. Shortage and surplus are nobody's there; of a party alone they are its own.
    pub fn accounts(&self, site: &Site) -> Accounts {
        accounts(site, &self.compiled, &self.point, &self.schedule(site))
    }
}

/// What each party has alone under today's contracts.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// The plan of each party, in the order of parties.
    pub alone: Vec<Plan>,
    /// What each contract says, in the order of contracts.
    pub terms: Vec<Terms>,
    /// The quantity of each contract at each step, in the order of contracts.
    pub quantities: Vec<Arc<[f64]>>,
}

impl Baseline {
    /// What is paid under a contract at its quantities here.
    pub fn payments(&self, contract: usize, horizon: &Horizon) -> Payments {
        self.terms[contract].payments(&self.quantities[contract], horizon)
    }

    /// Some of the parties with their contracts at the quantities found here.
    fn arrangement(&self, site: &Site, members: Coalition) -> Arrangement {
        let fixed = |quantity: &Arc<[f64]>| Treatment::Fixed(quantity.clone());
        self.quantities
            .iter()
            .enumerate()
            .fold(Arrangement::of(site, members), |a, (index, q)| a.with(index, fixed(q)))
    }
}

/// Solves what each party does alone. Who nominates the quantity of a contract is solved first, and
/// the best for it binds the other side. Where several quantities are equally good, the one is taken
/// that the method comes to: for a linear problem one between them, the same on every run.
pub fn baseline(site: &Site, horizon: &Horizon, limits: Limits) -> Result<Baseline, Failure> {
    baseline_asking(site, horizon, (limits, &|| ControlFlow::Continue(())))
}

/// Whether to go on, asked now and then while something is solved.
type Ask<'a> = dyn Fn() -> ControlFlow<()> + Sync + 'a;

fn baseline_asking(
    site: &Site,
    horizon: &Horizon,
    (limits, ask): (Limits, &Ask),
) -> Result<Baseline, Failure> {
    let terms = compile(site, horizon).map_err(Failure::Mistakes)?.terms;
    let order = order_of_parties(site, &terms).map_err(|found| Failure::Mistakes(vec![found]))?;
    let mut quantities: Vec<Option<Arc<[f64]>>> =
        terms.iter().map(|t| t.amount.given(horizon.steps).map(Arc::from)).collect();
    let mut plans: Vec<(usize, Plan)> = Vec::new();
    for party in order {
        let mut arrangement = Arrangement::of(site, Coalition::of(party));
        for (index, signed) in site.contracts.iter().enumerate() {
            let nominated = terms[index].amount.nominated_by();
            let treatment = match &quantities[index] {
                Some(known) => Treatment::Fixed(known.clone()),
                None if nominated.map(|s| signed.parties.of(s)) == Some(party) => {
                    Treatment::Nominated
                }
                None => Treatment::Absent,
            };
            arrangement = arrangement.with(index, treatment);
        }
        let compiled = compile_for(site, horizon, &arrangement).map_err(Failure::Mistakes)?;
        let plan = solved(site, (compiled, arrangement.members()), (limits, ask))?;
        for found in &plan.compiled.in_force {
            if arrangement.treatment(found.contract) == &Treatment::Nominated {
                let (compiled, quantity) = (&plan.compiled, &found.quantity);
                let values = over_time(compiled, &quantity.terms, &quantity.constant, &plan.point);
                quantities[found.contract] = Some(values.into());
            }
        }
        plans.push((party, plan));
    }
    plans.sort_by_key(|(party, _)| *party);
    Ok(Baseline {
        alone: plans.into_iter().map(|(_, plan)| plan).collect(),
        terms,
        quantities: quantities.into_iter().map(Option::unwrap_or_default).collect(),
    })
}

/// The plan of some of the parties together. Contracts between them are replaced by it; those with
/// parties outside stay at their quantity in the baseline, also where that was as produced: it is owed
/// then, wherever it comes from. Of one party alone it is the plan of the baseline. Parties that the
/// site has not are left out.
pub fn coalition(
    site: &Site,
    horizon: &Horizon,
    (baseline, members): (&Baseline, Coalition),
    limits: Limits,
) -> Result<Plan, Failure> {
    let arrangement = baseline.arrangement(site, members);
    let members = arrangement.members();
    match baseline.alone.iter().find(|plan| plan.members == members) {
        Some(alone) => Ok(alone.clone()),
        None => plan(site, horizon, &arrangement, limits),
    }
}

/// The plan of all parties with each for itself at some nodes, where contracts stay at their quantity
/// in the baseline. What it costs more than the joint plan is what exchange there saves.
pub fn exchange_forbidden(
    site: &Site,
    horizon: &Horizon,
    (baseline, nodes): (&Baseline, &[usize]),
    limits: Limits,
) -> Result<Plan, Failure> {
    let everyone = Coalition::everyone(site.network.parties.len());
    let together = baseline.arrangement(site, everyone);
    let apart = nodes.iter().fold(together, |a, node| a.apart_at(*node));
    plan(site, horizon, &apart, limits)
}

/// Nodes at which components of several parties, or contracts between them, meet.
pub fn shared_nodes(site: &Site, together: &Compiled) -> Vec<usize> {
    let meets = |node: usize| {
        let flows = together.flows.iter().filter(|f| f.node == node);
        let owners = flows.map(|f| Coalition::of(site.components[f.component].owner));
        let contracts = together.terms.iter().zip(&site.contracts).filter(|(terms, _)| {
            terms.legs.iter().any(|leg| site.network.node(&leg.node.text) == Some(node))
        });
        let sides = contracts.flat_map(|(_, signed)| {
            [Side::Seller, Side::Buyer].map(|side| Coalition::of(signed.parties.of(side)))
        });
        owners.chain(sides).collect::<Coalition>().len() > 1
    };
    (0..site.network.nodes.len()).filter(|node| meets(*node)).collect()
}

/// The best plan of an arrangement, or why there is none.
pub fn plan(
    site: &Site,
    horizon: &Horizon,
    arrangement: &Arrangement,
    limits: Limits,
) -> Result<Plan, Failure> {
    let compiled = compile_for(site, horizon, arrangement).map_err(Failure::Mistakes)?;
    solved(site, (compiled, arrangement.members()), (limits, &|| ControlFlow::Continue(())))
}

/// The best plan of a problem of some parties, or why there is none.
fn solved(
    site: &Site,
    (compiled, members): (Compiled, Coalition),
    (limits, ask): (Limits, &Ask),
) -> Result<Plan, Failure> {
    let solution = solve(&compiled.problem, limits, &mut |_| ask());
    if ask().is_break() {
        return Err(Failure::Stopped);
    }
    let (status, solver) = (solution.status, solution.solver);
    let usable = matches!(status, Status::Optimal | Status::Feasible | Status::TimeLimit);
    match solution.point {
        Some(point) if usable && point.bound.is_finite() => {
            Ok(Plan { members, compiled, status, solver, point })
        }
        _ => {
            let name = |party: usize| site.network.parties[party].name.clone();
            let parties = members.players().map(name).collect();
            Err(Failure::Unsolved { parties, status, because: solution.because })
        }
    }
}
