//! The floor of a scene, and where something may stand on it.

use std::collections::BTreeMap;

use crate::math::{Aabb, Xyz};
use crate::scene::{NO_OBJECT, Points};

/// Edge of a column, in metres.
pub(crate) const CELL_M: f64 = 0.05;
/// Columns along the edge of a patch: floor is known by patches, as scans are not dense.
const PATCH: usize = 5;
/// How much the floor under one thing may differ in height, in metres.
const LEVEL_M: f32 = 0.1;
/// Most columns of a floor: a square of 200 m.
const MOST: usize = 16_000_000;
/// nyu40 ids: those of room-wide things, whose outline is not what they take up.
const FLOOR: u8 = 2;
const WALL: u8 = 1;
const CEILING: u8 = 22;

/// The rows that the labels call floor.
fn floor_rows(points: &Points) -> impl Iterator<Item = usize> {
    let finite = |&row: &usize| points.position.get(row).iter().all(|v| v.is_finite());
    (0..points.nyu40.len()).filter(|&row| points.nyu40[row] == FLOOR).filter(finite)
}

/// Mean height of the floor, in metres; `None` without floor.
pub(crate) fn floor_height(points: &Points) -> Option<f32> {
    let (sum, count) =
        floor_rows(points).fold((0.0, 0_u32), |(s, n), row| (s + f64::from(points.position.z[row]), n + 1));
    (count > 0).then(|| (sum / f64::from(count)) as f32)
}

/// Columns over the floor of a scene.
pub(crate) struct Ground {
    /// Lowest corner of the floor, a whole number of cells from the origin.
    corner: [i64; 2],
    /// Number of columns in x and y.
    size: [usize; 2],
    /// Lowest point of each column that is not floor, or what an outline around it begins at.
    lowest: Vec<f32>,
    /// Lowest and highest floor point of each patch; empty where there is none.
    floor: Vec<[f32; 2]>,
    /// The floor points.
    places: Vec<[f32; 2]>,
}

impl Ground {
    /// `None` without floor, or where it is too large to be one.
    pub(crate) fn of(points: &Points) -> Option<Self> {
        let places: Vec<[f32; 2]> =
            floor_rows(points).map(|row| [points.position.x[row], points.position.y[row]]).collect();
        let cell = |v: f32| libm::floor(f64::from(v) / CELL_M) as i64;
        let ends = |axis: usize| {
            let cells = places.iter().map(|place| cell(place[axis]));
            Some((cells.clone().min()?, cells.max()?))
        };
        let ((x0, x1), (y0, y1)) = (ends(0)?, ends(1)?);
        let size = [x1.checked_sub(x0)? as usize + 1, y1.checked_sub(y0)? as usize + 1];
        let columns = size[0].checked_mul(size[1]).filter(|&n| n <= MOST)?;
        let patches = size[0].div_ceil(PATCH) * size[1].div_ceil(PATCH);
        let mut ground = Self {
            corner: [x0, y0],
            size,
            lowest: vec![f32::INFINITY; columns],
            floor: vec![[f32::INFINITY, f32::NEG_INFINITY]; patches],
            places,
        };
        let mut outlines: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
        for row in 0..points.len() {
            let [x, y, z] = points.position.get(row);
            if !(x.is_finite() && y.is_finite() && z.is_finite()) {
                continue;
            }
            let class = points.nyu40.get(row).copied().unwrap_or(0);
            if let Some(column) = ground.column([cell(x), cell(y)]) {
                if class == FLOOR {
                    let patch = ground.patch(column);
                    let [lo, hi] = &mut ground.floor[patch];
                    (*lo, *hi) = (lo.min(z), hi.max(z));
                } else {
                    ground.lowest[column] = ground.lowest[column].min(z);
                }
            }
            let object = points.object.get(row).copied().unwrap_or(NO_OBJECT);
            if object != NO_OBJECT && ![FLOOR, WALL, CEILING].contains(&class) {
                outlines.entry(object).or_default().push(row as u32);
            }
        }
        for rows in outlines.values() {
            let position = points.position.select(rows);
            let begins = Aabb::of(position.axes()).min[2];
            for cell in Footprint::of(&position, [0.0; 2]).cells {
                if let Some(column) = ground.column(cell) {
                    ground.lowest[column] = ground.lowest[column].min(begins);
                }
            }
        }
        Some(ground)
    }

    /// Number of floor points, at least 1.
    pub(crate) fn places(&self) -> usize {
        self.places.len()
    }

    /// Where a floor point lies, x and y in metres.
    pub(crate) fn place(&self, i: usize) -> [f64; 2] {
        self.places[i].map(f64::from)
    }

    fn column(&self, cell: [i64; 2]) -> Option<usize> {
        let at = |axis: usize| {
            let i = usize::try_from(cell[axis].checked_sub(self.corner[axis])?).ok()?;
            (i < self.size[axis]).then_some(i)
        };
        Some(at(1)? * self.size[0] + at(0)?)
    }

    fn patch(&self, column: usize) -> usize {
        let (x, y) = (column % self.size[0], column / self.size[0]);
        y / PATCH * self.size[0].div_ceil(PATCH) + x / PATCH
    }

    /// The height that something of this footprint and `height` stands at, if there is floor under
    /// it and nothing but floor in its columns, and in those nearer than `clearance`, below
    /// `height` plus `clearance`. All in metres.
    pub(crate) fn stands_free(&self, footprint: &Footprint, height: f64, clearance: f64) -> Option<f64> {
        let columns: Option<Vec<usize>> = footprint.cells.iter().map(|&cell| self.column(cell)).collect();
        let mut level = [f32::INFINITY, f32::NEG_INFINITY];
        for column in columns? {
            let [lo, hi] = self.floor[self.patch(column)];
            if lo > hi {
                return None;
            }
            level = [level[0].min(lo), level[1].max(hi)];
        }
        if footprint.cells.is_empty() || level[1] - level[0] > LEVEL_M {
            return None;
        }
        let stands = f64::from(level[1]);
        let top = stands + height + clearance;
        // One cell more, as both ends may lie anywhere in theirs.
        let reach = libm::ceil(clearance / CELL_M) as i64 + 1;
        let near = |[x, y]: [i64; 2]| {
            (-reach..=reach).flat_map(move |dy| (-reach..=reach).map(move |dx| [x + dx, y + dy]))
        };
        let mut around: Vec<[i64; 2]> = footprint.cells.iter().copied().flat_map(near).collect();
        around.sort_unstable();
        around.dedup();
        let taken = around
            .into_iter()
            .filter_map(|cell| self.column(cell))
            .any(|column| f64::from(self.lowest[column]) < top);
        (!taken).then_some(stands)
    }
}

/// The columns that something takes up: those of its points and those inside of their outline.
pub(crate) struct Footprint {
    /// By x and y, in cells from the origin, each once.
    pub cells: Vec<[i64; 2]>,
}

impl Footprint {
    /// Of finite points, moved by `shift` (x and y, metres). An outline too large to be a thing's
    /// is left open.
    pub(crate) fn of(position: &Xyz, shift: [f64; 2]) -> Self {
        let at = |v: f32, axis: usize| (f64::from(v) + shift[axis]) / CELL_M;
        let mut points: Vec<[f64; 2]> =
            position.x.iter().zip(&position.y).map(|(&x, &y)| [at(x, 0), at(y, 1)]).collect();
        let mut cells: Vec<[i64; 2]> = points.iter().map(|p| p.map(|v| libm::floor(v) as i64)).collect();
        points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        let hull = hull(&points);
        let ends = |axis: usize| {
            let values = || cells.iter().map(|cell| cell[axis]);
            (values().min().unwrap_or(0), values().max().unwrap_or(0))
        };
        let ((x0, x1), (y0, y1)) = (ends(0), ends(1));
        if x1.saturating_sub(x0).saturating_mul(y1.saturating_sub(y0)) <= MOST as i64 {
            let middle = |v: i64| v as f64 + 0.5;
            let inside = |&[x, y]: &[i64; 2]| contains(&hull, [middle(x), middle(y)]);
            cells.extend((y0..=y1).flat_map(|y| (x0..=x1).map(move |x| [x, y])).filter(inside));
        }
        cells.sort_unstable();
        cells.dedup();
        Self { cells }
    }
}

/// Twice the area of a triangle, positive where it turns left.
fn turn(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// The convex outline of sorted points, counter-clockwise (Andrew's monotone chain, 1979).
fn hull(sorted: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let chain = |points: &mut dyn Iterator<Item = [f64; 2]>| {
        let mut chain: Vec<[f64; 2]> = Vec::new();
        for point in points {
            while let [.., a, b] = chain[..]
                && turn(a, b, point) <= 0.0
            {
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        chain
    };
    let mut lower = chain(&mut sorted.iter().copied());
    lower.extend(chain(&mut sorted.iter().rev().copied()));
    lower
}

fn contains(hull: &[[f64; 2]], point: [f64; 2]) -> bool {
    let next = hull.iter().cycle().skip(1);
    hull.len() > 2 && hull.iter().zip(next).all(|(&a, &b)| turn(a, b, point) >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A floor of 2 × 2 m at z = 0 with points every 4 cm, and a table top over one corner.
    fn room() -> Points {
        let mut points = Points::default();
        for (x, y) in (0..50).flat_map(|x| (0..50).map(move |y| (x as f32 * 0.04, y as f32 * 0.04))) {
            points.position.push([x, y, 0.0]);
            points.nyu40.push(FLOOR);
            points.object.push(0);
        }
        // Only its corners: the outline says what lies between.
        for [x, y] in [[0.0, 0.0], [0.8, 0.0], [0.0, 0.8], [0.8, 0.8]] {
            points.position.push([x, y, 0.7]);
            points.nyu40.push(7);
            points.object.push(1);
        }
        points
    }

    fn stick(x: f64, y: f64) -> Footprint {
        Footprint::of(&Xyz { x: vec![0.0], y: vec![0.0], z: vec![0.0] }, [x, y])
    }

    #[test]
    fn what_stands_must_have_floor_below_and_nothing_above() {
        let ground = Ground::of(&room()).unwrap();
        let free = |x, y, height| ground.stands_free(&stick(x, y), height, 0.1);
        assert_eq!(free(1.5, 1.5, 1.0), Some(0.0));
        assert_eq!(free(0.4, 0.4, 1.0), None, "it would stand in the table");
        assert_eq!(free(0.4, 0.4, 0.5), Some(0.0), "it fits below");
        assert_eq!(free(0.4, 0.4, 0.65), None, "with too little room above");
        assert_eq!(free(0.88, 0.4, 1.0), None, "too near");
        assert_eq!(free(2.5, 1.0, 0.1), None, "outside");
        let mut steps = room();
        for row in 0..steps.len() {
            if steps.position.x[row] > 1.0 {
                steps.position.z[row] += 0.3;
            }
        }
        let ground = Ground::of(&steps).unwrap();
        let wide = Footprint::of(&Xyz { x: vec![-0.4, 0.4], y: vec![0.0; 2], z: vec![0.0; 2] }, [1.0, 1.5]);
        assert_eq!(ground.stands_free(&wide, 0.1, 0.05), None, "a step under it");
        assert_eq!(floor_height(&room()), Some(0.0));
        let mut none = room();
        none.nyu40.fill(1);
        assert!(Ground::of(&none).is_none() && floor_height(&none).is_none());
    }

    #[test]
    fn footprints_are_filled() {
        let square =
            Xyz { x: vec![0.01, 0.99, 0.99, 0.01], y: vec![0.01, 0.01, 0.99, 0.99], z: vec![0.0; 4] };
        assert_eq!(Footprint::of(&square, [0.0; 2]).cells.len(), 400);
        let line = Xyz { x: vec![0.01, 0.99], y: vec![0.01, 0.01], z: vec![0.0; 2] };
        assert_eq!(Footprint::of(&line, [0.0; 2]).cells.len(), 2, "a line has no inside");
        assert!(Footprint::of(&Xyz::default(), [0.0; 2]).cells.is_empty());
    }
}
