//! Stored samples → the files of trainers whose loader cannot be changed.
//!
//! | file | what it knows |
//! |---|---|
//! | `pointcept.rs` `refer_pth.rs` `scanrefer_npy.rs` `webdataset.rs` | one form each |
//! | `array.rs` | an array as a `.npy` file |
//! | `pickle.rs` | arrays as a file that `torch.load` reads |
//! | `sentences.rs` | sentences as a references file |
//!
//! Files appear whole or not at all, so that what is there need not be written again.

mod array;
mod pickle;
mod pointcept;
mod refer_pth;
mod scanrefer_npy;
mod sentences;
mod webdataset;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use arrow::array::AsArray as _;
use arrow::datatypes::Int32Type;
use arrow::record_batch::RecordBatch;

use self::sentences::References;
use super::manifest::{Manifest, SceneIndex, ShardIndex};
use super::schema::Table;
use super::stored::Stored;
use super::table::read_table;
use super::threads::on_threads;
use crate::error::{Error, Kind, Result};
use crate::store::{self, Folder, Outcome};

/// Says in a folder what was exported into it.
const NOTE: &str = "dataprep-export.json";
/// Held while an export writes into a folder.
const LOCK: &str = "dataprep-export.lock";

/// A trainer's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Pointcept: a folder of `.npy` files a scene.
    Pointcept,
    /// 3D-STMN, MDIN, Reason3D: a `.pth` file a scene.
    ReferPth,
    /// `ScanRefer`: `.npy` files a scene.
    ScanreferNpy,
    /// `WebDataset`: a tar file a shard.
    Webdataset,
}

impl Format {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pointcept => "pointcept",
            Self::ReferPth => "refer-pth",
            Self::ScanreferNpy => "scanrefer-npy",
            Self::Webdataset => "webdataset",
        }
    }

    /// Columns that the form is made of; of a `WebDataset` all that there are.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Pointcept | Self::ScanreferNpy => &["xyz", "rgb", "normal", "nyu40", "object"],
            Self::ReferPth => &["xyz", "rgb", "superpoint", "nyu40", "object"],
            Self::Webdataset => &[],
        }
    }
}

/// What is to be exported.
#[derive(Clone, Copy)]
pub struct Export<'a> {
    /// The form.
    pub format: Format,
    /// Only this split; all when `None`.
    pub split: Option<&'a str>,
    /// Threads to use.
    pub threads: usize,
    /// Hears how many scene variants of how many are done.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
    /// Raised when the run is to end early.
    pub stop: &'a AtomicBool,
}

/// What was exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Scene variants.
    pub scenes: usize,
    /// Of these, written by an earlier run.
    pub before: usize,
    /// Sentences.
    pub descriptions: u64,
}

/// An object of a scene variant, as the objects table has it.
struct Object {
    id: i32,
    nyu40: i32,
    scannet200: i32,
    /// Smallest, then largest corner.
    bounds: [f32; 6],
}

/// A scene variant to be exported.
struct Scan<'a> {
    stored: &'a Stored,
    scene: &'a SceneIndex,
    /// What its files are called.
    name: String,
    objects: Vec<Object>,
}

impl Scan<'_> {
    fn points(&self) -> usize {
        self.scene.num_points as usize
    }

    fn bytes(&self, column: &str) -> Result<Vec<u8>> {
        self.stored.array(self.scene, &self.stored.column(column)?)
    }

    fn floats(&self, column: &str) -> Result<Vec<f32>> {
        Ok(self.bytes(column)?.as_chunks::<4>().0.iter().map(|&v| f32::from_le_bytes(v)).collect())
    }

    fn ints(&self, column: &str) -> Result<Vec<i32>> {
        Ok(self.bytes(column)?.as_chunks::<4>().0.iter().map(|&v| i32::from_le_bytes(v)).collect())
    }
}

/// Writes the samples of the data set in `dir` into the folder `out`; goes on where an earlier run of the
/// same stopped.
///
/// # Errors
/// [`Kind::Conflict`] when the folder holds anything else; [`Kind::Config`] when the data set lacks a column
/// that the form has, or the split; [`Kind::Corrupt`] when it is not what was written;
/// [`Kind::Interrupted`].
pub fn export(dir: &Path, out: &Path, wanted: &Export<'_>) -> Result<Exported> {
    let stored = Stored::open(dir)?;
    for column in wanted.format.columns() {
        stored.column(column)?;
    }
    let manifest = &stored.manifest;
    let is_wanted = |split: &str| wanted.split.is_none_or(|only| only == split);
    let shards: Vec<&ShardIndex> = manifest.shards.iter().filter(|s| is_wanted(&s.split)).collect();
    if shards.is_empty() {
        let splits: Vec<&str> = manifest.splits.keys().map(String::as_str).collect();
        let what = wanted.split.map_or("the data set is empty".into(), |s| format!("there is no split {s}"));
        return Err(Error::new(Kind::Config, what).at(dir).found(splits.join(", ")));
    }
    let folder = Folder::new(out);
    if out.exists() && !out.is_dir() {
        return Err(Error::new(Kind::Config, "a file is in the way of the output folder")
            .at(out)
            .help("choose another folder with -o"));
    }
    if lies_in(out, dir) {
        return Err(Error::new(Kind::Config, "the output folder lies in the data set that is exported")
            .at(out)
            .help(format!("choose a folder outside of {} with -o", dir.display())));
    }
    take(&folder, &stored, wanted)?;
    let _lock = folder.lock(LOCK)?;
    // What a killed run left.
    folder.sweep("")?;
    for split in manifest.splits.keys() {
        folder.sweep(split)?;
    }
    let total = manifest.scenes.iter().filter(|s| is_wanted(&s.split)).count();
    let names = Names::of(manifest);
    let done = AtomicUsize::new(0);
    let mut exported = Exported { scenes: total, ..Exported::default() };
    let mut references = References::default();
    for shard in shards {
        let read = |table| stored.path(shard, table).and_then(|path| read_table(&path, None));
        let (objects, said) = (read(Table::Objects)?, read(Table::Descriptions)?);
        let scans: Vec<Scan<'_>> = manifest
            .scenes
            .iter()
            .filter(|scene| scene.shard == shard.name)
            .map(|scene| Scan {
                stored: &stored,
                scene,
                name: names.name(scene),
                objects: objects_of(&objects, &scene.sample_id),
            })
            .collect();
        exported.descriptions += said.num_rows() as u64;
        let heard = || (wanted.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        if wanted.format == Format::Webdataset {
            exported.before +=
                webdataset::write(&folder, manifest, shard, &scans, &said, wanted.stop, &heard)?;
            continue;
        }
        let written = on_threads(scans.iter().collect(), wanted.threads, |scan: &Scan<'_>| {
            if wanted.stop.load(Ordering::Relaxed) {
                return Err(interrupted());
            }
            let before = match wanted.format {
                Format::Pointcept => pointcept::write(&folder, scan),
                Format::ReferPth => refer_pth::write(&folder, scan),
                _ => scanrefer_npy::write(&folder, scan),
            }?;
            heard();
            Ok(usize::from(before))
        });
        for before in written {
            exported.before += before?;
        }
        for scan in &scans {
            references.add(&folder, scan, &said)?;
        }
    }
    references.publish()?;
    Ok(exported)
}

/// Whether a path, of which the end need not be there yet, is a folder or lies in it.
fn lies_in(path: &Path, folder: &Path) -> bool {
    let Ok(path) = std::path::absolute(path) else { return false };
    let real = path.ancestors().find_map(|there| {
        let rest = path.strip_prefix(there).ok()?;
        there.canonicalize().ok().map(|there| there.join(rest))
    });
    folder.canonicalize().is_ok_and(|folder| real.is_some_and(|path| path.starts_with(folder)))
}

fn interrupted() -> Error {
    Error::new(Kind::Interrupted, "stopped; run the same command again to go on")
}

/// Takes an empty folder, or the one of the same export.
fn take(folder: &Folder, stored: &Stored, wanted: &Export<'_>) -> Result<()> {
    let id = Manifest::dataset_id(&store::read(stored.root().join(super::MANIFEST))?);
    let note = serde_json::json!({
        "format": wanted.format.name(), "data-set": id, "split": wanted.split,
        "tool": format!("dataprep {}", crate::VERSION),
    });
    let note = format!("{note:#}\n").into_bytes();
    let refuse = |what: &str| {
        Err(Error::new(Kind::Conflict, what.to_owned())
            .at(folder.root())
            .help("choose another folder with -o, or empty this one"))
    };
    if folder.size(NOTE)?.is_none() {
        let held = [folder.list("")?, folder.folders("")?].concat();
        if let Some(first) = held.first() {
            return refuse(&format!("the folder is not empty, and not of an export: it holds {first}"));
        }
    }
    match folder.create(NOTE, &note)? {
        Outcome::Existed(before) if before != note => {
            refuse("the folder holds an export of another data set, form, split or version")
        }
        _ => Ok(()),
    }
}

/// What the files of scene variants are called: the scan, and the variant where there are any. No name
/// is part of another one, as some loaders look for a file whose name holds the scan's.
struct Names {
    digits: Option<usize>,
}

impl Names {
    fn of(manifest: &Manifest) -> Self {
        let last = manifest.scenes.iter().map(|scene| scene.variant).max().unwrap_or(0);
        Self { digits: (last > 0).then(|| last.to_string().len().max(3)) }
    }

    fn name(&self, scene: &SceneIndex) -> String {
        match self.digits {
            Some(digits) => format!("{}_v{:0digits$}", scene.scene_id, scene.variant),
            None => scene.scene_id.clone(),
        }
    }
}

fn objects_of(rows: &RecordBatch, sample: &str) -> Vec<Object> {
    let int = |name: &str| rows[name].as_primitive::<Int32Type>();
    let boxes = rows["box"].as_binary::<i32>();
    let bounds = |row: usize| {
        let mut bounds = [0.0; 6];
        for (value, &bytes) in bounds.iter_mut().zip(boxes.value(row).as_chunks::<4>().0) {
            *value = f32::from_le_bytes(bytes);
        }
        bounds
    };
    rows_of(rows, sample)
        .map(|row| Object {
            id: int("object_id").value(row),
            nyu40: int("nyu40").value(row),
            scannet200: int("scannet200").value(row),
            bounds: bounds(row),
        })
        .collect()
}

/// Rows of a sample in a table.
fn rows_of<'a>(rows: &'a RecordBatch, sample: &'a str) -> impl Iterator<Item = usize> + 'a {
    let ids = rows["sample_id"].as_string::<i32>();
    (0..rows.num_rows()).filter(move |&row| ids.value(row) == sample)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{data_set, data_set_as, sample};
    use super::super::layout::Profile;
    use super::*;

    fn run(dir: &Path, out: &Path, format: Format) -> Result<Exported> {
        let stop = AtomicBool::new(false);
        export(dir, out, &Export { format, split: None, threads: 2, progress: &|_, _| {}, stop: &stop })
    }

    fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        let mut folders = vec![dir.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                    all.push((name, std::fs::read(path).unwrap()));
                }
            }
        }
        all.sort();
        all
    }

    #[test]
    fn an_export_into_its_own_data_set_or_over_a_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        data_set(&data, &[sample("scene0000_00", 0)]);
        let file = dir.path().join("file");
        std::fs::write(&file, b"mine").unwrap();
        for out in [data.clone(), data.join("new/export"), data.join("../data/y"), file.clone()] {
            let before = files(dir.path());
            let error = run(&data, &out, Format::Pointcept).unwrap_err();
            assert!(error.kind() == Kind::Config && error.remedy().is_some(), "{error}");
            assert!(files(dir.path()) == before, "{}", out.display());
        }
        run(&data, &dir.path().join("data-beside"), Format::Pointcept).unwrap();
    }

    const FORMATS: [Format; 4] =
        [Format::Pointcept, Format::ReferPth, Format::ScanreferNpy, Format::Webdataset];

    #[test]
    fn a_run_that_was_stopped_goes_on_and_gives_the_same_files() {
        let dir = tempfile::tempdir().unwrap();
        data_set(
            dir.path(),
            &[sample("scene0000_00", 0), sample("scene0000_00", 1), sample("scene0001_00", 0)],
        );
        for format in FORMATS {
            let out = tempfile::tempdir().unwrap();
            let whole = run(dir.path(), out.path(), format).unwrap();
            assert_eq!(whole, Exported { scenes: 3, before: 0, descriptions: 3 });
            let expected = files(out.path());
            // What a kill leaves: some files, and temporary ones.
            for (name, _) in
                expected.iter().filter(|(name, _)| name.contains("scene0001") || name.contains("Refer_"))
            {
                std::fs::remove_file(out.path().join(name)).unwrap();
            }
            let again = run(dir.path(), out.path(), format).unwrap();
            let left = if format == Format::Webdataset { 3 } else { 2 };
            assert_eq!(again, Exported { before: left, ..whole }, "{format:?}");
            assert!(files(out.path()) == expected, "{format:?}");
        }
    }

    #[test]
    fn a_folder_of_something_else_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        data_set(dir.path(), &[sample("scene0000_00", 0)]);
        let out = tempfile::tempdir().unwrap();
        std::fs::write(out.path().join("thesis.tex"), "years of work").unwrap();
        let error = run(dir.path(), out.path(), Format::Pointcept).unwrap_err();
        assert!(error.kind() == Kind::Conflict && error.to_string().contains("thesis.tex"), "{error}");
        assert_eq!(files(out.path()).len(), 1);
        let out = tempfile::tempdir().unwrap();
        run(dir.path(), out.path(), Format::Pointcept).unwrap();
        let error = run(dir.path(), out.path(), Format::ReferPth).unwrap_err();
        assert_eq!(error.kind(), Kind::Conflict);
    }

    #[test]
    fn the_profile_changes_no_exported_byte_and_what_is_missing_is_named() {
        let samples = [sample("scene0000_00", 0)];
        let [plain, archive, few] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        data_set(plain.path(), &samples);
        data_set_as(archive.path(), &samples, &Profile::Archive.layout());
        let mut layout = Profile::Train.layout();
        layout.columns.retain(|column| column.name != "rgb");
        data_set_as(few.path(), &samples, &layout);
        for format in FORMATS {
            let outs = [&plain, &archive].map(|dir| {
                let out = tempfile::tempdir().unwrap();
                run(dir.path(), out.path(), format).unwrap();
                files(out.path()).into_iter().filter(|(name, _)| name != NOTE).collect::<Vec<_>>()
            });
            // A tar is called like its shard, without the digest.
            assert!(outs[0] == outs[1], "{format:?}");
        }
        let out = tempfile::tempdir().unwrap();
        let error = run(few.path(), out.path(), Format::ReferPth).unwrap_err();
        assert!(error.to_string().contains("no column rgb"), "{error}");
        assert!(files(out.path()).is_empty());
    }
}
