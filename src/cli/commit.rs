//! `dataprep commit`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{Exit, Output, augment};
use crate::error::Result;
use crate::pipeline::{Config, Plan, Progress, Session};
use crate::store::Folder;

/// Arguments of `dataprep commit`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dataprep commit --plan \"$P\"

Writes manifest.json once every unit of the plan is done, and says which are missing before. Committing
again changes nothing.

Exit codes: 0 clean · 1 scans were left out or errors found · 2 will fail again: see the message · 75 may
go well the next time: units are missing, or storage failed")]
pub struct CommitArgs {
    /// Plan file that `dataprep plan` printed, or the output folder
    #[arg(long, value_name = "PLAN")]
    plan: PathBuf,
}

pub(super) fn run(args: &CommitArgs, output: &mut Output) -> Result<Exit> {
    let started = Instant::now();
    let (plan, dir) = Plan::find(&args.plan)?;
    let config = Config::parse(Path::new("plan"), plan.pipeline.clone())?;
    let session = Session::open(plan, Folder::new(&dir))?;
    let lock = session.join()?;
    let committed = match session.commit() {
        // Once the missing units are done, the same command goes well.
        Err(error) if augment::first_missing(&session)?.is_some() => {
            output.error(&error);
            return Ok(Exit::TryAgain);
        }
        committed => committed?,
    };
    drop(lock);
    session.tidy()?;
    let progress = Progress::default();
    output.note(&augment::summary(&committed, &session.plan, &config, &progress, &dir, started.elapsed()));
    Ok(augment::exit_of(&committed.manifest, &committed.findings, config.check.on_error, output))
}
