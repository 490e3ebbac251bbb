//! What is wrong in the input, where, and what to do. Rendered here and nowhere else.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// A range of bytes in the site file. Empty for what has no place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Span { start: range.start, end: range.end }
    }
}

/// Where a mistake stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the site file, at a value.
    Site(Span),
    /// In a file of series: its name, the line or row (from 1) and the text found there.
    Series {
        /// The file's name as the site file gives it.
        file: String,
        /// Line of a text file or row of a table, from 1. 0: the file as a whole.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// Nowhere in particular.
    Nowhere,
}

/// Whether a run can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// No result can be trusted: nothing is run.
    Error,
    /// Allowed, but probably not meant.
    Warning,
}

/// One mistake, or one doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stops the run.
    pub severity: Severity,
    /// What is wrong, and what to do about it.
    pub message: String,
    /// Where.
    pub place: Place,
    /// A short label at the place.
    pub label: String,
}

impl Diagnostic {
    /// A mistake at a place in the site file.
    pub fn error(span: Span, message: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Error,
            message: message.into(),
            place: Place::Site(span),
            label: String::new(),
        }
    }

    /// A doubt at a place in the site file.
    pub fn warning(span: Span, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Self::error(span, message) }
    }

    /// A mistake in a file of series.
    pub fn in_series(file: &str, line: usize, text: &str, message: impl Into<String>) -> Self {
        let place = Place::Series { file: file.to_owned(), line, text: text.to_owned() };
        Diagnostic { place, ..Self::error(Span::default(), message) }
    }

    /// A mistake that has no place in a file.
    pub fn nowhere(message: impl Into<String>) -> Self {
        Diagnostic { place: Place::Nowhere, ..Self::error(Span::default(), message) }
    }

    /// The same with a short label at the underlined value.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Whether any of these stops the run.
pub fn any_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// Mistakes in the order of the file, and no more of them than anybody reads.
pub(crate) fn in_order(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    found.sort_by_key(|d| match d.place {
        Place::Nowhere => (0, 0),
        Place::Site(span) => (1, span.start),
        Place::Series { line, .. } => (2, line),
    });
    // Errors first, so that none falls under the table.
    found.sort_by_key(|d| d.severity);
    let more = found.len().saturating_sub(MOST_SHOWN);
    if more > 0 {
        found.truncate(MOST_SHOWN);
        found.push(Diagnostic::nowhere(format!("and {more} more; correct these first")));
    }
    found
}

/// More mistakes than these are seldom many mistakes: they have one cause.
const MOST_SHOWN: usize = 100;

/// All diagnostics as text, each with its line and the value underlined.
pub fn render(diagnostics: &[Diagnostic], path: &str, source: &str) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&render_one(diagnostic, path, source));
        text.push_str("\n\n");
    }
    text
}

fn render_one(diagnostic: &Diagnostic, path: &str, source: &str) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str());
    let excerpt = match &diagnostic.place {
        Place::Site(span) => Excerpt::of_site(path, source, *span),
        Place::Series { file, line, text } => Excerpt::of_series(file, *line, text),
        Place::Nowhere => {
            return Renderer::plain().render(&[annotate_snippets::Group::with_title(title)]);
        }
    };
    let mut annotation = AnnotationKind::Primary.span(excerpt.span);
    if !diagnostic.label.is_empty() {
        annotation = annotation.label(diagnostic.label.as_str());
    }
    let snippet = Snippet::source(excerpt.text.as_str())
        .line_start(excerpt.line)
        .path(excerpt.path.as_str())
        .annotation(annotation);
    Renderer::plain().render(&[title.element(snippet)])
}

/// The line a diagnostic points at, cut to a width that a terminal can show.
struct Excerpt {
    path: String,
    text: String,
    line: usize,
    span: Range<usize>,
}

const WIDTH: usize = 160;

impl Excerpt {
    fn of_site(path: &str, source: &str, span: Span) -> Self {
        let start = floor_boundary(source, span.start);
        let end = floor_boundary(source, span.end).max(start);
        let line_start = source[..start].rfind('\n').map_or(0, |i| i + 1);
        let line_end = source[start..].find('\n').map_or(source.len(), |i| start + i);
        let line = source[..line_start].matches('\n').count() + 1;
        let end = end.min(line_end);
        // A line of megabytes is shown around the value only.
        let from = floor_boundary(
            source,
            if start - line_start > WIDTH / 2 { start - WIDTH / 4 } else { line_start },
        );
        let to = floor_boundary(source, line_end.min(from + WIDTH));
        let text = source[from..to].trim_end_matches('\r').to_owned();
        let span = (start - from).min(text.len())..(end - from).min(text.len());
        Excerpt { path: path.to_owned(), text, line, span }
    }

    fn of_series(file: &str, line: usize, text: &str) -> Self {
        let cut = floor_boundary(text, WIDTH);
        let text = text[..cut].to_owned();
        let span = 0..text.len();
        Excerpt { path: file.to_owned(), text, line: line.max(1), span }
    }
}

fn floor_boundary(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

/// "; did you mean `bfg`?" when a known name is close to a mistyped one, else nothing.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    if name.len() > 60 {
        return String::new();
    }
    let lower = name.to_lowercase();
    known
        .into_iter()
        .filter(|k| k.len() <= 60)
        .map(|k| (strsim::damerau_levenshtein(&lower, &k.to_lowercase()), k))
        .filter(|(distance, k)| *distance <= 1 + k.len().max(name.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map_or_else(String::new, |(_, k)| format!("; did you mean `{k}`?"))
}
