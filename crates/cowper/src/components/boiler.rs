//! A boiler: steam or heat from several fuels.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::expression::{Expr, Param};
use crate::field::{Each, Name, Profile, Share};
use crate::model::Model;
use crate::patterns::operation::{Operation, Port, operate};
use crate::units::{ENERGY, Flow, Price, Quantity, TIME};

/// A boiler: makes steam or heat from one or several fuels, each with its own efficiency.
///
/// # Equations
///
/// Σ efficiency(fuel) · heating_value(fuel) · flow(fuel) = enthalpy · steam
///
/// steam ≤ capacity; heat(support_fuel) ≥ support_share · heat(all fuels)
///
/// CO2 = Σ content(fuel) · flow(fuel); cost = variable_cost · steam
///
/// # Example
///
/// ```toml
/// # Blast-furnace gas first, natural gas for the rest; on or off with a minimum load.
/// [site]
/// name = "Two boilers"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.bfg]
/// measure = "volume"
/// heating_value = "3.3 MJ/Nm3"
/// co2 = "0.848 kg/Nm3"
/// [carrier.natural_gas]
/// measure = "energy"
/// co2 = "202 kg/MWh"
/// [carrier.steam]
/// measure = "mass"
/// enthalpy = "2.9 GJ/t"
/// [fuel_supply.furnace]
/// carrier = "bfg"
/// limit = "100 kNm3/h"
/// [fuel_supply.pipeline]
/// carrier = "natural_gas"
/// price = "35 EUR/MWh"
/// [boiler.b1]
/// steam = "steam"
/// capacity = "130 t/h"
/// efficiency = { bfg = 0.85, natural_gas = 0.91 }
/// support_fuel = "natural_gas"
/// support_share = "10 %"
/// minimum_load = "30 %"
/// start_cost = "900 EUR"
/// minimum_up = "4 h"
/// [demand.works]
/// carrier = "steam"
/// amount = "100 t/h"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct Boiler {
    /// Steam or heat it makes.
    pub steam: Name,
    /// Greatest flow of steam or heat.
    pub capacity: Quantity<Flow>,
    /// Share of each fuel's heat that reaches the steam.
    pub efficiency: Each<Share>,
    /// Fuel that keeps the flame stable.
    pub support_fuel: Option<Name>,
    /// Least share of that fuel in the heat of all fuels.
    #[field(default = "0 %")]
    pub support_share: Share,
    /// Greatest flow of single fuels: what their burners pass.
    pub burner_limit: Option<Each<Quantity<Flow>>>,
    /// Cost of each unit of steam besides fuel: water, chemicals.
    pub variable_cost: Option<Profile<Price>>,
    /// How it may be run.
    #[field(flatten)]
    pub operation: Operation,
}

impl Component for Boiler {
    fn equations(&self, m: &mut Model) {
        let steam = m.rate("steam", &self.steam);
        let capacity = m.capacity_of(self.capacity, &self.steam);
        operate(m, &self.operation, &Port { output: steam, node: &self.steam, capacity });
        m.give(&self.steam, "steam", steam);

        let power = ENERGY.per(TIME);
        let (mut fired, mut useful, mut support) = (Expr::zero(power), Expr::zero(power), None);
        for (fuel, efficiency) in &self.efficiency.0 {
            let flow = m.rate(&fuel.text, fuel);
            if let Some((_, limit)) =
                self.burner_limit.iter().flat_map(|l| &l.0).find(|(n, _)| n.text == fuel.text)
            {
                let limit = m.capacity_of(*limit, fuel);
                m.limit(flow, limit);
            }
            let heat = flow * m.energy_content(fuel);
            m.burn(fuel, &fuel.text, flow);
            if self.support_fuel.as_ref().is_some_and(|s| s.text == fuel.text) {
                support = Some(heat.clone());
            }
            useful = useful + &heat * *efficiency;
            fired = fired + heat;
        }
        self.check_names(m);
        for (fuel, efficiency) in &self.efficiency.0 {
            if efficiency.value() <= 0.0 {
                let message = format!(
                    "`{}` at an efficiency of 0 would be burnt for nothing; write its efficiency, such as 0.9, or leave the fuel out",
                    fuel.text
                );
                m.error(Diagnostic::error(fuel.span, message));
            }
        }
        let enthalpy = m.energy_content(&self.steam);
        m.equal("heat of the fuels becomes steam", useful, steam * enthalpy);
        if let Some(support) = support {
            m.at_least("the support fuel keeps the flame", support, fired * self.support_share);
        }
        if let Some(cost) = &self.variable_cost {
            let cost: Param = m.price_of(cost, &self.steam);
            m.cost("variable cost", steam * cost);
        }
    }
}

impl Boiler {
    /// Names of fuels that the boiler does not burn.
    fn check_names(&self, m: &mut Model) {
        let limited = self.burner_limit.iter().flat_map(|l| l.0.iter().map(|(name, _)| name));
        for name in self.support_fuel.iter().chain(limited) {
            if !self.efficiency.0.iter().any(|(fuel, _)| fuel.text == name.text) {
                let hint = crate::diagnostic::nearest(
                    &name.text,
                    self.efficiency.0.iter().map(|(f, _)| f.text.as_str()),
                );
                m.error(Diagnostic::error(
                    name.span,
                    format!("`{}` is not among the fuels in `efficiency`{hint}", name.text),
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(steam: &str, boiler: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T04:00"
            step = "1 h"
            [carrier.bfg]
            measure = "volume"
            heating_value = "3.6 MJ/Nm3"
            co2 = "0.8 kg/Nm3"
            [carrier.gas]
            measure = "energy"
            [carrier.steam]
            measure = "mass"
            enthalpy = "3.6 GJ/t"
            [series.use]
            unit = "t/h"
            values = {steam}
            [fuel_supply.furnace]
            carrier = "bfg"
            limit = "50 kNm3/h"
            [fuel_supply.pipeline]
            carrier = "gas"
            price = "30 EUR/MWh"
            [fuel_supply.spare]
            carrier = "steam"
            price = "60 EUR/t"
            [demand.works]
            carrier = "steam"
            amount = "use"
            [boiler.b]
            steam = "steam"
            capacity = "100 t/h"
            efficiency = {{ bfg = 0.8, gas = 0.9 }}
            {boiler}
            "#
        )
    }

    /// Proves: fuels add up by their own heating value and efficiency. 50 kNm3/h of 1 MWh/kNm3 at
    /// 0.8 make 40 of 58 t/h; the other 18 take 20 MW of gas at 30: 600 EUR/h. CO2: 40 t/h of bfg.
    /// Sensitivity: one efficiency for both would take 20.25 or 22.5 MW.
    #[test]
    fn fuels_add_up() {
        let solved = check(
            &site("[58, 58, 58, 58]", ""),
            2400.0,
            &[("b.gas", &[20.0; 4]), ("b.bfg", &[50.0; 4])],
        );
        assert!((solved.accounts.carbon.direct - 160.0).abs() < 1e-9);
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: the support fuel has its share of the heat fired. With 20 % gas, per MW fired
    /// 0.8 · 0.8 + 0.2 · 0.9 = 0.82 t/h; 41 t/h need 50 MW, of which 10 MW gas: 300 EUR/h.
    /// Sensitivity: a share of the useful heat instead would need another split.
    #[test]
    fn support_fuel_has_its_share() {
        let boiler = "support_fuel = \"gas\"\nsupport_share = \"20 %\"";
        check(&site("[41, 41, 41, 41]", boiler), 1200.0, &[("b.gas", &[10.0; 4])]);
    }

    /// Proves: below its minimum load the boiler stands; a start costs; it runs on for 3 h.
    /// Steam 0, 40, 10, 0: the boiler could serve 40 from free gas, but would have to run at ≥ 30 in
    /// the two hours after it, which nothing takes. Bought instead: 50 · 60 = 3000.
    /// With a vent the boiler starts once (500) and runs three hours on free gas.
    /// Sensitivity: without minimum times it would run one hour and buy 10 t: 500 + 600 = 1100.
    #[test]
    fn runs_or_stands() {
        let boiler = "minimum_load = \"30 %\"\nstart_cost = \"500 EUR\"\nminimum_up = \"3 h\"\n[state.b]\non = false\nsince = \"9 h\"";
        let solved = check(&site("[0, 40, 10, 0]", boiler), 3000.0, &[("b.on", &[0.0; 4])]);
        assert!(solved.compiled.problem.has_integers());
        let vented = format!("{}\n[flare.vent]\ngas = \"steam\"\n", site("[0, 40, 10, 0]", boiler));
        let solved = check(&vented, 500.0, &[]);
        assert!((solved.values("b.on").iter().sum::<f64>() - 3.0).abs() < 1e-9);
    }

    /// Proves: what is left of a minimum time is rounded up: after 1.5 of 2 h the boiler runs one
    /// more hour, unwanted, at 100 EUR.
    /// Sensitivity: the time before rounded to 2 h would let it stop at once, for nothing.
    #[test]
    fn a_minimum_time_is_never_cut_short() {
        let boiler = "minimum_load = \"30 %\"\nminimum_up = \"2 h\"\nrunning_cost = \"100 EUR/h\"\n\
            [state.b]\non = true\nsince = \"1.5 h\"\n[flare.vent]\ngas = \"steam\"";
        check(&site("[0, 0, 0, 0]", boiler), 100.0, &[("b.on", &[1.0, 0.0, 0.0, 0.0])]);
    }

    /// Proves: ramps are per hour and start from the state's output: 10, then at most 20 t/h more.
    /// Bought at 60: 60 − 30, 60 − 50, then none: 40 · 60 = 2400; gas for what bfg does not make.
    /// Sensitivity: a ramp per minute, or no state, would buy nothing.
    #[test]
    fn ramps_from_the_state() {
        let boiler = "ramp_up = \"20 %/h\"\n[state.b]\noutput = \"10 t/h\"";
        let gas = (50.0 - 40.0 + 20.0 + 20.0) / 0.9 * 30.0;
        check(
            &site("[60, 60, 60, 60]", boiler),
            2400.0 + gas,
            &[("b.steam", &[30.0, 50.0, 60.0, 60.0])],
        );
    }

    /// Proves: a fuel of efficiency 0 is a mistake. Sensitivity: it would be a place to burn gas for
    /// nothing where that is paid for.
    #[test]
    fn a_fuel_gives_some_heat() {
        let text = site("[0, 0, 0, 0]", "").replace("gas = 0.9", "gas = 0");
        assert!(mistakes(&text).contains("`gas` at an efficiency of 0"));
    }
}
