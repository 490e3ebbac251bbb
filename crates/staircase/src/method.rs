//! The interior-point method: Mehrotra's predictor and corrector with Gondzio's further correctors, on
//! a problem regularised in columns and rows around the point it is at (Friedlander and Orban 2012).

use std::ops::ControlFlow;
use std::time::Instant;

use rayon::prelude::*;

use crate::group::{Advance, Aim, Aimed, Back, Group, NOTHING, Regular, Sums, Width as Wide};
use crate::joint::Joint;
use crate::lanes::{Kernel, LANES, V, Width};
use crate::model::{Model, Point, Values};
use crate::pattern::Pattern;
use crate::scale::{Scales, scale};
use crate::solution::{Options, Progress};
use crate::staged::{Found, Staged};

/// Stages for which a further group of stretches is worth its joints.
const STAGES_PER_GROUP: usize = 256;
/// Most groups; each is one piece of work for a thread.
const GROUPS: usize = 8;

/// Steps shorter than this lead nowhere if there are many of them in a row.
const SHORT: f64 = 1e-3;
const SHORT_STEPS: usize = 6;
/// Iterations within which the worst measure must halve.
const PATIENCE: usize = 40;

/// How a run of the method ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Converged,
    /// Multipliers or values grew so far that the problem has likely no optimum.
    Diverged,
    Stalled,
    Iterations,
    Time,
    Stopped,
}

/// A problem ready for the method.
pub struct Method {
    staged: Staged,
    scales: Scales,
    pattern: Pattern,
    width: Wide,
    groups: Vec<Group>,
    joint: Joint,
    segments: Vec<(usize, usize)>,
    /// How many bounds have multipliers.
    bounds: f64,
    registers: Width,
    sizes: (f64, f64),
    step: (f64, f64),
    pub iterations: usize,
}

fn at(values: &Values, stage: usize) -> f64 {
    values.at(stage)
}

impl Method {
    /// Puts a model into shape, or says why it does not fit.
    pub fn new(model: &Model) -> Result<Self, String> {
        let mut staged = Staged::new(model)?;
        let free = |l: &Values, u: &Values| match (l, u) {
            (Values::Constant(l), Values::Constant(u)) => l.is_infinite() && u.is_infinite(),
            (l, u) => (0..staged.stages).any(|t| l.at(t).is_infinite() && u.at(t).is_infinite()),
        };
        let kept: Vec<bool> = staged.columns.iter().map(|c| free(&c.lower, &c.upper)).collect();
        let scales = scale(&mut staged);
        let pattern = Pattern::new(&staged, kept);
        if std::env::var("STAIR").is_ok() {
            eprintln!("nodes {} columns {} kept {} links {} next {} entries {} work {} products {} + {} own {} + {} next {} + {} border {} {}", pattern.nodes, pattern.columns, pattern.kept.len(), pattern.links.len(), pattern.next_nodes.len(), pattern.entries, pattern.work(), pattern.products.constant.len(), pattern.products.varying.len(), pattern.own.constant.len(), pattern.own.varying.len(), pattern.next.constant.len(), pattern.next.varying.len(), staged.border_columns.len(), staged.border_rows.len());
        }
        let width = Wide {
            links: pattern.links.len(),
            columns: staged.border_columns.len() - staged.rests_in_border,
            rows: staged.border_rows.len(),
        };
        let segments = segments(staged.stages);
        let joint = Joint::new(&staged, &pattern, width.clone(), &segments);
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
            sizes: (1.0, 1.0),
            step: (0.0, 0.0),
            iterations: 0,
        };
        method.fill();
        Ok(method)
    }

    /// Writes the data of every stage to its place.
    fn fill(&mut self) {
        let (p, staged) = (&self.pattern, &self.staged);
        let (k, n) = (p.columns, p.nodes);
        let count = self.segments.len();
        let make = |chunk: usize| {
            let mut start = [0; LANES];
            let mut length = [0; LANES];
            for lane in 0..LANES {
                if let Some(segment) = self.segments.get(chunk * LANES + lane) {
                    (start[lane], length[lane]) = *segment;
                }
            }
            let mut g = Group::new(p, &self.width, start, length);
            let tail = |tau: usize| (tau + 2).checked_sub(g.stages);
            let mut ends = [V::ZERO; 2];
            let mut joins = [V::ZERO; 2];
            for lane in (0..LANES).filter(|l| length[*l] > 0) {
                let i = tail(length[lane] - 1).expect("lengths differ by one at most");
                ends[i].0[lane] = 1.0;
                if chunk * LANES + lane + 1 < count || staged.ring {
                    joins[i].0[lane] = 1.0;
                }
            }
            (g.ends, g.joins) = (ends, joins);
            let put = |to: &mut [V], stride: usize, place: usize, values: &Values| {
                for lane in 0..LANES {
                    for tau in 0..length[lane] {
                        to[tau * stride + place].0[lane] = at(values, start[lane] + tau);
                    }
                }
            };
            for (column, source) in staged.columns.iter().enumerate() {
                put(&mut g.cost, k, column, &source.cost);
            }
            for (row, source) in staged.rows.iter().enumerate() {
                let node = p.node_of_row[row] as usize;
                put(&mut g.rhs, n, node, &source.rhs);
            }
            for (slot, values) in p.slots.iter().enumerate() {
                put(&mut g.slots, p.slots.len(), slot, values);
            }
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
                        g.under[tau * k + column].0[lane] = f64::INFINITY;
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
        let chunks = count.div_ceil(LANES);
        self.groups = (0..chunks).into_par_iter().map(make).collect();
        let size =
            |values: &[V]| values.iter().flat_map(|v| v.0).fold(0.0f64, |m, v| m.max(v.abs()));
        let rhs = self.groups.iter().map(|g| size(&g.rhs)).fold(0.0, f64::max);
        let cost = self.groups.iter().map(|g| size(&g.cost)).fold(0.0, f64::max);
        self.sizes = (1.0 + rhs, 1.0 + cost);
    }

    /// A start on the central path of the bounds alone: for the multipliers of the rows at hand, each
    /// column stands where its cost and a barrier of this weight put it.
    fn start(&mut self, weight: f64) {
        let staged = &self.staged;
        let (p, k, n) = (&self.pattern, self.pattern.columns, self.pattern.nodes);
        let _ = n;
        let bounds: f64 = self
            .groups
            .par_iter_mut()
            .map(|g| {
                let mut bounds = 0.0;
                for lane in 0..LANES {
                    for (column, source) in staged.columns.iter().enumerate() {
                        for tau in 0..g.length[lane] {
                            let stage = g.start[lane] + tau;
                            let (l, u) = (at(&source.lower, stage), at(&source.upper, stage));
                            let i = tau * k + column;
                            let cost = g.cost[i].0[lane];
                            let s = centred(l, u, cost, weight);
                            g.x[i].0[lane] = s.x;
                            g.above[i].0[lane] = s.above;
                            g.under[i].0[lane] = s.under;
                            g.zl[i].0[lane] = s.zl;
                            g.zu[i].0[lane] = s.zu;
                            bounds += f64::from(u8::from(s.zl > 0.0) + u8::from(s.zu > 0.0));
                        }
                    }
                }
                bounds
            })
            .collect::<Vec<f64>>()
            .iter()
            .sum();
        let _ = p;
        let mut more = 0.0;
        for (state, source) in self.joint.columns.iter_mut().zip(&staged.border_columns) {
            let s = centred(source.lower, source.upper, source.cost, weight);
            (state.x, state.above, state.under) = (s.x, s.above, s.under);
            (state.zl, state.zu) = (s.zl, s.zu);
            more += f64::from(u8::from(s.zl > 0.0) + u8::from(s.zu > 0.0));
        }
        self.bounds = bounds + more;
    }

    /// Lays what neighbours need of each other at the edges of the stretches.
    fn edges(&mut self) {
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
                let y = from.y[node].0[other] + self.step.1 * from.dy[node].0[other];
                self.groups[g].y_after[node].0[lane] = y;
            }
            let last = self.segments[s].1 - 1;
            for (i, link) in self.pattern.links.iter().enumerate() {
                let from = &self.groups[g];
                let at = last * k + *link as usize;
                let x = from.x[at].0[lane] + self.step.0 * from.dx[at].0[lane];
                self.groups[h].x_before[i].0[other] = x;
            }
        }
    }

    fn run<K: Kernel>(registers: Width, kernel: K) -> K::Output {
        registers.run(kernel)
    }

    fn back(&mut self, aimed: bool) -> Sums {
        let joint = &self.joint;
        let (pattern, width, registers) = (&self.pattern, &self.width, self.registers);
        let work = |at: usize, group: &mut Group| {
            let (before, after, border) = joint.changes(at);
            let kernel = Back {
                group,
                pattern,
                width,
                joins_before: &before,
                joins_after: &after,
                border: &border,
                aimed,
            };
            Self::run(registers, kernel)
        };
        let sums: Vec<Sums> = if self.groups.len() == 1 {
            vec![work(0, &mut self.groups[0])]
        } else {
            self.groups.par_iter_mut().enumerate().map(|(i, g)| work(i, g)).collect()
        };
        sums.into_iter().fold(joint.reach(aimed), Sums::add)
    }

    fn aim(&mut self, aim: Aim) {
        self.joint.aim(aim);
        let (pattern, width, registers) = (&self.pattern, &self.width, self.registers);
        let work = |group: &mut Group| {
            Self::run(registers, Aimed { group, pattern, width, aim });
        };
        if self.groups.len() == 1 {
            work(&mut self.groups[0]);
        } else {
            self.groups.par_iter_mut().for_each(work);
        }
        self.joint.solve(&self.groups);
    }

    /// Runs until an end.
    pub fn solve(
        &mut self,
        options: &Options,
        tolerance: f64,
        began: Instant,
        watch: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> End {
        let regular = Regular { columns: 1e-8, rows: 1e-10 };
        if self.iterations == 0 {
            self.start(std::env::var("W0").map_or(1.0, |v| v.parse().unwrap()));
        }
        let (mut short, mut least, mut since) = (0, f64::INFINITY, self.iterations);
        loop {
            self.edges();
            self.joint.step(self.step);
            let step = self.step;
            let (border_x, border_y) = (self.joint.x(), self.joint.y.clone());
            let (pattern, width, registers) = (&self.pattern, &self.width, self.registers);
            let work = |group: &mut Group| {
                let kernel = Advance {
                    group,
                    pattern,
                    width,
                    step,
                    regular,
                    border_x: &border_x,
                    border_y: &border_y,
                };
                Self::run(registers, kernel)
            };
            let sums: Vec<Sums> = if self.groups.len() == 1 {
                vec![work(&mut self.groups[0])]
            } else {
                self.groups.par_iter_mut().map(work).collect()
            };
            // The step is taken.
            self.step = (0.0, 0.0);
            let sums = sums.into_iter().fold(self.joint.measure(&self.groups), Sums::add);
            let mu = sums.complementarity / self.bounds.max(1.0);
            let (primal, dual) = (sums.primal / self.sizes.0, sums.dual / self.sizes.1);
            let gap = (sums.objective - sums.dual_objective).abs() / (1.0 + sums.objective.abs());
            let unit = self.scales.size / self.scales.price;
            let progress = Progress {
                iteration: self.iterations,
                primal,
                dual,
                gap,
                objective: sums.objective * unit,
                seconds: began.elapsed().as_secs_f64(),
            };
            if std::env::var("STAIR").is_ok() {
                eprintln!(
                    "{:3} obj {:.9e} dobj {:.9e} rp {primal:.1e} rd {dual:.1e} gap {gap:.1e} mu {mu:.1e} {:.3}",
                    self.iterations,
                    sums.objective * unit,
                    sums.dual_objective * unit,
                    progress.seconds
                );
            }
            if watch(&progress).is_break() {
                return End::Stopped;
            }
            if primal <= tolerance && dual <= tolerance && gap <= tolerance {
                return End::Converged;
            }
            if !(primal.is_finite() && dual.is_finite() && gap.is_finite()) {
                return End::Stalled;
            }
            let worst = primal.max(dual).max(gap);
            if worst < 0.5 * least {
                (least, since) = (worst, self.iterations);
            } else if self.iterations > since + PATIENCE {
                return End::Stalled;
            }
            if self.iterations >= options.iterations {
                return End::Iterations;
            }
            if progress.seconds > options.seconds {
                return End::Time;
            }
            self.iterations += 1;
            self.joint.factorise(&self.groups, regular.columns, regular.rows);
            self.joint.aim_at_nothing();
            self.joint.solve(&self.groups);
            let first = self.back(false);
            let ap = step_to(first.primal_ratio);
            let ad = step_to(first.dual_ratio);
            // The first direction aims at nothing: Σ x·dz = −Σ x·z − Σ z·dx.
            let x_dz = -sums.complementarity - first.dx_z;
            let after =
                sums.complementarity + ap * first.dx_z + ad * x_dz + ap * ad * first.dx_dz;
            let after = (after / self.bounds.max(1.0)).max(0.0);
            let sigma = (after / mu).powf(std::env::var("POW").map_or(3.0, |v| v.parse().unwrap())).clamp(1e-6, 1.0);
            let floor = 0.1 * tolerance * (1.0 + sums.objective.abs()) / self.bounds.max(1.0);
            let target = (sigma * mu).max(floor);
            let v = |n: &str, d: f64| std::env::var(n).map_or(d, |v| v.parse().unwrap());
            let second = match v("SEC", 0.0) as i32 { 0 => 1.0, 1 => ap * ad, 2 => (ap*ad).sqrt(), _ => ap.min(ad).powi(2) };
            self.aim(Aim::Centre { size: target, second });
            let mut reach = self.back(true);
            let mcc: usize = std::env::var("MCC").map_or(0, |v| v.parse().unwrap());
            for _ in 0..mcc {
                let (ap, ad) = (step_to(reach.primal_ratio), step_to(reach.dual_ratio));
                let longer = |a: f64| (1.08 * a + 0.08).min(1.0);
                let step = (longer(ap), longer(ad));
                self.aim(Aim::Band { step, low: 0.1 * target, high: 10.0 * target });
                reach = self.back(true);
            }
            let eta = v("ETA", 0.9995).min((1.0 - mu).max(0.9));
            let ap = (eta * step_to(reach.primal_ratio)).min(1.0);
            let ad = (eta * step_to(reach.dual_ratio)).min(1.0);
            self.step = (ap, ad);
            if std::env::var("STAIR").is_ok() { eprintln!("    sigma {sigma:.1e} target {target:.1e} step {ap:.4} {ad:.4} first {first:?} reach {reach:?}"); }
            short = if ap.min(ad) < SHORT { short + 1 } else { 0 };
            if short > SHORT_STEPS || ap.max(ad) < 1e-10 {
                return End::Stalled;
            }
        }
    }

    /// The point at hand, on the model as given.
    pub fn point(&self, model: &Model) -> Point {
        let (p, s) = (&self.pattern, &self.scales);
        let (k, n) = (p.columns, p.nodes);
        let by_stage =
            |list: &dyn Fn(&Group) -> &Vec<V>, stride: usize, place: usize, scale: f64| {
                let mut values = vec![0.0; self.staged.stages];
                for g in &self.groups {
                    let list = list(g);
                    for lane in 0..LANES {
                        for tau in 0..g.length[lane] {
                            values[g.start[lane] + tau] =
                                list[tau * stride + place].0[lane] * scale;
                        }
                    }
                }
                values
            };
        let x = |c: usize| by_stage(&|g| &g.x, k, c, s.column[c] * s.size);
        let z = |c: usize| {
            let scale = 1.0 / (s.column[c] * s.price);
            let mut values = by_stage(&|g| &g.zl, k, c, scale);
            let upper = by_stage(&|g| &g.zu, k, c, scale);
            let above = by_stage(&|g| &g.above, k, c, 1.0);
            let gradient = by_stage(&|g| &g.gradient, k, c, scale);
            for t in 0..values.len() {
                values[t] = if above[t] < 0.0 { gradient[t] } else { values[t] - upper[t] };
            }
            values
        };
        let y = |r: usize| {
            let mut y = by_stage(&|g| &g.y, n, p.node_of_row[r] as usize, s.row[r] / s.price);
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
        self.staged.restore(model, &found)
    }
}

fn step_to(ratio: f64) -> f64 {
    if ratio > 1.0 { 1.0 / ratio } else { 1.0 }
}

/// Cuts time into stretches: eight side by side for each group, as equal as can be.
fn segments(stages: usize) -> Vec<(usize, usize)> {
    let groups = (stages / STAGES_PER_GROUP).clamp(1, GROUPS);
    let count = (groups * LANES).min(stages);
    let mut segments = Vec::with_capacity(count);
    let mut start = 0;
    for s in 0..count {
        let length = stages / count + usize::from(s < stages % count);
        segments.push((start, length));
        start += length;
    }
    segments
}

/// Where a column stands at the start.
struct Start {
    x: f64,
    above: f64,
    under: f64,
    zl: f64,
    zu: f64,
}

/// The minimum of cost·x − weight·(ln(x − l) + ln(u − x)), with the multipliers that go with it.
fn centred(l: f64, u: f64, cost: f64, weight: f64) -> Start {
    if l.is_finite() && u - l <= 1e-12 * (1.0 + l.abs()) {
        let x = 0.5 * (l + u);
        return Start { x, above: f64::NEG_INFINITY, under: f64::INFINITY, zl: 0.0, zu: 0.0 };
    }
    let one_sided = |cost: f64| {
        let z = cost.max(0.0) + weight.sqrt();
        (weight / z, z)
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
            Start { x: l + above, above, under, zl: weight / above, zu: weight / under }
        }
        (true, false) => {
            let (above, zl) = one_sided(cost);
            Start { x: l + above, above, under: f64::INFINITY, zl, zu: 0.0 }
        }
        (false, true) => {
            let (under, zu) = one_sided(-cost);
            Start { x: u - under, above: f64::INFINITY, under, zl: 0.0, zu }
        }
        (false, false) => {
            Start { x: 0.0, above: f64::INFINITY, under: f64::INFINITY, zl: 0.0, zu: 0.0 }
        }
    }
}
