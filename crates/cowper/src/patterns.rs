//! Behaviours that any kind can use: running or not, ramps, levels, curves, weather, mixtures.

pub mod operation;
pub mod level;
pub mod curve;
pub mod mixture;
pub mod weather;
