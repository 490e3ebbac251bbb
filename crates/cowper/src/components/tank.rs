//! A tank: stores any carrier.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::expression::{Expr, Param};
use crate::field::{Name, Share};
use crate::model::Model;
use crate::patterns::level::{End, Store, level, soft_band};
use crate::units::{
    Dimension, ENERGY, Flow, HoldingPrice, LossRate, MONEY, Quantity, SpecificElectricity, Stock,
    TIME, TurnoverRate,
};

/// A tank: stores steam, heat, hydrogen, liquid oxygen or any other carrier.
///
/// A steam accumulator gives off less as its pressure falls: `drain_at_level` holds the drain to a
/// share of the level per time, which is that line through nought. Stops (least level and full)
/// always hold; the band inside them may be left at `band_price`.
///
/// # Equations
///
/// level(t) = level(t−1) · (1 − loss)^hours + (fill · fill_efficiency − drain / drain_efficiency) · hours
///
/// least · capacity ≤ level ≤ capacity
///
/// fill ≤ fill_limit; drain ≤ drain_limit; drain(t) ≤ drain_at_level · level(t−1)
///
/// electricity = fill_electricity · fill + drain_electricity · drain
///
/// cost = band_price · (what lies outside the band)
///
/// # Example
///
/// ```toml
/// # A steam accumulator serves the pulses of a vacuum plant.
/// [site]
/// name = "Steam accumulator"
/// [horizon]
/// start = "2025-01-01 00:00"
/// end = "2025-01-01 02:00"
/// step = "15 min"
/// [carrier.steam]
/// measure = "mass"
/// enthalpy = "2.7 GJ/t"
/// [series.pulses]
/// unit = "t/h"
/// values = [0, 60, 0, 0, 0, 60, 0, 0]
/// [fuel_supply.boiler_house]
/// carrier = "steam"
/// price = "20 EUR/t"
/// limit = "25 t/h"
/// [tank.accumulator]
/// carrier = "steam"
/// capacity = "30 t"
/// fill_limit = "40 t/h"
/// drain_at_level = "4 1/h"
/// loss = "0.5 %/h"
/// [demand.vacuum_plant]
/// carrier = "steam"
/// amount = "pulses"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct Tank {
    /// What it stores.
    pub carrier: Name,
    /// What it holds when full.
    pub capacity: Quantity<Stock>,
    /// Greatest flow in; any without.
    pub fill_limit: Option<Quantity<Flow>>,
    /// Greatest flow out; any without.
    pub drain_limit: Option<Quantity<Flow>>,
    /// Greatest flow out as a share of the level at the beginning of the step, per time.
    pub drain_at_level: Option<Quantity<TurnoverRate>>,
    /// Share of what is filled in that is stored.
    #[field(default = "100 %")]
    pub fill_efficiency: Share,
    /// Share of what is taken from the store that comes out.
    #[field(default = "100 %")]
    pub drain_efficiency: Share,
    /// Share of the level lost by itself.
    #[field(default = "0 %/h")]
    pub loss: Quantity<LossRate>,
    /// Least level, as a share of the capacity.
    #[field(default = "0 %")]
    pub least: Share,
    /// Band in which the level should stay, as shares of the capacity.
    pub band: Option<[Share; 2]>,
    /// Price of a unit outside the band for an hour; 10 per MWh (or per kNm3 or t) and hour without.
    pub band_price: Option<Quantity<HoldingPrice>>,
    /// Level at the start, as a share of the capacity, unless `[state.NAME]` says.
    #[field(default = "50 %")]
    pub start: Share,
    /// What holds at the end.
    #[field(default = "at_least_start")]
    pub end: End,
    /// Node that feeds its compressors and pumps.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Electricity for each unit filled in; none without.
    pub fill_electricity: Option<Quantity<SpecificElectricity>>,
    /// Electricity for each unit that comes out; none without.
    pub drain_electricity: Option<Quantity<SpecificElectricity>>,
}

impl Component for Tank {
    fn equations(&self, m: &mut Model) {
        if self.fill_efficiency.value() == 0.0 || self.drain_efficiency.value() == 0.0 {
            m.error(Diagnostic::error(
                self.carrier.span,
                "a tank of efficiency 0 stores nothing; write its efficiency, such as \"95 %\"",
            ));
            return;
        }
        let (fill, drain) = (m.rate("fill", &self.carrier), m.rate("drain", &self.carrier));
        m.take(&self.carrier, "fill", fill);
        m.give(&self.carrier, "drain", drain);
        for (limit, flow) in [(self.fill_limit, fill), (self.drain_limit, drain)] {
            if let Some(limit) = limit {
                let limit = m.capacity_of(limit, &self.carrier);
                m.limit(flow, limit);
            }
        }
        let capacity = m.stock_of(self.capacity, &self.carrier);
        let start = match m.state().level {
            Some(level) => m.stock_of(level, &self.carrier),
            None => &capacity * self.start,
        };
        let before = self.end.before(&start);
        let store = Store {
            node: &self.carrier,
            least: &capacity * self.least,
            capacity: capacity.clone(),
            fill: fill * self.fill_efficiency,
            drain: drain / self.drain_efficiency,
            loss: self.loss.value(),
            start,
            end: self.end,
        };
        let level = level(m, store);
        if let Some(share) = self.drain_at_level {
            m.at_most(
                "drains no faster than its level allows",
                drain,
                level.earlier(before) * share,
            );
        }
        let band = self.band.map(|band| band.map(|share| &capacity * share));
        if let Some([low, high]) = &band {
            if low.values.at(0) > high.values.at(0) {
                m.error(Diagnostic::error(
                    self.carrier.span,
                    "the bottom of the band lies above its top; write [bottom, top]",
                ));
            }
            let price = self.band_price(m);
            soft_band(m, level, (low.clone(), high.clone()), &price);
        }
        let shown = band.map(|[low, high]| (low.values.at(0), high.values.at(0)));
        m.report_level(level, &self.carrier, &capacity, shown);
        if self.fill_electricity.is_some() || self.drain_electricity.is_some() {
            let mut used = Expr::zero(ENERGY.per(TIME));
            for (amount, flow) in [(self.fill_electricity, fill), (self.drain_electricity, drain)] {
                let Some(amount) = amount else { continue };
                let amount = m.in_unit_of(amount.into(), &self.carrier, amount.span, |stock| {
                    ENERGY.per(stock)
                });
                used = used + flow * amount;
            }
            m.take(&self.electricity, "electricity", used);
        }
    }
}

impl Tank {
    fn band_price(&self, m: &mut Model) -> Param {
        let per = |stock: Dimension| MONEY.per(stock).per(TIME);
        match self.band_price {
            Some(price) => m.in_unit_of(price.into(), &self.carrier, price.span, per),
            None => Param::constant(10.0, per(m.stock_dimension(&self.carrier))),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(tank: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T03:00"
            step = "1 h"
            [carrier.steam]
            measure = "mass"
            [carrier.electricity]
            measure = "energy"
            [series.price]
            unit = "EUR/t"
            values = [10, 50, 50]
            [fuel_supply.boilers]
            carrier = "steam"
            price = "price"
            [grid_connection.grid]
            import_price = "100 EUR/MWh"
            [demand.works]
            carrier = "steam"
            amount = "30 t/h"
            [tank.t]
            carrier = "steam"
            capacity = "40 t"
            start = 0
            {tank}
            "#
        )
    }

    /// Proves: what comes out is held to the level before the step. Filled to 40 in the cheap hour,
    /// half of it comes out, then half of the rest: 20 and 10. (30 + 40) · 10 + (10 + 20) · 50.
    /// Sensitivity: without it 30 and 10 would come out: 1700; by the level after, 13.3 and 8.9.
    #[test]
    fn the_level_drives_the_drain() {
        check(
            &site("drain_at_level = \"50 %/h\"\nend = \"free\""),
            2200.0,
            &[("t.level", &[40.0, 20.0, 10.0]), ("t.drain", &[0.0, 20.0, 10.0])],
        );
    }

    /// Proves: both efficiencies and both electricities count. 20 t/h in store 16, of which
    /// 16 · 0.5 = 8 come out; electricity 20 · 0.01 and 8 · 0.05 = 0.6 MWh at 100.
    /// (30 + 20) · 10 + 22 · 50 + 30 · 50 + 60 = 3160.
    /// Sensitivity: electricity by what is stored would be 0.16 + 0.8 MWh.
    #[test]
    fn efficiencies_and_electricity_count() {
        let tank = "fill_limit = \"20 t/h\"\nfill_efficiency = \"80 %\"\ndrain_efficiency = \"50 %\"\n\
                    fill_electricity = \"10 kWh/t\"\ndrain_electricity = \"50 kWh/t\"";
        let solved = check(&site(tank), 3160.0, &[]);
        let drained: f64 = solved.values("t.drain").iter().sum();
        assert!((drained - 8.0).abs() < 1e-6);
    }

    /// Proves: a target at the end is kept, and no more: of 40 t from the cheap hour 30 stay, 10 t
    /// replace dear steam: 70 · 10 + 50 · 50 = 3200.
    /// Sensitivity: the start's level of nought would let all 40 go: 1700.
    #[test]
    fn a_target_holds_at_the_end() {
        let solved = check(&site("end = \"75 %\""), 3200.0, &[]);
        assert!((solved.values("t.level")[2] - 30.0).abs() < 1e-6);
    }

    /// Proves: the band costs by amount and time: 40 t are 20 above its top of 20 for one hour, at
    /// 2: 40. With drains of at most 20 an hour the level is 40, 20, 0: the bottom of 4 costs 8.
    /// 70 · 10 + 20 · 50 + 48. Sensitivity: a hard band would store 16 t less.
    #[test]
    fn the_band_is_soft() {
        let tank =
            "drain_limit = \"20 t/h\"\nband = [\"10 %\", \"50 %\"]\nband_price = \"2 EUR/t/h\"";
        check(&site(tank), 1748.0, &[("t.level", &[40.0, 20.0, 0.0])]);
    }

    /// Proves: ends that are neither a name nor a share, and efficiencies of nought, are mistakes.
    #[test]
    fn impossible_tanks_are_refused() {
        assert!(mistakes(&site("end = \"cylic\"")).contains("did you mean `cyclic`"));
        assert!(mistakes(&site("end = \"140 %\"")).contains("is not a share"));
        assert!(mistakes(&site("drain_efficiency = 0")).contains("stores nothing"));
    }
}
