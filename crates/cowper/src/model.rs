//! What a component may say: its variables, what it takes and gives, its equations and costs.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, any_error};
use crate::expression::{Expr, Param, Var};
use crate::field::{Name, Profile};
use crate::network::Network;
use crate::problem::{
    CurvePart, Extent, OrderedCurve, Problem, RowBlock, Values, VariableBlock, VariableId,
};
use crate::series::SeriesStore;
use crate::state::ComponentState;
use crate::time::{Horizon, Partition};
use crate::units::{
    Dimension, ENERGY, Flow as FlowMeasure, MASS, MONEY, Measure, NUMBER, Price, Quantity, Stock,
    TIME, is_energy_convertible,
};

/// A flow between a component and a node.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Index of the component.
    pub component: usize,
    /// Its name there.
    pub name: String,
    /// Index of the node.
    pub node: usize,
    /// Where the node is named in the file.
    pub place: Name,
    /// Whether it goes into the node or out of it.
    pub direction: Direction,
    /// How much; where it goes both ways, what is taken less what is given.
    pub rate: Expr,
    /// Which part of the rate this flow is.
    pub part: Part,
}

/// Which part of its rate a flow is. A rate that goes both ways makes two flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// What is above nought.
    Above,
    /// What is below nought, its sign turned.
    Below,
}

impl Part {
    /// The flow at a value of the rate.
    pub fn of(self, rate: f64) -> f64 {
        match self {
            Part::Whole => rate,
            Part::Above => rate.max(0.0),
            Part::Below => (-rate).max(0.0),
        }
    }
}

/// Which way a flow goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the node into the component.
    Take,
    /// From the component into the node.
    Give,
}

/// A cost of a component, or with a minus a revenue.
#[derive(Debug, Clone)]
pub struct Cost {
    /// Index of the component.
    pub component: usize,
    /// What it is paid for.
    pub item: String,
    /// Money per time, or money.
    pub amount: Expr,
}

/// How CO2 is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Set free on site.
    Direct,
    /// Set free elsewhere to make what is bought.
    Purchased,
}

/// CO2 of a component.
#[derive(Debug, Clone)]
pub struct Emission {
    /// Index of the component.
    pub component: usize,
    /// How it is booked.
    pub scope: Scope,
    /// Mass per time.
    pub rate: Expr,
}

/// A store's level with its limits, for reports and the state at the end.
#[derive(Debug, Clone)]
pub struct LevelInfo {
    /// Index of the component.
    pub component: usize,
    /// The level.
    pub level: VariableId,
    /// Index of the node whose carrier it holds.
    pub node: usize,
    /// The level that is full.
    pub capacity: f64,
    /// The safe band, where there is one.
    pub band: Option<(f64, f64)>,
}

/// Something the state at the end of a run records.
#[derive(Debug, Clone)]
pub struct StateInfo {
    /// Index of the component.
    pub component: usize,
    /// On or off, the output, or the peak of a month.
    pub what: StateKind,
    /// The variable that tells; for a peak the flow whose greatest mean counts.
    pub variable: VariableId,
    /// The windows over which a peak is averaged.
    pub windows: Option<PartitionId>,
}

/// What of a component outlives a run, besides levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateKind {
    /// Whether it runs.
    On,
    /// What it puts out.
    Output,
    /// The greatest demand of the month.
    Peak,
}

/// Least and greatest value of a variable.
#[derive(Debug, Clone)]
pub struct Bounds {
    lower: Param,
    upper: Param,
}

impl Bounds {
    /// From nought upwards.
    pub fn positive(dimension: Dimension) -> Self {
        Bounds {
            lower: Param::constant(0.0, dimension),
            upper: Param::constant(f64::INFINITY, dimension),
        }
    }

    /// From nought to a limit.
    pub fn up_to(upper: impl Into<Param>) -> Self {
        let upper = upper.into();
        Bounds { lower: Param::constant(0.0, upper.dimension), upper }
    }

    /// Between two limits.
    pub fn between(lower: impl Into<Param>, upper: impl Into<Param>) -> Self {
        Bounds { lower: lower.into(), upper: upper.into() }
    }

    /// Any value.
    pub fn free(dimension: Dimension) -> Self {
        Bounds {
            lower: Param::constant(f64::NEG_INFINITY, dimension),
            upper: Param::constant(f64::INFINITY, dimension),
        }
    }
}

/// The handle of a division of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionId(pub(crate) usize);

/// Where a component writes its equations.
pub struct Model<'a> {
    network: &'a Network,
    horizon: &'a Horizon,
    series: &'a SeriesStore,
    state: &'a BTreeMap<String, ComponentState>,
    component: (usize, String),
    aligned: BTreeMap<String, Option<Param>>,
    /// Where names stand that are no series: each is noted once.
    unknown_series: Vec<crate::diagnostic::Span>,
    pub(crate) problem: Problem,
    pub(crate) flows: Vec<Flow>,
    pub(crate) costs: Vec<Cost>,
    pub(crate) emissions: Vec<Emission>,
    pub(crate) levels: Vec<LevelInfo>,
    pub(crate) states: Vec<StateInfo>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<'a> Model<'a> {
    pub(crate) fn new(
        network: &'a Network,
        horizon: &'a Horizon,
        series: &'a SeriesStore,
        state: &'a BTreeMap<String, ComponentState>,
    ) -> Self {
        Model {
            network,
            horizon,
            series,
            state,
            component: (0, String::new()),
            aligned: BTreeMap::new(),
            unknown_series: Vec::new(),
            problem: Problem { steps: horizon.steps, ..Problem::default() },
            flows: Vec::new(),
            costs: Vec::new(),
            emissions: Vec::new(),
            levels: Vec::new(),
            states: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    pub(crate) fn enter(&mut self, index: usize, name: &str) {
        self.component = (index, name.to_owned());
    }

    /// Notes a mistake that only the whole site shows.
    pub fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// How many mistakes have been noted.
    pub(crate) fn mistakes(&self) -> usize {
        self.diagnostics.len()
    }

    // ---- what is known -------------------------------------------------------------------

    /// Length of a step.
    pub fn hours(&self) -> Param {
        Param::constant(self.horizon.hours(), TIME)
    }

    /// The horizon of the run.
    pub fn horizon(&self) -> &Horizon {
        self.horizon
    }

    /// How the component stands at the start.
    pub fn state(&self) -> ComponentState {
        self.state.get(&self.component.1).cloned().unwrap_or_default()
    }

    /// A quantity or series, as it is.
    pub fn profile<M: Measure>(&mut self, profile: &Profile<M>) -> Param {
        let name = match profile {
            Profile::Constant(quantity) => return (*quantity).into(),
            Profile::Series(name) => name,
        };
        // A name that is no series is noted wherever it stands.
        let is_unknown =
            !self.series.contains(&name.text) && !self.unknown_series.contains(&name.span);
        if is_unknown || !self.aligned.contains_key(&name.text) {
            let aligned = match self.series.align(&name.text, name.span, self.horizon) {
                Ok(aligned) => Some(Param::series(aligned.values, aligned.dimension)),
                Err(diagnostic) => {
                    self.unknown_series.push(name.span);
                    self.diagnostics.push(diagnostic);
                    None
                }
            };
            self.aligned.insert(name.text.clone(), aligned);
        }
        let Some(param) = self.aligned[&name.text].clone() else {
            return Param::constant(0.0, NUMBER);
        };
        if !M::accepts(param.dimension) {
            let message = format!(
                "series `{}` is {}; this needs {}, such as \"{}\": correct the unit in its column's header or its `unit`",
                name.text,
                param.dimension.words(),
                M::WORDS,
                M::EXAMPLE
            );
            self.error(Diagnostic::error(name.span, message));
            return Param::constant(0.0, NUMBER);
        }
        if let Some(at) = (0..self.horizon.steps).find(|t| param.values.at(*t) < M::LEAST) {
            let unit = param.dimension.symbol(&self.network.currency);
            let message = format!(
                "series `{}` is {} {unit} at {}; this needs {}, of at least {}",
                name.text,
                param.values.at(at),
                self.horizon.label(at),
                M::WORDS,
                if M::LEAST == f64::MIN_POSITIVE { 0.0 } else { M::LEAST }
            );
            self.error(Diagnostic::error(name.span, message));
        }
        param
    }

    /// A flow, in the unit of a node.
    pub fn flow_of(&mut self, profile: &Profile<FlowMeasure>, node: &Name) -> Param {
        let param = self.profile(profile);
        self.in_unit_of(param, node, profile.span(), |stock| stock.per(TIME))
    }

    /// A constant flow, in the unit of a node.
    pub fn capacity_of(&mut self, quantity: Quantity<FlowMeasure>, node: &Name) -> Param {
        self.flow_of(&Profile::Constant(quantity), node)
    }

    /// A stock, in the unit of a node.
    pub fn stock_of(&mut self, quantity: Quantity<Stock>, node: &Name) -> Param {
        self.in_unit_of(quantity.into(), node, quantity.span, |stock| stock)
    }

    /// A price per unit of a node.
    pub fn price_of(&mut self, profile: &Profile<Price>, node: &Name) -> Param {
        let param = self.profile(profile);
        self.in_unit_of(param, node, profile.span(), |stock| MONEY.per(stock))
    }

    /// A known value brought to the unit of a node: `target` makes the wanted dimension from that
    /// of a stock there. Energy becomes volume or mass through the carrier's heating value.
    pub fn in_unit_of(
        &mut self,
        param: Param,
        node: &Name,
        span: crate::diagnostic::Span,
        target: impl Fn(Dimension) -> Dimension,
    ) -> Param {
        let Some(index) = self.node(node) else { return Param::constant(0.0, param.dimension) };
        let carrier = self.network.carrier_of(index);
        let stock = carrier.measure.stock();
        let wanted = target(stock);
        if param.dimension == wanted {
            return param;
        }
        // A bare number says nothing of kNm3 or t: it is no ratio of energies by accident.
        if param.dimension == target(ENERGY) && param.dimension != NUMBER {
            if let Some(content) = self.network.energy_content(index) {
                let content = Param::constant(content, ENERGY.per(stock));
                let (divided, multiplied) = (&param / &content, &param * &content);
                return if divided.dimension == wanted { divided } else { multiplied };
            }
        } else if let Some(heating_value) = carrier.heating_value
            && carrier.measure.stock() == ENERGY
        {
            let (multiplied, divided) = (&param * heating_value, &param / heating_value);
            if multiplied.dimension == wanted {
                return multiplied;
            }
            if divided.dimension == wanted {
                return divided;
            }
        }
        // A series that could not be read has already been noted.
        if any_error(&self.diagnostics) && param.dimension == NUMBER && param.is_zero() {
            return Param::constant(0.0, wanted);
        }
        let name = &self.network.nodes[index].name;
        let mut message = format!(
            "this is {}; `{name}` is counted in {}, so write it in {}",
            param.dimension.words(),
            stock.symbol(&self.network.currency),
            wanted.symbol(&self.network.currency)
        );
        if is_energy_convertible(param.dimension, wanted) && param.dimension != wanted {
            message.push_str(&format!(
                ", or give carrier `{}` a heating_value or enthalpy",
                self.network.carriers[self.network.nodes[index].carrier].name
            ));
        }
        self.error(Diagnostic::error(span, message));
        Param::constant(0.0, wanted)
    }

    /// Heat in a unit of a node's carrier: heating value of a fuel, enthalpy of steam, 1 for energy.
    pub fn energy_content(&mut self, node: &Name) -> Param {
        let Some(index) = self.node(node) else { return Param::constant(1.0, NUMBER) };
        let stock = self.network.carrier_of(index).measure.stock();
        if let Some(content) = self.network.energy_content(index) {
            return Param::constant(content, ENERGY.per(stock));
        }
        let carrier = &self.network.carriers[self.network.nodes[index].carrier];
        let message = format!(
            "`{}` is counted in {} here, and its heat is needed; give [carrier.{}] a heating_value (fuel) or an enthalpy (steam)",
            node.text,
            stock.symbol(&self.network.currency),
            carrier.name
        );
        self.error(Diagnostic::error(node.span, message));
        Param::constant(1.0, ENERGY.per(stock))
    }

    /// As [`Model::energy_content`], where the file says it; none where it does not.
    pub fn known_energy_content(&mut self, node: &Name) -> Option<Param> {
        let index = self.node(node)?;
        let stock = self.network.carrier_of(index).measure.stock();
        self.network
            .energy_content(index)
            .map(|content| Param::constant(content, ENERGY.per(stock)))
    }

    /// The name of the carrier at a node.
    pub fn carrier_at(&mut self, node: &Name) -> Option<&'a str> {
        let index = self.node(node)?;
        let network = self.network;
        Some(network.carriers[network.nodes[index].carrier].name.as_str())
    }

    /// CO2 in a unit of a node's carrier; none where it holds no carbon.
    pub fn carbon_content(&mut self, node: &Name) -> Option<Param> {
        let index = self.node(node)?;
        let stock = self.network.carrier_of(index).measure.stock();
        self.network.carbon_content(index).map(|content| Param::constant(content, MASS.per(stock)))
    }

    /// What a unit not served at a node costs.
    pub fn shortage_price(&mut self, node: &Name) -> Param {
        let Some(index) = self.node(node) else { return Param::constant(0.0, NUMBER) };
        let stock = self.network.carrier_of(index).measure.stock();
        Param::constant(self.network.shortage_price_of(index), MONEY.per(stock))
    }

    /// The dimension of a flow at a node.
    pub fn flow_dimension(&mut self, node: &Name) -> Dimension {
        self.node(node).map_or(NUMBER, |index| self.network.carrier_of(index).measure.flow())
    }

    /// The dimension of a stock at a node.
    pub fn stock_dimension(&mut self, node: &Name) -> Dimension {
        self.node(node).map_or(NUMBER, |index| self.network.carrier_of(index).measure.stock())
    }

    /// Looks up a node; notes the mistake if there is none of that name.
    fn node(&mut self, name: &Name) -> Option<usize> {
        let found = self.network.node(&name.text);
        if found.is_none() {
            let nearest = crate::diagnostic::nearest(
                &name.text,
                self.network.nodes.iter().map(|n| n.name.as_str()),
            );
            let message = format!(
                "`{}` is not a carrier or node{nearest}",
                crate::units::shortened(&name.text)
            );
            let diagnostic = Diagnostic::error(name.span, message).label("no such carrier");
            if !self.diagnostics.contains(&diagnostic) {
                self.error(diagnostic);
            }
        }
        found
    }

    // ---- variables -----------------------------------------------------------------------

    /// A variable at each step.
    pub fn variable(&mut self, name: &str, bounds: Bounds) -> Var {
        self.add_variable(name, bounds, Extent::Step)
    }

    /// A flow at a node, at each step, from nought upwards.
    pub fn rate(&mut self, name: &str, node: &Name) -> Var {
        let dimension = self.flow_dimension(node);
        self.variable(name, Bounds::positive(dimension))
    }

    /// A variable that is 0 or 1 at each step.
    pub fn binary(&mut self, name: &str) -> Var {
        let var = self.variable(name, Bounds::up_to(1.0));
        self.problem.variables[var.id.0 as usize].integer = true;
        var
    }

    /// The parts of a curve fill in their order: the solver uses whole numbers where they would not.
    pub fn keep_order_where_it_is_left(&mut self, parts: Vec<CurvePart>) {
        let component = self.component.1.clone();
        self.problem.ordered.push(OrderedCurve { component, parts });
    }

    /// A variable that exists once a group of steps.
    pub fn variable_per(&mut self, partition: PartitionId, name: &str, bounds: Bounds) -> Var {
        self.add_variable(name, bounds, Extent::Group(partition.0))
    }

    fn add_variable(&mut self, name: &str, bounds: Bounds, extent: Extent) -> Var {
        let Bounds { lower, upper } = bounds;
        if lower.dimension != upper.dimension {
            self.unlike(name, lower.dimension, upper.dimension);
        }
        let dimension = upper.dimension;
        let id = VariableId(self.problem.variables.len() as u32);
        self.problem.variables.push(VariableBlock {
            component: self.component.1.clone(),
            name: name.to_owned(),
            dimension,
            lower: lower.values,
            upper: upper.values,
            cost: Values::Constant(0.0),
            integer: false,
            extent,
        });
        Var { id, dimension }
    }

    /// Narrows a variable from above.
    pub fn limit(&mut self, var: Var, upper: impl Into<Param>) {
        let upper = upper.into();
        if upper.dimension != var.dimension {
            self.unlike("limit", var.dimension, upper.dimension);
            return;
        }
        let block = &mut self.problem.variables[var.id.0 as usize];
        block.upper = block.upper.zip(&upper.values, f64::min);
    }

    /// Narrows a variable from below.
    pub fn floor(&mut self, var: Var, lower: impl Into<Param>) {
        let lower = lower.into();
        if lower.dimension != var.dimension {
            self.unlike("floor", var.dimension, lower.dimension);
            return;
        }
        let block = &mut self.problem.variables[var.id.0 as usize];
        block.lower = block.lower.zip(&lower.values, f64::max);
    }

    /// A division of time, such as the months of the horizon.
    pub fn partition(&mut self, partition: Partition) -> PartitionId {
        if let Some(same) = self.problem.partitions.iter().position(|p| *p == partition) {
            return PartitionId(same);
        }
        self.problem.partitions.push(partition);
        PartitionId(self.problem.partitions.len() - 1)
    }

    // ---- flows ---------------------------------------------------------------------------

    /// What the component takes from a node.
    pub fn take(&mut self, node: &Name, name: &str, rate: impl Into<Expr>) {
        self.flow(node, name, (Direction::Take, Part::Whole), rate.into());
    }

    /// What the component gives to a node.
    pub fn give(&mut self, node: &Name, name: &str, rate: impl Into<Expr>) {
        self.flow(node, name, (Direction::Give, Part::Whole), rate.into());
    }

    /// One rate for both ways: above nought it is taken from a node, below it is given. Names both.
    pub fn exchange(&mut self, node: &Name, (taken, given): (&str, &str), rate: impl Into<Expr>) {
        let rate = rate.into();
        self.flow(node, taken, (Direction::Take, Part::Above), rate.clone());
        self.flow(node, given, (Direction::Give, Part::Below), rate);
    }

    /// Takes a fuel and burns it: its CO2 is set free here.
    pub fn burn(&mut self, node: &Name, name: &str, rate: impl Into<Expr>) {
        let rate = rate.into();
        if let Some(content) = self.carbon_content(node) {
            self.emit(Scope::Direct, &rate * content);
        }
        self.take(node, name, rate);
    }

    fn flow(&mut self, node: &Name, name: &str, (direction, part): (Direction, Part), rate: Expr) {
        let Some(index) = self.node(node) else { return };
        let wanted = self.network.carrier_of(index).measure.flow();
        self.check_dimension(name, &rate, wanted);
        self.flows.push(Flow {
            component: self.component.0,
            name: name.to_owned(),
            node: index,
            place: node.clone(),
            direction,
            rate,
            part,
        });
    }

    // ---- equations -----------------------------------------------------------------------

    /// Left equals right, at each step.
    pub fn equal(&mut self, says: &str, left: impl Into<Expr>, right: impl Into<Expr>) {
        self.row(says, left.into() - right.into(), (0.0, 0.0), Extent::Step);
    }

    /// Left is at most right, at each step.
    pub fn at_most(&mut self, says: &str, left: impl Into<Expr>, right: impl Into<Expr>) {
        self.row(says, left.into() - right.into(), (f64::NEG_INFINITY, 0.0), Extent::Step);
    }

    /// Left is at least right, at each step.
    pub fn at_least(&mut self, says: &str, left: impl Into<Expr>, right: impl Into<Expr>) {
        self.row(says, left.into() - right.into(), (0.0, f64::INFINITY), Extent::Step);
    }

    /// The middle lies between two known values, at each step.
    pub fn between(
        &mut self,
        says: &str,
        (least, most): (&Param, &Param),
        middle: impl Into<Expr>,
    ) {
        let middle = middle.into();
        for limit in [least, most] {
            if limit.dimension != middle.dimension {
                self.unlike(says, middle.dimension, limit.dimension);
                return;
            }
        }
        let lower = least.values.zip(&middle.constant, |l, c| l - c);
        let upper = most.values.zip(&middle.constant, |u, c| u - c);
        self.push_row(says, middle, lower, upper, Extent::Step);
    }

    /// The sum over each group's steps, which may hold variables per group, is at most nought
    /// plus `limit`.
    pub fn total_at_most(
        &mut self,
        partition: PartitionId,
        says: &str,
        sum: impl Into<Expr>,
        limit: impl Into<Param>,
    ) {
        self.total(partition, says, sum.into(), (None, Some(limit.into())));
    }

    /// The sum over each group's steps is at least `limit`.
    pub fn total_at_least(
        &mut self,
        partition: PartitionId,
        says: &str,
        sum: impl Into<Expr>,
        limit: impl Into<Param>,
    ) {
        self.total(partition, says, sum.into(), (Some(limit.into()), None));
    }

    /// The sum over each group's steps equals `amount`.
    pub fn total_equal(
        &mut self,
        partition: PartitionId,
        says: &str,
        sum: impl Into<Expr>,
        amount: impl Into<Param>,
    ) {
        let amount = amount.into();
        self.total(partition, says, sum.into(), (Some(amount.clone()), Some(amount)));
    }

    fn total(
        &mut self,
        partition: PartitionId,
        says: &str,
        sum: Expr,
        limits: (Option<Param>, Option<Param>),
    ) {
        for limit in [&limits.0, &limits.1].into_iter().flatten() {
            if limit.dimension != sum.dimension {
                self.unlike(says, sum.dimension, limit.dimension);
                return;
            }
        }
        // What is known of the sum moves to the other side.
        let groups = self.problem.partitions[partition.0].labels.len();
        let mut known = vec![0.0; groups];
        for (step, group) in self.problem.partitions[partition.0].of_step.iter().enumerate() {
            known[*group as usize] += sum.constant.at(step);
        }
        let known = Values::Series(known.into());
        let side = |limit: Option<Param>, open: f64| {
            limit.map_or(Values::Constant(open), |l| known.zip(&l.values, |k, l| l - k))
        };
        let (lower, upper) = (side(limits.0, f64::NEG_INFINITY), side(limits.1, f64::INFINITY));
        self.push_row(says, sum, lower, upper, Extent::Group(partition.0));
    }

    /// One value a group: the sum of a known series over its steps.
    pub fn sum_over(&self, partition: PartitionId, param: &Param) -> Param {
        let partition = &self.problem.partitions[partition.0];
        let mut sums = vec![0.0; partition.labels.len()];
        for (step, group) in partition.of_step.iter().enumerate() {
            sums[*group as usize] += param.values.at(step);
        }
        Param::series(sums.into(), param.dimension)
    }

    /// How many groups a division of time has.
    pub fn groups(&self, partition: PartitionId) -> usize {
        self.problem.partitions[partition.0].labels.len()
    }

    fn row(&mut self, says: &str, difference: Expr, (lower, upper): (f64, f64), extent: Extent) {
        let lower = difference.constant.map(|c| lower - c);
        let upper = difference.constant.map(|c| upper - c);
        self.push_row(says, difference, lower, upper, extent);
    }

    fn push_row(&mut self, says: &str, expr: Expr, lower: Values, upper: Values, extent: Extent) {
        if let Some((a, b)) = expr.mixed {
            self.unlike(says, a, b);
            return;
        }
        self.problem.rows.push(RowBlock {
            component: self.component.1.clone(),
            name: says.to_owned(),
            dimension: expr.dimension,
            terms: expr.terms,
            lower,
            upper,
            extent,
        });
    }

    // ---- money, CO2 and what reports need ------------------------------------------------

    /// A cost: money per time counts for the length of each step, money as often as its variables exist.
    pub fn cost(&mut self, item: &str, amount: impl Into<Expr>) {
        let amount = amount.into();
        if self.pay(item, &amount) {
            self.costs.push(Cost { component: self.component.0, item: item.to_owned(), amount });
        }
    }

    /// A cost that is booked elsewhere; whether it is one.
    pub(crate) fn pay(&mut self, item: &str, amount: &Expr) -> bool {
        let factor = if amount.dimension == MONEY.per(TIME) { self.horizon.hours() } else { 1.0 };
        if amount.dimension != MONEY.per(TIME) && amount.dimension != MONEY
            || amount.mixed.is_some()
        {
            self.unlike(item, MONEY.per(TIME), amount.dimension);
            return false;
        }
        for term in &amount.terms {
            let block = &mut self.problem.variables[term.variable.0 as usize];
            block.cost = block.cost.zip(&term.coefficient, |a, b| a + b * factor);
        }
        self.problem.fixed_cost += fixed_part(amount, self.horizon);
        true
    }

    /// CO2 set free, as mass per time. Costs the site's price of CO2 if it is direct.
    pub fn emit(&mut self, scope: Scope, rate: impl Into<Expr>) {
        let rate = rate.into();
        self.check_dimension("CO2", &rate, MASS.per(TIME));
        if scope == Scope::Direct
            && let Some(price) = &self.network.co2_price
        {
            let price = self.profile(&price.clone());
            self.cost("CO2", &rate * price);
        }
        self.emissions.push(Emission { component: self.component.0, scope, rate });
    }

    /// Registers a level for reports and for the state at the end.
    pub fn report_level(
        &mut self,
        level: Var,
        node: &Name,
        capacity: &Param,
        band: Option<(f64, f64)>,
    ) {
        let Some(node) = self.node(node) else { return };
        let capacity = capacity.values.greatest();
        self.levels.push(LevelInfo {
            component: self.component.0,
            level: level.id,
            node,
            capacity,
            band,
        });
    }

    /// Registers what the state at the end records.
    pub fn report_state(&mut self, what: StateKind, variable: Var) {
        let variable = variable.id;
        self.states.push(StateInfo { component: self.component.0, what, variable, windows: None });
    }

    /// Registers a flow whose greatest mean over a window the state at the end records.
    pub fn report_peak(&mut self, flow: Var, windows: PartitionId) {
        self.states.push(StateInfo {
            component: self.component.0,
            what: StateKind::Peak,
            variable: flow.id,
            windows: Some(windows),
        });
    }

    fn check_dimension(&mut self, what: &str, expr: &Expr, wanted: Dimension) {
        if let Some((a, b)) = expr.mixed {
            self.unlike(what, a, b);
        } else if expr.dimension != wanted {
            self.unlike(what, wanted, expr.dimension);
        }
    }

    /// A kind added unlike dimensions. After a mistake in the file that is its consequence; alone it
    /// is a mistake of the kind, and is said to be.
    fn unlike(&mut self, what: &str, a: Dimension, b: Dimension) {
        if !any_error(&self.diagnostics) {
            let currency = &self.network.currency;
            let message = format!(
                "component `{}`: `{what}` compares {} with {}; the carriers it connects do not fit together",
                self.component.1,
                a.symbol(currency),
                b.symbol(currency)
            );
            self.diagnostics.push(Diagnostic::nowhere(message));
        }
    }
}

/// The part of a cost that no decision changes, over the whole horizon.
pub(crate) fn fixed_part(amount: &Expr, horizon: &Horizon) -> f64 {
    if amount.dimension == MONEY.per(TIME) {
        let hours = horizon.hours();
        return (0..horizon.steps).map(|t| amount.constant.at(t) * hours).sum();
    }
    // Money that stands alone is paid once, or once a value.
    match &amount.constant {
        Values::Constant(value) => *value,
        Values::Series(values) => values.iter().sum(),
    }
}
