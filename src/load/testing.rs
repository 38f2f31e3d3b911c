//! Writes scan folders for tests and benches: a rippled floor of any size, cut into square
//! segments, of which every third belongs to no object.

use std::fs;
use std::path::{Path, PathBuf};

/// Vertices are on a grid of this many columns and rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) columns: u32,
    pub(crate) rows: u32,
}

/// Raw categories of the objects, in turn.
pub(crate) const CATEGORIES: [&str; 3] = ["chair", "office chair", "unheard of"];

/// A label table with two of the categories.
pub(crate) const TABLE: &str = "id\traw_category\tcategory\tnyu40id\tnyu40class\n\
    2\tchair\tchair\t5\tchair\n9\toffice chair\tchair\t5\tchair\n";

impl Room {
    pub(crate) fn vertices(self) -> u32 {
        self.columns * self.rows
    }

    pub(crate) fn position(self, i: u32) -> [f32; 3] {
        let (x, y) = ((i % self.columns) as f32 * 0.03, (i / self.columns) as f32 * 0.03);
        [x, y, (x * 3.0).sin() * 0.1]
    }

    pub(crate) fn triangles(self) -> Vec<[u32; 3]> {
        let corner = |c, r| r * self.columns + c;
        let mut out = Vec::new();
        for r in 0..self.rows - 1 {
            for c in 0..self.columns - 1 {
                out.push([corner(c, r), corner(c + 1, r), corner(c, r + 1)]);
                out.push([corner(c + 1, r), corner(c + 1, r + 1), corner(c, r + 1)]);
            }
        }
        out
    }

    /// The mesh file; with a `label` property when `label` gives one.
    pub(crate) fn ply(self, label: Option<&dyn Fn(u32) -> u16>) -> Vec<u8> {
        let faces = self.triangles();
        let mut out = format!(
            "ply\nformat binary_little_endian 1.0\nelement vertex {}\nproperty float x\nproperty float y\n\
             property float z\nproperty uchar red\nproperty uchar green\nproperty uchar blue\n\
             property uchar alpha\n{}element face {}\nproperty list uchar int vertex_indices\nend_header\n",
            self.vertices(),
            if label.is_some() { "property ushort label\n" } else { "" },
            faces.len()
        )
        .into_bytes();
        for i in 0..self.vertices() {
            for v in self.position(i) {
                out.extend(v.to_le_bytes());
            }
            out.extend([i as u8, (i / 3) as u8, 7, 255]);
            if let Some(label) = label {
                out.extend(label(i).to_le_bytes());
            }
        }
        for face in faces {
            out.push(3);
            for i in face {
                out.extend(i.to_le_bytes());
            }
        }
        out
    }

    /// Segment of a vertex: 8 × 8 squares, each named by its first vertex.
    pub(crate) fn segment(self, i: u32) -> u32 {
        let (c, r) = (i % self.columns, i / self.columns);
        (r / 8 * 8) * self.columns + c / 8 * 8
    }

    /// `(objectId, raw category, segments)`.
    pub(crate) fn groups(self) -> Vec<(u32, &'static str, Vec<u32>)> {
        let mut segments: Vec<u32> = (0..self.vertices()).map(|i| self.segment(i)).collect();
        segments.sort_unstable();
        segments.dedup();
        let owned = segments.chunks(3).map(|three| three[..three.len().min(2)].to_vec());
        owned.enumerate().map(|(i, s)| (i as u32, CATEGORIES[i % 3], s)).collect()
    }

    pub(crate) fn segs_json(self, id: &str) -> String {
        let list: Vec<String> = (0..self.vertices()).map(|i| self.segment(i).to_string()).collect();
        format!(
            r#"{{"params":{{"kThresh":"0.0001"}},"sceneId":"scannet.{id}","segIndices":[{}]}}"#,
            list.join(",")
        )
    }

    pub(crate) fn aggregation_json(self, id: &str) -> String {
        let groups: Vec<String> = self
            .groups()
            .iter()
            .map(|(i, label, s)| format!(r#"{{"id":{i},"objectId":{i},"segments":{s:?},"label":"{label}"}}"#))
            .collect();
        format!(
            r#"{{"sceneId":"scannet.{id}","appId":"x","segGroups":[{}],"segmentsFile":"scannet.{id}_vh_clean_2.0.010000.segs.json"}}"#,
            groups.join(",")
        )
    }

    /// Writes the five files into `scans/id` and returns that folder.
    pub(crate) fn write(self, scans: &Path, id: &str) -> PathBuf {
        let dir = scans.join(id);
        fs::create_dir_all(&dir).expect("a folder");
        let put =
            |name: &str, bytes: &[u8]| fs::write(dir.join(format!("{id}{name}")), bytes).expect("a file");
        put("_vh_clean_2.ply", &self.ply(None));
        put("_vh_clean_2.labels.ply", &self.ply(Some(&|i| (i % 40) as u16)));
        put("_vh_clean_2.0.010000.segs.json", self.segs_json(id).as_bytes());
        put(".aggregation.json", self.aggregation_json(id).as_bytes());
        let meta =
            "axisAlignment = 0 1 0 -1 -1 0 0 2 0 0 1 0.5 0 0 0 1 \ncolorHeight = 968\nsceneType = Office \n";
        put(".txt", meta.as_bytes());
        dir
    }
}
