//! How long the audit takes: every rule on a scan of official size, and every rule on as many
//! descriptions as ScanRefer's train and val lists have. `cargo bench --bench audit`.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use dataprep::audit::{Engine, Settings, Summary};
use dataprep::load::{self, Request, Wanted};
use dataprep::scene::{Catalogue, Description, Scan};
use dataprep::store::Folder;
use dataprep::synth::{self, Options};

/// Descriptions of ScanRefer's train and val lists together.
const DESCRIPTIONS: usize = 36_665 + 9_508;

fn catalogue_of(options: &Options) -> (tempfile::TempDir, Catalogue) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    synth::generate(&Folder::new(dir.path()), options, &|_| {}).expect("made scans");
    let request = Request { scans: vec![dir.path().join("scans")], ..Request::default() };
    let catalogue = load::catalogue(&load::discover(&request).expect("the scans"));
    (dir, catalogue)
}

fn bench(c: &mut Criterion) {
    let engine = Engine::new(&Settings::default()).expect("the rules");

    let options = Options { scenes: 1, vertices: 150_000, seed: 1, fault: None, cameras: false };
    let (_dir, catalogue) = catalogue_of(&options);
    let scan = load::scan(&catalogue.scans[0], &catalogue.labels, Wanted::default());
    let mut group = c.benchmark_group("audit");
    group.bench_function("every rule, one scan of 150,000 vertices", |b| {
        b.iter(|| engine.scan(&scan, &catalogue));
    });

    let catalogue =
        many(catalogue_of(&Options { scenes: 40, vertices: 5_000, seed: 2, fault: None, cameras: false }).1);
    let scans: Vec<Scan> = catalogue.described_scenes().map(empty).collect();
    group.sample_size(10).bench_function("every rule, 46,173 descriptions", |b| {
        b.iter_batched(
            Summary::default,
            |mut summary| {
                let mut findings = Vec::new();
                for scan in &scans {
                    let report = engine.scan(scan, &catalogue);
                    findings.extend(report.findings);
                    summary = summary.merge(Summary::of(scan.id(), report.facts)).expect("each scan once");
                }
                engine.finish(findings, &catalogue, &summary)
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

/// A scan of which nothing but the id is known, so that only its descriptions are looked at.
fn empty(id: &str) -> Scan {
    let mut scan = Scan::default();
    id.clone_into(&mut scan.scene.id);
    scan
}

/// As many descriptions as ScanRefer has: those of `made` over and over, each time of other scans
/// and with a word of their own.
fn many(mut made: Catalogue) -> Catalogue {
    let originals = std::mem::take(&mut made.descriptions);
    let copies = (0..).flat_map(|copy: usize| {
        originals.iter().map(move |d| Description {
            scene_id: format!("scene{:04}_00", copy * 100 + d.scene_id[5..9].parse::<usize>().unwrap_or(0)),
            text: format!("{} in room {copy}", d.text),
            tokens: d.tokens.iter().cloned().chain(["in".into(), "room".into(), copy.to_string()]).collect(),
            ..d.clone()
        })
    });
    made.descriptions = copies.take(DESCRIPTIONS).collect();
    made.splits.clear();
    made.scans.clear();
    made.index();
    made
}

criterion_group!(benches, bench);
criterion_main!(benches);
