//! When the method finds no optimum: is there none? Two problems that always have one tell.

use std::ops::ControlFlow;
use std::time::Instant;

use crate::measure::{contradiction, direction};
use crate::method::{End, Method};
use crate::model::{Before, Column, Extent, Model, Row, Term, Values};
use crate::solution::{Certificate, Options, Progress};

/// A proof that a model has no optimum; none where none was found.
pub fn proof(
    model: &Model,
    options: &Options,
    began: Instant,
    watch: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> (Option<Certificate>, usize) {
    let mut iterations = 0;
    let mut optimum = |of: &Model| -> Option<crate::model::Point> {
        let mut method = Method::new(of).ok()?;
        let end = method.solve(options, 1e-9, began, watch);
        iterations += method.iterations;
        matches!(end, End::Converged | End::Stalled | End::Iterations).then(|| method.point(of))
    };
    let found = optimum(&elastic(model))
        .and_then(|point| contradiction(model, point.row_duals))
        .map(Certificate::Infeasible);
    let found = found.or_else(|| {
        let mut point = optimum(&receding(model))?;
        point.columns.truncate(model.columns.len());
        direction(model, point.columns).map(Certificate::Unbounded)
    });
    (found, iterations)
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
                coefficient: own(row, sign),
                back: 0,
                before: Before::Nought,
            });
        }
    }
    elastic
}

fn own(_: &Row, sign: f64) -> Values {
    Values::Constant(sign)
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
    let _ = Extent::Stage;
    receding
}
