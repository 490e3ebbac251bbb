//! Rows that say the same of the same columns: one row with the tighter of their bounds.

use super::bounds::{Tightened, divided};
use super::duplicate_columns::{is_moderate, is_multiple, mixed, ratio_at};
use super::places::{Reach, reach};
use super::work::{Step, Work};
use crate::model::{Model, Point, Row, Values};

pub(super) fn duplicate_rows(work: &mut Work) -> Option<usize> {
    let mut found = 0;
    for group in groups(work) {
        for (i, first) in group.iter().enumerate() {
            for second in &group[i + 1..] {
                if !work.row_left[*first] || !work.row_left[*second] {
                    continue;
                }
                if let Some(factor) = factor(work, *first, *second) {
                    merge(work, (*first, *second), factor)?;
                    found += 1;
                }
            }
        }
    }
    Some(found)
}

/// Rows of the same columns, by a number made of these: a few others may be among them.
fn groups(work: &Work) -> Vec<Vec<usize>> {
    let mark = |row: &usize| {
        let marks = work.row(*row).terms.iter();
        marks.fold(0_u64, |sum, term| {
            sum.wrapping_add(mixed(term.column as u64, u64::from(term.back)))
        })
    };
    let rows = (0..work.model.rows.len())
        .filter(|row| work.row_left[*row] && !work.row(*row).terms.is_empty());
    let mut order: Vec<(u64, usize)> = rows.map(|row| (mark(&row), row)).collect();
    order.sort_unstable();
    order
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|group| group.len() > 1)
        .map(|group| group.iter().map(|(_, row)| *row).collect())
        .collect()
}

/// factor · the first row's terms are the second's; None where there is no such factor.
fn factor(work: &Work, first: usize, second: usize) -> Option<Values> {
    let (a, b) = (work.row(first), work.row(second));
    let is_apart = work.starts[first] != work.starts[second];
    if a.extent != b.extent || a.terms.len() != b.terms.len() || is_apart {
        return None;
    }
    let mut pairs = Vec::with_capacity(a.terms.len());
    for term in &a.terms {
        let same = b.terms.iter().find(|other| {
            (other.column, other.back, other.before) == (term.column, term.back, term.before)
        })?;
        pairs.push((&term.coefficient, &same.coefficient));
    }
    let constant = Values::Constant(ratio_at(pairs[0], work.places_of_row(first) / 2)?);
    if pairs.iter().all(|pair| is_multiple(*pair, &constant)) {
        return Some(constant);
    }
    let sums = |term| matches!(reach(&work.model, a.extent, term), Reach::Sum(_));
    if a.terms.iter().any(sums) {
        return None;
    }
    let by_place = pairs[0].1.zip(pairs[0].0, |b, a| b / a);
    (by_place.all(is_moderate) && pairs.iter().all(|pair| is_multiple(*pair, &by_place)))
        .then_some(by_place)
}

/// Gives the first row the bounds of both.
fn merge(work: &mut Work, (first, second): (usize, usize), factor: Values) -> Option<()> {
    let Row { lower, upper, .. } = work.row(second);
    let old = (&work.row(first).lower, &work.row(first).upper);
    let bounds = Tightened::new(work.existing(first), old, [lower, upper, &factor], |t| {
        divided((lower.at(t), upper.at(t)), factor.at(t))
    })?;
    let row = &mut work.model.rows[first];
    (row.lower, row.upper) = (bounds.lower.clone(), bounds.upper.clone());
    work.remove_row(second);
    work.steps.push(Box::new(Merged { first, second, factor, bounds }));
    Some(())
}

#[derive(Debug)]
struct Merged {
    first: usize,
    second: usize,
    factor: Values,
    /// Of the first, before and after.
    bounds: Tightened,
}

impl Step for Merged {
    /// The dual is the second row's where the bound that is met came from it.
    fn restore(&self, _: &Model, point: &mut Point) {
        let first = &mut point.row_duals[self.first];
        let mut second = vec![0.0; first.len()];
        for (t, (first, second)) in first.iter_mut().zip(&mut second).enumerate() {
            if self.bounds.is_of_new(*first, t) {
                *second = *first / self.factor.at(t);
                *first = 0.0;
            }
        }
        point.row_duals[self.second] = second;
    }

    fn reduce(&self, point: &mut Point) {
        let second = std::mem::take(&mut point.row_duals[self.second]);
        for (t, (first, second)) in point.row_duals[self.first].iter_mut().zip(second).enumerate() {
            *first += self.factor.at(t) * second;
        }
    }
}
