use std::collections::{BTreeMap, BTreeSet};

use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};

rule! {
    /// Two scans have the same geometry.
    ///
    /// # What it checks
    /// That no two scans have as many vertices and faces, and the same coordinates to the bit in every
    /// sixteenth vertex: a digest of them is kept of each scan. Rescans of a room differ in every
    /// vertex. One finding for each set of equal scans, at the second of them. Evidence: `scans`, all
    /// of them; `splits`, the splits they are in; `geometry`, the digest.
    ///
    /// # Why it matters
    /// The copy counts twice. In two splits it is leakage: the model is tested on what it has seen. And
    /// sentences of one of the two ids may mean objects of another room.
    ///
    /// # How to fix
    /// See which id is right by the aggregation's `sceneId` and by the sentences; fetch the other
    /// scan's files again.
    ///
    /// # Known exceptions
    /// None: no two official scans are equal.
    ///
    /// # Source
    /// Plain reasoning: a scan's noise does not come twice.
    SameGeometry { code: "DUP101", name: "same-geometry", severity: Error }
}

impl Rule for SameGeometry {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let mut by_geometry: BTreeMap<(&str, u64, u64), Vec<&str>> = BTreeMap::new();
        for (id, facts) in &data.summary.scans {
            if !facts.geometry.is_empty() {
                by_geometry.entry((&facts.geometry, facts.vertices, facts.faces)).or_default().push(id);
            }
        }
        for ((geometry, ..), scans) in by_geometry.into_iter().filter(|(_, scans)| scans.len() > 1) {
            let splits: BTreeSet<&str> = scans.iter().filter_map(|s| data.catalogue.split_of(s)).collect();
            let splits: Vec<&str> = splits.into_iter().collect();
            let leak = if splits.len() > 1 {
                format!(", in splits {}", splits.join(" and "))
            } else {
                String::new()
            };
            let message = format!("scans {} have the same geometry{leak}", scans.join(" and "));
            let harmed = scans.iter().map(|s| data.catalogue.descriptions_of(s).len()).sum();
            let draft = Draft::new(message).scene(scans[1]).key(geometry).evidence("geometry", geometry);
            out.report(draft.evidence("scans", scans).evidence("splits", splits).harms(harmed));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    fn copied() -> Fixture {
        let mut f = Fixture::clean();
        let points = f.scan().scene.points.position.clone();
        f.scans.get_mut("scene0002_00").unwrap().scene.points.position = points;
        f
    }

    #[test]
    fn fires_once_and_names_the_splits() {
        let found = copied().run("DUP101");
        assert_eq!((found.len(), found[0].scene_id.as_deref()), (1, Some("scene0002_00")));
        assert_eq!(found[0].evidence["scans"], serde_json::json!(["scene0001_00", "scene0002_00"]));
        assert_eq!(found[0].evidence["splits"], serde_json::json!(["train", "val"]));
        assert_eq!(found[0].descriptions, 20);
    }

    #[test]
    fn silent_on_scans_that_differ_and_on_empty_ones() {
        assert_eq!(Fixture::clean().run("DUP101"), []);
        let mut f = copied();
        f.scan().scene.points.position.z[16] += 0.001;
        assert_eq!(f.run("DUP101"), []);
        for scan in f.scans.values_mut() {
            scan.scene.points = crate::scene::Points::default();
        }
        assert_eq!(f.run("DUP101"), []);
    }
}
