use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::audit::said::Said;

rule! {
    /// A description has hardly any words.
    ///
    /// # What it checks
    /// That descriptions have at least as many words as the threshold `min-words`; those without any
    /// are TXT101's. One finding for each object, at its first such description. Evidence: `words`, how
    /// many that one has; `descriptions`, how many of the object's are short; `annotations`, which.
    ///
    /// # Why it matters
    /// A word or two name a class, not one of its objects.
    ///
    /// # How to fix
    /// Leave the record out, or restore its text from the original file.
    ///
    /// # Known exceptions
    /// Where the class has one object in the scan, its name suffices.
    ///
    /// # Source
    /// In ScanRefer's validation file the shortest of 9,498 descriptions has six words.
    ShortText { code: "TXT108", name: "short-text", severity: Info }
}

impl Rule for ShortText {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let least = scan.thresholds.min_words as usize;
        for (id, said) in scan.said_of_each() {
            let those: Vec<&Said<'_>> =
                said.iter().filter(|s| (1..least).contains(&s.sentence.len())).collect();
            let Some(first) = those.first() else { continue };
            let words = first.sentence.len();
            let message = format!(
                "a description of object {id} has {}, fewer than {least}: `{}`",
                count(words, "word"),
                first.description.text.trim()
            );
            out.report(Draft::new(message).of_object(&those, scan.catalogue).evidence("words", words));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_below_three_words() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[3].text = " table , left. ".into());
        let found = f.run("TXT108");
        assert_eq!((found.len(), found[0].object_id, found[0].number("words")), (1, Some(1), Some(2)));
    }

    #[test]
    fn silent_on_three_words_and_on_none() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[3].text = "the left table".into();
            d[4].text = " . ".into();
        });
        assert_eq!(f.run("TXT108"), []);
    }
}
