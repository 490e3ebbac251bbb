//! A thermal power unit seen as a whole: condensing, or with heat drawn from it.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::{Diagnostic, nearest};
use crate::expression::{Expr, Var};
use crate::field::{Each, Name, Profile, Share};
use crate::model::Model;
use crate::patterns::operation::{Operation, Port, operate};
use crate::units::{ENERGY, Flow, Number, Power, Price, Quantity, TIME};

/// A thermal power unit from fuel to bus bar: condensing, or combined heat and power.
///
/// Without `heat` it makes electricity only. With `heat`, steam drawn off costs electricity
/// (`power_loss`), and no less electricity than `power_to_heat` times the heat comes with it (the
/// back-pressure line): the operating region of the Danish Energy Agency's technology data. Load,
/// minimum load and ramps are those of the electricity the unit would make if no heat were drawn.
/// Figures are net of its own use.
///
/// # Equations
///
/// output = electricity + power_loss · heat; output ≤ capacity
///
/// Σ efficiency(fuel) · heating_value(fuel) · flow(fuel) = output
///
/// electricity ≥ power_to_heat · heat (equal if back_pressure); heat ≤ heat_capacity
///
/// CO2 = Σ content(fuel) · flow(fuel); cost = variable_cost · electricity
///
/// # Example
///
/// ```toml
/// # A coal unit that also heats a town: on or off, with a minimum load.
/// [site]
/// name = "Coal unit with district heat"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.coal]
/// measure = "mass"
/// heating_value = "23 GJ/t"
/// co2 = "2.2 t/t"
/// [carrier.electricity]
/// measure = "energy"
/// [carrier.heat]
/// measure = "energy"
/// [fuel_supply.coal]
/// carrier = "coal"
/// price = "110 EUR/t"
/// [thermal_unit.unit_1]
/// capacity = "300 MW"
/// efficiency = { coal = 0.40 }
/// heat = "heat"
/// heat_capacity = "330 MW"
/// power_loss = 0.18
/// power_to_heat = 0.5
/// minimum_load = "40 %"
/// start_cost = "25000 EUR"
/// minimum_up = "8 h"
/// ramp_up = "60 %/h"
/// ramp_down = "60 %/h"
/// [grid_connection.grid]
/// import_price = "75 EUR/MWh"
/// export_price = "55 EUR/MWh"
/// [demand.works]
/// carrier = "electricity"
/// amount = "220 MW"
/// [demand.town]
/// carrier = "heat"
/// amount = "180 MW"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct ThermalUnit {
    /// Node it feeds.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Greatest electricity while no heat is drawn.
    pub capacity: Quantity<Power>,
    /// Share of each fuel's heat that becomes electricity while no heat is drawn.
    pub efficiency: Each<Share>,
    /// Greatest flow of single fuels: what their burners or mills pass.
    pub burner_limit: Option<Each<Quantity<Flow>>>,
    /// Heat or steam it gives, for combined heat and power.
    pub heat: Option<Name>,
    /// Greatest flow of heat or steam; what the back-pressure line allows without.
    pub heat_capacity: Option<Quantity<Flow>>,
    /// Electricity lost for each unit of heat drawn, both as energy; none without.
    pub power_loss: Option<Quantity<Number>>,
    /// Least electricity for each unit of heat, both as energy: the back-pressure line. Needed with `heat`.
    pub power_to_heat: Option<Quantity<Number>>,
    /// Whether all of its steam becomes heat, so that electricity and heat keep the ratio `power_to_heat`.
    #[field(default = false)]
    pub back_pressure: bool,
    /// Cost of each unit of electricity besides fuel: ash, chemicals, wear.
    pub variable_cost: Option<Profile<Price>>,
    /// How it may be run.
    #[field(flatten)]
    pub operation: Operation,
}

/// More than all of a fuel's lower heating value: flue gases that condense give back water's heat too.
const GREATEST_EFFICIENCY: f64 = 1.15;

impl Component for ThermalUnit {
    fn equations(&self, m: &mut Model) {
        let electricity = m.rate("electricity", &self.electricity);
        m.give(&self.electricity, "electricity", electricity);
        let output = if let Some(heat) = &self.heat {
            let Some(region) = self.region(m) else { return };
            self.draw_heat(m, heat, electricity, region)
        } else {
            self.check_no_heat(m);
            electricity
        };
        let capacity =
            m.in_unit_of(self.capacity.into(), &self.electricity, self.capacity.span, |stock| {
                stock.per(TIME)
            });
        operate(m, &self.operation, &Port { output, node: &self.electricity, capacity });

        let mut useful = Expr::zero(ENERGY.per(TIME));
        for (fuel, efficiency) in &self.efficiency.0 {
            let flow = m.rate(&fuel.text, fuel);
            if let Some((_, limit)) =
                self.burner_limit.iter().flat_map(|l| &l.0).find(|(n, _)| n.text == fuel.text)
            {
                let limit = m.capacity_of(*limit, fuel);
                m.limit(flow, limit);
            }
            m.burn(fuel, &fuel.text, flow);
            useful = useful + flow * m.energy_content(fuel) * *efficiency;
        }
        self.check_names(m);
        for (fuel, efficiency) in &self.efficiency.0 {
            if efficiency.value() <= 0.0 {
                let message = format!(
                    "`{}` at an efficiency of 0 would be burnt for nothing; write its efficiency, such as 0.4, or leave the fuel out",
                    fuel.text
                );
                m.error(Diagnostic::error(fuel.span, message));
            }
        }
        m.equal("heat of the fuels becomes output", useful, output);
        if let Some(cost) = &self.variable_cost {
            let cost = m.price_of(cost, &self.electricity);
            m.cost("variable cost", electricity * cost);
        }
    }
}

/// Where electricity and heat may lie together.
#[derive(Clone, Copy)]
struct Region {
    power_loss: f64,
    power_to_heat: f64,
}

impl ThermalUnit {
    /// Gives heat and returns the output that the unit would have without.
    fn draw_heat(&self, m: &mut Model, node: &Name, electricity: Var, region: Region) -> Var {
        let heat = m.rate("heat", node);
        m.give(node, "heat", heat);
        if let Some(limit) = self.heat_capacity {
            let limit = m.capacity_of(limit, node);
            m.limit(heat, limit);
        }
        let drawn = heat * m.energy_content(node);
        let output = m.rate("output", &self.electricity);
        m.equal("drawing heat costs electricity", output, electricity + &drawn * region.power_loss);
        let least = drawn * region.power_to_heat;
        if self.back_pressure {
            m.equal("electricity and heat keep their ratio", electricity, least);
        } else {
            m.at_least("electricity stays above the back-pressure line", electricity, least);
        }
        output
    }

    /// The operating region, or what is wrong with it.
    fn region(&self, m: &mut Model) -> Option<Region> {
        let heat = self.heat.as_ref()?;
        let Some(ratio) = self.power_to_heat else {
            let message = "`heat` needs `power_to_heat` beside it, the back-pressure line: electricity for each unit of heat, such as 0.5; without it heat would come from nothing";
            m.error(Diagnostic::error(heat.span, message));
            return None;
        };
        if ratio.value() <= 0.0 {
            m.error(Diagnostic::error(
                ratio.span,
                "`power_to_heat` is a number above 0, such as 0.5",
            ));
            return None;
        }
        let power_loss = self.power_loss.map_or(0.0, |l| l.value());
        if let Some(loss) = self.power_loss.filter(|l| !(0.0..1.0).contains(&l.value())) {
            m.error(Diagnostic::error(loss.span, "`power_loss` is electricity lost for each unit of heat: from 0 to below 1, such as 0.15"));
            return None;
        }
        let region = Region { power_loss, power_to_heat: ratio.value() };
        for (fuel, efficiency) in &self.efficiency.0 {
            let all = efficiency.value() * (1.0 + region.power_to_heat)
                / (region.power_to_heat + region.power_loss);
            if all > GREATEST_EFFICIENCY {
                let message = format!(
                    "on the back-pressure line {:.0} % of this fuel would become electricity and heat; raise `power_to_heat` or `power_loss`, or lower the efficiency",
                    all * 100.0
                );
                m.error(Diagnostic::error(fuel.span, message));
            }
        }
        Some(region)
    }

    /// What belongs to `heat` would be passed over without it.
    fn check_no_heat(&self, m: &mut Model) {
        let given = [
            ("heat_capacity", self.heat_capacity.map(|q| q.span)),
            ("power_loss", self.power_loss.map(|q| q.span)),
            ("power_to_heat", self.power_to_heat.map(|q| q.span)),
            ("back_pressure", self.back_pressure.then_some(self.capacity.span)),
        ];
        for (field, span) in given {
            if let Some(span) = span {
                let message = format!(
                    "`{field}` needs `heat`, the carrier or node the heat goes to; a condensing unit has none"
                );
                m.error(Diagnostic::error(span, message));
            }
        }
    }

    /// Names of fuels that the unit does not burn.
    fn check_names(&self, m: &mut Model) {
        for (name, _) in self.burner_limit.iter().flat_map(|l| &l.0) {
            if !self.efficiency.0.iter().any(|(fuel, _)| fuel.text == name.text) {
                let hint =
                    nearest(&name.text, self.efficiency.0.iter().map(|(f, _)| f.text.as_str()));
                let message = format!(
                    "`{}` is not among the fuels of the unit's `efficiency`{hint}",
                    name.text
                );
                m.error(Diagnostic::error(name.span, message));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(electricity: &str, unit: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T02:00"
            step = "1 h"
            [carrier.coal]
            measure = "mass"
            heating_value = "3.6 GJ/t"
            co2 = "0.3 t/t"
            [carrier.gas]
            measure = "energy"
            co2 = "200 kg/MWh"
            [carrier.electricity]
            measure = "energy"
            [carrier.heat]
            measure = "energy"
            [series.use]
            unit = "MW"
            values = {electricity}
            [fuel_supply.mine]
            carrier = "coal"
            price = "10 EUR/t"
            [fuel_supply.pipeline]
            carrier = "gas"
            price = "30 EUR/MWh"
            [fuel_supply.spare]
            carrier = "heat"
            price = "200 EUR/MWh"
            [grid_connection.grid]
            import_price = "100 EUR/MWh"
            [demand.works]
            carrier = "electricity"
            amount = "use"
            [demand.town]
            carrier = "heat"
            amount = "100 MW"
            [thermal_unit.u]
            capacity = "100 MW"
            {unit}
            "#
        )
    }

    const EXTRACTION: &str =
        "efficiency = { coal = 0.4 }\nheat = \"heat\"\npower_loss = 0.2\npower_to_heat = 0.5\n";

    /// Proves: fuels add up by their own heating value and efficiency, within burner limits.
    /// 100 t/h of coal (1 MWh/t) make 40 of 60 MW, 40 MW of gas the rest: 1000 + 1200 an hour;
    /// heat is bought, 20 000 an hour. CO2: 2 · (30 + 8) = 76 t.
    /// Sensitivity: limits on the output instead of the fuel would burn coal alone: 1500.
    #[test]
    fn condenses_on_several_fuels() {
        let unit = "efficiency = { coal = 0.4, gas = 0.5 }\nburner_limit = { coal = \"100 t/h\" }";
        let solved = check(
            &site("[60, 60]", unit),
            44_400.0,
            &[("u.gas", &[40.0, 40.0]), ("u.coal", &[100.0, 100.0])],
        );
        assert!((solved.accounts.carbon.direct - 76.0).abs() < 1e-9);
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: heat costs electricity, in fuel and in what is left of the capacity.
    /// Heat 100 MW always. Load 50: output 50 + 20 = 70, coal 175: 1750. Load 90: electricity at
    /// most 100 − 20 = 80, coal 250, 10 MW bought: 2500 + 1000.
    /// Sensitivity: heat for nothing would burn 125 and 225: 3500 in all.
    #[test]
    fn heat_costs_electricity() {
        let columns: &[(&str, &[f64])] =
            &[("u.electricity", &[50.0, 80.0]), ("u.coal", &[175.0, 250.0])];
        let solved = check(&site("[50, 90]", EXTRACTION), 5250.0, columns);
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: the back-pressure line limits the heat at low load: 30 MW of load bear 60 MW of heat,
    /// the other 40 are bought at 200. Output 42, coal 105. With an upper limit of 50 MW of heat,
    /// load 80 burns 225 and buys 50. 1050 + 8000 and 80 + 10 = 90: 2250 + 10 000.
    /// Sensitivity: without the line all heat would be drawn in the first hour.
    #[test]
    fn heat_needs_electricity_beside_it() {
        check(&site("[30, 30]", EXTRACTION), 2.0 * 9050.0, &[("u.heat", &[60.0, 60.0])]);
        let unit = format!("{EXTRACTION}heat_capacity = \"50 MW\"");
        check(&site("[80, 80]", &unit), 2.0 * 12_250.0, &[("u.heat", &[50.0, 50.0])]);
    }

    /// Proves: in back pressure the ratio is kept: 100 MW of heat come with 50 of 80 MW. Output
    /// 50 + 20 = 70, coal 175; 30 MW are bought: 1750 + 3000 an hour.
    /// Sensitivity: an extraction unit would make all 80 MW with 250 t/h of coal: 2500.
    #[test]
    fn back_pressure_keeps_its_ratio() {
        let unit = format!("{EXTRACTION}back_pressure = true");
        check(&site("[80, 80]", &unit), 9500.0, &[("u.electricity", &[50.0, 50.0])]);
    }

    /// Proves: the minimum load is one of the whole turbine, so heat helps to reach it, and a unit
    /// that must run stays a linear problem. 70 % = 50 + 0.2 · 100 exactly.
    /// Sensitivity: a minimum on electricity alone would make 70 and have a surplus of 20 MW.
    #[test]
    fn heat_counts_towards_the_minimum_load() {
        let unit = format!("{EXTRACTION}must_run = true\nminimum_load = \"70 %\"");
        let solved = check(&site("[50, 50]", &unit), 3500.0, &[("u.electricity", &[50.0, 50.0])]);
        assert!(!solved.compiled.problem.has_integers());
        let unit = format!("{EXTRACTION}minimum_load = \"70 %\"");
        let solved = check(&site("[50, 50]", &unit), 3500.0, &[("u.on", &[1.0, 1.0])]);
        assert!(solved.compiled.problem.has_integers());
    }

    /// Proves: regions that make energy from nothing, and fields without effect, are mistakes.
    #[test]
    fn impossible_regions_are_said() {
        for (unit, part) in [
            ("efficiency = { coal = 0.4 }\nheat = \"heat\"", "needs `power_to_heat`"),
            ("efficiency = { coal = 0.4 }\npower_loss = 0.2", "`power_loss` needs `heat`"),
            (
                "efficiency = { coal = 0.4 }\nheat_capacity = \"50 MW\"",
                "`heat_capacity` needs `heat`",
            ),
            (
                "efficiency = { coal = 0.5 }\nheat = \"heat\"\npower_loss = 0.1\npower_to_heat = 0.3",
                "162 % of this fuel",
            ),
            ("efficiency = { coal = 40 }", "is not a share"),
            ("efficiency = { coal = 0.4, gas = 0 }", "`gas` at an efficiency of 0"),
            (
                "efficiency = { coal = 0.4 }\nburner_limit = { gas = \"5 MW\" }",
                "`gas` is not among the fuels",
            ),
            (
                "efficiency = { coal = 0.4 }\nheat = \"heat\"\npower_loss = 2\npower_to_heat = 0.3",
                "from 0 to below 1",
            ),
        ] {
            let found = mistakes(&site("[50, 50]", unit));
            assert!(found.contains(part), "{unit}: {found}");
        }
    }
}
