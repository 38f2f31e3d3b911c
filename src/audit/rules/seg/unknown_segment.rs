use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{count, is_of_masks, some};
use crate::scene::Role;

rule! {
    /// Groups name segments that no vertex has.
    ///
    /// # What it checks
    /// That each segment of each group of the aggregation occurs in `segIndices`. Evidence:
    /// `segments`, how many do not; `named`, how many segments the groups name; `objects`, the
    /// objects concerned; `lost`, those of them that have no other segment; `other_mesh`, whether at
    /// least `other-mesh-percent` (50) of the segments are unknown, which says that the groups are of
    /// another mesh. Findings about the objects' vertices that follow from that are left out.
    ///
    /// # Why it matters
    /// The part of an object that lies in such a segment is missing from its mask; if all of it
    /// does, the mask is empty. Some loaders stop with a `KeyError`, others do not notice.
    ///
    /// # How to fix
    /// Many at once mean that aggregation and segments are of different meshes: use
    /// `<id>.aggregation.json` with `<id>_vh_clean_2.0.010000.segs.json`. Single ones mean that one
    /// of the files was edited: take both from the release.
    ///
    /// # Known exceptions
    /// None: in official scans every segment of a group exists.
    ///
    /// # Source
    /// <https://github.com/ScanNet/ScanNet/issues/47>.
    UnknownSegment { code: "SEG102", name: "unknown-segment", severity: Error }
}

impl Rule for UnknownSegment {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        if scan.scan.scene.points.segment.is_empty() {
            return;
        }
        let (mut unknown, mut named) = (0, 0);
        let (mut objects, mut lost) = (Vec::new(), Vec::new());
        for object in &scan.scan.scene.objects {
            let missing = object.segments.iter().filter(|&&s| scan.vertices_in(s) == 0).count();
            named += object.segments.len();
            unknown += missing;
            if missing > 0 {
                objects.push(object.id);
                if missing == object.segments.len() {
                    lost.push(object.id);
                }
            }
        }
        if unknown == 0 {
            return;
        }
        // A few unknown segments of few are no sign of another mesh.
        let percent = scan.thresholds.other_mesh_percent as usize;
        let other_mesh = unknown >= 10 && unknown * 100 >= named * percent;
        let mut message = format!(
            "{} of {named} in the groups occur in no vertex; they belong to {} {}",
            count(unknown, "segment"),
            if objects.len() == 1 { "object" } else { "objects" },
            some(&objects),
        );
        if other_mesh {
            message += ": the groups are of another mesh, such as the high-resolution one";
        }
        let harmed = scan.descriptions.iter().filter(|d| d.objects().any(|id| objects.contains(&id))).count();
        let mut draft = Draft::new(message)
            .file(scan.path(Role::Aggregation))
            .evidence("segments", unknown)
            .evidence("named", named)
            .evidence("other_mesh", other_mesh)
            .harms(harmed);
        if let [object] = objects[..] {
            draft = draft.object(object);
        }
        out.report(draft.evidence("objects", objects).evidence("lost", lost));
    }

    fn may_explain(&self, code: &str) -> bool {
        is_of_masks(code)
    }

    fn explains(&self, mine: &Finding, other: &Finding) -> bool {
        let other_mesh = mine.evidence.get("other_mesh").is_some_and(|v| v == true);
        other_mesh || other.code == "OBJ102" && other.object_id.is_some_and(|id| mine.lists("lost", id))
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_a_scan_and_explains_objects_it_empties() {
        let mut f = Fixture::clean();
        f.objects(|o| {
            o[1].segments.push(4_000_000_000);
            o[4].segments = vec![6];
        });
        let found = f.findings();
        let seg: Vec<_> = found.iter().filter(|f| f.code == "SEG102").collect();
        assert_eq!((seg.len(), seg[0].number("segments"), seg[0].descriptions), (1, Some(2), 4));
        assert!(!found.iter().any(|f| f.code == "OBJ102"), "{found:?}");
    }

    #[test]
    fn many_at_once_are_of_another_mesh_which_explains_the_rest() {
        let mut f = Fixture::clean();
        f.objects(|o| {
            // One id is in both meshes by chance.
            let ids = o.iter_mut().flat_map(|o| &mut o.segments).filter(|s| **s > 0);
            ids.for_each(|s| *s = *s * 4 + 1);
        });
        let found = f.findings();
        let codes: Vec<_> = found.iter().filter(|f| f.code != "TXT301").map(|f| &f.code).collect();
        assert_eq!(codes, ["SEG102"]);
        assert!(found[0].message.contains("high-resolution") && found[0].descriptions == 10);
    }

    #[test]
    fn silent_when_segments_could_not_be_read() {
        let mut f = Fixture::clean();
        f.scan().scene.points.segment.clear();
        f.scan().scene.points.object.clear();
        assert_eq!(f.run("SEG102"), []);
    }
}
