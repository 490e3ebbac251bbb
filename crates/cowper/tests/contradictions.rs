//! Sites that no schedule can serve: each file in `contradictions/` holds limits that cannot all be
//! kept, and beside it what a user is told.

use std::ops::ControlFlow;
use std::path::PathBuf;

use cowper::compile::compile;
use cowper::contradiction::told;
use cowper::diagnostic::{Diagnostic, render};
use cowper::series::{FileOptions, RawTable};
use cowper::solver::{Certificate, Limits, Status, contradictions, solve};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/contradictions")
}

fn no_files(file: &str, _: &FileOptions) -> Result<RawTable, Vec<Diagnostic>> {
    Err(vec![Diagnostic::nowhere(format!("there is no file `{file}`"))])
}

/// What a user is told of a site that has no schedule.
fn shown(text: &str) -> String {
    let (site, _) = cowper::input::read(text, &no_files)
        .unwrap_or_else(|f| panic!("{}", render(&f, "site.toml", text)));
    let compiled = compile(&site, &site.horizon)
        .unwrap_or_else(|f| panic!("{}", render(&f, "site.toml", text)));
    let solution = solve(&compiled.problem, Limits::default(), &mut |_| ControlFlow::Continue(()));
    assert_eq!(solution.status, Status::Infeasible);
    let by = |certificate: Option<&Certificate>| -> String {
        let found = contradictions(&compiled.problem, certificate, Limits::default());
        found.iter().map(|c| told(&site, &compiled, c).lines()).collect()
    };
    let shown = by(solution.certificate.as_ref());
    // A certificate says where to look; what is there is the same.
    assert_eq!(shown, by(None));
    shown
}

/// Proves: each site's limits that contradict each other are told, no others, and what would do.
/// Sensitivity: a limit that is missing or has no part would send people astray.
#[test]
fn every_contradiction_is_told() {
    let mut sites: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).collect();
    sites.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    sites.sort();
    for path in &sites {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let shown = shown(&text);
        insta::with_settings!({snapshot_path => folder(), prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, shown);
        });
    }
    assert!(sites.len() >= 5);
}
