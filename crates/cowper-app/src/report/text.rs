//! Numbers and words of the report: thousands apart, units as people write them, nothing unescaped.

use cowper::units::Dimension;

/// Text that may stand anywhere in a page, in a value of an attribute too.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// JSON that may stand in a script element: no `</script>` can end it early.
pub fn escape_json(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// A number with as many decimals as its size needs: 12,345; 123.4; 1.234; 0.012.
pub fn number(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        s if s >= 1000.0 => 0,
        s if s >= 100.0 => 1,
        s if s >= 10.0 => 2,
        s if s >= 0.1 || s == 0.0 => 3,
        _ => 6,
    };
    let text = with_decimals(value, decimals);
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number with a fixed count of decimals.
pub fn with_decimals(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let zero = text.bytes().all(|b| b == b'0' || b == b'.');
    let sign = if value < 0.0 && !zero { "−" } else { "" };
    format!("{sign}{}{rest}", thousands(whole))
}

/// Hundredths as money: 123456 is "1,234.56".
pub fn hundredths(amount: i128) -> String {
    let sign = if amount < 0 { "−" } else { "" };
    let size = amount.unsigned_abs();
    format!("{sign}{}.{:02}", thousands(&(size / 100).to_string()), size % 100)
}

/// Digits in groups of three: "1234567" is "1,234,567".
pub fn thousands(digits: &str) -> String {
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Money without decimals where it is large.
pub fn money(value: f64, currency: &str) -> String {
    format!(
        "{} {}",
        with_decimals(value, if value.abs() < 10_000.0 { 2 } else { 0 }),
        escape(currency)
    )
}

/// The unit as people write it; "unit" for a pure number.
pub fn unit(dimension: Dimension, currency: &str) -> String {
    match dimension.symbol(currency).as_str() {
        "1" => "unit".into(),
        symbol => symbol.replace("Nm3", "Nm³"),
    }
}

/// "name_of_a_thing" as words.
pub fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// One thing or many: "1 step", "35,040 steps".
pub fn count(many: usize, one: &str) -> String {
    format!("{} {one}{}", thousands(&many.to_string()), if many == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: a name cannot leave its place in the page. Sensitivity: unescaped it would run.
    #[test]
    fn names_stay_text() {
        assert_eq!(escape("<b a='1'>\"&"), "&lt;b a=&#39;1&#39;&gt;&quot;&amp;");
        assert!(!escape_json("{\"a\":\"</script><!--\"}").contains('<'));
    }

    /// Proves: digits are grouped by three, signs are kept, zero has none.
    #[test]
    fn numbers_read_well() {
        assert_eq!(number(1_234_567.8), "1,234,568");
        assert_eq!(number(-123.45), "−123.5");
        assert_eq!(number(0.5), "0.5");
        assert_eq!(with_decimals(-0.001, 2), "0.00");
        assert_eq!(hundredths(-123_456), "−1,234.56");
        assert_eq!(count(35_040, "step"), "35,040 steps");
        assert_eq!(count(1, "step"), "1 step");
    }
}
