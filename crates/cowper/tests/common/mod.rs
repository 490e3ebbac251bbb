//! Reads, compiles and solves a complete site given as text, as a run does; and finds files.
//!
//! Each test file uses a part of this.
#![allow(dead_code)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use cowper::accounts::{Accounts, accounts};
use cowper::compile::{compile, connections};
use cowper::diagnostic::{Diagnostic, render};
use cowper::schedule::schedule;
use cowper::series::{FileOptions, RawTable};
use cowper::solver::{Limits, Status, solve};

/// What a site on a page comes to.
pub struct Outcome {
    pub cost: f64,
    pub currency: String,
    pub accounts: Accounts,
}

fn no_files(file: &str, _: &FileOptions) -> Result<RawTable, Vec<Diagnostic>> {
    Err(vec![Diagnostic::nowhere(format!(
        "a site on a page carries its series; there is no file `{file}`"
    ))])
}

/// Solves a site that must be right and have an optimum. `name` says which, where it is not.
pub fn solved(name: &str, text: &str) -> Outcome {
    let shown = |found: &[Diagnostic]| format!("\n{}", render(found, name, text));
    let (site, warnings) =
        cowper::input::read(text, &no_files).unwrap_or_else(|found| panic!("{}", shown(&found)));
    assert!(warnings.is_empty(), "{}", shown(&warnings));
    let compiled =
        compile(&site, &site.horizon).unwrap_or_else(|found| panic!("{}", shown(&found)));
    let loose = connections(&site, &compiled);
    assert!(loose.is_empty(), "{}", shown(&loose));
    let limits = Limits { gap: 1e-9, ..Limits::default() };
    let solution = solve(&compiled.problem, limits, &mut |_| ControlFlow::Continue(()));
    assert_eq!(solution.status, Status::Optimal, "{name}");
    let point = solution.point.expect("an optimum has a point");
    let schedule = schedule(&site, &compiled, &point);
    let accounts = accounts(&site, &compiled, &point, &schedule);
    Outcome { cost: point.objective, currency: site.network.currency, accounts }
}

/// Checks a site against the line "# cost: 1234 EUR" at its top, if it has one. Says whether it has.
pub fn check_cost(name: &str, text: &str) -> bool {
    let found = solved(name, text);
    let Some(stated) = text.lines().find_map(|line| line.strip_prefix("# cost: ")) else {
        return false;
    };
    let (number, currency) =
        stated.split_once(' ').unwrap_or_else(|| panic!("{name}: write `# cost: 1234 EUR`"));
    let number: f64 =
        number.parse().unwrap_or_else(|_| panic!("{name}: `{number}` is not a number"));
    assert_eq!(currency.trim(), found.currency, "{name}");
    // Stated to the cent.
    assert!(
        (found.cost - number).abs() <= 0.005 + 1e-9 * number.abs(),
        "{name}: costs {}, stated {number}",
        found.cost
    );
    true
}

/// A path in the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The text of a file that must be there.
pub fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The files of a folder with an ending, in the order of their names.
pub fn files_in(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == ending));
    files.sort();
    files
}

/// Compares a generated file with what is stored, or with COWPER_UPDATE=1 stores it.
pub fn stored(path: &Path, text: &str) {
    if std::env::var_os("COWPER_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        return;
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == text,
        "{} is not what the code says; COWPER_UPDATE=1 cargo test writes it anew",
        path.display()
    );
}
