use std::collections::BTreeMap;

use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::rounded;
use crate::audit::{ClassFacts, DatasetContext};
use crate::measure::balance::rank_correlation;

rule! {
    /// Objects, descriptions and points put the classes in different orders.
    ///
    /// # What it checks
    /// Spearman's rank correlation, over the labels of described objects in the scans audited, of
    /// the number of objects with the number of descriptions and with the number of vertices. The
    /// rule fires when one is under `min-correlation-percent` per cent, 80 unless you say otherwise,
    /// and there are at least five labels. Evidence: `classes`, how many labels; `descriptions` and
    /// `vertices`, the two correlations; `threshold`.
    ///
    /// # Why it matters
    /// A loss by points, a mean over descriptions and a sampler over objects then mean different
    /// things by a common class: what balances one unbalances another.
    ///
    /// # How to fix
    /// Nothing is wrong. Decide which of the three you balance, and say so. A low correlation with
    /// descriptions means that people, or a filter, described some classes more than others.
    ///
    /// # Known exceptions
    /// Vertices follow size: a bed has more than ten pillows, in every data set.
    ///
    /// # Source
    /// Measured by this program.
    UnevenMeasures { code: "BAL203", name: "uneven-measures", severity: Info }
}

/// With fewer classes a rank says little.
const FEWEST_CLASSES: usize = 5;

impl Rule for UnevenMeasures {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let mut classes: BTreeMap<&str, ClassFacts> = BTreeMap::new();
        for (name, facts) in data.summary.scans.values().flat_map(|f| &f.classes) {
            let class = classes.entry(name).or_default();
            class.objects += facts.objects;
            class.descriptions += facts.descriptions;
            class.vertices += facts.vertices;
        }
        let column = |get: fn(&ClassFacts) -> u64| classes.values().map(get).collect::<Vec<_>>();
        let objects = column(|c| c.objects);
        let descriptions = rank_correlation(&objects, &column(|c| c.descriptions));
        let vertices = rank_correlation(&objects, &column(|c| c.vertices));
        let (Some(descriptions), Some(vertices)) = (descriptions, vertices) else { return };
        let threshold = data.thresholds.min_correlation_percent;
        if data.partial
            || classes.len() < FEWEST_CLASSES
            || descriptions.min(vertices) * 100.0 >= f64::from(threshold)
        {
            return;
        }
        let message = format!(
            "the order of {} classes by objects agrees with that by descriptions to {descriptions:.2}, and with that by \
             vertices to {vertices:.2} (rank correlation)",
            classes.len(),
        );
        let draft = Draft::new(message)
            .evidence("classes", classes.len())
            .evidence("descriptions", rounded(descriptions, 3))
            .evidence("vertices", rounded(vertices, 3))
            .evidence("threshold", threshold);
        out.report(draft.harms(0));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    /// The clean data with object `o` of scan `s` labelled by `name(s, o)`.
    fn labelled(name: fn(usize, usize) -> &'static str) -> Fixture {
        let mut f = Fixture::clean();
        for (s, scan) in f.scans.values_mut().enumerate() {
            for (o, object) in scan.scene.objects.iter_mut().enumerate() {
                object.raw_category = name(s, o).into();
            }
        }
        f
    }

    #[test]
    fn fires_when_the_rarest_class_is_described_most() {
        // a is in one scan, b in two, c and d in three, and e is six objects.
        let mut f = labelled(|s, o| if o < s { "e" } else { ["a", "b", "c", "d", "e"][o] });
        assert_eq!(f.run("BAL203"), [], "descriptions follow objects");
        let extra: Vec<_> = (2..40)
            .map(|ann| crate::scene::Description {
                ann_id: ann.to_string(),
                ..f.catalogue.descriptions[0].clone()
            })
            .collect();
        f.descriptions(|d| {
            d.extend(extra);
            d.retain(|d| d.object_id == 0 || d.ann_id == "0");
        });
        let found = f.run("BAL203");
        assert_eq!((found.len(), found[0].number("classes")), (1, Some(5)));
        assert!(found[0].evidence["descriptions"].as_f64() < Some(0.8));
        assert_eq!(f.audit("BAL203", true).1, [], "a part of the data set has other shares");
    }

    #[test]
    fn silent_with_few_classes() {
        let mut f = labelled(|_, o| ["a", "b"][usize::from(o == 4)]);
        f.descriptions(|d| d.retain(|d| d.object_id == 4 || d.ann_id == "0" && d.object_id == 0));
        assert_eq!(f.run("BAL203"), []);
    }
}
