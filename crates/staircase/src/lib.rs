//! Linear programs that repeat in time.
pub mod model;
pub mod solution;
#[doc(hidden)]
pub mod presolve;

pub use model::{Before, Column, Extent, Model, Point, Row, Spans, Term, Values};
pub use solution::{Certificate, Measures, Options, Progress, Solution, Status};
