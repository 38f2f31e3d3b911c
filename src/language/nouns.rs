//! What things are called: nouns, and which of them people use for one another's things.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::words;
use crate::scene::LabelTable;

/// Families that the built-in list may have; bits above are nyu40 classes.
const FAMILIES: u32 = 24;

/// A noun by what matters of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noun {
    /// Hash of the whole name, without spaces and in the singular.
    key: u64,
    /// Hash of its last word in the singular.
    head: u64,
    /// Families and nyu40 classes, a bit each.
    kin: u64,
    /// Groups, a bit each; none where the list says nothing of it.
    like: u64,
    /// Whether it names parts of things, or what lies about unlabelled, as well.
    part: bool,
}

impl Noun {
    /// Whether people use the one for the other's things: both are of one family.
    pub fn is_kin_of(&self, other: &Self) -> bool {
        self.kin & other.kin != 0
    }

    /// Whether a thing of the one name could be taken for one of the other by who looks at both: a
    /// couch for a sofa, a desk for a table, but no cabinet for a table. Where the list does not say,
    /// as wide as [`Self::is_kin_of`].
    pub fn is_like(&self, other: &Self) -> bool {
        if self.like == 0 || other.like == 0 { self.is_kin_of(other) } else { self.like & other.like != 0 }
    }

    /// Whether one name is the other, or the other with words before it ("office chair").
    pub fn is_a(&self, other: &Self) -> bool {
        self.key == other.key || self.head == other.key || self.key == other.head
    }

    /// Whether the noun names a part of things, or what every room has, labelled or not.
    pub fn is_part_or_everywhere(&self) -> bool {
        self.part || self.kin & LISTS.everywhere != 0
    }
}

/// The class of an object as sentences may name it.
#[derive(Clone, Debug)]
pub struct Class {
    /// The label as a noun.
    pub noun: Noun,
    /// The words of the label in the singular.
    pub(super) words: Vec<String>,
    /// Whether the label holds a word for anything ("object").
    pub is_generic: bool,
    /// Whether the label says what it is: known to some family and not a word for anything.
    pub is_known: bool,
}

/// The nouns of a data set: those built in and those of its label table.
#[derive(Debug)]
pub struct Nouns {
    table: HashMap<u64, Noun>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    openers: Vec<String>,
    determiners: Vec<String>,
    empty: Vec<String>,
    generic: Vec<String>,
    weak: Vec<String>,
    parts: Vec<String>,
    family: Vec<Family>,
    group: Vec<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    #[serde(default)]
    everywhere: bool,
    nouns: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    nouns: Vec<String>,
}

/// What the list says of a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traits(u8);

impl Traits {
    const OPENER: u8 = 1;
    const DETERMINER: u8 = 2;
    const EMPTY: u8 = 4;
    const GENERIC: u8 = 8;
    const WEAK: u8 = 16;

    /// Opens a sentence before the thing is named.
    pub(super) fn opens(self) -> bool {
        self.0 & Self::OPENER != 0
    }

    /// Stands before a noun and says nothing of it.
    pub(super) fn determines(self) -> bool {
        self.0 & Self::DETERMINER != 0
    }

    /// Tells nothing apart.
    pub(super) fn is_empty(self) -> bool {
        self.0 & (Self::EMPTY | Self::DETERMINER | Self::GENERIC) != 0
    }
}

struct Lists {
    traits: HashMap<String, Traits>,
    kin: HashMap<u64, u64>,
    like: HashMap<u64, u64>,
    parts: Vec<u64>,
    everywhere: u64,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let file: File =
        toml::from_str(include_str!("nouns.toml")).expect("the built-in list is tested to parse");
    let mut traits: HashMap<String, Traits> = HashMap::new();
    for (list, bit) in [
        (file.openers, Traits::OPENER),
        (file.determiners, Traits::DETERMINER),
        (file.empty, Traits::EMPTY),
        (file.generic, Traits::GENERIC),
        (file.weak, Traits::WEAK),
    ] {
        for word in list {
            traits.entry(word).or_default().0 |= bit;
        }
    }
    let mut lists = Lists {
        traits,
        kin: HashMap::new(),
        like: HashMap::new(),
        parts: file.parts.iter().map(|n| key_of(n)).collect(),
        everywhere: 0,
    };
    for (bit, family) in (0..FAMILIES).map(|i| 1_u64 << i).zip(file.family) {
        for noun in family.nouns {
            *lists.kin.entry(key_of(&noun)).or_default() |= bit;
        }
        lists.everywhere |= if family.everywhere { bit } else { 0 };
    }
    for (bit, group) in (0..u64::BITS).map(|i| 1_u64 << i).zip(file.group) {
        for noun in group.nouns {
            *lists.like.entry(key_of(&noun)).or_default() |= bit;
        }
    }
    lists
});

/// What the list says of a word in lower case.
pub(super) fn traits_of(word: &str) -> Traits {
    LISTS.traits.get(word).copied().unwrap_or_default()
}

impl Nouns {
    /// Words of the longest name that is looked for.
    pub(super) const LONGEST: usize = 4;

    /// The built-in nouns and the names of `labels`.
    pub fn new(labels: &LabelTable) -> Self {
        let mut nouns = Self { table: HashMap::new() };
        let mut keys: Vec<(u64, u64)> = LISTS.kin.iter().map(|(&key, &kin)| (key, kin)).collect();
        keys.sort_unstable();
        for (key, kin) in keys {
            let part = LISTS.parts.contains(&key);
            let like = LISTS.like.get(&key).copied().unwrap_or(0);
            nouns.table.insert(key, Noun { key, head: key, kin, like, part });
        }
        for row in labels.iter() {
            let lower = row.raw_category.to_lowercase();
            let name: Vec<&str> = words(&lower).collect();
            let anything = |w: &&str| traits_of(w).0 & (Traits::GENERIC | Traits::WEAK) != 0;
            if name.is_empty() || name.len() > Self::LONGEST || (name.len() == 1 && anything(&name[0])) {
                continue;
            }
            let mut noun = nouns.noun(&name);
            // 38 to 40 are the classes of everything else.
            if (1..38).contains(&row.nyu40) {
                noun.kin |= 1 << (FAMILIES + u32::from(row.nyu40) - 1);
            }
            nouns.table.insert(noun.key, noun);
        }
        nouns
    }

    /// The noun of a name, known or not: of the family of its longest known ending.
    fn noun(&self, name: &[&str]) -> Noun {
        let key = Key::default().and_last(name);
        let known = (0..name.len()).find_map(|from| self.table.get(&Key::default().and_last(&name[from..])));
        let head = Key::default().and_last(&name[name.len().saturating_sub(1)..]);
        let (kin, like) = known.map_or((0, 0), |n| (n.kin, n.like));
        let part = name.len() == 1 && known.is_some_and(|n| n.part);
        Noun { key, head, kin, like, part }
    }

    /// The class that `label` names.
    pub fn class(&self, label: &str) -> Class {
        let lower = label.to_lowercase().replace('_', " ");
        let name: Vec<&str> = words(&lower).collect();
        let noun = self.noun(&name);
        let generic = name.iter().any(|w| traits_of(w).0 & Traits::GENERIC != 0);
        let words =
            name.iter().filter(|w| !traits_of(w).is_empty()).map(|w| singular(w).into_owned()).collect();
        Class { noun, words, is_generic: generic, is_known: noun.kin != 0 && !generic }
    }

    /// The noun that a name of at most [`Self::LONGEST`] words is, if it is one.
    pub(super) fn get(&self, key: u64) -> Option<&Noun> {
        self.table.get(&key)
    }
}

/// Whether a word alone mostly means something else.
pub(super) fn is_weak(word: &str) -> bool {
    traits_of(word).0 & Traits::WEAK != 0
}

/// FNV-1a over the letters of a name, so that "book shelf" is "bookshelf".
#[derive(Clone, Copy, Debug)]
pub(super) struct Key(u64);

impl Default for Key {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Key {
    /// The name continued by `word`.
    pub(super) fn and(self, word: &str) -> Self {
        let letters = word.bytes().filter(|b| *b != b'-');
        Self(letters.fold(self.0, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)))
    }

    /// The key of the name that ends with `word`.
    pub(super) fn ends(self, word: &str) -> u64 {
        self.and(&singular(word)).0
    }

    /// The key of the name that `name` ends.
    fn and_last(self, name: &[&str]) -> u64 {
        let Some((last, rest)) = name.split_last() else { return self.0 };
        rest.iter().fold(self, |k, w| k.and(w)).ends(last)
    }
}

fn key_of(name: &str) -> u64 {
    Key::default().and_last(&words(name).collect::<Vec<_>>())
}

/// The singular of a noun in lower case; words that are none come out alike each time, which is
/// all that comparing needs.
pub(super) fn singular(word: &str) -> Cow<'_, str> {
    const ODD: [(&str, &str); 4] =
        [("knives", "knife"), ("leaves", "leaf"), ("mice", "mouse"), ("feet", "foot")];
    if let Some((_, one)) = ODD.iter().find(|(many, _)| *many == word) {
        return Cow::Borrowed(one);
    }
    let cut = |end: usize, with: &str| Cow::Owned(word[..word.len() - end].to_owned() + with);
    if !word.is_ascii() || word.len() < 3 || !word.ends_with('s') || word.ends_with("ss") {
        return Cow::Borrowed(word);
    }
    match &word[..word.len() - 1] {
        stem if stem.ends_with(['u', 'i', '\'']) => Cow::Borrowed(word),
        stem if stem.ends_with("lve") => cut(3, "f"),
        stem if stem.ends_with("ie") && stem.len() > 3 => cut(3, "y"),
        stem if ["che", "she", "xe", "sse", "zze"].iter().any(|e| stem.ends_with(e)) => cut(2, ""),
        stem => Cow::Borrowed(stem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::LabelRow;

    fn nouns() -> Nouns {
        let row = |raw: &str, nyu40| LabelRow { raw_category: raw.into(), nyu40, ..LabelRow::default() };
        Nouns::new(&LabelTable::new([row("office chair", 5), row("dining set", 7), row("light", 35)]))
    }

    #[test]
    fn plurals_and_split_words_are_the_same_noun() {
        let nouns = nouns();
        for (a, b) in [
            ("bookshelves", "book shelf"),
            ("couches", "couch"),
            ("boxes", "box"),
            ("tvs", "tv"),
            ("Trash_cans", "trashcan"),
            ("glasses", "glass"),
            ("batteries", "battery"),
        ] {
            assert_eq!(nouns.class(a).noun.key, nouns.class(b).noun.key, "{a}");
        }
        for word in ["glass", "bus", "this", "is", "as", "chair"] {
            assert_eq!(singular(word), word);
        }
    }

    #[test]
    fn longer_names_are_of_the_family_of_their_ending() {
        let nouns = nouns();
        let of = |label| nouns.class(label).noun;
        assert!(of("office chair").is_kin_of(&of("couch")) && of("office chair").is_a(&of("chair")));
        assert!(of("tall kitchen cabinet").is_kin_of(&of("cupboard")));
        assert!(!of("chair").is_kin_of(&of("table")) && !of("dining set").is_kin_of(&of("chair")));
        assert!(!of("office chair").is_a(&of("table")));
        assert!(
            !nouns.class("zyx").is_known && !nouns.class("object").is_known && nouns.class("tv").is_known
        );
    }

    #[test]
    fn the_list_fits_its_bits_and_says_nothing_twice() {
        let file: File = toml::from_str(include_str!("nouns.toml")).unwrap();
        assert!(file.family.len() <= FAMILIES as usize);
        for family in file.family {
            let mut nouns = family.nouns.clone();
            nouns.sort();
            nouns.dedup();
            assert_eq!(nouns.len(), family.nouns.len(), "{:?}", family.nouns);
            assert!(nouns.iter().all(|n| words(n).count() <= Nouns::LONGEST));
        }
        for group in file.group {
            let unknown: Vec<&String> =
                group.nouns.iter().filter(|n| !LISTS.kin.contains_key(&key_of(n))).collect();
            assert!(unknown.is_empty(), "of no family: {unknown:?}");
        }
    }

    #[test]
    fn groups_are_narrower_than_families() {
        let nouns = nouns();
        let like = |a: &str, b: &str| nouns.class(a).noun.is_like(&nouns.class(b).noun);
        for (a, b) in [
            ("couch", "sofa"),
            ("office chair", "stool"),
            ("armchair", "couch"),
            ("desk", "coffee table"),
            ("nightstand", "cabinet"),
            ("trash can", "bin"),
            ("microwave", "oven"),
        ] {
            assert!(like(a, b) && like(b, a), "{a}, {b}");
        }
        for (a, b) in
            [("cabinet", "table"), ("bookshelf", "desk"), ("chair", "couch"), ("backpack", "trash can")]
        {
            assert!(!like(a, b) && !like(b, a), "{a}, {b}");
            assert!(nouns.class(a).noun.is_kin_of(&nouns.class(b).noun), "{a}, {b}");
        }
    }
}
