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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::augment::testing::{augmenter, cube, describing, scattered};
    use crate::augment::{Outcome, StepRecord, TextAction, check};
    use crate::math::Xyz;

    struct One(Arc<Scene>);

    impl Partners for One {
        fn partner(&self, _scene: &str, _variant: u32, _step: &str) -> Option<Arc<Scene>> {
            Some(Arc::clone(&self.0))
        }
    }

    /// Floor of `side` metres and boxes of 40 cm on it, one of each class, 5 cm from point to point.
    fn room(id: &str, side: f32, boxes: &[(&str, u8, f32, f32)]) -> Scene {
        let mut scene = Scene { id: id.into(), ..cube() };
        let points = &mut scene.points;
        *points = Points {
            colour: Some(crate::scene::Colour::default()),
            normal: Some(Xyz::default()),
            ..Points::default()
        };
        scene.objects.clear();
        scene.faces.clear();
        let put = |points: &mut Points, p: [f32; 3], object: i32, nyu40: u8| {
            points.orig_index.push(points.len() as u32);
            points.position.push(p);
            points.normal.as_mut().unwrap().push([0.0, 0.0, 1.0]);
            points.colour.as_mut().unwrap().push([object as u8, 9, 9]);
            points.object.push(object);
            points.segment.push(object as u32 + 3);
            points.nyu40.push(nyu40);
        };
        let object = |scene: &mut Scene, id: i32, class: &str| {
            let segments = vec![id as u32 + 3];
            scene.objects.push(Object { id, group_id: i64::from(id), raw_category: class.into(), segments });
        };
        let steps = (side / 0.05) as u16;
        for (x, y) in (0..steps).flat_map(|x| (0..steps).map(move |y| (x, y))) {
            put(&mut scene.points, [f32::from(x) * 0.05, f32::from(y) * 0.05, 0.0], 0, 2);
        }
        object(&mut scene, 0, "floor");
        for (&(class, nyu40, at_x, at_y), id) in boxes.iter().zip(1..) {
            for (x, y, z) in (0..729_u16).map(|i| (i % 9, i / 9 % 9, i / 81)) {
                if [x, y, z].iter().any(|v| [0, 8].contains(v)) {
                    let p = [at_x + f32::from(x) * 0.05, at_y + f32::from(y) * 0.05, f32::from(z) * 0.05];
                    put(&mut scene.points, p, id, nyu40);
                }
            }
            object(&mut scene, id, class);
        }
        scene
    }

    fn host() -> Scene {
        room("host", 3.0, &[("chair", 5, 0.2, 0.2), ("keyboard", 39, 2.0, 0.3)])
    }

    fn guest() -> Scene {
        room(
            "guest",
            2.0,
            &[
                ("office chair", 5, 0.1, 0.1),
                ("bathtub", 36, 1.0, 0.1),
                ("toilet", 33, 0.1, 1.0),
                ("door", 8, 1.0, 1.0),
            ],
        )
    }

    fn made(bodies: &[&str], variant: u32) -> Variant {
        let descriptions =
            [describing(1, "the chair"), describing(1, "the only chair"), describing(2, "the keyboard")];
        let one = One(Arc::new(guest()));
        let made = augmenter(bodies, 7).variant_among(&host(), &descriptions, variant, &one).unwrap();
        check(&host(), &made).unwrap();
        made
    }

    fn actions(made: &Variant) -> Vec<TextAction> {
        made.sentences.iter().map(|s| s.action).collect()
    }

    const KEEP: TextAction = TextAction::Keep;
    const DROP: TextAction = TextAction::Drop;

    #[test]
    fn objects_come_under_new_ids_and_rivals_stay_out() {
        let (host, guest) = (host(), guest());
        let made = made(&["op = 'mix3d'"], 1);
        let points = &made.scene.points;
        let came = guest.points.object.iter().filter(|o| **o != 1).count();
        assert_eq!(points.len(), host.points.len() + came, "counts add");
        assert_eq!(points.select(&(0..host.points.len() as u32).collect::<Vec<_>>()), host.points);
        let ids: Vec<i32> = made.scene.objects.iter().map(|o| o.id).collect();
        assert_eq!(ids, [0, 1, 2, 3, 5, 6, 7], "no office chair");
        assert_eq!(made.scene.object(5).unwrap().raw_category, "bathtub");
        assert_eq!(made.scene.object(5).unwrap().segments, [11]);
        assert_eq!(points.orig_index.last(), Some(&((host.points.len() + guest.points.len()) as u32 - 1)));
        let added = &made.provenance.added[0];
        assert_eq!(
            (added.object_offset, added.segment_offset, added.objects.as_slice()),
            (3, 6, &[0, 2, 3, 4][..])
        );
        assert_eq!(added.scene, "guest");
        assert_eq!(made.provenance.steps[0].parameters["partner"], "guest");
        assert_eq!(actions(&made), [KEEP, DROP, KEEP], "whatever comes, `only` is in doubt");
        // Floor on floor, middle on middle.
        let box_of = |object: i32| {
            let rows: Vec<u32> =
                (0..).zip(&points.object).filter(|(_, o)| **o == object).map(|(r, _)| r).collect();
            crate::math::Aabb::of(points.position.select(&rows).axes())
        };
        let (own, other) = (box_of(0), box_of(3));
        assert!((own.min[2] - other.min[2]).abs() < 1e-6);
        for axis in 0..2 {
            assert!((own.middle()[axis] - other.middle()[axis]).abs() < 1e-5);
        }
    }

    #[test]
    fn allowed_rivals_take_their_sentences_along() {
        let made = made(&["op = 'mix3d'\nrivals = 'allow'"], 1);
        assert_eq!(made.provenance.added[0].objects, [0, 1, 2, 3, 4]);
        assert_eq!(actions(&made), [DROP, DROP, KEEP]);
        assert_eq!(made.sentences[0].reason.as_deref(), Some("rival-added"));
        assert_eq!(made.sentences[0].by_step.as_deref(), Some("mix3d#1"));
    }

    #[test]
    fn pasted_objects_stand_on_floor_and_share_no_cell() {
        let cell = |p: [f32; 3]| p.map(|v| (f64::from(v) / 0.05).floor() as i64);
        let mut pasted = 0;
        let mut classes: BTreeSet<i32> = BTreeSet::new();
        for variant in 1..60 {
            let made = made(&["op = 'repeat'\ntimes = 3\n[[step.step]]\nop = 'paste-object'"], variant);
            let points = &made.scene.points;
            // Each against all that was there before it.
            for (added, step) in made.provenance.added.iter().zip(0..) {
                let mine = |row: usize| {
                    points.object[row] >= added.object_offset
                        && made
                            .provenance
                            .added
                            .get(step + 1)
                            .is_none_or(|next| points.object[row] < next.object_offset)
                };
                let before = |row: usize| points.object[row] < added.object_offset && points.nyu40[row] != 2;
                let cells = |want: &dyn Fn(usize) -> bool| -> BTreeSet<[i64; 3]> {
                    (0..points.len())
                        .filter(|&row| want(row))
                        .map(|row| cell(points.position.get(row)))
                        .collect()
                };
                let (own, others) = (cells(&mine), cells(&before));
                assert!(!own.is_empty() && own.is_disjoint(&others));
                let heights = (0..points.len()).filter(|&row| mine(row)).map(|row| points.position.z[row]);
                assert!(heights.fold(f32::INFINITY, f32::min).abs() < 1e-6, "it stands");
                let ids = &added.objects;
                assert!(*ids == [2] || *ids == [3], "neither rival, door nor floor: {ids:?}");
                classes.extend(ids);
                pasted += 1;
            }
            assert_eq!(actions(&made)[0], KEEP);
        }
        assert!(pasted > 60 && classes.len() == 2, "{pasted} {classes:?}");
    }

    #[test]
    fn steps_without_partner_place_or_object_stand_back_and_say_why() {
        let step = |host: &Scene, body: &str, partners: &dyn Partners| -> StepRecord {
            let made = augmenter(&[body], 7).variant_among(host, &[describing(1, "a")], 1, partners).unwrap();
            assert_eq!(made.scene.points, host.points);
            assert_eq!(made.sentences[0].action, TextAction::Keep);
            check(host, &made).unwrap();
            made.provenance.steps[0].clone()
        };
        let with = |scene: Scene| One(Arc::new(scene));
        let full = room("full", 0.6, &[("chair", 5, 0.1, 0.1)]);
        let mut grey = guest();
        grey.points.colour = None;
        let mut strange = host();
        strange.points.object[3] = i32::MAX;
        for (host, body, partners, reason) in [
            (host(), "op = 'mix3d'", &Alone as &dyn Partners, "no-partner"),
            (
                host(),
                "op = 'paste-object'",
                &with(room("g", 1.0, &[("armchair", 5, 0.1, 0.1)])),
                "no-object-fits",
            ),
            (full, "op = 'paste-object'", &with(guest()), "no-free-floor"),
            (cube(), "op = 'paste-object'", &with(guest()), "no-floor"),
            (host(), "op = 'mix3d'", &with(grey), "columns-differ"),
            (strange, "op = 'mix3d'", &with(guest()), "too-many-ids"),
        ] {
            let record = step(&host, body, partners);
            assert_eq!((record.applied, record.outcome), (false, Outcome::Skipped));
            assert_eq!(record.reason.as_deref(), Some(reason));
        }
    }

    #[test]
    fn verifying_sees_what_is_wrong_with_what_was_added() {
        let good = made(&["op = 'rotate'", "op = 'paste-object'", "op = 'scale'"], 1);
        let last = good.scene.points.len() - 1;
        for change in [
            (|v, last| v.scene.points.position.x[last] += 0.01) as fn(&mut Variant, usize),
            |v, last| v.scene.points.object[last] += 1,
            |v, last| v.scene.points.normal.as_mut().unwrap().x[last] = 0.5,
            |v, _| v.provenance.added[0].object_offset -= 1,
            |v, _| v.provenance.added[0].first_vertex -= 1,
            |v, _| v.provenance.added.clear(),
            |v, _| {
                v.scene.objects.pop();
            },
        ] {
            let mut bad = good.clone();
            change(&mut bad, last);
            assert!(check(&host(), &bad).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn promises_hold_around_what_was_added(
            n in 1..200_usize,
            seed in any::<u64>(),
            picks in prop::collection::vec(0..6_usize, 1..6),
        ) {
            const STEPS: [&str; 6] = [
                "op = 'mix3d'\nrivals = 'allow'",
                "op = 'rotate'",
                "op = 'drop-points'",
                "op = 'mirror'",
                "op = 'grid-sample'\ncell-m = 0.3",
                "op = 'jitter'",
            ];
            let like = |seed: u64, id: &str| {
                let mut scene = Scene { id: id.into(), objects: cube().objects, ..scattered(n, seed) };
                scene.points.object = (0..n).map(|i| (i / 3 % 5) as i32 - 1).collect();
                scene.points.segment = (0..n).map(|i| i as u32 / 2).collect();
                scene.points.nyu40 = vec![5; n];
                scene
            };
            let (host, guest) = (like(seed % 100, "host"), like(seed % 100 + 1, "guest"));
            let bodies: Vec<&str> = picks.iter().map(|&i| STEPS[i]).collect();
            let descriptions = [describing(0, "the left chair"), describing(2, "the desk")];
            let pipeline = augmenter(&bodies, seed);
            let one = One(Arc::new(guest.clone()));
            let made = pipeline.variant_among(&host, &descriptions, 1, &one).unwrap();
            check(&host, &made).unwrap();
            let again = pipeline.variant_among(&host, &descriptions, 1, &one).unwrap();
            prop_assert_eq!(&again.scene.points, &made.scene.points);
            let vertices: BTreeSet<u32> = made.scene.points.orig_index.iter().copied().collect();
            prop_assert_eq!(vertices.len(), made.scene.points.len(), "no vertex twice");
            let ids: BTreeSet<i32> = made.scene.objects.iter().map(|o| o.id).collect();
            prop_assert_eq!(ids.len(), made.scene.objects.len(), "no object twice");
            for added in &made.provenance.added {
                prop_assert!(added.object_offset > 3 && added.first_vertex as usize >= n);
                prop_assert_eq!(added.points as usize, guest.points.object.iter().filter(|o| **o >= 0).count());
            }
        }
    }
}
