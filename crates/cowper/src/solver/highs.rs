//! Problems for HiGHS: the only file that names its interface, and the only one with `unsafe`.
//!
//! What HiGHS calls unknown becomes numerical, and an option that it refuses fails the run.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ops::ControlFlow;
use std::sync::Mutex;

use highs_sys::{
    Highs_create, Highs_destroy, Highs_getDoubleInfoValue, Highs_getDualRay, Highs_getIntInfoValue,
    Highs_getModelStatus, Highs_getRunTime, Highs_getSolution, Highs_passMip, Highs_run,
    Highs_setBoolOptionValue, Highs_setCallback, Highs_setDoubleOptionValue, Highs_setSolution,
    Highs_setStringOptionValue, Highs_startCallback, Highs_version, HighsCallbackDataIn,
    HighsCallbackDataOut, HighsInt, MATRIX_FORMAT_ROW_WISE, MODEL_STATUS_INFEASIBLE,
    MODEL_STATUS_OPTIMAL, MODEL_STATUS_REACHED_INTERRUPT, MODEL_STATUS_REACHED_ITERATION_LIMIT,
    MODEL_STATUS_REACHED_TIME_LIMIT, MODEL_STATUS_UNBOUNDED, MODEL_STATUS_UNBOUNDED_OR_INFEASIBLE,
    OBJECTIVE_SENSE_MINIMIZE, SOLUTION_STATUS_FEASIBLE, STATUS_ERROR, STATUS_OK,
    VAR_TYPE_CONTINUOUS, VAR_TYPE_INTEGER, kHighsCallbackIpmInterrupt, kHighsCallbackMipInterrupt,
    kHighsCallbackSimplexInterrupt,
};

use super::{Attempt, Found, Limits, Point, Progress, Status, Watch};
use crate::problem::{Layout, Matrix, Problem};

/// HiGHS resets a scheduler of the whole process when an instance ends (its issue 3141), so
/// instances take turns.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The version of HiGHS.
pub(super) fn version() -> String {
    // SAFETY: HiGHS gives a static text that ends with a nought.
    let text = unsafe { CStr::from_ptr(Highs_version()) };
    text.to_string_lossy().into_owned()
}

/// Moves an optimal point of a linear problem to a corner of all that are best, by simplex from there.
pub(super) fn corner(
    problem: &Problem,
    point: &Point,
    limits: Limits,
    watch: &mut Watch,
) -> Attempt {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let matrix = problem.matrix();
    let (columns, rows) = (problem.column_layout(), problem.row_layout());
    let all = |layout: &Layout, blocks: &[Vec<f64>]| {
        let mut all = vec![0.0; layout.total()];
        for (block, values) in blocks.iter().enumerate() {
            for (at, value) in values.iter().enumerate() {
                all[layout.index(block, at)] = *value;
            }
        }
        all
    };
    let start = Start {
        values: all(&columns, &point.values),
        column_duals: all(&columns, &point.column_duals),
        row_duals: all(&rows, &point.row_duals),
    };
    let Some(raw) = run(&matrix, (problem.fixed_cost, Some(&start)), limits, watch) else {
        return Attempt::failed(Status::Numerical);
    };
    let mut attempt =
        Attempt { iterations: raw.iterations, seconds: raw.seconds, ..Attempt::failed(raw.status) };
    attempt.found = raw.values.map(|values| Found {
        objective: raw.objective,
        bound: raw.bound,
        values: blocks(problem, &columns, problem.variables.len(), &values),
        row_duals: blocks(problem, &rows, problem.rows.len(), &raw.row_duals),
        column_duals: blocks(problem, &columns, problem.variables.len(), &raw.column_duals),
    });
    attempt
}

/// A point to start from, in the order of the matrix.
struct Start {
    values: Vec<f64>,
    column_duals: Vec<f64>,
    row_duals: Vec<f64>,
}

/// A vector over all columns or rows, by block.
fn blocks(problem: &Problem, layout: &Layout, count: usize, all: &[f64]) -> Vec<Vec<f64>> {
    (0..count).map(|block| layout.block(block, problem, all)).collect()
}

/// Solves a problem. Prices of one with whole numbers are those of the problem with these fixed.
pub(super) fn solve(problem: &Problem, limits: Limits, watch: &mut Watch) -> Attempt {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let matrix = problem.matrix();
    let Some(raw) = run(&matrix, (problem.fixed_cost, None), limits, watch) else {
        return Attempt::failed(Status::Numerical);
    };
    let mut attempt =
        Attempt { iterations: raw.iterations, seconds: raw.seconds, ..Attempt::failed(raw.status) };
    let Some(mut values) = raw.values else { return attempt };
    let (mut column_duals, mut row_duals) = (raw.column_duals, raw.row_duals);
    let mut objective = raw.objective;
    if !matrix.integer.is_empty() {
        let fixed = fix_integers(&matrix, &values);
        let unlimited = Limits { seconds: f64::INFINITY, ..limits };
        let go_on = &mut |_: Progress| ControlFlow::Continue(());
        let again = run(&fixed, (problem.fixed_cost, None), unlimited, go_on);
        attempt.seconds += again.as_ref().map_or(0.0, |again| again.seconds);
        if let Some(again) = again
            && again.status == Status::Optimal
            && let Some(better) = again.values
        {
            (values, column_duals, row_duals) = (better, again.column_duals, again.row_duals);
            objective = objective.min(again.objective);
            attempt.iterations += again.iterations;
        }
    }
    let (columns, rows) = (problem.column_layout(), problem.row_layout());
    attempt.found = Some(Found {
        objective,
        bound: raw.bound,
        values: blocks(problem, &columns, problem.variables.len(), &values),
        row_duals: blocks(problem, &rows, problem.rows.len(), &row_duals),
        column_duals: blocks(problem, &columns, problem.variables.len(), &column_duals),
    });
    attempt
}

/// Multipliers of the rows, by block, that prove that a linear problem has no solution: a corner of all
/// such proofs, so that none of its limits can be spared. None where it has one, or in the time none
/// is found; and how long it took.
pub(super) fn proof(problem: &Problem, limits: Limits) -> (Option<Vec<Vec<f64>>>, f64) {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut matrix = problem.matrix();
    matrix.integer.clear();
    let (ray, seconds) = ray(&matrix, limits);
    let rows = problem.row_layout();
    let blocks = |all: Vec<f64>| {
        (0..problem.rows.len()).map(|block| rows.block(block, problem, &all)).collect()
    };
    (ray.map(blocks), seconds)
}

/// The ray along which the dual of a linear problem grows without end, by simplex alone.
fn ray(matrix: &Matrix, limits: Limits) -> (Option<Vec<f64>>, f64) {
    // SAFETY: no arguments.
    let highs = Instance(unsafe { Highs_create() });
    let prepare = || {
        highs.option(c"output_flag", false)?;
        highs.option(c"presolve", c"off")?;
        highs.option(c"solver", c"simplex")?;
        if limits.seconds.is_finite() {
            highs.option(c"time_limit", limits.seconds)?;
        }
        pass(&highs, matrix, 0.0)
    };
    if prepare().is_none() {
        return (None, 0.0);
    }
    // SAFETY: the instance lives.
    let (ran, model, seconds) =
        unsafe { (Highs_run(highs.0), Highs_getModelStatus(highs.0), Highs_getRunTime(highs.0)) };
    if ran == STATUS_ERROR || model != MODEL_STATUS_INFEASIBLE {
        return (None, seconds);
    }
    let (mut has_ray, mut ray) = (0, vec![0.0; matrix.row_lower.len()]);
    // SAFETY: the array is as long as there are rows.
    let got = unsafe { Highs_getDualRay(highs.0, &raw mut has_ray, ray.as_mut_ptr()) };
    ((got != STATUS_ERROR && has_ray != 0).then_some(ray), seconds)
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
        unkept: None,
    };
    if watcher.stopped || (watcher.watch)(progress).is_break() {
        watcher.stopped = true;
        back.user_interrupt = 1;
    }
}

/// One run of HiGHS, from a point if there is one. None where it refuses the problem.
fn run(
    matrix: &Matrix,
    (fixed_cost, start): (f64, Option<&Start>),
    limits: Limits,
    watch: &mut Watch,
) -> Option<Raw> {
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
    if let Some(start) = start {
        start_from(&highs, start)?;
    }
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

/// Starts simplex from the basis that a point suggests: what is away from its bounds is in it.
///
/// HiGHS 1.15 has a crossover too (`Highs_crossover`), but it reads past its arrays where the matrix was
/// passed by rows, or where a row has two limits.
fn start_from(highs: &Instance, start: &Start) -> Option<()> {
    highs.option(c"solver", c"simplex")?;
    highs.option(c"presolve", c"off")?;
    // SAFETY: the arrays have the sizes of the problem that was passed; the row values are computed.
    let status = unsafe {
        Highs_setSolution(
            highs.0,
            start.values.as_ptr(),
            std::ptr::null(),
            start.column_duals.as_ptr(),
            start.row_duals.as_ptr(),
        )
    };
    (status != STATUS_ERROR).then_some(())
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
