//! Why a problem has no solution: the limits that contradict each other, and what grows without end.

use std::ops::ControlFlow;

use super::{Limits, solve};
use crate::problem::{Before, Extent, Problem, RowBlock, Term, Values, VariableBlock, VariableId};
use crate::units::Dimension;

/// A limit that cannot be kept, with by how much and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The component, or the empty text for a balance.
    pub component: String,
    /// What the row says.
    pub says: String,
    /// What it is counted in.
    pub dimension: Dimension,
    /// First step or group at which it fails.
    pub at: usize,
    /// Whether `at` is a step.
    pub per_step: bool,
    /// How often it fails.
    pub times: usize,
    /// By how much at that place.
    pub amount: f64,
}

/// The smallest breach of limits that would let the problem be solved: which rows, when, by how much.
pub fn conflicts(problem: &Problem, limits: Limits) -> Vec<Conflict> {
    let elastic = elastic(problem);
    let solution =
        solve(&elastic.problem, Limits { gap: 1e-3, ..limits }, &mut |_| ControlFlow::Continue(()));
    let Some(point) = solution.point else { return Vec::new() };
    let mut found = Vec::new();
    for (row, slack) in elastic.slacks {
        let block = &problem.rows[row];
        let total: Vec<f64> = (0..problem.count(block.extent))
            .map(|t| point.values[slack.0][t] + point.values[slack.1][t])
            .collect();
        let significant = |v: f64| v > 1e-6;
        if let Some(at) = total.iter().position(|v| significant(*v)) {
            found.push(Conflict {
                component: block.component.clone(),
                says: block.name.clone(),
                dimension: block.dimension,
                at,
                per_step: block.extent == Extent::Step,
                times: total.iter().filter(|v| significant(**v)).count(),
                amount: total[at],
            });
        }
    }
    found
}

struct Elastic {
    problem: Problem,
    /// Row block and its two slack blocks.
    slacks: Vec<(usize, (usize, usize))>,
}

/// The problem with a slack on every row and no other cost.
fn elastic(problem: &Problem) -> Elastic {
    let mut relaxed = problem.clone();
    relaxed.fixed_cost = 0.0;
    for variable in &mut relaxed.variables {
        variable.cost = Values::Constant(0.0);
    }
    let mut slacks = Vec::new();
    for (row, block) in problem.rows.iter().enumerate() {
        let mut slack = |sign: f64| {
            let id = relaxed.variables.len();
            relaxed.variables.push(slack_block(block));
            relaxed.rows[row].terms.push(Term {
                variable: VariableId(id as u32),
                coefficient: Values::Constant(sign),
                back: 0,
                before: Before::Nothing,
            });
            id
        };
        slacks.push((row, (slack(1.0), slack(-1.0))));
    }
    Elastic { problem: relaxed, slacks }
}

fn slack_block(row: &RowBlock) -> VariableBlock {
    VariableBlock {
        component: row.component.clone(),
        name: "slack".into(),
        dimension: row.dimension,
        lower: Values::Constant(0.0),
        upper: Values::Constant(f64::INFINITY),
        cost: Values::Constant(1.0),
        integer: false,
        extent: row.extent,
    }
}

/// The variables that grow without end in an unbounded problem: component and name.
pub fn runaways(problem: &Problem) -> Vec<(String, String)> {
    const FAR: f64 = 1e7;
    let mut boxed = problem.clone();
    for variable in &mut boxed.variables {
        variable.upper = variable.upper.map(|u| if u == f64::INFINITY { FAR } else { u });
        variable.lower = variable.lower.map(|l| if l == f64::NEG_INFINITY { -FAR } else { l });
    }
    let solution = solve(&boxed, Limits::default(), &mut |_| ControlFlow::Continue(()));
    let Some(point) = solution.point else { return Vec::new() };
    problem
        .variables
        .iter()
        .zip(&point.values)
        .filter(|(_, values)| values.iter().any(|v| v.abs() > 0.99 * FAR))
        .map(|(block, _)| (block.component.clone(), block.name.clone()))
        .collect()
}
