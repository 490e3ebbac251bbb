//! The shape of the code: what may name what.

mod common;

use std::path::{Path, PathBuf};

/// The source files of the library, each with its text.
fn sources() -> Vec<(PathBuf, String)> {
    sources_of("cowper")
}

/// The source files of a crate.
fn sources_of(name: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = common::text_of(&path);
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&common::repository(&format!("crates/{name}/src")), &mut found);
    found
}

/// The part of a file that is neither comment nor test.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The path of a file below `src`, with `/`.
fn place(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.rsplit_once("/src/").map_or(text.clone(), |(_, place)| place.to_owned())
}

/// The module of lib.rs that a file belongs to.
fn module(path: &Path) -> String {
    place(path).split(['/', '.']).next().unwrap_or_default().to_owned()
}

/// The modules of lib.rs that are named as `crate::module`.
fn named(code: &str) -> Vec<String> {
    let word = |rest: &str| {
        rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    code.split("crate::").skip(1).map(word).collect()
}

/// Proves: lib.rs is in the order of dependence; who reads it from the top meets nothing unknown.
#[test]
fn modules_use_only_those_above() {
    for name in ["cowper", "staircase"] {
        check_order(name);
    }
}

fn check_order(name: &str) {
    let lib = common::text_of(&common::repository(&format!("crates/{name}/src/lib.rs")));
    let order: Vec<&str> = lib
        .lines()
        .filter_map(|l| l.strip_prefix("pub ").unwrap_or(l).strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let rank = |name: &str| order.iter().position(|m| *m == name);
    let mut found = Vec::new();
    for (path, text) in sources_of(name) {
        let own = module(&path);
        let Some(own_rank) = rank(&own) else { continue };
        assert!(
            !text.contains("crate::{"),
            "{}: one `use` a module, so that this test can read it",
            place(&path)
        );
        for used in named(&code(&text)) {
            if rank(&used).is_some_and(|r| r > own_rank) {
                let line =
                    format!("{} uses `{used}`, which stands below `{own}` in lib.rs", place(&path));
                if !found.contains(&line) {
                    found.push(line);
                }
            }
        }
    }
    assert!(!order.is_empty() && found.is_empty(), "\n{}", found.join("\n"));
}

/// Proves: who wants `staircase` alone gets it alone, and it never learns what its equations mean.
#[test]
fn staircase_stands_by_itself() {
    let manifest = common::text_of(&common::repository("crates/staircase/Cargo.toml"));
    for line in manifest.lines().map(str::trim) {
        let local = line.contains("cowper") || line.contains("path =");
        assert!(
            !local,
            "crates/staircase/Cargo.toml depends on a crate of this repository: {line}"
        );
    }
    for (path, text) in sources_of("staircase") {
        let (place, code) = (place(&path), code(&text));
        assert!(!code.contains("cowper"), "{place} names cowper");
        assert!(!code.contains("unsafe"), "{place} is unsafe");
    }
}

/// Proves: a method can be changed in one file, and memory is unsafe in that of HiGHS only.
#[test]
fn each_method_is_named_in_one_file() {
    for (path, text) in sources() {
        let (place, code) = (place(&path), code(&text));
        if place != "solver/highs.rs" {
            let named = code.contains("highs_sys") || code.contains("Highs_");
            assert!(!named, "{place} names the interface of HiGHS");
            assert!(!code.contains("unsafe"), "{place} is unsafe");
        }
        if !["solver.rs", "solver/staircase.rs"].contains(&place.as_str()) {
            assert!(!code.contains("staircase::"), "{place} names the interface of staircase");
        }
    }
}

/// Proves: kinds of any site know nothing of steel, so a site without a furnace needs none of it.
#[test]
fn generic_kinds_never_name_steel() {
    for (path, text) in sources() {
        let place = place(&path);
        let generic = place.starts_with("components/") && !place.starts_with("components/steel/");
        if generic || place.starts_with("patterns") {
            assert!(!code(&text).contains("steel::"), "{place} names a kind of a steelworks");
        }
    }
}

/// Tells, without failing, which files have grown past the length at which to look again.
#[test]
fn long_files_are_told() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > 600 {
            println!("{}: {lines} lines", place(&path));
        }
    }
}
