//! The point at hand, out of the lanes of stretches and back through scaling, on the model as given.

use super::Method;
use crate::group::Group;
use crate::lanes::LANES;
use crate::model::{Model, Point, Values};
use crate::staged::{Entry, Found};
use crate::start::meet;

impl<'m> Method<'m> {
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
