//! Every reader of the room against every other, and against what a hostile file may hold.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::error::Place;
use crate::load::testing::Room;

const ROOM: Room = Room { columns: 9, rows: 5 };

fn mesh(bytes: &[u8]) -> Result<Mesh> {
    read_mesh(bytes, Path::new("a.ply"))
}

fn kind(bytes: &[u8]) -> Kind {
    mesh(bytes).unwrap_err().kind()
}

#[test]
fn the_official_layout_is_read_as_written() {
    let bytes = ROOM.ply(None);
    let m = mesh(&bytes).unwrap();
    assert_eq!(m.position.len(), 45);
    for i in 0..45 {
        assert_eq!(m.position.get(i as usize), ROOM.position(i));
        assert_eq!(m.colour.as_ref().unwrap().get(i as usize), [i as u8, (i / 3) as u8, 7]);
    }
    assert_eq!(m.faces, ROOM.triangles());
    assert_eq!(kind(&bytes[..bytes.len() - 1]), Kind::Truncated);
    assert_eq!(kind(&[&bytes[..], b"\n"].concat()), Kind::OverLong);
}

#[test]
fn labels_come_without_faces_but_with_their_size_checked() {
    let bytes = ROOM.ply(Some(&|i| 1000 + i as u16));
    let mut position = mesh(&bytes).unwrap().position;
    let read = |bytes: &[u8]| read_labels(bytes, Path::new("l.ply"), &position);
    let labels = read(&bytes).unwrap();
    assert_eq!((labels.label[44], labels.first_moved), (1044, None));
    assert_eq!(read(&bytes[..bytes.len() - 1]).unwrap_err().kind(), Kind::Truncated);
    assert_eq!(read(&[&bytes[..], b"x"].concat()).unwrap_err().kind(), Kind::OverLong);
    let error = read(&ROOM.ply(None)).unwrap_err();
    assert!(error.to_string().contains("label"), "{error}");
    position.z[30] += 1.0;
    position.x[31] += 1.0;
    assert_eq!(read_labels(&bytes, Path::new("l.ply"), &position).unwrap().first_moved, Some(30));
}

/// A mesh described in words and numbers, to be written in any layout.
#[derive(Clone, Debug)]
struct Written {
    encoding: &'static str,
    /// `(type, name)` in file order.
    properties: Vec<(&'static str, &'static str)>,
    rows: Vec<Vec<f64>>,
    count: &'static str,
    item: &'static str,
    polygons: Vec<Vec<u32>>,
    /// Whether faces come first.
    faces_first: bool,
}

impl Written {
    fn number(&self, kind: &str, value: f64, out: &mut Vec<u8>) {
        let bytes: Vec<u8> = match kind {
            _ if self.encoding == "ascii" => {
                let text = if kind == "float" { format!("{:?} ", value as f32) } else { format!("{value} ") };
                return out.extend(text.into_bytes());
            }
            "uchar" => vec![value as u8],
            "char" => vec![value as i8 as u8],
            "ushort" => (value as u16).to_le_bytes().to_vec(),
            "short" => (value as i16).to_le_bytes().to_vec(),
            "int" => (value as i32).to_le_bytes().to_vec(),
            "uint" => (value as u32).to_le_bytes().to_vec(),
            "float" => (value as f32).to_le_bytes().to_vec(),
            _ => value.to_le_bytes().to_vec(),
        };
        if self.encoding == "binary_big_endian" {
            out.extend(bytes.iter().rev());
        } else {
            out.extend(bytes);
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut vertex_header = format!("element vertex {}\n", self.rows.len());
        let end_row = |out: &mut Vec<u8>| {
            if self.encoding == "ascii" {
                out.push(b'\n');
            }
        };
        for (kind, name) in &self.properties {
            vertex_header += &format!("property {kind} {name}\n");
        }
        let face_header = format!(
            "element face {}\nproperty list {} {} vertex_indices\n",
            self.polygons.len(),
            self.count,
            self.item
        );
        let (mut vertices, mut faces) = (Vec::new(), Vec::new());
        for row in &self.rows {
            for ((kind, _), value) in self.properties.iter().zip(row) {
                self.number(kind, *value, &mut vertices);
            }
            end_row(&mut vertices);
        }
        for polygon in &self.polygons {
            self.number(self.count, polygon.len() as f64, &mut faces);
            for &i in polygon {
                self.number(self.item, f64::from(i), &mut faces);
            }
            end_row(&mut faces);
        }
        let start = format!("ply\nformat {} 1.0\n", self.encoding);
        let parts: [&[u8]; 5] = if self.faces_first {
            [face_header.as_bytes(), vertex_header.as_bytes(), b"end_header\n", &faces, &vertices]
        } else {
            [vertex_header.as_bytes(), face_header.as_bytes(), b"end_header\n", &vertices, &faces]
        };
        [start.as_bytes(), &parts.concat()].concat()
    }
}

fn written() -> impl Strategy<Value = Written> {
    let encoding = prop::sample::select(vec!["ascii", "binary_little_endian", "binary_big_endian"]);
    let integer = || prop::sample::select(vec!["uchar", "short", "ushort", "int", "uint"]);
    let real = prop::sample::select(vec!["float", "double", "int", "short"]);
    let order = Just(["x", "y", "z", "red", "green", "blue", "curvature"]).prop_shuffle();
    let rows = prop::collection::vec(prop::collection::vec(0_u8..120, 7), 0..20);
    let polygons = prop::collection::vec(prop::collection::vec(0_u32..100, 3..5), 0..12);
    (encoding, real, order, rows, integer(), integer(), polygons, any::<bool>(), any::<bool>()).prop_map(
        |(encoding, real, order, rows, count, item, mut polygons, only_triangles, faces_first)| {
            if only_triangles {
                for p in &mut polygons {
                    p.truncate(3);
                }
            }
            let kind = |name| match name {
                "red" | "green" | "blue" => "uchar",
                "curvature" => "double",
                _ => real,
            };
            let properties = order.iter().map(|&name| (kind(name), name)).collect();
            let rows = rows.iter().map(|r| r.iter().map(|&v| f64::from(v)).collect()).collect();
            Written { encoding, properties, rows, count, item, polygons, faces_first }
        },
    )
}

proptest! {
    #[test]
    fn any_layout_gives_the_same_mesh(w in written()) {
        let m = mesh(&w.bytes()).unwrap();
        let at = |name| w.properties.iter().position(|p| p.1 == name).unwrap();
        prop_assert_eq!(m.position.len(), w.rows.len());
        for (i, row) in w.rows.iter().enumerate() {
            prop_assert_eq!(m.position.get(i), ["x", "y", "z"].map(|n| row[at(n)] as f32));
            prop_assert_eq!(
                m.colour.as_ref().unwrap().get(i),
                ["red", "green", "blue"].map(|n| row[at(n)] as u8)
            );
        }
        let mut faces = Vec::new();
        for p in &w.polygons {
            fan(p, &mut faces);
        }
        prop_assert_eq!(m.faces, faces);
        // The vertices alone come out the same whatever is done about the faces.
        prop_assert_eq!(super::read_labels(&w.bytes(), Path::new("x"), &m.position).unwrap_err().kind(), Kind::Malformed);
    }

    #[test]
    fn any_cut_is_an_error_and_any_addition_too(w in written(), cut in 1_usize..40) {
        let bytes = w.bytes();
        if w.encoding != "ascii" {
            prop_assert!(mesh(&bytes[..bytes.len() - cut.min(bytes.len())]).is_err());
            prop_assert!(mesh(&[&bytes[..], &vec![1; cut]].concat()).is_err());
        }
        prop_assert_eq!(kind(&[&bytes[..], b"\n1 2 3\n"].concat()), Kind::OverLong);
    }
}

#[test]
fn text_takes_the_numbers_that_other_readers_refuse() {
    let text = "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty double y\n\
                property float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n\
                nan 1E-05 .5\n\n-inf 1. +2\r\n0 0 0\n3 0 1 -2";
    let m = mesh(text.as_bytes()).unwrap();
    assert!(m.position.x[0].is_nan());
    assert_eq!(m.position.get(1), [f32::NEG_INFINITY, 1.0, 2.0]);
    assert_eq!((m.position.y[0], m.position.z[0]), (1e-5, 0.5));
    assert_eq!(m.faces, [[0, 1, u32::MAX - 1]]);
    assert_eq!(m.colour, None);

    let at = |from: &str, to: &str| {
        let e = mesh(text.replace(from, to).as_bytes()).unwrap_err();
        (e.kind(), e.where_in_file().cloned())
    };
    let line = |row| Some(Place::Line { row, column: 1 });
    assert_eq!(at(".5", "a"), (Kind::Malformed, line(10)));
    assert_eq!(at("+2", ""), (Kind::Malformed, line(12)));
    assert_eq!(at("+2", "2 2"), (Kind::Malformed, line(12)));
    assert_eq!(at("3 0", "300 0"), (Kind::Malformed, line(14)));
    assert_eq!(at("\n3 0 1 -2", "\n").0, Kind::Truncated);
}

#[test]
fn doubles_become_floats_by_one_rounding_and_nan_passes() {
    let mut bytes = b"ply\nformat binary_little_endian 1.0\nelement vertex 1\nproperty double x\n\
                      property double y\nproperty double z\nend_header\n"
        .to_vec();
    for v in [0.1, f64::NAN, 1e300] {
        bytes.extend(v.to_le_bytes());
    }
    let m = mesh(&bytes).unwrap();
    assert_eq!((m.position.x[0], m.position.z[0]), (0.1, f32::INFINITY));
    assert!(m.position.y[0].is_nan());
}

#[test]
fn ply_rs_agrees_on_the_official_layout() {
    use ply_rs::{parser::Parser, ply::DefaultElement};
    let bytes = ROOM.ply(Some(&|i| i as u16));
    let theirs = Parser::<DefaultElement>::new().read_ply(&mut &bytes[..]).unwrap();
    let ours = mesh(&bytes).unwrap();
    let labels = read_labels(&bytes, Path::new("l.ply"), &ours.position).unwrap();
    for (i, v) in theirs.payload["vertex"].iter().enumerate() {
        assert_eq!(v["x"].to_f32_lossy(), Some(ours.position.x[i]));
        assert_eq!(v["z"].to_f32_lossy(), Some(ours.position.z[i]));
        assert_eq!(v["label"].to_f32_lossy(), Some(f32::from(labels.label[i])));
    }
    for (f, ours) in theirs.payload["face"].iter().zip(&ours.faces) {
        assert_eq!(f["vertex_indices"].to_u32_list().as_deref(), Some(&ours[..]));
    }
}

#[test]
fn pieces_give_what_the_whole_file_gives() {
    let room = Room { columns: 200, rows: 150 };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("m.ply");
    let mut buffer = Vec::new();
    let plain = room.ply(None);
    std::fs::write(&path, &plain).unwrap();
    let streamed = |path: &Path| stream::mesh(&mut File::open(path).unwrap(), &mut Vec::new());
    let (_, mesh) = streamed(&path).unwrap();
    assert!(mesh == read_mesh(&plain, &path).unwrap());

    let labelled = room.ply(Some(&|i| i as u16 % 41));
    std::fs::write(&path, &labelled).unwrap();
    let mut moved = mesh.position.clone();
    for at in [None, Some(29_999), Some(20_000), Some(7_281), Some(7_280), Some(0)] {
        if let Some(at) = at {
            moved.y[at] += 1.0;
        }
        let quick = stream::labels(&mut File::open(&path).unwrap(), &mut buffer, &moved).unwrap();
        assert!(quick == read_labels(&labelled, &path, &moved).unwrap());
        assert_eq!(quick.first_moved, at);
    }

    // A face that is no triangle, a cut file, a longer one: left to the reader of whole files.
    let last_face = plain.len() - 13;
    let mut quad = plain.clone();
    quad[last_face] = 4;
    for broken in [quad, plain[..plain.len() - 1].to_vec(), [plain.as_slice(), b"x"].concat()] {
        std::fs::write(&path, &broken).unwrap();
        assert!(streamed(&path).is_none());
        let said = mesh_file(&path, &mut buffer, &mut None).unwrap_err().to_string();
        assert_eq!(said, read_mesh(&broken, &path).unwrap_err().to_string());
    }
}

#[test]
fn a_header_alone_says_what_the_mesh_has() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("m.ply");
    let said = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        declared(&path)
    };
    let plain = ROOM.ply(None);
    let whole = Declared { vertices: u64::from(ROOM.vertices()), colour: true, faces: true };
    assert_eq!(said(&plain).unwrap(), whole);
    let grey = "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\n\
                property float red\nend_header\n1 2 3 4\n";
    let bare = Declared { vertices: 1, colour: false, faces: false };
    assert_eq!(said(grey.as_bytes()).unwrap(), bare);
    assert_eq!(said(&plain[..plain.len() / 2]).unwrap_err().kind(), Kind::Truncated);
    let error = said(b"<html>").unwrap_err();
    assert_eq!((error.kind(), error.path()), (Kind::Foreign, Some(&*path)));
}
