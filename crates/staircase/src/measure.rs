//! Points and proofs judged on the model as given, whatever found them.

use crate::model::{Column, Model, Point, Row, Term, Values};
use crate::solution::Measures;
use crate::threads::Threads;

/// Sums a place: of a row or column, with the greatest term in absolute value.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    value: f64,
    greatest: f64,
}

impl Sum {
    fn add(&mut self, term: f64) {
        self.value += term;
        self.greatest = self.greatest.max(term.abs());
    }
}

/// Σ coefficient·x of each place of a row; none where it does not exist.
fn activity(model: &Model, row: &Row, columns: &[Vec<f64>]) -> Vec<Sum> {
    let mut sums = vec![Sum::default(); model.count(row.extent)];
    for term in &row.terms {
        let x = &columns[term.column];
        model.entries_of(row, term, |at, place, value| sums[at].add(value * x[place]));
    }
    sums
}

/// For each column, the terms of rows that it stands in, with the rows and their multipliers.
fn terms_of<'a>(
    model: &'a Model,
    row_duals: &'a [Vec<f64>],
) -> Vec<Vec<(&'a Row, &'a Term, &'a [f64])>> {
    let mut terms = vec![Vec::new(); model.columns.len()];
    for (row, duals) in model.rows.iter().zip(row_duals) {
        for term in &row.terms {
            terms[term.column].push((row, term, &duals[..]));
        }
    }
    terms
}

/// cost − Σ rowsᵀ·y of each place of a column; or without its cost.
fn gradient_of(
    model: &Model,
    block: usize,
    terms: &[(&Row, &Term, &[f64])],
    with_cost: bool,
) -> Vec<Sum> {
    let column = &model.columns[block];
    let cost = |at| if with_cost { column.cost.at(at) } else { 0.0 };
    let sum = |at| Sum { value: cost(at), greatest: cost(at).abs() };
    let mut sums: Vec<Sum> = (0..model.count(column.extent)).map(sum).collect();
    for (row, term, duals) in terms {
        model.entries_of(row, term, |at, place, value| sums[place].add(-value * duals[at]));
    }
    sums
}

/// cost − Σ rowsᵀ·y of each column, as numbers.
pub fn gradient(model: &Model, row_duals: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let terms = terms_of(model, row_duals).into_iter().enumerate();
    terms
        .map(|(block, terms)| gradient_of(model, block, &terms, true))
        .map(|sums| sums.into_iter().map(|s| s.value).collect())
        .collect()
}

fn finite(bound: f64) -> f64 {
    if bound.is_finite() { bound.abs() } else { 0.0 }
}

fn excess(value: f64, (lower, upper): (f64, f64), greatest: f64) -> f64 {
    let over = (lower - value).max(value - upper).max(0.0);
    if over == 0.0 {
        return 0.0;
    }
    let size = if value < lower { finite(lower) } else { finite(upper) };
    over / (1.0 + size.max(greatest))
}

/// What a multiplier proves by the bound it leans on; none where that bound is infinite.
fn leans((lower, upper): (f64, f64), multiplier: f64) -> Option<f64> {
    let bound = if multiplier > 0.0 { lower } else { upper };
    if multiplier == 0.0 { Some(0.0) } else { bound.is_finite().then_some(multiplier * bound) }
}

fn bounds(column: &Column, at: usize) -> (f64, f64) {
    (column.lower.at(at), column.upper.at(at))
}

/// A sum that keeps what rounding takes from it (Ogita, Rump and Oishi 2005): what is proven may be the
/// small difference of large terms.
#[derive(Debug, Clone, Copy, Default)]
struct Kept {
    sum: f64,
    rest: f64,
}

impl Kept {
    fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        let taken = sum - self.sum;
        self.rest += (self.sum - (sum - taken)) + (term - taken);
        self.sum = sum;
    }

    fn merge(&mut self, other: Kept) {
        self.add(other.sum);
        self.add(other.rest);
    }

    /// An infinite sum has no rest.
    fn total(self) -> f64 {
        if self.sum.is_finite() { self.sum + self.rest } else { self.sum }
    }
}

/// What a block adds to the measures.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    primal: f64,
    dual: f64,
    objective: Kept,
    proven: Kept,
}

/// How far a point is from optimal; see [`Measures`].
pub fn measure(model: &Model, point: &Point, threads: &Threads) -> Measures {
    let terms = terms_of(model, &point.row_duals);
    let of_column = |block: usize| {
        let (mut part, column) = (Part::default(), &model.columns[block]);
        let gradients = gradient_of(model, block, &terms[block], true);
        for (at, gradient) in gradients.into_iter().enumerate() {
            let (x, z) = (point.columns[block][at], point.reduced_costs[block][at]);
            part.objective.add(column.cost.at(at) * x);
            part.primal = worse(part.primal, excess(x, bounds(column, at), 0.0));
            let size = 1.0 + gradient.greatest.max(z.abs());
            part.dual = worse(part.dual, (gradient.value - z).abs() / size);
            match leans(bounds(column, at), z) {
                Some(proven) => part.proven.add(proven),
                None => part.dual = worse(part.dual, z.abs() / (1.0 + gradient.greatest)),
            }
        }
        part
    };
    let of_row = |block: usize| {
        let (mut part, row) = (Part::default(), &model.rows[block]);
        let sums = activity(model, row, &point.columns);
        let places = sums.into_iter().zip(&point.row_duals[block]).enumerate();
        for (at, (sum, y)) in places.skip(model.first(row)) {
            let limits = (row.lower.at(at), row.upper.at(at));
            part.primal = worse(part.primal, excess(sum.value, limits, sum.greatest));
            match leans(limits, *y) {
                Some(proven) => part.proven.add(proven),
                None => part.dual = worse(part.dual, y.abs() / (1.0 + y.abs())),
            }
        }
        part
    };
    let columns = threads.map(model.columns.len(), of_column);
    let rows = threads.map(model.rows.len(), of_row);
    let mut all = Part::default();
    for part in columns.into_iter().chain(rows) {
        all.primal = worse(all.primal, part.primal);
        all.dual = worse(all.dual, part.dual);
        all.objective.merge(part.objective);
        all.proven.merge(part.proven);
    }
    let Part { primal, dual, .. } = all;
    let (objective, proven) = (all.objective.total(), all.proven.total());
    let gap = (objective - proven).abs() / (1.0 + objective.abs());
    Measures { primal, dual, gap, objective, dual_objective: proven }
}

/// The greater; NaN where either is, so that it never passes for small.
fn worse(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

/// How large a rounding error a proof may have, as a share of its terms.
const ROUNDING: f64 = 1e-7;
/// Parts of a direction that are nothing beside the whole.
const CRUMB: f64 = 1e-11;

/// What passes for a proof.
#[derive(Debug, Clone, Copy)]
pub struct Strictness {
    /// What may be left of a column's sum, beside a greatest multiplier of 1.
    pub rounding: f64,
    /// Values as large as any bound times this are thought of.
    pub far: f64,
}

impl Strictness {
    /// At first: what is left is rounding.
    pub const FIRST: Strictness = Strictness { rounding: 1e-11, far: 1e6 };
    /// Where no try has found an optimum.
    pub const LAST: Strictness = Strictness { rounding: 1e-9, far: 10.0 };
}

/// Multipliers of rows, as a proof that no point keeps all bounds; none where they prove nothing.
///
/// The columns' multipliers are what cancels the rows: z = −Σ rowsᵀ·y. Where a column has no bound
/// on the side that z leans on, z must be rounding, and is left out.
///
/// What is left out times values `far` as large as any bound must not make up for what is proven.
pub fn contradiction(
    model: &Model,
    mut row_duals: Vec<Vec<f64>>,
    Strictness { rounding, far }: Strictness,
) -> Option<Point> {
    let mut size = 0.0f64;
    for (row, duals) in model.rows.iter().zip(&mut row_duals) {
        for (at, y) in duals.iter_mut().enumerate() {
            if leans((row.lower.at(at), row.upper.at(at)), *y).is_none() {
                *y = 0.0;
            }
            size = size.max(y.abs());
        }
    }
    if size == 0.0 || !size.is_finite() {
        return None;
    }
    for y in row_duals.iter_mut().flatten() {
        *y /= size;
    }
    let (mut proven, mut left_out) = (Sum::default(), 0.0);
    let mut reduced_costs = Vec::with_capacity(model.columns.len());
    for (block, terms) in terms_of(model, &row_duals).into_iter().enumerate() {
        let column = &model.columns[block];
        let sums = gradient_of(model, block, &terms, false);
        let mut of_column = Vec::with_capacity(sums.len());
        for (at, sum) in sums.into_iter().enumerate() {
            match leans(bounds(column, at), sum.value) {
                Some(part) => {
                    proven.add(part);
                    of_column.push(sum.value);
                }
                None if sum.value.abs() <= rounding + ROUNDING * sum.greatest => {
                    left_out += sum.value.abs();
                    of_column.push(0.0);
                }
                None => return None,
            }
        }
        reduced_costs.push(of_column);
    }
    for (row, duals) in model.rows.iter().zip(&row_duals) {
        for (at, y) in duals.iter().enumerate() {
            proven.add(leans((row.lower.at(at), row.upper.at(at)), *y)?);
        }
    }
    let made_up = far * left_out * largest_bound(model);
    let enough = (ROUNDING * proven.greatest.max(1e-2)).max(made_up);
    (proven.value > enough).then_some(Point { columns: Vec::new(), row_duals, reduced_costs })
}

fn largest_bound(model: &Model) -> f64 {
    let of_columns = model.columns.iter().flat_map(|c| [&c.lower, &c.upper]);
    let of_rows = model.rows.iter().flat_map(|r| [&r.lower, &r.upper]);
    let greatest = |values: &Values| match values {
        Values::Constant(value) => finite(*value),
        Values::Series(values) => values.iter().fold(0.0f64, |m, v| m.max(finite(*v))),
    };
    of_columns.chain(of_rows).map(greatest).fold(1.0, f64::max)
}

/// A direction along which the cost falls and no bound is met; none where it is not.
pub fn direction(model: &Model, mut columns: Vec<Vec<f64>>) -> Option<Point> {
    let size = columns.iter().flatten().fold(0.0f64, |m, v| m.max(v.abs()));
    if size == 0.0 || !size.is_finite() {
        return None;
    }
    let mut cost = Sum::default();
    for (column, values) in model.columns.iter().zip(&mut columns) {
        for (at, d) in values.iter_mut().enumerate() {
            *d /= size;
            if d.abs() < CRUMB {
                *d = 0.0;
            }
            let meets = |bound: f64| bound.is_finite();
            let against = (*d < 0.0 && meets(column.lower.at(at)))
                || (*d > 0.0 && meets(column.upper.at(at)));
            if against {
                if d.abs() > ROUNDING {
                    return None;
                }
                *d = 0.0;
            }
            cost.add(column.cost.at(at) * *d);
        }
    }
    for row in &model.rows {
        for (at, sum) in activity(model, row, &columns).into_iter().enumerate() {
            let (lower, upper) = (row.lower.at(at), row.upper.at(at));
            let against =
                (sum.value < 0.0 && lower.is_finite()) || (sum.value > 0.0 && upper.is_finite());
            if against
                && sum.value.abs() > ROUNDING * (1e-2 + sum.greatest)
                && model.exists(row, at)
            {
                return None;
            }
        }
    }
    let falls = cost.value < -ROUNDING * cost.greatest.max(1e-2);
    falls.then_some(Point { columns, ..Point::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Extent, Spans};

    /// Proves: what is left of large terms that cancel is what the measures say, within a block and over
    /// blocks: 10¹⁶ + 1 − 10¹⁶ = 1 for the costs of three stages, and again for those of three columns.
    /// Sensitivity: added up one after the other, 10¹⁶ + 1 is 10¹⁶, and nothing is left.
    #[test]
    fn large_terms_leave_small_ones() {
        let costs = [1e16, 1.0, -1e16];
        let column = |cost: Values| Column {
            lower: 1.0.into(),
            upper: 1.0.into(),
            cost,
            extent: Extent::Stage,
        };
        let over_stages = vec![column(costs.to_vec().into())];
        let over_blocks = costs.map(|cost| column(cost.into())).to_vec();
        for (stages, columns) in [(3, over_stages), (1, over_blocks)] {
            let model =
                Model { stages, spans: vec![Spans::whole(stages)], columns, rows: Vec::new() };
            let each = |f: &dyn Fn(&Column, usize) -> f64| -> Vec<Vec<f64>> {
                let of = |c| (0..stages).map(|at| f(c, at)).collect();
                model.columns.iter().map(of).collect()
            };
            let point = Point {
                columns: each(&|_, _| 1.0),
                row_duals: Vec::new(),
                reduced_costs: each(&|column, at| column.cost.at(at)),
            };
            let found = measure(&model, &point, &Threads::new(1, stages));
            assert_eq!((found.objective, found.dual_objective, found.gap), (1.0, 1.0, 0.0));
        }
    }
}
