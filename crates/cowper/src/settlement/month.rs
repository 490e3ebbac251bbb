//! The month of a statement: which instants of the plan belong to it.

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::agreement::{Agreed, Spread};
use super::exact::{TooLarge, in_minor_units, of_minor_units};
use crate::time::Horizon;

/// The part of a calendar month that an agreement covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Month {
    /// Such as "2025-03".
    pub label: String,
    /// First instant.
    pub from: Timestamp,
    /// The instant after the last.
    pub to: Timestamp,
}

/// The first day of a month given as "2025-03".
pub(crate) fn parse(text: &str) -> Result<Date, String> {
    let wrong =
        || format!("`{}` is not a month; write such as 2025-03", crate::units::shortened(text));
    if text.len() != 7 || !text.is_ascii() {
        return Err(wrong());
    }
    format!("{text}-01").parse::<Date>().map_err(|_| wrong())
}

impl Month {
    /// The part of a month that lies in the horizon. Says which months there are if none does.
    pub fn of(text: &str, horizon: &Horizon) -> Result<Month, String> {
        let first = parse(text)?;
        let next = first.last_of_month().tomorrow().map_err(|e| format!("`{text}`: {e}"))?;
        let midnight = |date: Date| {
            let instant = horizon.zone.to_timestamp(date.to_datetime(Time::midnight()));
            instant.map_err(|e| format!("`{text}`: {e}"))
        };
        let from = midnight(first)?.max(horizon.start);
        let to = midnight(next)?.min(horizon.end());
        if from >= to {
            let months = horizon.months().labels;
            let (first, last) = (months.first(), months.last());
            return Err(format!(
                "the agreement covers {} to {}, not {text}; name one of these months",
                first.map_or("", String::as_str),
                last.map_or("", String::as_str)
            ));
        }
        Ok(Month { label: text.to_owned(), from, to })
    }

    /// Whether the horizon ends with it.
    pub fn is_last(&self, horizon: &Horizon) -> bool {
        self.to == horizon.end()
    }
}

/// What of each party's fixed transfer falls on a month, in the order of the parties.
///
/// `part = round(T · until / all) − round(T · before / all)`, rounded down in the smallest unit, with
/// `before` and `until` the days (or months) up to the month and with it: a party's months add up to its
/// transfer. The party that bears the rounding takes the others' sum, so a month's parts add up to nought.
pub(crate) fn transfers(
    agreed: &Agreed,
    month: &str,
) -> Result<Vec<rust_decimal::Decimal>, TooLarge> {
    let (agreement, horizon) = (&agreed.agreement, &agreed.horizon);
    let labels = match agreement.transfer_spread {
        Spread::ByDays => horizon.days().labels,
        Spread::Equally => horizon.months().labels,
    };
    let all = labels.len().max(1) as i128;
    let of_month = |label: &&String| label.get(..7).unwrap_or_default() < month;
    let before = labels.iter().filter(of_month).count() as i128;
    let until = before + labels.iter().filter(|l| l.starts_with(month)).count() as i128;
    let decimals = agreement.money_decimals;
    let mut parts = Vec::with_capacity(agreement.parties.len());
    for party in &agreement.parties {
        let whole = in_minor_units(party.transfer, decimals).ok_or(TooLarge)?;
        let up_to = |days: i128| whole.checked_mul(days).map(|w| w.div_euclid(all)).ok_or(TooLarge);
        parts.push(up_to(until)? - up_to(before)?);
    }
    let closing = agreement.party(&agreement.rounding_party).unwrap_or(0);
    parts[closing] -= parts.iter().sum::<i128>();
    parts.into_iter().map(|p| of_minor_units(p, decimals)).collect()
}
