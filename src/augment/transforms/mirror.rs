use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{Action, Drawn, Effects, Transform, transform};
use crate::math::{Affine, Stream};

transform! {
    /// Mirrors the scene at the plane x = 0, at the plane y = 0, at both or at neither; each has
    /// its own probability.
    ///
    /// ## Columns
    /// The x or y of positions and normals changes its sign; normals that pointed outward still
    /// do. Faces turn their order of vertices around for the same reason.
    ///
    /// ## Text
    /// One mirror swaps left and right: a sentence that speaks of them is rewritten
    /// (`on-conflict = "adapt"`) or left out of this variant. Two mirrors are half a turn and
    /// swap nothing. Either way words like "north" become false.
    ///
    /// ## Source
    /// Pointcept `RandomFlip` (both with 0.5); other trainers mirror x only.
    MIRROR = "mirror", Mirror
}

/// Parameters of `mirror`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Mirror {
    /// Probability that x changes its sign.
    #[schemars(range(min = 0.0, max = 1.0))]
    x_p: f64,
    /// Probability that y changes its sign.
    #[schemars(range(min = 0.0, max = 1.0))]
    y_p: f64,
}

impl Default for Mirror {
    fn default() -> Self {
        Self { x_p: 0.5, y_p: 0.5 }
    }
}

impl Transform for Mirror {
    fn draw(&self, stream: &mut Stream) -> Drawn {
        let (x, y) = (stream.happens(self.x_p), stream.happens(self.y_p));
        let sign = |negate: bool| if negate { -1.0 } else { 1.0 };
        let map = Affine::scaling([sign(x), sign(y), 1.0]);
        let turns_deg = if x || y { 180.0 } else { 0.0 };
        Drawn::new(Action::Affine(Box::new(move |_| map))).with("x", x).with("y", y).doing(Effects {
            mirrors: x != y,
            turns_deg,
            ..Effects::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::testing::{apply, cube};

    const X: &str = "op = 'mirror'\nx-p = 1\ny-p = 0";

    #[test]
    fn twice_is_nothing_to_the_bit_and_once_turns_volume_and_faces() {
        let scene = cube();
        let once = apply(&scene, &[X]);
        assert_eq!(once.scene.points.position.x[7], -scene.points.position.x[7]);
        assert_eq!(once.scene.faces[0], [scene.faces[0][0], scene.faces[0][2], scene.faces[0][1]]);
        assert_eq!(once.provenance.mirrors, 1);
        assert!(once.scene.frame.applied.unwrap().determinant() < 0.0);
        let twice = apply(&scene, &[X, X]);
        assert_eq!(twice.scene.points, scene.points);
        assert_eq!((twice.provenance.mirrors, &twice.scene.faces), (2, &scene.faces));
    }

    #[test]
    fn the_floor_still_faces_up() {
        let normal = apply(&cube(), &[X]).scene.points.normal.unwrap();
        assert_eq!(normal.get(0), [0.0, 0.0, 1.0]);
    }
}
