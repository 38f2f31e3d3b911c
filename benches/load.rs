//! How long loading takes: a scan of official size (150,000 vertices, 300,000 faces), warm cache,
//! one core. `cargo bench --bench load`.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use dataprep::load::{Wanted, labels, ply, scan, scannet, scanrefer};
use dataprep::scene::{Role, ScanEntry};
use ply_rs::parser::Parser;
use ply_rs::ply::{BeginList, PropertyAccess, PropertyAccessResult};

#[path = "../src/load/testing.rs"]
mod testing;

const ID: &str = "scene0000_00";

fn bench(c: &mut Criterion) {
    let root = tempfile::tempdir().expect("a temporary folder");
    let room = testing::Room { columns: 500, rows: 300 };
    let dir = room.write(root.path(), ID);
    let entry = ScanEntry { id: ID.into(), dir };
    let path = |role: Role| -> PathBuf { entry.dir.join(role.file_name(ID)) };
    let mesh_path = path(Role::Mesh);
    let mesh = fs::read(&mesh_path).expect("the mesh");
    let segments = fs::read(path(Role::Segments)).expect("the segments");
    let table = labels::read(testing::TABLE.as_bytes(), Path::new("l"), &mut Vec::new()).expect("the table");

    let mut group = c.benchmark_group("mesh");
    group.bench_function("plain read", |b| b.iter(|| fs::read(&mesh_path).expect("bytes")));
    group.bench_function("read and decode, official layout", |b| {
        b.iter(|| ply::read_mesh(&fs::read(&mesh_path).expect("bytes"), &mesh_path).expect("a mesh"));
    });
    group.bench_function("decode, official layout", |b| {
        b.iter(|| ply::read_mesh(black_box(&mesh), &mesh_path).expect("a mesh"));
    });
    let polygons = with_one_quad(&mesh);
    group.bench_function("decode, one quad among the faces", |b| {
        b.iter(|| ply::read_mesh(black_box(&polygons), &mesh_path).expect("a mesh"));
    });
    group.bench_function("ply-rs alone", |b| {
        b.iter(|| Parser::<Row>::new().read_ply(&mut black_box(&mesh[..])).expect("a mesh"));
    });
    group.finish();

    let mut group = c.benchmark_group("scan");
    group.bench_function("segments", |b| {
        b.iter(|| scannet::read_segments(black_box(&segments), &mesh_path).expect("segments"));
    });
    group.bench_function("whole, without labels mesh", |b| {
        b.iter(|| scan(&entry, &table, Wanted { labels: false, ..Wanted::default() }));
    });
    group.bench_function("whole", |b| b.iter(|| scan(&entry, &table, Wanted::default())));
    group.finish();

    let references = references();
    c.bench_function("36,665 descriptions", |b| {
        b.iter(|| scanrefer::read(black_box(&references), Path::new("train.json"), 0));
    });
}

/// The mesh with its last two triangles replaced by one polygon of four corners.
fn with_one_quad(mesh: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(&mesh[..600]).into_owned();
    let count = text.split("element face ").nth(1).and_then(|t| t.lines().next()).expect("a count");
    let fewer = (count.parse::<usize>().expect("a number") - 1).to_string();
    let at = text.find(count).expect("the count");
    let mut out = mesh.to_vec();
    out.splice(at..at + count.len(), fewer.bytes());
    out.truncate(out.len() - 26);
    out.push(4);
    out.extend((0_u32..4).flat_map(u32::to_le_bytes));
    out
}

/// As many descriptions as ScanRefer's train list, of its usual length.
fn references() -> Vec<u8> {
    let sentence = "this is a brown wooden chair . it is to the left of the desk , facing the window .";
    let tokens: Vec<&str> = sentence.split(' ').collect();
    let records: Vec<String> = (0..36_665)
        .map(|i| {
            format!(
                "{{\n    \"scene_id\": \"scene{:04}_00\",\n    \"object_id\": \"{}\",\n    \"object_name\": \
                 \"office_chair\",\n    \"ann_id\": \"{}\",\n    \"description\": \"{sentence}\",\n    \
                 \"token\": {tokens:#?}\n}}",
                i / 65,
                i % 65 / 5,
                i % 5
            )
            .replace(",\n]", "\n]")
        })
        .collect();
    format!("[{}]", records.join(",\n")).into_bytes()
}

/// What `ply-rs` fills when a program uses it alone.
#[derive(Default)]
struct Row {
    xyz: [f32; 3],
    rgba: [u8; 4],
    indices: Vec<i32>,
}

impl PropertyAccess for Row {
    fn new() -> Self {
        Self::default()
    }

    fn set_float(&mut self, name: &str, value: f32) -> PropertyAccessResult {
        match name {
            "x" => self.xyz[0] = value,
            "y" => self.xyz[1] = value,
            _ => self.xyz[2] = value,
        }
        PropertyAccessResult::Set
    }

    fn set_uchar(&mut self, name: &str, value: u8) -> PropertyAccessResult {
        match name {
            "red" => self.rgba[0] = value,
            "green" => self.rgba[1] = value,
            "blue" => self.rgba[2] = value,
            _ => self.rgba[3] = value,
        }
        PropertyAccessResult::Set
    }

    fn begin_list_int(&mut self, _name: &str, _len: usize) -> BeginList<'_, i32> {
        BeginList::Fill(&mut self.indices)
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
