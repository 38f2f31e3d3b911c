//! `dataprep.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::audit::Settings;
use crate::error::{Error, Kind, Place, Result};
use crate::store;

/// What `dataprep.toml` holds. Unknown keys are errors.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ConfigFile {
    /// Where the data set is.
    pub dataset: DatasetPaths,
    /// How it is audited.
    pub audit: Settings,
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
    /// The nearest `dataprep.toml` in `start` or a folder above it.
    pub fn find(start: &Path) -> Option<PathBuf> {
        let start = std::path::absolute(start).ok()?;
        start.ancestors().map(|dir| dir.join("dataprep.toml")).find(|path| path.is_file())
    }

    /// Reads a configuration.
    ///
    /// # Errors
    /// [`Kind::Config`] with line and column when it is not TOML, or a key or value cannot be.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = store::read(path)?;
        let text = std::str::from_utf8(&bytes).map_err(|e| {
            let place = Place::of_offset(&bytes, e.valid_up_to());
            Error::new(Kind::Config, "the configuration is not UTF-8 text").at(path).place(place)
        })?;
        let mut config = Self::parse(path, text)?;
        let dir = path.parent().unwrap_or(Path::new(""));
        let paths = &mut config.dataset;
        let lists = paths.scans.iter_mut().chain(&mut paths.references).chain(paths.splits.values_mut());
        let folders = paths.cameras.iter_mut().chain(&mut paths.superpoints);
        for named in lists.chain(&mut paths.labels).chain(folders) {
            *named = dir.join(&*named);
        }
        Ok(config)
    }

    fn parse(path: &Path, text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|e| Error::toml(path, text, &e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Severity;

    #[test]
    fn unknown_keys_are_errors_with_place_and_suggestion() {
        for (text, place, suggestion) in [
            ("[audit]\nselct = [\"REF\"]\n", (2, 1), "`select`"),
            ("[dataset]\n  lables = \"x\"\n", (2, 3), "`labels`"),
            ("[audit.thresholds]\nmin-target-vertexes = 3\n", (2, 1), "`min-target-vertices`"),
            ("[audits]\n", (1, 2), "`audit`"),
        ] {
            let error = ConfigFile::parse(Path::new("d.toml"), text).err().unwrap();
            assert_eq!(error.kind(), Kind::Config);
            let (row, column) = place;
            assert_eq!(error.where_in_file(), Some(&Place::Line { row, column }), "{text}");
            assert!(error.remedy().unwrap().contains(suggestion), "{error}");
        }
        let wrong = ConfigFile::parse(Path::new("d.toml"), "[audit]\nselect = 3\n").err().unwrap();
        assert_eq!(wrong.where_in_file(), Some(&Place::Line { row: 2, column: 10 }));
    }

    #[test]
    fn the_nearest_file_upwards_is_read_and_its_paths_are_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        let text = "[dataset]\nscans = [\"scans\"]\nsplits.train = \"t.txt\"\ncameras = \"c\"\n\
                    [audit]\nignore = [\"TXT\"]\nseverity.OBJ203 = \"error\"\n\
                    thresholds.min-scan-vertices = 7\n";
        let path = root.path().join("dataprep.toml");
        std::fs::write(&path, text).unwrap();
        assert_eq!(ConfigFile::find(&inner).as_deref(), Some(path.as_path()));
        let config = ConfigFile::read(&path).unwrap();
        assert_eq!(config.dataset.scans, [root.path().join("scans")]);
        assert_eq!(config.dataset.cameras, Some(root.path().join("c")));
        assert_eq!(config.dataset.splits["train"], root.path().join("t.txt"));
        assert_eq!((config.audit.select, config.audit.ignore), (vec!["ALL".into()], vec!["TXT".into()]));
        assert_eq!(config.audit.severity["OBJ203"], Severity::Error);
        let thresholds = config.audit.thresholds;
        assert_eq!((thresholds.min_scan_vertices, thresholds.min_target_vertices), (7, 50));
    }
}
