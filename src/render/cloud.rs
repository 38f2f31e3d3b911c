//! A scene as a point cloud for the viewer of pages: few bytes a point.

use std::collections::BTreeMap;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde::Serialize;

use super::camera::nearly_all;
use crate::math::Affine;
use crate::scene::Scene;

/// The index of points that are of no object.
const NONE: u16 = u16::MAX;

/// Points that the viewer draws.
#[derive(Clone, Debug, Serialize)]
pub struct Cloud {
    /// The scan's id.
    pub id: String,
    /// Number of points in `data`.
    pub points: usize,
    /// Number of points of the scene.
    pub of: usize,
    /// Corner of the box that positions are fractions of, in metres.
    pub low: [f32; 3],
    /// Extent of that box.
    pub extent: [f32; 3],
    /// Whether the points have colours of their own.
    pub coloured: bool,
    /// Objects that points are of, in the order of their indices: id and name.
    pub objects: Vec<(i32, String)>,
    /// Columns, one after the other, deflated, in base64: x, y and z as 16 bits each, each as the
    /// difference to the one before; red, green, blue; index of the object, 16 bits; nyu40 label;
    /// superpoint, 32 bits. Lower bytes come first.
    pub data: String,
}

/// At most about `most` points of a scene, evenly taken; all those of the objects `whole` as long as
/// they are not more than half of it. Points that are not finite are left out.
///
/// Positions are in the frame that `frame` maps to: `level` for a scene by itself, so that its walls
/// are parallel to the axes, none for scenes that are compared.
pub fn cloud(scene: &Scene, most: usize, whole: &[i32], frame: &Affine) -> Cloud {
    let points = &scene.points;
    let finite = |i: &u32| points.position.get(*i as usize).iter().all(|v| v.is_finite());
    let is_whole = |i: u32| points.object.get(i as usize).is_some_and(|id| whole.contains(id));
    let (mut kept, others): (Vec<u32>, Vec<u32>) =
        (0..points.len() as u32).filter(finite).partition(|&i| is_whole(i));
    thin(&mut kept, most / 2);
    let mut rest = others;
    thin(&mut rest, most.saturating_sub(kept.len()));
    kept.extend(rest);
    kept.sort_unstable();

    let mut index: BTreeMap<i32, u16> = BTreeMap::new();
    let mut objects = Vec::new();
    for object in &scene.objects {
        let next = objects.len() as u16;
        if next < NONE && !index.contains_key(&object.id) {
            index.insert(object.id, next);
            objects.push((object.id, object.raw_category.clone()));
        }
    }
    let mut bytes = Vec::with_capacity(kept.len() * 16);
    let (mut low, mut extent) = ([0.0; 3], [0.0; 3]);
    let place = |i: &u32| frame.apply(points.position.get(*i as usize).map(f64::from)).map(|v| v as f32);
    let places: Vec<[f32; 3]> = kept.iter().map(place).collect();
    for axis in 0..3 {
        let column = || places.iter().map(|p| p[axis]);
        let [low_end, high_end] = nearly_all(column().map(f64::from)).unwrap_or([0.0, 1.0]).map(|v| v as f32);
        // A few points that are far off do not squash the rest.
        let from = column().fold(f32::INFINITY, f32::min).max(low_end);
        let to = column().fold(f32::NEG_INFINITY, f32::max).min(high_end).max(from + 1e-3);
        (low[axis], extent[axis]) = (from, to - from);
        let mut before = 0_u16;
        for at in &places {
            let share = ((at[axis] - from) / (to - from)).clamp(0.0, 1.0);
            let place = (share * f32::from(u16::MAX)) as u16;
            bytes.extend(place.wrapping_sub(before).to_le_bytes());
            before = place;
        }
    }
    let coloured = points.colour.as_ref().is_some_and(|c| c.len() == points.len());
    for channel in 0..3 {
        bytes.extend(kept.iter().map(|&i| match &points.colour {
            Some(colour) if coloured => colour.channels()[channel][i as usize],
            _ => 168,
        }));
    }
    let column =
        |i: &u32| points.object.get(*i as usize).and_then(|id| index.get(id)).copied().unwrap_or(NONE);
    bytes.extend(kept.iter().flat_map(|i| column(i).to_le_bytes()));
    bytes.extend(kept.iter().map(|&i| points.nyu40.get(i as usize).copied().unwrap_or(0)));
    let segment = |i: &u32| points.segment.get(*i as usize).copied().unwrap_or(u32::MAX);
    bytes.extend(kept.iter().flat_map(|i| segment(i).to_le_bytes()));
    let data = STANDARD.encode(deflated(&bytes));
    Cloud { id: scene.id.clone(), points: kept.len(), of: points.len(), low, extent, coloured, objects, data }
}

/// Keeps at most `most`, evenly.
fn thin(rows: &mut Vec<u32>, most: usize) {
    let n = rows.len();
    if n > most {
        let kept = (0..most).map(|k| rows[(k as u64 * n as u64 / most as u64) as usize]).collect();
        *rows = kept;
    }
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
    // A list in memory takes all that is written.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::math::Xyz;
    use crate::scene::{Object, Points};

    fn scene(n: usize) -> Scene {
        let column: Vec<f32> = (0..n).map(|i| i as f32 / 10.0).collect();
        let position = Xyz { x: column.clone(), y: column.iter().map(|v| -v).collect(), z: vec![1.0; n] };
        let object = (0..n as i32).map(|i| if i % 50 == 0 { 7 } else { -1 }).collect();
        let objects = vec![Object { id: 7, group_id: 7, raw_category: "lamp".into(), segments: vec![] }];
        Scene { points: Points { position, object, ..Points::default() }, objects, ..Scene::default() }
    }

    fn columns(cloud: &Cloud) -> Vec<u8> {
        let mut bytes = Vec::new();
        let packed = STANDARD.decode(&cloud.data).unwrap();
        flate2::read::DeflateDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len(), cloud.points * 16);
        bytes
    }

    #[test]
    fn positions_come_back_to_a_thousandth_and_the_target_is_whole() {
        let cloud = cloud(&scene(1000), 100, &[7], &Affine::IDENTITY);
        assert_eq!((cloud.points, cloud.of), (100, 1000));
        let bytes = columns(&cloud);
        let mut x = 0_u16;
        let xs: Vec<f32> = (0..100)
            .map(|i| {
                x = x.wrapping_add(u16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]]));
                cloud.low[0] + f32::from(x) / 65535.0 * cloud.extent[0]
            })
            .collect();
        assert!(xs.is_sorted() && xs[0] == 0.0, "{xs:?}");
        let of_target = bytes[900..1100].chunks(2).filter(|b| *b == [0, 0]).count();
        assert_eq!(of_target, 20, "all twenty");
    }

    #[test]
    fn points_far_off_or_without_a_place_leave_the_rest_as_it_is() {
        let mut odd = scene(5000);
        odd.points.position.x[0] = f32::NAN;
        odd.points.position.x[1] = 1e30;
        let cloud = super::cloud(&odd, 10_000, &[], &Affine::IDENTITY);
        assert_eq!(cloud.points, 4999);
        assert!(cloud.extent[0] < 700.0, "{:?}", cloud.extent);
        let one = super::cloud(&scene(1), 10, &[], &Affine::IDENTITY);
        assert!(one.points == 1 && one.extent.iter().all(|e| *e > 0.0));
        assert_eq!(super::cloud(&Scene::default(), 10, &[], &Affine::IDENTITY).points, 0);
    }

    #[test]
    fn a_frame_turns_the_points_and_their_box() {
        let turned = super::cloud(&scene(100), 100, &[], &Affine::rotation(2, 90.0));
        let plain = super::cloud(&scene(100), 100, &[], &Affine::IDENTITY);
        // x goes from 0 to 9.9, y from −9.9 to 0: a quarter turn takes both to 0 to 9.9.
        assert!((turned.low[0], turned.low[1]) == (0.0, 0.0) && plain.low[1] < -9.0, "{:?}", turned.low);
    }
}
