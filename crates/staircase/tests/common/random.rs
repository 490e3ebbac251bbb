//! Random staircase problems of every kind that a solver may stumble over, the same for the same
//! number.

mod energy;
mod numbers;
mod shape;
mod spoil;

use staircase::{Before, Model};

use super::draw::Draw;
pub use energy::energy;

/// A random problem, and what is known of it from how it was made.
pub struct Case {
    pub class: Class,
    pub model: Model,
    pub known: Known,
}

/// What is known of a problem from how it was made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Known {
    /// It has a best point, of this objective where that is known too.
    Optimal(Option<f64>),
    /// No point keeps all bounds.
    Infeasible,
    /// There is a point, and a direction in which the cost falls without end.
    Unbounded,
    Nothing,
}

/// What is special about a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Every column between two bounds.
    Boxed,
    /// Free, one-sided and fixed columns and rows.
    Open,
    /// Small whole numbers, ties, rows and columns twice.
    Degenerate,
    /// A contradiction is built in.
    Infeasible,
    /// A way down without end is built in.
    Unbounded,
    /// Numbers over many decades.
    Scaled,
    /// Many span columns and rows.
    Border,
    /// Stages, rows and columns that are empty.
    Empty,
    /// Time is a ring.
    Ring,
    /// Terms that reach far back.
    Far,
    /// Balances with storage, ramps and peaks, shortage at a high price.
    Energy,
    /// Bounds at random: nobody knows.
    Wild,
}

pub const CLASSES: [Class; 12] = [
    Class::Boxed,
    Class::Open,
    Class::Degenerate,
    Class::Infeasible,
    Class::Unbounded,
    Class::Scaled,
    Class::Border,
    Class::Empty,
    Class::Ring,
    Class::Far,
    Class::Energy,
    Class::Wild,
];

/// The problem of a number.
pub fn case(number: u64) -> Case {
    let class = CLASSES[(number % CLASSES.len() as u64) as usize];
    let draw = &mut Draw::new(number);
    let stages = stages(draw);
    let usual = taste(draw, stages);
    let taste = match class {
        Class::Boxed => Taste { open: 0.0, ..usual },
        Class::Degenerate => Taste { whole: true, active: 0.6, twice: 0.7, tied: true, ..usual },
        Class::Border => Taste { border: 0.9, ..usual },
        Class::Empty => Taste { empty: 0.8, zeros: 0.3, ..usual },
        Class::Ring => Taste { before: [Before::Wrap; 2], ..usual },
        Class::Far => Taste { far: 0.4, ..usual },
        _ => usual,
    };
    let (model, known) = match class {
        Class::Infeasible => spoil::infeasible(draw, &taste),
        Class::Unbounded => spoil::unbounded(draw, &taste),
        Class::Scaled => spoil::scaled(draw, &taste),
        Class::Energy => (energy(draw, stages), Known::Optimal(None)),
        Class::Wild => spoil::wild(draw, &taste),
        _ => feasible(draw, &taste),
    };
    Case { class, model, known }
}

/// How many stages. A solver that works on 8 at a time has its edges around the multiples of 8.
fn stages(draw: &mut Draw) -> usize {
    match draw.count(0, 19) {
        0..=10 => draw.pick(&[1, 2, 3, 7, 8, 9, 15, 16, 17]),
        11..=18 => draw.count(1, 40),
        _ => draw.count(41, 150),
    }
}

/// How often something stands in a problem.
#[derive(Debug, Clone, Copy)]
pub struct Taste {
    stages: usize,
    /// Whole numbers only.
    whole: bool,
    /// Share of columns that are free or bounded on one side.
    open: f64,
    /// Share of bounds that are met by the point the problem is built around.
    active: f64,
    /// Chance that a block is there twice.
    twice: f64,
    /// Whether costs are such that the point is optimal, among many.
    tied: bool,
    /// How many span columns and rows, from none to about ten.
    border: f64,
    /// Chance that there are stages without a coefficient.
    empty: f64,
    /// Share of noughts among coefficients.
    zeros: f64,
    /// Chance that a term reaches back further than to the stage before.
    far: f64,
    /// What is before the first stage: one of these for each term.
    before: [Before; 2],
}

/// A bit of everything.
fn taste(draw: &mut Draw, stages: usize) -> Taste {
    let before = match draw.count(0, 7) {
        0..=2 => [Before::Nothing; 2],
        3 | 4 => [Before::Wrap; 2],
        5 | 6 => [Before::Nought; 2],
        _ => [draw.pick(&[Before::Nothing, Before::Nought]), Before::Wrap],
    };
    Taste {
        stages,
        whole: draw.chance(0.1),
        open: draw.pick(&[0.1, 0.3, 0.6]),
        active: draw.pick(&[0.0, 0.2, 0.4]),
        twice: draw.pick(&[0.0, 0.0, 0.3]),
        tied: draw.chance(0.1),
        border: draw.pick(&[0.0, 0.0, 0.2, 0.5]),
        empty: draw.pick(&[0.0, 0.0, 0.0, 0.1]),
        zeros: draw.pick(&[0.0, 0.0, 0.1, 0.4]),
        far: draw.pick(&[0.0, 0.0, 0.0, 0.1]),
        before,
    }
}

/// A problem that has a best point.
fn feasible(draw: &mut Draw, taste: &Taste) -> (Model, Known) {
    let mut model = shape::shape(draw, taste);
    let point = numbers::around_a_point(draw, taste, &mut model);
    numbers::costs(draw, taste, &mut model, &point);
    let objective = taste.tied.then(|| numbers::objective(&model, &point));
    (model, Known::Optimal(objective))
}
