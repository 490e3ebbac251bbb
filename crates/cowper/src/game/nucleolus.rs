//! The nucleolus: the worst-off coalition as well off as can be, then the next, until all is settled.
//!
//! Schmeidler, The nucleolus of a characteristic function game, SIAM Journal on Applied Mathematics 17
//! (1969), 1163–1170; by linear problems as Kopelowitz 1967 and Maschler, Peleg, Shapley 1979.

use super::dense::{inverse, solve};
use super::gains::Gains;
use super::least_core::{Settled, failed, raise};
use super::linear::NoOptimum;
use super::{Coalition, Game, Split, Undefined};

/// Over which shares the nucleolus was sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// Those that give nobody less than it has alone.
    Imputations,
    /// All that add up to the whole, for no others would do: the prenucleolus.
    PreImputations,
}

/// The shares whose list of surpluses x(S) − v(S), the least first, is the greatest in the order of
/// dictionaries.
///
/// There is one, and it is in the core where that is not empty. It is sought over the imputations;
/// where the whole is worth less than the players alone there are none, and it is the prenucleolus.
/// In each round a linear problem raises the least surplus of the coalitions that are not settled;
/// those with a multiplier above nought have that surplus in every optimum and are settled.
pub fn nucleolus(game: &Game) -> Result<Split, Undefined> {
    let gains = Gains::of(game);
    let domain =
        if game.gain() < -game.tolerance() { Domain::PreImputations } else { Domain::Imputations };
    let parts = settle(&gains, domain).map_err(|why| failed("the nucleolus", why))?;
    Ok(Split { domain: Some(domain), ..Split::of(gains.shares(&parts)) })
}

/// Raises surpluses until every share is settled.
fn settle(gains: &Gains, domain: Domain) -> Result<Vec<f64>, NoOptimum> {
    // A gain that is nought within rounding leaves room for no more than that.
    let least = (gains.whole() / gains.players as f64).min(0.0);
    let limits: Vec<(Coalition, f64)> = match domain {
        Domain::Imputations => (0..gains.players).map(|i| (Coalition::of(i), least)).collect(),
        Domain::PreImputations => Vec::new(),
    };
    let mut settled = Settled::whole(gains);
    for _ in 1..gains.players {
        if !settled.is_all(gains) {
            raise(gains, &mut settled, &limits)?;
        }
    }
    let coefficients: Vec<Vec<f64>> =
        settled.rows.iter().map(|row| row.coefficients.clone()).collect();
    let amounts: Vec<f64> = settled.rows.iter().map(|row| row.bound).collect();
    if !settled.is_all(gains) {
        return Err(NoOptimum::Stuck);
    }
    let inverse = inverse(&coefficients).ok_or(NoOptimum::Stuck)?;
    Ok(solve(&coefficients, &inverse, &amounts))
}

#[cfg(test)]
mod tests {
    use super::super::Interval;
    use super::super::linear::{Row, maximise};
    use super::*;

    fn game(players: usize, worth: impl Fn(Coalition) -> f64) -> Game {
        let names = (0..players).map(|i| i.to_string()).collect();
        Game::of(names, |coalition| Interval::exactly(worth(coalition))).unwrap()
    }

    /// Kohlberg, On the nucleolus of a characteristic function game, SIAM Journal on Applied
    /// Mathematics 20 (1971), 62–66: for every level, each way y of moving money with y(S) ≥ 0 for the
    /// coalitions whose surplus is at most that (and for players that have what they have alone) has
    /// y(S) = 0 for those coalitions. Whether the shares keep it.
    fn is_nucleolus(game: &Game, split: &Split) -> bool {
        let players = game.players().len();
        let (shares, parts, tolerance) = (&split.shares, game.parts(), game.tolerance());
        let surplus = |part: Coalition| part.sum(shares) - game.reached(part);
        let mut levels: Vec<f64> = parts.iter().map(|part| surplus(*part)).collect();
        levels.sort_by(f64::total_cmp);
        levels.dedup_by(|a, b| (*a - *b).abs() < tolerance);
        let line = |coalition: Coalition| coalition.indicator(players);
        levels.iter().all(|level| {
            let within: Vec<Coalition> =
                parts.iter().copied().filter(|part| surplus(*part) <= level + tolerance).collect();
            let held = (0..players).map(Coalition::of).filter(|single| {
                split.domain == Some(Domain::Imputations) && surplus(*single) <= tolerance
            });
            let mut rows: Vec<Row> =
                within.iter().copied().chain(held).map(|s| Row::at_least(line(s), 0.0)).collect();
            rows.push(Row::equal(line(game.everyone()), 0.0));
            rows.extend((0..players).flat_map(|i| {
                let unit = line(Coalition::of(i));
                let back = unit.iter().map(|x| -x).collect();
                [Row::at_least(unit, -1.0), Row::at_least(back, -1.0)]
            }));
            let mut objective = vec![0.0; players];
            for part in &within {
                part.players().for_each(|i| objective[i] += 1.0);
            }
            let found = maximise(&objective, &rows).unwrap();
            let most: f64 = objective.iter().zip(&found.point).map(|(a, b)| a * b).sum();
            most < 1e-9
        })
    }

    /// A number from 0 to 1 that looks like chance.
    fn chance(state: &mut u64) -> f64 {
        *state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Proves: what comes out is the nucleolus by a criterion that knows nothing of how it was found,
    /// in games with many ties (whole numbers from 0 to 3) and without, of 2 to 7 players; and shares
    /// that are a little off are not. Sensitivity: settling a coalition too many, or one too few.
    #[test]
    fn kohlberg_agrees() {
        let mut state = 1;
        for round in 0..120 {
            let players = 2 + round % 6;
            let worths: Vec<f64> = (0..1 << players)
                .map(|_| chance(&mut state) * 4.0)
                .map(|x| if round % 2 == 0 { x.floor() } else { x })
                .collect();
            let game = game(players, |s| worths[s.index()] + s.len().pow(2) as f64 / 4.0);
            let split = nucleolus(&game).unwrap();
            assert!(is_nucleolus(&game, &split), "{round}: {game:?}\n{split:?}");
            if split.domain == Some(Domain::Imputations) && game.gain() > 0.1 {
                let mut off = split.clone();
                // Towards the one that has most, so that nobody falls below what it has alone.
                let gain = |i: &usize| split.shares[*i] - game.reached(Coalition::of(*i));
                let most = (0..players).max_by(|a, b| gain(a).total_cmp(&gain(b))).unwrap();
                off.shares[most] -= 1e-3;
                off.shares[(most + 1) % players] += 1e-3;
                assert!(!is_nucleolus(&game, &off), "{round}");
            }
        }
    }

    /// Proves: nobody gets less than alone. Of three players {0,1} is worth 10 and all are worth 2. If
    /// the third might get less than its nought, {0,1} and {2} would be as well off: 10 + t and t
    /// make 2, t = −4, so 3, 3, −4. It may not: 1, 1, 0. And where two are worth 3 each alone and 4
    /// together there is no such split: 2, 2, over all. Sensitivity: the prenucleolus for the first.
    #[test]
    fn nobody_falls_below_what_it_has_alone() {
        let pair = Coalition::of(0).with(1);
        let some =
            game(3, |s| if s == pair { 10.0 } else { 2.0 * f64::from(u8::from(s.len() == 3)) });
        let split = nucleolus(&some).unwrap();
        assert_eq!((split.shares, split.domain), (vec![1.0, 1.0, 0.0], Some(Domain::Imputations)));
        let less = game(2, |s| if s.len() == 1 { 3.0 } else { 4.0 });
        let split = nucleolus(&less).unwrap();
        assert_eq!((split.shares, split.domain), (vec![2.0, 2.0], Some(Domain::PreImputations)));
    }
}
