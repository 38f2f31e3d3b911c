//! What a page shows beside the findings: pictures, scenes in 3D, and where all came from.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::audit::Summary;
use crate::render::Cloud;
use crate::scene::Catalogue;

/// Findings that a page shows pictures of.
pub const MOST_SHOTS: usize = 60;
/// Scenes that a page shows in 3D.
pub const MOST_CLOUDS: usize = 5;

/// A picture of a place of the data.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Shot {
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// The bytes of a JPEG file, in base64.
    pub jpeg: String,
    /// Its width and height in pixels.
    pub size: [u32; 2],
}

/// A scene in 3D, with its sentences.
#[derive(Clone, Debug, Serialize)]
pub struct Space {
    /// Its points.
    pub cloud: Cloud,
    /// Its sentences.
    pub sentences: Vec<Spoken>,
}

/// A sentence of a scene.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Spoken {
    /// `scene/object/ann`.
    pub place: String,
    /// The objects that it means.
    pub objects: Vec<i32>,
    /// Its text; empty when texts are left out.
    pub text: String,
}

/// A file that the report is of.
#[derive(Clone, Debug)]
pub struct Input {
    /// What it is.
    pub what: String,
    /// Where it is, as it was named.
    pub path: String,
    /// Its size, when it could be read.
    pub bytes: Option<u64>,
    /// BLAKE3 of its bytes, when it could be read.
    pub digest: Option<String>,
}

/// What a page shows beside the findings.
#[derive(Debug)]
pub struct Album<'a> {
    /// Scans, sentences and splits.
    pub catalogue: &'a Catalogue,
    /// Facts of the scans.
    pub summary: &'a Summary,
    /// Pictures, by the place of the finding in the report.
    pub shots: BTreeMap<usize, Vec<Shot>>,
    /// Scenes in 3D, the worst first.
    pub spaces: Vec<Space>,
    /// Files that the report is of, those of single scans aside.
    pub inputs: Vec<Input>,
    /// What the rules were told, as key and value.
    pub settings: Vec<(String, String)>,
    /// What was looked for and not found, or left out: one clause each.
    pub notes: Vec<String>,
    /// Whether the page holds sentences, and what could quote them.
    pub texts: bool,
    /// Whether the page may hold pictures and scenes.
    pub pictures: bool,
}
