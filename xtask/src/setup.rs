//! What building needs besides Rust: found where it is, installed where it is not.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Outcome;

/// A tool that HiGHS is built with.
struct Tool {
    name: &'static str,
    /// Its package on Debian and Ubuntu.
    package: &'static str,
    found: fn() -> bool,
}

const TOOLS: [Tool; 4] = [
    Tool { name: "a C++ compiler", package: "build-essential", found: || answers("c++") },
    Tool {
        name: "make",
        package: "build-essential",
        found: || answers("make") || answers("ninja"),
    },
    Tool { name: "cmake", package: "cmake", found: || answers("cmake") },
    Tool { name: "libclang", package: "libclang-dev", found: has_libclang },
];

/// Finds the tools that HiGHS is built with, and installs those that are missing.
pub fn build_tools() -> Outcome {
    let missing: Vec<&Tool> = TOOLS.iter().filter(|tool| !(tool.found)()).collect();
    if missing.is_empty() {
        println!("all there: {}", names(&TOOLS.iter().collect::<Vec<_>>()));
        return Ok(());
    }
    println!("missing: {}", names(&missing));
    if !answers("apt-get") {
        return Err(format!(
            "{} missing, and apt-get is not here to install it; install it by hand, such as\n  \
             Fedora: sudo dnf install gcc-c++ make cmake clang-devel\n  \
             Arch:   sudo pacman -S base-devel cmake clang\n  \
             macOS:  xcode-select --install && brew install cmake llvm\n\
             and set LIBCLANG_PATH to the folder of libclang if it lies in an unusual place",
            names(&missing)
        ));
    }
    let mut packages: Vec<&str> = missing.iter().map(|tool| tool.package).collect();
    packages.dedup();
    install(&packages)?;
    let still: Vec<&Tool> = TOOLS.iter().filter(|tool| !(tool.found)()).collect();
    if still.is_empty() {
        Ok(())
    } else {
        Err(format!("still missing after the installation: {}", names(&still)))
    }
}

/// Finds rustfmt and clippy, and has rustup add them where they are missing.
pub fn rust_tools() -> Outcome {
    for (component, program) in [("rustfmt", "rustfmt"), ("clippy", "cargo-clippy")] {
        if answers(program) {
            continue;
        }
        if !answers("rustup") {
            return Err(format!(
                "{component} is missing, and rustup is not here to add it; install it with your Rust"
            ));
        }
        shown(&["rustup", "component", "add", component])?;
    }
    Ok(())
}

fn names(tools: &[&Tool]) -> String {
    tools.iter().map(|tool| tool.name).collect::<Vec<_>>().join(", ")
}

/// Installs packages; the list of packages is fetched first only where it is missing or too old.
fn install(packages: &[&str]) -> Outcome {
    let install: Vec<&str> = ["apt-get", "install", "--yes", "--no-install-recommends"]
        .iter()
        .chain(packages)
        .copied()
        .collect();
    if has_package_list() && as_root(&install).is_ok() {
        return Ok(());
    }
    as_root(&["apt-get", "update"])?;
    as_root(&install)
}

fn has_package_list() -> bool {
    let lists = std::fs::read_dir("/var/lib/apt/lists").into_iter().flatten().flatten();
    lists.into_iter().any(|entry| entry.file_name().to_string_lossy().contains("_Packages"))
}

/// Runs a command as root, through sudo where this is somebody else.
fn as_root(command: &[&str]) -> Outcome {
    let quiet = ["env", "DEBIAN_FRONTEND=noninteractive"];
    if is_root() {
        return shown(&[&quiet, command].concat());
    }
    if !answers("sudo") {
        return Err(format!(
            "this needs root, and sudo is not here; run as root: {}",
            command.join(" ")
        ));
    }
    shown(&[&["sudo"], &quiet[..], command].concat())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").stdin(Stdio::null()).output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

/// Prints the exact line, then runs it.
fn shown(command: &[&str]) -> Outcome {
    println!("$ {}", command.join(" "));
    crate::run(Command::new(command[0]).args(&command[1..]))
}

/// Whether a program is there and says its version.
fn answers(program: &str) -> bool {
    let asked = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

/// Whether libclang lies where the build of HiGHS looks for it.
fn has_libclang() -> bool {
    let given = std::env::var_os("LIBCLANG_PATH").map(PathBuf::from);
    if given.is_some_and(|path| {
        path.file_name().is_some_and(is_libclang) && path.exists() || holds_libclang(&path, 0)
    }) {
        return true;
    }
    let usual = [
        "/usr/lib",
        "/usr/lib64",
        "/usr/local/lib",
        "/usr/local/lib64",
        "/usr/local/opt/llvm/lib",
        "/opt/homebrew/opt/llvm/lib",
        "/Library/Developer/CommandLineTools/usr/lib",
    ];
    usual.iter().any(|folder| holds_libclang(Path::new(folder), 2))
}

fn holds_libclang(folder: &Path, deeper: u8) -> bool {
    std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        is_libclang(&entry.file_name())
            || deeper > 0 && entry.path().is_dir() && holds_libclang(&entry.path(), deeper - 1)
    })
}

/// "libclang.so.1", "libclang-14.so", "libclang.dylib", but not the C++ library beside it.
fn is_libclang(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let library = name.contains(".so") || name.ends_with(".dylib");
    name.starts_with("libclang")
        && library
        && !name.starts_with("libclang-cpp")
        && !name.starts_with("libclang_rt")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: the library is told from its neighbours.
    /// Sensitivity: libclang-cpp alone would make the build of HiGHS fail minutes later.
    #[test]
    fn libclang_is_known_by_its_name() {
        for (name, expected) in [
            ("libclang.so", true),
            ("libclang.so.1", true),
            ("libclang-14.so.14.0.6", true),
            ("libclang.dylib", true),
            ("libclang-cpp.so.14", false),
            ("libclang_rt.asan.so", false),
            ("libclang.a", false),
            ("libc.so.6", false),
        ] {
            assert_eq!(is_libclang(OsStr::new(name)), expected, "{name}");
        }
    }
}
