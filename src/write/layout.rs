//! How the points of a data set are laid out: the profiles, and what each is made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{BLOBS, BlobColumn, COMPACT, Table};

/// What a data set is written for; the other keys of `[output]` change parts of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// For training: exact, uncompressed, each column of a scene one value at a byte offset.
    #[default]
    Train,
    /// For keeping and sending: the same values, zstd over byte planes. Slower to read.
    Archive,
    /// For training where space is short: positions, normals and labels in fewer bits, uncompressed, without
    /// `orig_index`. Not exact: the manifest says by how much.
    Compact,
    /// For queries: a row for each point, in a table of its own with typed columns, zstd.
    Points,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; 4] = [Self::Train, Self::Archive, Self::Compact, Self::Points];

    /// The name in a pipeline.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Archive => "archive",
            Self::Compact => "compact",
            Self::Points => "points",
        }
    }

    /// What it stands for.
    pub fn layout(self) -> Layout {
        let exact = Layout {
            columns: BLOBS.to_vec(),
            points: Arrangement::Blobs,
            compression: Compression::None,
            precision: Precision::Exact,
        };
        match self {
            Self::Train => exact,
            Self::Archive => Layout { compression: Compression::Zstd, ..exact },
            Self::Compact => Layout {
                columns: BLOBS.into_iter().filter(|b| b.name != "orig_index").collect(),
                precision: Precision::Compact,
                ..exact
            },
            Self::Points => Layout { points: Arrangement::Rows, compression: Compression::Zstd, ..exact },
        }
    }
}

/// How the points of a scene stand in Parquet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Arrangement {
    /// One value a column and scene.
    Blobs,
    /// One row a point.
    Rows,
}

/// What makes points smaller on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// Nothing: readers map the file.
    None,
    /// Zstandard.
    Zstd,
}

/// How many bits points are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// All of them.
    Exact,
    /// 16 bits for each part of a position, a normal (octahedral), a superpoint or an object id.
    Compact,
}

/// How the points of a data set are laid out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The per-point columns, in the order of the file.
    #[schemars(with = "Vec<String>")]
    pub columns: Vec<BlobColumn>,
    /// How they stand in Parquet.
    pub points: Arrangement,
    /// What makes them smaller.
    pub compression: Compression,
    /// How many bits they are kept in.
    pub precision: Precision,
}

impl Default for Layout {
    fn default() -> Self {
        Profile::default().layout()
    }
}

impl Layout {
    /// Whether columns lie in the file as bytes that can be mapped.
    pub fn is_mapped(&self) -> bool {
        self.points == Arrangement::Blobs && self.compression == Compression::None
    }

    /// Whether the bytes in the file are those of the arrays that readers give.
    pub fn is_plain(&self) -> bool {
        self.is_mapped() && self.precision == Precision::Exact
    }

    /// Whether the values of a column stand in byte planes.
    pub(super) fn has_planes(&self, stored: &BlobColumn) -> bool {
        self.points == Arrangement::Blobs && self.compression == Compression::Zstd && stored.item > 1
    }

    /// The tables of a shard, in the order in which they are written.
    pub fn tables(&self) -> &'static [Table] {
        match self.points {
            Arrangement::Blobs => &Table::ALL[..3],
            Arrangement::Rows => &Table::ALL,
        }
    }

    /// The table with the points.
    pub fn table(&self) -> Table {
        match self.points {
            Arrangement::Blobs => Table::Scenes,
            Arrangement::Rows => Table::Points,
        }
    }

    /// A column as it lies in the file, before planes and compression.
    pub fn stored(&self, column: &BlobColumn) -> BlobColumn {
        match self.precision {
            Precision::Exact => *column,
            Precision::Compact => *COMPACT.iter().find(|c| c.name == column.name).unwrap_or(column),
        }
    }

    /// Bytes of a point in the file, before compression.
    pub fn point_bytes(&self) -> usize {
        self.columns.iter().map(|c| self.stored(c)).map(|c| c.width * c.item).sum()
    }

    /// The layout in words: its profile, if it is one but for the columns.
    pub fn name(&self) -> String {
        let same = |p: &Profile| Self { columns: self.columns.clone(), ..p.layout() } == *self;
        let profile = Profile::ALL.iter().find(|p| same(p));
        // What is left are compact blobs with zstd, and rows without.
        let other =
            if self.points == Arrangement::Rows { "points, uncompressed" } else { "compact, with zstd" };
        format!("profile {}", profile.map_or(other, |p| p.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_called_by_its_profile() {
        for profile in Profile::ALL {
            assert_eq!(profile.layout().name(), format!("profile {}", profile.name()));
        }
        let few = Layout { columns: BLOBS[..1].to_vec(), ..Profile::Archive.layout() };
        assert_eq!(few.name(), "profile archive");
        assert_eq!(
            Layout { compression: Compression::None, ..Profile::Points.layout() }.name(),
            "profile points, uncompressed"
        );
        assert_eq!(
            (Profile::Train.layout().point_bytes(), Profile::Compact.layout().point_bytes()),
            (40, 18)
        );
    }
}
