//! Is a solution right? Decided by evidence: measures and proofs first, HiGHS's word second.

use staircase::{Certificate, Measures, Model, Options, Point, Solution, Status};

use super::highs::Verdict;
use super::random::{Case, Known};
use super::{check, highs};

/// How close two objectives are that are the same, relative to 1 + their size.
pub const SAME: f64 = 1e-7;

/// How a solution came out right.
#[derive(Debug, Clone, PartialEq)]
pub enum Agreement {
    /// HiGHS says the same.
    Same,
    /// HiGHS says something else, but shows no evidence, where the solution does.
    Against(String),
}

/// Holds a solution against the checker, HiGHS and what is known of the problem.
pub fn judge(case: &Case, options: &Options, solution: &Solution) -> Result<Agreement, String> {
    match solution.status {
        Status::Optimal => optimum(case, options, solution),
        Status::Infeasible => infeasible(case, solution),
        Status::Unbounded => unbounded(case, solution),
        status => {
            let found = solution.point.as_ref().filter(|point| shaped(&case.model, point).is_ok());
            let found = found.map(|point| shown(&check::measure(&case.model, point)));
            Err(format!(
                "{status:?} after {} iterations, with {}; known: {:?}{}",
                solution.iterations,
                found.unwrap_or("nothing".into()),
                case.known,
                solution.reason.as_ref().map_or(String::new(), |reason| format!("; {reason}")),
            ))
        }
    }
}

/// The point of an optimum with its measures, if they are what the solution says and small enough.
pub fn measured<'a>(
    model: &Model,
    options: &Options,
    solution: &'a Solution,
) -> Result<(&'a Point, Measures), String> {
    let point = solution.point.as_ref().ok_or("no point")?;
    shaped(model, point)?;
    let found = check::measure(model, point);
    let claimed =
        solution.measures.ok_or_else(|| format!("no measures; measured {}", shown(&found)))?;
    // A hair, for sums in another order.
    let most = options.tolerance * 1.001 + 1e-13;
    let rounding = check::rounding(model, point);
    if !(found.primal <= most && found.dual <= most && found.gap <= most + rounding) {
        return Err(format!("measured {}, claimed {}", shown(&found), shown(&claimed)));
    }
    let far = options.tolerance * 0.1 + rounding;
    let close = |a: f64, b: f64, size: f64| (a - b).abs() <= far * size;
    let same = close(claimed.primal, found.primal, 1.0)
        && close(claimed.dual, found.dual, 1.0)
        && close(claimed.gap, found.gap, 1.0)
        && close(claimed.objective, found.objective, 1.0 + found.objective.abs())
        && close(claimed.dual_objective, found.dual_objective, 1.0 + found.objective.abs());
    if !same {
        return Err(format!("claimed {}, measured {}", shown(&claimed), shown(&found)));
    }
    Ok((point, found))
}

pub fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME * (1.0 + a.abs().min(b.abs()))
}

fn optimum(case: &Case, options: &Options, solution: &Solution) -> Result<Agreement, String> {
    let (_, found) = measured(&case.model, options, solution)?;
    match case.known {
        Known::Optimal(Some(objective)) if !same(objective, found.objective) => {
            return Err(format!("{} is not the known {objective}", found.objective));
        }
        Known::Infeasible | Known::Unbounded => {
            return Err(format!("optimal, but known: {:?}; {}", case.known, shown(&found)));
        }
        _ => {}
    }
    let verdict = highs::solve(&case.model);
    match verdict.status {
        highs::Status::Optimal if same(verdict.objective, found.objective) => Ok(Agreement::Same),
        highs::Status::Optimal => {
            let theirs = of_highs(&case.model, &verdict);
            let both = format!("{}; HiGHS {}", shown(&found), shown(&theirs));
            if theirs.primal.max(theirs.dual).max(theirs.gap) <= options.tolerance {
                Err(format!("{} is not {}: {both}", found.objective, verdict.objective))
            } else {
                Ok(Agreement::Against(both))
            }
        }
        highs::Status::Infeasible => without(
            &format!("optimal, {}; HiGHS: infeasible", shown(&found)),
            &case.model,
            highs::contradiction(&case.model),
        ),
        highs::Status::Unbounded => without(
            &format!("optimal, {}; HiGHS: unbounded", shown(&found)),
            &case.model,
            highs::ray(&case.model),
        ),
        highs::Status::Other(code) => Ok(Agreement::Against(format!("HiGHS gives up: {code}"))),
    }
}

/// Right as long as the other side's proof is not one.
fn without(what: &str, model: &Model, proof: Option<Certificate>) -> Result<Agreement, String> {
    match proof.map(|proof| check::certificate(model, &proof)) {
        Some(Ok(())) => Err(format!("{what}, with a proof")),
        Some(Err(why)) => {
            Ok(Agreement::Against(format!("{what}, with a proof that is none: {why}")))
        }
        None => Ok(Agreement::Against(format!("{what}, without a proof"))),
    }
}

fn infeasible(case: &Case, solution: &Solution) -> Result<Agreement, String> {
    proven(case, solution)?;
    let verdict = highs::solve(&case.model);
    let claim = format!("infeasible, with a proof; HiGHS: {:?}", verdict.status);
    match (verdict.status, case.known) {
        (highs::Status::Infeasible, _) => Ok(Agreement::Same),
        (_, Known::Optimal(_) | Known::Unbounded) => Err(format!("{claim}; {:?}", case.known)),
        (highs::Status::Optimal, _) => {
            let theirs = of_highs(&case.model, &verdict);
            if theirs.primal <= 1e-9 {
                Err(format!("{claim}, {}", shown(&theirs)))
            } else {
                Ok(Agreement::Against(format!("{claim}, {}", shown(&theirs))))
            }
        }
        (highs::Status::Unbounded | highs::Status::Other(_), _) => Ok(Agreement::Against(claim)),
    }
}

fn unbounded(case: &Case, solution: &Solution) -> Result<Agreement, String> {
    proven(case, solution)?;
    let verdict = highs::solve(&case.model);
    let claim = format!("unbounded, with a ray; HiGHS: {:?}", verdict.status);
    match (verdict.status, case.known) {
        (highs::Status::Unbounded, _) => Ok(Agreement::Same),
        (_, Known::Optimal(_)) => Err(format!("{claim}; {:?}", case.known)),
        (highs::Status::Optimal, _) => {
            let theirs = of_highs(&case.model, &verdict);
            if theirs.dual <= 1e-9 {
                Err(format!("{claim}, {}", shown(&theirs)))
            } else {
                Ok(Agreement::Against(format!("{claim}, {}", shown(&theirs))))
            }
        }
        // Both are true: there is no point, and were there one, no best one.
        (highs::Status::Infeasible | highs::Status::Other(_), _) => Ok(Agreement::Against(claim)),
    }
}

/// Whether the solution's proof is of what it says, and is one.
fn proven(case: &Case, solution: &Solution) -> Result<(), String> {
    let status = solution.status;
    let proof =
        solution.certificate.as_ref().ok_or_else(|| format!("{status:?} without a proof"))?;
    let (fits, point) = match proof {
        Certificate::Infeasible(point) => (status == Status::Infeasible, point),
        Certificate::Unbounded(point) => (status == Status::Unbounded, point),
        Certificate::CrossedColumn { .. } | Certificate::CrossedRow { .. } => {
            return check::certificate(&case.model, proof);
        }
    };
    if !fits {
        return Err(format!("{status:?} with the other proof"));
    }
    shaped_proof(&case.model, point, status)?;
    check::certificate(&case.model, proof)
        .map_err(|why| format!("{status:?}, but {why}; known: {:?}", case.known))
}

/// Whether there is a value a place.
fn shaped(model: &Model, point: &Point) -> Result<(), String> {
    let columns: Vec<usize> = model.columns.iter().map(|c| model.count(c.extent)).collect();
    let rows: Vec<usize> = model.rows.iter().map(|r| model.count(r.extent)).collect();
    let counts = |blocks: &[Vec<f64>]| blocks.iter().map(Vec::len).collect::<Vec<_>>();
    if counts(&point.columns) != columns {
        return Err("the values do not have the shape of the columns".into());
    }
    if counts(&point.row_duals) != rows {
        return Err("the duals do not have the shape of the rows".into());
    }
    if counts(&point.reduced_costs) != columns {
        return Err("the reduced costs do not have the shape of the columns".into());
    }
    Ok(())
}

/// The same for a proof, which has only half of a point.
fn shaped_proof(model: &Model, proof: &Point, status: Status) -> Result<(), String> {
    let mut whole = proof.clone();
    let zeros = |blocks: Vec<usize>| blocks.into_iter().map(|n| vec![0.0; n]).collect();
    if status == Status::Infeasible {
        whole.columns = zeros(model.columns.iter().map(|c| model.count(c.extent)).collect());
    } else {
        whole.row_duals = zeros(model.rows.iter().map(|r| model.count(r.extent)).collect());
        whole.reduced_costs = zeros(model.columns.iter().map(|c| model.count(c.extent)).collect());
    }
    shaped(model, &whole)
}

fn of_highs(model: &Model, verdict: &Verdict) -> Measures {
    check::measure(model, verdict.point.as_ref().expect("an optimum has a point"))
}

fn shown(m: &Measures) -> String {
    format!(
        "primal {:.1e}, dual {:.1e}, gap {:.1e}, objective {}, proven {}",
        m.primal, m.dual, m.gap, m.objective, m.dual_objective
    )
}
