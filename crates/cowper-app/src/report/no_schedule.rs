//! The page of a run that has no schedule: why, and what would do.

use std::fmt::Write;

use cowper::contradiction::Told;
use cowper::site::Site;
use cowper::time::Horizon;

use super::fill;
use super::text::escape;

/// What the page is made of.
#[derive(Debug, Clone)]
pub struct NoSchedule<'a> {
    /// The site that was run.
    pub site: &'a Site,
    /// When.
    pub horizon: &'a Horizon,
    /// What became of the solve, in a few words.
    pub title: &'a str,
    /// Why there is no schedule, where that is no contradiction of limits.
    pub reasons: &'a [String],
    /// The limits that contradict each other.
    pub found: &'a [Told],
    /// By which version, for the last line of the page.
    pub made: String,
}

/// Writes the page.
pub fn render(run: &NoSchedule) -> String {
    let how = if run.found.is_empty() {
        ""
    } else {
        "Shown are limits that cannot be kept together: with any one of them given up, the \
         others can. A change that would do is the smallest one, with all other limits as they are."
    };
    let parts = [
        ("title", escape(&run.site.name)),
        ("style", include_str!("style.css").to_owned()),
        ("headline", headline(run)),
        ("reasons", reasons(run)),
        ("how", how.to_owned()),
        ("made", escape(&run.made)),
    ];
    fill(include_str!("no_schedule.html"), &parts)
}

fn headline(run: &NoSchedule) -> String {
    let horizon = run.horizon;
    format!(
        "<h1>{}</h1><p class=\"when\">{} to {} ({}) <span class=\"badge bad\">no schedule</span></p><p class=\"alarm\">{}</p>",
        escape(&run.site.name),
        horizon.label(0),
        horizon.zone.to_datetime(horizon.end()).strftime("%Y-%m-%d %H:%M"),
        escape(horizon.zone.iana_name().unwrap_or("local time")),
        escape(run.title)
    )
}

fn reasons(run: &NoSchedule) -> String {
    let list = |items: &[String]| {
        let items: Vec<String> = items.iter().map(|i| format!("<li>{}", escape(i))).collect();
        format!("<ul>{}</ul>", items.concat())
    };
    if run.found.is_empty() {
        return list(run.reasons);
    }
    let mut out = String::new();
    for told in run.found {
        let _ = write!(
            out,
            "<section><h2>{}</h2><p>Cannot keep all of these, {}:</p>{}",
            escape(&told.who),
            escape(&told.when),
            list(&told.limits)
        );
        if !told.ways_out.is_empty() {
            let _ = write!(out, "<p>{}:</p>{}", capital(told.remedy()), list(&told.ways_out));
        }
        out.push_str("</section>");
    }
    out
}

/// The start of a sentence.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
