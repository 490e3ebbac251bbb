//! What a user gets where there is no schedule: why, and what would do.

use std::path::Path;

use cowper::compile::Compiled;
use cowper::contradiction::{Told, told};
use cowper::site::Site;
use cowper::solver::{Limits, Solution, Status, contradictions, runaways};
use cowper::time::Horizon;

use crate::Failure;
use crate::report;
use crate::summary::status_word;

/// Why there is no schedule.
#[derive(Debug, Clone)]
pub struct Why {
    /// What became of the solve, in a few words.
    title: &'static str,
    /// Sentences.
    pub reasons: Vec<String>,
    /// The limits that contradict each other, where it is infeasible.
    pub contradictions: Vec<Told>,
}

/// Looks for what is in the way of a schedule.
pub fn why(site: &Site, compiled: &Compiled, solution: &Solution, limits: Limits) -> Why {
    let certificate = solution.certificate.as_ref();
    let mut contradicting = Vec::new();
    let (title, reasons) = match solution.status {
        Status::Infeasible => {
            let found = contradictions(&compiled.problem, certificate, limits);
            contradicting = found.iter().map(|c| told(site, compiled, c)).collect();
            let mut reasons: Vec<String> = contradicting.iter().map(Told::sentence).collect();
            if reasons.is_empty() {
                reasons.push("which limits contradict each other could not be found in the time".into());
            }
            ("infeasible: no schedule keeps every limit", reasons)
        }
        Status::Unbounded => (
            "unbounded: cost falls without end",
            runaways(&compiled.problem, certificate)
                .into_iter()
                .map(|(component, name)| format!("`{component}`: {} earns without end; give it a limit or check its price", name.replace('_', " ")))
                .collect(),
        ),
        Status::TimeLimit => (
            "time_limit: no schedule was found in time",
            vec!["the solve was stopped before it had found any schedule; give it more time, a shorter run or a longer step".into()],
        ),
        Status::Unsuited => (
            "unsuited: the solver that was asked for does not take this problem",
            vec![format!(
                "{} does not take it: {}; leave out --solver",
                solution.solver.name(),
                solution.because.as_deref().unwrap_or("it does not fit")
            )],
        ),
        Status::Numerical => (
            status_word(Status::Numerical),
            vec![format!(
                "the solver's numbers cannot be trusted: {}; look for very large and very small numbers in the site file",
                solution.because.as_deref().unwrap_or("a point broke a limit or its status was unknown")
            )],
        ),
        Status::Optimal | Status::Feasible => (status_word(solution.status), Vec::new()),
    };
    Why { title, reasons, contradictions: contradicting }
}

impl Why {
    /// The page that stands where the report would.
    pub fn page(&self, site: &Site, horizon: &Horizon, made: String) -> String {
        report::render_no_schedule(&report::NoSchedule {
            site,
            horizon,
            title: self.title,
            reasons: &self.reasons,
            found: &self.contradictions,
            made,
        })
    }

    /// The end of the command, with all that was found line by line.
    pub fn failure(&self, folder: &Path) -> Failure {
        let told: Vec<String> = if self.contradictions.is_empty() {
            self.reasons.clone()
        } else {
            self.contradictions.iter().map(Told::lines).collect()
        };
        let lines: String =
            told.iter().flat_map(|t| t.lines()).map(|line| format!("\n  {line}")).collect();
        let see = folder.join("summary.json");
        Failure::no_result(format!("{}{lines}\nsee {}", self.title, see.display()))
    }
}
