//! `dataprep bench`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::augment::bytes;
use super::{Exit, Globals, Output, interrupt, plural};
use crate::error::{Error, Kind, Result};
use crate::store::Folder;
use crate::write::{Piece, Source, Stored, damage, fill};

/// Arguments of `dataprep bench`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Reads scenes into memory as the Loader of the Python package does, and copies as many bytes within
memory for comparison: no reader can be faster than that copy. The first pass reads the files as
they are found, from the disk or from memory, and takes the checksum of each column, as the Loader
does; the later ones find them in memory where it has room. Files that are not what their manifest
says are refused.

Examples:
  dataprep bench out/run1
  dataprep bench out/run1 --columns xyz,rgb,object -j 4")]
pub struct BenchArgs {
    /// A data set's folder
    dir: PathBuf,
    /// Columns to read [default: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    columns: Vec<String>,
    /// How long the later passes go on, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
}

/// Scenes that are read at once: enough for every thread to have some.
const BATCH: usize = 4;

pub(super) fn run(args: &BenchArgs, globals: &Globals, output: &mut Output) -> Result<Exit> {
    let stored = Stored::open(&args.dir)?;
    let layout = &stored.manifest.layout;
    let columns = match args.columns.as_slice() {
        [] => layout.columns.clone(),
        names => names.iter().map(|name| stored.column(name)).collect::<Result<_>>()?,
    };
    // What is not whole would be timed, too.
    let store = Folder::new(stored.root());
    let files = || stored.manifest.shards.iter().flat_map(|s| &s.files);
    if let Some(error) = files().find_map(|file| damage(&store, file, false)) {
        return Err(error);
    }
    let scenes = &stored.manifest.scenes;
    if scenes.is_empty() {
        return Err(Error::new(Kind::Config, "the data set is empty").at(&args.dir));
    }
    let all: Vec<usize> = (0..scenes.len()).collect();
    let batches: Vec<&[usize]> = all.chunks(BATCH).collect();
    let of_scene = |&scene: &usize| -> usize {
        columns.iter().map(|column| column.nbytes(scenes[scene].num_points as usize)).sum()
    };
    let size = |batch: &[usize]| batch.iter().map(of_scene).sum::<usize>() as u64;
    let largest = batches.iter().map(|b| size(b)).max().unwrap_or(0) as usize;
    let (mut buffer, mut other) = (vec![0_u8; largest], vec![1_u8; largest]);
    let threads = globals.workers();

    let mut read = |batch: &[usize], checked: bool| -> Result<()> {
        let mut rest = buffer.as_mut_slice();
        let mut pieces = Vec::new();
        for &scene in batch {
            for &column in &columns {
                let (out, left) = rest.split_at_mut(column.nbytes(scenes[scene].num_points as usize));
                rest = left;
                let source = Source::Column { stored: &stored, scene, column, checked };
                pieces.push(Piece { source, out });
            }
        }
        fill(pieces, threads).into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
    };
    let first = Instant::now();
    for batch in &batches {
        read(batch, true)?;
        unless_stopped()?;
    }
    let first = first.elapsed();
    let (later, laps) =
        repeated(Duration::from_secs(args.seconds), batches.len(), |at| read(batches[at], false))?;
    let (copied, copies) = repeated(Duration::from_secs(args.seconds), batches.len(), |at| {
        let n = size(batches[at]) as usize;
        other[..n].copy_from_slice(&buffer[..n]);
        std::hint::black_box(&mut other);
        Ok(())
    })?;

    let scenes_n = scenes.len();
    let (scenes, total) = (scenes_n as f64, batches.iter().map(|b| size(b)).sum::<u64>());
    let mut text = format!(
        "{}, {} of columns, {}, {}\n",
        plural(scenes_n, "sample"),
        bytes(total),
        layout.name(),
        plural(threads, "thread")
    );
    let mut line = |what: &str, seconds: f64, passes: f64| {
        let (rate, flow) = (scenes * passes / seconds, total as f64 * passes / seconds);
        let _ = writeln!(text, "{what:<28} {rate:>9.0} samples/s {:>12}/s", bytes(flow as u64));
        rate
    };
    line("first pass, as found", first.as_secs_f64(), 1.0);
    let warm = line("read again", later.as_secs_f64(), laps);
    let bound = line("copy in memory, one thread", copied.as_secs_f64(), copies);
    let _ = writeln!(text, "reading again runs at {:.0} % of the copy", 100.0 * warm / bound);
    output.data(&text)?;
    Ok(Exit::Clean)
}

/// Runs `lap` over all batches, again and again for `length`; gives the time and the number of passes.
fn repeated(
    length: Duration,
    batches: usize,
    mut lap: impl FnMut(usize) -> Result<()>,
) -> Result<(Duration, f64)> {
    let (start, mut done) = (Instant::now(), 0_usize);
    // Whole passes, so that large and small scenes count alike.
    while start.elapsed() < length || done % batches != 0 {
        lap(done % batches)?;
        unless_stopped()?;
        done += 1;
    }
    Ok((start.elapsed(), done as f64 / batches as f64))
}

fn unless_stopped() -> Result<()> {
    if interrupt::flag().load(std::sync::atomic::Ordering::Relaxed) {
        return Err(Error::new(Kind::Interrupted, "stopped"));
    }
    Ok(())
}
