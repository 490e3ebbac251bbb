//! From a model to an answer that says how good it is.

use std::ops::ControlFlow;
use std::time::Instant;

use crate::group::Regular;
use crate::measure::{Strictness, gradient, measure};
use crate::memory::Memory;
use crate::method::{Cuts, End, Method};
use crate::model::{Extent, Model, Point, Values};
use crate::presolve::{Presolved, Reduction, presolve};
use crate::proof::proof;
use crate::solution::{Certificate, Measures, Options, Progress, Solution, Status, counted};
use crate::staged::Sizes;
use crate::threads::Threads;

/// How often the method goes on with a tighter tolerance when a point that it holds for optimal is
/// not yet so on the model as given.
const TIGHTER: usize = 3;

/// A way to run the method.
struct Try {
    regular: Regular,
    /// Weight of the barrier at the start.
    weight: f64,
    cuts: Cuts,
    sizes: Sizes,
    /// Whether the model is taken smaller, if it was made so.
    smaller: bool,
    /// How strict a proof is that there is no optimum, which is looked for after it.
    proof: Option<Strictness>,
}

const fn a_try(columns: f64, rows: f64, weight: f64, cuts: Cuts) -> Try {
    let (regular, sizes) = (Regular { columns, rows }, Sizes::Bounds);
    Try { regular, weight, cuts, sizes, smaller: true, proof: None }
}

/// In this order. Most problems like the first; those whose scales lie far apart need less
/// regularisation of columns and a start further inside.
const TRIES: [Try; 7] = [
    Try { proof: Some(Strictness::FIRST), ..a_try(1e-9, 1e-8, 0.1, Cuts::Many) },
    Try { sizes: Sizes::Rows, ..a_try(1e-9, 1e-8, 0.1, Cuts::Many) },
    a_try(1e-8, 1e-8, 1e3, Cuts::None),
    a_try(1e-10, 1e-9, 1e6, Cuts::Many),
    a_try(1e-11, 1e-10, 1e2, Cuts::None),
    Try { smaller: false, ..a_try(1e-9, 1e-8, 1.0, Cuts::None) },
    Try { smaller: false, proof: Some(Strictness::LAST), ..a_try(1e-6, 1e-6, 1e4, Cuts::None) },
];

/// Solves a model.
///
/// `start` is a guess, such as [the last window's point moved on](Point::moved_on); it changes how long it
/// takes, not what is found. It must have a finite dual for every place of every row and a value for every
/// place of every column, else it is not used; values may be no numbers where nothing is known, and reduced
/// costs are not looked at. A guess near the answer saves half of the iterations or more; one without sense
/// may double them before it is given up.
///
/// `watch` is told of progress at every iteration and may stop the solve.
pub fn solve(
    model: &Model,
    options: &Options,
    start: Option<&Point>,
    watch: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Solution {
    let began = Instant::now();
    if let Err(reason) = sound(model).and(sensible(options)) {
        return unsuited(reason);
    }
    if let Some(crossed) = crossed(model) {
        return Solution {
            status: Status::Infeasible,
            certificate: Some(crossed),
            ..unsuited(String::new())
        };
    }
    let smaller = if options.presolve { presolve(model, &Reduction::ALL) } else { None };
    let threads = Threads::new(options.threads, model.stages);
    let mut run =
        Run { model, smaller, options, threads, began, iterations: 0, sized: false, best: None };
    let mut solution = Solution {
        status: Status::Numerical,
        point: None,
        measures: None,
        certificate: None,
        iterations: 0,
        reason: None,
    };
    // With a guess the first try is made twice: what a poor guess spoils may come easily without it.
    let mut start = start.filter(|start| fits(model, start));
    let guessed = start.map(|_| Try { proof: None, ..TRIES[0] });
    for way in guessed.into_iter().chain(TRIES) {
        if way.sizes == Sizes::Rows && !run.sized {
            continue;
        }
        if !way.smaller {
            run.smaller = None;
        }
        let end = match run.attempt(&way, start.take(), watch) {
            Ok(end) => end,
            Err(reason) => return unsuited(reason),
        };
        let status = match end {
            End::Converged => Some(Status::Optimal),
            End::Time => Some(Status::TimeLimit),
            End::Stopped => Some(Status::Stopped),
            End::Iterations => Some(Status::IterationLimit),
            End::Stalled => None,
        };
        if let Some(status) = status {
            solution.status = status;
            break;
        }
        if let Some(strictness) = way.proof {
            match proof(model, options, (&mut run.iterations, strictness), began, watch) {
                Ok(Some(certificate)) => {
                    solution.status = match certificate {
                        Certificate::Unbounded(_) => Status::Unbounded,
                        _ => Status::Infeasible,
                    };
                    run.best = None;
                    solution.certificate = Some(certificate);
                    break;
                }
                Ok(None) => {}
                Err(status) => {
                    solution.status = status;
                    break;
                }
            }
        }
    }
    solution.iterations = run.iterations;
    // A point of no numbers is no point.
    run.best = run.best.filter(|(_, measures)| worst(measures).is_finite());
    (solution.point, solution.measures) = run.best.unzip();
    solution
}

/// A solve under way.
struct Run<'a> {
    model: &'a Model,
    smaller: Option<Presolved>,
    options: &'a Options,
    threads: Threads,
    began: Instant,
    iterations: usize,
    /// Whether there are sizes that bounds move with.
    sized: bool,
    /// The best point so far, on the model as given.
    best: Option<(Point, Measures)>,
}

impl Run<'_> {
    /// Runs the method from the start; how it ended, or why the model does not fit.
    fn attempt(
        &mut self,
        way: &Try,
        start: Option<&Point>,
        watch: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<End, String> {
        let model = self.smaller.as_ref().map_or(self.model, |smaller| &smaller.model);
        let mut memory = Memory::default();
        let mut method = Method::new(model, &self.threads, (way.cuts, way.sizes), &mut memory)?;
        self.sized |= method.sized();
        if let Some(start) = start {
            match &self.smaller {
                Some(smaller) => method.guess(model, &smaller.reduce(start)),
                None => method.guess(model, start),
            }
        }
        let enough = self.options.tolerance;
        let mut tolerances = (enough, self.options.aim.min(enough));
        let before = self.iterations;
        for _ in 0..=TIGHTER {
            // A proof may have used up more than was left.
            let left = self.options.iterations.saturating_sub(before);
            let limits = Options { iterations: left, ..*self.options };
            let aims = (tolerances, way.regular, way.weight);
            let end = method.solve(model, &limits, aims, self.began, &mut counted(before, watch));
            self.iterations = before + method.iterations;
            for point in [Some(method.point(model)), method.kept.take()].into_iter().flatten() {
                let point = match &self.smaller {
                    Some(smaller) => smaller.restore(self.model, point),
                    None => point,
                };
                let (point, measures) = self.judged(point);
                if self.best.as_ref().is_none_or(|(_, best)| worst(&measures) < worst(best)) {
                    self.best = Some((point, measures));
                }
                if worst(&measures) <= self.options.tolerance {
                    return Ok(End::Converged);
                }
            }
            if end != End::Converged {
                return Ok(end);
            }
            tolerances = (0.1 * tolerances.0, (0.1 * tolerances.0).min(tolerances.1));
        }
        Ok(End::Stalled)
    }

    /// A point with its measures; with the reduced costs that its duals imply where those are better.
    fn judged(&self, point: Point) -> (Point, Measures) {
        let measures = measure(self.model, &point, &self.threads);
        if worst(&measures) <= self.options.tolerance {
            return (point, measures);
        }
        let mut implied = point.clone();
        implied.reduced_costs = gradient(self.model, &point.row_duals);
        for (column, reduced) in self.model.columns.iter().zip(&mut implied.reduced_costs) {
            for (at, z) in reduced.iter_mut().enumerate() {
                let bound = if *z > 0.0 { column.lower.at(at) } else { column.upper.at(at) };
                if bound.is_infinite() {
                    *z = 0.0;
                }
            }
        }
        let better = measure(self.model, &implied, &self.threads);
        if worst(&better) < worst(&measures) { (implied, better) } else { (point, measures) }
    }
}

/// Whether a guess has a multiplier for every row and a value for every column.
fn fits(model: &Model, start: &Point) -> bool {
    start.row_duals.len() == model.rows.len()
        && start.columns.len() == model.columns.len()
        && model.rows.iter().zip(&start.row_duals).all(|(row, duals)| {
            duals.len() == model.count(row.extent) && duals.iter().all(|y| y.is_finite())
        })
        && model
            .columns
            .iter()
            .zip(&start.columns)
            .all(|(column, x)| x.len() == model.count(column.extent))
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

/// Whether what is asked for can be met at all.
fn sensible(options: &Options) -> Result<(), String> {
    let Options { tolerance, aim, seconds, .. } = *options;
    if tolerance.is_nan() || tolerance < 0.0 || aim.is_nan() || seconds.is_nan() {
        return Err(format!(
            "tolerance {tolerance}, aim {aim} and seconds {seconds} must be numbers, the first not below 0"
        ));
    }
    Ok(())
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
            return Err(format!(
                "division {at} of time does not number spans of all stages in order"
            ));
        }
    }
    let missing = |extent: Extent| match extent {
        Extent::Span(spans) if spans >= model.spans.len() => {
            Some(format!("division {spans} of time, which is not there"))
        }
        _ => None,
    };
    for (at, column) in model.columns.iter().enumerate() {
        if let Some(division) = missing(column.extent) {
            return Err(format!("column {at} has a value for each span of {division}"));
        }
        let lists = [&column.lower, &column.upper, &column.cost];
        if lists.iter().any(|v| !length(v, column.extent)) {
            return Err(format!("column {at} has a list of another length than its places"));
        }
        if lists.into_iter().any(number) || !column.cost.all(f64::is_finite) {
            return Err(format!("column {at} has a bound or cost that is no number"));
        }
    }
    for (at, row) in model.rows.iter().enumerate() {
        if let Some(division) = missing(row.extent) {
            return Err(format!("row {at} holds for each span of {division}"));
        }
        let sides = [&row.lower, &row.upper];
        if sides.iter().any(|v| !length(v, row.extent)) {
            return Err(format!("row {at} has a list of another length than its places"));
        }
        if sides.into_iter().any(number) {
            return Err(format!("row {at} has a bound that is no number"));
        }
        for term in &row.terms {
            let Some(column) = model.columns.get(term.column) else {
                return Err(format!(
                    "row {at} has a term of column {}, which is not there",
                    term.column
                ));
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
    let crosses = |l: f64, u: f64| {
        l > u + 1e-9 * (1.0 + l.abs().min(u.abs())) || l == f64::INFINITY || u == f64::NEG_INFINITY
    };
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
