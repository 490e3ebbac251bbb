//! Behaviours that any kind can use: running or not, ramps, levels, curves.

pub mod curve;
pub mod level;
pub mod operation;
