//! Faults of objects.

use super::{Fault, Plant, Planted, give, paint, piece, piece_of_shell, scan_file, shells};
use crate::math::Aabb;
use crate::scene::{Object, Role};
use crate::synth::category::by_raw;
use crate::synth::files::MadeScan;

/// All of them, by code.
pub(super) const FAULTS: [Fault; 14] = [
    DUPLICATE_ID,
    NO_VERTICES,
    NO_SEGMENTS,
    ID_GAPS,
    GROUP_ID,
    SMALL_TARGET,
    UNKNOWN_LABEL,
    OTHER_LABEL,
    LABEL_VALUE,
    FAR_PARTS,
    ODD_SIZE,
    ROOM_WIDE,
    MIXED_LABELS,
    LABEL_SPELLING,
];

const DUPLICATE_ID: Fault = Fault {
    code: "OBJ101",
    what: "a group more has the objectId of a wall",
    plant: Plant::Scan(|scan| {
        let Some((wall, piece)) = piece_of_shell(scan) else { return Planted::somewhere() };
        let group_id = scan.scene.objects.len() as i64;
        let Object { id, raw_category, .. } = scan.scene.objects[wall].clone();
        scan.scene.objects.push(Object { id, group_id, raw_category, segments: vec![] });
        give(scan, group_id as usize, &piece);
        Planted::role(&scan.scene.id, Role::Aggregation).object(id)
    }),
};

const NO_VERTICES: Fault = Fault {
    code: "OBJ102",
    what: "a later group claims all segments of a described object",
    plant: Plant::Scan(|scan| {
        let object = scan.said[0].object;
        let all = scan.scene.objects[object as usize].segments.clone();
        let objects = &mut scan.scene.objects;
        let id = objects.len() as i32;
        let raw_category = objects[object as usize].raw_category.clone();
        objects.push(Object { id, group_id: i64::from(id), raw_category, segments: all });
        paint(scan);
        Planted::role(&scan.scene.id, Role::Aggregation).object(object)
    }),
};

const NO_SEGMENTS: Fault = Fault {
    code: "OBJ103",
    what: "the group of a described object has no segments",
    plant: Plant::Scan(|scan| {
        let object = scan.said[0].object;
        scan.scene.objects[object as usize].segments.clear();
        paint(scan);
        Planted::role(&scan.scene.id, Role::Aggregation).object(object)
    }),
};

const ID_GAPS: Fault = Fault {
    code: "OBJ201",
    what: "a wall was taken out of the groups, the others keep their ids",
    plant: Plant::Scan(|scan| {
        scan.scene.objects.remove(shells(scan)[0]);
        paint(scan);
        Planted::role(&scan.scene.id, Role::Aggregation)
    }),
};

const GROUP_ID: Fault = Fault {
    code: "OBJ202",
    what: "the `id` of a group is not its `objectId`",
    plant: Plant::Scan(|scan| {
        scan.scene.objects[3].group_id = 900;
        Planted::role(&scan.scene.id, Role::Aggregation).object(3)
    }),
};

const SMALL_TARGET: Fault = Fault {
    code: "OBJ203",
    what: "a described object keeps its smallest segment alone",
    plant: Plant::Scan(|scan| {
        let size = |segment: u32| scan.scene.points.segment.iter().filter(|&&s| s == segment).count();
        let segments = |object: i32| scan.scene.objects[object as usize].segments.iter().copied();
        let described = scan.said.iter().map(|s| s.object);
        let smallest = described.flat_map(|o| segments(o).map(move |s| (o, s))).min_by_key(|&(_, s)| size(s));
        let Some((object, segment)) = smallest else { return Planted::somewhere() };
        scan.scene.objects[object as usize].segments = vec![segment];
        paint(scan);
        Planted::role(&scan.scene.id, Role::Aggregation).object(object)
    }),
};

const UNKNOWN_LABEL: Fault = Fault {
    code: "OBJ204",
    what: "the label of a wall is misspelt",
    plant: Plant::Scan(|scan| {
        let wall = shells(scan)[0];
        scan.scene.objects[wall].raw_category = "wal".into();
        Planted::role(&scan.scene.id, Role::Aggregation).object(wall as i32)
    }),
};

const OTHER_LABEL: Fault = Fault {
    code: "OBJ205",
    what: "the labels mesh has another class on a wall",
    plant: Plant::Scan(|scan| {
        let wall = shells(scan)[0] as i32;
        label(scan, |i, object| object == wall && i % 5 > 0, 40);
        Planted::role(&scan.scene.id, Role::Labels).object(wall)
    }),
};

const LABEL_VALUE: Fault = Fault {
    code: "OBJ206",
    what: "vertices without an object have the label 50",
    plant: Plant::Scan(|scan| {
        label(scan, |_, object| object < 0, 50);
        Planted::role(&scan.scene.id, Role::Labels)
    }),
};

const FAR_PARTS: Fault = Fault {
    code: "OBJ207",
    what: "a small thing has a piece of a wall over a metre away",
    plant: Plant::Scan(|scan| {
        let objects = &scan.scene.objects;
        // Classes that have no size of their own, and may reach far.
        let is_other = |o: &&Object| by_raw(&o.raw_category).is_some_and(|c| c.nyu40 >= 39);
        let mut best: Option<(f32, usize, Vec<usize>)> = None;
        for wall in shells(scan) {
            for piece in objects[wall].segments.iter().filter_map(|&s| piece(scan, s)) {
                let there = bounds(scan, |i| piece.contains(&i));
                for object in objects.iter().filter(is_other) {
                    let own = bounds(scan, |i| scan.scene.points.object[i] == object.id);
                    let gap = (0..3).map(|a| (own.min[a] - there.max[a]).max(there.min[a] - own.max[a]));
                    let gap = gap.fold(0.0, f32::max);
                    if gap > 1.0 && best.as_ref().is_none_or(|b| gap < b.0) {
                        best = Some((gap, object.id as usize, piece.clone()));
                    }
                }
            }
        }
        let Some((_, object, piece)) = best else { return Planted::somewhere() };
        give(scan, object, &piece);
        Planted::role(&scan.scene.id, Role::Aggregation).object(object as i32)
    }),
};

const ODD_SIZE: Fault = Fault {
    code: "OBJ208",
    what: "a wall is labelled nightstand",
    plant: Plant::Scan(|scan| {
        let Some(wall) = shells(scan).into_iter().find(|&o| scan.scene.objects[o].raw_category == "wall")
        else {
            return Planted::somewhere();
        };
        scan.scene.objects[wall].raw_category = "nightstand".into();
        paint(scan);
        Planted::role(&scan.scene.id, Role::Aggregation).object(wall as i32)
    }),
};

const ROOM_WIDE: Fault = Fault {
    code: "OBJ209",
    what: "a group labelled couch holds nearly all of walls and floor",
    plant: Plant::Scan(|scan| {
        let shells = shells(scan);
        let couch = shells[0];
        scan.scene.objects[couch].raw_category = "couch".into();
        for &shell in &shells[1..] {
            for segment in scan.scene.objects[shell].segments.clone() {
                if let Some(piece) = piece(scan, segment) {
                    give(scan, couch, &piece);
                }
            }
        }
        Planted::role(&scan.scene.id, Role::Aggregation).object(couch as i32)
    }),
};

const MIXED_LABELS: Fault = Fault {
    code: "OBJ210",
    what: "the labels mesh has another class on a part of a wall",
    plant: Plant::Scan(|scan| {
        let wall = shells(scan)[0] as i32;
        label(scan, |i, object| object == wall && i % 4 == 0, 40);
        Planted::role(&scan.scene.id, Role::Labels).object(wall)
    }),
};

const LABEL_SPELLING: Fault = Fault {
    code: "OBJ211",
    what: "a wall is labelled walls, which the label table knows too",
    plant: Plant::Files(|files| {
        let first = files.first();
        let wall = first.categories.iter().position(|c| c == "wall").unwrap_or_default();
        files.json(&scan_file(&first.id, Role::Aggregation), |value| {
            value["segGroups"][wall]["label"] = "walls".into();
        })?;
        files.bytes("scannetv2-labels.combined.tsv", |bytes| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let row = text.lines().find(|l| l.split('\t').nth(1) == Some("wall")).unwrap_or_default();
            let row = row.replacen("1\twall\t", "9001\twalls\t", 1);
            *bytes = format!("{text}{row}\n").into_bytes();
        })?;
        Ok(Planted::somewhere())
    }),
};

/// Writes a label on the vertices that `which` chooses by index and object.
fn label(scan: &mut MadeScan, which: impl Fn(usize, i32) -> bool, label: u8) {
    let points = &mut scan.scene.points;
    for (i, nyu40) in points.nyu40.iter_mut().enumerate() {
        if which(i, points.object[i]) {
            *nyu40 = label;
        }
    }
}

/// The box of some vertices.
fn bounds(scan: &MadeScan, which: impl Fn(usize) -> bool) -> Aabb {
    let mut bounds = Aabb::EMPTY;
    for i in (0..scan.scene.points.len()).filter(|&i| which(i)) {
        bounds.include(scan.scene.points.position.get(i));
    }
    bounds
}
