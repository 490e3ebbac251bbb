//! The general converter: many in, many out, at fixed, changing or piecewise-linear ratios.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::{Diagnostic, nearest};
use crate::expression::{Expr, Param, Var};
use crate::field::{Each, Field, Findings, Name, Node, Profile, Value};
use crate::model::{Model, Scope};
use crate::patterns::curve::{Sense, curve};
use crate::patterns::operation::{Operation, Port, operate};
use crate::units::{Any, Flow, Price, Quantity, TIME};

/// A converter of any carriers into any others.
///
/// One port sets the pace: `capacity_at` names it, and every ratio is per unit of its flow. A plain
/// number is a ratio between carriers of the same measure; others carry their unit.
///
/// # Equations
///
/// flow(port) = ratio(port) · flow(capacity_at), or a curve through points [flow(capacity_at), flow(port)]
///
/// flow(capacity_at) ≤ capacity
///
/// cost = variable_cost · flow(capacity_at)
///
/// # Example
///
/// ```toml
/// # A reformer makes hydrogen and steam from natural gas.
/// [site]
/// name = "Reformer"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.natural_gas]
/// measure = "energy"
/// co2 = "202 kg/MWh"
/// [carrier.hydrogen]
/// measure = "energy"
/// [carrier.electricity]
/// measure = "energy"
/// [fuel_supply.pipeline]
/// carrier = "natural_gas"
/// price = "35 EUR/MWh"
/// [grid_connection.grid]
/// import_price = "80 EUR/MWh"
/// [converter.reformer]
/// capacity = "25 MW"
/// capacity_at = "natural_gas"
/// takes = { natural_gas = 1, electricity = 0.02 }
/// gives = { hydrogen = 0.72 }
/// burns = ["natural_gas"]
/// [demand.furnace]
/// carrier = "hydrogen"
/// amount = "10 MW"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct Converter {
    /// Greatest flow at the port that sets the pace.
    pub capacity: Quantity<Flow>,
    /// The port that sets the pace.
    pub capacity_at: Name,
    /// What it takes for each unit at that port; nothing without: it is a source.
    pub takes: Option<Each<Ratio>>,
    /// What it gives for each unit at that port; nothing without: it is a sink.
    pub gives: Option<Each<Ratio>>,
    /// Which of what it takes is burnt: its CO2 is set free here.
    pub burns: Option<Vec<Name>>,
    /// Cost of each unit at the port that sets the pace.
    pub variable_cost: Option<Profile<Price>>,
    /// How it may be run.
    #[field(flatten)]
    pub operation: Operation,
}

/// A ratio between two ports.
#[derive(Debug, Clone)]
pub enum Ratio {
    /// The same at every load.
    Fixed(Profile<Any>),
    /// Points of a curve: flow at the port that sets the pace, flow at this one.
    Curve(Vec<[Quantity<Any>; 2]>),
}

impl Field for Ratio {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        if let Value::List(points) = &node.value {
            if points.len() < 2 {
                findings.error(node.span, "a curve needs at least two points");
                return None;
            }
            return Vec::read(node, findings).map(Ratio::Curve);
        }
        Profile::read(node, findings).map(Ratio::Fixed)
    }
    fn words() -> String {
        "a ratio such as 0.9 or \"1.9 kNm3/MWh\", the name of a series, or points [flow at capacity_at, flow here] of a curve".into()
    }
    fn schema() -> serde_json::Value {
        serde_json::json!({"type": ["string", "number", "array"]})
    }
}

impl Component for Converter {
    fn equations(&self, m: &mut Model) {
        let pace = self.capacity_at.text.as_str();
        let takes = || self.takes.iter().flat_map(|each| &each.0);
        let gives = || self.gives.iter().flat_map(|each| &each.0);
        if !takes().chain(gives()).any(|(name, _)| name.text == pace) {
            let hint = nearest(pace, takes().chain(gives()).map(|(n, _)| n.text.as_str()));
            m.error(Diagnostic::error(
                self.capacity_at.span,
                format!("`{pace}` is not among what the converter takes or gives{hint}"),
            ));
            return;
        }
        for name in self.burns.iter().flatten() {
            if !takes().any(|(n, _)| n.text == name.text) {
                m.error(Diagnostic::error(
                    name.span,
                    format!("`{}` is not among what the converter takes", name.text),
                ));
            }
        }
        let flow = m.rate(pace, &self.capacity_at);
        let capacity = m.capacity_of(self.capacity, &self.capacity_at);
        let on =
            operate(m, &self.operation, &Port { output: flow, node: &self.capacity_at, capacity });
        for (node, ratio) in takes() {
            let taken = self.at_port(m, (node, ratio), (flow, on), Sense::Least);
            if self.burns.iter().flatten().any(|b| b.text == node.text)
                && let Some(content) = m.carbon_content(node)
            {
                m.emit(Scope::Direct, &taken * content);
            }
            m.take(node, &node.text, taken);
        }
        for (node, ratio) in gives() {
            let given = self.at_port(m, (node, ratio), (flow, on), Sense::Most);
            m.give(node, &node.text, given);
        }
        if let Some(cost) = &self.variable_cost {
            let cost = m.price_of(cost, &self.capacity_at);
            m.cost("variable cost", flow * cost);
        }
    }
}

impl Converter {
    fn at_port(
        &self,
        m: &mut Model,
        (node, ratio): (&Name, &Ratio),
        (flow, on): (Var, Option<Var>),
        sense: Sense,
    ) -> Expr {
        let here = m.stock_dimension(node);
        let there = m.stock_dimension(&self.capacity_at);
        match ratio {
            Ratio::Fixed(ratio) => {
                let span = ratio.span();
                let ratio = m.profile(ratio);
                if ratio.values.least() < 0.0 {
                    m.error(Diagnostic::error(span, turned_round(node)));
                }
                if node.text == self.capacity_at.text && !ratio.values.all(|v| v == 1.0) {
                    m.error(Diagnostic::error(
                        span,
                        format!("the ratio of `{}`, which sets the pace, is 1", node.text),
                    ));
                }
                // A ratio of energies fits carriers counted otherwise, through their heating values.
                let ratio = m.in_unit_of(ratio, node, span, |stock| stock.per(there));
                debug_assert!(ratio.dimension == here.per(there) || ratio.is_zero());
                flow * ratio
            }
            Ratio::Curve(points) => {
                if !self.can_have_curve(m, (node, points), on) {
                    return Expr::zero(m.flow_dimension(node));
                }
                let mut known: Vec<(Param, Param)> = Vec::new();
                for [x, y] in points {
                    let x = m.in_unit_of((*x).into(), &self.capacity_at, x.span, |stock| {
                        stock.per(TIME)
                    });
                    let y = m.in_unit_of((*y).into(), node, y.span, |stock| stock.per(TIME));
                    known.push((x, y));
                }
                if known.windows(2).any(|p| p[1].0.values.at(0) <= p[0].0.values.at(0)) {
                    m.error(Diagnostic::error(
                        points[0][0].span,
                        "the points of a curve go from small flows to great ones",
                    ));
                    return Expr::zero(m.flow_dimension(node));
                }
                curve(m, flow, &known, on, sense)
            }
        }
    }

    /// Notes what a curve would do unnoticed: force the unit to run, cut its capacity, turn a flow
    /// round, or change the flow that sets the pace.
    fn can_have_curve(
        &self,
        m: &mut Model,
        (node, points): (&Name, &[[Quantity<Any>; 2]]),
        on: Option<Var>,
    ) -> bool {
        let before = m.diagnostics.len();
        let pace = &self.capacity_at;
        if node.text == pace.text {
            let message = format!(
                "`{}` sets the pace and has no curve of its own; write 1 here, and curves for the other ports",
                pace.text
            );
            m.error(Diagnostic::error(points[0][0].span, message));
            return false;
        }
        let capacity = m.capacity_of(self.capacity, pace).values.at(0);
        let mut at_pace =
            |x: Quantity<Any>| m.in_unit_of(x.into(), pace, x.span, |s| s.per(TIME)).values.at(0);
        let (first, last) = (points[0][0], points[points.len() - 1][0]);
        let (least, most) = (at_pace(first), at_pace(last));
        if least < 0.0 {
            m.error(Diagnostic::error(first.span, "a curve begins at a flow of 0 or more"));
        } else if least > 0.0 && on.is_none() && !self.operation.must_run {
            let message = "the curve begins above 0, so this unit could never stop; begin it at 0, or say how it runs: a `minimum_load` or `start_cost` if it can stop, `must_run = true` if not";
            m.error(Diagnostic::error(first.span, message));
        }
        if (most - capacity).abs() > 1e-6 * capacity.abs() {
            let message = "the last point of the curve is not at the capacity; end the curve there, or correct `capacity`";
            m.error(Diagnostic::error(last.span, message));
        }
        for [_, y] in points {
            if y.value() < 0.0 {
                m.error(Diagnostic::error(y.span, turned_round(node)));
            }
        }
        m.diagnostics.len() == before
    }
}

/// What is said of a flow below nought.
fn turned_round(node: &Name) -> String {
    format!(
        "`{}` has a ratio below 0, which turns its flow round; name it in `takes` or `gives` instead, with a ratio above 0",
        node.text
    )
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(converter: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T02:00"
            step = "1 h"
            [carrier.gas]
            measure = "energy"
            co2 = "200 kg/MWh"
            [carrier.heat]
            measure = "energy"
            [carrier.oxygen]
            measure = "volume"
            [series.use]
            unit = "MW"
            values = [20, 50]
            [fuel_supply.gas]
            carrier = "gas"
            price = "10 EUR/MWh"
            [demand.heat]
            carrier = "heat"
            amount = "use"
            [fuel_supply.oxygen]
            carrier = "oxygen"
            price = "5 EUR/kNm3"
            [converter.c]
            {converter}
            "#
        )
    }

    /// Proves: capacity and ratios hold at the named port, here the output; gas is burnt.
    /// 70 MWh heat: gas 2 · 70 = 140 at 10, oxygen 0.1 · 70 = 7 at 5, variable 70 · 1: 1505.
    /// Sensitivity: ratios per unit of input would need 35 MWh of gas, and CO2 28 t not 7.
    #[test]
    fn ratios_are_per_unit_of_the_port() {
        let solved = check(
            &site(
                "capacity = \"60 MW\"\ncapacity_at = \"heat\"\ntakes = { gas = 2, oxygen = \"0.1 kNm3/MWh\" }\n\
                 gives = { heat = 1 }\nburns = [\"gas\"]\nvariable_cost = \"1 EUR/MWh\"",
            ),
            1505.0,
            &[("c.gas", &[40.0, 100.0]), ("c.oxygen", &[2.0, 5.0])],
        );
        assert!((solved.accounts.carbon.direct - 28.0).abs() < 1e-9);
    }

    /// Proves: without `takes` it is a source, here heat bought with ramps; without `gives` a sink.
    /// Heat for 20 and 50 MW, rising by 20 an hour at most: 30 and 50 at 2, of which 10 are dumped at 3.
    /// Sensitivity: with nothing to dump into, or no ramp, the cost is another: 190 is not 140.
    #[test]
    fn a_source_and_a_sink() {
        let converter = "capacity = \"60 MW\"\ncapacity_at = \"heat\"\ngives = { heat = 1 }\nvariable_cost = \"2 EUR/MWh\"\n\
            ramp_up = \"20 MW/h\"\n[converter.dump]\ncapacity = \"60 MW\"\ncapacity_at = \"heat\"\ntakes = { heat = 1 }\nvariable_cost = \"3 EUR/MWh\"";
        check(&site(converter), 190.0, &[("c.heat", &[30.0, 50.0]), ("dump.heat", &[10.0, 0.0])]);
    }

    /// Proves: a curve that gets better with load is exact: it needs whole numbers.
    /// Gas for heat: 0 → 20 (idle), 30 → 50, 60 → 70. At 20 MW: 20 + 20 = 40; at 50: 50 + 20·20/30.
    /// Sensitivity: filling the cheap second part first would take 20 + 13.33 at 20 MW.
    #[test]
    fn a_curve_that_improves_needs_whole_numbers() {
        let converter = "capacity = \"60 MW\"\ncapacity_at = \"heat\"\ngives = { heat = 1 }\n\
            takes = { gas = [[\"0 MW\", \"20 MW\"], [\"30 MW\", \"50 MW\"], [\"60 MW\", \"70 MW\"]], oxygen = \"0.1 kNm3/MWh\" }";
        let solved = check(&site(converter), 400.0 + 500.0 + 4000.0 / 30.0 + 35.0, &[]);
        assert!(solved.compiled.problem.has_integers());
    }

    /// Proves: a curve that gets worse with load stays a linear problem.
    #[test]
    fn a_curve_that_worsens_stays_linear() {
        let converter = "capacity = \"60 MW\"\ncapacity_at = \"heat\"\ngives = { heat = 1 }\n\
            takes = { gas = [[\"0 MW\", \"0 MW\"], [\"30 MW\", \"30 MW\"], [\"60 MW\", \"90 MW\"]], oxygen = \"0.1 kNm3/MWh\" }";
        let solved = check(&site(converter), 200.0 + 700.0 + 35.0, &[]);
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: a curve that begins above nought is a mistake unless how it runs is said; then it is
    /// a least load: 30 MW with 30 MW of gas are made for 20, the rest is a surplus, at 50 MW 50.
    /// Sensitivity: before, the unit was made to run without a word.
    #[test]
    fn a_curve_says_how_its_unit_runs() {
        let converter = |points: &str, more: &str| {
            site(&format!(
                "capacity = \"60 MW\"\ncapacity_at = \"heat\"\ngives = {{ heat = 1 }}\n\
                 takes = {{ gas = {points}, oxygen = \"0.1 kNm3/MWh\" }}\n{more}"
            ))
            .replace("[carrier.heat]", "[carrier.heat]\n            surplus_price = \"2 EUR/MWh\"")
        };
        let above = "[[\"30 MW\", \"30 MW\"], [\"60 MW\", \"60 MW\"]]";
        assert!(mistakes(&converter(above, "")).contains("begins above 0"));
        let surplus = 10.0 * 2.0;
        check(&converter(above, "must_run = true"), 800.0 + 40.0 + surplus, &[]);
        let solved =
            check(&converter(above, "start_cost = \"5 EUR\""), 800.0 + 40.0 + surplus, &[]);
        assert!(solved.compiled.problem.has_integers());
        let short = "[[\"0 MW\", \"0 MW\"], [\"50 MW\", \"60 MW\"]]";
        assert!(mistakes(&converter(short, "")).contains("not at the capacity"));
        let negative = "[[\"0 MW\", \"-5 MW\"], [\"60 MW\", \"60 MW\"]]";
        assert!(mistakes(&converter(negative, "")).contains("below 0"));
    }

    /// Proves: a ratio below nought and a curve at the port that sets the pace are mistakes.
    #[test]
    fn flows_are_not_turned_round() {
        let start = "capacity = \"60 MW\"\ncapacity_at = \"heat\"\n";
        let negative = format!(
            "{start}gives = {{ heat = 1 }}\ntakes = {{ gas = -2, oxygen = \"0.1 kNm3/MWh\" }}"
        );
        let found = mistakes(&site(&negative));
        assert!(found.contains("turns its flow round"), "{found}");
        let pace = format!(
            "{start}gives = {{ heat = [[\"0 MW\", \"0 MW\"], [\"60 MW\", \"90 MW\"]] }}\ntakes = {{ gas = 1, oxygen = \"0.1 kNm3/MWh\" }}"
        );
        let found = mistakes(&site(&pace));
        assert!(found.contains("has no curve of its own"), "{found}");
    }

    /// Proves: a bare number is no ratio between a gas by volume and heat, though a heating value
    /// would turn it into one. Sensitivity: 2 would pass for 2 MWh/MWh where 2 kNm3/MWh was meant.
    #[test]
    fn a_bare_number_is_no_ratio_of_measures() {
        let text = site("capacity = \"60 MW\"\ncapacity_at = \"heat\"\ntakes = { gas = 2 }\ngives = { heat = 1 }")
            .replacen("measure = \"energy\"", "measure = \"volume\"\nheating_value = \"36 MJ/Nm3\"", 1);
        let shown = crate::testing::mistakes(&text);
        assert!(shown.contains("a number without unit") && shown.contains("kNm3/MWh"), "{shown}");
    }
}
