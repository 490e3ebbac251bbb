//! The site with sizes to choose and a cap on its carbon, beside the same site as it stands.
//!
//! A site file has no sizes to choose yet, so they are added to the compiled model: for some of the
//! converters a column of the whole run that bounds the flow at every stage, at a price; and a row of
//! the whole run over what is bought.

use cowper::compile::compile;
use cowper::problem::Problem;
use cowper::solver::in_stages;
use serde_json::{Value, json};
use staircase::{Before, Column, Extent, Model, Row, Spans, Status, Term};

use crate::{Options, Outcome, Site, by_staircase, memory, middle};

/// Tonnes of CO2 a unit of what these components give.
const CARBON: [(&str, f64); 3] = [("ng_buy", 0.2), ("coal_buy", 0.34), ("grid_import", 0.4)];

/// The most of each that may be chosen, as a multiple of what stands there.
const MOST: f64 = 1.5;

/// Solves the year with fixed sizes, with sizes to choose, and with a cap below what those emit.
pub fn capacities(site: &Site, options: &Options) -> Outcome<Value> {
    let repeats: usize = options.number("repeats", 1)?;
    let count: usize = options.number("columns", 20)?;
    let price = options.number("price", 20_000.0)?;
    let share = options.number("share", 0.9)?;
    let compiled = compile(site, &site.horizon).map_err(|found| format!("{found:?}"))?;
    let problem = &compiled.problem;
    let limits = staircase::Options::default();
    let solve = |model: &Model, repeats: usize| {
        middle((0..repeats).map(|_| by_staircase(model, &limits, None)).collect())
    };

    let mut model = in_stages(problem);
    let (fixed, fixed_range) = solve(&model, repeats)?;
    let peak_fixed = memory("VmHWM");
    let Some(point) = &fixed.solution.point else {
        return Err(format!("the fixed year has no optimum: {:?}", fixed.solution.status));
    };
    let chosen = most_used(site, problem, point, count);
    let years = site.horizon.hours() * site.horizon.steps as f64 / 8760.0;
    let whole = model.spans.len();
    model.spans.push(Spans::whole(model.stages));
    let first = model.columns.len();
    for block in &chosen {
        let size = model.columns[*block].upper.clone();
        let most = (0..model.stages).map(|stage| size.at(stage)).fold(0.0, f64::max) * MOST;
        model.columns[*block].upper = most.into();
        model.rows.push(Row {
            terms: vec![term(*block, 1.0), term(model.columns.len(), -1.0)],
            lower: f64::NEG_INFINITY.into(),
            upper: 0.0.into(),
            extent: Extent::Stage,
        });
        model.columns.push(Column {
            lower: 0.0.into(),
            upper: most.into(),
            cost: (price * years).into(),
            extent: Extent::Span(whole),
        });
    }
    let (free, _) = solve(&model, 1)?;
    let Some(point) = &free.solution.point else {
        return Err(format!("without the cap there is no optimum: {:?}", free.solution.status));
    };
    let weights = weights(problem, site.horizon.hours());
    let carbon = |point: &staircase::Point| -> f64 {
        weights.iter().map(|(block, w)| w * point.columns[*block].iter().sum::<f64>()).sum()
    };
    let without_cap = carbon(point);
    model.rows.push(Row {
        terms: weights.iter().map(|(block, weight)| term(*block, *weight)).collect(),
        lower: f64::NEG_INFINITY.into(),
        upper: (share * without_cap).into(),
        extent: Extent::Span(whole),
    });
    let (capped, capped_range) = solve(&model, repeats)?;
    let found = capped.solution.point.as_ref();
    let sizes: Vec<f64> = found.map_or(Vec::new(), |point| {
        (first..first + chosen.len()).map(|column| point.columns[column][0]).collect()
    });
    let tops = chosen.iter().map(|block| model.columns[*block].upper.at(0));
    let between =
        sizes.iter().zip(tops).filter(|(size, top)| **size > 1e-3 && **size < top - 1e-3).count();
    let optimal = [&fixed, &free, &capped].iter().all(|s| s.solution.status == Status::Optimal);
    Ok(json!({
        "fixed": fixed.json(),
        "fixed_range": fixed_range,
        "free": free.json(),
        "capped": capped.json(),
        "capped_range": capped_range,
        "optimal": optimal,
        "sizes": sizes,
        "sizes_between_their_bounds": between,
        "carbon_without_cap": without_cap,
        "carbon": found.map(carbon),
        "carbon_price": found.and_then(|p| p.row_duals.last()).map(|duals| -duals[0]),
        "peak_memory_fixed": peak_fixed,
        "peak_memory": memory("VmHWM"),
    }))
}

/// The flows of the converters that are used most.
fn most_used(site: &Site, problem: &Problem, point: &staircase::Point, count: usize) -> Vec<usize> {
    let converters = site.components.iter().filter(|placed| placed.kind == "converter");
    let mut flows: Vec<(f64, usize)> = converters
        .filter_map(|placed| block_of(problem, &placed.name))
        .filter(|block| problem.variables[*block].upper.greatest().is_finite())
        .map(|block| (point.columns[block].iter().sum(), block))
        .collect();
    flows.sort_by(|a, b| b.0.total_cmp(&a.0));
    flows.into_iter().take(count).map(|(_, block)| block).collect()
}

/// The carbon of a unit of each column that causes some.
fn weights(problem: &Problem, hours: f64) -> Vec<(usize, f64)> {
    CARBON
        .iter()
        .filter_map(|(name, tonnes)| Some((block_of(problem, name)?, tonnes * hours)))
        .collect()
}

/// The flow of a component: its first variable.
fn block_of(problem: &Problem, component: &str) -> Option<usize> {
    problem.variables.iter().position(|v| v.component == component)
}

fn term(column: usize, coefficient: f64) -> Term {
    Term { column, coefficient: coefficient.into(), back: 0, before: Before::Nothing }
}
