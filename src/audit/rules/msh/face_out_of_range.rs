use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::scene::Role;

rule! {
    /// Triangles point at vertices that do not exist.
    ///
    /// # What it checks
    /// That every index of every triangle is below the number of vertices. Evidence: `faces`, how
    /// many triangles point outside; `face`, the first of them; `vertices`, how many vertices there
    /// are.
    ///
    /// # Why it matters
    /// Superpoints and normals are computed from triangles. A segmentator that trusts the indices
    /// reads beyond its arrays and crashes, or joins vertices that have nothing to do with each
    /// other.
    ///
    /// # How to fix
    /// Download the mesh again. If vertices were removed or merged, triangles must be renumbered
    /// with them.
    ///
    /// # Known exceptions
    /// None.
    ///
    /// # Source
    /// The definition of the face list in the PLY format.
    FaceOutOfRange { code: "MSH102", name: "face-out-of-range", severity: Error }
}

impl Rule for FaceOutOfRange {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let vertices = scan.scan.scene.points.len();
        let faces = &scan.scan.scene.faces;
        let outside = |f: &[u32; 3]| f[0].max(f[1]).max(f[2]) as usize >= vertices;
        let bad = scan.geometry.triangles().outside;
        if bad == 0 || !scan.mesh_was_read() {
            return;
        }
        if let Some(face) = faces.iter().position(outside) {
            let message = format!(
                "{} of {} beyond the {vertices} vertices, the first is triangle {face}",
                count(bad, "triangle"),
                if bad == 1 { format!("{} points", faces.len()) } else { format!("{} point", faces.len()) },
            );
            let draft = Draft::new(message).file(scan.path(Role::Mesh)).evidence("vertices", vertices);
            out.report(draft.evidence("faces", bad).evidence("face", face));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_on_the_first_index_too_far() {
        let mut f = Fixture::clean();
        let n = f.scan().scene.points.len() as u32;
        f.scan().scene.faces[5] = [0, n, 1];
        f.scan().scene.faces[8] = [u32::MAX, 0, 1];
        let found = f.run("MSH102");
        assert_eq!((found[0].number("faces"), found[0].number("face")), (Some(2), Some(5)));
    }

    #[test]
    fn silent_on_the_last_vertex_and_without_triangles() {
        let mut f = Fixture::clean();
        let n = f.scan().scene.points.len() as u32;
        f.scan().scene.faces = vec![[0, 1, n - 1]];
        assert_eq!(f.run("MSH102"), []);
        f.scan().scene.faces.clear();
        assert_eq!(f.run("MSH102"), []);
    }
}
