//! Partitions of points: compact ids from arbitrary ones.

/// A partition of points into parts numbered 0..count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partition {
    /// Part per point, `0..count`.
    pub part: Vec<i32>,
    /// The original id of each part, ascending.
    pub ids: Vec<u32>,
}

/// Renumbers `id` to 0..count in ascending order of the old ids, as NumPy's
/// `unique(return_inverse=True)` does.
pub fn compact(id: &[u32]) -> Partition {
    let highest = id.iter().copied().max().map_or(0, |m| m as usize);
    if id.is_empty() {
        return Partition::default();
    }
    // Ids are representative vertex ids in practice, so a flat table is small; hostile ids sort.
    if highest <= 4 * id.len() + 1024 {
        let mut table = vec![-1_i32; highest + 1];
        for &i in id {
            table[i as usize] = 0;
        }
        let mut ids = Vec::new();
        for (i, slot) in table.iter_mut().enumerate().filter(|(_, s)| **s == 0) {
            *slot = ids.len() as i32;
            ids.push(i as u32);
        }
        return Partition { part: id.iter().map(|&i| table[i as usize]).collect(), ids };
    }
    let mut ids = id.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let part = id.iter().map(|i| ids.partition_point(|x| x < i) as i32).collect();
    Partition { part, ids }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_become_dense_in_ascending_order() {
        let p = compact(&[70, 3, 70, 9]);
        assert_eq!((p.part, p.ids), (vec![2, 0, 2, 1], vec![3, 9, 70]));
        let p = compact(&[u32::MAX, 3, 9]);
        assert_eq!((p.part, p.ids), (vec![2, 0, 1], vec![3, 9, u32::MAX]));
        assert_eq!(compact(&[]), Partition::default());
    }
}
