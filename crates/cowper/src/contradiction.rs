//! Limits that contradict each other, in the words of the site: what, when, and what would do.

use crate::compile::Compiled;
use crate::problem::{Extent, Values, VariableBlock};
use crate::site::Site;
use crate::solver::{Contradiction, Limit, What};
use crate::time::Horizon;
use crate::units::{Dimension, NUMBER, short};

/// A contradiction in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The components whose limits they are: "boiler `b1`".
    pub who: String,
    /// "in each step from 2025-01-01 00:00 to 04:00".
    pub when: String,
    /// Each limit: "steam ≥ 60 t/h".
    pub limits: Vec<String>,
    /// Changes of which each alone would do: "steam ≥ 50 t/h instead of 60".
    pub ways_out: Vec<String>,
}

impl Told {
    /// What cannot be: "boiler `b1`, at 2025-01-01 00:00, cannot keep all of these".
    pub fn title(&self) -> String {
        format!("{}, {}, cannot keep all of these", self.who, self.when)
    }

    /// What would help; empty where no single limit can be named.
    pub fn remedy(&self) -> &'static str {
        match self.ways_out.len() {
            0 => "",
            1 => "this would do",
            _ => "any one of these would do",
        }
    }

    /// All of it in one sentence, for a list of reasons.
    pub fn sentence(&self) -> String {
        let mut text = format!("{}: {}", self.title(), self.limits.join("; "));
        if !self.ways_out.is_empty() {
            text += &format!(" – {}: {}", self.remedy(), self.ways_out.join("; "));
        }
        text
    }

    /// All of it line by line, for people.
    pub fn lines(&self) -> String {
        let list = |items: &[String]| items.iter().map(|i| format!("  {i}\n")).collect::<String>();
        let mut text = format!("{}:\n{}", self.title(), list(&self.limits));
        if !self.ways_out.is_empty() {
            text += &format!("{}:\n{}", self.remedy(), list(&self.ways_out));
        }
        text
    }
}

/// Tells a contradiction in the words of the site.
pub fn told(site: &Site, compiled: &Compiled, contradiction: &Contradiction) -> Told {
    let teller = Teller { site, compiled, contradiction };
    let components = teller.components();
    let is_alone = components.len() == 1;
    let limits = contradiction.limits.iter().filter(|limit| !teller.goes_without_saying(limit));
    let of_whom = |limit: &Limit, text: String| {
        if is_alone { text } else { format!("{}: {text}", named(teller.component(limit))) }
    };
    if !contradiction.is_smallest {
        return Told {
            who: components.iter().map(|c| teller.who(c)).collect::<Vec<_>>().join(" and "),
            when: teller.when(),
            limits: vec![
                "which ones was not found in the time: look at its limits at that time".into(),
            ],
            ways_out: Vec::new(),
        };
    }
    Told {
        who: components.iter().map(|c| teller.who(c)).collect::<Vec<_>>().join(" and "),
        when: teller.when(),
        limits: limits.clone().map(|limit| of_whom(limit, teller.limit(limit))).collect(),
        ways_out: limits.filter_map(|limit| Some(of_whom(limit, teller.way_out(limit)?))).collect(),
    }
}

struct Teller<'a> {
    site: &'a Site,
    compiled: &'a Compiled,
    contradiction: &'a Contradiction,
}

impl Teller<'_> {
    fn horizon(&self) -> &Horizon {
        &self.compiled.horizon
    }

    fn variable(&self, what: What) -> Option<&VariableBlock> {
        match what {
            What::Least(id) | What::Greatest(id) | What::Start(id) => {
                Some(&self.compiled.problem.variables[id.0 as usize])
            }
            What::AtLeast(_) | What::AtMost(_) | What::Equal(_) => None,
        }
    }

    fn component(&self, limit: &Limit) -> &str {
        let rows = &self.compiled.problem.rows;
        match limit.what {
            What::AtLeast(row) | What::AtMost(row) | What::Equal(row) => &rows[row].component,
            what => self.variable(what).map_or("", |v| &v.component),
        }
    }

    /// The components that have a part, in the order of the limits.
    fn components(&self) -> Vec<&str> {
        let mut components = Vec::new();
        for limit in &self.contradiction.limits {
            let component = self.component(limit);
            if !components.contains(&component) {
                components.push(component);
            }
        }
        components
    }

    fn who(&self, component: &str) -> String {
        let placed = self.site.components.iter().find(|c| c.name == component);
        placed.map_or_else(|| named(component), |c| format!("{} `{}`", c.kind, c.name))
    }

    /// Nothing flows backwards, and what is whole lies between 0 and 1: nobody wonders.
    fn goes_without_saying(&self, limit: &Limit) -> bool {
        let Some(variable) = self.variable(limit.what) else { return false };
        let is_nought = matches!(limit.what, What::Least(_))
            && limit.places.iter().all(|at| variable.lower.at(*at) == 0.0);
        let is_share = ["start", "stop"].contains(&variable.name.as_str())
            && variable.dimension == NUMBER
            && matches!(limit.what, What::Greatest(_));
        is_nought || is_share || variable.integer
    }

    /// A limit: "steam ≥ 60 t/h in the last step".
    fn limit(&self, limit: &Limit) -> String {
        let text = match self.variable(limit.what) {
            Some(variable) => {
                let name = variable.name.replace('_', " ");
                match (limit.what, self.values(limit)) {
                    (What::Start(_), Some(values)) => format!("{name} starts at {values}"),
                    (_, Some(values)) => format!("{name} {} {values}", sign(limit.what)),
                    (_, None) => name,
                }
            }
            None => {
                let (row, _) = self.row(limit);
                let name = &self.compiled.problem.rows[row].name;
                match self.values(limit) {
                    Some(values) => format!("{name} ({} {values})", sign(limit.what)),
                    None => name.clone(),
                }
            }
        };
        text + &self.at(limit)
    }

    /// What would do instead of a limit, where it is one that somebody has set.
    fn way_out(&self, limit: &Limit) -> Option<String> {
        let change = limit.change?;
        let unit = self.unit(self.dimension(limit));
        let (row, extent) = self.row(limit);
        let rows = &self.compiled.problem.rows;
        // An equation of every step is a law.
        if matches!(limit.what, What::Equal(_)) && extent == Extent::Step {
            return None;
        }
        let at = self.at(limit);
        let name = match self.variable(limit.what) {
            Some(variable) => variable.name.replace('_', " "),
            None => rows[row].name.clone(),
        };
        let Some((least, most)) = self.figures(limit) else {
            let is_limit = matches!(limit.what, What::AtLeast(_) | What::AtMost(_));
            let each = if limit.places.len() > 1 { " in each of its steps" } else { "" };
            return is_limit.then(|| {
                format!(
                    "“{name}” missed by {}{each}{at}",
                    trimmed(outward(change.abs(), 1.0), &unit)
                )
            });
        };
        // A limit that has to go altogether goes to nought, by a solve's millionth or not.
        let change = if (least + change).abs() <= 1e-6 * least.abs() { -least } else { change };
        if ![least, most].iter().all(|old| self.is_sensible(limit, (*old, old + change))) {
            return None;
        }
        let is = if matches!(limit.what, What::Start(_)) { "starts at" } else { sign(limit.what) };
        Some(if least == most {
            let new = trimmed(outward(least + change, change), &unit);
            format!("{name} {is} {new} instead of {}{at}", short(least))
        } else {
            let word = if change > 0.0 { "more" } else { "less" };
            format!("{name} {is} {} {word}{at}", trimmed(outward(change.abs(), 1.0), &unit))
        })
    }

    /// Whether a limit can be what it would have to be: nothing that is positive sinks below nought,
    /// and a store holds its start.
    fn is_sensible(&self, limit: &Limit, (old, new): (f64, f64)) -> bool {
        let rounding = 1e-9 * (1.0 + new.abs());
        let is_held = match (limit.what, self.variable(limit.what)) {
            (What::Start(_), Some(variable)) => new <= variable.upper.at(0) + rounding,
            _ => true,
        };
        is_held && (old < 0.0 || new >= -rounding)
    }

    fn row(&self, limit: &Limit) -> (usize, Extent) {
        match limit.what {
            What::AtLeast(row) | What::AtMost(row) | What::Equal(row) => {
                (row, self.compiled.problem.rows[row].extent)
            }
            What::Least(id) | What::Greatest(id) | What::Start(id) => {
                (usize::MAX, self.compiled.problem.variables[id.0 as usize].extent)
            }
        }
    }

    fn dimension(&self, limit: &Limit) -> Dimension {
        let rows = &self.compiled.problem.rows;
        self.variable(limit.what).map_or_else(|| rows[self.row(limit).0].dimension, |v| v.dimension)
    }

    fn unit(&self, dimension: Dimension) -> String {
        if dimension == NUMBER {
            String::new()
        } else {
            dimension.symbol(&self.site.network.currency)
        }
    }

    /// Least and greatest figure of a limit over its places; none for a row that has none of its own.
    fn figures(&self, limit: &Limit) -> Option<(f64, f64)> {
        let range = |values: &Values| {
            let each = limit.places.iter().map(|at| values.at(*at));
            let most = each.clone().fold(f64::NEG_INFINITY, f64::max);
            (each.fold(f64::INFINITY, f64::min), most)
        };
        match (limit.what, self.variable(limit.what)) {
            (What::Least(_), Some(variable)) => Some(range(&variable.lower)),
            (What::Greatest(_), Some(variable)) => Some(range(&variable.upper)),
            (What::Start(id), _) => {
                let rows = self.compiled.problem.rows.iter();
                let mut terms = rows.flat_map(|row| &row.terms);
                let known = terms.find_map(|term| {
                    let is_it = term.variable == id && term.back > 0;
                    if is_it { term.known_before(0) } else { None }
                })?;
                Some((known, known))
            }
            (what, _) => {
                let row = &self.compiled.problem.rows[self.row(limit).0];
                let range =
                    range(if matches!(what, What::AtMost(_)) { &row.upper } else { &row.lower });
                // One below nought is what is left of several, known on either side.
                (!row.terms.is_empty() && range != (0.0, 0.0) && range.0 >= 0.0).then_some(range)
            }
        }
    }

    /// The figures of a limit with their unit.
    fn values(&self, limit: &Limit) -> Option<String> {
        let (least, most) = self.figures(limit)?;
        let unit = self.unit(self.dimension(limit));
        Some(if least == most {
            trimmed(short(least), &unit)
        } else {
            trimmed(format!("{} to {}", short(least), short(most)), &unit)
        })
    }

    /// When the limits contradict each other.
    fn when(&self) -> String {
        let Contradiction { steps: (first, last), also, .. } = self.contradiction;
        let horizon = self.horizon();
        let all = horizon.steps - 1;
        if (*first, *last) == (0, all) && all > 0 {
            return "over the whole run".into();
        }
        if first == last {
            let mut steps = also.clone();
            steps.push(*first);
            steps.sort_unstable();
            let stretches = stretches(&steps);
            return match stretches.as_slice() {
                [(0, last)] if *last == all && all > 0 => "in every step".into(),
                [one] if one.0 == one.1 => self.stretch(*one),
                [one] => format!("in each step {}", self.stretch(*one)),
                [one, ..] => {
                    let others = steps.len() - (one.1 - one.0 + 1);
                    let each = if one.0 == one.1 { "" } else { "in each step " };
                    format!("{each}{} and in {others} more steps", self.stretch(*one))
                }
                [] => String::new(),
            };
        }
        let others = match also.len() {
            0 => String::new(),
            1 => format!(" (and likewise {})", horizon.label(also[0])),
            more => format!(" (and likewise at {more} more times)"),
        };
        format!("{}{others}", self.stretch((*first, *last)))
    }

    /// A stretch of steps: "from 2025-01-01 04:00 to 06:00", "at 2025-01-01 04:00".
    fn stretch(&self, (first, last): (usize, usize)) -> String {
        let horizon = self.horizon();
        let from = horizon.label(first);
        if first == last {
            return format!("at {from}");
        }
        let to = if last + 1 == horizon.steps {
            horizon.zone.to_datetime(horizon.end()).strftime("%Y-%m-%d %H:%M").to_string()
        } else {
            horizon.label(last + 1)
        };
        let day = from.split(' ').next().unwrap_or_default();
        let to = to.strip_prefix(day).map_or(to.as_str(), str::trim_start);
        format!("from {from} to {to}")
    }

    /// When a limit holds, where that is not all of the time that the contradiction reaches over.
    fn at(&self, limit: &Limit) -> String {
        let (first, last) = self.contradiction.steps;
        let (_, extent) = self.row(limit);
        let whole = extent != Extent::Step
            || matches!(limit.what, What::Start(_))
            || limit.places.iter().copied().eq(first..=last);
        if whole {
            return String::new();
        }
        if limit.places == [self.horizon().steps - 1] {
            return " in the last step".into();
        }
        let stretches = stretches(&limit.places);
        let mut text = format!(" {}", self.stretch(stretches[0]));
        if stretches.len() > 1 {
            let steps = limit.places.len() - (stretches[0].1 - stretches[0].0 + 1);
            text += &format!(" and in {steps} more steps");
        }
        text
    }
}

/// A component's name; the balances of nodes have none.
fn named(component: &str) -> String {
    if component.is_empty() { "the balances".into() } else { format!("`{component}`") }
}

/// A number with its unit, if it has one.
fn trimmed(number: String, unit: &str) -> String {
    if unit.is_empty() { number } else { format!("{number} {unit}") }
}

/// A number for a sentence, rounded so that it is enough in the direction of a change, but for a millionth.
fn outward(value: f64, direction: f64) -> String {
    // What is left of a difference.
    if value.abs() < 1e-9 {
        return "0".into();
    }
    let text = short(value);
    let shown: f64 = text.parse().unwrap_or(value);
    let is_enough = (shown - value) * direction.signum() >= -1e-6 * value.abs();
    if is_enough {
        return text;
    }
    let digits = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    short(shown + direction.signum() * 10f64.powi(-(digits as i32)))
}

fn sign(what: What) -> &'static str {
    match what {
        What::Least(_) | What::AtLeast(_) => "≥",
        What::Greatest(_) | What::AtMost(_) => "≤",
        What::Start(_) | What::Equal(_) => "=",
    }
}

/// Steps in stretches without gaps, first and last step of each.
fn stretches(steps: &[usize]) -> Vec<(usize, usize)> {
    let mut stretches: Vec<(usize, usize)> = Vec::new();
    for step in steps {
        match stretches.last_mut() {
            Some((_, last)) if *last + 1 == *step => *last = *step,
            _ => stretches.push((*step, *step)),
        }
    }
    stretches
}
