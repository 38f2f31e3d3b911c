//! Faults of balance.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::spl::commonest;
use super::{Fault, Plant, Planted, Setting, references_file};
use crate::synth::files::Split;

/// The object that a record is about.
fn object(record: &Value) -> (String, String) {
    (record["scene_id"].to_string(), record["object_id"].to_string())
}

/// All of them, by code.
pub(super) const FAULTS: [Fault; 5] =
    [UNSEEN_CLASS, FEW_OBJECTS, EFFECTIVE_CLASSES, UNEVEN_MEASURES, UNIQUE_SHARE];

const UNSEEN_CLASS: Fault = Fault {
    code: "BAL101",
    what: "no training description is left of a class that is in both splits",
    plant: Plant::Files(|files| {
        let mut names = BTreeSet::new();
        files.references(Split::Train, |records| {
            names.extend(records.iter().map(|r| r["object_name"].to_string()));
        })?;
        let val = files.read(&references_file(Split::Val))?;
        let mut both = val.as_array().into_iter().flatten().map(|r| r["object_name"].clone());
        let class = both.find(|name| names.contains(&name.to_string()));
        files.references(Split::Train, |records| {
            records.retain(|r| Some(&r["object_name"]) != class.as_ref());
        })?;
        Ok(Planted::somewhere().file(&references_file(Split::Val)))
    }),
};

const FEW_OBJECTS: Fault = Fault {
    code: "BAL201",
    what: "one object of the commonest class is described for training",
    plant: Plant::With(Setting::Scenes(100), |files| {
        files.references(Split::Train, |records| {
            let name = commonest(records);
            let kept = records.iter().find(|r| r["object_name"] == name).map(object);
            records.retain(|r| r["object_name"] != name || Some(object(r)) == kept);
        })?;
        Ok(Planted::somewhere())
    }),
};

const EFFECTIVE_CLASSES: Fault = Fault {
    code: "BAL202",
    what: "one object is described of each class but the commonest",
    plant: Plant::With(Setting::Scenes(100), |files| {
        let mut kept: BTreeMap<String, (String, String)> = BTreeMap::new();
        for split in Split::ALL {
            files.references(split, |records| {
                let name = commonest(records);
                records.retain(|r| {
                    let first = kept.entry(r["object_name"].to_string()).or_insert_with(|| object(r));
                    r["object_name"] == name || *first == object(r)
                });
            })?;
        }
        Ok(Planted::somewhere())
    }),
};

const UNEVEN_MEASURES: Fault = Fault {
    code: "BAL203",
    what: "objects are described once each, unless they are alone in their class",
    plant: Plant::Files(|files| {
        for split in Split::ALL {
            files.references(split, |records| {
                let mut objects: BTreeMap<String, BTreeSet<_>> = BTreeMap::new();
                for r in records.iter() {
                    objects.entry(r["object_name"].to_string()).or_default().insert(object(r));
                }
                let alone =
                    |r: &Value| objects.get(&r["object_name"].to_string()).is_some_and(|o| o.len() == 1);
                records.retain(|r| r["ann_id"] == "0" || alone(r));
            })?;
        }
        Ok(Planted::somewhere())
    }),
};

const UNIQUE_SHARE: Fault = Fault {
    code: "BAL204",
    what: "the label table has one nyu40 id for all categories",
    plant: Plant::With(Setting::Scenes(120), |files| {
        files.bytes("scannetv2-labels.combined.tsv", |table| {
            let text = String::from_utf8_lossy(table).into_owned();
            let (head, rows) = text.split_once('\n').unwrap_or_default();
            let row = |row: &str| {
                let mut cells: Vec<&str> = row.split('\t').collect();
                cells[4] = "40";
                cells.join("\t") + "\n"
            };
            *table = format!("{head}\n{}", rows.lines().map(row).collect::<String>()).into_bytes();
        })?;
        Ok(Planted::somewhere().file(&references_file(Split::Train)))
    }),
};
