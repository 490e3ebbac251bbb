//! A game of gains: what each coalition has beyond its players alone, relative to the greatest of them.
//!
//! Rules that do not depend on where nought is are worked out here: small gains on large bills keep
//! all their digits.

use super::closing::closed;
use super::{Coalition, Game};

/// The gains of coalitions, of a size near one.
pub(super) struct Gains {
    /// How many players.
    pub players: usize,
    /// What gains were divided by.
    pub scale: f64,
    /// By place of the coalition.
    by_index: Vec<f64>,
    /// What each player has alone.
    alone: Vec<f64>,
    /// What is shared out.
    whole: f64,
}

impl Gains {
    /// The gains of what the coalitions of a game have reached.
    pub fn of(game: &Game) -> Self {
        let players = game.players().len();
        let alone = game.alone();
        let mut gains = vec![0.0; game.everyone().index() + 1];
        for coalition in Coalition::by_size(players) {
            let worth = game.reached(coalition);
            let gain = coalition.players().fold(worth, |rest, i| rest - alone[i]);
            let size = worth.abs() + coalition.players().map(|i| alone[i].abs()).sum::<f64>();
            // What is left of worths that cancel is rounding.
            let counts = gain.abs() > 8.0 * f64::EPSILON * size;
            gains[coalition.index()] = if counts { gain } else { 0.0 };
        }
        let greatest = gains.iter().fold(0.0_f64, |most, gain| most.max(gain.abs()));
        // A power of two, so that whole numbers stay exact.
        let scale = if greatest > 0.0 { greatest.log2().ceil().exp2() } else { 1.0 };
        let by_index = gains.into_iter().map(|gain| gain / scale).collect();
        Gains { players, scale, by_index, alone, whole: game.whole() }
    }

    /// The gain of a coalition.
    pub fn at(&self, coalition: Coalition) -> f64 {
        self.by_index[coalition.index()]
    }

    /// The gain of all.
    pub fn whole(&self) -> f64 {
        self.at(self.everyone())
    }

    /// The coalition of all.
    pub fn everyone(&self) -> Coalition {
        Coalition::everyone(self.players)
    }

    /// Every coalition but nobody and everyone, by size.
    pub fn parts(&self) -> Vec<Coalition> {
        let everyone = self.everyone();
        let all = Coalition::by_size(self.players);
        all.into_iter().filter(|coalition| *coalition != everyone).collect()
    }

    /// Shares in the game from parts of the gain of all.
    pub fn shares(&self, parts: &[f64]) -> Vec<f64> {
        let shares = self.alone.iter().zip(parts).map(|(alone, part)| alone + part * self.scale);
        closed(shares.collect(), self.whole)
    }

    /// A share in the game, as a part of the gain of all.
    pub fn part(&self, player: usize, share: f64) -> f64 {
        (share - self.alone[player]) / self.scale
    }
}
