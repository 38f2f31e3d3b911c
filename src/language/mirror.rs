//! Left and right after a mirror.

use super::{Lexicon, words};

/// A sentence after a mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirrored {
    /// The sentence with its sides swapped; case and punctuation stay.
    pub text: String,
    /// Words replaced, as (old, new), in their order.
    pub changed: Vec<(String, String)>,
}

/// Endings with which `left` and `right` are still a side.
const ENDINGS: [&str; 8] = ["most", "hand", "-hand", "ward", "wards", "er", "-most", "-side"];

/// Words before `left` or `right` that make it a side whatever follows.
const BEFORE: [&str; 15] = [
    "the",
    "its",
    "your",
    "my",
    "his",
    "her",
    "their",
    "far",
    "to",
    "from",
    "upper",
    "lower",
    "top",
    "bottom",
    "immediate",
];

/// Words after `right` that make it an adverb ("right next to"); after `left` they leave open
/// whether something was left there.
#[rustfmt::skip]
const AFTER: [&str; 25] = [
    "next", "above", "below", "beside", "behind", "under", "underneath", "beneath", "between",
    "against", "near", "by", "in", "inside", "at", "on", "up", "across", "there", "here", "before",
    "after", "over", "along", "outside",
];

/// Words after either that leave open what is meant.
const UNSURE_AFTER: [&str; 8] = ["to", "now", "away", "open", "alone", "out", "ajar", "standing"];

/// Words before either with which it may be what remains, or what is correct.
const UNSURE_BEFORE: [&str; 6] = ["what", "what's", "all", "anything", "been", "being"];

enum Sense {
    NoSide,
    Unsure,
    /// A side: the first bytes of the word, given by their number, become another stem.
    Side(usize, &'static str),
}

/// Swaps left and right, whole words only and all at once, as a mirror does; doing it twice gives
/// the first sentence back.
///
/// Adverbial uses ("right next to") stay. `None` when a use cannot be decided ("what is left of
/// it", "left open"): then no rewriting is sure to be right.
pub fn mirrored(text: &str) -> Option<Mirrored> {
    let tokens: Vec<&str> = words(text).collect();
    let lower: Vec<String> = tokens.iter().map(|word| word.to_lowercase()).collect();
    let mut out = Mirrored { text: String::with_capacity(text.len() + 8), changed: Vec::new() };
    let mut copied = 0;
    for (i, &word) in tokens.iter().enumerate() {
        let before = [i.checked_sub(2), i.checked_sub(1)].map(|at| at.map_or("", |at| &lower[at]));
        let after = lower.get(i + 1).map_or("", String::as_str);
        let (stem, swapped) = match sense(&lower[i], before, after) {
            Sense::NoSide => continue,
            Sense::Unsure => return None,
            Sense::Side(length, swapped) => (word.get(..length)?, swapped),
        };
        let new = in_case_of(stem, swapped)? + &word[stem.len()..];
        // Words are slices of the text, so their addresses tell where they stand.
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        out.text += &text[copied..start];
        out.text += &new;
        copied = start + word.len();
        out.changed.push((word.to_owned(), new));
    }
    out.text += &text[copied..];
    Some(out)
}

/// What a word means between the two words before it and the one after.
fn sense(word: &str, [second, first]: [&str; 2], after: &str) -> Sense {
    match word {
        "clockwise" | "counterclockwise" if first == "counter" || first == "anti" => return Sense::Unsure,
        "clockwise" => return Sense::Side(9, "counterclockwise"),
        "counterclockwise" => return Sense::Side(16, "clockwise"),
        _ => {}
    }
    let (rest, length, swapped) = match (word.strip_prefix("left"), word.strip_prefix("right")) {
        (Some(rest), _) => (rest, 4, "right"),
        (_, Some(rest)) => (rest, 5, "left"),
        // Other spellings ("anti-clockwise") have no one counterpart to come back from.
        _ if Lexicon::built_in().handed.contains(word) => return Sense::Unsure,
        _ => return Sense::NoSide,
    };
    if !rest.is_empty() {
        return match rest {
            _ if ENDINGS.contains(&rest) => Sense::Side(length, swapped),
            _ if rest.starts_with('-') => Sense::Unsure,
            _ => Sense::NoSide,
        };
    }
    let right = length == 5;
    if matches!(after, "angle" | "angles" | "angled") {
        return if right { Sense::NoSide } else { Sense::Unsure };
    }
    if UNSURE_BEFORE.contains(&first) || (second == "what" && matches!(first, "is" | "was")) {
        return Sense::Unsure;
    }
    match after {
        _ if BEFORE.contains(&first) => Sense::Side(length, swapped),
        _ if AFTER.contains(&after) && right => Sense::NoSide,
        _ if AFTER.contains(&after) || UNSURE_AFTER.contains(&after) => Sense::Unsure,
        _ => Sense::Side(length, swapped),
    }
}

/// `new` in lower case, with a capital, or in capitals, as `old` is; `None` for any other case.
fn in_case_of(old: &str, new: &str) -> Option<String> {
    let (head, tail) = old.split_at_checked(1)?;
    let upper = |s: &str| s.chars().all(char::is_uppercase);
    let lower = |s: &str| s.chars().all(char::is_lowercase);
    match (upper(head), upper(tail), lower(tail)) {
        (true, true, _) => Some(new.to_uppercase()),
        (true, _, true) => Some(new[..1].to_uppercase() + &new[1..]),
        (false, _, true) => Some(new.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn new(text: &str) -> Option<String> {
        mirrored(text).map(|m| m.text)
    }

    #[test]
    fn sides_swap_with_their_case_and_punctuation() {
        for (from, to) in [
            ("It is on the left.", "It is on the right."),
            ("LEFT, then Right; (left)", "RIGHT, then Left; (right)"),
            ("the leftmost chair, left-hand side", "the rightmost chair, right-hand side"),
            ("the chair left of the desk", "the chair right of the desk"),
            ("from left to right", "from right to left"),
            ("on the left behind the door", "on the right behind the door"),
            ("go clockwise", "go counterclockwise"),
        ] {
            assert_eq!(new(from).as_deref(), Some(to));
            assert_eq!(new(to).as_deref(), Some(from));
        }
    }

    #[test]
    fn words_that_are_no_side_stay() {
        for text in [
            "right next to the desk",
            "a bright copyright",
            "leftovers",
            "right in the corner",
            "a right angle",
        ] {
            let m = mirrored(text).unwrap();
            assert_eq!((m.text.as_str(), m.changed.len()), (text, 0));
        }
    }

    #[test]
    fn uses_that_cannot_be_decided_are_left_alone() {
        for text in [
            "what is left of it",
            "a door left open",
            "anti-clockwise",
            "left next to it",
            "lEft side",
            "counter clockwise",
            "right to it",
        ] {
            assert_eq!(new(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn twice_is_the_first_sentence(picks in prop::collection::vec(0..24_usize, 0..12)) {
            const WORDS: [&str; 24] = [
                "left", "Right", "the", "to", "RIGHT", "next", "what", "is", "leftmost", "right-hand", "angle",
                "clockwise", "Counterclockwise", "of", "in", "chair,", "left.", "(right)", "from", "open", "on",
                "been", "counter", "behind",
            ];
            let text = picks.iter().map(|&i| WORDS[i]).collect::<Vec<_>>().join(" ");
            if let Some(once) = new(&text) {
                prop_assert_eq!(new(&once), Some(text));
            }
        }
    }
}
