//! Whole data sets: sizes, ids, statistics, truth, determinism.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;
use crate::language::{Claims, Lexicon};
use crate::scene::{NO_OBJECT, Role};
use truth::{SceneView, holds};

fn make(scenes: u32, vertices: u32, seed: u64) -> Vec<MadeScan> {
    let options = Options { scenes, vertices, seed, cameras: false, fault: None };
    Plan::all(scenes).iter().map(|p| p.make(&options)).collect()
}

/// Every file under `root`, by name.
fn contents(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn generated(options: &Options, threads: usize) -> BTreeMap<String, Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let made = pool.install(|| generate(&Folder::new(dir.path()), options, &|_| {})).unwrap();
    let files = contents(dir.path());
    assert_eq!(made.bytes, files.values().map(|b| b.len() as u64).sum::<u64>());
    files
}

#[test]
fn every_claim_holds_on_the_vertices() {
    for seed in 0..4 {
        for scan in make(9, 3_000 + 9_000 * seed as u32, seed) {
            let view = SceneView::new(&scan.scene, scan.viewpoint);
            for d in &scan.said {
                assert!(view.vertices(d.object) >= 50);
                for claim in &d.claims {
                    assert!(holds(claim, &view), "{} {claim:?}: {}", scan.scene.id, d.text);
                }
                let fits = |other: i32| d.claims.iter().all(|c| holds(&c.with(d.object, other), &view));
                let alone = view.class_of(d.object).into_iter().all(|o| o == d.object || !fits(o));
                assert!(alone || !d.identifies, "{}: {}", scan.scene.id, d.text);
            }
        }
    }
}

#[test]
fn scans_are_shaped_like_scans() {
    for (vertices, seed) in [(3_000, 1), (20_000, 2)] {
        let mut missing = 0.0;
        let scans = make(10, vertices, seed);
        for scan in &scans {
            let scene = &scan.scene;
            let points = &scene.points;
            let n = points.len();
            assert_eq!(points.ragged_column(), None);
            assert!((n as f64 / f64::from(vertices) - 1.0).abs() < 0.02, "{n} of {vertices}");
            assert!((13..=60).contains(&scene.objects.len()), "{}", scene.objects.len());
            // Segments are named by their first vertex and never shared.
            let mut first = BTreeMap::new();
            for (i, &s) in points.segment.iter().enumerate() {
                first.entry(s).or_insert(i as u32);
            }
            assert!(first.iter().all(|(id, at)| id == at));
            let owners = crate::scene::Ownership::of(&scene.objects);
            assert!(owners.segments().all(|(s, groups)| first.contains_key(&s) && groups.count() == 1));
            for (place, object) in scene.objects.iter().enumerate() {
                assert_eq!((object.id as usize, object.group_id as usize), (place, place));
                assert!(points.object.contains(&object.id));
            }
            missing += points.object.iter().filter(|&&o| o == NO_OBJECT).count() as f64 / n as f64;
            assert!(scene.faces.iter().flatten().all(|&i| (i as usize) < n));
            // The alignment is a pure yaw that brings the walls to the axes and the floor to 0.
            let alignment = scene.frame.axis_alignment.unwrap();
            assert!(alignment.rigidity_error() < 1e-9 && alignment.linear[(2, 2)] == 1.0);
            let mut aligned = points.position.clone();
            alignment.apply_to(&mut aligned);
            let bounds = crate::math::Aabb::of(aligned.axes());
            assert!(bounds.middle()[..2].iter().all(|m| m.abs() < 0.1), "{bounds:?}");
            assert!(bounds.min[2].abs() < 0.03);
            let wall: Vec<usize> = (0..n).filter(|&i| points.nyu40[i] == 1 && aligned.z[i] > 0.5).collect();
            let at_side = |i: &&usize| {
                let near =
                    |v: f32, a: usize| (v - bounds.min[a]).abs() < 0.12 || (v - bounds.max[a]).abs() < 0.12;
                near(aligned.x[**i], 0) || near(aligned.y[**i], 1)
            };
            assert!(wall.iter().filter(at_side).count() == wall.len());
        }
        let missing = missing / scans.len() as f64;
        assert!((0.02..0.08).contains(&missing), "unannotated {missing}");
    }
}

#[test]
fn vertices_of_a_full_scan_are_two_to_four_centimetres_apart() {
    let scan = &make(1, 150_000, 5)[0];
    let p = &scan.scene.points.position;
    let mut edges: Vec<f32> = scan
        .scene
        .faces
        .iter()
        .map(|f| {
            let [a, b] = [p.get(f[0] as usize), p.get(f[1] as usize)];
            (0..3).map(|k| (a[k] - b[k]) * (a[k] - b[k])).sum::<f32>().sqrt()
        })
        .collect();
    edges.sort_by(f32::total_cmp);
    assert!((0.02..0.04).contains(&edges[edges.len() / 2]), "{}", edges[edges.len() / 2]);
}

#[test]
fn descriptions_have_the_measured_statistics() {
    let scans: Vec<MadeScan> = (0..3).flat_map(|seed| make(24, 15_000, seed)).collect();
    let said: Vec<&describe::Said> = scans.iter().flat_map(|s| &s.said).collect();
    let n = said.len() as f64;
    let share = |what: &dyn Fn(&describe::Said) -> bool| said.iter().filter(|d| what(d)).count() as f64 / n;
    let mut words: Vec<usize> = said.iter().map(|d| d.text.split_whitespace().count()).collect();
    words.sort_unstable();
    let mean = words.iter().sum::<usize>() as f64 / n;
    let within = |what: &str, value: f64, lo: f64, hi: f64| {
        assert!((lo..=hi).contains(&value), "{what}: {value}, not in {lo}..{hi}");
    };
    within("words, mean", mean, 18.0, 22.0);
    within("words, median", words[words.len() / 2] as f64, 17.0, 21.0);
    within("words, longest", words[words.len() - 1] as f64, 45.0, 100.0);
    // The figure for ScanRefer counts words, "right next to" among them.
    let handed = |w: &str| Lexicon::built_in().handed.contains(&w.to_lowercase());
    within("left or right", share(&|d| crate::language::words(&d.text).any(handed)), 0.40, 0.52);
    within("colour", share(&|d| Claims::of(&d.text).colour), 0.54, 0.70);
    within("order or number", share(&|d| Claims::of(&d.text).ordinal), 0.12, 0.25);
    within("ambiguous", share(&|d| !d.identifies), 0.0005, 0.02);

    let (mut objects, mut unique) = (0, 0);
    for scan in &scans {
        let targets: BTreeMap<i32, &str> =
            scan.said.iter().map(|d| (d.object, d.category.as_str())).collect();
        objects += targets.len();
        for d in &scan.said {
            let class = describe::benchmark_class(&d.category);
            let rivals = targets.values().filter(|c| describe::benchmark_class(c) == class).count();
            unique += usize::from(rivals == 1);
        }
    }
    within("descriptions an object", n / objects as f64, 4.5, 4.8);
    within("unique", unique as f64 / n, 0.14, 0.26);
}

#[test]
fn sentences_are_clean() {
    for scan in make(12, 12_000, 9) {
        let mut seen = BTreeSet::new();
        for d in &scan.said {
            assert!(seen.insert((d.object, &d.text)), "said twice: {}", d.text);
            assert!(d.text.is_ascii() && !d.text.contains("  ") && !d.text.contains(".."), "{}", d.text);
            assert_eq!(d.text, d.text.to_lowercase());
            for (article, next) in d.text.split(' ').zip(d.text.split(' ').skip(1)) {
                if article == "a" || article == "an" {
                    assert_eq!(article, phrase::article(next), "{}", d.text);
                }
            }
            assert_eq!(crate::language::tokens(&d.text).collect::<String>(), d.text.replace(' ', ""));
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_for_any_number_of_threads() {
    let options = Options { scenes: 5, vertices: 2_500, seed: 7, cameras: false, fault: None };
    let one = generated(&options, 1);
    assert_eq!(one, generated(&options, 3));
    assert_ne!(one, generated(&Options { seed: 8, ..options }, 1));
}

#[test]
fn files_are_laid_out_as_scannet_and_scanrefer_lay_them_out() {
    let options = Options { scenes: 4, vertices: 3_000, seed: 3, cameras: false, fault: None };
    let files = generated(&options, 2);
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    assert_eq!(text("scannetv2_train.txt"), "scene0000_00\nscene0002_00\n");
    assert_eq!(text("scannetv2_val.txt"), "scene0001_00\nscene0001_01\n");
    let truth: Truth = serde_json::from_slice(&files["truth.json"]).unwrap();
    for (plan, scan) in Plan::all(4).iter().zip(make(4, 3_000, 3)) {
        let id = plan.id();
        let name = |role: Role| format!("scans/{id}/{}", role.file_name(&id));
        let (n, f) = (scan.scene.points.len(), scan.scene.faces.len());
        for (role, stride) in [(Role::Mesh, 16), (Role::Labels, 18)] {
            let bytes = &files[&name(role)];
            let end = bytes.windows(11).position(|w| w == b"end_header\n").unwrap() + 11;
            assert_eq!(bytes.len(), end + n * stride + f * 13);
        }
        let segments: serde_json::Value = serde_json::from_slice(&files[&name(Role::Segments)]).unwrap();
        assert_eq!(segments["segIndices"].as_array().unwrap().len(), n);
        assert!(segments["params"].as_object().unwrap().values().all(serde_json::Value::is_string));
        let groups: serde_json::Value = serde_json::from_slice(&files[&name(Role::Aggregation)]).unwrap();
        assert_eq!(groups["segmentsFile"], format!("scannet.{}", Role::Segments.file_name(&id)));
        assert_eq!(groups["segGroups"].as_array().unwrap().len(), scan.scene.objects.len());
        let meta = text(&name(Role::Meta));
        assert!(
            meta.starts_with("axisAlignment = ") && meta.lines().last().unwrap().starts_with("sceneType = ")
        );
        assert_eq!(truth.scans[&id], ScanTruth::of(&scan));
    }
    let references = text("ScanRefer_filtered_val.json");
    assert!(
        references
            .starts_with("[\n    {\n        \"scene_id\": \"scene0001_00\",\n        \"object_id\": \"")
    );
    assert!(!references.contains("scene0001_01"), "second scans are not described");
    let parsed: Vec<BTreeMap<String, serde_json::Value>> = serde_json::from_str(&references).unwrap();
    assert!(parsed.len() >= 10 && parsed.iter().all(|r| r["ann_id"].is_string() && r["token"].is_array()));
    let table = text("scannetv2-labels.combined.tsv");
    let chairs: u32 = make(4, 3_000, 3)
        .iter()
        .map(|s| s.scene.objects.iter().filter(|o| o.raw_category == "chair").count() as u32)
        .sum();
    assert!(table.contains(&format!("2\tchair\tchair\t{chairs}\t5\t")));
}

#[test]
fn the_committed_test_data_is_what_this_version_makes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let made = generated(&Options { scenes: 3, vertices: 3_500, seed: 1, cameras: false, fault: None }, 2);
    for (name, bytes) in &made {
        let committed = std::fs::read(root.join(name)).unwrap_or_default();
        assert!(*bytes == committed, "testdata/{name} differs; testdata/README.md says how to make it again");
    }
    let size: usize = made.values().map(Vec::len).sum();
    assert!(size < 1_000_000, "{size} bytes are too many to commit");
}

#[test]
fn numbers_that_make_no_sense_are_refused() {
    let store = Folder::new("never-made");
    for options in [
        Options { scenes: 0, vertices: 5_000, seed: 0, cameras: false, fault: None },
        Options { scenes: 1, vertices: 10, seed: 0, cameras: false, fault: None },
        Options { scenes: 20_000, vertices: 5_000, seed: 0, cameras: false, fault: None },
    ] {
        assert_eq!(generate(&store, &options, &|_| {}).unwrap_err().kind(), Kind::Config);
    }
}

#[test]
fn no_room_is_in_two_splits_and_two_scans_give_both() {
    for scenes in 2..40 {
        let plans = Plan::all(scenes);
        let rooms =
            |s: Split| -> BTreeSet<u32> { plans.iter().filter(|p| p.split == s).map(|p| p.room).collect() };
        assert!(rooms(Split::Train).is_disjoint(&rooms(Split::Val)));
        assert!(!rooms(Split::Train).is_empty() && !rooms(Split::Val).is_empty());
    }
}

#[test]
fn cameras_are_files_more_and_nothing_else_changes() {
    let plain = Options { scenes: 3, vertices: 2_500, seed: 4, cameras: false, fault: None };
    let mut files = generated(&Options { cameras: true, ..plain }, 2);
    let cameras: Vec<serde_json::Value> = ["scene0000_00", "scene0001_00"]
        .map(|id| serde_json::from_slice(&files.remove(&files::cameras_file(id)).unwrap()).unwrap())
        .into();
    let plain = generated(&plain, 2);
    assert_eq!(files.keys().collect::<Vec<_>>(), plain.keys().collect::<Vec<_>>());
    assert!(plain.iter().all(|(name, bytes)| name == "README.txt" || files[name] == *bytes));
    let train: Vec<serde_json::Value> =
        serde_json::from_slice(&files["ScanRefer_filtered_train.json"]).unwrap();
    let first = &cameras[0][0];
    assert_eq!(cameras[0].as_array().unwrap().len(), train.len());
    for key in ["scene_id", "object_id", "object_name", "ann_id"] {
        assert_eq!(first[key], train[0][key]);
    }
}

#[test]
fn validation_has_rooms_of_every_use() {
    let val: BTreeSet<&str> = make(40, 1_000, 0)
        .into_iter()
        .filter_map(|s| (s.split == Split::Val).then_some(s.scene_type))
        .collect();
    assert!(val.len() > 3, "{val:?}");
}
