//! How many columns and multipliers keep a step short.
#![allow(clippy::inline_always)] // Kernels are compiled for the registers of their caller.

use super::total;
use crate::lanes::{Lanes, V};

/// For how many lengths of a step is counted: the longest, and others that are each this share of the
/// one before.
const LENGTHS: usize = 14;
const LONGEST: f64 = 0.9;
const SHORTER: f64 = 0.85;

/// How many distances from bounds, and how many multipliers, do not last for each length of a step.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    primal: [f64; LENGTHS],
    dual: [f64; LENGTHS],
}

impl Counts {
    pub fn add(mut self, other: &Counts) -> Counts {
        let mine = self.primal.iter_mut().chain(&mut self.dual);
        for (mine, others) in mine.zip(other.primal.iter().chain(&other.dual)) {
            *mine += others;
        }
        self
    }

    /// The longest lengths, primal and dual, for which no more than so many do not last; those of these
    /// ratios must.
    pub fn longest(&self, few: f64, (primal_ratio, dual_ratio): (f64, f64)) -> (f64, f64) {
        let longest = |counts: &[f64; LENGTHS], ratio: f64| {
            let mut all = lengths().into_iter().zip(counts);
            let fits = all.find(|(length, count)| **count <= few && ratio * length <= 1.0);
            fits.map_or(0.0, |(length, _)| length)
        };
        (longest(&self.primal, primal_ratio), longest(&self.dual, dual_ratio))
    }
}

fn lengths() -> [f64; LENGTHS] {
    let mut length = LONGEST / SHORTER;
    [(); LENGTHS].map(|()| {
        length *= SHORTER;
        length
    })
}

/// What a pass counts.
pub struct Blocking<F> {
    primal: [F; LENGTHS],
    dual: [F; LENGTHS],
}

impl<F: Copy> Blocking<F> {
    #[inline(always)]
    pub fn new<L: Lanes<F = F>>(l: L) -> Self {
        Blocking { primal: [l.splat(0.0); LENGTHS], dual: [l.splat(0.0); LENGTHS] }
    }

    /// Counts distances by the shares of themselves that they shrink by in a whole step, and multipliers
    /// by theirs less one. Hardly any shrink by so much that they count.
    #[inline(always)]
    pub fn count<L: Lanes<F = F>>(&mut self, l: L, primal: [F; 2], dual: [F; 2]) {
        let one = l.splat(1.0);
        let [of_primal, of_dual] = [primal, dual].map(
            #[inline(always)]
            |[a, b]| l.max(a, b),
        );
        let greatest = l.max(of_primal, l.add(of_dual, one));
        if !l.any(l.less(l.splat(1.0 / LONGEST), greatest)) {
            return;
        }
        for (at, length) in lengths().into_iter().enumerate() {
            let all = [
                (&mut self.primal[at], primal, 1.0 / length),
                (&mut self.dual[at], dual, 1.0 / length - 1.0),
            ];
            for (count, shares, most) in all {
                for share in shares {
                    let blocks = l.less(l.splat(most), share);
                    *count = l.add(*count, l.select(blocks, one, l.splat(0.0)));
                }
            }
        }
    }

    #[inline(always)]
    pub fn counts<L: Lanes<F = F>>(&self, l: L) -> Counts {
        let sum = |f: F| {
            let mut v = V::ZERO;
            l.store(&mut v, f);
            total(&v)
        };
        Counts { primal: self.primal.map(sum), dual: self.dual.map(sum) }
    }
}
