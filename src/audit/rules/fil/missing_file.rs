use crate::audit::finding::{Draft, Severity};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::{DatasetContext, ScanContext};
use crate::error::Kind;
use crate::scene::{Role, ScanFile};

rule! {
    /// A file of the data set is missing.
    ///
    /// # What it checks
    /// That a scan's folder holds the mesh, the segments and the aggregation, and that files named
    /// for the whole data set are there. A missing `labels.ply` or `.txt` is a warning: masks of
    /// referring segmentation need neither. Evidence: `role`, the part the file plays.
    ///
    /// # Why it matters
    /// Without mesh, segments and aggregation there is no mask to learn. Some preparation scripts
    /// stop at such a scan, others pass over it, and training goes on with fewer descriptions than
    /// you count.
    ///
    /// # How to fix
    /// Download the scan again, or take it out of the split list and its descriptions out of the
    /// references file.
    ///
    /// # Known exceptions
    /// Test scans ship without annotations. A scan that has no segments, no aggregation and no
    /// labels, that no description speaks of and that is in no split but `test`, is one finding of
    /// level info.
    ///
    /// # Source
    /// The file list of <https://github.com/ScanNet/ScanNet>; broken downloads are told of in
    /// <https://github.com/torch-points3d/torch-points3d/issues/632>.
    MissingFile { code: "FIL101", name: "missing-file", severity: Error }
}

impl Rule for MissingFile {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let missing = |f: &&ScanFile| f.bytes.is_none();
        let annotation = |f: &&ScanFile| matches!(f.role, Role::Segments | Role::Aggregation | Role::Labels);
        let files = &scan.scan.files;
        let split = scan.catalogue.split_of(scan.scan.id());
        let unannotated = scan.descriptions.is_empty()
            && matches!(split, None | Some("test"))
            && files.iter().filter(annotation).all(|f| missing(&f));
        if unannotated && files.iter().any(|f| annotation(&f)) {
            let message = "the scan has no annotation at all, like a test scan";
            out.report(Draft::new(message).key("annotation").at_most(Severity::Info).harms(0));
        }
        for file in files.iter().filter(missing).filter(|f| !(unannotated && annotation(f))) {
            let noun = file.role.noun();
            let mut draft = Draft::new(format!("the {noun} file is missing"))
                .file(&file.path)
                .key(noun)
                .evidence("role", noun);
            if matches!(file.role, Role::Labels | Role::Meta) {
                draft = draft.at_most(Severity::Warning).harms(0);
            }
            out.report(draft);
        }
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let references = data.catalogue.references.iter().flat_map(|r| &r.faults);
        let faults = data.catalogue.faults.iter().chain(references);
        for error in faults.filter(|e| e.kind() == Kind::NotFound) {
            out.report(Draft::of_error(error).key(error.message()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_for_each_missing_file() {
        let mut f = Fixture::clean();
        f.scan().files[0].bytes = None;
        f.scan().files[4].bytes = None;
        let found = f.run("FIL101");
        let levels: Vec<_> = found.iter().map(|f| (f.severity, f.descriptions)).collect();
        assert_eq!(levels, [(Severity::Error, 10), (Severity::Warning, 0)]);
        assert_eq!(found[0].scene_id.as_deref(), Some("scene0001_00"));
    }

    #[test]
    fn silent_but_for_a_note_on_test_scans() {
        let mut f = Fixture::clean();
        f.catalogue.splits.clear();
        f.descriptions(Vec::clear);
        for file in &mut f.scan().files[1..4] {
            file.bytes = None;
        }
        let found = f.run("FIL101");
        assert_eq!(found.iter().map(|f| f.severity).collect::<Vec<_>>(), [Severity::Info]);
    }
}
