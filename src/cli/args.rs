//! The arguments that all commands share.

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::{audit, augment, clean, commit, completions, init, plan, render, rule, run, schema, synth};
use super::{bench, explain_pipeline, export, gc, inspect, preview, replay, verify, view};

/// Check and augment data for 3D referring segmentation, and write shards that trainers load fast.
#[derive(Debug, Parser)]
#[command(
    name = "dataprep",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Exit codes: 0 clean · 1 findings · 2 could not run · 75 try again · 130 interrupted (run it again to resume)"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub globals: Globals,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what is wrong with a data set, where, why it matters and how to mend it
    Audit(Box<audit::AuditArgs>),
    /// Augment scans with labels, masks and sentences kept true, and write shards
    Augment(augment::AugmentArgs),
    /// Plan an augmentation for many machines; see `run` and `commit`
    Plan(plan::PlanArgs),
    /// Do a plan, or a part of it
    Run(run::RunArgs),
    /// Finish a plan whose parts are done: write its manifest
    Commit(commit::CommitArgs),
    /// Say what a pipeline does, to points and to sentences; runs nothing
    ExplainPipeline(explain_pipeline::ExplainPipelineArgs),
    /// Show a scan and its variants side by side, with what becomes of each sentence
    Preview(preview::PreviewArgs),
    /// Make one sample of a data set again and compare it bit for bit
    Replay(replay::ReplayArgs),
    /// Say what a data set, a shard or a sample holds
    Inspect(inspect::InspectArgs),
    /// Check that a folder of shards is what its manifest says
    Verify(verify::VerifyArgs),
    /// Measure how fast samples are read here, beside a copy in memory
    Bench(bench::BenchArgs),
    /// Write a data set as the files that a trainer's own loader reads
    Export(export::ExportArgs),
    /// Name, or remove, what a data set's folder holds that nothing needs
    Gc(gc::GcArgs),
    /// Write a dataprep.toml for the data set found, so that `dataprep audit` needs no arguments
    Init(init::InitArgs),
    /// Remove the audit's cache
    Clean(clean::CleanArgs),
    /// Explain a rule
    Rule(rule::RuleArgs),
    /// Draw a scan, an object, or a sheet of them as a picture
    Render(render::RenderArgs),
    /// Show a scan in 3D with its sentences, as a page for a browser
    View(view::ViewArgs),
    /// Make ScanNet- and ScanRefer-shaped data with known truth
    Synth(synth::SynthArgs),
    /// Print a JSON Schema
    Schema(schema::SchemaArgs),
    /// Print completions for a shell
    Completions(completions::CompletionsArgs),
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// Number of worker threads [default: number of cores]
    #[arg(short, long, global = true, value_name = "N")]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// Say only errors
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub quiet: u8,
    /// Say more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
    /// Show no progress
    #[arg(long, global = true)]
    pub no_progress: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Colour {
    pub(super) fn write_global(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// Threads beyond this do harm on any machine.
const MOST_WORKERS: usize = 512;

impl Globals {
    /// Number of worker threads: as asked for, at most [`MOST_WORKERS`], else the number of cores.
    pub fn workers(&self) -> usize {
        self.jobs
            .map(|jobs| usize::from(jobs).min(MOST_WORKERS))
            .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
            .unwrap_or(1)
    }
}
