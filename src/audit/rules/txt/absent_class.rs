use std::collections::BTreeMap;

use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::audit::said::Said;
use crate::language::{Mention, Sentence};

rule! {
    /// Descriptions name things that the scan does not have.
    ///
    /// # What it checks
    /// Nouns after "the" ("next to the piano") for which the scan has no object of the same label, of
    /// a label with that word, or of the same wide family (see TXT104). Parts of things and what every
    /// room has (walls, floor, doors, windows) are left out. One finding for each scan. Evidence:
    /// `nouns`, how often each is named; `descriptions`, how many name one; `places`, the first of
    /// them as object and annotation.
    ///
    /// # Why it matters
    /// One or two such sentences name something that nobody labelled. Many of them in one scan mean
    /// that its sentences belong to another.
    ///
    /// # How to fix
    /// Where there are many, compare the scene ids of the references with the original file.
    ///
    /// # Known exceptions
    /// Annotators see more in the pictures than was labelled in the scan.
    ///
    /// # Source
    /// Plain reasoning.
    AbsentClass { code: "TXT106", name: "absent-class", severity: Info }
}

impl Rule for AbsentClass {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        if scan.classes().is_empty() {
            return;
        }
        let mut nouns: BTreeMap<&str, usize> = BTreeMap::new();
        let mut those: Vec<&Said<'_>> = Vec::new();
        for said in scan.said() {
            let sentence = &said.sentence;
            let absent = |m: &&Mention| {
                let there = scan.classes().values().any(|class| sentence.is_of(m, class));
                !m.noun.is_part_or_everywhere() && is_definite(sentence, m) && !there
            };
            let before = nouns.values().sum::<usize>();
            for mention in sentence.mentions().iter().filter(absent) {
                *nouns.entry(sentence.phrase(&mention.words)).or_default() += 1;
            }
            if nouns.values().sum::<usize>() > before {
                those.push(said);
            }
        }
        let mut most: Vec<(&str, usize)> = nouns.iter().map(|(&noun, &n)| (noun, n)).collect();
        most.sort_by_key(|&(noun, n)| (std::cmp::Reverse(n), noun));
        if !most.is_empty() {
            let n = those.len();
            let list: Vec<String> = most.iter().take(5).map(|(noun, n)| format!("`{noun}` ({n})")).collect();
            let message = format!(
                "{} what the scan has no object for: {}",
                count(n, "description") + if n == 1 { " names" } else { " name" },
                list.join(", ")
            );
            let nouns: serde_json::Map<_, _> =
                nouns.iter().map(|(k, v)| ((*k).to_owned(), (*v).into())).collect();
            out.report(Draft::new(message).among(&those, scan.catalogue).evidence("nouns", nouns));
        }
    }
}

/// Whether "the" stands before the noun, with at most three words between that belong to it.
fn is_definite(sentence: &Sentence, mention: &Mention) -> bool {
    let before = (mention.words.start.saturating_sub(4)..mention.words.start).rev();
    let mut words = before.map(|i| sentence.word(i));
    words.find(|w| Sentence::is_empty_word(w)) == Some("the")
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_a_scan_with_the_nouns() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[0].text = "the chair next to the big black piano".into();
            d[1].text = "the chair by the piano and the bed".into();
        });
        let found = f.run("TXT106");
        assert_eq!((found.len(), found[0].descriptions), (1, 2));
        assert_eq!(found[0].evidence["nouns"], serde_json::json!({"bed": 1, "piano": 2}));
        assert!(found[0].message.contains("`piano` (2), `bed` (1)"), "{}", found[0].message);
    }

    #[test]
    fn silent_on_kin_parts_and_what_every_room_has() {
        let mut f = Fixture::clean();
        for text in
            ["the chair by the desk", "the chair by the window", "the chair on the floor", "it has a bed"]
        {
            f.descriptions(|d| d[0].text = text.into());
            assert_eq!(f.run("TXT106"), [], "{text}");
        }
    }
}
