//! Where a picture is taken from.

use nalgebra::{Matrix3, Vector3};

use crate::math::Affine;
use crate::scene::Scene;

/// How a scene is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Straight down; north of the aligned frame is up.
    Top,
    /// From above a corner, without perspective. Walls between the eye and the room are seen
    /// through.
    Iso,
}

/// A parallel projection: scene → pixels, with depth growing away from the eye.
#[derive(Clone, Debug)]
pub(super) struct Camera {
    map: Affine,
    /// Direction from the scene to the eye.
    pub to_eye: [f64; 3],
    pub width: u32,
    pub height: u32,
}

impl Camera {
    /// A camera that fits the whole scene into a picture whose longer side is `size` pixels.
    /// `None` when the scene has no finite point.
    pub(super) fn fit(scene: &Scene, view: View, size: u32) -> Option<Self> {
        let mut frame = scene.frame.axis_alignment.unwrap_or(Affine::IDENTITY);
        if scene.frame.applied != Some(Affine::IDENTITY) {
            // The points are no longer where the alignment expects them.
            frame = Affine::IDENTITY;
        }
        // Rows: right, down, away.
        let look = match view {
            View::Top => Matrix3::new(1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, -1.0),
            View::Iso => {
                let away = Vector3::new(-0.55, 0.62, -0.78).normalize();
                let right = away.cross(&Vector3::z()).normalize();
                let down = away.cross(&right);
                Matrix3::from_rows(&[right.transpose(), down.transpose(), away.transpose()])
            }
        };
        let to_view = frame.then(&Affine::linear(look));
        let (mut min, mut max) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        let position = &scene.points.position;
        for i in 0..position.len() {
            let p = to_view.apply(position.get(i).map(f64::from));
            if p.iter().all(|v| v.is_finite()) {
                for a in 0..3 {
                    min[a] = min[a].min(p[a]);
                    max[a] = max[a].max(p[a]);
                }
            }
        }
        let [w, h] = [max[0] - min[0], max[1] - min[1]];
        if !(w.is_finite() && h.is_finite()) {
            return None;
        }
        let size = size.clamp(16, 8192);
        let margin = f64::from(size) * 0.02;
        let scale = (f64::from(size) - 2.0 * margin) / w.max(h).max(1e-9);
        let pixels = |extent: f64| ((extent * scale + 2.0 * margin) as u32).clamp(16, size);
        let map = to_view
            .then(&Affine::translation([-min[0], -min[1], -min[2]]))
            .then(&Affine::scaling([scale; 3]))
            .then(&Affine::translation([margin, margin, 0.0]));
        let eye = -(frame.linear.transpose() * look.row(2).transpose());
        Some(Self { map, to_eye: [eye.x, eye.y, eye.z], width: pixels(w), height: pixels(h) })
    }

    /// Pixel coordinates and depth of a point.
    pub(super) fn project(&self, point: [f32; 3]) -> [f32; 3] {
        self.map.apply(point.map(f64::from)).map(|v| v as f32)
    }
}
