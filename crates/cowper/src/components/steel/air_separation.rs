//! An air separation unit: oxygen, gaseous and liquid, and other gases from air.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::expression::{Expr, Param, Var};
use crate::field::{Each, Name, Profile};
use crate::model::{Bounds, Model};
use crate::patterns::curve::{AtLoad, Loaded, taken};
use crate::patterns::operation::{Operation, Port, operate};
use crate::units::{Any, ENERGY, Flow, Price, Quantity, SpecificElectricity, TIME};

/// An air separation unit: oxygen from air and electricity, some of it liquid for a store.
///
/// The capacity is that of all oxygen separated, gaseous or liquid. Liquid oxygen is counted as the
/// gas it becomes; a tank of its carrier stores it, and the vaporiser turns it into gas again. Other
/// gases come with the oxygen and go back to the air where nothing takes them. Oxygen itself may be
/// let off by a vent. Around 0.5 kWh/Nm3 (0.4 to 0.65) is usual for gaseous oxygen.
///
/// # Equations
///
/// oxygen = separated − liquefied + vaporised; liquefied ≤ separated ≤ capacity
///
/// electricity = electricity_use · separated + liquefaction · liquefied + vaporiser_electricity · vaporised
///
/// flow(by-product) ≤ by_products · separated
///
/// liquefied ≤ liquid_limit; vaporised ≤ vaporiser
///
/// # Example
///
/// ```toml
/// # Liquid oxygen is made at night and vaporised in the evening peak.
/// [site]
/// name = "Air separation with a liquid store"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.electricity]
/// measure = "energy"
/// [carrier.oxygen]
/// measure = "volume"
/// [carrier.liquid_oxygen]
/// measure = "volume"
/// [series.tariff]
/// otherwise = "82 EUR/MWh"
/// periods = [
///   { from = "17:00", to = "21:00", value = "240 EUR/MWh" },
///   { from = "23:00", to = "07:00", value = "40 EUR/MWh" },
/// ]
/// [grid_connection.grid]
/// import_price = "tariff"
/// [air_separation.unit_1]
/// capacity = "60 kNm3/h"
/// electricity_use = "0.5 kWh/Nm3"
/// minimum_load = "70 %"
/// must_run = true
/// ramp_up = "20 %/h"
/// ramp_down = "20 %/h"
/// liquid = "liquid_oxygen"
/// liquefaction = "0.45 kWh/Nm3"
/// liquid_limit = "6 kNm3/h"
/// vaporiser = "20 kNm3/h"
/// [tank.liquid_oxygen]
/// carrier = "liquid_oxygen"
/// capacity = "800 kNm3"
/// [demand.converters]
/// carrier = "oxygen"
/// amount = "50 kNm3/h"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct AirSeparation {
    /// Node it takes electricity from.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Gaseous oxygen it gives.
    #[field(default = "oxygen")]
    pub oxygen: Name,
    /// Greatest flow of oxygen separated, gaseous and liquid.
    pub capacity: Quantity<Flow>,
    /// Electricity for each unit of oxygen separated.
    pub electricity_use: AtLoad<Quantity<SpecificElectricity>>,
    /// Other gases for each unit of oxygen, such as { nitrogen = 2.5, argon = 0.035 }.
    pub by_products: Option<Each<Quantity<Any>>>,
    /// Liquid oxygen it gives and vaporises, counted as the gas it becomes.
    pub liquid: Option<Name>,
    /// Electricity for each unit liquefied, besides that of its separation. Needed with `liquid`.
    pub liquefaction: Option<Quantity<SpecificElectricity>>,
    /// Greatest flow liquefied; all oxygen without.
    pub liquid_limit: Option<Quantity<Flow>>,
    /// Greatest flow vaporised; none is without.
    pub vaporiser: Option<Quantity<Flow>>,
    /// Electricity for each unit vaporised; none without.
    pub vaporiser_electricity: Option<Quantity<SpecificElectricity>>,
    /// Cost of each unit of oxygen separated besides electricity: water, wear.
    pub variable_cost: Option<Profile<Price>>,
    /// How it may be run.
    #[field(flatten)]
    pub operation: Operation,
}

impl Component for AirSeparation {
    fn equations(&self, m: &mut Model) {
        let separated = m.rate("separated", &self.oxygen);
        let capacity = m.capacity_of(self.capacity, &self.oxygen);
        let operation = self.electricity_use.operation(&self.operation);
        let on = operate(
            m,
            &operation,
            &Port { output: separated, node: &self.oxygen, capacity: capacity.clone() },
        );
        let for_each = self.electricity_use.map(|amount| self.electricity_for(m, *amount));
        let unit = Loaded { output: separated, capacity, on, operation: &operation };
        let mut used = taken(m, &for_each, &unit);
        let mut oxygen = Expr::from(separated);
        if let Some(liquid) = &self.liquid {
            let (change, electricity) = self.liquid(m, liquid, separated);
            oxygen = oxygen + change;
            used = used + electricity;
        } else {
            self.check_no_liquid(m);
        }
        m.give(&self.oxygen, "oxygen", oxygen);
        m.take(&self.electricity, "electricity", used);
        let here = m.stock_dimension(&self.oxygen);
        for (gas, amount) in self.by_products.iter().flat_map(|b| &b.0) {
            let flow = m.rate(&gas.text, gas);
            m.give(gas, &gas.text, flow);
            let amount = m.in_unit_of((*amount).into(), gas, amount.span, |stock| stock.per(here));
            m.at_most("no more comes with the oxygen", flow, separated * amount);
        }
        if let Some(cost) = &self.variable_cost {
            let cost = m.price_of(cost, &self.oxygen);
            m.cost("variable cost", separated * cost);
        }
    }
}

impl AirSeparation {
    /// What liquid oxygen changes in the gaseous oxygen and in the electricity.
    fn liquid(&self, m: &mut Model, liquid: &Name, separated: Var) -> (Expr, Expr) {
        let dimension = separated.dimension;
        if m.flow_dimension(liquid) != dimension {
            let message = format!(
                "`{}` is counted unlike `{}`; count liquid oxygen as the gas it becomes",
                liquid.text, self.oxygen.text
            );
            m.error(Diagnostic::error(liquid.span, message));
        }
        let Some(liquefaction) = self.liquefaction else {
            m.error(Diagnostic::error(
                liquid.span,
                "`liquid` needs `liquefaction`, such as \"0.45 kWh/Nm3\"",
            ));
            return (Expr::zero(dimension), Expr::zero(ENERGY.per(TIME)));
        };
        let liquefied = m.variable("liquefied", Bounds::positive(dimension));
        if let Some(limit) = self.liquid_limit {
            let limit = m.capacity_of(limit, &self.oxygen);
            m.limit(liquefied, limit);
        }
        m.give(liquid, "liquefied", liquefied);
        m.at_most("only what is separated becomes liquid", liquefied, separated);
        let mut change = -liquefied;
        let mut used = liquefied * self.electricity_for(m, liquefaction);
        if let Some(limit) = self.vaporiser {
            let limit = m.capacity_of(limit, &self.oxygen);
            let vaporised = m.variable("vaporised", Bounds::up_to(limit));
            m.take(liquid, "vaporised", vaporised);
            change = change + vaporised;
            if let Some(amount) = self.vaporiser_electricity {
                used = used + vaporised * self.electricity_for(m, amount);
            }
        }
        (change, used)
    }

    fn electricity_for(&self, m: &mut Model, amount: Quantity<SpecificElectricity>) -> Param {
        m.in_unit_of(amount.into(), &self.oxygen, amount.span, |stock| ENERGY.per(stock))
    }

    /// What belongs to `liquid` would be passed over without it.
    fn check_no_liquid(&self, m: &mut Model) {
        let spans = [
            self.liquefaction.map(|q| q.span),
            self.liquid_limit.map(|q| q.span),
            self.vaporiser.map(|q| q.span),
            self.vaporiser_electricity.map(|q| q.span),
        ];
        for span in spans.into_iter().flatten() {
            m.error(Diagnostic::error(
                span,
                "this needs `liquid`, the carrier or node of the liquid oxygen",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(oxygen: &str, unit: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T02:00"
            step = "1 h"
            [carrier.electricity]
            measure = "energy"
            [carrier.oxygen]
            measure = "volume"
            [carrier.liquid]
            measure = "volume"
            [carrier.nitrogen]
            measure = "volume"
            [carrier.argon]
            measure = "mass"
            [series.price]
            unit = "EUR/MWh"
            values = [20, 100]
            [series.use]
            unit = "kNm3/h"
            values = {oxygen}
            [grid_connection.grid]
            import_price = "price"
            [fuel_supply.trucks]
            carrier = "nitrogen"
            price = "5 EUR/kNm3"
            [demand.converters]
            carrier = "oxygen"
            amount = "use"
            [demand.coating]
            carrier = "nitrogen"
            amount = "24 kNm3/h"
            [demand.welding]
            carrier = "argon"
            amount = "0.1 t/h"
            [fuel_supply.argon]
            carrier = "argon"
            price = "200 EUR/t"
            [tank.store]
            carrier = "liquid"
            capacity = "100 kNm3"
            start = 0
            [air_separation.a]
            capacity = "20 kNm3/h"
            {unit}
            "#
        )
    }

    /// Nitrogen 24 kNm3/h at 5 and argon 0.1 t/h at 200 for two hours, all bought.
    const BOUGHT: f64 = 280.0;

    /// Proves: 4 kNm3 are made liquid in the cheap hour and vaporised in the dear one, each with its
    /// electricity: 14 · 0.5 + 4 · 0.4 = 8.6 MWh at 20, 6 · 0.5 + 4 · 0.1 = 3.4 at 100.
    /// Sensitivity: liquid on top of the capacity, or without separation, would take 6.6 at 20.
    #[test]
    fn liquid_moves_oxygen_to_dear_hours() {
        let unit = "electricity_use = \"0.5 kWh/Nm3\"\nliquid = \"liquid\"\nliquefaction = \"0.4 kWh/Nm3\"\n\
                    vaporiser = \"4 kNm3/h\"\nvaporiser_electricity = \"0.1 kWh/Nm3\"";
        let solved = check(
            &site("[10, 10]", unit),
            BOUGHT + 172.0 + 340.0,
            &[
                ("a.separated", &[14.0, 6.0]),
                ("a.vaporised", &[0.0, 4.0]),
                ("a.electricity", &[8.6, 3.4]),
            ],
        );
        assert!(!solved.compiled.problem.has_integers());
        // The capacity is that of gas and liquid together.
        check(
            &site("[18, 10]", unit),
            BOUGHT + (10.0 + 0.8) * 20.0 + (4.0 + 0.2) * 100.0,
            &[("a.liquefied", &[2.0, 0.0])],
        );
    }

    /// Proves: part load is exact: 10 kNm3/h at 0.6 take 6 MW, 20 at 0.5 take 10, 15 thus 8; the
    /// first point is the least load, and a unit that never stops needs no whole numbers.
    /// 8 · 20 + 6 · 100. Sensitivity: 0.55 at 15 kNm3/h would take 8.25 MW.
    #[test]
    fn part_load_costs_electricity() {
        let points =
            "electricity_use = [[\"50 %\", \"0.6 kWh/Nm3\"], [\"100 %\", \"0.5 kWh/Nm3\"]]";
        let solved =
            check(&site("[15, 10]", points), BOUGHT + 760.0, &[("a.electricity", &[8.0, 6.0])]);
        assert!(solved.compiled.problem.has_integers());
        let solved =
            check(&site("[15, 10]", &format!("{points}\nmust_run = true")), BOUGHT + 760.0, &[]);
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: other gases come with the oxygen, in their own unit, and the rest goes to the air:
    /// of 24 kNm3/h of nitrogen 20 (2 · 10), 4 bought; argon 0.5 of which 0.1 t/h are used.
    /// 2 · 4 · 5 + 5 · 120. Sensitivity: what must be taken would leave a surplus of argon.
    #[test]
    fn other_gases_come_with_the_oxygen() {
        let unit = "electricity_use = \"0.5 kWh/Nm3\"\nby_products = { nitrogen = 2, argon = \"0.05 kg/Nm3\" }";
        check(
            &site("[10, 10]", unit),
            40.0 + 600.0,
            &[("a.nitrogen", &[20.0, 20.0]), ("a.argon", &[0.1, 0.1])],
        );
    }

    /// Proves: a vaporiser without liquid, liquid without its electricity or by mass are mistakes.
    #[test]
    fn impossible_units_are_refused() {
        let unit = "electricity_use = \"0.5 kWh/Nm3\"\n";
        assert!(
            mistakes(&site("[1, 1]", &format!("{unit}vaporiser = \"4 kNm3/h\"")))
                .contains("this needs `liquid`")
        );
        assert!(
            mistakes(&site("[1, 1]", &format!("{unit}liquid = \"liquid\"")))
                .contains("needs `liquefaction`")
        );
        let by_mass = format!("{unit}liquid = \"argon\"\nliquefaction = \"0.4 kWh/Nm3\"");
        assert!(mistakes(&site("[1, 1]", &by_mass)).contains("counted unlike"));
        assert!(
            mistakes(&site("[1, 1]", "electricity_use = \"0.5 kWh/t\""))
                .contains("write it in MWh/kNm3")
        );
    }
}
