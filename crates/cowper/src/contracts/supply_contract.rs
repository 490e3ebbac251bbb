//! A supply contract: heat, steam or any carrier for a price, with a least amount that is paid for.

use cowper_derive::{Choice, Kind, Record};

use crate::contract::{Agreement, Amount, Least, Side, Sides, Terms};
use crate::diagnostic::Diagnostic;
use crate::expression::Param;
use crate::field::{Name, PartyKey, Profile};
use crate::model::Model;
use crate::time::Partition;
use crate::units::{Flow, Price, Quantity, Stock};

/// A supply contract: heat, steam or any other carrier, nominated by the buyer, with take-or-pay.
///
/// A run that holds a part of a month or year owes that part of its least amount.
///
/// # Equations
///
/// 0 ≤ quantity ≤ limit
///
/// The buyer pays at each step: price · quantity · hours, and for each month or year:
/// price_untaken · max(0, take_or_pay · part of it in the run − Σ quantity · hours)
///
/// # Example
///
/// ```toml
/// # A town takes heat from a works, and has paid for 240 MWh a day of this month anyway.
/// [site]
/// name = "Heat for the town"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [party.works]
/// name = "Works"
/// [party.town]
/// name = "Town"
/// [carrier.heat]
/// measure = "energy"
/// [fuel_supply.waste_heat]
/// owner = "works"
/// carrier = "heat"
/// limit = "20 MW"
/// [fuel_supply.boilers]
/// owner = "town"
/// carrier = "heat"
/// price = "25 EUR/MWh"
/// [demand.houses]
/// owner = "town"
/// carrier = "heat"
/// amount = "30 MW"
/// [supply_contract.heat_line]
/// seller = "works"
/// buyer = "town"
/// carrier = "heat"
/// price = "30 EUR/MWh"
/// limit = "15 MW"
/// take_or_pay = "7440 MWh"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct SupplyContract {
    /// Party that delivers and is paid.
    pub seller: PartyKey,
    /// Party that takes, nominates and pays.
    pub buyer: PartyKey,
    /// Node at which it is delivered.
    pub carrier: Name,
    /// Price of each unit taken.
    pub price: Profile<Price>,
    /// Greatest flow that the buyer may take.
    pub limit: Profile<Flow>,
    /// Amount of each month or year that is paid for even if it is not taken.
    pub take_or_pay: Option<Quantity<Stock>>,
    /// Whether the least amount is that of a month or of a year.
    #[field(default = "month")]
    pub period: Period,
    /// Price of each unit paid for and not taken; the mean of `price` over the period without.
    pub price_untaken: Option<Quantity<Price>>,
}

/// A period of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum Period {
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

impl Agreement for SupplyContract {
    fn parties(&self) -> Sides<&PartyKey> {
        Sides { seller: &self.seller, buyer: &self.buyer }
    }

    fn terms(&self, m: &mut Model) -> Terms {
        let price = m.price_of(&self.price, &self.carrier);
        let limit = m.flow_of(&self.limit, &self.carrier);
        let least = self.take_or_pay.map(|amount| self.least(m, amount, &price));
        if let (None, Some(untaken)) = (self.take_or_pay, self.price_untaken) {
            let message =
                "`price_untaken` is that of a least amount; add `take_or_pay`, or remove it";
            m.error(Diagnostic::error(untaken.span, message));
        }
        let amount = Amount::UpTo { limit, by: Side::Buyer };
        Terms { least, ..Terms::delivery(amount, &self.carrier, price) }
    }
}

impl SupplyContract {
    fn least(&self, m: &mut Model, amount: Quantity<Stock>, price: &Param) -> Least {
        let whole = m.stock_of(amount, &self.carrier).values.at(0);
        let periods = match self.period {
            Period::Month => m.horizon().months(),
            Period::Year => m.horizon().years(),
        };
        let parts = m.horizon().parts_of_whole(&periods);
        let prices = match self.price_untaken {
            Some(untaken) if untaken.value() < 0.0 => {
                let message = "this price is negative: the buyer would be paid for not taking; write 0 or more";
                m.error(Diagnostic::error(untaken.span, message));
                vec![0.0; parts.len()]
            }
            Some(untaken) => {
                let untaken = m.price_of(&Profile::Constant(untaken), &self.carrier);
                vec![untaken.values.at(0); parts.len()]
            }
            None => means(price, &periods),
        };
        Least { periods, amounts: parts.iter().map(|part| part * whole).collect(), prices }
    }
}

/// The mean of a price over each period, never below nought.
fn means(price: &Param, periods: &Partition) -> Vec<f64> {
    let mut means = vec![0.0; periods.labels.len()];
    for (step, (period, share)) in periods.of_step.iter().zip(periods.shares()).enumerate() {
        means[*period as usize] += price.values.at(step) * share;
    }
    means.into_iter().map(|mean| mean.max(0.0)).collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::{check_alone, mistakes};

    /// 10 MW of heat through February, 6720 MWh, of a boiler at 20, or of a works at 30 up to 5 MW.
    fn site(end: &str, more: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-02-01"
            end = "{end}"
            step = "24 h"
            [party.town]
            name = "Town"
            [party.works]
            name = "Works"
            [carrier.heat]
            measure = "energy"
            [fuel_supply.waste_heat]
            owner = "works"
            carrier = "heat"
            price = "1 EUR/MWh"
            [fuel_supply.boiler]
            owner = "town"
            carrier = "heat"
            price = "20 EUR/MWh"
            [demand.houses]
            owner = "town"
            carrier = "heat"
            amount = "10 MW"
            [supply_contract.heat_line]
            seller = "works"
            buyer = "town"
            carrier = "heat"
            price = "30 EUR/MWh"
            limit = "5 MW"
            {more}
        "#
        )
    }

    /// Proves: what is paid for anyway is taken: of 1000 MWh each is worth 20 and spares 30.
    /// Town: 5720 · 20 + 1000 · 30 = 144 400; works: 1000 · (1 − 30) = −29 000.
    /// Sensitivity: paid for besides what is taken, the town would have 134 400 + 30 000.
    #[test]
    fn what_is_paid_for_is_taken() {
        let text = site("2025-03-01", "take_or_pay = \"1000 MWh\"");
        check_alone(&text, &[144_400.0, -29_000.0], 6720.0, &[]);
        check_alone(&site("2025-03-01", ""), &[134_400.0, 0.0], 6720.0, &[]);
    }

    /// Proves: where what is not taken costs 5, taking costs 25 more against 20: nothing is taken, and
    /// both sides know of the payment. 14 of 28 days owe half: 3360 · 20 + 500 · 5 = 69 700.
    /// Sensitivity: owed in full it would be 72 200; not paid to the seller, its books would be nought.
    #[test]
    fn a_part_of_a_month_owes_its_part() {
        let more = "take_or_pay = \"1000 MWh\"\nprice_untaken = \"5 EUR/MWh\"";
        let text = site("2025-02-15", more);
        check_alone(&text, &[69_700.0, -2500.0], 3360.0, &[("heat_line", &[0.0; 14])]);
    }

    /// Proves: of a year of 8760 h, February's 672 h owe their part: of 8760 MWh 672. Town:
    /// 6048 · 20 + 672 · 30 = 141 120; works: 672 · −29 = −19 488.
    /// Sensitivity: as a month's amount 3360 MWh, all that the limit lets through, would be taken.
    #[test]
    fn a_year_is_owed_by_its_part() {
        let text = site("2025-03-01", "take_or_pay = \"8760 MWh\"\nperiod = \"year\"");
        check_alone(&text, &[141_120.0, -19_488.0], 6720.0, &[]);
    }

    /// Proves: prices that say nothing, or the wrong thing, are told.
    /// Sensitivity: a payment for not taking would make the least amount a source of money.
    #[test]
    fn untaken_prices_make_sense() {
        let alone = mistakes(&site("2025-03-01", "price_untaken = \"5 EUR/MWh\""));
        assert!(alone.contains("add `take_or_pay`"), "{alone}");
        let more = "take_or_pay = \"1 MWh\"\nprice_untaken = \"-5 EUR/MWh\"";
        let negative = mistakes(&site("2025-03-01", more));
        assert!(negative.contains("paid for not taking"), "{negative}");
    }
}
