//! What the tests judge by: another solver, a checker of points and proofs that trusts none, and
//! random problems.
//!
//! Each test file uses a part of this.
#![allow(dead_code)]

pub mod check;
pub mod draw;
pub mod highs;
pub mod judge;
pub mod matrix;
pub mod random;
pub mod write;
