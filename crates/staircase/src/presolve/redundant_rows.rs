//! Bounds of rows that the bounds of their columns keep anyway.

use super::activity::Activity;
use super::empty::drop_row;
use super::places::holds;
use super::work::Work;
use crate::model::Values;

/// How far a bound that is kept may be passed for rounding, relative to 1 and itself.
const KEPT: f64 = 1e-12;

/// Takes bounds off inequalities, and those out that have none left.
pub(super) fn redundant_rows(work: &mut Work) -> usize {
    let mut found = 0;
    for row in 0..work.model.rows.len() {
        if !work.row_left[row] || work.row(row).terms.is_empty() || work.is_equality(row) {
            continue;
        }
        let [lower, upper] = redundant(work, row);
        let block = &mut work.model.rows[row];
        if lower {
            block.lower = Values::Constant(f64::NEG_INFINITY);
        }
        if upper {
            block.upper = Values::Constant(f64::INFINITY);
        }
        if is_none(&work.row(row).lower) && is_none(&work.row(row).upper) {
            drop_row(work, row);
            found += 1;
        } else {
            found += usize::from(lower) + usize::from(upper);
        }
    }
    found
}

fn is_none(bound: &Values) -> bool {
    bound.all(f64::is_infinite)
}

/// Whether the lower, and whether the upper bound is there, but for nothing.
fn redundant(work: &Work, row: usize) -> [bool; 2] {
    let Some(activity) = Activity::of(work, row, None) else {
        return [false; 2];
    };
    let existing = work.existing(row);
    let (lower, upper) = (&work.row(row).lower, &work.row(row).upper);
    let slack = |bound: f64| KEPT * bound.abs().max(1.0);
    let keeps = |bound: &Values, keeps: &dyn Fn(usize) -> bool| {
        let places = activity.representative(existing.clone(), &[bound]);
        !is_none(bound) && holds(places, keeps)
    };
    [
        keeps(lower, &|t| {
            let bound = lower.at(t);
            bound.is_infinite() || activity.at(t).0 >= bound - slack(bound)
        }),
        keeps(upper, &|t| {
            let bound = upper.at(t);
            bound.is_infinite() || activity.at(t).1 <= bound + slack(bound)
        }),
    ]
}
