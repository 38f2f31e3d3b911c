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
    use super::Rotate;
    use crate::augment::testing::{apply, cube, scattered};
    use crate::augment::transform::Transform;
    use crate::math::{Aabb, Affine, Key, Purpose, Xyz};

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
    fn distances_and_distances_from_surfaces_stay() {
        let mut scene = scattered(200, 5);
        let h = std::f32::consts::FRAC_1_SQRT_2;
        scene.points.normal = Some(Xyz { x: vec![h; 200], y: vec![0.0; 200], z: vec![-h; 200] });
        let steps = ["op = 'rotate'", "op = 'rotate'\naxis = 'x'\nangle-deg = [-9, 9]\ncentre = 'centroid'"];
        let turned = apply(&scene, &steps).scene.points;
        let between = |p: &Xyz, i: usize| -> [f64; 3] {
            std::array::from_fn(|a| f64::from(p.get(i)[a]) - f64::from(p.get(i + 1)[a]))
        };
        let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let normal = |n: &Option<Xyz>, i: usize| n.as_ref().unwrap().get(i).map(f64::from);
        for i in 0..199 {
            let (was, is) = (between(&scene.points.position, i), between(&turned.position, i));
            assert!((dot(is, is).sqrt() - dot(was, was).sqrt()).abs() < 2e-6);
            let heights = (dot(normal(&scene.points.normal, i), was), dot(normal(&turned.normal, i), is));
            assert!((heights.0 - heights.1).abs() < 2e-6, "{heights:?}");
        }
    }

    #[test]
    fn a_turned_box_is_as_large_as_its_turned_corners() {
        // |R| · size: 5 degrees about x on 1 × 2 × 3.
        let mut scene = cube();
        for (axis, size) in scene.points.position.axes_mut().into_iter().zip([1.0, 2.0, 3.0]) {
            for v in axis {
                *v *= size;
            }
        }
        let turned = apply(&scene, &["op = 'rotate'\naxis = 'x'\nangle-deg = [5, 5]"]).scene.points;
        let size = Aabb::of(turned.position.axes()).size();
        assert!(size.iter().zip([1.0, 2.2539, 3.1629]).all(|(v, e)| (v - e).abs() < 1e-4), "{size:?}");
    }

    #[test]
    fn angles_are_uniform() {
        // Kolmogorov and Smirnov: 99 % of fair samples stay below 1.63 / √n.
        let n = 100_000;
        let mut angles: Vec<f64> = (0..n)
            .map(|variant| {
                let mut stream = Key::new(7, "s", variant, "rotate#1").stream(Purpose::Parameters);
                Rotate::default().draw(&mut stream).parameters["angle-deg"].as_f64().unwrap()
            })
            .collect();
        angles.sort_by(f64::total_cmp);
        let away = |(i, angle): (usize, &f64)| {
            let (expected, n) = ((angle + 180.0) / 360.0, f64::from(n));
            (expected - i as f64 / n).abs().max((expected - (i + 1) as f64 / n).abs())
        };
        let furthest = angles.iter().enumerate().map(away).fold(0.0, f64::max);
        assert!(furthest < 1.63 / f64::from(n).sqrt(), "{furthest}");
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
