//! Rows → Parquet bytes under temporary names → names that hold their digest.
//!
//! One row group a scene variant, every blob one page at the tail of its column chunk, so that a
//! reader that knows the offset needs no Parquet at all. That contract is checked on the bytes
//! after writing, before the shard gets its name.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::Path;

use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression as Codec, Encoding, ZstdLevel};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;
use serde::{Deserialize, Serialize};

use super::layout::{Compression, Layout};
use super::manifest::{Blob, SceneIndex, ShardFile};
use super::rows::{Tally, description_rows, object_rows, scene_row};
use super::schema::{BlobColumn, Table};
use super::{Counts, Sample};
use crate::error::{Error, Kind, Result};
use crate::scene::LabelTable;
use crate::store::{Folder, Staged};

/// Bytes and digest of everything that passed through.
struct Digesting {
    inner: Staged,
    hash: blake3::Hasher,
    bytes: u64,
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.hash.update(&bytes[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A finished file of a shard, not yet named.
struct Finished {
    table: Table,
    staged: Staged,
    digest: blake3::Hash,
    bytes: u64,
    rows: u64,
    metadata: ParquetMetaData,
}

/// What a published shard holds; goes into its unit's marker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardSummary {
    /// The shard's files, in table order.
    pub files: Vec<ShardFile>,
    /// Its scene variants, in row order.
    pub scenes: Vec<SceneIndex>,
    /// Objects, descriptions and points by class.
    pub counts: Counts,
}

/// What came of writing one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Bytes of its blobs.
    pub bytes: u64,
}

/// Writes one shard: Parquet files that get their names together.
pub struct ShardWriter<'a> {
    store: &'a Folder,
    name: String,
    labels: &'a LabelTable,
    layout: &'a Layout,
    tables: Vec<ArrowWriter<Digesting>>,
    scenes: Vec<SceneIndex>,
    counts: Counts,
}

impl<'a> ShardWriter<'a> {
    /// Opens a shard to be called `name` (`train-00000`) under temporary names.
    pub fn new(store: &'a Folder, name: &str, labels: &'a LabelTable, layout: &'a Layout) -> Result<Self> {
        let open = |&table: &Table| {
            let sink =
                Digesting { inner: store.stage(table.folder())?, hash: blake3::Hasher::new(), bytes: 0 };
            ArrowWriter::try_new(sink, table.schema(layout), Some(properties(table, layout)))
                .map_err(|e| parquet_error(&store.path(table.folder()), &e))
        };
        Ok(Self {
            store,
            name: name.to_owned(),
            labels,
            layout,
            tables: layout.tables().iter().map(open).collect::<Result<_>>()?,
            scenes: Vec::new(),
            counts: Counts::default(),
        })
    }

    /// Writes one scene variant with its objects and sentences. A sample whose columns cannot be
    /// written is refused before anything of it is.
    pub fn write(&mut self, sample: &Sample) -> Result<Written> {
        let tally = Tally::of(&sample.scene);
        let row = scene_row(sample, &tally, self.layout)?;
        let objects = object_rows(sample, &tally, self.labels)?;
        let sentences = description_rows(sample, &tally)?;
        let batches = [Some(&row.batch), Some(&objects), Some(&sentences), row.points.as_ref()];
        for (table, batch) in Table::ALL.into_iter().zip(batches) {
            batch.map_or(Ok(()), |batch| self.append(table, batch))?;
        }
        self.counts.add(sample, tally.points_by_object());
        let bytes = row.blobs.iter().map(|blob| blob.1).sum();
        self.scenes.push(SceneIndex {
            sample_id: sample.sample_id.clone(),
            scene_id: sample.scene.id.clone(),
            split: sample.split.clone(),
            variant: sample.variant,
            num_points: row.num_points,
            num_descriptions: sample.sentences.len() as u32,
            weight: sample.sentences.iter().fold(0.0, |sum, s| sum + f64::from(s.weight)),
            shard: String::new(),
            row_group: self.scenes.len() as u32,
            blobs: row
                .blobs
                .into_iter()
                .map(|(name, nbytes, crc32)| (name.to_owned(), Blob { offset: 0, nbytes, crc32 }))
                .collect(),
            errors: row.errors,
        });
        Ok(Written { bytes })
    }

    fn append(&mut self, table: Table, batch: &RecordBatch) -> Result<()> {
        let writer = &mut self.tables[table as usize];
        let mut done = writer.write(batch);
        if matches!(table, Table::Scenes | Table::Points) {
            // One scene, one row group.
            done = done.and_then(|()| writer.flush());
        }
        done.map_err(|e| parquet_error(&self.store.path(table.folder()), &e))
    }

    /// Number of scene variants written.
    pub fn len(&self) -> usize {
        self.scenes.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.scenes.is_empty()
    }

    /// Checks the byte-offset contract on what was written and gives the files their common name,
    /// which holds a digest of all. A shard without rows leaves no file.
    pub fn publish(mut self) -> Result<ShardSummary> {
        if self.scenes.is_empty() {
            return Ok(ShardSummary::default());
        }
        let mut finished = Vec::new();
        for (&table, writer) in self.layout.tables().iter().zip(self.tables) {
            let fail = |e| parquet_error(&self.store.path(table.folder()), &e);
            let sink = writer.into_inner().map_err(fail)?;
            let path = sink.inner.path();
            let file = File::open(path).map_err(|e| Error::io("read back", path, &e))?;
            let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).map_err(fail)?;
            finished.push(Finished {
                table,
                staged: sink.inner,
                digest: sink.hash.finalize(),
                bytes: sink.bytes,
                rows: metadata.file_metadata().num_rows() as u64,
                metadata,
            });
        }
        let mut all = blake3::Hasher::new();
        for file in &finished {
            all.update(file.digest.as_bytes());
        }
        let shard = format!("{}-{}", self.name, &all.finalize().to_hex()[..8]);

        if self.layout.is_mapped() {
            locate_blobs(&finished[0], &mut self.scenes)?;
        }
        let mut summary = ShardSummary { counts: self.counts, ..ShardSummary::default() };
        for scene in self.scenes {
            summary.scenes.push(SceneIndex { shard: shard.clone(), ..scene });
        }
        for file in finished {
            let name = format!("{shard}.parquet");
            file.staged.publish(&name)?;
            summary.files.push(ShardFile {
                file: format!("{}/{name}", file.table.folder()),
                bytes: file.bytes,
                blake3: file.digest.to_hex().to_string(),
                rows: file.rows,
            });
        }
        Ok(summary)
    }
}

/// Fills in the offset of every blob and checks that the four bytes before it hold its length.
fn locate_blobs(file: &Finished, scenes: &mut [SceneIndex]) -> Result<()> {
    let path = file.staged.path();
    let mut bytes = File::open(path).map_err(|e| Error::io("read back", path, &e))?;
    for (scene, group) in scenes.iter_mut().zip(file.metadata.row_groups()) {
        for (name, blob) in &mut scene.blobs {
            blob.offset = blob_offset(group, name, blob.nbytes)
                .ok_or_else(|| broken_contract(path, &scene.sample_id, name))?;
            let mut length = [0; 4];
            bytes
                .seek(SeekFrom::Start(blob.offset - 4))
                .and_then(|_| bytes.read_exact(&mut length))
                .map_err(|e| Error::io("read back", path, &e))?;
            if u64::from(u32::from_le_bytes(length)) != blob.nbytes {
                return Err(broken_contract(path, &scene.sample_id, name));
            }
        }
    }
    Ok(())
}

/// Where the payload of a one-value column chunk starts: its tail.
pub(super) fn blob_offset(group: &RowGroupMetaData, column: &str, nbytes: u64) -> Option<u64> {
    let chunk = group.columns().iter().find(|c| c.column_path().string() == column)?;
    let start = u64::try_from(chunk.data_page_offset()).ok()?;
    let end = start.checked_add(u64::try_from(chunk.compressed_size()).ok()?)?;
    end.checked_sub(nbytes).filter(|&offset| offset >= start + 4)
}

fn broken_contract(path: &Path, sample: &str, column: &str) -> Error {
    Error::new(Kind::Corrupt, format!("{sample}: column {column} is not the tail of its column chunk"))
        .at(path)
        .help("this is a fault of dataprep: please report it with the version")
}

/// Blobs are plain, without dictionary or statistics, one page a chunk; the small tables are compressed,
/// since they are read whole.
fn properties(table: Table, layout: &Layout) -> WriterProperties {
    let builder = WriterProperties::builder()
        .set_created_by(format!("dataprep {}", crate::VERSION))
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_offset_index_disabled(true)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(1 << 20));
    let zstd = Codec::ZSTD(ZstdLevel::default());
    let points = match layout.compression {
        Compression::None => Codec::UNCOMPRESSED,
        Compression::Zstd => zstd,
    };
    match table {
        Table::Objects | Table::Descriptions => builder.set_compression(zstd).build(),
        Table::Scenes => layout
            .columns
            .iter()
            .map(|column| ColumnPath::from(column.name))
            .fold(
                builder
                    .set_compression(Codec::UNCOMPRESSED)
                    .set_dictionary_enabled(false)
                    .set_encoding(Encoding::PLAIN)
                    .set_data_page_size_limit(usize::MAX),
                |b, blob| {
                    b.set_column_compression(blob.clone(), points)
                        .set_column_statistics_enabled(blob, EnabledStatistics::None)
                },
            )
            .build(),
        // Labels and colours repeat, floats do not. Plain, as the decoder of split bytes panics on damage.
        Table::Points => layout
            .columns
            .iter()
            .filter(|column| column.part_type() == DataType::Float32)
            .flat_map(BlobColumn::parts)
            .fold(builder.set_compression(points).set_max_row_group_row_count(None), |b, part| {
                b.set_column_dictionary_enabled(ColumnPath::from(*part), false)
            })
            .build(),
    }
}

fn parquet_error(path: &Path, error: &parquet::errors::ParquetError) -> Error {
    // A full disk arrives wrapped; say it as any other refusal of the operating system.
    if let parquet::errors::ParquetError::External(inner) = error
        && let Some(io) = inner.downcast_ref::<io::Error>()
    {
        return Error::io("write", path, io);
    }
    Error::new(Kind::Io, format!("cannot write Parquet: {error}")).at(path)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{data_set, sample};
    use super::super::schema::BLOBS;
    use super::*;

    fn write(dir: &Path) -> ShardSummary {
        let labels = LabelTable::default();
        let store = Folder::new(dir);
        let layout = Layout::default();
        let mut shard = ShardWriter::new(&store, "train-00000", &labels, &layout).unwrap();
        for variant in 0..3 {
            shard.write(&sample("scene0000_00", variant)).unwrap();
        }
        shard.publish().unwrap()
    }

    #[test]
    fn the_same_samples_give_the_same_bytes() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (left, right) = (write(a.path()), write(b.path()));
        assert_eq!(left, right);
        for file in &left.files {
            let [l, r] = [&a, &b].map(|d| std::fs::read(d.path().join(&file.file)).unwrap());
            assert!(l == r, "{}", file.file);
        }
    }

    #[test]
    fn a_blob_is_read_by_its_offset_alone() {
        let dir = tempfile::tempdir().unwrap();
        let summary = write(dir.path());
        let bytes = std::fs::read(dir.path().join(&summary.files[0].file)).unwrap();
        let original = sample("scene0000_00", 1).scene.points;
        let blob = summary.scenes[1].blobs["xyz"];
        let payload = &bytes[blob.offset as usize..(blob.offset + blob.nbytes) as usize];
        let values: Vec<f32> =
            payload.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
        assert_eq!(values[3..6], original.position.get(1));
        let blob = summary.scenes[1].blobs["rgb"];
        assert_eq!(bytes[blob.offset as usize..][..3], original.colour.unwrap().get(0));
    }

    #[test]
    fn every_row_is_its_own_row_group_and_blobs_lie_in_order_of_use() {
        let dir = tempfile::tempdir().unwrap();
        let summary = write(dir.path());
        assert_eq!(summary.files[0].rows, 3);
        for scene in &summary.scenes {
            let offsets: Vec<u64> = BLOBS.iter().map(|b| scene.blobs[b.name].offset).collect();
            assert!(offsets.is_sorted(), "{offsets:?}");
        }
    }

    #[test]
    fn a_ragged_sample_is_refused_before_anything_of_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let labels = LabelTable::default();
        let store = Folder::new(dir.path());
        let layout = Layout::default();
        let mut shard = ShardWriter::new(&store, "train-00000", &labels, &layout).unwrap();
        let mut bad = sample("scene0000_00", 0);
        bad.scene.points.nyu40.pop();
        let error = shard.write(&bad).unwrap_err().to_string();
        assert!(error.contains("nyu40") && error.contains("scene0000_00/v000"), "{error}");
        shard.write(&sample("scene0001_00", 0)).unwrap();
        assert_eq!(shard.publish().unwrap().files[0].rows, 1);
    }

    #[test]
    fn an_empty_shard_leaves_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let labels = LabelTable::default();
        let store = Folder::new(dir.path());
        let layout = Layout::default();
        let shard = ShardWriter::new(&store, "train-00000", &labels, &layout).unwrap();
        assert_eq!(shard.publish().unwrap(), ShardSummary::default());
        assert_eq!(std::fs::read_dir(dir.path().join("scenes")).unwrap().count(), 0);
    }

    #[test]
    fn objects_know_their_superpoints_and_sentences_their_rivals() {
        use arrow::array::AsArray as _;
        use arrow::datatypes::{Float32Type, Int32Type};
        let sample = sample("scene0000_00", 0);
        let tally = Tally::of(&sample.scene);
        let objects = object_rows(&sample, &tally, &LabelTable::default()).unwrap();
        let lists = |name: &str| {
            let column = objects.column_by_name(name).unwrap().as_list::<i32>().clone();
            column.iter().flatten().map(|v| v.as_primitive::<Int32Type>().values().to_vec()).collect()
        };
        // Segments 100, 200, 300 hold points 0..40, 40..60, 60..100; object 2 owns 0..50, object 5 50..100.
        let superpoints: Vec<Vec<i32>> = lists("superpoints");
        let points: Vec<Vec<i32>> = lists("superpoint_points");
        assert_eq!((superpoints, points), (vec![vec![0, 1], vec![1, 2]], vec![vec![40, 10], vec![10, 40]]));
        let ceiling = objects.column_by_name("superpoint_ceiling").unwrap().as_primitive::<Float32Type>();
        // Half of segment 200 is not more than half: only 40 of 50 points can be reached.
        assert_eq!(ceiling.values()[..], [0.8, 0.8]);
        let rows = description_rows(&sample, &tally).unwrap();
        let unique = |name: &str| rows.column_by_name(name).unwrap().as_boolean().value(0);
        // Two chairs, one of them described.
        assert!(unique("unique_scanrefer") && !unique("unique_scene"));
        let changed = rows.column_by_name("changed_words").unwrap().as_list::<i32>().value(0);
        assert_eq!(changed.as_struct().column(1).as_string::<i32>().value(0), "right");
    }

    #[test]
    fn the_whole_folder_survives_a_round_trip_through_its_manifest() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = data_set(dir.path(), &[sample("scene0000_00", 0)]);
        let again = super::super::Manifest::parse(&manifest.to_bytes(), Path::new("m")).unwrap();
        assert_eq!(manifest, again);
    }
}
