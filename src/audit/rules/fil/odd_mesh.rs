use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::scene::{MeshLayout, Role};

rule! {
    /// A mesh is laid out otherwise than ScanNet lays it out.
    ///
    /// # What it checks
    /// That the mesh is binary little-endian, that a vertex is `float x y z` and `uchar red green
    /// blue alpha` in that order, and that a face's list is called `vertex_indices`. Evidence:
    /// `differences`, what is otherwise.
    ///
    /// # Why it matters
    /// This program reads such a mesh, but some trainers take columns by their place instead of
    /// their name: they would read something else as colours, or stop.
    ///
    /// # How to fix
    /// Take the mesh as ScanNet ships it. If a viewer or a script saved it again, save it in the
    /// official layout.
    ///
    /// # Known exceptions
    /// None: official meshes all have the one layout.
    ///
    /// # Source
    /// The vertex reader of <https://github.com/daveredrum/ScanRefer> unpacks seven values;
    /// <https://github.com/sosppxo/3D-STMN> takes columns by place.
    OddMesh { code: "FIL105", name: "odd-mesh", severity: Warning }
}

impl Rule for OddMesh {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let Some(layout) = &scan.scan.layout else { return };
        let differences = differences(layout);
        if !differences.is_empty() {
            let message = format!("the mesh is not laid out as usual: {}", differences.join("; "));
            let draft = Draft::new(message).file(scan.path(Role::Mesh));
            out.report(draft.evidence("differences", differences));
        }
    }
}

/// What is otherwise than in official meshes, in words.
fn differences(layout: &MeshLayout) -> Vec<String> {
    const OFFICIAL: [(&str, &[&str]); 7] = [
        ("x", &["float", "float32"]),
        ("y", &["float", "float32"]),
        ("z", &["float", "float32"]),
        ("red", &["uchar", "uint8"]),
        ("green", &["uchar", "uint8"]),
        ("blue", &["uchar", "uint8"]),
        ("alpha", &["uchar", "uint8"]),
    ];
    let mut found = Vec::new();
    if layout.encoding != "binary_little_endian" {
        found.push(format!("it is {}", layout.encoding));
    }
    let properties = &layout.vertex_properties;
    let official = properties.len() == OFFICIAL.len()
        && properties
            .iter()
            .zip(OFFICIAL)
            .all(|((name, kind), (n, kinds))| name == n && kinds.contains(&kind.as_str()));
    if !official {
        let shown: Vec<String> =
            properties.iter().take(12).map(|(name, kind)| format!("{kind} {name}")).collect();
        found.push(format!("a vertex is {}", shown.join(", ")));
    }
    if let Some(list) = layout.face_list.as_deref().filter(|&l| l != "vertex_indices") {
        found.push(format!("a face's list is called `{list}`"));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_and_says_all_that_is_otherwise() {
        let mut f = Fixture::clean();
        let layout = f.scan().layout.as_mut().unwrap();
        layout.encoding = "ascii".into();
        layout.vertex_properties[0].1 = "double".into();
        layout.vertex_properties.pop();
        layout.face_list = Some("vertex_index".into());
        let found = f.run("FIL105");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].evidence["differences"].as_array().unwrap().len(), 3);
        assert!(found[0].message.contains("double x, float y") && found[0].message.contains("ascii"));
    }

    #[test]
    fn silent_on_the_official_layout_under_either_name_of_a_type() {
        let mut f = Fixture::clean();
        assert_eq!(f.run("FIL105"), []);
        f.scan().layout.as_mut().unwrap().vertex_properties[2].1 = "float32".into();
        assert_eq!(f.run("FIL105"), []);
    }
}
