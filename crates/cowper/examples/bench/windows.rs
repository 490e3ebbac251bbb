//! A window that moves on through the year: each starts where the one before has come to.

use std::ops::ControlFlow;
use std::time::Instant;

use cowper::compile::{Compiled, compile};
use cowper::model::StateKind;
use cowper::problem::Problem;
use cowper::schedule::values_of;
use cowper::solver::{Limits, Point, Progress, Solution, Solver, in_stages, solve, solve_from};
use cowper::time::Horizon;
use serde_json::{Value, json};

use crate::{Options, Outcome, Site, by_staircase};

/// Solves window after window through Cowper, cold and from the point of the window before, moved on; so
/// too by staircase alone; some of them by HiGHS. One window before the first is not counted.
pub fn windows(site: &Site, options: &Options) -> Outcome<Value> {
    let (count, steps) = (options.number("windows", 1000)?, options.number("steps", 96)?);
    let (shift, highs) = (options.number("shift", 1)?, options.number("highs", 0)?);
    let mut site = site.clone();
    let whole = site.horizon.clone();
    if shift == 0 || count * shift + steps > whole.steps {
        return Err(format!("{count} windows, {shift} steps apart, do not fit into the horizon"));
    }
    let limits = staircase::Options::default();
    let mut seen = Seen::default();
    let (mut last, mut last_alone) = (None::<Point>, None::<staircase::Point>);
    for window in 0..=count {
        let horizon = Horizon { start: whole.begin(window * shift), steps, ..whole.clone() };
        let begun = Instant::now();
        let compiled = compile(&site, &horizon).map_err(|found| format!("{found:?}"))?;
        let compiling = begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        let solution = by(Solver::Staircase, &compiled.problem);
        let solving = begun.elapsed().as_secs_f64();
        let Some(point) = solution.point else {
            return Err(format!("window {window}: {:?}, {:?}", solution.status, solution.because));
        };
        let begun = Instant::now();
        let from_last = last.as_ref().map(|last| {
            let guess = last.moved_on(shift);
            solve_from(&compiled.problem, guess, only(Solver::Staircase), &mut go_on)
        });
        let solving_from_last = begun.elapsed().as_secs_f64();

        let model = in_stages(&compiled.problem);
        let cold = by_staircase(&model, &limits, None);
        let start = last_alone.as_ref().map(|last: &staircase::Point| last.moved_on(&model, shift));
        let warm = by_staircase(&model, &limits, start.as_ref());
        if let Some(from_last) = from_last {
            seen.compile.push(compiling);
            seen.solve.push(solving);
            seen.both.push(compiling + solving);
            seen.both_from_last.push(compiling + solving_from_last);
            seen.compare(from_last.point.map_or(f64::NAN, |p| p.objective), point.objective);
            seen.cold.push(cold.seconds);
            seen.warm.push(warm.seconds);
            seen.cold_iterations.push(cold.solution.iterations as f64);
            seen.warm_iterations.push(warm.solution.iterations as f64);
            for solved in [&cold, &warm] {
                let objective = solved.solution.measures.map_or(f64::NAN, |m| m.objective)
                    + compiled.problem.fixed_cost;
                seen.compare(objective, point.objective);
            }
            if highs > 0 && (window - 1) * highs / count != window * highs / count {
                let begun = Instant::now();
                let other = by(Solver::Highs, &compiled.problem);
                seen.highs.push(begun.elapsed().as_secs_f64());
                seen.compare(other.point.map_or(f64::NAN, |p| p.objective), point.objective);
            }
        }
        last_alone = warm.solution.point;
        carry(&mut site, &compiled, &point, shift)?;
        last = Some(point);
    }
    let slowest = slowest(&seen.cold, &seen.cold_iterations);
    Ok(json!({
        "windows": count,
        "steps": steps,
        "shift": shift,
        "compile": spread(seen.compile),
        "solve": spread(seen.solve),
        "compile_and_solve": spread(seen.both),
        "compile_and_solve_from_last": spread(seen.both_from_last),
        "cold": spread(seen.cold),
        "warm": spread(seen.warm),
        "cold_iterations": spread(seen.cold_iterations),
        "warm_iterations": spread(seen.warm_iterations),
        "highs": spread(seen.highs),
        "slowest": slowest,
        "worst_difference": seen.worst,
    }))
}

/// Seconds and iterations of each window.
#[derive(Default)]
struct Seen {
    compile: Vec<f64>,
    solve: Vec<f64>,
    both: Vec<f64>,
    both_from_last: Vec<f64>,
    cold: Vec<f64>,
    warm: Vec<f64>,
    cold_iterations: Vec<f64>,
    warm_iterations: Vec<f64>,
    highs: Vec<f64>,
    /// Greatest relative difference of two objectives of the same window.
    worst: f64,
}

impl Seen {
    fn compare(&mut self, a: f64, b: f64) {
        let difference = (a - b).abs() / (1.0 + b.abs());
        self.worst = self.worst.max(if difference.is_nan() { f64::INFINITY } else { difference });
    }
}

fn by(solver: Solver, problem: &Problem) -> Solution {
    solve(problem, only(solver), &mut go_on)
}

fn only(solver: Solver) -> Limits {
    Limits { solver: Some(solver), ..Limits::default() }
}

fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// The levels and outputs after some steps of a window are those that the next one starts from.
fn carry(site: &mut Site, compiled: &Compiled, point: &Point, shift: usize) -> Outcome<()> {
    let unit = |id| compiled.problem.block(id).dimension.symbol(&site.network.currency);
    let name = |component: usize| &site.components[component].name;
    let mut text = String::new();
    for level in &compiled.levels {
        let value = values_of(point, level.level)[shift - 1].clamp(0.0, level.capacity);
        let unit = unit(level.level);
        text.push_str(&format!("[state.{}]\nlevel = \"{value} {unit}\"\n", name(level.component)));
    }
    for state in compiled.states.iter().filter(|state| state.what == StateKind::Output) {
        let value = values_of(point, state.variable)[shift - 1].max(0.0);
        let unit = unit(state.variable);
        text.push_str(&format!("[state.{}]\noutput = \"{value} {unit}\"\n", name(state.component)));
    }
    let state =
        cowper::input::read_state(&text, site).map_err(|found| format!("{text}\n{found:?}"))?;
    site.state.extend(state.states);
    Ok(())
}

/// The five windows that took longest, numbered from 1.
fn slowest(seconds: &[f64], iterations: &[f64]) -> Vec<Value> {
    let mut order: Vec<usize> = (0..seconds.len()).collect();
    order.sort_by(|a, b| seconds[*b].total_cmp(&seconds[*a]));
    let told = |at: usize| json!({ "window": at + 1, "seconds": seconds[at], "iterations": iterations[at] as usize });
    order.into_iter().take(5).map(told).collect()
}

/// Median, 95th percentile and worst; nothing of nothing.
fn spread(mut values: Vec<f64>) -> Value {
    values.sort_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return Value::Null };
    json!({
        "count": values.len(),
        "median": values[last / 2],
        "p95": values[(last * 95).div_ceil(100)],
        "worst": values[last],
    })
}
