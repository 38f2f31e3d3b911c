use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::some;
use crate::audit::summary::{Agreement, Numbering};
use crate::scene::Role;

rule! {
    /// The `id`, the `objectId` and the place of a group are not the same.
    ///
    /// # What it checks
    /// That each group of the aggregation has its place in the list, from 0, as `id` and as
    /// `objectId`. One finding for each scan. Evidence: `objects`, the `objectId` of the groups
    /// concerned; `differ`, in how many `id` is not `objectId`; `misplaced`, in how many `objectId`
    /// is not the place; `names_by_object_id` and `names_by_id`, how many names of descriptions are
    /// the label of the group with that `objectId` and with that `id`; `descriptions`, of how many.
    ///
    /// # Why it matters
    /// Some code reads `id`, some `objectId`, some counts groups. As long as all three are the same
    /// nobody notices; here, the same description has another mask in other code.
    ///
    /// # How to fix
    /// Take the aggregation from the release. If you drop or add groups, write all three anew, and
    /// the ids of descriptions with them.
    ///
    /// # Known exceptions
    /// None: in official scans all three are the same.
    ///
    /// # Source
    /// The ScanNet preparation of <https://github.com/cshizhe/vil3dref> asserts it.
    GroupId { code: "OBJ202", name: "group-id", severity: Warning }
}

impl Rule for GroupId {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let (mut differ, mut misplaced, mut objects) = (0, 0, Vec::new());
        for (place, object) in (0_i64..).zip(&scan.scan.scene.objects) {
            let id = i64::from(object.id);
            differ += usize::from(object.group_id != id);
            misplaced += usize::from(id != place);
            if object.group_id != id || id != place {
                objects.push(object.id);
            }
        }
        if objects.is_empty() {
            return;
        }
        let mut names = Agreement::default();
        scan.agreement().values().for_each(|a| names.add(a));
        let (by_object_id, by_id) = (names.at[1], names.by(Numbering::GroupId));
        let mut message = format!(
            "objects {}: in {differ} groups `id` is not `objectId`, in {misplaced} `objectId` is not the place",
            some(&objects),
        );
        if by_id > by_object_id {
            message +=
                &format!("; descriptions go by `id`: {by_id} names agree, by `objectId` {by_object_id}");
        }
        let mut draft = Draft::new(message)
            .file(scan.path(Role::Aggregation))
            .evidence("differ", differ)
            .evidence("misplaced", misplaced)
            .evidence("names_by_object_id", by_object_id)
            .evidence("names_by_id", by_id)
            .evidence("descriptions", names.descriptions);
        if let [object] = objects[..] {
            draft = draft.object(object);
        }
        let harmed = scan.descriptions.iter().filter(|d| objects.contains(&d.object_id)).count();
        out.report(draft.evidence("objects", objects).harms(harmed));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_on_another_id_at_its_object() {
        let mut f = Fixture::clean();
        f.objects(|o| o[3].group_id = 9);
        let found = f.run("OBJ202");
        assert_eq!((found.len(), found[0].object_id, found[0].descriptions), (1, Some(3), 2));
        assert_eq!((found[0].number("differ"), found[0].number("misplaced")), (Some(1), Some(0)));
    }

    #[test]
    fn says_so_when_descriptions_go_by_id() {
        let mut f = Fixture::clean();
        f.objects(|o| o.iter_mut().for_each(|o| o.group_id = 4 - o.group_id));
        assert!(!f.run("OBJ202")[0].message.contains("go by"));
        f.descriptions(|d| d[..10].iter_mut().for_each(|d| d.object_id = 4 - d.object_id));
        let found = f.run("OBJ202");
        assert!(found[0].message.contains("go by `id`: 10 names"), "{}", found[0].message);
    }

    #[test]
    fn a_gap_in_the_ids_explains_places_and_not_other_ids() {
        let mut f = Fixture::clean();
        f.objects(|o| drop(o.remove(1)));
        f.descriptions(|d| d.retain(|d| d.object_id != 1));
        let codes = |f: &Fixture| -> Vec<String> { f.findings().into_iter().map(|f| f.code).collect() };
        assert_eq!(f.run("OBJ202")[0].number("misplaced"), Some(3));
        assert!(codes(&f).contains(&"OBJ201".into()) && !codes(&f).contains(&"OBJ202".into()));
        f.objects(|o| o[1].group_id = 1);
        assert!(codes(&f).contains(&"OBJ202".into()));
    }

    #[test]
    fn silent_on_clean_data() {
        assert_eq!(Fixture::clean().run("OBJ202"), []);
    }
}
