//! Gately's point: all have the same propensity to disrupt.
//!
//! Gately, Sharing the gains from regional cooperation, International Economic Review 15 (1974),
//! 195–208; for more than three players Littlechild and Vaidya 1976.

use super::gains::Gains;
use super::{Coalition, Game, Split, Undefined};

/// x_i = v(i) + (M_i − v(i)) / Σ (M_j − v(j)) · (v(N) − Σ v(j)), M_i = v(N) − v(N without i).
///
/// What the others lose if a player leaves, over what it loses itself,
/// (x(N without i) − v(N without i)) / (x_i − v(i)), is then the same for all. It is not defined where
/// a player adds less to the others than it has alone, or all add no more.
pub fn gately(game: &Game) -> Result<Split, Undefined> {
    let gains = Gains::of(game);
    let (whole, everyone) = (gains.whole(), gains.everyone());
    if whole == 0.0 {
        return Ok(Split::of(gains.shares(&vec![0.0; gains.players])));
    }
    let none = game.tolerance() / gains.scale;
    let adds: Vec<f64> =
        (0..gains.players).map(|player| whole - gains.at(everyone.without(player))).collect();
    if let Some(player) = adds.iter().position(|adds| *adds < -none) {
        let name = game.names(Coalition::of(player)).join("");
        return Err(Undefined(format!("{name} adds less to the others than it has alone")));
    }
    let sum: f64 = adds.iter().map(|adds| adds.max(0.0)).sum();
    if sum <= none || whole < 0.0 {
        return Err(Undefined(
            "nobody adds anything to all the others: any one of them can be spared".into(),
        ));
    }
    let parts: Vec<f64> = adds.iter().map(|adds| adds.max(0.0) / sum * whole).collect();
    Ok(Split::of(gains.shares(&parts)))
}
