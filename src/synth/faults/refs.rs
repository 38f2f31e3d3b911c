//! Faults of references.

use super::{Fault, Plant, Planted, references_file};
use crate::synth::files::Split;

pub(super) const WRONG_NAME: Fault = Fault {
    code: "REF103",
    what: "one description has the name of another class",
    plant: Plant::Files(|files| {
        let said = &files.first().said[2];
        files.references(Split::Train, |records| records[2]["object_name"] = "accordion".into())?;
        let place = Planted::scene(&files.first().id).object(said.object).ann(said.ann);
        Ok(place.file(&references_file(Split::Train)))
    }),
};

pub(super) const SHIFTED_IDS: Fault = Fault {
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
};
