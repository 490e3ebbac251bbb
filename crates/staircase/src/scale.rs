//! Scaling: coefficients near one, and costs and bounds of ordinary size.

use crate::model::Values;
use crate::staged::Staged;

/// What columns and rows were multiplied by.
///
/// x = column·size·x̂, y = row·y̅/price, z = ẑ/(column·price), cost = ĉost/(price·column).
#[derive(Debug)]
pub struct Scales {
    pub row: Vec<f64>,
    pub column: Vec<f64>,
    pub border_row: Vec<f64>,
    pub border_column: Vec<f64>,
    /// A unit of x̂.
    pub size: f64,
    /// Scaled cost of a unit of cost.
    pub price: f64,
}

/// Rounds of scaling rows and columns by the square roots of their greatest entries (Ruiz 2001).
const ROUNDS: usize = 10;

/// Scales in place.
pub fn scale(staged: &mut Staged) -> Scales {
    let mut s = Scales {
        row: vec![1.0; staged.rows.len()],
        column: vec![1.0; staged.columns.len()],
        border_row: vec![1.0; staged.border_rows.len()],
        border_column: vec![1.0; staged.border_columns.len()],
        size: 1.0,
        price: 1.0,
    };
    balance(staged, &mut s);
    apply(staged, &s);
    s.size = typical(bound_sizes(staged));
    s.price = 1.0 / typical(cost_sizes(staged));
    resize(staged, s.size, s.price);
    s
}

/// The greatest value without its sign.
pub fn greatest(values: &Values) -> f64 {
    match values {
        Values::Constant(value) => value.abs(),
        Values::Series(values) => values.iter().fold(0.0, |m, v| m.max(v.abs())),
    }
}

fn balance(staged: &Staged, s: &mut Scales) {
    let in_stage: Vec<(usize, usize, f64)> = staged
        .own
        .iter()
        .chain(&staged.next)
        .map(|e| (e.row, e.column, greatest(&e.value)))
        .collect();
    let in_rows: Vec<(usize, usize, f64)> =
        staged.border_in_rows.iter().map(|e| (e.row, e.column, greatest(&e.value))).collect();
    let in_border: Vec<(usize, usize, f64)> =
        staged.columns_in_border.iter().map(|e| (e.row, e.column, greatest(&e.value))).collect();
    // A bound that moves is scaled like the row that it comes from.
    let moving: Vec<(usize, usize, f64)> =
        staged.moving.iter().map(|m| (m.column, m.border, greatest(&m.value))).collect();
    let mut bound = vec![1.0f64; moving.len()];
    for _ in 0..ROUNDS {
        let mut row = vec![0.0f64; s.row.len()];
        let mut column = vec![0.0f64; s.column.len()];
        let mut border_row = vec![0.0f64; s.border_row.len()];
        let mut border_column = vec![0.0f64; s.border_column.len()];
        let note = |a: &mut f64, b: &mut f64, v: f64| {
            *a = a.max(v);
            *b = b.max(v);
        };
        for &(r, c, v) in &in_stage {
            note(&mut row[r], &mut column[c], v * s.row[r] * s.column[c]);
        }
        for &(r, c, v) in &in_rows {
            note(&mut row[r], &mut border_column[c], v * s.row[r] * s.border_column[c]);
        }
        for &(r, c, v) in &in_border {
            note(&mut border_row[r], &mut column[c], v * s.border_row[r] * s.column[c]);
        }
        let mut greatest_of = vec![0.0f64; moving.len()];
        for ((&(c, b, v), bound), greatest) in moving.iter().zip(&bound).zip(&mut greatest_of) {
            note(greatest, &mut column[c], bound * s.column[c]);
            note(greatest, &mut border_column[b], v * bound * s.border_column[b]);
        }
        for &(r, c, v) in &staged.corner {
            let v = v.abs() * s.border_row[r] * s.border_column[c];
            note(&mut border_row[r], &mut border_column[c], v);
        }
        let shrink = |scale: &mut Vec<f64>, greatest: &[f64]| {
            for (s, g) in scale.iter_mut().zip(greatest) {
                if *g > 0.0 {
                    *s /= g.sqrt();
                }
            }
        };
        shrink(&mut bound, &greatest_of);
        shrink(&mut s.row, &row);
        shrink(&mut s.column, &column);
        shrink(&mut s.border_row, &border_row);
        shrink(&mut s.border_column, &border_column);
    }
    for scale in [&mut s.row, &mut s.column, &mut s.border_row, &mut s.border_column] {
        for s in scale {
            // Powers of two, so that scaling rounds nothing.
            *s = s.log2().round().clamp(-60.0, 60.0).exp2();
        }
    }
}

fn times(values: &mut Values, factor: f64) {
    if factor != 1.0 {
        *values = values.map(|v| v * factor);
    }
}

fn apply(staged: &mut Staged, s: &Scales) {
    for e in staged.own.iter_mut().chain(&mut staged.next) {
        times(&mut e.value, s.row[e.row] * s.column[e.column]);
    }
    for e in &mut staged.border_in_rows {
        times(&mut e.value, s.row[e.row] * s.border_column[e.column]);
    }
    for e in &mut staged.columns_in_border {
        times(&mut e.value, s.border_row[e.row] * s.column[e.column]);
    }
    for m in &mut staged.moving {
        times(&mut m.value, s.border_column[m.border] / s.column[m.column]);
    }
    for (row, column, value) in &mut staged.corner {
        *value *= s.border_row[*row] * s.border_column[*column];
    }
    for (row, scale) in staged.rows.iter_mut().zip(&s.row) {
        times(&mut row.rhs, *scale);
    }
    for (rhs, scale) in staged.border_rows.iter_mut().zip(&s.border_row) {
        *rhs *= scale;
    }
    for (column, scale) in staged.columns.iter_mut().zip(&s.column) {
        times(&mut column.lower, 1.0 / scale);
        times(&mut column.upper, 1.0 / scale);
        times(&mut column.cost, *scale);
    }
    for (column, scale) in staged.border_columns.iter_mut().zip(&s.border_column) {
        column.lower /= scale;
        column.upper /= scale;
        column.cost *= scale;
    }
}

/// The geometric mean of sizes, as a power of two; 1 where there is none.
fn typical(sizes: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0usize);
    for size in sizes.filter(|s| *s > 0.0 && s.is_finite()) {
        sum += size.log2();
        count += 1;
    }
    if count == 0 { 1.0 } else { (sum / count as f64).round().clamp(-60.0, 60.0).exp2() }
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value.abs() } else { 0.0 }
}

fn finite_greatest(values: &Values) -> f64 {
    match values {
        Values::Constant(value) => finite(*value),
        Values::Series(values) => values.iter().fold(0.0, |m, v| m.max(finite(*v))),
    }
}

fn bound_sizes(staged: &Staged) -> impl Iterator<Item = f64> + '_ {
    let columns = staged.columns.iter().flat_map(|c| [&c.lower, &c.upper]);
    let rows = staged.rows.iter().map(|r| &r.rhs);
    columns.chain(rows).map(finite_greatest)
}

fn cost_sizes(staged: &Staged) -> impl Iterator<Item = f64> + '_ {
    let border = staged.border_columns.iter().map(|c| c.cost.abs());
    staged.columns.iter().map(|c| finite_greatest(&c.cost)).chain(border)
}

fn resize(staged: &mut Staged, size: f64, price: f64) {
    for row in &mut staged.rows {
        times(&mut row.rhs, 1.0 / size);
    }
    for rhs in &mut staged.border_rows {
        *rhs /= size;
    }
    for column in &mut staged.columns {
        times(&mut column.lower, 1.0 / size);
        times(&mut column.upper, 1.0 / size);
        times(&mut column.cost, price);
    }
    for column in &mut staged.border_columns {
        column.lower /= size;
        column.upper /= size;
        column.cost *= price;
    }
}
