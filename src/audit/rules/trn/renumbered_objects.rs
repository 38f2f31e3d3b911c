use std::collections::BTreeSet;

use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::profile::{Ids, Profile};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::obj::id_gaps::renumber;
use crate::audit::rules::{count, names};
use crate::scene::Role;

rule! {
    /// The trainer renumbers objects before it looks descriptions up, or stops because ids have gaps.
    ///
    /// # What it checks
    /// Only with `--profile` of a trainer that closes gaps in object ids (3d-stmn, reason3d) or that
    /// stops at them (m3dref-clip). What the first do is done here to the ids that vertices carry:
    /// from 0 up, where no vertex has an id, all vertices of the highest id get it. One finding for
    /// each scan in which a description is harmed, or at which a trainer stops. Evidence: `moved`,
    /// pairs of old and new id; `lost`, described objects whose id no vertex has afterwards;
    /// `swapped`, described ids that are another object's afterwards; `profiles`, the trainers that
    /// renumber; `stops`, the trainers that stop.
    ///
    /// # Why it matters
    /// A description of a moved object finds no mask, at which Reason3D ends the program; a
    /// description of an id that had no vertex finds another object's, without a word.
    ///
    /// # How to fix
    /// Take the renumbering out of the loader, as the authors of MDIN did, or give the objects ids
    /// without gaps, in the references too.
    ///
    /// # Known exceptions
    /// A crop empties objects and so makes gaps in scans that have none: see TRN103.
    ///
    /// # Source
    /// `get_cropped_inst_label` of <https://github.com/KuanchihHuang/Reason3D> and
    /// <https://github.com/sosppxo/3D-STMN/issues/9>.
    RenumberedObjects { code: "TRN101", name: "renumbered-objects", severity: Error, needs: Profile }
}

impl Rule for RenumberedObjects {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let of = |ids| -> Vec<&&Profile> { scan.profiles.iter().filter(|p| p.ids == ids).collect() };
        let (renumbers, stops) = (of(Ids::Renumber), of(Ids::Consecutive));
        let (gaps, moved) = renumber(&scan.owned().keys().copied().collect::<BTreeSet<_>>());
        if gaps.is_empty() {
            return;
        }
        // The highest id goes into the first gap, the next into the second.
        let moves: Vec<[i32; 2]> = moved.iter().rev().zip(&gaps).map(|(&old, &new)| [old, new]).collect();
        let mut draft = Draft::new("").file(scan.path(Role::Aggregation));
        let (mut said, mut harmed) = (Vec::new(), 0);
        if !renumbers.is_empty() {
            let mut among = |ids: &[i32]| -> Vec<i32> {
                let those = scan.targets().iter().filter(|(id, _)| ids.binary_search(id).is_ok());
                those.map(|(&id, d)| (id, harmed += d.len()).0).collect()
            };
            let (lost, swapped) = (among(&moved), among(&gaps));
            let list: Vec<String> = moves.iter().take(8).map(|[old, new]| format!("{old} → {new}")).collect();
            if harmed > 0 {
                said.push(format!(
                    "renumbering by {} ({}{}) leaves {} without mask and {} with another object's",
                    names(renumbers.iter().copied()),
                    list.join(", "),
                    if moves.len() > list.len() { ", …" } else { "" },
                    count(lost.len(), "described object"),
                    swapped.len(),
                ));
                draft = draft.evidence("lost", lost).evidence("swapped", swapped);
            }
        }
        if !stops.is_empty() {
            said.push(format!("ids that are not 0, 1, 2 … stop {}", names(stops.iter().copied())));
            harmed = harmed.max(scan.descriptions.len());
        }
        if said.is_empty() {
            return;
        }
        draft.finding.message = said.join("; ");
        let moves: Vec<serde_json::Value> = moves.into_iter().map(|pair| pair.to_vec().into()).collect();
        let draft = draft
            .evidence("moved", moves)
            .evidence("profiles", names(renumbers.iter().copied()))
            .evidence("stops", names(stops.iter().copied()));
        out.report(draft.harms(harmed));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    /// The clean data in which object 1 of the first scan has no vertex.
    fn with_gap() -> Fixture {
        let mut f = Fixture::clean();
        f.objects(|o| o[1].segments.clear());
        f
    }

    #[test]
    fn fires_with_the_moves_and_the_descriptions_they_harm() {
        let found = with_gap().run_with("TRN101", &["reason3d", "mdin"]);
        assert_eq!((found.len(), found[0].descriptions), (1, 4));
        assert_eq!(found[0].evidence["moved"], serde_json::json!([[4, 1]]));
        assert!(found[0].lists("lost", 4) && found[0].lists("swapped", 1));
        assert_eq!(
            (&found[0].evidence["profiles"], &found[0].evidence["stops"]),
            (&"reason3d".into(), &"".into())
        );
    }

    #[test]
    fn each_trainer_is_told_its_own() {
        let mut f = with_gap();
        f.descriptions(|d| d.retain(|d| d.object_id == 0));
        assert_eq!(f.run_with("TRN101", &["3d-stmn"]), [], "no description is harmed");
        let found = f.run_with("TRN101", &["3d-stmn", "m3dref-clip"]);
        assert_eq!(
            (found.len(), found[0].descriptions, &found[0].evidence["stops"]),
            (1, 2, &"m3dref-clip".into())
        );
    }

    #[test]
    fn silent_without_gaps_and_for_trainers_that_keep_ids() {
        assert_eq!(Fixture::clean().run_with("TRN101", &["reason3d", "m3dref-clip"]), []);
        assert_eq!(with_gap().run_with("TRN101", &["mdin", "scanrefer"]), []);
    }
}
