//! Faults of files.

use super::{Fault, Plant, Planted, scan_file};
use crate::scene::Role;

pub(super) const MISSING_FILE: Fault = Fault {
    code: "FIL101",
    what: "the segments file of a scan is gone",
    plant: Plant::Files(|files| {
        let id = &files.first().id;
        files.store.remove(&scan_file(id, Role::Segments))?;
        Ok(Planted::role(id, Role::Segments))
    }),
};

pub(super) const WRONG_PAIR: Fault = Fault {
    code: "FIL104",
    what: "the aggregation is of the high-resolution mesh",
    plant: Plant::Files(|files| {
        let id = &files.first().id;
        files.json(&scan_file(id, Role::Aggregation), |value| {
            value["segmentsFile"] = format!("scannet.{id}_vh_clean.segs.json").into();
            // Its mesh has more vertices, and segments are named by theirs.
            for group in value["segGroups"].as_array_mut().into_iter().flatten() {
                for segment in group["segments"].as_array_mut().into_iter().flatten() {
                    *segment = (segment.as_u64().unwrap_or(0) * 3 + 1).into();
                }
            }
        })?;
        Ok(Planted::role(id, Role::Aggregation))
    }),
};
