//! The pass that looks what rounding left of a direction.
#![allow(clippy::inline_always)] // Kernels are compiled for the registers of their caller.

use super::place::{Place, aims, gradient, inverses};
use super::wide::{against_joint, forward, take_end, take_start};
use super::{Border, Group, Regular, Which, Width, times, times_alike};
use crate::lanes::{Kernel, Lanes, V};
use crate::pattern::Pattern;

/// Forwards: what the direction at hand leaves of its equations, and the first half of a solve for a
/// correction.
pub struct Check<'a, 'm> {
    pub group: &'a mut Group<'m>,
    pub pattern: &'a Pattern,
    pub width: &'a Width,
    pub regular: Regular,
    /// Changes of border columns in rows, then of multipliers of border rows.
    pub border: &'a [f64],
    pub whole_border: Border<'a>,
}

impl Kernel for Check<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
        let Check { group: g, pattern: p, width, regular, border, whole_border } = self;
        let (k, h, n) = (p.columns, p.whole, p.nodes);
        let zero = l.splat(0.0);
        let (rho, delta) = (l.splat(regular.columns), l.splat(regular.rows));
        let (target, keeps) = (l.splat(g.target), !g.aim_l.is_empty());
        let s = &mut g.scratch;
        for list in [&mut s.carry, &mut g.border] {
            list.fill(V::ZERO);
        }
        s.before.fill(V::ZERO);
        for (i, link) in p.links.iter().enumerate() {
            s.before[*link as usize] = g.x_before[i];
        }
        let border_y = &border[width.columns..];
        for t in 0..g.stages {
            let tail = (t + 2).checked_sub(g.stages);
            let (columns, nodes) = (t * k..(t + 1) * k, t * n..(t + 1) * n);
            let wholes = t * h..(t + 1) * h;
            let slots = &g.slots[t * p.slots.len()..(t + 1) * p.slots.len()];
            let m = p.next_slots.len();
            let (slots_before, slots_after) =
                (&g.next_slots[t * m..(t + 1) * m], &g.next_slots[(t + 1) * m..(t + 2) * m]);
            let dx = &g.dx[columns.clone()];
            let dy = &g.dy[nodes.clone()];
            let dy_after = &mut s.nodes[..n];
            if t + 1 < g.stages {
                dy_after.copy_from_slice(&g.dy[(t + 1) * n..(t + 2) * n]);
            } else {
                dy_after.fill(V::ZERO);
            }
            if let Some(i) = tail {
                let end = l.less(zero, l.load(&g.ends[i]));
                for (to, edge) in dy_after.iter_mut().zip(&g.y_after) {
                    let new = l.select(end, l.load(edge), l.load(to));
                    l.store(to, new);
                }
            }
            let places = [
                &g.above[columns.clone()],
                &g.under[wholes.clone()],
                &g.zl[columns.clone()],
                &g.zu[wholes.clone()],
            ];
            // What is left of the equations of kept columns: head − rowsᵀ·dy + dx/θ.
            if !p.kept.is_empty() {
                let left = &mut s.column;
                left.fill(V::ZERO);
                times::<L, true, true>(l, &p.own, slots, dy, left);
                times::<L, true, true>(l, &p.next, slots_after, dy_after, left);
                times_alike::<L, true, true>(l, &p.columns_in_border, slots, border_y, left);
                for (column, _) in &p.kept {
                    let j = *column as usize;
                    // Kept columns are whole.
                    let i = t * k + j;
                    let place = Place::load::<L, true>(l, places, j);
                    let by = inverses::<L, true>(l, rho, place);
                    let (al, au) = if keeps {
                        (l.load(&g.aim_l[i]), l.load(&g.aim_u[t * h + j]))
                    } else {
                        let first = l.load_rough(&g.first_dx[i]);
                        aims::<L, true>(l, target, (first, first), place, by)
                    };
                    let head = l.sub_mul(gradient::<L, true>(l, &g.left[i], place), al, by.above);
                    let head = l.mul_add(au, by.under, head);
                    let pivot = l.mul_add(place.zu, by.under, rho);
                    let pivot = l.mul_add(place.zl, by.above, pivot);
                    let all = l.add(l.load(&left[j]), l.mul_add(l.load(&dx[j]), pivot, head));
                    let fixed = l.less(place.above, zero);
                    l.store(&mut left[j], l.select(fixed, zero, all));
                }
            }
            // The multipliers of bounds that move, after the direction.
            let multipliers = width.moving() + 2 * width.columns;
            for (j, to) in p.moving.iter().enumerate() {
                let (i, upper) = (t * k + j, t * h + j);
                let place = Place::load::<L, true>(l, places, j);
                let by = inverses::<L, true>(l, rho, place);
                let times = to.value.load(l, slots, &[]);
                let au = if keeps {
                    l.load(&g.aim_u[upper])
                } else {
                    let first = l.load_rough(&g.first_dx[i]);
                    let first = (first, to.beside(l, times, whole_border.first, first));
                    aims::<L, true>(l, target, first, place, by).1
                };
                let d = to.beside(l, times, whole_border.dx, l.load(&dx[j]));
                let after = l.mul(by.under, l.mul_add(place.zu, d, au));
                let sum = &mut g.border[multipliers + to.border as usize];
                let new = l.mul_add(times, after, l.load(sum));
                l.store(sum, new);
            }
            let f = &mut s.nodes;
            f[..n].copy_from_slice(&g.residual[nodes.clone()]);
            f[n..].fill(V::ZERO);
            times::<L, false, true>(l, &p.own, slots, dx, &mut f[..n]);
            times::<L, false, true>(l, &p.next, slots_before, &s.before, &mut f[..n]);
            times_alike::<L, false, true>(l, &p.border_in_rows, slots, border, &mut f[..n]);
            for link in &p.links {
                s.before[*link as usize] = dx[*link as usize];
            }
            for (j, nothing) in g.nothing[nodes.clone()].iter().enumerate() {
                let says = l.less(l.load(nothing), l.splat(1.0));
                let left = l.sub_mul(l.load(&f[j]), delta, l.load(&dy[j]));
                l.store(&mut f[j], l.select(says, left, zero));
            }
            times::<L, true, false>(l, &p.border_in_rows, slots, dy, &mut g.border);
            let sums = &mut g.border[width.columns..width.columns + width.rows];
            times::<L, false, false>(l, &p.columns_in_border, slots, dx, sums);
            for (column, node) in &p.kept {
                f[*node as usize] = s.column[*column as usize];
            }
            for (i, node) in p.next_nodes.iter().enumerate() {
                let at = &mut f[*node as usize];
                let new = l.add(l.load(at), l.load(&s.carry[i]));
                l.store(at, new);
            }
            if t == 0 {
                take_start(l, p, &l.less(zero, l.load(&g.joined)), f, &mut g.start);
            }
            let factor = &g.factor[t * p.entries..(t + 1) * p.entries];
            forward(l, p, factor, f);
            s.carry.copy_from_slice(&f[n..]);
            g.ddy[nodes].copy_from_slice(&f[..n]);
            if let Some(i) = tail {
                take_end(l, &g.ends[i], &mut s.carry, &mut g.end.side);
            }
        }
        against_joint(l, g, p, Which::Correction);
    }
}
