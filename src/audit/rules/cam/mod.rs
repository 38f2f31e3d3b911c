//! Cameras: where people stood when they described an object.

pub(super) mod out_of_view;
pub(super) mod outside_room;
pub(super) mod unknown_annotation;

use crate::audit::ScanContext;
use crate::scene::{Camera, Description};

/// The description that a camera is of, if there is one.
fn description<'a>(scan: &ScanContext<'a>, camera: &Camera) -> Option<&'a Description> {
    let key = (camera.object_id, camera.ann_id.len(), camera.ann_id.as_str());
    let of = |d: &Description| (d.object_id, d.ann_id.len(), d.ann_id.as_str()).cmp(&key);
    scan.descriptions.binary_search_by(of).ok().map(|at| &scan.descriptions[at])
}

/// Whether all of a camera's numbers are numbers.
fn is_finite(camera: &Camera) -> bool {
    let numbers = camera.position.iter().chain(&camera.lookat).chain(&camera.rotation);
    numbers.copied().all(f64::is_finite)
}

#[cfg(test)]
mod testing {
    use crate::audit::fixture::Fixture;
    use crate::scene::Camera;

    /// The clean data with a camera for each description: at one end of the scan, on the floor,
    /// looking at the other. The scan is a strip of 8 m along x with its objects one after another.
    pub(super) fn with_cameras() -> Fixture {
        let mut f = Fixture::clean();
        for scan in f.scans.values_mut() {
            let position = &mut scan.scene.points.position;
            (0_u16..).zip(&mut position.x).for_each(|(i, x)| *x = f32::from(i) * 0.01);
        }
        f.catalogue.camera_files = vec!["annotated_cameras/x.anns.json".into()];
        let of = |d: &crate::scene::Description| Camera {
            scene_id: d.scene_id.clone(),
            object_id: d.object_id,
            ann_id: d.ann_id.clone(),
            position: [0.0, 0.5, 0.5],
            lookat: [8.0, 0.5, 0.5],
            place: (d.record + 2, 3),
            ..Camera::default()
        };
        f.catalogue.cameras = f.catalogue.descriptions.iter().map(of).collect();
        f.catalogue.index();
        f
    }
}
