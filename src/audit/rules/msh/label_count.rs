use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::scene::Role;

rule! {
    /// The labels mesh has another number of vertices than the mesh.
    ///
    /// # What it checks
    /// That `_vh_clean_2.labels.ply` has as many vertices as `_vh_clean_2.ply`. Evidence: `labels`
    /// and `vertices`, the two numbers.
    ///
    /// # Why it matters
    /// Trainers take the labels by position. If the numbers differ, every label from some vertex on
    /// belongs to another point, or the run stops.
    ///
    /// # How to fix
    /// Take both files from the same release. A mesh that was simplified, cleaned or re-meshed
    /// cannot be used with the official labels.
    ///
    /// # Known exceptions
    /// None.
    ///
    /// # Source
    /// Preparation scripts assert it, such as `lib/datasets/preprocessing/scannet.py` of
    /// <https://github.com/chrischoy/SpatioTemporalSegmentation>.
    LabelCount { code: "MSH112", name: "label-count", severity: Error }
}

impl Rule for LabelCount {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let Some(labels) = scan.scan.vertex_labels.as_ref().map(Vec::len) else { return };
        let vertices = scan.scan.scene.points.len();
        if scan.mesh_was_read() && labels != vertices {
            let message = format!("the labels mesh has {}, the mesh has {vertices}", count(labels, "vertex"));
            let draft = Draft::new(message).file(scan.path(Role::Labels));
            out.report(draft.evidence("labels", labels).evidence("vertices", vertices));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_on_one_vertex_too_few() {
        let mut f = Fixture::clean();
        f.scan().vertex_labels.as_mut().unwrap().pop();
        assert_eq!(f.run("MSH112").len(), 1);
    }

    #[test]
    fn silent_without_labels() {
        let mut f = Fixture::clean();
        f.scan().vertex_labels = None;
        assert_eq!(f.run("MSH112"), []);
    }
}
