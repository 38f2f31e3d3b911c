use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{Action, Complaint, Drawn, Transform, ordered, transform};
use crate::math::{Affine, Stream};

transform! {
    /// Moves the whole scene by one random shift.
    ///
    /// ## Columns
    /// Positions move. Nothing else changes.
    ///
    /// ## Text
    /// Every sentence stays true.
    ///
    /// ## Source
    /// Pointcept `RandomShift` (0.2 m in x and y).
    TRANSLATE = "translate", Translate
}

/// Parameters of `translate`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[allow(clippy::struct_field_names)] // keys carry their unit
pub(super) struct Translate {
    /// Range of the shift along x: [low, high].
    #[schemars(inner(range(min = -1e4, max = 1e4)))]
    x_m: [f64; 2],
    /// Range of the shift along y.
    #[schemars(inner(range(min = -1e4, max = 1e4)))]
    y_m: [f64; 2],
    /// Range of the shift along z.
    #[schemars(inner(range(min = -1e4, max = 1e4)))]
    z_m: [f64; 2],
}

impl Default for Translate {
    fn default() -> Self {
        Self { x_m: [-0.2, 0.2], y_m: [-0.2, 0.2], z_m: [0.0, 0.0] }
    }
}

impl Transform for Translate {
    fn check(&self) -> Result<(), Complaint> {
        ordered("x-m", self.x_m)?;
        ordered("y-m", self.y_m)?;
        ordered("z-m", self.z_m)
    }

    fn draw(&self, stream: &mut Stream) -> Drawn {
        let shift = [self.x_m, self.y_m, self.z_m].map(|[lo, hi]| stream.between(lo, hi));
        let map = Affine::translation(shift);
        Drawn::new(Action::Affine(Box::new(move |_| map))).with("shift-m", shift.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::testing::{apply, cube};

    #[test]
    fn every_point_moves_by_the_drawn_shift() {
        let scene = cube();
        let variant = apply(&scene, &["op = 'translate'\nz-m = [1, 2]"]);
        let shift = &variant.provenance.steps[0].parameters["shift-m"];
        for i in 0..scene.points.len() {
            let (from, to) = (scene.points.position.get(i), variant.scene.points.position.get(i));
            for axis in 0..3 {
                assert_eq!(to[axis], (f64::from(from[axis]) + shift[axis].as_f64().unwrap()) as f32);
            }
        }
        assert!(shift[2].as_f64().unwrap() >= 1.0);
    }
}
