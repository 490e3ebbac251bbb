//! Makes a model smaller by whole blocks, and brings a point of the smaller one back.

mod activity;
mod binding_rows;
mod bounds;
mod dominated_columns;
mod dual_bounds;
mod duplicate_columns;
mod duplicate_rows;
mod empty;
mod fixed_columns;
mod free_columns;
mod places;
mod ratio;
mod redundant_rows;
mod singleton_rows;
mod slack_columns;
mod work;

use crate::model::{Model, Point, Row};
use places::start;
use work::{Step, Work};

/// A way to make a model smaller. It applies to a block where its condition holds at every place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reduction {
    /// A column whose bounds meet is a number.
    FixedColumns,
    /// A row without terms or without bounds says nothing.
    EmptyRows,
    /// A column in no row goes where it costs least.
    EmptyColumns,
    /// A row with one term is bounds of its column.
    SingletonRows,
    /// a·x + b·y = c: x is written by y.
    RatioSubstitution,
    /// A column in one equation only, which alone keeps it within its bounds: both go.
    FreeColumnSingletons,
    /// Columns in proportion in all rows are one where they cost alike; else the dear one rests.
    DuplicateColumns,
    /// A column whose reduced cost has a certain sign rests at a bound.
    DominatedColumns,
    /// An inequality whose dual has a certain sign is an equation.
    BindingRows,
    /// Rows in proportion are one, with the tighter of their bounds.
    DuplicateRows,
    /// A column without cost in one inequality only: that is wider without it.
    SlackColumns,
    /// What the bounds of columns keep anyway need not be said by rows.
    RedundantRows,
    /// A column that an equation keeps within its bounds is put into its other rows.
    FreeColumns,
}

impl Reduction {
    /// All of them, in the order in which they are tried.
    pub const ALL: [Reduction; 13] = [
        Reduction::FixedColumns,
        Reduction::EmptyRows,
        Reduction::EmptyColumns,
        Reduction::SingletonRows,
        Reduction::RatioSubstitution,
        Reduction::FreeColumnSingletons,
        Reduction::DuplicateColumns,
        Reduction::DominatedColumns,
        Reduction::BindingRows,
        Reduction::DuplicateRows,
        Reduction::SlackColumns,
        Reduction::RedundantRows,
        Reduction::FreeColumns,
    ];

    /// Applies it to each block that it fits; how many those are. None where there is no optimum.
    fn apply(self, work: &mut Work) -> Option<usize> {
        match self {
            Reduction::FixedColumns => Some(fixed_columns::fixed_columns(work)),
            Reduction::EmptyRows => empty::empty_rows(work),
            Reduction::EmptyColumns => empty::empty_columns(work),
            Reduction::SingletonRows => singleton_rows::singleton_rows(work),
            Reduction::RatioSubstitution => ratio::ratio_substitution(work),
            Reduction::FreeColumnSingletons => Some(free_columns::free_column_singletons(work)),
            Reduction::DuplicateColumns => Some(duplicate_columns::duplicate_columns(work)),
            Reduction::DominatedColumns => dominated_columns::dominated_columns(work),
            Reduction::BindingRows => binding_rows::binding_rows(work),
            Reduction::DuplicateRows => duplicate_rows::duplicate_rows(work),
            Reduction::SlackColumns => Some(slack_columns::slack_columns(work)),
            Reduction::RedundantRows => Some(redundant_rows::redundant_rows(work)),
            Reduction::FreeColumns => Some(free_columns::free_columns(work)),
        }
    }
}

/// How often all reductions are tried at most.
const ROUNDS: usize = 8;

/// A smaller model, and the way back from it.
#[derive(Debug)]
pub struct Presolved {
    /// The smaller model.
    pub model: Model,
    /// What its cost lacks to that of the model it came from.
    pub offset: f64,
    /// How many blocks each reduction was applied to.
    pub applied: Vec<(Reduction, usize)>,
    columns: Vec<usize>,
    rows: Vec<usize>,
    steps: Vec<Box<dyn Step>>,
    /// The blocks of the original by their extents; the rest of them has changed.
    frame: Model,
}

/// Makes a model smaller. None where it is seen to have no optimum, or has no stages.
pub fn presolve(model: &Model, which: &[Reduction]) -> Option<Presolved> {
    if model.stages == 0 || !bounds_agree(model) {
        return None;
    }
    let mut work = Work::new(model);
    let mut applied: Vec<(Reduction, usize)> = which.iter().map(|which| (*which, 0)).collect();
    let mut idle = 0;
    for turn in 0..ROUNDS * which.len() {
        let (reduction, times) = &mut applied[turn % which.len()];
        let found = reduction.apply(&mut work)?;
        *times += found;
        idle = if found > 0 { 0 } else { idle + 1 };
        if idle == which.len() {
            break;
        }
    }
    Some(finish(work, applied))
}

/// Whether no bounds contradict each other by themselves.
fn bounds_agree(model: &Model) -> bool {
    let columns = model.columns.iter().map(|c| (&c.lower, &c.upper, 0..model.count(c.extent)));
    let rows = model.rows.iter().map(|row| {
        let places = start(model, row)..model.count(row.extent);
        (&row.lower, &row.upper, places)
    });
    columns.chain(rows).all(|(lower, upper, places)| {
        let mut places = places::representative(places, [lower, upper]);
        places.all(|place| {
            let (lower, upper) = (lower.at(place), upper.at(place));
            lower <= upper && lower < f64::INFINITY && upper > f64::NEG_INFINITY
        })
    })
}

/// The blocks that are left, numbered anew.
fn finish(mut work: Work, applied: Vec<(Reduction, usize)>) -> Presolved {
    work.blank();
    let left = |left: &[bool]| -> Vec<usize> { (0..left.len()).filter(|i| left[*i]).collect() };
    let (columns, rows) = (left(&work.column_left), left(&work.row_left));
    let mut number = vec![usize::MAX; work.column_left.len()];
    for (new, old) in columns.iter().enumerate() {
        number[*old] = new;
    }
    let mut frame = work.model;
    let mut model = Model { stages: frame.stages, spans: frame.spans.clone(), ..Model::default() };
    model.columns = columns.iter().map(|column| frame.columns[*column].clone()).collect();
    for row in &rows {
        let row = &mut frame.rows[*row];
        let mut terms = std::mem::take(&mut row.terms);
        for term in &mut terms {
            term.column = number[term.column];
        }
        model.rows.push(Row { terms, ..row.clone() });
    }
    Presolved { model, offset: work.offset, applied, columns, rows, steps: work.steps, frame }
}

impl Presolved {
    /// A point of the smaller model as one of the original: values, duals and reduced costs.
    pub fn restore(&self, original: &Model, point: Point) -> Point {
        let blocks = |count: usize, at: &[usize], from: Vec<Vec<f64>>| {
            let mut blocks = vec![Vec::new(); count];
            for (at, block) in at.iter().zip(from) {
                blocks[*at] = block;
            }
            blocks
        };
        let (columns, rows) = (original.columns.len(), original.rows.len());
        let mut point = Point {
            columns: blocks(columns, &self.columns, point.columns),
            row_duals: blocks(rows, &self.rows, point.row_duals),
            reduced_costs: blocks(columns, &self.columns, point.reduced_costs),
        };
        for row in &self.rows {
            // Where the row does not exist in the original, it may in the smaller one, without bounds.
            point.row_duals[*row][..start(original, &original.rows[*row])].fill(0.0);
        }
        for step in self.steps.iter().rev() {
            step.restore(&self.frame, &mut point);
        }
        point
    }

    /// A guess of the original as one of the smaller model: values and duals.
    pub fn reduce(&self, point: &Point) -> Point {
        let mut point = point.clone();
        for step in &self.steps {
            step.reduce(&mut point);
        }
        let taken = |at: &[usize], from: &mut [Vec<f64>]| -> Vec<Vec<f64>> {
            at.iter().map(|at| std::mem::take(&mut from[*at])).collect()
        };
        Point {
            columns: taken(&self.columns, &mut point.columns),
            row_duals: taken(&self.rows, &mut point.row_duals),
            reduced_costs: Vec::new(),
        }
    }
}
