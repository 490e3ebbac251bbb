//! Times solves of a site without a file of results; `benches/table.py` runs it and prints the table.
//!
//! ```text
//! bench solve SITE.toml [--days 7] [--repeats 3] [--solver highs] [--limit SECONDS]
//! bench windows SITE.toml [--windows 1000] [--steps 96] [--shift 1] [--highs 0]
//! bench capacities SITE.toml [--repeats 3] [--columns 20] [--price 20000] [--share 0.9]
//! ```
//!
//! Each prints one line of JSON: seconds, iterations, bytes, and how good what came back is.

mod capacities;
mod solve;
mod windows;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use cowper::diagnostic::{Diagnostic, render};
use cowper::series::{FileOptions, RawTable, read_csv};
use cowper::site::Site;
use serde_json::{Value, json};

/// A result, or what went wrong in a line for people.
type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    match run() {
        Ok(found) => {
            println!("{found}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<Value> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [what, site, options @ ..] = words.as_slice() else {
        return Err("bench solve|windows|capacities SITE.toml [--OPTION VALUE …]".into());
    };
    let options = Options::read(options)?;
    let site = read(Path::new(site))?;
    match what.as_str() {
        "solve" => solve::solve(&site, &options),
        "windows" => windows::windows(&site, &options),
        "capacities" => capacities::capacities(&site, &options),
        other => Err(format!("`{other}` is not solve, windows or capacities")),
    }
}

/// What was typed after `--`.
struct Options(BTreeMap<String, String>);

impl Options {
    fn read(words: &[String]) -> Outcome<Self> {
        let pairs = words.chunks(2).map(|pair| match pair {
            [name, value] if name.starts_with("--") => Ok((name[2..].to_owned(), value.clone())),
            _ => Err(format!("options are pairs of --NAME VALUE, not {pair:?}")),
        });
        Ok(Options(pairs.collect::<Outcome<_>>()?))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A number, or this one where it was not typed.
    fn number<T: std::str::FromStr>(&self, name: &str, default: T) -> Outcome<T> {
        let Some(text) = self.text(name) else { return Ok(default) };
        text.parse().map_err(|_| format!("--{name} {text} is no number of its kind"))
    }
}

/// Reads a site whose series are CSV files beside it.
fn read(path: &Path) -> Outcome<Site> {
    let unread = |path: &Path, e: std::io::Error| format!("{} cannot be read: {e}", path.display());
    let text = std::fs::read_to_string(path).map_err(|e| unread(path, e))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let files = |name: &str, options: &FileOptions| -> Result<RawTable, Vec<Diagnostic>> {
        let place = folder.join(name);
        let bytes =
            std::fs::read(&place).map_err(|e| vec![Diagnostic::nowhere(unread(&place, e))])?;
        read_csv(name, &bytes, options)
    };
    match cowper::input::read(&text, &files) {
        Ok((site, _)) => Ok(site),
        Err(found) => Err(render(&found, &path.display().to_string(), &text)),
    }
}

/// What a solve by staircase took, and what it came to.
struct Solved {
    solution: staircase::Solution,
    /// Presolve, scaling and the order of elimination: all before the first iteration.
    before: f64,
    /// The iterations.
    within: f64,
    /// All of it; what is not before or within is postsolve and the last measure.
    seconds: f64,
}

impl Solved {
    fn json(&self) -> Value {
        let measures = self.solution.measures;
        json!({
            "status": format!("{:?}", self.solution.status),
            "seconds": self.seconds,
            "before": self.before,
            "within": self.within,
            "after": self.seconds - self.before - self.within,
            "iterations": self.solution.iterations,
            "objective": measures.map(|m| m.objective),
            "primal": measures.map(|m| m.primal),
            "dual": measures.map(|m| m.dual),
            "gap": measures.map(|m| m.gap),
        })
    }
}

/// Solves a model by staircase and takes the time.
fn by_staircase(
    model: &staircase::Model,
    options: &staircase::Options,
    start: Option<&staircase::Point>,
) -> Solved {
    let begun = Instant::now();
    let mut first = None;
    let mut last = 0.0;
    let solution = staircase::solve(model, options, start, &mut |_| {
        last = begun.elapsed().as_secs_f64();
        first.get_or_insert(last);
        ControlFlow::Continue(())
    });
    let seconds = begun.elapsed().as_secs_f64();
    let before = first.unwrap_or(seconds);
    Solved { solution, before, within: (last - before).max(0.0), seconds }
}

/// The solve of middling length, and the least and the greatest.
fn middle(mut solves: Vec<Solved>) -> Outcome<(Solved, [f64; 2])> {
    solves.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let (Some(least), Some(most)) = (solves.first(), solves.last()) else {
        return Err("--repeats is 1 or more".into());
    };
    let range = [least.seconds, most.seconds];
    Ok((solves.swap_remove(solves.len() / 2), range))
}

/// A line of what Linux says of the memory of this process, in bytes: `VmHWM` is its peak, `VmRSS` now.
fn memory(what: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(what))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}
