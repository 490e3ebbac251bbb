//! Sites solved by both solvers, as they are and changed: do the objectives agree?
//!
//! `against_highs FROM TO SITE.toml…` compares over the horizon from FROM to TO: as it stands, with
//! costs times 1e-3 and 1e6, with stores that lose 0.1 % a step or nothing, and with stores that start
//! empty instead of as they end.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use cowper::diagnostic::{Diagnostic, render};
use cowper::problem::{Before, Problem, Term, Values};
use cowper::series::{FileOptions, read_csv};
use cowper::solver::{Limits, Solver, Status, solve};

/// The greatest relative difference of objectives that counts as the same.
const SAME: f64 = 1e-7;

type Change = (&'static str, fn(&mut Problem));

const CHANGES: [Change; 6] = [
    ("as it stands", |_| ()),
    ("costs times 1e-3", |problem| times(problem, 1e-3)),
    ("costs times 1e6", |problem| times(problem, 1e6)),
    ("stores lose 0.1 % a step", |problem| kept(problem, 0.999)),
    ("stores lose nothing", |problem| kept(problem, 1.0)),
    ("stores start empty", |problem| {
        for term in stored(problem) {
            term.before = Before::Known([0.0].into());
        }
    }),
];

fn times(problem: &mut Problem, factor: f64) {
    problem.fixed_cost *= factor;
    for variable in &mut problem.variables {
        variable.cost = variable.cost.map(|cost| cost * factor);
    }
}

/// The terms of levels a step earlier: those that come round at the end.
fn stored(problem: &mut Problem) -> impl Iterator<Item = &mut Term> {
    let terms = problem.rows.iter_mut().flat_map(|row| &mut row.terms);
    terms.filter(|term| term.back == 1 && term.before == Before::Wrap)
}

fn kept(problem: &mut Problem, share: f64) {
    for term in stored(problem) {
        term.coefficient = Values::Constant(share.copysign(term.coefficient.at(0)));
    }
}

fn problem(path: &Path, from: &str, to: &str) -> Result<Problem, String> {
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let files = |name: &str, options: &FileOptions| {
        read_csv(name, &std::fs::read(folder.join(name)).unwrap_or_default(), options)
    };
    let wrong = |found: Vec<Diagnostic>| render(&found, "site.toml", &text);
    let (site, _) = cowper::input::read(&text, &files).map_err(wrong)?;
    let horizon = site.horizon_of(Some(from), Some(to), None)?;
    let compiled = cowper::compile::compile(&site, &horizon).map_err(wrong)?;
    Ok(compiled.problem)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, sites @ ..] = &arguments[..] else {
        eprintln!("against_highs FROM TO SITE.toml…");
        return ExitCode::FAILURE;
    };
    let mut all_agree = true;
    for site in sites {
        let whole = match problem(Path::new(site), from, to) {
            Ok(problem) => problem,
            Err(wrong) => {
                eprintln!("{site}: {wrong}");
                return ExitCode::FAILURE;
            }
        };
        for (name, change) in CHANGES {
            let mut changed = whole.clone();
            change(&mut changed);
            let objective = |solver| {
                let limits = Limits { solver: Some(solver), ..Limits::default() };
                let solution = solve(&changed, limits, &mut |_| ControlFlow::Continue(()));
                let optimal = solution.status == Status::Optimal;
                solution.point.filter(|_| optimal).map_or(f64::NAN, |point| point.objective)
            };
            let (ours, theirs) = (objective(Solver::Staircase), objective(Solver::Highs));
            let off = (ours - theirs).abs() / theirs.abs().max(1.0);
            let verdict = if off <= SAME { "same" } else { "NOT THE SAME" };
            all_agree &= off <= SAME;
            println!("{site}, {name}: {ours:.6} and {theirs:.6}, {off:.1e}: {verdict}");
        }
    }
    if all_agree { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
