//! Reading the fields of a kind from the site file: every mistake is collected, none is guessed away.
//!
//! [`Record`] is derived for structs, [`Choice`] for lists of names; the types below are what
//! fields are made of.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::units::{Measure, Quantity, shortened};

/// A value of the site file with its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a site file is made of.
#[derive(Debug, Clone)]
pub enum Value {
    /// Text in quotes.
    Text(String),
    /// A bare number.
    Number(f64),
    /// true or false.
    Flag(bool),
    /// A bare date or time, as it is written.
    Date(String),
    /// A list.
    List(Vec<Node>),
    /// A table: keys with the place of the key.
    Table(BTreeMap<String, (Span, Node)>),
}

impl Value {
    fn words(&self) -> &'static str {
        match self {
            Value::Text(_) => "text",
            Value::Number(_) => "a bare number",
            Value::Flag(_) => "true or false",
            Value::Date(_) => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

/// What reading needs to know and what it found wrong.
#[derive(Debug, Default)]
pub struct Findings {
    /// The currency of the site.
    pub currency: String,
    /// Everything wrong so far.
    pub diagnostics: Vec<Diagnostic>,
}

impl Findings {
    /// Notes a mistake at a place.
    pub fn error(&mut self, span: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(span, message));
    }
}

/// A type that a field can have.
pub trait Field: Sized {
    /// Reads it, or notes what is wrong.
    fn read(node: &Node, findings: &mut Findings) -> Option<Self>;
    /// What a user writes, in words: "a power, such as \"120 MW\"".
    fn words() -> String;
    /// The JSON Schema of what a user writes.
    fn schema() -> Json;
    /// The value of a field that is left out; none where it must be given.
    fn absent() -> Option<Self> {
        None
    }
}

/// A struct whose fields are keys of one table. Derived.
pub trait Record: Sized {
    /// Its fields, flattened ones included.
    fn fields() -> Vec<FieldDoc>;
    /// Reads them all and notes every mistake.
    fn read_record(reader: &mut TableReader) -> Option<Self>;
}

/// What the reference says of a field.
#[derive(Debug, Clone)]
pub struct FieldDoc {
    /// Key in the file.
    pub name: &'static str,
    /// One or more sentences.
    pub doc: &'static str,
    /// What a user writes.
    pub words: String,
    /// The default as it would be written; none where there is none.
    pub default: Option<String>,
    /// Whether it must be given.
    pub required: bool,
    /// JSON Schema of the value.
    pub schema: Json,
}

/// Reads one table key by key; what is left over is unknown.
pub struct TableReader<'a> {
    /// Name of the table for messages: "boiler.b1".
    pub what: String,
    /// Where the table is named.
    pub span: Span,
    entries: &'a BTreeMap<String, (Span, Node)>,
    used: Vec<&'static str>,
    /// What was found wrong.
    pub findings: &'a mut Findings,
}

impl<'a> TableReader<'a> {
    /// Starts reading a table. Notes it if the value is no table.
    pub fn new(what: &str, span: Span, node: &'a Node, findings: &'a mut Findings) -> Option<Self> {
        let Value::Table(entries) = &node.value else {
            findings.error(
                node.span,
                format!("`{what}` is {}; write a table [{what}]", node.value.words()),
            );
            return None;
        };
        Some(TableReader { what: what.to_owned(), span, entries, used: Vec::new(), findings })
    }

    /// Reads a field that must be there unless its type knows what absence means.
    pub fn field<T: Field>(&mut self, key: &'static str) -> Option<T> {
        self.used.push(key);
        match self.entries.get(key) {
            Some((_, node)) => T::read(node, self.findings),
            None => {
                let absent = T::absent();
                if absent.is_none() {
                    let message = format!("`{}` needs `{key}`: {}", self.what, T::words());
                    self.findings.diagnostics.push(
                        Diagnostic::error(self.span, message).label(format!("`{key}` is missing")),
                    );
                }
                absent
            }
        }
    }

    /// Reads a field that has a default.
    pub fn field_or<T: Field>(&mut self, key: &'static str, default: Node) -> Option<T> {
        self.used.push(key);
        let node = self.entries.get(key).map_or(&default, |(_, node)| node);
        T::read(node, self.findings)
    }

    /// Notes every key that no field took.
    pub fn finish(self) {
        for (key, (span, _)) in self.entries {
            if self.used.contains(&key.as_str()) {
                continue;
            }
            let mut known: Vec<&str> = self.used.clone();
            known.sort_unstable();
            let nearest = nearest(key, known.iter().copied());
            let hint = if nearest.is_empty() {
                format!("; it knows {}", known.join(", "))
            } else {
                nearest
            };
            let message = format!("`{}` is not a field of `{}`{hint}", shortened(key), self.what);
            self.findings
                .diagnostics
                .push(Diagnostic::error(*span, message).label("unknown field"));
        }
    }
}

/// Defaults in a derive are literals; this turns them into what a file would hold.
pub trait IntoNode {
    /// The value as if it stood in the file.
    fn node(self) -> Node;
}
impl IntoNode for &str {
    fn node(self) -> Node {
        Node { span: Span::default(), value: Value::Text(self.to_owned()) }
    }
}
impl IntoNode for f64 {
    fn node(self) -> Node {
        Node { span: Span::default(), value: Value::Number(self) }
    }
}
impl IntoNode for i32 {
    fn node(self) -> Node {
        f64::from(self).node()
    }
}
impl IntoNode for bool {
    fn node(self) -> Node {
        Node { span: Span::default(), value: Value::Flag(self) }
    }
}

fn mismatch<T: Field>(node: &Node, findings: &mut Findings) -> Option<T> {
    let words = T::words();
    findings.diagnostics.push(Diagnostic::error(
        node.span,
        format!("this is {}; write {words}", node.value.words()),
    ));
    None
}

impl<M: Measure> Field for Quantity<M> {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        let read = match &node.value {
            Value::Text(text) => Quantity::parse(text, node.span, &findings.currency),
            Value::Number(number) => {
                Quantity::parse(&number.to_string(), node.span, &findings.currency)
            }
            _ => return mismatch(node, findings),
        };
        read.map_err(|message| findings.error(node.span, message)).ok()
    }
    fn words() -> String {
        format!("{}, such as \"{}\"", M::WORDS, M::EXAMPLE)
    }
    fn schema() -> Json {
        if M::accepts(crate::units::NUMBER) {
            json!({"type": ["string", "number"]})
        } else {
            json!({"type": "string"})
        }
    }
}

impl<T: Field> Field for Option<T> {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        T::read(node, findings).map(Some)
    }
    fn words() -> String {
        T::words()
    }
    fn schema() -> Json {
        T::schema()
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl Field for bool {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        if let Value::Flag(flag) = node.value { Some(flag) } else { mismatch(node, findings) }
    }
    fn words() -> String {
        "true or false".into()
    }
    fn schema() -> Json {
        json!({"type": "boolean"})
    }
}

impl Field for String {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        if let Value::Text(text) = &node.value {
            Some(text.clone())
        } else {
            mismatch(node, findings)
        }
    }
    fn words() -> String {
        "text".into()
    }
    fn schema() -> Json {
        json!({"type": "string"})
    }
}

impl<T: Field> Field for Vec<T> {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        let Value::List(items) = &node.value else { return mismatch(node, findings) };
        let read: Vec<Option<T>> = items.iter().map(|item| T::read(item, findings)).collect();
        read.into_iter().collect()
    }
    fn words() -> String {
        format!("a list, each {}", T::words())
    }
    fn schema() -> Json {
        json!({"type": "array", "items": T::schema()})
    }
}

impl<T: Field, const N: usize> Field for [T; N] {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        match &node.value {
            Value::List(items) if items.len() == N => Vec::read(node, findings)?.try_into().ok(),
            Value::List(items) => {
                findings.error(node.span, format!("this list has {} values, not {N}", items.len()));
                None
            }
            _ => mismatch(node, findings),
        }
    }
    fn words() -> String {
        format!("a list of {N}, each {}", T::words())
    }
    fn schema() -> Json {
        json!({"type": "array", "items": T::schema(), "minItems": N, "maxItems": N})
    }
}

/// Names with a value each, in the order of names: `{ bfg = 0.85, cog = 0.9 }`.
#[derive(Debug, Clone)]
pub struct Each<T>(pub Vec<(Name, T)>);

impl<T: Field> Field for Each<T> {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        let Value::Table(entries) = &node.value else { return mismatch(node, findings) };
        let read: Vec<Option<(Name, T)>> = entries
            .iter()
            .map(|(key, (span, node))| {
                Some((Name { text: key.clone(), span: *span }, T::read(node, findings)?))
            })
            .collect();
        let each: Vec<_> = read.into_iter().collect::<Option<_>>()?;
        if each.is_empty() {
            findings.error(node.span, format!("this table is empty; write {}", Self::words()));
            return None;
        }
        Some(Each(each))
    }
    fn words() -> String {
        format!("a table of names, each with {}", T::words())
    }
    fn schema() -> Json {
        json!({"type": "object", "additionalProperties": T::schema(), "minProperties": 1})
    }
}

/// The name of a node, carrier, party or component, with its place. Looked up when compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

impl Field for Name {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        if let Value::Text(text) = &node.value {
            Some(Name { text: text.clone(), span: node.span })
        } else {
            mismatch(node, findings)
        }
    }
    fn words() -> String {
        "the name of a carrier or node".into()
    }
    fn schema() -> Json {
        json!({"type": "string"})
    }
}

/// The key of a party, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyKey(pub Name);

impl Field for PartyKey {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        Name::read(node, findings).map(PartyKey)
    }
    fn words() -> String {
        "the key of a party: NAME of its [party.NAME]".into()
    }
    fn schema() -> Json {
        Name::schema()
    }
}

/// The name of a component, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentName(pub Name);

impl Field for ComponentName {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        Name::read(node, findings).map(ComponentName)
    }
    fn words() -> String {
        "the name of a component".into()
    }
    fn schema() -> Json {
        Name::schema()
    }
}

/// A share from 0 to 1, written as 0.9 or "90 %".
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Share(f64);

impl Share {
    /// A share, if the number is one.
    pub fn new(value: f64) -> Option<Share> {
        (0.0..=1.0).contains(&value).then_some(Share(value))
    }
    pub(crate) fn value(self) -> f64 {
        self.0
    }
}

impl Field for Share {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        let number = Quantity::<crate::units::Number>::read(node, findings)?.value();
        let share = Share::new(number);
        if share.is_none() {
            findings.error(node.span, format!("{number} is not a share; write {}", Self::words()));
        }
        share
    }
    fn words() -> String {
        "a share from 0 to 1, such as \"90 %\"".into()
    }
    fn schema() -> Json {
        json!({"type": ["string", "number"]})
    }
}

/// A positive number: a coefficient of performance, a ratio.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Factor(f64);

impl Factor {
    pub(crate) fn value(self) -> f64 {
        self.0
    }
}

impl Field for Factor {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        let number = Quantity::<crate::units::Number>::read(node, findings)?.value();
        if number <= 0.0 {
            findings.error(node.span, format!("{number} is not positive; write {}", Self::words()));
            return None;
        }
        Some(Factor(number))
    }
    fn words() -> String {
        "a number above 0, such as 3.2".into()
    }
    fn schema() -> Json {
        json!({"type": ["string", "number"]})
    }
}

/// A quantity that holds always, or the name of a series that gives it step by step.
#[derive(Debug, Clone, PartialEq)]
pub enum Profile<M: Measure> {
    /// The same at every step.
    Constant(Quantity<M>),
    /// A series of this name.
    Series(Name),
}

impl<M: Measure> Profile<M> {
    /// Where it stands in the site file.
    pub fn span(&self) -> Span {
        match self {
            Profile::Constant(quantity) => quantity.span,
            Profile::Series(name) => name.span,
        }
    }
}

impl<M: Measure> Field for Profile<M> {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        match &node.value {
            Value::Text(text) if !starts_like_a_number(text) => {
                Some(Profile::Series(Name { text: text.clone(), span: node.span }))
            }
            _ => Quantity::read(node, findings).map(Profile::Constant),
        }
    }
    fn words() -> String {
        format!("{}, such as \"{}\", or the name of a series", M::WORDS, M::EXAMPLE)
    }
    fn schema() -> Json {
        Quantity::<M>::schema()
    }
}

/// Whether a text begins as a quantity does, and not as a name.
pub(crate) fn starts_like_a_number(text: &str) -> bool {
    let text = text.trim_start();
    let after_sign = text.strip_prefix(['-', '+']).unwrap_or(text);
    after_sign.starts_with(|c: char| c.is_ascii_digit() || c == '.')
}

/// A type that is one of several names. Derived for enums without data.
pub trait Choice: Sized {
    /// Each name with its meaning.
    fn choices() -> Vec<(&'static str, &'static str)>;
    /// The one of this name.
    fn choose(name: &str) -> Option<Self>;
}

/// Reads one of several names; "Mon" and "mon" are the same.
pub fn read_choice<T: Choice>(node: &Node, findings: &mut Findings) -> Option<T> {
    let Value::Text(text) = &node.value else {
        findings.error(
            node.span,
            format!("this is {}; write {}", node.value.words(), choice_words::<T>()),
        );
        return None;
    };
    let chosen = T::choose(&text.to_lowercase());
    if chosen.is_none() {
        let nearest = nearest(text, T::choices().iter().map(|c| c.0));
        let hint =
            if nearest.is_empty() { format!("; write {}", choice_words::<T>()) } else { nearest };
        findings.error(node.span, format!("`{}` is not known here{hint}", shortened(text)));
    }
    chosen
}

/// "one of "a", "b"".
pub fn choice_words<T: Choice>() -> String {
    let names: Vec<String> = T::choices().iter().map(|c| format!("\"{}\"", c.0)).collect();
    format!("one of {}", names.join(", "))
}

/// The JSON Schema of a choice.
pub fn choice_schema<T: Choice>() -> Json {
    let names: Vec<&str> = T::choices().iter().map(|c| c.0).collect();
    json!({"enum": names})
}

/// Reads a nested table.
pub fn read_nested<T: Record>(node: &Node, findings: &mut Findings) -> Option<T> {
    let mut reader = TableReader::new("this table", node.span, node, findings)?;
    let read = T::read_record(&mut reader);
    reader.finish();
    read
}

/// What a user writes for a nested table.
pub fn nested_words<T: Record>() -> String {
    let fields = T::fields();
    let keys: Vec<&str> = fields.iter().map(|f| f.name).collect();
    format!("a table with {}", keys.join(", "))
}

/// The JSON Schema of a table.
pub fn table_schema(fields: &[FieldDoc]) -> Json {
    let mut properties = serde_json::Map::new();
    for field in fields {
        let mut schema = field.schema.clone();
        let mut text = format!("{} {}.", field.doc, capitalised(&field.words));
        if let Some(default) = &field.default {
            text.push_str(&format!(" Default: {default}."));
        }
        schema["description"] = json!(text);
        properties.insert(field.name.to_owned(), schema);
    }
    let required: Vec<&str> = fields.iter().filter(|f| f.required).map(|f| f.name).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
