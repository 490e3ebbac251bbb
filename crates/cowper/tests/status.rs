//! Every solve says what became of it: why there is no plan, or how good the plan is.

use std::ops::ControlFlow;

use cowper::compile::{Compiled, compile};
use cowper::diagnostic::{Diagnostic, render};
use cowper::series::{FileOptions, RawTable};
use cowper::solver::{
    Contradiction, Limits, Solution, Status, contradictions, runaways, solve, violation,
};
use cowper::units::{ENERGY, TIME};

fn no_files(file: &str, _: &FileOptions) -> Result<RawTable, Vec<Diagnostic>> {
    Err(vec![Diagnostic::nowhere(format!("there is no file `{file}`"))])
}

fn compiled(text: &str) -> Compiled {
    let (site, _) = cowper::input::read(text, &no_files)
        .unwrap_or_else(|f| panic!("{}", render(&f, "site.toml", text)));
    compile(&site, &site.horizon).unwrap_or_else(|f| panic!("{}", render(&f, "site.toml", text)))
}

fn attempt(compiled: &Compiled, limits: Limits) -> Solution {
    solve(&compiled.problem, limits, &mut |_| ControlFlow::Continue(()))
}

fn boiler(fields: &str) -> String {
    format!(
        r#"
        [site]
        name = "test"
        [horizon]
        start = "2025-01-01 00:00"
        end = "2025-01-01 04:00"
        step = "1 h"
        [carrier.gas]
        measure = "energy"
        [carrier.steam]
        measure = "mass"
        enthalpy = "3.6 GJ/t"
        [fuel_supply.pipeline]
        carrier = "gas"
        price = "30 EUR/MWh"
        [boiler.b]
        steam = "steam"
        capacity = "100 t/h"
        efficiency = {{ gas = 1 }}
        {fields}
        [demand.works]
        carrier = "steam"
        amount = "50 t/h"
        "#
    )
}

/// Proves: what can be served at a price is never infeasible.
/// Sensitivity: without priced shortage the missing steam would be no solution.
#[test]
fn shortage_is_no_conflict() {
    let compiled = compiled(&boiler("").replace("50 t/h", "500 t/h"));
    let solution = attempt(&compiled, Limits::default());
    assert_eq!(solution.status, Status::Optimal);
    let found: Vec<Contradiction> = contradictions(&compiled.problem, None, Limits::default());
    assert!(found.is_empty());
}

/// Proves: export dearer than import without limits is unbounded, and both are named.
/// Sensitivity: a solver's "infeasible or unbounded" passed on would leave the user to guess.
#[test]
fn money_without_end() {
    let site = r#"
        [site]
        name = "test"
        [horizon]
        start = "2025-01-01 00:00"
        end = "2025-01-01 04:00"
        step = "1 h"
        [carrier.electricity]
        measure = "energy"
        [grid_connection.grid]
        import_price = "20 EUR/MWh"
        export_price = "30 EUR/MWh"
        [demand.works]
        carrier = "electricity"
        amount = "10 MW"
        "#;
    let compiled = compiled(site);
    let solution = attempt(&compiled, Limits::default());
    assert_eq!(solution.status, Status::Unbounded);
    assert!(solution.point.is_none());
    let named = |component: &str, name: &str| (component.to_owned(), name.to_owned());
    assert_eq!(
        runaways(&compiled.problem, solution.certificate.as_ref()),
        [named("grid", "import"), named("grid", "export")]
    );
    assert_eq!(compiled.problem.variables[0].dimension, ENERGY.per(TIME));
}

/// Proves: unbounded with whole numbers is said to be so too.
/// Sensitivity: presolve alone cannot tell the two apart.
#[test]
fn money_without_end_among_whole_numbers() {
    let site = boiler("start_cost = \"9 EUR\"\nminimum_load = \"10 %\"")
        + "[carrier.electricity]\nmeasure = \"energy\"\n[grid_connection.grid]\nimport_price = \"20 EUR/MWh\"\nexport_price = \"30 EUR/MWh\"";
    let compiled = compiled(&site);
    assert!(compiled.problem.has_integers());
    let solution = attempt(&compiled, Limits::default());
    assert_eq!(solution.status, Status::Unbounded);
    assert_eq!(runaways(&compiled.problem, solution.certificate.as_ref()).len(), 2);
}

/// Twenty boilers, started and stopped over two days for a load that leaves a choice.
fn hard() -> Compiled {
    let mut site = String::from(
        "[site]\nname = \"hard\"\n[horizon]\nstart = \"2025-01-01\"\nend = \"2025-01-03\"\nstep = \"1 h\"\n\
         [carrier.gas]\nmeasure = \"energy\"\n[carrier.heat]\nmeasure = \"energy\"\n\
         [fuel_supply.pipeline]\ncarrier = \"gas\"\nprice = \"30 EUR/MWh\"\n[demand.town]\ncarrier = \"heat\"\namount = \"load\"\n",
    );
    let load: Vec<u64> = (0..48u64).map(|t| 100 + t * 7919 % 193).collect();
    site += &format!("[series.load]\nunit = \"MW\"\nvalues = {load:?}\n");
    for b in 0..20 {
        site += &format!(
            "[boiler.b{b:02}]\nsteam = \"heat\"\ncapacity = \"{} MW\"\nefficiency = {{ gas = 0.{} }}\nminimum_load = \"{} %\"\nstart_cost = \"{} EUR\"\nminimum_up = \"{} h\"\nminimum_down = \"3 h\"\n",
            11 + b * 7 % 13,
            81 + b * 3 % 11,
            40 + b * 5 % 23,
            100 + b * 37 % 211,
            2 + b % 5,
        );
    }
    compiled(&site)
}

/// Whatever is shown keeps every limit and says how far from the best it may be.
fn is_honest(compiled: &Compiled, solution: &Solution) {
    if let Some(point) = &solution.point {
        assert!(violation(&compiled.problem, &point.values) < 1e-5);
        assert!(point.bound <= point.objective + 1e-6 * point.objective.abs());
        assert!(point.gap >= 0.0);
        assert!(!matches!(
            solution.status,
            Status::Infeasible | Status::Unbounded | Status::Numerical
        ));
    }
}

/// Proves: without time there is a time limit, not an optimum, and no numbers that break a limit.
/// Sensitivity: a first guess shown as a plan would pass for one.
#[test]
fn no_time_at_all() {
    for compiled in [hard(), compiled(&boiler(""))] {
        let solution = attempt(&compiled, Limits { seconds: 0.0, ..Limits::default() });
        // A problem that presolve solves takes no time.
        assert!(
            matches!(solution.status, Status::TimeLimit | Status::Optimal),
            "{:?}",
            solution.status
        );
        is_honest(&compiled, &solution);
        assert!(solution.status == Status::TimeLimit || !compiled.problem.has_integers());
    }
}

/// Proves: a watcher that breaks stops the solve: with the best plan so far, or with none.
/// Sensitivity: a stop reported as optimal would be a lie.
#[test]
fn a_watcher_stops_the_solve() {
    let compiled = hard();
    for patience in [0, 3] {
        let mut calls = 0;
        let solution =
            solve(&compiled.problem, Limits { gap: 0.0, ..Limits::default() }, &mut |progress| {
                assert!(progress.seconds >= 0.0);
                calls += 1;
                if calls > patience { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        assert!(calls > patience, "the solve ended by itself after {calls} calls");
        let expected = if solution.point.is_some() { Status::Feasible } else { Status::TimeLimit };
        assert_eq!(solution.status, expected);
        is_honest(&compiled, &solution);
    }
}

/// Proves: a gap that is allowed is reported.
/// Sensitivity: 0 would claim a proof that nobody made.
#[test]
fn the_gap_is_told() {
    let compiled = hard();
    let solution = attempt(&compiled, Limits { gap: 0.05, seconds: 60.0, ..Limits::default() });
    assert_eq!(solution.status, Status::Optimal);
    is_honest(&compiled, &solution);
    let point = solution.point.unwrap();
    assert!(point.gap <= 0.05 + 1e-9);
    assert!((point.gap - (point.objective - point.bound) / point.objective).abs() < 1e-9);
}
