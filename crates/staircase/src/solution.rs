//! What comes back from a solve, and what may be asked of it.

use std::ops::ControlFlow;

use crate::model::Point;

/// How far a solve goes.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Greatest relative primal residual, dual residual and gap of an optimal point; see [`Measures`].
    pub tolerance: f64,
    /// What is gone on to beyond that, for a few iterations, where it comes easily: values that end at
    /// a bound end nearer to it.
    pub aim: f64,
    /// Most iterations.
    pub iterations: usize,
    /// Longest time in seconds.
    pub seconds: f64,
    /// Threads to use at most; 0 for all cores. The answer does not depend on it.
    pub threads: usize,
    /// Whether to make the problem smaller first.
    pub presolve: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            tolerance: 1e-8,
            aim: 1e-10,
            iterations: 1000,
            seconds: f64::INFINITY,
            threads: 0,
            presolve: true,
        }
    }
}

/// What became of a solve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Within the tolerance of the best, measured on the problem as given.
    Optimal,
    /// No point keeps all bounds; [`Solution::certificate`] proves it.
    Infeasible,
    /// Cost falls without end along [`Solution::certificate`].
    Unbounded,
    /// The iterations were used up; the best point is handed over with its measures.
    IterationLimit,
    /// The time was over; likewise.
    TimeLimit,
    /// The watcher said stop; likewise.
    Stopped,
    /// Neither an optimum nor a proof that there is none was reached in double precision.
    Numerical,
    /// The problem does not have the shape this method needs; [`Solution::reason`] says why.
    Unsuited,
}

/// How far a point is from optimal, on the problem as given, unscaled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measures {
    /// Greatest excess over a bound of a row or column, each relative to 1 + the greatest of the
    /// bound and the terms of the row, in absolute value.
    pub primal: f64,
    /// Greatest |cost − rowsᵀ·dual − reduced cost|, and greatest dual of the wrong sign for an
    /// infinite bound, each relative to 1 + the greatest term of the sum.
    pub dual: f64,
    /// |objective − dual objective| / (1 + |objective|).
    pub gap: f64,
    /// Σ cost·x, exact but for the rounding of each term.
    pub objective: f64,
    /// The bound that the duals prove, where [`Measures::dual`] is 0.
    pub dual_objective: f64,
}

/// A proof that there is no optimum.
#[derive(Debug, Clone, PartialEq)]
pub enum Certificate {
    /// Multipliers of rows and columns (in the places of duals and reduced costs; values are empty)
    /// whose combination of the bounds is a contradiction: Σ rowsᵀ·y + z = 0, yet the least that
    /// bounds leave of y·row + z·column is above 0.
    Infeasible(Point),
    /// This column block's bounds leave it no value at this place.
    CrossedColumn {
        /// Which column block.
        block: usize,
        /// Which stage or span.
        place: usize,
    },
    /// This row block's bounds leave it no value at this place.
    CrossedRow {
        /// Which row block.
        block: usize,
        /// Which stage or span.
        place: usize,
    },
    /// A direction of the columns along which no bound is met and the cost falls.
    Unbounded(Point),
}

/// A point with its status.
#[derive(Debug, Clone)]
pub struct Solution {
    /// What became of the solve.
    pub status: Status,
    /// The point: optimal, or the best that was found. None without an optimum, where nothing was
    /// found, and where the shape does not fit.
    pub point: Option<Point>,
    /// How far that point is from optimal.
    pub measures: Option<Measures>,
    /// The proof, where there is no optimum.
    pub certificate: Option<Certificate>,
    /// Iterations.
    pub iterations: usize,
    /// Why the shape does not fit.
    pub reason: Option<String>,
}

/// A watcher of one try, of whose iterations so many were done before.
pub(crate) fn counted(
    done: usize,
    watch: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> impl FnMut(&Progress) -> ControlFlow<()> {
    move |p| watch(&Progress { iteration: done + p.iteration, ..*p })
}

/// How far a solve has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Iterations done, of all tries together.
    pub iteration: usize,
    /// Relative primal residual, of the scaled problem.
    pub primal: f64,
    /// Relative dual residual, of the scaled problem.
    pub dual: f64,
    /// Relative gap.
    pub gap: f64,
    /// Objective at the moment.
    pub objective: f64,
    /// Seconds since the start.
    pub seconds: f64,
}
