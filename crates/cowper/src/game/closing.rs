//! Shares that add up to the whole, to the last bit.

/// Shares whose sum, taken in their order, is the whole: the greatest share, of equal ones the last,
/// takes the rounding that is left. Where that does not come out, all others are first rounded to the
/// last digit of the whole.
///
/// For shares of one sign that always comes out. Where some are above nought and others below, so that
/// they are greater than the whole, there may be no such numbers (a number of 20 has no digits as fine as
/// one of 0.1); then the sum stays within rounding of the greatest share.
pub(super) fn closed(shares: Vec<f64>, whole: f64) -> Vec<f64> {
    const TRIES: usize = 4;
    let greatest = (0..shares.len())
        .max_by(|a, b| shares[*a].abs().total_cmp(&shares[*b].abs()).then(a.cmp(b)));
    let Some(greatest) = greatest else { return shares };
    let mut first = shares.clone();
    for _ in 0..TRIES {
        let rest = whole - first.iter().sum::<f64>();
        if rest == 0.0 {
            return first;
        }
        first[greatest] += rest;
    }
    // Multiples of the last digit of the whole add up without rounding, in any order.
    let digit = whole.abs().next_up() - whole.abs();
    let mut second: Vec<f64> = shares.iter().map(|x| (x / digit).round() * digit).collect();
    second[greatest] = 0.0;
    second[greatest] = whole - second.iter().sum::<f64>();
    if second.iter().sum::<f64>() == whole { second } else { first }
}

#[cfg(test)]
mod tests {
    use super::closed;

    /// Proves: a third of 1 three times over is 1 as it is; 0.1, 0.2 and 0.3 add up to
    /// 0.6000000000000001, and are made to add up to 0.6.
    /// Sensitivity: left alone, the three would be paid more than there is.
    #[test]
    fn rounding_is_put_right() {
        assert_eq!(closed(vec![1.0 / 3.0; 3], 1.0), [1.0 / 3.0; 3]);
        let before = vec![0.1, 0.2, 0.3];
        assert_ne!(before.iter().sum::<f64>(), 0.6);
        let after = closed(before.clone(), 0.6);
        assert_eq!(after.iter().sum::<f64>(), 0.6);
        assert!(before.iter().zip(&after).all(|(a, b)| (a - b).abs() < 3e-16), "{after:?}");
    }

    /// Proves: shares of one sign, of any sizes, always add up to the last bit, and hardly move.
    #[test]
    fn shares_of_one_sign_add_up() {
        let mut state = 7_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        for round in 0..20_000 {
            let parts: Vec<f64> = (0..=round % 10).map(|_| next().powi(1 + round % 4)).collect();
            let whole = (next() - 0.5) * 1e6;
            let sum: f64 = parts.iter().sum();
            let before: Vec<f64> = parts.iter().map(|part| part / sum * whole).collect();
            let after = closed(before.clone(), whole);
            assert_eq!(after.iter().sum::<f64>(), whole, "{before:?}");
            let moved = before.iter().zip(&after).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(moved <= 1e-14 * whole.abs(), "{before:?} {after:?}");
        }
    }

    /// Proves: with shares far above the whole there is an end, near where it began.
    #[test]
    fn what_cannot_be_met_ends() {
        let shares = closed(vec![1e16, -1e16], 0.1);
        assert!((shares[0] - 1e16).abs() <= 4.0 && (shares[1] + 1e16).abs() <= 4.0);
    }
}
