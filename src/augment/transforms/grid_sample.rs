use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::lut::to_level;
use crate::augment::transform::{Action, Drawn, Effects, Transform, transform};
use crate::math::{Stream, Xyz, sort_upper, widest};
use crate::scene::Points;

transform! {
    /// Keeps one point of each cell of a grid. Every point of a cell is equally likely: each
    /// source vertex draws a lot, and the highest lot of a cell stays, so the pick does not
    /// depend on the order of the points.
    ///
    /// With `pick = "mean"` the kept point moves to the mean of those points of its cell that
    /// belong to the same object, and takes their mean colour and normal; its labels stay its own.
    ///
    /// Sampling thins everything by design, so described objects count as whole as long as one
    /// of their points is left: one that shares all its cells with luckier neighbours keeps its
    /// best point in addition, the only case in which a cell holds two.
    ///
    /// ## Columns
    /// Every column keeps the same rows, in the order of the source.
    ///
    /// ## Text
    /// As for `crop-sphere`, should an object that is not described lose its last point.
    ///
    /// ## Source
    /// Pointcept `GridSample` in training, whose modulo pick favours the last points of a cell
    /// and whose ties depend on the processor.
    GRID_SAMPLE = "grid-sample", GridSample
}

/// Parameters of `grid-sample`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct GridSample {
    /// Edge length of a cell, in metres.
    #[schemars(range(min = 0.001, max = 100.0))]
    cell_m: f64,
    /// What stands for a cell.
    pick: Pick,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Pick {
    /// One of its points, each equally likely.
    Uniform,
    /// That point, moved to the mean of the points of its object in the cell.
    Mean,
}

impl Default for GridSample {
    fn default() -> Self {
        Self { cell_m: 0.02, pick: Pick::Uniform }
    }
}

impl Transform for GridSample {
    fn draw(&self, _stream: &mut Stream) -> Drawn {
        let (cell, mean) = (self.cell_m, self.pick == Pick::Mean);
        let keep = Box::new(move |points: &mut Cow<'_, Points>, lots: &[u32]| {
            let cells = cells_of(&points.position, cell);
            let keep = winners(&cells, lots, &points.orig_index);
            if mean {
                for group in cells.chunk_by(|a, b| a >> 32 == b >> 32).filter(|group| group.len() > 1) {
                    let rows = group.iter().map(|&item| item as u32);
                    let Some(best) = rows.clone().find(|&row| keep[row as usize]) else { continue };
                    let same =
                        |row: &u32| points.object.get(*row as usize) == points.object.get(best as usize);
                    let rows: Vec<u32> = rows.filter(same).collect();
                    average(points.to_mut(), &rows, best as usize);
                }
            }
            keep
        });
        Drawn::new(Action::Thin { resamples: true, moves: mean, at_most: None, keep })
            .with("cell-m", self.cell_m)
            .doing(Effects { removes_points: true, ..Effects::default() })
    }
}

/// Whether each row is the one of its cell with the highest lot; the earlier vertex wins a tie.
fn winners(cells: &[u64], lots: &[u32], orig_index: &[u32]) -> Vec<bool> {
    let mut keep = vec![true; cells.len()];
    let (mut cell, mut best, mut best_lot) = (u64::MAX, 0, 0);
    // Each row loses or makes the one before it lose. No branch that a processor could guess wrong.
    for &item in cells {
        let row = item as u32 as usize;
        let lot = lots[row];
        let same = item >> 32 == cell;
        let higher = if lot == best_lot { orig_index[row] < orig_index[best] } else { lot > best_lot };
        let wins = !same | higher;
        keep[if wins { best } else { row }] &= !same;
        (best, best_lot) = if wins { (row, lot) } else { (best, best_lot) };
        cell = item >> 32;
    }
    keep
}

/// The row of every point in the lower half of an item, the number of its cell in the upper half,
/// sorted. Cells are numbered from the lowest, with as many bits an axis as the scene needs.
fn cells_of(position: &Xyz, cell: f64) -> Vec<u64> {
    let axes = position.axes().each_ref().map(|axis| {
        let mut steps = vec![0_u32; axis.len()];
        let any = widest(
            #[inline(always)]
            || {
                let mut lowest = i32::MAX;
                for (s, &v) in steps.iter_mut().zip(*axis) {
                    let step = step(v, cell);
                    *s = step as u32;
                    lowest = lowest.min(step);
                }
                let mut any = 0;
                for s in &mut steps {
                    *s = s.wrapping_sub(lowest as u32);
                    any |= *s;
                }
                any
            },
        );
        (steps, 32 - any.leading_zeros())
    });
    let [(x, _), (y, y_bits), (z, z_bits)] = &axes;
    let bits: u32 = axes.iter().map(|(_, bits)| bits).sum();
    if bits <= 32 {
        let item = |row: usize| {
            let cell =
                u64::from(x[row]) << (y_bits + z_bits) | u64::from(y[row]) << z_bits | u64::from(z[row]);
            cell << 32 | row as u64
        };
        let mut items: Vec<u64> = (0..position.len()).map(item).collect();
        sort_upper(&mut items, bits);
        return items;
    }
    // Far more cells than a room has: those that hold a point are numbered one after the other.
    let mut cells: Vec<([u32; 3], u32)> =
        (0..position.len()).map(|row| ([x[row], y[row], z[row]], row as u32)).collect();
    cells.sort_unstable();
    let groups = cells.chunk_by(|a, b| a.0 == b.0);
    (0_u64..)
        .zip(groups)
        .flat_map(|(n, group)| group.iter().map(move |&(_, row)| n << 32 | u64::from(row)))
        .collect()
}

/// 1.5 · 2⁵²: around here an f64 is a whole number, and its lower bits count from this one's.
const WHOLE: f64 = 6_755_399_441_055_744.0;

/// ⌊v / cell⌋, within the range of the type; the lowest for what is not a number.
#[inline(always)]
fn step(v: f32, cell: f64) -> i32 {
    let exact = f64::from(v) / cell;
    // Comparisons that leave no number but those in between, so that what follows runs on many at once.
    let exact = if exact > f64::from(i32::MIN) { exact } else { f64::from(i32::MIN) };
    let exact = if exact < f64::from(i32::MAX) { exact } else { f64::from(i32::MAX) };
    // The nearest whole number, read from the bits of a sum that has no room for a fraction; one less
    // where that went up.
    let sum = exact + WHOLE;
    (sum.to_bits() as i32).wrapping_sub(i32::from(sum - WHOLE > exact))
}

/// Writes the mean of `rows` into row `into`.
fn average(points: &mut Points, rows: &[u32], into: usize) {
    let n = rows.len() as f64;
    let mean = |column: &[f32]| rows.iter().map(|&r| f64::from(column[r as usize])).sum::<f64>() / n;
    for axis in points.position.axes_mut() {
        axis[into] = mean(axis) as f32;
    }
    if let Some(normal) = &mut points.normal {
        let sum = normal.axes().map(mean);
        let length = libm::sqrt(sum.iter().map(|v| v * v).sum());
        // Normals that cancel out leave the point its own.
        if length > 1e-6 {
            for (axis, v) in normal.axes_mut().into_iter().zip(sum) {
                axis[into] = (v / length) as f32;
            }
        }
    }
    if let Some(colour) = &mut points.colour {
        for channel in colour.channels_mut() {
            let sum: f64 = rows.iter().map(|&r| f64::from(channel[r as usize])).sum();
            channel[into] = to_level(sum / n);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::augment::testing::{apply, apply_seeded, at_origin, describing, scattered, variant_of};

    const STEP: &str = "op = 'grid-sample'\ncell-m = 0.25";

    #[test]
    fn one_point_of_each_cell_is_kept_and_every_one_is_an_input() {
        let scene = scattered(3000, 5);
        let cell = |p: [f32; 3]| p.map(|v| (f64::from(v) / 0.25).floor() as i64);
        let distinct: BTreeSet<_> = (0..3000).map(|i| cell(scene.points.position.get(i))).collect();
        let kept = apply(&scene, &[STEP]).scene.points;
        assert_eq!(kept.len(), distinct.len());
        assert!(distinct.len() < 2500, "some cells hold several points");
        for i in 0..kept.len() {
            assert_eq!(kept.position.get(i), scene.points.position.get(kept.orig_index[i] as usize));
        }
    }

    #[test]
    fn scenes_of_any_extent_have_their_cells() {
        // Two near the origin, two that share a far cell, one further off than cells are counted.
        let mut scene = at_origin(6);
        scene.points.position.x = vec![0.0, 0.3, -9e5, -9e5, 3e9, f32::NAN];
        scene.points.position.y = vec![0.0, 0.0, 4e6, 4e6, 0.0, -1.0];
        let kept = apply(&scene, &[STEP]).scene.points.orig_index;
        assert_eq!(kept.len(), 5);
        assert!([0, 1, 4, 5].iter().all(|v| kept.contains(v)) && !(kept.contains(&2) && kept.contains(&3)));
    }

    #[test]
    fn the_order_of_the_points_does_not_matter() {
        let scene = scattered(800, 6);
        let mut turned = scene.clone();
        turned.points = turned.points.select(&(0..800).rev().collect::<Vec<_>>());
        let mut other = apply(&turned, &[STEP]).scene.points.orig_index;
        other.reverse();
        assert_eq!(apply(&scene, &[STEP]).scene.points.orig_index, other);
    }

    #[test]
    fn every_point_of_a_cell_is_equally_likely() {
        let scene = at_origin(5);
        let mut count = [0_u32; 5];
        for seed in 0..10_000 {
            count[apply_seeded(&scene, &[STEP], seed).scene.points.orig_index[0] as usize] += 1;
        }
        let chi2: f64 = count.iter().map(|&c| (f64::from(c) - 2000.0).powi(2) / 2000.0).sum();
        assert!(chi2 < 18.5, "99.9 % of fair picks stay below: {chi2} {count:?}");
    }

    #[test]
    fn a_target_always_keeps_a_point() {
        let mut scene = at_origin(50);
        scene.points.object = vec![0; 50];
        scene.points.object[49] = 7;
        for cell in [0.25, 0.5, 2.0] {
            let step = format!("id = 's{cell}'\nop = 'grid-sample'\ncell-m = {cell}");
            let variant = variant_of(&scene, &[&step], &[describing(7, "the lamp")], 1.0);
            assert!(variant.scene.points.object.contains(&7));
            assert_eq!(variant.provenance.targets[0].ratio, 1.0);
        }
    }

    #[test]
    fn means_stay_with_their_object() {
        let mut scene = at_origin(4);
        scene.points.position.x = vec![0.0, 0.2, 0.1, 0.24];
        scene.points.object = vec![1, 1, 2, 1];
        let kept = apply(&scene, &["op = 'grid-sample'\ncell-m = 0.25\npick = 'mean'"]).scene;
        let x = kept.points.position.x[0];
        match kept.points.object[0] {
            1 => assert!((x - 0.44 / 3.0).abs() < 1e-6),
            _ => assert_eq!(x, 0.1),
        }
    }
}
