//! How far apart the points of a scene lie.

use super::camera::nearly_all;
use crate::math::Xyz;

/// Points that tell where nearly all lie.
const SAMPLE: usize = 8_000;
/// Points that a cell has on average at least, so that few cells hold one by chance.
const FULL: usize = 4;

/// How far neighbours are apart on the surfaces that points lie on, in the unit of the points: n points in
/// m cells of side s are about s / √(n/m) apart. Never more than a 25th of the longest extent.
pub(super) fn spacing(position: &Xyz) -> f32 {
    let stride = (position.len() / SAMPLE).max(1);
    let ends = position.axes().map(|axis| nearly_all(axis.iter().step_by(stride).map(|&v| f64::from(v))));
    let [Some(x), Some(y), Some(z)] = ends else { return 0.0 };
    let ends = [x, y, z];
    let longest = ends.iter().map(|[from, to]| to - from).fold(0.0, f64::max);
    let mut side = longest / 256.0;
    let mut cells: Vec<u32> = Vec::with_capacity(position.len());
    loop {
        cells.clear();
        for i in 0..position.len() {
            let p = position.get(i);
            // Ten bits an axis: there are 256 cells along one at most, and what is far off is of no interest.
            let cell = |a: usize| ((f64::from(p[a]) - ends[a][0]) / side) as u32;
            let inside = |a: usize| (ends[a][0]..=ends[a][1]).contains(&f64::from(p[a]));
            if (0..3).all(inside) {
                cells.push(cell(0) << 20 | cell(1) << 10 | cell(2));
            }
        }
        let points = cells.len();
        cells.sort_unstable();
        cells.dedup();
        if points >= FULL * cells.len() || side > longest / 8.0 {
            let apart = side * libm::sqrt(cells.len() as f64 / points.max(1) as f64);
            return apart.min(longest / 25.0) as f32;
        }
        side *= 2.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floor(step: f32, scale: f32) -> f32 {
        let n = (4.0 / step) as usize;
        let at = |i: usize| i as f32 * step * scale;
        let mut floor = Xyz::default();
        (0..n * n).for_each(|i| floor.push([at(i % n), at(i / n), 0.0]));
        spacing(&floor) / scale
    }

    #[test]
    fn the_spacing_of_a_floor_is_that_of_its_grid_in_any_unit() {
        for (step, scale) in [(0.02, 1.0), (0.05, 1.0), (0.1, 1.0), (0.05, 1000.0)] {
            let found = floor(step, scale);
            assert!(found > 0.7 * step && found < 1.5 * step, "{step}: {found}");
        }
    }

    #[test]
    fn odd_points_have_a_spacing_too() {
        assert_eq!(spacing(&Xyz::default()), 0.0);
        let mut odd = Xyz::default();
        odd.push([f32::NAN; 3]);
        assert_eq!(spacing(&odd), 0.0);
        odd.push([1.0, 2.0, 3.0]);
        odd.push([1e30, 2.0, f32::INFINITY]);
        assert!(spacing(&odd).is_finite());
    }
}
