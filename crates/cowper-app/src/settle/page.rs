//! A party's statement as a page to print: lines, meters, days, rules; the intervals stay in the table.

use std::collections::BTreeMap;

use cowper::settlement::{
    Finality, MeterStatement, PartyStatement, ReadingStatus, Scope, Statement, exact,
};
use rust_decimal::Decimal;

use crate::report::fill;
use crate::report::text::{count, escape, thousands};

/// Writes the page of a party.
pub fn render(statement: &Statement, party: &PartyStatement, hash: &str) -> String {
    let title = format!("Statement {} of {}", statement.month, party.name);
    let parts = [
        ("title", escape(&title)),
        ("headline", headline(statement, party)),
        ("lines", lines(statement, party)),
        ("meters", meters(statement, party)),
        ("attributes", attributes(party)),
        ("outside", outside(statement, party)),
        ("whole", whole(statement, party)),
        ("days", days(statement, party)),
        ("rules", rules(statement)),
        ("inputs", inputs(statement, hash)),
        ("sign", sign(statement)),
    ];
    fill(include_str!("page.html"), &parts)
}

/// A decimal with its thousands apart and a minus that is seen.
fn amount(value: Decimal) -> String {
    let text = value.abs().to_string();
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let sign = if value < Decimal::ZERO { "−" } else { "" };
    format!("{sign}{}{rest}", thousands(whole))
}

fn money(value: Decimal, statement: &Statement) -> String {
    format!("{} {}", amount(value), escape(&statement.currency))
}

fn cell(text: &str) -> String {
    format!("<td>{text}</td>")
}

fn number(text: &str) -> String {
    format!("<td class=\"n\">{text}</td>")
}

fn headline(statement: &Statement, party: &PartyStatement) -> String {
    let (badge, status) = match statement.status {
        Finality::Provisional => ("badge open", "provisional: estimated values remain"),
        Finality::Final => ("badge", "final"),
    };
    let scope = match statement.scope {
        Scope::Month => "",
        Scope::Year => " with the true-up that closes the agreement",
    };
    let due = if party.due < Decimal::ZERO { "To receive" } else { "To pay" };
    let size = party.due.abs();
    format!(
        "<h1>Statement {} · {}</h1><p class=\"when\">{}, {} to {} ({}){scope} <span class=\"{badge}\">{status}</span></p><p class=\"due\">{due}: <b>{}</b></p>",
        escape(&statement.month),
        escape(&party.name),
        escape(&statement.site),
        when(&statement.from),
        when(&statement.to),
        escape(&statement.time_zone),
        money(size, statement)
    )
}

/// "2025-03-01T00:00:00+08:00" as "2025-03-01 00:00"; the zone stands beside it.
fn when(stamp: &str) -> String {
    escape(&stamp.get(..16).unwrap_or(stamp).replace('T', " "))
}

fn lines(statement: &Statement, party: &PartyStatement) -> String {
    let mut rows = String::new();
    for line in &party.lines {
        rows.push_str(&format!(
            "<tr>{}{}{}</tr>",
            cell(&escape(&line.line)),
            cell(&escape(&line.what)),
            number(&amount(line.amount))
        ));
    }
    let mut total = |what: &str, value: Decimal| {
        rows.push_str(&format!(
            "<tr class=\"total\"><td colspan=\"2\">{what}</td>{}</tr>",
            number(&amount(value))
        ));
    };
    total("Total of the month", party.total);
    if let Some(previous) = party.already_charged {
        total("Charged by the statement that this one corrects", previous);
        total("Due now", party.due);
    }
    format!(
        "<table><thead><tr><th>Line</th><th>What</th><th class=\"n\">{}</th></tr></thead><tbody>{rows}</tbody></table><p class=\"quiet\">Charged where positive, credited where negative. All parties' totals add up to {}.</p>",
        escape(&statement.currency),
        money(statement.sum_of_totals, statement)
    )
}

/// A sum of flows as an amount, to three decimals.
fn stock(flows: impl IntoIterator<Item = Decimal>, statement: &Statement) -> String {
    let parts = (3600 / statement.interval_seconds.max(1)) as u32;
    let sum = exact::sum(flows).and_then(|sum| exact::rounded(sum, parts, 3));
    sum.map_or_else(|_| "too large".into(), amount)
}

/// MW to MWh, t/h to t: the unit of an hour of the flow.
fn stock_unit(meter: &MeterStatement) -> String {
    escape(meter.price_unit.split_once('/').map_or("", |(_, unit)| unit))
}

fn meters(statement: &Statement, party: &PartyStatement) -> String {
    let mut rows = String::new();
    for meter in &party.meters {
        let more = meter.deviation.iter().copied().filter(|d| *d > Decimal::ZERO);
        let less = meter.deviation.iter().copied().filter(|d| *d < Decimal::ZERO);
        let cells = [
            cell(&escape(&meter.node)),
            number(&stock_unit(meter)),
            number(&stock(meter.scheduled.iter().copied(), statement)),
            number(&stock(meter.metered.iter().copied(), statement)),
            number(&stock(more, statement)),
            number(&stock(less, statement)),
            number(&meter.estimated.to_string()),
        ];
        rows.push_str(&format!(
            "<tr class=\"of\">{}</tr><tr><td></td><td colspan=\"6\"><small>price: {}; of deviations: {}</small></td></tr>",
            cells.concat(),
            escape(&meter.price_source),
            escape(&meter.imbalance_price_source)
        ));
    }
    format!(
        "<div class=\"wide\"><table><thead><tr><th>Node</th><th class=\"n\">Unit</th><th class=\"n\">Scheduled</th><th class=\"n\">Metered</th><th class=\"n\">More</th><th class=\"n\">Less</th><th class=\"n\">Estimated</th></tr></thead><tbody>{rows}</tbody></table></div><p class=\"quiet\">Taken from the node; negative is given. Every interval, with its status and price, stands in <code>statement-{}.csv</code>.</p>",
        escape(&party.key)
    )
}

fn attributes(party: &PartyStatement) -> String {
    if party.attributes.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for attribute in &party.attributes {
        let what = if attribute.what == "co2" { "CO2" } else { "clean energy" };
        rows.push_str(&format!(
            "<tr>{}{}{}</tr>",
            cell(&escape(&attribute.node)),
            cell(what),
            number(&format!(
                "{} {}",
                amount(attribute.amount.normalize()),
                escape(&attribute.unit)
            ))
        ));
    }
    format!(
        "<h2>What came with it</h2><table><thead><tr><th>Node</th><th>What</th><th class=\"n\">To this party</th></tr></thead><tbody>{rows}</tbody></table>"
    )
}

/// Against the bill from outside, for the party that balances.
fn outside(statement: &Statement, party: &PartyStatement) -> String {
    let mut rows = String::new();
    for node in statement.nodes.iter().filter(|n| n.balancing_party == party.key) {
        let unit = escape(&node.unit);
        let mut row = |what: &str, value: Decimal| {
            rows.push_str(&format!(
                "<tr>{}{}{}</tr>",
                cell(&escape(&node.node)),
                cell(what),
                number(&format!("{} {unit}", amount(value.normalize())))
            ));
        };
        if let Some(outside) = &node.outside {
            row("to be brought in from outside by the plan", outside.scheduled);
            row("brought in, as the bill from outside has it", outside.metered);
            row(
                "of the difference, caused by other parties and charged to them",
                outside.caused_by_others,
            );
            row("of the difference, own", outside.own);
        } else {
            row(
                "taken by others beyond their schedules, to be got outside",
                node.deviations_of_others,
            );
        }
        if !node.unaccounted.is_zero() {
            row("sum of all meters: losses and errors", node.unaccounted);
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    format!("<h2>Against the bill from outside</h2><table><tbody>{rows}</tbody></table>")
}

fn whole(statement: &Statement, party: &PartyStatement) -> String {
    let whole = &party.whole_time;
    let rows: String = [
        ("Cost alone, with today's contracts: the floor", whole.stand_alone_cost),
        ("Own cost in the joint plan", whole.own_cost),
        ("Charged by energy, contracts, fees and transfer", whole.settlement),
        ("True-up", whole.true_up),
    ]
    .iter()
    .map(|(what, value)| format!("<tr>{}{}</tr>", cell(what), number(&amount(*value))))
    .collect();
    format!(
        "<table><tbody>{rows}<tr class=\"total\"><td>Gain by cooperation</td>{}</tr></tbody></table><p class=\"quiet\">In {}; costs from the {}, deviations aside.</p>",
        number(&amount(whole.gain)),
        escape(&statement.currency),
        escape(&whole.source)
    )
}

/// What a day comes to.
#[derive(Default, Clone)]
struct Day {
    intervals: usize,
    estimated: usize,
    energy: Decimal,
    contracts: Decimal,
    imbalance: Decimal,
}

fn days(statement: &Statement, party: &PartyStatement) -> String {
    let mut days: BTreeMap<&str, Day> = BTreeMap::new();
    for (index, time) in statement.times.iter().enumerate() {
        let day = days.entry(time.get(..10).unwrap_or(time)).or_default();
        day.intervals += 1;
        for meter in &party.meters {
            let at = |list: &[Decimal]| list.get(index).copied().unwrap_or_default();
            day.energy = day.energy.saturating_add(at(&meter.energy));
            day.imbalance = day.imbalance.saturating_add(at(&meter.imbalance));
            for contract in &meter.contracts {
                day.contracts = day.contracts.saturating_add(at(&contract.amount));
            }
            day.estimated +=
                usize::from(meter.status.get(index) == Some(&ReadingStatus::Estimated));
        }
    }
    let mut rows = String::new();
    for (date, day) in &days {
        let cells = [
            cell(&escape(date)),
            number(&day.intervals.to_string()),
            number(&day.estimated.to_string()),
            number(&amount(day.energy)),
            number(&amount(day.contracts)),
            number(&amount(day.imbalance)),
            number(&amount(day.energy.saturating_add(day.contracts).saturating_add(day.imbalance))),
        ];
        rows.push_str(&format!("<tr>{}</tr>", cells.concat()));
    }
    format!(
        "<table class=\"days\"><thead><tr><th>Day</th><th class=\"n\">Intervals</th><th class=\"n\">Estimated values</th><th class=\"n\">Energy</th><th class=\"n\">Contracts</th><th class=\"n\">Imbalance</th><th class=\"n\">Sum, {}</th></tr></thead><tbody>{rows}</tbody></table>",
        escape(&statement.currency)
    )
}

fn rules(statement: &Statement) -> String {
    let list = |items: &[String]| {
        let items: String = items.iter().map(|i| format!("<li>{}</li>", escape(i))).collect();
        format!("<ul>{items}</ul>")
    };
    let mut text = list(&statement.rules);
    if !statement.remarks.is_empty() {
        text.push_str("<h2>Remarks</h2>");
        text.push_str(&list(&statement.remarks));
    }
    text
}

fn inputs(statement: &Statement, hash: &str) -> String {
    let rows: String = statement
        .inputs
        .iter()
        .map(|i| {
            format!(
                "<tr>{}{}<td><code>{}</code></td></tr>",
                cell(&escape(&i.role)),
                cell(&escape(&i.file)),
                escape(&i.sha256)
            )
        })
        .collect();
    format!(
        "<table><thead><tr><th>Input</th><th>File</th><th>SHA-256</th></tr></thead><tbody>{rows}<tr class=\"total\">{}{}<td><code>{}</code></td></tr></tbody></table><p class=\"quiet\">To recompute every figure: <code>cowper settle --verify statement.json</code></p>",
        cell("this statement"),
        cell("statement.json"),
        escape(hash)
    )
}

fn sign(statement: &Statement) -> String {
    format!(
        "<p>This statement may be disputed within {} of receipt, in writing, naming meter and time.</p><div class=\"sign\"><div>Certified by, date</div><div>Received by, date</div></div>",
        count(statement.dispute_days as usize, "day")
    )
}
