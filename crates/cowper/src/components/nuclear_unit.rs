//! A nuclear unit: steady electricity, with steam drawn from its turbine at the cost of some.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::{Diagnostic, Span};
use crate::expression::{Param, Var};
use crate::field::{Name, Profile, Share};
use crate::model::{Model, Scope};
use crate::patterns::operation::{Operation, Port, operate};
use crate::units::{CarbonContent, Flow, MASS, Number, Power, Price, Quantity, Ramp, TIME};

/// A nuclear unit: runs throughout, changes its load slowly, and gives steam for some electricity.
///
/// Load, minimum load and ramps are those of the reactor, counted as the electricity the unit would
/// make if no steam were drawn. It does not stop within a run, so no whole numbers are needed; a
/// refuelling is an `availability` of nought, which its ramps do not hold up. Nothing is burnt: no
/// direct CO2.
///
/// # Equations
///
/// output = electricity + electricity_loss · enthalpy · steam
///
/// minimum_load · capacity ≤ output ≤ availability · capacity; |output(t) − output(t−1)| ≤ ramp · hours
///
/// steam ≤ steam_limit
///
/// cost = fuel_cost · output; CO2 (purchased) = co2_upstream · output
///
/// # Example
///
/// ```toml
/// # A coastal unit gives a works 600 t/h of steam and lowers its load where power is worth little.
/// [site]
/// name = "Nuclear steam for a works"
/// currency = "CNY"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.electricity]
/// measure = "energy"
/// [carrier.steam]
/// measure = "mass"
/// enthalpy = "2.7 GJ/t"
/// [series.price]
/// otherwise = "380 CNY/MWh"
/// periods = [{ from = "10:00", to = "15:00", value = "20 CNY/MWh" }]
/// [nuclear_unit.unit_3]
/// capacity = "1050 MW"
/// fuel_cost = "55 CNY/MWh"
/// co2_upstream = "12 kg/MWh"
/// steam = "steam"
/// steam_limit = "700 t/h"
/// [grid_connection.grid]
/// import_price = "400 CNY/MWh"
/// export_price = "price"
/// [demand.works]
/// carrier = "electricity"
/// amount = "300 MW"
/// [demand.process]
/// carrier = "steam"
/// amount = "600 t/h"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct NuclearUnit {
    /// Node it feeds.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Greatest electricity, net of its own use, while no steam is drawn.
    pub capacity: Quantity<Power>,
    /// Cost of fuel for each unit of electricity it could make; none without.
    pub fuel_cost: Option<Profile<Price>>,
    /// Least load, as a share of the capacity.
    #[field(default = "50 %")]
    pub minimum_load: Share,
    /// Fastest change of the load up and down, as a share of the capacity or a power, per time.
    #[field(default = "5 %/h")]
    pub ramp: Quantity<Ramp>,
    /// Share of the capacity that can be used: refuelling, sea water.
    pub availability: Option<Profile<Number>>,
    /// Steam or heat drawn from the turbine, if any.
    pub steam: Option<Name>,
    /// Greatest flow of that steam or heat. Needed with `steam`.
    pub steam_limit: Option<Quantity<Flow>>,
    /// Electricity lost for each unit of steam's heat. An assumption: figures of 0.15 to 0.25 are quoted; the hotter the steam, the more.
    #[field(default = 0.2)]
    pub electricity_loss: Share,
    /// CO2 set free elsewhere over the life of plant and fuel, for each unit of electricity it could make.
    pub co2_upstream: Option<Quantity<CarbonContent>>,
}

/// Share of a reactor's heat that becomes electricity at the least. An assumption: units in use make
/// 30 to 37 %, so that a quarter leaves room.
const LEAST_EFFICIENCY: f64 = 0.25;

impl Component for NuclearUnit {
    fn equations(&self, m: &mut Model) {
        let electricity = m.rate("electricity", &self.electricity);
        m.give(&self.electricity, "electricity", electricity);
        let output = match (&self.steam, self.steam_limit) {
            (Some(steam), Some(limit)) => self.draw_steam(m, electricity, (steam, limit)),
            (Some(steam), None) => {
                let message = "`steam` needs `steam_limit` beside it, the most that the turbine's extraction gives, such as \"700 t/h\"";
                m.error(Diagnostic::error(steam.span, message));
                return;
            }
            (None, Some(limit)) => {
                m.error(Diagnostic::error(
                    limit.span,
                    "`steam_limit` needs `steam`, the carrier or node the steam goes to",
                ));
                return;
            }
            (None, None) => electricity,
        };
        let capacity =
            m.in_unit_of(self.capacity.into(), &self.electricity, self.capacity.span, |stock| {
                stock.per(TIME)
            });
        operate(m, &self.operation(), &Port { output, node: &self.electricity, capacity });
        if let Some(cost) = &self.fuel_cost {
            let cost = m.price_of(cost, &self.electricity);
            m.cost("fuel", output * cost);
        }
        if let Some(co2) = self.co2_upstream {
            let co2 =
                m.in_unit_of(co2.into(), &self.electricity, co2.span, |stock| MASS.per(stock));
            m.emit(Scope::Purchased, output * co2);
        }
    }
}

impl NuclearUnit {
    /// Gives steam and returns the output that the unit would have without.
    fn draw_steam(
        &self,
        m: &mut Model,
        electricity: Var,
        (node, limit): (&Name, Quantity<Flow>),
    ) -> Var {
        let steam = m.rate("steam", node);
        m.give(node, "steam", steam);
        let limit_span = limit.span;
        let limit = m.capacity_of(limit, node);
        m.limit(steam, &limit);
        let content = m.energy_content(node);
        self.check_heat(m, limit_span, (&limit * &content).values.greatest());
        let heat = steam * content;
        let output = m.rate("output", &self.electricity);
        m.equal(
            "drawing steam costs electricity",
            output,
            electricity + heat * self.electricity_loss,
        );
        output
    }

    /// Electricity and steam do not hold more than the heat of a reactor.
    fn check_heat(&self, m: &mut Model, span: Span, steam: f64) {
        let capacity = Param::from(self.capacity).values.at(0);
        let loss = self.electricity_loss.value();
        let drawn = if loss > 0.0 { steam.min(capacity / loss) } else { steam };
        let all = drawn + (capacity - loss * drawn);
        let reactor = capacity / LEAST_EFFICIENCY;
        if all > reactor * (1.0 + 1e-9) {
            let message = format!(
                "{drawn:.0} MW of steam and the electricity left beside it are {all:.0} MW, more than the about {reactor:.0} MW of heat of its reactor; lower `steam_limit` or raise `electricity_loss`"
            );
            m.error(Diagnostic::error(span, message));
        }
    }

    fn operation(&self) -> Operation {
        Operation {
            must_run: true,
            minimum_load: Some(self.minimum_load),
            ramp_up: Some(self.ramp),
            ramp_down: Some(self.ramp),
            availability: self.availability.clone(),
            start_cost: None,
            stop_cost: None,
            running_cost: None,
            minimum_up: None,
            minimum_down: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(demand: &str, unit: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T03:00"
            step = "1 h"
            [carrier.electricity]
            measure = "energy"
            [carrier.steam]
            measure = "mass"
            enthalpy = "3.6 GJ/t"
            [grid_connection.grid]
            import_price = "100 EUR/MWh"
            export_price = "5 EUR/MWh"
            [fuel_supply.boilers]
            carrier = "steam"
            price = "60 EUR/t"
            [demand.works]
            carrier = "electricity"
            amount = "{demand}"
            [demand.process]
            carrier = "steam"
            amount = "100 t/h"
            [nuclear_unit.n]
            capacity = "100 MW"
            fuel_cost = "8 EUR/MWh"
            {unit}
            "#
        )
    }

    /// What the boilers cost where the unit gives no steam.
    const STEAM: f64 = 3.0 * 6000.0;

    /// Proves: it never goes below half load: 50 MW are made, 20 of them sold below their fuel cost.
    /// 3 · (50 · 8 − 20 · 5) = 900; no whole numbers.
    /// Sensitivity: a unit that could stop or go lower would make 30 MW: 720.
    #[test]
    fn stays_above_its_minimum_load() {
        let solved = check(&site("30 MW", ""), STEAM + 900.0, &[("n.electricity", &[50.0; 3])]);
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: it rises by 5 % of its capacity an hour from the state's 50 MW: 55, 60, 65.
    /// 180 · 8 + 120 · 100 = 13 440.
    /// Sensitivity: without ramps 100 MW at once: 2400.
    #[test]
    fn rises_slowly() {
        let unit = "[state.n]\noutput = \"50 MW\"";
        check(&site("100 MW", unit), STEAM + 13_440.0, &[("n.electricity", &[55.0, 60.0, 65.0])]);
    }

    /// Proves: 100 t/h of steam of 1 MWh/t cost 20 MW of electricity, not fuel; CO2 is purchased only.
    /// An hour: 100 · 8 + 20 · 100 = 2800. CO2: 3 · 100 · 12 kg = 3.6 t.
    /// Sensitivity: steam for nothing would cost 800, steam made by fuel 3600 for a fuel as dear.
    #[test]
    fn steam_costs_electricity() {
        let unit = "steam = \"steam\"\nsteam_limit = \"120 t/h\"\nco2_upstream = \"12 kg/MWh\"";
        let solved = check(
            &site("100 MW", unit),
            8400.0,
            &[("n.electricity", &[80.0; 3]), ("n.steam", &[100.0; 3])],
        );
        assert!(solved.accounts.carbon.direct.abs() < 1e-9);
        assert!((solved.accounts.carbon.with_purchases - 3.6).abs() < 1e-9);
    }

    /// Proves: a reactor at its least load gives steam for nothing instead of selling cheap power:
    /// the load of 30 MW and 20 MW worth of steam are its 50. An hour: 400.
    /// Sensitivity: a minimum load on electricity alone would be at 50 + 20.
    #[test]
    fn the_minimum_load_is_the_reactors() {
        let unit = "steam = \"steam\"\nsteam_limit = \"120 t/h\"";
        check(&site("30 MW", unit), 1200.0, &[("n.electricity", &[30.0; 3])]);
    }

    /// Proves: an outage is neither held up by ramps nor impossible: it falls at once and comes back
    /// at its minimum load. 100 · 8 + 100 · 100 + 50 · 8 + 50 · 100 = 16 200.
    /// Sensitivity: ramps across the outage would have no solution at all.
    #[test]
    fn an_outage_is_possible() {
        let unit =
            "availability = \"refuelling\"\n[series.refuelling]\nunit = \"1\"\nvalues = [1, 0, 1]";
        check(&site("100 MW", unit), STEAM + 16_200.0, &[("n.electricity", &[100.0, 0.0, 50.0])]);
    }

    /// Proves: steam without its limit, or the reverse, is said.
    #[test]
    fn steam_has_its_limit() {
        assert!(mistakes(&site("30 MW", "steam = \"steam\"")).contains("needs `steam_limit`"));
        assert!(mistakes(&site("30 MW", "steam_limit = \"10 t/h\"")).contains("needs `steam`"));
        // 100 MW of electricity come from at most 400 MW of heat; 301 t/h of 1 MWh/t are too much.
        let drawn = |limit: &str, loss: &str| {
            mistakes(&site(
                "30 MW",
                &format!(
                    "steam = \"steam\"\nsteam_limit = \"{limit} t/h\"\nelectricity_loss = {loss}"
                ),
            ))
        };
        assert!(drawn("301", "0").contains("more than the about 400 MW"));
        assert!(drawn("9000", "0.2").contains("500 MW of steam"));
        assert_eq!(drawn("299", "0"), "");
        let found = mistakes(&site("30 MW", "availability = 95"));
        assert!(found.contains("a share of the capacity from 0 to 1"), "{found}");
        assert!(mistakes(&site("30 MW", "ramp = \"5 %\"")).contains("per time"));
    }
}
