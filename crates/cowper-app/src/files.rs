//! The site file and its series on disk.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use cowper::diagnostic::{Diagnostic, render};
use cowper::series::{FileOptions, RawTable, read_csv};
use cowper::site::Site;
use sha2::{Digest, Sha256};

use crate::Failure;
use crate::cli::SiteArguments;
use crate::tables;

/// A site read from disk, with what it was read from.
pub struct Loaded {
    /// The site.
    pub site: Site,
    /// The site file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Every file that was read.
    pub inputs: Vec<Input>,
}

/// A file that was read.
#[derive(Debug, Clone)]
pub struct Input {
    /// Its name as the user gave it.
    pub file: String,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
}

/// Reads a site and its series; says every mistake.
pub fn load(arguments: &SiteArguments) -> Result<Loaded, Failure> {
    let path = site_path(&arguments.site)?;
    let bytes = read(&path)?;
    let shown = path.display().to_string();
    let text = String::from_utf8(bytes).map_err(|e| {
        let line = e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        Failure::input(format!("error: {shown} is not text in UTF-8; line {line} holds bytes of another encoding: save the file as UTF-8"))
    })?;
    let inputs = RefCell::new(vec![input(&shown, text.as_bytes())]);
    let folder = path.parent().unwrap_or(Path::new(".")).to_path_buf();
    let files = |name: &str, options: &FileOptions| -> Result<RawTable, Vec<Diagnostic>> {
        let place = series_path(&folder, name, arguments.series.as_deref());
        let bytes = std::fs::read(&place).map_err(|e| {
            vec![Diagnostic::nowhere(format!(
                "{} cannot be read: {}; put the file there, change `file` or `folder` under [series], or give --series PATH",
                place.display(),
                reason(&e)
            ))]
        })?;
        inputs.borrow_mut().push(input(&place.display().to_string(), &bytes));
        if bytes.starts_with(b"PAR1") {
            tables::read_parquet(name, bytes)
        } else {
            read_csv(name, &bytes, options)
        }
    };
    let read = cowper::input::read(&text, &files);
    match read {
        Ok((site, warnings)) => {
            crate::say(&render(&warnings, &shown, &text));
            Ok(Loaded { site, path, text, inputs: inputs.into_inner() })
        }
        // With what the equations show, so that nothing comes to light only after the next try.
        Err(_) => Err(mistakes(&cowper::compile::check(&text, &files), &shown, &text)),
    }
}

/// All mistakes as the failure of a command.
pub fn mistakes(found: &[Diagnostic], path: &str, text: &str) -> Failure {
    let count = found.iter().filter(|d| d.severity == cowper::diagnostic::Severity::Error).count();
    let mistakes = if count == 1 { "1 mistake".to_owned() } else { format!("{count} mistakes") };
    Failure::input(format!("{}{mistakes} in {path}; nothing was run", render(found, path, text)))
}

/// The site file that an argument means.
pub fn site_path(argument: &Path) -> Result<PathBuf, Failure> {
    if argument.is_dir() {
        let inside = argument.join("site.toml");
        if inside.is_file() {
            return Ok(inside);
        }
        return Err(Failure::file(format!(
            "error: the folder {} holds no site.toml; name the site file itself",
            argument.display()
        )));
    }
    Ok(argument.to_path_buf())
}

/// Where a file of series is: where --series says, else as the site file says.
fn series_path(folder: &Path, name: &str, instead: Option<&Path>) -> PathBuf {
    match instead {
        Some(path) if path.is_dir() => {
            path.join(Path::new(name).file_name().unwrap_or(name.as_ref()))
        }
        Some(path) => path.to_path_buf(),
        None => folder.join(name),
    }
}

/// The whole content of a file.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|e| {
        Failure::file(format!("error: {} cannot be read: {}", path.display(), reason(&e)))
    })
}

/// Writes a file so that it is either whole or as it was before.
pub fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let name = path.file_name().map_or_else(|| "file".into(), |n| n.to_string_lossy().into_owned());
    let part = path.with_file_name(format!(".{name}.part"));
    let written = std::fs::write(&part, content).and_then(|()| std::fs::rename(&part, path));
    written.map_err(|e| {
        // What was begun is of no use; the reason matters more than whether this succeeds.
        let _ = std::fs::remove_file(&part);
        Failure::file(format!("error: {} cannot be written: {}", path.display(), reason(&e)))
    })
}

/// Removes a file of an earlier run, if there is one.
pub fn remove(path: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Failure::file(format!(
            "error: {} of an earlier run cannot be removed: {}",
            path.display(),
            reason(&e)
        ))),
        _ => Ok(()),
    }
}

/// Makes a folder and those above it.
pub fn make_folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|e| {
        Failure::file(format!(
            "error: the folder {} cannot be made: {}",
            path.display(),
            reason(&e)
        ))
    })
}

/// The reason of an error in plain words.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "permission is denied".into(),
        std::io::ErrorKind::StorageFull => "the disk is full".into(),
        std::io::ErrorKind::IsADirectory => "it is a folder".into(),
        _ => error.to_string(),
    }
}

/// What the summary says of a file that was read.
pub fn input(file: &str, bytes: &[u8]) -> Input {
    let sha256 = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
    Input { file: file.to_owned(), sha256, bytes: bytes.len() as u64 }
}
