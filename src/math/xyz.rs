//! Three columns of coordinates.

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
        Self { x: pick(&self.x, rows), y: pick(&self.y, rows), z: pick(&self.z, rows) }
    }
}

/// The rows below `n` of which `keep` is true, ascending; without a branch that a processor could
/// guess wrong.
pub(crate) fn rows_where(n: usize, keep: impl Fn(usize) -> bool) -> Vec<u32> {
    let mut rows = vec![0; n];
    let mut kept = 0;
    for row in 0..n {
        rows[kept] = row as u32;
        kept += usize::from(keep(row));
    }
    rows.truncate(kept);
    rows
}

/// `column[rows]`; an empty column stays empty.
pub(crate) fn pick<T: Copy>(column: &[T], rows: &[u32]) -> Vec<T> {
    if column.is_empty() {
        return Vec::new();
    }
    rows.iter().map(|&r| column[r as usize]).collect()
}
