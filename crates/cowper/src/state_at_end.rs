//! How components stand when a run is over, as the file that the next run starts from.

use std::collections::BTreeMap;

use crate::compile::Compiled;
use crate::model::{StateInfo, StateKind};
use crate::site::Site;
use crate::solver::Point;

/// The state at the end as text: `[state.NAME]` tables.
pub fn state_at_end(site: &Site, compiled: &Compiled, point: &Point) -> String {
    let currency = &site.network.currency;
    let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for level in &compiled.levels {
        let block = &compiled.problem.variables[level.level.0 as usize];
        if let Some(value) = point.values[level.level.0 as usize].last() {
            // Rounding may leave a level a hair below nought, which no file may hold.
            let line =
                format!("level = \"{} {}\"", value.max(0.0), block.dimension.symbol(currency));
            lines.entry(&site.components[level.component].name).or_default().push(line);
        }
    }
    for state in &compiled.states {
        let name = site.components[state.component].name.as_str();
        let values = &point.values[state.variable.0 as usize];
        let Some(last) = values.last() else { continue };
        let unit = compiled.problem.variables[state.variable.0 as usize].dimension.symbol(currency);
        let before = site.state.get(name);
        let found = match state.what {
            StateKind::Output => vec![format!("output = \"{} {unit}\"", last.max(0.0))],
            StateKind::Peak => {
                let so_far = before.and_then(|b| b.peak).map_or(0.0, |peak| peak.value());
                let peak = peak(compiled, state, values, so_far);
                peak.map(|peak| format!("peak = \"{peak} {unit}\"")).into_iter().collect()
            }
            StateKind::On => {
                let on = *last > 0.5;
                let same = values.iter().rev().take_while(|v| (**v > 0.5) == on).count();
                let mut hours = same as f64 * compiled.horizon.hours();
                if same == values.len() && before.is_some_and(|b| b.on == Some(on)) {
                    hours += before.and_then(|b| b.since).map_or(0.0, |since| since.value());
                }
                vec![format!("on = {on}"), format!("since = \"{hours} h\"")]
            }
        };
        if !found.is_empty() {
            lines.entry(name).or_default().extend(found);
        }
    }
    let mut text = format!(
        "# How components stand, for a run that starts then.\nat = \"{}\"\n",
        compiled.horizon.stamp(compiled.horizon.steps)
    );
    for (name, entries) in lines {
        text.push_str(&format!("\n[state.{name}]\n{}\n", entries.join("\n")));
    }
    text
}

/// The greatest mean of a flow over the windows of the month that goes on after the run, with the
/// peak before the run if it is the same month; none where a month begins. Not the month's variable:
/// where demand is contracted that may stand anywhere below the contract.
fn peak(compiled: &Compiled, state: &StateInfo, flow: &[f64], so_far: f64) -> Option<f64> {
    let horizon = &compiled.horizon;
    let windows = &compiled.problem.partitions[state.windows?.0];
    let month = |step| {
        let local = horizon.local(step);
        (local.year(), local.month())
    };
    let now = month(horizon.steps);
    let last = windows.of_step.len().checked_sub(1)?;
    if month(last) != now {
        return None;
    }
    let mut means = vec![0.0; windows.labels.len()];
    for ((window, share), flow) in windows.of_step.iter().zip(windows.shares()).zip(flow) {
        means[*window as usize] += flow * share;
    }
    // A window belongs to the month in which it begins, and none begins in two.
    let first = (0..=last).rev().take_while(|step| month(*step) == now).last()?;
    let means = &means[windows.of_step[first] as usize..];
    let before = if first == 0 { so_far } else { 0.0 };
    Some(means.iter().copied().fold(before, f64::max))
}
