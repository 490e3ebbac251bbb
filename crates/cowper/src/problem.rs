//! The optimisation problem as blocks over time: one block per equation, not one row per step.
//!
//! minimise cost·x subject to lower ≤ rows·x ≤ upper, with bounds on x and integers. Bare numbers
//! live here and in the solver only; units are those of [`crate::units`].

use std::sync::Arc;

mod matrix;

pub use matrix::{Layout, Matrix};

use crate::time::Partition;
use crate::units::{Dimension, NUMBER};

/// One number for every step, or one a step (or one a group).
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// The same everywhere.
    Constant(f64),
    /// One for each step or group.
    Series(Arc<[f64]>),
}

impl Values {
    /// The value at a step or group.
    pub fn at(&self, index: usize) -> f64 {
        match self {
            Values::Constant(value) => *value,
            Values::Series(values) => values[index],
        }
    }

    /// Each value changed alike.
    #[must_use]
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Values {
        match self {
            Values::Constant(value) => Values::Constant(f(*value)),
            Values::Series(values) => Values::Series(values.iter().map(|v| f(*v)).collect()),
        }
    }

    /// Values combined pairwise.
    #[must_use]
    pub fn zip(&self, other: &Values, f: impl Fn(f64, f64) -> f64) -> Values {
        match (self, other) {
            (a, Values::Constant(b)) => a.map(|a| f(a, *b)),
            (Values::Constant(a), b) => b.map(|b| f(*a, b)),
            (Values::Series(a), Values::Series(b)) => {
                Values::Series(a.iter().zip(b.iter()).map(|(a, b)| f(*a, *b)).collect())
            }
        }
    }

    /// Whether a condition holds everywhere.
    pub fn all(&self, f: impl Fn(f64) -> bool) -> bool {
        match self {
            Values::Constant(value) => f(*value),
            Values::Series(values) => values.iter().all(|v| f(*v)),
        }
    }

    /// The least value.
    pub fn least(&self) -> f64 {
        match self {
            Values::Constant(value) => *value,
            Values::Series(values) => values.iter().copied().fold(f64::INFINITY, f64::min),
        }
    }

    /// The greatest value.
    pub fn greatest(&self) -> f64 {
        match self {
            Values::Constant(value) => *value,
            Values::Series(values) => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

/// How often a block's variable or row exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Once a step.
    Step,
    /// Once a group of the numbered partition. A partition of one group is "once".
    Group(usize),
}

/// The handle of a variable block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableId(pub(crate) u32);

/// A variable over time.
#[derive(Debug, Clone)]
pub struct VariableBlock {
    /// The component it belongs to.
    pub component: String,
    /// Its name there.
    pub name: String,
    /// What it is counted in.
    pub dimension: Dimension,
    /// Least value.
    pub lower: Values,
    /// Greatest value.
    pub upper: Values,
    /// Money per unit, the length of the step included.
    pub cost: Values,
    /// Whether it takes whole numbers only.
    pub integer: bool,
    /// How often it exists.
    pub extent: Extent,
}

/// What a term that reaches back finds before the first step.
#[derive(Debug, Clone, PartialEq)]
pub enum Before {
    /// Nothing: rows that reach there do not exist.
    Nothing,
    /// The end of the horizon: it repeats.
    Wrap,
    /// Known values, the latest first; the last one holds for all earlier times.
    Known(Arc<[f64]>),
}

/// coefficient · variable(step − back)
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Which variable.
    pub variable: VariableId,
    /// Times what.
    pub coefficient: Values,
    /// How many steps earlier.
    pub back: u32,
    /// What stands there before the first step.
    pub before: Before,
}

impl Term {
    /// The known value that it finds in the row of a step, which must lie within its reach.
    pub(crate) fn known_before(&self, step: usize) -> Option<f64> {
        let Before::Known(values) = &self.before else { return None };
        let ago = (self.back as usize - step - 1).min(values.len().saturating_sub(1));
        values.get(ago).copied()
    }
}

/// An equation or inequality over time: lower ≤ Σ terms ≤ upper.
///
/// For a group row, terms of variables per step are summed over the steps of the group, and a
/// variable of another partition is that of the group its first step belongs to. Groups are
/// stretches of time without gaps.
#[derive(Debug, Clone)]
pub struct RowBlock {
    /// The component it belongs to; empty for the balance of a node.
    pub component: String,
    /// What it says, in words.
    pub name: String,
    /// What it is counted in.
    pub dimension: Dimension,
    /// Its terms; a variable stands in it once for each `back`.
    pub terms: Vec<Term>,
    /// Least value.
    pub lower: Values,
    /// Greatest value.
    pub upper: Values,
    /// How often it exists.
    pub extent: Extent,
}

/// The parts of a curve that fill in their order where waste costs something, and need whole numbers
/// only where it pays.
#[derive(Debug, Clone)]
pub struct OrderedCurve {
    /// The component it belongs to.
    pub component: String,
    /// Its parts, from the least flow upwards, each once a step.
    pub parts: Vec<CurvePart>,
}

/// A part of a curve, straight from end to end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePart {
    /// How much of it is used.
    pub variable: VariableId,
    /// The most of it.
    pub width: f64,
    /// What each unit of it is worth.
    pub slope: f64,
}

impl OrderedCurve {
    /// The steps at which parts are used out of order so that the value is off the curve.
    #[must_use]
    pub fn steps_off(&self, point: &[Vec<f64>]) -> Vec<usize> {
        let scale: f64 = self.parts.iter().map(|p| (p.width * p.slope).abs()).sum();
        let used = |part: &CurvePart, step: usize| point[part.variable.0 as usize][step];
        let is_off = |step: &usize| {
            let mut rest: f64 = self.parts.iter().map(|part| used(part, *step)).sum();
            let mut off = 0.0;
            for part in &self.parts {
                let in_order = rest.min(part.width);
                rest -= in_order;
                off += part.slope * (used(part, *step) - in_order);
            }
            off.abs() > OFF_CURVE * scale
        };
        let steps = self.parts.first().map_or(0, |p| point[p.variable.0 as usize].len());
        (0..steps).filter(is_off).collect()
    }
}

/// How far from a curve, as a share of its height, rounding explains.
const OFF_CURVE: f64 = 1e-6;

/// Blocks over a number of steps.
#[derive(Debug, Clone, Default)]
pub struct Problem {
    /// How many steps.
    pub steps: usize,
    /// Variables.
    pub variables: Vec<VariableBlock>,
    /// Equations and inequalities.
    pub rows: Vec<RowBlock>,
    /// The divisions of time that [`Extent::Group`] numbers.
    pub partitions: Vec<Partition>,
    /// Curves that are checked after a solve, and kept by whole numbers where they were left.
    pub ordered: Vec<OrderedCurve>,
    /// A cost that no decision changes.
    pub fixed_cost: f64,
}

impl Problem {
    /// Whether any variable must be whole.
    pub fn has_integers(&self) -> bool {
        self.variables.iter().any(|v| v.integer)
    }

    /// Keeps the order of a curve's parts at some of the steps, by whole numbers in new blocks at the
    /// end: partᵢ ≥ widthᵢ·fullᵢ, partᵢ₊₁ ≤ widthᵢ₊₁·fullᵢ with fullᵢ ∈ {0, 1}. At other steps they
    /// hold of themselves.
    pub(crate) fn keep_order(&mut self, curve: &OrderedCurve, at: &[bool]) {
        let values = |f: &dyn Fn(bool) -> f64| Values::Series(at.iter().map(|at| f(*at)).collect());
        for (i, pair) in curve.parts.windows(2).enumerate() {
            let dimension = self.variables[pair[0].variable.0 as usize].dimension;
            let full = VariableId(self.variables.len() as u32);
            self.variables.push(VariableBlock {
                component: curve.component.clone(),
                name: format!("full_{}", i + 1),
                dimension: NUMBER,
                lower: values(&|at| if at { 0.0 } else { 1.0 }),
                upper: Values::Constant(1.0),
                cost: Values::Constant(0.0),
                integer: true,
                extent: Extent::Step,
            });
            let term = |variable, coefficient| Term {
                variable,
                coefficient,
                back: 0,
                before: Before::Nothing,
            };
            let row =
                |name: &str, part: CurvePart, width: Values, (lower, upper): (f64, f64)| RowBlock {
                    component: curve.component.clone(),
                    name: name.to_owned(),
                    dimension,
                    terms: vec![
                        term(part.variable, Values::Constant(1.0)),
                        term(full, width.map(|w| -w)),
                    ],
                    lower: Values::Constant(lower),
                    upper: Values::Constant(upper),
                    extent: Extent::Step,
                };
            let least = values(&|at| if at { pair[0].width } else { 0.0 });
            self.rows.push(row("a part is full", pair[0], least, (0.0, f64::INFINITY)));
            let most = Values::Constant(pair[1].width);
            let says = "a part is used when the one before is full";
            self.rows.push(row(says, pair[1], most, (f64::NEG_INFINITY, 0.0)));
        }
    }

    /// The block of a variable.
    pub fn block(&self, id: VariableId) -> &VariableBlock {
        &self.variables[id.0 as usize]
    }

    /// How many times a block exists.
    pub fn count(&self, extent: Extent) -> usize {
        match extent {
            Extent::Step => self.steps,
            Extent::Group(partition) => self.partitions[partition].labels.len(),
        }
    }

    /// The step a term refers to; none where it lies before the first.
    fn earlier(&self, step: usize, term: &Term) -> Option<usize> {
        let back = term.back as usize;
        if back <= step {
            Some(step - back)
        } else if term.before == Before::Wrap && self.steps > 0 {
            Some((step + self.steps - back % self.steps) % self.steps)
        } else {
            None
        }
    }

    /// The value of each row block at a point, at every step or group. NaN where the row does not exist.
    pub fn activity(&self, row: &RowBlock, point: &[Vec<f64>]) -> Vec<f64> {
        match row.extent {
            Extent::Step => {
                let mut sums = vec![0.0; self.steps];
                for term in &row.terms {
                    self.add_term(term, point, &mut sums);
                }
                sums
            }
            Extent::Group(partition) => {
                let mut sums = vec![0.0; self.partitions[partition].labels.len()];
                for term in &row.terms {
                    let block = term.variable.0 as usize;
                    let values = &point[block];
                    let of_step = &self.partitions[partition].of_step;
                    if let Extent::Group(own) = self.variables[block].extent {
                        for (step, of) in of_step.iter().enumerate() {
                            if step == 0 || of_step[step - 1] != *of {
                                let at = self.partitions[own].of_step[step] as usize;
                                sums[*of as usize] +=
                                    term.coefficient.at(*of as usize) * values[at];
                            }
                        }
                    } else {
                        for (step, of) in of_step.iter().enumerate() {
                            if let Some(at) = self.earlier(step, term) {
                                sums[*of as usize] += term.coefficient.at(step) * values[at];
                            }
                        }
                    }
                }
                sums
            }
        }
    }

    /// Adds a term of a row per step, step by step. NaN where it reaches back to where nothing is.
    fn add_term(&self, term: &Term, point: &[Vec<f64>], sums: &mut [f64]) {
        let values = &point[term.variable.0 as usize];
        if let Extent::Group(partition) = self.block(term.variable).extent {
            let of_step = &self.partitions[partition].of_step;
            for (step, (sum, of)) in sums.iter_mut().zip(of_step).enumerate() {
                *sum += term.coefficient.at(step) * values[*of as usize];
            }
            return;
        }
        let back = (term.back as usize).min(self.steps);
        let (early, late) = sums.split_at_mut(back);
        for (step, sum) in early.iter_mut().enumerate() {
            let value = match self.earlier(step, term) {
                Some(at) => values[at],
                None => term.known_before(step).unwrap_or(f64::NAN),
            };
            *sum += term.coefficient.at(step) * value;
        }
        match &term.coefficient {
            Values::Constant(coefficient) => {
                for (sum, value) in late.iter_mut().zip(values) {
                    *sum += coefficient * value;
                }
            }
            Values::Series(coefficients) => {
                for ((sum, value), by) in late.iter_mut().zip(values).zip(&coefficients[back..]) {
                    *sum += by * value;
                }
            }
        }
    }

    /// Σ terms at a step. NaN where a term reaches back to where nothing is.
    pub(crate) fn evaluate(&self, terms: &[Term], step: usize, point: &[Vec<f64>]) -> f64 {
        terms
            .iter()
            .map(|term| {
                let value = match self.place(term, step) {
                    Some(at) => point[term.variable.0 as usize][at],
                    None => term.known_before(step).unwrap_or(f64::NAN),
                };
                term.coefficient.at(step) * value
            })
            .sum()
    }

    /// Which value of its variable a term means at a step; none before the first.
    pub(crate) fn place(&self, term: &Term, step: usize) -> Option<usize> {
        match self.block(term.variable).extent {
            Extent::Group(partition) => Some(self.partitions[partition].of_step[step] as usize),
            Extent::Step => self.earlier(step, term),
        }
    }
}
