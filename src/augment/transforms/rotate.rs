use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{Action, Complaint, Drawn, Effects, Transform, ordered, transform};
use crate::math::{Affine, Stream};

transform! {
    /// Turns the scene about one axis, counter-clockwise seen from the axis's positive end. The
    /// angle is uniform in a range, or one of a set, all equally likely. Quarter turns are exact.
    ///
    /// ## Columns
    /// Positions and normals turn. Nothing else changes.
    ///
    /// ## Text
    /// Left and right stay true. A turn about z by more than 15 degrees makes words like "north"
    /// and "o'clock" false; a tilt by more than 30 degrees makes every sentence doubtful, as up
    /// and down no longer are what they say.
    ///
    /// ## Source
    /// The rotation steps of Pointcept (`RandomRotate`, `RandomRotateTargetAngle`), with degrees
    /// in place of multiples of pi and four centres to choose from.
    ROTATE = "rotate", Rotate
}

/// Parameters of `rotate`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Rotate {
    /// The axis to turn about.
    axis: Axis,
    /// Range of the angle: [low, high].
    #[schemars(inner(range(min = -360.0, max = 360.0)))]
    angle_deg: [f64; 2],
    /// A set of angles to choose from; when there are any, `angle-deg` is not used.
    #[schemars(inner(range(min = -360.0, max = 360.0)))]
    angles_deg: Vec<f64>,
    /// What stays where it is.
    centre: Centre,
    /// The point that stays, in metres, for `centre = "point"`.
    #[schemars(inner(range(min = -1e4, max = 1e4)))]
    point: [f64; 3],
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Axis {
    X,
    Y,
    Z,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Centre {
    /// The origin of coordinates.
    Origin,
    /// The middle of the box around all points.
    Aabb,
    /// The mean of all points.
    Centroid,
    /// The place in `point`.
    Point,
}

impl Default for Rotate {
    fn default() -> Self {
        Self {
            axis: Axis::Z,
            angle_deg: [-180.0, 180.0],
            angles_deg: Vec::new(),
            centre: Centre::Origin,
            point: [0.0; 3],
        }
    }
}

impl Transform for Rotate {
    fn check(&self) -> Result<(), Complaint> {
        if self.point != [0.0; 3] && self.centre != Centre::Point {
            return Err(Complaint { key: "point", expected: "centre = \"point\" beside it" });
        }
        ordered("angle-deg", self.angle_deg)
    }

    fn draw(&self, stream: &mut Stream) -> Drawn {
        // Both are drawn, so that going from a range to a set moves nothing that follows.
        let [lo, hi] = self.angle_deg;
        let (uniform, index) = (stream.between(lo, hi), stream.below(self.angles_deg.len() as u64));
        let angle = self.angles_deg.get(index as usize).copied().unwrap_or(uniform);
        let turn = Affine::rotation(self.axis as usize, angle);
        let (centre, point) = (self.centre, self.point);
        let action = Action::Affine(Box::new(move |moved| match centre {
            Centre::Origin => turn,
            Centre::Aabb => turn.about(moved.middle()),
            Centre::Centroid => turn.about(moved.centroid()),
            Centre::Point => turn.about(point),
        }));
        let away = angle.abs() % 360.0;
        let away = away.min(360.0 - away);
        let effects = match self.axis {
            Axis::Z => Effects { turns_deg: away, ..Effects::default() },
            Axis::X | Axis::Y => Effects { turns_deg: away, tilts_deg: away, ..Effects::default() },
        };
        Drawn::new(action).with("angle-deg", angle).doing(effects)
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::testing::{apply, cube};
    use crate::math::Affine;

    #[test]
    fn a_quarter_turn_about_z_takes_x_to_y_and_four_are_nothing() {
        let quarter = "op = 'rotate'\nangle-deg = [90, 90]";
        let mut scene = cube();
        scene.points.position.x[0] = 1.0;
        scene.points.position.y[0] = 0.0;
        let turned = apply(&scene, &[quarter]).scene;
        assert_eq!(turned.points.position.get(0)[..2], [0.0, 1.0]);
        assert_eq!(turned.points.position.z, scene.points.position.z, "z keeps its bits");
        let full = apply(&scene, &[quarter; 4]).scene;
        assert_eq!(full.points.position, scene.points.position);
        assert_eq!(full.points.normal, scene.points.normal);
    }

    #[test]
    fn the_middle_of_the_box_stays_even_after_steps_that_are_not_applied_yet() {
        let scene = cube();
        let steps = [
            "op = 'translate'\nx-m = [3, 3]\ny-m = [0, 0]\nz-m = [0, 0]",
            "op = 'rotate'\nangle-deg = [90, 90]\ncentre = 'aabb'",
        ];
        let whole = apply(&scene, &steps).scene.frame.applied.unwrap();
        let half = Affine::rotation(2, 90.0).about([0.5, 0.5, 0.5]);
        let expected = half.then(&Affine::translation([3.0, 0.0, 0.0]));
        assert!((whole.linear - expected.linear).abs().max() < 1e-12);
        assert!((whole.shift - expected.shift).abs().max() < 1e-12);
    }

    #[test]
    fn a_set_gives_only_its_members_and_a_range_only_its_inside() {
        let scene = cube();
        for seed in 0..40 {
            let set = "op = 'rotate'\nangles-deg = [0, 90, 270]";
            let drawn = crate::augment::testing::apply_seeded(&scene, &[set], seed);
            let angle = drawn.provenance.steps[0].parameters["angle-deg"].as_f64().unwrap();
            assert!([0.0, 90.0, 270.0].contains(&angle));
            let range = "op = 'rotate'\naxis = 'x'\nangle-deg = [-3, 5]";
            let drawn = crate::augment::testing::apply_seeded(&scene, &[range], seed);
            let angle = drawn.provenance.steps[0].parameters["angle-deg"].as_f64().unwrap();
            assert!((-3.0..5.0).contains(&angle));
        }
    }
}
