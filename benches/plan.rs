//! What a plan of a million scans costs, and the commit of 40,000 units.
//!
//! `cargo bench --bench plan`. Names, sizes and digests are made up; everything that is done with them is
//! real. Each part runs in a process of its own, so that its peak of memory is its own (Linux tells it).

#![allow(clippy::print_stdout)] // what was measured

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use dataprep::load::{self, Found};
use dataprep::pipeline::{Config, Overrides, Plan, Progress, Session, plan};
use dataprep::scene::ScanEntry;
use dataprep::store::Folder;
use dataprep::synth;
use dataprep::write::Input;

const PIPELINE: &str = "[sample]\nvariants = 4\n[output]\nshard-size-mb = SIZE\n[[step]]\nop = \"rotate\"\n";
const FILES: [&str; 4] = ["_vh_clean_2.ply", ".aggregation.json", "_vh_clean_2.0.010000.segs.json", ".txt"];

fn main() {
    let program = std::env::current_exe().expect("this program");
    match std::env::args().nth(1).as_deref() {
        Some("a-million-scans") => a_million_scans(),
        Some("40000-units") => forty_thousand_units(),
        _ => {
            for part in ["a-million-scans", "40000-units"] {
                let status = Command::new(&program).arg(part).status().expect("it starts");
                assert!(status.success(), "{part}: {status}");
            }
        }
    }
}

/// The scene ids of ScanNet go to 9999; these go on.
fn id(n: usize) -> String {
    format!("scene{:07}_{:02}", n / 10, n % 10)
}

fn config(dir: &Path, megabytes: u32) -> Config {
    let file = dir.join("pipeline.toml");
    fs::write(&file, PIPELINE.replace("SIZE", &megabytes.to_string())).expect("a folder to write in");
    let scans = vec![dir.join("scans")];
    Config::read(&file, &Overrides { scans, ..Overrides::default() }).expect("the pipeline is right")
}

/// The plan of so many scans of 150,000 vertices, of which only names, sizes and digests are there.
fn plan_of(config: &Config, scans: usize) -> Plan {
    let scans = (0..scans).map(|n| ScanEntry { id: id(n), dir: PathBuf::from(format!("/scans/{}", id(n))) });
    let found = Found { scans: scans.collect(), ..Found::default() };
    let catalogue = load::catalogue(&found);
    let files = |scan: &ScanEntry| {
        let file = |end: &&str| {
            let name = format!("{}/{}{end}", scan.id, scan.id);
            let blake3 = blake3::hash(name.as_bytes()).into();
            Input { name, bytes: 6_300_000, blake3 }
        };
        Ok(FILES.iter().map(file).collect())
    };
    Plan::of(config, &found, &catalogue, Vec::new(), &files).expect("there is nothing wrong with it")
}

fn report(what: &str, began: Instant) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:")).and_then(|l| l.trim().strip_suffix(" kB"));
    let peak = peak.and_then(|kb| kb.trim().parse::<u64>().ok());
    let peak = peak.map_or("unknown".to_owned(), |kb| format!("{:.2} GiB", kb as f64 / f64::from(1 << 20)));
    println!("{what}: {:.1} s, peak of memory so far {peak}", began.elapsed().as_secs_f64());
}

fn a_million_scans() {
    let dir = tempfile::tempdir().expect("a folder to write in");
    let began = Instant::now();
    let plan = plan_of(&config(dir.path(), 512), 1_000_000);
    report(&format!("planning 1,000,000 scans into {} units", plan.units.len()), began);
    let out = Folder::new(dir.path().join("out"));
    let session = Session::open(plan, out).expect("the plan is whole");
    let _lock = session.prepare(dataprep::pipeline::Existing::Refuse, false).expect("an empty folder");
    report("the same, and written down", began);
    let path = session.plan_path();
    drop(session);
    let began = Instant::now();
    let (plan, _) = Plan::find(&path).expect("it was written");
    report(&format!("reading it back, {} MB", fs::metadata(&path).map_or(0, |m| m.len()) / 1_000_000), began);
    assert_eq!(plan.inputs.len(), 4_000_000);
}

fn forty_thousand_units() {
    let dir = tempfile::tempdir().expect("a folder to write in");
    // What a real unit leaves behind, to be multiplied.
    let made = Folder::new(dir.path());
    let options = synth::Options { scenes: 3, vertices: 5_000, seed: 1, fault: None, cameras: false };
    synth::generate(&made, &options, &|_| {}).expect("made scans");
    let one = plan(&config(dir.path(), 1), &mut Vec::new()).expect("it is planned");
    let real = Session::open(one, Folder::new(dir.path().join("real"))).expect("the plan is whole");
    let _lock = real.prepare(dataprep::pipeline::Existing::Refuse, false).expect("an empty folder");
    let one = real.plan.units.iter().position(|unit| unit.scans.len() == 1).expect("a unit of one scan");
    real.run(&[one], 1, &Progress::default(), &AtomicBool::new(false)).expect("it runs");
    let marker = real.marker(&real.plan.units[one]).expect("it can be read").expect("it was made");
    let text = serde_json::to_string(&marker).expect("strings and numbers");
    let scan = &real.plan.units[one].scans[0];

    // A scan a unit, or two where the first bits of their hashes are the same.
    let out = Folder::new(dir.path().join("out"));
    let session = Session::open(plan_of(&config(dir.path(), 1), 40_000), out).expect("the plan is whole");
    let _lock = session.prepare(dataprep::pipeline::Existing::Refuse, false).expect("an empty folder");
    let units = session.plan_path().with_file_name("units");
    fs::create_dir_all(&units).expect("a folder to write in");
    for table in ["scenes", "objects", "descriptions"] {
        fs::create_dir_all(session.store.path(table)).expect("a folder to write in");
    }
    for unit in &session.plan.units {
        let other = |from: &str, to: &str| (format!("\"{from}"), format!("\"{to}"));
        let renamed = [
            (marker.plan_id.clone(), session.plan.plan_id.clone()),
            (marker.unit.clone(), unit.name.clone()),
            other(scan, &unit.scans[0]),
        ];
        let text = renamed.iter().fold(text.clone(), |text, (from, to)| text.replace(from, to));
        let marker: dataprep::pipeline::Marker = serde_json::from_str(&text).expect("a marker");
        for file in &marker.shard.files {
            let made = File::create(session.store.path(&file.file)).expect("a file");
            made.set_len(file.bytes).expect("a file with holes");
        }
        fs::write(units.join(format!("{}.json", unit.name)), text).expect("a file");
    }
    let began = Instant::now();
    let committed = session.commit().expect("every unit is done");
    let rows = committed.manifest.scenes.len();
    report(&format!("committing {} units, {rows} rows", session.plan.units.len()), began);
    assert_eq!(committed.manifest.shards.len(), session.plan.units.len());
}
