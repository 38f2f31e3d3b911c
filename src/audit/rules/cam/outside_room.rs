use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{cam, rounded};
use crate::math::{Aabb, Affine};

rule! {
    /// A camera has numbers that are none, or stands far from its scan.
    ///
    /// # What it checks
    /// That position, rotation and point looked at of each camera are finite, and that it stands no
    /// farther than `max-camera-gap-cm` from the box around the scan's vertices, 300 unless you say
    /// otherwise. Evidence: `gap`, how far it stands in metres; `threshold`, how far it may;
    /// `aligned`, whether it would be near with `axisAlignment` undone.
    ///
    /// # Why it matters
    /// Cameras are in the frame of the raw scan. Moved with the aligned scan, or in other units, they
    /// show another place, and sides seen from there are wrong.
    ///
    /// # How to fix
    /// Where `aligned` is true, take the cameras as they were released, or multiply them by the
    /// inverse of `axisAlignment`. Otherwise leave the camera out.
    ///
    /// # Known exceptions
    /// People could look into a room from outside, through walls that were not drawn; how far they
    /// went was not measured on the release.
    ///
    /// # Source
    /// The viewpoint format of <https://github.com/daveredrum/ScanRefer>: positions are "in the
    /// original ScanNet scene".
    OutsideRoom { code: "CAM102", name: "outside-room", severity: Warning }
}

/// How far a point is from a box, in metres.
fn gap(bounds: &Aabb, point: [f64; 3]) -> f64 {
    let off =
        |a: usize| (f64::from(bounds.min[a]) - point[a]).max(point[a] - f64::from(bounds.max[a])).max(0.0);
    libm::sqrt((0..3).map(|a| off(a) * off(a)).sum())
}

/// The point in the raw frame, if it is in the aligned one.
fn unaligned(alignment: &Affine, point: [f64; 3]) -> Option<[f64; 3]> {
    let back = Affine::linear(alignment.linear.try_inverse()?);
    Some(back.apply(std::array::from_fn(|a| point[a] - alignment.shift[a])))
}

impl Rule for OutsideRoom {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let cameras = scan.catalogue.cameras_of(scan.scan.id());
        if cameras.is_empty() {
            return;
        }
        let scene = &scan.scan.scene;
        let bounds = Aabb::of(scene.points.position.axes());
        let threshold = f64::from(scan.thresholds.max_camera_gap_cm) / 100.0;
        for camera in cameras {
            let draft = |message: String| Draft::new(message).camera(camera, "camera", scan.catalogue);
            let gap_of = |point| gap(&bounds, point);
            let draft = if !cam::is_finite(camera) {
                draft("the camera has numbers that are not finite".into())
            } else if !bounds.is_empty() && gap_of(camera.position) > threshold {
                let far = rounded(gap_of(camera.position), 2);
                let back = scene.frame.axis_alignment.and_then(|m| unaligned(&m, camera.position));
                let aligned = back.is_some_and(|point| gap_of(point) <= threshold);
                let hint = if aligned { "; it is near in the frame of axisAlignment" } else { "" };
                draft(format!("the camera is {far} m from its scan, over {threshold} m{hint}"))
                    .evidence("gap", far)
                    .evidence("threshold", threshold)
                    .evidence("aligned", aligned)
            } else {
                continue;
            };
            out.report(draft.harms(usize::from(cam::description(scan, camera).is_some())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Finding;
    use crate::audit::rules::cam::testing::with_cameras;

    fn found(position: [f64; 3]) -> Vec<Finding> {
        let mut f = with_cameras();
        f.catalogue.cameras[0].position = position;
        f.scan().scene.frame.axis_alignment =
            Some(Affine::rotation(2, 90.0).then(&Affine::translation([0.0, 0.0, 50.0])));
        f.run("CAM102")
    }

    #[test]
    fn fires_on_what_is_no_number_and_far_away() {
        assert_eq!((found([0.0, f64::NAN, 0.0]).len(), found([f64::INFINITY, 0.0, 0.0]).len()), (1, 1));
        let far = found([0.0, -6.0, 0.0]);
        assert_eq!(
            (far[0].evidence["gap"].as_f64(), far[0].evidence["aligned"].as_bool()),
            (Some(6.0), Some(false))
        );
        assert_eq!((far[0].object_id, far[0].descriptions), (Some(0), 1));
        // (7, 0, 0) seen from the aligned frame.
        assert_eq!(found([0.0, 7.0, 50.0])[0].evidence["aligned"], true);
    }

    #[test]
    fn silent_near_the_scan_and_where_it_could_not_be_read() {
        assert_eq!(found([-3.0, 0.5, 0.5]), []);
        let mut f = with_cameras();
        f.catalogue.cameras[0].position = [90.0; 3];
        f.scan().scene.points = crate::scene::Points::default();
        assert_eq!(f.run("CAM102"), []);
    }
}
