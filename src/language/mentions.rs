//! Which kinds of claim a sentence makes.

use serde::{Deserialize, Serialize};

use super::lexicon::{OPENS, kinds_of};

/// Which kinds of claim a sentence makes. Each kind is one that some change to the scene can make
/// false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // seven independent yes-or-no facts
pub struct Claims {
    /// Speaks of left, right, clockwise …
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
}

impl Claims {
    /// The claims of `text` by the built-in lexicon.
    pub fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        let (mut kinds, mut opener) = (0, None);
        for word in words(&lower) {
            let mine = kinds_of(word);
            kinds |= mine | opener.map_or(0, |first| kinds_of(&format!("{first} {word}")));
            opener = (mine & OPENS != 0).then_some(word);
        }
        let [handed, colour, size, shape, ordinal, absolute, unique] =
            std::array::from_fn(|bit| kinds & (1 << bit) != 0);
        Self { handed, colour, size, shape, ordinal, absolute, unique }
    }

    /// The names of the claims made, in a fixed order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        [
            (self.handed, "handed"),
            (self.colour, "colour"),
            (self.size, "size"),
            (self.shape, "shape"),
            (self.ordinal, "ordinal"),
            (self.absolute, "absolute"),
            (self.unique, "unique"),
        ]
        .into_iter()
        .filter_map(|(made, name)| made.then_some(name))
    }
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
