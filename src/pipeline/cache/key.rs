//! What the report of a scan depends on, as one digest.

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, SystemTime};

use super::pack::Key;
use crate::audit::Engine;
use crate::error::Result;
use crate::load;
use crate::scene::{Catalogue, ScanEntry};
use crate::store::{self, Identity};

/// How a file is told from what it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// By size, times and number: nothing is read.
    #[default]
    Metadata,
    /// By its bytes: also where copies have other times, as in CI.
    Content,
}

static LIBRARY: OnceLock<PathBuf> = OnceLock::new();

/// Says that the rules are not in the program that runs but in this library, as in Python. The first
/// call counts, and it must come before any audit.
pub fn program_is(library: PathBuf) {
    let _ = LIBRARY.set(library);
}

/// Collects what types say of themselves with [`Hash`], so that a field that is added to one is in
/// the key without a line here.
#[derive(Default)]
struct Feed(Vec<u8>);

impl Feed {
    fn add(mut self, value: impl Hash) -> Self {
        value.hash(&mut self);
        self
    }

    /// A path as it is spelled: `a//b` is not `a/b`, because findings show it.
    fn path(self, path: &Path) -> Self {
        self.add(path.as_os_str())
    }

    /// A value that is shown whole by its `Debug`.
    fn shown(self, value: &impl std::fmt::Debug) -> Self {
        self.add(format!("{value:?}"))
    }

    fn digest(&self) -> Key {
        *blake3::hash(&self.0).as_bytes()
    }
}

impl Hasher for Feed {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0 // never asked for
    }
}

/// BLAKE3 of the program itself: rules change without a new version while they are worked on.
static PROGRAM: LazyLock<Option<Key>> = LazyLock::new(|| {
    if let Some(library) = LIBRARY.get() {
        return store::digest(library).ok().map(|digest| *digest.as_bytes());
    }
    // On Linux the file that runs, even if another was put in its place since.
    let running =
        if cfg!(target_os = "linux") { "/proc/self/exe".into() } else { std::env::current_exe().ok()? };
    store::digest(&running).ok().map(|digest| *digest.as_bytes())
});

/// Digest of what the reports of a file have in common: the program, its settings, and which files
/// were named how.
pub(super) fn run_digest(
    engine: &Engine,
    catalogue: &Catalogue,
    strategy: Strategy,
    folder: &Path,
    named: &Path,
) -> Key {
    let references: Vec<&Path> = catalogue.references.iter().map(|r| r.path.as_path()).collect();
    let splits: Vec<_> = catalogue.splits.iter().map(|s| (&s.name, &s.path)).collect();
    Feed::default()
        .add((crate::VERSION, *PROGRAM, engine.digest().as_bytes(), strategy))
        .path(folder)
        .path(named)
        .shown(&(references, splits, &catalogue.labels_path))
        .digest()
}

/// Digest of what belongs to the data set as a whole; the other half of [`context_digest`].
pub(super) fn data_set_digest(catalogue: &Catalogue) -> Key {
    Feed::default().shown(&catalogue.common()).digest()
}

/// Digest of what surrounds a scan. **Whatever a rule may look at through
/// [`ScanContext`](crate::audit::ScanContext) beside the scan's own files must be in here or in
/// [`data_set_digest`]**: a change of it that does not change the digest lets a stale report pass
/// for a true one. A rule that looks at a scan may see everything but what belongs to other scans:
/// their descriptions and cameras, and their places in files. The audit's `Fixture` holds every rule to that.
pub(super) fn context_digest(catalogue: &Catalogue, data_set: &Key, scene: &str) -> Key {
    let mut feed = Feed::default().add((data_set, scene, catalogue.split_of(scene)));
    feed = feed.shown(&catalogue.cameras_of(scene));
    for description in catalogue.descriptions_of(scene) {
        let file = catalogue.references.get(description.file as usize);
        feed = feed.add((description, file.map(|f| f.line_of(description.offset))));
    }
    feed.digest()
}

/// The files of a scan as they are at a time.
#[derive(Debug)]
pub(super) struct Files {
    at: SystemTime,
    files: Vec<(PathBuf, Option<Identity>)>,
}

impl Files {
    /// Looks at the files of a scan, and reads none.
    pub(super) fn of(entry: &ScanEntry) -> Result<Self> {
        let at = SystemTime::now();
        let files = load::files_of(entry).into_iter().map(|f| Ok((store::identity(&f.path)?, f.path)));
        let files = files.map(|f: Result<_>| f.map(|(identity, path)| (path, identity)));
        Ok(Self { at, files: files.collect::<Result<_>>()? })
    }

    /// Whether a later change of a file cannot hide behind times that are too coarse: a file that
    /// was written just now may be written again and look the same.
    pub(super) fn settled(&self) -> bool {
        const GRAIN: Duration = Duration::from_secs(2);
        let mut there = self.files.iter().filter_map(|(_, identity)| identity.as_ref());
        there.all(|f| self.at.duration_since(f.modified).is_ok_and(|age| age > GRAIN))
    }

    /// Whether the files are still these.
    pub(super) fn unchanged(&self, entry: &ScanEntry) -> bool {
        Self::of(entry).is_ok_and(|now| now.files == self.files)
    }

    /// The key of the scan's report.
    pub(super) fn key(&self, entry: &ScanEntry, strategy: Strategy, run: &Key, context: &Key) -> Result<Key> {
        let mut feed = Feed::default().add((run, context, &entry.id)).path(&entry.dir);
        for (path, identity) in &self.files {
            feed = match (strategy, identity) {
                (Strategy::Content, Some(file)) if file.is_file => {
                    feed.add((2_u8, file.bytes, store::digest(path)?.as_bytes()))
                }
                (Strategy::Content, _) => feed.add((1_u8, identity.is_some())),
                (Strategy::Metadata, _) => feed.add((0_u8, identity)),
            };
        }
        Ok(feed.digest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use crate::error::Kind;
    use crate::scene::{Description, LabelRow, LabelTable, References, SplitEntry, SplitList};

    const SCENE: &str = "scene0001_00";

    fn catalogue() -> Catalogue {
        let description = |scene: &str, record: u32| Description {
            scene_id: scene.into(),
            text: "a chair".into(),
            tokens: vec!["a".into(), "chair".into()],
            record,
            offset: u64::from(record) * 10,
            ..Description::default()
        };
        let mut catalogue = Catalogue::default();
        catalogue.descriptions = vec![description(SCENE, 0), description("scene0002_00", 1)];
        catalogue.references = vec![References {
            path: "train.json".into(),
            line_starts: vec![0, 10],
            records: 2,
            ..References::default()
        }];
        let entries = vec![SplitEntry { id: SCENE.into(), line: 1 }];
        catalogue.splits =
            vec![SplitList { name: "train".into(), path: "train.txt".into(), entries, oddities: vec![] }];
        catalogue.index();
        catalogue
    }

    fn digest(mut catalogue: Catalogue) -> Key {
        catalogue.index();
        context_digest(&catalogue, &data_set_digest(&catalogue), SCENE)
    }

    #[test]
    fn whatever_surrounds_a_scan_is_in_its_digest() {
        let changes: [fn(&mut Catalogue); 20] = [
            |c| c.descriptions[0].scene_id = "scene0003_00".into(),
            |c| c.descriptions[0].object_id = 1,
            |c| c.descriptions[0].object_name = "b".into(),
            |c| c.descriptions[0].ann_id = "1".into(),
            |c| c.descriptions[0].text += " ",
            |c| c.descriptions[0].tokens = vec!["achair".into()],
            |c| c.descriptions[0].record = 2,
            |c| c.descriptions[0].offset = 1,
            |c| c.references[0].line_starts = vec![0, 0, 10],
            |c| c.descriptions[0].file = 9,
            |c| c.descriptions.push(c.descriptions[0].clone()),
            |c| c.references[0].path = "./train.json".into(),
            |c| c.references[0].split = Some("val".into()),
            |c| c.references[0].faults.push(Error::new(Kind::Malformed, "no")),
            |c| c.splits[0].name = "val".into(),
            |c| c.splits[0].entries[0].line = 2,
            |c| c.splits.clear(),
            |c| c.labels = LabelTable::new([LabelRow { nyu40: 5, ..LabelRow::default() }]),
            |c| c.labels_path = Some("l.tsv".into()),
            |c| c.faults.push(Error::new(Kind::Io, "no")),
        ];
        let before = digest(catalogue());
        let mut seen = vec![before];
        for (n, change) in changes.iter().enumerate() {
            let mut changed = catalogue();
            change(&mut changed);
            let after = digest(changed);
            assert!(!seen.contains(&after), "change {n} is not in the digest");
            seen.push(after);
        }
    }

    #[test]
    fn what_belongs_to_other_scans_is_not() {
        let mut other = catalogue();
        other.descriptions[1].text = "a table".into();
        other.descriptions.push(Description { scene_id: "scene0003_00".into(), ..Description::default() });
        other.references[0].records = 3;
        other.references[0].line_starts.push(99);
        other.scans.push(ScanEntry { id: "scene0009_00".into(), dir: "d".into() });
        assert_eq!(digest(other), digest(catalogue()));
    }

    #[test]
    fn paths_are_told_apart_as_they_are_spelled() {
        let key = |dir: &str| Feed::default().path(Path::new(dir)).digest();
        assert_ne!(key("scans/a"), key("scans//a"));
        assert_ne!(key("scans/a"), key("./scans/a"));
    }
}
