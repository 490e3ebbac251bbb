//! Quantities with units: reads "120 MW", prints it back, and keeps dimensions apart.
//!
//! Inside, energy is in MWh, time in h, volume (at normal conditions) in kNm3, mass in t,
//! money in the site's currency. So a power is in MW and a price of energy in currency/MWh.

use std::fmt;
use std::marker::PhantomData;

use crate::diagnostic::Span;

/// The exponents of the base dimensions, in the order of [`BASES`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Dimension([i8; 9]);

/// The base dimensions and the symbol of their unit inside Cowper. `¤` stands for the currency.
const BASES: [&str; 9] = ["MWh", "h", "kNm3", "t", "¤", "m", "°C", "month", "MVA"];

/// A pure number: a share, an efficiency.
pub const NUMBER: Dimension = Dimension([0; 9]);
/// Energy, in MWh.
pub const ENERGY: Dimension = Dimension::base(0);
/// Time, in h.
pub const TIME: Dimension = Dimension::base(1);
/// Volume of gas at normal conditions, in kNm3.
pub const VOLUME: Dimension = Dimension::base(2);
/// Mass, in t.
pub const MASS: Dimension = Dimension::base(3);
/// Money, in the currency of the site.
pub const MONEY: Dimension = Dimension::base(4);
/// Length, in m.
pub const LENGTH: Dimension = Dimension::base(5);
/// Temperature, in °C.
pub const TEMPERATURE: Dimension = Dimension::base(6);
/// A billing month.
pub const MONTH: Dimension = Dimension::base(7);
/// Apparent power, in MVA.
pub const APPARENT: Dimension = Dimension::base(8);

impl Dimension {
    const fn base(index: usize) -> Self {
        let mut exponents = [0; 9];
        exponents[index] = 1;
        Dimension(exponents)
    }

    /// The dimension of a product.
    #[must_use]
    pub fn times(self, other: Dimension) -> Dimension {
        Dimension(std::array::from_fn(|i| self.0[i].saturating_add(other.0[i])))
    }

    /// The dimension of a quotient.
    #[must_use]
    pub fn per(self, other: Dimension) -> Dimension {
        Dimension(std::array::from_fn(|i| self.0[i].saturating_sub(other.0[i])))
    }

    fn power(self, exponent: i8) -> Dimension {
        Dimension(self.0.map(|e| e.saturating_mul(exponent)))
    }

    /// The symbol of the unit Cowper counts this dimension in: "MW", "kNm3/h", "EUR/MWh".
    pub fn symbol(self, currency: &str) -> String {
        if self == NUMBER {
            return "1".into();
        }
        let mut exponents = self.0;
        let mut over = Vec::new();
        let mut under = Vec::new();
        // Energy per time is a power and is written so, above or below the line.
        while exponents[0] > 0 && exponents[1] < 0 {
            over.push("MW".to_owned());
            exponents[0] -= 1;
            exponents[1] += 1;
        }
        while exponents[0] < 0 && exponents[1] > 0 {
            under.push("MW".to_owned());
            exponents[0] += 1;
            exponents[1] -= 1;
        }
        for (base, exponent) in BASES.iter().zip(exponents) {
            let name = if *base == "¤" { currency } else { base };
            let side = if exponent > 0 { &mut over } else { &mut under };
            match exponent.unsigned_abs() {
                0 => {}
                1 => side.push(name.to_owned()),
                n => side.push(format!("{name}^{n}")),
            }
        }
        let top = if over.is_empty() { "1".to_owned() } else { over.join(" ") };
        if under.is_empty() { top } else { format!("{top}/{}", under.join("/")) }
    }

    /// The dimension in words: "a power", "a volume per time".
    pub fn words(self) -> String {
        let known = [
            (NUMBER, "a number without unit"),
            (ENERGY, "an energy"),
            (ENERGY.per(TIME), "a power"),
            (TIME, "a time"),
            (VOLUME, "a volume"),
            (VOLUME.per(TIME), "a volume flow"),
            (MASS, "a mass"),
            (MASS.per(TIME), "a mass flow"),
            (MONEY, "an amount of money"),
            (TEMPERATURE, "a temperature"),
            (LENGTH, "a length"),
            (LENGTH.per(TIME), "a speed"),
        ];
        known
            .iter()
            .find(|(d, _)| *d == self)
            .map_or_else(|| format!("in {}", self.symbol("money")), |(_, w)| (*w).to_owned())
    }
}

impl fmt::Debug for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.symbol("¤"))
    }
}

/// What a field's quantity may measure. Implemented by the markers below only.
pub trait Measure: fmt::Debug + Clone + Copy + 'static {
    /// The words for a message: "a power".
    const WORDS: &'static str;
    /// A value as a user would write it.
    const EXAMPLE: &'static str;
    /// The least value that makes sense.
    const LEAST: f64 = 0.0;
    /// The greatest value that makes sense, where it is a share.
    const MOST: f64 = f64::INFINITY;
    /// Whether a quantity of this dimension fits.
    fn accepts(dimension: Dimension) -> bool;
}

macro_rules! measures {
    ($($(#[$doc:meta])* $name:ident, $words:literal, $example:literal, $least:expr $(=> $most:expr)?, $accepts:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}
        impl Measure for $name {
            const WORDS: &'static str = $words;
            const EXAMPLE: &'static str = $example;
            const LEAST: f64 = $least;
            $(const MOST: f64 = $most;)?
            fn accepts(dimension: Dimension) -> bool {
                let accepts: fn(Dimension) -> bool = $accepts;
                accepts(dimension)
            }
        }
    )*};
}

fn is_stock(d: Dimension) -> bool {
    [ENERGY, VOLUME, MASS].contains(&d)
}

fn is_flow(d: Dimension) -> bool {
    is_stock(d.times(TIME))
}

/// Whether two dimensions differ only by energy in place of a volume or mass, so that a heating
/// value would turn one into the other.
pub(crate) fn is_energy_convertible(a: Dimension, b: Dimension) -> bool {
    [ENERGY.per(VOLUME), ENERGY.per(MASS)].iter().any(|h| a.per(*h) == b || b.per(*h) == a)
}

measures! {
    /// Power, in MW.
    Power, "a power", "120 MW", 0.0, |d| d == ENERGY.per(TIME);
    /// Energy, in MWh.
    Energy, "an energy", "40 MWh", 0.0, |d| d == ENERGY;
    /// Time, in h.
    Time, "a time", "4 h", 0.0, |d| d == TIME;
    /// Mass, in t.
    Mass, "a mass", "250 t", 0.0, |d| d == MASS;
    /// Mass per time, in t/h.
    MassFlow, "a mass flow", "400 t/h", 0.0, |d| d == MASS.per(TIME);
    /// Money, in the site's currency.
    Money, "an amount of money", "900 EUR", 0.0, |d| d == MONEY;
    /// Temperature, in °C.
    Temperature, "a temperature", "25 °C", -273.15, |d| d == TEMPERATURE;
    /// Change of a share with temperature, per °C.
    TemperatureCoefficient, "a share per kelvin", "-0.35 %/K", f64::NEG_INFINITY, |d| d == NUMBER.per(TEMPERATURE);
    /// Speed, in m/h.
    Speed, "a speed", "12 m/s", 0.0, |d| d == LENGTH.per(TIME);
    /// Length, in m.
    Length, "a length", "80 m", 0.0, |d| d == LENGTH;
    /// Irradiance, in MW/m2.
    Irradiance, "an irradiance", "1000 W/m2", 0.0, |d| d == ENERGY.per(TIME).per(LENGTH.power(2));
    /// Apparent power, in MVA.
    ApparentPower, "an apparent power", "63 MVA", 0.0, |d| d == APPARENT;
    /// A number without unit.
    Number, "a number or a percentage", "0.9", f64::NEG_INFINITY, |d| d == NUMBER;
    /// An amount of a carrier in its measure: energy, volume or mass.
    Stock, "an amount (energy, volume or mass)", "150 kNm3", 0.0, is_stock;
    /// A flow of a carrier in its measure per time.
    Flow, "a flow (energy, volume or mass per time)", "130 t/h", 0.0, is_flow;
    /// Money per amount of a carrier.
    Price, "a price per energy, volume or mass", "82 EUR/MWh", f64::NEG_INFINITY, |d| is_stock(MONEY.per(d));
    /// Money per amount of a carrier held for a time.
    HoldingPrice, "a price per amount and time", "2 EUR/kNm3/h", 0.0, |d| is_stock(MONEY.per(d).per(TIME));
    /// CO2 per amount of a carrier.
    CarbonContent, "a mass of CO2 per energy, volume or mass", "0.848 kg/Nm3", 0.0, |d| is_stock(MASS.per(d));
    /// Money per mass of CO2.
    CarbonPrice, "a price per mass", "60 EUR/t", 0.0, |d| d == MONEY.per(MASS);
    /// Energy per volume or mass.
    HeatingValue, "an energy per volume or mass", "3.3 MJ/Nm3", f64::MIN_POSITIVE, |d| is_stock(ENERGY.per(d)) && d != NUMBER;
    /// Energy per mass.
    Enthalpy, "an energy per mass", "2.9 GJ/t", f64::MIN_POSITIVE, |d| d == ENERGY.per(MASS);
    /// Energy per volume of gas.
    EnergyPerVolume, "an energy per volume", "5.5 MJ/Nm3", 0.0, |d| d == ENERGY.per(VOLUME);
    /// Energy per mass of product.
    EnergyPerMass, "an energy per mass", "65 kWh/t", 0.0, |d| d == ENERGY.per(MASS);
    /// Electricity per amount of a carrier; a plain number where it is counted by energy.
    SpecificElectricity, "an electricity per energy, volume or mass", "0.5 kWh/Nm3", 0.0, |d| is_stock(ENERGY.per(d));
    /// Volume of gas per mass of product.
    VolumePerMass, "a volume per mass", "1500 Nm3/t", 0.0, |d| d == VOLUME.per(MASS);
    /// Mass per mass of product.
    MassPerMass, "a mass per mass", "0.5 t/t", 0.0, |d| d == NUMBER;
    /// Gas per mass of product, as volume or energy.
    GasPerMass, "a volume or an energy per mass", "1500 Nm3/t", 0.0, |d| d == VOLUME.per(MASS) || d == ENERGY.per(MASS);
    /// Change per time, as a share of the capacity or as a flow.
    Ramp, "a share or a flow, per time", "5 %/min", 0.0, |d| d == NUMBER.per(TIME) || is_flow(d.times(TIME));
    /// A share of a stock that can be moved per time.
    TurnoverRate, "a share per time", "200 %/h", 0.0, |d| d == NUMBER.per(TIME);
    /// A share of a stock lost per time.
    LossRate, "a share per time", "0.1 %/h", 0.0 => 1.0, |d| d == NUMBER.per(TIME);
    /// Money per power and month.
    DemandPrice, "a price per power and month", "38 EUR/kW/month", 0.0, |d| d == MONEY.times(TIME).per(ENERGY).per(MONTH);
    /// Money per apparent power and month.
    CapacityPrice, "a price per apparent power and month", "22 EUR/kVA/month", 0.0, |d| d == MONEY.per(APPARENT).per(MONTH);
    /// Money per power and month, or per power and year.
    CapacityFee, "a price per power and month or year", "60 EUR/kW/year", 0.0, |d| d == MONEY.times(TIME).per(ENERGY).per(MONTH) || d == MONEY.per(ENERGY);
    /// Money per month.
    MonthlyFee, "an amount of money per month", "5000 EUR/month", 0.0, |d| d == MONEY.per(MONTH);
    /// Money per time.
    HourlyCost, "an amount of money per time", "120 EUR/h", 0.0, |d| d == MONEY.per(TIME);
    /// Anything with a unit.
    Any, "a quantity", "1.9 kNm3/MWh", f64::NEG_INFINITY, |_| true;
}

/// A number with a unit, and the place in the file it came from.
pub struct Quantity<M: Measure> {
    value: f64,
    dimension: Dimension,
    /// Where it stands in the site file.
    pub span: Span,
    measure: PhantomData<M>,
}

// By hand: a derive would ask the markers for more than they need.
#[allow(clippy::expl_impl_clone_on_copy)]
impl<M: Measure> Clone for Quantity<M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M: Measure> Copy for Quantity<M> {}

impl<M: Measure> PartialEq for Quantity<M> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value && self.dimension == other.dimension
    }
}

impl<M: Measure> fmt::Debug for Quantity<M> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.display("¤"))
    }
}

impl<M: Measure> Quantity<M> {
    /// Reads text such as "120 MW". Says in words what is wrong and what would be right.
    pub fn parse(text: &str, span: Span, currency: &str) -> Result<Self, String> {
        let (value, dimension) = parse(text, currency).map_err(|problem| {
            let (join, write) = if problem.ends_with('?') { ("", "Write") } else { (";", "write") };
            format!("{problem}{join} {write} {}, such as \"{}\"", M::WORDS, example::<M>(currency))
        })?;
        Self::of(value, dimension, span).map_err(|problem| {
            format!(
                "`{}` {problem}; write {}, such as \"{}\"",
                shortened(text),
                M::WORDS,
                example::<M>(currency)
            )
        })
    }

    /// A quantity from a value in Cowper's own unit of that dimension.
    pub(crate) fn of(value: f64, dimension: Dimension, span: Span) -> Result<Self, String> {
        if !M::accepts(dimension) {
            return Err(format!("is {}", dimension.words()));
        }
        if !value.is_finite() {
            return Err("is not a finite number".into());
        }
        if value < M::LEAST {
            return Err(match M::LEAST {
                0.0 => "is negative".into(),
                f64::MIN_POSITIVE => "is not above 0".into(),
                _ => "is too low".into(),
            });
        }
        if value > M::MOST {
            return Err("is more than the whole in an hour".into());
        }
        Ok(Self { value, dimension, span, measure: PhantomData })
    }

    /// The value in Cowper's own unit of its dimension.
    pub(crate) fn value(&self) -> f64 {
        self.value
    }

    /// Its dimension.
    pub fn dimension(&self) -> Dimension {
        self.dimension
    }

    /// The quantity as text that [`Quantity::parse`] reads back.
    pub fn display(&self, currency: &str) -> String {
        if self.dimension == NUMBER {
            return self.value.to_string();
        }
        format!("{} {}", self.value, self.dimension.symbol(currency))
    }
}

fn example<M: Measure>(currency: &str) -> String {
    M::EXAMPLE.replace("EUR", currency)
}

/// Reads a number and its unit into Cowper's own unit.
pub(crate) fn parse(text: &str, currency: &str) -> Result<(f64, Dimension), String> {
    let text = text.trim();
    let end = number_end(text);
    let (number, unit) = text.split_at(end);
    let number: f64 = number.replace('_', "").parse().map_err(|_| {
        match text.to_ascii_lowercase().trim_start_matches(['+', '-']).get(..3) {
            Some("inf" | "nan") => format!("`{}` is not a finite number", shortened(text)),
            _ => format!("`{}` does not start with a number", shortened(text)),
        }
    })?;
    if unit.strip_prefix(',').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return Err(format!(
            "`{}` has a comma in its number; a decimal point is `.`, and thousands are not set apart",
            shortened(text)
        ));
    }
    let (factor, dimension) = parse_unit(unit.trim(), currency)?;
    Ok((number * factor, dimension))
}

/// Reads a unit such as "EUR/MWh": its size in Cowper's own unit and its dimension.
pub(crate) fn parse_unit(unit: &str, currency: &str) -> Result<(f64, Dimension), String> {
    if unit.is_empty() || unit == "1" {
        return Ok((1.0, NUMBER));
    }
    if unit.len() > 60 {
        return Err(format!("`{}` is not a unit", shortened(unit)));
    }
    let mut factor = 1.0;
    let mut dimension = NUMBER;
    for (index, part) in unit.split('/').enumerate() {
        for word in part.split([' ', '*', '·']).filter(|w| !w.is_empty()) {
            if word == "1" {
                continue;
            }
            let (size, d) = parse_factor(word, currency)?;
            if index == 0 {
                factor *= size;
                dimension = dimension.times(d);
            } else {
                factor /= size;
                dimension = dimension.per(d);
            }
        }
        if part.trim().is_empty() {
            return Err(format!("`{unit}` is not a unit"));
        }
    }
    Ok((factor, dimension))
}

fn parse_factor(word: &str, currency: &str) -> Result<(f64, Dimension), String> {
    // An exponent: m2, m², or any unit with ^.
    let (symbol, exponent) = match (word, word.split_once('^')) {
        ("m2" | "m²", _) => ("m", 2),
        ("m3" | "m^3" | "m³", _) => {
            return Err(
                "`m3` does not say at which conditions; write Nm3 (normal cubic metres)".into()
            );
        }
        (_, Some((symbol, power))) => match power.parse::<i8>() {
            Ok(power @ 1..) => (symbol, power),
            _ => return Err(format!("`{}` is not a unit", shortened(word))),
        },
        _ => (word, 1),
    };
    if let Some((size, dimension)) = symbol_size(symbol, currency) {
        return Ok((size.powi(i32::from(exponent)), dimension.power(exponent)));
    }
    if symbol.len() >= 3 && symbol.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(format!("`{symbol}` is not a unit here: the site counts money in {currency}"));
    }
    let nearest = crate::diagnostic::nearest(symbol, SYMBOLS.iter().map(|s| s.0));
    Err(format!("`{}` is not a unit{nearest}", shortened(symbol)))
}

fn symbol_size(symbol: &str, currency: &str) -> Option<(f64, Dimension)> {
    if let Some(known) = SYMBOLS.iter().find(|s| s.0 == symbol) {
        return Some((known.1, known.2));
    }
    let prefix = symbol.strip_suffix(currency)?;
    let size = match prefix {
        "" => 1.0,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        _ => return None,
    };
    Some((size, MONEY))
}

/// Every unit a file may use, with its size in Cowper's own unit.
#[rustfmt::skip]
const SYMBOLS: &[(&str, f64, Dimension)] = &[
    ("%", 0.01, NUMBER), ("‰", 0.001, NUMBER), ("pu", 1.0, NUMBER),
    ("Wh", 1e-6, ENERGY), ("kWh", 1e-3, ENERGY), ("MWh", 1.0, ENERGY), ("GWh", 1e3, ENERGY), ("TWh", 1e6, ENERGY),
    ("kJ", 1.0 / 3.6e6, ENERGY), ("MJ", 1.0 / 3600.0, ENERGY), ("GJ", 1.0 / 3.6, ENERGY), ("TJ", 1e3 / 3.6, ENERGY), ("PJ", 1e6 / 3.6, ENERGY),
    // Coal equivalent: 29.3076 GJ/t (China, GB/T 2589).
    ("kgce", 29.3076e-3 / 3.6, ENERGY), ("tce", 29.3076 / 3.6, ENERGY),
    ("W", 1e-6, ENERGY.per_const(TIME)), ("kW", 1e-3, ENERGY.per_const(TIME)), ("MW", 1.0, ENERGY.per_const(TIME)), ("GW", 1e3, ENERGY.per_const(TIME)),
    ("s", 1.0 / 3600.0, TIME), ("min", 1.0 / 60.0, TIME), ("h", 1.0, TIME), ("d", 24.0, TIME), ("day", 24.0, TIME), ("a", 8760.0, TIME), ("year", 8760.0, TIME),
    ("Nm3", 1e-3, VOLUME), ("Nm³", 1e-3, VOLUME), ("kNm3", 1.0, VOLUME), ("kNm³", 1.0, VOLUME), ("MNm3", 1e3, VOLUME), ("MNm³", 1e3, VOLUME),
    ("g", 1e-6, MASS), ("kg", 1e-3, MASS), ("t", 1.0, MASS), ("kt", 1e3, MASS), ("Mt", 1e6, MASS),
    ("m", 1.0, LENGTH), ("km", 1e3, LENGTH),
    ("°C", 1.0, TEMPERATURE), ("degC", 1.0, TEMPERATURE), ("K", 1.0, TEMPERATURE),
    ("month", 1.0, MONTH),
    ("kVA", 1e-3, APPARENT), ("MVA", 1.0, APPARENT),
];

impl Dimension {
    const fn per_const(self, other: Dimension) -> Dimension {
        let mut exponents = self.0;
        let mut i = 0;
        while i < exponents.len() {
            exponents[i] -= other.0[i];
            i += 1;
        }
        Dimension(exponents)
    }
}

/// Where the number at the start of a text ends.
fn number_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = 0;
    while end < bytes.len() {
        let exponent = matches!(bytes[end], b'e' | b'E')
            && end > 0
            && bytes.get(end + 1).is_some_and(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-'));
        let sign = matches!(bytes[end], b'+' | b'-')
            && (end == 0 || matches!(bytes[end - 1], b'e' | b'E'));
        let digit =
            bytes[end].is_ascii_digit() || bytes[end] == b'.' || (bytes[end] == b'_' && end > 0);
        if !(digit || exponent || sign) {
            break;
        }
        end += 1;
    }
    end
}

/// The start of a text that may be very long, for a message.
pub(crate) fn shortened(text: &str) -> String {
    if text.chars().count() <= 40 {
        return text.to_owned();
    }
    text.chars().take(39).chain(['…']).collect()
}

/// A number for a sentence: five figures.
pub fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let digits = (4 - value.abs().log10().floor() as i32).clamp(0, 9) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<M: Measure>(text: &str) -> Result<Quantity<M>, String> {
        Quantity::parse(text, Span::default(), "EUR")
    }

    /// Proves: units carry their true size. Sensitivity: a wrong MJ would give 3.3, not 0.9167.
    #[test]
    fn units_have_their_size() {
        assert!((read::<HeatingValue>("3.3 MJ/Nm3").unwrap().value() - 3.3 / 3.6).abs() < 1e-12);
        assert!((read::<Power>("500 kW").unwrap().value() - 0.5).abs() < 1e-12);
        assert!((read::<Ramp>("5 %/min").unwrap().value() - 3.0).abs() < 1e-12);
        assert!((read::<DemandPrice>("38 EUR/kW/month").unwrap().value() - 38_000.0).abs() < 1e-9);
        assert!((read::<Price>("0.3 EUR/Nm3").unwrap().value() - 300.0).abs() < 1e-9);
        assert!((read::<Any>("1e-3 kEUR").unwrap().value() - 1.0).abs() < 1e-12);
        assert!((read::<Irradiance>("1000 W/m2").unwrap().value() - 1e-3).abs() < 1e-15);
    }

    /// Proves: what is wrong is said, with what would be right.
    #[test]
    fn messages_say_what_to_do() {
        for (text, part) in [
            ("120", "is a number without unit; write a power, such as \"120 MW\""),
            ("120 MWh", "is an energy"),
            ("-3 MW", "is negative"),
            ("120 mw", "`mw` is not a unit; did you mean `MW`?"),
            ("abc", "does not start with a number"),
            ("3 USD", "the site counts money in EUR"),
            ("3 m3", "write Nm3"),
            ("3 MW//h", "not a unit"),
            ("1e999 MW", "finite"),
            ("inf MW", "is not a finite number"),
            ("1,5 MW", "a decimal point is `.`"),
            ("1 MW^x", "not a unit"),
            ("", "does not start with a number"),
        ] {
            let message = read::<Power>(text).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    /// Proves: print and parse are inverse, for every pair of units.
    #[test]
    fn printing_reads_back() {
        for (over, ..) in SYMBOLS {
            for (under, ..) in SYMBOLS {
                let q = read::<Any>(&format!("7.25 {over}/{under}")).unwrap();
                let again = read::<Any>(&q.display("EUR")).unwrap();
                assert_eq!(q, again, "{over}/{under} printed {}", q.display("EUR"));
                let product = read::<Any>(&format!("7.25 {over} {under}")).unwrap();
                assert_eq!(
                    product,
                    read::<Any>(&product.display("EUR")).unwrap(),
                    "{over} {under}"
                );
            }
        }
    }

    /// Proves: what must be above nought, or at most the whole, is refused otherwise.
    /// Sensitivity: a heating value of 0 would divide by nought; a loss of 300 %/h would make a level
    /// negative.
    #[test]
    fn impossible_values_are_refused() {
        assert!(read::<HeatingValue>("0 MJ/Nm3").unwrap_err().contains("not above 0"));
        assert!(read::<LossRate>("5 %/min").unwrap_err().contains("more than the whole"));
    }
}
