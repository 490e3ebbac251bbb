//! Solution into named series with units: what every component does, and what every node's carrier is worth.

use crate::compile::Compiled;
use crate::model::{Direction, Flow, Part, Scope};
use crate::problem::{Extent, Term, Values, VariableId};
use crate::site::Site;
use crate::solver::Point;
use crate::units::Dimension;

/// One quantity over time.
#[derive(Debug, Clone)]
pub struct Column {
    /// The component, or the node.
    pub component: String,
    /// Its name there.
    pub name: String,
    /// What it is counted in.
    pub dimension: Dimension,
    /// One value a step.
    pub values: Vec<f64>,
}

impl Column {
    /// "component.quantity [unit]".
    pub fn title(&self, currency: &str) -> String {
        format!("{}.{} [{}]", self.component, self.name, self.dimension.symbol(currency))
    }
}

/// The schedule of a run.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Flows in the order of [`Compiled::flows`]: what is taken and given.
    pub flows: Vec<Column>,
    /// Everything else that changes by the step: levels, running or not, shortages.
    pub others: Vec<Column>,
    /// Price of each node's carrier, in the order of nodes; several where parties are balanced apart.
    pub prices: Vec<Column>,
}

impl Schedule {
    /// All columns but the prices.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.flows.iter().chain(&self.others)
    }

    /// The column "component.quantity".
    pub fn get(&self, title: &str) -> Option<&Column> {
        self.columns()
            .find(|c| title.split_once('.').is_some_and(|(a, b)| a == c.component && b == c.name))
    }
}

/// Reads a solution as a schedule.
pub fn schedule(site: &Site, compiled: &Compiled, point: &Point) -> Schedule {
    let problem = &compiled.problem;
    let mut flows: Vec<Column> = compiled
        .flows
        .iter()
        .map(|flow| Column {
            component: site.components[flow.component].name.clone(),
            name: flow.name.clone(),
            dimension: flow.rate.dimension,
            values: flow_over_time(compiled, flow, point),
        })
        .collect();
    for node in 0..site.network.nodes.len() {
        sweep(compiled.flows.iter().zip(&mut flows).filter(|(f, _)| f.node == node));
    }
    let others = problem
        .variables
        .iter()
        .enumerate()
        .filter(|(_, v)| v.extent == Extent::Step)
        .filter(|(_, v)| !flows.iter().any(|f| f.component == v.component && f.name == v.name))
        .map(|(block, v)| Column {
            component: v.component.clone(),
            name: v.name.clone(),
            dimension: v.dimension,
            values: point.values[block].clone(),
        })
        .collect();
    let hours = compiled.horizon.hours();
    let prices = compiled
        .balances
        .iter()
        .map(|balance| Column {
            component: site.network.nodes[balance.node].name.clone(),
            name: compiled.of_balance(site, balance, "price"),
            dimension: crate::units::MONEY
                .per(site.network.carrier_of(balance.node).measure.stock()),
            values: point.row_duals[balance.row].iter().map(|d| d / hours).collect(),
        })
        .collect();
    Schedule { flows, others, prices }
}

/// A flow that is nothing beside the others at its node is what rounding left, such as the difference
/// of two levels that are the same.
fn sweep<'a>(flows: impl Iterator<Item = (&'a Flow, &'a mut Column)>) {
    const NOTHING: f64 = 1e-9;
    let columns: Vec<&mut Column> = flows.map(|(_, column)| column).collect();
    let greatest = columns.iter().flat_map(|c| &c.values).fold(1.0, |g: f64, v| g.max(v.abs()));
    for value in columns.into_iter().flat_map(|c| &mut c.values) {
        if value.abs() <= NOTHING * greatest {
            *value = 0.0;
        }
    }
}

/// A flow at each step: the part of its rate that it is.
fn flow_over_time(compiled: &Compiled, flow: &Flow, point: &Point) -> Vec<f64> {
    let mut values = over_time(compiled, &flow.rate.terms, &flow.rate.constant, point);
    if flow.part != Part::Whole {
        for value in &mut values {
            *value = flow.part.of(*value);
        }
    }
    values
}

/// The value of an expression at each step.
pub(crate) fn over_time(
    compiled: &Compiled,
    terms: &[Term],
    constant: &Values,
    point: &Point,
) -> Vec<f64> {
    (0..compiled.horizon.steps)
        .map(|step| compiled.problem.evaluate(terms, step, &point.values) + constant.at(step))
        .collect()
}

/// CO2 set free at each step within a scope, in t/h.
pub fn emissions(compiled: &Compiled, scope: Scope, point: &Point) -> Vec<f64> {
    let mut sum = vec![0.0; compiled.horizon.steps];
    for emission in compiled.emissions.iter().filter(|e| e.scope == scope) {
        let rate = over_time(compiled, &emission.rate.terms, &emission.rate.constant, point);
        for (sum, rate) in sum.iter_mut().zip(rate) {
            *sum += rate;
        }
    }
    sum
}

/// The values of a variable per step or per group.
pub fn values_of(point: &Point, id: VariableId) -> &[f64] {
    &point.values[id.0 as usize]
}

/// Whether a flow feeds its node.
pub fn feeds(direction: Direction) -> bool {
    direction == Direction::Give
}
