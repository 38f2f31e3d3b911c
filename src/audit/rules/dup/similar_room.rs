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
    /// Pairs of scans whose ids are of different rooms, whose extents (both sides and the height of
    /// the box in the aligned frame, from every sixteenth vertex) differ by at most 10 cm or 2 %, and
    /// whose labels are alike: of the labels of both, each as often as it is there, at least the share
    /// `min-room-likeness-percent` is common. Scans with fewer than eight objects, or without
    /// `axisAlignment`, say too little. One finding for each pair. Evidence: `scans`, the two;
    /// `extents_cm`, theirs; `likeness_percent`, the share of labels; `splits`, the splits they are
    /// in.
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

/// Objects that a scan needs, to be known by its labels.
const LEAST_OBJECTS: u64 = 8;
/// Scans of nearly one extent that each is compared with; more only a hostile data set has.
const MOST: usize = 400;

impl Rule for SimilarRoom {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let told = |(id, facts): (&'_ String, &'_ ScanFacts)| -> Option<([u32; 3], String)> {
            let enough = facts.labels.values().sum::<u64>() >= LEAST_OBJECTS;
            Some((facts.extent_cm.filter(|_| enough)?, id.clone()))
        };
        let mut scans: Vec<([u32; 3], String)> = data.summary.scans.iter().filter_map(told).collect();
        scans.sort_unstable();
        for (i, (extent, id)) in scans.iter().enumerate() {
            let reach = extent[0] + tolerance(extent[0]);
            let others = scans[i + 1..].iter().take(MOST).take_while(|(other, _)| other[0] <= reach);
            for (other, twin) in others {
                let near = extent.iter().zip(other).all(|(a, b)| a.abs_diff(*b) <= tolerance(*a.min(b)));
                if !near || room_of(id) == room_of(twin) {
                    continue;
                }
                let likeness = likeness(&data.summary.scans[id].labels, &data.summary.scans[twin].labels);
                if likeness < data.thresholds.min_room_likeness_percent {
                    continue;
                }
                let (mut first, mut second) = ((id, extent), (twin, other));
                if second.0 < first.0 {
                    std::mem::swap(&mut first, &mut second);
                }
                let mut splits: Vec<&str> =
                    [first.0, second.0].into_iter().filter_map(|s| data.catalogue.split_of(s)).collect();
                splits.dedup();
                let message = format!(
                    "scans {} and {} may be of one room: {} by {} by {} cm both, and {likeness} % of their labels \
                     are common",
                    first.0, second.0, extent[0], extent[1], extent[2]
                );
                out.report(
                    Draft::new(message)
                        .scene(second.0)
                        .key(first.0)
                        .evidence("scans", vec![first.0.as_str(), second.0.as_str()])
                        .evidence("extents_cm", vec![first.1.to_vec(), second.1.to_vec()])
                        .evidence("likeness_percent", likeness)
                        .evidence("splits", splits)
                        .score(f64::from(likeness) / 100.0),
                );
            }
        }
    }
}

/// How far extents of one room may differ, centimetres.
fn tolerance(extent: u32) -> u32 {
    (extent / 50).max(10)
}

/// Common labels among all labels of two scans, each as often as it is there, per cent.
fn likeness(a: &BTreeMap<String, u64>, b: &BTreeMap<String, u64>) -> u32 {
    let common: u64 = a.iter().filter_map(|(label, n)| Some((*n).min(*b.get(label)?))).sum();
    let all = a.values().sum::<u64>() + b.values().sum::<u64>() - common;
    (common * 100 / all.max(1)) as u32
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;
    use crate::math::Affine;
    use crate::scene::Object;

    /// Nine objects in each scan, so that labels say something.
    fn fixture() -> Fixture {
        let mut f = Fixture::clean();
        for scan in f.scans.values_mut() {
            scan.scene.frame.axis_alignment = Some(Affine::IDENTITY);
            let more = ["bed", "sink", "tv", "door"].into_iter().zip(5..).map(|(label, id)| Object {
                id,
                group_id: i64::from(id),
                raw_category: label.into(),
                segments: vec![],
            });
            scan.scene.objects.extend(more);
        }
        f
    }

    #[test]
    fn fires_on_alike_scans_of_different_rooms() {
        let mut f = fixture();
        f.scan().scene.objects[8].raw_category = "window".into();
        let found = f.run_preview("DUP301");
        let mut scans: Vec<_> = found.iter().map(|f| f.evidence["scans"].to_string()).collect();
        scans.sort();
        assert_eq!(scans, [r#"["scene0001_00","scene0002_00"]"#, r#"["scene0001_01","scene0002_00"]"#]);
        let found = found.iter().find(|f| f.evidence["scans"][0] == "scene0001_00").unwrap();
        assert_eq!(found.number("likeness_percent"), Some(80));
        assert_eq!(found.evidence["splits"], serde_json::json!(["train", "val"]));
    }

    #[test]
    fn silent_on_other_extents_other_labels_and_few_objects() {
        let mut f = fixture();
        f.scans.remove("scene0001_01");
        let points = f.scan().scene.points.clone();
        f.scan().scene.points.position.x.iter_mut().for_each(|x| *x *= 1.5);
        assert_eq!(f.run_preview("DUP301"), []);
        f.scan().scene.points = points;
        f.scan().scene.objects.iter_mut().take(3).for_each(|o| o.raw_category = "sofa".into());
        assert_eq!(f.run_preview("DUP301"), []);
        assert_eq!(Fixture::clean().run_preview("DUP301"), []);
    }
}
