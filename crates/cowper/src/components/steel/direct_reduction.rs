//! Direct reduction: iron ore to sponge iron with natural gas and hydrogen in any mixture.

use cowper_derive::{Kind, Record};

use super::per_tonne::per_tonne;
use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::expression::{Expr, Param};
use crate::field::{Name, Profile, Share};
use crate::model::{Bounds, Model};
use crate::patterns::operation::share_of;
use crate::units::{EnergyPerMass, Mass, MassFlow, NUMBER, Number, Quantity};

/// A shaft furnace that reduces ore with natural gas and hydrogen, mixed within limits.
///
/// It makes a tonnage for each day or for the whole run when energy is cheap, or what its `iron`
/// node takes. All carbon of the natural gas counts here. The default for hydrogen is that of
/// public models (about 60 kg for each tonne).
///
/// # Equations
///
/// production = from_natural_gas + from_hydrogen; least · capacity ≤ production ≤ capacity
///
/// natural_gas = natural_gas_use · from_natural_gas; hydrogen = hydrogen_use · from_hydrogen
///
/// hydrogen_least · production ≤ from_hydrogen ≤ hydrogen_most · production
///
/// electricity = electricity_use · production
///
/// Σ production · hours = daily, over each calendar day (a part of a day makes its part); = total, over the run
///
/// # Example
///
/// ```toml
/// # 2000 t a day, made when power is cheap, at least three tenths of it with hydrogen.
/// [site]
/// name = "Shaft furnace"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.natural_gas]
/// measure = "energy"
/// co2 = "0.2 t/MWh"
/// [carrier.hydrogen]
/// measure = "energy"
/// [carrier.electricity]
/// measure = "energy"
/// [series.tariff]
/// otherwise = "82 EUR/MWh"
/// periods = [{ from = "17:00", to = "21:00", value = "140 EUR/MWh" }]
/// [grid_connection.grid]
/// import_price = "tariff"
/// [fuel_supply.pipeline]
/// carrier = "natural_gas"
/// price = "35 EUR/MWh"
/// [fuel_supply.hydrogen]
/// carrier = "hydrogen"
/// price = "90 EUR/MWh"
/// [direct_reduction.shaft]
/// capacity = "120 t/h"
/// least = "50 %"
/// daily = "2000 t"
/// natural_gas = "natural_gas"
/// natural_gas_use = "2.9 MWh/t"
/// hydrogen = "hydrogen"
/// hydrogen_least = "30 %"
/// electricity_use = "110 kWh/t"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct DirectReduction {
    /// Greatest production.
    pub capacity: Quantity<MassFlow>,
    /// Least production, as a share of the capacity; it never stops.
    #[field(default = "0 %")]
    pub least: Share,
    /// Share of the capacity that can be used: maintenance.
    #[field(default = 1.0)]
    pub availability: Profile<Number>,
    /// Production of each calendar day.
    pub daily: Option<Quantity<Mass>>,
    /// Production of the whole run.
    pub total: Option<Quantity<Mass>>,
    /// Iron it gives; without, `daily` or `total` says how much it makes.
    pub iron: Option<Name>,
    /// Natural gas that reduces; none without.
    pub natural_gas: Option<Name>,
    /// Natural gas for each tonne reduced with it.
    pub natural_gas_use: Option<Quantity<EnergyPerMass>>,
    /// Hydrogen that reduces; none without.
    pub hydrogen: Option<Name>,
    /// Hydrogen for each tonne reduced with it; 1.7 to 2.2 MWh/t is usual.
    #[field(default = "2.08 MWh/t")]
    pub hydrogen_use: Quantity<EnergyPerMass>,
    /// Least share of the production reduced with hydrogen.
    #[field(default = "0 %")]
    pub hydrogen_least: Share,
    /// Greatest share of the production reduced with hydrogen.
    #[field(default = "100 %")]
    pub hydrogen_most: Share,
    /// Node it takes electricity from.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Electricity for each tonne.
    #[field(default = "0 kWh/t")]
    pub electricity_use: Quantity<EnergyPerMass>,
}

impl Component for DirectReduction {
    fn equations(&self, m: &mut Model) {
        self.check(m);
        let capacity = Param::from(self.capacity);
        let available = &capacity * share_of(m, &self.availability);
        let least = &capacity * self.least;
        // What is not available cannot be asked for.
        let least = Param {
            values: least.values.zip(&available.values, f64::min),
            dimension: least.dimension,
        };
        let production = m.variable("production", Bounds::between(least, available));
        let mut reduced = Expr::zero(production.dimension);
        if let (Some(gas), Some(amount)) = (&self.natural_gas, self.natural_gas_use) {
            let part = m.variable("from_natural_gas", Bounds::positive(production.dimension));
            let amount = per_tonne(m, amount, gas);
            m.burn(gas, "natural_gas", part * amount);
            reduced = reduced + part;
        }
        if let Some(hydrogen) = &self.hydrogen {
            let part = m.variable("from_hydrogen", Bounds::positive(production.dimension));
            let amount = per_tonne(m, self.hydrogen_use, hydrogen);
            m.take(hydrogen, "hydrogen", part * amount);
            m.at_least("hydrogen has its least share", part, production * self.hydrogen_least);
            m.at_most("hydrogen has its greatest share", part, production * self.hydrogen_most);
            reduced = reduced + part;
        }
        m.equal("all ore is reduced", production, reduced);
        m.take(&self.electricity, "electricity", production * self.electricity_use);
        if let Some(iron) = &self.iron {
            m.give(iron, "iron", production);
        }
        let made = production * m.hours();
        if let Some(daily) = self.daily {
            let days = m.horizon().days();
            let days = m.partition(days);
            let share_of_day = Param::series(m.horizon().shares_of_day().into(), NUMBER);
            let amount = m.sum_over(days, &(share_of_day * daily));
            m.total_equal(days, "each day makes its tonnage", &made, amount);
        }
        if let Some(total) = self.total {
            let run = m.horizon().whole();
            let run = m.partition(run);
            m.total_equal(run, "the run makes its tonnage", made, total);
        }
    }
}

impl DirectReduction {
    fn check(&self, m: &mut Model) {
        if self.daily.is_none() && self.total.is_none() && self.iron.is_none() {
            let message = "nothing says how much this makes; give `daily`, `total` or the `iron` node that takes it";
            m.error(Diagnostic::error(self.capacity.span, message));
        }
        if self.natural_gas.is_none() && self.hydrogen.is_none() {
            m.error(Diagnostic::error(
                self.capacity.span,
                "nothing reduces the ore; give `natural_gas`, `hydrogen` or both",
            ));
        }
        if let (Some(gas), None) = (&self.natural_gas, self.natural_gas_use) {
            m.error(Diagnostic::error(
                gas.span,
                "`natural_gas` needs `natural_gas_use`, such as \"2.9 MWh/t\"",
            ));
        }
        if self.hydrogen_least.value() > self.hydrogen_most.value() {
            m.error(Diagnostic::error(
                self.capacity.span,
                "`hydrogen_least` is above `hydrogen_most`; swap them",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes, solved};

    fn site(shaft: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T22:00"
            end = "2025-01-02T02:00"
            step = "1 h"
            [carrier.natural_gas]
            measure = "energy"
            co2 = "0.2 t/MWh"
            [carrier.hydrogen]
            measure = "energy"
            [carrier.electricity]
            measure = "energy"
            [series.price]
            unit = "EUR/MWh"
            values = [50, 100, 40, 10]
            [series.hydrogen]
            unit = "EUR/MWh"
            values = [60, 60, 60, 30]
            [grid_connection.grid]
            import_price = "price"
            [fuel_supply.pipeline]
            carrier = "natural_gas"
            price = "30 EUR/MWh"
            [fuel_supply.electrolysis]
            carrier = "hydrogen"
            price = "hydrogen"
            [direct_reduction.shaft]
            capacity = "100 t/h"
            natural_gas = "natural_gas"
            natural_gas_use = "3 MWh/t"
            hydrogen = "hydrogen"
            hydrogen_use = "2 MWh/t"
            electricity_use = "0.1 MWh/t"
            {shaft}
            "#
        )
    }

    /// Proves: each day's tonnage is made in its cheap hours; two hours hold a twelfth of 1440 t,
    /// 120 t. A tonne costs 90 by gas (120 by hydrogen, 60 in hour 4) plus a tenth of the power
    /// price. Day 1: 100 t in hour 1, 20 in hour 2: 10 800 + 500 + 200. Day 2: 100 t at 61, 20 at 94.
    /// Sensitivity: whole days' tonnage in two hours would have no solution.
    #[test]
    fn a_day_makes_its_tonnage_when_energy_is_cheap() {
        let solved = check(
            &site("daily = \"1440 t\""),
            11_500.0 + 6100.0 + 1880.0,
            &[
                ("shaft.production", &[100.0, 20.0, 20.0, 100.0]),
                ("shaft.hydrogen", &[0.0, 0.0, 0.0, 200.0]),
            ],
        );
        assert!((solved.accounts.carbon.direct - 140.0 * 3.0 * 0.2).abs() < 1e-9);
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: a day of 23 hours makes its whole tonnage: 1200 t.
    /// Sensitivity: by 24 hours it would make 1150 t.
    #[test]
    fn a_short_day_makes_its_tonnage() {
        let text = site("daily = \"1200 t\"")
            .replace("name = \"test\"", "name = \"test\"\ntime_zone = \"Europe/Berlin\"")
            .replace("2025-01-01T22:00", "2025-03-30")
            .replace("2025-01-02T02:00", "2025-03-31")
            .replace("values = [50, 100, 40, 10]", "otherwise = \"50 EUR/MWh\"\nperiods = []")
            .replace("unit = \"EUR/MWh\"", "")
            .replace("values = [60, 60, 60, 30]", "otherwise = \"60 EUR/MWh\"\nperiods = []");
        let made: f64 = solved(&text).values("shaft.production").iter().sum();
        assert!((made - 1200.0).abs() < 1e-6, "{made}");
    }

    /// Proves: shares of hydrogen hold of the production, and the least load at each hour.
    /// 20 t/h at least, 160 t in all: 20, 20, 20, 100. At 30 % to 50 % hydrogen a tonne costs
    /// 0.7 · 90 + 0.3 · 120 = 99, in hour 4 0.5 · 90 + 0.5 · 60 = 75.
    /// 60 · 99 + 20 · (5 + 10 + 4) + 100 · (75 + 1) = 5940 + 380 + 7600.
    /// Sensitivity: shares of energy would give other hydrogen: 12 MWh/h is 30 % of 20 t at 2 MWh/t.
    #[test]
    fn hydrogen_has_its_share() {
        let shaft = "total = \"160 t\"\nleast = \"20 %\"\nhydrogen_least = \"30 %\"\nhydrogen_most = \"50 %\"";
        check(&site(shaft), 13_920.0, &[("shaft.hydrogen", &[12.0, 12.0, 12.0, 100.0])]);
    }

    /// Proves: a shaft that nothing asks for iron is a mistake.
    #[test]
    fn something_must_ask_for_iron() {
        assert!(mistakes(&site("")).contains("nothing says how much this makes"));
    }

    /// Proves: an availability above one is a mistake.
    /// Sensitivity: taken as it is, the shaft would make more than its capacity.
    #[test]
    fn availability_is_a_share() {
        let found = mistakes(&site("total = \"160 t\"\navailability = 1.5"));
        assert!(found.contains("share of the capacity from 0 to 1"), "{found}");
    }
}
