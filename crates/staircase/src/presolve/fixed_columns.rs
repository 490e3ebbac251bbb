//! A column whose bounds meet at every place goes into the bounds of its rows.

use super::places::{add_transposed, is_zero, representative, written_out};
use super::work::{Entry, Step, Work};
use crate::model::{Column, Model, Point, Values};

/// How close bounds are that meet, relative to themselves.
const MEET: f64 = 1e-12;

pub(super) fn fixed_columns(work: &mut Work) -> usize {
    let mut found = 0;
    for column in 0..work.model.columns.len() {
        if work.column_left[column] && is_fixed(work, column) {
            let value = work.column(column).lower.clone();
            fix(work, column, value);
            found += 1;
        }
    }
    found
}

fn is_fixed(work: &Work, column: usize) -> bool {
    let Column { lower, upper, .. } = work.column(column);
    let mut places = representative(0..work.places_of_column(column), [lower, upper]);
    places.all(|place| {
        let (lower, upper) = (lower.at(place), upper.at(place));
        let size = lower.abs().max(upper.abs());
        size.is_finite() && (upper - lower).abs() <= MEET * size
    })
}

/// Takes a column out at a value.
pub(super) fn fix(work: &mut Work, column: usize, value: Values) {
    let entries = work.remove_column(column);
    for Entry { row, term } in &entries {
        work.move_to_bounds(*row, term, &value);
    }
    let cost = work.column(column).cost.clone();
    work.offset += total(work.places_of_column(column), &cost, &value);
    work.steps.push(Box::new(Fixed { column, value, cost, entries }));
}

/// Σ cost · value; nothing where the cost is 0, whatever the value.
pub(super) fn total(count: usize, cost: &Values, value: &Values) -> f64 {
    let at = |place: usize| {
        let cost = cost.at(place);
        if cost == 0.0 { 0.0 } else { cost * value.at(place) }
    };
    match (cost, value) {
        (Values::Constant(_), Values::Constant(_)) => at(0) * count as f64,
        _ if is_zero(cost) || is_zero(value) => 0.0,
        _ => (0..count).map(at).sum(),
    }
}

#[derive(Debug)]
struct Fixed {
    column: usize,
    value: Values,
    cost: Values,
    entries: Vec<Entry>,
}

impl Step for Fixed {
    fn restore(&self, model: &Model, point: &mut Point) {
        let count = model.count(model.columns[self.column].extent);
        point.columns[self.column] = written_out(&self.value, count);
        point.reduced_costs[self.column] = priced(model, (&self.cost, count), &self.entries, point);
    }
}

/// cost − Σ rowsᵀ·dual of a column that stood in these rows.
pub(super) fn priced(
    model: &Model,
    (cost, count): (&Values, usize),
    entries: &[Entry],
    point: &Point,
) -> Vec<f64> {
    let mut priced = written_out(cost, count);
    for Entry { row, term } in entries {
        let extent = model.rows[*row].extent;
        let duals = &point.row_duals[*row];
        add_transposed(model, (extent, term), (duals, -1.0), &mut priced);
    }
    priced
}
