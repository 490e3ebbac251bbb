//! What terms of a row come to at a place, at least and at most.

use std::ops::Range;

use super::bounds::times;
use super::places::{Reach, is_constant, reach};
use super::work::Work;
use crate::model::{Before, Model, Term, Values};

/// Terms of a row that stand for one column place each.
pub(super) struct Activity<'a> {
    model: &'a Model,
    terms: Vec<(Reach, &'a Term)>,
}

impl<'a> Activity<'a> {
    /// The terms of a row, but for one. None where one of them is a sum over stages.
    pub(super) fn of(work: &'a Work, row: usize, without: Option<usize>) -> Option<Self> {
        let model = &work.model;
        let row = work.row(row);
        let mut terms = Vec::with_capacity(row.terms.len());
        for (index, term) in row.terms.iter().enumerate() {
            if Some(index) == without {
                continue;
            }
            let reach = reach(model, row.extent, term);
            if matches!(reach, Reach::Sum(_) | Reach::Across(..)) {
                return None;
            }
            terms.push((reach, term));
        }
        Some(Activity { model, terms })
    }

    /// The places that stand for all of a range.
    pub(super) fn representative(&self, range: Range<usize>, others: &[&Values]) -> Range<usize> {
        let constant = |(_, term): &(Reach, &Term)| {
            let column = &self.model.columns[term.column];
            let values = [&term.coefficient, &column.lower, &column.upper];
            term.before != Before::Nought && values.into_iter().all(is_constant)
        };
        let all =
            others.iter().all(|values| is_constant(values)) && self.terms.iter().all(constant);
        if all && !range.is_empty() { range.start..range.start + 1 } else { range }
    }

    /// Least and greatest at a place where the row exists.
    pub(super) fn at(&self, place: usize) -> (f64, f64) {
        let (mut least, mut greatest) = (0.0, 0.0);
        for (reach, term) in &self.terms {
            let at = match reach {
                Reach::Earlier => self.model.earlier(place, term),
                Reach::Spread(spans) => Some(self.model.spans[*spans].of_stage[place] as usize),
                _ => Some(place),
            };
            let Some(at) = at else {
                continue;
            };
            let column = &self.model.columns[term.column];
            let bounds = (column.lower.at(at), column.upper.at(at));
            let (low, high) = times(bounds, term.coefficient.at(place));
            least += low;
            greatest += high;
        }
        (least, greatest)
    }
}
