//! Left and right after a mirror.

use super::Lexicon;
use super::spoken::Spoken;

/// A sentence after a mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirrored {
    /// The sentence with its sides swapped; case and punctuation stay.
    pub text: String,
    /// Words replaced, as (old, new), in their order.
    pub changed: Vec<(String, String)>,
}

/// What a word says of sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// Nothing.
    NoSide,
    /// A side, or something else: nobody can tell.
    Unsure,
    /// A side: `len` bytes from byte `at` of the word become `new`.
    Side { at: usize, len: usize, new: &'static str },
}

/// Swaps left and right, whole words only and all at once, as a mirror does; doing it twice gives
/// the first sentence back.
///
/// Adverbial uses ("right next to") stay. `None` when a use cannot be decided ("what is left of
/// it", "left by the door"), or could not be once it was swapped: then no rewriting is sure to be
/// read as it is meant.
pub fn mirrored(text: &str) -> Option<Mirrored> {
    let new = swapped(text)?;
    let stays = new.changed.is_empty() || swapped(&new.text).is_some_and(|old| old.text == text);
    stays.then_some(new)
}

fn swapped(text: &str) -> Option<Mirrored> {
    let spoken = Spoken::new(text);
    let mut out = Mirrored { text: String::with_capacity(text.len() + 8), changed: Vec::new() };
    let mut copied = 0;
    for i in 0..spoken.len() {
        let (at, len, new) = match sense(&spoken, i) {
            Sense::NoSide => continue,
            Sense::Unsure => return None,
            Sense::Side { at, len, new } => (at, len, new),
        };
        let start = spoken.start(i);
        let word = text.get(start..start + spoken.word(i).len())?;
        let new = word[..at].to_owned() + &in_case_of(&word[at..at + len], new)? + &word[at + len..];
        out.text += &text[copied..start];
        out.text += &new;
        copied = start + word.len();
        out.changed.push((word.to_owned(), new));
    }
    out.text += &text[copied..];
    Some(out)
}

/// What a word means where it stands.
pub(super) fn sense(spoken: &Spoken, i: usize) -> Sense {
    const LEFT: Sense = Sense::Side { at: 0, len: 4, new: "right" };
    const RIGHT: Sense = Sense::Side { at: 0, len: 5, new: "left" };
    let word = spoken.word(i);
    match word {
        "left" => left(spoken, i, LEFT),
        "right" => right(spoken, i, RIGHT),
        "lhs" => Sense::Side { at: 0, len: 3, new: "rhs" },
        "rhs" => Sense::Side { at: 0, len: 3, new: "lhs" },
        "clockwise" if matches!(spoken.before(i, 1), "counter" | "anti") => Sense::Unsure,
        "clockwise" => Sense::Side { at: 0, len: 9, new: "counterclockwise" },
        "counterclockwise" => Sense::Side { at: 0, len: 16, new: "clockwise" },
        // Other spellings ("anti-clockwise") have no one counterpart to come back from.
        "clock" if spoken.after(i, 1) == "wise" => Sense::Unsure,
        _ if word.ends_with("clockwise") || word == "clock-wise" => Sense::Unsure,
        _ => compound(word),
    }
}

/// What a word says that is not left or right itself: "leftmost", "upper-left", "bright", "rigth".
fn compound(word: &str) -> Sense {
    let lists = &Lexicon::built_in().side;
    let holds = |w: &str| w.contains("left") || w.contains("right");
    if !holds(word) {
        let near = !word.contains('-') && (nearly(word, "left") || nearly(word, "right"));
        return if near && !lists.other_words.contains(word) { Sense::Unsure } else { Sense::NoSide };
    }
    let mut found = Sense::NoSide;
    let mut at = 0;
    let parts = word.split('-').count();
    for part in word.split('-') {
        let (stem, new, rest) = match (part.strip_prefix("left"), part.strip_prefix("right")) {
            (Some(rest), _) => ("left", "right", rest),
            (_, Some(rest)) => ("right", "left", rest),
            _ => ("", "", part),
        };
        let is_side = !stem.is_empty() && (rest.is_empty() || lists.endings.contains(rest));
        if is_side {
            if found != Sense::NoSide {
                return Sense::Unsure;
            }
            found = Sense::Side { at, len: stem.len(), new };
        } else if holds(part) && !lists.other_words.contains(part) {
            return Sense::Unsure;
        }
        at += part.len() + 1;
    }
    if parts == 1 || found == Sense::NoSide {
        return found;
    }
    match word {
        "right-angled" | "right-angle" | "right-side-up" => Sense::NoSide,
        // The other parts decide: "left-facing" is a side, "left-over" is none.
        _ if word.split('-').all(|p| holds(p) || p == "hand" || lists.endings.contains(p)) => found,
        _ => Sense::Unsure,
    }
}

fn left(spoken: &Spoken, i: usize, side: Sense) -> Sense {
    let lists = &Lexicon::built_in().side;
    let [first, second] = [1, 2].map(|k| spoken.before(i, k));
    let [next, then] = [1, 2].map(|k| spoken.after(i, k));
    let is = |list: &std::collections::BTreeSet<String>, word: &str| list.contains(word);
    // What remains: "what is left of it", "the last one left", "no chairs left".
    let verb = matches!(first, "is" | "was" | "are" | "were" | "that's" | "what's" | "there's" | "s");
    let remains = |back| is(&lists.remains, spoken.before(i, back));
    if is(&lists.remains, first) && !matches!(first, "more" | "room" | "one")
        || (verb && (remains(2) || remains(3)))
    {
        return Sense::Unsure;
    }
    if is(&lists.leavers, first) {
        return if is(&lists.sided, next) { Sense::Unsure } else { Sense::NoSide };
    }
    let has_sides = is(&lists.sided, next);
    if matches!(first, "been" | "being" | "was" | "were" | "is" | "are") && !has_sides {
        let how = is(&lists.states, next);
        let ends = next.is_empty() || matches!(next, "and" | "or" | "to");
        return match first {
            "is" | "are" if matches!(next, "and" | "or") => side,
            "is" | "are" if !how || is(&lists.adverb_before, next) => Sense::Unsure,
            "was" | "were" if ends => Sense::Unsure,
            _ => Sense::NoSide,
        };
    }
    if next == "over" && then == "from" && !is(&lists.sure_before, first) {
        return Sense::NoSide;
    }
    // "the left open door" is open, "the left over food" is rest.
    let state = is(&lists.states, next) && next != "on" && !matches!(then, "there" | "here");
    if state && !is(&lists.leads, second) {
        return Sense::Unsure;
    }
    let among = next == "to" && then == "right";
    if among || has_sides || is(&lists.sure_before, first) {
        return side;
    }
    if is(&lists.belonging, first) {
        let open = is(&lists.adverb_before, next) || is(&lists.unsure_after, next);
        return if is(&lists.leads, second) || !open { side } else { Sense::Unsure };
    }
    // "on the table's left".
    if first.ends_with("'s") && is(&lists.leads, spoken.before(i, 3)) {
        return side;
    }
    let open = is(&lists.adverb_before, next) || is(&lists.unsure_after, next);
    if is(&lists.turns, first) || (is(&lists.goes, first) && !open) {
        return side;
    }
    let described = is(&lists.degrees, first) || first.is_empty() || Lexicon::claims(first);
    // "left chair": a noun follows, and nothing that could have left it goes before.
    if described && !open && !next.is_empty() { side } else { Sense::Unsure }
}

fn right(spoken: &Spoken, i: usize, side: Sense) -> Sense {
    let lists = &Lexicon::built_in().side;
    let [first, second] = [1, 2].map(|k| spoken.before(i, k));
    let [next, then] = [1, 2].map(|k| spoken.after(i, k));
    let is = |list: &std::collections::BTreeSet<String>, word: &str| list.contains(word);
    if is(&lists.correct_before, next) || matches!((next, then), ("side", "up")) {
        return Sense::NoSide;
    }
    let adverb = is(&lists.adverb_before, next);
    // "right front of it" may be a slip of "right in front of it".
    let way = matches!(next, "back" | "front" | "rear" | "top" | "bottom");
    let open = adverb || way || is(&lists.unsure_after, next);
    if next == "to" && then == "left" || is(&lists.sided, next) && !way {
        return side;
    }
    if is(&lists.sure_before, first) {
        // "at right" is a side; "of right next to" is a slip.
        return if first == "of" && open { Sense::Unsure } else { side };
    }
    if is(&lists.belonging, first) {
        return match (is(&lists.leads, second), open) {
            (true, _) | (_, false) => side,
            _ if matches!(first, "this" | "that") && adverb => Sense::NoSide,
            _ => Sense::Unsure,
        };
    }
    if is(&lists.turns, first) {
        return side;
    }
    if is(&lists.goes, first) {
        return if open { Sense::Unsure } else { side };
    }
    // "right to the left of it", "right away".
    let sideways = next == "to" && matches!(spoken.after(i, 3), "left" | "right");
    if sideways || matches!(next, "now" | "away") || (next == "in" && then == "front") {
        return Sense::NoSide;
    }
    if adverb {
        let slip = first.ends_with("'s") && !matches!(first, "it's" | "that's" | "there's" | "he's");
        return if slip { Sense::Unsure } else { Sense::NoSide };
    }
    let agrees = matches!(first, "is" | "that's" | "are" | "all" | "be" | "was" | "" | "quite");
    if next.is_empty() && agrees || (open && !matches!(next, "and" | "or")) {
        return Sense::Unsure;
    }
    side
}

/// Whether one slip of the pen makes `word` of `of`: a letter more, less, other, or two swapped.
fn nearly(word: &str, of: &str) -> bool {
    let (word, of) = (word.as_bytes(), of.as_bytes());
    if word.len().abs_diff(of.len()) > 1 || word == of {
        return false;
    }
    let head = word.iter().zip(of).take_while(|(a, b)| a == b).count();
    let (word, of) = (&word[head..], &of[head..]);
    let tail = word.iter().rev().zip(of.iter().rev()).take_while(|(a, b)| a == b).count();
    match (&word[..word.len() - tail], &of[..of.len() - tail]) {
        ([a, b], [c, d]) => a == d && b == c,
        (a, b) => a.len() < 2 && b.len() < 2,
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
            ("LEFT of it, then the Right; (the left)", "RIGHT of it, then the Left; (the right)"),
            ("the leftmost chair, left-hand side", "the rightmost chair, right-hand side"),
            ("the chair left of the desk", "the chair right of the desk"),
            ("from left to right", "from right to left"),
            ("on the left behind the door", "on the right behind the door"),
            ("go clockwise", "go counterclockwise"),
            ("the Upper-Left one on the LHS", "the Upper-Right one on the RHS"),
            ("turn left at the door", "turn right at the door"),
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
            "it was left open",
            "the light at night",
            "right-side-up",
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
            "its right next to it",
            "to the rihgt",
            "left-right",
        ] {
            assert_eq!(new(text), None, "{text}");
        }
    }

    #[test]
    fn a_slip_of_the_pen_is_seen() {
        for (word, is) in
            [("lef", true), ("elft", true), ("leeft", true), ("lelt", true), ("felt", false), ("left", false)]
        {
            assert_eq!(nearly(word, "left"), is, "{word}");
        }
    }

    proptest! {
        #[test]
        fn twice_is_the_first_sentence(picks in prop::collection::vec(0..WORDS.len(), 0..12)) {
            let text = picks.iter().map(|&i| WORDS[i]).collect::<Vec<_>>().join(" ");
            if let Some(once) = new(&text) {
                prop_assert_eq!(new(&once), Some(text));
            }
        }

        #[test]
        fn any_text_is_read_and_nothing_but_sides_changes(text in "[a-zA-ZéÀ '’.,/-]{0,40}(left|Right)?[ -]?\\PC{0,9}") {
            if let Some(m) = mirrored(&text) {
                let letters = |t: &str| t.to_lowercase().replace("counter", "").replace("left", "right");
                prop_assert_eq!(letters(&m.text), letters(&text));
            }
        }
    }

    const WORDS: [&str; 40] = [
        "left",
        "Right",
        "the",
        "to",
        "RIGHT",
        "next",
        "what",
        "is",
        "leftmost",
        "right-hand",
        "angle",
        "clockwise",
        "Counterclockwise",
        "of",
        "in",
        "chair,",
        "left.",
        "(right)",
        "from",
        "open",
        "on",
        "been",
        "counter",
        "behind",
        "its",
        "your",
        "turn",
        "look",
        "upper-left",
        "left-facing",
        "over",
        "was",
        "and",
        "side",
        "just",
        "a",
        "one",
        "right-side",
        "lhs",
        "desk",
    ];
}
