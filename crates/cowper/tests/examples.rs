//! Every file of `examples/` that is one site on one screen: it solves, and costs what it says.

mod common;

/// Proves: each example costs what its first line says, calculated by hand in its comments, and
/// serves everything.
#[test]
fn every_example_costs_what_it_says() {
    let files = common::files_in("examples", "toml");
    assert!(files.len() >= 8, "{} examples", files.len());
    for file in files {
        let text = common::text_of(&file);
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(text.starts_with("# cost: "), "{name}: its first line says what it costs");
        common::check_cost(&name, &text);
        let slacks = common::solved(&name, &text).accounts.slacks;
        assert!(slacks.is_empty(), "{name}: {slacks:?}");
        assert!(text.lines().count() <= 70, "{name}: an example fits on a screen");
    }
}
