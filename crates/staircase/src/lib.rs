//! Linear programs that repeat in time.
pub mod model;
pub mod solution;

pub use model::{Before, Column, Extent, Model, Point, Row, Spans, Term, Values};
pub use solution::{Certificate, Measures, Options, Progress, Solution, Status};
