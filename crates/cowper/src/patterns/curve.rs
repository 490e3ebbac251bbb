//! A piecewise-linear curve between two flows: exact, with whole numbers only where it must be.

use crate::expression::{Expr, Param, Var};
use crate::model::{Bounds, Model};

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
