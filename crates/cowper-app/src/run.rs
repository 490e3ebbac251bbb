//! The commands on a site: check, run, explain; and the reference.

use std::path::PathBuf;
use std::time::Instant;

use cowper::accounts::{Accounts, accounts};
use cowper::compile::{Compiled, compile, connections};
use cowper::diagnostic::{any_error, render};
use cowper::schedule::schedule;
use cowper::solver::{Limits, Solution, Solver, Status, solve};
use cowper::time::Horizon;
use cowper::units::short;

use crate::cli::{Method, RunArguments, Schema, SiteArguments};
use crate::files::{self, Loaded, load, mistakes};
use crate::progress::{Line, stop_on_interrupt};
use crate::share::{ShareFile, Sharing};
use crate::summary::{Summary, summary};
use crate::{Failure, print};
use crate::{no_schedule, report, results};

/// Reports every mistake of a site.
pub fn check(arguments: &SiteArguments) -> Result<(), Failure> {
    let loaded = load(arguments)?;
    let compiled = compiled(&loaded, &loaded.site.horizon)?;
    let site = &loaded.site;
    print(&format!(
        "{}: no mistakes. {} components, {} nodes, {} parties; {} steps of {} h from {}\n",
        loaded.path.display(),
        site.components.len(),
        site.network.nodes.len(),
        site.network.parties.len(),
        compiled.horizon.steps,
        short(compiled.horizon.hours()),
        compiled.horizon.label(0)
    ))
}

/// Prints the equations.
pub fn explain(arguments: &SiteArguments, component: Option<&str>) -> Result<(), Failure> {
    let loaded = load(arguments)?;
    let compiled = compiled(&loaded, &loaded.site.horizon)?;
    if let Some(name) = component
        && !loaded.site.components.iter().any(|c| c.name == name)
    {
        let names: Vec<&str> = loaded.site.components.iter().map(|c| c.name.as_str()).collect();
        return Err(Failure::input(format!(
            "error: the site has no component `{name}`; it has {}",
            names.join(", ")
        )));
    }
    print(&cowper::explain::explain(&loaded.site, &compiled, component))
}

/// Prints the list of kinds, or the page of one.
pub fn kinds(name: Option<&str>) -> Result<(), Failure> {
    match name {
        None => print(&format!(
            "{}\n`cowper kinds NAME` shows one, `cowper kinds site-file` the other sections of a site file\n",
            cowper::reference::list()
        )),
        Some("site-file") => print(&cowper::reference::sections_page()),
        Some(name) => match cowper::reference::page_of(name) {
            Some(page) => print(&page),
            None => Err(Failure::input(format!(
                "error: there is no kind `{name}`; there are:\n{}",
                cowper::reference::list()
            ))),
        },
    }
}

/// Prints a JSON Schema.
pub fn schema(of: Schema) -> Result<(), Failure> {
    let schema = match of {
        Schema::Site => cowper::reference::schema(),
        Schema::Summary => schemars::schema_for!(Summary).to_value(),
        Schema::Game => schemars::schema_for!(Sharing).to_value(),
        Schema::Share => schemars::schema_for!(ShareFile).to_value(),
    };
    let text =
        serde_json::to_string_pretty(&schema).map_err(|e| Failure::file(format!("error: {e}")))?;
    print(&format!("{text}\n"))
}

/// The equations of a site over a horizon, and whether it hangs together.
pub fn compiled(loaded: &Loaded, horizon: &Horizon) -> Result<Compiled, Failure> {
    let path = loaded.path.display().to_string();
    let compiled =
        compile(&loaded.site, horizon).map_err(|found| mistakes(&found, &path, &loaded.text))?;
    let loose = connections(&loaded.site, &compiled);
    if any_error(&loose) {
        return Err(mistakes(&loose, &path, &loaded.text));
    }
    crate::say(&render(&loose, &path, &loaded.text));
    Ok(compiled)
}

/// Dispatches a site and writes the results.
pub fn run(arguments: &RunArguments) -> Result<(), Failure> {
    let limits = limits(arguments.time_limit, arguments.gap, arguments.solver)?;
    let limits = Limits { corner: arguments.corner, ..limits };
    let stop = stop_on_interrupt(
        "stopping with the best schedule found so far, if there is one (a linear problem has none before its end)",
    );
    let line = Line::start(stop);
    let begin = Instant::now();
    line.say("reading");
    let folder =
        arguments.out.clone().map_or_else(|| beside(&arguments.site.site, "results"), Ok)?;
    // What an earlier run wrote must not pass for the result of a file that has mistakes.
    let on_mistakes = |failure: Failure| {
        if failure.is_input() {
            let _ = results::remove_old(&folder);
        }
        failure
    };
    let mut loaded = load(&arguments.site).map_err(on_mistakes)?;
    let state_at = take_state(arguments, &mut loaded)?;
    let (from, to, step) =
        (arguments.from.as_deref(), arguments.to.as_deref(), arguments.step.as_deref());
    let horizon = loaded
        .site
        .horizon_of(from, to, step)
        .map_err(|e| Failure::input(format!("error: --from, --to, --step: {e}")))?;
    if let Some(at) = state_at.filter(|at| *at != horizon.start) {
        let local = horizon.zone.to_datetime(at).strftime("%Y-%m-%d %H:%M");
        crate::say(&format!(
            "warning: the state is that of {local}, the run starts at {}: levels and running hours may be of another day\n",
            horizon.label(0)
        ));
    }
    let read = begin.elapsed().as_secs_f64();
    line.say("writing the equations");
    let compiled = compiled(&loaded, &horizon).map_err(on_mistakes)?;
    results::clear(&folder)?;
    let build = begin.elapsed().as_secs_f64() - read;

    let currency = loaded.site.network.currency.clone();
    let solution = solve(&compiled.problem, limits, &mut |progress| line.show(progress, &currency));
    let solve = begin.elapsed().as_secs_f64() - read - build;
    let mut summary = summary(&loaded.site, &compiled, solution.status, &loaded.inputs);
    summary.told_of(&solution);
    summary.timings.read = read;
    summary.timings.build = build;
    summary.timings.solve = solve;

    let Some(point) = &solution.point else {
        if line.is_stopped() {
            summary.reasons = vec!["stopped by the user before there was a schedule".into()];
            finish(&mut summary, begin);
            results::write_summary(&folder, &summary)?;
            line.finish();
            return Err(Failure::stopped("stopped before there was a schedule"));
        }
        line.say("looking for what is in the way");
        let why = no_schedule::why(&loaded.site, &compiled, &solution, limits);
        if !arguments.no_report {
            let page = why.page(&loaded.site, &compiled.horizon, made(&solution));
            files::write(&folder.join("report.html"), page.as_bytes())?;
        }
        summary.tell(&why);
        finish(&mut summary, begin);
        results::write_summary(&folder, &summary)?;
        line.finish();
        return Err(why.failure(&folder));
    };
    line.say("writing the results");
    let schedule = schedule(&loaded.site, &compiled, point);
    let accounts = accounts(&loaded.site, &compiled, point, &schedule);
    summary.fill(&loaded.site, &compiled, point, (&schedule, &accounts));
    if solution.status != Status::Optimal {
        let saving = if point.gap.is_finite() {
            format!("at most {:.3} % could still be saved", point.gap * 100.0)
        } else {
            "how much could still be saved is not known".to_owned()
        };
        summary.reasons.push(format!("stopped before the schedule was proven best; {saving}"));
    }
    results::write_schedule(&folder, &loaded.site, &compiled, (point, &schedule))?;
    if arguments.csv {
        results::write_csv(&folder, &loaded.site, &compiled, &schedule)?;
    }
    if !arguments.no_report {
        let run = report::Run {
            site: &loaded.site,
            compiled: &compiled,
            point,
            schedule: &schedule,
            accounts: &accounts,
            status: solution.status,
            made: made(&solution),
        };
        files::write(&folder.join("report.html"), report::render(&run).as_bytes())?;
    }
    finish(&mut summary, begin);
    results::write_summary(&folder, &summary)?;
    line.finish();
    print_summary(&summary, &accounts, (&folder, loaded.site.contracts.len()))?;
    if point.gap > FAR {
        let more = if point.gap.is_finite() {
            format!("{:.0} %", point.gap * 100.0)
        } else {
            "any amount".to_owned()
        };
        return Err(Failure::no_result(format!(
            "{}: what was found may cost {more} more than the best; give the solve more time",
            summary.status
        )));
    }
    Ok(())
}

/// A schedule that may be so far from the best, as a share of its cost, is not worth following.
const FAR: f64 = 0.1;

/// By which versions a page was made.
fn made(solution: &Solution) -> String {
    let (version, solver) = (env!("CARGO_PKG_VERSION"), solution.solver);
    format!("cowper {version}, {} {}", solver.name(), solver.version())
}

fn finish(summary: &mut Summary, begin: Instant) {
    let timings = &mut summary.timings;
    timings.total = begin.elapsed().as_secs_f64();
    timings.write = timings.total - timings.read - timings.build - timings.solve;
    summary.peak_memory = results::peak_memory();
}

/// How far a solve may go, as said on the command line.
pub fn limits(
    time_limit: Option<f64>,
    gap: f64,
    solver: Option<Method>,
) -> Result<Limits, Failure> {
    let seconds = time_limit.unwrap_or(f64::INFINITY);
    if seconds.is_nan() || seconds < 0.0 {
        return Err(Failure::input("error: --time-limit is a number of seconds, 0 or more"));
    }
    if !(0.0..1.0).contains(&gap) {
        return Err(Failure::input("error: --gap is a share from 0 up to 1, such as 0.001"));
    }
    let solver = solver.map(|method| match method {
        Method::Staircase => Solver::Staircase,
        Method::Highs => Solver::Highs,
    });
    Ok(Limits { seconds, gap, solver, ..Limits::default() })
}

/// Takes in the file of states; gives when they hold, where it says.
fn take_state(
    arguments: &RunArguments,
    loaded: &mut Loaded,
) -> Result<Option<jiff::Timestamp>, Failure> {
    let Some(path) = &arguments.state else { return Ok(None) };
    let bytes = files::read(path)?;
    let shown = path.display().to_string();
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::input(format!("error: {shown} is not text in UTF-8")))?;
    let state = cowper::input::read_state(&text, &loaded.site)
        .map_err(|found| mistakes(&found, &shown, &text))?;
    loaded.inputs.push(files::input(&shown, text.as_bytes()));
    loaded.site.state.extend(state.states);
    Ok(state.at)
}

/// The folder of results where none is named: beside the site file.
pub fn beside(site: &std::path::Path, name: &str) -> Result<PathBuf, Failure> {
    let site = files::site_path(site)?;
    Ok(site.parent().map_or_else(|| PathBuf::from(name), |p| p.join(name)))
}

fn print_summary(
    summary: &Summary,
    accounts: &Accounts,
    (folder, contracts): (&std::path::Path, usize),
) -> Result<(), Failure> {
    let currency = &summary.currency;
    let gap = summary
        .gap
        .filter(|g| *g >= 5e-6)
        .map_or_else(String::new, |g| format!(" (gap {:.3} %)", g * 100.0));
    let mut lines = vec![format!("{}: {}{gap}", summary.site, summary.status)];
    lines.extend(summary.reasons.iter().map(|r| format!("  {r}")));
    if contracts > 0 {
        lines
            .push("  one plan for all parties: contracts between them are not settled here".into());
    }
    lines.push(format!(
        "  cost            {:>16.2} {currency}",
        summary.objective.unwrap_or(f64::NAN)
    ));
    if let Some(cost) = &summary.cost {
        for party in cost.by_party.values().filter(|_| cost.by_party.len() > 1) {
            lines.push(format!("    {:<14}{:>16.2} {currency}", party.name, party.total));
        }
        if cost.shortage_and_surplus != 0.0 {
            lines.push(format!(
                "    {:<14}{:>16.2} {currency}, which nobody is billed",
                "penalties", cost.shortage_and_surplus
            ));
        }
    }
    lines.push(format!("  CO2 direct      {:>16.2} t", accounts.carbon.direct));
    lines.push(format!("  CO2 and bought  {:>16.2} t", accounts.carbon.with_purchases));
    for (what, slacks) in [("shortage", &summary.shortage), ("surplus", &summary.surplus)] {
        for slack in slacks {
            lines.push(format!(
                "  {what} of {}: {} {} in {} steps, worst {} at {}",
                slack.node,
                short(slack.amount),
                slack.unit,
                slack.steps,
                short(slack.worst_flow),
                slack.worst_time
            ));
            lines.extend(slack.causes.iter().map(|c| format!("    {c}")));
        }
    }
    let because = summary.solver.because.as_ref().map_or(String::new(), |b| format!(": {b}"));
    lines.push(format!(
        "  {:.2} s, of which {:.2} s solving by {}{because}",
        summary.timings.total, summary.timings.solve, summary.solver.name
    ));
    lines.push(format!("  results in {}", folder.display()));
    print(&(lines.join("\n") + "\n"))
}
