//! Whether a folder is what its manifest claims.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use arrow::array::AsArray as _;
use arrow::datatypes::{Float32Type, Int32Type};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rayon::prelude::*;

use super::claims;
use super::layout::Layout;
use super::manifest::{Manifest, SceneIndex, ShardFile, ShardIndex};
use super::packed::unpack;
use super::problem::Problem;
use super::schema::{BlobColumn, Table};
use super::shard::blob_offset;
use super::stored::{column_of, footer_of};
use crate::error::{Error, Kind, Result};
use crate::store::Folder;

/// Checks all that the manifest in `dir` claims. `progress` hears how many shards of how many are done.
///
/// # Errors
/// When there is no manifest, or it cannot be read at all; [`Kind::Interrupted`] when `stop` was set.
pub fn verify(
    dir: &Path,
    progress: &(dyn Fn(usize, usize) + Sync),
    stop: &AtomicBool,
) -> Result<(Manifest, Vec<Problem>)> {
    let store = Folder::new(dir);
    let (manifest, _) = Manifest::of(&store)?;
    let mut by_shard: BTreeMap<&str, Vec<&SceneIndex>> = BTreeMap::new();
    for scene in &manifest.scenes {
        by_shard.entry(&scene.shard).or_default().push(scene);
    }
    let done = AtomicUsize::new(0);
    let mut problems: Vec<Problem> = manifest
        .shards
        .par_iter()
        .flat_map_iter(|shard| {
            if stop.load(Ordering::Relaxed) {
                return Vec::new();
            }
            let scenes = by_shard.get(shard.name.as_str()).map_or(&[][..], Vec::as_slice);
            let layout = &manifest.layout;
            let mut check = Check { store: &store, layout, file: String::new(), problems: Vec::new() };
            check.shard(shard, scenes);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, manifest.shards.len());
            check.problems
        })
        .collect();
    if stop.load(Ordering::Relaxed) {
        return Err(Error::new(Kind::Interrupted, "the check was stopped before its end"));
    }
    problems.extend(claims::problems(&manifest));
    problems.sort();
    Ok((manifest, problems))
}

/// One shard's checks.
struct Check<'a> {
    store: &'a Folder,
    layout: &'a Layout,
    file: String,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn report(&mut self, code: &'static str, message: impl Into<String>) {
        self.problems.push(Problem { code, file: self.file.clone(), message: message.into() });
    }

    fn shard(&mut self, shard: &ShardIndex, scenes: &[&SceneIndex]) {
        let tables = self.layout.tables();
        if shard.files.len() != tables.len() {
            self.file.clone_from(&shard.name);
            self.report("SHD103", format!("{} files in place of {}", shard.files.len(), tables.len()));
            return;
        }
        let (mut masks, mut mirrors) = (BTreeMap::new(), BTreeMap::new());
        // Scenes and points come before the sentences that speak of them.
        for at in [0, 3, 1, 2] {
            let (Some(&table), Some(file)) = (tables.get(at), shard.files.get(at)) else { continue };
            let Some(bytes) = self.bytes(file) else { continue };
            match table {
                Table::Scenes => {
                    if let Some(groups) = self.groups(&bytes, table, scenes) {
                        if file.rows != scenes.len() as u64 {
                            self.report("SHD102", format!("{} rows claimed for {}", file.rows, scenes.len()));
                        }
                        mirrors = self.identities(groups, scenes);
                    }
                }
                Table::Points => {
                    let points: u64 = scenes.iter().map(|s| u64::from(s.num_points)).sum();
                    if file.rows != points {
                        self.report("SHD102", format!("{} rows claimed for {points} points", file.rows));
                    }
                }
                Table::Objects => drop(self.table(&bytes, table, file.rows)),
                Table::Descriptions => {
                    let batches = self.table(&bytes, table, file.rows);
                    self.sentences(&batches, &masks, &mirrors, scenes);
                }
            }
            if table == self.layout.table() && self.groups(&bytes, table, scenes).is_some() {
                masks = self.columns(&bytes, scenes);
            }
        }
    }

    /// The bytes of a file, if they are what the manifest says.
    fn bytes(&mut self, file: &ShardFile) -> Option<Bytes> {
        self.file.clone_from(&file.file);
        let bytes = match self.store.read_if_present(&file.file) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                self.report("SHD101", "the file is missing");
                return None;
            }
            Err(error) => {
                self.report("SHD101", error.detail());
                return None;
            }
        };
        if bytes.len() as u64 != file.bytes {
            self.report("SHD101", format!("expected {} bytes, found {}", file.bytes, bytes.len()));
            return None;
        }
        if blake3::hash(&bytes).to_hex().as_str() != file.blake3 {
            self.report("SHD101", "the content has changed since it was written: BLAKE3 differs");
            // Go on: the checks below say which scene and column were hit.
        }
        Some(bytes.into())
    }

    /// A file of the layout's schema that has a row group for each scene variant.
    fn groups(
        &mut self,
        bytes: &Bytes,
        table: Table,
        scenes: &[&SceneIndex],
    ) -> Option<ParquetRecordBatchReaderBuilder<Bytes>> {
        let before = self.problems.len();
        match ParquetRecordBatchReaderBuilder::try_new(bytes.clone()) {
            Err(error) => self.report("SHD103", format!("not a Parquet file: {error}")),
            Ok(file) => {
                let found = file.metadata().num_row_groups();
                if file.schema().fields() != table.schema(self.layout).fields() {
                    self.report("SHD103", "the columns are not those of this layout version");
                } else if found != scenes.len() {
                    self.report("SHD102", format!("expected {} rows, found {found}", scenes.len()));
                }
                return (self.problems.len() == before).then_some(file);
            }
        }
        None
    }

    /// Every column's place and checksum; gives each scene's points by object.
    fn columns(&mut self, bytes: &Bytes, scenes: &[&SceneIndex]) -> BTreeMap<String, BTreeMap<i32, u32>> {
        let mut masks = BTreeMap::new();
        let Ok(footer) = footer_of(bytes) else { return masks };
        let layout = self.layout;
        for (group, scene) in scenes.iter().enumerate() {
            for column in &layout.columns {
                let name = column.name;
                let Some(blob) = scene.blobs.get(name) else {
                    self.report("SHD103", format!("{}: no column {name}", scene.sample_id));
                    continue;
                };
                let points = scene.num_points as usize;
                let expected = layout.stored(column).nbytes(points) as u64;
                if blob.nbytes != expected {
                    let found = blob.nbytes;
                    self.report(
                        "SHD102",
                        format!("{}: {name}: {expected} bytes expected, {found} claimed", scene.sample_id),
                    );
                    continue;
                }
                let found = if layout.is_mapped() {
                    blob_offset(footer.metadata().row_group(group), name, blob.nbytes)
                        .filter(|&offset| offset == blob.offset)
                        .and_then(|at| bytes.get(at as usize..(at + blob.nbytes) as usize))
                        .map(Cow::Borrowed)
                        .ok_or_else(|| "it is not where the manifest says".to_owned())
                } else {
                    column_of(bytes.clone(), footer.clone(), group, column, layout).map(Cow::Owned)
                };
                match found {
                    Err(why) => self.report("SHD103", format!("{}: {name}: {why}", scene.sample_id)),
                    Ok(found)
                        if found.len() as u64 != blob.nbytes || crc32fast::hash(&found) != blob.crc32 =>
                    {
                        self.report("SHD101", format!("{}: {name}: CRC-32 differs", scene.sample_id));
                    }
                    Ok(found) if name == "object" => {
                        masks.insert(
                            scene.sample_id.clone(),
                            points_by_object(column, layout, &found, points),
                        );
                    }
                    Ok(_) => {}
                }
            }
        }
        masks
    }

    /// Every row is the scene variant that the manifest says; gives the number of mirrors of each.
    fn identities(
        &mut self,
        builder: ParquetRecordBatchReaderBuilder<Bytes>,
        scenes: &[&SceneIndex],
    ) -> BTreeMap<String, u64> {
        let mut mirrors = BTreeMap::new();
        let names =
            ["sample_id", "scene_id", "split", "variant", "num_points", "num_descriptions", "provenance"];
        let mask = ProjectionMask::columns(builder.parquet_schema(), names);
        let read = builder.with_projection(mask).with_batch_size(1).build().map_err(|e| e.to_string());
        let rows = match read.and_then(|r| r.collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string())) {
            Ok(rows) => rows,
            Err(error) => {
                self.report("SHD103", format!("rows cannot be read: {error}"));
                return mirrors;
            }
        };
        for (scene, row) in scenes.iter().zip(&rows) {
            let text =
                |name| row.column_by_name(name).and_then(|c| c.as_string_opt::<i32>()).map(|c| c.value(0));
            let int = |name| {
                let column = row.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int32Type>());
                column.map(|c| c.value(0) as u32)
            };
            let same = text("sample_id") == Some(&scene.sample_id)
                && text("scene_id") == Some(&scene.scene_id)
                && text("split") == Some(&scene.split)
                && int("variant") == Some(scene.variant)
                && int("num_points") == Some(scene.num_points)
                && int("num_descriptions") == Some(scene.num_descriptions);
            if !same {
                let found = text("sample_id").unwrap_or_default();
                self.report(
                    "SHD102",
                    format!("{}: the row is {found}, or of another split or size", scene.sample_id),
                );
            }
            match text("provenance").and_then(Provenance::of) {
                Some(told) if told.variant == scene.variant => {
                    mirrors.insert(scene.sample_id.clone(), told.mirrors);
                }
                Some(told) => self.report(
                    "SHD107",
                    format!("{}: the provenance is that of variant {}", scene.sample_id, told.variant),
                ),
                None => self.report(
                    "SHD107",
                    format!(
                        "{}: the provenance does not say seed, variant, mirrors and steps",
                        scene.sample_id
                    ),
                ),
            }
        }
        mirrors
    }

    /// All rows of a small table.
    fn table(&mut self, bytes: &Bytes, table: Table, rows: u64) -> Vec<RecordBatch> {
        let read = ParquetRecordBatchReaderBuilder::try_new(bytes.clone())
            .and_then(ParquetRecordBatchReaderBuilder::build)
            .map_err(|e| e.to_string())
            .and_then(|r| r.collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string()));
        let batches = match read {
            Ok(batches) => batches,
            Err(error) => {
                self.report("SHD103", format!("not a readable Parquet file: {error}"));
                return Vec::new();
            }
        };
        if batches.iter().any(|b| b.schema().fields() != table.schema(self.layout).fields()) {
            self.report("SHD103", "the columns are not those of this layout version");
            return Vec::new();
        }
        let found: usize = batches.iter().map(RecordBatch::num_rows).sum();
        if found as u64 != rows {
            self.report("SHD102", format!("expected {rows} rows, found {found}"));
        }
        batches
    }

    /// Every sentence's target is there and has the points it claims.
    fn sentences(
        &mut self,
        batches: &[RecordBatch],
        masks: &BTreeMap<String, BTreeMap<i32, u32>>,
        mirrors: &BTreeMap<String, u64>,
        scenes: &[&SceneIndex],
    ) {
        let mut per_scene: BTreeMap<String, (u32, f64)> = BTreeMap::new();
        for batch in batches {
            let text = |name| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
            let int = |name| batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int32Type>());
            let weight = batch.column_by_name("weight").and_then(|c| c.as_primitive_opt::<Float32Type>());
            let (Some(sample), Some(key), Some(object), Some(points), Some(weight)) =
                (text("sample_id"), text("ann_key"), int("object_id"), int("num_target_points"), weight)
            else {
                continue;
            };
            for row in 0..object.len() {
                let (sample, target) = (sample.value(row), object.value(row));
                let (count, sum) = per_scene.entry(sample.to_owned()).or_default();
                *count += 1;
                *sum += f64::from(weight.value(row));
                let mirrored = mirrors.get(sample).map(|n| n % 2 == 1);
                if let Some(why) = mirrored.and_then(|mirrored| untrue(batch, row, mirrored)) {
                    self.report("SHD105", format!("{sample}: {}: {why}", key.value(row)));
                }
                let Some(mask) = masks.get(sample) else { continue };
                let found = mask.get(&target).copied().unwrap_or(0);
                if found == 0 {
                    self.report("SHD104", format!("{sample}: {}: the target has no point", key.value(row)));
                } else if i64::from(found) != i64::from(points.value(row)) {
                    let claimed = points.value(row);
                    self.report(
                        "SHD104",
                        format!(
                            "{sample}: {}: {claimed} target points claimed, {found} found",
                            key.value(row)
                        ),
                    );
                }
            }
        }
        for scene in scenes {
            let (found, weight) = per_scene.get(&scene.sample_id).copied().unwrap_or_default();
            if weight.to_bits() != scene.weight.to_bits() {
                let claimed = scene.weight;
                self.report(
                    "SHD102",
                    format!("{}: weight {claimed} claimed, the sentences' sum to {weight}", scene.sample_id),
                );
            }
            if found != scene.num_descriptions {
                let expected = scene.num_descriptions;
                self.report(
                    "SHD102",
                    format!("{}: expected {expected} sentences, found {found}", scene.sample_id),
                );
            }
        }
    }
}

/// What the provenance of a scene variant has to say.
#[derive(serde::Deserialize)]
#[allow(dead_code)] // that they are there is what counts
struct Provenance {
    seed: u64,
    variant: u32,
    mirrors: u64,
    steps: Vec<serde::de::IgnoredAny>,
}

impl Provenance {
    fn of(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// Why the text of a row cannot be that of a variant that was mirrored an odd number of times, or was not.
fn untrue(batch: &RecordBatch, row: usize, mirrored: bool) -> Option<&'static str> {
    let text = |name| Some(batch.column_by_name(name)?.as_string_opt::<i32>()?.value(row));
    let kept = text("text_action")? == "keep";
    let reason = text("text_reason")?;
    let claims = batch.column_by_name("claims")?.as_list_opt::<i32>()?.value(row);
    let names_a_side = claims.as_string_opt::<i32>()?.iter().flatten().any(|claim| claim == "handed");
    if kept && text("text")? != text("text_source")? {
        return Some("the text was kept, and is another than in the references");
    }
    match mirrored {
        true if kept && reason.is_empty() && names_a_side => {
            Some("it names a side and was kept, and the variant is mirrored")
        }
        false if reason == "mirror" => Some("its reason is a mirror, and the variant is not mirrored"),
        _ => None,
    }
}

fn points_by_object(
    column: &BlobColumn,
    layout: &Layout,
    stored: &[u8],
    points: usize,
) -> BTreeMap<i32, u32> {
    let mut payload = vec![0; column.nbytes(points)];
    unpack(column, layout, stored, &mut payload);
    let mut counts = BTreeMap::new();
    let (mut last, mut run) = (i32::MIN, 0_u32);
    for bytes in payload.as_chunks::<4>().0 {
        let object = i32::from_le_bytes(*bytes);
        if object == last {
            run += 1;
        } else {
            *counts.entry(last).or_default() += run;
            (last, run) = (object, 1);
        }
    }
    *counts.entry(last).or_default() += run;
    counts
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{data_set, sample};
    use super::super::{FORMAT, MANIFEST, Sample};
    use super::*;

    fn problems(dir: &Path) -> Vec<Problem> {
        verify(dir, &|_, _| {}, &AtomicBool::new(false)).unwrap().1
    }

    #[test]
    fn what_was_written_is_what_is_claimed() {
        let dir = tempfile::tempdir().unwrap();
        data_set(dir.path(), &[sample("scene0000_00", 0), sample("scene0001_00", 0)]);
        assert_eq!(problems(dir.path()), []);
    }

    #[test]
    fn every_flipped_byte_of_the_points_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = data_set(dir.path(), &[sample("scene0000_00", 0)]);
        let path = dir.path().join(&manifest.shards[0].files[0].file);
        let whole = std::fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(131) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            std::fs::write(&path, &bytes).unwrap();
            assert!(problems(dir.path()).iter().any(|p| p.code == "SHD101"), "byte {at}");
        }
        let blob = manifest.scenes[0].blobs["normal"];
        let mut bytes = whole.clone();
        bytes[blob.offset as usize] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(problems(dir.path()).iter().any(|p| p.message.contains("scene0000_00/v000: normal: CRC-32")));
    }

    #[test]
    fn short_and_missing_files_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = data_set(dir.path(), &[sample("scene0000_00", 0)]);
        let [points, objects, _] = [0, 1, 2].map(|i| manifest.shards[0].files[i].file.clone());
        let bytes = std::fs::read(dir.path().join(&points)).unwrap();
        std::fs::write(dir.path().join(&points), &bytes[..bytes.len() / 2]).unwrap();
        std::fs::remove_file(dir.path().join(&objects)).unwrap();
        let found: Vec<(&str, String)> = problems(dir.path()).into_iter().map(|p| (p.code, p.file)).collect();
        assert_eq!(found, [("SHD101", objects), ("SHD101", points)]);
    }

    #[test]
    fn a_target_without_points_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let mut sample = sample("scene0000_00", 0);
        sample.sentences[0].object_id = 77;
        data_set(dir.path(), &[sample]);
        let found = problems(dir.path());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].code, "SHD104");
        assert!(found[0].message.contains("scene0000_00/77/0"), "{}", found[0].message);
    }

    #[test]
    fn a_room_in_two_splits_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let mut other = sample("scene0000_01", 0);
        other.split = "val".into();
        data_set(dir.path(), &[sample("scene0000_00", 0), other]);
        assert!(problems(dir.path()).iter().any(|p| p.code == "SHD108"));
    }

    #[test]
    fn a_text_that_does_not_fit_the_recorded_mirrors_is_found() {
        // The sample's sentence was rewritten for its one mirror.
        type Edit = fn(&mut Sample);
        let edits: [(Edit, &str); 4] = [
            (|s| s.provenance = s.provenance.replace("\"mirrors\":1", "\"mirrors\":2"), "is not mirrored"),
            (
                |s| {
                    let sentence = &mut s.sentences[0];
                    sentence.text.clone_from(&sentence.text_source);
                    (sentence.text_action, sentence.text_reason) = ("keep".into(), String::new());
                },
                "was kept, and the variant is mirrored",
            ),
            (|s| s.sentences[0].text_action = "keep".into(), "another than in the references"),
            (|s| s.sentences[0].text_reason = "mirror".into(), ""),
        ];
        for (edit, says) in edits {
            let dir = tempfile::tempdir().unwrap();
            let mut changed = sample("scene0000_00", 0);
            edit(&mut changed);
            data_set(dir.path(), &[changed]);
            let found = problems(dir.path());
            match says {
                "" => assert_eq!(found, []),
                _ => assert!(
                    found.len() == 1 && found[0].code == "SHD105" && found[0].message.contains(says),
                    "{found:?}"
                ),
            }
        }
    }

    #[test]
    fn a_provenance_that_says_too_little_or_of_another_variant_is_found() {
        for provenance in ["", "{}", r#"{"seed":7,"variant":3,"mirrors":1,"steps":[]}"#] {
            let dir = tempfile::tempdir().unwrap();
            let changed = Sample { provenance: provenance.into(), ..sample("scene0000_00", 0) };
            data_set(dir.path(), &[changed]);
            let found = problems(dir.path());
            assert!(found.len() == 1 && found[0].code == "SHD107", "{found:?}");
        }
    }

    #[test]
    fn a_manifest_that_was_edited_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let whole = data_set(dir.path(), &[sample("scene0000_00", 0), sample("scene0000_00", 1)]);
        let edits: [fn(&mut Manifest); 8] = [
            |m| m.scenes[1].weight = 0.5,
            |m| m.shards.clear(),
            |m| m.scenes[0].row_group = 77,
            |m| m.shards[0].split = "val".into(),
            |m| m.scenes[1].variant = 3,
            |m| m.scenes.swap(0, 1),
            |m| m.pipeline = "[sample]".into(),
            |m| drop(m.columns.remove("rgb")),
        ];
        for (i, edit) in edits.into_iter().enumerate() {
            let mut manifest = whole.clone();
            edit(&mut manifest);
            std::fs::write(dir.path().join(MANIFEST), manifest.to_bytes()).unwrap();
            assert_ne!(problems(dir.path()), [], "edit {i}");
        }
    }

    #[test]
    fn another_layout_version_is_refused_with_both_versions() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(MANIFEST), br#"{"format": 99, "new": true}"#).unwrap();
        let error = verify(dir.path(), &|_, _| {}, &AtomicBool::new(false)).unwrap_err().to_string();
        assert!(error.contains("format 99") && error.contains(&format!("format {FORMAT}")), "{error}");
    }
}
