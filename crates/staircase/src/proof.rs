//! When the method finds no optimum: is there none? Two problems that always have one tell.

use std::ops::ControlFlow;
use std::time::Instant;

use crate::group::Regular;
use crate::measure::{Strictness, contradiction, direction};
use crate::memory::Memory;
use crate::method::{Cuts, End, Method};
use crate::model::{Before, Column, Model, Point, Term, Values};
use crate::solution::{Certificate, Options, Progress, Status, counted};
use crate::staged::Sizes;
use crate::threads::Threads;

/// How exactly the two problems are solved.
const TOLERANCE: f64 = 1e-9;

/// A proof that a model has no optimum, or none where none was found; the limit that was met before.
pub fn proof(
    model: &Model,
    options: &Options,
    (iterations, strictness): (&mut usize, Strictness),
    began: Instant,
    watch: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Option<Certificate>, Status> {
    let threads = Threads::new(options.threads, model.stages);
    let mut optimum = |of: &Model| -> Result<Option<Point>, Status> {
        let limits = Options { iterations: options.iterations.max(200), ..*options };
        let regular = Regular { columns: 1e-8, rows: 1e-8 };
        let aims = ((TOLERANCE, TOLERANCE), regular, 1.0);
        let mut last = None;
        for cuts in [Cuts::Many, Cuts::None] {
            let mut memory = Memory::default();
            let Ok(mut method) = Method::new(of, &threads, (cuts, Sizes::Bounds), &mut memory)
            else {
                return Ok(None);
            };
            let watch = &mut counted(*iterations, watch);
            let end = method.solve(of, &limits, aims, began, watch);
            *iterations += method.iterations;
            match end {
                End::Time => return Err(Status::TimeLimit),
                End::Stopped => return Err(Status::Stopped),
                End::Converged | End::Stalled | End::Iterations => {}
            }
            last = Some(method.point(of));
            if end == End::Converged {
                break;
            }
        }
        Ok(last)
    };
    if let Some(Point { row_duals, .. }) = optimum(&elastic(model))? {
        if let Some(point) = contradiction(model, row_duals.clone(), strictness) {
            return Ok(Some(Certificate::Infeasible(point)));
        }
        if contradiction(model, row_duals, Strictness::LAST).is_some() {
            // Likely, but not to be said while an optimum may still be found.
            return Ok(None);
        }
    }
    let receded = optimum(&receding(model))?.and_then(|mut point| {
        point.columns.truncate(model.columns.len());
        direction(model, point.columns)
    });
    Ok(receded.map(Certificate::Unbounded))
}

/// Every row may be breached at a price; nothing else costs. Its least is above nought where no point
/// keeps all bounds, and its duals prove it.
fn elastic(model: &Model) -> Model {
    let mut elastic = model.clone();
    for column in &mut elastic.columns {
        column.cost = Values::Constant(0.0);
    }
    for row in &mut elastic.rows {
        for sign in [1.0, -1.0] {
            let helps = if sign > 0.0 { &row.lower } else { &row.upper };
            if helps.all(f64::is_infinite) {
                continue;
            }
            elastic.columns.push(Column {
                lower: Values::Constant(0.0),
                upper: Values::Constant(f64::INFINITY),
                cost: Values::Constant(1.0),
                extent: row.extent,
            });
            row.terms.push(Term {
                column: elastic.columns.len() - 1,
                coefficient: Values::Constant(sign),
                back: 0,
                before: Before::Nought,
            });
        }
    }
    elastic
}

/// The directions that meet no bound, no longer than one: its least is below nought where the cost
/// falls without end.
fn receding(model: &Model) -> Model {
    let mut receding = model.clone();
    let open = |bound: &Values, far: f64| bound.map(|b| if b.is_finite() { 0.0 } else { far });
    for column in &mut receding.columns {
        column.lower = open(&column.lower, -1.0);
        column.upper = open(&column.upper, 1.0);
    }
    for row in &mut receding.rows {
        row.lower = open(&row.lower, f64::NEG_INFINITY);
        row.upper = open(&row.upper, f64::INFINITY);
    }
    receding
}
