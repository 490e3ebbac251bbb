//! A contract for difference: money for the difference of a strike and a reference price, nothing flows.

use cowper_derive::{Kind, Record};

use crate::contract::{Agreement, Amount, AmountFields, Sides, Terms, no_quantity};
use crate::expression::Param;
use crate::field::{ComponentName, Name, PartyKey, Profile};
use crate::model::Model;
use crate::units::Price;

/// A contract for difference: the buyer makes up for what a reference price lacks of the strike.
///
/// Nothing is delivered: the seller sells elsewhere. Where the reference is above the strike the
/// seller pays.
///
/// # Equations
///
/// quantity = amount, or quantity = share · output of `as_produced_by`
///
/// The buyer pays at each step: (strike − reference) · quantity · hours
///
/// # Example
///
/// ```toml
/// # A works gives a wind farm 60 EUR/MWh for sure, whatever the market pays.
/// [site]
/// name = "Wind with a strike"
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
/// [series.spot]
/// unit = "EUR/MWh"
/// values = [20, 90]
/// [fuel_supply.wind_farm]
/// owner = "power"
/// carrier = "electricity"
/// limit = "30 MW"
/// [grid_connection.market]
/// owner = "power"
/// export_price = "spot"
/// [grid_connection.works_grid]
/// owner = "works"
/// import_price = "100 EUR/MWh"
/// [demand.mill]
/// owner = "works"
/// carrier = "electricity"
/// amount = "25 MW"
/// [contract_for_difference.wind]
/// seller = "power"
/// buyer = "works"
/// strike = "60 EUR/MWh"
/// reference = "spot"
/// as_produced_by = "wind_farm"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct ContractForDifference {
    /// Party that is paid where the reference is below the strike.
    pub seller: PartyKey,
    /// Party that pays then, and is paid where it is above.
    pub buyer: PartyKey,
    /// Carrier, or one of its nodes, that the prices are about.
    #[field(default = "electricity")]
    pub carrier: Name,
    /// Price that the seller has in the end.
    pub strike: Profile<Price>,
    /// Price of the market, by which it is measured.
    pub reference: Profile<Price>,
    #[field(flatten)]
    amount: AmountFields,
}

impl Agreement for ContractForDifference {
    fn parties(&self) -> Sides<&PartyKey> {
        Sides { seller: &self.seller, buyer: &self.buyer }
    }

    fn follows(&self) -> Option<&ComponentName> {
        self.amount.as_produced_by.as_ref()
    }

    fn terms(&self, m: &mut Model) -> Terms {
        let said = m.mistakes();
        let amount = self.amount.read(m, &self.carrier, None).unwrap_or_else(|| {
            if m.mistakes() == said {
                m.error(no_quantity("`amount` or `as_produced_by`"));
            }
            Amount::Nothing
        });
        let strike = m.price_of(&self.strike, &self.carrier);
        let reference = m.price_of(&self.reference, &self.carrier);
        let values = strike.values.zip(&reference.values, |strike, reference| strike - reference);
        let price = Param { values, dimension: strike.dimension };
        Terms { counted_at: Some(self.carrier.clone()), ..Terms::money(amount, price) }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check_alone;

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
        [series.spot]
        unit = "EUR/MWh"
        values = [20, 90]
        [fuel_supply.plant]
        owner = "power"
        carrier = "electricity"
        limit = "30 MW"
        price = "30 EUR/MWh"
        [grid_connection.market]
        owner = "power"
        export_price = "spot"
        [grid_connection.works_grid]
        owner = "steel"
        import_price = "100 EUR/MWh"
        [demand.mill]
        owner = "steel"
        carrier = "electricity"
        amount = "25 MW"
        [contract_for_difference.cover]
        seller = "power"
        buyer = "steel"
        strike = "60 EUR/MWh"
        reference = "spot"
    "#;

    /// Proves: for 10 MW steel pays 40 in the first hour and is paid 30 in the second: 100 in all. The
    /// plant, worth its 30 in the second hour only, has 30 · (30 − 90) − 100 = −1900; steel 5000 + 100.
    /// Together: 25 · 30 + 30 · 30 − 5 · 90 = 1200.
    /// Sensitivity: without the second hour's way back steel would pay 400.
    #[test]
    fn a_given_amount_moves_money_only() {
        let quantities: &[(&str, &[f64])] = &[("cover", &[10.0, 10.0])];
        check_alone(&format!("{SITE}amount = \"10 MW\""), &[-1900.0, 5100.0], 1200.0, quantities);
    }

    /// Proves: as produced, the strike makes the plant run at 20 too: it has 60 for what costs 30.
    /// Power: −2 · 30 · 30 = −1800; steel: 5000 + 30 · 40 − 30 · 30 = 5300.
    /// Sensitivity: a payment that the seller does not see would leave the first hour at nought.
    #[test]
    fn as_produced_changes_what_the_seller_does() {
        let more = "as_produced_by = \"plant\"";
        let quantities: &[(&str, &[f64])] = &[("cover", &[30.0, 30.0])];
        check_alone(&format!("{SITE}{more}"), &[-1800.0, 5300.0], 1200.0, quantities);
    }
}
