//! `cowper share --game`: every rule on a bare table of worths, as JSON.

use std::collections::BTreeMap;
use std::path::Path;

use cowper::diagnostic::Diagnostic;
use cowper::game::{
    Answer, Domain, Game, Interval, Leaving, Rule, Split, Terms, Undefined, core_check,
    core_ranges, emptiness, split,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::game_file::{GameFile, read};
use super::named::numbers;
use crate::cli::ShareArguments;
use crate::files::{self, mistakes};
use crate::{Failure, print};

/// What a game comes to. Lists are in the order of `players`. Keys are added in later versions; none
/// changes its meaning.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Sharing {
    /// The players.
    pub players: Vec<String>,
    /// What all have reached together: this is shared out.
    pub whole: f64,
    /// What each has reached alone.
    pub alone: Vec<f64>,
    /// The whole beyond what all have alone.
    pub gain: f64,
    /// The shares that no coalition would leave.
    pub core: Core,
    /// Each rule: nash, shapley, nucleolus, least_core_smallest_variance (of gains),
    /// least_core_smallest_variance_of_shares, proportional, gately.
    pub rules: BTreeMap<&'static str, OfRule>,
}

/// The shares that no coalition would leave.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Core {
    /// Whether there are none: yes, no or cannot_be_told, for all worths within their bounds.
    pub empty: &'static str,
    /// The greatest surplus, share less worth, that all coalitions can have at once, below nought
    /// where the core is empty: the least core has it. Null for one player.
    pub surplus: Option<Bounds>,
    /// The least and the greatest share of each player that no coalition would leave, by what
    /// coalitions have reached; null where the core is empty.
    pub ranges: Option<Vec<Bounds>>,
}

/// What a rule gives.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OfRule {
    /// What each player gets; null where the rule says nothing of this game.
    pub shares: Option<Vec<f64>>,
    /// What each gets beyond what it has alone.
    pub gains: Option<Vec<f64>>,
    /// What each share may be for worths within their bounds; null where all are known exactly, and for
    /// rules that are not linear in them.
    pub intervals: Option<Vec<Bounds>>,
    /// Whether the shares are in the core: yes, no or cannot_be_told.
    pub in_core: Option<&'static str>,
    /// The coalition that would gain most by leaving, or might; null where none would.
    pub would_leave: Option<Claim>,
    /// Of the nucleolus: sought over imputations, which give nobody less than alone, or, where there
    /// are none, over pre_imputations.
    pub over: Option<&'static str>,
    /// Why the rule says nothing of this game.
    pub not_defined: Option<String>,
}

/// A coalition and what it would gain by leaving.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Claim {
    /// Its players.
    pub coalition: Vec<String>,
    /// How much more it would have.
    pub by: Bounds,
}

/// From a least to a greatest value; the same where it is known exactly.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Bounds {
    /// Not less than this.
    pub lower: f64,
    /// Not more than this.
    pub upper: f64,
}

impl From<Interval> for Bounds {
    fn from(interval: Interval) -> Self {
        // Not −0.
        Bounds { lower: interval.lower + 0.0, upper: interval.upper + 0.0 }
    }
}

/// Reads a file of games and prints what each rule makes of them.
pub fn share(file: &Path, arguments: &ShareArguments) -> Result<(), Failure> {
    let shown = file.display().to_string();
    let text = String::from_utf8(files::read(file)?).map_err(|_| {
        Failure::input(format!("error: {shown} is not text in UTF-8; save it as UTF-8"))
    })?;
    let games = read(&text).map_err(|found| mistakes(&found, &shown, &text))?;
    let terms = terms_of(&games, arguments).map_err(|found| mistakes(&found, "the command", ""))?;
    let shared = |(game, terms): (&Game, &Terms)| {
        let sharing =
            sharing(game, terms).map_err(|why| Failure::no_result(format!("error: {why}")))?;
        serde_json::to_value(sharing).map_err(|e| Failure::file(format!("error: {e}")))
    };
    let value = match &games {
        GameFile::One(game) => shared((game, &terms[0]))?,
        GameFile::Several(games) => {
            let each = games.iter().zip(&terms);
            let named =
                each.map(|((name, game), terms)| Ok((name.clone(), shared((game, terms))?)));
            Value::Object(named.collect::<Result<_, Failure>>()?)
        }
    };
    print(&format!("{}\n", laid_out(&value, 0)))
}

/// What was said on the command line, for each game.
fn terms_of(games: &GameFile, arguments: &ShareArguments) -> Result<Vec<Terms>, Vec<Diagnostic>> {
    let games: Vec<&Game> = match games {
        GameFile::One(game) => vec![game],
        GameFile::Several(games) => games.iter().map(|(_, game)| game).collect(),
    };
    let (mut found, mut terms) = (Vec::new(), Vec::new());
    for game in games {
        let mut take = |numbers: Result<Option<Vec<f64>>, Vec<Diagnostic>>| {
            numbers.unwrap_or_else(|mistakes| {
                found.extend(mistakes);
                None
            })
        };
        let weights = take(numbers("weights", &arguments.weights, Some(1.0), game));
        let contributions = take(numbers("contributions", &arguments.contributions, None, game));
        terms.push(Terms { weights, contributions });
    }
    if found.is_empty() { Ok(terms) } else { Err(found) }
}

/// What a game comes to.
pub fn sharing(game: &Game, terms: &Terms) -> Result<Sharing, Undefined> {
    let empty = emptiness(game)?;
    let ranges = core_ranges(game)?;
    let core = Core {
        empty: answer(empty.is_empty),
        surplus: empty.surplus.map(Bounds::from),
        ranges: ranges.map(|ranges| ranges.into_iter().map(Bounds::from).collect()),
    };
    let rule = |rule: Rule| (rule.name(), shares(game, split(game, rule, terms)));
    Ok(Sharing {
        players: game.players().to_vec(),
        whole: game.whole(),
        alone: game.alone(),
        gain: game.gain(),
        core,
        rules: Rule::ALL.into_iter().map(rule).collect(),
    })
}

/// What a rule gives, with its check.
pub fn shares(game: &Game, found: Result<Split, Undefined>) -> OfRule {
    let checked = found.and_then(|split| Ok((core_check(game, &split.shares)?, split)));
    let (check, split) = match checked {
        Ok(both) => both,
        Err(why) => return OfRule::not_defined(why),
    };
    let gains = split.shares.iter().zip(game.alone()).map(|(share, alone)| share - alone + 0.0);
    let leaving = check.first_to_leave.filter(|_| check.in_core != Answer::Yes);
    let intervals = split.intervals.filter(|_| !game.is_exact());
    OfRule {
        gains: Some(gains.collect()),
        intervals: intervals.map(|list| list.into_iter().map(Bounds::from).collect()),
        in_core: Some(answer(check.in_core)),
        would_leave: leaving.map(|leaving| claim(game, leaving)),
        over: split.domain.map(|domain| match domain {
            Domain::Imputations => "imputations",
            Domain::PreImputations => "pre_imputations",
        }),
        shares: Some(split.shares.into_iter().map(|share| share + 0.0).collect()),
        not_defined: None,
    }
}

impl OfRule {
    fn not_defined(why: Undefined) -> Self {
        OfRule {
            shares: None,
            gains: None,
            intervals: None,
            in_core: None,
            would_leave: None,
            over: None,
            not_defined: Some(why.to_string()),
        }
    }
}

fn claim(game: &Game, leaving: Leaving) -> Claim {
    let names = game.names(leaving.coalition);
    Claim { coalition: names.into_iter().map(str::to_owned).collect(), by: leaving.by.into() }
}

fn answer(answer: Answer) -> &'static str {
    match answer {
        Answer::Yes => "yes",
        Answer::No => "no",
        Answer::CannotBeTold => "cannot_be_told",
    }
}

/// JSON for people: what fits a line stands on one.
fn laid_out(value: &Value, depth: usize) -> String {
    const WIDTH: usize = 90;
    let flat = flat(value);
    if flat.len() + 2 * depth <= WIDTH && !matches!(value, Value::Object(map) if map.len() > 2) {
        return flat;
    }
    let (indent, end) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    match value {
        Value::Object(map) => {
            let line = |(key, value): (&String, &Value)| {
                format!("{indent}{}: {}", Value::from(key.as_str()), laid_out(value, depth + 1))
            };
            format!("{{\n{}\n{end}}}", map.iter().map(line).collect::<Vec<_>>().join(",\n"))
        }
        Value::Array(list) => {
            let line = |value: &Value| format!("{indent}{}", laid_out(value, depth + 1));
            format!("[\n{}\n{end}]", list.iter().map(line).collect::<Vec<_>>().join(",\n"))
        }
        _ => flat,
    }
}

/// JSON on one line.
fn flat(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                format!("{}: {}", Value::from(key.as_str()), flat(value))
            };
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Array(list) => {
            format!("[{}]", list.iter().map(flat).collect::<Vec<_>>().join(", "))
        }
        _ => value.to_string(),
    }
}
