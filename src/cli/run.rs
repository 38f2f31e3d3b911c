//! `dataprep run`.

use std::path::PathBuf;

use super::chosen::partition;
use super::{Exit, Globals, Output, augment, interrupt, plural};
use crate::error::Result;
use crate::pipeline::{Plan, Progress, Session};
use crate::store::Folder;

/// Arguments of `dataprep run`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dataprep run --plan \"$P\"                        all of it
  dataprep run --plan \"$P\" --partition 3/16       the fourth of sixteen parts
  dataprep run --plan \"$P\" --unit train-c0000     one unit

Units that are done are left alone, so a part can be run again at any time, by anyone, also twice at
once. A scan that cannot be used is no failure: `dataprep commit` names it and exits with 1.

Exit codes: 0 done · 2 will fail again: see the message · 75 may go well the next time: storage ·
130 interrupted")]
pub struct RunArgs {
    /// Plan file that `dataprep plan` printed, or the output folder
    #[arg(long, value_name = "PLAN")]
    plan: PathBuf,
    /// Do part I of N of the units (I from 0)
    #[arg(long, value_name = "I/N", value_parser = partition)]
    partition: Option<(usize, usize)>,
    /// Do the unit with this name; may be said again
    #[arg(long, value_name = "NAME", conflicts_with = "partition")]
    unit: Vec<String>,
    /// Check the invariants of every variant while running; a violation stops the run
    #[arg(long)]
    verify: bool,
}

pub(super) fn run(args: &RunArgs, globals: &Globals, output: &mut Output) -> Result<Exit> {
    let stop = interrupt::flag();
    let (plan, dir) = Plan::find(&args.plan)?;
    let (part, parts) = args.partition.unwrap_or((0, 1));
    let units =
        if args.unit.is_empty() { plan.partition(part, parts) } else { plan.units_named(&args.unit)? };
    let mut session = Session::open(plan, Folder::new(dir))?;
    session.verify = args.verify;
    let _lock = session.join()?;
    let progress = Progress::default();
    augment::watch(&session.plan, &units, &progress, globals, || {
        session.run(&units, globals.workers(), &progress, stop)
    })?;
    let before = progress.units_before.load(std::sync::atomic::Ordering::Relaxed);
    output.note(&format!("{} done, {before} of them before", plural(units.len(), "unit")));
    Ok(Exit::Clean)
}
