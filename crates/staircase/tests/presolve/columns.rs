//! Columns that go: those an equation keeps, those another does the work of, those that do not pay.

use staircase::presolve::Reduction::{
    DominatedColumns, DuplicateColumns, FreeColumnSingletons, SlackColumns,
};
use staircase::{Before, Extent};

use crate::NONE;
use crate::judge::{check, costs, times};
use crate::made::{Built, series};

/// Proves: a column that its only equation keeps within its bounds goes with the equation, and what
/// it costs is charged to the others there, at the stage they are reached.
/// Sensitivity: x = (8 − y(t) − y(t−1)) / 2 lies within 0 and 4 for y from 0 to 4, and costs 4. So y
/// costs 3 − 2 − 2 = −1 on a ring and is 4: 36 for y and 0 for x in three stages. Charged once, y
/// would cost 1, and be 0: 48.
#[test]
fn a_column_that_its_equation_keeps_goes() {
    let mut m = Built::stages(3);
    let x = m.column(0.0, 4.0, 4.0);
    let y = m.column(0.0, 4.0, 3.0);
    m.row(8.0, 8.0, Extent::Stage).term(x, 2.0).term(y, 1.0).earlier(y, 1.0, 1, Before::Wrap);
    let presolved = check(&m.model, &[FreeColumnSingletons]);
    assert_eq!(times(&presolved, FreeColumnSingletons), 1);
    assert_eq!((presolved.model.columns.len(), presolved.model.rows.len()), (1, 0));
    costs(&m.model, &presolved, 36.0);
}

/// Proves: a column that its equation lets pass a bound stays, as does one whose coefficient is
/// small beside the others.
/// Sensitivity: with y up to 5, x may be asked to be −0.5.
#[test]
fn a_column_that_its_equation_does_not_keep_stays() {
    let mut m = Built::stages(3);
    let x = m.column(0.0, 4.0, 4.0);
    let y = m.column(0.0, 5.0, 3.0);
    m.row(8.0, 8.0, Extent::Stage).term(x, 2.0).term(y, 1.0).earlier(y, 1.0, 1, Before::Wrap);
    let free = m.column(-NONE, NONE, 1.0);
    m.row(8.0, 8.0, Extent::Stage).term(free, 1e-4).term(y, 1.0);
    assert_eq!(times(&check(&m.model, &[FreeColumnSingletons]), FreeColumnSingletons), 0);
}

/// Proves: where the equation begins later, the column is free before and stands where it costs
/// least; and columns of a span's sum go by their equation, too.
/// Sensitivity: x(0) is in no row and falls to −5; without that, 5 are missing. The sum is free and
/// earns 1 a unit of y.
#[test]
fn equations_may_begin_later_or_sum() {
    let mut m = Built::stages(3);
    let all = m.spans(&[0, 0, 0]);
    let x = m.column(-5.0, 50.0, 1.0);
    let y = m.column(1.0, 4.0, 0.5);
    m.row(10.0, 10.0, Extent::Stage).term(x, 1.0).earlier(y, 1.0, 1, Before::Nothing);
    let sum = m.column_of(Extent::Span(all), -NONE, NONE, -1.0);
    m.row(0.0, 0.0, Extent::Span(all)).term(sum, 1.0).term(y, -1.0);
    let presolved = check(&m.model, &[FreeColumnSingletons]);
    assert_eq!(times(&presolved, FreeColumnSingletons), 2);
    assert_eq!(presolved.model.columns.len(), 1);
    // y 4, as each unit earns; x −5, 6, 6; 0.5·12 for y, and 12 earned.
    costs(&m.model, &presolved, 7.0 + 6.0 - 12.0);
}

/// Proves: columns that do the same for the same price are one, also where one does a multiple and
/// the other way round; and each gets a value within its own bounds back.
/// Sensitivity: a, 2·b and −c together are at most 3 + 2·2 + 1 = 8 of the 10 asked for. The rest is
/// bought for 9 a unit: 5·8 + 18 a stage. A bound not multiplied would leave 6, and 16 more to pay.
#[test]
fn columns_that_do_the_same_are_one() {
    let mut m = Built::stages(3);
    let a = m.column(0.0, 3.0, 5.0);
    let b = m.column(0.0, 2.0, 10.0);
    let c = m.column(-1.0, 2.0, -5.0);
    let bought = m.column(0.0, NONE, 9.0);
    m.row(10.0, 10.0, Extent::Stage).term(a, 1.0).term(b, 2.0).term(c, -1.0).term(bought, 1.0);
    m.row(-NONE, 9.0, Extent::Stage)
        .earlier(a, 1.0, 1, Before::Wrap)
        .earlier(b, 2.0, 1, Before::Wrap)
        .earlier(c, -1.0, 1, Before::Wrap);
    let presolved = check(&m.model, &[DuplicateColumns]);
    assert_eq!(times(&presolved, DuplicateColumns), 2);
    assert_eq!(presolved.model.columns.len(), 2);
    costs(&m.model, &presolved, 3.0 * (40.0 + 18.0));
}

/// Proves: of two that do the same, the dear one rests where the cheap one has no end, in the
/// direction in which it has none.
/// Sensitivity: the second gives twice for 9, which is dearer than 4 a unit; the third takes for 3,
/// which the first cannot do without end, and stays.
#[test]
fn the_dear_one_rests() {
    let mut m = Built::stages(3);
    let cheap = m.column(0.0, NONE, 4.0);
    let dear = m.column(1.0, 8.0, 9.0);
    let back = m.column(0.0, 8.0, -3.0);
    m.row(10.0, 10.0, Extent::Stage).term(cheap, 1.0).term(dear, 2.0).term(back, -1.0);
    let presolved = check(&m.model, &[DuplicateColumns]);
    assert_eq!(times(&presolved, DuplicateColumns), 1);
    assert_eq!(presolved.model.columns.len(), 2);
    costs(&m.model, &presolved, 3.0 * (9.0 + 8.0 * 4.0));
}

/// Proves: a column that costs and helps no row rests at its lower bound, one that earns at its
/// upper; and one that is dearer than the shortage it would fill rests, too.
/// Sensitivity: shortage costs 50 a unit, so that power is worth 50 at most; the turbine makes 0.5 a
/// unit of fuel at 30, 60 a unit of power. A fuel at 20 pays and must stay.
#[test]
fn columns_that_never_pay_rest() {
    let mut m = Built::stages(3);
    let shortage = m.column(0.0, NONE, 50.0);
    let dear = m.column(1.0, 8.0, 30.0);
    let cheap = m.column(0.0, 8.0, 20.0);
    let waste = m.column(2.0, NONE, series(&[0.0, 1.0, 2.0]));
    let sold = m.column(0.0, 6.0, -1.0);
    m.row(10.0, 10.0, Extent::Stage).term(shortage, 1.0).term(dear, 0.5).term(cheap, 0.5);
    m.row(-NONE, 20.0, Extent::Stage).term(waste, 1.0).term(dear, 1.0).earlier(
        waste,
        1.0,
        1,
        Before::Nothing,
    );
    m.row(1.0, NONE, Extent::Stage).term(sold, 1.0).term(cheap, 1.0);
    let presolved = check(&m.model, &[DominatedColumns]);
    assert_eq!(times(&presolved, DominatedColumns), 3);
    assert_eq!(presolved.model.columns.len(), 2);
    // Dear 1, cheap 8, short 5.5, waste 2, sold 6.
    costs(&m.model, &presolved, 3.0 * (30.0 + 160.0 + 275.0 - 6.0) + 6.0);
}

/// Proves: a column without cost in one inequality makes it wider, and takes what the row has no
/// room for.
/// Sensitivity: 10 asked for, of which up to 2 · 1.5 come from the column: 7 · 3 stages bought.
#[test]
fn a_column_without_cost_makes_a_row_wider() {
    let mut m = Built::stages(3);
    let free = m.column(0.0, 1.5, 0.0);
    let bought = m.column(0.0, NONE, 1.0);
    m.row(10.0, 11.0, Extent::Stage).term(free, 2.0).term(bought, 1.0);
    let presolved = check(&m.model, &[SlackColumns]);
    assert_eq!(times(&presolved, SlackColumns), 1);
    assert_eq!(presolved.model.columns.len(), 1);
    costs(&m.model, &presolved, 21.0);
}
