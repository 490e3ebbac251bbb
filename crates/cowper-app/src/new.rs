//! Sites to start from.

use crate::Failure;
use crate::cli::Example;

/// Writes an example.
pub fn new(_example: &Example) -> Result<(), Failure> {
    Err(Failure::no_result("not yet"))
}
