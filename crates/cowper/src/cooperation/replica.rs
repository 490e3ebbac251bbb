//! How far a party's share at prices could move if other prices fit the same plan.
//!
//! Debreu and Scarf's replicas: a plan with a little more, and a little less, of one party.

use crate::compile::Compiled;
use crate::contract::Side;
use crate::cooperation::Baseline;
use crate::game::Interval;
use crate::model::{Direction, Part, fixed_part};
use crate::problem::{Before, Problem, Values};
use crate::site::Site;

/// How much more and less of a party there is.
pub(super) const PART: f64 = 1e-4;

/// The joint problem with a party `factor` times: every limit, need and fixed cost of it, and what its
/// contracts bring it, which it need not buy at prices.
///
/// The least cost V is convex in the factor, and its slopes at 1 from the left and from the right are
/// the least and the greatest share that the party has at any prices that fit the plan: its share at
/// prices, contracts unpaid, is Σ limits · multipliers, and multipliers of the plan at hand bound V at any other factor.
pub(super) fn replica(
    site: &Site,
    (together, baseline): (&Compiled, &Baseline),
    (party, factor): (usize, f64),
) -> Problem {
    let mut problem = together.problem.clone();
    let owned = |name: &str| {
        !name.is_empty() && site.components.iter().any(|c| c.owner == party && c.name == name)
    };
    let scaled = |values: &Values| values.map(|v| v * factor);
    for variable in problem.variables.iter_mut().filter(|v| owned(&v.component)) {
        variable.lower = scaled(&variable.lower);
        variable.upper = scaled(&variable.upper);
    }
    for row in problem.rows.iter_mut().filter(|r| owned(&r.component)) {
        row.lower = scaled(&row.lower);
        row.upper = scaled(&row.upper);
        for term in &mut row.terms {
            if let Before::Known(values) = &term.before {
                term.before = Before::Known(values.iter().map(|v| v * factor).collect());
            }
        }
    }
    for curve in problem.ordered.iter_mut().filter(|c| owned(&c.component)) {
        curve.parts.iter_mut().for_each(|part| part.width *= factor);
    }
    for balance in &together.balances {
        for flow in together.flows.iter().filter(|f| f.node == balance.node) {
            if site.components[flow.component].owner != party || flow.part == Part::Below {
                continue;
            }
            // What is fixed at a node stands on the right of its balance, with its sign turned.
            let sign = if flow.direction == Direction::Give { 1.0 } else { -1.0 };
            let row = &mut problem.rows[balance.row];
            let more = |known: f64, fixed: f64| known - (factor - 1.0) * sign * fixed;
            row.lower = row.lower.zip(&flow.rate.constant, more);
            row.upper = row.upper.zip(&flow.rate.constant, more);
        }
    }
    for (index, signed) in site.contracts.iter().enumerate() {
        let sign = match (signed.parties.buyer == party, signed.parties.seller == party) {
            (true, false) => 1.0,
            (false, true) => -1.0,
            _ => continue,
        };
        let quantity = Values::Series(baseline.quantities[index].clone());
        for leg in &baseline.terms[index].legs {
            let node = site.network.node(&leg.node.text);
            let Some(balance) = together.balances.iter().find(|b| Some(b.node) == node) else {
                continue;
            };
            let flows = quantity.zip(&leg.ratio.values, |q, ratio| q * ratio);
            let row = &mut problem.rows[balance.row];
            let more = |known: f64, brought: f64| known - (factor - 1.0) * sign * brought;
            row.lower = row.lower.zip(&flows, more);
            row.upper = row.upper.zip(&flows, more);
        }
    }
    let own = together.costs.iter().filter(|c| site.components[c.component].owner == party);
    let fixed: f64 = own.map(|cost| fixed_part(&cost.amount, &together.horizon)).sum();
    problem.fixed_cost += (factor - 1.0) * fixed;
    problem
}

/// What a party pays net under its contracts.
pub(super) fn paid(site: &Site, (together, baseline): (&Compiled, &Baseline), party: usize) -> f64 {
    let of = |(index, signed): (usize, &crate::contract::Signed)| {
        let paid = baseline.payments(index, &together.horizon).total();
        let side = |side| if signed.parties.of(side) == party { paid } else { 0.0 };
        side(Side::Buyer) - side(Side::Seller)
    };
    site.contracts.iter().enumerate().map(of).sum()
}

/// Between which shares a party could stand, from the costs with less of it, as it is, and with more.
pub(super) fn slopes(less: Interval, together: Interval, more: Interval) -> Interval {
    Interval {
        lower: (together.lower - less.upper) / PART,
        upper: (more.upper - together.lower) / PART,
    }
}
