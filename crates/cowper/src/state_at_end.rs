//! How components stand when a run is over, as the file that the next run starts from.

use std::collections::BTreeMap;

use crate::compile::Compiled;
use crate::model::StateKind;
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
        let entry = lines.entry(name).or_default();
        match state.what {
            StateKind::Output => entry.push(format!("output = \"{} {unit}\"", last.max(0.0))),
            StateKind::Peak => entry.push(format!("peak = \"{} {unit}\"", last.max(0.0))),
            StateKind::On => {
                let on = *last > 0.5;
                let same = values.iter().rev().take_while(|v| (**v > 0.5) == on).count();
                let mut hours = same as f64 * compiled.horizon.hours();
                let before = site.state.get(name);
                if same == values.len() && before.is_some_and(|b| b.on == Some(on)) {
                    hours += before.and_then(|b| b.since).map_or(0.0, |since| since.value());
                }
                entry.push(format!("on = {on}"));
                entry.push(format!("since = \"{hours} h\""));
            }
        }
    }
    let mut text = format!(
        "# State at {} for a run that starts then.\n",
        compiled.horizon.label(compiled.horizon.steps)
    );
    for (name, entries) in lines {
        text.push_str(&format!("\n[state.{name}]\n{}\n", entries.join("\n")));
    }
    text
}
