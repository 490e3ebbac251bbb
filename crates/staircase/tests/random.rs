//! Thousands of random problems, each judged by HiGHS and by the checker.
//!
//! `STAIRCASE_CASES=10000` for more, `STAIRCASE_FIRST=5000` for others, `STAIRCASE_ONLY=17` for one
//! in full.

mod common;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use common::judge::{Agreement, judge};
use common::matrix::Matrix;
use common::random::{CLASSES, Case, Class, case};
use staircase::{Options, Progress, solve};

/// What became of a class of problems.
#[derive(Default)]
struct Tally {
    solved: usize,
    failed: usize,
    against: usize,
    iterations: usize,
    most_iterations: usize,
}

/// Proves: the same status and objective as HiGHS, measures that are true, and proofs that prove.
/// Sensitivity: any mistake in the method, its presolve or its way back.
#[test]
fn agrees_with_highs() {
    if let Some(number) = number("STAIRCASE_ONLY") {
        return show(number);
    }
    let first = number("STAIRCASE_FIRST").unwrap_or(0);
    let count = number("STAIRCASE_CASES").unwrap_or(1000);
    let mut tallies: BTreeMap<Class, Tally> = BTreeMap::new();
    let mut failures = Vec::new();
    for number in first..first + count {
        let case = case(number);
        let options = options(number);
        let tally = tallies.entry(case.class).or_default();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let solution = solve(&case.model, &options, None, &mut go_on);
            (solution.iterations, judge(&case, &options, &solution))
        }))
        .unwrap_or_else(|panic| (0, Err(format!("panics: {}", said(&*panic)))));
        tally.iterations += outcome.0;
        tally.most_iterations = tally.most_iterations.max(outcome.0);
        match outcome.1 {
            Ok(Agreement::Same) => tally.solved += 1,
            Ok(Agreement::Against(what)) => {
                tally.against += 1;
                println!("{number} {:?}: {what}", case.class);
            }
            Err(what) => {
                tally.failed += 1;
                failures.push(format!("{}: {what}", heading(number, &case, &options)));
            }
        }
    }
    println!("{:<12} {:>6} {:>7} {:>6}  iterations", "class", "same", "against", "failed");
    for class in CLASSES {
        let Some(tally) = tallies.get(&class) else { continue };
        let Tally { solved, failed, against, iterations, most_iterations } = tally;
        let mean = iterations / (solved + failed + against).max(1);
        println!(
            "{:<12} {solved:>6} {against:>7} {failed:>6}  {mean} on average, at most {most_iterations}",
            format!("{class:?}")
        );
    }
    assert!(failures.is_empty(), "{} of {count} fail:\n{}", failures.len(), failures.join("\n"));
}

/// Most as anybody would; a few without presolve, and a few with two threads.
fn options(number: u64) -> Options {
    let turn = number / CLASSES.len() as u64;
    Options {
        presolve: turn % 3 != 2,
        threads: if turn % 4 == 3 { 2 } else { 1 },
        seconds: 30.0,
        ..Options::default()
    }
}

fn go_on(_: &Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}: `{text}` is not a number")))
}

fn heading(number: u64, case: &Case, options: &Options) -> String {
    let matrix = Matrix::of(&case.model);
    format!(
        "{number} {:?}, {} stages, {} rows, {} columns{}",
        case.class,
        case.model.stages,
        matrix.rows.len(),
        matrix.columns.len(),
        if options.presolve { "" } else { ", without presolve" }
    )
}

fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("?")
}

/// One problem with and without presolve, step by step.
fn show(number: u64) {
    let case = case(number);
    println!("{:#?}", case.model);
    let mut failed = false;
    for presolve in [true, false] {
        let options = Options { presolve, ..options(number) };
        println!("{}, known: {:?}", heading(number, &case, &options), case.known);
        let solution = solve(&case.model, &options, None, &mut |progress| {
            println!("{progress:?}");
            ControlFlow::Continue(())
        });
        println!("{:?}, {:?}", solution.status, solution.measures);
        let outcome = judge(&case, &options, &solution);
        println!("{outcome:?}");
        failed |= outcome.is_err();
    }
    assert!(!failed, "{number} fails");
}
