//! Series: columns of files, lists and daily patterns in the site file, brought to the horizon.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::diagnostic::{Diagnostic, Span};
use crate::time::Horizon;
use crate::units::{self, Dimension};

/// The content of a file of series before its stamps are understood.
#[derive(Debug, Clone, Default)]
pub struct RawTable {
    /// One stamp a row.
    pub stamps: Vec<Stamp>,
    /// The columns after the first.
    pub columns: Vec<RawColumn>,
}

/// One column of a file.
#[derive(Debug, Clone, Default)]
pub struct RawColumn {
    /// The header as it stands: "name [unit]" or a bare name.
    pub header: String,
    /// One value a row; NaN where there is none.
    pub values: Vec<f64>,
    /// The first cell that is not a number: its row from 0 and its text.
    pub unreadable: Option<(usize, String)>,
}

/// A stamp as a file has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stamp {
    /// A local date and time, to be read in the file's zone.
    Local(DateTime),
    /// An instant that names its offset.
    Instant(Timestamp),
}

/// How a file's stamps and columns are to be read.
#[derive(Debug, Clone, Default)]
pub struct FileOptions {
    /// The pattern of the stamps, such as "%d/%m/%Y %H:%M"; ISO 8601 without.
    pub stamp_format: Option<String>,
    /// The stamps name the end of their step, not its beginning.
    pub stamps_at_end: bool,
    /// A stamp of 0:00 names the midnight that ends its date, not the one that begins it.
    pub midnight_ends_day: bool,
    /// Units of columns whose header has none.
    pub units: BTreeMap<String, String>,
}

/// A file whose stamps have been understood: regular steps from a start.
#[derive(Debug, Clone)]
struct Table {
    file: String,
    start: Timestamp,
    step_seconds: i64,
    /// Line of the first row in the file, from 1; 0 where there is no file.
    first_line: usize,
}

#[derive(Debug, Clone)]
struct Column {
    table: usize,
    dimension: Dimension,
    /// In Cowper's own unit.
    values: Vec<f64>,
    unreadable: Option<(usize, String)>,
    /// A header whose unit is not known: it matters only if the column is used.
    unknown_unit: Option<(String, String)>,
}

/// Gives one value a step of any horizon.
type ByHorizon = dyn Fn(&Horizon) -> Vec<f64> + Send + Sync;

/// A series that follows the clock: its values over any horizon.
#[derive(Clone)]
pub struct Pattern(pub Arc<ByHorizon>);

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("by the clock")
    }
}

/// All series of a site by name.
#[derive(Debug, Clone, Default)]
pub struct SeriesStore {
    patterns: BTreeMap<String, (Pattern, Dimension)>,
    tables: Vec<Table>,
    columns: BTreeMap<String, Column>,
}

/// A series brought to the horizon.
#[derive(Debug, Clone)]
pub(crate) struct Aligned {
    pub values: Arc<[f64]>,
    pub dimension: Dimension,
}

/// Reads a file of comma- or semicolon-separated values: the time first, then one column a series.
pub fn read_csv(
    file: &str,
    bytes: &[u8],
    options: &FileOptions,
) -> Result<RawTable, Vec<Diagnostic>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    if std::str::from_utf8(first).is_err() || first.contains(&0) {
        let text = String::from_utf8_lossy(first).replace('\0', "");
        let message =
            format!("the header of `{file}` is not UTF-8; save the file as \"CSV UTF-8\"");
        return Err(vec![Diagnostic::in_series(file, 1, text.trim(), message)]);
    }
    let count = |c| first.iter().filter(|b| **b == c).count();
    let delimiter =
        [b',', b';', b'\t'].into_iter().max_by_key(|c| (count(*c), *c == b',')).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let header = match reader.byte_headers() {
        Ok(header) if header.len() >= 2 => header.clone(),
        Ok(header) if header.is_empty() => return Err(vec![empty(file)]),
        Ok(_) => {
            let text = String::from_utf8_lossy(first).into_owned();
            let message = format!(
                "`{file}` has one column; the first is the time, each other a series, separated by `,` or `;`"
            );
            return Err(vec![Diagnostic::in_series(file, 1, text.trim(), message)]);
        }
        Err(e) => {
            return Err(vec![Diagnostic::in_series(
                file,
                1,
                "",
                format!("`{file}` cannot be read: {e}"),
            )]);
        }
    };
    let mut table = RawTable::default();
    for name in header.iter().skip(1) {
        let header = String::from_utf8_lossy(name).into_owned();
        table.columns.push(RawColumn { header, ..RawColumn::default() });
    }
    let mut found = Vec::new();
    let mut record = csv::ByteRecord::new();
    let mut row = 0;
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(e) => {
                found.push(Diagnostic::in_series(
                    file,
                    row + 2,
                    "",
                    format!("`{file}` cannot be read: {e}"),
                ));
                break;
            }
        }
        let line = record.position().map_or(row + 2, |p| p.line() as usize);
        let text = String::from_utf8_lossy(&record[0]);
        if record.len() != header.len() && found.len() < MOST_OF_A_KIND {
            let hint = if record.len() < header.len() {
                "fill in the missing cells"
            } else if delimiter == b',' {
                "if commas stand in the numbers, write them with a decimal point"
            } else {
                "remove the cells without a header"
            };
            let cells =
                if record.len() == 1 { "1 cell" } else { &format!("{} cells", record.len()) };
            let message = format!("this row has {cells}, the header {}; {hint}", header.len());
            found.push(Diagnostic::in_series(file, line, &text, message));
        }
        match parse_stamp(&text, options.stamp_format.as_deref()) {
            Ok(stamp) => table.stamps.push(stamp),
            Err(message) => {
                if found.len() < MOST_OF_A_KIND {
                    found.push(Diagnostic::in_series(file, line, &text, message));
                }
                table.stamps.push(Stamp::Instant(Timestamp::UNIX_EPOCH));
            }
        }
        for (column, cell) in table.columns.iter_mut().zip(record.iter().skip(1)) {
            let value = std::str::from_utf8(cell).ok().and_then(|c| c.parse::<f64>().ok());
            let value = value.filter(|v| v.is_finite());
            if value.is_none() && column.unreadable.is_none() {
                column.unreadable = Some((row, String::from_utf8_lossy(cell).into_owned()));
            }
            column.values.push(value.unwrap_or(f64::NAN));
        }
        for column in table.columns.iter_mut().skip(record.len().saturating_sub(1)) {
            column.values.push(f64::NAN);
        }
        row += 1;
    }
    if row == 0 && found.is_empty() {
        let message = format!("`{file}` has a header and no rows; it needs one row a step");
        found.push(Diagnostic::in_series(file, 1, &String::from_utf8_lossy(first), message));
    }
    if found.is_empty() { Ok(table) } else { Err(found) }
}

/// Of one kind of mistake in a file, the first few are enough.
const MOST_OF_A_KIND: usize = 5;

fn empty(file: &str) -> Diagnostic {
    Diagnostic::in_series(
        file,
        1,
        "",
        format!("`{file}` is empty; it needs a header (time, then names) and one row a step"),
    )
}

fn parse_stamp(text: &str, format: Option<&str>) -> Result<Stamp, String> {
    if let Some(format) = format {
        return jiff::fmt::strtime::parse(format, text)
            .and_then(|parsed| parsed.to_datetime())
            .map(Stamp::Local)
            .map_err(|_| {
                format!("`{}` is not a stamp in the format \"{format}\"", units::shortened(text))
            });
    }
    if let Ok(local) = text.parse::<DateTime>() {
        // A DateTime reads past an offset; a stamp with one is an instant.
        return Ok(text.parse::<Timestamp>().map_or(Stamp::Local(local), Stamp::Instant));
    }
    text.parse::<Timestamp>().map(Stamp::Instant).map_err(|_| {
        let text = units::shortened(text);
        format!("`{text}` is not a stamp such as 2025-01-31T06:15; for another form give `stamp_format` under [series]")
    })
}

impl SeriesStore {
    /// Takes in a file's table, after checking that its stamps step evenly.
    pub fn add_table(
        &mut self,
        file: &str,
        raw: RawTable,
        options: &FileOptions,
        zone: &TimeZone,
        currency: &str,
    ) -> Result<(), Vec<Diagnostic>> {
        let (start, step_seconds) = regular(file, &raw.stamps, options, zone)?;
        let table = self.tables.len();
        let file_name = file.to_owned();
        self.tables.push(Table { file: file_name, start, step_seconds, first_line: 2 });
        let mut found = Vec::new();
        for name in options.units.keys() {
            if !raw.columns.iter().any(|c| split_header(&c.header).0 == name) {
                let nearest =
                    crate::diagnostic::nearest(name, raw.columns.iter().map(|c| c.header.as_str()));
                found.push(Diagnostic::in_series(
                    file,
                    1,
                    "",
                    format!("`units` names `{name}`, which is not a column of `{file}`{nearest}"),
                ));
            }
        }
        for column in raw.columns {
            let (name, unit) = split_header(&column.header);
            let unit = options.units.get(name).map_or(unit, String::as_str);
            // "kWh/step": an amount counted over each of the file's own steps.
            let (unit, per_step) = unit.strip_suffix("/step").map_or((unit, false), |u| (u, true));
            let (mut factor, mut dimension, mut unknown_unit) = (1.0, units::NUMBER, None);
            match units::parse_unit(unit, currency) {
                Ok(read) => (factor, dimension) = read,
                Err(message) => unknown_unit = Some((column.header.clone(), message)),
            }
            if per_step {
                factor /= step_seconds as f64 / 3600.0;
                dimension = dimension.per(units::TIME);
            }
            let mut values = column.values;
            if factor != 1.0 {
                for value in &mut values {
                    *value *= factor;
                }
            }
            let entry =
                Column { table, dimension, values, unreadable: column.unreadable, unknown_unit };
            if let Some(earlier) = self.columns.insert(name.to_owned(), entry) {
                let message = format!(
                    "two series are called `{name}`: here and in `{}`",
                    self.tables[earlier.table].file
                );
                found.push(Diagnostic::in_series(file, 1, &column.header, message));
            }
        }
        if found.is_empty() { Ok(()) } else { Err(found) }
    }

    /// Takes in a list of values that starts with the horizon, in Cowper's own unit.
    pub fn add_list(
        &mut self,
        name: &str,
        values: Vec<f64>,
        dimension: Dimension,
        horizon: &Horizon,
    ) {
        let table = self.tables.len();
        self.tables.push(Table {
            file: format!("[series.{name}]"),
            start: horizon.start,
            step_seconds: horizon.step_seconds,
            first_line: 0,
        });
        self.columns.insert(
            name.to_owned(),
            Column { table, dimension, values, unreadable: None, unknown_unit: None },
        );
    }

    /// Takes in a series that follows the clock and so has no end.
    pub fn add_pattern(&mut self, name: &str, pattern: Pattern, dimension: Dimension) {
        self.patterns.insert(name.to_owned(), (pattern, dimension));
    }

    /// Whether a series of this name exists.
    pub fn contains(&self, name: &str) -> bool {
        self.columns.contains_key(name) || self.patterns.contains_key(name)
    }

    /// The names of all series.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().chain(self.patterns.keys()).map(String::as_str)
    }

    /// A series over the horizon: its steps averaged to a longer step or held over shorter ones.
    pub(crate) fn align(
        &self,
        name: &str,
        span: Span,
        horizon: &Horizon,
    ) -> Result<Aligned, Diagnostic> {
        if let Some((pattern, dimension)) = self.patterns.get(name) {
            return Ok(Aligned { values: (pattern.0)(horizon).into(), dimension: *dimension });
        }
        let Some(column) = self.columns.get(name) else {
            let nearest = crate::diagnostic::nearest(name, self.names());
            let nearest = match (nearest.is_empty(), self.names().next().is_none()) {
                (false, _) => nearest,
                (true, true) => "; the site has none".to_owned(),
                (true, false) => format!(
                    "; there is {}",
                    units::shortened(&self.names().collect::<Vec<_>>().join(", "))
                ),
            };
            let message =
                format!("`{}` is neither a quantity nor a series{nearest}", units::shortened(name));
            return Err(Diagnostic::error(span, message).label("no such series"));
        };
        let table = &self.tables[column.table];
        if let Some((header, message)) = &column.unknown_unit {
            let message = format!(
                "series `{name}`: {message}; correct the header or name the unit under `units` in [series]"
            );
            return Err(Diagnostic::in_series(&table.file, 1, header, message));
        }
        if let Some((row, text)) = &column.unreadable {
            let what = if text.is_empty() {
                "an empty cell".to_owned()
            } else {
                format!("`{}`", units::shortened(text))
            };
            let decimal_comma =
                text.contains(',') && text.replacen(',', ".", 1).parse::<f64>().is_ok();
            let hint = if decimal_comma {
                "write decimals with a point"
            } else {
                "fill the gap or leave the column unused"
            };
            let message = format!("series `{name}` has {what} where a number should stand; {hint}");
            return Err(Diagnostic::in_series(&table.file, row + table.first_line, text, message));
        }
        let covers = table.start.as_second() + table.step_seconds * column.values.len() as i64;
        if horizon.start < table.start || horizon.end().as_second() > covers {
            let show = |second: i64| {
                Timestamp::from_second(second).map_or_else(
                    |_| "?".into(),
                    |s| horizon.zone.to_datetime(s).strftime("%Y-%m-%d %H:%M").to_string(),
                )
            };
            let message = format!(
                "series `{name}` of {} covers {} to {}, the run needs {} to {}; shorten the run or lengthen the series",
                table.file,
                show(table.start.as_second()),
                show(covers),
                show(horizon.start.as_second()),
                show(horizon.end().as_second())
            );
            return Err(Diagnostic::error(span, message).label("too short for the run"));
        }
        let offset = horizon.start.as_second() - table.start.as_second();
        let (own, run) = (table.step_seconds, horizon.step_seconds);
        let fits = if own >= run {
            own % run == 0 && offset % run == 0
        } else {
            run % own == 0 && offset % own == 0
        };
        if !fits {
            let message = format!(
                "series `{name}` steps by {} min, which does not fit steps of {} min from {}",
                own as f64 / 60.0,
                run as f64 / 60.0,
                horizon.label(0)
            );
            return Err(Diagnostic::error(span, message));
        }
        let values: Arc<[f64]> = if own >= run {
            (0..horizon.steps)
                .map(|t| column.values[((offset + t as i64 * run) / own) as usize])
                .collect()
        } else {
            let per = (run / own) as usize;
            let first = (offset / own) as usize;
            column.values[first..first + per * horizon.steps]
                .chunks_exact(per)
                .map(|c| c.iter().sum::<f64>() / per as f64)
                .collect()
        };
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            let message =
                format!("series `{name}` has a number beyond all measure at {}", horizon.label(at));
            return Err(Diagnostic::error(span, message));
        }
        Ok(Aligned { values, dimension: column.dimension })
    }
}

/// "name [unit]" into its two parts.
fn split_header(header: &str) -> (&str, &str) {
    match header.split_once('[') {
        Some((name, unit)) => (name.trim(), unit.trim_end().trim_end_matches(']').trim()),
        None => (header.trim(), ""),
    }
}

/// The start and step of a file whose stamps must step evenly, or all that is wrong with them.
fn regular(
    file: &str,
    stamps: &[Stamp],
    options: &FileOptions,
    zone: &TimeZone,
) -> Result<(Timestamp, i64), Vec<Diagnostic>> {
    let mut found = Vec::new();
    let mut guessed = Vec::new();
    let mut instants: Vec<i64> = Vec::with_capacity(stamps.len());
    for (row, stamp) in stamps.iter().enumerate() {
        match instant(*stamp, options, zone, &instants) {
            Ok(second) => instants.push(second),
            Err(message) => {
                found.push(Diagnostic::in_series(file, row + 2, &show(*stamp), message));
                if found.len() >= MOST_OF_A_KIND {
                    return Err(found);
                }
                // As if the clock had gone on: one mistake is not to look like two.
                guessed.push(row);
                let next = instants
                    .last()
                    .map_or(0, |s| s + instants.get(1).map_or(3600, |b| b - instants[0]));
                instants.push(next);
            }
        }
    }
    if instants.len() < 2 {
        let message = format!("`{file}` has one row; at least two are needed to know its step");
        return Err(vec![Diagnostic::in_series(file, 1, "", message)]);
    }
    let step = most_common_step(&instants);
    let unordered = instants.windows(2).any(|pair| pair[1] < pair[0]);
    let mut count = 0;
    for (row, pair) in instants.windows(2).enumerate() {
        let difference = pair[1] - pair[0];
        let is_consequence =
            guessed.contains(&row) || guessed.contains(&(row + 1)) || (unordered && difference > 0);
        if difference == step || is_consequence {
            continue;
        }
        count += 1;
        if count > MOST_OF_A_KIND {
            continue;
        }
        let minutes = |s: i64| s as f64 / 60.0;
        let message = if difference == 0 {
            "this stamp stands twice; remove one of the rows".to_owned()
        } else if difference < 0 {
            "this stamp is earlier than the one before; sort the rows by time".to_owned()
        } else {
            let clocks = if crosses_fold(pair, zone) {
                format!(
                    "; clocks go back here in {}: the repeated hour needs its own rows, or give the stamps with their offset, or set `time_zone` under [series]",
                    zone.iana_name().unwrap_or("the time zone")
                )
            } else if difference < step {
                "; remove the rows between the steps".to_owned()
            } else {
                "; fill in the missing rows".to_owned()
            };
            format!(
                "{} min lie between this stamp and the one before, elsewhere {} min{clocks}",
                minutes(difference),
                minutes(step)
            )
        };
        found.push(Diagnostic::in_series(file, row + 3, &show(stamps[row + 1]), message));
    }
    if count > MOST_OF_A_KIND {
        found.push(Diagnostic::in_series(
            file,
            0,
            "",
            format!(
                "{} more stamps of `{file}` do not follow its step of {} min",
                count - MOST_OF_A_KIND,
                step as f64 / 60.0
            ),
        ));
    }
    if !found.is_empty() {
        return Err(found);
    }
    let start = instants[0] - if options.stamps_at_end { step } else { 0 };
    let start = Timestamp::from_second(start)
        .map_err(|e| vec![Diagnostic::in_series(file, 2, "", e.to_string())])?;
    Ok((start, step))
}

fn most_common_step(instants: &[i64]) -> i64 {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for pair in instants.windows(2) {
        *counts.entry(pair[1] - pair[0]).or_default() += 1;
    }
    let best = counts
        .into_iter()
        .filter(|(step, _)| *step > 0)
        .max_by_key(|(step, count)| (*count, -*step));
    best.map_or(3600, |(step, _)| step)
}

fn crosses_fold(pair: &[i64], zone: &TimeZone) -> bool {
    let offset = |s: i64| Timestamp::from_second(s).map_or(0, |t| zone.to_offset(t).seconds());
    offset(pair[1]) < offset(pair[0])
}

fn show(stamp: Stamp) -> String {
    match stamp {
        Stamp::Local(local) => local.to_string(),
        Stamp::Instant(instant) => instant.to_string(),
    }
}

/// The instant of a stamp in seconds. In the hour that the clocks repeat, the order of rows tells which.
fn instant(
    stamp: Stamp,
    options: &FileOptions,
    zone: &TimeZone,
    before: &[i64],
) -> Result<i64, String> {
    let mut local = match stamp {
        Stamp::Instant(instant) => return Ok(instant.as_second()),
        Stamp::Local(local) => local,
    };
    if options.midnight_ends_day && local.time() == jiff::civil::Time::midnight() {
        local = local.checked_add(SignedDuration::from_hours(24)).map_err(|e| e.to_string())?;
    }
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let zone_name = || zone.iana_name().unwrap_or("the time zone").to_owned();
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => {}
        AmbiguousOffset::Gap { .. } => {
            return Err(format!(
                "this time does not exist in {}: clocks go forward over it; set `time_zone` under [series] to the zone the stamps are in, such as \"UTC\"",
                zone_name()
            ));
        }
        AmbiguousOffset::Fold { .. } => {
            let earlier = ambiguous.earlier().map_err(|e| e.to_string())?.as_second();
            let later = ambiguous.later().map_err(|e| e.to_string())?.as_second();
            return Ok(match before {
                [.., previous, last] if later - last == last - previous => later,
                [.., last] if earlier <= *last => later,
                _ => earlier,
            });
        }
    }
    ambiguous.compatible().map(Timestamp::as_second).map_err(|e| e.to_string())
}
