//! What a sentence names beside the thing that it is about.

use super::nouns::{singular, traits_of};
use super::{Class, Lexicon, Mention, Sentence, words};

impl Sentence {
    /// The things named that may be others than the one of this class that the text is about, in
    /// their order: those of other classes, and those of its own that are many ("two chairs"),
    /// said to be others ("another chair"), or stand in relation to it ("by the chair"). Where
    /// one could be meant it counts as other.
    pub fn others<'a>(&'a self, class: &'a Class) -> impl Iterator<Item = &'a Mention> {
        let subject = self.subject().map(|s| s.mention.words.start);
        self.mentions().iter().filter(move |m| {
            // In "the plant stands by it" the verb is read as the last word of the name.
            let stands = m.words.len() > 1 && self.word(m.words.end - 1) == "stands";
            let last = m.words.end - 1 - usize::from(stands);
            let one = singular(self.word(last)) == self.word(last);
            let called = m.noun.is_a(&class.noun) || stands && self.is_of(m, class);
            let itself =
                subject == Some(m.words.start) && self.is_of(m, class) || called && self.is_introduced(m);
            !(one && itself)
        })
    }

    /// Whether the words of a label stand in the text, one after the other, in any number.
    pub fn spells(&self, label: &str) -> bool {
        let label: Vec<String> = words(label).map(|w| singular(&w.to_lowercase()).into_owned()).collect();
        let bare = |at: usize| singular(self.word(at).trim_end_matches("'s"));
        let starts =
            |i: &usize| label.iter().enumerate().all(|(k, w)| i + k < self.len() && bare(i + k) == *w);
        !label.is_empty() && (0..self.len()).any(|i| starts(&i))
    }

    /// Whether what is mentioned may be a part of something: a noun for such, said to be had ("it
    /// has drawers", "with a handle").
    pub fn is_had(&self, mention: &Mention) -> bool {
        const HAVE: [&str; 6] = ["has", "have", "having", "with", "its", "had"];
        let is_more = |i: &usize| {
            let word = self.word(*i);
            traits_of(word).determines() || !traits_of(word).is_empty()
        };
        let before = (0..mention.words.start).rev().find(|i| HAVE.contains(&self.word(*i)) || !is_more(i));
        mention.noun.is_part_or_everywhere() && before.is_some_and(|i| HAVE.contains(&self.word(i)))
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
            // The pause stands after this word.
            if self.pauses_before(i + 1) {
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
            ("the chair stands by the desk", vec!["desk"]),
            ("behind the desk, the chair is red", vec!["desk"]),
            ("the chair that hides the stool", vec!["stool"]),
        ] {
            let sentence = Sentence::new(text, &nouns);
            let found: Vec<&str> = sentence.others(&chair).map(|m| sentence.phrase(&m.words)).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn labels_are_seen_as_they_are_spelled_and_parts_as_they_are_had() {
        let nouns = Nouns::new(&LabelTable::default());
        let sentence = Sentence::new("the tv's Stand has two small drawers and holds Trash Cans", &nouns);
        for (label, is) in
            [("stand", true), ("tv", true), ("trash can", true), ("can trash", false), ("", false)]
        {
            assert_eq!(sentence.spells(label), is, "{label}");
        }
        let had = |m: &&Mention| sentence.is_had(m);
        let parts: Vec<&str> =
            sentence.mentions().iter().filter(had).map(|m| sentence.phrase(&m.words)).collect();
        assert_eq!(parts, ["drawers"]);
    }
}
