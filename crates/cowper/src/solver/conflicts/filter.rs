//! Limits that contradict each other only because numbers are whole: found by leaving out what can be
//! spared (a deletion filter, Chinneck 1991).

use super::parts::{is_impossible, leave_out};
use super::{Contradiction, Limit, Time, What};
use crate::problem::{Extent, Problem, Term, Values, VariableId};

/// A contradiction of which no limit can be spared, as far as the time allows to tell.
pub(super) fn smallest(problem: &Problem, time: &mut Time) -> Contradiction {
    let mut problem = problem.clone();
    let mut kept = Vec::new();
    for what in all(&problem) {
        let mut without = problem.clone();
        leave_out(&mut without, what);
        if is_impossible(&without, time) {
            problem = without;
        } else {
            kept.push(what);
        }
    }
    let (first, last) = stretch(&problem, time);
    let within = |count: usize, is_step: bool| -> Vec<usize> {
        (0..count).filter(|at| !is_step || (first..=last).contains(at)).collect()
    };
    let starts = starts(&problem, &kept, first);
    let limits = kept
        .into_iter()
        .chain(starts)
        .map(|what| {
            let extent = match what {
                What::Least(id) | What::Greatest(id) | What::Start(id) => {
                    problem.variables[id.0 as usize].extent
                }
                What::AtLeast(row) | What::AtMost(row) | What::Equal(row) => {
                    problem.rows[row].extent
                }
            };
            let places = within(problem.count(extent), extent == Extent::Step);
            Limit { what, places, change: None }
        })
        .collect();
    let is_smallest = !time.is_over();
    Contradiction { limits, steps: (first, last), also: Vec::new(), is_smallest }
}

/// Known values before the first step that rows which are kept find at a step.
fn starts(problem: &Problem, kept: &[What], step: usize) -> Vec<What> {
    let mut starts = Vec::new();
    for what in kept {
        let (What::AtLeast(row) | What::AtMost(row) | What::Equal(row)) = what else { continue };
        let row = &problem.rows[*row];
        let reaches_back = |t: &&Term| row.extent == Extent::Step && t.back as usize > step;
        for term in row.terms.iter().filter(reaches_back) {
            let start = What::Start(term.variable);
            if term.known_before(step).is_some() && !starts.contains(&start) {
                starts.push(start);
            }
        }
    }
    starts
}

/// Every limit of a problem that is one at some time. Whole numbers stay between 0 and 1.
fn all(problem: &Problem) -> Vec<What> {
    let mut all = Vec::new();
    for (block, variable) in problem.variables.iter().enumerate() {
        let id = VariableId(block as u32);
        if !variable.integer && !variable.lower.all(|l| l == f64::NEG_INFINITY) {
            all.push(What::Least(id));
        }
        if !variable.integer && !variable.upper.all(|u| u == f64::INFINITY) {
            all.push(What::Greatest(id));
        }
    }
    for (block, row) in problem.rows.iter().enumerate() {
        if row.lower == row.upper {
            all.push(What::Equal(block));
            continue;
        }
        if !row.lower.all(|l| l == f64::NEG_INFINITY) {
            all.push(What::AtLeast(block));
        }
        if !row.upper.all(|u| u == f64::INFINITY) {
            all.push(What::AtMost(block));
        }
    }
    all
}

/// The shortest stretch of steps, found by halving from the end and then from the start, within which
/// the rows of each step alone are a contradiction.
fn stretch(problem: &Problem, time: &mut Time) -> (usize, usize) {
    let last_step = problem.steps.saturating_sub(1);
    if problem.rows.iter().any(|row| row.extent != Extent::Step) {
        return (0, last_step);
    }
    let mut contradicts =
        |first: usize, last: usize| is_impossible(&within(problem, first, last), time);
    let (mut low, mut last) = (0, last_step);
    while low < last {
        let middle = usize::midpoint(low, last);
        if contradicts(0, middle) { last = middle } else { low = middle + 1 }
    }
    let (mut first, mut high) = (0, last);
    while first < high {
        let middle = (first + high).div_ceil(2);
        if contradicts(middle, last) { first = middle } else { high = middle - 1 }
    }
    (first, last)
}

/// The problem with rows at some steps only.
fn within(problem: &Problem, first: usize, last: usize) -> Problem {
    let mut cut = problem.clone();
    let outside = |values: &Values, open: f64| {
        let at = |step: usize| if (first..=last).contains(&step) { values.at(step) } else { open };
        Values::Series((0..problem.steps).map(at).collect())
    };
    for row in &mut cut.rows {
        row.lower = outside(&row.lower, f64::NEG_INFINITY);
        row.upper = outside(&row.upper, f64::INFINITY);
    }
    cut
}
