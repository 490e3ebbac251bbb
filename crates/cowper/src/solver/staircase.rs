//! Linear problems for `staircase`: the same blocks in its words, and its point back in ours.
//!
//! The only file that names its interface. What it cannot take or bring to an end says why.

use staircase::{Column, Measures, Model, Options, Row, Spans};

use super::{
    Attempt, Certificate, Found, Guess, Limits, Progress, Status, TOLERANCE, Watch, violation,
};
use crate::problem::{Before, Extent, Problem, RowBlock, Term, Values, VariableBlock};

/// The version of staircase: that of the workspace.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Solves a linear problem, from a guess if there is one.
pub(super) fn solve(
    problem: &Problem,
    guess: Option<Guess>,
    limits: Limits,
    watch: &mut Watch,
) -> Attempt {
    let model = model(problem);
    let start = guess.map(|Guess { values: columns, row_duals, steps }| {
        let point = staircase::Point { columns, row_duals, reduced_costs: Vec::new() };
        point.moved_on(&model, steps)
    });
    let options =
        Options { seconds: limits.seconds, threads: limits.threads, ..Options::default() };
    let mut seconds = 0.0;
    let solution =
        staircase::solve(&model, &options, start.as_ref(), &mut |p: &staircase::Progress| {
            seconds = p.seconds;
            watch(Progress {
                seconds: p.seconds,
                iterations: p.iteration as i64,
                objective: p.objective + problem.fixed_cost,
                gap: Some(p.gap),
                unkept: Some(p.primal),
            })
        });
    let (status, trouble) = match solution.status {
        staircase::Status::Optimal => (Status::Optimal, None),
        staircase::Status::Infeasible => (Status::Infeasible, None),
        staircase::Status::Unbounded => (Status::Unbounded, None),
        staircase::Status::TimeLimit => (Status::TimeLimit, None),
        staircase::Status::Stopped => (Status::Feasible, None),
        staircase::Status::IterationLimit => (Status::Numerical, Some("its iterations ran out")),
        staircase::Status::Numerical => {
            (Status::Numerical, Some("it came to no end in double precision"))
        }
        staircase::Status::Unsuited => (Status::Unsuited, Some("the problem does not fit it")),
    };
    let trouble = match (trouble, solution.reason) {
        (Some(trouble), Some(reason)) => Some(format!("{trouble}: {reason}")),
        (trouble, _) => trouble.map(str::to_owned),
    };
    let found = match (solution.point, solution.measures) {
        (Some(point), Some(measures)) => {
            let values = on_their_bounds(problem, point.columns);
            let mut found = Found {
                objective: cost(problem, &values),
                bound: problem.fixed_cost + bound(&measures, status, options.tolerance),
                values,
                row_duals: point.row_duals,
                column_duals: point.reduced_costs,
            };
            nothing_where_there_is_room(problem, &mut found);
            Some(found)
        }
        _ => None,
    };
    let certificate = solution.certificate.and_then(|certificate| match certificate {
        staircase::Certificate::Infeasible(point) => Some(Certificate::Contradiction {
            rows: point.row_duals,
            variables: point.reduced_costs,
        }),
        staircase::Certificate::Unbounded(point) => Some(Certificate::Direction(point.columns)),
        // Bounds that cross need no multipliers.
        staircase::Certificate::CrossedColumn { .. }
        | staircase::Certificate::CrossedRow { .. } => None,
    });
    let iterations = solution.iterations as i64;
    Attempt { status, found, iterations, seconds, trouble, certificate }
}

/// The least cost that is not ruled out: what the duals prove, if they keep their own limits.
fn bound(measures: &Measures, status: Status, tolerance: f64) -> f64 {
    if status == Status::Optimal || measures.dual <= tolerance {
        measures.dual_objective
    } else {
        f64::NEG_INFINITY
    }
}

/// Interior points end a hair's breadth from the bounds they run into: values that near are put there.
/// What is a hair depends on what a variable is weighed against in its rows.
fn on_their_bounds(problem: &Problem, values: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    const NEAR: f64 = 1e-9;
    let sizes = sizes(problem, &values);
    let mut tidy = values.clone();
    for ((variable, values), size) in problem.variables.iter().zip(&mut tidy).zip(sizes) {
        let near = NEAR * size.max(1.0);
        for (at, value) in values.iter_mut().enumerate() {
            for bound in [variable.lower.at(at), variable.upper.at(at)] {
                if (*value - bound).abs() <= near {
                    *value = bound;
                }
            }
        }
    }
    if violation(problem, &tidy) <= TOLERANCE { tidy } else { values }
}

/// How great each variable is, or could be by what stands beside it in all of its rows: a vent that is
/// never open is weighed against the steam there is.
fn sizes(problem: &Problem, values: &[Vec<f64>]) -> Vec<f64> {
    let greatest =
        |values: &Vec<f64>| values.iter().fold(0.0, |most: f64, v: &f64| most.max(v.abs()));
    let own: Vec<f64> = values.iter().map(greatest).collect();
    let mut beside = vec![f64::INFINITY; own.len()];
    for row in &problem.rows {
        let coefficient = |term: &Term| {
            let (least, most) = (term.coefficient.least(), term.coefficient.greatest());
            least.abs().max(most.abs())
        };
        let part = |term: &Term| coefficient(term) * own[term.variable.0 as usize];
        let most = row.terms.iter().map(part).fold(0.0, f64::max);
        for term in row.terms.iter().filter(|term| coefficient(term) > 0.0) {
            let beside = &mut beside[term.variable.0 as usize];
            *beside = beside.min(most / coefficient(term));
        }
    }
    let larger = |(own, beside): (f64, f64)| if beside.is_finite() { own.max(beside) } else { own };
    own.into_iter().zip(beside).map(larger).collect()
}

/// A limit that is not met is worth nothing: what an interior point leaves there is rounding.
fn nothing_where_there_is_room(problem: &Problem, found: &mut Found) {
    let most = NOTHING * (1.0 + found.objective.abs());
    let sweep = |dual: &mut f64, value: f64, lower: f64, upper: f64| {
        let room = if *dual > 0.0 { value - lower } else { upper - value };
        if room > ROOM * (1.0 + value.abs()) && room * dual.abs() <= most {
            *dual = 0.0;
        }
    };
    for (block, variable) in problem.variables.iter().enumerate() {
        for (at, dual) in found.column_duals[block].iter_mut().enumerate() {
            let value = found.values[block][at];
            sweep(dual, value, variable.lower.at(at), variable.upper.at(at));
        }
    }
    let unequal = |(_, row): &(usize, &RowBlock)| row.lower != row.upper;
    for (block, row) in problem.rows.iter().enumerate().filter(unequal) {
        let activity = problem.activity(row, &found.values);
        for (at, dual) in found.row_duals[block].iter_mut().enumerate() {
            sweep(dual, activity[at], row.lower.at(at), row.upper.at(at));
        }
    }
}

/// Farther from a limit than this share of a value there is room.
const ROOM: f64 = 1e-6;

/// The share of the objective that room times its worth may come to: well above the gap of an optimum.
const NOTHING: f64 = 1e-6;

fn cost(problem: &Problem, values: &[Vec<f64>]) -> f64 {
    let of_block = |(variable, values): (&VariableBlock, &Vec<f64>)| -> f64 {
        values.iter().enumerate().map(|(at, value)| variable.cost.at(at) * value).sum()
    };
    problem.fixed_cost + problem.variables.iter().zip(values).map(of_block).sum::<f64>()
}

/// A problem in the words of staircase: steps are stages, groups are spans. Its cost goes without the
/// fixed one.
pub fn model(problem: &Problem) -> Model {
    Model {
        stages: problem.steps,
        spans: problem
            .partitions
            .iter()
            .map(|p| Spans { of_stage: p.of_step.as_slice().into() })
            .collect(),
        columns: problem.variables.iter().map(column).collect(),
        rows: problem.rows.iter().map(|r| row(problem, r)).collect(),
    }
}

fn column(variable: &VariableBlock) -> Column {
    Column {
        lower: values(&variable.lower),
        upper: values(&variable.upper),
        cost: values(&variable.cost),
        extent: extent(variable.extent),
    }
}

fn row(problem: &Problem, row: &RowBlock) -> Row {
    let known = known_before(problem, row);
    let side = |limit: &Values| match &known {
        Some(known) => values(&limit.zip(known, |limit, known| limit - known)),
        None => values(limit),
    };
    let lower = side(&row.lower);
    let upper = if row.lower == row.upper { lower.clone() } else { side(&row.upper) };
    let terms = row.terms.iter().map(|t| term(problem, row.extent, t)).collect();
    Row { terms, lower, upper, extent: extent(row.extent) }
}

/// What the known values before the first step come to in the row of each step; none where no term
/// finds any.
fn known_before(problem: &Problem, row: &RowBlock) -> Option<Values> {
    if row.extent != Extent::Step {
        return None;
    }
    let mut sums: Vec<f64> = Vec::new();
    for term in row.terms.iter().filter(|t| is_known(problem, t)) {
        sums.resize(problem.steps, 0.0);
        for (step, sum) in sums.iter_mut().enumerate().take(term.back as usize) {
            *sum += term.coefficient.at(step) * term.known_before(step).unwrap_or(0.0);
        }
    }
    (!sums.is_empty()).then(|| Values::Series(sums.into()))
}

fn is_known(problem: &Problem, term: &Term) -> bool {
    let is_per_step = problem.variables[term.variable.0 as usize].extent == Extent::Step;
    is_per_step && term.back > 0 && term.known_before(0).is_some()
}

/// A term in the words of staircase.
fn term(problem: &Problem, of_row: Extent, term: &Term) -> staircase::Term {
    let in_words = |coefficient, before| staircase::Term {
        column: term.variable.0 as usize,
        coefficient,
        back: term.back,
        before,
    };
    let coefficient = values(&term.coefficient);
    if problem.variables[term.variable.0 as usize].extent != Extent::Step {
        return staircase::Term { back: 0, ..in_words(coefficient, staircase::Before::Nothing) };
    }
    if term.back > 0 && term.before == Before::Wrap {
        return in_words(coefficient, staircase::Before::Wrap);
    }
    let before = if of_row == Extent::Step && is_known(problem, term) {
        // What is known there stands in the bounds.
        staircase::Before::Nought
    } else {
        staircase::Before::Nothing
    };
    in_words(coefficient, before)
}

fn extent(extent: Extent) -> staircase::Extent {
    match extent {
        Extent::Step => staircase::Extent::Stage,
        Extent::Group(partition) => staircase::Extent::Span(partition),
    }
}

/// The same numbers: a series is shared, not copied.
fn values(values: &Values) -> staircase::Values {
    match values {
        Values::Constant(value) => staircase::Values::Constant(*value),
        Values::Series(series) => staircase::Values::Series(series.clone()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::compile::compile;
    use crate::testing::read;

    /// Each row of a problem by block and place: its entries that are not nought, and its bounds.
    type Rows = BTreeMap<(usize, usize), (BTreeMap<usize, f64>, [f64; 2])>;

    fn in_our_words(problem: &Problem) -> Rows {
        let (matrix, layout) = (problem.matrix(), problem.row_layout());
        let mut rows = Rows::new();
        for (block, row) in problem.rows.iter().enumerate() {
            for at in 0..problem.count(row.extent) {
                let index = layout.index(block, at);
                let of_row = matrix.starts[index] as usize..matrix.starts[index + 1] as usize;
                let entries: BTreeMap<usize, f64> = of_row
                    .map(|e| (matrix.columns[e] as usize, matrix.values[e]))
                    .filter(|(_, value)| *value != 0.0)
                    .collect();
                let bounds = [matrix.row_lower[index], matrix.row_upper[index]];
                // A row that does not exist is kept free there.
                if bounds != [f64::NEG_INFINITY, f64::INFINITY] {
                    rows.insert((block, at), (entries, bounds));
                }
            }
        }
        rows
    }

    fn in_the_words_of_staircase(problem: &Problem) -> Rows {
        let (model, layout) = (model(problem), problem.column_layout());
        let mut rows = Rows::new();
        for (block, row) in model.rows.iter().enumerate() {
            for at in (0..model.count(row.extent)).filter(|at| model.exists(row, *at)) {
                let bounds = [row.lower.at(at), row.upper.at(at)];
                if bounds != [f64::NEG_INFINITY, f64::INFINITY] {
                    rows.insert((block, at), (BTreeMap::new(), bounds));
                }
            }
            model.entries(row, |at, column, place, value| {
                if let Some((entries, _)) = rows.get_mut(&(block, at)) {
                    *entries.entry(layout.index(column, place)).or_default() += value;
                }
            });
        }
        for (entries, _) in rows.values_mut() {
            entries.retain(|_, value| *value != 0.0);
        }
        rows
    }

    const SITE: &str = r#"
        [site]
        name = "test"
        [horizon]
        start = "2025-01-01T00:00"
        end = "2025-01-01T06:00"
        step = "1 h"
        [carrier.gas]
        measure = "energy"
        [carrier.heat]
        measure = "energy"
        [carrier.electricity]
        measure = "energy"
        [series.price]
        unit = "EUR/MWh"
        values = [20, 100, 20, 100, 40, 60]
        [fuel_supply.pipeline]
        carrier = "gas"
        price = "30 EUR/MWh"
        [boiler.must]
        steam = "heat"
        capacity = "80 MW"
        efficiency = { gas = 0.9 }
        must_run = true
        minimum_load = "25 %"
        ramp_up = "20 %/h"
        ramp_down = "30 %/h"
        [boiler.can]
        steam = "heat"
        capacity = "50 MW"
        efficiency = { gas = 0.8 }
        minimum_load = "40 %"
        minimum_up = "3 h"
        minimum_down = "9 h"
        [state.must]
        output = "45 MW"
        [state.can]
        on = true
        since = "1 h"
        [demand.town]
        carrier = "heat"
        amount = "60 MW"
        shiftable = "20 %"
        shift_window = "4 h"
        [grid_connection.grid]
        import_price = "price"
        demand_charge = "9 EUR/kW/month"
        demand_window = "2 h"
        [battery.known]
        power = "5 MW"
        capacity = "20 MWh"
        [battery.ring]
        power = "5 MW"
        capacity = "20 MWh"
        end = "cyclic"
        [demand.load]
        carrier = "electricity"
        amount = "10 MW"
    "#;

    /// Proves: a value a hair's breadth off its bound is on it, another stays, and so do the limits.
    /// Sensitivity: nothing snapped would print crumbs, all that is near snapped would move flows.
    #[test]
    fn crumbs_are_swept_to_their_bounds() {
        let site = read(SITE);
        let problem = compile(&site, &site.horizon).unwrap().problem;
        let level = problem.variables.iter().find(|v| v.component == "known" && v.name == "level");
        let variables = vec![level.unwrap().clone()];
        let alone = Problem { variables, rows: Vec::new(), ..problem.clone() };
        let values = vec![vec![3e-10, 20.0 - 3e-10, 19.999, 1e-6, 10.0, 20.0]];
        let tidy = on_their_bounds(&alone, values);
        assert_eq!(tidy, [[0.0, 20.0, 19.999, 1e-6, 10.0, 20.0]]);
        // No point of the whole problem keeps its limits here, so nothing is swept.
        let crumbs: Vec<Vec<f64>> =
            problem.variables.iter().map(|v| vec![1e-12; problem.count(v.extent)]).collect();
        assert_eq!(on_their_bounds(&problem, crumbs.clone()), crumbs);
    }

    /// Proves: the blocks say the same in either words: levels from a known start and in a ring, ramps
    /// and minimum times from the state, months' peaks over windows of two hours, shifted demand.
    /// Sensitivity: a start that is lost, or taken off with the wrong sign, gives other bounds.
    #[test]
    fn the_blocks_say_the_same() {
        let site = read(SITE);
        let problem = compile(&site, &site.horizon).unwrap().problem;
        let (ours, theirs) = (in_our_words(&problem), in_the_words_of_staircase(&problem));
        assert_eq!(ours.len(), theirs.len());
        for (place, row) in &ours {
            assert_eq!(Some(row), theirs.get(place), "{}", problem.rows[place.0].name);
        }
        assert!(ours.len() > 80, "{}", ours.len());
    }
}
