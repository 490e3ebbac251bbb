//! A linear program as blocks over time: what the user of this crate writes down.

use std::sync::Arc;

/// One number for every place, or one a place. A place is a stage, or a span of stages.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// The same everywhere.
    Constant(f64),
    /// One a place.
    Series(Arc<[f64]>),
}

impl Values {
    /// The value at a place.
    #[inline]
    pub fn at(&self, place: usize) -> f64 {
        match self {
            Values::Constant(value) => *value,
            Values::Series(values) => values[place],
        }
    }

    /// Each value changed alike.
    #[must_use]
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Values {
        match self {
            Values::Constant(value) => Values::Constant(f(*value)),
            Values::Series(values) => Values::Series(values.iter().map(|v| f(*v)).collect()),
        }
    }

    /// Values combined place by place.
    #[must_use]
    pub fn zip(&self, other: &Values, f: impl Fn(f64, f64) -> f64) -> Values {
        match (self, other) {
            (a, Values::Constant(b)) => a.map(|a| f(a, *b)),
            (Values::Constant(a), b) => b.map(|b| f(*a, b)),
            (Values::Series(a), Values::Series(b)) => {
                Values::Series(a.iter().zip(b.iter()).map(|(a, b)| f(*a, *b)).collect())
            }
        }
    }

    /// Whether a condition holds everywhere.
    pub fn all(&self, f: impl Fn(f64) -> bool) -> bool {
        match self {
            Values::Constant(value) => f(*value),
            Values::Series(values) => values.iter().all(|v| f(*v)),
        }
    }
}

impl From<f64> for Values {
    fn from(value: f64) -> Self {
        Values::Constant(value)
    }
}

impl From<Vec<f64>> for Values {
    fn from(values: Vec<f64>) -> Self {
        Values::Series(values.into())
    }
}

/// How often a column or row exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Once a stage.
    Stage,
    /// Once a span of the division of time with this number in [`Model::spans`].
    Span(usize),
}

/// A division of the stages into spans without gaps, in order: months, days, or all of them in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spans {
    /// The span each stage belongs to: 0, …, 0, 1, …, 1, 2, …
    pub of_stage: Arc<[u32]>,
}

impl Spans {
    /// All stages in one span.
    pub fn whole(stages: usize) -> Self {
        Spans { of_stage: vec![0; stages].into() }
    }

    /// How many spans there are.
    pub fn count(&self) -> usize {
        self.of_stage.last().map_or(0, |last| *last as usize + 1)
    }

    /// The first stage of each span.
    pub fn firsts(&self) -> Vec<usize> {
        let of = &self.of_stage;
        (0..of.len()).filter(|t| *t == 0 || of[*t] != of[*t - 1]).collect()
    }
}

/// A variable, with its bounds and its cost.
#[derive(Debug, Clone)]
pub struct Column {
    /// Least value; −∞ where there is none.
    pub lower: Values,
    /// Greatest value; ∞ where there is none.
    pub upper: Values,
    /// Cost of one unit.
    pub cost: Values,
    /// How often it exists.
    pub extent: Extent,
}

/// What a term that reaches back finds before the first stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Nothing: a stage row that reaches there does not exist; a span row goes without the term.
    Nothing,
    /// Nought: the row goes without the term.
    Nought,
    /// The last stages: time is a ring.
    Wrap,
}

/// coefficient · column(stage − back)
#[derive(Debug, Clone)]
pub struct Term {
    /// Index of the column block in [`Model::columns`].
    pub column: usize,
    /// Times what: by stage of the row; for a span column in a span row, by span of the row.
    pub coefficient: Values,
    /// How many stages earlier. 0 for span columns.
    pub back: u32,
    /// What stands there before the first stage.
    pub before: Before,
}

/// lower ≤ Σ terms ≤ upper.
///
/// In a row once a stage, a span column is that of the span the stage is in. In a row once a span,
/// stage columns are summed over the stages of the span, and a span column of another division is
/// that of the span the row's first stage is in.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its terms. The same column may stand in several, with different `back`.
    pub terms: Vec<Term>,
    /// Least value; −∞ where there is none.
    pub lower: Values,
    /// Greatest value; ∞ where there is none.
    pub upper: Values,
    /// How often it exists.
    pub extent: Extent,
}

/// minimise Σ cost·x subject to bounds on columns and rows.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// How many stages.
    pub stages: usize,
    /// Divisions of time that [`Extent::Span`] numbers.
    pub spans: Vec<Spans>,
    /// Column blocks.
    pub columns: Vec<Column>,
    /// Row blocks.
    pub rows: Vec<Row>,
}

impl Model {
    /// How many places a block of this extent has.
    pub fn count(&self, extent: Extent) -> usize {
        match extent {
            Extent::Stage => self.stages,
            Extent::Span(spans) => self.spans[spans].count(),
        }
    }

    /// The stage that a term of a row at `stage` refers to; none before the first.
    pub fn earlier(&self, stage: usize, term: &Term) -> Option<usize> {
        let back = term.back as usize;
        if back <= stage {
            Some(stage - back)
        } else if term.before == Before::Wrap {
            Some((stage + self.stages - back % self.stages) % self.stages)
        } else {
            None
        }
    }

    /// Calls `entry(place of row, column block, place of column, coefficient)` for every entry of a
    /// row block, stage rows that do not exist left out. Entries of the same row and
    /// column may come more than once and add up.
    pub fn entries(&self, row: &Row, mut entry: impl FnMut(usize, usize, usize, f64)) {
        for term in &row.terms {
            self.entries_of(row, term, |at, place, value| entry(at, term.column, place, value));
        }
    }

    /// Calls `entry(place of row, place of column, coefficient)` for those of one term of a row block.
    pub fn entries_of(&self, row: &Row, term: &Term, mut entry: impl FnMut(usize, usize, f64)) {
        let value = &term.coefficient;
        match (row.extent, self.columns[term.column].extent) {
            (Extent::Stage, Extent::Span(spans)) => {
                let of_stage = &self.spans[spans].of_stage;
                for stage in self.first(row)..self.stages {
                    entry(stage, of_stage[stage] as usize, value.at(stage));
                }
            }
            (Extent::Stage, Extent::Stage) => {
                let (first, back) = (self.first(row), term.back as usize);
                for stage in first..back.min(self.stages) {
                    if let Some(at) = self.earlier(stage, term) {
                        entry(stage, at, value.at(stage));
                    }
                }
                let rest = first.max(back)..self.stages;
                match value {
                    Values::Constant(value) => rest.for_each(|t| entry(t, t - back, *value)),
                    Values::Series(values) => rest.for_each(|t| entry(t, t - back, values[t])),
                }
            }
            (Extent::Span(own), Extent::Span(spans)) => {
                for (span, first) in self.spans[own].firsts().into_iter().enumerate() {
                    entry(span, self.spans[spans].of_stage[first] as usize, value.at(span));
                }
            }
            (Extent::Span(own), Extent::Stage) => {
                for (stage, span) in self.spans[own].of_stage.iter().enumerate() {
                    if let Some(at) = self.earlier(stage, term) {
                        entry(*span as usize, at, value.at(stage));
                    }
                }
            }
        }
    }

    /// The first place at which a row exists.
    pub fn first(&self, row: &Row) -> usize {
        (0..self.stages).take_while(|stage| !self.exists(row, *stage)).count()
    }

    /// Whether a stage row exists at a stage: no term reaches back to where nothing is.
    pub fn exists(&self, row: &Row, stage: usize) -> bool {
        row.extent != Extent::Stage
            || row.terms.iter().all(|term| {
                self.columns[term.column].extent != Extent::Stage
                    || term.back as usize <= stage
                    || term.before != Before::Nothing
            })
    }
}

/// A value a place for each column block, and duals alike.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Point {
    /// Values of the columns.
    pub columns: Vec<Vec<f64>>,
    /// What one more unit on the bounding side of each row costs; 0 where the row does not exist.
    pub row_duals: Vec<Vec<f64>>,
    /// cost − Σ rowsᵀ·dual of each column: positive at its lower bound, negative at its upper.
    pub reduced_costs: Vec<Vec<f64>>,
}

impl Point {
    /// This point as a guess for a model of the same blocks that begins so many stages later, to be given to
    /// [`solve`](crate::solve).
    ///
    /// Stages that both have are as they are here, those after them like the last one here. What exists once
    /// a span is as it is here, span by span. The guess is empty, and then changes nothing, where the models
    /// have other blocks or no stage in common.
    ///
    /// Five a day are needed and at most ten bought at the day's price; 25 can be kept. Each week is planned
    /// from the plan of the one that began a day before:
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use staircase::{Before, Column, Extent, Model, Options, Point, Row, Status, Term, solve};
    ///
    /// let price = |day: usize| [3.0, 5.0, 4.0, 9.0, 2.0][day % 5];
    /// let column = |upper: f64| Column {
    ///     lower: 0.0.into(),
    ///     upper: upper.into(),
    ///     cost: 0.0.into(),
    ///     extent: Extent::Stage,
    /// };
    /// let term = |column, coefficient: f64, back| Term {
    ///     column,
    ///     coefficient: coefficient.into(),
    ///     back,
    ///     before: Before::Nought,
    /// };
    /// let week = |first: usize| Model {
    ///     stages: 7,
    ///     columns: vec![
    ///         Column { cost: (first..first + 7).map(price).collect::<Vec<_>>().into(), ..column(10.0) },
    ///         column(25.0),
    ///     ],
    ///     // bought(t) + kept(t − 1) − kept(t) = 5
    ///     rows: vec![Row {
    ///         terms: vec![term(0, 1.0, 0), term(1, 1.0, 1), term(1, -1.0, 0)],
    ///         lower: 5.0.into(),
    ///         upper: 5.0.into(),
    ///         extent: Extent::Stage,
    ///     }],
    ///     ..Model::default()
    /// };
    /// let mut last: Option<Point> = None;
    /// for first in 0..3 {
    ///     let model = week(first);
    ///     let start = last.map(|point| point.moved_on(&model, 1));
    ///     let watch = &mut |_: &_| ControlFlow::Continue(());
    ///     let solution = solve(&model, &Options::default(), start.as_ref(), watch);
    ///     assert_eq!(solution.status, Status::Optimal);
    ///     last = solution.point;
    /// }
    /// ```
    #[must_use]
    pub fn moved_on(&self, model: &Model, stages: usize) -> Point {
        let moved = |lists: &[Vec<f64>], extents: &[Extent]| -> Option<Vec<Vec<f64>>> {
            let later = |(list, extent): (&Vec<f64>, &Extent)| {
                let begin = if *extent == Extent::Stage { stages } else { 0 };
                let (known, last) = (list.get(begin..)?, *list.last()?);
                if known.is_empty() {
                    return None;
                }
                let known = known.iter().copied().chain(std::iter::repeat(last));
                Some(known.take(model.count(*extent)).collect())
            };
            let same = lists.len() == extents.len();
            same.then(|| lists.iter().zip(extents).map(later).collect()).flatten()
        };
        let columns: Vec<Extent> = model.columns.iter().map(|c| c.extent).collect();
        let rows: Vec<Extent> = model.rows.iter().map(|r| r.extent).collect();
        match (moved(&self.columns, &columns), moved(&self.row_duals, &rows)) {
            (Some(columns), Some(row_duals)) => {
                Point { columns, row_duals, reduced_costs: Vec::new() }
            }
            _ => Point::default(),
        }
    }
}
