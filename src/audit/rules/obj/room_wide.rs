use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::obj::sizes;
use crate::math::Aabb;
use crate::scene::Role;

rule! {
    /// An object that is no part of the building reaches through half the room.
    ///
    /// # What it checks
    /// Whether the object's box is longer, wider and higher than `max-extent-percent` (50) of the
    /// scan's box, and longer than 2.5 m. Evidence: `percent`, the least share of the three;
    /// `size_cm`, the longest side; `threshold`, in per cent.
    ///
    /// # Why it matters
    /// No piece of furniture fills a room. Its mask holds segments of something else, most often of a
    /// wall or of the floor, and the model learns to mark those.
    ///
    /// # How to fix
    /// Look at the object and take out what does not belong to it.
    ///
    /// # Known exceptions
    /// Classes that may go along several walls are passed over: walls, floor, ceiling, cabinets,
    /// counters, shelves, curtains, blinds, mats, windows and whatever has no class of its own.
    ///
    /// # Source
    /// A wall or floor under the id of an object is how renumbered ids show, as in the masks of
    /// <https://github.com/sunjiahao1999/SPFormer>, which do not count wall and floor.
    RoomWide { code: "OBJ209", name: "room-wide", severity: Warning }
}

/// Rooms may be as small as a bathtub is long: metres.
const LEAST: f32 = 2.5;

impl Rule for RoomWide {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let mut room = Aabb::EMPTY;
        scan.segment_boxes().iter().for_each(|segment| room.merge(segment));
        let room = room.size();
        let threshold = scan.thresholds.max_extent_percent;
        for (&id, bounds) in scan.object_boxes() {
            let Some((object, _)) = scan.objects().get(&id) else { continue };
            if sizes::class(scan.nyu40(object)).is_none_or(|(_, class)| class.spans) {
                continue;
            }
            let size = bounds.size();
            let share = (0..3).map(|a| 100.0 * size[a] / room[a]).fold(f32::INFINITY, f32::min);
            let longest = size.into_iter().fold(0.0, f32::max);
            if share <= threshold as f32 || longest <= LEAST {
                continue;
            }
            let message = format!(
                "object {id} ({}) measures {longest:.2} m and takes {share:.0} % of the room or more on each \
                 axis, over {threshold} %",
                object.raw_category,
            );
            let draft = Draft::new(message)
                .object(id)
                .file(scan.path(Role::Aggregation))
                .evidence("percent", libm::roundf(share) as i64)
                .evidence("size_cm", libm::roundf(longest * 100.0) as i64);
            out.report(draft.evidence("threshold", threshold));
        }
    }

    fn may_explain(&self, code: &str) -> bool {
        code == "OBJ207"
    }

    fn explains(&self, mine: &Finding, other: &Finding) -> bool {
        other.object_id == mine.object_id
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    /// Stretches the room to over three metres, and gives what is not in an object far corners.
    fn room(corner: f32) -> Fixture {
        let mut f = Fixture::labelled();
        for axis in f.scan().scene.points.position.axes_mut() {
            *axis = axis.iter().map(|v| v * 3.0).collect();
            axis[799] = corner;
        }
        f
    }

    #[test]
    fn fires_on_furniture_over_half_the_room_and_not_on_its_walls() {
        // Objects measure 2.5 × 2.7 × 3.2 m.
        let found = room(4.9).run("OBJ209");
        let objects: Vec<_> = found.iter().filter_map(|f| f.object_id).collect();
        assert_eq!(objects, [0, 1, 2, 3]);
        assert_eq!(found[0].number("percent"), Some(51));
    }

    #[test]
    fn silent_on_less_than_half_and_in_small_rooms() {
        assert_eq!(room(5.2).run("OBJ209"), []);
        assert_eq!(Fixture::labelled().run("OBJ209"), []);
    }
}
