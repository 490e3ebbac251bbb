//! A column without cost in one inequality only: that is wider without it, and has one slack less.

use super::bounds::times;
use super::free_columns::is_pivot;
use super::places::{Reach, add_activity, is_zero, made, reach, representative};
use super::work::{Step, Use, Work};
use crate::model::{Column, Model, Point, Row, Term, Values};

pub(super) fn slack_columns(work: &mut Work) -> usize {
    let mut found = 0;
    for column in 0..work.model.columns.len() {
        let [at] = work.uses[column][..] else {
            continue;
        };
        if work.column_left[column]
            && is_zero(&work.column(column).cost)
            && reach(&work.model, work.row(at.row).extent, work.term(at)) == Reach::Same
            && is_inequality(work, at.row)
            && is_pivot(work, at)
        {
            widen(work, at);
            found += 1;
        }
    }
    found
}

/// Whether a row is an equation nowhere: as one it would need a slack that it has not yet.
fn is_inequality(work: &Work, row: usize) -> bool {
    let Row { lower, upper, .. } = work.row(row);
    let mut places = representative(work.existing(row), [lower, upper]);
    places.all(|t| lower.at(t) < upper.at(t))
}

/// lower ≤ a·x + rest ≤ upper: lower − greatest a·x ≤ rest ≤ upper − least a·x.
fn widen(work: &mut Work, at: Use) {
    let term = work.term(at).clone();
    let Column { lower: least, upper: most, .. } = work.column(term.column).clone();
    let count = work.places_of_row(at.row);
    let a = &term.coefficient;
    let range = |t: usize| times((least.at(t), most.at(t)), a.at(t));
    let Row { lower, upper, .. } = work.row(at.row);
    let bounds = (lower.clone(), upper.clone());
    let lower = made(count, [lower, a, &least, &most], |t| bounds.0.at(t) - range(t).1);
    let upper = made(count, [upper, a, &least, &most], |t| bounds.1.at(t) - range(t).0);
    work.remove_column(term.column);
    let row = &mut work.model.rows[at.row];
    (row.lower, row.upper) = (lower, upper);
    let first = work.starts[at.row];
    let rest = work.row(at.row).terms.clone();
    let row = at.row;
    work.steps.push(Box::new(Slack { row, first, term, rest, bounds, range: (least, most) }));
}

#[derive(Debug)]
struct Slack {
    row: usize,
    /// The first stage at which the row exists.
    first: usize,
    term: Term,
    rest: Vec<Term>,
    /// Of the row, with the column.
    bounds: (Values, Values),
    /// Bounds of the column.
    range: (Values, Values),
}

impl Step for Slack {
    /// The column takes what the row has no room for.
    fn restore(&self, model: &Model, point: &mut Point) {
        let extent = model.rows[self.row].extent;
        let count = model.count(extent);
        let mut values = vec![0.0; count];
        for term in &self.rest {
            add_activity(model, (extent, term), &point.columns[term.column], &mut values);
        }
        let a = &self.term.coefficient;
        for (t, value) in values.iter_mut().enumerate() {
            let (least, most) = (self.range.0.at(t), self.range.1.at(t));
            let idle = 0.0_f64.min(most).max(least);
            let activity = *value + a.at(t) * idle;
            let (lower, upper) = (self.bounds.0.at(t), self.bounds.1.at(t));
            *value = if t < self.first || (lower <= activity && activity <= upper) {
                idle
            } else {
                let bound = if activity < lower { lower } else { upper };
                ((bound - *value) / a.at(t)).min(most).max(least)
            };
        }
        point.columns[self.term.column] = values;
        let duals = &point.row_duals[self.row];
        point.reduced_costs[self.term.column] =
            duals.iter().enumerate().map(|(t, y)| -a.at(t) * y).collect();
    }
}
