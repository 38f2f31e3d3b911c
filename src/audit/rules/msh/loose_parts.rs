use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::msh::percent;
use crate::scene::Role;

rule! {
    /// Triangles are degenerate, or vertices belong to no triangle.
    ///
    /// # What it checks
    /// That no more than `max-loose-percent` of the triangles, 1 unless you say otherwise, name a
    /// vertex twice, and that no more than that share of the vertices is in no triangle. Evidence:
    /// `degenerate` and `loose`, the two counts; `triangles` and `vertices`, of how many.
    ///
    /// # Why it matters
    /// Superpoints and normals are made from triangles. A degenerate one has no normal, and a vertex
    /// without triangles becomes a superpoint of its own or gets a normal that means nothing.
    ///
    /// # How to fix
    /// Use the mesh as it was published. A point cloud that was saved as a mesh has no triangles;
    /// superpoints must then come from somewhere else.
    ///
    /// # Known exceptions
    /// None.
    ///
    /// # Source
    /// Superpoints come from the mesh's triangles, as in <https://github.com/Karbo123/segmentator>. The
    /// threshold comes from reasoning.
    LooseParts { code: "MSH207", name: "loose-parts", severity: Info }
}

impl Rule for LooseParts {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let (vertices, triangles) = (scan.scan.scene.points.len(), scan.scan.scene.faces.len());
        let (found, limit) = (scan.geometry.triangles(), scan.thresholds.max_loose_percent);
        let too_many = |part: usize, whole: usize| part as u64 * 100 > whole as u64 * u64::from(limit);
        let (degenerate, loose) = (found.degenerate, found.loose);
        if vertices == 0 || !(too_many(degenerate, triangles) || too_many(loose, vertices)) {
            return;
        }
        let message = if triangles == 0 {
            "the mesh has no triangles".to_owned()
        } else {
            let shares = (percent(degenerate, triangles), percent(loose, vertices));
            format!(
                "{degenerate} triangles ({} %) name a vertex twice, {loose} vertices ({} %) are in none",
                shares.0, shares.1
            )
        };
        let draft = Draft::new(message).file(scan.path(Role::Mesh)).evidence("degenerate", degenerate);
        let draft = draft.evidence("loose", loose).evidence("triangles", triangles);
        out.report(draft.evidence("vertices", vertices));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_on_each_kind_above_the_share() {
        let mut f = Fixture::clean();
        f.scan().scene.faces.iter_mut().take(8).for_each(|t| t[1] = t[0]);
        assert_eq!(f.run("MSH207")[0].number("degenerate"), Some(8), "8 of 798");
        let mut f = Fixture::clean();
        f.scan().scene.faces.drain(..9);
        assert_eq!(f.run("MSH207")[0].number("loose"), Some(9), "9 of 800");
        f.scan().scene.faces.clear();
        assert!(f.run("MSH207")[0].message.contains("no triangles"));
    }

    #[test]
    fn silent_on_a_few() {
        let mut f = Fixture::clean();
        f.scan().scene.faces.drain(..7);
        f.scan().scene.faces[3][2] = f.scan().scene.faces[3][0];
        assert_eq!(f.run("MSH207"), []);
    }
}
