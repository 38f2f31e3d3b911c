//! Runs the steps of a pipeline on one scene.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::config::{Step, TextPolicy};
use super::course::{Turn, course, may_happen};
use super::gone::Gone;
use super::lut::{Histogram, Table};
use super::mixing::{Alone, Mixed, Partners};
use super::moved::Moved;
use super::noise;
use super::rivals::Named;
use super::targets::{Targets, tally, tally_kept};
use super::text::{self, Change};
use super::transform::{ATTEMPTS, Action, Cut, Drawn, MixOf, Place};
use super::variant::{Outcome, Provenance, Sentence, StepRecord, TextAction, Variant};
use crate::error::{Error, Kind, Result};
use crate::math::{Aabb, Affine, Key, Pick, Purpose, Xyz, count, rows_of, runs, sort_upper};
use crate::scene::{Description, NO_OBJECT, Points, Scene};

/// Everything that turns a scene into variants.
#[derive(Debug)]
pub struct Augmenter {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// What happens to sentences.
    pub text: TextPolicy,
    /// The pipeline's seed.
    pub seed: u64,
}

/// What a pipeline cannot do without that not all data have, each with the id of the first step that
/// asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Colour.
    pub colour: Option<String>,
    /// Normals.
    pub normals: Option<String>,
    /// Other scenes to take points from.
    pub partners: Option<String>,
}

impl Needs {
    /// What these steps cannot do without; a step that never happens (`p = 0`, or no weight in a
    /// choice) asks for nothing.
    pub fn of(steps: &[Step]) -> Self {
        let first = |wants: fn(&Step) -> bool| {
            let may = |&(at, step): &(usize, &Step)| wants(step) && may_happen(steps, at);
            steps.iter().enumerate().find(may).map(|(_, step)| step.id.clone())
        };
        Self {
            colour: first(|step| step.transform.needs().colour),
            normals: first(|step| step.transform.needs().normals),
            partners: first(Step::mixes),
        }
    }
}

impl Augmenter {
    /// What every scene must have, so that a plan can refuse before anything runs. A step that
    /// never happens (`p = 0`) asks for nothing.
    pub fn needs(&self) -> Needs {
        Needs::of(&self.steps)
    }

    /// One variant of `scene`; the same arguments give the same bits.
    ///
    /// Variant 0 is the original: no step is applied and every description is kept. `descriptions`
    /// are those of this scene; their objects are the targets that no step may cut.
    ///
    /// Fails with [`Kind::Malformed`] when the scene's columns differ in length and with
    /// [`Kind::Config`] when it lacks a column that a step needs.
    ///
    /// Steps that take from other scenes are skipped: see [`Self::variant_among`].
    pub fn variant(&self, scene: &Scene, descriptions: &[Description], variant: u32) -> Result<Variant> {
        self.variant_among(scene, descriptions, variant, &Alone)
    }

    /// As [`Self::variant`], with other scenes to take from.
    ///
    /// Fails as that does.
    pub fn variant_among(
        &self,
        scene: &Scene,
        descriptions: &[Description],
        variant: u32,
        partners: &dyn Partners,
    ) -> Result<Variant> {
        if let Some((column, found)) = scene.points.ragged_column() {
            return Err(Error::new(Kind::Malformed, format!("{}: column {column} is ragged", scene.id))
                .expected(format!("{} values", scene.points.len()))
                .found(found.to_string()));
        }
        let steps = if variant == 0 { &[][..] } else { &self.steps };
        let mut work = Work::new(scene, descriptions, self.text.min_target_ratio);
        let mut records = Vec::with_capacity(steps.len());
        let mut changes = Vec::new();
        for Turn { step, key, drawn, chosen, open } in course(steps, self.seed, &scene.id, variant) {
            if open && step.transform.needs().colour && scene.points.colour.is_none() {
                return Err(lacks(scene, step, "colour"));
            }
            if open && step.transform.needs().normals && scene.points.normal.is_none() {
                return Err(lacks(scene, step, "normals"));
            }
            if open && matches!(drawn.action, Action::Mix(_)) {
                work.partner = partners.partner(&scene.id, variant, &step.id);
                if work.named.is_empty() {
                    work.named = descriptions.iter().map(|d| Named::of(d, &scene.objects)).collect();
                }
            }
            let (mut record, change) = work.step(step, &key, drawn, open);
            if !chosen {
                record.outcome = Outcome::NotChosen;
            }
            records.push(record);
            changes.extend(change);
        }
        let mirrors = changes.iter().filter(|change| change.effects.mirrors).count() as u32;
        let sentences = if variant == 0 {
            originals(descriptions)
        } else if descriptions.is_empty() {
            Vec::new()
        } else {
            let left = tally(&work.points.object);
            let gone = Gone::new(&scene.objects, &work.loaded, &left, &work.cut, &work.targets);
            text::judge(descriptions, &changes, &gone, self.text.on_conflict)
        };
        let mixed = std::mem::take(&mut work.mixed);
        let removed = std::mem::take(&mut work.removed);
        let (mut scene, matrix, affine, targets) = work.finish(scene);
        scene.objects.extend_from_slice(&mixed.objects);
        let (added, partners) = mixed.finish();
        let provenance = Provenance {
            seed: self.seed,
            variant,
            mirrors,
            matrix: matrix.to_row_major(),
            affine,
            min_target_ratio: self.text.min_target_ratio,
            steps: records,
            targets: targets.records(),
            added,
        };
        let uncropped = uncropped(&scene.points, &removed);
        Ok(Variant { scene, provenance, sentences, partners, uncropped })
    }
}

/// A step that cannot be applied after all.
fn skip(record: &mut StepRecord, reason: &str) {
    record.applied = false;
    record.outcome = Outcome::Skipped;
    record.reason = Some(reason.to_owned());
}

fn lacks(scene: &Scene, step: &Step, column: &str) -> Error {
    Error::new(Kind::Config, format!("{}: step `{}` needs {column}", scene.id, step.id))
        .help(format!("leave this scan out, or take the step out of the pipeline ({})", step.op))
}

pub(super) fn originals(descriptions: &[Description]) -> Vec<Sentence> {
    let keep = |(description, d): (usize, &Description)| Sentence {
        description,
        action: TextAction::Keep,
        text: d.text.clone(),
        changed_words: Vec::new(),
        reason: None,
        by_step: None,
    };
    descriptions.iter().enumerate().map(keep).collect()
}

/// The points before a step that removed some.
struct Removed<'s> {
    points: Cow<'s, Points>,
    /// Whether each was kept.
    kept: Vec<bool>,
    /// All affine steps since, and those that were pending then.
    map: Affine,
}

impl Removed<'_> {
    /// Calls `each` with positions of points that were removed, as they would be now, and their objects.
    /// Points that were kept stand between them, nowhere (NaN): leaving them out of a box costs less than
    /// taking the others out of their columns.
    fn each(&self, mut each: impl FnMut(&Xyz, &[i32])) {
        const TOGETHER: usize = 1024;
        let axes = self.points.position.axes();
        let blocks = self.kept.chunks(TOGETHER).zip(self.points.object.chunks(TOGETHER));
        for ((kept, object), start) in blocks.zip((0..).step_by(TOGETHER)) {
            if count(kept) == kept.len() {
                continue;
            }
            let removed = |axis: &[f32]| -> Vec<f32> {
                axis[start..].iter().zip(kept).map(|(&v, &kept)| if kept { f32::NAN } else { v }).collect()
            };
            let [x, y, z] = axes.map(removed);
            let mut position = Xyz { x, y, z };
            self.map.apply_to(&mut position);
            each(&position, object);
        }
    }
}

/// The box of every object of a scene, those points included that were removed: of these it is known
/// where the affine steps that followed would have put them.
fn uncropped(points: &Points, removed: &[Removed<'_>]) -> BTreeMap<i32, Aabb> {
    let mut boxes: BTreeMap<i32, Aabb> = BTreeMap::new();
    let mut grow = |position: &Xyz, object: &[i32]| {
        for rows in runs(object) {
            let id = object[rows.start];
            if id != NO_OBJECT {
                let bounds = Aabb::of(position.axes().map(|axis| &axis[rows.clone()]));
                boxes.entry(id).or_default().merge(&bounds);
            }
        }
    };
    grow(&points.position, &points.object);
    for removed in removed {
        removed.each(&mut grow);
    }
    boxes
}

/// A scene on its way through the steps.
struct Work<'s> {
    source: &'s Scene,
    /// The source's points until a step changes them: a crop then copies what it keeps, no more.
    points: Cow<'s, Points>,
    /// Rows that are left of the source, followed by all that was added; `None` while all are.
    rows: Option<Vec<u32>>,
    /// Affine steps not applied yet.
    pending: Affine,
    /// All affine steps.
    motion: Affine,
    /// Whether `motion` tells the whole story.
    affine: bool,
    /// Colour tables not applied yet.
    table: Option<Table>,
    /// Levels of the colours as they would be after `table`, while known.
    histogram: Option<Histogram>,
    loaded: BTreeMap<i32, u32>,
    /// Share of its points that crops left of each object that they cut.
    cut: BTreeMap<i32, f64>,
    targets: Targets,
    /// The other scene of the step to come.
    partner: Option<Arc<Scene>>,
    /// Points that steps removed.
    removed: Vec<Removed<'s>>,
    /// What each description speaks of, once a step needs to know.
    named: Vec<Named>,
    mixed: Mixed,
}

impl<'s> Work<'s> {
    fn new(scene: &'s Scene, descriptions: &[Description], min_ratio: f64) -> Self {
        let loaded = tally(&scene.points.object);
        let targets = Targets::new(descriptions, &loaded, min_ratio);
        Self {
            source: scene,
            points: Cow::Borrowed(&scene.points),
            rows: None,
            pending: Affine::IDENTITY,
            motion: Affine::IDENTITY,
            affine: true,
            table: None,
            histogram: None,
            loaded,
            cut: BTreeMap::new(),
            targets,
            partner: None,
            removed: Vec::new(),
            named: Vec::new(),
            mixed: Mixed::default(),
        }
    }

    /// Applies one step if its gate is open; says what happened and what it did to sentences.
    fn step(&mut self, step: &Step, key: &Key, drawn: Drawn, open: bool) -> (StepRecord, Option<Change>) {
        let Drawn { parameters, mut effects, action } = drawn;
        let mut record = StepRecord {
            id: step.id.clone(),
            op: step.op.to_owned(),
            applied: open,
            outcome: if open { Outcome::Applied } else { Outcome::GatedOff },
            reason: None,
            parameters,
            retries: 0,
            recentred: false,
            restored: 0,
            kept_ratio: 1.0,
        };
        if !open {
            return (record, None);
        }
        match action {
            Action::Affine(map) => {
                let map = map(&Moved::new(&self.points.position, &self.pending));
                self.pending = self.pending.then(&map);
                self.motion = self.motion.then(&map);
                for removed in &mut self.removed {
                    removed.map = removed.map.then(&map);
                }
                self.mixed.follow(&map);
            }
            Action::Positions(change) => {
                self.settle_positions();
                self.affine = false;
                change(self.points.to_mut(), &mut key.stream(Purpose::Points));
            }
            Action::Table(table) => effects.recolours += self.recolour(&*table),
            Action::Colours(change) => {
                self.settle_colours();
                self.histogram = None;
                let Points { colour, orig_index, .. } = self.points.to_mut();
                if let Some(colour) = colour {
                    change(colour, orig_index, &mut key.stream(Purpose::Points));
                }
            }
            Action::Mix(mix) => match self.mix(&*mix, &step.id) {
                Ok((parameters, classes)) => {
                    record.parameters.extend(parameters);
                    effects.adds_objects = classes;
                }
                Err(reason) => {
                    record.applied = false;
                    record.outcome = Outcome::Skipped;
                    record.reason = Some(reason.into());
                }
            },
            // What they do is done by the steps that follow.
            Action::Steps | Action::Choose(_) => {}
            Action::Field(change) => {
                self.settle_positions();
                match change(self.points.to_mut(), &mut key.stream(Purpose::Lattice)) {
                    Ok(()) => self.affine = false,
                    Err(reason) => skip(&mut record, reason),
                }
            }
            Action::Normals(change) => {
                let Points { normal, orig_index, .. } = self.points.to_mut();
                if let Some(normal) = normal {
                    change(normal, orig_index, &mut key.stream(Purpose::Points));
                }
            }
            Action::Crop(cut) => self.crop(&*cut, &mut record),
            Action::Shuffle => {
                let lots = noise::lots(&mut key.stream(Purpose::Points), &self.points.orig_index);
                let mut order: Vec<u64> =
                    (0_u64..).zip(&lots).map(|(row, &lot)| u64::from(lot) << 32 | row).collect();
                sort_upper(&mut order, 32);
                self.reorder(order.into_iter().map(|item| item as u32).collect());
            }
            Action::Thin { resamples, moves, at_most, keep } => {
                if resamples {
                    self.settle_positions();
                    self.settle_colours();
                }
                let purpose = if resamples { Purpose::Cells } else { Purpose::Points };
                let lots = noise::lots(&mut key.stream(purpose), &self.points.orig_index);
                let mut kept = keep(&mut self.points, &lots);
                self.affine &= !moves;
                record.restored = self.targets.restore(&mut kept, &self.points.object, &lots, resamples);
                if let Some(most) = at_most {
                    self.targets.trim(&mut kept, &self.points.object, &lots, most);
                }
                record.kept_ratio = self.select(kept, resamples);
            }
        }
        let change = record.applied.then(|| Change { step: step.id.clone(), effects });
        (record, change)
    }

    /// Folds a colour table into the pending one; gives its cast.
    fn recolour(&mut self, table_of: &dyn Fn(&Histogram) -> Table) -> f64 {
        let Some(colour) = &self.points.colour else { return 0.0 };
        let histogram = self.histogram.take().unwrap_or_else(|| {
            let now = Histogram::of(colour);
            self.table.as_ref().map_or(now.clone(), |table| now.through(table))
        });
        let table = table_of(&histogram);
        self.histogram = Some(histogram.through(&table));
        let cast = table.cast(&histogram);
        self.table = Some(self.table.take().map_or(table.clone(), |pending| pending.then(&table)));
        cast
    }

    /// Adds points of the partner; gives what was decided and the classes that came.
    fn mix(&mut self, mix: &MixOf, step: &str) -> Result<(Map<String, Value>, Vec<String>), &'static str> {
        let guest = self.partner.take().ok_or("no-partner")?;
        self.settle_positions();
        self.settle_colours();
        let before = self.source.points.len() + self.mixed.points;
        let is_rival = |class: &str| self.named.iter().any(|named| named.could_be(class));
        let (guests, classes) =
            self.mixed.add(step, mix, self.source, self.points.to_mut(), &guest, &is_rival)?;
        if let Some(rows) = &mut self.rows {
            rows.extend((before..before + guests.rows.len()).map(|row| row as u32));
        }
        self.histogram = None;
        Ok((guests.parameters, classes))
    }

    /// Random places first, then the middle of the targets, then not at all.
    fn crop(&mut self, cut: &dyn Fn(&Xyz, Place) -> Option<Cut>, record: &mut StepRecord) {
        self.settle_positions();
        let (position, object) = (&self.points.position, &self.points.object);
        let random = (0..ATTEMPTS).map(|attempt| (Place::Random(attempt), false));
        let recentred = std::iter::once_with(|| self.targets.middle(object, position))
            .flatten()
            .map(|centre| (Place::Around(centre), true));
        let mut reason = "nothing-left";
        for (tries, (place, recentred)) in (0..).zip(random.chain(recentred)) {
            record.retries = tries;
            let Some(Cut { centre, kept }) = cut(position, place).filter(|cut| cut.kept.contains(&true))
            else {
                continue;
            };
            if self.targets.are_safe(object, &kept) {
                let (before, after) = (tally(object), tally_kept(object, &kept));
                for (id, had) in before {
                    let has = after.get(&id).copied().unwrap_or(0);
                    if has < had {
                        *self.cut.entry(id).or_insert(1.0) *= f64::from(has) / f64::from(had);
                    }
                }
                record.recentred = recentred;
                record.parameters.insert("centre-m".into(), centre.map(f64::from).to_vec().into());
                record.kept_ratio = self.select(kept, false);
                return;
            }
            reason = "target-cut";
        }
        skip(record, reason);
    }

    /// Keeps these rows; gives the share of the points that they are.
    fn select(&mut self, kept: Vec<bool>, resampled: bool) -> f64 {
        let rows = rows_of(&kept);
        let share = rows.len() as f64 / kept.len() as f64;
        if rows.len() == kept.len() {
            return 1.0;
        }
        let points = match self.reorder(rows) {
            // The other columns are of no use any more.
            Cow::Owned(Points { position, object, .. }) => {
                Cow::Owned(Points { position, object, ..Points::default() })
            }
            borrowed @ Cow::Borrowed(_) => borrowed,
        };
        self.removed.push(Removed { points, kept, map: self.pending });
        self.histogram = None;
        self.targets.update(&self.points.object, resampled);
        share
    }

    /// The points at `rows` and no others, in that order; gives the points as they were.
    fn reorder(&mut self, rows: Vec<u32>) -> Cow<'s, Points> {
        let points = self.points.select(&rows);
        self.rows = Some(match &self.rows {
            Some(source) => Pick::new(&rows).of(source),
            None => rows,
        });
        std::mem::replace(&mut self.points, Cow::Owned(points))
    }

    fn settle_positions(&mut self) {
        let map = std::mem::replace(&mut self.pending, Affine::IDENTITY);
        if map == Affine::IDENTITY {
            return;
        }
        let points = self.points.to_mut();
        map.apply_to(&mut points.position);
        if let Some(normal) = &mut points.normal {
            map.apply_to_normals(normal);
        }
    }

    fn settle_colours(&mut self) {
        if let Some(table) = self.table.take()
            && let Some(colour) = &mut self.points.to_mut().colour
        {
            table.apply_to(colour);
        }
    }

    /// The scene, the map of all affine steps, whether it tells the whole story, and the targets.
    fn finish(mut self, source: &Scene) -> (Scene, Affine, bool, Targets) {
        self.settle_positions();
        self.settle_colours();
        let mut frame = source.frame.clone();
        frame.applied = frame.applied.filter(|_| self.affine).map(|applied| applied.then(&self.motion));
        let mut faces = match &self.rows {
            None => source.faces.clone(),
            Some(rows) => faces_left(&source.faces, rows),
        };
        if self.motion.determinant() < 0.0 {
            // The order of a face's vertices says which side is out: mirrors swap it.
            for face in &mut faces {
                face.swap(1, 2);
            }
        }
        let scene = Scene {
            id: source.id.clone(),
            points: self.points.into_owned(),
            faces,
            objects: source.objects.clone(),
            frame,
        };
        (scene, self.motion, self.affine, self.targets)
    }
}

/// The faces whose three vertices are left, with their new rows.
fn faces_left(faces: &[[u32; 3]], rows: &[u32]) -> Vec<[u32; 3]> {
    const NONE: u32 = u32::MAX;
    if faces.is_empty() {
        return Vec::new();
    }
    let highest = rows.iter().copied().max().map_or(0, |row| row as usize + 1);
    let mut new_row = vec![NONE; highest];
    for (new, &old) in (0..).zip(rows) {
        new_row[old as usize] = new;
    }
    let renumber = |face: &[u32; 3]| {
        let face = face.map(|v| new_row.get(v as usize).copied().unwrap_or(NONE));
        (!face.contains(&NONE)).then_some(face)
    };
    faces.iter().filter_map(renumber).collect()
}

#[cfg(test)]
#[path = "augmenter_tests.rs"]
mod tests;
