//! The judges judged: HiGHS and the checker on problems small enough to see through.

mod common;

use common::highs::Status;
use common::judge::{Agreement, judge};
use common::random::case;
use common::{check, highs};
use staircase::{Before, Certificate, Column, Extent, Model, Options, Point, Row, Solution, Term};

/// A shop sells 10, 20, 60 a day, buys at 1, 2, 5 at most 40 a day, and may keep 25 overnight.
/// The shelf is empty before the first day.
fn shop(purchase: f64) -> Model {
    let column = |lower: f64, upper: f64, cost: Vec<f64>| Column {
        lower: lower.into(),
        upper: upper.into(),
        cost: cost.into(),
        extent: Extent::Stage,
    };
    let term = |column: usize, coefficient: f64, back: u32| Term {
        column,
        coefficient: coefficient.into(),
        back,
        before: Before::Nought,
    };
    let balance = Row {
        terms: vec![term(0, 1.0, 0), term(1, 1.0, 1), term(1, -1.0, 0)],
        lower: vec![10.0, 20.0, 60.0].into(),
        upper: vec![10.0, 20.0, 60.0].into(),
        extent: Extent::Stage,
    };
    Model {
        stages: 3,
        spans: Vec::new(),
        columns: vec![column(0.0, purchase, vec![1.0, 2.0, 5.0]), column(0.0, 25.0, vec![0.0; 3])],
        rows: vec![balance],
    }
}

/// Proves: the signs and places of values and duals. 35 on the first day for 10 and a full shelf
/// of 25; 20 on the second, which keeps it full; 35 on the third: 35 + 40 + 175 = 250. One more
/// sold on the second day is bought on that day, at 2.
/// Sensitivity: a dual of the other sign proves no bound at all.
#[test]
fn an_optimum_has_no_residuals() {
    let model = shop(40.0);
    let verdict = highs::solve(&model);
    assert_eq!(verdict.status, Status::Optimal);
    assert!((verdict.objective - 250.0).abs() < 1e-9);
    let mut point = verdict.point.unwrap();
    assert_eq!(point.columns, [[35.0, 20.0, 35.0], [25.0, 25.0, 0.0]]);
    assert_eq!(point.row_duals, [[1.0, 2.0, 5.0]]);
    assert_eq!(point.reduced_costs, [[0.0, 0.0, 0.0], [-1.0, -3.0, 5.0]]);
    let measures = check::measure(&model, &point);
    assert!(measures.primal < 1e-12 && measures.dual < 1e-12 && measures.gap < 1e-12);
    assert!((measures.dual_objective - 250.0).abs() < 1e-9);
    point.columns[0][1] -= 1.0;
    // One of 20 to 25 is missing where the greatest number is 25.
    assert!((check::measure(&model, &point).primal - 1.0 / 26.0).abs() < 1e-12);
    point.reduced_costs[1][1] = 3.0;
    // 6 are too much where the greatest number is 5.
    assert!((check::measure(&model, &point).dual - 1.0).abs() < 1e-12);
}

/// Proves: a contradiction is taken for one, and nothing else is. At most 30 a day and 25 from the
/// shelf are less than 60: the third balance is 5 short.
/// Sensitivity: with 40 a day the same multipliers leave −5.
#[test]
fn a_contradiction_is_one() {
    assert_eq!(highs::solve(&shop(30.0)).status, Status::Infeasible);
    let proof = |z: f64| {
        Certificate::Infeasible(Point {
            columns: Vec::new(),
            row_duals: vec![vec![0.0, 0.0, 1.0]],
            reduced_costs: vec![vec![0.0, 0.0, z], vec![0.0, z, 1.0]],
        })
    };
    assert_eq!(check::certificate(&shop(30.0), &proof(-1.0)), Ok(()));
    assert!(check::certificate(&shop(40.0), &proof(-1.0)).is_err());
    // Multipliers of the columns that do not cancel those of the rows.
    assert!(check::certificate(&shop(30.0), &proof(0.0)).is_err());
    // What leans on a bound that is not there.
    let mut open = shop(30.0);
    open.columns[0].upper = f64::INFINITY.into();
    assert!(check::certificate(&open, &proof(-1.0)).is_err());
}

/// Proves: a ray is taken for one, and nothing else is. Who is paid for what he takes and may keep
/// without end takes without end.
/// Sensitivity: with the shelf of 25 the same direction meets its end.
#[test]
fn a_ray_is_one() {
    let mut model = shop(f64::INFINITY);
    model.columns[0].cost = (-1.0).into();
    model.columns[1].upper = f64::INFINITY.into();
    assert_eq!(highs::solve(&model).status, Status::Unbounded);
    let ray = |bought: f64, kept: f64| {
        Certificate::Unbounded(Point {
            columns: vec![vec![0.0, bought, 0.0], vec![0.0, 1.0, kept]],
            row_duals: Vec::new(),
            reduced_costs: Vec::new(),
        })
    };
    assert_eq!(check::certificate(&model, &ray(1.0, 1.0)), Ok(()));
    assert!(check::certificate(&model, &ray(1.0, 0.0)).is_err(), "the third balance is not kept");
    assert!(check::certificate(&model, &ray(0.0, 1.0)).is_err(), "it costs nothing");
    model.columns[1].upper = 25.0.into();
    assert!(check::certificate(&model, &ray(1.0, 1.0)).is_err(), "the shelf is full");
}

/// What HiGHS says, as a solution of ours.
fn solution(model: &Model) -> Solution {
    let verdict = highs::solve(model);
    let (status, certificate) = match verdict.status {
        Status::Optimal => (staircase::Status::Optimal, None),
        Status::Infeasible => (staircase::Status::Infeasible, highs::contradiction(model)),
        Status::Unbounded => (staircase::Status::Unbounded, highs::ray(model)),
        Status::Other(_) => (staircase::Status::Numerical, None),
    };
    let measures = verdict.point.as_ref().map(|point| check::measure(model, point));
    Solution { status, point: verdict.point, measures, certificate, iterations: 0, reason: None }
}

/// Proves: the random problems are what they are meant to be, and what HiGHS says of them holds
/// before the judge: points to 1e-6, proofs of both kinds.
/// Sensitivity: a wrong sign anywhere in the generator or the checker fails hundreds.
#[test]
fn random_problems_are_what_they_say() {
    let options = Options { tolerance: 1e-6, ..Options::default() };
    let mut failures = Vec::new();
    let mut seen = [0; 3];
    for number in 0..1200 {
        let case = case(number);
        let solution = solution(&case.model);
        match solution.status {
            staircase::Status::Optimal => seen[0] += 1,
            staircase::Status::Infeasible => seen[1] += 1,
            _ => seen[2] += 1,
        }
        let judgement = judge(&case, &options, &solution);
        if judgement != Ok(Agreement::Same) {
            failures.push(format!("{number} {:?}: {judgement:?}", case.class));
        }
    }
    assert!(failures.is_empty(), "{} fail:\n{}", failures.len(), failures.join("\n"));
    assert!(seen.iter().all(|count| *count > 80), "{seen:?}");
}

/// Proves: the judge sees every kind of fault. 17 of each class, one after the other spoiled.
/// Sensitivity: what it let through here it would let through from the solver.
#[test]
fn faults_are_seen() {
    let options = Options { tolerance: 1e-8, ..Options::default() };
    let mut seen = [0; 6];
    for number in 0..204 {
        let case = case(number);
        let right = solution(&case.model);
        if judge(&case, &options, &right).is_err() {
            // HiGHS is not that exact everywhere.
            continue;
        }
        let mut spoiled: Vec<(usize, Solution)> = Vec::new();
        if let Some(point) = &right.point {
            let again = |point: Point| {
                let measures = check::measure(&case.model, &point);
                Solution { measures: Some(measures), point: Some(point), ..right.clone() }
            };
            let mut moved = point.clone();
            moved.columns[0][0] += 1e-3;
            // A column that neither costs nor stands in a row may move.
            let found = check::measure(&case.model, &moved);
            if found.primal.max(found.gap) > 1e-7 {
                spoiled.push((0, again(moved.clone())));
                spoiled.push((1, Solution { point: Some(moved), ..right.clone() }));
            }
            let mut priced = point.clone();
            priced.reduced_costs[0][0] += 1e-3 * (1.0 + case.model.columns[0].cost.at(0).abs());
            spoiled.push((2, again(priced)));
            let none = Certificate::Infeasible(Point { columns: Vec::new(), ..point.clone() });
            let infeasible = staircase::Status::Infeasible;
            spoiled.push((
                3,
                Solution { status: infeasible, certificate: Some(none), ..right.clone() },
            ));
        }
        if let Some(Certificate::Infeasible(proof)) = &right.certificate {
            let mut turned = proof.clone();
            turned.row_duals.iter_mut().flatten().for_each(|y| *y = -*y);
            turned.reduced_costs.iter_mut().flatten().for_each(|z| *z = -*z);
            let turned = Some(Certificate::Infeasible(turned));
            spoiled.push((4, Solution { certificate: turned, ..right.clone() }));
        }
        if let Some(Certificate::Unbounded(ray)) = &right.certificate {
            let mut turned = ray.clone();
            turned.columns.iter_mut().flatten().for_each(|d| *d = -*d);
            let turned = Some(Certificate::Unbounded(turned));
            spoiled.push((5, Solution { certificate: turned, ..right.clone() }));
        }
        for (fault, solution) in spoiled {
            seen[fault] += 1;
            let judgement = judge(&case, &options, &solution);
            assert!(judgement.is_err(), "{number} {:?}: fault {fault} passes", case.class);
        }
    }
    assert!(seen.iter().all(|count| *count >= 10), "{seen:?}");
}
