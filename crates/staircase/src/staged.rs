//! The model as the method needs it: equations that touch their own stage and the one before, and a
//! thin border of columns and rows that touch many stages.
//!
//! What reaches further back goes through copies that wait a stage each. A column or row that exists
//! once a month would be twelve border columns or rows; it becomes a value handed on from stage to
//! stage, or a running sum. Every inequality gets a column of its own for what is left; but one that
//! only keeps a column below so many times a border column, as a size does, becomes a bound that moves.

mod points;

use std::ops::Range;

use crate::model::{Before, Extent, Model, Row, Term, Values};

pub use points::{Found, Guess};

/// Divisions of time with more spans than this are handed on from stage to stage.
const BORDER_SPANS: usize = 2;
/// More border columns and rows than this do not fit.
const BORDER: usize = 600;
/// More waiting copies than this do not fit.
const COPIES: usize = 96;

/// A coefficient at a row and column of the staircase or its border.
#[derive(Debug, Clone)]
pub struct Entry {
    pub row: usize,
    pub column: usize,
    pub value: Values,
}

#[derive(Debug, Clone)]
pub struct StagedColumn {
    pub lower: Values,
    pub upper: Values,
    pub cost: Values,
}

impl StagedColumn {
    /// Whether nought bounds it below.
    fn is_from_nought(&self) -> bool {
        self.lower.all(|l| l == 0.0)
    }

    /// Whether nought bounds it below, and nothing above: there are many such, and less has to be known of
    /// them.
    fn is_half_open(&self) -> bool {
        self.is_from_nought() && self.upper.all(|u| u == f64::INFINITY)
    }
}

#[derive(Debug, Clone)]
pub struct StagedRow {
    pub rhs: Values,
    /// The stages at which it says nothing.
    pub free: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
pub struct BorderColumn {
    pub lower: f64,
    pub upper: f64,
    pub cost: f64,
}

/// An upper bound of a column that is a multiple of a border column; by stage, and nought where the
/// column is fixed at nought.
#[derive(Debug, Clone)]
pub struct MovingBound {
    pub column: usize,
    pub border: usize,
    pub value: Values,
}

/// Where a column block of the model went.
#[derive(Debug, Clone, Copy)]
enum ColumnPlace {
    Stage(usize),
    /// Handed on within each span.
    Chain(usize, usize),
    /// The first of as many border columns as it has spans.
    Border(usize),
}

/// Where a row block of the model went.
#[derive(Debug, Clone)]
enum RowPlace {
    /// It says nothing anywhere.
    Nowhere,
    Stage(usize),
    /// The upper bound of a column, which moves; times this coefficient of the column.
    Bound(usize, Values),
    /// A running sum within each span.
    Sum(usize, usize),
    /// The first of as many border rows as it has spans.
    Border(usize),
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Staged {
    pub stages: usize,
    /// Whether the last stage is joined to the first.
    pub ring: bool,
    pub columns: Vec<StagedColumn>,
    /// Upper bounds that move, of the first columns one after the other.
    pub moving: Vec<MovingBound>,
    /// The columns that nought does not bound below.
    pub lifted: Range<usize>,
    /// How many of the columns, the first, are not half-open.
    pub whole: usize,
    pub rows: Vec<StagedRow>,
    /// Columns in rows of their stage; values by stage.
    pub own: Vec<Entry>,
    /// Columns in rows of the next stage; values by the row's stage.
    pub next: Vec<Entry>,
    pub border_columns: Vec<BorderColumn>,
    /// How many of them, the last, hold what is left of an inequality in the border.
    pub rests_in_border: usize,
    /// Right sides of the border rows.
    pub border_rows: Vec<f64>,
    /// Border columns in rows of stages; values by stage.
    pub border_in_rows: Vec<Entry>,
    /// Columns of stages in border rows; values by stage of the column.
    pub columns_in_border: Vec<Entry>,
    /// Border columns in border rows: row, column, value.
    pub corner: Vec<(usize, usize, f64)>,
    column_places: Vec<ColumnPlace>,
    /// For each column block of the model those that hold it a stage later, two stages later, …
    copies: Vec<Vec<usize>>,
    row_places: Vec<RowPlace>,
    /// Columns that the model does not have: rests, copies, running sums; and the row that says what each is.
    made: Vec<(usize, usize)>,
}

const INFINITE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

/// What a row becomes that only keeps a column below so many times a border column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    /// A bound that moves: less work.
    Bounds,
    /// A row like others: more digits where sizes end at nought.
    Rows,
}

impl Staged {
    /// Puts a model into this shape, or says why it cannot.
    pub fn new(model: &Model, sizes: Sizes) -> Result<Staged, String> {
        let wraps =
            |t: &Term| t.before == Before::Wrap && !(t.back as usize).is_multiple_of(model.stages);
        let ring = model.stages > 0 && model.rows.iter().any(|r| r.terms.iter().any(wraps));
        let mut staged = Staged { stages: model.stages, ring, ..Staged::default() };
        staged.place_columns(model);
        let mut copies: Vec<Vec<usize>> = vec![Vec::new(); model.columns.len()];
        for row in &model.rows {
            let says_nothing = if row.terms.iter().all(|t| t.coefficient.all(|v| v == 0.0)) {
                row.lower.all(|v| v <= 0.0) && row.upper.all(|v| v >= 0.0)
            } else {
                row.lower.all(|v| v == INFINITE.0) && row.upper.all(|v| v == INFINITE.1)
            };
            if says_nothing {
                staged.row_places.push(RowPlace::Nowhere);
                continue;
            }
            if sizes == Sizes::Bounds
                && let Some((bound, coefficient)) = staged.moving_bound(model, row)
            {
                staged.row_places.push(RowPlace::Bound(bound.column, coefficient));
                let room = |v: f64| if v > 0.0 { f64::INFINITY } else { 0.0 };
                staged.columns[bound.column].upper = bound.value.map(room);
                staged.moving.push(bound);
                continue;
            }
            match row.extent {
                Extent::Stage => staged.stage_row(model, row, &mut copies),
                Extent::Span(spans) if model.spans[spans].count() > BORDER_SPANS => {
                    staged.sum_row(model, row, spans, &mut copies);
                }
                Extent::Span(spans) => staged.border_row(model, row, spans),
            }
        }
        staged.copies = copies;
        let waiting: usize = staged.copies.iter().map(Vec::len).sum();
        if waiting > COPIES {
            return Err(format!(
                "rows reach so far back that {waiting} values a stage would have to be carried on"
            ));
        }
        let border = staged.border_columns.len() + staged.border_rows.len();
        if border > BORDER {
            return Err(format!("{border} columns and rows join many stages"));
        }
        staged.sort_columns();
        staged.own = merged(std::mem::take(&mut staged.own));
        staged.next = merged(std::mem::take(&mut staged.next));
        staged.border_in_rows = merged(std::mem::take(&mut staged.border_in_rows));
        staged.columns_in_border = merged(std::mem::take(&mut staged.columns_in_border));
        Ok(staged)
    }

    /// The bound that a row is, if it only keeps a column between nought and so many times a border
    /// column, and the column's coefficient.
    fn moving_bound(&self, model: &Model, row: &Row) -> Option<(MovingBound, Values)> {
        let [a, b] = &row.terms[..] else { return None };
        let border = |t: &Term| match self.column_places[t.column] {
            ColumnPlace::Border(at) if model.count(model.columns[t.column].extent) == 1 => Some(at),
            _ => None,
        };
        let (of_column, of_border, border) = match (border(a), border(b)) {
            (None, Some(at)) => (a, b, at),
            (Some(at), None) => (b, a, at),
            _ => return None,
        };
        let ColumnPlace::Stage(column) = self.column_places[of_column.column] else { return None };
        let (coefficient, nought) = (&of_column.coefficient, |v: f64| v == 0.0);
        let says = |from: &Values, to: &Values, infinite: f64| {
            from.all(|v| v == infinite) && to.all(nought)
        };
        let below = coefficient.all(|v| v > 0.0) && says(&row.lower, &row.upper, INFINITE.0);
        let above = coefficient.all(|v| v < 0.0) && says(&row.upper, &row.lower, INFINITE.1);
        let size = self.border_columns[border];
        let value = of_border.coefficient.zip(coefficient, |b, c| -b / c);
        // A bound that stands still must say no more than the greatest size does.
        let implied =
            |upper: f64, value: f64| upper >= if value > 0.0 { value * size.upper } else { 0.0 };
        let c = &self.columns[column];
        (row.extent == Extent::Stage
            && of_column.back == 0
            && (below || above)
            && size.lower >= 0.0
            && size.upper > 0.0
            && value.all(|v| (0.0..f64::INFINITY).contains(&v))
            && c.lower.all(nought)
            && (0..model.stages).all(|t| implied(c.upper.at(t), value.at(t)))
            && self.moving.iter().all(|m| m.column != column))
        .then(|| (MovingBound { column, border, value }, coefficient.clone()))
    }

    /// Puts columns with bounds that move before all others, then those that nought bounds below and something
    /// above, and half-open ones last.
    fn sort_columns(&mut self) {
        let columns = std::mem::take(&mut self.columns);
        let mut moves = vec![false; columns.len()];
        for bound in &self.moving {
            moves[bound.column] = true;
        }
        self.moving.sort_by_key(|bound| bound.column);
        let all = columns.into_iter().enumerate();
        let (moving, others): (Vec<_>, Vec<_>) = all.partition(|(at, _)| moves[*at]);
        let (bounded, half): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|(_, c)| !c.is_half_open());
        let (from_nought, lifted): (Vec<_>, Vec<_>) =
            bounded.into_iter().partition(|(_, c)| c.is_from_nought());
        let mut place = vec![0; moves.len()];
        let first = moving.len() + from_nought.len();
        self.lifted = first..first + lifted.len();
        self.whole = self.lifted.end;
        let sorted = moving.into_iter().chain(from_nought).chain(lifted).chain(half);
        for (at, (before, column)) in sorted.enumerate() {
            place[before] = at;
            self.columns.push(column);
        }
        for entry in self.own.iter_mut().chain(&mut self.next).chain(&mut self.columns_in_border) {
            entry.column = place[entry.column];
        }
        for bound in &mut self.moving {
            bound.column = place[bound.column];
        }
        for to in &mut self.row_places {
            if let RowPlace::Bound(column, _) = to {
                *column = place[*column];
            }
        }
        for to in &mut self.column_places {
            match to {
                ColumnPlace::Stage(column) | ColumnPlace::Chain(column, _) => {
                    *column = place[*column];
                }
                ColumnPlace::Border(_) => {}
            }
        }
        for copy in self.copies.iter_mut().flatten() {
            *copy = place[*copy];
        }
        for (column, _) in &mut self.made {
            *column = place[*column];
        }
    }

    fn column(&mut self, lower: Values, upper: Values, cost: Values) -> usize {
        self.columns.push(StagedColumn { lower, upper, cost });
        self.columns.len() - 1
    }

    fn row(&mut self, rhs: Values, free: Vec<usize>) -> usize {
        self.rows.push(StagedRow { rhs, free });
        self.rows.len() - 1
    }

    fn place_columns(&mut self, model: &Model) {
        for column in &model.columns {
            let place = match column.extent {
                Extent::Stage => ColumnPlace::Stage(self.column(
                    column.lower.clone(),
                    column.upper.clone(),
                    column.cost.clone(),
                )),
                Extent::Span(spans) if model.spans[spans].count() > BORDER_SPANS => {
                    let spans_of = &model.spans[spans];
                    let of_stage = &spans_of.of_stage;
                    let firsts = spans_of.firsts();
                    let by_stage = |values: &Values| match values {
                        Values::Constant(value) => Values::Constant(*value),
                        Values::Series(_) => of_stage
                            .iter()
                            .map(|s| values.at(*s as usize))
                            .collect::<Vec<_>>()
                            .into(),
                    };
                    let mut cost = vec![0.0; model.stages];
                    let mut handed_on = vec![1.0; model.stages];
                    for (span, first) in firsts.iter().enumerate() {
                        cost[*first] = column.cost.at(span);
                        handed_on[*first] = 0.0;
                    }
                    let at =
                        self.column(by_stage(&column.lower), by_stage(&column.upper), cost.into());
                    let row = self.row(0.0.into(), firsts);
                    let handed_on = Values::from(handed_on);
                    self.own.push(Entry { row, column: at, value: handed_on.clone() });
                    self.next.push(Entry { row, column: at, value: handed_on.map(|v| -v) });
                    ColumnPlace::Chain(at, spans)
                }
                Extent::Span(spans) => {
                    let first = self.border_columns.len();
                    for span in 0..model.spans[spans].count() {
                        self.border_columns.push(BorderColumn {
                            lower: column.lower.at(span),
                            upper: column.upper.at(span),
                            cost: column.cost.at(span),
                        });
                    }
                    ColumnPlace::Border(first)
                }
            };
            self.column_places.push(place);
        }
    }

    /// The column that holds what a column was `back` stages earlier than the previous one.
    fn copy(&mut self, column: usize, back: usize, copies: &mut Vec<usize>) -> usize {
        while copies.len() < back {
            let from = copies.last().copied().unwrap_or(column);
            let mut of = self.columns[from].clone();
            if self.moving.iter().any(|bound| bound.column == from) {
                // A bound that moves holds the column itself; copies follow.
                of.upper = f64::INFINITY.into();
            }
            let earlier = |values: &Values| match values {
                Values::Constant(value) => Values::Constant(*value),
                Values::Series(values) => {
                    let n = values.len();
                    (0..n).map(|t| values[(t + n - 1) % n]).collect::<Vec<_>>().into()
                }
            };
            let copy = self.column(earlier(&of.lower), earlier(&of.upper), 0.0.into());
            // Where time is no ring, the first one copies nothing.
            let row = self.row(0.0.into(), if self.ring { Vec::new() } else { vec![0] });
            self.made.push((copy, row));
            self.own.push(Entry { row, column: copy, value: 1.0.into() });
            self.next.push(Entry { row, column: from, value: (-1.0).into() });
            copies.push(copy);
        }
        if back == 0 { column } else { copies[back - 1] }
    }

    /// Writes a term of a row once a stage.
    fn stage_term(&mut self, model: &Model, row: usize, term: &Term, copies: &mut [Vec<usize>]) {
        let back = term.back as usize;
        let value = if term.before == Before::Nought && back > 0 && (self.ring || back > 1) {
            nought_before(model, term)
        } else {
            term.coefficient.clone()
        };
        match self.column_places[term.column] {
            ColumnPlace::Stage(column) => {
                let wraps = term.before == Before::Wrap;
                let back = if wraps {
                    term.back as usize % model.stages.max(1)
                } else {
                    term.back as usize
                };
                if back == 0 {
                    self.own.push(Entry { row, column, value });
                    return;
                }
                if back >= model.stages {
                    return;
                }
                let mut of_column = std::mem::take(&mut copies[term.column]);
                let held = self.copy(column, back - 1, &mut of_column);
                copies[term.column] = of_column;
                self.next.push(Entry { row, column: held, value });
            }
            ColumnPlace::Chain(column, _) => self.own.push(Entry { row, column, value }),
            ColumnPlace::Border(first) => {
                let Extent::Span(spans) = model.columns[term.column].extent else { return };
                let count = model.spans[spans].count();
                for span in 0..count {
                    let value = if count == 1 {
                        value.clone()
                    } else {
                        let of_stage = &model.spans[spans].of_stage;
                        let at = |t| if of_stage[t] as usize == span { value.at(t) } else { 0.0 };
                        (0..model.stages).map(at).collect::<Vec<_>>().into()
                    };
                    self.border_in_rows.push(Entry { row, column: first + span, value });
                }
            }
        }
    }

    fn stage_row(&mut self, model: &Model, source: &Row, copies: &mut [Vec<usize>]) {
        let reach = source
            .terms
            .iter()
            .filter(|t| {
                t.before == Before::Nothing && model.columns[t.column].extent == Extent::Stage
            })
            .map(|t| t.back as usize)
            .max()
            .unwrap_or(0);
        let mut free: Vec<usize> = (0..reach.min(model.stages)).collect();
        let infinite =
            |t: usize| source.lower.at(t) == INFINITE.0 && source.upper.at(t) == INFINITE.1;
        if !matches!((&source.lower, &source.upper), (Values::Constant(_), Values::Constant(_))) {
            free.extend((reach.min(model.stages)..model.stages).filter(|t| infinite(*t)));
        }
        let mut exists = vec![true; if free.is_empty() { 0 } else { model.stages }];
        for t in &free {
            exists[*t] = false;
        }
        let exists = |t: usize| exists.get(t).is_none_or(|e| *e);
        let equal = match (&source.lower, &source.upper) {
            (Values::Constant(l), Values::Constant(u)) => l == u,
            (l, u) => (0..model.stages).all(|t| !exists(t) || l.at(t) == u.at(t)),
        };
        let finite = |values: &Values| {
            if values.all(f64::is_finite) {
                values.clone()
            } else {
                values.map(|v| if v.is_finite() { v } else { 0.0 })
            }
        };
        let rhs = if equal { finite(&source.lower) } else { 0.0.into() };
        let row = self.row(rhs, free);
        if !equal {
            let rest = self.column(source.lower.clone(), source.upper.clone(), 0.0.into());
            self.made.push((rest, row));
            self.own.push(Entry { row, column: rest, value: (-1.0).into() });
        }
        for term in &source.terms {
            self.stage_term(model, row, term, copies);
        }
        self.row_places.push(RowPlace::Stage(row));
    }

    /// A row once a span, as a running sum: sum(t) = sum(t−1) + terms(t), bounded at the span's end.
    fn sum_row(&mut self, model: &Model, source: &Row, spans: usize, copies: &mut [Vec<usize>]) {
        let of_stage = &model.spans[spans].of_stage;
        let firsts = model.spans[spans].firsts();
        let (mut lower, mut upper) =
            (vec![INFINITE.0; model.stages], vec![INFINITE.1; model.stages]);
        let mut goes_on = vec![1.0; model.stages];
        for (span, first) in firsts.iter().enumerate() {
            goes_on[*first] = 0.0;
            let last = firsts.get(span + 1).map_or(model.stages, |next| *next) - 1;
            (lower[last], upper[last]) = (source.lower.at(span), source.upper.at(span));
        }
        let sum = self.column(lower.into(), upper.into(), 0.0.into());
        let row = self.row(0.0.into(), Vec::new());
        self.made.push((sum, row));
        self.own.push(Entry { row, column: sum, value: (-1.0).into() });
        self.next.push(Entry { row, column: sum, value: goes_on.into() });
        for term in &source.terms {
            if matches!(model.columns[term.column].extent, Extent::Span(_)) {
                let mut once = vec![0.0; model.stages];
                for first in &firsts {
                    once[*first] = term.coefficient.at(of_stage[*first] as usize);
                }
                let term = Term { coefficient: once.into(), ..term.clone() };
                self.stage_term(model, row, &term, copies);
            } else if term.before == Before::Nothing {
                let term = Term { before: Before::Nought, ..term.clone() };
                self.stage_term(model, row, &term, copies);
            } else {
                self.stage_term(model, row, term, copies);
            }
        }
        self.row_places.push(RowPlace::Sum(row, spans));
    }

    fn border_row(&mut self, model: &Model, source: &Row, spans: usize) {
        let first_row = self.border_rows.len();
        let of_stage = &model.spans[spans].of_stage;
        for (span, first) in model.spans[spans].firsts().into_iter().enumerate() {
            let (lower, upper) = (source.lower.at(span), source.upper.at(span));
            let row = self.border_rows.len();
            if lower == upper {
                self.border_rows.push(lower);
            } else {
                self.border_rows.push(0.0);
                self.border_columns.push(BorderColumn { lower, upper, cost: 0.0 });
                self.corner.push((row, self.border_columns.len() - 1, -1.0));
                self.rests_in_border += 1;
            }
            for term in &source.terms {
                let Extent::Span(own) = model.columns[term.column].extent else {
                    let ColumnPlace::Stage(column) = self.column_places[term.column] else {
                        continue;
                    };
                    let mut value = vec![0.0; model.stages];
                    for stage in (0..model.stages).filter(|t| of_stage[*t] as usize == span) {
                        if let Some(at) = model.earlier(stage, term) {
                            value[at] += term.coefficient.at(stage);
                        }
                    }
                    let same = value.first().copied().filter(|v| value.iter().all(|w| w == v));
                    let value = same.map_or_else(|| value.into(), Values::Constant);
                    self.columns_in_border.push(Entry { row, column, value });
                    continue;
                };
                let coefficient = term.coefficient.at(span);
                match self.column_places[term.column] {
                    ColumnPlace::Chain(column, _) => {
                        let mut value = vec![0.0; model.stages];
                        value[first] = coefficient;
                        self.columns_in_border.push(Entry { row, column, value: value.into() });
                    }
                    ColumnPlace::Border(at) => {
                        let of = model.spans[own].of_stage[first] as usize;
                        self.corner.push((row, at + of, coefficient));
                    }
                    ColumnPlace::Stage(_) => {}
                }
            }
        }
        self.row_places.push(RowPlace::Border(first_row));
    }
}

/// The coefficients of a term that counts nothing where it reaches before the first stage.
fn nought_before(model: &Model, term: &Term) -> Values {
    let back = term.back as usize;
    let known = |t| if t < back { 0.0 } else { term.coefficient.at(t) };
    (0..model.stages).map(known).collect::<Vec<_>>().into()
}

/// Entries of the same place added up, in order of column and row.
fn merged(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by_key(|e| (e.column, e.row));
    let mut result: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        match result.last_mut() {
            Some(last) if (last.row, last.column) == (entry.row, entry.column) => {
                last.value = last.value.zip(&entry.value, |a, b| a + b);
            }
            _ => result.push(entry),
        }
    }
    result.retain(|e| !e.value.all(|v| v == 0.0));
    result
}
