//! The interior-point method: Mehrotra's predictor and corrector with Gondzio's further correctors, on
//! a problem regularised in columns and rows around the point it is at (Friedlander and Orban 2012).

mod begin;
mod point;

use std::ops::ControlFlow;
use std::time::Instant;

use crate::group::{
    Advance, Aim, Aimed, Back, Border, Check, Group, Regular, Sums, Weights, Which, Width as Wide,
};
use crate::joint::Joint;
use crate::lanes::{LANES, Width};
use crate::memory::Memory;
use crate::model::{Model, Point, Values};
use crate::pattern::Pattern;
use crate::scale::{Scales, scale};
use crate::solution::{Options, Progress};
use crate::staged::{Guess, Sizes, Staged};
use crate::threads::{STAGES, Threads};

/// Most groups; each is one piece of work for a thread.
const GROUPS: usize = 8;

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
/// The same with a guess: one that leads nowhere soon is better forgotten.
const HOPE: usize = 15;

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

impl<'m> Method<'m> {
    /// Puts a model into shape, or says why it does not fit.
    pub fn new(
        model: &Model,
        threads: &Threads,
        (cuts, sizes): (Cuts, Sizes),
        memory: &'m mut Memory,
    ) -> Result<Self, String> {
        let mut staged = Staged::new(model, sizes)?;
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

    /// Whether there are sizes that bounds move with.
    pub fn sized(&self) -> bool {
        !self.staged.moving.is_empty()
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
        let mut patience = PATIENCE;
        if self.iterations == 0 {
            match self.guess.take() {
                Some(guess) => {
                    patience = HOPE;
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
            } else if self.iterations > since + patience {
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
