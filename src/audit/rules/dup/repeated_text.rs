use std::collections::BTreeMap;

use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::audit::said::Said;
use crate::audit::{Mend, ScanContext};
use crate::language::words;
use crate::scene::{Catalogue, Description};

rule! {
    /// An object has the same description twice.
    ///
    /// # What it checks
    /// That the descriptions of an object differ, case, spaces and punctuation aside. One finding for
    /// each repeated sentence, at its second place. Evidence: `descriptions`, how often it stands
    /// there; `annotations`, where.
    ///
    /// # Why it matters
    /// The copy adds nothing but weight: the sentence is learnt, or counted in the score, twice.
    ///
    /// # How to fix
    /// Leave all but one out.
    ///
    /// # Known exceptions
    /// In ScanRefer's validation file two of 9,498 descriptions are such.
    ///
    /// # Source
    /// Plain reasoning.
    RepeatedText { code: "DUP201", name: "repeated-text", severity: Warning, fix: Safe }
}

impl Rule for RepeatedText {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        for (id, said) in scan.said_of_each() {
            let mut by_text: BTreeMap<String, Vec<&Said<'_>>> = BTreeMap::new();
            for s in said.iter().filter(|s| !s.sentence.is_empty()) {
                by_text.entry(s.sentence.normalised()).or_default().push(s);
            }
            for (text, those) in by_text.iter().filter(|(_, those)| those.len() > 1) {
                let n = those.len();
                let message = format!("object {id} has `{text}` {n} times");
                let draft = Draft::new(message)
                    .description(those[1].description, "description", scan.catalogue)
                    .key(text)
                    .evidence("descriptions", n)
                    .annotations(those.iter().map(|s| s.description));
                out.report(draft.fix(format!("leave {} out", count(n - 1, "copy"))).harms(n - 1));
            }
        }
    }

    fn mend(&self, mine: &Finding, catalogue: &Catalogue) -> Mend {
        // Annotations may share an id and differ in what they say: only what is said again goes.
        let those: Vec<&Description> = mine.spoken_of(catalogue).collect();
        let same = |a: &str, b: &str| words(&a.to_lowercase()).eq(words(&b.to_lowercase()));
        let again = (1..those.len()).filter(|&i| those[..i].iter().any(|d| same(&d.text, &those[i].text)));
        Mend::drop(again.map(|i| those[i]))
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::Annotation;
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_at_the_second() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[3].text = d[2].text.to_uppercase() + "  !");
        let found = f.run("DUP201");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].object_id, &found[0].ann_id), (Some(1), &Some(Annotation::Number(1))));
        assert_eq!(found[0].evidence["annotations"], serde_json::json!([0, 1]));
    }

    #[test]
    fn silent_across_objects_and_on_a_word_more() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[3].text = d[2].text.clone() + " there";
            d[4].text = d[2].text.clone();
        });
        assert_eq!(f.run("DUP201"), []);
    }
}
