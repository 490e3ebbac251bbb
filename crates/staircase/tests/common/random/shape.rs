//! Which columns stand in which rows, and with which coefficients.

use staircase::{Before, Column, Extent, Model, Row, Spans, Term, Values};

use super::super::draw::Draw;
use super::Taste;

/// Blocks with their terms; bounds and costs are still to come.
pub fn shape(draw: &mut Draw, taste: &Taste) -> Model {
    let mut model = Model { stages: taste.stages, ..Model::default() };
    let most = if taste.stages > 60 { 6 } else { 14 };
    for _ in 0..draw.count(1, most) {
        model.columns.push(column(Extent::Stage));
    }
    let rows = if draw.chance(0.03) { 0 } else { draw.count(1, (most / 2 + 1).min(8)) };
    for _ in 0..rows {
        let terms = stage_terms(draw, taste, model.columns.len());
        model.rows.push(row(terms, Extent::Stage));
    }
    if draw.chance(taste.border) {
        border(draw, taste, &mut model);
    }
    twice(draw, taste, &mut model);
    if draw.chance(taste.empty) {
        empty_stages(draw, taste, &mut model);
    }
    model
}

pub fn column(extent: Extent) -> Column {
    Column { lower: 0.0.into(), upper: 0.0.into(), cost: 0.0.into(), extent }
}

pub fn row(terms: Vec<Term>, extent: Extent) -> Row {
    Row { terms, lower: 0.0.into(), upper: 0.0.into(), extent }
}

/// Terms of a stage row; none in a few rows.
fn stage_terms(draw: &mut Draw, taste: &Taste, columns: usize) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    let wanted = if draw.chance(0.02) { 0 } else { draw.count(1, 5) };
    // A level: what was there before, in the same column.
    if wanted > 1 && draw.chance(0.4) {
        let level = draw.count(0, columns - 1);
        let kept = if taste.whole { -1.0 } else { draw.pick(&[-1.0, -1.0, -0.99, -0.5]) };
        terms.push(term(level, 1.0.into(), 0, Before::Nothing));
        terms.push(term(level, kept.into(), 1, draw.pick(&taste.before)));
    }
    while terms.len() < wanted {
        let back = match draw.share() {
            share if share < taste.far => draw.count(2, 4) as u32,
            share if share < taste.far + 0.2 => 1,
            _ => 0,
        };
        let column = draw.count(0, columns - 1);
        if terms.iter().any(|term| (term.column, term.back) == (column, back)) {
            break;
        }
        let coefficient = coefficients(draw, taste, taste.stages);
        terms.push(term(column, coefficient, back, draw.pick(&taste.before)));
    }
    terms
}

pub fn term(column: usize, coefficient: Values, back: u32, before: Before) -> Term {
    Term { column, coefficient, back, before }
}

/// The same everywhere, or one a place.
fn coefficients(draw: &mut Draw, taste: &Taste, places: usize) -> Values {
    if draw.chance(0.6) && taste.zeros == 0.0 {
        coefficient(draw, taste).into()
    } else {
        (0..places)
            .map(|_| if draw.chance(taste.zeros) { 0.0 } else { coefficient(draw, taste) })
            .collect::<Vec<_>>()
            .into()
    }
}

fn coefficient(draw: &mut Draw, taste: &Taste) -> f64 {
    if taste.whole {
        draw.pick(&[-2.0, -1.0, -1.0, 1.0, 1.0, 2.0, 3.0])
    } else if draw.chance(0.4) {
        draw.sign()
    } else {
        draw.sign() * draw.between(0.1, 3.0)
    }
}

/// Span columns that stand in stage rows, and span rows that sum over stages.
fn border(draw: &mut Draw, taste: &Taste, model: &mut Model) {
    model.spans.push(Spans::whole(taste.stages));
    if draw.chance(0.7) {
        model.spans.push(cut(draw, taste.stages));
    }
    if draw.chance(0.3) {
        let length = draw.count(1, 5);
        let days = (0..taste.stages).map(|stage| (stage / length) as u32).collect();
        model.spans.push(Spans { of_stage: days });
    }
    let most = 1 + (taste.border * 5.0) as usize;
    let stage_columns = model.columns.len();
    for _ in 0..draw.count(0, most) {
        let new = model.columns.len();
        model.columns.push(column(Extent::Span(draw.count(0, model.spans.len() - 1))));
        for _ in 0..draw.count(0, 2) {
            if draw.chance(0.5) {
                // Something of each stage stays below it.
                let peaks = draw.count(0, stage_columns - 1);
                let terms = vec![
                    term(peaks, 1.0.into(), 0, Before::Nothing),
                    term(new, (-draw.between(0.5, 2.0).round()).into(), 0, Before::Nothing),
                ];
                model.rows.push(row(terms, Extent::Stage));
            } else if !model.rows.is_empty() {
                let row = draw.count(0, model.rows.len() - 1);
                if model.rows[row].terms.iter().all(|term| term.column != new) {
                    let coefficient = coefficients(draw, taste, taste.stages);
                    model.rows[row].terms.push(term(new, coefficient, 0, Before::Nothing));
                }
            }
        }
    }
    for _ in 0..draw.count(0, most) {
        let division = draw.count(0, model.spans.len() - 1);
        let terms = span_terms(draw, taste, model, division);
        model.rows.push(row(terms, Extent::Span(division)));
    }
}

/// A division into spans of any length.
fn cut(draw: &mut Draw, stages: usize) -> Spans {
    let mut span = 0;
    let of_stage = (0..stages).map(|stage| {
        if stage > 0 && draw.chance(0.15) {
            span += 1;
        }
        span
    });
    Spans { of_stage: of_stage.collect() }
}

fn span_terms(draw: &mut Draw, taste: &Taste, model: &Model, division: usize) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    for _ in 0..draw.count(1, 4) {
        let column = draw.count(0, model.columns.len() - 1);
        let (back, places) = match model.columns[column].extent {
            Extent::Span(_) => (0, model.spans[division].count()),
            Extent::Stage if draw.chance(0.15) => (draw.count(1, 3) as u32, taste.stages),
            Extent::Stage => (0, taste.stages),
        };
        if terms.iter().any(|term| (term.column, term.back) == (column, back)) {
            continue;
        }
        let coefficient = coefficients(draw, taste, places);
        terms.push(term(column, coefficient, back, draw.pick(&taste.before)));
    }
    terms
}

/// Rows and columns that are others again, or a multiple of them.
fn twice(draw: &mut Draw, taste: &Taste, model: &mut Model) {
    if !model.rows.is_empty() && draw.chance(taste.twice) {
        let mut copy = model.rows[draw.count(0, model.rows.len() - 1)].clone();
        let times = draw.pick(&[1.0, -1.0, 2.0, -0.5]);
        for term in &mut copy.terms {
            term.coefficient = term.coefficient.map(|a| a * times);
        }
        model.rows.push(copy);
    }
    if draw.chance(taste.twice) {
        let old = draw.count(0, model.columns.len() - 1);
        let new = model.columns.len();
        let times = draw.pick(&[1.0, -1.0, 2.0]);
        model.columns.push(model.columns[old].clone());
        for row in &mut model.rows {
            let copies: Vec<Term> = row
                .terms
                .iter()
                .filter(|term| term.column == old)
                .map(|term| Term {
                    column: new,
                    coefficient: term.coefficient.map(|a| a * times),
                    ..term.clone()
                })
                .collect();
            row.terms.extend(copies);
        }
    }
}

/// Stages in which every coefficient of every stage row is 0.
fn empty_stages(draw: &mut Draw, taste: &Taste, model: &mut Model) {
    let kept: Vec<f64> =
        (0..taste.stages).map(|_| if draw.chance(0.3) { 0.0 } else { 1.0 }).collect();
    let kept = Values::from(kept);
    for row in model.rows.iter_mut().filter(|row| row.extent == Extent::Stage) {
        for term in &mut row.terms {
            term.coefficient = kept.zip(&term.coefficient, |kept, a| kept * a);
        }
    }
}
