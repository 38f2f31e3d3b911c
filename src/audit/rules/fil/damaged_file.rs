use crate::audit::finding::{Draft, Severity};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::{DatasetContext, ScanContext};
use crate::error::{Error, Kind};
use crate::scene::{Fault, Role};

rule! {
    /// A file cannot be read, is cut off or goes on too long, or holds a value that cannot be.
    ///
    /// # What it checks
    /// That a file can be opened, that it is as long as its header says, and that its values have
    /// the type and range that its format asks for. Evidence: `fault`, the kind of damage; `role`,
    /// the part the file plays in its scan; `byte`, where reading stopped.
    ///
    /// # Why it matters
    /// Readers differ: one stops the run, one fills up with zeros, one drops the scan without a
    /// word. None of them trains on what you think.
    ///
    /// # How to fix
    /// Download or convert the file again and compare its size with the original.
    ///
    /// # Known exceptions
    /// A label table with values that cannot be read is a warning: masks do not need it. A missing
    /// file is FIL101, a file of another format FIL103, a bad record of a references file FIL110, an
    /// axis alignment that cannot be read MSH110.
    ///
    /// # Source
    /// Cut-off downloads are told of in
    /// <https://github.com/torch-points3d/torch-points3d/issues/632>.
    DamagedFile { code: "FIL102", name: "damaged-file", severity: Error }
}

/// Whether a fault is of the kind that FIL102 reports: FIL101 has missing files, FIL103 has
/// foreign ones.
fn is_damage(error: &Error) -> bool {
    !matches!(error.kind(), Kind::NotFound | Kind::Foreign)
}

fn draft(error: &Error) -> Draft {
    let fault = match error.kind() {
        Kind::Truncated => "truncated",
        Kind::OverLong => "over-long",
        Kind::Malformed => "malformed",
        _ => "unreadable",
    };
    Draft::of_error(error).evidence("fault", fault).key(fault)
}

impl Rule for DamagedFile {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        // A malformed alignment, the one thing that can be malformed in a meta file, is MSH110's.
        let alignment = |f: &Fault| f.role == Role::Meta && f.error.kind() == Kind::Malformed;
        for fault in scan.scan.faults.iter().filter(|f| is_damage(&f.error) && !alignment(f)) {
            let role = fault.role.noun();
            out.report(draft(&fault.error).evidence("role", role).key(role));
        }
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        // Malformed records are FIL110's.
        let references = data.catalogue.references.iter().flat_map(|r| &r.faults);
        let references = references.filter(|e| e.kind() != Kind::Malformed);
        for error in data.catalogue.faults.iter().chain(references).filter(|e| is_damage(e)) {
            let of_labels =
                error.kind() == Kind::Malformed && error.path() == data.catalogue.labels_path.as_deref();
            // Without its columns nothing of the table is there; a row less is a row less.
            let at_most = if of_labels && !data.catalogue.labels.is_empty() {
                Severity::Warning
            } else {
                Severity::Error
            };
            out.report(draft(error).key(error.message()).at_most(at_most));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_on_a_truncated_mesh_and_says_where() {
        let mut f = Fixture::clean();
        let error = Error::new(Kind::Truncated, "the file ends too early").at("a.ply").byte(120);
        f.scan().faults.push(Fault { role: Role::Mesh, error: error.clone() });
        f.catalogue.faults.push(error);
        let found = f.run("FIL102");
        assert_eq!(found.len(), 2, "one for the scan, one for the data set");
        assert!(found.iter().all(|f| f.number("byte") == Some(120)));
    }

    #[test]
    fn silent_on_faults_of_other_kinds() {
        let mut f = Fixture::clean();
        for kind in [Kind::NotFound, Kind::Foreign] {
            let error = Error::new(kind, "no");
            f.scan().faults.push(Fault { role: Role::Mesh, error: error.clone() });
            f.catalogue.faults.push(error);
        }
        f.catalogue.references[0].faults.push(Error::new(Kind::Malformed, "no"));
        assert_eq!(f.run("FIL102"), []);
    }
}
