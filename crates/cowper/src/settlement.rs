//! Settlement: from what was agreed, planned and metered, what each party is charged for a month, in
//! exact decimals that either side can recompute. Money is charged where positive, credited where negative.

mod agree;
mod agreement;
mod amounts;
pub mod exact;
mod meters;
mod month;
mod outside;
mod plan;
mod statement;
mod table;
mod true_up;
mod verify;

use rust_decimal::Decimal;

pub use agree::{Agreeing, agree};
pub use agreement::{
    Agreed, AgreedContract, AgreedFee, AgreedNode, AgreedParty, Agreement, HashedFile, Settles,
    Spread, VERSION,
};
pub use meters::{MeterContext, Meters, Reading, ReadingStatus, Readings, read_meters};
pub use month::Month;
pub use plan::{ContractPlan, NodePlan, Plan, read_plan};
pub use statement::{
    Attribute, ContractStatement, Finality, LineTotal, MeterStatement, NodeBooks, OutsideBooks,
    PartyStatement, Scope, Statement, StatementInput, WholeTime,
};
pub use true_up::{PartyCosts, read_costs};
pub use verify::{Difference, first_difference};

use crate::diagnostic::Diagnostic;
use amounts::{NodeAmounts, Taken, TooLargeAt, settle_node, taken};
use exact::{TooLarge, minus, plus, rounded};

/// What is settled: an agreement, its plan, the meters of a month.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The agreement.
    pub agreed: &'a Agreed,
    /// Its plan.
    pub plan: &'a Plan,
    /// The meters of the month.
    pub meters: &'a Meters,
    /// The month.
    pub month: &'a Month,
}

/// How it is settled.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// The files it is made from, for the record.
    pub inputs: Vec<StatementInput>,
    /// The statement of the same month that was charged before.
    pub previous: Option<Statement>,
    /// Whether the whole time is closed with it.
    pub closing: Closing,
}

/// Whether a settlement closes the whole time of the agreement.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Closing {
    /// It is a month like any other.
    #[default]
    Open,
    /// It is the last, and the true-up goes by the costs that the agreement planned.
    ByAgreement,
    /// It is the last, and the true-up goes by these costs, one for each party.
    ByCosts(Vec<PartyCosts>),
}

/// Decimals of clean energy and CO2: kWh and g where these are counted in MWh and t.
const ATTRIBUTE_DECIMALS: u32 = 6;

impl Case<'_> {
    /// The step of the plan that an interval of the month lies in.
    fn step(&self, interval: usize) -> usize {
        let horizon = &self.agreed.horizon;
        let after = self.meters.times[interval].duration_since(horizon.start).as_secs();
        ((after / horizon.step_seconds) as usize).min(horizon.steps - 1)
    }

    /// Whether every list has a value for each node, party, step and interval that the agreement has.
    fn fits(&self) -> bool {
        let (agreement, steps) = (&self.agreed.agreement, self.agreed.horizon.steps);
        let (nodes, parties) = (agreement.nodes.len(), agreement.parties.len());
        let intervals = self.meters.times.len();
        let full = |list: &Vec<Decimal>| list.len() == steps;
        let optional = |list: &Option<Vec<Decimal>>| list.as_ref().is_none_or(full);
        let node = |node: &NodePlan| {
            node.taken.len() == parties
                && node.taken.iter().chain([&node.price]).all(full)
                && [&node.imbalance_up, &node.imbalance_down, &node.co2, &node.clean, &node.outside]
                    .iter()
                    .all(|list| optional(list))
        };
        let metered =
            |list: &Option<Vec<Reading>>| list.as_ref().is_none_or(|l| l.len() == intervals);
        let (plan, meters) = (self.plan, self.meters);
        plan.nodes.len() == nodes
            && plan.nodes.iter().all(node)
            && plan.contracts.len() == agreement.contracts.len()
            && plan.contracts.iter().all(|c| full(&c.quantity) && full(&c.price))
            && meters.taken.len() == nodes
            && meters.taken.iter().all(|n| n.len() == parties && n.iter().all(metered))
            && meters.outside.len() == nodes
            && meters.outside.iter().all(metered)
            && meters.times.iter().all(|t| *t >= self.agreed.horizon.start)
    }

    /// How many intervals an hour has.
    fn parts(&self) -> u32 {
        (3600 / self.meters.interval_seconds.max(1)) as u32
    }

    fn balancing(&self, node: usize) -> usize {
        let agreement = &self.agreed.agreement;
        agreement.party(&agreement.nodes[node].balancing_party).unwrap_or(0)
    }

    fn scheduled(&self, node: usize, party: usize, step: usize) -> Decimal {
        self.plan.nodes[node].taken[party][step]
    }

    fn reading(&self, node: usize, party: usize, interval: usize) -> Option<Reading> {
        self.meters.taken[node][party].as_ref().map(|readings| readings[interval])
    }
}

/// Settles a month. The case must have been read by [`read_plan`] and [`read_meters`] against the same
/// agreement, so that its lists fit each other.
///
/// # Errors
///
/// A month that is no last month closed, a statement of another month as the previous one, a closing
/// with estimated values, and sums beyond the 28 digits that are kept exactly.
pub fn settle(case: &Case, terms: &Terms) -> Result<Statement, Vec<Diagnostic>> {
    check_terms(case, terms)?;
    let mut nodes = Vec::new();
    for node in 0..case.agreed.agreement.nodes.len() {
        let settled = taken(case, node)
            .map_err(|TooLarge| TooLargeAt {
                node: case.agreed.agreement.nodes[node].name.clone(),
                interval: 0,
            })
            .and_then(|taken| settle_node(case, node, &taken).map(|amounts| (taken, amounts)));
        nodes.push(settled.map_err(|at| vec![too_large(case, &at)])?);
    }
    let estimated = estimated(&nodes);
    if terms.closing != Closing::Open && estimated > 0 {
        return Err(vec![Diagnostic::nowhere(format!(
            "{estimated} values are still estimated, so the agreement cannot be closed; bring their meters, or mark agreed values `corrected`"
        ))]);
    }
    statement(case, terms, nodes).map_err(|TooLarge| {
        vec![Diagnostic::nowhere(
            "a sum of the statement has more than the 28 digits that are kept exactly; write flows and prices of the plan with fewer decimals",
        )]
    })
}

/// How many values are estimated.
fn estimated(nodes: &[(Taken, NodeAmounts)]) -> usize {
    nodes.iter().flat_map(|(_, node)| &node.meters).map(|meter| meter.estimated).sum()
}

fn too_large(case: &Case, at: &TooLargeAt) -> Diagnostic {
    let time = case.meters.times.get(at.interval).copied().unwrap_or(case.month.from);
    Diagnostic::nowhere(format!(
        "at `{}`, {}: a figure has more than the 28 digits that are kept exactly; write flows and prices with fewer decimals, or check their units",
        at.node,
        meters::stamp(time, &case.agreed.horizon.zone)
    ))
}

fn check_terms(case: &Case, terms: &Terms) -> Result<(), Vec<Diagnostic>> {
    let agreement = &case.agreed.agreement;
    if !case.fits()
        || matches!(&terms.closing, Closing::ByCosts(c) if c.len() != agreement.parties.len())
    {
        return Err(vec![Diagnostic::nowhere(
            "plan, meters or costs are not those of the agreement; read them against it",
        )]);
    }
    let mut found = Vec::new();
    if terms.closing != Closing::Open && !case.month.is_last(&case.agreed.horizon) {
        let months = case.agreed.horizon.months().labels;
        found.push(Diagnostic::nowhere(format!(
            "only the last month of the agreement, {}, closes it; settle {} without the true-up",
            months.last().map_or("", String::as_str),
            case.month.label
        )));
    }
    if let Some(previous) = &terms.previous {
        let keys = |s: &Statement| s.parties.iter().map(|p| p.key.clone()).collect::<Vec<_>>();
        let own: Vec<String> = agreement.parties.iter().map(|p| p.key.clone()).collect();
        if previous.month != case.month.label
            || previous.site != agreement.site
            || keys(previous) != own
        {
            found.push(Diagnostic::nowhere(format!(
                "the previous statement is of {} {}, not of {} {} with the same parties; give the one that this corrects",
                previous.site, previous.month, agreement.site, case.month.label
            )));
        }
        if previous.currency != agreement.currency
            || previous.money_decimals != agreement.money_decimals
        {
            found.push(Diagnostic::nowhere(format!(
                "the previous statement is in {}, this one in {}",
                previous.currency, agreement.currency
            )));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// The whole statement from its settled nodes.
fn statement(
    case: &Case,
    terms: &Terms,
    nodes: Vec<(Taken, NodeAmounts)>,
) -> Result<Statement, TooLarge> {
    let agreement = &case.agreed.agreement;
    let estimated = estimated(&nodes);
    let costs = match &terms.closing {
        Closing::ByCosts(costs) => Some(costs.as_slice()),
        Closing::Open | Closing::ByAgreement => None,
    };
    let mut whole = true_up::whole_time(case, costs)?;
    let mut remarks = Vec::new();
    if terms.closing != Closing::Open {
        remarks.extend(true_up::true_up(case, &mut whole)?);
    }
    let books = (0..nodes.len())
        .map(|node| node_books(case, node, &nodes[node].0))
        .collect::<Result<Vec<_>, _>>()?;
    remarks.extend(books.iter().filter_map(unaccounted_remark));
    let parties = parties(case, terms, (nodes, whole))?;
    let sum_of_totals = exact::sum(parties.iter().map(|p| p.total))?;
    let zone = &case.agreed.horizon.zone;
    Ok(Statement {
        version: VERSION,
        site: agreement.site.clone(),
        month: case.month.label.clone(),
        from: meters::stamp(case.month.from, zone),
        to: meters::stamp(case.month.to, zone),
        time_zone: agreement.time_zone.clone(),
        currency: agreement.currency.clone(),
        money_decimals: agreement.money_decimals,
        status: if estimated > 0 { Finality::Provisional } else { Finality::Final },
        scope: if terms.closing == Closing::Open { Scope::Month } else { Scope::Year },
        rules: rules(agreement),
        dispute_days: agreement.dispute_days,
        inputs: terms.inputs.clone(),
        remarks,
        sum_of_totals,
        interval_seconds: case.meters.interval_seconds,
        times: case.meters.times.iter().map(|t| meters::stamp(*t, zone)).collect(),
        parties,
        nodes: books,
    })
}

/// The rules in words, as they stand on every statement.
fn rules(agreement: &Agreement) -> Vec<String> {
    let spread = match agreement.transfer_spread {
        Spread::ByDays => "by the days of each month",
        Spread::Equally => "equally over the months",
    };
    vec![
        format!("Rule: {}.", agreement.rule),
        "Energy: the shadow price of the joint plan times what is scheduled beyond contracts; taking is charged, giving credited.".into(),
        "Contract: its own price times its fixed quantity, from the buyer to the seller.".into(),
        "Imbalance: metered less scheduled, times what one unit more or less costs outside, charged to the party that deviates and credited to the party that balances the node; the rest of that party's deviation is its own.".into(),
        "Missing value: the scheduled one stands in and is marked estimated; for the party that balances, what the others leave over.".into(),
        format!("Fixed transfer: by the rule {}, spread {spread}.", agreement.transfer_rule),
        format!(
            "Rounding: each amount of each interval to {} decimals of {}, half to even; the line rounding brings their sum to the exact sum so rounded. What the parties' sums leave over falls on {}.",
            agreement.money_decimals, agreement.currency, agreement.rounding_party
        ),
        "True-up: at the end of the agreement, who costs more than alone (deviations aside) is raised to its stand-alone cost by the others, in proportion to their gains and never below their own floor.".into(),
        "Attributes: clean energy and CO2 follow the metered exchange; the party that balances has what the others leave over, so that nothing is claimed twice.".into(),
    ]
}

/// Each party's statement.
fn parties(
    case: &Case,
    terms: &Terms,
    (nodes, whole): (Vec<(Taken, NodeAmounts)>, Vec<WholeTime>),
) -> Result<Vec<PartyStatement>, TooLarge> {
    let agreement = &case.agreed.agreement;
    let exact_sums = exact_sums(case, &nodes)?;
    let transfers = month::transfers(case.agreed, &case.month.label)?;
    let mut attributes = attributes(case, &nodes)?;
    let mut meters: Vec<Vec<MeterStatement>> = vec![Vec::new(); agreement.parties.len()];
    for (_, node) in nodes {
        for (party, meter) in node.meters.into_iter().enumerate() {
            meters[party].push(meter);
        }
    }
    let mut all = Vec::with_capacity(agreement.parties.len());
    for (index, (whole_time, meters)) in whole.into_iter().zip(meters).enumerate() {
        let mut lines = metered_lines(&meters)?;
        let of_intervals = exact::sum(lines.iter().map(|l| l.amount))?;
        let rounding = minus(exact_sums[index], of_intervals)?;
        lines.extend(monthly_lines(case, index, transfers[index]));
        if terms.closing != Closing::Open {
            lines.push(line("true_up", "true-up to the stand-alone floor", whole_time.true_up));
        }
        lines.push(line("rounding", "rounding of the intervals above", rounding));
        for of in &mut lines {
            of.amount = rounded(of.amount, 1, agreement.money_decimals)?;
        }
        let total = exact::sum(lines.iter().map(|l| l.amount))?;
        let total = rounded(total, 1, agreement.money_decimals)?;
        let previous = terms.previous.as_ref().and_then(|p| p.parties.get(index)).map(|p| p.total);
        let due = minus(total, previous.unwrap_or_default())?;
        all.push(PartyStatement {
            key: agreement.parties[index].key.clone(),
            name: agreement.parties[index].name.clone(),
            lines,
            total,
            already_charged: previous,
            due: rounded(due, 1, agreement.money_decimals)?,
            whole_time,
            attributes: std::mem::take(&mut attributes[index]),
            meters,
        });
    }
    Ok(all)
}

/// What each party owes for its intervals: the exact sum, rounded once. They add up to nought: the
/// party that bears the rounding takes what the others leave over.
fn exact_sums(case: &Case, nodes: &[(Taken, NodeAmounts)]) -> Result<Vec<Decimal>, TooLarge> {
    let agreement = &case.agreed.agreement;
    let mut sums = Vec::with_capacity(agreement.parties.len());
    for party in 0..agreement.parties.len() {
        let exact = exact::sum(nodes.iter().map(|(_, n)| n.exact[party]))?;
        sums.push(rounded(exact, case.parts(), agreement.money_decimals)?);
    }
    let closing = agreement.party(&agreement.rounding_party).unwrap_or(0);
    let rest = exact::sum(sums.iter().copied())?;
    sums[closing] = minus(sums[closing], rest)?;
    Ok(sums)
}

fn line(line: &str, what: &str, amount: Decimal) -> LineTotal {
    LineTotal { line: line.to_owned(), what: what.to_owned(), amount }
}

/// The lines that meters give.
fn metered_lines(meters: &[MeterStatement]) -> Result<Vec<LineTotal>, TooLarge> {
    let mut lines = Vec::new();
    let total = |list: &[Decimal]| exact::sum(list.iter().copied());
    for meter in meters {
        let node = &meter.node;
        let what = format!("energy at {node} beyond contracts, at the shadow price");
        lines.push(line(&format!("energy.{node}"), &what, total(&meter.energy)?));
        for contract in &meter.contracts {
            let what = format!("contract {} at {node}, at its price", contract.name);
            lines.push(line(
                &format!("contract.{}", contract.name),
                &what,
                total(&contract.amount)?,
            ));
        }
        let what = format!("deviations at {node}, at the price outside");
        lines.push(line(&format!("imbalance.{node}"), &what, total(&meter.imbalance)?));
    }
    Ok(lines)
}

/// The lines of the month: fees and the part of the transfer.
fn monthly_lines(case: &Case, party: usize, transfer: Decimal) -> Vec<LineTotal> {
    let agreement = &case.agreed.agreement;
    let key = &agreement.parties[party].key;
    let mut lines = Vec::new();
    for fee in &agreement.fees {
        let amount = fee.months.get(&case.month.label).copied().unwrap_or_default();
        let what = format!("{}, {} to {}", fee.kind.replace('_', " "), fee.payer, fee.payee);
        if fee.payer == *key {
            lines.push(line(&format!("fee.{}", fee.name), &what, amount));
        } else if fee.payee == *key {
            lines.push(line(&format!("fee.{}", fee.name), &what, -amount));
        }
    }
    lines.push(line("transfer", "fixed transfer, the month's part", transfer));
    lines
}

/// Clean energy and CO2 that came to each party with what it took.
fn attributes(
    case: &Case,
    nodes: &[(Taken, NodeAmounts)],
) -> Result<Vec<Vec<Attribute>>, TooLarge> {
    let agreement = &case.agreed.agreement;
    let mut all = vec![Vec::new(); agreement.parties.len()];
    for (index, (taken, _)) in nodes.iter().enumerate() {
        let (node, plan) = (&agreement.nodes[index], &case.plan.nodes[index]);
        let of = [("clean", node.stock_unit.as_str(), &plan.clean), ("co2", "t", &plan.co2)];
        for (what, unit, per_unit) in of {
            let Some(per_unit) = per_unit else { continue };
            let mut amounts = Vec::with_capacity(all.len());
            for values in &taken.values {
                let mut sum = Decimal::ZERO;
                for (interval, value) in values.iter().enumerate() {
                    sum = plus(sum, exact::times(*value, per_unit[case.step(interval)])?)?;
                }
                amounts.push(rounded(sum, case.parts(), ATTRIBUTE_DECIMALS)?);
            }
            let balancing = case.balancing(index);
            amounts[balancing] = Decimal::ZERO;
            amounts[balancing] = -exact::sum(amounts.iter().copied())?;
            for (party, amount) in amounts.into_iter().enumerate() {
                let (node, what, unit) = (node.name.clone(), what.to_owned(), unit.to_owned());
                all[party].push(Attribute { node, what, unit, amount });
            }
        }
    }
    Ok(all)
}

/// A node's deviations, against what was bought outside.
fn node_books(case: &Case, node: usize, taken: &Taken) -> Result<NodeBooks, TooLarge> {
    let agreed = &case.agreed.agreement.nodes[node];
    let balancing = case.balancing(node);
    let count = case.meters.times.len();
    let (mut others, mut unaccounted) = (Decimal::ZERO, Decimal::ZERO);
    for (party, values) in taken.values.iter().enumerate() {
        for (interval, value) in values.iter().enumerate() {
            unaccounted = plus(unaccounted, *value)?;
            if party != balancing {
                let scheduled = case.scheduled(node, party, case.step(interval));
                others = plus(others, minus(*value, scheduled)?)?;
            }
        }
    }
    let amount = |flows| rounded(flows, case.parts(), ATTRIBUTE_DECIMALS);
    let caused_by_others = amount(others)?;
    let outside = match (&case.plan.nodes[node].outside, &case.meters.outside[node]) {
        (Some(plan), Some(readings)) => {
            let scheduled = exact::sum((0..count).map(|i| plan[case.step(i)]))?;
            let brought = readings.iter().enumerate();
            let metered = exact::sum(brought.map(|(i, r)| r.value.unwrap_or(plan[case.step(i)])))?;
            let (scheduled, metered) = (amount(scheduled)?, amount(metered)?);
            let own = minus(minus(metered, scheduled)?, caused_by_others)?;
            Some(OutsideBooks { scheduled, metered, caused_by_others, own })
        }
        _ => None,
    };
    Ok(NodeBooks {
        node: agreed.name.clone(),
        balancing_party: agreed.balancing_party.clone(),
        unit: agreed.stock_unit.clone(),
        deviations_of_others: caused_by_others,
        unaccounted: amount(unaccounted)?,
        outside,
    })
}

/// Meters that do not add up are told; they charge nobody.
fn unaccounted_remark(books: &NodeBooks) -> Option<String> {
    (!books.unaccounted.is_zero()).then(|| {
        format!(
            "The meters at {} add up to {} {}, not to 0: losses or errors of meters. They fall on {}, which balances the node.",
            books.node,
            books.unaccounted.normalize(),
            books.unit,
            books.balancing_party
        )
    })
}
