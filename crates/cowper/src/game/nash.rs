//! The Nash bargaining solution: each has what it has alone, and a part of the gain by its weight.
//!
//! Nash, The bargaining problem, Econometrica 18 (1950), 155–162; with weights Harsanyi and Selten 1972.

use super::gains::Gains;
use super::proportional::parts_of;
use super::{Game, Interval, Split, Undefined};

/// x_i = v(i) + w_i / Σ w · (v(N) − Σ v(j)): the greatest Π (x_i − v(i))^w_i.
///
/// Weights are nought or more, one a player; equal ones without. Nobody gets less than alone, but with
/// three players or more it need not be in the core. It is not defined where the whole is worth less
/// than its parts: there is nothing to agree on. Its intervals are exact, the whole as reached.
pub fn nash(game: &Game, weights: Option<&[f64]>) -> Result<Split, Undefined> {
    let gains = Gains::of(game);
    let equal = vec![1.0; gains.players];
    let weights = parts_of(weights.unwrap_or(&equal), gains.players, "weights")?;
    if game.gain() < -game.tolerance() {
        return Err(Undefined(
            "the whole is worth less than the players alone: there is no gain to share".into(),
        ));
    }
    let parts: Vec<f64> = weights.iter().map(|weight| weight * gains.whole()).collect();
    let shares = gains.shares(&parts);
    let alone: Vec<f64> = (0..gains.players).map(|i| room_alone(game, i)).collect();
    let interval = |player: usize| {
        let others: f64 = alone.iter().sum::<f64>() - alone[player];
        Interval {
            lower: shares[player] - weights[player] * others,
            upper: shares[player] + (1.0 - weights[player]) * alone[player],
        }
    };
    let intervals = Some((0..gains.players).map(interval).collect());
    Ok(Split { intervals, ..Split::of(shares) })
}

/// How much more a player may be worth alone. One that is everyone is worth what it reached.
fn room_alone(game: &Game, player: usize) -> f64 {
    if game.players().len() == 1 { 0.0 } else { game.worth(super::Coalition::of(player)).width() }
}
