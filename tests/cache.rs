//! The audit's cache: it saves work and never changes an answer.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use common::{dataprep, expect, synth, text};
use dataprep::Kind;
use dataprep::audit::{Engine, Settings, report};
use dataprep::load::{self, Request, Wanted};
use dataprep::pipeline::{AuditRun, Cache, Cleaned, Effort, Strategy, audit};
use serde_json::Value;

/// Made scans, some of whose descriptions call things zebras.
struct Data {
    dir: tempfile::TempDir,
}

const SCANS: usize = 4;

impl Data {
    fn new() -> Self {
        let data = Self { dir: tempfile::tempdir().unwrap() };
        synth(&data.path(""), SCANS as u32, 2000);
        data.describe(|n, record| {
            if n % 7 == 0 {
                record["object_name"] = "zebra".into();
            }
        });
        for scan in data.scans() {
            for file in fs::read_dir(scan).unwrap() {
                age(&file.unwrap().path(), 3600);
            }
        }
        data
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("data").join(name)
    }

    fn cache(&self, strategy: Strategy) -> Cache {
        Cache::new(self.dir.path().join("cache"), strategy)
    }

    /// The folders of the scans, in order.
    fn scans(&self) -> Vec<PathBuf> {
        let mut scans: Vec<_> =
            fs::read_dir(self.path("scans")).unwrap().map(|e| e.unwrap().path()).collect();
        scans.sort();
        scans
    }

    /// A file of the first scan.
    fn file(&self, suffix: &str) -> PathBuf {
        let scan = &self.scans()[0];
        scan.join(format!("{}{suffix}", scan.file_name().unwrap().to_str().unwrap()))
    }

    /// The file of reports.
    fn pack(&self) -> PathBuf {
        let packs = self.packs();
        assert_eq!(packs.len(), 1);
        packs[0].clone()
    }

    fn packs(&self) -> Vec<PathBuf> {
        let version = self.dir.path().join("cache").join(env!("CARGO_PKG_VERSION"));
        let files = fs::read_dir(version).map(|d| d.map(|e| e.unwrap().path()).collect());
        let files: Vec<PathBuf> = files.unwrap_or_default();
        files.into_iter().filter(|f| f.extension().is_some_and(|e| e == "pack")).collect()
    }

    /// Changes every record of the training references.
    fn describe(&self, change: impl Fn(usize, &mut Value)) {
        let path = self.path("ScanRefer_filtered_train.json");
        let mut records: Vec<Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        records.iter_mut().enumerate().for_each(|(n, record)| change(n, record));
        fs::write(&path, serde_json::to_vec_pretty(&records).unwrap()).unwrap();
    }

    fn run(&self, how: &How<'_>) -> dataprep::Result<AuditRun> {
        let scenes = how.scenes.map(ToOwned::to_owned);
        let request = Request { scans: vec![self.path("scans")], scenes, ..Request::default() };
        let catalogue = load::catalogue(&load::discover(&request).unwrap());
        let engine = Engine::new(&how.settings).unwrap().partial(how.scenes.is_some());
        let load = |entry: &_| load::scan(entry, &catalogue.labels, Wanted::default());
        let stop = AtomicBool::new(false);
        let progress = |done| stop.store(how.stop_after == Some(done), Ordering::Relaxed);
        let effort = Effort { workers: how.workers, stop: &stop, cache: how.cache };
        audit(&catalogue, &engine, &load, &progress, effort)
    }

    /// The report as JSON, and how many scans came from the cache.
    fn audit(&self, cache: &Cache) -> (String, usize) {
        let run = self.run(&How { cache: Some(cache), ..How::default() }).unwrap();
        assert!(run.unsaved.is_none(), "{:?}", run.unsaved);
        (report::json(&run.report), run.cached)
    }

    /// The report as JSON, made anew.
    fn truth(&self) -> String {
        report::json(&self.run(&How::default()).unwrap().report)
    }
}

struct How<'a> {
    cache: Option<&'a Cache>,
    workers: usize,
    settings: Settings,
    scenes: Option<&'a str>,
    stop_after: Option<usize>,
}

impl Default for How<'_> {
    fn default() -> Self {
        Self { cache: None, workers: 2, settings: Settings::default(), scenes: None, stop_after: None }
    }
}

/// Makes a file as old as this.
fn age(path: &Path, seconds: u64) {
    let then = SystemTime::now() - Duration::from_secs(seconds);
    File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
}

/// Changes a file some time ago.
fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
    age(path, 1800);
}

/// Replaces the first `from` by `to`.
fn swap(bytes: &mut [u8], from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
}

#[test]
fn the_report_is_the_same_to_the_byte_with_and_without() {
    let data = Data::new();
    let truth = data.truth();
    assert!(truth.contains("REF103") && truth.contains("zebra"));
    for strategy in [Strategy::Metadata, Strategy::Content] {
        let cache = data.cache(strategy);
        for (workers, expected) in [(1, 0), (1, SCANS), (2, SCANS)] {
            let run = data.run(&How { cache: Some(&cache), workers, ..How::default() }).unwrap();
            assert_eq!(run.cached, expected);
            assert_eq!(report::json(&run.report), truth);
        }
        fs::remove_dir_all(data.dir.path().join("cache")).unwrap();
        let cold = data.run(&How { cache: Some(&cache), workers: 2, ..How::default() }).unwrap();
        assert_eq!((cold.cached, report::json(&cold.report)), (0, truth.clone()));
    }
}

#[test]
fn what_changed_is_audited_again_and_nothing_else() {
    type Change = fn(&Data);
    let changes: [(&str, Change, usize); 9] = [
        ("nothing", |_| {}, SCANS),
        (
            "a byte of a mesh",
            |d| edit(&d.file("_vh_clean_2.ply"), |b| *b.last_mut().unwrap() ^= 1),
            SCANS - 1,
        ),
        ("an end that is missing", |d| edit(&d.file(".aggregation.json"), |b| b.truncate(90)), SCANS - 1),
        (
            "a label of an object",
            |d| edit(&d.file(".aggregation.json"), |b| swap(b, "chair", "zebra")),
            SCANS - 1,
        ),
        ("a file that is gone", |d| fs::remove_file(d.file("_vh_clean_2.labels.ply")).unwrap(), SCANS - 1),
        (
            "a word of a description",
            |d| edit(&d.path("ScanRefer_filtered_train.json"), |b| swap(b, "\"zebra\"", "\"zebro\"")),
            SCANS - 1,
        ),
        (
            "the label table",
            |d| edit(&d.path("scannetv2-labels.combined.tsv"), |b| swap(b, "chair", "zebra")),
            0,
        ),
        (
            "a split",
            |d| {
                let moved = fs::read_to_string(d.path("scannetv2_train.txt")).unwrap();
                let (kept, moved) = moved.trim_end().rsplit_once('\n').unwrap();
                fs::write(d.path("scannetv2_train.txt"), format!("{kept}\n")).unwrap();
                let val = fs::read_to_string(d.path("scannetv2_val.txt")).unwrap();
                fs::write(d.path("scannetv2_val.txt"), format!("{val}{moved}\n")).unwrap();
            },
            0,
        ),
        (
            "the lines of the references",
            |d| edit(&d.path("ScanRefer_filtered_train.json"), |b| b.insert(0, b'\n')),
            2,
        ),
    ];
    for (what, change, expected) in changes {
        let data = Data::new();
        let cache = data.cache(Strategy::Metadata);
        let before = data.audit(&cache).0;
        change(&data);
        let (after, cached) = data.audit(&cache);
        assert_eq!(cached, expected, "{what}");
        assert_eq!(after, data.truth(), "{what}");
        let unseen = ["nothing", "a byte of a mesh", "the label table"].contains(&what);
        assert!(unseen || after != before, "{what} changed nothing");
        assert_eq!(data.audit(&cache), (after, SCANS), "{what}");
    }
}

#[test]
fn other_settings_are_other_reports() {
    let data = Data::new();
    let cache = data.cache(Strategy::Metadata);
    let severity = [("REF103".to_owned(), dataprep::audit::Severity::Info)].into();
    let mut small = Settings::default();
    small.thresholds.min_target_vertices = 100_000;
    let all = [
        Settings::default(),
        Settings { ignore: vec!["REF103".into()], ..Settings::default() },
        Settings { select: vec!["REF".into()], ..Settings::default() },
        Settings { severity, ..Settings::default() },
        small,
    ];
    let mut seen = Vec::new();
    for expected in [0, SCANS] {
        for settings in &all {
            let how = How { cache: Some(&cache), settings: settings.clone(), ..How::default() };
            let run = data.run(&how).unwrap();
            assert_eq!(run.cached, expected, "{settings:?}");
            seen.push(report::json(&run.report));
        }
    }
    assert_eq!(seen[..all.len()], seen[all.len()..]);
    for n in 0..40 {
        let mut settings = Settings::default();
        settings.thresholds.min_target_vertices = n;
        data.run(&How { cache: Some(&cache), settings, ..How::default() }).unwrap();
    }
    assert_eq!(data.packs().len(), 16, "the cache is bounded");
}

#[test]
fn a_damaged_cache_costs_time_and_nothing_else() {
    let data = Data::new();
    let cache = data.cache(Strategy::Metadata);
    let truth = data.audit(&cache).0;
    let pack = data.pack();
    let whole = fs::read(&pack).unwrap();
    let ways: [fn(&mut Vec<u8>, usize); 3] =
        [|bytes, at| bytes[at] ^= 0x55, |bytes, at| bytes.truncate(at), |bytes, at| bytes[at..].fill(0xff)];
    for (n, at) in (0..whole.len()).step_by(whole.len() / 60).enumerate() {
        let mut damaged = whole.clone();
        ways[n % ways.len()](&mut damaged, at);
        fs::write(&pack, damaged).unwrap();
        let (report, cached) = data.audit(&cache);
        assert!(report == truth && cached < SCANS, "byte {at}");
        assert_eq!(data.audit(&cache), (report, SCANS), "byte {at} is mended");
    }
}

#[test]
fn times_that_prove_nothing_are_not_trusted() {
    let data = Data::new();
    let cache = data.cache(Strategy::Metadata);
    // Written just now, or in a future that a clock made up: it may be written again at that time.
    let file = File::options().write(true).open(data.file(".txt")).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(3600)).unwrap();
    assert_eq!(data.audit(&cache).1, 0);
    assert_eq!(data.audit(&cache).1, SCANS - 1);
    age(&data.file(".txt"), 10);
    data.audit(&cache);
    assert_eq!(data.audit(&cache).1, SCANS);

    // Changed without a trace in size and time.
    let path = data.file(".aggregation.json");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    edit(&path, |bytes| swap(bytes, "chair", "zebra"));
    File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    let (report, cached) = data.audit(&cache);
    assert_eq!(report, data.truth());
    assert_eq!(cached, if cfg!(unix) { SCANS - 1 } else { SCANS });
}

#[test]
fn by_content_copies_are_the_same() {
    for (strategy, expected) in [(Strategy::Metadata, 0), (Strategy::Content, SCANS)] {
        let data = Data::new();
        let cache = data.cache(strategy);
        let report = data.audit(&cache).0;
        for scan in data.scans() {
            for file in fs::read_dir(scan).unwrap() {
                edit(&file.unwrap().path(), |_| {});
            }
        }
        assert_eq!(data.audit(&cache), (report, expected), "{strategy:?}");
        edit(&data.file("_vh_clean_2.ply"), |bytes| *bytes.last_mut().unwrap() ^= 1);
        assert_eq!(data.audit(&cache).1, SCANS - 1, "{strategy:?}");
    }
}

#[test]
fn what_an_interrupted_run_did_is_kept() {
    let data = Data::new();
    let cache = data.cache(Strategy::Metadata);
    let how = How { cache: Some(&cache), workers: 1, stop_after: Some(2), ..How::default() };
    assert_eq!(data.run(&how).unwrap_err().kind(), Kind::Interrupted);
    assert_eq!(data.audit(&cache), (data.truth(), 2));
}

#[test]
fn reports_of_scans_not_asked_for_are_kept_while_the_scans_are_there() {
    let data = Data::new();
    let cache = data.cache(Strategy::Metadata);
    let name = |scan: &Path| scan.file_name().unwrap().to_str().unwrap().to_owned();
    let scans = data.scans();
    for scan in &scans {
        let scene = name(scan);
        let run = data.run(&How { cache: Some(&cache), scenes: Some(&scene), ..How::default() }).unwrap();
        assert_eq!(run.cached, 0);
    }
    assert_eq!(data.audit(&cache), (data.truth(), SCANS), "parts and the whole share reports");

    let away = data.dir.path().join("away");
    fs::rename(&scans[1], &away).unwrap();
    edit(&data.file(".txt"), |bytes| bytes.push(b'\n'));
    assert_eq!(data.audit(&cache).1, SCANS - 2);
    fs::rename(&away, &scans[1]).unwrap();
    assert_eq!(data.audit(&cache), (data.truth(), SCANS - 1), "a scan that is gone is forgotten");
}

#[test]
fn runs_side_by_side_do_not_harm_each_other() {
    let data = Data::new();
    let truth = data.truth();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    assert_eq!(data.audit(&data.cache(Strategy::Metadata)).0, truth);
                    edit(&data.pack(), |bytes| bytes.truncate(bytes.len() / 2));
                }
            });
        }
    });
    data.audit(&data.cache(Strategy::Metadata));
    assert_eq!(data.audit(&data.cache(Strategy::Metadata)), (truth, SCANS));
}

#[test]
fn a_place_that_cannot_be_written_is_said_and_the_run_goes_on() {
    let data = Data::new();
    let root = data.dir.path();
    fs::write(root.join("file"), "mine").unwrap();
    fs::create_dir(root.join("full")).unwrap();
    fs::write(root.join("full/mine"), "mine").unwrap();
    for (place, kind) in [("file", Kind::Io), ("full", Kind::Conflict)] {
        let cache = Cache::new(root.join(place), Strategy::Metadata);
        let run = data.run(&How { cache: Some(&cache), ..How::default() }).unwrap();
        assert_eq!(run.unsaved.unwrap().kind(), kind);
        assert_eq!(report::json(&run.report), data.truth());
    }
    assert_eq!(fs::read_dir(root.join("full")).unwrap().count(), 1);
}

#[test]
fn cleaning_removes_the_cache_and_nothing_else() {
    let data = Data::new();
    let dir = data.dir.path().join("cache");
    assert_eq!(Cache::clean(&dir).unwrap(), None);
    data.audit(&data.cache(Strategy::Metadata));
    let bytes = |path: PathBuf| fs::metadata(path).unwrap().len();
    let total = bytes(data.pack()) + bytes(dir.join("CACHEDIR.TAG")) + bytes(dir.join(".gitignore"));
    assert_eq!(fs::read_to_string(dir.join(".gitignore")).unwrap(), "*\n");
    let cleaned = Cache::clean(&dir).unwrap();
    assert_eq!(cleaned, Some(Cleaned { files: 3, bytes: total, kept_folder: false }));
    assert!(!dir.exists());

    // Without the tag, or with another program's, it is no cache of ours.
    fs::create_dir_all(dir.join("0.1.0")).unwrap();
    fs::write(dir.join("0.1.0/a.pack"), "mine").unwrap();
    for tag in [None, Some("Signature: 8a477f597d28d172789f06886806bc55\n# cargo\n")] {
        if let Some(tag) = tag {
            fs::write(dir.join("CACHEDIR.TAG"), tag).unwrap();
        }
        assert_eq!(Cache::clean(&dir).unwrap_err().kind(), Kind::Conflict);
        assert!(dir.join("0.1.0/a.pack").exists());
    }

    // What is put into the cache by others stays.
    fs::remove_dir_all(&dir).unwrap();
    data.audit(&data.cache(Strategy::Metadata));
    fs::create_dir_all(dir.join("mine")).unwrap();
    for name in ["mine/0123456789abcdef0123456789abcdef.pack", "mine/.tmp-1", "0.1.0/a.pack", "a.pack"] {
        let path = dir.join(name.replace("0.1.0", env!("CARGO_PKG_VERSION")));
        fs::write(path, "mine").unwrap();
    }
    assert!(Cache::clean(&dir).unwrap().unwrap().kept_folder);
    assert!(dir.join("mine/.tmp-1").exists() && dir.join("a.pack").exists());
    assert_eq!(fs::read_dir(dir.join("mine")).unwrap().count(), 2);
    assert_eq!(data.packs().len(), 1);
    assert!(!dir.join("CACHEDIR.TAG").exists());
}

#[test]
fn the_command_line_finds_the_cache_beside_the_configuration() {
    let data = Data::new();
    let root = data.path("");
    fs::write(root.join("dataprep.toml"), "[dataset]\nscans = [\"scans\"]\n").unwrap();
    let run = |args: &[&str]| {
        let mut command = dataprep();
        command.env_remove("DATAPREP_CACHE_DIR").current_dir(root.join("scans"));
        let output =
            command.args(["audit", "-v", "-e", "--output-format", "json"]).args(args).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        let from_cache =
            said.lines().find(|l| l.ends_with("from the cache")).map(|l| l[..1].parse().unwrap());
        (String::from_utf8(output.stdout).unwrap(), from_cache)
    };
    let (plain, cached): (_, Option<usize>) = run(&["--no-cache"]);
    assert_eq!(cached, Some(0));
    assert!(!root.join(".dataprep_cache").exists());
    assert_eq!(run(&["-j", "1"]), (plain.clone(), Some(0)));
    assert!(root.join(".dataprep_cache").is_dir());
    assert_eq!(run(&["-j", "1"]), (plain.clone(), Some(SCANS)));
    assert_eq!(run(&["-j", "2"]), (plain.clone(), Some(SCANS)));
    assert_eq!(run(&["--cache-strategy", "content"]), (plain.clone(), Some(0)));

    let elsewhere = data.dir.path().join("elsewhere");
    assert_eq!(run(&["--cache-dir", text(&elsewhere)]), (plain, Some(0)));
    assert!(elsewhere.is_dir());
    expect(0, &["clean", "--cache-dir", text(&elsewhere)]);
    assert!(!elsewhere.exists());
    expect(2, &["clean", "--cache-dir", text(&root)]);
}
