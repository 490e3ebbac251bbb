//! Site and horizon into equations: every component writes its own, every node its balance.

use crate::diagnostic::{Diagnostic, any_error};
use crate::expression::Expr;
use crate::model::{Cost, Direction, Emission, Flow, LevelInfo, Model, StateInfo};
use crate::problem::{Extent, Problem, RowBlock, Values, VariableBlock, VariableId};
use crate::site::Site;
use crate::time::Horizon;
use crate::units::{MONEY, TIME};

/// The problem of a run, and what its blocks mean.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// What is solved.
    pub problem: Problem,
    /// When.
    pub horizon: Horizon,
    /// Every flow between a component and a node.
    pub flows: Vec<Flow>,
    /// Every cost.
    pub costs: Vec<Cost>,
    /// All CO2.
    pub emissions: Vec<Emission>,
    /// Every level.
    pub levels: Vec<LevelInfo>,
    /// What the state at the end records.
    pub states: Vec<StateInfo>,
    /// The balance of each node.
    pub balances: Vec<Balance>,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Diagnostic>,
}

/// Where a node's balance stands in the problem.
#[derive(Debug, Clone, Copy)]
pub struct Balance {
    /// Index of the row block.
    pub row: usize,
    /// What was not served.
    pub shortage: VariableId,
    /// What nothing took.
    pub surplus: VariableId,
}

/// Writes the equations of a site over a horizon, or says all that is wrong.
pub fn compile(site: &Site, horizon: &Horizon) -> Result<Compiled, Vec<Diagnostic>> {
    let mut m = Model::new(&site.network, horizon, &site.series, &site.state);
    for (index, placed) in site.components.iter().enumerate() {
        m.enter(index, &placed.name);
        placed.component.equations(&mut m);
    }
    if any_error(&m.diagnostics) {
        return Err(std::mem::take(&mut m.diagnostics));
    }
    check_bounds(&m.problem, horizon)?;
    let Model {
        mut problem, flows, costs, emissions, levels, states, diagnostics: warnings, ..
    } = m;
    let balances = (0..site.network.nodes.len())
        .map(|node| balance(site, node, horizon, &flows, &mut problem))
        .collect();
    Ok(Compiled {
        problem,
        horizon: horizon.clone(),
        flows,
        costs,
        emissions,
        levels,
        states,
        balances,
        warnings,
    })
}

/// The balance of a node: given − taken + shortage − surplus = 0.
fn balance(
    site: &Site,
    node: usize,
    horizon: &Horizon,
    flows: &[Flow],
    problem: &mut Problem,
) -> Balance {
    let name = &site.network.nodes[node].name;
    let carrier = site.network.carrier_of(node);
    let dimension = carrier.measure.flow();
    let mut slack = |what: &str, price: f64| {
        let id = VariableId(problem.variables.len() as u32);
        problem.variables.push(VariableBlock {
            component: name.clone(),
            name: what.to_owned(),
            dimension,
            lower: Values::Constant(0.0),
            upper: Values::Constant(f64::INFINITY),
            cost: Values::Constant(price * horizon.hours()),
            integer: false,
            extent: Extent::Step,
        });
        id
    };
    let shortage = slack("shortage", site.network.shortage_price_of(node));
    let surplus = slack("surplus", site.network.surplus_price_of(node));
    let variable = |id| Expr::from(crate::expression::Var { id, dimension });
    let sum = flows.iter().filter(|f| f.node == node).fold(
        variable(shortage) - variable(surplus),
        |sum, flow| match flow.direction {
            Direction::Give => sum + &flow.rate,
            Direction::Take => sum - &flow.rate,
        },
    );
    let known = sum.constant.map(|c| -c);
    problem.rows.push(RowBlock {
        component: String::new(),
        name: format!("balance of {name}"),
        dimension,
        terms: sum.terms,
        lower: known.clone(),
        upper: known,
        extent: Extent::Step,
    });
    Balance { row: problem.rows.len() - 1, shortage, surplus }
}

/// A least value above a greatest one can never be met: said before anything is solved.
fn check_bounds(problem: &Problem, horizon: &Horizon) -> Result<(), Vec<Diagnostic>> {
    let mut found = Vec::new();
    for block in &problem.variables {
        let count = problem.count(block.extent);
        if let Some(at) = (0..count).find(|t| block.lower.at(*t) > block.upper.at(*t) + 1e-9) {
            let when = if block.extent == Extent::Step {
                format!(" at {}", horizon.label(at))
            } else {
                String::new()
            };
            found.push(Diagnostic::nowhere(format!(
                "`{}`: the least {} of {} is above the greatest of {}{when}",
                block.component,
                block.name.replace('_', " "),
                block.lower.at(at),
                block.upper.at(at)
            )));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// What a site that compiles still lacks: carriers that are taken but never given, or the reverse.
pub fn connections(site: &Site, compiled: &Compiled) -> Vec<Diagnostic> {
    let mut found = compiled.warnings.clone();
    for (node, named) in site.network.nodes.iter().enumerate() {
        let of =
            |direction| compiled.flows.iter().find(|f| f.node == node && f.direction == direction);
        let (given, taken) = (of(Direction::Give), of(Direction::Take));
        let message = |flow: &Flow, verb: &str, other: &str, add: &str| {
            let component = &site.components[flow.component];
            Diagnostic::error(
                flow.place.span,
                format!(
                    "`{}` {verb} `{}`, but nothing {other} it; {add}",
                    component.name, named.name
                ),
            )
        };
        match (given, taken) {
            (None, Some(flow)) => found.push(message(
                flow,
                "takes",
                "gives",
                "add a component that gives it, such as a fuel_supply or grid_connection",
            )),
            (Some(flow), None) => found.push(message(
                flow,
                "gives",
                "takes",
                "add a component that takes it, such as a demand, a flare or a vent",
            )),
            _ => {}
        }
        found.extend(dearer_than_shortage(site, compiled, node));
    }
    found
}

/// A supply that costs more than going without will never be used: probably not meant.
fn dearer_than_shortage(site: &Site, compiled: &Compiled, node: usize) -> Option<Diagnostic> {
    let shortage = site.network.shortage_price_of(node) * compiled.horizon.hours();
    let flow = compiled.flows.iter().filter(|f| f.node == node && f.direction == Direction::Give).find(|flow| {
        matches!(flow.rate.terms.as_slice(), [term] if {
            let variable = &compiled.problem.variables[term.variable.0 as usize];
            term.coefficient == Values::Constant(1.0) && variable.extent == Extent::Step && variable.cost.greatest() > shortage
        })
    })?;
    let named = &site.network.nodes[node].name;
    let message = format!(
        "`{}` gives `{named}` at more than the {} {} that a shortage of it costs, so going without looks cheaper; raise the shortage_price",
        site.components[flow.component].name,
        crate::units::short(site.network.shortage_price_of(node)),
        MONEY.per(site.network.carrier_of(node).measure.stock()).symbol(&site.network.currency),
    );
    Some(Diagnostic::warning(flow.place.span, message))
}

/// The dimension of money over time, which costs per step have.
pub(crate) fn is_money_per_time(dimension: crate::units::Dimension) -> bool {
    dimension == MONEY.per(TIME)
}
