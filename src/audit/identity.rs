//! What the audit remembers of a scan's geometry: enough to know it again.

use crate::math::Aabb;
use crate::scene::Scene;

/// One vertex of so many is looked at: which scan it is shows in a few thousand of them, and a
/// digest of all would take longer than any rule.
const STEP: usize = 16;

/// 32 hex digits of BLAKE3 over the coordinates of every sixteenth vertex; empty without any.
pub(super) fn digest(scene: &Scene) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut bytes = Vec::with_capacity(scene.points.len() / STEP * 4 + 4);
    for axis in scene.points.position.axes() {
        bytes.clear();
        bytes.extend(axis.iter().step_by(STEP).flat_map(|v| v.to_le_bytes()));
        hasher.update(&bytes);
    }
    if bytes.is_empty() { String::new() } else { hasher.finalize().to_hex()[..32].to_owned() }
}

/// The longer side, the shorter side and the height of the box around every sixteenth vertex in
/// the aligned frame, whole centimetres; `None` without vertices or alignment.
pub(super) fn extent_cm(scene: &Scene) -> Option<[u32; 3]> {
    let alignment = scene.frame.axis_alignment.as_ref().filter(|_| !scene.points.is_empty())?;
    let rows: Vec<u32> = (0..scene.points.len() as u32).step_by(STEP).collect();
    let mut sampled = scene.points.position.select(&rows);
    alignment.apply_to(&mut sampled);
    let bounds = Aabb::of(sampled.axes());
    let side = |a: usize| (libm::round(f64::from(bounds.max[a] - bounds.min[a]) * 100.0)) as u32;
    let [x, y, z] = [side(0), side(1), side(2)];
    Some([x.max(y), x.min(y), z])
}
