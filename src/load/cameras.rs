//! Annotated cameras: where people stood when they described an object.
//!
//! Format: <https://github.com/daveredrum/ScanRefer#star2-annotated-viewpoints-star2>. A folder with
//! a file `<scan>.anns.json` for each scan: a JSON list of records with the scan, object and
//! annotation of a description and its camera's position, rotation and point looked at, all in the
//! scan's raw frame.

use std::borrow::Cow;
use std::path::Path;

use serde_json::Value;
use serde_json::value::RawValue;

use super::json;
use crate::error::{Error, Kind, Place, Result};
use crate::scene::Camera;

/// A rotation has at most this many numbers: a matrix of four rows.
const MOST_NUMBERS: usize = 16;

/// The name of a scan's file.
pub(super) fn file_name(scan: &str) -> String {
    format!("{scan}.anns.json")
}

/// Reads a scan's cameras from the whole content of their file, and says what of it cannot be
/// read. `path` is named in errors; `file` is the index that cameras give for their file.
pub fn read(bytes: &[u8], path: &Path, file: u32) -> (Vec<Camera>, Option<Error>) {
    let bytes = &*quoted(bytes);
    let records: Vec<&RawValue> = match json::parse(bytes, "a list of cameras") {
        Ok(records) => records,
        Err(error) => return (Vec::new(), Some(error.at(path))),
    };
    let (mut cameras, mut bad) = (Vec::with_capacity(records.len()), Vec::new());
    // Records come in the order of the file, so lines are counted once.
    let (mut row, mut line, mut seen) = (1, 0, 0);
    for (index, raw) in records.iter().enumerate() {
        let start = raw.get().as_ptr() as usize - bytes.as_ptr() as usize;
        for at in (seen..start).filter(|&at| bytes[at] == b'\n') {
            (row, line) = (row + 1, at + 1);
        }
        seen = start;
        let place = (row, (start - line) as u32 + 1);
        match camera(raw.get()) {
            Ok(camera) => cameras.push(Camera { record: index as u32, file, place, ..camera }),
            Err(why) => bad.push((index, place, why)),
        }
    }
    let fault = bad.first().map(|(index, (row, column), why)| {
        let (n, of) = (bad.len(), records.len());
        let message = format!("{n} of {of} cameras cannot be read, first record {index}: {why}");
        Error::new(Kind::Malformed, message).at(path).place(Place::Line { row: *row, column: *column })
    });
    (cameras, fault)
}

/// The camera of one record.
fn camera(record: &str) -> Result<Camera, String> {
    let record: Value = serde_json::from_str(record).map_err(|_| "a value cannot be read".to_owned())?;
    let field = |name: &str| record.get(name).and_then(text).ok_or_else(|| format!("no usable `{name}`"));
    let camera = record.get("camera").unwrap_or(&Value::Null);
    let point = |name: &str| -> Result<[f64; 3], String> {
        let numbers = camera.get(name).and_then(numbers);
        numbers.and_then(|n| n.try_into().ok()).ok_or_else(|| format!("`{name}` is not three numbers"))
    };
    let rotation = match camera.get("rotation") {
        Some(rotation) => numbers(rotation).ok_or("`rotation` is not a list of numbers")?,
        None => Vec::new(),
    };
    Ok(Camera {
        scene_id: field("scene_id")?,
        object_id: field("object_id")?.parse().map_err(|_| "`object_id` is not a whole number")?,
        ann_id: field("ann_id")?,
        position: point("position")?,
        lookat: point("lookat")?,
        rotation,
        ..Camera::default()
    })
}

/// A string, or a whole number as its text: copies that were written again have numbers.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

/// A list of numbers, NaN for what is none.
fn numbers(value: &Value) -> Option<Vec<f64>> {
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(_) | Value::Null => Some(f64::NAN),
        _ => None,
    };
    value.as_array().filter(|list| list.len() <= MOST_NUMBERS)?.iter().map(number).collect()
}

/// Python writes `NaN` and `Infinity`, which are no JSON: here they are made strings of the same
/// length, by their first and last letter, so that the rest can be read and stays in its place.
fn quoted(bytes: &[u8]) -> Cow<'_, [u8]> {
    const WORDS: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];
    if !WORDS[..2].iter().any(|word| bytes.windows(word.len()).any(|w| w == *word)) {
        return Cow::Borrowed(bytes);
    }
    let mut bytes = bytes.to_vec();
    let (mut at, mut in_string) = (0, false);
    while at < bytes.len() {
        let word = WORDS.iter().find(|word| !in_string && bytes[at..].starts_with(word));
        match (bytes[at], word) {
            (_, Some(word)) => {
                bytes[at] = b'"';
                at += word.len();
                bytes[at - 1] = b'"';
                continue;
            }
            (b'"', _) => in_string = !in_string,
            (b'\\', _) if in_string => at += 1,
            _ => {}
        }
        at += 1;
    }
    Cow::Owned(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"scene_id":"scene0011_00","object_id":"5","object_name":"chair","ann_id":"0",
        "id":"scene0011_00-5_0","camera":{"position":[1,2.5,-3],"rotation":[0,0,1],"lookat":[0,0,1]}}"#;

    fn load(text: &str) -> (Vec<Camera>, Option<Error>) {
        read(text.as_bytes(), Path::new("c/scene0011_00.anns.json"), 3)
    }

    #[test]
    fn reads_the_released_form_and_numbers_for_strings() {
        let again = GOOD.replace("\"5\"", "5").replace("\"ann_id\":\"0\"", "\"ann_id\":12");
        let (cameras, fault) = load(&format!("[\n  {GOOD},\n{again}]"));
        assert!(fault.is_none(), "{fault:?}");
        let keys: Vec<_> = cameras.iter().map(|c| (c.object_id, c.ann_id.as_str(), c.place)).collect();
        assert_eq!(keys, [(5, "0", (2, 3)), (5, "12", (4, 1))]);
        assert_eq!((cameras[1].record, cameras[1].file), (1, 3));
        assert_eq!((cameras[0].position, cameras[0].lookat), ([1.0, 2.5, -3.0], [0.0, 0.0, 1.0]));
    }

    #[test]
    fn what_python_writes_for_no_number_is_no_number() {
        let odd = GOOD.replace("[1,2.5,-3]", "[NaN, Infinity, -Infinity]").replace("chair", "\\\"NaN");
        let (cameras, fault) = load(&format!("[{odd},{GOOD}]"));
        assert!(fault.is_none() && cameras.len() == 2, "{fault:?}");
        assert!(cameras[0].position.iter().all(|v| v.is_nan()));
        assert_eq!(cameras[0].lookat, [0.0, 0.0, 1.0]);
    }

    #[test]
    fn a_bad_record_is_named_and_the_others_are_kept() {
        for (from, to, said) in [
            ("\"camera\"", "\"view\"", "`position` is not three numbers"),
            ("[1,2.5,-3]", "[1,2]", "`position` is not three numbers"),
            ("\"lookat\":[0,0,1]", "\"lookat\":[0,{},1]", "`lookat` is not three numbers"),
            ("[0,0,1],", "7,", "`rotation` is not a list"),
            ("\"5\"", "\"five\"", "`object_id` is not a whole number"),
            ("\"ann_id\":\"0\",", "", "no usable `ann_id`"),
            ("2.5", "1e999", "a value cannot be read"),
        ] {
            let (cameras, fault) = load(&format!("[{GOOD},\n {},{GOOD}]", GOOD.replacen(from, to, 1)));
            let fault = fault.unwrap_or_else(|| panic!("{to} was taken"));
            assert_eq!((cameras.len(), fault.kind()), (2, Kind::Malformed), "{fault}");
            assert!(fault.to_string().contains(said), "{fault}");
            assert!(fault.to_string().starts_with("c/scene0011_00.anns.json:3:2"), "{fault}");
        }
        for text in ["", "{}", "[{", "[1] 2", "NaN", "[\"\\"] {
            let (cameras, fault) = load(text);
            assert!(cameras.is_empty() && fault.is_some(), "{text}");
        }
    }
}
