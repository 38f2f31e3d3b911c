use std::collections::BTreeSet;

use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::some;
use crate::scene::Role;

rule! {
    /// The ids of objects that own vertices have gaps.
    ///
    /// # What it checks
    /// That the ids that vertices carry are 0, 1, 2 … without a gap. It then closes the gaps as
    /// trainers of one family do (while an id is free, the highest object takes it) and names the
    /// objects that end up under another id. Evidence: `gaps`, the ids that no vertex has, at most
    /// eight; `moved`, the objects that get another id.
    ///
    /// # Why it matters
    /// 3D-STMN and Reason3D renumber objects and then look up the description's id: every moved
    /// object's description is trained on another object's mask, without a word.
    ///
    /// # How to fix
    /// Train with code that keeps `objectId` as it is, or take the renumbering out of the loader, as
    /// the authors of MDIN did.
    ///
    /// # Known exceptions
    /// Loaders that keep ids as they are do not mind.
    ///
    /// # Source
    /// `get_cropped_inst_label` of <https://github.com/KuanchihHuang/Reason3D> and
    /// <https://github.com/sosppxo/3D-STMN/issues/9>.
    IdGaps { code: "OBJ201", name: "id-gaps", severity: Warning }
}

/// The ids that no vertex has below the highest that one has, and the ids that change when each
/// gap in turn is filled with the highest.
pub(in crate::audit::rules) fn renumber(ids: &BTreeSet<i32>) -> (Vec<i32>, Vec<i32>) {
    let mut rest = ids.clone();
    let (mut gaps, mut moved) = (Vec::new(), Vec::new());
    for id in 0.. {
        match rest.last() {
            Some(&highest) if highest > id => {
                if !ids.contains(&id) {
                    gaps.push(id);
                    moved.push(highest);
                    rest.remove(&highest);
                }
            }
            _ => break,
        }
    }
    moved.reverse();
    (gaps, moved)
}

impl Rule for IdGaps {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let (mut gaps, moved) = renumber(&scan.owned().keys().copied().collect());
        if gaps.is_empty() {
            return;
        }
        let is_moved = |id: i32| moved.binary_search(&id).is_ok();
        let harmed = scan.descriptions.iter().filter(|d| d.objects().any(is_moved)).count();
        let message = format!(
            "no vertex has object id {}; loaders that close gaps give objects {} another id",
            some(&gaps),
            some(&moved),
        );
        gaps.truncate(8);
        let draft = Draft::new(message).file(scan.path(Role::Aggregation)).harms(harmed);
        out.report(draft.evidence("gaps", gaps).evidence("moved", moved));
    }

    /// A group that was taken out leaves the others in another place.
    fn may_explain(&self, code: &str) -> bool {
        code == "OBJ202"
    }

    fn explains(&self, _mine: &Finding, other: &Finding) -> bool {
        other.number("differ") == Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::Fixture;

    #[test]
    fn closing_gaps_moves_the_highest_first() {
        let without = |gone: &[i32]| renumber(&(0..=20).filter(|id| !gone.contains(id)).collect());
        assert_eq!(without(&[7]), (vec![7], vec![20]));
        assert_eq!(without(&[3, 9]), (vec![3, 9], vec![19, 20]));
        assert_eq!(without(&[20]), (vec![], vec![]));
        let far = renumber(&[0, i32::MAX].into());
        assert_eq!(far, (vec![1], vec![i32::MAX]), "a hostile id costs one step");
    }

    #[test]
    fn fires_and_counts_descriptions_of_moved_objects() {
        let mut f = Fixture::clean();
        f.objects(|o| o[1].segments.clear());
        let found = f.run("OBJ201");
        assert!(found[0].lists("gaps", 1) && found[0].lists("moved", 4));
        assert_eq!(found[0].descriptions, 2);
    }

    #[test]
    fn silent_on_ids_without_gaps_and_on_unread_scans() {
        let mut f = Fixture::clean();
        f.objects(|o| o.swap(0, 4));
        assert_eq!(f.run("OBJ201"), []);
        f.scan().scene.points.object.clear();
        assert_eq!(f.run("OBJ201"), []);
    }
}
