//! An electric boiler: steam or heat from electricity, by electrodes or heating rods.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::field::{Name, Profile, Share};
use crate::model::Model;
use crate::patterns::operation::{Operation, Port, operate};
use crate::units::{Flow, Price, Quantity};

/// An electric boiler: makes steam or heat from electricity, where that is cheaper than fuel.
///
/// # Equations
///
/// efficiency · electricity = enthalpy · steam; steam ≤ capacity
///
/// cost = variable_cost · steam
///
/// # Example
///
/// ```toml
/// # Steam from electricity at noon, from gas otherwise.
/// [site]
/// name = "Electrode boiler"
/// [horizon]
/// start = "2025-06-01"
/// end = "2025-06-02"
/// step = "1 h"
/// [carrier.electricity]
/// measure = "energy"
/// [carrier.natural_gas]
/// measure = "energy"
/// co2 = "202 kg/MWh"
/// [carrier.steam]
/// measure = "mass"
/// enthalpy = "2.7 GJ/t"
/// [series.price]
/// otherwise = "75 EUR/MWh"
/// periods = [{ from = "11:00", to = "16:00", value = "15 EUR/MWh" }]
/// [grid_connection.grid]
/// import_price = "price"
/// [fuel_supply.pipeline]
/// carrier = "natural_gas"
/// price = "35 EUR/MWh"
/// [electric_boiler.electrode]
/// steam = "steam"
/// capacity = "40 t/h"
/// [boiler.gas]
/// steam = "steam"
/// capacity = "60 t/h"
/// efficiency = { natural_gas = 0.93 }
/// [demand.works]
/// carrier = "steam"
/// amount = "50 t/h"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct ElectricBoiler {
    /// Node it draws its electricity from.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Steam or heat it makes.
    pub steam: Name,
    /// Greatest flow of steam or heat.
    pub capacity: Quantity<Flow>,
    /// Share of the electricity that reaches the steam.
    #[field(default = "98 %")]
    pub efficiency: Share,
    /// Cost of each unit of steam besides electricity: water, chemicals.
    pub variable_cost: Option<Profile<Price>>,
    /// How it may be run.
    #[field(flatten)]
    pub operation: Operation,
}

impl Component for ElectricBoiler {
    fn equations(&self, m: &mut Model) {
        let electricity = m.rate("electricity", &self.electricity);
        let steam = m.rate("steam", &self.steam);
        let capacity = m.capacity_of(self.capacity, &self.steam);
        operate(m, &self.operation, &Port { output: steam, node: &self.steam, capacity });
        m.take(&self.electricity, "electricity", electricity);
        m.give(&self.steam, "steam", steam);
        let enthalpy = m.energy_content(&self.steam);
        m.equal("electricity becomes steam", electricity * self.efficiency, steam * enthalpy);
        if let Some(cost) = &self.variable_cost {
            let cost = m.price_of(cost, &self.steam);
            m.cost("variable cost", steam * cost);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    fn site(boiler: &str) -> String {
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
            [carrier.steam]
            measure = "mass"
            enthalpy = "3.6 GJ/t"
            [series.price]
            unit = "EUR/MWh"
            values = [20, 90]
            [grid_connection.grid]
            import_price = "price"
            [fuel_supply.gas_boilers]
            carrier = "steam"
            price = "60 EUR/t"
            [demand.works]
            carrier = "steam"
            amount = "49 t/h"
            [electric_boiler.b]
            steam = "steam"
            {boiler}
            "#
        )
    }

    /// Proves: 49 t/h of 1 MWh/t take 50 MW at 98 %, while that is cheaper than gas.
    /// 50 · 20 + 49 · 60 = 3940; no whole numbers.
    /// Sensitivity: efficiency the wrong way round would take 48.02 MW; always on, 5500.
    #[test]
    fn runs_while_power_is_cheap() {
        let solved =
            check(&site("capacity = \"60 t/h\""), 3940.0, &[("b.electricity", &[50.0, 0.0])]);
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: the capacity is one of steam, and each ton has its cost. 24.5 t/h take 25 MW:
    /// 25 · 20 + 24.5 · 2 + (24.5 + 49) · 60 = 4959.
    /// Sensitivity: a capacity of electricity would make 24.01 t/h.
    #[test]
    fn capacity_is_at_the_steam() {
        let boiler = "capacity = \"24.5 t/h\"\nvariable_cost = \"2 EUR/t\"";
        check(&site(boiler), 4959.0, &[("b.steam", &[24.5, 0.0])]);
    }

    /// Proves: a start costs: 500 is less than the 1940 that an hour of cheap power saves, 2000 is more.
    /// Sensitivity: without the cost of starts it would run in both, at 3940.
    #[test]
    fn a_start_has_to_pay() {
        let boiler = |cost: &str| {
            format!("capacity = \"60 t/h\"\nstart_cost = \"{cost}\"\n[state.b]\non = false")
        };
        check(&site(&boiler("500 EUR")), 4440.0, &[("b.steam", &[49.0, 0.0])]);
        check(&site(&boiler("2000 EUR")), 5880.0, &[("b.steam", &[0.0, 0.0])]);
    }
}
