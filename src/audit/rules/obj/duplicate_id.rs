use std::collections::BTreeMap;

use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::scene::{Object, Role};

rule! {
    /// Two groups have the same objectId.
    ///
    /// # What it checks
    /// That each `objectId` of the aggregation is there once. Evidence: `groups`, how many groups
    /// have it; `labels`, their labels.
    ///
    /// # Why it matters
    /// A description of that id means two things: loaders merge them, or take one of them, and the
    /// mask and the name no longer belong together.
    ///
    /// # How to fix
    /// Take the aggregation file from the release. If you merged files, give the added groups ids of
    /// their own.
    ///
    /// # Known exceptions
    /// None: in official scans the id is the group's place in the list.
    ///
    /// # Source
    /// The ScanNet preparation of <https://github.com/cshizhe/vil3dref> asserts it.
    DuplicateId { code: "OBJ101", name: "duplicate-id", severity: Error }
}

impl Rule for DuplicateId {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let mut by_id: BTreeMap<i32, Vec<&Object>> = BTreeMap::new();
        for object in &scan.scan.scene.objects {
            by_id.entry(object.id).or_default().push(object);
        }
        for (id, groups) in by_id.into_iter().filter(|(_, g)| g.len() > 1) {
            let labels: Vec<&str> = groups.iter().map(|o| o.raw_category.as_str()).collect();
            let message = format!("{} groups have objectId {id}: {}", groups.len(), labels.join(", "));
            let draft = Draft::new(message).object(id).file(scan.path(Role::Aggregation));
            out.report(draft.evidence("groups", groups.len()).evidence("labels", labels));
        }
    }

    fn may_explain(&self, code: &str) -> bool {
        code == "OBJ202"
    }

    fn explains(&self, mine: &Finding, other: &Finding) -> bool {
        other.object_id == mine.object_id
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_at_the_id() {
        let mut f = Fixture::clean();
        f.objects(|o| o[3].id = 1);
        let found = f.run("OBJ101");
        assert_eq!((found.len(), found[0].object_id, found[0].number("groups")), (1, Some(1), Some(2)));
    }

    #[test]
    fn silent_on_ids_out_of_order() {
        let mut f = Fixture::clean();
        f.objects(|o| o.swap(0, 1));
        assert_eq!(f.run("OBJ101"), []);
    }
}
