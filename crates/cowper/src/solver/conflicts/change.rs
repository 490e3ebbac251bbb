//! The least change of one limit with which all others can be kept: a problem of its own.
//!
//! A proof says by how much a limit has to move for that proof to fall; how far it has to for none to
//! stand, with all the other limits as they are, takes a solve.

use std::ops::ControlFlow;

use super::{Contradiction, Limit, Time, What};
use crate::problem::{Before, Extent, Problem, RowBlock, Term, Values, VariableBlock, VariableId};
use crate::solver::{Limits, Solver, Status, solve_as_it_stands};
use crate::time::Partition;
use crate::units::NUMBER;

/// The least change of a limit, the same at all times of a contradiction, with which a problem has a
/// solution; none where no change of it is enough, or in the time none is found.
pub(super) fn least(
    problem: &Problem,
    contradiction: &Contradiction,
    limit: &Limit,
    time: &mut Time,
) -> Option<f64> {
    let direction = match limit.what {
        What::Least(_) | What::AtLeast(_) => -1.0,
        What::Greatest(_) | What::AtMost(_) => 1.0,
        What::Equal(_) | What::Start(_) => limit.change?.signum(),
    };
    let mut relaxed = problem.clone();
    let change = add_change(&mut relaxed);
    let times = times(problem, contradiction, limit);
    let term = |coefficient: f64| {
        let at = |at: usize| if times.get(at).is_some_and(|is| *is) { coefficient } else { 0.0 };
        Term {
            variable: change,
            coefficient: Values::Series((0..times.len()).map(at).collect()),
            back: 0,
            before: Before::Nothing,
        }
    };
    match limit.what {
        // x + change ≥ least, x − change ≤ greatest
        What::Least(id) => relax_bound(&mut relaxed, id, (term(1.0), &times)),
        What::Greatest(id) => relax_bound(&mut relaxed, id, (term(-1.0), &times)),
        What::AtLeast(row) => relaxed.rows[row].terms.push(term(1.0)),
        What::AtMost(row) => relaxed.rows[row].terms.push(term(-1.0)),
        What::Equal(row) => relaxed.rows[row].terms.push(term(-direction)),
        What::Start(id) => relax_start(&mut relaxed, id, change, direction),
    }
    let solver = if problem.has_integers() { None } else { Some(Solver::Staircase) };
    let limits = Limits { gap: 1e-6, solver, ..time.limits() };
    let (solution, seconds) =
        solve_as_it_stands(&relaxed, None, limits, &mut |_| ControlFlow::Continue(()));
    time.takes(seconds);
    let point = solution.point.filter(|_| solution.status == Status::Optimal)?;
    Some(direction * point.values[change.0 as usize][0])
}

/// Adds the change as a variable that is to be small.
fn add_change(problem: &mut Problem) -> VariableId {
    let (name, labels) = ("run".to_owned(), vec!["run".to_owned()]);
    problem.partitions.push(Partition { name, of_step: vec![0; problem.steps], labels });
    problem.variables.push(VariableBlock {
        component: String::new(),
        name: "change".into(),
        dimension: NUMBER,
        lower: Values::Constant(0.0),
        upper: Values::Constant(f64::INFINITY),
        cost: Values::Constant(1.0),
        integer: false,
        extent: Extent::Group(problem.partitions.len() - 1),
    });
    VariableId(problem.variables.len() as u32 - 1)
}

/// Whether a limit changes at each place: where it is part of the contradiction, also at other times,
/// and wherever it has the same figure, which somebody has set once.
fn times(problem: &Problem, contradiction: &Contradiction, limit: &Limit) -> Vec<bool> {
    let (variable, row) =
        (|id: VariableId| &problem.variables[id.0 as usize], |row: usize| &problem.rows[row]);
    let (figures, extent) = match limit.what {
        What::Least(id) | What::Start(id) => (&variable(id).lower, variable(id).extent),
        What::Greatest(id) => (&variable(id).upper, variable(id).extent),
        What::AtLeast(block) | What::Equal(block) => (&row(block).lower, row(block).extent),
        What::AtMost(block) => (&row(block).upper, row(block).extent),
    };
    let mut set: Vec<f64> = limit.places.iter().map(|at| figures.at(*at)).collect();
    set.dedup();
    let mut times: Vec<bool> =
        (0..problem.count(extent)).map(|at| set.contains(&figures.at(at))).collect();
    let (first, _) = contradiction.steps;
    for to in contradiction.also.iter().filter(|_| extent == Extent::Step) {
        for place in &limit.places {
            if let Some(is) = times.get_mut((place + to).wrapping_sub(first)) {
                *is = true;
            }
        }
    }
    times
}

/// Puts a bound into a row with the change at some places.
fn relax_bound(problem: &mut Problem, id: VariableId, (term, times): (Term, &[bool])) {
    let is_least = term.coefficient.greatest() > 0.0;
    let variable = &mut problem.variables[id.0 as usize];
    let (old, open) = if is_least {
        (&mut variable.lower, f64::NEG_INFINITY)
    } else {
        (&mut variable.upper, f64::INFINITY)
    };
    let split = |here: bool| -> Values {
        let at = |at: usize| if times[at] == here { old.at(at) } else { open };
        Values::Series((0..times.len()).map(at).collect())
    };
    let (in_row, as_bound) = (split(true), split(false));
    *old = as_bound;
    let (lower, upper) = if is_least {
        (in_row, Values::Constant(f64::INFINITY))
    } else {
        (Values::Constant(f64::NEG_INFINITY), in_row)
    };
    let own =
        Term { variable: id, coefficient: Values::Constant(1.0), back: 0, before: Before::Nothing };
    let (component, dimension, extent) =
        (variable.component.clone(), variable.dimension, variable.extent);
    let terms = vec![own, term];
    let name = "a limit with its change".into();
    problem.rows.push(RowBlock { component, name, dimension, terms, lower, upper, extent });
}

/// Adds the change to what a variable was before the first step.
fn relax_start(problem: &mut Problem, id: VariableId, change: VariableId, direction: f64) {
    let steps = problem.steps;
    for row in problem.rows.iter_mut().filter(|row| row.extent == Extent::Step) {
        let reaches_back =
            |t: &&Term| t.variable == id && t.back > 0 && t.known_before(0).is_some();
        let terms: Vec<Term> = row
            .terms
            .iter()
            .filter(reaches_back)
            .map(|t| {
                let at = |step: usize| {
                    if step < t.back as usize { direction * t.coefficient.at(step) } else { 0.0 }
                };
                Term {
                    variable: change,
                    coefficient: Values::Series((0..steps).map(at).collect()),
                    back: 0,
                    before: Before::Nothing,
                }
            })
            .collect();
        row.terms.extend(terms);
    }
}
