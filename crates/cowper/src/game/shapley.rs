//! The Shapley value: the mean of what a player adds, over all orders in which players may come.
//!
//! Shapley, A value for n-person games, Contributions to the Theory of Games II, 1953, 307–317.

use super::gains::Gains;
use super::{Coalition, Game, Interval, Split};

/// x_i = Σ over S without i of |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S)).
///
/// It is additive over games (days, say), gives equals the same and who adds nothing nothing more than
/// it has alone. It need not be in the core. Its intervals are exact: v(S ∪ i) counts for i, v(S)
/// against it, the whole as reached.
pub fn shapley(game: &Game) -> Split {
    let gains = Gains::of(game);
    let everyone = gains.everyone();
    let weights = weights(gains.players);
    let mut parts = vec![0.0; gains.players];
    let mut below = parts.clone();
    let mut above = parts.clone();
    for (player, part) in parts.iter_mut().enumerate() {
        for with in Coalition::by_size(gains.players) {
            let weight = weights[with.len() - 1];
            let without = with.without(player);
            if without == with {
                continue;
            }
            *part += weight * (gains.at(with) - gains.at(without));
            let room = |coalition| {
                if coalition == everyone { 0.0 } else { game.worth(coalition).width() }
            };
            above[player] += weight * room(with);
            below[player] += weight * room(without);
        }
    }
    let shares = gains.shares(&parts);
    let interval = |player: usize| Interval {
        lower: shares[player] - below[player],
        upper: shares[player] + above[player],
    };
    let intervals = Some((0..gains.players).map(interval).collect());
    Split { intervals, ..Split::of(shares) }
}

/// How much of all orders have a player come in after so many others: s! (n − s − 1)! / n!.
fn weights(players: usize) -> Vec<f64> {
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    let weight = |s: usize| factorial(s) * factorial(players - s - 1) / factorial(players);
    (0..players).map(weight).collect()
}
