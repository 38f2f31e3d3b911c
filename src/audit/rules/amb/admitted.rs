use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{count, some};
use crate::audit::said::Said;

rule! {
    /// A description says itself that other objects look the same.
    ///
    /// # What it checks
    /// Descriptions of objects that share their label with others of the scan and that say so:
    /// "identical", "same as the others", "one of many" and the like. One finding for each object, at
    /// its first such description. Evidence: `phrase`, what it says; `others`, the objects with the
    /// same label; `descriptions`, how many of the object's say such; `annotations`, which.
    ///
    /// # Why it matters
    /// Whoever wrote it could hardly tell the objects apart; a model will not either.
    ///
    /// # How to fix
    /// Nothing is wrong where the rest of the sentence says which one is meant. Look whether it does.
    ///
    /// # Known exceptions
    /// "identical to the one on its left" tells the object apart by the other.
    ///
    /// # Source
    /// `daveredrum/ScanRefer#26` has an example with identical chairs. The phrases are in
    /// `language/lexicon.toml` of this program.
    Admitted { code: "AMB202", name: "admitted", severity: Info }
}

impl Rule for Admitted {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        for (id, said) in scan.said_of_each() {
            let those: Vec<&Said<'_>> = said.iter().filter(|s| s.sentence.admission().is_some()).collect();
            let Some(phrase) = those.first().and_then(|s| s.sentence.admission()) else { continue };
            let others = scan.rivals(id);
            if others.is_empty() {
                continue;
            }
            let message = format!(
                "a description of object {id} says `{phrase}`, and there {} of its label: {}",
                if others.len() == 1 {
                    "is 1 other".into()
                } else {
                    format!("are {}", count(others.len(), "other"))
                },
                some(&others)
            );
            let draft = Draft::new(message).of_object(&those, scan.catalogue);
            out.report(draft.evidence("phrase", phrase).evidence("others", others));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_when_there_are_others() {
        let mut f = Fixture::clean();
        f.objects(|o| o[3].raw_category = "chair".into());
        f.descriptions(|d| d[1].text = "there are many identical chairs, it is one of them".into());
        let found = f.run("AMB202");
        assert_eq!((found.len(), found[0].object_id), (1, Some(0)));
        assert_eq!(found[0].evidence["phrase"], "identical");
    }

    #[test]
    fn silent_when_the_object_is_alone_or_nothing_is_admitted() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[1].text = "it has two identical cushions".into());
        assert_eq!(f.run("AMB202"), []);
        f.objects(|o| o[3].raw_category = "chair".into());
        f.descriptions(|d| d[1].text = "the same chair, identically placed".into());
        assert_eq!(f.run("AMB202"), []);
    }
}
