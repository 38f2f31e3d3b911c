use std::collections::BTreeMap;

use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::some;
use crate::scene::Role;

rule! {
    /// An aggregation file lists its objects twice.
    ///
    /// # What it checks
    /// Whether at least a third of the groups, and at least two, have exactly the segments of an
    /// earlier group. Evidence: `repeats`, how many do; `groups`, how many there are; `overwritten`,
    /// the objects that come again: where the last group wins they lose all their vertices, unless
    /// the copy has the same id.
    ///
    /// # Why it matters
    /// Where the last copy wins, the first objects own no vertex and their masks are empty; loaders
    /// that then close the gaps in the ids give nearly every description another object's mask.
    ///
    /// # How to fix
    /// Keep the first half of the groups, which descriptions refer to, and drop the copies.
    ///
    /// # Known exceptions
    /// `scene0217_00` of the official release: objects 31 to 61 repeat 0 to 30.
    ///
    /// # Source
    /// <https://github.com/ScanNet/ScanNet/issues/51>.
    RepeatedGroups { code: "SEG104", name: "repeated-groups", severity: Error }
}

impl Rule for RepeatedGroups {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let objects = &scan.scan.scene.objects;
        let mut seen: BTreeMap<Vec<u32>, i32> = BTreeMap::new();
        let mut overwritten = Vec::new();
        for object in objects.iter().filter(|o| !o.segments.is_empty()) {
            let mut set = object.segments.clone();
            set.sort_unstable();
            set.dedup();
            overwritten.extend(seen.insert(set, object.id));
        }
        let repeats = overwritten.len();
        if repeats < 2 || repeats * 3 < objects.len() {
            return;
        }
        let message = format!(
            "{repeats} of {} groups repeat the segments of an earlier one; where the last wins, objects {} \
             lose their vertices to copies",
            objects.len(),
            some(&overwritten),
        );
        let harmed =
            scan.descriptions.iter().filter(|d| d.objects().any(|id| overwritten.contains(&id))).count();
        let draft = Draft::new(message)
            .file(scan.path(Role::Aggregation))
            .evidence("repeats", repeats)
            .evidence("groups", objects.len())
            .evidence("overwritten", overwritten);
        out.report(draft.harms(harmed).fix("drop the groups whose segments an earlier group has"));
    }

    fn may_explain(&self, code: &str) -> bool {
        matches!(code, "SEG103" | "OBJ101" | "OBJ102" | "OBJ201" | "OBJ202" | "TRN101")
    }

    fn explains(&self, mine: &Finding, other: &Finding) -> bool {
        other.object_id.is_none_or(|id| mine.lists("overwritten", id))
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::Severity;
    use crate::audit::fixture::Fixture;

    fn double(f: &mut Fixture) {
        f.objects(|o| {
            let mut copies = o.clone();
            for copy in &mut copies {
                copy.id += 5;
            }
            o.extend(copies);
        });
    }

    #[test]
    fn fires_once_and_explains_what_follows() {
        let mut f = Fixture::clean();
        double(&mut f);
        let found = f.findings();
        let codes: Vec<_> = found.iter().filter(|f| f.code != "TXT301").map(|f| &f.code).collect();
        assert_eq!(codes, ["SEG104"]);
        assert_eq!((found[0].severity, found[0].descriptions), (Severity::Error, 10));
    }

    #[test]
    fn copies_under_the_same_ids_are_one_fault_too() {
        let mut f = Fixture::clean();
        f.objects(|o| o.extend(o.clone()));
        let found = f.findings();
        let codes: Vec<_> = found.iter().filter(|f| f.code != "TXT301").map(|f| &f.code).collect();
        assert_eq!(codes, ["SEG104"]);
    }

    #[test]
    fn a_known_defect_is_a_warning() {
        let mut f = Fixture::clean();
        double(&mut f);
        let mut scan = f.scans.remove("scene0001_00").unwrap();
        scan.scene.id = "scene0217_00".into();
        f.scans.insert("scene0217_00".into(), scan);
        let found = f.run("SEG104");
        assert_eq!(found[0].severity, Severity::Warning);
        assert!(found[0].message.contains("known defect"));
    }

    #[test]
    fn silent_on_one_pair_of_twins() {
        let mut f = Fixture::clean();
        f.objects(|o| o[4].segments = o[3].segments.clone());
        assert_eq!(f.run("SEG104"), []);
    }
}
