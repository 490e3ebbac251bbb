//! The `cowper` command: files, clocks, progress and printing around the library that thinks.

mod cli;
mod files;
mod new;
mod no_schedule;
mod progress;
mod records;
mod reference_works;
mod report;
mod results;
mod run;
mod settle;
mod share;
mod summary;
mod tables;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    let done = match arguments.command {
        cli::Command::New { example } => new::new(&example),
        cli::Command::Check { site } => run::check(&site),
        cli::Command::Run(run) => run::run(&run),
        cli::Command::Explain { site, component } => run::explain(&site, component.as_deref()),
        cli::Command::Settle(settle) => settle::settle(&settle),
        cli::Command::Verify { dir } => records::verify(&dir),
        cli::Command::Kinds { name } => run::kinds(name.as_deref()),
        cli::Command::Share(share) => share::share(&share),
        cli::Command::Schema { of } => run::schema(of),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&format!("{}\n", failure.text.trim_end()));
            ExitCode::from(failure.code)
        }
    }
}

/// Tells the user on standard error. If nobody listens there is nobody to tell that.
pub fn say(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Prints what was asked for. A reader that has seen enough (`| head`) is no error.
pub fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()).and_then(|()| std::io::stdout().flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::file(format!("error: the output cannot be written: {e}")))
        }
        _ => Ok(()),
    }
}

/// Why a command did not do what was asked: the text for the user and the exit code.
#[derive(Debug)]
pub struct Failure {
    text: String,
    code: u8,
}

impl Failure {
    /// The input has mistakes.
    pub fn input(text: impl Into<String>) -> Self {
        Failure { text: text.into(), code: 1 }
    }

    /// There is no usable result.
    pub fn no_result(text: impl Into<String>) -> Self {
        Failure { text: text.into(), code: 3 }
    }

    /// The user stopped it before there was a result.
    pub fn stopped(text: impl Into<String>) -> Self {
        Failure { text: text.into(), code: 130 }
    }

    /// The same with something said before it.
    #[must_use]
    pub fn before(self, text: &str) -> Self {
        let between = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        Failure { text: format!("{text}{between}{}", self.text), code: self.code }
    }

    /// Whether the input was at fault.
    pub fn is_input(&self) -> bool {
        self.code == 1
    }

    /// A file could not be read or written.
    pub fn file(text: impl Into<String>) -> Self {
        Failure { text: text.into(), code: 4 }
    }
}
