//! Duals are what they say: the change of the objective for one more unit, and 0 where there is
//! room.

mod common;

use std::ops::ControlFlow;

use common::check;
use common::draw::Draw;
use common::highs;
use common::judge::{measured, same};
use common::matrix::Matrix;
use common::random::{Class, case, energy};
use common::write::{set_column, set_row};
use staircase::{Model, Options, Status, solve};

/// A bound that is moved: of which row or column, and which of its two.
#[derive(Debug, Clone, Copy)]
enum Bound {
    Row(usize, usize, Side),
    Column(usize, usize, Side),
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Lower,
    Upper,
    Both,
}

/// The change of the least cost for each unit that a bound is moved: down by a bit, and up by one.
/// Infinite where that leaves no point.
fn slopes(model: &Model, bound: Bound, by: f64, cost: f64) -> (f64, f64) {
    let at = |by: f64| {
        let mut moved = model.clone();
        let pair = |lower: f64, upper: f64, side: Side| match side {
            Side::Lower => (lower + by, upper),
            Side::Upper => (lower, upper + by),
            Side::Both => (lower + by, upper + by),
        };
        match bound {
            Bound::Row(block, place, side) => {
                let row = &model.rows[block];
                let bounds = pair(row.lower.at(place), row.upper.at(place), side);
                set_row(&mut moved, block, place, bounds);
            }
            Bound::Column(block, place, side) => {
                let column = &model.columns[block];
                let bounds = pair(column.lower.at(place), column.upper.at(place), side);
                set_column(&mut moved, block, place, bounds);
            }
        }
        let verdict = highs::solve(&moved);
        match verdict.status {
            highs::Status::Optimal => verdict.objective,
            _ => f64::INFINITY,
        }
    };
    ((cost - at(-by)) / by, (at(by) - cost) / by)
}

/// The bounds that a dual may price, each with its part of the dual.
fn bounds(lower: f64, upper: f64, dual: f64) -> Vec<(Side, f64)> {
    if lower == upper {
        return vec![(Side::Both, dual)];
    }
    let mut bounds = Vec::new();
    if lower.is_finite() {
        bounds.push((Side::Lower, dual.max(0.0)));
    }
    if upper.is_finite() {
        bounds.push((Side::Upper, dual.min(0.0)));
    }
    bounds
}

/// Proves: every dual lies between what moving its bound down and up changes, and is that change
/// where both are the same. The least cost is convex in each bound, so this holds for any distance.
/// Sensitivity: a wrong sign, or a dual lost on the way back from a smaller problem.
#[test]
fn duals_are_differences_of_the_objective() {
    const BY: f64 = 1e-3;
    let classes =
        [Class::Boxed, Class::Open, Class::Border, Class::Ring, Class::Far, Class::Energy];
    let (mut problems, mut sharp, mut failures) = (0, 0, Vec::new());
    for number in 0..400 {
        let case = case(number);
        let matrix = Matrix::of(&case.model);
        if !classes.contains(&case.class) || matrix.rows.len() > 60 {
            continue;
        }
        problems += 1;
        let model = &case.model;
        let options = Options { presolve: number % 2 == 0, ..Options::default() };
        let solution = solve(model, &options, None, &mut |_| ControlFlow::Continue(()));
        let (point, _) = match measured(model, &options, &solution) {
            Ok(found) if solution.status == Status::Optimal => found,
            other => {
                failures.push(format!("{number}: {:?}, {:?}", solution.status, other.err()));
                continue;
            }
        };
        let draw = &mut Draw::new(number);
        let cost = highs::solve(model).objective;
        for _ in 0..12 {
            let (lower, upper, dual, row) = if draw.chance(0.6) && !matrix.rows.is_empty() {
                let row = draw.count(0, matrix.rows.len() - 1);
                let (block, place) = matrix.rows[row];
                let dual = point.row_duals[block][place];
                (matrix.row_lower[row], matrix.row_upper[row], dual, Ok((block, place)))
            } else {
                let column = draw.count(0, matrix.columns.len() - 1);
                let (block, place) = matrix.columns[column];
                let dual = point.reduced_costs[block][place];
                (matrix.lower[column], matrix.upper[column], dual, Err((block, place)))
            };
            for (side, dual) in bounds(lower, upper, dual) {
                let bound = match row {
                    Ok((block, place)) => Bound::Row(block, place, side),
                    Err((block, place)) => Bound::Column(block, place, side),
                };
                let (down, up) = slopes(model, bound, BY, cost);
                let hair = 1e-5 * (1.0 + dual.abs()) + 1e-11 * (1.0 + cost.abs()) / BY;
                if dual < down - hair || dual > up + hair {
                    failures.push(format!(
                        "{number} {:?} {bound:?}: {dual} is not between {down} and {up}",
                        case.class
                    ));
                }
                sharp += usize::from(up - down < hair && dual.abs() > 0.01);
            }
        }
    }
    println!("{problems} problems, {sharp} duals that have only one value");
    assert!(failures.is_empty(), "{} fail:\n{}", failures.len(), failures.join("\n"));
    assert!(sharp > 200, "only {sharp}");
}

/// Proves: on sites of hundreds of stages a dual is 0 where its bound is not met: no product of the
/// two is more than the gap allows.
/// Sensitivity: duals of another vertex, or of the last stages given to the first.
#[test]
fn a_bound_that_is_not_met_has_no_price() {
    for seed in 0..6 {
        let model = energy(&mut Draw::new(seed), 400);
        let options = Options::default();
        let solution = solve(&model, &options, None, &mut |_| ControlFlow::Continue(()));
        assert_eq!(solution.status, Status::Optimal, "{seed}");
        let (point, measures) = measured(&model, &options, &solution).unwrap();
        let theirs = highs::solve(&model).objective;
        assert!(same(theirs, measures.objective), "{seed}: {} is not {theirs}", measures.objective);
        let most = 3.0 * options.tolerance * (1.0 + measures.objective.abs());
        let worst = check::slackness(&model, point);
        assert!(worst <= most, "{seed}: {worst} is more than {most}");
    }
}
