//! Columns that cost more than their rows can ever pay, or less, rest at a bound.

use super::dual_bounds::DualBounds;
use super::fixed_columns::fix;
use super::places::{holds, is_constant};
use super::work::Work;
use crate::model::{Column, Values};

/// How often bounds of duals are tightened by each other.
const SWEEPS: usize = 2;

/// The least that is more than rounding, relative to the terms of a sum.
const CERTAIN: f64 = 1e-9;

pub(super) fn dominated_columns(work: &mut Work) -> Option<usize> {
    let mut bounds = DualBounds::by_sign(work);
    let found = rest(work, &bounds, resting_by_sign);
    for _ in 0..SWEEPS {
        bounds.tighten(work)?;
    }
    Some(found + rest(work, &bounds, resting))
}

/// Where a column with these bounds goes, given its reduced cost: least, greatest and its size.
type Resting = fn((f64, f64), (f64, f64, f64)) -> f64;

/// By signs alone, a reduced cost of 0 will do: what a column at its bound leaves is better for
/// each of its rows.
fn resting_by_sign((lower, upper): (f64, f64), (least, greatest, _): (f64, f64, f64)) -> f64 {
    if least >= 0.0 && lower.is_finite() {
        lower
    } else if greatest <= 0.0 {
        upper
    } else {
        f64::NAN
    }
}

/// With what columns imply, it must be above or below 0 for certain: then each optimum has the
/// column at its bound, and this also when the column itself implies no more.
fn resting((lower, upper): (f64, f64), (least, greatest, size): (f64, f64, f64)) -> f64 {
    if least > CERTAIN * size {
        lower
    } else if greatest < -CERTAIN * size {
        upper
    } else {
        f64::NAN
    }
}

/// Fixes each column that rests at every place.
fn rest(work: &mut Work, bounds: &DualBounds, resting: Resting) -> usize {
    let mut found = 0;
    for column in 0..work.model.columns.len() {
        if !work.column_left[column] || work.uses[column].is_empty() {
            continue;
        }
        if let Some(value) = value(work, column, bounds, resting) {
            fix(work, column, value);
            found += 1;
        }
    }
    found
}

fn value(work: &Work, column: usize, bounds: &DualBounds, resting: Resting) -> Option<Values> {
    let pulls = DualBounds::pulls(work, column)?;
    let Column { lower, upper, cost, .. } = work.column(column);
    let value = |place: usize| {
        let sum = bounds.sum(&pulls, place);
        let cost = cost.at(place);
        let reduced = (cost - sum.greatest, cost - sum.least, cost.abs() + sum.size);
        resting((lower.at(place), upper.at(place)), reduced)
    };
    let count = work.places_of_column(column);
    if bounds.is_constant(&pulls) && [lower, upper, cost].into_iter().all(is_constant) {
        let value = value(0);
        return value.is_finite().then_some(Values::Constant(value));
    }
    if !holds(0..count, |place| value(place).is_finite()) {
        return None;
    }
    Some(Values::Series((0..count).map(value).collect()))
}
