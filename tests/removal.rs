//! Steps that remove points never lose an object that a sentence is about.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::AddAssign;
use std::path::Path;

use dataprep::augment::{Augmenter, Outcome, Variant};
use dataprep::load;
use dataprep::pipeline::Config;
use dataprep::scene::{Description, ScanEntry, Scene};
use dataprep::store::Folder;
use dataprep::synth::{self, Options};
use rayon::prelude::*;

mod pages;

const ROOMS: usize = 1_000;

/// Each op that removes points, far stronger than anyone would set it.
const STEPS: [(&str, &str); 7] = [
    ("drop-points, 90 %", "op = 'drop-points'\nratio = 0.9"),
    ("grid-sample, 50 cm", "op = 'grid-sample'\ncell-m = 0.5"),
    ("crop-sphere, half", "op = 'crop-sphere'\nratio = 0.5"),
    ("crop-sphere, 1.5 m", "op = 'crop-sphere'\nradius-m = 1.5"),
    ("crop-box, 2 m", "op = 'crop-box'\nsize-m = [2.0, 2.0, 2.0]"),
    ("limit-points, 20 points", "op = 'limit-points'\ncount = 20"),
    (
        "limit-points, SPFormer's windows",
        "op = 'limit-points'\nhow = 'spformer'\ncount = 300\nwindow-m = 8\nstep-m = 0.5",
    ),
];

/// What was counted of one step.
#[derive(Clone, Copy, Default)]
struct Counted {
    runs: usize,
    applied: usize,
    recentred: usize,
    stood_back: usize,
    /// Described objects, and how many of them had no point left.
    targets: usize,
    lost: usize,
    /// The same as if no sentence had spoken of them.
    unguarded: usize,
    unguarded_lost: usize,
}

impl AddAssign for Counted {
    fn add_assign(&mut self, other: Self) {
        for (own, more) in [
            (&mut self.runs, other.runs),
            (&mut self.applied, other.applied),
            (&mut self.recentred, other.recentred),
            (&mut self.stood_back, other.stood_back),
            (&mut self.targets, other.targets),
            (&mut self.lost, other.lost),
            (&mut self.unguarded, other.unguarded),
            (&mut self.unguarded_lost, other.unguarded_lost),
        ] {
            *own += more;
        }
    }
}

/// How many of the objects have no point.
fn lost(made: &Variant, targets: &BTreeSet<i32>) -> usize {
    let left: BTreeSet<i32> = made.scene.points.object.iter().copied().collect();
    targets.difference(&left).count()
}

fn count(pipeline: &Augmenter, scene: &Scene, all: &[Description], nth: usize) -> Counted {
    let owners: BTreeSet<i32> = scene.points.object.iter().copied().collect();
    let targets: BTreeSet<i32> =
        all.iter().map(|d| d.object_id).filter(|target| owners.contains(target)).collect();
    let mut counted = Counted::default();
    // All that is described, and one thing by itself, which a crop can hold more often.
    let one: BTreeSet<i32> = targets.iter().copied().cycle().skip(nth).take(1).collect();
    for (variant, guarded) in [(1, &targets), (2, &one)] {
        let of: Vec<Description> = all.iter().filter(|d| guarded.contains(&d.object_id)).cloned().collect();
        let made = pipeline.variant(scene, &of, variant).unwrap();
        let step = &made.provenance.steps[0];
        counted.runs += 1;
        counted.applied += usize::from(step.applied);
        counted.recentred += usize::from(step.recentred);
        counted.stood_back += usize::from(step.outcome == Outcome::Skipped);
        counted.targets += guarded.len();
        counted.lost += lost(&made, guarded);
        let free = pipeline.variant(scene, &[], variant).unwrap();
        counted.unguarded += targets.len();
        counted.unguarded_lost += lost(&free, &targets);
    }
    counted
}

#[test]
fn no_described_object_is_lost_in_a_thousand_rooms() {
    // Thousands of small files, each flushed: in memory where there is such a place.
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    // Every third room is scanned twice, and the second scan has no sentences.
    let scenes = (ROOMS * 4).div_ceil(3) as u32;
    let options = Options { scenes, vertices: 1_000, seed: 77, cameras: false, fault: None };
    synth::generate(&Folder::new(dir.path()), &options, &|_| {}).unwrap();
    let request = load::Request { scans: vec![dir.path().join("scans")], ..load::Request::default() };
    let catalogue = load::catalogue(&load::discover(&request).unwrap());
    let described = |entry: &&ScanEntry| !catalogue.descriptions_of(&entry.id).is_empty();
    let rooms: Vec<&ScanEntry> = catalogue.scans.iter().filter(described).take(ROOMS).collect();
    assert_eq!(rooms.len(), ROOMS);
    let pipelines = STEPS.map(|(_, step)| {
        let config = Config::parse(Path::new("p.toml"), format!("[[step]]\n{step}\n")).unwrap();
        Augmenter { steps: config.steps, text: config.text, seed: config.sample.seed }
    });
    let counted = rooms.par_iter().enumerate().map(|(nth, entry)| {
        let scene = load::scan(entry, &catalogue.labels, load::Wanted::default()).scene;
        pipelines.each_ref().map(|step| count(step, &scene, catalogue.descriptions_of(&entry.id), nth))
    });
    let counted = counted.reduce(
        || [Counted::default(); STEPS.len()],
        |mut all, one| {
            all.iter_mut().zip(one).for_each(|(all, one)| *all += one);
            all
        },
    );
    let mut table = String::from(
        "| step | runs | applied | of these moved to the objects | stood back | described objects | lost | lost if \
         nothing guarded them |\n|---|---|---|---|---|---|---|---|\n",
    );
    for ((name, _), c) in STEPS.iter().zip(&counted) {
        let share = 100.0 * c.unguarded_lost as f64 / c.unguarded as f64;
        let (runs, applied, moved, back) = (c.runs, c.applied, c.recentred, c.stood_back);
        let (targets, lost, free) = (c.targets, c.lost, c.unguarded_lost);
        writeln!(
            table,
            "| {name} | {runs} | {applied} | {moved} | {back} | {targets} | {lost} | {free} ({share:.1} %) |"
        )
        .unwrap();
    }
    println!("{table}");
    for ((name, _), c) in STEPS.iter().zip(&counted) {
        assert_eq!(c.lost, 0, "{name}\n{table}");
        assert!(c.applied > 100 && c.unguarded_lost > 0, "{name} tries too little\n{table}");
    }
    pages::fill("docs/augment.md", "removal", &table);
}
