//! Faults of references.

use serde_json::Value;

use super::{Fault, Files, Plant, Planted, references_file};
use crate::error::Result;
use crate::synth::files::Split;

/// Changes the third record of the train references: the first scan's third description.
pub(super) fn third(files: &Files<'_>, change: impl FnOnce(&mut Value)) -> Result<Planted> {
    let said = &files.first().said[2];
    files.references(Split::Train, |records| change(&mut records[2]))?;
    let place = Planted::scene(&files.first().id).object(said.object).ann(said.ann);
    Ok(place.file(&references_file(Split::Train)))
}

pub(super) const FAULTS: [Fault; 10] = [
    Fault {
        code: "REF101",
        what: "one description is of a scan that does not exist",
        plant: Plant::Files(|files| {
            third(files, |record| record["scene_id"] = "scene9999_00".into())?;
            Ok(Planted::scene("scene9999_00").file(&references_file(Split::Train)))
        }),
    },
    Fault {
        code: "REF102",
        what: "one description means an object that does not exist",
        plant: Plant::Files(|files| {
            let place = third(files, |record| record["object_id"] = "4711".into())?;
            Ok(place.object(4711))
        }),
    },
    Fault {
        code: "REF103",
        what: "one description has the name of another class",
        plant: Plant::Files(|files| third(files, |record| record["object_name"] = "accordion".into())),
    },
    Fault {
        code: "REF104",
        what: "all over a file, object ids leave walls and floor out of the count",
        plant: Plant::Files(|files| {
            let file = references_file(Split::Train);
            files.references(Split::Train, |records| {
                for record in records {
                    let scan = files.scans.iter().find(|s| record["scene_id"] == s.id.as_str());
                    let id = record["object_id"].as_str().and_then(|id| id.parse::<usize>().ok());
                    let (Some(scan), Some(id)) = (scan, id) else { continue };
                    let before = scan.categories.iter().take(id);
                    let things = before.filter(|c| !matches!(c.as_str(), "wall" | "floor")).count();
                    record["object_id"] = things.to_string().into();
                }
            })?;
            Ok(Planted::somewhere().file(&file))
        }),
    },
    Fault {
        code: "REF105",
        what: "a record is there twice, with another sentence",
        plant: Plant::Files(|files| {
            files.references(Split::Train, |records| {
                let mut again = records[2].clone();
                again["description"] = "it is the one that was described before .".into();
                again["token"] = Value::Null;
                records.push(again);
            })?;
            third(files, |_| {})
        }),
    },
    Fault {
        code: "REF106",
        what: "an annotation id is left out",
        plant: Plant::Files(|files| {
            let place = third(files, |record| record["ann_id"] = "9".into())?;
            Ok(Planted { ann_id: None, ..place })
        }),
    },
    Fault {
        code: "REF107",
        what: "a token list says `left` where the sentence does not",
        plant: Plant::Files(|files| third(files, |record| record["token"][0] = "leftover".into())),
    },
    Fault {
        code: "REF108",
        what: "a description of a train scan is in the file for val",
        plant: Plant::Files(|files| {
            let mut moved = Value::Null;
            files.references(Split::Train, |records| moved = records.remove(0))?;
            moved["ann_id"] = "0".into();
            files.references(Split::Val, |records| records.push(moved))?;
            Ok(Planted::scene(&files.first().id).file(&references_file(Split::Val)))
        }),
    },
    Fault {
        code: "REF109",
        what: "the descriptions of a scan are gone",
        plant: Plant::Files(|files| {
            let id = &files.first().id;
            files.references(Split::Train, |records| records.retain(|r| r["scene_id"] != id.as_str()))?;
            Ok(Planted::somewhere())
        }),
    },
    Fault {
        code: "REF110",
        what: "two objects of a scan have an annotation 99",
        plant: Plant::Files(|files| {
            files.references(Split::Train, |records| {
                let first = records[0].clone();
                let other = records.iter().find(|r| r["object_id"] != first["object_id"]).cloned();
                for mut record in [Some(first), other].into_iter().flatten() {
                    record["ann_id"] = "99".into();
                    record["description"] =
                        format!("{} again", record["description"].as_str().unwrap_or("")).into();
                    if let Some(tokens) = record["token"].as_array_mut() {
                        tokens.push("again".into());
                    }
                    records.push(record);
                }
            })?;
            Ok(Planted::somewhere().file(&references_file(Split::Train)))
        }),
    },
];
