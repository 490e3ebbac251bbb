//! A flare: burns what nothing else can use.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::field::{Name, Profile};
use crate::model::Model;
use crate::units::{Flow, Price, Quantity};

/// A flare: burns gas that nothing else can use. Its CO2 is that of any other use of the gas.
///
/// # Equations
///
/// 0 ≤ flared ≤ capacity
///
/// cost = price · flared; CO2 = content · flared
///
/// # Example
///
/// ```toml
/// # Gas beyond what the boiler can burn is flared.
/// [site]
/// name = "Surplus gas"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.bfg]
/// measure = "volume"
/// heating_value = "3.3 MJ/Nm3"
/// co2 = "0.848 kg/Nm3"
/// [carrier.heat]
/// measure = "energy"
/// [fuel_supply.furnace]
/// carrier = "bfg"
/// fixed = "100 kNm3/h"
/// [boiler.b1]
/// steam = "heat"
/// capacity = "50 MW"
/// efficiency = { bfg = 0.85 }
/// [flare.stack]
/// gas = "bfg"
/// [demand.heating]
/// carrier = "heat"
/// amount = "50 MW"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct Flare {
    /// Gas it burns.
    pub gas: Name,
    /// Greatest flow; any without.
    pub capacity: Option<Quantity<Flow>>,
    /// Price of each unit flared, such as a levy; none without.
    pub price: Option<Profile<Price>>,
}

impl Component for Flare {
    fn equations(&self, m: &mut Model) {
        let flared = m.rate("flared", &self.gas);
        if let Some(capacity) = self.capacity {
            let capacity = m.capacity_of(capacity, &self.gas);
            m.limit(flared, capacity);
        }
        m.burn(&self.gas, "flared", flared);
        if let Some(price) = &self.price {
            let price = m.price_of(price, &self.gas);
            m.cost("flaring", flared * price);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    fn site(flare: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            co2_price = "60 EUR/t"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T02:00"
            step = "1 h"
            [carrier.bfg]
            measure = "volume"
            co2 = "0.848 kg/Nm3"
            surplus_price = "500 EUR/kNm3"
            [fuel_supply.furnace]
            carrier = "bfg"
            fixed = "100 kNm3/h"
            [flare.stack]
            gas = "bfg"
            {flare}
            "#
        )
    }

    /// Proves: flaring sets the gas's CO2 free and pays for it: 200 kNm3 · 0.848 t · 60 = 10 176.
    /// Sensitivity: CO2 per MJ or none at all would give another cost, or nought.
    #[test]
    fn flaring_emits() {
        let solved = check(&site(""), 10_176.0, &[("stack.flared", &[100.0, 100.0])]);
        assert!((solved.accounts.carbon.direct - 169.6).abs() < 1e-9);
    }

    /// Proves: what exceeds the flare's capacity is a surplus with its price, not lost.
    /// 2 h · (70 · (0.848 · 60 + 5) + 30 · 500) = 2 · (3911.6 + 15 000) = 37 823.2.
    #[test]
    fn beyond_its_capacity_is_surplus() {
        let flare = "capacity = \"70 kNm3/h\"\nprice = \"5 EUR/kNm3\"";
        let solved = check(&site(flare), 37_823.2, &[("bfg.surplus", &[30.0, 30.0])]);
        assert_eq!(solved.accounts.slacks.len(), 1);
        // The surplus is let out in the end: 200 kNm3 in all, 0.848 t each.
        assert!((solved.accounts.carbon.direct - 169.6).abs() < 1e-9);
    }
}
