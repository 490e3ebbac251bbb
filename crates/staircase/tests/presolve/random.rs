//! Random programs over time that have an optimum, full of what can be made smaller.

use staircase::presolve::Reduction;
use staircase::{Before, Column, Extent, Model, Row, Spans, Term, Values};

use crate::judge::try_check;

/// Checks one program with each reduction alone, all together, and some of them.
pub fn check(seed: u64) {
    let mut random = Random(seed);
    let model = program(&mut random);
    let some: Vec<Reduction> = Reduction::ALL.into_iter().filter(|_| random.chance(0.5)).collect();
    let alone = Reduction::ALL.map(|which| vec![which]);
    for which in alone.into_iter().chain([Reduction::ALL.to_vec(), some]) {
        if let Err(why) = try_check(&model, &which) {
            panic!("seed {seed}: {why}\n{model:#?}");
        }
    }
}

/// Numbers as if by chance (splitmix).
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, count: usize) -> usize {
        (self.next() >> 33) as usize % count
    }

    fn chance(&mut self, share: f64) -> bool {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64 <= share
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A number of a few digits.
    fn number(&mut self) -> f64 {
        self.of(&[-4.0, -2.5, -2.0, -1.0, -0.5, 0.25, 0.5, 1.0, 1.0, 1.5, 2.0, 3.0])
    }

    /// A number everywhere, or one a place.
    fn values(&mut self, count: usize, mut value: impl FnMut(&mut Random) -> f64) -> Values {
        if self.chance(0.6) {
            return Values::Constant(value(self));
        }
        Values::Series((0..count).map(|_| value(self)).collect())
    }
}

/// A program with a point that keeps all bounds, and with duals that keep theirs.
pub fn program(random: &mut Random) -> Model {
    let stages = 1 + random.below(6);
    let mut model = Model { stages, ..Model::default() };
    model.spans.push(spans(random, stages));
    model.spans.push(Spans::whole(stages));
    model.spans.push(spans(random, stages));
    let columns = 1 + random.below(9);
    let mut point = Vec::new();
    for _ in 0..columns {
        add_column(random, &mut model, &mut point);
    }
    let mut rows = Vec::new();
    for _ in 0..random.below(10) {
        rows.push(row(random, &model));
    }
    model.rows = rows;
    repeat_columns(random, &mut model, &mut point);
    repeat_rows(random, &mut model);
    bound_rows(random, &mut model, &point);
    price(random, &mut model);
    model
}

fn spans(random: &mut Random, stages: usize) -> Spans {
    let mut span = 0;
    let of_stage = (0..stages).map(|stage| {
        span += u32::from(stage > 0 && random.chance(0.5));
        span
    });
    Spans { of_stage: of_stage.collect() }
}

fn extent(random: &mut Random) -> Extent {
    if random.chance(0.75) { Extent::Stage } else { Extent::Span(random.below(3)) }
}

fn add_column(random: &mut Random, model: &mut Model, point: &mut Vec<Vec<f64>>) {
    let extent = extent(random);
    let count = model.count(extent);
    let values = random.values(count, Random::number);
    let at = |by: f64| values.map(|value| value + by);
    let free = (Values::Constant(-f64::INFINITY), Values::Constant(f64::INFINITY));
    let (low, high) = (random.of(&[0.0, 0.0, 1.0]), random.of(&[0.0, 1.0, 2.0]));
    let (lower, upper) = match random.below(8) {
        0 => (values.clone(), values.clone()),
        1 => free,
        2 => (at(-low), free.1),
        3 => (free.0, at(high)),
        4 => {
            let none = random.values(count, |random| random.of(&[f64::INFINITY, 1.0]));
            (at(-low), values.zip(&none, |value, none| value + none))
        }
        _ => (at(-low), at(high + 1.0)),
    };
    model.columns.push(Column { lower, upper, cost: Values::Constant(0.0), extent });
    point.push((0..count).map(|place| values.at(place)).collect());
}

fn row(random: &mut Random, model: &Model) -> Row {
    let extent = extent(random);
    let count = random.of(&[0, 1, 1, 2, 2, 2, 3, 3, 4]);
    let terms = (0..count).map(|_| term(random, model, extent)).collect();
    Row { terms, lower: Values::Constant(0.0), upper: Values::Constant(0.0), extent }
}

fn term(random: &mut Random, model: &Model, row: Extent) -> Term {
    let column = random.below(model.columns.len());
    let by_stage = model.columns[column].extent == Extent::Stage;
    let count = if by_stage { model.stages } else { model.count(row) };
    let coefficient =
        random.values(count, |random| if random.chance(0.07) { 0.0 } else { random.number() });
    let back = if by_stage && random.chance(0.3) { 1 + random.below(3) as u32 } else { 0 };
    let before = random.of(&[Before::Nothing, Before::Nought, Before::Wrap]);
    Term { column, coefficient, back, before }
}

/// Columns that stand wherever another does, times a factor.
fn repeat_columns(random: &mut Random, model: &mut Model, point: &mut Vec<Vec<f64>>) {
    for _ in 0..random.below(3) {
        let of = random.below(model.columns.len());
        add_column(random, model, point);
        let column = model.columns.len() - 1;
        let extent = model.columns[of].extent;
        model.columns[column].extent = extent;
        if point[column].len() != model.count(extent) || random.chance(0.3) {
            // Bounds of another number of places do not fit: a copy in all but the rows.
            model.columns[column] = model.columns[of].clone();
            point[column] = point[of].clone();
        }
        let factor = random.number();
        for row in &mut model.rows {
            let same: Vec<Term> = row.terms.iter().filter(|t| t.column == of).cloned().collect();
            row.terms.extend(same.into_iter().map(|term| {
                let coefficient = term.coefficient.map(|a| a * factor);
                Term { column, coefficient, ..term }
            }));
        }
    }
}

/// Rows that say what another does, times a factor.
fn repeat_rows(random: &mut Random, model: &mut Model) {
    for _ in 0..random.below(3) {
        if model.rows.is_empty() {
            return;
        }
        let mut row = model.rows[random.below(model.rows.len())].clone();
        let factor = random.number();
        for term in &mut row.terms {
            term.coefficient = term.coefficient.map(|a| a * factor);
        }
        model.rows.push(row);
    }
}

/// Bounds of rows that the point keeps.
fn bound_rows(random: &mut Random, model: &mut Model, point: &[Vec<f64>]) {
    for index in 0..model.rows.len() {
        let row = &model.rows[index];
        let count = model.count(row.extent);
        let mut activity = vec![0.0; count];
        model.entries(row, |place, column, at, a| activity[place] += a * point[column][at]);
        let activity = common(activity);
        let mut slack = |share| {
            random.values(count, |random| {
                if random.chance(share) { 0.0 } else { random.of(&[0.5, 1.0, 3.0]) }
            })
        };
        let lower = activity.zip(&slack(0.5), |a, slack| a - slack);
        let upper = activity.zip(&slack(0.5), |a, slack| a + slack);
        let none = Values::Constant(f64::INFINITY);
        let (lower, upper) = match random.below(8) {
            0..3 => (activity.clone(), activity),
            3 | 4 => (lower, none),
            5 | 6 => (none.map(|n| -n), upper),
            _ if random.chance(0.2) => (none.map(|n| -n), none),
            _ => (lower, upper),
        };
        (model.rows[index].lower, model.rows[index].upper) = (lower, upper);
    }
}

/// Costs for which some duals keep their signs.
fn price(random: &mut Random, model: &mut Model) {
    let mut costs: Vec<Vec<f64>> =
        model.columns.iter().map(|column| vec![0.0; model.count(column.extent)]).collect();
    let sized = |random: &mut Random, lower: &Values, upper: &Values, count: usize| {
        let share = random.of(&[0.3, 0.7]);
        let size =
            random.values(count, |random| if random.chance(share) { 0.0 } else { random.number() });
        let allowed = |place: usize| {
            let size = size.at(place);
            match (lower.at(place).is_finite(), upper.at(place).is_finite()) {
                (true, true) => size,
                (true, false) => size.abs(),
                (false, true) => -size.abs(),
                (false, false) => 0.0,
            }
        };
        (0..count).map(allowed).collect::<Vec<f64>>()
    };
    for row in &model.rows {
        let duals = sized(random, &row.lower, &row.upper, model.count(row.extent));
        model.entries(row, |place, column, at, a| costs[column][at] += a * duals[place]);
    }
    for (column, mut cost) in costs.into_iter().enumerate() {
        let Column { lower, upper, .. } = &model.columns[column];
        let reduced = sized(random, lower, upper, cost.len());
        cost.iter_mut().zip(reduced).for_each(|(cost, reduced)| *cost += reduced);
        model.columns[column].cost = common(cost);
    }
}

/// One number where all are the same.
fn common(values: Vec<f64>) -> Values {
    match values.first() {
        Some(first) if values.iter().all(|value| value == first) => Values::Constant(*first),
        _ => values.into(),
    }
}
