//! The reference of the site file, made from the kinds themselves: pages and the JSON Schema.

use serde_json::{Value as Json, json};

use crate::component::Kind;
use crate::components::kinds;
use crate::field::{FieldDoc, Record, table_schema};
use crate::input::{CommonFields, sections};

/// The list of kinds, one line each.
pub fn list() -> String {
    let mut text = String::new();
    for kind in kinds() {
        text.push_str(&format!("{:<20} {}\n", kind.name, kind.summary().replace('\n', " ")));
    }
    text
}

/// The page of a kind: what it is, its equations, its fields, its example.
pub fn page(kind: &Kind) -> String {
    let mut text = format!("# {}\n\n", kind.name);
    let (before, example) = kind.doc.split_once("# Example").unwrap_or((kind.doc, ""));
    text.push_str(&before.replace("\n# ", "\n## "));
    text.push_str("## Fields\n\n");
    text.push_str(&field_table(&(kind.fields)()));
    text.push_str("\nEvery component also has:\n\n");
    text.push_str(&field_table(&CommonFields::fields()));
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
        let mut fields = CommonFields::fields();
        fields.extend((kind.fields)());
        let mut schema = table_schema(&fields);
        schema["description"] = json!(kind.summary());
        properties.insert(
            kind.name.to_owned(),
            json!({"type": "object", "additionalProperties": schema}),
        );
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
