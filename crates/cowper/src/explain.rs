//! The equations of a site as text with units, from the very blocks that are solved.

use crate::compile::Compiled;
use crate::model::{Direction, Part, Scope};
use crate::problem::{Before, Extent, Problem, RowBlock, Term, Values};
use crate::site::Site;
use crate::units::Dimension;

/// The equations of one component, or of all with the balances.
pub fn explain(site: &Site, compiled: &Compiled, component: Option<&str>) -> String {
    let mut text = String::new();
    let printer = Printer { site, compiled };
    for (index, placed) in site.components.iter().enumerate() {
        if component.is_none_or(|c| c == placed.name) {
            printer.component(index, &mut text);
        }
    }
    if component.is_none() {
        text.push_str("balances\n");
        for balance in &compiled.balances {
            printer.row(&compiled.problem.rows[balance.row], &mut text);
        }
    }
    text
}

/// One equation as text: "0.85 b1.bfg − b1.heat = 0 [MW]".
pub fn equation(problem: &Problem, row: &RowBlock, currency: &str) -> String {
    let sum = terms(problem, &row.terms);
    let (lower, upper) = (&row.lower, &row.upper);
    let same = lower == upper;
    let unit = row.dimension.symbol(currency);
    let relation = if same {
        format!("{sum} = {}", value(lower))
    } else if lower.all(|v| v == f64::NEG_INFINITY) {
        format!("{sum} ≤ {}", value(upper))
    } else if upper.all(|v| v == f64::INFINITY) {
        format!("{sum} ≥ {}", value(lower))
    } else {
        format!("{} ≤ {sum} ≤ {}", value(lower), value(upper))
    };
    format!("{relation}  [{unit}]")
}

struct Printer<'a> {
    site: &'a Site,
    compiled: &'a Compiled,
}

impl Printer<'_> {
    fn component(&self, index: usize, text: &mut String) {
        let placed = &self.site.components[index];
        let problem = &self.compiled.problem;
        let owner = &self.site.network.parties[placed.owner].name;
        text.push_str(&format!("{} {} ({owner})\n", placed.kind, placed.name));
        for block in
            problem.variables.iter().filter(|v| v.component == placed.name && !self.is_slack(v))
        {
            let kind = if block.integer { ", 0 or 1" } else { "" };
            let often = self.often(block.extent);
            let unit = self.unit(block.dimension);
            text.push_str(&format!(
                "  variable   {}: {} to {} [{unit}]{kind}{often}\n",
                block.name,
                value(&block.lower),
                value(&block.upper)
            ));
        }
        for flow in self.compiled.flows.iter().filter(|f| f.component == index) {
            let verb = if flow.direction == Direction::Take { "takes" } else { "gives" };
            let node = &self.site.network.nodes[flow.node].name;
            let sum = self.sum(&flow.rate.terms, &flow.rate.constant);
            let sum = match flow.part {
                Part::Whole => sum,
                Part::Above => format!("what is above 0 of {sum}"),
                Part::Below => format!("what is below 0 of {sum}"),
            };
            text.push_str(&format!(
                "  {verb}      {node}: {sum}  [{}]\n",
                self.unit(flow.rate.dimension)
            ));
        }
        for row in problem.rows.iter().filter(|r| r.component == placed.name) {
            self.row(row, text);
        }
        for cost in self.compiled.costs.iter().filter(|c| c.component == index) {
            let sum = self.sum(&cost.amount.terms, &cost.amount.constant);
            text.push_str(&format!(
                "  costs      {}: {sum}  [{}]\n",
                cost.item,
                self.unit(cost.amount.dimension)
            ));
        }
        for emission in self.compiled.emissions.iter().filter(|e| e.component == index) {
            let sum = self.sum(&emission.rate.terms, &emission.rate.constant);
            let scope = match emission.scope {
                Scope::Direct => "direct",
                Scope::Purchased => "purchased",
            };
            text.push_str(&format!("  CO2        {scope}: {sum}  [t/h]\n"));
        }
        text.push('\n');
    }

    fn is_slack(&self, block: &crate::problem::VariableBlock) -> bool {
        ["shortage", "surplus"].contains(&block.name.as_str())
            && self.site.network.node(&block.component).is_some()
    }

    fn row(&self, row: &RowBlock, text: &mut String) {
        let often = self.often(row.extent);
        let equation = equation(&self.compiled.problem, row, &self.site.network.currency);
        text.push_str(&format!("  {}: {equation}{often}\n", row.name));
    }

    fn often(&self, extent: Extent) -> String {
        match extent {
            Extent::Step => String::new(),
            Extent::Group(partition) => {
                format!(", once a {}", self.compiled.problem.partitions[partition].name)
            }
        }
    }

    fn unit(&self, dimension: Dimension) -> String {
        dimension.symbol(&self.site.network.currency)
    }

    fn sum(&self, parts: &[Term], constant: &Values) -> String {
        let sum = terms(&self.compiled.problem, parts);
        if constant.all(|v| v == 0.0) {
            sum
        } else if parts.is_empty() {
            value(constant)
        } else {
            format!("{sum} + {}", value(constant))
        }
    }
}

fn terms(problem: &Problem, terms: &[Term]) -> String {
    let mut text = String::new();
    for term in terms {
        let block = &problem.variables[term.variable.0 as usize];
        let (sign, size) = match &term.coefficient {
            Values::Constant(c) if *c < 0.0 => ("−", value(&Values::Constant(-c))),
            values if values.all(|v| v <= 0.0) && !values.all(|v| v == 0.0) => {
                ("−", value(&values.map(|v| -v)))
            }
            values => ("+", value(values)),
        };
        let size = if size == "1" { String::new() } else { format!("{size} ") };
        let time = match (term.back, &term.before) {
            (0, _) => String::new(),
            (back, Before::Wrap) => format!("(t−{back}, cyclic)"),
            (back, _) => format!("(t−{back})"),
        };
        let separator = match (text.is_empty(), sign) {
            (true, "+") => String::new(),
            (true, _) => "−".to_owned(),
            (false, sign) => format!(" {sign} "),
        };
        text.push_str(&format!("{separator}{size}{}.{}{time}", block.component, block.name));
    }
    if text.is_empty() { "0".into() } else { text }
}

/// A value as text; a series by its range.
fn value(values: &Values) -> String {
    match values {
        Values::Constant(v) if *v == f64::INFINITY => "∞".into(),
        Values::Constant(v) if *v == f64::NEG_INFINITY => "−∞".into(),
        Values::Constant(v) => number(*v),
        Values::Series(series) => {
            let least = series.iter().copied().fold(f64::INFINITY, f64::min);
            let most = series.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if least == most {
                number(least)
            } else {
                format!("[{} … {}]", number(least), number(most))
            }
        }
    }
}

fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let rounded = format!("{value:.5}");
    let trimmed = rounded.trim_end_matches('0').trim_end_matches('.');
    if trimmed.trim_start_matches('-') == "0" {
        format!("{value:.3e}")
    } else {
        trimmed.replace('-', "−")
    }
}
