//! A gas holder: a floating tank that buffers a by-product gas.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::expression::Param;
use crate::field::{Name, Share};
use crate::model::Model;
use crate::patterns::level::{End, Held, level_alone, soft_band};
use crate::units::{Flow, HoldingPrice, LossRate, Quantity, Stock};

/// A gas holder: a floating tank that buffers a by-product gas between furnaces and boilers.
///
/// The mechanical stops (empty and full) always hold. The safe band inside them may be left at
/// `band_price`, so that a bad hour costs instead of having no solution.
///
/// # Equations
///
/// level(t) = level(t−1) · (1 − leak)^hours + (fill − drain) · hours; 0 ≤ level ≤ capacity
///
/// fill, drain ≤ rate
///
/// cost = band_price · (what lies outside the band)
///
/// # Example
///
/// ```toml
/// # The holder bridges a furnace stop of a quarter of an hour.
/// [site]
/// name = "Furnace stop"
/// [horizon]
/// start = "2025-01-01 00:00"
/// end = "2025-01-01 01:00"
/// step = "15 min"
/// [carrier.bfg]
/// measure = "volume"
/// heating_value = "3.3 MJ/Nm3"
/// [series.furnace]
/// unit = "kNm3/h"
/// values = [420, 0, 420, 420]
/// [fuel_supply.furnace]
/// carrier = "bfg"
/// fixed = "furnace"
/// [gas_holder.north]
/// gas = "bfg"
/// capacity = "150 kNm3"
/// band = ["15 %", "90 %"]
/// [flare.stack]
/// gas = "bfg"
/// [demand.stoves]
/// carrier = "bfg"
/// amount = "300 kNm3/h"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct GasHolder {
    /// Gas it holds.
    pub gas: Name,
    /// Volume between the mechanical stops.
    pub capacity: Quantity<Stock>,
    /// Safe band, as shares of the capacity.
    pub band: Option<[Share; 2]>,
    /// Price of a unit outside the band for an hour; 10 per MWh (or per kNm3 or t) and hour without.
    pub band_price: Option<Quantity<HoldingPrice>>,
    /// Greatest flow in or out; any without.
    pub rate: Option<Quantity<Flow>>,
    /// Share of the level lost by itself.
    #[field(default = "0 %/h")]
    pub leak: Quantity<LossRate>,
    /// Level at the start, as a share of the capacity, unless `[state.NAME]` says.
    #[field(default = "50 %")]
    pub start: Share,
    /// What holds at the end.
    #[field(default = "at_least_start")]
    pub end: End,
}

impl Component for GasHolder {
    fn equations(&self, m: &mut Model) {
        let capacity = m.stock_of(self.capacity, &self.gas);
        let start = match m.state().level {
            Some(level) => m.stock_of(level, &self.gas),
            None => &capacity * self.start,
        };
        let holder = Held {
            least: &capacity * 0.0,
            capacity: capacity.clone(),
            loss: self.leak.value(),
            start,
            end: self.end,
        };
        let (level, filled) = level_alone(m, holder);
        if let Some(rate) = self.rate {
            let rate = m.capacity_of(rate, &self.gas);
            m.between(
                "fills and drains no faster than its rate",
                (&(&rate * -1.0), &rate),
                &filled,
            );
        }
        m.exchange(&self.gas, ("fill", "drain"), filled);
        let band = self.band.map(|band| band.map(|share| &capacity * share));
        if let Some([low, high]) = &band {
            if low.values.at(0) > high.values.at(0) {
                m.error(Diagnostic::error(
                    self.gas.span,
                    "the bottom of the band lies above its top; write [bottom, top]",
                ));
            }
            let price = self.band_price(m);
            soft_band(m, level, (low.clone(), high.clone()), &price);
        }
        let shown = band.map(|[low, high]| (low.values.at(0), high.values.at(0)));
        m.report_level(level, &self.gas, &capacity, shown);
    }
}

impl GasHolder {
    fn band_price(&self, m: &mut Model) -> Param {
        let per =
            |stock: crate::units::Dimension| crate::units::MONEY.per(stock).per(crate::units::TIME);
        match self.band_price {
            Some(price) => m.in_unit_of(price.into(), &self.gas, price.span, per),
            None => Param::constant(10.0, per(m.stock_dimension(&self.gas))),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    fn site(holder: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T01:00"
            step = "30 min"
            [carrier.bfg]
            measure = "volume"
            [series.furnace]
            unit = "kNm3/h"
            values = [100, 0]
            [fuel_supply.furnace]
            carrier = "bfg"
            fixed = "furnace"
            [fuel_supply.bought]
            carrier = "bfg"
            price = "90 EUR/kNm3"
            [flare.stack]
            gas = "bfg"
            [demand.stoves]
            carrier = "bfg"
            amount = "40 kNm3/h"
            [gas_holder.h]
            gas = "bfg"
            capacity = "100 kNm3"
            start = "50 %"
            {holder}
            "#
        )
    }

    /// Proves: the holder moves gas from a surplus half hour to a short one: +20, −20 kNm3.
    /// Sensitivity: without it, 20 kNm3 are bought at 90: 1800, not 0.
    #[test]
    fn bridges_a_furnace_stop() {
        let solved = check(&site(""), 0.0, &[]);
        assert!(solved.values("h.level")[0] >= 70.0 - 1e-6);
    }

    /// Proves: the rate limits what moves: 30 kNm3/h for half an hour are 15 of the 20 kNm3.
    #[test]
    fn the_rate_limits() {
        check(&site("rate = \"30 kNm3/h\""), 450.0, &[("h.drain", &[0.0, 30.0])]);
    }

    /// Proves: leaving the band costs by amount and time, where that is cheaper than buying.
    /// To serve the second half hour the level must reach 70, 10 above the band's top of 60, for
    /// half an hour: 10 · 0.5 · 8 = 40 EUR, cheaper than 10 kNm3 at 90.
    /// Sensitivity: a hard band would cost 900.
    #[test]
    fn the_band_is_soft() {
        check(&site("band = [\"10 %\", \"60 %\"]\nband_price = \"8 EUR/kNm3/h\""), 40.0, &[]);
    }
}
