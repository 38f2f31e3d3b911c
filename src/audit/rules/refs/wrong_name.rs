use std::collections::BTreeMap;

use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Related, Severity};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::scene::{Description, Format, LabelRow, LabelTable, Referent, Role, SCANNET200, normalise_label};

rule! {
    /// Descriptions name another object than the one their id means.
    ///
    /// # What it checks
    /// That `object_name` is the label of the object with that `objectId`, with `_` for spaces and
    /// whatever the case. One finding for each object and name. In Reason3D, where `object_id` is the
    /// index of a ScanNet200 class, that there is such a class and that the name is its name in the
    /// label table; one finding for each class and name. Evidence: `name` and `label`, the two;
    /// `descriptions`, how many give that name; `annotations`, which; `agrees_at`, the other counts
    /// (see REF104) in which the id means an object with the name; `class`, the class's index;
    /// `class_of_name`, the class that has the name, null when none has.
    ///
    /// # Why it matters
    /// The sentence speaks of one object and the mask shows another. This is the surest sign that
    /// descriptions and masks were joined wrongly, and nothing in training tells you: the loss falls
    /// and the score stays near zero.
    ///
    /// # How to fix
    /// Many scans at once mean shifted or renumbered ids (REF104) or another release of the
    /// aggregation: join again on ScanNet's `objectId`. Single ones are slips: compare the sentence
    /// with both objects and correct the id or the name. For Reason3D see that `object_id` is a class
    /// index from 0 to 199, neither an object's id nor a label's id.
    ///
    /// # Known exceptions
    /// None in ScanRefer, Nr3D and Sr3D: every name is the label of its object. Multi3DRefer's names
    /// may be wider; there nyu40 classes are compared, for single targets, and a difference is a
    /// warning. So is a name in Reason3D that no class has.
    ///
    /// # Source
    /// The ScanRefer reader of <https://github.com/3d-vista/3D-VisTA> asserts it;
    /// `scannet_scan.py` of <https://github.com/referit3d/referit3d> takes Nr3D's names from the
    /// aggregation; the mask of <https://github.com/KuanchihHuang/Reason3D> is all points of the class.
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
            for d in descriptions.iter().filter(|d| d.is_single()) {
                let name = normalise_label(&d.object_name);
                let kin =
                    || is_loose(scan, d) && !are_foreign(&scan.catalogue.labels, &name, &object.raw_category);
                if name != *label && !kin() {
                    names.entry((d.file, name)).or_default().push(d);
                }
            }
            for ((_, name), those) in names {
                let (first, n) = (those[0], those.len());
                let at_most = if is_loose(scan, first) { Severity::Warning } else { Severity::Error };
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
                out.report(draft.at_most(at_most).harms(n));
            }
        }
        classes(scan, out);
    }
}

/// Whether names of the description's file need not be labels to the letter.
fn is_loose(scan: &ScanContext<'_>, d: &Description) -> bool {
    scan.catalogue.references.get(d.file as usize).is_some_and(|f| f.format == Format::Multi3dRefer)
}

/// Whether two raw categories are of different nyu40 classes, where the table knows both and
/// neither is one of the three for everything else.
fn are_foreign(table: &LabelTable, a: &str, b: &str) -> bool {
    let [a, b] = [a, b].map(|category| table.nyu40(category));
    a != b && [a, b].iter().all(|id| (1..38).contains(id))
}

/// Descriptions that mean a class which is none, or which has another name.
fn classes(scan: &ScanContext<'_>, out: &mut Sink<'_>) {
    let table = &scan.catalogue.labels;
    let mut meant: BTreeMap<(i32, u32, String), Vec<&Description>> = BTreeMap::new();
    for d in scan.descriptions {
        if let Referent::Class(class) = d.referent {
            meant.entry((class, d.file, normalise_label(&d.object_name))).or_default().push(d);
        }
    }
    let goes_by = |row: &LabelRow, name: &str| {
        [&row.raw_category, &row.category].iter().any(|label| normalise_label(label) == name)
    };
    for ((class, _, name), those) in meant {
        let (first, n) = (those[0], those.len());
        let exists = usize::try_from(class).is_ok_and(|c| c < SCANNET200.len());
        let label = table.scannet200(class).next().map(|row| row.category.as_str());
        if exists && (label.is_none() || table.scannet200(class).any(|row| goes_by(row, &name))) {
            continue;
        }
        let descriptions = count(n, "description");
        let message = if exists {
            let call = if n == 1 { "calls" } else { "call" };
            let label = label.unwrap_or_default();
            format!("class {class} is `{label}`, but {descriptions} {call} it `{}`", first.object_name)
        } else {
            let mean = if n == 1 { "means" } else { "mean" };
            format!("{descriptions} {mean} class {class}, but ScanNet200 has classes 0 to 199")
        };
        let of_name = table.iter().filter(|row| goes_by(row, &name)).find_map(LabelRow::scannet200);
        let mut draft = Draft::new(message)
            .description(first, "object_id", scan.catalogue)
            .key(class)
            .key(&name)
            .evidence("name", first.object_name.as_str())
            .evidence("label", label)
            .evidence("class", class)
            .evidence("class_of_name", of_name)
            .evidence("descriptions", n)
            .annotations(those);
        let is_object = scan.is_called(class, &name);
        if is_object {
            draft = draft
                .fix(format!("object {class} of the scan is a `{name}`: give the class, not the object"));
        } else if let Some(of_name) = of_name {
            draft = draft.fix(format!("`{name}` is class {of_name}"));
        }
        let certain = !exists || is_object || of_name.is_some();
        out.report(draft.at_most(if certain { Severity::Error } else { Severity::Warning }).harms(n));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Annotation;
    use crate::audit::fixture::Fixture;

    /// Rows of (label id, raw category, category, nyu40 id).
    fn table(rows: &[(u32, &str, &str, u8)]) -> LabelTable {
        LabelTable::new(rows.iter().map(|&(id, raw, category, nyu40)| LabelRow {
            id,
            nyu40,
            raw_category: raw.into(),
            category: category.into(),
            ..LabelRow::default()
        }))
    }

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

    #[test]
    fn fires_on_other_classes_where_names_are_wider_than_labels() {
        let mut f = Fixture::clean();
        f.catalogue.references[0].format = Format::Multi3dRefer;
        f.catalogue.labels =
            table(&[(2, "chair", "chair", 5), (10, "office chair", "chair", 5), (4, "table", "table", 7)]);
        f.descriptions(|d| {
            d[2].object_name = "furniture".into();
            d[4].object_name = "chair".into();
            d[5].object_name = "table".into();
            d[6] = Description { object_name: "table".into(), ..d[6].clone() }.of_objects(&[3, 1]);
        });
        let found = f.run("REF103");
        assert_eq!((found.len(), found[0].object_id, found[0].severity), (1, Some(2), Severity::Warning));
        assert_eq!(found[0].evidence["name"], "table");
    }

    #[test]
    fn fires_on_classes_that_are_none_or_have_another_name() {
        let mut f = Fixture::clean();
        // ScanNet200 has wall at index 0, chair at 1, floor at 2, shower wall at 100.
        f.catalogue.labels = table(&[
            (1, "wall", "wall", 1),
            (2, "chair", "chair", 5),
            (128, "shower walls", "shower wall", 1),
        ]);
        let meant = [
            (1, "chair"),
            (100, "shower_wall"),
            (2, "floor"),
            (1, "wall"),
            (1, "seat"),
            (1, "table"),
            (200, "x"),
            (-1, "x"),
        ];
        f.descriptions(|d| {
            for (d, (class, name)) in d.iter_mut().zip(meant) {
                (d.object_id, d.referent, d.object_name) = (-1, Referent::Class(class), name.into());
            }
            d.truncate(meant.len());
            (0..).zip(d).for_each(|(i, d): (i32, _)| d.ann_id = i.to_string());
        });
        let found = f.run("REF103");
        let said: Vec<_> = found.iter().map(|f| (f.severity, f.message.as_str())).collect();
        let expected = [
            (Severity::Error, "class 1 is `chair`, but 1 description calls it `wall`"),
            (Severity::Error, "class 1 is `chair`, but 1 description calls it `table`"),
            (Severity::Error, "1 description means class 200, but ScanNet200 has classes 0 to 199"),
            (Severity::Error, "1 description means class -1, but ScanNet200 has classes 0 to 199"),
            (Severity::Warning, "class 1 is `chair`, but 1 description calls it `seat`"),
        ];
        assert_eq!(said, expected);
        assert!(found.iter().all(|f| f.object_id.is_none() && f.descriptions == 1));
        assert_eq!(found[0].fix.as_ref().unwrap().message, "`wall` is class 0");
        assert!(found[1].fix.as_ref().unwrap().message.contains("object 1 of the scan is a `table`"));
    }
}
