//! The bytes of every pipeline that ships, and of one with every step there is, on the made scans of
//! `testdata/`, on every machine.
//!
//! The hashes are of the manifests, which hold a hash of every shard, and change with the version.
//! `make regenerate` rewrites them; a change that was not meant to change bytes must not.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{expect, text};
use dataprep::augment::OPS;

#[test]
fn the_pipeline_of_every_step_has_every_step() {
    let text = fs::read_to_string("tests/pipelines/every-step.toml").unwrap();
    for op in OPS {
        assert!(text.contains(&format!("op = \"{}\"", op.name)), "{}", op.name);
    }
}

#[test]
fn every_pipeline_gives_its_golden_bytes() {
    let golden_path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden.json");
    let mut found = BTreeMap::new();
    let files = ["pipelines", "tests/pipelines"].into_iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut pipelines: Vec<_> = files.map(|e| e.unwrap().path()).collect();
    pipelines.sort();
    for pipeline in pipelines.iter().filter(|p| p.extension().is_some_and(|e| e == "toml")) {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        expect(0, &["augment", "-p", text(pipeline), "-o", text(&out), "--verify"]);
        let manifest = fs::read(out.join("manifest.json")).unwrap();
        let name = pipeline.file_stem().unwrap().to_string_lossy().into_owned();
        found.insert(name, blake3::hash(&manifest).to_hex().to_string());
        expect(0, &["verify", text(&out)]);
    }
    if std::env::var_os("DATAPREP_REGENERATE").is_some() {
        fs::write(&golden_path, format!("{:#}\n", serde_json::json!(found))).unwrap();
    }
    let golden: BTreeMap<String, String> =
        serde_json::from_slice(&fs::read(&golden_path).unwrap_or_default()).unwrap_or_default();
    assert_eq!(found, golden, "bytes changed; if that was meant, run `make regenerate`");
}
