//! A column in one equation only, free or kept within its bounds by the equation: both go.

use super::activity::Activity;
use super::bounds::{cheapest_at, divided};
use super::fixed_columns::total;
use super::places::{
    Reach, add_activity, holds, is_zero, made, reach, representative, scattered, written_out,
};
use super::ratio::RATIO;
use super::work::{Step, Use, Work, sum};
use crate::model::{Column, Extent, Model, Point, Row, Term, Values};

/// How far a bound may be passed by a column that its equation keeps, relative to 1 and the bound.
const KEPT: f64 = 1e-11;

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

/// a·x + rest = c: x = (c − rest)/a, and the row's dual is what x costs a unit of a. The others of
/// the row are charged with it.
fn take_out(work: &mut Work, at: Use) {
    let term = work.term(at).clone();
    let column = work.column(term.column).clone();
    let count = work.places_of_row(at.row);
    let first = work.starts[at.row];
    let (pivot, extent) = (term.coefficient, column.extent);
    let price = |t: usize| if t < first { 0.0 } else { column.cost.at(t) / pivot.at(t) };
    let duals = if first == 0 {
        made(count, [&column.cost, &pivot], price)
    } else {
        Values::Series((0..count).map(price).collect())
    };
    let early = (0..first)
        .map(|t| cheapest_at(column.cost.at(t), (column.lower.at(t), column.upper.at(t))))
        .collect::<Vec<f64>>();
    let right = work.row(at.row).lower.clone();
    let terms = work.remove_row(at.row);
    let rest: Vec<Term> = terms.into_iter().filter(|t| t.column != term.column).collect();
    work.column_left[term.column] = false;
    if !is_zero(&duals) {
        for term in &rest {
            charge(work, extent, term, &duals);
        }
        work.offset += total(count, &duals, &right);
    }
    work.offset += early.iter().enumerate().map(|(t, x)| x * column.cost.at(t)).sum::<f64>();
    let (row, cost) = (at.row, column.cost);
    let column = term.column;
    work.steps.push(Box::new(FreeSingleton {
        row,
        column,
        pivot,
        right,
        rest,
        duals,
        early,
        cost,
    }));
}

/// Takes what a term's row is worth off the cost of its column.
fn charge(work: &mut Work, row: Extent, term: &Term, duals: &Values) {
    let worth = scattered(&work.model, row, term, duals);
    let cost = &mut work.model.columns[term.column].cost;
    *cost = cost.zip(&worth, |cost, worth| sum(cost, -worth));
}

#[derive(Debug)]
struct FreeSingleton {
    row: usize,
    column: usize,
    pivot: Values,
    right: Values,
    rest: Vec<Term>,
    duals: Values,
    /// Values at the stages before the row exists.
    early: Vec<f64>,
    cost: Values,
}

impl Step for FreeSingleton {
    fn restore(&self, model: &Model, point: &mut Point) {
        let extent = model.rows[self.row].extent;
        let count = model.count(extent);
        let mut values = vec![0.0; count];
        for term in &self.rest {
            add_activity(model, (extent, term), &point.columns[term.column], &mut values);
        }
        let mut reduced = vec![0.0; count];
        for (t, value) in values.iter_mut().enumerate() {
            if let Some(early) = self.early.get(t) {
                (*value, reduced[t]) = (*early, self.cost.at(t));
            } else {
                *value = (self.right.at(t) - *value) / self.pivot.at(t);
            }
        }
        point.columns[self.column] = values;
        point.reduced_costs[self.column] = reduced;
        point.row_duals[self.row] = written_out(&self.duals, count);
    }

    fn reduce(&self, _: &Model, _: &mut Point) {}
}
