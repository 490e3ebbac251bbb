//! A rolling mill: electricity for its drives, gas for the furnace before it.

use cowper_derive::{Kind, Record};

use super::reheating::Reheating;
use crate::component::Component;
use crate::expression::Expr;
use crate::field::{Name, Profile};
use crate::model::Model;
use crate::units::{EnergyPerMass, MassFlow, MassPerMass, Power, Quantity};

/// A rolling mill: its drives take electricity for each tonne, its furnace heats what is rolled.
///
/// A mill that rolls cold, or behind a `reheating_furnace` of its own table, has no `furnace`.
///
/// # Equations
///
/// electricity = electricity_use · throughput + idle_power; slabs = slab_rate · throughput
///
/// furnace: as a `reheating_furnace` with the same throughput
///
/// # Example
///
/// ```toml
/// # A hot strip mill rolls by day and rests at night; its furnace is kept hot.
/// [site]
/// name = "Hot strip mill"
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
/// [series.shift]
/// otherwise = "0 t/h"
/// periods = [{ from = "06:00", to = "22:00", value = "350 t/h" }]
/// [fuel_supply.ovens]
/// carrier = "cog"
/// [grid_connection.grid]
/// import_price = "80 EUR/MWh"
/// [rolling_mill.hot_strip]
/// throughput = "shift"
/// idle_power = "2 MW"
/// [rolling_mill.hot_strip.furnace]
/// holding = "15 MW"
/// fuels = ["cog"]
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct RollingMill {
    /// Steel rolled.
    pub throughput: Profile<MassFlow>,
    /// Node it takes electricity from.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Electricity for each tonne; 66 to 120 kWh/t is usual for hot strip.
    #[field(default = "90 kWh/t")]
    pub electricity_use: Quantity<EnergyPerMass>,
    /// Electricity at any throughput: pumps, fans, lights.
    #[field(default = "0 MW")]
    pub idle_power: Quantity<Power>,
    /// The furnace before it; none without.
    pub furnace: Option<Reheating>,
    /// Slabs it takes; not counted without.
    pub slabs: Option<Name>,
    /// Slabs for each tonne rolled: what is cut off or scales goes to scrap.
    #[field(default = 1.0)]
    pub slab_rate: Quantity<MassPerMass>,
    /// Product it gives; not counted without.
    pub product: Option<Name>,
}

impl Component for RollingMill {
    fn equations(&self, m: &mut Model) {
        let throughput = m.profile(&self.throughput);
        m.take(
            &self.electricity,
            "electricity",
            &throughput * self.electricity_use + Expr::from(self.idle_power),
        );
        if let Some(furnace) = &self.furnace {
            furnace.equations(m, &throughput);
        }
        if let Some(slabs) = &self.slabs {
            let taken = &throughput * super::per_tonne::per_tonne(m, self.slab_rate, slabs);
            m.take(slabs, "slabs", taken);
        }
        if let Some(product) = &self.product {
            m.give(product, "product", &throughput);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    fn site(mill: &str) -> String {
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
            co2 = "0.2 t/MWh"
            [carrier.slabs]
            measure = "mass"
            [carrier.strip]
            measure = "mass"
            [carrier.electricity]
            measure = "energy"
            [series.shift]
            unit = "t/h"
            values = [300, 0]
            [fuel_supply.caster]
            carrier = "slabs"
            price = "1 EUR/t"
            [demand.store]
            carrier = "strip"
            amount = "shift"
            [demand.other]
            carrier = "gas"
            amount = "1 MW"
            [fuel_supply.pipeline]
            carrier = "gas"
            price = "20 EUR/MWh"
            [grid_connection.grid]
            import_price = "50 EUR/MWh"
            [rolling_mill.r]
            throughput = "shift"
            electricity_use = "100 kWh/t"
            idle_power = "2 MW"
            slabs = "slabs"
            slab_rate = 1.05
            product = "strip"
            {mill}
            "#
        )
    }

    /// Proves: drives take electricity for each tonne on top of what always runs, and slabs more
    /// than is rolled: 32 and 2 MW at 50, 315 t at 1, other gas 40.
    /// Sensitivity: idle power for each tonne, or none at rest, would cost 100 less.
    #[test]
    fn drives_and_slabs_follow_the_throughput() {
        check(
            &site(""),
            1700.0 + 315.0 + 40.0,
            &[("r.electricity", &[32.0, 2.0]), ("r.slabs", &[315.0, 0.0])],
        );
    }

    /// Proves: the furnace of the mill heats its throughput and is kept hot: 100 + 5 MW, then 5.
    /// CO2 (110 MWh) · 0.2. Sensitivity: a furnace that follows the drives would burn 0 at rest.
    #[test]
    fn its_furnace_is_kept_hot() {
        let furnace = "furnace = { heat = \"1.2 GJ/t\", holding = \"5 MW\", fuels = [\"gas\"] }";
        let solved = check(&site(furnace), 2055.0 + 110.0 * 20.0, &[("r.gas", &[105.0, 5.0])]);
        assert!((solved.accounts.carbon.direct - 22.0).abs() < 1e-9);
    }
}
