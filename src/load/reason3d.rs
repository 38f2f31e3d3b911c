//! Reason3D's questions: a JSON list of records whose `object_id` is the index of a class.
//!
//! Format: <https://github.com/KuanchihHuang/Reason3D>, whose reader takes all points whose
//! ScanNet200 class has that index for the answer. Its files speak of Matterport scans as well;
//! these records are counted and passed over.

use std::path::Path;

use serde::Deserialize;

use super::record::{self, Field, List, ObjectId, Text};
use crate::error::{Error, Kind};
use crate::scene::{Description, Format, NO_OBJECT, References, Referent};

/// Reads a references file from its whole content. Never fails: what cannot be read is in
/// [`References::faults`], one error per record, and the other records are kept.
///
/// `path` is named in the result and in errors; `file` is the index that descriptions give for
/// their file.
pub fn read(bytes: &[u8], path: &Path, file: u32) -> (References, Vec<Description>) {
    record::read_file(bytes, path, file, Format::Reason3d, read_list)
}

const FIELDS: [Field; 5] = [
    Field::text("scene_id"),
    Field::object_id("object_id"),
    Field::text("object_name"),
    Field::text("question"),
    Field::optional_text("type"),
];

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    scene_id: Text<'a>,
    object_id: ObjectId,
    object_name: Text<'a>,
    question: Text<'a>,
    r#type: Option<Text<'a>>,
}

pub(super) fn read_list(list: List<'_>) -> (References, Vec<Description>) {
    let file = list.file();
    list.read(Format::Reason3d, &FIELDS, |record: Record<'_>, index| {
        match record.r#type.as_ref().map(|t| &*t.0) {
            None | Some("scannet") => {}
            Some("mp3d") => return Ok(None),
            Some(other) => {
                let error = Error::new(Kind::Malformed, "a record has a wrong `type`")
                    .expected("scannet or mp3d")
                    .found(record::shown(other));
                return Err(("type", error));
            }
        }
        Ok(Some(Description {
            scene_id: record.scene_id.0.into_owned(),
            object_id: NO_OBJECT,
            referent: Referent::Class(record.object_id.id),
            object_name: record.object_name.0.into_owned(),
            ann_id: record::made_id(file, index),
            text: record.question.0.into_owned(),
            ..Description::default()
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> (References, Vec<Description>) {
        read(text.as_bytes(), Path::new("d/reason3d_train.json"), 0)
    }

    const GOOD: &str = r#"{"scene_id":"scene0011_00","object_id":7,"object_name":"shelf",
        "question":"where would one put a book","type":"scannet"}"#;

    #[test]
    fn the_object_id_is_a_class_and_matterport_is_counted_and_passed_over() {
        let elsewhere = GOOD.replace("\"scannet\"", "\"mp3d\"");
        let (r, d) = load(&format!("[{GOOD},\n{elsewhere},\n{}]", GOOD.replace('7', "\"-3\"")));
        assert!(r.faults.is_empty(), "{:?}", r.faults);
        assert_eq!((r.records, r.elsewhere, d.len()), (3, 1, 2));
        assert_eq!((d[0].object(), &d[0].referent), (None, &Referent::Class(7)));
        assert_eq!((&d[1].referent, d[1].ann_id.as_str()), (&Referent::Class(-3), "2"));
        assert_eq!((d[1].key().as_str(), r.line_of(d[1].offset)), ("scene0011_00/-/2", (5, 1)));
    }

    #[test]
    fn a_bad_record_is_named_and_the_others_are_kept() {
        for (from, to, said) in [
            ("\"scannet\"", "\"kitti\"", "wrong `type`: expected scannet or mp3d, found kitti"),
            ("7", "7.5", "wrong `object_id`"),
            ("7", "[7]", "wrong `object_id`"),
            ("\"object_name\":\"shelf\",", "", "lacks `object_name`"),
            ("\"question\"", "\"description\"", "found one of ScanRefer"),
        ] {
            let (r, d) = load(&format!("[{GOOD},\n{},\n{GOOD}]", GOOD.replacen(from, to, 1)));
            assert_eq!((r.records, d.len(), r.faults.len()), (3, 2, 1), "{to}: {:?}", r.faults);
            assert!(r.faults[0].detail().contains(said), "{}", r.faults[0]);
            assert!(r.faults[0].where_in_file().is_some());
        }
    }
}
