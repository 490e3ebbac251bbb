//! Short words for writing a model down.

use staircase::{Before, Column, Extent, Model, Row, Term, Values};

/// The bound that is none.
pub const NONE: f64 = f64::INFINITY;

/// A column once a stage.
pub fn column(
    lower: impl Into<Values>,
    upper: impl Into<Values>,
    cost: impl Into<Values>,
) -> Column {
    Column { lower: lower.into(), upper: upper.into(), cost: cost.into(), extent: Extent::Stage }
}

/// A column once a span of the first division.
pub fn once(lower: f64, upper: f64, cost: f64) -> Column {
    Column { extent: Extent::Span(0), ..column(lower, upper, cost) }
}

/// A term of the stage itself.
pub fn now(column: usize, coefficient: impl Into<Values>) -> Term {
    Term { column, coefficient: coefficient.into(), back: 0, before: Before::Nothing }
}

/// A term of an earlier stage: a row exists only where that is one.
pub fn earlier(column: usize, coefficient: impl Into<Values>, back: u32) -> Term {
    Term { column, coefficient: coefficient.into(), back, before: Before::Nothing }
}

/// A term of an earlier stage where that is one; the row exists without it too.
pub fn carried(column: usize, coefficient: impl Into<Values>, back: u32) -> Term {
    Term { column, coefficient: coefficient.into(), back, before: Before::Nought }
}

/// A term of an earlier stage, that of the last ones in the first ones.
pub fn around(column: usize, coefficient: impl Into<Values>, back: u32) -> Term {
    Term { column, coefficient: coefficient.into(), back, before: Before::Wrap }
}

/// lower ≤ Σ terms ≤ upper, once a stage.
pub fn range(terms: Vec<Term>, lower: impl Into<Values>, upper: impl Into<Values>) -> Row {
    Row { terms, lower: lower.into(), upper: upper.into(), extent: Extent::Stage }
}

pub fn equal(terms: Vec<Term>, value: impl Into<Values>) -> Row {
    let value = value.into();
    range(terms, value.clone(), value)
}

pub fn at_most(terms: Vec<Term>, upper: impl Into<Values>) -> Row {
    range(terms, -NONE, upper)
}

/// A row, once a span of a division instead.
pub fn each(division: usize, row: Row) -> Row {
    Row { extent: Extent::Span(division), ..row }
}

/// A model without spans.
pub fn model(stages: usize, columns: Vec<Column>, rows: Vec<Row>) -> Model {
    Model { stages, spans: Vec::new(), columns, rows }
}

/// A value a place, to change some of them.
pub fn series(values: &Values, places: usize) -> Vec<f64> {
    (0..places).map(|place| values.at(place)).collect()
}

/// Sets both bounds of a row in one place.
pub fn set_row(model: &mut Model, row: usize, place: usize, bounds: (f64, f64)) {
    let places = model.count(model.rows[row].extent);
    let row = &mut model.rows[row];
    let (mut lower, mut upper) = (series(&row.lower, places), series(&row.upper, places));
    (lower[place], upper[place]) = bounds;
    (row.lower, row.upper) = (lower.into(), upper.into());
}

/// Sets both bounds of a column in one place.
pub fn set_column(model: &mut Model, column: usize, place: usize, bounds: (f64, f64)) {
    let places = model.count(model.columns[column].extent);
    let column = &mut model.columns[column];
    let (mut lower, mut upper) = (series(&column.lower, places), series(&column.upper, places));
    (lower[place], upper[place]) = bounds;
    (column.lower, column.upper) = (lower.into(), upper.into());
}
