//! Stored columns of any layout → the arrays that were meant.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use arrow::array::{Array as _, AsArray as _};
use arrow::compute::concat_batches;
use arrow::datatypes::{Float32Type, Int32Type, UInt8Type, UInt32Type};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::file::reader::ChunkReader;

use super::chunks::Chunks;
use super::fill::check;
use super::layout::{Arrangement, Layout};
use super::manifest::{MANIFEST, Manifest, SceneIndex, ShardIndex};
use super::packed::{from_planes, unpack};
use super::schema::{BlobColumn, Table};
use crate::error::{Error, Kind, Result, nearest};
use crate::store::{Folder, Kept, Ranged, is_address};

/// A finished data set whose columns are read. Holds no open file: it may be used after a fork.
#[derive(Debug)]
pub struct Stored {
    /// What the data set claims of itself.
    pub manifest: Manifest,
    store: Folder,
    /// Ranges that were fetched from an object store, where some are to be kept.
    kept: Option<Kept>,
    /// What the ends of files say, by file.
    footers: Mutex<BTreeMap<PathBuf, ArrowReaderMetadata>>,
}

impl Stored {
    /// Opens a data set's folder.
    ///
    /// # Errors
    /// When there is no manifest, or it is not one of this layout version.
    pub fn open(dir: &Path) -> Result<Self> {
        let store = Folder::new(dir);
        let (manifest, _) = Manifest::of(&store)?;
        Ok(Self { store, manifest, kept: None, footers: Mutex::default() })
    }

    /// As before, and columns that are fetched from an object store are kept on this machine. Columns of
    /// layouts that are read through Parquet are not.
    #[must_use]
    pub fn keeping(self, kept: Kept) -> Self {
        Self { kept: Some(kept), ..self }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        self.store.root()
    }

    /// The shard of a scene variant.
    pub(super) fn shard(&self, scene: &SceneIndex) -> Result<&ShardIndex> {
        self.manifest.shards.iter().find(|s| s.name == scene.shard).ok_or_else(|| {
            Error::new(Kind::Corrupt, format!("shard {} is not listed", scene.shard))
                .at(self.store.path(MANIFEST))
        })
    }

    /// The file of a shard's table.
    pub(super) fn path(&self, shard: &ShardIndex, table: Table) -> Result<PathBuf> {
        self.file(shard, table).map(|(path, _)| path)
    }

    /// The file of a shard's table, and its size.
    fn file(&self, shard: &ShardIndex, table: Table) -> Result<(PathBuf, u64)> {
        let folder = format!("{}/", table.folder());
        let file = shard.files.iter().find(|f| f.file.starts_with(&folder)).ok_or_else(|| {
            Error::new(Kind::Corrupt, format!("shard {} has no file of {}", shard.name, table.folder()))
                .at(self.store.path(MANIFEST))
        })?;
        Ok((self.store.path(&file.file), file.bytes))
    }

    /// A scene variant by its place in the manifest.
    pub fn scene(&self, index: usize) -> Result<&SceneIndex> {
        self.manifest.scenes.get(index).ok_or_else(|| {
            Error::new(Kind::Config, format!("there is no sample {index}"))
                .at(self.store.root())
                .expected(format!("0 to {}", self.manifest.scenes.len().saturating_sub(1)))
        })
    }

    /// A per-point column by its name.
    ///
    /// # Errors
    /// [`Kind::Config`] when the data set does not hold it; says what it holds.
    pub fn column(&self, name: &str) -> Result<BlobColumn> {
        let held = &self.manifest.layout.columns;
        held.iter().find(|column| column.name == name).copied().ok_or_else(|| {
            let held: Vec<&str> = held.iter().map(|column| column.name).collect();
            let error = Error::new(Kind::Config, format!("the data set has no column {name}"))
                .at(self.store.path(MANIFEST))
                .found(held.join(", "));
            match nearest(name, held.iter().copied()) {
                Some(near) => error.help(format!("did you mean {near}?")),
                None => error.help("write it again with that column among `columns` in [output]"),
            }
        })
    }

    /// Reads a column of a scene variant into `out`, of exactly N × width × item bytes, as the
    /// manifest's `columns` say; held against its CRC-32 if `checked`.
    ///
    /// # Errors
    /// When the file is missing, cut short or not what was written, or `out` is of another size.
    pub fn read(&self, scene: &SceneIndex, column: &BlobColumn, checked: bool, out: &mut [u8]) -> Result<()> {
        self.read_with(&[], scene, column, checked, out)
    }

    /// As [`Self::read`], from `spans` where they hold the column.
    pub(super) fn read_with(
        &self,
        spans: &[Span],
        scene: &SceneIndex,
        column: &BlobColumn,
        checked: bool,
        out: &mut [u8],
    ) -> Result<()> {
        let layout = &self.manifest.layout;
        let points = scene.num_points as usize;
        let stored = layout.stored(column);
        let wrong = |what: String| {
            Error::new(Kind::Corrupt, format!("{}: column {}: {what}", scene.sample_id, column.name))
                .at(self.store.path(MANIFEST))
                .help("`dataprep verify` says more")
        };
        let blob = *scene.blobs.get(column.name).ok_or_else(|| wrong("it is not listed".into()))?;
        if blob.nbytes != stored.nbytes(points) as u64 {
            return Err(wrong(format!("{} bytes are not of {points} points", blob.nbytes)));
        }
        if out.len() != column.nbytes(points) {
            return Err(wrong("the room for it is of another size".into()));
        }
        let (path, size) = self.file(self.shard(scene)?, layout.table())?;
        let bytes = if layout.is_mapped() {
            let file = Ranged::open(&path)?;
            file.check(blob.offset, blob.nbytes)?;
            let fetch =
                |out: &mut [u8]| match spans.iter().find_map(|span| span.get(blob.offset, blob.nbytes)) {
                    Some(bytes) => {
                        out.copy_from_slice(bytes);
                        Ok(())
                    }
                    None => self.fetch(&file, blob.offset, out),
                };
            if layout.is_plain() {
                fetch(out)?;
                return if checked {
                    check(blob.crc32, crc32fast::hash(out), &path, Some(blob.offset))
                } else {
                    Ok(())
                };
            }
            let mut bytes = vec![0; blob.nbytes as usize];
            fetch(&mut bytes)?;
            bytes
        } else {
            self.through_parquet(&path, size, scene, column)?
        };
        if bytes.len() as u64 != blob.nbytes {
            return Err(wrong(format!("{} bytes in place of {}", bytes.len(), blob.nbytes)).at(&path));
        }
        if checked {
            check(blob.crc32, crc32fast::hash(&bytes), &path, layout.is_mapped().then_some(blob.offset))?;
        }
        unpack(column, layout, &bytes, out);
        Ok(())
    }

    fn fetch(&self, file: &Ranged, offset: u64, out: &mut [u8]) -> Result<()> {
        match &self.kept {
            Some(kept) if is_address(file.path()) => kept.read_at(file, offset, out),
            _ => file.read_at(offset, out),
        }
    }

    /// Whether each range that is read is a request to an object store.
    pub(super) fn is_remote(&self) -> bool {
        is_address(self.store.root())
    }

    /// Columns of a scene variant that lie near each other, fetched at once: a request costs as much as many
    /// bytes. Those that lie alone are left to [`Self::read`], and so is what is wrong.
    pub(super) fn spans(&self, scene: &SceneIndex, columns: &[BlobColumn]) -> Result<Vec<Span>> {
        /// Bytes between two columns that are fetched for nothing.
        const GAP: u64 = 1 << 20;
        if !self.is_remote() || !self.manifest.layout.is_mapped() {
            return Ok(Vec::new());
        }
        let mut blobs: Vec<_> = columns.iter().filter_map(|c| scene.blobs.get(c.name)).copied().collect();
        blobs.sort_by_key(|blob| blob.offset);
        let mut runs: Vec<(u64, u64, usize)> = Vec::new();
        for blob in blobs {
            let end = blob.offset.saturating_add(blob.nbytes);
            match runs.last_mut() {
                Some((_, last, n)) if blob.offset <= last.saturating_add(GAP) => {
                    (*last, *n) = (end.max(*last), *n + 1);
                }
                _ => runs.push((blob.offset, end, 1)),
            }
        }
        let (path, size) = self.file(self.shard(scene)?, self.manifest.layout.table())?;
        let file = Ranged::open(&path)?;
        let runs = runs.into_iter().filter(|&(_, end, n)| n > 1 && end <= size);
        runs.map(|(offset, end, _)| {
            let mut bytes = vec![0; (end - offset) as usize];
            self.fetch(&file, offset, &mut bytes)?;
            Ok(Span { offset, bytes })
        })
        .collect()
    }

    /// [`Self::read`] into memory of its own, checked.
    pub fn array(&self, scene: &SceneIndex, column: &BlobColumn) -> Result<Vec<u8>> {
        let mut bytes = vec![0; column.nbytes(scene.num_points as usize)];
        self.read(scene, column, true, &mut bytes)?;
        Ok(bytes)
    }

    fn through_parquet(
        &self,
        path: &Path,
        size: u64,
        scene: &SceneIndex,
        column: &BlobColumn,
    ) -> Result<Vec<u8>> {
        let wrong = |why: String| {
            Error::new(Kind::Corrupt, format!("{}: column {}: {why}", scene.sample_id, column.name))
                .at(path)
                .help("copy the file again, or write the data set again; `dataprep verify` names all such files")
        };
        let file = Chunks::open(path, size)?;
        let held = || self.footers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = held().get(path).cloned();
        let footer = match known {
            Some(footer) => footer,
            None => footer_of(&file).map_err(wrong)?,
        };
        held().entry(path.to_path_buf()).or_insert_with(|| footer.clone());
        column_of(file, footer, scene.row_group as usize, column, &self.manifest.layout).map_err(wrong)
    }
}

/// Bytes of a file that were fetched at once.
#[derive(Debug)]
pub(super) struct Span {
    offset: u64,
    bytes: Vec<u8>,
}

impl Span {
    fn get(&self, offset: u64, nbytes: u64) -> Option<&[u8]> {
        let start = usize::try_from(offset.checked_sub(self.offset)?).ok()?;
        self.bytes.get(start..start.checked_add(usize::try_from(nbytes).ok()?)?)
    }
}

/// What the end of a Parquet file says.
pub(super) fn footer_of<R: ChunkReader>(file: &R) -> Result<ArrowReaderMetadata, String> {
    ArrowReaderMetadata::load(file, ArrowReaderOptions::default()).map_err(|e| e.to_string())
}

/// A column of a row group as it was stored, before planes and compression.
pub(super) fn column_of<R: ChunkReader + 'static>(
    file: R,
    footer: ArrowReaderMetadata,
    group: usize,
    column: &BlobColumn,
    layout: &Layout,
) -> Result<Vec<u8>, String> {
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, footer);
    let Some(rows) =
        builder.metadata().row_groups().get(group).map(parquet::file::metadata::RowGroupMetaData::num_rows)
    else {
        return Err(format!("the file has no row group {group}"));
    };
    let names = match layout.points {
        Arrangement::Blobs => std::slice::from_ref(&column.name),
        Arrangement::Rows => column.parts(),
    };
    let mask = ProjectionMask::columns(builder.parquet_schema(), names.iter().copied());
    let reader = builder
        .with_row_groups(vec![group])
        .with_projection(mask)
        .with_batch_size(usize::try_from(rows).unwrap_or(0).max(1))
        .build()
        .map_err(|e| e.to_string())?;
    let schema = arrow::record_batch::RecordBatchReader::schema(&reader);
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string())?;
    let batch = concat_batches(&schema, &batches).map_err(|e| e.to_string())?;
    let bytes = match layout.points {
        Arrangement::Blobs => {
            let blob = batch.column_by_name(column.name).and_then(|c| c.as_binary_opt::<i32>());
            let stored = layout.stored(column);
            blob.filter(|blob| blob.len() == 1).map(|blob| {
                let bytes = blob.value(0);
                if layout.has_planes(&stored) { from_planes(&stored, bytes) } else { bytes.to_vec() }
            })
        }
        Arrangement::Rows => joined(&batch, column),
    };
    bytes.ok_or_else(|| "it is not of the type that this layout version has".to_owned())
}

/// `[N, K]` in C order from typed columns.
fn joined(batch: &RecordBatch, column: &BlobColumn) -> Option<Vec<u8>> {
    let mut out = vec![0; column.nbytes(batch.num_rows())];
    for (part, name) in column.parts().iter().enumerate() {
        let array = batch.column_by_name(name)?;
        let places = out.chunks_exact_mut(column.item).skip(part).step_by(column.width);
        if let Some(values) = array.as_primitive_opt::<Float32Type>() {
            places.zip(values.values()).for_each(|(place, v)| place.copy_from_slice(&v.to_le_bytes()));
        } else if let Some(values) = array.as_primitive_opt::<Int32Type>() {
            places.zip(values.values()).for_each(|(place, v)| place.copy_from_slice(&v.to_le_bytes()));
        } else if let Some(values) = array.as_primitive_opt::<UInt32Type>() {
            places.zip(values.values()).for_each(|(place, v)| place.copy_from_slice(&v.to_le_bytes()));
        } else {
            let values = array.as_primitive_opt::<UInt8Type>()?;
            places.zip(values.values()).for_each(|(place, v)| place[0] = *v);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{data_set_as, sample};
    use super::super::layout::{Compression, Precision, Profile};
    use super::super::verify;
    use super::*;

    /// Every layout that can be asked for.
    fn layouts() -> Vec<Layout> {
        let mut all: Vec<Layout> = Profile::ALL.into_iter().map(Profile::layout).collect();
        all.push(Layout { compression: Compression::Zstd, ..Profile::Compact.layout() });
        all.push(Layout { compression: Compression::None, ..Profile::Points.layout() });
        all
    }

    #[test]
    fn every_layout_gives_the_same_arrays_and_is_as_its_manifest_says() {
        let samples = [sample("scene0000_00", 0), sample("scene0000_00", 1)];
        let whole = tempfile::tempdir().unwrap();
        data_set_as(whole.path(), &samples, &Layout::default());
        let whole = Stored::open(whole.path()).unwrap();
        for layout in layouts() {
            let dir = tempfile::tempdir().unwrap();
            data_set_as(dir.path(), &samples, &layout);
            let (_, problems) = verify(dir.path(), &|_, _| {}, &false.into()).unwrap();
            assert_eq!(problems, [], "{}", layout.name());
            let stored = Stored::open(dir.path()).unwrap();
            assert_eq!(stored.manifest.layout, layout);
            for (a, b) in whole.manifest.scenes.iter().zip(&stored.manifest.scenes) {
                for column in &layout.columns {
                    let [a, b] = [whole.array(a, column), stored.array(b, column)].map(Result::unwrap);
                    if layout.precision == Precision::Exact || column.name != "xyz" {
                        assert!(a == b, "{}: {}", layout.name(), column.name);
                    }
                }
            }
            let bound = stored.manifest.errors.get("xyz_m").copied();
            match layout.precision {
                Precision::Exact => assert_eq!(bound, None),
                // 29.7 m / 65535 / 2
                Precision::Compact => assert!(bound.is_some_and(|b| b > 0.0 && b < 2.4e-4), "{bound:?}"),
            }
            assert!(stored.column("xyzw").unwrap_err().to_string().contains("superpoint"));
        }
    }

    #[test]
    fn a_flipped_bit_of_any_layout_is_never_read_as_truth() {
        for layout in layouts() {
            let dir = tempfile::tempdir().unwrap();
            let manifest = data_set_as(dir.path(), &[sample("scene0000_00", 0)], &layout);
            let folder = format!("{}/", layout.table().folder());
            let file = manifest.shards[0].files.iter().find(|f| f.file.starts_with(&folder)).unwrap();
            let path = dir.path().join(&file.file);
            let whole = std::fs::read(&path).unwrap();
            let truth = Stored::open(dir.path()).unwrap();
            let truth: Vec<_> =
                layout.columns.iter().map(|c| truth.array(&manifest.scenes[0], c).unwrap()).collect();
            for at in (0..whole.len()).step_by(97) {
                let mut bytes = whole.clone();
                bytes[at] ^= 0x04;
                std::fs::write(&path, &bytes).unwrap();
                let (_, problems) = verify(dir.path(), &|_, _| {}, &false.into()).unwrap();
                assert!(problems.iter().any(|p| p.code == "SHD101"), "{}: byte {at}", layout.name());
                let stored = Stored::open(dir.path()).unwrap();
                for (column, truth) in layout.columns.iter().zip(&truth) {
                    if let Ok(read) = stored.array(&manifest.scenes[0], column) {
                        assert!(read == *truth, "{}: byte {at}, {}", layout.name(), column.name);
                    }
                }
            }
        }
    }
}
