//! Two years of a workshop that makes chairs and tables: what to make, to store, and to buy.
//!
//! Run it with `cargo run -p staircase --example production`.

use std::ops::ControlFlow;

use staircase::{
    Before, Column, Extent, Model, Options, Row, Solution, Spans, Status, Term, Values, solve,
};

const MONTHS: usize = 24;
/// Chairs and tables that are ordered for each month: gardens are furnished in spring.
const CHAIRS_SOLD: [f64; 12] =
    [200.0, 250.0, 450.0, 700.0, 800.0, 650.0, 400.0, 300.0, 250.0, 200.0, 150.0, 200.0];
const TABLES_SOLD: [f64; 12] =
    [40.0, 50.0, 90.0, 160.0, 190.0, 140.0, 80.0, 60.0, 50.0, 40.0, 30.0, 50.0];
/// In stock before the first month.
const CHAIRS_AT_START: f64 = 300.0;
const TABLES_AT_START: f64 = 60.0;

/// Working hours for one chair and one table.
const CHAIR_HOURS: f64 = 0.5;
const TABLE_HOURS: f64 = 1.5;
/// Working hours of a month, and how many more there may be as overtime, at what price.
const REGULAR_HOURS: f64 = 360.0;
const MOST_OVERTIME: f64 = 90.0;
const OVERTIME_PRICE: f64 = 25.0;
/// What may be spent on overtime in a year.
const OVERTIME_BUDGET: f64 = 6000.0;

/// Hours on the saw for one chair and one table, and hours that one saw has in a month.
const CHAIR_SAWING: f64 = 0.2;
const TABLE_SAWING: f64 = 0.5;
const SAW_HOURS: f64 = 100.0;
/// What a saw costs for the two years. Half a saw is one shared with the neighbour.
const SAW_PRICE: f64 = 9000.0;

/// A variable is a block: one number a month, or one in all. The model holds them in this order.
const CHAIRS_MADE: usize = 0;
const TABLES_MADE: usize = 1;
const CHAIRS_STORED: usize = 2;
const TABLES_STORED: usize = 3;
const OVERTIME: usize = 4;
const SAWS: usize = 5;

/// Likewise the rows.
const CHAIR_BALANCE: usize = 0;
const OVERTIME_SUM: usize = 4;

/// The divisions of time that blocks may belong to instead of the months.
const ALL: usize = 0;
const YEARS: usize = 1;

fn main() {
    let model = workshop();
    // The last argument is told of every iteration, and may stop the solve.
    let solution =
        solve(&model, &Options::default(), None, &mut |_progress| ControlFlow::Continue(()));
    match solution.status {
        Status::Optimal => print(&solution),
        status => println!("there is no plan: {status:?}"),
    }
}

/// The plan that costs least, as a linear program over the months.
fn workshop() -> Model {
    let columns = vec![
        each_month(f64::INFINITY, 18.0), // chairs made, with the wood for one
        each_month(f64::INFINITY, 70.0), // tables made
        each_month(600.0, 4.0),          // chairs stored to the next month
        each_month(150.0, 10.0),         // tables stored
        each_month(MOST_OVERTIME, OVERTIME_PRICE),
        Column { extent: Extent::Span(ALL), ..each_month(f64::INFINITY, SAW_PRICE) },
    ];
    let rows = vec![
        balance(CHAIRS_MADE, CHAIRS_STORED, &CHAIRS_SOLD, CHAIRS_AT_START),
        balance(TABLES_MADE, TABLES_STORED, &TABLES_SOLD, TABLES_AT_START),
        // The hours worked are the regular ones and overtime.
        at_most(
            vec![
                term(CHAIRS_MADE, CHAIR_HOURS),
                term(TABLES_MADE, TABLE_HOURS),
                term(OVERTIME, -1.0),
            ],
            REGULAR_HOURS,
        ),
        // The hours on the saws are those that the saws have. The number of saws is the same in
        // every month: its block has one place, and each month's row takes that one.
        at_most(
            vec![
                term(CHAIRS_MADE, CHAIR_SAWING),
                term(TABLES_MADE, TABLE_SAWING),
                term(SAWS, -SAW_HOURS),
            ],
            0.0,
        ),
        // A row of each year: its terms are summed over the months of the year.
        Row {
            extent: Extent::Span(YEARS),
            ..at_most(vec![term(OVERTIME, OVERTIME_PRICE)], OVERTIME_BUDGET)
        },
    ];
    let years = (0..MONTHS).map(|month| month as u32 / 12).collect();
    let spans = vec![Spans::whole(MONTHS), Spans { of_stage: years }];
    Model { stages: MONTHS, spans, columns, rows }
}

/// made + stored from the month before − stored to the next = sold
fn balance(made: usize, stored: usize, sold: &[f64; 12], at_start: f64) -> Row {
    let mut sold: Vec<f64> = sold.iter().copied().cycle().take(MONTHS).collect();
    // What is there at the start need not be made for the first month.
    sold[0] -= at_start;
    // The first month has no month before: its row goes without the term. (With `Before::Wrap` it
    // would take from the last month, and with `Before::Nothing` there would be no row.)
    let before = Term { back: 1, before: Before::Nought, ..term(stored, 1.0) };
    let sold = Values::from(sold);
    Row {
        terms: vec![term(made, 1.0), before, term(stored, -1.0)],
        lower: sold.clone(),
        upper: sold,
        extent: Extent::Stage,
    }
}

/// A variable of each month, from 0 up, with its cost.
fn each_month(upper: f64, cost: f64) -> Column {
    Column { lower: 0.0.into(), upper: upper.into(), cost: cost.into(), extent: Extent::Stage }
}

/// A variable of the row's own month, times a number.
fn term(column: usize, coefficient: f64) -> Term {
    Term { column, coefficient: coefficient.into(), back: 0, before: Before::Nothing }
}

fn at_most(terms: Vec<Term>, upper: f64) -> Row {
    Row { terms, lower: f64::NEG_INFINITY.into(), upper: upper.into(), extent: Extent::Stage }
}

/// The plan month by month, and what the duals say about it.
fn print(solution: &Solution) {
    let (Some(point), Some(measures)) = (&solution.point, &solution.measures) else { return };
    let of = |column: usize, month: usize| point.columns[column][month];
    println!("month   chairs: made stored   tables: made stored   overtime   one more chair costs");
    for month in 0..MONTHS {
        println!(
            "{:>5} {:>14.0} {:>6.0} {:>14.0} {:>6.0} {:>8.0} h {:>22.2}",
            month + 1,
            of(CHAIRS_MADE, month),
            of(CHAIRS_STORED, month),
            of(TABLES_MADE, month),
            of(TABLES_STORED, month),
            of(OVERTIME, month),
            point.row_duals[CHAIR_BALANCE][month],
        );
    }
    println!();
    println!("saws to buy: {:.2}", point.columns[SAWS][0]);
    for (year, dual) in point.row_duals[OVERTIME_SUM].iter().enumerate() {
        println!("one more euro of overtime in year {} saves {:.2}", year + 1, -dual);
    }
    println!(
        "cost of the two years: {:.0}, at most {:.0e} of it off",
        measures.objective, measures.gap
    );
}
