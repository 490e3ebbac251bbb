//! A model while it is made smaller: which blocks are left, where columns stand, what was done.

use std::fmt::Debug;

use super::places::{gathered, is_shared, is_zero, representative, seen, start};
use crate::model::{Before, Column, Extent, Model, Point, Row, Term, Values};

/// Something done to a model, with what it takes to undo it.
pub(super) trait Step: Debug + Send + Sync {
    /// From a point of the model after to one of the model before.
    fn restore(&self, model: &Model, point: &mut Point);
    /// From a guess of the model before, of values and row duals, to one of the model after. What is taken out
    /// mostly takes nothing else with it.
    fn reduce(&self, _point: &mut Point) {}
}

/// Where a column stands: in this row block, as this term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Use {
    pub row: usize,
    pub term: usize,
}

/// A term that a column had, and the row it stood in.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub row: usize,
    pub term: Term,
}

/// A model while it is made smaller. Blocks keep their numbers until the end.
#[derive(Debug)]
pub(super) struct Work {
    pub model: Model,
    pub column_left: Vec<bool>,
    pub row_left: Vec<bool>,
    /// The first stage at which each row exists.
    pub starts: Vec<usize>,
    pub uses: Vec<Vec<Use>>,
    pub steps: Vec<Box<dyn Step>>,
    /// Cost that no column carries any more.
    pub offset: f64,
}

impl Work {
    /// Takes a model up, with every column once for each `back` in a row, and no term that is 0.
    pub(super) fn new(model: &Model) -> Self {
        let mut work = Work {
            model: model.clone(),
            column_left: vec![true; model.columns.len()],
            row_left: vec![true; model.rows.len()],
            starts: model.rows.iter().map(|row| start(model, row)).collect(),
            uses: vec![Vec::new(); model.columns.len()],
            steps: Vec::new(),
            offset: 0.0,
        };
        for row in 0..model.rows.len() {
            let terms = std::mem::take(&mut work.model.rows[row].terms);
            for term in terms {
                work.take_up(row, term);
            }
            work.drop_zeros(row);
        }
        work
    }

    pub(super) fn column(&self, column: usize) -> &Column {
        &self.model.columns[column]
    }

    pub(super) fn row(&self, row: usize) -> &Row {
        &self.model.rows[row]
    }

    pub(super) fn term(&self, at: Use) -> &Term {
        &self.model.rows[at.row].terms[at.term]
    }

    /// How many places a column has.
    pub(super) fn places_of_column(&self, column: usize) -> usize {
        self.model.count(self.model.columns[column].extent)
    }

    /// How many places a row has, those where it does not exist included.
    pub(super) fn places_of_row(&self, row: usize) -> usize {
        self.model.count(self.model.rows[row].extent)
    }

    /// The places where a row exists.
    pub(super) fn existing(&self, row: usize) -> std::ops::Range<usize> {
        self.starts[row]..self.places_of_row(row)
    }

    /// Whether a row is an equation wherever it exists.
    pub(super) fn is_equality(&self, row: usize) -> bool {
        let Row { lower, upper, .. } = self.row(row);
        let mut places = representative(self.existing(row), [lower, upper]);
        if is_shared(lower, upper) {
            return places.all(|place| lower.at(place).is_finite());
        }
        places.all(|t| lower.at(t) == upper.at(t) && lower.at(t).is_finite())
    }

    /// Adds a term to a row, to one that reaches the same where there is one.
    pub(super) fn add_term(&mut self, row: usize, term: Term) {
        let by_stage = self.model.rows[row].extent == Extent::Stage;
        // A stage row with one of them that finds nothing is not there to look at the other.
        let fits = |a: Before, b: Before| {
            a == b || (by_stage && (a == Before::Nothing || b == Before::Nothing))
        };
        let terms = &mut self.model.rows[row].terms;
        let same = terms.iter_mut().find(|other| {
            other.column == term.column
                && other.back == term.back
                && fits(other.before, term.before)
        });
        if let Some(same) = same {
            same.coefficient = same.coefficient.zip(&term.coefficient, sum);
            if term.before == Before::Nothing {
                same.before = Before::Nothing;
            }
            return;
        }
        self.uses[term.column].push(Use { row, term: terms.len() });
        terms.push(term);
    }

    /// Takes terms that have become 0 out of a row.
    pub(super) fn drop_zeros(&mut self, row: usize) {
        for index in (0..self.row(row).terms.len()).rev() {
            if is_zero(&self.row(row).terms[index].coefficient) {
                self.remove_term(Use { row, term: index });
            }
        }
    }

    /// Takes a row out, and hands over its terms.
    pub(super) fn remove_row(&mut self, row: usize) -> Vec<Term> {
        self.row_left[row] = false;
        let terms = std::mem::take(&mut self.model.rows[row].terms);
        for term in &terms {
            self.uses[term.column].retain(|at| at.row != row);
        }
        terms
    }

    /// Takes a column out, and hands over its terms.
    pub(super) fn remove_column(&mut self, column: usize) -> Vec<Entry> {
        self.column_left[column] = false;
        let mut entries = Vec::with_capacity(self.uses[column].len());
        while let Some(at) = self.uses[column].last().copied() {
            entries.push(Entry { row: at.row, term: self.remove_term(at) });
        }
        entries
    }

    /// Takes a column out of all its rows, which keep another that reaches the same.
    pub(super) fn remove_duplicate(&mut self, column: usize) {
        self.column_left[column] = false;
        while let Some(at) = self.uses[column].last().copied() {
            self.remove_term(at);
        }
    }

    /// Writes shift + slope·kept for a column in all its rows, and hands over its terms.
    pub(super) fn replace_column(
        &mut self,
        gone: usize,
        kept: usize,
        (slope, shift): (&Values, &Values),
    ) -> Vec<Entry> {
        self.column_left[gone] = false;
        let mut entries = Vec::with_capacity(self.uses[gone].len());
        while let Some(at) = self.uses[gone].last().copied() {
            let term = self.term(at).clone();
            let extent = self.row(at.row).extent;
            self.move_to_bounds(at.row, &term, shift);
            let slope = seen(&self.model, extent, &term, slope);
            let coefficient = term.coefficient.zip(&slope, product);
            self.add_term(at.row, Term { column: kept, coefficient, ..term });
            entries.push(Entry { row: at.row, term: self.remove_term(at) });
            self.drop_zeros(at.row);
        }
        entries
    }

    /// Takes coefficient · value to the other side of a row: from a term that was taken out.
    pub(super) fn move_to_bounds(&mut self, row: usize, term: &Term, value: &Values) {
        if is_zero(value) {
            return;
        }
        let extent = self.model.rows[row].extent;
        let products = term.coefficient.zip(&seen(&self.model, extent, term, value), product);
        let moved = gathered(&self.model, extent, term, products);
        let Row { lower, upper, .. } = &mut self.model.rows[row];
        let is_same = is_shared(lower, upper);
        *lower = lower.zip(&moved, |bound, moved| bound - moved);
        *upper = if is_same { lower.clone() } else { upper.zip(&moved, |b, m| b - m) };
    }

    /// A term as it is stored: `back` within the stages, and said only where it counts.
    fn take_up(&mut self, row: usize, mut term: Term) {
        let stages = self.model.stages;
        if self.model.columns[term.column].extent != Extent::Stage {
            term.back = 0;
        }
        if term.before == Before::Wrap {
            term.back %= stages as u32;
        }
        if term.back as usize >= stages {
            return;
        }
        if term.back == 0 {
            term.before = Before::Nothing;
        }
        self.add_term(row, term);
    }

    /// Takes a term out of its row.
    pub(super) fn remove_term(&mut self, at: Use) -> Term {
        let Use { row, term: index } = at;
        let terms = &mut self.model.rows[row].terms;
        let term = terms.swap_remove(index);
        self.uses[term.column].retain(|other| *other != at);
        if let Some(moved) = terms.get(index) {
            let from = Use { row, term: terms.len() };
            let uses = &mut self.uses[moved.column];
            if let Some(moved) = uses.iter_mut().find(|other| **other == from) {
                *moved = at;
            }
        }
        term
    }

    /// Frees rows at the first stages, where they do not exist though no term says so any more.
    pub(super) fn blank(&mut self) {
        for (row, stages) in self.starts.iter().enumerate() {
            if !self.row_left[row] || start(&self.model, &self.model.rows[row]) == *stages {
                continue;
            }
            let count = self.model.count(self.model.rows[row].extent);
            let freed = |bound: &Values, none: f64| -> Values {
                if *stages == count {
                    return Values::Constant(none);
                }
                let at = |t| if t < *stages { none } else { bound.at(t) };
                Values::Series((0..count).map(at).collect())
            };
            let Row { lower, upper, .. } = &mut self.model.rows[row];
            (*lower, *upper) = (freed(lower, f64::NEG_INFINITY), freed(upper, f64::INFINITY));
        }
    }
}

fn product(a: f64, b: f64) -> f64 {
    a * b
}

/// A sum that is 0 where only rounding is left of it.
pub(super) fn sum(a: f64, b: f64) -> f64 {
    let sum = a + b;
    if sum.abs() <= ROUNDING * a.abs().max(b.abs()) { 0.0 } else { sum }
}

/// What rounding may leave of a difference, relative to its terms.
const ROUNDING: f64 = 1e-13;
