use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::scene::Role;

rule! {
    /// A group has no segments.
    ///
    /// # What it checks
    /// That the segment list of each group of the aggregation holds something. Evidence: `label`,
    /// the group's label.
    ///
    /// # Why it matters
    /// The object is named but has no place: a description of it has an empty mask, and loaders that
    /// close gaps in the ids move other objects.
    ///
    /// # How to fix
    /// Take the aggregation file from the release. If segments were filtered, drop the groups that
    /// this empties, with their descriptions.
    ///
    /// # Known exceptions
    /// None.
    ///
    /// # Source
    /// The file description of <https://github.com/ScanNet/ScanNet>.
    NoSegments { code: "OBJ103", name: "no-segments", severity: Error }
}

impl Rule for NoSegments {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        for object in scan.scan.scene.objects.iter().filter(|o| o.segments.is_empty()) {
            let label = object.raw_category.as_str();
            let message = format!("object {} ({label}) has no segments", object.id);
            let draft = Draft::new(message).object(object.id).file(scan.path(Role::Aggregation));
            out.report(draft.evidence("label", label));
        }
    }

    fn may_explain(&self, code: &str) -> bool {
        code == "OBJ102"
    }

    fn explains(&self, mine: &Finding, other: &Finding) -> bool {
        other.object_id == mine.object_id
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_and_explains_the_missing_vertices() {
        let mut f = Fixture::clean();
        f.objects(|o| o[2].segments.clear());
        let found = f.findings();
        let errors: Vec<_> = found.iter().filter(|f| f.object_id == Some(2)).map(|f| &f.code).collect();
        assert_eq!(errors, ["OBJ103"]);
    }

    #[test]
    fn silent_on_one_segment() {
        let mut f = Fixture::clean();
        f.objects(|o| o[2].segments.truncate(1));
        assert_eq!(f.run("OBJ103"), []);
    }
}
