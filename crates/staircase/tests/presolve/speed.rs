//! How long it takes to make a site smaller and to bring a point back, by hand.

use std::time::Instant;

use staircase::presolve::{Reduction, presolve};
use staircase::{Before, Extent, Model, Point, Values};

use crate::NONE;
use crate::made::Built;
use crate::random::Random;

const BUSES: usize = 20;
const UNITS: usize = 22;
const LINKS: usize = 39;
const STORES: usize = 8;

/// Prints the time for a year of quarter-hours and for a window of a day.
#[test]
#[ignore = "prints times"]
fn times_of_a_site() {
    for (stages, turns) in [(96, 2000), (35_040, 10)] {
        let model = site(stages);
        let mut least = [f64::INFINITY; 3];
        let mut said = String::new();
        for _ in 0..turns {
            let began = Instant::now();
            let presolved = presolve(&model, &Reduction::ALL).expect("it has an optimum");
            least[0] = least[0].min(began.elapsed().as_secs_f64());
            let smaller = middle(&presolved.model);
            let began = Instant::now();
            let point = presolved.restore(&model, smaller);
            least[1] = least[1].min(began.elapsed().as_secs_f64());
            let began = Instant::now();
            let reduced = presolved.reduce(&point);
            least[2] = least[2].min(began.elapsed().as_secs_f64());
            assert_eq!(reduced.columns.len(), presolved.model.columns.len());
            said = format!(
                "{} by {} of {} by {}; {:?}",
                presolved.model.rows.len(),
                presolved.model.columns.len(),
                model.rows.len(),
                model.columns.len(),
                presolved.applied
            );
        }
        let [made, back, there] = least.map(|seconds| seconds * 1e6);
        println!("{stages} stages: {made:.0} µs, {back:.0} µs back, {there:.0} µs again; {said}");
    }
}

/// Any point of a model.
fn middle(model: &Model) -> Point {
    let ones = |extent| vec![1.0; model.count(extent)];
    Point {
        columns: model.columns.iter().map(|column| ones(column.extent)).collect(),
        row_duals: model.rows.iter().map(|row| ones(row.extent)).collect(),
        reduced_costs: model.columns.iter().map(|column| ones(column.extent)).collect(),
    }
}

/// Buses with units, links of several ports, stores and ramps, written with a row for everything.
fn site(stages: usize) -> Model {
    let mut random = Random(7);
    let mut m = Built::stages(stages);
    let all = m.spans(&vec![0; stages]);
    let wave = |random: &mut Random, mean: f64| -> Values {
        let phase = random.below(96);
        let at = |t: usize| mean * (1.0 + 0.5 * ((t + phase) as f64 / 15.3).sin());
        Values::Series((0..stages).map(at).collect())
    };
    let mut buses: Vec<Vec<(usize, f64, u32)>> = vec![Vec::new(); BUSES];
    for bus in &mut buses {
        let demand = wave(&mut random, 30.0);
        let load = m.column(demand.clone(), demand, 0.0);
        bus.push((load, -1.0, 0));
        bus.push((m.column(0.0, NONE, 1e4), 1.0, 0));
        bus.push((m.column(0.0, NONE, 0.1), -1.0, 0));
    }
    for unit in 0..UNITS {
        let (price, most) = (wave(&mut random, 50.0), wave(&mut random, 40.0));
        let power = m.column(0.0, NONE, price);
        m.row(-NONE, most, Extent::Stage).term(power, 1.0);
        buses[unit % BUSES].push((power, 1.0, 0));
        if unit < 3 {
            m.row(-10.0, 10.0, Extent::Stage).term(power, 1.0).earlier(
                power,
                -1.0,
                1,
                Before::Wrap,
            );
        }
    }
    for link in 0..LINKS {
        let input = m.column(0.0, 50.0, 0.01);
        buses[link % BUSES].push((input, -1.0, 0));
        for port in 1..=1 + link % 3 {
            let efficiency =
                if port == 1 && link % 5 == 0 { wave(&mut random, 0.8) } else { 0.4.into() };
            let output = m.column(0.0, NONE, 0.0);
            m.row(0.0, 0.0, Extent::Stage).term(output, -1.0).term(input, efficiency);
            buses[(link + 3 * port) % BUSES].push((output, 1.0, 0));
        }
    }
    for bus in &mut buses[..STORES] {
        let level = m.column(0.0, 100.0, 0.0);
        let (fill, drain) = (m.column(0.0, 25.0, 0.0), m.column(0.0, 25.0, 0.0));
        m.row(0.0, 0.0, Extent::Stage)
            .term(level, 1.0)
            .earlier(level, -0.999, 1, Before::Wrap)
            .term(fill, -0.95)
            .term(drain, 1.05);
        bus.push((fill, -1.0, 0));
        bus.push((drain, 1.0, 0));
    }
    let fuel = m.column_of(Extent::Span(all), 0.0, NONE, 5.0);
    for bus in buses {
        let mut row = m.row(0.0, 0.0, Extent::Stage);
        for (column, coefficient, _) in bus {
            row = row.term(column, coefficient);
        }
    }
    let bought = BUSES * 3;
    m.row(0.0, 0.0, Extent::Span(all)).term(fuel, -1.0).term(bought, 1.0);
    m.model
}
