//! `cowper share --game` as a user has it: tables in, JSON out, every mistake told.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

fn cowper(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cowper")).args(arguments).output().expect("cowper starts")
}

/// Shares a game given as text.
fn share(text: &str, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("game.json");
    std::fs::write(&path, text).expect("a temporary folder takes files");
    let path = path.display().to_string();
    cowper(&[&["share", "--game", path.as_str()], more].concat())
}

fn shared(text: &str, more: &[&str]) -> Value {
    let output = share(text, more);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let value: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let schema = serde_json::from_slice(&cowper(&["schema", "--of", "game"]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let games: Vec<&Value> = match value.get("rules") {
        Some(_) => vec![&value],
        None => value.as_object().into_iter().flat_map(|games| games.values()).collect(),
    };
    for game in games {
        assert!(validator.is_valid(game), "{:?}", validator.iter_errors(game).next());
    }
    value
}

/// Compares lists of numbers to 1e-9 of their size.
#[track_caller]
fn near(found: &Value, right: &Value) {
    let numbers = |value: &Value| -> Vec<f64> {
        value.as_array().into_iter().flatten().map(|x| x.as_f64().expect("a number")).collect()
    };
    let (found, right) = (numbers(found), numbers(right));
    let size = right.iter().fold(1e-9_f64, |most, x| most.max(x.abs()));
    let near = found.iter().zip(&right).all(|(a, b)| (a - b).abs() <= 1e-9 * size);
    assert!(near && found.len() == right.len(), "{found:?}, not {right:?}");
}

const GATELY: &str = r#"{"players": ["Kerala", "Tamil Nadu", "Andhra"], "n": 3,
  "v_lex": [0, 0, 0, 1170, 770, 210, 1530], "source": "Gately 1974"}"#;

/// Proves: Gately's game of electricity in Southern India has his point 827.70, 476.56, 225.74, the
/// nucleolus 955, 395, 180, and equal shares that the first two would leave to have 150 more.
/// Sensitivity: worths in the order of bits would exchange 770 and 210.
#[test]
fn a_game_by_name() {
    let found = shared(GATELY, &[]);
    assert_eq!(found["players"], json!(["Kerala", "Tamil Nadu", "Andhra"]));
    assert_eq!((&found["whole"], &found["gain"]), (&json!(1530.0), &json!(1530.0)));
    near(&found["rules"]["nucleolus"]["shares"], &json!([955, 395, 180]));
    let gately = [1320.0, 760.0, 360.0].map(|adds| adds / 2440.0 * 1530.0);
    near(&found["rules"]["gately"]["shares"], &json!(gately));
    let nash = &found["rules"]["nash"];
    near(&nash["shares"], &json!([510, 510, 510]));
    assert_eq!(nash["in_core"], "no");
    assert_eq!(nash["would_leave"]["coalition"], json!(["Kerala", "Tamil Nadu"]));
    assert_eq!(nash["would_leave"]["by"], json!({"lower": 150.0, "upper": 150.0}));
    assert_eq!(found["core"]["empty"], "no");
    // The first two cannot be had for less than 1170, so the third gets 360 at most.
    near(&found["core"]["ranges"][2]["upper"].as_f64().into_iter().collect(), &json!([360]));
    assert!(found["rules"]["proportional"]["shares"].is_null());
    assert!(found["rules"]["proportional"]["not_defined"].is_string());
}

/// Proves: weights and contributions reach their rules, players without a weight have 1.
#[test]
fn weights_and_contributions() {
    let more = ["--weights", "Kerala=2", "--contributions", "Kerala=1,Tamil Nadu=0,Andhra=4"];
    let found = shared(GATELY, &more);
    near(&found["rules"]["nash"]["shares"], &json!([765, 382.5, 382.5]));
    near(&found["rules"]["proportional"]["shares"], &json!([306, 0, 1224]));
}

/// Proves: several games of a file give an object of results; worths may stand by names, and as bounds,
/// which then carry no claim: half the gain each, 5, is above 4 to 6 or not.
#[test]
fn several_games_and_bounds() {
    let found = shared(
        r#"{"known": {"v": {"b": 1, "a": 2, "a+b": 5}},
            "open": {"v_lex_lower": [4, 4, 10], "v_lex_upper": [6, 4, 11]}}"#,
        &[],
    );
    assert_eq!(found["known"]["players"], json!(["b", "a"]));
    near(&found["known"]["rules"]["shapley"]["shares"], &json!([2, 3]));
    let open = &found["open"];
    assert_eq!((&open["core"]["empty"], &open["players"]), (&json!("no"), &json!(["0", "1"])));
    let shapley = &open["rules"]["shapley"];
    near(&shapley["shares"], &json!([5, 5]));
    assert_eq!(shapley["in_core"], "cannot_be_told");
    let leave = json!({"coalition": ["0"], "by": {"lower": -1.0, "upper": 1.0}});
    assert_eq!(shapley["would_leave"], leave);
    assert_eq!(shapley["intervals"][0], json!({"lower": 5.0, "upper": 6.0}));
}

/// Proves: every mistake of a file is told at once, with its line, and nothing is printed as a result.
#[test]
fn every_mistake_is_told() {
    let bad = r#"{
"a": {"players": ["x", "x", 3], "n": 4, "v_lex": [1, "2", null, 1e999]},
"b": {"n": 12, "v_lex": [0]},
"c": [1],
"d": {"v": {"p": 1, "q": 2, "p+r": 3}},
"e": {"v_lex_lower": [1, 2, 3], "v_lex_upper": [0, 2, 3]},
"f": {"v_lex": [1], "v_lex": [2]},
"g": {"v_lex": [1], "v": {"a": 1}},
"h": {"v_lex_lower": [1]},
"i": {"v_lex": [0, 0, 0, 0]},
"j": {"v_lex": "none", "players": "two"},
"k": {"v_lex": [1, 2, 3], "v_lex_upper": [1]},
"l": {"v_lex": []}
}"#;
    let output = share(bad, &[]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    for (line, said) in [
        (2, "two players are called `x`"),
        (2, "the name of a player is not a text"),
        (2, "`n` is 4, but there are 3 players"),
        (2, "the worth of a coalition is not a number"),
        (2, "4 worths for 3 players; give 7"),
        (3, "a whole number from 1 to 10"),
        (4, "game `c` is not an object"),
        (5, "`r` is not a player"),
        (5, "`p+q` has no worth"),
        (6, "the lower worth 1 is above the upper one 0"),
        (7, "`v_lex` stands twice"),
        (8, "one of `v_lex`"),
        (9, "`v_lex_lower` needs `v_lex_upper`"),
        (10, "4 worths for 2 players; give 3"),
        (11, "`v_lex` is not a list"),
        (11, "`players` is not a list"),
        (12, "1 upper worths for 3 lower ones"),
        (13, "0 players; a game has 1 to 10"),
    ] {
        let place = format!("game.json:{line}:");
        let mut told = told.split("\n\n");
        let is_told = told.any(|one| one.contains(said) && one.contains(&place));
        assert!(is_told, "line {line}: {said}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(told.contains("20 mistakes"), "{told}");
}

/// Proves: what is no JSON, no file, no player or no choice is told, each with its exit code; no text
/// makes it panic.
#[test]
fn other_mistakes() {
    let code = |output: &Output| output.status.code();
    for text in [
        "",
        "[",
        "3",
        "{}",
        "null",
        "{\"v_lex\": [NaN]}",
        "\u{feff}{\"v_lex\": [Infinity]}",
        "{\"é\": ü}",
        "{\"v_lex\":[1e101]}",
    ] {
        let output = share(text, &[]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(code(&output), Some(1), "{text}: {told}");
        assert!(told.contains("error: ") && !told.contains("panicked"), "{text}: {told}");
    }
    let output =
        share(GATELY, &["--weights", "Kerala=-1,Goa=2,Andhra", "--contributions", "Kerala=0"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(code(&output), Some(1));
    for said in [
        "`-1` is not",
        "`Goa` is not a player; there are Kerala",
        "`Andhra` has no number",
        "`Tamil Nadu` is not named",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert_eq!(code(&cowper(&["share", "--game", "no/such/file"])), Some(4));
    let nothing = cowper(&["share"]);
    assert_eq!(code(&nothing), Some(1));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("--game FILE"));
    assert_eq!(code(&cowper(&["share", "site.toml", "--game", "x"])), Some(2));
}

/// Proves: the folder of known games can be read as it is, and prints what it holds.
#[test]
fn the_known_games_are_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("../shared/data/cooperation");
    let file = folder.join("tu_games.json");
    if !file.exists() {
        eprintln!("skipped: {} is not here", file.display());
        return;
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let games: Value = serde_json::from_str(&text).unwrap();
    let found = shared(&text, &[]);
    for (name, game) in games.as_object().unwrap() {
        for (rule, key) in
            [("shapley", "shapley"), ("nucleolus", "nucleolus"), ("nash", "equal_surplus_nash")]
        {
            near(&found[name]["rules"][rule]["shares"], &game[key]);
        }
    }
    let text = std::fs::read_to_string(folder.join("owen_lp_game.json")).unwrap();
    let game: Value = serde_json::from_str(&text).unwrap();
    let found = shared(&text, &[]);
    assert_eq!(found["players"], json!(["steelworks", "power_co", "heat_network"]));
    near(&found["rules"]["nucleolus"]["shares"], &game["nucleolus"]);
    near(&found["rules"]["shapley"]["shares"], &game["shapley"]);
}
