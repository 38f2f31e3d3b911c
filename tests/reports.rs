//! Reports as a user asks for them: several in one run, each file whole, the same as on stdout.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

mod common;

use std::fs;

use common::{dataprep, expect, synth, text};

const FORMS: [&str; 11] = [
    "full",
    "concise",
    "grouped",
    "json",
    "json-lines",
    "sarif",
    "github",
    "gitlab",
    "junit",
    "markdown",
    "html",
];

#[test]
fn one_run_writes_every_form_and_each_is_what_stdout_would_show() {
    let dir = tempfile::tempdir().unwrap();
    synth(dir.path(), 2, 3_000);
    let scans = dir.path().join("scans");
    let mesh = scans.join("scene0000_00/scene0000_00_vh_clean_2.ply");
    fs::write(&mesh, &fs::read(&mesh).unwrap()[..2_000]).unwrap();

    let out = dir.path().join("out");
    let targets = FORMS.map(|form| format!("{form}={}", text(&out.join("deep").join(form))));
    let mut args = vec!["audit", text(&scans), "--isolated"];
    args.extend(targets.iter().flat_map(|target| ["--report", target]));
    let run = expect(1, &args);
    let messages = String::from_utf8(run.stderr).unwrap();
    assert_eq!(messages.matches("\nwrote ").count(), FORMS.len(), "{messages}");

    let mut files: Vec<_> = fs::read_dir(out.join("deep"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let mut forms = FORMS.to_vec();
    forms.sort_unstable();
    assert_eq!(files, forms, "no other file, and none half written");
    for form in FORMS {
        let shown = expect(1, &["audit", text(&scans), "--isolated", "--output-format", form]).stdout;
        let written = fs::read(out.join("deep").join(form)).unwrap();
        assert!(shown == written, "{form}\n{}", String::from_utf8_lossy(&written));
        assert!(String::from_utf8(written).unwrap().contains("FIL102"), "{form}");
    }
    assert_eq!(run.stdout, fs::read(out.join("deep/full")).unwrap());
}

#[test]
fn a_page_holds_what_was_asked_for_and_is_the_same_for_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    synth(dir.path(), 3, 3_000);
    let references = dir.path().join("ScanRefer_filtered_train.json");
    let sentences = fs::read_to_string(&references).unwrap();
    fs::write(&references, sentences.replacen("\"object_name\": \"", "\"object_name\": \"wrong_", 9))
        .unwrap();
    let scans = dir.path().join("scans");
    let page = |more: &[&str]| {
        let args = ["audit", text(&scans), "--isolated", "--exit-zero", "--output-format", "html"];
        String::from_utf8(expect(0, &[&args[..], more].concat()).stdout).unwrap()
    };
    let whole = page(&["-j", "1"]);
    assert!(whole == page(&["-j", "3"]));
    assert!(whole.contains("\"jpeg\":\"/9j/") && whole.contains("\"extent\":["));
    let bare = page(&["--no-pictures", "--no-text"]);
    assert!(bare.contains("neither pictures nor sentences") && !bare.contains("\"jpeg\":"));
    assert!(!bare.contains("\"extent\":[") && !bare.contains("wrong_"), "{bare}");
    assert!(bare.len() < 120_000, "{}", bare.len());
}

#[test]
fn colours_are_for_terminals_that_ask_and_never_for_files() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("grouped.txt");
    let report = format!("grouped={}", text(&file));
    let args =
        ["audit", "testdata/scans", "--color", "always", "--output-format", "grouped", "--report", &report];
    let run = dataprep().env_remove("NO_COLOR").args(args).output().unwrap();
    assert!(run.status.success());
    assert!(run.stdout.contains(&0x1b));
    assert!(!fs::read(&file).unwrap().contains(&0x1b));
}

#[test]
fn a_report_that_cannot_be_written_leaves_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("kept"), "kept").unwrap();
    let report = format!("json={}", text(&dir.path().join("kept/audit.json")));
    expect(75, &["audit", "testdata/scans", "--report", &report]);
    assert_eq!(fs::read_to_string(dir.path().join("kept")).unwrap(), "kept");
}
