use std::collections::BTreeSet;

use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::scene::Role;

rule! {
    /// The labels mesh has labels that are not nyu40.
    ///
    /// # What it checks
    /// That each vertex of `<id>_vh_clean_2.labels.ply` has a label from 0 to 40. Evidence: `values`,
    /// the other labels, at most eight; `vertices`, how many vertices have one.
    ///
    /// # Why it matters
    /// A reader that looks labels up in a table of 41 stops, or takes what lies behind it; one that
    /// takes the label for a class trains a class that is not there.
    ///
    /// # How to fix
    /// Take such labels for 0, no label. If they are many, the mesh has ids of another table, such as
    /// ScanNet's own: map them through the label table.
    ///
    /// # Known exceptions
    /// `scene0270_00` and `scene0270_02` of the official release have 50, `scene0384_00` has 149.
    ///
    /// # Source
    /// <https://github.com/ScanNet/ScanNet/issues/20>,
    /// <https://github.com/ScanNet/ScanNet/issues/86>.
    LabelValue { code: "OBJ206", name: "label-value", severity: Warning }
}

impl Rule for LabelValue {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let labels = scan.scan.vertex_labels.as_deref().unwrap_or_default();
        let vertices = labels.iter().filter(|&&l| l > 40).count();
        if vertices == 0 {
            return;
        }
        let values: BTreeSet<u16> = labels.iter().copied().filter(|&l| l > 40).collect();
        let shown: Vec<u16> = values.iter().copied().take(8).collect();
        let list: Vec<String> = shown.iter().map(ToString::to_string).collect();
        let more = if values.len() > shown.len() { " and more" } else { "" };
        let of = if values.len() == 1 { "the label" } else { "labels" };
        let noun = if vertices == 1 { "vertex has" } else { "vertices have" };
        let message = format!("{vertices} {noun} {of} {}{more}, over 40", list.join(", "));
        let draft = Draft::new(message).file(scan.path(Role::Labels));
        out.report(draft.evidence("values", shown).evidence("vertices", vertices));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::Severity;
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_and_knows_the_official_defect() {
        let mut f = Fixture::labelled();
        f.scan().vertex_labels.as_mut().unwrap()[3] = 149;
        let found = f.run("OBJ206");
        assert_eq!((found.len(), found[0].number("vertices")), (1, Some(1)));
        assert!(found[0].lists("values", 149) && !found[0].message.contains("known"));
        let mut scan = f.scans.remove("scene0001_00").unwrap();
        scan.scene.id = "scene0384_00".into();
        f.scans.insert("scene0384_00".into(), scan);
        let found = f.run("OBJ206");
        assert!(found[0].message.contains("known defect") && found[0].severity == Severity::Warning);
    }

    #[test]
    fn silent_up_to_forty_and_without_labels() {
        let mut f = Fixture::labelled();
        f.scan().vertex_labels.as_mut().unwrap()[3] = 40;
        assert_eq!(f.run("OBJ206"), []);
        f.scan().vertex_labels = None;
        assert_eq!(f.run("OBJ206"), []);
    }
}
