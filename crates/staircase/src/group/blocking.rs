//! The pass that counts what keeps a step short.
#![allow(clippy::inline_always)] // Kernels are compiled for the registers of their caller.

use super::place::{Place, aims, inverses};
use super::{Border, Group, total};
use crate::lanes::{Kernel, Lanes, V};
use crate::pattern::Pattern;

/// For how many lengths of a step is counted: the longest, and others that are each this share of the
/// one before.
const LENGTHS: usize = 12;
const LONGEST: f64 = 0.7;
const SHORTER: f64 = 0.85;

/// How many distances from bounds, and how many multipliers, do not last for each length of a step.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    primal: [f64; LENGTHS],
    dual: [f64; LENGTHS],
}

impl Counts {
    pub fn add(mut self, other: Counts) -> Counts {
        let mine = self.primal.iter_mut().chain(&mut self.dual);
        for (mine, others) in mine.zip(other.primal.into_iter().chain(other.dual)) {
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

/// See [`Counts`]; of the direction at hand.
pub struct Blocking<'a> {
    pub group: &'a Group,
    pub pattern: &'a Pattern,
    pub border: Border<'a>,
}

impl Kernel for Blocking<'_> {
    type Output = Counts;

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) -> Counts {
        let Blocking { group: g, pattern: p, border } = self;
        let (k, h, m) = (p.columns, p.whole, p.moving.len());
        let zero = l.splat(0.0);
        let (rho, target, keeps) = (l.splat(g.rho), l.splat(g.target), !g.aim_l.is_empty());
        let lengths = lengths();
        let (mut primal, mut dual) = ([zero; LENGTHS], [zero; LENGTHS]);
        for t in 0..g.stages {
            let (columns, wholes) = (t * k..(t + 1) * k, t * h..(t + 1) * h);
            let slots = &g.slots[t * p.slots.len()..(t + 1) * p.slots.len()];
            let places = [
                &g.above[columns.clone()],
                &g.under[wholes.clone()],
                &g.zl[columns.clone()],
                &g.zu[wholes],
            ];
            let (dx, first) = (&g.dx[columns.clone()], &g.first_dx[columns]);
            macro_rules! blocking {
                ($range:expr, $whole:literal, $moving:literal) => {
                    for j in $range {
                        let place = Place::load::<L, $whole>(l, places, j);
                        let by = inverses::<L, $whole>(l, rho, place);
                        let d = l.load(&dx[j]);
                        let first = l.load(&first[j]);
                        let (first_u, upper) = if $moving {
                            let to = p.moving[j];
                            let times = to.value.load(l, slots, &[]);
                            let first = to.beside(l, times, border.first, first);
                            (first, to.beside(l, times, border.dx, d))
                        } else {
                            (first, d)
                        };
                        let (al, au) = match (keeps, $whole) {
                            (false, _) => aims::<L, $whole>(l, target, (first, first_u), place, by),
                            (true, true) => {
                                (l.load(&g.aim_l[t * k + j]), l.load(&g.aim_u[t * h + j]))
                            }
                            (true, false) => (l.load(&g.aim_l[t * k + j]), zero),
                        };
                        let Place { above, under, zl, zu } = place;
                        let dzl = l.sub(l.mul(by.above, l.sub_mul(al, zl, d)), zl);
                        let has = l.less(zero, zl);
                        count(l, lengths, has, (above, d), &mut primal);
                        count(l, lengths, has, (zl, dzl), &mut dual);
                        if $whole {
                            let dzu = l.sub(l.mul(by.under, l.mul_add(zu, upper, au)), zu);
                            let has = l.less(zero, zu);
                            count(l, lengths, has, (under, l.sub(zero, upper)), &mut primal);
                            count(l, lengths, has, (zu, dzu), &mut dual);
                        }
                    }
                };
            }
            blocking!(0..m, true, true);
            blocking!(m..h, true, false);
            blocking!(h..k, false, false);
        }
        let sum = |f: L::F| {
            let mut v = V::ZERO;
            l.store(&mut v, f);
            total(&v)
        };
        Counts { primal: primal.map(sum), dual: dual.map(sum) }
    }
}

/// Counts where a number and so much of its change are less than nought.
#[inline(always)]
fn count<L: Lanes>(
    l: L,
    lengths: [f64; LENGTHS],
    has: L::M,
    (from, change): (L::F, L::F),
    counts: &mut [L::F; LENGTHS],
) {
    let zero = l.splat(0.0);
    let one = l.select(has, l.splat(1.0), zero);
    for (count, length) in counts.iter_mut().zip(lengths) {
        let to = l.mul_add(l.splat(length), change, from);
        *count = l.add(*count, l.select(l.less(to, zero), one, zero));
    }
}
