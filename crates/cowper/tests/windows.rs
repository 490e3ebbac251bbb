//! Windows that move on: each is solved from the point of the one before.

use std::ops::ControlFlow;

use cowper::compile::compile;
use cowper::diagnostic::{Diagnostic, render};
use cowper::problem::Problem;
use cowper::series::{FileOptions, RawTable};
use cowper::site::Site;
use cowper::solver::{Guess, Limits, Point, Solution, Solver, Status, solve, solve_from};
use cowper::time::Horizon;

fn site(text: &str) -> Site {
    let no_files = |file: &str, _: &FileOptions| -> Result<RawTable, Vec<Diagnostic>> {
        Err(vec![Diagnostic::nowhere(format!("there is no file `{file}`"))])
    };
    let (site, _) = cowper::input::read(text, &no_files)
        .unwrap_or_else(|f| panic!("{}", render(&f, "site.toml", text)));
    site
}

/// Two months with a demand charge, a boiler with ramps, and two stores.
fn works() -> Site {
    site(
        r#"
        [site]
        name = "test"
        [horizon]
        start = "2025-01-01"
        end = "2025-03-01"
        step = "1 h"
        [carrier.electricity]
        measure = "energy"
        [carrier.gas]
        measure = "energy"
        [carrier.heat]
        measure = "energy"
        [series.price]
        otherwise = "82 EUR/MWh"
        periods = [
          { from = "08:00", to = "12:00", value = "118 EUR/MWh" },
          { from = "17:00", to = "20:00", value = "131 EUR/MWh" },
          { from = "23:00", to = "07:00", value = "52 EUR/MWh" },
        ]
        [series.need]
        otherwise = "60 MW"
        periods = [
          { from = "06:00", to = "09:00", value = "90 MW" },
          { from = "13:00", to = "15:00", value = "35 MW" },
        ]
        [grid_connection.grid]
        import_price = "price"
        demand_charge = "9 EUR/kW/month"
        [fuel_supply.pipeline]
        carrier = "gas"
        price = "30 EUR/MWh"
        [boiler.b]
        steam = "heat"
        capacity = "80 MW"
        efficiency = { gas = 0.9 }
        ramp_up = "20 %/h"
        ramp_down = "30 %/h"
        [converter.heater]
        capacity = "40 MW"
        capacity_at = "electricity"
        takes = { electricity = 1 }
        gives = { heat = 0.99 }
        [battery.cells]
        power = "15 MW"
        capacity = "60 MWh"
        end = "free"
        [tank.water]
        carrier = "heat"
        capacity = "100 MWh"
        fill_limit = "30 MW"
        loss = "1 %/h"
        end = "free"
        [demand.town]
        carrier = "heat"
        amount = "need"
        [demand.load]
        carrier = "electricity"
        amount = "need"
        "#,
    )
}

/// The window of so many steps that begins at a step.
fn window(site: &Site, begin: usize, steps: usize) -> Problem {
    let horizon = Horizon { start: site.horizon.begin(begin), steps, ..site.horizon.clone() };
    compile(site, &horizon).expect("it compiles").problem
}

fn by_staircase(problem: &Problem, guess: Option<Guess>) -> Solution {
    let limits = Limits { solver: Some(Solver::Staircase), ..Limits::default() };
    let watch = &mut |_| ControlFlow::Continue(());
    match guess {
        Some(guess) => solve_from(problem, guess, limits, watch),
        None => solve(problem, limits, watch),
    }
}

/// Proves: each window, begun from the one before, comes to the same cost, in fewer iterations by and
/// large; also where it reaches into the next month, and where it is shorter than the one before.
/// Sensitivity: a guess that is lost, or laid at other steps or rows, saves nothing.
#[test]
fn a_window_begins_where_the_last_one_was() {
    let works = works();
    let mut last: Option<Point> = None;
    let (mut cold_ones, mut from_last) = (0, 0);
    for number in 0..50 {
        let steps = if number % 10 == 9 { 60 } else { 96 };
        let problem = window(&works, 24 * number, steps);
        let cold = by_staircase(&problem, None);
        let cost = cold.point.as_ref().expect("it has an optimum").objective;
        if let Some(last) = &last {
            let guess = last.moved_on(24);
            let warm = by_staircase(&problem, Some(guess));
            assert_eq!(warm.status, Status::Optimal, "window {number}");
            let found = warm.point.expect("an optimum has a point").objective;
            assert!((found - cost).abs() <= 1e-7 * cost.abs(), "window {number}: {found}, {cost}");
            cold_ones += cold.iterations;
            from_last += warm.iterations;
        }
        last = cold.point;
    }
    assert!(20 * from_last < 19 * cold_ones, "{from_last} iterations, {cold_ones} without a guess");
}

/// Proves: a guess of other blocks changes nothing, nor does one for a problem that HiGHS solves.
/// Sensitivity: one that is forced on the solve comes to another point, or to none.
#[test]
fn a_guess_that_does_not_fit_changes_nothing() {
    let works = works();
    let problem = window(&works, 0, 48);
    let point = by_staircase(&problem, None).point.expect("it has an optimum");
    let mut other = works.clone();
    other.components.retain(|component| component.name != "heater");
    let other = window(&other, 24, 48);
    let plain = by_staircase(&other, None);
    let guessed = by_staircase(&other, Some(point.moved_on(24)));
    assert_eq!(guessed.iterations, plain.iterations);
    assert_eq!(guessed.point.unwrap().values, plain.point.unwrap().values);

    let limits = Limits { solver: Some(Solver::Highs), ..Limits::default() };
    let watch = &mut |_| ControlFlow::Continue(());
    let by_highs = solve_from(&problem, point.moved_on(0), limits, watch);
    let cost = by_highs.point.expect("it has an optimum").objective;
    assert!((cost - point.objective).abs() <= 1e-7 * cost.abs());
}
