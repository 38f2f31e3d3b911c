//! Faults to plant: one for each rule, at one place, so that an audit can be tested on it.
//!
//! A fault is planted in the first scan, which is for training and is described, before its files
//! are written; or in the files of the whole data set once they are there.

mod amb;
mod bal;
mod cam;
mod cfg;
mod dup;
mod fil;
mod msh;
mod msk;
mod obj;
mod refs;
mod seg;
mod spl;
mod trn;
mod txt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::category::by_raw;
use super::files::{Kept, MadeScan, Split, indented};
use crate::error::{Error, Kind, Result};
use crate::scene::{Ownership, Role};
use crate::store::Folder;

/// A fault that a rule is to find.
#[derive(Debug)]
pub struct Fault {
    /// Code of the rule.
    pub code: &'static str,
    /// What is done to the data, in a few words.
    pub what: &'static str,
    plant: Plant,
}

/// How a fault is planted.
#[derive(Debug)]
enum Plant {
    /// In the first scan, before its files are written.
    Scan(fn(&mut MadeScan) -> Planted),
    /// In files that have been written.
    Files(fn(&Files<'_>) -> Result<Planted>),
    /// In files of a data set that has more than one usually has.
    With(Setting, fn(&Files<'_>) -> Result<Planted>),
}

/// What a fault needs the data set to have.
#[derive(Clone, Copy, Debug)]
enum Setting {
    /// A camera for each description.
    Cameras,
    /// At least so many scans.
    Scenes(u32),
}

/// Where a fault was planted; what is absent the rule does not name either.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planted {
    /// Code of the rule that is to find it.
    pub code: String,
    /// The scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene_id: Option<String>,
    /// The object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_id: Option<i32>,
    /// The annotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ann_id: Option<String>,
    /// The file, from the root of the data set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl Planted {
    /// Somewhere in the data set.
    fn somewhere() -> Self {
        Self::default()
    }

    /// In a scan.
    fn scene(id: &str) -> Self {
        Self { scene_id: Some(id.to_owned()), ..Self::default() }
    }

    /// In one of a scan's files.
    fn role(id: &str, role: Role) -> Self {
        Self::scene(id).file(&scan_file(id, role))
    }

    /// At an object.
    fn object(self, id: i32) -> Self {
        Self { object_id: Some(id), ..self }
    }

    /// At an annotation.
    fn ann(self, id: u32) -> Self {
        Self { ann_id: Some(id.to_string()), ..self }
    }

    /// In a file of the data set.
    fn file(self, name: &str) -> Self {
        Self { file: Some(name.to_owned()), ..self }
    }
}

/// The name of a scan's file from the root of the data set.
fn scan_file(id: &str, role: Role) -> String {
    format!("scans/{id}/{}", role.file_name(id))
}

impl Fault {
    /// Plants the fault in a scan that is still to be written, if that is how it is planted.
    pub(super) fn plant_in(&self, scan: &mut MadeScan) -> Option<Planted> {
        let Plant::Scan(plant) = self.plant else { return None };
        Some(Planted { code: self.code.to_owned(), ..plant(scan) })
    }

    /// Whether the fault is one of cameras, which the data set then has.
    pub fn cameras(&self) -> bool {
        matches!(self.plant, Plant::With(Setting::Cameras, _))
    }

    /// The least number of scans that the data set must have.
    pub fn scenes(&self) -> u32 {
        if let Plant::With(Setting::Scenes(n), _) = self.plant { n } else { 1 }
    }

    /// Plants the fault in the files of a data set, if that is how it is planted.
    pub(super) fn plant_files(&self, store: &Folder, scans: &[Kept]) -> Result<Option<Planted>> {
        let (Plant::Files(plant) | Plant::With(_, plant)) = self.plant else { return Ok(None) };
        let planted = plant(&Files { store, scans })?;
        Ok(Some(Planted { code: self.code.to_owned(), ..planted }))
    }
}

/// The files of a data set that has been written.
#[derive(Clone, Copy, Debug)]
struct Files<'a> {
    store: &'a Folder,
    scans: &'a [Kept],
}

impl<'a> Files<'a> {
    /// The first scan, which is described.
    fn first(&self) -> &'a Kept {
        &self.scans[0]
    }

    /// The first scan of a split; refuses data sets too small to have one.
    fn first_of(&self, split: Split) -> Result<&'a Kept> {
        self.scans.iter().find(|s| s.split == split).ok_or_else(|| {
            Error::new(Kind::Config, "the data set is too small for this fault")
                .expected(format!("a scan for {}", split.name()))
                .help("ask for more scans with --scenes")
        })
    }

    /// Changes the bytes of a file.
    fn bytes(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        let mut bytes = self.store.read(name)?;
        change(&mut bytes);
        self.store.publish(name, &bytes)
    }

    /// Reads a JSON file.
    fn read(&self, name: &str) -> Result<Value> {
        let unreadable = |e| Error::new(Kind::Malformed, format!("cannot read back: {e}")).at(name);
        serde_json::from_slice(&self.store.read(name)?).map_err(unreadable)
    }

    /// Changes a JSON file.
    fn json(&self, name: &str, change: impl FnOnce(&mut Value)) -> Result<()> {
        let mut value = self.read(name)?;
        change(&mut value);
        self.store.publish(name, &indented(&value)?)
    }

    /// Changes the records of a split's references.
    fn references(&self, split: Split, change: impl FnOnce(&mut Vec<Value>)) -> Result<()> {
        self.json(&references_file(split), |value| {
            if let Value::Array(records) = value {
                change(records);
            }
        })
    }
}

/// The name of a split's references file.
fn references_file(split: Split) -> String {
    format!("ScanRefer_filtered_{}.json", split.name())
}

/// The indices of walls and floor, which nobody describes; rooms have five.
fn shells(scan: &MadeScan) -> Vec<usize> {
    let is_shell = |raw: &str| by_raw(raw).is_some_and(|c| c.kind.is_shell());
    let objects = &scan.scene.objects;
    (0..objects.len()).filter(|&o| is_shell(&objects[o].raw_category)).collect()
}

/// Paints the scan again after its groups were changed, so that the labels mesh agrees with them.
fn paint(scan: &mut MadeScan) {
    let scene = &mut scan.scene;
    let painted = Ownership::of(&scene.objects).paint(&scene.points.segment, &scene.objects);
    let label = |&group: &u32| {
        let object = scene.objects.get(group as usize);
        object.and_then(|o| by_raw(&o.raw_category)).map_or(0, |c| c.nyu40)
    };
    scene.points.nyu40 = painted.group.iter().map(label).collect();
    scene.points.object = painted.object;
}

/// A segment's vertices without the first few, if the rest is enough for a segment.
fn piece(scan: &MadeScan, segment: u32) -> Option<Vec<usize>> {
    let column = &scan.scene.points.segment;
    let rest: Vec<usize> = (0..column.len()).filter(|&i| column[i] == segment).skip(4).collect();
    (rest.len() >= 20).then_some(rest)
}

/// Makes a piece a segment of its own, and gives it to an object.
fn give(scan: &mut MadeScan, object: usize, piece: &[usize]) {
    // Segments have the name of their first vertex, so no other is named after one of these.
    for &i in piece {
        scan.scene.points.segment[i] = piece[0] as u32;
    }
    scan.scene.objects[object].segments.push(piece[0] as u32);
    paint(scan);
}

/// A wall or the floor, and a piece of it.
fn piece_of_shell(scan: &MadeScan) -> Option<(usize, Vec<usize>)> {
    let segments = |o: usize| scan.scene.objects[o].segments.iter();
    shells(scan).into_iter().find_map(|o| Some((o, segments(o).find_map(|&s| piece(scan, s))?)))
}

/// The faults of all rules, by subject and then by code.
pub fn faults() -> impl Iterator<Item = &'static Fault> {
    FAMILIES.iter().copied().flatten()
}

static FAMILIES: &[&[Fault]] = &[
    &fil::FAULTS,
    &msh::FAULTS,
    &seg::FAULTS,
    &obj::FAULTS,
    &refs::FAULTS,
    &msk::FAULTS,
    &txt::FAULTS,
    &amb::FAULTS,
    &dup::FAULTS,
    &spl::FAULTS,
    &bal::FAULTS,
    &cam::FAULTS,
    &trn::FAULTS,
    &cfg::FAULTS,
];
