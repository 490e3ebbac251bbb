//! The least core: shares with which the coalition that is worst off is as well off as can be.
//!
//! Maschler, Peleg, Shapley, Geometric properties of the kernel, nucleolus, and related solution
//! concepts, Mathematics of Operations Research 4 (1979), 303–338.

use super::dense::Span;
use super::gains::Gains;
use super::linear::{NO_PRICE, NoOptimum, Optimum, Row, maximise};
use super::{Coalition, Undefined};

/// Coalitions whose shares together are settled.
pub(super) struct Settled {
    span: Span,
    /// Those that settle the others, each with what its players get together.
    pub rows: Vec<Row>,
}

impl Settled {
    /// The whole is shared out.
    pub fn whole(gains: &Gains) -> Self {
        let mut settled = Settled { span: Span::default(), rows: Vec::new() };
        settled.settle(gains, gains.everyone(), gains.whole());
        settled
    }

    /// A coalition gets this much together; nothing new where that follows already.
    pub fn settle(&mut self, gains: &Gains, coalition: Coalition, amount: f64) {
        let indicator = coalition.indicator(gains.players);
        if self.span.add(&indicator) {
            self.rows.push(Row::equal(indicator, amount));
        }
    }

    /// Whether every share is settled.
    pub fn is_all(&self, gains: &Gains) -> bool {
        self.span.rank() == gains.players
    }

    /// Whether what a coalition gets follows from what is settled.
    pub fn follows(&self, gains: &Gains, coalition: Coalition) -> bool {
        self.span.contains(&coalition.indicator(gains.players))
    }
}

/// The greatest surplus that all coalitions not settled can have, x(S) − v(S) ≥ surplus, with limits on
/// shares besides; those that have no more whatever else is done are settled. The surplus.
pub(super) fn raise(
    gains: &Gains,
    settled: &mut Settled,
    limits: &[(Coalition, f64)],
) -> Result<f64, NoOptimum> {
    let open: Vec<Coalition> =
        gains.parts().into_iter().filter(|part| !settled.follows(gains, *part)).collect();
    let line = |coalition: Coalition, surplus: f64| {
        let mut line = coalition.indicator(gains.players);
        line.push(-surplus);
        line
    };
    let mut rows: Vec<Row> =
        open.iter().map(|part| Row::at_least(line(*part, 1.0), gains.at(*part))).collect();
    rows.extend(limits.iter().map(|(part, bound)| Row::at_least(line(*part, 0.0), *bound)));
    rows.extend(settled.rows.iter().map(|row| {
        let mut row = row.clone();
        row.coefficients.push(0.0);
        row
    }));
    let mut objective = vec![0.0; gains.players];
    objective.push(1.0);
    let Optimum { point, multipliers } = maximise(&objective, &rows)?;
    let surplus = point[gains.players];
    let held = |at: usize| multipliers[at] > NO_PRICE;
    for (at, part) in open.iter().enumerate() {
        if held(at) {
            settled.settle(gains, *part, gains.at(*part) + surplus);
        }
    }
    for (at, (part, bound)) in limits.iter().enumerate() {
        if held(open.len() + at) {
            settled.settle(gains, *part, *bound);
        }
    }
    Ok(surplus)
}

/// The surplus of the least core, relative to the size of gains, and what it settles. None where there
/// is but one player, and so no coalition to be well off.
pub(super) fn least_core(gains: &Gains) -> Result<Option<(f64, Settled)>, NoOptimum> {
    let mut settled = Settled::whole(gains);
    if gains.players < 2 {
        return Ok(None);
    }
    let surplus = raise(gains, &mut settled, &[])?;
    Ok(Some((surplus, settled)))
}

/// What is said where the arithmetic fails, which no game is known to do.
pub(super) fn failed(what: &str, why: NoOptimum) -> Undefined {
    let why = match why {
        NoOptimum::Infeasible => "its limits leave no point",
        NoOptimum::Unbounded => "its limits hold nothing",
        NoOptimum::Stuck => "it came to no end",
    };
    Undefined(format!("the arithmetic of {what} failed: {why}; report this game"))
}
