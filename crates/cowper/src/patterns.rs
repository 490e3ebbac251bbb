//! Behaviours that any kind can use: running or not, ramps, levels, curves, weather.

pub mod curve;
pub mod level;
pub mod operation;
pub mod weather;
