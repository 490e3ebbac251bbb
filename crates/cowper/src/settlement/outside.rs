//! What one unit more or less costs outside at a node, and who balances it with the outside.

use crate::compile::Compiled;
use crate::cooperation::{NodePosition, Plan};
use crate::model::{Direction, Flow};
use crate::schedule::schedule;
use crate::site::Site;

/// The kind that connects a node with a market.
const GRID: &str = "grid_connection";

/// The outside of a node, by the grid connections there.
pub(super) struct Outside {
    /// What one unit more costs at each step.
    pub more: Vec<f64>,
    /// What one unit less saves or earns.
    pub less: Vec<f64>,
    /// What the plan brings in; negative goes out.
    pub brought: Vec<f64>,
}

/// Flows of grid connections at a node, with their place.
fn connections<'a>(
    (site, compiled): (&'a Site, &'a Compiled),
    node: usize,
) -> impl Iterator<Item = (usize, &'a Flow)> {
    let flows = compiled.flows.iter().enumerate();
    flows.filter(move |(_, f)| f.node == node && site.components[f.component].kind == GRID)
}

impl Outside {
    /// The outside of a node; none where no grid connection stands there.
    ///
    /// One unit more is imported, or, where the plan exports then, exported less. One unit less is
    /// exported, or, where the plan imports then, imported less. Where there is neither way, the price
    /// of the plan.
    pub fn of((site, plan): (&Site, &Plan), node: usize, price: &[f64]) -> Option<Outside> {
        let compiled = &plan.compiled;
        let schedule = schedule(site, compiled, &plan.point);
        // For each way, what a unit costs and how much flows.
        let mut ways: [Vec<(Vec<f64>, &[f64])>; 2] = [Vec::new(), Vec::new()];
        for (index, flow) in connections((site, compiled), node) {
            let import = flow.direction == Direction::Give;
            let costs = unit_cost(compiled, flow);
            let values = schedule.flows[index].values.as_slice();
            ways[usize::from(!import)].push((costs, values));
        }
        let [imports, exports] = &ways;
        if imports.is_empty() && exports.is_empty() {
            return None;
        }
        let flow =
            |way: &[(Vec<f64>, &[f64])], t: usize| way.iter().map(|(_, v)| v[t]).sum::<f64>();
        let cheapest = |way: &[(Vec<f64>, &[f64])], t: usize| {
            way.iter().map(|(cost, _)| cost[t]).reduce(f64::min)
        };
        let mut found = Outside { more: Vec::new(), less: Vec::new(), brought: Vec::new() };
        for (t, price) in price.iter().enumerate() {
            let (import, export) = (cheapest(imports, t), cheapest(exports, t).map(|cost| -cost));
            let (into, out) = (flow(imports, t), flow(exports, t));
            let or_price = |value: Option<f64>| value.unwrap_or(*price);
            found.more.push(if out > into { or_price(export) } else { or_price(import) });
            found.less.push(if into > out { or_price(import) } else { or_price(export) });
            found.brought.push(into - out);
        }
        Some(found)
    }
}

/// What a unit of a flow costs at each step; the flow of a connection is a variable of its own.
fn unit_cost(compiled: &Compiled, flow: &Flow) -> Vec<f64> {
    let hours = compiled.horizon.hours();
    let costs = |t: usize| {
        let of = |term: &crate::problem::Term| {
            compiled.problem.block(term.variable).cost.at(t) * term.coefficient.at(t)
        };
        flow.rate.terms.iter().map(of).sum::<f64>() / hours
    };
    (0..compiled.horizon.steps).map(costs).collect()
}

/// Who balances a node: the owner of a grid connection there, else who gives most over the run.
pub(super) fn balancing(
    (site, compiled): (&Site, &Compiled),
    node: usize,
    position: Option<&NodePosition>,
) -> usize {
    if let Some((_, grid)) = connections((site, compiled), node).next() {
        return site.components[grid.component].owner;
    }
    let given = |net: &Vec<f64>| net.iter().map(|n| (-n).max(0.0)).sum::<f64>();
    let all: Vec<f64> = position.map_or_else(Vec::new, |p| p.net.iter().map(given).collect());
    let most = all.iter().copied().fold(0.0, f64::max);
    all.iter().position(|g| *g >= most).unwrap_or(0)
}
