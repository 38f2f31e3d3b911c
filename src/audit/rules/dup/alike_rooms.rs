use std::collections::BTreeMap;

use crate::audit::DatasetContext;
use crate::audit::finding::{Draft, Related};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::summary::ScanFacts;
use crate::measure::layout::{Landmark, shared};
use crate::scene::room_of;

rule! {
    /// Two rooms are furnished alike: scans of one room may stand under two ids.
    ///
    /// # What it checks
    /// Pairs of scans of different rooms (`sceneXXXX`) with at least eight things each, walls, floors
    /// and ceilings aside. They are laid on each other by a turn about z and a shift. The rule fires
    /// where at least eight things, of three labels or more, and three quarters of the things of the
    /// poorer scan then stand within 15 cm of one with the same label. One finding for each pair of
    /// rooms. Evidence: `scans`, the two of them; `splits`, their splits; `shared`, the number of
    /// things that lie on each other; `things`, how many the poorer scan has.
    ///
    /// # Why it matters
    /// A room in two splits is leakage: the model is tested where it was trained. SPL102 sees that only
    /// where the ids say it.
    ///
    /// # How to fix
    /// Look at both scans. If they are one room, move one of them to the other's split.
    ///
    /// # Known exceptions
    /// Lecture halls and offices that are furnished by one plan.
    ///
    /// # Source
    /// On made rooms whose second scans were given room ids of their own it found 50 of 50 and was never
    /// wrong (`cargo test --test precision -- --nocapture`). Second scans of real rooms miss more.
    AlikeRooms { code: "DUP301", name: "alike-rooms", severity: Warning, needs: Preview }
}

/// Fewer things may stand alike by chance.
const FEWEST: usize = 8;
const FEWEST_LABELS: usize = 3;
/// Things of a scan that are looked at; official scans have fewer.
const MOST: usize = 256;
/// Per cent of the poorer scan's things.
const LEAST: usize = 75;

impl Rule for AlikeRooms {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
        let scans: Vec<Furnished<'_>> =
            data.summary.scans.iter().map(|(id, facts)| Furnished::new(id, facts, &mut kinds)).collect();
        let mut pairs: BTreeMap<[&str; 2], (usize, usize, [&Furnished<'_>; 2])> = BTreeMap::new();
        for (i, a) in scans.iter().enumerate() {
            for b in scans[i + 1..].iter().filter(|b| room_of(b.id) != room_of(a.id)) {
                let Some((lie, things)) = alike(a, b) else { continue };
                let rooms = [room_of(a.id), room_of(b.id)];
                let best = pairs.entry(rooms).or_insert((lie, things, [a, b]));
                if lie * best.1 > best.0 * things {
                    *best = (lie, things, [a, b]);
                }
            }
        }
        for (rooms, (lie, things, [a, b])) in pairs {
            let ids = [a.id, b.id];
            let splits = ids.map(|id| data.catalogue.split_of(id).unwrap_or("none"));
            let leak = if splits[0] == splits[1] {
                String::new()
            } else {
                format!(", in splits {} and {}", splits[0], splits[1])
            };
            let message = format!(
                "rooms {} and {} are furnished alike{leak}: {lie} of {things} things of {} stand as in {}",
                rooms[0], rooms[1], b.id, a.id
            );
            let draft = Draft::new(message)
                .scene(b.id)
                .key(rooms[0])
                .evidence("scans", ids)
                .evidence("splits", splits)
                .evidence("shared", lie)
                .evidence("things", things)
                .related(Related { message: format!("furnished alike: {}", a.id), ..Related::default() })
                .harms(data.catalogue.descriptions_of(b.id).len());
            out.report(draft);
        }
    }
}

/// A scan's things.
struct Furnished<'a> {
    id: &'a str,
    things: Vec<Landmark>,
    /// Number of things of each kind.
    counts: BTreeMap<u32, usize>,
}

impl<'a> Furnished<'a> {
    fn new(id: &'a str, facts: &'a ScanFacts, kinds: &mut BTreeMap<&'a str, u32>) -> Self {
        let mut counts = BTreeMap::new();
        let things = facts.layout.iter().take(MOST).map(|(label, at_cm)| {
            let next = kinds.len() as u32;
            let kind = *kinds.entry(label).or_insert(next);
            *counts.entry(kind).or_default() += 1;
            Landmark { kind, at: at_cm.map(|cm| f64::from(cm) / 100.0) }
        });
        Self { id, things: things.collect(), counts }
    }
}

/// How many things lie on each other, and of how many, where these are enough.
fn alike(a: &Furnished<'_>, b: &Furnished<'_>) -> Option<(usize, usize)> {
    let things = a.things.len().min(b.things.len());
    let needed = (things * LEAST).div_ceil(100).max(FEWEST);
    // No turn and shift gives more than the labels do.
    let both = a.counts.iter().filter_map(|(kind, n)| Some(*n.min(b.counts.get(kind)?)));
    if both.clone().count() < FEWEST_LABELS || both.sum::<usize>() < needed {
        return None;
    }
    let lie = shared(&a.things, &b.things);
    (lie >= needed).then_some((lie, things))
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;
    use crate::math::Xyz;
    use crate::scene::{Object, Points, Scan};

    /// Gives a scan ten things of five labels, each four vertices; `place` moves them.
    fn furnish(scan: &mut Scan, place: impl Fn(usize, [f32; 2]) -> [f32; 2]) {
        let mut points = Points::default();
        let mut axes: [Vec<f32>; 3] = Default::default();
        let labels = ["chair", "desk", "lamp", "shelf", "bed"];
        scan.scene.objects = (0..10)
            .map(|i| Object {
                id: i,
                group_id: 0,
                raw_category: labels[i as usize % 5].into(),
                segments: vec![i as u32],
            })
            .collect();
        for i in 0..10_usize {
            let at = place(i, [(i * i % 7) as f32, (i * 3 % 10) as f32 * 0.7]);
            for corner in 0..4 {
                axes[0].push(at[0] + 0.1 * (corner % 2) as f32);
                axes[1].push(at[1] + 0.1 * (corner / 2) as f32);
                axes[2].push(0.4);
                points.segment.push(i as u32);
                points.object.push(i as i32);
            }
        }
        points.nyu40 = vec![0; 40];
        points.orig_index = (0..40).collect();
        let [x, y, z] = axes;
        points.position = Xyz { x, y, z };
        scan.scene.points = points;
        scan.scene.faces.clear();
    }

    #[test]
    fn fires_on_a_turned_room_of_another_id_and_names_the_splits() {
        let mut f = Fixture::clean();
        furnish(f.scan(), |_, at| at);
        furnish(f.scans.get_mut("scene0002_00").unwrap(), |i, [x, y]| {
            if i == 4 { [50.0, 1.0] } else { [3.0 - y, x - 2.0] }
        });
        let found = f.run_preview("DUP301");
        assert_eq!((found.len(), found[0].scene_id.as_deref()), (1, Some("scene0002_00")));
        assert_eq!(found[0].evidence["scans"], serde_json::json!(["scene0001_00", "scene0002_00"]));
        assert_eq!(found[0].evidence["splits"], serde_json::json!(["train", "val"]));
        assert_eq!((found[0].number("shared"), found[0].number("things")), (Some(9), Some(10)));
    }

    #[test]
    fn silent_on_scans_of_one_room_and_on_the_same_things_elsewhere() {
        let mut f = Fixture::clean();
        furnish(f.scan(), |_, at| at);
        furnish(f.scans.get_mut("scene0001_01").unwrap(), |_, at| at);
        furnish(f.scans.get_mut("scene0002_00").unwrap(), |i, [x, y]| {
            [x + (i % 4) as f32, y - (i % 3) as f32]
        });
        assert_eq!(f.run_preview("DUP301"), []);
        assert_eq!(Fixture::clean().run_preview("DUP301"), [], "five things say little");
    }
}
