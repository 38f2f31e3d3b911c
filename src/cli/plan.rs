//! `dataprep plan`.

use super::chosen::Chosen;
use super::{Exit, Output, plan_words};
use crate::error::Result;
use crate::pipeline::{Existing, Session, plan};
use crate::store::Folder;

/// Arguments of `dataprep plan`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  P=$(dataprep plan --pipeline pipelines/default.toml /data/scannet/scans -o /shared/out)
  dataprep run --plan \"$P\" --partition 0/8      on one of eight machines
  dataprep commit --plan \"$P\"                   once all eight are done

The path of the plan is all that is printed to stdout. Planning reads and hashes every input, so that
all machines work on the same bytes; folders must lie at the same paths on each of them, or in an
object store (s3://bucket/scans). The three
steps give the bytes that `dataprep augment` gives in one.")]
pub struct PlanArgs {
    #[command(flatten)]
    chosen: Chosen,
    /// Replace what the output folder holds
    #[arg(long)]
    overwrite: bool,
    /// Bring what the output folder holds up to date: units whose scans, sentences and pipeline are as
    /// they were count as done
    #[arg(long, conflicts_with = "overwrite")]
    update: bool,
}

pub(super) fn run(args: &PlanArgs, output: &mut Output) -> Result<Exit> {
    let (config, dir) = args.chosen.read()?;
    let mut notes = Vec::new();
    let plan = plan(&config, &mut notes)?;
    for note in &notes {
        output.note(note);
    }
    let session = Session::open(plan, Folder::new(&dir))?;
    let _lock = session.prepare(Existing::of(args.overwrite, args.update), false)?;
    output.note(plan_words::plan(&session.plan, &session.forecast(), &config, &dir).trim_end());
    output.data(&format!("{}\n", session.plan_path().display()))?;
    Ok(Exit::Clean)
}
