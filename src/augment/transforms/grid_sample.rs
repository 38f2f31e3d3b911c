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
            let mut cells = Cells::new(&points.position, cell);
            let keep = cells.winners(lots, &points.orig_index);
            if mean {
                for group in cells.members().chunk_by(|a, b| a >> 32 == b >> 32).filter(|g| g.len() > 1) {
                    let best = (group[0] >> 32) as usize;
                    let same = |row: &u32| points.object.get(*row as usize) == points.object.get(best);
                    let rows: Vec<u32> = group.iter().map(|&item| item as u32).filter(same).collect();
                    average(points.to_mut(), &rows, best);
                }
            }
            keep
        });
        Drawn::new(Action::Thin { resamples: true, moves: mean, at_most: None, keep })
            .with("cell-m", self.cell_m)
            .doing(Effects { removes_points: true, ..Effects::default() })
    }
}

/// No row.
const NONE: u32 = u32::MAX;

/// The cell of each row, and a table of the rows that stand for cells.
struct Cells {
    /// Steps along each axis.
    x: Vec<i32>,
    y: Vec<i32>,
    z: Vec<i32>,
    /// By hash, at least half as many places again as there are rows, and a power of two of them. A cell
    /// has the first place from its hash on that no other has.
    table: Vec<u32>,
}

impl Cells {
    fn new(position: &Xyz, cell: f64) -> Self {
        let [x, y, z] = position.axes().map(|axis| {
            let mut steps = vec![0; axis.len()];
            widest(
                #[inline(always)]
                || {
                    for (s, &v) in steps.iter_mut().zip(axis) {
                        *s = step(v, cell);
                    }
                },
            );
            steps
        });
        let places = (position.len() + position.len() / 2).next_power_of_two();
        Self { x, y, z, table: vec![NONE; places] }
    }

    /// Whether each row is the one of its cell with the highest lot; the earlier vertex wins a tie.
    #[expect(clippy::needless_bitwise_bool, reason = "no branch that a processor could guess wrong")]
    fn winners(&mut self, lots: &[u32], orig_index: &[u32]) -> Vec<bool> {
        let mut keep = vec![true; lots.len()];
        for (row, &lot) in lots.iter().enumerate() {
            let place = self.place(row);
            // Who comes first meets itself.
            let alone = self.table[place] == NONE;
            let best = if alone { row } else { self.table[place] as usize };
            let earlier = orig_index[row] < orig_index[best];
            let wins = (lot > lots[best]) | (lot == lots[best]) & earlier;
            let (winner, loser) = if wins { (row, best) } else { (best, row) };
            keep[loser] &= alone;
            self.table[place] = winner as u32;
        }
        keep
    }

    /// Every row in the lower half of an item, the row that stands for its cell in the upper half, sorted.
    fn members(&self) -> Vec<u64> {
        let item = |row: usize| u64::from(self.table[self.place(row)]) << 32 | row as u64;
        let mut items: Vec<u64> = (0..self.x.len()).map(item).collect();
        sort_upper(&mut items, u32::BITS - (self.x.len() as u32).leading_zeros());
        items
    }

    /// The place of a row's cell in the table.
    #[inline(always)]
    fn place(&self, row: usize) -> usize {
        let cell = (self.x[row], self.y[row], self.z[row]);
        let mut place = self.home(cell);
        loop {
            let held = self.table[place];
            let other = if held == NONE { row } else { held as usize };
            if cell == (self.x[other], self.y[other], self.z[other]) {
                return place;
            }
            place = (place + 1) & (self.table.len() - 1);
        }
    }

    /// The place where the search for a cell begins. With powers of the root of g⁴ = g + 1 for factors
    /// (times 2⁶⁴, odd), the upper bits are spread the more evenly the nearer cells are to each other.
    #[inline(always)]
    fn home(&self, (x, y, z): (i32, i32, i32)) -> usize {
        let term = |step: i32, factor: u64| (step as u64).wrapping_mul(factor);
        let sum = term(x, 0xD1B5_4A32_D192_ED03)
            .wrapping_add(term(y, 0xABC9_8388_FB8F_AC03))
            .wrapping_add(term(z, 0x8CB9_2BA7_2F3D_8DD7));
        ((sum >> 32) as usize * self.table.len()) >> 32
    }
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
