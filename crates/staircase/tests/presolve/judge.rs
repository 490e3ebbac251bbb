//! Whether a smaller model and the way back from it keep the optimum.

use staircase::presolve::{Presolved, Reduction, presolve};
use staircase::{Model, Point};

use crate::common::check::measure;
use crate::common::highs::{Status, solve};

/// What HiGHS' own tolerance leaves.
const TOLERANCE: f64 = 1e-9;

/// Makes a model smaller, solves both, and compares them and the point that is brought back.
pub fn check(model: &Model, which: &[Reduction]) -> Presolved {
    try_check(model, which).unwrap_or_else(|why| panic!("{why}"))
}

/// The same, saying what is wrong.
pub fn try_check(model: &Model, which: &[Reduction]) -> Result<Presolved, String> {
    let whole = solve(model);
    let Some(presolved) = presolve(model, which) else {
        return Err(format!("{which:?}: no smaller model, but HiGHS says {:?}", whole.status));
    };
    let smaller = solve(&presolved.model);
    if (whole.status, smaller.status) != (Status::Optimal, Status::Optimal) {
        return Err(format!("{which:?}: {:?}, made smaller {:?}", whole.status, smaller.status));
    }
    let objective = smaller.objective + presolved.offset;
    let close = |a: f64, b: f64| (a - b).abs() <= TOLERANCE * (1.0 + b.abs());
    if !close(objective, whole.objective) {
        return Err(format!("{which:?}: {objective} made smaller, not {}", whole.objective));
    }
    let smaller = smaller.point.expect("optimal");
    let own = measure(&presolved.model, &smaller);
    let point = presolved.restore(model, smaller.clone());
    let measures = measure(model, &point);
    for (what, value, own) in [
        ("primal", measures.primal, own.primal),
        ("dual", measures.dual, own.dual),
        ("gap", measures.gap, own.gap),
    ] {
        if value > TOLERANCE + 10.0 * own {
            return Err(format!("{which:?}: {what} off by {value:e}, made smaller by {own:e}"));
        }
    }
    if !close(measures.objective, whole.objective) {
        let restored = measures.objective;
        return Err(format!("{which:?}: {restored} brought back, not {}", whole.objective));
    }
    there_and_back(&presolved, &point, &smaller)?;
    Ok(presolved)
}

/// The same for a model that may have no optimum: then a smaller one must not seem to have one.
pub fn try_any(model: &Model, which: &[Reduction]) -> Result<(), String> {
    let status = solve(model).status;
    if status == Status::Optimal {
        return try_check(model, which).map(|_| ());
    }
    let Some(presolved) = presolve(model, which) else {
        return Ok(());
    };
    let smaller = solve(&presolved.model);
    let Some(point) = smaller.point.filter(|_| smaller.status == Status::Optimal) else {
        return Ok(());
    };
    let measures = measure(model, &presolved.restore(model, point));
    if measures.primal.max(measures.dual).max(measures.gap) < 1e-7 {
        return Err(format!("{which:?}: {status:?}, but brought back as an optimum"));
    }
    Ok(())
}

/// A point brought back and made smaller again, as a guess is, has the values and the duals of rows it had.
fn there_and_back(presolved: &Presolved, point: &Point, smaller: &Point) -> Result<(), String> {
    let again = presolved.reduce(point);
    for (what, now, then) in [
        ("columns", &again.columns, &smaller.columns),
        ("row duals", &again.row_duals, &smaller.row_duals),
    ] {
        if now.len() != then.len() || now.iter().zip(then).any(|(a, b)| a.len() != b.len()) {
            return Err(format!("{what} have other lengths when made smaller again"));
        }
        for (block, (now, then)) in now.iter().zip(then).enumerate() {
            for (place, (a, b)) in now.iter().zip(then).enumerate() {
                if (a - b).abs() > 1e-6 * (1.0 + b.abs()) {
                    return Err(format!("{what} {block} at {place}: {b}, then {a}"));
                }
            }
        }
    }
    Ok(())
}

/// What the original costs by the smaller model, to be compared with what is known.
pub fn costs(model: &Model, presolved: &Presolved, known: f64) {
    let smaller = solve(&presolved.model).point.expect("optimal");
    let objective = measure(model, &presolved.restore(model, smaller)).objective;
    assert!(
        (objective - known).abs() <= TOLERANCE * (1.0 + known.abs()),
        "{objective}, not {known}"
    );
}

/// How many blocks a reduction was applied to.
pub fn times(presolved: &Presolved, reduction: Reduction) -> usize {
    presolved.applied.iter().find(|(which, _)| *which == reduction).map_or(0, |(_, times)| *times)
}

/// That a model is left to the method.
pub fn fails(model: &Model, which: &[Reduction]) {
    assert!(presolve(model, which).is_none());
}
