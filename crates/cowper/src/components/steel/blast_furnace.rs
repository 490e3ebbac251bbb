//! A blast furnace: hot metal and gas, with its hot stoves and its top-gas turbine.

use cowper_derive::{Kind, Record};

use super::firing::Firing;
use super::per_tonne::per_tonne;
use crate::component::Component;
use crate::expression::Param;
use crate::field::{Name, Profile};
use crate::model::Model;
use crate::patterns::operation::share_of;
use crate::units::{
    EnergyPerMass, GasPerMass, MassFlow, MassPerMass, Number, Quantity, VolumePerMass,
};

/// A blast furnace: makes hot metal and gas; stoves heat its blast, a turbine takes up the pressure
/// of its top gas.
///
/// The carbon of coke and coal leaves in the gas and is counted where that gas is burnt; here only
/// what fires the stoves. Heat goes to the stoves evenly: each stove swings, three or four of them
/// together do not over half an hour. Defaults are typical figures from public plant statistics
/// (Ministry of Steel India 2024, JISF 2022, LBNL-6338E).
///
/// # Equations
///
/// gas_made = gas_yield · production
///
/// Σ heating_value(fuel) · flow(fuel) = stove_heat · production, with
/// Σ (heating_value(fuel) − heating_value_least) · flow(fuel) ≥ 0
///
/// power = top_gas_turbine · turbine_availability · production
///
/// electricity, oxygen, coke, coal = use · production; hot_metal = production
///
/// # Example
///
/// ```toml
/// # Lean gas alone does not reach the stoves' dome temperature: some converter gas enriches it.
/// [site]
/// name = "Blast furnace"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.bfg]
/// measure = "volume"
/// heating_value = "3.3 MJ/Nm3"
/// co2 = "0.848 kg/Nm3"
/// [carrier.ldg]
/// measure = "volume"
/// heating_value = "8.4 MJ/Nm3"
/// co2 = "1.512 kg/Nm3"
/// [carrier.electricity]
/// measure = "energy"
/// [fuel_supply.converters]
/// carrier = "ldg"
/// limit = "40 kNm3/h"
/// price = "50 EUR/kNm3"
/// [grid_connection.grid]
/// import_price = "80 EUR/MWh"
/// [blast_furnace.bf1]
/// production = "400 t/h"
/// gas = "bfg"
/// fuels = ["bfg", "ldg"]
/// heating_value_least = "3.8 MJ/Nm3"
/// top_gas_turbine = "45 kWh/t"
/// [flare.stack]
/// gas = "bfg"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct BlastFurnace {
    /// Hot metal made.
    pub production: Profile<MassFlow>,
    /// Gas it makes.
    pub gas: Name,
    /// Gas made for each tonne of hot metal; 1100 to 1750 Nm3/t is usual.
    #[field(default = "1500 Nm3/t")]
    pub gas_yield: Quantity<GasPerMass>,
    /// Heat of the gas that fires the stoves for each tonne; 1.3 to 2.3 GJ/t is usual.
    #[field(default = "1.99 GJ/t")]
    pub stove_heat: Quantity<EnergyPerMass>,
    /// The gases that fire the stoves.
    #[field(flatten)]
    pub firing: Firing,
    /// Electricity of the top-gas turbine for each tonne, 40 to 60 kWh/t; no turbine without.
    pub top_gas_turbine: Option<Quantity<EnergyPerMass>>,
    /// Share of the top gas that passes the turbine and not its bypass.
    #[field(default = 1.0)]
    pub turbine_availability: Profile<Number>,
    /// Node it takes electricity from and its turbine gives to.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Electricity for each tonne: about 55 kWh/t with a blower driven by steam, 115 with an electric one.
    #[field(default = "55 kWh/t")]
    pub electricity_use: Quantity<EnergyPerMass>,
    /// Oxygen that enriches the blast; none without.
    pub oxygen: Option<Name>,
    /// Oxygen for each tonne; up to 90 Nm3/t is usual.
    #[field(default = "45 Nm3/t")]
    pub oxygen_use: Quantity<VolumePerMass>,
    /// Steam that drives the blower or moistens the blast; none without.
    pub steam: Option<Name>,
    /// Steam for each tonne.
    #[field(default = 0.0)]
    pub steam_use: Quantity<MassPerMass>,
    /// Coke it takes; not counted without.
    pub coke: Option<Name>,
    /// Coke for each tonne; 0.33 to 0.48 t/t is usual.
    #[field(default = 0.36)]
    pub coke_rate: Quantity<MassPerMass>,
    /// Coal it is injected with; not counted without.
    pub coal: Option<Name>,
    /// Coal for each tonne; 0.06 to 0.2 t/t is usual.
    #[field(default = 0.15)]
    pub coal_rate: Quantity<MassPerMass>,
    /// Hot metal it gives; not counted without.
    pub hot_metal: Option<Name>,
}

impl Component for BlastFurnace {
    fn equations(&self, m: &mut Model) {
        let production = m.profile(&self.production);
        let gas = &production * per_tonne(m, self.gas_yield, &self.gas);
        m.give(&self.gas, "gas_made", gas);
        self.firing.burn(m, &production * self.stove_heat);
        if let Some(turbine) = self.top_gas_turbine {
            let passing: Param = &production * share_of(m, &self.turbine_availability);
            m.give(&self.electricity, "turbine", passing * turbine);
        }
        m.take(&self.electricity, "electricity", &production * self.electricity_use);
        if let Some(oxygen) = &self.oxygen {
            let taken = &production * per_tonne(m, self.oxygen_use, oxygen);
            m.take(oxygen, "oxygen", taken);
        }
        for (node, name, rate) in [
            (&self.steam, "steam", self.steam_use),
            (&self.coke, "coke", self.coke_rate),
            (&self.coal, "coal", self.coal_rate),
        ] {
            if let Some(node) = node {
                let taken = &production * per_tonne(m, rate, node);
                m.take(node, name, taken);
            }
        }
        if let Some(hot_metal) = &self.hot_metal {
            m.give(hot_metal, "hot_metal", &production);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(furnace: &str) -> String {
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
            [carrier.natural_gas]
            measure = "energy"
            heating_value = "36 MJ/Nm3"
            co2 = "0.2 t/MWh"
            [carrier.oxygen]
            measure = "volume"
            [carrier.coke]
            measure = "mass"
            [carrier.iron]
            measure = "mass"
            [carrier.electricity]
            measure = "energy"
            [series.rate]
            unit = "t/h"
            values = [300, 150]
            [series.turbine]
            values = [1, 0]
            [fuel_supply.pipeline]
            carrier = "natural_gas"
            price = "30 EUR/MWh"
            [fuel_supply.air]
            carrier = "oxygen"
            price = "50 EUR/kNm3"
            [fuel_supply.ovens]
            carrier = "coke"
            price = "200 EUR/t"
            [demand.melt_shop]
            carrier = "iron"
            amount = "rate"
            [grid_connection.grid]
            import_price = "50 EUR/MWh"
            export_price = "40 EUR/MWh"
            [demand.power_plant]
            carrier = "bfg"
            amount = "0 kNm3/h"
            [flare.stack]
            gas = "bfg"
            price = "1 EUR/kNm3"
            [blast_furnace.f]
            production = "rate"
            gas = "bfg"
            gas_yield = "1600 Nm3/t"
            stove_heat = "1.8 GJ/t"
            fuels = ["bfg", "natural_gas"]
            electricity_use = "60 kWh/t"
            oxygen = "oxygen"
            oxygen_use = "40 Nm3/t"
            coke = "coke"
            coke_rate = 0.4
            hot_metal = "iron"
            {furnace}
            "#
        )
    }

    /// Proves: per 300 t/h: gas 480 kNm3/h, stoves 150 MW, electricity 18 MW, oxygen 12 kNm3/h,
    /// coke 120 t/h, and all gas not fired is flared at 1: 900 + 600 + 24 000 + 330, then half.
    /// CO2 is that of the gas, burnt once: 480 · 0.8 · 1.5 h = 576 t.
    /// Sensitivity: coke's carbon counted as well would double it.
    #[test]
    fn a_tonne_takes_and_gives() {
        let solved = check(
            &site(""),
            25_830.0 * 1.5,
            &[("f.bfg", &[150.0, 75.0]), ("f.gas_made", &[480.0, 240.0])],
        );
        assert!((solved.accounts.carbon.direct - 576.0).abs() < 1e-9);
    }

    /// Proves: enrichment reaches the least heating value by volume: bfg (1 MWh/kNm3) and natural
    /// gas (10) to 1.25: 35 kNm3 of bfg to 1 of natural gas, 45 MWh with 10 from natural gas.
    /// 150 MW: 33.333 MW of natural gas and 116.667 kNm3/h of bfg; 33.333 kNm3/h more are flared.
    /// Sensitivity: a window on energy, or natural gas's MWh taken for volume, gives another split.
    #[test]
    fn stoves_are_enriched() {
        let more = 100.0 / 3.0 * (30.0 + 1.0);
        let natural_gas = [100.0 / 3.0, 50.0 / 3.0];
        check(
            &site("heating_value_least = \"4.5 MJ/Nm3\""),
            (25_830.0 + more) * 1.5,
            &[("f.natural_gas", &natural_gas)],
        );
    }

    /// Proves: the turbine gives 50 kWh/t while it is available: 15 of 18 MW in the first hour only.
    /// Sensitivity: always available it would save 1125, not 750.
    #[test]
    fn the_turbine_takes_up_the_pressure() {
        let furnace = "top_gas_turbine = \"50 kWh/t\"\nturbine_availability = \"turbine\"";
        check(&site(furnace), 25_830.0 * 1.5 - 750.0, &[("f.turbine", &[15.0, 0.0])]);
    }

    /// Proves: no more than all top gas passes the turbine: an availability above one is a mistake.
    /// Sensitivity: taken as it is, the turbine would give power out of nothing.
    #[test]
    fn turbine_availability_is_a_share() {
        let furnace = "top_gas_turbine = \"50 kWh/t\"\nturbine_availability = 1.5";
        let found = mistakes(&site(furnace));
        assert!(found.contains("share of the capacity from 0 to 1"), "{found}");
    }
}
