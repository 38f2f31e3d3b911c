use std::collections::BTreeMap;

use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::audit::{Mend, ScanContext};
use crate::scene::{Catalogue, Description, Referent, normalise_label};

rule! {
    /// Descriptions mean an object that their scan does not have.
    ///
    /// # What it checks
    /// That `object_id`, or each of `object_ids`, is the `objectId` of a group of the scan's
    /// aggregation. One finding for each object. In Reason3D, where `object_id` is a class, that the
    /// scan has an object of that class; one finding for each class. Evidence: `descriptions`, how
    /// many mean it; `annotations`, which; `highest`, the highest id of the scan, null when it has no
    /// objects; `agrees_at`, the other counts (see REF104) in which the id means an object with the
    /// name given; `class`, the class's index.
    ///
    /// # Why it matters
    /// There is no mask to learn: the run ends, or the sample trains on an empty mask and scores
    /// zero.
    ///
    /// # How to fix
    /// Check that references and aggregation are of the same release, and that ids are ScanNet's
    /// 0-based `objectId`, neither places in a prepared array nor ids that start at 1.
    ///
    /// # Known exceptions
    /// None in ScanRefer. Classes are compared when there is a label table.
    ///
    /// # Source
    /// <https://github.com/LaVi-Lab/Video-3D-LLM/issues/28>; the reader of
    /// <https://github.com/KuanchihHuang/Reason3D> asserts that the mask of the class is not empty.
    UnknownObject { code: "REF102", name: "unknown-object", severity: Error, fix: Unsafe }
}

impl Rule for UnknownObject {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        if !scan.scan.has_aggregation {
            return;
        }
        let highest = scan.objects().last_key_value().map(|(&id, _)| id);
        for (&id, descriptions) in scan.targets().iter().filter(|(id, _)| !scan.objects().contains_key(id)) {
            let first = descriptions[0];
            let name = normalise_label(&first.object_name);
            let has = highest.map_or("it has none".into(), |h| format!("its ids end at {h}"));
            let n = descriptions.len();
            let message = format!("the scan has no object {id} ({has}), but {} it", means(n));
            let draft = Draft::new(message)
                .description(first, "object_id", scan.catalogue)
                .object(id)
                .evidence("descriptions", n)
                .annotations(descriptions.iter().copied())
                .evidence("highest", highest)
                .evidence("agrees_at", scan.numbering_words(id, &name));
            out.report(draft.harms(n));
        }
        classes(scan, out);
    }

    fn mend(&self, mine: &Finding, catalogue: &Catalogue) -> Mend {
        Mend::drop(mine.spoken_of(catalogue))
    }
}

/// Classes that descriptions mean and that no object of the scan has.
fn classes(scan: &ScanContext<'_>, out: &mut Sink<'_>) {
    let table = &scan.catalogue.labels;
    let mut meant: BTreeMap<i32, Vec<&Description>> = BTreeMap::new();
    for d in scan.descriptions {
        if let Referent::Class(class) = d.referent {
            meant.entry(class).or_default().push(d);
        }
    }
    for (class, descriptions) in meant {
        let mut rows = table.scannet200(class).peekable();
        // A class that does not exist or has no name here is REF103's.
        let Some(first_row) = rows.peek() else { continue };
        let label = first_row.category.clone();
        if rows.any(|row| scan.scan.scene.objects.iter().any(|o| o.raw_category == row.raw_category)) {
            continue;
        }
        let n = descriptions.len();
        let message = format!("the scan has no object of class {class} (`{label}`), but {} it", means(n));
        let draft = Draft::new(message)
            .description(descriptions[0], "object_id", scan.catalogue)
            .key(class)
            .evidence("class", class)
            .evidence("descriptions", n)
            .annotations(descriptions);
        out.report(draft.harms(n));
    }
}

fn means(n: usize) -> String {
    count(n, "description") + if n == 1 { " means" } else { " mean" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Annotation;
    use crate::audit::fixture::Fixture;
    use crate::scene::{Format, LabelRow, LabelTable};

    #[test]
    fn fires_once_an_object_at_the_first_description() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d.iter_mut().take(2).for_each(|d| d.object_id = 56));
        let found = f.run("REF102");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].object_id, &found[0].ann_id), (Some(56), &Some(Annotation::Number(0))));
        assert_eq!(found[0].json_pointer.as_deref(), Some("/0/object_id"));
        assert_eq!(found[0].descriptions, 2);
    }

    #[test]
    fn fires_for_each_target_of_several() {
        let mut f = Fixture::clean();
        f.catalogue.references[0].format = Format::Multi3dRefer;
        f.descriptions(|d| {
            d[2] = d[2].clone().of_objects(&[1, 4, 77]);
            d[5] = d[5].clone().of_objects(&[77, 2]);
            d[6] = d[6].clone().of_objects(&[]);
        });
        let found = f.run("REF102");
        assert_eq!((found.len(), found[0].object_id, found[0].descriptions), (1, Some(77), 2));
        assert_eq!(found[0].json_pointer.as_deref(), Some("/2/object_ids"));
        let there = |d: &&Description| found[0].speaks_of(d);
        assert_eq!(f.catalogue.descriptions_of("scene0001_00").iter().filter(there).count(), 2);
    }

    #[test]
    fn fires_for_a_class_that_no_object_has() {
        let mut f = Fixture::clean();
        let row = |id, name: &str| LabelRow {
            id,
            raw_category: name.into(),
            category: name.into(),
            ..LabelRow::default()
        };
        // ScanNet200 has chair at index 1, couch at 5.
        f.catalogue.labels = LabelTable::new([row(2, "stack of chairs"), row(2, "chair"), row(6, "couch")]);
        f.descriptions(|d| {
            for (d, class) in d.iter_mut().zip([1, 5, 5, 300, 3]) {
                (d.object_id, d.referent) = (-1, Referent::Class(class));
            }
        });
        let found = f.run("REF102");
        assert_eq!((found.len(), found[0].object_id, found[0].descriptions), (1, None, 2));
        assert_eq!(
            found[0].message,
            "the scan has no object of class 5 (`couch`), but 2 descriptions mean it"
        );
        f.catalogue.labels = LabelTable::default();
        assert_eq!(f.run("REF102"), []);
    }

    #[test]
    fn silent_when_the_aggregation_could_not_be_read() {
        let mut f = Fixture::clean();
        f.scan().scene.objects.clear();
        f.scan().has_aggregation = false;
        assert_eq!(f.run("REF102"), []);
    }
}
