//! `dataprep verify`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{Exit, Globals, Output, interrupt, plural};
use crate::error::Result;
use crate::write::{Problem, verify};

/// Arguments of `dataprep verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Checks every file of the manifest: size and BLAKE3 (SHD101), rows and counts (SHD102), layout
(SHD103), that every target has the points it claims (SHD104), that texts fit the mirrors on record
(SHD105), that every variant says how it was made (SHD107), and that no room is in two splits
(SHD108). Exit code 1 says that something is not as the manifest claims; shards of very different
sizes (SHD106) are told, and no reason for it.")]
pub struct VerifyArgs {
    /// Folder with a manifest.json
    dir: PathBuf,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output_format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(super) fn run(args: &VerifyArgs, globals: &Globals, output: &mut Output) -> Result<Exit> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(globals.workers()).build().map_err(|e| {
        crate::Error::new(crate::Kind::Io, format!("cannot start {} threads: {e}", globals.workers()))
    })?;
    let (manifest, problems) = pool.install(|| verify(&args.dir, &|_, _| {}, interrupt::flag()))?;
    match args.output_format {
        Format::Text => output.data(&text(&problems))?,
        Format::Json => {
            let list: Vec<_> = problems
                .iter()
                .map(|p| serde_json::json!({ "code": p.code, "file": p.file, "message": p.message }))
                .collect();
            output.data(&format!("{:#}\n", serde_json::json!({ "problems": list })))?;
        }
    }
    let wrong = problems.iter().filter(|p| !p.is_warning()).count();
    if wrong == 0 {
        output.note(&format!(
            "{}: {}, {}, {}, all as the manifest says",
            args.dir.display(),
            plural(manifest.shards.len(), "shard"),
            plural(manifest.scenes.len(), "scene variant"),
            plural(manifest.totals.descriptions, "description"),
        ));
        return Ok(Exit::Clean);
    }
    output.note(&format!(
        "{}. A shard can be made again: remove manifest.json and the files named above, then run \
         the same augment command; it writes what is missing and nothing else.",
        plural(wrong, "problem")
    ));
    Ok(Exit::Findings)
}

fn text(problems: &[Problem]) -> String {
    let lines: Vec<String> =
        problems.iter().map(|p| format!("{} {}: {}\n", p.code, p.file, p.message)).collect();
    lines.concat()
}
