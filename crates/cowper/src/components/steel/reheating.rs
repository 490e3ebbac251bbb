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
        self.firing.burn(m, fired);
    }
}
