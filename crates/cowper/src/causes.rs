//! Why something was short, too much, or could not be done: in the words of the site.

use crate::accounts::{Slack, SlackKind};
use crate::compile::Compiled;
use crate::model::{Direction, Flow, Part};
use crate::problem::Extent;
use crate::site::Site;
use crate::solver::Point;
use crate::units::short;

/// Longest list of reasons worth reading.
const MOST: usize = 6;

/// What kept every component from helping in the worst step of a shortage or surplus.
pub fn of_slack(site: &Site, compiled: &Compiled, point: &Point, slack: &Slack) -> Vec<String> {
    let wanted = if slack.kind == SlackKind::Shortage { Direction::Give } else { Direction::Take };
    let (step, _) = slack.worst;
    let mut reasons: Vec<String> = Vec::new();
    let is_here = |flow: &Flow| {
        flow.node == slack.node && slack.parties.contains(site.components[flow.component].owner)
    };
    for flow in compiled.flows.iter().filter(|f| is_here(f) && f.direction == wanted) {
        let name = &site.components[flow.component].name;
        if stands(compiled, point, name, step) {
            reasons.push(format!("`{name}` stands"));
            continue;
        }
        let mut found = false;
        for term in flow.rate.terms.iter().filter(|t| t.back == 0) {
            let block = &compiled.problem.variables[term.variable.0 as usize];
            let at = if block.extent == Extent::Step { step } else { continue };
            let value = point.values[term.variable.0 as usize][at];
            // What drains a store is held back by its least level.
            let (limit, word) = match flow.part {
                Part::Below => (block.lower.at(at), "least"),
                Part::Whole | Part::Above => (block.upper.at(at), "greatest"),
            };
            let distance = if flow.part == Part::Below { value - limit } else { limit - value };
            // What can be nothing but nought held nobody back.
            if limit.is_finite() && limit != 0.0 && distance <= 1e-6 * (1.0 + limit.abs()) {
                let unit = block.dimension.symbol(&site.network.currency);
                reasons.push(format!(
                    "`{name}` is at its {word} {} of {} {unit}",
                    words(&block.name),
                    short(limit)
                ));
                found = true;
            }
        }
        for (block, row) in
            compiled.problem.rows.iter().enumerate().filter(|(_, r)| r.component == *name)
        {
            let inequality = row.lower != row.upper;
            if inequality && row.extent == Extent::Step && point.row_duals[block][step].abs() > 1e-6
            {
                reasons.push(format!("`{name}`: {}", row.name));
                found = true;
            }
        }
        if !found && flow.rate.terms.is_empty() {
            reasons.push(format!("`{name}` follows its given amount"));
        }
    }
    let outlets = |f: &&Flow| ["flare", "vent"].contains(&site.components[f.component].kind);
    let has_outlet = compiled.flows.iter().filter(|f| is_here(f)).any(|f| outlets(&f));
    if slack.kind == SlackKind::Surplus && !has_outlet {
        let node = &site.network.nodes[slack.node].name;
        reasons.insert(0, format!("no flare or vent takes `{node}`: add one"));
    }
    reasons.dedup();
    reasons.truncate(MOST);
    reasons
}

/// Whether a unit that runs or not does not, in a step.
fn stands(compiled: &Compiled, point: &Point, component: &str, step: usize) -> bool {
    compiled.problem.variables.iter().zip(&point.values).any(|(v, values)| {
        v.component == component && v.name == "on" && v.integer && values[step] < 0.5
    })
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}
