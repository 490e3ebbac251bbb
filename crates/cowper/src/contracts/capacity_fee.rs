//! A capacity fee: money for keeping a capacity, whatever flows.

use cowper_derive::{Kind, Record};

use crate::contract::{Agreement, Amount, Sides, Terms};
use crate::expression::Param;
use crate::field::PartyKey;
use crate::model::Model;
use crate::units::{self, MONEY, MONTH, Power, Quantity};

/// A capacity fee: one party pays another for keeping a capacity, whatever flows.
///
/// # Equations
///
/// The payer pays by a price per month: price · capacity · months, each month that the run touches in
/// full; by a price per year: price · capacity · hours / 8760
///
/// # Example
///
/// ```toml
/// # A works pays for 40 MW that a power company keeps for it.
/// [site]
/// name = "Capacity kept"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [party.works]
/// name = "Works"
/// [party.power]
/// name = "Power company"
/// [carrier.electricity]
/// measure = "energy"
/// [fuel_supply.plant]
/// owner = "power"
/// carrier = "electricity"
/// price = "40 EUR/MWh"
/// limit = "60 MW"
/// [grid_connection.works_grid]
/// owner = "works"
/// import_price = "80 EUR/MWh"
/// [demand.mill]
/// owner = "works"
/// carrier = "electricity"
/// amount = "30 MW"
/// [power_purchase.call]
/// seller = "power"
/// buyer = "works"
/// price = "45 EUR/MWh"
/// as_consumed_up_to = "40 MW"
/// [capacity_fee.reserve]
/// payer = "works"
/// payee = "power"
/// capacity = "40 MW"
/// price = "60 EUR/kW/year"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct CapacityFee {
    /// Party that pays.
    pub payer: PartyKey,
    /// Party that is paid.
    pub payee: PartyKey,
    /// Capacity that is kept.
    pub capacity: Quantity<Power>,
    /// Price of the capacity per month or year.
    pub price: Quantity<units::CapacityFee>,
}

impl Agreement for CapacityFee {
    fn parties(&self) -> Sides<&PartyKey> {
        Sides { seller: &self.payee, buyer: &self.payer }
    }

    fn terms(&self, m: &mut Model) -> Terms {
        let horizon = m.horizon();
        let rate = self.price.value() * self.capacity.value();
        let by_month = self.price.dimension().times(self.capacity.dimension()) == MONEY.per(MONTH);
        let months = horizon.months();
        let mut amounts = vec![if by_month { rate } else { 0.0 }; months.labels.len()];
        if !by_month {
            months.of_step.iter().for_each(|m| amounts[*m as usize] += rate * horizon.hours());
        }
        let price = Param::constant(0.0, MONEY);
        let fixed = vec![("capacity fee".to_owned(), amounts)];
        Terms { fixed, ..Terms::money(Amount::Nothing, price) }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check_alone;

    fn site(end: &str, price: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-31"
            end = "{end}"
            step = "1 h"
            [party.power]
            name = "Power company"
            [party.steel]
            name = "Steelworks"
            [carrier.electricity]
            measure = "energy"
            [fuel_supply.plant]
            owner = "power"
            carrier = "electricity"
            price = "1 EUR/MWh"
            [grid_connection.works_grid]
            owner = "steel"
            import_price = "2 EUR/MWh"
            [demand.mill]
            owner = "steel"
            carrier = "electricity"
            amount = "10 MW"
            [capacity_fee.reserve]
            payer = "steel"
            payee = "power"
            capacity = "50 MW"
            price = "{price}"
        "#
        )
    }

    /// Proves: each month that a run touches is billed in full: 50 MW at 2 EUR/kW are 100 000 a month;
    /// the mill takes 240 MWh a day.
    /// Sensitivity: billed by its days, one of January and one of February would be under 7000.
    #[test]
    fn months_are_billed_in_full() {
        check_alone(&site("2025-02-01", "2 EUR/kW/month"), &[-1e5, 100_480.0], 240.0, &[]);
        check_alone(&site("2025-02-02", "2 EUR/kW/month"), &[-2e5, 200_960.0], 480.0, &[]);
    }

    /// Proves: 87.6 EUR/kW a year of 8760 h are 10 EUR for each MW and hour: 12 000 for 50 MW and a day.
    /// Sensitivity: a year taken for a month would be 4.38 million.
    #[test]
    fn years_are_billed_by_the_hour() {
        check_alone(&site("2025-02-01", "87.6 EUR/kW/year"), &[-12_000.0, 12_480.0], 240.0, &[]);
    }
}
