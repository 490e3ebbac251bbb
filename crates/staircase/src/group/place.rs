//! Where a column stands between its bounds, and what follows from it.
#![allow(clippy::inline_always)] // Kernels are compiled for the registers of their caller.

use crate::lanes::{Lanes, Rough, V};

/// A column's distances from its bounds and their multipliers.
#[derive(Clone, Copy)]
pub struct Place<F> {
    pub above: F,
    pub under: F,
    pub zl: F,
    pub zu: F,
}

impl<F> Place<F> {
    /// Of column `j` of a stage, whose distances and multipliers these are.
    #[inline(always)]
    pub fn load<L: Lanes<F = F>, const WHOLE: bool>(
        l: L,
        [above, under, zl, zu]: [&[V]; 4],
        j: usize,
    ) -> Self {
        let (above, zl) = (l.load(&above[j]), l.load(&zl[j]));
        if WHOLE {
            Place { above, under: l.load(&under[j]), zl, zu: l.load(&zu[j]) }
        } else {
            Place { above, under: l.splat(1.0), zl, zu: l.splat(0.0) }
        }
    }
}

/// cost − rowsᵀ·y of a column that is not fixed, out of what is left of its equation. All passes take it from
/// there, so that it is the same in all of them to the last bit: else rows would lose digits.
#[inline(always)]
pub fn gradient<L: Lanes, const WHOLE: bool>(l: L, left: &Rough, place: Place<L::F>) -> L::F {
    let of_bounds = if WHOLE { l.sub(place.zl, place.zu) } else { place.zl };
    l.add(of_bounds, l.load_rough(left))
}

/// 1 / above, 1 / under, which are 0 where there is no bound, and θ = 1 / (zl / above + zu / under + ρ),
/// which is 0 where the column is fixed.
#[derive(Clone, Copy)]
pub struct Inverses<F> {
    pub above: F,
    pub under: F,
    pub theta: F,
}

/// Reckoned anew in every pass: memory is what passes wait for, not arithmetic.
#[inline(always)]
pub fn inverses<L: Lanes, const WHOLE: bool>(
    l: L,
    rho: L::F,
    place: Place<L::F>,
) -> Inverses<L::F> {
    inverses_and::<L, WHOLE>(l, rho, place, None).0
}

/// With them 1 / more, at the price of one division for all.
#[inline(always)]
pub fn inverses_and<L: Lanes, const WHOLE: bool>(
    l: L,
    rho: L::F,
    place: Place<L::F>,
    more: Option<L::F>,
) -> (Inverses<L::F>, L::F) {
    let Place { above, under, zl, zu } = place;
    let (zero, one) = (l.splat(0.0), l.splat(1.0));
    // A distance that is not there is one.
    let has_l = l.less(zero, zl);
    let da = l.select(has_l, above, one);
    let (has_u, du, both, sum) = if WHOLE {
        let has_u = l.less(zero, zu);
        let du = l.select(has_u, under, one);
        let both = l.mul(da, du);
        (has_u, du, both, l.mul_add(zl, du, l.mul_add(zu, da, l.mul(rho, both))))
    } else {
        (has_l, one, da, l.mul_add(rho, da, zl))
    };
    let all = l.mul(both, sum);
    let (over_all, inverse) = match more {
        Some(more) => {
            let over = l.div(one, l.mul(all, more));
            (l.mul(over, more), l.mul(over, all))
        }
        None => (l.div(one, all), one),
    };
    let inverse_both = l.mul(over_all, sum);
    let theta = l.select(l.less(above, zero), zero, l.mul(l.mul(both, both), over_all));
    let inverses = if WHOLE {
        Inverses {
            above: l.select(has_l, l.mul(inverse_both, du), zero),
            under: l.select(has_u, l.mul(inverse_both, da), zero),
            theta,
        }
    } else {
        Inverses { above: l.select(has_l, inverse_both, zero), under: zero, theta }
    };
    (inverses, inverse)
}

/// What the first direction leaves of the second order counts so many times the product at hand and the target
/// at most: where a column would change by more than it has, it says little.
pub const MOST_LEFT: f64 = 10.0;

/// What products of distances and multipliers aim at after a first direction that aimed at nothing:
/// a target less what that direction leaves of the second order (Mehrotra 1992). The second change is
/// that against the upper bound, which may move.
#[inline(always)]
pub fn aims<L: Lanes, const WHOLE: bool>(
    l: L,
    target: L::F,
    (d, from_upper): (L::F, L::F),
    place: Place<L::F>,
    by: Inverses<L::F>,
) -> (L::F, L::F) {
    let above = aim(l, target, d, (place.above, place.zl, by.above));
    if !WHOLE {
        return (above, l.splat(0.0));
    }
    let less = l.sub(l.splat(0.0), from_upper);
    (above, aim(l, target, less, (place.under, place.zu, by.under)))
}

/// The same of one bound, for a change of the distance from it. With r the share that it changes by, 0 where
/// there is no bound, what is left is product·r·(1 + r).
#[inline(always)]
fn aim<L: Lanes>(
    l: L,
    target: L::F,
    change: L::F,
    (distance, z, inverse): (L::F, L::F, L::F),
) -> L::F {
    let after = l.mul_add(change, inverse, l.splat(1.0));
    let left = l.mul(l.mul(z, change), after);
    let most = l.mul(l.splat(MOST_LEFT), l.mul_add(z, distance, target));
    // Where there is no bound, the product is no number, and the second of both is taken.
    l.add(target, l.min(most, left))
}
