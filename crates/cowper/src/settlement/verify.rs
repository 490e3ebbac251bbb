//! Two statements side by side: the first place at which a stated value is not the recomputed one.

use serde_json::Value;

/// The first place at which a stated statement differs from the recomputed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where: party, meter, line, time, in words.
    pub place: String,
    /// What is stated there.
    pub stated: String,
    /// What comes out.
    pub recomputed: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}: stated {}, recomputed {}", self.place, self.stated, self.recomputed)
    }
}

/// Compares the bytes of a statement with the recomputed ones. None where they are the same, byte for byte.
pub fn first_difference(stated: &[u8], recomputed: &[u8]) -> Option<Difference> {
    if stated == recomputed {
        return None;
    }
    let whole = |stated: &str, recomputed: &str| Difference {
        place: "the file as a whole".into(),
        stated: stated.into(),
        recomputed: recomputed.into(),
    };
    let right: Value = match serde_json::from_slice(recomputed) {
        Ok(value) => value,
        Err(e) => return Some(whole("a statement", &e.to_string())),
    };
    let said: Value = match serde_json::from_slice(stated) {
        Ok(value) => value,
        Err(e) => return Some(whole(&format!("text that is no JSON ({e})"), "a statement")),
    };
    let mut path = Vec::new();
    let found = walk(&said, &right, &mut path);
    Some(found.map_or_else(
        || whole("the same values in other bytes", "the bytes that Cowper writes"),
        |(stated, recomputed)| Difference { place: words(&path, &right), stated, recomputed },
    ))
}

/// A step into a document.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Field(String),
    Item(usize),
}

/// The first leaf that differs, in the order of the recomputed document.
fn walk(stated: &Value, right: &Value, path: &mut Vec<Step>) -> Option<(String, String)> {
    match (stated, right) {
        (Value::Object(said), Value::Object(own)) => {
            for (key, value) in own {
                path.push(Step::Field(key.clone()));
                let there = said.get(key);
                let found = match there {
                    Some(there) => walk(there, value, path),
                    None => Some(("nothing".into(), shown(value))),
                };
                if found.is_some() {
                    return found;
                }
                path.pop();
            }
            let more = said.keys().find(|key| !own.contains_key(*key))?;
            path.push(Step::Field(more.clone()));
            Some((shown(&said[more.as_str()]), "nothing".into()))
        }
        (Value::Array(said), Value::Array(own)) => {
            for (index, value) in own.iter().enumerate() {
                path.push(Step::Item(index));
                let found = match said.get(index) {
                    Some(there) => walk(there, value, path),
                    None => Some(("nothing".into(), shown(value))),
                };
                if found.is_some() {
                    return found;
                }
                path.pop();
            }
            let more = said.get(own.len())?;
            path.push(Step::Item(own.len()));
            Some((shown(more), "nothing".into()))
        }
        _ => (stated != right).then(|| (shown(stated), shown(right))),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{}`", crate::units::shortened(text)),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an entry".into(),
        other => other.to_string(),
    }
}

/// A path as people read it: "party steel, meter power, imbalance at 2025-03-01T00:15:00+01:00".
fn words(path: &[Step], document: &Value) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut here = Some(document);
    let mut list = String::new();
    for step in path {
        match step {
            Step::Field(key) => {
                here = here.and_then(|v| v.get(key));
                list.clone_from(key);
                parts.push(key.replace('_', " "));
            }
            Step::Item(index) => {
                here = here.and_then(|v| v.get(index));
                let name = ["line", "key", "node", "name", "role"]
                    .iter()
                    .find_map(|k| here.and_then(|v| v.get(*k)).and_then(Value::as_str));
                parts.pop();
                let one = match list.as_str() {
                    "parties" => "party",
                    other => other.strip_suffix('s').unwrap_or(other),
                };
                let time = document.get("times").and_then(|t| t.get(index)).and_then(Value::as_str);
                parts.push(match (name, time) {
                    (Some(name), _) => format!("{one} {name}"),
                    (None, Some(time)) if here.is_none_or(|v| !v.is_object()) && path.len() > 2 => {
                        format!("{} at {time}", list.replace('_', " "))
                    }
                    _ => format!("{one} {}", index + 1),
                });
            }
        }
    }
    parts.join(", ")
}
