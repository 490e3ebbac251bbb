//! The statement of a month as it is written: every interval, every line, every total.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::meters::ReadingStatus;

/// The statement of a month for all parties. Money is charged where positive, credited where negative.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Version of this layout: 1.
    pub version: u32,
    /// Name of the site.
    pub site: String,
    /// The month, such as "2025-03".
    pub month: String,
    /// First instant settled.
    pub from: String,
    /// The instant after the last one settled.
    pub to: String,
    /// IANA name of the zone whose days and months count.
    pub time_zone: String,
    /// ISO code of the currency.
    pub currency: String,
    /// Decimals of its smallest unit.
    pub money_decimals: u32,
    /// Whether a value is still to come.
    pub status: Finality,
    /// Whether it settles a month, or the whole time of the agreement with it.
    pub scope: Scope,
    /// The rules it was made by, in words.
    pub rules: Vec<String>,
    /// Days after receipt in which it may be disputed.
    pub dispute_days: u32,
    /// The files it was made from.
    pub inputs: Vec<StatementInput>,
    /// What a reader has to know besides.
    pub remarks: Vec<String>,
    /// What all parties are charged, together: nought.
    pub sum_of_totals: Decimal,
    /// Length of an interval in seconds.
    pub interval_seconds: i64,
    /// Beginning of each interval.
    pub times: Vec<String>,
    /// The parties, in the order of the agreement.
    pub parties: Vec<PartyStatement>,
    /// The nodes: deviations, and what was bought outside for them.
    pub nodes: Vec<NodeBooks>,
}

/// Whether a statement may change for want of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finality {
    /// An estimated value remains.
    Provisional,
    /// All values are measured, corrected or follow from these.
    Final,
}

/// What a statement settles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// A month.
    Month,
    /// The last month and, by the true-up, the whole time of the agreement.
    Year,
}

/// A file the statement was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementInput {
    /// What it is: agreement, plan, meters, costs, previous.
    pub role: String,
    /// Its path as seen from the folder of the statement.
    pub file: String,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

/// What a party is charged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyStatement {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The lines; they add up to the total.
    pub lines: Vec<LineTotal>,
    /// What it is charged for the month.
    pub total: Decimal,
    /// What an earlier statement of the month charged it.
    pub already_charged: Option<Decimal>,
    /// What is to be paid now: the total less what was charged already.
    pub due: Decimal,
    /// How it stands over the whole time of the agreement.
    pub whole_time: WholeTime,
    /// Clean energy and CO2 that its takings moved to it; negative is given away.
    pub attributes: Vec<Attribute>,
    /// Its meters, one for each node.
    pub meters: Vec<MeterStatement>,
}

/// A line of a party's statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineTotal {
    /// Its name: `energy.NODE`, `imbalance.NODE`, `contract.NAME`, `fee.NAME`, `transfer`, `true_up`, `rounding`.
    pub line: String,
    /// What it is, in words.
    pub what: String,
    /// What is charged; negative is credited.
    pub amount: Decimal,
}

/// A party over the whole time of the agreement: by the plan, without deviations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WholeTime {
    /// Where its costs come from: the agreement, or a file of costs.
    pub source: String,
    /// What it would cost alone: its floor.
    pub stand_alone_cost: Decimal,
    /// What its own components cost.
    pub own_cost: Decimal,
    /// What it is charged by energy, contracts, fees and transfer.
    pub settlement: Decimal,
    /// What the true-up charges it; nought before the end.
    pub true_up: Decimal,
    /// Its gain: stand-alone cost − own cost − settlement − true-up.
    pub gain: Decimal,
}

/// Attributes moved with the energy at a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// The node.
    pub node: String,
    /// What is counted: `clean` or `co2`.
    pub what: String,
    /// Its unit.
    pub unit: String,
    /// How much came to the party; negative went from it. Nought over all parties.
    pub amount: Decimal,
}

/// A party's meter at a node. Every list has a value for each interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeterStatement {
    /// The node.
    pub node: String,
    /// Unit of flows.
    pub flow_unit: String,
    /// Unit of prices.
    pub price_unit: String,
    /// Where the price comes from.
    pub price_source: String,
    /// Where the price of deviations comes from.
    pub imbalance_price_source: String,
    /// Values that are estimated.
    pub estimated: usize,
    /// Net taking by the plan.
    pub scheduled: Vec<Decimal>,
    /// Net taking by the meter, or what stands in for it.
    pub metered: Vec<Decimal>,
    /// Metered less scheduled.
    pub deviation: Vec<Decimal>,
    /// How the metered value came about.
    pub status: Vec<ReadingStatus>,
    /// The part of the schedule that contracts deliver.
    pub by_contract: Vec<Decimal>,
    /// Shadow price.
    pub price: Vec<Decimal>,
    /// Price of the deviation; none for the party that balances the node.
    pub imbalance_price: Vec<Option<Decimal>>,
    /// Shadow price times the schedule beyond contracts.
    pub energy: Vec<Decimal>,
    /// Deviation times its price; for the party that balances, what the others are charged.
    pub imbalance: Vec<Decimal>,
    /// Contracts settled at this meter.
    pub contracts: Vec<ContractStatement>,
}

/// A contract of a party.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractStatement {
    /// Its name.
    pub name: String,
    /// Fixed quantity, from seller to buyer.
    pub quantity: Vec<Decimal>,
    /// Its price.
    pub price: Vec<Decimal>,
    /// What the party is charged.
    pub amount: Vec<Decimal>,
}

/// A node's deviations, against what was bought outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeBooks {
    /// The node.
    pub node: String,
    /// Key of the party that balances it.
    pub balancing_party: String,
    /// Unit of the amounts below.
    pub unit: String,
    /// What the others took more or less than scheduled, together: the balancing party had it to get.
    pub deviations_of_others: Decimal,
    /// What all meters add up to: losses and errors of meters; nought where the last is derived.
    pub unaccounted: Decimal,
    /// Against the bill from outside, where plan and meters have it.
    pub outside: Option<OutsideBooks>,
}

/// What came from outside, against the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutsideBooks {
    /// What was to be brought in.
    pub scheduled: Decimal,
    /// What was brought in.
    pub metered: Decimal,
    /// The part of the difference that others caused.
    pub caused_by_others: Decimal,
    /// The rest: the balancing party's own.
    pub own: Decimal,
}

impl Statement {
    /// The text of statement.json: the same statement is the same bytes.
    pub fn to_json(&self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Layout::default());
        self.serialize(&mut serializer).map_err(|e| e.to_string())?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads statement.json.
    pub fn read(bytes: &[u8]) -> Result<Statement, String> {
        serde_json::from_slice(bytes).map_err(|e| e.to_string())
    }

    /// A party's intervals as a table: a row for each interval and node, amounts under their line.
    pub fn to_csv(&self, party: usize) -> Option<String> {
        let party = self.parties.get(party)?;
        let contracts: Vec<&str> =
            party.meters.iter().flat_map(|m| &m.contracts).map(|c| c.name.as_str()).collect();
        let currency = &self.currency;
        let mut text = "time,node,unit,scheduled,metered,deviation,status,by_contract,price,price_source,imbalance_price".to_owned();
        text.push_str(&format!(",energy [{currency}],imbalance [{currency}]"));
        for contract in &contracts {
            text.push_str(&format!(
                ",quantity.{contract},price.{contract},contract.{contract} [{currency}]"
            ));
        }
        text.push('\n');
        for (index, time) in self.times.iter().enumerate() {
            for meter in &party.meters {
                text.push_str(&meter.row(index, time));
                for name in &contracts {
                    text.push_str(&meter.contract_cells(index, name));
                }
                text.push('\n');
            }
        }
        Some(text)
    }
}

impl MeterStatement {
    fn row(&self, index: usize, time: &str) -> String {
        let cell = |list: &[Decimal]| list.get(index).map_or(String::new(), Decimal::to_string);
        let status = match self.status.get(index) {
            Some(ReadingStatus::Measured) => "measured",
            Some(ReadingStatus::Estimated) => "estimated",
            Some(ReadingStatus::Corrected) => "corrected",
            Some(ReadingStatus::Derived) => "derived",
            None => "",
        };
        let imbalance_price = self
            .imbalance_price
            .get(index)
            .copied()
            .flatten()
            .map_or(String::new(), |p| p.to_string());
        [
            time.to_owned(),
            self.node.clone(),
            self.flow_unit.clone(),
            cell(&self.scheduled),
            cell(&self.metered),
            cell(&self.deviation),
            status.to_owned(),
            cell(&self.by_contract),
            cell(&self.price),
            self.price_source.clone(),
            imbalance_price,
            cell(&self.energy),
            cell(&self.imbalance),
        ]
        .join(",")
    }

    fn contract_cells(&self, index: usize, name: &str) -> String {
        let contract = self.contracts.iter().find(|c| c.name == name);
        let cell = |list: &[Decimal]| list.get(index).map_or(String::new(), Decimal::to_string);
        contract.map_or_else(
            || ",,,".to_owned(),
            |c| format!(",{},{},{}", cell(&c.quantity), cell(&c.price), cell(&c.amount)),
        )
    }
}

/// JSON with a line for each field and a list of values on one line.
#[derive(Default)]
struct Layout {
    depth: usize,
}

impl Layout {
    fn line<W: ?Sized + std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b" "))
    }
}

impl serde_json::ser::Formatter for Layout {
    fn begin_object<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.depth += 1;
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.depth -= 1;
        self.line(writer)?;
        writer.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        self.line(writer)
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
    ) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}
