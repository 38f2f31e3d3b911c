//! The `[output]` section of a pipeline: where, and in which layout.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::nearest;
use crate::write::{Arrangement, BLOBS, BlobColumn, Compression, Layout, Precision, Profile};

/// What is written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Output {
    /// The folder. Relative to the pipeline file.
    pub dir: Option<PathBuf>,
    /// Size that shards are packed to, in megabytes (10⁶ bytes).
    #[schemars(range(min = 1, max = 4000))]
    pub shard_size_mb: u32,
    /// What it is written for. The keys below change parts of it.
    pub profile: Profile,
    /// Per-point columns to store, `xyz` and `object` among them. All when left out, but for `orig_index`
    /// in profile compact.
    pub columns: Option<Vec<String>>,
    /// How the points of a scene stand: one value a column (`blobs`) or one row a point (`rows`).
    pub points: Option<Arrangement>,
    /// What makes points smaller on disk.
    pub compression: Option<Compression>,
    /// Whether positions, normals and labels keep all their bits. Rows always do.
    pub precision: Option<Precision>,
}

impl Default for Output {
    fn default() -> Self {
        Self {
            dir: None,
            shard_size_mb: 128,
            profile: Profile::default(),
            columns: None,
            points: None,
            compression: None,
            precision: None,
        }
    }
}

impl Output {
    /// How points are laid out.
    pub fn layout(&self) -> Layout {
        let mut layout = self.profile.layout();
        if let Some(names) = &self.columns {
            layout.columns = BLOBS.into_iter().filter(|c| names.iter().any(|n| n == c.name)).collect();
        }
        Layout {
            points: self.points.unwrap_or(layout.points),
            compression: self.compression.unwrap_or(layout.compression),
            precision: self.precision.unwrap_or(layout.precision),
            columns: layout.columns,
        }
    }

    /// What cannot be, as key, message and remedy.
    pub(super) fn wrong(&self) -> Option<(&'static str, String, String)> {
        let names = self.columns.iter().flatten().map(String::as_str);
        if let Some(name) = names.clone().find(|name| BlobColumn::named(name).is_none()) {
            let known = BLOBS.map(|c| c.name);
            let near = nearest(name, known.into_iter())
                .map_or_else(String::new, |near| format!("did you mean {near}? "));
            let help = format!("{near}columns are {}", known.join(", "));
            return Some(("output.columns", format!("there is no column {name}"), help));
        }
        if self.columns.is_some() && !["xyz", "object"].iter().all(|must| names.clone().any(|n| n == *must)) {
            let help = "a mask is `object == object_id`: add what is missing".to_owned();
            return Some(("output.columns", "xyz and object must be among them".to_owned(), help));
        }
        let layout = self.layout();
        if layout.points == Arrangement::Rows && layout.precision == Precision::Compact {
            let key = if self.precision.is_some() { "output.precision" } else { "output.points" };
            let help = "take precision = \"exact\", or points = \"blobs\"".to_owned();
            return Some((key, "rows keep all bits of their values".to_owned(), help));
        }
        None
    }
}
