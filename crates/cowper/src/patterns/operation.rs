//! A unit that runs or not, between its minimum load and its capacity, and no faster than its ramp.

use cowper_derive::Record;

use crate::diagnostic::{Diagnostic, Span};
use crate::expression::{Expr, Param, Var};
use crate::field::{Name, Profile, Share};
use crate::model::{Bounds, Model, StateKind};
use crate::problem::{Before, Values};
use crate::units::{HourlyCost, Money, NUMBER, Number, Quantity, Ramp, TIME, Time};

/// How a unit may be run. All of it is optional; whole numbers are needed only where a unit that
/// can stop has a minimum load, a start or stop cost, a running cost or minimum times.
#[derive(Debug, Clone, Record)]
pub struct Operation {
    /// It never stops: the minimum load always holds, and no whole numbers are needed.
    #[field(default = false)]
    pub must_run: bool,
    /// Least load while running, as a share of the capacity.
    pub minimum_load: Option<Share>,
    /// Cost of each start.
    pub start_cost: Option<Quantity<Money>>,
    /// Cost of each stop.
    pub stop_cost: Option<Quantity<Money>>,
    /// Cost of running, whatever the load.
    pub running_cost: Option<Quantity<HourlyCost>>,
    /// Once started it runs at least so long.
    pub minimum_up: Option<Quantity<Time>>,
    /// Once stopped it stands at least so long.
    pub minimum_down: Option<Quantity<Time>>,
    /// Fastest rise, as a share of the capacity or a flow, per time.
    pub ramp_up: Option<Quantity<Ramp>>,
    /// Fastest fall, as a share of the capacity or a flow, per time.
    pub ramp_down: Option<Quantity<Ramp>>,
    /// Share of the capacity that can be used: maintenance, weather.
    pub availability: Option<Profile<Number>>,
}

/// The port an [`Operation`] limits: its variable, where it flows and the capacity there.
pub struct Port<'a> {
    /// The flow at the port.
    pub output: Var,
    /// The node whose unit the capacity has.
    pub node: &'a Name,
    /// Greatest flow.
    pub capacity: Param,
}

/// Writes the equations of an [`Operation`] at a port. Gives the running variable, if there is one.
///
/// With on, start, stop ∈ {0, 1} (Rajan and Takriti 2005 for the minimum times):
/// minimum·on ≤ output ≤ capacity·on, on(t) − on(t−1) = start(t) − stop(t),
/// Σ start(t−k) over the minimum up time ≤ on(t), Σ stop(t−k) over the minimum down time ≤ 1 − on(t),
/// output(t) − output(t−1) ≤ ramp·hours, or up to the minimum load in the step of the start, or as
/// fast as what is available falls (and as the least load of a unit that must run rises again).
pub fn operate(m: &mut Model, operation: &Operation, port: &Port) -> Option<Var> {
    let available = match &operation.availability {
        Some(availability) => &port.capacity * share_of(m, availability),
        None => port.capacity.clone(),
    };
    let mut least = &port.capacity * operation.minimum_load.map_or(0.0, Share::value);
    m.limit(port.output, &available);
    let running = if operation.must_run {
        // What is not available cannot be asked for.
        least = Param {
            values: least.values.zip(&available.values, f64::min),
            dimension: least.dimension,
        };
        m.floor(port.output, &least);
        None
    } else if operation.stops_matter() {
        Some(commit(m, operation, port, (&least, &available)))
    } else {
        None
    };
    if let Some(cost) = operation.running_cost {
        match &running {
            Some(running) => m.cost("running", running.on * cost),
            None => m.cost("running", Param::from(cost)),
        }
    }
    if let Some(ramp) = operation.ramp_up {
        let step = ramp_per_step(m, ramp, port);
        ramps(
            m,
            port,
            &Steep {
                step,
                least: &least,
                limit: &least,
                jump: running.as_ref().map(|r| r.start),
                up: true,
            },
        );
    }
    if let Some(ramp) = operation.ramp_down {
        let step = ramp_per_step(m, ramp, port);
        ramps(
            m,
            port,
            &Steep {
                step,
                least: &least,
                limit: &available,
                jump: running.as_ref().map(|r| r.stop),
                up: false,
            },
        );
    }
    if operation.ramp_up.is_some() || operation.ramp_down.is_some() {
        m.report_state(StateKind::Output, port.output);
    }
    running.map(|r| r.on)
}

impl Operation {
    /// The same operation of a unit that loses something, or has a least flow, only while it runs:
    /// whether it runs then matters in any case, unless it never stops.
    #[must_use]
    pub fn telling_if_it_runs(&self) -> Operation {
        let any = || Quantity::of(0.0, TIME, Span::default()).ok();
        Operation { minimum_up: self.minimum_up.or_else(any), ..self.clone() }
    }

    /// Whether it makes a difference if the unit runs at no load or stands.
    fn stops_matter(&self) -> bool {
        self.minimum_load.is_some_and(|l| l.value() > 0.0)
            || self.start_cost.is_some()
            || self.stop_cost.is_some()
            || self.running_cost.is_some()
            || self.minimum_up.is_some()
            || self.minimum_down.is_some()
    }
}

/// More terms of one equation over a run would fill the memory.
const MOST_TERMS: usize = 200_000_000;

/// A share of the capacity, constant or over time, between nought and one.
pub fn share_of(m: &mut Model, availability: &Profile<Number>) -> Param {
    let share = m.profile(availability);
    let (least, most) = (share.values.least(), share.values.greatest());
    if share.dimension == NUMBER && !(least >= 0.0 && most <= 1.0) {
        let message = format!(
            "availability lies between {least} and {most} here, and is a share of the capacity from 0 to 1; \
             a series in percent says so by [%] in its column's header, one in MW is divided by the capacity first"
        );
        m.error(Diagnostic::error(availability.span(), message));
    }
    share
}

struct Running {
    on: Var,
    start: Var,
    stop: Var,
}

fn commit(
    m: &mut Model,
    operation: &Operation,
    port: &Port,
    (least, most): (&Param, &Param),
) -> Running {
    let on = m.binary("on");
    let start = m.variable("start", Bounds::up_to(1.0));
    let stop = m.variable("stop", Bounds::up_to(1.0));
    m.report_state(StateKind::On, on);
    m.at_most("runs at most at its capacity", port.output, on * most);
    m.at_least("runs at least at its minimum load", port.output, on * least);

    let state = m.state();
    let was_on = known_running(m, port, least);
    let hours = m.hours().values.at(0);
    let horizon = m.horizon().steps;
    let mut reach = |time: Option<Quantity<Time>>| {
        let steps = time.map_or(1, |t| (t.value() / hours - 1e-9).ceil().max(1.0) as usize);
        // Beyond the run a minimum time only matters by what is left of it.
        let reach = steps.min(horizon + 1);
        if let Some(time) = time
            && reach * horizon > MOST_TERMS
        {
            m.error(Diagnostic::error(time.span, format!("this time is {steps} steps of a run of {horizon}; shorten it, or use longer steps or a shorter run")));
        }
        reach.min(MOST_TERMS / horizon.max(1)).max(1)
    };
    let (up, down) = (reach(operation.minimum_up), reach(operation.minimum_down));
    // What is left of a minimum time at the start, rounded up: it is never cut short.
    let left = |time: Option<Quantity<Time>>| match (time, state.since) {
        (Some(time), Some(since)) => {
            (((time.value() - since.value()) / hours - 1e-9).ceil().max(0.0) as usize).min(horizon)
        }
        _ => 0,
    };
    let first = |steps: usize| {
        Param::series((0..horizon).map(|t| f64::from(u8::from(t < steps))).collect(), NUMBER)
    };
    match (was_on, left(operation.minimum_up), left(operation.minimum_down)) {
        (Some(true), steps @ 1.., _) => m.at_least("runs on after a start", on, first(steps)),
        (Some(false), _, steps @ 1..) => {
            m.at_most("stands still after a stop", on, Param::from(1.0) - first(steps));
        }
        _ => {}
    }
    let before =
        was_on.map_or(Before::Nothing, |on| Before::Known([f64::from(u8::from(on))].into()));
    m.equal("changes by starts and stops", on - on.earlier(before), start - stop);
    let recent = |var: Var, reach: usize| -> Expr {
        let mut sum = Expr::zero(NUMBER);
        let none: Before = Before::Known([0.0].into());
        sum.terms.extend((0..reach as u32).flat_map(|k| var.back(k, none.clone()).terms));
        sum
    };
    m.at_most("runs on after a start", recent(start, up), on);
    m.at_most("stands still after a stop", recent(stop, down), Param::from(1.0) - on);
    if let Some(cost) = operation.start_cost {
        m.cost("starts", start * cost);
    }
    if let Some(cost) = operation.stop_cost {
        m.cost("stops", stop * cost);
    }
    Running { on, start, stop }
}

/// Whether the unit ran before the first step: as the state says, or as its output tells.
fn known_running(m: &mut Model, port: &Port, least: &Param) -> Option<bool> {
    let state = m.state();
    state.on.or_else(|| {
        let output = m.capacity_of(state.output?, port.node).values.at(0);
        if output > 0.0 { Some(true) } else { (least.values.at(0) > 0.0).then_some(false) }
    })
}

struct Steep<'a> {
    /// Greatest change in a step.
    step: Param,
    least: &'a Param,
    /// What the output cannot but follow: the least load upwards, what is available downwards.
    limit: &'a Param,
    /// The start or stop that may exceed it, up to the minimum load.
    jump: Option<Var>,
    up: bool,
}

fn ramps(m: &mut Model, port: &Port, steep: &Steep) {
    let output = m.state().output;
    let start = output.map(|output| m.capacity_of(output, port.node).values.at(0));
    if let (Some(output), Some(start)) = (output, start)
        && start > port.capacity.values.greatest() * (1.0 + 1e-9)
    {
        m.error(Diagnostic::error(
            output.span,
            "this output is above the unit's capacity; correct the one or the other",
        ));
    }
    // A unit that stood put nothing out.
    let start = start.or_else(|| (m.state().on == Some(false)).then_some(0.0));
    let before = start.map_or(Before::Nothing, |start| Before::Known([start].into()));
    let change = port.output - port.output.earlier(before);
    // A unit that can stop need not rise with its least load.
    let step = if steep.up && steep.jump.is_some() {
        steep.step.clone()
    } else {
        following(steep, start, m.horizon().steps)
    };
    let mut most = Expr::from(&step);
    if let Some(jump) = steep.jump {
        let extra = steep.least.values.zip(&step.values, |least, step| (least - step).max(0.0));
        most = most + jump * Param { values: extra, dimension: steep.step.dimension };
    }
    if steep.up {
        m.at_most("rises no faster than its ramp", change, most);
    } else {
        m.at_most("falls no faster than its ramp", -change, most);
    }
}

/// The greatest change in each step; more where the limit itself moves faster: an outage and its end.
fn following(steep: &Steep, start: Option<f64>, steps: usize) -> Param {
    let limit = &steep.limit.values;
    let change = |from: f64, to: f64| if steep.up { to - from } else { from - to };
    let forced = |t: usize| {
        let from = if t == 0 { start.unwrap_or(limit.at(0)) } else { limit.at(t - 1) };
        change(from, limit.at(t))
    };
    let allowed = &steep.step.values;
    if matches!(limit, Values::Constant(_)) && forced(0) <= allowed.at(0) {
        return steep.step.clone();
    }
    let values: Vec<f64> = (0..steps).map(|t| allowed.at(t).max(forced(t))).collect();
    Param::series(values.into(), steep.step.dimension)
}

fn ramp_per_step(m: &mut Model, ramp: Quantity<Ramp>, port: &Port) -> Param {
    let per_step = Param::from(ramp) * m.hours();
    if ramp.dimension() == NUMBER.per(TIME) {
        let capacity = Param::constant(port.capacity.values.greatest(), port.capacity.dimension);
        return per_step * capacity;
    }
    m.in_unit_of(per_step, port.node, ramp.span, |stock| stock.per(TIME))
}
