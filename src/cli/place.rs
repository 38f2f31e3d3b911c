//! A place of the data as people name it: a scan, an object of it, a description.

use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result, nearest};
use crate::load::{self, Wanted};
use crate::pipeline::ConfigFile;
use crate::scene::{Catalogue, Description, NO_OBJECT, Role, Scan, ScanEntry};
use crate::store::{self, is_dir};

/// A scan that was read, with what was named of it.
pub(super) struct Place {
    pub scan: Scan,
    /// What lies beside the scan: sentences, labels, cameras.
    pub catalogue: Catalogue,
    pub object: Option<i32>,
    ann: Option<String>,
}

impl Place {
    /// Reads what `text` names: a scan's folder or, where a dataprep.toml names scans, its id; then
    /// `/object`, then `/annotation`.
    pub(super) fn read(text: &str) -> Result<Self> {
        let (folder, rest) = split(text);
        let entry;
        let mut catalogue = Catalogue::default();
        if is_dir(&folder)? {
            entry = entry_of(&folder)?;
            is_scan(&entry, &rest, text)?;
            let request = load::Request { scans: vec![folder], extras: true, ..load::Request::default() };
            // A folder that holds next to nothing of a scan has nothing beside it either.
            if let Ok(found) = load::discover(&request) {
                catalogue = load::catalogue(&found);
            }
        } else {
            (entry, catalogue) = configured(text, &folder)?;
        }
        if let Some(more) = rest.get(2) {
            return Err(Error::new(Kind::Config, format!("`{more}` is a part too many"))
                .at(text)
                .expected("a scan, then /object, then /annotation"));
        }
        let scan = load::scan(&entry, &catalogue.labels, Wanted::default());
        if scan.scene.points.is_empty() {
            let fault = scan.faults.into_iter().next().map(|f| f.error);
            return Err(fault.unwrap_or_else(|| {
                Error::new(Kind::NotFound, "the folder holds no mesh of this scan")
                    .at(&entry.dir)
                    .expected(format!("{}_vh_clean_2.ply", entry.id))
            }));
        }
        let place = Self { scan, catalogue, object: None, ann: rest.get(1).cloned() };
        match rest.first() {
            None => Ok(place),
            Some(object) => {
                let Ok(id) = object.parse() else {
                    let error = Error::new(Kind::Config, format!("`{object}` is no objectId")).at(text);
                    return Err(place.with_ids(error));
                };
                place.at_object(id, text)
            }
        }
    }

    /// An error with the objects that there are.
    fn with_ids(&self, error: Error) -> Error {
        let ids = || self.scan.scene.objects.iter().map(|o| o.id);
        match (ids().min(), ids().max()) {
            (Some(lo), Some(hi)) => error.expected(format!("an objectId from {lo} to {hi}")),
            _ => error.help("the scan has no objects: segments or aggregation could not be read"),
        }
    }

    /// The same place, with an object of it.
    pub(super) fn at_object(mut self, id: i32, text: &str) -> Result<Self> {
        if id == NO_OBJECT {
            let what = format!("{id} is no object but marks the vertices that belong to none");
            return Err(self.with_ids(Error::new(Kind::Config, what).at(text)));
        }
        if !self.scan.scene.points.object.contains(&id) {
            let what = format!("no vertex belongs to object {id}");
            return Err(self.with_ids(Error::new(Kind::Config, what).at(text)));
        }
        self.object = Some(id);
        if let (Some(ann), None) = (&self.ann, self.description()) {
            let those =
                self.catalogue.descriptions_of_object(self.scan.id(), self.object.unwrap_or_default());
            let known: Vec<&str> = those.map(|d| d.ann_id.as_str()).collect();
            let error = Error::new(Kind::Config, format!("no description {ann} means this object")).at(text);
            return Err(if known.is_empty() {
                error.help("references are looked for beside the scans; none there means this object")
            } else {
                error.expected(format!("one of {}", known.join(", ")))
            });
        }
        Ok(self)
    }

    /// The description that was named; else the first of the object that was.
    pub(super) fn description(&self) -> Option<&Description> {
        let of_object = self.catalogue.descriptions_of_object(self.scan.id(), self.object?);
        of_object.into_iter().find(|d| self.ann.as_ref().is_none_or(|ann| *ann == d.ann_id))
    }
}

/// The folder that a text begins with, or else the id, and the object and annotation that follow.
fn split(text: &str) -> (PathBuf, Vec<String>) {
    let text = text.trim_end_matches('/');
    let parts = |text: &str| text.split('/').map(ToOwned::to_owned).collect::<Vec<_>>();
    let mut folder = text;
    while !is_dir(Path::new(folder)).unwrap_or(false) {
        let Some((before, _)) = folder.rsplit_once('/').filter(|(before, _)| !before.is_empty()) else {
            let mut rest = parts(text);
            return (rest.remove(0).into(), rest);
        };
        folder = before;
    }
    let rest = text[folder.len()..].strip_prefix('/').map_or_else(Vec::new, parts);
    (folder.into(), rest)
}

/// Refuses a folder that holds scans in place of one.
fn is_scan(entry: &ScanEntry, rest: &[String], text: &str) -> Result<()> {
    let mesh = |dir: &Path, id: &str| dir.join(Role::Mesh.file_name(id));
    if store::is_file(&mesh(&entry.dir, &entry.id)) {
        return Ok(());
    }
    let inside = store::list(&entry.dir)?.into_iter().filter(|(_, is_dir)| *is_dir).map(|(name, _)| name);
    let held: Vec<String> =
        inside.filter(|name| store::is_file(&mesh(&entry.dir.join(name), name))).collect();
    let Some(first) = held.first() else { return Ok(()) };
    let dir = entry.dir.display();
    Err(match rest.first() {
        None => Error::new(Kind::Config, "this is a folder of scans")
            .at(text)
            .expected(format!("one of them, such as {dir}/{first}")),
        Some(wanted) => {
            let near = nearest(wanted, held.iter().map(String::as_str)).unwrap_or(first);
            Error::new(Kind::NotFound, format!("{dir} holds no scan `{wanted}`"))
                .at(text)
                .expected(format!("a scan of it, such as {dir}/{near}"))
        }
    })
}

/// The scan that a folder holds: its name is the scan's id.
fn entry_of(dir: &Path) -> Result<ScanEntry> {
    let full = store::real(dir);
    match full.file_name().and_then(|n| n.to_str()) {
        Some(id) => Ok(ScanEntry { id: id.into(), dir: dir.to_path_buf() }),
        None => Err(Error::new(Kind::Config, "this is no scan folder")
            .at(dir)
            .expected("a folder like scene0000_00")),
    }
}

/// A scan by its id among those that the nearest dataprep.toml names.
fn configured(text: &str, id: &Path) -> Result<(ScanEntry, Catalogue)> {
    let missing = || {
        Error::new(Kind::NotFound, "there is no such scan folder").at(text).help(
            "name a scan's folder, as in scans/scene0011_00/12/3 for object 12 and annotation 3; ids alone do \
             where a dataprep.toml names the scans",
        )
    };
    let config = ConfigFile::find(Path::new(".")).ok_or_else(missing)?;
    let paths = ConfigFile::read(&config)?.dataset;
    if paths.scans.is_empty() {
        return Err(missing());
    }
    let request = load::Request {
        scans: paths.scans,
        references: paths.references,
        labels: paths.labels,
        splits: paths.splits.into_iter().collect(),
        cameras: paths.cameras,
        extras: true,
        scenes: Some(id.display().to_string()),
        ..load::Request::default()
    };
    let found = load::discover(&request)?;
    let [entry] = found.scans.as_slice() else { return Err(missing()) };
    Ok((entry.clone(), load::catalogue(&found)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_end_where_objects_begin() {
        let of = |text| split(text);
        let rest = |parts: &[&str]| parts.iter().map(|&p| p.to_owned()).collect::<Vec<_>>();
        assert_eq!(of("src"), ("src".into(), vec![]));
        assert_eq!(of("src/cli/"), ("src/cli".into(), vec![]));
        assert_eq!(of("src/12/3"), ("src".into(), rest(&["12", "3"])));
        assert_eq!(of("src/12"), ("src".into(), rest(&["12"])));
        assert_eq!(of("scene0011_00/12"), ("scene0011_00".into(), rest(&["12"])));
        assert_eq!(of("src/12/3/4"), ("src".into(), rest(&["12", "3", "4"])));
        assert_eq!(of("a/b/c"), ("a".into(), rest(&["b", "c"])));
        assert_eq!(of("/nowhere/12"), ("".into(), rest(&["nowhere", "12"])));
    }
}
