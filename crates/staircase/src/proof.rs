//! When the method finds no optimum: is there none? Two problems that always have one tell.

use std::ops::ControlFlow;
use std::time::Instant;

use crate::group::Regular;
use crate::measure::{contradiction, direction};
use crate::method::{Cuts, End, Method};
use crate::model::{Before, Column, Model, Point, Term, Values};
use crate::solution::{Certificate, Options, Progress, Status};

/// How exactly the two problems are solved.
const TOLERANCE: f64 = 1e-9;

/// A proof that a model has no optimum; none where none was found, with the limit that was met.
pub fn proof(
    model: &Model,
    options: &Options,
    (iterations, far): (&mut usize, f64),
    began: Instant,
    watch: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> (Option<Certificate>, Option<Status>) {
    let mut limit = None;
    let mut optimum = |of: &Model| -> Option<Point> {
        let limits = Options { iterations: options.iterations.max(200), ..*options };
        let regular = Regular { columns: 1e-8, rows: 1e-8 };
        let mut last = None;
        for cuts in [Cuts::Many, Cuts::None] {
            let mut method = Method::new(of, options.threads, cuts).ok()?;
            let aims = ((TOLERANCE, TOLERANCE), regular, 1.0);
            let end = method.solve(of, &limits, aims, began, watch);
            *iterations += method.iterations;
            limit = match end {
                End::Time => Some(Status::TimeLimit),
                End::Stopped => Some(Status::Stopped),
                End::Converged | End::Stalled | End::Iterations => None,
            };
            if limit.is_some() {
                return None;
            }
            last = Some(method.point(of));
            if end == End::Converged {
                break;
            }
        }
        last
    };
    let mut found = optimum(&elastic(model))
        .and_then(|point| contradiction(model, point.row_duals, far))
        .map(Certificate::Infeasible);
    if found.is_none() {
        found = optimum(&receding(model)).and_then(|mut point| {
            point.columns.truncate(model.columns.len());
            direction(model, point.columns).map(Certificate::Unbounded)
        });
    }
    (found, limit)
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
