//! How the kinds are tested: a site as text, its cost and some of its schedule, calculated by hand.

use std::ops::ControlFlow;

use crate::accounts::{Accounts, accounts};
use crate::compile::{Compiled, compile, connections};
use crate::cooperation::{Baseline, PartyPosition, Plan, baseline, coalition, positions};
use crate::diagnostic::{Diagnostic, render};
use crate::game::Coalition;
use crate::schedule::{Schedule, schedule};
use crate::series::{FileOptions, RawTable};
use crate::site::Site;
use crate::solver::{Limits, Point, Solution, Solver, Status, solve};

/// A site that has been read, solved and checked.
pub(crate) struct Solved {
    pub compiled: Compiled,
    pub point: Point,
    pub schedule: Schedule,
    pub accounts: Accounts,
}

/// No files: sites under test carry their series.
pub(crate) fn no_files(file: &str, _: &FileOptions) -> Result<RawTable, Vec<Diagnostic>> {
    Err(vec![Diagnostic::nowhere(format!("there is no file `{file}`"))])
}

/// Reads a site that must be right.
pub(crate) fn read(text: &str) -> Site {
    match crate::input::read(text, &no_files) {
        Ok((site, _)) => site,
        Err(found) => panic!("{}", render(&found, "site.toml", text)),
    }
}

/// The mistakes of a site that must have some, as a user sees them.
pub(crate) fn mistakes(text: &str) -> String {
    match crate::input::read(text, &no_files) {
        Err(found) => render(&found, "site.toml", text),
        Ok((site, _)) => match compile(&site, &site.horizon) {
            Err(found) => render(&found, "site.toml", text),
            Ok(compiled) => render(&connections(&site, &compiled), "site.toml", text),
        },
    }
}

/// Solves a site to a solution that may be anything: a vertex, so that what is given by hand is met.
pub(crate) fn attempt(site: &Site) -> (Compiled, Solution) {
    let compiled = compile(site, &site.horizon)
        .unwrap_or_else(|found| panic!("{}", render(&found, "site.toml", "")));
    let solution = solve_by(&compiled, Solver::Highs);
    (compiled, solution)
}

fn solve_by(compiled: &Compiled, solver: Solver) -> Solution {
    let limits = Limits { gap: 1e-9, solver: Some(solver), ..Limits::default() };
    solve(&compiled.problem, limits, &mut |_| ControlFlow::Continue(()))
}

/// Staircase brings all that is linear to the same status and the same cost.
fn check_the_other_solver(compiled: &Compiled, solution: &Solution) {
    if solution.point.as_ref().is_some_and(|point| point.whole_numbers) {
        return;
    }
    let other = solve_by(compiled, Solver::Staircase);
    assert_eq!(other.status, solution.status, "{:?}", other.because);
    if let (Some(other), Some(point)) = (&other.point, &solution.point) {
        let (a, b) = (other.objective, point.objective);
        assert!((a - b).abs() <= 1e-7 * (1.0 + b.abs()), "staircase: {a}, HiGHS: {b}");
    }
}

/// Solves a site that has an optimum.
pub(crate) fn solved(text: &str) -> Solved {
    solved_site(read(text))
}

/// Solves a site that has an optimum.
pub(crate) fn solved_site(site: Site) -> Solved {
    let (compiled, solution) = attempt(&site);
    assert_eq!(solution.status, Status::Optimal);
    check_the_other_solver(&compiled, &solution);
    let point = solution.point.expect("an optimum has a point");
    let schedule = schedule(&site, &compiled, &point);
    let accounts = accounts(&site, &compiled, &point, &schedule);
    Solved { compiled, point, schedule, accounts }
}

impl Solved {
    /// The values of "component.quantity".
    pub fn values(&self, title: &str) -> Vec<f64> {
        let known = || {
            self.schedule
                .columns()
                .map(|c| format!("{}.{}", c.component, c.name))
                .collect::<Vec<_>>()
        };
        let column = self.schedule.get(title);
        column.unwrap_or_else(|| panic!("no `{title}`; there are {:?}", known())).values.clone()
    }
}

/// Checks the cost of a site and some of its schedule.
pub(crate) fn check(text: &str, cost: f64, columns: &[(&str, &[f64])]) -> Solved {
    let solved = solved(text);
    for (title, expected) in columns {
        let found = solved.values(title);
        let near = found.len() == expected.len()
            && found.iter().zip(*expected).all(|(a, b)| (a - b).abs() < 1e-6 * (1.0 + b.abs()));
        assert!(near, "{title}: found {found:?}, expected {expected:?}");
    }
    let found = solved.point.objective;
    assert!(
        (found - cost).abs() < 1e-6 * (1.0 + cost.abs()),
        "cost: found {found}, expected {cost}"
    );
    // What the books count is what was minimised.
    let booked: f64 = solved.accounts.costs.iter().map(|c| c.amount).sum();
    assert!(
        (booked - found).abs() < 1e-6 * (1.0 + found.abs()),
        "books: {booked}, objective {found}"
    );
    for line in &solved.accounts.energy {
        assert!(
            line.closing_error.abs() < 1e-6 * (1.0 + line.into.abs()),
            "balance of node {} does not close",
            line.node
        );
    }
    solved
}

/// Checks what each party costs alone, in the order of keys, what all cost together, and quantities of
/// contracts. Whoever is solved, shares at prices add up and no one has more than alone.
pub(crate) fn check_alone(
    text: &str,
    alone: &[f64],
    together: f64,
    quantities: &[(&str, &[f64])],
) -> (Site, Baseline, Plan) {
    let site = read(text);
    let horizon = site.horizon.clone();
    let limits = Limits { gap: 1e-9, solver: Some(Solver::Highs), ..Limits::default() };
    let baseline = baseline(&site, &horizon, limits).unwrap_or_else(|f| panic!("{f}"));
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6 * (1.0 + b.abs());
    let found: Vec<f64> = baseline.alone.iter().map(|plan| plan.cost().upper).collect();
    let all_near = found.len() == alone.len() && found.iter().zip(alone).all(|(a, b)| near(*a, *b));
    assert!(all_near, "alone: found {found:?}, expected {alone:?}");
    for (name, expected) in quantities {
        let index = site.contracts.iter().position(|c| c.name == *name).expect("it is there");
        let found = &baseline.quantities[index];
        let all_near =
            found.len() == expected.len() && found.iter().zip(*expected).all(|(a, b)| near(*a, *b));
        assert!(all_near, "{name}: found {found:?}, expected {expected:?}");
    }
    let everyone = Coalition::everyone(site.network.parties.len());
    let plan = coalition(&site, &horizon, (&baseline, everyone), limits).expect("it is solved");
    let found = plan.cost().upper;
    assert!(near(found, together), "together: found {found}, expected {together}");
    for plan in baseline.alone.iter().chain([&plan]) {
        let books = plan.accounts(&site);
        let booked: f64 = books.costs.iter().map(|c| c.amount).sum();
        assert!(near(booked, plan.cost().upper), "books: {booked}, {:?}", plan.cost());
        assert!(books.energy.iter().all(|e| e.closing_error.abs() < 1e-6 * (1.0 + e.into)));
    }
    let shares = positions(&site, &plan, &baseline).expect("no limits are shared").parties;
    let sum: f64 = shares.iter().map(PartyPosition::cost).sum();
    assert!(near(sum, together), "shares {shares:?} of {together}");
    let gains = shares
        .iter()
        .zip(alone)
        .all(|(share, alone)| share.cost() <= alone + 1e-6 * (1.0 + alone.abs()));
    assert!(gains, "shares {shares:?}, alone {alone:?}");
    (site, baseline, plan)
}
