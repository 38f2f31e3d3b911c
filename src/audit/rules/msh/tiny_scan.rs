use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::scene::Role;

rule! {
    /// A mesh is empty, or too small to be a scan of a room.
    ///
    /// # What it checks
    /// That a mesh that could be read has at least `min-scan-vertices` vertices, 500 unless you say
    /// otherwise. Rooms of ScanNet have ten thousand and more; the default is low so that small made
    /// scenes pass. Evidence: `vertices`, how many there are; `threshold`, how many there should be.
    ///
    /// # Why it matters
    /// An empty scene ends training with a reduction over nothing, and a handful of points cannot
    /// show what a sentence speaks of.
    ///
    /// # How to fix
    /// Download the mesh again; look whether a filter or a crop of yours emptied it. For small made
    /// scenes lower `audit.thresholds.min-scan-vertices`.
    ///
    /// # Known exceptions
    /// None.
    ///
    /// # Source
    /// <https://github.com/meidachen/STPLS3D/issues/14>; the default comes from reasoning.
    TinyScan { code: "MSH103", name: "tiny-scan", severity: Error }
}

impl Rule for TinyScan {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let vertices = scan.scan.scene.points.len();
        let threshold = scan.thresholds.min_scan_vertices;
        if scan.mesh_was_read() && vertices < threshold as usize {
            let message = format!("the mesh has {}, fewer than {threshold}", count(vertices, "vertex"));
            let draft = Draft::new(message).file(scan.path(Role::Mesh));
            out.report(draft.evidence("vertices", vertices).evidence("threshold", threshold));
        }
    }

    fn may_explain(&self, code: &str) -> bool {
        matches!(code, "MSH112" | "SEG101")
    }

    fn explains(&self, mine: &Finding, _other: &Finding) -> bool {
        // The other files are of the mesh as it was.
        mine.number("vertices") == Some(0)
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;
    use crate::error::{Error, Kind};
    use crate::scene::{Fault, Points, Role};

    #[test]
    fn fires_on_an_empty_mesh() {
        let mut f = Fixture::clean();
        f.scan().scene.points = Points::default();
        assert_eq!(f.run("MSH103")[0].number("vertices"), Some(0));
    }

    #[test]
    fn silent_when_the_mesh_could_not_be_read() {
        let mut f = Fixture::clean();
        f.scan().scene.points = Points::default();
        f.scan().faults.push(Fault { role: Role::Mesh, error: Error::new(Kind::Truncated, "no") });
        assert_eq!(f.run("MSH103"), []);
    }
}
