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
