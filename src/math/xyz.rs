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
        let [x, y, z] = pick_three(self.axes(), rows);
        Self { x, y, z }
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

/// [`pick`] of three columns of one length, each row looked up once.
pub(crate) fn pick_three<T: Copy + Default>(columns: [&[T]; 3], rows: &[u32]) -> [Vec<T>; 3] {
    const TOGETHER: usize = 64;
    let n = columns[0].len();
    let (a, b, c) = (&columns[0][..n], &columns[1][..n], &columns[2][..n]);
    let [mut into_a, mut into_b, mut into_c] = columns.map(|_| Vec::with_capacity(rows.len()));
    for rows in rows.chunks(TOGETHER) {
        let mut some = [[T::default(); TOGETHER]; 3];
        let [x, y, z] = &mut some;
        for (((&row, x), y), z) in rows.iter().zip(x).zip(y).zip(z) {
            let row = row as usize;
            [*x, *y, *z] = [a[row], b[row], c[row]];
        }
        into_a.extend_from_slice(&some[0][..rows.len()]);
        into_b.extend_from_slice(&some[1][..rows.len()]);
        into_c.extend_from_slice(&some[2][..rows.len()]);
    }
    [into_a, into_b, into_c]
}
