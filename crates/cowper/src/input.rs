//! Text of a site file into a [`Site`], or every mistake in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use cowper_derive::Record;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use toml::de::{DeTable, DeValue};

use crate::component::Kind;
use crate::components::kinds;
use crate::contract::{Agreement, Sides, Signed};
use crate::contracts::CONTRACTS;
use crate::diagnostic::{Diagnostic, Span, any_error, in_order, nearest};
use crate::field::{
    ComponentName, FieldDoc, Findings, Node, PartyKey, Profile, Record, TableReader, Value,
};
use crate::game::Coalition;
use crate::network::{
    Carrier, NamedCarrier, Network, Node as NetworkNode, NodeFields, Party, PartyFields,
};
use crate::series::{FileOptions, Pattern, RawTable, SeriesStore};
use crate::site::{Placed, Site};
use crate::state::ComponentState;
use crate::time::{Horizon, parse_instant, whole_seconds};
use crate::units::{CarbonPrice, Price, Quantity, Time, shortened};

/// Gives the content of a file of series that the site file names.
pub type Files<'a> = dyn Fn(&str, &FileOptions) -> Result<RawTable, Vec<Diagnostic>> + 'a;

/// `[site]`: what holds for the whole.
#[derive(Debug, Clone, Record)]
pub struct SiteFields {
    /// Name of the site, for people.
    pub name: String,
    /// ISO code of the currency of all money in the file.
    #[field(default = "EUR")]
    pub currency: String,
    /// Time zone of dates, days and months, as in the IANA database.
    #[field(default = "UTC")]
    pub time_zone: String,
    /// Price of CO2 set free on site.
    pub co2_price: Option<Profile<CarbonPrice>>,
    /// What a unit not served costs; a carrier may say its own. 1000000 per MWh (or per kNm3 or t
    /// of what holds no energy) without, for EUR, USD, GBP, CHF and CNY; needed for other currencies.
    pub shortage_price: Option<Quantity<Price>>,
    /// What a unit that nothing takes costs; a carrier may say its own. As the shortage without.
    pub surplus_price: Option<Quantity<Price>>,
}

/// `[horizon]`: when.
#[derive(Debug, Clone, Record)]
pub struct HorizonFields {
    /// First instant: "2025-01-01" or "2025-01-01 06:00", local.
    pub start: Moment,
    /// The instant after the last step.
    pub end: Moment,
    /// Length of a step.
    pub step: Quantity<Time>,
}

/// A date and time as it is written.
#[derive(Debug, Clone)]
pub struct Moment(String, Span);

impl crate::field::Field for Moment {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        match &node.value {
            Value::Text(text) | Value::Date(text) => Some(Moment(text.clone(), node.span)),
            _ => {
                findings.error(node.span, format!("write {}", Self::words()));
                None
            }
        }
    }
    fn words() -> String {
        "a date, such as \"2025-01-31\" or \"2025-01-31 06:00\"".into()
    }
    fn schema() -> serde_json::Value {
        serde_json::json!({"type": "string"})
    }
}

/// What a stamp of a file of series names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, cowper_derive::Choice)]
pub enum StampsAt {
    /// The beginning of its step.
    Start,
    /// The end of its step.
    End,
}

/// What a stamp of 0:00 names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, cowper_derive::Choice)]
pub enum Midnight {
    /// The midnight that begins its date.
    BeginsDay,
    /// The midnight that ends its date.
    EndsDay,
}

/// `[series]`: files of series and how to read them. Further tables in it are series of their own.
#[derive(Debug, Clone, Record)]
pub struct SeriesFields {
    /// File, or list of files: CSV or Parquet, first column the time, then "name [unit]".
    pub file: Option<OneOrMany>,
    /// Folder of the files, where it is not that of the site file.
    pub folder: Option<String>,
    /// Pattern of the stamps, such as "%d/%m/%Y %H:%M", where they are not ISO 8601.
    pub stamp_format: Option<String>,
    /// Whether stamps name the start or the end of their step.
    #[field(default = "start")]
    pub stamps: StampsAt,
    /// Whether a stamp of 0:00 begins or ends the date it carries.
    #[field(default = "begins_day")]
    pub midnight: Midnight,
    /// Time zone of the stamps where it is not the site's.
    pub time_zone: Option<String>,
    /// Units of columns whose header names none; "kWh/step" is an amount a step.
    pub units: Option<crate::field::Each<String>>,
}

/// One text or a list of them.
#[derive(Debug, Clone)]
pub struct OneOrMany(Vec<(String, Span)>);

impl crate::field::Field for OneOrMany {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        if let Value::List(items) = &node.value {
            let read: Vec<_> =
                items.iter().map(|n| Some((String::read(n, findings)?, n.span))).collect();
            return read.into_iter().collect::<Option<Vec<_>>>().map(OneOrMany);
        }
        Some(OneOrMany(vec![(String::read(node, findings)?, node.span)]))
    }
    fn words() -> String {
        "a file name or a list of them".into()
    }
    fn schema() -> serde_json::Value {
        serde_json::json!({"type": ["string", "array"], "items": {"type": "string"}})
    }
}

/// `[series.NAME]` with values: one a step of the file's horizon.
#[derive(Debug, Clone, Record)]
pub struct ListSeries {
    /// Unit of the values.
    #[field(default = "1")]
    pub unit: String,
    /// One value a step of the horizon.
    pub values: Option<Numbers>,
    /// Value outside all periods, for a series that repeats by the clock.
    pub otherwise: Option<Quantity<crate::units::Any>>,
    /// Parts of the day with a value of their own; where two overlap, the later one holds.
    pub periods: Option<Vec<Period>>,
}

/// A list of bare numbers.
#[derive(Debug, Clone)]
pub struct Numbers(Vec<f64>, Span);

impl crate::field::Field for Numbers {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        let Value::List(items) = &node.value else {
            findings.error(node.span, "write a list of numbers, such as [10, 12.5]");
            return None;
        };
        let mut numbers = Vec::with_capacity(items.len());
        for item in items {
            match item.value {
                Value::Number(number) if number.is_finite() => numbers.push(number),
                _ => findings.error(item.span, "this is not a finite number; write bare numbers here, and their unit once, in `unit`"),
            }
        }
        (numbers.len() == items.len()).then_some(Numbers(numbers, node.span))
    }
    fn words() -> String {
        "a list of numbers".into()
    }
    fn schema() -> serde_json::Value {
        serde_json::json!({"type": "array", "items": {"type": "number"}})
    }
}

/// A part of the day, on some days and in some months.
#[derive(Debug, Clone, Record)]
pub struct Period {
    /// From this time of day: "08:00".
    pub from: ClockTime,
    /// To this time of day; before `from` it lies on the next day. "24:00" is midnight.
    pub to: ClockTime,
    /// The value then, in the series' unit.
    pub value: Quantity<crate::units::Any>,
    /// Months in which it holds, 1 to 12; all without.
    pub months: Option<Vec<Whole>>,
    /// Days on which it holds, "mon" to "sun"; all without.
    pub days: Option<Vec<Weekday>>,
}

/// A time of day in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockTime(u32);

impl crate::field::Field for ClockTime {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        let text = match &node.value {
            Value::Text(text) | Value::Date(text) => text,
            _ => "",
        };
        let parsed = text.split_once(':').and_then(|(h, m)| {
            let m = m.strip_suffix(":00").filter(|m| m.len() == 2).unwrap_or(m);
            let (h, m): (u8, u8) = (h.parse().ok()?, m.parse().ok()?);
            let minute = u32::from(h) * 60 + u32::from(m);
            (m < 60 && minute <= 1440).then_some(ClockTime(minute))
        });
        if parsed.is_none() {
            findings.error(node.span, format!("write {}", Self::words()));
        }
        parsed
    }
    fn words() -> String {
        "a time of day, such as \"07:30\"".into()
    }
    fn schema() -> serde_json::Value {
        serde_json::json!({"type": "string"})
    }
}

/// A month from 1 to 12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole(i8);

impl crate::field::Field for Whole {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        match node.value {
            Value::Number(n) if (1.0..=12.0).contains(&n) && n.fract() == 0.0 => {
                Some(Whole(n as i8))
            }
            _ => {
                findings.error(node.span, "write a month from 1 to 12");
                None
            }
        }
    }
    fn words() -> String {
        "a month from 1 to 12".into()
    }
    fn schema() -> serde_json::Value {
        serde_json::json!({"type": "integer", "minimum": 1, "maximum": 12})
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, cowper_derive::Choice)]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// Fields that every component has besides those of its kind.
#[derive(Debug, Clone, Record)]
pub struct CommonFields {
    /// Key of the party that owns it; may be left out where there is only one.
    pub owner: Option<PartyKey>,
    /// Its name for people; the name of its table without.
    pub label: Option<String>,
    /// A remark, for people.
    pub note: Option<String>,
}

/// Fields that every contract has besides those of its kind.
#[derive(Debug, Clone, Record)]
pub struct ContractFields {
    /// Its name for people; the name of its table without.
    pub label: Option<String>,
    /// A remark, for people.
    pub note: Option<String>,
}

/// Reads a site file. Gives the site and its warnings, or every mistake.
pub fn read(text: &str, files: &Files) -> Result<(Site, Vec<Diagnostic>), Vec<Diagnostic>> {
    match read_what_can_be(text, files) {
        (Some(site), found) if !any_error(&found) => Ok((site, found)),
        (_, found) => Err(found),
    }
}

/// Reads a site file with mistakes: the components that can be read, if what they refer to is sound.
pub(crate) fn read_what_can_be(text: &str, files: &Files) -> (Option<Site>, Vec<Diagnostic>) {
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return (
            None,
            vec![Diagnostic::nowhere(
                "the site file is empty; `cowper new reference-works DIR` writes one to start from",
            )],
        );
    }
    let (tree, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return (None, in_order(syntax_errors(text, &errors)));
    }
    let root = node_of(tree.span().into(), &DeValue::Table(tree.into_inner()));
    let mut reading = Reading::start(&root);
    let site = reading.site(files);
    (site, in_order(reading.findings.diagnostics))
}

/// The sections of a site file that are no kinds, each with what it is for.
pub fn sections() -> Vec<(&'static str, &'static str, Vec<FieldDoc>)> {
    vec![
        ("site", "What holds for the whole.", SiteFields::fields()),
        ("horizon", "When: start, end and step.", HorizonFields::fields()),
        (
            "series",
            "Files of series and how to read them; `[series.NAME]` is a series of its own.",
            SeriesFields::fields(),
        ),
        (
            "series.NAME",
            "A series given in the site file: one value a step, or parts of the day.",
            ListSeries::fields(),
        ),
        ("party.NAME", "An owner of components.", PartyFields::fields()),
        ("carrier.NAME", "What flows. It makes a node of its own name.", Carrier::fields()),
        ("node.NAME", "A further place where a carrier is balanced.", NodeFields::fields()),
        (
            "state.NAME",
            "How the component of this name stands at the start.",
            ComponentState::fields(),
        ),
    ]
}

/// How components stand, and when, as a file of states has it.
#[derive(Debug, Clone)]
pub struct StateFile {
    /// When they stand so, where the file says.
    pub at: Option<Timestamp>,
    /// By the name of the component.
    pub states: BTreeMap<String, ComponentState>,
}

/// Reads how the components of a site stand from a file of `[state.NAME]` tables and `at`.
pub fn read_state(text: &str, site: &Site) -> Result<StateFile, Vec<Diagnostic>> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(in_order(syntax_errors(text, &errors)));
    }
    let root = node_of(tree.span().into(), &DeValue::Table(tree.into_inner()));
    let mut reading = Reading::start(&root);
    reading.findings.currency.clone_from(&site.network.currency);
    let mut at = None;
    for (key, (span, node)) in reading.root {
        if key == "at" {
            let moment = <Moment as crate::field::Field>::read(node, &mut reading.findings);
            match moment.map(|m| parse_instant(&m.0, &site.horizon.zone)) {
                Some(Ok(instant)) => at = Some(instant),
                Some(Err(message)) => reading.findings.error(node.span, message),
                None => {}
            }
        } else if key != "state" {
            reading.findings.error(
                *span,
                format!(
                    "`{}` does not belong in a file of states; it holds `at` and [state.NAME] tables only",
                    shortened(key)
                ),
            );
        }
    }
    let known: Vec<&str> = site.components.iter().map(|c| c.name.as_str()).collect();
    let states = reading.state(&known);
    if reading.findings.diagnostics.is_empty() {
        Ok(StateFile { at, states })
    } else {
        Err(reading.findings.diagnostics)
    }
}

/// Currencies in which the default price of a shortage is far above any price of energy, and above a month's
/// demand charge even in a quarter of an hour.
const OF_THAT_SIZE: [&str; 5] = ["EUR", "USD", "GBP", "CHF", "CNY"];

const SECTIONS: [&str; 7] = ["site", "horizon", "series", "party", "carrier", "node", "state"];

fn syntax_errors(text: &str, errors: &[toml::de::Error]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut repeated_table = None;
    for error in errors {
        let span: Span = error.span().unwrap_or(text.len()..text.len()).into();
        if !error.message().contains("duplicate") {
            found.push(Diagnostic::error(span, format!("this is not TOML: {}", error.message())));
            continue;
        }
        // All keys of a table that stands twice stand twice: one mistake is not to look like many.
        let before = text.get(..span.start).unwrap_or(text);
        let table = before.rfind("\n[").map_or(0, |at| at + 1);
        if repeated_table == Some(table) {
            continue;
        }
        if !before[table..].contains('\n') {
            repeated_table = Some(table);
        }
        let name = text.get(span.start..span.end).unwrap_or_default();
        found.push(Diagnostic::error(
            span,
            format!(
                "`{}` stands here a second time; a table or key may stand only once",
                shortened(name)
            ),
        ));
    }
    found
}

fn node_of(span: Span, value: &DeValue) -> Node {
    let value = match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(n) => {
            let digits = n.as_str().replace('_', "");
            Value::Number(
                i64::from_str_radix(&digits, n.radix())
                    .map_or_else(|_| digits.parse().unwrap_or(f64::NAN), |n| n as f64),
            )
        }
        DeValue::Float(n) => Value::Number(n.as_str().replace('_', "").parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(items) => {
            Value::List(items.iter().map(|i| node_of(i.span().into(), i.get_ref())).collect())
        }
        DeValue::Table(table) => Value::Table(
            table
                .iter()
                .map(|(key, value)| {
                    let node = node_of(value.span().into(), value.get_ref());
                    (key.get_ref().to_string(), (key.span().into(), node))
                })
                .collect(),
        ),
    };
    Node { span, value }
}

type Entries = BTreeMap<String, (Span, Node)>;

struct Reading<'a> {
    root: &'a Entries,
    findings: Findings,
}

impl<'a> Reading<'a> {
    fn start(root: &'a Node) -> Self {
        let Value::Table(root) = &root.value else { unreachable!("a document is a table") };
        Reading { root, findings: Findings { currency: "EUR".into(), ..Findings::default() } }
    }

    fn site(&mut self, files: &Files) -> Option<Site> {
        // The currency first: every price is read with it.
        if let Some((_, Node { value: Value::Table(site), .. })) = self.root.get("site")
            && let Some((_, Node { value: Value::Text(currency), span })) = site.get("currency")
        {
            if currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase()) {
                self.findings.currency.clone_from(currency);
            } else {
                self.findings.error(
                    *span,
                    format!(
                        "`{}` is not a currency; write its ISO code, such as \"EUR\" or \"CNY\"",
                        shortened(currency)
                    ),
                );
            }
        }
        let fields: Option<SiteFields> = self.section("site");
        let zone = fields
            .as_ref()
            .and_then(|f| self.zone(&f.time_zone, self.key_span("site", "time_zone")));
        let horizon = self
            .section::<HorizonFields>("horizon")
            .zip(zone.clone())
            .and_then(|(h, z)| self.horizon(&h, z));
        let network = self.network(fields.as_ref());
        let series =
            horizon.as_ref().zip(zone.as_ref()).and_then(|(h, z)| self.series(h, z, files));
        let sound = !any_error(&self.findings.diagnostics);
        let components = self.components(&network);
        let contracts = self.contracts(&network, &components);
        let state = self.state(&self.declared());
        self.unknown_sections();
        if !sound {
            return None;
        }
        Some(Site {
            name: fields?.name,
            network,
            horizon: horizon?,
            series: series?,
            state,
            components,
            contracts,
        })
    }

    fn unknown_sections(&mut self) {
        for (key, (span, _)) in self.root {
            if SECTIONS.contains(&key.as_str()) {
                continue;
            }
            let names = || kinds().map(|k| k.name).chain(CONTRACTS.iter().map(|k| k.name));
            if names().all(|name| name != key) {
                let known = SECTIONS.iter().copied().chain(names());
                let hint = nearest(key, known);
                let hint =
                    if hint.is_empty() { "; `cowper kinds` lists them".to_owned() } else { hint };
                let message =
                    format!("`{}` is not a kind of component nor a section{hint}", shortened(key));
                self.findings
                    .diagnostics
                    .push(Diagnostic::error(*span, message).label("no such kind"));
            }
        }
    }

    fn key_span(&self, section: &str, key: &str) -> Span {
        match self.root.get(section) {
            Some((span, Node { value: Value::Table(table), .. })) => {
                table.get(key).map_or(*span, |(_, node)| node.span)
            }
            _ => Span::default(),
        }
    }

    /// A section that stands once.
    fn section<T: Record>(&mut self, name: &'static str) -> Option<T> {
        let Some((span, node)) = self.root.get(name) else {
            let needed: Vec<&str> =
                T::fields().iter().filter(|f| f.required).map(|f| f.name).collect();
            self.findings.diagnostics.push(Diagnostic::nowhere(format!(
                "the section [{name}] is missing; it needs {}",
                needed.join(", ")
            )));
            return None;
        };
        let mut reader = TableReader::new(name, *span, node, &mut self.findings)?;
        let read = T::read_record(&mut reader);
        reader.finish();
        read
    }

    /// The named tables of a section, such as [carrier.NAME].
    fn named(&mut self, section: &str) -> Vec<(&'a str, Span, &'a Node)> {
        let Some((span, node)) = self.root.get(section) else { return Vec::new() };
        let Value::Table(entries) = &node.value else {
            self.findings
                .error(*span, format!("write a table [{section}.NAME] for each {section}"));
            return Vec::new();
        };
        // Fields that stand directly in [boiler] are those of one boiler that has no name.
        let stray: Vec<String> = entries
            .iter()
            .filter(|(_, (_, n))| !matches!(n.value, Value::Table(_)))
            .take(3)
            .map(|(key, _)| format!("`{}`", shortened(key)))
            .collect();
        if !stray.is_empty() {
            let message = format!(
                "{} stand directly in [{section}]; give it a name: [{section}.NAME]",
                stray.join(", ")
            );
            self.findings
                .diagnostics
                .push(Diagnostic::error(*span, message).label("a name is missing"));
            return Vec::new();
        }
        for (name, (span, _)) in entries {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
            if name.is_empty() || name.len() > 60 || !name.bytes().all(plain) {
                self.findings.error(*span, format!("`{}` is not a name; use up to 60 letters, digits, `_` and `-`, and `label` for what people read", shortened(name)));
            }
        }
        entries.iter().map(|(name, (span, node))| (name.as_str(), *span, node)).collect()
    }

    fn named_records<T: Record>(&mut self, section: &str) -> Vec<(&'a str, Span, T)> {
        let mut all = Vec::new();
        for (name, span, node) in self.named(section) {
            let Some(mut reader) =
                TableReader::new(&format!("{section}.{name}"), span, node, &mut self.findings)
            else {
                continue;
            };
            let read = T::read_record(&mut reader);
            reader.finish();
            all.extend(read.map(|r| (name, span, r)));
        }
        all
    }

    fn zone(&mut self, name: &str, span: Span) -> Option<TimeZone> {
        let zone = TimeZone::get(name).ok();
        if zone.is_none() {
            self.findings.error(span, format!("`{}` is not a time zone; write one such as \"Asia/Shanghai\", \"Europe/Berlin\" or \"UTC\"", shortened(name)));
        }
        zone
    }

    fn horizon(&mut self, fields: &HorizonFields, zone: TimeZone) -> Option<Horizon> {
        let mut instant = |moment: &Moment| {
            parse_instant(&moment.0, &zone).map_err(|e| self.findings.error(moment.1, e)).ok()
        };
        let (start, end) = (instant(&fields.start), instant(&fields.end));
        let step = whole_seconds(fields.step);
        if step.is_none() {
            self.findings.error(fields.step.span, "the step is not a whole number of seconds");
        }
        Horizon::new(start?, end?, step?, zone)
            .map_err(|e| self.findings.error(fields.end.1, e))
            .ok()
    }

    fn network(&mut self, fields: Option<&SiteFields>) -> Network {
        let mut carriers = Vec::new();
        for (name, span, carrier) in self.named_records::<Carrier>("carrier") {
            self.findings.diagnostics.extend(carrier.mistakes());
            carriers.push(NamedCarrier { name: name.to_owned(), span, carrier });
        }
        if carriers.is_empty() && !any_error(&self.findings.diagnostics) {
            self.findings.diagnostics.push(Diagnostic::nowhere("the site has no carriers; add [carrier.electricity] with measure = \"energy\" to start with"));
        }
        let mut nodes: Vec<NetworkNode> = carriers
            .iter()
            .enumerate()
            .map(|(index, c)| NetworkNode {
                name: c.name.clone(),
                label: c.carrier.label.clone().unwrap_or_else(|| c.name.clone()),
                carrier: index,
            })
            .collect();
        for (name, span, node) in self.named_records::<NodeFields>("node") {
            if nodes.iter().any(|n| n.name == name) {
                self.findings.error(
                    span,
                    format!(
                        "`{name}` is already the node of a carrier; give this one another name"
                    ),
                );
                continue;
            }
            let Some(carrier) = carriers.iter().position(|c| c.name == node.carrier.text) else {
                let hint = nearest(&node.carrier.text, carriers.iter().map(|c| c.name.as_str()));
                self.findings.error(
                    node.carrier.span,
                    format!("`{}` is not a carrier{hint}", shortened(&node.carrier.text)),
                );
                continue;
            };
            nodes.push(NetworkNode {
                name: name.to_owned(),
                label: node.label.unwrap_or_else(|| name.to_owned()),
                carrier,
            });
        }
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        let mut parties: Vec<Party> = self
            .named_records::<PartyFields>("party")
            .into_iter()
            .map(|(key, _, party)| Party { key: key.to_owned(), name: party.name })
            .collect();
        if parties.is_empty() {
            parties.push(Party {
                key: "site".into(),
                name: fields.map_or_else(|| "Site".into(), |f| f.name.clone()),
            });
        }
        if parties.len() > Coalition::MOST {
            let message = format!(
                "{} parties are more than the {} that a site may have; join some of them",
                parties.len(),
                Coalition::MOST
            );
            self.findings.diagnostics.push(Diagnostic::nowhere(message));
        }
        for price in fields.iter().flat_map(|f| [f.shortage_price, f.surplus_price]).flatten() {
            if price.value() < 0.0 {
                self.findings.error(price.span, crate::network::NEGATIVE_SLACK);
            }
        }
        let shortage = fields.and_then(|f| f.shortage_price).map_or(1_000_000.0, |p| p.value());
        let currency = self.findings.currency.clone();
        if fields.is_some_and(|f| f.shortage_price.is_none())
            && !OF_THAT_SIZE.contains(&currency.as_str())
        {
            let message = format!(
                "1000000 {currency}/MWh for what is not served may be cheap or dear; give `shortage_price` under [site], well above every price of the site"
            );
            self.findings
                .diagnostics
                .push(Diagnostic::error(self.key_span("site", "currency"), message));
        }
        Network {
            carriers,
            nodes,
            parties,
            currency: self.findings.currency.clone(),
            co2_price: fields.and_then(|f| f.co2_price.clone()),
            shortage_price: shortage,
            surplus_price: fields.and_then(|f| f.surplus_price).map_or(shortage, |p| p.value()),
        }
    }

    fn series(&mut self, horizon: &Horizon, zone: &TimeZone, files: &Files) -> Option<SeriesStore> {
        let mut store = SeriesStore::default();
        let Some((span, node)) = self.root.get("series") else { return Some(store) };
        let Value::Table(entries) = &node.value else {
            self.findings.error(*span, "write a table [series]");
            return None;
        };
        let options: Entries = entries
            .iter()
            .filter(|(key, (_, n))| !is_own_series(key, n))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        let options = Node { span: node.span, value: Value::Table(options) };
        let mut reader = TableReader::new("series", *span, &options, &mut self.findings)?;
        let fields = SeriesFields::read_record(&mut reader);
        reader.finish();
        for (name, (span, node)) in entries.iter().filter(|(key, (_, n))| is_own_series(key, n)) {
            self.own_series(name, *span, node, horizon, &mut store);
        }
        let fields = fields?;
        let file_zone = match &fields.time_zone {
            Some(name) => self.zone(name, self.key_span("series", "time_zone"))?,
            None => zone.clone(),
        };
        let options = FileOptions {
            stamp_format: fields.stamp_format.clone(),
            stamps_at_end: fields.stamps == StampsAt::End,
            midnight_ends_day: fields.midnight == Midnight::EndsDay,
            units: fields
                .units
                .map(|u| u.0.into_iter().map(|(n, u)| (n.text, u)).collect())
                .unwrap_or_default(),
        };
        let mut whole = true;
        for (file, span) in fields.file.map(|f| f.0).unwrap_or_default() {
            let file = fields
                .folder
                .as_ref()
                .map_or_else(|| file.clone(), |folder| format!("{folder}/{file}"));
            let added = files(&file, &options).and_then(|raw| {
                store.add_table(&file, raw, &options, &file_zone, &self.findings.currency)
            });
            if let Err(found) = added {
                whole = false;
                self.findings.diagnostics.extend(found.into_iter().map(|d| at_least(d, span)));
            }
        }
        whole.then_some(store)
    }

    fn own_series(
        &mut self,
        name: &str,
        span: Span,
        node: &Node,
        horizon: &Horizon,
        store: &mut SeriesStore,
    ) {
        let what = format!("series.{name}");
        let Some(mut reader) = TableReader::new(&what, span, node, &mut self.findings) else {
            return;
        };
        let read = ListSeries::read_record(&mut reader);
        reader.finish();
        let Some(list) = read else { return };
        let currency = self.findings.currency.clone();
        let unit = crate::units::parse_unit(&list.unit, &currency);
        match (list.values, list.periods) {
            (Some(_), None) if list.otherwise.is_some() => {
                self.findings.error(span, format!("`{what}` has `values`, one for each step, so `otherwise` has no place; it belongs to `periods`"));
            }
            (Some(Numbers(values, at)), None) => {
                if values.len() != horizon.steps {
                    let fault = if values.len() < horizon.steps { "too few" } else { "too many" };
                    let message = format!(
                        "series `{name}` has {} values, {fault} for the horizon's {} steps of {} h",
                        values.len(),
                        horizon.steps,
                        horizon.hours()
                    );
                    self.findings.error(at, message);
                    return;
                }
                match unit {
                    Ok((factor, dimension)) => {
                        store.add_list(
                            name,
                            values.into_iter().map(|v| v * factor).collect(),
                            dimension,
                            horizon,
                        );
                    }
                    Err(message) => self.findings.error(unit_span(node), message),
                }
            }
            (None, Some(periods)) => {
                let Some(otherwise) = list.otherwise else {
                    self.findings.error(
                        span,
                        format!("`{what}` needs `otherwise`: the value outside its periods"),
                    );
                    return;
                };
                let (factor, own) = match unit {
                    Ok(read) => read,
                    Err(message) => {
                        self.findings.error(unit_span(node), message);
                        return;
                    }
                };
                // Bare numbers are in the series' unit.
                let bare =
                    otherwise.dimension() == crate::units::NUMBER && own != crate::units::NUMBER;
                for period in &periods {
                    if period.value.dimension() != otherwise.dimension() {
                        self.findings.error(
                            period.value.span,
                            format!(
                                "this is {}; `otherwise` is {}",
                                period.value.dimension().words(),
                                otherwise.dimension().words()
                            ),
                        );
                        return;
                    }
                    if period.from == period.to {
                        self.findings.error(period.value.span, "this period has no length; for the whole day write from = \"00:00\", to = \"24:00\"");
                        return;
                    }
                }
                if !bare && own != crate::units::NUMBER && own != otherwise.dimension() {
                    self.findings.error(
                        otherwise.span,
                        format!(
                            "this is {}; the series' unit is `{}`",
                            otherwise.dimension().words(),
                            shortened(&list.unit)
                        ),
                    );
                    return;
                }
                let (factor, dimension) =
                    if bare { (factor, own) } else { (1.0, otherwise.dimension()) };
                let values = move |horizon: &Horizon| {
                    let values = by_the_clock(horizon, otherwise.value(), &periods);
                    values.into_iter().map(|v| v * factor).collect()
                };
                store.add_pattern(name, Pattern(Arc::new(values)), dimension);
            }
            _ => self.findings.error(
                span,
                format!("`{what}` needs either `values` or `periods` with `otherwise`"),
            ),
        }
    }

    fn components(&mut self, network: &Network) -> Vec<Placed> {
        let mut components: Vec<Placed> = Vec::new();
        for kind in kinds() {
            for (name, span, node) in self.named(kind.name) {
                if let Some(other) = components.iter().find(|c| c.name == name) {
                    self.findings.error(
                        span,
                        format!(
                            "`{name}` is also the name of a {}; names are unique in a site",
                            other.kind
                        ),
                    );
                }
                let placed = self.component(kind, name, span, node, network);
                components.extend(placed);
            }
        }
        if components.is_empty() && !any_error(&self.findings.diagnostics) {
            self.findings.diagnostics.push(Diagnostic::nowhere(
                "the site has no components; `cowper kinds` lists what there is",
            ));
        }
        components
    }

    fn component(
        &mut self,
        kind: &'static Kind,
        name: &str,
        span: Span,
        node: &Node,
        network: &Network,
    ) -> Option<Placed> {
        let mut reader =
            TableReader::new(&format!("{}.{name}", kind.name), span, node, &mut self.findings)?;
        let common = CommonFields::read_record(&mut reader);
        let component = (kind.read)(&mut reader);
        reader.finish();
        let common = common?;
        let owner = match &common.owner {
            Some(owner) => self.party(owner, network)?,
            None if network.parties.len() == 1 => 0,
            None => {
                let parties: Vec<&str> = network.parties.iter().map(|p| p.key.as_str()).collect();
                self.findings.error(
                    span,
                    format!("`{}.{name}` needs `owner`: one of {}", kind.name, parties.join(", ")),
                );
                return None;
            }
        };
        Some(Placed {
            name: name.to_owned(),
            kind: kind.name,
            label: common.label.unwrap_or_else(|| name.to_owned()),
            owner,
            span,
            component: Arc::from(component?),
        })
    }

    fn party(&mut self, PartyKey(key): &PartyKey, network: &Network) -> Option<usize> {
        let found = network.parties.iter().position(|p| p.key == key.text);
        if found.is_none() {
            let hint = nearest(&key.text, network.parties.iter().map(|p| p.key.as_str()));
            self.findings
                .error(key.span, format!("`{}` is not a party{hint}", shortened(&key.text)));
        }
        found
    }

    fn contracts(&mut self, network: &Network, components: &[Placed]) -> Vec<Signed> {
        let mut contracts: Vec<Signed> = Vec::new();
        for kind in CONTRACTS {
            for (name, span, node) in self.named(kind.name) {
                let component = self.declared().contains(&name);
                if component || contracts.iter().any(|c| c.name == name) {
                    let other = if component { "a component" } else { "another contract" };
                    self.findings.error(
                        span,
                        format!("`{name}` is also the name of {other}; names are unique in a site"),
                    );
                }
                let signed = self.contract(kind, (name, span, node), network);
                if let Some(signed) = &signed {
                    self.check_what_is_followed(signed, network, components);
                }
                contracts.extend(signed);
            }
        }
        contracts
    }

    fn contract(
        &mut self,
        kind: &Kind<dyn Agreement>,
        (name, span, node): (&str, Span, &Node),
        network: &Network,
    ) -> Option<Signed> {
        let what = format!("{}.{name}", kind.name);
        let mut reader = TableReader::new(&what, span, node, &mut self.findings)?;
        let common = ContractFields::read_record(&mut reader);
        let agreement = (kind.read)(&mut reader);
        reader.finish();
        let (common, agreement) = (common?, agreement?);
        let sides = agreement.parties();
        let (seller, buyer) = (self.party(sides.seller, network), self.party(sides.buyer, network));
        let (seller, buyer) = (seller?, buyer?);
        if seller == buyer {
            let message = format!(
                "`{}` stands on both sides; a contract is between two parties",
                sides.buyer.0.text
            );
            self.findings.error(sides.buyer.0.span, message);
            return None;
        }
        Some(Signed {
            name: name.to_owned(),
            kind: kind.name,
            label: common.label.unwrap_or_else(|| name.to_owned()),
            span,
            parties: Sides { seller, buyer },
            agreement: Arc::from(agreement),
        })
    }

    /// The component whose output a contract follows must be there, and the seller's.
    fn check_what_is_followed(
        &mut self,
        signed: &Signed,
        network: &Network,
        components: &[Placed],
    ) {
        let Some(ComponentName(name)) = signed.agreement.follows() else { return };
        let declared = self.declared();
        if !declared.contains(&name.text.as_str()) {
            let hint = nearest(&name.text, declared.iter().copied());
            let message = format!("`{}` is not a component{hint}", shortened(&name.text));
            self.findings.error(name.span, message);
        }
        let Some(placed) = components.iter().find(|c| c.name == name.text) else { return };
        let key = |party: usize| network.parties[party].key.as_str();
        if placed.owner != signed.parties.seller {
            let message = format!(
                "`{}` belongs to `{}`, but the seller is `{}`; name a component of the seller",
                name.text,
                key(placed.owner),
                key(signed.parties.seller)
            );
            self.findings.error(name.span, message);
        }
    }

    /// The names of all components, also of those that could not be read: one mistake is not to
    /// look like two.
    fn declared(&self) -> Vec<&'a str> {
        let root = self.root;
        kinds()
            .filter_map(|kind| root.get(kind.name))
            .filter_map(
                |(_, node)| {
                    if let Value::Table(entries) = &node.value { Some(entries) } else { None }
                },
            )
            .flat_map(|entries| entries.keys().map(String::as_str))
            .collect()
    }

    fn state(&mut self, known: &[&str]) -> BTreeMap<String, ComponentState> {
        let mut states = BTreeMap::new();
        for (name, span, state) in self.named_records::<ComponentState>("state") {
            if !known.contains(&name) {
                let hint = nearest(name, known.iter().copied());
                self.findings
                    .error(span, format!("[state.{name}] is about no component of the site{hint}"));
            }
            states.insert(name.to_owned(), state);
        }
        states
    }
}

/// Where a series names its unit.
fn unit_span(node: &Node) -> Span {
    match &node.value {
        Value::Table(entries) => entries.get("unit").map_or(node.span, |(_, unit)| unit.span),
        _ => node.span,
    }
}

/// A table in [series] is a series, unless it is the table of units.
fn is_own_series(key: &str, node: &Node) -> bool {
    key != "units" && matches!(node.value, Value::Table(_))
}

/// A file that cannot be opened is shown where the site file names it.
fn at_least(mut diagnostic: Diagnostic, span: Span) -> Diagnostic {
    if diagnostic.place == crate::diagnostic::Place::Nowhere {
        diagnostic.place = crate::diagnostic::Place::Site(span);
    }
    diagnostic
}

/// Values of a daily pattern: each step's average over its minutes, on the local clock.
fn by_the_clock(horizon: &Horizon, otherwise: f64, periods: &[Period]) -> Vec<f64> {
    let minutes = (horizon.step_seconds / 60).max(1);
    (0..horizon.steps)
        .map(|step| {
            let start = horizon.local(step);
            let sum: f64 = (0..minutes)
                .map(|minute| {
                    let at = start.saturating_add(jiff::SignedDuration::from_mins(minute));
                    periods
                        .iter()
                        .rev()
                        .find(|p| p.holds(at))
                        .map_or(otherwise, |p| p.value.value())
                })
                .sum();
            sum / minutes as f64
        })
        .collect()
}

impl Period {
    fn holds(&self, at: jiff::civil::DateTime) -> bool {
        let minute = at.hour() as u32 * 60 + at.minute() as u32;
        let (from, to) = (self.from.0, self.to.0);
        // A period over midnight belongs to the day on which it begins.
        let (inside, day) = if from <= to {
            (minute >= from && minute < to, at)
        } else if minute >= from {
            (true, at)
        } else {
            (minute < to, at.saturating_sub(jiff::SignedDuration::from_hours(24)))
        };
        inside
            && self.months.as_ref().is_none_or(|months| months.iter().any(|m| m.0 == day.month()))
            && self.days.as_ref().is_none_or(|days| {
                days.iter().any(|d| *d as i8 == day.weekday().to_monday_zero_offset())
            })
    }
}
