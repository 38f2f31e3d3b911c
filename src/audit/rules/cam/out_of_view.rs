use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{cam, rounded};
use crate::math::Aabb;
use crate::scene::Camera;

rule! {
    /// A camera looks away from the object that was described.
    ///
    /// # What it checks
    /// The angle between the camera's line of sight and the nearest of the middle and the corners of
    /// the box around the object's vertices: at most `max-view-angle-degrees`, 60 unless you say
    /// otherwise. Cameras inside the box see it. Evidence: `angle`, in degrees; `threshold`.
    ///
    /// # Why it matters
    /// "Left" and "in front" hold from where the describer stood. A camera that does not see the
    /// object is of another description, or of another frame.
    ///
    /// # How to fix
    /// Where most cameras of a scan look away, compare their frame with the scan's (CAM102). Leave
    /// out single ones: people turned away before they wrote.
    ///
    /// # Known exceptions
    /// Whether something stands in between is not looked at, nor is `rotation`, whose form the
    /// release does not describe.
    ///
    /// # Source
    /// The viewpoint format of <https://github.com/daveredrum/ScanRefer>.
    OutOfView { code: "CAM103", name: "out-of-view", severity: Info }
}

/// The boxes of the objects `ids`, which are sorted, in their order.
fn boxes(scan: &ScanContext<'_>, ids: &[i32]) -> Vec<Aabb> {
    let points = &scan.scan.scene.points;
    let mut boxes = vec![Aabb::EMPTY; ids.len()];
    // Neighbours are mostly of one object.
    let (mut last, mut at) = (ids[0], Some(0));
    for (i, &id) in points.object.iter().enumerate() {
        if id != last {
            (last, at) = (id, ids.binary_search(&id).ok());
        }
        if let Some(at) = at {
            boxes[at].include(points.position.get(i));
        }
    }
    boxes
}

/// The angle in degrees between the line of sight and the nearest of the middle and the corners of
/// a box. `None` when the camera stands in the box or has no line of sight.
fn angle(camera: &Camera, bounds: &Aabb) -> Option<f64> {
    let eye = camera.position;
    let [min, max] = [bounds.min.map(f64::from), bounds.max.map(f64::from)];
    if bounds.is_empty() || (0..3).all(|a| min[a] <= eye[a] && eye[a] <= max[a]) {
        return None;
    }
    let sight: [f64; 3] = std::array::from_fn(|a| camera.lookat[a] - eye[a]);
    let dot = |u: [f64; 3], v: [f64; 3]| u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
    let corner = |c: usize| std::array::from_fn(|a| if c >> a & 1 == 0 { min[a] } else { max[a] });
    let points = (0..8).map(corner).chain([bounds.middle()]);
    let cosine = |point: [f64; 3]| {
        let to: [f64; 3] = std::array::from_fn(|a| point[a] - eye[a]);
        dot(sight, to) / libm::sqrt(dot(sight, sight) * dot(to, to))
    };
    let best = points.map(cosine).filter(|c| c.is_finite()).max_by(f64::total_cmp)?;
    Some(libm::acos(best.clamp(-1.0, 1.0)).to_degrees())
}

impl Rule for OutOfView {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let cameras = scan.catalogue.cameras_of(scan.scan.id());
        // Sorted, as cameras are.
        let mut ids: Vec<i32> = cameras.iter().map(|c| c.object_id).collect();
        ids.dedup();
        if ids.is_empty() || !scan.is_painted() {
            return;
        }
        let (boxes, threshold) = (boxes(scan, &ids), scan.thresholds.max_view_angle_degrees);
        for camera in cameras.iter().filter(|c| cam::is_finite(c) && cam::description(scan, c).is_some()) {
            let bounds = ids.binary_search(&camera.object_id).map_or(Aabb::EMPTY, |at| boxes[at]);
            let Some(angle) = angle(camera, &bounds).filter(|a| *a > f64::from(threshold)) else { continue };
            let angle = rounded(angle, 1);
            let message = format!(
                "the camera looks {angle}° past object {}, over {threshold}°: it does not see what is described",
                camera.object_id,
            );
            let draft = Draft::new(message)
                .camera(camera, "camera/lookat", scan.catalogue)
                .evidence("angle", angle)
                .evidence("threshold", threshold);
            out.report(draft.harms(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::rules::cam::testing::with_cameras;

    #[test]
    fn fires_when_the_camera_is_turned_round() {
        let mut f = with_cameras();
        // Object 3 is 4.5 to 6 m ahead.
        assert_eq!((f.catalogue.cameras[7].object_id, f.run("CAM103")), (3, vec![]));
        f.catalogue.cameras[7].lookat = [-1.0, 0.5, 0.5];
        let found = f.run("CAM103");
        assert_eq!((found.len(), found[0].object_id, found[0].descriptions), (1, Some(3), 1));
        assert!(found[0].evidence["angle"].as_f64() > Some(160.0));
    }

    #[test]
    fn the_nearest_corner_counts_and_who_stands_in_the_box_sees_it() {
        let bounds = Aabb { min: [1.0, -1.0, 0.0], max: [2.0, 1.0, 0.0] };
        let camera = |lookat| Camera { lookat, ..Camera::default() };
        assert!(angle(&camera([0.0, 1.0, 0.0]), &bounds).is_some_and(|a| (a - 45.0).abs() < 1e-9));
        assert!(angle(&camera([5.0, 0.0, 0.0]), &bounds).is_some_and(|a| a < 1e-6));
        assert_eq!(angle(&camera([0.0; 3]), &bounds), None, "no line of sight");
        assert_eq!(angle(&camera([9.0; 3]), &Aabb { min: [-1.0; 3], max: [1.0; 3] }), None);
        assert_eq!(angle(&camera([9.0; 3]), &Aabb::EMPTY), None);
    }

    #[test]
    fn silent_on_cameras_without_numbers_or_descriptions() {
        let mut f = with_cameras();
        f.catalogue.cameras[7].lookat = [-1.0, f64::NAN, 0.5];
        f.catalogue.cameras[6].lookat = [-1.0, 0.5, 0.5];
        f.catalogue.cameras[6].ann_id = "77".into();
        f.catalogue.index();
        assert_eq!(f.run("CAM103"), []);
    }
}
