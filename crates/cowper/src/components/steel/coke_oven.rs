//! A coke-oven battery: coke and gas from coal, fired by gas, quenched dry or wet.

use cowper_derive::{Kind, Record};

use super::firing::Firing;
use super::per_tonne::per_tonne;
use crate::component::Component;
use crate::field::{Name, Profile};
use crate::model::Model;
use crate::units::{EnergyPerMass, GasPerMass, MassFlow, MassPerMass, Quantity};

/// A coke-oven battery: coal becomes coke and coke-oven gas, heated from outside by gas.
///
/// Only the gas that fires the ovens is burnt here; the carbon of the gas made is counted where
/// that gas is burnt. Defaults are typical figures: gas, underfiring, steam and electricity as in
/// public plant statistics (Ministry of Steel India 2024, JISF 2022, LBNL-6338E).
///
/// # Equations
///
/// gas_made = gas_yield · production; coke = production; coal = coal_rate · production
///
/// Σ heating_value(fuel) · flow(fuel) = underfiring · production
///
/// steam = steam_yield · production; electricity = electricity_use · production
///
/// # Example
///
/// ```toml
/// # Blast-furnace gas fires the ovens, so that their own rich gas is free for the mill.
/// [site]
/// name = "Coke ovens"
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
/// [carrier.steam]
/// measure = "mass"
/// enthalpy = "3.2 GJ/t"
/// [fuel_supply.furnace]
/// carrier = "bfg"
/// limit = "200 kNm3/h"
/// [grid_connection.grid]
/// import_price = "80 EUR/MWh"
/// [coke_oven.battery_1]
/// production = "150 t/h"
/// gas = "cog"
/// fuels = ["bfg", "cog"]
/// heating_value_least = "4 MJ/Nm3"
/// steam = "steam"
/// [demand.mill]
/// carrier = "cog"
/// amount = "50 kNm3/h"
/// [flare.stack]
/// gas = "cog"
/// [demand.process]
/// carrier = "steam"
/// amount = "75 t/h"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct CokeOven {
    /// Coke made.
    pub production: Profile<MassFlow>,
    /// Gas it makes.
    pub gas: Name,
    /// Gas made for each tonne of coke; 420 to 440 Nm3/t is usual.
    #[field(default = "430 Nm3/t")]
    pub gas_yield: Quantity<GasPerMass>,
    /// Heat of the gas that fires the ovens for each tonne of coke; 3.2 to 4.2 GJ/t is usual.
    #[field(default = "3.67 GJ/t")]
    pub underfiring: Quantity<EnergyPerMass>,
    /// The gases that fire it.
    #[field(flatten)]
    pub firing: Firing,
    /// Coal it takes; not counted without.
    pub coal: Option<Name>,
    /// Coal for each tonne of coke; 1.33 to 1.47 t/t is usual.
    #[field(default = 1.4)]
    pub coal_rate: Quantity<MassPerMass>,
    /// Coke it gives; not counted without.
    pub coke: Option<Name>,
    /// Steam of dry quenching; wet quenching without.
    pub steam: Option<Name>,
    /// Steam of dry quenching for each tonne of coke; 0.45 to 0.58 t/t is usual.
    #[field(default = 0.5)]
    pub steam_yield: Quantity<MassPerMass>,
    /// Node it takes electricity from.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Electricity for each tonne of coke; 58 to 75 kWh/t is usual.
    #[field(default = "65 kWh/t")]
    pub electricity_use: Quantity<EnergyPerMass>,
}

impl Component for CokeOven {
    fn equations(&self, m: &mut Model) {
        let production = m.profile(&self.production);
        let gas = &production * per_tonne(m, self.gas_yield, &self.gas);
        m.give(&self.gas, "gas_made", gas);
        self.firing.burn(m, &production * self.underfiring);
        if let Some(coal) = &self.coal {
            let taken = &production * per_tonne(m, self.coal_rate, coal);
            m.take(coal, "coal", taken);
        }
        if let Some(coke) = &self.coke {
            m.give(coke, "coke", &production);
        }
        if let Some(steam) = &self.steam {
            // Glowing coke gives its heat to nitrogen, and that to the boiler.
            let raised = &production * per_tonne(m, self.steam_yield, steam);
            m.give(steam, "steam", raised);
        }
        m.take(&self.electricity, "electricity", &production * self.electricity_use);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(oven: &str) -> String {
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
            [carrier.cog]
            measure = "volume"
            heating_value = "18 MJ/Nm3"
            co2 = "0.7 kg/Nm3"
            [carrier.coal]
            measure = "mass"
            [carrier.steam]
            measure = "mass"
            [carrier.electricity]
            measure = "energy"
            [series.rate]
            unit = "t/h"
            values = [100, 50]
            [fuel_supply.furnace]
            carrier = "bfg"
            price = "20 EUR/kNm3"
            [fuel_supply.mine]
            carrier = "coal"
            price = "100 EUR/t"
            [demand.sold_gas]
            carrier = "cog"
            amount = "0 kNm3/h"
            [converter.boiler]
            capacity = "100 kNm3/h"
            capacity_at = "cog"
            takes = {{ cog = 1 }}
            gives = {{ steam = "4 t/kNm3" }}
            burns = ["cog"]
            [flare.vent]
            gas = "steam"
            price = "-10 EUR/t"
            [grid_connection.grid]
            import_price = "50 EUR/MWh"
            [coke_oven.o]
            production = "rate"
            gas = "cog"
            gas_yield = "400 Nm3/t"
            underfiring = "3.6 GJ/t"
            fuels = ["bfg", "cog"]
            coal = "coal"
            steam = "steam"
            electricity_use = "60 kWh/t"
            {oven}
            "#
        )
    }

    /// Proves: yields follow the production, and the ovens burn what is worth less. Per 100 t/h:
    /// cog 40 kNm3/h, heat 100 MW, coal 140 t, steam 50 t, electricity 6 MW. Cog as steam brings
    /// 40 EUR/kNm3 = 8 EUR/MWh, bfg costs 20 EUR/MWh, so cog fires: 20 kNm3/h, the rest makes 80 t.
    /// 14 000 + 300 − (50 + 80) · 10 = 13 000 for the hour, half of it for the next.
    /// CO2 = 0.7 · 40 kNm3 · 1.5 = 42 t: what fires and what the boiler burns, each once.
    /// Sensitivity: counting carbon at the oven's outlet as well would give 84 t.
    #[test]
    fn yields_follow_the_production() {
        let solved = check(
            &site(""),
            13_000.0 * 1.5,
            &[("o.cog", &[20.0, 10.0]), ("o.gas_made", &[40.0, 20.0])],
        );
        assert!((solved.accounts.carbon.direct - 42.0).abs() < 1e-9);
    }

    /// Proves: a least share holds for the heat, not the volume: 20 % of 100 MW are 20 kNm3/h of bfg
    /// at 20, and 4 kNm3/h of cog go to the boiler instead: 13 000 + 400 − 160.
    /// Sensitivity: 20 % of the volume would be 4.76 kNm3/h.
    #[test]
    fn a_fuel_has_its_least_share() {
        check(&site("least_share = { bfg = 0.2 }"), 13_240.0 * 1.5, &[("o.bfg", &[20.0, 10.0])]);
    }

    /// Proves: the mixture stays in its window: at most 9 MJ/Nm3 (2.5 MWh/kNm3) of bfg (1) and
    /// cog (5): b + 5c = 100 and b + 5c ≤ 2.5 (b + c) give 40 kNm3/h in all, c = 15, b = 25.
    /// Sensitivity: a window on heat shares instead would give another split.
    #[test]
    fn the_mixture_stays_in_its_window() {
        check(
            &site("heating_value_most = \"9 MJ/Nm3\""),
            (13_000.0 + 25.0 * 20.0 - 5.0 * 40.0) * 1.5,
            &[("o.bfg", &[25.0, 12.5]), ("o.cog", &[15.0, 7.5])],
        );
    }

    /// Proves: a least share of a gas that does not fire the ovens is a mistake with a hint.
    #[test]
    fn shares_name_fuels() {
        let message = mistakes(&site("least_share = { bgf = 0.2 }"));
        assert!(
            message.contains("`bgf` is not among the `fuels`; did you mean `bfg`?"),
            "{message}"
        );
    }
}
