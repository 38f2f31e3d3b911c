//! Sentences as a references file: the keys that `ScanRefer`'s own has, one file a split, beside a list of
//! the split's scenes.

use std::collections::BTreeMap;
use std::io::Write as _;

use arrow::array::AsArray as _;
use arrow::datatypes::Int32Type;
use arrow::record_batch::RecordBatch;
use serde_json::Value;

use super::{Scan, rows_of};
use crate::error::{Error, Result};
use crate::store::{Folder, Staged};

/// The records of a scene variant.
pub(super) fn records<'a>(scan: &'a Scan<'_>, said: &'a RecordBatch) -> impl Iterator<Item = Value> + 'a {
    rows_of(said, &scan.scene.sample_id).map(|row| {
        let text = |name: &str| said[name].as_string::<i32>().value(row);
        let tokens = said["tokens"].as_list::<i32>().value(row);
        serde_json::json!({
            "scene_id": scan.name,
            "object_id": said["object_id"].as_primitive::<Int32Type>().value(row).to_string(),
            "object_name": text("object_name"),
            "ann_id": text("ann_id"),
            "description": text("text"),
            "token": tokens.as_string::<i32>().iter().flatten().collect::<Vec<_>>(),
        })
    })
}

/// The references files and lists of scenes, written as scenes come: they have their names once all are there.
#[derive(Default)]
pub(super) struct References {
    splits: BTreeMap<String, Split>,
}

struct Split {
    records: Staged,
    scenes: Staged,
    any: bool,
}

impl References {
    /// Adds the sentences of a scene variant.
    pub(super) fn add(&mut self, out: &Folder, scan: &Scan<'_>, said: &RecordBatch) -> Result<()> {
        let name = &scan.scene.split;
        if !self.splits.contains_key(name) {
            let split = Split { records: out.stage("")?, scenes: out.stage("")?, any: false };
            self.splits.insert(name.clone(), split);
        }
        let Some(split) = self.splits.get_mut(name) else { return Ok(()) };
        let wrong = |e: &std::io::Error| Error::io("write in", out.root(), e);
        writeln!(split.scenes, "{}", scan.name).map_err(|e| wrong(&e))?;
        let mut text = String::new();
        for record in records(scan, said) {
            text += if split.any { ",\n" } else { "[\n" };
            text += &record.to_string();
            split.any = true;
        }
        split.records.write_all(text.as_bytes()).map_err(|e| wrong(&e))
    }

    /// Gives the files their names.
    pub(super) fn publish(self) -> Result<()> {
        for (name, mut split) in self.splits {
            let end = if split.any { "\n]\n" } else { "[]\n" };
            let path = split.records.path().to_path_buf();
            split.records.write_all(end.as_bytes()).map_err(|e| Error::io("write", path, &e))?;
            split.records.publish(&format!("ScanRefer_filtered_{name}.json"))?;
            split.scenes.publish(&format!("ScanRefer_filtered_{name}.txt"))?;
        }
        Ok(())
    }
}
