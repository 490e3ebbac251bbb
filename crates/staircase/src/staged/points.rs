//! Points of the model in the shape of [`Staged`], as guesses to start from, and back.

use super::{ColumnPlace, Entry, RowPlace, Staged};
use crate::model::{Model, Point};
use crate::threads::Threads;

impl Staged {
    /// A point of the model out of values and multipliers of this shape: `x` and `z` by column and
    /// stage, `y` by row and stage, and those of the border.
    pub fn restore(&self, model: &Model, found: &Found, threads: &Threads) -> Point {
        let of_column = |at: usize| {
            let block = &model.columns[at];
            match self.column_places[at] {
                ColumnPlace::Stage(c) => {
                    let mut reduced = (found.z)(c);
                    // A bound is a bound of the copies too: their multipliers count as its own.
                    for (later, copy) in self.copies[at].iter().enumerate() {
                        let of_copy = (found.z)(*copy);
                        for (t, z) in of_copy.iter().enumerate() {
                            if let Some(at) = t.checked_sub(later + 1) {
                                reduced[at] += z;
                            } else if self.ring {
                                let stages = self.stages;
                                reduced[(t + stages - (later + 1) % stages) % stages] += z;
                            }
                        }
                    }
                    ((found.x)(c), reduced)
                }
                ColumnPlace::Chain(c, spans) => {
                    let (x, z) = ((found.x)(c), (found.z)(c));
                    let firsts = model.spans[spans].firsts();
                    let mut sums = vec![0.0; firsts.len()];
                    for (span, z) in model.spans[spans].of_stage.iter().zip(&z) {
                        sums[*span as usize] += z;
                    }
                    (firsts.iter().map(|t| x[*t]).collect(), sums)
                }
                ColumnPlace::Border(first) => {
                    let places = first..first + model.count(block.extent);
                    (found.border_x[places.clone()].to_vec(), found.border_z[places].to_vec())
                }
            }
        };
        let of_row = |at: usize| {
            let block = &model.rows[at];
            match &self.row_places[at] {
                RowPlace::Nowhere => vec![0.0; model.count(block.extent)],
                RowPlace::Stage(row) => (found.y)(*row),
                RowPlace::Bound(column, coefficient) => {
                    let z = (found.moving)(*column).into_iter().enumerate();
                    z.map(|(t, z)| z / coefficient.at(t)).collect()
                }
                RowPlace::Sum(row, spans) => {
                    let y = (found.y)(*row);
                    model.spans[*spans].firsts().iter().map(|t| y[*t]).collect()
                }
                RowPlace::Border(first) => {
                    found.border_y[*first..first + model.count(block.extent)].to_vec()
                }
            }
        };
        let of_columns = threads.map(model.columns.len(), of_column);
        let (columns, reduced_costs) = of_columns.into_iter().unzip();
        Point { columns, reduced_costs, row_duals: threads.map(model.rows.len(), of_row) }
    }

    /// A point of the model in this shape, as a guess to start from; without what it has to make by itself.
    pub fn guess(&self, model: &Model, point: &Point) -> Guess {
        let mut rows = vec![Vec::new(); self.rows.len()];
        let mut border_rows = vec![0.0; self.border_rows.len()];
        for ((block, place), duals) in model.rows.iter().zip(&self.row_places).zip(&point.row_duals)
        {
            match place {
                RowPlace::Nowhere | RowPlace::Bound(..) => {}
                RowPlace::Stage(row) => rows[*row].clone_from(duals),
                RowPlace::Sum(row, spans) => {
                    rows[*row] =
                        model.spans[*spans].of_stage.iter().map(|s| duals[*s as usize]).collect();
                }
                RowPlace::Border(first) => {
                    border_rows[*first..first + model.count(block.extent)].copy_from_slice(duals);
                }
            }
        }
        let mut columns = vec![Vec::new(); self.columns.len()];
        let mut border_columns = vec![f64::NAN; self.border_columns.len()];
        let places = model.columns.iter().zip(&self.column_places).zip(&point.columns);
        for ((block, place), values) in places {
            match *place {
                ColumnPlace::Stage(column) => columns[column].clone_from(values),
                ColumnPlace::Chain(column, spans) => {
                    let of_stage = model.spans[spans].of_stage.iter();
                    columns[column] = of_stage.map(|s| values[*s as usize]).collect();
                }
                ColumnPlace::Border(first) => {
                    border_columns[first..first + model.count(block.extent)]
                        .copy_from_slice(values);
                }
            }
        }
        Guess { columns, border_columns, rows, border_rows }
    }

    /// What the columns come to that the model does not have, by their rows: out of others of their stage, and
    /// any of the one before; and by border rows what is left of these. Guess and equations must have the
    /// same units.
    pub fn make(&self, guess: &mut Guess) {
        let Guess { columns, border_columns, .. } = guess;
        let of_row = |entries: &[Entry], row: usize| -> Vec<Entry> {
            entries.iter().filter(|e| e.row == row).cloned().collect()
        };
        let rows = self.made.iter().map(|(_, row)| {
            let row = *row;
            [of_row(&self.own, row), of_row(&self.next, row), of_row(&self.border_in_rows, row)]
        });
        let rows: Vec<[Vec<Entry>; 3]> = rows.collect();
        for (column, _) in &self.made {
            columns[*column] = vec![f64::NAN; self.stages];
        }
        // On a ring the first stage comes after the last.
        for _ in 0..=usize::from(self.ring && !self.made.is_empty()) {
            for stage in 0..self.stages {
                let before = if stage > 0 { stage - 1 } else { self.stages - 1 };
                for ((made, row), [own, next, border]) in self.made.iter().zip(&rows) {
                    let mut sum = 0.0;
                    let mut by = f64::NAN;
                    for e in own {
                        let value = e.value.at(stage);
                        if e.column == *made {
                            by = -value;
                        } else if value != 0.0 {
                            sum += value * columns[e.column][stage];
                        }
                    }
                    for e in next.iter().filter(|_| stage > 0 || self.ring) {
                        let value = e.value.at(stage);
                        sum += if value == 0.0 { 0.0 } else { value * columns[e.column][before] };
                    }
                    for e in border {
                        sum += e.value.at(stage) * border_columns[e.column];
                    }
                    let says = !self.rows[*row].free.contains(&stage);
                    columns[*made][stage] = if says { sum / by } else { f64::NAN };
                }
            }
        }
        let rests = border_columns.len() - self.rests_in_border;
        let mut sums = vec![0.0; self.border_rows.len()];
        for e in &self.columns_in_border {
            for (stage, x) in columns[e.column].iter().enumerate() {
                let value = e.value.at(stage);
                sums[e.row] += if value == 0.0 { 0.0 } else { value * x };
            }
        }
        for (row, column, value) in self.corner.iter().filter(|(_, column, _)| *column < rests) {
            sums[*row] += value * border_columns[*column];
        }
        for (row, column, value) in self.corner.iter().filter(|(_, column, _)| *column >= rests) {
            border_columns[*column] = -sums[*row] / value;
        }
    }
}

/// A point in the shape of [`Staged`], to start from: values by column and stage, no number where nothing is
/// known, and multipliers by row and stage, none where a row has none.
pub struct Guess {
    pub columns: Vec<Vec<f64>>,
    pub border_columns: Vec<f64>,
    pub rows: Vec<Vec<f64>>,
    pub border_rows: Vec<f64>,
}

/// Values and multipliers in the shape of [`Staged`].
pub struct Found<'a> {
    pub x: &'a (dyn Fn(usize) -> Vec<f64> + Sync),
    pub z: &'a (dyn Fn(usize) -> Vec<f64> + Sync),
    pub y: &'a (dyn Fn(usize) -> Vec<f64> + Sync),
    /// By column with a bound that moves and stage: its multiplier, not above nought.
    pub moving: &'a (dyn Fn(usize) -> Vec<f64> + Sync),
    pub border_x: Vec<f64>,
    pub border_z: Vec<f64>,
    pub border_y: Vec<f64>,
}

#[cfg(test)]
mod tests {
    use super::super::Sizes;
    use super::*;
    use crate::model::{Before, Column, Extent, Row, Spans, Term, Values};

    const STAGES: usize = 12;

    fn series(value: impl Fn(usize) -> f64) -> Values {
        (0..STAGES).map(value).collect::<Vec<_>>().into()
    }

    fn term(column: usize, coefficient: impl Into<Values>, back: u32, before: Before) -> Term {
        Term { column, coefficient: coefficient.into(), back, before }
    }

    /// Flow, level, a peak for each four stages, and a size; rows of each sort, none of them an equation.
    fn model(before: Before) -> Model {
        let column =
            |extent| Column { lower: 0.0.into(), upper: 50.0.into(), cost: 1.0.into(), extent };
        let row = |terms: Vec<Term>, extent| Row {
            terms,
            lower: (-100.0).into(),
            upper: 100.0.into(),
            extent,
        };
        let own = |column, coefficient: f64| term(column, coefficient, 0, Before::Nothing);
        let (months, whole) = (Extent::Span(0), Extent::Span(1));
        Model {
            stages: STAGES,
            spans: vec![
                Spans { of_stage: (0..STAGES as u32).map(|t| t / 4).collect() },
                Spans::whole(STAGES),
            ],
            columns: vec![
                column(Extent::Stage),
                column(Extent::Stage),
                column(months),
                column(whole),
            ],
            rows: vec![
                row(vec![own(1, 1.0), term(1, -0.9, 1, before), own(0, -1.0)], Extent::Stage),
                row(
                    vec![own(0, 1.0), term(0, series(|t| 0.1 * t as f64), 3, before)],
                    Extent::Stage,
                ),
                row(vec![own(0, 1.0), own(2, -1.0), own(3, 0.5)], Extent::Stage),
                row(vec![term(0, 2.0, 0, before), term(1, 1.0, 2, before), own(2, 3.0)], months),
                row(vec![term(1, 1.0, 1, before), own(3, -2.0)], whole),
            ],
        }
    }

    /// Proves: what columns hold that the model does not have, rests, copies and running sums, follows from
    /// a guess, so that it leaves nothing of any row, those of the border too; where there is nothing to copy, nothing is
    /// known.
    /// Sensitivity: a rest of the wrong sign, a copy of the wrong stage, a sum that does not begin anew.
    #[test]
    fn a_guess_keeps_the_rows_of_what_was_made() {
        for before in [Before::Wrap, Before::Nought, Before::Nothing] {
            let model = model(before);
            let staged = Staged::new(&model, Sizes::Bounds).unwrap();
            assert_eq!(staged.ring, before == Before::Wrap);
            let value = |t: usize| ((7 * t + 3) % 11) as f64;
            let point = Point {
                columns: vec![
                    (0..STAGES).map(value).collect(),
                    (0..STAGES).map(|t| value(t + 5)).collect(),
                    vec![8.0, 9.0, 10.0],
                    vec![4.0],
                ],
                row_duals: model.rows.iter().map(|r| vec![0.0; model.count(r.extent)]).collect(),
                reduced_costs: Vec::new(),
            };
            let mut guess = staged.guess(&model, &point);
            staged.make(&mut guess);
            let unknown = guess.columns.iter().flatten().filter(|x| x.is_nan()).count();
            // Two copies of the flow and one of the level; and what is left of rows that do not exist.
            let expected = match before {
                Before::Wrap => 0,
                Before::Nought => 1 + 2 + 1,
                Before::Nothing => 1 + 2 + 1 + 1 + 3,
            };
            let mut told = 0;
            for (row, source) in staged.rows.iter().enumerate() {
                for stage in (0..STAGES).filter(|t| !source.free.contains(t)) {
                    let mut left = source.rhs.at(stage);
                    let mut add = |entries: &[Entry], values: &dyn Fn(usize) -> f64| {
                        for e in entries.iter().filter(|e| e.row == row) {
                            let value = e.value.at(stage);
                            left -= if value == 0.0 { 0.0 } else { value * values(e.column) };
                        }
                    };
                    add(&staged.own, &|c| guess.columns[c][stage]);
                    let earlier = (stage + STAGES - 1) % STAGES;
                    if stage > 0 || staged.ring {
                        add(&staged.next, &|c| guess.columns[c][earlier]);
                    }
                    add(&staged.border_in_rows, &|c| guess.border_columns[c]);
                    if !left.is_nan() {
                        assert!(left.abs() < 1e-12, "{before:?}, row {row} at {stage}: {left}");
                        told += 1;
                    }
                }
            }
            assert!(told > 6 * STAGES, "{told}");
            // The level before each stage, that of the last before the first on a ring, less two sizes.
            let after: f64 = (0..STAGES - 1).map(|t| value(t + 5)).sum();
            let first = if before == Before::Wrap { value(STAGES - 1 + 5) } else { 0.0 };
            let rest = *guess.border_columns.last().unwrap();
            assert_eq!((staged.border_rows.len(), staged.rests_in_border), (1, 1));
            assert_eq!(rest, after + first - 2.0 * 4.0, "{before:?}");
            assert_eq!(unknown, expected, "{before:?}");
        }
    }
}
