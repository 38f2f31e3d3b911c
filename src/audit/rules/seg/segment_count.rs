use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::scene::Role;

rule! {
    /// The segments file has another number of entries than the mesh has vertices.
    ///
    /// # What it checks
    /// That `segIndices` has one entry for each vertex. Evidence: `entries` and `vertices`, the two
    /// numbers.
    ///
    /// # Why it matters
    /// Masks come from segments, and segments come by position. With another number of entries no
    /// vertex is certain of its object, and nothing of this scan can be trained on.
    ///
    /// # How to fix
    /// Use `<id>_vh_clean_2.0.010000.segs.json`, which belongs to the low-resolution mesh
    /// `<id>_vh_clean_2.ply`. A mesh that was simplified or cleaned has lost its segments.
    ///
    /// # Known exceptions
    /// None.
    ///
    /// # Source
    /// The file description of <https://github.com/ScanNet/ScanNet>.
    SegmentCount { code: "SEG101", name: "segment-count", severity: Error }
}

impl Rule for SegmentCount {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let Some(entries) = scan.scan.segment_count else { return };
        let vertices = scan.scan.scene.points.len();
        if scan.mesh_was_read() && entries != vertices {
            let message = format!("segIndices has {entries} entries for {vertices} vertices");
            let draft = Draft::new(message).file(scan.path(Role::Segments));
            out.report(draft.evidence("entries", entries).evidence("vertices", vertices));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_on_one_entry_too_many() {
        let mut f = Fixture::clean();
        f.scan().segment_count = Some(801);
        let found = f.run("SEG101");
        assert_eq!((found[0].number("entries"), found[0].number("vertices")), (Some(801), Some(800)));
    }

    #[test]
    fn silent_without_segments() {
        let mut f = Fixture::clean();
        f.scan().segment_count = None;
        assert_eq!(f.run("SEG101"), []);
    }
}
