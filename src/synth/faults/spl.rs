//! Faults of splits.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Fault, Plant, Planted, Setting, references_file};
use crate::language::tokens;
use crate::scene::room_of;
use crate::synth::files::Split;

/// The name of a split's list.
fn list_file(split: &str) -> String {
    format!("scannetv2_{split}.txt")
}

/// All of them, by code.
pub(super) const FAULTS: [Fault; 5] = [SHARED_SCAN, SHARED_ROOM, EQUAL_LISTS, SHARED_SENTENCES, DRIFT];

const SHARED_SCAN: Fault = Fault {
    code: "SPL101",
    what: "the list for validation names a training scan too",
    plant: Plant::Files(|files| {
        let id = &files.first().id;
        files.bytes(&list_file("val"), |list| list.extend(format!("{id}\n").into_bytes()))?;
        Ok(Planted::scene(id).file(&list_file("train")))
    }),
};

const SHARED_ROOM: Fault = Fault {
    code: "SPL102",
    what: "the second scan of a validation room is for training",
    plant: Plant::Files(|files| {
        let first = &files.first_of(Split::Val)?.id;
        let room = |id: &str| room_of(id) == room_of(first);
        let second = files.scans.iter().map(|s| &s.id).rfind(|id| room(id) && *id != first);
        let line = format!("{}\n", second.unwrap_or(first));
        files.bytes(&list_file("val"), |list| {
            *list = String::from_utf8_lossy(list).replace(&line, "").into_bytes();
        })?;
        files.bytes(&list_file("train"), |list| list.extend(line.bytes()))?;
        Ok(Planted::somewhere().file(&list_file("val")))
    }),
};

const EQUAL_LISTS: Fault = Fault {
    code: "SPL103",
    what: "the list for testing is that for validation",
    plant: Plant::Files(|files| {
        let list = files.store.read(&list_file("val"))?;
        files.store.publish(&list_file("test"), &list)?;
        Ok(Planted::somewhere().file(&list_file("test")))
    }),
};

const SHARED_SENTENCES: Fault = Fault {
    code: "SPL104",
    what: "a validation sentence is a training sentence",
    plant: Plant::Files(|files| {
        let longest = files.first().said.iter().map(|d| &d.text).max_by_key(|t| t.len());
        let text = longest.cloned().unwrap_or_default();
        let tokens: Vec<&str> = tokens(&text).collect();
        let tokens = serde_json::json!(tokens);
        files.references(Split::Val, |records| {
            records[0]["description"] = text.into();
            records[0]["token"] = tokens;
        })?;
        Ok(Planted::somewhere().file(&references_file(Split::Val)))
    }),
};

const DRIFT: Fault = Fault {
    code: "SPL301",
    what: "of the validation objects only those of one class are described",
    plant: Plant::With(Setting::Scenes(100), |files| {
        files.references(Split::Val, |records| {
            let name = commonest(records);
            records.retain(|r| r["object_name"] == name);
        })?;
        Ok(Planted::somewhere())
    }),
};

/// The name that most records have.
pub(super) fn commonest(records: &[Value]) -> Value {
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for name in records.iter().filter_map(|r| r["object_name"].as_str()) {
        *names.entry(name).or_default() += 1;
    }
    names.into_iter().max_by_key(|&(_, n)| n).map_or(Value::Null, |(name, _)| name.into())
}
