//! The page of a study.

use super::file::ShareFile;

/// Whether anybody would leave, in words.
pub fn verdict(in_core: Option<&str>) -> &'static str {
    match in_core {
        Some("yes") => "no group would do better by itself",
        Some("no") => "some group would do better by itself",
        _ => "whether some group would do better cannot be told within the bounds",
    }
}

/// Writes the page.
pub fn render(file: &ShareFile) -> String {
    file.site.clone()
}
