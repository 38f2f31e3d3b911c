use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::scene::Role;

rule! {
    /// A scan has no axis alignment.
    ///
    /// # What it checks
    /// That the `.txt` file of a scan, where there is one, has a line `axisAlignment`. Scans of the
    /// split `test` are passed over. There is no evidence beside the file.
    ///
    /// # Why it matters
    /// Trainers that learn boxes align each scan with its walls first. Without the matrix some stop
    /// and some go on with the identity, so that this scan's boxes are at an angle to all others.
    ///
    /// # How to fix
    /// Download the scan's `.txt` file again. For scans of your own write the turn that makes walls
    /// parallel to the axes, or sixteen numbers of the identity if they are so already.
    ///
    /// # Known exceptions
    /// Official test scans have none. All 1,513 train and val scans have one.
    ///
    /// # Source
    /// <https://github.com/isl-org/Open3D-ML/issues/450>,
    /// <https://github.com/isl-org/Open3D-ML/issues/456>; `scans_axis_alignment_matrices.json` of
    /// <https://github.com/referit3d/referit3d>.
    NoAlignment { code: "MSH209", name: "no-alignment", severity: Warning }
}

impl Rule for NoAlignment {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let is_test = scan.catalogue.split_of(scan.scan.id()) == Some("test");
        let has_one = scan.scan.scene.frame.axis_alignment.is_some();
        if scan.was_read(Role::Meta) && !has_one && !is_test {
            out.report(Draft::new("there is no line `axisAlignment`").file(scan.path(Role::Meta)));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;
    use crate::scene::{Frame, Role};

    #[test]
    fn fires_where_the_file_lacks_the_line() {
        let mut f = Fixture::clean();
        f.scan().scene.frame = Frame::raw(None);
        let found = f.run("MSH209");
        assert_eq!((found.len(), found[0].scene_id.as_deref()), (1, Some("scene0001_00")));
    }

    #[test]
    fn silent_for_test_scans_and_without_the_file() {
        let mut f = Fixture::clean();
        f.scan().scene.frame = Frame::raw(None);
        f.catalogue.splits[0].name = "test".into();
        f.catalogue.index();
        assert_eq!(f.run("MSH209"), []);
        f.catalogue.splits[0].name = "train".into();
        f.catalogue.index();
        f.scan().files.retain(|file| file.role != Role::Meta);
        assert_eq!(f.run("MSH209"), []);
    }
}
