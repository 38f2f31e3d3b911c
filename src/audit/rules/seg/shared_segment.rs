use std::collections::BTreeMap;

use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Finding, Related};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::scene::Role;

rule! {
    /// Two objects claim the same segment.
    ///
    /// # What it checks
    /// That no segment is in two groups of the aggregation. One finding for each pair of first and
    /// last claimant. Evidence: `segments`, how many they share; `vertices`, how many vertices lie
    /// in them; `first_writer` and `last_writer`, the object that owns those vertices where the
    /// first or the last group to claim a segment wins.
    ///
    /// # Why it matters
    /// Loaders disagree on who owns the vertices, so the same scan has different masks in different
    /// code, and numbers cannot be compared. The object that loses may keep no vertex at all.
    ///
    /// # How to fix
    /// Decide which object the segments belong to and take them out of the other group. Where two
    /// groups are the same object twice, describe only one of them.
    ///
    /// # Known exceptions
    /// `scene0217_00` of the official release lists every object twice (SEG104).
    ///
    /// # Source
    /// <https://github.com/ScanNet/ScanNet/issues/51>; the last group wins in `read_aggregation` of
    /// <https://github.com/daveredrum/ScanRefer>.
    SharedSegment { code: "SEG103", name: "shared-segment", severity: Error }
}

impl Rule for SharedSegment {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let objects = &scan.scan.scene.objects;
        let mut pairs: BTreeMap<(u32, u32), (usize, u64)> = BTreeMap::new();
        for (segment, mut groups) in scan.ownership().segments() {
            if let Some(first) = groups.next()
                && let Some(last) = groups.last()
            {
                let (segments, vertices) = pairs.entry((first, last)).or_default();
                *segments += 1;
                *vertices += u64::from(scan.vertices_in(segment));
            }
        }
        for ((first, last), (segments, vertices)) in pairs {
            let (first, last) = (&objects[first as usize], &objects[last as usize]);
            let message = format!(
                "objects {} ({}) and {} ({}) share {} with {vertices} vertices: {} gets them where the \
                 first group wins, {} where the last does",
                first.id,
                first.raw_category,
                last.id,
                last.raw_category,
                count(segments, "segment"),
                first.id,
                last.id,
            );
            let between = |id: i32| id == first.id || id == last.id;
            let harmed = scan.descriptions.iter().filter(|d| d.objects().any(between)).count();
            let draft = Draft::new(message)
                .object(first.id)
                .file(scan.path(Role::Aggregation))
                .key(last.id)
                .evidence("segments", segments)
                .evidence("vertices", vertices)
                .evidence("first_writer", first.id)
                .evidence("last_writer", last.id)
                .related(Related {
                    message: format!("the other claimant, a {}", last.raw_category),
                    object_id: Some(last.id),
                    ..Related::default()
                });
            out.report(draft.harms(harmed));
        }
    }

    fn may_explain(&self, code: &str) -> bool {
        matches!(code, "OBJ205" | "OBJ207" | "OBJ208" | "OBJ209" | "OBJ210")
    }

    fn explains(&self, mine: &Finding, other: &Finding) -> bool {
        let claims = |key| mine.number(key).is_some_and(|id| other.object_id.map(i64::from) == Some(id));
        claims("first_writer") || claims("last_writer")
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_with_the_owner_under_both_habits() {
        let mut f = Fixture::clean();
        f.objects(|o| {
            let shared = o[1].segments[0];
            o[3].segments.push(shared);
        });
        let found = f.run("SEG103");
        assert_eq!(found.len(), 1);
        let f = &found[0];
        assert_eq!(
            (f.object_id, f.number("first_writer"), f.number("last_writer")),
            (Some(1), Some(1), Some(3))
        );
        assert_eq!((f.number("vertices"), f.descriptions), (Some(50), 4));
    }

    #[test]
    fn silent_when_one_group_names_a_segment_twice() {
        let mut f = Fixture::clean();
        f.objects(|o| {
            let again = o[1].segments[0];
            o[1].segments.push(again);
        });
        assert_eq!(f.run("SEG103"), []);
    }
}
