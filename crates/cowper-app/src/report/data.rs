//! The series of a report, small enough for a page: quantised, packed, in base64, with what to draw of them.
//!
//! A value is a multiple of its series' own fineness: 1/16,000 of its range. Zero is always exact.
//! Changes from step to step go first by their high bytes, then by their low ones: alike bytes pack well.
//! A series whose range dwarfs its usual values, a price with one shortage, would lose these: it keeps
//! floating-point values of 32 bits, their bytes apart likewise.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cowper::model::Direction;
use cowper::units::{Dimension, TIME};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::Run;
use super::text::{unit, words};

/// Series in the making.
#[derive(Debug, Default)]
pub struct Pack {
    bytes: Vec<u8>,
    scales: Vec<Value>,
}

/// How many values a series' range is divided into: finer than a screen, coarse enough to pack well.
const FINENESS: f64 = 16_000.0;

/// A range of more than so many times the median size is not divided: a 16th of such a value would be lost.
const SPIKE: f64 = 1000.0;

/// The code of a value that is not known.
const MISSING: u16 = u16::MAX;

impl Pack {
    /// Adds a series; its number stands for it in the page.
    pub fn add(&mut self, values: &[f64]) -> usize {
        if has_spikes(values) {
            let codes: Vec<[u8; 4]> = values.iter().map(|v| (*v as f32).to_be_bytes()).collect();
            for place in 0..4 {
                self.bytes.extend(codes.iter().map(|c| c[place]));
            }
            self.scales.push(Value::Null);
            return self.scales.len() - 1;
        }
        let (scale, base) = fineness(values);
        let mut before = 0u16;
        let changes: Vec<u16> = values
            .iter()
            .map(|value| {
                let code = if value.is_finite() {
                    ((value / scale).round() - base) as u16
                } else {
                    MISSING
                };
                let change = code.wrapping_sub(before);
                before = code;
                change
            })
            .collect();
        self.bytes.extend(changes.iter().map(|c| (c >> 8) as u8));
        self.bytes.extend(changes.iter().map(|c| *c as u8));
        self.scales.push(json!([scale, base]));
        self.scales.len() - 1
    }

    /// All series as text for the page.
    pub fn text(&self) -> String {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(4));
        let packed = encoder.write_all(&self.bytes).and_then(|()| encoder.finish());
        STANDARD.encode(packed.expect("writing to memory cannot fail"))
    }
}

/// Whether the range is so much wider than the usual values that a share of it says nothing of them.
fn has_spikes(values: &[f64]) -> bool {
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (least, greatest) = finite().fold((0.0, 0.0), |(l, g): (f64, f64), v| (l.min(v), g.max(v)));
    let range = greatest - least;
    // Idle steps and what rounding leaves in them are not usual values.
    let mut sizes: Vec<f64> = finite().map(f64::abs).filter(|v| *v > range * 1e-9).collect();
    if sizes.is_empty() {
        return false;
    }
    let middle = sizes.len() / 2;
    range > SPIKE * *sizes.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// The size of one code, and the code of the least value.
fn fineness(values: &[f64]) -> (f64, f64) {
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (least, greatest) =
        (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    if least > greatest {
        return (1.0, 0.0);
    }
    // A series that never changes is its own fineness.
    let range = greatest - least;
    let scale = if range > 0.0 { range / FINENESS } else { greatest.abs() };
    let scale = if scale > 0.0 { scale } else { 1.0 };
    (scale, (least / scale).round())
}

/// Whether a flow is a loss that a dispatcher should see: of a flare or vent, or let go by any other kind.
pub fn is_wasting(kind: &str, flow: &str) -> bool {
    ["flare", "vent"].contains(&kind) || ["flared", "vented"].contains(&flow)
}

/// What the page draws: time, charts and where their series are.
pub fn meta(run: &Run, pack: &mut Pack) -> Value {
    let horizon = &run.compiled.horizon;
    let nodes: Vec<Value> =
        (0..run.site.network.nodes.len()).filter_map(|node| node_chart(run, node, pack)).collect();
    let levels: Vec<Value> =
        run.compiled.levels.iter().map(|level| level_chart(run, level, pack)).collect();
    json!({
        "start": horizon.start.as_second(),
        "step": horizon.step_seconds,
        "steps": horizon.steps,
        "offsets": offsets(run),
        "zone": horizon.zone.iana_name().unwrap_or("local"),
        "nodes": nodes,
        "levels": levels,
        "scales": pack.scales,
    })
}

/// From which second on the local clock is how far ahead of UTC.
fn offsets(run: &Run) -> Vec<[i64; 2]> {
    let horizon = &run.compiled.horizon;
    let offset_at = |second: i64| {
        jiff::Timestamp::from_second(second)
            .map_or(0, |at| i64::from(horizon.zone.to_offset(at).seconds()))
    };
    let start = horizon.start.as_second();
    let mut changes = vec![[start, offset_at(start)]];
    for change in
        horizon.zone.following(horizon.start).take_while(|c| c.timestamp() < horizon.end())
    {
        changes.push([change.timestamp().as_second(), i64::from(change.offset().seconds())]);
    }
    changes
}

/// What fed a node and what took from it; none where nothing ever flows.
fn node_chart(run: &Run, node: usize, pack: &mut Pack) -> Option<Value> {
    let network = &run.site.network;
    let measure = network.carrier_of(node).measure;
    let currency = &network.currency;
    let mut series = Vec::new();
    for (flow, column) in
        run.compiled.flows.iter().zip(&run.schedule.flows).filter(|(f, _)| f.node == node)
    {
        let placed = &run.site.components[flow.component];
        series.push(json!({
            "key": placed.name,
            "label": placed.label,
            "what": words(&flow.name),
            "sign": if flow.direction == Direction::Give { 1 } else { -1 },
            "abnormal": is_wasting(placed.kind, &flow.name),
            "at": pack.add(&column.values),
        }));
    }
    if series.is_empty() {
        return None;
    }
    let balance = &run.compiled.balances[node];
    for (what, sign, id) in [("shortage", 1, balance.shortage), ("surplus", -1, balance.surplus)] {
        if run.accounts.slacks.iter().any(|s| {
            s.node == node && (s.kind == cowper::accounts::SlackKind::Shortage) == (sign == 1)
        }) {
            let values = cowper::schedule::values_of(run.point, id);
            series.push(json!({
                "key": what, "label": what, "what": if sign == 1 { "not served" } else { "not taken" },
                "sign": sign, "slack": true, "at": pack.add(values),
            }));
        }
    }
    let price = &run.schedule.prices[node];
    Some(json!({
        "node": network.nodes[node].name,
        "label": super::node_label(run, node),
        "unit": unit(measure.flow(), currency),
        "stock": unit(measure.stock(), currency),
        "series": series,
        "price": pack.add(&price.values),
        "price_unit": unit(price.dimension, currency),
    }))
}

fn level_chart(run: &Run, level: &cowper::model::LevelInfo, pack: &mut Pack) -> Value {
    let network = &run.site.network;
    let placed = &run.site.components[level.component];
    let stock: Dimension = network.carrier_of(level.node).measure.stock();
    json!({
        "key": placed.name,
        "label": placed.label,
        "holds": super::node_label(run, level.node),
        "unit": unit(stock, &network.currency),
        "rate_unit": unit(stock.per(TIME), &network.currency),
        "capacity": Some(level.capacity).filter(|c| c.is_finite()),
        "band": level.band.map(|(low, high)| [low, high]),
        "at": pack.add(cowper::schedule::values_of(run.point, level.level)),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// Reads back as the page does.
    fn unpack(pack: &Pack, steps: usize) -> Vec<Vec<f64>> {
        let packed = STANDARD.decode(pack.text()).unwrap();
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
        let mut from = 0;
        let mut one = |scale: &Value| {
            let (planes, start) = (if scale.is_null() { 4 } else { 2 }, from);
            from += planes * steps;
            let mut code = 0u16;
            let read = |t: usize| {
                let at = |plane: usize| bytes[start + plane * steps + t];
                if scale.is_null() {
                    return f64::from(f32::from_be_bytes([at(0), at(1), at(2), at(3)]));
                }
                code = code.wrapping_add(u16::from_be_bytes([at(0), at(1)]));
                if code == MISSING {
                    f64::NAN
                } else {
                    (f64::from(code) + scale[1].as_f64().unwrap()) * scale[0].as_f64().unwrap()
                }
            };
            (0..steps).map(read).collect()
        };
        pack.scales.iter().map(&mut one).collect()
    }

    /// Proves: values come back within half a 16,000th of their range, zeros and constants exactly,
    /// unknown ones as unknown. Sensitivity: a range that left out zero would show idle units running.
    #[test]
    fn series_come_back() {
        let many: Vec<Vec<f64>> = vec![
            vec![0.0, 100.0, 33.333, -20.0, 0.0],
            vec![7.25; 5],
            vec![0.0; 5],
            vec![1000.0, 1000.5, 1001.0, 1000.25, 1000.75],
            vec![1.0, f64::NAN, f64::INFINITY, 3.0, 2.0],
            vec![-5.0, -5.0, -1.0, -3.0, -5.0],
        ];
        let mut pack = Pack::default();
        for values in &many {
            pack.add(values);
        }
        for (values, found) in many.iter().zip(unpack(&pack, 5)) {
            let finite = || values.iter().filter(|v| v.is_finite());
            let range = finite().fold(f64::MIN, |a, b| a.max(*b))
                - finite().fold(f64::MAX, |a, b| a.min(*b));
            for (value, found) in values.iter().zip(found) {
                assert_eq!(value.is_finite(), found.is_finite(), "{value} came back as {found}");
                assert!(
                    !value.is_finite() || (value - found).abs() <= range / FINENESS * 0.6,
                    "{value} came back as {found}"
                );
                assert!(*value != 0.0 || found == 0.0);
            }
        }
        assert_eq!(unpack(&pack, 5)[1], many[1]);
    }

    /// Proves: beside a shortage at 1,000,000 a price of 61.37 is still 61.37, and the series after it
    /// is read from its own place. Sensitivity: in parts of the range it would come back as 62.5.
    #[test]
    fn a_spike_leaves_the_usual_prices_alone() {
        let prices = [61.37, -12.5, 1e6, 0.0, 58.21];
        let flows = [0.0, 0.0, 100.0, 0.0, 1e-9];
        let mut pack = Pack::default();
        for values in [prices, flows, prices] {
            pack.add(&values);
        }
        assert_eq!(pack.scales.iter().map(Value::is_null).collect::<Vec<_>>(), [true, false, true]);
        let found = unpack(&pack, 5);
        for (value, found) in prices.iter().zip(&found[2]) {
            assert!((value - found).abs() <= value.abs() * 1e-7, "{value} came back as {found}");
        }
        assert!((found[1][2] - 100.0).abs() < 0.01 && found[0] == found[2]);
    }

    /// Proves: gas burnt at a converter's own stack is waste as a flare's is; what it gives is not.
    /// Sensitivity: by kinds alone the stack would be left out.
    #[test]
    fn a_stack_of_any_kind_wastes() {
        assert!(is_wasting("oxygen_converter", "flared"));
        assert!(is_wasting("flare", "flared") && is_wasting("vent", "vented"));
        assert!(!is_wasting("oxygen_converter", "bofg"));
    }

    /// Proves: a day of 96 alike series takes next to nothing.
    #[test]
    fn alike_series_pack_well() {
        let mut pack = Pack::default();
        for _ in 0..96 {
            pack.add(&(0..96).map(f64::from).collect::<Vec<_>>());
        }
        assert!(pack.text().len() < 2000, "{}", pack.text().len());
    }
}
