use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::audit::{Mend, ScanContext};
use crate::language::words;
use crate::scene::Catalogue;

rule! {
    /// A description says nothing.
    ///
    /// # What it checks
    /// That a description has at least one word of letters or digits. One finding for each object,
    /// at its first such description, and one for all of a scan that mean no object or a class.
    /// Evidence: `descriptions`, how many of these are empty; `annotations`, which.
    ///
    /// # Why it matters
    /// A sample without words asks for a mask with no reason to prefer any: the model learns to
    /// guess.
    ///
    /// # How to fix
    /// Leave the record out, or restore its text from the original file.
    ///
    /// # Known exceptions
    /// None: ScanRefer has no empty description.
    ///
    /// # Source
    /// Plain reasoning.
    EmptyText { code: "TXT101", name: "empty-text", severity: Error, fix: Unsafe }
}

impl Rule for EmptyText {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        for descriptions in scan.descriptions.chunk_by(|a, b| a.object() == b.object()) {
            let empty: Vec<_> = descriptions.iter().filter(|d| words(&d.text).next().is_none()).collect();
            let n = empty.len();
            if let Some(&first) = empty.first() {
                let of = first.object().map_or_else(String::new, |id| format!(" of object {id}"));
                let has = if n == 1 { "has" } else { "have" };
                let message = format!("{}{of} {has} no word", count(n, "description"));
                let draft = Draft::new(message).description(first, "description", scan.catalogue);
                out.report(draft.evidence("descriptions", n).annotations(empty).harms(n));
            }
        }
    }

    fn mend(&self, mine: &Finding, catalogue: &Catalogue) -> Mend {
        Mend::drop(mine.spoken_of(catalogue))
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::Annotation;
    use crate::audit::fixture::Fixture;
    use crate::scene::Description;

    #[test]
    fn fires_on_blanks_and_bare_punctuation() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[1].text = " .\t".into());
        let found = f.run("TXT101");
        assert_eq!((found[0].object_id, &found[0].ann_id), (Some(0), &Some(Annotation::Number(1))));
    }

    #[test]
    fn fires_on_descriptions_without_an_object() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            for d in d.iter_mut().take(3) {
                *d = Description { text: ".".into(), ..d.clone() }.of_objects(&[]);
            }
        });
        let found = f.run("TXT101");
        assert_eq!((found.len(), found[0].object_id, found[0].descriptions), (1, None, 3));
        assert_eq!(found[0].place(), "scene0001_00/-/0");
        assert_eq!(found[0].message, "3 descriptions have no word");
    }

    #[test]
    fn silent_on_one_word() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[1].text = "5".into());
        assert_eq!(f.run("TXT101"), []);
    }
}
