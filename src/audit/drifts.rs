//! How far the splits are from train, by the classes of described objects.

use std::collections::BTreeMap;

use super::context::DatasetContext;
use crate::math::Key;
use crate::measure::drift::{self, Drift, Room};
use crate::scene::room_of;

/// Decides how rooms are dealt out: any number would do, as long as it stays.
const SEED: u64 = 0;

/// How far a split is from train.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitDrifts<'a> {
    /// The split.
    pub split: &'a str,
    /// Names of the classes that the drift counts, in its order.
    pub classes: Vec<String>,
    /// The distance, and what chance makes of it.
    pub drift: Drift,
}

impl<'a> DatasetContext<'a> {
    /// Each split beside train that has described objects; none without train.
    pub fn drifts(&self) -> Vec<SplitDrifts<'a>> {
        let mut index: BTreeMap<String, u32> = BTreeMap::new();
        let mut splits: BTreeMap<&str, BTreeMap<&str, BTreeMap<u32, u64>>> = BTreeMap::new();
        for target in self.targets() {
            let (Some(split), next) = (target.split, index.len() as u32) else { continue };
            let class = *index.entry(target.class.clone()).or_insert(next);
            let room = splits.entry(split).or_default().entry(room_of(target.scene())).or_default();
            *room.entry(class).or_default() += 1;
        }
        let Some(train) = splits.remove("train") else { return Vec::new() };
        let mut classes = vec![String::new(); index.len()];
        for (name, class) in index {
            classes[class as usize] = name;
        }
        let room = |second| {
            move |counts: &BTreeMap<u32, u64>| Room {
                second,
                counts: counts.iter().map(|(&class, &n)| (class, n)).collect(),
            }
        };
        let drift_of = |(split, rooms): (&'a str, BTreeMap<&str, BTreeMap<u32, u64>>)| {
            let rooms: Vec<Room> =
                train.values().map(room(false)).chain(rooms.values().map(room(true))).collect();
            let key = Key::new(SEED, split, 0, "split drift");
            let drift = drift::between(&rooms, classes.len(), &key)?;
            Some(SplitDrifts { split, classes: classes.clone(), drift })
        };
        splits.into_iter().filter_map(drift_of).collect()
    }
}
