//! ScanRefer's descriptions: a JSON list of records.
//!
//! Format: <https://github.com/daveredrum/ScanRefer#scanrefer-dataset>. The ids are strings in the
//! released files; integers are taken as well, because rewritten copies have them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};
use serde_json::value::RawValue;

use super::json;
use crate::error::{Error, Kind, Place};
use crate::scene::{Description, References};

/// Reads a references file from its whole content. Never fails: what cannot be read is in
/// [`References::faults`], one error per record, and the other records are kept.
///
/// `path` is named in the result and in errors; `file` is the index that descriptions give for
/// their file.
pub fn read(bytes: &[u8], path: &Path, file: u32) -> (References, Vec<Description>) {
    let mut references = References {
        path: path.to_path_buf(),
        split: split_of_name(path),
        line_starts: line_starts(bytes),
        ..References::default()
    };
    let records: Vec<&RawValue> = match json::parse(bytes, "a list of descriptions") {
        Ok(records) => records,
        Err(error) => {
            references.faults.push(error.at(path));
            return (references, Vec::new());
        }
    };
    references.records = records.len();
    let mut descriptions = Vec::with_capacity(records.len());
    for (index, raw) in records.into_iter().enumerate() {
        let offset = offset_in(bytes, raw.get());
        match serde_json::from_str::<Record<'_>>(raw.get()) {
            Ok(record) => {
                let numbers = [record.object_id.is_number, record.ann_id.is_number];
                for (count, is) in references.numeric_ids.iter_mut().zip(numbers) {
                    *count += usize::from(is);
                }
                descriptions.push(Description {
                    scene_id: record.scene_id.0.into_owned(),
                    object_id: record.object_id.id,
                    object_name: record.object_name.0.into_owned(),
                    ann_id: record.ann_id.id.into_owned(),
                    text: record.description.0.into_owned(),
                    tokens: record.token.unwrap_or_default().into_iter().map(|t| t.0.into_owned()).collect(),
                    record: index as u32,
                    file,
                    offset: offset as u64,
                });
            }
            Err(error) => {
                let (at, error) = explain(raw.get(), index, &error);
                let (row, column) = references.line_of((offset + at) as u64);
                references.faults.push(error.at(path).place(Place::Line { row, column }));
            }
        }
    }
    (references, descriptions)
}

/// The split that a references file's name speaks of: `train`, `val` or `test` as a word of it.
fn split_of_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let mut words = name.split(['_', '.', '-']);
    words.find(|w| matches!(*w, "train" | "val" | "test")).map(str::to_owned)
}

fn line_starts(bytes: &[u8]) -> Vec<u64> {
    let mut starts = vec![0];
    starts.extend((1..).zip(bytes).filter(|&(_, &b)| b == b'\n').map(|(next, _)| next));
    starts
}

/// Where `part`, a piece of `bytes`, begins in it.
pub(super) fn offset_in(bytes: &[u8], part: &str) -> usize {
    part.as_ptr() as usize - bytes.as_ptr() as usize
}

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

/// A string, borrowed from the file unless it has escapes in it.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Words { numbers: false }).map(|(text, _)| Self(text))
    }
}

/// An annotation id: a string, or a whole number that is taken as its text.
struct AnnId<'a> {
    id: Cow<'a, str>,
    is_number: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for AnnId<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (id, is_number) = from.deserialize_any(Words { numbers: true })?;
        Ok(Self { id, is_number })
    }
}

/// An object id: a whole number, as a number or as its text.
struct ObjectId {
    id: i32,
    is_number: bool,
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (text, is_number) = from.deserialize_any(Words { numbers: true })?;
        let id = text.parse().map_err(|_| serde::de::Error::custom("not an object id"))?;
        Ok(Self { id, is_number })
    }
}

/// Takes strings, and whole numbers as text where these may stand for one; says which it was.
struct Words {
    numbers: bool,
}

impl<'de> Visitor<'de> for Words {
    type Value = (Cow<'de, str>, bool);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.numbers { "a string or a whole number" } else { "a string" })
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok((Cow::Borrowed(text), false))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok((Cow::Owned(text.to_owned()), false))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        if self.numbers {
            Ok((Cow::Owned(number.to_string()), true))
        } else {
            Err(E::invalid_type(serde::de::Unexpected::Unsigned(number), &self))
        }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
        if self.numbers {
            Ok((Cow::Owned(number.to_string()), true))
        } else {
            Err(E::invalid_type(serde::de::Unexpected::Signed(number), &self))
        }
    }
}

/// Finds the field that kept a record from being read: its offset in the record, and the error.
fn explain<'a>(record: &'a str, index: usize, error: &serde_json::Error) -> (usize, Error) {
    let wrong = |message: String| Error::new(Kind::Malformed, message);
    let Ok(fields) = serde_json::from_str::<BTreeMap<Cow<'a, str>, &'a RawValue>>(record) else {
        let message = format!("record {index} is not an object");
        return (0, wrong(message).expected("{\"scene_id\": …}").found(shown(record)));
    };
    let checks: [(&str, &str, Check<'a>); 6] = [
        ("scene_id", "a string", is::<Text<'a>>),
        ("object_id", "a whole number, or a string of one", is::<ObjectId>),
        ("object_name", "a string", is::<Text<'a>>),
        ("ann_id", "a string or a whole number", is::<AnnId<'a>>),
        ("description", "a string", is::<Text<'a>>),
        ("token", "a list of strings", is::<Option<Vec<Text<'a>>>>),
    ];
    for (name, expected, accepts) in checks {
        match fields.get(name) {
            None if name == "token" => {}
            None => {
                return (0, wrong(format!("record {index} lacks `{name}`")).expected(expected));
            }
            Some(value) if !accepts(value.get()) => {
                let message = format!("record {index} has a wrong `{name}`");
                let error = wrong(message).expected(expected).found(shown(value.get()));
                return (offset_in(record.as_bytes(), value.get()), error);
            }
            Some(_) => {}
        }
    }
    // Every field by itself is fine: a field is there twice.
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    (0, wrong(format!("record {index} cannot be read")).found(text))
}

/// Whether a field's JSON can be read as what the field must be.
type Check<'a> = fn(&'a str) -> bool;

fn is<'a, T: Deserialize<'a>>(text: &'a str) -> bool {
    serde_json::from_str::<T>(text).is_ok()
}

fn shown(json: &str) -> String {
    let mut short: String = json.chars().take(60).collect();
    if short.len() < json.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("\"ann_id\":\"0\",", "", "record 1 lacks `ann_id`: expected a string or a whole number"),
            (
                "\"5\"",
                "\"five\"",
                "record 1 has a wrong `object_id`: expected a whole number, or a string of one, found \"five\"",
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

    #[test]
    fn splits_are_whole_words_of_the_name() {
        let split = |name: &str| split_of_name(Path::new(name));
        assert_eq!(split("x/ScanRefer_filtered_train.json").as_deref(), Some("train"));
        assert_eq!(split("nr3d-test.v2.json").as_deref(), Some("test"));
        assert_eq!(split("eval/ScanRefer_filtered.json"), None);
        assert_eq!(split("trained_evaluation.json"), None);
    }
}
