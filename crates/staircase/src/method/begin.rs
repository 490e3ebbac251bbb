//! Before the first iteration: the data in the lanes of their stretches, and a start.

use super::Method;
use crate::group::{Group, NOTHING, Weights};
use crate::lanes::{LANES, V};
use crate::memory::Memory;
use crate::model::{Model, Point, Values};
use crate::scale::greatest;
use crate::staged::Guess;
use crate::start::{centred, meet, near, sized};

/// Where a bound that moves starts at least.
const LEAST: f64 = 1e-9;

impl<'m> Method<'m> {
    /// Writes the data of every stage to its place.
    pub(super) fn fill(&mut self, memory: &'m mut Memory) {
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
                            of_stage[*place].0[lane] = values.at(start[lane] + tau);
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
                        g.next_slots[tau * m + slot].0[lane] = values.at(stage);
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
    pub(super) fn start(&mut self, weight: f64, guess: Option<&Guess>) {
        let (staged, k) = (&self.staged, self.pattern.columns);
        let (whole, lifted) = (self.pattern.whole, &self.pattern.lifted);
        let mut moved = vec![0; staged.border_columns.len()];
        for bound in &staged.moving {
            moved[bound.border] += staged.stages;
        }
        // What bounds that move, where the guess leans on them, leave a size to pay for.
        let mut pushed = vec![0.0; staged.border_columns.len()];
        if guess.is_some() {
            for (g, bound) in
                self.groups.iter().flat_map(|g| staged.moving.iter().map(move |b| (g, b)))
            {
                for (lane, length) in g.length.iter().enumerate() {
                    for tau in 0..*length {
                        let leans = -g.gradient(&self.pattern, bound.column, tau, lane).min(0.0);
                        pushed[bound.border] += bound.value.at(g.first[lane] + tau) * leans;
                    }
                }
            }
        }
        let mut more = 0.0;
        let border = self.joint.columns.iter_mut().zip(&staged.border_columns).zip(moved);
        for (at, ((state, source), moved)) in border.enumerate() {
            let bounds = (source.lower, source.upper);
            let s = if let Some(guess) = guess {
                near(bounds, state.gradient - pushed[at], weight, guess.border_columns[at])
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
                            let gradient = g.gradient(pattern, column, tau, lane);
                            near((l, u), gradient, weight, guess.columns[column][stage])
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
        let mut guess = self.staged.guess(model, point);
        let (n, s) = (self.pattern.nodes, &self.scales);
        for (values, scale) in guess.columns.iter_mut().zip(&s.column) {
            for x in values {
                *x /= scale * s.size;
            }
        }
        for (x, scale) in guess.border_columns.iter_mut().zip(&s.border_column) {
            *x /= scale * s.size;
        }
        self.staged.make(&mut guess);
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
}
