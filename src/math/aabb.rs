//! Axis-aligned boxes.

use super::widest;

/// Numbers compared side by side.
const LANES: usize = 16;

/// An axis-aligned box in metres; empty until it has seen a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aabb {
    /// Smallest corner.
    pub min: [f32; 3],
    /// Largest corner.
    pub max: [f32; 3],
}

impl Default for Aabb {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Aabb {
    /// The box of no point: every point grows it.
    pub const EMPTY: Self = Self { min: [f32::INFINITY; 3], max: [f32::NEG_INFINITY; 3] };

    /// The box of the points in three columns; a coordinate that is NaN is passed over.
    pub fn of(axes: [&[f32]; 3]) -> Self {
        widest(
            #[inline(always)]
            || Self::of_columns(axes),
        )
    }

    #[inline(always)]
    fn of_columns(axes: [&[f32]; 3]) -> Self {
        let mut bounds = Self::EMPTY;
        for (axis, column) in axes.into_iter().enumerate() {
            // Lanes, so that the loop is not one long chain of dependent minima; minima
            // and maxima do not depend on order.
            let (mut lo, mut hi) = ([f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES]);
            let (chunks, rest) = column.as_chunks::<LANES>();
            for &v in rest {
                lo[0] = lo[0].min(v);
                hi[0] = hi[0].max(v);
            }
            // Two loops: both at once leave the compiler a choice that it makes badly.
            for chunk in chunks {
                for (lo, &v) in lo.iter_mut().zip(chunk) {
                    *lo = if v < *lo { v } else { *lo };
                }
            }
            for chunk in chunks {
                for (hi, &v) in hi.iter_mut().zip(chunk) {
                    *hi = if v > *hi { v } else { *hi };
                }
            }
            bounds.min[axis] = lo.into_iter().fold(f32::INFINITY, f32::min);
            bounds.max[axis] = hi.into_iter().fold(f32::NEG_INFINITY, f32::max);
        }
        bounds
    }

    /// Grows the box to hold `point`.
    pub fn include(&mut self, point: [f32; 3]) {
        for axis in 0..3 {
            self.min[axis] = self.min[axis].min(point[axis]);
            self.max[axis] = self.max[axis].max(point[axis]);
        }
    }

    /// Grows the box to hold another.
    pub fn merge(&mut self, other: &Self) {
        for axis in 0..3 {
            self.min[axis] = self.min[axis].min(other.min[axis]);
            self.max[axis] = self.max[axis].max(other.max[axis]);
        }
    }

    /// Whether no point was seen.
    pub fn is_empty(&self) -> bool {
        (0..3).any(|a| self.min[a] > self.max[a])
    }

    /// Middle of the box; the origin for an empty box.
    pub fn middle(&self) -> [f64; 3] {
        if self.is_empty() {
            return [0.0; 3];
        }
        std::array::from_fn(|a| f64::midpoint(f64::from(self.min[a]), f64::from(self.max[a])))
    }

    /// Extent per axis, zero for an empty box.
    pub fn size(&self) -> [f32; 3] {
        if self.is_empty() {
            return [0.0; 3];
        }
        std::array::from_fn(|a| self.max[a] - self.min[a])
    }

    /// Smallest then largest corner, as stored in shards; zeros for an empty box.
    pub fn to_array(self) -> [f32; 6] {
        if self.is_empty() {
            return [0.0; 6];
        }
        let ([a, b, c], [d, e, f]) = (self.min, self.max);
        [a, b, c, d, e, f]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_of_many_points_is_their_minima_and_maxima() {
        let x: Vec<f32> = (0..19).map(|i| i as f32 - 5.0).collect();
        let y: Vec<f32> = x.iter().map(|v| v * v).collect();
        let z = vec![2.0; 19];
        let b = Aabb::of([&x, &y, &z]);
        assert_eq!((b.min, b.max), ([-5.0, 0.0, 2.0], [13.0, 169.0, 2.0]));
        assert_eq!(b.middle(), [4.0, 84.5, 2.0]);
        let mut c = Aabb::EMPTY;
        for i in 0..19 {
            c.include([x[i], y[i], z[i]]);
        }
        assert_eq!(b, c);
        let mut halves = Aabb::of([&x[..9], &y[..9], &z[..9]]);
        halves.merge(&Aabb::EMPTY);
        halves.merge(&Aabb::of([&x[9..], &y[9..], &z[9..]]));
        assert_eq!(b, halves);
    }

    #[test]
    fn an_empty_box_has_no_size() {
        assert!(Aabb::of([&[], &[], &[]]).is_empty());
        assert_eq!(Aabb::EMPTY.to_array(), [0.0; 6]);
    }
}
