//! `dataprep.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::config::beside;
use super::config_layers::{self, Layer};
use crate::audit::Settings;
use crate::error::{Error, Kind, Result};
use crate::store;

/// What `dataprep.toml` holds, or the section `[tool.dataprep]` of a `pyproject.toml`. Unknown keys
/// are errors.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ConfigFile {
    /// Another configuration, relative to this one. What this one says stands in place of what that
    /// one says, key by key; suppressions add up.
    pub extend: Option<PathBuf>,
    /// Where the data set is.
    pub dataset: DatasetPaths,
    /// How it is audited.
    pub audit: Settings,
    /// The file that was read, if one was.
    #[serde(skip)]
    pub path: Option<PathBuf>,
}

/// Where a data set is; paths are relative to the folder of the configuration.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct DatasetPaths {
    /// Folders of scans, or single scan folders.
    pub scans: Vec<PathBuf>,
    /// References files.
    pub references: Vec<PathBuf>,
    /// Label table.
    pub labels: Option<PathBuf>,
    /// Split lists by name.
    pub splits: BTreeMap<String, PathBuf>,
    /// Folder of annotated cameras.
    pub cameras: Option<PathBuf>,
    /// Folder of superpoints.
    pub superpoints: Option<PathBuf>,
}

impl ConfigFile {
    /// The nearest configuration in `start` or a folder above it: `dataprep.toml`, or
    /// `pyproject.toml` where it has a section for it. Configurations further up say nothing.
    pub fn find(start: &Path) -> Option<PathBuf> {
        config_layers::find(start)
    }

    /// Reads a configuration.
    ///
    /// # Errors
    /// [`Kind::Config`] with line and column when it is not TOML, or a key or value cannot be.
    pub fn read(path: &Path) -> Result<Self> {
        Self::load(Some(path), &[])
    }

    /// Reads a configuration, if there is one, and lays keys such as `audit.ignore = ["TXT"]` over
    /// it. Paths are relative to the file that they stand in; those in keys, to the current folder.
    ///
    /// # Errors
    /// Those of [`Self::read`], for the file, those that it extends, and the keys.
    pub fn load(path: Option<&Path>, keys: &[String]) -> Result<Self> {
        let mut layer = path.map_or_else(|| Ok(Layer::default()), Layer::read)?;
        for keys in keys {
            layer = layer.under(Layer::inline(keys)?);
        }
        // Each layer was read as a configuration, so that what is wrong has a place.
        let mut config = Self::deserialize(layer.table)
            .map_err(|e| Error::new(Kind::Config, format!("the configuration cannot be: {}", e.message())))?;
        let dir = |key: &str| layer.places.at(key).and_then(|entry| entry.file.parent());
        let root = |key: &str, path: &mut PathBuf| {
            if let Some(dir) = dir(key) {
                *path = beside(dir, path);
            }
        };
        let paths = &mut config.dataset;
        for (key, list) in
            [("dataset/scans", &mut paths.scans), ("dataset/references", &mut paths.references)]
        {
            (0..).zip(list).for_each(|(i, path)| root(&format!("{key}/{i}"), path));
        }
        for (key, path) in [
            ("dataset/labels", &mut paths.labels),
            ("dataset/cameras", &mut paths.cameras),
            ("dataset/superpoints", &mut paths.superpoints),
        ] {
            if let Some(path) = path {
                root(key, path);
            }
        }
        paths.splits.iter_mut().for_each(|(name, path)| root(&format!("dataset/splits/{name}"), path));
        config.audit.baseline.iter_mut().for_each(|path| root("audit/baseline", path));
        config.audit.places = layer.places;
        config.path = path.map(Path::to_path_buf);
        Ok(config)
    }

    /// Refuses paths of the data set that are not there; `used` says which keys matter.
    ///
    /// # Errors
    /// [`Kind::Config`], with the place of the entry.
    pub fn check_paths(&self, used: impl Fn(&str) -> bool) -> Result<()> {
        let d = &self.dataset;
        let list = |key, list| (0..).zip(list).map(move |(i, path)| (key, format!("{key}/{i}"), path));
        let one = |key, path| Option::into_iter(path).map(move |path| (key, String::from(key), path));
        let splits = d.splits.iter().map(|(name, path)| ("splits", format!("splits/{name}"), path));
        let all = list("scans", &d.scans)
            .chain(list("references", &d.references))
            .chain(one("labels", d.labels.as_ref()))
            .chain(one("cameras", d.cameras.as_ref()))
            .chain(one("superpoints", d.superpoints.as_ref()))
            .chain(splits);
        for (key, place, path) in all.filter(|(key, ..)| used(key)) {
            if !store::is_address(path) && !path.exists() {
                let error = Error::new(Kind::Config, format!("dataset.{key}: no such file or folder"))
                    .found(path.display().to_string())
                    .help("a relative path is relative to the file that it stands in");
                let entry = self.audit.places.at(&format!("dataset/{place}"));
                return Err(entry.map_or(error.clone(), |entry| entry.blame(error)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::audit::Severity;
    use crate::error::Place;

    #[test]
    fn a_path_that_is_not_there_is_told_of_with_its_place() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("dataprep.toml");
        fs::write(&file, "[dataset]\nscans = [\".\"]\nreferences = [\n  \"nope.json\"]\n").unwrap();
        let config = ConfigFile::read(&file).unwrap();
        let error = config.check_paths(|_| true).unwrap_err().to_string();
        assert!(error.contains("dataprep.toml:4:3: dataset.references: no such file"), "{error}");
        config.check_paths(|key| key != "references").unwrap();
    }

    fn keys(keys: &[&str]) -> Result<ConfigFile> {
        ConfigFile::load(None, &keys.iter().map(|&k| k.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_wrong_has_its_place_its_key_and_the_nearest_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d.toml");
        for (text, (row, column), says) in [
            ("[audit]\nselct = [\"REF\"]\n", (2, 1), "did you mean `select`?"),
            ("[dataset]\n  lables = \"x\"\n", (2, 3), "did you mean `labels`?"),
            ("[audit.thresholds]\nmin-target-vertexes = 3\n", (2, 1), "`min-target-vertices`"),
            ("[audits]\n", (1, 2), "did you mean `audit`?"),
            ("[audit]\nselect = 3\n", (2, 10), "audit.select: invalid type"),
            ("[audit.severity]\nREF101 = \"eror\"\n", (2, 10), "did you mean `error`?"),
            (
                "[[audit.suppress]]\nrule = \"X\"\nreason = \"\"\n",
                (3, 10),
                "audit.suppress.reason: the reason is empty",
            ),
            ("[[audit.suppress]]\nrule = \"X\"\n", (1, 1), "missing field `reason`"),
            ("[audit.per-scan-ignores]\n\"[\" = []\n", (2, 1), "no pattern of scans"),
            ("audit = {\n", (1, 10), ""),
        ] {
            fs::write(&path, text).unwrap();
            let error = ConfigFile::read(&path).err().unwrap();
            assert_eq!((error.kind(), error.path()), (Kind::Config, Some(path.as_path())));
            assert_eq!(error.where_in_file(), Some(&Place::Line { row, column }), "{text}{error}");
            assert!(error.to_string().contains(says), "{error}");
        }
        let error = keys(&["audit.selct = 3"]).unwrap_err().to_string();
        assert!(error.starts_with("--config:1:7: unknown field `selct`"), "{error}");
    }

    #[test]
    fn the_nearest_file_upwards_is_read_and_its_paths_are_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        let text = "[dataset]\nscans = [\"scans\"]\nsplits.train = \"t.txt\"\ncameras = \"c\"\n\
                    [audit]\nignore = [\"TXT\"]\nseverity.OBJ203 = \"error\"\nbaseline = \"b.json\"\n\
                    thresholds.min-scan-vertices = 7\n";
        let path = root.path().join("dataprep.toml");
        fs::write(&path, text).unwrap();
        assert_eq!(ConfigFile::find(&inner).as_deref(), Some(path.as_path()));
        let config = ConfigFile::read(&path).unwrap();
        assert_eq!(config.dataset.scans, [root.path().join("scans")]);
        assert_eq!(config.dataset.cameras, Some(root.path().join("c")));
        assert_eq!(config.dataset.splits["train"], root.path().join("t.txt"));
        assert_eq!(config.audit.baseline, Some(root.path().join("b.json")));
        assert_eq!((config.audit.select, config.audit.ignore), (vec!["ALL".into()], vec!["TXT".into()]));
        assert_eq!(config.audit.severity["OBJ203"], Severity::Error);
        let thresholds = config.audit.thresholds;
        assert_eq!((thresholds.min_scan_vertices, thresholds.min_target_vertices), (7, 50));
    }

    #[test]
    fn a_section_of_pyproject_will_do_and_other_projects_do_not_count() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("a");
        fs::create_dir_all(&inner).unwrap();
        let outer = root.path().join("pyproject.toml");
        fs::write(&outer, "[project]\nname = 'x'\n[tool.dataprep.audit]\nignore = ['TXT']\n").unwrap();
        for other in ["[project]\nname = 'dataprep'\n", "not TOML, dataprep\n"] {
            fs::write(inner.join("pyproject.toml"), other).unwrap();
            assert_eq!(ConfigFile::find(&inner).as_deref(), Some(outer.as_path()));
        }
        fs::write(inner.join("pyproject.toml"), "oops\n[tool.dataprep]\n").unwrap();
        let broken = ConfigFile::find(&inner).unwrap();
        assert!(ConfigFile::read(&broken).unwrap_err().to_string().contains("a/pyproject.toml:1:"));
        fs::write(&broken, "[project]\n").unwrap();
        let up = inner.join("../a/..");
        assert_eq!(ConfigFile::find(&up), Some(outer.canonicalize().unwrap()));
        let config = ConfigFile::read(&outer).unwrap();
        assert_eq!(
            (config.audit.ignore.as_slice(), config.audit.places.at("audit/ignore/0").unwrap().location.row),
            (&["TXT".into()][..], 4)
        );
        assert!(ConfigFile::read(&inner.join("pyproject.toml")).is_err());
        fs::write(root.path().join("dataprep.toml"), "").unwrap();
        assert_eq!(ConfigFile::find(&inner), Some(root.path().join("dataprep.toml")));
    }

    #[test]
    fn an_extended_file_is_overlaid_key_by_key_and_suppressions_add_up() {
        let root = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        let suppress = |rule: &str| format!("[[audit.suppress]]\nrule = '{rule}'\nreason = 'r'\n");
        put("base/b.toml", &("[dataset]\nscans = ['s']\nlabels = 'l'\n[audit]\nignore = ['TXT', 'NOPE']\nseverity.OBJ203 = 'info'\n".to_owned() + &suppress("A")));
        let path = put("own/d.toml", &("extend = '../base/b.toml'\n[dataset]\nlabels = 'mine'\n[audit]\nignore = ['SPL']\nseverity.REF103 = 'info'\n".to_owned() + &suppress("B")));
        let config =
            ConfigFile::load(Some(&path), &["audit.preview = true".into(), "dataset.scans = ['x']".into()])
                .unwrap();
        assert_eq!(config.audit.ignore, ["SPL"]);
        assert_eq!(config.audit.severity.keys().collect::<Vec<_>>(), ["OBJ203", "REF103"]);
        assert_eq!(config.dataset.labels, Some(root.path().join("own/mine")));
        assert_eq!(
            (config.dataset.scans.as_slice(), config.audit.preview),
            (&[PathBuf::from("x")][..], true)
        );
        let rules: Vec<_> = config.audit.suppress.iter().map(|s| s.rule.as_str()).collect();
        assert_eq!(rules, ["A", "B"]);
        let file = |key: &str| config.audit.places.at(key).map(|e| e.file.file_name().unwrap().to_owned());
        assert_eq!(
            (file("audit/suppress/0"), file("audit/suppress/1")),
            (Some("b.toml".into()), Some("d.toml".into()))
        );
        assert_eq!((file("audit/ignore/0"), file("audit/ignore/1")), (Some("d.toml".into()), None));
        assert_eq!(file("dataset/scans/0"), None);
        let base = ConfigFile::load(Some(&path), &[]).unwrap().dataset.scans;
        assert_eq!(base, [root.path().join("base/s")]);

        put("base/b.toml", "extend = '../own/d.toml'\n");
        let error = ConfigFile::read(&path).unwrap_err().to_string();
        assert!(error.contains("b.toml:1:1: extend: this file is one of those that extend it"), "{error}");
        put("base/b.toml", "extend = 'none.toml'\n");
        assert!(ConfigFile::read(&path).unwrap_err().to_string().contains("no such file"));
    }
}
