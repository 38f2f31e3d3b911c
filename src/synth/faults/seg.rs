//! Faults of segments.

use super::{Fault, Plant, Planted, give, paint, piece_of_shell, scan_file, shells};
use crate::scene::Role;

/// All of them, by code.
pub(super) const FAULTS: [Fault; 7] =
    [SEGMENT_COUNT, UNKNOWN_SEGMENT, SHARED_SEGMENT, REPEATED_GROUPS, NO_SURFACE, UNANNOTATED, ODD_SEGMENTS];

const SEGMENT_COUNT: Fault = Fault {
    code: "SEG101",
    what: "the segments file has one entry too many",
    plant: Plant::Files(|files| {
        let id = &files.first().id;
        files.json(&scan_file(id, Role::Segments), |value| {
            if let Some(list) = value["segIndices"].as_array_mut() {
                list.push(0.into());
            }
        })?;
        Ok(Planted::role(id, Role::Segments))
    }),
};

const UNKNOWN_SEGMENT: Fault = Fault {
    code: "SEG102",
    what: "a group names a segment that no vertex has",
    plant: Plant::Scan(|scan| {
        scan.scene.objects[2].segments.push(4_000_000);
        Planted::role(&scan.scene.id, Role::Aggregation).object(2)
    }),
};

const SHARED_SEGMENT: Fault = Fault {
    code: "SEG103",
    what: "two groups claim a segment",
    plant: Plant::Scan(|scan| {
        let Some((first, piece)) = piece_of_shell(scan) else { return Planted::somewhere() };
        let last = scan.scene.objects.len() - 1;
        give(scan, first, &piece);
        scan.scene.objects[last].segments.push(piece[0] as u32);
        paint(scan);
        Planted::role(&scan.scene.id, Role::Aggregation).object(first as i32)
    }),
};

const REPEATED_GROUPS: Fault = Fault {
    code: "SEG104",
    what: "the list of groups is there twice, the second time under other ids",
    plant: Plant::Scan(|scan| {
        let objects = &mut scan.scene.objects;
        let mut copies = objects.clone();
        for (id, copy) in (objects.len() as i32..).zip(&mut copies) {
            (copy.id, copy.group_id) = (id, i64::from(id));
        }
        objects.append(&mut copies);
        Planted::role(&scan.scene.id, Role::Aggregation)
    }),
};

const NO_SURFACE: Fault = Fault {
    code: "SEG105",
    what: "the segments are in another order than the vertices",
    plant: Plant::Scan(|scan| {
        let segment = &mut scan.scene.points.segment;
        let n = segment.len();
        // A step that shares no factor with n visits every vertex.
        let shares = |mut a: usize, mut b: usize| {
            while b > 0 {
                (a, b) = (b, a % b);
            }
            a > 1
        };
        let step = (n * 5 / 13..n).find(|&s| !shares(s, n)).unwrap_or(1);
        *segment = (0..n).map(|i| segment[i * step % n]).collect();
        Planted::role(&scan.scene.id, Role::Segments)
    }),
};

const UNANNOTATED: Fault = Fault {
    code: "SEG201",
    what: "the groups leave out most of walls, floor and furniture that nobody describes",
    plant: Plant::Scan(|scan| {
        let described: Vec<i32> = scan.said.iter().map(|s| s.object).collect();
        let mut order = shells(scan);
        order.extend((0..scan.scene.objects.len()).filter(|&o| !described.contains(&(o as i32))));
        order.extend(0..scan.scene.objects.len());
        for object in order {
            let bare = scan.scene.points.object.iter().filter(|&&o| o < 0).count();
            if bare * 2 > scan.scene.points.len() {
                break;
            }
            scan.scene.objects[object].segments.truncate(1);
            paint(scan);
        }
        Planted::role(&scan.scene.id, Role::Aggregation)
    }),
};

const ODD_SEGMENTS: Fault = Fault {
    code: "SEG202",
    what: "each vertex of one group is a segment of its own",
    plant: Plant::Scan(|scan| {
        let points = &mut scan.scene.points;
        let size = |id: i32| points.object.iter().filter(|&&o| o == id).count();
        let Some(object) = scan.scene.objects.iter_mut().max_by_key(|o| size(o.id)) else {
            return Planted::somewhere();
        };
        object.segments.clear();
        // Segments are named by one of their vertices, so no other has this name.
        for (i, segment) in (0..).zip(&mut points.segment) {
            if points.object[i as usize] == object.id {
                *segment = i;
                object.segments.push(i);
            }
        }
        Planted::role(&scan.scene.id, Role::Segments)
    }),
};
