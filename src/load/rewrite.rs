//! A references file with some of its records changed, and every other byte as it was.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use serde_json::value::RawValue;

use super::json;
use super::record::offset_in;
use crate::error::{Error, Kind, Result};
use crate::scene::{FileEdits, RecordEdit};

/// The content of `bytes`, a references file in ScanRefer's form, once `edits` are made. Ids stay
/// numbers where they were numbers. A field that a record lacks is not added.
///
/// # Errors
/// [`Kind::Foreign`] and [`Kind::Malformed`] when the file, or a record to be changed, cannot be
/// read; `path` is only named in them.
pub fn rewrite(bytes: &[u8], path: &Path, edits: &FileEdits) -> Result<Vec<u8>> {
    let records: Vec<&RawValue> = json::parse(bytes, "a list of descriptions").map_err(|e| e.at(path))?;
    let mut out = Vec::with_capacity(bytes.len());
    let Some(first) = records.first() else { return Ok(bytes.to_vec()) };
    out.extend_from_slice(&bytes[..offset_in(bytes, first.get())]);
    let (mut end, mut kept) = (0, 0);
    for (index, raw) in (0..).zip(&records) {
        let start = offset_in(bytes, raw.get());
        let edit = edits.get(&index);
        if !edit.is_some_and(|e| e.drop) {
            if kept > 0 {
                out.extend_from_slice(&bytes[end..start]);
            }
            match edit {
                Some(edit) => out.extend_from_slice(record(raw.get(), edit, index, path)?.as_bytes()),
                None => out.extend_from_slice(raw.get().as_bytes()),
            }
            kept += 1;
        }
        end = start + raw.get().len();
    }
    out.extend_from_slice(&bytes[end..]);
    Ok(out)
}

/// One record with its fields changed in place.
fn record(text: &str, edit: &RecordEdit, index: u32, path: &Path) -> Result<String> {
    let fields: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(text)
        .map_err(|_| Error::new(Kind::Malformed, format!("record {index} is not an object")).at(path))?;
    let id = |old: &str, new: String| if old.starts_with('"') { Value::from(new).to_string() } else { new };
    let mut places = Vec::new();
    for (name, raw) in &fields {
        let new = match name.as_ref() {
            "object_id" => edit.object_id.map(|new| id(raw.get(), new.to_string())),
            "ann_id" => edit.ann_id.map(|new| id(raw.get(), new.to_string())),
            "description" => edit.text.clone().map(|new| Value::from(new).to_string()),
            "token" => edit.tokens.as_deref().map(|new| list(new, raw.get())),
            _ => None,
        };
        places.extend(new.map(|new| (offset_in(text.as_bytes(), raw.get()), raw.get().len(), new)));
    }
    places.sort();
    let mut out = text.to_owned();
    for (start, len, new) in places.into_iter().rev() {
        out.replace_range(start..start + len, &new);
    }
    Ok(out)
}

/// A list of texts with the spaces that `old`, a list too, has between its items.
fn list(items: &[String], old: &str) -> String {
    let space = |c: &char| c.is_ascii_whitespace();
    let gap: String = old.trim_start_matches('[').chars().take_while(space).collect();
    let tail: String = old.trim_end_matches(']').chars().rev().take_while(space).collect();
    let tail: String = tail.chars().rev().collect();
    let items: Vec<String> = items.iter().map(|i| format!("{gap}{}", Value::from(i.as_str()))).collect();
    if items.is_empty() { "[]".to_owned() } else { format!("[{}{tail}]", items.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"[
  {"scene_id": "a", "object_id": "1", "ann_id": 0, "description": "x \u00e9", "token": ["x",  "y"], "more": {"a": [1]}},
  {"scene_id": "b", "object_id": 2, "ann_id": "0", "description": "y", "token": [
        "y"
    ]},

  {"scene_id": "c"}
]
"#;

    fn with(edits: impl IntoIterator<Item = (u32, RecordEdit)>) -> String {
        let edits = edits.into_iter().collect();
        String::from_utf8(rewrite(FILE.as_bytes(), Path::new("f"), &edits).unwrap()).unwrap()
    }

    #[test]
    fn what_is_not_changed_stays_to_the_byte() {
        assert_eq!(with([]), FILE);
        assert_eq!(with([(2, RecordEdit { ann_id: Some(3), ..RecordEdit::default() })]), FILE);
    }

    #[test]
    fn fields_change_in_place_and_keep_their_type() {
        let edit = RecordEdit {
            object_id: Some(7),
            ann_id: Some(4),
            tokens: Some(vec!["a".into(), "\"".into()]),
            ..RecordEdit::default()
        };
        let got = with([(0, edit.clone()), (1, edit)]);
        assert!(
            got.contains(
                r#""object_id": "7", "ann_id": 4, "description": "x \u00e9", "token": ["a","\""], "more""#
            ),
            "{got}"
        );
        let second = "\"object_id\": 7, \"ann_id\": \"4\", \"description\": \"y\", \"token\": [\n        \"a\",\n        \"\\\"\"\n    ]}";
        assert!(got.contains(second), "{got}");
    }

    #[test]
    fn records_go_with_what_parts_them() {
        for (gone, ids) in
            [(vec![0], "bc"), (vec![1], "ac"), (vec![2], "ab"), (vec![0, 1], "c"), (vec![0, 1, 2], "")]
        {
            let got = with(gone.into_iter().map(|i| (i, RecordEdit::dropped())));
            let list: Vec<Value> = serde_json::from_str(&got).unwrap();
            let left: String = list.iter().map(|r| r["scene_id"].as_str().unwrap()).collect();
            assert_eq!(left, ids, "{got}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let kind =
            |text: &str| rewrite(text.as_bytes(), Path::new("f"), &FileEdits::new()).unwrap_err().kind();
        assert_eq!(kind("{}"), Kind::Malformed);
        let edits = FileEdits::from([(0, RecordEdit::default())]);
        assert_eq!(rewrite(b"[1]", Path::new("f"), &edits).unwrap_err().kind(), Kind::Malformed);
        assert_eq!(rewrite(b"[]", Path::new("f"), &edits).unwrap(), b"[]");
    }
}
