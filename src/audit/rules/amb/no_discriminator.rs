use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{count, some};
use crate::audit::said::Said;

rule! {
    /// A description says nothing that tells the object from others of its class.
    ///
    /// # What it checks
    /// Descriptions of objects that share their label with others of the scan, where each word is one
    /// for the class, or one that tells nothing apart: articles, pronouns, prepositions, "is located",
    /// "in the room". Any other word counts as telling: sides, colours, sizes, shapes, numbers, other
    /// things, and whatever the word lists do not know. One finding for each object, at its first such
    /// description. Evidence: `others`, the objects with the same label; `descriptions`, how many of
    /// the object's are such; `annotations`, which.
    ///
    /// # Why it matters
    /// The sentence fits each of them: the model can only guess, and learns that words do not matter.
    ///
    /// # How to fix
    /// Add what tells the object apart, or leave the sentence out.
    ///
    /// # Known exceptions
    /// None known: the check is silent as soon as there is one word that it does not know.
    ///
    /// # Source
    /// `daveredrum/ScanRefer#26` asks about such objects.
    NoDiscriminator { code: "AMB201", name: "no-discriminator", severity: Warning }
}

impl Rule for NoDiscriminator {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        for (id, said) in scan.said_of_each() {
            let plain = |s: &&Said<'_>| {
                let own = scan.class_of(s);
                !s.sentence.is_empty() && own.is_some_and(|own| !s.sentence.tells_apart(own))
            };
            let those: Vec<&Said<'_>> = said.iter().filter(plain).collect();
            let Some(first) = those.first() else { continue };
            let others = scan.rivals(id);
            if others.is_empty() {
                continue;
            }
            let n = those.len();
            let message = format!(
                "{} as well: `{}`",
                count(n, "description")
                    + if n == 1 { " fits objects " } else { " fit objects " }
                    + &some(&others),
                first.description.text.trim()
            );
            out.report(Draft::new(message).of_object(&those, scan.catalogue).evidence("others", others));
        }
    }

    fn may_explain(&self, code: &str) -> bool {
        code == "TXT108"
    }

    fn explains(&self, mine: &Finding, other: &Finding) -> bool {
        mine.object_id == other.object_id && mine.lists_annotation(other)
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    fn two_chairs(text: &str) -> Fixture {
        let mut f = Fixture::clean();
        f.objects(|o| o[3].raw_category = "chair".into());
        f.descriptions(|d| d[0].text = text.into());
        f
    }

    #[test]
    fn fires_on_the_class_alone() {
        let found = two_chairs("this is a chair. you can find it in the room.").run("AMB201");
        assert_eq!((found.len(), found[0].object_id), (1, Some(0)));
        assert_eq!(found[0].evidence["others"], serde_json::json!([3]));
    }

    #[test]
    fn silent_on_any_telling_word_and_without_others() {
        for text in [
            "the left chair",
            "a wooden chair",
            "the chair by the wall",
            "one of two chairs",
            "frobnic chair",
        ] {
            assert_eq!(two_chairs(text).run("AMB201"), [], "{text}");
        }
        let mut f = Fixture::clean();
        f.descriptions(|d| d[0].text = "this is a chair".into());
        assert_eq!(f.run("AMB201"), []);
    }
}
