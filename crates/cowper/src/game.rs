//! Cooperative games: what each coalition of players is worth, and rules that share the whole.
//!
//! A rule is a file. Worths are bare numbers, of whatever the game counts; nothing here knows of energy.

use std::fmt;

mod closing;
mod coalition;
mod dense;
mod gately;
mod gains;
mod least_core;
mod linear;
mod nash;
mod nearest;
mod nucleolus;
mod proportional;
mod shapley;
mod smallest_variance;
mod stability;

pub use coalition::Coalition;
pub use gately::gately;
pub use nash::nash;
pub use nucleolus::{Domain, nucleolus};
pub use proportional::proportional;
pub use shapley::shapley;
pub use smallest_variance::{Of, Within, smallest_variance};
pub use stability::{Answer, CoreCheck, Emptiness, Leaving, core_check, core_ranges, emptiness};

/// The most players of a game: each coalition is looked at.
pub const MOST_PLAYERS: usize = 10;

/// The greatest worth, so that no sum or product of worths runs over.
const GREATEST: f64 = 1e100;

/// From a least to a greatest value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Not less than this.
    pub lower: f64,
    /// Not more than this.
    pub upper: f64,
}

impl Interval {
    /// A value that is known.
    pub fn exactly(value: f64) -> Self {
        Interval { lower: value, upper: value }
    }

    /// How far it may be from its lower end.
    pub fn width(self) -> f64 {
        self.upper - self.lower
    }
}

/// What a mistake in a game is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The list of players.
    Players,
    /// The name of one, by its place.
    Player(usize),
    /// The list of worths.
    Worths,
    /// The worth of a coalition.
    Worth(Coalition),
}

/// A mistake in a game, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it is.
    pub about: About,
    /// What is wrong, and what to do.
    pub message: String,
}

/// A game in which coalitions are worth something that their players can share as they like.
///
/// The worth of a coalition is what it can gain or earn; nobody is worth nought. It lies between what
/// the coalition has reached (`lower`: the best plan found) and what is not ruled out (`upper`). Rules
/// count with what was reached; what is said of the core holds for all worths between.
#[derive(Debug, Clone, PartialEq)]
pub struct Game {
    players: Vec<String>,
    worths: Vec<Interval>,
    /// Differences below this are rounding of what the worths were made from.
    rounding: f64,
}

impl Game {
    /// A game of 1 to [`MOST_PLAYERS`] players with a worth for each coalition in the order of
    /// [`Coalition::by_size`]; all mistakes where there are any.
    pub fn by_size(players: Vec<String>, worths: &[Interval]) -> Result<Game, Vec<Mistake>> {
        let mut found = mistakes_in_names(&players);
        let order = if (1..=MOST_PLAYERS).contains(&players.len()) {
            Coalition::by_size(players.len())
        } else {
            Vec::new()
        };
        if !order.is_empty() && order.len() != worths.len() {
            let message = format!(
                "{} worths for {} players; give {}, one for each coalition: {{0}}, {{1}}, ..., {{0,1}}, {{0,2}}, ...",
                worths.len(),
                players.len(),
                order.len()
            );
            found.push(Mistake { about: About::Worths, message });
        }
        let mut by_index = vec![Interval::exactly(0.0); order.len() + 1];
        for (coalition, worth) in order.iter().zip(worths) {
            found.extend(mistake_in_worth(*coalition, *worth));
            by_index[coalition.index()] = *worth;
        }
        if found.is_empty() {
            Ok(Game { players, worths: by_index, rounding: 0.0 })
        } else {
            Err(found)
        }
    }

    /// A game whose worths are a function of the coalition.
    pub fn of(
        players: Vec<String>,
        mut worth: impl FnMut(Coalition) -> Interval,
    ) -> Result<Game, Vec<Mistake>> {
        let count = players.len();
        let order = if count <= MOST_PLAYERS { Coalition::by_size(count) } else { Vec::new() };
        let worths: Vec<Interval> = order.into_iter().map(&mut worth).collect();
        Game::by_size(players, &worths)
    }

    /// The players' names, in their order.
    pub fn players(&self) -> &[String] {
        &self.players
    }

    /// The names of the players of a coalition.
    pub fn names(&self, coalition: Coalition) -> Vec<&str> {
        let named = self.players.iter().enumerate().filter(|(at, _)| coalition.contains(*at));
        named.map(|(_, name)| name.as_str()).collect()
    }

    /// The coalition of all.
    pub fn everyone(&self) -> Coalition {
        Coalition::everyone(self.players.len())
    }

    /// Every coalition but nobody and everyone, by size.
    pub fn parts(&self) -> Vec<Coalition> {
        let everyone = self.everyone();
        let all = Coalition::by_size(self.players.len());
        all.into_iter().filter(|coalition| *coalition != everyone).collect()
    }

    /// What a coalition is worth; of players that are not in the game nothing is counted.
    pub fn worth(&self, coalition: Coalition) -> Interval {
        self.worths[coalition.shared_with(self.everyone()).index()]
    }

    /// What a coalition has reached.
    pub fn reached(&self, coalition: Coalition) -> f64 {
        self.worth(coalition).lower
    }

    /// What all have reached together: what the rules share out.
    pub fn whole(&self) -> f64 {
        self.reached(self.everyone())
    }

    /// What each player has reached alone.
    pub fn alone(&self) -> Vec<f64> {
        (0..self.players.len()).map(|player| self.reached(Coalition::of(player))).collect()
    }

    /// What all have reached beyond what each has alone: whole − Σ alone.
    pub fn gain(&self) -> f64 {
        self.everyone()
            .players()
            .fold(self.whole(), |rest, i| rest - self.reached(Coalition::of(i)))
    }

    /// Whether all worths are known exactly.
    pub fn is_exact(&self) -> bool {
        self.worths.iter().all(|worth| worth.width() == 0.0)
    }

    /// The same game where differences up to this are rounding of what the worths were made from:
    /// gains that are small differences of large costs know no more than these.
    #[must_use]
    pub fn with_rounding(self, rounding: f64) -> Game {
        Game { rounding: if rounding.is_finite() { rounding.abs() } else { 0.0 }, ..self }
    }

    /// Shares that add up to the whole, from some that do within rounding.
    pub fn closed(&self, shares: Vec<f64>) -> Vec<f64> {
        closing::closed(shares, self.whole())
    }

    /// Differences smaller than this are rounding: 1e-9 of the greatest gain of a coalition, and
    /// 1e-13 of the greatest worth, or what [`Game::with_rounding`] says, whichever is more.
    pub fn tolerance(&self) -> f64 {
        let (mut gain, mut worth) = (0.0_f64, 0.0_f64);
        let alone = self.alone();
        for coalition in Coalition::by_size(self.players.len()) {
            let Interval { lower, upper } = self.worth(coalition);
            let apart = coalition.sum(&alone);
            gain = gain.max((lower - apart).abs()).max((upper - apart).abs());
            worth = worth.max(lower.abs()).max(upper.abs());
        }
        (1e-9 * gain + 1e-13 * worth).max(self.rounding)
    }

    /// The same game where every part of the whole is worth the most that is not ruled out.
    fn at_most(&self) -> Game {
        let everyone = self.everyone().index();
        let mut worths = self.worths.clone();
        for (at, worth) in worths.iter_mut().enumerate() {
            let value = if at == everyone { worth.lower } else { worth.upper };
            *worth = Interval::exactly(value);
        }
        Game { players: self.players.clone(), worths, rounding: self.rounding }
    }
}

/// What is wrong with the names of players.
fn mistakes_in_names(players: &[String]) -> Vec<Mistake> {
    let mut found = Vec::new();
    if !(1..=MOST_PLAYERS).contains(&players.len()) {
        let message = format!(
            "{} players; a game has 1 to {MOST_PLAYERS}: join those that act as one",
            players.len()
        );
        found.push(Mistake { about: About::Players, message });
    }
    for (at, name) in players.iter().enumerate() {
        if name.trim().is_empty() {
            let message = format!("player {at} has no name; give it one");
            found.push(Mistake { about: About::Player(at), message });
        } else if players[..at].contains(name) {
            let message = format!("two players are called `{name}`; give each a name of its own");
            found.push(Mistake { about: About::Player(at), message });
        }
    }
    found
}

/// What is wrong with a worth.
fn mistake_in_worth(coalition: Coalition, worth: Interval) -> Option<Mistake> {
    let Interval { lower, upper } = worth;
    let fits = |value: f64| value.abs() <= GREATEST;
    let message = if !(fits(lower) && fits(upper)) {
        format!(
            "a worth is a number of at most {GREATEST:.0e} in size, not {}",
            if fits(lower) { upper } else { lower }
        )
    } else if lower > upper {
        format!(
            "the lower worth {lower} is above the upper one {upper}; exchange them, or correct one"
        )
    } else {
        return None;
    };
    Some(Mistake { about: About::Worth(coalition), message })
}

/// What a rule gives to each player.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// One share a player. They add up, in order, to the whole: the rounding that is left is put to
    /// the greatest share, of equal ones the last. To the last bit where all have one sign, else
    /// within rounding of the greatest.
    pub shares: Vec<f64>,
    /// What each share may be for worths between their bounds, the whole being what was reached:
    /// only of rules that are linear in the worths.
    pub intervals: Option<Vec<Interval>>,
    /// Of the nucleolus: over which shares it was sought.
    pub domain: Option<Domain>,
}

impl Split {
    fn of(shares: Vec<f64>) -> Self {
        Split { shares, intervals: None, domain: None }
    }
}

/// Why a rule says nothing of a game: a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undefined(pub String);

impl fmt::Display for Undefined {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Undefined {}

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// [`nash`]
    Nash,
    /// [`shapley`]
    Shapley,
    /// [`nucleolus`]
    Nucleolus,
    /// [`smallest_variance`] of gains within the least core.
    LeastCore,
    /// [`smallest_variance`] of shares within the least core.
    LeastCoreOfShares,
    /// [`proportional`]
    Proportional,
    /// [`gately`]
    Gately,
}

impl Rule {
    /// All rules.
    pub const ALL: [Rule; 7] = [
        Rule::Nash,
        Rule::Shapley,
        Rule::Nucleolus,
        Rule::LeastCore,
        Rule::LeastCoreOfShares,
        Rule::Proportional,
        Rule::Gately,
    ];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Nash => "nash",
            Rule::Shapley => "shapley",
            Rule::Nucleolus => "nucleolus",
            Rule::LeastCore => "least_core_smallest_variance",
            Rule::LeastCoreOfShares => "least_core_smallest_variance_of_shares",
            Rule::Proportional => "proportional",
            Rule::Gately => "gately",
        }
    }
}

/// What players have agreed on apart from the game.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Terms {
    /// Weights of the Nash rule, one a player; equal ones without.
    pub weights: Option<Vec<f64>>,
    /// What the proportional rule goes by, one a player; the worths alone without.
    pub contributions: Option<Vec<f64>>,
}

/// What a rule makes of a game.
pub fn split(game: &Game, rule: Rule, terms: &Terms) -> Result<Split, Undefined> {
    match rule {
        Rule::Nash => nash(game, terms.weights.as_deref()),
        Rule::Shapley => Ok(shapley(game)),
        Rule::Nucleolus => nucleolus(game),
        Rule::LeastCore => smallest_variance(game, Within::LeastCore, Of::Gains),
        Rule::LeastCoreOfShares => smallest_variance(game, Within::LeastCore, Of::Shares),
        Rule::Proportional => proportional(game, terms.contributions.as_deref()),
        Rule::Gately => gately(game),
    }
}
