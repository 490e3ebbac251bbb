//! Problems without a best point, and such as are hard to compute with.

use staircase::{Before, Extent, Model, Row, Spans, Term, Values};

use super::super::draw::Draw;
use super::super::matrix::Matrix;
use super::super::write::{series, set_column, set_row};
use super::numbers::activity;
use super::shape::{column, row, term};
use super::{Known, Taste, feasible, numbers, shape};

const NONE: f64 = f64::INFINITY;

/// A problem that has a best point, in units that do not go together.
pub fn scaled(draw: &mut Draw, taste: &Taste) -> (Model, Known) {
    let (mut model, _) = feasible(draw, taste);
    scale(draw, &mut model, 3.0);
    (model, Known::Optimal(None))
}

/// Rows and columns times 10^±decades, costs over some more.
fn scale(draw: &mut Draw, model: &mut Model, decades: f64) {
    for block in 0..model.columns.len() {
        let size = draw.decades(-decades, decades);
        let dearer = draw.decades(-decades / 3.0, decades / 3.0);
        let column = &mut model.columns[block];
        column.lower = column.lower.map(|bound| bound / size);
        column.upper = column.upper.map(|bound| bound / size);
        // Dearer by any factor only where a best point is certain anyway.
        let boxed = column.lower.all(f64::is_finite) && column.upper.all(f64::is_finite);
        let times = if boxed { size * dearer } else { size };
        column.cost = column.cost.map(|cost| cost * times);
        for row in &mut model.rows {
            for term in row.terms.iter_mut().filter(|term| term.column == block) {
                term.coefficient = term.coefficient.map(|a| a * size);
            }
        }
    }
    for row in &mut model.rows {
        let size = draw.decades(-decades, decades);
        row.lower = row.lower.map(|bound| bound * size);
        row.upper = row.upper.map(|bound| bound * size);
        for term in &mut row.terms {
            term.coefficient = term.coefficient.map(|a| a * size);
        }
    }
    // Money in any currency.
    let money = draw.decades(-decades, decades);
    for column in &mut model.columns {
        column.cost = column.cost.map(|cost| cost * money);
    }
}

/// Bounds moved at random, costs of any sign: feasible or not, bounded or not.
pub fn wild(draw: &mut Draw, taste: &Taste) -> (Model, Known) {
    let (mut model, _) = feasible(draw, taste);
    if draw.chance(0.6) && !model.rows.is_empty() {
        for _ in 0..draw.count(1, 4) {
            let block = draw.count(0, model.rows.len() - 1);
            let count = model.count(model.rows[block].extent);
            let place = draw.count(0, count - 1);
            let by = draw.sign() * draw.decades(-1.0, 1.5);
            let row = &model.rows[block];
            let moved = (row.lower.at(place) + by, row.upper.at(place) + by);
            set_row(&mut model, block, place, moved);
        }
    }
    if draw.chance(0.5) {
        for _ in 0..draw.count(1, 3) {
            let block = draw.count(0, model.columns.len() - 1);
            model.columns[block].cost = numbers::number(draw, taste, -4.0, 6.0).into();
        }
    }
    if draw.chance(0.2) {
        scale(draw, &mut model, 1.0);
    }
    (model, Known::Nothing)
}

/// A problem with a contradiction.
pub fn infeasible(draw: &mut Draw, taste: &Taste) -> (Model, Known) {
    let mut model = shape::shape(draw, taste);
    let point = numbers::around_a_point(draw, taste, &mut model);
    numbers::costs(draw, taste, &mut model, &point);
    match draw.count(0, 3) {
        0 => beyond_reach(draw, &mut model, &point),
        1 if model.rows.iter().filter(|row| row.extent == Extent::Stage).count() > 1 => {
            combined(draw, &mut model, &point);
        }
        2 if taste.stages > 1 => never_full(draw, taste, &mut model),
        _ => too_much_in_all(draw, &mut model),
    }
    if draw.chance(0.1) {
        // Perhaps unbounded too, were it feasible.
        for column in &mut model.columns {
            column.cost = draw.between(-4.0, 4.0).into();
        }
    }
    if draw.chance(0.3) {
        scale(draw, &mut model, 1.0);
    }
    (model, Known::Infeasible)
}

/// How far bounds contradict each other: small, but no question of rounding.
fn beyond(draw: &mut Draw, value: f64) -> f64 {
    draw.decades(-3.0, 0.5) * (1.0 + value.abs())
}

/// One row asks for more than its columns have between their bounds; open ones get bounds for it.
fn beyond_reach(draw: &mut Draw, model: &mut Model, point: &[Vec<f64>]) {
    let matrix = Matrix::of(model);
    let rows: Vec<usize> =
        (0..matrix.rows.len()).filter(|row| !matrix.summed(*row).is_empty()).collect();
    if rows.is_empty() {
        return too_much_in_all(draw, model);
    }
    let row = draw.pick(&rows);
    let (mut most, mut size) = (0.0, 0.0);
    for (column, a) in matrix.summed(row) {
        let (block, place) = matrix.columns[column];
        let (mut lower, mut upper) = (matrix.lower[column], matrix.upper[column]);
        let value = point[block][place];
        if a > 0.0 && upper == NONE {
            upper = value + draw.between(0.0, 9.0);
        }
        if a < 0.0 && lower == -NONE {
            lower = value - draw.between(0.0, 9.0);
        }
        set_column(model, block, place, (lower, upper));
        let reach = a * if a > 0.0 { upper } else { lower };
        most += reach;
        size = f64::max(size, reach.abs());
    }
    let (block, place) = matrix.rows[row];
    set_row(model, block, place, (most + beyond(draw, size), NONE));
}

/// Two balances hold, and a third asks of their combination what these two exclude.
fn combined(draw: &mut Draw, model: &mut Model, point: &[Vec<f64>]) {
    let stage_rows: Vec<usize> =
        (0..model.rows.len()).filter(|row| numbers::every_stage(model, *row)).collect();
    let first = draw.pick(&stage_rows);
    let others: Vec<usize> = stage_rows.into_iter().filter(|row| *row != first).collect();
    let (one, other) = (first, draw.pick(&others));
    let stage = draw.count(0, model.stages - 1);
    if !model.exists(&model.rows[one], stage) || !model.exists(&model.rows[other], stage) {
        return too_much_in_all(draw, model);
    }
    let activity = activity(model, point);
    let times = draw.pick(&[-1.0, 1.0, 2.0, -0.3]);
    let mut terms: Vec<Term> = Vec::new();
    for (block, times) in [(one, 1.0), (other, times)] {
        let value = activity[block][stage];
        set_row(model, block, stage, (value, value));
        for term in &model.rows[block].terms {
            let scaled = term.coefficient.map(|a| a * times);
            match terms.iter_mut().find(|t| (t.column, t.back) == (term.column, term.back)) {
                Some(found) => found.coefficient = found.coefficient.zip(&scaled, |a, b| a + b),
                None => terms.push(Term { coefficient: scaled, ..term.clone() }),
            }
        }
    }
    let value = activity[one][stage] + times * activity[other][stage];
    let asked = value + draw.sign() * beyond(draw, value);
    model.rows.push(row(terms, Extent::Stage));
    let new = model.rows.len() - 1;
    (model.rows[new].lower, model.rows[new].upper) = ((-NONE).into(), NONE.into());
    set_row(model, new, stage, (asked, asked));
}

/// A store that cannot be as full at the end as it is asked to.
fn never_full(draw: &mut Draw, taste: &Taste, model: &mut Model) {
    let stages = model.stages;
    let kept = draw.pick(&[1.0, 0.99, 0.8]);
    let fill = draw.between(0.5, 3.0);
    let ceiling = if draw.chance(0.7) { NONE } else { draw.between(5.0, 30.0) };
    let start = draw.between(0.0, 5.0);
    let (level, filling) = (model.columns.len(), model.columns.len() + 1);
    model.columns.push(column(Extent::Stage));
    model.columns.push(column(Extent::Stage));
    model.columns[level].upper = ceiling.into();
    model.columns[filling].upper = fill.into();
    model.columns[filling].cost = draw.between(-1.0, 1.0).into();
    set_column(model, level, 0, (0.0, start));
    let mut most = start;
    for stage in 1..stages {
        let below = if stage + 1 < stages { ceiling } else { NONE };
        most = f64::min(kept * most + fill, below);
    }
    let asked = most + beyond(draw, most);
    set_column(model, level, stages - 1, (asked, NONE));
    let balance = vec![
        term(level, 1.0.into(), 0, Before::Nothing),
        term(level, (-kept).into(), 1, Before::Nothing),
        term(filling, (-1.0).into(), 0, Before::Nothing),
    ];
    model.rows.push(row(balance, Extent::Stage));
    // What fills it is taken from elsewhere.
    let elsewhere = draw.count(0, model.rows.len() - 1);
    if numbers::every_stage(model, elsewhere) && elsewhere + 1 < model.rows.len() {
        let coefficient = if taste.whole { 1.0 } else { draw.between(0.5, 1.5) };
        model.rows[elsewhere].terms.push(term(filling, coefficient.into(), 0, Before::Nothing));
    }
}

/// A sum over all stages that its columns do not come to.
fn too_much_in_all(draw: &mut Draw, model: &mut Model) {
    let division = model.spans.len();
    model.spans.push(Spans::whole(model.stages));
    let new = model.columns.len();
    let upper = draw.between(1.0, 5.0);
    model.columns.push(column(Extent::Stage));
    model.columns[new].upper = upper.into();
    for row in model.rows.iter_mut().filter(|row| row.extent == Extent::Stage) {
        if draw.chance(0.3) {
            row.terms.push(term(new, draw.sign().into(), 0, Before::Nothing));
        }
    }
    let most = upper * model.stages as f64;
    let sum = vec![term(new, 1.0.into(), 0, Before::Nothing)];
    let asked = most + beyond(draw, most);
    model.rows.push(Row {
        lower: asked.into(),
        upper: (if draw.chance(0.5) { asked } else { NONE }).into(),
        ..row(sum, Extent::Span(division))
    });
}

/// A problem with a point, and with a way down from it that has no end.
pub fn unbounded(draw: &mut Draw, taste: &Taste) -> (Model, Known) {
    let mut model = shape::shape(draw, taste);
    let point = numbers::around_a_point(draw, taste, &mut model);
    numbers::costs(draw, taste, &mut model, &point);
    match draw.count(0, 2) {
        0 if taste.stages > 2 => trade(draw, &mut model),
        1 => gains(draw, &mut model),
        _ => open_direction(draw, &mut model),
    }
    if draw.chance(0.3) {
        scale(draw, &mut model, 1.0);
    }
    (model, Known::Unbounded)
}

/// Some columns may go on for ever; the rows that they move give way.
fn open_direction(draw: &mut Draw, model: &mut Model) {
    let mut direction: Vec<Vec<f64>> =
        model.columns.iter().map(|column| vec![0.0; model.count(column.extent)]).collect();
    for _ in 0..draw.count(1, 4) {
        let block = draw.count(0, model.columns.len() - 1);
        let count = direction[block].len();
        let places = if draw.chance(0.2) { 0..count } else { draw.count(0, count - 1)..count };
        let by = draw.sign() * draw.pick(&[1.0, 1.0, 0.5, 2.0]);
        for place in places {
            direction[block][place] = by;
        }
    }
    let away = |by: f64, lower: f64, upper: f64| {
        (if by < 0.0 { -NONE } else { lower }, if by > 0.0 { NONE } else { upper })
    };
    for (block, by) in direction.iter().enumerate() {
        let mut cost = series(&model.columns[block].cost, by.len());
        for (place, by) in by.iter().enumerate().filter(|(_, by)| **by != 0.0) {
            let column = &model.columns[block];
            let bounds = away(*by, column.lower.at(place), column.upper.at(place));
            set_column(model, block, place, bounds);
            cost[place] = -by.signum() * draw.between(0.1, 5.0);
        }
        model.columns[block].cost = numbers::shortest(cost);
    }
    let moved = activity(model, &direction);
    for (block, by) in moved.iter().enumerate() {
        for (place, by) in by.iter().enumerate().filter(|(_, by)| **by != 0.0) {
            let row = &model.rows[block];
            let bounds = away(*by, row.lower.at(place), row.upper.at(place));
            set_row(model, block, place, bounds);
        }
    }
}

/// Bought cheap, kept without limit, sold dear.
fn trade(draw: &mut Draw, model: &mut Model) {
    let stages = model.stages;
    let kept = draw.pick(&[1.0, 0.99]);
    let from = draw.count(1, stages - 2);
    let to = draw.count(from + 1, stages - 1);
    let [level, buy, sell] = [0, 1, 2].map(|n| model.columns.len() + n);
    for _ in 0..3 {
        model.columns.push(column(Extent::Stage));
        let new = model.columns.len() - 1;
        model.columns[new].upper = NONE.into();
    }
    let price = |draw: &mut Draw, dear: f64| draw.between(5.0, 6.0) * dear;
    let buying: Vec<f64> =
        (0..stages).map(|t| price(draw, if t == from { 1.0 } else { 9.0 })).collect();
    let selling: Vec<f64> =
        (0..stages).map(|t| -price(draw, if t == to { 8.0 } else { 0.1 })).collect();
    model.columns[buy].cost = buying.into();
    model.columns[sell].cost = selling.into();
    let before = draw.pick(&[Before::Nothing, Before::Wrap]);
    if before == Before::Nothing {
        // There is no balance in the first stage: nothing is for nothing there.
        set_column(model, sell, 0, (0.0, 0.0));
        set_column(model, level, 0, (0.0, 2.0));
    }
    let balance = vec![
        term(level, 1.0.into(), 0, Before::Nothing),
        term(level, (-kept).into(), 1, before),
        term(buy, (-1.0).into(), 0, Before::Nothing),
        term(sell, 1.0.into(), 0, Before::Nothing),
    ];
    model.rows.push(row(balance, Extent::Stage));
}

/// A ring that gives back more than was put in.
fn gains(draw: &mut Draw, model: &mut Model) {
    let (level, sell) = (model.columns.len(), model.columns.len() + 1);
    model.columns.push(column(Extent::Stage));
    model.columns.push(column(Extent::Stage));
    model.columns[level].upper = NONE.into();
    model.columns[sell].upper = NONE.into();
    model.columns[sell].cost = (-draw.between(0.5, 5.0)).into();
    let kept = Values::from(draw.pick(&[-1.05, -1.5]));
    let balance = vec![
        term(level, 1.0.into(), 0, Before::Nothing),
        term(level, kept, 1, Before::Wrap),
        term(sell, 1.0.into(), 0, Before::Nothing),
    ];
    model.rows.push(row(balance, Extent::Stage));
}
