//! Which scans share a shard.
//!
//! Scans are ordered by a seeded hash of their ids, and the range of that hash is halved wherever the
//! scans in it are too many for one shard, as in a trie. So which scans stand together follows from
//! the scans alone, in whatever order they came, and another scan changes one shard: the one that it
//! falls into, which may become two.

use std::collections::BTreeMap;

use super::plan::Unit;

/// Bits of the hash that are looked at: shards are named by them, in hexadecimal.
const BITS: u32 = 20;

/// A scan to be packed.
pub(super) struct Packed<'a> {
    pub(super) id: &'a str,
    pub(super) split: &'a str,
    /// Bytes that its rows will take, about.
    pub(super) bytes: u64,
}

/// Packs the scans of each split into units of at most `target` bytes, unless one alone has more. Units
/// come without fingerprints.
pub(super) fn pack(seed: u64, target: u64, scans: &[Packed<'_>]) -> Vec<Unit> {
    let mut by_split: BTreeMap<&str, Vec<([u8; 32], &Packed<'_>)>> = BTreeMap::new();
    for scan in scans {
        let mut hash = blake3::Hasher::new_derive_key("dataprep 1 scan order");
        hash.update(&seed.to_le_bytes()).update(scan.id.as_bytes());
        by_split.entry(scan.split).or_default().push((*hash.finalize().as_bytes(), scan));
    }
    let mut units = Vec::new();
    for (split, mut scans) in by_split {
        scans.sort_unstable_by_key(|(hash, _)| *hash);
        halve(&scans, 0, target, &mut |place, scans| {
            units.push(Unit {
                name: format!("{split}-{place:05x}"),
                split: split.to_owned(),
                scans: scans.iter().map(|(_, scan)| scan.id.to_owned()).collect(),
                fingerprint: String::new(),
            });
        });
    }
    units
}

/// Calls `unit` with each range of the hash that is small enough, by its first value, in order.
fn halve(
    scans: &[([u8; 32], &Packed<'_>)],
    depth: u32,
    target: u64,
    unit: &mut impl FnMut(u32, &[([u8; 32], &Packed<'_>)]),
) {
    let Some((first, _)) = scans.first() else { return };
    let bytes: u64 = scans.iter().map(|(_, scan)| scan.bytes).sum();
    if bytes <= target || scans.len() == 1 || depth == BITS {
        let kept = if depth == 0 { 0 } else { u32::MAX << (BITS - depth) };
        return unit(value(first) & kept, scans);
    }
    let middle = scans.partition_point(|(hash, _)| value(hash) >> (BITS - 1 - depth) & 1 == 0);
    halve(&scans[..middle], depth + 1, target, unit);
    halve(&scans[middle..], depth + 1, target, unit);
}

/// The first bits of a hash.
fn value(hash: &[u8; 32]) -> u32 {
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) >> (32 - BITS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed(ids: &[String], bytes: u64, target: u64) -> Vec<Unit> {
        let scans: Vec<Packed<'_>> = ids.iter().map(|id| Packed { id, split: "train", bytes }).collect();
        pack(7, target, &scans)
    }

    fn ids(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("scene{i:04}_00")).collect()
    }

    proptest! {
        #[test]
        fn every_scan_is_in_one_unit_and_units_are_small_enough(n in 1..400_usize, target in 1..60_u64) {
            let mut scans = ids(n);
            let units = packed(&scans, 2, target);
            let mut all: Vec<&String> = units.iter().flat_map(|u| &u.scans).collect();
            all.sort();
            prop_assert!(all.into_iter().eq(&scans));
            prop_assert!(units.iter().all(|u| u.scans.len() == 1 || u.scans.len() as u64 * 2 <= target));
            prop_assert!(units.is_sorted_by(|a, b| a.name < b.name), "names are their own, and in order");
            scans.reverse();
            prop_assert_eq!(packed(&scans, 2, target), units);
        }

        #[test]
        fn another_scan_changes_one_unit_or_makes_two_of_it(n in 1..400_usize, target in 2..60_u64) {
            let all = ids(n + 1);
            let before = packed(&all[..n], 1, target);
            let after = packed(&all, 1, target);
            let gone = before.iter().filter(|u| !after.contains(u)).count();
            prop_assert!(gone <= 1, "{} units are others now", gone);
        }
    }

    #[test]
    fn a_small_data_set_is_one_unit_and_a_large_one_fills_shards_by_half_or_more_on_average() {
        assert_eq!(
            packed(&ids(5), 10, 100).iter().map(|u| u.name.as_str()).collect::<Vec<_>>(),
            ["train-00000"]
        );
        let units = packed(&ids(5000), 10, 250);
        let mean = 5000.0 / units.len() as f64;
        assert!(mean > 12.5, "{mean} scans a unit, of 25 at most");
    }
}
