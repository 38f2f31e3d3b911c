//! The word lists, parsed once.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

/// Words and phrases by the kind of claim they make; lower case, words separated by one space.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lexicon {
    /// Left, right and their kin: what a mirror turns around.
    pub handed: BTreeSet<String>,
    /// Colours.
    pub colour: BTreeSet<String>,
    /// Sizes.
    pub size: BTreeSet<String>,
    /// Shapes.
    pub shape: BTreeSet<String>,
    /// Order and number.
    pub ordinal: BTreeSet<String>,
    /// Directions of the world.
    pub absolute: BTreeSet<String>,
    /// Claims that nothing else fits.
    pub unique: BTreeSet<String>,
    /// Words that admit that other things fit as well.
    pub admits: BTreeSet<String>,
}

static BUILT_IN: LazyLock<Lexicon> = LazyLock::new(|| {
    toml::from_str(include_str!("lexicon.toml")).expect("the built-in lexicon is tested to parse")
});

impl Lexicon {
    /// The lexicon that ships with the program.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Whether a word in lower case makes a claim of any kind.
    pub fn claims(word: &str) -> bool {
        kinds_of(word) & !OPENS != 0
    }

    /// The lists of claims, in the order of the bits of [`kinds_of`].
    fn lists(&self) -> [&BTreeSet<String>; 7] {
        [&self.handed, &self.colour, &self.size, &self.shape, &self.ordinal, &self.absolute, &self.unique]
    }
}

/// The bit of words that phrases of two words begin with.
pub(super) const OPENS: u8 = 1 << 7;

/// What each word and phrase of the built-in lexicon claims.
static KINDS: LazyLock<HashMap<&'static str, u8>> = LazyLock::new(|| {
    let mut kinds: HashMap<&'static str, u8> = HashMap::new();
    for (bit, list) in Lexicon::built_in().lists().into_iter().enumerate() {
        for entry in list {
            *kinds.entry(entry).or_default() |= 1 << bit;
            if let Some((first, _)) = entry.split_once(' ') {
                *kinds.entry(first).or_default() |= OPENS;
            }
        }
    }
    kinds
});

/// The phrases that admit that other things fit as well, by their first word.
static ADMISSIONS: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut phrases: HashMap<&'static str, Vec<&'static str>> = HashMap::new();
    for phrase in &Lexicon::built_in().admits {
        phrases.entry(phrase.split(' ').next().unwrap_or_default()).or_default().push(phrase);
    }
    phrases
});

/// Phrases that begin with this word and admit that other things fit as well, sorted.
pub(super) fn admissions(first: &str) -> &'static [&'static str] {
    ADMISSIONS.get(first).map_or(&[], Vec::as_slice)
}

/// The kinds of claim that a word or phrase in lower case makes, a bit each in the order of
/// [`Claims`](super::Claims), and [`OPENS`].
pub(super) fn kinds_of(entry: &str) -> u8 {
    KINDS.get(entry).copied().unwrap_or(0)
}
