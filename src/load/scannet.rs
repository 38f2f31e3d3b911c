//! The small files of a ScanNet scan folder: segments, aggregation, meta.
//!
//! Formats: <https://github.com/ScanNet/ScanNet#data-organization>.

use std::path::Path;

use serde::Deserialize;

use super::{json, sniff};
use crate::error::{Error, Kind, Place, Result};
use crate::math::Affine;
use crate::scene::Object;

/// A `*.segs.json` file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Segments {
    /// `sceneId`, verbatim.
    #[serde(rename = "sceneId")]
    pub scene_id: Option<String>,
    /// `segIndices`: segment id per vertex.
    #[serde(rename = "segIndices")]
    pub segments: Vec<u32>,
}

/// A `*.aggregation.json` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregation {
    /// `sceneId`, verbatim.
    pub scene_id: Option<String>,
    /// `segmentsFile`, verbatim.
    pub segments_file: Option<String>,
    /// `segGroups`, in file order.
    pub objects: Vec<Object>,
}

/// A scan's `.txt` file.
#[derive(Clone, Debug, Default)]
pub struct Meta {
    /// `axisAlignment`, when it is there and can be read.
    pub axis_alignment: Option<Affine>,
    /// `sceneType`.
    pub scene_type: Option<String>,
    /// Why `axisAlignment` could not be read.
    pub faults: Vec<Error>,
}

#[derive(Deserialize)]
struct AggregationFile {
    #[serde(rename = "sceneId")]
    scene_id: Option<String>,
    #[serde(rename = "segmentsFile")]
    segments_file: Option<String>,
    #[serde(rename = "segGroups")]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    id: i64,
    #[serde(rename = "objectId")]
    object_id: ObjectId,
    segments: Vec<u32>,
    label: String,
}

/// An id that the object column can hold: −1 there means no object, so ids start at 0.
#[derive(Deserialize)]
#[serde(try_from = "i64")]
struct ObjectId(i32);

impl TryFrom<i64> for ObjectId {
    type Error = String;

    fn try_from(id: i64) -> std::result::Result<Self, String> {
        match i32::try_from(id) {
            Ok(id) if id >= 0 => Ok(Self(id)),
            _ => Err(format!("objectId {id} is not within 0 to {}", i32::MAX)),
        }
    }
}

/// Reads a segments file from its whole content; `path` is only named in errors.
pub fn read_segments(bytes: &[u8], path: &Path) -> Result<Segments> {
    match plain_segments(bytes) {
        Some(segments) => Ok(segments),
        None => json::parse(bytes, "a segments file").map_err(|e| e.at(path)),
    }
}

/// What `serde_json` would give, in a third of the time, when the list is written as plain
/// numbers; `None` for whatever is unusual or wrong, which `serde_json` then reads or explains.
fn plain_segments(bytes: &[u8]) -> Option<Segments> {
    const KEY: &[u8] = b"\"segIndices\"";
    let key = find(bytes, KEY)?;
    let after = |at: usize, byte: u8| {
        let gap = bytes[at..].iter().position(|&b| !is_space(b))?;
        (bytes[at + gap] == byte).then_some(at + gap + 1)
    };
    let list = after(after(key + KEY.len(), b':')?, b'[')?;
    let (segments, end) = plain_numbers(bytes, list)?;
    // The rest of the file is read in the usual way, with an empty list in this one's place. With
    // neither an escape nor the key anywhere else, the list can only have been the one wanted.
    let rest = [&bytes[..list], &bytes[end..]].concat();
    if rest.contains(&b'\\') || find(&rest[key + KEY.len()..], KEY).is_some() {
        return None;
    }
    let file: Segments = serde_json::from_str(str::from_utf8(&rest).ok()?).ok()?;
    Some(Segments { segments, ..file })
}

/// The numbers from `at`, just inside a list, and the place of its closing bracket.
fn plain_numbers(bytes: &[u8], mut at: usize) -> Option<(Vec<u32>, usize)> {
    let mut numbers = Vec::with_capacity((bytes.len() - at) / 6);
    loop {
        while is_space(*bytes.get(at)?) {
            at += 1;
        }
        let start = at;
        let mut number = 0;
        if let Some(eight) = bytes[at..].first_chunk() {
            let (value, digits) = leading_number(*eight);
            (number, at) = (value, at + digits);
        }
        while let Some(digit @ b'0'..=b'9') = bytes.get(at) {
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            at += 1;
        }
        let is_json = match at - start {
            0 => false,
            1 => true,
            // Ten digits do not overflow u64.
            n => n <= 10 && bytes[start] != b'0',
        };
        numbers.push(u32::try_from(number).ok().filter(|_| is_json)?);
        while is_space(*bytes.get(at)?) {
            at += 1;
        }
        match bytes[at] {
            b',' => at += 1,
            b']' => return Some((numbers, at)),
            _ => return None,
        }
    }
}

/// The number that the digits at the start of `text` make, and how many they are; all eight bytes
/// at once.
fn leading_number(text: [u8; 8]) -> (u64, usize) {
    let values = u64::from_le_bytes(text) ^ 0x3030_3030_3030_3030;
    // A byte that is no digit has a bit of its upper half set, at the latest once 6 is added; what
    // it carries over only reaches bytes after it.
    let others = (values | values.wrapping_add(0x0606_0606_0606_0606)) & 0xf0f0_f0f0_f0f0_f0f0;
    let digits = others.trailing_zeros() as usize / 8;
    if digits == 0 {
        return (0, 0);
    }
    // Leading zeros in place of what is not wanted, then pairs, fours and eights of digits.
    let values = values << (64 - 8 * digits);
    let pairs = (values.wrapping_mul(10) + (values >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100) + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let eights = (fours.wrapping_mul(10_000) + (fours >> 32)) & 0xffff_ffff;
    (eights, digits)
}

/// White space of JSON.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|w| w == part)
}

/// Reads an aggregation file from its whole content; `path` is only named in errors.
pub fn read_aggregation(bytes: &[u8], path: &Path) -> Result<Aggregation> {
    let file: AggregationFile = json::parse(bytes, "an aggregation file").map_err(|e| e.at(path))?;
    let object =
        |g: Group| Object { id: g.object_id.0, group_id: g.id, raw_category: g.label, segments: g.segments };
    Ok(Aggregation {
        scene_id: file.scene_id,
        segments_file: file.segments_file,
        objects: file.groups.into_iter().map(object).collect(),
    })
}

/// Reads a scan's meta file from its whole content; `path` is only named in errors. Lines without
/// `=` and keys other than the two that are used are passed over.
///
/// # Errors
/// [`Kind::Foreign`] when it is a web page or the like. An `axisAlignment` that cannot be read is
/// a fault inside [`Meta`], so that the rest of the file still counts.
pub fn read_meta(bytes: &[u8], path: &Path) -> Result<Meta> {
    if let Some(error) = sniff::foreign(bytes) {
        return Err(error.at(path));
    }
    let text = String::from_utf8_lossy(bytes);
    let mut meta = Meta::default();
    let mut aligned = false;
    for (row, line) in (1..).zip(text.lines()) {
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = value.trim();
        match key.trim() {
            "axisAlignment" if !aligned => {
                aligned = true;
                match axis_alignment(value) {
                    Ok(matrix) => meta.axis_alignment = Some(matrix),
                    Err(e) => meta.faults.push(e.at(path).place(Place::Line { row, column: 1 })),
                }
            }
            "sceneType" if meta.scene_type.is_none() => meta.scene_type = Some(value.to_owned()),
            _ => {}
        }
    }
    Ok(meta)
}

fn axis_alignment(value: &str) -> Result<Affine> {
    let wrong = |found: String| {
        Error::new(Kind::Malformed, "axisAlignment cannot be read")
            .expected("16 finite numbers, row by row, the last row 0 0 0 1")
            .found(found)
    };
    let mut numbers = Vec::with_capacity(16);
    for word in value.split_ascii_whitespace() {
        let shown = || format!("`{}`", word.chars().take(40).collect::<String>());
        numbers.push(word.parse::<f64>().map_err(|_| wrong(shown()))?);
    }
    let matrix: [f64; 16] =
        numbers.try_into().map_err(|n: Vec<f64>| wrong(format!("{} numbers", n.len())))?;
    Affine::from_row_major(matrix)
        .ok_or_else(|| wrong(format!("`{}`", value.chars().take(200).collect::<String>())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_quick_reader_agrees_with_serde_json(
            parts in prop::collection::vec(prop::sample::select(vec![
                "{", "}", "[", "]", ",", ":", " ", "\n", "\"segIndices\"", "\"segIndices\":[", "\"sceneId\":",
                "\"a\"", "\"a\":", "\\", "0", "7", "01", "-1", "4294967295", "4294967296", "99999999999999999999",
                "{\"segIndices\":[1,", "],\"b\":{\"segIndices\":[2]}}", "null", "\"seg\\u0049ndices\":[3]",
            ]), 0..12),
            head in prop::sample::select(vec!["", "{", "{\"segIndices\":[5", "{\"a\":{\"segIndices\":[5]"]),
            tail in prop::sample::select(vec!["", "}", "]}", "],\"sceneId\":\"s\"}"]),
        ) {
            let text = format!("{head}{}{tail}", parts.concat());
            if let Some(quick) = plain_segments(text.as_bytes()) {
                prop_assert_eq!(serde_json::from_str::<Segments>(&text).unwrap(), quick);
            }
        }
    }

    proptest! {
        #[test]
        fn any_eight_bytes_are_read_as_one_by_one(bytes in prop::array::uniform8(prop_oneof![3 => b'0'..=b'9', 1 => any::<u8>()])) {
            let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
            let value = bytes[..digits].iter().fold(0, |n, b| n * 10 + u64::from(b - b'0'));
            prop_assert_eq!(leading_number(bytes), (value, digits));
        }
    }

    #[test]
    fn the_quick_reader_takes_official_files() {
        let text = "{\n\"params\": {\"kThresh\": \"0.01\"}, \"sceneId\" : \"s\", \"segIndices\" : [ 0, 10 ,4294967295\n] }\n";
        assert_eq!(plain_segments(text.as_bytes()).unwrap().segments, [0, 10, u32::MAX]);
    }

    fn segments(text: &str) -> Result<Segments> {
        read_segments(text.as_bytes(), Path::new("s.json"))
    }

    fn aggregation(group: &str) -> Result<Aggregation> {
        let text = format!(r#"{{"sceneId":"scannet.a","segGroups":[{group}],"more":[{{}}]}}"#);
        read_aggregation(text.as_bytes(), Path::new("a.json"))
    }

    #[test]
    fn segments_are_read_and_wrong_ones_are_placed() {
        let s =
            segments(r#"{"params":{"a":["x"]},"sceneId":"scannet.s","segIndices":[5, 4294967295]}"#).unwrap();
        assert_eq!((s.scene_id.as_deref(), s.segments), (Some("scannet.s"), vec![5, u32::MAX]));
        for bad in ["-1", "1.5", "\"1\"", "null", "4294967296", "123456789012345678901234567890"] {
            let e = segments(&format!("{{\"segIndices\":[5,\n{bad}]}}")).unwrap_err();
            assert_eq!(e.kind(), Kind::Malformed, "{e}");
            assert!(e.to_string().starts_with("s.json:2:"), "{e}");
        }
        let e = segments(r#"{"sceneId":"x"}"#).unwrap_err();
        assert!(e.kind() == Kind::Malformed && e.to_string().contains("segIndices"), "{e}");
    }

    #[test]
    fn groups_keep_both_ids_and_the_order() {
        let a = aggregation(
            r#"{"id":7,"objectId":3,"segments":[1,2],"label":"trash can"},{"id":0,"objectId":0,"segments":[],"label":""}"#,
        )
        .unwrap();
        assert_eq!((a.objects[0].id, a.objects[0].group_id, a.objects.len()), (3, 7, 2));
        assert_eq!(a.segments_file, None);
        for bad in [
            r#"{"id":7,"segments":[1],"label":"a"}"#,
            r#"{"id":7,"objectId":-1,"segments":[1],"label":"a"}"#,
            r#"{"id":7,"objectId":4000000000,"segments":[1],"label":"a"}"#,
            r#"{"id":7,"objectId":"1","segments":[1],"label":"a"}"#,
            r#"{"id":7,"objectId":1,"segments":[-1],"label":"a"}"#,
            r#"{"id":7,"objectId":1,"segments":[1],"label":null}"#,
        ] {
            assert_eq!(aggregation(bad).unwrap_err().kind(), Kind::Malformed, "{bad}");
        }
    }

    #[test]
    fn a_bad_alignment_is_a_fault_and_the_rest_still_counts() {
        let read = |alignment: &str| {
            let text = format!("colorWidth = 1296\r\n{alignment}\r\nsceneType = Living room / Lounge \r\n");
            read_meta(text.as_bytes(), Path::new("a.txt")).unwrap()
        };
        let good = read("axisAlignment = 0 1 0 -5.5 -1 0 0 2 0 0 1 1e-2 0 0 0 1 ");
        assert_eq!(good.scene_type.as_deref(), Some("Living room / Lounge"));
        assert_eq!(good.axis_alignment.unwrap().apply([1.0, 2.0, 0.0]), [-3.5, 1.0, 0.01]);
        assert_eq!(read("").axis_alignment, None);
        assert!(read("").faults.is_empty());
        for bad in ["1 2 3", "a", "", "nan 1 0 0 0 1 0 0 0 0 1 0 0 0 0 1", "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 2"]
        {
            let meta = read(&format!("axisAlignment = {bad}"));
            assert_eq!(meta.faults.len(), 1, "{bad}");
            assert!(meta.faults[0].to_string().starts_with("a.txt:2:1: "), "{}", meta.faults[0]);
            assert!(meta.scene_type.is_some() && meta.axis_alignment.is_none());
        }
    }
}
