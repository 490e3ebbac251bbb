//! The horizon of a run: its start, its step and how many of them, in the site's time zone.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::units::{self, Quantity};

/// Start, step and number of steps of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Horizon {
    /// First instant.
    pub start: Timestamp,
    /// Length of a step, in seconds.
    pub step_seconds: i64,
    /// How many steps.
    pub steps: usize,
    /// The zone whose days and months count.
    pub zone: TimeZone,
}

/// A division of the horizon: the group of each step, and the name of each group.
#[derive(Debug, Clone, PartialEq)]
pub struct Partition {
    /// "month", "day", "run".
    pub name: String,
    /// The group of each step; groups are numbered in the order of time.
    pub of_step: Vec<u32>,
    /// What each group is called, such as "2025-03".
    pub labels: Vec<String>,
}

impl Partition {
    /// The part of its group that each step is.
    pub fn shares(&self) -> Vec<f64> {
        let mut steps = vec![0.0; self.labels.len()];
        for group in &self.of_step {
            steps[*group as usize] += 1.0;
        }
        self.of_step.iter().map(|group| 1.0 / steps[*group as usize]).collect()
    }
}

/// Longer than any study: a mistyped year should not run for hours.
const MOST_YEARS: i64 = 100;

/// More steps than any study needs: a mistyped step should not fill the memory.
const MOST_STEPS: i64 = 2_000_000;

impl Horizon {
    /// A horizon from its start to its end. Says what is wrong with the three of them.
    pub fn new(
        start: Timestamp,
        end: Timestamp,
        step_seconds: i64,
        zone: TimeZone,
    ) -> Result<Self, String> {
        if step_seconds <= 0 {
            return Err("the step must be at least one second".into());
        }
        let duration = end.duration_since(start);
        let length = duration.as_secs();
        if duration <= SignedDuration::ZERO {
            return Err(
                "the horizon ends before it starts; `end` is the instant after the last step"
                    .into(),
            );
        }
        if start.subsec_nanosecond() != 0 || end.subsec_nanosecond() != 0 {
            return Err("the horizon does not start and end on whole seconds".into());
        }
        if length > MOST_YEARS * 366 * 86400 {
            return Err(format!(
                "the horizon is longer than {MOST_YEARS} years; check its start and end"
            ));
        }
        if length % step_seconds != 0 {
            return Err(format!(
                "the horizon of {} h is not a whole number of steps of {} h; change its end or its step",
                length as f64 / 3600.0,
                step_seconds as f64 / 3600.0
            ));
        }
        let steps = length / step_seconds;
        if steps > MOST_STEPS {
            return Err(format!(
                "the horizon has {steps} steps, more than {MOST_STEPS}; use a longer step"
            ));
        }
        Ok(Horizon { start, step_seconds, steps: steps as usize, zone })
    }

    /// Length of a step in hours.
    pub fn hours(&self) -> f64 {
        self.step_seconds as f64 / 3600.0
    }

    /// The instant at which a step begins.
    pub fn begin(&self, step: usize) -> Timestamp {
        self.start + SignedDuration::from_secs(self.step_seconds * step as i64)
    }

    /// The instant at which the last step ends.
    pub fn end(&self) -> Timestamp {
        self.begin(self.steps)
    }

    /// The local date and time at which a step begins.
    pub fn local(&self, step: usize) -> DateTime {
        self.zone.to_datetime(self.begin(step))
    }

    /// The step's beginning as a user reads it: "2025-03-01 06:15".
    pub fn label(&self, step: usize) -> String {
        self.local(step).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// The step's beginning with its offset to UTC: "2025-03-01T06:15:00+08:00".
    pub fn stamp(&self, step: usize) -> String {
        let zoned = self.begin(step).to_zoned(self.zone.clone());
        zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// The whole horizon as one group.
    pub fn whole(&self) -> Partition {
        Partition { name: "run".into(), of_step: vec![0; self.steps], labels: vec!["run".into()] }
    }

    /// The calendar months of the horizon, in local time.
    pub fn months(&self) -> Partition {
        self.partition(
            "month",
            |local| local.strftime("%Y-%m").to_string(),
            |d| (d.year(), d.month(), 0),
        )
    }

    /// The calendar years of the horizon, in local time.
    pub fn years(&self) -> Partition {
        self.partition("year", |local| local.strftime("%Y").to_string(), DateTime::year)
    }

    /// The part of its whole calendar month, or year, that each group of a division of the horizon
    /// into months, or years, holds.
    pub fn parts_of_whole(&self, periods: &Partition) -> Vec<f64> {
        let mut parts = Vec::with_capacity(periods.labels.len());
        let mut first = 0;
        for group in 0..periods.labels.len() {
            let steps = periods.of_step[first..].iter().take_while(|g| **g as usize == group);
            let steps = steps.count();
            let seconds = (steps as i64 * self.step_seconds) as f64;
            let whole = self.period_around(first, &periods.name).unwrap_or(seconds);
            parts.push((seconds / whole.max(1.0)).min(1.0));
            first += steps;
        }
        parts
    }

    /// The length in seconds of the calendar year or month in which a step begins.
    fn period_around(&self, step: usize, period: &str) -> Option<f64> {
        let date = self.local(step).date();
        let (first, next) = if period == "year" {
            (date.first_of_year(), date.last_of_year().tomorrow().ok()?)
        } else {
            (date.first_of_month(), date.last_of_month().tomorrow().ok()?)
        };
        let midnight = |date: Date| self.zone.to_timestamp(date.to_datetime(Time::midnight())).ok();
        Some(midnight(next)?.duration_since(midnight(first)?).as_secs_f64())
    }

    /// The calendar days of the horizon, in local time.
    pub fn days(&self) -> Partition {
        self.partition(
            "day",
            |local| local.strftime("%Y-%m-%d").to_string(),
            |d| (d.year(), d.month(), d.day()),
        )
    }

    /// Windows by the local clock, counted from each midnight: a window starts where it says "08:15".
    /// The horizon may hold a part only of the first and last; a step is in the window it begins in.
    pub fn clock_windows(&self, seconds: i64) -> Partition {
        let of_day = |local: DateTime| {
            i64::from(local.hour()) * 3600
                + i64::from(local.minute()) * 60
                + i64::from(local.second())
        };
        let mut of_step = Vec::with_capacity(self.steps);
        let mut labels = Vec::new();
        let mut last = None;
        for step in 0..self.steps {
            let instant = self.begin(step);
            // An hour that happens twice differs by its offset.
            let offset = self.zone.to_offset(instant);
            let local = offset.to_datetime(instant);
            let now = Some((local.date(), of_day(local) / seconds.max(1), offset));
            if now != last {
                labels.push(self.label(step));
                last = now;
            }
            of_step.push(labels.len() as u32 - 1);
        }
        Partition { name: format!("clock window of {seconds} s"), of_step, labels }
    }

    /// Windows of a fixed length from the start of the horizon; the last may be shorter.
    pub fn windows(&self, hours: f64) -> Partition {
        let length = ((hours / self.hours()).round() as usize).max(1);
        let of_step: Vec<u32> = (0..self.steps).map(|t| (t / length) as u32).collect();
        let labels = (0..self.steps.div_ceil(length)).map(|g| self.label(g * length)).collect();
        Partition { name: format!("window of {hours} h"), of_step, labels }
    }

    /// The part of a local day that each step is. The days on which clocks change have 23 or 25 hours.
    pub fn shares_of_day(&self) -> Vec<f64> {
        let (mut first, mut next) = self.day_around(self.start);
        let share_of = |step| {
            let (mut now, end) = (self.begin(step), self.begin(step + 1));
            let mut share = 0.0;
            // A step may reach into the next day, which may be longer.
            while now < end {
                if now >= next {
                    (first, next) = self.day_around(now);
                }
                let until = end.min(next);
                share += until.duration_since(now).as_secs_f64()
                    / next.duration_since(first).as_secs_f64();
                now = until;
            }
            share
        };
        (0..self.steps).map(share_of).collect()
    }

    /// Where the local day of an instant begins, and where the next one does.
    fn day_around(&self, instant: Timestamp) -> (Timestamp, Timestamp) {
        let date = self.zone.to_datetime(instant).date();
        let midnight = |date: Date| self.zone.to_timestamp(date.to_datetime(Time::midnight()));
        let first = midnight(date).map_or(instant, |first| first.min(instant));
        let next = date.tomorrow().and_then(midnight).ok().filter(|next| *next > instant);
        (first, next.unwrap_or(instant + SignedDuration::from_hours(24)))
    }

    fn partition<K: PartialEq>(
        &self,
        name: &str,
        label: impl Fn(DateTime) -> String,
        key: impl Fn(DateTime) -> K,
    ) -> Partition {
        let mut of_step = Vec::with_capacity(self.steps);
        let mut labels = Vec::new();
        let mut last = None;
        for step in 0..self.steps {
            let local = self.local(step);
            let now = Some(key(local));
            if now != last {
                labels.push(label(local));
                last = now;
            }
            of_step.push(labels.len() as u32 - 1);
        }
        Partition { name: name.into(), of_step, labels }
    }
}

/// Reads "2025-01-01", "2025-01-01 06:00" (local in `zone`) or a stamp with its offset.
pub fn parse_instant(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let local: DateTime = text.parse().map_err(|_| {
        format!(
            "`{}` is not a date; write \"2025-01-31\" or \"2025-01-31 06:00\"",
            crate::units::shortened(text)
        )
    })?;
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let name = zone.iana_name().unwrap_or("the time zone");
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => {}
        AmbiguousOffset::Gap { .. } => {
            return Err(format!(
                "`{text}` does not exist in {name}: clocks go forward over it; write a time before or after"
            ));
        }
        AmbiguousOffset::Fold { before, .. } => {
            return Err(format!(
                "`{text}` happens twice in {name}, as clocks go back; add the offset, such as `{local}{before}`"
            ));
        }
    }
    ambiguous.compatible().map_err(|e| format!("`{text}` is out of range: {e}"))
}

/// A time as whole seconds, if it is.
pub(crate) fn whole_seconds(step: Quantity<units::Time>) -> Option<i64> {
    let seconds = step.value() * 3600.0;
    (seconds >= 0.5 && (seconds - seconds.round()).abs() < 1e-6).then_some(seconds.round() as i64)
}

/// A step given as text, such as "15min", in seconds.
pub fn parse_step(text: &str) -> Result<i64, String> {
    let step = Quantity::<units::Time>::parse(text, crate::diagnostic::Span::default(), "EUR")?;
    whole_seconds(step).ok_or_else(|| {
        format!("`{}` is not a whole number of seconds", crate::units::shortened(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: days follow the local clock, so the day the clocks change has 23 or 25 hours.
    /// Sensitivity: days of 24 hours would shift every later day by one.
    #[test]
    fn days_follow_the_local_clock() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text| parse_instant(text, &zone).unwrap();
        for (from, to, hours) in
            [("2025-03-30", "2025-03-31", 23), ("2025-10-26", "2025-10-27", 25)]
        {
            let horizon = Horizon::new(at(from), at(to), 3600, zone.clone()).unwrap();
            assert_eq!(horizon.steps, hours);
            assert_eq!(horizon.days().labels, [from]);
        }
    }

    /// Proves: all steps of a local day are the whole day, also where clocks change, and a step over
    /// midnight takes its part of each. Sensitivity: by 24 hours, 23/24 and 25/24 of a day.
    #[test]
    fn the_steps_of_a_day_are_one_day() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text| parse_instant(text, &zone).unwrap();
        for (from, to) in [("2025-03-30", "2025-03-31"), ("2025-10-26", "2025-10-27")] {
            let horizon = Horizon::new(at(from), at(to), 900, zone.clone()).unwrap();
            assert!((horizon.shares_of_day().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
        let horizon =
            Horizon::new(at("2025-03-29 23:00"), at("2025-03-30 01:00"), 7200, zone.clone());
        let shares = horizon.unwrap().shares_of_day();
        assert!((shares[0] - (1.0 / 24.0 + 1.0 / 23.0)).abs() < 1e-12);
    }

    /// Proves: windows begin by the local clock, so a run that begins or ends inside one holds a part
    /// of it, and an hour that happens twice is two hours.
    /// Sensitivity: counted from the start of the run, three steps would be one window.
    #[test]
    fn windows_follow_the_local_clock() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text| parse_instant(text, &zone).unwrap();
        let horizon =
            Horizon::new(at("2025-01-01 00:10"), at("2025-01-01 00:40"), 300, zone.clone());
        assert_eq!(horizon.unwrap().clock_windows(900).of_step, [0, 1, 1, 1, 2, 2]);
        let horizon =
            Horizon::new(at("2025-10-26 01:00"), at("2025-10-26 04:00"), 1800, zone.clone());
        assert_eq!(horizon.unwrap().clock_windows(3600).of_step, [0, 0, 1, 1, 2, 2, 3, 3]);
    }

    #[test]
    fn impossible_horizons_are_refused() {
        let zone = TimeZone::UTC;
        let at = |text| parse_instant(text, &TimeZone::UTC).unwrap();
        let new = |a, b, s| Horizon::new(at(a), at(b), s, zone.clone()).unwrap_err();
        assert!(new("2025-01-02", "2025-01-01", 3600).contains("ends before"));
        assert!(new("2025-01-01", "2025-01-02", 7 * 3600).contains("whole number"));
        assert!(new("2025-01-01", "2026-01-02", 1).contains("longer step"));
        assert!(new("2025-01-01", "2026-01-02", 0).contains("at least one second"));
        assert!(new("0025-01-01", "2025-01-01", 86400).contains("longer than"));
    }

    /// Proves: an hour that the clocks skip or repeat is not guessed.
    /// Sensitivity: a guess would shift the whole run by an hour.
    #[test]
    fn hours_that_clocks_skip_or_repeat_are_refused() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        assert!(parse_instant("2025-03-30 02:30", &zone).unwrap_err().contains("does not exist"));
        let twice = parse_instant("2025-10-26 02:30", &zone).unwrap_err();
        assert!(twice.contains("such as `2025-10-26T02:30:00+02`"), "{twice}");
        assert!(parse_instant("2025-10-26T02:30:00+02", &zone).is_ok());
    }
}
