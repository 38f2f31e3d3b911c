//! Faults of masks.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Fault, Files, Plant, Planted, scan_file};
use crate::error::Result;
use crate::scene::Role;
use crate::synth::files::MadeScan;

/// Adds vertices to walls and floor until the scan has `total`, each within a centimetre of one
/// that is there.
pub(super) fn crowd(scan: &mut MadeScan, total: usize) {
    let points = &mut scan.scene.points;
    let shell: Vec<usize> = (0..points.len()).filter(|&i| matches!(points.nyu40[i], 1 | 2)).collect();
    for (n, &i) in (points.len()..total).zip(shell.iter().cycle()) {
        let off = |a: usize| ((n * (7919 + 2 * a)) % 1000) as f32 * 2e-5 - 0.01;
        let at = points.position.get(i);
        points.position.push(std::array::from_fn(|a| at[a] + off(a)));
        if let Some(colour) = &mut points.colour {
            colour.push(colour.get(i));
        }
        points.segment.push(points.segment[i]);
        points.object.push(points.object[i]);
        points.nyu40.push(points.nyu40[i]);
        points.orig_index.push(n as u32);
    }
}

/// Described objects with their number of vertices, the smallest first.
fn sizes(scan: &MadeScan) -> Vec<(usize, i32)> {
    let described: BTreeSet<i32> = scan.said.iter().map(|d| d.object).collect();
    let column = &scan.scene.points.object;
    let mut sizes: Vec<_> =
        described.into_iter().map(|id| (column.iter().filter(|&&o| o == id).count(), id)).collect();
    sizes.sort_unstable();
    sizes
}

/// The whole numbers of a list.
fn numbers(list: &Value) -> impl Iterator<Item = i64> {
    list.as_array().into_iter().flatten().filter_map(Value::as_i64)
}

/// Writes superpoints for the first scan, of which one holds the first described object and
/// everything that nobody describes, but for the object's first `kept` vertices.
fn swallow(files: &Files<'_>, kept: usize) -> Result<Planted> {
    let (scan, target) = (files.first(), files.first().said[0].object);
    let segments = files.read(&scan_file(&scan.id, Role::Segments))?;
    let groups = files.read(&scan_file(&scan.id, Role::Aggregation))?;
    let (mut own, mut others) = (BTreeSet::new(), BTreeSet::new());
    for group in groups["segGroups"].as_array().into_iter().flatten() {
        if group["objectId"] == target {
            own.extend(numbers(&group["segments"]));
        } else if scan.said.iter().any(|d| group["objectId"] == d.object) {
            others.extend(numbers(&group["segments"]));
        }
    }
    let (mut bytes, mut left) = (Vec::new(), kept);
    for segment in numbers(&segments["segIndices"]) {
        let superpoint = if own.contains(&segment) && left > 0 {
            left -= 1;
            1
        } else if others.contains(&segment) {
            segment + 2
        } else {
            0
        };
        bytes.extend(superpoint.to_le_bytes());
    }
    let name = format!("super_points/{}.bin", scan.id);
    files.store.publish(&name, &bytes)?;
    Ok(Planted::scene(&scan.id).object(target).file(&name))
}

/// All of them, by code.
pub(super) const FAULTS: [Fault; 4] = [EMPTY_MASK, LOW_CEILING, LOST_TARGET, FOREGROUND_RATIO];

const EMPTY_MASK: Fault = Fault {
    code: "MSK101",
    what: "a superpoint is a described object and all that nobody describes",
    plant: Plant::Files(|files| swallow(files, 0)),
};

const LOW_CEILING: Fault = Fault {
    code: "MSK102",
    what: "the same, but for one vertex of the object",
    plant: Plant::Files(|files| swallow(files, 1)),
};

const LOST_TARGET: Fault = Fault {
    code: "MSK103",
    what: "walls and floor have so many vertices that a target is lost among them",
    plant: Plant::Scan(|scan| {
        let (least, id) = sizes(scan)[0];
        // A sample of 40,000 then holds fewer than ten of them.
        crowd(scan, 4_000 * least + 100);
        Planted::role(&scan.scene.id, Role::Mesh).object(id)
    }),
};

const FOREGROUND_RATIO: Fault = Fault {
    code: "MSK104",
    what: "walls and floor have a thousand times the vertices of most targets",
    plant: Plant::Scan(|scan| {
        let sizes = sizes(scan);
        crowd(scan, 1_000 * sizes[sizes.len() * 3 / 4].0 + 100);
        Planted::role(&scan.scene.id, Role::Aggregation)
    }),
};
