//! What colour a point is drawn in.

use crate::scene::{NO_OBJECT, Points, Scene};

/// What the colours of a picture say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paint {
    /// The colours of the scan.
    #[default]
    Rgb,
    /// One colour an object.
    Object,
    /// One colour a nyu40 label; by the objects' names where no label is known.
    Label,
    /// One colour a superpoint.
    Superpoint,
    /// The objects looked at on grey.
    Mask,
}

/// Points that have no colour, or are of nothing.
const PLAIN: [u8; 3] = [168; 3];
const MASK: [u8; 3] = [232, 93, 4];

/// The colour of each point.
pub(super) fn colours(scene: &Scene, paint: Paint, targets: &[i32]) -> Vec<[u8; 3]> {
    let points = &scene.points;
    let each = |colour: &dyn Fn(usize) -> [u8; 3]| (0..points.len()).map(colour).collect();
    match paint {
        Paint::Rgb => each(&|i| rgb(points, i)),
        Paint::Object => each(&|i| match points.object.get(i) {
            Some(&id) if id != NO_OBJECT => distinct(id as u32),
            _ => PLAIN,
        }),
        Paint::Label if points.nyu40.len() == points.len() => each(&|i| match points.nyu40[i] {
            0 => PLAIN,
            label => distinct(u32::from(label)),
        }),
        Paint::Label => {
            let mut names: Vec<(i32, u32)> =
                scene.objects.iter().map(|o| (o.id, hash(o.raw_category.as_bytes()))).collect();
            names.sort_unstable();
            let name = |id: i32| names.binary_search_by_key(&id, |n| n.0).map(|at| names[at].1);
            each(&|i| points.object.get(i).and_then(|&id| name(id).ok()).map_or(PLAIN, distinct))
        }
        Paint::Superpoint => each(&|i| points.segment.get(i).map_or(PLAIN, |&s| distinct(s))),
        Paint::Mask => each(&|i| {
            if points.object.get(i).is_some_and(|id| targets.contains(id)) {
                return MASK;
            }
            let [r, g, b] = rgb(points, i).map(u32::from);
            let grey = 90 + (2 * r + 5 * g + b) / 8 * 5 / 10;
            [grey as u8; 3]
        }),
    }
}

fn rgb(points: &Points, i: usize) -> [u8; 3] {
    points.colour.as_ref().filter(|c| i < c.len()).map_or(PLAIN, |c| c.get(i))
}

/// A colour of its own for each number: neighbours are far apart on the wheel, in three
/// lightnesses.
pub(super) fn distinct(number: u32) -> [u8; 3] {
    let hue = f64::from(number.wrapping_mul(0x9E37_79B9) >> 8) / f64::from(1_u32 << 24) * 6.0;
    let light = [0.95, 0.78, 0.62][(number % 3) as usize];
    let channel = |offset: f64| {
        let place = libm::fmod(hue + offset, 6.0);
        let ramp = (libm::fabs(place - 3.0) - 1.0).clamp(0.0, 1.0);
        ((0.3 + 0.7 * ramp) * light * 255.0) as u8
    };
    [channel(0.0), channel(4.0), channel(2.0)]
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193))
}
