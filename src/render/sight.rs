//! From which side an object is seen best.

use super::camera::{Camera, Size, View};
use super::canvas::{Canvas, NOTHING};
use super::raster::facing;
use crate::scene::Scene;

/// Pixels of the coarse picture in which sides are compared.
const SIZE: u32 = 96;
/// Faces, or points, that are looked at beside the target's.
const LOOKED_AT: usize = 40_000;

/// The side from which most of the objects `targets` is seen; the first of equals.
pub fn best_side(scene: &Scene, targets: &[i32]) -> View {
    let points = &scene.points;
    let of_target = |i: u32| points.object.get(i as usize).is_some_and(|id| targets.contains(id));
    // Each face, or point, is a dot: near enough to compare sides.
    let mut dots: Vec<[u32; 3]> = Vec::new();
    let stride = |n: usize| (n / LOOKED_AT).max(1);
    if scene.faces.is_empty() {
        let every = stride(points.len());
        let kept = |&i: &u32| (i as usize).is_multiple_of(every) || of_target(i);
        dots.extend((0..points.len() as u32).filter(kept).map(|i| [i; 3]));
    } else {
        let every = stride(scene.faces.len());
        let there = |f: &[u32; 3]| f.iter().all(|&i| (i as usize) < points.len());
        let kept = |(i, f): &(usize, &[u32; 3])| there(f) && (i.is_multiple_of(every) || of_target(f[0]));
        dots.extend(scene.faces.iter().enumerate().filter(kept).map(|(_, f)| *f));
    }
    let seen = |side: u8| -> usize {
        let camera = Camera::fit(scene, View::Side(side), Size::Exactly(SIZE, SIZE), targets);
        let Some(camera) = camera else { return 0 };
        let mut canvas = Canvas::new(&camera);
        for face in &dots {
            let corners = face.map(|i| points.position.get(i as usize));
            let is_point = face[0] == face[1];
            if !is_point && facing(corners, camera.to_eye(corners[0])) <= 0.0 {
                continue;
            }
            let middle = std::array::from_fn(|a| (corners[0][a] + corners[1][a] + corners[2][a]) / 3.0);
            let pixel = camera.project(middle);
            if pixel.iter().all(|v| v.is_finite()) {
                let size = if is_point { 0.05 } else { extent(corners) };
                let radius = (size * camera.pixels_per_metre(pixel[2]) / 2.0).clamp(0.0, 48.0) as i64;
                canvas.dot(pixel, radius, [0.0; 3], face[0]);
            }
        }
        canvas.vertex.iter().filter(|&&v| v != NOTHING && of_target(v)).count()
    };
    let best = (0..View::SIDES).rev().max_by_key(|&side| seen(side)).unwrap_or_default();
    View::Side(best)
}

/// The longest extent of a face along an axis, in metres.
fn extent(corners: [[f32; 3]; 3]) -> f32 {
    let along = |a: usize| {
        let [p, q, r] = corners.map(|c| c[a]);
        p.max(q).max(r) - p.min(q).min(r)
    };
    along(0).max(along(1)).max(along(2))
}
