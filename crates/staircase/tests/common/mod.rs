//! What the tests judge by: another solver, and a checker of points and proofs that trusts none.
//!
//! Each test file uses a part of this.
#![allow(dead_code)]

pub mod check;
pub mod highs;
pub mod matrix;
