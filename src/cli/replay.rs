//! `dataprep replay`.

use std::path::PathBuf;

use super::{Exit, Output, plural};
use crate::error::Result;
use crate::pipeline::{Replayed, replay};

/// Arguments of `dataprep replay`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Makes one sample again from the raw scan, by the pipeline and the seed that the manifest holds, and
compares every column bit for bit with what the shard holds. Where they differ, the first column
that does is named: a difference in `provenance` means that other parameters were drawn, one in a
column of points with the same provenance that a step computes otherwise.

Examples:
  dataprep replay out/run1 scene0011_00/v002
  dataprep replay out/run1/scenes/train-00000-1f3a9c2e.parquet scene0011_00/v002
  dataprep replay out/run1 scene0011_00/v002 --scans /data/scannet/scans

Exit codes: 0 the same · 1 different · 2 could not be made again")]
pub struct ReplayArgs {
    /// A data set's folder, or a shard file in it
    shard: PathBuf,
    /// Id of the sample
    #[arg(value_name = "SAMPLE")]
    sample: String,
    /// Where the scans lie now [default: where they lay when the data set was made]
    #[arg(long, value_name = "DIR", num_args = 1..)]
    scans: Vec<PathBuf>,
    /// Where the references lie now [default: beside the scans]
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "scans")]
    references: Vec<PathBuf>,
}

pub(super) fn run(args: &ReplayArgs, output: &mut Output) -> Result<Exit> {
    let Replayed { shard, scene, difference, changed } =
        replay(&args.shard, &args.sample, &args.scans, &args.references)?;
    let Some(d) = difference else {
        output.data(&format!(
            "{} in {shard}: the same to the bit, {} and {}\n",
            scene.sample_id,
            plural(scene.num_points, "point"),
            plural(scene.num_descriptions, "sentence")
        ))?;
        return Ok(Exit::Clean);
    };
    output.data(&format!(
        "{} in {shard}: differs, first in {}.{}, {}\n  stored   {}\n  computed {}\n",
        scene.sample_id, d.table, d.column, d.place, d.stored, d.computed
    ))?;
    for name in &changed {
        output.note(&format!("{name} is not the file that the data set was made from"));
    }
    if changed.is_empty() {
        output.note("every file is as it was then: `dataprep verify` says whether the shard is, too");
    }
    Ok(Exit::Findings)
}
