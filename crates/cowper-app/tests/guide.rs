//! The commands on the pages print what the pages say. TRYCMD=overwrite writes that anew.

use std::path::Path;

/// Proves: every console block of the guide and the README is what a user sees who stands in the
/// root of the repository.
#[test]
fn commands_print_what_the_pages_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    std::env::set_current_dir(&root).unwrap();
    trycmd::TestCases::new()
        .case(root.join("docs/guide/src/*.md"))
        .case(root.join("README.md"))
        .run();
}
