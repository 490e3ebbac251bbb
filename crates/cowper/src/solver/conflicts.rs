//! Why a problem has no solution: small sets of limits that contradict each other.
//!
//! Blocks that share no variable are looked at apart ([`parts`]). Of a part that has no solution a
//! proof is found with as few limits as can be ([`proof`]), or, where only whole numbers are in the
//! way, limits are left out one by one until none can be spared ([`filter`]). Then, for each limit, the
//! least change of it alone is looked for that would do ([`change`]).

use super::{Certificate, Limits};
use crate::problem::{Problem, VariableId};

mod change;
mod filter;
mod parts;
mod proof;

use parts::Possible;

/// Limits that cannot all be kept. Any one of them given up, the others can.
#[derive(Debug, Clone, PartialEq)]
pub struct Contradiction {
    /// The limits, in the order of the problem: of variables, then rows.
    pub limits: Vec<Limit>,
    /// The first and the last step they reach over.
    pub steps: (usize, usize),
    /// First steps of other times at which the same limits contradict each other in the same way.
    pub also: Vec<usize>,
    /// Whether none can be spared, as far as is known. Else the time was over: the contradiction is
    /// among them.
    pub is_smallest: bool,
}

/// A limit that has a part in a contradiction.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Which one.
    pub what: What,
    /// The steps or groups at which it has a part.
    pub places: Vec<usize>,
    /// The least change of it alone, the same at all of these, at the other times and wherever it has the
    /// same figure, with which the others can be kept; none where there is none, or it is not known.
    pub change: Option<f64>,
}

/// What may limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The least value of a variable.
    Least(VariableId),
    /// The greatest value of a variable.
    Greatest(VariableId),
    /// The value of a variable before the first step.
    Start(VariableId),
    /// A row that comes to at least so much.
    AtLeast(usize),
    /// A row that comes to at most so much.
    AtMost(usize),
    /// An equation.
    Equal(usize),
}

/// More than so many would not be read.
const MOST: usize = 6;

/// As many are looked for among limits that hang together; the others may follow from the first.
const MOST_TOGETHER: usize = 2;

/// As long is looked for them, in seconds, where the solve may last longer.
const LONGEST: f64 = 60.0;

/// The contradictions in a problem that has no solution: none where they are not found in the time.
///
/// A certificate says where to look first.
pub fn contradictions(
    problem: &Problem,
    certificate: Option<&Certificate>,
    limits: Limits,
) -> Vec<Contradiction> {
    let mut time = Time { left: limits.seconds.min(LONGEST) };
    let mut found = Vec::new();
    for part in parts::in_order_of_suspicion(problem, certificate) {
        if found.len() >= MOST || time.is_over() {
            break;
        }
        let mut together = Vec::new();
        let mut rest = part.problem.clone();
        let known = part.share_of(certificate);
        while together.len() < MOST_TOGETHER {
            let known = known.as_ref().filter(|_| together.is_empty());
            let Some(contradiction) = contradiction(&rest, known, &mut time) else { break };
            parts::give_up(&mut rest, &contradiction);
            together.push(contradiction);
        }
        found.extend(part.with_what_would_do(together, &mut time));
    }
    found
}

/// A contradiction in a part, if there is one.
fn contradiction(
    part: &Problem,
    known: Option<&Certificate>,
    time: &mut Time,
) -> Option<Contradiction> {
    if let Some(found) = proof::known(part, known, time) {
        return Some(found);
    }
    let Possible::No(certificate) = parts::possible(part, time.limits(), time) else { return None };
    proof::known(part, certificate.as_ref(), time)
        .or_else(|| proof::by_simplex(part, time))
        .or_else(|| Some(filter::smallest(part, time)))
}

/// What is left of the time, in seconds by the solver's own clock.
struct Time {
    left: f64,
}

impl Time {
    fn is_over(&self) -> bool {
        self.left <= 0.0
    }

    fn limits(&self) -> Limits {
        // Any point will do: nothing has a cost.
        Limits { seconds: self.left.max(0.0), gap: 1.0, ..Limits::default() }
    }

    fn takes(&mut self, seconds: f64) {
        // Small ones count too: there may be thousands.
        self.left -= seconds + 1e-4;
    }
}
