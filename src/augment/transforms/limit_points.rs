use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{
    ATTEMPTS, Action, Complaint, Cut, Drawn, Effects, Place, Transform, transform,
};
use crate::math::{Aabb, Stream, Xyz, count};

/// Most turns of the loop: the window is then a sixteenth of its first width or less.
const TURNS: usize = 16;

transform! {
    /// Brings a scene down to at most `count` points; a smaller one stays whole.
    ///
    /// With `how = "uniform"` the points to keep are drawn, each source vertex with its own lot.
    /// Described objects keep what `min-target-ratio` promises them and the others make room, so the
    /// limit is passed only where the described objects alone have more points.
    ///
    /// With `how = "spformer"` the scene is cut: a window of `window-m` in all directions lies
    /// somewhere at random in the box of the scene, and as long as it holds too many points another
    /// is laid that is narrower by `step-m` in x and y. Described objects are guarded as in
    /// `crop-sphere`: another try, then windows around the middle of the targets, then the step is
    /// left out and the scene keeps its points.
    ///
    /// ## Columns
    /// Every column keeps the same rows, in the order of the source. Object ids are not
    /// renumbered.
    ///
    /// ## Text
    /// As for `crop-sphere`: sentences go with the last object of a class they name, and with a
    /// rival they count or compare.
    ///
    /// ## Source
    /// The crop of SPFormer and the others that descend from PointGroup (250,000 points, 512 voxels
    /// of 2 cm, 32 voxels a turn), which guards nothing; mmdetection3d `PointSample`.
    LIMIT_POINTS = "limit-points", LimitPoints
}

/// Parameters of `limit-points`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct LimitPoints {
    /// Most points to keep.
    #[schemars(range(min = 1))]
    count: u32,
    /// How points are chosen.
    how: How,
    /// Width of the first window, in metres, for `how = "spformer"`.
    #[schemars(range(min = 0.1, max = 1e4))]
    window_m: f64,
    /// How much narrower each further window is, in metres, for `how = "spformer"`.
    #[schemars(range(min = 0.01, max = 1e3))]
    step_m: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum How {
    /// Each point is as likely as any other.
    Uniform,
    /// Those in a window that shrinks until few enough are in it.
    Spformer,
}

impl Default for LimitPoints {
    fn default() -> Self {
        Self { count: 250_000, how: How::Uniform, window_m: 10.24, step_m: 0.64 }
    }
}

impl Transform for LimitPoints {
    fn check(&self) -> Result<(), Complaint> {
        // The second window would hold nothing, and the step stand back each time.
        if self.how == How::Uniform || self.step_m < self.window_m {
            return Ok(());
        }
        Err(Complaint { key: "step-m", expected: "less than `window-m`" })
    }

    fn draw(&self, stream: &mut Stream) -> Drawn {
        let limit = *self;
        // Drawn for both ways, so that going from one to the other moves nothing that follows.
        let shares: Vec<[f64; 3]> =
            (0..ATTEMPTS * TURNS).map(|_| std::array::from_fn(|_| stream.unit())).collect();
        let action = match self.how {
            How::Uniform => Action::Thin {
                resamples: false,
                moves: false,
                at_most: Some(self.count),
                keep: Box::new(move |_, lots| highest(lots, limit.count as usize)),
            },
            How::Spformer => {
                Action::Crop(Box::new(move |position, place| Some(limit.window(position, place, &shares))))
            }
        };
        Drawn::new(action)
            .with("count", self.count)
            .doing(Effects { removes_points: true, ..Effects::default() })
    }
}

/// Marks the `count` highest lots; the earlier row wins a tie.
fn highest(lots: &[u32], count: usize) -> Vec<bool> {
    if count >= lots.len() {
        return vec![true; lots.len()];
    }
    let mut keys: Vec<u64> = (0_u64..).zip(lots).map(|(row, &lot)| u64::from(!lot) << 32 | row).collect();
    keys.select_nth_unstable(count);
    let mut keep = vec![false; lots.len()];
    for &key in &keys[..count] {
        keep[key as u32 as usize] = true;
    }
    keep
}

impl LimitPoints {
    /// The first of the shrinking windows that holds few enough points.
    fn window(self, position: &Xyz, place: Place, shares: &[[f64; 3]]) -> Cut {
        let bounds = Aabb::of(position.axes());
        let whole = Cut { centre: bounds.middle().map(|v| v as f32), kept: vec![true; position.len()] };
        if position.len() <= self.count as usize {
            return whole;
        }
        for turn in 0..TURNS {
            let narrow = (self.window_m - turn as f64 * self.step_m).max(0.0);
            let size = [narrow, narrow, self.window_m];
            let lo: [f64; 3] = std::array::from_fn(|a| match place {
                Place::Around(centre) => f64::from(centre[a]) - size[a] / 2.0,
                Place::Random(attempt) => {
                    let room = f64::from(bounds.max[a]) - f64::from(bounds.min[a]);
                    // A hair wider, so that the last window can hold the last point.
                    let free = (room + 1e-3 - size[a]).max(0.0);
                    f64::from(bounds.min[a]) + free * shares[attempt * TURNS + turn][a]
                }
            });
            let kept = position.within(lo, std::array::from_fn(|a| lo[a] + size[a]));
            if count(&kept) <= self.count as usize {
                return Cut { centre: std::array::from_fn(|a| (lo[a] + size[a] / 2.0) as f32), kept };
            }
        }
        Cut { kept: vec![false; position.len()], ..whole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::Outcome;
    use crate::augment::testing::{apply, apply_seeded, describing, scattered, variant_of};

    #[test]
    fn uniform_keeps_exactly_the_count_each_vertex_as_likely() {
        let scene = scattered(10, 1);
        let mut count = [0_u32; 10];
        for seed in 0..4000 {
            let kept =
                apply_seeded(&scene, &["op = 'limit-points'\ncount = 4"], seed).scene.points.orig_index;
            assert!(kept.len() == 4 && kept.is_sorted());
            for v in kept {
                count[v as usize] += 1;
            }
        }
        // Of ten counts with four in ten chosen together, each deviates with √(n · 0.4 · 0.6).
        assert!(count.iter().all(|&c| (f64::from(c) - 1600.0).abs() < 4.0 * 960.0_f64.sqrt()), "{count:?}");
        assert_eq!(apply(&scene, &["op = 'limit-points'\ncount = 10"]).scene.points, scene.points);
    }

    #[test]
    fn described_objects_stay_and_the_others_make_room() {
        let mut scene = scattered(1000, 2);
        scene.points.object = (0..1000).map(|i| i % 10).collect();
        let of = [describing(3, "a"), describing(4, "b")];
        let kept = variant_of(&scene, &["op = 'limit-points'\ncount = 300"], &of, 1.0).scene.points;
        assert_eq!(kept.len(), 300);
        let left = |id| kept.object.iter().filter(|&&o| o == id).count();
        assert_eq!((left(3), left(4)), (100, 100));
        let tight = variant_of(&scene, &["op = 'limit-points'\ncount = 50"], &of, 1.0).scene.points;
        assert_eq!(tight.len(), 200, "the targets and nothing else");
    }

    const LOOP: &str = "op = 'limit-points'\nhow = 'spformer'\nwindow-m = 3.9\nstep-m = 0.25\ncount = 300";

    #[test]
    fn windows_shrink_until_few_enough_points_are_in_one() {
        let scene = scattered(1000, 2);
        for seed in 0..30 {
            let variant = apply_seeded(&scene, &[LOOP], seed);
            let kept = &variant.scene.points;
            assert!((1..=300).contains(&kept.len()), "{}", kept.len());
            let bounds = Aabb::of(kept.position.axes());
            let inside = |i: usize| {
                let p = scene.points.position.get(i);
                (0..3).all(|a| bounds.min[a] <= p[a] && p[a] <= bounds.max[a])
            };
            assert_eq!((0..1000).filter(|&i| inside(i)).count(), kept.len(), "all points of the window");
            assert!(bounds.size()[0] <= 3.9 && bounds.size()[2] > 3.0, "height stays: {:?}", bounds.size());
        }
        let whole = LOOP.replace("count = 300", "count = 1000");
        assert_eq!(apply(&scene, &[&whole]).scene.points, scene.points);
    }

    #[test]
    fn windows_find_the_targets_or_the_step_stands_back() {
        let mut scene = scattered(1000, 2);
        let near = |i: usize| scene.points.position.get(i).iter().all(|v| (1.0..1.8).contains(v));
        scene.points.object = (0..1000).map(|i| i32::from(near(i))).collect();
        for variant in 0..10 {
            let step = format!("id = '{variant}'\n{LOOP}");
            let kept = variant_of(&scene, &[&step], &[describing(1, "a")], 1.0);
            assert_eq!(kept.provenance.targets[0].ratio, 1.0);
            assert!(kept.provenance.targets[0].points > 0 && kept.scene.points.len() <= 300);
        }
        scene.points.object = (0..1000).map(|i| i % 2).collect();
        let spread = variant_of(&scene, &[LOOP], &[describing(1, "a")], 1.0);
        assert_eq!(spread.provenance.steps[0].outcome, Outcome::Skipped);
        assert_eq!(spread.scene.points, scene.points);
    }
}
