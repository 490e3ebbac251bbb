//! Conventions that hold for every kind: a page, an example that runs, tests that say what they prove.

use std::ops::ControlFlow;
use std::path::PathBuf;

use cowper::compile::{compile, connections};
use cowper::components::kinds;
use cowper::contracts::CONTRACTS;
use cowper::cooperation::baseline;
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
    let contracts = CONTRACTS.iter().map(|k| (k.name, k.example()));
    for (name, text) in kinds().map(|k| (k.name, k.example())).chain(contracts) {
        let shown = |found: &[Diagnostic]| render(found, name, text);
        assert!(text.contains(&format!("[{name}.")), "{name}: the example does not use the kind");
        let (site, warnings) =
            cowper::input::read(text, &no_files).unwrap_or_else(|f| panic!("{}", shown(&f)));
        assert!(warnings.is_empty(), "{}", shown(&warnings));
        let compiled = compile(&site, &site.horizon).unwrap_or_else(|f| panic!("{}", shown(&f)));
        let loose = connections(&site, &compiled);
        assert!(loose.is_empty(), "{}", shown(&loose));
        let solution =
            solve(&compiled.problem, Limits::default(), &mut |_| ControlFlow::Continue(()));
        assert_eq!(solution.status, Status::Optimal, "{name}");
        let point = solution.point.expect("an optimum has a point");
        let schedule = cowper::schedule::schedule(&site, &compiled, &point);
        let accounts = cowper::accounts::accounts(&site, &compiled, &point, &schedule);
        assert!(accounts.slacks.is_empty(), "{name}: {:?}", accounts.slacks);
    }
}

/// Proves: in the example of every contract each party has a plan alone, without shortage or surplus,
/// and all together cost no more.
/// Sensitivity: a contract that one side cannot keep would show as a shortage of the other.
#[test]
fn every_contract_can_be_kept_alone() {
    for kind in CONTRACTS {
        let (site, _) = cowper::input::read(kind.example(), &no_files).unwrap();
        let limits = Limits::default();
        let alone = baseline(&site, &site.horizon, limits).unwrap_or_else(|f| panic!("{f}")).alone;
        for plan in &alone {
            let slacks = plan.accounts(&site).slacks;
            assert!(slacks.is_empty(), "{}: {slacks:?}", kind.name);
        }
        let compiled = compile(&site, &site.horizon).unwrap();
        let together = solve(&compiled.problem, limits, &mut |_| ControlFlow::Continue(()));
        let together = together.point.expect("it runs").objective;
        let sum: f64 = alone.iter().map(|plan| plan.cost().upper).sum();
        assert!(together <= sum + 1e-6 * (1.0 + sum.abs()), "{}: {together}, {sum}", kind.name);
    }
}

/// Proves: a kind's file holds at least two hand-calculated tests that say what they prove.
#[test]
fn every_kind_is_tested() {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    for name in kinds().map(|k| k.name).chain(CONTRACTS.iter().map(|k| k.name)) {
        let folders = ["components", "components/steel", "contracts"];
        let path = folders.map(|folder| source.join(folder).join(format!("{name}.rs")));
        let path = path.into_iter().find(|p| p.exists());
        let path = path.unwrap_or_else(|| panic!("kind `{name}` has no file of its name"));
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
    names.extend(CONTRACTS.iter().map(|k| k.name));
    let known = names.clone();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), known.len(), "two kinds share a name");
    let fields = kinds().flat_map(|k| (k.fields)());
    for field in fields.chain(CONTRACTS.iter().flat_map(|k| (k.fields)())) {
        assert!(field.doc.ends_with('.'), "{}: its meaning is not a sentence", field.name);
    }
    for name in known {
        let page = cowper::reference::page_of(name).expect("a kind has a page");
        for part in ["## Equations", "## Fields", "## Example", "```toml"] {
            assert!(page.contains(part), "{name}: its page lacks {part}");
        }
    }
}
