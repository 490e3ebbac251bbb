//! A piecewise-linear curve between two flows: exact, with whole numbers only where it must be.

use crate::expression::{Expr, Param, Var};
use crate::field::{Field, Findings, Node, Share, Value};
use crate::model::{Bounds, Model};
use crate::patterns::operation::Operation;
use crate::problem::CurvePart;

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
/// (or fall for a gain) the parts fill in their order of themselves, as long as waste does not pay:
/// the solver looks, and keeps the order where it was left (see [`OrderedCurve`](crate::problem::OrderedCurve)). Elsewhere whole
/// numbers make them: δᵢ ≥ widthᵢ·fullᵢ, δᵢ₊₁ ≤ widthᵢ₊₁·fullᵢ (incremental form, Dantzig 1960).
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
    let mut parts = Vec::new();
    for (i, pair) in points.windows(2).enumerate() {
        let (width, rise) = (minus(&pair[1].0, &pair[0].0), minus(&pair[1].1, &pair[0].1));
        let part = m.variable(&format!("part_{}", i + 1), Bounds::up_to(&width));
        sum = sum + part;
        value = value + part * (&rise / &width);
        let width_here = width.values.at(0);
        let slope = rise.values.at(0) / width_here;
        parts.push(CurvePart { variable: part.id, width: width_here, slope });
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
    if ordered && parts.len() > 1 {
        m.keep_order_where_it_is_left(parts);
    }
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

#[cfg(test)]
mod tests {
    use crate::testing::check;

    /// A site of two hours with electricity at two prices.
    fn site(prices: &str, kind: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T02:00"
            step = "1 h"
            [carrier.electricity]
            measure = "energy"
            [carrier.gas]
            measure = "volume"
            heating_value = "3.6 MJ/Nm3"
            [series.price]
            unit = "EUR/MWh"
            values = {prices}
            [grid_connection.grid]
            import_price = "price"
            {kind}
            "#
        )
    }

    const AIR_SEPARATION: &str = "[air_separation.a]\noxygen = \"gas\"\ncapacity = \"100 kNm3/h\"\nmust_run = true\n\
        electricity_use = [[\"50 %\", \"0.5 kWh/Nm3\"], [\"75 %\", \"0.52 kWh/Nm3\"], [\"100 %\", \"0.6 kWh/Nm3\"]]\n\
        [demand.d]\ncarrier = \"gas\"\namount = \"75 kNm3/h\"";

    /// Proves: a unit does not waste what it is paid to take: 75 % of load takes 75 · 0.52 = 39 MW at
    /// −100 as at 100. Sensitivity: the steep last part first would take 25 + 25 · 0.84 = 46 MW.
    #[test]
    fn waste_that_pays_does_not_leave_the_curve() {
        let solved =
            check(&site("[-100, 100]", AIR_SEPARATION), 0.0, &[("a.electricity", &[39.0, 39.0])]);
        assert!(solved.point.whole_numbers);
        assert_eq!(solved.point.values.len(), solved.compiled.problem.variables.len());
        assert_eq!(solved.point.row_duals.len(), solved.compiled.problem.rows.len());
    }

    /// Proves: where waste does not pay it stays a linear problem, solved once.
    #[test]
    fn a_curve_that_is_kept_needs_no_whole_numbers() {
        let solved = check(&site("[50, 100]", AIR_SEPARATION), 39.0 * 150.0, &[]);
        assert!(!solved.point.whole_numbers && !solved.compiled.problem.has_integers());
    }

    /// Proves: the same for a gain: at −50 an electrolyser takes the 60 MW that 13.6 kNm3/h (of
    /// 3 MWh/kNm3 · 0.68) need. Sensitivity: the worst part first would take more.
    #[test]
    fn a_gain_is_not_wasted() {
        let electrolyser = "[carrier.hydrogen]\nmeasure = \"volume\"\nheating_value = \"10.8 MJ/Nm3\"\n\
            [electrolyser.e]\ncapacity = \"100 MW\"\nhydrogen = \"hydrogen\"\nefficiency = [[0.2, 0.69], [0.6, 0.68], [1.0, 0.64]]\n\
            [demand.h]\ncarrier = \"hydrogen\"\namount = \"13.6 kNm3/h\"";
        let text = site("[-50, -50]", electrolyser);
        check(&text, -6000.0, &[("e.electricity", &[60.0, 60.0])]);
    }

    /// Proves: a levy on what is flared does not make a combined cycle burn more for its output:
    /// 144 MW at 42.8 % take 144 / 0.428 = 336.45 kNm3/h of 1 MWh/kNm3, the rest of 600 is flared at 30.
    #[test]
    fn a_levy_on_flaring_does_not_leave_the_curve() {
        let cycle = "[fuel_supply.f]\ncarrier = \"gas\"\nfixed = \"600 kNm3/h\"\n[flare.x]\ngas = \"gas\"\nprice = \"30 EUR/kNm3\"\n\
            [combined_cycle.c]\ncapacity = \"180 MW\"\nfuels = [\"gas\"]\nmust_run = true\n\
            efficiency = [[\"60 %\", \"40.5 %\"], [\"80 %\", \"42.8 %\"], [\"100 %\", \"43.7 %\"]]\n\
            [demand.e]\ncarrier = \"electricity\"\namount = \"144 MW\"";
        let text = site("[500, 500]", cycle);
        let burnt = 144.0 / 0.428;
        check(&text, 2.0 * 30.0 * (600.0 - burnt), &[("c.gas", &[burnt, burnt])]);
    }
}
