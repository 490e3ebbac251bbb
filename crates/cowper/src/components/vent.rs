//! A vent: lets out what holds no fuel and that nothing else can use.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::field::{Name, Profile};
use crate::model::Model;
use crate::units::{Flow, Price, Quantity};

/// A vent: lets out steam, oxygen or heat that nothing else can use.
///
/// Nothing burns here, so no CO2 is set free: a gas that holds carbon needs a flare.
///
/// # Equations
///
/// 0 ≤ vented ≤ capacity
///
/// cost = price · vented
///
/// # Example
///
/// ```toml
/// # The air separation makes oxygen at a steady rate; what a converter leaves between two heats is let out.
/// [site]
/// name = "Oxygen between two heats"
/// [horizon]
/// start = "2025-01-01 00:00"
/// end = "2025-01-01 01:00"
/// step = "15 min"
/// [carrier.oxygen]
/// measure = "volume"
/// [series.blowing]
/// unit = "kNm3/h"
/// values = [60, 0, 60, 0]
/// [fuel_supply.air_separation]
/// carrier = "oxygen"
/// fixed = "60 kNm3/h"
/// [demand.converter]
/// carrier = "oxygen"
/// amount = "blowing"
/// [vent.stack]
/// carrier = "oxygen"
/// price = "20 EUR/kNm3"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct Vent {
    /// What it lets out.
    pub carrier: Name,
    /// Greatest flow; any without.
    pub capacity: Option<Quantity<Flow>>,
    /// Price of each unit let out, such as its make-up water; none without.
    pub price: Option<Profile<Price>>,
}

impl Component for Vent {
    fn equations(&self, m: &mut Model) {
        if m.carbon_content(&self.carrier).is_some() {
            let message = format!(
                "`{}` holds carbon (its carrier has a `co2`); let it out by a flare, which burns it",
                self.carrier.text
            );
            m.error(Diagnostic::error(self.carrier.span, message));
        }
        let vented = m.rate("vented", &self.carrier);
        if let Some(capacity) = self.capacity {
            let capacity = m.capacity_of(capacity, &self.carrier);
            m.limit(vented, capacity);
        }
        m.take(&self.carrier, "vented", vented);
        if let Some(price) = &self.price {
            let price = m.price_of(price, &self.carrier);
            m.cost("venting", vented * price);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(carrier: &str, vent: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T02:00"
            step = "1 h"
            [carrier.steam]
            measure = "mass"
            surplus_price = "500 EUR/t"
            {carrier}
            [series.use]
            unit = "t/h"
            values = [100, 40]
            [fuel_supply.waste_heat]
            carrier = "steam"
            fixed = "100 t/h"
            [demand.works]
            carrier = "steam"
            amount = "use"
            [vent.roof]
            carrier = "steam"
            {vent}
            "#
        )
    }

    /// Proves: what the works leaves is let out at its price: 60 t · 3 = 180.
    /// Sensitivity: venting all that is made would cost 600, and without a vent 60 t of surplus 30 000.
    #[test]
    fn lets_out_what_is_left() {
        let solved =
            check(&site("", "price = \"3 EUR/t\""), 180.0, &[("roof.vented", &[0.0, 60.0])]);
        assert!(solved.accounts.carbon.direct.abs() < 1e-9);
    }

    /// Proves: beyond its capacity steam is a surplus with its price: 45 · 3 + 15 · 500 = 7635.
    /// Sensitivity: without the limit it would cost 180.
    #[test]
    fn beyond_its_capacity_is_surplus() {
        let vent = "capacity = \"45 t/h\"\nprice = \"3 EUR/t\"";
        check(
            &site("", vent),
            7635.0,
            &[("roof.vented", &[0.0, 45.0]), ("steam.surplus", &[0.0, 15.0])],
        );
    }

    /// Proves: a fuel is not let out unburnt, where its carbon would be lost from the books.
    #[test]
    fn carbon_goes_to_a_flare() {
        let found = mistakes(&site("co2 = \"0.8 t/t\"", ""));
        assert!(found.contains("let it out by a flare"), "{found}");
    }
}
