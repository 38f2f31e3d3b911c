use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::obj::sizes;
use crate::math::Aabb;
use crate::scene::Role;

rule! {
    /// An object lies in several places that are far apart.
    ///
    /// # What it checks
    /// Whether the segments of an object fall into parts whose boxes are more than `max-gap-cm` (50)
    /// apart, counting parts with at least `min-part-percent` (5) of the object's vertices and 20 of
    /// them. No edge of the mesh is that long, so such parts do not hang together. Evidence:
    /// `parts`, how many there are; `vertices`, how many the largest has; `of`, how many the object
    /// has; `threshold`, in centimetres.
    ///
    /// # Why it matters
    /// Two things under one id teach the model that both are meant, and a box around them is a box
    /// around nothing.
    ///
    /// # How to fix
    /// Look at the object. Where a segment was given to the wrong group, take it out; where two
    /// things share an id, give each its own.
    ///
    /// # Known exceptions
    /// Classes that come in several places are passed over, such as walls, cabinets and curtains. What
    /// stands half hidden can be seen in two parts.
    ///
    /// # Source
    /// Each group of an aggregation is one object: <https://github.com/ScanNet/ScanNet>.
    FarParts { code: "OBJ207", name: "far-parts", severity: Info }
}

/// Objects of more segments are passed over: to compare their parts would take too long.
const MOST_SEGMENTS: usize = 1024;
/// What the segmentator takes for a segment.
const LEAST_VERTICES: u32 = 20;

/// How far two boxes are apart.
fn gap(a: &Aabb, b: &Aabb) -> f32 {
    let along = |i: usize| (a.min[i] - b.max[i]).max(b.min[i] - a.max[i]).max(0.0);
    libm::sqrtf((0..3).map(|i| along(i) * along(i)).sum())
}

/// Joins what is no further apart than `most`: parts with their vertices.
fn join(mut segments: Vec<(Aabb, u32)>, most: f32) -> Vec<(Aabb, u32)> {
    let mut parts = Vec::new();
    while let Some((mut all, mut vertices)) = segments.pop() {
        loop {
            let before = segments.len();
            segments.retain(|(one, n)| {
                let far = gap(&all, one) > most;
                if !far {
                    all.merge(one);
                    vertices += n;
                }
                far
            });
            if segments.len() == before {
                break;
            }
        }
        parts.push((all, vertices));
    }
    parts
}

impl Rule for FarParts {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let threshold = scan.thresholds.max_gap_cm;
        let most = threshold as f32 / 100.0;
        let boxes = scan.segment_boxes();
        let mut owned: Vec<(i32, usize)> =
            scan.owners().iter().enumerate().filter_map(|(part, owner)| Some(((*owner)?, part))).collect();
        owned.sort_unstable();
        for group in owned.chunk_by(|a, b| a.0 == b.0) {
            let id = group[0].0;
            let Some((object, label)) = scan.objects().get(&id) else { continue };
            let apart = match scan.nyu40(object) {
                0 => matches!(label.as_str(), "wall" | "floor" | "ceiling"),
                nyu40 => sizes::class(nyu40).is_some_and(|(_, class)| class.apart),
            };
            if apart || !(2..=MOST_SEGMENTS).contains(&group.len()) {
                continue;
            }
            let segments = group.iter().map(|&(_, part)| (boxes[part], scan.segment_sizes()[part]));
            let segments: Vec<(Aabb, u32)> = segments.filter(|(b, _)| !b.is_empty()).collect();
            let of: u64 = segments.iter().map(|&(_, n)| u64::from(n)).sum();
            let share = u64::from(scan.thresholds.min_part_percent);
            let counts = |n: u32| n >= LEAST_VERTICES && u64::from(n) * 100 >= of * share;
            let sizes: Vec<u32> =
                join(segments, most).into_iter().map(|p| p.1).filter(|&n| counts(n)).collect();
            if sizes.len() < 2 {
                continue;
            }
            let vertices = sizes.iter().copied().max().unwrap_or(0);
            let message = format!(
                "object {id} ({}) is in {} parts more than {threshold} cm apart; the largest has {vertices} of \
                 {of} vertices",
                object.raw_category,
                sizes.len(),
            );
            let draft = Draft::new(message)
                .object(id)
                .file(scan.path(Role::Aggregation))
                .evidence("parts", sizes.len())
                .evidence("vertices", vertices)
                .evidence("of", of);
            out.report(draft.evidence("threshold", threshold));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::Fixture;

    fn at(x: f32, n: u32) -> (Aabb, u32) {
        (Aabb { min: [x, 0.0, 0.0], max: [x + 1.0, 1.0, 1.0] }, n)
    }

    #[test]
    fn parts_join_over_others_between_them() {
        let sizes = |of: Vec<(Aabb, u32)>| join(of, 0.5).into_iter().map(|p| p.1).collect::<Vec<_>>();
        assert_eq!(sizes(vec![at(0.0, 1), at(2.8, 2), at(1.4, 4)]), [7]);
        assert_eq!(sizes(vec![at(0.0, 1), at(1.6, 2), at(1.7, 4)]), [6, 1]);
        assert_eq!(gap(&at(0.0, 0).0, &at(1.25, 0).0), 0.25);
    }

    /// Moves the last of the object's three segments, of 50 vertices each.
    fn moved(label: &str, by: f32) -> Fixture {
        let mut f = Fixture::clean();
        f.objects(|o| o[0].raw_category = label.into());
        f.scan().scene.points.position.x[100..150].iter_mut().for_each(|x| *x += by);
        f
    }

    #[test]
    fn fires_when_a_segment_is_far_away() {
        // The fixture's segments are 0.84 m long.
        let found = moved("chair", 0.84 + 0.51).run("OBJ207");
        assert_eq!((found.len(), found[0].object_id, found[0].number("vertices")), (1, Some(0), Some(100)));
    }

    #[test]
    fn silent_on_near_small_and_structural_parts() {
        assert_eq!(moved("chair", 0.84 + 0.49).run("OBJ207"), []);
        assert_eq!(moved("Wall", 9.0).run("OBJ207"), []);
        let mut f = moved("chair", 9.0);
        f.scan().scene.points.segment[100..131].fill(0);
        assert_eq!(f.run("OBJ207"), [], "19 vertices are no part");
    }
}
