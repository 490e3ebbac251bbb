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
use staircase::{Model, Point};

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

/// Solves a model, as exactly as HiGHS can.
pub fn solve(model: &Model) -> Verdict {
    let matrix = Matrix::of(model);
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    // Far below what is compared; where that is asked too much, as HiGHS would by itself; and where
    // presolve misleads it or sees only that it is one of two, without.
    let mut verdict = None;
    for (tolerance, presolve) in
        [(1e-9, c"choose"), (1e-9, c"off"), (1e-7, c"choose"), (1e-7, c"off")]
    {
        let next = run(&matrix, tolerance, presolve);
        if !matches!(next.status, Status::Other(_)) {
            return next;
        }
        verdict.get_or_insert(next);
    }
    verdict.expect("it was asked four times")
}

struct Instance(*mut c_void);

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: the pointer comes from Highs_create and is destroyed once.
        unsafe { Highs_destroy(self.0) }
    }
}

fn run(matrix: &Matrix, tolerance: f64, presolve: &CStr) -> Verdict {
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
        return Verdict { status: Status::Other(-1), objective: f64::NAN, point: None };
    }
    // SAFETY: the instance lives.
    let (ran, found) = unsafe { (Highs_run(highs.0), Highs_getModelStatus(highs.0)) };
    let status = match found {
        _ if ran == STATUS_ERROR => Status::Other(-1),
        MODEL_STATUS_OPTIMAL | MODEL_STATUS_MODEL_EMPTY => Status::Optimal,
        MODEL_STATUS_INFEASIBLE => Status::Infeasible,
        MODEL_STATUS_UNBOUNDED => Status::Unbounded,
        // One of the two that its method tells apart without presolve.
        MODEL_STATUS_UNBOUNDED_OR_INFEASIBLE => Status::Other(MODEL_STATUS_UNBOUNDED_OR_INFEASIBLE),
        other => Status::Other(other),
    };
    if status != Status::Optimal {
        return Verdict { status, objective: f64::NAN, point: None };
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
    let point = Point {
        columns: matrix.column_blocks(&values),
        row_duals: matrix.row_blocks(&duals),
        reduced_costs: matrix.column_blocks(&reduced),
    };
    Verdict { status, objective, point: Some(point) }
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
