//! The interior-point method: Mehrotra's predictor and corrector with Gondzio's further correctors, on
//! a problem regularised in columns and rows around the point it is at (Friedlander and Orban 2012).

use std::ops::ControlFlow;
use std::time::Instant;

use crate::group::{
    Advance, Aim, Aimed, Back, Border, Check, Group, NOTHING, Regular, Sums, Weights, Which,
    Width as Wide,
};
use crate::joint::Joint;
use crate::lanes::{LANES, V, Width};
use crate::memory::Memory;
use crate::model::{Model, Point, Values};
use crate::pattern::Pattern;
use crate::scale::{Scales, greatest, scale};
use crate::solution::{Options, Progress};
use crate::staged::{Entry, Found, Guess, Staged};
use crate::start::{centred, meet, near, sized};
use crate::threads::{STAGES, Threads};

/// Most groups; each is one piece of work for a thread.
const GROUPS: usize = 8;

/// Where a bound that moves starts at least.
const LEAST: f64 = 1e-9;
/// Weight of the barrier at the start with a guess.
const WARM: f64 = 1e-3;

/// Where the gap is less than this, the regularisation is this share of what it was.
const CLOSED: f64 = 1e-7;
const LESS: f64 = 1e-2;
/// So too where rows and columns are near enough, and the gap, below so much, is more than this share of
/// the one before.
const STANDS: f64 = 1e-4;
const HELD: f64 = 0.8;
/// Where rows are lost all the same, columns are held by so much more each time, up to so much.
const FIRMER: f64 = 1e2;
const FIRMEST: f64 = 1e6;
/// Where that is all that is left of their equations, by so much less each time, down to this share.
const LOOSEST: f64 = 1e-6;
/// How often a direction that is lost is tried again with firmer columns.
const LOST: usize = 4;
/// A step that is none.
const NO_STEP: f64 = 1e-10;
/// Iterations beyond what is enough that are spent on coming nearer.
const FURTHER: usize = 6;
/// Steps shorter than this lead nowhere if there are many of them in a row.
const SHORT: f64 = 1e-3;
const SHORT_STEPS: usize = 6;
/// How much longer a step further correctors try to make possible.
const LONGER: f64 = 0.2;
/// A step shorter than this is made longer, so many times at least or not at all, where only few columns
/// and multipliers stop it, this share of all. What would go further than so much of the way to nought then
/// stops there. Where this share is less than so many, none do.
const CUT_BELOW: f64 = 0.6;
const CUT_GAIN: f64 = 1.2;
const FEW: f64 = 5e-4;
const FEW_AT_LEAST: f64 = 10.0;
const CUT_AT: f64 = 0.8;
/// Nearer than this gap nothing is cut: what a cut leaves in the rows would be all there is.
const CUT_GAP: f64 = 1e-6;
/// The power of what the first direction leaves that the target falls with: where steps may be cut, and
/// where not.
const POWERS: (i32, i32) = (6, 4);
/// A residual this many times what a step should have left of it calls for corrected directions.
const FALSE: f64 = 10.0;
/// Iterations within which the worst measure must halve, or the gap: cuts leave residuals on the way.
const PATIENCE: usize = 40;

/// How a run of the method ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Converged,
    Stalled,
    Iterations,
    Time,
    Stopped,
}

/// How time is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cuts {
    /// Into stretches that are worked on side by side.
    Many,
    /// Not at all: one after the other, for problems so near to dependent that joints lose digits.
    None,
}

/// A problem ready for the method.
pub struct Method<'m> {
    staged: Staged,
    scales: Scales,
    pattern: Pattern,
    width: Wide,
    groups: Vec<Group<'m>>,
    joint: Joint,
    segments: Vec<(usize, usize)>,
    /// How many bounds have multipliers.
    bounds: f64,
    registers: Width,
    threads: Threads,
    weights: Weights,
    border_weights: Weights,
    step: (f64, f64),
    /// The shares of their way to nought that distances and multipliers go at most.
    furthest: (f64, f64),
    /// A guess to start from.
    guess: Option<Guess>,
    pub iterations: usize,
    /// The first point that was near enough: further steps may lose what the last digits need.
    pub kept: Option<Point>,
}

fn at(values: &Values, stage: usize) -> f64 {
    values.at(stage)
}

impl<'m> Method<'m> {
    /// Puts a model into shape, or says why it does not fit.
    pub fn new(
        model: &Model,
        threads: &Threads,
        cuts: Cuts,
        memory: &'m mut Memory,
    ) -> Result<Self, String> {
        let mut staged = Staged::new(model)?;
        let free = |l: &Values, u: &Values| match (l, u) {
            (Values::Constant(l), Values::Constant(u)) => l.is_infinite() && u.is_infinite(),
            (l, u) => (0..staged.stages).any(|t| l.at(t).is_infinite() && u.at(t).is_infinite()),
        };
        let kept: Vec<bool> = staged.columns.iter().map(|c| free(&c.lower, &c.upper)).collect();
        let scales = scale(&mut staged);
        let pattern = Pattern::new(&staged, kept);
        let width = Wide {
            joins: pattern.next_nodes.len(),
            columns: staged.border_columns.len() - staged.rests_in_border,
            rows: staged.border_rows.len(),
        };
        let segments = segments(staged.stages, cuts);
        let joint = Joint::new(&staged, &pattern, width.clone(), segments.len());
        let mut method = Method {
            groups: Vec::new(),
            staged,
            scales,
            pattern,
            width,
            joint,
            segments,
            bounds: 0.0,
            registers: Width::detect(),
            threads: threads.clone(),
            weights: Weights::default(),
            border_weights: Weights::default(),
            step: (0.0, 0.0),
            furthest: (1.0, 1.0),
            guess: None,
            iterations: 0,
            kept: None,
        };
        method.fill(memory);
        Ok(method)
    }

    /// Writes the data of every stage to its place.
    fn fill(&mut self, memory: &'m mut Memory) {
        let (p, staged) = (&self.pattern, &self.staged);
        let (k, n) = (p.columns, p.nodes);
        let make = |chunk: usize, memory: &mut Option<&'m mut [V]>| {
            let mut start = [0; LANES];
            let mut length = [0; LANES];
            for lane in 0..LANES {
                if let Some(segment) = self.segments.get(chunk * LANES + lane) {
                    (start[lane], length[lane]) = *segment;
                }
            }
            let memory = memory.take().unwrap_or_default();
            let mut g = Group::new(p, &self.width, (start, length), memory);
            let tail = |tau: usize| (tau + 2).checked_sub(g.stages);
            let mut ends = [V::ZERO; 2];
            for lane in (0..LANES).filter(|l| length[*l] > 0) {
                let i = tail(length[lane] - 1).expect("lengths differ by one at most");
                ends[i].0[lane] = 1.0;
                let joined = chunk * LANES + lane > 0 || staged.ring;
                g.joined.0[lane] = f64::from(u8::from(joined));
            }
            g.ends = ends;
            // In the order of memory.
            let put = |to: &mut [V], lists: &[(usize, &Values)], stride: usize| {
                for (tau, of_stage) in to.chunks_exact_mut(stride.max(1)).enumerate() {
                    for (place, values) in lists {
                        for lane in (0..LANES).filter(|lane| tau < length[*lane]) {
                            of_stage[*place].0[lane] = at(values, start[lane] + tau);
                        }
                    }
                }
            };
            let costs = p.varying_costs.iter().map(|c| &staged.columns[*c as usize].cost);
            put(g.cost, &costs.enumerate().collect::<Vec<_>>(), p.varying_costs.len());
            let rhs = staged.rows.iter().zip(&p.node_of_row).map(|(r, n)| (*n as usize, &r.rhs));
            put(g.rhs, &rhs.collect::<Vec<_>>(), n);
            put(g.slots, &p.slots.iter().enumerate().collect::<Vec<_>>(), p.slots.len());
            let m = p.next_slots.len();
            for (slot, values) in p.next_slots.iter().enumerate() {
                for lane in (0..LANES).filter(|l| length[*l] > 0) {
                    for tau in 0..=length[lane] {
                        let stage = start[lane] + tau;
                        let stage = if stage < staged.stages { stage } else { 0 };
                        // By the column's stage, that before the stretch first.
                        g.next_slots[tau * m + slot].0[lane] = at(values, stage);
                    }
                }
            }
            for lane in 0..LANES {
                for tau in length[lane]..g.stages {
                    for node in &p.node_of_row {
                        g.nothing[tau * n + *node as usize].0[lane] = NOTHING;
                    }
                    for column in 0..k {
                        g.above[tau * k + column].0[lane] = f64::NEG_INFINITY;
                    }
                    for column in 0..p.whole {
                        g.under[tau * p.whole + column].0[lane] = f64::INFINITY;
                    }
                }
                // Nodes of kept columns carry no right side.
                for (row, source) in staged.rows.iter().enumerate() {
                    for stage in &source.free {
                        if (start[lane]..start[lane] + length[lane]).contains(stage) {
                            let node = p.node_of_row[row] as usize;
                            let tau = stage - start[lane];
                            g.nothing[tau * n + node].0[lane] = NOTHING;
                            g.rhs[tau * n + node].0[lane] = 0.0;
                        }
                    }
                }
            }
            g
        };
        // The first stretch of a group is the longest.
        let longest = self.segments.iter().step_by(LANES).map(|(_, length)| *length);
        let rooms: Vec<usize> = longest.map(|stages| Group::room(p, stages)).collect();
        let mut rest = memory.room(rooms.iter().sum());
        let mut pieces = Vec::with_capacity(rooms.len());
        for room in rooms {
            let (piece, behind) = rest.split_at_mut(room);
            pieces.push(Some(piece));
            rest = behind;
        }
        self.groups = self.threads.each(&mut pieces, make);
        self.weigh();
    }

    /// Errors count relative to one of the units of the model as given, or to the size of the right
    /// side or cost.
    fn weigh(&mut self) {
        let (staged, s) = (&self.staged, &self.scales);
        let mut nodes = vec![0.0; self.pattern.nodes];
        for (row, node) in self.pattern.node_of_row.iter().enumerate() {
            let one = s.row[row] / s.size;
            nodes[*node as usize] = 1.0 / (one + greatest(&staged.rows[row].rhs));
        }
        let of_column = |cost: f64, scale: f64| 1.0 / (scale * s.price + cost);
        let columns = staged.columns.iter().zip(&s.column);
        let columns = columns.map(|(c, scale)| of_column(greatest(&c.cost), *scale)).collect();
        self.weights = Weights { nodes, columns };
        let rows = staged.border_rows.iter().zip(&s.border_row);
        let columns = staged.border_columns.iter().zip(&s.border_column);
        self.border_weights = Weights {
            nodes: rows.map(|(rhs, scale)| 1.0 / (scale / s.size + rhs.abs())).collect(),
            columns: columns.map(|(c, scale)| of_column(c.cost.abs(), *scale)).collect(),
        };
    }

    /// A start on the central path of the bounds alone, each column where its cost and a barrier of this weight
    /// put it; with a guess near that.
    fn start(&mut self, weight: f64, guess: Option<&Guess>) {
        let (staged, scales, k) = (&self.staged, &self.scales, self.pattern.columns);
        let (whole, lifted) = (self.pattern.whole, &self.pattern.lifted);
        let mut moved = vec![0; staged.border_columns.len()];
        for bound in &staged.moving {
            moved[bound.border] += staged.stages;
        }
        let mut more = 0.0;
        let border = self.joint.columns.iter_mut().zip(&staged.border_columns).zip(moved);
        for (at, ((state, source), moved)) in border.enumerate() {
            let bounds = (source.lower, source.upper);
            let s = if let Some(guess) = guess {
                let x = guess.border_columns[at] / (scales.border_column[at] * scales.size);
                near(bounds, state.gradient, weight, x)
            } else if moved > 0 && !meet(source.lower, source.upper) {
                sized(source, source.cost, weight, moved)
            } else {
                centred(bounds, source.cost, weight)
            };
            (state.x, state.above, state.under) = (s.x, s.above, s.under);
            (state.zl, state.zu) = (s.zl, s.zu);
            more += f64::from(u8::from(s.zl > 0.0) + u8::from(s.zu > 0.0));
        }
        let sizes = self.joint.x();
        let pattern = &self.pattern;
        let place = |_: usize, g: &mut Group<'m>| {
            let mut bounds = 0.0;
            for tau in 0..g.stages {
                for (column, source) in staged.columns.iter().enumerate() {
                    for lane in (0..LANES).filter(|lane| tau < g.length[*lane]) {
                        let stage = g.first[lane] + tau;
                        let (l, mut u) = (source.lower.at(stage), source.upper.at(stage));
                        if let Some(bound) = staged.moving.get(column) {
                            // Where it moves it is not fixed, however small it begins.
                            let least = if u > 0.0 { LEAST } else { 0.0 };
                            u = u.min(bound.value.at(stage) * sizes[bound.border]).max(least);
                        }
                        let i = tau * k + column;
                        let s = if let Some(guess) = guess {
                            let x = guess.columns[column][stage];
                            let x = x / (scales.column[column] * scales.size);
                            near((l, u), g.gradient(pattern, column, tau, lane), weight, x)
                        } else {
                            centred((l, u), source.cost.at(stage), weight)
                        };
                        g.above[i].0[lane] = s.above;
                        g.zl[i].0[lane] = s.zl;
                        if lifted.contains(&column) {
                            let i = tau * lifted.len() + column - lifted.start;
                            g.x[i].0[lane] = s.x;
                        }
                        if column < whole {
                            let i = tau * whole + column;
                            g.under[i].0[lane] = s.under;
                            g.zu[i].0[lane] = s.zu;
                        }
                        bounds += f64::from(u8::from(s.zl > 0.0) + u8::from(s.zu > 0.0));
                    }
                }
            }
            bounds
        };
        let bounds: f64 = self.threads.each(&mut self.groups, place).iter().sum();
        self.bounds = bounds + more;
    }

    /// Takes a point to start from.
    pub fn guess(&mut self, model: &Model, point: &Point) {
        let guess = self.staged.guess(model, point);
        let n = self.pattern.nodes;
        let known = guess.rows.iter().enumerate().filter(|(_, duals)| !duals.is_empty());
        for (row, duals) in known {
            let node = self.pattern.node_of_row[row] as usize;
            let scale = self.scales.price / self.scales.row[row];
            for g in &mut self.groups {
                for lane in 0..LANES {
                    for tau in 0..g.length[lane] {
                        let at = tau * n + node;
                        let says = g.nothing[at].0[lane] == 0.0;
                        g.y[at].0[lane] =
                            if says { duals[g.first[lane] + tau] * scale } else { 0.0 };
                    }
                }
            }
        }
        let border = self.joint.y.iter_mut().zip(&guess.border_rows);
        for ((y, dual), scale) in border.zip(&self.scales.border_row) {
            *y = dual * self.scales.price / scale;
        }
        for c in &mut self.joint.columns {
            (c.above, c.under) = (f64::INFINITY, f64::INFINITY);
        }
        self.guess = Some(guess);
    }

    /// Lays what neighbours need of each other at the edges of the stretches.
    fn edges(&mut self) {
        self.lay_edges((1.0, 1.0), self.step);
    }

    /// Values times the first pair plus changes times the second, of columns and of rows.
    fn lay_edges(&mut self, (ox, oy): (f64, f64), (sx, sy): (f64, f64)) {
        let (k, n) = (self.pattern.columns, self.pattern.nodes);
        let count = self.segments.len();
        for s in 0..count {
            let next = if s + 1 < count {
                s + 1
            } else if self.staged.ring {
                0
            } else {
                continue;
            };
            let (g, lane) = (s / LANES, s % LANES);
            let (h, other) = (next / LANES, next % LANES);
            for node in 0..n {
                let from = &self.groups[h];
                let y = oy * from.y[node].0[other] + sy * from.dy[node].0[other];
                self.groups[g].y_after[node].0[lane] = y;
            }
            let last = self.segments[s].1 - 1;
            for (i, link) in self.pattern.links.iter().enumerate() {
                let from = &self.groups[g];
                let at = last * k + *link as usize;
                let x = from.values(&self.pattern, *link as usize, last).0[lane];
                let x = ox * x + sx * from.dx[at].0[lane];
                self.groups[h].x_before[i].0[other] = x;
            }
        }
    }

    /// Takes the step at hand, measures, and factorises each stretch.
    fn advance(&mut self, regular: Regular) -> Sums {
        self.edges();
        self.joint.step(self.step);
        let (step, furthest) = (std::mem::take(&mut self.step), self.furthest);
        let (dx, first) = self.joint.border_dx();
        let border = Border { dx: &dx, first: &first };
        let (border_x, border_y) = (self.joint.x(), self.joint.y.clone());
        let (pattern, width, registers) = (&self.pattern, &self.width, self.registers);
        let weights = &self.weights;
        let sums = self.threads.each(&mut self.groups, |_, group| {
            registers.run(Advance {
                group,
                pattern,
                width,
                step,
                furthest,
                regular,
                border_x: &border_x,
                border_y: &border_y,
                border,
                weights,
            })
        });
        sums.into_iter()
            .fold(self.joint.measure(&self.groups, &self.border_weights), |all, one| all.add(&one))
    }

    fn back(&mut self, which: Which) -> Sums {
        let joint = &self.joint;
        let (dx, first) = joint.border_dx();
        let (pattern, width, registers) = (&self.pattern, &self.width, self.registers);
        let work = |at: usize, group: &mut Group<'m>| {
            let (before, after, border) = joint.changes(at);
            let whole_border = Border { dx: &dx, first: &first };
            let kernel = Back {
                group,
                pattern,
                width,
                joins_before: &before,
                joins_after: &after,
                border: &border,
                whole_border,
                which,
            };
            registers.run(kernel)
        };
        let sums = self.threads.each(&mut self.groups, work);
        sums.into_iter().fold(joint.reach(which != Which::First), |all, one| all.add(&one))
    }

    fn aim(&mut self, aim: Aim) {
        self.joint.aim(aim);
        let (dx, first) = self.joint.border_dx();
        let border = Border { dx: &dx, first: &first };
        let (pattern, width, registers) = (&self.pattern, &self.width, self.registers);
        self.threads.each(&mut self.groups, |_, group| {
            registers.run(Aimed { group, pattern, width, aim, border });
        });
        self.joint.solve(&self.groups);
    }

    /// Solves once more for what rounding left of the last direction.
    fn refine(&mut self, regular: Regular) -> Sums {
        self.lay_edges((0.0, 0.0), (1.0, 1.0));
        let border = &self.joint.border_changes();
        let (dx, first) = self.joint.border_dx();
        let whole_border = Border { dx: &dx, first: &first };
        let (pattern, width, registers) = (&self.pattern, &self.width, self.registers);
        self.threads.each(&mut self.groups, |_, group| {
            registers.run(Check { group, pattern, width, regular, border, whole_border });
        });
        self.joint.correct(&self.groups, regular.columns, regular.rows);
        self.back(Which::Correction)
    }

    /// Runs until an end.
    pub fn solve(
        &mut self,
        model: &Model,
        options: &Options,
        ((tolerance, finer), given, weight): ((f64, f64), Regular, f64),
        began: Instant,
        watch: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> End {
        if self.iterations == 0 {
            match self.guess.take() {
                Some(guess) => {
                    // For the gradient alone.
                    self.advance(given);
                    self.start(WARM, Some(&guess));
                }
                None => self.start(weight, None),
            }
        }
        let correctors = self.correctors();
        if correctors > 0 {
            self.groups.iter_mut().for_each(Group::keep_aims);
        }
        let (mut refine, mut further, mut nearest) = (false, 0, f64::INFINITY);
        let mut regular = given;
        // What it held for near enough before was not so on the model as given.
        let mut firmer = if self.iterations > 0 { FIRMER } else { 1.0 };
        let (mut predicted, mut lost, mut left) = (f64::INFINITY, 0, f64::INFINITY);
        let (mut short, mut since) = (0, self.iterations);
        let (mut least, mut closest) = (f64::INFINITY, f64::INFINITY);
        let (mut before, mut held) = (f64::INFINITY, false);
        loop {
            let sums = self.advance(regular);
            let mu = sums.complementarity / self.bounds.max(1.0);
            let (primal, dual) = (sums.primal, sums.dual);
            let unit = self.scales.size / self.scales.price;
            let size = 1.0 / unit + sums.objective.abs();
            let gap = (sums.objective - sums.dual_objective).abs() / size;
            let progress = Progress {
                iteration: self.iterations,
                primal,
                dual,
                gap,
                objective: sums.objective * unit,
                seconds: began.elapsed().as_secs_f64(),
            };
            if watch(&progress).is_break() {
                return End::Stopped;
            }
            let stalled = if further > 0 { End::Converged } else { End::Stalled };
            if !(primal.is_finite() && dual.is_finite() && gap.is_finite()) {
                return stalled;
            }
            let worst = primal.max(dual).max(gap);
            let enough = worst <= tolerance;
            // Held as they are, columns may come no nearer for good.
            held |= primal.max(dual) <= tolerance && gap < STANDS && gap > HELD * before;
            before = gap;
            let closed = gap < CLOSED || held;
            if closed && primal > FALSE * predicted.max(0.1 * tolerance) {
                firmer = (firmer * FIRMER).min(FIRMEST);
            } else if closed
                && dual > (FALSE * primal).max(0.1 * tolerance)
                && dual > tolerance.min(0.5 * left)
            {
                // What holds columns is then what is left of their equations.
                firmer = (firmer / FIRMER).max(LOOSEST);
            }
            left = dual;
            // What regularisation leaves of residuals must go at last.
            let less = if closed { LESS } else { 1.0 };
            regular = Regular { columns: less * firmer * given.columns, rows: less * given.rows };
            let residuals = primal.max(dual);
            if (gap <= finer && residuals <= finer.max(0.1 * tolerance)) || further >= FURTHER {
                return End::Converged;
            }
            if further > 0 && worst >= nearest {
                // Nearer does not come easily; what is kept is near enough.
                return End::Converged;
            }
            if enough {
                nearest = worst;
                if further == 0 {
                    self.kept = Some(self.point(model));
                }
                further += 1;
            }
            let stalled = if further > 0 { End::Converged } else { End::Stalled };
            refine |= primal > FALSE * predicted.max(0.1 * tolerance);
            if worst < 0.5 * least || gap < 0.5 * closest {
                (least, closest, since) = (worst.min(least), gap.min(closest), self.iterations);
            } else if self.iterations > since + PATIENCE {
                return stalled;
            }
            if self.iterations >= options.iterations {
                return End::Iterations;
            }
            if progress.seconds > options.seconds {
                return End::Time;
            }
            self.iterations += 1;
            let near = finer.max(primal.min(tolerance));
            let least_target = 0.1 * near * size / self.bounds.max(1.0);
            let reach = self.direction(&sums, regular, (least_target, correctors, refine));
            let most = (1.0 - mu).clamp(0.9, 0.9995);
            let (ap, ad) = (most * step_to(reach.primal_ratio), most * step_to(reach.dual_ratio));
            if !reach.dx_z.is_finite() || ap.max(ad) < NO_STEP {
                // A direction of no numbers, or that leads nowhere, is not followed.
                if lost >= LOST {
                    return stalled;
                }
                lost += 1;
                firmer *= FIRMER;
                regular.columns *= FIRMER;
                self.forget();
                // The same point will be measured again.
                (before, left) = (f64::INFINITY, f64::INFINITY);
                continue;
            }
            let longer = if gap > CUT_GAP { self.lengthened(&reach, (ap, ad), most) } else { None };
            let cut = |to: f64, step: f64| if to > step { CUT_AT } else { 1.0 };
            self.furthest = longer.map_or((1.0, 1.0), |to| (cut(to.0, ap), cut(to.1, ad)));
            let (ap, ad) = longer.unwrap_or((ap, ad));
            self.step = (ap, ad);
            // What a cut leaves in the rows is not known.
            predicted = if longer.is_some() { f64::INFINITY } else { (1.0 - ap) * primal };
            short = if ap.min(ad) < SHORT { short + 1 } else { 0 };
            if short > SHORT_STEPS {
                return stalled;
            }
        }
    }

    /// Finds the next direction, and how far it may be followed: Mehrotra's, aimed at this target or a
    /// greater one, with further correctors, and corrected for rounding where that is asked for.
    fn direction(
        &mut self,
        sums: &Sums,
        regular: Regular,
        (least_target, correctors, refine): (f64, usize, bool),
    ) -> Sums {
        self.joint.factorise(&self.groups, regular.columns, regular.rows);
        self.joint.aim_at_nothing();
        self.joint.solve(&self.groups);
        self.joint.keep_first();
        let first = self.back(Which::First);
        if !first.dx_z.is_finite() {
            return first;
        }
        // No nearer to the bounds than to the rows: where it is next to nothing, no column is left
        // room to make up for a residual.
        let target = self.centre(sums, &first).max(least_target);
        self.aim(Aim::Centre(target));
        let mut reach = self.back(Which::Aimed);
        for _ in 0..correctors {
            match self.corrected(target, &reach) {
                Some(further) => reach = further,
                None => break,
            }
        }
        if refine {
            reach = self.refine(regular);
        }
        reach
    }

    /// Steps longer than the first of all bounds allows, where only a few columns and multipliers stop
    /// them and there is much to gain. The others then go on, and what those few leave undone is the
    /// next direction's.
    fn lengthened(&self, reach: &Sums, step: (f64, f64), most: f64) -> Option<(f64, f64)> {
        let few = self.few().filter(|_| step.0.min(step.1) < CUT_BELOW)?;
        // The border is not cut, and no bound moves further than columns under it go.
        let border = self.joint.reach(true);
        let ratios = (border.primal_ratio / CUT_AT, border.dual_ratio / CUT_AT);
        let to = reach.blocking.longest(few, ratios);
        let longer =
            |to: f64, step: f64| if most * to >= CUT_GAIN * step { most * to } else { step };
        let new = (longer(to.0, step.0), longer(to.1, step.1));
        (new != step).then_some(new)
    }

    /// How many columns and multipliers may be cut in a step, where there are enough of them.
    fn few(&self) -> Option<f64> {
        Some(FEW * self.bounds).filter(|few| *few >= FEW_AT_LEAST)
    }

    /// Leaves the direction at hand.
    fn forget(&mut self) {
        self.threads.each(&mut self.groups, |_, group| group.forget());
        self.joint.forget();
    }

    /// The product of distances and multipliers to aim at: the less the first direction leaves of
    /// them, the smaller (Mehrotra 1992; higher powers take fewer iterations here than his third).
    fn centre(&self, now: &Sums, first: &Sums) -> f64 {
        let (ap, ad) = (step_to(first.primal_ratio), step_to(first.dual_ratio));
        // The first direction aims at nothing: Σ x·dz = −Σ x·z − Σ z·dx.
        let x_dz = -now.complementarity - first.dx_z;
        let after = now.complementarity + ap * first.dx_z + ad * x_dz + ap * ad * first.dx_dz;
        let share = (after / now.complementarity).max(0.0);
        let power = if self.few().is_some() { POWERS.0 } else { POWERS.1 };
        share.powi(power).clamp(1e-6, 1.0) * now.complementarity / self.bounds.max(1.0)
    }

    /// A direction whose products stay within a band after a longer step (Gondzio 1996); none, and
    /// the direction as it was, where the step gets no longer by it.
    fn corrected(&mut self, target: f64, reach: &Sums) -> Option<Sums> {
        let (ap, ad) = (step_to(reach.primal_ratio), step_to(reach.dual_ratio));
        if ap.min(ad) > 0.9 {
            return None;
        }
        self.threads.each(&mut self.groups, |_, group| group.keep());
        let kept = self.joint.clone_state();
        let step = ((ap + LONGER).min(1.0), (ad + LONGER).min(1.0));
        self.aim(Aim::Band { step, low: 0.1 * target, high: 10.0 * target });
        let further = self.back(Which::Aimed);
        let gain = step_to(further.primal_ratio) + step_to(further.dual_ratio) - ap - ad;
        if gain < 0.1 * LONGER {
            self.threads.each(&mut self.groups, |_, group| group.revert());
            self.joint.revert(kept);
            return None;
        }
        Some(further)
    }

    /// How many further correctors a factorisation is worth: none where it costs little more than a
    /// solve with it, as it does without a wide border.
    fn correctors(&self) -> usize {
        let (p, wide) = (&self.pattern, self.width.all());
        let factor = p.work() + p.entries * wide + p.nodes * wide * wide / 2;
        let solve = 8 * p.entries + 4 * p.direct.len() + 30 * p.columns;
        match factor / solve.max(1) {
            0..=7 => 0,
            8..=15 => 1,
            _ => 2,
        }
    }

    /// cost − rowsᵀ·y of a column by stage.
    fn exactly(&self, column: usize) -> impl Fn(usize) -> f64 {
        let staged = &self.staged;
        let of = |entries| -> Vec<&Entry> {
            <[Entry]>::iter(entries).filter(|e| e.column == column).collect()
        };
        let (own, next) = (of(&staged.own), of(&staged.next));
        let border = of(&staged.columns_in_border);
        move |stage: usize| {
            let mut sum = staged.columns[column].cost.at(stage);
            for e in &own {
                sum -= e.value.at(stage) * self.multiplier(e.row, stage);
            }
            let after = if stage + 1 < staged.stages { stage + 1 } else { 0 };
            if after > 0 || staged.ring {
                for e in &next {
                    sum -= e.value.at(after) * self.multiplier(e.row, after);
                }
            }
            for e in &border {
                sum -= e.value.at(stage) * self.joint.y[e.row];
            }
            sum
        }
    }

    /// A number of each stage, out of those of all stretches of a group.
    fn by_stage(&self, of_stretches: impl Fn(&Group<'m>, usize) -> [f64; LANES]) -> Vec<f64> {
        let mut values = vec![0.0; self.staged.stages];
        for g in &self.groups {
            for tau in 0..g.stages {
                let lanes = g.first.iter().zip(&g.length).zip(of_stretches(g, tau));
                for ((first, length), value) in lanes {
                    if tau < *length {
                        values[first + tau] = value;
                    }
                }
            }
        }
        values
    }

    /// Calls `each(stage, cost − rowsᵀ·y)` where a column is fixed.
    fn where_fixed(&self, column: usize, mut each: impl FnMut(usize, f64)) {
        let (k, source) = (self.pattern.columns, &self.staged.columns[column]);
        if let (Values::Constant(l), Values::Constant(u)) = (&source.lower, &source.upper)
            && !meet(*l, *u)
        {
            return;
        }
        let above = self.by_stage(|g, tau| g.above[tau * k + column].0);
        if above.iter().all(|above| *above >= 0.0) {
            return;
        }
        let gradient = self.exactly(column);
        for (stage, _) in above.iter().enumerate().filter(|(_, above)| **above < 0.0) {
            each(stage, gradient(stage));
        }
    }

    /// The multiplier of a row at a stage.
    fn multiplier(&self, row: usize, stage: usize) -> f64 {
        let at = self.segments.partition_point(|(start, _)| *start <= stage) - 1;
        let (group, tau) = (&self.groups[at / LANES], stage - self.segments[at].0);
        group.y[tau * self.pattern.nodes + self.pattern.node_of_row[row] as usize].0[at % LANES]
    }

    /// The point at hand, on the model as given.
    pub fn point(&self, model: &Model) -> Point {
        let (p, s) = (&self.pattern, &self.scales);
        let (k, n) = (p.columns, p.nodes);
        let x = |c: usize| {
            let scale = s.column[c] * s.size;
            self.by_stage(|g, tau| g.values(p, c, tau).0.map(|x| scale * x))
        };
        let z = |c: usize| {
            let scale = 1.0 / (s.column[c] * s.price);
            let bounded = (p.moving.len()..p.whole).contains(&c);
            let mut z = self.by_stage(|g, tau| {
                let mut z = g.zl[tau * k + c].0;
                if bounded {
                    let upper = &g.zu[tau * p.whole + c].0;
                    z.iter_mut().zip(upper).for_each(|(z, upper)| *z -= upper);
                }
                z.map(|z| scale * z)
            });
            self.where_fixed(c, |stage, gradient| {
                z[stage] = scale * if c < p.moving.len() { gradient.max(0.0) } else { gradient };
            });
            z
        };
        let moving = |c: usize| {
            let scale = 1.0 / (s.column[c] * s.price);
            let mut z = self.by_stage(|g, tau| g.zu[tau * p.whole + c].0.map(|z| -scale * z));
            self.where_fixed(c, |stage, gradient| z[stage] = scale * gradient.min(0.0));
            z
        };
        let y = |r: usize| {
            let (node, scale) = (p.node_of_row[r] as usize, s.row[r] / s.price);
            let mut y = self.by_stage(|g, tau| g.y[tau * n + node].0.map(|y| scale * y));
            for t in &self.staged.rows[r].free {
                y[*t] = 0.0;
            }
            y
        };
        let columns = self.joint.columns.iter().zip(&s.border_column);
        let border_z = columns.clone().map(|(c, scale)| {
            let z = if c.above < 0.0 { c.gradient } else { c.zl - c.zu };
            z / (scale * s.price)
        });
        let found = Found {
            x: &x,
            z: &z,
            y: &y,
            moving: &moving,
            border_x: columns.clone().map(|(c, scale)| c.x * scale * s.size).collect(),
            border_z: border_z.collect(),
            border_y: self
                .joint
                .y
                .iter()
                .zip(&s.border_row)
                .map(|(y, scale)| y * scale / s.price)
                .collect(),
        };
        self.staged.restore(model, &found, &self.threads)
    }
}

fn step_to(ratio: f64) -> f64 {
    if ratio > 1.0 { 1.0 / ratio } else { 1.0 }
}

/// Cuts time into stretches: eight side by side for each group, as equal as can be.
fn segments(stages: usize, cuts: Cuts) -> Vec<(usize, usize)> {
    let groups = (stages / STAGES).clamp(1, GROUPS);
    let count = match cuts {
        Cuts::Many => (groups * LANES).min(stages),
        Cuts::None => stages.min(1),
    };
    let mut segments = Vec::with_capacity(count);
    let mut start = 0;
    for s in 0..count {
        let length = stages / count + usize::from(s < stages % count);
        segments.push((start, length));
        start += length;
    }
    segments
}
