//! A store's level: what was there, less losses, plus what comes in, minus what goes out.

use cowper_derive::Choice;

use crate::diagnostic::Diagnostic;
use crate::expression::{Expr, Param, Var};
use crate::field::{
    Field, Findings, Name, Node, Share, Value, choice_words, read_choice, starts_like_a_number,
};
use crate::model::{Bounds, Model};
use crate::problem::Before;

/// What holds of the level when the run is over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End {
    /// At least what there was at the start.
    AtLeastStart,
    /// The same as at the start, which is chosen too: the run repeats.
    Cyclic,
    /// Anything.
    Free,
    /// At least this share of the capacity.
    Target(Share),
}

/// The ends that have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
enum NamedEnd {
    /// At least what there was at the start.
    AtLeastStart,
    /// The same as at the start, which is chosen too: the run repeats.
    Cyclic,
    /// Anything.
    Free,
}

impl Field for End {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        match &node.value {
            Value::Text(text) if !starts_like_a_number(text) => {
                read_choice(node, findings).map(|end| match end {
                    NamedEnd::AtLeastStart => End::AtLeastStart,
                    NamedEnd::Cyclic => End::Cyclic,
                    NamedEnd::Free => End::Free,
                })
            }
            _ => Share::read(node, findings).map(End::Target),
        }
    }
    fn words() -> String {
        format!(
            "{}, or the least level as a share of the capacity, such as \"60 %\"",
            choice_words::<NamedEnd>()
        )
    }
    fn schema() -> serde_json::Value {
        Share::schema()
    }
}

impl End {
    /// What a level finds before the first step.
    pub fn before(self, start: &Param) -> Before {
        if self == End::Cyclic { Before::Wrap } else { Before::Known([start.values.at(0)].into()) }
    }
}

/// A store to write equations for.
pub struct Store<'a> {
    /// The node whose unit it has.
    pub node: &'a Name,
    /// The level that is full.
    pub capacity: Param,
    /// Least level, of the same unit.
    pub least: Param,
    /// What comes in.
    pub fill: Expr,
    /// What goes out.
    pub drain: Expr,
    /// Share lost an hour.
    pub loss: f64,
    /// The level before the first step.
    pub start: Param,
    /// What holds at the end.
    pub end: End,
}

/// A level to write without its flows.
pub struct Held {
    /// The level that is full.
    pub capacity: Param,
    /// Least level, of the same unit.
    pub least: Param,
    /// Share lost an hour.
    pub loss: f64,
    /// The level before the first step.
    pub start: Param,
    /// What holds at the end.
    pub end: End,
}

/// Writes the equation of a level: level(t) = level(t−1)·(1 − loss)^hours + (fill − drain)·hours.
pub fn level(m: &mut Model, store: Store) -> Var {
    let Store { capacity, least, loss, start, end, .. } = store;
    let (level, kept) = held(m, Held { capacity, least, loss, start, end });
    let hours = m.hours();
    m.equal("level follows fill and drain", level, kept + (store.fill - store.drain) * &hours);
    level
}

/// A level, and what goes in less what goes out for it: (level(t) − level(t−1)·(1 − loss)^hours) / hours.
///
/// For a store that loses nothing on the way in or out: it needs no variables for its flows, and
/// cannot fill and drain at once.
pub fn level_alone(m: &mut Model, store: Held) -> (Var, Expr) {
    let (level, kept) = held(m, store);
    (level, (Expr::from(level) - kept) / m.hours())
}

/// A level within its bounds, and what is left of the one before.
fn held(m: &mut Model, store: Held) -> (Var, Expr) {
    let dimension = store.capacity.dimension;
    let level = m.variable("level", Bounds::between(&store.least, &store.capacity));
    let kept = (1.0 - store.loss).powf(m.hours().values.at(0));
    let start = store.start.values.at(0);
    if start > store.capacity.values.at(0) * (1.0 + 1e-9) {
        let span = m.state().level.map_or_else(Default::default, |l| l.span);
        m.error(Diagnostic::error(
            span,
            "this level is above the store's capacity; correct the one or the other",
        ));
    }
    let before = store.end.before(&store.start);
    let target = match store.end {
        End::AtLeastStart => Some(store.start.values.at(0)),
        End::Target(share) => Some((&store.capacity * share).values.at(0)),
        End::Cyclic | End::Free => None,
    };
    if let Some(target) = target {
        // Only the last step is bound: below it the floor is the least level.
        let steps = m.horizon().steps;
        let mut floor: Vec<f64> = (0..steps).map(|t| store.least.values.at(t)).collect();
        if let Some(last) = floor.last_mut() {
            *last = last.max(target);
        }
        m.floor(level, Param::series(floor.into(), dimension));
    }
    (level, level.earlier(before) * kept)
}

/// A band that may be left at a price: `price` per amount and time above and below.
pub fn soft_band(m: &mut Model, level: Var, (low, high): (Param, Param), price: &Param) {
    let above = m.variable("above_band", Bounds::positive(level.dimension));
    let below = m.variable("below_band", Bounds::positive(level.dimension));
    m.at_most("level stays below the top of its band", level - above, high);
    m.at_least("level stays above the bottom of its band", level + below, low);
    m.cost("outside the band", (above + below) * price);
}
