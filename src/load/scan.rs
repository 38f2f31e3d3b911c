//! One scan folder: five files joined into a scene.

use std::cell::RefCell;
use std::path::Path;

use super::{ply, read_file_into, scannet, superpoints};
use crate::error::Result;
use crate::scene::{
    Fault, Frame, LabelTable, Ownership, Points, Role, Scan, ScanEntry, ScanFile, Superpoints,
};
use crate::store;

/// Which of a scan's files are read beyond those that make the scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The labels mesh.
    pub labels: bool,
    /// The superpoints in this folder, where it has the scan's.
    pub superpoints: Option<&'a Path>,
}

impl Default for Wanted<'_> {
    /// Everything in the scan's folder.
    fn default() -> Self {
        Self { labels: true, superpoints: None }
    }
}

/// The five files of a scan, present or not, with their sizes.
pub fn files_of(entry: &ScanEntry) -> Vec<ScanFile> {
    let names = Role::ALL.map(|role| role.file_name(&entry.id));
    let sizes = store::sizes(&entry.dir, &names);
    let files = Role::ALL.into_iter().zip(&names).zip(sizes);
    files.map(|((role, name), bytes)| ScanFile { role, path: entry.dir.join(name), bytes }).collect()
}

/// Reads a scan. Never fails: a file that cannot be read is a [`Fault`], a file that is not there
/// has no size in [`Scan::files`], and the scene holds what the others give.
///
/// Positions stay in the scan's raw frame. An object's vertices are those of its segments (see
/// [`Ownership`]); a vertex's nyu40 id is that of its object's raw category in `table`, 0 where
/// there is no object or the table does not know the category. Without a table the ids of the
/// labels mesh are taken, where they are within 0 to 40.
pub fn scan(entry: &ScanEntry, table: &LabelTable, wanted: Wanted<'_>) -> Scan {
    let mut scan = Scan { files: files_of(entry), ..Scan::default() };
    scan.scene.id.clone_from(&entry.id);
    scan.scene.frame = Frame::raw(None);
    BUFFER.with_borrow_mut(|buffer| {
        for file in scan.files.clone() {
            if file.bytes.is_none() || (file.role == Role::Labels && !wanted.labels) {
                continue;
            }
            if let Err(error) = read_into(&mut scan, &file, buffer) {
                scan.faults.push(Fault { role: file.role, error });
            }
        }
    });
    if let Some(path) = wanted.superpoints.map(|dir| dir.join(superpoints::file_name(&entry.id)))
        && store::is_file(&path)
        && !scan.scene.points.is_empty()
    {
        match superpoints::read(&path, scan.scene.points.len()) {
            Ok(ids) => scan.superpoints = Some(Superpoints { path, ids }),
            Err(error) => scan.faults.push(Fault { role: Role::Segments, error }),
        }
    }
    join(&mut scan, table);
    scan
}

thread_local! {
    /// The bytes of the file being read, kept from file to file: as large as the largest so far.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn read_into(scan: &mut Scan, file: &ScanFile, bytes: &mut Vec<u8>) -> Result<()> {
    if !matches!(file.role, Role::Mesh | Role::Labels) {
        read_file_into(&file.path, bytes)?;
    }
    let points = &mut scan.scene.points;
    match file.role {
        Role::Mesh => {
            let mesh = ply::mesh_file(&file.path, bytes, &mut scan.layout)?;
            *points = Points {
                orig_index: (0..mesh.position.len() as u32).collect(),
                position: mesh.position,
                colour: mesh.colour,
                ..Points::default()
            };
            scan.scene.faces = mesh.faces;
        }
        Role::Segments => {
            let file = scannet::read_segments(bytes, &file.path)?;
            scan.segments_scene_id = file.scene_id;
            scan.segment_count = Some(file.segments.len());
            // Read after the mesh; of another length they belong to another mesh.
            if file.segments.len() == points.len() {
                points.segment = file.segments;
            }
        }
        Role::Aggregation => {
            let file = scannet::read_aggregation(bytes, &file.path)?;
            scan.aggregation_scene_id = file.scene_id;
            scan.segments_file = file.segments_file;
            scan.scene.objects = file.objects;
            scan.has_aggregation = true;
        }
        Role::Labels => {
            let labels = ply::labels_file(&file.path, bytes, &points.position)?;
            scan.labels_moved_at = labels.first_moved;
            scan.vertex_labels = Some(labels.label);
        }
        Role::Meta => {
            let meta = scannet::read_meta(bytes, &file.path)?;
            scan.scene.frame = Frame::raw(meta.axis_alignment);
            scan.scene_type = meta.scene_type;
            scan.faults.extend(meta.faults.into_iter().map(|error| Fault { role: Role::Meta, error }));
        }
    }
    Ok(())
}

/// Fills the object and nyu40 columns from what was read.
fn join(scan: &mut Scan, table: &LabelTable) {
    let scene = &mut scan.scene;
    let points = &mut scene.points;
    if scan.has_aggregation && !points.segment.is_empty() {
        let painted = Ownership::of(&scene.objects).paint(&points.segment, &scene.objects);
        points.object = painted.object;
        if !table.is_empty() {
            let of_group: Vec<u8> = scene.objects.iter().map(|o| table.nyu40(&o.raw_category)).collect();
            let nyu40 = |&group: &u32| of_group.get(group as usize).copied().unwrap_or(0);
            points.nyu40 = painted.group.iter().map(nyu40).collect();
        }
    }
    if let Some(labels) = &scan.vertex_labels
        && table.is_empty()
        && labels.len() == points.len()
    {
        points.nyu40 = labels.iter().map(|&l| if l <= 40 { l as u8 } else { 0 }).collect();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::error::Kind;
    use crate::load::testing::{CATEGORIES, Room, TABLE};

    const ROOM: Room = Room { columns: 40, rows: 30 };
    const ID: &str = "scene0000_00";

    fn table() -> LabelTable {
        super::super::labels::read(TABLE.as_bytes(), Path::new("l"), &mut Vec::new()).unwrap()
    }

    fn written() -> (tempfile::TempDir, ScanEntry) {
        let root = tempfile::tempdir().unwrap();
        let dir = ROOM.write(root.path(), ID);
        (root, ScanEntry { id: ID.into(), dir })
    }

    fn put(entry: &ScanEntry, role: Role, bytes: &[u8]) {
        fs::write(entry.dir.join(role.file_name(ID)), bytes).unwrap();
    }

    #[test]
    fn a_whole_scan_is_joined() {
        let (_root, entry) = written();
        let s = scan(&entry, &table(), Wanted::default());
        assert!(s.faults.is_empty(), "{:?}", s.faults);
        assert!(s.is_usable() && s.scene.points.ragged_column().is_none());
        let p = &s.scene.points;
        let groups = ROOM.groups();
        for i in 0..p.len() {
            let segment = ROOM.segment(i as u32);
            let owner = groups.iter().find(|g| g.2.contains(&segment));
            assert_eq!((p.segment[i], p.orig_index[i]), (segment, i as u32));
            assert_eq!(p.object[i], owner.map_or(-1, |g| g.0 as i32));
            assert_eq!(p.nyu40[i], if owner.is_some_and(|g| g.1 != CATEGORIES[2]) { 5 } else { 0 });
        }
        assert_eq!(s.scene.faces.len(), 2 * 39 * 29);
        assert_eq!(s.segments_scene_id, s.aggregation_scene_id);
        assert_eq!(s.segments_file.as_deref(), Some("scannet.scene0000_00_vh_clean_2.0.010000.segs.json"));
        assert_eq!(s.scene_type.as_deref(), Some("Office"));
        assert_eq!(s.scene.frame.axis_alignment.unwrap().apply([0.0; 3]), [-1.0, 2.0, 0.5]);
        assert_eq!((s.vertex_labels.as_ref().unwrap()[41], s.labels_moved_at), (1, None));
        assert_eq!(s.layout.unwrap().vertex_properties.len(), 7);
        assert!(s.files.iter().all(|f| f.bytes.is_some()));
    }

    #[test]
    fn without_a_table_the_labels_mesh_counts_and_it_can_be_left_out() {
        let (_root, entry) = written();
        put(&entry, Role::Labels, &ROOM.ply(Some(&|i| if i == 0 { 149 } else { 40 })));
        let s = scan(&entry, &LabelTable::default(), Wanted::default());
        assert_eq!(s.scene.points.nyu40[..2], [0, 40]);
        let s = scan(&entry, &LabelTable::default(), Wanted { labels: false, ..Wanted::default() });
        assert!(s.vertex_labels.is_none() && s.scene.points.nyu40.is_empty());
        assert!(s.faults.is_empty());
    }

    #[test]
    fn moved_and_missing_vertices_of_the_labels_mesh_are_seen() {
        let (_root, entry) = written();
        let mut bytes = ROOM.ply(Some(&|_| 1));
        let body = bytes.windows(11).position(|w| w == b"end_header\n").unwrap() + 11;
        bytes[body + 18 * 7 + 5] ^= 1;
        put(&entry, Role::Labels, &bytes);
        assert_eq!(scan(&entry, &table(), Wanted::default()).labels_moved_at, Some(7));
        put(&entry, Role::Labels, &Room { columns: 40, rows: 20 }.ply(Some(&|_| 1)));
        let s = scan(&entry, &table(), Wanted::default());
        assert_eq!((s.vertex_labels.unwrap().len(), s.labels_moved_at), (800, None));
    }

    #[test]
    fn each_missing_or_broken_file_leaves_the_rest() {
        for role in Role::ALL {
            let (_root, entry) = written();
            put(&entry, role, b"<html>log in</html>");
            let broken = scan(&entry, &table(), Wanted::default());
            let faults: Vec<_> = broken.faults.iter().map(|f| (f.role, f.error.kind())).collect();
            assert_eq!(faults, [(role, Kind::Foreign)]);
            assert!(broken.faults[0].error.path().is_some());
            fs::remove_file(entry.dir.join(role.file_name(ID))).unwrap();
            let missing = scan(&entry, &table(), Wanted::default());
            assert!(missing.faults.is_empty(), "{:?}", missing.faults);
            assert_eq!(missing.files.iter().filter(|f| f.bytes.is_none()).count(), 1);
            for s in [broken, missing] {
                assert_eq!(s.is_usable(), matches!(role, Role::Labels | Role::Meta));
                assert_eq!(s.scene.points.is_empty(), role == Role::Mesh);
                assert_eq!(s.vertex_labels.is_some(), role != Role::Labels);
                assert_eq!(s.segment_count.is_some(), role != Role::Segments);
                assert_eq!(s.has_aggregation, role != Role::Aggregation);
            }
        }
    }

    #[test]
    fn superpoints_are_read_where_they_fit_and_else_are_a_fault() {
        let (root, entry) = written();
        let wanted = Wanted { superpoints: Some(root.path()), ..Wanted::default() };
        assert_eq!(scan(&entry, &table(), wanted).superpoints, None);
        let path = root.path().join(superpoints::file_name(ID));
        fs::write(&path, 3_i64.to_le_bytes().repeat(ROOM.vertices() as usize)).unwrap();
        let s = scan(&entry, &table(), wanted);
        assert_eq!(s.superpoints.unwrap().ids, vec![3; s.scene.points.len()]);
        fs::write(&path, [0; 7]).unwrap();
        let s = scan(&entry, &table(), wanted);
        assert!(s.superpoints.is_none() && s.is_usable() && s.faults[0].error.kind() == Kind::Truncated);
    }

    #[test]
    fn segments_of_another_mesh_are_counted_and_left_out() {
        let (_root, entry) = written();
        put(&entry, Role::Segments, br#"{"segIndices":[1,2,3]}"#);
        let s = scan(&entry, &table(), Wanted::default());
        assert_eq!(s.segment_count, Some(3));
        assert!(s.scene.points.segment.is_empty() && s.scene.points.object.is_empty() && s.faults.is_empty());
    }
}
