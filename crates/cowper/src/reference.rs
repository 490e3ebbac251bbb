//! The reference of the site file, made from the kinds themselves: pages and the JSON Schema.

use serde_json::{Value as Json, json};

use crate::component::Kind;
use crate::components::kinds;
use crate::contract::Agreement;
use crate::contracts::CONTRACTS;
use crate::field::{FieldDoc, Record, table_schema};
use crate::input::{CommonFields, ContractFields, sections};

/// The list of kinds, one line each: of components, then of contracts.
pub fn list() -> String {
    fn line<T: ?Sized>(kind: &Kind<T>, width: usize) -> String {
        format!("{:<width$} {}\n", kind.name, kind.summary().replace('\n', " "))
    }
    let components: String = kinds().map(|kind| line(kind, 20)).collect();
    let contracts: String = CONTRACTS.iter().map(|kind| line(kind, 23)).collect();
    format!("{components}\ncontracts between parties:\n{contracts}")
}

/// The page of the kind of this name, of a component or a contract.
pub fn page_of(name: &str) -> Option<String> {
    let component = kinds().find(|k| k.name == name).map(page);
    component.or_else(|| CONTRACTS.iter().find(|k| k.name == name).map(contract_page))
}

/// The page of a kind: what it is, its equations, its fields, its example.
pub fn page(kind: &Kind) -> String {
    page_with(kind, "component", &CommonFields::fields())
}

/// The page of a kind of contract: what it is, what is paid, its fields, its example.
pub fn contract_page(kind: &Kind<dyn Agreement>) -> String {
    page_with(kind, "contract", &ContractFields::fields())
}

fn page_with<T: ?Sized>(kind: &Kind<T>, what: &str, common: &[FieldDoc]) -> String {
    let mut text = format!("# {}\n\n", kind.name);
    let (before, example) = kind.doc.split_once("# Example").unwrap_or((kind.doc, ""));
    text.push_str(&before.replace("\n# ", "\n## "));
    text.push_str("## Fields\n\n");
    text.push_str(&field_table(&(kind.fields)()));
    text.push_str(&format!("\nEvery {what} also has:\n\n"));
    text.push_str(&field_table(common));
    text.push_str("\n## Example");
    text.push_str(example);
    text.push('\n');
    text
}

/// The sections that are no kinds.
pub fn sections_page() -> String {
    let mut text = String::new();
    for (name, summary, fields) in sections() {
        text.push_str(&format!("## [{name}]\n\n{summary}\n\n{}\n", field_table(&fields)));
    }
    text
}

fn field_table(fields: &[FieldDoc]) -> String {
    let mut text = String::from("| field | what | write | default |\n|---|---|---|---|\n");
    for field in fields {
        let default = match (&field.default, field.required) {
            (Some(default), _) => format!("`{default}`"),
            (None, true) => "**needed**".to_owned(),
            (None, false) => "none".to_owned(),
        };
        let (doc, words) = (field.doc.replace('\n', " "), field.words.replace('|', "\\|"));
        text.push_str(&format!("| `{}` | {doc} | {words} | {default} |\n", field.name));
    }
    text
}

/// The JSON Schema of the whole site file, for editors.
pub fn schema() -> Json {
    let mut properties = serde_json::Map::new();
    for (name, summary, fields) in sections() {
        let (key, named) = name.split_once('.').map_or((name, false), |(key, _)| (key, true));
        let mut schema = table_schema(&fields);
        schema["description"] = json!(summary);
        match (key, named) {
            ("series", true) => properties["series"]["additionalProperties"] = schema,
            (_, true) => {
                properties.insert(
                    key.to_owned(),
                    json!({"type": "object", "additionalProperties": schema}),
                );
            }
            (_, false) => {
                properties.insert(key.to_owned(), schema);
            }
        }
    }
    for kind in kinds() {
        properties.insert(kind.name.to_owned(), kind_schema(kind, CommonFields::fields()));
    }
    for kind in CONTRACTS {
        properties.insert(kind.name.to_owned(), kind_schema(kind, ContractFields::fields()));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Cowper site",
        "type": "object",
        "required": ["site", "horizon", "carrier"],
        "additionalProperties": false,
        "properties": properties,
    })
}

fn kind_schema<T: ?Sized>(kind: &Kind<T>, mut fields: Vec<FieldDoc>) -> Json {
    fields.extend((kind.fields)());
    let mut schema = table_schema(&fields);
    schema["description"] = json!(kind.summary());
    json!({"type": "object", "additionalProperties": schema})
}
