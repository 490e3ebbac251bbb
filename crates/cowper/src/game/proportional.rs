//! The gain in proportion to what each is worth alone, or to contributions that are agreed on.

use super::gains::Gains;
use super::{Game, Split, Undefined};

/// x_i = v(i) + c_i / Σ c · (v(N) − Σ v(j)), with c_i = |v(i)| without contributions.
///
/// Where all are worth something alone that is x_i = v(i) / Σ v(j) · v(N); where all only cost
/// something, costs fall by the same percentage. It is not defined where some earn and some cost
/// (adding the two up means nothing), nor where nobody is worth anything alone; contributions, nought
/// or more, help there. It is seldom stable, and asks nothing about who is needed.
pub fn proportional(game: &Game, contributions: Option<&[f64]>) -> Result<Split, Undefined> {
    let gains = Gains::of(game);
    let alone = game.alone();
    let by = match contributions {
        Some(given) => parts_of(given, gains.players, "contributions")?,
        None if gains.whole() == 0.0 => vec![0.0; gains.players],
        None if alone.iter().all(|worth| *worth == 0.0) => {
            return Err(Undefined("nobody is worth anything alone; give contributions".into()));
        }
        None if alone.iter().any(|w| *w > 0.0) && alone.iter().any(|w| *w < 0.0) => {
            let text =
                "alone some earn and others cost, which has no proportion; give contributions";
            return Err(Undefined(text.into()));
        }
        None => {
            let sizes: Vec<f64> = alone.iter().map(|worth| worth.abs()).collect();
            parts_of(&sizes, gains.players, "worths alone")?
        }
    };
    let parts: Vec<f64> = by.iter().map(|part| part * gains.whole()).collect();
    Ok(Split::of(gains.shares(&parts)))
}

/// Numbers of nought or more as parts of their sum.
pub(super) fn parts_of(given: &[f64], players: usize, what: &str) -> Result<Vec<f64>, Undefined> {
    if given.len() != players {
        return Err(Undefined(format!("{} {what} for {players} players", given.len())));
    }
    let greatest = given.iter().fold(0.0_f64, |most, x| most.max(*x));
    if given.iter().any(|x| !x.is_finite() || *x < 0.0) || greatest == 0.0 {
        return Err(Undefined(format!("{what} are numbers of nought or more, one above nought")));
    }
    let relative: Vec<f64> = given.iter().map(|x| x / greatest).collect();
    let sum: f64 = relative.iter().sum();
    Ok(relative.iter().map(|x| x / sum).collect())
}
