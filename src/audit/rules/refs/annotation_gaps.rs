use std::collections::BTreeMap;

use crate::audit::finding::{Annotation, Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::some;
use crate::audit::{Mend, ScanContext};
use crate::scene::{Catalogue, Description, Format};

rule! {
    /// Annotation ids of an object are not 0, 1, 2 and so on.
    ///
    /// # What it checks
    /// That the annotation ids of each object are the numbers from 0 to one less than how many they
    /// are. Evidence: `ids`, the ids there are; `annotations`, the same for each description.
    ///
    /// # Why it matters
    /// Tables of results and of cameras are indexed by annotation id: a gap shifts entries or leaves
    /// holes. It is often the trace of descriptions that were lost.
    ///
    /// # How to fix
    /// If descriptions were taken out on purpose, number the rest anew; `--fix` does it in a copy.
    ///
    /// # Known exceptions
    /// Other formats number annotations through a whole scan or not at all, and are not looked at.
    ///
    /// # Source
    /// ScanRefer's ids are unique inside one scan and object, from "0" to "4".
    AnnotationGaps { code: "REF106", name: "annotation-gaps", severity: Warning, fix: Safe }
}

impl Rule for AnnotationGaps {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        for (_, descriptions) in scan.described() {
            let mut files: BTreeMap<u32, Vec<_>> = BTreeMap::new();
            // A record that cannot be read leaves a gap that is not the file's.
            let whole = |d: &&Description| {
                let file = scan.catalogue.references.get(d.file as usize);
                file.is_some_and(|f| f.format == Format::ScanRefer && f.faults.is_empty())
            };
            for d in descriptions.iter().filter(whole) {
                files.entry(d.file).or_default().push(d);
            }
            for mine in files.into_values() {
                let mut ids: Vec<Annotation> = mine.iter().map(|d| Annotation::of(&d.ann_id)).collect();
                ids.sort();
                ids.dedup();
                let in_order = (0..).zip(&ids).all(|(n, id)| *id == Annotation::Number(n));
                if !in_order {
                    let shown: Vec<String> = ids.iter().map(ToString::to_string).collect();
                    let message = format!("the annotation ids are {}", some(&shown));
                    let mut draft = Draft::new(message).description(mine[0], "ann_id", scan.catalogue);
                    draft.finding.ann_id = None;
                    out.report(
                        draft.evidence("ids", shown).annotations(mine.iter().copied()).harms(mine.len()),
                    );
                }
            }
        }
    }

    fn mend(&self, mine: &Finding, catalogue: &Catalogue) -> Mend {
        // Cameras are known by these numbers.
        let has_cameras = mine.scene_id.as_deref().is_some_and(|s| !catalogue.cameras_of(s).is_empty());
        if has_cameras { Mend::default() } else { Mend::number(mine.spoken_of(catalogue)) }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_for_gaps_and_for_ids_that_are_no_numbers() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[1].ann_id = "2".into();
            d[5].ann_id = "b".into();
        });
        let found = f.run("REF106");
        let objects: Vec<_> = found.iter().map(|f| (f.object_id.unwrap(), f.ann_id.is_none())).collect();
        assert_eq!(objects, [(0, true), (2, true)]);
        assert_eq!(found[0].message, "the annotation ids are 0, 2");
    }

    #[test]
    fn silent_when_a_number_is_there_twice() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[1].ann_id = "0".into());
        assert_eq!(f.run("REF106"), []);
    }
}
