use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{Action, Complaint, Drawn, Effects, Transform, ordered, transform};
use crate::math::{Affine, Stream};

transform! {
    /// Makes the scene larger or smaller about the origin, by one factor for all axes or by one
    /// factor each.
    ///
    /// ## Columns
    /// Positions are multiplied. Normals stay right under uneven factors too (they turn by the
    /// inverse transpose and keep length 1).
    ///
    /// ## Text
    /// One factor for all keeps every sentence true: sizes are told by comparison. Factors that
    /// differ by more than 10 % make sizes, shapes and comparisons false.
    ///
    /// ## Source
    /// Pointcept `RandomScale` (its config uses 0.9 to 1.1), which leaves normals as they were.
    SCALE = "scale", Scale
}

/// Parameters of `scale`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Scale {
    /// Range of the factor: [low, high].
    #[schemars(inner(range(min = 0.01, max = 100.0)))]
    factor: [f64; 2],
    /// Whether each axis draws its own factor.
    anisotropic: bool,
}

impl Default for Scale {
    fn default() -> Self {
        Self { factor: [0.9, 1.1], anisotropic: false }
    }
}

impl Transform for Scale {
    fn check(&self) -> Result<(), Complaint> {
        ordered("factor", self.factor)
    }

    fn draw(&self, stream: &mut Stream) -> Drawn {
        let [lo, hi] = self.factor;
        let drawn: [f64; 3] = std::array::from_fn(|_| stream.between(lo, hi));
        let factors = if self.anisotropic { drawn } else { [drawn[0]; 3] };
        let longest = factors.into_iter().fold(f64::MIN, f64::max);
        let shortest = factors.into_iter().fold(f64::MAX, f64::min);
        let map = Affine::scaling(factors);
        Drawn::new(Action::Affine(Box::new(move |_| map)))
            .with("factor", factors.to_vec())
            .doing(Effects { distorts_shape: longest / shortest - 1.0, ..Effects::default() })
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::testing::{apply, cube, steps};
    use crate::math::{Key, Purpose};

    #[test]
    fn one_factor_scales_all_axes_and_leaves_normals() {
        let scene = cube();
        let scaled = apply(&scene, &["op = 'scale'\nfactor = [2, 2]"]).scene;
        assert_eq!(scaled.points.position.get(7), scene.points.position.get(7).map(|v| v * 2.0));
        assert_eq!(scaled.points.normal, scene.points.normal);
    }

    #[test]
    fn uneven_factors_declare_how_uneven_they_are() {
        let read = steps(&["op = 'scale'\nfactor = [0.5, 2]\nanisotropic = true"]);
        let mut stream = Key::new(3, "s", 1, "scale#1").stream(Purpose::Parameters);
        let drawn = read[0].transform.draw(&mut stream);
        let factors: Vec<f64> = drawn.parameters["factor"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(serde_json::Value::as_f64)
            .collect();
        let (lo, hi) =
            (factors.iter().copied().fold(9.0, f64::min), factors.iter().copied().fold(0.0, f64::max));
        assert!(lo < hi && lo >= 0.5 && hi < 2.0);
        assert_eq!(drawn.effects.distorts_shape, hi / lo - 1.0);
    }
}
