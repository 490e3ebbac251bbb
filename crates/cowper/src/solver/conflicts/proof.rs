//! A proof that limits contradict each other: multipliers whose sum of the limits cannot be.
//!
//! Such multipliers (Farkas 1902) are where simplex ends a corner of all there are, and then none of
//! the limits can be spared (Gleeson and Ryan 1990).

use std::collections::BTreeMap;

use super::{Contradiction, Limit, Time, What};
use crate::problem::{Extent, Layout, Matrix, Problem, Values, VariableId};
use crate::solver::{Certificate, highs};
use crate::time::Partition;

/// What is smaller than this share of what it is a sum of is rounding.
const ROUNDING: f64 = 1e-7;

/// The rows of a proof beyond which simplex, which would find one with fewer, takes too long.
const LARGE: usize = 2_000;

/// Looking for the same proof at other times takes no more work than so many entries.
const MOST_WORK: usize = 20_000_000;

/// A contradiction that a single row has in itself, or that a certificate names; with few limits where
/// that is soon found out. Of a problem with whole numbers it is one of the linear problem.
pub(super) fn known(
    problem: &Problem,
    certificate: Option<&Certificate>,
    time: &mut Time,
) -> Option<Contradiction> {
    let written = Written::new(problem);
    let multipliers = written.single_row().or_else(|| {
        let Certificate::Contradiction { rows, .. } = certificate? else { return None };
        let named = written.deepest(&without_rounding(rows))?;
        let fewer = (named.len() <= LARGE)
            .then(|| simplex(&written.alone(&named), time))
            .flatten()
            .filter(|fewer| written.sum(fewer).is_some());
        Some(fewer.unwrap_or(named))
    })?;
    written.contradiction(multipliers)
}

/// A contradiction that simplex proves; none where it finds none in the time.
pub(super) fn by_simplex(problem: &Problem, time: &mut Time) -> Option<Contradiction> {
    Written::new(problem).contradiction(simplex(problem, time)?)
}

fn simplex(problem: &Problem, time: &mut Time) -> Option<Multipliers> {
    let (ray, seconds) = highs::proof(problem, time.limits());
    time.takes(seconds);
    Some(without_rounding(&ray?))
}

/// Multipliers that are more than rounding.
fn without_rounding(ray: &[Vec<f64>]) -> Multipliers {
    let most = ray.iter().flatten().fold(0.0, |most: f64, y| most.max(y.abs()));
    let mut multipliers = Multipliers::new();
    for (block, ray) in ray.iter().enumerate() {
        for (place, y) in ray.iter().enumerate().filter(|(_, y)| y.abs() > ROUNDING * most) {
            multipliers.insert((block, place), *y);
        }
    }
    multipliers
}

/// Multipliers of rows by block and place.
type Multipliers = BTreeMap<(usize, usize), f64>;

/// The sum of rows, each with its multiplier: what the bounds of its variables make impossible.
struct Sum {
    /// Multipliers of the bounds, by block and place: above nought of the lower, below of the upper.
    bounds: BTreeMap<(usize, usize), f64>,
    /// By how much the limits miss each other.
    gap: f64,
}

/// A problem written out, so that single rows can be looked up.
struct Written<'a> {
    problem: &'a Problem,
    matrix: Matrix,
    rows: Layout,
    /// Block and place of each column.
    columns: Vec<(usize, usize)>,
    /// First and last step of each group of each partition.
    groups: Vec<Vec<(usize, usize)>>,
}

impl<'a> Written<'a> {
    fn new(problem: &'a Problem) -> Self {
        let layout = problem.column_layout();
        let mut columns = vec![(0, 0); layout.total()];
        for (block, variable) in problem.variables.iter().enumerate() {
            for at in 0..problem.count(variable.extent) {
                columns[layout.index(block, at)] = (block, at);
            }
        }
        let reach = |partition: &Partition| {
            let mut reach = vec![(usize::MAX, 0); partition.labels.len()];
            for (step, group) in partition.of_step.iter().enumerate() {
                let (first, last) = &mut reach[*group as usize];
                (*first, *last) = ((*first).min(step), step);
            }
            reach
        };
        let groups = problem.partitions.iter().map(reach).collect();
        Written { problem, matrix: problem.matrix(), rows: problem.row_layout(), columns, groups }
    }

    fn entries(&self, (block, place): (usize, usize)) -> impl Iterator<Item = (usize, f64)> {
        let row = self.rows.index(block, place);
        let entries = self.matrix.starts[row] as usize..self.matrix.starts[row + 1] as usize;
        entries.map(|e| (self.matrix.columns[e] as usize, self.matrix.values[e]))
    }

    /// The contradiction that multipliers prove, told of the time at which it is worst.
    fn contradiction(&self, multipliers: Multipliers) -> Option<Contradiction> {
        let sum = self.sum(&multipliers)?;
        let (multipliers, sum, also) = where_it_is_worst(self, multipliers, sum);
        let steps = self.steps(multipliers.keys());
        let limits = limits(self.problem, &multipliers, &sum);
        Some(Contradiction { limits, steps, also, is_smallest: true })
    }

    /// Those of the multipliers that prove most for their size and share no variable with the others.
    fn deepest(&self, multipliers: &Multipliers) -> Option<Multipliers> {
        let rows: Vec<(usize, usize)> = multipliers.keys().copied().collect();
        let mut set: Vec<usize> = (0..rows.len()).collect();
        let mut first_of_column: BTreeMap<usize, usize> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            for (column, _) in self.entries(*row) {
                let other = *first_of_column.entry(column).or_insert(index);
                let (a, b) = (root(&mut set, index), root(&mut set, other));
                set[a.max(b)] = a.min(b);
            }
        }
        let mut apart: BTreeMap<usize, Multipliers> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            let root = root(&mut set, index);
            apart.entry(root).or_default().insert(*row, multipliers[row]);
        }
        let mut deepest: Option<(f64, Multipliers)> = None;
        for some in apart.into_values() {
            let Some(sum) = self.sum(&some) else { continue };
            let depth = sum.gap / some.values().map(|y| y.abs()).sum::<f64>();
            if deepest.as_ref().is_none_or(|(most, _)| depth > *most) {
                deepest = Some((depth, some));
            }
        }
        deepest.map(|(_, some)| some)
    }

    /// The problem with no other rows than these.
    fn alone(&self, multipliers: &Multipliers) -> Problem {
        let mut alone = self.problem.clone();
        for (block, row) in alone.rows.iter_mut().enumerate() {
            let only = |values: &Values, open: f64| -> Values {
                let count = self.problem.count(self.problem.rows[block].extent);
                let at = |place: usize| {
                    if multipliers.contains_key(&(block, place)) { values.at(place) } else { open }
                };
                Values::Series((0..count).map(at).collect())
            };
            row.lower = only(&row.lower, f64::NEG_INFINITY);
            row.upper = only(&row.upper, f64::INFINITY);
        }
        alone
    }

    /// A row that the bounds of its variables alone make impossible.
    fn single_row(&self) -> Option<Multipliers> {
        for (block, row) in self.problem.rows.iter().enumerate() {
            for place in 0..self.problem.count(row.extent) {
                for y in [1.0, -1.0] {
                    let alone = Multipliers::from([((block, place), y)]);
                    if self.sum(&alone).is_some() {
                        return Some(alone);
                    }
                }
            }
        }
        None
    }

    /// The sum of rows, if it proves a contradiction.
    fn sum(&self, multipliers: &Multipliers) -> Option<Sum> {
        let mut sides: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
        let (mut gap, mut size) = (0.0, 0.0);
        let mut add = |part: f64| {
            gap += part;
            size += part.abs();
            part.is_finite()
        };
        for (row, y) in multipliers {
            let index = self.rows.index(row.0, row.1);
            let side = if *y > 0.0 { &self.matrix.row_lower } else { &self.matrix.row_upper };
            if !add(y * side[index]) {
                return None;
            }
            for (column, value) in self.entries(*row) {
                let (sum, parts) = sides.entry(column).or_default();
                *sum += y * value;
                *parts += (y * value).abs();
            }
        }
        let mut bounds = BTreeMap::new();
        for (column, (sum, parts)) in sides {
            if sum.abs() <= ROUNDING * parts {
                continue;
            }
            let (block, place) = self.columns[column];
            let variable = &self.problem.variables[block];
            let side = if sum < 0.0 { &variable.lower } else { &variable.upper };
            if !add(-sum * side.at(place)) {
                return None;
            }
            bounds.insert((block, place), -sum);
        }
        (gap > ROUNDING * size && gap > 0.0).then_some(Sum { bounds, gap })
    }

    /// The first and the last step that rows reach over.
    fn steps<'b>(&self, rows: impl Iterator<Item = &'b (usize, usize)>) -> (usize, usize) {
        rows.fold((usize::MAX, 0), |(first, last), (block, place)| {
            let (from, to) = match self.problem.rows[*block].extent {
                Extent::Step => (*place, *place),
                Extent::Group(partition) => self.groups[partition][*place],
            };
            (first.min(from), last.max(to))
        })
    }

    /// The same rows at another time; none where they do not all exist there.
    fn moved(&self, multipliers: &Multipliers, by: isize) -> Option<Multipliers> {
        let step = |step: usize| step.checked_add_signed(by).filter(|s| *s < self.problem.steps);
        let place = |(block, place): (usize, usize)| match self.problem.rows[block].extent {
            Extent::Step => step(place),
            Extent::Group(partition) => {
                let groups = &self.groups[partition];
                let (first, last) = groups[place];
                let there = (step(first)?, step(last)?);
                groups.iter().position(|group| *group == there)
            }
        };
        multipliers.iter().map(|(row, y)| Some(((row.0, place(*row)?), *y))).collect()
    }
}

/// The first member of the set that a member belongs to.
fn root(set: &mut [usize], mut member: usize) -> usize {
    while set[member] != member {
        set[member] = set[set[member]];
        member = set[member];
    }
    member
}

/// The same multipliers at the time, the first of equal ones, where they prove most; and the first
/// steps of all other times at which they prove anything.
fn where_it_is_worst(
    written: &Written,
    multipliers: Multipliers,
    sum: Sum,
) -> (Multipliers, Sum, Vec<usize>) {
    let (first, last) = written.steps(multipliers.keys());
    let times = written.problem.steps - (last - first);
    let entries: usize = multipliers.keys().map(|row| written.entries(*row).count() + 1).sum();
    if entries * times > MOST_WORK {
        return (multipliers, sum, Vec::new());
    }
    let mut proofs: Vec<(usize, f64)> = Vec::new();
    for to in 0..times {
        let moved = written.moved(&multipliers, to as isize - first as isize);
        if let Some(sum) = moved.and_then(|moved| written.sum(&moved)) {
            proofs.push((to, sum.gap));
        }
    }
    let greatest = proofs.iter().fold(0.0, |most: f64, (_, gap)| most.max(*gap));
    let worst = proofs.iter().find(|(_, gap)| *gap >= greatest * (1.0 - ROUNDING));
    let to = worst.map_or(first, |(to, _)| *to);
    let also = proofs.iter().map(|(at, _)| *at).filter(|at| *at != to).collect();
    let there = written.moved(&multipliers, to as isize - first as isize);
    match there.and_then(|there| Some((written.sum(&there)?, there))) {
        Some((sum, there)) => (there, sum, also),
        None => (multipliers, sum, also),
    }
}

/// The limits that a proof takes, and the change of each alone that would undo it.
fn limits(problem: &Problem, multipliers: &Multipliers, sum: &Sum) -> Vec<Limit> {
    let mut all: BTreeMap<What, (Vec<usize>, Vec<f64>)> = BTreeMap::new();
    let mut note = |what: What, place: usize, weight: f64| {
        let (places, weights) = all.entry(what).or_default();
        places.push(place);
        weights.push(weight);
    };
    for ((block, place), z) in &sum.bounds {
        let id = VariableId(*block as u32);
        note(if *z > 0.0 { What::Least(id) } else { What::Greatest(id) }, *place, *z);
    }
    for ((block, place), y) in multipliers {
        let row = &problem.rows[*block];
        let what = if row.lower.at(*place) == row.upper.at(*place) {
            What::Equal(*block)
        } else if *y > 0.0 {
            What::AtLeast(*block)
        } else {
            What::AtMost(*block)
        };
        note(what, *place, *y);
        let is_step = row.extent == Extent::Step;
        for term in row.terms.iter().filter(|t| is_step && t.back as usize > *place) {
            if term.known_before(*place).is_some() {
                note(What::Start(term.variable), 0, -y * term.coefficient.at(*place));
            }
        }
    }
    // The gap is the sum of limits times weights: one change at all places closes it.
    let change = |weights: &[f64]| {
        let is_one_way = weights.iter().all(|w| *w > 0.0) || weights.iter().all(|w| *w < 0.0);
        is_one_way.then(|| -sum.gap / weights.iter().sum::<f64>())
    };
    all.into_iter()
        .map(|(what, (mut places, weights))| {
            places.sort_unstable();
            places.dedup();
            Limit { what, places, change: change(&weights) }
        })
        .collect()
}
