//! What the parties agreed on: agreement.json, whose figures are exact decimals in text.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::exact::{self, in_minor_units};
use crate::diagnostic::Diagnostic;
use crate::time::Horizon;
use crate::units::{self, Dimension, TIME};

/// The version of the layout of agreement.json that is written and read.
pub const VERSION: u32 = 1;

/// An agreement between parties: who, where, how deviations and transfers are settled, and which plan.
///
/// Money is charged where it is positive and credited where it is negative, as costs are in the books.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Version of this layout: 1.
    pub version: u32,
    /// Name of the site.
    pub site: String,
    /// ISO code of the currency.
    pub currency: String,
    /// Decimals of the currency's smallest unit, to which amounts are rounded: 2 for cents.
    pub money_decimals: u32,
    /// IANA name of the zone whose days and months count.
    pub time_zone: String,
    /// First instant of the plan, with its offset.
    pub start: String,
    /// The instant after the last step, with its offset.
    pub end: String,
    /// Length of a step of the plan, in seconds.
    pub step_seconds: i64,
    /// The rule in words, such as "two-part: shadow prices plus a fixed transfer".
    pub rule: String,
    /// The rule that the fixed transfer follows from, such as "nucleolus".
    pub transfer_rule: String,
    /// How the transfer is spread over the months.
    pub transfer_spread: Spread,
    /// The parties, in the order of the statement.
    pub parties: Vec<AgreedParty>,
    /// The nodes at which parties exchange.
    pub nodes: Vec<AgreedNode>,
    /// Contracts that stay as fixed positions, an entry for each of their legs.
    pub contracts: Vec<AgreedContract>,
    /// Fixed payments of a month: capacity fees, what take-or-pay leaves owing.
    pub fees: Vec<AgreedFee>,
    /// Key of the party that bears the cent that rounding leaves over.
    pub rounding_party: String,
    /// Days after receipt in which a statement may be disputed.
    pub dispute_days: u32,
    /// SHA-256 of plan.csv, in hexadecimal.
    pub plan_sha256: String,
    /// What the plan was made from: site file and series.
    pub inputs: Vec<HashedFile>,
}

/// How the fixed transfer is spread over the months of the agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spread {
    /// By the days that the agreement has in each month.
    ByDays,
    /// The same for each month that the agreement touches.
    Equally,
}

/// A party to the agreement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreedParty {
    /// Its key: letters, digits, `_` and `-`.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// What the whole time of the agreement would cost it alone, with today's contracts: its floor.
    pub stand_alone_cost: Decimal,
    /// What its own components cost in the joint plan over the whole time, outside bills with them.
    pub own_cost: Decimal,
    /// Its fixed transfer over the whole time: charged if positive. All of them add up to nought.
    pub transfer: Decimal,
}

/// A node at which parties exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreedNode {
    /// Its name: letters, digits, `_` and `-`.
    pub name: String,
    /// Name of its carrier.
    pub carrier: String,
    /// Unit of its flows: MW, t/h, kNm3/h.
    pub flow_unit: String,
    /// Unit of its amounts, an hour of the flow: MWh, t, kNm3.
    pub stock_unit: String,
    /// Key of the party that balances the node with the outside and is paid for the deviations of others.
    pub balancing_party: String,
}

/// One leg of a contract: a fixed quantity at one node and its price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreedContract {
    /// Its name, one for each leg: letters, digits, `_`, `-`.
    pub name: String,
    /// Its kind, such as `power_purchase`.
    pub kind: String,
    /// Key of the party that gives the quantity and is paid.
    pub seller: String,
    /// Key of the party that takes the quantity and pays.
    pub buyer: String,
    /// Node at which it is delivered.
    pub node: String,
    /// Whether the quantity is delivered or only counted.
    pub settles: Settles,
}

/// What a contract moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settles {
    /// The quantity is part of both positions: it is paid at its own price, not at the shadow price.
    Delivery,
    /// Money only: the price is a difference (strike less reference), positions stay as they are.
    Difference,
}

/// A fixed payment from one party to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreedFee {
    /// Its name: letters, digits, `_`, `-`.
    pub name: String,
    /// Its kind, such as `capacity_fee`.
    pub kind: String,
    /// Key of the party that pays.
    pub payer: String,
    /// Key of the party that is paid.
    pub payee: String,
    /// The amount of each month, such as "2025-03"; nothing in months that are not named.
    pub months: BTreeMap<String, Decimal>,
}

/// A file and what it held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HashedFile {
    /// Its name.
    pub file: String,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

/// An agreement that has been checked, with its horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreed {
    /// As it stands in the file.
    pub agreement: Agreement,
    /// Its steps.
    pub horizon: Horizon,
}

/// Columns of a plan begin with these words, so no party may be called so.
pub(crate) const RESERVED: [&str; 9] = [
    "time",
    "price",
    "imbalance_up",
    "imbalance_down",
    "co2",
    "clean",
    "outside",
    "contract",
    "contract_price",
];

impl Agreement {
    /// The text of agreement.json.
    pub fn to_json(&self) -> Result<String, String> {
        serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(|e| e.to_string())
    }

    /// Reads agreement.json and checks that it hangs together; says every mistake.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Agreed, Vec<Diagnostic>> {
        let agreement: Agreement = serde_json::from_slice(bytes).map_err(|e| {
            let text = String::from_utf8_lossy(bytes);
            let line = text.lines().nth(e.line().saturating_sub(1)).unwrap_or_default();
            let message = format!(
                "`{file}` is no agreement that can be read: {e}; amounts are decimals in quotes, such as \"12.50\""
            );
            vec![Diagnostic::in_series(file, e.line(), line, message)]
        })?;
        agreement.check(file)
    }

    /// Checks that the agreement hangs together; says every mistake.
    pub fn check(self, file: &str) -> Result<Agreed, Vec<Diagnostic>> {
        let mut found = Mistakes { file: file.to_owned(), found: Vec::new() };
        if self.version != VERSION {
            found.say(format!(
                "version {} is not known; this program reads {VERSION}",
                self.version
            ));
        }
        if self.money_decimals > 4 {
            found.say(format!(
                "`money_decimals` is {}; currencies have 0 to 4",
                self.money_decimals
            ));
        }
        self.check_parties(&mut found);
        self.check_nodes(&mut found);
        self.check_contracts(&mut found);
        self.check_fees(&mut found);
        match self.horizon() {
            Ok(horizon) => {
                self.check_months(&horizon, &mut found);
                if found.found.is_empty() {
                    Ok(Agreed { agreement: self, horizon })
                } else {
                    Err(found.found)
                }
            }
            Err(message) => {
                found.say(message);
                Err(found.found)
            }
        }
    }

    /// The position of a party in the list.
    pub fn party(&self, key: &str) -> Option<usize> {
        self.parties.iter().position(|p| p.key == key)
    }

    fn horizon(&self) -> Result<Horizon, String> {
        let zone = TimeZone::get(&self.time_zone).map_err(|_| {
            format!("`time_zone` `{}` is not a zone such as Asia/Shanghai", self.time_zone)
        })?;
        let instant = |field: &str, text: &str| {
            text.parse::<Timestamp>().map_err(|_| {
                format!("`{field}` `{text}` is not an instant such as 2025-01-01T00:00:00+08:00")
            })
        };
        let (start, end) = (instant("start", &self.start)?, instant("end", &self.end)?);
        Horizon::new(start, end, self.step_seconds, zone)
    }

    fn check_parties(&self, found: &mut Mistakes) {
        if self.parties.len() < 2 {
            found.say("an agreement has two parties or more; add them under `parties`".into());
        }
        found.names("party", self.parties.iter().map(|p| p.key.as_str()));
        for party in &self.parties {
            if RESERVED.contains(&party.key.as_str()) {
                found.say(format!(
                    "a party cannot be called `{}`: columns of the plan begin with this word; rename it",
                    party.key
                ));
            }
            for (field, amount) in [
                ("stand_alone_cost", party.stand_alone_cost),
                ("own_cost", party.own_cost),
                ("transfer", party.transfer),
            ] {
                self.check_amount(&format!("`{field}` of party `{}`", party.key), amount, found);
            }
        }
        match exact::sum(self.parties.iter().map(|p| p.transfer)) {
            Ok(sum) if sum.is_zero() => {}
            Ok(sum) => found.say(format!(
                "the transfers of all parties add up to {sum}, not to 0: what one pays another receives; correct them"
            )),
            Err(_) => found.say("the transfers are too large to be added exactly".into()),
        }
        self.check_party("rounding_party", &self.rounding_party, found);
    }

    fn check_nodes(&self, found: &mut Mistakes) {
        if self.nodes.is_empty() {
            found.say("the agreement has no node at which anything is exchanged".into());
        }
        found.names("node", self.nodes.iter().map(|n| n.name.as_str()));
        for node in &self.nodes {
            self.check_party(
                &format!("`balancing_party` of node `{}`", node.name),
                &node.balancing_party,
                found,
            );
            let flow = units::parse_unit(&node.flow_unit, &self.currency);
            let stock = units::parse_unit(&node.stock_unit, &self.currency);
            if !matches!((&flow, &stock), (Ok((f, flow)), Ok((s, stock))) if f == s && stock.per(TIME) == *flow)
            {
                found.say(format!(
                    "node `{}`: `{}` is not an hour of `{}`; write such as MW and MWh, t/h and t",
                    node.name, node.stock_unit, node.flow_unit
                ));
            }
        }
    }

    fn check_contracts(&self, found: &mut Mistakes) {
        found.names("contract", self.contracts.iter().map(|c| c.name.as_str()));
        for contract in &self.contracts {
            self.check_pair(&contract.name, (&contract.seller, &contract.buyer), found);
            if !self.nodes.iter().any(|n| n.name == contract.node) {
                let nearest = crate::diagnostic::nearest(
                    &contract.node,
                    self.nodes.iter().map(|n| n.name.as_str()),
                );
                found.say(format!(
                    "contract `{}`: `{}` is not a node of the agreement{nearest}",
                    contract.name, contract.node
                ));
            }
        }
    }

    fn check_fees(&self, found: &mut Mistakes) {
        found.names("fee", self.fees.iter().map(|f| f.name.as_str()));
        for fee in &self.fees {
            self.check_pair(&fee.name, (&fee.payer, &fee.payee), found);
            for (month, amount) in &fee.months {
                if super::month::parse(month).is_err() {
                    found.say(format!(
                        "fee `{}`: `{month}` is not a month such as 2025-03",
                        fee.name
                    ));
                }
                self.check_amount(&format!("fee `{}` of {month}", fee.name), *amount, found);
            }
        }
    }

    fn check_months(&self, horizon: &Horizon, found: &mut Mistakes) {
        let months = horizon.months().labels;
        for fee in &self.fees {
            for month in fee.months.keys().filter(|m| !months.contains(m)) {
                found.say(format!(
                    "fee `{}` names {month}, which the agreement does not cover; remove it or lengthen the plan",
                    fee.name
                ));
            }
        }
    }

    fn check_pair(&self, name: &str, (one, other): (&str, &str), found: &mut Mistakes) {
        self.check_party(&format!("`{name}`"), one, found);
        self.check_party(&format!("`{name}`"), other, found);
        if one == other {
            found.say(format!("`{name}`: `{one}` stands on both sides; name two parties"));
        }
    }

    fn check_party(&self, of: &str, key: &str, found: &mut Mistakes) {
        if self.party(key).is_none() {
            let nearest =
                crate::diagnostic::nearest(key, self.parties.iter().map(|p| p.key.as_str()));
            found.say(format!("{of}: `{key}` is not a party of the agreement{nearest}"));
        }
    }

    fn check_amount(&self, what: &str, amount: Decimal, found: &mut Mistakes) {
        if in_minor_units(amount, self.money_decimals.min(4)).is_none() {
            found.say(format!(
                "{what} is {amount}; amounts of {} have {} decimals at most: round it",
                self.currency, self.money_decimals
            ));
        } else if amount.abs() >= Decimal::from(1_000_000_000_000_000_i64) {
            found.say(format!("{what} is {amount}, which is beyond all measure; check it"));
        }
    }
}

impl AgreedNode {
    /// The dimension of its flows; none if the unit is not known.
    pub(crate) fn flow(&self, currency: &str) -> Option<(f64, Dimension)> {
        units::parse_unit(&self.flow_unit, currency).ok()
    }
}

/// Mistakes of one file that have no line.
struct Mistakes {
    file: String,
    found: Vec<Diagnostic>,
}

impl Mistakes {
    fn say(&mut self, message: String) {
        self.found.push(Diagnostic::in_series(&self.file, 0, "", message));
    }

    /// Names are unique and can stand in the names of columns and files.
    fn names<'a>(&mut self, what: &str, names: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for name in names {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
            if name.is_empty() || !name.bytes().all(plain) {
                self.say(format!(
                    "`{}` cannot name a {what}: use letters, digits, `_` and `-`",
                    units::shortened(name)
                ));
            }
            if !seen.insert(name) {
                self.say(format!("two entries for {what} `{name}`; rename one"));
            }
        }
    }
}
