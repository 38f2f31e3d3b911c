//! A sentence taken apart: its words, and the things that it names.

use std::borrow::Cow;
use std::ops::Range;

use super::lexicon::admissions;
use super::mentions::words;
use super::nouns::{Class, Key, Noun, Nouns, Traits, is_weak, singular, traits_of};
use super::{Hues, Lexicon};

/// A word of a sentence.
#[derive(Clone, Debug)]
struct Word {
    /// Where it stands in the text in lower case.
    at: Range<usize>,
    traits: Traits,
    /// Whether a full stop or the like stands before it.
    opens: bool,
    /// Whether any punctuation stands before it.
    pause: bool,
}

/// A thing that is named.
#[derive(Clone, Debug)]
pub struct Mention {
    /// Which words name it.
    pub words: Range<usize>,
    /// What they name.
    pub noun: Noun,
}

/// The thing that a text is about, as the text says itself.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// How it is named.
    pub mention: &'a Mention,
    /// The words before the noun that belong to it: "the red".
    pub before: Range<usize>,
}

/// A text taken apart.
#[derive(Clone, Debug)]
pub struct Sentence {
    lower: String,
    words: Vec<Word>,
    mentions: Vec<Mention>,
}

impl Sentence {
    /// Takes `text` apart.
    pub fn new(text: &str, nouns: &Nouns) -> Self {
        let lower = text.to_lowercase();
        let mut list = Vec::new();
        let mut end = 0;
        for word in words(&lower) {
            // Words are slices of the text, so their addresses tell where they stand.
            let start = word.as_ptr() as usize - lower.as_ptr() as usize;
            let gap = &lower[end..start];
            let opens = list.is_empty() || gap.contains(['.', '!', '?', ';', ':', '\n']);
            let pause = opens || gap.contains(|c: char| !c.is_whitespace());
            end = start + word.len();
            list.push(Word { at: start..end, traits: traits_of(word), opens, pause });
        }
        let mut sentence = Self { lower, words: list, mentions: Vec::new() };
        sentence.mentions = sentence.find(nouns);
        sentence
    }

    /// The longest names from left to right; of names side by side, the last, which the others
    /// qualify ("sink cabinet").
    fn find(&self, nouns: &Nouns) -> Vec<Mention> {
        let mut mentions: Vec<Mention> = Vec::new();
        let mut i = 0;
        while i < self.words.len() {
            let mut key = Key::default();
            let mut found = None;
            for j in i..self.words.len().min(i + Nouns::LONGEST) {
                if j > i && self.words[j].pause {
                    break;
                }
                let word = self.word(j);
                if let Some(noun) = nouns.get(key.ends(word))
                    && (j > i || !is_weak(word))
                {
                    found = Some((j + 1, *noun));
                }
                key = key.and(word);
            }
            let Some((end, noun)) = found else {
                i += 1;
                continue;
            };
            match mentions.last_mut() {
                Some(last) if last.words.end == i && !self.words[i].pause => {
                    last.words.end = end;
                    last.noun = noun;
                }
                _ => mentions.push(Mention { words: i..end, noun }),
            }
            i = end;
        }
        mentions
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether it has no word.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// A word in lower case.
    pub fn word(&self, i: usize) -> &str {
        &self.lower[self.words[i].at.clone()]
    }

    /// The words in lower case.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|i| self.word(i))
    }

    /// The words as they stand, from the first to the last of a range.
    pub fn phrase(&self, words: &Range<usize>) -> &str {
        let ends = self.words.get(words.start).zip(words.end.checked_sub(1).and_then(|i| self.words.get(i)));
        ends.map_or("", |(first, last)| &self.lower[first.at.start..last.at.end])
    }

    /// The words with one space between: what is equal where only case, spaces and punctuation
    /// differ.
    pub fn normalised(&self) -> String {
        self.words().collect::<Vec<_>>().join(" ")
    }

    /// Whether any punctuation stands before a word.
    pub(super) fn pauses_before(&self, i: usize) -> bool {
        self.words[i].pause
    }

    /// Everything that is named.
    pub fn mentions(&self) -> &[Mention] {
        &self.mentions
    }

    /// The thing that the text is about, where its first sentence that names anything opens with
    /// it ("the red chair is …", "there is a chair …"), or any says so ("it is a chair …").
    pub fn subject(&self) -> Option<Subject<'_>> {
        let mut first = true;
        for start in (0..self.words.len()).filter(|&i| self.words[i].opens) {
            let mut at = start;
            while self.words.get(at).is_some_and(|w| w.traits.opens() && (at == start || !w.pause)) {
                at += 1;
            }
            // The article is an opener as well ("this is that chair").
            let opening = self.words[start..at].len();
            let said = opening >= 2 && matches!(self.word(start), "it" | "this" | "that");
            let end =
                (start + 1..self.words.len()).find(|&i| self.words[i].opens).unwrap_or(self.words.len());
            let within = |m: &&Mention| (start..end).contains(&m.words.start);
            let Some(mention) = self.mentions.iter().find(within) else { continue };
            if (first || said) && self.is_headed(at..mention.words.start, mention, end) {
                return Some(Subject { mention, before: at..mention.words.start });
            }
            first = false;
        }
        None
    }

    /// Whether nothing but qualities stands `before` the mention, nothing follows that could make
    /// it part of another name, and the sentence up to `end` does not place it by the thing that
    /// is meant ("there is a lamp on it").
    fn is_headed(&self, before: Range<usize>, mention: &Mention, end: usize) -> bool {
        let quality = |i: usize| {
            let word = &self.words[i];
            (word.traits.determines() || !word.traits.is_empty()) && !(word.pause && i > before.start)
        };
        let next = mention.words.end;
        let ends = next >= end || self.words[next].pause || self.words[next].traits.is_empty();
        let joined = next < end && matches!(self.word(next), "of" | "and" | "or");
        let apart = (next..end).find(|&i| self.words[i].pause).unwrap_or(end);
        let by_it = (next..apart).any(|i| matches!(self.word(i), "it" | "them"));
        before.len() <= 5 && before.clone().all(quality) && ends && !joined && !by_it
    }

    /// Whether the text names something of this class, in a wide sense: by a noun that people use
    /// for such things, or by a word of the label.
    pub fn names(&self, class: &Class) -> bool {
        self.mentions.iter().any(|m| self.is_of(m, class)) || self.words().any(|w| class.shares(w))
    }

    /// Whether what is mentioned may be of this class, in the same wide sense.
    pub fn is_of(&self, mention: &Mention, class: &Class) -> bool {
        mention.noun.is_kin_of(&class.noun)
            || mention.noun.is_a(&class.noun)
            || mention.words.clone().any(|i| class.shares(self.word(i)))
    }

    /// Colour words that the text gives the thing of this class that it is about: before its name
    /// where the text opens with it, and after "is" where a sentence opens with it or with "it".
    pub fn colours_of(&self, class: &Class) -> Vec<&str> {
        let Some(subject) = self.subject().filter(|s| self.is_of(s.mention, class)) else {
            return Vec::new();
        };
        let mut places: Vec<usize> = subject.before.collect();
        let mut start = 0;
        for i in 1..self.len() {
            start = if self.words[i].opens { i } else { start };
            if self.words[i].pause || self.word(i) != "is" || i == start {
                continue;
            }
            let named = self.mentions.iter().find(|m| m.words.end == i && m.words.start >= start);
            let opens_with_it = i == start + 1 && self.word(start) == "it";
            if opens_with_it || named.is_some_and(|m| self.is_of(m, class) && self.opens_with(start, m)) {
                let more = |&i: &usize| {
                    let word = self.word(i);
                    !self.words[i].opens && (word == "and" || Lexicon::built_in().colour.contains(word))
                };
                places.extend((i + 1..self.len()).take_while(more));
            }
        }
        places.into_iter().map(|i| self.word(i)).filter(|w| Hues::of_word(w).is_some()).collect()
    }

    /// Whether nothing but articles and qualities stand between `start` and the mention.
    fn opens_with(&self, start: usize, mention: &Mention) -> bool {
        let quality = |i: usize| self.words[i].traits.determines() || !self.words[i].traits.is_empty();
        (start..mention.words.start).all(quality)
    }

    /// Whether the text says anything beside the class that could tell one thing from another.
    pub fn tells_apart(&self, class: &Class) -> bool {
        let subject = self.subject().map(|s| s.mention.words.clone()).unwrap_or_default();
        let own = |i: usize| {
            let named = self.mentions.iter().find(|m| m.words.contains(&i));
            let is_own =
                |m: &Mention| m.noun.is_a(&class.noun) || m.words == subject && m.noun.is_kin_of(&class.noun);
            named.is_some_and(is_own) || class.shares(self.word(i))
        };
        (0..self.len()).any(|i| !self.words[i].traits.is_empty() && !own(i))
    }

    /// The words of what is named, and those that make a claim, all in their order; a plural is
    /// its singular where that is the word less its last letter.
    pub fn telling(&self) -> impl Iterator<Item = &str> {
        let mut mentions = self.mentions.iter().peekable();
        (0..self.len()).filter_map(move |i| {
            while mentions.next_if(|m| m.words.end <= i).is_some() {}
            let word = self.word(i);
            let named = mentions.peek().is_some_and(|m| m.words.contains(&i));
            let one = if let Cow::Borrowed(one) = singular(word) { one } else { word };
            (named || Lexicon::claims(word)).then_some(if named { one } else { word })
        })
    }

    /// Whether a word tells nothing apart.
    pub fn is_empty_word(word: &str) -> bool {
        traits_of(word).is_empty()
    }

    /// The first word or phrase that admits that other things fit as well.
    pub fn admission(&self) -> Option<&'static str> {
        let said = |(i, word)| {
            let follows = move |phrase: &&&str| {
                phrase.split(' ').zip(i..).all(|(w, j)| j < self.len() && self.word(j) == w)
            };
            admissions(word).iter().find(follows).copied()
        };
        self.words().enumerate().filter_map(said).min()
    }
}

impl Class {
    /// Whether a word is one of the label's, or one holds the other ("shelf", "bookshelf").
    fn shares(&self, word: &str) -> bool {
        const LEAST: usize = 4;
        let word = singular(word);
        self.words.iter().any(|own| {
            let (short, long) =
                if own.len() < word.len() { (own.as_str(), &*word) } else { (&*word, own.as_str()) };
            short == long || (short.len() >= LEAST && long.contains(short))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{LabelRow, LabelTable};

    fn nouns() -> Nouns {
        let row = |raw: &str| LabelRow { raw_category: raw.into(), ..LabelRow::default() };
        Nouns::new(&LabelTable::new(["office chair", "light", "trash can"].map(row)))
    }

    fn sentence(text: &str) -> Sentence {
        Sentence::new(text, &nouns())
    }

    fn subject(text: &str) -> Option<String> {
        let s = sentence(text);
        s.subject().map(|subject| s.phrase(&subject.mention.words).to_owned())
    }

    #[test]
    fn the_longest_names_are_found_whole() {
        let named = |text| {
            let s = sentence(text);
            s.mentions().iter().map(|m| s.phrase(&m.words).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(named("The Office Chair by two trash  cans."), ["office chair", "trash  cans"]);
        assert_eq!(named("a light brown desk. it can be found"), ["desk"]);
        assert_eq!(named("the sink cabinet, bed"), ["sink cabinet", "bed"]);
        assert_eq!(named("chairlift, bedrock"), Vec::<String>::new());
    }

    #[test]
    fn the_subject_is_what_the_text_opens_with() {
        for (text, noun) in [
            ("the chair is next to the table.", "chair"),
            ("this is a big red leather chair.", "chair"),
            ("there is an office chair in front of the desk.", "office chair"),
            ("look for the beds. the lamp is near.", "beds"),
            ("it is next to the bed. it is a white lamp.", "lamp"),
            ("it is brown. the chair is by the table.", "chair"),
            ("brown table with a lamp", "table"),
        ] {
            assert_eq!(subject(text).as_deref(), Some(noun), "{text}");
        }
    }

    #[test]
    fn what_only_places_the_subject_is_none() {
        for text in [
            "it is next to the bed.",
            "on the desk is something",
            "there is a lamp on it.",
            "the bed is to the left of it.",
            "it is brown and next to the bed. the lamp is on the desk.",
            "the leg of the table",
            "the table top is white",
            "a table and chairs",
            "if you face the door, look right",
            "",
        ] {
            assert_eq!(subject(text), None, "{text}");
        }
    }

    #[test]
    fn a_class_is_named_in_a_wide_sense() {
        let nouns = nouns();
        let names = |text, label| Sentence::new(text, &nouns).names(&nouns.class(label));
        for (text, label) in [
            ("the sofa is red", "couch"),
            ("the shelves hold books", "bookshelf"),
            ("a tv on the wall", "tv stand"),
            ("this chair is brown", "office chair"),
            ("a zyx", "zyxs"),
        ] {
            assert!(names(text, label), "{text}: {label}");
        }
        assert!(!names("the lamp is on the left", "chair"));
    }

    #[test]
    fn only_words_that_say_something_tell_apart() {
        let nouns = nouns();
        let tells = |text| Sentence::new(text, &nouns).tells_apart(&nouns.class("office chair"));
        for text in
            ["this is an office chair in the room", "it is a chair. you can see it there.", "this is a seat"]
        {
            assert!(!tells(text), "{text}");
        }
        for text in [
            "the red chair",
            "the left chair",
            "one of the chairs",
            "a chair by the desk",
            "a chair by the couch",
        ] {
            assert!(tells(text), "{text}");
        }
    }

    #[test]
    fn admissions_are_whole_phrases() {
        assert_eq!(sentence("one of many, identical chairs").admission(), Some("identical"));
        assert_eq!(sentence("the same as the others").admission(), Some("same as the others"));
        assert_eq!(sentence("identically placed").admission(), None);
    }
}
