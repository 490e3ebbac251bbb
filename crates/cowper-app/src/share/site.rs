//! `cowper share SITE`: what working together is worth, who gets what, the agreement to settle by.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use cowper::cooperation::{self, Setting, Study, attributes, study};
use cowper::diagnostic::{Diagnostic, render};
use cowper::game::{Game, Interval, MOST_PLAYERS, Rule, Terms};
use cowper::settlement::{Agreeing, HashedFile, agree};
use cowper::time::Horizon;

use super::books::{Found, share_file};
use super::file::{Bounds, ShareFile, ShareTimings};
use super::named::numbers;
use super::page;
use crate::cli::{AgreedRule, ShareArguments, SiteArguments};
use crate::files::{self, Loaded, load, mistakes};
use crate::progress::{Line, stop_on_interrupt};
use crate::report::text::with_decimals;
use crate::run::{beside, compiled, limits};
use crate::settle::write_agreement;
use crate::{Failure, print};

/// Files of a study; an earlier one's must not stand beside a later share.json.
const OF_A_STUDY: [&str; 2] = ["share.json", "share.html"];
/// The folder of the agreement, within that of the study.
pub const AGREEMENT: &str = "agreement";

/// Studies a site, shares its gain and writes what to settle by.
pub fn share(site: &Path, arguments: &ShareArguments) -> Result<(), Failure> {
    let limits = limits(arguments.time_limit, arguments.gap, arguments.solver)?;
    let line = Line::start(stop_on_interrupt("stopping the study"));
    let begin = Instant::now();
    line.say("reading");
    let folder = arguments.out.clone().map_or_else(|| beside(site, "sharing"), Ok)?;
    let (loaded, horizon, said) = read(site, arguments)?;
    unsettled(&folder)?;
    let read = begin.elapsed().as_secs_f64();
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let setting = Setting { site: &loaded.site, horizon: &horizon, limits, at_once };
    let study = study(&setting, &|progress: cooperation::Progress| {
        line.say(&format!("solving: {} of {} plans", progress.done, progress.all));
        if line.is_stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .map_err(|why| failed(why, &loaded))?;
    let solve = begin.elapsed().as_secs_f64() - read;
    line.say("writing the results");
    let attributes = attributes(&loaded.site, &study.together, &study.positions);
    let found = Found { loaded: &loaded, study: &study, attributes: &attributes, said: &said };
    let mut file = share_file(&found).map_err(|why| Failure::no_result(format!("error: {why}")))?;
    let agreement = folder.join(AGREEMENT).join("agreement.json");
    let before = std::fs::read(&agreement).ok();
    files::make_folder(&folder)?;
    OF_A_STUDY.iter().try_for_each(|name| files::remove(&folder.join(name)))?;
    write_its_agreement(&found, &mut file, &folder)?;
    let total = begin.elapsed().as_secs_f64();
    let solves = study.groups.len() + study.moves.len() + study.replicas;
    file.timings =
        ShareTimings { read, solve, write: total - read - solve, total, solves, at_once };
    files::write(&folder.join("share.html"), page::render(&file).as_bytes())?;
    let text = serde_json::to_string_pretty(&file)
        .map_err(|e| Failure::file(format!("error: share.json cannot be made: {e}")))?;
    files::write(&folder.join("share.json"), format!("{text}\n").as_bytes())?;
    line.finish();
    if before.is_some() && before != std::fs::read(&agreement).ok() {
        crate::say(&format!(
            "warning: another agreement in {} was replaced by this one; --out keeps them apart\n",
            folder.display()
        ));
    }
    print(&told(&file, &folder, &horizon))
}

/// Reads the site, its time and what was said; every mistake before anything is solved.
fn read(site: &Path, arguments: &ShareArguments) -> Result<(Loaded, Horizon, Said), Failure> {
    let loaded =
        load(&SiteArguments { site: site.to_path_buf(), series: arguments.series.clone() })?;
    let (from, to, step) =
        (arguments.from.as_deref(), arguments.to.as_deref(), arguments.step.as_deref());
    let horizon = loaded
        .site
        .horizon_of(from, to, step)
        .map_err(|e| Failure::input(format!("error: --from, --to, --step: {e}")))?;
    let said = said(&loaded, arguments)?;
    compiled(&loaded, &horizon)?;
    Ok((loaded, horizon, said))
}

/// What was said on the command line.
pub struct Said {
    /// The rule that is agreed on; none for the one that is recommended.
    pub rule: Option<&'static str>,
    /// Weights and contributions.
    pub terms: Terms,
}

/// The name of a rule in files.
fn name_of(rule: AgreedRule) -> &'static str {
    match rule {
        AgreedRule::AtPrices => "at_prices",
        AgreedRule::Nash => Rule::Nash.name(),
        AgreedRule::Shapley => Rule::Shapley.name(),
        AgreedRule::Nucleolus => Rule::Nucleolus.name(),
        AgreedRule::LeastCore => Rule::LeastCore.name(),
        AgreedRule::Proportional => Rule::Proportional.name(),
        AgreedRule::Gately => Rule::Gately.name(),
    }
}

/// Reads what was said, before anything is solved.
fn said(loaded: &Loaded, arguments: &ShareArguments) -> Result<Said, Failure> {
    let parties = &loaded.site.network.parties;
    if !(2..=MOST_PLAYERS).contains(&parties.len()) {
        let why = cooperation::Failure::Parties(parties.len());
        return Err(Failure::input(format!("error: {why}")));
    }
    let names: Vec<String> = parties.iter().map(|p| p.key.clone()).collect();
    let game = Game::of(names, |_| Interval::exactly(0.0)).map_err(|found| {
        let messages: Vec<String> = found.into_iter().map(|m| m.message).collect();
        Failure::input(format!("error: {}", messages.join("\n")))
    })?;
    let told = |found: Vec<Diagnostic>| mistakes(&found, "the command", "");
    let terms = Terms {
        weights: numbers("weights", &arguments.weights, Some(1.0), &game).map_err(told)?,
        contributions: numbers("contributions", &arguments.contributions, None, &game)
            .map_err(told)?,
    };
    // Weights that are given are meant to be used.
    let weighted = terms.weights.is_some().then_some(Rule::Nash.name());
    Ok(Said { rule: arguments.rule.map(name_of).or(weighted), terms })
}

/// An agreement by which statements were made already is not written over.
fn unsettled(folder: &Path) -> Result<(), Failure> {
    let statements = folder.join(AGREEMENT).join("statements");
    if statements.exists() {
        return Err(Failure::file(format!(
            "error: {} is there already: months were settled by this agreement; name another folder with --out",
            statements.display()
        )));
    }
    Ok(())
}

/// Why there is no study, with what to do.
fn failed(why: cooperation::Failure, loaded: &Loaded) -> Failure {
    match why {
        cooperation::Failure::Mistakes(found) => {
            mistakes(&found, &loaded.path.display().to_string(), &loaded.text)
        }
        cooperation::Failure::Stopped => Failure::stopped(why.to_string()),
        why => Failure::no_result(format!("error: {why}\nnothing was written")),
    }
}

/// Writes the folder to settle by; where there can be none, says why.
fn write_its_agreement(found: &Found, file: &mut ShareFile, folder: &Path) -> Result<(), Failure> {
    let Found { loaded, study, attributes, .. } = found;
    let inputs: Vec<HashedFile> = loaded
        .inputs
        .iter()
        .map(|i| HashedFile { file: i.file.clone(), sha256: i.sha256.clone() })
        .collect();
    let agreeing = Agreeing {
        site: &loaded.site,
        study,
        attributes,
        gains: &file.recommended.gains,
        rule: file.recommended.rule,
        inputs: &inputs,
    };
    match agree(&agreeing) {
        Ok((agreement, plan)) => {
            write_agreement(&folder.join(AGREEMENT), agreement, &plan)?;
            file.recommended.agreement = Some(AGREEMENT.to_owned());
        }
        Err(why) => {
            let said = render(&why, "", "");
            file.remarks.push(format!("No agreement was written: {}", said.trim()));
        }
    }
    Ok(())
}

/// What the user is told.
fn told(file: &ShareFile, folder: &Path, horizon: &Horizon) -> String {
    let currency = &file.currency;
    let money = |value: f64| with_decimals(value, 2);
    let mut lines = vec![format!(
        "{}: {} parties, {} steps of {} h from {}",
        file.site,
        file.parties.len(),
        horizon.steps,
        cowper::units::short(horizon.hours()),
        horizon.label(0)
    )];
    lines.push(format!(
        "  {:<22}{:>20}{:>20}{:>18}",
        format!("cost in {currency}"),
        "alone",
        "together",
        "gain"
    ));
    let row = |name: &str, alone: f64, together: f64| {
        format!(
            "  {name:<22}{:>20}{:>20}{:>18}",
            money(alone),
            money(together),
            money(alone - together)
        )
    };
    for party in &file.parties {
        lines.push(row(&party.name, party.alone.cost.upper, party.together.cost));
    }
    let alone = file.parties.iter().map(|p| p.alone.cost.upper).sum();
    lines.push(row("all", alone, file.parties.iter().map(|p| p.together.cost).sum()));
    lines.push(format!(
        "  shared by {}, as settlement at prices and a fixed transfer; {}",
        file.recommended.rule.replace('_', " "),
        page::verdict(file.recommended.in_core)
    ));
    for one in file.moves.iter().filter(|m| m.saves.is_some_and(|s| s.upper > file.rounding)) {
        let Bounds { lower, .. } = one.saves.unwrap_or(Bounds { lower: 0.0, upper: 0.0 });
        lines.push(format!("  without exchange of {}: {} lost", one.label, money(lower)));
    }
    lines.extend(file.remarks.iter().map(|remark| format!("  {remark}")));
    lines.push(format!(
        "  {:.2} s, of which {:.2} s solving {} plans, {} at once",
        file.timings.total, file.timings.solve, file.timings.solves, file.timings.at_once
    ));
    lines.push(format!("  results in {}; now open share.html", folder.display()));
    if file.recommended.agreement.is_some() {
        let agreement: PathBuf = folder.join(AGREEMENT);
        let month = horizon.local(0).strftime("%Y-%m").to_string();
        lines.push(format!(
            "  and settle a month: cowper settle {0} --meters METERS.csv --month {month} (columns: {0}/meters-template.csv)",
            agreement.display()
        ));
    }
    lines.join("\n") + "\n"
}

/// Whether shares at prices could be others, in a word.
pub fn unique(study: &Study) -> &'static str {
    let gain = study.game.gain().abs();
    match &study.price_ranges {
        None => "not_known",
        Some(ranges) => {
            let widest = ranges.iter().map(|range| range.width()).fold(0.0, f64::max);
            if widest <= 0.01 * gain + study.game.tolerance() { "determined" } else { "free" }
        }
    }
}
