//! The described objects of a scene, and what they keep while points are removed.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use super::variant::TargetRecord;
use crate::math::{Aabb, Xyz, count, rows_of, runs};
use crate::scene::Description;

/// Ids below this are counted in a flat table; others, which no official scan has, are searched.
const DENSE: usize = 1 << 16;

/// Points per object id, sorted by id.
pub(crate) fn tally(object: &[i32]) -> BTreeMap<i32, u32> {
    tally_of(object, |rows| rows.len())
}

/// Points per object id among those that are kept, sorted by id.
pub(crate) fn tally_kept(object: &[i32], kept: &[bool]) -> BTreeMap<i32, u32> {
    tally_of(object, |rows| count(&kept[rows]))
}

fn tally_of(object: &[i32], points: impl Fn(Range<usize>) -> usize) -> BTreeMap<i32, u32> {
    let mut dense: Vec<u32> = Vec::new();
    let mut others = BTreeMap::new();
    // Neighbouring points mostly belong to one object.
    for rows in runs(object) {
        let (id, count) = (object[rows.start], points(rows) as u32);
        match usize::try_from(id) {
            Ok(slot) if slot < DENSE => {
                if slot >= dense.len() {
                    dense.resize(slot + 1, 0);
                }
                dense[slot] += count;
            }
            _ => *others.entry(id).or_insert(0) += count,
        }
    }
    others.extend((0..).zip(dense));
    others.retain(|_, count| *count > 0);
    others
}

/// A described object that has points.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    object: i32,
    source: u32,
    /// What the kept share is told of: the points as loaded, thinned as `grid-sample` thinned.
    reference: f64,
    now: u32,
}

/// All described objects that have points, sorted by id.
#[derive(Clone, Debug)]
pub(crate) struct Targets {
    list: Vec<Target>,
    min_ratio: f64,
}

impl Targets {
    /// The targets of `descriptions` among `points` (points per object as loaded).
    pub(crate) fn new(descriptions: &[Description], points: &BTreeMap<i32, u32>, min_ratio: f64) -> Self {
        let mut ids: Vec<i32> = descriptions.iter().flat_map(Description::objects).collect();
        ids.sort_unstable();
        ids.dedup();
        let list = ids
            .into_iter()
            .filter_map(|object| {
                let &source = points.get(&object)?;
                Some(Target { object, source, reference: f64::from(source), now: source })
            })
            .collect();
        Self { list, min_ratio }
    }

    /// Runs of rows that belong to one target, with its index; neighbouring rows mostly do.
    fn runs<'a>(&'a self, object: &'a [i32]) -> impl Iterator<Item = (Range<usize>, usize)> + 'a {
        let object = if self.list.is_empty() { &[] } else { object };
        runs(object).filter_map(|rows| {
            let slot = self.list.binary_search_by_key(&object[rows.start], |t| t.object).ok()?;
            Some((rows, slot))
        })
    }

    /// Points of each target.
    fn count(&self, object: &[i32], points: impl Fn(Range<usize>) -> usize) -> Vec<u32> {
        let mut counts = vec![0; self.list.len()];
        for (rows, slot) in self.runs(object) {
            counts[slot] += points(rows) as u32;
        }
        counts
    }

    /// Whether every promise is kept when only these points are.
    pub(crate) fn are_safe(&self, object: &[i32], kept: &[bool]) -> bool {
        let counts = self.count(object, |rows| count(&kept[rows]));
        self.list.iter().zip(counts).all(|(t, count)| count >= t.needed(self.min_ratio))
    }

    /// Drops the lowest lots among the rows of no target until `most` rows are kept, or only
    /// targets are.
    pub(crate) fn trim(&self, keep: &mut [bool], object: &[i32], lots: &[u32], most: u32) {
        let excess = count(keep).saturating_sub(most as usize);
        if excess == 0 {
            return;
        }
        let mut free = keep.to_vec();
        for (rows, _) in self.runs(object) {
            free[rows].fill(false);
        }
        let mut free: Vec<(u32, u32)> =
            rows_of(&free).into_iter().map(|row| (lots[row as usize], row)).collect();
        free.sort_unstable();
        for (_, row) in free.into_iter().take(excess) {
            keep[row as usize] = false;
        }
    }

    /// Gives targets back what they need of the rows that lots would drop, the highest lots first;
    /// returns how many rows that are. Under a resampling a target needs one point.
    pub(crate) fn restore(&self, keep: &mut [bool], object: &[i32], lots: &[u32], resamples: bool) -> u32 {
        let mut missing: Vec<u32> = self
            .list
            .iter()
            .map(|target| if resamples { target.now.min(1) } else { target.needed(self.min_ratio) })
            .collect();
        for (rows, slot) in self.runs(object) {
            missing[slot] = missing[slot].saturating_sub(count(&keep[rows]) as u32);
        }
        let restored = missing.iter().sum();
        if restored == 0 {
            return 0;
        }
        let mut dropped: Vec<Vec<u32>> = vec![Vec::new(); self.list.len()];
        for (rows, slot) in self.runs(object) {
            if missing[slot] > 0 {
                dropped[slot].extend(rows.filter(|&row| !keep[row]).map(|row| row as u32));
            }
        }
        for (mut rows, missing) in dropped.into_iter().zip(missing) {
            let missing = missing as usize;
            // All of them come back where nothing may be lost, the usual promise: no need to choose.
            if missing < rows.len() {
                rows.sort_unstable_by_key(|&row| (Reverse(lots[row as usize]), row));
                rows.truncate(missing);
            }
            for row in rows {
                keep[row as usize] = true;
            }
        }
        restored
    }

    /// Takes note of what is left after a step.
    pub(crate) fn update(&mut self, left: &[i32], resampled: bool) {
        let counts = self.count(left, |rows| rows.len());
        for (target, count) in self.list.iter_mut().zip(counts) {
            if resampled && target.now > 0 {
                target.reference = target.reference * f64::from(count) / f64::from(target.now);
            }
            target.now = count;
        }
    }

    /// Middle of the box around all targets: where a crop that is to keep them all is centred.
    /// `None` without targets.
    pub(crate) fn middle(&self, object: &[i32], position: &Xyz) -> Option<[f32; 3]> {
        if self.list.is_empty() {
            return None;
        }
        let mut bounds = Aabb::EMPTY;
        for (rows, _) in self.runs(object) {
            bounds.merge(&Aabb::of(position.axes().map(|axis| &axis[rows.clone()])));
        }
        (!bounds.is_empty()).then(|| bounds.middle().map(|v| v as f32))
    }

    /// Whether `object` is a target of which no point is left.
    pub(crate) fn lost(&self, object: i32) -> bool {
        self.list.binary_search_by_key(&object, |t| t.object).is_ok_and(|slot| self.list[slot].now == 0)
    }

    /// What provenance says of the targets.
    pub(crate) fn records(&self) -> Vec<TargetRecord> {
        self.list
            .iter()
            .map(|t| TargetRecord {
                object: t.object,
                source_points: t.source,
                points: t.now,
                ratio: if t.reference > 0.0 { f64::from(t.now) / t.reference } else { 0.0 },
            })
            .collect()
    }
}

impl Target {
    /// Fewest points that keep the promise, never more than there are.
    fn needed(&self, min_ratio: f64) -> u32 {
        // A hair below, so that 0.9 of 10 is 9 whatever the last bit of 0.9 says.
        (libm::ceil(min_ratio * self.reference - 1e-9) as u32).min(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(ids: &[i32], object: &[i32], ratio: f64) -> Targets {
        let descriptions: Vec<Description> =
            ids.iter().map(|&object_id| Description { object_id, ..Description::default() }).collect();
        Targets::new(&descriptions, &tally(object), ratio)
    }

    #[test]
    fn points_are_counted_whatever_the_ids() {
        let counts = tally(&[3, -1, 3, i32::MAX, i32::MIN, 70_000, 0]);
        let expected = [(i32::MIN, 1), (-1, 1), (0, 1), (3, 2), (70_000, 1), (i32::MAX, 1)];
        assert_eq!(counts, BTreeMap::from(expected));
        let t = targets(&[i32::MAX, 3, 3, 99, -1], &[3, -1, 3, i32::MAX, 5], 1.0);
        assert_eq!(t.count(&[i32::MAX, 3, 5, -1], |rows| rows.len()), [1, 1, 1]);
        let kept = tally_kept(&[7, 7, -1, -1, -1, 9], &[true, false, true, true, false, false]);
        assert_eq!(kept, BTreeMap::from([(-1, 2), (7, 1)]));
    }

    #[test]
    fn a_selection_is_safe_while_each_target_keeps_its_share() {
        let object = [1, 1, 1, 1, 2];
        assert!(!targets(&[1], &object, 1.0).are_safe(&object, &[true, true, true, false, true]));
        assert!(targets(&[1], &object, 0.75).are_safe(&object, &[true, true, true, false, false]));
        assert!(targets(&[9], &object, 1.0).are_safe(&object, &[false; 5]), "no points, no promise");
    }

    #[test]
    fn a_limit_takes_what_belongs_to_no_target() {
        let object = [1, 2, 1, 2, 2, 2];
        let mut keep = [true, true, true, true, false, true];
        targets(&[1], &object, 1.0).trim(&mut keep, &object, &[0, 5, 1, 3, 9, 4], 3);
        assert_eq!(keep, [true, true, true, false, false, false]);
        targets(&[1], &object, 1.0).trim(&mut keep, &object, &[0, 5, 1, 3, 9, 4], 1);
        assert_eq!(keep, [true, false, true, false, false, false], "never a target's own");
        let mut keep = [true; 3];
        targets(&[], &[], 1.0).trim(&mut keep, &[], &[2, 1, 3], 2);
        assert_eq!(keep, [true, false, true], "objects may be unknown");
    }

    #[test]
    fn resampling_thins_the_promise_with_the_points() {
        let mut t = targets(&[1], &[1; 10], 1.0);
        t.update(&[1; 4], true);
        assert_eq!(t.records()[0].ratio, 1.0);
        assert!(t.are_safe(&[1; 4], &[true; 4]) && !t.are_safe(&[1; 4], &[true, true, true, false]));
        t.update(&[1; 3], false);
        assert!(t.records()[0].ratio == 0.75 && !t.lost(1) && !t.lost(2));
        t.update(&[], false);
        assert!(t.lost(1));
    }
}
