//! Eight stretches of time side by side: their data, and the passes over them.
//!
//! Each pass goes once through the stages, forwards or backwards, and does all there is to do at a
//! stage while its numbers are at hand, because memory, not arithmetic, is what a pass waits for.
#![allow(clippy::inline_always)] // Kernels are compiled for the registers of their caller.

mod advance;
mod aimed;
mod back;
mod blocking;
mod check;
mod place;
mod wide;

use bytemuck::cast_slice_mut;

use crate::lanes::{LANES, Lanes, Rough, V};
use crate::memory::split;
use crate::pattern::{Entries, Pattern};

pub use advance::Advance;
pub use aimed::{Aim, Aimed};
pub use back::{Back, Which};
pub use blocking::Counts;
pub use check::Check;
pub use place::MOST_LEFT;

/// A pivot so large that its unknown is nought: for rows that say nothing.
pub const NOTHING: f64 = 1e30;

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

    /// Where in [`Group::border`] the triangle of the border's rows stands.
    pub fn triangle(&self) -> usize {
        self.columns + 2 * self.rows
    }

    /// Where in it the sums of moving bounds start.
    pub fn moving(&self) -> usize {
        self.triangle() + self.rows * (self.rows + 1) / 2
    }
}

/// Changes of the border columns that stand in rows of stages or that bounds move with.
#[derive(Debug, Clone, Copy)]
pub struct Border<'a> {
    /// In the direction at hand, and in the first of the iteration.
    pub dx: &'a [f64],
    pub first: &'a [f64],
}

/// See the module. Lists run over stages of a stretch, then columns or nodes.
#[derive(Debug)]
pub struct Group<'m> {
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
    pub cost: &'m mut [V],
    pub rhs: &'m mut [V],
    /// [`NOTHING`] for rows that say nothing, else 0.
    pub nothing: &'m mut [V],
    pub slots: &'m mut [V],
    /// One stage more than there are: that before the first stands first.
    pub next_slots: &'m mut [V],
    /// Of the [lifted](Pattern::lifted) columns.
    pub x: &'m mut [V],
    /// Distance from the lower bound: ∞ where there is none, −∞ where the column is fixed.
    pub above: &'m mut [V],
    /// Distance from the upper bound, of the columns that are not [half-open](Pattern::whole), like `zu`:
    /// ∞ where there is none or the column is fixed.
    pub under: &'m mut [V],
    /// Multipliers of the bounds; 0 where there is none.
    pub zl: &'m mut [V],
    pub zu: &'m mut [V],
    /// The first direction of an iteration, of which only aims are made, and the one at hand.
    first_dx: &'m mut [Rough],
    pub dx: &'m mut [V],
    /// What the products of distances and multipliers aim at, where further correctors may change it;
    /// else it follows from `first_dx` and `target`.
    aim_l: Vec<V>,
    aim_u: Vec<V>,
    target: f64,
    /// Regularisation of the columns.
    rho: f64,
    /// cost − rowsᵀ·y − zl + zu, which is nothing at an optimum. Together with the multipliers it is the
    /// [gradient](place::gradient), however few digits are kept of it.
    left: &'m mut [Rough],
    pub y: &'m mut [V],
    pub dy: &'m mut [V],
    /// A correction of dy.
    ddy: &'m mut [V],
    /// rhs − rows·x
    pub residual: &'m mut [V],
    factor: &'m mut [V],
    /// What a stage does to the border by itself, and all entries of the wide columns at the first.
    direct: &'m mut [V],
    at_first: Vec<V>,
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
    /// triangle rows·θ·rowsᵀ. Of bounds that move, by border column: what they add to its pivot, to its
    /// right side, and their multipliers; then what makes border columns meet border rows.
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
    gradient: Vec<V>,
    /// A column of the factor before it is divided by its pivot.
    raw: Vec<V>,
    theta: Vec<V>,
    /// Of columns with moving bounds: what a unit of the border column does to them.
    push: Vec<V>,
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
    /// Of a direction with aims.
    pub blocking: Counts,
}

impl Sums {
    pub fn add(self, o: &Sums) -> Sums {
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
            blocking: self.blocking.add(&o.blocking),
        }
    }
}

/// Regularisation: of columns, and of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regular {
    pub columns: f64,
    pub rows: f64,
}

impl<'m> Group<'m> {
    /// How long its lists are for so many stages, in the order of [`Group::new`].
    fn lengths(p: &Pattern, stages: usize) -> [usize; 19] {
        let by_column = stages * p.columns;
        let by_whole = stages * p.whole;
        let by_node = stages * p.nodes;
        [
            stages * p.varying_costs.len(),
            stages * p.slots.len(),
            (stages + 1) * p.next_slots.len(),
            stages * p.lifted.len(),
            by_column,
            by_whole,
            by_column,
            by_whole,
            by_column,
            by_node,
            by_node,
            by_node,
            by_node,
            by_node,
            by_node,
            stages * p.entries,
            stages * p.direct.len(),
            // Rough numbers take half the room.
            by_column.div_ceil(2),
            by_column.div_ceil(2),
        ]
    }

    /// How much memory it needs for so many stages.
    pub fn room(p: &Pattern, stages: usize) -> usize {
        Self::lengths(p, stages).iter().sum()
    }

    /// In memory that is all nought.
    pub fn new(
        p: &Pattern,
        width: &Width,
        (first, length): ([usize; LANES], [usize; LANES]),
        memory: &'m mut [V],
    ) -> Self {
        let stages = length.iter().copied().max().unwrap_or(0);
        let [
            cost,
            slots,
            next_slots,
            x,
            above,
            under,
            zl,
            zu,
            dx,
            y,
            dy,
            ddy,
            residual,
            rhs,
            nothing,
            factor,
            direct,
            first_dx,
            left,
        ] = split(memory, Self::lengths(p, stages));
        let all = width.all();
        let side = p.nodes + p.next_nodes.len();
        Group {
            stages,
            first,
            length,
            ends: [V::ZERO; 2],
            joined: V::ZERO,
            cost,
            rhs,
            nothing,
            slots,
            next_slots,
            x,
            above,
            under,
            zl,
            zu,
            first_dx: &mut cast_slice_mut(first_dx)[..stages * p.columns],
            dx,
            aim_l: Vec::new(),
            aim_u: Vec::new(),
            target: 0.0,
            rho: 0.0,
            left: &mut cast_slice_mut(left)[..stages * p.columns],
            y,
            dy,
            ddy,
            residual,
            factor,
            direct,
            at_first: vec![V::ZERO; p.all_wide.len()],
            y_after: vec![V::ZERO; p.nodes],
            x_before: vec![V::ZERO; p.links.len()],
            gram: vec![V::ZERO; all * (all + 1) / 2],
            against: vec![V::ZERO; all],
            start: Joins::new(width.joins, width.columns + width.rows),
            end: Joins::new(width.joins, all),
            end_least: vec![V::ZERO; width.joins],
            border: vec![V::ZERO; width.moving() + 3 * width.columns + p.moving_in_border.len()],
            spare: Default::default(),
            scratch: Scratch {
                panel: vec![V::ZERO; p.entries + p.handed_on.len()],
                wide: vec![V::ZERO; p.all_wide.len()],
                x: vec![V::ZERO; p.columns],
                cost: p.costs.iter().map(|cost| V([*cost; LANES])).collect(),
                gradient: vec![V::ZERO; p.columns],
                raw: vec![V::ZERO; side],
                theta: vec![V::ZERO; p.columns],
                push: vec![V::ZERO; p.moving.len()],
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

impl Group<'_> {
    /// The values of a column at a stage of the stretches.
    pub fn values(&self, p: &Pattern, column: usize, tau: usize) -> V {
        if p.lifted.contains(&column) {
            return self.x[tau * p.lifted.len() + column - p.lifted.start];
        }
        // Where it is fixed, nought is all that its bounds leave.
        let above = self.above[tau * p.columns + column];
        V(above.0.map(|above| if above < 0.0 { 0.0 } else { above }))
    }

    /// cost − rowsᵀ·y of a column at a stage of a stretch, to seven digits where it is fixed.
    pub fn gradient(&self, p: &Pattern, column: usize, tau: usize, lane: usize) -> f64 {
        let i = tau * p.columns + column;
        let zu = if column < p.whole { self.zu[tau * p.whole + column].0[lane] } else { 0.0 };
        self.zl[i].0[lane] - zu + self.left[i].at(lane)
    }

    /// Makes room for aims that further correctors change.
    pub fn keep_aims(&mut self) {
        self.aim_l.resize(self.dx.len(), V::ZERO);
        self.aim_u.resize(self.zu.len(), V::ZERO);
    }

    /// Leaves the direction at hand.
    pub fn forget(&mut self) {
        self.first_dx.fill(Rough::ZERO);
        self.dx.fill(V::ZERO);
        self.dy.fill(V::ZERO);
    }

    /// Keeps the direction at hand beside the next one.
    pub fn keep(&mut self) {
        let from = [&*self.dx, &*self.dy, &self.aim_l, &self.aim_u];
        for (spare, from) in self.spare.iter_mut().zip(from) {
            spare.clear();
            spare.extend_from_slice(from);
        }
    }

    /// Goes back to the direction that was kept.
    pub fn revert(&mut self) {
        let to = [&mut *self.dx, &mut *self.dy, &mut self.aim_l, &mut self.aim_u];
        for (spare, to) in self.spare.iter().zip(to) {
            to.copy_from_slice(spare);
        }
    }
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

/// The same from numbers that are alike for all stretches.
#[inline(always)]
fn times_alike<L: Lanes, const TURNED: bool, const LESS: bool>(
    l: L,
    e: &Entries,
    slots: &[V],
    from: &[f64],
    to: &mut [V],
) {
    for &(row, column, value) in &e.constant {
        let value = l.splat(value);
        one_alike::<L, TURNED, LESS>(l, (row as usize, column as usize), value, from, to);
    }
    for &(row, column, slot) in &e.varying {
        let value = l.load(&slots[slot as usize]);
        one_alike::<L, TURNED, LESS>(l, (row as usize, column as usize), value, from, to);
    }
}

#[inline(always)]
fn one_alike<L: Lanes, const TURNED: bool, const LESS: bool>(
    l: L,
    (row, column): (usize, usize),
    value: L::F,
    from: &[f64],
    to: &mut [V],
) {
    let (from, to) =
        if TURNED { (from[row], &mut to[column]) } else { (from[column], &mut to[row]) };
    let (factor, sum) = (l.splat(from), l.load(to));
    let new = if LESS { l.sub_mul(sum, value, factor) } else { l.mul_add(value, factor, sum) };
    l.store(to, new);
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

/// The place of a next stage's node among those touched.
#[inline(always)]
fn after(p: &Pattern, node: u32) -> usize {
    p.place_after[node as usize] as usize
}
