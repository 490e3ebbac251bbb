//! Problem into point: what a solve is, which method it goes to, and the check of what comes back.
//!
//! No number leaves here without a status, and every point is checked against the blocks again
//! before it is handed on. Each method is in a file of its own.

use std::ops::ControlFlow;

use serde::Serialize;

use crate::problem::{Problem, Values};

mod conflicts;
mod highs;
mod runaways;
mod staircase;

pub use conflicts::{Contradiction, Limit, What, contradictions};
pub use runaways::runaways;
pub use staircase::model as in_stages;

/// A method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solver {
    /// Interior points in the order of time: linear problems only.
    Staircase,
    /// Simplex, and branch and bound where there are whole numbers.
    Highs,
}

impl Solver {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Solver::Staircase => "staircase",
            Solver::Highs => "HiGHS",
        }
    }

    /// Its version.
    pub fn version(self) -> String {
        match self {
            Solver::Staircase => staircase::VERSION.to_owned(),
            Solver::Highs => highs::version(),
        }
    }
}

/// How far a solve may go, and by which method.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest time in seconds.
    pub seconds: f64,
    /// Relative gap at which a problem with whole numbers counts as solved.
    pub gap: f64,
    /// The method; without one staircase takes what is linear, and HiGHS what is not or did not end.
    pub solver: Option<Solver>,
    /// Whether HiGHS moves staircase's point to a corner of the best ones, a basic solution: where
    /// several schedules cost the same, one of them, and not one between.
    pub corner: bool,
    /// Threads that staircase may use; 0: as many as there are. The answer is the same.
    pub threads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { seconds: f64::INFINITY, gap: 1e-4, solver: None, corner: false, threads: 0 }
    }
}

/// What became of a solve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The best there is, within the gap.
    Optimal,
    /// A schedule that keeps every limit, stopped before it was proven best.
    Feasible,
    /// No schedule keeps every limit.
    Infeasible,
    /// Cost falls without end: a limit is missing.
    Unbounded,
    /// The time was over; with a schedule if one was found.
    TimeLimit,
    /// The solver's numbers cannot be trusted; there is no schedule.
    Numerical,
    /// The method that was asked for does not take such a problem.
    Unsuited,
}

/// How far a solve has come.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Seconds since it began.
    pub seconds: f64,
    /// Iterations of the simplex or interior-point method.
    pub iterations: i64,
    /// Objective at the moment.
    pub objective: f64,
    /// Relative gap to what is not ruled out, where the method knows it.
    pub gap: Option<f64>,
    /// How far limits are still left, relative to their size, where the method comes from outside.
    pub unkept: Option<f64>,
}

/// Told of progress now and then; breaks to stop the solve.
pub type Watch<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

/// A point with its status.
#[derive(Debug, Clone)]
pub struct Solution {
    /// What became of the solve.
    pub status: Status,
    /// The point and what follows from it; none where there is nothing to show.
    pub point: Option<Point>,
    /// Iterations of all solves.
    pub iterations: i64,
    /// The method that came to this.
    pub solver: Solver,
    /// Why it was not staircase, why staircase came to nothing, or what became of its point: a clause.
    pub because: Option<String>,
    /// The proof that there is no optimum, where the method gives one.
    pub certificate: Option<Certificate>,
}

/// A proof that there is no optimum, in numbers by block and place.
#[derive(Debug, Clone)]
pub enum Certificate {
    /// Multipliers of rows and of bounds that make a contradiction of them.
    Contradiction {
        /// One list a row block.
        rows: Vec<Vec<f64>>,
        /// One list a variable block: above nought of its lower bound, below of its upper.
        variables: Vec<Vec<f64>>,
    },
    /// A direction along which cost falls without end: one list a variable block.
    Direction(Vec<Vec<f64>>),
}

/// Values, prices and the quality of a schedule.
#[derive(Debug, Clone)]
pub struct Point {
    /// Cost of the schedule.
    pub objective: f64,
    /// Least cost that is not ruled out.
    pub bound: f64,
    /// (objective − bound) / |objective|: below 1e-7 for a linear problem that is solved.
    pub gap: f64,
    /// One list of values a variable block.
    pub values: Vec<Vec<f64>>,
    /// What one more unit on the right side of each row costs.
    pub row_duals: Vec<Vec<f64>>,
    /// What one more unit of each variable costs.
    pub column_duals: Vec<Vec<f64>>,
    /// Greatest excess over any limit, relative to the size of what is limited.
    pub violation: f64,
    /// Whether whole numbers were used, here or in the problem.
    pub whole_numbers: bool,
}

/// Where a solve may begin: what is known of a problem like it, such as the window before.
#[derive(Debug, Clone)]
pub struct Guess {
    values: Vec<Vec<f64>>,
    row_duals: Vec<Vec<f64>>,
    /// How many steps later the problem begins that it is for.
    steps: usize,
}

impl Point {
    /// This point as a guess for a problem of the same blocks that begins so many steps later, such as the
    /// next window of the same site. The steps that both have are then as they are here, those after them
    /// like the last one here. A problem with other blocks, or without a step in common, is solved as if
    /// there were none.
    pub fn moved_on(&self, steps: usize) -> Guess {
        Guess { values: self.values.clone(), row_duals: self.row_duals.clone(), steps }
    }
}

/// Excess that rounding explains.
const TOLERANCE: f64 = 1e-5;

/// What a method comes to, before it is checked.
struct Attempt {
    status: Status,
    found: Option<Found>,
    iterations: i64,
    /// How long it took, by its own clock.
    seconds: f64,
    /// Why there is no result, where the method can say.
    trouble: Option<String>,
    certificate: Option<Certificate>,
}

impl Attempt {
    fn failed(status: Status) -> Self {
        Attempt {
            status,
            found: None,
            iterations: 0,
            seconds: 0.0,
            trouble: None,
            certificate: None,
        }
    }
}

/// The numbers of a point, by block.
struct Found {
    objective: f64,
    bound: f64,
    values: Vec<Vec<f64>>,
    row_duals: Vec<Vec<f64>>,
    column_duals: Vec<Vec<f64>>,
}

/// Solves a problem. Prices of one with whole numbers are those of the problem with these fixed.
///
/// Curves whose parts were used out of order, because waste pays there, are kept by whole numbers
/// at those steps and solved again; what comes back has the blocks of the problem and no others.
pub fn solve(problem: &Problem, limits: Limits, watch: &mut Watch) -> Solution {
    solve_with(problem, None, limits, watch)
}

/// The same from a guess, which changes how long it takes and not what is found. Where the problem has
/// other blocks, and by HiGHS, it is not used.
pub fn solve_from(problem: &Problem, guess: Guess, limits: Limits, watch: &mut Watch) -> Solution {
    solve_with(problem, Some(guess), limits, watch)
}

fn solve_with(
    problem: &Problem,
    guess: Option<Guess>,
    limits: Limits,
    watch: &mut Watch,
) -> Solution {
    let mut kept: Vec<Vec<bool>> = vec![Vec::new(); problem.ordered.len()];
    let (mut found, mut seconds) = solve_as_it_stands(problem, guess, limits, watch);
    let mut iterations = found.iterations;
    for round in 1.. {
        let Some(point) = &mut found.point else { break };
        if !note_steps_off(problem, &point.values, &mut kept, round) {
            point.values.truncate(problem.variables.len());
            point.column_duals.truncate(problem.variables.len());
            point.row_duals.truncate(problem.rows.len());
            break;
        }
        if found.status != Status::Optimal {
            // What was found is no schedule, and there is no time for another.
            found = Solution { status: Status::TimeLimit, point: None, ..found };
            break;
        }
        let mut exact = problem.clone();
        for (curve, at) in problem.ordered.iter().zip(&kept).filter(|(_, at)| !at.is_empty()) {
            exact.keep_order(curve, at);
        }
        let before = seconds;
        let left = Limits { seconds: (limits.seconds - before).max(0.0), ..limits };
        let (next, took) = solve_as_it_stands(&exact, None, left, &mut |progress: Progress| {
            watch(Progress { seconds: before + progress.seconds, ..progress })
        });
        found = next;
        if found.solver == Solver::Highs && limits.solver.is_none() {
            found.because =
                Some("a curve was left where waste pays, and whole numbers keep it".into());
        }
        seconds += took;
        iterations += found.iterations;
    }
    Solution { iterations, ..found }
}

/// Adds the steps at which curves were left to those that are kept; whether there are any. After a
/// few rounds all steps of a curve are kept, so that the rounds come to an end.
fn note_steps_off(
    problem: &Problem,
    values: &[Vec<f64>],
    kept: &mut [Vec<bool>],
    round: usize,
) -> bool {
    const ROUNDS_BY_STEP: usize = 4;
    let mut any = false;
    for (curve, kept) in problem.ordered.iter().zip(kept) {
        for step in curve.steps_off(values) {
            kept.resize(problem.steps, false);
            if !kept[step] {
                any = true;
                kept[step] = true;
                if round > ROUNDS_BY_STEP {
                    kept.fill(true);
                }
            }
        }
    }
    any
}
/// Solves a problem without a look at its curves; in how many seconds.
fn solve_as_it_stands(
    problem: &Problem,
    guess: Option<Guess>,
    limits: Limits,
    watch: &mut Watch,
) -> (Solution, f64) {
    if problem.variables.iter().all(|v| problem.count(v.extent) == 0) {
        return (empty(problem), 0.0);
    }
    let (mut because, mut before, mut iterations) = (None, 0.0, 0);
    if limits.solver != Some(Solver::Highs) {
        let attempt = if problem.has_integers() {
            let trouble = Some("the problem has whole numbers".to_owned());
            Attempt { trouble, ..Attempt::failed(Status::Unsuited) }
        } else {
            staircase::solve(problem, guess, limits, watch)
        };
        let (found, seconds) = settle(problem, attempt, Solver::Staircase);
        let came_to_nothing = matches!(found.status, Status::Numerical | Status::Unsuited);
        if found.status == Status::Optimal && limits.corner {
            return at_a_corner(problem, (found, seconds), limits, watch);
        }
        if !came_to_nothing || limits.solver.is_some() {
            return (found, seconds);
        }
        (because, before, iterations) = (found.because, seconds, found.iterations);
    }
    let left = Limits { seconds: (limits.seconds - before).max(0.0), ..limits };
    let attempt = highs::solve(problem, left, &mut |progress: Progress| {
        watch(Progress { seconds: before + progress.seconds, ..progress })
    });
    let (found, seconds) = settle(problem, attempt, Solver::Highs);
    iterations += found.iterations;
    (Solution { iterations, because, ..found }, before + seconds)
}

/// A solution of staircase, moved to a corner; as it was, and why, where that does not come off.
fn at_a_corner(
    problem: &Problem,
    (found, before): (Solution, f64),
    limits: Limits,
    watch: &mut Watch,
) -> (Solution, f64) {
    let Some(point) = &found.point else { return (found, before) };
    let left = Limits { seconds: (limits.seconds - before).max(0.0), ..limits };
    let attempt = highs::corner(problem, point, left, &mut |progress: Progress| {
        watch(Progress { seconds: before + progress.seconds, ..progress })
    });
    let (corner, seconds) = settle(problem, attempt, Solver::Staircase);
    let iterations = found.iterations + corner.iterations;
    let same = |corner: &Point| {
        (corner.objective - point.objective).abs() <= SAME * (1.0 + point.objective.abs())
    };
    let solution = if corner.status == Status::Optimal && corner.point.as_ref().is_some_and(same) {
        let because = Some("HiGHS moved its point to a corner".to_owned());
        Solution { iterations, because, ..corner }
    } else {
        let because = Some("HiGHS found no corner, so its point is between them".to_owned());
        Solution { iterations, because, ..found }
    };
    (solution, before + seconds)
}

/// Costs of one schedule by two methods differ by no more than this, as a share.
const SAME: f64 = 1e-6;

/// What a method came to, after the check of its point.
fn settle(problem: &Problem, attempt: Attempt, solver: Solver) -> (Solution, f64) {
    let Attempt { mut status, found, iterations, seconds, trouble: mut because, certificate } =
        attempt;
    let point = match found.map(|found| checked(problem, found)) {
        Some(Ok(point)) => Some(point),
        Some(Err(violation)) => {
            // A point on the way may break limits; one that claims more may not.
            if status == Status::Optimal {
                status = Status::Numerical;
                because = Some(format!("a limit was left by {violation:.0e} of its size"));
            }
            None
        }
        None => None,
    };
    if status == Status::Feasible && point.is_none() {
        status = Status::TimeLimit;
    }
    (Solution { status, point, iterations, solver, because, certificate }, seconds)
}

/// A point that keeps every limit; by how much it does not.
fn checked(problem: &Problem, found: Found) -> Result<Point, f64> {
    let Found { objective, bound, values, row_duals, column_duals } = found;
    let violation = violation(problem, &values);
    if violation > TOLERANCE {
        return Err(violation);
    }
    let bound = bound.min(objective);
    let gap = if objective == bound {
        0.0
    } else {
        (objective - bound).abs() / objective.abs().max(1e-9)
    };
    let whole_numbers = problem.has_integers();
    Ok(Point { objective, bound, gap, values, row_duals, column_duals, violation, whole_numbers })
}

/// A problem without a variable: its cost is the fixed one.
fn empty(problem: &Problem) -> Solution {
    let point = Point {
        objective: problem.fixed_cost,
        bound: problem.fixed_cost,
        gap: 0.0,
        values: Vec::new(),
        row_duals: problem.rows.iter().map(|r| vec![0.0; problem.count(r.extent)]).collect(),
        column_duals: Vec::new(),
        violation: 0.0,
        whole_numbers: false,
    };
    Solution {
        status: Status::Optimal,
        point: Some(point),
        iterations: 0,
        solver: Solver::Staircase,
        because: None,
        certificate: None,
    }
}

/// Greatest excess over any limit of a point, relative to the size of what is limited.
pub fn violation(problem: &Problem, values: &[Vec<f64>]) -> f64 {
    if values.iter().flatten().any(|value| !value.is_finite()) {
        return f64::INFINITY;
    }
    let mut worst: f64 = 0.0;
    for (variable, values) in problem.variables.iter().zip(values) {
        worst = worst.max(excess(values, &variable.lower, &variable.upper));
        if variable.integer {
            let off: Vec<f64> = values.iter().map(|value| (value - value.round()).abs()).collect();
            worst = worst.max(excess(&off, &Values::Constant(0.0), &Values::Constant(0.0)));
        }
    }
    for row in &problem.rows {
        worst = worst.max(excess(&problem.activity(row, values), &row.lower, &row.upper));
    }
    worst
}

/// The same of some values between their limits. Those that are no number do not exist.
fn excess(values: &[f64], lower: &Values, upper: &Values) -> f64 {
    let of_one = |value: f64, lower: f64, upper: f64| {
        let excess = (lower - value).max(value - upper);
        if excess.is_nan() || excess <= 0.0 {
            return 0.0;
        }
        if excess.is_infinite() {
            return f64::INFINITY;
        }
        excess / (1.0 + value.abs().max(if lower.is_finite() { lower.abs() } else { 0.0 }))
    };
    match (lower, upper) {
        (Values::Constant(lower), Values::Constant(upper)) => {
            values.iter().map(|value| of_one(*value, *lower, *upper)).fold(0.0, f64::max)
        }
        _ => {
            let all = values.iter().enumerate();
            all.map(|(at, value)| of_one(*value, lower.at(at), upper.at(at))).fold(0.0, f64::max)
        }
    }
}
