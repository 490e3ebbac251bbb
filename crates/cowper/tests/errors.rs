//! Bad input: each file or folder in `errors/` holds mistakes, and beside it the message they give.

use std::path::{Path, PathBuf};

use cowper::compile::check;
use cowper::diagnostic::{Diagnostic, any_error, render};
use cowper::series::{FileOptions, RawTable, read_csv};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/errors")
}

/// What a user sees of a site that must not run.
fn shown(text: &str, files: &cowper::input::Files) -> String {
    let found = check(text, files);
    render(&found, "site.toml", text)
}

/// What a user sees of a site that must not run, with the files beside it.
fn shown_at(site: &Path) -> String {
    let beside = site.parent().expect("a file lies in a folder").to_owned();
    let files = move |file: &str, options: &FileOptions| -> Result<RawTable, Vec<Diagnostic>> {
        let bytes = std::fs::read(beside.join(file))
            .map_err(|e| vec![Diagnostic::nowhere(format!("`{file}` cannot be opened: {e}"))])?;
        read_csv(file, &bytes, options)
    };
    shown(&std::fs::read_to_string(site).unwrap(), &files)
}

fn no_files(file: &str, _: &FileOptions) -> Result<RawTable, Vec<Diagnostic>> {
    Err(vec![Diagnostic::nowhere(format!("there is no file `{file}`"))])
}

fn expect(name: &str, shown: &str) {
    insta::with_settings!({snapshot_path => folder(), prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, shown);
    });
}

/// Proves: every site in the folder is refused (or doubted, where its name says so) with its message.
/// Sensitivity: a mistake that is guessed away would show no message.
#[test]
fn every_mistake_has_its_message() {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    let mut count = 0;
    for path in entries {
        let site = if path.is_dir() { path.join("site.toml") } else { path.clone() };
        if site.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let shown = shown_at(&site);
        let wanted = if name.starts_with("doubt_") { "warning: " } else { "error: " };
        assert!(shown.starts_with(wanted), "{name}: {shown}");
        expect(name, &shown);
        count += 1;
    }
    assert!(count >= 25, "{count}");
}

const SITE: &str = r#"
[site]
name = "test"
[horizon]
start = "2025-01-01"
end = "2025-01-02"
step = "1 h"
[carrier.electricity]
measure = "energy"
[grid_connection.grid]
import_price = "50 EUR/MWh"
[demand.mill]
carrier = "electricity"
amount = "10 MW"
"#;

/// Proves: the site the mistakes are made in has none of its own.
#[test]
fn the_sound_site_is_sound() {
    assert_eq!(shown(SITE, &no_files), "");
}

/// Proves: a line of 10 MB is read quickly and shown in a screenful.
/// Sensitivity: a message that repeats what it complains of would be 10 MB long.
#[test]
fn a_line_of_ten_megabytes() {
    let long = "x".repeat(10_000_000);
    let value = shown(&SITE.replace("10 MW", &long), &no_files);
    expect("generated_long_value", &value);
    let name = shown(&SITE.replace("mill]", &format!("{long}]")), &no_files);
    expect("generated_long_name", &name);
    let number =
        shown(&SITE.replace("10 MW", &format!("{} MW", "9".repeat(10_000_000))), &no_files);
    expect("generated_long_number", &number);
    let list = SITE.replace("\"10 MW\"", "\"use\"")
        + &format!("[series.use]\nvalues = [{}]", "\"x\",".repeat(1_000_000));
    let list = shown(&list, &no_files);
    assert!(list.len() < 60_000, "{}", list.len());
    let csv = format!("time,{long},use [MW]\n2025-01-01 00:00,1,{long}\n2025-01-01 01:00,2,3\n");
    let in_file = |file: &str, options: &FileOptions| read_csv(file, csv.as_bytes(), options);
    expect(
        "generated_long_cell",
        &shown(&(SITE.replace("10 MW", "use") + "[series]\nfile = \"series.csv\""), &in_file),
    );
}

/// Proves: nesting without end is refused, not followed.
/// Sensitivity: a reader that calls itself at each level would overflow its stack.
#[test]
fn nesting_without_end() {
    for (open, close) in [("[", "]"), ("{ a = ", "}"), ("[{ a = ", "}]")] {
        let deep = format!("{SITE}note = {}1{}", open.repeat(100_000), close.repeat(100_000));
        assert!(shown(&deep, &no_files).starts_with("error: "));
    }
    let dotted = format!("{SITE}[x]\n{}a = 1", "a.".repeat(100_000));
    assert!(shown(&dotted, &no_files).starts_with("error: "));
    let header = format!("{SITE}[{}a]\nb = 1", "a.".repeat(100_000));
    assert!(shown(&header, &no_files).starts_with("error: "));
}

/// Proves: bytes that are no text, and spreadsheets' other encodings, are named as such.
/// Sensitivity: read as they are, a unit or a name would silently be another.
#[test]
fn bytes_that_are_no_text() {
    let site = SITE.replace("10 MW", "use") + "[series]\nfile = \"series.csv\"";
    let rows = "\n2025-01-01 00:00,1\n2025-01-01 01:00,2\n";
    let latin = [b"time,use [MW],na\xefve".as_slice(), rows.as_bytes()].concat();
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(format!("time,use [MW]{rows}").bytes().flat_map(|b| [b, 0]))
        .collect();
    let cell = [b"time,use [MW]\n2025-01-01 00:00,1\n2025-01-01 01:00,\xff\xfe\n".as_slice(), &[]]
        .concat();
    for (name, bytes) in [
        ("generated_latin_1", latin),
        ("generated_utf_16", wide),
        ("generated_bytes_in_a_cell", cell),
    ] {
        let files = |file: &str, options: &FileOptions| read_csv(file, &bytes, options);
        expect(name, &shown(&site, &files));
    }
}

/// Proves: a byte order mark and Windows line ends change nothing.
/// Sensitivity: a mark taken into the first name, or a \r into the last unit, would be a mistake.
#[test]
fn marks_and_line_ends_of_windows() {
    let windows = format!("\u{feff}{}", SITE.replace('\n', "\r\n"));
    assert_eq!(shown(&windows, &no_files), "");
    let wrong = windows.replace("10 MW", "10 MWh");
    expect("generated_windows_site", &shown(&wrong, &no_files));
    let rows: String = (0..24).map(|h| format!("2025-01-01 {h:02}:00;{h}\r\n")).collect();
    let csv = format!("\u{feff}time;use [MW]\r\n{rows}");
    let files = |file: &str, options: &FileOptions| read_csv(file, csv.as_bytes(), options);
    let site = SITE.replace("10 MW", "use") + "[series]\nfile = \"series.csv\"";
    assert_eq!(shown(&site, &files), "");
    assert!(!any_error(&check(&site, &files)));
}
