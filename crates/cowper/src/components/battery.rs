//! A battery: stores electricity.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::expression::Param;
use crate::field::{Name, Share};
use crate::model::{Bounds, Model};
use crate::patterns::level::{End, Store, level};
use crate::units::{Energy, Flow, LossRate, Price, Quantity};

/// A battery: stores electricity for dearer hours.
///
/// # Equations
///
/// level(t) = level(t−1) · (1 − loss)^hours + (charge · charging_efficiency − discharge / discharging_efficiency) · hours
///
/// 0 ≤ charge, discharge ≤ power; least · capacity ≤ level ≤ capacity
///
/// cost = wear · discharge
///
/// # Example
///
/// ```toml
/// # Charged at night, discharged in the evening peak.
/// [site]
/// name = "Battery at a mill"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.electricity]
/// measure = "energy"
/// [series.tariff]
/// otherwise = "82 EUR/MWh"
/// periods = [
///   { from = "17:00", to = "21:00", value = "140 EUR/MWh" },
///   { from = "23:00", to = "07:00", value = "40 EUR/MWh" },
/// ]
/// [grid_connection.grid]
/// import_price = "tariff"
/// [battery.b1]
/// power = "10 MW"
/// capacity = "40 MWh"
/// [demand.mill]
/// carrier = "electricity"
/// amount = "30 MW"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct Battery {
    /// Node it charges from and discharges to.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Greatest charge and discharge.
    pub power: Quantity<Flow>,
    /// Energy it holds when full.
    pub capacity: Quantity<Energy>,
    /// Least level, as a share of the capacity.
    #[field(default = "0 %")]
    pub least: Share,
    /// Share of what is charged that is stored.
    #[field(default = "95 %")]
    pub charging_efficiency: Share,
    /// Share of what is taken from the store that is discharged.
    #[field(default = "95 %")]
    pub discharging_efficiency: Share,
    /// Share of the level lost by itself.
    #[field(default = "0 %/h")]
    pub loss: Quantity<LossRate>,
    /// Level at the start, as a share of the capacity, unless `[state.NAME]` says.
    #[field(default = "50 %")]
    pub start: Share,
    /// What holds at the end.
    #[field(default = "at_least_start")]
    pub end: End,
    /// Wear for each unit discharged.
    pub wear: Option<Quantity<Price>>,
}

impl Component for Battery {
    fn equations(&self, m: &mut Model) {
        for (name, efficiency) in [
            ("charging_efficiency", self.charging_efficiency),
            ("discharging_efficiency", self.discharging_efficiency),
        ] {
            if efficiency.value() <= 0.0 {
                let message = format!(
                    "a battery of `{name}` 0 gives nothing back; write a share such as \"95 %\""
                );
                m.error(Diagnostic::error(self.power.span, message));
                return;
            }
        }
        let power = m.capacity_of(self.power, &self.electricity);
        let charge = m.variable("charge", Bounds::up_to(&power));
        let discharge = m.variable("discharge", Bounds::up_to(&power));
        m.take(&self.electricity, "charge", charge);
        m.give(&self.electricity, "discharge", discharge);
        let capacity = Param::from(self.capacity);
        let start = match m.state().level {
            Some(level) => m.stock_of(level, &self.electricity),
            None => &capacity * self.start,
        };
        let store = Store {
            node: &self.electricity,
            least: &capacity * self.least,
            capacity: capacity.clone(),
            fill: charge * self.charging_efficiency,
            drain: discharge / self.discharging_efficiency,
            loss: self.loss.value(),
            start,
            end: self.end,
        };
        let level = level(m, store);
        m.report_level(level, &self.electricity, &capacity, None);
        if let Some(wear) = self.wear {
            let wear = m.price_of(&crate::field::Profile::Constant(wear), &self.electricity);
            m.cost("wear", discharge * wear);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(battery: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T02:00"
            step = "1 h"
            [carrier.electricity]
            measure = "energy"
            [series.price]
            unit = "EUR/MWh"
            values = [20, 100]
            [grid_connection.grid]
            import_price = "price"
            [demand.load]
            carrier = "electricity"
            amount = "10 MW"
            [battery.b]
            power = "5 MW"
            capacity = "20 MWh"
            start = 0
            {battery}
            "#
        )
    }

    /// Proves: both efficiencies count. 5 MW charged store 4 MWh, of which 3.2 MWh come back:
    /// 15 · 20 + 6.8 · 100 = 980. Sensitivity: one efficiency only would give 900.
    #[test]
    fn both_ways_lose() {
        let battery = "charging_efficiency = 0.8\ndischarging_efficiency = 0.8";
        check(&site(battery), 980.0, &[("b.level", &[4.0, 0.0]), ("b.discharge", &[0.0, 3.2])]);
    }

    /// Proves: the level before the run comes from the state, and the end need not give it back.
    /// 1 MW from stock in the cheap hour, 5 (the greatest power) in the dear one:
    /// 9 · 20 + 5 · 100 = 680.
    /// Sensitivity: with the end at the start's level the stock of 6 MWh would have to be refilled.
    #[test]
    fn starts_where_the_state_says() {
        let battery = "charging_efficiency = 1\ndischarging_efficiency = 1\nend = \"free\"\n[state.b]\nlevel = \"6 MWh\"";
        let solved = check(&site(battery), 200.0 + 500.0 - 20.0, &[]);
        assert!((solved.values("b.discharge")[1] - 5.0).abs() < 1e-9);
        assert!(solved.values("b.level")[1].abs() < 1e-9);
    }

    /// Proves: an efficiency of 0 is a mistake, either way. Sensitivity: charging for nothing would
    /// be a load that is paid for at negative prices, and discharging would divide by nought.
    #[test]
    fn an_efficiency_of_nought_is_refused() {
        for name in ["charging_efficiency", "discharging_efficiency"] {
            let found = mistakes(&site(&format!("{name} = 0")));
            assert!(found.contains(&format!("of `{name}` 0 gives nothing back")), "{found}");
        }
    }
}
