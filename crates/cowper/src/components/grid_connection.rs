//! The connection to the public grid: import and export, by price series or tariff.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::{Diagnostic, Span};
use crate::expression::Param;
use crate::field::{Factor, Name, Profile, Share};
use crate::model::{Bounds, Model, Scope};
use crate::time::{Partition, whole_seconds};
use crate::units::{
    ApparentPower, CapacityPrice, CarbonContent, DemandPrice, Flow, MONEY, NUMBER, Power, Price,
    Quantity, Time,
};

/// A connection to the public grid: imports and exports electricity at prices or a two-part tariff.
///
/// Every calendar month that the run touches is billed in full: its greatest demand (with the
/// peak so far from `[state.NAME]`), or the contracted demand with its overrun, and the capacity fee.
///
/// # Equations
///
/// cost = import_price · import − export_price · export
///
/// demand(month) ≥ import, averaged over each demand window that begins in the month; a window that the
/// run holds a part of only, averages over that part
///
/// charge(month) = demand_charge · demand, or with a contracted demand
/// demand_charge · (contracted + overrun_factor · max(0, demand − overrun_from · contracted))
///
/// CO2 (purchased) = co2 · import
///
/// # Example
///
/// ```toml
/// # A mill buys by a time-of-use tariff and pays for its monthly peak.
/// [site]
/// name = "Mill on a two-part tariff"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.electricity]
/// measure = "energy"
/// [series.tariff]
/// otherwise = "82 EUR/MWh"
/// periods = [
///   { from = "08:00", to = "12:00", value = "118 EUR/MWh" },
///   { from = "23:00", to = "07:00", value = "52 EUR/MWh" },
/// ]
/// [grid_connection.grid]
/// import_price = "tariff"
/// import_limit = "120 MW"
/// demand_charge = "9 EUR/kW/month"
/// co2 = "400 kg/MWh"
/// [demand.mill]
/// carrier = "electricity"
/// amount = "50 MW"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct GridConnection {
    /// Node on the site's side.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Price of what is imported; no import without.
    pub import_price: Option<Profile<Price>>,
    /// Price of what is exported; no export without.
    pub export_price: Option<Profile<Price>>,
    /// Greatest import.
    pub import_limit: Option<Profile<Flow>>,
    /// Greatest export.
    pub export_limit: Option<Profile<Flow>>,
    /// CO2 set free elsewhere for each unit imported, constant or by the hour.
    pub co2: Option<Profile<CarbonContent>>,
    /// Price of each month's greatest demand.
    pub demand_charge: Option<Quantity<DemandPrice>>,
    /// Time over which a demand is averaged, by the local clock from midnight; whole steps, or less than one.
    #[field(default = "15 min")]
    pub demand_window: Quantity<Time>,
    /// Demand that is paid for in any case.
    pub contracted_demand: Option<Quantity<Power>>,
    /// How many times dearer demand above the contracted one is.
    #[field(default = 2.0)]
    pub overrun_factor: Factor,
    /// Multiple of the contracted demand from which overrun counts.
    #[field(default = 1.05)]
    pub overrun_from: Factor,
    /// Apparent power of the connection, for a capacity fee.
    pub connected_capacity: Option<Quantity<ApparentPower>>,
    /// Monthly fee for the connected capacity.
    pub capacity_charge: Option<Quantity<CapacityPrice>>,
    /// Share of the import limit that may be used at any time.
    #[field(default = "100 %")]
    pub availability: Share,
}

impl Component for GridConnection {
    fn equations(&self, m: &mut Model) {
        if self.import_price.is_none() && self.export_price.is_none() {
            m.error(Diagnostic::error(
                self.electricity.span,
                "a grid_connection needs an import_price, an export_price or both; without one nothing flows that way",
            ));
        }
        self.check_without_effect(m);
        if let Some(price) = &self.import_price {
            let import = m.rate("import", &self.electricity);
            if let Some(limit) = &self.import_limit {
                let limit = m.flow_of(limit, &self.electricity);
                m.limit(import, limit * self.availability);
            }
            m.give(&self.electricity, "import", import);
            let price = m.price_of(price, &self.electricity);
            m.cost("energy", import * price);
            if let Some(co2) = &self.co2 {
                let co2 = m.profile(co2);
                let co2 = m.in_unit_of(co2, &self.electricity, self.electricity.span, |stock| {
                    crate::units::MASS.per(stock)
                });
                m.emit(Scope::Purchased, import * co2);
            }
            self.demand_charge(m, import);
        }
        if let Some(price) = &self.export_price {
            let export = m.rate("export", &self.electricity);
            if let Some(limit) = &self.export_limit {
                let limit = m.flow_of(limit, &self.electricity);
                m.limit(export, limit);
            }
            m.take(&self.electricity, "export", export);
            let price = m.price_of(price, &self.electricity);
            m.cost("export", -(export * price));
        }
        self.capacity_charge(m);
    }
}

impl GridConnection {
    /// Notes what is given and would change nothing: the user thinks it does.
    fn check_without_effect(&self, m: &mut Model) {
        let mut note = |field: &str, span: Option<Span>, needed: &str, example: &str| {
            if let Some(span) = span {
                let message = format!(
                    "`{field}` does nothing without `{needed}`; give `{needed}` beside it, such as \"{example}\", or remove `{field}`"
                );
                m.error(Diagnostic::error(span, message));
            }
        };
        let contracted = self.contracted_demand.map(|c| c.span);
        if self.import_price.is_none() {
            for (field, span) in [
                ("import_limit", self.import_limit.as_ref().map(Profile::span)),
                ("co2", self.co2.as_ref().map(Profile::span)),
                ("demand_charge", self.demand_charge.map(|c| c.span)),
                ("contracted_demand", contracted),
            ] {
                note(field, span, "import_price", "80 EUR/MWh");
            }
        } else if self.demand_charge.is_none() {
            note("contracted_demand", contracted, "demand_charge", "9 EUR/kW/month");
        }
        if self.export_price.is_none() {
            let limit = self.export_limit.as_ref().map(Profile::span);
            note("export_limit", limit, "export_price", "40 EUR/MWh");
        }
        if self.import_limit.is_none() && self.availability.value() < 1.0 {
            // A share knows no place in the file; a price beside it does.
            let price = self.import_price.as_ref().or(self.export_price.as_ref());
            note("availability", price.map(Profile::span), "import_limit", "120 MW");
        }
    }

    /// The month's peak is a variable of the month: it couples its steps.
    fn demand_charge(&self, m: &mut Model, import: crate::expression::Var) {
        let Some(charge) = self.demand_charge else { return };
        let months = m.horizon().months();
        let months = m.partition(months);
        // The peak so far belongs to the month in which the run begins.
        let mut so_far = vec![0.0; m.groups(months)];
        if let (Some(peak), Some(first)) = (m.state().peak, so_far.first_mut()) {
            *first = peak.value();
        }
        let Some(windows) = self.windows(m, charge.span) else { return };
        let least = Param::series(so_far.into(), import.dimension);
        let most = Param::constant(f64::INFINITY, import.dimension);
        let peak = m.variable_per(months, "peak", Bounds::between(least, most));
        let share_of_window = Param::series(windows.shares().into(), NUMBER);
        let windows = m.partition(windows);
        m.report_peak(import, windows);
        if m.groups(windows) < m.horizon().steps {
            m.total_at_most(
                windows,
                "no window's average exceeds the month's peak",
                import * share_of_window - peak,
                Param::constant(0.0, import.dimension),
            );
        } else {
            m.at_most("no demand exceeds the month's peak", import, peak);
        }
        // A month's price times a month's peak: the month cancels.
        let place = charge.span;
        let charge = Param::constant(charge.value(), MONEY.per(import.dimension));
        let unserved = (m.shortage_price(&self.electricity) * m.hours()).values.at(0);
        if charge.values.at(0) > unserved {
            m.error(Diagnostic::warning(
                place,
                "a month's demand charge is more than one step of shortage costs, so going without looks cheaper; raise the shortage_price",
            ));
        }
        match self.contracted_demand {
            None => m.cost("demand charge", peak * charge),
            Some(contracted) => {
                let overrun = m.variable_per(months, "overrun", Bounds::positive(import.dimension));
                let from = Param::from(contracted) * self.overrun_from;
                m.total_at_most(
                    months,
                    "overrun counts above the contracted demand",
                    peak - overrun,
                    from,
                );
                let paid = Param::series(
                    vec![contracted.value(); m.groups(months)].into(),
                    import.dimension,
                );
                m.cost("demand charge", overrun * (&charge * self.overrun_factor) + paid * &charge);
            }
        }
    }

    /// The windows over which demand is averaged: the clock's, or the steps where they are longer.
    fn windows(&self, m: &mut Model, charge: Span) -> Option<Partition> {
        let window = self.demand_window;
        // The window that holds without a word has no place in the file.
        let place = if window.span == Span::default() { charge } else { window.span };
        let step = m.horizon().step_seconds;
        let seconds = window.value() * 3600.0;
        if seconds <= 0.0 {
            let message = "demand cannot be averaged over no time; write such as \"15 min\", or remove `demand_window`";
            m.error(Diagnostic::error(place, message));
            return None;
        }
        if seconds > 86_400.0 {
            let message = "a demand window of more than a day is not known; write such as \"15 min\" or \"1 h\"";
            m.error(Diagnostic::error(place, message));
            return None;
        }
        if seconds <= step as f64 {
            return Some(m.horizon().clock_windows(step));
        }
        match whole_seconds(window).filter(|seconds| seconds % step == 0) {
            Some(seconds) => Some(m.horizon().clock_windows(seconds)),
            None => {
                let message = format!(
                    "a demand window of {} min is not a whole number of steps of {} min; change the `step` of the horizon to one that divides it, or `demand_window`",
                    seconds / 60.0,
                    step as f64 / 60.0
                );
                m.error(Diagnostic::error(place, message));
                None
            }
        }
    }

    fn capacity_charge(&self, m: &mut Model) {
        match (self.capacity_charge, self.connected_capacity) {
            (Some(charge), Some(capacity)) => {
                let months = m.horizon().months().labels.len() as f64;
                m.cost(
                    "capacity charge",
                    Param::constant(charge.value() * capacity.value() * months, MONEY),
                );
            }
            (Some(charge), None) => {
                m.error(Diagnostic::error(
                    charge.span,
                    "a capacity_charge needs `connected_capacity`, such as \"63 MVA\"",
                ));
            }
            (None, Some(capacity)) => {
                m.error(Diagnostic::error(
                    capacity.span,
                    "connected_capacity is only used for a fee; give `capacity_charge` beside it, such as \"3 EUR/kVA/month\", or remove it; a limit of power is `import_limit`",
                ));
            }
            (None, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::state_at_end::state_at_end;
    use crate::testing::{attempt, check, mistakes, read};

    fn site(grid: &str, demand: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-31T22:00"
            end = "2025-02-01T02:00"
            step = "1 h"
            [carrier.electricity]
            measure = "energy"
            [series.use]
            unit = "MW"
            values = {demand}
            [series.price]
            unit = "EUR/MWh"
            values = [50, 100, 10, 20]
            [grid_connection.grid]
            import_price = "price"
            {grid}
            [demand.load]
            carrier = "electricity"
            amount = "use"
            "#
        )
    }

    /// Proves: each month pays for its own peak: 30 MW in January, 40 MW in February, at 2 EUR/kW.
    /// Energy 10·50 + 30·100 + 40·10 + 20·20 = 4300; peaks 70 MW · 2000 = 140 000.
    /// Sensitivity: one peak for the run would cost 80 000, a peak of the sum nothing like it.
    #[test]
    fn each_month_pays_its_peak() {
        check(&site("demand_charge = \"2 EUR/kW/month\"", "[10, 30, 40, 20]"), 144_300.0, &[]);
    }

    /// Proves: contracted demand is paid in any case, overrun twice beyond 105 %.
    /// Two months of 20 MW: 40 · 2000 = 80 000. January 30 − 21 = 9, February 40 − 21 = 19:
    /// 28 · 2 · 2000 = 112 000. Energy as above 4300.
    /// Sensitivity: without the margin of 5 % it would be 28 → 30 MW, 8000 more.
    #[test]
    fn overrun_is_paid_twice() {
        let grid = "demand_charge = \"2 EUR/kW/month\"\ncontracted_demand = \"20 MW\"";
        check(&site(grid, "[10, 30, 40, 20]"), 80_000.0 + 112_000.0 + 4300.0, &[]);
    }

    /// Proves: the month's peak so far is paid already for; January costs 35 MW, not 30.
    #[test]
    fn peak_so_far_counts() {
        let grid = "demand_charge = \"2 EUR/kW/month\"\n[state.grid]\npeak = \"35 MW\"";
        check(&site(grid, "[10, 30, 40, 20]"), 4300.0 + 75.0 * 2000.0, &[]);
    }

    /// Proves: windows begin by the clock, here 0:15 and 0:30, and a part of one averages over that
    /// part: 90 MW from 0:15 to 0:30 is a peak of 90 MW, and so is the last 10 min of the run.
    /// Sensitivity: counted from the start of the run 60 MW; the last over 15 min: 60 MW.
    #[test]
    fn demand_windows_follow_the_clock() {
        for (values, peak) in [
            ("[0, 90, 90, 90, 0, 0]", 90.0),
            ("[0, 0, 0, 0, 90, 90]", 90.0),
            ("[60, 90, 0, 0, 0, 90]", 60.0),
        ] {
            let text = site("demand_charge = \"2 EUR/kW/month\"", values)
                .replace("2025-01-31T22:00", "2025-01-01T00:10")
                .replace("2025-02-01T02:00", "2025-01-01T00:40")
                .replace("1 h", "5 min")
                .replace("[50, 100, 10, 20]", "[0, 0, 0, 0, 0, 0]");
            check(&text, peak * 2000.0, &[]);
        }
    }

    /// Proves: the state at the end holds the month's real peak, also where a contracted demand leaves
    /// the variable free, and the one before the run where it is greater; none at a month's end.
    /// Sensitivity: the variable may stand at 52.5 MW, the contract's limit; January's 30 MW would
    /// be paid again in February.
    #[test]
    fn the_state_holds_the_real_peak() {
        let state = |grid: &str, values: &str, end: &str| {
            let text = site(&format!("demand_charge = \"2 EUR/kW/month\"\n{grid}"), values)
                .replace("[50, 100, 10, 20]", values)
                .replace("2025-02-01T02:00", end);
            let site = read(&text);
            let (compiled, solution) = attempt(&site);
            state_at_end(&site, &compiled, &solution.point.unwrap())
        };
        let contracted = "contracted_demand = \"50 MW\"";
        let before = format!("{contracted}\n[state.grid]\npeak = \"35 MW\"");
        for (grid, values, end, peak) in [
            (contracted, "[10, 30, 40, 20]", "2025-02-01T02:00", Some(40.0)),
            (&before, "[10, 30, 20, 20]", "2025-02-01T02:00", Some(20.0)),
            (&before, "[10]", "2025-01-31T23:00", Some(35.0)),
            (contracted, "[10, 30]", "2025-02-01T00:00", None),
        ] {
            let text = state(grid, values, end);
            let found = text.split_once("peak = \"").map(|(_, peak)| peak.split_once(' ').unwrap());
            let found = found.map(|(peak, _)| peak.parse::<f64>().unwrap());
            assert!(
                found.is_some() == peak.is_some()
                    && text.contains("[state.grid]") == peak.is_some(),
                "{text}"
            );
            assert!((found.unwrap_or(0.0) - peak.unwrap_or(0.0)).abs() < 1e-6, "{text}");
        }
    }

    /// Proves: what would change nothing is a mistake, and the message says what is needed.
    /// Sensitivity: passed over, a contract would be left out of the costs without a word.
    #[test]
    fn what_does_nothing_is_refused() {
        for (grid, says) in [
            (
                "contracted_demand = \"20 MW\"",
                "`contracted_demand` does nothing without `demand_charge`",
            ),
            ("connected_capacity = \"20 MVA\"", "connected_capacity is only used for a fee"),
            ("export_limit = \"20 MW\"", "`export_limit` does nothing without `export_price`"),
            ("availability = \"50 %\"", "`availability` does nothing without `import_limit`"),
        ] {
            let found = mistakes(&site(grid, "[10, 30, 40, 20]"));
            assert!(found.contains(says), "{found}");
        }
        for (field, value) in [
            ("demand_charge", "2 EUR/kW/month"),
            ("contracted_demand", "20 MW"),
            ("import_limit", "20 MW"),
            ("co2", "400 kg/MWh"),
        ] {
            let text = site(&format!("{field} = \"{value}\""), "[10, 30, 40, 20]")
                .replace("import_price = \"price\"", "export_price = \"price\"");
            let found = mistakes(&text);
            assert!(
                found.contains(&format!("`{field}` does nothing without `import_price`")),
                "{found}"
            );
        }
    }

    /// Proves: at a step that does not divide the window, and at a window of no time, the run is
    /// refused, and says so where there is something to change.
    /// Sensitivity: steps of 10 min in a window of 15 min gave a peak a third too high.
    #[test]
    fn windows_are_whole_steps() {
        let grid = "demand_charge = \"2 EUR/kW/month\"";
        let text = site(grid, "[10, 30, 40, 20]")
            .replace("2025-02-01T02:00", "2025-01-31T22:40")
            .replace("1 h", "10 min");
        let found = mistakes(&text);
        assert!(found.contains("15 min is not a whole number of steps of 10 min"), "{found}");
        assert!(found.contains("demand_charge ="), "{found}");
        for (window, says) in [("0 min", "averaged over no time"), ("48 h", "more than a day")] {
            let grid = format!("{grid}\ndemand_window = \"{window}\"");
            let found = mistakes(&site(&grid, "[10, 30, 40, 20]"));
            assert!(found.contains(says), "{found}");
        }
    }

    /// Proves: exports earn and imports cost, each within its limit; capacity is paid by the month.
    /// Sensitivity: a forgotten month would halve the fee of 2 · 10 000 · 3 = 60 000.
    #[test]
    fn export_earns_and_capacity_is_paid_monthly() {
        let grid = "export_price = \"30 EUR/MWh\"\nexport_limit = \"5 MW\"\nimport_limit = \"12 MW\"\n\
                    connected_capacity = \"10 MVA\"\ncapacity_charge = \"3 EUR/kVA/month\"";
        // At 10 and 20 EUR/MWh it pays to buy and sell 2 MW (limit 12 less 10 used): −(20·2 + 10·2).
        let energy = 10.0 * (50.0 + 100.0 + 10.0 + 20.0) - 40.0 - 20.0;
        check(
            &site(grid, "[10, 10, 10, 10]"),
            60_000.0 + energy,
            &[("grid.export", &[0.0, 0.0, 2.0, 2.0])],
        );
    }
}
