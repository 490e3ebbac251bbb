//! A mixing station: several gases into one mixed gas of a steady heating value.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::{Diagnostic, nearest};
use crate::expression::{Expr, Param};
use crate::field::{Each, Name};
use crate::model::Model;
use crate::patterns::mixture::{Window, volume_of};
use crate::units::{ENERGY, Flow, Quantity, TIME, VOLUME};

/// A mixing station: mixes gases into one whose heating value stays within a window.
///
/// The mixed gas is balanced by its heat, which is what its users need. Count it best by energy. A
/// mixed gas counted by volume needs a `heating_value`: its Nm3 then are those of that heating
/// value, as meters corrected to it show, and differ from the volume that flows by as much as the
/// window allows. The carbon of the gases is booked here, at their own contents, because whoever
/// takes the mixture burns it; so the mixed carrier has no `co2` of its own.
///
/// # Equations
///
/// heating_value(mixed) · mixed = Σ heating_value(gas) · flow(gas); volume = Σ volume(gas)
///
/// heating_value_least · volume ≤ Σ heating_value(gas) · flow(gas) ≤ heating_value_most · volume
///
/// volume ≤ capacity, or Σ heating_value(gas) · flow(gas) ≤ capacity; flow(gas) ≤ limit(gas)
///
/// CO2 = Σ content(gas) · flow(gas)
///
/// # Example
///
/// ```toml
/// # Blast-furnace and coke-oven gas are mixed for a reheating shop.
/// [site]
/// name = "Mixed gas"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.bfg]
/// measure = "volume"
/// heating_value = "3.3 MJ/Nm3"
/// co2 = "0.848 kg/Nm3"
/// [carrier.cog]
/// measure = "volume"
/// heating_value = "17.4 MJ/Nm3"
/// co2 = "0.764 kg/Nm3"
/// [carrier.mixed_gas]
/// measure = "energy"
/// [fuel_supply.furnaces]
/// carrier = "bfg"
/// [fuel_supply.ovens]
/// carrier = "cog"
/// price = "300 EUR/kNm3"
/// [mixing_station.rolling_shop]
/// gases = ["bfg", "cog"]
/// mixed = "mixed_gas"
/// heating_value_least = "7.5 MJ/Nm3"
/// heating_value_most = "9 MJ/Nm3"
/// capacity = "90 kNm3/h"
/// [demand.reheating]
/// carrier = "mixed_gas"
/// amount = "150 MW"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct MixingStation {
    /// Gases it mixes.
    pub gases: Vec<Name>,
    /// Mixed gas it gives.
    pub mixed: Name,
    /// Heating values of the mixture.
    #[field(flatten)]
    pub window: Window,
    /// Greatest flow of the mixture: as a volume what its pipe passes, or as a power its heat.
    pub capacity: Option<Quantity<Flow>>,
    /// Greatest flow of single gases: what their valves pass.
    pub limits: Option<Each<Quantity<Flow>>>,
}

impl Component for MixingStation {
    fn equations(&self, m: &mut Model) {
        self.check(m);
        let mut heat = Expr::zero(ENERGY.per(TIME));
        let mut parts = Expr::zero(VOLUME.per(TIME));
        for gas in &self.gases {
            let flow = m.rate(&gas.text, gas);
            if let Some((_, limit)) =
                self.limits.iter().flat_map(|l| &l.0).find(|(name, _)| name.text == gas.text)
            {
                let limit = m.capacity_of(*limit, gas);
                m.limit(flow, limit);
            }
            m.burn(gas, &gas.text, flow);
            heat = heat + flow * m.energy_content(gas);
            if self.needs_volume() {
                parts = parts + volume_of(m, gas, flow);
            }
        }
        let mixed = m.rate("mixed", &self.mixed);
        m.give(&self.mixed, "mixed", mixed);
        let content = m.energy_content(&self.mixed);
        m.equal("the mixture has the heat of its gases", mixed * content, &heat);
        if self.needs_volume() {
            let volume = m.variable("volume", crate::model::Bounds::positive(VOLUME.per(TIME)));
            m.equal("volumes add up", volume, parts);
            self.window.keep(m, &heat, &volume.into());
            if let Some(capacity) = self.capacity.filter(|c| c.dimension() == volume.dimension) {
                m.limit(volume, capacity);
            }
        }
        if let Some(capacity) = self.capacity.filter(|c| c.dimension() == ENERGY.per(TIME)) {
            m.at_most("no more heat passes than the capacity", heat, Param::from(capacity));
        }
    }
}

impl MixingStation {
    /// Volumes are counted where something limits them.
    fn needs_volume(&self) -> bool {
        !self.window.is_open() || self.capacity.is_some_and(|c| c.dimension() == VOLUME.per(TIME))
    }

    fn check(&self, m: &mut Model) {
        if self.gases.is_empty() {
            m.error(Diagnostic::error(self.mixed.span, "nothing is mixed here; name the `gases`"));
        }
        for (index, gas) in self.gases.iter().enumerate() {
            if self.gases[..index].iter().any(|g| g.text == gas.text) {
                m.error(Diagnostic::error(
                    gas.span,
                    format!("`{}` stands twice among the `gases`; name each once", gas.text),
                ));
            }
            if gas.text == self.mixed.text {
                m.error(Diagnostic::error(gas.span, "the mixed gas cannot be one of the gases it is mixed from; give it a carrier of its own"));
            }
        }
        for (name, _) in self.limits.iter().flat_map(|l| &l.0) {
            if !self.gases.iter().any(|gas| gas.text == name.text) {
                let hint = nearest(&name.text, self.gases.iter().map(|g| g.text.as_str()));
                m.error(Diagnostic::error(
                    name.span,
                    format!("`{}` is not among the `gases`{hint}", name.text),
                ));
            }
        }
        if m.carbon_content(&self.mixed).is_some() {
            let message = format!(
                "`{}` has a co2 of its own, but the carbon of the gases is booked where they are mixed and would count twice; take `co2` from its carrier",
                self.mixed.text
            );
            m.error(Diagnostic::error(self.mixed.span, message));
        }
        if let Some(capacity) = self.capacity
            && ![VOLUME.per(TIME), ENERGY.per(TIME)].contains(&capacity.dimension())
        {
            m.error(Diagnostic::error(capacity.span, "the capacity of a mixing_station is a volume flow, such as \"90 kNm3/h\", or a power"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(mixed: &str, station: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T02:00"
            step = "1 h"
            [carrier.bfg]
            measure = "volume"
            heating_value = "3.6 MJ/Nm3"
            co2 = "0.8 kg/Nm3"
            [carrier.cog]
            measure = "volume"
            heating_value = "18 MJ/Nm3"
            co2 = "0.7 kg/Nm3"
            [carrier.mixed]
            {mixed}
            [series.use]
            unit = "MW"
            values = [100, 50]
            [fuel_supply.furnace]
            carrier = "bfg"
            price = "5 EUR/kNm3"
            [fuel_supply.ovens]
            carrier = "cog"
            price = "100 EUR/kNm3"
            [fuel_supply.spare]
            carrier = "mixed"
            price = "60 EUR/MWh"
            [demand.mill]
            carrier = "mixed"
            amount = "use"
            [mixing_station.m]
            gases = ["bfg", "cog"]
            mixed = "mixed"
            {station}
            "#
        )
    }

    const BY_ENERGY: &str = "measure = \"energy\"";
    const BY_VOLUME: &str = "measure = \"volume\"\nheating_value = \"7.2 MJ/Nm3\"";

    /// Proves: 9 MJ/Nm3 (2.5 MWh/kNm3) take 25 kNm3/h at 1 and 15 at 5 MWh/kNm3 for 100 MW, half
    /// of it for 50: 37.5 · 5 + 22.5 · 100. The carbon is that of the gases: 30 + 15.75 t.
    /// Sensitivity: half and half would take 33.3; carbon at the mixed gas none.
    #[test]
    fn lean_and_rich_gas_meet_the_window() {
        let station = "heating_value_least = \"9 MJ/Nm3\"";
        let solved = check(
            &site(BY_ENERGY, station),
            2437.5,
            &[("m.bfg", &[25.0, 12.5]), ("m.cog", &[15.0, 7.5]), ("m.volume", &[40.0, 20.0])],
        );
        assert!((solved.accounts.carbon.direct - 45.75).abs() < 1e-9);
    }

    /// Proves: the greatest heating value binds too. Rich gas is free, yet at 7.2 MJ/Nm3 (2 MWh/kNm3)
    /// only a quarter of the volume: 3 · 1 + 1 · 5 = 8 MWh in 4 kNm3. 150 MWh: 56.25 kNm3 at 5. Sensitivity: without it rich gas alone would cost nothing.
    #[test]
    fn rich_gas_is_thinned() {
        let text = site(BY_ENERGY, "heating_value_most = \"7.2 MJ/Nm3\"")
            .replace("100 EUR/kNm3", "0 EUR/kNm3");
        check(&text, 281.25, &[("m.cog", &[12.5, 6.25])]);
    }

    /// Proves: a capacity by volume limits what flows: 40 kNm3/h would carry 100 MW, so 30 are made
    /// richer: 12.5 + 17.5, at 62.5 + 1750; 50 MW fit as they are: 62.5 + 750. A capacity by heat
    /// passes 80 MW, and 20 are bought at 60.
    /// Sensitivity: a volume taken as heat would pass 30 MW.
    #[test]
    fn the_pipe_passes_a_volume() {
        let station = "heating_value_least = \"9 MJ/Nm3\"\ncapacity = \"30 kNm3/h\"";
        check(
            &site(BY_ENERGY, station),
            1812.5 + 812.5,
            &[("m.bfg", &[12.5, 12.5]), ("m.cog", &[17.5, 7.5])],
        );
        let station = "heating_value_least = \"9 MJ/Nm3\"\ncapacity = \"80 MW\"";
        check(&site(BY_ENERGY, station), 130.0 * 16.25 + 1200.0, &[("m.mixed", &[80.0, 50.0])]);
    }

    /// Proves: counted by volume the mixture keeps its heat: 50 and 25 kNm3/h of 2 MWh/kNm3 are 40
    /// and 20 of 2.5. Sensitivity: volume for volume would need 50 and 25 of them.
    #[test]
    fn counted_by_volume_the_heat_stays() {
        let text = site(BY_VOLUME, "heating_value_least = \"9 MJ/Nm3\"");
        check(&text, 2437.5, &[("m.mixed", &[50.0, 25.0]), ("m.volume", &[40.0, 20.0])]);
    }

    /// Proves: carbon that would count twice, a volume without heat and unknown gases are mistakes.
    #[test]
    fn impossible_stations_are_refused() {
        let twice = format!("{BY_ENERGY}\nco2 = \"0.2 t/MWh\"");
        assert!(mistakes(&site(&twice, "")).contains("would count twice"));
        assert!(mistakes(&site("measure = \"volume\"", "")).contains("heating_value"));
        assert!(
            mistakes(&site(BY_ENERGY, "limits = { bgf = \"3 kNm3/h\" }"))
                .contains("did you mean `bfg`")
        );
        assert!(mistakes(&site(BY_ENERGY, "capacity = \"3 t/h\"")).contains("is a volume flow"));
    }
}
