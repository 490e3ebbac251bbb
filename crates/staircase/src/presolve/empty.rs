//! Rows without terms or without bounds, and columns in no row.

use super::bounds::{CONTRADICTION, cheapest};
use super::fixed_columns::fix;
use super::places::representative;
use super::work::{Step, Work};
use crate::model::{Column, Model, Point, Row};

/// Drops rows that bound nothing: those without terms, and those without bounds.
pub(super) fn empty_rows(work: &mut Work) -> Option<usize> {
    let mut found = 0;
    for row in 0..work.model.rows.len() {
        if !work.row_left[row] {
            continue;
        }
        let Row { terms, lower, upper, .. } = work.row(row);
        let mut places = representative(work.existing(row), [lower, upper]);
        if terms.is_empty() {
            let holds = |t| lower.at(t) <= CONTRADICTION && upper.at(t) >= -CONTRADICTION;
            if !places.all(holds) {
                return None;
            }
        } else if !places.all(|t| lower.at(t) == f64::NEG_INFINITY && upper.at(t) == f64::INFINITY)
        {
            continue;
        }
        drop_row(work, row);
        found += 1;
    }
    Some(found)
}

/// Puts columns that stand in no row where they cost least.
pub(super) fn empty_columns(work: &mut Work) -> Option<usize> {
    let mut found = 0;
    for column in 0..work.model.columns.len() {
        if work.column_left[column] && work.uses[column].is_empty() {
            let Column { lower, upper, cost, .. } = work.column(column);
            let value = cheapest(work.places_of_column(column), cost, lower, upper);
            if !value.all(f64::is_finite) {
                return None;
            }
            fix(work, column, value);
            found += 1;
        }
    }
    Some(found)
}

/// Takes out a row that needs no dual.
pub(super) fn drop_row(work: &mut Work, row: usize) {
    work.remove_row(row);
    work.steps.push(Box::new(Dropped { row }));
}

#[derive(Debug)]
struct Dropped {
    row: usize,
}

impl Step for Dropped {
    fn restore(&self, model: &Model, point: &mut Point) {
        point.row_duals[self.row] = vec![0.0; model.count(model.rows[self.row].extent)];
    }
}
