//! What the audit remembers of a scan's geometry: enough to know it again.

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
