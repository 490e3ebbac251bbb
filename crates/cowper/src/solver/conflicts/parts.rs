//! A problem in parts that share no limit, each a problem of its own without a cost.

use std::ops::ControlFlow;

use super::{Contradiction, Limit, Time, What, change};
use crate::problem::{Extent, OrderedCurve, Problem, RowBlock, Term, Values, VariableId};
use crate::solver::{Certificate, Limits, Status, solve_as_it_stands};

/// A part of a problem.
pub(super) struct Part {
    pub problem: Problem,
    /// The number of each row block in the whole.
    rows: Vec<usize>,
    /// The number of each variable block in the whole.
    variables: Vec<u32>,
}

/// The parts of a problem, those first that a certificate names most.
///
/// What a row of its own slack can always keep, such as a balance whose shortage and surplus have a
/// price, joins nothing and is left out.
pub(super) fn in_order_of_suspicion(
    problem: &Problem,
    certificate: Option<&Certificate>,
) -> Vec<Part> {
    let mut parts: Vec<(f64, Part)> = row_sets(problem)
        .into_iter()
        .map(|rows| {
            let suspicion = rows.iter().map(|row| weight(certificate, *row)).fold(0.0, f64::max);
            (suspicion, Part::new(problem, rows))
        })
        .collect();
    // The order of the problem where nothing is known.
    parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    parts.into_iter().map(|(_, part)| part).collect()
}

/// The greatest multiplier of a row block.
fn weight(certificate: Option<&Certificate>, row: usize) -> f64 {
    let Some(Certificate::Contradiction { rows, .. }) = certificate else { return 0.0 };
    rows.get(row).map_or(0.0, |all| all.iter().fold(0.0, |most: f64, y| most.max(y.abs())))
}

/// The row blocks that hang together through variables, without those that can always be kept.
fn row_sets(problem: &Problem) -> Vec<Vec<usize>> {
    let mut is_left: Vec<bool> = vec![true; problem.rows.len()];
    loop {
        let mut uses = vec![0; problem.variables.len()];
        let rows = problem.rows.iter().zip(&is_left).filter(|(_, is_left)| **is_left);
        for term in rows.flat_map(|(row, _)| &row.terms) {
            uses[term.variable.0 as usize] += 1;
        }
        let mut is_same = true;
        for (row, is_left) in problem.rows.iter().zip(&mut is_left).filter(|(_, left)| **left) {
            if can_always_be_kept(problem, row, &uses) {
                (*is_left, is_same) = (false, false);
            }
        }
        if is_same {
            break;
        }
    }
    let mut sets: Vec<(Vec<usize>, Vec<u32>)> = Vec::new();
    for (block, row) in problem.rows.iter().enumerate().filter(|(block, _)| is_left[*block]) {
        let own: Vec<u32> = row.terms.iter().map(|t| t.variable.0).collect();
        let shares = |set: &(Vec<usize>, Vec<u32>)| own.iter().any(|v| set.1.contains(v));
        let (joined, apart): (Vec<_>, Vec<_>) = sets.into_iter().partition(shares);
        sets = apart;
        let (mut rows, mut variables) = (vec![block], own.clone());
        for (more_rows, more_variables) in joined {
            rows.extend(more_rows);
            variables.extend(more_variables);
        }
        rows.sort_unstable();
        variables.sort_unstable();
        variables.dedup();
        sets.push((rows, variables));
    }
    let mut rows: Vec<Vec<usize>> = sets.into_iter().map(|(rows, _)| rows).collect();
    rows.sort();
    rows
}

/// Whether variables of this row alone can bring it to where it has to be, whatever the others are.
fn can_always_be_kept(problem: &Problem, row: &RowBlock, uses: &[usize]) -> bool {
    let can_go = |up: bool| {
        row.terms.iter().any(|term| {
            let variable = &problem.variables[term.variable.0 as usize];
            let is_own = uses[term.variable.0 as usize] == 1
                && term.back == 0
                && !variable.integer
                && (variable.extent == row.extent || variable.extent == Extent::Step);
            let (above, below) = (
                variable.upper.all(|u| u == f64::INFINITY),
                variable.lower.all(|l| l == f64::NEG_INFINITY),
            );
            let rises = term.coefficient.all(|c| c > 0.0) && (if up { above } else { below });
            let falls = term.coefficient.all(|c| c < 0.0) && (if up { below } else { above });
            is_own && (rises || falls)
        })
    };
    (row.lower.all(|l| l == f64::NEG_INFINITY) || can_go(true))
        && (row.upper.all(|u| u == f64::INFINITY) || can_go(false))
}

impl Part {
    fn new(whole: &Problem, rows: Vec<usize>) -> Self {
        let mut variables: Vec<u32> =
            rows.iter().flat_map(|r| &whole.rows[*r].terms).map(|t| t.variable.0).collect();
        variables.sort_unstable();
        variables.dedup();
        let own =
            |id: VariableId| variables.binary_search(&id.0).ok().map(|i| VariableId(i as u32));
        let problem = Problem {
            steps: whole.steps,
            partitions: whole.partitions.clone(),
            variables: variables
                .iter()
                .map(|v| {
                    let mut block = whole.variables[*v as usize].clone();
                    block.cost = Values::Constant(0.0);
                    block
                })
                .collect(),
            rows: rows
                .iter()
                .map(|r| {
                    let mut block = whole.rows[*r].clone();
                    let terms = block.terms.into_iter();
                    block.terms = terms
                        .filter_map(|t| Some(Term { variable: own(t.variable)?, ..t }))
                        .collect();
                    block
                })
                .collect(),
            ordered: Vec::<OrderedCurve>::new(),
            fixed_cost: 0.0,
        };
        Part { problem, rows, variables }
    }

    /// The same contradiction in the numbers of the whole problem.
    fn in_the_whole(&self, contradiction: &Contradiction) -> Contradiction {
        let limits = contradiction.limits.iter().map(|limit| {
            let variable = |id: VariableId| VariableId(self.variables[id.0 as usize]);
            let what = match limit.what {
                What::Least(id) => What::Least(variable(id)),
                What::Greatest(id) => What::Greatest(variable(id)),
                What::Start(id) => What::Start(variable(id)),
                What::AtLeast(row) => What::AtLeast(self.rows[row]),
                What::AtMost(row) => What::AtMost(self.rows[row]),
                What::Equal(row) => What::Equal(self.rows[row]),
            };
            Limit { what, ..limit.clone() }
        });
        Contradiction { limits: limits.collect(), ..contradiction.clone() }
    }

    /// What a certificate of the whole problem says of this part: it has its share in each.
    pub fn share_of(&self, certificate: Option<&Certificate>) -> Option<Certificate> {
        let Certificate::Contradiction { rows, variables } = certificate? else { return None };
        Some(Certificate::Contradiction {
            rows: self.rows.iter().map(|row| rows.get(*row).cloned().unwrap_or_default()).collect(),
            variables: self
                .variables
                .iter()
                .map(|v| variables.get(*v as usize).cloned().unwrap_or_default())
                .collect(),
        })
    }

    /// Contradictions in the numbers of the whole problem, with the changes that would do beside the
    /// other limits of the part: these may ask for more than the proof does, or for what cannot be.
    pub fn with_what_would_do(
        &self,
        mut found: Vec<Contradiction>,
        time: &mut Time,
    ) -> Vec<Contradiction> {
        for index in 0..found.len() {
            let mut others_apart = self.problem.clone();
            for (_, other) in found.iter().enumerate().filter(|(other, _)| *other != index) {
                give_up(&mut others_apart, other);
            }
            let this = found[index].clone();
            if !this.is_smallest {
                continue;
            }
            for limit in &mut found[index].limits {
                limit.change = change::least(&others_apart, &this, limit, time);
            }
        }
        found.iter().map(|contradiction| self.in_the_whole(contradiction)).collect()
    }
}

/// Leaves out the limits of a contradiction at all times, to look for others beside it.
pub(super) fn give_up(problem: &mut Problem, contradiction: &Contradiction) {
    for limit in &contradiction.limits {
        leave_out(problem, limit.what);
    }
}

/// Takes a limit off a problem, at all times.
pub(super) fn leave_out(problem: &mut Problem, what: What) {
    let (none_below, none_above) =
        (Values::Constant(f64::NEG_INFINITY), Values::Constant(f64::INFINITY));
    match what {
        What::Least(id) => problem.variables[id.0 as usize].lower = none_below,
        What::Greatest(id) => problem.variables[id.0 as usize].upper = none_above,
        What::AtLeast(row) => problem.rows[row].lower = none_below,
        What::AtMost(row) => problem.rows[row].upper = none_above,
        What::Equal(row) => {
            (problem.rows[row].lower, problem.rows[row].upper) = (none_below, none_above);
        }
        // It is part of a row that is left out with it.
        What::Start(_) => {}
    }
}

/// What is known of whether all limits can be kept.
pub(super) enum Possible {
    /// They can.
    Yes,
    /// They cannot, with a proof if the method gives one.
    No(Option<Certificate>),
    /// The time was over, or the numbers could not be trusted.
    Unknown,
}

/// Whether all limits of a problem can be kept.
pub(super) fn possible(problem: &Problem, limits: Limits, time: &mut Time) -> Possible {
    if problem.variables.iter().all(|v| problem.count(v.extent) == 0) {
        let keeps = |row: &RowBlock| row.lower.all(|l| l <= 0.0) && row.upper.all(|u| u >= 0.0);
        return if problem.rows.iter().all(keeps) { Possible::Yes } else { Possible::No(None) };
    }
    let watch = &mut |_| ControlFlow::Continue(());
    let (solution, seconds) = solve_as_it_stands(problem, None, limits, watch);
    time.takes(seconds);
    match solution.status {
        Status::Optimal | Status::Feasible => Possible::Yes,
        Status::Infeasible => Possible::No(solution.certificate),
        _ => Possible::Unknown,
    }
}

/// Whether it is certain that not all limits of a problem can be kept.
pub(super) fn is_impossible(problem: &Problem, time: &mut Time) -> bool {
    matches!(possible(problem, time.limits(), time), Possible::No(_))
}
