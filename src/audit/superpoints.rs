//! What masks become when they are pooled to superpoints.

use std::collections::BTreeSet;

use crate::scene::NO_OBJECT;

/// How many vertices each object has in each superpoint.
#[derive(Clone, Debug, Default)]
pub struct Mixture {
    /// Sorted by object, then superpoint.
    shares: Vec<Share>,
    winners: BTreeSet<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Share {
    object: i32,
    superpoint: i32,
    /// Vertices of the object in the superpoint.
    inside: u64,
    /// Vertices of the superpoint.
    size: u64,
}

/// How well a mask can be put together from superpoints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ceiling {
    /// Best intersection over union of any set of superpoints with the mask.
    pub best: f64,
    /// That of the superpoints of which the mask holds more than half, as trainers choose.
    pub majority: f64,
    /// Superpoints that the mask touches.
    pub superpoints: usize,
}

impl Mixture {
    /// Counts: `superpoint` and `object` are columns over the same vertices, `sizes` the number of
    /// vertices of each superpoint. Columns of different length mix nothing.
    pub(super) fn of(superpoint: &[i32], sizes: &[u32], object: &[i32]) -> Self {
        if superpoint.len() != object.len() {
            return Self::default();
        }
        // Nearly all superpoints are of one object: count the first seen, and list the rest.
        let mut first = vec![(NO_OBJECT, 0_u32); sizes.len()];
        let mut others: Vec<(i32, i32)> = Vec::new();
        for (&part, &id) in superpoint.iter().zip(object) {
            let (held, count) = &mut first[part as usize];
            if *count == 0 {
                *held = id;
            }
            if *held == id {
                *count += 1;
            } else {
                others.push((id, part));
            }
        }
        others.sort_unstable();
        let share = |object, superpoint: i32, inside: usize| Share {
            object,
            superpoint,
            inside: inside as u64,
            size: u64::from(sizes[superpoint as usize]),
        };
        let firsts = (0..).zip(&first).map(|(part, &(id, count))| share(id, part, count as usize));
        let others = others.chunk_by(|a, b| a == b).map(|those| share(those[0].0, those[0].1, those.len()));
        let mut shares: Vec<Share> = firsts.chain(others).filter(|s| s.object != NO_OBJECT).collect();
        shares.sort_unstable();
        let won = shares.iter().filter(|s| s.inside * 2 > s.size);
        Self { winners: won.map(|s| s.object).collect(), shares }
    }

    /// Objects that own more than half of at least one superpoint.
    pub(super) fn winners(&self) -> &BTreeSet<i32> {
        &self.winners
    }

    /// How well the mask of `object` can be put together; `None` when it has no vertex.
    pub fn ceiling(&self, object: i32) -> Option<Ceiling> {
        let start = self.shares.partition_point(|s| s.object < object);
        let end = self.shares.partition_point(|s| s.object <= object);
        let mut shares = self.shares[start..end].to_vec();
        let vertices: u64 = shares.iter().map(|s| s.inside).sum();
        if vertices == 0 {
            return None;
        }
        // The best set is one of the purest: a superpoint helps exactly when its purity exceeds
        // IoU / (1 + IoU) of the best, so with it every purer one is in.
        shares.sort_by_key(|s| s.superpoint);
        shares.sort_by(|a, b| (b.inside * a.size).cmp(&(a.inside * b.size)));
        let (mut inside, mut outside) = (0, 0);
        let mut ceiling = Ceiling { best: 0.0, majority: 0.0, superpoints: shares.len() };
        for share in shares {
            inside += share.inside;
            outside += share.size - share.inside;
            let reached = inside as f64 / (vertices + outside) as f64;
            ceiling.best = ceiling.best.max(reached);
            if share.inside * 2 > share.size {
                ceiling.majority = reached;
            }
        }
        Some(ceiling)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mixture(superpoint: &[i32], object: &[i32]) -> Mixture {
        let mut sizes = vec![0; superpoint.iter().max().map_or(0, |&m| m as usize + 1)];
        for &s in superpoint {
            sizes[s as usize] += 1;
        }
        Mixture::of(superpoint, &sizes, object)
    }

    #[test]
    fn masks_of_whole_superpoints_are_reached_and_a_minority_is_lost() {
        let m = mixture(&[0, 0, 1, 1, 1, 2], &[4, 4, 4, 7, 7, -1]);
        assert_eq!(m.ceiling(7), Some(Ceiling { best: 2.0 / 3.0, majority: 2.0 / 3.0, superpoints: 1 }));
        assert_eq!(m.ceiling(4), Some(Ceiling { best: 2.0 / 3.0, majority: 2.0 / 3.0, superpoints: 2 }));
        assert_eq!(m.winners(), &[4, 7].into());
        assert_eq!((m.ceiling(-1), m.ceiling(5)), (None, None));
        let lost = mixture(&[0, 0, 0], &[1, 2, 2]).ceiling(1).unwrap();
        assert_eq!((lost.best, lost.majority), (1.0 / 3.0, 0.0));
        assert!(Mixture::of(&[0, 0], &[2], &[1]).winners().is_empty());
    }

    proptest! {
        #[test]
        fn no_set_of_superpoints_is_better_than_the_ceiling(
            points in prop::collection::vec((0..7_i32, 0..3_i32), 1..60),
        ) {
            let (superpoint, object): (Vec<i32>, Vec<i32>) = points.iter().copied().unzip();
            let m = mixture(&superpoint, &object);
            let vertices = object.iter().filter(|&&o| o == 0).count();
            let best = (0..1_u32 << 7)
                .map(|set| {
                    let chosen = |s: i32| set >> s & 1 == 1;
                    let both = points.iter().filter(|&&(s, o)| chosen(s) && o == 0).count();
                    let either = points.iter().filter(|&&(s, o)| chosen(s) || o == 0).count();
                    if vertices == 0 { 0.0 } else { both as f64 / either as f64 }
                })
                .fold(0.0, f64::max);
            prop_assert_eq!(m.ceiling(0).map_or(0.0, |c| c.best), best);
        }
    }
}
