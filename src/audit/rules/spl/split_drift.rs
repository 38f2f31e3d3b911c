use crate::audit::DatasetContext;
use crate::audit::drifts::SplitDrifts;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::rounded;
use crate::measure::drift::Drift;

rule! {
    /// A split shows other classes than training, more than chance makes it.
    ///
    /// # What it checks
    /// How far the classes of described objects in each split are from those in `train`: the
    /// Jensen-Shannon distance of their shares. The rooms of both are then dealt out at random, 999
    /// times, always whole. The rule fires when at most 10 of a thousand deals are as far apart
    /// (`max-drift-permille`) and the distance exceeds the mean of the deals by 0.05
    /// (`min-drift-excess-percent`). Evidence: `split`; `distance`; `by_chance`, that mean; `p`, the
    /// share of deals that are no closer; `classes`, the five that add most to the distance.
    ///
    /// # Why it matters
    /// A score on a split of other classes says little about the classes that were trained.
    ///
    /// # How to fix
    /// Nothing is wrong in the data. Split by room at random, or report scores by class.
    ///
    /// # Known exceptions
    /// Splits that are meant to differ. With few rooms the rule cannot fire: a single room of ten
    /// can never be one of a hundred.
    ///
    /// # Source
    /// Tests that count objects or sentences one by one (chi-square, fixed limits on divergences)
    /// find drift in nearly every random split of rooms, because the objects of a room go together.
    SplitDrift { code: "SPL301", name: "split-drift", severity: Info, needs: Preview }
}

impl Rule for SplitDrift {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        for SplitDrifts { split, classes, drift } in data.drifts() {
            let Drift { distance, by_chance, p, parts, .. } = drift;
            let limits = data.thresholds;
            if p * 1000.0 > f64::from(limits.max_drift_permille)
                || (distance - by_chance) * 100.0 < f64::from(limits.min_drift_excess_percent)
            {
                continue;
            }
            let mut most: Vec<usize> = (0..classes.len()).collect();
            most.sort_by(|&a, &b| parts[b].total_cmp(&parts[a]).then(classes[a].cmp(&classes[b])));
            let most: Vec<&str> = most.into_iter().take(5).map(|class| classes[class].as_str()).collect();
            let message = format!(
                "{split} and train are {distance:.3} apart by the classes of described objects, random splits of \
                 the same rooms {by_chance:.3} (p {p:.3}); most by {}",
                most.join(", ")
            );
            let draft = Draft::new(message)
                .key(split)
                .evidence("split", split)
                .evidence("distance", rounded(distance, 4))
                .evidence("by_chance", rounded(by_chance, 4))
                .evidence("p", rounded(p, 4))
                .evidence("classes", most);
            out.report(draft.harms(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;
    use crate::scene::{Description, SplitEntry};

    /// Sixty rooms of two objects, every fifth in val; `odd` says which rooms hold beds.
    fn rooms(odd: fn(u32) -> bool) -> Fixture {
        let mut f = Fixture::clean();
        f.catalogue.splits.iter_mut().for_each(|l| l.entries.clear());
        let mut descriptions = Vec::new();
        for i in 0..60 {
            let scene_id = format!("scene{i:04}_00");
            let list = &mut f.catalogue.splits[usize::from(i % 5 == 1)];
            list.entries.push(SplitEntry { id: scene_id.clone(), line: i + 1 });
            for object_id in 0..2 {
                let object_name = ["chair", if odd(i) { "bed" } else { "desk" }][object_id as usize].into();
                descriptions.push(Description {
                    scene_id: scene_id.clone(),
                    object_id,
                    object_name,
                    ..Description::default()
                });
            }
        }
        f.descriptions(|d| *d = descriptions);
        f
    }

    #[test]
    fn fires_where_one_split_has_the_beds() {
        let found = rooms(|i| i % 5 == 1).run_preview("SPL301");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].evidence["split"], "val");
        assert!(found[0].evidence["p"].as_f64() <= Some(0.01));
        let most: Vec<_> = found[0].evidence["classes"].as_array().unwrap().iter().take(2).collect();
        assert!(most.contains(&&"bed".into()) && most.contains(&&"desk".into()), "{most:?}");
    }

    #[test]
    fn silent_where_beds_are_anywhere_and_where_there_are_few_rooms() {
        assert_eq!(rooms(|i| i % 4 == 1).run_preview("SPL301"), []);
        let mut few = Fixture::clean();
        few.descriptions(|d| d.iter_mut().skip(20).for_each(|d| d.object_name = "bed".into()));
        assert_eq!(few.run_preview("SPL301"), []);
    }
}
