//! What a sentence names beside the thing that it is about.

use super::nouns::{singular, traits_of};
use super::{Class, Lexicon, Mention, Sentence};

impl Sentence {
    /// The things named that may be others than the one of this class that the text is about, in
    /// their order: those of other classes, and those of its own that are many ("two chairs"),
    /// said to be others ("another chair"), or stand in relation to it ("by the chair"). Where
    /// one could be meant it counts as other.
    pub fn others<'a>(&'a self, class: &'a Class) -> impl Iterator<Item = &'a Mention> {
        let subject = self.subject().map(|s| s.mention.words.start);
        self.mentions().iter().filter(move |m| {
            let one =
                m.words.end.checked_sub(1).is_none_or(|last| singular(self.word(last)) == self.word(last));
            let itself = subject == Some(m.words.start) || self.is_introduced(m);
            !(one && itself && self.is_of(m, class))
        })
    }

    /// Whether the words of the label stand in the text, one after the other, in any number.
    pub fn spells(&self, class: &Class) -> bool {
        let words = &class.words;
        !words.is_empty()
            && (0..self.len()).any(|i| {
                let here = |(k, w): (usize, &String)| i + k < self.len() && singular(self.word(i + k)) == *w;
                words.iter().enumerate().all(here)
            })
    }

    /// Whether nothing but qualities stand before the mention, up to a verb or the beginning: "it
    /// is the red chair".
    fn is_introduced(&self, mention: &Mention) -> bool {
        const VERBS: [&str; 16] = [
            "is", "it's", "that's", "are", "was", "find", "choose", "select", "pick", "locate", "see",
            "there's", "this", "that", "there", "for",
        ];
        for i in (0..mention.words.start).rev() {
            let word = self.word(i);
            if VERBS.contains(&word) {
                return true;
            }
            let named = self.mentions().iter().any(|m| m.words.contains(&i));
            let more = word != "one" && Lexicon::built_in().ordinal.contains(word) && tells_of_more(word);
            let quality = traits_of(word).determines() || !traits_of(word).is_empty();
            if word == "another" || named || more || !quality {
                return false;
            }
        }
        true
    }
}

/// Whether a word of order or number speaks of more than one thing.
fn tells_of_more(word: &str) -> bool {
    matches!(
        word,
        "two"
            | "three"
            | "four"
            | "five"
            | "six"
            | "seven"
            | "eight"
            | "both"
            | "pair"
            | "row"
            | "other"
            | "others"
            | "couple"
            | "several"
            | "few"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Nouns;
    use crate::scene::LabelTable;

    #[test]
    fn others_are_all_but_the_thing_itself() {
        let nouns = Nouns::new(&LabelTable::default());
        let chair = nouns.class("office chair");
        for (text, expected) in [
            ("the chair is next to the desk. it is a brown chair.", vec!["desk"]),
            ("this is the second chair from the door", vec!["door"]),
            ("the chair beside another chair", vec!["chair"]),
            (
                "there are four chairs. it is the left chair by the chair at the window",
                vec!["chairs", "chair", "window"],
            ),
            ("a desk with a chair on it", vec!["desk", "chair"]),
            ("on the right, next to the table, is a chair", vec!["table"]),
            ("the other chair", vec![]),
        ] {
            let sentence = Sentence::new(text, &nouns);
            let found: Vec<&str> = sentence.others(&chair).map(|m| sentence.phrase(&m.words)).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
