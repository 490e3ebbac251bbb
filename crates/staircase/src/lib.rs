//! Linear programs that repeat in time.
mod group;
mod joint;
mod lanes;
mod scale;
mod staged;
mod measure;
mod method;
pub mod model;
mod pattern;
mod proof;
pub mod solution;
#[doc(hidden)]
pub mod presolve;
mod solve;

pub use model::{Before, Column, Extent, Model, Point, Row, Spans, Term, Values};
pub use solution::{Certificate, Measures, Options, Progress, Solution, Status};
pub use solve::solve;
