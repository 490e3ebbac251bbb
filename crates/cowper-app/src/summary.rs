//! summary.json: what a run came to, for people and programs. Keys are added, never changed.

use std::collections::BTreeMap;

use cowper::accounts::{Accounts, SlackKind};
use cowper::compile::Compiled;
use cowper::schedule::Schedule;
use cowper::site::Site;
use cowper::solver::{Point, Solution, Solver, Status};
use cowper::time::Horizon;
use schemars::JsonSchema;
use serde::Serialize;

use crate::files::Input;
use crate::no_schedule::Why;

/// What a run came to. Keys are added in later versions; none changes its meaning.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Summary {
    /// Name of the site.
    pub site: String,
    /// optimal, feasible, infeasible, unbounded, time_limit, numerical or unsuited. Only optimal, feasible
    /// and, if an objective is given, time_limit come with a schedule.
    pub status: &'static str,
    /// Why there is no schedule, or why it is not the best: sentences.
    pub reasons: Vec<String>,
    /// Where it is infeasible: sets of limits that contradict each other, as small as can be.
    pub contradictions: Vec<ContradictionSummary>,
    /// Cost of the schedule in the currency; null without a schedule.
    pub objective: Option<f64>,
    /// (objective − least cost not ruled out) / |objective|; null without a schedule.
    pub gap: Option<f64>,
    /// Greatest excess over any limit, relative to its size, found by a check apart from the solver.
    pub violation: Option<f64>,
    /// Whether prices are those of the problem with its whole numbers fixed.
    pub prices_with_integers_fixed: bool,
    /// ISO code.
    pub currency: String,
    /// When the run is.
    pub horizon: HorizonSummary,
    /// Money, by party and item; null without a schedule.
    pub cost: Option<CostSummary>,
    /// Each node's books in its carrier's measure.
    pub energy: BTreeMap<String, EnergySummary>,
    /// CO2 in t; null without a schedule.
    pub co2: Option<Co2Summary>,
    /// What was not served, the costliest first.
    pub shortage: Vec<SlackSummary>,
    /// What nothing took, the costliest first.
    pub surplus: Vec<SlackSummary>,
    /// What was flared and vented.
    pub flared_and_vented: Vec<OutletSummary>,
    /// Size of the problem.
    pub problem: ProblemSummary,
    /// How it was solved.
    pub solver: SolverSummary,
    /// Seconds of each part.
    pub timings: Timings,
    /// Greatest memory of the process in bytes; null where the system does not tell.
    pub peak_memory: Option<u64>,
    /// Versions of what made this; `solver` is the one that gave the result.
    pub versions: BTreeMap<&'static str, String>,
    /// Every file that was read, with its hash.
    pub inputs: Vec<InputSummary>,
}

/// Limits that cannot all be kept; any one of them given up, the others can.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ContradictionSummary {
    /// The components whose limits they are.
    pub who: String,
    /// When, in local time.
    pub when: String,
    /// Each limit in words, with its figures.
    pub limits: Vec<String>,
    /// Changes, of which each alone would do.
    pub ways_out: Vec<String>,
}

/// When a run is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HorizonSummary {
    /// First instant, UTC.
    pub start: String,
    /// The instant after the last step, UTC.
    pub end: String,
    /// Length of a step in seconds.
    pub step_seconds: i64,
    /// How many steps.
    pub steps: usize,
    /// Zone of local times.
    pub time_zone: String,
}

/// Money.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CostSummary {
    /// All of it: the objective.
    pub total: f64,
    /// By the key of the party.
    pub by_party: BTreeMap<String, PartyCost>,
    /// Penalties of shortage and surplus, which no party is billed.
    pub shortage_and_surplus: f64,
}

/// Money of a party.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PartyCost {
    /// Its name.
    pub name: String,
    /// Sum of the items.
    pub total: f64,
    /// Each item; a revenue is negative.
    pub items: Vec<CostItem>,
}

/// One item.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CostItem {
    /// Name of the component.
    pub component: String,
    /// What is paid for.
    pub item: String,
    /// In the currency.
    pub amount: f64,
}

/// A node's books.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EnergySummary {
    /// Its carrier.
    pub carrier: String,
    /// Unit of the amounts.
    pub unit: String,
    /// Given to the node, shortage included.
    #[serde(rename = "in")]
    pub into: f64,
    /// Taken from it, surplus included.
    pub out: f64,
    /// in − out: what rounding leaves.
    pub closing_error: f64,
    /// Net amount by party: given less taken by its components.
    pub by_party: BTreeMap<String, f64>,
}

/// CO2 in t.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Co2Summary {
    /// Set free on site: carbon of what is burnt, once, flaring included.
    pub direct: f64,
    /// Direct, and set free elsewhere to make what is bought.
    pub with_purchases: f64,
    /// The same by the key of the party.
    pub by_party: BTreeMap<String, PartyCo2>,
}

/// CO2 of a party in t.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PartyCo2 {
    /// Set free on site.
    pub direct: f64,
    /// Direct and purchased.
    pub with_purchases: f64,
}

/// A shortage or surplus.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SlackSummary {
    /// Name of the node.
    pub node: String,
    /// Over the run.
    pub amount: f64,
    /// Its unit.
    pub unit: String,
    /// In how many steps.
    pub steps: usize,
    /// Local time of the worst step.
    pub worst_time: String,
    /// The flow then.
    pub worst_flow: f64,
    /// Its price over the run.
    pub cost: f64,
    /// What kept components from helping in the worst step.
    pub causes: Vec<String>,
}

/// What a flare or vent let out.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OutletSummary {
    /// Name of the component.
    pub component: String,
    /// Name of the node.
    pub node: String,
    /// Over the run.
    pub amount: f64,
    /// Its unit.
    pub unit: String,
    /// In how many steps.
    pub steps: usize,
    /// Local time of the greatest flow.
    pub worst_time: String,
    /// The flow then.
    pub worst_flow: f64,
}

/// Size of a problem.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct ProblemSummary {
    /// Rows of the matrix.
    pub rows: usize,
    /// Its columns.
    pub columns: usize,
    /// Columns that are whole numbers.
    pub integers: usize,
    /// Iterations of the solver.
    pub iterations: i64,
}

/// How a problem was solved.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SolverSummary {
    /// The method that gave the result: staircase or HiGHS.
    pub name: &'static str,
    /// Why the result is not from staircase, or why there is none; null where there is nothing to say.
    pub because: Option<String>,
}

/// Seconds of each part.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
pub struct Timings {
    /// Reading the site and its series.
    pub read: f64,
    /// Writing the equations.
    pub build: f64,
    /// Solving, with handing over the problem.
    pub solve: f64,
    /// Books, files and report.
    pub write: f64,
    /// All of it.
    pub total: f64,
}

/// A file that was read.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InputSummary {
    /// Its name.
    pub file: String,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
}

/// The word of a status.
pub fn status_word(status: Status) -> &'static str {
    match status {
        Status::Optimal => "optimal",
        Status::Feasible => "feasible",
        Status::Infeasible => "infeasible",
        Status::Unbounded => "unbounded",
        Status::TimeLimit => "time_limit",
        Status::Numerical => "numerical",
        Status::Unsuited => "unsuited",
    }
}

/// A summary without a schedule; [`Summary::fill`] adds what a schedule gives.
pub fn summary(site: &Site, compiled: &Compiled, status: Status, inputs: &[Input]) -> Summary {
    let horizon = &compiled.horizon;
    let problem = &compiled.problem;
    Summary {
        site: site.name.clone(),
        status: status_word(status),
        reasons: Vec::new(),
        contradictions: Vec::new(),
        objective: None,
        gap: None,
        violation: None,
        prices_with_integers_fixed: problem.has_integers(),
        currency: site.network.currency.clone(),
        horizon: HorizonSummary::of(horizon),
        cost: None,
        energy: BTreeMap::new(),
        co2: None,
        shortage: Vec::new(),
        surplus: Vec::new(),
        flared_and_vented: Vec::new(),
        problem: ProblemSummary {
            rows: problem.row_layout().total(),
            columns: problem.column_layout().total(),
            integers: problem
                .variables
                .iter()
                .filter(|v| v.integer)
                .map(|v| problem.count(v.extent))
                .sum(),
            iterations: 0,
        },
        solver: SolverSummary { name: Solver::Staircase.name(), because: None },
        timings: Timings::default(),
        peak_memory: None,
        versions: versions(),
        inputs: inputs.iter().map(InputSummary::of).collect(),
    }
}

/// Versions of what makes results.
pub fn versions() -> BTreeMap<&'static str, String> {
    [
        ("cowper", env!("CARGO_PKG_VERSION").to_owned()),
        ("staircase", Solver::Staircase.version()),
        ("highs", Solver::Highs.version()),
    ]
    .into()
}

impl HorizonSummary {
    /// When a horizon is.
    pub fn of(horizon: &Horizon) -> Self {
        HorizonSummary {
            start: horizon.start.to_string(),
            end: horizon.end().to_string(),
            step_seconds: horizon.step_seconds,
            steps: horizon.steps,
            time_zone: horizon.zone.iana_name().unwrap_or("UTC").to_owned(),
        }
    }
}

impl InputSummary {
    /// A file that was read.
    pub fn of(input: &Input) -> Self {
        InputSummary { file: input.file.clone(), sha256: input.sha256.clone(), bytes: input.bytes }
    }
}

impl Summary {
    /// Adds which method came to a solution, and why.
    pub fn told_of(&mut self, solution: &Solution) {
        let solver = solution.solver;
        self.solver = SolverSummary { name: solver.name(), because: solution.because.clone() };
        self.problem.iterations = solution.iterations;
        self.versions.insert("solver", format!("{} {}", solver.name(), solver.version()));
    }

    /// Adds why there is no schedule.
    pub fn tell(&mut self, why: &Why) {
        self.reasons.clone_from(&why.reasons);
        self.contradictions = why
            .contradictions
            .iter()
            .map(|told| ContradictionSummary {
                who: told.who.clone(),
                when: told.when.clone(),
                limits: told.limits.clone(),
                ways_out: told.ways_out.clone(),
            })
            .collect();
    }

    /// Adds what a schedule gives.
    pub fn fill(
        &mut self,
        site: &Site,
        compiled: &Compiled,
        point: &Point,
        (schedule, accounts): (&Schedule, &Accounts),
    ) {
        self.objective = Some(point.objective);
        self.gap = Some(point.gap);
        self.violation = Some(point.violation);
        self.prices_with_integers_fixed = point.whole_numbers;
        self.cost = Some(cost(site, accounts, point.objective));
        self.energy = energy(site, compiled, accounts);
        self.co2 = Some(Co2Summary {
            direct: accounts.carbon.direct,
            with_purchases: accounts.carbon.with_purchases,
            by_party: site
                .network
                .parties
                .iter()
                .zip(&accounts.carbon_by_party)
                .map(|(p, c)| {
                    (p.key.clone(), PartyCo2 { direct: c.direct, with_purchases: c.with_purchases })
                })
                .collect(),
        });
        for slack in &accounts.slacks {
            let summary = SlackSummary {
                node: site.network.nodes[slack.node].name.clone(),
                amount: slack.amount,
                unit: stock_unit(site, slack.node),
                steps: slack.steps,
                worst_time: compiled.horizon.label(slack.worst.0),
                worst_flow: slack.worst.1,
                cost: slack.cost,
                causes: cowper::causes::of_slack(site, compiled, point, slack),
            };
            match slack.kind {
                SlackKind::Shortage => self.shortage.push(summary),
                SlackKind::Surplus => self.surplus.push(summary),
            }
        }
        self.flared_and_vented = outlets(site, compiled, schedule);
    }
}

fn stock_unit(site: &Site, node: usize) -> String {
    site.network.carrier_of(node).measure.stock().symbol(&site.network.currency)
}

fn cost(site: &Site, accounts: &Accounts, total: f64) -> CostSummary {
    let mut by_party: BTreeMap<String, PartyCost> = site
        .network
        .parties
        .iter()
        .map(|p| (p.key.clone(), PartyCost { name: p.name.clone(), total: 0.0, items: Vec::new() }))
        .collect();
    let mut shortage_and_surplus = 0.0;
    for line in &accounts.costs {
        let party = site.network.parties.get(line.party).and_then(|p| by_party.get_mut(&p.key));
        let Some(party) = party else {
            shortage_and_surplus += line.amount;
            continue;
        };
        party.total += line.amount;
        party.items.push(CostItem {
            component: line.component.clone(),
            item: line.item.clone(),
            amount: line.amount,
        });
    }
    CostSummary { total, by_party, shortage_and_surplus }
}

fn energy(
    site: &Site,
    compiled: &Compiled,
    accounts: &Accounts,
) -> BTreeMap<String, EnergySummary> {
    accounts
        .energy
        .iter()
        .map(|line| {
            let node = &site.network.nodes[line.node];
            let mut by_party: BTreeMap<String, f64> = BTreeMap::new();
            for (flow, amount) in &line.flows {
                let owner = site.components[compiled.flows[*flow].component].owner;
                *by_party.entry(site.network.parties[owner].key.clone()).or_default() += amount;
            }
            let summary = EnergySummary {
                carrier: site.network.carriers[node.carrier].name.clone(),
                unit: stock_unit(site, line.node),
                into: line.into,
                out: line.out,
                closing_error: line.closing_error,
                by_party,
            };
            (node.name.clone(), summary)
        })
        .collect()
}

fn outlets(site: &Site, compiled: &Compiled, schedule: &Schedule) -> Vec<OutletSummary> {
    let hours = compiled.horizon.hours();
    let mut found = Vec::new();
    for (flow, column) in compiled.flows.iter().zip(&schedule.flows) {
        let placed = &site.components[flow.component];
        if !crate::report::is_wasting(placed.kind, &flow.name) {
            continue;
        }
        let amount = column.values.iter().sum::<f64>() * hours;
        let worst = column
            .values
            .iter()
            .copied()
            .enumerate()
            .fold((0, 0.0), |w, (t, v)| if v > w.1 { (t, v) } else { w });
        let steps = column.values.iter().filter(|v| **v > 1e-6).count();
        if steps > 0 {
            found.push(OutletSummary {
                component: placed.name.clone(),
                node: site.network.nodes[flow.node].name.clone(),
                amount,
                unit: stock_unit(site, flow.node),
                steps,
                worst_time: compiled.horizon.label(worst.0),
                worst_flow: worst.1,
            });
        }
    }
    found
}
