//! Points of another scene, added to a scene.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::transform::{Guests, Meeting, MixOf};
use super::variant::{Added, Variant};
use crate::math::Affine;
use crate::scene::{NO_OBJECT, Object, Points, Scene};

/// Where steps that mix scenes get the other scene from.
pub trait Partners {
    /// The other scene for one step of one variant of `scene`: the same one whoever asks, and
    /// whenever. `None` when there is none.
    fn partner(&self, scene: &str, variant: u32, step: &str) -> Option<Arc<Scene>>;
}

/// No other scene at all: steps that need one are skipped.
#[derive(Clone, Copy, Debug)]
pub struct Alone;

impl Partners for Alone {
    fn partner(&self, _scene: &str, _variant: u32, _step: &str) -> Option<Arc<Scene>> {
        None
    }
}

/// What is added to the ids of another scene, so that they are new: one more than the highest so
/// far, never the other way round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Offsets {
    pub vertex: u32,
    pub object: i32,
    pub segment: u32,
}

impl Offsets {
    /// Above every id of `scene`; `None` where ids leave no room.
    pub(crate) fn above(scene: &Scene) -> Option<Self> {
        Self::default().beyond(scene)
    }

    /// Above every id of `scene` once these are added to them.
    pub(crate) fn beyond(self, scene: &Scene) -> Option<Self> {
        let Points { orig_index, object, segment, .. } = &scene.points;
        let segments = segment.iter().chain(scene.objects.iter().flat_map(|o| &o.segments));
        let objects = object.iter().copied().chain(scene.objects.iter().map(|o| o.id));
        Some(Self {
            vertex: self.vertex.checked_add(next(orig_index.iter().copied())?)?,
            object: self
                .object
                .checked_add(objects.max().unwrap_or(NO_OBJECT).max(NO_OBJECT).checked_add(1)?)?,
            segment: self.segment.checked_add(next(segments.copied())?)?,
        })
    }

    /// The id of an object of the other scene.
    fn object(self, id: i32) -> i32 {
        if id < 0 { NO_OBJECT } else { id + self.object }
    }

    /// The points at `rows` of `guest` under new ids, mapped, with the columns of `host`. `None`
    /// where `guest` lacks one of them.
    fn points(self, guest: &Points, rows: &[u32], map: &Affine, host: &Points) -> Option<Points> {
        let lacks = |host: usize, guest: usize| host > 0 && guest == 0;
        if (host.colour.is_some() && guest.colour.is_none())
            || (host.normal.is_some() && guest.normal.is_none())
            || lacks(host.object.len(), guest.object.len())
            || lacks(host.segment.len(), guest.segment.len())
            || lacks(host.nyu40.len(), guest.nyu40.len())
        {
            return None;
        }
        let mut points = guest.select(rows);
        map.apply_to(&mut points.position);
        points.normal = points.normal.filter(|_| host.normal.is_some());
        if let Some(normal) = &mut points.normal {
            map.apply_to_normals(normal);
        }
        points.colour = points.colour.filter(|_| host.colour.is_some());
        points.orig_index.iter_mut().for_each(|vertex| *vertex += self.vertex);
        points.object.iter_mut().for_each(|id| *id = self.object(*id));
        points.segment.iter_mut().for_each(|id| *id += self.segment);
        if host.object.is_empty() {
            points.object.clear();
        }
        if host.segment.is_empty() {
            points.segment.clear();
        }
        if host.nyu40.is_empty() {
            points.nyu40.clear();
        }
        Some(points)
    }

    /// Those of `objects` that `came` (ids of the other scene), under new ids.
    fn objects(self, objects: &[Object], came: &BTreeSet<i32>) -> Vec<Object> {
        let renamed = |o: &Object| Object {
            id: self.object(o.id),
            group_id: o.group_id.saturating_add(i64::from(self.object)),
            raw_category: o.raw_category.clone(),
            segments: o.segments.iter().map(|s| s + self.segment).collect(),
        };
        objects.iter().filter(|o| o.id >= 0 && came.contains(&o.id)).map(renamed).collect()
    }
}

/// One more than the highest id, 0 without any.
fn next(ids: impl Iterator<Item = u32>) -> Option<u32> {
    ids.max().map_or(Some(0), |highest| highest.checked_add(1))
}

/// Everything that mixing steps added to one variant.
#[derive(Debug, Default)]
pub(crate) struct Mixed {
    /// What the next scene's ids are raised by; `None` before the first, and where no id is left.
    next: Option<Offsets>,
    /// Number of points added, whether or not they are still there.
    pub points: usize,
    /// What was added, with the map from the other scene's frame to the present one.
    parts: Vec<(Added, Affine)>,
    guests: Vec<Arc<Scene>>,
    /// Objects that came, under their new ids.
    pub objects: Vec<Object>,
}

impl Mixed {
    /// Takes note of an affine step.
    pub(crate) fn follow(&mut self, map: &Affine) {
        for (_, motion) in &mut self.parts {
            *motion = motion.then(map);
        }
    }

    /// Adds to `points`, the scene as it is now, what `mix` chooses of `guest`; says which classes
    /// came. `source` is the scene as it was loaded.
    ///
    /// Fails with the reason for which the step is skipped, and then changes nothing.
    pub(crate) fn add(
        &mut self,
        step: &str,
        mix: &MixOf,
        source: &Scene,
        points: &mut Points,
        guest: &Arc<Scene>,
        is_rival: &dyn Fn(&str) -> bool,
    ) -> Result<(Guests, Vec<String>), &'static str> {
        let guests = mix(&Meeting { points, guest, is_rival })?;
        let offsets = match self.next {
            Some(next) => next,
            None => Offsets::above(source).ok_or("too-many-ids")?,
        };
        let next = offsets.beyond(guest).ok_or("too-many-ids")?;
        let more =
            offsets.points(&guest.points, &guests.rows, &guests.map, points).ok_or("columns-differ")?;
        let came: BTreeSet<i32> =
            guests.rows.iter().filter_map(|&row| guest.points.object.get(row as usize).copied()).collect();
        let objects = offsets.objects(&guest.objects, &came);
        let classes = objects.iter().map(|o| o.raw_category.clone()).collect();
        let added = Added {
            step: step.to_owned(),
            scene: guest.id.clone(),
            objects: came.into_iter().filter(|&id| id >= 0).collect(),
            points: guests.rows.len() as u32,
            first_vertex: offsets.vertex,
            object_offset: offsets.object,
            segment_offset: offsets.segment,
            matrix: [0.0; 16],
        };
        points.extend(&more);
        self.next = Some(next);
        self.points += guests.rows.len();
        self.parts.push((added, guests.map));
        self.guests.push(Arc::clone(guest));
        self.objects.extend(objects);
        Ok((guests, classes))
    }

    /// What provenance says of it, and the scenes it came from.
    pub(crate) fn finish(self) -> (Vec<Added>, Vec<Arc<Scene>>) {
        let record = |(added, map): (Added, Affine)| Added { matrix: map.to_row_major(), ..added };
        (self.parts.into_iter().map(record).collect(), self.guests)
    }
}

/// The scene a variant was made from, with all that it might have got from others: under its new
/// ids, and at the place of the source's frame that the variant's matrix would take to where it
/// is. What holds for the source's points then holds for these.
///
/// Fails where ids are not above all others, saying which.
pub(crate) fn with_guests<'a>(source: &'a Scene, variant: &Variant) -> Result<Cow<'a, Scene>, String> {
    let provenance = &variant.provenance;
    if provenance.added.len() != variant.partners.len() {
        return Err(format!("{} scenes, {} records", variant.partners.len(), provenance.added.len()));
    }
    let mut all = Cow::Borrowed(source);
    let back = Affine::from_row_major(provenance.matrix).and_then(|map| map.inverse());
    for (added, guest) in provenance.added.iter().zip(&variant.partners) {
        let offsets = Offsets {
            vertex: added.first_vertex,
            object: added.object_offset,
            segment: added.segment_offset,
        };
        let free = Offsets::above(&all).ok_or("no id is left")?;
        if guest.id != added.scene
            || offsets.vertex < free.vertex
            || offsets.object < free.object
            || offsets.segment < free.segment
            || offsets.beyond(guest).is_none()
        {
            return Err(format!("step {}: ids of {} are not above all others", added.step, added.scene));
        }
        let came: BTreeSet<i32> = added.objects.iter().copied().collect();
        let map = Affine::from_row_major(added.matrix).zip(back).map(|(there, back)| there.then(&back));
        let map = map.ok_or_else(|| format!("step {}: a matrix without inverse", added.step))?;
        let rows: Vec<u32> = (0..)
            .zip(&guest.points.object)
            .filter(|(_, object)| came.contains(object))
            .map(|(row, _)| row)
            .collect();
        let points = offsets
            .points(&guest.points, &rows, &map, &source.points)
            .ok_or_else(|| format!("step {}: {} lacks a column", added.step, added.scene))?;
        let all = all.to_mut();
        all.points.extend(&points);
        all.objects.extend(offsets.objects(&guest.objects, &came));
    }
    Ok(all)
}
