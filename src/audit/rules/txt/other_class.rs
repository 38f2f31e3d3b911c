use std::collections::BTreeMap;

use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Finding, Related};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{count, some};
use crate::audit::said::Said;
use crate::language::Noun;

rule! {
    /// A description calls the object by another object's class.
    ///
    /// # What it checks
    /// Descriptions that say what they are about ("the lamp is …", "there is a lamp …", "it is a
    /// lamp") by a noun that is the class of other objects of the scan, and name the object's own
    /// class nowhere: by no word of its label, no synonym, no broader noun, and no noun of the same
    /// wide family (seats, furniture with a top or shelves, containers …), nor any with the same
    /// nyu40 class. Labels that no family knows are left out, and so are nouns after a preposition.
    /// Where the name in the file is not the object's label, that is REF103's to say. One finding for
    /// each object and noun. Evidence: `noun`, what it is called; `label`, the object's label;
    /// `others`, the objects of that class; `descriptions`, how many call it so; `annotations`, which.
    ///
    /// # Why it matters
    /// The sentence asks for one thing and the mask shows another: the model is punished for being
    /// right. Most such sentences were filed under the wrong object.
    ///
    /// # How to fix
    /// Look at both objects. Give the sentence the object that it means, or leave it out.
    ///
    /// # Known exceptions
    /// Annotators mistake things: a scanned shelf may look like a bench. Nouns that the word list does
    /// not know are not seen.
    ///
    /// # Source
    /// `mentions_target_class` of <https://github.com/referit3d/referit3d> asks the same, by parts of
    /// words. Families are in `language/nouns.toml` of this program.
    OtherClass { code: "TXT104", name: "other-class", severity: Warning }
}

impl Rule for OtherClass {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        for (id, said) in scan.said_of_each() {
            let mut by_noun: BTreeMap<&str, (Noun, Vec<&Said<'_>>)> = BTreeMap::new();
            for s in said {
                let Some(own) = scan.class_of(s).filter(|own| own.is_known) else { continue };
                if let Some(subject) = s.sentence.subject()
                    && !s.sentence.names(own)
                {
                    let called = s.sentence.phrase(&subject.mention.words);
                    let entry = by_noun.entry(called).or_insert((subject.mention.noun, Vec::new()));
                    entry.1.push(s);
                }
            }
            for (called, (noun, those)) in by_noun {
                let such = |(_, class): &(_, &crate::language::Class)| class.noun.is_a(&noun);
                let others: Vec<i32> = scan.classes().iter().filter(such).map(|(&id, _)| id).collect();
                let (Some(first), Some((object, _))) = (others.first(), scan.objects().get(&id)) else {
                    continue;
                };
                let label = object.raw_category.as_str();
                let n = those.len();
                let message = format!(
                    "object {id} is labelled `{label}`, but {} it `{called}` and never by its own class; \
                     {} is one",
                    count(n, "description") + if n == 1 { " calls" } else { " call" },
                    some(&others),
                );
                out.report(
                    Draft::new(message)
                        .of_object(&those, scan.catalogue)
                        .key(called)
                        .evidence("noun", called)
                        .evidence("label", label)
                        .evidence("others", others.clone())
                        .related(Related {
                            message: format!("an object of the class `{called}`"),
                            object_id: Some(*first),
                            ..Related::default()
                        }),
                );
            }
        }
    }

    fn may_explain(&self, code: &str) -> bool {
        matches!(code, "TXT201" | "TXT202")
    }

    fn explains(&self, mine: &Finding, other: &Finding) -> bool {
        mine.object_id == other.object_id && mine.lists_annotation(other)
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_when_another_class_is_the_subject() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[2].text = "there is a white lamp next to the wall.".into());
        let found = f.run("TXT104");
        assert_eq!((found.len(), found[0].object_id), (1, Some(1)));
        assert_eq!(
            (&found[0].evidence["noun"], &found[0].evidence["label"]),
            (&"lamp".into(), &"table".into())
        );
        assert_eq!(found[0].evidence["others"], serde_json::json!([3]));
    }

    #[test]
    fn fires_once_for_all_descriptions_of_an_object() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[6..8].iter_mut().for_each(|d| d.text = "it is a chair by the wall".into()));
        let found = f.run("TXT104");
        assert_eq!((found.len(), found[0].descriptions), (1, 2));
        assert_eq!(found[0].evidence["others"], serde_json::json!([0, 2]), "an office chair is a chair");
    }

    #[test]
    fn silent_when_the_own_class_is_named_or_the_other_only_places_it() {
        let mut f = Fixture::clean();
        for text in [
            "it is next to the lamp.",
            "the lamp is on this table",
            "there is a lamp on it.",
            "this is a desk",
            "the sofa is red",
            "the object is white",
        ] {
            f.descriptions(|d| d[2].text = text.into());
            assert_eq!(f.run("TXT104"), [], "{text}");
        }
    }

    #[test]
    fn silent_where_the_name_is_wrong_already() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[2].text = "there is a white lamp".into();
            d[2].object_name = "lamp".into();
        });
        assert_eq!(f.run("TXT104"), []);
    }
}
