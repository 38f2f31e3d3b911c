//! Finding what belongs together: scans, and beside them descriptions, labels and split lists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::record::split_of_name;
use super::splits::is_scan_id;
use crate::error::{Error, Kind, Result};
use crate::scene::{Format, Role, ScanEntry};
use crate::store;

/// What the user named.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Folders: of scans, of one scan, or one that holds a folder `scans`.
    pub scans: Vec<PathBuf>,
    /// References files; looked for beside the scans when none is named.
    pub references: Vec<PathBuf>,
    /// Format of the references files; that of their content when none is named.
    pub format: Option<Format>,
    /// Label table; looked for beside the scans when none is named.
    pub labels: Option<PathBuf>,
    /// Split lists as name and file; looked for beside the scans when none is named.
    pub splits: Vec<(String, PathBuf)>,
    /// Folder of annotated cameras; looked for beside the scans and the references when none is
    /// named and `extras` are wanted.
    pub cameras: Option<PathBuf>,
    /// Folder of superpoints; looked for likewise.
    pub superpoints: Option<PathBuf>,
    /// Whether cameras and superpoints, which only the audit reads, are looked for.
    pub extras: bool,
    /// Glob that a scan's id must match.
    pub scenes: Option<String>,
}

/// What was found: paths only.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Scans, sorted by id, each id once.
    pub scans: Vec<ScanEntry>,
    /// References files.
    pub references: Vec<PathBuf>,
    /// Format to read them as; that of their content without one.
    pub format: Option<Format>,
    /// Label table.
    pub labels: Option<PathBuf>,
    /// Split lists as name and file.
    pub splits: Vec<(String, PathBuf)>,
    /// Folder of annotated cameras.
    pub cameras: Option<PathBuf>,
    /// Folder of superpoints.
    pub superpoints: Option<PathBuf>,
    /// What was found and what is done without, one clause each, for people.
    pub notes: Vec<String>,
}

const LABELS: &str = "scannetv2-labels.combined.tsv";
const CAMERAS: &str = "annotated_cameras";
const SUPERPOINTS: &str = "super_points";
const SPLITS: [&str; 3] = ["train", "val", "test"];
const REFERENCES: [&str; 2] = ["ScanRefer_filtered_train.json", "ScanRefer_filtered_val.json"];

/// The other formats in the order in which they are looked for: how names of their files begin and
/// end.
const FAMILIES: [(Format, &str, &str); 4] = [
    (Format::Nr3d, "nr3d", "csv"),
    (Format::Sr3d, "sr3d", "csv"),
    (Format::Multi3dRefer, "multi3drefer_", "json"),
    (Format::Reason3d, "reason3d_", "json"),
];
impl Found {
    /// Keeps `n` scans, drawn by their ids and the seed alone: the same ids, and mostly the same
    /// when others come or go. Says whether any was left out.
    pub fn sample(&mut self, n: usize, seed: u64) -> bool {
        let total = self.scans.len();
        if n >= total {
            return false;
        }
        self.scans.sort_by_cached_key(|scan| {
            let mut hash = blake3::Hasher::new_derive_key("dataprep 1 sample of scans");
            hash.update(&seed.to_le_bytes()).update(scan.id.as_bytes());
            *hash.finalize().as_bytes()
        });
        self.scans.truncate(n);
        self.scans.sort_by(|a, b| a.id.cmp(&b.id));
        self.notes.push(format!("sample: {n} of {total} scans, by seed {seed}"));
        true
    }
}

/// Looks at the folders and files of a request; reads nothing but folders.
///
/// What the request does not name is looked for in the scans folder and in the folder that holds
/// it. The outcome is sorted and depends on nothing but the names.
///
/// # Errors
/// [`Kind::NotFound`] when something named is not there or there is no scan: nothing to check is
/// never a success. [`Kind::Config`] when what is named is not what it should be.
pub fn discover(request: &Request) -> Result<Found> {
    if request.scans.is_empty() {
        return Err(Error::new(Kind::Config, "no folder of scans was named")
            .help("name a `scans` folder, a single scan folder, or a folder that holds `scans`"));
    }
    let mut found = Found::default();
    let mut by_id: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut places = Vec::new();
    for named in &request.scans {
        let (scans, folder) = scans_in(named)?;
        for place in [Some(folder.clone()), parent(&folder)].into_iter().flatten() {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        for scan in scans {
            let kept = by_id.entry(scan.id.clone()).or_insert_with(|| scan.dir.clone());
            if !same(kept, &scan.dir) {
                found.notes.push(format!(
                    "scan {} is in two folders: kept {}, left out {}",
                    scan.id,
                    kept.display(),
                    scan.dir.display()
                ));
            }
        }
    }
    let named = request.scans.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
    if by_id.is_empty() {
        return Err(Error::new(Kind::NotFound, "no scan was found")
            .found(named)
            .expected("folders like scene0000_00 with a scene0000_00_vh_clean_2.ply in them")
            .help("name a `scans` folder, a single scan folder, or a folder that holds `scans`"));
    }
    let total = by_id.len();
    found.scans = by_id.into_iter().map(|(id, dir)| ScanEntry { id, dir }).collect();
    let scans = if let Some(pattern) = &request.scenes {
        keep_matching(&mut found.scans, pattern)?;
        format!("scans: {} of {total} in {named} (those that match {pattern})", found.scans.len())
    } else {
        format!("scans: {total} in {named}")
    };
    found.notes.insert(0, scans);

    found.format = request.format;
    let mut others = Vec::new();
    let find = || find_references(&places, request.format, &mut others);
    found.references = or_else(&request.references, |p| p, find)?;
    // A file that is named twice is one.
    let mut seen = BTreeSet::new();
    found.references.retain(|path| seen.insert(store::real(path)));
    found.notes.push(match found.references.as_slice() {
        [] => "no references file: sentences are not looked at".into(),
        files => format!("references: {}", list(files.iter())),
    });
    if !others.is_empty() {
        let files = list(others.iter());
        found
            .notes
            .push(format!("references of other formats, not read: {files} (--references names files)"));
    }
    let labels: Vec<PathBuf> = request.labels.iter().cloned().collect();
    found.labels = or_else(&labels, |p| p, || Ok(first(&places, LABELS).into_iter().collect()))?.pop();
    found.notes.push(match &found.labels {
        None => format!("no label table ({LABELS}): categories come from the labels meshes alone"),
        Some(path) => format!("label table: {}", path.display()),
    });
    found.splits = or_else(&request.splits, |(_, p)| p, || Ok(find_splits(&places)))?;
    found.notes.push(match found.splits.as_slice() {
        [] => "no split lists (scannetv2_train.txt, …): splits are taken from the references' names".into(),
        lists => format!("split lists: {}", list(lists.iter().map(|(_, path)| path))),
    });
    places.extend(found.references.iter().filter_map(|p| parent(p)));
    let folder = |named: &Option<PathBuf>, name: &str| match named {
        Some(dir) if !store::is_dir(dir)? => Err(Error::new(Kind::Config, "not a folder").at(dir)),
        Some(dir) => Ok(Some(dir.clone())),
        None if request.extras => {
            Ok(places.iter().map(|p| p.join(name)).find(|p| store::is_dir(p).unwrap_or(false)))
        }
        None => Ok(None),
    };
    found.cameras = folder(&request.cameras, CAMERAS)?;
    found.superpoints = folder(&request.superpoints, SUPERPOINTS)?;
    for (what, dir) in [("cameras", &found.cameras), ("superpoints", &found.superpoints)] {
        found.notes.extend(dir.as_ref().map(|dir| format!("{what}: {}", dir.display())));
    }
    Ok(found)
}

/// What is named, if anything is, and every file of it is there; else what is found.
fn or_else<T: Clone>(
    named: &[T],
    path_of: impl Fn(&T) -> &PathBuf,
    find: impl FnOnce() -> Result<Vec<T>>,
) -> Result<Vec<T>> {
    if named.is_empty() {
        return find();
    }
    for path in named.iter().map(path_of) {
        match store::identity(path)? {
            Some(found) if found.is_file => {}
            Some(_) => return Err(Error::new(Kind::Config, "not a file").at(path)),
            None => return Err(missing(path)),
        }
    }
    Ok(named.to_vec())
}

fn missing(path: &Path) -> Error {
    let error = Error::new(Kind::NotFound, "no such file or folder").at(path);
    match store::mistaken(path) {
        Some(remedy) => error.help(remedy),
        None => error,
    }
}

fn list<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> String {
    paths.map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The scans that a named folder stands for, and the folder that holds them.
fn scans_in(named: &Path) -> Result<(Vec<ScanEntry>, PathBuf)> {
    if !store::is_dir(named)? {
        if store::identity(named)?.is_none() {
            return Err(missing(named));
        }
        return Err(Error::new(Kind::Config, "not a folder")
            .at(named)
            .help("name the folder of the scan, or the folder that holds the scans"));
    }
    if let Some(id) = name_of(named).filter(|id| is_scan(named, id)) {
        let folder = parent(named).unwrap_or_else(|| named.to_path_buf());
        return Ok((vec![ScanEntry { id, dir: named.to_path_buf() }], folder));
    }
    let mut scans = scans_of_folder(named)?;
    let inner = named.join("scans");
    if scans.is_empty() && store::is_dir(&inner)? {
        scans = scans_of_folder(&inner)?;
        return Ok((scans, inner));
    }
    Ok((scans, named.to_path_buf()))
}

/// The children of `folder` that are scans, sorted by name.
fn scans_of_folder(folder: &Path) -> Result<Vec<ScanEntry>> {
    let mut scans = Vec::new();
    for (id, is_dir) in store::list(folder)? {
        let dir = folder.join(&id);
        if is_dir && is_scan(&dir, &id) {
            scans.push(ScanEntry { id, dir });
        }
    }
    Ok(scans)
}

/// A folder is a scan's when its name says so or when it holds a scan's file of that name.
fn is_scan(dir: &Path, id: &str) -> bool {
    is_scan_id(id) || store::sizes(dir, &Role::ALL.map(|role| role.file_name(id))).iter().any(Option::is_some)
}

/// The folder's own name, also of `.` and `..`.
fn name_of(dir: &Path) -> Option<String> {
    let full = match dir.components().next_back() {
        Some(Component::Normal(_)) => dir.to_path_buf(),
        _ => std::fs::canonicalize(dir).ok()?,
    };
    full.file_name()?.to_str().map(str::to_owned)
}

/// The folder that holds `dir`, also of `.` and of a bare name.
fn parent(dir: &Path) -> Option<PathBuf> {
    match dir.components().next_back() {
        Some(Component::Normal(_)) => match store::parent(dir) {
            Some(p) if p.as_os_str().is_empty() => Some(PathBuf::from(".")),
            other => other.map(Path::to_path_buf),
        },
        _ => std::fs::canonicalize(dir).ok()?.parent().map(Path::to_path_buf),
    }
}

fn same(a: &Path, b: &Path) -> bool {
    store::real(a) == store::real(b)
}

fn keep_matching(scans: &mut Vec<ScanEntry>, pattern: &str) -> Result<()> {
    let glob = globset::Glob::new(pattern)
        .map_err(|e| Error::new(Kind::Config, "the pattern of scenes cannot be used").found(e.to_string()))?;
    let matcher = glob.compile_matcher();
    let (total, first) = (scans.len(), scans.first().map_or_else(String::new, |s| s.id.clone()));
    let some = if total == 1 { first } else { format!("{total} scans such as {first}") };
    scans.retain(|s| matcher.is_match(&s.id));
    if scans.is_empty() {
        return Err(Error::new(Kind::NotFound, format!("no scan matches `{pattern}`"))
            .found(some)
            .help("patterns match whole ids, for instance `scene00*` or `scene0011_0?`"));
    }
    Ok(())
}

/// The first file called `name` in `places`.
fn first(places: &[PathBuf], name: &str) -> Option<PathBuf> {
    places.iter().map(|p| p.join(name)).find(|p| store::is_file(p))
}

/// References of the first format that has any, or of the one asked for. `others` hears the files
/// of the formats that come after it.
fn find_references(
    places: &[PathBuf],
    format: Option<Format>,
    others: &mut Vec<PathBuf>,
) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if format.is_none_or(|f| f == Format::ScanRefer) {
        found = find_scanrefer(places)?;
    }
    for (family, start, end) in FAMILIES {
        if format.is_some_and(|f| f != family) {
            continue;
        }
        let is_of = |name: &str| name.to_lowercase().starts_with(start);
        if found.is_empty() {
            found = find_family(places, is_of, end)?;
            // Where each split has a file, one of all splits would count twice.
            if found.iter().any(|p| split_of_name(p).is_some()) {
                found.retain(|p| split_of_name(p).is_some());
            }
        } else {
            // What cannot be listed has nothing to tell.
            others.extend(find_family(places, is_of, end).unwrap_or_default());
        }
    }
    Ok(found)
}

/// The files per split where there are any, else every file of the family.
fn find_scanrefer(places: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let per_split: Vec<PathBuf> = REFERENCES.iter().filter_map(|name| first(places, name)).collect();
    if !per_split.is_empty() {
        return Ok(per_split);
    }
    find_family(places, |name| name.starts_with("ScanRefer_filtered"), "json")
}

/// The files of the first place that has some whose name `is_of` the family and has its extension.
fn find_family(places: &[PathBuf], is_of: impl Fn(&str) -> bool, extension: &str) -> Result<Vec<PathBuf>> {
    for place in places {
        let mut files = Vec::new();
        for (name, is_dir) in store::list(place)? {
            let path = place.join(&name);
            if !is_dir && is_of(&name) && path.extension().is_some_and(|e| e == extension) {
                files.push(path);
            }
        }
        if !files.is_empty() {
            return Ok(files);
        }
    }
    Ok(Vec::new())
}

fn find_splits(places: &[PathBuf]) -> Vec<(String, PathBuf)> {
    let find = |name: &&str| Some(((*name).to_owned(), first(places, &format!("scannetv2_{name}.txt"))?));
    SPLITS.iter().filter_map(find).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn ids(found: &Found) -> Vec<&str> {
        found.scans.iter().map(|s| s.id.as_str()).collect()
    }

    fn request(scans: &[&Path]) -> Request {
        Request { scans: scans.iter().map(|p| p.to_path_buf()).collect(), ..Request::default() }
    }

    /// `data/{ScanRefer…, labels}`, `data/scans/{two scans, a room, noise, split lists}`.
    fn data() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        };
        put("data/ScanRefer_filtered.json");
        put("data/ScanRefer_filtered_val.json");
        put("data/ScanRefer_filtered_train.json");
        put("data/scannetv2-labels.combined.tsv");
        put("data/scans/scannetv2_val.txt");
        put("data/scans/scannetv2_train.txt");
        put("data/scans/scene0001_00/scene0001_00_vh_clean_2.ply");
        put("data/scans/my_room/my_room.aggregation.json");
        put("data/scans/notes/readme.txt");
        fs::create_dir(root.path().join("data/scans/scene0000_00")).unwrap();
        root
    }

    #[test]
    fn each_way_to_name_the_data_finds_the_same() {
        let root = data();
        let (parent, scans) = (root.path().join("data"), root.path().join("data/scans"));
        for named in [&parent, &scans] {
            let found = discover(&request(&[named])).unwrap();
            assert_eq!(ids(&found), ["my_room", "scene0000_00", "scene0001_00"]);
            let names = |p: &PathBuf| p.file_name().unwrap().to_str().unwrap().to_owned();
            assert_eq!(found.references.iter().map(names).collect::<Vec<_>>(), REFERENCES);
            assert_eq!(found.labels, Some(parent.join(LABELS)));
            let splits: Vec<_> = found.splits.iter().map(|(n, _)| n.as_str()).collect();
            assert_eq!(splits, ["train", "val"]);
            assert!(found.notes[0].starts_with("scans: 3 in "), "{:?}", found.notes);
        }
        let single = discover(&request(&[&scans.join("scene0001_00")])).unwrap();
        assert_eq!(
            (ids(&single), single.references.len(), single.splits.len()),
            (vec!["scene0001_00"], 2, 2)
        );
        assert!(single.labels.is_some());
    }

    #[test]
    fn a_combined_file_is_taken_when_there_is_nothing_else() {
        let root = data();
        for name in REFERENCES {
            fs::remove_file(root.path().join("data").join(name)).unwrap();
        }
        let found = discover(&request(&[&root.path().join("data")])).unwrap();
        assert_eq!(found.references, [root.path().join("data/ScanRefer_filtered.json")]);
    }

    #[test]
    fn other_formats_are_taken_when_there_is_nothing_else_and_named_when_there_is() {
        let root = data();
        let data = root.path().join("data");
        for name in ["nr3d.csv", "Nr3D_train.csv", "nr3d_test.csv", "reason3d_val_scannet.json", "nr3d.txt"] {
            fs::write(data.join(name), b"x").unwrap();
        }
        let names = |request: &Request| {
            let found = discover(request).unwrap();
            let name = |p: &PathBuf| p.file_name().unwrap().to_str().unwrap().to_owned();
            let note = found.notes.iter().find(|n| n.contains("not read")).cloned();
            (found.references.iter().map(name).collect::<Vec<_>>(), note.unwrap_or_default())
        };
        let mut request = request(&[&data]);
        let (found, note) = names(&request);
        assert_eq!(found, REFERENCES);
        assert!(note.contains("nr3d.csv") && note.contains("reason3d_val_scannet.json"), "{note}");
        request.format = Some(Format::Reason3d);
        assert_eq!(names(&request), (vec!["reason3d_val_scannet.json".into()], String::new()));
        request.format = None;
        for name in REFERENCES.iter().chain(&["ScanRefer_filtered.json"]) {
            fs::remove_file(data.join(name)).unwrap();
        }
        let (found, note) = names(&request);
        assert_eq!(found, ["Nr3D_train.csv", "nr3d_test.csv"], "not nr3d.csv, which has all splits");
        assert!(note.contains("reason3d") && !note.contains("nr3d.csv"), "{note}");
        request.references = vec![data.join("nr3d.csv")];
        assert_eq!(names(&request), (vec!["nr3d.csv".into()], String::new()), "what is named needs no note");
    }

    #[test]
    fn what_is_named_wins_and_must_be_there() {
        let root = data();
        let own = root.path().join("own.json");
        fs::write(&own, b"[]").unwrap();
        let mut request = request(&[&root.path().join("data")]);
        request.references = vec![own.clone()];
        request.splits = vec![("mine".into(), own.clone())];
        let found = discover(&request).unwrap();
        assert_eq!((found.references, found.splits), (vec![own.clone()], vec![("mine".into(), own)]));
        request.labels = Some(root.path().join("none.tsv"));
        let error = discover(&request).unwrap_err();
        assert_eq!((error.kind(), error.path()), (Kind::NotFound, request.labels.as_deref()));
    }

    #[test]
    fn cameras_and_superpoints_are_looked_for_when_they_are_wanted() {
        let root = data();
        let data = root.path().join("data");
        for dir in ["data/annotated_cameras", "data/scans/super_points", "other"] {
            fs::create_dir_all(root.path().join(dir)).unwrap();
        }
        let mut request = request(&[&data]);
        assert_eq!(discover(&request).unwrap().cameras, None);
        request.extras = true;
        let found = discover(&request).unwrap();
        assert_eq!(found.cameras, Some(data.join("annotated_cameras")));
        assert_eq!(found.superpoints, Some(data.join("scans/super_points")));
        assert!(found.notes.iter().any(|n| n.starts_with("cameras: ")), "{:?}", found.notes);
        request.cameras = Some(root.path().join("other"));
        assert_eq!(discover(&request).unwrap().cameras, request.cameras);
        request.cameras = Some(data.join("ScanRefer_filtered.json"));
        assert_eq!(discover(&request).unwrap_err().kind(), Kind::Config);
    }

    #[test]
    fn nothing_to_check_is_an_error() {
        let root = data();
        let kind = |r: &Request| discover(r).unwrap_err().kind();
        assert_eq!(kind(&Request::default()), Kind::Config);
        assert_eq!(kind(&request(&[&root.path().join("data/scans/notes")])), Kind::NotFound);
        assert_eq!(kind(&request(&[&root.path().join("nowhere")])), Kind::NotFound);
        assert_eq!(kind(&request(&[&root.path().join("data/scans/scannetv2_val.txt")])), Kind::Config);
        let mut r = request(&[&root.path().join("data")]);
        r.scenes = Some("scene0*".into());
        assert_eq!(ids(&discover(&r).unwrap()), ["scene0000_00", "scene0001_00"]);
        r.scenes = Some("nope".into());
        assert_eq!(kind(&r), Kind::NotFound);
        r.scenes = Some("[".into());
        assert_eq!(kind(&r), Kind::Config);
    }

    #[test]
    fn the_first_of_two_folders_with_one_id_is_kept_and_said() {
        let root = data();
        let other = root.path().join("other/scene0001_00");
        fs::create_dir_all(&other).unwrap();
        let scans = root.path().join("data/scans");
        let found = discover(&request(&[&scans, &root.path().join("other"), &scans])).unwrap();
        assert_eq!(found.scans[2].dir, scans.join("scene0001_00"));
        let said: Vec<_> = found.notes.iter().filter(|n| n.contains("two folders")).collect();
        assert_eq!(said.len(), 1, "{said:?}");
    }

    #[test]
    fn a_sample_depends_on_ids_and_seed_alone() {
        let found = |ids: &[u32]| Found {
            scans: ids.iter().map(|i| ScanEntry { id: format!("scene{i:04}_00"), dir: "".into() }).collect(),
            ..Found::default()
        };
        let sample = |ids: &[u32], n: usize, seed: u64| {
            let mut found = found(ids);
            assert_eq!(found.sample(n, seed), n < ids.len());
            found.scans.into_iter().map(|s| s.id).collect::<Vec<_>>()
        };
        let all: Vec<u32> = (0..40).collect();
        let one = sample(&all, 10, 7);
        assert_eq!(one.len(), 10);
        assert!(one.is_sorted());
        assert_eq!(one, sample(&all.iter().rev().copied().collect::<Vec<_>>(), 10, 7));
        assert_ne!(one, sample(&all, 10, 8));
        let more = sample(&(0..44).collect::<Vec<_>>(), 10, 7);
        assert!(one.iter().filter(|id| more.contains(id)).count() >= 6, "{one:?} {more:?}");
        assert_eq!(sample(&all, 40, 7).len(), 40);
    }

    #[test]
    fn a_folder_named_by_a_dot_has_its_own_name() {
        assert_eq!(name_of(Path::new("a/scene0000_00/")).as_deref(), Some("scene0000_00"));
        assert!(name_of(Path::new(".")).is_some() && parent(Path::new(".")).is_some());
        assert_eq!(parent(Path::new("scans")), Some(PathBuf::from(".")));
    }
}
