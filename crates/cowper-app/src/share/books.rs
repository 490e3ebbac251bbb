//! A study as share.json: money, energy, CO2 of each party alone and together, and every rule.

use std::collections::BTreeMap;

use cowper::accounts::{Accounts, Carbon, SlackKind};
use cowper::compile::Compiled;
use cowper::cooperation::{Attributes, Plan, Study, clean_made};
use cowper::game::{Coalition, Interval, Rule, Split, Terms, Undefined};
use cowper::model::Direction;
use cowper::site::Site;
use cowper::solver::Solver;

use super::file::{
    Alone, Bounds, Co2, Energy, GroupOf, InJointPlan, Leaves, MoveOf, PartyShare, Prices,
    Recommended, ShareFile, ShareTimings, Together, Unserved,
};
use super::game::{OfRule, shares, sharing};
use super::site::{Said, unique};
use crate::files::Loaded;
use crate::report::text::with_decimals;
use crate::summary::{HorizonSummary, InputSummary, status_word, versions};

/// What a study found, and what it was asked.
pub struct Found<'a> {
    /// The site, with what it was read from.
    pub loaded: &'a Loaded,
    /// What it found.
    pub study: &'a Study,
    /// Clean energy and CO2 of the joint plan.
    pub attributes: &'a Attributes,
    /// What was asked.
    pub said: &'a Said,
}

/// The name of shares at prices among the rules.
pub const AT_PRICES: &str = "at_prices";

/// Everything that share.json says, but for the agreement and the times.
pub fn share_file(found: &Found) -> Result<ShareFile, Undefined> {
    let Found { loaded, study, said, .. } = *found;
    let site = &loaded.site;
    let game = &study.game;
    let all = sharing(game, &terms(study, said))?;
    let mut rules = all.rules;
    // Of gains, both least cores are the same.
    rules.remove(Rule::LeastCoreOfShares.name());
    let at_prices = study.gains_at_prices();
    let split = Split { shares: at_prices.clone(), intervals: None, domain: None };
    rules.insert(AT_PRICES, shares(game, Ok(split)));
    let recommended = recommended(found, &rules, &at_prices)?;
    let everyone = game.everyone();
    let horizon = &study.together.compiled.horizon;
    let together = &study.together;
    let books = together.accounts(site);
    let mut moves = moves(site, study);
    moves.sort_by(|a, b| {
        let saves = |m: &MoveOf| m.saves.map_or(0.0, |s| s.lower);
        saves(b).total_cmp(&saves(a))
    });
    let mut file = ShareFile {
        site: site.name.clone(),
        status: status_word(together.status),
        currency: site.network.currency.clone(),
        horizon: HorizonSummary::of(horizon),
        gain: game.worth(everyone).into(),
        together: Together {
            cost: together.cost().into(),
            solver: together.solver.name(),
            co2: co2(books.carbon),
            unserved: unserved(site, &books),
            closing_error: study.closing_error() + 0.0,
        },
        parties: parties(found, &books, &recommended),
        recommended,
        core: all.core,
        rules,
        groups: groups(site, study),
        moves,
        prices: prices(study),
        rounding: game.tolerance(),
        remarks: Vec::new(),
        timings: ShareTimings::default(),
        versions: versions(),
        inputs: loaded.inputs.iter().map(InputSummary::of).collect(),
    };
    file.remarks = remarks(site, study, &file);
    Ok(file)
}

/// What rules go by: without contributions, what each costs or earns alone.
fn terms(study: &Study, said: &Said) -> Terms {
    let sizes: Vec<f64> = study.alone().iter().map(|cost| cost.abs()).collect();
    let any = sizes.iter().any(|size| *size > 0.0);
    let contributions = said.terms.contributions.clone().or_else(|| any.then_some(sizes));
    Terms { weights: said.terms.weights.clone(), contributions }
}

/// The rule that is agreed on: as asked, else equal gains for two, the nucleolus for more.
fn recommended(
    found: &Found,
    rules: &BTreeMap<&'static str, OfRule>,
    at_prices: &[f64],
) -> Result<Recommended, Undefined> {
    let usual = if at_prices.len() == 2 { Rule::Nash } else { Rule::Nucleolus };
    let name = found.said.rule.unwrap_or(usual.name());
    let (rule, of) = rules.get_key_value(name).ok_or_else(|| Undefined(name.to_owned()))?;
    let Some(gains) = &of.shares else {
        // Where nothing is gained there is nothing to agree on but prices.
        if found.said.rule.is_none() {
            let (rule, of) =
                rules.get_key_value(AT_PRICES).ok_or_else(|| Undefined(AT_PRICES.to_owned()))?;
            return Ok(Recommended {
                rule,
                gains: at_prices.to_vec(),
                transfers: vec![0.0; at_prices.len()],
                in_core: of.in_core,
                agreement: None,
            });
        }
        let why = of.not_defined.clone().unwrap_or_default();
        return Err(Undefined(format!(
            "the rule {name} says nothing of this site: {why}; name another with --rule"
        )));
    };
    let transfers = at_prices.iter().zip(gains).map(|(at_prices, gain)| at_prices - gain + 0.0);
    Ok(Recommended {
        rule,
        gains: gains.clone(),
        transfers: transfers.collect(),
        in_core: of.in_core,
        agreement: None,
    })
}

fn parties(found: &Found, books: &Accounts, recommended: &Recommended) -> Vec<PartyShare> {
    let Found { loaded, study, attributes, .. } = *found;
    let site = &loaded.site;
    let one = |(index, party): (usize, &cowper::network::Party)| {
        let plan = &study.baseline.alone[index];
        let alone = plan.accounts(site);
        let bears = &study.positions.parties[index];
        let claim = &attributes.parties[index];
        let cost = plan.cost();
        let gain = recommended.gains[index];
        PartyShare {
            key: party.key.clone(),
            name: party.name.clone(),
            alone: Alone {
                cost: cost.into(),
                co2: co2(alone.carbon),
                unserved: unserved(site, &alone),
                energy: energy_alone((site, plan), index, &alone),
                clean_made: clean_made(site, plan)[index] + 0.0,
            },
            together: InJointPlan {
                cost: cost.upper - gain,
                components: bears.components + 0.0,
                exchange: bears.exchange + 0.0,
                contracts: bears.contracts + 0.0,
                transfer: recommended.transfers[index],
                co2: co2(bears.carbon),
                co2_moved: claim.co2_moved + 0.0,
                energy: energy_together((site, study), index, books),
                clean_made: claim.clean_made + 0.0,
                clean_moved: claim.clean_moved + 0.0,
                clean_claim: claim.clean_made + claim.clean_moved,
            },
            gain,
            leaves: leaves(study, index, &recommended.gains),
        }
    };
    site.network.parties.iter().enumerate().map(one).collect()
}

/// What happens if a party leaves and the others go on together.
fn leaves(study: &Study, index: usize, gains: &[f64]) -> Leaves {
    let rest = study.game.everyone().without(index);
    let solved = study.groups.iter().any(|g| g.members == rest && g.cost.is_some());
    let worth = study.game.worth(rest);
    let less =
        |from: f64| Bounds { lower: from - worth.upper + 0.0, upper: from - worth.lower + 0.0 };
    Leaves {
        together_lose: solved.then(|| less(study.game.whole())),
        it_loses: gains[index],
        others_lose: solved.then(|| less(rest.sum(gains))),
    }
}

fn co2(carbon: Carbon) -> Co2 {
    Co2 { direct: carbon.direct, with_purchases: carbon.with_purchases }
}

fn stock_unit(site: &Site, node: usize) -> String {
    site.network.carrier_of(node).measure.stock().symbol(&site.network.currency)
}

fn unserved(site: &Site, books: &Accounts) -> Vec<Unserved> {
    let one = |slack: &cowper::accounts::Slack| Unserved {
        kind: if slack.kind == SlackKind::Shortage { "shortage" } else { "surplus" },
        node: site.network.nodes[slack.node].name.clone(),
        amount: slack.amount,
        unit: stock_unit(site, slack.node),
        cost: slack.cost,
    };
    books.slacks.iter().map(one).collect()
}

/// Kinds that buy from and sell to the outside.
const OUTSIDE: [&str; 2] = ["grid_connection", "fuel_supply"];

/// What a party buys and sells outside, by carrier.
fn outside(
    (site, compiled): (&Site, &Compiled),
    party: usize,
    books: &Accounts,
) -> BTreeMap<String, Energy> {
    let mut all = BTreeMap::new();
    for line in &books.energy {
        for (flow, amount) in &line.flows {
            let flow = &compiled.flows[*flow];
            let placed = &site.components[flow.component];
            if placed.owner != party || !OUTSIDE.contains(&placed.kind) {
                continue;
            }
            let energy = entry(&mut all, site, line.node);
            if flow.direction == Direction::Give {
                energy.bought += amount;
            } else {
                energy.sold -= amount;
            }
        }
    }
    all
}

/// The entry of a node's carrier.
fn entry<'a>(all: &'a mut BTreeMap<String, Energy>, site: &Site, node: usize) -> &'a mut Energy {
    let carrier = &site.network.carriers[site.network.nodes[node].carrier].name;
    all.entry(carrier.clone()).or_insert_with(|| Energy {
        unit: stock_unit(site, node),
        bought: 0.0,
        sold: 0.0,
        from_others: 0.0,
    })
}

fn energy_alone(
    (site, plan): (&Site, &Plan),
    party: usize,
    books: &Accounts,
) -> BTreeMap<String, Energy> {
    let mut all = outside((site, &plan.compiled), party, books);
    for line in &books.energy {
        for (_, amount) in &line.contracts {
            entry(&mut all, site, line.node).from_others += amount;
        }
    }
    all
}

fn energy_together(
    (site, study): (&Site, &Study),
    party: usize,
    books: &Accounts,
) -> BTreeMap<String, Energy> {
    let compiled = &study.together.compiled;
    let mut all = outside((site, compiled), party, books);
    for node in cowper::cooperation::shared_nodes(site, compiled) {
        let position = study.positions.nodes.iter().find(|n| n.node == node);
        let Some(net) = position.map(|p| &p.net[party]).filter(|net| !net.is_empty()) else {
            continue;
        };
        let amount = net.iter().sum::<f64>() * compiled.horizon.hours();
        entry(&mut all, site, node).from_others += amount;
    }
    all
}

fn keys(site: &Site, members: Coalition) -> Vec<String> {
    members.players().map(|party| site.network.parties[party].key.clone()).collect()
}

fn groups(site: &Site, study: &Study) -> Vec<GroupOf> {
    let one = |group: &cowper::cooperation::Group| GroupOf {
        parties: keys(site, group.members),
        cost: group.cost.map(Bounds::from),
        gain: study.game.worth(group.members).into(),
        solver: group.solver.map(Solver::name),
        trouble: group.trouble.clone(),
    };
    study.groups.iter().map(one).collect()
}

fn moves(site: &Site, study: &Study) -> Vec<MoveOf> {
    let one = |found: &cowper::cooperation::Move| {
        let carrier = &site.network.carriers[found.carrier];
        // The label of a carrier names its first place where it has several.
        let places = site.network.nodes.iter().filter(|n| n.carrier == found.carrier).count();
        let label = carrier.carrier.label.clone().filter(|_| places == 1);
        MoveOf {
            carrier: carrier.name.clone(),
            label: label.unwrap_or_else(|| carrier.name.replace('_', " ")),
            nodes: found.nodes.iter().map(|n| site.network.nodes[*n].name.clone()).collect(),
            saves: found.saves.map(Bounds::from),
        }
    };
    study.moves.iter().map(one).collect()
}

fn prices(study: &Study) -> Prices {
    let chosen_by = match (study.together.point.whole_numbers, study.together.solver) {
        (true, _) => "whole_numbers_fixed",
        (false, Solver::Staircase) => "interior_point",
        (false, Solver::Highs) => "simplex",
    };
    let gain = |(range, alone): (&Interval, f64)| Bounds {
        lower: alone - range.upper + 0.0,
        upper: alone - range.lower + 0.0,
    };
    let ranges = study.price_ranges.as_ref();
    let gains = ranges.map(|ranges| ranges.iter().zip(study.alone()).map(gain).collect());
    Prices { chosen_by, shares: unique(study), gains }
}

/// What a reader has to know.
fn remarks(site: &Site, study: &Study, file: &ShareFile) -> Vec<String> {
    let currency = &file.currency;
    let mut all = Vec::new();
    let slack = |slack: &Unserved| {
        format!(
            "{} {} of {} is {}, counted at {} {currency}",
            with_decimals(slack.amount, 1),
            slack.unit,
            slack.node,
            if slack.kind == "shortage" { "short" } else { "too much" },
            with_decimals(slack.cost, 0)
        )
    };
    for party in &file.parties {
        for unserved in &party.alone.unserved {
            all.push(format!(
                "{} alone: {}; its result alone is no better than this price.",
                party.name,
                slack(unserved)
            ));
        }
    }
    all.extend(file.together.unserved.iter().map(|s| format!("Together: {}.", slack(s))));
    for group in file.groups.iter().filter_map(|g| g.trouble.as_ref()) {
        all.push(format!(
            "Not solved: {group}. It counts with what its parts can do at least, and all at most."
        ));
    }
    let width = |group: &GroupOf| group.gain.upper - group.gain.lower;
    let widest = file.groups.iter().map(width).fold(0.0, f64::max);
    if widest > 10.0 * file.rounding {
        all.push(format!(
            "What groups gain is known within up to {} {currency}: shares are those of the plans that were found; a smaller --gap tells more.",
            with_decimals(widest, 0)
        ));
    }
    for unsolved in file.moves.iter().filter(|m| m.saves.is_none()) {
        all.push(format!("What exchange of {} saves was not solved.", unsolved.label));
    }
    match file.prices.shares {
        "determined" => {}
        "free" => all.push(format!(
            "Other prices fit the same plan, and shares at prices with them; {} chose. The transfer makes up for it.",
            match file.prices.chosen_by {
                "interior_point" => "the interior point, which comes to those between them (towards the analytic centre), the same on every run,",
                _ => "simplex, which comes to a corner,",
            }
        )),
        _ if study.together.point.whole_numbers => all.push(
            "Prices are those with whole numbers fixed: shares at prices add up, but some group might do better for itself.".into(),
        ),
        _ => all.push("Whether other prices fit the same plan is not known.".into()),
    }
    let excess = study.baseline.terms.iter().zip(&site.contracts);
    for (_, signed) in excess.filter(|(terms, _)| terms.excess_price.is_some()) {
        all.push(format!(
            "`{}`: gas used above the guaranteed heat rate is charged as a deviation at its node; settle a difference to excess_gas_price apart.",
            signed.name
        ));
    }
    all
}
