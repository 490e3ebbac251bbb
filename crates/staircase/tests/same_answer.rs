//! The answer is the same bit for bit, however many threads there are; and from any start the same.

mod common;

use std::ops::ControlFlow;

use common::draw::Draw;
use common::judge::{judge, measured, same};
use common::random::{Case, Class, Known, case, energy};
use staircase::{Options, Point, Solution, Status, solve};

fn solved(case: &Case, threads: usize, start: Option<&Point>) -> Solution {
    let options = Options { threads, ..Options::default() };
    solve(&case.model, &options, start, &mut |_| ControlFlow::Continue(()))
}

/// Every bit of a solution. Numbers are shown with as many digits as tell them apart.
fn bits(solution: &Solution) -> String {
    format!("{solution:?}")
}

/// Some of each class, and sites long enough to be shared among threads.
fn cases() -> Vec<(String, Case)> {
    let small = (0..48).map(|number| (format!("random {number}"), case(number)));
    let long = [257, 1000, 3000].into_iter().map(|stages| {
        let model = energy(&mut Draw::new(stages as u64), stages);
        let case = Case { class: Class::Energy, model, known: Known::Optimal(None) };
        (format!("site of {stages}"), case)
    });
    small.chain(long).collect()
}

/// Proves: two runs give the same bits, and one, two and three threads do.
/// Sensitivity: a sum in the order in which threads come to their end.
#[test]
fn threads_do_not_matter() {
    for (name, case) in cases() {
        let first = bits(&solved(&case, 1, None));
        for threads in [1, 2, 3] {
            let again = bits(&solved(&case, threads, None));
            assert!(again == first, "{name}: another answer with {threads} threads");
        }
    }
}

/// Proves: a start is a start only. From the answer itself, from nothing but noughts, and from
/// numbers without sense, status and objective are the same.
/// Sensitivity: a start believed without being measured.
#[test]
fn starts_do_not_matter() {
    let mut failures = Vec::new();
    for number in 0..800 {
        let case = case(number);
        let cold = solved(&case, 1, None);
        let Some(point) = cold.point.as_ref().filter(|_| cold.status == Status::Optimal) else {
            continue;
        };
        let draw = &mut Draw::new(number);
        let mut at = |f: &mut dyn FnMut(&mut Draw, f64) -> f64| {
            let mut each = |blocks: &[Vec<f64>]| -> Vec<Vec<f64>> {
                blocks.iter().map(|b| b.iter().map(|v| f(draw, *v)).collect()).collect()
            };
            Point {
                columns: each(&point.columns),
                row_duals: each(&point.row_duals),
                reduced_costs: each(&point.reduced_costs),
            }
        };
        let starts = [
            ("itself", point.clone()),
            (
                "close to it",
                at(&mut |draw, v| v * draw.between(0.9, 1.1) + draw.between(-0.1, 0.1)),
            ),
            ("noughts", at(&mut |_, _| 0.0)),
            ("anywhere", at(&mut |draw, _| draw.sign() * draw.decades(-9.0, 9.0))),
            ("no numbers", at(&mut |draw, _| draw.pick(&[f64::NAN, f64::INFINITY, 1e300]))),
        ];
        for (name, start) in starts {
            let warm = solved(&case, 1, Some(&start));
            let options = Options::default();
            if let Err(what) = judge(&case, &options, &warm) {
                failures.push(format!("{number} from {name}: {what}"));
            } else if !same(warm.measures.unwrap().objective, cold.measures.unwrap().objective) {
                failures.push(format!("{number} from {name}: another objective"));
            }
        }
    }
    assert!(failures.is_empty(), "{} fail:\n{}", failures.len(), failures.join("\n"));
}

/// Proves: money in another currency is the same money. Costs times 1e-3 and 1e6 give the objective
/// times that, within the tolerance of the point.
/// Sensitivity: a threshold on costs that is not relative.
#[test]
fn currencies_do_not_matter() {
    let mut failures = Vec::new();
    for seed in 0..12 {
        let model = energy(&mut Draw::new(seed), 60);
        let options = Options::default();
        let mut objectives = Vec::new();
        for times in [1.0, 1e-3, 1e6] {
            let mut model = model.clone();
            for column in &mut model.columns {
                column.cost = column.cost.map(|cost| cost * times);
            }
            let solution = solve(&model, &options, None, &mut |_| ControlFlow::Continue(()));
            match measured(&model, &options, &solution) {
                Ok((_, found)) => objectives.push(found.objective / times),
                Err(what) => failures.push(format!("{seed}, costs times {times}: {what}")),
            }
        }
        if !objectives.windows(2).all(|pair| same(pair[0], pair[1])) {
            failures.push(format!("{seed}: {objectives:?}"));
        }
    }
    assert!(failures.is_empty(), "{} fail:\n{}", failures.len(), failures.join("\n"));
}
