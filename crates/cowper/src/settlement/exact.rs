//! Decimals that are exact or refused: no sum or product here is ever rounded unseen.

use rust_decimal::Decimal;

use crate::units;

/// Decimals a figure of a plan or a meter may have after its point.
pub const MOST_DECIMALS: u32 = 9;

/// A result with more digits than a decimal holds exactly (28).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

/// What `a + b` is, exactly.
pub fn plus(a: Decimal, b: Decimal) -> Result<Decimal, TooLarge> {
    if a.is_zero() {
        return Ok(b);
    }
    if b.is_zero() {
        return Ok(a);
    }
    let sum = a.checked_add(b).ok_or(TooLarge)?;
    // The type itself would drop decimals to make room; a scale that shrank tells.
    if sum.scale() == a.scale().max(b.scale()) { Ok(sum) } else { Err(TooLarge) }
}

/// What `a − b` is, exactly.
pub fn minus(a: Decimal, b: Decimal) -> Result<Decimal, TooLarge> {
    plus(a, -b)
}

/// What `a · b` is, exactly.
pub fn times(a: Decimal, b: Decimal) -> Result<Decimal, TooLarge> {
    if a.is_zero() || b.is_zero() {
        return Ok(Decimal::ZERO);
    }
    let product = a.checked_mul(b).ok_or(TooLarge)?;
    if product.scale() == a.scale() + b.scale() { Ok(product) } else { Err(TooLarge) }
}

/// The exact sum of all of them.
pub fn sum(values: impl IntoIterator<Item = Decimal>) -> Result<Decimal, TooLarge> {
    values.into_iter().try_fold(Decimal::ZERO, plus)
}

/// `value / parts` rounded half to even at so many decimals, by whole numbers and so without a
/// second rounding.
pub fn rounded(value: Decimal, parts: u32, decimals: u32) -> Result<Decimal, TooLarge> {
    let value = value.normalize();
    let above = ten(decimals).and_then(|ten| value.mantissa().checked_mul(ten)).ok_or(TooLarge)?;
    let below = ten(value.scale())
        .and_then(|ten| ten.checked_mul(i128::from(parts.max(1))))
        .ok_or(TooLarge)?;
    let (whole, rest) = (above.div_euclid(below), above.rem_euclid(below));
    let up = match (rest * 2).cmp(&below) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Greater => 1,
        std::cmp::Ordering::Equal => whole.rem_euclid(2),
    };
    Decimal::try_from_i128_with_scale(whole + up, decimals).map_err(|_| TooLarge)
}

/// An amount of money as a whole number of its smallest unit. It must have no more decimals.
pub fn in_minor_units(amount: Decimal, decimals: u32) -> Option<i128> {
    let amount = amount.normalize();
    let more = decimals.checked_sub(amount.scale())?;
    amount.mantissa().checked_mul(ten(more)?)
}

/// 10 to a power, if it can be held.
fn ten(power: u32) -> Option<i128> {
    10_i128.checked_pow(power)
}

/// A whole number of the smallest unit as an amount of money.
pub fn of_minor_units(amount: i128, decimals: u32) -> Result<Decimal, TooLarge> {
    Decimal::try_from_i128_with_scale(amount, decimals).map_err(|_| TooLarge)
}

/// Splits a whole amount in proportion to weights that are not negative: the parts add up to it
/// exactly, and no part exceeds the smallest whole number at or above its exact proportion.
pub fn split(amount: i128, weights: &[i128]) -> Result<Vec<i128>, TooLarge> {
    let all = weights.iter().try_fold(0_i128, |a, w| a.checked_add(*w)).ok_or(TooLarge)?;
    if all == 0 {
        return Ok(vec![0; weights.len()]);
    }
    let (mut so_far, mut given) = (0_i128, 0_i128);
    let mut parts = Vec::with_capacity(weights.len());
    for weight in weights {
        so_far += weight;
        let until = amount.checked_mul(so_far).ok_or(TooLarge)?.div_euclid(all);
        parts.push(until - given);
        given = until;
    }
    Ok(parts)
}

/// Reads a number as it stands in a file. Says what is wrong with it and what to do.
pub fn read(text: &str) -> Result<Decimal, String> {
    let shown = units::shortened(text);
    let digits = |c: char| c.is_ascii_digit();
    if text.contains([',', ' ', '\'', '_', '\u{a0}', '\u{202f}']) && text.chars().any(digits) {
        return Err(format!(
            "`{shown}` has a mark inside the number; write a decimal point and do not set thousands apart, such as 1234.5"
        ));
    }
    let value = if text.contains(['e', 'E']) {
        Decimal::from_scientific(text)
    } else {
        Decimal::from_str_exact(text)
    };
    let value = match value {
        Ok(value) => value.normalize(),
        Err(rust_decimal::Error::ErrorString(_) | rust_decimal::Error::ConversionTo(_)) => {
            return Err(format!("`{shown}` is not a number; write one such as 12.5"));
        }
        Err(_) => {
            return Err(format!(
                "`{shown}` has too many digits to be kept exactly; round it to {MOST_DECIMALS} decimals"
            ));
        }
    };
    if value.scale() > MOST_DECIMALS {
        return Err(format!(
            "`{shown}` has {} decimals; round it to at most {MOST_DECIMALS}",
            value.scale()
        ));
    }
    if value.abs() >= Decimal::from(1_000_000_000_000_i64) {
        return Err(format!("`{shown}` is beyond all measure; check its unit"));
    }
    Ok(value)
}

/// A calculated value as the decimal that an agreement or a plan states, rounded half to even at so
/// many decimals; none if it is not finite or beyond all measure.
pub fn stated(value: f64, decimals: u32) -> Option<Decimal> {
    if !value.is_finite() || value.abs() >= 1e12 {
        return None;
    }
    // Text first: it gives the decimal that a reader sees, not the binary number behind it.
    let text = format!("{value:.0$}", decimals.min(MOST_DECIMALS) as usize);
    Decimal::from_str_exact(&text).ok().map(|d| d.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    /// Proves: halves go to the even neighbour, on both sides of nought, and by the exact quotient:
    /// 0.05/2 = 0.025 is 0.02, 0.07/2 = 0.035 is 0.04, and a trace above the half is up.
    /// Sensitivity: half up gives 0.03; a quotient cut to 28 digits takes the trace for a half.
    #[test]
    fn halves_go_to_the_even_cent() {
        for (value, parts, cents) in [
            ("0.05", 2, "0.02"),
            ("0.07", 2, "0.04"),
            ("-0.05", 2, "-0.02"),
            ("-0.07", 2, "-0.04"),
            ("1", 3, "0.33"),
            ("-1", 3, "-0.33"),
            ("1000000000.020000000000000001", 4, "250000000.01"),
            ("1000000000.020000000000000000", 4, "250000000.00"),
        ] {
            assert_eq!(rounded(d(value), parts, 2), Ok(d(cents)), "{value}/{parts}");
        }
    }

    /// Proves: what cannot be held exactly is refused. Sensitivity: the type itself rounds it unseen.
    #[test]
    fn nothing_is_rounded_unseen() {
        let fine = d("0.000000000000001");
        assert_eq!(times(fine, fine), Err(TooLarge));
        assert_eq!(plus(d("9999999999999999999999999999"), d("0.01")), Err(TooLarge));
        assert_eq!(times(d("123456.789"), d("1000.5")), Ok(d("123518517.3945")));
        assert_eq!(plus(d("0.10"), d("-0.1")), Ok(Decimal::ZERO));
    }

    /// Proves: parts add up and none is above its proportion rounded up: 10 by 1:1:1 is 3, 3, 4.
    /// Sensitivity: each rounded alone would give 9.
    #[test]
    fn a_split_adds_up() {
        assert_eq!(split(10, &[1, 1, 1]), Ok(vec![3, 3, 4]));
        assert_eq!(split(7, &[0, 5, 2]), Ok(vec![0, 5, 2]));
        assert_eq!(split(7, &[0, 0]), Ok(vec![0, 0]));
    }

    /// Proves: what stands in files is read or told. Sensitivity: "1,234.5" read as 1 is a wrong bill.
    #[test]
    fn numbers_of_files() {
        assert_eq!(read("-12.50"), Ok(d("-12.5")));
        assert_eq!(read("1.2e1"), Ok(d("12")));
        assert_eq!(read("+3"), Ok(d("3")));
        for (text, hint) in [
            ("1,234.5", "thousands"),
            ("12,5", "decimal point"),
            ("1 234", "thousands"),
            ("n/a", "not a number"),
            ("NaN", "not a number"),
            ("1e", "not a number"),
            ("1e99", "digits"),
            ("0.1234567891", "at most 9"),
            ("1e13", "beyond all measure"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(hint), "{text}: {message}");
        }
    }

    /// Proves: a plan states the decimal a reader sees. Sensitivity: 0.1 has 55 binary decimals.
    #[test]
    fn a_calculated_value_becomes_a_decimal() {
        assert_eq!(stated(0.1, 6), Some(d("0.1")));
        assert_eq!(stated(-1.000_000_4, 6), Some(d("-1")));
        assert_eq!(stated(f64::NAN, 6), None);
    }
}
