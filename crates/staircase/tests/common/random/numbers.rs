//! Bounds and costs for which there is a best point.

use staircase::{Column, Extent, Model, Values};

use super::super::draw::Draw;
use super::super::matrix::Matrix;
use super::Taste;

const NONE: f64 = f64::INFINITY;

/// Bounds on columns and rows that a point keeps; the point.
pub fn around_a_point(draw: &mut Draw, taste: &Taste, model: &mut Model) -> Vec<Vec<f64>> {
    let counts: Vec<usize> = model.columns.iter().map(|c| model.count(c.extent)).collect();
    let point: Vec<Vec<f64>> = model
        .columns
        .iter_mut()
        .zip(counts)
        .map(|(column, count)| bound_column(draw, taste, column, count))
        .collect();
    bound_rows(draw, taste, model, &point);
    point
}

/// A number of a size that fits all others.
pub fn number(draw: &mut Draw, taste: &Taste, least: f64, most: f64) -> f64 {
    let number = draw.between(least, most);
    if taste.whole { number.round() } else { number }
}

/// Room between a point and a bound: none where it is met.
fn room(draw: &mut Draw, taste: &Taste) -> f64 {
    if draw.chance(taste.active) { 0.0 } else { number(draw, taste, 0.5, 8.0) }
}

/// Bounds for a column, and values within.
fn bound_column(draw: &mut Draw, taste: &Taste, column: &mut Column, count: usize) -> Vec<f64> {
    let kind = |draw: &mut Draw| {
        if draw.chance(taste.open) {
            draw.pick(&[(false, true), (true, false), (true, false), (false, false)])
        } else {
            (true, true)
        }
    };
    if draw.chance(0.6) {
        // The same bounds everywhere.
        let lower = if draw.chance(0.7) { 0.0 } else { number(draw, taste, -10.0, 5.0) };
        let fixed = draw.chance(0.05);
        let width = if fixed { 0.0 } else { number(draw, taste, 1.0, 20.0) };
        let (below, above) = if fixed { (true, true) } else { kind(draw) };
        column.lower = (if below { lower } else { -NONE }).into();
        column.upper = (if above { lower + width } else { NONE }).into();
        return (0..count)
            .map(|_| match draw.share() {
                share if share < taste.active / 2.0 => lower,
                share if share < taste.active => lower + width,
                _ => number(draw, taste, lower, lower + width),
            })
            .collect();
    }
    let mixed = draw.chance(0.3);
    let mut common = kind(draw);
    let (mut values, mut lower, mut upper) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..count {
        if mixed {
            common = kind(draw);
        }
        let value = number(draw, taste, -5.0, 10.0);
        let fixed = draw.chance(0.05);
        let below = if fixed { 0.0 } else { room(draw, taste) };
        let above = if fixed { 0.0 } else { room(draw, taste) };
        lower.push(if common.0 || fixed { value - below } else { -NONE });
        upper.push(if common.1 || fixed { value + above } else { NONE });
        values.push(value);
    }
    (column.lower, column.upper) = (lower.into(), upper.into());
    values
}

#[derive(Clone, Copy)]
enum Kind {
    Equal,
    Range,
    Below,
    Above,
    Free,
}

/// Bounds for the rows that a point keeps.
fn bound_rows(draw: &mut Draw, taste: &Taste, model: &mut Model, point: &[Vec<f64>]) {
    let activity = activity(model, point);
    for (row, activity) in model.rows.iter_mut().zip(activity) {
        let kind = |draw: &mut Draw| match draw.count(0, 19) {
            0..=6 => Kind::Equal,
            7..=9 => Kind::Range,
            10..=13 => Kind::Below,
            14..=17 => Kind::Above,
            _ => Kind::Free,
        };
        let mut common = kind(draw);
        let mixed = draw.chance(0.15);
        // The same bound everywhere, where there is one that all places keep.
        let greatest = activity.iter().copied().fold(-NONE, f64::max);
        if !mixed && matches!(common, Kind::Below) && draw.chance(0.3) && greatest.is_finite() {
            row.lower = (-NONE).into();
            row.upper = (greatest + room(draw, taste)).into();
            continue;
        }
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for value in activity {
            if mixed {
                common = kind(draw);
            }
            let (below, above) = (room(draw, taste), room(draw, taste));
            let (l, u) = match common {
                Kind::Equal => (value, value),
                Kind::Range => (value - below, value + above),
                Kind::Below => (-NONE, value + above),
                Kind::Above => (value - below, NONE),
                Kind::Free => (-NONE, NONE),
            };
            lower.push(l);
            upper.push(u);
        }
        (row.lower, row.upper) = (lower.into(), upper.into());
    }
}

/// Σ terms of every row, by block and place; 0 where a row does not exist.
pub fn activity(model: &Model, point: &[Vec<f64>]) -> Vec<Vec<f64>> {
    model
        .rows
        .iter()
        .map(|row| {
            let mut activity = vec![0.0; model.count(row.extent)];
            model.entries(row, |place, column, at, a| activity[place] += a * point[column][at]);
            activity
        })
        .collect()
}

/// Costs that have a best point: those that some duals explain, and any for columns between bounds.
///
/// For a taste of ties the duals are 0 wherever the point does not meet a bound, which makes it
/// best, and 0 in many other places too, which makes others as good.
pub fn costs(draw: &mut Draw, taste: &Taste, model: &mut Model, point: &[Vec<f64>]) {
    let matrix = Matrix::of(model);
    let values = matrix.of_columns(point);
    let rows = matrix.of_rows(&activity(model, point));
    let dual = |draw: &mut Draw, value: f64, lower: f64, upper: f64| {
        let (near, far) = if taste.tied { (value, value) } else { (lower, upper) };
        let (down, up) = (lower.is_finite() && near == lower, upper.is_finite() && far == upper);
        let size = number(draw, taste, 0.5, 9.0);
        match (down, up) {
            _ if draw.chance(0.4) => 0.0,
            (true, true) => draw.sign() * size,
            (true, false) => size,
            (false, true) => -size,
            (false, false) => 0.0,
        }
    };
    let mut cost: Vec<f64> = (0..values.len())
        .map(|j| dual(draw, values[j], matrix.lower[j], matrix.upper[j]))
        .collect();
    for (row, terms) in matrix.terms.iter().enumerate() {
        let y = dual(draw, rows[row], matrix.row_lower[row], matrix.row_upper[row]);
        for (column, a) in terms {
            cost[*column] += a * y;
        }
    }
    let any = !taste.tied && draw.chance(0.6);
    for (column, cost) in model.columns.iter_mut().zip(matrix.column_blocks(&cost)) {
        let boxed = column.lower.all(f64::is_finite) && column.upper.all(f64::is_finite);
        column.cost = if !(any && boxed) {
            shortest(cost)
        } else if draw.chance(0.5) {
            // One price, often none.
            number(draw, taste, -3.0, 9.0).max(0.0).into()
        } else {
            cost.iter().map(|_| number(draw, taste, -3.0, 9.0)).collect::<Vec<_>>().into()
        };
    }
}

/// A series, or the constant that it is.
pub fn shortest(series: Vec<f64>) -> Values {
    match series.first() {
        Some(first) if series.iter().all(|value| value == first) => (*first).into(),
        _ => series.into(),
    }
}

/// Σ cost·x.
pub fn objective(model: &Model, point: &[Vec<f64>]) -> f64 {
    let of = |(column, values): (&Column, &Vec<f64>)| {
        values.iter().enumerate().map(|(at, x)| column.cost.at(at) * x).sum::<f64>()
    };
    model.columns.iter().zip(point).map(of).sum()
}

/// Whether a row block is there once a stage.
pub fn every_stage(model: &Model, row: usize) -> bool {
    model.rows[row].extent == Extent::Stage
}
