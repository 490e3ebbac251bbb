//! The report of a run: one page for a dispatcher that needs no network and prints.
//!
//! Tables and the energy flow are written here; charts over time are drawn in the page from packed series.

use std::fmt::Write;

use cowper::accounts::{Accounts, Binding, CostLine, Slack, SlackKind};
use cowper::compile::Compiled;
use cowper::problem::Extent;
use cowper::schedule::{Schedule, values_of};
use cowper::site::Site;
use cowper::solver::{Point, Status};

pub(crate) mod text;
mod data;
mod no_schedule;
mod peaks;
mod sankey;

pub use data::is_wasting;
pub use no_schedule::{NoSchedule, render as render_no_schedule};
use text::{count, escape, escape_json, hundredths, money, number, unit, words};

/// What a report is made of.
#[derive(Debug, Clone)]
pub struct Run<'a> {
    /// The site that was run.
    pub site: &'a Site,
    /// Its equations over the run's horizon.
    pub compiled: &'a Compiled,
    /// Their solution.
    pub point: &'a Point,
    /// The solution by component and node.
    pub schedule: &'a Schedule,
    /// The books.
    pub accounts: &'a Accounts,
    /// What became of the solve.
    pub status: Status,
    /// By which version and from which inputs, for the last line of the page.
    pub made: String,
}

/// How many limits are listed.
const MOST_BINDINGS: usize = 12;

/// Writes the page.
pub fn render(run: &Run) -> String {
    let mut pack = data::Pack::default();
    let meta = data::meta(run, &mut pack);
    let (sankey, without) = sankey::draw(run);
    let parts = [
        ("title", escape(&run.site.name)),
        ("style", include_str!("report/style.css").to_owned()),
        ("headline", headline(run)),
        ("bindings", bindings(run)),
        ("sankey", flow_of_energy(&sankey, &without)),
        ("prices", price_table(run)),
        ("peaks", peaks::peaks(run)),
        ("costs", costs(run)),
        ("carbon", carbon(run)),
        ("slacks", slacks(run)),
        ("made", escape(&run.made)),
        ("zone", escape(run.compiled.horizon.zone.iana_name().unwrap_or("the site's"))),
        ("meta", escape_json(&meta.to_string())),
        ("data", pack.text()),
        ("series_js", include_str!("report/series.js").to_owned()),
        ("clock_js", include_str!("report/clock.js").to_owned()),
        ("chart_js", include_str!("report/chart.js").to_owned()),
        ("page_js", include_str!("report/page.js").to_owned()),
    ];
    fill(include_str!("report/page.html"), &parts)
}

/// Puts parts in their places, `{{name}}`. What is put in is not looked at again.
pub fn fill(template: &str, parts: &[(&str, String)]) -> String {
    let mut page =
        String::with_capacity(template.len() + parts.iter().map(|p| p.1.len()).sum::<usize>());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) =
            after.split_once("}}").expect("every place of the page's template is closed");
        let (_, part) = parts
            .iter()
            .find(|p| p.0 == name)
            .expect("every place of the page's template has its part");
        page.push_str(before);
        page.push_str(part);
        rest = after;
    }
    page + rest
}

/// A node's name for people: the key of its table in words where the site gives no label.
fn node_label(run: &Run, node: usize) -> String {
    let node = &run.site.network.nodes[node];
    if node.label == node.name { words(&node.name) } else { node.label.clone() }
}

/// A node's colour: its carrier's if that is one, else a calm one that differs from its neighbours'.
fn colour_of(run: &Run, node: usize) -> String {
    const CALM: [&str; 8] =
        ["#5b7f9f", "#b39b5f", "#7a9a7e", "#8c7aa6", "#a8806a", "#4f8f93", "#a3a9b0", "#b5829b"];
    let own = run.site.network.carrier_of(node).colour.as_deref();
    let is_colour = |c: &&str| {
        c.strip_prefix('#')
            .is_some_and(|h| [3, 6].contains(&h.len()) && h.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    own.filter(is_colour)
        .unwrap_or(CALM[run.site.network.nodes[node].carrier % CALM.len()])
        .to_owned()
}

/// What became of the solve, in words and as a class of the page. No number stands without it.
fn status(run: &Run) -> (String, &'static str) {
    let gap = run.point.gap;
    let percent = |gap: f64| {
        if gap.is_finite() { format!("{} %", number(gap * 100.0)) } else { "unknown".into() }
    };
    match run.status {
        Status::Optimal if gap.abs() < 1e-7 => ("optimal".into(), "good"),
        Status::Optimal => (format!("optimal within {}", percent(gap)), "good"),
        Status::Feasible => (format!("feasible, not proven best: gap {}", percent(gap)), "fair"),
        Status::TimeLimit => (format!("stopped at the time limit: gap {}", percent(gap)), "fair"),
        Status::Infeasible => ("infeasible: not a schedule to run".into(), "bad"),
        Status::Unbounded => ("unbounded: not a schedule to run".into(), "bad"),
        Status::Numerical => ("numerically doubtful: not a schedule to run".into(), "bad"),
        Status::Unsuited => ("not solved: not a schedule to run".into(), "bad"),
    }
}

fn headline(run: &Run) -> String {
    let horizon = &run.compiled.horizon;
    let currency = &run.site.network.currency;
    let (words, class) = status(run);
    let days = horizon.hours() * horizon.steps as f64 / 24.0;
    let mut out = String::new();
    let _ = write!(
        out,
        "<h1>{}</h1><p class=\"when\">{} to {} ({}), {} of {} min <span class=\"badge {class}\">{words}</span></p><dl class=\"figures\">",
        escape(&run.site.name),
        horizon.label(0),
        horizon.zone.to_datetime(horizon.end()).strftime("%Y-%m-%d %H:%M"),
        escape(horizon.zone.iana_name().unwrap_or("local time")),
        count(horizon.steps, "step"),
        number(horizon.hours() * 60.0),
    );
    let mut figure = |name: &str, value: String, class: &str| {
        let _ = write!(out, "<div class=\"{class}\"><dt>{name}</dt><dd>{value}</dd></div>");
    };
    figure("Cost of the run", money(run.point.objective, currency), "");
    figure("Cost per day", money(run.point.objective / days, currency), "");
    figure("CO2, direct", format!("{} t", number(run.accounts.carbon.direct)), "");
    figure("CO2, with purchases", format!("{} t", number(run.accounts.carbon.with_purchases)), "");
    let wasted = wasted(run);
    figure(
        "Flared and vented",
        if wasted.is_empty() { "none".into() } else { wasted.join("<br>") },
        "",
    );
    if run.accounts.slacks.is_empty() {
        figure("Shortage, surplus", "none".into(), "");
    }
    out.push_str("</dl>");
    for slack in run.accounts.slacks.iter().take(5) {
        let _ = write!(out, "<p class=\"alarm\">{}</p>", slack_sentence(run, slack));
    }
    if run.accounts.slacks.len() > 5 {
        let _ = write!(
            out,
            "<p class=\"alarm\">and {} more, listed <a href=\"#slacks\">below</a>.</p>",
            run.accounts.slacks.len() - 5
        );
    }
    out
}

/// What was flared and vented, by flares and vents or by others: as energy, or in its own unit where it holds none.
fn wasted(run: &Run) -> Vec<String> {
    let network = &run.site.network;
    let (mut energy, mut others) = (0.0, Vec::new());
    for line in &run.accounts.energy {
        let wasting = line.flows.iter().filter(|(f, _)| {
            let flow = &run.compiled.flows[*f];
            is_wasting(run.site.components[flow.component].kind, &flow.name)
        });
        let amount: f64 = wasting.map(|(_, amount)| -amount).sum();
        match network.energy_content(line.node) {
            Some(content) => energy += amount * content,
            None if amount > 1e-6 => {
                let stock = unit(network.carrier_of(line.node).measure.stock(), &network.currency);
                others.push(format!(
                    "{} {stock} {}",
                    number(amount),
                    escape(&node_label(run, line.node))
                ));
            }
            None => {}
        }
    }
    if energy > 1e-6 {
        others.insert(0, format!("{} MWh", number(energy)));
    }
    others
}

fn slack_sentence(run: &Run, slack: &Slack) -> String {
    let network = &run.site.network;
    let measure = network.carrier_of(slack.node).measure;
    let node = escape(&node_label(run, slack.node));
    let what = match slack.kind {
        SlackKind::Shortage => format!("Shortage of {node}: {{}} not served"),
        SlackKind::Surplus => format!("Surplus of {node}: {{}} that nothing takes"),
    };
    let what = what.replacen(
        "{}",
        &format!("{} {}", number(slack.amount), unit(measure.stock(), &network.currency)),
        1,
    );
    format!(
        "{what} in {}, first at {}; most at {}: {} {}.",
        count(slack.steps, "step"),
        run.compiled.horizon.label(first_step(run, slack)),
        run.compiled.horizon.label(slack.worst.0),
        number(slack.worst.1),
        unit(measure.flow(), &network.currency)
    )
}

fn first_step(run: &Run, slack: &Slack) -> usize {
    let balance = run.compiled.balances[slack.node];
    let id = if slack.kind == SlackKind::Shortage { balance.shortage } else { balance.surplus };
    values_of(run.point, id).iter().position(|v| *v > slack.worst.1 * 1e-6).unwrap_or(slack.worst.0)
}

fn bindings(run: &Run) -> String {
    if run.accounts.bindings.is_empty() {
        return "<p>No limit held the schedule back: more capacity anywhere would not have made it cheaper.</p>".into();
    }
    let currency = &run.site.network.currency;
    let mut out = String::from(
        "<div class=\"table\"><table><caption>Limits by what one more unit, wherever they held, would have saved at most over the run. \
         True for small changes, one at a time.</caption><thead><tr><th>Limit<th class=\"n\">Held<th class=\"n\">Worth per unit<th>In words</thead><tbody>",
    );
    for binding in run.accounts.bindings.iter().take(MOST_BINDINGS) {
        let component = run
            .site
            .components
            .iter()
            .find(|c| c.name == binding.component)
            .map_or(binding.component.as_str(), |c| c.label.as_str());
        let (component, limit) = (escape(component), escape(&binding.limit));
        let (times, extent) = (binding.times, extent_of(run, binding));
        let (of, one) = match extent {
            Some(Extent::Group(partition)) => {
                let partition = &run.compiled.problem.partitions[partition];
                (
                    partition.labels.len(),
                    partition.name.split(' ').next().unwrap_or("period").to_owned(),
                )
            }
            _ => (run.compiled.horizon.steps, "step".into()),
        };
        let held = format!("{} of {}", text::with_decimals(times as f64, 0), count(of, &one));
        let (worth, unit) = (money(binding.worth, currency), unit(binding.dimension, currency));
        let words = if binding.limit.starts_with("greatest ") {
            format!(
                "One {unit} more at {component}, wherever it ran at its {limit}, would have saved up to {worth}."
            )
        } else {
            format!(
                "One {unit} of room at {component} in “{limit}”, wherever it held, would have saved up to {worth}."
            )
        };
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{component}<small>{limit}</small><td class=\"n\">{held}<td class=\"n\">{worth}<small>per {unit}</small><td>{words}"
        );
    }
    out.push_str("</tbody></table></div>");
    let more = run.accounts.bindings.len().saturating_sub(MOST_BINDINGS);
    if more > 0 {
        let _ =
            write!(out, "<p class=\"note\">{} of less worth not listed.</p>", count(more, "limit"));
    }
    if run.point.whole_numbers {
        out.push_str("<p class=\"note\">Worths and prices are those with every unit's on and off as scheduled.</p>");
    }
    out
}

/// How often the limit exists: once a step, or once a month or window.
fn extent_of(run: &Run, binding: &Binding) -> Option<Extent> {
    let problem = &run.compiled.problem;
    let mut rows =
        problem.rows.iter().filter(|r| r.component == binding.component && r.name == binding.limit);
    if let Some(row) = rows.next() {
        return Some(row.extent);
    }
    let name = binding.limit.strip_prefix("greatest ")?;
    problem
        .variables
        .iter()
        .find(|v| v.component == binding.component && words(&v.name) == name)
        .map(|v| v.extent)
}

fn flow_of_energy(sankey: &str, without: &[String]) -> String {
    if sankey.is_empty() {
        return "<p>No energy flowed.</p>".into();
    }
    let mut out = format!(
        "<figure class=\"wide\">{sankey}</figure><p class=\"note\">MWh over the run. Gases by their lower heating value, steam by its heat above feed water; pale: lost inside a component. Stores count with what they kept or lost; a component's use of what it makes itself is taken off."
    );
    if sankey.contains(">small ") {
        out.push_str(" Very small sources and uses are drawn together.");
    }
    if !without.is_empty() {
        let names: Vec<String> = without.iter().map(|n| escape(n)).collect();
        let _ = write!(
            out,
            " Left out, because the site gives no energy content: {}.",
            names.join(", ")
        );
    }
    out.push_str("</p>");
    out
}

fn price_table(run: &Run) -> String {
    let network = &run.site.network;
    let mut out = String::from(
        "<div class=\"table\"><table><caption>What one more unit at a node costs: lowest, mean, weighted by what was used, highest</caption><thead><tr><th>Node<th>Unit<th class=\"n\">Lowest<th class=\"n\">Mean<th class=\"n\">Weighted<th class=\"n\">Highest</thead><tbody>",
    );
    for (node, price) in run.schedule.prices.iter().enumerate() {
        let mut taken = vec![0.0; price.values.len()];
        for (flow, column) in run.compiled.flows.iter().zip(&run.schedule.flows) {
            if flow.node == node && !cowper::schedule::feeds(flow.direction) {
                taken.iter_mut().zip(&column.values).for_each(|(sum, v)| *sum += v);
            }
        }
        let total: f64 = taken.iter().sum();
        let weighted = price.values.iter().zip(&taken).map(|(p, t)| p * t).sum::<f64>() / total;
        let mean = price.values.iter().sum::<f64>() / price.values.len().max(1) as f64;
        let (low, high) = price
            .values
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
        let weighted = if weighted.is_finite() { number(weighted) } else { "–".into() };
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}<td>{}<td class=\"n\">{}<td class=\"n\">{}<td class=\"n\">{weighted}<td class=\"n\">{}",
            escape(&node_label(run, node)),
            escape(&unit(price.dimension, &network.currency)),
            number(low),
            number(mean),
            number(high)
        );
    }
    out + "</tbody></table></div>"
}

/// A party's name; shortage and surplus belong to nobody.
fn party(run: &Run, index: usize) -> String {
    run.site
        .network
        .parties
        .get(index)
        .map_or("Shortage and surplus (paid to nobody)".into(), |p| escape(&p.name))
}

/// Costs by party and item. Every line is rounded to hundredths first, so that the column adds up.
fn costs(run: &Run) -> String {
    let currency = escape(&run.site.network.currency);
    let cents = |line: &CostLine| (line.amount * 100.0).round() as i128;
    let mut out = format!(
        "<div class=\"table\"><table class=\"books\"><caption>Cost by party, component and item, in {currency}; revenue with a minus. Lines are rounded to hundredths, totals are the sums of the lines.</caption><thead><tr><th>Component<th>Item<th class=\"n\">{currency}</thead>"
    );
    let mut lines = run.accounts.costs.as_slice();
    while let Some(first) = lines.first() {
        let (own, rest) =
            lines.split_at(lines.iter().take_while(|l| l.party == first.party).count());
        lines = rest;
        let name = party(run, first.party);
        let _ =
            write!(out, "<tbody><tr class=\"party\"><th colspan=\"3\" scope=\"rowgroup\">{name}");
        for line in own {
            let label = run
                .site
                .components
                .iter()
                .find(|c| c.name == line.component)
                .map_or("", |c| c.label.as_str());
            let _ = write!(
                out,
                "<tr><td>{}<td>{}<td class=\"n\">{}",
                escape(label),
                escape(&line.item),
                hundredths(cents(line))
            );
        }
        let _ = write!(
            out,
            "<tr class=\"sum\"><th colspan=\"2\" scope=\"row\">{name}<td class=\"n\">{}</tbody>",
            hundredths(own.iter().map(cents).sum())
        );
    }
    let total = run.accounts.costs.iter().map(cents).sum();
    let _ = write!(
        out,
        "<tfoot><tr class=\"sum\"><th colspan=\"2\" scope=\"row\">Total<td class=\"n\">{}</tfoot></table></div>",
        hundredths(total)
    );
    out
}

fn carbon(run: &Run) -> String {
    let row = |name: &str, carbon: &cowper::accounts::Carbon| {
        let tonnes = |t: f64| text::with_decimals(t, 1);
        format!(
            "<th scope=\"row\">{name}<td class=\"n\">{}<td class=\"n\">{}",
            tonnes(carbon.direct),
            tonnes(carbon.with_purchases)
        )
    };
    let mut out = String::from(
        "<div class=\"table\"><table class=\"books\"><caption>CO2 by party, in t: set free on site, and with what was set free elsewhere to make what was bought</caption><thead><tr><th>Party<th class=\"n\">Direct<th class=\"n\">With purchases</thead><tbody>",
    );
    for (index, carbon) in run.accounts.carbon_by_party.iter().enumerate() {
        let _ = write!(out, "<tr>{}", row(&party(run, index), carbon));
    }
    let _ = write!(
        out,
        "</tbody><tfoot><tr class=\"sum\">{}</tfoot></table></div>",
        row("Total", &run.accounts.carbon)
    );
    out
}

fn slacks(run: &Run) -> String {
    if run.accounts.slacks.is_empty() {
        return "<p>None: every demand was served and everything made was taken, in every step.</p>".into();
    }
    let network = &run.site.network;
    let mut out = format!(
        "<div class=\"table\"><table><caption>What was not served or not taken, and the penalty it was planned with</caption><thead><tr><th>Node<th>What<th class=\"n\">Amount<th class=\"n\">Steps<th>First<th>Most at<th class=\"n\">Then<th class=\"n\">Penalty, {}</thead><tbody>",
        escape(&network.currency)
    );
    for slack in &run.accounts.slacks {
        let measure = network.carrier_of(slack.node).measure;
        let _ = write!(
            out,
            "<tr class=\"alarm\"><th scope=\"row\">{}<td>{}<td class=\"n\">{} {}<td class=\"n\">{}<td>{}<td>{}<td class=\"n\">{} {}<td class=\"n\">{}",
            escape(&node_label(run, slack.node)),
            if slack.kind == SlackKind::Shortage { "shortage" } else { "surplus" },
            number(slack.amount),
            unit(measure.stock(), &network.currency),
            text::with_decimals(slack.steps as f64, 0),
            run.compiled.horizon.label(first_step(run, slack)),
            run.compiled.horizon.label(slack.worst.0),
            number(slack.worst.1),
            unit(measure.flow(), &network.currency),
            hundredths((slack.cost * 100.0).round() as i128)
        );
    }
    out + "</tbody></table></div>"
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use cowper::solver::{Limits, solve};

    use super::*;

    const SITE: &str = r#"
        [site]
        name = "A < B </script><script>alert(1)</script>"
        time_zone = "Europe/Berlin"
        [horizon]
        start = "2025-10-26"
        end = "2025-10-27"
        step = "1 h"
        [party.steel]
        name = "Steel & <i>Co</i>"
        [carrier.bfg]
        measure = "volume"
        heating_value = "3.6 MJ/Nm3"
        co2 = "0.848 kg/Nm3"
        label = "<u>gas</u>"
        colour = "red;}</style>"
        [carrier.heat]
        measure = "energy"
        [carrier.oxygen]
        measure = "volume"
        [fuel_supply.furnace]
        owner = "steel"
        carrier = "bfg"
        fixed = "100 kNm3/h"
        [gas_holder.north]
        owner = "steel"
        gas = "bfg"
        capacity = "150 kNm3"
        band = ["15 %", "90 %"]
        [boiler.b1]
        owner = "steel"
        steam = "heat"
        capacity = "50 MW"
        efficiency = { bfg = 0.8 }
        [flare.stack]
        owner = "steel"
        gas = "bfg"
        price = "2 EUR/kNm3"
        [demand.heating]
        owner = "steel"
        carrier = "heat"
        amount = "60 MW"
        [fuel_supply.air]
        owner = "steel"
        carrier = "oxygen"
        price = "3 EUR/kNm3"
        [demand.converters]
        owner = "steel"
        carrier = "oxygen"
        amount = "1 kNm3/h"
    "#;

    fn page() -> String {
        let (site, _) = cowper::input::read(SITE, &|_, _| Err(Vec::new())).unwrap();
        let compiled = cowper::compile::compile(&site, &site.horizon).unwrap();
        let solution =
            solve(&compiled.problem, Limits::default(), &mut |_| ControlFlow::Continue(()));
        let point = solution.point.unwrap();
        let schedule = cowper::schedule::schedule(&site, &compiled, &point);
        let accounts = cowper::accounts::accounts(&site, &compiled, &point, &schedule);
        let made = "cowper <test>".to_owned();
        render(&Run {
            site: &site,
            compiled: &compiled,
            point: &point,
            schedule: &schedule,
            accounts: &accounts,
            status: solution.status,
            made,
        })
    }

    /// Proves: what a user writes stays text, in the tables, the picture and the data, and a colour
    /// that is none is not used. Sensitivity: one unescaped name would run as a script.
    #[test]
    fn names_do_not_run() {
        let page = page();
        assert_eq!(page.matches("</script>").count(), 3);
        for bad in ["<u>gas", "<i>Co", "<test>", "alert(1)</script", "red;}"] {
            assert!(!page.contains(bad), "{bad}");
        }
        assert!(page.contains("A &lt; B") && page.contains("Steel &amp; &lt;i&gt;Co"));
    }

    /// Proves: the page asks the network for nothing and every place of its template is filled.
    #[test]
    fn the_page_stands_alone() {
        let page = page();
        for bad in ["http://", "https://", "{{", " src=", "@import", "url("] {
            assert!(!page.contains(bad), "{bad}");
        }
    }

    /// Proves: the day the clocks change has 25 steps; 10 of 60 MW are short in each: 250 MWh. Oxygen
    /// holds no energy and is named as left out. Sensitivity: a day of 24 hours would lack 240 MWh.
    #[test]
    fn the_headline_says_what_is_wrong() {
        let page = page();
        assert!(page.contains("25 steps of 60 min <span class=\"badge good\">optimal</span>"));
        assert!(page.contains(
            "Shortage of heat: 250 MWh not served in 25 steps, first at 2025-10-26 00:00"
        ));
        assert!(page.contains("no energy content: oxygen."));
    }

    /// Proves: money adds up as it is shown, to the hundredth.
    #[test]
    fn totals_are_the_sums_of_their_lines() {
        let page = page();
        let table = &page[page.find("id=\"costs\"").unwrap()..];
        let table = &table[..table.find("</table>").unwrap()];
        let amount = |row: &str| -> Option<i128> {
            let text = row.rsplit_once("<td class=\"n\">")?.1;
            let digits: String =
                text.chars().take_while(|c| *c != '<').filter(char::is_ascii_digit).collect();
            let size: i128 = digits.parse().ok()?;
            Some(if text.starts_with('−') { -size } else { size })
        };
        let (sums, lines): (Vec<&str>, Vec<&str>) =
            table.split("<tr").skip(1).partition(|r| r.contains("class=\"sum\""));
        let lines: i128 = lines.iter().filter_map(|r| amount(r)).sum();
        assert_eq!(Some(lines), amount(sums.last().unwrap()));
        assert!(lines > 0);
    }
}
