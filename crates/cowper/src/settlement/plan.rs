//! The plan that is settled against: plan.csv, a row a step, exact decimals under named columns.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::agreement::{Agreed, AgreedContract, AgreedNode};
use super::exact::{self, TooLarge};
use super::table::{self, Found, Table};
use crate::diagnostic::Diagnostic;
use crate::time::Horizon;

/// Seconds of a quarter of an hour, which meters count.
const QUARTER: i64 = 900;

/// The joint plan as the agreement fixes it. Each list has one value a step of the horizon.
///
/// # Columns of plan.csv
///
/// | column | what |
/// |---|---|
/// | `time` | beginning of the step with its offset: `2025-03-30T01:00:00+01:00` |
/// | `PARTY.NODE [MW]` | what the party takes from the node, net; negative is given. Adds up to nought over the parties |
/// | `price.NODE [CNY/MWh]` | shadow price of the node in the joint plan |
/// | `imbalance_up.NODE [CNY/MWh]` | what one unit more costs outside; the price where the column is missing |
/// | `imbalance_down.NODE [CNY/MWh]` | what one unit less saves outside; the price where the column is missing |
/// | `co2.NODE [t/MWh]` | CO2 that goes with a unit exchanged; optional |
/// | `clean.NODE [1]` | share of the exchange that is clean, 0 to 1; optional |
/// | `outside.NODE [MW]` | what the balancing party was to bring in from outside; optional |
/// | `contract.NAME [MW]` | fixed quantity of a contract, from seller to buyer |
/// | `contract_price.NAME [CNY/MWh]` | its price; strike less reference for a difference |
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// One for each node of the agreement, in its order.
    pub nodes: Vec<NodePlan>,
    /// One for each contract of the agreement, in its order.
    pub contracts: Vec<ContractPlan>,
}

/// What is planned at a node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodePlan {
    /// Net taking of each party, in the order of the agreement, in the node's unit of flow.
    pub taken: Vec<Vec<Decimal>>,
    /// Shadow price: money per unit of amount.
    pub price: Vec<Decimal>,
    /// What one more unit costs outside; the shadow price if there is none.
    pub imbalance_up: Option<Vec<Decimal>>,
    /// What one unit less saves outside; the shadow price if there is none.
    pub imbalance_down: Option<Vec<Decimal>>,
    /// CO2 of a unit exchanged, in t per unit of amount.
    pub co2: Option<Vec<Decimal>>,
    /// Clean share of the exchange, 0 to 1.
    pub clean: Option<Vec<Decimal>>,
    /// What the balancing party brings in from outside, in the node's unit of flow.
    pub outside: Option<Vec<Decimal>>,
}

/// A contract's leg over time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContractPlan {
    /// Fixed quantity from seller to buyer, in the node's unit of flow.
    pub quantity: Vec<Decimal>,
    /// Money per unit of amount.
    pub price: Vec<Decimal>,
}

impl NodePlan {
    /// Puts on the balancing party what the positions of the others leave over, so that they add up
    /// to nought exactly: the rounding of decimals, and what the plan left unserved.
    pub fn close(&mut self, balancing_party: usize) -> Result<(), TooLarge> {
        for step in 0..self.price.len() {
            let others = self.taken.iter().enumerate().filter(|(i, _)| *i != balancing_party);
            let values = others.filter_map(|(_, taken)| taken.get(step).copied());
            let rest = -exact::sum(values)?;
            if let Some(value) = self.taken.get_mut(balancing_party).and_then(|t| t.get_mut(step)) {
                *value = rest;
            }
        }
        Ok(())
    }
}

/// A column of plan.csv: its name, its unit and its values.
struct Named<'a> {
    name: String,
    unit: String,
    values: &'a [Decimal],
}

impl Plan {
    /// The text of plan.csv. Lists that are shorter than the horizon leave cells empty, which reading refuses.
    pub fn to_csv(&self, agreed: &Agreed) -> String {
        let columns = self.columns(agreed);
        let mut text = "time".to_owned();
        for column in &columns {
            text.push_str(&format!(",{} [{}]", column.name, column.unit));
        }
        text.push('\n');
        for step in 0..agreed.horizon.steps {
            text.push_str(&agreed.horizon.stamp(step));
            for column in &columns {
                text.push(',');
                if let Some(value) = column.values.get(step) {
                    text.push_str(&value.normalize().to_string());
                }
            }
            text.push('\n');
        }
        text
    }

    /// A file of meters to fill in: the columns that settlement asks for, and the quarter-hours (or
    /// shorter steps of the plan) of the first month. The party that balances a node needs none there.
    pub fn meters_template(&self, agreed: &Agreed) -> String {
        let mut text = "time".to_owned();
        let mut columns = 0;
        for (plan, node) in self.nodes.iter().zip(&agreed.agreement.nodes) {
            for (party, taken) in agreed.agreement.parties.iter().zip(&plan.taken) {
                let is_absent = taken.iter().all(Decimal::is_zero);
                if party.key != node.balancing_party && !is_absent {
                    text.push_str(&format!(",{}.{} [{}]", party.key, node.name, node.flow_unit));
                    columns += 1;
                }
            }
        }
        text.push('\n');
        let plan = &agreed.horizon;
        let step_seconds =
            if plan.step_seconds % QUARTER == 0 { QUARTER } else { plan.step_seconds };
        let steps = plan.steps * usize::try_from(plan.step_seconds / step_seconds).unwrap_or(1);
        let fine = Horizon { step_seconds, steps, ..plan.clone() };
        let month = |step| fine.local(step).strftime("%Y-%m").to_string();
        let first = month(0);
        for step in (0..steps).take_while(|step| month(*step) == first) {
            text.push_str(&fine.stamp(step));
            text.push_str(&",".repeat(columns));
            text.push('\n');
        }
        text
    }

    fn columns(&self, agreed: &Agreed) -> Vec<Named<'_>> {
        let agreement = &agreed.agreement;
        let mut columns = Vec::new();
        for (plan, node) in self.nodes.iter().zip(&agreement.nodes) {
            for (party, values) in agreement.parties.iter().zip(&plan.taken) {
                let name = format!("{}.{}", party.key, node.name);
                columns.push(Named { name, unit: node.flow_unit.clone(), values });
            }
            for (what, values) in plan.by_word() {
                if let Some(values) = values {
                    let name = format!("{what}.{}", node.name);
                    columns.push(Named { name, unit: unit_of(what, node, agreed), values });
                }
            }
        }
        for (plan, contract) in self.contracts.iter().zip(&agreement.contracts) {
            let (flow, price) = contract_units(contract, agreed);
            let name = format!("contract.{}", contract.name);
            columns.push(Named { name, unit: flow, values: &plan.quantity });
            let name = format!("contract_price.{}", contract.name);
            columns.push(Named { name, unit: price, values: &plan.price });
        }
        columns
    }
}

impl NodePlan {
    fn by_word(&self) -> [(&'static str, Option<&Vec<Decimal>>); 6] {
        [
            ("price", Some(&self.price)),
            ("imbalance_up", self.imbalance_up.as_ref()),
            ("imbalance_down", self.imbalance_down.as_ref()),
            ("co2", self.co2.as_ref()),
            ("clean", self.clean.as_ref()),
            ("outside", self.outside.as_ref()),
        ]
    }
}

/// The unit of a column of a node.
fn unit_of(word: &str, node: &AgreedNode, agreed: &Agreed) -> String {
    match word {
        "price" | "imbalance_up" | "imbalance_down" => {
            format!("{}/{}", agreed.agreement.currency, node.stock_unit)
        }
        "co2" => format!("t/{}", node.stock_unit),
        "clean" => "1".into(),
        _ => node.flow_unit.clone(),
    }
}

/// The units of a contract's quantity and price.
fn contract_units(contract: &AgreedContract, agreed: &Agreed) -> (String, String) {
    let agreement = &agreed.agreement;
    let node = agreement.nodes.iter().find(|n| n.name == contract.node);
    let unit = |node: &AgreedNode| {
        (node.flow_unit.clone(), format!("{}/{}", agreement.currency, node.stock_unit))
    };
    node.map_or_else(|| ("1".into(), "1".into()), unit)
}

/// Reads plan.csv against its agreement; says every mistake.
pub fn read_plan(file: &str, bytes: &[u8], agreed: &Agreed) -> Result<Plan, Vec<Diagnostic>> {
    let mut found = Found::default();
    let Some(table) = table::read(file, bytes, &mut found) else {
        return Err(found.into_all(file));
    };
    check_times(&table, agreed, &mut found);
    let agreement = &agreed.agreement;
    let mut reader = Columns { table: &table, used: vec![false; table.columns.len()], found };
    let mut nodes = Vec::new();
    for node in &agreement.nodes {
        let unit = |word: &str| unit_of(word, node, agreed);
        let mut optional = |word: &str| {
            let name = format!("{word}.{}", node.name);
            reader.position(&name).is_some().then(|| reader.column(&name, &unit(word)))
        };
        let (imbalance_up, imbalance_down) = (optional("imbalance_up"), optional("imbalance_down"));
        let (co2, clean, outside) = (optional("co2"), optional("clean"), optional("outside"));
        let price = reader.column(&format!("price.{}", node.name), &unit("price"));
        let taken = agreement
            .parties
            .iter()
            .map(|party| reader.column(&format!("{}.{}", party.key, node.name), &node.flow_unit))
            .collect();
        nodes.push(NodePlan { taken, price, imbalance_up, imbalance_down, co2, clean, outside });
    }
    let contracts = agreement
        .contracts
        .iter()
        .map(|contract| {
            let (flow, price) = contract_units(contract, agreed);
            ContractPlan {
                quantity: reader.column(&format!("contract.{}", contract.name), &flow),
                price: reader.column(&format!("contract_price.{}", contract.name), &price),
            }
        })
        .collect();
    reader.unused();
    let mut found = reader.found;
    let plan = Plan { nodes, contracts };
    if found.all.is_empty() {
        plan.check(&table, agreed, &mut found);
    }
    if found.all.is_empty() { Ok(plan) } else { Err(found.into_all(file)) }
}

fn check_times(table: &Table, agreed: &Agreed, found: &mut Found) {
    let horizon = &agreed.horizon;
    if table.rows.len() != horizon.steps {
        let message = format!(
            "`{}` has {} rows, the agreement {} steps; use the plan that belongs to it",
            table.file,
            table.rows.len(),
            horizon.steps
        );
        found.say("rows", table.mistake(0, "", message));
    }
    for (step, row) in table.rows.iter().take(horizon.steps).enumerate() {
        if row.stamp.parse::<Timestamp>().ok() != Some(horizon.begin(step)) {
            let message = format!("this row should begin at {}", horizon.stamp(step));
            found
                .say("times that are not the plan's", table.mistake(row.line, &row.stamp, message));
        }
    }
}

/// Columns taken out of a table by name, noting which are left.
struct Columns<'a> {
    table: &'a Table,
    used: Vec<bool>,
    found: Found,
}

impl Columns<'_> {
    fn position(&self, name: &str) -> Option<usize> {
        self.table.columns.iter().position(|c| c.name == name)
    }

    fn column(&mut self, name: &str, unit: &str) -> Vec<Decimal> {
        let Some(at) = self.position(name) else {
            let message =
                format!("there is no column `{name} [{unit}]`, which the agreement needs; add it");
            self.found.say("missing columns", self.table.mistake(1, "", message));
            return Vec::new();
        };
        self.used[at] = true;
        let header = &self.table.columns[at];
        if header.unit.as_deref().unwrap_or("1") != unit {
            let message = format!("`{name}` is to be in [{unit}]; correct the plan");
            let shown = header.unit.clone().unwrap_or_default();
            self.found.say("units", self.table.mistake(1, &shown, message));
        }
        let mut values = Vec::with_capacity(self.table.rows.len());
        for row in &self.table.rows {
            let cell = row.cells.get(at).map_or("", String::as_str);
            match exact::read(cell) {
                Ok(value) => values.push(value),
                Err(message) => {
                    let message = format!("`{name}`: {message}");
                    self.found
                        .say("values of the plan", self.table.mistake(row.line, cell, message));
                }
            }
        }
        values
    }

    fn unused(&mut self) {
        for (header, used) in self.table.columns.iter().zip(&self.used) {
            if !used {
                let nearest = crate::diagnostic::nearest(
                    &header.name,
                    self.table
                        .columns
                        .iter()
                        .map(|c| c.name.as_str())
                        .filter(|n| *n != header.name),
                );
                let message = format!("the agreement knows no column `{}`{nearest}", header.name);
                self.found.say("unknown columns", self.table.mistake(1, &header.name, message));
            }
        }
    }
}

impl Plan {
    /// Positions add up to nought, shares are shares. All lists have a value for every row.
    fn check(&self, table: &Table, agreed: &Agreed, found: &mut Found) {
        for (plan, node) in self.nodes.iter().zip(&agreed.agreement.nodes) {
            for (step, row) in table.rows.iter().enumerate() {
                let values = plan.taken.iter().filter_map(|t| t.get(step).copied());
                match exact::sum(values) {
                    Ok(sum) if sum.is_zero() => {}
                    Ok(sum) => {
                        let message = format!(
                            "what the parties take at `{}` adds up to {sum} {}, not to 0: what one gives another takes; correct the plan",
                            node.name, node.flow_unit
                        );
                        found.say(
                            "positions that do not add up",
                            table.mistake(row.line, &row.stamp, message),
                        );
                    }
                    Err(TooLarge) => {
                        let message = format!("the positions at `{}` are too large", node.name);
                        found
                            .say("numbers too large", table.mistake(row.line, &row.stamp, message));
                    }
                }
                let share = plan.clean.as_ref().and_then(|c| c.get(step).copied());
                if share.is_some_and(|s| s < Decimal::ZERO || s > Decimal::ONE) {
                    let message = format!("`clean.{}` is a share from 0 to 1", node.name);
                    found.say("shares", table.mistake(row.line, &row.stamp, message));
                }
            }
        }
    }
}
