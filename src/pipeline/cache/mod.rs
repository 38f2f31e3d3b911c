//! Reports of scans that did not change since they were audited.
//!
//! A folder with a file of reports for each data set, set of settings and program. A report counts
//! only under the digest of everything that it depends on, and only while its checksum fits;
//! whatever is wrong with the cache costs time and never changes an answer. Files appear whole or
//! not at all, so runs side by side cannot harm each other: what one of them adds is lost at worst.

mod key;
mod pack;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use key::{Files, context_digest, data_set_digest, run_digest};
pub use key::{Strategy, program_is};
use pack::{Entry, Key, Pack};

use crate::audit::{Engine, ScanReport};
use crate::error::{Error, Kind, Result};
use crate::scene::{Catalogue, ScanEntry};
use crate::store::{Folder, identity};

/// The cache's folder, in the folder that is worked in.
const FOLDER: &str = ".dataprep_cache";
/// Says that a folder is a cache (<https://bford.info/cachedir/>), and whose.
const TAG: &str = "CACHEDIR.TAG";
const TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
     # This folder is the cache of `dataprep audit`; `dataprep clean` removes it.\n";
const IGNORE: &str = ".gitignore";
/// How the name of a file of reports ends.
const PACK: &str = ".pack";
/// Of all files of reports the latest used are kept.
const KEPT: usize = 16;
/// No file of reports is larger.
const LARGEST: u64 = 1 << 30;

/// What tells, for each scan, whether all that surrounds it is what it was.
pub(super) fn context(catalogue: &Catalogue) -> impl Fn(&str) -> String {
    let data_set = data_set_digest(catalogue);
    move |scene| blake3::Hash::from_bytes(context_digest(catalogue, &data_set, scene)).to_hex().to_string()
}

/// A folder of reports.
#[derive(Clone, Debug)]
pub struct Cache {
    store: Folder,
    strategy: Strategy,
}

/// What was removed with a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Number of files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Whether the folder is still there, because it holds something that is not the cache's.
    pub kept_folder: bool,
}

impl Cache {
    /// The cache in a folder, which is made when something is first kept. Files are told apart by
    /// `strategy`.
    pub fn new(dir: impl Into<PathBuf>, strategy: Strategy) -> Self {
        Self { store: Folder::new(dir), strategy }
    }

    /// Where the cache is unless another place is named: beside the configuration in use, else in
    /// the current folder.
    pub fn beside(configuration: Option<&Path>) -> PathBuf {
        configuration.and_then(Path::parent).unwrap_or(Path::new("")).join(FOLDER)
    }

    /// Removes the cache in a folder; `None` when nothing is there. What is not the cache's stays.
    ///
    /// # Errors
    /// `Conflict` when the folder does not carry the cache's tag.
    pub fn clean(dir: &Path) -> Result<Option<Cleaned>> {
        let store = Folder::new(dir);
        if !dir.is_dir() {
            return Ok(None);
        }
        if !is_ours(&store)? {
            let message = format!("no {TAG} says that this is a cache of dataprep");
            let error = Error::new(Kind::Conflict, message).at(dir);
            return Err(error.help("nothing was removed; name the cache with --cache-dir"));
        }
        let mut cleaned = Cleaned::default();
        // The tag goes last: what is interrupted can be done again.
        for name in packs(&store)?.iter().map(String::as_str).chain([IGNORE, TAG]) {
            if let Some(bytes) = store.size(name)? {
                store.remove(name)?;
                cleaned.files += 1;
                cleaned.bytes += bytes;
            }
        }
        for folder in versions(&store)?.iter().map(String::as_str) {
            store.sweep(folder)?;
            store.remove_if_empty(folder)?;
        }
        store.sweep("")?;
        cleaned.kept_folder = !store.remove_if_empty("")?;
        Ok(Some(cleaned))
    }

    /// The reports that a run over a catalogue may use.
    pub(super) fn open<'a>(&'a self, engine: &Engine, catalogue: &'a Catalogue) -> Session<'a> {
        let named = common_folder(&catalogue.scans);
        let folder = if named.as_os_str().is_empty() { Path::new(".") } else { named };
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
        let run = run_digest(engine, catalogue, self.strategy, &folder, named);
        let file = format!("{}/{}{PACK}", crate::VERSION, &blake3::Hash::from_bytes(run).to_hex()[..32]);
        Session {
            cache: self,
            catalogue,
            run,
            data_set: data_set_digest(catalogue),
            named,
            folder,
            pack: self.read(&file),
            file,
            fresh: Mutex::default(),
            cached: AtomicUsize::new(0),
        }
    }

    /// A file of reports; an empty one when it cannot be read.
    fn read(&self, name: &str) -> Pack {
        let there = identity(&self.store.path(name)).ok().flatten();
        let plain = there.filter(|file| file.is_file && file.bytes <= LARGEST);
        plain.and_then(|_| self.store.read(name).ok()).map_or_else(Pack::default, Pack::new)
    }

    /// Makes the folder a cache, unless it holds something else.
    fn claim(&self) -> Result<()> {
        if !is_ours(&self.store)? {
            let holds_something = !self.store.list("")?.is_empty() || !self.store.folders("")?.is_empty();
            // What it holds may be the cache of a run that claimed the folder in between.
            if holds_something && !is_ours(&self.store)? {
                let error = Error::new(Kind::Conflict, "the folder holds something else");
                return Err(error.at(self.store.root()));
            }
            self.store.create(TAG, TAG_TEXT.as_bytes())?;
        }
        if self.store.size(IGNORE)?.is_none() {
            self.store.create(IGNORE, b"*\n")?;
        }
        Ok(())
    }

    /// Removes the files of reports that were not used for longest.
    fn forget(&self) -> Result<()> {
        let mut packs = packs(&self.store)?;
        packs.sort_by_cached_key(|name| std::cmp::Reverse(self.store.touched(name)));
        packs.iter().skip(KEPT).try_for_each(|name| self.store.remove(name))
    }
}

/// The folders of reports, one a version of the program.
fn versions(store: &Folder) -> Result<Vec<String>> {
    let is_version = |name: &String| name.starts_with(|c: char| c.is_ascii_digit());
    Ok(store.folders("")?.into_iter().filter(is_version).collect())
}

/// The files of reports, of all versions.
fn packs(store: &Folder) -> Result<Vec<String>> {
    let is_pack = |name: &String| {
        let stem = name.strip_suffix(PACK);
        stem.is_some_and(|s| s.len() == 32 && s.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let mut packs = Vec::new();
    for version in versions(store)? {
        let files = store.list(&version)?.into_iter().filter(is_pack);
        packs.extend(files.map(|file| format!("{version}/{file}")));
    }
    Ok(packs)
}

fn is_ours(store: &Folder) -> Result<bool> {
    Ok(store.read_if_present(TAG)?.is_some_and(|tag| tag == TAG_TEXT.as_bytes()))
}

/// The innermost folder that all scans are below, as it was named.
fn common_folder(scans: &[ScanEntry]) -> &Path {
    let mut folder = scans.first().and_then(|s| s.dir.parent()).unwrap_or(Path::new(""));
    for scan in scans {
        while !scan.dir.starts_with(folder) {
            folder = folder.parent().unwrap_or(Path::new(""));
        }
    }
    folder
}

/// The cache in use.
#[derive(Debug)]
pub(super) struct Session<'a> {
    cache: &'a Cache,
    catalogue: &'a Catalogue,
    run: Key,
    data_set: Key,
    /// The folder that all scans are below, as it was named, and where it is.
    named: &'a Path,
    folder: PathBuf,
    /// The file of reports, what was in it, and what will be.
    file: String,
    pack: Pack,
    fresh: Mutex<BTreeMap<String, (Key, Vec<u8>)>>,
    cached: AtomicUsize,
}

impl Session<'_> {
    /// The report of a scan: the one that was kept if all that it depends on is as it was, else
    /// that of `audit`, which also says whether it would be the same again.
    pub(super) fn scan(&self, entry: &ScanEntry, audit: impl FnOnce() -> (ScanReport, bool)) -> ScanReport {
        let context = context_digest(self.catalogue, &self.data_set, &entry.id);
        let files = Files::of(entry).ok();
        let key = files.as_ref().and_then(|f| f.key(entry, self.cache.strategy, &self.run, &context).ok());
        let (Some(files), Some(key)) = (files, key) else { return audit().0 };
        if let Some(report) = self.pack.get(&self.name(entry), &key) {
            self.cached.fetch_add(1, Ordering::Relaxed);
            return report;
        }
        let (report, lasting) = audit();
        if lasting && files.settled() && files.unchanged(entry) {
            self.keep(entry, key, &report);
        }
        report
    }

    /// The scan's folder below the one of all.
    fn name(&self, entry: &ScanEntry) -> String {
        entry.dir.strip_prefix(self.named).unwrap_or(&entry.dir).to_string_lossy().into_owned()
    }

    /// Keeps a report, if it can be read back as it is.
    fn keep(&self, entry: &ScanEntry, key: Key, report: &ScanReport) {
        if let Ok(json) = serde_json::to_vec(report)
            && serde_json::from_slice::<ScanReport>(&json).is_ok_and(|back| back == *report)
        {
            let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
            fresh.insert(self.name(entry), (key, json));
        }
    }

    /// Number of reports that came from the cache.
    pub(super) fn cached(&self) -> usize {
        self.cached.load(Ordering::Relaxed)
    }

    /// Writes down what is new, and forgets what is of scans that are gone.
    pub(super) fn save(self) -> Result<()> {
        let Self { cache, catalogue, folder, file, .. } = &self;
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        if fresh.is_empty() {
            // Marked as used; where that cannot be, it is forgotten sooner.
            let _ = cache.store.touch(file);
            return Ok(());
        }
        cache.claim()?;
        let here: BTreeSet<String> = catalogue.scans.iter().map(|scan| self.name(scan)).collect();
        // Read again: another run may have added to it.
        let pack = cache.read(file);
        let mut entries: BTreeMap<&str, Entry<'_>> =
            pack.entries().filter(|&(name, _)| here.contains(name) || folder.join(name).is_dir()).collect();
        for (name, (key, report)) in fresh.iter() {
            entries.insert(name, Entry { key: *key, report });
        }
        cache.store.publish(file, &pack::file(entries))?;
        cache.forget()
    }
}
