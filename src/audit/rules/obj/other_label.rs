use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{count, some};
use crate::scene::Role;

rule! {
    /// The labels mesh gives objects another class than their label.
    ///
    /// # What it checks
    /// For each object, whether the label that most of its vertices have in
    /// `<id>_vh_clean_2.labels.ply` is the nyu40 id that the label table gives its label. One
    /// finding for each scan; none without a table or a labels mesh, nor where the positions of the
    /// two meshes differ. Evidence: `objects`, those that disagree; `looked_at`, how many objects
    /// were compared; `label`, `by_table` and `by_mesh`, the first one's label and its two ids.
    ///
    /// # Why it matters
    /// Code that takes classes from the mesh and code that takes them from the label train and score
    /// other classes. Where many objects disagree, masks lie on other things than they are called.
    ///
    /// # How to fix
    /// Where most objects disagree, look for a mesh, segments or aggregation of another scan. Where
    /// one class does, the label table is another version. Single ones: trust the label.
    ///
    /// # Known exceptions
    /// Labels over 40 are left to OBJ206, and labels that the table does not have to OBJ204.
    ///
    /// # Source
    /// <https://github.com/ScanNet/ScanNet/issues/38>.
    OtherLabel { code: "OBJ205", name: "other-label", severity: Warning }
}

/// The label that most vertices have; of equals the lowest.
pub(super) fn majority(counts: &[u32]) -> usize {
    (0..counts.len()).rev().max_by_key(|&label| counts[label]).unwrap_or(0)
}

impl Rule for OtherLabel {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let (mut objects, mut looked_at, mut first) = (Vec::new(), 0, None);
        for (&id, counts) in scan.label_counts() {
            let Some((object, _)) = scan.objects().get(&id) else { continue };
            let (by_table, by_mesh) = (scan.nyu40(object), majority(counts));
            if by_table == 0 || by_mesh > 40 {
                continue;
            }
            looked_at += 1;
            if usize::from(by_table) != by_mesh {
                objects.push(id);
                first = first.or(Some((object.raw_category.as_str(), by_table, by_mesh)));
            }
        }
        let Some((label, by_table, by_mesh)) = first else { return };
        let message = format!(
            "the labels mesh disagrees on {} of {looked_at}: {}; `{label}` is nyu40 {by_table}, there {by_mesh}",
            count(objects.len(), "object"),
            some(&objects),
        );
        let mut draft = Draft::new(message)
            .file(scan.path(Role::Labels))
            .evidence("looked_at", looked_at)
            .evidence("label", label)
            .evidence("by_table", by_table)
            .evidence("by_mesh", by_mesh);
        if let [object] = objects[..] {
            draft = draft.object(object);
        }
        let harmed = scan.descriptions.iter().filter(|d| objects.contains(&d.object_id)).count();
        out.report(draft.evidence("objects", objects).harms(harmed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::Fixture;

    #[test]
    fn most_vertices_decide_and_of_equals_the_lowest() {
        assert_eq!((majority(&[1, 5, 5, 2]), majority(&[0, 0, 3])), (1, 2));
    }

    #[test]
    fn fires_at_the_object_that_most_of_the_mesh_calls_otherwise() {
        let mut f = Fixture::labelled();
        // 75 of the 150 vertices of the lamp (35) become a bed (4), then one more.
        f.scan().vertex_labels.as_mut().unwrap()[450..525].fill(36);
        assert_eq!(f.run("OBJ205"), []);
        f.scan().vertex_labels.as_mut().unwrap()[525] = 36;
        let found = f.run("OBJ205");
        assert_eq!((found.len(), found[0].object_id, found[0].descriptions), (1, Some(3), 2));
        assert_eq!((found[0].number("by_table"), found[0].number("by_mesh")), (Some(35), Some(36)));
    }

    #[test]
    fn silent_where_the_meshes_differ_and_on_labels_out_of_the_map() {
        let mut f = Fixture::labelled();
        f.scan().vertex_labels.as_mut().unwrap().fill(50);
        assert_eq!(f.run("OBJ205"), []);
        f.scan().vertex_labels.as_mut().unwrap().fill(3);
        assert_eq!(f.run("OBJ205")[0].number("looked_at"), Some(5));
        f.scan().labels_moved_at = Some(7);
        assert_eq!(f.run("OBJ205"), []);
        f.scan().labels_moved_at = None;
        f.scan().vertex_labels.as_mut().unwrap().pop();
        assert_eq!(f.run("OBJ205"), []);
    }
}
