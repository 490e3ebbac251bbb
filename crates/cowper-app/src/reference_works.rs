//! A site to start from: an integrated works of 8 Mt/y and a power company, with a year of series.
//!
//! The site is a template with its sources in comments; the series are drawn here, the same for the
//! same seed on every machine. Needs nothing but numbers, so that tests can include it by its path.

use std::fmt::Write as _;

/// Steel a year spread over its hours: 8 Mt / 8760 h.
const STEEL: f64 = 8e6 / 8760.0;
/// Hot metal for each tonne of steel.
const HOT_METAL: f64 = 0.9;
/// Series are drawn by the quarter of an hour and averaged to longer steps, so both are one year.
const DRAWN_SECONDS: i64 = 900;
const DAYS: usize = 365;
const STEPS: usize = DAYS * 96;

/// The site file and its series for 2025, at a step of a quarter of an hour or a multiple up to a day.
pub fn reference_works(step_seconds: i64, seed: u64) -> (String, String) {
    let (words, stamped) = match step_seconds {
        3600 => ("1 h".to_owned(), "by the hour"),
        900 => ("15 min".to_owned(), "by the quarter of an hour"),
        other => (format!("{} min", other / 60), "by the step"),
    };
    let site = include_str!("reference_works.toml")
        .replace("{step}", &words)
        .replace("{stamped}", stamped);
    (site, csv(&columns(seed), step_seconds))
}

/// The same with a heat network and a tenant of the park as third and fourth party.
#[allow(dead_code, reason = "tests take in this file for the two parties")]
pub fn with_four_parties(site: &str) -> String {
    let town = "[demand.town]\nowner = \"power\"";
    site.replace("name = \"Reference works\"", "name = \"Reference works, four parties\"")
        .replace(town, "[demand.town]\nowner = \"heat\"")
        + include_str!("reference_works_four.toml")
}

/// A series by the quarter of an hour.
struct Column {
    header: &'static str,
    decimals: usize,
    values: Vec<f64>,
}

fn csv(columns: &[Column], step_seconds: i64) -> String {
    let per = (step_seconds / DRAWN_SECONDS).max(1) as usize;
    let mut text = String::from("time");
    for column in columns {
        write!(text, ",{}", column.header).expect("text takes whatever is written");
    }
    text.push('\n');
    for first in (0..STEPS).step_by(per) {
        let (month, day) = date(first / 96);
        let minute = first % 96 * 15;
        write!(text, "2025-{month:02}-{day:02} {:02}:{:02}", minute / 60, minute % 60)
            .expect("text takes whatever is written");
        for column in columns {
            let steps = &column.values[first..(first + per).min(STEPS)];
            let mean = steps.iter().sum::<f64>() / steps.len() as f64;
            write!(text, ",{mean:.*}", column.decimals).expect("text takes whatever is written");
        }
        text.push('\n');
    }
    text
}

/// Month and day of a day of 2025, counted from 0.
fn date(mut day: usize) -> (usize, usize) {
    for (month, length) in [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().enumerate()
    {
        if day < length {
            return (month + 1, day + 1);
        }
        day -= length;
    }
    (12, 31)
}

fn columns(seed: u64) -> Vec<Column> {
    let mut chance = Chance(seed);
    let mut columns = Vec::new();
    let mut add = |header, decimals, values| columns.push(Column { header, decimals, values });

    // Three furnaces: a stop of 16 h every seven weeks, and troubles of some hours.
    let shares =
        [("hot_metal_1 [t/h]", 0.42), ("hot_metal_2 [t/h]", 0.33), ("hot_metal_3 [t/h]", 0.25)];
    let mut hot_metal = vec![0.0; STEPS];
    for (index, (header, share)) in shares.into_iter().enumerate() {
        let planned = stops_every(49 * 24, 16, (11 + 16 * index) * 24 + 8);
        let running = troubles(&mut chance, planned, 900.0, 5.0);
        let rate = rated(&running, &chance.swings(48.0, 0.02), share * STEEL * HOT_METAL);
        for (sum, rate) in hot_metal.iter_mut().zip(&rate) {
            *sum += rate;
        }
        add(header, 1, rate);
    }
    // The coke ovens never stop; the strand of the sinter plant is repaired every third week.
    add(
        "coke [t/h]",
        1,
        rated(&vec![1.0; STEPS], &chance.swings(72.0, 0.006), 0.36 * STEEL * HOT_METAL),
    );
    add(
        "sinter [t/h]",
        1,
        rated(
            &stops_every(21 * 24, 10, 6 * 24 + 7),
            &chance.swings(24.0, 0.015),
            1.3 * STEEL * HOT_METAL,
        ),
    );
    // Ladles between furnaces and converters hold some hours of hot metal; three vessels share it.
    let steel = smoothed(&hot_metal, 4.0);
    let steel = scaled(&steel, STEEL / mean(&steel));
    add("steel [t/h]", 1, steel.iter().map(|s| s / 3.0).collect());
    // Slabs are in store, so mills follow their shifts: a day's repair a fortnight, hours each week.
    let rolled = 0.94 * STEEL;
    for (header, share, first_day, two_shifts) in [
        ("strip_1 [t/h]", 0.45, 2, false),
        ("strip_2 [t/h]", 0.35, 9, false),
        ("plate [t/h]", 0.20, 5, true),
    ] {
        let repairs = stops_every(14 * 24, 12, first_day * 24 + 8);
        let rolls = stops_every(24, 1, 5 + first_day);
        let mut running = troubles(&mut chance, product(&repairs, &rolls), 90.0, 1.0);
        if two_shifts {
            // The night shift repairs and changes rolls: from midnight to 8.
            for (step, running) in running.iter_mut().enumerate() {
                *running *= if step % 96 < 32 { 0.25 } else { 1.0 };
            }
        }
        add(header, 1, rated(&running, &chance.swings(3.0, 0.05), share * rolled));
    }

    // Weather of Anshan, 41.1° N: the year's mean, the day's swing, fronts that last some days.
    let fronts = chance.swings(60.0, 1.0);
    let temperature: Vec<f64> = (0..STEPS)
        .map(|step| {
            let (day, hour) = (step as f64 / 96.0, (step % 96) as f64 / 4.0);
            9.5 - 17.0 * turn((day - 18.0) / 365.0).cos() - 4.0 * turn((hour - 3.0) / 24.0).cos()
                + 3.5 * fronts[step]
        })
        .collect();
    let cold = |step: usize| (18.0 - temperature[step]).max(0.0);
    // District heat in the season of Liaoning, 1 November to 31 March, besides hot water.
    let heating = |step: usize| !(90..304).contains(&(step / 96));
    let heat = |step: usize| 25.0 + if heating(step) { 9.0 * cold(step) } else { 0.0 };
    add("town_heat [MW]", 1, (0..STEPS).map(heat).collect());
    let steam = chance.swings(6.0, 0.05);
    add(
        "process_steam [t/h]",
        1,
        (0..STEPS).map(|t| (95.0 + 1.8 * cold(t)) * (1.0 + steam[t])).collect(),
    );
    let load = chance.swings(12.0, 0.03);
    // 60 kWh/t for what no unit counts: water, air, lights; more in summer for cooling.
    let utilities: Vec<f64> =
        (0..STEPS).map(|t| (1.0 + 0.004 * (temperature[t] - 9.5)) * (1.0 + load[t])).collect();
    add("utilities [MW]", 1, scaled(&utilities, 0.060 * STEEL / mean(&utilities)));

    let sun = sunlight(&mut chance);
    let wind = gusts(&mut chance);
    let spot_noise = chance.swings(8.0, 1.0);
    let spot: Vec<f64> = (0..STEPS)
        .map(|t| {
            let hour = (t % 96) as f64 / 4.0;
            let evening = (-((hour - 18.5) / 2.2).powi(2)).exp();
            let season = turn((t as f64 / 96.0 - 10.0) / 365.0).cos();
            let price =
                345.0 + 25.0 * season + 170.0 * evening - 260.0 * sun[t] - 130.0 * (wind[t] - 0.32)
                    + 45.0 * spot_noise[t];
            price.max(0.0)
        })
        .collect();
    // The grid of Liaoning: 0.5626 kg/kWh in 2022, cleaner when sun and wind are strong.
    let carbon: Vec<f64> = (0..STEPS).map(|t| 1.0 - 0.18 * sun[t] - 0.12 * wind[t]).collect();
    let carbon = scaled(&carbon, 562.6 / mean(&carbon));
    add("sun [1]", 4, sun);
    add("wind [1]", 4, wind);
    add("spot [CNY/MWh]", 1, spot);
    add("grid_co2 [kg/MWh]", 1, carbon);
    columns
}

/// Share of the name plate that PV yields: height of the sun, clouds by the day and within it.
fn sunlight(chance: &mut Chance) -> Vec<f64> {
    let (days, hours) = (chance.swings(30.0, 1.0), chance.swings(1.5, 1.0));
    let latitude = turn(41.1 / 360.0);
    let values: Vec<f64> = (0..STEPS)
        .map(|step| {
            let (day, hour) = ((step / 96) as f64, (step % 96) as f64 / 4.0 + 0.125);
            let declination = turn(23.45 / 360.0) * turn((day + 284.0) / 365.0).sin();
            // 123.0° E on the clock of 120° E: the sun is 12 minutes early.
            let angle = turn((hour + 0.2 - 12.0) / 24.0);
            let height = latitude.sin() * declination.sin()
                + latitude.cos() * declination.cos() * angle.cos();
            // Modules tilted to the south see more of a low winter sun.
            let tilted = (latitude - 0.6).sin() * declination.sin()
                + (latitude - 0.6).cos() * declination.cos() * angle.cos();
            let clouds = (0.72 + 0.22 * days[step] + 0.08 * hours[step]).clamp(0.12, 1.0);
            if height <= 0.0 { 0.0 } else { tilted.max(0.0) * clouds }
        })
        .collect();
    // 1375 kWh for each kW and year, the middle of what is stated for Anshan.
    scaled(&values, 1375.0 / 8760.0 / mean(&values)).into_iter().map(|v| v.min(0.95)).collect()
}

/// Share of the rated power that wind yields: weather of days and gusts of hours through a power curve.
fn gusts(chance: &mut Chance) -> Vec<f64> {
    let (days, hours) = (chance.swings(36.0, 1.0), chance.swings(3.0, 1.0));
    (0..STEPS)
        .map(|step| {
            let season = 0.25 * turn((step as f64 / 96.0 - 80.0) / 365.0).cos();
            let speed = -0.95 + season + 1.1 * days[step] + 0.35 * hours[step];
            0.95 / (1.0 + (-1.7 * speed).exp())
        })
        .collect()
}

/// 1 while running, 0 in a stop of some hours that returns; the first begins at an hour of the year.
fn stops_every(period: usize, length: usize, first: usize) -> Vec<f64> {
    let stopped = |hour: usize| hour >= first && (hour - first) % period < length;
    (0..STEPS).map(|step| if stopped(step / 4) { 0.0 } else { 1.0 }).collect()
}

/// Stops that come by chance: so many hours apart and so long, on average.
fn troubles(chance: &mut Chance, mut running: Vec<f64>, apart: f64, long: f64) -> Vec<f64> {
    let mut hour = -apart * chance.share().ln();
    while hour < DAYS as f64 * 24.0 {
        let end = hour + long * (0.5 + chance.share());
        let steps = (hour * 4.0) as usize..((end * 4.0) as usize).min(STEPS);
        running[steps].fill(0.0);
        hour = end - apart * chance.share().ln();
    }
    running
}

/// A rate that stops and swings, of a given mean.
fn rated(running: &[f64], swings: &[f64], wanted: f64) -> Vec<f64> {
    let rate: Vec<f64> = running.iter().zip(swings).map(|(r, s)| r * (1.0 + s)).collect();
    scaled(&rate, wanted / mean(&rate))
}

fn product(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a * b).collect()
}

fn scaled(values: &[f64], factor: f64) -> Vec<f64> {
    values.iter().map(|v| v * factor).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// What is left of changes after a store of some hours.
fn smoothed(values: &[f64], hours: f64) -> Vec<f64> {
    let kept = (-0.25 / hours).exp();
    let mut level = values[0];
    values
        .iter()
        .map(|value| {
            level = kept * level + (1.0 - kept) * value;
            level
        })
        .collect()
}

fn turn(share: f64) -> f64 {
    share * std::f64::consts::TAU
}

/// Numbers by chance, the same for the same seed (SplitMix64: Steele, Lea and Flood 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number above 0 and at most 1.
    fn share(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// Swings about nought with a memory of some hours (first-order autoregression), bounded at
    /// three times their deviation.
    fn swings(&mut self, hours: f64, deviation: f64) -> Vec<f64> {
        let kept = (-0.25 / hours).exp();
        let fresh = (1.0 - kept * kept).sqrt();
        // The sum of twelve shares less six is near enough to a normal distribution.
        let mut normal = || (0..12).map(|_| self.share()).sum::<f64>() - 6.0;
        let mut now = normal();
        (0..STEPS)
            .map(|_| {
                now = kept * now + fresh * normal();
                deviation * now.clamp(-3.0, 3.0)
            })
            .collect()
    }
}
