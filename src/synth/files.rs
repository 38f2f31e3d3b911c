//! Made scans as files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::category::label_table;
use super::describe::Said;
use super::faults::Planted;
use super::ply;
use super::truth::{Claim, Viewpoint};
use crate::error::{Error, Kind, Result};
use crate::language::tokens;
use crate::math::Affine;
use crate::scene::{Role, Scene};
use crate::store::Folder;

/// A scan before it is written.
#[derive(Clone, Debug)]
pub(super) struct MadeScan {
    pub scene: Scene,
    pub scene_type: &'static str,
    pub split: Split,
    pub viewpoint: Viewpoint,
    /// Descriptions; none for second scans of a room.
    pub said: Vec<Said>,
}

/// Which lists a scan is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    Train,
    Val,
}

impl Split {
    pub(super) const ALL: [Self; 2] = [Self::Train, Self::Val];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
        }
    }
}

/// `truth.json`: what the generator knows, one entry a scan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// By scan id.
    pub scans: BTreeMap<String, ScanTruth>,
    /// The one thing that is wrong, if something was asked to be.
    #[serde(default)]
    pub planted: Option<Planted>,
}

/// What the generator knows of a scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScanTruth {
    /// Where whoever describes the room stands, raw frame, metres.
    pub viewpoint: Viewpoint,
    /// What each description claims, in the order of the references file.
    pub descriptions: Vec<DescriptionTruth>,
}

/// What a description claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescriptionTruth {
    /// ScanNet `objectId` of the target.
    pub object_id: i32,
    /// Annotation id.
    pub ann_id: String,
    /// Whether the claims fit the target alone, of all objects of its class.
    pub identifies: bool,
    /// The claims, all true.
    pub claims: Vec<Claim>,
}

impl ScanTruth {
    pub(super) fn of(scan: &MadeScan) -> Self {
        let descriptions = scan
            .said
            .iter()
            .map(|d| DescriptionTruth {
                object_id: d.object,
                ann_id: d.ann.to_string(),
                identifies: d.identifies,
                claims: d.claims.clone(),
            })
            .collect();
        Self { viewpoint: scan.viewpoint, descriptions }
    }
}

/// Writes the five files of a scan folder; returns their bytes.
pub(super) fn write_scan(store: &Folder, scan: &MadeScan) -> Result<u64> {
    let id = &scan.scene.id;
    let mut total = 0;
    for role in Role::ALL {
        let bytes = match role {
            Role::Mesh => ply::mesh(&scan.scene, false)?,
            Role::Labels => ply::mesh(&scan.scene, true)?,
            Role::Segments => segments(&scan.scene)?,
            Role::Aggregation => aggregation(&scan.scene)?,
            Role::Meta => meta(scan).into_bytes(),
        };
        store.publish(&format!("scans/{id}/{}", role.file_name(id)), &bytes)?;
        total += bytes.len() as u64;
    }
    Ok(total)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Segments<'a> {
    params: BTreeMap<&'static str, &'static str>,
    scene_id: &'a str,
    seg_indices: &'a [u32],
}

fn segments(scene: &Scene) -> Result<Vec<u8>> {
    // The segmentator's settings, which ScanNet keeps as strings.
    let params = BTreeMap::from([
        ("kThresh", "0.0100000"),
        ("segMinVerts", "20"),
        ("minPoints", "750"),
        ("maxPoints", "30000"),
        ("thinThresh", "0.05"),
        ("flatThresh", "0.001"),
        ("minLength", "0.02"),
        ("maxLength", "1"),
    ]);
    json(&Segments { params, scene_id: &scene.id, seg_indices: &scene.points.segment })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Aggregation<'a> {
    scene_id: String,
    app_id: &'static str,
    seg_groups: Vec<Group<'a>>,
    segments_file: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    id: i64,
    object_id: i32,
    segments: &'a [u32],
    label: &'a str,
}

fn aggregation(scene: &Scene) -> Result<Vec<u8>> {
    let groups = scene.objects.iter().map(|o| Group {
        id: o.group_id,
        object_id: o.id,
        segments: &o.segments,
        label: &o.raw_category,
    });
    json(&Aggregation {
        scene_id: format!("scannet.{}", scene.id),
        app_id: "Aggregator.v2",
        seg_groups: groups.collect(),
        segments_file: format!("scannet.{}", Role::Segments.file_name(&scene.id)),
    })
}

/// `key = value` lines; the scene type comes last, where readers look for it.
fn meta(scan: &MadeScan) -> String {
    let numbers = |m: &Affine| m.to_row_major().map(|v| format!("{v:.6}")).join(" ");
    let alignment = scan.scene.frame.axis_alignment.unwrap_or(Affine::IDENTITY);
    let frames = 600 + scan.scene.points.len() % 1400;
    let lines = [
        ("axisAlignment", numbers(&alignment)),
        ("colorHeight", "968".into()),
        ("colorToDepthExtrinsics", numbers(&Affine::translation([-0.0376, 0.0072, -0.0171]))),
        ("colorWidth", "1296".into()),
        ("depthHeight", "480".into()),
        ("depthWidth", "640".into()),
        ("fx_color", "1170.000000".into()),
        ("fx_depth", "571.500000".into()),
        ("fy_color", "1171.000000".into()),
        ("fy_depth", "571.500000".into()),
        ("mx_color", "648.000000".into()),
        ("mx_depth", "320.000000".into()),
        ("my_color", "484.000000".into()),
        ("my_depth", "240.000000".into()),
        ("numColorFrames", frames.to_string()),
        ("numDepthFrames", frames.to_string()),
        ("numIMUmeasurements", (frames * 2).to_string()),
        ("sceneType", scan.scene_type.into()),
    ];
    lines.map(|(key, value)| format!("{key} = {value}\n")).concat()
}

#[derive(Serialize)]
struct Reference<'a> {
    scene_id: &'a str,
    object_id: String,
    object_name: String,
    ann_id: String,
    description: &'a str,
    token: Vec<String>,
}

#[derive(Serialize)]
struct CameraRecord<'a> {
    scene_id: &'a str,
    object_id: String,
    object_name: String,
    ann_id: String,
    id: String,
    camera: Pose,
}

#[derive(Serialize)]
struct Pose {
    position: [f64; 3],
    rotation: [f64; 3],
    lookat: [f64; 3],
}

/// The name of the file of a scan's cameras.
pub(super) fn cameras_file(id: &str) -> String {
    format!("annotated_cameras/{id}.anns.json")
}

/// Writes a camera for each description of a scan, as ScanRefer's annotators have them: where the
/// speaker stands, looking at the middle of what is described. Returns their bytes.
pub(super) fn write_cameras(store: &Folder, scan: &MadeScan) -> Result<u64> {
    let (id, points) = (&scan.scene.id, &scan.scene.points);
    if scan.said.is_empty() {
        return Ok(0);
    }
    let mut middles: BTreeMap<i32, ([f64; 3], f64)> = BTreeMap::new();
    for (i, &object) in points.object.iter().enumerate() {
        let (sum, n) = middles.entry(object).or_default();
        let at = points.position.get(i);
        (0..3).for_each(|a| sum[a] += f64::from(at[a]));
        *n += 1.0;
    }
    let records = scan.said.iter().filter_map(|d| {
        let (sum, n) = middles.get(&d.object)?;
        let (position, lookat) = (scan.viewpoint.eye, sum.map(|s| s / n));
        let [x, y, z]: [f64; 3] = std::array::from_fn(|a| lookat[a] - position[a]);
        let tilt = libm::atan2(z, libm::sqrt(x * x + y * y));
        Some(CameraRecord {
            scene_id: id,
            object_id: d.object.to_string(),
            object_name: d.category.replace(' ', "_"),
            ann_id: d.ann.to_string(),
            id: format!("{id}-{}_{}", d.object, d.ann),
            camera: Pose { position, rotation: [tilt, 0.0, libm::atan2(y, x)], lookat },
        })
    });
    let bytes = indented(&records.collect::<Vec<_>>())?;
    store.publish(&cameras_file(id), &bytes)?;
    Ok(bytes.len() as u64)
}

/// What is kept of a scan once its folder is written, to make the lists of the data set.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub id: String,
    pub split: Split,
    pub truth: ScanTruth,
    pub said: Vec<Said>,
    pub categories: Vec<String>,
}

/// Writes label table, split lists and references; returns their bytes.
pub(super) fn write_lists(store: &Folder, scans: &[Kept], readme: &str) -> Result<u64> {
    let mut total = 0;
    let mut publish = |name: &str, bytes: &[u8]| {
        total += bytes.len() as u64;
        store.publish(name, bytes)
    };
    let count = |raw: &str| scans.iter().flat_map(|s| &s.categories).filter(|c| *c == raw).count() as u32;
    publish("scannetv2-labels.combined.tsv", label_table(count).as_bytes())?;
    for split in Split::ALL {
        let mine = || scans.iter().filter(move |s| s.split == split);
        let ids: Vec<&str> = mine().flat_map(|s| [s.id.as_str(), "\n"]).collect();
        publish(&format!("scannetv2_{}.txt", split.name()), ids.concat().as_bytes())?;
        let references: Vec<Reference> = mine()
            .flat_map(|scan| scan.said.iter().map(move |d| (scan, d)))
            .map(|(scan, d)| Reference {
                scene_id: &scan.id,
                object_id: d.object.to_string(),
                object_name: d.category.replace(' ', "_"),
                ann_id: d.ann.to_string(),
                description: &d.text,
                token: tokens(&d.text).map(String::from).collect(),
            })
            .collect();
        publish(&format!("ScanRefer_filtered_{}.json", split.name()), &indented(&references)?)?;
    }
    publish("README.txt", readme.as_bytes())?;
    Ok(total)
}

/// Writes what the generator knows: the scans' truth, and the fault that was planted, if any;
/// returns its bytes.
pub(super) fn write_truth(store: &Folder, scans: &[Kept], planted: Option<Planted>) -> Result<u64> {
    let text = truth(scans, planted)?;
    store.publish("truth.json", text.as_bytes())?;
    Ok(text.len() as u64)
}

/// The truth with one description a line, so that a change to one shows as one line.
fn truth(scans: &[Kept], planted: Option<Planted>) -> Result<String> {
    let mut entries = Vec::new();
    for scan in scans {
        let viewpoint = text(&scan.truth.viewpoint)?;
        let lines: Vec<String> = scan.truth.descriptions.iter().map(text).collect::<Result<_>>()?;
        let lines = lines.join(",\n");
        entries.push(format!("\"{}\":{{\"viewpoint\":{viewpoint},\"descriptions\":[\n{lines}]}}", scan.id));
    }
    let planted = match planted {
        Some(planted) => format!(",\n\"planted\":{}", text(&planted)?),
        None => String::new(),
    };
    Ok(format!("{{\"scans\":{{\n{}}}{planted}}}\n", entries.join(",\n")))
}

/// JSON with four spaces a level, as ScanRefer has it.
pub(super) fn indented(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let indent = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut out = serde_json::Serializer::with_formatter(&mut bytes, indent);
    value.serialize(&mut out).map_err(|e| unwritable(&e))?;
    Ok(bytes)
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|e| unwritable(&e))
}

fn text(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| unwritable(&e))
}

pub(super) fn unwritable(error: &serde_json::Error) -> Error {
    Error::new(Kind::Io, format!("cannot encode as JSON: {error}"))
}
