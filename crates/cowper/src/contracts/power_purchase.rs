//! A power purchase: electricity for a price, by a given flow, as produced or as consumed.

use cowper_derive::{Kind, Record};

use crate::contract::{Agreement, Amount, AmountFields, Side, Sides, Terms, no_quantity};
use crate::field::{ComponentName, Name, PartyKey, Profile};
use crate::model::Model;
use crate::units::{Flow, Price};

/// A power purchase agreement: base load, a profile, as produced or as consumed.
///
/// Delivered is what `amount` gives, a share of what a component of the seller produces (the seller
/// nominates it), or what the buyer nominates up to `as_consumed_up_to`.
///
/// # Equations
///
/// quantity = amount, or quantity = share · output of `as_produced_by`, or
/// 0 ≤ quantity ≤ as_consumed_up_to
///
/// The buyer pays at each step: price · quantity · hours
///
/// The output of a component is all that it gives to nodes of the carrier that is delivered.
///
/// # Example
///
/// ```toml
/// # A works takes half of what a wind farm makes, and buys the rest of its power.
/// [site]
/// name = "Half a wind farm"
/// [horizon]
/// start = "2025-01-01 00:00"
/// end = "2025-01-01 02:00"
/// step = "1 h"
/// [party.works]
/// name = "Works"
/// [party.power]
/// name = "Power company"
/// [carrier.electricity]
/// measure = "energy"
/// [series.wind]
/// unit = "MW"
/// values = [30, 10]
/// [fuel_supply.wind_farm]
/// owner = "power"
/// carrier = "electricity"
/// limit = "wind"
/// [grid_connection.market]
/// owner = "power"
/// export_price = "20 EUR/MWh"
/// [grid_connection.works_grid]
/// owner = "works"
/// import_price = "80 EUR/MWh"
/// [demand.mill]
/// owner = "works"
/// carrier = "electricity"
/// amount = "25 MW"
/// [power_purchase.half_the_wind]
/// seller = "power"
/// buyer = "works"
/// price = "50 EUR/MWh"
/// as_produced_by = "wind_farm"
/// share = "50 %"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct PowerPurchase {
    /// Party that delivers and is paid.
    pub seller: PartyKey,
    /// Party that takes and pays.
    pub buyer: PartyKey,
    /// Node at which it is delivered.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Price of each unit delivered.
    pub price: Profile<Price>,
    #[field(flatten)]
    amount: AmountFields,
    /// Greatest flow that the buyer may take: the buyer nominates.
    pub as_consumed_up_to: Option<Profile<Flow>>,
}

impl Agreement for PowerPurchase {
    fn parties(&self) -> Sides<&PartyKey> {
        Sides { seller: &self.seller, buyer: &self.buyer }
    }

    fn follows(&self) -> Option<&ComponentName> {
        self.amount.as_produced_by.as_ref()
    }

    fn terms(&self, m: &mut Model) -> Terms {
        let consumed = self.as_consumed_up_to.as_ref();
        let other = consumed.map(|limit| ("as_consumed_up_to", limit.span()));
        let said = m.mistakes();
        let amount = match (self.amount.read(m, &self.electricity, other), consumed) {
            (Some(amount), _) => amount,
            (None, Some(limit)) => {
                let limit = m.flow_of(limit, &self.electricity);
                Amount::UpTo { limit, by: Side::Buyer }
            }
            (None, None) => {
                if m.mistakes() == said {
                    m.error(no_quantity("`amount`, `as_produced_by` or `as_consumed_up_to`"));
                }
                Amount::Nothing
            }
        };
        let price = m.price_of(&self.price, &self.electricity);
        Terms::delivery(amount, &self.electricity, price)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check_alone, mistakes};

    const SITE: &str = r#"
        [site]
        name = "test"
        [horizon]
        start = "2025-01-01 00:00"
        end = "2025-01-01 02:00"
        step = "1 h"
        [party.power]
        name = "Power company"
        [party.steel]
        name = "Steelworks"
        [carrier.electricity]
        measure = "energy"
        [series.wind]
        unit = "MW"
        values = [30, 10]
        [series.tariff]
        unit = "EUR/MWh"
        values = [80, 40]
        [fuel_supply.wind_farm]
        owner = "power"
        carrier = "electricity"
        limit = "wind"
        [grid_connection.market]
        owner = "power"
        export_price = "20 EUR/MWh"
        import_price = "100 EUR/MWh"
        [grid_connection.works_grid]
        owner = "steel"
        import_price = "tariff"
        [demand.mill]
        owner = "steel"
        carrier = "electricity"
        amount = "25 MW"
        [power_purchase.wind_power]
        seller = "power"
        buyer = "steel"
        price = "50 EUR/MWh"
    "#;

    /// Proves: half of the wind is 15 and 5 MW. Power: 20 MWh at 50 and 20 MWh at 20: −1400. Steel:
    /// 20 · 50 + 10 · 80 + 20 · 40 = 2600. Together the wind serves the mill but for 5 MW sold at 20
    /// and 15 MW bought at 40: 500.
    /// Sensitivity: all of the wind would be 30 and 10 MW; the seller paid twice would have −2400.
    #[test]
    fn as_produced_follows_the_wind() {
        let more = "as_produced_by = \"wind_farm\"\nshare = \"50 %\"";
        let quantities: &[(&str, &[f64])] = &[("wind_power", &[15.0, 5.0])];
        check_alone(&format!("{SITE}{more}"), &[-1400.0, 2600.0], 500.0, quantities);
    }

    /// Proves: the works take 20 MW at 50 while the grid asks 80, none at 40, and that binds the
    /// seller, whose wind of the second hour they leave. Steel: 20 · 50 + 5 · 80 + 25 · 40 = 2400;
    /// power: −1000 − 10 · 20 − 10 · 20 = −1400.
    /// Sensitivity: nominated by the seller, the 10 MW of the second hour's wind would flow too, and
    /// power would have −1000 − 200 − 500 = −1700.
    #[test]
    fn as_consumed_is_the_choice_of_the_buyer() {
        let more = "as_consumed_up_to = \"20 MW\"";
        let quantities: &[(&str, &[f64])] = &[("wind_power", &[20.0, 0.0])];
        check_alone(&format!("{SITE}{more}"), &[-1400.0, 2400.0], 500.0, quantities);
    }

    /// Proves: base load binds both. Of 20 MW the wind brings 10 in the second hour, the others are
    /// bought at 100. Power: −2000 − 10 · 20 + 10 · 100 = −1200; steel: 2000 + 5 · 80 + 5 · 40 = 2600.
    /// Sensitivity: delivered as far as there is wind, power would have −1700.
    #[test]
    fn base_load_binds_both() {
        let quantities: &[(&str, &[f64])] = &[("wind_power", &[20.0, 20.0])];
        check_alone(&format!("{SITE}amount = \"20 MW\""), &[-1200.0, 2600.0], 500.0, quantities);
    }

    /// Proves: several quantities, or none, are told where they stand.
    /// Sensitivity: one of two would be left out in silence.
    #[test]
    fn a_contract_has_one_quantity() {
        let both = mistakes(&format!("{SITE}amount = \"20 MW\"\nas_consumed_up_to = \"20 MW\""));
        assert!(both.contains("stands beside `amount`"), "{both}");
        let none = mistakes(SITE);
        assert!(none.contains("says no quantity"), "{none}");
        let alone = mistakes(&format!("{SITE}amount = \"20 MW\"\nshare = 0.5"));
        assert!(alone.contains("`share` is one of a component's output"), "{alone}");
    }
}
