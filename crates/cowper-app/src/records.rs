//! The chain of records on disk: records.jsonl in the folder of an agreement.

use std::path::{Path, PathBuf};

use cowper::records::{Entry, Record, RecordKind, head, newest, next, read, sha256};

use crate::{Failure, files, print};

/// The file of the chain.
pub const FILE: &str = "records.jsonl";

/// A file to be recorded: what it is, its name as seen from the folder, its bytes.
pub type File<'a> = (RecordKind, &'a str, &'a [u8]);

/// The folder of an agreement, named by itself, by the folder of a study, or by the site that was shared
/// without `--out`. What is none of these is left as it is, for the message.
pub fn agreement_of(named: &Path) -> PathBuf {
    let site = if named.is_file() { named.parent().unwrap_or(named) } else { named };
    [named.to_path_buf(), named.join("agreement"), site.join("sharing").join("agreement")]
        .into_iter()
        .find(|folder| folder.join(FILE).is_file() || folder.join("agreement.json").is_file())
        .unwrap_or_else(|| named.to_path_buf())
}

/// The chain of a folder, empty if there is none yet; says every break.
pub fn chain(folder: &Path) -> Result<Vec<Record>, Failure> {
    let path = folder.join(FILE);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let shown = path.display();
    let text = String::from_utf8(files::read(&path)?).map_err(|_| {
        Failure::input(format!("error: {shown} is not text in UTF-8; it was changed"))
    })?;
    read(&text).map_err(|wrong| {
        let wrong: Vec<String> = wrong.iter().map(|w| format!("error: {shown}: {w}")).collect();
        Failure::input(format!(
            "{}\nthe records were changed; take the file of the other side, or a copy whose head both know",
            wrong.join("\n")
        ))
    })
}

/// Records files at the end of the chain; one that is recorded as it is already is left.
pub fn append(folder: &Path, entries: &[File]) -> Result<(), Failure> {
    let mut chain = chain(folder)?;
    let before = chain.len();
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    for (kind, name, payload) in entries {
        chain.extend(next(&chain, Entry { time: &now, kind: *kind, name, payload }));
    }
    if chain.len() == before {
        return Ok(());
    }
    let text: String = chain.iter().map(Record::line).collect();
    files::write(&folder.join(FILE), text.as_bytes())
}

/// Says which of these files are not as the chain has them.
pub fn changed(folder: &Path, entries: &[File]) -> Result<Vec<String>, Failure> {
    let chain = chain(folder)?;
    let newest = newest(&chain);
    let changed = entries.iter().filter_map(|(_, name, payload)| {
        let record = newest.iter().find(|r| r.name == *name)?;
        let now = sha256(payload);
        (now != record.payload).then(|| {
            format!(
                "{name} is not as record {} of {} has it: recorded {}, now {now}",
                record.sequence, record.time, record.payload
            )
        })
    });
    Ok(changed.collect())
}

/// Checks the chain of a folder and every file against its newest record.
pub fn verify(named: &Path) -> Result<(), Failure> {
    let folder = &agreement_of(named);
    if !folder.join(FILE).is_file() {
        return Err(Failure::file(format!(
            "error: the folder {} holds no {FILE}; name the folder of an agreement",
            folder.display()
        )));
    }
    let chain = chain(folder)?;
    let mut wrong = Vec::new();
    let newest = newest(&chain);
    for record in &newest {
        let path = folder.join(&record.name);
        if !path.is_file() {
            wrong.push(format!(
                "error: {} of record {} is missing; bring it back from a copy",
                path.display(),
                record.sequence
            ));
        } else if sha256(&files::read(&path)?) != record.payload {
            wrong.push(format!(
                "error: {} was changed after record {} of {}",
                path.display(),
                record.sequence,
                record.time
            ));
        }
    }
    if !wrong.is_empty() {
        return Err(Failure::input(wrong.join("\n")));
    }
    print(&format!(
        "{}: {} records, each continuing the one before; {} files as recorded\n  head {}\n  compare the head with the other side's: if it is the same, so is every record\n",
        folder.join(FILE).display(),
        chain.len(),
        newest.len(),
        head(&chain)
    ))
}
