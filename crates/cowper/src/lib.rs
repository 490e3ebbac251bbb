//! Cowper: the joint smart-energy system of a steelworks and a power company.
//!
//! A [`site`] is read by [`input`], written as equations by [`compile`](mod@compile), solved by
//! [`solver`] and read back as a [`schedule`]. This crate thinks only: no files, clocks or printing.
//! A module uses only modules above it in the list below.
#![warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

pub mod diagnostic;
pub mod units;
pub mod game;
pub mod field;
pub mod time;
pub mod series;
pub mod network;
pub mod state;
pub mod problem;
pub mod expression;
pub mod model;
pub mod patterns;
pub mod component;
pub mod components;
pub mod contract;
pub mod contracts;
pub mod site;
pub mod input;
pub mod compile;
pub mod explain;
pub mod solver;
pub mod schedule;
pub mod accounts;
pub mod causes;
pub mod contradiction;
pub mod cooperation;
pub mod state_at_end;
pub mod reference;
pub mod settlement;
pub mod records;

#[cfg(test)]
pub(crate) mod testing;
