//! A site with power and heat: what this solver was first made for.

use std::f64::consts::TAU;

use staircase::{Before, Column, Extent, Model, Row, Spans, Term, Values};

use super::super::draw::Draw;
use super::shape::{row, term};

const NONE: f64 = f64::INFINITY;
/// What a unit that is not delivered costs.
const SHORTAGE: f64 = 1e6;

/// Adds columns one by one.
struct Site<'a> {
    draw: &'a mut Draw,
    model: Model,
    before: Before,
}

/// A random site over so many stages. It always has a best point: what is short is paid for.
pub fn energy(draw: &mut Draw, stages: usize) -> Model {
    let before = if draw.chance(0.4) { Before::Wrap } else { Before::Nothing };
    let model = Model { stages, ..Model::default() };
    let mut site = Site { draw, model, before };
    site.model.spans.push(Spans::whole(stages));
    let month = site.draw.count(4, 24);
    let months = (0..stages).map(|stage| (stage / month) as u32).collect();
    site.model.spans.push(Spans { of_stage: months });

    let power = site.balance(40.0);
    let heat = site.balance(25.0);
    site.grid(power);
    if site.draw.chance(0.8) {
        site.unit(power, heat);
    }
    site.boiler(heat);
    for carrier in [power, heat] {
        if site.draw.chance(0.7) {
            site.store(carrier);
        }
    }
    if site.draw.chance(0.3) {
        site.delay(heat);
    }
    if site.draw.chance(0.5) {
        site.sun(power);
    }
    if site.draw.chance(0.3) {
        site.tank(heat);
    }
    site.model
}

impl Site<'_> {
    fn column(&mut self, lower: f64, upper: impl Into<Values>, cost: impl Into<Values>) -> usize {
        self.add(lower, upper.into(), cost.into(), Extent::Stage)
    }

    fn add(&mut self, lower: f64, upper: Values, cost: Values, extent: Extent) -> usize {
        self.model.columns.push(Column { lower: lower.into(), upper, cost, extent });
        self.model.columns.len() - 1
    }

    fn row(&mut self, terms: Vec<Term>, lower: f64, upper: f64, extent: Extent) -> usize {
        let bounds = Row { lower: lower.into(), upper: upper.into(), ..row(terms, extent) };
        self.model.rows.push(bounds);
        self.model.rows.len() - 1
    }

    /// A wave of a day with noise.
    fn wave(&mut self, mean: f64, swing: f64) -> Vec<f64> {
        let phase = self.draw.share();
        (0..self.model.stages)
            .map(|stage| {
                let day = (TAU * (stage as f64 / 24.0 + phase)).sin();
                mean * (1.0 + swing * day + 0.2 * swing * self.draw.between(-1.0, 1.0))
            })
            .collect()
    }

    /// Σ given − Σ taken = demand, short at a high price, in excess for nothing or a fee.
    fn balance(&mut self, mean: f64) -> usize {
        let demand = Values::from(self.wave(mean, 0.5));
        let shortage = self.column(0.0, NONE, SHORTAGE);
        let fee = self.draw.pick(&[0.0, 1.0]);
        let surplus = self.column(0.0, NONE, fee);
        let balance = self.row(vec![], 0.0, 0.0, Extent::Stage);
        self.model.rows[balance].lower = demand.clone();
        self.model.rows[balance].upper = demand;
        self.feed(balance, shortage, 1.0);
        self.feed(balance, surplus, -1.0);
        balance
    }

    /// Lets a column into a row.
    fn feed(&mut self, row: usize, column: usize, coefficient: impl Into<Values>) {
        self.model.rows[row].terms.push(now(column, coefficient));
    }

    /// Power bought and sold, perhaps with a price on the month's peak or a cap on the sum.
    fn grid(&mut self, power: usize) {
        let price = self.wave(60.0, 0.8);
        let selling: Vec<f64> = price.iter().map(|price| -0.9 * price).collect();
        let most = self.draw.between(20.0, 60.0);
        let buy = self.column(0.0, most, price);
        let sell = self.column(0.0, most, selling);
        self.feed(power, buy, 1.0);
        self.feed(power, sell, -1.0);
        if self.draw.chance(0.5) {
            let peak = self.add(0.0, NONE.into(), 500.0.into(), Extent::Span(1));
            self.row(vec![now(buy, 1.0), now(peak, -1.0)], -NONE, 0.0, Extent::Stage);
        }
        if self.draw.chance(0.3) {
            let cap = 20.0 * self.model.stages as f64;
            let division = self.draw.count(0, 1);
            self.row(vec![now(buy, 1.0)], -NONE, cap, Extent::Span(division));
        }
    }

    /// A unit that makes heat along with its power, ramps slowly, and may have a size to choose.
    fn unit(&mut self, power: usize, heat: usize) {
        let size = self.draw.between(10.0, 50.0);
        let price = self.draw.between(20.0, 50.0);
        let available: Vec<f64> = (0..self.model.stages)
            .map(|_| if self.draw.chance(0.05) { 0.0 } else { size })
            .collect();
        let fuel = self.column(0.0, NONE, price);
        let made = self.column(0.0, available, 0.0);
        let useful = self.column(0.0, NONE, 0.0);
        self.feed(power, made, 1.0);
        self.feed(heat, useful, 1.0);
        self.row(vec![now(made, 1.0), now(fuel, -0.4)], 0.0, 0.0, Extent::Stage);
        // Heat may be let go.
        self.row(vec![now(useful, 1.0), now(fuel, -0.45)], -NONE, 0.0, Extent::Stage);
        if self.draw.chance(0.6) {
            let ramp = self.draw.between(0.5, 1.0) * size;
            let change = vec![now(made, 1.0), term(made, (-1.0).into(), 1, self.before)];
            self.row(change, -ramp, ramp, Extent::Stage);
        }
        if self.draw.chance(0.4) {
            let price = 30.0 * self.model.stages as f64;
            let chosen = self.add(0.0, (2.0 * size).into(), price.into(), Extent::Span(0));
            self.row(vec![now(made, 1.0), now(chosen, -1.0)], -NONE, 0.0, Extent::Stage);
        }
    }

    /// Heat from fuel of which there is only so much a year.
    fn boiler(&mut self, heat: usize) {
        let price = self.draw.between(20.0, 60.0);
        let most = self.draw.between(10.0, 40.0);
        let fuel = self.column(0.0, most, price);
        self.feed(heat, fuel, 0.9);
        if self.draw.chance(0.5) {
            let cap = self.draw.between(3.0, 20.0) * self.model.stages as f64;
            self.row(vec![now(fuel, 1.0)], -NONE, cap, Extent::Span(0));
        }
    }

    /// level = kept · level before + in − out, lossless or not; a ring, or from half full at the
    /// start on, which is written in one of the two ways there are.
    fn store(&mut self, carrier: usize) {
        let (kept, way) = self.draw.pick(&[(1.0, 1.0), (1.0, 0.9), (0.98, 0.95)]);
        let size = self.draw.between(5.0, 80.0);
        let level = self.column(0.0, size, 0.0);
        let fill = self.column(0.0, size / 4.0, 0.0);
        let drain = self.column(0.0, size / 3.0, 0.0);
        self.feed(carrier, fill, -1.0);
        self.feed(carrier, drain, 1.0);
        let before = match self.before {
            Before::Nothing if self.draw.chance(0.7) => Before::Nought,
            before => before,
        };
        let held = vec![
            now(level, 1.0),
            term(level, (-kept).into(), 1, before),
            now(fill, -way),
            now(drain, 1.0 / way),
        ];
        let held = self.row(held, 0.0, 0.0, Extent::Stage);
        // Half the size in the first stage, and nothing after that.
        let mut first = vec![0.0; self.model.stages];
        first[0] = 1.0;
        let half = Values::from(first.clone()).map(|first| first * size / 2.0);
        let start = match before {
            Before::Wrap => return,
            Before::Nought => held,
            // A row that says something in the first stage only.
            Before::Nothing => self.row(vec![now(level, first)], 0.0, 0.0, Extent::Stage),
        };
        self.model.rows[start].lower = half.clone();
        self.model.rows[start].upper = half;
    }

    /// A size to choose, perhaps without a greatest, and a column that it bounds: so much of it at each
    /// stage, written in one of the ways there are.
    fn sized(&mut self, share: impl Into<Values>, price: f64, most: f64) -> usize {
        let share = share.into();
        let price = price * self.model.stages as f64;
        let greatest = self.draw.pick(&[NONE, most]);
        let size = self.add(0.0, greatest.into(), price.into(), Extent::Span(0));
        // A bound of its own says nothing, or no more than the size does, or more.
        let own = match self.draw.count(0, 3) {
            0 => most / 2.0,
            1 => 2.0 * most,
            _ => NONE,
        };
        let column = self.column(0.0, own, 0.0);
        let unit = self.draw.pick(&[1.0, 1.0, 4.0, -0.5]);
        let terms = vec![now(size, share.map(|share| -unit * share)), now(column, unit)];
        let (lower, upper) = if unit > 0.0 { (-NONE, 0.0) } else { (0.0, NONE) };
        self.row(terms, lower, upper, Extent::Stage);
        column
    }

    /// Power that only comes by day, perhaps counted over the year.
    fn sun(&mut self, power: usize) {
        let share: Vec<f64> = self.wave(0.3, 3.0).iter().map(|share| share.max(0.0)).collect();
        let price = self.draw.between(2.0, 30.0);
        let made = self.sized(share, price, 60.0);
        self.feed(power, made, 1.0);
        if self.draw.chance(0.4) {
            let least = self.draw.between(0.0, 2.0) * self.model.stages as f64;
            let short = self.add(0.0, NONE.into(), SHORTAGE.into(), Extent::Span(0));
            self.row(vec![now(made, 1.0), now(short, 1.0)], least, NONE, Extent::Span(0));
        }
    }

    /// A store of a size to choose.
    fn tank(&mut self, carrier: usize) {
        let price = self.draw.between(0.1, 5.0);
        let level = self.sized(1.0, price, 100.0);
        let (fill, drain) = (self.column(0.0, 20.0, 0.0), self.column(0.0, NONE, 0.0));
        self.feed(carrier, fill, -1.0);
        self.feed(carrier, drain, 1.0);
        let before = self.draw.pick(&[Before::Nought, Before::Wrap]);
        let held = vec![
            now(level, 1.0),
            term(level, (-0.99).into(), 1, before),
            now(fill, -1.0),
            now(drain, 1.0),
        ];
        self.row(held, 0.0, 0.0, Extent::Stage);
    }

    /// Heat that arrives some stages after it was sent.
    fn delay(&mut self, heat: usize) {
        let back = self.draw.count(2, 4) as u32;
        let most = self.draw.between(1.0, 10.0);
        let sent = self.column(0.0, most, 15.0);
        // The balance is there in the first stages too.
        let before = self.draw.pick(&[Before::Wrap, Before::Nought]);
        self.model.rows[heat].terms.push(term(sent, 0.95.into(), back, before));
    }
}

/// A term of the stage itself.
fn now(column: usize, coefficient: impl Into<Values>) -> Term {
    term(column, coefficient.into(), 0, Before::Nothing)
}
