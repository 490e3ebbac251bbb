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

/// Proves: a proof that mixes several contradictions, as interior points give it, is taken apart: told
/// is one of them, and when else the same holds. Multipliers are those of a demand that is limited in
/// each step of six windows, each window with another weight.
/// Sensitivity: as one, the six would reach over the whole day, and no change would do.
#[test]
fn a_mixed_proof_is_taken_apart() {
    let text = std::fs::read_to_string(folder().join("limit_below_demand.toml")).unwrap();
    let (site, _) = cowper::input::read(&text, &no_files).unwrap();
    let compiled = compile(&site, &site.horizon).unwrap();
    let problem = &compiled.problem;
    let weights = |name: &str, count: usize| -> Vec<f64> {
        (0..count)
            .map(|at| match name {
                "no more is served than the limit" => -1.0 - (at / 4) as f64,
                "what is put off is caught up" => 1.0 + at as f64,
                _ => 0.0,
            })
            .collect()
    };
    let rows = problem.rows.iter().map(|row| weights(&row.name, problem.count(row.extent)));
    let mixed = Certificate::Contradiction { rows: rows.collect(), variables: Vec::new() };
    let found = contradictions(problem, Some(&mixed), Limits::default());
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].steps, found[0].also.as_slice()), ((0, 3), [4, 8, 12, 16, 20].as_slice()));
    assert_eq!(told(&site, &compiled, &found[0]).lines(), shown(&text));
}
