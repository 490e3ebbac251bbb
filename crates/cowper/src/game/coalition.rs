//! Some of the players of a game, or of the parties of a site: a set by their places.

use super::MOST_PLAYERS;

/// A set of players, or of the parties of a site, by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coalition(u64);

impl Coalition {
    /// Nobody.
    pub const NOBODY: Coalition = Coalition(0);

    /// How many players there can be to choose from. Games have fewer: [`MOST_PLAYERS`].
    pub const MOST: usize = u64::BITS as usize;

    /// One player, by its place; nobody where there can be no such player.
    pub fn of(player: usize) -> Self {
        Coalition(u32::try_from(player).ok().and_then(|p| 1_u64.checked_shl(p)).unwrap_or(0))
    }

    /// The first so many players, at most [`Coalition::MOST`].
    pub fn everyone(players: usize) -> Self {
        (0..players.min(Self::MOST)).map(Self::of).collect()
    }

    /// The players whose bits are set: that of player 0 is the least.
    pub fn of_bits(bits: u64) -> Self {
        Coalition(bits)
    }

    /// All coalitions but nobody of at most [`MOST_PLAYERS`] players, by size, those of a size in
    /// lexicographic order: {0}, {1}, …, {0, 1}, {0, 2}, …
    pub fn by_size(players: usize) -> Vec<Coalition> {
        let everyone = Self::everyone(players.min(MOST_PLAYERS));
        let mut all: Vec<Coalition> = (1..=everyone.0).map(Coalition).collect();
        all.sort_by_cached_key(|c| (c.len(), c.players().collect::<Vec<_>>()));
        all
    }

    /// One bit a player, that of player 0 the least.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Its players' places, in order.
    pub fn players(self) -> impl Iterator<Item = usize> {
        (0..Self::MOST).filter(move |player| self.contains(*player))
    }

    /// How many players it has.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether nobody is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a player is in it.
    pub fn contains(self, player: usize) -> bool {
        self.0 & Self::of(player).0 != 0
    }

    /// With one player more.
    #[must_use]
    pub fn with(self, player: usize) -> Self {
        Coalition(self.0 | Self::of(player).0)
    }

    /// Without a player.
    #[must_use]
    pub fn without(self, player: usize) -> Self {
        Coalition(self.0 & !Self::of(player).0)
    }

    /// Those that are in both.
    #[must_use]
    pub fn shared_with(self, other: Self) -> Self {
        Coalition(self.0 & other.0)
    }

    /// What its players have together of a list by player.
    pub fn sum(self, of: &[f64]) -> f64 {
        of.iter().enumerate().filter(|(player, _)| self.contains(*player)).map(|(_, x)| x).sum()
    }

    /// Its place in a list of all coalitions of a game.
    pub(super) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// 1 for each of the first so many players that is in it, else 0.
    pub(super) fn indicator(self, players: usize) -> Vec<f64> {
        (0..players).map(|player| f64::from(u8::from(self.contains(player)))).collect()
    }
}

impl FromIterator<Coalition> for Coalition {
    fn from_iter<I: IntoIterator<Item = Coalition>>(parts: I) -> Self {
        Coalition(parts.into_iter().fold(0, |all, part| all | part.0))
    }
}
