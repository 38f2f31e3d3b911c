//! One scan's samples: checked, augmented, with the sentences that fit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::config::OnError;
use super::plan::Unit;
use super::progress::{Progress, Stage};
use super::unit::Session;
use crate::audit::{Finding, Severity, Summary};
use crate::augment::{Added, TextAction, Variant};
use crate::error::{Error, Kind, Result};
use crate::language::{Claims, tokens};
use crate::load::{self, Wanted};
use crate::math::{Aabb, vertex_normals};
use crate::scene::{Description, NO_OBJECT, Points, Referent, Scan, ScanEntry, Scene};
use crate::store;
use crate::write::{Sample, Sentence, Skipped, SourceObject, TextCounts};

/// What comes of a scan, piece by piece.
pub(super) enum Made {
    /// A sample to write.
    Sample(Box<Sample>),
    /// Something left out.
    Skipped(Skipped),
    /// The run must stop.
    Failed(Error),
    /// The scan is done.
    Scan {
        /// What the text gate did.
        text: TextCounts,
        /// Findings by code.
        findings: BTreeMap<String, u64>,
        /// What the audit remembers of it.
        facts: Summary,
    },
}

/// A scan with what the audit says of it.
pub(super) struct Checked {
    pub(super) scan: Scan,
    pub(super) findings: Vec<Finding>,
    pub(super) facts: Summary,
}

impl Session {
    pub(super) fn load(&self, id: &str) -> Scan {
        let entry =
            self.plan.sources.scans.get(id).map(|dir| ScanEntry { id: id.to_owned(), dir: dir.clone() });
        entry.map_or_else(Scan::default, |e| load::scan(&e, &self.catalogue.labels, Wanted::default()))
    }

    /// A scan of the plan, whose files must be those that were planned with. Of an object store only their
    /// sizes are compared: to fetch them twice would cost more than all the rest.
    pub(super) fn load_as_planned(&self, id: &str) -> Result<Scan> {
        let scan = self.load(id);
        for file in &scan.files {
            let name = format!("{id}/{}", file.role.file_name(id));
            let planned = self.plan.inputs.binary_search_by(|input| input.name.as_str().cmp(&name));
            let planned = planned.ok().map(|at| &self.plan.inputs[at]);
            let same = match (planned, file.bytes) {
                (None, None) => true,
                (Some(planned), Some(bytes)) if planned.bytes == bytes => {
                    store::is_address(&file.path) || planned.blake3 == store::digest(&file.path)?.into()
                }
                (Some(_), None) => {
                    return Err(Error::new(
                        Kind::Io,
                        "the file was there when the plan was made, and is not now",
                    )
                    .at(&file.path)
                    .help("is the storage there, whole? then run the same command again"));
                }
                _ => false,
            };
            if !same {
                return Err(Error::new(Kind::Conflict, "the file is another than when the plan was made")
                    .at(&file.path)
                    .help("plan again; with --update, what other units made is kept"));
            }
        }
        Ok(scan)
    }

    pub(super) fn audit(&self, scan: Scan) -> Checked {
        let report = self.engine.scan(&scan, &self.catalogue);
        let facts = Summary::of(scan.id(), report.facts);
        Checked { scan, findings: report.findings, facts }
    }

    /// Hands what comes of a scan to `send`, until that says to stop.
    pub(super) fn samples(
        &self,
        unit: &Unit,
        checked: Checked,
        progress: &Progress,
        send: &mut dyn FnMut(Made) -> bool,
    ) -> bool {
        let Checked { scan, findings, facts } = checked;
        let mut by_code: BTreeMap<String, u64> = BTreeMap::new();
        for finding in &findings {
            *by_code.entry(finding.code.clone()).or_default() += 1;
        }
        let mut text = TextCounts::default();
        let (usable, skipped) = self.usable(&scan, &findings, &facts);
        if self.check.on_error == Some(OnError::Stop) && !skipped.is_empty() {
            let error = Error::new(Kind::Malformed, format!("{}: {}", skipped[0].what, skipped[0].why))
                .help("mend the data, or let the run go on without it: on-error = \"skip\" in [check]");
            return send(Made::Failed(error));
        }
        for what in skipped {
            if !send(Made::Skipped(what)) {
                return false;
            }
        }
        if let Some(descriptions) = usable {
            let source = progress.time(Stage::Augment, || prepare(scan.scene));
            for variant in self.shares.variants(&descriptions) {
                let made = progress
                    .time(Stage::Augment, || self.variant(unit, &source, &descriptions, &findings, variant));
                let made = match made {
                    Ok((sample, counts)) => {
                        text.merge(&counts);
                        Made::Sample(Box::new(sample))
                    }
                    Err(error) if self.verify || self.check.on_error == Some(OnError::Stop) => {
                        Made::Failed(error)
                    }
                    Err(error) => {
                        let what = sample_id(&source.id, variant);
                        Made::Skipped(Skipped { what, why: error.detail(), fault: true })
                    }
                };
                if !send(made) {
                    return false;
                }
            }
        }
        send(Made::Scan { text, findings: by_code, facts })
    }

    /// The descriptions of a scan that can be used, or `None` when the scan itself cannot; and what
    /// is left out, with the reason.
    ///
    /// A finding of level error about descriptions leaves out those descriptions, one about an
    /// object leaves out its descriptions, one about the scan leaves out the scan. So do ids that
    /// count otherwise: by chance some names agree all the same, and would be wrong. Descriptions that
    /// mean no object, several or a class are left out, because a sample has one target.
    pub(super) fn usable(
        &self,
        scan: &Scan,
        findings: &[Finding],
        facts: &Summary,
    ) -> (Option<Vec<Description>>, Vec<Skipped>) {
        let whole = |why: String| (None, vec![Skipped { what: scan.id().to_owned(), why, fault: true }]);
        let said = |f: &Finding| format!("{}: {}", f.code, f.message);
        let errors: Vec<&Finding> = findings.iter().filter(|f| f.severity == Severity::Error).collect();
        if let Some(finding) = errors.iter().find(|f| f.object_id.is_none() && f.ann_id.is_none()) {
            return whole(said(finding));
        }
        if let Some(numbering) = facts.scans.get(scan.id()).and_then(|f| self.engine.renumbered(f)) {
            let by = numbering.phrase();
            return whole(format!("REF104: names agree with the labels of {by}, not of object_id"));
        }
        if !scan.is_usable() {
            return whole("it has no points, or no objects on them".to_owned());
        }
        if !is_finite(&scan.scene.points) {
            return whole("some of its vertices have no finite position".to_owned());
        }
        if scan.scene.points.colour.is_none() {
            return whole("its vertices have no colour, and shards hold one for every point".to_owned());
        }
        let owners: BTreeSet<i32> =
            scan.scene.points.object.chunk_by(|a, b| a == b).map(|run| run[0]).collect();
        let mut skipped = Vec::new();
        let mut kept: Vec<Description> = Vec::new();
        for description in self.catalogue.descriptions_of(scan.id()) {
            // Sorted by object and annotation: equal keys are neighbours. The first record counts.
            let repeats = kept.last().is_some_and(|k| k.key() == description.key());
            let about = |f: &&&Finding| f.code != "REF105" && f.speaks_of(description);
            if let Some(why) = unheld(&description.referent) {
                skipped.push(Skipped { what: description.key(), why: why.into(), fault: false });
                continue;
            }
            let why = if repeats {
                Some("REF105: another record has this key".to_owned())
            } else if let Some(finding) = errors.iter().find(about) {
                Some(said(finding))
            } else if owners.contains(&description.object_id) {
                None
            } else {
                Some("its object owns no vertex".to_owned())
            };
            match why {
                Some(why) => skipped.push(Skipped { what: description.key(), why, fault: true }),
                None => kept.push(description.clone()),
            }
        }
        (Some(kept), skipped)
    }

    fn variant(
        &self,
        unit: &Unit,
        source: &Scene,
        descriptions: &[Description],
        findings: &[Finding],
        variant: u32,
    ) -> Result<(Sample, TextCounts)> {
        // Balancing may keep some out: they do not hold crops back either.
        let used: Vec<Description> =
            descriptions.iter().filter(|d| self.shares.share(d).is_in(variant)).cloned().collect();
        let others = self.others(&unit.split);
        let made = if self.verify {
            self.augmenter.verified(source, &used, variant, &others)?
        } else {
            self.augmenter.variant_among(source, &used, variant, &others)?
        };
        let Variant { scene, provenance, sentences, partners, uncropped } = made;
        if !is_finite(&scene.points) {
            return Err(Error::new(Kind::Malformed, format!("{}: steps move points beyond f32", source.id))
                .help("scale by less: the pipeline's factors multiply"));
        }
        let mut text = TextCounts::default();
        let mut kept = Vec::new();
        for sentence in sentences {
            let action = match sentence.action {
                TextAction::Drop => {
                    let reason = sentence.reason.unwrap_or_default();
                    *text.dropped.entry(reason).or_default() += 1;
                    continue;
                }
                TextAction::Keep => {
                    text.kept += 1;
                    "keep"
                }
                TextAction::Adapt => {
                    text.adapted += 1;
                    "adapt"
                }
            };
            let description = &used[sentence.description];
            let changed = sentence.text != description.text;
            let tokens = if changed || description.tokens.is_empty() {
                tokens(&sentence.text).map(str::to_lowercase).collect()
            } else {
                description.tokens.clone()
            };
            kept.push(Sentence {
                object_id: description.object_id,
                object_name: description.object_name.clone(),
                ann_id: description.ann_id.clone(),
                claims: Claims::of(&sentence.text).names().map(str::to_owned).collect(),
                text: sentence.text,
                text_source: description.text.clone(),
                text_action: action.to_owned(),
                text_reason: sentence.reason.unwrap_or_default(),
                changed_words: sentence.changed_words,
                tokens,
                weight: self.shares.share(description).weight,
                finding_codes: codes_about(description, findings),
            });
        }
        let sample = Sample {
            sample_id: sample_id(&source.id, variant),
            split: unit.split.clone(),
            variant,
            source: source_objects(source, &provenance.added, &partners, &uncropped),
            scene,
            described: descriptions.iter().map(|d| d.object_id).collect(),
            provenance: serde_json::to_string(&provenance).expect("numbers and strings"),
            sentences: kept,
        };
        Ok((sample, text))
    }
}

/// Whether every point is somewhere.
fn is_finite(points: &Points) -> bool {
    // Without a way out in between, many are looked at together.
    points.position.axes().iter().all(|axis| axis.iter().fold(true, |all, v| all & v.is_finite()))
}

fn sample_id(scene: &str, variant: u32) -> String {
    format!("{scene}/v{variant:03}")
}

/// Why a sample cannot hold a description that means this.
fn unheld(referent: &Referent) -> Option<&'static str> {
    match referent {
        Referent::Object => None,
        Referent::Objects(_) => Some("it means several objects, and samples have one target"),
        Referent::Nothing => Some("it means no object, and samples have one target"),
        Referent::Class(_) => Some("it means a class, and samples have one object as target"),
    }
}

/// Normals from the faces where the scan has none.
pub(super) fn with_normals(mut scene: Scene) -> Scene {
    if scene.points.normal.is_none() {
        scene.points.normal = Some(vertex_normals(&scene.points.position, &scene.faces));
    }
    scene
}

/// A scene with normals and without the faces, which are not written.
pub(super) fn prepare(scene: Scene) -> Scene {
    Scene { faces: Vec::new(), ..with_normals(scene) }
}

/// Points of every object of the source and of those that were added, and the boxes they would have
/// with all of them.
fn source_objects(
    source: &Scene,
    added: &[Added],
    partners: &[Arc<Scene>],
    uncropped: &BTreeMap<i32, Aabb>,
) -> BTreeMap<i32, SourceObject> {
    let mut objects = BTreeMap::new();
    count(&source.points, Some, &mut objects);
    for (added, partner) in added.iter().zip(partners) {
        let new_id = |id: i32| added.objects.contains(&id).then(|| id + added.object_offset);
        count(&partner.points, new_id, &mut objects);
    }
    for (id, object) in &mut objects {
        object.uncropped = uncropped.get(id).copied().unwrap_or_default();
    }
    objects
}

/// Counts the objects of `points` that have an id in the variant.
fn count(points: &Points, id_of: impl Fn(i32) -> Option<i32>, objects: &mut BTreeMap<i32, SourceObject>) {
    for run in points.object.chunk_by(|a, b| a == b) {
        if let Some(id) = Some(run[0]).filter(|&id| id != NO_OBJECT).and_then(&id_of) {
            objects.entry(id).or_default().num_points += run.len() as u32;
        }
    }
}

/// Codes of the findings about a description, each once.
fn codes_about(description: &Description, findings: &[Finding]) -> Vec<String> {
    let about = findings.iter().filter(|f| f.speaks_of(description));
    let codes: BTreeSet<&str> = about.map(|f| f.code.as_str()).collect();
    codes.into_iter().map(str::to_owned).collect()
}
