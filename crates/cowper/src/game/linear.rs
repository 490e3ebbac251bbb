//! Small linear problems: a dozen unknowns, a thousand rows, solved to the last digits.
//!
//! The dual simplex. Multipliers depend on noughts and ones only, never on worths, so which of them
//! is nought is certain.

use super::dense::{Rows, inverse, product, solve, times_columns};

/// Rows left by less than this count as kept; worths are of a size near one.
pub(super) const KEPT: f64 = 1e-11;

/// A row left by less than this that cannot be kept with the others is one that follows from them but for
/// rounding in what they were made from, and counts as kept.
pub(super) const ROUNDING: f64 = 1e-9;

/// Multipliers smaller than this are nought.
pub(super) const NO_PRICE: f64 = 1e-9;

/// Every unknown lies within this by its rows; it gives the first corner.
const FAR: f64 = 256.0;

/// Whether a row is a limit or an equation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// coefficients · z ≥ bound
    AtLeast,
    /// coefficients · z = bound
    Equal,
}

/// A limit on the unknowns.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// One for each unknown.
    pub coefficients: Vec<f64>,
    /// What their sum is held to.
    pub bound: f64,
    /// How.
    pub kind: Kind,
}

impl Row {
    /// coefficients · z ≥ bound
    pub fn at_least(coefficients: Vec<f64>, bound: f64) -> Self {
        Row { coefficients, bound, kind: Kind::AtLeast }
    }

    /// coefficients · z = bound
    pub fn equal(coefficients: Vec<f64>, bound: f64) -> Self {
        Row { coefficients, bound, kind: Kind::Equal }
    }

    /// By how much a point leaves it.
    pub fn left_by(&self, point: &[f64]) -> f64 {
        let short = self.bound - product(&self.coefficients, point);
        if self.kind == Kind::Equal { short.abs() } else { short }
    }

    /// The same as a limit from below that the point leaves.
    pub fn facing(&self, point: &[f64]) -> (Vec<f64>, f64) {
        let short = self.bound - product(&self.coefficients, point);
        if self.kind == Kind::Equal && short < 0.0 {
            (self.coefficients.iter().map(|x| -x).collect(), -self.bound)
        } else {
            (self.coefficients.clone(), self.bound)
        }
    }
}

/// The best point of a linear problem.
#[derive(Debug, Clone)]
pub(super) struct Optimum {
    /// The unknowns.
    pub point: Vec<f64>,
    /// How much the objective falls for each unit a bound rises: one a row, nought or more of limits.
    pub multipliers: Vec<f64>,
}

/// Why there is no best point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoOptimum {
    /// No point keeps all rows.
    Infeasible,
    /// The rows do not hold the objective.
    Unbounded,
    /// It came to no end.
    Stuck,
}

/// Rows that meet in a corner, each as a limit from below.
struct Corner {
    /// The row's place; those beyond the rows are the far bounds.
    which: Vec<usize>,
    free: Vec<bool>,
    coefficients: Rows,
    bounds: Vec<f64>,
}

impl Corner {
    /// The corner of the far bounds at which the objective is greatest.
    fn far(objective: &[f64], rows: usize) -> Self {
        let size = objective.len();
        let line = |j: usize| {
            let mut line = vec![0.0; size];
            line[j] = if objective[j] > 0.0 { -1.0 } else { 1.0 };
            line
        };
        Corner {
            which: (rows..rows + size).collect(),
            free: vec![false; size],
            coefficients: (0..size).map(line).collect(),
            bounds: vec![-FAR; size],
        }
    }
}

/// Maximises objective · z over the points that keep all rows.
pub(super) fn maximise(objective: &[f64], rows: &[Row]) -> Result<Optimum, NoOptimum> {
    const MOST: usize = 20_000;
    let down: Vec<f64> = objective.iter().map(|x| -x).collect();
    let mut corner = Corner::far(objective, rows.len());
    let mut let_be = vec![false; rows.len()];
    for round in 0..MOST {
        let inverse = inverse(&corner.coefficients).ok_or(NoOptimum::Stuck)?;
        let point = solve(&corner.coefficients, &inverse, &corner.bounds);
        let prices = times_columns(&inverse, &down);
        let Some(entering) = worst(rows, &let_be, (&point, round)) else {
            return optimum(rows.len(), &corner, point, &prices);
        };
        let (line, bound) = rows[entering].facing(&point);
        let falls = times_columns(&inverse, &line);
        let Some(leaving) = leaving(&corner, &prices, &falls) else {
            if rows[entering].left_by(&point) > ROUNDING {
                return Err(NoOptimum::Infeasible);
            }
            let_be[entering] = true;
            continue;
        };
        corner.which[leaving] = entering;
        corner.free[leaving] = rows[entering].kind == Kind::Equal;
        corner.coefficients[leaving] = line;
        corner.bounds[leaving] = bound;
    }
    Err(NoOptimum::Stuck)
}

/// The row that a point leaves most; after many rounds the first one, which cannot go in circles
/// (Bland 1977).
fn worst(rows: &[Row], let_be: &[bool], (point, round): (&[f64], usize)) -> Option<usize> {
    const PATIENCE: usize = 500;
    let left = rows.iter().map(|row| row.left_by(point)).enumerate();
    let left = left.filter(|(at, by)| *by > KEPT && !let_be[*at]);
    if round > PATIENCE {
        return left.map(|(at, _)| at).next();
    }
    left.fold(None, |worst: Option<(usize, f64)>, (at, by)| match worst {
        Some((_, most)) if most >= by => worst,
        _ => Some((at, by)),
    })
    .map(|(at, _)| at)
}

/// The row of a corner whose multiplier comes to nought first; of several the first row.
fn leaving(corner: &Corner, prices: &[f64], falls: &[f64]) -> Option<usize> {
    let mut best: Option<(f64, usize, usize)> = None;
    for (at, fall) in falls.iter().enumerate() {
        if corner.free[at] || *fall < NO_PRICE {
            continue;
        }
        let (lasts, which) = (prices[at].max(0.0) / fall, corner.which[at]);
        let better = match best {
            None => true,
            Some((least, first, _)) => {
                lasts < least - NO_PRICE || (lasts < least + NO_PRICE && which < first)
            }
        };
        if better {
            best = Some((lasts, which, at));
        }
    }
    best.map(|(_, _, at)| at)
}

/// A corner that keeps all rows, read out.
fn optimum(
    rows: usize,
    corner: &Corner,
    point: Vec<f64>,
    prices: &[f64],
) -> Result<Optimum, NoOptimum> {
    let mut multipliers = vec![0.0; rows];
    for (which, price) in corner.which.iter().zip(prices) {
        match multipliers.get_mut(*which) {
            Some(multiplier) => *multiplier = *price,
            None if *price > NO_PRICE => return Err(NoOptimum::Unbounded),
            None => {}
        }
    }
    Ok(Optimum { point, multipliers })
}

#[cfg(test)]
mod tests {
    use super::{NoOptimum, Row, maximise};

    /// Proves: 3x + 2y with x + y ≤ 4, x + 3y ≤ 7, x ≤ 3 is greatest at (3, 1): 11; one more of the
    /// first limit gives 2, of the third 1. Sensitivity: the corner (0, 7/3) gives 4.7.
    #[test]
    fn a_corner_by_hand() {
        let rows = [
            Row::at_least(vec![-1.0, -1.0], -4.0),
            Row::at_least(vec![-1.0, -3.0], -7.0),
            Row::at_least(vec![-1.0, 0.0], -3.0),
        ];
        let found = maximise(&[3.0, 2.0], &rows).unwrap();
        let is = |found: &[f64], right: &[f64]| {
            let off: f64 = found.iter().zip(right).map(|(a, b)| (a - b).abs()).sum();
            assert!(off < 1e-14, "{found:?}");
        };
        is(&found.point, &[3.0, 1.0]);
        is(&found.multipliers, &[2.0, 0.0, 1.0]);
    }

    /// Proves: an equation holds from both sides: x + y = 1, x ≥ 2 leaves y = −1 or less.
    #[test]
    fn equations_hold() {
        let rows = [Row::equal(vec![1.0, 1.0], 1.0), Row::at_least(vec![1.0, 0.0], 2.0)];
        assert_eq!(maximise(&[0.0, 1.0], &rows).unwrap().point, [2.0, -1.0]);
    }

    /// Proves: no point and no end are told apart.
    #[test]
    fn what_has_no_best_point() {
        let rows = [Row::at_least(vec![1.0], 2.0), Row::at_least(vec![-1.0], -1.0)];
        assert_eq!(maximise(&[1.0], &rows).unwrap_err(), NoOptimum::Infeasible);
        assert_eq!(maximise(&[1.0], &rows[..1]).unwrap_err(), NoOptimum::Unbounded);
    }
}
