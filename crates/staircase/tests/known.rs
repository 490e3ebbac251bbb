//! Small problems over time that can be solved by hand: stocks, money, machines, none of energy.

mod common;

use std::ops::ControlFlow;

use common::judge::measured;
use common::write::{
    NONE, around, at_most, carried, column, each, earlier, equal, model, now, once, range,
};
use common::{check, highs};
use staircase::{
    Before, Certificate, Column, Extent, Model, Options, Row, Solution, Spans, Status, Term, solve,
};

fn solved(model: &Model, presolve: bool) -> Solution {
    let options = Options { presolve, ..Options::default() };
    solve(model, &options, None, &mut |_| ControlFlow::Continue(()))
}

fn close(found: &[Vec<f64>], expected: &[&[f64]], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.len(), expected.len(), "{what}: {found:?} is not {expected:?}");
        for (f, e) in found.iter().zip(*expected) {
            assert!(
                (f - e).abs() <= 1e-5 * (1.0 + e.abs()),
                "{what}: {found:?} is not {expected:?}"
            );
        }
    }
}

/// Solves with and without presolve and compares with what was worked out by hand, and that with
/// HiGHS.
fn check(model: &Model, objective: f64, columns: &[&[f64]], duals: &[&[f64]]) {
    let theirs = highs::solve(model).objective;
    assert!((theirs - objective).abs() < 1e-9 * (1.0 + objective.abs()), "HiGHS says {theirs}");
    for presolve in [true, false] {
        let solution = solved(model, presolve);
        assert_eq!(solution.status, Status::Optimal, "presolve {presolve}");
        let options = Options::default();
        let (point, measures) = measured(model, &options, &solution).unwrap();
        assert!(
            (measures.objective - objective).abs() < 1e-7 * (1.0 + objective.abs()),
            "{} is not {objective}",
            measures.objective
        );
        close(&point.columns, columns, "values");
        close(&point.row_duals, duals, "duals");
    }
}

/// Solves what has no best point; the proof, which is one, with and without presolve.
fn proof(model: &Model, status: Status) -> [Certificate; 2] {
    [true, false].map(|presolve| {
        let solution = solved(model, presolve);
        assert_eq!(solution.status, status, "presolve {presolve}");
        assert!(solution.point.is_none(), "there is no best point");
        let proof = solution.certificate.expect("a status without a best point has a proof");
        assert_eq!(check::certificate(model, &proof), Ok(()));
        proof
    })
}

/// Proves: stock carries what is cheap into the quarters that are short. Demand 30, 60, 85, 40;
/// 50 a quarter at 10, 20 more in overtime at 15, and 2 to keep one for a quarter. Short are 10 and
/// 35: 20 of the first quarter come at 12, 20 of overtime in the third at 15, the last 5 from
/// overtime in the second, and 15 are kept from the second to the third:
/// 170 · 10 + 20 · 12 + 25 · 15 + 15 · 2 = 2345. One more in the second costs 15, in the third 17,
/// in the first 13 (one less is kept), in the fourth 10.
/// Sensitivity: without stock 15 of the third quarter could not be made at all.
#[test]
fn stock_bridges_the_busy_quarters() {
    let (regular, overtime, stock) = (0, 1, 2);
    let plan = model(
        4,
        vec![column(0.0, 50.0, 10.0), column(0.0, 20.0, 15.0), column(0.0, NONE, 2.0)],
        vec![equal(
            vec![now(regular, 1.0), now(overtime, 1.0), carried(stock, 1.0, 1), now(stock, -1.0)],
            vec![30.0, 60.0, 85.0, 40.0],
        )],
    );
    check(
        &plan,
        2345.0,
        &[&[50.0, 50.0, 50.0, 40.0], &[0.0, 5.0, 20.0, 0.0], &[20.0, 15.0, 0.0, 0.0]],
        &[&[13.0, 15.0, 17.0, 10.0]],
    );
}

/// Proves: columns that stand in every stage. Due are 50, 50, 110. A bond pays 10, 10, 110 for
/// 106.6; notes pay 100 after one year for 96, or after two for 90; money left earns nothing. One
/// bond covers the third year, and 0.4 of each note the rest: 106.6 + 38.4 + 36 = 181. One more due
/// costs 0.96, 0.9, and (106.6 − 9.6 − 9) / 110 = 0.8.
/// Sensitivity: money kept from year to year instead of the bond would cost 0.9 for 0.8.
#[test]
fn bonds_cover_what_is_due() {
    let (bond, short, long, cash) = (0, 1, 2, 3);
    let mut matching = model(
        3,
        vec![
            once(0.0, NONE, 106.6),
            once(0.0, NONE, 96.0),
            once(0.0, NONE, 90.0),
            column(0.0, NONE, 0.0),
        ],
        vec![equal(
            vec![
                now(bond, vec![10.0, 10.0, 110.0]),
                now(short, vec![100.0, 0.0, 0.0]),
                now(long, vec![0.0, 100.0, 0.0]),
                carried(cash, 1.0, 1),
                now(cash, -1.0),
            ],
            vec![50.0, 50.0, 110.0],
        )],
    );
    matching.spans = vec![Spans::whole(3)];
    check(&matching, 181.0, &[&[1.0], &[0.4], &[0.4], &[0.0, 0.0, 0.0]], &[&[0.96, 0.9, 0.8]]);
}

/// Proves: terms that reach back one, two and three stages. 100 to invest, and 50 a year later; A
/// returns 1.15, 1.1, 1.2 a year later, B 1.4 two years later, C 1.6 three years later. The 100 make
/// 168 by B and then A (161 by A and then B, 160 by C), the 50 make 70 by B (66 by A twice). Money is
/// worth 1.68, 1.4, 1.2, 1 from year to year.
/// Sensitivity: B read one year off would meet A of another year: 1.4 · 1.1.
#[test]
fn money_is_lent_over_years() {
    let (a, b, c, out) = (0, 1, 2, 3);
    let plan = model(
        4,
        vec![
            column(0.0, NONE, 0.0),
            column(0.0, NONE, 0.0),
            column(0.0, NONE, 0.0),
            // Taken out in the last year only.
            column(0.0, vec![0.0, 0.0, 0.0, NONE], -1.0),
        ],
        vec![equal(
            vec![
                now(a, 1.0),
                now(b, 1.0),
                now(c, 1.0),
                now(out, 1.0),
                carried(a, vec![0.0, -1.15, -1.1, -1.2], 1),
                carried(b, -1.4, 2),
                carried(c, -1.6, 3),
            ],
            vec![100.0, 50.0, 0.0, 0.0],
        )],
    );
    check(
        &plan,
        -238.0,
        &[
            &[0.0, 0.0, 140.0, 0.0],
            &[100.0, 50.0, 0.0, 0.0],
            &[0.0, 0.0, 0.0, 0.0],
            &[0.0, 0.0, 0.0, 238.0],
        ],
        &[&[-1.68, -1.4, -1.2, -1.0]],
    );
}

/// Proves: sums over spans, one division inside the other. At most 10 a week are sold, with a
/// profit of 5, 8, 6, 3; at most 12 a month of two weeks and 25 in all. The better week of each
/// month is full, 2 are left for the other: 80 + 10 + 60 + 6 = 156. One more in a month earns 5
/// and 3; the sum of all, 24, is no limit.
/// Sensitivity: without the months the limit of 25 would leave 165.
#[test]
fn months_share_what_there_is() {
    let mut sales = model(
        4,
        vec![column(0.0, 10.0, vec![-5.0, -8.0, -6.0, -3.0])],
        vec![
            each(1, at_most(vec![now(0, 1.0)], 12.0)),
            each(0, at_most(vec![now(0, 1.0)], vec![25.0])),
        ],
    );
    sales.spans = vec![Spans::whole(4), Spans { of_stage: [0, 0, 1, 1].into() }];
    check(&sales, -156.0, &[&[2.0, 10.0, 10.0, 2.0]], &[&[-5.0, -3.0], &[0.0]]);
    sales.rows.remove(0);
    check(&sales, -165.0, &[&[5.0, 10.0, 10.0, 0.0]], &[&[-5.0]]);
}

/// Proves: a size is chosen for all stages. Demand 4, 7, 10, 5; a machine costs 12 per unit a stage
/// and makes at 1; bought it is 9. A unit of size saves 8 in each stage that uses it: worth it if
/// two do, so 7: 84 + 23 · 1 + 3 · 9 = 134. The limit is worth 8 in the third stage and the other
/// 4 of 12 in the second, so one more costs 1, 5, 9, 1.
/// Sensitivity: a size counted per stage instead of once would be 0.
#[test]
fn a_machine_is_as_big_as_it_pays() {
    let (make, buy, size) = (0, 1, 2);
    let mut plant = model(
        4,
        vec![column(0.0, NONE, 1.0), column(0.0, NONE, 9.0), once(0.0, NONE, 12.0)],
        vec![
            equal(vec![now(make, 1.0), now(buy, 1.0)], vec![4.0, 7.0, 10.0, 5.0]),
            at_most(vec![now(make, 1.0), now(size, -1.0)], 0.0),
        ],
    );
    plant.spans = vec![Spans::whole(4)];
    check(
        &plant,
        134.0,
        &[&[4.0, 7.0, 7.0, 5.0], &[0.0, 0.0, 3.0, 0.0], &[7.0]],
        &[&[1.0, 5.0, 9.0, 1.0], &[0.0, -4.0, -8.0, 0.0]],
    );
}

/// Proves: a size counts by what each stage makes of it, nothing of it in the first, half in the second.
/// 4, 4 and 6 are needed, bought at 9; a unit of the field costs 3. Up to 6 it saves 4.5 and 9, up to 8
/// still 4.5: so 8, for 4 · 9 + 8 · 3 = 60. One more in the first stage is bought; in the second it
/// takes two units of field at 3; in the third there is room. Nothing can be grown in the first stage,
/// where room to grow would be worth what is bought, if not more.
/// Sensitivity: with the whole field in every stage 6 would do.
#[test]
fn a_field_bears_by_season() {
    let (grow, buy, field) = (0, 1, 2);
    for (most, turned) in [(NONE, 1.0), (20.0, 1.0), (NONE, -2.0)] {
        let bears: Vec<f64> = [0.0, 0.5, 1.0].iter().map(|share| -turned * share).collect();
        let terms = vec![now(field, bears), now(grow, turned)];
        let bound = if turned > 0.0 { at_most(terms, 0.0) } else { range(terms, 0.0, NONE) };
        let mut farm = model(
            3,
            vec![column(0.0, NONE, 0.0), column(0.0, NONE, 9.0), once(0.0, most, 3.0)],
            vec![equal(vec![now(grow, 1.0), now(buy, 1.0)], vec![4.0, 4.0, 6.0]), bound],
        );
        farm.spans = vec![Spans::whole(3)];
        for presolve in [true, false] {
            let solution = solved(&farm, presolve);
            assert_eq!(solution.status, Status::Optimal, "presolve {presolve}");
            let (point, measures) = measured(&farm, &Options::default(), &solution).unwrap();
            assert!((measures.objective - 60.0).abs() < 1e-6, "{}", measures.objective);
            let columns: [&[f64]; 3] = [&[0.0, 4.0, 6.0], &[4.0, 0.0, 0.0], &[8.0]];
            close(&point.columns, &columns, "values");
            let [needs, bounds] = &point.row_duals[..] else { panic!("two rows") };
            close(std::slice::from_ref(needs), &[&[9.0, 6.0, 0.0]], "duals");
            close(&[bounds[1..].to_vec()], &[&[-6.0 / turned, 0.0]], "duals");
            assert!(bounds[0] * turned < -9.0 + 1e-5, "room to grow is worth {}", -bounds[0]);
        }
    }
}

/// Proves: a size that may have one value only, 1, is no choice: 1 of 2 is made at 1, the other bought at 5,
/// thrice, and the size costs 1: 1 + 3 · 6 = 19. More size would save 4 in every stage.
/// Sensitivity: a start that leaves it room has none to leave.
#[test]
fn a_size_that_is_given() {
    let (make, buy, size) = (0, 1, 2);
    let mut plant = model(
        3,
        vec![column(0.0, NONE, 1.0), column(0.0, NONE, 5.0), once(1.0, 1.0, 1.0)],
        vec![
            equal(vec![now(make, 1.0), now(buy, 1.0)], 2.0),
            at_most(vec![now(make, 1.0), now(size, -1.0)], 0.0),
        ],
    );
    plant.spans = vec![Spans::whole(3)];
    check(&plant, 19.0, &[&[1.0; 3], &[1.0; 3], &[1.0]], &[&[5.0; 3], &[-4.0; 3]]);
}

/// Proves: what is sown on a field that bears nothing in one stage, and reaped two stages later, is held by
/// the field where it is sown. Sown at 1 or bought at 5, field at 1: 1, 2 and 3 are sown in the stages
/// 0, 1 and 3, for which the field must be 3; stage 2 bears nothing. 6 + 6 · 5 + 3 = 39. One more at the
/// end takes one more field and seed, 2.
/// Sensitivity: a later copy with a bound of its own would be worth what no bound of the model explains.
#[test]
fn a_field_is_reaped_later() {
    let (sow, buy, field) = (0, 1, 2);
    let bears = vec![-1.0, -1.0, 0.0, -1.0, -1.0, -1.0];
    let mut farm = model(
        6,
        vec![column(0.0, NONE, 1.0), column(0.0, NONE, 5.0), once(0.0, NONE, 1.0)],
        vec![
            at_most(vec![now(sow, 1.0), now(field, bears)], 0.0),
            equal(vec![carried(sow, 1.0, 2), now(buy, 1.0)], vec![2.0, 2.0, 1.0, 2.0, 2.0, 3.0]),
        ],
    );
    farm.spans = vec![Spans::whole(6)];
    for presolve in [true, false] {
        let solution = solved(&farm, presolve);
        assert_eq!(solution.status, Status::Optimal, "presolve {presolve}");
        let (point, measures) = measured(&farm, &Options::default(), &solution).unwrap();
        assert!((measures.objective - 39.0).abs() < 1e-6, "{}", measures.objective);
        let sown: &[f64] = &[1.0, 2.0, 0.0, 3.0, 0.0, 0.0];
        close(&point.columns, &[sown, &[2.0, 2.0, 0.0, 0.0, 2.0, 0.0], &[3.0]], "values");
        let [bounds, needs] = &point.row_duals[..] else { panic!("two rows") };
        close(std::slice::from_ref(needs), &[&[5.0, 5.0, 1.0, 1.0, 5.0, 2.0]], "duals");
        let elsewhere = [&bounds[..2], &bounds[3..]].concat();
        close(&[elsewhere], &[&[0.0, 0.0, -1.0, 0.0, 0.0]], "duals");
        assert!(bounds[2] < -4.0 + 1e-5, "a field that bears there is worth {}", -bounds[2]);
    }
}

/// Proves: time is a ring. 1.5 a stage are needed, prices are 8, 1, 5, 2, and one may be kept: one
/// of the last stage for the first, one of the second for the third:
/// 0.5 · 8 + 2.5 · 1 + 0.5 · 5 + 2.5 · 2 = 14.
/// Sensitivity: with a cut before the first stage it is 12 + 2.5 + 2.5 + 3 = 20.
#[test]
fn the_last_stage_serves_the_first() {
    let (buy, kept) = (0, 1);
    let balance = |before| {
        let columns = vec![column(0.0, NONE, vec![8.0, 1.0, 5.0, 2.0]), column(0.0, 1.0, 0.0)];
        model(4, columns, vec![equal(vec![now(buy, 1.0), before, now(kept, -1.0)], 1.5)])
    };
    let values: &[&[f64]] = &[&[0.5, 2.5, 0.5, 2.5], &[0.0, 1.0, 0.0, 1.0]];
    check(&balance(around(kept, 1.0, 1)), 14.0, values, &[&[8.0, 1.0, 5.0, 2.0]]);
    let values: &[&[f64]] = &[&[1.5, 2.5, 0.5, 1.5], &[0.0, 1.0, 0.0, 0.0]];
    check(&balance(carried(kept, 1.0, 1)), 20.0, values, &[&[8.0, 1.0, 5.0, 2.0]]);
}

/// Proves: what is ordered comes two stages later, and a row that reaches to before the first stage
/// does not exist. Needed are 3, 4, 5 in the third to fifth; orders cost 1, 3, 1 in the first to
/// third, and 0.5 to keep one for a stage. The 4 are ordered with the 3, at 1.5: 3 + 6 + 5 = 14.
/// Sensitivity: orders that came one stage later could use the 1 of the third stage for the 4.
#[test]
fn orders_come_two_stages_later() {
    let (order, stock) = (0, 1);
    let shop = model(
        5,
        vec![
            column(0.0, NONE, vec![1.0, 3.0, 1.0, 1.0, 1.0]),
            // Nothing is there before the first order comes.
            column(0.0, vec![0.0, 0.0, NONE, NONE, NONE], 0.5),
        ],
        vec![equal(
            vec![earlier(order, 1.0, 2), earlier(stock, 1.0, 1), now(stock, -1.0)],
            vec![0.0, 0.0, 3.0, 4.0, 5.0],
        )],
    );
    check(
        &shop,
        14.0,
        &[&[7.0, 0.0, 5.0, 0.0, 0.0], &[0.0, 0.0, 4.0, 0.0, 0.0]],
        &[&[0.0, 0.0, 1.0, 1.5, 1.0]],
    );
}

/// Proves: a chain carries a price from its end to its start. What is sown doubles every stage:
/// one seed is 512 after nine. One more at stage t is worth 2 to the power of 9 − t.
/// Sensitivity: one row lost anywhere makes it unbounded.
#[test]
fn what_is_sown_doubles() {
    let stages = 10;
    let mut cost = vec![0.0; stages];
    cost[9] = -1.0;
    let mut allowed = vec![0.0; stages];
    allowed[0] = 1.0;
    let field = model(
        stages,
        vec![column(0.0, NONE, cost)],
        vec![at_most(vec![now(0, 1.0), carried(0, -2.0, 1)], allowed)],
    );
    let values: Vec<f64> = (0..10).map(|t| 2_f64.powi(t)).collect();
    let duals: Vec<f64> = (0..10).map(|t| -(2_f64.powi(9 - t))).collect();
    check(&field, -512.0, &[&values], &[&duals]);
}

/// Proves: free columns. A line through 0, 0, 10, 0, 0 that pays 1 for each unit off and 1 for each
/// unit it goes up or down leaves the peak out: 10, not 20.
/// Sensitivity: a line that may not be negative would do the same for this one, but not for its
/// mirror image.
#[test]
fn a_line_leaves_a_peak_out() {
    for sign in [1.0, -1.0] {
        let line = model(
            5,
            vec![
                column(-NONE, NONE, 0.0),
                column(0.0, NONE, 1.0),
                column(0.0, NONE, 1.0),
                column(0.0, NONE, 1.0),
            ],
            vec![
                equal(
                    vec![now(0, 1.0), now(1, 1.0), now(2, -1.0)],
                    vec![0.0, 0.0, 10.0 * sign, 0.0, 0.0],
                ),
                range(vec![now(0, 1.0), earlier(0, -1.0, 1), now(3, -1.0)], -NONE, 0.0),
                range(vec![now(0, 1.0), earlier(0, -1.0, 1), now(3, 1.0)], 0.0, NONE),
            ],
        );
        for presolve in [true, false] {
            let solution = solved(&line, presolve);
            assert_eq!(solution.status, Status::Optimal);
            let (point, measures) = measured(&line, &Options::default(), &solution).unwrap();
            assert!((measures.objective - 10.0).abs() < 1e-6);
            close(&point.columns[..1], &[&[0.0; 5]], "line");
        }
    }
}

/// Proves: the contradiction is shown where it is. 3 a day for three days fill 9 of the 10 that are
/// asked for, which takes the balances of all days: a day's multiplier is at least the next one's,
/// since a level may be left unused but not be below 0.
/// Sensitivity: without one of the balances nothing is proven.
#[test]
fn a_store_that_cannot_be_filled() {
    let (level, fill) = (0, 1);
    let store = model(
        3,
        vec![column(vec![0.0, 0.0, 10.0], NONE, 0.0), column(0.0, 3.0, 1.0)],
        vec![equal(vec![now(level, 1.0), carried(level, -1.0, 1), now(fill, -1.0)], 0.0)],
    );
    for proof in proof(&store, Status::Infeasible) {
        let Certificate::Infeasible(point) = proof else { panic!("the other proof") };
        let duals = &point.row_duals[0];
        let last = -duals[2];
        assert!(last > 0.0 && duals.iter().all(|y| *y < -0.999 * last), "{duals:?}");
    }
}

/// Proves: a contradiction of the sum over all stages. 4 stages of at most 2 are less than 9.
/// Sensitivity: 8 are possible.
#[test]
fn a_sum_that_is_not_reached() {
    let sum = |asked: f64| {
        let mut sum =
            model(4, vec![column(0.0, 2.0, 1.0)], vec![each(0, equal(vec![now(0, 1.0)], asked))]);
        sum.spans = vec![Spans::whole(4)];
        sum
    };
    proof(&sum(9.0), Status::Infeasible);
    let solution = solved(&sum(8.0), true);
    assert_eq!(solution.status, Status::Optimal);
    assert!((solution.measures.unwrap().objective - 8.0).abs() < 1e-6);
}

/// Proves: a way down without end is shown. Bought at 1 on the first day and sold at 2 on the
/// second, any number of times; nothing else pays.
/// Sensitivity: with a shelf of 5 the best is −5.
#[test]
fn a_trade_without_end() {
    let (buy, sell, kept) = (0, 1, 2);
    let trade = |shelf: f64| {
        model(
            2,
            vec![
                column(0.0, NONE, vec![1.0, 3.0]),
                column(0.0, NONE, vec![-0.5, -2.0]),
                column(0.0, shelf, 0.0),
            ],
            vec![equal(
                vec![now(buy, 1.0), now(sell, -1.0), carried(kept, 1.0, 1), now(kept, -1.0)],
                0.0,
            )],
        )
    };
    for proof in proof(&trade(NONE), Status::Unbounded) {
        let Certificate::Unbounded(ray) = proof else { panic!("the other proof") };
        let way = [ray.columns[buy][0], ray.columns[kept][0], ray.columns[sell][1]];
        assert!(way.iter().all(|d| *d > 0.0), "{way:?}");
    }
    check(
        &trade(5.0),
        -5.0,
        &[&[5.0, 0.0], &[0.0, 5.0], &[5.0, 0.0]],
        // Bought at 1 and sold at 2.
        &[&[1.0, 2.0]],
    );
}

/// Proves: what is neither possible nor bounded is not called optimal, and what is said is proven.
/// Sensitivity: either is right, since both are.
#[test]
fn neither_possible_nor_bounded() {
    let model = model(
        2,
        vec![column(0.0, 1.0, 0.0), column(0.0, NONE, -1.0)],
        vec![equal(vec![now(0, 1.0)], 2.0)],
    );
    for presolve in [true, false] {
        let solution = solved(&model, presolve);
        assert!(matches!(solution.status, Status::Infeasible | Status::Unbounded));
        assert_eq!(check::certificate(&model, &solution.certificate.unwrap()), Ok(()));
    }
}

/// Proves: problems with nothing in them. Without columns, rows or stages; a row without terms is
/// kept or is not.
/// Sensitivity: each is the edge of some loop.
#[test]
fn problems_with_nothing_in_them() {
    check(&Model::default(), 0.0, &[], &[]);
    check(&model(3, vec![], vec![]), 0.0, &[], &[]);
    check(&model(3, vec![], vec![range(vec![], -1.0, 1.0)]), 0.0, &[], &[&[0.0; 3]]);
    check(&model(3, vec![column(1.0, 2.0, 1.0)], vec![]), 3.0, &[&[1.0; 3]], &[]);
    check(
        &model(2, vec![column(1.0, NONE, 1.0)], vec![range(vec![now(0, 0.0)], -NONE, 0.0)]),
        2.0,
        &[&[1.0; 2]],
        &[&[0.0; 2]],
    );
    proof(&model(3, vec![], vec![range(vec![], 1.0, 2.0)]), Status::Infeasible);
    proof(&model(3, vec![column(1.0, NONE, -1.0)], vec![]), Status::Unbounded);
    proof(&model(1, vec![column(-NONE, NONE, 1.0)], vec![]), Status::Unbounded);
}

/// Proves: a row in units so small that its columns end at 1e10 is no contradiction: the same row times
/// 1e10 has the same optimum, 1.388e11.
/// Sensitivity: what is left of a column's sum was held for rounding because it is small beside 1; it is
/// all there is of that sum, and nothing was proven.
#[test]
fn a_row_in_small_units_is_no_contradiction() {
    let model = |unit: f64| {
        let column = |cost: f64| Column {
            lower: 0.0.into(),
            upper: f64::INFINITY.into(),
            cost: cost.into(),
            extent: Extent::Stage,
        };
        let term = |column, coefficient: f64, back| Term {
            column,
            coefficient: coefficient.into(),
            back,
            before: Before::Nought,
        };
        let row = |terms, lower: f64, upper: f64| Row {
            terms,
            lower: lower.into(),
            upper: upper.into(),
            extent: Extent::Stage,
        };
        let most = 1e10 * unit;
        Model {
            stages: 4,
            columns: vec![column(1.0), column(2.0)],
            rows: vec![
                row(
                    vec![term(0, unit, 0), term(1, 0.3 * unit, 0), term(0, -0.5 * unit, 1)],
                    most,
                    f64::INFINITY,
                ),
                row(vec![term(0, 1.0, 0), term(1, -1.0, 0), term(1, 0.3, 1)], -1.0, 1.0),
            ],
            ..Model::default()
        }
    };
    let solve = |unit| {
        staircase::solve(&model(unit), &Options::default(), None, &mut |_| {
            std::ops::ControlFlow::Continue(())
        })
    };
    let (small, ordinary) = (solve(1e-10), solve(1.0));
    assert_eq!(ordinary.status, Status::Optimal);
    assert!(ordinary.measures.is_some_and(|m| (m.objective / 1.388e11 - 1.0).abs() < 1e-3));
    // Too far apart for a promise of an optimum, but never a proof that there is none.
    assert!(matches!(small.status, Status::Optimal | Status::Numerical), "{:?}", small.status);
}
