//! An equation of two columns at the same place, a·x + b·y = c: one becomes a multiple of the other.

use super::bounds::{Tightened, times};
use super::fixed_columns::{priced, total};
use super::places::{Reach, holds, is_zero, reach, representative};
use super::work::{Entry, Step, Work, sum};
use crate::model::{Column, Model, Point, Row, Values};

/// The greatest ratio of two coefficients, either way, at which one is expressed by the other.
pub(super) const RATIO: f64 = 1e3;

pub(super) fn ratio_substitution(work: &mut Work) -> Option<usize> {
    let mut found = 0;
    for row in 0..work.model.rows.len() {
        if work.row_left[row] && is_ratio(work, row) {
            substitute(work, row)?;
            found += 1;
        }
    }
    Some(found)
}

fn is_ratio(work: &Work, row: usize) -> bool {
    let Row { terms, extent, .. } = work.row(row);
    let [x, y] = terms.as_slice() else {
        return false;
    };
    let places = representative(0..work.places_of_row(row), [&x.coefficient, &y.coefficient]);
    x.column != y.column
        && [x, y].into_iter().all(|term| reach(&work.model, *extent, term) == Reach::Same)
        && work.starts[row] == 0
        && work.is_equality(row)
        && holds(places, |t| {
            let ratio = (x.coefficient.at(t) / y.coefficient.at(t)).abs();
            (1.0 / RATIO..=RATIO).contains(&ratio)
        })
}

/// x = shift + slope·y, in all rows, in the cost, and in the bounds, which pass to y.
fn substitute(work: &mut Work, row: usize) -> Option<()> {
    let count = work.places_of_row(row);
    let Row { terms, lower: right, .. } = work.row(row);
    // The one that stands in fewer rows goes.
    let stays = usize::from(work.uses[terms[1].column].len() >= work.uses[terms[0].column].len());
    let (x, y) = (&terms[1 - stays], &terms[stays]);
    let (gone, kept) = (x.column, y.column);
    let slope = x.coefficient.zip(&y.coefficient, |a, b| -b / a);
    let shift = right.zip(&x.coefficient, |c, a| c / a);

    let Column { lower, upper, .. } = work.column(kept);
    let of_x = work.column(gone);
    let implied = |t: usize| {
        let (shift, factor) = (shift.at(t), 1.0 / slope.at(t));
        times((of_x.lower.at(t) - shift, of_x.upper.at(t) - shift), factor)
    };
    let from = [&of_x.lower, &of_x.upper, &shift, &slope];
    let bounds = Tightened::new(0..count, (lower, upper), from, implied)?;
    let cost = of_x.cost.clone();

    let pivot = x.coefficient.clone();
    work.remove_row(row);
    let entries = work.replace_column(gone, kept, (&slope, &shift));
    work.offset += total(count, &cost, &shift);
    let column = &mut work.model.columns[kept];
    (column.lower, column.upper) = (bounds.lower.clone(), bounds.upper.clone());
    if !is_zero(&cost) {
        let moved = cost.zip(&slope, |cost, slope| cost * slope);
        column.cost = column.cost.zip(&moved, sum);
    }
    let step = Ratio { row, gone, kept, pivot, slope, shift, cost, bounds, entries };
    work.steps.push(Box::new(step));
    Some(())
}

#[derive(Debug)]
struct Ratio {
    row: usize,
    gone: usize,
    kept: usize,
    /// a of a·x + b·y = c.
    pivot: Values,
    /// x = shift + slope·y.
    slope: Values,
    shift: Values,
    /// Cost of x.
    cost: Values,
    /// Bounds of y with those of x.
    bounds: Tightened,
    entries: Vec<Entry>,
}

impl Step for Ratio {
    /// The reduced cost of y is y's own or, where its bound came from x, slope times that of x. The
    /// row's dual is what then is missing in x.
    fn restore(&self, model: &Model, point: &mut Point) {
        let count = model.count(model.rows[self.row].extent);
        let values = &point.columns[self.kept];
        point.columns[self.gone] =
            (0..count).map(|t| self.shift.at(t) + self.slope.at(t) * values[t]).collect();
        let mut duals = priced(model, (&self.cost, count), &self.entries, point);
        let mut gone = vec![0.0; count];
        let kept = &mut point.reduced_costs[self.kept];
        for t in 0..count {
            if self.bounds.is_of_new(kept[t], t) {
                gone[t] = kept[t] / self.slope.at(t);
                kept[t] = 0.0;
            }
            duals[t] = (duals[t] - gone[t]) / self.pivot.at(t);
        }
        point.reduced_costs[self.gone] = gone;
        point.row_duals[self.row] = duals;
    }
}
