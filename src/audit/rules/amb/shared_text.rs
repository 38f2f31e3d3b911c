use std::collections::BTreeMap;

use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Related};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::some;
use crate::audit::said::Said;

rule! {
    /// One sentence stands for two objects of a scan.
    ///
    /// # What it checks
    /// That no two objects of a scan share a description, case, spaces and punctuation aside. One
    /// finding for each such sentence, at its first place. Evidence: `objects`, those that share it;
    /// `places`, the descriptions as object and annotation.
    ///
    /// # Why it matters
    /// The same words ask for two masks: whatever the model answers is wrong for one of them. It caps
    /// the score that can be reached.
    ///
    /// # How to fix
    /// See which object the sentence means and leave the other record out; or add what tells them
    /// apart.
    ///
    /// # Known exceptions
    /// Twins that nobody could tell apart. In ScanRefer's validation file 55 of 9,498 descriptions are
    /// such.
    ///
    /// # Source
    /// `daveredrum/ScanRefer#26` asks about objects that their descriptions cannot tell apart.
    SharedText { code: "AMB101", name: "shared-text", severity: Warning }
}

impl Rule for SharedText {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let mut by_text: BTreeMap<String, Vec<&Said<'_>>> = BTreeMap::new();
        for said in scan.said().iter().filter(|s| !s.sentence.is_empty()) {
            by_text.entry(said.sentence.normalised()).or_default().push(said);
        }
        for (text, those) in by_text {
            let mut objects: Vec<i32> = those.iter().map(|s| s.object).collect();
            objects.dedup();
            let (Some(first), Some(&second)) = (those.first(), objects.get(1)) else { continue };
            let message = format!("`{text}` stands for objects {}", some(&objects));
            let places: Vec<String> = those.iter().map(|s| s.place()).collect();
            out.report(
                Draft::new(message)
                    .description(first.description, "description", scan.catalogue)
                    .key(&text)
                    .evidence("objects", objects)
                    .evidence("places", places)
                    .harms(those.len())
                    .related(Related {
                        message: "another object with the same sentence".into(),
                        object_id: Some(second),
                        ..Related::default()
                    }),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_across_case_spaces_and_punctuation() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[1].text = "The chair , by the wall".into();
            d[5].text = "the chair  by the wall.".into();
        });
        let found = f.run("AMB101");
        assert_eq!((found.len(), found[0].object_id, found[0].descriptions), (1, Some(0), 2));
        assert_eq!(found[0].evidence["places"], serde_json::json!(["0/1", "2/1"]));
    }

    #[test]
    fn silent_within_an_object_across_scans_and_on_nothing() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[0].text = d[1].text.clone();
            d[11].text = d[1].text.clone();
            d[3].text = ".".into();
            d[5].text = " ".into();
        });
        assert_eq!(f.run("AMB101"), []);
    }
}
