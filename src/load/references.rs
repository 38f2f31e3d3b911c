//! References files of any format.

use std::path::Path;

use super::record::{self, List};
use super::{multi3drefer, nr3d, reason3d, scanrefer};
use crate::scene::{Description, Format, References};

/// Reads a references file from its whole content, as the format asked for or, without one, as the
/// format that its content tells: a table whose first line names the columns of Nr3D, else JSON of
/// the format of the first record whose keys tell, else ScanRefer.
///
/// Never fails: what cannot be read is in [`References::faults`], one error per record, and the
/// other records are kept. `path` is named in the result and in errors; `file` is the index that
/// descriptions give for their file.
pub fn read(bytes: &[u8], path: &Path, file: u32, format: Option<Format>) -> (References, Vec<Description>) {
    let is_csv = || path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    match format {
        Some(Format::ScanRefer) => scanrefer::read(bytes, path, file),
        Some(Format::Multi3dRefer) => multi3drefer::read(bytes, path, file),
        Some(Format::Reason3d) => reason3d::read(bytes, path, file),
        Some(format) => {
            let (references, descriptions) = nr3d::read(bytes, path, file);
            (References { format, ..references }, descriptions)
        }
        None if is_csv() || nr3d::is_table(bytes) => nr3d::read(bytes, path, file),
        None => {
            record::read_file(bytes, path, file, Format::ScanRefer, |list: List<'_>| match list.format() {
                Some(Format::Multi3dRefer) => multi3drefer::read_list(list),
                Some(Format::Reason3d) => reason3d::read_list(list),
                _ => scanrefer::read_list(list),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCANREFER: &str =
        r#"{"scene_id":"s","object_id":"1","object_name":"x","ann_id":"0","description":"d"}"#;
    const MULTI: &str =
        r#"{"scene_id":"s","object_ids":[1,2],"object_name":"x","ann_id":0,"description":"d"}"#;
    const REASON: &str = r#"{"scene_id":"s","object_id":1,"object_name":"x","question":"q"}"#;
    const NR3D: &str = "stimulus_id,utterance\ns-x-1-1,d\n";

    fn load(name: &str, text: &str, format: Option<Format>) -> (References, Vec<Description>) {
        read(text.as_bytes(), Path::new(name), 0, format)
    }

    #[test]
    fn the_content_tells_whatever_the_name() {
        let list = |records: &[&str]| format!(" [{}]", records.join(","));
        for (text, format) in [
            (list(&[SCANREFER]), Format::ScanRefer),
            (list(&[MULTI]), Format::Multi3dRefer),
            (list(&[REASON]), Format::Reason3d),
            (list(&["1", "{}", MULTI]), Format::Multi3dRefer),
            (list(&[]), Format::ScanRefer),
            (NR3D.to_owned(), Format::Nr3d),
            (
                format!(
                    "\u{feff}{}",
                    NR3D.replace("utterance", "utterance,anchor_ids").replace(",d", ",d,[2]")
                ),
                Format::Sr3d,
            ),
        ] {
            let (r, d) = load("anything.txt", &text, None);
            assert_eq!(r.format, format, "{text}");
            assert_eq!(d.len(), usize::from(text != " []"), "{text}: {:?}", r.faults);
        }
    }

    #[test]
    fn records_of_two_formats_in_one_file_are_faults_of_the_second() {
        let (r, d) = load("a.json", &format!("[{MULTI},{SCANREFER},{REASON}]"), None);
        assert_eq!((r.format, d.len(), r.records), (Format::Multi3dRefer, 1, 3));
        let said: Vec<_> = r.faults.iter().map(|e| e.expectation().1.unwrap_or_default()).collect();
        assert_eq!(said, ["one of ScanRefer", "one of Reason3D"]);
    }

    #[test]
    fn a_format_that_is_asked_for_is_not_doubted() {
        let (r, d) = load("a.json", &format!("[{SCANREFER}]"), Some(Format::Reason3d));
        assert_eq!((r.format, d.len(), r.faults.len()), (Format::Reason3d, 0, 1));
        let (r, d) = load("a.json", &format!("[{SCANREFER}]"), Some(Format::Nr3d));
        assert!(d.is_empty() && r.faults[0].detail().contains("lacks a column"), "{:?}", r.faults);
        let (r, d) = load("a.csv", NR3D, Some(Format::Sr3d));
        assert_eq!((r.format, d.len(), r.faults.len()), (Format::Sr3d, 1, 0));
        let (r, _) = load("a.csv", NR3D, Some(Format::ScanRefer));
        assert_eq!(r.faults.len(), 1);
        let (r, _) = load("a.csv", "[]", None);
        assert!(r.faults[0].detail().contains("lacks a column"), "{:?}", r.faults);
    }
}
