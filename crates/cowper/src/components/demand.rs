//! A demand: what must be served, shed at a price or moved within a window.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::expression::Expr;
use crate::field::{Name, Profile, Share};
use crate::model::{Bounds, Model};
use crate::units::{Flow, Price, Quantity, Time};

/// A demand that follows a series; part of it may be shed at a price or moved within a window.
///
/// # Equations
///
/// served = amount − shed + caught_up − put_off
///
/// Σ caught_up = Σ put_off over each window; put_off ≤ shiftable · amount; shed + put_off ≤ amount; served ≤ limit
///
/// cost = shed_price · shed − price · served
///
/// # Example
///
/// ```toml
/// # A pump may run at any hour of its half day, so it runs when power is cheap.
/// [site]
/// name = "A load that can wait"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.electricity]
/// measure = "energy"
/// [series.price]
/// otherwise = "90 EUR/MWh"
/// periods = [{ from = "00:00", to = "06:00", value = "40 EUR/MWh" }]
/// [grid_connection.grid]
/// import_price = "price"
/// [demand.pump]
/// carrier = "electricity"
/// amount = "2 MW"
/// shiftable = "100 %"
/// shift_window = "12 h"
/// limit = "6 MW"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct Demand {
    /// What is demanded.
    pub carrier: Name,
    /// How much.
    pub amount: Profile<Flow>,
    /// Price at which it may be left unserved; it may not without.
    pub shed_price: Option<Profile<Price>>,
    /// Greatest share that may be shed.
    #[field(default = "100 %")]
    pub sheddable: Share,
    /// Share of the demand that may wait or come early.
    pub shiftable: Option<Share>,
    /// The energy of each window, from the start of the run, stays the same.
    #[field(default = "24 h")]
    pub shift_window: Quantity<Time>,
    /// Greatest flow served when demand is caught up.
    pub limit: Option<Quantity<Flow>>,
    /// Revenue for each unit served, such as heat sold.
    pub price: Option<Profile<Price>>,
}

impl Component for Demand {
    fn equations(&self, m: &mut Model) {
        let amount = m.flow_of(&self.amount, &self.carrier);
        let mut served = Expr::from(&amount);
        let mut left = Expr::from(&amount);
        if let Some(price) = &self.shed_price {
            let shed = m.variable("shed", Bounds::up_to(&amount * self.sheddable));
            left = left - shed;
            let price = m.price_of(price, &self.carrier);
            m.cost("shedding", shed * price);
            served = served - shed;
        }
        if let Some(shiftable) = self.shiftable {
            if self.shift_window.value() <= 0.0 {
                m.error(Diagnostic::error(
                    self.shift_window.span,
                    "demand cannot move within no time; write such as \"4 h\", or remove `shiftable`",
                ));
                return;
            }
            let put_off = m.variable("put_off", Bounds::up_to(&amount * shiftable));
            if self.shed_price.is_some() {
                // Each is within its own share; together they could take more than there is.
                m.at_most("no more is put off than is not shed", put_off, left);
            }
            let caught_up = m.variable("caught_up", Bounds::positive(amount.dimension));
            let windows = m.horizon().windows(self.shift_window.value());
            let windows = m.partition(windows);
            let none = Expr::zero(amount.dimension);
            m.total_equal(
                windows,
                "what is put off is caught up",
                none + caught_up - put_off,
                crate::expression::Param::constant(0.0, amount.dimension),
            );
            served = served + caught_up - put_off;
        }
        if let Some(limit) = self.limit {
            let limit = m.capacity_of(limit, &self.carrier);
            m.at_most("no more is served than the limit", &served, limit);
        }
        if let Some(price) = &self.price {
            let price = m.price_of(price, &self.carrier);
            m.cost("sales", -(&served * price));
        }
        m.take(&self.carrier, "served", served);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(demand: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T04:00"
            step = "1 h"
            [carrier.electricity]
            measure = "energy"
            [series.price]
            unit = "EUR/MWh"
            values = [80, 20, 100, 60]
            [grid_connection.grid]
            import_price = "price"
            [demand.load]
            carrier = "electricity"
            amount = "10 MW"
            {demand}
            "#
        )
    }

    /// Proves: demand is shed where power is dearer than the price of shedding, and only there.
    /// 10 MW · (80 + 20 + 60) + 10 · 90 shed in hour 2 = 2500.
    /// Sensitivity: without shedding 2600; with all of it shed 3600.
    #[test]
    fn sheds_above_the_price() {
        check(
            &site("shed_price = \"90 EUR/MWh\""),
            2500.0,
            &[("load.shed", &[0.0, 0.0, 10.0, 0.0])],
        );
    }

    /// Proves: demand moves within its window of 2 h, keeps its energy, and respects the limit.
    /// Window 1: 15 MW at 20, 5 at 80 = 700. Window 2: 15 at 60, 5 at 100 = 1400.
    /// Sensitivity: one window of 4 h would serve 15, 15, 5, 5 at 20, 60, 80, 100.
    #[test]
    fn shifts_within_its_window() {
        let demand = "shiftable = \"50 %\"\nshift_window = \"2 h\"\nlimit = \"15 MW\"";
        check(&site(demand), 2100.0, &[("load.served", &[5.0, 15.0, 5.0, 15.0])]);
    }

    /// Proves: what is shed cannot be put off as well. Shedding at 10 is cheaper than any power, so
    /// all is shed: 40 · 10 = 400, and the office takes 10 · (80 + 20 + 100 + 60) = 2600.
    /// Sensitivity: shed and put off at once, the load would feed the office in the dear hours and
    /// catch up at 20: 800 + 600 + 400 less.
    #[test]
    fn nothing_is_shed_and_put_off() {
        let demand = "shed_price = \"10 EUR/MWh\"\nshiftable = \"100 %\"\nshift_window = \"4 h\"";
        let office = "[demand.office]\ncarrier = \"electricity\"\namount = \"10 MW\"";
        check(&site(&format!("{demand}\n{office}")), 3000.0, &[("load.served", &[0.0; 4])]);
    }

    /// Proves: a window of no time is a mistake. Sensitivity: taken as a step, nothing would move.
    #[test]
    fn a_window_takes_time() {
        let found = mistakes(&site("shiftable = \"50 %\"\nshift_window = \"0 h\""));
        assert!(found.contains("cannot move within no time"), "{found}");
    }
}
