//! Faults of duplicates.

use super::txt::{first, say};
use super::{Fault, Files, Plant, Planted, scan_file};
use crate::error::{Error, Kind, Result};
use crate::scene::Role;

/// Writes the files of scan `from` as those of scan `to`, which they name as their own.
fn copy(files: &Files<'_>, from: &str, to: &str) -> Result<()> {
    for role in Role::ALL {
        let mut bytes = files.store.read(&scan_file(from, role))?;
        if matches!(role, Role::Segments | Role::Aggregation) {
            bytes = String::from_utf8_lossy(&bytes).replace(from, to).into_bytes();
        }
        files.store.publish(&scan_file(to, role), &bytes)?;
    }
    Ok(())
}

/// The second scan of a room, which nobody describes.
fn rescan<'a>(files: &Files<'a>) -> Result<&'a str> {
    let ids = files.scans.iter().map(|s| s.id.as_str());
    ids.rev().find(|id| id.ends_with("_01")).ok_or_else(|| {
        Error::new(Kind::Config, "the data set is too small for this fault")
            .expected("a second scan of a room")
            .help("ask for more scans with --scenes")
    })
}

/// All of them, by code.
pub(super) const FAULTS: [Fault; 4] = [SAME_GEOMETRY, REPEATED_TEXT, NEAR_TEXT, ALIKE_ROOMS];

const SAME_GEOMETRY: Fault = Fault {
    code: "DUP101",
    what: "a scan's files stand for another scan as well",
    plant: Plant::Files(|files| {
        let to = rescan(files)?;
        copy(files, &files.first().id, to)?;
        Ok(Planted::scene(to))
    }),
};

const REPEATED_TEXT: Fault = Fault {
    code: "DUP201",
    what: "an object has one sentence twice",
    plant: Plant::Scan(|scan| {
        let i = first(scan, |i| i > 0 && scan.said[i].object == scan.said[i - 1].object);
        let text = format!("{} .", scan.said[i.saturating_sub(1)].text);
        say(scan, i, |_| text)
    }),
};

const NEAR_TEXT: Fault = Fault {
    code: "DUP202",
    what: "an object has one sentence twice but for a word",
    plant: Plant::Scan(|scan| {
        let i = first(scan, |i| i > 0 && scan.said[i].object == scan.said[i - 1].object);
        let text = format!("{} indeed", scan.said[i.saturating_sub(1)].text);
        let place = say(scan, i, |_| text);
        Planted { object_id: None, ann_id: None, ..place }
    }),
};

const ALIKE_ROOMS: Fault = Fault {
    code: "DUP301",
    what: "the second scan of a room has a room id of its own",
    plant: Plant::Files(|files| {
        let (from, to) = (rescan(files)?, "scene0900_00");
        copy(files, from, to)?;
        for role in Role::ALL {
            files.store.remove(&scan_file(from, role))?;
        }
        files.store.remove_if_empty(&format!("scans/{from}"))?;
        for split in ["train", "val"] {
            files.bytes(&format!("scannetv2_{split}.txt"), |list| {
                *list = String::from_utf8_lossy(list).replace(from, to).into_bytes();
            })?;
        }
        Ok(Planted::scene(to))
    }),
};
