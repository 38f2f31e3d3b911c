//! Nr3D, Multi3DRefer and Reason3D go through the same audit as ScanRefer: rewritten from the made
//! data they are clean, and a planted fault is found where it is.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{expect, run, text};
use serde_json::{Value, json};

/// The made data's descriptions, by split.
fn scanrefer(split: &str) -> Vec<Value> {
    serde_json::from_slice(&fs::read(format!("testdata/ScanRefer_filtered_{split}.json")).unwrap()).unwrap()
}

fn id(record: &Value) -> i64 {
    record["object_id"].as_str().unwrap().parse().unwrap()
}

/// Labels of the objects of a made scan, by id.
fn labels(scan: &str) -> Vec<String> {
    let bytes = fs::read(format!("testdata/scans/{scan}/{scan}.aggregation.json")).unwrap();
    let file: Value = serde_json::from_slice(&bytes).unwrap();
    let groups = file["segGroups"].as_array().unwrap();
    groups.iter().map(|g| g["label"].as_str().unwrap().to_owned()).collect()
}

/// The row of Nr3D that says what a record of ScanRefer says.
fn nr3d_row(record: &Value) -> String {
    let (scan, target) = (record["scene_id"].as_str().unwrap(), id(record));
    let label = record["object_name"].as_str().unwrap();
    let same: Vec<i64> = (0..)
        .zip(labels(scan))
        .filter(|(other, l)| *other != target && l.replace(' ', "_") == label)
        .map(|(other, _)| other)
        .collect();
    let stimulus = format!("{scan}-{label}-{}-{target}", same.len() + 1);
    let stimulus = same.iter().fold(stimulus, |all, other| format!("{all}-{other}"));
    let tokens: Vec<String> =
        record["token"].as_array().unwrap().iter().map(|t| format!("'{}'", t.as_str().unwrap())).collect();
    format!(
        "{stimulus},\"{}\",{scan},{},{target},\"[{}]\"\n",
        record["description"].as_str().unwrap(),
        label.replace('_', " "),
        tokens.join(", ")
    )
}

const HEADER: &str = "stimulus_id,utterance,scan_id,instance_type,target_id,tokens\n";

/// Multi3DRefer's form of records of ScanRefer, with a sentence without a target and one with two.
fn multi3drefer(split: &str) -> Vec<Value> {
    let mut numbers = std::collections::BTreeMap::new();
    let mut out = Vec::new();
    let mut put = |scan: &str, ids: &[i64], name: &str, text: &str, kind: &str| {
        let number = numbers.entry(scan.to_owned()).or_insert(0);
        *number += 1;
        out.push(json!({"scene_id": scan, "object_ids": ids, "object_name": name, "ann_id": *number,
            "description": text, "eval_type": kind, "spatial": true}));
    };
    for r in scanrefer(split) {
        let [scan, name, text] = ["scene_id", "object_name", "description"].map(|k| r[k].as_str().unwrap());
        put(scan, &[id(&r)], name, text, "st_w_d");
    }
    let all = scanrefer(split);
    let first = all[0]["scene_id"].as_str().unwrap();
    let other = all.iter().rfind(|r| r["scene_id"] == first).unwrap();
    put(first, &[], "piano", "the piano", "zt_wo_d");
    put(first, &[id(other), id(&all[0])], "furniture", "both of these", "mt");
    out
}

struct Case(tempfile::TempDir);

impl Case {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn json(&self, name: &str, records: &[Value]) -> PathBuf {
        self.put(name, serde_json::to_vec_pretty(records).unwrap())
    }
}

/// What the audit finds of the made scans with these references, context left out.
fn audit(files: &[&Path]) -> Vec<Value> {
    let mut args = vec!["audit", "testdata/scans", "--isolated", "--no-progress", "--output-format", "json"];
    args.push("--references");
    args.extend(files.iter().map(|f| text(f)));
    let output = run(&args);
    let said = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {said}"));
    let counted = report["summary"]["descriptions"].as_u64().unwrap();
    assert!(counted > 40, "{counted} descriptions: {said}");
    let bad = |f: &&Value| f["severity"] != "info";
    report["findings"].as_array().unwrap().iter().filter(bad).cloned().collect()
}

/// The one finding, as code, scan, object, line and number of descriptions harmed.
fn only(found: &[Value]) -> (String, Value, Value, u64, u64) {
    assert_eq!(found.len(), 1, "{found:#?}");
    let f = &found[0];
    let (line, harmed) = (f["location"]["row"].as_u64().unwrap(), f["descriptions"].as_u64().unwrap());
    (f["code"].as_str().unwrap().to_owned(), f["scene_id"].clone(), f["object_id"].clone(), line, harmed)
}

#[test]
fn nr3d() {
    let case = Case::new();
    let rows = |split: &str| scanrefer(split).iter().map(nr3d_row).collect::<Vec<_>>();
    let train = rows("train");
    let clean = case.put("nr3d_train.csv", HEADER.to_owned() + &train.concat());
    let val = case.put("nr3d_val.csv", HEADER.to_owned() + &rows("val").concat());
    assert_eq!(audit(&[&clean, &val]), Vec::<Value>::new());

    // One distractor more than objects.
    let mut broken = train.clone();
    broken[3] = broken[3].replacen(",\"", "-99,\"", 1);
    let broken = case.put("nr3d_broken_train.csv", HEADER.to_owned() + &broken.concat());
    assert_eq!(only(&audit(&[&broken, &val])), ("FIL110".into(), Value::Null, Value::Null, 5, 1));

    // A name of another object, in a row that agrees with itself.
    let mut renamed = train;
    let name = scanrefer("train")[7]["object_name"].as_str().unwrap().replace('_', " ");
    renamed[7] = renamed[7].replace(&format!(",{name},"), ",toaster,");
    let renamed = case.put("nr3d_renamed_train.csv", HEADER.to_owned() + &renamed.concat());
    let (code, scan, _, line, harmed) = only(&audit(&[&renamed, &val]));
    assert_eq!((code.as_str(), scan, line, harmed), ("REF103", "scene0000_00".into(), 9, 1));
}

#[test]
fn multi3drefer_with_none_one_and_several_targets() {
    let case = Case::new();
    let (train, val) = (multi3drefer("train"), multi3drefer("val"));
    let clean = case.json("multi3drefer_train.json", &train);
    let val = case.json("multi3drefer_val.json", &val);
    assert_eq!(audit(&[&clean, &val]), Vec::<Value>::new());

    // The second of two targets is not there.
    let mut absent = train.clone();
    absent.last_mut().unwrap()["object_ids"] = json!([4, 999]);
    let absent = case.json("multi3drefer_absent_train.json", &absent);
    let (code, scan, object, _, harmed) = only(&audit(&[&absent, &val]));
    assert_eq!((code.as_str(), scan, object, harmed), ("REF102", "scene0000_00".into(), 999.into(), 1));

    let mut scored = train;
    scored[5]["eval_type"] = "zt_w_d".into();
    let scored = case.json("multi3drefer_scored_train.json", &scored);
    assert_eq!(only(&audit(&[&scored, &val])).0, "FIL110");
}

#[test]
fn reason3d_means_classes() {
    let case = Case::new();
    let record = |(i, r): (usize, &Value)| {
        // Indices of these classes in ScanNet200.
        let (class, name) = [(0, "wall"), (2, "floor")][i % 2];
        json!({"scene_id": r["scene_id"], "object_id": class, "object_name": name, "type": "scannet",
            "question": r["description"]})
    };
    let mut records: Vec<Value> = scanrefer("val").iter().enumerate().map(record).collect();
    let mut elsewhere = records[0].clone();
    (elsewhere["scene_id"], elsewhere["type"]) = ("17DRP5sb8fy_region1".into(), "mp3d".into());
    records.push(elsewhere);
    let clean = case.json("reason3d_val.json", &records);
    assert_eq!(audit(&[&clean]), Vec::<Value>::new());
    let args = ["audit", "testdata/scans", "--isolated", "--no-progress", "--references", text(&clean)];
    let said = String::from_utf8(expect(0, &args).stderr).unwrap();
    assert!(said.contains("1 of 52 records speak of scans that are not ScanNet's"), "{said}");

    records[1]["object_id"] = 1.into();
    let wrong = case.json("reason3d_wrong_val.json", &records);
    let (code, _, object, _, harmed) = only(&audit(&[&wrong]));
    assert_eq!((code.as_str(), object, harmed), ("REF103", Value::Null, 1));
}

#[test]
fn files_of_two_formats_are_refused() {
    let case = Case::new();
    let rows: Vec<String> = scanrefer("val").iter().map(nr3d_row).collect();
    let nr3d = case.put("nr3d_val.csv", HEADER.to_owned() + &rows.concat());
    let args = ["audit", "testdata/scans", "--isolated", "--references", text(&nr3d)];
    let mixed = [&args[..], &["testdata/ScanRefer_filtered_train.json"]].concat();
    let said = String::from_utf8(expect(2, &mixed).stderr).unwrap();
    assert!(said.contains("several formats") && said.contains("Nr3D"), "{said}");
    expect(0, &[&args[..], &["--format", "nr3d"]].concat());
    expect(1, &[&args[..], &["--format", "multi3drefer"]].concat());
}

#[test]
fn what_samples_cannot_hold_is_left_out_and_counted() {
    let case = Case::new();
    let clean = case.json("multi3drefer_val.json", &multi3drefer("val"));
    let pipeline = format!("[input]\nreferences = [{:?}]\n[sample]\nvariants = 1\n", text(&clean));
    let pipeline = case.put("p.toml", pipeline);
    let out = case.0.path().join("out");
    let args = ["augment", "-p", text(&pipeline), "testdata/scans", "-o", text(&out), "--verify"];
    let said = String::from_utf8(expect(0, &args).stderr).unwrap();
    for why in ["it means several objects", "it means no object"] {
        assert!(said.contains(why), "{said}");
    }
    expect(0, &["verify", text(&out)]);
    let manifest: Value = serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["totals"]["descriptions"], 2 * scanrefer("val").len());
}
