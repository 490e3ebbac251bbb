//! Metered intervals: a file of quarter-hours brought to the month, with what is missing marked.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::agreement::{Agreed, AgreedNode};
use super::exact::{self, TooLarge};
use super::month::Month;
use super::plan::Plan;
use super::table::{self, Found, Header, Table};
use crate::diagnostic::{Diagnostic, Severity, any_error, nearest};
use crate::units::{self, TIME};

/// The metered values of a month.
#[derive(Debug, Clone, PartialEq)]
pub struct Meters {
    /// Length of an interval; it divides an hour and the step of the plan.
    pub interval_seconds: i64,
    /// Beginning of each interval of the month.
    pub times: Vec<Timestamp>,
    /// For each node and party of the agreement a value each interval; none where there is no column.
    pub taken: Vec<Vec<Option<Vec<Reading>>>>,
    /// For each node what was brought in from outside; none where there is no column.
    pub outside: Vec<Option<Vec<Reading>>>,
}

/// A metered value: net taking from the node, in its unit of flow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The value; none where it is missing.
    pub value: Option<Decimal>,
    /// How it came about.
    pub status: ReadingStatus,
}

/// How a metered value came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingStatus {
    /// Read from the meter.
    Measured,
    /// Put in by the meter's operator, or here as the scheduled value: the statement is provisional.
    Estimated,
    /// Put right or agreed on later.
    Corrected,
    /// What the others leave over, for the party that balances the node.
    Derived,
}

/// A file of meters that was read: the values and what is doubtful in them.
pub type Readings = (Meters, Vec<Diagnostic>);

/// What a meter file is read against.
#[derive(Debug, Clone, Copy)]
pub struct MeterContext<'a> {
    /// The agreement.
    pub agreed: &'a Agreed,
    /// Its plan.
    pub plan: &'a Plan,
    /// The month.
    pub month: &'a Month,
}

/// Reads the meters of a month: the beginning of each interval first, with or without its offset, then
/// `PARTY.NODE [unit]` in a unit of flow (kW, MW, t/h) or an amount of each interval (kWh, MWh, t),
/// optional `PARTY.NODE.status` (measured, estimated, corrected) and `outside.NODE [unit]`.
/// Says every mistake, or what is doubtful.
pub fn read_meters(
    file: &str,
    bytes: &[u8],
    context: MeterContext,
) -> Result<Readings, Vec<Diagnostic>> {
    let mut found = Found::default();
    let Some(table) = table::read(file, bytes, &mut found) else {
        return Err(found.into_all(file));
    };
    let instants = instants(&table, &context.agreed.horizon.zone, &mut found);
    unknown_columns(&table, context.agreed, &mut found);
    let Some(interval_seconds) = interval(&table, &instants, &context, &mut found) else {
        return Err(found.into_all(file));
    };
    let month = context.month;
    let length = month.to.duration_since(month.from).as_secs();
    let times: Vec<Timestamp> = (0..length / interval_seconds)
        .map(|i| month.from + SignedDuration::from_secs(i * interval_seconds))
        .collect();
    let row_of = places(&table, &instants, (month, interval_seconds), &mut found);
    let mut reader = Reader { table: &table, row_of, interval_seconds, context, found };
    let (mut taken, mut outside) = (Vec::new(), Vec::new());
    for (index, node) in context.agreed.agreement.nodes.iter().enumerate() {
        taken.push(reader.parties((index, node)));
        let name = format!("outside.{}", node.name);
        let there = reader.position(&name).is_some();
        outside.push(there.then(|| {
            let readings = reader.readings(&name, node);
            reader.tell_missing(&name, &readings, false);
            readings
        }));
    }
    let found = reader.found.into_all(file);
    if any_error(&found) {
        return Err(found);
    }
    Ok((Meters { interval_seconds, times, taken, outside }, found))
}

/// The instant of each row; in the hour that clocks repeat, the order of rows tells which.
fn instants(table: &Table, zone: &TimeZone, found: &mut Found) -> Vec<Option<Timestamp>> {
    let mut instants: Vec<Option<Timestamp>> = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        let known: Vec<Timestamp> = instants.iter().rev().flatten().take(2).copied().collect();
        match instant(&row.stamp, zone, &known) {
            Ok(instant) => instants.push(Some(instant)),
            Err(message) => {
                found.say("times", table.mistake(row.line, &row.stamp, message));
                instants.push(None);
            }
        }
    }
    instants
}

/// The instant of a stamp, given the two before it, the last first.
fn instant(text: &str, zone: &TimeZone, known: &[Timestamp]) -> Result<Timestamp, String> {
    let wrong = || {
        format!(
            "`{}` is not the beginning of an interval such as 2025-03-01T06:15 or 2025-03-01T06:15:00+01:00",
            units::shortened(text)
        )
    };
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let local: DateTime = text.parse().map_err(|_| wrong())?;
    let ambiguous = zone.to_ambiguous_timestamp(local);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => ambiguous.compatible().map_err(|_| wrong()),
        AmbiguousOffset::Gap { .. } => Err(format!(
            "`{text}` does not exist in {}: clocks go forward over it; write the times with their offset",
            zone.iana_name().unwrap_or("the time zone")
        )),
        AmbiguousOffset::Fold { .. } => {
            let both = (ambiguous.earlier(), ambiguous.later());
            let (Ok(earlier), Ok(later)) = both else { return Err(wrong()) };
            Ok(match known {
                [last, before, ..]
                    if later.duration_since(*last) == last.duration_since(*before) =>
                {
                    later
                }
                [last, ..] if earlier <= *last => later,
                _ => earlier,
            })
        }
    }
}

/// Columns that are neither a meter of the agreement nor its status.
fn unknown_columns(table: &Table, agreed: &Agreed, found: &mut Found) {
    let mut known = Vec::new();
    for node in &agreed.agreement.nodes {
        for party in &agreed.agreement.parties {
            known.push(format!("{}.{}", party.key, node.name));
            known.push(format!("{}.{}.status", party.key, node.name));
        }
        known.push(format!("outside.{}", node.name));
    }
    let is_meter = |name: &&String| !name.ends_with(".status");
    let meters: Vec<&str> = known.iter().filter(is_meter).map(String::as_str).collect();
    for header in &table.columns {
        if !known.contains(&header.name) {
            let near = nearest(&header.name, known.iter().map(String::as_str));
            let message = format!(
                "`{}` is no meter of the agreement{near}; its meters are {}, each with its unit in brackets, and what these say with .status",
                header.name,
                meters.join(", ")
            );
            found.say("unknown columns", table.mistake(1, &header.name, message));
        }
        if let Some(meter) = header.name.strip_suffix(".status")
            && known.contains(&header.name)
            && !table.columns.iter().any(|c| c.name == meter)
        {
            let message = format!(
                "`{}` has no column `{meter} [unit]` that it is the status of",
                header.name
            );
            found.say("status without values", table.mistake(1, &header.name, message));
        }
    }
}

/// The length of an interval: the most common distance of neighbouring times.
fn interval(
    table: &Table,
    instants: &[Option<Timestamp>],
    context: &MeterContext,
    found: &mut Found,
) -> Option<i64> {
    let Some(interval) = most_common_distance(instants) else {
        let message =
            format!("`{}` has fewer than two intervals; it needs a row for each", table.file);
        found.say("rows", table.mistake(0, "", message));
        return None;
    };
    let horizon = &context.agreed.horizon;
    let minutes = |seconds: i64| units::short(seconds as f64 / 60.0);
    let month = context.month;
    let fits = |seconds: i64| seconds % interval == 0;
    let message = if interval > horizon.step_seconds {
        format!(
            "the meters' intervals of {} min are longer than the plan's steps of {} min; meter at least as often as the plan says",
            minutes(interval),
            minutes(horizon.step_seconds)
        )
    } else if !fits(3600) || !fits(horizon.step_seconds) {
        format!(
            "the meters' intervals of {} min divide neither an hour nor the plan's steps of {} min evenly; use 5, 10, 15, 20, 30 or 60 min",
            minutes(interval),
            minutes(horizon.step_seconds)
        )
    } else if !fits(month.from.duration_since(horizon.start).as_secs())
        || !fits(month.to.duration_since(month.from).as_secs())
    {
        format!(
            "intervals of {} min do not fit the month from {}; shorten them",
            minutes(interval),
            stamp(month.from, &horizon.zone)
        )
    } else {
        return Some(interval);
    };
    found.say("intervals", table.mistake(0, "", message));
    None
}

/// The most common distance of neighbouring times in seconds; the shortest of equals.
fn most_common_distance(instants: &[Option<Timestamp>]) -> Option<i64> {
    let mut seconds: Vec<i64> = instants.iter().flatten().map(|i| i.as_second()).collect();
    seconds.sort_unstable();
    seconds.dedup();
    let mut counts = std::collections::BTreeMap::<i64, usize>::new();
    for pair in seconds.windows(2) {
        *counts.entry(pair[1] - pair[0]).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(step, count)| (*count, -*step));
    most.map(|(step, _)| step)
}

/// An instant as the statement writes it.
pub(crate) fn stamp(instant: Timestamp, zone: &TimeZone) -> String {
    instant.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// The row of each interval of the month; none where there is no row.
fn places(
    table: &Table,
    instants: &[Option<Timestamp>],
    (month, interval): (&Month, i64),
    found: &mut Found,
) -> Vec<Option<usize>> {
    let count = month.to.duration_since(month.from).as_secs() / interval;
    let mut row_of: Vec<Option<usize>> = vec![None; count as usize];
    for (index, (row, instant)) in table.rows.iter().zip(instants).enumerate() {
        let Some(instant) = instant else { continue };
        let after = instant.duration_since(month.from).as_secs();
        if *instant < month.from || *instant >= month.to {
            let message = format!(
                "this time lies outside {}; remove the row, or check whether times name the beginning of their interval and the right zone",
                month.label
            );
            found.say("times outside the month", table.mistake(row.line, &row.stamp, message));
        } else if after % interval != 0 || instant.subsec_nanosecond() != 0 {
            let message = format!(
                "this time is not on the intervals of {} min; remove the row or put its time right",
                units::short(interval as f64 / 60.0)
            );
            found.say("times between intervals", table.mistake(row.line, &row.stamp, message));
        } else {
            let place = &mut row_of[(after / interval) as usize];
            match *place {
                None => *place = Some(index),
                Some(earlier) => duplicate(table, (earlier, index), found),
            }
        }
    }
    row_of
}

/// A time that stands twice: a doubt if the values agree, else a mistake.
fn duplicate(table: &Table, (earlier, index): (usize, usize), found: &mut Found) {
    let (first, row) = (&table.rows[earlier], &table.rows[index]);
    let same = |a: &String, b: &String| match (exact::read(a), exact::read(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    };
    let line = first.line;
    if first.cells.iter().zip(&row.cells).all(|(a, b)| same(a, b)) {
        let message = format!(
            "this interval stands in line {line} too, with the same values; the row is not used"
        );
        let warning = Diagnostic {
            severity: Severity::Warning,
            ..table.mistake(row.line, &row.stamp, message)
        };
        found.say("rows that stand twice", warning);
    } else {
        let message = format!(
            "this interval stands in line {line} too, with other values; remove the wrong one of the two rows"
        );
        found.say("intervals with two values", table.mistake(row.line, &row.stamp, message));
    }
}

/// Takes meters out of the table.
struct Reader<'a> {
    table: &'a Table,
    row_of: Vec<Option<usize>>,
    interval_seconds: i64,
    context: MeterContext<'a>,
    found: Found,
}

impl Reader<'_> {
    fn position(&self, name: &str) -> Option<usize> {
        self.table.columns.iter().position(|c| c.name == name)
    }

    /// The meters of a node, one for each party; only the party that balances may have none.
    fn parties(&mut self, (index, node): (usize, &AgreedNode)) -> Vec<Option<Vec<Reading>>> {
        let agreement = &self.context.agreed.agreement;
        let mut all = Vec::with_capacity(agreement.parties.len());
        for (party, agreed) in agreement.parties.iter().enumerate() {
            let name = format!("{}.{}", agreed.key, node.name);
            let balances = agreed.key == node.balancing_party;
            let planned = self.context.plan.nodes.get(index).and_then(|n| n.taken.get(party));
            if self.position(&name).is_some() {
                let readings = self.readings(&name, node);
                self.tell_missing(&name, &readings, balances);
                if let Some(planned) = planned {
                    self.plausible(&name, &readings, planned);
                }
                all.push(Some(readings));
            } else {
                // Who takes part in nothing at a node needs no meter there.
                let is_absent = planned.is_some_and(|p| p.iter().all(Decimal::is_zero));
                if !balances && !is_absent {
                    let message = format!(
                        "there is no column `{name} [{}]`; add it, with empty cells where values are missing: every party needs one but `{}`, which balances `{}`",
                        node.flow_unit, node.balancing_party, node.name
                    );
                    self.found.say("missing columns", self.table.mistake(1, "", message));
                }
                all.push(None);
            }
        }
        all
    }

    /// A column's values over the month.
    fn readings(&mut self, name: &str, node: &AgreedNode) -> Vec<Reading> {
        let none = Reading { value: None, status: ReadingStatus::Estimated };
        let mut readings = vec![none; self.row_of.len()];
        let Some(at) = self.position(name) else { return readings };
        let header = &self.table.columns[at];
        let factor = match self.factor(header, node) {
            Ok(factor) => factor,
            Err(message) => {
                let shown = header.unit.clone().unwrap_or_else(|| header.name.clone());
                self.found.say("units", self.table.mistake(1, &shown, message));
                return readings;
            }
        };
        let statuses = self.position(&format!("{name}.status"));
        for (reading, row) in readings.iter_mut().zip(&self.row_of) {
            let Some(row) = row.map(|r| &self.table.rows[r]) else { continue };
            let cell = row.cells.get(at).map_or("", String::as_str);
            let status = statuses.and_then(|s| row.cells.get(s)).map_or("", String::as_str);
            match read_cell(cell, status, factor) {
                Ok(read) => *reading = read,
                Err(message) => {
                    let message = format!("`{name}`: {message}");
                    let shown = if message.contains("status") { status } else { cell };
                    self.found.say("values", self.table.mistake(row.line, shown, message));
                }
            }
        }
        readings
    }

    /// What a value of a column is multiplied by to be a flow in the node's unit.
    fn factor(&self, header: &Header, node: &AgreedNode) -> Result<Decimal, String> {
        let currency = &self.context.agreed.agreement.currency;
        let accepted = format!(
            "write [{}] for a flow or [{}] for the amount of each interval",
            node.flow_unit, node.stock_unit
        );
        let Some(unit) = header.unit.as_deref().filter(|u| !u.is_empty()) else {
            return Err(format!("`{}` has no unit; {accepted}", header.name));
        };
        let (size, dimension) = units::parse_unit(unit, currency)
            .map_err(|e| format!("`{}`: {e}; {accepted}", header.name))?;
        let Some((own, flow)) = node.flow(currency) else {
            return Err(format!("`{}`: the node's unit is not known", header.name));
        };
        let per_hour = if dimension == flow {
            Decimal::ONE
        } else if dimension.per(TIME) == flow {
            Decimal::from(3600 / self.interval_seconds)
        } else {
            return Err(format!(
                "`{}` is in [{unit}], which is {}; {accepted}",
                header.name,
                dimension.words()
            ));
        };
        // Units of meters differ by powers of ten; others (GJ) have no exact decimal.
        let power = (-9..=9).find(|k| (size / own / 10_f64.powi(*k) - 1.0).abs() < 1e-9);
        let power = power.ok_or_else(|| {
            format!("`{}`: [{unit}] cannot be converted exactly; {accepted}", header.name)
        })?;
        let ten = if power < 0 {
            Decimal::new(1, power.unsigned_abs())
        } else {
            Decimal::from(10_i64.pow(power.unsigned_abs()))
        };
        exact::times(ten, per_hour).map_err(|_| format!("`{}`: {accepted}", header.name))
    }

    /// Tells how many values are missing, and what stands in for them.
    fn tell_missing(&mut self, name: &str, readings: &[Reading], balances: bool) {
        let missing = readings.iter().filter(|r| r.value.is_none()).count();
        let Some(first) = readings.iter().position(|r| r.value.is_none()) else { return };
        let at = self.context.month.from
            + SignedDuration::from_secs(first as i64 * self.interval_seconds);
        let stands_in = if name.starts_with("outside.") {
            "the scheduled value stands in, and nobody is charged for it"
        } else if balances {
            "what the others leave over stands in"
        } else {
            "the scheduled value stands in, marked `estimated`, and the statement is provisional"
        };
        let message = format!(
            "`{name}`: {missing} of {} values are missing, the first at {}; {stands_in}",
            readings.len(),
            stamp(at, &self.context.agreed.horizon.zone)
        );
        let warning =
            Diagnostic { severity: Severity::Warning, ..self.table.mistake(0, "", message) };
        self.found.say("missing values", warning);
    }

    /// Measured values a thousand times the plan's are in another unit than their header says.
    fn plausible(&mut self, name: &str, readings: &[Reading], planned: &[Decimal]) {
        let size = |value: &Decimal| {
            use rust_decimal::prelude::ToPrimitive;
            value.abs().to_f64().unwrap_or(0.0)
        };
        let measured = readings.iter().filter(|r| r.status == ReadingStatus::Measured);
        let values: Vec<f64> = measured.filter_map(|r| r.value.as_ref().map(size)).collect();
        let mean = |sum: f64, count: usize| sum / count.max(1) as f64;
        let metered = mean(values.iter().sum(), values.len());
        let scheduled = mean(planned.iter().map(size).sum(), planned.len());
        let ratio = metered / scheduled;
        if metered > 0.0 && scheduled > 0.0 && !(1.0 / 100.0..=100.0).contains(&ratio) {
            let message = format!(
                "`{name}` is {} times what is scheduled; the unit in its header seems wrong. If it is right, mark the values `corrected` in `{name}.status`",
                units::short(ratio)
            );
            self.found.say("units that cannot be", self.table.mistake(1, name, message));
        }
    }
}

fn read_cell(cell: &str, status: &str, factor: Decimal) -> Result<Reading, String> {
    let status = match status {
        "" | "measured" => ReadingStatus::Measured,
        "estimated" => ReadingStatus::Estimated,
        "corrected" => ReadingStatus::Corrected,
        other => {
            return Err(format!(
                "`{}` is no status; write measured, estimated or corrected",
                units::shortened(other)
            ));
        }
    };
    if cell.is_empty() {
        return Ok(Reading { value: None, status: ReadingStatus::Estimated });
    }
    let value = exact::read(cell)?;
    let value = exact::times(value, factor)
        .map_err(|TooLarge| format!("`{cell}` has too many digits to be kept exactly; round it"))?;
    Ok(Reading { value: Some(value.normalize()), status })
}
