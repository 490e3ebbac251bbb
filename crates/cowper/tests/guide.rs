//! The README and the guide: their sites run, their links lead somewhere, their reference is fresh.

mod common;

use std::path::{Path, PathBuf};

use cowper::components::kinds;
use cowper::contracts::CONTRACTS;
use cowper::reference;

/// Pages of the guide, with the README first.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![common::repository("README.md")];
    pages.extend(common::files_in("docs/guide/src", "md"));
    pages
}

/// Each fenced block of a language: the line it begins on and its text.
fn blocks(text: &str, language: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, bool, String)> = None;
    for (index, line) in text.lines().enumerate() {
        match (&mut open, line.trim().strip_prefix("```")) {
            (None, Some(opened)) => open = Some((index + 2, opened == language, String::new())),
            (Some(_), Some("")) => {
                let (line, wanted, block) = open.take().expect("it is open here");
                if wanted {
                    found.push((line, block));
                }
            }
            (Some((_, _, block)), _) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

/// Proves: every complete site on a page is read without a warning and solved, and costs what it
/// says where it says so.
#[test]
fn every_site_on_a_page_runs() {
    let (mut sites, mut priced) = (0, 0);
    for page in pages() {
        let text = common::text_of(&page);
        for (line, block) in blocks(&text, "toml").into_iter().filter(|(_, b)| b.contains("[site]"))
        {
            let name = format!("{}:{line}", page.file_name().unwrap().to_string_lossy());
            sites += 1;
            priced += usize::from(common::check_cost(&name, &block));
        }
    }
    assert!(sites >= 6 && priced >= 4, "{sites} sites on the pages, {priced} with their cost");
}

/// Proves: a link from one file of the repository to another leads somewhere.
#[test]
fn every_link_leads_somewhere() {
    let others = ["ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(common::repository);
    let reference = common::files_in("docs/guide/src/reference", "md");
    for page in pages().into_iter().chain(others).chain(reference) {
        let text = common::text_of(&page);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            let plain = !target.is_empty()
                && !target.contains("://")
                && !target.contains(char::is_whitespace);
            // The picture is made from a run and added with it.
            if plain && Path::new(target).extension().is_none_or(|e| e != "png") {
                let path = page.parent().unwrap().join(target);
                assert!(path.exists(), "{}: `{link}` leads nowhere", page.display());
            }
        }
    }
}

/// Proves: the table of contents names every chapter, and no other.
#[test]
fn the_summary_names_every_chapter() {
    let folder = common::repository("docs/guide/src");
    let summary = common::text_of(&folder.join("SUMMARY.md"));
    let mut chapters = common::files_in("docs/guide/src", "md");
    chapters.extend(common::files_in("docs/guide/src/reference", "md"));
    for chapter in chapters.iter().filter(|c| !c.ends_with("SUMMARY.md")) {
        let name = chapter.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        assert!(summary.contains(&format!("({name})")), "SUMMARY.md lacks {name}");
    }
}

/// Proves: the reference, the list of kinds in the table of contents and the schema are those of the code.
/// COWPER_UPDATE=1 writes them.
#[test]
fn the_reference_is_fresh() {
    let folder = common::repository("docs/guide/src/reference");
    let mut index = String::from(
        "# Reference\n\nMade from the code: what `cowper kinds` prints.\n\n| kind | what |\n|---|---|\n",
    );
    let mut contents = String::new();
    for kind in kinds() {
        let summary = kind.summary().replace('\n', " ");
        index += &format!("| [`{0}`]({0}.md) | {summary} |\n", kind.name);
        contents += &format!("  - [{0}](reference/{0}.md)\n", kind.name);
        common::stored(&folder.join(format!("{}.md", kind.name)), &reference::page(kind));
    }
    index.push_str("\nContracts between parties:\n\n| kind | what |\n|---|---|\n");
    for kind in CONTRACTS {
        let summary = kind.summary().replace('\n', " ");
        index += &format!("| [`{0}`]({0}.md) | {summary} |\n", kind.name);
        contents += &format!("  - [{0}](reference/{0}.md)\n", kind.name);
        let page = reference::contract_page(kind);
        common::stored(&folder.join(format!("{}.md", kind.name)), &page);
    }
    index.push_str(
        "\nBesides components and contracts a site file has these [sections](sections.md).\n",
    );
    common::stored(&folder.join("kinds.md"), &index);
    common::stored(
        &folder.join("sections.md"),
        &format!("# Sections\n\n{}", reference::sections_page()),
    );
    no_others(&folder);

    let summary = folder.parent().unwrap().join("SUMMARY.md");
    let text = common::text_of(&summary);
    let mark = "- [Kinds](reference/kinds.md)\n";
    let (before, _) = text.split_once(mark).expect("SUMMARY.md ends with the kinds");
    common::stored(&summary, &format!("{before}{mark}{contents}"));

    let schema = serde_json::to_string_pretty(&reference::schema()).unwrap();
    common::stored(&common::repository("docs/site.schema.json"), &format!("{schema}\n"));
}

/// A page of a kind that is no more is a mistake too.
fn no_others(folder: &Path) {
    for file in common::files_in("docs/guide/src/reference", "md") {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let known =
            ["kinds", "sections"].contains(&name.as_str()) || reference::page_of(&name).is_some();
        assert!(
            known,
            "{} is the page of no kind; delete it",
            folder.join(format!("{name}.md")).display()
        );
    }
}
