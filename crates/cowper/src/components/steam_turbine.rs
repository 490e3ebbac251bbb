//! A steam turbine: electricity from steam on its way to lower pressures or to a condenser.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::{Diagnostic, Span};
use crate::expression::{Expr, Param, Var};
use crate::field::{Each, Name, Profile};
use crate::model::Model;
use crate::patterns::operation::{Operation, Port, operate};
use crate::problem::Values;
use crate::units::{
    Dimension, ENERGY, Flow, MASS, NUMBER, Power, Price, Quantity, SpecificElectricity, TIME,
};

/// A steam turbine: back-pressure, or extraction-condensing with any number of extractions.
///
/// Every way out has the electricity that a unit of steam gives on it. Without `condenser` it is a
/// back-pressure turbine, and the outlets decide how much steam it takes. Load, minimum load and
/// ramps are those of the live steam. A no-load loss or a least flow holds only while the turbine
/// runs, so a turbine with one that can stop needs whole numbers. Steam counted by mass keeps its
/// mass; an outlet or live steam counted by energy keeps its heat, electricity included.
///
/// # Equations
///
/// electricity = Σ work(outlet) · flow(outlet) + work(condenser) · condensed − no_load · on
///
/// steam = Σ flow(outlet) + condensed; by energy steam = Σ (1 + work(outlet)) · flow(outlet) + condensed
///
/// steam ≤ capacity · on; electricity ≤ power_limit; least · on ≤ flow(outlet), condensed ≤ limit
///
/// cost = variable_cost · electricity
///
/// # Example
///
/// ```toml
/// # Process steam comes through the turbine; in dear hours more steam goes on to the condenser.
/// [site]
/// name = "Extraction-condensing turbine"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.steam_98bar]
/// measure = "mass"
/// enthalpy = "3.05 GJ/t"
/// [carrier.steam_12bar]
/// measure = "mass"
/// enthalpy = "2.50 GJ/t"
/// [carrier.electricity]
/// measure = "energy"
/// [series.tariff]
/// otherwise = "60 EUR/MWh"
/// periods = [{ from = "17:00", to = "21:00", value = "140 EUR/MWh" }]
/// [fuel_supply.boiler_house]
/// carrier = "steam_98bar"
/// price = "22 EUR/t"
/// limit = "200 t/h"
/// [grid_connection.grid]
/// import_price = "tariff"
/// [steam_turbine.t1]
/// steam = "steam_98bar"
/// capacity = "180 t/h"
/// extractions = { steam_12bar = { work = "0.13 MWh/t", limit = "100 t/h" } }
/// condenser = { work = "0.26 MWh/t", least = "15 t/h", limit = "90 t/h" }
/// no_load = "0.8 MW"
/// [demand.process]
/// carrier = "steam_12bar"
/// amount = "60 t/h"
/// [demand.works]
/// carrier = "electricity"
/// amount = "40 MW"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct SteamTurbine {
    /// Live steam it takes.
    pub steam: Name,
    /// Greatest flow of live steam.
    pub capacity: Quantity<Flow>,
    /// Steam it gives at lower pressures, each with the work done on the way there.
    pub extractions: Option<Each<Outlet>>,
    /// The way to its condenser, by flows of live steam; a back-pressure turbine has none.
    pub condenser: Option<Outlet>,
    /// Node it feeds.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Greatest electricity: what the generator bears.
    pub power_limit: Option<Quantity<Power>>,
    /// Electricity lost while it runs, whatever the load.
    pub no_load: Option<Quantity<Power>>,
    /// Cost of each unit of electricity besides steam.
    pub variable_cost: Option<Profile<Price>>,
    /// How it may be run.
    #[field(flatten)]
    pub operation: Operation,
}

/// A way out of a turbine.
#[derive(Debug, Clone, Record)]
pub struct Outlet {
    /// Electricity that each unit of steam leaving here has given.
    pub work: Quantity<SpecificElectricity>,
    /// Greatest flow; any without.
    pub limit: Option<Quantity<Flow>>,
    /// Least flow while the turbine runs: cooling of its last stages.
    pub least: Option<Quantity<Flow>>,
}

impl Component for SteamTurbine {
    fn equations(&self, m: &mut Model) {
        if self.extractions.is_none() && self.condenser.is_none() {
            m.error(Diagnostic::error(
                self.steam.span,
                "steam has no way out of this turbine; give `extractions`, a `condenser` or both",
            ));
            return;
        }
        let steam = m.rate(&self.steam.text, &self.steam);
        m.take(&self.steam, &self.steam.text, steam);
        let capacity = m.capacity_of(self.capacity, &self.steam);
        let operation = if self.has_least_or_loss() {
            self.operation.telling_if_it_runs()
        } else {
            self.operation.clone()
        };
        let on = operate(m, &operation, &Port { output: steam, node: &self.steam, capacity });
        let running = self.running(m, on);

        let electricity = m.rate("electricity", &self.electricity);
        m.give(&self.electricity, "electricity", electricity);
        if let Some(limit) = self.power_limit {
            let limit =
                m.in_unit_of(limit.into(), &self.electricity, limit.span, |stock| stock.per(TIME));
            m.limit(electricity, limit);
        }
        let mut work = Expr::zero(ENERGY.per(TIME));
        let mut leaving = Expr::zero(steam.dimension);
        for (node, outlet) in self.extractions.iter().flat_map(|e| &e.0) {
            let flow = m.rate(&node.text, node);
            m.give(node, &node.text, flow);
            let done = outlet.equations(m, flow, node, &running);
            leaving = leaving + self.live_steam_for(m, node, flow, &done);
            work = work + done;
            self.check_work(m, outlet, Some(node));
        }
        if let Some(condenser) = &self.condenser {
            let condensed = m.rate("condensed", &self.steam);
            work = work + condenser.equations(m, condensed, &self.steam, &running);
            leaving = leaving + condensed;
            self.check_work(m, condenser, None);
        }
        m.equal("steam that comes in goes out", steam, leaving);
        if let Some(lost) = self.no_load {
            work = work - running * lost;
        }
        m.equal("the steam's work becomes electricity", electricity, work);
        if let Some(cost) = &self.variable_cost {
            let cost = m.price_of(cost, &self.electricity);
            m.cost("variable cost", electricity * cost);
        }
    }
}

impl Outlet {
    /// Limits the flow and gives the work done on its way.
    fn equations(&self, m: &mut Model, flow: Var, node: &Name, running: &Expr) -> Expr {
        if let Some(limit) = self.limit {
            let limit = m.capacity_of(limit, node);
            m.limit(flow, limit);
        }
        if let Some(least) = self.least {
            let least = m.capacity_of(least, node);
            m.at_least("enough steam passes while it runs", flow, running * least);
        }
        flow * m.in_unit_of(self.work.into(), node, self.work.span, |stock| ENERGY.per(stock))
    }
}

impl SteamTurbine {
    fn has_least_or_loss(&self) -> bool {
        let outlets = self
            .extractions
            .iter()
            .flat_map(|e| e.0.iter().map(|(_, outlet)| outlet))
            .chain(&self.condenser);
        self.no_load.is_some() || outlets.into_iter().any(|outlet| outlet.least.is_some())
    }

    /// 1 while it runs. One that never stops runs whenever some of it is available.
    fn running(&self, m: &mut Model, on: Option<Var>) -> Expr {
        match (on, &self.operation.availability) {
            (Some(on), _) => on.into(),
            (None, Some(availability)) => {
                let available: Values =
                    m.profile(availability).values.map(|a| f64::from(u8::from(a > 0.0)));
                Param { values: available, dimension: NUMBER }.into()
            }
            (None, None) => Param::from(1.0).into(),
        }
    }

    /// The live steam that leaves at an outlet: the same mass, or what its heat and work came from.
    fn live_steam_for(&self, m: &mut Model, node: &Name, flow: Var, work: &Expr) -> Expr {
        let measures: [Dimension; 2] = [m.stock_dimension(&self.steam), m.stock_dimension(node)];
        if measures == [MASS, MASS] {
            return flow.into();
        }
        let (live, here) = (m.energy_content(&self.steam), m.energy_content(node));
        (flow * here + work) / live
    }

    /// Steam cannot give more electricity than it loses heat. An outlet counted by energy keeps its
    /// heat whatever the work, but no turbine turns more of the steam's heat into work than is left.
    fn check_work(&self, m: &mut Model, outlet: &Outlet, node: Option<&Name>) {
        let counted = node.unwrap_or(&self.steam);
        if m.stock_dimension(counted) == ENERGY {
            if outlet.work.value() > 1.0 {
                let message = format!(
                    "a MWh of `{}` cannot give more than 1 MWh of electricity here; `work` is a share such as 0.25",
                    counted.text
                );
                m.error(Diagnostic::error(outlet.work.span, message));
            }
            return;
        }
        let left = match node {
            Some(node) if m.stock_dimension(node) != MASS => return,
            Some(node) => m.known_energy_content(node),
            None => Some(Param::from(0.0)),
        };
        let (Some(live), Some(left)) = (m.known_energy_content(&self.steam), left) else { return };
        let drop = live.values.at(0) - left.values.at(0);
        let work = m.in_unit_of(
            outlet.work.into(),
            node.unwrap_or(&self.steam),
            Span::default(),
            |stock| ENERGY.per(stock),
        );
        let work = work.values.at(0);
        if m.stock_dimension(&self.steam) == MASS && work > drop * (1.0 + 1e-6) {
            let to = node.map_or("the condenser", |node| node.text.as_str());
            let message = format!(
                "a t of `{}` loses {drop:.3} MWh on its way to {to} and cannot give {work:.3} MWh of electricity; lower `work` or correct the enthalpies",
                self.steam.text
            );
            m.error(Diagnostic::error(outlet.work.span, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(turbine: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T02:00"
            step = "1 h"
            [carrier.high]
            measure = "mass"
            enthalpy = "3.24 GJ/t"
            [carrier.low]
            measure = "mass"
            enthalpy = "2.52 GJ/t"
            [carrier.heat]
            measure = "energy"
            [carrier.electricity]
            measure = "energy"
            [series.price]
            unit = "EUR/MWh"
            values = [30, 100]
            [fuel_supply.boilers]
            carrier = "high"
            price = "10 EUR/t"
            [fuel_supply.spare]
            carrier = "low"
            price = "12 EUR/t"
            [fuel_supply.spare_heat]
            carrier = "heat"
            price = "90 EUR/MWh"
            [grid_connection.grid]
            import_price = "price"
            [demand.process]
            carrier = "low"
            amount = "10 t/h"
            [demand.town]
            carrier = "heat"
            amount = "9 MW"
            [demand.works]
            carrier = "electricity"
            amount = "10 MW"
            [steam_turbine.t]
            steam = "high"
            {turbine}
            "#
        )
    }

    /// Proves: in back pressure the outlet decides: 10 t/h give 1 MW. Heat is bought: 810 an hour.
    /// 10 · 10 + 9 · 30 and 10 · 10 + 9 · 100. Sensitivity: by inlet heat work would be another.
    #[test]
    fn back_pressure_follows_its_outlet() {
        let turbine = "capacity = \"50 t/h\"\nextractions = { low = { work = \"0.1 MWh/t\" } }";
        let solved =
            check(&site(turbine), 1620.0 + 370.0 + 1000.0, &[("t.electricity", &[1.0, 1.0])]);
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: live steam bounds outlet and condenser together. Condensing is worth 0.25 · 30 = 7.5
    /// a t, less than its 10, then 25, less than low steam at 20 with its work of 10: 1 + 5 MW.
    /// 10 · 10 + 9 · 30 and 30 · 10 + 4 · 100. Sensitivity: a capacity of the condenser alone would
    /// condense 30 t/h and buy 1.5 MW.
    #[test]
    fn the_condenser_takes_what_pays() {
        let site = |turbine: &str| site(turbine).replace("12 EUR/t", "20 EUR/t");
        let turbine = "capacity = \"30 t/h\"\nextractions = { low = { work = \"0.1 MWh/t\" } }\n\
                       condenser = { work = \"0.25 MWh/t\" }";
        let solved =
            check(&site(turbine), 1620.0 + 370.0 + 700.0, &[("t.condensed", &[0.0, 20.0])]);
        assert!(!solved.compiled.problem.has_integers());
        // The generator bears 4 MW: 12 t/h condense.
        let turbine = format!("{turbine}\npower_limit = \"4 MW\"");
        check(&site(&turbine), 1620.0 + 370.0 + 220.0 + 600.0, &[("t.condensed", &[0.0, 12.0])]);
    }

    /// Proves: losses and least flows make it stand while they do not pay. Running at 30 costs
    /// (10 + 20) · 10 − (1 + 5 − 0.5) · 30 = 135, spare steam 120: it stands, 120 + 300. At 100 the
    /// condenser serves all 10 MW with 38 t/h: 480. Sensitivity: without no_load 36 t/h: 460.
    #[test]
    fn stands_while_it_does_not_pay() {
        let turbine = "capacity = \"60 t/h\"\nextractions = { low = { work = \"0.1 MWh/t\" } }\n\
                       condenser = { work = \"0.25 MWh/t\", least = \"20 t/h\", limit = \"40 t/h\" }\nno_load = \"0.5 MW\"";
        let solved = check(&site(turbine), 1620.0 + 420.0 + 480.0, &[("t.high", &[0.0, 48.0])]);
        assert!(solved.compiled.problem.has_integers());
        // One that never stops pays the 135 and needs no whole numbers.
        let turbine = format!("{turbine}\nmust_run = true");
        let solved = check(&site(&turbine), 1620.0 + 435.0 + 480.0, &[("t.high", &[30.0, 48.0])]);
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: an outlet counted by energy keeps the heat: 9 MW of heat and 0.2 · 9 = 1.8 MW of
    /// electricity come from 10.8 MW, 12 t/h of 0.9 MWh/t. 120 + 120 for low steam + 8.2 MW bought.
    /// Sensitivity: heat for heat would take 10 t/h, and 1.8 MW from nothing.
    #[test]
    fn an_outlet_by_energy_keeps_the_heat() {
        let turbine = "capacity = \"50 t/h\"\nextractions = { heat = { work = 0.2 } }";
        check(
            &site(turbine),
            480.0 + 8.2 * 130.0,
            &[("t.high", &[12.0, 12.0]), ("t.electricity", &[1.8, 1.8])],
        );
    }

    /// Proves: more work than the steam loses heat (0.9 − 0.7 MWh/t) and no way out are mistakes.
    #[test]
    fn work_comes_from_heat() {
        let turbine = "capacity = \"50 t/h\"\nextractions = { low = { work = \"0.25 MWh/t\" } }";
        assert!(
            mistakes(&site(turbine))
                .contains("loses 0.200 MWh on its way to low and cannot give 0.250 MWh")
        );
        let turbine = "capacity = \"50 t/h\"\ncondenser = { work = \"1.2 MWh/t\" }";
        assert!(mistakes(&site(turbine)).contains("on its way to the condenser"));
        assert!(mistakes(&site("capacity = \"50 t/h\"")).contains("no way out"));
        let turbine = "capacity = \"50 t/h\"\nextractions = { heat = { work = 1.2 } }";
        assert!(mistakes(&site(turbine)).contains("cannot give more than 1 MWh"));
        let turbine = "capacity = \"50 MW\"\ncondenser = { work = 1.2 }";
        let found = mistakes(&site(turbine).replace("steam = \"high\"", "steam = \"heat\""));
        assert!(found.contains("a MWh of `heat` cannot give"), "{found}");
    }
}
