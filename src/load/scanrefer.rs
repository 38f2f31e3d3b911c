//! ScanRefer's descriptions: a JSON list of records.
//!
//! Format: <https://github.com/daveredrum/ScanRefer#scanrefer-dataset>. The ids are strings in the
//! released files; integers are taken as well, because rewritten copies have them.

use std::path::Path;

use serde::Deserialize;

use super::record::{self, AnnId, Field, List, ObjectId, Text};
use crate::scene::{Description, Format, References};

/// Reads a references file from its whole content. Never fails: what cannot be read is in
/// [`References::faults`], one error per record, and the other records are kept.
///
/// `path` is named in the result and in errors; `file` is the index that descriptions give for
/// their file.
pub fn read(bytes: &[u8], path: &Path, file: u32) -> (References, Vec<Description>) {
    record::read_file(bytes, path, file, Format::ScanRefer, read_list)
}

const FIELDS: [Field; 6] = [
    Field::text("scene_id"),
    Field::object_id("object_id"),
    Field::text("object_name"),
    Field::ann_id("ann_id"),
    Field::text("description"),
    Field::optional_texts("token"),
];

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    scene_id: Text<'a>,
    object_id: ObjectId,
    object_name: Text<'a>,
    ann_id: AnnId<'a>,
    description: Text<'a>,
    token: Option<Vec<Text<'a>>>,
}

pub(super) fn read_list(list: List<'_>) -> (References, Vec<Description>) {
    list.read(Format::ScanRefer, &FIELDS, |record: Record<'_>, _| {
        Ok(Some(Description {
            scene_id: record.scene_id.0.into_owned(),
            object_id: record.object_id.id,
            object_name: record.object_name.0.into_owned(),
            ann_id: record.ann_id.id.into_owned(),
            numeric_ids: [record.object_id.is_number, record.ann_id.is_number],
            text: record.description.0.into_owned(),
            tokens: record::owned(record.token),
            ..Description::default()
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn load(text: &str) -> (References, Vec<Description>) {
        read(text.as_bytes(), Path::new("d/ScanRefer_filtered_val.json"), 3)
    }

    const GOOD: &str = r#"{"scene_id":"scene0011_00","object_id":"5","object_name":"trash_can","ann_id":"0",
        "description":"a \"brwon\"  can .","token":["a","can"],"eval_type":{"x":[1]}}"#;

    #[test]
    fn records_are_kept_verbatim_with_their_place() {
        let text = format!("[\n    {GOOD},\n    {}]", GOOD.replace("\"5\"", "5").replace("\"0\"", "12"));
        let (r, d) = load(&text);
        assert!(r.faults.is_empty(), "{:?}", r.faults);
        assert_eq!((r.records, r.split.as_deref(), d.len()), (2, Some("val"), 2));
        assert_eq!(d[0].text, "a \"brwon\"  can .");
        assert_eq!((d[0].key(), d[0].file, d[0].record), ("scene0011_00/5/0".into(), 3, 0));
        assert_eq!((d[1].object_id, d[1].ann_id.as_str(), d[1].tokens.len()), (5, "12", 2));
        for d in &d {
            assert!(text[d.offset as usize..].starts_with("{\"scene_id\""));
        }
        assert_eq!((r.line_of(d[0].offset), r.line_of(d[1].offset)), ((2, 5), (4, 5)));
    }

    #[test]
    fn a_bad_record_is_named_and_the_others_are_kept() {
        for (from, to, said) in [
            ("\"ann_id\":\"0\",", "", "a record lacks `ann_id`: expected a string or a whole number"),
            (
                "\"5\"",
                "\"five\"",
                "a record has a wrong `object_id`: expected a whole number, or a string of one, found \"five\"",
            ),
            ("\"5\"", "5.5", "found 5.5"),
            ("\"5\"", "99999999999", "found 99999999999"),
            ("\"0\"", "null", "wrong `ann_id`"),
            ("\"trash_can\"", "[1]", "wrong `object_name`: expected a string, found [1]"),
            ("[\"a\",\"can\"]", "\"a can\"", "wrong `token`: expected a list of strings"),
            ("\"object_id\"", "\"ann_id\":\"0\",\"object_id\"", "duplicate field"),
        ] {
            let text = format!("[{GOOD},\n {},\n{GOOD}]", GOOD.replacen(from, to, 1));
            let (r, d) = load(&text);
            assert_eq!((r.records, d.len(), r.faults.len()), (3, 2, 1), "{to}: {:?}", r.faults);
            let error = &r.faults[0];
            assert!(error.detail().contains(said), "{error}");
            // Each record takes two lines; a wrong value is placed itself, a missing one by its record.
            let line = if to == "\"a can\"" { 4 } else { 3 };
            let start = format!("d/ScanRefer_filtered_val.json:{line}:");
            assert!(error.to_string().starts_with(&start), "{error}");
        }
        let other = GOOD.replace("\"object_id\":\"5\"", "\"object_ids\":[5]");
        let (r, d) = load(&format!("[{GOOD},{other}]"));
        assert_eq!((d.len(), r.faults.len()), (1, 1));
        let said = "a record is of another format: expected a record of ScanRefer, found one of Multi3DRefer";
        assert_eq!(r.faults[0].detail(), said);
        let (r, d) = load("[1, {}]");
        assert_eq!((d.len(), r.faults.len()), (0, 2));
        assert!(r.faults[0].detail().contains("not an object"));
    }

    #[test]
    fn what_is_no_list_is_one_fault() {
        for (text, kind) in [
            (r#"{"a": 1}"#, Kind::Malformed),
            ("[{}", Kind::Truncated),
            ("[{},,]", Kind::Foreign),
            ("", Kind::Foreign),
            ("[] []", Kind::OverLong),
        ] {
            let (r, d) = load(text);
            assert_eq!((r.faults.len(), d.len()), (1, 0));
            assert_eq!(r.faults[0].kind(), kind, "{text}");
        }
    }
}
