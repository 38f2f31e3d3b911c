//! Per-point columns.
//!
//! Columns, not rows: a reduction over separate x, y and z arrays is two orders of magnitude
//! faster than over interleaved points, and Parquet wants them so.

use crate::math::{Pick, Xyz};

/// Three u8 columns of equal length, 0..=255.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Colour {
    /// Red, 0..=255.
    pub red: Vec<u8>,
    /// Green, 0..=255.
    pub green: Vec<u8>,
    /// Blue, 0..=255.
    pub blue: Vec<u8>,
}

impl Colour {
    /// Empty columns with room for `n` points.
    pub fn with_capacity(n: usize) -> Self {
        Self { red: Vec::with_capacity(n), green: Vec::with_capacity(n), blue: Vec::with_capacity(n) }
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.red.len()
    }

    /// Whether there is no point.
    pub fn is_empty(&self) -> bool {
        self.red.is_empty()
    }

    /// The colour of point `i`.
    pub fn get(&self, i: usize) -> [u8; 3] {
        [self.red[i], self.green[i], self.blue[i]]
    }

    /// Appends one colour.
    pub fn push(&mut self, [r, g, b]: [u8; 3]) {
        self.red.push(r);
        self.green.push(g);
        self.blue.push(b);
    }

    /// The columns as an array, to loop over channels.
    pub fn channels(&self) -> [&[u8]; 3] {
        [&self.red, &self.green, &self.blue]
    }

    /// The columns as an array, to change them channel by channel.
    pub fn channels_mut(&mut self) -> [&mut Vec<u8>; 3] {
        [&mut self.red, &mut self.green, &mut self.blue]
    }

    fn pick(&self, rows: Pick<'_>) -> Self {
        Self { red: rows.of(&self.red), green: rows.of(&self.green), blue: rows.of(&self.blue) }
    }
}

/// Every per-point column of a scene. All present columns have the same length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    /// Position in metres, in the frame that the scene's `Frame` names.
    pub position: Xyz,
    /// Colour, if the scan has one.
    pub colour: Option<Colour>,
    /// Unit normals, if computed.
    pub normal: Option<Xyz>,
    /// ScanNet over-segmentation id as the file gives it: arbitrary, sparse. Empty when unknown.
    pub segment: Vec<u32>,
    /// ScanNet `objectId` of the owning object, −1 for none. Empty when unknown.
    pub object: Vec<i32>,
    /// nyu40 id of the owning object's label, 0 for unannotated. Empty when unknown.
    pub nyu40: Vec<u8>,
    /// Index of the source vertex that each point came from.
    pub orig_index: Vec<u32>,
}

impl Points {
    /// Number of points.
    pub fn len(&self) -> usize {
        self.position.len()
    }

    /// Whether there is no point.
    pub fn is_empty(&self) -> bool {
        self.position.is_empty()
    }

    /// The points at `rows`, in that order; every column follows.
    #[must_use]
    pub fn select(&self, rows: &[u32]) -> Self {
        let rows = Pick::new(rows);
        Self {
            position: self.position.pick(rows),
            colour: self.colour.as_ref().map(|c| c.pick(rows)),
            normal: self.normal.as_ref().map(|n| n.pick(rows)),
            segment: rows.of(&self.segment),
            object: rows.of(&self.object),
            nyu40: rows.of(&self.nyu40),
            orig_index: rows.of(&self.orig_index),
        }
    }

    /// Appends points that have the same columns.
    pub fn extend(&mut self, more: &Self) {
        let xyz = |into: &mut Xyz, from: &Xyz| {
            for (into, from) in into.axes_mut().into_iter().zip(from.axes()) {
                into.extend_from_slice(from);
            }
        };
        xyz(&mut self.position, &more.position);
        if let (Some(into), Some(from)) = (&mut self.normal, &more.normal) {
            xyz(into, from);
        }
        if let (Some(into), Some(from)) = (&mut self.colour, &more.colour) {
            for (into, from) in into.channels_mut().into_iter().zip(from.channels()) {
                into.extend_from_slice(from);
            }
        }
        self.segment.extend_from_slice(&more.segment);
        self.object.extend_from_slice(&more.object);
        self.nyu40.extend_from_slice(&more.nyu40);
        self.orig_index.extend_from_slice(&more.orig_index);
    }

    /// The name of the first column whose length is not the number of points, with that length.
    /// Label columns may be empty (unknown).
    pub fn ragged_column(&self) -> Option<(&'static str, usize)> {
        let n = self.len();
        let wrong =
            |name, len: usize, optional: bool| (len != n && !(optional && len == 0)).then_some((name, len));
        let xyz = |c: &Xyz| c.axes().iter().map(|a| a.len()).find(|&l| l != n);
        xyz(&self.position)
            .map(|l| ("position", l))
            .or_else(|| self.normal.as_ref().and_then(xyz).map(|l| ("normal", l)))
            .or_else(|| {
                let c = self.colour.as_ref()?;
                c.channels().iter().map(|a| a.len()).find(|&l| l != n).map(|l| ("colour", l))
            })
            .or_else(|| wrong("segment", self.segment.len(), true))
            .or_else(|| wrong("object", self.object.len(), true))
            .or_else(|| wrong("nyu40", self.nyu40.len(), true))
            .or_else(|| wrong("orig_index", self.orig_index.len(), false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> Points {
        Points {
            position: Xyz { x: vec![0., 1., 2.], y: vec![3., 4., 5.], z: vec![6., 7., 8.] },
            colour: Some(Colour { red: vec![1, 2, 3], green: vec![4, 5, 6], blue: vec![7, 8, 9] }),
            normal: None,
            segment: vec![10, 11, 12],
            object: vec![],
            nyu40: vec![1, 2, 3],
            orig_index: vec![0, 1, 2],
        }
    }

    #[test]
    fn selecting_moves_every_column() {
        let p = points().select(&[2, 0]);
        assert_eq!(p.position.get(0), [2., 5., 8.]);
        assert_eq!(p.colour.as_ref().unwrap().get(1), [1, 4, 7]);
        assert_eq!((p.segment, p.nyu40, p.orig_index), (vec![12, 10], vec![3, 1], vec![2, 0]));
        assert!(p.object.is_empty());
    }

    #[test]
    fn extending_appends_every_column() {
        let mut p = points();
        p.extend(&points().select(&[2, 0]));
        assert_eq!(p, points().select(&[0, 1, 2, 2, 0]));
    }

    #[test]
    fn ragged_columns_are_named() {
        let mut p = points();
        assert_eq!(p.ragged_column(), None);
        p.nyu40.pop();
        assert_eq!(p.ragged_column(), Some(("nyu40", 2)));
    }
}
