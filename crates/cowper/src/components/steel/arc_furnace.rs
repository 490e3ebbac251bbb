//! An arc furnace: melts scrap and sponge iron with electricity, a tonnage a day.

use cowper_derive::{Kind, Record};

use super::per_tonne::per_tonne;
use crate::component::Component;
use crate::diagnostic::{Diagnostic, Span};
use crate::expression::{Expr, Param, Var};
use crate::field::{Each, Name, Profile};
use crate::model::{Model, PartitionId, Scope};
use crate::patterns::operation::{Operation, Port, operate};
use crate::problem::Before;
use crate::units::{Any, EnergyPerMass, Mass, MassPerMass, NUMBER, Power, Quantity, TIME, Time};

/// An arc furnace as a load: power within limits, so much energy for each heat, a tonnage each day.
///
/// Steel follows the energy melted in, heat by heat only on average: no step is tied to the begin of
/// a heat, and the furnace may pause within one. With `heat_size` and `tap_to_tap` it melts no faster
/// than a heat in that time: at short steps the power may swing up to `power` within it, at steps
/// as long as a heat the mean counts the pauses for charging and tapping in. With a `minimum_load`
/// the furnace is off or above it, which needs whole numbers; otherwise it stays a linear problem.
/// 380 to 630 kWh/t are usual for scrap.
///
/// # Equations
///
/// steel = electricity / energy_per_tonne; electricity ≤ power
///
/// Σ electricity · hours ≤ energy_per_tonne · heat_size, over any time of tap_to_tap (as whole steps, in proportion)
///
/// Σ steel · hours = daily, over each calendar day (a part of a day makes its part); = total, over the run
///
/// flow(taken), flow(burnt) = amount · steel; CO2 = Σ content(burnt) · flow(burnt) + process_co2 · steel
///
/// # Example
///
/// ```toml
/// # 1500 t a day, melted when power is cheap.
/// [site]
/// name = "Arc furnace"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "15 min"
/// [carrier.electricity]
/// measure = "energy"
/// [carrier.oxygen]
/// measure = "volume"
/// [carrier.natural_gas]
/// measure = "energy"
/// co2 = "202 kg/MWh"
/// [series.tariff]
/// otherwise = "82 EUR/MWh"
/// periods = [{ from = "17:00", to = "21:00", value = "140 EUR/MWh" }]
/// [grid_connection.grid]
/// import_price = "tariff"
/// [fuel_supply.oxygen]
/// carrier = "oxygen"
/// price = "60 EUR/kNm3"
/// [fuel_supply.pipeline]
/// carrier = "natural_gas"
/// price = "35 EUR/MWh"
/// [arc_furnace.eaf_1]
/// power = "85 MW"
/// energy_per_tonne = "450 kWh/t"
/// heat_size = "100 t"
/// tap_to_tap = "50 min"
/// daily = "1500 t"
/// takes = { oxygen = "35 Nm3/t" }
/// burns = { natural_gas = "60 kWh/t" }
/// process_co2 = "10 kg/t"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct ArcFurnace {
    /// Node it takes electricity from.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Greatest power.
    pub power: Quantity<Power>,
    /// Electricity for each tonne of steel.
    #[field(default = "450 kWh/t")]
    pub energy_per_tonne: Quantity<EnergyPerMass>,
    /// Steel of a heat.
    pub heat_size: Option<Quantity<Mass>>,
    /// Time from tap to tap, pauses included.
    pub tap_to_tap: Option<Quantity<Time>>,
    /// Steel of each calendar day.
    pub daily: Option<Profile<Mass>>,
    /// Steel of the whole run.
    pub total: Option<Quantity<Mass>>,
    /// Steel it gives; without, `daily` or `total` says how much it melts.
    pub steel: Option<Name>,
    /// What it takes for each tonne of steel: oxygen, sponge iron, scrap.
    pub takes: Option<Each<Quantity<Any>>>,
    /// Fuels and carbon it burns for each tonne of steel; their CO2 is set free here.
    pub burns: Option<Each<Quantity<Any>>>,
    /// Further CO2 for each tonne of steel: electrodes, lime, carbon of the charge.
    pub process_co2: Option<Quantity<MassPerMass>>,
    /// How it may be run; the minimum load is the least power while it melts.
    #[field(flatten)]
    pub operation: Operation,
}

impl Component for ArcFurnace {
    fn equations(&self, m: &mut Model) {
        if !self.is_possible(m) {
            return;
        }
        let electricity = m.rate("electricity", &self.electricity);
        m.take(&self.electricity, "electricity", electricity);
        let power = m.in_unit_of(self.power.into(), &self.electricity, self.power.span, |stock| {
            stock.per(TIME)
        });
        operate(
            m,
            &self.operation,
            &Port { output: electricity, node: &self.electricity, capacity: power },
        );
        if let (Some(size), Some(time)) = (self.heat_size, self.tap_to_tap) {
            self.heats(m, electricity, size, time);
        }

        let per_energy = Param::from(1.0) / self.energy_per_tonne;
        let steel = electricity * &per_energy;
        if let Some(node) = &self.steel {
            m.give(node, "steel", &steel);
        }
        for (node, amount) in self.takes.iter().flat_map(|t| &t.0) {
            let amount = per_tonne(m, *amount, node);
            m.take(node, &node.text, &steel * amount);
        }
        for (node, amount) in self.burns.iter().flat_map(|b| &b.0) {
            let amount = per_tonne(m, *amount, node);
            m.burn(node, &node.text, &steel * amount);
        }
        if let Some(co2) = self.process_co2 {
            m.emit(Scope::Direct, &steel * co2);
        }
        self.tonnage(m, electricity, &per_energy);
    }
}

impl ArcFurnace {
    /// No more energy than a heat's in the time of a heat, counted in whole steps.
    fn heats(&self, m: &mut Model, electricity: Var, size: Quantity<Mass>, time: Quantity<Time>) {
        let (steps, heats) = window_of(m, time);
        let most = Param::from(self.energy_per_tonne) * size * heats;
        // The run begins between two heats.
        let recent: Expr =
            (0..steps as u32).map(|back| electricity.back(back, Before::Known([0.0].into()))).sum();
        m.at_most("melts no faster than heat after heat", recent * m.hours(), most);
    }

    fn tonnage(&self, m: &mut Model, electricity: Var, per_energy: &Param) {
        let steel = electricity * per_energy * m.hours();
        if let Some(daily) = &self.daily {
            let days = m.horizon().days();
            let days = m.partition(days);
            let share_of_day = Param::series(m.horizon().shares_of_day().into(), NUMBER);
            let amount = m.profile(daily) * share_of_day;
            let amount = m.sum_over(days, &amount);
            self.check_tonnage(m, days, &amount, daily.span());
            m.total_equal(days, "each day makes its tonnage", &steel, amount);
        }
        if let Some(total) = self.total {
            let run = m.horizon().whole();
            let run = m.partition(run);
            self.check_tonnage(m, run, &total.into(), total.span);
            m.total_equal(run, "the run makes its tonnage", steel, total);
        }
    }

    /// Notes a tonnage above what power and heats allow.
    fn check_tonnage(&self, m: &mut Model, partition: PartitionId, wanted: &Param, span: Span) {
        let available =
            self.operation.availability.as_ref().map_or(Param::from(1.0), |a| m.profile(a));
        let by_power = Param::from(self.power) / self.energy_per_tonne * available * m.hours();
        let mut most = m.sum_over(partition, &by_power).values;
        if let (Some(size), Some(time)) = (self.heat_size, self.tap_to_tap) {
            let (window, heats) = window_of(m, time);
            let steps = m.sum_over(partition, &Param::from(1.0));
            let by_heats = steps.values.map(|steps| (steps / window).ceil() * heats * size.value());
            most = most.zip(&by_heats, f64::min);
        }
        let over = (0..m.groups(partition))
            .find(|group| wanted.values.at(*group) > most.at(*group) * (1.0 + 1e-9));
        if let Some(group) = over {
            let message = format!(
                "this is {:.1} t where the furnace melts at most {:.1} t in this run; lower it, or raise `power` or the heats",
                wanted.values.at(group),
                most.at(group)
            );
            m.error(Diagnostic::error(span, message));
        }
    }

    /// Notes what cannot be, and whether equations can be written at all.
    fn is_possible(&self, m: &mut Model) -> bool {
        let before = m.diagnostics.len();
        if self.daily.is_none() && self.total.is_none() && self.steel.is_none() {
            let message = "nothing says how much this melts; give `daily`, `total` or the `steel` node that takes it";
            m.error(Diagnostic::error(self.power.span, message));
        }
        if self.energy_per_tonne.value() <= 0.0 {
            m.error(Diagnostic::error(
                self.energy_per_tonne.span,
                "steel does not melt by itself; write such as \"450 kWh/t\"",
            ));
        }
        match (self.heat_size, self.tap_to_tap) {
            (Some(size), None) => m.error(Diagnostic::error(
                size.span,
                "`heat_size` needs `tap_to_tap` beside it, such as \"50 min\"",
            )),
            (None, Some(time)) => m.error(Diagnostic::error(
                time.span,
                "`tap_to_tap` needs `heat_size` beside it, such as \"100 t\"",
            )),
            (_, Some(time)) if time.value() <= 0.0 => {
                m.error(Diagnostic::error(
                    time.span,
                    "a heat takes time; write such as \"50 min\"",
                ));
            }
            _ => {}
        }
        m.diagnostics.len() == before
    }
}

/// The time of a heat in whole steps, and how many heats those steps hold.
fn window_of(m: &Model, tap_to_tap: Quantity<Time>) -> (f64, f64) {
    let hours = m.hours().values.at(0);
    let steps = (tap_to_tap.value() / hours - 1e-9).ceil().max(1.0);
    (steps, steps * hours / tap_to_tap.value())
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes, solved};

    fn site(step: &str, furnace: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T22:00"
            end = "2025-01-02T02:00"
            step = "{step}"
            [carrier.electricity]
            measure = "energy"
            [carrier.oxygen]
            measure = "volume"
            [carrier.gas]
            measure = "energy"
            co2 = "0.2 t/MWh"
            [carrier.steel]
            measure = "mass"
            [series.price]
            otherwise = "100 EUR/MWh"
            periods = [{{ from = "23:00", to = "00:00", value = "20 EUR/MWh" }}, {{ from = "00:00", to = "01:00", value = "50 EUR/MWh" }}]
            [grid_connection.grid]
            import_price = "price"
            [fuel_supply.oxygen]
            carrier = "oxygen"
            price = "50 EUR/kNm3"
            [fuel_supply.gas]
            carrier = "gas"
            price = "30 EUR/MWh"
            [demand.welding]
            carrier = "oxygen"
            amount = "0 kNm3/h"
            [demand.heating]
            carrier = "gas"
            amount = "0 MW"
            [arc_furnace.e]
            power = "60 MW"
            energy_per_tonne = "500 kWh/t"
            {furnace}
            "#
        )
    }

    /// Proves: each calendar day makes its part: two of 24 hours of 1800 t are 150 t, 75 MWh, a day,
    /// in its cheap hour up to 60 MW: 60 · 20 + 15 · 100, then 60 · 50 + 15 · 100.
    /// Sensitivity: a tonnage of the run would melt 240 t at 20 and 50 and 60 t at 100.
    #[test]
    fn each_day_makes_its_part() {
        let solved = check(
            &site("1 h", "daily = \"1800 t\""),
            7200.0,
            &[("e.electricity", &[15.0, 60.0, 60.0, 15.0])],
        );
        assert!(!solved.compiled.problem.has_integers());
        check(&site("1 h", "total = \"300 t\""), 60.0 * 70.0 + 3000.0, &[]);
    }

    /// Proves: the days of 23 and 25 hours make their whole tonnage: 1200 t.
    /// Sensitivity: by 24 hours they would make 1150 and 1250 t.
    #[test]
    fn days_on_which_clocks_change_make_their_tonnage() {
        for (from, to) in [("2025-03-30", "2025-03-31"), ("2025-10-26", "2025-10-27")] {
            let text = site("1 h", "daily = \"1200 t\"")
                .replace("name = \"test\"", "name = \"test\"\ntime_zone = \"Europe/Berlin\"")
                .replace("2025-01-01T22:00", from)
                .replace("2025-01-02T02:00", to);
            let melted: f64 = solved(&text).values("e.electricity").iter().sum();
            assert!((melted - 600.0).abs() < 1e-6, "{from}: {melted}");
        }
    }

    /// Proves: a heat of 40 t (20 MWh) in 30 minutes is 40 MW on average, at any step. At 1 h:
    /// 35, 40, 40, 35. At 15 min the power swings, 60 and 20 MW, with the same energy by the hour.
    /// 35 · 100 + 40 · 20 + 40 · 50 + 35 · 100 = 9800 either way.
    /// Sensitivity: without heats 7200; one heat a step would melt 40 t an hour, too little.
    #[test]
    fn it_melts_heat_after_heat() {
        let furnace = "daily = \"1800 t\"\nheat_size = \"40 t\"\ntap_to_tap = \"30 min\"";
        check(&site("1 h", furnace), 9800.0, &[("e.electricity", &[35.0, 40.0, 40.0, 35.0])]);
        let solved = check(&site("15 min", furnace), 9800.0, &[]);
        let power = solved.values("e.electricity");
        assert!(power.windows(2).all(|pair| pair[0] + pair[1] <= 80.0 + 1e-6));
    }

    /// Proves: what is taken, burnt and set free goes with the tonnage. 300 t: oxygen 12 kNm3 at 50,
    /// gas 15 MWh at 30; CO2 3 + 300 · 0.01 = 6 t. Electricity 7200 as above.
    /// Sensitivity: by energy instead of tonnes oxygen would be 6 kNm3.
    #[test]
    fn oxygen_and_gas_go_with_the_steel() {
        let furnace = "daily = \"1800 t\"\ntakes = { oxygen = \"40 Nm3/t\" }\nburns = { gas = \"50 kWh/t\" }\nprocess_co2 = \"10 kg/t\"";
        let solved = check(
            &site("1 h", furnace),
            7200.0 + 600.0 + 450.0,
            &[("e.oxygen", &[1.2, 4.8, 4.8, 1.2])],
        );
        assert!((solved.accounts.carbon.direct - 6.0).abs() < 1e-9);
    }

    /// Proves: with a least power it is off or above it: 15 MW are less than 50 % of 60, so 30 and
    /// 45 melt the 75 MWh: 30 · 100 + 45 · 20, 45 · 50 + 30 · 100 = 9150. For a steel node it melts
    /// 120 t in the cheap hour and stands: 1200. Sensitivity: without a least power 15 MW would do:
    /// 7200; one that always held could not stand.
    #[test]
    fn it_is_off_or_above_its_least_power() {
        let solved =
            check(&site("1 h", "daily = \"1800 t\"\nminimum_load = \"50 %\""), 9150.0, &[]);
        assert!(solved.compiled.problem.has_integers());
        let furnace = "steel = \"steel\"\nminimum_load = \"50 %\"\n[demand.caster]\ncarrier = \"steel\"\namount = \"30 t/h\"\n\
                       [tank.yard]\ncarrier = \"steel\"\ncapacity = \"500 t\"\nstart = \"20 %\"";
        check(&site("1 h", furnace), 60.0 * 20.0, &[("e.electricity", &[0.0, 60.0, 0.0, 0.0])]);
    }

    /// Proves: tonnages that cannot be made, heats without their time and furnaces that nothing asks
    /// for are mistakes.
    #[test]
    fn impossible_furnaces_are_refused() {
        assert!(
            mistakes(&site("1 h", "daily = \"3000 t\""))
                .contains("this is 250.0 t where the furnace melts at most 240.0 t")
        );
        assert!(mistakes(&site("1 h", "total = \"600 t\"")).contains("melts at most 480.0 t"));
        assert!(mistakes(&site("1 h", "")).contains("nothing says how much"));
        assert!(
            mistakes(&site("1 h", "daily = \"1 t\"\nheat_size = \"40 t\""))
                .contains("needs `tap_to_tap`")
        );
    }
}
