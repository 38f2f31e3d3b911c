//! `dataprep export`.

use std::path::PathBuf;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Exit, Globals, Output, interrupt, plural};
use crate::error::Result;
use crate::write::{Export, ExportFormat, export};

/// Arguments of `dataprep export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
For trainers whose loader cannot be changed. Files are called after the scan, and after the variant
where there are variants: scene0011_00_v002. Sentences are written beside them as references files,
ScanRefer_filtered_<split>.json, with the names of the files as scene_id. A run that was stopped goes
on when the same command is run again.

Examples:
  dataprep export --format pointcept out/run1 -o data/scannet
  dataprep export --format refer-pth out/run1 -o data/scannetv2 --split train")]
pub struct ExportArgs {
    /// A data set's folder
    dir: PathBuf,
    /// Whose files
    #[arg(long, value_name = "FORMAT")]
    format: Format,
    /// Output folder: an empty one, or that of the same export
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Only this split
    #[arg(long, value_name = "NAME")]
    split: Option<String>,
}

/// Whose files.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Pointcept: `<split>/<scene>/{coord,color,normal,segment20,segment200,instance}.npy`
    Pointcept,
    /// 3D-STMN, MDIN, Reason3D: `<split>/<scene>_refer.pth`, five NumPy arrays
    ReferPth,
    /// ScanRefer: `<scene>_{aligned_vert,sem_label,ins_label,aligned_bbox}.npy`, in the data set's frame
    ScanreferNpy,
    /// `WebDataset`: a tar a shard, with `<scene>.<column>.npy` and `<scene>.json`
    Webdataset,
}

impl Format {
    fn meant(self) -> ExportFormat {
        match self {
            Self::Pointcept => ExportFormat::Pointcept,
            Self::ReferPth => ExportFormat::ReferPth,
            Self::ScanreferNpy => ExportFormat::ScanreferNpy,
            Self::Webdataset => ExportFormat::Webdataset,
        }
    }
}

pub(super) fn run(args: &ExportArgs, globals: &Globals, output: &mut Output) -> Result<Exit> {
    let shown = !globals.no_progress && globals.quiet == 0 && Output::is_terminal();
    let bar = if shown { ProgressBar::new(0) } else { ProgressBar::hidden() };
    let style = "{bar:30} {pos}/{len} samples  {elapsed} elapsed, {eta} left";
    bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
    let progress = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let wanted = Export {
        format: args.format.meant(),
        split: args.split.as_deref(),
        threads: globals.workers(),
        progress: &progress,
        stop: interrupt::flag(),
    };
    let done = export(&args.dir, &args.output, &wanted)?;
    bar.finish_and_clear();
    let before = match done.before {
        0 => String::new(),
        n => format!(", {n} of them by an earlier run"),
    };
    output.note(&format!(
        "{}: {} with {}{before}",
        args.output.display(),
        plural(done.scenes, "sample"),
        plural(done.descriptions, "description")
    ));
    Ok(Exit::Clean)
}
