//! Matrices of at most a dozen rows: inverse, and what a list of vectors spans.

/// A list of rows.
pub(super) type Rows = Vec<Vec<f64>>;

/// Smaller numbers are nought. Matrices here are of noughts and ones with at most twelve rows, so
/// what is not nought in their eliminations is more than a ten-thousandth.
const NOUGHT: f64 = 1e-8;

/// Σ a·b.
pub(super) fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Each row times a vector.
pub(super) fn times(rows: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    rows.iter().map(|row| product(row, vector)).collect()
}

/// Each column times a vector.
pub(super) fn times_columns(rows: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    let width = rows.first().map_or(0, Vec::len);
    let column = |j: usize| rows.iter().zip(vector).map(|(row, x)| row[j] * x).sum();
    (0..width).map(column).collect()
}

/// The inverse of a square matrix, by elimination with the greatest pivot of a column.
pub(super) fn inverse(rows: &[Vec<f64>]) -> Option<Rows> {
    let size = rows.len();
    let mut left: Rows = rows.to_vec();
    for (i, row) in left.iter_mut().enumerate() {
        row.extend((0..size).map(|j| f64::from(u8::from(i == j))));
    }
    for column in 0..size {
        let pivot = (column..size)
            .max_by(|a, b| left[*a][column].abs().total_cmp(&left[*b][column].abs()))?;
        if left[pivot][column].abs() < NOUGHT {
            return None;
        }
        left.swap(column, pivot);
        let divisor = left[column][column];
        left[column].iter_mut().for_each(|x| *x /= divisor);
        let own = left[column].clone();
        for (i, row) in left.iter_mut().enumerate() {
            let factor = row[column];
            if i != column && factor != 0.0 {
                subtract(row, factor, &own);
            }
        }
    }
    Some(left.into_iter().map(|row| row[size..].to_vec()).collect())
}

/// The solution of a system whose inverse is known, once refined.
pub(super) fn solve(rows: &[Vec<f64>], inverse: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let mut found = times(inverse, right);
    let product = times(rows, &found);
    let rest: Vec<f64> = right.iter().zip(product).map(|(b, p)| b - p).collect();
    for (x, more) in found.iter_mut().zip(times(inverse, &rest)) {
        *x += more;
    }
    found
}

fn subtract(row: &mut [f64], factor: f64, other: &[f64]) {
    for (x, y) in row.iter_mut().zip(other) {
        *x -= factor * y;
    }
}

/// What some vectors span.
#[derive(Debug, Clone, Default)]
pub(super) struct Span {
    /// Each with a one where all others have a nought.
    reduced: Vec<(usize, Vec<f64>)>,
}

impl Span {
    /// Of how many dimensions it is.
    pub fn rank(&self) -> usize {
        self.reduced.len()
    }

    /// Whether a vector is in it.
    pub fn contains(&self, vector: &[f64]) -> bool {
        self.rest(vector).iter().all(|x| x.abs() < NOUGHT)
    }

    /// Takes a vector in; whether it was new.
    pub fn add(&mut self, vector: &[f64]) -> bool {
        let mut rest = self.rest(vector);
        let Some(at) = (0..rest.len()).max_by(|a, b| rest[*a].abs().total_cmp(&rest[*b].abs()))
        else {
            return false;
        };
        let pivot = rest[at];
        if pivot.abs() < NOUGHT {
            return false;
        }
        rest = rest.iter().map(|x| x / pivot).collect();
        for (_, row) in &mut self.reduced {
            let factor = row[at];
            subtract(row, factor, &rest);
        }
        self.reduced.push((at, rest));
        true
    }

    /// What of a vector is outside.
    fn rest(&self, vector: &[f64]) -> Vec<f64> {
        let mut rest = vector.to_vec();
        for (at, row) in &self.reduced {
            let factor = vector[*at];
            subtract(&mut rest, factor, row);
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::{Span, inverse, times};

    /// Proves: [[1,1],[0,2]] has the inverse [[1,-½],[0,½]], and [[1,1],[2,2]] has none.
    #[test]
    fn an_inverse_by_hand() {
        let found = inverse(&[vec![1.0, 1.0], vec![0.0, 2.0]]).unwrap();
        assert_eq!(times(&found, &[3.0, 4.0]), [1.0, 2.0]);
        assert!(inverse(&[vec![1.0, 1.0], vec![2.0, 2.0]]).is_none());
    }

    /// Proves: {0,1}, {1,2}, {0,2} span all three players; with {0,1} and {2} the whole is known.
    /// Sensitivity: an elimination that is not reduced would miss the last.
    #[test]
    fn what_is_spanned() {
        let mut span = Span::default();
        assert!(span.add(&[1.0, 1.0, 0.0]) && span.add(&[0.0, 0.0, 1.0]));
        assert!(span.contains(&[1.0, 1.0, 1.0]) && !span.contains(&[1.0, 0.0, 1.0]));
        assert!(!span.add(&[2.0, 2.0, -1.0]) && span.add(&[0.0, 1.0, 1.0]));
        assert!(span.rank() == 3 && span.contains(&[1.0, 0.0, 1.0]));
    }
}
