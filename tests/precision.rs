//! How often the rules of the preview are right: faults that are known are planted in made data by
//! the dozen, and what is found is counted. `cargo test --test precision -- --nocapture` shows the
//! figures that the rules' pages give.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test that cannot go on says where

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dataprep::audit::{Annotation, Engine, Finding, Settings};
use dataprep::load::{self, Request, Wanted};
use dataprep::pipeline::{self, Effort};
use dataprep::store::Folder;
use dataprep::synth::{self, Options};
use serde_json::Value;

const SPLITS: [&str; 2] = ["train", "val"];

fn made(seed: u64) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { scenes: 40, vertices: 4_000, seed, fault: None, cameras: false };
    synth::generate(&Folder::new(dir.path()), &options, &|_| {}).unwrap();
    dir
}

fn findings(dir: &Path, codes: &[&str]) -> Vec<Finding> {
    let select = codes.iter().map(|&c| c.to_owned()).collect();
    let engine = Engine::new(&Settings { select, preview: true, ..Settings::default() }).unwrap();
    let request = Request { scans: vec![dir.join("scans")], ..Request::default() };
    let catalogue = load::catalogue(&load::discover(&request).unwrap());
    let load = |entry: &_| load::scan(entry, &catalogue.labels, Wanted::default());
    let stop = std::sync::atomic::AtomicBool::new(false);
    let effort = Effort { workers: 2, stop: &stop, cache: None };
    pipeline::audit(&catalogue, &engine, &load, &|_| {}, effort).unwrap().report.findings
}

/// Scan, object and annotation.
type Place = (String, String, String);

fn place(record: &Value) -> Place {
    let text = |key: &str| record[key].as_str().unwrap().to_owned();
    (text("scene_id"), text("object_id"), text("ann_id"))
}

fn place_of(f: &Finding) -> Place {
    let ann = f.ann_id.as_ref().map(Annotation::to_string).unwrap_or_default();
    (f.scene_id.clone().unwrap(), f.object_id.unwrap().to_string(), ann)
}

/// Swaps the sentences of one in twelve descriptions with another object's of the same scan, of
/// the same class or of another in turn, as a join by a wrong key does. Returns where.
fn swap_sentences(dir: &Path) -> BTreeSet<Place> {
    let mut swapped = BTreeSet::new();
    for split in SPLITS {
        let path = dir.join(format!("ScanRefer_filtered_{split}.json"));
        let mut records: Vec<Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for (turn, i) in (0..records.len()).step_by(24).enumerate() {
            let partner = |j: &usize| {
                let (a, b) = (&records[i], &records[*j]);
                let fits = a["scene_id"] == b["scene_id"]
                    && a["object_id"] != b["object_id"]
                    && (a["object_name"] == b["object_name"]) == (turn % 2 == 0);
                fits && !swapped.contains(&place(b)) && !swapped.contains(&place(a))
            };
            let Some(j) = (i + 1..records.len()).find(partner) else { continue };
            swapped.extend([place(&records[i]), place(&records[j])]);
            let [a, b] = [i, j].map(|i| records[i]["description"].clone());
            (records[i]["description"], records[j]["description"]) = (b, a);
        }
        fs::write(path, serde_json::to_vec(&records).unwrap()).unwrap();
    }
    swapped
}

/// Gives every second scan of a room a room id of its own. Returns the pairs of rooms that are one.
fn rename_rescans(dir: &Path) -> BTreeSet<(String, String)> {
    let mut pairs = BTreeSet::new();
    let scans = dir.join("scans");
    let mut ids: Vec<String> =
        fs::read_dir(&scans).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    ids.sort();
    for (n, from) in ids.iter().filter(|id| id.ends_with("_01")).enumerate() {
        let room = format!("scene{:04}", 900 + n);
        let to = format!("{room}_00");
        fs::rename(scans.join(from), scans.join(&to)).unwrap();
        for file in fs::read_dir(scans.join(&to)).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().replace(from, &to);
            fs::rename(&path, path.with_file_name(name)).unwrap();
        }
        pairs.insert((from[..9].to_owned(), room));
    }
    pairs
}

#[test]
fn rooms_under_two_ids_are_found_and_others_are_left_alone() {
    let (mut right, mut wrong, mut planted, mut clean) = (0, 0, 0, 0);
    for seed in 0..5 {
        let dir = made(seed);
        clean += findings(dir.path(), &["DUP301"]).len();
        let pairs = rename_rescans(dir.path());
        planted += pairs.len();
        for f in findings(dir.path(), &["DUP301"]) {
            let ids = f.evidence["scans"].as_array().unwrap();
            let room = |i: usize| ids[i].as_str().unwrap()[..9].to_owned();
            *(if pairs.contains(&(room(0), room(1))) { &mut right } else { &mut wrong }) += 1;
        }
    }
    eprintln!("DUP301: {right} right, {wrong} wrong of {planted} rooms with two ids; {clean} on clean data");
    assert!(right * 100 >= 95 * (right + wrong), "DUP301 is wrong too often");
    assert!(right * 100 >= 80 * planted, "DUP301 finds too little");
}

#[test]
fn swapped_sentences_are_found_and_others_are_left_alone() {
    // Rule, and the least share of findings that are right and of swaps that are found, per cent.
    for (code, least_right, least_found) in
        [("TXT104", 99, 20), ("TXT201", 90, 30), ("TXT202", 99, 10), ("TXT203", 95, 3)]
    {
        let (mut right, mut wrong, mut planted, mut clean) = (0, 0, 0, 0);
        for seed in 0..3 {
            let dir = made(seed);
            clean += findings(dir.path(), &[code]).len();
            let swapped = swap_sentences(dir.path());
            planted += swapped.len();
            for f in findings(dir.path(), &[code]) {
                let listed = f.evidence.get("annotations").and_then(Value::as_array).map_or(1, Vec::len);
                *(if swapped.contains(&place_of(&f)) { &mut right } else { &mut wrong }) += listed;
            }
        }
        eprintln!("{code}: {right} right, {wrong} wrong of {planted} swapped; {clean} on clean data");
        assert!(right * 100 >= least_right * (right + wrong), "{code} is wrong too often");
        assert!(right * 100 >= least_found * planted, "{code} finds too little");
    }
}
