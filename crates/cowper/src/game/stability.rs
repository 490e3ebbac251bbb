//! The core: shares that no coalition would leave. Whether shares are in it, and how wide it is.
//!
//! Gillies 1959; Shapley, On balanced sets and cores, Naval Research Logistics 14 (1967), 453–460.

use super::gains::Gains;
use super::least_core::{failed, least_core};
use super::linear::{Row, maximise};
use super::{Coalition, Game, Interval, Undefined};

/// An answer that the bounds of worths carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// For all worths within their bounds.
    Yes,
    /// For none of them.
    No,
    /// For some and not for others.
    CannotBeTold,
}

/// A coalition that would have more by itself, and how much more: v(S) − x(S).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leaving {
    /// Who.
    pub coalition: Coalition,
    /// How much more at least and at most.
    pub by: Interval,
}

/// Whether shares are in the core.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoreCheck {
    /// Whether no coalition would leave.
    pub in_core: Answer,
    /// The coalition that gains most by leaving; where all lose, the one that loses least. Where the
    /// answer is no it is sure to gain, otherwise it is the one that might gain most. None where
    /// there is one player.
    pub first_to_leave: Option<Leaving>,
}

/// Whether shares that add up to the whole are in the core, for every worth of the other coalitions
/// within its bounds.
///
/// # Errors
///
/// Where there is not one share a player, or they do not add up to the whole.
pub fn core_check(game: &Game, shares: &[f64]) -> Result<CoreCheck, Undefined> {
    let (players, tolerance) = (game.players().len(), game.tolerance());
    if shares.len() != players {
        return Err(Undefined(format!("{} shares for {players} players", shares.len())));
    }
    let (sum, whole) = (shares.iter().sum::<f64>(), game.whole());
    // Written so that a share that is no number is refused too.
    let adds_up = (sum - whole).abs() <= tolerance + 1e-12 * whole.abs();
    if !adds_up {
        return Err(Undefined(format!("the shares add up to {sum}, the whole is {whole}")));
    }
    let claim = |coalition: Coalition| {
        let (Interval { lower, upper }, has) = (game.worth(coalition), coalition.sum(shares));
        Leaving { coalition, by: Interval { lower: lower - has, upper: upper - has } }
    };
    let claims: Vec<Leaving> = game.parts().into_iter().map(claim).collect();
    let surest = greatest(&claims, tolerance, |by| by.lower);
    let likeliest = greatest(&claims, tolerance, |by| by.upper);
    let leaves = |leaving: Option<Leaving>, end: fn(Interval) -> f64| {
        leaving.is_some_and(|leaving| end(leaving.by) > tolerance)
    };
    let (in_core, first_to_leave) = if leaves(surest, |by| by.lower) {
        (Answer::No, surest)
    } else if leaves(likeliest, |by| by.upper) {
        (Answer::CannotBeTold, likeliest)
    } else {
        (Answer::Yes, likeliest)
    };
    Ok(CoreCheck { in_core, first_to_leave })
}

/// The greatest claim; of equal ones the first.
fn greatest(claims: &[Leaving], tolerance: f64, end: fn(Interval) -> f64) -> Option<Leaving> {
    claims
        .iter()
        .copied()
        .reduce(|most, other| if end(other.by) > end(most.by) + tolerance { other } else { most })
}

/// Whether the core is empty, and how far from it the worst-off coalition is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Emptiness {
    /// Whether it is.
    pub is_empty: Answer,
    /// The greatest surplus x(S) − v(S) that all coalitions can have at once: nought or more where
    /// the core is not empty; the ε of the least core with its sign turned. None for one player.
    pub surplus: Option<Interval>,
}

/// Whether the core is empty, for all worths within their bounds, the whole as reached.
///
/// The surplus falls as worths of coalitions rise, so their bounds give its bounds.
pub fn emptiness(game: &Game) -> Result<Emptiness, Undefined> {
    let surplus = |game: &Game| {
        let gains = Gains::of(game);
        let found = least_core(&gains).map_err(|why| failed("the least core", why))?;
        Ok(found.map(|(surplus, _)| surplus * gains.scale))
    };
    let Some(upper) = surplus(game)? else {
        return Ok(Emptiness { is_empty: Answer::No, surplus: None });
    };
    let lower = if game.is_exact() { upper } else { surplus(&game.at_most())?.unwrap_or(upper) };
    let none = -game.tolerance();
    let is_empty = if upper < none {
        Answer::Yes
    } else if lower < none {
        Answer::CannotBeTold
    } else {
        Answer::No
    };
    Ok(Emptiness { is_empty, surplus: Some(Interval { lower, upper }) })
}

/// The least and the greatest share of each player over the core of what coalitions have reached, which
/// holds the core for any other worths within their bounds. None where it is empty.
///
/// A player without whom little is worth anything (a veto) has a wide one.
pub fn core_ranges(game: &Game) -> Result<Option<Vec<Interval>>, Undefined> {
    let gains = Gains::of(game);
    let trouble = |why| failed("the ends of the core", why);
    let surplus = least_core(&gains).map_err(trouble)?.map_or(0.0, |(surplus, _)| surplus);
    if surplus * gains.scale < -game.tolerance() {
        return Ok(None);
    }
    // A core that is a point within rounding is that point.
    let slack = surplus.min(0.0);
    let line = |coalition: Coalition| coalition.indicator(gains.players);
    let limit = |part: Coalition| Row::at_least(line(part), gains.at(part) + slack);
    let mut rows: Vec<Row> = gains.parts().into_iter().map(limit).collect();
    rows.push(Row::equal(line(gains.everyone()), gains.whole()));
    let alone = game.alone();
    let end = |player: usize, sign: f64| {
        let objective: Vec<f64> =
            line(Coalition::of(player)).into_iter().map(|x| sign * x).collect();
        let found = maximise(&objective, &rows).map_err(trouble)?;
        Ok(alone[player] + found.point[player] * gains.scale)
    };
    let range = |player| Ok(Interval { lower: end(player, -1.0)?, upper: end(player, 1.0)? });
    (0..gains.players).map(range).collect::<Result<Vec<_>, Undefined>>().map(Some)
}
