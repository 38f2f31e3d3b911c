//! Faults of the configuration: a `dataprep.toml` is put beside the data.

use super::{Fault, Files, Plant, Planted};
use crate::error::Result;
use crate::synth::CONFIGURATION_STARTS;

/// All of them, by code.
pub(super) const FAULTS: [Fault; 4] =
    [UNUSED_SUPPRESSION, EXPIRED_SUPPRESSION, UNKNOWN_RULE, DEPRECATED_CODE];

const UNUSED_SUPPRESSION: Fault = Fault {
    code: "CFG101",
    what: "a suppression of a finding that is not there",
    plant: Plant::Files(|files| {
        let scene = &files.first().id;
        let place = format!("scene = \"{scene}\"\nobject = {}\n", files.first().said[0].object);
        configure(files, &format!("[[audit.suppress]]\nrule = \"TXT101\"\n{place}reason = \"planted\"\n"))
    }),
};

const EXPIRED_SUPPRESSION: Fault = Fault {
    code: "CFG102",
    what: "a suppression whose day is over",
    plant: Plant::Files(|files| {
        let days = "reason = \"planted\"\nexpires = 2001-01-01\n";
        configure(files, &format!("[[audit.suppress]]\nrule = \"TXT101\"\n{days}"))
    }),
};

const UNKNOWN_RULE: Fault = Fault {
    code: "CFG103",
    what: "a rule is ignored that does not exist",
    plant: Plant::Files(|files| configure(files, "[audit]\nignore = [\"TXT999\"]\n")),
};

const DEPRECATED_CODE: Fault = Fault {
    code: "CFG104",
    what: "a scan is spared a rule by a code of old",
    plant: Plant::Files(|files| {
        let scene = &files.first().id;
        configure(files, &format!("[audit.per-scan-ignores]\n\"{scene}\" = [\"PLY101\"]\n"))
    }),
};

fn configure(files: &Files<'_>, text: &str) -> Result<Planted> {
    let name = "dataprep.toml";
    let text = format!("{CONFIGURATION_STARTS}\n\n[dataset]\nscans = [\"scans\"]\n\n{text}");
    files.store.publish(name, text.as_bytes())?;
    Ok(Planted::somewhere().file(name))
}
