//! The page of a study, for who decides: alone and together, who gets what, why, and what if one leaves.
//!
//! Every figure names its key in share.json: in `data-source`, and in the line below its picture.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::file::{Bounds, Energy, PartyShare, ShareFile};
use super::game::OfRule;
use crate::report::fill;
use crate::report::text::{count, escape, with_decimals};

/// Whether anybody would leave, in words.
pub fn verdict(in_core: Option<&str>) -> &'static str {
    match in_core {
        Some("yes") => "no group would do better by itself",
        Some("no") => "some group would do better by itself",
        _ => "whether some group would do better cannot be told within the bounds",
    }
}

/// Writes the page.
pub fn render(file: &ShareFile) -> String {
    let page = Page { file, money: Money::of(file) };
    let parts = [
        ("title", format!("{}: what working together is worth", escape(&file.site))),
        ("style", include_str!("../report/style.css").to_owned()),
        ("header", page.header()),
        ("bars", page.bars()),
        ("gains", page.gains()),
        ("moves", page.moves()),
        ("leaves", page.leaves()),
        ("bill", page.bill()),
        ("energy", page.energy()),
        ("rules", page.rules()),
        ("remarks", page.remarks()),
        ("footer", page.footer()),
    ];
    fill(include_str!("page.html"), &parts)
}

/// One size of money for the whole page.
struct Money {
    divisor: f64,
    decimals: usize,
    unit: String,
}

impl Money {
    fn of(file: &ShareFile) -> Self {
        let gain = file.gain.lower.abs();
        let costs = file.parties.iter().map(|p| p.alone.cost.upper.abs());
        let (most, currency) = (costs.fold(gain, f64::max), escape(&file.currency));
        // Two decimals more than the gain needs, so that its parts can be told apart.
        if most >= 2e6 && gain >= 5e4 {
            Money { divisor: 1e6, decimals: 2, unit: format!("million {currency}") }
        } else if most >= 2e4 {
            Money { divisor: 1e3, decimals: 1, unit: format!("thousand {currency}") }
        } else {
            Money { divisor: 1.0, decimals: 0, unit: currency }
        }
    }

    fn text(&self, value: f64) -> String {
        with_decimals(value / self.divisor, self.decimals)
    }
}

/// A figure that says where it is from.
fn figure(key: &str, text: &str) -> String {
    let key = escape(key);
    format!("<span data-source=\"{key}\" title=\"share.json: {key}\">{text}</span>")
}

fn sources(keys: &[&str]) -> String {
    let keys: Vec<String> = keys.iter().map(|k| format!("<code>{}</code>", escape(k))).collect();
    format!("<p class=\"sources\">Source, share.json: {}</p>", keys.join(", "))
}

/// The axis that bars of some values share.
struct Axis {
    least: f64,
    width: f64,
}

impl Axis {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let (least, most) =
            values.fold((0.0_f64, 0.0_f64), |(least, most), v| (least.min(v), most.max(v)));
        Axis { least, width: if most > least { most - least } else { 1.0 } }
    }

    /// A bar: label, track from nought, value.
    fn bar(&self, label: &str, value: f64, (class, shown): (&str, &str)) -> String {
        let percent = |v: f64| v / self.width * 100.0;
        format!(
            "<div class=\"bar\"><span>{label}</span><span class=\"track\" style=\"--zero:{:.2}%\"><i class=\"{class}\" style=\"left:{:.2}%;width:{:.2}%\"></i></span><span class=\"n\">{shown}</span></div>",
            percent(-self.least),
            percent(value.min(0.0) - self.least),
            percent(value.abs())
        )
    }
}

/// A line of how a result is made up: its key, its words, its value.
type BillLine = (&'static str, &'static str, fn(&PartyShare) -> f64);

struct Page<'a> {
    file: &'a ShareFile,
    money: Money,
}

impl Page<'_> {
    fn money(&self, key: &str, value: f64) -> String {
        figure(key, &self.money.text(value))
    }

    fn bounds(&self, key: &str, bounds: Bounds) -> String {
        let (low, high) = (self.money.text(bounds.lower), self.money.text(bounds.upper));
        let lower = figure(&format!("{key}.lower"), &low);
        if low == high {
            return lower;
        }
        format!("{lower} to {}", figure(&format!("{key}.upper"), &high))
    }

    fn header(&self) -> String {
        let file = self.file;
        let alone: f64 = file.parties.iter().map(|p| p.alone.cost.upper).sum();
        let short =
            file.parties.iter().any(|p| p.alone.unserved.iter().any(|u| u.kind == "shortage"));
        let (class, words) = match file.recommended.in_core {
            // A gain that is the price of a shortage is no ground to sign on.
            _ if short => ("badge bad", "counts a shortage at its price: read what to know first"),
            Some("yes") if file.parties.len() == 2 => ("badge", "neither is worse off than alone"),
            core @ Some("yes") => ("badge", verdict(core)),
            core @ Some("no") => ("badge bad", verdict(core)),
            core => ("badge fair", verdict(core)),
        };
        let horizon = &file.horizon;
        let days = horizon.steps as f64 * horizon.step_seconds as f64 / 86_400.0;
        let co2: f64 = file.parties.iter().map(|p| p.alone.co2.with_purchases).sum();
        let co2_change = file.together.co2.with_purchases - co2;
        let percent = if alone == 0.0 {
            String::new()
        } else {
            let share = with_decimals(file.gain.lower / alone.abs() * 100.0, 1);
            format!(" <small>{share} % of the cost alone</small>")
        };
        format!(
            "<h1>{} <span class=\"{class}\">{}</span></h1><p class=\"when\">What working together is worth · {} from {} ({}) · money in {}</p><dl class=\"figures\"><div><dt>Saved together</dt><dd>{}{percent}</dd></div><div><dt>Cost, each alone</dt><dd>{}</dd></div><div><dt>Cost, together</dt><dd>{}</dd></div><div><dt>CO2, with purchases</dt><dd>{} t <small>together less alone</small></dd></div></dl>",
            escape(&file.site),
            words,
            if days < 2.0 {
                count((days * 24.0).round() as usize, "hour")
            } else {
                count(days.round() as usize, "day")
            },
            escape(&local_date(&horizon.start, &horizon.time_zone)),
            escape(&horizon.time_zone),
            self.money.unit,
            self.bounds("gain", file.gain),
            figure("sum of parties[].alone.cost.upper", &self.money.text(alone)),
            self.money("together.cost.upper", file.together.cost.upper),
            figure(
                "together.co2.with_purchases - sum of parties[].alone.co2.with_purchases",
                &with_decimals(co2_change, 0)
            )
        )
    }

    fn bars(&self) -> String {
        let file = self.file;
        let axis =
            Axis::of(file.parties.iter().flat_map(|p| [p.alone.cost.upper, p.together.cost]));
        let mut out = format!(
            "<p class=\"note\">Cost over the time in {}; what is earned has a minus, so a bar to the left. Together is after settlement and transfer.</p>",
            self.money.unit
        );
        for (index, party) in file.parties.iter().enumerate() {
            let key = |what: &str| format!("parties[{index}].{what}");
            let alone = self.money(&key("alone.cost.upper"), party.alone.cost.upper);
            let together = self.money(&key("together.cost"), party.together.cost);
            let class = if party.gain < -file.rounding { " class=\"loss\"" } else { "" };
            let _ = write!(
                out,
                "<div class=\"party-bars\"><h3>{} <span{class}>gains {}</span></h3>{}{}</div>",
                escape(&party.name),
                self.money(&key("gain"), party.gain),
                axis.bar("alone", party.alone.cost.upper, ("", &alone)),
                axis.bar("<b>together</b>", party.together.cost, ("together", &together))
            );
        }
        out + &sources(&["parties[].alone.cost.upper", "parties[].together.cost", "parties[].gain"])
    }

    fn gains(&self) -> String {
        let file = self.file;
        let gains = &file.recommended.gains;
        let axis = Axis::of(gains.iter().copied());
        let all: f64 = gains.iter().sum();
        let mut out = format!(
            "<p class=\"note\">By the rule <b>{}</b>: settlement at the prices of the joint plan and a fixed transfer, nobody worse off than alone over the time.</p><div class=\"bars\">",
            rule_name(file.recommended.rule)
        );
        for (index, (party, gain)) in file.parties.iter().zip(gains).enumerate() {
            let mut shown = self.money(&format!("recommended.gains[{index}]"), *gain);
            if all > file.rounding {
                let _ =
                    write!(shown, " <small>({} %)</small>", with_decimals(gain / all * 100.0, 0));
            }
            let class = if *gain < 0.0 { "loss" } else { "gain" };
            out.push_str(&axis.bar(&escape(&party.name), *gain, (class, &shown)));
        }
        out.push_str("</div>");
        let transfers = || file.recommended.transfers.iter().zip(&file.parties).enumerate();
        let said: Vec<String> = transfers()
            .filter(|(_, (transfer, _))| **transfer > file.rounding)
            .map(|(index, (transfer, party))| {
                let key = format!("recommended.transfers[{index}]");
                format!("{} pays {}", escape(&party.name), self.money(&key, *transfer))
            })
            .collect();
        let to: Vec<String> = transfers()
            .filter(|(_, (transfer, _))| **transfer < -file.rounding)
            .map(|(_, (_, party))| escape(&party.name))
            .collect();
        if !said.is_empty() {
            let _ = write!(
                out,
                "<p>Fixed transfer over the time, in {}: {}, to {}.</p>",
                self.money.unit,
                said.join(", "),
                to.join(" and ")
            );
        }
        out + &sources(&["recommended.rule", "recommended.gains", "recommended.transfers"])
    }

    fn moves(&self) -> String {
        let file = self.file;
        if file.moves.is_empty() {
            return "<p>The parties meet at no node: nothing is exchanged.</p>".into();
        }
        let lost = |m: &super::file::MoveOf| m.saves.map_or(0.0, |s| s.lower);
        let axis = Axis::of(file.moves.iter().map(lost).chain([file.gain.lower]));
        let mut out = String::from(
            "<p class=\"note\">What would be lost if this were no longer exchanged beyond today's contracts. Things that need one another each count in full, so they need not add up.</p><div class=\"bars\">",
        );
        for (index, one) in file.moves.iter().enumerate() {
            let shown = match one.saves {
                Some(saves) => self.money(&format!("moves[{index}].saves.lower"), saves.lower),
                None => "not solved".into(),
            };
            out.push_str(&axis.bar(&escape(&one.label), lost(one), ("gain", &shown)));
        }
        let whole = self.money("gain.lower", file.gain.lower);
        out.push_str(&axis.bar("<b>whole gain</b>", file.gain.lower, ("", &whole)));
        out + "</div>" + &sources(&["moves[].saves.lower", "gain.lower"])
    }

    fn leaves(&self) -> String {
        let mut rows = String::new();
        for (index, party) in self.file.parties.iter().enumerate() {
            let key = |what: &str| format!("parties[{index}].leaves.{what}");
            let bounds = |what: &str, value: Option<Bounds>| {
                value.map_or("not solved".to_owned(), |b| self.bounds(&key(what), b))
            };
            let leaves = &party.leaves;
            let _ = write!(
                rows,
                "<tr><th>{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                escape(&party.name),
                self.money(&key("it_loses"), leaves.it_loses),
                bounds("others_lose", leaves.others_lose),
                bounds("together_lose", leaves.together_lose)
            );
        }
        format!(
            "<div class=\"table\"><table class=\"books\"><caption>in {}; the others go on together</caption><thead><tr><th>who leaves</th><th class=\"n\">it loses</th><th class=\"n\">the others lose</th><th class=\"n\">all lose</th></tr></thead><tbody>{rows}</tbody></table></div>{}",
            self.money.unit,
            sources(&["parties[].leaves"])
        )
    }

    fn bill(&self) -> String {
        let lines: [BillLine; 5] = [
            ("components", "costs of its own plant, less what it sells outside", |p| {
                p.together.components
            }),
            ("exchange", "what it takes from the others, at the prices of the plan", |p| {
                p.together.exchange
            }),
            ("contracts", "what contracts cost beyond these prices", |p| p.together.contracts),
            ("transfer", "fixed transfer by the rule", |p| p.together.transfer),
            ("cost", "together", |p| p.together.cost),
        ];
        let mut rows = String::new();
        for (key, words, value) in lines {
            let class = if key == "cost" { " class=\"sum\"" } else { "" };
            let cells: String = self
                .file
                .parties
                .iter()
                .enumerate()
                .map(|(index, party)| {
                    let key = format!("parties[{index}].together.{key}");
                    format!("<td class=\"n\">{}</td>", self.money(&key, value(party)))
                })
                .collect();
            let _ = write!(rows, "<tr{class}><th>{words}</th>{cells}</tr>");
        }
        self.by_party("charged where positive", &rows) + &sources(&["parties[].together"])
    }

    /// A table with a column for each party.
    fn by_party(&self, caption: &str, rows: &str) -> String {
        let heads: String = self
            .file
            .parties
            .iter()
            .map(|p| format!("<th class=\"n\">{}</th>", escape(&p.name)))
            .collect();
        format!(
            "<div class=\"table\"><table><caption>in {}; {caption}</caption><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>",
            self.money.unit
        )
    }

    fn energy(&self) -> String {
        let mut rows = String::new();
        for (index, party) in self.file.parties.iter().enumerate() {
            rows.push_str(&energy_of(index, party));
        }
        self.carbon()
            + &format!(
                "<details><summary>Every carrier, bought, sold and exchanged</summary><div class=\"table\"><table><thead><tr><th></th><th>unit</th><th class=\"n\">alone</th><th class=\"n\">together</th></tr></thead><tbody>{rows}</tbody></table></div><p class=\"note\">From others: under contracts alone, all exchange together; a minus is given. Clean power and CO2 go along with what is exchanged, so over all parties they add up to what is made: nothing is claimed twice.</p></details>{}",
                sources(&[
                    "parties[].alone.energy",
                    "parties[].together.energy",
                    "parties[].*.co2",
                    "parties[].together.clean_claim"
                ])
            )
    }

    /// CO2 and clean power of each party, in a line each.
    fn carbon(&self) -> String {
        let mut rows = String::new();
        for (index, party) in self.file.parties.iter().enumerate() {
            let (alone, together) = (&party.alone, &party.together);
            let cell = |key: &str, value: f64| {
                let key = format!("parties[{index}].{key}");
                format!("<td class=\"n\">{}</td>", figure(&key, &with_decimals(value, 0)))
            };
            let _ = write!(
                rows,
                "<tr><th>{}</th>{}{}{}{}{}</tr>",
                escape(&party.name),
                cell("alone.co2.with_purchases", alone.co2.with_purchases),
                cell("together.co2.with_purchases", together.co2.with_purchases),
                cell("together.co2_moved", together.co2_moved),
                cell("alone.clean_made", alone.clean_made),
                cell("together.clean_claim", together.clean_claim)
            );
        }
        format!(
            "<div class=\"table\"><table><thead><tr><th></th><th class=\"n\">CO2 alone, t</th><th class=\"n\">together, t</th><th class=\"n\">came with exchange, t</th><th class=\"n\">clean power made alone, MWh</th><th class=\"n\">to claim together, MWh</th></tr></thead><tbody>{rows}</tbody></table></div>"
        )
    }

    fn rules(&self) -> String {
        let file = self.file;
        let mut rows = String::new();
        for (name, rule) in &file.rules {
            let class = if *name == file.recommended.rule { " class=\"agreed\"" } else { "" };
            let cells: String = match &rule.shares {
                Some(shares) => (shares.iter().enumerate())
                    .map(|(index, share)| {
                        let key = format!("rules.{name}.shares[{index}]");
                        format!("<td class=\"n\">{}</td>", self.money(&key, *share))
                    })
                    .collect(),
                None => "<td class=\"n\">–</td>".repeat(file.parties.len()),
            };
            let _ = write!(
                rows,
                "<tr{class}><th>{}</th>{cells}<td>{}</td></tr>",
                rule_name(name),
                self.would_leave(name, rule)
            );
        }
        let heads: String = file
            .parties
            .iter()
            .map(|p| format!("<th class=\"n\">{}</th>", escape(&p.name)))
            .collect();
        format!(
            "<div class=\"table\"><table><caption>gain of each party in {}; the agreed rule is shaded</caption><thead><tr><th>rule</th>{heads}<th>would anybody leave?</th></tr></thead><tbody>{rows}</tbody></table></div>{}",
            self.money.unit,
            sources(&["rules.*.shares", "rules.*.in_core", "rules.*.would_leave", "groups"])
        )
    }

    fn would_leave(&self, name: &str, rule: &OfRule) -> String {
        let who = rule.would_leave.as_ref().map(|claim| {
            let names: Vec<String> = claim
                .coalition
                .iter()
                .map(|key| {
                    let party = self.file.parties.iter().find(|p| p.key == *key);
                    escape(party.map_or(key, |p| &p.name))
                })
                .collect();
            (names.join(" and "), claim.by)
        });
        let by = |by: Bounds| self.bounds(&format!("rules.{name}.would_leave.by"), by);
        match (rule.in_core, who) {
            (Some("yes"), _) => "<span class=\"yes\">nobody</span>".into(),
            (Some("no"), Some((who, gain))) => {
                format!("<span class=\"no\">{who}: {} more by leaving</span>", by(gain))
            }
            (Some(_), Some((who, gain))) => {
                format!("<span class=\"unsure\">perhaps {who}: {}</span>", by(gain))
            }
            _ => escape(rule.not_defined.as_deref().unwrap_or("")),
        }
    }

    fn remarks(&self) -> String {
        let file = self.file;
        let mut items: Vec<String> = file.remarks.iter().map(|r| escape(r)).collect();
        items.push(match file.prices.shares {
            "determined" => "Prices, and shares at prices with them, are determined by the plan to a hundredth of the gain.".into(),
            _ => String::new(),
        });
        items.push(format!(
            "Alone means: with its own plant, its own connections and today's contracts. Together means one plan for all. Differences below {} {} are rounding.",
            with_decimals(file.rounding, 2),
            escape(&file.currency)
        ));
        let items: String =
            items.iter().filter(|i| !i.is_empty()).map(|i| format!("<li>{i}</li>")).collect();
        format!("<ul>{items}</ul>{}", sources(&["remarks", "prices", "rounding"]))
    }

    fn footer(&self) -> String {
        let file = self.file;
        let inputs: Vec<String> = file
            .inputs
            .iter()
            .map(|i| {
                format!(
                    "{} <code>{}</code>",
                    escape(&i.file),
                    escape(&i.sha256[..12.min(i.sha256.len())])
                )
            })
            .collect();
        let agreement = match &file.recommended.agreement {
            Some(folder) => format!(
                "The agreement to settle by, with its plan for every step, is in the folder <code>{}</code>.",
                escape(folder)
            ),
            None => String::new(),
        };
        format!(
            "<p>Every figure is in <code>share.json</code> beside this page, at the key that it shows when pointed at. {agreement}</p><p class=\"made\">cowper {}; made from {}</p>",
            escape(file.versions.get("cowper").map_or("", String::as_str)),
            inputs.join(", ")
        )
    }
}

/// Every carrier of a party alone and together, and its CO2 and clean power.
fn energy_of(index: usize, party: &PartyShare) -> String {
    let (alone, together) = (&party.alone, &party.together);
    let mut rows =
        format!("<tr class=\"party\"><th colspan=\"4\">{}</th></tr>", escape(&party.name));
    let carriers: BTreeSet<&String> = alone.energy.keys().chain(together.energy.keys()).collect();
    for carrier in carriers {
        let of = [alone.energy.get(carrier), together.energy.get(carrier)];
        let unit = of.iter().flatten().next().map_or("", |e| e.unit.as_str());
        let fields: [EnergyField; 3] = [
            ("bought", "bought outside", |e| e.bought),
            ("sold", "sold outside", |e| e.sold),
            ("from_others", "from others", |e| e.from_others),
        ];
        for (field, words, value) in fields {
            if of.iter().flatten().all(|e| value(e).abs() < 0.05) {
                continue;
            }
            let shown = |place: usize, when: &str| {
                of[place].map_or("0".to_owned(), |e| {
                    let key = format!("parties[{index}].{when}.energy.{carrier}.{field}");
                    figure(&key, &with_decimals(value(e), 0))
                })
            };
            let what = format!("{}, {words}", escape(&carrier.replace('_', " ")));
            rows += &energy_row(&what, &escape(unit), &shown(0, "alone"), &shown(1, "together"));
        }
    }
    let shown = |key: &str, value: f64| {
        figure(&format!("parties[{index}].{key}"), &with_decimals(value, 0))
    };
    let before = shown("alone.co2.direct", alone.co2.direct);
    let after = shown("together.co2.direct", together.co2.direct);
    rows += &energy_row("CO2 set free on site", "t", &before, &after);
    if together.clean_made.abs() >= 0.5 {
        let after = shown("together.clean_made", together.clean_made);
        let before = shown("alone.clean_made", alone.clean_made);
        rows += &energy_row("clean power made", "MWh", &before, &after);
    }
    rows
}

/// A field of what goes in and out: its key, its words, its value.
type EnergyField = (&'static str, &'static str, fn(&Energy) -> f64);

fn energy_row(what: &str, unit: &str, before: &str, after: &str) -> String {
    format!(
        "<tr><td>{what}</td><td>{unit}</td><td class=\"n\">{before}</td><td class=\"n\">{after}</td></tr>"
    )
}

/// The local date of an instant.
fn local_date(instant: &str, zone: &str) -> String {
    let zoned = instant.parse::<jiff::Timestamp>().ok().and_then(|t| t.in_tz(zone).ok());
    zoned.map_or_else(|| instant.to_owned(), |zoned| zoned.strftime("%Y-%m-%d").to_string())
}

/// A rule in words.
fn rule_name(name: &str) -> &'static str {
    match name {
        "at_prices" => "prices of the plan alone (Owen)",
        "nash" => "equal or weighted parts of the gain (Nash)",
        "shapley" => "what each adds, on average (Shapley)",
        "nucleolus" => "worst-off group first (nucleolus)",
        "least_core_smallest_variance" => "least core, gains most equal",
        "proportional" => "in proportion",
        "gately" => "equal propensity to leave (Gately)",
        _ => "another rule",
    }
}
