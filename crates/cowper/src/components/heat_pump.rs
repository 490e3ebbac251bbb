//! A heat pump: raises low heat to a useful temperature with electricity.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::expression::Param;
use crate::field::{Factor, Name, Profile, Share};
use crate::model::Model;
use crate::patterns::operation::{Operation, Port, operate};
use crate::problem::Values;
use crate::units::{Flow, NUMBER, Number, Price, Quantity, TEMPERATURE, Temperature};

/// A heat pump: makes useful heat of low heat and electricity.
///
/// Its coefficient of performance is given as `cop`, constant or over time, or follows from two
/// temperatures as a share (`quality`) of what Carnot's process would reach.
///
/// # Equations
///
/// heat = cop · electricity; heat ≤ capacity; low heat taken = heat − electricity
///
/// cop = min(cop_limit, quality · sink / (sink − source)), temperatures in kelvin
///
/// cost = variable_cost · heat
///
/// # Example
///
/// ```toml
/// # Cooling water of the furnaces heats a town.
/// [site]
/// name = "Cooling water to district heat"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.electricity]
/// measure = "energy"
/// [carrier.heat]
/// measure = "energy"
/// [carrier.cooling_water]
/// measure = "energy"
/// [grid_connection.grid]
/// import_price = "80 EUR/MWh"
/// [fuel_supply.furnaces]
/// carrier = "cooling_water"
/// limit = "40 MW"
/// [heat_pump.works]
/// heat = "heat"
/// capacity = "30 MW"
/// source = "cooling_water"
/// source_temperature = "32 °C"
/// sink_temperature = "80 °C"
/// quality = "50 %"
/// [demand.town]
/// carrier = "heat"
/// amount = "25 MW"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct HeatPump {
    /// Node it draws its electricity from.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Heat it makes.
    pub heat: Name,
    /// Greatest flow of heat.
    pub capacity: Quantity<Flow>,
    /// Low heat it raises; taken from air, ground or water outside the site without.
    pub source: Option<Name>,
    /// Coefficient of performance: heat for each unit of electricity; or give temperatures.
    pub cop: Option<Profile<Number>>,
    /// Temperature of the low heat.
    pub source_temperature: Option<Profile<Temperature>>,
    /// Temperature of the heat it makes.
    pub sink_temperature: Option<Profile<Temperature>>,
    /// Share of Carnot's coefficient that it reaches; 0.4 to 0.6 are usual for large ones.
    pub quality: Option<Share>,
    /// Greatest coefficient reached from temperatures, however close they are; no limit without.
    pub cop_limit: Option<Factor>,
    /// Cost of each unit of heat besides electricity.
    pub variable_cost: Option<Profile<Price>>,
    /// How it may be run.
    #[field(flatten)]
    pub operation: Operation,
}

/// Nought of the Celsius scale in kelvin.
const KELVIN: f64 = 273.15;
/// No heat pump is warmer, in °C: above it a temperature is in kelvin.
const WARMEST: f64 = 250.0;

impl Component for HeatPump {
    fn equations(&self, m: &mut Model) {
        let Some(cop) = self.coefficient(m) else { return };
        let heat = m.rate("heat", &self.heat);
        let capacity = m.capacity_of(self.capacity, &self.heat);
        operate(m, &self.operation, &Port { output: heat, node: &self.heat, capacity });
        m.give(&self.heat, "heat", heat);
        let made = heat * m.energy_content(&self.heat);
        let electricity = &made / cop;
        m.take(&self.electricity, "electricity", &electricity);
        if let Some(source) = &self.source {
            let low = (made - electricity) / m.energy_content(source);
            m.take(source, "source", low);
        }
        if let Some(cost) = &self.variable_cost {
            let cost = m.price_of(cost, &self.heat);
            m.cost("variable cost", heat * cost);
        }
    }
}

impl HeatPump {
    /// Heat for each unit of electricity, from the one of two ways that is given.
    fn coefficient(&self, m: &mut Model) -> Option<Param> {
        let temperatures = (&self.source_temperature, &self.sink_temperature, self.quality);
        let cop = match (&self.cop, temperatures) {
            (Some(cop), (None, None, None)) if self.cop_limit.is_none() => m.profile(cop),
            (None, (Some(source), Some(sink), Some(quality))) => {
                self.between_temperatures(m, (source, sink), quality)?
            }
            (Some(cop), _) => {
                let message = "give either `cop`, or temperatures (`source_temperature`, `sink_temperature`, `quality`, and `cop_limit` if wanted), not both";
                m.error(Diagnostic::error(cop.span(), message));
                return None;
            }
            (None, _) => {
                let message = "a heat pump needs `cop` (such as 3.2), or all of `source_temperature`, `sink_temperature` and `quality`";
                m.error(Diagnostic::error(self.capacity.span, message));
                return None;
            }
        };
        // A series that could not be read has already been noted.
        if matches!((&self.cop, &cop.values), (Some(Profile::Series(_)), Values::Constant(_))) {
            return None;
        }
        let span = self.cop.as_ref().map_or(self.capacity.span, Profile::span);
        if cop.dimension == NUMBER && !cop.is_zero() && cop.values.least() < 1.0 {
            let message = format!(
                "the coefficient of performance falls to {:.3}; below 1 the low heat would cool nothing: check `cop` or `quality`, or use an electric_boiler",
                cop.values.least()
            );
            m.error(Diagnostic::error(span, message));
            return None;
        }
        if cop.is_zero() {
            m.error(Diagnostic::error(span, "the coefficient of performance is nought; write heat for each unit of electricity, such as 3.2"));
            return None;
        }
        Some(cop)
    }

    fn between_temperatures(
        &self,
        m: &mut Model,
        (source, sink): (&Profile<Temperature>, &Profile<Temperature>),
        quality: Share,
    ) -> Option<Param> {
        let (low, high) = (m.profile(source), m.profile(sink));
        // A series that could not be read has already been noted.
        if low.dimension != TEMPERATURE || high.dimension != TEMPERATURE {
            return None;
        }
        for (temperature, profile) in [(&low, source), (&high, sink)] {
            if temperature.values.greatest() > WARMEST {
                let message = format!(
                    "{} °C is too hot for a heat pump; write temperatures in °C, not in kelvin",
                    temperature.values.greatest()
                );
                m.error(Diagnostic::error(profile.span(), message));
                return None;
            }
        }
        let limit = self.cop_limit.map_or(f64::INFINITY, Factor::value);
        let lift = high.values.zip(&low.values, |high, low| high - low);
        if lift.least() <= 0.0 && limit.is_infinite() {
            let message = "the sink is no warmer than the source at some step, where Carnot's coefficient has no value; correct the temperatures or give a `cop_limit`, such as 7";
            m.error(Diagnostic::error(sink.span(), message));
            return None;
        }
        let carnot =
            high.values.zip(
                &lift,
                |high, lift| if lift > 0.0 { (high + KELVIN) / lift } else { f64::INFINITY },
            );
        let cop = carnot.map(|carnot| (quality.value() * carnot).min(limit));
        Some(Param { values: cop, dimension: NUMBER })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(pump: &str) -> String {
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
            [carrier.heat]
            measure = "energy"
            [carrier.waste]
            measure = "energy"
            [series.river]
            unit = "°C"
            values = [10, 35]
            [grid_connection.grid]
            import_price = "60 EUR/MWh"
            [fuel_supply.coolers]
            carrier = "waste"
            price = "5 EUR/MWh"
            [fuel_supply.boiler]
            carrier = "heat"
            price = "50 EUR/MWh"
            [demand.other]
            carrier = "waste"
            amount = "0 MW"
            [demand.town]
            carrier = "heat"
            amount = "33.315 MW"
            [heat_pump.p]
            heat = "heat"
            {pump}
            "#
        )
    }

    /// Proves: heat is low heat plus electricity. 30 MW at a coefficient of 3: 10 MW at 60 and
    /// 20 MW of low heat at 5; the other 3.315 MW are bought at 50.
    /// Sensitivity: low heat counted as all the heat would cost 50 an hour more.
    #[test]
    fn raises_low_heat() {
        let pump = "capacity = \"30 MW\"\ncop = 3\nsource = \"waste\"";
        let columns: &[(&str, &[f64])] = &[("p.electricity", &[10.0; 2]), ("p.source", &[20.0; 2])];
        let solved = check(&site(pump), 2.0 * (600.0 + 100.0 + 165.75), columns);
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: half of Carnot between 10 and 60 °C is 0.5 · 333.15 / 50 = 3.3315; between 35 and
    /// 60 °C twice that. 33.315 MW take 10 and 5 MW: 900.
    /// Sensitivity: temperatures left in °C would give 0.6 and 1.2 and be refused.
    #[test]
    fn follows_carnot() {
        let pump = "capacity = \"50 MW\"\nsource_temperature = \"river\"\nsink_temperature = \"60 °C\"\nquality = 0.5";
        check(&site(pump), 900.0, &[("p.electricity", &[10.0, 5.0])]);
        // With a limit of 5, the second hour takes 6.663 MW.
        check(
            &site(&format!("{pump}\ncop_limit = 5")),
            600.0 + 6.663 * 60.0,
            &[("p.electricity", &[10.0, 6.663])],
        );
    }

    /// Proves: below its minimum load it stands: 33.315 of 100 MW is less than half, all heat is bought.
    /// 2 · 33.315 · 50 = 3331.5. Sensitivity: running it would cost 2 · 33.315 · 20 = 1332.6.
    #[test]
    fn stands_below_its_minimum_load() {
        let pump = "capacity = \"100 MW\"\ncop = 3\nminimum_load = \"50 %\"";
        check(&site(pump), 3331.5, &[("p.heat", &[0.0; 2])]);
    }

    /// Proves: what leaves the coefficient open, doubles it or makes it impossible is said.
    #[test]
    fn one_way_of_giving_the_coefficient() {
        let temperatures = "source_temperature = \"river\"\nsink_temperature = \"60 °C\"\n";
        for (pump, part) in [
            (String::new(), "needs `cop`"),
            (temperatures.to_owned(), "all of `source_temperature`"),
            (format!("{temperatures}quality = 0.5\ncop = 3"), "not both"),
            ("cop = 0.9".into(), "use an electric_boiler"),
            ("cop = 0".into(), "is nought"),
            (
                "source_temperature = \"river\"\nsink_temperature = \"20 °C\"\nquality = 0.5"
                    .into(),
                "no warmer than the source",
            ),
            (
                "source_temperature = \"river\"\nsink_temperature = \"333 K\"\nquality = 0.5"
                    .into(),
                "not in kelvin",
            ),
        ] {
            let found = mistakes(&site(&format!("capacity = \"50 MW\"\n{pump}")));
            assert!(found.contains(part), "{pump}: {found}");
        }
    }
}
