//! A scan: the joined scene, and what its files said of themselves.

use std::path::PathBuf;

use super::{Frame, Object, Points};
use crate::error::Error;

/// The part a file plays in a scan folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// `<id>_vh_clean_2.ply`: the mesh that is annotated.
    Mesh,
    /// `<id>_vh_clean_2.0.010000.segs.json`: segment per vertex.
    Segments,
    /// `<id>.aggregation.json`: objects as lists of segments.
    Aggregation,
    /// `<id>_vh_clean_2.labels.ply`: nyu40 id per vertex.
    Labels,
    /// `<id>.txt`: axis alignment and scene type.
    Meta,
}

impl Role {
    /// All roles, in the order in which files are read.
    pub const ALL: [Self; 5] = [Self::Mesh, Self::Segments, Self::Aggregation, Self::Labels, Self::Meta];

    /// The file's name for a scan.
    pub fn file_name(self, scan: &str) -> String {
        match self {
            Self::Mesh => format!("{scan}_vh_clean_2.ply"),
            Self::Segments => format!("{scan}_vh_clean_2.0.010000.segs.json"),
            Self::Aggregation => format!("{scan}.aggregation.json"),
            Self::Labels => format!("{scan}_vh_clean_2.labels.ply"),
            Self::Meta => format!("{scan}.txt"),
        }
    }

    /// What people call it.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Mesh => "mesh",
            Self::Segments => "segments",
            Self::Aggregation => "aggregation",
            Self::Labels => "labels",
            Self::Meta => "meta",
        }
    }
}

/// A file of a scan folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanFile {
    /// What it is for.
    pub role: Role,
    /// Where it should be.
    pub path: PathBuf,
    /// Its size, or `None` when it is not there.
    pub bytes: Option<u64>,
}

/// Something that kept a file, or a part of it, from being read.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The file's part in the scan.
    pub role: Role,
    /// What went wrong, with file and place.
    pub error: Error,
}

/// How the mesh file lays its data out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeshLayout {
    /// The `format` line's first word: `ascii`, `binary_little_endian`, `binary_big_endian`.
    pub encoding: String,
    /// Vertex properties in file order, as `(name, type)`.
    pub vertex_properties: Vec<(String, String)>,
    /// Name of the face's index list.
    pub face_list: Option<String>,
}

/// Superpoints of another segmentator than the one that made a scan's segments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Superpoints {
    /// The file.
    pub path: PathBuf,
    /// Superpoint per vertex: arbitrary, sparse.
    pub ids: Vec<u32>,
}

/// The joined scene: what training samples are made of.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// The scan's id, `sceneXXXX_YY`.
    pub id: String,
    /// Per-point columns.
    pub points: Points,
    /// Triangles as vertex indices, as the file gives them (an index may be out of range).
    pub faces: Vec<[u32; 3]>,
    /// Objects in file order.
    pub objects: Vec<Object>,
    /// Frame of the positions.
    pub frame: Frame,
}

impl Scene {
    /// The first object with this `objectId`.
    pub fn object(&self, id: i32) -> Option<&Object> {
        self.objects.iter().find(|o| o.id == id)
    }
}

/// A scan as loaded: the scene, and what its files said of themselves.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// The joined scene; without points when the mesh could not be read.
    pub scene: Scene,
    /// The five files that make up a scan, present or not.
    pub files: Vec<ScanFile>,
    /// What could not be read.
    pub faults: Vec<Fault>,
    /// Layout of the mesh file, when its header could be read.
    pub layout: Option<MeshLayout>,
    /// Number of entries of `segIndices`, when that file could be read.
    pub segment_count: Option<usize>,
    /// `sceneId` of the segments file, verbatim.
    pub segments_scene_id: Option<String>,
    /// `sceneId` of the aggregation file, verbatim.
    pub aggregation_scene_id: Option<String>,
    /// `segmentsFile` of the aggregation file, verbatim.
    pub segments_file: Option<String>,
    /// Whether the aggregation file could be read.
    pub has_aggregation: bool,
    /// nyu40 id per vertex as the labels mesh gives it, when that file could be read.
    pub vertex_labels: Option<Vec<u16>>,
    /// Index of the first vertex whose position differs between mesh and labels mesh.
    pub labels_moved_at: Option<usize>,
    /// `sceneType` of the meta file.
    pub scene_type: Option<String>,
    /// Superpoints, one a vertex, when a file has some that are not the scan's own segments.
    pub superpoints: Option<Superpoints>,
}

impl Scan {
    /// The scan's id.
    pub fn id(&self) -> &str {
        &self.scene.id
    }

    /// The path of the file that plays `role`.
    pub fn path(&self, role: Role) -> Option<&std::path::Path> {
        self.files.iter().find(|f| f.role == role).map(|f| f.path.as_path())
    }

    /// Whether the scan can be trained on: mesh, segments and objects joined.
    pub fn is_usable(&self) -> bool {
        let p = &self.scene.points;
        !p.is_empty() && p.object.len() == p.len()
    }
}
