//! Site and horizon into equations: every component writes its own, every node its balance.

use crate::contract::Terms;
use crate::diagnostic::{Diagnostic, Place, Severity, Span, any_error, in_order};
use crate::expression::Expr;
use crate::game::Coalition;
use crate::input::read_what_can_be;
use crate::model::{Cost, Direction, Emission, Flow, LevelInfo, Model, Part, StateInfo, StateKind};
use crate::network::Node as NetworkNode;
use crate::problem::{Before, Extent, Problem, RowBlock, Values, VariableBlock, VariableId};
use crate::site::Site;
use crate::time::Horizon;
use crate::units::{MONEY, TIME};

mod arrangement;
mod contracts;

pub use arrangement::{Arrangement, Treatment};
pub use contracts::{Delivery, InForce, Payment, order_of_parties};

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
    /// The balance of each node, in the order of nodes; several where parties are balanced apart.
    pub balances: Vec<Balance>,
    /// What every contract of the site says, in its order, whether it is in force here or not.
    pub terms: Vec<Terms>,
    /// The contracts that are in force here.
    pub in_force: Vec<InForce>,
    /// What contracts bring to nodes.
    pub deliveries: Vec<Delivery>,
    /// What is paid under contracts with parties outside.
    pub payments: Vec<Payment>,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Diagnostic>,
}

/// Where a node's balance stands in the problem.
#[derive(Debug, Clone, Copy)]
pub struct Balance {
    /// Index of the node.
    pub node: usize,
    /// The parties that are balanced together here.
    pub parties: Coalition,
    /// Index of the row block.
    pub row: usize,
    /// What was not served.
    pub shortage: VariableId,
    /// What nothing took.
    pub surplus: VariableId,
}

/// Every mistake and doubt of a site file: of its values, its equations and its connections.
pub fn check(text: &str, files: &crate::input::Files) -> Vec<Diagnostic> {
    let (site, mut found) = read_what_can_be(text, files);
    let Some(site) = site else { return found };
    match compile(&site, &site.horizon) {
        Err(more) => found.extend(more),
        // A component that could not be read is missing from the connections.
        Ok(compiled) if !any_error(&found) => found.extend(connections(&site, &compiled)),
        Ok(_) => {}
    }
    in_order(found)
}

impl Compiled {
    /// The flows that a balance counts: indices into [`Compiled::flows`].
    pub fn flows_of<'a>(
        &'a self,
        site: &'a Site,
        balance: &'a Balance,
    ) -> impl Iterator<Item = usize> + 'a {
        (0..self.flows.len()).filter(|flow| is_counted(site, &self.flows[*flow], balance))
    }

    /// What contracts bring to a balance.
    pub fn deliveries_at<'a>(
        &'a self,
        balance: &'a Balance,
    ) -> impl Iterator<Item = &'a Delivery> + 'a {
        self.deliveries
            .iter()
            .filter(|d| d.node == balance.node && balance.parties.contains(d.party))
    }

    /// The name of something of a balance: with its parties, where the node has several balances.
    pub(crate) fn of_balance(&self, site: &Site, balance: &Balance, what: &str) -> String {
        let alone = self.balances.iter().filter(|b| b.node == balance.node).count() == 1;
        let parties = if alone { None } else { Some(balance.parties) };
        name_for(site, parties, what)
    }
}

fn is_counted(site: &Site, flow: &Flow, balance: &Balance) -> bool {
    flow.node == balance.node && balance.parties.contains(site.components[flow.component].owner)
}

fn name_for(site: &Site, parties: Option<Coalition>, what: &str) -> String {
    let keys: String = parties
        .into_iter()
        .flat_map(Coalition::players)
        .map(|party| format!("_{}", site.network.parties[party].key))
        .collect();
    format!("{what}{keys}")
}

/// Writes the equations of a whole site over a horizon, or says all that is wrong.
pub fn compile(site: &Site, horizon: &Horizon) -> Result<Compiled, Vec<Diagnostic>> {
    compile_for(site, horizon, &Arrangement::together(site))
}

/// Writes the equations of the parties of a site that plan together, or says all that is wrong.
pub fn compile_for(
    site: &Site,
    horizon: &Horizon,
    arrangement: &Arrangement,
) -> Result<Compiled, Vec<Diagnostic>> {
    let mut m = Model::new(&site.network, horizon, &site.series, &site.state);
    for (index, placed) in site.components.iter().enumerate() {
        if !arrangement.members().contains(placed.owner) {
            continue;
        }
        m.enter(index, &placed.name);
        let already = m.diagnostics.len();
        placed.component.equations(&mut m);
        // What has no place of its own stands where the component is named.
        for found in &mut m.diagnostics[already..] {
            if matches!(found.place, Place::Nowhere) || found.place == Place::Site(Span::default())
            {
                found.place = Place::Site(placed.span);
            }
        }
    }
    let contracts = contracts::write(site, arrangement, &mut m);
    if any_error(&m.diagnostics) {
        return Err(in_order(std::mem::take(&mut m.diagnostics)));
    }
    let mut found = check_bounds(site, &m.problem, horizon);
    let Model {
        mut problem, flows, costs, emissions, levels, states, diagnostics: warnings, ..
    } = m;
    let parts = Parts { site, horizon, flows: &flows, deliveries: &contracts.deliveries };
    let mut balances = Vec::new();
    for node in 0..site.network.nodes.len() {
        let groups = arrangement.groups(node);
        let named = groups.len() > 1;
        for parties in groups {
            balances.push(parts.balance((node, parties), named.then_some(parties), &mut problem));
        }
    }
    found.extend(check_numbers(site, &problem, &flows));
    found.extend(check_deliveries(site, &contracts.deliveries));
    found.extend(check_size(&problem));
    if !found.is_empty() {
        return Err(in_order(found));
    }
    Ok(Compiled {
        problem,
        horizon: horizon.clone(),
        flows,
        costs,
        emissions,
        levels,
        states,
        balances,
        terms: contracts.terms,
        in_force: contracts.in_force,
        deliveries: contracts.deliveries,
        payments: contracts.payments,
        warnings,
    })
}

/// What flows at nodes.
struct Parts<'a> {
    site: &'a Site,
    horizon: &'a Horizon,
    flows: &'a [Flow],
    deliveries: &'a [Delivery],
}

impl Parts<'_> {
    /// The balance of some parties at a node: given − taken + brought by contracts + shortage
    /// − surplus = 0. Names say whose it is where it is not that of all.
    fn balance(
        &self,
        (node, parties): (usize, Coalition),
        named: Option<Coalition>,
        problem: &mut Problem,
    ) -> Balance {
        let (site, name) = (self.site, &self.site.network.nodes[node].name);
        let shortage = site.network.shortage_price_of(node);
        let shortage = self.slack((node, &name_for(site, named, "shortage")), shortage, problem);
        let surplus = site.network.surplus_price_of(node);
        let surplus = self.slack((node, &name_for(site, named, "surplus")), surplus, problem);
        let row = problem.rows.len();
        let balance = Balance { node, parties, row, shortage, surplus };
        let dimension = site.network.carrier_of(node).measure.flow();
        let variable = |id| Expr::from(crate::expression::Var { id, dimension });
        let sum = self.flows.iter().filter(|f| is_counted(site, f, &balance)).fold(
            variable(shortage) - variable(surplus),
            |sum, flow| match (flow.direction, flow.part) {
                // The other way of a rate that has been counted.
                (_, Part::Below) => sum,
                (Direction::Give, _) => sum + &flow.rate,
                (Direction::Take, _) => sum - &flow.rate,
            },
        );
        let sum = self
            .deliveries
            .iter()
            .filter(|d| d.node == node && parties.contains(d.party))
            .fold(sum, |sum, delivery| sum + &delivery.rate);
        let known = sum.constant.map(|c| -c);
        problem.rows.push(RowBlock {
            component: String::new(),
            name: format!("balance of {}", name_for(site, named, name)),
            dimension,
            terms: sum.terms,
            lower: known.clone(),
            upper: known,
            extent: Extent::Step,
        });
        balance
    }

    /// A shortage or surplus at a node at its price.
    fn slack(&self, (node, what): (usize, &str), price: f64, problem: &mut Problem) -> VariableId {
        let network = &self.site.network;
        let id = VariableId(problem.variables.len() as u32);
        problem.variables.push(VariableBlock {
            component: network.nodes[node].name.clone(),
            name: what.to_owned(),
            dimension: network.carrier_of(node).measure.flow(),
            lower: Values::Constant(0.0),
            upper: Values::Constant(f64::INFINITY),
            cost: Values::Constant(price * self.horizon.hours()),
            integer: false,
            extent: Extent::Step,
        });
        id
    }
}

/// A least value above a greatest one can never be met: said before anything is solved.
fn check_bounds(site: &Site, problem: &Problem, horizon: &Horizon) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for block in &problem.variables {
        let count = problem.count(block.extent);
        if let Some(at) = (0..count).find(|t| block.lower.at(*t) > block.upper.at(*t) + 1e-9) {
            let when = if block.extent == Extent::Step {
                format!(" at {}", horizon.label(at))
            } else {
                String::new()
            };
            let unit = block.dimension.symbol(&site.network.currency);
            let message = format!(
                "`{}`: the least {} of {} {unit} is above the greatest of {} {unit}{when}; lower the one or raise the other",
                block.component,
                block.name.replace('_', " "),
                block.lower.at(at),
                block.upper.at(at)
            );
            found.push(at_component(site, &block.component, message));
        }
    }
    found
}

/// Numbers beyond all measure, which a solver would round away or choke on.
fn check_numbers(site: &Site, problem: &Problem, flows: &[Flow]) -> Vec<Diagnostic> {
    let sane = |v: f64| v.abs() <= GREATEST;
    let bound = |v: f64| v.is_infinite() || sane(v);
    let mut found = Vec::new();
    let mut note = |component: &str, what: &str| {
        let message = format!(
            "`{component}`: {what} comes to a number beyond all measure; look for a value that is far too great or nought where it divides"
        );
        found.push(at_component(site, component, message));
    };
    for flow in flows {
        if !flow.rate.constant.all(sane) || !flow.rate.terms.iter().all(|t| t.coefficient.all(sane))
        {
            note(&site.components[flow.component].name, &format!("the flow `{}`", flow.name));
        }
    }
    for block in &problem.variables {
        // A least value of +∞ or a greatest of −∞ leaves nothing.
        let limits = block.lower.all(|v| bound(v) && v != f64::INFINITY)
            && block.upper.all(|v| bound(v) && v != f64::NEG_INFINITY);
        if !limits {
            note(&block.component, &format!("the limit of `{}`", block.name.replace('_', " ")));
        }
        if !block.cost.all(sane) {
            note(&block.component, &format!("the cost of `{}`", block.name.replace('_', " ")));
        }
    }
    // What is wrong with a balance has been said of its flows.
    for row in problem.rows.iter().filter(|r| !r.component.is_empty()) {
        let limits = row.lower.all(|v| bound(v) && v != f64::INFINITY)
            && row.upper.all(|v| bound(v) && v != f64::NEG_INFINITY);
        let terms = row.terms.iter().all(|t| {
            let before = if let Before::Known(values) = &t.before {
                values.iter().all(|v| sane(*v))
            } else {
                true
            };
            before && t.coefficient.all(sane)
        });
        if !(limits && terms) {
            note(&row.component, &format!("the equation \"{}\"", row.name));
        }
    }
    if !sane(problem.fixed_cost) {
        found.push(Diagnostic::nowhere("the fixed costs come to a number beyond all measure"));
    }
    found
}

/// What contracts bring to nodes, beyond all measure.
fn check_deliveries(site: &Site, deliveries: &[Delivery]) -> Option<Diagnostic> {
    let sane = |v: f64| v.abs() <= GREATEST;
    let is_sane = |delivery: &Delivery| {
        let rate = &delivery.rate;
        rate.constant.all(sane) && rate.terms.iter().all(|t| t.coefficient.all(sane))
    };
    let signed = &site.contracts[deliveries.iter().find(|d| !is_sane(d))?.contract];
    let message = format!(
        "`{}`: what it brings comes to a number beyond all measure; look for a value that is far too great",
        signed.name
    );
    Some(Diagnostic::error(signed.span, message))
}

/// No plant has a number above it in the units used inside.
const GREATEST: f64 = 1e15;

/// A mistake shown where a component or contract is named.
fn at_component(site: &Site, component: &str, message: String) -> Diagnostic {
    let placed = site.components.iter().find(|c| c.name == component).map(|c| c.span);
    let signed = || site.contracts.iter().find(|c| c.name == component).map(|c| c.span);
    match placed.or_else(signed) {
        Some(span) => Diagnostic::error(span, message),
        None => Diagnostic::nowhere(message),
    }
}

/// A problem that no memory holds is not begun.
fn check_size(problem: &Problem) -> Option<Diagnostic> {
    let terms: usize = problem.rows.iter().map(|r| r.terms.len() * problem.steps).sum();
    let columns = problem.variables.len() * problem.steps;
    (terms.max(columns) > MOST_TERMS).then(|| {
        let message = format!("the equations of this run have {terms} terms over {} steps, more than {MOST_TERMS}; use longer steps or a shorter run", problem.steps);
        Diagnostic::nowhere(message)
    })
}

/// What a solver's indices and any memory can hold.
const MOST_TERMS: usize = 1_000_000_000;

/// What a site that compiles still lacks: carriers that are taken but never given, or the reverse.
pub fn connections(site: &Site, compiled: &Compiled) -> Vec<Diagnostic> {
    let mut found = compiled.warnings.clone();
    for (node, named) in site.network.nodes.iter().enumerate() {
        let of =
            |direction| compiled.flows.iter().find(|f| f.node == node && f.direction == direction);
        let (given, taken) = (of(Direction::Give), of(Direction::Take));
        let message = |flow: &Flow, verb: &str, other: &str, add: &str| {
            let component = &site.components[flow.component];
            // A node named by a default stands nowhere in the file.
            let at = flow.place.span;
            Diagnostic::error(
                if at == Span::default() { component.span } else { at },
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
            (None, None) => {
                let unused = |n: &NetworkNode| {
                    !compiled.flows.iter().any(|f| site.network.nodes[f.node].carrier == n.carrier)
                };
                if unused(named) {
                    let carrier = &site.network.carriers[named.carrier];
                    let message = format!(
                        "nothing gives or takes `{}`; remove it if it is not needed",
                        named.name
                    );
                    found.push(Diagnostic::warning(carrier.span, message));
                }
            }
            _ => {}
        }
        found.extend(dearer_than_shortage(site, compiled, node));
    }
    found.extend(unused_state(site, compiled));
    // A plan of all needs no order of nominations; what each party does alone does.
    if let Err(circle) = order_of_parties(site, &compiled.terms) {
        found.push(Diagnostic { severity: Severity::Warning, ..circle });
    }
    found
}

/// What is said of a component's start that it has no use for.
fn unused_state(site: &Site, compiled: &Compiled) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, placed) in site.components.iter().enumerate() {
        let Some(state) = site.state.get(&placed.name) else { continue };
        let has = |what: StateKind| {
            compiled.states.iter().any(|s| s.component == index && s.what == what)
        };
        let has_level = compiled.levels.iter().any(|l| l.component == index);
        let unused = [
            ("level", state.level.map(|l| l.span).filter(|_| !has_level)),
            ("on", state.on.map(|_| placed.span).filter(|_| !has(StateKind::On))),
            ("output", state.output.map(|o| o.span).filter(|_| !has(StateKind::Output))),
            ("peak", state.peak.map(|p| p.span).filter(|_| !has(StateKind::Peak))),
        ];
        for (field, span) in unused {
            let message = format!(
                "`{}` takes no account of the `{field}` in [state.{}]: it has nothing that depends on it",
                placed.name, placed.name
            );
            found.extend(span.map(|span| Diagnostic::warning(span, message)));
        }
        let alone = state.since.filter(|_| state.on.is_none());
        found.extend(alone.map(|since| {
            Diagnostic::warning(
                since.span,
                "`since` says nothing without `on`: add on = true or on = false",
            )
        }));
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
