//! A supply from outside the site: fuel, gas, steam or anything else that is bought by the unit.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::expression::{Expr, Param, Var};
use crate::field::{Name, Profile};
use crate::model::{Model, Scope};
use crate::units::{CarbonContent, Flow, MASS, MONEY, Price, Quantity, Stock};

/// A supply from outside: what flows is bought at a price, within limits.
///
/// CO2 of a fuel is booked where it is burnt; `co2_upstream` is what was set free elsewhere to make
/// it, and counts as purchased.
///
/// # Equations
///
/// minimum ≤ supply ≤ limit, or supply = fixed
///
/// cost = price · supply + price_untaken · max(0, take_or_pay − Σ supply)
///
/// # Example
///
/// ```toml
/// # A boiler house buys natural gas under a take-or-pay contract.
/// [site]
/// name = "Gas contract"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.natural_gas]
/// measure = "energy"
/// co2 = "202 kg/MWh"
/// [carrier.heat]
/// measure = "energy"
/// [fuel_supply.pipeline]
/// carrier = "natural_gas"
/// price = "35 EUR/MWh"
/// limit = "80 MW"
/// take_or_pay = "900 MWh"
/// [boiler.house]
/// steam = "heat"
/// capacity = "60 MW"
/// efficiency = { natural_gas = 0.9 }
/// [demand.town]
/// carrier = "heat"
/// amount = "40 MW"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct FuelSupply {
    /// What is supplied.
    pub carrier: Name,
    /// Price of each unit; free without.
    pub price: Option<Profile<Price>>,
    /// Greatest flow.
    pub limit: Option<Profile<Flow>>,
    /// Least flow.
    pub minimum: Option<Profile<Flow>>,
    /// Flow that comes whether it is wanted or not, such as a gas made elsewhere.
    pub fixed: Option<Profile<Flow>>,
    /// Amount over the run that is paid for even if it is not taken.
    pub take_or_pay: Option<Quantity<Stock>>,
    /// Price of each unit paid for and not taken; the mean of `price` without.
    pub price_untaken: Option<Quantity<Price>>,
    /// CO2 set free elsewhere for each unit.
    pub co2_upstream: Option<Quantity<CarbonContent>>,
}

impl Component for FuelSupply {
    fn equations(&self, m: &mut Model) {
        if self.fixed.is_some() && (self.limit.is_some() || self.minimum.is_some()) {
            m.error(Diagnostic::error(
                self.carrier.span,
                "a supply that is `fixed` has neither `limit` nor `minimum`; leave out one or the other",
            ));
        }
        let supply = match &self.fixed {
            Some(fixed) => Expr::from(m.flow_of(fixed, &self.carrier)),
            None => self.chosen(m).into(),
        };
        m.give(&self.carrier, "supply", &supply);
        let mut mean = Param::constant(0.0, MONEY.per(m.stock_dimension(&self.carrier)));
        if let Some(price) = &self.price {
            let price = m.price_of(price, &self.carrier);
            m.cost("supply", &supply * &price);
            mean.values = mean_of(m, &price);
        }
        if let Some(amount) = self.take_or_pay {
            let run = m.horizon().whole();
            let run = m.partition(run);
            let amount = m.stock_of(amount, &self.carrier);
            let untaken =
                m.variable_per(run, "untaken", crate::model::Bounds::positive(amount.dimension));
            m.total_at_least(
                run,
                "what is not taken is paid for",
                &supply * m.hours() + untaken,
                amount,
            );
            let price = match self.price_untaken {
                Some(price) => m.price_of(&Profile::Constant(price), &self.carrier),
                None => mean,
            };
            m.cost("take or pay", untaken * price);
        }
        if let Some(co2) = self.co2_upstream {
            let co2 = m.in_unit_of(co2.into(), &self.carrier, co2.span, |stock| MASS.per(stock));
            m.emit(Scope::Purchased, &supply * co2);
        }
    }
}

impl FuelSupply {
    /// A supply that is free within its limits.
    fn chosen(&self, m: &mut Model) -> Var {
        let supply = m.rate("supply", &self.carrier);
        if let Some(limit) = &self.limit {
            let limit = m.flow_of(limit, &self.carrier);
            m.limit(supply, limit);
        }
        if let Some(minimum) = &self.minimum {
            let minimum = m.flow_of(minimum, &self.carrier);
            m.floor(supply, minimum);
        }
        supply
    }
}

fn mean_of(m: &Model, price: &Param) -> crate::problem::Values {
    let steps = m.horizon().steps;
    crate::problem::Values::Constant(
        (0..steps).map(|t| price.values.at(t)).sum::<f64>() / steps as f64,
    )
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    const SITE: &str = r#"
        [site]
        name = "test"
        [horizon]
        start = "2025-01-01T00:00"
        end = "2025-01-01T02:00"
        step = "1 h"
        [carrier.gas]
        measure = "volume"
        heating_value = "36 MJ/Nm3"
        [carrier.oil]
        measure = "energy"
        [carrier.heat]
        measure = "energy"
        [converter.burner]
        capacity = "100 MW"
        capacity_at = "heat"
        takes = { gas = "0.1 kNm3/MWh" }
        gives = { heat = 1 }
        [fuel_supply.oil]
        carrier = "oil"
        price = "10 EUR/MWh"
        [converter.oil_burner]
        capacity = "100 MW"
        capacity_at = "heat"
        takes = { oil = 1 }
        gives = { heat = 1 }
        [demand.heat]
        carrier = "heat"
        amount = "50 MW"
    "#;

    /// Proves: gas already paid for is used first. 50 MWh of gas at 36 MJ/Nm3 are 5 kNm3, at
    /// 200 EUR/kNm3 dear; 8 kNm3 are paid for anyway, the other 20 MWh are oil at 10.
    /// Sensitivity: without take-or-pay all heat is oil: 1000, not 8·200 + 200 = 1800.
    #[test]
    fn take_or_pay_gas_is_used_first() {
        let supply = "[fuel_supply.gas]\ncarrier = \"gas\"\nprice = \"200 EUR/kNm3\"\n";
        check(&format!("{SITE}{supply}"), 1000.0, &[]);
        check(&format!("{SITE}{supply}take_or_pay = \"8 kNm3\""), 1800.0, &[]);
    }

    /// Proves: a price per energy is one per volume through the heating value: 20 EUR/MWh is
    /// 200 EUR/kNm3, and a minimum of 10 MW is 1 kNm3/h: 2 h · 10 MW · 20 + 80 MWh · 10 = 1200.
    /// Sensitivity: a forgotten heating value would make the minimum 10 kNm3/h, all the heat.
    #[test]
    fn units_of_energy_fit_a_volume() {
        let supply =
            "[fuel_supply.gas]\ncarrier = \"gas\"\nprice = \"20 EUR/MWh\"\nminimum = \"10 MW\"";
        check(&format!("{SITE}{supply}"), 1200.0, &[("gas.supply", &[1.0, 1.0])]);
    }
}
