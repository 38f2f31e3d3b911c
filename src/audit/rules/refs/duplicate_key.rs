use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::audit::finding::{Draft, Finding, Location, Related};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::{Mend, ScanContext};
use crate::scene::{Catalogue, Description, Format};

rule! {
    /// Two descriptions have the same scan, object and annotation id.
    ///
    /// # What it checks
    /// That (scan, object, annotation) names one record of all references files; in Multi3DRefer,
    /// that (scan, annotation) does. One finding for each object, or scan, at the first record whose
    /// key is taken. Evidence: `repeats`, how many records repeat a key.
    ///
    /// # Why it matters
    /// Trainers and scorers look descriptions up by that key: the last record with it wins, the
    /// others are trained and scored with its sentence.
    ///
    /// # How to fix
    /// If the records are the same, drop the copies. If their sentences differ, number the
    /// annotations of the object 0, 1, 2 …
    ///
    /// # Known exceptions
    /// None: in ScanRefer the key is unique. An annotation id alone is not, nor is (scan,
    /// annotation). Files of Nr3D, Sr3D and Reason3D have no annotation ids, and nothing is compared.
    ///
    /// # Source
    /// `lib/dataset.py` of <https://github.com/daveredrum/ScanRefer> keys its tables so.
    DuplicateKey { code: "REF105", name: "duplicate-key", severity: Error, fix: Safe }
}

impl Rule for DuplicateKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let files = &scan.catalogue.references;
        let of_scan =
            |d: &Description| files.get(d.file as usize).is_some_and(|f| f.format == Format::Multi3dRefer);
        let of_one = |a: &Description, b: &Description| of_scan(a) || a.object() == b.object();
        for descriptions in scan.descriptions.chunk_by(of_one) {
            let mut by_key: BTreeMap<&str, &Description> = BTreeMap::new();
            let mut taken = Vec::new();
            for d in descriptions {
                match by_key.entry(&d.ann_id) {
                    Entry::Vacant(entry) => drop(entry.insert(d)),
                    Entry::Occupied(entry) => taken.push((*entry.get(), d)),
                }
            }
            let Some(&(first, second)) = taken.first() else { continue };
            let repeats = taken.len();
            let mut message = format!("annotation {} is there twice", first.ann_id);
            if repeats > 1 {
                message += &format!(
                    "; {repeats} records of the {} repeat a key",
                    if of_scan(first) { "scan" } else { "object" }
                );
            }
            let line = files.get(first.file as usize).map(|f| f.line_of(first.offset));
            let draft = Draft::new(message)
                .description(second, "ann_id", scan.catalogue)
                .evidence("repeats", repeats)
                .related(Related {
                    message: format!("the first with this key: \"{}\"", first.text),
                    location: line.map(|(row, column)| Location { row, column }),
                    object_id: first.object(),
                    ..Related::default()
                });
            out.report(draft.harms(repeats + 1));
        }
    }

    fn mend(&self, mine: &Finding, catalogue: &Catalogue) -> Mend {
        // A record that says the same once more goes; one that says something else is another
        // annotation, and gets a number of its own.
        let keys: Vec<_> = mine
            .object_id
            .into_iter()
            .flat_map(|object| {
                let scene = mine.scene_id.as_deref().unwrap_or_default();
                catalogue.descriptions_of(scene).iter().filter(move |d| d.object_id == object)
            })
            .collect();
        let repeats = |a: &Description, b: &Description| a.ann_id == b.ann_id && a.text == b.text;
        let (said, new): (Vec<_>, Vec<_>) =
            (0..keys.len()).partition(|&i| keys[..i].iter().any(|d| repeats(d, keys[i])));
        let again = said.iter().map(|&i| keys[i]);
        Mend::drop(again).and(Mend::number(new.iter().map(|&i| keys[i])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Annotation;
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_at_the_second_record() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[7].ann_id = "0".into());
        let found = f.run("REF105");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].object_id, &found[0].ann_id), (Some(3), &Some(Annotation::Number(0))));
        assert_eq!(found[0].json_pointer.as_deref(), Some("/7/ann_id"));
    }

    #[test]
    fn fires_across_files() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            let mut again = d[0].clone();
            again.file = 1;
            d.push(again);
        });
        assert_eq!(f.run("REF105").len(), 1);
    }

    #[test]
    fn fires_across_objects_where_annotations_are_numbered_by_scan() {
        let mut f = Fixture::clean();
        f.catalogue.references[0].format = Format::Multi3dRefer;
        f.descriptions(|d| (0..).zip(d).for_each(|(i, d)| d.ann_id = (i % 10).to_string()));
        assert_eq!(f.run("REF105"), []);
        f.descriptions(|d| d[7].ann_id = "2".into());
        let found = f.run("REF105");
        assert_eq!((found.len(), found[0].object_id, found[0].descriptions), (1, Some(3), 2));
        assert_eq!(found[0].related[0].object_id, Some(1));
    }

    #[test]
    fn silent_across_objects_and_scans() {
        assert_eq!(Fixture::clean().run("REF105"), []);
    }
}
