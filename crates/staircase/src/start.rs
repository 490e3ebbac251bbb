//! Where columns and sizes start: on the central path of their bounds alone, or near a guess.

use crate::staged::BorderColumn;

/// Where columns start at most, in units of ordinary size.
const FAR: f64 = 1000.0;
/// Where a guess may put them at most.
const FURTHEST: f64 = 1e5;
/// Where sizes start at most, as a share of the greatest they may have.
const SIZE: f64 = 0.3;

/// Where a column stands at the start.
pub struct Start {
    pub x: f64,
    pub above: f64,
    pub under: f64,
    pub zl: f64,
    pub zu: f64,
}

/// A size where its cost and the barriers of so many bounds that move with it put it, each met half way
/// by its column; but at so much of its own bound at most.
pub fn sized(size: &BorderColumn, cost: f64, weight: f64, bounds: usize) -> Start {
    let own = 2.0 * bounds as f64 * weight / (cost.max(0.0) + weight.sqrt());
    let width = size.upper - size.lower;
    let above = if width.is_finite() { own.min(SIZE * width) } else { own.min(FAR) };
    let under = width - above;
    let zu = if under.is_finite() { weight / under } else { 0.0 };
    Start { x: size.lower + above, above, under, zl: weight / above, zu }
}

/// How far from its bounds a column starts at most that a guess puts near them.
const OFF: f64 = 0.2;

/// Near a guess: as far from a bound as the multiplier that `gradient` gives it asks for, weight / z, or a
/// fifth of an ordinary size where that is less. Where nothing is guessed, centred.
pub fn near((l, u): (f64, f64), gradient: f64, weight: f64, guess: f64) -> Start {
    if !guess.is_finite() || meet(l, u) {
        return centred((l, u), gradient, weight);
    }
    let off = |z: f64| OFF.min(weight / z.max(0.0)).min(0.5 * (u - l));
    let x = guess.clamp(-FURTHEST, FURTHEST).max(l + off(gradient)).min(u - off(-gradient));
    let (above, under) = (x - l, u - x);
    Start { x, above, under, zl: weight / above, zu: weight / under }
}

/// Whether bounds leave one value.
pub fn meet(l: f64, u: f64) -> bool {
    l.is_finite() && u - l <= 1e-12 * (1.0 + l.abs())
}

/// The minimum of cost·x − weight·(ln(x − l) + ln(u − x)), with the multipliers that go with it.
pub fn centred((l, u): (f64, f64), cost: f64, weight: f64) -> Start {
    if meet(l, u) {
        let x = 0.5 * (l + u);
        return Start { x, above: f64::NEG_INFINITY, under: f64::INFINITY, zl: 0.0, zu: 0.0 };
    }
    let one_sided = |cost: f64| {
        let z = cost.max(0.0) + weight.sqrt();
        (weight / z, z)
    };
    // Bounds far out say little of where a column ends up.
    let near = |x: f64, above: f64, under: f64| {
        let nearer = x.clamp(-FURTHEST, FURTHEST);
        let inside = nearer - l > 0.5 * FAR && u - nearer > 0.5 * FAR;
        if nearer != x && inside { (nearer, nearer - l, u - nearer) } else { (x, above, under) }
    };
    match (l.is_finite(), u.is_finite()) {
        (true, true) => {
            let w = u - l;
            let root = (cost * cost * w * w + 4.0 * weight * weight).sqrt();
            // The smaller root of cost·a² − (cost·w + 2·weight)·a + weight·w, without cancellation.
            let (above, under) = if cost >= 0.0 {
                let a = 2.0 * weight * w / (cost * w + 2.0 * weight + root);
                (a, w - a)
            } else {
                let b = 2.0 * weight * w / (-cost * w + 2.0 * weight + root);
                (w - b, b)
            };
            let (x, above, under) = near(l + above, above, under);
            Start { x, above, under, zl: weight / above, zu: weight / under }
        }
        (true, false) => {
            let (above, zl) = one_sided(cost);
            let (x, moved, _) = near(l + above, above, f64::INFINITY);
            let zl = if moved == above { zl } else { weight / moved };
            Start { x, above: moved, under: f64::INFINITY, zl, zu: 0.0 }
        }
        (false, true) => {
            let (under, zu) = one_sided(-cost);
            let (x, _, moved) = near(u - under, f64::INFINITY, under);
            let zu = if moved == under { zu } else { weight / moved };
            Start { x, above: f64::INFINITY, under: moved, zl: 0.0, zu }
        }
        (false, false) => {
            Start { x: 0.0, above: f64::INFINITY, under: f64::INFINITY, zl: 0.0, zu: 0.0 }
        }
    }
}
