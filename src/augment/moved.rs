//! Where points would be under a map that is not applied yet.

use crate::math::{Aabb, Affine, Xyz, widest};

/// Points measured side by side.
const LANES: usize = 16;

/// Positions seen through a pending map: measured in f64, without rounding in between.
/// Coordinates that are not finite are passed over.
pub(crate) struct Moved<'a> {
    position: &'a Xyz,
    map: &'a Affine,
}

impl<'a> Moved<'a> {
    pub(crate) fn new(position: &'a Xyz, map: &'a Affine) -> Self {
        Self { position, map }
    }

    /// Smallest and largest corner; both the origin when there is no point.
    pub(crate) fn bounds(&self) -> [[f64; 3]; 2] {
        let mut corners = [[0.0; 3]; 2];
        if *self.map == Affine::IDENTITY {
            let bounds = Aabb::of(self.position.axes());
            if !bounds.is_empty() && bounds.min.iter().chain(&bounds.max).all(|v| v.is_finite()) {
                return [bounds.min.map(f64::from), bounds.max.map(f64::from)];
            }
        }
        for axis in 0..3 {
            let row = self.row(axis);
            let span = widest(
                #[inline(always)]
                || self.span(row),
            );
            let finite = span.iter().all(|v| v.is_finite());
            let [lo, hi] = if finite { span } else { self.span_of_finite(row) };
            if lo <= hi {
                corners[0][axis] = lo;
                corners[1][axis] = hi;
            }
        }
        corners
    }

    /// Smallest and largest value of a coordinate after the map; the wrong way round where there is none.
    #[inline(always)]
    fn span(&self, [a, b, c, d]: [f64; 4]) -> [f64; 2] {
        let Xyz { x, y, z } = self.position;
        // Lanes, so that the loop is not one long chain of dependent minima. NaN passes no comparison.
        let (mut lo, mut hi) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        let ((x, last_x), (y, last_y), (z, last_z)) =
            (x.as_chunks::<LANES>(), y.as_chunks::<LANES>(), z.as_chunks::<LANES>());
        for ((x, y), z) in x.iter().zip(y).zip(z) {
            for lane in 0..LANES {
                let v = a * f64::from(x[lane]) + b * f64::from(y[lane]) + c * f64::from(z[lane]) + d;
                lo[lane] = if v < lo[lane] { v } else { lo[lane] };
                hi[lane] = if v > hi[lane] { v } else { hi[lane] };
            }
        }
        for ((&x, &y), &z) in last_x.iter().zip(last_y).zip(last_z) {
            let v = a * f64::from(x) + b * f64::from(y) + c * f64::from(z) + d;
            (lo[0], hi[0]) = (lo[0].min(v), hi[0].max(v));
        }
        [lo.into_iter().fold(f64::INFINITY, f64::min), hi.into_iter().fold(f64::NEG_INFINITY, f64::max)]
    }

    /// As [`Self::span`], but of the finite values only.
    fn span_of_finite(&self, [a, b, c, d]: [f64; 4]) -> [f64; 2] {
        let Xyz { x, y, z } = self.position;
        let values = x.iter().zip(y).zip(z);
        values
            .map(|((&x, &y), &z)| a * f64::from(x) + b * f64::from(y) + c * f64::from(z) + d)
            .filter(|v| v.is_finite())
            .fold([f64::INFINITY, f64::NEG_INFINITY], |[lo, hi], v| [lo.min(v), hi.max(v)])
    }

    /// Middle of the box.
    pub(crate) fn middle(&self) -> [f64; 3] {
        let [lo, hi] = self.bounds();
        std::array::from_fn(|a| f64::midpoint(lo[a], hi[a]))
    }

    /// Mean of the points, summed in their order; the origin when there is none.
    pub(crate) fn centroid(&self) -> [f64; 3] {
        let (mut sum, mut count) = ([0.0; 3], 0_u32);
        for i in 0..self.position.len() {
            let p = self.position.get(i).map(f64::from);
            if p.iter().all(|v| v.is_finite()) {
                count += 1;
                for axis in 0..3 {
                    sum[axis] += p[axis];
                }
            }
        }
        if count == 0 {
            return [0.0; 3];
        }
        // An affine map takes the mean to the mean.
        self.map.apply(sum.map(|s| s / f64::from(count)))
    }

    fn row(&self, axis: usize) -> [f64; 4] {
        let m = &self.map.linear;
        [m[(axis, 0)], m[(axis, 1)], m[(axis, 2)], self.map.shift[axis]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_what_the_map_would_give() {
        let position = Xyz { x: vec![0.0, 2.0], y: vec![0.0, 0.0], z: vec![1.0, 5.0] };
        let map = Affine::rotation(2, 90.0).then(&Affine::translation([10.0, 0.0, 0.0]));
        let moved = Moved::new(&position, &map);
        assert_eq!(moved.bounds(), [[10.0, 0.0, 1.0], [10.0, 2.0, 5.0]]);
        assert_eq!(moved.middle(), [10.0, 1.0, 3.0]);
        assert_eq!(moved.centroid(), [10.0, 1.0, 3.0]);
    }

    #[test]
    fn numbers_that_are_not_finite_do_not_spread() {
        let position = Xyz { x: vec![0.0, f32::NAN, 4.0], y: vec![0.0, f32::INFINITY, 0.0], z: vec![0.0; 3] };
        let moved = Moved::new(&position, &Affine::IDENTITY);
        assert_eq!(moved.middle(), [2.0, 0.0, 0.0]);
        assert_eq!(moved.centroid(), [2.0, 0.0, 0.0]);
        assert_eq!(Moved::new(&Xyz::default(), &Affine::IDENTITY).centroid(), [0.0; 3]);
    }
}
