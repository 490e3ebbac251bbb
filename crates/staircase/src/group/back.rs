//! The pass that ends a solve, and finds how far its direction may be followed.
#![allow(clippy::inline_always)] // Kernels are compiled for the registers of their caller.

use super::blocking::Blocking;
use super::place::{Place, aims, gradient, inverses_and};
use super::wide::{backward, less_joint};
use super::{Border, Group, Sums, Width, after, greatest, times, times_alike, total};
use crate::lanes::{Kernel, LANES, Lanes, V};
use crate::pattern::Pattern;

/// Backwards: the second half of a solve, the direction, and how far it may be followed.
pub struct Back<'a, 'm> {
    pub group: &'a mut Group<'m>,
    pub pattern: &'a Pattern,
    pub width: &'a Width,
    /// Changes of the joining rows at the start of each stretch, and of the next one.
    pub joins_before: &'a [V],
    pub joins_after: &'a [V],
    /// Changes of border columns in rows, then of multipliers of border rows.
    pub border: &'a [f64],
    /// The same with what it is a correction of.
    pub whole_border: Border<'a>,
    pub which: Which,
}

/// Which direction a pass is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The first, whose aims are nought.
    First,
    /// One with aims.
    Aimed,
    /// A correction of the one at hand.
    Correction,
}

impl Kernel for Back<'_, '_> {
    type Output = Sums;

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) -> Sums {
        let Back { group: g, pattern: p, width, joins_before, joins_after, border, which, .. } =
            self;
        let correction = which == Which::Correction;
        let has_aims = which != Which::First;
        let whole_border = self.whole_border;
        let (k, h, n, moving) = (p.columns, p.whole, p.nodes, p.moving.len());
        let joint: Vec<V> =
            joins_before.iter().copied().chain(border.iter().map(|b| V([*b; LANES]))).collect();
        less_joint(l, g, p, which, &joint);
        let (zero, one) = (l.splat(0.0), l.splat(1.0));
        let tiny = l.splat(1e-120);
        let (rho, target) = (l.splat(g.rho), l.splat(g.target));
        let (keeps, some_kept) = (!g.aim_l.is_empty(), !p.kept.is_empty());
        let s = &mut g.scratch;
        let (mut ratio_p, mut ratio_d) = (zero, l.splat(-1.0));
        let (mut dx_z, mut dx_dz) = (zero, zero);
        let mut blocking = Blocking::new(l);
        s.carry.fill(V::ZERO);
        let border_y = &border[width.columns..];
        for t in (0..g.stages).rev() {
            let tail = (t + 2).checked_sub(g.stages);
            let (columns, nodes) = (t * k..(t + 1) * k, t * n..(t + 1) * n);
            let wholes = t * h..(t + 1) * h;
            let slots = &g.slots[t * p.slots.len()..(t + 1) * p.slots.len()];
            let m = p.next_slots.len();
            let slots_after = &g.next_slots[(t + 1) * m..(t + 2) * m];
            let factor = &g.factor[t * p.entries..(t + 1) * p.entries];
            let f = &mut s.nodes;
            let begun = if correction { &g.ddy } else { &g.dy };
            f[..n].copy_from_slice(&begun[nodes.clone()]);
            if let Some(i) = tail {
                let end = l.less(zero, l.load(&g.ends[i]));
                for (carry, after) in s.carry.iter_mut().zip(joins_after) {
                    let new = l.select(end, l.load(after), l.load(carry));
                    l.store(carry, new);
                }
            }
            f[n..].copy_from_slice(&s.carry);
            backward(l, p, factor, f);
            if t == 0 {
                let joined = l.less(zero, l.load(&g.joined));
                for (node, join) in p.next_nodes.iter().zip(joins_before) {
                    let f = &mut f[*node as usize];
                    let new = l.select(joined, l.load(join), l.load(f));
                    l.store(f, new);
                }
            }
            if correction {
                for (dy, f) in g.dy[nodes.clone()].iter_mut().zip(&f[..n]) {
                    let new = l.add(l.load(dy), l.load(f));
                    l.store(dy, new);
                }
            } else {
                g.dy[nodes.clone()].copy_from_slice(&f[..n]);
            }
            let change = &mut s.side[..k];
            change.fill(V::ZERO);
            times::<L, true, false>(l, &p.own, slots, &f[..n], change);
            for &(node, column, value) in &p.next.constant {
                let at = &mut change[column as usize];
                let new = l.mul_add(l.splat(value), l.load(&f[n + after(p, node)]), l.load(at));
                l.store(at, new);
            }
            for &(node, column, slot) in &p.next.varying {
                let at = &mut change[column as usize];
                let coefficient = l.load(&slots_after[slot as usize]);
                let new = l.mul_add(coefficient, l.load(&f[n + after(p, node)]), l.load(at));
                l.store(at, new);
            }
            times_alike::<L, true, false>(l, &p.columns_in_border, slots, border_y, change);
            {
                let (above, under) =
                    (&g.above[columns.clone()][..k], &g.under[wholes.clone()][..h]);
                let (zls, zus) = (&g.zl[columns.clone()][..k], &g.zu[wholes.clone()][..h]);
                let (aim_l, aim_u) = if keeps {
                    (&g.aim_l[columns.clone()][..k], &g.aim_u[wholes.clone()][..h])
                } else {
                    (&[][..], &[][..])
                };
                let left = &g.left[columns.clone()][..k];
                let first = &mut g.first_dx[columns.clone()][..k];
                let dx = &mut g.dx[columns.clone()][..k];
                for (column, node) in &p.kept {
                    change[*column as usize] = f[*node as usize];
                }
                let change = &change[..k];
                let places = [above, under, zls, zus];
                macro_rules! back {
                    ($range:expr, $whole:literal, $moving:literal) => {
                        for j in $range {
                            let place = Place::load::<L, $whole>(l, places, j);
                            let Place { zl, zu, .. } = place;
                            let some = (l.max(zl, tiny), l.max(zu, tiny));
                            let (by, inverse) = if has_aims {
                                let more = if $whole { l.mul(some.0, some.1) } else { some.0 };
                                inverses_and::<L, $whole>(l, rho, place, Some(more))
                            } else {
                                inverses_and::<L, $whole>(l, rho, place, None)
                            };
                            let times = if $moving {
                                p.moving[j].value.load(l, slots, &[])
                            } else {
                                zero
                            };
                            let (al, au) = match (keeps, $whole) {
                                _ if !has_aims => (zero, zero),
                                (false, _) => {
                                    let first = l.load_rough(&first[j]);
                                    let first_upper = if $moving {
                                        p.moving[j].beside(l, times, whole_border.first, first)
                                    } else {
                                        first
                                    };
                                    let first = (first, first_upper);
                                    aims::<L, $whole>(l, target, first, place, by)
                                }
                                (true, true) => (l.load(&aim_l[j]), l.load(&aim_u[j])),
                                (true, false) => (l.load(&aim_l[j]), zero),
                            };
                            let (al, au) = (l.mul(al, by.above), l.mul(au, by.under));
                            let before = if correction { l.load(&dx[j]) } else { zero };
                            let mut change = l.load(&change[j]);
                            if $moving {
                                let pull = l.mul(times, l.mul(zu, by.under));
                                let by = l.splat(border[p.moving[j].border as usize]);
                                change = l.mul_add(pull, by, change);
                            }
                            let d = if $whole && some_kept && p.is_kept[j] {
                                // Its change is an unknown itself.
                                l.add(before, change)
                            } else if correction {
                                l.mul_add(by.theta, change, before)
                            } else {
                                let head = l.sub(gradient::<L, $whole>(l, &left[j], place), al);
                                let head = if $whole { l.add(head, au) } else { head };
                                l.mul(by.theta, l.sub(change, head))
                            };
                            let from_upper = if $moving {
                                p.moving[j].beside(l, times, whole_border.dx, d)
                            } else {
                                d
                            };
                            let (dl, du) = (l.mul(d, by.above), l.mul(from_upper, by.under));
                            ratio_p = l.max(ratio_p, l.sub(zero, dl));
                            if $whole {
                                ratio_p = l.max(ratio_p, du);
                            }
                            if has_aims {
                                l.store(&mut dx[j], d);
                                // −dz/z = 1 + d/above − aim/(above·z), and so for the other bound.
                                let over = if $whole { l.mul(some.1, inverse) } else { inverse };
                                let of_zl = l.sub_mul(dl, al, over);
                                ratio_d = l.max(ratio_d, of_zl);
                                let of_zu = if $whole {
                                    let au = l.mul(au, l.mul(some.0, inverse));
                                    let of_zu = l.sub(l.sub(zero, du), au);
                                    ratio_d = l.max(ratio_d, of_zu);
                                    of_zu
                                } else {
                                    zero
                                };
                                let primal = [l.sub(zero, dl), du];
                                blocking.count(l, primal, [of_zl, of_zu]);
                            } else {
                                l.store_rough(&mut first[j], d);
                                // −dz/z = 1 + d/above, and 1 − d/under.
                                ratio_d = l.max(ratio_d, dl);
                                let mut dz = l.mul_add(zl, dl, zl);
                                dx_z = l.mul_add(d, zl, dx_z);
                                if $whole {
                                    ratio_d = l.max(ratio_d, l.sub(zero, du));
                                    dx_z = l.sub_mul(dx_z, from_upper, zu);
                                    if $moving {
                                        let dzu = l.mul(zu, l.sub(du, one));
                                        dx_dz = l.sub_mul(dx_dz, from_upper, dzu);
                                    } else {
                                        dz = l.mul_add(zu, l.sub(du, one), dz);
                                    }
                                }
                                dx_dz = l.sub_mul(dx_dz, d, dz);
                            }
                        }
                    };
                }
                // From the last to the first, like the stages: memory then comes in one direction.
                back!((h..k).rev(), false, false);
                back!((moving..h).rev(), true, false);
                back!((0..moving).rev(), true, true);
            }
            for (carry, node) in s.carry.iter_mut().zip(&p.next_nodes) {
                *carry = f[*node as usize];
            }
        }
        let out = |f: L::F| {
            let mut v = V::ZERO;
            l.store(&mut v, f);
            v
        };
        Sums {
            primal_ratio: greatest(&out(ratio_p)),
            dual_ratio: 1.0 + out(ratio_d).0.into_iter().fold(-1.0, f64::max),
            dx_z: total(&out(dx_z)),
            dx_dz: total(&out(dx_dz)),
            blocking: blocking.counts(l),
            ..Sums::default()
        }
    }
}
