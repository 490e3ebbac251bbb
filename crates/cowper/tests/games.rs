//! Cooperative games whose answers are published, and laws that every rule keeps on games by chance.

mod common;

use cowper::game::{
    Answer, Coalition, Domain, Game, Interval, Of, Rule, Split, Terms, Undefined, Within,
    core_check, core_ranges, emptiness, gately, nash, nucleolus, proportional, shapley,
    smallest_variance, split,
};
use proptest::prelude::*;

fn names(players: usize) -> Vec<String> {
    (0..players).map(|i| format!("player {i}")).collect()
}

fn lexicographic(players: usize, worths: &[f64]) -> Game {
    let worths: Vec<Interval> = worths.iter().copied().map(Interval::exactly).collect();
    Game::by_size(names(players), &worths).unwrap()
}

fn game_of(players: usize, worth: impl Fn(Coalition) -> f64) -> Game {
    Game::of(names(players), |coalition| Interval::exactly(worth(coalition))).unwrap()
}

/// A worth of 1 for the coalitions that win.
fn simple(players: usize, wins: impl Fn(Coalition) -> bool) -> Game {
    game_of(players, |coalition| f64::from(u8::from(wins(coalition))))
}

/// Compares to 1e-9 of the size of the game, and the sum to the last bit.
#[track_caller]
fn is(game: &Game, found: Result<Split, Undefined>, right: &[f64]) {
    let shares = found.expect("the rule is defined").shares;
    let size = right.iter().fold(1e-3_f64, |most, x| most.max(x.abs()));
    let near = shares.iter().zip(right).all(|(a, b)| (a - b).abs() <= 1e-9 * size);
    assert!(near && shares.len() == right.len(), "{shares:?}, not {right:?}");
    assert_eq!(shares.iter().sum::<f64>(), game.whole());
}

fn in_core(game: &Game, shares: &[f64]) -> Answer {
    core_check(game, shares).unwrap().in_core
}

/// What each of some creditors gets of an estate.
fn bankruptcy(claims: &[f64], estate: f64) -> Game {
    let all: f64 = claims.iter().sum();
    game_of(claims.len(), |coalition| (estate - (all - coalition.sum(claims))).max(0.0))
}

/// Proves: the Talmud's contested garment and estates of 100, 200, 300, and 400 among claims of 100,
/// 200, 300 are nucleoli. Aumann, Maschler, Game theoretic analysis of a bankruptcy problem from the
/// Talmud, Journal of Economic Theory 36 (1985), 195–213. Sensitivity: in proportion 100 would be
/// 16.7, 33.3, 50.
#[test]
fn estates_of_the_talmud() {
    let claims = [100.0, 200.0, 300.0];
    for (estate, right) in [
        (100.0, [100.0 / 3.0; 3]),
        (200.0, [50.0, 75.0, 75.0]),
        (300.0, [50.0, 100.0, 150.0]),
        (400.0, [50.0, 125.0, 225.0]),
    ] {
        let game = bankruptcy(&claims, estate);
        is(&game, nucleolus(&game), &right);
    }
    let garment = bankruptcy(&[0.5, 1.0], 1.0);
    is(&garment, nucleolus(&garment), &[0.25, 0.75]);
}

/// Proves: aircraft that need runways of cost 1, 2, 3 share each stretch among those that need it:
/// 1/3, 1/3 + 1/2, 1/3 + 1/2 + 1 (Shapley; Littlechild, Owen, A simple expression for the Shapley value
/// in a special case, Management Science 20 (1973), 370–372); and 1/2, 3/4, 7/4 by the nucleolus
/// (Littlechild, A simple expression for the nucleolus in a special case, International Journal of
/// Game Theory 3 (1974), 21–29). Sensitivity: costs that are not negative worths.
#[test]
fn an_airport() {
    let cost = [1.0, 2.0, 3.0];
    let game = game_of(3, |s| -s.players().map(|i| cost[i]).fold(0.0, f64::max));
    is(&game, Ok(shapley(&game)), &[-1.0 / 3.0, -5.0 / 6.0, -11.0 / 6.0]);
    is(&game, nucleolus(&game), &[-0.5, -0.75, -1.75]);
    // All cost something alone, so costs fall alike: to a half of 1, 2, 3.
    is(&game, proportional(&game, None), &[-0.5, -1.0, -1.5]);
}

/// Proves: of two left gloves and three right ones the pairs are worth 2, and the core gives it all to
/// the left ones. Shapley, Shubik, Pure competition, coalitional power, and fair division,
/// International Economic Review 10 (1969), 337–362. Sensitivity: Shapley leaves something to the right.
#[test]
fn a_market_for_gloves() {
    let game = game_of(5, |s| {
        let left = s.players().filter(|i| *i < 2).count();
        left.min(s.len() - left) as f64
    });
    let right = [1.0, 1.0, 0.0, 0.0, 0.0];
    is(&game, nucleolus(&game), &right);
    for of in [Of::Gains, Of::Shares] {
        is(&game, smallest_variance(&game, Within::Core, of), &right);
        is(&game, smallest_variance(&game, Within::LeastCore, of), &right);
    }
    for (range, share) in core_ranges(&game).unwrap().unwrap().iter().zip(right) {
        assert!((range.lower - share).abs() < 1e-9 && (range.upper - share).abs() < 1e-9);
    }
    let check = core_check(&game, &shapley(&game).shares).unwrap();
    assert_eq!(check.in_core, Answer::No);
}

/// Proves: houses of Shapley and Shubik (The assignment game I: the core, International Journal of Game
/// Theory 1 (1971), 111–130): trades are worth (5, 8, 2), (7, 9, 6), (2, 3, 0), together 16. By hand
/// from the core's limits sellers get 3 to 5, 5 to 6, 0 to 1 and buyers 1 to 2, 3 to 5, 0 to 1.
/// Sensitivity: without the limits of pairs that do not trade a seller could get all of a trade.
#[test]
fn a_market_for_houses() {
    let value = [[5.0, 8.0, 2.0], [7.0, 9.0, 6.0], [2.0, 3.0, 0.0]];
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let game = game_of(6, |s| {
        let trade = |seller: usize, buyer: usize| {
            if s.contains(seller) && s.contains(3 + buyer) { value[seller][buyer] } else { 0.0 }
        };
        let worth = |order: &[usize; 3]| (0..3).map(|i| trade(i, order[i])).sum::<f64>();
        orders.iter().map(worth).fold(0.0, f64::max)
    });
    assert_eq!(game.whole(), 16.0);
    let ranges = core_ranges(&game).unwrap().unwrap();
    let right = [(3.0, 5.0), (5.0, 6.0), (0.0, 1.0), (1.0, 2.0), (3.0, 5.0), (0.0, 1.0)];
    for (range, right) in ranges.iter().zip(right) {
        assert!((range.lower - right.0).abs() < 1e-9, "{range:?}, not {right:?}");
        assert!((range.upper - right.1).abs() < 1e-9, "{range:?}, not {right:?}");
    }
    assert_eq!(in_core(&game, &nucleolus(&game).unwrap().shares), Answer::Yes);
}

/// Proves: costs of the Tennessee Valley Authority in thousands of dollars: Shapley 117 829, 100 756.5,
/// 193 998.5, Gately 117 476, 99 157, 195 951, and the nucleolus is the equal split of savings: 116 234,
/// 93 540, 202 810. Straffin, Heaney, Game theory and the Tennessee Valley Authority, International
/// Journal of Game Theory 10 (1981), 35–43; by hand from savings 2 739, 34 795, 23 552 of pairs and
/// 141 858 of all. Sensitivity: gains that are not beyond what each has alone.
#[test]
fn the_tennessee_valley() {
    let costs = [163_520.0, 140_826.0, 250_096.0, 301_607.0, 378_821.0, 367_370.0, 412_584.0];
    let game = lexicographic(3, &costs.map(|cost: f64| -cost));
    let saving = 141_858.0;
    assert_eq!(game.gain(), saving);
    let less = |parts: [f64; 3]| -> Vec<f64> { (0..3).map(|i| parts[i] - costs[i]).collect() };
    let sixth = (2_739.0 + 34_795.0) / 6.0 + (saving - 23_552.0) / 3.0;
    let second = (2_739.0 + 23_552.0) / 6.0 + (saving - 34_795.0) / 3.0;
    is(&game, Ok(shapley(&game)), &less([sixth, second, saving - sixth - second]));
    is(&game, nucleolus(&game), &less([saving / 3.0; 3]));
    is(&game, nash(&game, None), &less([saving / 3.0; 3]));
    let adds = [saving - 23_552.0, saving - 34_795.0, saving - 2_739.0];
    let sum: f64 = adds.iter().sum();
    is(&game, gately(&game), &less(adds.map(|adds| adds / sum * saving)));
    let tenths: Vec<f64> = shapley(&game).shares.iter().map(|x| (x * -10.0).round()).collect();
    assert_eq!(tenths, [1_178_290.0, 1_007_565.0, 1_939_985.0]);
    let rounded: Vec<f64> = gately(&game).unwrap().shares.iter().map(|x| -x.round()).collect();
    assert_eq!(rounded, [117_476.0, 99_157.0, 195_951.0]);
}

/// Proves: votes. Six states with 4, 4, 4, 2, 2, 1 votes and a quota of 12 (the European council of
/// 1958) have Shapley values of 14, 14, 14, 9, 9, 0 sixtieths: the last never matters. The apex game
/// (one with any other, or the other three) has 1/2, 1/6, 1/6, 1/6 and the nucleolus 2/5, 1/5, 1/5, 1/5
/// (Peleg 1968: the weights of the game [3; 2, 1, 1, 1]). Sensitivity: weights as shares give a
/// seventeenth to the last.
#[test]
fn votes() {
    let weights = [4.0, 4.0, 4.0, 2.0, 2.0, 1.0];
    let council = simple(6, |s| s.sum(&weights) >= 12.0);
    is(&council, Ok(shapley(&council)), &[14.0, 14.0, 14.0, 9.0, 9.0, 0.0].map(|x| x / 60.0));
    let apex = simple(4, |s| s.sum(&[2.0, 1.0, 1.0, 1.0]) >= 3.0);
    is(&apex, Ok(shapley(&apex)), &[0.5, 1.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0]);
    is(&apex, nucleolus(&apex), &[0.4, 0.2, 0.2, 0.2]);
    assert_eq!(emptiness(&apex).unwrap().is_empty, Answer::Yes);
    assert!(core_ranges(&apex).unwrap().is_none());
    assert!(smallest_variance(&apex, Within::Core, Of::Gains).is_err());
}

/// A file of the folder of known games, where it is.
fn known(file: &str) -> Option<serde_json::Value> {
    let path = common::repository("../shared/data/cooperation").join(file);
    if !path.exists() {
        eprintln!("skipped: {} is not here", path.display());
        return None;
    }
    Some(serde_json::from_str(&common::text_of(&path)).unwrap())
}

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    value.as_array().into_iter().flatten().map(|x| x.as_f64().unwrap()).collect()
}

/// Proves: every game of the collection has the answers that are published or were calculated in exact
/// fractions: Shapley, nucleolus, equal shares of the gain, Gately, what leaves, the first level.
#[test]
fn the_known_games() {
    let Some(games) = known("tu_games.json") else { return };
    let mut count = 0;
    for (name, entry) in games.as_object().unwrap() {
        eprintln!("{name}");
        let players = entry["n"].as_u64().unwrap() as usize;
        let game = lexicographic(players, &numbers(&entry["v_lex"]));
        is(&game, Ok(shapley(&game)), &numbers(&entry["shapley"]));
        is(&game, nucleolus(&game), &numbers(&entry["nucleolus"]));
        is(&game, nash(&game, None), &numbers(&entry["equal_surplus_nash"]));
        if !entry["gately"].is_null() {
            is(&game, gately(&game), &numbers(&entry["gately"]));
        }
        let core = emptiness(&game).unwrap();
        assert_eq!(core.is_empty == Answer::Yes, entry["core_empty"].as_bool().unwrap());
        let level = entry["least_core_surplus_first_level"].as_f64().unwrap();
        assert!((core.surplus.unwrap().lower - level).abs() <= 1e-9 * game.whole());
        for (shares, key) in [
            (shapley(&game).shares, "shapley_core_violations"),
            (nash(&game, None).unwrap().shares, "equal_surplus_core_violations"),
        ] {
            let check = core_check(&game, &shares).unwrap();
            let leaving = entry[key].as_array().unwrap();
            assert_eq!(check.in_core == Answer::No, !leaving.is_empty(), "{key}");
            if check.in_core == Answer::No {
                let who: Vec<u64> =
                    check.first_to_leave.unwrap().coalition.players().map(|i| i as u64).collect();
                assert!(leaving.contains(&serde_json::json!(who)), "{key}: {who:?}");
            }
        }
        if name == "gately1972_southern_india" || name == "majority_empty_core" {
            assert!(proportional(&game, None).is_err());
        }
        count += 1;
    }
    assert!(count >= 6);
}

/// Proves: a steelworks, a power company and a heat network share a linear programme as it was
/// calculated in exact fractions; the prices' split, which pays the power company nothing, is in the
/// core, and the power company's range says that 0 is the least it may get.
#[test]
fn steel_power_and_heat() {
    let Some(file) = known("owen_lp_game.json") else { return };
    let order = ["steelworks", "power_co", "heat_network"];
    let game = game_of(3, |s| {
        let key: Vec<&str> = s.players().map(|i| order[i]).collect();
        file["v"][key.join("+")].as_f64().unwrap()
    });
    is(&game, Ok(shapley(&game)), &numbers(&file["shapley"]));
    is(&game, nucleolus(&game), &numbers(&file["nucleolus"]));
    let level = emptiness(&game).unwrap().surplus.unwrap().lower;
    assert!((level - file["least_core_surplus"].as_f64().unwrap()).abs() < 1e-9 * game.whole());
    assert_eq!(in_core(&game, &numbers(&file["owen"])), Answer::Yes);
    let power = core_ranges(&game).unwrap().unwrap()[1];
    assert!(power.lower.abs() < 1e-9 * game.whole());
}

/// Proves: TheoryOfGames.jl asserts the same Shapley values, nucleoli and smallest variances of shares
/// within the core and the least core, to the digits that its interior-point solver leaves (1e-5).
#[test]
fn theory_of_games() {
    let Some(file) = known("theoryofgames_asserted_refs.json") else { return };
    let cases: [(&str, &[f64]); 3] = [
        ("three_users_atleasttwo", &[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0]),
        ("three_users_onlyone", &[1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0]),
        ("three_users_mapping", &[2.0, 5.0, 4.0, 14.0, 18.0, 9.0, 24.0]),
    ];
    for (name, worths) in cases {
        let game = lexicographic(3, worths);
        let near = |key: String, found: Split| {
            let text = file["refs"][&key].as_str().unwrap_or_else(|| panic!("no {key}"));
            for line in text.lines() {
                let (player, share) = line.split_once(": ").unwrap();
                let at = player.parse::<usize>().unwrap() - 1;
                let share: f64 = share.parse().unwrap();
                assert!((found.shares[at] - share).abs() < 1e-5, "{key}: {found:?}\n{text}");
            }
        };
        near(format!("shapley_value/ENUM_{name}.yml"), shapley(&game));
        near(format!("nucleolus/ENUM_{name}.yml"), nucleolus(&game).unwrap());
        let even = |within| smallest_variance(&game, within, Of::Shares).unwrap();
        near(format!("var_in_core/ALL_{name}.yml"), even(Within::Core));
        near(format!("var_least_core/ALL_{name}.yml"), even(Within::LeastCore));
    }
}

/// Proves: with bounds nothing is claimed that they do not carry. Two players alone worth 0 to 2 and 1,
/// together 4 (reached). Half of the gain each, (1.5, 2.5), is kept by both whatever is true; (1, 3) the
/// first would leave if it is worth 2: it cannot be told; (0, 4) with the first worth at least 1 is left.
/// Sensitivity: by the lower bounds alone (1, 3) would be called stable.
#[test]
fn bounds_carry_the_claim() {
    let two = |least: f64, most: f64| {
        let worths = [
            Interval { lower: least, upper: most },
            Interval::exactly(1.0),
            Interval { lower: 4.0, upper: 4.5 },
        ];
        Game::by_size(names(2), &worths).unwrap()
    };
    let game = two(0.0, 2.0);
    assert_eq!(in_core(&game, &[2.0, 2.0]), Answer::Yes);
    let check = core_check(&game, &[1.0, 3.0]).unwrap();
    assert_eq!(check.in_core, Answer::CannotBeTold);
    let leaving = check.first_to_leave.unwrap();
    assert_eq!(
        (leaving.coalition, leaving.by),
        (Coalition::of(0), Interval { lower: -1.0, upper: 1.0 })
    );
    assert_eq!(in_core(&two(1.0, 2.0), &[0.0, 4.0]), Answer::No);
    let core = emptiness(&game).unwrap();
    // (4 − 0 − 1) / 2 and (4 − 2 − 1) / 2.
    assert_eq!(core.is_empty, Answer::No);
    assert_eq!(core.surplus, Some(Interval { lower: 0.5, upper: 1.5 }));
    assert_eq!(emptiness(&two(0.0, 3.5)).unwrap().is_empty, Answer::CannotBeTold);
    assert_eq!(emptiness(&two(3.5, 3.6)).unwrap().is_empty, Answer::Yes);
    // Shapley and equal Nash of two: (4 + v0 − 1) / 2 for the first: 1.5 to 2.5.
    for split in [shapley(&game), nash(&game, None).unwrap()] {
        assert_eq!(split.shares, [1.5, 2.5]);
        let intervals = split.intervals.unwrap();
        assert_eq!(intervals[0], Interval { lower: 1.5, upper: 2.5 });
        assert_eq!(intervals[1], Interval { lower: 1.5, upper: 2.5 });
    }
}

/// Proves: shares that are no division of the whole are refused, and rules that say nothing say why.
#[test]
fn what_is_not_defined() {
    let game = lexicographic(2, &[3.0, -1.0, 6.0]);
    for shares in [vec![3.0], vec![3.0, 4.0], vec![f64::NAN, 3.0]] {
        assert!(core_check(&game, &shares).is_err(), "{shares:?}");
    }
    assert!(proportional(&game, None).unwrap_err().to_string().contains("contributions"));
    is(&game, proportional(&game, Some(&[3.0, 1.0])), &[6.0, 0.0]);
    is(&game, nash(&game, Some(&[0.0, 2.0])), &[3.0, 3.0]);
    for weights in [&[1.0][..], &[0.0, 0.0], &[-1.0, 2.0], &[f64::NAN, 1.0]] {
        assert!(nash(&game, Some(weights)).is_err(), "{weights:?}");
    }
    let apart = lexicographic(2, &[3.0, 3.0, 5.0]);
    assert!(nash(&apart, None).is_err() && gately(&apart).is_err());
    assert_eq!(emptiness(&apart).unwrap().is_empty, Answer::Yes);
}

/// Proves: all mistakes of a game are told at once: two names alike, an empty one, too few worths, one
/// that is no number, bounds in the wrong order; and 0 or 11 players.
#[test]
fn all_mistakes_at_once() {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let worths = [
        Interval::exactly(f64::NAN),
        Interval { lower: 2.0, upper: 1.0 },
        Interval::exactly(f64::INFINITY),
    ];
    let found = Game::by_size(names(&["a", "a", " "]), &worths).unwrap_err();
    let text: Vec<&str> = found.iter().map(|mistake| mistake.message.as_str()).collect();
    assert_eq!(found.len(), 6, "{text:#?}");
    assert!(text.iter().any(|line| line.contains("3 worths for 3 players; give 7")), "{text:#?}");
    for players in [0, 11, 70_000] {
        let found = Game::of(vec!["x".into(); players], |_| Interval::exactly(0.0)).unwrap_err();
        assert!(found[0].message.contains("1 to 10"), "{found:?}");
    }
}

/// Proves: one player gets what it is worth by every rule, and its core is that.
#[test]
fn one_player() {
    let game = lexicographic(1, &[-7.5]);
    for rule in Rule::ALL {
        is(&game, split(&game, rule, &Terms::default()), &[-7.5]);
    }
    assert_eq!(in_core(&game, &[-7.5]), Answer::Yes);
    assert_eq!(emptiness(&game).unwrap().is_empty, Answer::No);
    let ranges = core_ranges(&game).unwrap().unwrap();
    assert!((ranges[0].lower + 7.5).abs() < 1e-12 && (ranges[0].upper + 7.5).abs() < 1e-12);
}

/// Proves: ten players, all rules, ranges and checks come to an end, symmetric where the game is: pairs
/// of companies that are worth the square of their number share alike.
#[test]
fn ten_players() {
    let game = game_of(10, |s| (s.len() * s.len()) as f64);
    for rule in Rule::ALL {
        is(&game, split(&game, rule, &Terms::default()), &[10.0; 10]);
    }
    let ranges = core_ranges(&game).unwrap().unwrap();
    // Convex: from what it has alone to what it adds as the last, 100 − 81.
    for range in ranges {
        assert!((range.lower - 1.0).abs() < 1e-9 && (range.upper - 19.0).abs() < 1e-9);
    }
}

/// A game by chance: plants that pool resources, so that worths are superadditive or nearly; or whole
/// numbers with many ties; of any sign.
fn any_game() -> impl Strategy<Value = Game> {
    let few = (1usize..=6, prop::collection::vec(-3i32..=6, 64), Just(1.0));
    let many = (1usize..=6, prop::collection::vec(-3000i32..=6000, 64), Just(0.013));
    prop_oneof![few, many].prop_map(|(players, numbers, unit)| {
        game_of(players, |s| {
            let at: usize = s.players().map(|i| 1 << i).sum();
            (f64::from(numbers[at]) + (s.len() * s.len()) as f64) * unit
        })
    })
}

/// The worths in the order that a file has them.
fn worths(game: &Game) -> Vec<f64> {
    Coalition::by_size(game.players().len()).into_iter().map(|s| game.reached(s)).collect()
}

fn near(a: &[f64], b: &[f64], tolerance: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
}

/// How exactly rules agree: 1e-9 of the size of the game.
fn exactly(game: &Game) -> f64 {
    1e-9 * worths(game).iter().fold(1e-3_f64, |most, x| most.max(x.abs()))
}

/// The Shapley value by its words: over all orders.
fn by_orders(game: &Game) -> Vec<f64> {
    fn go(game: &Game, came: Coalition, sum: &mut [f64], weight: f64) {
        let left: Vec<usize> = game.everyone().players().filter(|i| !came.contains(*i)).collect();
        for player in &left {
            let weight = weight / left.len() as f64;
            let with = came.with(*player);
            sum[*player] += weight * (game.reached(with) - game.reached(came));
            go(game, with, sum, weight);
        }
    }
    let mut sum = vec![0.0; game.players().len()];
    go(game, Coalition::NOBODY, &mut sum, 1.0);
    sum
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    /// Proves: Shapley, nucleolus, least core and Gately's point are those of the crate `coopgame`, which
    /// shares nothing with this one, and Shapley is the mean over all orders.
    #[test]
    fn another_library_agrees(game in any_game()) {
        let other = coopgame::ExplicitGame::from_lex(&worths(&game)).unwrap();
        let exactly = exactly(&game);
        let found = shapley(&game).shares;
        prop_assert!(near(&found, &coopgame::values::shapley(&other), exactly));
        prop_assert!(near(&found, &by_orders(&game), exactly));
        let found = nucleolus(&game).unwrap();
        let right = match found.domain {
            Some(Domain::Imputations) => coopgame::nucleolus::nucleolus(&other),
            _ => coopgame::nucleolus::prenucleolus(&other),
        };
        let right = right.unwrap().into_allocation();
        prop_assert!(near(&found.shares, &right, 10.0 * exactly), "{found:?} {right:?}");
        let core = emptiness(&game).unwrap();
        let least = coopgame::nucleolus::least_core(&other, coopgame::Domain::Preimputation).unwrap();
        if let Some(surplus) = core.surplus {
            prop_assert!((surplus.lower + least.epsilon()).abs() <= 10.0 * exactly);
        }
        prop_assert_eq!(
            core.is_empty == Answer::No,
            coopgame::nucleolus::has_nonempty_core(&other).unwrap()
        );
    }

    /// Proves: shares of one sign add up to the whole to the last bit, others within rounding, whatever
    /// the rule; the nucleolus is in the core where there is one, and within its ranges; the point of the
    /// least core has its surplus, and the nucleolus, where it has that too, is not more even.
    #[test]
    fn what_every_split_keeps(game in any_game()) {
        for rule in Rule::ALL {
            if let Ok(found) = split(&game, rule, &Terms::default()) {
                let (sum, most) = found.shares.iter().fold((0.0, 0.0_f64), |(sum, most), x| {
                    (sum + x, most.max(x.abs()))
                });
                let one_sign = found.shares.iter().all(|x| *x >= 0.0)
                    || found.shares.iter().all(|x| *x <= 0.0);
                let rounding = if one_sign { 0.0 } else { 1e-15 * most };
                prop_assert!((sum - game.whole()).abs() <= rounding, "{:?} {:?}", rule, found);
            }
        }
        let core = emptiness(&game).unwrap();
        let found = nucleolus(&game).unwrap().shares;
        prop_assert_eq!(in_core(&game, &found) == Answer::Yes, core.is_empty == Answer::No);
        let even = smallest_variance(&game, Within::LeastCore, Of::Gains).unwrap().shares;
        let least = |shares: &[f64]| {
            let surplus = |s: Coalition| s.sum(shares) - game.reached(s);
            game.parts().into_iter().map(surplus).fold(f64::INFINITY, f64::min)
        };
        if let Some(surplus) = core.surplus {
            prop_assert!((least(&even) - surplus.lower).abs() <= exactly(&game));
        }
        let spread = |shares: &[f64]| -> f64 {
            let mean = game.gain() / shares.len() as f64;
            shares.iter().zip(game.alone()).map(|(x, v)| (x - v - mean).powi(2)).sum()
        };
        if core.surplus.is_some_and(|surplus| least(&found) >= surplus.lower - exactly(&game)) {
            let size = exactly(&game) * 1e9;
            prop_assert!(spread(&even) <= spread(&found) + 1e-8 * size * size);
        }
        if let Some(ranges) = core_ranges(&game).unwrap() {
            for (range, share) in ranges.iter().zip(&found) {
                let exactly = exactly(&game);
                prop_assert!(range.lower - exactly <= *share && *share <= range.upper + exactly);
            }
        }
    }

    /// Proves: what a player earns besides, alone and with anyone, it keeps, and money counted in
    /// another unit is split alike. Sensitivity: the variance of shares, which does not.
    #[test]
    fn nought_and_unit_do_not_matter(
        game in any_game(),
        besides in prop::collection::vec(-50i32..50, 6),
        unit in 0.01f64..100.0,
    ) {
        let besides: Vec<f64> = besides.into_iter().map(f64::from).collect();
        let moved = game_of(game.players().len(), |s| unit * (game.reached(s) + s.sum(&besides)));
        for rule in [Rule::Nash, Rule::Shapley, Rule::Nucleolus, Rule::LeastCore, Rule::Gately] {
            let before = split(&game, rule, &Terms::default());
            let after = split(&moved, rule, &Terms::default());
            prop_assert_eq!(before.is_ok(), after.is_ok(), "{:?}", rule);
            let (Ok(before), Ok(after)) = (before, after) else { continue };
            let right: Vec<f64> =
                before.shares.iter().zip(&besides).map(|(x, b)| unit * (x + b)).collect();
            let size = exactly(&moved) + exactly(&game) * unit;
            prop_assert!(near(&after.shares, &right, 10.0 * size), "{:?} {:?} {:?}", rule, after.shares, right);
        }
    }

    /// Proves: equals get the same, by every rule. Players 0 and 1 of the game are made equal.
    #[test]
    fn equals_get_the_same(game in any_game()) {
        prop_assume!(game.players().len() >= 2);
        let swap = |s: Coalition| match (s.contains(0), s.contains(1)) {
            (true, false) => s.without(0).with(1),
            (false, true) => s.without(1).with(0),
            _ => s,
        };
        let even = game_of(game.players().len(), |s| game.reached(s) + game.reached(swap(s)));
        for rule in Rule::ALL {
            if let Ok(found) = split(&even, rule, &Terms::default()) {
                prop_assert!((found.shares[0] - found.shares[1]).abs() <= exactly(&even), "{:?}", rule);
            }
        }
        let ranges = core_ranges(&even).unwrap();
        if let Some(ranges) = ranges {
            prop_assert!((ranges[0].upper - ranges[1].upper).abs() <= exactly(&even));
        }
    }

    /// Proves: who adds nothing to anyone gets what it has alone, by Shapley, and by the nucleolus where
    /// the others have a core; Shapley of two days together is that of each day, added.
    #[test]
    fn dummies_and_days(game in any_game(), other in any_game(), alone in -5i32..5) {
        let players = game.players().len();
        let dummy = game_of(players + 1, |s| {
            let others = s.without(players);
            game.reached(others) + if s.contains(players) { f64::from(alone) } else { 0.0 }
        });
        let mut right = shapley(&game).shares;
        right.push(f64::from(alone));
        prop_assert!(near(&shapley(&dummy).shares, &right, 10.0 * exactly(&dummy)));
        if emptiness(&game).unwrap().is_empty == Answer::No {
            let found = nucleolus(&dummy).unwrap().shares;
            prop_assert!((found[players] - f64::from(alone)).abs() <= 10.0 * exactly(&dummy));
        }
        let players = players.min(other.players().len());
        let days = [&game, &other].map(|day| game_of(players, |s| day.reached(s)));
        let both = game_of(players, |s| days[0].reached(s) + days[1].reached(s));
        let sum: Vec<f64> = shapley(&days[0]).shares.iter().zip(shapley(&days[1]).shares).map(|(a, b)| a + b).collect();
        prop_assert!(near(&shapley(&both).shares, &sum, exactly(&days[0]) + exactly(&days[1])));
    }

    /// Proves: whatever the worths are within their bounds, Shapley's and Nash's shares are within their
    /// intervals, and what is said of the core holds. Sensitivity: bounds taken the wrong way round.
    #[test]
    fn bounds_hold_for_every_worth_between(
        game in any_game(),
        room in prop::collection::vec(0.0f64..3.0, 64),
        at in prop::collection::vec(0.0f64..=1.0, 64),
    ) {
        let players = game.players().len();
        let place = |s: Coalition| s.players().map(|i| 1_usize << i).sum::<usize>();
        let bounds = |s: Coalition| Interval {
            lower: game.reached(s),
            upper: game.reached(s) + room[place(s)],
        };
        let open = Game::of(names(players), bounds).unwrap();
        let chosen = game_of(players, |s| {
            let room = if s == game.everyone() { 0.0 } else { room[place(s)] };
            game.reached(s) + room * at[place(s)]
        });
        let exactly = 10.0 * (exactly(&game) + 1e-9 * 3.0);
        for rule in [Rule::Shapley, Rule::Nash] {
            let (found, right) = (split(&open, rule, &Terms::default()), split(&chosen, rule, &Terms::default()));
            let (Ok(found), Ok(right)) = (found, right) else { continue };
            for (interval, share) in found.intervals.unwrap().iter().zip(right.shares) {
                prop_assert!(interval.lower - exactly <= share && share <= interval.upper + exactly);
            }
        }
        let (said, true_one) = (emptiness(&open).unwrap(), emptiness(&chosen).unwrap());
        prop_assert!(said.is_empty == Answer::CannotBeTold || said.is_empty == true_one.is_empty);
        if let (Some(said), Some(surplus)) = (said.surplus, true_one.surplus) {
            prop_assert!(said.lower - exactly <= surplus.lower && surplus.lower <= said.upper + exactly);
        }
        let shares = nucleolus(&open).unwrap().shares;
        let said = in_core(&open, &shares);
        prop_assert!(said == Answer::CannotBeTold || said == in_core(&chosen, &shares));
    }

    /// Proves: what a solver leaves of rounding in worths hardly moves the shares, ties or none: by ten
    /// times as much at most. Sensitivity: limits that follow from others but for rounding, taken at
    /// their word, leave no point at all.
    #[test]
    fn rounding_hardly_moves_shares(
        game in any_game(),
        noise in prop::collection::vec(-1.0f64..1.0, 64),
        digits in 9i32..14,
    ) {
        let size = 10_f64.powi(-digits) * exactly(&game) * 1e9;
        let noisy = game_of(game.players().len(), |s| {
            game.reached(s) + size * noise[s.players().map(|i| 1_usize << i).sum::<usize>()]
        });
        for rule in [Rule::Shapley, Rule::Nucleolus, Rule::LeastCore, Rule::LeastCoreOfShares] {
            let before = split(&game, rule, &Terms::default()).unwrap();
            let after = split(&noisy, rule, &Terms::default()).unwrap();
            // Where the gain is nought, rounding decides whether anybody can be kept from a loss.
            if before.domain == after.domain {
                let allowed = 10.0 * size + 1e-4 * exactly(&game);
                prop_assert!(near(&before.shares, &after.shares, allowed), "{:?} {:?}", rule, after);
            }
        }
        prop_assert!(core_ranges(&noisy).is_ok() && emptiness(&noisy).is_ok());
    }
}
