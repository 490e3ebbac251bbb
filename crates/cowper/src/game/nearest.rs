//! The point nearest to a target that keeps some limits.
//!
//! The dual method of Goldfarb and Idnani (Mathematical Programming 27, 1983, 1–33), for distances.

use super::dense::{Rows, inverse, product, solve, times, times_columns};
use super::linear::{KEPT, Kind, NO_PRICE, NoOptimum, ROUNDING, Row};

/// The limits that hold the point, and how hard.
#[derive(Clone, Default)]
struct Held {
    which: Vec<usize>,
    free: Vec<bool>,
    rows: Rows,
    bounds: Vec<f64>,
    pull: Vec<f64>,
}

impl Held {
    fn drop(&mut self, at: usize) {
        self.which.remove(at);
        self.free.remove(at);
        self.rows.remove(at);
        self.bounds.remove(at);
        self.pull.remove(at);
    }

    fn take(&mut self, which: usize, free: bool, line: (Vec<f64>, f64)) {
        self.which.push(which);
        self.free.push(free);
        self.rows.push(line.0);
        self.bounds.push(line.1);
        self.pull.push(0.0);
    }

    /// The inverse of rows · rowsᵀ, with that.
    fn gram(&self) -> Option<(Rows, Rows)> {
        let gram: Rows = self.rows.iter().map(|row| times(&self.rows, row)).collect();
        let inverse = inverse(&gram)?;
        Some((gram, inverse))
    }

    /// The point nearest to the target where all that is held is met exactly.
    fn point(&mut self, target: &[f64]) -> Option<Vec<f64>> {
        let (gram, inverse) = self.gram()?;
        let short: Vec<f64> = self.short(target);
        self.pull = solve(&gram, &inverse, &short);
        let mut point = self.pulled(target, &self.pull);
        // Once more, for what rounding left.
        let rest = solve(&gram, &inverse, &self.short(&point));
        point = self.pulled(&point, &rest);
        Some(point)
    }

    fn short(&self, point: &[f64]) -> Vec<f64> {
        times(&self.rows, point).into_iter().zip(&self.bounds).map(|(a, b)| b - a).collect()
    }

    fn pulled(&self, from: &[f64], pull: &[f64]) -> Vec<f64> {
        if pull.is_empty() {
            return from.to_vec();
        }
        from.iter().zip(times_columns(&self.rows, pull)).map(|(x, more)| x + more).collect()
    }
}

/// The point that keeps all rows and is nearest to the target: min Σ (z − target)².
pub(super) fn nearest(target: &[f64], rows: &[Row]) -> Result<Vec<f64>, NoOptimum> {
    const MOST: usize = 20_000;
    let mut point = target.to_vec();
    let mut held = Held::default();
    let mut let_be = vec![false; rows.len()];
    for _ in 0..MOST {
        let left = |at: &usize| rows[*at].left_by(&point);
        let equal = |at: &usize| rows[*at].kind == Kind::Equal;
        let is_left = |at: &usize| left(at) > KEPT && !held.which.contains(at) && !let_be[*at];
        let worst = (0..rows.len())
            .filter(is_left)
            .max_by(|a, b| equal(a).cmp(&equal(b)).then(left(a).total_cmp(&left(b))));
        let Some(entering) = worst else { return Ok(point) };
        let line = rows[entering].facing(&point);
        let before = held.clone();
        match make_room(&mut held, &mut point.clone(), &line) {
            Err(NoOptimum::Infeasible) if left(&entering) <= ROUNDING => {
                held = before;
                let_be[entering] = true;
                continue;
            }
            made => made?,
        }
        held.take(entering, rows[entering].kind == Kind::Equal, line);
        point = held.point(target).ok_or(NoOptimum::Stuck)?;
    }
    Err(NoOptimum::Stuck)
}

/// Moves towards a limit, letting go those held that would then push the wrong way, until it can be
/// met with all that is held.
fn make_room(
    held: &mut Held,
    point: &mut [f64],
    (line, bound): &(Vec<f64>, f64),
) -> Result<(), NoOptimum> {
    loop {
        let (gram, inverse) = held.gram().ok_or(NoOptimum::Stuck)?;
        let along = solve(&gram, &inverse, &times(&held.rows, line));
        let back: Vec<f64> = along.iter().map(|x| -x).collect();
        let way = held.pulled(line, &back);
        let length = product(&way, &way);
        let full =
            if length > NO_PRICE { (bound - product(line, point)) / length } else { f64::INFINITY };
        let lets_go = (0..along.len())
            .filter(|at| !held.free[*at] && along[*at] > NO_PRICE)
            .map(|at| (held.pull[at].max(0.0) / along[at], at))
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        match lets_go {
            Some((step, at)) if step < full => {
                if full.is_finite() {
                    point.iter_mut().zip(&way).for_each(|(x, way)| *x += step * way);
                }
                held.pull.iter_mut().zip(&along).for_each(|(pull, along)| *pull -= step * along);
                held.drop(at);
            }
            _ if full.is_finite() => return Ok(()),
            _ => return Err(NoOptimum::Infeasible),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::linear::{NoOptimum, Row};
    use super::nearest;

    /// Proves: nearest to (0, 0) with x + y ≥ 2 is (1, 1); with x ≥ 1.5 too it is (1.5, 0.5), and with
    /// y ≥ 3 instead (0, 3): the first limit is let go. Sensitivity: if it were held, (−1, 3).
    #[test]
    fn limits_are_taken_and_let_go() {
        let sum = Row::at_least(vec![1.0, 1.0], 2.0);
        let near = |more: Option<Row>| {
            let rows: Vec<Row> = std::iter::once(sum.clone()).chain(more).collect();
            nearest(&[0.0, 0.0], &rows).unwrap()
        };
        let is = |found: Vec<f64>, right: [f64; 2]| {
            assert!((found[0] - right[0]).abs() + (found[1] - right[1]).abs() < 1e-14, "{found:?}");
        };
        is(near(None), [1.0, 1.0]);
        is(near(Some(Row::at_least(vec![1.0, 0.0], 1.5))), [1.5, 0.5]);
        is(near(Some(Row::at_least(vec![0.0, 1.0], 3.0))), [0.0, 3.0]);
    }

    /// Proves: limits that leave no point are told.
    #[test]
    fn no_point_is_told() {
        let rows = [Row::equal(vec![1.0, 1.0], 2.0), Row::at_least(vec![-1.0, -1.0], -1.0)];
        assert_eq!(nearest(&[0.0, 0.0], &rows).unwrap_err(), NoOptimum::Infeasible);
    }
}
