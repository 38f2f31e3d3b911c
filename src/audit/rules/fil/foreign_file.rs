use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::{DatasetContext, ScanContext};
use crate::error::Kind;

rule! {
    /// A file is not of the format that its name says.
    ///
    /// # What it checks
    /// That a file begins and parses as its name promises: not a Git-LFS pointer, not an error page
    /// of a web server, not empty, and JSON that is JSON. Evidence: `role`, the part the file plays
    /// in its scan; `byte`, where reading stopped.
    ///
    /// # Why it matters
    /// Whatever such a file was to bring is not there, and the download that made it may have spoilt
    /// others too.
    ///
    /// # How to fix
    /// Look at the file's first lines. After a Git-LFS pointer run `git lfs pull`; otherwise
    /// download the file again.
    ///
    /// # Known exceptions
    /// None.
    ///
    /// # Source
    /// The formats' own definitions: PLY, JSON (RFC 8259), and the pointer format of
    /// <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>.
    ForeignFile { code: "FIL103", name: "foreign-file", severity: Error }
}

impl Rule for ForeignFile {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        for fault in scan.scan.faults.iter().filter(|f| f.error.kind() == Kind::Foreign) {
            let role = fault.role.noun();
            out.report(Draft::of_error(&fault.error).evidence("role", role).key(role));
        }
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let references = data.catalogue.references.iter().flat_map(|r| &r.faults);
        for error in data.catalogue.faults.iter().chain(references) {
            if error.kind() == Kind::Foreign {
                out.report(Draft::of_error(error).key(error.message()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::Fixture;
    use crate::error::Error;
    use crate::scene::{Fault, Role};

    #[test]
    fn fires_on_a_pointer_in_place_of_a_mesh_or_of_references() {
        let mut f = Fixture::clean();
        let error = Error::new(Kind::Foreign, "a Git-LFS pointer").help("run `git lfs pull`");
        f.scan().faults.push(Fault { role: Role::Mesh, error: error.clone() });
        f.catalogue.references[1].faults.push(error);
        let found = f.run("FIL103");
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|f| f.fix.is_some()));
    }

    #[test]
    fn silent_on_damage() {
        let mut f = Fixture::clean();
        f.catalogue.faults.push(Error::new(Kind::Truncated, "no"));
        assert_eq!(f.run("FIL103"), []);
    }
}
