//! What is known of duals before a solve: their signs, and what columns without bounds imply.

use super::bounds::times;
use super::places::{Reach, is_constant, reach, written_out};
use super::work::Work;
use crate::model::{Before, Column, Row, Values};

/// How far a bound is loosened for rounding, relative to what it was computed from.
const ROUNDING: f64 = 1e-9;

/// Bounds of the dual of each row.
pub(super) struct DualBounds {
    pub lower: Vec<Values>,
    pub upper: Vec<Values>,
    /// First stages, at which rows do not exist.
    starts: Vec<usize>,
}

/// A term of a column, as its places see it.
pub(super) struct Pull<'a> {
    pub row: usize,
    coefficient: &'a Values,
    back: usize,
    before: Before,
    stages: usize,
    /// For a span row.
    of_stage: Option<&'a [u32]>,
}

impl Pull<'_> {
    /// Coefficient and place of the row for a place of the column.
    fn at(&self, place: usize) -> Option<(f64, usize)> {
        let mut place = place + self.back;
        if self.back > 0 && place >= self.stages {
            if self.before != Before::Wrap {
                return None;
            }
            place -= self.stages;
        }
        let own = self.of_stage.map_or(place, |spans| spans[place] as usize);
        Some((self.coefficient.at(place), own))
    }
}

impl DualBounds {
    /// By signs alone: a row pulls upwards at its lower bound, downwards at its upper.
    pub(super) fn by_sign(work: &Work) -> Self {
        let rows = &work.model.rows;
        let bound = |bound: &Values, if_any: f64| {
            let any = |bound: f64| if bound.is_finite() { if_any } else { 0.0 };
            if bound.all(f64::is_finite) { Values::Constant(if_any) } else { bound.map(any) }
        };
        let upper = |row: &Row| bound(&row.lower, f64::INFINITY);
        let lower = |row: &Row| bound(&row.upper, f64::NEG_INFINITY);
        DualBounds {
            lower: rows.iter().map(lower).collect(),
            upper: rows.iter().map(upper).collect(),
            starts: work.starts.clone(),
        }
    }

    /// Bounds of a dual; 0 where the row does not exist.
    fn of(&self, row: usize, place: usize) -> (f64, f64) {
        if place < self.starts[row] {
            return (0.0, 0.0);
        }
        (self.lower[row].at(place), self.upper[row].at(place))
    }

    /// The terms of a column. None where one of its places stands in many of a row.
    pub(super) fn pulls(work: &Work, column: usize) -> Option<Vec<Pull<'_>>> {
        let mut pulls = Vec::with_capacity(work.uses[column].len());
        for at in &work.uses[column] {
            let term = work.term(*at);
            let of_stage = match reach(&work.model, work.row(at.row).extent, term) {
                Reach::Same | Reach::Earlier => None,
                Reach::Sum(spans) => Some(&work.model.spans[spans].of_stage[..]),
                Reach::Spread(_) | Reach::Across(..) => return None,
            };
            pulls.push(Pull {
                row: at.row,
                coefficient: &term.coefficient,
                back: term.back as usize,
                before: term.before,
                stages: work.model.stages,
                of_stage,
            });
        }
        Some(pulls)
    }

    /// Whether one place of a column stands for all.
    pub(super) fn is_constant(&self, pulls: &[Pull]) -> bool {
        pulls.iter().all(|pull| {
            is_constant(pull.coefficient)
                && is_constant(&self.lower[pull.row])
                && is_constant(&self.upper[pull.row])
                && self.starts[pull.row] == 0
                && (pull.back == 0 || pull.before == Before::Wrap)
        })
    }

    /// Least and greatest of Σ coefficient · dual at a place of a column, and the size of its terms.
    pub(super) fn sum(&self, pulls: &[Pull], place: usize) -> Sum {
        let mut sum = Sum::default();
        for pull in pulls {
            let Some((a, own)) = pull.at(place) else {
                continue;
            };
            sum.add(times(self.of(pull.row, own), a));
        }
        sum
    }

    /// Tightens by columns without an upper or lower bound: their reduced cost has a sign, too. None
    /// where no dual is left.
    pub(super) fn tighten(&mut self, work: &Work) -> Option<()> {
        for column in 0..work.model.columns.len() {
            if !work.column_left[column] || work.uses[column].is_empty() {
                continue;
            }
            let Column { lower, upper, .. } = work.column(column);
            let middle = work.places_of_column(column) / 2;
            if lower.at(middle).is_finite() && upper.at(middle).is_finite() {
                continue;
            }
            let Some(pulls) = Self::pulls(work, column) else {
                continue;
            };
            for index in 0..pulls.len() {
                if self.is_better(work, column, (&pulls, index), middle) {
                    self.tighten_by(work, column, &pulls, index)?;
                }
            }
        }
        Some(())
    }

    /// What a column at a place implies for the dual of one of its rows, and where.
    fn implied(
        &self,
        of: &Column,
        (pulls, index): (&[Pull], usize),
        place: usize,
    ) -> Option<(usize, f64, f64)> {
        let (a, own) = pulls[index].at(place)?;
        let (lower, upper) = (of.lower.at(place), of.upper.at(place));
        if a == 0.0 || (lower.is_finite() && upper.is_finite()) {
            return None;
        }
        let mut rest = Sum::default();
        for (_, pull) in pulls.iter().enumerate().filter(|(other, _)| *other != index) {
            if let Some((a, own)) = pull.at(place) {
                rest.add(times(self.of(pull.row, own), a));
            }
        }
        let cost = of.cost.at(place);
        let slack = ROUNDING * (cost.abs() + rest.size);
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        if upper == f64::INFINITY {
            high = cost - rest.least + slack;
        }
        if lower == f64::NEG_INFINITY {
            low = cost - rest.greatest - slack;
        }
        let (low, high) = super::bounds::divided((low, high), a);
        Some((own, low, high))
    }

    fn is_better(&self, work: &Work, column: usize, at: (&[Pull], usize), place: usize) -> bool {
        let row = at.0[at.1].row;
        self.implied(work.column(column), at, place).is_some_and(|(own, low, high)| {
            let (lower, upper) = self.of(row, own);
            low > lower || high < upper
        })
    }

    fn tighten_by(
        &mut self,
        work: &Work,
        column: usize,
        pulls: &[Pull],
        index: usize,
    ) -> Option<()> {
        let of = work.column(column);
        let row = pulls[index].row;
        let is_same = pulls[index].back == 0 && pulls[index].of_stage.is_none();
        let values = [&of.lower, &of.upper, &of.cost];
        if is_same && self.is_constant(pulls) && values.into_iter().all(is_constant) {
            let (_, low, high) = self.implied(of, (pulls, index), 0)?;
            let (low, high) = (self.lower[row].at(0).max(low), self.upper[row].at(0).min(high));
            (self.lower[row], self.upper[row]) = (low.into(), high.into());
            return (low <= high).then_some(());
        }
        let places = work.places_of_row(row);
        let mut lower = written_out(&self.lower[row], places);
        let mut upper = written_out(&self.upper[row], places);
        for place in 0..work.places_of_column(column) {
            if let Some((own, low, high)) = self.implied(of, (pulls, index), place) {
                lower[own] = lower[own].max(low);
                upper[own] = upper[own].min(high);
                if lower[own] > upper[own] && own >= self.starts[row] {
                    return None;
                }
            }
        }
        (self.lower[row], self.upper[row]) = (lower.into(), upper.into());
        Some(())
    }
}

/// A sum of what lies between bounds.
#[derive(Default, Clone, Copy)]
pub(super) struct Sum {
    pub least: f64,
    pub greatest: f64,
    /// The finite bounds together, in absolute value.
    pub size: f64,
}

impl Sum {
    fn add(&mut self, (low, high): (f64, f64)) {
        self.least += low;
        self.greatest += high;
        for bound in [low, high] {
            if bound.is_finite() {
                self.size += bound.abs();
            }
        }
    }
}
