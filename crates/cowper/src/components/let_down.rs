//! A let-down station: high-pressure steam to low pressure past the turbines.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::field::Name;
use crate::model::Model;
use crate::units::{Flow, MASS, Quantity};

/// A let-down station: reduces steam to a lower pressure and cools it with feed water.
///
/// Enthalpies are counted above feed water, so the water sprayed in adds mass and no heat. Without
/// spray water the mass stays; what a lower enthalpy of the low header leaves over is lost.
///
/// # Equations
///
/// enthalpy(to) · received = enthalpy(from) · taken; without spray water received = taken
///
/// water = received − taken; minimum_flow ≤ received ≤ capacity
///
/// # Example
///
/// ```toml
/// # Process steam from the high-pressure header while no turbine runs.
/// [site]
/// name = "Let-down station"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.steam_98bar]
/// measure = "mass"
/// enthalpy = "3.05 GJ/t"
/// [carrier.steam_12bar]
/// measure = "mass"
/// enthalpy = "2.50 GJ/t"
/// [fuel_supply.boiler_house]
/// carrier = "steam_98bar"
/// price = "22 EUR/t"
/// [let_down.station_1]
/// from = "steam_98bar"
/// to = "steam_12bar"
/// capacity = "80 t/h"
/// [demand.process]
/// carrier = "steam_12bar"
/// amount = "50 t/h"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct LetDown {
    /// High-pressure steam it takes.
    pub from: Name,
    /// Low-pressure steam it gives.
    pub to: Name,
    /// Greatest flow of low-pressure steam.
    pub capacity: Quantity<Flow>,
    /// Least flow of low-pressure steam, which keeps the station warm.
    pub minimum_flow: Option<Quantity<Flow>>,
    /// Whether feed water is sprayed in to cool the steam.
    #[field(default = true)]
    pub spray_water: bool,
    /// Feed water it takes, by mass; not counted without.
    pub water: Option<Name>,
}

impl Component for LetDown {
    fn equations(&self, m: &mut Model) {
        let taken = m.rate("taken", &self.from);
        let received = m.rate("received", &self.to);
        let capacity = m.capacity_of(self.capacity, &self.to);
        m.limit(received, capacity);
        if let Some(least) = self.minimum_flow {
            let least = m.capacity_of(least, &self.to);
            m.floor(received, least);
        }
        m.take(&self.from, "taken", taken);
        m.give(&self.to, "received", received);
        if self.spray_water {
            let (high, low) = (m.energy_content(&self.from), m.energy_content(&self.to));
            m.equal("spray water keeps the heat", received * low, taken * high);
        } else {
            m.equal("the mass stays", received, taken);
        }
        if let Some(water) = &self.water {
            m.take(water, "water", received - taken);
        }
        self.check(m);
    }
}

impl LetDown {
    fn check(&self, m: &mut Model) {
        if self.from.text == self.to.text {
            m.error(Diagnostic::error(
                self.to.span,
                "this station ends where it begins; name the low-pressure steam",
            ));
        }
        if let (Some(water), false) = (&self.water, self.spray_water) {
            m.error(Diagnostic::error(
                water.span,
                "`water` is sprayed in only with `spray_water = true`",
            ));
        }
        let by_mass = [&self.from, &self.to].map(|node| m.stock_dimension(node) == MASS);
        if by_mass != [true, true] {
            return;
        }
        if let (Some(high), Some(low)) =
            (m.known_energy_content(&self.from), m.known_energy_content(&self.to))
            && low.values.at(0) > high.values.at(0)
        {
            let message = format!(
                "`{}` has more heat per t than `{}`; letting down cannot add heat, so correct the enthalpies or swap from and to",
                self.to.text, self.from.text
            );
            m.error(Diagnostic::error(self.to.span, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(station: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T02:00"
            step = "1 h"
            [carrier.high]
            measure = "mass"
            enthalpy = "3.6 GJ/t"
            [carrier.low]
            measure = "mass"
            enthalpy = "2.88 GJ/t"
            [carrier.feed_water]
            measure = "mass"
            [series.use]
            unit = "t/h"
            values = [100, 50]
            [fuel_supply.boilers]
            carrier = "high"
            price = "10 EUR/t"
            [fuel_supply.spare]
            carrier = "low"
            price = "30 EUR/t"
            [fuel_supply.water]
            carrier = "feed_water"
            price = "1 EUR/t"
            [demand.works]
            carrier = "low"
            amount = "use"
            [demand.laundry]
            carrier = "feed_water"
            amount = "0 t/h"
            [let_down.l]
            from = "high"
            to = "low"
            {station}
            "#
        )
    }

    /// Proves: spray water makes more of the steam: 100 t/h of 0.8 MWh/t come from 80 of 1 MWh/t
    /// and 20 of water. (80 + 40) · 10 + (20 + 10) · 1 = 1230.
    /// Sensitivity: mass for mass would take 150 t: 1500.
    #[test]
    fn spray_water_keeps_the_heat() {
        let station = "capacity = \"120 t/h\"\nwater = \"feed_water\"";
        check(&site(station), 1230.0, &[("l.taken", &[80.0, 40.0]), ("l.water", &[20.0, 10.0])]);
    }

    /// Proves: without spray water mass stays mass, and the capacity is that of the low side:
    /// 60 of 100 t/h, the rest bought at 30. 110 · 10 + 40 · 30 = 2300.
    /// Sensitivity: a capacity at the high side with spray water would pass 75 t/h.
    #[test]
    fn dry_steam_keeps_its_mass() {
        check(
            &site("capacity = \"60 t/h\"\nspray_water = false"),
            2300.0,
            &[("l.taken", &[60.0, 50.0])],
        );
    }

    /// Proves: the capacity holds at the outlet with spray water too: 60 t/h out take 48.
    /// (48 + 40) · 10 + 40 · 30. Sensitivity: at the inlet 60 would be taken and 75 received.
    #[test]
    fn capacity_is_of_the_low_side() {
        check(&site("capacity = \"60 t/h\""), 2080.0, &[("l.taken", &[48.0, 40.0])]);
    }

    /// Proves: steam that would gain heat, and water without spraying, are mistakes.
    #[test]
    fn letting_down_adds_no_heat() {
        let text = site("capacity = \"60 t/h\"").replace("2.88 GJ/t", "3.7 GJ/t");
        assert!(mistakes(&text).contains("cannot add heat"));
        let station = "capacity = \"60 t/h\"\nspray_water = false\nwater = \"feed_water\"";
        assert!(mistakes(&site(station)).contains("`spray_water = true`"));
    }
}
