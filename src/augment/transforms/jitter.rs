use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::noise;
use crate::augment::transform::{Action, Drawn, Transform, transform};
use crate::math::Stream;

transform! {
    /// Moves every point a little: each coordinate by its own normal noise, clipped.
    ///
    /// Clipped, not redrawn: noise beyond `clip-m` becomes exactly `clip-m`. The noise of a point
    /// belongs to its source vertex, so it does not depend on which other points are left.
    ///
    /// ## Columns
    /// Positions change. Normals stay: they tell the surface, not the noise.
    ///
    /// ## Text
    /// Every sentence stays true.
    ///
    /// ## Source
    /// Pointcept `RandomJitter` (0.005 and 0.02 in its configurations).
    JITTER = "jitter", Jitter
}

/// Parameters of `jitter`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Jitter {
    /// Standard deviation before clipping, in metres.
    #[schemars(range(min = 0.0, max = 1.0))]
    sigma_m: f64,
    /// Largest change of a coordinate, in metres.
    #[schemars(range(min = 0.0, max = 1.0))]
    clip_m: f64,
}

impl Default for Jitter {
    fn default() -> Self {
        Self { sigma_m: 0.005, clip_m: 0.02 }
    }
}

impl Transform for Jitter {
    fn draw(&self, _stream: &mut Stream) -> Drawn {
        let (sigma, clip) = (self.sigma_m as f32, self.clip_m as f32);
        Drawn::new(Action::Positions(Box::new(move |points, stream| {
            let mut axes = points.position.axes_mut();
            noise::normals(
                stream,
                &points.orig_index,
                #[inline(always)]
                |rows, noise| {
                    // Values of their own: behind the closure's references they could seem to change.
                    let (sigma, clip) = (sigma, clip);
                    for (axis, noise) in axes.iter_mut().zip(noise) {
                        for (v, n) in axis[rows.clone()].iter_mut().zip(noise) {
                            *v += (sigma * n).max(-clip).min(clip);
                        }
                    }
                },
            );
        })))
        .with("sigma-m", self.sigma_m)
        .with("clip-m", self.clip_m)
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::testing::{apply, at_origin, cube};

    #[test]
    fn clipped_noise_has_the_variance_that_theory_gives_it() {
        // With k = clip/σ the variance is σ² [(2Φ(k) − 1) − 2kφ(k) + 2k²(1 − Φ(k))].
        has_variance(0.02, 0.92054);
        has_variance(0.04, 0.99988);
    }

    fn has_variance(clip: f64, ratio: f64) {
        let n = 60_000;
        let scene = at_origin(n);
        let step = format!("op = 'jitter'\nsigma-m = 0.01\nclip-m = {clip}");
        let p = apply(&scene, &[&step]).scene.points.position;
        let n = n as f64;
        for axis in p.axes() {
            assert!(axis.iter().all(|v| v.abs() <= clip as f32));
            let mean = axis.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
            let variance = axis.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / n;
            assert!(mean.abs() < 4.0 * 0.01 / n.sqrt(), "{mean}");
            assert!((variance / 1e-4 - ratio).abs() < 0.02, "{variance}");
        }
        let xy: f64 = p.x.iter().zip(&p.y).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum::<f64>() / n;
        assert!((xy / (ratio * 1e-4)).abs() < 4.0 / n.sqrt(), "{xy}");
    }

    #[test]
    fn noise_does_not_depend_on_which_points_are_left() {
        let scene = cube();
        let jitter = "op = 'jitter'";
        let all = apply(&scene, &[jitter]).scene.points.select(&[6, 1, 4]);
        let mut some = scene.clone();
        some.points = some.points.select(&[6, 1, 4]);
        let some = apply(&some, &[jitter]).scene.points;
        assert_eq!(all, some);
    }
}
