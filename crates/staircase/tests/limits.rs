//! A solve that is cut short says so, and hands over what it has with its true measures.

mod common;

use std::ops::ControlFlow;

use common::check;
use common::draw::Draw;
use common::judge::measured;
use common::random::energy;
use staircase::{
    Before, Column, Extent, Model, Options, Point, Progress, Row, Solution, Status, Term, solve,
};

fn site() -> Model {
    energy(&mut Draw::new(5), 96)
}

fn with(options: Options) -> Solution {
    solve(&site(), &options, None, &mut |_| ControlFlow::Continue(()))
}

/// What is handed over is measured as the checker measures it.
fn truthful(solution: &Solution) {
    let claimed = solution.measures.expect("a point comes with its measures");
    let point = solution.point.as_ref().expect("the best point is handed over");
    let found = check::measure(&site(), point);
    for (claimed, found) in [
        (claimed.primal, found.primal),
        (claimed.dual, found.dual),
        (claimed.gap, found.gap),
        (claimed.objective, found.objective),
        (claimed.dual_objective, found.dual_objective),
    ] {
        assert!((claimed - found).abs() <= 1e-9 + 1e-6 * found.abs(), "{claimed} is {found}");
    }
}

/// Proves: the limit of iterations ends a solve, without a claim to an optimum.
/// Sensitivity: a limit that is not looked at would give the optimum.
#[test]
fn iterations_are_used_up() {
    let solution = with(Options { iterations: 3, ..Options::default() });
    assert_eq!(solution.status, Status::IterationLimit);
    assert!(solution.iterations <= 3);
    truthful(&solution);
}

/// Proves: no time is no time.
/// Sensitivity: as above.
#[test]
fn the_time_is_over() {
    let solution = with(Options { seconds: 0.0, ..Options::default() });
    assert_eq!(solution.status, Status::TimeLimit);
    truthful(&solution);
}

/// Proves: the watcher is told of every iteration once and in order, may stop, and is not told of
/// more after that.
/// Sensitivity: a stop that is looked at later would show in the iterations.
#[test]
fn the_watcher_says_stop() {
    let mut told: Vec<usize> = Vec::new();
    let solution = solve(&site(), &Options::default(), None, &mut |progress: &Progress| {
        told.push(progress.iteration);
        if progress.iteration >= 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(solution.status, Status::Stopped);
    assert_eq!(told.last(), Some(&4));
    assert!(told.windows(2).all(|pair| pair[1] == pair[0] + 1), "{told:?}");
    truthful(&solution);
}

/// Proves: a tolerance is kept, and where no more is aimed at, a coarser one needs fewer iterations.
/// Sensitivity: a tolerance that is not looked at.
#[test]
fn tolerances_are_kept() {
    let mut last = 0;
    for tolerance in [1e-3, 1e-6, 1e-8] {
        let options = Options { tolerance, aim: tolerance, ..Options::default() };
        let solution = with(options);
        assert_eq!(solution.status, Status::Optimal, "{tolerance}");
        measured(&site(), &options, &solution).unwrap();
        assert!(solution.iterations >= last, "{tolerance}");
        last = solution.iterations;
    }
    assert!(last > 3);
}

/// A contradiction beside a direction along which the cost falls: nothing but a proof tells which.
fn contradiction_and_direction() -> Model {
    let column = |lower: f64, upper: f64, cost: f64| Column {
        lower: lower.into(),
        upper: upper.into(),
        cost: cost.into(),
        extent: Extent::Stage,
    };
    let term = |column, coefficient: f64, back| Term {
        column,
        coefficient: coefficient.into(),
        back,
        before: if back > 0 { Before::Nought } else { Before::Nothing },
    };
    let row = |terms, side: f64| Row {
        terms,
        lower: side.into(),
        upper: side.into(),
        extent: Extent::Stage,
    };
    Model {
        stages: 30,
        columns: vec![
            column(0.0, 1.0, 1.0),
            column(0.0, 25.0, 0.1),
            column(0.0, f64::INFINITY, -1.0),
            column(f64::NEG_INFINITY, f64::INFINITY, 0.0),
        ],
        rows: vec![
            row(vec![term(0, 1.0, 0), term(1, 1.0, 1), term(1, -1.0, 0)], 20.0),
            row(vec![term(2, 1.0, 0), term(3, 1.0, 0)], 1.0),
        ],
        ..Model::default()
    }
}

/// Proves: a stop in the middle of a proof is a stop, said once and not asked for again.
/// Sensitivity: the second problem of a proof went on, and its answer stood for that of the first.
#[test]
fn the_watcher_stops_a_proof() {
    let model = contradiction_and_direction();
    let stopped_at = |call: usize| {
        let mut calls = 0;
        let solution = solve(&model, &Options::default(), None, &mut |_| {
            calls += 1;
            if calls == call { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        (solution.status, calls)
    };
    // Of all tries together, so that they never fall back.
    let mut last = 0;
    solve(&model, &Options::default(), None, &mut |progress| {
        assert!(progress.iteration >= last, "{} after {last}", progress.iteration);
        last = progress.iteration;
        ControlFlow::Continue(())
    });
    let (status, calls) = stopped_at(usize::MAX);
    assert_eq!(status, Status::Infeasible);
    for call in 1..=calls {
        assert_eq!(stopped_at(call), (Status::Stopped, call));
    }
}

/// Proves: what can never be met is refused with a reason.
/// Sensitivity: a time that is no number was no limit.
#[test]
fn nonsense_is_refused() {
    for options in [
        Options { tolerance: f64::NAN, ..Options::default() },
        Options { tolerance: -1.0, ..Options::default() },
        Options { aim: f64::NAN, ..Options::default() },
        Options { seconds: f64::NAN, ..Options::default() },
    ] {
        let solution = with(options);
        assert_eq!(solution.status, Status::Unsuited);
        assert!(solution.reason.is_some_and(|reason| reason.contains("must be numbers")));
    }
}

/// Proves: a column or row of spans that are not there is refused, and told which.
/// Sensitivity: its lists would be said to be of another length, whatever length they are.
#[test]
fn a_missing_division_is_named() {
    let refused = |model: &Model| {
        let solution = solve(model, &Options::default(), None, &mut |_| ControlFlow::Continue(()));
        assert_eq!(solution.status, Status::Unsuited);
        solution.reason.unwrap()
    };
    let mut model = contradiction_and_direction();
    model.rows[1].extent = Extent::Span(2);
    assert!(
        refused(&model).contains("row 1 holds for each span of division 2 of time, which is not")
    );
    model.columns[3].extent = Extent::Span(0);
    assert!(refused(&model).contains("column 3 has a value for each span of division 0 of time"));
}

/// Proves: a solve with a guess begins with it, and from its own answer takes fewer iterations.
/// Sensitivity: a start that comes to no numbers, which is thrown away, or is that of a solve without; values or
/// multipliers laid at other columns and rows.
#[test]
fn a_guess_is_begun_with() {
    let mut all = [0, 0];
    for seed in 0..12 {
        let model = energy(&mut Draw::new(seed), 96);
        let first = |start: Option<&Point>| {
            let mut first = None;
            let mut watch = |progress: &Progress| {
                first.get_or_insert(*progress);
                ControlFlow::Continue(())
            };
            let solution = solve(&model, &Options::default(), start, &mut watch);
            (first.expect("there are iterations"), solution)
        };
        let (cold, solution) = first(None);
        let (warm, again) = first(solution.point.as_ref());
        all[0] += solution.iterations;
        all[1] += again.iterations;
        for number in [warm.primal, warm.dual, warm.gap] {
            assert!(number.is_finite(), "{seed}: {warm:?}");
        }
        assert!(warm.objective != cold.objective, "{seed}: {warm:?}");
    }
    assert!(3 * all[1] < 2 * all[0], "{all:?}");
}
