//! Control over findings, from `init` to the baseline, as somebody uses it.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{dataprep, expect, text};
use dataprep::cli::Document;
use serde_json::Value;

/// Makes a data set; again, in place of one that was made.
fn made(dir: &Path, more: &[&str]) {
    let options = ["--scenes", "3", "--vertices", "2000", "--seed", "5", "--overwrite"];
    expect(0, &[&["synth", "-o", text(dir)][..], &options, more].concat());
}

/// A data set with one description that names another class, and a configuration for it.
fn faulty(dir: &Path) {
    made(dir, &["--fault", "REF103"]);
    expect(0, &["init", text(dir)]);
}

/// Audits the data set of a folder from inside, and expects an exit code.
fn audit(code: i32, dir: &Path, args: &[&str]) -> Output {
    let mut command = dataprep();
    command.env("DATAPREP_TODAY", "2026-06-01").current_dir(dir);
    let output = command.arg("audit").args(args).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "dataprep audit {}\n{stderr}", args.join(" "));
    output
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn after_init_an_audit_needs_no_arguments() {
    let dir = tempfile::tempdir().unwrap();
    faulty(dir.path());
    let bare =
        expect(1, &["audit", text(&dir.path().join("scans")), "--isolated", "--output-format", "json"]);
    let found = audit(1, dir.path(), &["--output-format", "json"]);
    assert_eq!(json(&found)["summary"], json(&bare)["summary"]);
    assert!(stderr(&found).contains("configuration: dataprep.toml\n"));
    let inside = audit(1, &dir.path().join("scans/scene0000_00"), &["--output-format", "json"]);
    assert_eq!(json(&inside)["summary"], json(&bare)["summary"]);
    let again = expect(2, &["init", text(dir.path())]);
    assert!(stderr(&again).contains("--force"), "{}", stderr(&again));
    let printed = expect(0, &["init", text(dir.path()), "--dry-run"]);
    let config = fs::read_to_string(dir.path().join("dataprep.toml")).unwrap();
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), config);
    let schema: Value = serde_json::from_str(&Document::Config.text()).unwrap();
    let table = serde_json::to_value(config.parse::<toml::Table>().unwrap()).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&table), "editors would complain");
}

#[test]
fn a_suppressed_finding_stays_in_json_with_its_reason_and_counts_again_when_its_day_comes() {
    let dir = tempfile::tempdir().unwrap();
    faulty(dir.path());
    let before = json(&audit(1, dir.path(), &["--output-format", "json"]));
    let wrong = &before["findings"][0];
    assert_eq!((&wrong["code"], &wrong["state"]), (&"REF103".into(), &"new".into()));
    let path = dir.path().join("dataprep.toml");
    let config = fs::read_to_string(&path).unwrap();
    let entry = |expires: &str| {
        format!(
            "{config}\n[[audit.suppress]]\nrule = \"wrong-name\"\nscene = {}\nobject = {}\nann = {}\nreason = \"known\"\n{expires}",
            wrong["scene_id"], wrong["object_id"], wrong["ann_id"]
        )
    };
    fs::write(&path, entry("expires = 2026-06-02\n")).unwrap();
    let after = json(&audit(0, dir.path(), &["--output-format", "json", "--fail-on", "warning"]));
    let finding = after["findings"].as_array().unwrap().iter().find(|f| f["code"] == "REF103").unwrap();
    assert_eq!(finding["state"], "suppressed");
    assert_eq!(finding["suppression"], serde_json::json!({ "reason": "known", "expires": "2026-06-02" }));
    assert_eq!((&after["summary"]["errors"], &after["summary"]["suppressed"]), (&0.into(), &1.into()));
    let shown = String::from_utf8(audit(0, dir.path(), &["--show-suppressed"]).stdout).unwrap();
    assert!(shown.contains("because known (until 2026-06-02)"), "{shown}");
    let hidden = String::from_utf8(audit(0, dir.path(), &[]).stdout).unwrap();
    assert!(!hidden.contains("REF103") && hidden.contains("Known: 1 suppressed."), "{hidden}");

    fs::write(&path, entry("expires = 2026-06-01\n")).unwrap();
    let expired = json(&audit(1, dir.path(), &["--output-format", "json"]));
    let cfg = expired["findings"].as_array().unwrap().iter().find(|f| f["code"] == "CFG102").unwrap();
    assert_eq!((&cfg["file"], &cfg["evidence"]["findings"]), (&"dataprep.toml".into(), &1.into()));
}

#[test]
fn a_baseline_hides_what_was_there_fails_on_what_is_new_and_only_shrinks() {
    let dir = tempfile::tempdir().unwrap();
    faulty(dir.path());
    audit(1, dir.path(), &[]);
    audit(0, dir.path(), &["--write-baseline", "known/b.json"]);
    let file = dir.path().join("known/b.json");
    let written = fs::read_to_string(&file).unwrap();
    let path = dir.path().join("dataprep.toml");
    let config = fs::read_to_string(&path).unwrap();
    fs::write(&path, config.replace("# baseline = \"baseline.json\"", "baseline = \"known/b.json\""))
        .unwrap();
    let quiet = audit(0, dir.path(), &["--fail-on", "info"]);
    assert!(!stderr(&quiet).contains("not found any more"));
    let shown = String::from_utf8(audit(0, dir.path(), &["--show-baseline"]).stdout).unwrap();
    assert!(shown.contains("in the baseline\n") && shown.contains("REF103 [error]"), "{shown}");
    audit(0, dir.path(), &["--prune-baseline"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), written, "nothing to prune");

    // The one is mended, another is broken.
    made(dir.path(), &[]);
    let references = dir.path().join("ScanRefer_filtered_train.json");
    let mut records: Value = serde_json::from_slice(&fs::read(&references).unwrap()).unwrap();
    records[0]["object_name"] = "accordion".into();
    fs::write(&references, serde_json::to_vec(&records).unwrap()).unwrap();
    let changed = stderr(&audit(1, dir.path(), &[]));
    assert!(changed.contains("known findings (REF103 1) are not found any more"), "{changed}");
    let part = audit(1, dir.path(), &["--sample", "2"]);
    assert!(!stderr(&part).contains("not found any more"));
    let pruned = stderr(&audit(1, dir.path(), &["--prune-baseline"]));
    assert!(pruned.contains("known findings (REF103 1) out of known/b.json"), "{pruned}");
    let counts = |text: &str| serde_json::from_str::<Value>(text).unwrap()["rules"].clone();
    assert_eq!(counts(&written)["REF103"]["count"], 1);
    assert!(counts(&fs::read_to_string(&file).unwrap())["REF103"].is_null());
}

#[test]
fn a_scan_can_be_spared_a_rule_and_a_section_of_pyproject_says_so() {
    let dir = tempfile::tempdir().unwrap();
    faulty(dir.path());
    fs::remove_file(dir.path().join("dataprep.toml")).unwrap();
    let text = "[project]\nname = \"x\"\n[tool.dataprep.dataset]\nscans = [\"scans\"]\n\
                [tool.dataprep.audit.per-scan-ignores]\n\"scene0000_*\" = [\"REF1\"]\n";
    fs::write(dir.path().join("pyproject.toml"), text).unwrap();
    let report = json(&audit(0, dir.path(), &["--output-format", "json"]));
    assert!(report["findings"].as_array().unwrap().iter().all(|f| f["code"] != "REF103"));
    audit(1, dir.path(), &["--config", "audit.per-scan-ignores.\"scene0000_*\" = []"]);
    audit(1, dir.path(), &["scans", "--isolated"]);
}
