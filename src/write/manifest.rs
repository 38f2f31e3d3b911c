//! What the finished folder claims of itself.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Layout, Sample, ShardSummary};
use crate::error::{Error, Kind, Place, Result};
use crate::store::Folder;

/// Name of the manifest in its folder; it is written last, and readers accept only what it names.
pub const MANIFEST: &str = "manifest.json";

/// Where plans lie in a folder that is being written.
const UNFINISHED: &str = "_dataprep";

/// Version of the folder's layout and of the manifest's form.
pub const FORMAT: u32 = 3;

/// What a data set folder holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the layout.
    pub format: u32,
    /// The program and version that wrote it.
    pub tool: String,
    /// Hash of version, configuration, seed and inputs.
    pub plan_id: String,
    /// The pipeline, as canonical TOML.
    pub pipeline: String,
    /// BLAKE3 of `pipeline`.
    pub pipeline_blake3: String,
    /// Files that were read, sorted by name.
    pub inputs: Vec<Input>,
    /// The per-point columns as they are read: dtype and shape by name.
    pub columns: BTreeMap<String, String>,
    /// How they are stored.
    pub layout: Layout,
    /// How far positions (`xyz_m`, metres along an axis) and normals (`normal_deg`) lie from what they
    /// were, at most; empty where they are exact.
    pub errors: BTreeMap<String, f64>,
    /// The shards.
    pub shards: Vec<ShardIndex>,
    /// The scene variants, in shard and row order.
    pub scenes: Vec<SceneIndex>,
    /// Totals over the whole folder, and by split.
    pub totals: Counts,
    /// Totals by split.
    pub splits: BTreeMap<String, Counts>,
    /// What balancing was to do, by class; what was written is in the totals.
    pub balance: Balanced,
    /// Class lookups by raw category: nyu40 id, `ScanNet20` and `ScanNet200` index (−1 none).
    pub classes: BTreeMap<String, [i32; 3]>,
    /// What was left out and why.
    pub skipped: Vec<Skipped>,
    /// What the text gate did.
    pub text: TextCounts,
    /// Audit findings by code.
    pub findings: BTreeMap<String, u64>,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// `scene0000_00/scene0000_00_vh_clean_2.ply`, or the file name of a file of the data set.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of the content.
    pub blake3: Digest,
}

/// BLAKE3 of a file: 64 hexadecimal digits where it is written down. Plans and manifests name millions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline)]
pub struct Digest([u8; 32]);

impl From<blake3::Hash> for Digest {
    fn from(hash: blake3::Hash) -> Self {
        Self(*hash.as_bytes())
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        blake3::Hash::from_bytes(digest.0).to_hex().to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = blake3::HexError;

    fn try_from(digits: String) -> std::result::Result<Self, Self::Error> {
        Ok(blake3::Hash::from_hex(digits)?.into())
    }
}

/// One file of a shard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShardFile {
    /// Name relative to the folder.
    pub file: String,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of the content.
    pub blake3: String,
    /// Number of rows.
    pub rows: u64,
}

/// A shard: its files in the three tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShardIndex {
    /// `train-00000-1f3a9c2e`.
    pub name: String,
    /// Its split.
    pub split: String,
    /// Its files: scenes, objects, descriptions, and points where these have rows.
    pub files: Vec<ShardFile>,
}

/// Where a blob lies in its file: `[offset, nbytes, crc32]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "(u64, u64, u32)", into = "(u64, u64, u32)")]
pub struct Blob {
    /// Byte offset of the payload in the scenes file; 0 where it is compressed, or a row a point.
    pub offset: u64,
    /// Length in bytes, before planes and compression.
    pub nbytes: u64,
    /// CRC-32 (IEEE) of these bytes.
    pub crc32: u32,
}

impl From<(u64, u64, u32)> for Blob {
    fn from((offset, nbytes, crc32): (u64, u64, u32)) -> Self {
        Self { offset, nbytes, crc32 }
    }
}

impl From<Blob> for (u64, u64, u32) {
    fn from(blob: Blob) -> Self {
        (blob.offset, blob.nbytes, blob.crc32)
    }
}

/// Where a scene variant lies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SceneIndex {
    /// `scene0011_00/v002`.
    pub sample_id: String,
    /// The scan.
    pub scene_id: String,
    /// Its split.
    pub split: String,
    /// 0 is the original.
    pub variant: u32,
    /// Number of points.
    pub num_points: u32,
    /// Number of sentences.
    pub num_descriptions: u32,
    /// Sum of the sentences' weights: how often a sampler of scenes should draw it.
    pub weight: f64,
    /// Name of the shard.
    pub shard: String,
    /// Row group, which is also the row, in the shard's scenes file.
    pub row_group: u32,
    /// The per-point columns by name.
    pub blobs: BTreeMap<String, Blob>,
    /// As `errors` of the manifest, of this scene variant.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, f64>,
}

/// Numbers that add up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Scene variants.
    pub scenes: u64,
    /// Points.
    pub points: u64,
    /// Objects that own a point.
    pub objects: u64,
    /// Sentences.
    pub descriptions: u64,
    /// Objects, points and sentences by raw category of the object.
    pub by_category: BTreeMap<String, CategoryCounts>,
}

/// Numbers of one raw category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryCounts {
    /// Objects that own a point.
    pub objects: u64,
    /// Their points.
    pub points: u64,
    /// Sentences that mean one of them.
    pub descriptions: u64,
}

impl Counts {
    /// Counts one sample in.
    pub(super) fn add(&mut self, sample: &Sample, points_by_object: impl Iterator<Item = (i32, u32)>) {
        self.scenes += 1;
        self.points += sample.scene.points.len() as u64;
        self.descriptions += sample.sentences.len() as u64;
        let category = |id| sample.scene.object(id).map_or("", |o| o.raw_category.as_str()).to_owned();
        for (id, points) in points_by_object {
            self.objects += 1;
            let counts = self.by_category.entry(category(id)).or_default();
            counts.objects += 1;
            counts.points += u64::from(points);
        }
        for sentence in &sample.sentences {
            self.by_category.entry(category(sentence.object_id)).or_default().descriptions += 1;
        }
    }

    /// Adds other counts.
    pub fn merge(&mut self, other: &Self) {
        self.scenes += other.scenes;
        self.points += other.points;
        self.objects += other.objects;
        self.descriptions += other.descriptions;
        for (category, counts) in &other.by_category {
            let mine = self.by_category.entry(category.clone()).or_default();
            mine.objects += counts.objects;
            mine.points += counts.points;
            mine.descriptions += counts.descriptions;
        }
    }
}

/// What balancing does to a data set, as planned: before the audit and the text gate leave anything out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Balanced {
    /// `none`, `repeat-factor`, `effective-number` or `undersample`.
    pub method: String,
    /// What is evened out: `class` or `object`.
    pub level: String,
    /// By split.
    pub splits: BTreeMap<String, SplitBalance>,
}

/// What balancing does to a split.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitBalance {
    /// As it would be without.
    pub before: Spread,
    /// As it is planned.
    pub after: Spread,
    /// By class: the objects' names as the references have them, in lower case, `_` as space.
    pub classes: BTreeMap<String, ClassBalance>,
}

/// How evenly sentences are spread over classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Rows with a sentence, over all variants.
    pub rows: u64,
    /// Weighted rows of the most frequent class over those of the rarest.
    pub imbalance: f64,
    /// Number of equally frequent classes that would be as varied.
    pub effective_classes: f64,
    /// (Σw)² / (N Σw²) of the N descriptions, w being the weighted rows of each: 1 when all are alike.
    pub effective_samples: f64,
}

/// What balancing does to a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassBalance {
    /// Descriptions that mean one of it.
    pub descriptions: u64,
    /// Rows without balancing.
    pub rows_before: u64,
    /// Rows with it.
    pub rows: u64,
    /// Mean weight of these rows; 0 when there is none.
    pub weight: f64,
}

/// Something that was left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// The scan, scan/object or scan/object/annotation.
    pub what: String,
    /// Why.
    pub why: String,
    /// Whether something is wrong with it; else it was left out by the pipeline's own wish.
    pub fault: bool,
}

/// What the text gate did, over all variants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextCounts {
    /// Sentences kept as they are.
    pub kept: u64,
    /// Sentences rewritten to stay true.
    pub adapted: u64,
    /// Sentences left out of a variant, by reason.
    pub dropped: BTreeMap<String, u64>,
}

impl TextCounts {
    /// Adds other counts.
    pub fn merge(&mut self, other: &Self) {
        self.kept += other.kept;
        self.adapted += other.adapted;
        for (reason, n) in &other.dropped {
            *self.dropped.entry(reason.clone()).or_default() += n;
        }
    }
}

impl Manifest {
    /// Reads the manifest of a data set's folder; gives its bytes, too.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when there is no such folder, or no finished data set in it; those of [`Self::parse`].
    pub fn of(store: &Folder) -> Result<(Self, Vec<u8>)> {
        let root = store.root();
        if root.is_file() {
            let folder = root.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
            return Err(Error::new(Kind::Config, "this is a file")
                .at(root)
                .expected("a data set's folder")
                .help(format!("name its folder: {}", folder.display())));
        }
        let bytes = store.read_if_present(MANIFEST)?.ok_or_else(|| {
            if !root.exists() {
                return Error::new(Kind::NotFound, "there is no such folder")
                    .at(root)
                    .expected("a data set's folder, as `dataprep augment -o` wrote it");
            }
            let error =
                Error::new(Kind::NotFound, format!("no {MANIFEST}: the folder holds no finished data set"))
                    .at(root);
            error.help(if store.path(UNFINISHED).is_dir() {
                "run the augment command that writes this folder again; it goes on where it stopped"
            } else {
                "name the folder that `dataprep augment -o` wrote"
            })
        })?;
        Ok((Self::parse(&bytes, &store.path(MANIFEST))?, bytes))
    }

    /// Reads a manifest from its bytes; `path` is for errors.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let fail = |e: &serde_json::Error| {
            Error::new(Kind::Corrupt, format!("not a manifest of dataprep: {e}"))
                .at(path)
                .place(Place::Line { row: e.line() as u32, column: e.column() as u32 })
                .help("write the data set again, or copy it again from where it was written")
        };
        let Version { format } = serde_json::from_slice(bytes).map_err(|e| fail(&e))?;
        if format != FORMAT {
            return Err(Error::new(Kind::Conflict, "the data set has another layout version")
                .at(path)
                .expected(format!("format {FORMAT}"))
                .found(format!("format {format}"))
                .help("use the dataprep version that wrote it, or write it again"));
        }
        serde_json::from_slice(bytes).map_err(|e| fail(&e))
    }

    /// The manifest's bytes: JSON with keys in a fixed order, no clock.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("strings, numbers, and maps keyed by strings");
        bytes.push(b'\n');
        bytes
    }

    /// The data set's id: BLAKE3 of the manifest's bytes. A training checkpoint can hold it.
    pub fn dataset_id(bytes: &[u8]) -> String {
        blake3::hash(bytes).to_hex().to_string()
    }

    /// Says how points are laid out.
    pub fn set_layout(&mut self, layout: &Layout) {
        self.columns = layout.columns.iter().map(|c| (c.name.to_owned(), c.spell())).collect();
        self.layout = layout.clone();
    }

    /// Takes in a shard.
    pub fn add_shard(&mut self, split: &str, shard: ShardSummary) {
        let Some(first) = shard.scenes.first() else { return };
        self.shards.push(ShardIndex {
            name: first.shard.clone(),
            split: split.to_owned(),
            files: shard.files,
        });
        self.totals.merge(&shard.counts);
        self.splits.entry(split.to_owned()).or_default().merge(&shard.counts);
        for (what, &error) in shard.scenes.iter().flat_map(|scene| &scene.errors) {
            let most = self.errors.entry(what.clone()).or_default();
            *most = most.max(error);
        }
        self.scenes.extend(shard.scenes);
    }
}
