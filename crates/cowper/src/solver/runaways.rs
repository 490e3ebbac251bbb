//! Why cost falls without end: the variables that grow so.

use std::ops::ControlFlow;

use super::{Certificate, Limits, Solver, solve};
use crate::problem::Problem;

/// The variables that grow without end in an unbounded problem: component and name. A certificate
/// names them; without one they are those that run into far bounds.
pub fn runaways(problem: &Problem, certificate: Option<&Certificate>) -> Vec<(String, String)> {
    let grows = match certificate {
        Some(Certificate::Direction(direction)) => along(direction),
        _ => to_far_bounds(problem),
    };
    problem
        .variables
        .iter()
        .zip(grows)
        .filter(|(_, grows)| *grows)
        .map(|(block, _)| (block.component.clone(), block.name.clone()))
        .collect()
}

/// Whether each variable changes along a direction, rounding apart.
fn along(direction: &[Vec<f64>]) -> Vec<bool> {
    const ROUNDING: f64 = 1e-6;
    let greatest =
        |values: &Vec<f64>| values.iter().fold(0.0, |most: f64, v: &f64| most.max(v.abs()));
    let most = direction.iter().map(greatest).fold(0.0, f64::max);
    direction.iter().map(|values| greatest(values) > ROUNDING * most).collect()
}

/// Whether each variable grows as far as it may where all may grow far.
fn to_far_bounds(problem: &Problem) -> Vec<bool> {
    const FAR: f64 = 1e7;
    let mut boxed = problem.clone();
    for variable in &mut boxed.variables {
        variable.upper = variable.upper.map(|u| if u == f64::INFINITY { FAR } else { u });
        variable.lower = variable.lower.map(|l| if l == f64::NEG_INFINITY { -FAR } else { l });
    }
    // A corner, so that what need not grow does not.
    let limits = Limits { solver: Some(Solver::Highs), ..Limits::default() };
    let solution = solve(&boxed, limits, &mut |_| ControlFlow::Continue(()));
    let Some(point) = solution.point else { return Vec::new() };
    point.values.iter().map(|values| values.iter().any(|v| v.abs() > 0.99 * FAR)).collect()
}
