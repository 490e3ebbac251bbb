//! An oxygen converter: hot metal is blown to steel heat by heat, so gas and oxygen come in pulses.

use cowper_derive::{Kind, Record};

use super::per_tonne::per_tonne;
use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::expression::Param;
use crate::field::{Name, Profile, Share};
use crate::model::Model;
use crate::units::{
    EnergyPerMass, GasPerMass, MassFlow, MassPerMass, NUMBER, Quantity, Time, VolumePerMass,
};

/// An oxygen converter: blows hot metal to steel, one heat each cycle.
///
/// Gas is made and oxygen taken only during the blow. Each step has the share of it that lies in a
/// blow: at short steps gas comes in pulses, at long ones nearly evenly, and the gas of a heat is
/// the same. Cycles are counted from 1970-01-01 00:00 UTC plus `offset`, so every run that covers an
/// hour sees the same blows; a second vessel takes another offset. Defaults are typical figures
/// from public plant statistics (Ministry of Steel India 2024, JISF 2022, LBNL-6338E).
///
/// # Equations
///
/// pulse(t) = (share of the step in a blow) · cycle / blow, which is 1 on average
///
/// gas_made = gas_yield · production · pulse; oxygen = oxygen_use · production · pulse
///
/// flared = (1 − recovery) · gas_made, burnt at the vessel's stack
///
/// steam = steam_yield · production · pulse; electricity, hot metal, steel = use · production
///
/// # Example
///
/// ```toml
/// # A holder takes up the pulses of a vessel that blows 15 of every 45 minutes.
/// [site]
/// name = "Converter shop"
/// [horizon]
/// start = "2025-01-01 00:00"
/// end = "2025-01-01 06:00"
/// step = "15 min"
/// [carrier.ldg]
/// measure = "volume"
/// heating_value = "8.4 MJ/Nm3"
/// co2 = "1.512 kg/Nm3"
/// [carrier.oxygen]
/// measure = "volume"
/// [carrier.electricity]
/// measure = "energy"
/// [oxygen_converter.vessel_1]
/// production = "300 t/h"
/// cycle = "45 min"
/// blow = "15 min"
/// gas = "ldg"
/// oxygen = "oxygen"
/// [gas_holder.ldg]
/// gas = "ldg"
/// capacity = "80 kNm3"
/// band = ["15 %", "90 %"]
/// [demand.boiler]
/// carrier = "ldg"
/// amount = "30 kNm3/h"
/// [fuel_supply.air_separation]
/// carrier = "oxygen"
/// [grid_connection.grid]
/// import_price = "80 EUR/MWh"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct OxygenConverter {
    /// Steel made, averaged over the cycle.
    pub production: Profile<MassFlow>,
    /// Time from tap to tap.
    #[field(default = "40 min")]
    pub cycle: Quantity<Time>,
    /// Time of the blow in it.
    #[field(default = "16 min")]
    pub blow: Quantity<Time>,
    /// Time by which the first blow begins later.
    #[field(default = "0 min")]
    pub offset: Quantity<Time>,
    /// Gas it makes.
    pub gas: Name,
    /// Gas made for each tonne of steel; 88 to 115 Nm3/t are usually worth recovering.
    #[field(default = "100 Nm3/t")]
    pub gas_yield: Quantity<GasPerMass>,
    /// Share of the gas that is recovered; the rest is flared at the vessel.
    #[field(default = "100 %")]
    pub recovery: Share,
    /// Oxygen it blows; not counted without.
    pub oxygen: Option<Name>,
    /// Oxygen for each tonne of steel; 50 to 60 Nm3/t is usual.
    #[field(default = "55 Nm3/t")]
    pub oxygen_use: Quantity<VolumePerMass>,
    /// Steam of the cooling stack; none without.
    pub steam: Option<Name>,
    /// Steam of the cooling stack for each tonne of steel.
    #[field(default = 0.0)]
    pub steam_yield: Quantity<MassPerMass>,
    /// Node it takes electricity from.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Electricity for each tonne of steel, casting included; 36 to 174 kWh/t is usual.
    #[field(default = "60 kWh/t")]
    pub electricity_use: Quantity<EnergyPerMass>,
    /// Hot metal it takes; not counted without.
    pub hot_metal: Option<Name>,
    /// Hot metal for each tonne of steel; 0.85 to 1 t/t is usual.
    #[field(default = 0.92)]
    pub hot_metal_rate: Quantity<MassPerMass>,
    /// Steel it gives; not counted without.
    pub steel: Option<Name>,
}

impl Component for OxygenConverter {
    fn equations(&self, m: &mut Model) {
        if self.blow.value() * 3.6e6 < 1.0 || self.blow.value() > self.cycle.value() {
            let place = if self.blow.span == crate::diagnostic::Span::default() {
                self.cycle.span
            } else {
                self.blow.span
            };
            m.error(Diagnostic::error(
                place,
                "the blow is a part of the cycle; write a time above 0 and at most the cycle",
            ));
            return;
        }
        let production = m.profile(&self.production);
        let pulsed = &production * self.pulse(m);
        let gas = &pulsed * per_tonne(m, self.gas_yield, &self.gas);
        m.give(&self.gas, "gas_made", &gas);
        if self.recovery.value() < 1.0 {
            m.burn(&self.gas, "flared", gas * (1.0 - self.recovery.value()));
        }
        if let Some(oxygen) = &self.oxygen {
            let taken = &pulsed * per_tonne(m, self.oxygen_use, oxygen);
            m.take(oxygen, "oxygen", taken);
        }
        if let Some(steam) = &self.steam {
            let raised = &pulsed * per_tonne(m, self.steam_yield, steam);
            m.give(steam, "steam", raised);
        }
        m.take(&self.electricity, "electricity", &production * self.electricity_use);
        if let Some(hot_metal) = &self.hot_metal {
            let taken = &production * per_tonne(m, self.hot_metal_rate, hot_metal);
            m.take(hot_metal, "hot_metal", taken);
        }
        if let Some(steel) = &self.steel {
            m.give(steel, "steel", &production);
        }
    }
}

impl OxygenConverter {
    /// The flow of each step as a multiple of the mean: cycle / blow within a blow, nought outside.
    fn pulse(&self, m: &Model) -> Param {
        // In whole milliseconds, so that decades since 1970 leave no rounding.
        let milliseconds = |time: Quantity<Time>| (time.value() * 3.6e6).round() as i64;
        let (cycle, blow, offset) =
            (milliseconds(self.cycle).max(1), milliseconds(self.blow), milliseconds(self.offset));
        // Blowing time from the beginning of a cycle up to a time.
        let blown = |time: i64| time / cycle * blow + (time % cycle).min(blow);
        let horizon = m.horizon();
        let length = horizon.step_seconds * 1000;
        let pulse = |step: usize| {
            let begin = (horizon.begin(step).as_millisecond() - offset).rem_euclid(cycle);
            let blowing = blown(begin + length) - blown(begin);
            blowing as f64 * cycle as f64 / (length as f64 * blow as f64)
        };
        Param::series((0..horizon.steps).map(pulse).collect(), NUMBER)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(step: &str, vessel: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T02:00"
            step = "{step}"
            [carrier.ldg]
            measure = "volume"
            co2 = "1.5 kg/Nm3"
            [carrier.oxygen]
            measure = "volume"
            [carrier.electricity]
            measure = "energy"
            [fuel_supply.air]
            carrier = "oxygen"
            price = "100 EUR/kNm3"
            [grid_connection.grid]
            import_price = "50 EUR/MWh"
            [flare.stack]
            gas = "ldg"
            price = "10 EUR/kNm3"
            [oxygen_converter.v]
            production = "300 t/h"
            cycle = "40 min"
            blow = "20 min"
            gas = "ldg"
            gas_yield = "100 Nm3/t"
            oxygen = "oxygen"
            oxygen_use = "50 Nm3/t"
            electricity_use = "40 kWh/t"
            {vessel}
            "#
        )
    }

    /// Proves: gas comes in the blow only and a heat's gas is the same at any step. Blows fill
    /// 0:00–0:20, 0:40–1:00, 1:20–1:40: at 20 minutes 60, 0, 60, … kNm3/h, at 1 hour 40 and 20, in
    /// all 60 kNm3. 60 · 10 + 30 · 100 + 24 · 50 = 4800. CO2 90 t.
    /// Sensitivity: a pulse rounded to whole steps would lose a third of it at 1 hour.
    #[test]
    fn gas_comes_in_pulses() {
        let solved = check(
            &site("20 min", ""),
            4800.0,
            &[("v.gas_made", &[60.0, 0.0, 60.0, 0.0, 60.0, 0.0])],
        );
        assert!((solved.accounts.carbon.direct - 90.0).abs() < 1e-9);
        check(
            &site("1 h", ""),
            4800.0,
            &[("v.gas_made", &[40.0, 20.0]), ("v.oxygen", &[20.0, 10.0])],
        );
    }

    /// Proves: a later offset moves the blow, not its gas: 10 of each 20 minutes at 60 are 30.
    /// Sensitivity: an offset in steps instead of time would move whole pulses.
    #[test]
    fn the_offset_moves_the_blow() {
        check(&site("20 min", "offset = \"10 min\""), 4800.0, &[("v.gas_made", &[30.0; 6])]);
    }

    /// Proves: what is not recovered burns at the vessel and costs no levy: 30 % of 60 kNm3.
    /// CO2 stays 90 t. Sensitivity: lost without burning, it would be 63 t.
    #[test]
    fn the_rest_is_flared_at_the_vessel() {
        let solved = check(
            &site("1 h", "recovery = \"70 %\""),
            4800.0 - 180.0,
            &[("v.flared", &[12.0, 6.0])],
        );
        assert!((solved.accounts.carbon.direct - 90.0).abs() < 1e-9);
    }

    /// Proves: a blow longer than its cycle is a mistake.
    #[test]
    fn a_blow_fits_its_cycle() {
        let text = site("1 h", "").replace("blow = \"20 min\"", "blow = \"50 min\"");
        assert!(mistakes(&text).contains("the blow is a part of the cycle"));
    }
}
