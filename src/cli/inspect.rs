//! `dataprep inspect`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::{Float32Type, Int32Type};
use arrow::record_batch::RecordBatch;

use super::augment::bytes;
use super::{Exit, Output, plural};
use crate::error::{Error, Kind, Result};
use crate::store::Folder;
use crate::write::{
    BlobColumn, MANIFEST, Manifest, SceneIndex, Stored, Table, damage, data_set_of, find_sample, read_table,
};

/// Arguments of `dataprep inspect`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without a sample: what the data set, or one shard of it, holds. With one: its columns with their ranges, the
steps that made it, its objects and its sentences. A shard is held against the digests of the manifest, a
whole data set against its sizes; what differs is named, and the exit code is 1.

Examples:
  dataprep inspect out/run1
  dataprep inspect out/run1 scene0011_00/v002
  dataprep inspect out/run1/scenes/train-00000-1f3a9c2e.parquet

Sentences are shown as they are stored: share the output no further than the data's licence allows.")]
pub struct InspectArgs {
    /// A data set's folder, or a shard file in it
    path: PathBuf,
    /// Id of a sample
    #[arg(value_name = "SAMPLE")]
    sample: Option<String>,
}

/// Damaged files that are named.
const MOST_DAMAGED: usize = 3;

pub(super) fn run(args: &InspectArgs, output: &mut Output) -> Result<Exit> {
    let (root, shard) = data_set_of(&args.path)?;
    let store = Folder::new(&root);
    let (manifest, content) = Manifest::of(&store)?;
    let sample = args.sample.as_deref();
    let scene = sample.map(|id| find_sample(&manifest, id, shard.as_deref(), &args.path)).transpose()?;
    // Of one shard every byte is looked at, of a data set the sizes: `verify` does the rest.
    let named = scene.map(|scene| scene.shard.as_str()).or(shard.as_deref());
    let shards = manifest.shards.iter().filter(|s| named.is_none_or(|name| s.name == name));
    let damaged: Vec<Error> =
        shards.flat_map(|s| &s.files).filter_map(|file| damage(&store, file, named.is_some())).collect();
    let text = match (scene, &shard) {
        (Some(scene), _) => sample_text(&store, &manifest, scene, damaged.is_empty())?,
        (None, Some(shard)) => shard_text(&manifest, shard, &args.path)?,
        (None, None) => data_set_text(&manifest, &Manifest::dataset_id(&content)),
    };
    output.data(&text)?;
    for error in damaged.iter().take(MOST_DAMAGED) {
        output.error(error);
    }
    if damaged.len() > MOST_DAMAGED {
        output.note(&format!(
            "and {} more files that are not as the manifest says",
            damaged.len() - MOST_DAMAGED
        ));
    }
    Ok(if damaged.is_empty() { Exit::Clean } else { Exit::Findings })
}

fn data_set_text(manifest: &Manifest, id: &str) -> String {
    let layout = manifest.layout.name();
    let mut out = format!("data set {id}\nlayout {}, {layout}, by {}\n\n", manifest.format, manifest.tool);
    let _ = writeln!(
        out,
        "{:<12} {:>8} {:>14} {:>9} {:>13}",
        "split", "samples", "points", "objects", "descriptions"
    );
    for (split, counts) in &manifest.splits {
        let _ = writeln!(
            out,
            "{split:<12} {:>8} {:>14} {:>9} {:>13}",
            counts.scenes, counts.points, counts.objects, counts.descriptions
        );
    }
    out += "\ncolumns of a point\n";
    for (name, shape) in &manifest.columns {
        let column = BlobColumn::named(name).map(|column| (column, manifest.layout.stored(&column)));
        let stored = column.filter(|(column, stored)| column != stored);
        let stored = stored.map_or(String::new(), |(_, stored)| format!("  stored as {}", stored.spell()));
        let _ = writeln!(out, "  {name:<12} {shape}{stored}");
    }
    for (what, most) in &manifest.errors {
        let _ = writeln!(out, "  rounded by at most {most:.2e} ({what})");
    }
    let stored: u64 = manifest.shards.iter().flat_map(|s| &s.files).map(|f| f.bytes).sum();
    let _ = writeln!(out, "\n{}, {}", plural(manifest.shards.len(), "shard"), bytes(stored));
    let text = &manifest.text;
    let dropped: u64 = text.dropped.values().sum();
    let _ = writeln!(
        out,
        "sentences over all variants: {} kept, {} rewritten, {dropped} left out",
        text.kept, text.adapted
    );
    for (reason, n) in &text.dropped {
        let _ = writeln!(out, "  {reason:<14} {n}");
    }
    if !manifest.skipped.is_empty() {
        let faults = manifest.skipped.iter().filter(|s| s.fault).count();
        let _ = writeln!(out, "{} left out, {faults} for a fault", plural(manifest.skipped.len(), "thing"));
        for skipped in manifest.skipped.iter().filter(|s| s.fault).take(10) {
            let _ = writeln!(out, "  {}: {}", skipped.what, skipped.why);
        }
    }
    let _ = write!(out, "\npipeline\n{}", indented(&manifest.pipeline));
    out
}

fn shard_text(manifest: &Manifest, shard: &str, path: &Path) -> Result<String> {
    let index = manifest.shards.iter().find(|s| s.name == shard).ok_or_else(|| {
        Error::new(Kind::NotFound, "the data set names no such shard")
            .at(path)
            .help("a file that no manifest names was never finished")
    })?;
    let mut out = format!("shard {shard}, split {}\n", index.split);
    for file in &index.files {
        let _ = writeln!(out, "  {} {}, {}", file.file, plural(file.rows, "row"), bytes(file.bytes));
    }
    for scene in manifest.scenes.iter().filter(|s| s.shard == shard) {
        let _ = writeln!(
            out,
            "{:<24} {:>9} points {:>6} sentences",
            scene.sample_id, scene.num_points, scene.num_descriptions
        );
    }
    Ok(out)
}

fn sample_text(store: &Folder, manifest: &Manifest, scene: &SceneIndex, is_whole: bool) -> Result<String> {
    let file_of = |table: Table| {
        let shard = manifest.shards.iter().find(|s| s.name == scene.shard);
        let file = shard.and_then(|s| s.files.iter().find(|f| f.file.starts_with(table.folder())));
        file.map(|f| store.path(&f.file)).ok_or_else(|| {
            Error::new(Kind::Corrupt, format!("shard {} is not listed whole", scene.shard))
                .at(store.path(MANIFEST))
        })
    };
    let mut out = format!(
        "{} of split {}, variant {}: {}, {}\nshard {}, row group {}\n\n",
        scene.sample_id,
        scene.split,
        scene.variant,
        plural(scene.num_points, "point"),
        plural(scene.num_descriptions, "sentence"),
        scene.shard,
        scene.row_group
    );
    let scenes = file_of(Table::Scenes)?;
    let stored = Stored::open(store.root())?;
    for column in &manifest.layout.columns {
        // Damage is told, and does not hide the rest.
        let mut content = vec![0; column.nbytes(scene.num_points as usize)];
        let read = stored.read(scene, column, true, &mut content);
        let mut told = span(column, &content);
        if let Err(error) = read {
            told = error.detail();
        }
        let at = scene.blobs.get(column.name).filter(|blob| blob.offset > 0);
        let at = at.map_or(String::new(), |blob| format!("at byte {}", blob.offset));
        let shape = column.spell().replace("[N", &format!("[{}", scene.num_points));
        let _ = writeln!(out, "  {:<11} {shape:<15} {at:<19} {told}", column.name);
        if let Some(how) = otherwise(column, manifest, scene, &content) {
            let _ = writeln!(out, "{:14}{how}", "");
        }
    }
    if !is_whole {
        out += "\nthe shard is damaged: steps, objects and sentences are not shown\n";
        return Ok(out);
    }
    let named = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let rows = read_table(&scenes, Some(&named(&["sample_id", "provenance"])))?;
    for row in rows_of(&rows, &scene.sample_id) {
        let provenance: serde_json::Value =
            serde_json::from_str(text_at(&rows, "provenance", row)).unwrap_or_default();
        out += "\nsteps\n";
        for step in provenance["steps"].as_array().into_iter().flatten() {
            let _ = writeln!(
                out,
                "  {:<20} {:<10} {}",
                step["id"].as_str().unwrap_or_default(),
                step["outcome"].as_str().unwrap_or_default(),
                step["parameters"]
            );
        }
    }
    let objects = read_table(&file_of(Table::Objects)?, None)?;
    out += "\nobjects          points   of source   superpoint ceiling\n";
    for row in rows_of(&objects, &scene.sample_id) {
        let int = |name: &str| objects[name].as_primitive::<Int32Type>().value(row);
        let _ = writeln!(
            out,
            "  {:>4} {:<10} {:>7} {:>11} {:>20.3}",
            int("object_id"),
            text_at(&objects, "raw_category", row),
            int("num_points"),
            int("num_points_source"),
            objects["superpoint_ceiling"].as_primitive::<Float32Type>().value(row)
        );
    }
    let said = read_table(&file_of(Table::Descriptions)?, None)?;
    out += "\nsentences\n";
    for row in rows_of(&said, &scene.sample_id) {
        let _ = writeln!(
            out,
            "  {} {}: {}",
            text_at(&said, "ann_key", row),
            text_at(&said, "text_action", row),
            text_at(&said, "text", row)
        );
    }
    // What a terminal would obey is shown as a space.
    Ok(out.replace(|c: char| c.is_control() && c != '\n', " "))
}

/// How a column is stored, where that is not how it is read.
fn otherwise(column: &BlobColumn, manifest: &Manifest, scene: &SceneIndex, content: &[u8]) -> Option<String> {
    let stored = manifest.layout.stored(column);
    if stored == *column {
        return None;
    }
    let mut how = format!("stored as {}", stored.spell());
    let error = |what: &str| scene.errors.get(what).copied();
    match column.name {
        "xyz" => {
            let points: Vec<[f32; 3]> = content
                .as_chunks::<4>()
                .0
                .as_chunks::<3>()
                .0
                .iter()
                .map(|p| p.map(f32::from_le_bytes))
                .collect();
            let steps = [0, 1, 2].map(|k| {
                let of = |end: f32, pick: fn(f32, f32) -> f32| points.iter().map(|p| p[k]).fold(end, pick);
                f64::from(of(f32::MIN, f32::max) - of(f32::MAX, f32::min)).max(0.0) * 1000.0 / 65_535.0
            });
            let _ = write!(how, " in steps of {:.3}, {:.3} and {:.3} mm", steps[0], steps[1], steps[2]);
            if let Some(m) = error("xyz_m") {
                let _ = write!(how, ", rounded by at most {:.3} mm", m * 1000.0);
            }
        }
        "normal" => {
            how += ", octahedral";
            if let Some(degrees) = error("normal_deg") {
                let _ = write!(how, ", rounded by at most {degrees:.4}°");
            }
        }
        _ => {}
    }
    Some(how)
}

/// Rows of a sample in a table.
fn rows_of<'a>(rows: &'a RecordBatch, sample: &'a str) -> impl Iterator<Item = usize> + 'a {
    let ids = rows["sample_id"].as_string::<i32>();
    (0..ids.len()).filter(move |&row| ids.value(row) == sample)
}

fn text_at<'a>(rows: &'a RecordBatch, column: &str, row: usize) -> &'a str {
    rows[column].as_string::<i32>().value(row)
}

/// Smallest and largest value of a column.
fn span(column: &BlobColumn, content: &[u8]) -> String {
    fn of<T: PartialOrd + Copy + std::fmt::Display>(values: impl Iterator<Item = T>) -> String {
        let span = values.fold(None, |span: Option<(T, T)>, v| {
            Some(span.map_or((v, v), |(lo, hi)| (if v < lo { v } else { lo }, if v > hi { v } else { hi })))
        });
        span.map_or_else(|| "empty".to_owned(), |(lo, hi)| format!("{lo} to {hi}"))
    }
    let (words, _) = content.as_chunks::<4>();
    match column.dtype {
        "<f4" => of(words.iter().map(|&w| f32::from_le_bytes(w))),
        "<i4" => of(words.iter().map(|&w| i32::from_le_bytes(w))),
        "<u4" => of(words.iter().map(|&w| u32::from_le_bytes(w))),
        _ => of(content.iter().copied()),
    }
}

fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |all, line| all + "  " + line + "\n")
}
