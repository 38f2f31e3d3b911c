//! Stored originals read back: scenes with their objects and sentences.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{AsArray as _, StringArray};
use arrow::datatypes::Int32Type;
use arrow::record_batch::RecordBatch;

use super::fill::check;
use super::manifest::{MANIFEST, Manifest, SceneIndex, ShardIndex};
use super::schema::{BLOBS, BlobColumn, Table};
use super::table::read_table;
use crate::error::{Error, Kind, Result};
use crate::math::Xyz;
use crate::scene::{Colour, Description, Frame, Object, Points, Scene};
use crate::store::{Local, Ranged};

/// A stored original: what augmentation starts from.
#[derive(Clone, Debug)]
pub struct Original {
    /// Points and the objects that own one. Segments are the stored superpoints, 0..S.
    pub scene: Scene,
    /// Its sentences in stored order; `record` is the row in the shard's table of descriptions.
    pub descriptions: Vec<Description>,
}

/// Objects and sentences of a shard, by sample.
type Rows = BTreeMap<String, (Vec<Object>, Vec<Description>)>;

/// The originals of a finished data set.
#[derive(Debug)]
pub struct Originals {
    store: Local,
    /// What the data set claims of itself.
    pub manifest: Manifest,
    rows: Mutex<BTreeMap<String, Arc<Rows>>>,
}

impl Originals {
    /// Opens a data set's folder.
    ///
    /// # Errors
    /// When there is no manifest, or it is not one of this layout version.
    pub fn open(dir: &Path) -> Result<Self> {
        let store = Local::new(dir);
        let manifest = Manifest::parse(&store.read(MANIFEST)?, &store.path(MANIFEST))?;
        Ok(Self { store, manifest, rows: Mutex::default() })
    }

    /// The entry of a scene variant, which must be an original.
    pub fn entry(&self, index: usize) -> Result<&SceneIndex> {
        let wrong = |what: String| Error::new(Kind::Config, what).at(self.store.root());
        let scene = self.manifest.scenes.get(index).ok_or_else(|| {
            wrong(format!("there is no sample {index}"))
                .expected(format!("0 to {}", self.manifest.scenes.len().saturating_sub(1)))
        })?;
        if scene.variant != 0 {
            return Err(wrong(format!("{} is a variant, not an original", scene.sample_id))
                .help("augment originals only: write them with include-original = true, variants = 0"));
        }
        Ok(scene)
    }

    /// Reads an original; every column is held against its checksum.
    ///
    /// # Errors
    /// When it is no original, and when its shard is missing, cut short or not what was written.
    pub fn read(&self, index: usize) -> Result<Original> {
        let entry = self.entry(index)?;
        let shard = self.manifest.shards.iter().find(|s| s.name == entry.shard).ok_or_else(|| {
            Error::new(Kind::Corrupt, format!("shard {} is not listed", entry.shard))
                .at(self.store.path(MANIFEST))
        })?;
        let rows = self.rows(shard)?;
        let (objects, descriptions) = rows.get(&entry.sample_id).cloned().unwrap_or_default();
        let points = self.points(shard, entry)?;
        let scene =
            Scene { id: entry.scene_id.clone(), points, faces: Vec::new(), objects, frame: Frame::raw(None) };
        Ok(Original { scene, descriptions })
    }

    fn path(&self, shard: &ShardIndex, table: Table) -> Result<std::path::PathBuf> {
        let file = shard.files.iter().find(|f| f.file.starts_with(table.folder())).ok_or_else(|| {
            Error::new(Kind::Corrupt, format!("shard {} has no file of {}", shard.name, table.folder()))
                .at(self.store.path(MANIFEST))
        })?;
        Ok(self.store.path(&file.file))
    }

    fn points(&self, shard: &ShardIndex, entry: &SceneIndex) -> Result<Points> {
        let file = Ranged::open(&self.path(shard, Table::Scenes)?)?;
        let wrong = |what: String| {
            Error::new(Kind::Corrupt, format!("{}: {what}", entry.sample_id)).at(self.store.path(MANIFEST))
        };
        let blob = |column: &BlobColumn| -> Result<Vec<u8>> {
            let blob = entry.blobs.get(column.name).ok_or_else(|| wrong(format!("no {}", column.name)))?;
            let expected = u64::from(entry.num_points) * (column.width * column.item) as u64;
            if blob.nbytes != expected {
                return Err(wrong(format!("{} is not of {} points", column.name, entry.num_points)));
            }
            file.check(blob.offset, blob.nbytes)?;
            let mut bytes = vec![0; blob.nbytes as usize];
            file.read_at(blob.offset, &mut bytes)?;
            check(blob.crc32, crc32fast::hash(&bytes), &file, blob.offset)?;
            Ok(bytes)
        };
        let mut blobs = BLOBS.iter().map(blob).collect::<Result<Vec<_>>>()?.into_iter();
        let mut next = || blobs.next().unwrap_or_default();
        // In the order of `BLOBS`.
        let [x, y, z] = columns(&next(), f32::from_le_bytes);
        let [red, green, blue] = columns(&next(), u8::from_le_bytes);
        let [segment] = columns(&next(), u32::from_le_bytes);
        let [object] = columns(&next(), i32::from_le_bytes);
        let nyu40 = next();
        let [nx, ny, nz] = columns(&next(), f32::from_le_bytes);
        let [orig_index] = columns(&next(), u32::from_le_bytes);
        Ok(Points {
            position: Xyz { x, y, z },
            colour: Some(Colour { red, green, blue }),
            normal: Some(Xyz { x: nx, y: ny, z: nz }),
            segment,
            object,
            nyu40,
            orig_index,
        })
    }

    /// The small tables of a shard, read once: a few kilobytes a scene.
    fn rows(&self, shard: &ShardIndex) -> Result<Arc<Rows>> {
        let held = || self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rows) = held().get(&shard.name) {
            return Ok(Arc::clone(rows));
        }
        let mut rows = Rows::new();
        let objects = self.table(shard, Table::Objects)?;
        let [sample, raw] = ["sample_id", "raw_category"].map(|name| texts(&objects, name));
        for (row, &id) in ints(&objects, "object_id").iter().enumerate() {
            let object = Object {
                id,
                group_id: i64::from(id),
                raw_category: raw.value(row).to_owned(),
                segments: Vec::new(),
            };
            rows.entry(sample.value(row).to_owned()).or_default().0.push(object);
        }
        let said = self.table(shard, Table::Descriptions)?;
        let [sample, name, ann, text] =
            ["sample_id", "object_name", "ann_id", "text"].map(|name| texts(&said, name));
        for (row, &object_id) in ints(&said, "object_id").iter().enumerate() {
            let description = Description {
                scene_id: sample.value(row).split('/').next().unwrap_or_default().to_owned(),
                object_id,
                object_name: name.value(row).to_owned(),
                ann_id: ann.value(row).to_owned(),
                text: text.value(row).to_owned(),
                record: row as u32,
                ..Description::default()
            };
            rows.entry(sample.value(row).to_owned()).or_default().1.push(description);
        }
        let rows = Arc::new(rows);
        held().insert(shard.name.clone(), Arc::clone(&rows));
        Ok(rows)
    }

    fn table(&self, shard: &ShardIndex, table: Table) -> Result<RecordBatch> {
        let path = self.path(shard, table)?;
        let rows = read_table(&path, None)?;
        if rows.schema().fields() == table.schema().fields() {
            return Ok(rows);
        }
        Err(Error::new(Kind::Corrupt, "the columns are not those of this layout version")
            .at(&path)
            .help("`dataprep verify` says more"))
    }
}

/// A column of a table whose schema was compared.
fn texts<'a>(batch: &'a RecordBatch, name: &str) -> &'a StringArray {
    batch[name].as_string()
}

/// A column of a table whose schema was compared.
fn ints<'a>(batch: &'a RecordBatch, name: &str) -> &'a [i32] {
    batch[name].as_primitive::<Int32Type>().values()
}

/// K columns from `[N, K]` in C order.
fn columns<T, const K: usize, const B: usize>(bytes: &[u8], value: fn([u8; B]) -> T) -> [Vec<T>; K] {
    let n = bytes.len() / (K * B);
    let mut out: [Vec<T>; K] = std::array::from_fn(|_| Vec::with_capacity(n));
    let (values, _) = bytes.as_chunks::<B>();
    for row in values.chunks_exact(K) {
        for (column, &bytes) in out.iter_mut().zip(row) {
            column.push(value(bytes));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{data_set, sample};
    use super::*;

    #[test]
    fn what_was_written_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let written = sample("scene0000_00", 0);
        data_set(dir.path(), &[written.clone(), sample("scene0000_00", 1)]);
        let originals = Originals::open(dir.path()).unwrap();
        let original = originals.read(0).unwrap();
        let mut points = written.scene.points;
        points.segment = crate::math::compact(&points.segment).part.iter().map(|&s| s as u32).collect();
        assert_eq!(original.scene.points, points);
        let objects: Vec<_> =
            original.scene.objects.iter().map(|o| (o.id, o.raw_category.as_str())).collect();
        assert_eq!(objects, [(2, "chair"), (5, "chair")]);
        assert_eq!(original.descriptions[0].text, "the right chair");
        assert_eq!(original.descriptions[0].key(), "scene0000_00/2/0");
        for index in [1, 2] {
            assert_eq!(originals.read(index).unwrap_err().kind(), Kind::Config);
        }
    }

    #[test]
    fn damage_is_named_with_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = data_set(dir.path(), &[sample("scene0000_00", 0)]);
        let file = &manifest.shards[0].files[0].file;
        let path = dir.path().join(file);
        let whole = std::fs::read(&path).unwrap();
        let at = manifest.scenes[0].blobs["rgb"].offset as usize;
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        for (bytes, kind) in [(flipped.as_slice(), Kind::Corrupt), (&whole[..at], Kind::Truncated)] {
            std::fs::write(&path, bytes).unwrap();
            let error = Originals::open(dir.path()).unwrap().read(0).unwrap_err();
            assert_eq!(error.kind(), kind);
            assert!(error.to_string().contains(file), "{error}");
        }
    }
}
