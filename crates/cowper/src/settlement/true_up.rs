//! The whole time of an agreement: what cooperation brought each party, and the floor that is kept.

use rust_decimal::Decimal;

use super::Case;
use super::amounts::position;
use super::exact::{self, TooLarge, in_minor_units, of_minor_units, plus, rounded, split, times};
use super::statement::WholeTime;
use super::table::{self, Found, Row, Table};
use crate::diagnostic::{Diagnostic, nearest};

/// What a party's whole time cost it, and would have cost it alone, as it turned out.
///
/// Both are without the cost of deviations, which stays with who caused it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PartyCosts {
    /// What its own components cost.
    pub own_cost: Decimal,
    /// What it would have cost alone, with the contracts of then.
    pub stand_alone_cost: Decimal,
}

/// Reads a file of costs: `party,own_cost,stand_alone_cost`, a row for each party of the agreement.
pub fn read_costs(
    file: &str,
    bytes: &[u8],
    agreed: &super::agreement::Agreed,
) -> Result<Vec<PartyCosts>, Vec<Diagnostic>> {
    let mut found = Found::default();
    let Some(table) = table::read(file, bytes, &mut found) else {
        return Err(found.into_all(file));
    };
    let agreement = &agreed.agreement;
    let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
    if names != ["own_cost", "stand_alone_cost"] {
        let message = "the columns are to be `party,own_cost,stand_alone_cost`".to_owned();
        found.say("columns", table.mistake(1, &names.join(","), message));
        return Err(found.into_all(file));
    }
    let mut costs = vec![None; agreement.parties.len()];
    for row in &table.rows {
        let Some(party) = agreement.party(&row.stamp) else {
            let near = nearest(&row.stamp, agreement.parties.iter().map(|p| p.key.as_str()));
            let message = format!("`{}` is not a party of the agreement{near}", row.stamp);
            found.say("parties", table.mistake(row.line, &row.stamp, message));
            continue;
        };
        let amounts = amounts(&table, row, agreement.money_decimals, &mut found);
        if costs[party].is_some() {
            let message = format!("party `{}` has two rows; remove one", row.stamp);
            found.say("parties", table.mistake(row.line, &row.stamp, message));
        }
        if let [own_cost, stand_alone_cost] = amounts[..] {
            costs[party] = Some(PartyCosts { own_cost, stand_alone_cost });
        }
    }
    for (party, cost) in agreement.parties.iter().zip(&costs) {
        if cost.is_none() && !table.rows.iter().any(|r| r.stamp == party.key) {
            let message = format!("party `{}` has no row; add it", party.key);
            found.say("parties", table.mistake(0, "", message));
        }
    }
    let all: Option<Vec<PartyCosts>> = costs.into_iter().collect();
    match all {
        Some(all) if found.all.is_empty() => Ok(all),
        _ => Err(found.into_all(file)),
    }
}

/// The amounts of a row of costs, with so many decimals at most.
fn amounts(table: &Table, row: &Row, decimals: u32, found: &mut Found) -> Vec<Decimal> {
    let mut amounts = Vec::new();
    for cell in &row.cells {
        let read = exact::read(cell).and_then(|amount| {
            let fits = in_minor_units(amount, decimals).is_some();
            fits.then_some(amount)
                .ok_or_else(|| format!("`{cell}` has more than {decimals} decimals; round it"))
        });
        match read {
            Ok(amount) => amounts.push(amount),
            Err(message) => found.say("amounts", table.mistake(row.line, cell, message)),
        }
    }
    amounts
}

/// What each party is charged over the whole time by its schedule, contracts, fees and transfer.
fn planned(case: &Case) -> Result<Vec<Decimal>, TooLarge> {
    let agreement = &case.agreed.agreement;
    let decimals = agreement.money_decimals;
    let step_seconds = Decimal::from(case.agreed.horizon.step_seconds);
    let mut all = Vec::with_capacity(agreement.parties.len());
    for (index, party) in agreement.parties.iter().enumerate() {
        let mut owed = Decimal::ZERO;
        for node in 0..agreement.nodes.len() {
            for step in 0..case.agreed.horizon.steps {
                let position = position(case, (node, index), step)?;
                let contracts = exact::sum(position.contracts.iter().map(|c| c.2))?;
                owed = plus(owed, plus(position.energy, contracts)?)?;
            }
        }
        let mut sum = rounded(times(owed, step_seconds)?, 3600, decimals)?;
        sum = plus(sum, party.transfer)?;
        for fee in &agreement.fees {
            let amount = exact::sum(fee.months.values().copied())?;
            if fee.payer == party.key {
                sum = plus(sum, amount)?;
            } else if fee.payee == party.key {
                sum = plus(sum, -amount)?;
            }
        }
        all.push(sum);
    }
    // The cents that rounding leaves over fall where the agreement puts them.
    let closing = agreement.party(&agreement.rounding_party).unwrap_or(0);
    let rest = exact::sum(all.iter().copied())?;
    all[closing] = plus(all[closing], -rest)?;
    Ok(all)
}

/// How each party stands over the whole time, before any true-up.
pub(crate) fn whole_time(
    case: &Case,
    costs: Option<&[PartyCosts]>,
) -> Result<Vec<WholeTime>, TooLarge> {
    let decimals = case.agreed.agreement.money_decimals;
    let planned = planned(case)?;
    let parties = case.agreed.agreement.parties.iter().zip(planned).enumerate();
    parties
        .map(|(index, (party, settlement))| {
            let given = costs.and_then(|c| c.get(index));
            let (source, own, alone) = match given {
                Some(c) => ("file of costs", c.own_cost, c.stand_alone_cost),
                None => ("agreement", party.own_cost, party.stand_alone_cost),
            };
            let gain = plus(alone, -plus(own, settlement)?)?;
            Ok(WholeTime {
                source: source.into(),
                stand_alone_cost: rounded(alone, 1, decimals)?,
                own_cost: rounded(own, 1, decimals)?,
                settlement: rounded(settlement, 1, decimals)?,
                true_up: rounded(Decimal::ZERO, 1, decimals)?,
                gain: rounded(gain, 1, decimals)?,
            })
        })
        .collect()
}

/// What the true-up charges each party, given its gain in the smallest unit; negative is credited.
///
/// Who is below its floor is raised to it by the others, in proportion to their gains. If their gains do
/// not reach, all of them go to those below, in proportion to what each lacks. They add up to nought.
pub(crate) fn charges(gains: &[i128]) -> Result<Vec<i128>, TooLarge> {
    let above: Vec<i128> = gains.iter().map(|g| (*g).max(0)).collect();
    let below: Vec<i128> = gains.iter().map(|g| (-*g).max(0)).collect();
    let (have, need) = (above.iter().sum::<i128>(), below.iter().sum::<i128>());
    let moved = have.min(need);
    let (paid, received) = (split(moved, &above)?, split(moved, &below)?);
    Ok(paid.iter().zip(received).map(|(paid, received)| paid - received).collect())
}

/// Raises to its floor who is below it; says so where the floors cannot all be kept.
pub(crate) fn true_up(case: &Case, parties: &mut [WholeTime]) -> Result<Option<String>, TooLarge> {
    let agreement = &case.agreed.agreement;
    let decimals = agreement.money_decimals;
    let gains: Vec<i128> = parties
        .iter()
        .map(|p| in_minor_units(p.gain, decimals).ok_or(TooLarge))
        .collect::<Result<_, _>>()?;
    for (party, charge) in parties.iter_mut().zip(charges(&gains)?) {
        party.true_up = of_minor_units(charge, decimals)?;
        party.gain = plus(party.gain, -party.true_up)?;
    }
    let joint: i128 = gains.iter().sum();
    if joint >= 0 {
        return Ok(None);
    }
    let short = of_minor_units(-joint, decimals)?;
    Ok(Some(format!(
        "Together the parties cost {short} {} more than alone, so not every floor can be kept: all gains go to those below theirs, in proportion to what each lacks.",
        agreement.currency
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: who lacks 30 gets it from gains of 60 and 30 as 20 and 10, and nobody falls below.
    /// Sensitivity: equal shares would be 15 and 15; without the floor 0.
    #[test]
    fn the_floor_is_funded_in_proportion_to_gains() {
        assert_eq!(charges(&[-30, 60, 30]), Ok(vec![-30, 20, 10]));
        assert_eq!(charges(&[5, 0, 7]), Ok(vec![0, 0, 0]));
        // A cent that does not divide falls on one of them, and not beyond its gain.
        assert_eq!(charges(&[1, 1, -1]), Ok(vec![0, 1, -1]));
    }

    /// Proves: gains of 30 against 40 and 20 lacking go as 20 and 10: all floors cannot be kept, none
    /// of those above falls below its own. Sensitivity: keeping every floor would cost 60.
    #[test]
    fn floors_that_cannot_be_kept_share_what_there_is() {
        assert_eq!(charges(&[30, -40, -20]), Ok(vec![30, -20, -10]));
        assert_eq!(charges(&[-5, -5]), Ok(vec![0, 0]));
    }
}
