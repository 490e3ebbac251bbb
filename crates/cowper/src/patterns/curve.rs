//! A piecewise-linear curve between two flows: exact, with whole numbers only where it must be.

use crate::expression::{Expr, Param, Var};
use crate::field::{Field, Findings, Node, Share, Value};
use crate::model::{Bounds, Model};
use crate::patterns::operation::Operation;

/// A figure that is the same at every load, or one for each of several loads: an efficiency.
#[derive(Debug, Clone)]
pub enum AtLoad<T> {
    /// The same at every load.
    Same(T),
    /// Points of load, as a share of the capacity, and figure. The first is the least load.
    Points(Vec<(Share, T)>),
}

impl<T: Field> Field for AtLoad<T> {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        let Value::List(points) = &node.value else {
            return T::read(node, findings).map(AtLoad::Same);
        };
        let mut read = Vec::with_capacity(points.len());
        for point in points {
            match &point.value {
                Value::List(pair) if pair.len() == 2 => {
                    read.push((Share::read(&pair[0], findings)?, T::read(&pair[1], findings)?));
                }
                _ => {
                    findings.error(
                        point.span,
                        format!("a point is a pair: the load as a share, then {}", T::words()),
                    );
                    return None;
                }
            }
        }
        if read.len() < 2 || read.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            findings.error(
                node.span,
                "a curve needs at least two points, from the least load to the greatest",
            );
            return None;
        }
        Some(AtLoad::Points(read))
    }
    fn words() -> String {
        format!(
            "{}; or points [load as a share of the capacity, value] from the least load to the greatest",
            T::words()
        )
    }
    fn schema() -> serde_json::Value {
        serde_json::json!({"type": ["string", "number", "array"]})
    }
}

impl<T> AtLoad<T> {
    /// Each figure turned into another.
    pub fn map<U>(&self, mut f: impl FnMut(&T) -> U) -> AtLoad<U> {
        match self {
            AtLoad::Same(figure) => AtLoad::Same(f(figure)),
            AtLoad::Points(points) => {
                AtLoad::Points(points.iter().map(|(load, figure)| (*load, f(figure))).collect())
            }
        }
    }

    /// How a unit with this figure may be run: its first point is a minimum load.
    #[must_use]
    pub fn operation(&self, operation: &Operation) -> Operation {
        let first = match self {
            AtLoad::Same(_) => None,
            AtLoad::Points(points) => points.first().map(|(load, _)| *load),
        };
        let given = operation.minimum_load;
        let minimum_load = if first > given { first } else { given };
        Operation { minimum_load, ..operation.clone() }
    }
}

/// A unit at work, for [`taken`].
pub struct Loaded<'a> {
    /// The flow that its capacity limits.
    pub output: Var,
    /// Greatest output.
    pub capacity: Param,
    /// Whether it runs, if that matters.
    pub on: Option<Var>,
    /// How it may be run.
    pub operation: &'a Operation,
}

/// What a unit takes for its output, at so much for each unit of it: exact at the points of load,
/// in between on the line that joins them.
pub fn taken(m: &mut Model, for_each: &AtLoad<Param>, unit: &Loaded) -> Expr {
    let points = match for_each {
        AtLoad::Same(amount) => return unit.output * amount,
        AtLoad::Points(points) => points,
    };
    if unit.capacity.is_zero() {
        return unit.output * &points[0].1;
    }
    let at = |(load, amount): &(Share, Param)| {
        let output = &unit.capacity * *load;
        let taken = &output * amount;
        (output, taken)
    };
    let mut known: Vec<(Param, Param)> = points.iter().map(at).collect();
    // A unit that never stops still comes down to nought where nothing of it is available.
    if unit.on.is_none() && unit.operation.availability.is_some() && !known[0].0.is_zero() {
        known.insert(0, (&known[0].0 * 0.0, &known[0].1 * 0.0));
    }
    curve(m, unit.output, &known, unit.on, Sense::Least)
}

/// What the optimum pushes the curve's value to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// The value is an expense (fuel for an output): less is better.
    Least,
    /// The value is a gain (output for a fuel): more is better.
    Most,
}

/// Value of a curve through points (x, y) with increasing x. `x` is held between the first and the
/// last point (nought where the unit stands, if `on` is given).
///
/// x = x₀·on + Σ δᵢ, y = y₀·on + Σ slopeᵢ·δᵢ, 0 ≤ δᵢ ≤ widthᵢ. Where the slopes rise for an expense
/// (or fall for a gain) the parts fill in their order of themselves; elsewhere whole numbers make
/// them: δᵢ ≥ widthᵢ·fullᵢ, δᵢ₊₁ ≤ widthᵢ₊₁·fullᵢ (incremental form, Dantzig 1960).
pub fn curve(
    m: &mut Model,
    x: impl Into<Expr>,
    points: &[(Param, Param)],
    on: Option<Var>,
    sense: Sense,
) -> Expr {
    let x = x.into();
    let standing = |p: &Param| match on {
        Some(on) => on * p,
        None => Expr::from(p),
    };
    let (x0, y0) = &points[0];
    let (mut sum, mut value) = (standing(x0), standing(y0));
    let ordered = is_ordered(points, sense);
    let mut last_full: Option<Var> = None;
    for (i, pair) in points.windows(2).enumerate() {
        let (width, rise) = (minus(&pair[1].0, &pair[0].0), minus(&pair[1].1, &pair[0].1));
        let part = m.variable(&format!("part_{}", i + 1), Bounds::up_to(&width));
        sum = sum + part;
        value = value + part * (&rise / &width);
        if let Some(on) = on {
            m.at_most("a part is used only while running", part, on * &width);
        }
        if ordered {
            continue;
        }
        if let Some(full) = last_full {
            m.at_most("a part is used when the one before is full", part, full * &width);
        }
        if i + 2 < points.len() {
            let full = m.binary(&format!("full_{}", i + 1));
            m.at_least("a part is full", part, full * &width);
            last_full = Some(full);
        }
    }
    m.equal("the curve's parts add up", x, sum);
    value
}

fn minus(a: &Param, b: &Param) -> Param {
    Param { values: a.values.zip(&b.values, |a, b| a - b), dimension: a.dimension }
}

/// Whether the parts fill in their order without whole numbers.
fn is_ordered(points: &[(Param, Param)], sense: Sense) -> bool {
    let slopes: Vec<f64> = points
        .windows(2)
        .map(|p| {
            (p[1].1.values.at(0) - p[0].1.values.at(0))
                / (p[1].0.values.at(0) - p[0].0.values.at(0))
        })
        .collect();
    slopes.windows(2).all(|s| match sense {
        Sense::Least => s[0] <= s[1] + 1e-12,
        Sense::Most => s[0] >= s[1] - 1e-12,
    })
}
