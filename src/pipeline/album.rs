//! Makes what a page shows beside the findings: scans are read again, one a worker, and drawn.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::subject::{Subject, sentences_of};
use crate::audit::report::Report;
use crate::audit::report::page::{Album, Input, MOST_CLOUDS, MOST_SHOTS, Shot, Space};
use crate::audit::{Finding, Severity, Summary};
use crate::error::{Error, Kind, Result};
use crate::language::Nouns;
use crate::render::{cloud, level};
use crate::scene::{Catalogue, Description, Scan, ScanEntry};
use crate::store;

/// Points of a scene in 3D.
const POINTS: usize = 30_000;

/// What a page may hold.
#[derive(Clone, Copy, Debug)]
pub struct Content {
    /// Pictures and scenes in 3D.
    pub pictures: bool,
    /// Sentences, and what could quote them.
    pub texts: bool,
}

/// What is drawn of one scan.
#[derive(Default)]
struct Drawn {
    shots: Vec<(usize, Vec<Shot>)>,
    space: Option<Space>,
}

/// The album of a report: pictures of its worst findings, its worst scenes, and the files that all
/// scans share. `load` reads a scan; what cannot be drawn is left out.
pub fn album<'a>(
    report: &Report,
    (catalogue, summary): (&'a Catalogue, &'a Summary),
    load: &(dyn Fn(&ScanEntry) -> Scan + Sync),
    workers: usize,
    content: Content,
) -> Result<Album<'a>> {
    let mut album = Album {
        catalogue,
        summary,
        shots: BTreeMap::new(),
        spaces: Vec::new(),
        inputs: inputs(catalogue),
        settings: Vec::new(),
        notes: Vec::new(),
        texts: content.texts,
        pictures: content.pictures,
    };
    if !content.pictures {
        return Ok(album);
    }
    let there: BTreeMap<&str, &ScanEntry> = catalogue.scans.iter().map(|s| (s.id.as_str(), s)).collect();
    let is_there = |f: &Finding| f.scene_id.as_deref().is_some_and(|id| there.contains_key(id));
    let mut by_scene: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let places = report.worst_in_turns().into_iter().filter(|&i| is_there(&report.findings[i]));
    for place in places.take(MOST_SHOTS) {
        let scene = report.findings[place].scene_id.as_deref().unwrap_or_default();
        by_scene.entry(scene).or_default().push(place);
    }
    let worst = worst_scenes(report);
    for scene in worst.iter().filter(|id| there.contains_key(*id)) {
        by_scene.entry(scene).or_default();
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(workers.min(by_scene.len().max(1))).build();
    let pool = pool.map_err(|e| {
        Error::new(Kind::Io, format!("cannot start {workers} threads: {e}")).help("use a smaller -j")
    })?;
    let nouns = Nouns::new(&catalogue.labels);
    let wanted: Vec<(&str, Vec<usize>)> = by_scene.into_iter().collect();
    let draw = |(scene, places): &(&str, Vec<usize>)| -> Result<Drawn> {
        let scan = load(there[scene]);
        if scan.scene.points.is_empty() {
            return Ok(Drawn::default());
        }
        let mut drawn = Drawn::default();
        for &place in places {
            let subject = subject(&report.findings[place], &scan, catalogue, &nouns);
            drawn.shots.push((place, subject.shots(&scan.scene)?));
        }
        if worst.contains(scene) {
            let sentences = sentences_of(&scan, catalogue, content.texts);
            let targets: BTreeSet<i32> = sentences.iter().flat_map(|s| s.objects.iter().copied()).collect();
            let targets: Vec<i32> = targets.into_iter().collect();
            drawn.space =
                Some(Space { cloud: cloud(&scan.scene, POINTS, &targets, &level(&scan.scene)), sentences });
        }
        Ok(drawn)
    };
    let all: Result<Vec<Drawn>> = pool.install(|| wanted.par_iter().map(draw).collect());
    for drawn in all? {
        album.shots.extend(drawn.shots);
        album.spaces.extend(drawn.space.filter(|s| s.cloud.points > 0));
    }
    album.spaces.sort_by_key(|s| worst.iter().position(|id| *id == s.cloud.id));
    Ok(album)
}

fn subject(finding: &Finding, scan: &Scan, catalogue: &Catalogue, nouns: &Nouns) -> Subject {
    let description: Option<&Description> =
        catalogue.descriptions_of(scan.id()).iter().find(|d| finding.speaks_of(d));
    let mut subject = Subject::of(&scan.scene, catalogue, nouns, finding.object_id, description);
    // What else the finding is about is named, too.
    for id in finding.related.iter().filter_map(|r| r.object_id) {
        if let Some(object) = scan.scene.object(id).filter(|_| !subject.targets.contains(&id)) {
            subject.anchors.retain(|(other, _)| *other != id);
            subject.anchors.push((id, format!("{id} {}", object.raw_category)));
        }
    }
    subject
}

/// The scenes with the most errors, then warnings, then harm; at least one of the two.
fn worst_scenes(report: &Report) -> Vec<&str> {
    let mut scenes: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
    for f in report.findings.iter().filter(|f| f.is_fresh()) {
        if let Some(scene) = f.scene_id.as_deref() {
            let sums = scenes.entry(scene).or_default();
            match f.severity {
                Severity::Error => sums[0] += 1,
                Severity::Warning => sums[1] += 1,
                Severity::Info => {}
            }
            sums[2] += f.descriptions;
        }
    }
    let mut list: Vec<(&str, [u64; 3])> =
        scenes.into_iter().filter(|(_, [errors, warnings, _])| errors + warnings > 0).collect();
    list.sort_by_key(|(scene, sums)| (Reverse(*sums), *scene));
    list.into_iter().take(MOST_CLOUDS).map(|(scene, _)| scene).collect()
}

/// The files that all scans share, with their digests.
fn inputs(catalogue: &Catalogue) -> Vec<Input> {
    let input = |what: &str, path: &Path| Input {
        what: what.to_owned(),
        path: path.display().to_string(),
        bytes: path.metadata().ok().map(|m| m.len()),
        digest: store::digest(path).ok().map(|digest| digest.to_hex().to_string()),
    };
    let references = catalogue.references.iter().map(|r| input("references", &r.path));
    let labels = catalogue.labels_path.iter().map(|path| input("labels", path));
    let splits = catalogue.splits.iter().map(|s| input(&format!("split {}", s.name), &s.path));
    references.chain(labels).chain(splits).collect()
}
