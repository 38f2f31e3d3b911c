//! What a data set is like, in numbers for charts: how balanced, how split, how long its sentences,
//! how large its masks.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{DatasetContext, Target};
use super::profile::{Profile, TextUnit};
use super::settings::Thresholds;
use super::summary::{ClassFacts, Summary};
use crate::language::{Claims, words};
use crate::measure::drift::Drift;
use crate::scene::{Catalogue, room_of};

/// What a data set is like.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// Classes of described objects, the most frequent first.
    pub classes: Vec<Class>,
    /// Splits by name.
    pub splits: Vec<Split>,
    /// Rooms that are in both of two splits.
    pub shared_rooms: Vec<(String, String, Vec<String>)>,
    /// Classes that another split describes and train does not.
    pub unseen: Vec<Unseen>,
    /// How far each split is from train.
    pub drifts: Vec<(String, Drift)>,
    /// Number of descriptions with so many words.
    pub lengths: BTreeMap<u64, u64>,
    /// After how many words or word pieces trainers cut, and which.
    pub cuts: BTreeMap<u32, Vec<String>>,
    /// Number of descriptions that make each kind of claim.
    pub claims: Vec<(&'static str, u64)>,
    /// Descriptions whose text another one of the same object has, too.
    pub repeated: u64,
    /// Descriptions whose text another one of another object has, too.
    pub shared_texts: u64,
    /// For each described object its share of its scan's vertices.
    pub foreground: Vec<f64>,
    /// For each described object the best that superpoints can do.
    pub ceilings: Vec<f64>,
}

/// A class of described objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// The part of the distribution that it is in.
    pub part: &'static str,
    /// How much of it there is.
    pub facts: ClassFacts,
}

/// A split.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Its name.
    pub name: String,
    /// Scans that were audited.
    pub scans: u64,
    /// Rooms of these scans.
    pub rooms: u64,
    /// Descriptions of these scans.
    pub descriptions: u64,
}

/// A class that a split describes and train does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The split.
    pub split: String,
    /// The class.
    pub class: String,
    /// Its objects there.
    pub objects: u64,
    /// Their descriptions.
    pub descriptions: u64,
}

impl Overview {
    /// What a catalogue and the facts of its scans say.
    pub fn of(catalogue: &Catalogue, summary: &Summary) -> Self {
        let thresholds = &Thresholds::default();
        let data = DatasetContext { catalogue, summary, thresholds, profiles: &[], partial: false };
        let mut overview = Self { classes: classes(summary), unseen: unseen(&data), ..Self::default() };
        overview.count_splits(&data);
        overview.drifts = data.drifts().into_iter().map(|d| (d.split.to_owned(), d.drift)).collect();
        overview.count_texts(catalogue);
        for profile in Profile::all() {
            if let Some(text) = &profile.text {
                let unit = match text.unit {
                    TextUnit::Words => "words",
                    TextUnit::Tokens => "tokens",
                    TextUnit::Pieces => "pieces",
                };
                overview.cuts.entry(text.limit).or_default().push(format!("{} ({unit})", profile.name));
            }
        }
        for facts in summary.scans.values() {
            for mask in facts.masks.values() {
                overview.foreground.push(mask.vertices as f64 / facts.vertices.max(1) as f64);
                overview.ceilings.push(mask.ceiling_permille as f64 / 1000.0);
            }
        }
        overview
    }

    fn count_splits(&mut self, data: &DatasetContext<'_>) {
        let mut rooms: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (scan, splits) in data.splits_of_scans() {
            for &split in splits.keys() {
                rooms.entry(split).or_default().insert(room_of(scan));
            }
        }
        let mut splits: BTreeMap<&str, Split> = BTreeMap::new();
        for (scan, facts) in &data.summary.scans {
            let name = data.catalogue.split_of(scan).unwrap_or("in no split");
            let split = splits.entry(name).or_default();
            name.clone_into(&mut split.name);
            split.scans += 1;
            split.descriptions += facts.descriptions;
        }
        let audited: BTreeSet<(&str, &str)> = data
            .summary
            .scans
            .keys()
            .map(|scan| (data.catalogue.split_of(scan).unwrap_or("in no split"), room_of(scan)))
            .collect();
        for (split, _) in audited {
            splits.entry(split).or_default().rooms += 1;
        }
        let names: Vec<&str> = rooms.keys().copied().collect();
        for (i, a) in names.iter().enumerate() {
            for b in &names[i + 1..] {
                let both = rooms[a].intersection(&rooms[b]).map(|&r| r.to_owned()).collect();
                self.shared_rooms.push(((*a).to_owned(), (*b).to_owned(), both));
            }
        }
        self.splits = splits.into_values().collect();
    }

    fn count_texts(&mut self, catalogue: &Catalogue) {
        let mut claims: BTreeMap<&str, u64> = BTreeMap::new();
        // By text in the form in which only words count: the objects that it is of, each with how often.
        let mut texts: BTreeMap<String, BTreeMap<(&str, i32), u64>> = BTreeMap::new();
        for d in &catalogue.descriptions {
            let lower = d.text.to_lowercase();
            let list: Vec<&str> = words(&lower).collect();
            *self.lengths.entry(list.len() as u64).or_default() += 1;
            for claim in Claims::of(&d.text).names() {
                *claims.entry(claim).or_default() += 1;
            }
            if !list.is_empty() {
                let objects = texts.entry(list.join(" ")).or_default();
                *objects.entry((&d.scene_id, d.object_id)).or_default() += 1;
            }
        }
        for objects in texts.values() {
            self.repeated += objects.values().filter(|&&n| n > 1).sum::<u64>();
            if objects.len() > 1 {
                self.shared_texts += objects.values().sum::<u64>();
            }
        }
        let of = |kind| claims.get(kind).copied().unwrap_or(0);
        self.claims = Claims::KINDS.map(|kind| (kind, of(kind))).into();
    }
}

/// Classes by their number of objects. The head are the most frequent ones that hold half of all
/// objects, the tail the least frequent that hold a tenth.
fn classes(summary: &Summary) -> Vec<Class> {
    let mut sums: BTreeMap<&str, ClassFacts> = BTreeMap::new();
    for (name, facts) in summary.scans.values().flat_map(|f| &f.classes) {
        let sum = sums.entry(name).or_default();
        sum.objects += facts.objects;
        sum.descriptions += facts.descriptions;
        sum.vertices += facts.vertices;
    }
    let mut list: Vec<(&str, ClassFacts)> = sums.into_iter().collect();
    list.sort_by_key(|(name, facts)| (std::cmp::Reverse(facts.objects), *name));
    let all: u64 = list.iter().map(|(_, f)| f.objects).sum();
    let mut before = 0;
    let class = |(name, facts): (&str, ClassFacts)| {
        let part = match before {
            n if 2 * n < all => "head",
            n if 10 * n < 9 * all => "common",
            _ => "tail",
        };
        before += facts.objects;
        Class { name: name.to_owned(), part, facts }
    };
    list.into_iter().map(class).collect()
}

fn unseen(data: &DatasetContext<'_>) -> Vec<Unseen> {
    let targets: Vec<Target<'_>> = data.targets().collect();
    let of_train = |t: &&Target<'_>| t.split == Some("train");
    let known: BTreeSet<&str> = targets.iter().filter(of_train).map(|t| t.class.as_str()).collect();
    if known.is_empty() {
        return Vec::new();
    }
    let mut counts: BTreeMap<(&str, &str), [u64; 2]> = BTreeMap::new();
    for target in &targets {
        if let Some(split) = target.split.filter(|_| !known.contains(target.class.as_str())) {
            let [objects, descriptions] = counts.entry((split, &target.class)).or_default();
            *objects += 1;
            *descriptions += target.descriptions.len() as u64;
        }
    }
    let unseen = |((split, class), [objects, descriptions]): ((&str, &str), [u64; 2])| Unseen {
        split: split.to_owned(),
        class: class.to_owned(),
        objects,
        descriptions,
    };
    counts.into_iter().map(unseen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::Fixture;

    #[test]
    fn the_numbers_are_those_of_the_data_set() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[20].object_name = "accordion".into();
            d[1].text = d[0].text.clone();
        });
        let (summary, _) = f.audit("ALL", false);
        let overview = Overview::of(&f.catalogue, &summary);
        assert_eq!(overview.lengths.values().sum::<u64>(), 30);
        assert_eq!(overview.splits.iter().map(|s| s.scans).sum::<u64>(), 3);
        assert_eq!((overview.unseen.len(), overview.unseen[0].class.as_str()), (1, "accordion"));
        assert!(overview.repeated >= 2, "{}", overview.repeated);
        assert!(overview.shared_rooms.iter().all(|(.., rooms)| rooms.is_empty()));
        assert!(!overview.foreground.is_empty() && overview.foreground.iter().all(|f| *f > 0.0 && *f <= 1.0));
        assert!(overview.ceilings.iter().all(|c| *c > 0.0 && *c <= 1.0));
        assert!(overview.cuts.len() > 2);
    }

    #[test]
    fn head_and_tail_are_halves_and_tenths_of_the_objects() {
        let facts = |objects| ClassFacts { objects, ..ClassFacts::default() };
        let mut one = crate::audit::ScanFacts::default();
        for (name, n) in [("a", 50), ("b", 30), ("c", 10), ("d", 6), ("e", 4)] {
            one.classes.insert(name.into(), facts(n));
        }
        let classes = classes(&Summary::of("x", one));
        let parts: Vec<_> = classes.iter().map(|c| c.part).collect();
        assert_eq!(parts, ["head", "common", "common", "tail", "tail"]);
    }
}
