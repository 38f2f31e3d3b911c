use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{Action, Drawn, Effects, Transform, transform};
use crate::math::Stream;
use crate::scene::Points;

transform! {
    /// Drops each point with the same probability. The lot of a point belongs to its source
    /// vertex, so it does not depend on which other points are left; the number of points kept
    /// is binomial.
    ///
    /// Described objects are guarded: a target that would fall below `min-target-ratio` of its
    /// points gets back those that came nearest to staying. With the default ratio of 1 the
    /// points of described objects are never dropped.
    ///
    /// ## Columns
    /// Every column keeps the same rows, in the order of the source.
    ///
    /// ## Text
    /// As for `crop-sphere`, should an object that is not described lose its last point.
    ///
    /// ## Source
    /// Pointcept `RandomDropout` (0.2), which shuffles the points on the way.
    DROP_POINTS = "drop-points", DropPoints
}

/// Parameters of `drop-points`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct DropPoints {
    /// Probability that a point is dropped.
    #[schemars(range(min = 0.0, max = 0.99))]
    ratio: f64,
}

impl Default for DropPoints {
    fn default() -> Self {
        Self { ratio: 0.2 }
    }
}

impl Transform for DropPoints {
    fn draw(&self, _stream: &mut Stream) -> Drawn {
        let limit = (self.ratio * (1_u64 << 32) as f64) as u32;
        let keep = Box::new(move |_: &mut Cow<'_, Points>, lots: &[u32]| {
            lots.iter().map(|&lot| lot >= limit).collect()
        });
        Drawn::new(Action::Thin { resamples: false, moves: false, at_most: None, keep })
            .with("ratio", self.ratio)
            .doing(Effects { removes_points: true, ..Effects::default() })
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::testing::{apply, at_origin, describing, variant_of};

    #[test]
    fn the_number_kept_is_binomial() {
        let n = 20_000;
        let kept = apply(&at_origin(n), &["op = 'drop-points'\nratio = 0.3"]).scene.points;
        let (mean, deviation) = (0.7 * n as f64, (0.21 * n as f64).sqrt());
        assert!((kept.len() as f64 - mean).abs() < 4.0 * deviation, "{}", kept.len());
        assert!(kept.orig_index.is_sorted());
    }

    #[test]
    fn described_objects_keep_their_share() {
        let mut scene = at_origin(4000);
        scene.points.object = (0..4000).map(|i| i % 4).collect();
        for (ratio, policy) in [(1.0, 1000), (0.9, 900)] {
            let variant =
                variant_of(&scene, &["op = 'drop-points'\nratio = 0.5"], &[describing(2, "the lamp")], ratio);
            let left = variant.scene.points.object.iter().filter(|&&o| o == 2).count();
            assert_eq!(left, policy);
            assert!(variant.provenance.steps[0].restored > 300);
            let others = variant.scene.points.object.iter().filter(|&&o| o == 1).count();
            assert!((400..600).contains(&others));
        }
    }
}
