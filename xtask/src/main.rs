//! `cargo demo` and `cargo verify`: set-up and checks, with the standard library alone.
//!
//! What the machine lacks is installed by `setup`; this file holds the order of the steps.

mod setup;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

const HELP: &str = "\
Set-up and checks of Cowper.

  cargo demo          installs what is missing, builds, makes the reference works in demo/,
                      runs a week of it and says where the report is
  cargo verify        installs what is missing and runs every check
  cargo xtask format  formats every Rust file, those that `cargo fmt` does not reach too
  cargo xtask help    this text
";

/// What went wrong, in a line for people.
type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let task = std::env::args().nth(1);
    let done = match task.as_deref() {
        Some("demo") => demo(),
        Some("verify") => verify(),
        Some("format") => step("format", || rustfmt(&[])),
        None | Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => Err(format!("`{other}` is not a task; `cargo xtask help` lists them")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nstopped: {message}");
            ExitCode::FAILURE
        }
    }
}

/// A week of the reference works, from nothing to its report.
fn demo() -> Outcome {
    step("tools", setup::build_tools)?;
    step("build (HiGHS takes some minutes the first time)", || {
        cargo(&["build", "--locked", "--package", "cowper-app"])
    })?;
    let folder = root().join("demo");
    if folder.join("site.toml").exists() {
        println!("\n== demo/ is there already and stays as it is; delete it to have it made anew");
    } else {
        step("make the reference works", || {
            cowper(&["new", "reference-works", "demo", "--step", "1h"])
        })?;
    }
    step("run a week of it", || {
        cowper(&[
            "run",
            "demo",
            "--from",
            "2025-01-06",
            "--to",
            "2025-01-13",
            "--out",
            "demo/results",
        ])
    })?;
    println!("\nThe report: {}", folder.join("results").join("report.html").display());
    println!("The site:   {}", folder.join("site.toml").display());
    Ok(())
}

/// Every check.
fn verify() -> Outcome {
    step("tools", || {
        setup::build_tools()?;
        setup::rust_tools()
    })?;
    step("format", || rustfmt(&["--check"]))?;
    step("clippy", || {
        cargo(&["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"])
    })?;
    step("tests, examples and guide", || cargo(&["test", "--locked", "--workspace"]))?;
    println!("\nevery check passed");
    Ok(())
}

/// Runs a step between its name and its time.
fn step(name: &str, run: impl FnOnce() -> Outcome) -> Outcome {
    println!("\n== {name}");
    let begun = Instant::now();
    run().map_err(|message| format!("{name}: {message}"))?;
    println!("== {name}: done in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// Formats or checks every Rust file by name: the kinds' modules are declared by a macro, so
/// `cargo fmt` does not find them.
fn rustfmt(arguments: &[&str]) -> Outcome {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.rs"])
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("git does not run ({e}); install git"))?;
    if !listed.status.success() {
        return Err("git cannot list the files; run this in a git checkout".into());
    }
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let files = listed.split('\0').filter(|file| !file.is_empty() && root().join(file).exists());
    run(Command::new("rustfmt").args(["--edition", "2024"]).args(arguments).args(files)).map_err(
        |message| {
            if arguments.is_empty() {
                message
            } else {
                format!("{message}; `cargo xtask format` puts it right")
            }
        },
    )
}

/// Runs the `cowper` command.
fn cowper(arguments: &[&str]) -> Outcome {
    let all: Vec<&str> = ["run", "--quiet", "--locked", "--package", "cowper-app", "--"]
        .into_iter()
        .chain(arguments.iter().copied())
        .collect();
    cargo(&all)
}

/// Runs the cargo that runs this task.
fn cargo(arguments: &[&str]) -> Outcome {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(cargo).args(arguments))
}

/// Runs a command in the root of the repository, without input, its output passed on.
fn run(command: &mut Command) -> Outcome {
    let name = command.get_program().to_string_lossy().into_owned();
    let name =
        Path::new(&name).file_name().map_or(name.clone(), |n| n.to_string_lossy().into_owned());
    let first =
        command.get_args().next().map(|a| a.to_string_lossy().into_owned()).unwrap_or_default();
    let status = command
        .current_dir(root())
        .stdin(Stdio::null())
        .status()
        .map_err(|e| format!("`{name}` does not run: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{name} {first}` failed ({status}); its output is above"))
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    // Cargo says it of the checkout that it runs in; a copied target folder may hold what another built.
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
    Path::new(&own).parent().expect("xtask lies in the root").to_path_buf()
}
