//! Multi3DRefer's descriptions: a JSON list of records that mean none, one or several objects.
//!
//! Format: <https://github.com/3dlg-hcvc/M3DRef-CLIP>, whose reader asks for `object_ids`, a list of
//! whole numbers that may be empty, and for an annotation id that is unique in its scan.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use super::record::{self, AnnId, Field, List, ObjectId, Text};
use crate::error::{Error, Kind};
use crate::scene::{Description, Format, References};

/// Reads a references file from its whole content. Never fails: what cannot be read is in
/// [`References::faults`], one error per record, and the other records are kept.
///
/// A record whose `eval_type` and `object_ids` disagree on whether there is a target is a fault.
/// `path` is named in the result and in errors; `file` is the index that descriptions give for
/// their file.
pub fn read(bytes: &[u8], path: &Path, file: u32) -> (References, Vec<Description>) {
    record::read_file(bytes, path, file, Format::Multi3dRefer, read_list)
}

const FIELDS: [Field; 7] = [
    Field::text("scene_id"),
    Field {
        name: "object_ids",
        expected: "a list of whole numbers",
        accepts: |json| serde_json::from_str::<Vec<ObjectId>>(json).is_ok(),
        optional: false,
    },
    Field::text("object_name"),
    Field::ann_id("ann_id"),
    Field::text("description"),
    Field::optional_text("eval_type"),
    Field::optional_texts("token"),
];

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    scene_id: Text<'a>,
    object_ids: Vec<ObjectId>,
    object_name: Text<'a>,
    ann_id: AnnId<'a>,
    description: Text<'a>,
    eval_type: Option<Text<'a>>,
    token: Option<Vec<Text<'a>>>,
}

/// Zero, single and multiple targets, with and without distractors of the same class.
const EVAL_TYPES: [&str; 5] = ["zt_w_d", "zt_wo_d", "st_w_d", "st_wo_d", "mt"];

pub(super) fn read_list(list: List<'_>) -> (References, Vec<Description>) {
    list.read(Format::Multi3dRefer, &FIELDS, |record: Record<'_>, _| {
        let mut seen = BTreeSet::new();
        let ids: Vec<i32> = record.object_ids.iter().map(|id| id.id).filter(|&id| seen.insert(id)).collect();
        if let Some(eval_type) = &record.eval_type {
            agrees(&eval_type.0, ids.len()).map_err(|error| ("eval_type", error))?;
        }
        let description = Description {
            scene_id: record.scene_id.0.into_owned(),
            object_name: record.object_name.0.into_owned(),
            ann_id: record.ann_id.id.into_owned(),
            text: record.description.0.into_owned(),
            tokens: record::owned(record.token),
            ..Description::default()
        };
        Ok(Some(description.of_objects(&ids)))
    })
}

/// Whether `eval_type` is one of the five, and says rightly whether there is a target.
fn agrees(eval_type: &str, targets: usize) -> Result<(), Error> {
    let wrong = |message: &str| Error::new(Kind::Malformed, message);
    if !EVAL_TYPES.contains(&eval_type) {
        return Err(wrong("a record has a wrong `eval_type`")
            .expected(format!("one of {}", EVAL_TYPES.join(", ")))
            .found(record::shown(eval_type)));
    }
    if eval_type.starts_with("zt") == (targets == 0) {
        return Ok(());
    }
    let objects = if targets == 1 { "1 object".to_owned() } else { format!("{targets} objects") };
    Err(wrong("`eval_type` and `object_ids` of a record disagree")
        .expected("no object with zt_w_d and zt_wo_d, and some with the others")
        .found(format!("{objects} with {eval_type}"))
        .help("scorers go by eval_type: correct whichever of the two is wrong"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Referent;

    fn load(text: &str) -> (References, Vec<Description>) {
        read(text.as_bytes(), Path::new("d/multi3drefer_val.json"), 2)
    }

    fn record(ids: &str, eval_type: &str) -> String {
        format!(
            r#"{{"scene_id":"scene0011_00","object_ids":{ids},"object_name":"trash_can","ann_id":7,
                "eval_type":"{eval_type}","description":"the bins","spatial":true}}"#
        )
    }

    #[test]
    fn none_one_and_several_targets_are_told_apart() {
        let records = [("[]", "zt_wo_d"), ("[5]", "st_w_d"), ("[5, \"3\", 5, 9]", "mt")];
        let text = records.map(|(ids, kind)| record(ids, kind)).join(",\n");
        let (r, d) = load(&format!("[{text}]"));
        assert!(r.faults.is_empty(), "{:?}", r.faults);
        assert_eq!((r.records, r.format, r.split.as_deref()), (3, Format::Multi3dRefer, Some("val")));
        let referents: Vec<_> = d.iter().map(|d| (d.object(), d.referent.clone())).collect();
        let several = Referent::Objects(vec![3, 9]);
        let expected = [(None, Referent::Nothing), (Some(5), Referent::Object), (Some(5), several)];
        assert_eq!(referents, expected);
        assert_eq!((d[2].ann_id.as_str(), d[2].file, d[2].record), ("7", 2, 2));
        assert_eq!(r.line_of(d[1].offset), (3, 1));
    }

    #[test]
    fn what_disagrees_or_cannot_be_read_is_placed_and_the_others_are_kept() {
        let good = record("[5]", "st_wo_d");
        for (bad, said) in [
            (record("[]", "mt"), "of a record disagree: expected no object with zt_w_d and zt_wo_d"),
            (record("[5]", "zt_w_d"), "found 1 object with zt_w_d"),
            (record("[5, 6]", "zt_wo_d"), "found 2 objects with zt_wo_d"),
            (record("[5]", "easy"), "wrong `eval_type`: expected one of zt_w_d, zt_wo_d"),
            (record("5", "mt"), "wrong `object_ids`: expected a list of whole numbers, found 5"),
            (record("[5.5]", "mt"), "wrong `object_ids`"),
            (record("[[5]]", "mt"), "wrong `object_ids`"),
            (record("[99999999999]", "mt"), "wrong `object_ids`"),
            (good.replace("\"ann_id\":7,", ""), "a record lacks `ann_id`"),
            (good.replace("\"st_wo_d\"", "3"), "wrong `eval_type`: expected a string, found 3"),
            (good.replace("_ids\":[5]", "_id\":5"), "another format: expected a record of Multi3DRefer"),
            (good.replace("\"ann_id\"", "\"ann_id\":1,\"ann_id\""), "duplicate field"),
            ("null".to_owned(), "not an object"),
        ] {
            let (r, d) = load(&format!("[{good},\n{bad},\n{good}]"));
            assert_eq!((r.records, d.len(), r.faults.len()), (3, 2, 1), "{bad}: {:?}", r.faults);
            let error = &r.faults[0];
            assert_eq!(error.kind(), Kind::Malformed);
            assert!(error.detail().contains(said), "{error}");
            // Records take two lines; a wrong value is placed itself.
            let line = if said.contains("eval_type") || said.contains("with zt") { 4 } else { 3 };
            let text = error.to_string();
            assert!(text.starts_with(&format!("d/multi3drefer_val.json:{line}:")), "{text}");
        }
    }
}
