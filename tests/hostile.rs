//! Files that try to hurt: hand-made ones in `testdata/hostile`, and thousands of broken copies of
//! good ones. No reader may crash, or reserve memory that the file's size does not justify.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dataprep::load::{
    cameras, labels, multi3drefer, nr3d, ply, reason3d, references, scannet, scanrefer, splits,
};
use dataprep::math::Xyz;
use dataprep::{Error, Kind, Result};
use rand::{RngExt as _, SeedableRng as _};
use serde::Deserialize;

/// Reads `bytes` the way a data set's file of that sort is read; the first thing found wrong.
fn read(reader: &str, bytes: &[u8], path: &Path) -> Result<()> {
    let first = |faults: Vec<Error>| faults.into_iter().next().map_or(Ok(()), Err);
    match reader {
        "mesh" => ply::read_mesh(bytes, path).map(drop),
        "labels-mesh" => ply::read_labels(bytes, path, &Xyz::default()).map(drop),
        "segments" => scannet::read_segments(bytes, path).map(drop),
        "aggregation" => scannet::read_aggregation(bytes, path).map(drop),
        "meta" => first(scannet::read_meta(bytes, path)?.faults),
        "references" => first(scanrefer::read(bytes, path, 0).0.faults),
        "nr3d" => first(nr3d::read(bytes, path, 0).0.faults),
        "multi3drefer" => first(multi3drefer::read(bytes, path, 0).0.faults),
        "reason3d" => first(reason3d::read(bytes, path, 0).0.faults),
        "any-references" => first(references::read(bytes, path, 0, None).0.faults),
        "labels" => {
            let mut faults = Vec::new();
            labels::read(bytes, path, &mut faults)?;
            first(faults)
        }
        "cameras" => cameras::read(bytes, path, 0).1.map_or(Ok(()), Err),
        "split" => splits::read(bytes, "train", path).map(drop),
        other => panic!("no reader is called {other}"),
    }
}

#[derive(Deserialize)]
struct Expected {
    file: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    reader: String,
    kind: String,
}

fn cases() -> Vec<(Case, Vec<u8>)> {
    let text = fs::read_to_string("testdata/hostile/expected.toml").expect("the list of cases");
    let expected: Expected = toml::from_str(&text).expect("TOML");
    let with_bytes = |case: Case| {
        let bytes = fs::read(Path::new("testdata/hostile").join(&case.name)).expect("a listed file");
        (case, bytes)
    };
    expected.file.into_iter().map(with_bytes).collect()
}

#[test]
fn each_hostile_file_is_answered_as_documented() {
    let readme = fs::read_to_string("testdata/hostile/README.md").unwrap();
    let mut files: BTreeSet<String> = fs::read_dir("testdata/hostile")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for (case, bytes) in cases() {
        let path = Path::new("data").join(&case.name);
        let outcome = match read(&case.reader, &bytes, &path) {
            Ok(()) => "none".to_owned(),
            Err(error) => {
                assert_eq!(error.path(), Some(&*path), "{error}");
                assert!(error.where_in_file().is_some() || error.kind() == Kind::Malformed, "{error}");
                serde_json::to_value(error.kind()).unwrap().as_str().unwrap().to_owned()
            }
        };
        assert_eq!(outcome, case.kind, "{}", case.name);
        assert!(readme.contains(&format!("| `{}` |", case.name)), "{} has no line in the README", case.name);
        files.remove(&case.name);
    }
    assert_eq!(files.into_iter().collect::<Vec<_>>(), ["README.md", "expected.toml"]);
}

/// Good files to break, beside the hostile ones.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let header = |encoding: &str, label: &str| {
        format!(
            "ply\nformat {encoding} 1.0\ncomment made\nelement vertex 4\nproperty float x\nproperty float y\n\
             property float z\nproperty uchar red\nproperty uchar green\nproperty uchar blue\n\
             property uchar alpha\n{label}element face 2\nproperty list uchar int vertex_indices\nend_header\n"
        )
    };
    let binary = |label: &str| {
        let mut out = header("binary_little_endian", label).into_bytes();
        for i in 0..4_u8 {
            out.extend((0..3).flat_map(|k| (f32::from(i) + k as f32).to_le_bytes()));
            out.extend([i, i, i, 255]);
            out.extend(label.bytes().next().map_or(vec![], |_| vec![i, 0]));
        }
        for face in [[0_u32, 1, 2], [1, 3, 2]] {
            out.push(3);
            out.extend(face.iter().flat_map(|i| i.to_le_bytes()));
        }
        out
    };
    let text = header("ascii", "") + &"0.5 1 -2e3 1 2 3 255\n".repeat(4) + "3 0 1 2\n4 0 1 2 3\n";
    let segments = r#"{"params":{"kThresh":"0.01"},"sceneId":"scannet.s","segIndices":[1,1,7,4294967295]}"#;
    let aggregation = r#"{"sceneId":"scannet.s","segGroups":[{"id":0,"objectId":0,"segments":[1,7],"label":"chair"},
        {"id":1,"objectId":1,"segments":[],"label":"a \"b\" \u00e9"}],"segmentsFile":"scannet.s.segs.json"}"#;
    let references = r#"[{"scene_id":"scene0011_00","object_id":"5","object_name":"trash_can","ann_id":"0",
        "description":"a \"brwon\"  can .","token":["a","can"]},{"scene_id":"s","object_id":5,"object_name":"x",
        "ann_id":3,"description":"ü"}]"#;
    let nr3d = "\u{feff}stimulus_id,utterance,scan_id,target_id,instance_type,tokens,anchor_ids,anchors_types\r\n\
        s-trash_can-3-5-9-11,\"the bin, \"\"that\"\" one\",s,5,trash can,\"['the', 'b\\'in']\",[2],['x']\r\n\
        s-chair-1-2,a chair,s,2,chair,\"[\"\"a\"\"]\",,\r\n";
    let multi3drefer = r#"[{"scene_id":"s","object_ids":[],"object_name":"x","ann_id":"0","description":"d",
        "eval_type":"zt_w_d"},{"scene_id":"s","object_ids":[1,"2"],"object_name":"x","ann_id":1,"description":"d",
        "eval_type":"mt","token":["d"]}]"#;
    let reason3d = r#"[{"scene_id":"s","object_id":7,"object_name":"x","question":"q","type":"scannet"},
        {"scene_id":"m_region1","object_id":"-7","object_name":"x","question":"q","type":"mp3d"}]"#;
    let cameras = r#"[{"scene_id":"scene0011_00","object_id":"5","ann_id":"0","id":"scene0011_00-5_0",
        "camera":{"position":[1,-2.5,3e1],"rotation":[0,0,NaN],"lookat":[0,0,"x"]}},{"scene_id":"s",
        "object_id":5,"ann_id":3,"camera":{"position":[null,0,0],"lookat":[Infinity,0,0]}}]"#;
    vec![
        ("nr3d", nr3d.into()),
        ("multi3drefer", multi3drefer.into()),
        ("reason3d", reason3d.into()),
        ("any-references", nr3d.into()),
        ("mesh", binary("")),
        ("mesh", text.into_bytes()),
        ("labels-mesh", binary("property ushort label\n")),
        ("segments", segments.into()),
        ("aggregation", aggregation.into()),
        ("references", references.into()),
        ("cameras", cameras.into()),
        ("meta", b"axisAlignment = 1 0 0 1 0 1 0 2 0 0 1 3 0 0 0 1\nsceneType = Office\n".to_vec()),
        ("labels", b"id\traw_category\tnyu40id\n1\twall\t1\r\n2\tchair\n3\tdoor\t\t\n".to_vec()),
        ("split", b"scene0000_00\r\ntrain/scene0001_00.ply\n\nscene0002_00".to_vec()),
    ]
}

/// Breaks a file in one to four ways.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut impl rand::Rng) {
    const WORDS: [&[u8]; 10] = [
        b"-1",
        b"4000000000",
        b"18446744073709551616",
        b"nan",
        b"\"",
        b"\n",
        b"[[[[",
        b"\0",
        b"list",
        b"\xff\xfe",
    ];
    for _ in 0..random.random_range(1..=4) {
        let at = random.random_range(0..=bytes.len());
        let end = random.random_range(at..=bytes.len().min(at + 40));
        match random.random_range(0..6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.random_range(0..8),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            3 => bytes.truncate(at),
            4 => {
                let from = random.random_range(0..=other.len());
                bytes.splice(at..end, other[from..].iter().take(80).copied());
            }
            _ => drop(bytes.splice(at..end, WORDS[random.random_range(0..WORDS.len())].iter().copied())),
        }
    }
}

#[test]
fn broken_copies_crash_no_reader_and_reserve_no_memory() {
    let hostile = cases();
    let mut seeds = seeds();
    for (reader, bytes) in &seeds {
        read(reader, bytes, Path::new("seed")).unwrap();
    }
    seeds.extend(hostile.iter().map(|(case, bytes)| (case.reader.as_str(), bytes.clone())));
    let before = peak_of_address_space();
    let mut random = rand::rngs::ChaCha8Rng::seed_from_u64(11);
    let mut readable = 0;
    for round in 0..40_000 {
        let (reader, seed) = &seeds[round % seeds.len()];
        let other = &seeds[random.random_range(0..seeds.len())].1;
        let mut bytes = seed.clone();
        mutate(&mut bytes, other, &mut random);
        readable += usize::from(read(reader, &bytes, Path::new("mutated")).is_ok());
    }
    // The breaking is neither without effect nor so coarse that nothing gets past the first check.
    assert!((1_000..20_000).contains(&readable), "{readable} of 40000 could be read");
    if let (Some(before), Some(after)) = (before, peak_of_address_space()) {
        assert!(after - before < 512 << 10, "the address space grew from {before} to {after} KiB");
    }
}

/// Largest size of this process's address space so far, in KiB, where the system tells.
fn peak_of_address_space() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmPeak:"))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[test]
fn what_both_can_read_ply_rs_reads_alike() {
    use ply_rs::{parser::Parser, ply::DefaultElement};
    let seeds = seeds();
    let meshes: Vec<&Vec<u8>> = seeds.iter().filter(|s| s.0 == "mesh").map(|s| &s.1).collect();
    let mut random = rand::rngs::ChaCha8Rng::seed_from_u64(12);
    let mut compared = 0;
    'rounds: for round in 0..60_000 {
        let mut bytes = meshes[round % 2].clone();
        mutate(&mut bytes, meshes[1], &mut random);
        let Ok(ours) = ply::read_mesh(&bytes, Path::new("mutated")) else { continue };
        let Ok(theirs) = Parser::<DefaultElement>::new().read_ply(&mut &bytes[..]) else { continue };
        compared += 1;
        let vertices = &theirs.payload["vertex"];
        assert_eq!(vertices.len(), ours.position.len());
        for (i, v) in vertices.iter().enumerate() {
            let bits = |name: &str| v[name].to_f32_lossy().map(f32::to_bits);
            let p = ours.position.get(i).map(f32::to_bits);
            assert_eq!([bits("x"), bits("y"), bits("z")], p.map(Some), "round {round}");
        }
        let mut fans = Vec::new();
        for face in theirs.payload.get("face").into_iter().flatten() {
            let list = face.get("vertex_indices").or_else(|| face.get("vertex_index")).expect("a list");
            // Negative indices have no u32 form there; here they keep their bits.
            let Some(corners) = list.to_u32_list() else { continue 'rounds };
            fans.extend(corners.windows(2).skip(1).map(|edge| [corners[0], edge[0], edge[1]]));
        }
        assert_eq!(fans, ours.faces, "round {round}");
    }
    assert!(compared > 500, "only {compared} could be compared");
}
