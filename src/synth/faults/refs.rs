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
