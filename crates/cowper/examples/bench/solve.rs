//! One solve of one horizon, alone: what is read and compiled before counts apart.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Instant;

use cowper::compile::compile;
use cowper::problem::Problem;
use cowper::solver::{Limits, Solver, in_stages};
use cowper::time::Horizon;
use serde_json::{Value, json};

use crate::{Options, Outcome, Site, by_staircase, memory, middle};

/// Solves the site over its first days by staircase, or by HiGHS.
pub fn solve(site: &Site, options: &Options) -> Outcome<Value> {
    let steps_a_day = 86_400 / site.horizon.step_seconds as usize;
    let days = options.number("days", site.horizon.steps / steps_a_day)?;
    let horizon = Horizon { steps: days * steps_a_day, ..site.horizon.clone() };
    let (repeats, seconds) = (options.number("repeats", 1)?, options.number("limit", 1e9)?);
    let begun = Instant::now();
    let compiled = compile(site, &horizon).map_err(|found| format!("{found:?}"))?;
    let compiling = begun.elapsed().as_secs_f64();
    let problem = compiled.problem;
    let resident = memory("VmRSS");
    let mut found = if options.text("solver") == Some("highs") {
        by_highs(&problem, Limits { seconds, solver: Some(Solver::Highs), ..Limits::default() })
    } else {
        let limits = staircase::Options { seconds, ..Default::default() };
        staged(&problem, &limits, repeats)?
    };
    found["steps"] = horizon.steps.into();
    found["compile"] = compiling.into();
    found["resident_before"] = json!(resident);
    found["peak_memory"] = json!(memory("VmHWM"));
    if let (None, Some(peak), Some(resident)) = (options.text("solver"), memory("VmHWM"), resident)
    {
        let bytes = peak.saturating_sub(resident) as usize;
        found["sweep"] = sweep(bytes, 1).into();
        found["sweep_threads"] =
            sweep(bytes, std::thread::available_parallelism().map_or(1, usize::from)).into();
    }
    Ok(found)
}

fn staged(problem: &Problem, limits: &staircase::Options, repeats: usize) -> Outcome<Value> {
    let model = in_stages(problem);
    let solves = (0..repeats).map(|_| by_staircase(&model, limits, None)).collect();
    let (solved, range) = middle(solves)?;
    let mut found = solved.json();
    if let Some(cost) = found["objective"].as_f64() {
        found["objective"] = (cost + problem.fixed_cost).into();
    }
    found["range"] = json!(range);
    Ok(found)
}

fn by_highs(problem: &Problem, limits: Limits) -> Value {
    let begun = Instant::now();
    let solution = cowper::solver::solve(problem, limits, &mut |_| ControlFlow::Continue(()));
    json!({
        "status": format!("{:?}", solution.status),
        "seconds": begun.elapsed().as_secs_f64(),
        "iterations": solution.iterations,
        "objective": solution.point.map(|p| p.objective),
    })
}

/// Seconds to read as many bytes as a solve occupies, once: what an iteration bound by memory alone
/// takes for each time it goes through all it keeps.
fn sweep(bytes: usize, threads: usize) -> f64 {
    let numbers = vec![1.0f64; bytes.div_ceil(8).max(1)];
    let share = numbers.len().div_ceil(threads);
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for part in numbers.chunks(share) {
                scope.spawn(move || {
                    let mut sums = [0.0f64; 64];
                    for some in part.chunks_exact(64) {
                        for (sum, number) in sums.iter_mut().zip(some) {
                            *sum += number;
                        }
                    }
                    black_box(sums)
                });
            }
        });
        best = best.min(begun.elapsed().as_secs_f64());
    }
    best
}
