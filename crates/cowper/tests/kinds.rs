//! Conventions that hold for every kind: a page, an example that runs, tests that say what they prove.

use std::ops::ControlFlow;
use std::path::PathBuf;

use cowper::compile::{compile, connections};
use cowper::components::kinds;
use cowper::diagnostic::{Diagnostic, render};
use cowper::series::{FileOptions, RawTable};
use cowper::solver::{Limits, Status, solve};

fn no_files(file: &str, _: &FileOptions) -> Result<RawTable, Vec<Diagnostic>> {
    Err(vec![Diagnostic::nowhere(format!(
        "examples carry their series; there is no file `{file}`"
    ))])
}

/// Proves: the example on every kind's page is a complete site that solves without shortage or surplus.
#[test]
fn every_example_runs() {
    for kind in kinds() {
        let text = kind.example();
        let shown = |found: &[Diagnostic]| render(found, kind.name, text);
        assert!(
            text.contains(&format!("[{}.", kind.name)),
            "{}: the example does not use the kind",
            kind.name
        );
        let (site, warnings) =
            cowper::input::read(text, &no_files).unwrap_or_else(|f| panic!("{}", shown(&f)));
        assert!(warnings.is_empty(), "{}", shown(&warnings));
        let compiled = compile(&site, &site.horizon).unwrap_or_else(|f| panic!("{}", shown(&f)));
        let loose = connections(&site, &compiled);
        assert!(loose.is_empty(), "{}", shown(&loose));
        let solution =
            solve(&compiled.problem, Limits::default(), &mut |_| ControlFlow::Continue(()));
        assert_eq!(solution.status, Status::Optimal, "{}", kind.name);
        let point = solution.point.expect("an optimum has a point");
        let schedule = cowper::schedule::schedule(&site, &compiled, &point);
        let accounts = cowper::accounts::accounts(&site, &compiled, &point, &schedule);
        assert!(accounts.slacks.is_empty(), "{}: {:?}", kind.name, accounts.slacks);
    }
}

/// Proves: a kind's file holds at least two hand-calculated tests that say what they prove.
#[test]
fn every_kind_is_tested() {
    for kind in kinds() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/components");
        let file = format!("{}.rs", kind.name);
        let path =
            [folder.join(&file), folder.join("steel").join(&file)].into_iter().find(|p| p.exists());
        let path = path.unwrap_or_else(|| panic!("kind `{}` has no file of its name", kind.name));
        let text = std::fs::read_to_string(&path).unwrap();
        let proofs = text.matches("/// Proves: ").count();
        assert!(
            proofs >= 2,
            "{}: {proofs} tests say what they prove; two are the least",
            path.display()
        );
        assert!(
            text.contains("Sensitivity: "),
            "{}: no test says what a wrong model would give",
            path.display()
        );
        assert!(text.matches("#[test]").count() >= proofs, "{}", path.display());
    }
}

/// Proves: names are unique and every field is documented.
#[test]
fn every_kind_has_a_page() {
    let mut names: Vec<&str> = kinds().map(|k| k.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "two kinds share a name");
    for kind in kinds() {
        let page = cowper::reference::page(kind);
        for part in ["## Equations", "## Fields", "## Example", "```toml"] {
            assert!(page.contains(part), "{}: its page lacks {part}", kind.name);
        }
        for field in (kind.fields)() {
            assert!(
                field.doc.ends_with('.'),
                "{}.{}: its meaning is not a sentence",
                kind.name,
                field.name
            );
        }
    }
}
