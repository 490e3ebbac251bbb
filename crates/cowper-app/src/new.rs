//! Sites to start from.

use std::path::Path;

use crate::Failure;
use crate::cli::Example;
use crate::files;
use crate::reference_works::{reference_works, with_four_parties};

/// Writes an example into a folder that holds no site yet.
pub fn new(example: &Example) -> Result<(), Failure> {
    let Example::ReferenceWorks { dir, step, seed, parties } = example;
    let seconds = cowper::time::parse_step(step).ok().filter(|s| [900, 3600].contains(s));
    let Some(seconds) = seconds else {
        return Err(Failure::input(format!("error: --step is 1h or 15min, not `{step}`")));
    };
    let (site, series) = reference_works(seconds, *seed);
    let site = match parties {
        2 => site,
        4 => with_four_parties(&site),
        _ => return Err(Failure::input(format!("error: --parties is 2 or 4, not {parties}"))),
    };
    // The very same file is not written over: its series are still to be made.
    let same = |path: &Path| std::fs::read(path).is_ok_and(|there| there == site.as_bytes());
    let there = ["site.toml", "series.csv"].map(|f| dir.join(f));
    if let Some(there) = there.iter().find(|p| p.exists() && !same(p)) {
        return Err(Failure::file(format!(
            "error: {} is there already; name a folder that holds no site yet",
            there.display()
        )));
    }
    files::make_folder(dir)?;
    files::write(&dir.join("series.csv"), series.as_bytes())?;
    files::write(&dir.join("site.toml"), site.as_bytes())?;
    crate::print(&written(dir))
}

fn written(dir: &Path) -> String {
    let dir = dir.display();
    format!(
        "wrote {dir}/site.toml and {dir}/series.csv; now try\n  cowper run {dir} --from 2025-01-06 --to 2025-01-13\n"
    )
}
