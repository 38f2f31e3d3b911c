use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{Action, Complaint, Cut, Drawn, Effects, Place, Transform, transform};
use crate::math::{Stream, Xyz, rows_of, widest};

transform! {
    /// Keeps the points nearest to a random point of the scene: a number of them, a share of
    /// them, or all within a radius. Exactly one of `count`, `ratio` and `radius-m` is given.
    ///
    /// Described objects are guarded: where one would lose more than `min-target-ratio` allows,
    /// the crop is tried again at another point, then in the middle of the targets, and where
    /// that does not help either the step is left out. Provenance says which.
    ///
    /// ## Columns
    /// Every column keeps the same rows, in the order of the source. Object ids are not
    /// renumbered.
    ///
    /// ## Text
    /// A sentence is left out of this variant where an object that it may name is gone or was cut
    /// by more than 5 %, or where it counts or compares and such an object is of its target's
    /// class; `docs/language.md` has the whole table.
    ///
    /// ## Source
    /// Pointcept `SphereCrop`, which leaves points sorted by distance and guards nothing.
    CROP_SPHERE = "crop-sphere", CropSphere
}

/// Parameters of `crop-sphere`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct CropSphere {
    /// Number of points to keep; a scene with fewer stays whole.
    #[schemars(range(min = 1))]
    count: Option<u32>,
    /// Share of the points to keep, rounded up to a whole point.
    #[schemars(range(min = 0.001, max = 1.0))]
    ratio: Option<f64>,
    /// Largest distance from the centre, in metres.
    #[schemars(range(min = 0.01, max = 1e4))]
    radius_m: Option<f64>,
}

impl Transform for CropSphere {
    fn check(&self) -> Result<(), Complaint> {
        let given = [self.count.is_some(), self.ratio.is_some(), self.radius_m.is_some()];
        if given.into_iter().filter(|&g| g).count() == 1 {
            return Ok(());
        }
        let key = if self.ratio.is_some() { "ratio" } else { "radius-m" };
        Err(Complaint { key, expected: "exactly one of `count`, `ratio` and `radius-m`" })
    }

    fn draw(&self, stream: &mut Stream) -> Drawn {
        let at = std::array::from_fn(|_| stream.unit());
        let crop = *self;
        let cut = Box::new(move |position: &Xyz, place: Place| {
            let centre = place.point(position, &at)?;
            Some(Cut { centre, kept: crop.around(position, centre) })
        });
        let effects = Effects { removes_points: true, ..Effects::default() };
        Drawn::new(Action::Crop(cut)).doing(effects)
    }
}

impl CropSphere {
    fn around(self, position: &Xyz, centre: [f32; 3]) -> Vec<bool> {
        let squared = distances(position, centre);
        if let Some(radius) = self.radius_m {
            let limit = (radius * radius) as f32;
            return squared.iter().map(|&squared| squared <= limit).collect();
        }
        let n = position.len();
        let wanted = match (self.count, self.ratio) {
            (Some(count), _) => count as usize,
            (None, ratio) => libm::ceil(n as f64 * ratio.unwrap_or(1.0)) as usize,
        };
        if wanted >= n {
            return vec![true; n];
        }
        let (bits, last) = nth(&squared, wanted - 1);
        #[expect(clippy::needless_bitwise_bool, reason = "no branch, so that the loop is a wide one")]
        let nearer = |(row, squared): (u32, &f32)| {
            (squared.to_bits() < bits) | (squared.to_bits() == bits) & (row <= last)
        };
        (0..).zip(&squared).map(nearer).collect()
    }
}

/// The bits of the distance that comes after `n` smaller ones, and its row; there are more than `n`.
/// The bits of numbers that are not negative sort as the numbers do, and rows break ties.
fn nth(squared: &[f32], n: usize) -> (u32, u32) {
    // Piles by the upper bits: 32 piles from one power of two to the next, so that the pile of the key
    // is small, and few enough in all to stay at hand.
    let pile = |squared: &f32| squared.to_bits() >> 18;
    let mut counts = vec![0_u32; 1 << 14];
    for squared in squared {
        counts[pile(squared) as usize] += 1;
    }
    let (mut here, mut before) = (0, 0);
    while before + counts[here] as usize <= n {
        before += counts[here] as usize;
        here += 1;
    }
    let in_pile: Vec<bool> = squared.iter().map(|squared| pile(squared) == here as u32).collect();
    let key = |&row: &u32| (squared[row as usize].to_bits(), row);
    let mut keys: Vec<(u32, u32)> = rows_of(&in_pile).iter().map(key).collect();
    *keys.select_nth_unstable(n - before).1
}

fn distances(position: &Xyz, [cx, cy, cz]: [f32; 3]) -> Vec<f32> {
    let Xyz { x, y, z } = position;
    let mut squared = vec![0.0; x.len()];
    widest(
        #[inline(always)]
        || {
            for (squared, ((x, y), z)) in squared.iter_mut().zip(x.iter().zip(y).zip(z)) {
                *squared = (x - cx) * (x - cx) + (y - cy) * (y - cy) + (z - cz) * (z - cz);
            }
        },
    );
    squared
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::testing::scattered;

    #[test]
    fn keeps_the_nearest_by_brute_force_in_source_order() {
        let position = scattered(500, 11).points.position;
        let centre = position.get(17);
        let crop = CropSphere { count: Some(123), ..CropSphere::default() };
        let mut all: Vec<(f32, u32)> = distances(&position, centre).into_iter().zip(0..).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut expected = vec![false; 500];
        all[..123].iter().for_each(|&(_, row)| expected[row as usize] = true);
        assert_eq!(crop.around(&position, centre), expected);
        let share = CropSphere { ratio: Some(0.246), ..CropSphere::default() };
        assert_eq!(share.around(&position, centre), expected, "ceil(500 × 0.246) = 123");
        let ball =
            CropSphere { radius_m: Some(f64::from(all[122].0.sqrt()) + 1e-6), ..CropSphere::default() };
        assert_eq!(ball.around(&position, centre), expected);
        let whole = CropSphere { count: Some(500), ..CropSphere::default() };
        assert_eq!(whole.around(&position, centre), [true; 500]);
        assert!(whole.around(&Xyz::default(), centre).is_empty());
    }

    #[test]
    fn equal_distances_are_told_apart_by_row() {
        let position = Xyz { x: vec![1.0; 6], y: vec![0.0; 6], z: vec![0.0; 6] };
        let crop = CropSphere { count: Some(2), ..CropSphere::default() };
        assert_eq!(crop.around(&position, [0.0; 3]), [true, true, false, false, false, false]);
    }
}
