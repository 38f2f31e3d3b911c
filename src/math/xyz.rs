//! Three columns of coordinates.

use super::{Pick, widest};

/// Three f32 columns of equal length: positions in metres, or unit normals.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Xyz {
    /// First axis.
    pub x: Vec<f32>,
    /// Second axis.
    pub y: Vec<f32>,
    /// Third axis, up.
    pub z: Vec<f32>,
}

impl Xyz {
    /// Empty columns with room for `n` points.
    pub fn with_capacity(n: usize) -> Self {
        Self { x: Vec::with_capacity(n), y: Vec::with_capacity(n), z: Vec::with_capacity(n) }
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.x.len()
    }

    /// Whether there is no point.
    pub fn is_empty(&self) -> bool {
        self.x.is_empty()
    }

    /// The three coordinates of point `i`.
    pub fn get(&self, i: usize) -> [f32; 3] {
        [self.x[i], self.y[i], self.z[i]]
    }

    /// Appends one point.
    pub fn push(&mut self, [x, y, z]: [f32; 3]) {
        self.x.push(x);
        self.y.push(y);
        self.z.push(z);
    }

    /// The columns as an array, to loop over axes.
    pub fn axes(&self) -> [&[f32]; 3] {
        [&self.x, &self.y, &self.z]
    }

    /// The columns as an array, to change them axis by axis.
    pub fn axes_mut(&mut self) -> [&mut Vec<f32>; 3] {
        [&mut self.x, &mut self.y, &mut self.z]
    }

    /// The points at `rows`, in that order.
    #[must_use]
    pub fn select(&self, rows: &[u32]) -> Self {
        self.pick(Pick::new(rows))
    }

    /// The points at these rows.
    pub(crate) fn pick(&self, rows: Pick<'_>) -> Self {
        Self { x: rows.of(&self.x), y: rows.of(&self.y), z: rows.of(&self.z) }
    }

    /// Whether each point lies in a box: from `lo`, and up to `hi` without it.
    pub(crate) fn within(&self, lo: [f64; 3], hi: [f64; 3]) -> Vec<bool> {
        let mut within = vec![true; self.len()];
        widest(
            #[inline(always)]
            || {
                for ((axis, lo), hi) in self.axes().into_iter().zip(lo).zip(hi) {
                    for (within, &v) in within.iter_mut().zip(axis) {
                        *within &= (lo <= f64::from(v)) & (f64::from(v) < hi);
                    }
                }
            },
        );
        within
    }
}
