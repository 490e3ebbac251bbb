//! A sinter plant: ore fines are baked to lumps; the cooler gives back heat.

use cowper_derive::{Kind, Record};

use super::firing::Firing;
use super::per_tonne::per_tonne;
use crate::component::Component;
use crate::field::{Name, Profile};
use crate::model::Model;
use crate::units::{EnergyPerMass, MassFlow, MassPerMass, Quantity};

/// A sinter plant: its ignition hood burns gas, its fans take electricity, its cooler may raise
/// steam or make electricity.
///
/// Defaults are typical figures from public plant statistics (Ministry of Steel India 2024, JISF 2022,
/// LBNL-6338E). The coke breeze in the bed is not counted here.
///
/// # Equations
///
/// Σ heating_value(fuel) · flow(fuel) = ignition · production
///
/// electricity = electricity_use · production; power = cooler_power · production
///
/// steam = steam_yield · production
///
/// # Example
///
/// ```toml
/// # Coke-oven gas ignites the bed; the cooler's heat turns a small turbine.
/// [site]
/// name = "Sinter plant"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.cog]
/// measure = "volume"
/// heating_value = "17.4 MJ/Nm3"
/// co2 = "0.764 kg/Nm3"
/// [carrier.electricity]
/// measure = "energy"
/// [fuel_supply.ovens]
/// carrier = "cog"
/// limit = "20 kNm3/h"
/// [grid_connection.grid]
/// import_price = "80 EUR/MWh"
/// [sinter_plant.strand_1]
/// production = "500 t/h"
/// fuels = ["cog"]
/// cooler_power = "20 kWh/t"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct SinterPlant {
    /// Sinter made.
    pub production: Profile<MassFlow>,
    /// Heat of the ignition gas for each tonne; 0.04 to 0.09 GJ/t is usual.
    #[field(default = "0.057 GJ/t")]
    pub ignition: Quantity<EnergyPerMass>,
    /// The gases that fire it.
    #[field(flatten)]
    pub firing: Firing,
    /// Node it takes electricity from.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Electricity for each tonne; 46 to 50 kWh/t is usual.
    #[field(default = "48 kWh/t")]
    pub electricity_use: Quantity<EnergyPerMass>,
    /// Electricity from the cooler's heat for each tonne, up to about 22 kWh/t; none without.
    pub cooler_power: Option<Quantity<EnergyPerMass>>,
    /// Steam from the cooler's heat; none without.
    pub steam: Option<Name>,
    /// Steam from the cooler's heat for each tonne.
    #[field(default = 0.0)]
    pub steam_yield: Quantity<MassPerMass>,
}

impl Component for SinterPlant {
    fn equations(&self, m: &mut Model) {
        let production = m.profile(&self.production);
        self.firing.burn(m, &production * self.ignition);
        m.take(&self.electricity, "electricity", &production * self.electricity_use);
        if let Some(power) = self.cooler_power {
            m.give(&self.electricity, "cooler_power", &production * power);
        }
        if let Some(steam) = &self.steam {
            let raised = &production * per_tonne(m, self.steam_yield, steam);
            m.give(steam, "steam", raised);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    fn site(plant: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T02:00"
            step = "1 h"
            [carrier.cog]
            measure = "volume"
            heating_value = "18 MJ/Nm3"
            co2 = "0.7 kg/Nm3"
            [carrier.steam]
            measure = "mass"
            [carrier.electricity]
            measure = "energy"
            [series.rate]
            unit = "t/h"
            values = [500, 250]
            [fuel_supply.ovens]
            carrier = "cog"
            price = "100 EUR/kNm3"
            [grid_connection.grid]
            import_price = "50 EUR/MWh"
            [demand.dryer]
            carrier = "steam"
            amount = "5 t/h"
            [fuel_supply.bought]
            carrier = "steam"
            price = "20 EUR/t"
            [sinter_plant.s]
            production = "rate"
            ignition = "0.072 GJ/t"
            fuels = ["cog"]
            electricity_use = "50 kWh/t"
            {plant}
            "#
        )
    }

    /// Proves: heat and electricity follow the production. 500 t/h: 10 MW of gas are 2 kNm3/h at 100,
    /// 25 MW at 50: 1450; half of it in the next hour; steam is bought: 2 · 100.
    /// Sensitivity: a heating value in MJ taken for MWh would burn 0.56 kNm3/h.
    #[test]
    fn inputs_follow_the_production() {
        let solved = check(&site(""), 1450.0 * 1.5 + 200.0, &[("s.cog", &[2.0, 1.0])]);
        assert!((solved.accounts.carbon.direct - 2.1).abs() < 1e-9);
    }

    /// Proves: the cooler's steam and power replace what is bought: 20 kWh/t are 10 MW of 25,
    /// 10 kg/t are all of 5 t/h, then half of it.
    /// Sensitivity: cooler steam counted in t/t as t/h would change nothing.
    #[test]
    fn the_cooler_gives_back() {
        let plant = "cooler_power = \"20 kWh/t\"\nsteam = \"steam\"\nsteam_yield = 0.01";
        check(
            &site(plant),
            (200.0 + 15.0 * 50.0) * 1.5 + 2.5 * 20.0,
            &[("s.cooler_power", &[10.0, 5.0])],
        );
    }
}
