use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::scene::Role;

rule! {
    /// The labels mesh has its vertices at other places than the mesh.
    ///
    /// # What it checks
    /// That vertex by vertex `_vh_clean_2.labels.ply` and `_vh_clean_2.ply` have the same position, to
    /// the last bit. Meshes of different length are MSH112. Evidence: `vertex`, the first that differs.
    ///
    /// # Why it matters
    /// Trainers take the labels by position in the file. If one of the two was sorted, re-meshed,
    /// moved or scaled, labels belong to other points than they say.
    ///
    /// # How to fix
    /// Take both files from the same release. If you changed the mesh on purpose, make the same
    /// change to the labels mesh.
    ///
    /// # Known exceptions
    /// A mesh that was written anew with fewer digits differs here as well, though its labels still
    /// fit.
    ///
    /// # Source
    /// Preparation scripts assert it, such as `lib/datasets/preprocessing/scannet.py` of
    /// <https://github.com/chrischoy/SpatioTemporalSegmentation>.
    LabelPositions { code: "MSH113", name: "label-positions", severity: Error }
}

impl Rule for LabelPositions {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let labels = scan.scan.vertex_labels.as_ref().map(Vec::len);
        if let Some(vertex) = scan.scan.labels_moved_at
            && labels == Some(scan.scan.scene.points.len())
        {
            let message = format!("from vertex {vertex} on, the labels mesh lies elsewhere than the mesh");
            out.report(Draft::new(message).file(scan.path(Role::Labels)).evidence("vertex", vertex));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_on_the_first_that_differs() {
        let mut f = Fixture::clean();
        f.scan().labels_moved_at = Some(7);
        assert_eq!(f.run("MSH113")[0].number("vertex"), Some(7));
    }

    #[test]
    fn silent_when_the_meshes_differ_in_length_which_msh112_says() {
        let mut f = Fixture::clean();
        f.scan().labels_moved_at = Some(7);
        f.scan().vertex_labels.as_mut().unwrap().pop();
        assert_eq!(f.run("MSH113"), []);
    }
}
