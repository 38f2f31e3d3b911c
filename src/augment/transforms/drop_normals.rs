use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::drop_colour::How;
use crate::augment::noise;
use crate::augment::transform::{Action, Columns, Drawn, Transform, transform};
use crate::math::Stream;

transform! {
    /// Takes the normals of all points away, or of a share of them: they become zero, so that a
    /// model learns not to lean on them. The lot of a point belongs to its source vertex.
    ///
    /// ## Columns
    /// The normal column stays and holds 0, 0, 0 where the normal was dropped: the only case in
    /// which a normal is not of length 1. Later steps leave such normals as they are.
    ///
    /// ## Text
    /// Every sentence stays true.
    ///
    /// ## Source
    /// Pointcept `RandomDropNormal` (a fifth of the points, probability 0.5).
    DROP_NORMALS = "drop-normals", DropNormals
}

/// Parameters of `drop-normals`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct DropNormals {
    /// Which points lose their normal.
    how: How,
    /// Probability that a point loses its normal, for `how = "points"`.
    #[schemars(range(min = 0.0, max = 1.0))]
    ratio: f64,
}

impl Default for DropNormals {
    fn default() -> Self {
        Self { how: How::All, ratio: 0.2 }
    }
}

impl Transform for DropNormals {
    fn needs(&self) -> Columns {
        Columns { normals: true, ..Columns::default() }
    }

    fn draw(&self, _stream: &mut Stream) -> Drawn {
        let losing = self.how.losing(self.ratio);
        let share = if self.how == How::All { 1.0 } else { self.ratio };
        Drawn::new(Action::Normals(Box::new(move |normal, orig_index, stream| {
            let lots = noise::lots(stream, orig_index);
            for axis in normal.axes_mut() {
                for (v, &lot) in axis.iter_mut().zip(&lots) {
                    *v = if u64::from(lot) < losing { 0.0 } else { *v };
                }
            }
        })))
        .with("ratio", share)
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::check;
    use crate::augment::testing::{apply, cube};

    #[test]
    fn all_normals_become_zero_and_stay_so() {
        let scene = cube();
        let steps = ["op = 'drop-normals'", "op = 'scale'\nanisotropic = true", "op = 'rotate'\naxis = 'x'"];
        let variant = apply(&scene, &steps);
        let normal = variant.scene.points.normal.as_ref().unwrap();
        assert!(normal.axes().iter().all(|axis| axis.len() == 8 && axis.iter().all(|&v| v == 0.0)));
        check(&scene, &variant).unwrap();
    }

    #[test]
    fn a_share_of_the_normals_becomes_zero() {
        let mut scene = cube();
        let rows: Vec<u32> = (0..8000).map(|i| i % 8).collect();
        scene.points = scene.points.select(&rows);
        scene.points.orig_index = (0..8000).collect();
        let step = "op = 'drop-normals'\nhow = 'points'\nratio = 0.25";
        let variant = apply(&scene, &[step]);
        check(&scene, &variant).unwrap();
        let z = variant.scene.points.normal.unwrap().z;
        assert!(z.iter().all(|v| [0.0, 1.0].contains(v)));
        let dropped = z.iter().filter(|&&v| v == 0.0).count() as f64;
        assert!((dropped - 2000.0).abs() < 4.0 * 1500.0_f64.sqrt(), "{dropped}");
    }
}
