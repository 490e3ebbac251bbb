//! What a schedule costs, moves and sets free: by party, item and carrier, and what was binding.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::compile::{Balance, Compiled, is_money_per_time};
use crate::expression::Expr;
use crate::game::Coalition;
use crate::model::{Direction, Scope};
use crate::problem::{Extent, Problem, Values};
use crate::schedule::{Schedule, over_time};
use crate::site::Site;
use crate::solver::Point;

/// A cost or, with a minus, a revenue over the run.
#[derive(Debug, Clone, PartialEq)]
pub struct CostLine {
    /// Index of the party that bears it.
    pub party: usize,
    /// Name of the component or contract; empty for shortage and surplus.
    pub component: String,
    /// What it is paid for.
    pub item: String,
    /// In the site's currency.
    pub amount: f64,
}

/// A carrier's books at a node over the run, in its own measure; one for each balance.
#[derive(Debug, Clone, PartialEq)]
pub struct EnergyLine {
    /// Index of the node.
    pub node: usize,
    /// The parties that are balanced together here.
    pub parties: Coalition,
    /// Given by components and contracts, shortage included.
    pub into: f64,
    /// Taken by components and contracts, surplus included.
    pub out: f64,
    /// into − out: what rounding leaves.
    pub closing_error: f64,
    /// What each component gave (+) and took (−), one line a flow: index into the flows, amount.
    pub flows: Vec<(usize, f64)>,
    /// What each contract with a party outside brought (+) and took (−): index of the contract, amount.
    pub contracts: Vec<(usize, f64)>,
}

/// An amount that was not served or that nothing took.
#[derive(Debug, Clone, PartialEq)]
pub struct Slack {
    /// Index of the node.
    pub node: usize,
    /// The parties that are balanced together there.
    pub parties: Coalition,
    /// Whether it was missing or too much.
    pub kind: SlackKind,
    /// Over the run, in the carrier's measure.
    pub amount: f64,
    /// How many steps it occurred in.
    pub steps: usize,
    /// The step in which it was greatest, and the flow then.
    pub worst: (usize, f64),
    /// What it cost.
    pub cost: f64,
}

/// Missing or too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SlackKind {
    /// Not served.
    Shortage,
    /// Not taken.
    Surplus,
}

/// CO2 over the run, in t.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Carbon {
    /// Set free on site.
    pub direct: f64,
    /// Direct, and set free elsewhere to make what is bought.
    pub with_purchases: f64,
}

/// A limit that held the schedule back.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// The component; empty for none.
    pub component: String,
    /// The variable or what the equation says.
    pub limit: String,
    /// In how many steps or groups.
    pub times: usize,
    /// What one more unit at each of them saves over the run.
    pub worth: f64,
    /// The unit of the limit.
    pub dimension: crate::units::Dimension,
}

/// Books of a run.
#[derive(Debug, Clone)]
pub struct Accounts {
    /// Costs by party, component and item, in that order.
    pub costs: Vec<CostLine>,
    /// Each node's books.
    pub energy: Vec<EnergyLine>,
    /// CO2 of the whole site, that of a surplus of fuel included.
    pub carbon: Carbon,
    /// CO2 by party.
    pub carbon_by_party: Vec<Carbon>,
    /// Shortages and surpluses, the costliest first.
    pub slacks: Vec<Slack>,
    /// Limits that held the schedule back, the dearest first.
    pub bindings: Vec<Binding>,
}

/// Slack in a step below this share of the greatest flow at its node is rounding.
const ROUNDING: f64 = 1e-7;

/// Draws up the books of a schedule.
pub fn accounts(site: &Site, compiled: &Compiled, point: &Point, schedule: &Schedule) -> Accounts {
    let energy = energy(site, compiled, point, schedule);
    let slacks = slacks(site, compiled, point, schedule);
    let mut costs = costs(site, compiled, point);
    for slack in &slacks {
        let kind = if slack.kind == SlackKind::Shortage { "shortage" } else { "surplus" };
        let item = format!("{kind} of {}", site.network.nodes[slack.node].name);
        costs.push(CostLine {
            party: usize::MAX,
            component: String::new(),
            item,
            amount: slack.cost,
        });
    }
    let carbon_by_party =
        (0..site.network.parties.len()).map(|p| carbon(site, compiled, point, Some(p))).collect();
    Accounts {
        carbon: carbon(site, compiled, point, None),
        carbon_by_party,
        bindings: bindings(compiled, point),
        costs,
        energy,
        slacks,
    }
}

fn costs(site: &Site, compiled: &Compiled, point: &Point) -> Vec<CostLine> {
    let mut lines: Vec<CostLine> = Vec::new();
    let mut book = |party, name: &str, item: &str, amount: f64| {
        let same = lines.iter_mut().find(|l| l.component == name && l.item == item);
        match same {
            Some(line) => line.amount += amount,
            None => {
                let (component, item) = (name.to_owned(), item.to_owned());
                lines.push(CostLine { party, component, item, amount });
            }
        }
    };
    for cost in &compiled.costs {
        let placed = &site.components[cost.component];
        let amount = total_cost(compiled, &cost.amount, point);
        book(placed.owner, &placed.name, &cost.item, amount);
    }
    for payment in &compiled.payments {
        let amount = total_cost(compiled, &payment.amount, point);
        book(payment.party, &site.contracts[payment.contract].name, &payment.item, amount);
    }
    lines.sort_by(|a, b| (a.party, &a.component, &a.item).cmp(&(b.party, &b.component, &b.item)));
    lines
}

/// A cost over the run: exactly what the objective counts.
fn total_cost(compiled: &Compiled, amount: &Expr, point: &Point) -> f64 {
    let problem = &compiled.problem;
    let factor = if is_money_per_time(amount.dimension) { compiled.horizon.hours() } else { 1.0 };
    let variable: f64 = amount
        .terms
        .iter()
        .map(|term| {
            let values = &point.values[term.variable.0 as usize];
            values.iter().enumerate().map(|(at, v)| v * term.coefficient.at(at)).sum::<f64>()
                * factor
        })
        .sum();
    debug_assert!(amount.terms.iter().all(|t| (t.variable.0 as usize) < problem.variables.len()));
    variable + crate::model::fixed_part(amount, &compiled.horizon)
}

fn energy(site: &Site, compiled: &Compiled, point: &Point, schedule: &Schedule) -> Vec<EnergyLine> {
    let hours = compiled.horizon.hours();
    let sum = |values: &[f64]| values.iter().sum::<f64>() * hours;
    let line = |balance: &Balance| {
        let mut into = sum(&point.values[balance.shortage.0 as usize]);
        let mut out = sum(&point.values[balance.surplus.0 as usize]);
        let (mut flows, mut contracts) = (Vec::new(), Vec::new());
        for index in compiled.flows_of(site, balance) {
            let amount = sum(&schedule.flows[index].values);
            if compiled.flows[index].direction == Direction::Give {
                into += amount;
                flows.push((index, amount));
            } else {
                out += amount;
                flows.push((index, -amount));
            }
        }
        for delivery in compiled.deliveries_at(balance) {
            let rate = &delivery.rate;
            let amount = sum(&over_time(compiled, &rate.terms, &rate.constant, point));
            into += amount.max(0.0);
            out += (-amount).max(0.0);
            contracts.push((delivery.contract, amount));
        }
        let closing_error = into - out;
        let Balance { node, parties, .. } = *balance;
        EnergyLine { node, parties, into, out, closing_error, flows, contracts }
    };
    compiled.balances.iter().map(line).collect()
}

fn slacks(site: &Site, compiled: &Compiled, point: &Point, schedule: &Schedule) -> Vec<Slack> {
    let hours = compiled.horizon.hours();
    let mut found = Vec::new();
    for balance in &compiled.balances {
        let Balance { node, parties, .. } = *balance;
        let flows = compiled.flows.iter().zip(&schedule.flows).filter(|(f, _)| f.node == node);
        let greatest =
            flows.flat_map(|(_, column)| &column.values).fold(0.0, |g: f64, v| g.max(v.abs()));
        for (kind, id, price) in [
            (SlackKind::Shortage, balance.shortage, site.network.shortage_price_of(node)),
            (SlackKind::Surplus, balance.surplus, site.network.surplus_price_of(node)),
        ] {
            let values = &point.values[id.0 as usize];
            let counts = |v: f64| v > ROUNDING * (1.0 + greatest);
            if !values.iter().any(|v| counts(*v)) {
                continue;
            }
            let amount = values.iter().sum::<f64>() * hours;
            let worst = values
                .iter()
                .copied()
                .enumerate()
                .fold((0, 0.0), |w, (t, v)| if v > w.1 { (t, v) } else { w });
            let steps = values.iter().filter(|v| counts(**v)).count();
            found.push(Slack { node, parties, kind, amount, steps, worst, cost: amount * price });
        }
    }
    found.sort_by(|a, b| b.cost.total_cmp(&a.cost));
    found
}

fn carbon(site: &Site, compiled: &Compiled, point: &Point, party: Option<usize>) -> Carbon {
    let hours = compiled.horizon.hours();
    let mut carbon = Carbon::default();
    for emission in &compiled.emissions {
        if party.is_some_and(|p| site.components[emission.component].owner != p) {
            continue;
        }
        let amount = over_time(compiled, &emission.rate.terms, &emission.rate.constant, point)
            .iter()
            .sum::<f64>()
            * hours;
        carbon.with_purchases += amount;
        if emission.scope == Scope::Direct {
            carbon.direct += amount;
        }
    }
    if party.is_none() {
        // A fuel that nothing takes is let out in the end: its carbon does not leave the books.
        let surplus: f64 = compiled
            .balances
            .iter()
            .filter_map(|balance| {
                let content = site.network.carbon_content(balance.node)?;
                Some(content * point.values[balance.surplus.0 as usize].iter().sum::<f64>() * hours)
            })
            .sum();
        carbon.direct += surplus;
        carbon.with_purchases += surplus;
    }
    carbon
}

/// Upper limits of variables and inequalities with a price.
fn bindings(compiled: &Compiled, point: &Point) -> Vec<Binding> {
    let problem = &compiled.problem;
    let slack: Vec<u32> =
        compiled.balances.iter().flat_map(|b| [b.shortage.0, b.surplus.0]).collect();
    let mut found = Vec::new();
    for (block, variable) in problem.variables.iter().enumerate() {
        if slack.contains(&(block as u32)) || variable.integer {
            continue;
        }
        // A falling cost at the greatest value: more room would be used.
        let at_most = |at: usize, value: f64| {
            variable.upper.at(at).is_finite()
                && value >= variable.upper.at(at) - 1e-6 * (1.0 + value.abs())
        };
        let worth: Vec<f64> = (0..point.values[block].len())
            .filter(|at| at_most(*at, point.values[block][*at]) && variable.upper.at(*at) > 0.0)
            .map(|at| -point.column_duals[block][at])
            .filter(|w| *w > 1e-6)
            .collect();
        if !worth.is_empty() {
            found.push(Binding {
                component: variable.component.clone(),
                limit: format!("greatest {}", variable.name.replace('_', " ")),
                times: worth.len(),
                worth: worth.iter().sum(),
                dimension: variable.dimension,
            });
        }
    }
    for (block, row) in problem.rows.iter().enumerate() {
        let equality = row.lower == row.upper && matches!(row.extent, Extent::Step);
        if equality || row.component.is_empty() {
            continue;
        }
        if is_unlimited(&row.lower, &row.upper) {
            continue;
        }
        let worth = least_worth(problem, point, block);
        let worth: Vec<f64> = worth.into_iter().filter(|w| *w > 1e-6).collect();
        if !worth.is_empty() {
            found.push(Binding {
                component: row.component.clone(),
                limit: row.name.clone(),
                times: worth.len(),
                worth: worth.iter().sum(),
                dimension: row.dimension,
            });
        }
    }
    found.sort_by(|a, b| b.worth.total_cmp(&a.worth));
    found
}

/// What one more unit of a limit saves at each of its places, at most.
///
/// Where several limits hold at once their duals are not unique: a charge for a peak of nought may lie on the
/// rows below it or on the peak's own bound, and a point between corners shares it out. So a row's dual is
/// lowered as far as the reduced costs of its variables keep their signs: it is then a dual as good.
fn least_worth(problem: &Problem, point: &Point, block: usize) -> Vec<f64> {
    let (row, duals) = (&problem.rows[block], &point.row_duals[block]);
    let mut worth: Vec<f64> = duals.iter().map(|dual| dual.abs()).collect();
    if row.extent != Extent::Step || worth.iter().all(|worth| *worth <= 1e-6) {
        return worth;
    }
    let mut reduced: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for term in &row.terms {
        let block = term.variable.0 as usize;
        reduced.entry(block).or_insert_with(|| point.column_duals[block].clone());
    }
    for (step, worth) in worth.iter_mut().enumerate().filter(|(_, worth)| **worth > 1e-6) {
        // A variable may stand in several terms.
        let mut changes: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        for term in &row.terms {
            if let Some(at) = problem.place(term, step) {
                let change = term.coefficient.at(step) * duals[step].signum();
                *changes.entry((term.variable.0 as usize, at)).or_default() += change;
            }
        }
        let room = |(&(block, at), &change): (&(usize, usize), &f64)| {
            let (variable, x) = (&problem.variables[block], point.values[block][at]);
            let near = 1e-6 * (1.0 + x.abs());
            let at_least = variable.integer || x <= variable.lower.at(at) + near;
            let at_most = variable.integer || x >= variable.upper.at(at) - near;
            let left = reduced[&block][at] / -change;
            match (at_least, at_most) {
                _ if change == 0.0 => f64::INFINITY,
                (false, false) => 0.0,
                (true, false) if change < 0.0 => left.max(0.0),
                (false, true) if change > 0.0 => left.max(0.0),
                _ => f64::INFINITY,
            }
        };
        let lower = changes.iter().map(room).fold(*worth, f64::min);
        *worth -= lower;
        for ((block, at), change) in changes {
            let reduced = reduced.get_mut(&block).expect("each variable of the row is there");
            reduced[at] += change * lower;
        }
    }
    worth
}

fn is_unlimited(lower: &Values, upper: &Values) -> bool {
    lower.all(|v| v == f64::NEG_INFINITY) && upper.all(|v| v == f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::bindings;
    use crate::testing::check;

    /// Proves: a limit is worth no more than it saves where several hold at once. The engine makes all for 100,
    /// the grid's 80 would save 20 a MWh, four times for a MW of the month's peak that nobody charges:
    /// 80 EUR. Its charge of 10 000 keeps the peak at nought, and at nought is the import.
    /// Sensitivity: duals of the month's rows as they are, which may come to as much as the charge.
    #[test]
    fn a_limit_is_worth_what_it_saves() {
        let example = include_str!("../../../examples/two-part-tariff.toml");
        let site = example.replace("[40, 60, 80, 60]", "[10, 20, 15, 12]");
        let mut solved = check(&site, 57.0 * 100.0, &[]);
        let problem = &solved.compiled.problem;
        let limit = "no demand exceeds the month's peak";
        let row = problem.rows.iter().position(|row| row.name == limit).unwrap();
        let block = |name: &str| problem.variables.iter().position(|v| v.name == name).unwrap();
        for shared in [20.0, 1000.0, 2500.0] {
            solved.point.row_duals[row] = vec![-shared; 4];
            solved.point.column_duals[block("import")] = vec![80.0 + shared - 100.0; 4];
            solved.point.column_duals[block("peak")] = vec![10_000.0 - 4.0 * shared];
            let bindings = bindings(&solved.compiled, &solved.point);
            let peak = bindings.iter().find(|b| b.limit == limit);
            assert!(peak.is_some_and(|b| (b.worth - 80.0).abs() < 1e-6), "{shared}: {peak:?}");
        }
    }

    /// Proves: a shortage that is small beside the energy of the run is in the books: 0.2 MW in one
    /// of three hours of 1 000 000 MW, at 1 000 000 EUR/MWh, beside 3 000 000 MWh at 1 EUR.
    /// Sensitivity: weighed against the energy of the run it would vanish, 200 000 EUR with it.
    #[test]
    fn a_small_shortage_is_in_the_books() {
        let site = r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T03:00"
            step = "1 h"
            [carrier.electricity]
            measure = "energy"
            [series.use]
            unit = "MW"
            values = [1000000, 1000000.2, 1000000]
            [grid_connection.grid]
            import_price = "1 EUR/MWh"
            import_limit = "1000000 MW"
            [demand.load]
            carrier = "electricity"
            amount = "use"
        "#;
        let solved = check(site, 3_200_000.0, &[]);
        assert_eq!(solved.accounts.slacks.len(), 1);
        let penalty = solved.accounts.costs.iter().find(|c| c.item.starts_with("shortage"));
        assert!(penalty.is_some_and(|c| (c.amount - 200_000.0).abs() < 1.0));
    }
}
