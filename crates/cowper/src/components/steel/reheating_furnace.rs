//! A reheating furnace: heats slabs and billets with mixed gas.

use cowper_derive::{Kind, Record};

use super::reheating::Reheating;
use crate::component::Component;
use crate::field::Profile;
use crate::model::Model;
use crate::units::MassFlow;

/// A reheating furnace: heats steel for rolling with gases mixed within a window of heating values.
///
/// It names either the single gases, which mix at its burners, or the one gas of a mixing station.
/// Heat for each tonne as in public plant statistics.
///
/// # Equations
///
/// efficiency · Σ heating_value(fuel) · flow(fuel) = heat · throughput + holding
///
/// Σ (heating_value(fuel) − heating_value_least) · flow(fuel) ≥ 0, and ≤ 0 for heating_value_most
///
/// enthalpy · steam = steam_share · Σ heating_value(fuel) · flow(fuel)
///
/// # Example
///
/// ```toml
/// # Lean and rich gas mix to the 8 to 10 MJ/Nm3 that the burners need.
/// [site]
/// name = "Reheating"
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
/// [fuel_supply.furnace]
/// carrier = "bfg"
/// [fuel_supply.ovens]
/// carrier = "cog"
/// price = "300 EUR/kNm3"
/// [reheating_furnace.walking_beam]
/// throughput = "350 t/h"
/// holding = "15 MW"
/// fuels = ["bfg", "cog"]
/// heating_value_least = "8 MJ/Nm3"
/// heating_value_most = "10 MJ/Nm3"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct ReheatingFurnace {
    /// Steel that passes.
    pub throughput: Profile<MassFlow>,
    /// How it heats.
    #[field(flatten)]
    pub reheating: Reheating,
}

impl Component for ReheatingFurnace {
    fn equations(&self, m: &mut Model) {
        let throughput = m.profile(&self.throughput);
        self.reheating.equations(m, &throughput);
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
            [carrier.cog]
            measure = "volume"
            heating_value = "18 MJ/Nm3"
            co2 = "0.7 kg/Nm3"
            [carrier.steam]
            measure = "mass"
            enthalpy = "3.6 GJ/t"
            [series.rate]
            unit = "t/h"
            values = [300, 0]
            [fuel_supply.furnace]
            carrier = "bfg"
            price = "5 EUR/kNm3"
            [fuel_supply.ovens]
            carrier = "cog"
            price = "100 EUR/kNm3"
            [fuel_supply.bought]
            carrier = "steam"
            price = "20 EUR/t"
            [demand.process]
            carrier = "steam"
            amount = "10 t/h"
            [reheating_furnace.r]
            throughput = "rate"
            heat = "1.2 GJ/t"
            fuels = ["bfg", "cog"]
            {furnace}
            "#
        )
    }

    /// Proves: the mixture reaches 9 MJ/Nm3 (2.5 MWh/kNm3) with as little rich gas as it can: of
    /// 100 MW, 40 kNm3/h in all, 15 of them cog (5 MWh/kNm3): 25 · 5 + 15 · 100 = 1625, steam 400.
    /// CO2 25 · 0.8 + 15 · 0.7. Sensitivity: half and half by volume would be 33.3 kNm3/h.
    #[test]
    fn lean_gas_is_enriched() {
        let furnace = "heating_value_least = \"9 MJ/Nm3\"\nheating_value_most = \"12 MJ/Nm3\"";
        let solved =
            check(&site(furnace), 2025.0, &[("r.bfg", &[25.0, 0.0]), ("r.cog", &[15.0, 0.0])]);
        assert!((solved.accounts.carbon.direct - 30.5).abs() < 1e-9);
    }

    /// Proves: holding heat burns at no throughput, the efficiency divides both, steam is a share
    /// of the fuel: (100 + 10) / 0.5 = 220 kNm3/h of bfg, then 20; 5 % are 11 and 1 t/h of steam.
    /// 240 · 5 + 9 · 20 with 1 t/h of steam vented: it is a surplus at its price of 10.
    /// Sensitivity: holding heat after the efficiency would burn 210 and 10.
    #[test]
    fn holding_heat_burns_at_rest() {
        let furnace =
            "efficiency = \"50 %\"\nholding = \"10 MW\"\nsteam = \"steam\"\nsteam_share = \"5 %\"";
        let text = site(furnace).replace(
            "enthalpy = \"3.6 GJ/t\"",
            "enthalpy = \"3.6 GJ/t\"\nsurplus_price = \"10 EUR/t\"",
        );
        check(
            &text,
            1200.0 + 180.0 + 10.0,
            &[("r.bfg", &[220.0, 20.0]), ("r.steam", &[11.0, 1.0])],
        );
    }

    /// Proves: a window upside down, a fuel named twice and an efficiency of nought are mistakes.
    #[test]
    fn impossible_furnaces_are_refused() {
        let window = "heating_value_least = \"9 MJ/Nm3\"\nheating_value_most = \"8 MJ/Nm3\"";
        assert!(mistakes(&site(window)).contains("the least heating value is above the greatest"));
        let twice = site("").replace("[\"bfg\", \"cog\"]", "[\"bfg\", \"bfg\"]");
        assert!(mistakes(&twice).contains("`bfg` stands twice"));
        assert!(mistakes(&site("efficiency = 0")).contains("needs endless fuel"));
        let steam = "efficiency = \"60 %\"\nsteam = \"steam\"\nsteam_share = \"50 %\"";
        assert!(mistakes(&site(steam)).contains("only about 40 % is left by the steel"));
        let steam = "steam = \"steam\"\nsteam_share = \"90 %\"";
        assert!(mistakes(&site(steam)).contains("90 % of the fuel's heat becomes steam"));
        let none = site("").replace("[\"bfg\", \"cog\"]", "[]");
        assert!(mistakes(&none).contains("name at least one fuel"), "{}", mistakes(&none));
    }
}
