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

/// Ctrl-C: once asks to stop, saying `what` comes of it; twice ends the program.
pub fn stop_on_interrupt(what: &'static str) -> Arc<AtomicU8> {
    let stop = Arc::new(AtomicU8::new(0));
    let asked = Arc::clone(&stop);
    // Without a handler Ctrl-C ends the program at once, which is no worse than before.
    let _ = ctrlc::set_handler(move || {
        if asked.fetch_add(1, Ordering::SeqCst) >= 1 {
            std::process::exit(130);
        }
        crate::say(&format!("\n{what}, which may take a while; Ctrl-C again to leave at once\n"));
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
            self.bar.set_message(words(progress, currency));
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

/// How far the solver is: "solving: 23 iterations, cost 10916930 EUR, at most 0.4 % from the best".
fn words(progress: Progress, currency: &str) -> String {
    let mut words = format!("solving: {} iterations", progress.iterations);
    if progress.objective.abs() < 1e15 {
        words += &format!(", cost {:.0} {currency}", progress.objective);
    }
    match (progress.gap, progress.unkept) {
        (Some(gap), None) if gap.is_finite() => words += &format!(", gap {:.2} %", gap * 100.0),
        // What comes from outside has its cost and its limits right in the end only.
        (Some(gap), Some(unkept)) if gap.is_finite() && unkept.is_finite() => {
            let percent = |share: f64| format!("{} %", short(share.abs() * 100.0));
            words += &format!(
                ", cost uncertain by {}, limits missed by {}",
                percent(gap),
                percent(unkept)
            );
        }
        _ => {}
    }
    words
}

/// A share in percent for a line that changes: one figure, and no more than six decimals.
fn short(percent: f64) -> String {
    if percent < 1e-6 {
        return "0".into();
    }
    let digits = (-percent.log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{percent:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: each method's progress is told in what it knows, and what is no number yet is left out.
    /// Sensitivity: a gap of a point that breaks limits, alone, would look like a schedule's.
    #[test]
    fn progress_is_told_in_words() {
        let progress = Progress { iterations: 23, objective: 1e7, ..Progress::default() };
        assert_eq!(words(progress, "EUR"), "solving: 23 iterations, cost 10000000 EUR");
        let inside = Progress { gap: Some(0.0123), ..progress };
        assert_eq!(words(inside, "EUR"), "solving: 23 iterations, cost 10000000 EUR, gap 1.23 %");
        let outside = Progress { gap: Some(0.0123), unkept: Some(4e-6), ..progress };
        assert_eq!(
            words(outside, "EUR"),
            "solving: 23 iterations, cost 10000000 EUR, cost uncertain by 1 %, limits missed by 0.0004 %"
        );
        let far = Progress { objective: f64::INFINITY, gap: Some(f64::INFINITY), ..progress };
        assert_eq!(words(far, "EUR"), "solving: 23 iterations");
    }
}
