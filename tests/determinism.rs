//! The same bytes for any number of threads, any order of inputs, any subset, any partition.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

mod common;

use std::fs;

use common::{assert_same, data_set, expect, synth, text};

const PIPELINE: &str = "pipelines/default.toml";

#[test]
fn threads_partitions_and_input_order_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    synth(&data, 5, 3000);
    let out = |name: &str| dir.path().join(name);
    let scans = data.join("scans");
    let small = ["--set", "output.shard-size-mb=1", "--no-progress"];
    let augment = |name: &str, more: &[&str]| {
        let target = out(name);
        let mut args = vec!["augment", "-p", PIPELINE, "-o", text(&target)];
        args.extend(small);
        args.extend(more);
        expect(0, &args);
    };
    augment("one", &[text(&scans), "-j", "1"]);
    augment("two", &[text(&scans), "-j", "2"]);
    assert_same(&out("one"), &out("two"));

    // Single scan folders, named in reverse order.
    let mut folders: Vec<_> = fs::read_dir(&scans).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    folders.reverse();
    let folders: Vec<&str> = folders.iter().map(|p| text(p)).collect();
    augment("reversed", &folders);
    assert_same(&out("one"), &out("reversed"));

    augment("parts", &[text(&scans), "--partition", "1/2"]);
    assert!(!out("parts").join("manifest.json").exists(), "half the units are no data set");
    augment("parts", &[text(&scans), "--partition", "0/2"]);
    assert_same(&out("one"), &out("parts"));
}

#[test]
fn a_scan_is_the_same_alone_and_among_others() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    synth(&data, 3, 3000);
    let scans = data.join("scans");
    let fingerprints = |name: &str, more: &[&str]| {
        let target = dir.path().join(name);
        let mut args = vec!["augment", "-p", PIPELINE, text(&scans), "-o", text(&target)];
        args.extend(more);
        expect(0, &args);
        let manifest: serde_json::Value =
            serde_json::from_slice(&data_set(&target)[std::path::Path::new("manifest.json")]).unwrap();
        // CRC-32 of every column of every variant of this scan.
        let scenes = manifest["scenes"].as_array().unwrap().clone();
        scenes
            .into_iter()
            .filter(|s| s["scene_id"] == "scene0000_00")
            .map(|s| {
                let sums: Vec<u64> =
                    s["blobs"].as_object().unwrap().values().map(|b| b[2].as_u64().unwrap()).collect();
                (s["sample_id"].as_str().unwrap().to_owned(), sums)
            })
            .collect::<Vec<_>>()
    };
    let all = fingerprints("all", &[]);
    let alone = fingerprints("alone", &["--scenes", "scene0000_00"]);
    assert!(!alone.is_empty());
    assert_eq!(all, alone);
    // One variant more moves none of the others.
    let more = fingerprints("more", &["--variants", "5", "--scenes", "scene0000_00"]);
    assert_eq!(alone[..], more[..alone.len()]);
}

#[test]
fn mixing_takes_the_same_partners_whoever_runs_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    synth(&data, 6, 6000);
    let scans = data.join("scans");
    let pipeline = dir.path().join("mix.toml");
    let steps = "[sample]\nvariants = 3\n[[step]]\nop = \"mix3d\"\np = 0.5\n[[step]]\nop = \"repeat\"\n\
                 [[step.step]]\nop = \"paste-object\"\nrivals = \"allow\"\nmin-points = 10\n\
                 [[step]]\nop = \"rotate\"\n[output]\nshard-size-mb = 1\n";
    fs::write(&pipeline, steps).unwrap();
    let augment = |name: &str, more: &[&str]| {
        let target = dir.path().join(name);
        let mut args = vec!["augment", "-p", text(&pipeline), text(&scans), "-o", text(&target), "--verify"];
        args.extend(more);
        expect(0, &args);
        target
    };
    let one = augment("one", &["-j", "1"]);
    assert_same(&one, &augment("two", &["-j", "2"]));
    let parts = dir.path().join("parts");
    augment("parts", &["--partition", "1/2"]);
    augment("parts", &["--partition", "0/2"]);
    assert_same(&one, &parts);
    // Something was added: more points than the original has.
    let manifest: serde_json::Value =
        serde_json::from_slice(&data_set(&one)[std::path::Path::new("manifest.json")]).unwrap();
    let sizes: Vec<(&str, u64)> = manifest["scenes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["scene_id"].as_str().unwrap(), s["blobs"]["xyz"][1].as_u64().unwrap()))
        .collect();
    let smallest = |scene: &str| sizes.iter().filter(|s| s.0 == scene).map(|s| s.1).min();
    let grown = sizes.iter().filter(|(scene, bytes)| Some(*bytes) > smallest(scene)).count();
    assert!(grown > 3, "{grown} of {}", sizes.len());
}
