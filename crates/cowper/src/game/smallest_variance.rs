//! The most even shares within the core or the least core.
//!
//! "Fair least core": Fioriti, Bigi, Frangioni, Passacantando, Poli, IEEE Transactions on Energy
//! Markets, Policy and Regulation 3 (2025), doi 10.1109/TEMPR.2024.3495237.

use super::gains::Gains;
use super::least_core::{Settled, failed, least_core};
use super::linear::Row;
use super::nearest::nearest;
use super::{Game, Split, Undefined};

/// Among which shares the most even ones are sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// Those that no coalition would leave.
    Core,
    /// Those with the greatest least surplus, be the core empty or not.
    LeastCore,
}

/// What is to be even.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// What each has beyond what it has alone: min Σ (x_i − v(i) − mean gain)².
    Gains,
    /// The shares themselves, as in the source, whose players have nought alone: min Σ (x_i − mean)².
    Shares,
}

/// The shares within the core or the least core whose gains, or which themselves, have the smallest
/// variance.
///
/// There is one. Of gains it does not change when a player earns more alone and together alike; of
/// shares it does, and takes from who is big. Both are the same where nobody is worth anything alone.
/// It favours equality, as the core allows. Not defined within an empty core.
pub fn smallest_variance(game: &Game, within: Within, of: Of) -> Result<Split, Undefined> {
    let gains = Gains::of(game);
    let mean = match of {
        Of::Gains => gains.whole() / gains.players as f64,
        Of::Shares => game.whole() / gains.players as f64,
    };
    let target = |player: usize| match of {
        Of::Gains => mean,
        Of::Shares => gains.part(player, mean),
    };
    let target: Vec<f64> = (0..gains.players).map(target).collect();
    let rows = rows(game, &gains, within)?;
    let parts = nearest(&target, &rows).map_err(|why| failed("the smallest variance", why))?;
    Ok(Split::of(gains.shares(&parts)))
}

/// The limits of the core or the least core.
fn rows(game: &Game, gains: &Gains, within: Within) -> Result<Vec<Row>, Undefined> {
    let found = least_core(gains).map_err(|why| failed("the least core", why))?;
    let Some((most, settled)) = found else { return Ok(Settled::whole(gains).rows) };
    let (surplus, mut rows) = match within {
        Within::LeastCore => (most, settled.rows),
        Within::Core if most * gains.scale < -game.tolerance() => {
            return Err(Undefined("the core is empty".into()));
        }
        Within::Core => (most.min(0.0), Settled::whole(gains).rows),
    };
    let limit = |part| {
        Row::at_least(super::Coalition::indicator(part, gains.players), gains.at(part) + surplus)
    };
    rows.extend(gains.parts().into_iter().map(limit));
    Ok(rows)
}
