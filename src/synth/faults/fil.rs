//! Faults of files.

use super::{Fault, Plant, Planted, references_file, scan_file};
use crate::scene::Role;
use crate::synth::files::Split;

pub(super) const FAULTS: [Fault; 11] = [
    Fault {
        code: "FIL101",
        what: "the segments file of a scan is gone",
        plant: Plant::Files(|files| {
            let id = &files.first().id;
            files.store.remove(&scan_file(id, Role::Segments))?;
            Ok(Planted::role(id, Role::Segments))
        }),
    },
    Fault {
        code: "FIL102",
        what: "a mesh lost its last 100 bytes",
        plant: Plant::Files(|files| {
            let id = &files.first().id;
            files.bytes(&scan_file(id, Role::Mesh), |bytes| bytes.truncate(bytes.len() - 100))?;
            Ok(Planted::role(id, Role::Mesh))
        }),
    },
    Fault {
        code: "FIL103",
        what: "an aggregation file is a Git-LFS pointer",
        plant: Plant::Files(|files| {
            let id = &files.first().id;
            let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n";
            files.store.publish(&scan_file(id, Role::Aggregation), pointer.as_bytes())?;
            Ok(Planted::role(id, Role::Aggregation))
        }),
    },
    Fault {
        code: "FIL104",
        what: "an aggregation file is the one of the high-resolution mesh",
        plant: Plant::Files(|files| {
            let id = &files.first().id;
            files.json(&scan_file(id, Role::Aggregation), |value| {
                value["segmentsFile"] = format!("scannet.{id}_vh_clean.segs.json").into();
                // Its mesh has more vertices, and segments are named by theirs.
                for group in value["segGroups"].as_array_mut().into_iter().flatten() {
                    for segment in group["segments"].as_array_mut().into_iter().flatten() {
                        *segment = (segment.as_u64().unwrap_or(0) * 3 + 1).into();
                    }
                }
            })?;
            Ok(Planted::role(id, Role::Aggregation))
        }),
    },
    Fault {
        code: "FIL105",
        what: "a mesh calls the list of its faces `vertex_index`",
        plant: Plant::Files(|files| {
            let id = &files.first().id;
            files.bytes(&scan_file(id, Role::Mesh), |bytes| {
                let name = b"vertex_indices";
                if let Some(at) = bytes.windows(name.len()).position(|w| w == name) {
                    bytes.splice(at..at + name.len(), *b"vertex_index");
                }
            })?;
            Ok(Planted::role(id, Role::Mesh))
        }),
    },
    Fault {
        code: "FIL106",
        what: "a split list names a scan that does not exist",
        plant: Plant::Files(|files| {
            files.bytes(TRAIN, |bytes| bytes.extend(b"scene9999_00\n"))?;
            Ok(Planted::scene("scene9999_00").file(TRAIN))
        }),
    },
    Fault {
        code: "FIL107",
        what: "a scan is struck out of its split list",
        plant: Plant::Files(|files| {
            files.bytes(TRAIN, |bytes| drop(bytes.drain(.."scene0000_00\n".len())))?;
            Ok(Planted::somewhere())
        }),
    },
    Fault {
        code: "FIL108",
        what: "a split list has no final line end",
        plant: Plant::Files(|files| {
            files.bytes(TRAIN, |bytes| bytes.truncate(bytes.len() - 1))?;
            Ok(Planted::somewhere().file(TRAIN))
        }),
    },
    Fault {
        code: "FIL109",
        what: "the label table has a category twice",
        plant: Plant::Files(|files| {
            files.bytes(LABELS, |bytes| {
                let line = bytes.split(|&b| b == b'\n').nth(1).unwrap_or_default();
                let again = [line, b"\n"].concat();
                bytes.extend(again);
            })?;
            Ok(Planted::somewhere().file(LABELS))
        }),
    },
    Fault {
        code: "FIL110",
        what: "a record has no description",
        plant: Plant::Files(|files| {
            files.references(Split::Train, |records| {
                if let Some(record) = records[3].as_object_mut() {
                    record.remove("description");
                }
            })?;
            Ok(Planted::somewhere().file(&references_file(Split::Train)))
        }),
    },
    Fault {
        code: "FIL111",
        what: "one object id is a number instead of text",
        plant: Plant::Files(|files| {
            let object = files.first().said[0].object;
            files.references(Split::Train, |records| records[0]["object_id"] = object.into())?;
            Ok(Planted::somewhere().file(&references_file(Split::Train)))
        }),
    },
];

const TRAIN: &str = "scannetv2_train.txt";
const LABELS: &str = "scannetv2-labels.combined.tsv";
