//! What a user can type.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Dispatch a steelworks and its power company as one energy system: at least cost and carbon,
/// with prices, emissions and a page of pictures.
#[derive(Debug, Parser)]
#[command(name = "cowper", version, after_help = AFTER)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER: &str = "SITE is a site file, or a folder that holds site.toml.

Start with:
  cowper new reference-works works
  cowper run works --from 2025-01-06 --to 2025-01-13
  cowper share works --from 2025-01-06 --to 2025-01-13

Exit codes: 0 a schedule, at most 10 % from the best (what it leaves unserved is listed);
1 mistakes in the input, or a statement or record that does not verify; 2 a mistyped command;
3 no usable result (infeasible, unbounded, out of time, or still far from the best); 4 a file that cannot be read or written;
130 stopped before there was a result.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a complete, commented site with its series to start from
    New {
        /// Which one.
        #[command(subcommand)]
        example: Example,
    },
    /// Report every mistake in a site at once, with file, line and what to do
    Check {
        /// What to check.
        #[command(flatten)]
        site: SiteArguments,
    },
    /// Find the cheapest way to run every unit, and write schedule, prices, books and report
    Run(RunArguments),
    /// Print the equations of each component with units, from the very problem that is solved
    Explain {
        /// What to explain.
        #[command(flatten)]
        site: SiteArguments,
        /// Only this component
        #[arg(long, value_name = "NAME")]
        component: Option<String>,
    },
    /// Settle a month: from agreement, plan and meters a statement for each party, to the cent
    Settle(SettleArguments),
    /// Check the records of an agreement: that no record and no recorded file was changed
    Verify {
        /// Folder of the agreement, which holds records.jsonl
        #[arg(value_name = "DIR")]
        dir: PathBuf,
    },
    /// List the kinds of components, or show one: fields, units, defaults, equations, example
    Kinds {
        /// The kind to show; `site-file` for the sections that are no kinds
        name: Option<String>,
    },
    /// Show what each party gains by working together, and how it can be shared
    Share(ShareArguments),
    /// Print the JSON Schema of the site file (for completion in editors), of summary.json, of share.json
    /// or of what `share --game` prints
    Schema {
        /// Which file
        #[arg(long, value_enum, default_value_t = Schema::Site)]
        of: Schema,
    },
}

/// A file that has a schema.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Schema {
    /// The site file
    Site,
    /// summary.json of a run
    Summary,
    /// What `cowper share --game` prints of a game
    Game,
    /// share.json of `cowper share SITE`
    Share,
}

/// A rule that parties may agree on.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum AgreedRule {
    /// What each bears at the prices of the joint plan; no transfer
    #[value(alias = "at_prices")]
    AtPrices,
    /// Equal gains, or by --weights
    Nash,
    /// What each adds, on average over all orders
    Shapley,
    /// The worst-off group as well off as can be, then the next
    Nucleolus,
    /// The worst-off group as well off as can be, gains as equal as can be
    #[value(alias = "least_core")]
    LeastCore,
    /// In proportion to what each costs alone, or to --contributions
    Proportional,
    /// Equal propensity to disrupt
    Gately,
}

/// A method to solve by.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Method {
    /// Interior points in the order of time; no whole numbers
    Staircase,
    /// Simplex, and branch and bound
    Highs,
}

/// The sites that can be written.
#[derive(Debug, Subcommand)]
pub enum Example {
    /// An integrated works of 8 Mt/y and a power company, with a year of series
    ReferenceWorks {
        /// Folder to write into; it must not hold a site yet
        dir: PathBuf,
        /// Step of the series: 1h or 15min
        #[arg(long, default_value = "1h")]
        step: String,
        /// Another seed gives another year
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// 4 adds a heat network and a tenant of the park to steelworks and power company
        #[arg(long, value_name = "N", default_value_t = 2)]
        parties: u32,
    },
}

/// Which site, and where its series are.
#[derive(Debug, Args)]
pub struct SiteArguments {
    /// Site file, or a folder that holds site.toml
    #[arg(value_name = "SITE")]
    pub site: PathBuf,
    /// File of series, or folder of the files that the site names, instead of where it looks
    #[arg(long, value_name = "PATH")]
    pub series: Option<PathBuf>,
}

/// What `cowper settle` takes.
#[derive(Debug, Args)]
pub struct SettleArguments {
    /// Folder of the agreement, with agreement.json and plan.csv; or the site that was shared
    #[arg(value_name = "DIR", required_unless_present = "verify", conflicts_with = "verify")]
    pub dir: Option<PathBuf>,
    /// Metered intervals of the month: `time`, then `PARTY.NODE [unit]`
    #[arg(long, value_name = "FILE", required_unless_present = "verify")]
    pub meters: Option<PathBuf>,
    /// The month, such as 2025-03
    #[arg(long, value_name = "M", required_unless_present = "verify", conflicts_with = "verify")]
    pub month: Option<String>,
    /// Folder for the statement; `statements/MONTH` in the folder of the agreement without
    #[arg(long, value_name = "DIR", conflicts_with = "verify")]
    pub out: Option<PathBuf>,
    /// The statement.json of the same month that this one corrects; shows what is due now
    #[arg(long, value_name = "FILE")]
    pub previous: Option<PathBuf>,
    /// Close the agreement with its last month: adds the true-up to each party's stand-alone floor
    #[arg(long = "final", conflicts_with = "verify")]
    pub closing: bool,
    /// What the whole time cost each party, for --final: party,own_cost,stand_alone_cost
    #[arg(long, value_name = "FILE")]
    pub costs: Option<PathBuf>,
    /// Recompute this statement.json from its inputs instead, and say the first figure that differs
    #[arg(long, value_name = "STATEMENT")]
    pub verify: Option<PathBuf>,
    /// With --verify, the folder of the agreement if it is not where the statement says
    #[arg(long, value_name = "DIR", requires = "verify")]
    pub agreement: Option<PathBuf>,
}

/// What `cowper run` takes.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Which site.
    #[command(flatten)]
    pub site: SiteArguments,
    /// Start here instead: 2025-01-06 or "2025-01-06 06:00", local
    #[arg(long, value_name = "T")]
    pub from: Option<String>,
    /// End here instead
    #[arg(long, value_name = "T")]
    pub to: Option<String>,
    /// Another step: 15min, 1h
    #[arg(long, value_name = "D")]
    pub step: Option<String>,
    /// Folder for the results; `results` beside the site file without
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How components stand at the start: a state.toml that an earlier run wrote
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Stop after so many seconds of solving, with the best schedule found; a linear problem has none before
    /// its end
    #[arg(long, value_name = "S")]
    pub time_limit: Option<f64>,
    /// Relative gap at which a problem with whole numbers counts as solved
    #[arg(long, value_name = "G", default_value_t = 1e-4)]
    pub gap: f64,
    /// Solve by this method only; without, staircase takes linear problems and HiGHS the others
    #[arg(long, value_enum, value_name = "NAME")]
    pub solver: Option<Method>,
    /// Move staircase's result to a corner: of schedules that cost the same one, not one between
    #[arg(long)]
    pub corner: bool,
    /// Write schedule.csv and prices.csv too, for spreadsheets
    #[arg(long)]
    pub csv: bool,
    /// Write everything but report.html
    #[arg(long)]
    pub no_report: bool,
}

/// What `cowper share` takes.
#[derive(Debug, Args)]
pub struct ShareArguments {
    /// Site file, or a folder that holds site.toml
    #[arg(value_name = "SITE", conflicts_with = "game")]
    pub site: Option<PathBuf>,
    /// JSON file of one game or several: `players`, and the worth of each coalition in `v_lex`, by size:
    /// {0}, {1}, ..., {0,1}, {0,2}, ...; prints every rule as JSON
    #[arg(long, value_name = "FILE")]
    pub game: Option<PathBuf>,
    /// Weights of the Nash rule: steel=2,power=1; who is not named has 1
    #[arg(long, value_name = "NAME=W,...", value_delimiter = ',')]
    pub weights: Vec<String>,
    /// What the proportional rule goes by, for every player, instead of what each is worth or costs alone
    #[arg(long, value_name = "NAME=C,...", value_delimiter = ',')]
    pub contributions: Vec<String>,
    /// The rule that is agreed on; without, nash for two parties and nucleolus for more
    #[arg(long, value_enum, value_name = "NAME", requires = "site")]
    pub rule: Option<AgreedRule>,
    /// File of series, or folder of the files that the site names, instead of where it looks
    #[arg(long, value_name = "PATH", requires = "site")]
    pub series: Option<PathBuf>,
    /// Start here instead: 2025-01-06 or "2025-01-06 06:00", local
    #[arg(long, value_name = "T", requires = "site")]
    pub from: Option<String>,
    /// End here instead
    #[arg(long, value_name = "T", requires = "site")]
    pub to: Option<String>,
    /// Another step: 15min, 1h
    #[arg(long, value_name = "D", requires = "site")]
    pub step: Option<String>,
    /// Folder for the results; `sharing` beside the site file without
    #[arg(long, value_name = "DIR", requires = "site")]
    pub out: Option<PathBuf>,
    /// Stop each solve after so many seconds
    #[arg(long, value_name = "S", requires = "site")]
    pub time_limit: Option<f64>,
    /// Relative gap at which a problem with whole numbers counts as solved; far below the gain it
    /// should be
    #[arg(long, value_name = "G", default_value_t = 1e-5)]
    pub gap: f64,
    /// Solve by this method only; without, staircase takes linear problems and HiGHS the others
    #[arg(long, value_enum, value_name = "NAME", requires = "site")]
    pub solver: Option<Method>,
}
