//! Rows that go, or become equations.

use staircase::presolve::Reduction::{BindingRows, DuplicateRows, RedundantRows};
use staircase::{Before, Extent};

use crate::NONE;
use crate::judge::{check, costs, times};
use crate::made::{Built, series};

/// Proves: an inequality that is met at every optimum is an equation: level that costs nothing to
/// keep is bought as late as the demand asks for.
/// Sensitivity: heat may be let go, given ≥ 6 − x; with the price of x above 0 it never pays to.
#[test]
fn rows_that_are_always_met_are_equations() {
    let mut m = Built::stages(3);
    let given = m.column(-NONE, NONE, 2.0);
    let other = m.column(0.0, 4.0, 1.0);
    m.row(6.0, NONE, Extent::Stage).term(given, 1.0).term(other, 1.0);
    m.row(-NONE, 3.0, Extent::Stage).term(other, 1.0).earlier(other, 0.5, 1, Before::Wrap);
    let presolved = check(&m.model, &[BindingRows]);
    assert_eq!(times(&presolved, BindingRows), 1);
    assert_eq!(presolved.model.rows[0].upper.at(0), 6.0);
    costs(&m.model, &presolved, 3.0 * (4.0 * 2.0 + 2.0));
}

/// Proves: rows that say the same become one with the tighter bounds, turned round below 0, and the
/// dual goes to the row whose bound it was.
/// Sensitivity: x + 2y ≥ 3, and −2x − 4y ≤ −8 in the second stage: 3, 4, 3 at 1 a unit of x.
#[test]
fn rows_that_say_the_same_are_one() {
    let mut m = Built::stages(3);
    let x = m.column(0.0, NONE, 1.0);
    let y = m.column(0.0, NONE, 3.0);
    m.row(3.0, 9.0, Extent::Stage).term(x, 1.0).term(y, 2.0);
    let above = series(&[-2.0, -8.0, -4.0]);
    m.row(-30.0, above, Extent::Stage).term(y, -4.0).term(x, -2.0);
    // Another stage before is another row.
    m.row(0.0, NONE, Extent::Stage).earlier(y, 2.0, 1, Before::Wrap).term(x, 1.0);
    let presolved = check(&m.model, &[DuplicateRows]);
    assert_eq!(times(&presolved, DuplicateRows), 1);
    costs(&m.model, &presolved, 10.0);
}

/// Proves: a bound of a row that the columns cannot pass goes, and a row without any goes, too.
/// Sensitivity: 2 and 3 together are at most 5, so that 5 says nothing, and 4.9 does: 2 + 2.9 a
/// stage earned.
#[test]
fn bounds_that_columns_keep_go() {
    let mut m = Built::stages(3);
    let x = m.column(0.0, 2.0, -1.0);
    let y = m.column(0.0, series(&[3.0, 2.0, 3.0]), -1.0);
    m.row(0.0, 5.0, Extent::Stage).term(x, 1.0).earlier(y, 1.0, 1, Before::Wrap);
    m.row(0.0, 4.9, Extent::Stage).term(x, 1.0).term(y, 1.0);
    let presolved = check(&m.model, &[RedundantRows]);
    assert_eq!(times(&presolved, RedundantRows), 2);
    assert_eq!(presolved.model.rows.len(), 1);
    assert_eq!(presolved.model.rows[0].lower.at(0), -NONE);
    costs(&m.model, &presolved, -4.9 - 4.0 - 4.9);
}
