use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{Action, Drawn, Transform, transform};
use crate::math::{Affine, Stream};

transform! {
    /// Moves the scene so that the middle of its box lies at x = 0, y = 0, and its floor or its
    /// mean height at z = 0. Draws nothing.
    ///
    /// ## Columns
    /// Positions move. Nothing else changes.
    ///
    /// ## Text
    /// Every sentence stays true.
    ///
    /// ## Source
    /// Pointcept `CenterShift`.
    CENTRE = "centre", Centre
}

/// Parameters of `centre`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Centre {
    /// What comes to lie at z = 0.
    z: Height,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Height {
    /// The lowest point.
    Floor,
    /// The mean of all points.
    Mean,
    /// Nothing: heights stay as they are.
    Keep,
}

impl Default for Centre {
    fn default() -> Self {
        Self { z: Height::Floor }
    }
}

impl Transform for Centre {
    fn draw(&self, _stream: &mut Stream) -> Drawn {
        let height = self.z;
        Drawn::new(Action::Affine(Box::new(move |moved| {
            let [lo, hi] = moved.bounds();
            let z = match height {
                Height::Floor => lo[2],
                Height::Mean => moved.centroid()[2],
                Height::Keep => 0.0,
            };
            Affine::translation([-f64::midpoint(lo[0], hi[0]), -f64::midpoint(lo[1], hi[1]), -z])
        })))
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::testing::{apply, cube};
    use crate::math::Aabb;

    #[test]
    fn the_box_ends_up_around_the_origin_on_the_floor() {
        let steps = ["op = 'rotate'\nangle-deg = [30, 30]", "op = 'centre'"];
        let position = apply(&cube(), &steps).scene.points.position;
        let bounds = Aabb::of(position.axes());
        assert!(bounds.middle()[..2].iter().all(|v| v.abs() < 1e-7), "{bounds:?}");
        assert_eq!(bounds.min[2], 0.0);
    }

    #[test]
    fn mean_height_and_kept_height() {
        let z = |step: &str| apply(&cube(), &[step]).scene.points.position.z;
        assert!(z("op = 'centre'\nz = 'mean'").iter().sum::<f32>().abs() < 1e-6);
        assert_eq!(z("op = 'centre'\nz = 'keep'"), cube().points.position.z);
    }
}
