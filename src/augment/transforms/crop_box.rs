use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{Action, Cut, Drawn, Effects, Place, Transform, transform};
use crate::math::{Stream, Xyz};

transform! {
    /// Keeps the points in a box around a random point of the scene. The box is half-open: a
    /// point on its lower face is in, one on its upper face is not.
    ///
    /// Described objects are guarded as in `crop-sphere`: another try, then the middle of the
    /// targets, then the step is left out.
    ///
    /// ## Columns
    /// Every column keeps the same rows, in the order of the source. Object ids are not
    /// renumbered.
    ///
    /// ## Text
    /// As for `crop-sphere`: sentences go with what they name, and with a rival they count or
    /// compare.
    ///
    /// ## Source
    /// Mask3D `RandomCuboid` (6 m), which promises to keep an object and does not look.
    CROP_BOX = "crop-box", CropBox
}

/// Parameters of `crop-box`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct CropBox {
    /// Edge lengths along x, y and z, in metres.
    #[schemars(inner(range(min = 0.01, max = 1e4)))]
    size_m: [f64; 3],
}

impl Default for CropBox {
    fn default() -> Self {
        Self { size_m: [6.0, 6.0, 6.0] }
    }
}

impl Transform for CropBox {
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

impl CropBox {
    fn around(self, position: &Xyz, centre: [f32; 3]) -> Vec<bool> {
        let lo: [f64; 3] = std::array::from_fn(|a| f64::from(centre[a]) - self.size_m[a] / 2.0);
        let hi: [f64; 3] = std::array::from_fn(|a| f64::from(centre[a]) + self.size_m[a] / 2.0);
        position.within(lo, hi)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_face_is_in_and_the_upper_is_not() {
        let x = vec![-1.0, -1.001, 0.0, 0.999, 1.0];
        let position = Xyz { y: vec![0.0; 5], z: vec![0.0; 5], x };
        let crop = CropBox { size_m: [2.0; 3] };
        assert_eq!(crop.around(&position, [0.0; 3]), [true, false, true, true, false]);
    }
}
