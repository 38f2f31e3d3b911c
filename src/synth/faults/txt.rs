//! Faults of sentences.

use super::refs::third;
use super::{Fault, Plant};

pub(super) const FAULTS: [Fault; 1] = [Fault {
    code: "TXT101",
    what: "a description is empty",
    plant: Plant::Files(|files| third(files, |record| record["description"] = "".into())),
}];
