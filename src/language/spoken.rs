//! A text cut into words that know their neighbours.

use super::words;

/// A text as a list of words in lower case, with what stands between them.
#[derive(Debug)]
pub(super) struct Spoken {
    /// The text in lower case, byte for byte; letters beyond ASCII stay.
    lower: String,
    words: Vec<Spot>,
}

#[derive(Clone, Copy, Debug)]
struct Spot {
    start: usize,
    end: usize,
    /// Whether a mark stands before it that parts what is said.
    pause: bool,
}

impl Spoken {
    pub(super) fn new(text: &str) -> Self {
        let mut list = Vec::with_capacity(text.len() / 4);
        let mut end = 0;
        for word in words(text) {
            // Words are slices of the text, so their addresses tell where they stand.
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            let gap = &text[end..start];
            let parts = |c| matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\n' | '–' | '—');
            let pause = gap.len() > 1 && (gap.contains(parts) || gap.contains(" - "))
                || gap.chars().next().is_some_and(parts);
            end = start + word.len();
            list.push(Spot { start, end, pause });
        }
        Self { lower: text.to_ascii_lowercase(), words: list }
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// A word in lower case.
    pub(super) fn word(&self, i: usize) -> &str {
        &self.lower[self.words[i].start..self.words[i].end]
    }

    /// Where a word starts in the text.
    pub(super) fn start(&self, i: usize) -> usize {
        self.words[i].start
    }

    /// The word `back` places before `i`; empty when there is none or a pause lies between.
    pub(super) fn before(&self, i: usize, back: usize) -> &str {
        match i.checked_sub(back) {
            Some(from) if self.words[from + 1..=i].iter().all(|w| !w.pause) => self.word(from),
            _ => "",
        }
    }

    /// The word `ahead` places after `i`; empty when there is none or a pause lies between.
    pub(super) fn after(&self, i: usize, ahead: usize) -> &str {
        match self.words.get(i + 1..=i + ahead) {
            Some(between) if between.iter().all(|w| !w.pause) => self.word(i + ahead),
            _ => "",
        }
    }

    /// Whether the words from `at` on, without a pause, are these.
    pub(super) fn says(&self, at: usize, phrase: &[String]) -> bool {
        phrase.iter().enumerate().all(|(k, word)| match k {
            0 => self.word(at) == word,
            _ => self.after(at, k) == word,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_end_at_pauses_and_not_at_brackets() {
        let s = Spoken::new("On the (LEFT), next to it - Éa");
        assert_eq!((s.len(), s.word(2), s.start(2)), (7, "left", 8));
        assert_eq!((s.before(2, 1), s.before(2, 2), s.before(2, 3)), ("the", "on", ""));
        assert_eq!((s.after(2, 1), s.after(1, 1), s.after(4, 1), s.after(5, 1)), ("", "left", "it", ""));
        assert_eq!(s.word(6), "Éa");
        let phrase = ["next".to_owned(), "to".to_owned()];
        assert!(s.says(3, &phrase) && !s.says(4, &phrase) && !s.says(5, &phrase));
        assert_eq!(Spoken::new("").len(), 0);
    }
}
