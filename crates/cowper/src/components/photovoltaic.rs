//! A photovoltaic plant: electricity from sunlight, by its availability or by irradiance and temperature.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::{Diagnostic, Span};
use crate::expression::Param;
use crate::field::{Name, Profile, Share};
use crate::model::Model;
use crate::patterns::operation::share_of;
use crate::patterns::weather::{Curtailment, harvest};
use crate::problem::Values;
use crate::units::{
    Irradiance, NUMBER, Number, Power, Quantity, Speed, TEMPERATURE, TIME, Temperature,
    TemperatureCoefficient,
};

/// A photovoltaic plant: makes what the sun allows, or less where that is worth more.
///
/// What the sun allows is either an `availability` series, or follows from the irradiance on the
/// plane of the modules and the air's temperature: cells warm up in the sun by the nominal
/// operating cell temperature (NOCT, at 800 W/m2 and 20 °C), and lose power as they do (the form of
/// PVWatts, Dobos 2014, NREL/TP-6A20-62641). Wind cools them: its heat transfer 5.7 + 3.8 · wind in
/// W/m2/K (wind in m/s) takes the place of the 9.5 at the 1 m/s of the NOCT (Duffie and Beckman).
///
/// # Equations
///
/// power = available − curtailed; 0 ≤ curtailed ≤ available
///
/// available = min(inverter, capacity · availability), or
///
/// available = min(inverter, capacity · irradiance / 1000 W/m2 ·
/// max(0, 1 + temperature_coefficient · (cell − 25 °C)) · performance)
///
/// cell = ambient_temperature + (nominal_cell_temperature − 20 °C) · irradiance / 800 W/m2 · 9.5 / (5.7 + 3.8 · wind_speed)
///
/// cost = curtailment_price · curtailed + variable_cost · power
///
/// # Example
///
/// ```toml
/// # A plant on the roofs of a mill, from measured sunlight and temperature.
/// [site]
/// name = "Roofs of a mill"
/// [horizon]
/// start = "2025-06-01 10:00"
/// end = "2025-06-01 14:00"
/// step = "1 h"
/// [carrier.electricity]
/// measure = "energy"
/// [series.sun]
/// unit = "W/m2"
/// values = [620, 840, 930, 760]
/// [series.air]
/// unit = "°C"
/// values = [21, 24, 26, 27]
/// [photovoltaic.roofs]
/// capacity = "40 MW"
/// irradiance = "sun"
/// ambient_temperature = "air"
/// inverter = "32 MW"
/// [grid_connection.grid]
/// import_price = "80 EUR/MWh"
/// [demand.mill]
/// carrier = "electricity"
/// amount = "55 MW"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct Photovoltaic {
    /// Node it feeds.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Power of all modules at 1000 W/m2 and 25 °C: the sum of their name plates.
    pub capacity: Quantity<Power>,
    /// Share of the capacity that reaches the node, all losses taken off; or give `irradiance`.
    pub availability: Option<Profile<Number>>,
    /// Sunlight on the plane of the modules; or give `availability`.
    pub irradiance: Option<Profile<Irradiance>>,
    /// Temperature of the air; needed with `irradiance`.
    pub ambient_temperature: Option<Profile<Temperature>>,
    /// Wind at the modules; 1 m/s without.
    pub wind_speed: Option<Profile<Speed>>,
    /// Temperature of the cells at 800 W/m2, air of 20 °C and wind of 1 m/s; 45 °C without.
    pub nominal_cell_temperature: Option<Quantity<Temperature>>,
    /// Power gained for each degree above 25 °C, so below nought; −0.35 %/K without.
    pub temperature_coefficient: Option<Quantity<TemperatureCoefficient>>,
    /// What soiling, cables, mismatch and inverter leave; 83 % without (PVWatts: 14 % losses, inverter 96 %).
    pub performance: Option<Share>,
    /// Greatest power of the inverters or the connection; no limit without.
    pub inverter: Option<Quantity<Power>>,
    /// What is paid for what is made and what is not.
    #[field(flatten)]
    pub curtailment: Curtailment,
}

/// Irradiance of the name plate, in MW/m2.
const STANDARD_IRRADIANCE: f64 = 1000e-6;
/// Irradiance at which the nominal operating cell temperature is measured, in MW/m2.
const NOMINAL_IRRADIANCE: f64 = 800e-6;
/// No plane on earth gets more, clouds' edges included, in MW/m2.
const GREATEST_IRRADIANCE: f64 = 2000e-6;
/// No air on earth is warmer, in °C: above it a series is in kelvin.
const WARMEST_AIR: f64 = 70.0;

impl Component for Photovoltaic {
    fn equations(&self, m: &mut Model) {
        let share = match (&self.availability, &self.irradiance) {
            (Some(availability), None) => {
                self.check_no_model(m, availability.span());
                share_of(m, availability)
            }
            (None, Some(irradiance)) => {
                let Some(ambient) = &self.ambient_temperature else {
                    let message = "`irradiance` needs `ambient_temperature` beside it: warm cells make less; a constant such as \"15 °C\" will do";
                    m.error(Diagnostic::error(irradiance.span(), message));
                    return;
                };
                self.sunlit_share(m, irradiance, ambient)
            }
            (Some(availability), Some(_)) => {
                let message = "give either `availability` or `irradiance`, not both: each alone says what the sun allows";
                m.error(Diagnostic::error(availability.span(), message));
                return;
            }
            (None, None) => {
                let message = "a photovoltaic plant needs `availability` (a share of its capacity), or `irradiance` with `ambient_temperature`";
                m.error(Diagnostic::error(self.capacity.span, message));
                return;
            }
        };
        let power = |m: &mut Model, power: Quantity<Power>| {
            m.in_unit_of(power.into(), &self.electricity, power.span, |stock| stock.per(TIME))
        };
        let mut available = power(m, self.capacity) * share;
        if let Some(inverter) = self.inverter {
            let inverter = power(m, inverter);
            available.values = available.values.zip(&inverter.values, f64::min);
        }
        harvest(m, &self.electricity, &available, &self.curtailment);
    }
}

impl Photovoltaic {
    /// The share of the capacity that sunlight allows.
    fn sunlit_share(
        &self,
        m: &mut Model,
        irradiance: &Profile<Irradiance>,
        ambient: &Profile<Temperature>,
    ) -> Param {
        let sun = m.profile(irradiance);
        let air = m.profile(ambient);
        if sun.values.greatest() > GREATEST_IRRADIANCE {
            let message = format!(
                "irradiance reaches {} W/m2 here, more than the sun gives; is it an energy a day, or in another unit?",
                sun.values.greatest() * 1e6
            );
            m.error(Diagnostic::error(irradiance.span(), message));
        }
        if air.dimension == TEMPERATURE && air.values.greatest() > WARMEST_AIR {
            let message = format!(
                "the air has {} °C here; write temperatures in °C, not in kelvin",
                air.values.greatest()
            );
            m.error(Diagnostic::error(ambient.span(), message));
        }
        // Wind against that of the nominal conditions, from m/h to m/s.
        let warmth = match &self.wind_speed {
            Some(wind) => m.profile(wind).values.map(|wind| 9.5 / (5.7 + 3.8 * wind / 3600.0)),
            None => Values::Constant(1.0),
        };
        let rise = self.nominal_cell_temperature.map_or(45.0, |t| t.value()) - 20.0;
        if let Some(nominal) =
            self.nominal_cell_temperature.filter(|_| !(0.0..=80.0).contains(&rise))
        {
            let message = "cells warm up above the air's 20 °C: write their temperature in °C, such as \"45 °C\"";
            m.error(Diagnostic::error(nominal.span, message));
        }
        let coefficient = self.temperature_coefficient.map_or(-0.0035, |c| c.value());
        if let Some(rises) = self.temperature_coefficient.filter(|c| c.value() > 0.0) {
            let message = "cells make less as they warm: write the coefficient with its minus, such as \"-0.35 %/K\"";
            m.error(Diagnostic::error(rises.span, message));
        }
        let performance = self.performance.map_or(0.83, Share::value);
        let heating =
            sun.values.zip(&warmth, |sun, warmth| rise * sun / NOMINAL_IRRADIANCE * warmth);
        let cell = air.values.zip(&heating, |air, heating| air + heating);
        let share = sun.values.zip(&cell, |sun, cell| {
            sun / STANDARD_IRRADIANCE * (1.0 + coefficient * (cell - 25.0)).max(0.0) * performance
        });
        Param { values: share, dimension: NUMBER }
    }

    /// What belongs to `irradiance` would be passed over beside an availability.
    fn check_no_model(&self, m: &mut Model, span: Span) {
        let given = [
            ("ambient_temperature", self.ambient_temperature.is_some()),
            ("wind_speed", self.wind_speed.is_some()),
            ("nominal_cell_temperature", self.nominal_cell_temperature.is_some()),
            ("temperature_coefficient", self.temperature_coefficient.is_some()),
            ("performance", self.performance.is_some()),
        ];
        for (field, _) in given.iter().filter(|(_, given)| *given) {
            let message = format!(
                "`{field}` belongs to `irradiance`; `availability` holds all losses already: remove one of the two"
            );
            m.error(Diagnostic::error(span, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(plant: &str) -> String {
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
            [series.share]
            unit = "%"
            values = [20, 80]
            [series.sun]
            unit = "W/m2"
            values = [800, 1000]
            [series.air]
            unit = "°C"
            values = [20, 0]
            [photovoltaic.roof]
            capacity = "100 MW"
            {plant}
            [grid_connection.grid]
            import_price = "60 EUR/MWh"
            [demand.load]
            carrier = "electricity"
            amount = "50 MW"
            "#
        )
    }

    /// Proves: power is at most what the sun gives, and what nothing takes is curtailed at its price.
    /// Hour 1: 20 of 50 MW, 30 · 60 bought. Hour 2: 80 MW, of which 30 curtailed · 4. Made: 70 · 1.
    /// 1800 + 120 + 70 = 1990.
    /// Sensitivity: without curtailing, 30 MWh would be a surplus at the site's price.
    #[test]
    fn makes_what_there_is_or_less() {
        let plant = "availability = \"share\"\ncurtailment_price = \"4 EUR/MWh\"\nvariable_cost = \"1 EUR/MWh\"";
        let columns: &[(&str, &[f64])] =
            &[("roof.power", &[20.0, 50.0]), ("roof.curtailed", &[0.0, 30.0])];
        check(&site(plant), 1990.0, columns);
    }

    /// Proves: warm cells make less, cold ones more, and the inverter limits.
    /// 800 W/m2 at 20 °C: cells 45 °C, 100 · 0.8 · (1 − 0.0035 · 20) = 74.4 MW. 1000 W/m2 at 0 °C:
    /// cells 31.25 °C, 97.8 MW, cut at 90. Load 50: curtailed 24.4 and 40.
    /// Sensitivity: without warming 81.4 MW and with air for cells 81.4; the cold hour is 100 above 25 °C.
    #[test]
    fn warm_cells_make_less() {
        let plant = "irradiance = \"sun\"\nambient_temperature = \"air\"\nperformance = \"100 %\"\ninverter = \"90 MW\"";
        check(&site(plant), 0.0, &[("roof.curtailed", &[24.4, 40.0])]);
    }

    /// Proves: wind cools: 3.5 m/s doubles the heat transfer of 1 m/s (19 against 9.5), so cells of
    /// 20 + 12.5 °C make 80 · (1 − 0.0035 · 7.5) = 77.9 MW; at 1000 W/m2 and 0 °C cells of 15.625 °C
    /// 103.28125 MW, all at 50 % performance: 38.95 and 51.640625 MW.
    /// Sensitivity: without wind 37.2 and 48.9; wind in m/h would hardly cool.
    #[test]
    fn wind_cools() {
        let plant = "irradiance = \"sun\"\nambient_temperature = \"air\"\nwind_speed = \"3.5 m/s\"\nperformance = \"50 %\"";
        check(
            &site(plant),
            11.05 * 60.0,
            &[("roof.power", &[38.95, 50.0]), ("roof.curtailed", &[0.0, 1.640_625])],
        );
    }

    /// Proves: both ways of giving the sun, or neither, and shares that are none, are mistakes.
    #[test]
    fn one_way_of_giving_the_sun() {
        for (plant, part) in [
            ("", "needs `availability`"),
            ("availability = \"share\"\nirradiance = \"sun\"", "not both"),
            ("irradiance = \"sun\"", "needs `ambient_temperature`"),
            (
                "availability = \"share\"\nperformance = 0.8",
                "`performance` belongs to `irradiance`",
            ),
            ("availability = 12", "is a share of the capacity from 0 to 1"),
            ("irradiance = \"sun\"\nambient_temperature = \"293 °C\"", "not in kelvin"),
            (
                "irradiance = \"3600 W/m2\"\nambient_temperature = \"air\"",
                "more than the sun gives",
            ),
            ("irradiance = \"air\"\nambient_temperature = \"air\"", "needs an irradiance"),
            (
                "irradiance = \"sun\"\nambient_temperature = \"air\"\ntemperature_coefficient = \"0.35 %/K\"",
                "with its minus",
            ),
            (
                "irradiance = \"sun\"\nambient_temperature = \"air\"\nnominal_cell_temperature = \"318 °C\"",
                "cells warm up above",
            ),
        ] {
            let found = mistakes(&site(plant));
            assert!(found.contains(part), "{plant}: {found}");
        }
    }
}
