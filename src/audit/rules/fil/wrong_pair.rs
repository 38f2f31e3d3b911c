use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::is_of_masks;
use crate::audit::{ScanContext, Severity};
use crate::scene::Role;

rule! {
    /// Files of a scan say that they belong to another scan, or to its other mesh.
    ///
    /// # What it checks
    /// That the `sceneId` of segments and aggregation, and the `segmentsFile` of the aggregation,
    /// name this scan and the segments of its low-resolution mesh. The prefix `scannet.` is passed
    /// over. Evidence: `field`, the name that is wrong; `says` and `expected`, its value and what it
    /// should be.
    ///
    /// # Why it matters
    /// Segment ids of one mesh mean other vertices on another. Objects then get masks that lie
    /// anywhere or nowhere; no loader complains, and training runs on wrong masks.
    ///
    /// # How to fix
    /// `<id>.aggregation.json` belongs to `<id>_vh_clean_2.0.010000.segs.json`; the pair
    /// `<id>_vh_clean.aggregation.json` and `<id>_vh_clean.segs.json` is of the high-resolution
    /// mesh. Put the right file in place.
    ///
    /// # Known exceptions
    /// Files that carry no such name are passed over. `scene0009_00` of the official release names
    /// itself wrongly; that is known and harmless.
    ///
    /// # Source
    /// The wrong pair of resolutions has befallen several code bases:
    /// <https://github.com/HuguesTHOMAS/KPConv/issues/140>,
    /// <https://github.com/CurryYuan/InstanceRefer/pull/9>.
    WrongPair { code: "FIL104", name: "wrong-pair", severity: Error }
}

impl Rule for WrongPair {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let (id, s) = (scan.scan.id(), scan.scan);
        let segments = Role::Segments.file_name(id);
        let checks = [
            (Role::Segments, "sceneId", &s.segments_scene_id, id),
            (Role::Aggregation, "sceneId", &s.aggregation_scene_id, id),
            (Role::Aggregation, "segmentsFile", &s.segments_file, segments.as_str()),
        ];
        for (role, field, says, expected) in checks {
            let Some(says) = says.as_deref().filter(|s| !s.is_empty()) else { continue };
            let base = says.rsplit(['/', '\\']).next().unwrap_or(says);
            if base.strip_prefix("scannet.").unwrap_or(base) == expected {
                continue;
            }
            let noun = role.noun();
            let mut message = format!("`{field}` of the {noun} file says `{says}` instead of `{expected}`");
            if base.ends_with("_vh_clean.segs.json") {
                message += ": this is the aggregation of the high-resolution mesh";
            }
            let draft = Draft::new(message).file(scan.path(role)).key(format!("{noun}/{field}"));
            out.report(draft.evidence("field", field).evidence("says", says).evidence("expected", expected));
        }
    }

    fn may_explain(&self, code: &str) -> bool {
        matches!(code, "SEG101" | "SEG102" | "REF102" | "REF103" | "REF104") || is_of_masks(code)
    }

    fn explains(&self, mine: &Finding, other: &Finding) -> bool {
        let scene = mine.scene_id.as_deref().unwrap_or_default();
        // Labels of another scan's groups; the known defect of `scene0009_00` does no such harm.
        let foreign = mine.severity == Severity::Error
            && mine.file.as_ref().is_some_and(|f| f.ends_with("aggregation.json"))
            && mine.word("says").is_some_and(|says| !says.contains(scene));
        foreign || !other.code.starts_with("REF")
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_on_another_scan_and_on_the_other_mesh_and_explains_what_follows() {
        let mut f = Fixture::clean();
        f.scan().aggregation_scene_id = Some("scannet.scene0007_00".into());
        f.scan().segments_file = Some("scannet.scene0001_00_vh_clean.segs.json".into());
        f.objects(|o| o[2].segments = vec![999]);
        let found = f.findings();
        let errors: Vec<_> = found.iter().filter(|f| f.code != "TXT301").collect();
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(errors.iter().all(|f| f.code == "FIL104" && f.descriptions == 10));
        assert!(errors.iter().any(|f| f.message.contains("high-resolution")));
    }

    #[test]
    fn objects_of_another_scan_explain_wrong_names_and_the_other_mesh_does_not() {
        for (says, left) in [("scene0007_00_vh_clean_2.0.010000", 0), ("scene0001_00_vh_clean", 1)] {
            let mut f = Fixture::clean();
            f.scan().segments_file = Some(format!("scannet.{says}.segs.json"));
            f.descriptions(|d| d[3].object_name = "lamp".into());
            assert_eq!(f.findings().iter().filter(|f| f.code == "REF103").count(), left, "{says}");
        }
    }

    #[test]
    fn silent_without_names_and_on_a_path_before_the_name() {
        let mut f = Fixture::clean();
        f.scan().segments_scene_id = None;
        f.scan().aggregation_scene_id = Some(String::new());
        f.scan().segments_file = Some("scans/scene0001_00_vh_clean_2.0.010000.segs.json".into());
        assert_eq!(f.run("FIL104"), []);
    }
}
