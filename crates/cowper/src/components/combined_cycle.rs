//! A combined cycle: a gas turbine and a steam turbine on by-product or natural gas.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::{Diagnostic, nearest};
use crate::expression::{Expr, Param, Var};
use crate::field::{Each, Name, Profile, Share};
use crate::model::Model;
use crate::patterns::curve::{AtLoad, Loaded, taken};
use crate::patterns::mixture::{Window, volume_of};
use crate::patterns::operation::{Operation, Port, operate};
use crate::units::{ENERGY, Flow, Number, Power, Price, Quantity, TIME, VOLUME};

/// A combined cycle on one gas or a mixture, with steam drawn off at a loss of electricity.
///
/// Electricity is net of the gas compressor, which for lean gas takes much. Load, minimum load and
/// ramps are those of the electricity it would make if no steam were drawn. Steam is limited by the
/// back-pressure line `power_to_heat`, as for a thermal_unit.
///
/// # Equations
///
/// output = electricity + power_loss · enthalpy · steam; output ≤ capacity
///
/// Σ heating_value(fuel) · flow(fuel) = output / efficiency, by a line between points of part load
///
/// least_share(fuel) ≤ share of the fuel in the heat ≤ greatest_share(fuel)
///
/// heating_value_least · volume ≤ Σ heating_value(fuel) · flow(fuel) ≤ heating_value_most · volume
///
/// electricity ≥ power_to_heat · enthalpy · steam
///
/// CO2 = Σ content(fuel) · flow(fuel); cost = variable_cost · electricity
///
/// # Example
///
/// ```toml
/// # Blast-furnace gas is enriched to what the burners need.
/// [site]
/// name = "Combined cycle on by-product gas"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.bfg]
/// measure = "volume"
/// heating_value = "3.3 MJ/Nm3"
/// co2 = "0.848 kg/Nm3"
/// [carrier.cog]
/// measure = "volume"
/// heating_value = "17.4 MJ/Nm3"
/// co2 = "0.764 kg/Nm3"
/// [carrier.electricity]
/// measure = "energy"
/// [fuel_supply.furnaces]
/// carrier = "bfg"
/// limit = "400 kNm3/h"
/// [fuel_supply.ovens]
/// carrier = "cog"
/// price = "250 EUR/kNm3"
/// [grid_connection.grid]
/// import_price = "90 EUR/MWh"
/// [combined_cycle.ccpp]
/// capacity = "180 MW"
/// fuels = ["bfg", "cog"]
/// efficiency = [["60 %", "40.5 %"], ["80 %", "42.8 %"], ["100 %", "43.7 %"]]
/// heating_value_least = "4.2 MJ/Nm3"
/// heating_value_most = "5.5 MJ/Nm3"
/// start_cost = "15000 EUR"
/// minimum_up = "8 h"
/// [demand.works]
/// carrier = "electricity"
/// amount = "250 MW"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct CombinedCycle {
    /// Node it feeds.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Greatest net electricity while no steam is drawn.
    pub capacity: Quantity<Power>,
    /// Gases it burns, mixed.
    pub fuels: Vec<Name>,
    /// Share of the fuels' heat that becomes net electricity while no steam is drawn.
    pub efficiency: AtLoad<Share>,
    /// Least share of single fuels in the heat.
    pub least_share: Option<Each<Share>>,
    /// Greatest share of single fuels in the heat.
    pub greatest_share: Option<Each<Share>>,
    /// Heating values it can burn.
    #[field(flatten)]
    pub window: Window,
    /// Steam or heat it gives.
    pub steam: Option<Name>,
    /// Greatest flow of steam; what the back-pressure line allows without.
    pub steam_capacity: Option<Quantity<Flow>>,
    /// Electricity lost for each unit of steam drawn, both as energy; none without.
    pub power_loss: Option<Quantity<Number>>,
    /// Least electricity for each unit of steam, both as energy: the back-pressure line. Needed with `steam`.
    pub power_to_heat: Option<Quantity<Number>>,
    /// Cost of each unit of electricity besides fuel.
    pub variable_cost: Option<Profile<Price>>,
    /// How it may be run.
    #[field(flatten)]
    pub operation: Operation,
}

/// More than all of a fuel's lower heating value: flue gases that condense give back water's heat too.
const GREATEST_EFFICIENCY: f64 = 1.15;

impl Component for CombinedCycle {
    fn equations(&self, m: &mut Model) {
        if !self.is_possible(m) {
            return;
        }
        let electricity = m.rate("electricity", &self.electricity);
        m.give(&self.electricity, "electricity", electricity);
        let output = self.output(m, electricity);
        let capacity =
            m.in_unit_of(self.capacity.into(), &self.electricity, self.capacity.span, |stock| {
                stock.per(TIME)
            });
        let operation = self.efficiency.operation(&self.operation);
        let on = operate(
            m,
            &operation,
            &Port { output, node: &self.electricity, capacity: capacity.clone() },
        );
        let heat_rate = self.efficiency.map(|efficiency| Param::from(1.0) / *efficiency);
        let needed = taken(m, &heat_rate, &Loaded { output, capacity, on, operation: &operation });
        self.burn(m, needed);
        if let Some(cost) = &self.variable_cost {
            let cost = m.price_of(cost, &self.electricity);
            m.cost("variable cost", electricity * cost);
        }
    }
}

impl CombinedCycle {
    /// The electricity it would make without steam: a variable of its own where there is steam.
    fn output(&self, m: &mut Model, electricity: Var) -> Var {
        let (Some(node), Some(ratio)) = (&self.steam, self.power_to_heat) else {
            return electricity;
        };
        let steam = m.rate("steam", node);
        m.give(node, "steam", steam);
        if let Some(limit) = self.steam_capacity {
            let limit = m.capacity_of(limit, node);
            m.limit(steam, limit);
        }
        let heat = steam * m.energy_content(node);
        let output = m.rate("output", &self.electricity);
        let loss = self.power_loss.map_or(0.0, |loss| loss.value());
        m.equal("drawing steam costs electricity", output, electricity + &heat * loss);
        m.at_least("electricity stays above the back-pressure line", electricity, heat * ratio);
        output
    }

    /// Burns the fuels for a heat, mixed as shares and window allow.
    fn burn(&self, m: &mut Model, needed: Expr) {
        let mut fired = Expr::zero(ENERGY.per(TIME));
        let mut volume = Expr::zero(VOLUME.per(TIME));
        let mut parts = Vec::new();
        for fuel in &self.fuels {
            let flow = m.rate(&fuel.text, fuel);
            m.burn(fuel, &fuel.text, flow);
            let heat = flow * m.energy_content(fuel);
            if !self.window.is_open() {
                volume = volume + volume_of(m, fuel, flow);
            }
            fired = fired + &heat;
            parts.push((fuel.text.as_str(), heat));
        }
        m.equal("heat of the fuels becomes output", &fired, needed);
        self.window.keep(m, &fired, &volume);
        let shares_of = |fuel: &str, shares: &Option<Each<Share>>| {
            shares
                .iter()
                .flat_map(|s| &s.0)
                .find(|(name, _)| name.text == fuel)
                .map(|(_, share)| *share)
        };
        for (fuel, heat) in parts {
            if let Some(share) = shares_of(fuel, &self.least_share) {
                m.at_least("a fuel has its least share", &heat, &fired * share);
            }
            if let Some(share) = shares_of(fuel, &self.greatest_share) {
                m.at_most("a fuel has at most its greatest share", &heat, &fired * share);
            }
        }
    }

    /// Notes what cannot be, and whether equations can be written at all.
    fn is_possible(&self, m: &mut Model) -> bool {
        let before = m.diagnostics.len();
        for (index, fuel) in self.fuels.iter().enumerate() {
            if self.fuels[..index].iter().any(|f| f.text == fuel.text) {
                m.error(Diagnostic::error(
                    fuel.span,
                    format!("`{}` stands twice among the `fuels`; name each once", fuel.text),
                ));
            }
        }
        if self.fuels.is_empty() {
            m.error(Diagnostic::error(
                self.capacity.span,
                "a combined_cycle burns something; name it in `fuels`",
            ));
        }
        for (name, _) in self.least_share.iter().chain(&self.greatest_share).flat_map(|s| &s.0) {
            if !self.fuels.iter().any(|fuel| fuel.text == name.text) {
                let hint = nearest(&name.text, self.fuels.iter().map(|f| f.text.as_str()));
                m.error(Diagnostic::error(
                    name.span,
                    format!("`{}` is not among the `fuels`{hint}", name.text),
                ));
            }
        }
        let mut useless = false;
        self.efficiency.map(|efficiency| useless |= efficiency.value() <= 0.0);
        if useless {
            m.error(Diagnostic::error(
                self.capacity.span,
                "a unit of efficiency 0 needs endless fuel; write its efficiency, such as \"44 %\"",
            ));
        }
        self.check_steam(m);
        m.diagnostics.len() == before
    }

    /// Electricity and steam do not hold more than the fuels.
    fn check_energy(&self, m: &mut Model, ratio: Quantity<Number>) {
        let loss = self.power_loss.map_or(0.0, |loss| loss.value());
        let mut greatest: f64 = 0.0;
        self.efficiency.map(|efficiency| greatest = greatest.max(efficiency.value()));
        let all = greatest * (1.0 + ratio.value()) / (ratio.value() + loss);
        if all > GREATEST_EFFICIENCY {
            let message = format!(
                "on the back-pressure line {:.0} % of the fuels would become electricity and steam; raise `power_to_heat` or `power_loss`, or lower the efficiency",
                all * 100.0
            );
            m.error(Diagnostic::error(ratio.span, message));
        }
    }

    fn check_steam(&self, m: &mut Model) {
        let Some(steam) = &self.steam else {
            let spans = [
                self.steam_capacity.map(|q| q.span),
                self.power_loss.map(|q| q.span),
                self.power_to_heat.map(|q| q.span),
            ];
            for span in spans.into_iter().flatten() {
                m.error(Diagnostic::error(
                    span,
                    "this needs `steam`, the carrier or node that the steam goes to",
                ));
            }
            return;
        };
        if let Some(loss) = self.power_loss.filter(|loss| !(0.0..1.0).contains(&loss.value())) {
            m.error(Diagnostic::error(loss.span, "`power_loss` is electricity lost for each unit of heat: from 0 to below 1, such as 0.2"));
        }
        match self.power_to_heat {
            None => {
                let message = "`steam` needs `power_to_heat` beside it, the back-pressure line: electricity for each unit of heat, such as 1.1";
                m.error(Diagnostic::error(steam.span, message));
            }
            Some(ratio) if ratio.value() <= 0.0 => {
                m.error(Diagnostic::error(
                    ratio.span,
                    "`power_to_heat` is a number above 0, such as 1.1",
                ));
            }
            Some(ratio) => self.check_energy(m, ratio),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(unit: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T02:00"
            step = "1 h"
            [carrier.bfg]
            measure = "volume"
            heating_value = "3.6 MJ/Nm3"
            co2 = "0.8 kg/Nm3"
            [carrier.gas]
            measure = "energy"
            heating_value = "36 MJ/Nm3"
            co2 = "0.2 t/MWh"
            [carrier.electricity]
            measure = "energy"
            [carrier.heat]
            measure = "energy"
            [series.use]
            unit = "MW"
            values = [50, 100]
            [fuel_supply.furnaces]
            carrier = "bfg"
            price = "5 EUR/kNm3"
            [fuel_supply.pipeline]
            carrier = "gas"
            price = "30 EUR/MWh"
            [fuel_supply.spare]
            carrier = "heat"
            price = "100 EUR/MWh"
            [grid_connection.grid]
            import_price = "100 EUR/MWh"
            [demand.works]
            carrier = "electricity"
            amount = "use"
            [demand.town]
            carrier = "heat"
            amount = "20 MW"
            [combined_cycle.c]
            capacity = "100 MW"
            fuels = ["bfg", "gas"]
            {unit}
            "#
        )
    }

    /// Proves: the mixture reaches 4.5 MJ/Nm3 (1.25 MWh/kNm3) with as little rich gas (10 MWh/kNm3)
    /// as it can: v kNm3 of bfg and g MWh of gas hold v + g = 1.25 · (v + g / 10), so 70 kNm3 and 20 MWh
    /// make 90 MWh. At 50 % 100 + 200 MWh are burnt; each 90 cost 70 · 5 + 20 · 30. Heat is bought: 4000.
    /// Sensitivity: a window by heat instead of volume would take another mixture.
    #[test]
    fn lean_gas_is_enriched_within_the_window() {
        let unit = "efficiency = \"50 %\"\nheating_value_least = \"4.5 MJ/Nm3\"";
        let fuel = 300.0 / 90.0 * (70.0 * 5.0 + 20.0 * 30.0);
        let solved = check(&site(unit), 4000.0 + fuel, &[("c.gas", &[200.0 / 9.0, 400.0 / 9.0])]);
        assert!(
            (solved.accounts.carbon.direct - 300.0 / 90.0 * (70.0 * 0.8 + 20.0 * 0.2)).abs() < 1e-6
        );
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: shares are of the heat: at least 10 % gas, of 100 and 200 MWh: 30 MWh of 300.
    /// 270 · 5 + 30 · 30. Sensitivity: by volume 10 % would be half of the heat.
    #[test]
    fn shares_are_of_the_heat() {
        let unit = "efficiency = \"50 %\"\nleast_share = { gas = \"10 %\" }";
        check(&site(unit), 4000.0 + 2250.0, &[("c.gas", &[10.0, 20.0])]);
        let unit = "efficiency = \"50 %\"\ngreatest_share = { bfg = \"60 %\" }";
        check(&site(unit), 4000.0 + 180.0 * 5.0 + 120.0 * 30.0, &[("c.bfg", &[60.0, 120.0])]);
    }

    /// Proves: part load is exact on the points: 50 MW at 40 % take 125, 100 MW at 50 % 200 MW.
    /// 325 · 5. The first point is the least load: 30 MW are bought, 80 MW take 125 + 75 · 30 / 50 = 170.
    /// Sensitivity: one efficiency of 50 % would take 100 and 200, and 60 for the 30 MW.
    #[test]
    fn part_load_costs_efficiency() {
        let unit = "efficiency = [[\"50 %\", \"40 %\"], [\"100 %\", \"50 %\"]]";
        let solved = check(&site(unit), 4000.0 + 1625.0, &[("c.bfg", &[125.0, 200.0])]);
        assert!(solved.compiled.problem.has_integers());
        let text = site(unit).replace("values = [50, 100]", "values = [30, 80]");
        check(&text, 4000.0 + 3000.0 + 170.0 * 5.0, &[("c.on", &[0.0, 1.0])]);
    }

    /// Proves: steam costs electricity and stays below the back-pressure line: 50 MW bear 12.5 MW
    /// (ratio 4), the rest is bought; at 100 MW of load 20 MW of steam leave 100 − 0.2 · 20 = 96.
    /// Output 52.5 and 100 at 50 %: 305 · 5; 7.5 · 100 of heat, 4 · 100 of electricity.
    /// Sensitivity: steam for nothing would fire 300 and buy no electricity.
    #[test]
    fn steam_costs_electricity() {
        let unit = "efficiency = \"50 %\"\nsteam = \"heat\"\npower_loss = 0.2\npower_to_heat = 4";
        check(
            &site(unit),
            1525.0 + 750.0 + 400.0,
            &[("c.electricity", &[50.0, 96.0]), ("c.steam", &[12.5, 20.0])],
        );
    }

    /// Proves: what cannot be is said.
    #[test]
    fn impossible_units_are_refused() {
        for (unit, part) in [
            ("efficiency = 0", "needs endless fuel"),
            ("efficiency = [[\"50 %\", 0.4]]", "at least two points"),
            ("efficiency = [\"50 %\", 0.4]", "a point is a pair"),
            ("efficiency = 0.5\nleast_share = { bgf = 0.2 }", "did you mean `bfg`"),
            ("efficiency = 0.5\nsteam = \"heat\"", "needs `power_to_heat`"),
            ("efficiency = 0.5\npower_loss = 0.2", "this needs `steam`"),
            // 0.5 · 1.3 / (0.3 + 0.1).
            (
                "efficiency = 0.5\nsteam = \"heat\"\npower_loss = 0.1\npower_to_heat = 0.3",
                "162 % of the fuels",
            ),
            (
                "efficiency = 0.5\nheating_value_least = \"9 MJ/Nm3\"\nheating_value_most = \"8 MJ/Nm3\"",
                "swap them",
            ),
        ] {
            let found = mistakes(&site(unit));
            assert!(found.contains(part), "{unit}: {found}");
        }
    }
}
