//! The same bytes for any number of threads, any order of inputs, any subset, any partition.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{assert_same, data_set, expect, rows, synth, text};

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
    for threads in ["2", "8"] {
        augment(threads, &[text(&scans), "-j", threads]);
        assert_same(&out("one"), &out(threads));
    }

    // Single scan folders, named in other orders.
    let mut folders: Vec<_> = fs::read_dir(&scans).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    let mut folders: Vec<&str> = folders.iter().map(|p| text(p)).collect();
    for turn in 1..4 {
        // One further each time, and every second time the other way round.
        folders.rotate_left(turn);
        folders.reverse();
        let name = format!("order{turn}");
        augment(&name, &folders);
        assert_same(&out("one"), &out(&name));
    }

    augment("parts", &[text(&scans), "--partition", "1/2"]);
    assert!(!out("parts").join("manifest.json").exists(), "half the units are no data set");
    augment("parts", &[text(&scans), "--partition", "0/2"]);
    assert_same(&out("one"), &out("parts"));
}

/// All rows of the three tables that are of these samples; sorted, and without the records of
/// the steps.
fn rows_of(dir: &Path, is_wanted: impl Fn(&str) -> bool) -> Vec<BTreeMap<String, String>> {
    let tables = ["scenes", "objects", "descriptions"];
    let mut rows: Vec<_> = tables.iter().flat_map(|table| rows(dir, table)).collect();
    rows.retain(|row| is_wanted(&row["sample_id"]));
    for row in &mut rows {
        row.retain(|column, _| column != "provenance");
    }
    rows.sort();
    rows
}

#[test]
fn a_scan_is_the_same_in_any_company() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    synth(&data, 5, 3000);
    let scans = data.join("scans");
    let made = |name: &str, more: &[&str]| {
        let target = dir.path().join(name);
        let mut args = vec!["augment", "-p", PIPELINE, text(&scans), "-o", text(&target)];
        args.extend(more);
        expect(0, &args);
        target
    };
    let all = made("all", &[]);
    for (name, glob, own) in [
        ("alone", "scene0000_00", &["scene0000_00"][..]),
        ("pair", "scene000[13]_00", &["scene0001_00", "scene0003_00"]),
    ] {
        let is_own = |sample: &str| own.iter().any(|scan| sample.starts_with(scan));
        let among = rows_of(&all, is_own);
        assert!(among.len() > 100);
        assert!(among == rows_of(&made(name, &["--scenes", glob]), |_| true), "{name}");
    }
}

#[test]
fn another_variant_or_a_step_that_never_happens_changes_no_other_row() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    synth(&data, 2, 3000);
    let never = "\n[[step]]\nop = \"crop-box\"\np = 0\n";
    let plain = fs::read_to_string("pipelines/pointcept-ptv3.toml").unwrap();
    let first = plain.find("\n[[step]]").unwrap();
    let made = |name: &str, pipeline: &str, more: &[&str]| {
        let (file, target) = (dir.path().join(format!("{name}.toml")), dir.path().join(name));
        fs::write(&file, pipeline).unwrap();
        let scans = data.join("scans");
        expect(0, &[&["augment", "-p", text(&file), text(&scans), "-o", text(&target)], more].concat());
        target
    };
    let base = rows_of(&made("plain", &plain, &[]), |_| true);
    assert!(base.len() > 100);
    let more = made("more", &plain, &["--variants", "5"]);
    assert!(base == rows_of(&more, |sample| !sample.ends_with("v005")));
    let before = format!("{}{never}{}", &plain[..first], &plain[first..]);
    assert!(base == rows_of(&made("before", &before, &[]), |_| true));
    assert!(base == rows_of(&made("after", &(plain + never), &[]), |_| true));
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
