//! Settling, verifying and the records, as a user has them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn cowper(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cowper")).args(arguments).output().expect("cowper starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The agreement of the guide, copied so that it may be spoilt.
fn agreement(folder: &Path) -> (String, String) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/agreement");
    for file in ["agreement.json", "plan.csv", "meters-2025-03.csv"] {
        std::fs::copy(from.join(file), folder.join(file)).expect("the example is there");
    }
    (folder.display().to_string(), folder.join("meters-2025-03.csv").display().to_string())
}

fn settled(folder: &Path) -> (String, PathBuf) {
    let (dir, meters) = agreement(folder);
    let output = cowper(&["settle", &dir, "--meters", &meters, "--month", "2025-03"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    (dir, folder.join("statements/2025-03/statement.json"))
}

fn verify(statement: &Path) -> Output {
    cowper(&["settle", "--verify", &statement.display().to_string()])
}

/// Proves: a month is settled into its files, verified from them alone, recorded, and the same again
/// changes nothing. Sensitivity: a time or a version in the statement would differ at the second try.
#[test]
fn a_month_is_settled_and_verified() {
    let folder = tempfile::tempdir().expect("there is room");
    let (dir, statement) = settled(folder.path());
    for party in ["steel", "grid"] {
        for kind in ["csv", "html"] {
            let path = statement.with_file_name(format!("statement-{party}.{kind}"));
            assert!(path.metadata().is_ok_and(|m| m.len() > 500), "{}", path.display());
        }
    }
    let output = verify(&statement);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("the same to the last byte"));
    let output = cowper(&["verify", &dir]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("4 records"), "{}", text(&output.stdout));
    let records = std::fs::read(folder.path().join("records.jsonl")).unwrap();
    settled(folder.path());
    assert_eq!(std::fs::read(folder.path().join("records.jsonl")).unwrap(), records);
}

/// Proves: one digit changed in the statement, the plan, the agreement or the meters is found by both
/// commands, with the file or the line. Sensitivity: sums alone would not tell a swap of two digits.
#[test]
fn a_changed_digit_is_found() {
    let folder = tempfile::tempdir().expect("there is room");
    let (dir, statement) = settled(folder.path());
    let cases: [(&Path, &str, &str, &str); 6] = [
        (
            &statement,
            "\"300.00\"",
            "\"310.00\"",
            "party steel, meter power, imbalance at 2025-03-01T00:15:00+08:00: stated `310.00`, recomputed `300.00`",
        ),
        (&statement, "\"2025-03\"", "\"2025-04\"", "cannot be recomputed as it states"),
        (&statement, "2025-03.csv", "2025-02.csv", "cannot be read"),
        (&folder.path().join("plan.csv"), ",400,", ",401,", "is not the plan that was agreed on"),
        (
            &folder.path().join("meters-2025-03.csv"),
            ",12",
            ",13",
            "is not what the statement was made from",
        ),
        (
            &folder.path().join("agreement.json"),
            "\"1000\"",
            "\"1001\"",
            "is not what the statement was made from",
        ),
    ];
    for (path, from, to, told) in cases {
        let whole = std::fs::read_to_string(path).unwrap();
        assert!(whole.contains(from), "{from} in {}", path.display());
        std::fs::write(path, whole.replacen(from, to, 1)).unwrap();
        let output = verify(&statement);
        assert_eq!(
            output.status.code(),
            Some(if told.contains("cannot be read") { 4 } else { 1 }),
            "{told}"
        );
        assert!(text(&output.stderr).contains(told), "{told}\n{}", text(&output.stderr));
        let output = cowper(&["verify", &dir]);
        assert_eq!(output.status.code(), Some(1), "{told}");
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(text(&output.stderr).contains(&name), "{}", text(&output.stderr));
        std::fs::write(path, whole).unwrap();
    }
    assert!(verify(&statement).status.success() && cowper(&["verify", &dir]).status.success());
    let records = folder.path().join("records.jsonl");
    let whole = std::fs::read_to_string(&records).unwrap();
    std::fs::write(&records, whole.replacen("plan.csv", "plon.csv", 1)).unwrap();
    let output = cowper(&["verify", &dir]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("was changed after it was written"),
        "{}",
        text(&output.stderr)
    );
}

/// Proves: every digit of a statement counts: 40 of them, spread over the file, changed one at a time.
/// Sensitivity: a figure that is stated but not recomputed would pass.
#[test]
fn digits_all_over_the_statement_count() {
    let folder = tempfile::tempdir().expect("there is room");
    let (_, statement) = settled(folder.path());
    let whole = std::fs::read(&statement).unwrap();
    let digits: Vec<usize> = (0..whole.len()).filter(|i| whole[*i].is_ascii_digit()).collect();
    for pick in 0..40 {
        let at = digits[pick * (digits.len() - 1) / 39];
        let mut changed = whole.clone();
        changed[at] = b'0' + (changed[at] - b'0' + 1 + pick as u8 % 9) % 10;
        std::fs::write(&statement, &changed).unwrap();
        let output = verify(&statement);
        assert!(matches!(output.status.code(), Some(1 | 4)), "byte {at}: {}", text(&output.stdout));
    }
}

/// Proves: a correction stands beside what it corrects and says what is due now; nothing that was
/// given out is written over; the end of the agreement is closed with its true-up.
#[test]
fn corrections_and_the_end() {
    let folder = tempfile::tempdir().expect("there is room");
    let (dir, statement) = settled(folder.path());
    let meters = folder.path().join("meters-2025-03.csv");
    let corrected = folder.path().join("corrected.csv");
    let whole = std::fs::read_to_string(&meters).unwrap();
    std::fs::write(&corrected, whole.replace(",12", ",11")).unwrap();
    let (corrected, first) = (corrected.display().to_string(), statement.display().to_string());
    let output = cowper(&["settle", &dir, "--meters", &corrected, "--month", "2025-03"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stderr).contains("--previous"), "{}", text(&output.stderr));
    let out = folder.path().join("second").display().to_string();
    let arguments = [
        "settle",
        &dir,
        "--meters",
        &corrected,
        "--month",
        "2025-03",
        "--previous",
        &first,
        "--out",
        &out,
        "--final",
    ];
    let output = cowper(&arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    // 1 MW less at 600 for a quarter of an hour.
    assert!(text(&output.stdout).contains("-150.00"), "{}", text(&output.stdout));
    assert!(verify(&Path::new(&out).join("statement.json")).status.success());
    let output = cowper(&["verify", &dir]);
    assert!(text(&output.stdout).contains("6 records"), "{}", text(&output.stdout));
    let page = std::fs::read_to_string(Path::new(&out).join("statement-steel.html")).unwrap();
    assert!(page.contains("To receive: <b>150.00 CNY</b>") && page.contains("true_up"), "{page}");
}

/// Proves: what is missing on the command line is told. Sensitivity: a panic, or a guess.
#[test]
fn what_is_missing_is_told() {
    let folder = tempfile::tempdir().expect("there is room");
    let (dir, meters) = agreement(folder.path());
    for (arguments, code, told) in [
        (vec!["settle", &dir], 2, "--meters"),
        (
            vec!["settle", &dir, "--meters", &meters, "--month", "2026-01"],
            1,
            "covers 2025-03 to 2025-03",
        ),
        (vec!["settle", &dir, "--meters", "nowhere.csv", "--month", "2025-03"], 4, "no such file"),
        (
            vec!["settle", &dir, "--meters", &meters, "--month", "2025-03", "--costs", &meters],
            1,
            "add --final",
        ),
        (vec!["verify", &dir], 4, "holds no records.jsonl"),
    ] {
        let output = cowper(&arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(told), "{told}: {}", text(&output.stderr));
    }
    assert!(!folder.path().join("statements").exists(), "mistakes leave nothing behind");
}

/// Proves: the guide shows what the commands say. Sensitivity: another figure or word on the page.
#[test]
fn the_guide_shows_what_is_said() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/src/settlement.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let folder = tempfile::tempdir().expect("there is room");
    let (dir, meters) = agreement(folder.path());
    let statement = format!("{dir}/statements/2025-03/statement.json");
    let commands: [&[&str]; 3] = [
        &["settle", &dir, "--meters", &meters, "--month", "2025-03"],
        &["settle", "--verify", &statement],
        &["verify", &dir],
    ];
    for arguments in commands {
        let said = text(&cowper(arguments).stdout).replace(&dir, "examples/agreement");
        // Hashes follow from the time of recording; the words about them stand in the text.
        for line in said
            .lines()
            .filter(|l| !["sha256", "head", "compare"].iter().any(|w| l.trim().starts_with(w)))
        {
            assert!(page.contains(line), "{line}");
        }
    }
}

/// Proves: the records hold a month to what was given out: another statement has to correct the last
/// one, as recorded, and meters that were settled by are not changed in place.
/// Sensitivity: a previous statement with 14 455.00 made 4 455.00 would make 10 000.00 due again, and
/// verify; changed meters under their old name would leave the first statement without its ground.
#[test]
fn the_records_hold_what_was_given_out() {
    let folder = tempfile::tempdir().expect("there is room");
    let (dir, statement) = settled(folder.path());
    let meters = folder.path().join("meters-2025-03.csv");
    let whole = std::fs::read_to_string(&meters).unwrap();
    let corrected = folder.path().join("corrected.csv");
    std::fs::write(&corrected, whole.replace(",12", ",11")).unwrap();
    let corrected = corrected.display().to_string();
    let out = folder.path().join("elsewhere").display().to_string();
    let settle = |meters: &str, more: &[&str]| {
        let base = ["settle", &dir, "--meters", meters, "--month", "2025-03", "--out", &out];
        let output = cowper(&[&base, more].concat());
        (output.status.code(), text(&output.stderr))
    };
    let records = folder.path().join("records.jsonl");
    let before = std::fs::read(&records).unwrap();

    let (code, said) = settle(&corrected, &[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("2025-03 was settled by statements/2025-03/statement.json"), "{said}");

    let forged = folder.path().join("forged.json");
    let text = std::fs::read_to_string(&statement).unwrap();
    std::fs::write(&forged, text.replace("14455.00", "4455.00")).unwrap();
    assert_ne!(std::fs::read_to_string(&forged).unwrap(), text);
    let (code, said) = settle(&corrected, &["--previous", &forged.display().to_string()]);
    assert_eq!(code, Some(1));
    assert!(said.contains("was never recorded"), "{said}");

    std::fs::write(&meters, whole.replace(",12", ",11")).unwrap();
    let (code, said) = settle(&meters.display().to_string(), &[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("meters-2025-03.csv is not as record"), "{said}");
    std::fs::write(&meters, whole).unwrap();
    assert_eq!(std::fs::read(&records).unwrap(), before);

    let first = statement.display().to_string();
    let (code, said) = settle(&corrected, &["--previous", &first]);
    assert_eq!(code, Some(0), "{said}");
}
