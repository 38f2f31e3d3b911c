//! Faults of references.

use super::{Fault, Plant, Planted, references_file};
use crate::synth::files::Split;

/// One sentence more about each of two objects, under the same number.
pub(super) const ANNOTATION_COLLISION: Fault = Fault {
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
};

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
