//! Broken data among good: what is wrong is named and left out, the rest is as it would be.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{expect, run, synth, text};
use serde_json::Value;

/// Made data with one thing changed, and what `augment` makes of it.
struct Case {
    dir: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        let case = Self { dir: tempfile::tempdir().unwrap() };
        synth(&case.data(), 4, 3000);
        case
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn scan_file(&self, scan: &str, suffix: &str) -> PathBuf {
        self.data().join(format!("scans/{scan}/{scan}{suffix}"))
    }

    /// Changes every record of a references file.
    fn edit(&self, split: &str, change: impl Fn(&mut Value)) {
        let path = self.data().join(format!("ScanRefer_filtered_{split}.json"));
        let mut records: Vec<Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        records.iter_mut().for_each(change);
        fs::write(&path, serde_json::to_vec_pretty(&records).unwrap()).unwrap();
    }

    fn augment(&self, out: &str, code: i32) -> (Value, String) {
        let out = self.dir.path().join(out);
        let scans = self.data().join("scans");
        // Says nothing of errors: they are left out and make the exit code 1.
        let pipeline = self.dir.path().join("originals.toml");
        fs::write(&pipeline, "[sample]\nvariants = 0\n").unwrap();
        let args = ["augment", "-p", text(&pipeline), text(&scans), "-o", text(&out)];
        let output = run(&args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        let manifest = fs::read(out.join("manifest.json")).unwrap_or_else(|_| b"null".to_vec());
        if code != 2 {
            expect(0, &["verify", text(&out)]);
        }
        (serde_json::from_slice(&manifest).unwrap(), said)
    }
}

/// CRC-32 of every column of every scan but one, by sample.
fn sums_without(manifest: &Value, scan: &str) -> Vec<(String, Value)> {
    let scenes = manifest["scenes"].as_array().unwrap().iter().filter(|s| s["scene_id"] != scan);
    let mut sums: Vec<_> = scenes
        .map(|s| {
            let blobs = s["blobs"].as_object().unwrap().iter();
            let sums = blobs.map(|(k, b)| (k.clone(), b[2].clone())).collect();
            (s["sample_id"].as_str().unwrap().to_owned(), Value::Object(sums))
        })
        .collect();
    sums.sort_by(|a, b| a.0.cmp(&b.0));
    sums
}

fn faults(manifest: &Value) -> Vec<String> {
    let skipped = manifest["skipped"].as_array().unwrap().iter().filter(|s| s["fault"] == true);
    skipped.map(|s| format!("{}: {}", s["what"].as_str().unwrap(), s["why"].as_str().unwrap())).collect()
}

/// The first scan that sentences speak of.
fn described(manifest: &Value) -> String {
    manifest["scenes"][0]["scene_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_broken_file_costs_its_scan_and_no_other() {
    let case = Case::new();
    let (whole, _) = case.augment("whole", 0);
    let scan = described(&whole);
    let mesh = case.scan_file(&scan, "_vh_clean_2.ply");
    let bytes = fs::read(&mesh).unwrap();
    fs::write(&mesh, &bytes[..bytes.len() / 2]).unwrap();
    let (manifest, said) = case.augment("broken", 1);
    assert!(said.contains("exit code 1"), "{said}");
    let faults = faults(&manifest);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with(&format!("{scan}: FIL102")), "{faults:?}");
    assert_eq!(sums_without(&manifest, &scan), sums_without(&whole, &scan));
    assert!(manifest["scenes"].as_array().unwrap().iter().all(|s| s["scene_id"] != scan.as_str()));
    expect(1, &["audit", text(&case.data().join("scans")), "--no-progress"]);
}

#[test]
fn a_scan_without_its_mesh_is_named_wherever_it_stands_in_the_order() {
    let case = Case::new();
    let (whole, _) = case.augment("whole", 0);
    let scenes: Vec<&str> =
        whole["scenes"].as_array().unwrap().iter().map(|s| s["scene_id"].as_str().unwrap()).collect();
    for (n, scan) in scenes.iter().enumerate() {
        let mesh = case.scan_file(scan, "_vh_clean_2.ply");
        let bytes = fs::read(&mesh).unwrap();
        fs::remove_file(&mesh).unwrap();
        let (manifest, _) = case.augment(&format!("without{n}"), 1);
        let found = faults(&manifest);
        assert!(found.iter().any(|f| f.starts_with(&format!("{scan}: FIL101"))), "{scan}: {found:?}");
        fs::write(&mesh, bytes).unwrap();
    }
}

#[test]
fn positions_that_are_not_finite_never_reach_a_shard_whatever_rules_are_chosen() {
    let case = Case::new();
    let (whole, _) = case.augment("whole", 0);
    let scan = described(&whole);
    let mesh = case.scan_file(&scan, "_vh_clean_2.ply");
    let mut bytes = fs::read(&mesh).unwrap();
    let body = bytes.windows(11).position(|w| w == b"end_header\n").unwrap() + 11;
    bytes[body..body + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&mesh, bytes).unwrap();
    let pipeline = case.dir.path().join("text-only.toml");
    fs::write(&pipeline, "[check]\nselect = [\"TXT\"]\n[sample]\nvariants = 1\n").unwrap();
    let (scans, out) = (case.data().join("scans"), case.dir.path().join("text"));
    expect(1, &["augment", "-p", text(&pipeline), text(&scans), "-o", text(&out)]);
    let manifest: Value = serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    assert!(manifest["scenes"].as_array().unwrap().iter().all(|s| s["scene_id"] != *scan));
    assert!(faults(&manifest).iter().any(|f| f.contains("no finite position")), "{:?}", faults(&manifest));
}

#[test]
fn every_sentence_that_a_finding_speaks_of_is_left_out() {
    let case = Case::new();
    let (whole, _) = case.augment("whole", 0);
    let scan = described(&whole);
    let split = whole["scenes"][0]["split"].as_str().unwrap().to_owned();
    let count = whole["scenes"][0]["num_descriptions"].as_u64().unwrap();
    // All sentences of one scan mean an object that is not there.
    case.edit(&split, |r| {
        if r["scene_id"] == scan.as_str() {
            r["object_id"] = "999".into();
        }
    });
    let (manifest, _) = case.augment("absent", 1);
    let here = manifest["scenes"].as_array().unwrap().iter().find(|s| s["scene_id"] == scan.as_str());
    assert_eq!(here.unwrap()["num_descriptions"], 0);
    assert_eq!(faults(&manifest).len() as u64, count);
}

#[test]
fn a_scan_whose_ids_are_shifted_is_left_out_whole() {
    let case = Case::new();
    let (whole, _) = case.augment("whole", 0);
    let scan = described(&whole);
    let split = whole["scenes"][0]["split"].as_str().unwrap().to_owned();
    case.edit(&split, |r| {
        if r["scene_id"] == scan.as_str() {
            let id: i32 = r["object_id"].as_str().unwrap().parse().unwrap();
            r["object_id"] = (id + 1).to_string().into();
        }
    });
    let (manifest, _) = case.augment("shifted", 1);
    let faults = faults(&manifest);
    assert!(faults.len() == 1 && faults[0].contains("REF104"), "{faults:?}");
    let audit = run(&["audit", text(&case.data().join("scans")), "--output-format", "json"]);
    let report: Value = serde_json::from_slice(&audit.stdout).unwrap();
    let codes: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"REF104") && !codes.contains(&"REF103"), "{codes:?}");
}

#[test]
fn references_that_cannot_be_read_stop_the_plan() {
    let case = Case::new();
    let path = case.data().join("ScanRefer_filtered_train.json");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let (_, said) = case.augment("cut", 2);
    assert!(said.contains("ScanRefer_filtered_train.json"), "{said}");
}

#[test]
fn a_folder_of_others_is_left_alone() {
    let case = Case::new();
    let scans = case.data().join("scans");
    let names = |dir: &Path| {
        let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names(&scans);
    for more in [None, Some("--overwrite")] {
        let mut args = vec!["augment", "-p", "pipelines/none.toml", text(&scans), "-o", text(&scans)];
        args.extend(more);
        let said = String::from_utf8(expect(2, &args).stderr).unwrap();
        assert!(said.contains("not ours"), "{said}");
        assert_eq!(names(&scans), before);
    }
}
