//! Numbers given to players on the command line: `steel=2,power=1`.

use cowper::diagnostic::Diagnostic;
use cowper::game::Game;

/// One number a player, in the order of a game. Those that are not named have the number for others;
/// without one all have to be named. None where nothing is given; all mistakes where there are any.
pub fn numbers(
    option: &str,
    given: &[String],
    others: Option<f64>,
    game: &Game,
) -> Result<Option<Vec<f64>>, Vec<Diagnostic>> {
    if given.is_empty() {
        return Ok(None);
    }
    let mut found = Vec::new();
    let mut wrong = |text: String| found.push(Diagnostic::nowhere(format!("--{option}: {text}")));
    let mut numbers: Vec<Option<f64>> = vec![None; game.players().len()];
    for item in given {
        let Some((name, number)) = item.rsplit_once('=') else {
            wrong(format!("`{item}` has no number; write {}=1", item.trim()));
            continue;
        };
        let Some(at) = game.players().iter().position(|player| player == name.trim()) else {
            let players = game.players().join(", ");
            wrong(format!("`{}` is not a player; there are {players}", name.trim()));
            continue;
        };
        let number = match number.trim().parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => number,
            _ => {
                wrong(format!("`{}` is not a number of nought or more", number.trim()));
                1.0
            }
        };
        if numbers[at].replace(number).is_some() {
            wrong(format!("`{}` is named twice; name it once", name.trim()));
        }
    }
    for (player, number) in game.players().iter().zip(&mut numbers) {
        if number.is_none() && others.is_none() {
            wrong(format!("`{player}` is not named; give each player a number"));
        }
        *number = number.or(others);
    }
    let numbers: Vec<f64> = numbers.into_iter().flatten().collect();
    if numbers.iter().all(|number| *number == 0.0) {
        wrong("all are nought; give one at least more".into());
    }
    if found.is_empty() { Ok(Some(numbers)) } else { Err(found) }
}
