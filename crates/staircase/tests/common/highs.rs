//! The other opinion: HiGHS on the model written out. The only test file with `unsafe`.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_void};
use std::sync::{Mutex, PoisonError};

use highs_sys::{
    Highs_create, Highs_destroy, Highs_getModelStatus, Highs_getObjectiveValue, Highs_getSolution,
    Highs_passLp, Highs_run, Highs_setBoolOptionValue, Highs_setDoubleOptionValue,
    Highs_setStringOptionValue, HighsInt, MATRIX_FORMAT_ROW_WISE, MODEL_STATUS_INFEASIBLE,
    MODEL_STATUS_MODEL_EMPTY, MODEL_STATUS_OPTIMAL, MODEL_STATUS_UNBOUNDED,
    MODEL_STATUS_UNBOUNDED_OR_INFEASIBLE, OBJECTIVE_SENSE_MINIMIZE, STATUS_ERROR, STATUS_OK,
};
use staircase::{Certificate, Model, Point};

use super::check;
use super::matrix::Matrix;

/// What HiGHS says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Optimal,
    Infeasible,
    Unbounded,
    /// It gave up, or refused; with its own number for it.
    Other(i32),
}

/// A status, with the point where it is optimal.
#[derive(Debug, Clone)]
pub struct Verdict {
    pub status: Status,
    /// No number where there is no optimum.
    pub objective: f64,
    /// Values, row duals and reduced costs by block, signs as in [`Point`].
    pub point: Option<Point>,
}

/// HiGHS resets a scheduler of the whole process when an instance ends, so instances take turns.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Solves a model, as exactly as HiGHS can. Where it gives up, it is asked for a contradiction only.
pub fn solve(model: &Model) -> Verdict {
    let matrix = Matrix::of(model);
    let mut found = best(&matrix);
    if matches!(found.status, Status::Other(_))
        && contradiction(model).is_some_and(|proof| check::certificate(model, &proof).is_ok())
    {
        found.status = Status::Infeasible;
    }
    let point = (found.status == Status::Optimal).then(|| Point {
        columns: matrix.column_blocks(&found.values),
        row_duals: matrix.row_blocks(&found.duals),
        reduced_costs: matrix.column_blocks(&found.reduced),
    });
    Verdict { status: found.status, objective: found.objective, point }
}

/// A proof that no point keeps all bounds, if HiGHS finds one: the duals of the least sum of what
/// the rows would have to give way.
pub fn contradiction(model: &Model) -> Option<Certificate> {
    let mut matrix = Matrix::of(model);
    let columns = matrix.columns.len();
    matrix.cost.fill(0.0);
    for terms in &mut matrix.terms {
        for a in [1.0, -1.0] {
            terms.push((matrix.columns.len(), a));
            matrix.columns.push((usize::MAX, 0));
            matrix.cost.push(1.0);
            matrix.lower.push(0.0);
            matrix.upper.push(f64::INFINITY);
        }
    }
    let found = best(&matrix);
    matrix.columns.truncate(columns);
    (found.status == Status::Optimal && found.objective > 0.0).then(|| {
        Certificate::Infeasible(Point {
            columns: Vec::new(),
            row_duals: matrix.row_blocks(&found.duals),
            reduced_costs: matrix.column_blocks(&found.reduced[..columns]),
        })
    })
}

/// A direction along which the cost falls without end, if HiGHS finds one: the steepest of a box.
pub fn ray(model: &Model) -> Option<Certificate> {
    let mut matrix = Matrix::of(model);
    let closed = |bound: &mut f64, open: f64| *bound = if bound.is_finite() { 0.0 } else { open };
    matrix.lower.iter_mut().for_each(|bound| closed(bound, -1.0));
    matrix.upper.iter_mut().for_each(|bound| closed(bound, 1.0));
    matrix.row_lower.iter_mut().for_each(|bound| closed(bound, -f64::INFINITY));
    matrix.row_upper.iter_mut().for_each(|bound| closed(bound, f64::INFINITY));
    let found = best(&matrix);
    (found.status == Status::Optimal && found.objective < 0.0).then(|| {
        Certificate::Unbounded(Point {
            columns: matrix.column_blocks(&found.values),
            row_duals: Vec::new(),
            reduced_costs: Vec::new(),
        })
    })
}

/// What HiGHS says of a matrix, column by column and row by row.
struct Found {
    status: Status,
    objective: f64,
    values: Vec<f64>,
    reduced: Vec<f64>,
    duals: Vec<f64>,
}

impl Found {
    fn without_point(status: Status) -> Self {
        Found {
            status,
            objective: f64::NAN,
            values: Vec::new(),
            reduced: Vec::new(),
            duals: Vec::new(),
        }
    }
}

/// First without presolve, which calls a few feasible problems infeasible, and as exactly as HiGHS
/// can; then as it would by itself.
fn best(matrix: &Matrix) -> Found {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let ways = [(1e-9, c"off"), (1e-9, c"choose"), (1e-7, c"off"), (1e-7, c"choose")];
    let mut last = Found::without_point(Status::Other(-1));
    for (tolerance, presolve) in ways {
        last = run(matrix, tolerance, presolve);
        if !matches!(last.status, Status::Other(_)) {
            break;
        }
    }
    last
}

struct Instance(*mut c_void);

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: the pointer comes from Highs_create and is destroyed once.
        unsafe { Highs_destroy(self.0) }
    }
}

fn run(matrix: &Matrix, tolerance: f64, presolve: &CStr) -> Found {
    // SAFETY: no arguments.
    let highs = Instance(unsafe { Highs_create() });
    // SAFETY: the instance lives, and names and values are valid for the calls.
    let options = unsafe {
        let number = |name: &CStr| Highs_setDoubleOptionValue(highs.0, name.as_ptr(), tolerance);
        [
            Highs_setBoolOptionValue(highs.0, c"output_flag".as_ptr(), 0),
            Highs_setStringOptionValue(highs.0, c"presolve".as_ptr(), presolve.as_ptr()),
            // One core, and the method with the sharpest verdicts.
            Highs_setStringOptionValue(highs.0, c"solver".as_ptr(), c"simplex".as_ptr()),
            Highs_setStringOptionValue(highs.0, c"parallel".as_ptr(), c"off".as_ptr()),
            number(c"primal_feasibility_tolerance"),
            number(c"dual_feasibility_tolerance"),
        ]
    };
    assert_eq!(options, [STATUS_OK; 6], "HiGHS refuses an option");
    if !pass(&highs, matrix) {
        return Found::without_point(Status::Other(-1));
    }
    // SAFETY: the instance lives.
    let (ran, found) = unsafe { (Highs_run(highs.0), Highs_getModelStatus(highs.0)) };
    let status = match found {
        _ if ran == STATUS_ERROR => Status::Other(-1),
        // Without a column HiGHS does not look at the rows.
        MODEL_STATUS_MODEL_EMPTY if matrix.rows_are_kept_by_nothing() => Status::Optimal,
        MODEL_STATUS_MODEL_EMPTY => Status::Infeasible,
        MODEL_STATUS_OPTIMAL => Status::Optimal,
        MODEL_STATUS_INFEASIBLE => Status::Infeasible,
        MODEL_STATUS_UNBOUNDED => Status::Unbounded,
        // One of the two that its method tells apart without presolve.
        MODEL_STATUS_UNBOUNDED_OR_INFEASIBLE => Status::Other(MODEL_STATUS_UNBOUNDED_OR_INFEASIBLE),
        other => Status::Other(other),
    };
    if status != Status::Optimal {
        return Found::without_point(status);
    }
    let (columns, rows) = (matrix.columns.len(), matrix.rows.len());
    let (mut values, mut reduced) = (vec![0.0; columns], vec![0.0; columns]);
    let (mut row_values, mut duals) = (vec![0.0; rows], vec![0.0; rows]);
    // SAFETY: the four arrays have the sizes of the problem that was passed.
    let objective = unsafe {
        Highs_getSolution(
            highs.0,
            values.as_mut_ptr(),
            reduced.as_mut_ptr(),
            row_values.as_mut_ptr(),
            duals.as_mut_ptr(),
        );
        Highs_getObjectiveValue(highs.0)
    };
    Found { status, objective, values, reduced, duals }
}

/// Hands the problem over; whether HiGHS takes it.
fn pass(highs: &Instance, matrix: &Matrix) -> bool {
    let (mut starts, mut indices, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..matrix.rows.len() {
        starts.push(indices.len() as HighsInt);
        for (column, coefficient) in matrix.summed(row) {
            indices.push(column as HighsInt);
            values.push(coefficient);
        }
    }
    // SAFETY: every array has the length that columns, rows and entries say; HiGHS copies them.
    let status = unsafe {
        Highs_passLp(
            highs.0,
            matrix.columns.len() as HighsInt,
            matrix.rows.len() as HighsInt,
            values.len() as HighsInt,
            MATRIX_FORMAT_ROW_WISE,
            OBJECTIVE_SENSE_MINIMIZE,
            0.0,
            matrix.cost.as_ptr(),
            matrix.lower.as_ptr(),
            matrix.upper.as_ptr(),
            matrix.row_lower.as_ptr(),
            matrix.row_upper.as_ptr(),
            starts.as_ptr(),
            indices.as_ptr(),
            values.as_ptr(),
        )
    };
    status != STATUS_ERROR
}
