//! What working together is worth: every group of the parties solved, as a game of gains.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::compile::{Arrangement, Compiled, compile_for};
use crate::game::{Coalition, Game, Interval, MOST_PLAYERS};
use crate::problem::Problem;
use crate::site::Site;
use crate::solver::{Limits, Solver};
use crate::time::Horizon;

use super::moves::{Move, exchanged};
use super::replica::{PART, paid, replica, slopes};
use super::{
    Ask, Baseline, Failure, PartyPosition, Plan, Positions, baseline_asking, positions, solved,
};

/// What is studied, and how.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The site.
    pub site: &'a Site,
    /// When.
    pub horizon: &'a Horizon,
    /// Limits of each solve.
    pub limits: Limits,
    /// How many solves go on at once.
    pub at_once: usize,
}

/// How far a study has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Solves that are done.
    pub done: usize,
    /// Solves in all, as far as that is known yet.
    pub all: usize,
}

/// A group of the parties.
#[derive(Debug, Clone)]
pub struct Group {
    /// Who.
    pub members: Coalition,
    /// What its best plan costs; none where it was not solved.
    pub cost: Option<Interval>,
    /// By which method.
    pub solver: Option<Solver>,
    /// Why it was not solved: a sentence.
    pub trouble: Option<String>,
}

/// Everything that a study found.
#[derive(Debug, Clone)]
pub struct Study {
    /// What each party does alone.
    pub baseline: Baseline,
    /// The plan of all.
    pub together: Plan,
    /// Who bears what in it at its prices.
    pub positions: Positions,
    /// Every group, by size, as [`Coalition::by_size`] has them.
    pub groups: Vec<Group>,
    /// What each group gains over its parties alone: Σ alone − its cost.
    ///
    /// Parties alone stand at the plans that were found. A group that was not solved is worth what its
    /// parts can repeat at least, and what all have together at most.
    pub game: Game,
    /// What each shared carrier saves.
    pub moves: Vec<Move>,
    /// Between which costs each party could stand at other prices that fit the same plan: no
    /// wider than this. None with whole numbers, or where it could not be solved.
    pub price_ranges: Option<Vec<Interval>>,
    /// How many plans with a little more or less of a party were solved for that.
    pub replicas: usize,
}

impl Study {
    /// What each party costs alone, as found.
    pub fn alone(&self) -> Vec<f64> {
        self.baseline.alone.iter().map(|plan| plan.cost().upper).collect()
    }

    /// What each party gains in settlement at prices; they add up to the whole of the game.
    pub fn gains_at_prices(&self) -> Vec<f64> {
        let shares = self.positions.parties.iter().map(PartyPosition::cost);
        let gains = self.alone().into_iter().zip(shares).map(|(alone, share)| alone - share);
        self.game.closed(gains.collect())
    }

    /// How far the shares at prices are from adding up to what the joint plan costs: rounding.
    pub fn closing_error(&self) -> f64 {
        let shares: f64 = self.positions.parties.iter().map(PartyPosition::cost).sum();
        shares - self.together.cost().upper
    }
}

/// Solves a study: each party alone, then all groups, what each carrier saves, and how far prices
/// could move, several at once. `watch` is told of progress, and breaks to stop.
///
/// # Errors
///
/// Where there are fewer than two parties or more than [`MOST_PLAYERS`]; where a party alone or all
/// together have no plan; where it is stopped. Of other groups it is noted.
pub fn study(
    setting: &Setting,
    watch: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<Study, Failure> {
    let site = setting.site;
    let count = site.network.parties.len();
    if !(2..=MOST_PLAYERS).contains(&count) {
        return Err(Failure::Parties(count));
    }
    let (done, all) = (AtomicUsize::new(0), AtomicUsize::new(count));
    let ask =
        || watch(Progress { done: done.load(Ordering::Relaxed), all: all.load(Ordering::Relaxed) });
    let baseline = baseline_asking(site, setting.horizon, (setting.limits, &ask))?;
    let everyone = Coalition::everyone(count);
    let joint = compile_for(site, setting.horizon, &baseline.arrangement(site, everyone))
        .map_err(Failure::Mistakes)?;
    let mut moves = exchanged(site, &joint);
    let work = Work { setting, baseline: &baseline, joint: &joint, ask: &ask };
    let jobs = jobs(count, &moves, joint.problem.has_integers());
    done.store(count, Ordering::Relaxed);
    all.store(count + jobs.len(), Ordering::Relaxed);
    let found = work.all(&jobs, &moves, &done);
    if ask().is_break() {
        return Err(Failure::Stopped);
    }
    let Outcome { groups, together, replicas } = outcome(&jobs, found, (&baseline, &mut moves))?;
    let paid: Vec<f64> = (0..count).map(|p| paid(site, (&joint, &baseline), p)).collect();
    let price_ranges =
        price_ranges(&replicas, together.cost(), &paid).filter(|_| !together.point.whole_numbers);
    let positions = positions(site, &together, &baseline)?;
    let game = game(site, &baseline, &groups)?;
    let replicas = jobs.iter().filter(|job| matches!(job, Job::Replica { .. })).count();
    Ok(Study { baseline, together, positions, groups, game, moves, price_ranges, replicas })
}

/// What came of the jobs.
struct Outcome {
    /// Every group, by size.
    groups: Vec<Group>,
    /// The plan of all.
    together: Plan,
    /// What all cost with less and with more of each party.
    replicas: Vec<[Option<Interval>; 2]>,
}

/// Sorts what came of each job to its place; moves get what they save.
fn outcome(
    jobs: &[Job],
    found: Vec<Option<Result<Plan, Failure>>>,
    (baseline, moves): (&Baseline, &mut [Move]),
) -> Result<Outcome, Failure> {
    let everyone = Coalition::everyone(baseline.alone.len());
    let mut together = None;
    let mut groups: Vec<Group> = baseline.alone.iter().map(|p| group(p.members, &Ok(p))).collect();
    let mut replicas = vec![[None; 2]; baseline.alone.len()];
    for (job, plan) in jobs.iter().zip(found) {
        let Some(plan) = plan else { return Err(Failure::Stopped) };
        match job {
            Job::Group(members) => {
                groups.push(group(*members, &plan.as_ref()));
                if *members == everyone {
                    together = Some(plan?);
                }
            }
            Job::Apart(at) => moves[*at].saves = plan.ok().map(|plan| plan.cost()),
            Job::Replica { party, more } => {
                replicas[*party][usize::from(*more)] = plan.ok().map(|plan| plan.cost());
            }
        }
    }
    let together = together.ok_or(Failure::NotTogether)?;
    groups.sort_by_cached_key(|g| (g.members.len(), g.members.players().collect::<Vec<_>>()));
    for one in moves {
        one.less(together.cost());
    }
    Ok(Outcome { groups, together, replicas })
}

/// Something to be solved.
#[derive(Debug, Clone, Copy)]
enum Job {
    /// A group of two parties or more.
    Group(Coalition),
    /// All, without the exchange of a carrier: its place among the moves.
    Apart(usize),
    /// All, with a little less or more of a party.
    Replica { party: usize, more: bool },
}

/// What there is to solve, the greatest first.
fn jobs(parties: usize, moves: &[Move], whole_numbers: bool) -> Vec<Job> {
    let mut jobs: Vec<Job> =
        Coalition::by_size(parties).into_iter().filter(|c| c.len() > 1).map(Job::Group).collect();
    jobs.reverse();
    jobs.extend((0..moves.len()).map(Job::Apart));
    if !whole_numbers {
        // What one of two parties gets at most, the other gets at least.
        let looked_at = if parties == 2 { 1 } else { parties };
        let both = |party| [false, true].map(|more| Job::Replica { party, more });
        jobs.extend((0..looked_at).flat_map(both));
    }
    jobs
}

/// What jobs are done with.
struct Work<'a> {
    setting: &'a Setting<'a>,
    baseline: &'a Baseline,
    joint: &'a Compiled,
    ask: &'a Ask<'a>,
}

impl Work<'_> {
    /// Does all jobs, several at once; none where it was stopped before one began.
    fn all(
        &self,
        jobs: &[Job],
        moves: &[Move],
        done: &AtomicUsize,
    ) -> Vec<Option<Result<Plan, Failure>>> {
        let at_once = self.setting.at_once.clamp(1, jobs.len().max(1));
        let limits = match at_once {
            1 => self.setting.limits,
            _ => Limits { threads: 1, ..self.setting.limits },
        };
        let next = AtomicUsize::new(0);
        let found: Mutex<Vec<Option<Result<Plan, Failure>>>> =
            Mutex::new(jobs.iter().map(|_| None).collect());
        let take_turns = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(job) = jobs.get(at) else { return };
                if (self.ask)().is_break() {
                    return;
                }
                let plan = self.one(*job, moves, limits);
                done.fetch_add(1, Ordering::Relaxed);
                // Who holds the lock does nothing that could fail.
                if let Ok(mut found) = found.lock() {
                    found[at] = Some(plan.map(|plan| if at == 0 { plan } else { lighter(plan) }));
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..at_once {
                scope.spawn(take_turns);
            }
            take_turns();
        });
        found.into_inner().unwrap_or_default()
    }

    fn one(&self, job: Job, moves: &[Move], limits: Limits) -> Result<Plan, Failure> {
        let Setting { site, horizon, .. } = *self.setting;
        let everyone = Coalition::everyone(site.network.parties.len());
        let compiled = |arrangement: &Arrangement| {
            compile_for(site, horizon, arrangement).map_err(Failure::Mistakes)
        };
        let (compiled, members) = match job {
            Job::Group(members) if members == everyone => (self.joint.clone(), members),
            Job::Group(members) => (compiled(&self.baseline.arrangement(site, members))?, members),
            Job::Apart(at) => {
                let together = self.baseline.arrangement(site, everyone);
                let apart = moves[at].nodes.iter().fold(together, |a, node| a.apart_at(*node));
                (compiled(&apart)?, everyone)
            }
            Job::Replica { party, more } => {
                let factor = if more { 1.0 + PART } else { 1.0 - PART };
                let problem = replica(site, (self.joint, self.baseline), (party, factor));
                (Compiled { problem, ..self.joint.clone() }, everyone)
            }
        };
        solved(site, (compiled, members), (limits, self.ask))
    }
}

/// Only the plan of all, the first, is kept with its values: there may be a thousand groups.
fn lighter(mut plan: Plan) -> Plan {
    plan.point.values = Vec::new();
    plan.point.row_duals = Vec::new();
    plan.point.column_duals = Vec::new();
    let compiled = &mut plan.compiled;
    compiled.problem = Problem::default();
    compiled.flows = Vec::new();
    compiled.costs = Vec::new();
    compiled.emissions = Vec::new();
    compiled.terms = Vec::new();
    compiled.in_force = Vec::new();
    compiled.deliveries = Vec::new();
    compiled.payments = Vec::new();
    plan
}

fn group(members: Coalition, plan: &Result<&Plan, &Failure>) -> Group {
    match plan {
        Ok(plan) => {
            Group { members, cost: Some(plan.cost()), solver: Some(plan.solver), trouble: None }
        }
        Err(failure) => {
            Group { members, cost: None, solver: None, trouble: Some(failure.to_string()) }
        }
    }
}

/// Gains of all groups: Σ alone − cost, within what is known.
fn game(site: &Site, baseline: &Baseline, groups: &[Group]) -> Result<Game, Failure> {
    let alone: Vec<f64> = baseline.alone.iter().map(|plan| plan.cost().upper).collect();
    let names = site.network.parties.iter().map(|p| p.key.clone()).collect();
    let gain = |group: &Group| {
        let cost = group.cost?;
        let apart = group.members.sum(&alone);
        Some(Interval { lower: apart - cost.upper, upper: apart - cost.lower })
    };
    let everyone = Coalition::everyone(alone.len());
    let all = groups.iter().find(|g| g.members == everyone).and_then(gain);
    // By size, so that the parts of a group are known before it.
    let mut worths: Vec<(Coalition, Interval)> = Vec::with_capacity(groups.len());
    for group in groups {
        let repeated = best_of_parts(group.members, &worths);
        let worth = match (gain(group), all) {
            (Some(worth), _) => worth,
            (None, Some(all)) => Interval { lower: repeated, upper: all.upper.max(repeated) },
            (None, None) => return Err(Failure::NotTogether),
        };
        worths.push((group.members, worth));
    }
    let listed: Vec<Interval> = worths.iter().map(|(_, worth)| *worth).collect();
    let rounding = ROUNDING * alone.iter().map(|cost| cost.abs()).sum::<f64>();
    let game = Game::by_size(names, &listed).map_err(|found| {
        let messages: Vec<String> = found.into_iter().map(|m| m.message).collect();
        Failure::Game(messages.join("\n"))
    })?;
    Ok(game.with_rounding(rounding))
}

/// Differences of costs below this share of all that parties cost alone are rounding of the solves.
const ROUNDING: f64 = 1e-8;

/// What two parts of a group can repeat of what they do apart, the best of all ways to part it.
fn best_of_parts(members: Coalition, known: &[(Coalition, Interval)]) -> f64 {
    let of = |part: Coalition| {
        known.iter().find(|(group, _)| *group == part).map_or(0.0, |(_, worth)| worth.lower)
    };
    let parts = known.iter().map(|(group, _)| *group).filter(|g| g.shared_with(members) == *g);
    parts
        .map(|part| {
            let rest = members.players().filter(|p| !part.contains(*p)).map(Coalition::of);
            of(part) + of(rest.collect())
        })
        .fold(0.0, f64::max)
}

/// Between which costs each party could stand, with what it pays under contracts.
fn price_ranges(
    replicas: &[[Option<Interval>; 2]],
    together: Interval,
    paid: &[f64],
) -> Option<Vec<Interval>> {
    let with = |range: Interval, paid: f64| Interval {
        lower: range.lower + paid,
        upper: range.upper + paid,
    };
    let range = |[less, more]: [Option<Interval>; 2]| Some(slopes(less?, together, more?));
    if let ([first, _], [paid, _]) = (replicas, paid) {
        let first = with(range(*first)?, *paid);
        let other =
            Interval { lower: together.lower - first.upper, upper: together.upper - first.lower };
        return Some(vec![first, other]);
    }
    replicas.iter().zip(paid).map(|(both, paid)| Some(with(range(*both)?, *paid))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(worths: &[(u64, f64)]) -> Vec<(Coalition, Interval)> {
        let one =
            |(bits, worth): &(u64, f64)| (Coalition::of_bits(*bits), Interval::exactly(*worth));
        worths.iter().map(one).collect()
    }

    /// Proves: a group that was not solved can repeat its best parts: of four with 5 for the first two and
    /// 3 for the others, 8; of three with 5 and 2 for pairs, 5.
    /// Sensitivity: parts that share a party would make 7 of three.
    #[test]
    fn an_unsolved_group_repeats_its_parts() {
        let pairs = known(&[(1, 0.0), (2, 0.0), (4, 0.0), (8, 0.0), (0b11, 5.0), (0b1100, 3.0)]);
        assert_eq!(best_of_parts(Coalition::everyone(4), &pairs), 8.0);
        let pairs = known(&[(1, 0.0), (2, 0.0), (4, 0.0), (0b11, 5.0), (0b101, 2.0)]);
        assert_eq!(best_of_parts(Coalition::everyone(3), &pairs), 5.0);
    }
}
