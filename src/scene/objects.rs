//! Objects, and which vertex belongs to which.

/// The value of the object column where no object owns the point.
pub const NO_OBJECT: i32 = -1;

/// One group of an aggregation file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// ScanNet `objectId`: 0-based, what ScanRefer's `object_id` refers to.
    pub id: i32,
    /// The group's `id` field; equal to `objectId` on every official scan.
    pub group_id: i64,
    /// Raw category as annotated ("office chair").
    pub raw_category: String,
    /// Ids of the over-segmentation's segments that make up the object.
    pub segments: Vec<u32>,
}

/// The per-vertex outcome of painting objects onto segments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Painted {
    /// `objectId` per vertex, −1 for none.
    pub object: Vec<i32>,
    /// Index into the object list per vertex, `u32::MAX` for none.
    pub group: Vec<u32>,
}

/// Which groups claim which segment.
///
/// Where two groups claim one segment the later one owns its vertices, as in the readers that
/// trainers use (`read_aggregation` of ScanRefer and of the SPFormer family assign in file order).
#[derive(Clone, Debug, Default)]
pub struct Ownership {
    /// `(segment id, index of the group)` sorted by segment, then group.
    claims: Vec<(u32, u32)>,
}

impl Ownership {
    /// Collects the claims of `objects`.
    pub fn of(objects: &[Object]) -> Self {
        let mut claims: Vec<(u32, u32)> = objects
            .iter()
            .enumerate()
            .flat_map(|(g, o)| o.segments.iter().map(move |&s| (s, g as u32)))
            .collect();
        claims.sort_unstable();
        claims.dedup();
        Self { claims }
    }

    /// Each claimed segment with the indices of the groups that claim it, ascending.
    pub fn segments(&self) -> impl Iterator<Item = (u32, impl Iterator<Item = u32> + '_)> {
        self.claims.chunk_by(|a, b| a.0 == b.0).map(|c| (c[0].0, c.iter().map(|&(_, g)| g)))
    }

    /// The group that owns `segment`: the last that claims it.
    pub fn owner(&self, segment: u32) -> Option<u32> {
        let end = self.claims.partition_point(|&(s, _)| s <= segment);
        let (s, g) = *self.claims.get(end.checked_sub(1)?)?;
        (s == segment).then_some(g)
    }

    /// Gives every vertex its owner. `segment` is the segment id per vertex.
    pub fn paint(&self, segment: &[u32], objects: &[Object]) -> Painted {
        const NONE: u32 = u32::MAX;
        let highest = self.claims.last().map_or(0, |&(s, _)| s as usize);
        // Segment ids are representative vertex ids in practice, so a flat table is small; a
        // hostile id falls back to searching.
        let group: Vec<u32> = if highest <= 4 * segment.len() + 1024 {
            let mut table = vec![NONE; highest + 1];
            for &(s, g) in &self.claims {
                table[s as usize] = g;
            }
            segment.iter().map(|&s| table.get(s as usize).copied().unwrap_or(NONE)).collect()
        } else {
            segment.iter().map(|&s| self.owner(s).unwrap_or(NONE)).collect()
        };
        let object =
            group.iter().map(|&g| if g == NONE { NO_OBJECT } else { objects[g as usize].id }).collect();
        Painted { object, group }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(id: i32, segments: &[u32]) -> Object {
        Object { id, group_id: i64::from(id), raw_category: "chair".into(), segments: segments.to_vec() }
    }

    #[test]
    fn the_last_group_owns_a_shared_segment() {
        let objects = [object(0, &[5, 7]), object(1, &[7, 9])];
        let owners = Ownership::of(&objects);
        let painted = owners.paint(&[5, 7, 9, 8], &objects);
        assert_eq!(painted.object, [0, 1, 1, -1]);
        assert_eq!(owners.owner(7), Some(1));
        assert_eq!(owners.owner(6), None);
    }

    #[test]
    fn huge_segment_ids_allocate_nothing_and_paint_the_same() {
        let objects = [object(3, &[4_000_000_000]), object(4, &[2])];
        let painted = Ownership::of(&objects).paint(&[2, 4_000_000_000, 1], &objects);
        assert_eq!(painted.object, [4, 3, -1]);
    }
}
