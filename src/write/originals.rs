//! Stored originals read back: scenes with their objects and sentences.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{AsArray as _, StringArray};
use arrow::datatypes::Int32Type;
use arrow::record_batch::RecordBatch;

use super::layout::{Layout, Precision};
use super::manifest::{MANIFEST, SceneIndex, ShardIndex};
use super::schema::{BLOBS, Table};
use super::stored::Stored;
use super::table::read_table;
use crate::error::{Error, Kind, Result};
use crate::math::Xyz;
use crate::scene::{Colour, Description, Frame, Object, Points, Scene};

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
    /// The data set that holds them.
    pub stored: Stored,
    rows: Mutex<BTreeMap<String, Arc<Rows>>>,
}

impl Originals {
    /// Opens a data set's folder.
    ///
    /// # Errors
    /// When there is no manifest, it is not one of this layout version, or the data set does not hold
    /// every column as it was.
    pub fn open(dir: &Path) -> Result<Self> {
        let stored = Stored::open(dir)?;
        let layout = &stored.manifest.layout;
        let wrong = |what: String| {
            Error::new(Kind::Config, format!("variants are made of originals with all their columns, {what}"))
                .at(dir.join(MANIFEST))
                .help("write the originals with profile = \"train\" or \"archive\" in [output], and all columns")
        };
        if layout.precision != Precision::Exact {
            return Err(wrong(format!("and {} has rounded them", layout.name())));
        }
        if let Some(missing) = BLOBS.iter().find(|column| !layout.columns.contains(column)) {
            return Err(wrong(format!("and {} is left out", missing.name)));
        }
        Ok(Self { stored, rows: Mutex::default() })
    }

    /// The entry of a scene variant, which must be an original.
    pub fn entry(&self, index: usize) -> Result<&SceneIndex> {
        let scene = self.stored.scene(index)?;
        if scene.variant != 0 {
            return Err(Error::new(
                Kind::Config,
                format!("{} is a variant, not an original", scene.sample_id),
            )
            .at(self.stored.root())
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
        let shard = self.stored.shard(entry)?;
        let rows = self.rows(shard)?;
        let (objects, descriptions) = rows.get(&entry.sample_id).cloned().unwrap_or_default();
        let points = self.points(entry)?;
        let scene =
            Scene { id: entry.scene_id.clone(), points, faces: Vec::new(), objects, frame: Frame::raw(None) };
        Ok(Original { scene, descriptions })
    }

    fn points(&self, entry: &SceneIndex) -> Result<Points> {
        let blob = |column| self.stored.array(entry, column);
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
        let path = self.stored.path(shard, table)?;
        let rows = read_table(&path, None)?;
        if rows.schema().fields() == table.schema(&Layout::default()).fields() {
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
    use super::super::fixtures::{data_set, data_set_as, sample};
    use super::super::layout::Profile;
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
    fn an_archive_gives_them_too_and_what_is_not_whole_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let written = [sample("scene0000_00", 0)];
        data_set(dir.path(), &written);
        let train = Originals::open(dir.path()).unwrap().read(0).unwrap();
        for profile in [Profile::Archive, Profile::Points] {
            let dir = tempfile::tempdir().unwrap();
            data_set_as(dir.path(), &written, &profile.layout());
            assert_eq!(
                Originals::open(dir.path()).unwrap().read(0).unwrap().scene.points,
                train.scene.points
            );
        }
        let few = Layout { columns: BLOBS[..4].to_vec(), ..Layout::default() };
        for (layout, says) in [(Profile::Compact.layout(), "profile compact"), (few, "nyu40 is left out")] {
            let dir = tempfile::tempdir().unwrap();
            data_set_as(dir.path(), &written, &layout);
            let error = Originals::open(dir.path()).unwrap_err();
            assert!(
                error.to_string().contains(says) && error.remedy().unwrap().contains("archive"),
                "{error}"
            );
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
