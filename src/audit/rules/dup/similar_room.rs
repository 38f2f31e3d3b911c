use std::collections::BTreeMap;

use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::summary::ScanFacts;
use crate::scene::room_of;

rule! {
    /// Two scans of different rooms look like one room.
    ///
    /// # What it checks
    /// Pairs of scans whose ids are of different rooms and whose boxes in the aligned frame differ by
    /// at most 20 cm or 5 % in each extent. Their objects are compared by label and by the extents of
    /// their boxes, which may differ by 6 cm or 10 %: at least the share `min-room-likeness-percent`
    /// of the objects of whichever has more must have one like them in the other. Boxes are of every
    /// sixteenth vertex. Scans with fewer than eight objects of some size, or without
    /// `axisAlignment`, say too little. One finding for each pair, at the second. Evidence: `scans`,
    /// the two; `extents_cm`, their longer and shorter side and height; `likeness_percent`, the share
    /// of objects; `splits`, the splits they are in.
    ///
    /// # Why it matters
    /// A room that is in two splits under two names is leakage that no list of ids shows.
    ///
    /// # How to fix
    /// Look at both. If they are one room, put both scans in one split.
    ///
    /// # Known exceptions
    /// Hotel rooms and offices of one make are alike and yet two.
    ///
    /// # Source
    /// Plain reasoning; ScanNet's rooms have up to seven scans each, which its ids tell.
    SimilarRoom { code: "DUP301", name: "similar-room", severity: Warning, needs: Preview }
}

/// Objects that a scan needs, to be known by them.
const LEAST_OBJECTS: usize = 8;
/// Scans of nearly one extent that each is compared with; more only a hostile data set has.
const MOST: usize = 400;

impl Rule for SimilarRoom {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let scans = &data.summary.scans;
        let told = |(id, facts): (&'_ String, &'_ ScanFacts)| {
            let enough = facts.extents_cm.values().map(Vec::len).sum::<usize>() >= LEAST_OBJECTS;
            Some((facts.extent_cm.filter(|_| enough)?, id.clone()))
        };
        let mut rooms: Vec<([u32; 3], String)> = scans.iter().filter_map(told).collect();
        rooms.sort_unstable();
        for (i, (extent, id)) in rooms.iter().enumerate() {
            let like = |other: &[u32; 3]| are_near(extent, other, 20, 20);
            let near = rooms[i + 1..]
                .iter()
                .take(MOST)
                .take_while(|(other, _)| are_near(&extent[..1], &other[..1], 20, 20));
            for (other, twin) in near.filter(|(other, twin)| like(other) && room_of(id) != room_of(twin)) {
                let likeness = likeness(&scans[id].extents_cm, &scans[twin].extents_cm);
                if likeness < data.thresholds.min_room_likeness_percent {
                    continue;
                }
                let mut pair = [(id.as_str(), extent), (twin.as_str(), other)];
                pair.sort_unstable();
                let [(first, a), (second, b)] = pair;
                let mut splits: Vec<&str> =
                    [first, second].iter().filter_map(|s| data.catalogue.split_of(s)).collect();
                splits.dedup();
                let message = format!(
                    "scans {first} and {second} may be of one room: {likeness} % of their objects are alike, and both \
                     measure about {} by {} by {} cm",
                    a[0], a[1], a[2]
                );
                out.report(
                    Draft::new(message)
                        .scene(second)
                        .key(first)
                        .evidence("scans", vec![first, second])
                        .evidence("extents_cm", vec![a.to_vec(), b.to_vec()])
                        .evidence("likeness_percent", likeness)
                        .evidence("splits", splits)
                        .score(f64::from(likeness) / 100.0),
                );
            }
        }
    }
}

/// Whether lengths differ by at most `cm`, or by one in `part`.
fn are_near(a: &[u32], b: &[u32], cm: u32, part: u32) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) <= (*a.min(b) / part).max(cm))
}

/// The share of the objects of the scan that has more which have one like them in the other, per
/// cent. Lists are sorted.
fn likeness(a: &BTreeMap<String, Vec<[u32; 3]>>, b: &BTreeMap<String, Vec<[u32; 3]>>) -> u32 {
    let mut common = 0;
    for (label, mine) in a {
        let mut theirs = b.get(label).cloned().unwrap_or_default();
        for extent in mine {
            if let Some(at) = theirs.iter().position(|other| are_near(extent, other, 6, 10)) {
                theirs.remove(at);
                common += 1;
            }
        }
    }
    let [a, b] = [a, b].map(|lists| lists.values().map(Vec::len).sum::<usize>());
    (common * 100 / a.max(b).max(1)) as u32
}

#[cfg(test)]
mod tests {
    use super::likeness;
    use crate::audit::fixture::Fixture;
    use crate::math::Affine;
    use crate::scene::Object;

    /// Nine objects in each scan, so that they say something.
    fn fixture() -> Fixture {
        let mut f = Fixture::clean();
        for scan in f.scans.values_mut() {
            let scene = &mut scan.scene;
            scene.frame.axis_alignment = Some(Affine::IDENTITY);
            let labels = ["chair", "chair", "bed", "sink", "tv", "door", "lamp", "desk", "box"];
            // Enough vertices for every sixteenth to say something of each object.
            let rows: Vec<u32> = (0..scene.points.len() as u32 * 3).map(|i| i / 3).collect();
            scene.points = scene.points.select(&rows);
            scene.objects.clear();
            for (i, label) in labels.into_iter().enumerate() {
                let (id, raw_category) = (i as i32, label.to_owned());
                scene.objects.push(Object { id, group_id: i as i64, raw_category, segments: vec![] });
            }
            let n = scene.points.object.len();
            scene.points.object = (0..n).map(|i| (i * labels.len() / n) as i32).collect();
            scene.points.position.x.iter_mut().enumerate().for_each(|(i, x)| *x = i as f32 * 0.01);
        }
        // Rescans of the first room, as if they were of another.
        f.scans.remove("scene0001_01");
        f
    }

    #[test]
    fn fires_on_alike_scans_of_different_rooms() {
        let mut f = fixture();
        f.scan().scene.objects[8].raw_category = "window".into();
        let found = f.run_preview("DUP301");
        assert_eq!((found.len(), found[0].scene_id.as_deref()), (1, Some("scene0002_00")));
        assert_eq!(found[0].evidence["scans"], serde_json::json!(["scene0001_00", "scene0002_00"]));
        assert_eq!(found[0].number("likeness_percent"), Some(88));
        assert_eq!(found[0].evidence["splits"], serde_json::json!(["train", "val"]));
    }

    #[test]
    fn silent_on_other_extents_other_objects_and_few_objects() {
        let mut f = fixture();
        let points = f.scan().scene.points.clone();
        f.scan().scene.points.position.x.iter_mut().for_each(|x| *x *= 1.5);
        assert_eq!(f.run_preview("DUP301"), []);
        f.scan().scene.points = points;
        f.scan().scene.objects.iter_mut().take(4).for_each(|o| o.raw_category = "sofa".into());
        assert_eq!(f.run_preview("DUP301"), []);
        assert_eq!(Fixture::clean().run_preview("DUP301"), []);
    }

    #[test]
    fn each_object_is_like_one_other() {
        let of = |list: &[[u32; 3]]| [("chair".to_owned(), list.to_vec())].into();
        assert_eq!(likeness(&of(&[[50, 50, 90]; 4]), &of(&[[52, 49, 93]])), 25);
        assert_eq!(likeness(&of(&[[50, 50, 90]]), &of(&[[50, 50, 110]])), 0);
    }
}
