//! The file of a game, or of several: JSON with the worth of each coalition, and every mistake in it.

use std::fmt;

use cowper::diagnostic::{Diagnostic, Span};
use cowper::game::{About, Coalition, Game, Interval, MOST_PLAYERS, Mistake};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// What a file holds.
pub enum GameFile {
    /// One game.
    One(Game),
    /// Several, each with its name, in the order of the file.
    Several(Vec<(String, Game)>),
}

/// The keys of a game; others are let be.
const KEYS: [&str; 6] = ["n", "players", "v_lex", "v_lex_lower", "v_lex_upper", "v"];

/// Reads a file; says every mistake.
pub fn read(text: &str) -> Result<GameFile, Vec<Diagnostic>> {
    let body = text.trim_start_matches('\u{feff}');
    let reader = Reader { text };
    let mut found = Vec::new();
    let raw: &RawValue =
        serde_json::from_str(body).map_err(|error| vec![reader.not_json(body, &error)])?;
    let Some(top) = reader.object(raw, "the file", &mut found) else { return Err(found) };
    let one = top.iter().any(|(key, _)| KEYS.contains(&key.as_str()));
    let file = if one || top.is_empty() {
        reader.game(raw, &top, &mut found).map(GameFile::One)
    } else {
        let games = top.into_iter().filter_map(|(name, raw)| {
            let entries = reader.object(raw, &format!("game `{name}`"), &mut found)?;
            Some((name, reader.game(raw, &entries, &mut found)?))
        });
        Some(GameFile::Several(games.collect()))
    };
    match file {
        Some(file) if found.is_empty() => Ok(file),
        _ => Err(found),
    }
}

/// A JSON object with the places of its values, in the order of the file.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Entries<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// Numbers of a list, each with its place.
struct List {
    numbers: Vec<f64>,
    spans: Vec<Span>,
    whole: Span,
}

/// The worths of a game as they were found, each with its place.
struct Worths {
    intervals: Vec<Interval>,
    spans: Vec<Span>,
    whole: Span,
}

impl Worths {
    fn exactly(list: List) -> Self {
        let intervals = list.numbers.into_iter().map(Interval::exactly).collect();
        Worths { intervals, spans: list.spans, whole: list.whole }
    }
}

struct Reader<'a> {
    text: &'a str,
}

impl<'a> Reader<'a> {
    /// Where a value stands: it is a part of the text.
    fn span(&self, raw: &RawValue) -> Span {
        let start = (raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        Span { start, end: start + raw.get().len() }
    }

    fn not_json(&self, body: &str, error: &serde_json::Error) -> Diagnostic {
        let before = self.text.len() - body.len();
        let lines = body.split_inclusive('\n').take(error.line().saturating_sub(1));
        let line: usize = lines.map(str::len).sum();
        let at = (before + line + error.column().saturating_sub(1)).min(self.text.len());
        let message = format!("the file is not JSON: {error}; NaN and infinity are none either");
        Diagnostic::error(Span { start: at, end: at + 1 }, message)
    }

    fn object(
        &self,
        raw: &'a RawValue,
        what: &str,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Vec<(String, &'a RawValue)>> {
        let Ok(Entries(entries)) = serde_json::from_str::<Entries>(raw.get()) else {
            let message =
                format!("{what} is not an object; write {{\"n\": ..., \"v_lex\": [...]}}");
            found.push(Diagnostic::error(self.head(raw), message));
            return None;
        };
        for (at, (key, raw)) in entries.iter().enumerate() {
            if entries[..at].iter().any(|(other, _)| other == key) {
                let message = format!("`{key}` stands twice; leave one out");
                found.push(Diagnostic::error(self.head(raw), message));
            }
        }
        Some(entries)
    }

    /// The first line of a value.
    fn head(&self, raw: &RawValue) -> Span {
        let Span { start, .. } = self.span(raw);
        Span { start, end: start + raw.get().lines().next().map_or(0, str::len) }
    }

    fn game(
        &self,
        raw: &'a RawValue,
        entries: &[(String, &'a RawValue)],
        found: &mut Vec<Diagnostic>,
    ) -> Option<Game> {
        let before = found.len();
        let get = |key: &str| entries.iter().find(|(k, _)| k == key).map(|(_, raw)| *raw);
        let count = get("n").map(|raw| self.count(raw, found));
        let players = get("players").filter(|raw| raw.get() != "null");
        let mut names = players.and_then(|raw| self.names(raw, found));
        let worths = self.worths((raw, entries), &mut names, found)?;
        let at = players.unwrap_or(raw);
        let names = match (names, count) {
            (Some(names), Some(Some(count))) if names.len() != count => {
                let message = format!(
                    "`n` is {count}, but there are {} players; correct one of them",
                    names.len()
                );
                found.push(Diagnostic::error(self.head(at), message));
                names
            }
            (Some(names), _) => names,
            (None, Some(None)) => return None,
            (None, count) => {
                let fits = (worths.intervals.len() + 1).ilog2() as usize;
                (0..count.flatten().unwrap_or(fits)).map(|player| player.to_string()).collect()
            }
        };
        let order = Coalition::by_size(names.len());
        let place = |about: About| match about {
            About::Players => self.head(at),
            About::Player(player) => self.item(at, player),
            About::Worths => worths.whole,
            About::Worth(coalition) => {
                let at = order.iter().position(|other| *other == coalition);
                at.and_then(|at| worths.spans.get(at)).copied().unwrap_or(worths.whole)
            }
        };
        let game = Game::by_size(names, &worths.intervals);
        let game = game.map_err(|mistakes| {
            let placed = |m: &Mistake| Diagnostic::error(place(m.about), m.message.clone());
            found.extend(mistakes.iter().map(placed));
        });
        game.ok().filter(|_| found.len() == before)
    }

    /// The worths of a game, in whichever way they are given.
    fn worths(
        &self,
        (raw, entries): (&'a RawValue, &[(String, &'a RawValue)]),
        names: &mut Option<Vec<String>>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Worths> {
        let get = |key: &str| entries.iter().find(|(k, _)| k == key).map(|(_, raw)| *raw);
        match (get("v_lex"), get("v_lex_lower"), get("v")) {
            (None, None, Some(raw)) => self.by_name(raw, names, found),
            (Some(raw), None, None) => {
                let list = self.numbers(raw, "v_lex", found);
                self.bounded(list?, get("v_lex_upper"), found)
            }
            (None, Some(raw), None) => {
                if get("v_lex_upper").is_none() {
                    let message = "`v_lex_lower` needs `v_lex_upper`; where worths are known exactly, call it `v_lex`";
                    found.push(Diagnostic::error(self.head(raw), message));
                }
                let list = self.numbers(raw, "v_lex_lower", found);
                self.bounded(list?, get("v_lex_upper"), found)
            }
            _ => {
                let message = "a game has its worths in one of `v_lex`, `v_lex_lower` with `v_lex_upper`, or `v`; give one of them";
                found.push(Diagnostic::error(self.head(raw), message));
                None
            }
        }
    }

    /// Where an item of a list stands.
    fn item(&self, raw: &RawValue, at: usize) -> Span {
        let items: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
        items.get(at).map_or(self.head(raw), |raw| self.span(raw))
    }

    fn count(&self, raw: &RawValue, found: &mut Vec<Diagnostic>) -> Option<usize> {
        let count = serde_json::from_str::<usize>(raw.get()).ok();
        let count = count.filter(|count| (1..=MOST_PLAYERS).contains(count));
        if count.is_none() {
            let message = format!(
                "`n`, how many players there are, is a whole number from 1 to {MOST_PLAYERS}"
            );
            found.push(Diagnostic::error(self.head(raw), message));
        }
        count
    }

    fn names(&self, raw: &'a RawValue, found: &mut Vec<Diagnostic>) -> Option<Vec<String>> {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
            let message = "`players` is not a list; write [\"steel\", \"power\"]";
            found.push(Diagnostic::error(self.head(raw), message));
            return None;
        };
        let name = |(at, raw): (usize, &&RawValue)| {
            serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| {
                let message = "the name of a player is not a text; write it in quotation marks";
                found.push(Diagnostic::error(self.head(raw), message));
                format!("player {at}")
            })
        };
        Some(items.iter().enumerate().map(name).collect())
    }

    /// A list of numbers, each with its place; what is none counts as nought, once it is noted.
    fn numbers(&self, raw: &'a RawValue, key: &str, found: &mut Vec<Diagnostic>) -> Option<List> {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
            let message =
                format!("`{key}` is not a list; write one number a coalition, [0, 0, ...]");
            found.push(Diagnostic::error(self.head(raw), message));
            return None;
        };
        let numbers = items.iter().map(|raw| self.number(raw, found)).collect();
        let spans = items.iter().map(|raw| self.head(raw)).collect();
        Some(List { numbers, spans, whole: self.head(raw) })
    }

    fn number(&self, raw: &RawValue, found: &mut Vec<Diagnostic>) -> f64 {
        let number = serde_json::from_str::<f64>(raw.get()).ok().filter(|x| x.is_finite());
        number.unwrap_or_else(|| {
            let message = "the worth of a coalition is not a number; write one such as 12.5";
            found.push(Diagnostic::error(self.head(raw), message));
            0.0
        })
    }

    /// Worths between two lists, or those of one list, known exactly.
    fn bounded(
        &self,
        lower: List,
        upper: Option<&'a RawValue>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Worths> {
        let Some(raw) = upper else { return Some(Worths::exactly(lower)) };
        let upper = self.numbers(raw, "v_lex_upper", found)?;
        if upper.numbers.len() != lower.numbers.len() {
            let (more, less) = (upper.numbers.len(), lower.numbers.len());
            let message =
                format!("{more} upper worths for {less} lower ones; give both for each coalition");
            found.push(Diagnostic::error(upper.whole, message));
            return None;
        }
        let pairs = lower.numbers.iter().zip(&upper.numbers);
        let intervals = pairs.map(|(lower, upper)| Interval { lower: *lower, upper: *upper });
        Some(Worths { intervals: intervals.collect(), spans: upper.spans, whole: lower.whole })
    }

    /// Worths by the names of players, joined by `+`; the names are those of the players alone, where
    /// they are not given.
    fn by_name(
        &self,
        raw: &'a RawValue,
        names: &mut Option<Vec<String>>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Worths> {
        let entries = self.object(raw, "`v`", found)?;
        let whole = self.head(raw);
        let alone = entries.iter().map(|(key, _)| key).filter(|key| !key.contains('+'));
        let names = names.get_or_insert_with(|| alone.cloned().collect());
        if !(1..=MOST_PLAYERS).contains(&names.len()) {
            let message = format!("{} players; a game has 1 to {MOST_PLAYERS}", names.len());
            found.push(Diagnostic::error(whole, message));
            return None;
        }
        let order = Coalition::by_size(names.len());
        let mut worths = vec![None; order.len()];
        for (key, raw) in &entries {
            let Some(coalition) = self.coalition((key, raw), names, found) else { continue };
            let Some(at) = order.iter().position(|other| *other == coalition) else { continue };
            if worths[at].replace((self.number(raw, found), self.head(raw))).is_some() {
                let message = format!("`{key}` has a worth already; leave one out");
                found.push(Diagnostic::error(self.head(raw), message));
            }
        }
        for (coalition, _) in order.iter().zip(&worths).filter(|(_, worth)| worth.is_none()) {
            let who: Vec<&str> = coalition.players().map(|player| names[player].as_str()).collect();
            let message = format!("`{}` has no worth; give it one", who.join("+"));
            found.push(Diagnostic::error(whole, message));
        }
        let worths = worths.into_iter().map(|worth| worth.unwrap_or((0.0, whole)));
        let (numbers, spans) = worths.unzip();
        Some(Worths::exactly(List { numbers, spans, whole }))
    }

    /// The coalition of some names joined by `+`.
    fn coalition(
        &self,
        (key, raw): (&str, &RawValue),
        names: &[String],
        found: &mut Vec<Diagnostic>,
    ) -> Option<Coalition> {
        let mut coalition = Some(Coalition::NOBODY);
        for name in key.split('+').map(str::trim) {
            let player = names.iter().position(|player| player == name);
            if player.is_none() {
                let message = format!("`{name}` is not a player; there are {}", names.join(", "));
                found.push(Diagnostic::error(self.head(raw), message));
            }
            coalition = coalition.zip(player).map(|(coalition, player)| coalition.with(player));
        }
        coalition
    }
}
