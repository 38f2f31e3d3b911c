use std::collections::{BTreeMap, BTreeSet};

use crate::audit::finding::{Draft, Severity};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{count, rounded};
use crate::audit::{DatasetContext, Target};
use crate::measure::balance::all_held_out;
use crate::scene::room_of;

rule! {
    /// A split describes a class that training never does.
    ///
    /// # What it checks
    /// For each split other than `train`, which names of described objects no training description
    /// has. One finding for each class. It is a warning when a random split of the same rooms would
    /// keep the class out of training fewer than 10 times in a thousand (`max-unseen-permille`),
    /// otherwise mere context. Evidence: `class`; `split`; `objects`, how many the split describes;
    /// `rooms`, in how many rooms they are; `chance`, how often a random split would do the same.
    ///
    /// # Why it matters
    /// The model is scored on a word and a thing that it was never shown. One such class in one room
    /// is bad luck; one in many rooms means that labels differ between the splits, or that training
    /// lacks descriptions.
    ///
    /// # How to fix
    /// Look whether training has the class under another name ("book", "books") or lost its
    /// descriptions. Otherwise report the score on such classes apart.
    ///
    /// # Known exceptions
    /// Names are compared as they are written: a plural is a class of its own.
    ///
    /// # Source
    /// Raw names have a long tail: of the 607 in ScanNet's public label table 127 have one instance.
    UnseenClass { code: "BAL101", name: "unseen-class", severity: Warning }
}

impl Rule for UnseenClass {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let (mut known, mut train) = (BTreeSet::new(), BTreeSet::new());
        let mut others: BTreeMap<&str, Vec<Target<'_>>> = BTreeMap::new();
        for target in data.targets() {
            match target.split {
                Some("train") => {
                    train.insert(room_of(target.scene()));
                    known.insert(target.class);
                }
                Some(split) => others.entry(split).or_default().push(target),
                None => {}
            }
        }
        if known.is_empty() {
            return;
        }
        for (split, targets) in others {
            let held: BTreeSet<&str> = targets.iter().map(|t| room_of(t.scene())).collect();
            let rooms = train.union(&held).count();
            let mut unseen: BTreeMap<&str, Vec<&Target<'_>>> = BTreeMap::new();
            for target in targets.iter().filter(|t| !known.contains(&t.class)) {
                unseen.entry(&target.class).or_default().push(target);
            }
            for (class, those) in unseen {
                let marked = those.iter().map(|t| room_of(t.scene())).collect::<BTreeSet<_>>().len();
                let chance = all_held_out(rooms, held.len(), marked);
                let likely = chance * 1000.0 >= f64::from(data.thresholds.max_unseen_permille);
                let message = format!(
                    "{split} describes {} called `{class}` in {}, train none; a random split does that with \
                     probability {chance:.3}",
                    count(those.len(), "object"),
                    count(marked, "room"),
                );
                let mut draft = Draft::new(message)
                    .key(split)
                    .key(class)
                    .evidence("class", class)
                    .evidence("split", split)
                    .evidence("objects", those.len())
                    .evidence("rooms", marked)
                    .evidence("chance", rounded(chance, 4))
                    .at_most(if likely { Severity::Info } else { Severity::Warning })
                    .harms(those.iter().map(|t| t.descriptions.len()).sum());
                if let Some(file) = data.catalogue.references.get(those[0].descriptions[0].file as usize) {
                    draft = draft.file(&file.path);
                }
                out.report(draft);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::Severity;
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_with_the_chance_of_it() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[20].object_name = "Accordion".into());
        let found = f.run("BAL101");
        assert_eq!((found.len(), found[0].number("objects"), found[0].descriptions), (1, Some(1), 2));
        assert_eq!(
            (&found[0].evidence["class"], &found[0].evidence["chance"]),
            (&"accordion".into(), &0.5.into())
        );
        assert_eq!(found[0].severity, Severity::Info, "one of two rooms is val");
    }

    #[test]
    fn warns_where_chance_does_not_explain_it() {
        let mut f = Fixture::clean();
        let (pattern, mut entries) = (f.catalogue.descriptions[20].clone(), Vec::new());
        for i in 10..18 {
            let mut scene = f.catalogue.splits[1].entries[0].clone();
            scene.id = format!("scene{i:04}_00");
            entries.push(scene);
        }
        let ids: Vec<String> = entries.iter().map(|e| e.id.clone()).collect();
        f.catalogue.splits[0].entries.extend(entries.split_off(4));
        f.catalogue.splits[1].entries.extend(entries);
        f.descriptions(|d| {
            for (i, id) in ids.into_iter().enumerate() {
                let object_name = if i < 4 { "accordion" } else { "chair" }.into();
                d.push(crate::scene::Description { scene_id: id, object_name, ..pattern.clone() });
            }
        });
        let found = f.run("BAL101");
        // Four of the five rooms of val, of ten rooms: 5·4·3·2 / 10·9·8·7.
        assert_eq!(found[0].evidence["chance"], 0.0238);
        assert_eq!(found[0].severity, Severity::Info);
        f.descriptions(|d| {
            for d in d.iter_mut().filter(|d| d.scene_id == "scene0002_00") {
                d.object_name = "accordion".into();
            }
        });
        let found = f.run("BAL101");
        assert_eq!(
            (found.len(), found[0].severity, found[0].number("rooms")),
            (1, Severity::Warning, Some(5))
        );
    }

    #[test]
    fn silent_on_what_training_has_and_without_training() {
        let mut f = Fixture::clean();
        assert_eq!(f.run("BAL101"), []);
        f.catalogue.splits[0].name = "mine".into();
        f.descriptions(|d| d[20].object_name = "accordion".into());
        assert_eq!(f.run("BAL101"), []);
    }
}
