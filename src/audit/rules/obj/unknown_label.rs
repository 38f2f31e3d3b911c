use std::collections::BTreeSet;

use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::scene::{Role, normalise_label};

rule! {
    /// Objects have a label that the label table does not have.
    ///
    /// # What it checks
    /// That the label of each group is a `raw_category` of the label table, to the letter. One
    /// finding for each scan; none without a table. Evidence: `labels`, those that are missing;
    /// `objects`, the objects that have them.
    ///
    /// # Why it matters
    /// Readers look the label up as it stands: some stop with a `KeyError`, some give the object
    /// class 0 or a class of their own, and its descriptions count as of another class.
    ///
    /// # How to fix
    /// Use the label table of the release. Where the label is misspelt, correct it.
    ///
    /// # Known exceptions
    /// A table that circulates lost the label `stick`.
    ///
    /// # Source
    /// The `scannetv2-labels.combined.tsv` of <https://github.com/Pointcept/Pointcept> has 606 rows in
    /// place of 607.
    UnknownLabel { code: "OBJ204", name: "unknown-label", severity: Warning }
}

impl Rule for UnknownLabel {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let table = &scan.catalogue.labels;
        let unknown = |label: &str| !table.is_empty() && table.get(label).is_none();
        let (mut labels, mut objects) = (BTreeSet::new(), Vec::new());
        for object in scan.scan.scene.objects.iter().filter(|o| unknown(&o.raw_category)) {
            labels.insert(object.raw_category.as_str());
            objects.push(object.id);
        }
        let Some(first) = labels.first() else { return };
        let list: Vec<String> = labels.iter().take(8).map(|l| format!("`{l}`")).collect();
        let more = if labels.len() > list.len() { " and others" } else { "" };
        let message = format!("the label table does not have {}{more}", list.join(", "));
        let mut draft = Draft::new(message).file(scan.path(Role::Aggregation));
        let name = normalise_label(first);
        if let Some(row) = table.iter().find(|r| normalise_label(&r.raw_category) == name) {
            draft = draft.fix(format!("the table has `{}`", row.raw_category));
        }
        if let [object] = objects[..] {
            draft = draft.object(object);
        }
        let harmed = scan.descriptions.iter().filter(|d| objects.contains(&d.object_id)).count();
        let labels: Vec<&str> = labels.into_iter().collect();
        out.report(draft.evidence("labels", labels).evidence("objects", objects).harms(harmed));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_a_scan_and_says_what_the_table_has() {
        let mut f = Fixture::labelled();
        f.objects(|o| o[2].raw_category = "Office_chair".into());
        let found = f.run("OBJ204");
        assert_eq!((found.len(), found[0].object_id, found[0].descriptions), (1, Some(2), 2));
        assert!(found[0].fix.as_ref().unwrap().message.contains("`office chair`"));
        f.objects(|o| o[3].raw_category = "lampp".into());
        let found = f.run("OBJ204");
        assert_eq!((found.len(), found[0].object_id, found[0].descriptions), (1, None, 4));
        assert!(found[0].lists_word("labels", "lampp") && found[0].lists("objects", 3));
    }

    #[test]
    fn silent_without_a_table() {
        let mut f = Fixture::clean();
        f.objects(|o| o[2].raw_category = "nonsense".into());
        assert_eq!(f.run("OBJ204"), []);
        assert_eq!(Fixture::labelled().run("OBJ204"), []);
    }
}
