//! Energy from sources to uses, drawn as a picture that prints: boxes in columns, bands as wide as the energy.

use std::fmt::Write;

use cowper::accounts::SlackKind;
use cowper::model::Direction;

use super::Run;
use super::text::{escape, number, words};

/// A box: a node's carrier, or a component.
#[derive(Debug)]
struct Place {
    key: String,
    label: String,
    style: &'static str,
    colour: Option<String>,
    column: usize,
    top: f64,
    inflow: f64,
    outflow: f64,
}

impl Place {
    /// What it needs in its column. A carrier's label stands below it, where no component's runs into it.
    fn room(&self, scale: f64) -> f64 {
        let label = if self.style == "carrier" { ROOM } else { 0.0 };
        (self.size() * scale + 7.0).max(ROOM) + label
    }

    fn size(&self) -> f64 {
        self.inflow.max(self.outflow)
    }
}

/// Energy from one box to another, in MWh.
#[derive(Debug)]
struct Band {
    from: usize,
    to: usize,
    energy: f64,
    colour: String,
    /// Whether it closes a circle and runs back below the picture.
    back: bool,
}

#[derive(Debug, Default)]
struct Picture {
    places: Vec<Place>,
    bands: Vec<Band>,
}

const WIDTH: f64 = 1100.0;
const BOX: f64 = 14.0;
const MARGIN: f64 = 10.0;
/// Room for the labels of the last column.
const LABELS: f64 = 215.0;
/// Least room of a box with its label.
const ROOM: f64 = 17.0;
/// Three or more sources or uses of a carrier below this share of the greatest are drawn as one.
const SMALL: f64 = 0.004;

/// The picture, and the carriers that hold no energy and are left out of it.
pub fn draw(run: &Run) -> (String, Vec<String>) {
    let network = &run.site.network;
    let without = (0..network.nodes.len()).filter(|n| network.energy_content(*n).is_none());
    let without = without.map(|n| super::node_label(run, n)).collect();
    let mut picture = collect(run);
    if picture.bands.is_empty() {
        return (String::new(), without);
    }
    picture.mark_circles();
    picture.set_columns();
    (picture.render(), without)
}

/// Gathers what flows over the run.
fn collect(run: &Run) -> Picture {
    let network = &run.site.network;
    let mut found: Vec<(String, String, &'static str, usize, f64)> = Vec::new();
    for line in &run.accounts.energy {
        let Some(content) = network.energy_content(line.node) else { continue };
        let mut component = usize::MAX;
        for (flow, _) in &line.flows {
            let index = run.compiled.flows[*flow].component;
            if index == component
                || found.iter().any(|f| f.3 == line.node && f.0 == format!("c{index}"))
            {
                continue;
            }
            component = index;
            let placed = &run.site.components[index];
            let own =
                || line.flows.iter().filter(|(f, _)| run.compiled.flows[*f].component == index);
            let net = own().map(|(_, amount)| amount).sum::<f64>() * content;
            let stores = run.compiled.levels.iter().any(|l| l.component == index);
            let both = [Direction::Give, Direction::Take]
                .iter()
                .all(|d| own().any(|(f, _)| run.compiled.flows[*f].direction == *d));
            let only_here =
                run.compiled.flows.iter().all(|f| f.component != index || f.node == line.node);
            if both && only_here && !stores {
                // A grid connection: what comes in and what goes out are two ends of the picture.
                for (flow, amount) in own() {
                    let name = words(&run.compiled.flows[*flow].name);
                    found.push((
                        format!("c{index}.{name}"),
                        format!("{}: {name}", placed.label),
                        "component",
                        line.node,
                        amount * content,
                    ));
                }
            } else if stores && only_here {
                let word = if net < 0.0 { "kept or lost in" } else { "drawn from" };
                found.push((
                    format!("c{index}"),
                    format!("{word} {}", placed.label),
                    "component",
                    line.node,
                    net,
                ));
            } else {
                let style =
                    if own().all(|(f, _)| super::is_wasting(placed.kind, &run.compiled.flows[*f].name)) { "waste" } else { "component" };
                found.push((format!("c{index}"), placed.label.clone(), style, line.node, net));
            }
        }
    }
    for slack in &run.accounts.slacks {
        let Some(content) = network.energy_content(slack.node) else { continue };
        let (word, sign) =
            if slack.kind == SlackKind::Shortage { ("shortage", 1.0) } else { ("surplus", -1.0) };
        let label = format!("{word} of {}", super::node_label(run, slack.node));
        found.push((
            format!("{word}{}", slack.node),
            label,
            "slack",
            slack.node,
            sign * slack.amount * content,
        ));
    }
    let greatest = found.iter().map(|f| f.4.abs()).fold(0.0, f64::max);
    let throughput =
        |key: &str| found.iter().filter(|f| f.0 == key).map(|f| f.4.abs()).fold(0.0, f64::max);
    let is_small = |f: &(String, String, &str, usize, f64)| {
        f.2 == "component" && throughput(&f.0) < greatest * SMALL
    };
    let mut picture = Picture::default();
    for end in &found {
        let (key, label, style, node, energy) = end;
        if energy.abs() <= greatest * 1e-6 {
            continue;
        }
        let alike =
            || found.iter().filter(|f| f.3 == *node && f.4 * energy > 0.0 && is_small(f)).count();
        let (key, label) = if is_small(end) && alike() > 2 {
            let end = if *energy > 0.0 { "source" } else { "use" };
            (
                format!("small {end} {node}"),
                format!("small {end}s of {}", super::node_label(run, *node)),
            )
        } else {
            (key.clone(), label.clone())
        };
        let colour = super::colour_of(run, *node);
        let here = picture.place(
            &format!("n{node}"),
            &super::node_label(run, *node),
            "carrier",
            Some(colour.clone()),
        );
        let there = picture.place(&key, &label, style, None);
        let (from, to) = if *energy > 0.0 { (there, here) } else { (here, there) };
        picture.connect(from, to, energy.abs(), colour);
    }
    picture
}

impl Picture {
    fn place(
        &mut self,
        key: &str,
        label: &str,
        style: &'static str,
        colour: Option<String>,
    ) -> usize {
        if let Some(index) = self.places.iter().position(|p| p.key == key) {
            return index;
        }
        self.places.push(Place {
            key: key.into(),
            label: label.into(),
            style,
            colour,
            column: 0,
            top: 0.0,
            inflow: 0.0,
            outflow: 0.0,
        });
        self.places.len() - 1
    }

    fn connect(&mut self, from: usize, to: usize, energy: f64, colour: String) {
        self.places[from].outflow += energy;
        self.places[to].inflow += energy;
        match self.bands.iter_mut().find(|b| b.from == from && b.to == to) {
            Some(band) => band.energy += energy,
            None => self.bands.push(Band { from, to, energy, colour, back: false }),
        }
    }

    /// Finds the bands that close circles: gas to power to the fans that make the gas.
    fn mark_circles(&mut self) {
        // The widest first, so that a circle is cut where little flows.
        self.bands.sort_by(|a, b| b.energy.total_cmp(&a.energy));
        for band in 0..self.bands.len() {
            let (from, to) = (self.bands[band].from, self.bands[band].to);
            self.bands[band].back = self.reaches(to, from, band);
        }
    }

    /// Whether forward bands among the first `known` lead from one box to another.
    fn reaches(&self, from: usize, to: usize, known: usize) -> bool {
        let mut seen = vec![false; self.places.len()];
        let mut next = vec![from];
        while let Some(at) = next.pop() {
            if at == to {
                return true;
            }
            if !std::mem::replace(&mut seen[at], true) {
                next.extend(
                    self.bands[..known].iter().filter(|b| b.from == at && !b.back).map(|b| b.to),
                );
            }
        }
        false
    }

    /// A box stands right of all that feed it; a source just left of what it feeds; uses at the end.
    fn set_columns(&mut self) {
        for _ in 0..self.places.len() {
            for band in self.bands.iter().filter(|b| !b.back) {
                self.places[band.to].column =
                    self.places[band.to].column.max(self.places[band.from].column + 1);
            }
        }
        let last = self.places.iter().map(|p| p.column).max().unwrap_or(0);
        for index in 0..self.places.len() {
            let after = || self.bands.iter().filter(|b| b.from == index && !b.back);
            let fed = self.bands.iter().any(|b| b.to == index && !b.back);
            match after().map(|b| self.places[b.to].column).min() {
                None => self.places[index].column = last,
                Some(first) if !fed => self.places[index].column = first - 1,
                Some(_) => {}
            }
        }
    }

    /// Settles the boxes' heights: each near what it is joined to, none over another.
    fn settle(&mut self, height: f64, scale: f64) {
        let columns = self.places.iter().map(|p| p.column).max().unwrap_or(0) + 1;
        let members = |places: &[Place], column: usize| -> Vec<usize> {
            (0..places.len()).filter(|i| places[*i].column == column).collect()
        };
        for column in 0..columns {
            let mut at = 0.0;
            let mut order = members(&self.places, column);
            order.sort_by(|a, b| self.places[*b].size().total_cmp(&self.places[*a].size()));
            for index in order {
                self.places[index].top = at;
                at += self.places[index].room(scale);
            }
        }
        for pass in 0..24 {
            let order: Vec<usize> =
                if pass % 2 == 0 { (0..columns).collect() } else { (0..columns).rev().collect() };
            for column in order {
                let wish = |index: usize| {
                    let joined =
                        self.bands.iter().filter(|b| !b.back).filter_map(|b| match index {
                            i if i == b.from => Some((b.to, b.energy)),
                            i if i == b.to => Some((b.from, b.energy)),
                            _ => None,
                        });
                    let (sum, weight) = joined.fold((0.0, 0.0), |(s, w), (other, energy)| {
                        let p = &self.places[other];
                        (s + energy * (p.top + p.size() * scale / 2.0), w + energy)
                    });
                    let p = &self.places[index];
                    if weight > 0.0 { sum / weight - p.size() * scale / 2.0 } else { p.top }
                };
                let mut wishes: Vec<(f64, usize)> =
                    members(&self.places, column).into_iter().map(|i| (wish(i), i)).collect();
                wishes.sort_by(|a, b| a.0.total_cmp(&b.0));
                let mut free = 0.0;
                for (wish, index) in &wishes {
                    self.places[*index].top = wish.max(free);
                    free = self.places[*index].top + self.places[*index].room(scale);
                }
                // Those pushed out at the bottom move up again.
                let mut limit = height;
                for (_, index) in wishes.iter().rev() {
                    let needed = self.places[*index].room(scale);
                    self.places[*index].top = self.places[*index].top.min(limit - needed).max(0.0);
                    limit = self.places[*index].top;
                }
            }
        }
    }

    fn render(&mut self) -> String {
        let columns = self.places.iter().map(|p| p.column).max().unwrap_or(0) + 1;
        let in_column = |c: usize| self.places.iter().filter(move |p| p.column == c);
        let most = (0..columns).map(|c| in_column(c).count()).max().unwrap_or(1) as f64;
        let widest =
            (0..columns).map(|c| in_column(c).map(Place::size).sum::<f64>()).fold(0.0, f64::max);
        let height = (most * 34.0).clamp(400.0, 1500.0);
        let scale = (height - most * ROOM).max(height * 0.4) / widest;
        let height = (0..columns)
            .map(|c| in_column(c).map(|p| p.room(scale)).sum::<f64>())
            .fold(height, f64::max);
        self.settle(height, scale);
        // The picture begins where its first box does.
        let first = self.places.iter().map(|p| p.top).fold(f64::INFINITY, f64::min);
        for place in &mut self.places {
            place.top -= first;
        }
        let height = height - first;

        let left = |p: &Place| {
            MARGIN + (WIDTH - MARGIN - LABELS - BOX) * p.column as f64 / (columns.max(2) - 1) as f64
        };
        let mut below = height + 12.0;
        let mut bands = String::new();
        for (band, leaves, enters) in self.ends(scale) {
            let (from, to) = (&self.places[band.from], &self.places[band.to]);
            let width = (band.energy * scale).max(0.8);
            let (x0, x1) = (left(from) + BOX, left(to));
            let path = if band.back {
                below += width / 2.0;
                let y = below;
                below += width / 2.0 + 4.0;
                let (right, back) = (x0 + 26.0, x1 - 26.0);
                format!(
                    "M{x0:.1},{leaves:.1} C{right:.1},{leaves:.1} {right:.1},{y:.1} {x0:.1},{y:.1} L{x1:.1},{y:.1} C{back:.1},{y:.1} {back:.1},{enters:.1} {x1:.1},{enters:.1}"
                )
            } else {
                let middle = f64::midpoint(x0, x1);
                format!(
                    "M{x0:.1},{leaves:.1} C{middle:.1},{leaves:.1} {middle:.1},{enters:.1} {x1:.1},{enters:.1}"
                )
            };
            let title = format!("{} → {}: {} MWh", from.label, to.label, number(band.energy));
            let _ = write!(
                bands,
                "<path d=\"{path}\" stroke=\"{}\" stroke-width=\"{width:.2}\"><title>{}</title></path>",
                band.colour,
                escape(&title)
            );
        }
        let mut boxes = String::new();
        for place in &self.places {
            let (x, tall) = (left(place), (place.size() * scale).max(2.0));
            let fill =
                place.colour.as_ref().map(|c| format!(" style=\"fill:{c}\"")).unwrap_or_default();
            let (label, energy) = (escape(&place.label), number(place.size()));
            let losses = place.inflow - place.outflow;
            let text = if place.style == "carrier" {
                (x, place.top + tall + 13.0)
            } else {
                (x + BOX + 5.0, place.top + tall / 2.0 + 4.0)
            };
            let lost =
                place.style == "component" && place.outflow > 0.0 && losses > place.inflow * 1e-4;
            let title = if lost {
                format!("{label}: {energy} MWh in, {} MWh of it lost", number(losses))
            } else {
                format!("{label}: {energy} MWh")
            };
            let _ = write!(
                boxes,
                "<g class=\"{}\"><title>{title}</title><rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{BOX}\" height=\"{tall:.1}\"{fill}/>",
                place.style, place.top
            );
            if lost {
                let part = losses * scale;
                let _ = write!(
                    boxes,
                    "<rect class=\"lost\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{BOX}\" height=\"{part:.1}\"/>",
                    place.top + tall - part
                );
            }
            let _ = write!(
                boxes,
                "<text x=\"{:.1}\" y=\"{:.1}\">{label} <tspan>{energy}</tspan></text></g>",
                text.0, text.1
            );
        }
        format!(
            "<svg class=\"sankey{}\" viewBox=\"0 -6 {WIDTH} {:.0}\" role=\"img\" aria-label=\"Energy flow from sources to uses, in MWh\"><g class=\"bands\">{bands}</g>{boxes}</svg>",
            // Many columns leave little room for each label.
            if columns > 6 { " dense" } else { "" },
            below + 10.0
        )
    }

    /// Where each band leaves and enters its boxes: in the order of the boxes at its other end.
    fn ends(&self, scale: f64) -> Vec<(&Band, f64, f64)> {
        let offset = |band: &Band, leaving: bool| {
            let end = |b: &Band| if leaving { (b.from, b.to) } else { (b.to, b.from) };
            let key = |b: &Band| (b.back, self.places[end(b).1].top);
            let earlier =
                self.bands.iter().filter(|b| end(b).0 == end(band).0 && key(b) < key(band));
            self.places[end(band).0].top
                + (earlier.map(|b| b.energy).sum::<f64>() + band.energy / 2.0) * scale
        };
        self.bands.iter().map(|b| (b, offset(b, true), offset(b, false))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: a circle is cut at its thinnest band, and every other band runs to the right.
    /// Sensitivity: uncut, the columns would grow without end.
    #[test]
    fn circles_run_back_where_little_flows() {
        let mut picture = Picture::default();
        let [gas, power, fan] =
            ["gas", "power", "fan"].map(|n| picture.place(n, n, "component", None));
        picture.connect(gas, power, 100.0, String::new());
        picture.connect(fan, gas, 5.0, String::new());
        picture.connect(power, fan, 20.0, String::new());
        picture.mark_circles();
        picture.set_columns();
        let back: Vec<f64> = picture.bands.iter().filter(|b| b.back).map(|b| b.energy).collect();
        assert_eq!(back, [5.0]);
        for band in picture.bands.iter().filter(|b| !b.back) {
            assert!(picture.places[band.from].column < picture.places[band.to].column);
        }
        assert!(picture.render().contains("fan → gas: 5 MWh"));
    }
}
