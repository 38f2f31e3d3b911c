//! Everything that belongs together: scans, sentences, splits, labels.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use super::{Camera, Description, LabelTable};
use crate::error::{Error, Kind, Result};

/// A scan that was found, before it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanEntry {
    /// The scan's id, `sceneXXXX_YY`.
    pub id: String,
    /// Its folder.
    pub dir: PathBuf,
}

/// One line of a split list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitEntry {
    /// The scan's id, without path prefix, extension or line ending.
    pub id: String,
    /// 1-based line in the file.
    pub line: u32,
}

/// A named split list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SplitList {
    /// `train`, `val`, `test` or what the user called it.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Its entries in file order.
    pub entries: Vec<SplitEntry>,
    /// How it departs from one id a line.
    pub oddities: Vec<Oddity>,
}

/// How a split list departs from one id a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// What is odd.
    pub what: OddLine,
    /// Number of lines that are.
    pub lines: u32,
    /// The first of them, from 1.
    pub first: u32,
}

/// What can be odd about a line of a split list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OddLine {
    /// It ends in a carriage return.
    CarriageReturn,
    /// It holds more than the id: a folder, an extension, white space.
    MoreThanId,
    /// Its id is not of the form `sceneXXXX_YY`.
    NotAnId,
    /// It is the last, and does not end.
    NoNewline,
    /// It begins with a byte order mark.
    ByteOrderMark,
    /// Its id stands on an earlier line.
    Repeated,
    /// It is no scan's id, and is passed over.
    Unreadable,
}

/// The formats of references files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// ScanRefer's JSON: one object a description.
    #[default]
    ScanRefer,
    /// Nr3D's CSV: one object a description, in people's words.
    Nr3d,
    /// Sr3D's CSV: one object a description, made by templates.
    Sr3d,
    /// Multi3DRefer's JSON: none, one or several objects a description.
    Multi3dRefer,
    /// Reason3D's JSON: one class a question.
    Reason3d,
}

impl Format {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ScanRefer => "ScanRefer",
            Self::Nr3d => "Nr3D",
            Self::Sr3d => "Sr3D",
            Self::Multi3dRefer => "Multi3DRefer",
            Self::Reason3d => "Reason3D",
        }
    }

    /// Whether files of both formats can be read in one run: Nr3D and Sr3D are made to be joined.
    fn joins(self, other: Self) -> bool {
        self == other || [self, other].iter().all(|f| matches!(f, Self::Nr3d | Self::Sr3d))
    }

    /// RFC 6901 pointer to a field, called as ScanRefer calls it, of a record; `None` where files
    /// are not JSON.
    pub fn pointer(self, record: u32, field: &str) -> Option<String> {
        let field = match (self, field) {
            (Self::Nr3d | Self::Sr3d, _) => return None,
            (Self::Multi3dRefer, "object_id") => "object_ids",
            (Self::Reason3d, "description") => "question",
            (Self::Reason3d, "ann_id") => return Some(format!("/{record}")),
            _ => field,
        };
        Some(format!("/{record}/{field}"))
    }
}

/// A references file.
#[derive(Clone, Debug, Default)]
pub struct References {
    /// The file.
    pub path: PathBuf,
    /// Its format.
    pub format: Format,
    /// Split that the file's name speaks of, if any.
    pub split: Option<String>,
    /// Number of records in the list, readable or not.
    pub records: usize,
    /// Of these, records that speak of scans of another data set, and are passed over.
    pub elsewhere: usize,
    /// Byte offset of each line's start, to turn an offset into a line and a column.
    pub line_starts: Vec<u64>,
    /// What could not be read.
    pub faults: Vec<Error>,
}

impl References {
    /// 1-based line and column (in bytes) of a byte offset.
    pub fn line_of(&self, offset: u64) -> (u32, u32) {
        let row = self.line_starts.partition_point(|&s| s <= offset);
        let start = row.checked_sub(1).map_or(0, |r| self.line_starts[r]);
        (row.max(1) as u32, (offset - start) as u32 + 1)
    }
}

/// Everything that belongs together, found and read once.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// Scans, sorted by id.
    pub scans: Vec<ScanEntry>,
    /// References files.
    pub references: Vec<References>,
    /// Descriptions of all files, sorted by [`Description::sort_key`].
    pub descriptions: Vec<Description>,
    /// Cameras of descriptions, sorted by [`Camera::sort_key`].
    pub cameras: Vec<Camera>,
    /// Files that cameras are from.
    pub camera_files: Vec<PathBuf>,
    /// Split lists.
    pub splits: Vec<SplitList>,
    /// Label table; empty when none was found.
    pub labels: LabelTable,
    /// Where the label table came from.
    pub labels_path: Option<PathBuf>,
    /// Files of the data set (not of a scan) that could not be read.
    pub faults: Vec<Error>,
    by_scene: BTreeMap<String, Range<usize>>,
    /// Scans of which a description means several objects.
    several: BTreeSet<String>,
    split_of: BTreeMap<String, String>,
}

impl Catalogue {
    /// Sorts, and indexes descriptions by scene and scans by split. Call once after filling.
    pub fn index(&mut self) {
        self.scans.sort_by(|a, b| a.id.cmp(&b.id));
        self.descriptions.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        self.cameras.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        self.by_scene.clear();
        let mut start = 0;
        for group in self.descriptions.chunk_by(|a, b| a.scene_id == b.scene_id) {
            self.by_scene.insert(group[0].scene_id.clone(), start..start + group.len());
            start += group.len();
        }
        let several = self.descriptions.iter().filter(|d| d.objects().nth(1).is_some());
        self.several = several.map(|d| d.scene_id.clone()).collect();
        self.split_of.clear();
        for list in &self.splits {
            for entry in &list.entries {
                self.split_of.entry(entry.id.clone()).or_insert_with(|| list.name.clone());
            }
        }
        if self.splits.is_empty() {
            for d in &self.descriptions {
                if let Some(split) = &self.references[d.file as usize].split {
                    self.split_of.entry(d.scene_id.clone()).or_insert_with(|| split.clone());
                }
            }
        }
    }

    /// The descriptions of one scan.
    pub fn descriptions_of(&self, scene_id: &str) -> &[Description] {
        self.by_scene.get(scene_id).map_or(&[], |r| &self.descriptions[r.clone()])
    }

    /// The descriptions of one scan that mean an object, alone or among others.
    pub fn descriptions_of_object(&self, scene_id: &str, id: i32) -> impl Iterator<Item = &Description> {
        let mut those = self.descriptions_of(scene_id);
        if !self.several.contains(scene_id) {
            // They are sorted by the one object that each means.
            those = &those[those.partition_point(|d| d.object_id < id)..];
            those = &those[..those.partition_point(|d| d.object_id == id)];
        }
        those.iter().filter(move |d| d.objects().any(|o| o == id))
    }

    /// Whether a description is of a file in ScanRefer's form, where annotations are numbered by
    /// object.
    pub fn is_scanrefer(&self, description: &Description) -> bool {
        self.references.get(description.file as usize).is_some_and(|f| f.format == Format::ScanRefer)
    }

    /// The cameras of one scan.
    pub fn cameras_of(&self, scene_id: &str) -> &[Camera] {
        let start = self.cameras.partition_point(|c| c.scene_id.as_str() < scene_id);
        let rest = &self.cameras[start..];
        &rest[..rest.partition_point(|c| c.scene_id == scene_id)]
    }

    /// Ids of the scans that descriptions speak of, sorted.
    pub fn described_scenes(&self) -> impl Iterator<Item = &str> {
        self.by_scene.keys().map(String::as_str)
    }

    /// The split of a scan: by the split lists, or without any by the references file's name.
    pub fn split_of(&self, scene_id: &str) -> Option<&str> {
        self.split_of.get(scene_id).map(String::as_str)
    }

    /// Refuses references files of several formats: annotation ids of one say nothing in another.
    ///
    /// # Errors
    /// [`Kind::Config`], naming the formats with a file of each.
    pub fn one_format(&self) -> Result<()> {
        let mut read = self.references.iter().filter(|r| r.records > 0);
        let Some(first) = read.next() else { return Ok(()) };
        let Some(other) = read.find(|r| !r.format.joins(first.format)) else { return Ok(()) };
        let shown = |r: &References| format!("{} ({})", r.format.name(), r.path.display());
        Err(Error::new(Kind::Config, "the references files are of several formats")
            .expected("files of one format")
            .found(format!("{} and {}", shown(first), shown(other)))
            .help("name the files of one format, and take the others in a run of their own"))
    }

    /// What people should know of the references, one clause each.
    pub fn notes(&self) -> Vec<String> {
        let passed = self.references.iter().filter(|r| r.elsewhere > 0);
        let note = |r: &References| {
            let (name, n, of) = (r.path.display(), r.elsewhere, r.records);
            format!("{name}: {n} of {of} records speak of scans that are not ScanNet's, and are passed over")
        };
        passed.map(note).collect()
    }

    /// What belongs to the data set as a whole and to no scan alone: who remembers something of a
    /// scan must forget it when this shows another text.
    pub fn common(&self) -> impl fmt::Debug {
        // Spelled out so that a new field does not compile until it is decided where it belongs.
        let Self {
            scans: _,
            descriptions: _,
            cameras: _,
            camera_files,
            references,
            splits,
            labels,
            labels_path,
            faults,
            by_scene: _,
            several: _,
            split_of: _,
        } = self;
        // Number and lines of records are those of the scans that they speak of.
        let references: Vec<_> = references
            .iter()
            .map(|References { path, format, split, records: _, elsewhere: _, line_starts: _, faults }| {
                (path, format, split, faults)
            })
            .collect();
        (references, camera_files, splits, labels, labels_path, faults)
    }

    /// The scan with this id.
    pub fn scan(&self, id: &str) -> Option<&ScanEntry> {
        self.scans.binary_search_by(|s| s.id.as_str().cmp(id)).ok().map(|i| &self.scans[i])
    }
}

/// The room of a scan: the `sceneXXXX` prefix of `sceneXXXX_YY`.
pub fn room_of(scan: &str) -> &str {
    scan.rsplit_once('_').map_or(scan, |(room, _)| room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_found_by_scene_and_sorted_by_number() {
        let d = |scene: &str, object, ann: &str| Description {
            scene_id: scene.into(),
            object_id: object,
            ann_id: ann.into(),
            ..Description::default()
        };
        let mut c = Catalogue {
            descriptions: vec![d("b", 1, "0"), d("a", 2, "10"), d("a", 2, "9")],
            references: vec![References { split: Some("val".into()), ..References::default() }],
            ..Catalogue::default()
        };
        let camera = |scene: &str| Camera { scene_id: scene.into(), ..Camera::default() };
        c.cameras = ["c", "a", "b", "c"].map(camera).into();
        c.index();
        assert_eq!(["a", "b", "bb", "c"].map(|s| c.cameras_of(s).len()), [1, 1, 0, 2]);
        let anns: Vec<_> = c.descriptions_of("a").iter().map(|d| d.ann_id.as_str()).collect();
        assert_eq!(anns, ["9", "10"]);
        let of = |c: &Catalogue, id| c.descriptions_of_object("a", id).count();
        assert_eq!([1, 2, 3].map(|id| of(&c, id)), [0, 2, 0]);
        c.descriptions.push(d("a", 1, "0").of_objects(&[1, 2]));
        c.index();
        assert_eq!([1, 2, 3].map(|id| of(&c, id)), [1, 3, 0]);
        assert_eq!(c.split_of("b"), Some("val"));
        assert!(c.descriptions_of("c").is_empty());
    }

    #[test]
    fn lines_are_found_from_offsets() {
        let r = References { line_starts: vec![0, 2, 10], ..References::default() };
        assert_eq!(r.line_of(0), (1, 1));
        assert_eq!(r.line_of(2), (2, 1));
        assert_eq!(r.line_of(12), (3, 3));
    }

    #[test]
    fn files_of_several_formats_are_refused_unless_they_are_made_to_be_joined() {
        let files = |formats: &[Format]| {
            let file = |&format: &Format| References { format, records: 1, ..References::default() };
            Catalogue { references: formats.iter().map(file).collect(), ..Catalogue::default() }
        };
        assert!(files(&[]).one_format().is_ok());
        assert!(files(&[Format::Nr3d, Format::Sr3d, Format::Nr3d]).one_format().is_ok());
        let error = files(&[Format::ScanRefer, Format::ScanRefer, Format::Nr3d]).one_format().unwrap_err();
        assert_eq!(error.kind(), Kind::Config);
        assert!(error.detail().contains("ScanRefer () and Nr3D ()"), "{error}");
        let mut mixed = files(&[Format::ScanRefer, Format::Reason3d]);
        mixed.references[0].records = 0;
        assert!(mixed.one_format().is_ok(), "a file that could not be read has no format");
    }

    #[test]
    fn rooms_drop_the_scan_number() {
        assert_eq!(room_of("scene0011_01"), "scene0011");
    }
}
