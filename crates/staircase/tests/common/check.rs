//! Is a point optimal, is a proof one? Worked out from the model alone, in the plainest way.

use staircase::{Certificate, Measures, Model, Point};

use super::matrix::Matrix;

/// How far a point is from optimal; see [`Measures`] for what each number is.
pub fn measure(model: &Model, point: &Point) -> Measures {
    let matrix = Matrix::of(model);
    let values = matrix.of_columns(&point.columns);
    let duals = matrix.of_rows(&point.row_duals);
    let reduced = matrix.of_columns(&point.reduced_costs);

    let mut primal = Worst::default();
    for (column, value) in values.iter().enumerate() {
        primal.excess(*value, value.abs(), matrix.lower[column], matrix.upper[column]);
    }
    for (row, terms) in matrix.terms.iter().enumerate() {
        let activity: f64 = terms.iter().map(|(column, a)| a * values[*column]).sum();
        let greatest = greatest(terms.iter().map(|(column, a)| a * values[*column]));
        primal.excess(activity, greatest, matrix.row_lower[row], matrix.row_upper[row]);
    }

    let mut dual = Worst::default();
    let mut proven = Vec::new();
    for (row, y) in duals.iter().enumerate() {
        match bounding(*y, matrix.row_lower[row], matrix.row_upper[row]) {
            Some(bound) => proven.push(y * bound),
            None => dual.take(y.abs() / (1.0 + y.abs())),
        }
    }
    for (column, sum) in sums_of_columns(&matrix, &duals).into_iter().enumerate() {
        let (cost, z) = (matrix.cost[column], reduced[column]);
        let size = 1.0 + sum.greatest.max(cost.abs()).max(z.abs());
        dual.take((cost - sum.total - z).abs() / size);
        match bounding(z, matrix.lower[column], matrix.upper[column]) {
            Some(bound) => proven.push(z * bound),
            None => dual.take(z.abs() / size),
        }
    }

    let proven = total(proven.into_iter());
    let objective = total(matrix.cost.iter().zip(&values).map(|(c, x)| c * x));
    Measures {
        primal: primal.0,
        dual: dual.0,
        gap: (objective - proven).abs() / (1.0 + objective.abs()),
        objective,
        dual_objective: proven,
    }
}

/// A sum of terms that may cancel, with what rounding took from it (Neumaier 1974).
fn total(terms: impl Iterator<Item = f64>) -> f64 {
    let (mut total, mut taken) = (0.0f64, 0.0);
    for term in terms {
        let next = total + term;
        let (large, small) = if total.abs() >= term.abs() { (total, term) } else { (term, total) };
        taken += (large - next) + small;
        total = next;
    }
    total + taken
}

/// The greatest product of a dual and the distance to the bound it prices.
pub fn slackness(model: &Model, point: &Point) -> f64 {
    let matrix = Matrix::of(model);
    let values = matrix.of_columns(&point.columns);
    let mut worst = Worst::default();
    let mut take = |dual: f64, value: f64, lower: f64, upper: f64| {
        if let Some(bound) = bounding(dual, lower, upper) {
            worst.take(dual * (value - bound));
        }
    };
    for (row, dual) in matrix.of_rows(&point.row_duals).into_iter().enumerate() {
        let activity = matrix.terms[row].iter().map(|(column, a)| a * values[*column]).sum();
        take(dual, activity, matrix.row_lower[row], matrix.row_upper[row]);
    }
    for (column, dual) in matrix.of_columns(&point.reduced_costs).into_iter().enumerate() {
        take(dual, values[column], matrix.lower[column], matrix.upper[column]);
    }
    worst.0
}

/// What a sum of the dual objective in another order may differ by, as a share of 1 + |objective|.
///
/// Duals that are not unique may be large without need: what they prove is then the small difference
/// of large terms.
pub fn rounding(model: &Model, point: &Point) -> f64 {
    let matrix = Matrix::of(model);
    let of_row = |(row, y): (usize, f64)| {
        let bound = bounding(y, matrix.row_lower[row], matrix.row_upper[row]);
        let terms: f64 = matrix.terms[row].iter().map(|(_, a)| (a * y).abs()).sum();
        (y * bound.unwrap_or(0.0)).abs() + terms
    };
    let of_column = |(column, z): (usize, f64)| {
        (z * bounding(z, matrix.lower[column], matrix.upper[column]).unwrap_or(0.0)).abs()
    };
    let rows = matrix.of_rows(&point.row_duals).into_iter().enumerate().map(of_row).sum::<f64>();
    let columns = matrix.of_columns(&point.reduced_costs).into_iter().enumerate().map(of_column);
    let objective = measure(model, point).objective;
    f64::EPSILON * (rows + columns.sum::<f64>()) / (1.0 + objective.abs())
}

/// What may be wrong with a proof, relative to its size.
const TOLERANCE: f64 = 1e-6;
/// The least that is more than a sum's own rounding, relative to its terms.
const ROUNDING: f64 = 1e-9;

/// Whether a proof that there is no optimum proves it; if not, where it fails.
pub fn certificate(model: &Model, certificate: &Certificate) -> Result<(), String> {
    let matrix = Matrix::of(model);
    match certificate {
        Certificate::Infeasible(point) => contradiction(&matrix, point),
        Certificate::Unbounded(point) => ray(&matrix, point),
        Certificate::CrossedColumn { block, place } => {
            let column = &model.columns[*block];
            crossed(column.lower.at(*place), column.upper.at(*place))
        }
        Certificate::CrossedRow { block, place } => {
            let row = &model.rows[*block];
            crossed(row.lower.at(*place), row.upper.at(*place))
        }
    }
}

fn crossed(lower: f64, upper: f64) -> Result<(), String> {
    if lower > upper { Ok(()) } else { Err(format!("{lower} to {upper} has a value")) }
}

/// y·A·x + z·x is 0 for every x, but above 0 for every x within the bounds.
///
/// z is taken anew as −Aᵀy, so that the sum is 0 but for rounding. Where it then leans on a bound
/// that is infinite, it must be small against the terms it was summed from, or against what is
/// proven.
fn contradiction(matrix: &Matrix, point: &Point) -> Result<(), String> {
    let duals = matrix.of_rows(&point.row_duals);
    let claimed = matrix.of_columns(&point.reduced_costs);
    finite(duals.iter().chain(&claimed))?;
    let sums = sums_of_columns(matrix, &duals);

    let (mut least, mut size) = (0.0, 0.0);
    let mut leaning = Vec::new();
    let mut add = |dual: f64, lower: f64, upper: f64, what: String, terms: f64| match bounding(
        dual, lower, upper,
    ) {
        Some(bound) => {
            least += dual * bound;
            size += (dual * bound).abs();
        }
        None => leaning.push((what, dual.abs(), plausible(lower, upper), terms)),
    };
    for (row, y) in duals.iter().enumerate() {
        let name = format!("row {:?}", matrix.rows[row]);
        add(*y, matrix.row_lower[row], matrix.row_upper[row], name, 0.0);
    }
    for (column, sum) in sums.iter().enumerate() {
        let name = format!("column {:?}", matrix.columns[column]);
        let (lower, upper) = (matrix.lower[column], matrix.upper[column]);
        add(-sum.total, lower, upper, name, sum.greatest);
    }
    if least <= ROUNDING * size || least <= 0.0 {
        return Err(format!("the bounds leave {least:e}, of terms of {size:e} together"));
    }
    for (what, dual, value, terms) in leaning {
        if dual * value > TOLERANCE * least && dual > TOLERANCE * terms {
            return Err(format!("{what}: {dual:e} leans on an infinite bound; proven: {least:e}"));
        }
    }
    for (column, sum) in sums.iter().enumerate() {
        let off = (sum.total + claimed[column]).abs();
        let (lower, upper) = (matrix.lower[column], matrix.upper[column]);
        if off > TOLERANCE * sum.greatest && off * plausible(lower, upper) > TOLERANCE * least {
            return Err(format!("column {:?}: rows and z leave {off:e}", matrix.columns[column]));
        }
    }
    Ok(())
}

/// No bound is met along the direction, however far, and the cost falls.
fn ray(matrix: &Matrix, point: &Point) -> Result<(), String> {
    let direction = matrix.of_columns(&point.columns);
    finite(direction.iter())?;
    let falls: f64 = matrix.cost.iter().zip(&direction).map(|(c, d)| c * d).sum();
    let size: f64 = matrix.cost.iter().zip(&direction).map(|(c, d)| (c * d).abs()).sum();
    if falls >= -ROUNDING * size || falls >= 0.0 {
        return Err(format!("the cost changes by {falls:e}, of terms of {size:e} together"));
    }
    let length = greatest(direction.iter().copied());
    for (column, d) in direction.iter().enumerate() {
        let against = against(*d, matrix.lower[column], matrix.upper[column]);
        // What a step against the bound would have to be priced at to matter.
        let priced = against * (1.0 + matrix.cost[column].abs());
        if against > TOLERANCE * length && priced > TOLERANCE * -falls {
            return Err(format!("column {:?} goes {d:e} to a bound", matrix.columns[column]));
        }
    }
    for (row, terms) in matrix.terms.iter().enumerate() {
        let activity: f64 = terms.iter().map(|(column, a)| a * direction[*column]).sum();
        let size = greatest(terms.iter().map(|(column, a)| a * direction[*column]));
        let against = against(activity, matrix.row_lower[row], matrix.row_upper[row]);
        if against > TOLERANCE * size && against > TOLERANCE * -falls {
            return Err(format!(
                "row {:?} goes {activity:e} to a bound, of terms up to {size:e}",
                matrix.rows[row]
            ));
        }
    }
    Ok(())
}

/// The greatest of what was taken; a number that is none is worse than any.
#[derive(Default)]
struct Worst(f64);

impl Worst {
    fn take(&mut self, value: f64) {
        self.0 = if value.is_nan() { f64::INFINITY } else { self.0.max(value) };
    }

    /// Takes the excess over bounds of a value whose own terms go up to `greatest`.
    fn excess(&mut self, value: f64, greatest: f64, lower: f64, upper: f64) {
        if value.is_nan() {
            self.take(value);
        }
        for (bound, excess) in [(lower, lower - value), (upper, value - upper)] {
            if bound.is_finite() {
                self.take(excess / (1.0 + greatest.max(bound.abs())));
            } else if excess > 0.0 {
                // A lower bound of +∞ or an upper of −∞.
                self.take(excess);
            }
        }
    }
}

/// Σ rows·dual of a column.
#[derive(Default, Clone, Copy)]
struct Sum {
    total: f64,
    /// The greatest of its terms.
    greatest: f64,
}

fn sums_of_columns(matrix: &Matrix, duals: &[f64]) -> Vec<Sum> {
    let mut sums = vec![Sum::default(); matrix.columns.len()];
    for (terms, dual) in matrix.terms.iter().zip(duals) {
        for (column, a) in terms {
            let term = a * dual;
            sums[*column].total += term;
            sums[*column].greatest = sums[*column].greatest.max(term.abs());
        }
    }
    sums
}

/// The bound that a dual prices; none where that is infinite. No dual prices no bound: 0.
fn bounding(dual: f64, lower: f64, upper: f64) -> Option<f64> {
    if dual == 0.0 {
        return Some(0.0);
    }
    let bound = if dual > 0.0 { lower } else { upper };
    bound.is_finite().then_some(bound)
}

/// How much of a direction goes towards a bound.
fn against(direction: f64, lower: f64, upper: f64) -> f64 {
    let down = if lower.is_finite() { -direction } else { 0.0 };
    let up = if upper.is_finite() { direction } else { 0.0 };
    down.max(up).max(0.0)
}

/// A size that something between these bounds may well have.
fn plausible(lower: f64, upper: f64) -> f64 {
    let size = |bound: f64| if bound.is_finite() { bound.abs() } else { 0.0 };
    1.0 + size(lower).max(size(upper))
}

fn greatest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |greatest, value| greatest.max(value.abs()))
}

fn finite<'a>(mut values: impl Iterator<Item = &'a f64>) -> Result<(), String> {
    if values.all(|value| value.is_finite()) { Ok(()) } else { Err("a number is none".into()) }
}
