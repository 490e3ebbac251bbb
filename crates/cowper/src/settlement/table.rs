//! A file of comma- or semicolon-separated text with its lines, before anything in it is understood.

use crate::diagnostic::Diagnostic;
use crate::units;

/// A file's header and rows.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub file: String,
    pub columns: Vec<Header>,
    pub rows: Vec<Row>,
}

/// The heading of a column: "name [unit]".
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Header {
    pub name: String,
    pub unit: Option<String>,
}

/// A row: where it stands, its first cell and the others.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub line: usize,
    pub stamp: String,
    pub cells: Vec<String>,
}

/// Mistakes of a file: of each kind the first few, then how many more.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub all: Vec<Diagnostic>,
    counts: std::collections::BTreeMap<&'static str, usize>,
}

/// Of one kind of mistake in a file, the first few are enough.
const MOST_OF_A_KIND: usize = 5;

impl Found {
    /// Notes a mistake of a kind.
    pub fn say(&mut self, kind: &'static str, diagnostic: Diagnostic) {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        if *count <= MOST_OF_A_KIND {
            self.all.push(diagnostic);
        }
    }

    /// Everything, with how many of each kind were left out.
    pub fn into_all(mut self, file: &str) -> Vec<Diagnostic> {
        for (kind, count) in self.counts {
            if count > MOST_OF_A_KIND {
                let message = format!("and {} more: {kind}", count - MOST_OF_A_KIND);
                self.all.push(Diagnostic::in_series(file, 0, "", message));
            }
        }
        self.all
    }
}

/// Reads the rows of a file; notes what is wrong with its form.
pub(crate) fn read(file: &str, bytes: &[u8], found: &mut Found) -> Option<Table> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Err(e) = std::str::from_utf8(bytes) {
        let line = bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        let message = format!("`{file}` is not UTF-8 from here on; save it as \"CSV UTF-8\"");
        found.say("not UTF-8", Diagnostic::in_series(file, line, "", message));
        return None;
    }
    let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = |c| first.iter().filter(|b| **b == c).count();
    let delimiter =
        [b',', b';', b'\t'].into_iter().max_by_key(|c| (count(*c), *c == b',')).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let columns = header(file, &mut reader, found)?;
    let rows = rows(file, &mut reader, (columns.len() + 1, delimiter), found);
    Some(Table { file: file.to_owned(), columns, rows })
}

fn header(file: &str, reader: &mut csv::Reader<&[u8]>, found: &mut Found) -> Option<Vec<Header>> {
    let header = match reader.headers() {
        Ok(header) if header.len() >= 2 => header.clone(),
        Ok(header) => {
            let text = header.iter().collect::<Vec<_>>().join(",");
            let message = format!(
                "`{file}` has no columns; the first is `time`, each other such as `steel.power [MW]`"
            );
            found.say("no columns", Diagnostic::in_series(file, 1, &text, message));
            return None;
        }
        Err(e) => {
            let message = format!("`{file}` cannot be read: {e}");
            found.say("cannot be read", Diagnostic::in_series(file, 1, "", message));
            return None;
        }
    };
    let mut columns: Vec<Header> = Vec::new();
    for text in header.iter().skip(1) {
        let (name, unit) = match text.split_once('[') {
            Some((name, unit)) => (name.trim(), Some(unit.trim_end_matches(']').trim().to_owned())),
            None => (text, None),
        };
        if columns.iter().any(|c| c.name == name) {
            let message = format!("two columns are called `{name}`; remove one");
            found.say("columns of one name", Diagnostic::in_series(file, 1, text, message));
        }
        columns.push(Header { name: name.to_owned(), unit });
    }
    Some(columns)
}

fn rows(
    file: &str,
    reader: &mut csv::Reader<&[u8]>,
    (width, delimiter): (usize, u8),
    found: &mut Found,
) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return rows,
            Err(e) => {
                let line = e.position().map_or(0, |p| p.line() as usize);
                let message = format!("`{file}` cannot be read from here on: {e}");
                found.say("cannot be read", Diagnostic::in_series(file, line, "", message));
                return rows;
            }
        }
        let line = record.position().map_or(rows.len() + 2, |p| p.line() as usize);
        if record.iter().all(str::is_empty) {
            continue;
        }
        if record.len() != width {
            let hint = if record.len() < width {
                "fill in the missing cells, or leave them empty between separators"
            } else if delimiter == b',' {
                "if commas stand in the numbers, write them with a decimal point and without thousands set apart"
            } else {
                "remove the cells without a header"
            };
            let message =
                format!("this row has {} cells, the header {width}; {hint}", record.len());
            let text = record
                .iter()
                .collect::<Vec<_>>()
                .join(char::from(delimiter).encode_utf8(&mut [0; 4]));
            found.say("rows of another length", Diagnostic::in_series(file, line, &text, message));
            continue;
        }
        let mut cells = record.iter().map(str::to_owned);
        let stamp = cells.next().unwrap_or_default();
        rows.push(Row { line, stamp, cells: cells.collect() });
    }
}

impl Table {
    /// A mistake at a line of this file.
    pub fn mistake(&self, line: usize, text: &str, message: String) -> Diagnostic {
        Diagnostic::in_series(&self.file, line, units::shortened(text).as_str(), message)
    }
}
