//! An inequality that every optimum meets is an equation, and needs no slack.

use super::activity::Activity;
use super::dual_bounds::DualBounds;
use super::places::{holds, representative};
use super::work::Work;
use crate::model::Row;

/// How far inside what its columns can reach an equation lies, relative to 1 and itself.
const INSIDE: f64 = 1e-6;

pub(super) fn binding_rows(work: &mut Work) -> Option<usize> {
    let mut bounds = DualBounds::by_sign(work);
    bounds.tighten(work)?;
    let mut found = 0;
    for row in 0..work.model.rows.len() {
        if work.row_left[row]
            && !work.row(row).terms.is_empty()
            && is_pulled(work, row, &bounds)
            && !work.is_equality(row)
            && is_inside(work, row, &bounds)
        {
            bind(work, row, &bounds);
            found += 1;
        }
    }
    Some(found)
}

/// Whether the dual is above or below 0 for certain, wherever the row exists.
fn is_pulled(work: &Work, row: usize, bounds: &DualBounds) -> bool {
    let Row { lower: low, upper: high, .. } = work.row(row);
    let (lower, upper) = (&bounds.lower[row], &bounds.upper[row]);
    let places = representative(work.existing(row), [lower, upper, low, high]);
    holds(places, |t| {
        (lower.at(t) > 0.0 && low.at(t).is_finite())
            || (upper.at(t) < 0.0 && high.at(t).is_finite())
    })
}

/// Whether the columns can reach beyond the bound on both sides: an equation that they meet only at
/// their own bounds is hard for a method that keeps away from these.
fn is_inside(work: &Work, row: usize, bounds: &DualBounds) -> bool {
    let Some(activity) = Activity::of(work, row, None) else {
        return false;
    };
    let Row { lower, upper, .. } = work.row(row);
    let places = activity.representative(work.existing(row), &[lower, upper, &bounds.lower[row]]);
    holds(places, |t| {
        let bound = if bounds.lower[row].at(t) > 0.0 { lower.at(t) } else { upper.at(t) };
        let (least, greatest) = activity.at(t);
        let room = INSIDE * bound.abs().max(1.0);
        least < bound - room && greatest > bound + room
    })
}

/// Sets both bounds to the one that is met.
fn bind(work: &mut Work, row: usize, bounds: &DualBounds) {
    let is_up = bounds.lower[row].map(|dual| f64::from(u8::from(dual > 0.0)));
    let Row { lower, upper, .. } = &mut work.model.rows[row];
    let bound = if is_up.all(|up| up > 0.0) {
        lower.clone()
    } else if is_up.all(|up| up == 0.0) {
        upper.clone()
    } else {
        let from_lower = is_up.zip(lower, |up, bound| if up > 0.0 { bound } else { f64::NAN });
        from_lower.zip(upper, |lower, upper| if lower.is_nan() { upper } else { lower })
    };
    (*lower, *upper) = (bound.clone(), bound);
}
