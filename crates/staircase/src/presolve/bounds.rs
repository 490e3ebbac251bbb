//! Bounds made tighter, with what it takes to tell later where each came from.

use std::ops::Range;

use super::places::{made, representative};
use crate::model::Values;

/// Where a contradiction begins: how far a lower bound is above an upper, relative to 1 and both.
pub(super) const CONTRADICTION: f64 = 1e-9;

/// Bounds before and after.
#[derive(Debug, Clone)]
pub(super) struct Tightened {
    old: (Values, Values),
    pub lower: Values,
    pub upper: Values,
}

impl Tightened {
    /// Old bounds cut by implied ones, which are made of `from` place by place, up to the end of
    /// these places. None where they contradict each other.
    pub(super) fn new<const N: usize>(
        places: Range<usize>,
        old: (&Values, &Values),
        from: [&Values; N],
        implied: impl Fn(usize) -> (f64, f64),
    ) -> Option<Self> {
        let (lower, upper) = old;
        let all = from.iter().copied().chain([lower, upper]);
        let count = places.end;
        let places = representative(places, all);
        let is_constant = places.end < count;
        let (mut lowers, mut uppers) = (Vec::new(), Vec::new());
        let (mut raised, mut cut) = (false, false);
        for place in places.clone() {
            let was = (lower.at(place), upper.at(place));
            let (low, high) = common(was, implied(place))?;
            if low > was.0 && !raised {
                raised = true;
                lowers.reserve(count);
                lowers.extend((0..place).map(|before| lower.at(before)));
            }
            if high < was.1 && !cut {
                cut = true;
                uppers.reserve(count);
                uppers.extend((0..place).map(|before| upper.at(before)));
            }
            if raised {
                lowers.push(low);
            }
            if cut {
                uppers.push(high);
            }
        }
        let values = |changed: bool, values: Vec<f64>, old: &Values| match (changed, is_constant) {
            (false, _) => old.clone(),
            (true, true) => Values::Constant(values[values.len() - 1]),
            (true, false) => values.into(),
        };
        Some(Tightened {
            old: (lower.clone(), upper.clone()),
            lower: values(raised, lowers, lower),
            upper: values(cut, uppers, upper),
        })
    }

    /// Whether a dual at a place belongs to a new bound.
    pub(super) fn is_of_new(&self, dual: f64, place: usize) -> bool {
        if dual > 0.0 {
            self.lower.at(place) > self.old.0.at(place)
        } else {
            dual < 0.0 && self.upper.at(place) < self.old.1.at(place)
        }
    }
}

/// What two pairs of bounds leave. None where that is nothing, by more than rounding.
fn common(old: (f64, f64), implied: (f64, f64)) -> Option<(f64, f64)> {
    let (lower, upper) = (old.0.max(implied.0), old.1.min(implied.1));
    if lower <= upper {
        return Some((lower, upper));
    }
    if lower - upper <= CONTRADICTION * lower.abs().max(upper.abs()).max(1.0) {
        // The old one of the two stands.
        let at = if lower > old.0 { upper } else { lower };
        return Some((at, at));
    }
    None
}

/// lower and upper of factor·x for x between bounds; a factor of 0 says nothing.
pub(super) fn times((lower, upper): (f64, f64), factor: f64) -> (f64, f64) {
    if factor > 0.0 {
        (lower * factor, upper * factor)
    } else if factor < 0.0 {
        (upper * factor, lower * factor)
    } else {
        (0.0, 0.0)
    }
}

/// Bounds of x where those of a·x are given; none where a is 0.
pub(super) fn divided((lower, upper): (f64, f64), a: f64) -> (f64, f64) {
    if a > 0.0 {
        (lower / a, upper / a)
    } else if a < 0.0 {
        (upper / a, lower / a)
    } else {
        (f64::NEG_INFINITY, f64::INFINITY)
    }
}

/// Where a column with these bounds and this cost goes if nothing else pulls at it. Infinite where
/// nothing holds it.
pub(super) fn cheapest(count: usize, cost: &Values, lower: &Values, upper: &Values) -> Values {
    made(count, [cost, lower, upper], |t| cheapest_at(cost.at(t), (lower.at(t), upper.at(t))))
}

/// The same at one place: the nearest to 0 where it costs nothing.
pub(super) fn cheapest_at(cost: f64, (lower, upper): (f64, f64)) -> f64 {
    if cost > 0.0 {
        lower
    } else if cost < 0.0 {
        upper
    } else {
        0.0_f64.min(upper).max(lower)
    }
}
