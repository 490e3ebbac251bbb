//! Eight stretches of time side by side: their data, and the passes over them.
//!
//! Each pass goes once through the stages, forwards or backwards, and does all there is to do at a
//! stage while its numbers are at hand, because memory, not arithmetic, is what a pass waits for.
#![allow(clippy::inline_always)] // Kernels are compiled for the registers of their caller.

use crate::lanes::{Kernel, LANES, Lanes, V};
use crate::pattern::{Entries, Pattern, Targets};

/// A pivot so large that its unknown is nought: for rows that say nothing.
pub const NOTHING: f64 = 1e30;

/// The share of a row's diagonal that its pivot keeps at least.
const PIVOT: f64 = 1e-13;

/// What the passes know of the border: which of its columns stand in rows of stages.
#[derive(Debug, Clone, Default)]
pub struct Width {
    /// Rows at the start of a stretch that join it to the previous one.
    pub joins: usize,
    /// Border columns that stand in rows of stages.
    pub columns: usize,
    pub rows: usize,
}

impl Width {
    pub fn all(&self) -> usize {
        self.joins + self.columns + self.rows
    }
}

/// See the module. Lists run over stages of a stretch, then columns or nodes.
#[derive(Debug)]
pub struct Group {
    /// Stages of the longest stretch.
    pub stages: usize,
    /// First stage of each stretch.
    pub first: [usize; LANES],
    /// Number of stages of each: that of the longest or one less; 0 where there is no stretch.
    pub length: [usize; LANES],
    /// 1 where the stretch ends at the last stage but one, and at the last.
    pub ends: [V; 2],
    /// 1 where the stretch is joined to one before.
    pub joined: V,
    /// Of the columns whose cost varies.
    pub cost: Vec<V>,
    pub rhs: Vec<V>,
    /// [`NOTHING`] for rows that say nothing, else 0.
    pub nothing: Vec<V>,
    pub slots: Vec<V>,
    /// One stage more than there are: that before the first stands first.
    pub next_slots: Vec<V>,
    /// Of the columns that are not [half-open](Pattern::whole), like `under` and `zu`.
    pub x: Vec<V>,
    /// Distance from the lower bound: ∞ where there is none, −∞ where the column is fixed.
    pub above: Vec<V>,
    /// Distance from the upper bound: ∞ where there is none or the column is fixed.
    pub under: Vec<V>,
    /// Multipliers of the bounds; 0 where there is none.
    pub zl: Vec<V>,
    pub zu: Vec<V>,
    /// The first direction of an iteration, and the one at hand.
    first_dx: Vec<V>,
    pub dx: Vec<V>,
    /// What the products of distances and multipliers aim at, where further correctors may change it;
    /// else it follows from `first_dx` and `target`.
    aim_l: Vec<V>,
    aim_u: Vec<V>,
    target: f64,
    /// Regularisation of the columns.
    rho: f64,
    /// cost − rowsᵀ·y
    pub gradient: Vec<V>,
    pub y: Vec<V>,
    pub dy: Vec<V>,
    /// A correction of dy.
    ddy: Vec<V>,
    /// rhs − rows·x
    pub residual: Vec<V>,
    factor: Vec<V>,
    wide: Vec<V>,
    /// y of the first stage of the next stretch.
    pub y_after: Vec<V>,
    /// Linking columns at the last stage of the previous stretch.
    pub x_before: Vec<V>,
    /// wideᵀ·D⁻¹·wide as a triangle, and wideᵀ·D⁻¹·side.
    pub gram: Vec<V>,
    pub against: Vec<V>,
    /// The joining rows among themselves, as a triangle; against the border; their right side.
    pub start: Joins,
    /// What the stretch hands on to the joining rows of the next: a triangle; by joining row against
    /// the wide columns; the right side; and the least pivots.
    pub end: Joins,
    pub end_least: Vec<V>,
    /// Sums for the border: rowsᵀ·y by border column, then rows·x, rows·θ·h by border row, then the
    /// triangle rows·θ·rowsᵀ.
    pub border: Vec<V>,
    /// A direction that was kept: dx, dy and the aims.
    spare: [Vec<V>; 4],
    scratch: Scratch,
}

/// Joining rows: among themselves, against wide columns, and their right side.
#[derive(Debug, Default)]
pub struct Joins {
    pub triangle: Vec<V>,
    pub wide: Vec<V>,
    pub side: Vec<V>,
}

impl Joins {
    fn new(count: usize, wide: usize) -> Self {
        Joins {
            triangle: vec![V::ZERO; count * (count + 1) / 2],
            wide: vec![V::ZERO; count * wide],
            side: vec![V::ZERO; count],
        }
    }
}

#[derive(Debug, Default)]
struct Scratch {
    panel: Vec<V>,
    wide: Vec<V>,
    x: Vec<V>,
    cost: Vec<V>,
    /// A column of the factor before it is divided by its pivot.
    raw: Vec<V>,
    theta: Vec<V>,
    side: Vec<V>,
    before: Vec<V>,
    carry: Vec<V>,
    handed: Vec<V>,
    nodes: Vec<V>,
    column: Vec<V>,
    least: Vec<V>,
    handed_least: Vec<V>,
}

/// What a pass finds out about its group.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    pub complementarity: f64,
    pub primal: f64,
    pub dual: f64,
    pub objective: f64,
    pub dual_objective: f64,
    /// Greatest dx / distance and dz / z: 1 over the longest step.
    pub primal_ratio: f64,
    pub dual_ratio: f64,
    /// Σ of products of the changes, for the complementarity after a step.
    pub dx_z: f64,
    pub dx_dz: f64,
}

impl Sums {
    pub fn add(self, o: Sums) -> Sums {
        Sums {
            complementarity: self.complementarity + o.complementarity,
            primal: self.primal.max(o.primal),
            dual: self.dual.max(o.dual),
            objective: self.objective + o.objective,
            dual_objective: self.dual_objective + o.dual_objective,
            primal_ratio: self.primal_ratio.max(o.primal_ratio),
            dual_ratio: self.dual_ratio.max(o.dual_ratio),
            dx_z: self.dx_z + o.dx_z,
            dx_dz: self.dx_dz + o.dx_dz,
        }
    }
}

/// Regularisation: of columns, and of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regular {
    pub columns: f64,
    pub rows: f64,
}

impl Group {
    pub fn new(p: &Pattern, width: &Width, first: [usize; LANES], length: [usize; LANES]) -> Self {
        let stages = length.iter().copied().max().unwrap_or(0);
        let by_column = || vec![V::ZERO; stages * p.columns];
        let by_whole = || vec![V::ZERO; stages * p.whole];
        let by_node = || vec![V::ZERO; stages * p.nodes];
        let all = width.all();
        let side = p.nodes + p.next_nodes.len();
        Group {
            stages,
            first,
            length,
            ends: [V::ZERO; 2],
            joined: V::ZERO,
            cost: vec![V::ZERO; stages * p.varying_costs.len()],
            rhs: by_node(),
            nothing: by_node(),
            slots: vec![V::ZERO; stages * p.slots.len()],
            next_slots: vec![V::ZERO; (stages + 1) * p.next_slots.len()],
            x: by_whole(),
            above: by_column(),
            under: by_whole(),
            zl: by_column(),
            zu: by_whole(),
            first_dx: by_column(),
            dx: by_column(),
            aim_l: Vec::new(),
            aim_u: Vec::new(),
            target: 0.0,
            rho: 0.0,
            gradient: by_column(),
            y: by_node(),
            dy: by_node(),
            ddy: by_node(),
            residual: by_node(),
            factor: vec![V::ZERO; stages * p.entries],
            wide: vec![V::ZERO; stages * p.wide.len()],
            y_after: vec![V::ZERO; p.nodes],
            x_before: vec![V::ZERO; p.links.len()],
            gram: vec![V::ZERO; all * (all + 1) / 2],
            against: vec![V::ZERO; all],
            start: Joins::new(width.joins, width.columns + width.rows),
            end: Joins::new(width.joins, all),
            end_least: vec![V::ZERO; width.joins],
            border: vec![
                V::ZERO;
                width.columns + 2 * width.rows + width.rows * (width.rows + 1) / 2
            ],
            spare: Default::default(),
            scratch: Scratch {
                panel: vec![V::ZERO; p.entries + p.handed_on.len()],
                wide: vec![V::ZERO; p.wide.len() + p.next_nodes.len() * all],
                x: vec![V::ZERO; p.columns],
                cost: p.costs.iter().map(|cost| V([*cost; LANES])).collect(),
                raw: vec![V::ZERO; side],
                theta: vec![V::ZERO; p.columns],
                side: vec![V::ZERO; p.columns],
                before: vec![V::ZERO; p.columns],
                carry: vec![V::ZERO; p.next_nodes.len()],
                handed: vec![V::ZERO; p.handed_on.len()],
                nodes: vec![V::ZERO; side],
                column: vec![V::ZERO; p.columns],
                least: vec![V::ZERO; p.nodes],
                handed_least: vec![V::ZERO; p.next_nodes.len()],
            },
        }
    }
}

impl Group {
    /// The value of a column at a stage of a stretch.
    pub fn value(&self, p: &Pattern, column: usize, tau: usize, lane: usize) -> f64 {
        match column.checked_sub(p.whole) {
            None => self.x[tau * p.whole + column].0[lane],
            Some(half) => p.lower[half] + self.above[tau * p.columns + column].0[lane],
        }
    }

    /// Makes room for aims that further correctors change.
    pub fn keep_aims(&mut self) {
        self.aim_l.resize(self.dx.len(), V::ZERO);
        self.aim_u.resize(self.zu.len(), V::ZERO);
    }

    /// Leaves the direction at hand.
    pub fn forget(&mut self) {
        for list in [&mut self.first_dx, &mut self.dx, &mut self.dy] {
            list.fill(V::ZERO);
        }
    }

    /// Keeps the direction at hand beside the next one.
    pub fn keep(&mut self) {
        let from = [&self.dx, &self.dy, &self.aim_l, &self.aim_u];
        for (spare, from) in self.spare.iter_mut().zip(from) {
            spare.clone_from(from);
        }
    }

    /// Goes back to the direction that was kept.
    pub fn revert(&mut self) {
        let to = [&mut self.dx, &mut self.dy, &mut self.aim_l, &mut self.aim_u];
        for (spare, to) in self.spare.iter_mut().zip(to) {
            std::mem::swap(spare, to);
        }
    }
}

/// A column's distances from its bounds and their multipliers.
#[derive(Clone, Copy)]
struct Place<F> {
    above: F,
    under: F,
    zl: F,
    zu: F,
}

impl<F> Place<F> {
    /// Of column `j` of a stage, whose distances and multipliers these are.
    #[inline(always)]
    fn load<L: Lanes<F = F>, const WHOLE: bool>(
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

/// 1 / above, 1 / under, which are 0 where there is no bound, and θ = 1 / (zl / above + zu / under + ρ),
/// which is 0 where the column is fixed.
#[derive(Clone, Copy)]
struct Inverses<F> {
    above: F,
    under: F,
    theta: F,
}

/// Reckoned anew in every pass: memory is what passes wait for, not arithmetic.
#[inline(always)]
fn inverses<L: Lanes, const WHOLE: bool>(l: L, rho: L::F, place: Place<L::F>) -> Inverses<L::F> {
    inverses_and::<L, WHOLE>(l, rho, place, None).0
}

/// With them 1 / more, at the price of one division for all.
#[inline(always)]
fn inverses_and<L: Lanes, const WHOLE: bool>(
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

/// What products of distances and multipliers aim at after a first direction that aimed at nothing:
/// a target less what that direction leaves of the second order (Mehrotra 1992).
#[inline(always)]
fn aims<L: Lanes, const WHOLE: bool>(
    l: L,
    target: L::F,
    d: L::F,
    place: Place<L::F>,
    by: Inverses<L::F>,
) -> (L::F, L::F) {
    let (zero, dzl) = (l.splat(0.0), l.mul(place.zl, l.mul(d, by.above)));
    let dzl = l.sub(l.sub(zero, dzl), place.zl);
    let above = l.sub_mul(target, d, dzl);
    if !WHOLE {
        return (above, zero);
    }
    let dzu = l.sub(l.mul(place.zu, l.mul(d, by.under)), place.zu);
    (above, l.mul_add(d, dzu, target))
}

/// `to[row] += value·from[column]` of all entries; `TURNED` with rows and columns changed about, `LESS`
/// with −= for +=.
#[inline(always)]
fn times<L: Lanes, const TURNED: bool, const LESS: bool>(
    l: L,
    e: &Entries,
    slots: &[V],
    from: &[V],
    to: &mut [V],
) {
    for &(row, column, value) in &e.constant {
        let value = l.splat(value);
        one_time::<L, TURNED, LESS>(l, (row as usize, column as usize), value, from, to);
    }
    for &(row, column, slot) in &e.varying {
        let value = l.load(&slots[slot as usize]);
        one_time::<L, TURNED, LESS>(l, (row as usize, column as usize), value, from, to);
    }
}

#[inline(always)]
fn one_time<L: Lanes, const TURNED: bool, const LESS: bool>(
    l: L,
    (row, column): (usize, usize),
    value: L::F,
    from: &[V],
    to: &mut [V],
) {
    let (from, to) =
        if TURNED { (&from[row], &mut to[column]) } else { (&from[column], &mut to[row]) };
    let (factor, sum) = (l.load(from), l.load(to));
    let new = if LESS { l.sub_mul(sum, value, factor) } else { l.mul_add(value, factor, sum) };
    l.store(to, new);
}

/// Adds up eight numbers in a fixed order.
#[inline]
pub fn total(v: &V) -> f64 {
    v.0.iter().sum()
}

fn greatest(v: &V) -> f64 {
    v.0.iter().copied().fold(0.0, f64::max)
}

/// One over the size that an error is measured against, on the problem as given, for each node and
/// column of a stage.
#[derive(Debug, Default)]
pub struct Weights {
    pub nodes: Vec<f64>,
    pub columns: Vec<f64>,
}

/// Forwards: takes the last step, measures, factorises, and begins the solve for the first direction.
pub struct Advance<'a> {
    pub group: &'a mut Group,
    pub pattern: &'a Pattern,
    pub width: &'a Width,
    /// Lengths of the step that is taken: primal, dual.
    pub step: (f64, f64),
    pub regular: Regular,
    /// Border columns in rows, and multipliers of border rows, after the step.
    pub border_x: &'a [f64],
    pub border_y: &'a [f64],
    /// What an error of each node and each column counts.
    pub weights: &'a Weights,
}

impl Kernel for Advance<'_> {
    type Output = Sums;

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) -> Sums {
        let Advance { group: g, pattern: p, width, step, regular, border_x, border_y, weights } =
            self;
        let (k, h, n, c) = (p.columns, p.whole, p.nodes, p.next_nodes.len());
        let (joins, nw, wl) = (width.joins, width.all(), p.wide.len());
        let zero = l.splat(0.0);
        let one = l.splat(1.0);
        let (ap, ad) = (l.splat(step.0), l.splat(step.1));
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
            let gradient = &mut g.gradient[columns.clone()];
            let varying = t * p.varying_costs.len()..(t + 1) * p.varying_costs.len();
            for (column, cost) in p.varying_costs.iter().zip(&g.cost[varying]) {
                s.cost[*column as usize] = *cost;
            }
            gradient.copy_from_slice(&s.cost);
            let y = &g.y[nodes.clone()];
            times::<L, true, true>(l, &p.own, slots, y, gradient);
            times::<L, true, true>(l, &p.next, slots_after, y_after, gradient);
            for &(row, column, value) in &p.columns_in_border.constant {
                let at = &mut gradient[column as usize];
                let new = l.sub_mul(l.load(at), l.splat(value), l.splat(border_y[row as usize]));
                l.store(at, new);
            }
            for &(row, column, slot) in &p.columns_in_border.varying {
                let at = &mut gradient[column as usize];
                let new = l.sub_mul(
                    l.load(at),
                    l.load(&slots[slot as usize]),
                    l.splat(border_y[row as usize]),
                );
                l.store(at, new);
            }
            for &(node, column, value) in &p.border_in_rows.constant {
                let at = &mut g.border[column as usize];
                let new = l.mul_add(l.splat(value), l.load(&y[node as usize]), l.load(at));
                l.store(at, new);
            }
            for &(node, column, slot) in &p.border_in_rows.varying {
                let at = &mut g.border[column as usize];
                let new =
                    l.mul_add(l.load(&slots[slot as usize]), l.load(&y[node as usize]), l.load(at));
                l.store(at, new);
            }
            for (y, rhs) in y.iter().zip(&g.rhs[nodes.clone()]) {
                sum_d = l.mul_add(l.load(y), l.load(rhs), sum_d);
            }

            // The columns: step, measures, θ.
            {
                let x = &mut g.x[wholes.clone()][..h];
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
                let gradient = &gradient[..k];
                let (thetas, side, values) = (&mut s.theta[..k], &mut s.side[..k], &mut s.x[..k]);
                macro_rules! advance {
                    ($range:expr, $whole:literal) => {
                        for j in $range {
                            let d = l.load(&dx[j]);
                            let step = l.mul(ap, d);
                            let places = [&*above, &*under, &*zls, &*zus];
                            let place = Place::load::<L, $whole>(l, places, j);
                            let by = inverses::<L, $whole>(l, old_rho, place);
                            let (al, au) = match (keeps, $whole) {
                                (false, _) => {
                                    aims::<L, $whole>(l, target, l.load(&first[j]), place, by)
                                }
                                (true, true) => (l.load(&aim_l[j]), l.load(&aim_u[j])),
                                (true, false) => (l.load(&aim_l[j]), zero),
                            };
                            let Place { above: a, under: u, zl, zu } = place;
                            let dzl = l.sub(l.mul(by.above, l.sub_mul(al, zl, d)), zl);
                            let (a, zl) = (l.add(a, step), l.mul_add(ad, dzl, zl));
                            l.store(&mut above[j], a);
                            l.store(&mut zls[j], zl);
                            let (value, u, zu) = if $whole {
                                let dzu = l.sub(l.mul(by.under, l.mul_add(zu, d, au)), zu);
                                let value = l.add(l.load(&x[j]), step);
                                let (u, zu) = (l.sub(u, step), l.mul_add(ad, dzu, zu));
                                l.store(&mut x[j], value);
                                l.store(&mut under[j], u);
                                l.store(&mut zus[j], zu);
                                (value, u, zu)
                            } else {
                                (l.add(a, l.splat(p.lower[j - h])), u, zu)
                            };
                            let place = Place { above: a, under: u, zl, zu };
                            let th = inverses::<L, $whole>(l, rho, place).theta;
                            let fixed = l.less(a, zero);
                            let value = if $whole { value } else { l.select(fixed, zero, value) };
                            l.store(&mut values[j], value);
                            let grad = l.load(&gradient[j]);
                            l.store(&mut thetas[j], th);
                            l.store(&mut side[j], l.mul(th, grad));
                            // Distances that are not there count nothing.
                            let a = l.select(l.less(zero, zl), a, zero);
                            sum_mu = l.mul_add(a, zl, sum_mu);
                            sum_p = l.mul_add(l.load(&cost[j]), value, sum_p);
                            // lower·zl − upper·zu, or for a fixed one its value times all of its
                            // gradient.
                            let mut bounds = l.mul(l.sub(value, a), zl);
                            let mut error = l.sub(grad, zl);
                            if $whole {
                                let u = l.select(l.less(zero, zu), u, zero);
                                sum_mu = l.mul_add(u, zu, sum_mu);
                                bounds = l.sub_mul(bounds, l.add(value, u), zu);
                                error = l.add(error, zu);
                            }
                            sum_d = l.add(sum_d, l.select(fixed, l.mul(value, grad), bounds));
                            let error = l.mul(l.abs(error), l.splat(weights.columns[j]));
                            max_d = l.max(max_d, l.select(fixed, zero, error));
                        }
                    };
                }
                advance!(0..h, true);
                advance!(h..k, false);
            }

            // The rows: what is left of them, and the right side of the first direction.
            let f = &mut s.nodes;
            f[..n].copy_from_slice(&g.rhs[nodes.clone()]);
            f[n..].fill(V::ZERO);
            {
                let x = &s.x[..];
                times::<L, false, true>(l, &p.own, slots, x, &mut f[..n]);
                times::<L, false, true>(l, &p.next, slots_before, &s.before, &mut f[..n]);
                for &(node, column, value) in &p.border_in_rows.constant {
                    let at = &mut f[node as usize];
                    let new =
                        l.sub_mul(l.load(at), l.splat(value), l.splat(border_x[column as usize]));
                    l.store(at, new);
                }
                for &(node, column, slot) in &p.border_in_rows.varying {
                    let at = &mut f[node as usize];
                    let new = l.sub_mul(
                        l.load(at),
                        l.load(&slots[slot as usize]),
                        l.splat(border_x[column as usize]),
                    );
                    l.store(at, new);
                }
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
                f[*node as usize] = g.gradient[columns.clone()][*column as usize];
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
            wide_columns(l, p, width, (slots, slots_after), &s.theta, &mut s.wide);
            if t == 0 && joins > 0 {
                cut(l, p, width, &g.joined, (panel, &mut s.wide, f), &mut g.start);
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
                let diagonal = l.load(&panel[p.entries + i * (i + 3) / 2]);
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
                raw.copy_from_slice(column);
                for (entry, raw) in column.iter_mut().zip(&*raw) {
                    l.store(entry, l.mul(l.load(raw), d));
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
            g.wide[t * wl..(t + 1) * wl].copy_from_slice(&s.wide[..wl]);
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

/// The place of a next stage's node among those touched.
#[inline(always)]
fn after(p: &Pattern, node: u32) -> usize {
    p.place_after[node as usize] as usize
}

/// rows·θ·h of the border rows, and the triangle rows·θ·rowsᵀ.
#[inline(always)]
fn border_rows<L: Lanes>(
    l: L,
    p: &Pattern,
    width: &Width,
    slots: &[V],
    theta: &[V],
    side: &[V],
    border: &mut [V],
) {
    if width.rows == 0 {
        return;
    }
    let first = width.columns + width.rows;
    times::<L, false, false>(
        l,
        &p.columns_in_border,
        slots,
        side,
        &mut border[first..first + width.rows],
    );
    let triangle = &mut border[first + width.rows..];
    for &(column, a, b, ref pair) in &p.border_pairs {
        let product = l.mul(pair[0].load(l, slots, &[]), pair[1].load(l, slots, &[]));
        let (a, b) = (a.max(b) as usize, a.min(b) as usize);
        let at = &mut triangle[a * (a + 1) / 2 + b];
        let new = l.mul_add(product, l.load(&theta[column as usize]), l.load(at));
        l.store(at, new);
    }
}

/// Entries of the border's wide columns at the nodes of a stage, in front of its factor.
#[inline(always)]
fn wide_columns<L: Lanes>(
    l: L,
    p: &Pattern,
    width: &Width,
    (slots, slots_after): (&[V], &[V]),
    theta: &[V],
    wide: &mut [V],
) {
    let (n, nw) = (p.nodes, width.all());
    let mut add = |node: usize, column: usize, value: L::F| {
        let at = match node.checked_sub(n) {
            Some(next) => p.wide.len() + next * nw + column,
            None => p.wide.place(node, column),
        };
        let at = &mut wide[at];
        let new = l.add(l.load(at), value);
        l.store(at, new);
    };
    for &(node, column, value) in &p.border_in_rows.constant {
        add(node as usize, width.joins + column as usize, l.splat(value));
    }
    for &(node, column, slot) in &p.border_in_rows.varying {
        add(node as usize, width.joins + column as usize, l.load(&slots[slot as usize]));
    }
    // rows·θ·(border row)ᵀ
    let first = width.joins + width.columns;
    for &(place, column, row, ref pair) in &p.border_products {
        let border = pair[1].load(l, slots, slots_after);
        let coefficient = pair[0].load(l, slots, slots_after);
        let value = if p.is_kept[column as usize] {
            // A kept column is a node: its coefficient in the border row stands there.
            border
        } else {
            l.mul(l.mul(coefficient, border), l.load(&theta[column as usize]))
        };
        add(place as usize, first + row as usize, value);
    }
}

/// Takes the rows that join a stretch to the one before out of its first stage: they are unknowns of
/// the joint system, and wide columns here.
#[inline(always)]
fn cut<L: Lanes>(
    l: L,
    p: &Pattern,
    width: &Width,
    joined: &V,
    (panel, wide, side): (&mut [V], &mut [V], &mut [V]),
    start: &mut Joins,
) {
    let (zero, nw) = (l.splat(0.0), width.all());
    let joined = l.less(zero, l.load(joined));
    for (at, to) in p.handed_on.iter().zip(&mut start.triangle) {
        let value = l.load(&panel[*at as usize]);
        l.store(to, value);
        l.store(&mut panel[*at as usize], l.select(joined, zero, value));
    }
    for &(join, node, at) in &p.meets {
        let value = l.load(&panel[at as usize]);
        let to = match (node as usize).checked_sub(p.nodes) {
            Some(next) => p.wide.len() + next * nw + join as usize,
            None => p.wide.place(node as usize, join as usize),
        };
        l.store(&mut wide[to], l.select(joined, value, zero));
        l.store(&mut panel[at as usize], l.select(joined, zero, value));
    }
    for (join, node) in p.next_nodes.iter().enumerate() {
        let node = *node as usize;
        let at = &mut panel[p.starts[node] as usize];
        let new = l.select(joined, l.splat(NOTHING), l.load(at));
        l.store(at, new);
        let border = width.columns + width.rows;
        let from = &mut wide[p.wide.starts[node] + width.joins..p.wide.starts[node + 1]];
        for (from, to) in from.iter_mut().zip(&mut start.wide[join * border..]) {
            let value = l.load(from);
            l.store(to, value);
            l.store(from, l.select(joined, zero, value));
        }
    }
    take_start(l, p, &joined, side, start);
}

/// The right side of the joining rows.
#[inline(always)]
fn take_start<L: Lanes>(l: L, p: &Pattern, joined: &L::M, side: &mut [V], start: &mut Joins) {
    for (node, to) in p.next_nodes.iter().zip(&mut start.side) {
        let from = &mut side[*node as usize];
        let value = l.load(from);
        l.store(to, value);
        l.store(from, l.select(*joined, l.splat(0.0), value));
    }
}

/// L⁻¹ of a stage, what goes on to the next stage behind its nodes.
#[inline(always)]
fn forward<L: Lanes>(l: L, p: &Pattern, factor: &[V], f: &mut [V]) {
    for j in 0..p.nodes {
        let first = p.starts[j] as usize + 1;
        let value = l.load(&f[j]);
        for (entry, node) in factor[first..].iter().zip(&p.below[j]) {
            let at = &mut f[*node as usize];
            let new = l.sub_mul(l.load(at), l.load(entry), value);
            l.store(at, new);
        }
    }
}

/// L⁻¹ of the wide columns at the nodes that meet them all, of which all before are done.
#[inline(always)]
fn full_columns<L: Lanes>(l: L, p: &Pattern, factor: &[V], nw: usize, wide: &mut [V]) {
    for (to, before) in &p.wide.rows {
        let (done, rest) = wide.split_at_mut(*to);
        let mut a = 0;
        while a + 8 <= nw {
            full_block::<L, 8>(l, factor, (before, a), done, rest);
            a += 8;
        }
        if a + 4 <= nw {
            full_block::<L, 4>(l, factor, (before, a), done, rest);
            a += 4;
        }
        match nw - a {
            1 => full_block::<L, 1>(l, factor, (before, a), done, rest),
            2 => full_block::<L, 2>(l, factor, (before, a), done, rest),
            3 => full_block::<L, 3>(l, factor, (before, a), done, rest),
            _ => {}
        }
    }
}

/// Some columns side by side, whose sums stay in registers.
#[inline(always)]
fn full_block<L: Lanes, const BLOCK: usize>(
    l: L,
    factor: &[V],
    (before, a): (&[(u32, u32)], usize),
    done: &[V],
    to: &mut [V],
) {
    let to = &mut to[a..a + BLOCK];
    let mut sums = [l.splat(0.0); BLOCK];
    for (sum, at) in sums.iter_mut().zip(&*to) {
        *sum = l.load(at);
    }
    for (entry, from) in before {
        let entry = l.load(&factor[*entry as usize]);
        let from = &done[*from as usize + a..][..BLOCK];
        for (sum, from) in sums.iter_mut().zip(from) {
            *sum = l.sub_mul(*sum, entry, l.load(from));
        }
    }
    for (sum, at) in sums.into_iter().zip(to) {
        l.store(at, sum);
    }
}

/// wideᵀ·D⁻¹·wide, lower triangle.
#[inline(always)]
fn gram<L: Lanes>(l: L, p: &Pattern, factor: &[V], wide: &[V], nw: usize, gram: &mut [V]) {
    const BLOCK: usize = 4;
    let pivot = |node: u32| l.load(&factor[p.starts[node as usize] as usize]);
    // Rows that are full go by squares whose sums stay in registers.
    let whole = nw / BLOCK * BLOCK;
    for a in (0..whole).step_by(BLOCK) {
        for b in (0..=a).step_by(BLOCK) {
            let mut sums = [[l.splat(0.0); BLOCK]; BLOCK];
            for node in &p.wide.full {
                let row = &wide[p.wide.starts[*node as usize]..][..nw];
                let (left, right) = (&row[a..a + BLOCK], &row[b..b + BLOCK]);
                let pivot = pivot(*node);
                let right: [L::F; BLOCK] = [0, 1, 2, 3].map(
                    #[inline(always)]
                    |i| l.load(&right[i]),
                );
                for (sums, left) in sums.iter_mut().zip(left) {
                    let left = l.mul(pivot, l.load(left));
                    for (sum, right) in sums.iter_mut().zip(right) {
                        *sum = l.mul_add(left, right, *sum);
                    }
                }
            }
            for (i, sums) in sums.into_iter().enumerate() {
                let from = (a + i) * (a + i + 1) / 2 + b;
                let width = BLOCK.min(a + i + 1 - b);
                for (at, sum) in gram[from..from + width].iter_mut().zip(sums) {
                    l.store(at, l.add(l.load(at), sum));
                }
            }
        }
    }
    for node in &p.wide.full {
        let row = &wide[p.wide.starts[*node as usize]..][..nw];
        let pivot = pivot(*node);
        for a in whole..nw {
            let left = l.mul(pivot, l.load(&row[a]));
            for (at, right) in gram[a * (a + 1) / 2..][..=a].iter_mut().zip(row) {
                l.store(at, l.mul_add(left, l.load(right), l.load(at)));
            }
        }
    }
    for node in &p.wide.part {
        let columns = &p.wide.columns[*node as usize];
        let row = &wide[p.wide.starts[*node as usize]..][..columns.len()];
        let pivot = pivot(*node);
        for (i, a) in columns.iter().enumerate() {
            let a = *a as usize;
            let left = l.mul(pivot, l.load(&row[i]));
            let of_a = &mut gram[a * (a + 1) / 2..][..=a];
            for (right, b) in row[..=i].iter().zip(columns) {
                let at = &mut of_a[*b as usize];
                l.store(at, l.mul_add(left, l.load(right), l.load(at)));
            }
        }
    }
}

/// wideᵀ·D⁻¹·f
#[inline(always)]
fn against<L: Lanes>(l: L, p: &Pattern, factor: &[V], wide: &[V], f: &[V], sums: &mut [V]) {
    let mut wide = wide.iter();
    for (j, columns) in p.wide.columns.iter().enumerate() {
        let scaled = l.mul(l.load(&factor[p.starts[j] as usize]), l.load(&f[j]));
        for (column, w) in columns.iter().zip(wide.by_ref()) {
            let sum = &mut sums[*column as usize];
            let new = l.mul_add(scaled, l.load(w), l.load(sum));
            l.store(sum, new);
        }
    }
}

/// Where a stretch ends, what it hands on is for the joint system.
#[inline(always)]
fn take_end<L: Lanes>(l: L, ends: &V, from: &mut [V], to: &mut [V]) {
    let end = l.less(l.splat(0.0), l.load(ends));
    for (from, to) in from.iter_mut().zip(to) {
        let value = l.load(from);
        l.store(to, l.select(end, value, l.load(to)));
        l.store(from, l.select(end, l.splat(0.0), value));
    }
}

/// What a further direction aims at.
#[derive(Debug, Clone, Copy)]
pub enum Aim {
    /// Products of this size, corrected for what the first direction leaves of the second order.
    Centre(f64),
    /// Products within a band after a longer step than the last direction allows (Gondzio 1996).
    Band { step: (f64, f64), low: f64, high: f64 },
}

/// Forwards: the right side of a further direction, and the first half of its solve.
pub struct Aimed<'a> {
    pub group: &'a mut Group,
    pub pattern: &'a Pattern,
    pub width: &'a Width,
    pub aim: Aim,
}

impl Kernel for Aimed<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
        let Aimed { group: g, pattern: p, width, aim } = self;
        let (k, h, n) = (p.columns, p.whole, p.nodes);
        let wl = p.wide.len();
        let zero = l.splat(0.0);
        if let Aim::Centre(size) = aim {
            g.target = size;
        }
        let (rho, keeps) = (l.splat(g.rho), !g.aim_l.is_empty());
        let s = &mut g.scratch;
        let first_row = width.columns + width.rows;
        g.border[first_row..first_row + width.rows].fill(V::ZERO);
        for list in [&mut g.against, &mut s.carry] {
            list.fill(V::ZERO);
        }
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
                let gradient = &g.gradient[columns.clone()][..k];
                let (side, heads) = (&mut s.side[..k], &mut s.column[..k]);
                let places = [above, under, zls, zus];
                match aim {
                    Aim::Centre(size) => {
                        let size = l.splat(size);
                        macro_rules! centre {
                            ($range:expr, $whole:literal) => {
                                for j in $range {
                                    let place = Place::load::<L, $whole>(l, places, j);
                                    let by = inverses::<L, $whole>(l, rho, place);
                                    let first = l.load(&first[j]);
                                    let (al, au) = aims::<L, $whole>(l, size, first, place, by);
                                    let mut head = l.sub_mul(l.load(&gradient[j]), al, by.above);
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
                                }
                            };
                        }
                        centre!(0..h, true);
                        centre!(h..k, false);
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
                            ($range:expr, $whole:literal) => {
                                for j in $range {
                                    let place = Place::load::<L, $whole>(l, places, j);
                                    let by = inverses::<L, $whole>(l, rho, place);
                                    let Place { above: a, under: u, zl, zu } = place;
                                    let (d, al) = (l.load(&dx[j]), l.load(&aim_l[j]));
                                    let dzl = l.sub(l.mul(by.above, l.sub_mul(al, zl, d)), zl);
                                    let after = l.mul(l.mul_add(ap, d, a), l.mul_add(ad, dzl, zl));
                                    let al = l.add(al, corrected(l.less(zero, zl), after));
                                    l.store(&mut aim_l[j], al);
                                    let mut head = l.sub_mul(l.load(&gradient[j]), al, by.above);
                                    if $whole {
                                        let au = l.load(&aim_u[j]);
                                        let dzu = l.sub(l.mul(by.under, l.mul_add(zu, d, au)), zu);
                                        let after = l.mul_add(ad, dzu, zu);
                                        let after = l.mul(l.sub_mul(u, ap, d), after);
                                        let au = l.add(au, corrected(l.less(zero, zu), after));
                                        l.store(&mut aim_u[j], au);
                                        head = l.mul_add(au, by.under, head);
                                    }
                                    l.store(&mut heads[j], head);
                                    l.store(&mut side[j], l.mul(by.theta, head));
                                }
                            };
                        }
                        band!(0..h, true);
                        band!(h..k, false);
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
            let wide = &g.wide[t * wl..(t + 1) * wl];
            against(l, p, factor, wide, &f[..n], &mut g.against);
            if let Some(i) = tail {
                take_end(l, &g.ends[i], &mut s.carry, &mut g.end.side);
            }
        }
    }
}

/// Forwards: what the direction at hand leaves of its equations, and the first half of a solve for a
/// correction.
pub struct Check<'a> {
    pub group: &'a mut Group,
    pub pattern: &'a Pattern,
    pub width: &'a Width,
    pub regular: Regular,
    /// Changes of border columns in rows, then of multipliers of border rows.
    pub border: &'a [f64],
}

impl Kernel for Check<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
        let Check { group: g, pattern: p, width, regular, border } = self;
        let (k, h, n) = (p.columns, p.whole, p.nodes);
        let wl = p.wide.len();
        let zero = l.splat(0.0);
        let (rho, delta) = (l.splat(regular.columns), l.splat(regular.rows));
        let (target, keeps) = (l.splat(g.target), !g.aim_l.is_empty());
        let s = &mut g.scratch;
        for list in [&mut g.against, &mut s.carry, &mut g.border] {
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
            // What is left of the equations of kept columns: head − rowsᵀ·dy + dx/θ.
            if !p.kept.is_empty() {
                let left = &mut s.column;
                left.fill(V::ZERO);
                times::<L, true, true>(l, &p.own, slots, dy, left);
                times::<L, true, true>(l, &p.next, slots_after, dy_after, left);
                for &(row, column, value) in &p.columns_in_border.constant {
                    let at = &mut left[column as usize];
                    let change = l.splat(value * border_y[row as usize]);
                    l.store(at, l.sub(l.load(at), change));
                }
                for &(row, column, slot) in &p.columns_in_border.varying {
                    let at = &mut left[column as usize];
                    let coefficient = l.load(&slots[slot as usize]);
                    let new = l.sub_mul(l.load(at), coefficient, l.splat(border_y[row as usize]));
                    l.store(at, new);
                }
                for (column, _) in &p.kept {
                    let j = *column as usize;
                    // Kept columns are whole.
                    let i = t * k + j;
                    let places = [
                        &g.above[columns.clone()],
                        &g.under[wholes.clone()],
                        &g.zl[columns.clone()],
                        &g.zu[wholes.clone()],
                    ];
                    let place = Place::load::<L, true>(l, places, j);
                    let by = inverses::<L, true>(l, rho, place);
                    let (al, au) = if keeps {
                        (l.load(&g.aim_l[i]), l.load(&g.aim_u[t * h + j]))
                    } else {
                        aims::<L, true>(l, target, l.load(&g.first_dx[i]), place, by)
                    };
                    let head = l.sub_mul(l.load(&g.gradient[i]), al, by.above);
                    let head = l.mul_add(au, by.under, head);
                    let pivot = l.mul_add(place.zu, by.under, rho);
                    let pivot = l.mul_add(place.zl, by.above, pivot);
                    let all = l.add(l.load(&left[j]), l.mul_add(l.load(&dx[j]), pivot, head));
                    let fixed = l.less(place.above, zero);
                    l.store(&mut left[j], l.select(fixed, zero, all));
                }
            }
            let f = &mut s.nodes;
            f[..n].copy_from_slice(&g.residual[nodes.clone()]);
            f[n..].fill(V::ZERO);
            times::<L, false, true>(l, &p.own, slots, dx, &mut f[..n]);
            times::<L, false, true>(l, &p.next, slots_before, &s.before, &mut f[..n]);
            for &(node, column, value) in &p.border_in_rows.constant {
                let at = &mut f[node as usize];
                l.store(at, l.sub(l.load(at), l.splat(value * border[column as usize])));
            }
            for &(node, column, slot) in &p.border_in_rows.varying {
                let at = &mut f[node as usize];
                let change = l.splat(border[column as usize]);
                let new = l.sub_mul(l.load(at), l.load(&slots[slot as usize]), change);
                l.store(at, new);
            }
            for link in &p.links {
                s.before[*link as usize] = dx[*link as usize];
            }
            for (j, nothing) in g.nothing[nodes.clone()].iter().enumerate() {
                let says = l.less(l.load(nothing), l.splat(1.0));
                let left = l.sub_mul(l.load(&f[j]), delta, l.load(&dy[j]));
                l.store(&mut f[j], l.select(says, left, zero));
            }
            for &(node, column, value) in &p.border_in_rows.constant {
                let at = &mut g.border[column as usize];
                let new = l.mul_add(l.splat(value), l.load(&dy[node as usize]), l.load(at));
                l.store(at, new);
            }
            for &(node, column, slot) in &p.border_in_rows.varying {
                let at = &mut g.border[column as usize];
                let coefficient = l.load(&slots[slot as usize]);
                let new = l.mul_add(coefficient, l.load(&dy[node as usize]), l.load(at));
                l.store(at, new);
            }
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
            let wide = &g.wide[t * wl..(t + 1) * wl];
            against(l, p, factor, wide, &f[..n], &mut g.against);
            if let Some(i) = tail {
                take_end(l, &g.ends[i], &mut s.carry, &mut g.end.side);
            }
        }
    }
}

/// Backwards: the second half of a solve, the direction, and how far it may be followed.
pub struct Back<'a> {
    pub group: &'a mut Group,
    pub pattern: &'a Pattern,
    pub width: &'a Width,
    /// Changes of the joining rows at the start of each stretch, and of the next one.
    pub joins_before: &'a [V],
    pub joins_after: &'a [V],
    /// Changes of border columns in rows, then of multipliers of border rows.
    pub border: &'a [f64],
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

impl Kernel for Back<'_> {
    type Output = Sums;

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) -> Sums {
        let Back { group: g, pattern: p, width, joins_before, joins_after, border, which } = self;
        let correction = which == Which::Correction;
        let has_aims = which != Which::First;
        let (k, h, n) = (p.columns, p.whole, p.nodes);
        let wl = p.wide.len();
        let joint: Vec<V> =
            joins_before.iter().copied().chain(border.iter().map(|b| V([*b; LANES]))).collect();
        let (zero, one) = (l.splat(0.0), l.splat(1.0));
        let tiny = l.splat(1e-120);
        let (rho, target) = (l.splat(g.rho), l.splat(g.target));
        let (keeps, some_kept) = (!g.aim_l.is_empty(), !p.kept.is_empty());
        let s = &mut g.scratch;
        let (mut ratio_p, mut ratio_d) = (zero, l.splat(-1.0));
        let (mut dx_z, mut dx_dz) = (zero, zero);
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
            let mut wide = g.wide[t * wl..(t + 1) * wl].iter();
            for (columns, f) in p.wide.columns.iter().zip(&mut f[..n]) {
                let mut value = l.load(f);
                for (column, w) in columns.iter().zip(wide.by_ref()) {
                    value = l.sub_mul(value, l.load(w), l.load(&joint[*column as usize]));
                }
                l.store(f, value);
            }
            for j in (0..n).rev() {
                let first = p.starts[j] as usize;
                let mut value = l.mul(l.load(&f[j]), l.load(&factor[first]));
                for (entry, node) in factor[first + 1..].iter().zip(&p.below[j]) {
                    value = l.sub_mul(value, l.load(entry), l.load(&f[*node as usize]));
                }
                l.store(&mut f[j], value);
            }
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
            for &(row, column, value) in &p.columns_in_border.constant {
                let at = &mut change[column as usize];
                let new = l.mul_add(l.splat(value), l.splat(border_y[row as usize]), l.load(at));
                l.store(at, new);
            }
            for &(row, column, slot) in &p.columns_in_border.varying {
                let at = &mut change[column as usize];
                let coefficient = l.load(&slots[slot as usize]);
                let new = l.mul_add(coefficient, l.splat(border_y[row as usize]), l.load(at));
                l.store(at, new);
            }
            {
                let (above, under) =
                    (&g.above[columns.clone()][..k], &g.under[wholes.clone()][..h]);
                let (zls, zus) = (&g.zl[columns.clone()][..k], &g.zu[wholes.clone()][..h]);
                let (aim_l, aim_u) = if keeps {
                    (&g.aim_l[columns.clone()][..k], &g.aim_u[wholes.clone()][..h])
                } else {
                    (&[][..], &[][..])
                };
                let gradient = &g.gradient[columns.clone()][..k];
                let first = &mut g.first_dx[columns.clone()][..k];
                let dx = &mut g.dx[columns.clone()][..k];
                for (column, node) in &p.kept {
                    change[*column as usize] = f[*node as usize];
                }
                let change = &change[..k];
                let places = [above, under, zls, zus];
                macro_rules! back {
                    ($range:expr, $whole:literal) => {
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
                            let (al, au) = match (keeps, $whole) {
                                _ if !has_aims => (zero, zero),
                                (false, _) => {
                                    aims::<L, $whole>(l, target, l.load(&first[j]), place, by)
                                }
                                (true, true) => (l.load(&aim_l[j]), l.load(&aim_u[j])),
                                (true, false) => (l.load(&aim_l[j]), zero),
                            };
                            let (al, au) = (l.mul(al, by.above), l.mul(au, by.under));
                            let before = if correction { l.load(&dx[j]) } else { zero };
                            let d = if $whole && some_kept && p.is_kept[j] {
                                // Its change is an unknown itself.
                                l.add(before, l.load(&change[j]))
                            } else if correction {
                                l.mul_add(by.theta, l.load(&change[j]), before)
                            } else {
                                let head = l.sub(l.load(&gradient[j]), al);
                                let head = if $whole { l.add(head, au) } else { head };
                                l.mul(by.theta, l.sub(l.load(&change[j]), head))
                            };
                            let (dl, du) = (l.mul(d, by.above), l.mul(d, by.under));
                            ratio_p = l.max(ratio_p, l.sub(zero, dl));
                            if $whole {
                                ratio_p = l.max(ratio_p, du);
                            }
                            if has_aims {
                                l.store(&mut dx[j], d);
                                // −dz/z = 1 + d/above − aim/(above·z), and so for the other bound.
                                let over = if $whole { l.mul(some.1, inverse) } else { inverse };
                                ratio_d = l.max(ratio_d, l.sub_mul(dl, al, over));
                                if $whole {
                                    let au = l.mul(au, l.mul(some.0, inverse));
                                    ratio_d = l.max(ratio_d, l.sub(l.sub(zero, du), au));
                                }
                            } else {
                                l.store(&mut first[j], d);
                                // −dz/z = 1 + d/above, and 1 − d/under.
                                ratio_d = l.max(ratio_d, dl);
                                let mut dz = l.mul_add(zl, dl, zl);
                                dx_z = l.mul_add(d, zl, dx_z);
                                if $whole {
                                    ratio_d = l.max(ratio_d, l.sub(zero, du));
                                    dx_z = l.sub_mul(dx_z, d, zu);
                                    dz = l.mul_add(zu, l.sub(du, one), dz);
                                }
                                dx_dz = l.sub_mul(dx_dz, d, dz);
                            }
                        }
                    };
                }
                back!(0..h, true);
                back!(h..k, false);
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
            ..Sums::default()
        }
    }
}
