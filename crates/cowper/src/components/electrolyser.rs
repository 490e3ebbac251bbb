//! An electrolyser: hydrogen, oxygen and warm water from electricity.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::expression::{Expr, Param, Var};
use crate::field::{Field, Findings, Name, Node, Profile, Share, Value};
use crate::model::Model;
use crate::patterns::curve::{Sense, curve};
use crate::patterns::operation::{Operation, Port, operate};
use crate::units::{Dimension, ENERGY, MASS, Power, Price, Quantity, TIME, VOLUME};

/// An electrolyser: makes hydrogen from electricity, and oxygen and heat beside it.
///
/// Efficiency is by hydrogen's lower heating value, constant or by load. Between the points of a
/// curve hydrogen is straight over electricity; below the first point its efficiency holds. A curve
/// that falls with load needs no whole numbers (as long as hydrogen is worth more than the heat it
/// leaves); one that rises first needs one binary a point and step.
///
/// # Equations
///
/// heating_value · hydrogen = efficiency(load) · power; power ≤ capacity
///
/// electricity = power + standby · capacity · (1 − on)
///
/// oxygen = 0.5 · hydrogen, by volume at normal conditions
///
/// heat = heat_recovery · (power − 1.18 · heating_value · hydrogen): what is left of the upper heating value
///
/// cost = variable_cost · hydrogen
///
/// # Example
///
/// ```toml
/// # Hydrogen for a shaft furnace, oxygen for the converters.
/// [site]
/// name = "Hydrogen for a shaft"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.electricity]
/// measure = "energy"
/// [carrier.hydrogen]
/// measure = "volume"
/// heating_value = "10.8 MJ/Nm3"
/// [carrier.oxygen]
/// measure = "volume"
/// [grid_connection.grid]
/// import_price = "45 EUR/MWh"
/// [electrolyser.alkaline]
/// capacity = "100 MW"
/// hydrogen = "hydrogen"
/// efficiency = [[0.2, 0.69], [0.6, 0.68], [1.0, 0.64]]
/// oxygen = "oxygen"
/// [demand.shaft]
/// carrier = "hydrogen"
/// amount = "18 kNm3/h"
/// [demand.converters]
/// carrier = "oxygen"
/// amount = "7 kNm3/h"
/// [vent.oxygen]
/// carrier = "oxygen"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct Electrolyser {
    /// Node it draws its electricity from.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Greatest electricity, rectifiers and pumps included.
    pub capacity: Quantity<Power>,
    /// Hydrogen it makes.
    pub hydrogen: Name,
    /// Share of the electricity that becomes hydrogen's lower heating value, constant or by load.
    pub efficiency: Efficiency,
    /// Oxygen it makes, where that is used.
    pub oxygen: Option<Name>,
    /// Heat it gives, where that is used.
    pub heat: Option<Name>,
    /// Share of the waste heat that reaches `heat`.
    pub heat_recovery: Option<Share>,
    /// Share of the capacity drawn to stay warm while it stands; none without.
    pub standby: Option<Share>,
    /// Cost of each unit of hydrogen besides electricity: water, wear of the stacks.
    pub variable_cost: Option<Profile<Price>>,
    /// How it may be run.
    #[field(flatten)]
    pub operation: Operation,
}

/// Hydrogen for electricity, by lower heating value.
#[derive(Debug, Clone)]
pub enum Efficiency {
    /// The same at every load.
    Constant(Share),
    /// Points of rising load, as shares of the capacity, with the efficiency there.
    ByLoad(Vec<(Share, Share)>),
}

impl Field for Efficiency {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        let Value::List(items) = &node.value else {
            return Share::read(node, findings).map(Efficiency::Constant);
        };
        let points: Vec<[Share; 2]> = Vec::read(node, findings)?;
        let found = findings.diagnostics.len();
        let mut wrong = |span, message: &str| findings.error(span, message);
        if points.last().is_none_or(|[load, _]| load.value() < 1.0) {
            wrong(
                node.span,
                "the last point of the curve is at full load: [1.0, efficiency there]",
            );
        }
        for (i, pair) in points.windows(2).enumerate() {
            let [[load, efficiency], [next_load, next_efficiency]] =
                [pair[0], pair[1]].map(|p| p.map(Share::value));
            if next_load <= load {
                wrong(items[i + 1].span, "the loads of the curve rise from point to point");
            } else if next_load * next_efficiency <= load * efficiency {
                wrong(
                    items[i + 1].span,
                    "this point makes no more hydrogen than the one before at less load; efficiency cannot fall so steeply",
                );
            }
        }
        if points.iter().any(|[load, efficiency]| efficiency.value() == 0.0 && load.value() > 0.0) {
            wrong(node.span, "the efficiency is nought at a load; write shares such as 0.65");
        }
        (findings.diagnostics.len() == found).then(|| {
            Efficiency::ByLoad(
                points.into_iter().map(|[load, efficiency]| (load, efficiency)).collect(),
            )
        })
    }
    fn words() -> String {
        "a share such as 0.65, or points [load, efficiency] up to full load, such as [[0.2, 0.69], [1.0, 0.64]]".into()
    }
    fn schema() -> serde_json::Value {
        serde_json::json!({"type": ["string", "number", "array"]})
    }
}

/// Hydrogen's upper heating value over its lower one.
const UPPER_TO_LOWER: f64 = 1.18;
/// Hydrogen's lower heating value, 10.8 MJ/Nm3, in MWh/kNm3.
const HYDROGEN_HEAT: f64 = 3.0;
/// Densities at normal conditions, in t/kNm3.
const HYDROGEN_DENSITY: f64 = 0.0899;
const OXYGEN_DENSITY: f64 = 1.429;

impl Component for Electrolyser {
    fn equations(&self, m: &mut Model) {
        let power = m.rate("power", &self.electricity);
        let capacity =
            m.in_unit_of(self.capacity.into(), &self.electricity, self.capacity.span, |stock| {
                stock.per(TIME)
            });
        let port = Port { output: power, node: &self.electricity, capacity };
        let on = operate(m, &self.operation, &port);
        self.draw(m, &port, on);

        let hydrogen = m.rate("hydrogen", &self.hydrogen);
        m.give(&self.hydrogen, "hydrogen", hydrogen);
        let bound = hydrogen * m.energy_content(&self.hydrogen);
        let made = self.made(m, &port, on);
        m.equal("electricity becomes hydrogen", &bound, made);
        if let Some(oxygen) = &self.oxygen {
            let ratio = self.oxygen_ratio(m, oxygen);
            m.give(oxygen, "oxygen", hydrogen * ratio);
        }
        self.recover_heat(m, power - bound * UPPER_TO_LOWER);
        if let Some(cost) = &self.variable_cost {
            let cost = m.price_of(cost, &self.hydrogen);
            m.cost("variable cost", hydrogen * cost);
        }
    }
}

impl Electrolyser {
    /// Electricity for hydrogen, and to stay warm while it stands.
    fn draw(&self, m: &mut Model, port: &Port, on: Option<Var>) {
        let mut electricity = Expr::from(port.output);
        match (self.standby, on) {
            (Some(standby), Some(on)) => {
                electricity = electricity + (Param::from(1.0) - on) * (&port.capacity * standby);
            }
            (Some(_), None) => {
                let message = "`standby` is drawn while the unit stands: say when it stands by a `minimum_load` or a `start_cost`, without `must_run`";
                m.error(Diagnostic::error(self.capacity.span, message));
            }
            (None, _) => {}
        }
        m.take(&self.electricity, "electricity", electricity);
    }

    /// Heating value of the hydrogen made of the electricity.
    fn made(&self, m: &mut Model, port: &Port, on: Option<Var>) -> Expr {
        let points = match &self.efficiency {
            Efficiency::Constant(efficiency) => return port.output * *efficiency,
            Efficiency::ByLoad(points) => points,
        };
        if port.capacity.is_zero() {
            // No load to lay the points along.
            return port.output * points[0].1;
        }
        let mut known: Vec<(Param, Param)> = Vec::new();
        let least = self.operation.minimum_load.map_or(0.0, Share::value);
        // Below the first point its efficiency holds, down to nought.
        let from_nought = on.is_none() || least < points[0].0.value();
        if from_nought {
            let nought = &port.capacity * 0.0;
            known.push((nought.clone(), nought));
        }
        for (load, efficiency) in
            points.iter().filter(|(load, _)| !from_nought || load.value() > 0.0)
        {
            let x = &port.capacity * *load;
            known.push((x.clone(), x * *efficiency));
        }
        curve(m, port.output, &known, on, Sense::Most)
    }

    /// Units of oxygen for each unit of hydrogen: half a volume for a volume.
    fn oxygen_ratio(&self, m: &mut Model, oxygen: &Name) -> Param {
        let (here, there) = (m.stock_dimension(&self.hydrogen), m.stock_dimension(oxygen));
        let per = |value: f64, stock: Dimension| Param::constant(value, VOLUME.per(stock));
        let volume = match here {
            ENERGY => per(1.0 / HYDROGEN_HEAT, here),
            MASS => per(1.0 / HYDROGEN_DENSITY, here),
            _ => per(1.0, here),
        };
        let half = volume * 0.5;
        match there {
            VOLUME => half,
            MASS => half * Param::constant(OXYGEN_DENSITY, MASS.per(VOLUME)),
            _ => {
                let message = format!(
                    "`{}` is oxygen here: count its carrier by `measure = \"volume\"` or \"mass\"",
                    oxygen.text
                );
                m.error(Diagnostic::error(oxygen.span, message));
                half
            }
        }
    }

    fn recover_heat(&self, m: &mut Model, waste: Expr) {
        match (&self.heat, self.heat_recovery) {
            (Some(heat), Some(share)) => {
                let best = match &self.efficiency {
                    Efficiency::Constant(efficiency) => efficiency.value(),
                    Efficiency::ByLoad(points) => {
                        points.iter().map(|(_, e)| e.value()).fold(0.0, f64::max)
                    }
                };
                if best * UPPER_TO_LOWER > 1.0 {
                    let message = format!(
                        "at an efficiency of {best} no waste heat is left: hydrogen holds 1.18 times as much by its upper heating value; remove `heat`"
                    );
                    m.error(Diagnostic::error(heat.span, message));
                    return;
                }
                let recovered = waste * share / m.energy_content(heat);
                m.give(heat, "heat", recovered);
            }
            (Some(heat), None) => {
                let message = "`heat` needs `heat_recovery` beside it, the share of the waste heat that is used, such as \"70 %\"";
                m.error(Diagnostic::error(heat.span, message));
            }
            (None, Some(_)) => {
                let message = "`heat_recovery` needs `heat`, the carrier or node the heat goes to";
                m.error(Diagnostic::error(self.capacity.span, message));
            }
            (None, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(hydrogen: &str, demand: &str, electrolyser: &str) -> String {
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
            [carrier.hydrogen]
            {hydrogen}
            [carrier.oxygen]
            measure = "volume"
            [carrier.heat]
            measure = "energy"
            [grid_connection.grid]
            import_price = "40 EUR/MWh"
            [series.use]
            {demand}
            [demand.shaft]
            carrier = "hydrogen"
            amount = "use"
            [vent.oxygen]
            carrier = "oxygen"
            [vent.heat]
            carrier = "heat"
            [electrolyser.e]
            capacity = "100 MW"
            hydrogen = "hydrogen"
            {electrolyser}
            "#
        )
    }

    const VOLUME: &str = "measure = \"volume\"\nheating_value = \"10.8 MJ/Nm3\"";
    const ENERGY: &str = "measure = \"energy\"";
    const STEADY: &str = "unit = \"kNm3/h\"\nvalues = [10, 10]";

    /// Proves: 10 kNm3/h of 3 MWh/kNm3 take 50 MW at 60 % and come with 5 kNm3/h of oxygen; half of
    /// the waste heat 50 − 1.18 · 30 = 14.6 MW is used. 2 h · 50 · 40 = 4000.
    /// Sensitivity: by the upper heating value it would take 59 MW; by the lower, 10 MW of heat.
    #[test]
    fn splits_water() {
        let electrolyser =
            "efficiency = 0.6\noxygen = \"oxygen\"\nheat = \"heat\"\nheat_recovery = \"50 %\"";
        let columns: &[(&str, &[f64])] =
            &[("e.electricity", &[50.0; 2]), ("e.oxygen", &[5.0; 2]), ("e.heat", &[7.3; 2])];
        let solved = check(&site(VOLUME, STEADY, electrolyser), 4000.0, columns);
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: hydrogen may be counted by energy or mass. 30 MW are 10 kNm3/h, 899 kg/h of 120 MJ/kg
    /// too (29.97 MW): 5 kNm3/h of oxygen.
    /// Sensitivity: half a unit for a unit would be 15 kNm3/h, or 0.45.
    #[test]
    fn oxygen_comes_by_volume() {
        let electrolyser = "efficiency = 0.6\noxygen = \"oxygen\"";
        let demand = "unit = \"MW\"\nvalues = [30, 30]";
        check(&site(ENERGY, demand, electrolyser), 4000.0, &[("e.oxygen", &[5.0; 2])]);
        let mass = "measure = \"mass\"\nheating_value = \"120 MJ/kg\"";
        let demand = "unit = \"kg/h\"\nvalues = [899, 899]";
        let cost = 2.0 * 40.0 * 0.899 * 120.0 / 3.6 / 0.6;
        check(&site(mass, demand, electrolyser), cost, &[("e.oxygen", &[5.0; 2])]);
    }

    /// Proves: a curve that rises first is exact. H(20) = 10, H(50) = 35, H(100) = 60 MW: 5 MW take
    /// 10 (the first point's 50 %), 47.5 MW take 75. Cost 85 · 40 = 3400.
    /// Sensitivity: filling the best part first would take 6 MW for the first hour.
    #[test]
    fn a_rising_curve_is_exact() {
        let demand = "unit = \"MW\"\nvalues = [5, 47.5]";
        let electrolyser = "efficiency = [[0.2, 0.5], [0.5, 0.7], [1.0, 0.6]]";
        let solved =
            check(&site(ENERGY, demand, electrolyser), 3400.0, &[("e.electricity", &[10.0, 75.0])]);
        assert!(solved.compiled.problem.has_integers());
    }

    /// Proves: a curve that falls stays a linear problem: H(50) = 35, H(100) = 60: 21 MW take 30,
    /// 47.5 take 75.
    /// Sensitivity: one efficiency of 60 % would take 35 and 79.2 MW.
    #[test]
    fn a_falling_curve_stays_linear() {
        let demand = "unit = \"MW\"\nvalues = [21, 47.5]";
        let electrolyser = "efficiency = [[0.5, 0.7], [1.0, 0.6]]";
        let solved =
            check(&site(ENERGY, demand, electrolyser), 4200.0, &[("e.electricity", &[30.0, 75.0])]);
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: while it stands it draws its standby power: 2 MW, then 50; each MWh of hydrogen costs 1.
    /// (2 + 50) · 40 + 30 = 2110. With a curve from the minimum load on, the same.
    /// Sensitivity: standby drawn throughout would cost 80 more.
    #[test]
    fn stands_by() {
        let demand = "unit = \"MW\"\nvalues = [0, 30]";
        for efficiency in ["0.6", "[[0.2, 0.5], [0.5, 0.6], [1.0, 0.55]]"] {
            let electrolyser = format!(
                "efficiency = {efficiency}\nminimum_load = \"20 %\"\nstandby = \"2 %\"\nvariable_cost = \"1 EUR/MWh\""
            );
            let columns: &[(&str, &[f64])] =
                &[("e.on", &[0.0, 1.0]), ("e.electricity", &[2.0, 50.0])];
            check(&site(ENERGY, demand, &electrolyser), 2110.0, columns);
        }
    }

    /// Proves: curves that are none, and what lacks its other half, are said.
    #[test]
    fn mistakes_are_said() {
        for (electrolyser, part) in [
            ("efficiency = 65", "is not a share"),
            ("efficiency = [[0.5, 0.7], [0.2, 0.6]]", "rise from point to point"),
            ("efficiency = [[0.2, 0.6], [0.8, 0.7]]", "at full load"),
            ("efficiency = [[0.6, 0.9], [1.0, 0.5]]", "cannot fall so steeply"),
            ("efficiency = []", "at full load"),
            ("efficiency = 0.6\nheat = \"heat\"", "needs `heat_recovery`"),
            ("efficiency = 0.6\nheat_recovery = 0.5", "needs `heat`"),
            ("efficiency = 0.9\nheat = \"heat\"\nheat_recovery = 0.5", "no waste heat is left"),
            ("efficiency = 0.6\noxygen = \"heat\"", "by `measure = \"volume\"`"),
            ("efficiency = 0.6\nstandby = \"2 %\"", "say when it stands"),
        ] {
            let found = mistakes(&site(VOLUME, STEADY, electrolyser));
            assert!(found.contains(part), "{electrolyser}: {found}");
        }
        let found = mistakes(&site("measure = \"volume\"", STEADY, "efficiency = 0.6"));
        assert!(
            found.contains("needs `heating_value`") || found.contains("heating_value (fuel)"),
            "{found}"
        );
    }
}
