//! What a user sees while a long solve goes on, and how it is stopped.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use cowper::solver::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// The line of progress on a terminal; nothing elsewhere.
pub struct Line {
    bar: ProgressBar,
    stop: Arc<AtomicU8>,
}

/// Ctrl-C: once asks the solver to stop with what it has, twice ends the program.
pub fn stop_on_interrupt() -> Arc<AtomicU8> {
    let stop = Arc::new(AtomicU8::new(0));
    let asked = Arc::clone(&stop);
    // Without a handler Ctrl-C ends the program at once, which is no worse than before.
    let _ = ctrlc::set_handler(move || {
        if asked.fetch_add(1, Ordering::SeqCst) >= 1 {
            std::process::exit(130);
        }
        crate::say(
            "\nstopping with the best schedule found so far, which may take a while; Ctrl-C again to leave at once\n",
        );
    });
    stop
}

impl Line {
    /// Starts the line.
    pub fn start(stop: Arc<AtomicU8>) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Line { bar, stop }
    }

    /// Says what is being done.
    pub fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// Shows how far the solver is; breaks when the user asked to stop.
    pub fn show(&self, progress: Progress, currency: &str) -> ControlFlow<()> {
        if progress.iterations % 64 == 0 || progress.gap.is_some() {
            let gap = match progress.gap {
                Some(gap) if gap.is_finite() => format!(", gap {:.2} %", gap * 100.0),
                _ => String::new(),
            };
            let cost = if progress.objective.abs() < 1e15 {
                format!(", cost {:.0} {currency}", progress.objective)
            } else {
                String::new()
            };
            self.bar.set_message(format!("solving: {} iterations{cost}{gap}", progress.iterations));
        }
        if self.is_stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Whether the user asked to stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst) > 0
    }

    /// Removes the line.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}
