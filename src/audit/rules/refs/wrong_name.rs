use std::collections::BTreeMap;

use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Related};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::scene::{Description, Role, normalise_label};

rule! {
    /// Descriptions name another object than the one their id means.
    ///
    /// # What it checks
    /// That `object_name` is the label of the object with that `objectId`, with `_` for spaces and
    /// whatever the case. One finding for each object and name. Evidence: `name` and `label`, the
    /// two; `descriptions`, how many give that name; `annotations`, which; `agrees_at`, the other
    /// counts (see REF104) in which the id means an object with the name.
    ///
    /// # Why it matters
    /// The sentence speaks of one object and the mask shows another. This is the surest sign that
    /// descriptions and masks were joined wrongly, and nothing in training tells you: the loss falls
    /// and the score stays near zero.
    ///
    /// # How to fix
    /// Many scans at once mean shifted or renumbered ids (REF104) or another release of the
    /// aggregation: join again on ScanNet's `objectId`. Single ones are slips: compare the sentence
    /// with both objects and correct the id or the name.
    ///
    /// # Known exceptions
    /// None: in ScanRefer every name is the label of its object.
    ///
    /// # Source
    /// The ScanRefer reader of <https://github.com/3d-vista/3D-VisTA> asserts it.
    WrongName { code: "REF103", name: "wrong-name", severity: Error }
}

impl Rule for WrongName {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        for (id, descriptions) in scan.described() {
            let Some((object, label)) = scan.objects().get(&id) else { continue };
            let mut names: BTreeMap<(u32, String), Vec<&Description>> = BTreeMap::new();
            for d in descriptions {
                let name = normalise_label(&d.object_name);
                if name != *label {
                    names.entry((d.file, name)).or_default().push(d);
                }
            }
            for ((_, name), those) in names {
                let (first, n) = (those[0], those.len());
                let message = format!(
                    "object {id} is labelled `{}`, but {} it `{}`",
                    object.raw_category,
                    count(n, "description") + if n == 1 { " calls" } else { " call" },
                    first.object_name,
                );
                let mut draft = Draft::new(message)
                    .description(first, "object_name", scan.catalogue)
                    .key(&name)
                    .evidence("name", first.object_name.as_str())
                    .evidence("label", object.raw_category.as_str())
                    .evidence("descriptions", n)
                    .annotations(those)
                    .evidence("agrees_at", scan.numbering_words(id, &name))
                    .related(Related {
                        message: format!("the group labelled `{}`", object.raw_category),
                        file: Some(scan.path(Role::Aggregation).display().to_string()),
                        object_id: Some(id),
                        ..Related::default()
                    });
                let mut called = scan.objects().iter().filter(|(_, (_, l))| *l == name);
                if let (Some((only, _)), None) = (called.next(), called.next()) {
                    let fix = format!("the scan has one `{}`: object {only}", first.object_name);
                    draft = draft.fix(fix);
                }
                out.report(draft.harms(n));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::Annotation;
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_at_the_description_and_says_which_object_fits() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[3].object_name = "lamp".into());
        let found = f.run("REF103");
        assert_eq!(found.len(), 1);
        let f = &found[0];
        assert_eq!((f.scene_id.as_deref(), f.object_id), (Some("scene0001_00"), Some(1)));
        assert_eq!((&f.ann_id, f.descriptions), (&Some(Annotation::Number(1)), 1));
        assert_eq!(f.split.as_deref(), Some("train"));
        assert_eq!(f.location.map(|l| (l.row, l.column)), Some((4, 5)));
        assert!(f.fix.as_ref().unwrap().message.contains("object 3"));
    }

    #[test]
    fn silent_across_spelling_of_spaces_and_case() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[4].object_name = "Office  chair".into());
        assert_eq!(f.run("REF103"), []);
    }
}
