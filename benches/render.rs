//! How long pictures take: a made scan of 150,000 vertices, 300,000 faces. `cargo bench --bench render`.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use criterion::{Criterion, criterion_group, criterion_main};
use dataprep::load::{self, Request, Wanted};
use dataprep::render::{Look, MANY, Size, View, best_side, cloud, jpeg, level, picture};
use dataprep::store::Folder;
use dataprep::synth::{self, Options};

fn bench(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let options = Options { scenes: 1, vertices: 150_000, seed: 1, fault: None, cameras: false };
    synth::generate(&Folder::new(dir.path()), &options, &|_| {}).expect("a made scan");
    let request = Request { scans: vec![dir.path().join("scans")], ..Request::default() };
    let catalogue = load::catalogue(&load::discover(&request).expect("the scan"));
    let scene = load::scan(&catalogue.scans[0], &catalogue.labels, Wanted::default()).scene;
    let targets = [catalogue.descriptions.first().expect("a description").object_id];
    let look = |view| Look { targets: &targets, ..Look::at(view, Size::Exactly(320, 240)) };

    let mut group = c.benchmark_group("render");
    group.bench_function("the best of eight sides", |b| b.iter(|| best_side(&scene, &targets)));
    let best = best_side(&scene, &targets);
    group.bench_function("a picture from the top", |b| b.iter(|| picture(&scene, &look(View::Top))));
    group.bench_function("a picture from the side, close", |b| {
        b.iter(|| picture(&scene, &Look { close: true, ..look(best) }));
    });
    let drawn = picture(&scene, &look(best));
    group.bench_function("JPEG", |b| b.iter(|| jpeg(&drawn, MANY).expect("a file")));
    group.bench_function("a cloud of 30,000 points", |b| {
        b.iter(|| cloud(&scene, 30_000, &targets, &level(&scene)));
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
