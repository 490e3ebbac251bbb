//! Columns that do the same in all rows: one column where they cost alike, else the dear one rests.

use super::bounds::times;
use super::fixed_columns::fix;
use super::places::{Reach, holds, is_shared, made, reach, representative};
use super::ratio::RATIO;
use super::work::{Step, Work};
use crate::model::{Column, Model, Point, Values};

/// How far from proportional coefficients and costs may be, relative to themselves.
const ALIKE: f64 = 1e-13;

pub(super) fn duplicate_columns(work: &mut Work) -> usize {
    let mut found = 0;
    for group in groups(work) {
        for (i, first) in group.iter().enumerate() {
            for second in &group[i + 1..] {
                if work.column_left[*first] && work.column_left[*second] {
                    found += usize::from(join(work, *first, *second));
                }
            }
        }
    }
    found
}

/// Columns that stand in the same rows, by a number made of these: a few others may be among them.
fn groups(work: &Work) -> Vec<Vec<usize>> {
    let mut marks = vec![0_u64; work.model.columns.len()];
    for (row, block) in work.model.rows.iter().enumerate() {
        for term in &block.terms {
            let mark = &mut marks[term.column];
            *mark = mark.wrapping_add(mixed(row as u64, u64::from(term.back)));
        }
    }
    let mut order: Vec<usize> = (0..marks.len())
        .filter(|column| work.column_left[*column] && !work.uses[*column].is_empty())
        .collect();
    order.sort_by_key(|column| marks[*column]);
    order
        .chunk_by(|a, b| marks[*a] == marks[*b])
        .filter(|group| group.len() > 1)
        .map(<[usize]>::to_vec)
        .collect()
}

/// A number that two others make, and hardly any two others.
pub(super) fn mixed(a: u64, b: u64) -> u64 {
    let mut z = (a.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 32)
}

/// Makes one of two columns, or fixes one, where that can be.
fn join(work: &mut Work, first: usize, second: usize) -> bool {
    if work.column(first).extent != work.column(second).extent {
        return false;
    }
    let Some(factor) = factor(work, first, second) else {
        return false;
    };
    let inverse = factor.map(|factor| 1.0 / factor);
    if is_alike(work, (first, second), &factor) {
        merge(work, (first, second), factor);
        return true;
    }
    for (poor, good, factor) in [(second, first, &factor), (first, second, &inverse)] {
        if let Some(value) = resting(work, (poor, good), factor) {
            fix(work, poor, value);
            return true;
        }
    }
    false
}

/// factor · the first column's coefficients are the second's; None where there is no such factor.
fn factor(work: &Work, first: usize, second: usize) -> Option<Values> {
    let (of_first, of_second) = (&work.uses[first], &work.uses[second]);
    if of_first.len() != of_second.len() {
        return None;
    }
    let mut pairs = Vec::with_capacity(of_first.len());
    for at in of_first {
        let term = work.term(*at);
        let same = of_second.iter().find(|other| {
            let other = (other.row, work.term(**other));
            other.0 == at.row && other.1.back == term.back && other.1.before == term.before
        })?;
        pairs.push((&term.coefficient, &work.term(*same).coefficient));
    }
    let places = work.places_of_column(first);
    let middle = ratio_at(pairs[0], places / 2)?;
    if !is_hopeful(work, (first, second), (places / 2, middle)) {
        return None;
    }
    let constant = Values::Constant(middle);
    if pairs.iter().all(|pair| is_multiple(*pair, &constant)) {
        return Some(constant);
    }
    let ([(a, b)], [at]) = (&pairs[..], &of_first[..]) else {
        return None;
    };
    let by_place = b.zip(a, |b, a| b / a);
    let is_same = reach(&work.model, work.row(at.row).extent, work.term(*at)) == Reach::Same;
    (is_same && by_place.all(is_moderate)).then_some(by_place)
}

/// Whether one thing may be written by another with this factor.
pub(super) fn is_moderate(factor: f64) -> bool {
    (1.0 / RATIO..=RATIO).contains(&factor.abs())
}

/// b/a at a place, or at the first where a is not 0; none where that is far from 1.
pub(super) fn ratio_at((a, b): (&Values, &Values), place: usize) -> Option<f64> {
    let place = match a {
        Values::Series(a) if a.get(place).is_none_or(|a| *a == 0.0) => {
            a.iter().position(|a| *a != 0.0)?
        }
        _ => place.min(length(b).max(length(a)) - 1),
    };
    let ratio = b.at(place) / a.at(place);
    is_moderate(ratio).then_some(ratio)
}

/// Whether costs alike, or a bound that is none, leave a hope at a place.
fn is_hopeful(work: &Work, (first, second): (usize, usize), (place, factor): (usize, f64)) -> bool {
    let (first, second) = (work.column(first), work.column(second));
    let is_open = |c: &Column| c.lower.at(place).is_infinite() || c.upper.at(place).is_infinite();
    is_open(first)
        || is_open(second)
        || dearer(second.cost.at(place), factor * first.cost.at(place)) == 0.0
}

/// Whether b = factor·a.
pub(super) fn is_multiple((a, b): (&Values, &Values), factor: &Values) -> bool {
    if *factor == Values::Constant(1.0) && is_shared(a, b) {
        return true;
    }
    let count = length(a).max(length(b)).max(length(factor));
    holds(0..count, |t| (b.at(t) - factor.at(t) * a.at(t)).abs() <= ALIKE * b.at(t).abs())
}

fn length(values: &Values) -> usize {
    match values {
        Values::Constant(_) => 1,
        Values::Series(values) => values.len(),
    }
}

/// cost − other, 0 where that is rounding.
fn dearer(cost: f64, other: f64) -> f64 {
    let difference = cost - other;
    if difference.abs() <= ALIKE * cost.abs().max(other.abs()) { 0.0 } else { difference }
}

fn is_alike(work: &Work, (first, second): (usize, usize), factor: &Values) -> bool {
    let (a, b) = (&work.column(first).cost, &work.column(second).cost);
    let places = representative(0..work.places_of_column(first), [a, b, factor]);
    holds(places, |t| dearer(b.at(t), factor.at(t) * a.at(t)) == 0.0)
}

/// Where a column stands for which another does the same more cheaply without end; None where not.
///
/// With a = factor·(the good one's a), its reduced cost is factor·(the good one's) + cost −
/// factor·cost. Where the good one has no upper bound, its reduced cost is not below 0.
fn resting(work: &Work, (poor, good): (usize, usize), factor: &Values) -> Option<Values> {
    let (poor, good) = (work.column(poor), work.column(good));
    let count = work.model.count(poor.extent);
    let bound = |t: usize| {
        let factor = factor.at(t);
        let dearer = dearer(poor.cost.at(t), factor * good.cost.at(t));
        let (low, high) = times((good.lower.at(t), good.upper.at(t)), factor);
        if dearer >= 0.0 && high == f64::INFINITY {
            poor.lower.at(t)
        } else if dearer <= 0.0 && low == f64::NEG_INFINITY {
            poor.upper.at(t)
        } else {
            f64::INFINITY
        }
    };
    let from = [&poor.cost, &poor.lower, &poor.upper, &good.cost, &good.lower, &good.upper, factor];
    let places = representative(0..count, from);
    holds(places, |t| bound(t).is_finite()).then(|| made(count, from, bound))
}

/// first + factor·second is the first from now on.
fn merge(work: &mut Work, (first, second): (usize, usize), factor: Values) {
    let count = work.places_of_column(first);
    let (a, b) = (work.column(first).clone(), work.column(second).clone());
    let lower = made(count, [&a.lower, &b.lower, &b.upper, &factor], |t| {
        a.lower.at(t) + times((b.lower.at(t), b.upper.at(t)), factor.at(t)).0
    });
    let upper = made(count, [&a.upper, &b.lower, &b.upper, &factor], |t| {
        a.upper.at(t) + times((b.lower.at(t), b.upper.at(t)), factor.at(t)).1
    });
    work.remove_duplicate(second);
    let column = &mut work.model.columns[first];
    (column.lower, column.upper) = (lower, upper);
    let bounds = [(a.lower, a.upper), (b.lower, b.upper)];
    work.steps.push(Box::new(Merged { first, second, factor, bounds }));
}

#[derive(Debug)]
struct Merged {
    first: usize,
    second: usize,
    factor: Values,
    /// Of the first and of the second, before.
    bounds: [(Values, Values); 2],
}

impl Step for Merged {
    /// The second takes what the first has no room for.
    fn restore(&self, _: &Model, point: &mut Point) {
        let [(low_1, high_1), (low_2, high_2)] = &self.bounds;
        let both = &mut point.columns[self.first];
        let mut second = Vec::with_capacity(both.len());
        for (t, both) in both.iter_mut().enumerate() {
            let factor = self.factor.at(t);
            let idle = 0.0_f64.min(high_2.at(t)).max(low_2.at(t));
            let wanted = *both - factor * idle;
            let first = wanted.min(high_1.at(t)).max(low_1.at(t));
            second.push(if first == wanted { idle } else { (*both - first) / factor });
            *both = first;
        }
        point.columns[self.second] = second;
        let reduced = &point.reduced_costs[self.first];
        point.reduced_costs[self.second] =
            reduced.iter().enumerate().map(|(t, z)| self.factor.at(t) * z).collect();
    }

    fn reduce(&self, point: &mut Point) {
        let second = std::mem::take(&mut point.columns[self.second]);
        for (t, (first, second)) in point.columns[self.first].iter_mut().zip(second).enumerate() {
            *first += self.factor.at(t) * second;
        }
    }
}
