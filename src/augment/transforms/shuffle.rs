use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{Action, Drawn, Transform, transform};
use crate::math::Stream;

transform! {
    /// Puts the points in a random order, all orders being equally likely. Each source vertex draws a
    /// lot and the lots are sorted, so two points keep their order whichever others are left.
    ///
    /// Shards are read in any case by trainers that take points as a set; this step is for those that
    /// cut the first so many off.
    ///
    /// ## Columns
    /// Every column is reordered in the same way, `orig_index` among them: the only step after which
    /// points do not stand in the order of the source.
    ///
    /// ## Text
    /// Every sentence stays true.
    ///
    /// ## Source
    /// Pointcept `ShufflePoint`.
    SHUFFLE = "shuffle", Shuffle
}

/// `shuffle` has no parameters of its own.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Shuffle {}

impl Transform for Shuffle {
    fn draw(&self, _stream: &mut Stream) -> Drawn {
        Drawn::new(Action::Shuffle)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::augment::check;
    use crate::augment::testing::{apply, apply_seeded, at_origin, cube, scattered};

    #[test]
    fn points_keep_their_values_and_lose_their_order() {
        let mut scene = scattered(500, 3);
        scene.points.object = (0..500).map(|i| i / 9).collect();
        scene.faces = vec![[0, 1, 2], [499, 7, 3]];
        let shuffled = apply(&scene, &["op = 'shuffle'"]);
        check(&scene, &shuffled).unwrap();
        let points = &shuffled.scene.points;
        assert!(!points.orig_index.is_sorted());
        assert_eq!(scene.points.select(&points.orig_index), *points);
        let back = |face: [u32; 3]| face.map(|v| points.orig_index[v as usize]);
        assert_eq!(shuffled.scene.faces.iter().map(|&f| back(f)).collect::<Vec<_>>(), scene.faces);
    }

    #[test]
    fn the_order_of_two_points_does_not_hang_on_a_third() {
        let steps = ["op = 'drop-points'\nid = 'd'", "op = 'shuffle'\nid = 's'"];
        let scene = scattered(300, 4);
        assert_eq!(
            apply(&scene, &steps).scene.points,
            apply(&scene, &[steps[1], steps[0]]).scene.points,
            "noise and order belong to vertices"
        );
        let twice = apply(&cube(), &["op = 'shuffle'", "op = 'shuffle'", "op = 'jitter'\nid = 'j'"]);
        let mut rows: Vec<u32> = (0..8).collect();
        rows.sort_by_key(|&row| twice.scene.points.orig_index[row as usize]);
        let plain = apply(&cube(), &["op = 'jitter'\nid = 'j'"]);
        assert_eq!(twice.scene.points.select(&rows), plain.scene.points);
    }

    #[test]
    fn every_order_is_equally_likely() {
        let scene = at_origin(3);
        let mut counts: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        for seed in 0..6000 {
            let order = apply_seeded(&scene, &["op = 'shuffle'"], seed).scene.points.orig_index;
            *counts.entry(order).or_default() += 1;
        }
        assert_eq!(counts.len(), 6);
        let chi2: f64 = counts.values().map(|&c| (f64::from(c) - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi2 < 20.5, "99.9 % of fair shuffles stay below: {chi2} {counts:?}");
    }
}
