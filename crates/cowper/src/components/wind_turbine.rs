//! A wind turbine or farm: electricity from wind, by its availability or by wind speed and a power curve.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::expression::Param;
use crate::field::{Factor, Field, Findings, Name, Node, Profile, Share};
use crate::model::Model;
use crate::patterns::operation::share_of;
use crate::patterns::weather::{Curtailment, harvest};
use crate::units::{Any, ENERGY, LENGTH, Length, NUMBER, Number, Power, Quantity, Speed, TIME};

/// A wind turbine or a farm of them: makes what the wind allows, or less where that is worth more.
///
/// What the wind allows is either an `availability` series, or follows from wind speed and a power
/// curve. Speed measured at another height is brought to the hub by the logarithmic law (with
/// `roughness`) or the power law. Where the run's steps are longer than the series', speeds are
/// averaged first and then mapped: the curve is not straight, so an availability computed from the
/// finer speeds is more exact.
///
/// # Equations
///
/// power = available − curtailed; 0 ≤ curtailed ≤ available
///
/// available = capacity · availability, or
///
/// available = capacity · curve(speed) · performance, straight between the points, nought outside
///
/// speed = wind_speed · ln(hub_height / roughness) / ln(measured_height / roughness), or
/// wind_speed · (hub_height / measured_height)^shear
///
/// cost = curtailment_price · curtailed + variable_cost · power
///
/// # Example
///
/// ```toml
/// # A farm by the works' harbour, with the wind of a mast of 10 m.
/// [site]
/// name = "Harbour wind"
/// [horizon]
/// start = "2025-01-01 00:00"
/// end = "2025-01-01 06:00"
/// step = "1 h"
/// [carrier.electricity]
/// measure = "energy"
/// [series.wind]
/// unit = "m/s"
/// values = [3.1, 4.8, 6.0, 7.5, 9.2, 8.1]
/// [wind_turbine.harbour]
/// capacity = "60 MW"
/// wind_speed = "wind"
/// measured_height = "10 m"
/// hub_height = "100 m"
/// roughness = "0.05 m"
/// power_curve = [["3 m/s", 0], ["6 m/s", 0.15], ["9 m/s", 0.55], ["12 m/s", 1], ["25 m/s", 1]]
/// performance = "93 %"
/// [grid_connection.grid]
/// import_price = "80 EUR/MWh"
/// [demand.works]
/// carrier = "electricity"
/// amount = "90 MW"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct WindTurbine {
    /// Node it feeds.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Rated power of all turbines.
    pub capacity: Quantity<Power>,
    /// Share of the capacity that reaches the node, all losses taken off; or give `wind_speed`.
    pub availability: Option<Profile<Number>>,
    /// Speed of the wind; or give `availability`.
    pub wind_speed: Option<Profile<Speed>>,
    /// Output over the speed at the hub; needed with `wind_speed`. In power, it is scaled so that its greatest is the capacity.
    pub power_curve: Option<PowerCurve>,
    /// What wakes, icing, repairs and cables leave of the curve; all of it without.
    pub performance: Option<Share>,
    /// Height of the hub, where the wind was measured at another one.
    pub hub_height: Option<Quantity<Length>>,
    /// Height at which the wind was measured.
    pub measured_height: Option<Quantity<Length>>,
    /// Roughness length of the ground, for the logarithmic law: 0.0002 m for sea, 0.05 m for fields, 1 m for towns.
    pub roughness: Option<Quantity<Length>>,
    /// Exponent of the power law; 1/7 without it and without `roughness`.
    pub shear: Option<Factor>,
    /// What is paid for what is made and what is not.
    #[field(flatten)]
    pub curtailment: Curtailment,
}

/// Output over wind speed: points of rising speed (m/h), with the share of the rated power.
#[derive(Debug, Clone)]
pub struct PowerCurve(Vec<(f64, f64)>);

impl Field for PowerCurve {
    fn read(node: &Node, findings: &mut Findings) -> Option<Self> {
        let points: Vec<[Quantity<Any>; 2]> = Vec::read(node, findings)?;
        let Some([_, first]) = points.first() else {
            findings.error(node.span, format!("this curve has no points; write {}", Self::words()));
            return None;
        };
        let found = findings.diagnostics.len();
        let mut wrong = |span, message: String| findings.error(span, message);
        if points.len() < 2 {
            wrong(node.span, format!("a curve needs at least two points; write {}", Self::words()));
        }
        for [speed, output] in &points {
            if speed.dimension() != LENGTH.per(TIME) || speed.value() < 0.0 {
                wrong(
                    speed.span,
                    "a power curve's points begin with a speed from 0 on, such as \"12 m/s\""
                        .into(),
                );
            }
            if ![NUMBER, ENERGY.per(TIME)].contains(&output.dimension())
                || output.dimension() != first.dimension()
            {
                wrong(output.span, "a power curve's points end with a share of the capacity, such as 0.55, or all with a power, such as \"2.3 MW\"".into());
            } else if output.value() < 0.0 || (output.dimension() == NUMBER && output.value() > 1.0)
            {
                wrong(
                    output.span,
                    format!(
                        "{} is not between nought and the capacity; shares go from 0 to 1",
                        output.value()
                    ),
                );
            }
        }
        for pair in points.windows(2) {
            if pair[1][0].value() <= pair[0][0].value() {
                wrong(
                    pair[1][0].span,
                    "the speeds of a power curve rise from point to point".into(),
                );
            }
        }
        let greatest = points.iter().map(|[_, output]| output.value()).fold(0.0, f64::max);
        if greatest == 0.0 {
            wrong(
                node.span,
                "this power curve is nought everywhere; one of its points holds the rated power"
                    .into(),
            );
        }
        // A curve in power is that of one turbine; the capacity may be that of many.
        let rated = if first.dimension() == NUMBER { 1.0 } else { greatest };
        (findings.diagnostics.len() == found).then(|| {
            PowerCurve(
                points
                    .iter()
                    .map(|[speed, output]| (speed.value(), output.value() / rated))
                    .collect(),
            )
        })
    }
    fn words() -> String {
        "points [speed, share of the capacity or power], such as [[\"3 m/s\", 0], [\"12 m/s\", 1], [\"25 m/s\", 1]]".into()
    }
    fn schema() -> serde_json::Value {
        Vec::<[Quantity<Any>; 2]>::schema()
    }
}

impl PowerCurve {
    /// The share of the rated power at a speed: straight between the points, nought outside.
    fn at(&self, speed: f64) -> f64 {
        let above = self.0.partition_point(|(s, _)| *s <= speed);
        match (above.checked_sub(1).map(|below| self.0[below]), self.0.get(above)) {
            (Some((s0, y0)), Some((s1, y1))) => y0 + (y1 - y0) * (speed - s0) / (s1 - s0),
            // The last point itself is still on the curve.
            (Some((s0, y0)), None) if speed <= s0 => y0,
            _ => 0.0,
        }
    }
}

impl Component for WindTurbine {
    fn equations(&self, m: &mut Model) {
        let share = match (&self.availability, &self.wind_speed) {
            (Some(availability), None) => {
                self.check_no_model(m, availability);
                share_of(m, availability)
            }
            (None, Some(speed)) => {
                let Some(share) = self.wind_share(m, speed) else { return };
                share
            }
            (Some(availability), Some(_)) => {
                let message = "give either `availability` or `wind_speed`, not both: each alone says what the wind allows";
                m.error(Diagnostic::error(availability.span(), message));
                return;
            }
            (None, None) => {
                let message = "a wind turbine needs `availability` (a share of its capacity), or `wind_speed` with a `power_curve`";
                m.error(Diagnostic::error(self.capacity.span, message));
                return;
            }
        };
        let capacity =
            m.in_unit_of(self.capacity.into(), &self.electricity, self.capacity.span, |stock| {
                stock.per(TIME)
            });
        harvest(m, &self.electricity, &(capacity * share), &self.curtailment);
    }
}

impl WindTurbine {
    /// The share of the capacity that the wind allows.
    fn wind_share(&self, m: &mut Model, wind: &Profile<Speed>) -> Option<Param> {
        let speed = m.profile(wind);
        let higher = self.speed_up(m, wind);
        let Some(curve) = &self.power_curve else {
            let message =
                format!("`wind_speed` needs a `power_curve` beside it: {}", PowerCurve::words());
            m.error(Diagnostic::error(wind.span(), message));
            return None;
        };
        let performance = self.performance.map_or(1.0, Share::value);
        let share = speed.values.map(|speed| curve.at(speed * higher) * performance);
        Some(Param { values: share, dimension: NUMBER })
    }

    /// How much faster the wind blows at the hub than where it was measured.
    fn speed_up(&self, m: &mut Model, wind: &Profile<Speed>) -> f64 {
        let (hub, measured) = match (self.hub_height, self.measured_height) {
            (Some(hub), Some(measured)) if hub.value() > 0.0 && measured.value() > 0.0 => {
                (hub, measured)
            }
            (None, None) => {
                if self.roughness.is_some() || self.shear.is_some() {
                    let message = "`roughness` and `shear` bring the wind to the hub: give `hub_height` and `measured_height` as well";
                    m.error(Diagnostic::error(wind.span(), message));
                }
                return 1.0;
            }
            (Some(hub), Some(_)) => {
                m.error(Diagnostic::error(
                    hub.span,
                    "`hub_height` and `measured_height` lie above the ground: write more than 0 m",
                ));
                return 1.0;
            }
            (Some(one), None) | (None, Some(one)) => {
                let message = "`hub_height` and `measured_height` go together: give both, or none where the wind is that at the hub";
                m.error(Diagnostic::error(one.span, message));
                return 1.0;
            }
        };
        match (self.roughness, self.shear) {
            (Some(roughness), None) => {
                let (hub, measured, length) = (hub.value(), measured.value(), roughness.value());
                if length <= 0.0 || length >= hub.min(measured) {
                    let message = "the roughness length is above nought and below both heights: 0.0002 m for sea to 1 m for towns";
                    m.error(Diagnostic::error(roughness.span, message));
                    return 1.0;
                }
                (hub / length).ln() / (measured / length).ln()
            }
            (Some(roughness), Some(_)) => {
                let message = "give `roughness` for the logarithmic law or `shear` for the power law, not both";
                m.error(Diagnostic::error(roughness.span, message));
                1.0
            }
            (None, shear) => {
                (hub.value() / measured.value()).powf(shear.map_or(1.0 / 7.0, Factor::value))
            }
        }
    }

    /// What belongs to `wind_speed` would be passed over beside an availability.
    fn check_no_model(&self, m: &mut Model, availability: &Profile<Number>) {
        let given = [
            ("power_curve", self.power_curve.is_some()),
            ("performance", self.performance.is_some()),
            ("hub_height", self.hub_height.is_some()),
            ("measured_height", self.measured_height.is_some()),
            ("roughness", self.roughness.is_some()),
            ("shear", self.shear.is_some()),
        ];
        for (field, _) in given.iter().filter(|(_, given)| *given) {
            let message = format!(
                "`{field}` belongs to `wind_speed`; `availability` holds it already: remove one of the two"
            );
            m.error(Diagnostic::error(availability.span(), message));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    const CURVE: &str = "power_curve = [[\"3 m/s\", 0], [\"13 m/s\", 1], [\"25 m/s\", 1]]\n";

    fn site(turbine: &str) -> String {
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
            [series.share]
            unit = "1"
            values = [0.1, 0.5, 1, 0]
            [series.wind]
            unit = "m/s"
            values = [2, 8, 25, 26]
            [series.slow]
            unit = "m/s"
            values = [2, 4, 6.5, 13]
            [wind_turbine.farm]
            capacity = "100 MW"
            {turbine}
            [grid_connection.grid]
            import_price = "60 EUR/MWh"
            [demand.load]
            carrier = "electricity"
            amount = "100 MW"
            "#
        )
    }

    /// Proves: an availability is a share of the capacity; what is made has its cost.
    /// 160 MWh · 2 + 240 bought · 60 = 14 720.
    /// Sensitivity: availability in percent of the load or in MW would give other sums.
    #[test]
    fn follows_its_availability() {
        let turbine = "availability = \"share\"\nvariable_cost = \"2 EUR/MWh\"";
        check(&site(turbine), 14_720.0, &[("farm.power", &[10.0, 50.0, 100.0, 0.0])]);
    }

    /// Proves: straight between the points, nothing below the first and above the last, which
    /// still counts: 2, 8, 25 and 26 m/s make 0, 50, 100 and 0 MW; 90 % of it is left.
    /// Sensitivity: a curve carried on beyond its end would make 100 MW in the storm.
    #[test]
    fn maps_the_wind_by_its_curve() {
        let turbine = format!("wind_speed = \"wind\"\nperformance = \"90 %\"\n{CURVE}");
        check(&site(&turbine), 265.0 * 60.0, &[("farm.power", &[0.0, 45.0, 90.0, 0.0])]);
    }

    /// Proves: a curve of one turbine in MW serves a farm: half of 4 MW is half of the farm.
    /// Sensitivity: a curve that is not scaled would make 2 and 4 MW.
    #[test]
    fn a_curve_in_power_is_scaled() {
        let turbine = "wind_speed = \"wind\"\npower_curve = [[\"3 m/s\", \"0 kW\"], [\"13 m/s\", \"4 MW\"], [\"25 m/s\", \"4 MW\"]]";
        check(&site(turbine), 250.0 * 60.0, &[("farm.power", &[0.0, 50.0, 100.0, 0.0])]);
    }

    /// Proves: the wind is brought to the hub. Power law: (40/10)^0.5 = 2, so 2, 4, 6.5, 13 m/s are
    /// 4, 8, 13, 26 at the hub: 10, 50, 100, 0 MW. Logarithmic law: ln(1000)/ln(100) = 1.5: 3, 6,
    /// 9.75, 19.5 m/s: 0, 30, 67.5, 100 MW.
    /// Sensitivity: without it 0, 10, 35 and 100 MW.
    #[test]
    fn wind_rises_with_height() {
        let power = format!(
            "wind_speed = \"slow\"\nhub_height = \"40 m\"\nmeasured_height = \"10 m\"\nshear = 0.5\n{CURVE}"
        );
        check(&site(&power), 240.0 * 60.0, &[("farm.power", &[10.0, 50.0, 100.0, 0.0])]);
        let logarithmic = format!(
            "wind_speed = \"slow\"\nhub_height = \"100 m\"\nmeasured_height = \"10 m\"\nroughness = \"0.1 m\"\n{CURVE}"
        );
        check(&site(&logarithmic), 202.5 * 60.0, &[("farm.power", &[0.0, 30.0, 67.5, 100.0])]);
    }

    /// Proves: what does not fit together, and curves that are none, are mistakes with advice.
    #[test]
    fn one_way_of_giving_the_wind() {
        for (turbine, part) in [
            (String::new(), "needs `availability`"),
            (format!("availability = \"share\"\nwind_speed = \"wind\"\n{CURVE}"), "not both"),
            ("wind_speed = \"wind\"".into(), "needs a `power_curve`"),
            (format!("availability = \"share\"\n{CURVE}"), "`power_curve` belongs to `wind_speed`"),
            (format!("wind_speed = \"wind\"\nhub_height = \"90 m\"\n{CURVE}"), "go together"),
            (format!("wind_speed = \"wind\"\nroughness = \"1 m\"\n{CURVE}"), "give `hub_height`"),
            (
                "wind_speed = \"wind\"\npower_curve = [[\"9 m/s\", 1], [\"3 m/s\", 0]]".into(),
                "rise from point to point",
            ),
            (
                "wind_speed = \"wind\"\npower_curve = [[\"3 m/s\", 0], [\"9 m/s\", 100]]".into(),
                "shares go from 0 to 1",
            ),
            ("wind_speed = \"wind\"\npower_curve = [[3, 0], [9, 1]]".into(), "begin with a speed"),
        ] {
            let found = mistakes(&site(&turbine));
            assert!(found.contains(part), "{turbine}: {found}");
        }
    }
}
