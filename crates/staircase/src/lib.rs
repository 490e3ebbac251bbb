//! Linear programs that repeat in time.
mod group;
mod joint;
mod lanes;
mod scale;
mod staged;
mod method;
pub mod model;
mod pattern;
pub mod solution;

pub use model::{Before, Column, Extent, Model, Point, Row, Spans, Term, Values};
pub use solution::{Certificate, Measures, Options, Progress, Solution, Status};

/// Solves a model. (In the making.)
pub fn solve(
    model: &Model,
    options: &Options,
    _start: Option<&Point>,
    watch: &mut dyn FnMut(&Progress) -> std::ops::ControlFlow<()>,
) -> Solution {
    let mut method = match method::Method::new(model) {
        Ok(method) => method,
        Err(reason) => {
            return Solution {
                status: Status::Unsuited,
                point: None,
                measures: None,
                certificate: None,
                iterations: 0,
                reason: Some(reason),
            };
        }
    };
    let end = method.solve(options, options.tolerance, std::time::Instant::now(), watch);
    let status = match end {
        method::End::Converged => Status::Optimal,
        _ => Status::Numerical,
    };
    Solution {
        status,
        point: Some(method.point(model)),
        measures: None,
        certificate: None,
        iterations: method.iterations,
        reason: None,
    }
}
