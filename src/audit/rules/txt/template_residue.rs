use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::said::Said;
use crate::language::residue;

rule! {
    /// A description holds what is left of a template, or markup.
    ///
    /// # What it checks
    /// That no description has braces, markers in capitals such as `[SEG]`, tags such as `<p>`,
    /// entities such as `&amp;`, and that none is only a placeholder such as `n/a`. One finding for
    /// each object, at its first such description. Evidence: `found`, the first of it; `descriptions`,
    /// how many of the object's are such; `annotations`, which.
    ///
    /// # Why it matters
    /// The model learns that markers belong to language. A prompt that is formatted after the text was
    /// put in fails at a brace, and a second `[SEG]` makes a second mask.
    ///
    /// # How to fix
    /// Make the text again from the template's data, or delete the mark.
    ///
    /// # Known exceptions
    /// None known.
    ///
    /// # Source
    /// Plain reasoning; <https://github.com/KuanchihHuang/Reason3D> puts sentences into templates and
    /// asks for `[SEG]`.
    TemplateResidue { code: "TXT109", name: "template-residue", severity: Info }
}

impl Rule for TemplateResidue {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        for (id, said) in scan.said_of_each() {
            let those: Vec<&Said<'_>> =
                said.iter().filter(|s| residue(&s.description.text).is_some()).collect();
            if let Some(found) = those.first().and_then(|s| residue(&s.description.text)) {
                let message = format!("a description of object {id} holds `{found}`");
                out.report(Draft::new(message).of_object(&those, scan.catalogue).evidence("found", found));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_at_the_first_of_an_object() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[5].text = "the {color} office chair [SEG]".into());
        let found = f.run("TXT109");
        assert_eq!((found.len(), found[0].object_id), (1, Some(2)));
        assert_eq!(found[0].evidence["found"], "{color}");
    }

    #[test]
    fn silent_on_round_brackets() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[5].text = "the office chair (red) < the table".into());
        assert_eq!(f.run("TXT109"), []);
    }
}
