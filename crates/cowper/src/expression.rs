//! Sums of variables with units: what equations are written in.
//!
//! `fuel * efficiency - steam` reads as in the book. Dimensions are kept alongside; a sum of unlike
//! dimensions is remembered as such and reported when it is used, it never panics.

use std::ops::{Add, Div, Mul, Neg, Sub};
use std::sync::Arc;

use crate::problem::{Before, Term, Values, VariableId};
use crate::units::{Dimension, Measure, NUMBER, Quantity};

/// A known value, constant or over time, with its dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    pub(crate) values: Values,
    pub(crate) dimension: Dimension,
}

impl Param {
    pub(crate) fn constant(value: f64, dimension: Dimension) -> Self {
        Param { values: Values::Constant(value), dimension }
    }

    pub(crate) fn series(values: Arc<[f64]>, dimension: Dimension) -> Self {
        Param { values: Values::Series(values), dimension }
    }

    /// Whether it is nought everywhere.
    pub fn is_zero(&self) -> bool {
        self.values.all(|v| v == 0.0)
    }
}

impl From<f64> for Param {
    fn from(value: f64) -> Self {
        Param::constant(value, NUMBER)
    }
}
impl From<crate::field::Share> for Param {
    fn from(share: crate::field::Share) -> Self {
        share.value().into()
    }
}
impl From<crate::field::Factor> for Param {
    fn from(factor: crate::field::Factor) -> Self {
        factor.value().into()
    }
}
impl<M: Measure> From<Quantity<M>> for Param {
    fn from(quantity: Quantity<M>) -> Self {
        Param::constant(quantity.value(), quantity.dimension())
    }
}
impl From<&Param> for Param {
    fn from(param: &Param) -> Self {
        param.clone()
    }
}

impl<P: Into<Param>> Mul<P> for Param {
    type Output = Param;
    fn mul(self, other: P) -> Param {
        let other = other.into();
        Param {
            values: self.values.zip(&other.values, |a, b| a * b),
            dimension: self.dimension.times(other.dimension),
        }
    }
}
impl<P: Into<Param>> Mul<P> for &Param {
    type Output = Param;
    fn mul(self, other: P) -> Param {
        self.clone() * other
    }
}
impl<P: Into<Param>> Div<P> for Param {
    type Output = Param;
    fn div(self, other: P) -> Param {
        let other = other.into();
        Param {
            values: self.values.zip(&other.values, |a, b| a / b),
            dimension: self.dimension.per(other.dimension),
        }
    }
}
impl<P: Into<Param>> Div<P> for &Param {
    type Output = Param;
    fn div(self, other: P) -> Param {
        self.clone() / other
    }
}

/// A variable: a handle to its block, with its dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Var {
    pub(crate) id: VariableId,
    pub(crate) dimension: Dimension,
}

impl Var {
    /// The variable one step earlier; before the first step what `before` says.
    pub fn earlier(self, before: Before) -> Expr {
        self.back(1, before)
    }

    /// The variable a number of steps earlier.
    pub fn back(self, steps: u32, before: Before) -> Expr {
        let term =
            Term { variable: self.id, coefficient: Values::Constant(1.0), back: steps, before };
        Expr {
            terms: vec![term],
            constant: Values::Constant(0.0),
            dimension: self.dimension,
            mixed: None,
        }
    }
}

/// A sum of variables times known values, plus a known value.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub(crate) terms: Vec<Term>,
    pub(crate) constant: Values,
    pub(crate) dimension: Dimension,
    /// Two unlike dimensions that were added, if any were.
    pub(crate) mixed: Option<(Dimension, Dimension)>,
}

impl Expr {
    /// Nothing, of a dimension.
    pub fn zero(dimension: Dimension) -> Self {
        Expr { terms: Vec::new(), constant: Values::Constant(0.0), dimension, mixed: None }
    }

    fn plus(mut self, other: Expr) -> Expr {
        if self.dimension != other.dimension && self.mixed.is_none() {
            self.mixed = Some((self.dimension, other.dimension));
        }
        self.mixed = self.mixed.or(other.mixed);
        self.constant = self.constant.zip(&other.constant, |a, b| a + b);
        for term in other.terms {
            let same = self.terms.iter_mut().find(|t| {
                t.variable == term.variable && t.back == term.back && t.before == term.before
            });
            match same {
                Some(same) => {
                    same.coefficient = same.coefficient.zip(&term.coefficient, |a, b| a + b);
                }
                None => self.terms.push(term),
            }
        }
        self
    }

    fn times(mut self, param: &Param) -> Expr {
        for term in &mut self.terms {
            term.coefficient = term.coefficient.zip(&param.values, |a, b| a * b);
        }
        self.constant = self.constant.zip(&param.values, |a, b| a * b);
        self.dimension = self.dimension.times(param.dimension);
        self
    }
}

impl From<Var> for Expr {
    fn from(var: Var) -> Self {
        var.back(0, Before::Nothing)
    }
}
impl From<Param> for Expr {
    fn from(param: Param) -> Self {
        Expr { terms: Vec::new(), constant: param.values, dimension: param.dimension, mixed: None }
    }
}
impl From<&Param> for Expr {
    fn from(param: &Param) -> Self {
        param.clone().into()
    }
}
impl From<&Expr> for Expr {
    fn from(expr: &Expr) -> Self {
        expr.clone()
    }
}
impl<M: Measure> From<Quantity<M>> for Expr {
    fn from(quantity: Quantity<M>) -> Self {
        Param::from(quantity).into()
    }
}

macro_rules! arithmetic {
    ($($left:ty),*) => {$(
        impl<R: Into<Expr>> Add<R> for $left {
            type Output = Expr;
            fn add(self, right: R) -> Expr {
                Expr::from(self).plus(right.into())
            }
        }
        impl<R: Into<Expr>> Sub<R> for $left {
            type Output = Expr;
            fn sub(self, right: R) -> Expr {
                Expr::from(self).plus(-right.into())
            }
        }
    )*};
}
arithmetic!(Expr, &Expr, Var, Param, &Param);

macro_rules! scaling {
    ($($left:ty),*) => {$(
        impl<P: Into<Param>> Mul<P> for $left {
            type Output = Expr;
            fn mul(self, right: P) -> Expr {
                Expr::from(self).times(&right.into())
            }
        }
        impl<P: Into<Param>> Div<P> for $left {
            type Output = Expr;
            fn div(self, right: P) -> Expr {
                Expr::from(self).times(&(Param::from(1.0) / right))
            }
        }
        impl Neg for $left {
            type Output = Expr;
            fn neg(self) -> Expr {
                Expr::from(self).times(&Param::from(-1.0))
            }
        }
    )*};
}
scaling!(Expr, &Expr, Var);

impl std::iter::Sum for Expr {
    /// An empty sum is a number; name the dimension with [`Expr::zero`] where it may be empty.
    fn sum<I: Iterator<Item = Expr>>(mut iter: I) -> Expr {
        let first = iter.next().unwrap_or_else(|| Expr::zero(NUMBER));
        iter.fold(first, Expr::plus)
    }
}
