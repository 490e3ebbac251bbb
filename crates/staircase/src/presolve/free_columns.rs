//! A column that is free, or kept within its bounds by an equation: both go, and where else it
//! stands the equation says what it is.

use super::activity::Activity;
use super::bounds::{cheapest_at, divided};
use super::fixed_columns::{priced, total};
use super::places::{Reach, add_activity, holds, is_zero, made, reach, representative, scattered};
use super::ratio::RATIO;
use super::work::{Entry, Step, Use, Work, sum};
use crate::model::{Column, Extent, Model, Point, Row, Term, Values};

/// How far a bound may be passed by a column that its equation keeps, relative to 1 and the bound.
const KEPT: f64 = 1e-11;

/// In how many rows a column may stand that goes.
const ROWS: usize = 4;

/// Takes out columns that stand in one equation only.
pub(super) fn free_column_singletons(work: &mut Work) -> usize {
    let mut found = 0;
    for column in 0..work.model.columns.len() {
        let [at] = work.uses[column][..] else {
            continue;
        };
        if work.column_left[column]
            && reach(&work.model, work.row(at.row).extent, work.term(at)) == Reach::Same
            && is_free(work, at)
            && work.is_equality(at.row)
            && is_pivot(work, at)
            && is_held_before(work, at)
        {
            take_out(work, at);
            found += 1;
        }
    }
    found
}

/// Takes out columns that stand in some more rows, where those have no more terms then in all.
pub(super) fn free_columns(work: &mut Work) -> usize {
    let mut found = 0;
    for column in 0..work.model.columns.len() {
        if !work.column_left[column] || !(2..=ROWS).contains(&work.uses[column].len()) {
            continue;
        }
        let fits = |at: &&Use| {
            is_small(work, **at)
                && is_free(work, **at)
                && work.is_equality(at.row)
                && is_pivot(work, **at)
        };
        if let Some(at) = work.uses[column].iter().find(fits).copied() {
            take_out(work, at);
            found += 1;
        }
    }
    found
}

/// Whether an equation can be put into the other rows of a column, and adds few terms there.
fn is_small(work: &Work, at: Use) -> bool {
    let Row { terms, extent, .. } = work.row(at.row);
    let model = &work.model;
    let column = terms[at.term].column;
    let rest = || terms.iter().filter(|term| term.column != column);
    let is_own = |reach: Reach| matches!(reach, Reach::Same | Reach::Earlier);
    let simple = reach(model, *extent, &terms[at.term]) == Reach::Same
        && work.starts[at.row] == 0
        && rest().count() + 1 == terms.len();
    if !simple {
        return false;
    }
    // Sums over spans take the equation's terms stage by stage.
    let summed = rest().all(|term| is_own(reach(model, *extent, term)));
    let mut more = -(terms.len() as isize);
    let others = work.uses[column].iter().filter(|other| other.row != at.row);
    for other in others {
        let row = work.row(other.row);
        match reach(model, row.extent, work.term(*other)) {
            Reach::Same if rest().all(|t| !matches!(reach(model, *extent, t), Reach::Sum(_))) => {}
            Reach::Sum(_) if summed && work.term(*other).back == 0 => {}
            _ => return false,
        }
        let is_new = |term: &&Term| {
            let same =
                |t: &Term| (t.column, t.back, t.before) == (term.column, term.back, term.before);
            !row.terms.iter().any(same)
        };
        more += rest().filter(is_new).count() as isize - 1;
    }
    // A row more that reaches back joins stages more tightly.
    let joins = rest().any(|term| term.back > 0);
    more <= 0 && !(joins && work.uses[column].len() > 2)
}

/// Whether a coefficient is not small beside the others of its row.
pub(super) fn is_pivot(work: &Work, at: Use) -> bool {
    let Row { terms, extent, .. } = work.row(at.row);
    let mut sums = 0.0_f64;
    let mut others = Vec::with_capacity(terms.len());
    for term in terms {
        let a = &term.coefficient;
        if matches!(reach(&work.model, *extent, term), Reach::Sum(_)) {
            match a {
                Values::Constant(a) => sums = sums.max(a.abs()),
                Values::Series(a) => sums = a.iter().fold(sums, |most, a| most.max(a.abs())),
            }
        } else {
            others.push(a);
        }
    }
    let pivot = &work.term(at).coefficient;
    let places = representative(work.existing(at.row), others.iter().copied());
    holds(places, |t| {
        let most = others.iter().fold(sums, |most, a| most.max(a.at(t).abs()));
        pivot.at(t).abs() * RATIO >= most && pivot.at(t) != 0.0
    })
}

/// Whether a column has no bounds but those that the equation implies, wherever that exists.
pub(super) fn is_free(work: &Work, at: Use) -> bool {
    let Column { lower, upper, .. } = work.column(work.term(at).column);
    let none = |values: &Values| values.all(f64::is_infinite);
    if none(lower) && none(upper) {
        return true;
    }
    let Some(rest) = Activity::of(work, at.row, Some(at.term)) else {
        return false;
    };
    let a = &work.term(at).coefficient;
    let right = &work.row(at.row).lower;
    let places = rest.representative(work.existing(at.row), &[lower, upper, a, right]);
    holds(places, |t| {
        let (least, greatest) = rest.at(t);
        let (low, high) = divided((right.at(t) - greatest, right.at(t) - least), a.at(t));
        let slack = |bound: f64| KEPT * bound.abs().max(1.0);
        let (lower, upper) = (lower.at(t), upper.at(t));
        (lower.is_infinite() || low >= lower - slack(lower))
            && (upper.is_infinite() || high <= upper + slack(upper))
    })
}

/// Whether the column has a place to go to at the stages before its row exists.
fn is_held_before(work: &Work, at: Use) -> bool {
    let Column { lower, upper, cost, .. } = work.column(work.term(at).column);
    let early = |t: usize| cheapest_at(cost.at(t), (lower.at(t), upper.at(t)));
    (0..work.starts[at.row]).all(|t| early(t).is_finite())
}

/// a·x + rest = c: x = (c − rest)/a, in other rows and in the cost.
fn take_out(work: &mut Work, at: Use) {
    let term = work.term(at).clone();
    let Column { lower, upper, cost, extent } = work.column(term.column).clone();
    let (row, column, pivot) = (at.row, term.column, term.coefficient);
    let count = work.places_of_row(row);
    let first = work.starts[row];
    let early = (0..first).map(|t| cheapest_at(cost.at(t), (lower.at(t), upper.at(t))));
    let early: Vec<f64> = early.collect();
    work.offset += early.iter().enumerate().map(|(t, x)| x * cost.at(t)).sum::<f64>();

    let right = work.row(row).lower.clone();
    let mut rest = work.remove_row(row);
    rest.retain(|other| other.column != column);
    let shift = right.zip(&pivot, |right, a| right / a);
    let mut entries = Vec::new();
    while let Some(other) = work.uses[column].last().copied() {
        let term = work.term(other).clone();
        work.move_to_bounds(other.row, &term, &shift);
        let factor = term.coefficient.zip(&pivot, |other, a| -other / a);
        for b in &rest {
            let coefficient = factor.zip(&b.coefficient, |factor, b| factor * b);
            work.add_term(other.row, Term { coefficient, ..b.clone() });
        }
        work.remove_term(other);
        work.drop_zeros(other.row);
        entries.push(Entry { row: other.row, term });
    }
    work.column_left[column] = false;

    let price = |t: usize| if t < first { 0.0 } else { cost.at(t) / pivot.at(t) };
    let prices = if first == 0 {
        made(count, [&cost, &pivot], price)
    } else {
        Values::Series((0..count).map(price).collect())
    };
    if !is_zero(&prices) {
        for term in &rest {
            charge(work, extent, term, &prices);
        }
        work.offset += total(count, &prices, &right);
    }
    work.steps.push(Box::new(Free { row, column, pivot, right, rest, early, cost, entries }));
}

/// Takes what a term's row is worth off the cost of its column.
fn charge(work: &mut Work, row: Extent, term: &Term, duals: &Values) {
    let worth = scattered(&work.model, row, term, duals);
    let cost = &mut work.model.columns[term.column].cost;
    *cost = cost.zip(&worth, |cost, worth| sum(cost, -worth));
}

#[derive(Debug)]
struct Free {
    row: usize,
    column: usize,
    pivot: Values,
    right: Values,
    rest: Vec<Term>,
    /// Values at the stages before the row exists.
    early: Vec<f64>,
    cost: Values,
    /// Where else the column stood.
    entries: Vec<Entry>,
}

impl Step for Free {
    /// The row's dual is what a unit of it costs in x, with all that x does elsewhere.
    fn restore(&self, model: &Model, point: &mut Point) {
        let extent = model.rows[self.row].extent;
        let count = model.count(extent);
        let mut values = vec![0.0; count];
        for term in &self.rest {
            add_activity(model, (extent, term), &point.columns[term.column], &mut values);
        }
        let mut duals = priced(model, (&self.cost, count), &self.entries, point);
        let mut reduced = vec![0.0; count];
        let first = self.early.len();
        values[..first].copy_from_slice(&self.early);
        reduced[..first].copy_from_slice(&duals[..first]);
        duals[..first].fill(0.0);
        for t in first..count {
            let a = self.pivot.at(t);
            values[t] = (self.right.at(t) - values[t]) / a;
            duals[t] /= a;
        }
        point.columns[self.column] = values;
        point.reduced_costs[self.column] = reduced;
        point.row_duals[self.row] = duals;
    }
}
