//! From a model to an answer that says how good it is.

use std::ops::ControlFlow;
use std::time::Instant;

use crate::measure::measure;
use crate::method::{End, Method};
use crate::model::{Extent, Model, Point, Values};
use crate::proof::proof;
use crate::solution::{Certificate, Measures, Options, Progress, Solution, Status};

/// How often the method goes on with a tighter tolerance when a point that it holds for optimal is
/// not yet so on the model as given.
const TIGHTER: usize = 3;

/// Solves a model.
///
/// `start` is a guess, such as the last window's point moved on; it changes how long it takes, not
/// what is found. `watch` is told of progress at every iteration and may stop the solve.
pub fn solve(
    model: &Model,
    options: &Options,
    start: Option<&Point>,
    watch: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Solution {
    let began = Instant::now();
    if let Err(reason) = sound(model) {
        return unsuited(reason);
    }
    if let Some(crossed) = crossed(model) {
        return Solution {
            status: Status::Infeasible,
            certificate: Some(crossed),
            ..unsuited(String::new())
        };
    }
    let mut method = match Method::new(model) {
        Ok(method) => method,
        Err(reason) => return unsuited(reason),
    };
    let _ = start;
    let mut tolerance = options.tolerance;
    let mut iterations = 0;
    let mut best: Option<(Point, Measures)> = None;
    let mut end = End::Stalled;
    for _ in 0..=TIGHTER {
        end = method.solve(options, tolerance, began, watch);
        let point = method.point(model);
        let measures = measure(model, &point);
        let good = |m: &Measures| {
            m.primal <= options.tolerance
                && m.dual <= options.tolerance
                && m.gap <= options.tolerance
        };
        let is_good = good(&measures);
        if best.as_ref().is_none_or(|(_, b)| worst(&measures) < worst(b)) {
            best = Some((point, measures));
        }
        if is_good || end != End::Converged {
            if is_good {
                end = End::Converged;
            }
            break;
        }
        tolerance *= 0.1;
        end = End::Stalled;
    }
    iterations += method.iterations;
    let (point, measures) = best.unzip();
    let mut solution = Solution {
        status: Status::Numerical,
        point,
        measures,
        certificate: None,
        iterations,
        reason: None,
    };
    solution.status = match end {
        End::Converged => Status::Optimal,
        End::Time => Status::TimeLimit,
        End::Stopped => Status::Stopped,
        End::Iterations if iterations == 0 => Status::IterationLimit,
        End::Iterations | End::Diverged | End::Stalled => {
            let mut stopped = false;
            let (certificate, more) = proof(model, options, began, &mut |p: &Progress| {
                let go_on = watch(p);
                stopped |= go_on.is_break();
                go_on
            });
            solution.iterations += more;
            match certificate {
                Some(certificate) => {
                    (solution.point, solution.measures) = (None, None);
                    let status = match certificate {
                        Certificate::Unbounded(_) => Status::Unbounded,
                        _ => Status::Infeasible,
                    };
                    solution.certificate = Some(certificate);
                    status
                }
                None if stopped => Status::Stopped,
                None if began.elapsed().as_secs_f64() > options.seconds => Status::TimeLimit,
                None if end == End::Iterations => Status::IterationLimit,
                None => Status::Numerical,
            }
        }
    };
    solution
}

fn worst(m: &Measures) -> f64 {
    let worst = m.primal.max(m.dual).max(m.gap);
    if m.primal.is_nan() || m.dual.is_nan() || m.gap.is_nan() { f64::INFINITY } else { worst }
}

fn unsuited(reason: String) -> Solution {
    Solution {
        status: Status::Unsuited,
        point: None,
        measures: None,
        certificate: None,
        iterations: 0,
        reason: Some(reason).filter(|r| !r.is_empty()),
    }
}

/// Whether every list has its length, every index its block, and every number is one.
fn sound(model: &Model) -> Result<(), String> {
    let length = |values: &Values, extent: Extent| match values {
        Values::Constant(_) => true,
        Values::Series(values) => values.len() == model.count(extent),
    };
    let number = |values: &Values| !values.all(|v| !v.is_nan());
    for (at, spans) in model.spans.iter().enumerate() {
        let of = &spans.of_stage;
        let ordered = of.windows(2).all(|w| w[1] == w[0] || w[1] == w[0] + 1);
        if of.len() != model.stages || !ordered || of.first().is_some_and(|f| *f != 0) {
            return Err(format!("division {at} of time does not number spans of all stages in order"));
        }
    }
    let known = |extent: Extent| match extent {
        Extent::Stage => true,
        Extent::Span(spans) => spans < model.spans.len(),
    };
    for (at, column) in model.columns.iter().enumerate() {
        let lists = [&column.lower, &column.upper, &column.cost];
        if !known(column.extent) || lists.iter().any(|v| !length(v, column.extent)) {
            return Err(format!("column {at} has a list of another length than its places"));
        }
        if lists.into_iter().any(number) || !column.cost.all(f64::is_finite) {
            return Err(format!("column {at} has a bound or cost that is no number"));
        }
    }
    for (at, row) in model.rows.iter().enumerate() {
        let sides = [&row.lower, &row.upper];
        if !known(row.extent) || sides.iter().any(|v| !length(v, row.extent)) {
            return Err(format!("row {at} has a list of another length than its places"));
        }
        if sides.into_iter().any(number) {
            return Err(format!("row {at} has a bound that is no number"));
        }
        for term in &row.terms {
            let Some(column) = model.columns.get(term.column) else {
                return Err(format!("row {at} has a term of column {}, which is not there", term.column));
            };
            let by = match (row.extent, column.extent) {
                (Extent::Span(_), Extent::Span(_)) => row.extent,
                _ => Extent::Stage,
            };
            if !length(&term.coefficient, by) || !term.coefficient.all(f64::is_finite) {
                return Err(format!("row {at} has a coefficient that is missing or no number"));
            }
        }
    }
    Ok(())
}

/// A column or row whose bounds leave it no value.
fn crossed(model: &Model) -> Option<Certificate> {
    let crosses = |l: f64, u: f64| l > u + 1e-9 * (1.0 + l.abs().min(u.abs())) || l == f64::INFINITY || u == f64::NEG_INFINITY;
    let places = |lower: &Values, upper: &Values, extent: Extent| {
        (0..model.count(extent)).find(|at| crosses(lower.at(*at), upper.at(*at)))
    };
    for (block, column) in model.columns.iter().enumerate() {
        if let Some(place) = places(&column.lower, &column.upper, column.extent) {
            return Some(Certificate::CrossedColumn { block, place });
        }
    }
    for (block, row) in model.rows.iter().enumerate() {
        let crossed = (0..model.count(row.extent))
            .find(|at| crosses(row.lower.at(*at), row.upper.at(*at)) && model.exists(row, *at));
        if let Some(place) = crossed {
            return Some(Certificate::CrossedRow { block, place });
        }
    }
    None
}
