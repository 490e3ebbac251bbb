//! The files of a run: summary, schedule, prices, state and report.

use std::path::Path;

use cowper::compile::Compiled;
use cowper::schedule::{Column, Schedule};
use cowper::site::Site;
use cowper::solver::Point;

use crate::Failure;
use crate::files;
use crate::summary::Summary;
use crate::tables::write_parquet;

/// Files of a run; an earlier run's must not stand beside a later summary.
const OF_A_RUN: [&str; 6] = [
    "schedule.parquet",
    "prices.parquet",
    "schedule.csv",
    "prices.csv",
    "state.toml",
    "report.html",
];

/// Makes the folder and removes what an earlier run left there, so that nothing old passes for new.
pub fn clear(folder: &Path) -> Result<(), Failure> {
    files::make_folder(folder)?;
    remove_old(folder)
}

/// Removes what an earlier run left, if anything.
pub fn remove_old(folder: &Path) -> Result<(), Failure> {
    files::remove(&folder.join("summary.json"))?;
    OF_A_RUN.iter().try_for_each(|file| files::remove(&folder.join(file)))
}

/// Writes schedule and prices as text too: local time first, then one column a quantity.
pub fn write_csv(
    folder: &Path,
    site: &Site,
    compiled: &Compiled,
    schedule: &Schedule,
) -> Result<(), Failure> {
    let columns: Vec<&Column> = schedule.columns().collect();
    let prices: Vec<&Column> = schedule.prices.iter().collect();
    for (file, columns) in [("schedule.csv", columns), ("prices.csv", prices)] {
        let mut text = String::from("time");
        for column in &columns {
            text.push(',');
            text.push_str(&column.title(&site.network.currency));
        }
        for step in 0..compiled.horizon.steps {
            // With its offset, so that the hour that clocks repeat stays two.
            text.push('\n');
            text.push_str(&compiled.horizon.stamp(step));
            for column in &columns {
                text.push_str(&format!(",{}", column.values[step]));
            }
        }
        text.push('\n');
        files::write(&folder.join(file), text.as_bytes())?;
    }
    Ok(())
}

/// Writes schedule, prices and the state at the end.
pub fn write_schedule(
    folder: &Path,
    site: &Site,
    compiled: &Compiled,
    (point, schedule): (&Point, &Schedule),
) -> Result<(), Failure> {
    let currency = &site.network.currency;
    let columns: Vec<&Column> = schedule.columns().collect();
    let prices: Vec<&Column> = schedule.prices.iter().collect();
    for (file, columns) in [("schedule.parquet", columns), ("prices.parquet", prices)] {
        let bytes = write_parquet(&compiled.horizon, &columns, currency)
            .map_err(|e| Failure::file(format!("error: {file} cannot be made: {e}")))?;
        files::write(&folder.join(file), &bytes)?;
    }
    let state = cowper::state_at_end::state_at_end(site, compiled, point);
    files::write(&folder.join("state.toml"), state.as_bytes())
}

/// Writes summary.json: last, so that its presence says that the rest is whole.
pub fn write_summary(folder: &Path, summary: &Summary) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(summary)
        .map_err(|e| Failure::file(format!("error: summary.json cannot be made: {e}")))?;
    files::write(&folder.join("summary.json"), format!("{text}\n").as_bytes())
}

/// Greatest memory of the process so far, in bytes.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}
