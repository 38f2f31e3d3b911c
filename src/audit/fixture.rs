//! A small clean data set to plant faults in.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::engine::{Engine, settle};
use super::finding::Finding;
use super::report::Report;
use super::rules;
use super::settings::Settings;
use super::summary::Summary;
use crate::math::{Affine, Xyz};
use crate::scene::{
    Catalogue, Colour, Description, Frame, LabelRow, LabelTable, MeshLayout, Object, Ownership, Points,
    References, Role, Scan, ScanEntry, ScanFile, Scene, SplitEntry, SplitList,
};

/// The labels of the clean scan's objects 0 to 4.
pub(super) const LABELS: [&str; 5] = ["chair", "table", "office chair", "lamp", "wall"];
/// Their nyu40 ids.
const NYU40: [u8; 5] = [5, 7, 5, 35, 1];
const SEGMENT: usize = 50;
const SEGMENTS_PER_OBJECT: usize = 3;

/// Scans and what surrounds them, in memory.
#[derive(Clone, Debug)]
pub(super) struct Fixture {
    pub(super) scans: BTreeMap<String, Scan>,
    pub(super) catalogue: Catalogue,
}

impl Fixture {
    /// Three scans, two for training and one for validation: five objects each, two descriptions
    /// an object, and nothing wrong.
    pub(super) fn clean() -> Self {
        let ids = ["scene0001_00", "scene0001_01", "scene0002_00"];
        let file = |split: &str| References {
            path: format!("ScanRefer_filtered_{split}.json").into(),
            split: Some(split.into()),
            records: 20,
            line_starts: (0..100).map(|i| i * 100).collect(),
            ..References::default()
        };
        let list = |name: &str, ids: &[&str]| SplitList {
            name: name.into(),
            path: format!("scannetv2_{name}.txt").into(),
            entries: (1..).zip(ids).map(|(line, id)| SplitEntry { id: (*id).into(), line }).collect(),
            oddities: vec![],
        };
        let mut catalogue = Catalogue::default();
        catalogue.scans =
            ids.map(|id| ScanEntry { id: id.into(), dir: PathBuf::from("scans").join(id) }).into();
        catalogue.references = vec![file("train"), file("val")];
        catalogue.splits = vec![list("train", &ids[..2]), list("val", &ids[2..])];
        for (s, id) in ids.iter().enumerate() {
            for (object, label) in LABELS.iter().enumerate() {
                for ann in 0..2 {
                    let record = ((s % 2) * 10 + object * 2 + ann) as u32;
                    catalogue.descriptions.push(Description {
                        scene_id: (*id).into(),
                        object_id: object as i32,
                        object_name: label.replace(' ', "_"),
                        ann_id: ann.to_string(),
                        text: match ann {
                            0 => format!("it is a {label} on the left of the door."),
                            _ => format!(
                                "this {label} is the one to the left as you come in through the door."
                            ),
                        },
                        record,
                        file: (s / 2) as u32,
                        offset: u64::from(record) * 100 + 4,
                        ..Description::default()
                    });
                }
            }
        }
        catalogue.index();
        let scans = ids.iter().map(|id| ((*id).to_owned(), scan(id))).collect();
        Self { scans, catalogue }
    }

    /// The clean data set with a label table, and labels meshes that agree with it.
    pub(super) fn labelled() -> Self {
        let mut f = Self::clean();
        f.catalogue.labels = LabelTable::new(LABELS.into_iter().zip(NYU40).map(|(label, nyu40)| LabelRow {
            raw_category: label.into(),
            nyu40,
            ..LabelRow::default()
        }));
        for scan in f.scans.values_mut() {
            let label = |&o: &i32| usize::try_from(o).map_or(0, |o| u16::from(NYU40[o]));
            scan.vertex_labels = Some(scan.scene.points.object.iter().map(label).collect());
        }
        f
    }

    /// The first scan.
    pub(super) fn scan(&mut self) -> &mut Scan {
        self.scans.get_mut("scene0001_00").unwrap()
    }

    /// Changes the objects of the first scan and paints them again.
    pub(super) fn objects(&mut self, change: impl FnOnce(&mut Vec<Object>)) {
        let scene = &mut self.scan().scene;
        change(&mut scene.objects);
        scene.points.object =
            Ownership::of(&scene.objects).paint(&scene.points.segment, &scene.objects).object;
    }

    /// Changes the descriptions, in sorted order: the first ten are the first scan's.
    pub(super) fn descriptions(&mut self, change: impl FnOnce(&mut Vec<Description>)) {
        change(&mut self.catalogue.descriptions);
        self.catalogue.index();
    }

    /// Findings of all rules, those explained by others left out.
    pub(super) fn findings(&self) -> Vec<Finding> {
        self.audit("ALL", false).1
    }

    /// Findings of one rule.
    pub(super) fn run(&self, code: &str) -> Vec<Finding> {
        self.audit(code, false).1
    }

    /// The catalogue, or what is left of it without that which belongs to other scans than `id`. A
    /// rule that looks at one scan must say the same with either: what it says is kept until what
    /// `context_digest` of the pipeline's cache covers is changed, and that is what is left.
    fn around(&self, id: &str, alone: bool) -> Catalogue {
        let mut catalogue = self.catalogue.clone();
        if alone {
            catalogue.scans.retain(|s| s.id == id);
            catalogue.descriptions.retain(|d| d.scene_id == id);
            catalogue.references.iter_mut().for_each(|file| file.records = 0);
        }
        catalogue.index();
        catalogue
    }

    /// Findings of one rule of the preview.
    pub(super) fn run_preview(&self, code: &str) -> Vec<Finding> {
        let settings = Settings { select: vec![code.into()], preview: true, ..Settings::default() };
        self.audit_with(&settings, false).1
    }

    /// Findings of one rule with trainer profiles.
    pub(super) fn run_with(&self, code: &str, profiles: &[&str]) -> Vec<Finding> {
        let profile = profiles.iter().map(|&p| p.to_owned()).collect();
        self.audit_with(&Settings { select: vec![code.into()], profile, ..Settings::default() }, false).1
    }

    /// The summary and the findings of the rules that `selector` selects.
    pub(super) fn audit(&self, selector: &str, partial: bool) -> (Summary, Vec<Finding>) {
        self.audit_with(&Settings { select: vec![selector.into()], ..Settings::default() }, partial)
    }

    /// The summary and the findings of a run; checks that evidence is documented.
    fn audit_with(&self, settings: &Settings, partial: bool) -> (Summary, Vec<Finding>) {
        let engine = Engine::new(settings).unwrap().partial(partial);
        let (mut findings, summary) = self.scanned(&engine);
        findings.extend(engine.dataset(&self.catalogue, &summary));
        are_documented(&findings);
        (summary, settle(findings).0)
    }

    /// The report of a run of `engine`; checks that evidence is documented.
    pub(super) fn report(&self, engine: &Engine) -> Report {
        let (findings, summary) = self.scanned(engine);
        let report = engine.finish(findings, &self.catalogue, &summary);
        are_documented(&report.findings);
        report
    }

    fn scanned(&self, engine: &Engine) -> (Vec<Finding>, Summary) {
        let (mut findings, mut summary) = (Vec::new(), Summary::default());
        for (id, scan) in &self.scans {
            let report = engine.scan(scan, &self.catalogue);
            let (whole, alone) = (self.around(id, false), self.around(id, true));
            let alone = engine.scan(scan, &alone);
            assert_eq!(engine.scan(scan, &whole), alone, "{id}: a rule of one scan looks at another");
            findings.extend(report.findings);
            summary = summary.merge(Summary::of(id, report.facts)).unwrap();
        }
        (findings, summary)
    }
}

fn are_documented(findings: &[Finding]) {
    for f in findings {
        let page = rules::find(&f.code).unwrap().meta().explanation();
        for key in f.evidence.keys() {
            assert!(page.contains(&format!("`{key}`")), "{}: `{key}` is not documented", f.code);
        }
    }
}

fn scan(id: &str) -> Scan {
    let segments = SEGMENTS_PER_OBJECT * LABELS.len() + 1;
    let n = SEGMENT * segments;
    let objects: Vec<Object> = (0..)
        .zip(LABELS)
        .map(|(o, label)| Object {
            id: o,
            group_id: i64::from(o),
            raw_category: label.into(),
            segments: (0..SEGMENTS_PER_OBJECT as u32)
                .map(|s| (o as u32 * SEGMENTS_PER_OBJECT as u32 + s) * 7)
                .collect(),
        })
        .collect();
    let segment: Vec<u32> = (0..n).map(|i| (i / SEGMENT) as u32 * 7).collect();
    // No two scans have the same noise.
    let noise: f32 = id.bytes().map(f32::from).zip(1_u8..).map(|(b, i)| b * f32::from(i)).sum::<f32>() * 1e-7;
    let column = |step: usize| (0..n).map(|i| (i % step) as f32 * 0.03 + noise).collect();
    let channel = |step: usize| (0..n).map(|i| (i * 7 % step) as u8).collect();
    let points = Points {
        colour: Some(Colour { red: channel(251), green: channel(239), blue: channel(223) }),
        position: Xyz { x: column(29), y: column(31), z: column(37) },
        object: Ownership::of(&objects).paint(&segment, &objects).object,
        segment,
        nyu40: vec![0; n],
        orig_index: (0..n as u32).collect(),
        ..Points::default()
    };
    let file = |role: Role| ScanFile {
        role,
        path: PathBuf::from("scans").join(id).join(role.file_name(id)),
        bytes: Some(1000),
    };
    let faces = (0..n as u32 - 2).map(|i| [i, i + 1, i + 2]).collect();
    Scan {
        scene: Scene {
            id: id.into(),
            points,
            faces,
            objects,
            frame: Frame::raw(Some(Affine::rotation(2, -30.0))),
        },
        files: Role::ALL.map(file).into(),
        layout: Some(layout()),
        segment_count: Some(n),
        segments_scene_id: Some(id.into()),
        aggregation_scene_id: Some(format!("scannet.{id}")),
        segments_file: Some(format!("scannet.{}", Role::Segments.file_name(id))),
        has_aggregation: true,
        vertex_labels: Some(vec![0; n]),
        ..Scan::default()
    }
}

fn layout() -> MeshLayout {
    let property = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
    let places = ["x", "y", "z"].map(|name| property(name, "float"));
    let colours = ["red", "green", "blue", "alpha"].map(|name| property(name, "uchar"));
    MeshLayout {
        encoding: "binary_little_endian".into(),
        vertex_properties: places.into_iter().chain(colours).collect(),
        face_list: Some("vertex_indices".into()),
    }
}
