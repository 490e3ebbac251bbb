//! Problem into solution, by HiGHS. The only file that names it, and the only one with `unsafe`.
//!
//! No number leaves here without a status: what HiGHS calls unknown is `Numerical` and carries no
//! schedule, and every point is checked against the blocks again before it is handed on.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ops::ControlFlow;
use std::sync::Mutex;

use highs_sys::{
    Highs_create, Highs_destroy, Highs_getDoubleInfoValue, Highs_getIntInfoValue,
    Highs_getModelStatus, Highs_getRunTime, Highs_getSolution, Highs_passMip, Highs_run,
    Highs_setBoolOptionValue, Highs_setCallback, Highs_setDoubleOptionValue,
    Highs_setStringOptionValue, Highs_startCallback, Highs_version, HighsCallbackDataIn,
    HighsCallbackDataOut, HighsInt, MATRIX_FORMAT_ROW_WISE, MODEL_STATUS_INFEASIBLE,
    MODEL_STATUS_OPTIMAL, MODEL_STATUS_REACHED_INTERRUPT, MODEL_STATUS_REACHED_ITERATION_LIMIT,
    MODEL_STATUS_REACHED_TIME_LIMIT, MODEL_STATUS_UNBOUNDED, MODEL_STATUS_UNBOUNDED_OR_INFEASIBLE,
    OBJECTIVE_SENSE_MINIMIZE, SOLUTION_STATUS_FEASIBLE, STATUS_ERROR, STATUS_OK,
    VAR_TYPE_CONTINUOUS, VAR_TYPE_INTEGER, kHighsCallbackIpmInterrupt, kHighsCallbackMipInterrupt,
    kHighsCallbackSimplexInterrupt,
};
use serde::Serialize;

use crate::problem::{Extent, Matrix, Problem, RowBlock, Term, Values, VariableBlock, VariableId};
use crate::units::Dimension;

/// How far a solve may go.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest time in seconds.
    pub seconds: f64,
    /// Relative gap at which a problem with whole numbers counts as solved.
    pub gap: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { seconds: f64::INFINITY, gap: 1e-4 }
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
    /// Relative gap, for problems with whole numbers.
    pub gap: Option<f64>,
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
}

/// Values, prices and the quality of a schedule.
#[derive(Debug, Clone)]
pub struct Point {
    /// Cost of the schedule.
    pub objective: f64,
    /// Least cost that is not ruled out.
    pub bound: f64,
    /// (objective − bound) / |objective|: 0 for a linear problem that is solved.
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

/// Excess that rounding explains.
const TOLERANCE: f64 = 1e-5;

/// HiGHS resets a scheduler of the whole process when an instance ends (its issue 3141), so
/// instances take turns.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Name and version of the solver.
pub fn version() -> String {
    // SAFETY: HiGHS gives a static text that ends with a nought.
    let text = unsafe { CStr::from_ptr(Highs_version()) };
    format!("HiGHS {}", text.to_string_lossy())
}

/// Solves a problem. Prices of one with whole numbers are those of the problem with these fixed.
///
/// Curves whose parts were used out of order, because waste pays there, are kept by whole numbers
/// at those steps and solved again; what comes back has the blocks of the problem and no others.
pub fn solve(problem: &Problem, limits: Limits, watch: &mut Watch) -> Solution {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut kept: Vec<Vec<bool>> = vec![Vec::new(); problem.ordered.len()];
    let (mut found, mut seconds) = solve_as_it_stands(problem, limits, watch);
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
            found = Solution { status: Status::TimeLimit, point: None, iterations };
            break;
        }
        let mut exact = problem.clone();
        for (curve, at) in problem.ordered.iter().zip(&kept).filter(|(_, at)| !at.is_empty()) {
            exact.keep_order(curve, at);
        }
        let before = seconds;
        let left = Limits { seconds: (limits.seconds - before).max(0.0), ..limits };
        let (next, took) = solve_as_it_stands(&exact, left, &mut |progress: Progress| {
            watch(Progress { seconds: before + progress.seconds, ..progress })
        });
        found = next;
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
fn solve_as_it_stands(problem: &Problem, limits: Limits, watch: &mut Watch) -> (Solution, f64) {
    let matrix = problem.matrix();
    if matrix.cost.is_empty() {
        return (empty(problem), 0.0);
    }
    let Some(raw) = run(&matrix, problem.fixed_cost, limits, watch) else {
        return (Solution { status: Status::Numerical, point: None, iterations: 0 }, 0.0);
    };
    let mut seconds = raw.seconds;
    let Some(mut values) = raw.values else {
        let none = Solution { status: raw.status, point: None, iterations: raw.iterations };
        return (none, seconds);
    };
    let mut iterations = raw.iterations;
    let (mut column_duals, mut row_duals) = (raw.column_duals, raw.row_duals);
    let mut objective = raw.objective;
    if !matrix.integer.is_empty() {
        let fixed = fix_integers(&matrix, &values);
        let again = run(
            &fixed,
            problem.fixed_cost,
            Limits { seconds: f64::INFINITY, ..limits },
            &mut |_| ControlFlow::Continue(()),
        );
        seconds += again.as_ref().map_or(0.0, |again| again.seconds);
        if let Some(again) = again
            && again.status == Status::Optimal
            && let Some(better) = again.values
        {
            (values, column_duals, row_duals) = (better, again.column_duals, again.row_duals);
            objective = objective.min(again.objective);
            iterations += again.iterations;
        }
    }
    let columns = problem.column_layout();
    let rows = problem.row_layout();
    let blocks = |layout: &crate::problem::Layout, count: usize, all: &[f64]| -> Vec<Vec<f64>> {
        (0..count).map(|b| layout.block(b, problem, all)).collect()
    };
    let values = blocks(&columns, problem.variables.len(), &values);
    let violation = violation(problem, &values);
    if violation > TOLERANCE {
        return (Solution { status: Status::Numerical, point: None, iterations }, seconds);
    }
    let bound = if matrix.integer.is_empty() { objective } else { raw.bound.min(objective) };
    let point = Point {
        objective,
        bound,
        gap: if objective == bound {
            0.0
        } else {
            (objective - bound).abs() / objective.abs().max(1e-9)
        },
        column_duals: blocks(&columns, problem.variables.len(), &column_duals),
        row_duals: blocks(&rows, problem.rows.len(), &row_duals),
        values,
        violation,
        whole_numbers: problem.has_integers(),
    };
    (Solution { status: raw.status, point: Some(point), iterations }, seconds)
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
    Solution { status: Status::Optimal, point: Some(point), iterations: 0 }
}

/// What HiGHS says of one run.
struct Raw {
    status: Status,
    objective: f64,
    bound: f64,
    values: Option<Vec<f64>>,
    column_duals: Vec<f64>,
    row_duals: Vec<f64>,
    iterations: i64,
    /// How long HiGHS took, by its own clock.
    seconds: f64,
}

struct Instance(*mut c_void);

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: the pointer comes from Highs_create and is destroyed once.
        unsafe { Highs_destroy(self.0) }
    }
}

impl Instance {
    fn option(&self, name: &CStr, value: impl Into<OptionValue>) -> Option<()> {
        let status = match value.into() {
            // SAFETY: the instance lives, and names and values are valid for the call.
            OptionValue::Bool(v) => unsafe {
                Highs_setBoolOptionValue(self.0, name.as_ptr(), c_int::from(v))
            },
            OptionValue::Number(v) => unsafe {
                Highs_setDoubleOptionValue(self.0, name.as_ptr(), v)
            },
            OptionValue::Text(v) => unsafe {
                Highs_setStringOptionValue(self.0, name.as_ptr(), v.as_ptr())
            },
        };
        // A refused option would silently be its default.
        (status == STATUS_OK).then_some(())
    }

    fn number(&self, name: &CStr) -> Option<f64> {
        let mut value = 0.0;
        // SAFETY: as above; the value outlives the call.
        let status = unsafe { Highs_getDoubleInfoValue(self.0, name.as_ptr(), &raw mut value) };
        (status == STATUS_OK).then_some(value)
    }

    fn whole(&self, name: &CStr) -> i64 {
        let mut value: HighsInt = 0;
        // SAFETY: as above.
        let status = unsafe { Highs_getIntInfoValue(self.0, name.as_ptr(), &raw mut value) };
        if status == STATUS_OK { i64::from(value) } else { 0 }
    }
}

enum OptionValue {
    Bool(bool),
    Number(f64),
    Text(CString),
}
impl From<bool> for OptionValue {
    fn from(v: bool) -> Self {
        OptionValue::Bool(v)
    }
}
impl From<f64> for OptionValue {
    fn from(v: f64) -> Self {
        OptionValue::Number(v)
    }
}
impl From<&CStr> for OptionValue {
    fn from(v: &CStr) -> Self {
        OptionValue::Text(v.to_owned())
    }
}

/// The callback's way back to the watcher.
struct Watcher<'a, 'b> {
    watch: &'a mut Watch<'b>,
    stopped: bool,
}

/// Passes HiGHS's progress on and its stop back.
unsafe extern "C" fn on_callback(
    kind: c_int,
    _message: *const c_char,
    out: *const HighsCallbackDataOut,
    back: *mut HighsCallbackDataIn,
    user: *mut c_void,
) {
    if out.is_null() || back.is_null() || user.is_null() {
        return;
    }
    // SAFETY: HiGHS passes valid pointers during the call, and `user` is the Watcher that `run`
    // keeps alive until Highs_run returns, on the thread that calls it.
    let (out, back, watcher) = unsafe { (&*out, &mut *back, &mut *user.cast::<Watcher>()) };
    let mip = kind == kHighsCallbackMipInterrupt as c_int;
    let progress = Progress {
        seconds: out.running_time,
        iterations: i64::from(out.simplex_iteration_count) + i64::from(out.ipm_iteration_count),
        objective: if mip { out.mip_primal_bound } else { out.objective_function_value },
        gap: mip.then_some(out.mip_gap),
    };
    if watcher.stopped || (watcher.watch)(progress).is_break() {
        watcher.stopped = true;
        back.user_interrupt = 1;
    }
}

/// One run of HiGHS. None where it refuses the problem.
fn run(matrix: &Matrix, fixed_cost: f64, limits: Limits, watch: &mut Watch) -> Option<Raw> {
    // SAFETY: no arguments.
    let highs = Instance(unsafe { Highs_create() });
    highs.option(c"output_flag", false)?;
    highs.option(c"mip_rel_gap", limits.gap)?;
    if limits.seconds.is_finite() {
        highs.option(c"time_limit", limits.seconds)?;
    }
    let mut watcher = Watcher { watch, stopped: false };
    // Before the problem is passed: HiGHS 1.15 copies at every call a buffer that it makes as long
    // as there are columns, which for a year takes five times as long as the solve itself.
    // SAFETY: the watcher outlives Highs_run below.
    unsafe {
        Highs_setCallback(highs.0, Some(on_callback), (&raw mut watcher).cast());
        for kind in
            [kHighsCallbackSimplexInterrupt, kHighsCallbackIpmInterrupt, kHighsCallbackMipInterrupt]
        {
            Highs_startCallback(highs.0, kind as HighsInt);
        }
    }
    pass(&highs, matrix, fixed_cost)?;
    // SAFETY: the instance lives.
    let mut ran = unsafe { Highs_run(highs.0) };
    // SAFETY: as above.
    let mut model = unsafe { Highs_getModelStatus(highs.0) };
    if model == MODEL_STATUS_UNBOUNDED_OR_INFEASIBLE {
        // Presolve saw that it is one of the two; the method itself tells which.
        highs.option(c"presolve", c"off")?;
        // SAFETY: as above.
        (ran, model) = unsafe { (Highs_run(highs.0), Highs_getModelStatus(highs.0)) };
    }
    let is_mip = !matrix.integer.is_empty();
    let feasible_point =
        highs.whole(c"primal_solution_status") == i64::from(SOLUTION_STATUS_FEASIBLE);
    let status = match model {
        _ if ran == STATUS_ERROR => Status::Numerical,
        MODEL_STATUS_OPTIMAL => Status::Optimal,
        MODEL_STATUS_INFEASIBLE => Status::Infeasible,
        MODEL_STATUS_UNBOUNDED => Status::Unbounded,
        MODEL_STATUS_REACHED_TIME_LIMIT | MODEL_STATUS_REACHED_ITERATION_LIMIT => Status::TimeLimit,
        MODEL_STATUS_REACHED_INTERRUPT if feasible_point => Status::Feasible,
        MODEL_STATUS_REACHED_INTERRUPT => Status::TimeLimit,
        _ => Status::Numerical,
    };
    let has_point =
        feasible_point && matches!(status, Status::Optimal | Status::Feasible | Status::TimeLimit);
    let iterations = highs.whole(c"simplex_iteration_count").max(0)
        + highs.whole(c"ipm_iteration_count").max(0)
        + highs.whole(c"crossover_iteration_count").max(0);
    let objective = highs.number(c"objective_function_value").unwrap_or(f64::NAN);
    let bound = if is_mip {
        highs.number(c"mip_dual_bound").unwrap_or(f64::NEG_INFINITY)
    } else if status == Status::Optimal {
        objective
    } else {
        f64::NEG_INFINITY
    };
    let (columns, rows) = (matrix.cost.len(), matrix.row_lower.len());
    let (mut values, mut row_values) = (vec![0.0; columns], vec![0.0; rows]);
    let (mut column_duals, mut row_duals) = (vec![0.0; columns], vec![0.0; rows]);
    if has_point {
        // SAFETY: the four arrays have the sizes of the problem that was passed.
        unsafe {
            Highs_getSolution(
                highs.0,
                values.as_mut_ptr(),
                column_duals.as_mut_ptr(),
                row_values.as_mut_ptr(),
                row_duals.as_mut_ptr(),
            );
        }
    }
    Some(Raw {
        status,
        objective,
        bound,
        values: has_point.then_some(values),
        column_duals,
        row_duals,
        iterations,
        // SAFETY: the instance lives.
        seconds: unsafe { Highs_getRunTime(highs.0) },
    })
}

fn pass(highs: &Instance, m: &Matrix, fixed_cost: f64) -> Option<()> {
    let integrality: Vec<HighsInt> =
        m.integer.iter().map(|i| if *i { VAR_TYPE_INTEGER } else { VAR_TYPE_CONTINUOUS }).collect();
    let (columns, rows) = (m.cost.len() as HighsInt, m.row_lower.len() as HighsInt);
    // SAFETY: every array has the length that columns, rows and entries say; HiGHS copies them.
    let status = unsafe {
        Highs_passMip(
            highs.0,
            columns,
            rows,
            m.values.len() as HighsInt,
            MATRIX_FORMAT_ROW_WISE,
            OBJECTIVE_SENSE_MINIMIZE,
            fixed_cost,
            m.cost.as_ptr(),
            m.lower.as_ptr(),
            m.upper.as_ptr(),
            m.row_lower.as_ptr(),
            m.row_upper.as_ptr(),
            m.starts.as_ptr(),
            m.columns.as_ptr(),
            m.values.as_ptr(),
            if integrality.is_empty() { std::ptr::null() } else { integrality.as_ptr() },
        )
    };
    (status != STATUS_ERROR).then_some(())
}

fn fix_integers(matrix: &Matrix, values: &[f64]) -> Matrix {
    let mut fixed = matrix.clone();
    for (column, _) in matrix.integer.iter().enumerate().filter(|(_, i)| **i) {
        let whole = values[column].round();
        (fixed.lower[column], fixed.upper[column]) = (whole, whole);
    }
    fixed.integer.clear();
    fixed
}

/// Greatest excess over any limit of a point, relative to the size of what is limited.
pub fn violation(problem: &Problem, values: &[Vec<f64>]) -> f64 {
    let mut worst: f64 = 0.0;
    let mut check = |value: f64, lower: f64, upper: f64| {
        // Only rows that reach back to where nothing is are no number.
        if value.is_nan() {
            return;
        }
        let excess = (lower - value).max(value - upper);
        let size = 1.0 + value.abs().max(if lower.is_finite() { lower.abs() } else { 0.0 });
        worst = worst.max(excess / size);
    };
    for (block, variable) in problem.variables.iter().enumerate() {
        for (at, value) in values[block].iter().enumerate() {
            if value.is_nan() {
                return f64::INFINITY;
            }
            check(*value, variable.lower.at(at), variable.upper.at(at));
            if variable.integer {
                check((value - value.round()).abs(), 0.0, 0.0);
            }
        }
    }
    for row in &problem.rows {
        for (at, value) in problem.activity(row, values).into_iter().enumerate() {
            check(value, row.lower.at(at), row.upper.at(at));
        }
    }
    worst
}

/// A limit that cannot be kept, with by how much and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The component, or the empty text for a balance.
    pub component: String,
    /// What the row says.
    pub says: String,
    /// What it is counted in.
    pub dimension: Dimension,
    /// First step or group at which it fails.
    pub at: usize,
    /// Whether `at` is a step.
    pub per_step: bool,
    /// How often it fails.
    pub times: usize,
    /// By how much at that place.
    pub amount: f64,
}

/// The smallest breach of limits that would let the problem be solved: which rows, when, by how much.
pub fn conflicts(problem: &Problem, limits: Limits) -> Vec<Conflict> {
    let elastic = elastic(problem);
    let solution =
        solve(&elastic.problem, Limits { gap: 1e-3, ..limits }, &mut |_| ControlFlow::Continue(()));
    let Some(point) = solution.point else { return Vec::new() };
    let mut found = Vec::new();
    for (row, slack) in elastic.slacks {
        let block = &problem.rows[row];
        let total: Vec<f64> = (0..problem.count(block.extent))
            .map(|t| point.values[slack.0][t] + point.values[slack.1][t])
            .collect();
        let significant = |v: f64| v > 1e-6;
        if let Some(at) = total.iter().position(|v| significant(*v)) {
            found.push(Conflict {
                component: block.component.clone(),
                says: block.name.clone(),
                dimension: block.dimension,
                at,
                per_step: block.extent == Extent::Step,
                times: total.iter().filter(|v| significant(**v)).count(),
                amount: total[at],
            });
        }
    }
    found
}

struct Elastic {
    problem: Problem,
    /// Row block and its two slack blocks.
    slacks: Vec<(usize, (usize, usize))>,
}

/// The problem with a slack on every row and no other cost.
fn elastic(problem: &Problem) -> Elastic {
    let mut relaxed = problem.clone();
    relaxed.fixed_cost = 0.0;
    for variable in &mut relaxed.variables {
        variable.cost = Values::Constant(0.0);
    }
    let mut slacks = Vec::new();
    for (row, block) in problem.rows.iter().enumerate() {
        let mut slack = |sign: f64| {
            let id = relaxed.variables.len();
            relaxed.variables.push(slack_block(block));
            relaxed.rows[row].terms.push(Term {
                variable: VariableId(id as u32),
                coefficient: Values::Constant(sign),
                back: 0,
                before: crate::problem::Before::Nothing,
            });
            id
        };
        slacks.push((row, (slack(1.0), slack(-1.0))));
    }
    Elastic { problem: relaxed, slacks }
}

fn slack_block(row: &RowBlock) -> VariableBlock {
    VariableBlock {
        component: row.component.clone(),
        name: "slack".into(),
        dimension: row.dimension,
        lower: Values::Constant(0.0),
        upper: Values::Constant(f64::INFINITY),
        cost: Values::Constant(1.0),
        integer: false,
        extent: row.extent,
    }
}

/// The variables that grow without end in an unbounded problem: component and name.
pub fn runaways(problem: &Problem) -> Vec<(String, String)> {
    const FAR: f64 = 1e7;
    let mut boxed = problem.clone();
    for variable in &mut boxed.variables {
        variable.upper = variable.upper.map(|u| if u == f64::INFINITY { FAR } else { u });
        variable.lower = variable.lower.map(|l| if l == f64::NEG_INFINITY { -FAR } else { l });
    }
    let solution = solve(&boxed, Limits::default(), &mut |_| ControlFlow::Continue(()));
    let Some(point) = solution.point else { return Vec::new() };
    problem
        .variables
        .iter()
        .zip(&point.values)
        .filter(|(_, values)| values.iter().any(|v| v.abs() > 0.99 * FAR))
        .map(|(block, _)| (block.component.clone(), block.name.clone()))
        .collect()
}
