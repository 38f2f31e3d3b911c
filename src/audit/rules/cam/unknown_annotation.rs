use std::collections::{BTreeMap, BTreeSet};

use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Severity};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{cam, count};

rule! {
    /// A camera is of no known description.
    ///
    /// # What it checks
    /// That each record of a scan's `annotated_cameras` file has the object and annotation id of a
    /// description, in scans that have descriptions at all. It is an error when descriptions of the
    /// same object lack a camera, so that an id must be wrong; otherwise a warning. Evidence:
    /// `without_camera`, how many descriptions of the object lack one.
    ///
    /// # Why it matters
    /// Code that takes the viewpoint into account looks it up by object and annotation: it stops
    /// where one is missing, or learns "left" and "right" from a place where nobody stood.
    ///
    /// # How to fix
    /// Use cameras and references of one release. Where only some fit, look for shifted or
    /// renumbered ids (REF104).
    ///
    /// # Known exceptions
    /// Cameras of descriptions that were filtered out later do no harm: they are warnings.
    ///
    /// # Source
    /// The viewpoint format of <https://github.com/daveredrum/ScanRefer>.
    UnknownAnnotation { code: "CAM101", name: "unknown-annotation", severity: Error }
}

impl Rule for UnknownAnnotation {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let cameras = scan.catalogue.cameras_of(scan.scan.id());
        if scan.descriptions.is_empty() || cameras.is_empty() {
            return;
        }
        let there: BTreeSet<_> = cameras.iter().map(|c| (c.object_id, c.ann_id.as_str())).collect();
        let mut lacking: BTreeMap<i32, usize> = BTreeMap::new();
        for d in scan.descriptions.iter().filter(|d| !there.contains(&(d.object_id, d.ann_id.as_str()))) {
            *lacking.entry(d.object_id).or_default() += 1;
        }
        for camera in cameras.iter().filter(|c| cam::description(scan, c).is_none()) {
            let lacking = lacking.get(&camera.object_id).copied().unwrap_or(0);
            let message = format!(
                "the camera is of annotation {} of object {}, which no references file has; {} of that object {} \
                 a camera",
                camera.ann_id,
                camera.object_id,
                count(lacking, "description"),
                if lacking == 1 { "lacks" } else { "lack" },
            );
            let draft = Draft::new(message)
                .camera(camera, "ann_id", scan.catalogue)
                .evidence("without_camera", lacking)
                .at_most(if lacking > 0 { Severity::Error } else { Severity::Warning })
                .harms(lacking);
            out.report(draft);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::cam::testing::with_cameras;
    use crate::audit::{Annotation, Severity};

    #[test]
    fn fires_at_the_record_and_is_an_error_where_a_description_lacks_its_camera() {
        let mut f = with_cameras();
        f.catalogue.cameras[3].ann_id = "7".into();
        let found = f.run("CAM101");
        assert_eq!(
            (found.len(), found[0].object_id, &found[0].ann_id),
            (1, Some(1), &Some(Annotation::Number(7)))
        );
        assert_eq!((found[0].severity, found[0].descriptions), (Severity::Error, 1));
        assert_eq!(found[0].path(), "annotated_cameras/x.anns.json:5:3");
        let extra = f.catalogue.cameras[3].clone();
        f.catalogue.cameras[3].ann_id = "1".into();
        f.catalogue.cameras.push(extra);
        f.catalogue.index();
        let found = f.run("CAM101");
        assert_eq!(
            (found.len(), found[0].severity, found[0].number("without_camera")),
            (1, Severity::Warning, Some(0))
        );
    }

    #[test]
    fn silent_where_each_has_its_own_and_in_scans_without_descriptions() {
        let mut f = with_cameras();
        assert_eq!(f.run("CAM101"), []);
        f.descriptions(|d| drop(d.drain(..20)));
        assert_eq!(f.run("CAM101"), []);
    }
}
