use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::audit::said::Said;

rule! {
    /// Descriptions do not say what the object is.
    ///
    /// # What it checks
    /// Descriptions that name neither the object's class, in a wide sense (see TXT104), nor anything
    /// else as what they are about: "it is next to the bed". One finding for each scan. Evidence:
    /// `descriptions`, how many; `places`, the first of them as object and annotation.
    ///
    /// # Why it matters
    /// Without a noun only place and looks are left, and metrics by class have no class to count.
    ///
    /// # How to fix
    /// Nothing is wrong where place and looks suffice. Otherwise add the noun.
    ///
    /// # Known exceptions
    /// Misspelt nouns, and nouns that the word list does not know, count as none.
    ///
    /// # Source
    /// `mentions_target_class` of <https://github.com/referit3d/referit3d>.
    NoNoun { code: "TXT105", name: "no-noun", severity: Info }
}

impl Rule for NoNoun {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let without = |s: &&Said<'_>| {
            let own = scan.class_of(s);
            own.is_some_and(|own| {
                !s.sentence.is_empty() && !s.sentence.names(own) && s.sentence.subject().is_none()
            })
        };
        let those: Vec<&Said<'_>> = scan.said().iter().filter(without).collect();
        if let Some(first) = those.first() {
            let n = those.len();
            let what = count(n, "description") + if n == 1 { " does" } else { " do" };
            let message =
                format!("{what} not say what the object is, such as `{}`", first.description.text.trim());
            out.report(Draft::new(message).among(&those, scan.catalogue));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_a_scan() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[0].text = "it is next to the bed.".into();
            d[6].text = "the white object on the left".into();
        });
        let found = f.run("TXT105");
        assert_eq!((found.len(), found[0].object_id, found[0].descriptions), (1, None, 2));
        assert_eq!(found[0].evidence["places"], serde_json::json!(["0/0", "3/0"]));
        assert_eq!(found[0].location.map(|l| l.row), Some(1));
    }

    #[test]
    fn silent_on_synonyms_and_on_other_classes() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[0].text = "it is next to the bed. you can see the back of the seat".into();
            d[2].text = "this is a lamp".into();
        });
        assert_eq!(f.run("TXT105"), []);
    }
}
