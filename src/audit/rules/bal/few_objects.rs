use std::collections::BTreeMap;

use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};

rule! {
    /// Training describes few objects of some classes.
    ///
    /// # What it checks
    /// Which names fewer than `min-train-objects` described objects of split `train` have, 10 unless
    /// you say otherwise, in data sets whose classes have that many on average. One finding for the
    /// data set. Evidence: `few`, how many names; `of`, how many names there are; `classes`, the ten
    /// rarest with their number of objects; `threshold`.
    ///
    /// # Why it matters
    /// A class of a few objects is learnt by heart, however many sentences speak of them, and its
    /// score is noise.
    ///
    /// # How to fix
    /// Nothing is wrong. Report scores by groups of classes, or sample rare classes more often.
    ///
    /// # Known exceptions
    /// Raw names have a long tail everywhere: of the 607 in ScanNet's public label table 366 have
    /// fewer than ten instances.
    ///
    /// # Source
    /// The `count` column of `scannetv2-labels.combined.tsv`.
    FewObjects { code: "BAL201", name: "few-objects", severity: Info }
}

impl Rule for FewObjects {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let mut classes: BTreeMap<String, (u32, usize)> = BTreeMap::new();
        for target in data.targets().filter(|t| t.split == Some("train")) {
            let (objects, descriptions) = classes.entry(target.class).or_default();
            *objects += 1;
            *descriptions += target.descriptions.len();
        }
        let (of, threshold) = (classes.len(), data.thresholds.min_train_objects);
        let objects: u32 = classes.values().map(|(objects, _)| objects).sum();
        // In a small data set every class is rare, which says nothing of a class.
        if u64::from(objects) < u64::from(threshold) * of as u64 {
            return;
        }
        let mut few: Vec<_> = classes.into_iter().filter(|(_, (objects, _))| *objects < threshold).collect();
        if few.is_empty() {
            return;
        }
        few.sort_by_key(|(_, (objects, _))| *objects);
        let rarest = few.iter().take(10).map(|(class, (objects, _))| (class.clone(), (*objects).into()));
        let rarest: serde_json::Map<_, _> = rarest.collect();
        let shown: Vec<String> = few.iter().take(5).map(|(class, (n, _))| format!("{class} {n}")).collect();
        let message = format!(
            "of {of} classes that train describes, {} have fewer than {threshold} objects: {}{}",
            few.len(),
            shown.join(", "),
            if few.len() > shown.len() { " …" } else { "" },
        );
        let draft = Draft::new(message)
            .evidence("few", few.len())
            .evidence("of", of)
            .evidence("classes", rarest)
            .evidence("threshold", threshold)
            .harms(few.iter().map(|(_, (_, descriptions))| descriptions).sum());
        out.report(draft);
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;
    use crate::scene::Description;

    /// Training with so many chairs, lamps and tables.
    fn with(counts: [i32; 3]) -> Fixture {
        let mut f = Fixture::clean();
        let names = ["chair", "lamp", "table"].into_iter().zip(counts);
        let names = names.flat_map(|(name, n)| std::iter::repeat_n(name, n as usize));
        let pattern = f.catalogue.descriptions[0].clone();
        let one = |(object_id, name): (i32, &str)| Description {
            object_id,
            object_name: name.into(),
            ..pattern.clone()
        };
        let all = (0..).zip(names).map(one).collect();
        f.descriptions(|d| *d = all);
        f
    }

    #[test]
    fn fires_once_with_the_rarest_first() {
        let found = with([30, 9, 1]).run("BAL201");
        assert_eq!((found.len(), found[0].number("few"), found[0].number("of")), (1, Some(2), Some(3)));
        assert!(found[0].message.contains("table 1, lamp 9"), "{}", found[0].message);
        assert_eq!((found[0].evidence["classes"]["table"].as_u64(), found[0].descriptions), (Some(1), 10));
    }

    #[test]
    fn silent_where_each_class_has_enough_in_small_data_and_without_training() {
        assert_eq!(with([10, 10, 10]).run("BAL201"), []);
        assert_eq!(with([19, 9, 1]).run("BAL201"), [], "29 objects are fewer than ten a class");
        let mut f = with([30, 9, 1]);
        f.catalogue.splits[0].name = "mine".into();
        f.catalogue.index();
        assert_eq!(f.run("BAL201"), []);
    }
}
