//! The pass that takes a step, measures, and factorises.
#![allow(clippy::inline_always)] // Kernels are compiled for the registers of their caller.

use super::place::{Place, aims, gradient as gradient_of, inverses};
use super::wide::{
    against, border_rows, cut, direct_entries, forward, full_columns, gram, take_end,
};
use super::{
    Border, Group, NOTHING, Regular, Sums, Weights, Width, after, greatest, times, times_alike,
    total,
};
use crate::lanes::{Kernel, Lanes, V};
use crate::pattern::{Pattern, Targets, by_column};

/// The share of a row's diagonal that its pivot keeps at least.
const PIVOT: f64 = 1e-13;

/// Forwards: takes the last step, measures, factorises, and begins the solve for the first direction.
pub struct Advance<'a, 'm> {
    pub group: &'a mut Group<'m>,
    pub pattern: &'a Pattern,
    pub width: &'a Width,
    /// Lengths of the step that is taken: primal, dual.
    pub step: (f64, f64),
    /// The shares of their way to nought that distances and multipliers go at most: what would go
    /// further is cut short alone.
    pub furthest: (f64, f64),
    pub regular: Regular,
    /// Border columns in rows, and multipliers of border rows, after the step.
    pub border_x: &'a [f64],
    pub border_y: &'a [f64],
    pub border: Border<'a>,
    /// What an error of each node and each column counts.
    pub weights: &'a Weights,
}

impl Kernel for Advance<'_, '_> {
    type Output = Sums;

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) -> Sums {
        let Advance { group: g, pattern: p, width, step, regular, border_x, border_y, .. } = self;
        let (furthest, weights, border) = (self.furthest, self.weights, self.border);
        let (k, h, n, c) = (p.columns, p.whole, p.nodes, p.next_nodes.len());
        let moving = p.moving.len();
        let (joins, nw, wl) = (width.joins, width.all(), p.wide.len());
        let zero = l.splat(0.0);
        let one = l.splat(1.0);
        let (ap, ad) = (l.splat(step.0), l.splat(step.1));
        let (furthest, least) = (l.splat(furthest.0), l.splat(1.0 - furthest.1));
        let (old_rho, rho) = (l.splat(g.rho), l.splat(regular.columns));
        g.rho = regular.columns;
        let (target, keeps) = (l.splat(g.target), !g.aim_l.is_empty());
        let s = &mut g.scratch;
        for list in [
            &mut g.gram,
            &mut g.against,
            &mut g.border,
            &mut s.carry,
            &mut s.handed,
            &mut s.handed_least,
        ] {
            list.fill(V::ZERO);
        }
        s.wide.fill(V::ZERO);
        s.before.fill(V::ZERO);
        for (i, link) in p.links.iter().enumerate() {
            s.before[*link as usize] = g.x_before[i];
        }
        let (mut sum_mu, mut sum_p, mut sum_d) = (zero, zero, zero);
        let (mut max_p, mut max_d) = (zero, zero);
        for (y, dy) in g.y[..n].iter_mut().zip(&g.dy[..n]) {
            let new = l.mul_add(ad, l.load(dy), l.load(y));
            l.store(y, new);
        }
        for t in 0..g.stages {
            let tail = (t + 2).checked_sub(g.stages);
            let (columns, nodes) = (t * k..(t + 1) * k, t * n..(t + 1) * n);
            let wholes = t * h..(t + 1) * h;
            let slots = &g.slots[t * p.slots.len()..(t + 1) * p.slots.len()];
            let m = p.next_slots.len();
            let (slots_before, slots_after) =
                (&g.next_slots[t * m..(t + 1) * m], &g.next_slots[(t + 1) * m..(t + 2) * m]);

            // The multipliers of the next stage, and with them the gradient.
            let y_after = &mut s.nodes[..n];
            if t + 1 < g.stages {
                let after = (t + 1) * n..(t + 2) * n;
                for ((y, dy), to) in
                    g.y[after.clone()].iter_mut().zip(&g.dy[after]).zip(y_after.iter_mut())
                {
                    let new = l.mul_add(ad, l.load(dy), l.load(y));
                    l.store(y, new);
                    l.store(to, new);
                }
            } else {
                y_after.fill(V::ZERO);
            }
            if let Some(i) = tail {
                let end = l.less(zero, l.load(&g.ends[i]));
                for (to, edge) in y_after.iter_mut().zip(&g.y_after) {
                    let new = l.select(end, l.load(edge), l.load(to));
                    l.store(to, new);
                }
            }
            let gradient = &mut s.gradient[..];
            let varying = t * p.varying_costs.len()..(t + 1) * p.varying_costs.len();
            for (column, cost) in p.varying_costs.iter().zip(&g.cost[varying]) {
                s.cost[*column as usize] = *cost;
            }
            gradient.copy_from_slice(&s.cost);
            let y = &g.y[nodes.clone()];
            times::<L, true, true>(l, &p.own, slots, y, gradient);
            times::<L, true, true>(l, &p.next, slots_after, y_after, gradient);
            times_alike::<L, true, true>(l, &p.columns_in_border, slots, border_y, gradient);
            times::<L, true, false>(l, &p.border_in_rows, slots, y, &mut g.border);
            for (y, rhs) in y.iter().zip(&g.rhs[nodes.clone()]) {
                sum_d = l.mul_add(l.load(y), l.load(rhs), sum_d);
            }

            // The columns: step, measures, θ.
            {
                let lifted = p.lifted.len();
                let x = &mut g.x[t * lifted..(t + 1) * lifted];
                let above = &mut g.above[columns.clone()][..k];
                let under = &mut g.under[wholes.clone()][..h];
                let zls = &mut g.zl[columns.clone()][..k];
                let zus = &mut g.zu[wholes.clone()][..h];
                let dx = &g.dx[columns.clone()][..k];
                let first = &g.first_dx[columns.clone()][..k];
                let (aim_l, aim_u) = if keeps {
                    (&g.aim_l[columns.clone()][..k], &g.aim_u[wholes.clone()][..h])
                } else {
                    (&[][..], &[][..])
                };
                let cost = &s.cost[..k];
                let (gradient, left) = (&mut gradient[..k], &mut g.left[columns.clone()][..k]);
                let (thetas, side, values) = (&mut s.theta[..k], &mut s.side[..k], &mut s.x[..k]);
                let sums = &mut g.border[width.moving()..];
                macro_rules! advance {
                    ($range:expr, $whole:literal, $moving:literal, $lifted:literal) => {
                        for j in $range {
                            let d = l.load(&dx[j]);
                            let places = [&*above, &*under, &*zls, &*zus];
                            let place = Place::load::<L, $whole>(l, places, j);
                            let by = inverses::<L, $whole>(l, old_rho, place);
                            let first = l.load_rough(&first[j]);
                            let (times, from_upper, first_upper) = if $moving {
                                let to = p.moving[j];
                                let times = to.value.load(l, slots, &[]);
                                let beside = (
                                    to.beside(l, times, border.dx, d),
                                    to.beside(l, times, border.first, first),
                                );
                                (times, beside.0, beside.1)
                            } else {
                                (zero, d, first)
                            };
                            let (al, au) = match (keeps, $whole) {
                                (false, _) => aims::<L, $whole>(
                                    l,
                                    target,
                                    (first, first_upper),
                                    place,
                                    by,
                                ),
                                (true, true) => (l.load(&aim_l[j]), l.load(&aim_u[j])),
                                (true, false) => (l.load(&aim_l[j]), zero),
                            };
                            let Place { above: a, under: u, zl, zu } = place;
                            let dzl = l.sub(l.mul(by.above, l.sub_mul(al, zl, d)), zl);
                            let step = l.mul(ap, d);
                            let most = l.max(step, l.sub(zero, l.mul(furthest, a)));
                            // How far the upper bound moves.
                            let moved = l.mul(ap, l.sub(d, from_upper));
                            let most = match ($whole, $moving) {
                                (true, true) => l.min(most, l.mul_add(furthest, u, moved)),
                                (true, false) => l.min(most, l.mul(furthest, u)),
                                _ => most,
                            };
                            let step = l.select(l.less(a, zero), step, most);
                            let zl = l.max(l.mul_add(ad, dzl, zl), l.mul(least, zl));
                            let a = l.add(a, step);
                            l.store(&mut above[j], a);
                            l.store(&mut zls[j], zl);
                            let (u, zu) = if $whole {
                                let dzu = l.mul_add(zu, from_upper, au);
                                let dzu = l.sub(l.mul(by.under, dzu), zu);
                                let zu = l.max(l.mul_add(ad, dzu, zu), l.mul(least, zu));
                                let u = l.sub(u, step);
                                let u = if $moving { l.add(u, moved) } else { u };
                                l.store(&mut under[j], u);
                                l.store(&mut zus[j], zu);
                                (u, zu)
                            } else {
                                (u, zu)
                            };
                            let place = Place { above: a, under: u, zl, zu };
                            let by = inverses::<L, $whole>(l, rho, place);
                            let th = by.theta;
                            let fixed = l.less(a, zero);
                            let value = if $lifted {
                                let x = &mut x[j - p.lifted.start];
                                let value = l.add(l.load(x), step);
                                l.store(x, value);
                                value
                            } else {
                                // Nought too where a stretch has no such stage.
                                l.select(fixed, zero, a)
                            };
                            l.store(&mut values[j], value);
                            let exact = l.load(&gradient[j]);
                            let mut error = l.sub(exact, zl);
                            if $whole {
                                error = l.add(error, zu);
                            }
                            l.store_rough(&mut left[j], error);
                            let grad = gradient_of::<L, $whole>(l, &left[j], place);
                            l.store(&mut gradient[j], grad);
                            l.store(&mut thetas[j], th);
                            l.store(&mut side[j], l.mul(th, grad));
                            if $moving {
                                let to = p.moving[j].border as usize;
                                // times·zu / under: what a unit of the border column does to zu.
                                let pull = l.mul(times, l.mul(zu, by.under));
                                let push = l.mul(th, pull);
                                l.store(&mut s.push[j], push);
                                let mut add = |at: usize, a: L::F, b: L::F| {
                                    let new = l.mul_add(a, b, l.load(&sums[at + to]));
                                    l.store(&mut sums[at + to], new);
                                };
                                // pull·times·(1 − θ·zu / under), without cancellation.
                                let rest = l.mul_add(zl, by.above, rho);
                                add(0, push, l.mul(times, rest));
                                add(width.columns, push, grad);
                                add(2 * width.columns, times, zu);
                            }
                            // Distances that are not there count nothing.
                            let a = l.select(l.less(zero, zl), a, zero);
                            sum_mu = l.mul_add(a, zl, sum_mu);
                            sum_p = l.mul_add(l.load(&cost[j]), value, sum_p);
                            // lower·zl − upper·zu, or for a fixed one its value times all of its
                            // gradient.
                            let mut bounds =
                                if $lifted { l.mul(l.sub(value, a), zl) } else { zero };
                            if $whole {
                                let u = l.select(l.less(zero, zu), u, zero);
                                sum_mu = l.mul_add(u, zu, sum_mu);
                                if !$moving {
                                    bounds = l.sub_mul(bounds, l.add(value, u), zu);
                                }
                            }
                            sum_d = l.add(sum_d, l.select(fixed, l.mul(value, exact), bounds));
                            let error = l.mul(l.abs(error), l.splat(weights.columns[j]));
                            max_d = l.max(max_d, l.select(fixed, zero, error));
                        }
                    };
                }
                advance!(0..moving, true, true, false);
                advance!(moving..p.lifted.start, true, false, false);
                advance!(p.lifted.clone(), true, false, true);
                advance!(h..k, false, false, false);
                let crosses = &mut sums[3 * width.columns..];
                for (&(_, column, value), to) in p.moving_in_border.iter().zip(crosses) {
                    let push = l.load(&s.push[column as usize]);
                    let new = l.mul_add(value.load(l, slots, &[]), push, l.load(to));
                    l.store(to, new);
                }
            }

            // The rows: what is left of them, and the right side of the first direction.
            let f = &mut s.nodes;
            f[..n].copy_from_slice(&g.rhs[nodes.clone()]);
            f[n..].fill(V::ZERO);
            {
                let x = &s.x[..];
                times::<L, false, true>(l, &p.own, slots, x, &mut f[..n]);
                times::<L, false, true>(l, &p.next, slots_before, &s.before, &mut f[..n]);
                times_alike::<L, false, true>(l, &p.border_in_rows, slots, border_x, &mut f[..n]);
                for link in &p.links {
                    s.before[*link as usize] = x[*link as usize];
                }
                let sums = &mut g.border[width.columns..width.columns + width.rows];
                times::<L, false, false>(l, &p.columns_in_border, slots, x, sums);
            }
            let nothing = &g.nothing[nodes.clone()];
            for (j, (residual, nothing)) in
                g.residual[nodes.clone()].iter_mut().zip(nothing).enumerate()
            {
                let says = l.less(l.load(nothing), l.splat(1.0));
                let left = l.select(says, l.load(&f[j]), zero);
                l.store(residual, left);
                l.store(&mut f[j], left);
                max_p = l.max(max_p, l.mul(l.abs(left), l.splat(weights.nodes[j])));
            }
            for (column, node) in &p.kept {
                let residual = &mut g.residual[nodes.clone()][*node as usize];
                *residual = V::ZERO;
                f[*node as usize] = s.gradient[*column as usize];
            }

            for (column, _) in &p.kept {
                s.side[*column as usize] = V::ZERO;
            }
            for (i, node) in p.next_nodes.iter().enumerate() {
                let at = &mut f[*node as usize];
                let new = l.add(l.load(at), l.load(&s.carry[i]));
                l.store(at, new);
            }
            times::<L, false, false>(l, &p.own, slots, &s.side, &mut f[..n]);
            {
                let tail = &mut f[n..];
                for &(node, column, value) in &p.next.constant {
                    let at = &mut tail[after(p, node)];
                    let new =
                        l.mul_add(l.splat(value), l.load(&s.side[column as usize]), l.load(at));
                    l.store(at, new);
                }
                for &(node, column, slot) in &p.next.varying {
                    let at = &mut tail[after(p, node)];
                    let new = l.mul_add(
                        l.load(&slots_after[slot as usize]),
                        l.load(&s.side[column as usize]),
                        l.load(at),
                    );
                    l.store(at, new);
                }
            }
            border_rows(l, p, width, slots, &s.theta, &s.side, &mut g.border);

            // The matrix of the stage.
            let panel = &mut s.panel[..];
            panel.fill(V::ZERO);
            for (at, handed) in p.handed_on.iter().zip(&s.handed) {
                panel[*at as usize] = *handed;
            }
            for &(at, column, value) in &p.products.constant {
                let at = &mut panel[at as usize];
                let new = l.mul_add(l.splat(value), l.load(&s.theta[column as usize]), l.load(at));
                l.store(at, new);
            }
            if !p.products.varying.is_empty() {
                let value = |slot: u32| {
                    let slot = slot as usize;
                    if let Some(own) = slots.get(slot) {
                        return l.load(own);
                    }
                    match slots_after.get(slot - slots.len()) {
                        Some(next) => l.load(next),
                        None => l.splat(p.fixed[slot - slots.len() - slots_after.len()]),
                    }
                };
                for &(at, column, a, b) in &p.products.varying {
                    let product = l.mul(value(a), value(b));
                    let at = &mut panel[at as usize];
                    let new = l.mul_add(product, l.load(&s.theta[column as usize]), l.load(at));
                    l.store(at, new);
                }
            }
            for &(at, value) in &p.kept_constant {
                let at = &mut panel[at as usize];
                let new = l.add(l.load(at), l.splat(value));
                l.store(at, new);
            }
            for &(at, slot) in &p.kept_varying {
                let slot = slot as usize;
                let value = slots.get(slot).unwrap_or_else(|| &slots_after[slot - slots.len()]);
                let at = &mut panel[at as usize];
                let new = l.add(l.load(at), l.load(value));
                l.store(at, new);
            }
            let delta = l.splat(regular.rows);
            for (j, nothing) in nothing.iter().enumerate() {
                let at = &mut panel[p.starts[j] as usize];
                let new = l.add(l.load(at), l.add(delta, l.load(nothing)));
                l.store(at, new);
            }
            for (column, node) in &p.kept {
                let theta = l.load(&s.theta[*column as usize]);
                let free = l.less(zero, theta);
                let pivot = l.select(free, l.div(one, theta), l.splat(NOTHING));
                let at = &mut panel[p.starts[*node as usize] as usize];
                let new = l.sub(l.sub(l.load(at), delta), pivot);
                l.store(at, new);
            }

            // Its factor, and the wide columns behind it.
            let nd = p.direct.len();
            let direct = &mut g.direct[t * nd..(t + 1) * nd];
            direct_entries(l, p, (slots, slots_after), (&s.theta, &s.push), direct);
            for (at, direct) in p.direct_in_wide.iter().zip(&*direct) {
                let at = &mut s.wide[*at as usize];
                let new = l.add(l.load(at), l.load(direct));
                l.store(at, new);
            }
            if t == 0 && joins > 0 {
                cut(l, p, width, &g.joined, (panel, &mut s.wide, f), &mut g.start);
            }
            if t == 0 {
                g.at_first.copy_from_slice(&s.wide);
            }
            for (j, least) in s.least[..n].iter_mut().enumerate() {
                let diagonal = l.load(&panel[p.starts[j] as usize]);
                // Regularised as it is, no elimination leaves less than this but by rounding.
                let floor = if p.is_row[j] { regular.rows } else { regular.columns };
                l.store(least, l.max(l.splat(floor), l.mul(l.splat(PIVOT), l.abs(diagonal))));
            }
            // What was handed on is what eliminations left over; its size before them counts.
            for (node, handed) in p.next_nodes.iter().zip(&mut s.handed_least) {
                let least = &mut s.least[*node as usize];
                let new = l.max(l.load(least), l.load(handed));
                l.store(least, new);
            }
            for (i, handed) in s.handed_least.iter_mut().enumerate() {
                let diagonal = l.load(&panel[p.entries + by_column(c, i, i)]);
                l.store(handed, l.mul(l.splat(PIVOT), l.abs(diagonal)));
            }
            for j in 0..n {
                let (first, last) = (p.starts[j] as usize, p.starts[j + 1] as usize);
                // A pivot that is all cancellation would be noise or nought.
                let (raw, least) = (l.load(&panel[first]), l.load(&s.least[j]));
                let pivot =
                    if p.is_row[j] { l.max(raw, least) } else { l.min(raw, l.sub(zero, least)) };
                let d = l.div(one, pivot);
                l.store(&mut panel[first], d);
                let (done, rest) = panel.split_at_mut(last);
                let column = &mut done[first + 1..];
                let raw = &mut s.raw[..column.len()];
                for (entry, raw) in column.iter_mut().zip(&mut *raw) {
                    let value = l.load(entry);
                    l.store(raw, value);
                    l.store(entry, l.mul(value, d));
                }
                for (at, (targets, entry)) in p.targets[j].iter().zip(&*column).enumerate() {
                    let entry = l.load(entry);
                    match targets {
                        Targets::Run(start) => {
                            let to = &mut rest[*start as usize - last..];
                            for (to, raw) in to.iter_mut().zip(&raw[at..]) {
                                l.store(to, l.sub_mul(l.load(to), entry, l.load(raw)));
                            }
                        }
                        Targets::List(list) => {
                            for (to, raw) in list.iter().zip(&raw[at..]) {
                                let to = &mut rest[*to as usize - last];
                                l.store(to, l.sub_mul(l.load(to), entry, l.load(raw)));
                            }
                        }
                    }
                }
                // The same for the wide columns, as far as they are not full.
                let (from, to) = (p.wide.starts[j], p.wide.starts[j + 1]);
                let (done, rest) = s.wide.split_at_mut(to);
                for (entry, targets) in column.iter().zip(&p.wide.targets[j]) {
                    let entry = l.load(entry);
                    for (from, target) in done[from..].iter().zip(targets) {
                        let to = &mut rest[*target as usize - to];
                        l.store(to, l.sub_mul(l.load(to), entry, l.load(from)));
                    }
                }
            }
            full_columns(l, p, panel, nw, &mut s.wide);
            forward(l, p, panel, f);
            g.factor[t * p.entries..(t + 1) * p.entries].copy_from_slice(&panel[..p.entries]);
            s.handed.copy_from_slice(&panel[p.entries..]);
            s.carry.copy_from_slice(&f[n..]);
            g.dy[nodes.clone()].copy_from_slice(&f[..n]);
            gram(l, p, panel, &s.wide[..wl], nw, &mut g.gram);
            against(l, p, panel, &s.wide[..wl], &f[..n], &mut g.against);
            if let Some(i) = tail {
                take_end(l, &g.ends[i], &mut s.handed, &mut g.end.triangle);
                take_end(l, &g.ends[i], &mut s.wide[wl..], &mut g.end.wide);
                take_end(l, &g.ends[i], &mut s.carry, &mut g.end.side);
                take_end(l, &g.ends[i], &mut s.handed_least, &mut g.end_least);
            }
            // What is handed on of the wide columns stands at the next stage's nodes.
            let (here, handed) = s.wide.split_at_mut(wl);
            here.fill(V::ZERO);
            for (i, node) in p.next_nodes.iter().enumerate().take(c) {
                let to = p.wide.starts[*node as usize];
                here[to..to + nw].copy_from_slice(&handed[i * nw..(i + 1) * nw]);
            }
            handed.fill(V::ZERO);
        }
        let out = |f: L::F| {
            let mut v = V::ZERO;
            l.store(&mut v, f);
            v
        };
        Sums {
            complementarity: total(&out(sum_mu)),
            primal: greatest(&out(max_p)),
            dual: greatest(&out(max_d)),
            objective: total(&out(sum_p)),
            dual_objective: total(&out(sum_d)),
            ..Sums::default()
        }
    }
}
