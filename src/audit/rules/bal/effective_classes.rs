use std::collections::BTreeMap;

use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{per_cent, rounded};
use crate::measure::balance::effective;

rule! {
    /// A few classes are nearly all that is described.
    ///
    /// # What it checks
    /// The effective number of classes of described objects: e to the entropy of their shares, which
    /// is how many equally frequent classes would be as varied. The rule fires when that is less
    /// than `min-effective-percent` per cent of the classes there are, 20 unless you say otherwise.
    /// Evidence: `classes`, how many there are; `effective`, their effective number; `most`, the most
    /// frequent class; `share`, its share of objects in per cent; `threshold`.
    ///
    /// # Why it matters
    /// A mean over descriptions is then a score on a few classes, and a model that knows only these
    /// looks good.
    ///
    /// # How to fix
    /// Nothing is wrong. Report the mean over classes beside the mean over descriptions. Weights of
    /// one over the frequency are no remedy for raw names: the rarest would weigh thousands of times
    /// the commonest.
    ///
    /// # Known exceptions
    /// Raw names have a long tail: in ScanNet's public label table 607 names are worth 65.
    ///
    /// # Source
    /// Hill's numbers; the `count` column of `scannetv2-labels.combined.tsv`.
    EffectiveClasses { code: "BAL202", name: "effective-classes", severity: Info }
}

impl Rule for EffectiveClasses {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let mut classes: BTreeMap<String, u64> = BTreeMap::new();
        for target in data.targets() {
            *classes.entry(target.class).or_default() += 1;
        }
        let counts: Vec<u64> = classes.values().copied().collect();
        let (effective, threshold) = (effective(&counts), data.thresholds.min_effective_percent);
        let Some((most, &n)) = classes.iter().max_by_key(|&(_, n)| n) else { return };
        if effective * 100.0 >= f64::from(threshold) * counts.len() as f64 {
            return;
        }
        let share = per_cent(n, counts.iter().sum());
        let message = format!(
            "{} classes are described, but as unevenly as {effective:.1} would be: {share} % of the objects are \
             called `{most}`",
            counts.len(),
        );
        let draft = Draft::new(message)
            .evidence("classes", counts.len())
            .evidence("effective", rounded(effective, 1))
            .evidence("most", most.as_str())
            .evidence("share", share)
            .evidence("threshold", threshold);
        out.report(draft.harms(0));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    /// `chairs` chairs, and nine other things.
    fn room(chairs: i32) -> Fixture {
        let mut f = Fixture::clean();
        let pattern = f.catalogue.descriptions[0].clone();
        let name = |id: i32| if id < chairs { "chair".to_owned() } else { format!("thing {id}") };
        f.descriptions(|d| {
            let one = |object_id| crate::scene::Description {
                object_id,
                object_name: name(object_id),
                ..pattern.clone()
            };
            *d = (0..chairs + 9).map(one).collect();
        });
        f
    }

    #[test]
    fn fires_where_chairs_are_nearly_all() {
        let found = room(200).run("BAL202");
        assert_eq!((found.len(), found[0].number("classes")), (1, Some(10)));
        assert_eq!(
            (&found[0].evidence["most"], found[0].evidence["share"].as_f64()),
            (&"chair".into(), Some(95.7))
        );
        assert!(found[0].evidence["effective"].as_f64() < Some(2.0));
    }

    #[test]
    fn silent_on_the_usual_skew_and_without_descriptions() {
        assert_eq!(room(20).run("BAL202"), []);
        let mut f = Fixture::clean();
        f.descriptions(Vec::clear);
        assert_eq!(f.run("BAL202"), []);
    }
}
