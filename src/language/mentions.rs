//! Which kinds of claim a sentence makes.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::Lexicon;
use super::mirror::{Sense, sense};
use super::nouns::traits_of;
use super::spoken::Spoken;

/// Which kinds of claim a sentence makes. Each kind is one that some change to the scene can make
/// false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // eight independent yes-or-no facts
pub struct Claims {
    /// Says, or may say, what is left, right, clockwise …
    pub handed: bool,
    /// Speaks of a colour.
    pub colour: bool,
    /// Speaks of a size.
    pub size: bool,
    /// Speaks of a shape.
    pub shape: bool,
    /// Speaks of order or number.
    pub ordinal: bool,
    /// Speaks of a direction of the world.
    pub absolute: bool,
    /// Says that nothing else fits.
    pub unique: bool,
    /// Compares with others: the largest, the leftmost, the nearer one.
    pub superlative: bool,
}

const COLOUR: u8 = 1;
const SIZE: u8 = 2;
const SHAPE: u8 = 4;
const ORDINAL: u8 = 8;
const ABSOLUTE: u8 = 16;
const UNIQUE: u8 = 32;
const SUPERLATIVE: u8 = 64;
/// What a part of a hyphenated word claims; "two-seater" counts nothing.
const OF_PARTS: u8 = COLOUR | SIZE | SHAPE | ABSOLUTE | SUPERLATIVE;

/// The lexicon by word.
struct Index {
    words: HashMap<&'static str, u8>,
    /// Phrases by their last word.
    phrases: HashMap<String, Vec<(Vec<String>, u8)>>,
    /// Idioms by each of their words, which stands at that place in them.
    idioms: HashMap<String, Vec<(Vec<String>, usize)>>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let lexicon = Lexicon::built_in();
    let split = |phrase: &str| phrase.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let mut index = Index { words: HashMap::new(), phrases: HashMap::new(), idioms: HashMap::new() };
    for (list, kind) in [
        (&lexicon.colour, COLOUR),
        (&lexicon.size, SIZE),
        (&lexicon.shape, SHAPE),
        (&lexicon.ordinal, ORDINAL),
        (&lexicon.absolute, ABSOLUTE),
        (&lexicon.unique, UNIQUE),
        (&lexicon.superlative, SUPERLATIVE),
    ] {
        for entry in list {
            match entry.rsplit_once(' ') {
                None => *index.words.entry(entry).or_default() |= kind,
                Some((_, last)) => {
                    index.phrases.entry(last.to_owned()).or_default().push((split(entry), kind));
                }
            }
        }
    }
    for idiom in &lexicon.idioms {
        let words = split(idiom);
        for (place, word) in words.iter().enumerate() {
            index.idioms.entry(word.clone()).or_default().push((words.clone(), place));
        }
    }
    index
});

impl Claims {
    /// The claims of `text` by the built-in lexicon.
    pub fn of(text: &str) -> Self {
        let spoken = Spoken::new(text);
        let index = &*INDEX;
        let (mut kinds, mut handed) = (0, false);
        for i in 0..spoken.len() {
            kinds |= index.kinds(&spoken, i);
            handed = handed || sense(&spoken, i) != Sense::NoSide;
        }
        let says = |kind| kinds & kind != 0;
        Self {
            handed,
            colour: says(COLOUR),
            size: says(SIZE),
            shape: says(SHAPE),
            ordinal: says(ORDINAL),
            absolute: says(ABSOLUTE),
            unique: says(UNIQUE),
            superlative: says(SUPERLATIVE),
        }
    }

    /// The words of `text` that make claims: the bytes that each takes, and what it claims first.
    pub(super) fn words(text: &str) -> Vec<(Range<usize>, &'static str)> {
        let spoken = Spoken::new(text);
        let claim = |i: usize| {
            let kinds = INDEX.kinds(&spoken, i);
            let first = || (0..7).find(|bit| kinds >> bit & 1 == 1).map(|bit| Self::KINDS[bit + 1]);
            let claim = if sense(&spoken, i) == Sense::NoSide { first()? } else { Self::KINDS[0] };
            Some((spoken.start(i)..spoken.start(i) + spoken.word(i).len(), claim))
        };
        (0..spoken.len()).filter_map(claim).collect()
    }

    /// The names of all kinds of claim, in a fixed order.
    pub const KINDS: [&'static str; 8] =
        ["handed", "colour", "size", "shape", "ordinal", "absolute", "unique", "superlative"];

    /// The names of the claims made, in their fixed order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let made = [
            self.handed,
            self.colour,
            self.size,
            self.shape,
            self.ordinal,
            self.absolute,
            self.unique,
            self.superlative,
        ];
        Self::KINDS.into_iter().zip(made).filter_map(|(name, made)| made.then_some(name))
    }
}

impl Index {
    fn of_word(&self, word: &str) -> u8 {
        self.words.get(word).copied().unwrap_or_default()
    }

    /// What the word claims where it stands.
    fn kinds(&self, spoken: &Spoken, i: usize) -> u8 {
        let word = spoken.word(i);
        let mut kinds = self.of_word(word);
        for (phrase, kind) in self.phrases.get(word).into_iter().flatten() {
            let start = (i + 1).checked_sub(phrase.len());
            kinds |= if start.is_some_and(|start| spoken.says(start, phrase)) { *kind } else { 0 };
        }
        if kinds == 0 && word.contains('-') {
            kinds = word.split('-').fold(0, |all, part| all | self.of_word(part)) & OF_PARTS;
        }
        // "rightmost", "messiest".
        if word.ends_with("most") && !matches!(word, "almost" | "utmost")
            || word.ends_with("iest") && word != "priest"
        {
            kinds |= SUPERLATIVE;
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            kinds |= if is_number(word) { ORDINAL } else { 0 };
        }
        if kinds == 0 {
            return 0;
        }
        let in_idiom = |(idiom, place): &(Vec<String>, usize)| {
            i.checked_sub(*place).is_some_and(|start| spoken.says(start, idiom))
        };
        if self.idioms.get(word).into_iter().flatten().any(in_idiom) {
            return 0;
        }
        let lexicon = Lexicon::built_in();
        let next = spoken.after(i, 1);
        let qualifies = !next.is_empty() && !traits_of(next).is_empty();
        match word {
            // A lamp: "the light is on".
            "light" if !qualifies => return 0,
            // A pronoun: "the one on the bed", "the white one facing it".
            "one" => {
                let before = spoken.before(i, 1);
                let pronoun = traits_of(before).determines()
                    || matches!(before, "which" | "that" | "no" | "left" | "right" | "any")
                    || self.of_word(before) & !UNIQUE != 0;
                return if qualifies && !pronoun { ORDINAL } else { 0 };
            }
            _ => {}
        }
        if kinds & ORDINAL != 0 && !next.is_empty() {
            if lexicon.units.contains(next) {
                kinds = kinds & !ORDINAL | SIZE;
            } else if lexicon.own_parts.contains(next) || matches!(next, "o'clock" | "oclock" | "o") {
                kinds &= !ORDINAL;
            }
        }
        kinds
    }
}

/// "2", "12th": a number that may count or order.
fn is_number(word: &str) -> bool {
    let digits = word.trim_start_matches(|c: char| c.is_ascii_digit());
    word.len() - digits.len() <= 2 && matches!(digits, "" | "st" | "nd" | "rd" | "th")
}

/// The words of a text: runs of letters and digits, with hyphens and apostrophes inside a word.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '\''))
        .map(|w| w.trim_matches(['-', '\'']))
        .filter(|w| !w.is_empty())
}

/// The words and punctuation marks of a text, in their order.
pub fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let inside = |c: char| c.is_alphanumeric() || c == '-' || c == '\'';
        let word = rest.find(|c| !inside(c)).unwrap_or(rest.len());
        let (token, others) = rest.split_at(if word == 0 { first.len_utf8() } else { word });
        rest = others;
        Some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_whatever_surrounds_them() {
        assert!(Claims::of("It is on the LEFT.").handed);
        assert!(Claims::of("the left-hand one").handed);
        assert!(!Claims::of("a bright, upright lamp; bereft copyright").handed);
        assert!(Claims::of("the (red) chair").colour);
        assert!(!Claims::of("the bored chair").colour);
    }

    #[test]
    fn tokens_are_words_and_marks() {
        let of = |t| tokens(t).collect::<Vec<_>>();
        assert_eq!(
            of(" the l-shaped desk,it's (é) ."),
            ["the", "l-shaped", "desk", ",", "it's", "(", "é", ")", "."]
        );
        assert_eq!(of(" "), Vec::<&str>::new());
    }

    #[test]
    fn each_kind_is_told_apart() {
        let names = |t| Claims::of(t).names().collect::<Vec<_>>();
        assert_eq!(names("the second tall round lamp"), ["size", "shape", "ordinal"]);
        assert_eq!(names("the only chair by the north wall"), ["absolute", "unique"]);
        assert_eq!(names("the tallest one, closest to the door"), ["size", "superlative"]);
        assert_eq!(names("the light-brown one of them"), ["colour"]);
        assert_eq!(names("3 feet wide, at your 9 o clock"), ["size", "absolute"]);
        assert_eq!(names("the light by one chair, 2nd of all"), ["ordinal"]);
        assert_eq!(names("right next to a light switch, in the middle of the room"), Vec::<&str>::new());
        assert_eq!(names("a chair at the table"), Vec::<&str>::new());
    }

    #[test]
    fn tokens_are_words_and_single_marks() {
        let cut = |text: &str| tokens(text).collect::<Vec<_>>().join("|");
        assert_eq!(cut("it's a tv-stand ,  (the left one)."), "it's|a|tv-stand|,|(|the|left|one|)|.");
        assert_eq!(cut(" ... "), ".|.|.");
        assert_eq!(cut(""), "");
    }
}
