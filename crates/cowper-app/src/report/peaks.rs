//! The greatest flows to and from the outside world, month by month, and of every demand.

use std::fmt::Write;

use cowper::time::Partition;

use super::Run;
use super::text::{escape, number, unit, words};

/// Kinds whose greatest flow is paid for or planned for.
const OUTSIDE: &str = "grid_connection";
const USES: &str = "demand";

/// The table of peaks: what the grid saw in each month, and what each demand asked for at most.
pub fn peaks(run: &Run) -> String {
    let months = run.compiled.horizon.months();
    let mut rows = String::new();
    for (flow, column) in run.compiled.flows.iter().zip(&run.schedule.flows) {
        let placed = &run.site.components[flow.component];
        let groups = match placed.kind {
            OUTSIDE => months.clone(),
            USES => run.compiled.horizon.whole(),
            _ => continue,
        };
        let unit = unit(column.dimension, &run.site.network.currency);
        for (group, (step, peak)) in greatest(&groups, &column.values).into_iter().enumerate() {
            if peak <= 0.0 {
                continue;
            }
            let when = if placed.kind == OUTSIDE { groups.labels[group].as_str() } else { "run" };
            let _ = write!(
                rows,
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{when}</td><td class=\"n\">{} {unit}</td><td>{}</td></tr>",
                escape(&placed.label),
                escape(&words(&flow.name)),
                number(peak),
                run.compiled.horizon.label(step)
            );
        }
    }
    if rows.is_empty() {
        return "<p>No grid connection and no demand in this site.</p>".into();
    }
    format!(
        "<div class=\"table\"><table class=\"books\"><caption>Greatest flow of one step: grid connections by month, demands over the run</caption><thead><tr><th scope=\"col\">Component</th><th scope=\"col\">Flow</th><th scope=\"col\">In</th><th scope=\"col\" class=\"n\">Peak</th><th scope=\"col\">Step that begins</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )
}

/// Step and size of the greatest value of each group.
fn greatest(groups: &Partition, values: &[f64]) -> Vec<(usize, f64)> {
    let mut found = vec![(0, f64::NEG_INFINITY); groups.labels.len()];
    for (step, (group, value)) in groups.of_step.iter().zip(values).enumerate() {
        let best = &mut found[*group as usize];
        if *value > best.1 {
            *best = (step, *value);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: each month has its own peak, at the step where it first stood.
    /// Sensitivity: one peak for the run would hide the 2 of the second month.
    #[test]
    fn each_group_has_its_peak() {
        let groups = Partition {
            name: "month".into(),
            of_step: vec![0, 0, 1, 1],
            labels: vec!["2025-01".into(), "2025-02".into()],
        };
        assert_eq!(greatest(&groups, &[3.0, 5.0, 2.0, 2.0]), [(1, 5.0), (2, 2.0)]);
    }
}
