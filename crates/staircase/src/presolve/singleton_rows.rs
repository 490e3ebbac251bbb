//! A row with one term becomes bounds of its column.

use super::bounds::{CONTRADICTION, Tightened, divided};
use super::places::{Reach, each_entry, reach, representative};
use super::work::{Step, Work};
use crate::model::{Before, Extent, Model, Point, Row, Term, Values};

pub(super) fn singleton_rows(work: &mut Work) -> Option<usize> {
    let mut found = 0;
    for row in 0..work.model.rows.len() {
        if work.row_left[row] && work.row(row).terms.len() == 1 && is_one_entry(work, row) {
            to_bounds(work, row)?;
            found += 1;
        }
    }
    Some(found)
}

/// Whether each place of a row with one term has one entry at most.
fn is_one_entry(work: &Work, row: usize) -> bool {
    let Row { terms, extent, .. } = work.row(row);
    let Reach::Sum(spans) = reach(&work.model, *extent, &terms[0]) else {
        return true;
    };
    let spans = &work.model.spans[spans];
    if spans.count() == work.model.stages {
        return true;
    }
    let Values::Series(coefficients) = &terms[0].coefficient else {
        return false;
    };
    let mut last = None;
    let counts = coefficients.iter().zip(spans.of_stage.iter()).filter(|(a, _)| **a != 0.0);
    for (_, span) in counts {
        if last == Some(*span) {
            return false;
        }
        last = Some(*span);
    }
    true
}

/// lower ≤ a·x ≤ upper: bounds of x, the other way round where a < 0.
fn to_bounds(work: &mut Work, row: usize) -> Option<()> {
    let Row { terms, lower, upper, extent } = work.row(row);
    let (term, extent) = (&terms[0], *extent);
    let column = work.column(term.column);
    let old = (&column.lower, &column.upper);
    let count = work.places_of_column(term.column);
    let a = &term.coefficient;
    let implied = |place: usize, own: usize| divided((lower.at(own), upper.at(own)), a.at(place));
    let reach = reach(&work.model, extent, term);
    let (bounds, source) = match reach {
        Reach::Same if work.starts[row] == 0 => {
            let places = representative(0..count, [a, lower, upper]);
            places
                .filter(|t| a.at(*t) == 0.0)
                .try_for_each(|t| holds_0(lower.at(t), upper.at(t)))?;
            let bounds = Tightened::new(0..count, old, [a, lower, upper], |t| implied(t, t))?;
            (bounds, Source::SamePlace)
        }
        _ => {
            let mut listed = Listed::new(count);
            let existing = work.existing(row);
            let mut empty = vec![true; existing.end];
            each_entry(&work.model, reach, term, |place, at, own| {
                if existing.contains(&own) && a.at(place) != 0.0 {
                    empty[own] = false;
                    listed.take(place, at, implied(place, own));
                }
            });
            existing.filter(|t| empty[*t]).try_for_each(|t| holds_0(lower.at(t), upper.at(t)))?;
            let (low, high) = (Values::from(listed.lower), Values::from(listed.upper));
            let at = |place| (low.at(place), high.at(place));
            let bounds = Tightened::new(0..count, old, [&low, &high], at)?;
            (bounds, Source::Listed(listed.from_lower, listed.from_upper))
        }
    };
    let term = work.remove_row(row).swap_remove(0);
    let column = &mut work.model.columns[term.column];
    (column.lower, column.upper) = (bounds.lower.clone(), bounds.upper.clone());
    work.steps.push(Box::new(Bound { row, term, bounds, source }));
    Some(())
}

/// None where 0 is out of bounds.
fn holds_0(lower: f64, upper: f64) -> Option<()> {
    (lower <= CONTRADICTION && upper >= -CONTRADICTION).then_some(())
}

/// Where each bound of a column comes from.
#[derive(Debug)]
enum Source {
    /// The row at the same place.
    SamePlace,
    /// The rows with these places of the coefficient, for lower and for upper bounds.
    Listed(Vec<u32>, Vec<u32>),
}

/// The tightest bounds of each place, with the place of the coefficient they come from.
struct Listed {
    lower: Vec<f64>,
    upper: Vec<f64>,
    from_lower: Vec<u32>,
    from_upper: Vec<u32>,
}

impl Listed {
    fn new(count: usize) -> Self {
        Listed {
            lower: vec![f64::NEG_INFINITY; count],
            upper: vec![f64::INFINITY; count],
            from_lower: vec![0; count],
            from_upper: vec![0; count],
        }
    }

    fn take(&mut self, place: usize, at: usize, (lower, upper): (f64, f64)) {
        if lower > self.lower[at] {
            (self.lower[at], self.from_lower[at]) = (lower, place as u32);
        }
        if upper < self.upper[at] {
            (self.upper[at], self.from_upper[at]) = (upper, place as u32);
        }
    }
}

#[derive(Debug)]
struct Bound {
    row: usize,
    term: Term,
    bounds: Tightened,
    source: Source,
}

impl Step for Bound {
    /// The row's dual is the column's reduced cost where the bound that is met came from the row.
    fn restore(&self, model: &Model, point: &mut Point) {
        let extent = model.rows[self.row].extent;
        let mut duals = vec![0.0; model.count(extent)];
        let reduced = &mut point.reduced_costs[self.term.column];
        for (at, reduced) in reduced.iter_mut().enumerate() {
            if !self.bounds.is_of_new(*reduced, at) {
                continue;
            }
            let place = match &self.source {
                Source::SamePlace => at,
                Source::Listed(lower, _) if *reduced > 0.0 => lower[at] as usize,
                Source::Listed(_, upper) => upper[at] as usize,
            };
            let own = place_of_row(model, extent, &self.term, place);
            duals[own] = *reduced / self.term.coefficient.at(place);
            *reduced = 0.0;
        }
        point.row_duals[self.row] = duals;
    }
}

/// The place of a row whose coefficient stands at a place.
fn place_of_row(model: &Model, row: Extent, term: &Term, place: usize) -> usize {
    match reach(model, row, term) {
        Reach::Sum(spans) => {
            debug_assert!(term.before == Before::Wrap || place >= term.back as usize);
            model.spans[spans].of_stage[place] as usize
        }
        _ => place,
    }
}
