//! `dataprep init`.

use std::path::{Path, PathBuf};

use super::files::place;
use super::{Exit, Globals, Output};
use crate::audit::Profile;
use crate::error::{Error, Kind, Result};
use crate::load::{self, Found};
use crate::store::Outcome;

/// Arguments of `dataprep init`.
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// Folder of the data set; `-` prints what would be written in the current one
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Print what would be written
    #[arg(long)]
    dry_run: bool,
    /// Replace a dataprep.toml that is there
    #[arg(long, conflicts_with = "dry_run")]
    force: bool,
}

const NAME: &str = "dataprep.toml";

pub(super) fn run(args: &InitArgs, _globals: &Globals, output: &mut Output) -> Result<Exit> {
    let prints = args.dir.as_os_str() == "-";
    let dir = if prints { Path::new(".") } else { &args.dir };
    let request = load::Request { scans: vec![dir.to_path_buf()], ..load::Request::default() };
    let found = load::discover(&request)?;
    for note in &found.notes {
        output.note(note);
    }
    let text = configuration(&found, dir)?;
    if prints || args.dry_run {
        output.data(&text)?;
        return Ok(Exit::Clean);
    }
    let path = dir.join(NAME);
    let (store, name) = place(&path)?;
    if args.force {
        store.publish(name, text.as_bytes())?;
    } else if let Outcome::Existed(_) = store.create(name, text.as_bytes())? {
        return Err(Error::new(Kind::Conflict, "there is a configuration")
            .at(&path)
            .help("--dry-run prints what would be written, --force replaces what is there"));
    }
    output.note(&format!("wrote {}; `dataprep audit` needs no arguments there", path.display()));
    Ok(Exit::Clean)
}

/// A configuration for what was found, every key with a comment; paths are relative to `dir`.
fn configuration(found: &Found, dir: &Path) -> Result<String> {
    let within = |path: &Path| relative(path, dir).map(|p| toml::Value::String(p).to_string());
    // A folder of scans stands for those in it; a scan whose folder was named stands for itself.
    let mut scans: Vec<&Path> = Vec::new();
    for scan in &found.scans {
        let folder = scan.dir.parent().filter(|_| scan.dir != dir).unwrap_or(&scan.dir);
        if scans.last() != Some(&folder) {
            scans.push(folder);
        }
    }
    let list = |paths: &[&Path]| {
        let paths: Vec<String> = paths.iter().map(|p| within(p)).collect::<Result<_>>()?;
        Ok::<_, Error>(format!("[{}]", paths.join(", ")))
    };
    let references: Vec<&Path> = found.references.iter().map(PathBuf::as_path).collect();
    let (references, no_references) = match references.as_slice() {
        [] => (r#"["ScanRefer_filtered_train.json"]"#.to_owned(), "# "),
        files => (list(files)?, ""),
    };
    let (labels, no_labels) = match &found.labels {
        None => (r#""scannetv2-labels.combined.tsv""#.to_owned(), "# "),
        Some(path) => (within(path)?, ""),
    };
    let mut splits = String::new();
    for (name, path) in &found.splits {
        splits += &format!("{name} = {}\n", within(path)?);
    }
    if splits.is_empty() {
        splits = "# train = \"scannetv2_train.txt\"\n".into();
    }
    let scans = list(&scans)?;
    let profiles = Profile::names().join(", ");
    Ok(format!(
        r#"# What `dataprep audit` checks, and how. Paths are relative to this file.
# `dataprep schema config` prints a JSON Schema of it; `dataprep rule --all` explains the rules.

[dataset]
# Folders of scans, or single scan folders.
scans = {scans}
# References files: the descriptions.
{no_references}references = {references}
# The label table: what raw labels mean.
{no_labels}labels = {labels}

# Lists of the scans of each split.
[dataset.splits]
{splits}
[audit]
# Rules that run: codes, names, prefixes such as REF, or ALL.
select = ["ALL"]
# Rules that run as well, and rules that do not; the longest selector decides.
extend-select = []
ignore = []
# Also run the rules that judge rather than know.
preview = false
# Trainers whose habits the data must survive: {profiles}.
profile = []
# Findings that are known: `dataprep audit --write-baseline baseline.json` writes them.
# baseline = "baseline.json"

# How bad findings of a rule are: error, warning or info.
[audit.severity]
# OBJ203 = "error"

# Numbers that rules compare with.
[audit.thresholds]
# min-target-vertices = 50

# Rules that do not run for some scans, by id or glob.
[audit.per-scan-ignores]
# "scene0217_00" = ["SEG103", "SEG104"]

# Findings that may stay: a rule, and as much of the place as is meant. From the day in `expires` on
# they count again.
# [[audit.suppress]]
# rule = "TXT101"
# scene = "scene0011_00"
# object = 12
# ann = 3
# reason = "the sentence was lost; it is drawn again in the next round"
# expires = 2027-01-01
"#
    ))
}

/// `path` as seen from the folder `dir`, with `/` between its parts: in it, beside it, or, where it
/// is elsewhere, whole.
fn relative(path: &Path, dir: &Path) -> Result<String> {
    // A file that is a link elsewhere is meant by the name that it has here.
    let seen = || {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (path, dir) = (folder.canonicalize().ok()?.join(path.file_name()?), dir.canonicalize().ok()?);
        let beside = |path: &Path| path.strip_prefix(dir.parent()?).ok().map(|p| Path::new("..").join(p));
        path.strip_prefix(&dir).ok().map(Path::to_path_buf).or_else(|| beside(&path)).or(Some(path))
    };
    let inside = path.strip_prefix(dir).ok().map(Path::to_path_buf).or_else(seen);
    let inside = inside.unwrap_or_else(|| path.to_path_buf());
    let parts: Option<Vec<&str>> = inside.components().map(|c| c.as_os_str().to_str()).collect();
    let parts = parts.ok_or_else(|| Error::new(Kind::Config, "TOML cannot hold this path").at(path))?;
    Ok(match parts.as_slice() {
        [] => ".".into(),
        ["/", rest @ ..] => format!("/{}", rest.join("/")),
        parts => parts.join("/"),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::pipeline::ConfigFile;

    /// A data set with two scans, references and one split list.
    fn data() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for name in ["ScanRefer_filtered_train.json", "scannetv2_train.txt"] {
            fs::write(root.path().join(name), "").unwrap();
        }
        for scan in ["scene0000_00", "scene0001_00"] {
            fs::create_dir_all(root.path().join("scans").join(scan)).unwrap();
        }
        root
    }

    /// What is written for a folder, and what reading it back finds.
    fn written(dir: &Path) -> (String, Found) {
        let request = load::Request { scans: vec![dir.to_path_buf()], ..load::Request::default() };
        let text = configuration(&load::discover(&request).unwrap(), dir).unwrap();
        fs::write(dir.join(NAME), &text).unwrap();
        let paths = ConfigFile::read(&dir.join(NAME)).unwrap().dataset;
        let (scans, splits) = (paths.scans, paths.splits.into_iter().collect());
        let request = load::Request {
            scans,
            references: paths.references,
            labels: paths.labels,
            splits,
            ..load::Request::default()
        };
        (text, load::discover(&request).unwrap())
    }

    #[test]
    fn what_is_written_finds_the_same_from_any_folder_of_the_data_set() {
        let root = data();
        for (dir, line) in [
            ("", "scans = [\"scans\"]"),
            ("scans", "references = [\"../ScanRefer_filtered_train.json\"]"),
            ("scans/scene0001_00", "scans = [\".\"]"),
        ] {
            let (text, found) = written(&root.path().join(dir));
            assert!(text.lines().any(|l| l == line), "{text}");
            assert_eq!(found.scans.len(), if dir.ends_with("_00") { 1 } else { 2 });
            assert_eq!((found.references.len(), found.splits.len(), found.labels), (1, 1, None));
        }
    }

    #[test]
    fn what_is_commented_out_can_be_put_in() {
        let root = data();
        let (text, _) = written(root.path());
        let is_entry = |l: &str| l.starts_with("# ") && (l.contains(" = ") || l.contains("[["));
        let put_in: Vec<&str> = text.lines().map(|l| if is_entry(l) { &l[2..] } else { l }).collect();
        let path = root.path().join("all.toml");
        fs::write(&path, put_in.join("\n")).unwrap();
        let config = ConfigFile::read(&path).unwrap();
        assert_eq!((config.audit.suppress.len(), config.audit.per_scan_ignores.len()), (1, 1));
        assert!(config.audit.baseline.is_some() && config.dataset.labels.is_some());
        assert!(crate::audit::Engine::new(&config.audit).is_ok());
    }
}
