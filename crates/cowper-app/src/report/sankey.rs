//! Energy from sources to uses, drawn as a picture that prints: boxes in columns, bands as wide as the energy.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;

use cowper::accounts::SlackKind;
use cowper::model::Direction;

use super::Run;
use super::text::{escape, number, words};

/// A box: a node's carrier, or a component.
#[derive(Debug)]
struct Place {
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

    fn tall(&self, scale: f64) -> f64 {
        (self.size() * scale).max(2.0)
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
    place_of: HashMap<String, usize>,
    band_of: HashMap<(usize, usize), usize>,
}

const WIDTH: f64 = 1100.0;
const BOX: f64 = 14.0;
const MARGIN: f64 = 10.0;
/// Room for the labels of the last column.
const LABELS: f64 = 215.0;
/// Least room of a box with its label.
const ROOM: f64 = 17.0;
/// So many boxes have labels, the widest; every box has a title.
const MOST_LABELS: usize = 600;
/// Three or more sources or uses of a carrier below this share of what the greatest carrier is given
/// are drawn as one.
const SMALL: f64 = 0.004;

/// What a component, a shortage or a surplus gives to a node over the run, in MWh; below zero what it takes.
#[derive(Debug)]
struct End {
    key: String,
    label: String,
    style: &'static str,
    node: usize,
    energy: f64,
}

/// The picture, and the carriers that hold no energy and are left out of it.
pub fn draw(run: &Run) -> (String, Vec<String>) {
    let network = &run.site.network;
    let without = (0..network.nodes.len()).filter(|n| network.energy_content(*n).is_none());
    let without = without.map(|n| super::node_label(run, n)).collect();
    let carrier = |node| (super::node_label(run, node), super::colour_of(run, node));
    (picture(&ends(run), &carrier), without)
}

fn picture(ends: &[End], carrier: &dyn Fn(usize) -> (String, String)) -> String {
    let mut picture = collect(ends, carrier);
    if picture.bands.is_empty() {
        return String::new();
    }
    picture.mark_circles();
    picture.set_columns();
    picture.render()
}

/// What flowed over the run, by component and node.
fn ends(run: &Run) -> Vec<End> {
    let network = &run.site.network;
    let flows = &run.compiled.flows;
    let mut stores = vec![false; run.site.components.len()];
    for level in &run.compiled.levels {
        stores[level.component] = true;
    }
    let mut nodes = vec![HashSet::new(); run.site.components.len()];
    for flow in flows {
        nodes[flow.component].insert(flow.node);
    }
    let mut found = Vec::new();
    for line in &run.accounts.energy {
        let Some(content) = network.energy_content(line.node) else { continue };
        let mut by_component: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
        for (flow, amount) in &line.flows {
            let own = by_component.entry(flows[*flow].component).or_default();
            own.push((*flow, amount * content));
        }
        for (index, own) in by_component {
            let placed = &run.site.components[index];
            let net = own.iter().map(|(_, energy)| energy).sum::<f64>();
            let goes = |d: Direction| own.iter().any(|(f, _)| flows[*f].direction == d);
            let only_here = nodes[index].len() == 1;
            let mut add = |key, label, style, energy| {
                found.push(End { key, label, style, node: line.node, energy });
            };
            if goes(Direction::Give) && goes(Direction::Take) && only_here && !stores[index] {
                // A grid connection: what comes in and what goes out are two ends of the picture.
                for (flow, energy) in own {
                    let name = words(&flows[flow].name);
                    let label = format!("{}: {name}", placed.label);
                    add(format!("c{index}.{name}"), label, "component", energy);
                }
            } else if stores[index] && only_here {
                let word = if net < 0.0 { "kept or lost in" } else { "drawn from" };
                add(format!("c{index}"), format!("{word} {}", placed.label), "component", net);
            } else {
                let wastes =
                    own.iter().all(|(f, _)| super::is_wasting(placed.kind, &flows[*f].name));
                let style = if wastes { "waste" } else { "component" };
                add(format!("c{index}"), placed.label.clone(), style, net);
            }
        }
    }
    for slack in &run.accounts.slacks {
        let Some(content) = network.energy_content(slack.node) else { continue };
        let (word, sign) =
            if slack.kind == SlackKind::Shortage { ("shortage", 1.0) } else { ("surplus", -1.0) };
        found.push(End {
            key: format!("{word}{}", slack.node),
            label: format!("{word} of {}", super::node_label(run, slack.node)),
            style: "slack",
            node: slack.node,
            energy: sign * slack.amount * content,
        });
    }
    found
}

/// Boxes and bands of what flowed; the many small sources or uses of a carrier become one box each.
fn collect(ends: &[End], carrier: &dyn Fn(usize) -> (String, String)) -> Picture {
    // What a carrier was given in all, so that a thousand equal uses are small however alike they are.
    let mut given: HashMap<usize, f64> = HashMap::new();
    let mut throughput: HashMap<&str, f64> = HashMap::new();
    for end in ends {
        *given.entry(end.node).or_default() += end.energy.max(0.0);
        let most = throughput.entry(&end.key).or_default();
        *most = most.max(end.energy.abs());
    }
    let greatest = given.values().copied().fold(0.0, f64::max);
    let is_small =
        |end: &End| end.style == "component" && throughput[end.key.as_str()] < greatest * SMALL;
    let shown = || ends.iter().filter(|end| end.energy.abs() > greatest * 1e-6);
    let sides = |end: &End| (end.node, end.energy > 0.0);
    let mut alike: HashMap<(usize, bool), usize> = HashMap::new();
    for end in shown().filter(|end| is_small(end)) {
        *alike.entry(sides(end)).or_default() += 1;
    }
    let mut picture = Picture::default();
    for end in shown() {
        let (name, colour) = carrier(end.node);
        let here = picture.place(&format!("n{}", end.node), &name, "carrier", Some(colour.clone()));
        let there = if is_small(end) && alike[&sides(end)] > 2 {
            let what = if end.energy > 0.0 { "source" } else { "use" };
            let label = format!("small {what}s of {name}");
            picture.place(&format!("small {what} {}", end.node), &label, end.style, None)
        } else {
            picture.place(&end.key, &end.label, end.style, None)
        };
        let (from, to) = if end.energy > 0.0 { (there, here) } else { (here, there) };
        picture.connect(from, to, end.energy.abs(), colour);
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
        if let Some(index) = self.place_of.get(key) {
            return *index;
        }
        self.place_of.insert(key.into(), self.places.len());
        self.places.push(Place {
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
        let next = self.bands.len();
        let band = *self.band_of.entry((from, to)).or_insert(next);
        if band == next {
            self.bands.push(Band { from, to, energy: 0.0, colour, back: false });
        }
        self.bands[band].energy += energy;
    }

    /// Finds the bands that close circles: gas to power to the fans that make the gas.
    fn mark_circles(&mut self) {
        // The widest first, so that a circle is cut where little flows.
        self.bands.sort_by(|a, b| b.energy.total_cmp(&a.energy));
        let mut after = vec![Vec::new(); self.places.len()];
        for band in &mut self.bands {
            band.back = reaches(&after, band.to, band.from);
            if !band.back {
                after[band.from].push(band.to);
            }
        }
    }

    /// The boxes that a box's forward bands lead to, or come from.
    fn neighbours(&self, leaving: bool) -> Vec<Vec<(usize, f64)>> {
        let mut found = vec![Vec::new(); self.places.len()];
        for band in self.bands.iter().filter(|b| !b.back) {
            let (here, there) = if leaving { (band.from, band.to) } else { (band.to, band.from) };
            found[here].push((there, band.energy));
        }
        found
    }

    /// A box stands right of all that feed it; a source just left of what it feeds; uses at the end.
    fn set_columns(&mut self) {
        let (after, before) = (self.neighbours(true), self.neighbours(false));
        let mut waits: Vec<usize> = before.iter().map(Vec::len).collect();
        let mut ready: Vec<usize> = (0..waits.len()).filter(|i| waits[*i] == 0).collect();
        while let Some(from) = ready.pop() {
            for (to, _) in &after[from] {
                self.places[*to].column = self.places[*to].column.max(self.places[from].column + 1);
                waits[*to] -= 1;
                if waits[*to] == 0 {
                    ready.push(*to);
                }
            }
        }
        let last = self.places.iter().map(|p| p.column).max().unwrap_or(0);
        for index in 0..self.places.len() {
            match after[index].iter().map(|(to, _)| self.places[*to].column).min() {
                None => self.places[index].column = last,
                Some(first) if before[index].is_empty() => self.places[index].column = first - 1,
                Some(_) => {}
            }
        }
    }

    /// The boxes of each column.
    fn columns(&self) -> Vec<Vec<usize>> {
        let count = self.places.iter().map(|p| p.column).max().unwrap_or(0) + 1;
        let mut columns = vec![Vec::new(); count];
        for (index, place) in self.places.iter().enumerate() {
            columns[place.column].push(index);
        }
        columns
    }

    /// Settles the boxes' heights: each near what it is joined to, none over another.
    fn settle(&mut self, height: f64, scale: f64) {
        let columns = self.columns();
        for column in &columns {
            let mut at = 0.0;
            let mut order = column.clone();
            order.sort_by(|a, b| self.places[*b].size().total_cmp(&self.places[*a].size()));
            for index in order {
                self.places[index].top = at;
                at += self.places[index].room(scale);
            }
        }
        let (after, before) = (self.neighbours(true), self.neighbours(false));
        for pass in 0..24 {
            let order: Vec<&Vec<usize>> = if pass % 2 == 0 {
                columns.iter().collect()
            } else {
                columns.iter().rev().collect()
            };
            for column in order {
                let wish = |index: usize| {
                    let joined = before[index].iter().chain(&after[index]);
                    let (sum, weight) = joined.fold((0.0, 0.0), |(s, w), (other, energy)| {
                        let p = &self.places[*other];
                        (s + energy * (p.top + p.size() * scale / 2.0), w + energy)
                    });
                    let p = &self.places[index];
                    if weight > 0.0 { sum / weight - p.size() * scale / 2.0 } else { p.top }
                };
                let mut wishes: Vec<(f64, usize)> = column.iter().map(|i| (wish(*i), *i)).collect();
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
        let columns = self.columns();
        let most = columns.iter().map(Vec::len).max().unwrap_or(1) as f64;
        let tallest = |size: &dyn Fn(&Place) -> f64| {
            let of = |c: &Vec<usize>| c.iter().map(|i| size(&self.places[*i])).sum::<f64>();
            columns.iter().map(of).fold(0.0, f64::max)
        };
        let height = (most * 34.0).clamp(400.0, 1500.0);
        let scale = (height - most * ROOM).max(height * 0.4) / tallest(&Place::size);
        let height = tallest(&|p| p.room(scale)).max(height);
        let columns = columns.len();
        self.settle(height, scale);
        // The picture begins where its first box does.
        let first = self.places.iter().map(|p| p.top).fold(f64::INFINITY, f64::min);
        for place in &mut self.places {
            place.top -= first;
        }
        let height = height - first;

        // What runs back into the first column swings out to its left.
        let swing = self.bands.iter().filter(|b| b.back && self.places[b.to].column == 0);
        let swing = swing.map(|b| 20.0 + b.energy * scale / 2.0).fold(0.0, f64::max);
        let margin = MARGIN + swing;
        let left = |p: &Place| {
            margin + (WIDTH - margin - LABELS - BOX) * p.column as f64 / (columns.max(2) - 1) as f64
        };
        // Many columns leave little room for each label.
        let dense = columns > 6;
        let boxes_at: Vec<(f64, f64, f64)> =
            self.places.iter().map(|p| (left(p), p.top, p.tall(scale))).collect();
        let labels = self.labels(&boxes_at, if dense { 5.9 } else { 7.4 });
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
        for (place, text) in self.places.iter().zip(labels) {
            let (x, tall) = (left(place), place.tall(scale));
            let fill =
                place.colour.as_ref().map(|c| format!(" style=\"fill:{c}\"")).unwrap_or_default();
            let (label, energy) = (escape(&place.label), number(place.size()));
            let losses = place.inflow - place.outflow;
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
            if let Some((x, y, label, energy)) = text {
                let label = escape(&label);
                let _ = write!(
                    boxes,
                    "<text x=\"{x:.1}\" y=\"{y:.1}\">{label} <tspan>{energy}</tspan></text>"
                );
            }
            boxes.push_str("</g>");
        }
        format!(
            "<svg class=\"sankey{}\" viewBox=\"0 -18 {WIDTH} {:.0}\" role=\"img\" aria-label=\"Energy flow from sources to uses, in MWh\"><g class=\"bands\">{bands}</g>{boxes}</svg>",
            if dense { " dense" } else { "" },
            below + 22.0
        )
    }

    /// Where each box's label stands and what it says: as much as is free up to the next box or label,
    /// the widest boxes first. None where nothing legible fits; the box's title has it all.
    fn labels(
        &self,
        boxes: &[(f64, f64, f64)],
        per_character: f64,
    ) -> Vec<Option<(f64, f64, String, String)>> {
        let mut order: Vec<usize> = (0..self.places.len()).collect();
        order.sort_by(|a, b| self.places[*b].size().total_cmp(&self.places[*a].size()));
        // Left, right, top and bottom of what is drawn.
        let mut drawn: Vec<[f64; 4]> =
            boxes.iter().map(|(x, top, tall)| [*x, x + BOX, *top, top + tall]).collect();
        let mut labels = vec![None; self.places.len()];
        for index in order.into_iter().take(MOST_LABELS) {
            let (place, (x, top, tall)) = (&self.places[index], boxes[index]);
            let energy = number(place.size());
            let width = |text: &str| {
                text.chars().map(|c| if c.is_ascii() { 1.0 } else { 1.7 }).sum::<f64>()
                    * per_character
            };
            let wanted = width(&place.label) + width(&energy) + per_character;
            let free = |(x, y): (f64, f64)| {
                let beside = drawn.iter().filter(|d| d[2] < y + 3.0 && d[3] > y - 10.0);
                beside.filter(|d| d[1] > x).map(|d| d[0] - 4.0).fold(WIDTH, f64::min) - x
            };
            // Above if that is free, else wherever more of it fits.
            let places = if place.style == "carrier" {
                vec![(x, top - 4.0), (x, top + tall + 13.0)]
            } else {
                vec![(x + BOX + 5.0, top + tall / 2.0 + 4.0)]
            };
            let best = places
                .into_iter()
                .map(|at| (at, free(at).min(wanted)))
                .reduce(|best, other| if other.1 > best.1 { other } else { best });
            let Some(((x, y), free)) = best else { continue };
            let Some((label, energy)) = shortened(&place.label, &energy, free, &width) else {
                continue;
            };
            let right = x + width(&label) + width(&energy) + per_character;
            drawn.push([x, right, y - 10.0, y + 3.0]);
            labels[index] = Some((x, y, label, energy));
        }
        labels
    }

    /// Where each band leaves and enters its boxes: in the order of the boxes at its other end.
    fn ends(&self, scale: f64) -> Vec<(&Band, f64, f64)> {
        let offsets = |leaving: bool| {
            let end = |b: &Band| if leaving { (b.from, b.to) } else { (b.to, b.from) };
            let key = |b: &Band| (end(b).0, b.back, self.places[end(b).1].top);
            let mut order: Vec<usize> = (0..self.bands.len()).collect();
            order.sort_by(|a, b| {
                let ((x, p, s), (y, q, t)) = (key(&self.bands[*a]), key(&self.bands[*b]));
                (x, p).cmp(&(y, q)).then(s.total_cmp(&t))
            });
            let mut offsets = vec![0.0; self.bands.len()];
            let mut used = vec![0.0; self.places.len()];
            for band in order {
                let (here, tall) = (end(&self.bands[band]).0, self.bands[band].energy * scale);
                offsets[band] = self.places[here].top + used[here] + tall / 2.0;
                used[here] += tall;
            }
            offsets
        };
        let pairs = offsets(true).into_iter().zip(offsets(false));
        self.bands.iter().zip(pairs).map(|(b, (leaves, enters))| (b, leaves, enters)).collect()
    }
}

/// A name and its energy in so much room: whole, or the name cut, or the name alone and cut.
fn shortened(
    label: &str,
    energy: &str,
    free: f64,
    width: &dyn Fn(&str) -> f64,
) -> Option<(String, String)> {
    for energy in [energy, ""] {
        let free = free - width(energy) - if energy.is_empty() { 0.0 } else { width(" ") };
        if width(label) <= free + 1e-9 {
            return Some((label.into(), energy.into()));
        }
        let mut cut = String::new();
        for c in label.chars() {
            if width(&format!("{cut}{c}…")) > free {
                break;
            }
            cut.push(c);
        }
        // Fewer letters name nothing.
        if cut.chars().count() >= if energy.is_empty() { 4 } else { 8 } {
            return Some((format!("{}…", cut.trim_end()), energy.into()));
        }
    }
    None
}

/// Whether a way leads from one box to another.
fn reaches(after: &[Vec<usize>], from: usize, to: usize) -> bool {
    let mut seen = vec![false; after.len()];
    let mut next = vec![from];
    while let Some(at) = next.pop() {
        if at == to {
            return true;
        }
        if !std::mem::replace(&mut seen[at], true) {
            next.extend(&after[at]);
        }
    }
    false
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
    fn end(key: String, node: usize, energy: f64) -> End {
        End { label: format!("The works' {key}"), key, style: "component", node, energy }
    }

    fn draw_ends(ends: &[End]) -> String {
        picture(ends, &|node| (format!("carrier {node}"), "#123456".into()))
    }

    /// Proves: of nine columns no label lies on a box or on another label, long names are cut and whole
    /// in the title, and what runs back to the first column stays in the picture. Sensitivity: uncut, the
    /// names would run over the next column's; without a margin the loop would leave on the left.
    #[test]
    fn labels_keep_apart() {
        let mut chain: Vec<End> = Vec::new();
        for stage in 0..5 {
            let key = |what: &str| format!("{what} of stage number {stage}");
            chain.push(end(key("unit"), stage, -90.0));
            chain.push(end(key("unit"), stage + 1, 80.0));
            chain.push(end(key("use"), stage, -10.0));
        }
        chain.push(end("unit of stage number 4".into(), 0, 50.0));
        let mut drawn =
            collect(&chain, &|node| (format!("a carrier of long name {node}"), "#123456".into()));
        drawn.mark_circles();
        drawn.set_columns();
        let page = drawn.render();
        assert!(
            page.contains("…") && page.contains("<title>The works&#39; unit of stage number 3")
        );
        let value = |text: &str, name: &str| -> f64 {
            let text = &text[text.find(&format!(" {name}=\"")).unwrap() + name.len() + 3..];
            text[..text.find('"').unwrap()].parse().unwrap()
        };
        let mut taken: Vec<[f64; 4]> = Vec::new();
        for part in page.split('<').filter(|p| p.starts_with("rect x")) {
            let (x, y) = (value(part, "x"), value(part, "y"));
            taken.push([x, x + BOX, y, y + value(part, "height")]);
        }
        let first = taken.iter().map(|t| t[0]).fold(f64::INFINITY, f64::min);
        assert!(first > MARGIN + 20.0, "no room for the loop: {first}");
        for part in page.split("<text").skip(1) {
            let (x, y) = (value(part, "x"), value(part, "y"));
            let text = part[part.find('>').unwrap() + 1..part.find("</text>").unwrap()]
                .replace("<tspan>", "")
                .replace("</tspan>", "")
                .replace("&#39;", "'");
            let label = [x, x + text.trim_end().chars().count() as f64 * 5.5, y - 9.0, y + 2.0];
            for other in &taken {
                let apart = label[1] <= other[0] || other[1] <= label[0];
                assert!(
                    apart || label[3] <= other[2] || other[3] <= label[2],
                    "{text}: {label:?} on {other:?}"
                );
            }
            taken.push(label);
        }
    }

    /// Proves: 3,000 equal uses are one box, and 3,000 carriers each with its own source and use are
    /// drawn at once. Sensitivity: work that grows with the cube of the boxes would take minutes.
    #[test]
    fn thousands_of_components_are_drawn_at_once() {
        let begun = std::time::Instant::now();
        let mut ends: Vec<End> = (0..3000).map(|i| end(format!("use{i}"), 0, -1.0)).collect();
        ends.push(end("grid".into(), 0, 3000.0));
        let drawn = draw_ends(&ends);
        assert_eq!(drawn.matches("<rect").count(), 3);
        assert!(drawn.contains("small uses of carrier 0: 3,000 MWh"));
        let many: Vec<End> = (0..3000)
            .flat_map(|i| [end(format!("s{i}"), i, 1.0), end(format!("u{i}"), i, -1.0)])
            .collect();
        assert_eq!(draw_ends(&many).matches("<rect").count(), 9000);
        assert!(begun.elapsed().as_secs_f64() < 10.0, "{:?}", begun.elapsed());
    }
}
