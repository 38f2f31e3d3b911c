//! Every fault that can be planted is found by its rule, at its place; clean data stays clean.
//! The results are `docs/audit-recall.md`: `make regenerate` rewrites it.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test that cannot go on says where

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use dataprep::audit::report::Report;
use dataprep::audit::{Annotation, Engine, Finding, Needs, Profile, Settings, Severity, rules};
use dataprep::load::{self, Request, Wanted};
use dataprep::pipeline::{self, ConfigFile, Effort};
use dataprep::store::Folder;
use dataprep::synth::{self, Fault, Options, Planted, Truth, faults};
use rayon::prelude::*;

/// Makes a small data set in a new folder and audits it.
fn audited(options: &Options, settings: &Settings) -> (Report, Option<Planted>) {
    let dir = tempfile::tempdir().unwrap();
    synth::generate(&Folder::new(dir.path()), options, &|_| {}).unwrap();
    let truth: Truth = serde_json::from_slice(&fs::read(dir.path().join("truth.json")).unwrap()).unwrap();
    let request = Request { scans: vec![dir.path().join("scans")], extras: true, ..Request::default() };
    let found = load::discover(&request).unwrap();
    let catalogue = load::catalogue(&found);
    let path = Some(dir.path().join("dataprep.toml")).filter(|path| path.exists());
    let planted = ConfigFile::load(path.as_deref(), &[]).unwrap().audit;
    let settings = Settings { preview: settings.preview, profile: settings.profile.clone(), ..planted };
    let today = "2026-01-01".parse::<toml::value::Datetime>().unwrap().date.unwrap();
    let engine = Engine::new(&settings).unwrap().today(today);
    let wanted = Wanted { superpoints: found.superpoints.as_deref(), ..Wanted::default() };
    let load = |entry: &_| load::scan(entry, &catalogue.labels, wanted);
    let stop = std::sync::atomic::AtomicBool::new(false);
    let effort = Effort { workers: 1, stop: &stop, cache: None };
    let mut report = pipeline::audit(&catalogue, &engine, &load, &|_| {}, effort).unwrap().report;
    let root = format!("{}/", dir.path().display());
    for finding in &mut report.findings {
        finding.file = finding.file.as_deref().map(|f| f.strip_prefix(&root).unwrap_or(f).to_owned());
    }
    (report, truth.planted)
}

/// Everything that can run.
fn everything() -> Settings {
    let profile = Profile::names().into_iter().map(ToOwned::to_owned).collect();
    Settings { preview: true, profile, ..Settings::default() }
}

fn is_at(finding: &Finding, place: &Planted) -> bool {
    finding.code == place.code
        && finding.scene_id == place.scene_id
        && finding.object_id == place.object_id
        && finding.ann_id == place.ann_id.as_deref().map(Annotation::of)
        && (place.file.is_none() || finding.file == place.file)
}

#[test]
fn there_is_a_fault_for_each_rule() {
    let planted: BTreeSet<&str> = faults().map(|f| f.code).collect();
    let codes: BTreeSet<&str> = rules::RULES.iter().map(|r| r.meta().code).collect();
    assert_eq!(planted.len(), faults().count(), "a code has two faults");
    assert!(planted.is_subset(&codes), "{:?}", planted.difference(&codes));
    let without: Vec<_> = codes.difference(&planted).collect();
    assert!(without.is_empty(), "rules without a fault to find: {without:?}");
}

#[test]
fn every_planted_fault_is_found_at_its_place() {
    let rows: BTreeMap<&str, String> =
        faults().collect::<Vec<_>>().into_par_iter().map(|fault| (fault.code, row(fault))).collect();
    let mut page = String::from(
        "# What the audit finds\n\n*Made by `DATAPREP_REGENERATE=1 cargo test --test planted`; do not edit.*\n\n\
         One fault at a time is planted in made data (`dataprep synth --fault CODE`, 6 scans, or as many as\n\
         the fault needs) and the data set is audited with every rule. *At* is the place planted and found; *besides* are other\n\
         rules of level error or warning that speak of the same fault.\n\n\
         | rule | fault | found | at | besides |\n|---|---|---|---|---|\n",
    );
    for row in rows.values() {
        page += row;
    }
    let missed: Vec<_> = rows.values().filter(|r| r.contains("| **no** |")).collect();
    assert!(missed.is_empty(), "not found where planted:\n{missed:#?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/audit-recall.md");
    if std::env::var_os("DATAPREP_REGENERATE").is_some() {
        fs::write(path, page).unwrap();
    } else {
        assert_eq!(fs::read_to_string(path).unwrap_or_default(), page, "run `make regenerate`");
    }
}

fn row(fault: &'static Fault) -> String {
    let (scenes, cameras) = (fault.scenes().max(6), fault.cameras());
    let options = Options { scenes, vertices: 3_000, seed: 5, cameras, fault: Some(fault) };
    let (report, planted) = audited(&options, &everything());
    let place = planted.unwrap();
    assert_eq!(place.code, fault.code);
    let found: Vec<_> = report.findings.iter().filter(|f| f.code == fault.code).collect();
    let (clean, _) = audited(&Options { fault: None, ..options }, &everything());
    // What is said of clean data in the same words was not found because of the fault.
    let said = |f: &Finding| (f.fingerprint.clone(), f.message.clone(), f.evidence.clone());
    let said_anyway: Vec<_> = clean.findings.iter().map(said).collect();
    let hit = found.iter().any(|f| is_at(f, &place) && !said_anyway.contains(&said(f)));
    if !hit {
        eprintln!("{}: planted {place:?}, found {found:#?}", fault.code);
    }
    let clean: BTreeSet<_> = clean.findings.into_iter().map(|f| f.fingerprint).collect();
    let besides: BTreeSet<_> = report
        .findings
        .iter()
        .filter(|f| f.code != fault.code && f.severity < Severity::Info && !clean.contains(&f.fingerprint))
        .map(|f| f.code.as_str())
        .collect();
    let at = [place.scene_id, place.object_id.map(|o| o.to_string()), place.ann_id];
    let mut at = at.into_iter().flatten().collect::<Vec<_>>().join("/");
    if let Some(file) = place.file {
        let name = file.rsplit('/').next().unwrap_or(&file).to_owned();
        write!(at, "{}`{name}`", if at.is_empty() { "" } else { " " }).unwrap();
    }
    let found = if hit { "yes" } else { "**no**" };
    let besides = besides.into_iter().collect::<Vec<_>>().join(" ");
    format!("| {} | {} | {found} | {at} | {besides} |\n", fault.code, fault.what)
}

#[test]
fn clean_data_of_many_seeds_has_neither_errors_nor_warnings() {
    let wrong: Vec<String> = (0..10_u64)
        .into_par_iter()
        .flat_map_iter(|seed| {
            let options =
                Options { scenes: 5, vertices: 2_500 + 300 * seed as u32, seed, cameras: true, fault: None };
            let (report, _) = audited(&options, &Settings::default());
            assert_eq!(report.summary.scans, 5);
            let bad = report.findings.into_iter().filter(|f| f.severity < Severity::Info);
            bad.map(move |f| format!("seed {seed}: {} {}: {}", f.code, f.place(), f.message))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn rules_that_need_something_wait_for_it() {
    for rule in rules::RULES.iter().map(|r| r.meta()).filter(|m| m.needs != Needs::Nothing) {
        let settings = Settings { select: vec![rule.code.into()], ..Settings::default() };
        assert!(Engine::new(&settings).is_err(), "{}", rule.code);
    }
}
