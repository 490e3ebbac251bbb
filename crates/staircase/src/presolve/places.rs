//! Which places of a row and a column a term joins, and sums over them in both directions.

use std::ops::Range;

use crate::model::{Before, Extent, Model, Row, Term, Values};

/// How the places of a row and of one of its columns correspond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The same place.
    Same,
    /// A stage some stages earlier.
    Earlier,
    /// A stage row sees the span it is in.
    Spread(usize),
    /// A span row sums over its stages.
    Sum(usize),
    /// A row of one division sees the span of another: row's, column's.
    Across(usize, usize),
}

/// How a term of a row reaches its column.
pub(super) fn reach(model: &Model, row: Extent, term: &Term) -> Reach {
    match (row, model.columns[term.column].extent) {
        (Extent::Stage, Extent::Stage) if term.back == 0 => Reach::Same,
        (Extent::Stage, Extent::Stage) => Reach::Earlier,
        (Extent::Stage, Extent::Span(spans)) => Reach::Spread(spans),
        (Extent::Span(own), Extent::Stage) => Reach::Sum(own),
        (Extent::Span(own), Extent::Span(other)) if own == other => Reach::Same,
        (Extent::Span(own), Extent::Span(other)) => Reach::Across(own, other),
    }
}

/// The first stage at which a stage row exists; 0 for a span row.
pub(super) fn start(model: &Model, row: &Row) -> usize {
    if row.extent != Extent::Stage {
        return 0;
    }
    let binds = |term: &&Term| {
        term.before == Before::Nothing && model.columns[term.column].extent == Extent::Stage
    };
    let first = row.terms.iter().filter(binds).map(|term| term.back as usize).max();
    first.unwrap_or(0).min(model.stages)
}

/// The places that stand for all of a range: one where every value is the same everywhere.
pub(super) fn representative<'a>(
    range: Range<usize>,
    values: impl IntoIterator<Item = &'a Values>,
) -> Range<usize> {
    if range.is_empty() || !values.into_iter().all(is_constant) {
        return range;
    }
    range.start..range.start + 1
}

/// Whether a condition holds at each of the places. One in the middle is asked first: where it
/// fails, it mostly fails there too.
pub(super) fn holds(mut places: Range<usize>, condition: impl Fn(usize) -> bool) -> bool {
    if places.is_empty() {
        return true;
    }
    condition(usize::midpoint(places.start, places.end)) && places.all(condition)
}

/// A value made at each of so many places out of others.
pub(super) fn made<const N: usize>(
    count: usize,
    from: [&Values; N],
    value: impl Fn(usize) -> f64,
) -> Values {
    if count > 0 && from.iter().all(|values| is_constant(values)) {
        return Values::Constant(value(0));
    }
    Values::Series((0..count).map(value).collect())
}

/// Whether it is one number for all places.
pub(super) fn is_constant(values: &Values) -> bool {
    matches!(values, Values::Constant(_))
}

/// Whether it is 0 at all places.
pub(super) fn is_zero(values: &Values) -> bool {
    values.all(|value| value == 0.0)
}

/// Whether two are the same array or number, without a look at each place.
pub(super) fn is_shared(a: &Values, b: &Values) -> bool {
    match (a, b) {
        (Values::Constant(a), Values::Constant(b)) => a == b,
        (Values::Series(a), Values::Series(b)) => std::sync::Arc::ptr_eq(a, b),
        _ => false,
    }
}

/// A number for each place.
pub(super) fn written_out(values: &Values, count: usize) -> Vec<f64> {
    match values {
        Values::Constant(value) => vec![*value; count],
        Values::Series(values) => values.to_vec(),
    }
}

/// Values by place of the column, in the order of a term's coefficients. Where the term finds
/// nothing, any of them.
pub(super) fn seen(model: &Model, row: Extent, term: &Term, values: &Values) -> Values {
    let Values::Series(series) = values else {
        return values.clone();
    };
    match reach(model, row, term) {
        Reach::Same => values.clone(),
        Reach::Earlier | Reach::Sum(_) => {
            let mut seen = series.to_vec();
            seen.rotate_right(term.back as usize);
            seen.into()
        }
        Reach::Spread(spans) => {
            let of_stage = &model.spans[spans].of_stage;
            Values::Series(of_stage.iter().map(|span| series[*span as usize]).collect())
        }
        Reach::Across(own, other) => {
            let of_stage = &model.spans[other].of_stage;
            let firsts = model.spans[own].firsts();
            Values::Series(firsts.iter().map(|t| series[of_stage[*t] as usize]).collect())
        }
    }
}

/// Products in the order of a term's coefficients, by place of the row: summed where it sums, and 0
/// where the term finds nothing.
pub(super) fn gathered(model: &Model, row: Extent, term: &Term, products: Values) -> Values {
    let missing = if term.before == Before::Wrap { 0 } else { term.back as usize };
    match reach(model, row, term) {
        Reach::Sum(spans) => {
            let mut sums = vec![0.0; model.spans[spans].count()];
            for (stage, span) in model.spans[spans].of_stage.iter().enumerate().skip(missing) {
                sums[*span as usize] += products.at(stage);
            }
            sums.into()
        }
        Reach::Earlier if term.before == Before::Nought => {
            let mut products = written_out(&products, model.stages);
            products[..missing].fill(0.0);
            products.into()
        }
        _ => products,
    }
}

/// Σ coefficient · dual by place of the column. The duals are 0 where the row does not exist.
pub(super) fn scattered(model: &Model, row: Extent, term: &Term, duals: &Values) -> Values {
    let reach = reach(model, row, term);
    let ring = reach == Reach::Earlier && term.before == Before::Wrap;
    let constant = is_constant(&term.coefficient) && is_constant(duals);
    if reach == Reach::Same || (ring && constant) {
        return term.coefficient.zip(duals, |a, y| a * y);
    }
    let count = model.count(model.columns[term.column].extent);
    let mut sums = vec![0.0; count];
    let duals = written_out(duals, model.count(row));
    add_transposed(model, (row, term), (&duals, 1.0), &mut sums);
    sums.into()
}

/// sums += coefficient · column, by place of the row.
pub(super) fn add_activity(
    model: &Model,
    (row, term): (Extent, &Term),
    column: &[f64],
    sums: &mut [f64],
) {
    let a = &term.coefficient;
    let back = term.back as usize;
    match reach(model, row, term) {
        Reach::Same => add_products(sums, (a, 0), (column, 1.0)),
        Reach::Earlier => {
            let (early, late) = sums.split_at_mut(back);
            if term.before == Before::Wrap {
                add_products(early, (a, 0), (&column[column.len() - back..], 1.0));
            }
            add_products(late, (a, back), (column, 1.0));
        }
        reach => each_entry(model, reach, term, |place, at, own| {
            sums[own] += a.at(place) * column[at];
        }),
    }
}

/// sums += factor · coefficient · dual, by place of the column. The duals are 0 where the row does
/// not exist.
pub(super) fn add_transposed(
    model: &Model,
    (row, term): (Extent, &Term),
    (duals, factor): (&[f64], f64),
    sums: &mut [f64],
) {
    let a = &term.coefficient;
    let back = term.back as usize;
    match reach(model, row, term) {
        Reach::Same => add_products(sums, (a, 0), (duals, factor)),
        Reach::Earlier => {
            let (early, late) = duals.split_at(back);
            let kept = sums.len() - back;
            add_products(&mut sums[..kept], (a, back), (late, factor));
            if term.before == Before::Wrap {
                add_products(&mut sums[kept..], (a, 0), (early, factor));
            }
        }
        reach => each_entry(model, reach, term, |place, at, own| {
            sums[at] += factor * a.at(place) * duals[own];
        }),
    }
}

/// sums += factor · coefficient · values, the coefficients from a place on.
fn add_products(
    sums: &mut [f64],
    (coefficient, from): (&Values, usize),
    (values, factor): (&[f64], f64),
) {
    match coefficient {
        Values::Constant(a) => {
            let a = factor * a;
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += a * value;
            }
        }
        Values::Series(a) => {
            for ((sum, value), a) in sums.iter_mut().zip(values).zip(&a[from..]) {
                *sum += factor * a * value;
            }
        }
    }
}

/// Calls `entry(place of coefficient, place of column, place of row)` for each entry of a term.
pub(super) fn each_entry(
    model: &Model,
    reach: Reach,
    term: &Term,
    mut entry: impl FnMut(usize, usize, usize),
) {
    match reach {
        Reach::Same => (0..model.count(model.columns[term.column].extent)).for_each(|place| {
            entry(place, place, place);
        }),
        Reach::Earlier => {
            for stage in 0..model.stages {
                if let Some(at) = model.earlier(stage, term) {
                    entry(stage, at, stage);
                }
            }
        }
        Reach::Spread(spans) => {
            for (stage, span) in model.spans[spans].of_stage.iter().enumerate() {
                entry(stage, *span as usize, stage);
            }
        }
        Reach::Sum(spans) => {
            for (stage, span) in model.spans[spans].of_stage.iter().enumerate() {
                if let Some(at) = model.earlier(stage, term) {
                    entry(stage, at, *span as usize);
                }
            }
        }
        Reach::Across(own, other) => {
            for (span, first) in model.spans[own].firsts().into_iter().enumerate() {
                entry(span, model.spans[other].of_stage[first] as usize, span);
            }
        }
    }
}
