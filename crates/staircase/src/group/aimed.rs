//! The pass that begins the solve for a further direction.
#![allow(clippy::inline_always)] // Kernels are compiled for the registers of their caller.

use super::place::{Place, aims, gradient, inverses};
use super::wide::{against_joint, forward, take_end, take_start};
use super::{Border, Group, Which, Width, after, times};
use crate::lanes::{Kernel, Lanes, V};
use crate::pattern::Pattern;

/// What a further direction aims at.
#[derive(Debug, Clone, Copy)]
pub enum Aim {
    /// Products of this size, corrected for what the first direction leaves of the second order.
    Centre(f64),
    /// Products within a band after a longer step than the last direction allows (Gondzio 1996).
    Band { step: (f64, f64), low: f64, high: f64 },
}

/// Forwards: the right side of a further direction, and the first half of its solve.
pub struct Aimed<'a, 'm> {
    pub group: &'a mut Group<'m>,
    pub pattern: &'a Pattern,
    pub width: &'a Width,
    pub aim: Aim,
    pub border: Border<'a>,
}

impl Kernel for Aimed<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
        let Aimed { group: g, pattern: p, width, aim, border } = self;
        let (k, h, n, moving) = (p.columns, p.whole, p.nodes, p.moving.len());
        let zero = l.splat(0.0);
        if let Aim::Centre(size) = aim {
            g.target = size;
        }
        let (rho, keeps) = (l.splat(g.rho), !g.aim_l.is_empty());
        let s = &mut g.scratch;
        let first_row = width.columns + width.rows;
        g.border[first_row..first_row + width.rows].fill(V::ZERO);
        let of_moving = width.moving() + width.columns..width.moving() + 2 * width.columns;
        g.border[of_moving.clone()].fill(V::ZERO);
        s.carry.fill(V::ZERO);
        for t in 0..g.stages {
            let tail = (t + 2).checked_sub(g.stages);
            let (columns, nodes) = (t * k..(t + 1) * k, t * n..(t + 1) * n);
            let wholes = t * h..(t + 1) * h;
            let slots = &g.slots[t * p.slots.len()..(t + 1) * p.slots.len()];
            let m = p.next_slots.len();
            let slots_after = &g.next_slots[(t + 1) * m..(t + 2) * m];
            {
                let (above, under) =
                    (&g.above[columns.clone()][..k], &g.under[wholes.clone()][..h]);
                let (zls, zus) = (&g.zl[columns.clone()][..k], &g.zu[wholes.clone()][..h]);
                let dx = &g.dx[columns.clone()][..k];
                let first = &g.first_dx[columns.clone()][..k];
                let (aim_l, aim_u) = if keeps {
                    (&mut g.aim_l[columns.clone()][..k], &mut g.aim_u[wholes.clone()][..h])
                } else {
                    (&mut [][..], &mut [][..])
                };
                let left = &g.left[columns.clone()][..k];
                let (side, heads) = (&mut s.side[..k], &mut s.column[..k]);
                let sums = &mut g.border[of_moving.clone()];
                // What moving bounds leave on the right side of border columns.
                macro_rules! moved {
                    ($j:expr, $times:expr, $head:expr, $place:expr, $by:expr, $au:expr) => {{
                        let sum = &mut sums[p.moving[$j].border as usize];
                        let push = l.mul(l.mul($place.zu, $by.theta), $head);
                        let all = l.mul($by.under, l.mul($times, l.sub(push, $au)));
                        l.store(sum, l.add(l.load(sum), all));
                    }};
                }
                let places = [above, under, zls, zus];
                match aim {
                    Aim::Centre(size) => {
                        let size = l.splat(size);
                        macro_rules! centre {
                            ($range:expr, $whole:literal, $moving:literal) => {
                                for j in $range {
                                    let place = Place::load::<L, $whole>(l, places, j);
                                    let by = inverses::<L, $whole>(l, rho, place);
                                    let first = l.load_rough(&first[j]);
                                    let (times, upper) = if $moving {
                                        let to = p.moving[j];
                                        let times = to.value.load(l, slots, &[]);
                                        (times, to.beside(l, times, border.first, first))
                                    } else {
                                        (zero, first)
                                    };
                                    let (al, au) =
                                        aims::<L, $whole>(l, size, (first, upper), place, by);
                                    let gradient = gradient::<L, $whole>(l, &left[j], place);
                                    let mut head = l.sub_mul(gradient, al, by.above);
                                    if keeps {
                                        l.store(&mut aim_l[j], al);
                                    }
                                    if $whole {
                                        head = l.mul_add(au, by.under, head);
                                        if keeps {
                                            l.store(&mut aim_u[j], au);
                                        }
                                    }
                                    l.store(&mut heads[j], head);
                                    l.store(&mut side[j], l.mul(by.theta, head));
                                    if $moving {
                                        moved!(j, times, head, place, by, au);
                                    }
                                }
                            };
                        }
                        centre!(0..moving, true, true);
                        centre!(moving..h, true, false);
                        centre!(h..k, false, false);
                    }
                    Aim::Band { step, low, high } => {
                        let (ap, ad) = (l.splat(step.0), l.splat(step.1));
                        let (low, high) = (l.splat(low), l.splat(high));
                        let corrected = |has: L::M, product: L::F| {
                            let into = l.min(l.max(product, low), high);
                            let change = l.max(l.sub(into, product), l.sub(zero, high));
                            l.select(has, change, zero)
                        };
                        macro_rules! band {
                            ($range:expr, $whole:literal, $moving:literal) => {
                                for j in $range {
                                    let place = Place::load::<L, $whole>(l, places, j);
                                    let by = inverses::<L, $whole>(l, rho, place);
                                    let Place { above: a, under: u, zl, zu } = place;
                                    let (d, al) = (l.load(&dx[j]), l.load(&aim_l[j]));
                                    let dzl = l.sub(l.mul(by.above, l.sub_mul(al, zl, d)), zl);
                                    let after = l.mul(l.mul_add(ap, d, a), l.mul_add(ad, dzl, zl));
                                    let al = l.add(al, corrected(l.less(zero, zl), after));
                                    l.store(&mut aim_l[j], al);
                                    let gradient = gradient::<L, $whole>(l, &left[j], place);
                                    let mut head = l.sub_mul(gradient, al, by.above);
                                    if $whole {
                                        let au = l.load(&aim_u[j]);
                                        let (times, d) = if $moving {
                                            let to = p.moving[j];
                                            let times = to.value.load(l, slots, &[]);
                                            (times, to.beside(l, times, border.dx, d))
                                        } else {
                                            (zero, d)
                                        };
                                        let dzu = l.sub(l.mul(by.under, l.mul_add(zu, d, au)), zu);
                                        let after = l.mul_add(ad, dzu, zu);
                                        let after = l.mul(l.sub_mul(u, ap, d), after);
                                        let au = l.add(au, corrected(l.less(zero, zu), after));
                                        l.store(&mut aim_u[j], au);
                                        head = l.mul_add(au, by.under, head);
                                        if $moving {
                                            moved!(j, times, head, place, by, au);
                                        }
                                    }
                                    l.store(&mut heads[j], head);
                                    l.store(&mut side[j], l.mul(by.theta, head));
                                }
                            };
                        }
                        band!(0..moving, true, true);
                        band!(moving..h, true, false);
                        band!(h..k, false, false);
                    }
                }
            }
            let f = &mut s.nodes;
            f[..n].copy_from_slice(&g.residual[nodes.clone()]);
            f[n..].fill(V::ZERO);
            for (column, node) in &p.kept {
                f[*node as usize] = s.column[*column as usize];
                s.side[*column as usize] = V::ZERO;
            }
            for (i, node) in p.next_nodes.iter().enumerate() {
                let at = &mut f[*node as usize];
                let new = l.add(l.load(at), l.load(&s.carry[i]));
                l.store(at, new);
            }
            times::<L, false, false>(l, &p.own, slots, &s.side, &mut f[..n]);
            for &(node, column, value) in &p.next.constant {
                let at = &mut f[n + after(p, node)];
                let new = l.mul_add(l.splat(value), l.load(&s.side[column as usize]), l.load(at));
                l.store(at, new);
            }
            for &(node, column, slot) in &p.next.varying {
                let at = &mut f[n + after(p, node)];
                let coefficient = l.load(&slots_after[slot as usize]);
                let new = l.mul_add(coefficient, l.load(&s.side[column as usize]), l.load(at));
                l.store(at, new);
            }
            times::<L, false, false>(
                l,
                &p.columns_in_border,
                slots,
                &s.side,
                &mut g.border[first_row..first_row + width.rows],
            );
            if t == 0 {
                take_start(l, p, &l.less(zero, l.load(&g.joined)), f, &mut g.start);
            }
            let factor = &g.factor[t * p.entries..(t + 1) * p.entries];
            forward(l, p, factor, f);
            s.carry.copy_from_slice(&f[n..]);
            g.dy[nodes].copy_from_slice(&f[..n]);
            if let Some(i) = tail {
                take_end(l, &g.ends[i], &mut s.carry, &mut g.end.side);
            }
        }
        against_joint(l, g, p, Which::Aimed);
    }
}
