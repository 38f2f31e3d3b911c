//! `[balance]`: how often each description is used, decided when planning.
//!
//! What is counted is the references file of the whole split, not the scans that happen to be
//! chosen, and what is rounded or drawn hangs on the scan or the description alone. So a scan gets
//! the same rows alone and among others, whoever makes them and in whatever order.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::Sampling;
use super::plan::UNLISTED;
use crate::math::{Key, Purpose};
use crate::measure::balance as measure;
use crate::scene::{Catalogue, Description, ScanEntry, normalise_label};
use crate::write::{Balanced, ClassBalance, SplitBalance, Spread};

/// How classes or objects are evened out; for each split by itself.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Balance {
    /// What is done.
    pub method: Method,
    /// What is evened out.
    pub level: Level,
    /// For `repeat-factor`: what is rarer than this is repeated. For classes a share of the scans
    /// that are described, for objects a share of the descriptions that the most described one has.
    #[schemars(range(min = 1e-6, max = 1.0))]
    pub threshold: f64,
    /// For `effective-number`: β of (1 − β) / (1 − βⁿ). The nearer to 1, the nearer to weights of
    /// one over the count.
    #[schemars(range(min = 0.0, max = 0.999_999))]
    pub beta: f64,
    /// How far it goes: the largest repeat factor, the largest weight (the mean is 1), and for
    /// `undersample` the most descriptions of a class or object as a multiple of their median.
    #[schemars(range(min = 1.0, max = 1000.0))]
    pub clip: f64,
}

impl Default for Balance {
    fn default() -> Self {
        Self { method: Method::None, level: Level::Class, threshold: 0.05, beta: 0.999, clip: 10.0 }
    }
}

/// What balancing does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Nothing: every description is in every variant, with weight 1.
    #[default]
    None,
    /// Descriptions of rare classes are in more variants: max(1, √(threshold / frequency)) times as
    /// many. The additional variants hold these descriptions only.
    RepeatFactor,
    /// The rows stay, each with a weight: one over the effective number of its class.
    EffectiveNumber,
    /// Classes with many descriptions lose some of them, drawn by the seed.
    Undersample,
}

/// What is evened out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Classes: the names that the references give their objects.
    #[default]
    Class,
    /// Objects.
    Object,
}

impl Balance {
    /// The first key that is out of its range, with the range.
    pub(super) fn out_of_range(&self) -> Option<(&'static str, &'static str, f64)> {
        let keys = [
            ("balance.threshold", "0.000001 to 1", self.threshold, 1e-6, 1.0),
            ("balance.beta", "0 to 0.999999", self.beta, 0.0, 0.999_999),
            ("balance.clip", "1 to 1000", self.clip, 1.0, 1000.0),
        ];
        let wrong = keys.into_iter().find(|&(_, _, value, lo, hi)| !(lo..=hi).contains(&value));
        wrong.map(|(key, range, value, _, _)| (key, range, value))
    }
}

/// How often a description is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Share {
    /// Whether variant 0 holds it.
    pub original: bool,
    /// The last variant that holds it: it is in all from 1 on.
    pub variants: u32,
    /// Sampling weight of its rows.
    pub weight: f32,
}

impl Share {
    /// Whether a variant holds it.
    pub(super) fn is_in(&self, variant: u32) -> bool {
        if variant == 0 { self.original } else { variant <= self.variants }
    }
}

/// How often every description is used.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    usual: Share,
    /// By file and record of the description, where it is not the usual.
    special: BTreeMap<(u32, u32), Share>,
    method: Method,
    level: Level,
}

impl Shares {
    /// Decides by the descriptions of one object that the catalogue holds, split by split.
    pub(super) fn of(balance: &Balance, sample: &Sampling, catalogue: &Catalogue) -> Self {
        let usual = Share { original: sample.include_original, variants: sample.variants, weight: 1.0 };
        let mut shares =
            Self { usual, special: BTreeMap::new(), method: balance.method, level: balance.level };
        let mut splits: BTreeMap<&str, Vec<&Description>> = BTreeMap::new();
        for description in catalogue.descriptions.iter().filter(|d| d.is_single()) {
            let split = catalogue.split_of(&description.scene_id).unwrap_or(UNLISTED);
            splits.entry(split).or_default().push(description);
        }
        for descriptions in splits.into_values() {
            let groups = grouped(balance.level, &descriptions);
            match balance.method {
                Method::None => {}
                Method::RepeatFactor => shares.repeat(balance, sample.seed, &descriptions, &groups),
                Method::EffectiveNumber => shares.weigh(balance, descriptions.len(), &groups),
                Method::Undersample => shares.cut(balance, sample.seed, &groups),
            }
        }
        shares
    }

    fn set(&mut self, description: &Description, share: Share) {
        self.special.insert((description.file, description.record), share);
    }

    fn repeat(&mut self, balance: &Balance, seed: u64, all: &[&Description], groups: &Groups<'_>) {
        let scans = |of: &[&Description]| {
            of.iter().map(|d| d.scene_id.as_str()).collect::<BTreeSet<_>>().len() as f64
        };
        let most = groups.values().map(Vec::len).max().unwrap_or(1) as f64;
        let all_scans = scans(all);
        for group in groups.values() {
            let frequency = match balance.level {
                Level::Class => scans(group) / all_scans,
                Level::Object => group.len() as f64 / most,
            };
            let factor = measure::repeat_factor(frequency, balance.threshold).min(balance.clip);
            for description in group {
                // Rounded by one draw a scan, as the scan's variants are shared by its descriptions.
                let lot = lot(seed, &description.scene_id);
                let variants = libm::floor(f64::from(self.usual.variants) * factor + lot) as u32;
                self.set(description, Share { variants, ..self.usual });
            }
        }
    }

    fn weigh(&mut self, balance: &Balance, descriptions: usize, groups: &Groups<'_>) {
        let weight = |group: &Vec<_>| measure::effective_number_weight(balance.beta, group.len() as u64);
        let sum: f64 = groups.values().map(|group| weight(group) * group.len() as f64).sum();
        let mean = sum / descriptions as f64;
        for group in groups.values() {
            let weight = (weight(group) / mean).min(balance.clip) as f32;
            for description in group {
                self.set(description, Share { weight, ..self.usual });
            }
        }
    }

    fn cut(&mut self, balance: &Balance, seed: u64, groups: &Groups<'_>) {
        let mut counts: Vec<usize> = groups.values().map(Vec::len).collect();
        counts.sort_unstable();
        let Some(&median) = counts.get(counts.len().saturating_sub(1) / 2) else { return };
        let most = libm::ceil(median as f64 * balance.clip) as usize;
        let unused = Share { original: false, variants: 0, ..self.usual };
        for group in groups.values().filter(|group| group.len() > most) {
            let mut drawn: Vec<(f64, &Description)> =
                group.iter().map(|d| (lot(seed, &d.key()), *d)).collect();
            drawn.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.sort_key().cmp(&b.1.sort_key())));
            for (_, description) in drawn.into_iter().skip(most) {
                self.set(description, unused);
            }
        }
    }

    /// How often this description is used.
    pub(super) fn share(&self, description: &Description) -> Share {
        self.special.get(&(description.file, description.record)).copied().unwrap_or(self.usual)
    }

    /// The variants of a scan with these descriptions, 0 standing for the original; the usual ones
    /// where it has none. Each holds a description at least.
    pub(super) fn variants(&self, descriptions: &[Description]) -> Vec<u32> {
        let single: Vec<Share> =
            descriptions.iter().filter(|d| d.is_single()).map(|d| self.share(d)).collect();
        let shares = if single.is_empty() { vec![self.usual] } else { single };
        let most = shares.iter().map(|share| share.variants).max().unwrap_or(0);
        (0..=most).filter(|&variant| shares.iter().any(|share| share.is_in(variant))).collect()
    }

    /// What that does to the descriptions of the scans that were chosen.
    pub(super) fn report<'a>(
        &self,
        chosen: impl Iterator<Item = (&'a ScanEntry, &'a str)>,
        catalogue: &Catalogue,
    ) -> Balanced {
        let name = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let mut balanced = Balanced {
            method: name(serde_json::json!(self.method)),
            level: name(serde_json::json!(self.level)),
            ..Balanced::default()
        };
        let mut splits: BTreeMap<&str, Vec<&Description>> = BTreeMap::new();
        for (entry, split) in chosen {
            let descriptions = catalogue.descriptions_of(&entry.id).iter().filter(|d| d.is_single());
            splits.entry(split).or_default().extend(descriptions);
        }
        let rows = |share: &Share| u64::from(share.original) + u64::from(share.variants);
        for (split, descriptions) in splits {
            let mut classes: BTreeMap<String, ClassBalance> = BTreeMap::new();
            let mut weights = Vec::with_capacity(descriptions.len());
            for description in descriptions {
                let share = self.share(description);
                let class = classes.entry(class_of(description)).or_default();
                class.descriptions += 1;
                class.rows_before += rows(&self.usual);
                class.rows += rows(&share);
                // The sum for now.
                class.weight += rows(&share) as f64 * f64::from(share.weight);
                weights.push(rows(&share) as f64 * f64::from(share.weight));
            }
            let before: Vec<f64> = classes.values().map(|c| c.rows_before as f64).collect();
            let after: Vec<f64> = classes.values().map(|c| c.weight).collect();
            let spread = |rows: u64, counts: &[f64], samples: f64| Spread {
                rows,
                imbalance: measure::imbalance(counts),
                effective_classes: measure::effective_weighted(counts),
                effective_samples: samples,
            };
            let n = weights.len().max(1) as f64;
            let samples = measure::effective_samples(weights.into_iter()) / n;
            let sum = |get: fn(&ClassBalance) -> u64| classes.values().map(get).sum::<u64>();
            let all = if before.is_empty() { 0.0 } else { 1.0 };
            let (before, after) =
                (spread(sum(|c| c.rows_before), &before, all), spread(sum(|c| c.rows), &after, samples));
            for class in classes.values_mut() {
                class.weight = if class.rows > 0 { class.weight / class.rows as f64 } else { 0.0 };
            }
            balanced.splits.insert(split.to_owned(), SplitBalance { before, after, classes });
        }
        balanced
    }
}

/// The descriptions of each class or object.
type Groups<'a> = BTreeMap<String, Vec<&'a Description>>;

fn grouped<'a>(level: Level, descriptions: &[&'a Description]) -> Groups<'a> {
    let mut groups = Groups::new();
    for description in descriptions {
        let name = match level {
            Level::Class => class_of(description),
            Level::Object => format!("{}/{}", description.scene_id, description.object_id),
        };
        groups.entry(name).or_default().push(description);
    }
    groups
}

/// The class by which the audit's rules count as well.
fn class_of(description: &Description) -> String {
    normalise_label(&description.object_name)
}

/// A draw in [0, 1) that hangs on the seed and the name alone.
fn lot(seed: u64, name: &str) -> f64 {
    // No step draws for variant 0, so that the key is no step's.
    Key::new(seed, name, 0, "balance").stream(Purpose::Gate).unit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::References;

    /// Scans with so many descriptions of each class; one object for two descriptions.
    fn catalogue(scans: &[&[(&str, u32)]]) -> Catalogue {
        let mut catalogue = Catalogue::default();
        catalogue.references.push(References::default());
        for (i, classes) in scans.iter().enumerate() {
            let scene_id = format!("scene{i:04}_00");
            catalogue.scans.push(ScanEntry { id: scene_id.clone(), dir: "x".into() });
            let names = classes.iter().flat_map(|&(name, n)| (0..n).map(move |k| (name, k)));
            for (name, k) in names {
                let record = catalogue.descriptions.len() as u32;
                catalogue.descriptions.push(Description {
                    scene_id: scene_id.clone(),
                    object_id: i32::from(name.as_bytes()[0]) * 100 + k as i32 / 2,
                    object_name: name.into(),
                    ann_id: (k % 2).to_string(),
                    record,
                    ..Description::default()
                });
            }
        }
        catalogue.index();
        catalogue
    }

    fn sampling() -> Sampling {
        Sampling { variants: 4, include_original: true, seed: 7 }
    }

    fn shares(catalogue: &Catalogue, change: impl Fn(&mut Balance)) -> Shares {
        let mut balance = Balance::default();
        change(&mut balance);
        Shares::of(&balance, &sampling(), catalogue)
    }

    fn report(catalogue: &Catalogue, shares: &Shares) -> SplitBalance {
        let chosen = catalogue.scans.iter().map(|entry| (entry, UNLISTED));
        shares.report(chosen, catalogue).splits[UNLISTED].clone()
    }

    #[test]
    fn none_uses_everything_once_a_variant() {
        let data = catalogue(&[&[("chair", 6), ("lamp", 2)]]);
        let shares = shares(&data, |_| {});
        assert_eq!(shares.variants(&data.descriptions), [0, 1, 2, 3, 4]);
        let told = report(&data, &shares);
        assert_eq!(told.before, told.after);
        assert_eq!((told.before.rows, told.before.imbalance, told.before.effective_samples), (40, 3.0, 1.0));
    }

    #[test]
    fn rare_classes_are_repeated_by_the_root_and_common_ones_are_not() {
        let common: &[(&str, u32)] = &[("chair", 2)];
        let mut scans = vec![common; 99];
        scans.push(&[("chair", 2), ("lamp", 2)]);
        let data = catalogue(&scans);
        let balanced = shares(&data, |b| (b.method, b.threshold) = (Method::RepeatFactor, 0.09));
        // f = 1/100: √9 = 3 times 4 variants, for the lamp alone.
        let last = data.descriptions_of("scene0099_00");
        assert_eq!(balanced.variants(last), (0..=12).collect::<Vec<_>>());
        let in_last: Vec<bool> = last.iter().map(|d| balanced.share(d).is_in(5)).collect();
        assert_eq!(in_last, last.iter().map(|d| d.object_name == "lamp").collect::<Vec<_>>());
        assert_eq!(balanced.variants(data.descriptions_of("scene0000_00")).len(), 5);
        let told = report(&data, &balanced);
        assert_eq!((told.classes["lamp"].rows_before, told.classes["lamp"].rows), (10, 26));
        assert!(told.after.imbalance < told.before.imbalance && told.after.effective_samples < 1.0);
        let clipped = shares(&data, |b| {
            (b.method, b.threshold, b.clip) = (Method::RepeatFactor, 0.09, 1.5);
        });
        assert_eq!(clipped.variants(last).len(), 7);
    }

    #[test]
    fn fractions_of_variants_are_rounded_so_that_the_mean_is_right() {
        // Every second scan of 400 shows a lamp: √(0.9 / 0.5) · 4 = 5.3666 variants of it.
        let lamp: &[(&str, u32)] = &[("lamp", 1)];
        let chair: &[(&str, u32)] = &[("chair", 1), ("table", 1)];
        let data = catalogue(&[lamp, chair].repeat(200));
        let shares = shares(&data, |b| (b.method, b.threshold) = (Method::RepeatFactor, 0.9));
        let lamps = data.descriptions.iter().filter(|d| d.object_name == "lamp");
        let variants: Vec<u32> = lamps.map(|d| shares.share(d).variants).collect();
        assert!(variants.iter().all(|v| [5, 6].contains(v)));
        let mean = f64::from(variants.iter().sum::<u32>()) / 200.0;
        assert!((mean - 5.3666).abs() < 0.12, "{mean}");
    }

    #[test]
    fn weights_have_mean_one_and_are_clipped() {
        let data = catalogue(&[&[("chair", 500), ("lamp", 5)]]);
        let of = |name: &str, shares: &Shares| {
            f64::from(shares.share(data.descriptions.iter().find(|d| d.object_name == name).unwrap()).weight)
        };
        let wide = shares(&data, |b| (b.method, b.clip) = (Method::EffectiveNumber, 1000.0));
        let (chair, lamp) = (of("chair", &wide), of("lamp", &wide));
        assert!(((500.0 * chair + 5.0 * lamp) / 505.0 - 1.0).abs() < 1e-6);
        // (1 − 0.999⁵⁰⁰) / (1 − 0.999⁵) = 78.9.
        assert!((lamp / chair - 78.9).abs() < 0.1, "{}", lamp / chair);
        let clipped = shares(&data, |b| b.method = Method::EffectiveNumber);
        assert_eq!(of("lamp", &clipped), 10.0);
        let told = report(&data, &clipped);
        assert_eq!((told.after.rows, told.classes["lamp"].weight), (told.before.rows, 10.0));
        assert!(told.after.effective_classes > told.before.effective_classes);
    }

    #[test]
    fn undersampling_leaves_the_median_and_draws_by_the_seed() {
        let data = catalogue(&[&[("chair", 90), ("lamp", 6), ("desk", 2)], &[("chair", 10)]]);
        let cut = shares(&data, |b| (b.method, b.clip) = (Method::Undersample, 2.0));
        let told = report(&data, &cut);
        let rows: Vec<u64> = told.classes.values().map(|c| c.rows).collect();
        assert_eq!(rows, [60, 10, 30], "12 of 100 chairs, desks and lamps as they are; 5 rows each");
        let objects = shares(&data, |b| {
            (b.method, b.level, b.clip) = (Method::Undersample, Level::Object, 1.0);
        });
        assert_eq!(report(&data, &objects).after.rows, told.before.rows, "all objects have two");
        let none_left = data.descriptions_of("scene0001_00").iter().all(|d| !cut.share(d).original);
        assert_eq!(cut.variants(data.descriptions_of("scene0001_00")).is_empty(), none_left);
    }

    #[test]
    fn a_subset_of_scans_is_used_as_among_all() {
        let mut data = catalogue(&[&[("chair", 9)], &[("chair", 3), ("lamp", 2)], &[("desk", 1)]]);
        for method in [Method::RepeatFactor, Method::EffectiveNumber, Method::Undersample] {
            let of = |data: &Catalogue| {
                let shares = shares(data, |b| (b.method, b.threshold, b.clip) = (method, 0.9, 2.0));
                data.descriptions.iter().map(|d| shares.share(d)).collect::<Vec<_>>()
            };
            let all = of(&data);
            assert!(method == Method::EffectiveNumber || all.iter().any(|s| *s != all[0]), "{method:?}");
            data.scans.reverse();
            data.scans.truncate(1);
            assert_eq!(all, of(&data));
        }
    }
}
