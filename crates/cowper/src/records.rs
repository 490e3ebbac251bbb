//! Records: a chain of hashes over inputs, plan, agreement and statements that both sides keep, so
//! that a changed number shows. Pure: the time and the bytes are given.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The algorithm that hashes are made with.
pub const ALGORITHM: &str = "sha256";

/// What the first record has in place of the hash of the one before.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One record: a line of records.jsonl.
///
/// `hash` is the SHA-256 of the record's line without it: the JSON object of the other fields, in the
/// order in which they stand here, without spaces, in UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// 1, 2, 3, …
    pub sequence: u64,
    /// When it was written, as the writer says.
    pub time: String,
    /// What it is of.
    pub kind: RecordKind,
    /// The file, as seen from the folder of the chain, with `/`.
    pub name: String,
    /// The algorithm of the hashes: sha256.
    pub algorithm: String,
    /// Hash of the file's bytes, in hexadecimal.
    pub payload: String,
    /// The `hash` of the record before; 64 noughts in the first.
    pub previous: String,
    /// Hash of this record.
    pub hash: String,
}

/// What a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// What something was made from: site, series, meters, costs.
    Inputs,
    /// The joint plan.
    Plan,
    /// Prices that hold apart from the plan.
    Prices,
    /// What was agreed.
    Agreement,
    /// A statement.
    Statement,
}

/// What is to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// When.
    pub time: &'a str,
    /// What it is of.
    pub kind: RecordKind,
    /// The file, as seen from the folder of the chain, with `/`.
    pub name: &'a str,
    /// Its bytes.
    pub payload: &'a [u8],
}

/// The fields that the hash is made of, in their order.
#[derive(Serialize)]
struct Hashed<'a> {
    sequence: u64,
    time: &'a str,
    kind: RecordKind,
    name: &'a str,
    algorithm: &'a str,
    payload: &'a str,
    previous: &'a str,
}

/// SHA-256 of bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

impl Record {
    /// The hash that its other fields give.
    pub fn own_hash(&self) -> String {
        let hashed = Hashed {
            sequence: self.sequence,
            time: &self.time,
            kind: self.kind,
            name: &self.name,
            algorithm: &self.algorithm,
            payload: &self.payload,
            previous: &self.previous,
        };
        // Text and numbers alone cannot fail to be written.
        sha256(&serde_json::to_vec(&hashed).unwrap_or_default())
    }

    /// Its line in records.jsonl.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

/// The record that goes after a chain; none if the newest of its name has the same payload already.
pub fn next(chain: &[Record], entry: Entry) -> Option<Record> {
    let payload = sha256(entry.payload);
    let newest = chain.iter().rev().find(|r| r.name == entry.name);
    if newest.is_some_and(|r| r.payload == payload && r.kind == entry.kind) {
        return None;
    }
    let last = chain.last();
    let mut record = Record {
        sequence: last.map_or(1, |r| r.sequence.saturating_add(1)),
        time: entry.time.to_owned(),
        kind: entry.kind,
        name: entry.name.to_owned(),
        algorithm: ALGORITHM.to_owned(),
        payload,
        previous: last.map_or(BEGINNING, |r| r.hash.as_str()).to_owned(),
        hash: String::new(),
    };
    record.hash = record.own_hash();
    Some(record)
}

/// The hash of the last record: what the two sides compare.
pub fn head(chain: &[Record]) -> &str {
    chain.last().map_or(BEGINNING, |r| r.hash.as_str())
}

/// Reads records.jsonl and checks that each record follows from the one before; says every break.
pub fn read(text: &str) -> Result<Vec<Record>, Vec<String>> {
    let (mut chain, mut wrong): (Vec<Record>, Vec<String>) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        match serde_json::from_str::<Record>(line) {
            Err(e) => wrong.push(format!("line {number} is no record: {e}")),
            Ok(record) => {
                wrong.extend(
                    problems(&chain, &record).into_iter().map(|p| format!("record {number}: {p}")),
                );
                if record.line().trim_end() != line {
                    wrong.push(format!(
                        "record {number} is not written as records are; it was edited"
                    ));
                }
                chain.push(record);
            }
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        wrong.push("the last line is not whole; it was cut off".into());
    }
    if wrong.is_empty() { Ok(chain) } else { Err(wrong) }
}

fn problems(chain: &[Record], record: &Record) -> Vec<String> {
    let mut found = Vec::new();
    if record.algorithm != ALGORITHM {
        found.push(format!(
            "`{}` is no algorithm known here; it is to be {ALGORITHM}",
            record.algorithm
        ));
    }
    if record.sequence != chain.last().map_or(1, |r| r.sequence.saturating_add(1)) {
        found.push(format!(
            "its number {} does not follow; a record was removed or added",
            record.sequence
        ));
    }
    if record.previous != head(chain) {
        found.push("it does not continue the record before, which was changed or removed".into());
    }
    if record.hash != record.own_hash() {
        found.push(format!("its content ({}) was changed after it was written", record.name));
    }
    found
}

/// The newest record of each file, in the order of the names: what the files are to be compared with.
pub fn newest(chain: &[Record]) -> Vec<&Record> {
    let mut by_name: std::collections::BTreeMap<&str, &Record> = std::collections::BTreeMap::new();
    for record in chain {
        by_name.insert(&record.name, record);
    }
    by_name.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Vec<Record> {
        let mut chain = Vec::new();
        let entry = |name, payload| Entry {
            time: "2025-04-02T08:00:00Z",
            kind: RecordKind::Plan,
            name,
            payload,
        };
        for (name, payload) in
            [("plan.csv", b"a".as_slice()), ("agreement.json", b"b"), ("plan.csv", b"c")]
        {
            let record = next(&chain, entry(name, payload)).unwrap();
            chain.push(record);
        }
        chain
    }

    fn text(chain: &[Record]) -> String {
        chain.iter().map(Record::line).collect()
    }

    /// Proves: a chain is read as written, the newest of a name counts, and the same again is no record.
    #[test]
    fn a_chain_is_read_as_written() {
        let chain = chain();
        assert_eq!(read(&text(&chain)), Ok(chain.clone()));
        assert_eq!(read(""), Ok(Vec::new()));
        assert_eq!(newest(&chain).iter().map(|r| r.sequence).collect::<Vec<_>>(), [2, 3]);
        let again =
            Entry { time: "later", kind: RecordKind::Plan, name: "plan.csv", payload: b"c" };
        assert_eq!(next(&chain, again), None);
        // SHA-256 of "a", as in any table of it.
        assert!(
            chain[0]
                .payload
                .starts_with("ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785")
        );
    }

    /// Proves: no single character of a chain can be changed, no line removed or swapped, unseen.
    /// Sensitivity: a hash of the payload alone would let a date be changed.
    #[test]
    fn every_change_shows() {
        let whole = text(&chain());
        for at in 0..whole.len() - 1 {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(read(&changed).is_err(), "byte {at}: {changed}");
        }
        let lines: Vec<&str> = whole.split_inclusive('\n').collect();
        assert!(read(&[lines[1], lines[2]].concat()).is_err());
        assert!(read(&[lines[0], lines[2]].concat()).is_err());
        assert!(read(&[lines[1], lines[0], lines[2]].concat()).is_err());
        assert!(read(&whole[..whole.len() - 5]).is_err());
        // The end cut off cannot be seen in the chain itself: the head differs from the other side's.
        assert_ne!(head(&read(&[lines[0], lines[1]].concat()).unwrap()), head(&chain()));
    }
}
