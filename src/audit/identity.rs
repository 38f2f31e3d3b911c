//! What the audit remembers of a scan's geometry: enough to know it again.

use std::collections::BTreeMap;

use crate::math::Aabb;
use crate::scene::{Scene, normalise_label};

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

/// The longer side, the shorter side and the height of a box, whole centimetres.
pub(super) type Extent = [u32; 3];

/// The extent of the scan, and those of its objects by label, in the aligned frame and from every
/// sixteenth vertex; nothing without vertices or alignment. Objects of a few vertices are left
/// out, and so are those of one label beyond the first many.
pub(super) fn extents(scene: &Scene) -> (Option<Extent>, BTreeMap<String, Vec<Extent>>) {
    const LEAST: u32 = 8;
    const MOST: usize = 64;
    let none = || (None, BTreeMap::new());
    let Some(alignment) = scene.frame.axis_alignment.as_ref().filter(|_| !scene.points.is_empty()) else {
        return none();
    };
    let rows: Vec<u32> = (0..scene.points.len() as u32).step_by(STEP).collect();
    let mut sampled = scene.points.position.select(&rows);
    alignment.apply_to(&mut sampled);
    let mut boxes: BTreeMap<i32, (u32, Aabb)> = BTreeMap::new();
    for (i, row) in rows.iter().enumerate() {
        let Some(&object) = scene.points.object.get(*row as usize) else { break };
        let (n, bounds) = boxes.entry(object).or_insert((0, Aabb::EMPTY));
        *n += 1;
        bounds.include(sampled.get(i));
    }
    let mut objects: BTreeMap<String, Vec<Extent>> = BTreeMap::new();
    for object in &scene.objects {
        if let Some((_, bounds)) = boxes.get(&object.id).filter(|(n, _)| *n >= LEAST) {
            let list = objects.entry(normalise_label(&object.raw_category)).or_default();
            if list.len() < MOST {
                list.push(extent(bounds));
            }
        }
    }
    objects.values_mut().for_each(|list| list.sort_unstable());
    (Some(extent(&Aabb::of(sampled.axes()))), objects)
}

fn extent(bounds: &Aabb) -> Extent {
    let side = |a: usize| libm::round(f64::from(bounds.max[a] - bounds.min[a]) * 100.0) as u32;
    let [x, y, z] = [side(0), side(1), side(2)];
    [x.max(y), x.min(y), z]
}
