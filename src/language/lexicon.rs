//! The word lists, parsed once.

use std::collections::{BTreeSet, HashMap, HashSet};
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
    /// Comparisons with others.
    pub superlative: BTreeSet<String>,
    /// Claims that something is not there.
    pub absence: BTreeSet<String>,
    /// Words that admit that other things fit as well.
    pub admits: BTreeSet<String>,
    /// Phrases in which no word makes a claim.
    pub idioms: BTreeSet<String>,
    /// Units of length.
    pub units: BTreeSet<String>,
    /// Parts that a thing has of its own.
    pub own_parts: BTreeSet<String>,
    /// Words for a room.
    pub rooms: BTreeSet<String>,
    /// Places that a room has.
    pub places: BTreeSet<String>,
    /// How left and right are told from what only sounds so.
    pub side: Sides,
}

/// Words around left and right, and what they tell of them; see `lexicon.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the file says what each list is
pub struct Sides {
    pub endings: BTreeSet<String>,
    pub other_words: BTreeSet<String>,
    pub sided: BTreeSet<String>,
    pub sure_before: BTreeSet<String>,
    pub belonging: BTreeSet<String>,
    pub leads: BTreeSet<String>,
    pub degrees: BTreeSet<String>,
    pub turns: BTreeSet<String>,
    pub goes: BTreeSet<String>,
    pub adverb_before: BTreeSet<String>,
    pub correct_before: BTreeSet<String>,
    pub unsure_after: BTreeSet<String>,
    pub leavers: BTreeSet<String>,
    pub remains: BTreeSet<String>,
    pub states: BTreeSet<String>,
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
        CLAIMS.contains(word)
    }
}

/// All words that make a claim.
static CLAIMS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let l = Lexicon::built_in();
    let lists = [&l.handed, &l.colour, &l.size, &l.shape, &l.ordinal, &l.absolute, &l.unique];
    lists.into_iter().flatten().map(String::as_str).collect()
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
