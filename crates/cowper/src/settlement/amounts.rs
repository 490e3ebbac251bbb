//! What is owed at a node in each interval: energy, contracts and deviations, before and after rounding.

use rust_decimal::Decimal;

use super::Case;
use super::agreement::{AgreedNode, Settles};
use super::exact::{self, TooLarge, minus, plus, rounded, times};
use super::meters::{Reading, ReadingStatus};
use super::plan::NodePlan;
use super::statement::{ContractStatement, MeterStatement};

/// A node settled: a meter for each party, and what is owed before rounding.
pub(crate) struct NodeAmounts {
    /// One for each party.
    pub meters: Vec<MeterStatement>,
    /// What each party owes, exactly: in money per hour and interval, to be divided by the intervals of an hour.
    pub exact: Vec<Decimal>,
}

/// The values that stand for each party's meter at a node.
pub(crate) struct Taken {
    pub values: Vec<Vec<Decimal>>,
    pub status: Vec<Vec<ReadingStatus>>,
}

/// Where a sum became too large to be exact.
pub(crate) struct TooLargeAt {
    pub node: String,
    pub interval: usize,
}

/// Sets the scheduled value where one is missing; what balances is what the others leave over.
pub(crate) fn taken(case: &Case, node: usize) -> Result<Taken, TooLarge> {
    let agreement = &case.agreed.agreement;
    let balancing = case.balancing(node);
    let count = case.meters.times.len();
    let mut values = vec![vec![Decimal::ZERO; count]; agreement.parties.len()];
    let mut status = vec![vec![ReadingStatus::Measured; count]; agreement.parties.len()];
    for interval in 0..count {
        let step = case.step(interval);
        let mut others = Decimal::ZERO;
        for party in (0..agreement.parties.len()).filter(|p| *p != balancing) {
            let scheduled = case.scheduled(node, party, step);
            let reading = case.reading(node, party, interval);
            let Reading { value, status: of } = reading
                .unwrap_or(Reading { value: Some(Decimal::ZERO), status: ReadingStatus::Derived });
            values[party][interval] = value.unwrap_or(scheduled);
            status[party][interval] = of;
            others = plus(others, values[party][interval])?;
        }
        let own = case.reading(node, balancing, interval).filter(|r| r.value.is_some());
        values[balancing][interval] = own.and_then(|r| r.value).unwrap_or(-others);
        status[balancing][interval] = own.map_or(ReadingStatus::Derived, |r| r.status);
    }
    Ok(Taken { values, status })
}

/// Settles a node.
///
/// With scheduled s, metered m and the quantity q of contracts that deliver to the party:
/// energy = price · (s − q), contract = its price · its quantity, imbalance = (m − s) · the price of one
/// more where m > s, of one less where m < s. The party that balances is paid what the others owe for
/// their deviations.
pub(crate) fn settle_node(
    case: &Case,
    node: usize,
    taken: &Taken,
) -> Result<NodeAmounts, TooLargeAt> {
    let agreement = &case.agreed.agreement;
    let mut meters: Vec<MeterStatement> =
        (0..agreement.parties.len()).map(|party| empty(case, node, party)).collect();
    let mut exact = vec![Decimal::ZERO; agreement.parties.len()];
    for interval in 0..case.meters.times.len() {
        let owed = (Interval { case, node, at: interval }).settle(&mut meters, taken);
        let add = owed.and_then(|owed| {
            exact.iter_mut().zip(owed).try_for_each(|(sum, more)| {
                *sum = plus(*sum, more)?;
                Ok(())
            })
        });
        add.map_err(|TooLarge| TooLargeAt { node: agreement.nodes[node].name.clone(), interval })?;
    }
    Ok(NodeAmounts { meters, exact })
}

/// A meter without values.
fn empty(case: &Case, node: usize, party: usize) -> MeterStatement {
    let agreement = &case.agreed.agreement;
    let (agreed, plan) = (&agreement.nodes[node], &case.plan.nodes[node]);
    let key = &agreement.parties[party].key;
    let name = &agreed.name;
    let balances = *key == agreed.balancing_party;
    let imbalance_price_source = if balances {
        "what the others are charged".into()
    } else {
        imbalance_source(plan, agreed)
    };
    let contracts = agreement
        .contracts
        .iter()
        .filter(|c| c.node == *name && (c.buyer == *key || c.seller == *key))
        .map(|c| ContractStatement {
            name: c.name.clone(),
            quantity: Vec::new(),
            price: Vec::new(),
            amount: Vec::new(),
        })
        .collect();
    MeterStatement {
        node: name.clone(),
        flow_unit: agreed.flow_unit.clone(),
        price_unit: format!("{}/{}", agreement.currency, agreed.stock_unit),
        price_source: format!("plan price.{name}"),
        imbalance_price_source,
        estimated: 0,
        scheduled: Vec::new(),
        metered: Vec::new(),
        deviation: Vec::new(),
        status: Vec::new(),
        by_contract: Vec::new(),
        price: Vec::new(),
        imbalance_price: Vec::new(),
        energy: Vec::new(),
        imbalance: Vec::new(),
        contracts,
    }
}

fn imbalance_source(plan: &NodePlan, node: &AgreedNode) -> String {
    let name = &node.name;
    let of = |there: bool, word: &str| {
        if there { format!("plan {word}.{name}") } else { format!("plan price.{name}") }
    };
    format!(
        "more: {}; less: {}",
        of(plan.imbalance_up.is_some(), "imbalance_up"),
        of(plan.imbalance_down.is_some(), "imbalance_down")
    )
}

/// One interval at one node.
struct Interval<'a> {
    case: &'a Case<'a>,
    node: usize,
    at: usize,
}

/// What a party owes in an interval, in money per hour.
struct Owed {
    scheduled: Decimal,
    deviation: Decimal,
    energy: Decimal,
    imbalance: Decimal,
    by_contract: Decimal,
    imbalance_price: Option<Decimal>,
    /// Quantity, price and what is owed of each contract of the meter.
    contracts: Vec<(Decimal, Decimal, Decimal)>,
}

impl Interval<'_> {
    /// Writes the interval into each party's meter; gives what each owes.
    fn settle(
        &self,
        meters: &mut [MeterStatement],
        taken: &Taken,
    ) -> Result<Vec<Decimal>, TooLarge> {
        let balancing = self.case.balancing(self.node);
        let mut owed = Vec::with_capacity(meters.len());
        let mut imbalances = Decimal::ZERO;
        for party in 0..meters.len() {
            let of = self.owed(party, taken)?;
            imbalances = plus(imbalances, of.imbalance)?;
            owed.push(of);
        }
        owed[balancing].imbalance = -imbalances;
        let mut sums = Vec::with_capacity(meters.len());
        for (party, (meter, owed)) in meters.iter_mut().zip(&owed).enumerate() {
            self.write(meter, owed, (taken.values[party][self.at], taken.status[party][self.at]))?;
            let contracts = exact::sum(owed.contracts.iter().map(|c| c.2))?;
            sums.push(plus(plus(owed.energy, owed.imbalance)?, contracts)?);
        }
        Ok(sums)
    }

    fn owed(&self, party: usize, taken: &Taken) -> Result<Owed, TooLarge> {
        let case = self.case;
        let step = case.step(self.at);
        let position = position(case, (self.node, party), step)?;
        let scheduled = case.scheduled(self.node, party, step);
        let deviation = minus(taken.values[party][self.at], scheduled)?;
        let balances = party == case.balancing(self.node);
        let plan = &case.plan.nodes[self.node];
        let price = plan.price[step];
        let side =
            if deviation > Decimal::ZERO { &plan.imbalance_up } else { &plan.imbalance_down };
        let of_deviation = side.as_ref().map_or(price, |s| s[step]);
        let imbalance_price = (!balances).then_some(of_deviation);
        Ok(Owed {
            scheduled,
            deviation,
            energy: position.energy,
            imbalance: imbalance_price.map_or(Ok(Decimal::ZERO), |p| times(deviation, p))?,
            by_contract: position.by_contract,
            imbalance_price,
            contracts: position.contracts,
        })
    }

    fn write(
        &self,
        meter: &mut MeterStatement,
        owed: &Owed,
        (metered, status): (Decimal, ReadingStatus),
    ) -> Result<(), TooLarge> {
        let case = self.case;
        let step = case.step(self.at);
        let money = |amount| rounded(amount, case.parts(), case.agreed.agreement.money_decimals);
        meter.scheduled.push(owed.scheduled.normalize());
        meter.metered.push(metered.normalize());
        meter.deviation.push(owed.deviation.normalize());
        meter.status.push(status);
        meter.estimated += usize::from(status == ReadingStatus::Estimated);
        meter.by_contract.push(owed.by_contract.normalize());
        meter.price.push(case.plan.nodes[self.node].price[step].normalize());
        meter.imbalance_price.push(owed.imbalance_price.map(|p| p.normalize()));
        meter.energy.push(money(owed.energy)?);
        meter.imbalance.push(money(owed.imbalance)?);
        for (contract, (quantity, price, amount)) in meter.contracts.iter_mut().zip(&owed.contracts)
        {
            contract.quantity.push(quantity.normalize());
            contract.price.push(price.normalize());
            contract.amount.push(money(*amount)?);
        }
        Ok(())
    }
}

/// A party's scheduled position at a node in a step, in money per hour.
pub(crate) struct Position {
    /// Price · (scheduled − by contract).
    pub energy: Decimal,
    /// What contracts deliver to the party.
    pub by_contract: Decimal,
    /// Quantity, price and what is owed of each of the party's contracts at the node.
    pub contracts: Vec<(Decimal, Decimal, Decimal)>,
}

/// What a party owes for its schedule at a node, whatever was metered.
pub(crate) fn position(
    case: &Case,
    (node, party): (usize, usize),
    step: usize,
) -> Result<Position, TooLarge> {
    let agreement = &case.agreed.agreement;
    let key = &agreement.parties[party].key;
    let mut by_contract = Decimal::ZERO;
    let mut contracts = Vec::new();
    for (contract, plan) in agreement.contracts.iter().zip(&case.plan.contracts) {
        if contract.node != agreement.nodes[node].name
            || (contract.buyer != *key && contract.seller != *key)
        {
            continue;
        }
        let (quantity, price) = (plan.quantity[step], plan.price[step]);
        let signed = if contract.buyer == *key { quantity } else { -quantity };
        if contract.settles == Settles::Delivery {
            by_contract = plus(by_contract, signed)?;
        }
        contracts.push((quantity, price, times(signed, price)?));
    }
    let beyond = minus(case.scheduled(node, party, step), by_contract)?;
    let energy = times(beyond, case.plan.nodes[node].price[step])?;
    Ok(Position { energy, by_contract, contracts })
}
