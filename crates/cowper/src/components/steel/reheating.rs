//! Reheating steel before it is rolled: what a furnace of its own and a rolling mill share.

use cowper_derive::Record;

use super::firing::Firing;
use crate::diagnostic::Diagnostic;
use crate::expression::{Expr, Param};
use crate::field::{Name, Profile, Share};
use crate::model::Model;
use crate::units::{EnergyPerMass, Power, Quantity};

/// A furnace that heats steel for rolling.
#[derive(Debug, Clone, Record)]
pub struct Reheating {
    /// Heat for each tonne. 1.2 GJ/t of fuel is typical of hot strip, 1.05 to 1.4 the range.
    #[field(default = "1.2 GJ/t")]
    pub heat: Quantity<EnergyPerMass>,
    /// Share of the fuel's heat that counts as `heat`; all of it where `heat` is stated as fuel.
    #[field(default = "100 %")]
    pub efficiency: Share,
    /// Heat that keeps the furnace hot at any throughput, counted as `heat` is; none without.
    pub holding: Option<Profile<Power>>,
    /// Steam its flue gas raises; none without.
    pub steam: Option<Name>,
    /// Share of the fuel's heat that becomes steam.
    #[field(default = "0 %")]
    pub steam_share: Share,
    /// The gases that fire it.
    #[field(flatten)]
    pub firing: Firing,
}

/// Where `heat` is stated as fuel, the share of it that flue gas can still give. An assumption: steel
/// takes up at least 40 % of the fuel's heat in a furnace, so no more than the rest is left.
const GREATEST_STEAM_SHARE: f64 = 0.6;

impl Reheating {
    /// efficiency · fired = heat · throughput + holding; enthalpy · steam = steam_share · fired.
    pub(super) fn equations(&self, m: &mut Model, throughput: &Param) {
        let mut heat = throughput * self.heat;
        if let Some(holding) = &self.holding {
            let holding = m.profile(holding);
            heat = Param {
                values: heat.values.zip(&holding.values, |a, b| a + b),
                dimension: heat.dimension,
            };
        }
        let fired = heat / self.efficiency;
        if let Some(steam) = &self.steam {
            let enthalpy = m.energy_content(steam);
            m.give(steam, "steam", Expr::from(&fired * self.steam_share) / enthalpy);
        }
        if self.efficiency.value() <= 0.0 {
            let place = self.firing.fuels.first().map_or(self.heat.span, |f| f.span);
            m.error(Diagnostic::error(place, "a furnace of efficiency 0 needs endless fuel; write its efficiency, such as \"60 %\""));
            return;
        }
        self.check_steam(m);
        self.firing.burn(m, fired);
    }

    /// Steel and steam do not take up more than the heat of the fuel.
    fn check_steam(&self, m: &mut Model) {
        let efficiency = self.efficiency.value();
        let stated_as_fuel = efficiency >= 1.0;
        let left = if stated_as_fuel { GREATEST_STEAM_SHARE } else { 1.0 - efficiency };
        if self.steam_share.value() > left + 1e-9 {
            let place = self.steam.as_ref().map_or(self.heat.span, |steam| steam.span);
            let message = format!(
                "{:.0} % of the fuel's heat becomes steam and only about {:.0} % is left by the steel; lower `steam_share` or `efficiency`",
                self.steam_share.value() * 100.0,
                left * 100.0
            );
            m.error(Diagnostic::error(place, message));
        }
    }
}
