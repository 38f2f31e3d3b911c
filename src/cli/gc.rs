//! `dataprep gc`: what a data set's folder holds that nothing needs.

use std::path::PathBuf;

use super::{Exit, Output, plural};
use crate::error::Result;
use crate::pipeline::{leftovers, remove};
use crate::store::Folder;

/// Arguments of `dataprep gc`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Names shards that the manifest does not (of an earlier result that was brought up to date or replaced), plans
other than the data set's own, and what killed runs left half-written. `dataprep commit` and
`dataprep augment` remove these by themselves when nobody else is at work in the folder. Nothing is
removed without --delete; run it when no run is at work there.

Unfinished uploads to an object store are not seen here: let the bucket's lifecycle rules end them.")]
pub struct GcArgs {
    /// Folder of a finished data set
    data_set: PathBuf,
    /// Remove what is named
    #[arg(long)]
    delete: bool,
}

pub(super) fn run(args: &GcArgs, output: &mut Output) -> Result<Exit> {
    let store = Folder::new(&args.data_set);
    let left = leftovers(&store)?;
    for name in &left {
        output.data(&format!("{name}\n"))?;
    }
    if args.delete {
        remove(&store, &left)?;
    }
    let what = if args.delete { "removed" } else { "not needed; --delete removes them" };
    output.note(&match left.len() {
        0 => "nothing is left over".to_owned(),
        n => format!("{} {what}", plural(n, "name")),
    });
    Ok(Exit::Clean)
}
