//! Nr3D's and Sr3D's descriptions: CSV tables, one description a row.
//!
//! Format: <https://github.com/referit3d/referit3d>. Columns are found by name, in the files as they
//! are released, raw and processed. A row's `stimulus_id` names scan, label, number of objects of
//! that label, target and distractors, with `-` between them; the reader of ReferIt3D takes it apart
//! and asserts that there is one distractor fewer than objects. Files have no annotation ids.

use std::path::Path;

use csv::ByteRecord;

use super::{python, record, sniff};
use crate::error::{Error, Kind, Place};
use crate::scene::{Description, Format, References};

/// Reads a references file from its whole content. Never fails: what cannot be read is in
/// [`References::faults`], one error per row, and the other rows are kept.
///
/// A row that contradicts itself is a fault: too many or too few distractors, another scan or
/// target in its `stimulus_id` than in its columns. `path` is named in the result and in errors;
/// `file` is the index that descriptions give for their file.
pub fn read(bytes: &[u8], path: &Path, file: u32) -> (References, Vec<Description>) {
    let mut references = record::unread(bytes, path, Format::Nr3d);
    let mut descriptions = Vec::new();
    if let Err(error) = read_rows(bytes, file, &mut references, &mut descriptions) {
        references.faults.push(error.at(path));
    }
    (references, descriptions)
}

/// Whether a file is a table of this format, or at least means to be one.
pub(super) fn is_table(bytes: &[u8]) -> bool {
    let bytes = bytes.get(..4096).unwrap_or(bytes);
    let mut reader = csv::Reader::from_reader(bytes);
    reader.byte_headers().is_ok_and(|header| UTTERANCE.iter().any(|name| column(header, name).is_some()))
}

const STIMULUS: [&str; 2] = ["stimulus_id", "Input.stimulus_id"];
const UTTERANCE: [&str; 2] = ["utterance", "Answer.response"];

/// Where the fields of a row are.
struct Columns {
    stimulus: Option<usize>,
    scan: Option<usize>,
    target: Option<usize>,
    name: Option<usize>,
    utterance: usize,
    tokens: Option<usize>,
    anchor_ids: Option<usize>,
    anchor_types: Option<usize>,
    all: usize,
}

/// Index of the column called `name`.
fn column(header: &ByteRecord, name: &str) -> Option<usize> {
    header.iter().position(|cell| cell.trim_ascii() == name.as_bytes())
}

impl Columns {
    fn of(header: &ByteRecord) -> Result<Self, Error> {
        let column = |name: &str| column(header, name);
        let either = |names: [&str; 2]| names.iter().find_map(|name| column(name));
        let lacks = |what: &str| {
            Error::new(Kind::Malformed, "the table lacks a column")
                .place(Place::Line { row: 1, column: 1 })
                .expected(format!("a column {what} in the first line"))
                .found(record::shown(&String::from_utf8_lossy(header.get(0).unwrap_or_default())))
        };
        let columns = Self {
            stimulus: either(STIMULUS),
            scan: column("scan_id"),
            target: column("target_id"),
            name: column("instance_type"),
            utterance: either(UTTERANCE).ok_or_else(|| lacks("`utterance` or `Answer.response`"))?,
            tokens: column("tokens"),
            anchor_ids: column("anchor_ids"),
            anchor_types: either(["anchors_types", "anchor_types"]),
            all: header.len(),
        };
        let says_what = columns.scan.is_some() && columns.target.is_some() && columns.name.is_some();
        if columns.stimulus.is_none() && !says_what {
            return Err(lacks("`stimulus_id`, or `scan_id`, `target_id` and `instance_type`"));
        }
        Ok(columns)
    }
}

fn read_rows(
    bytes: &[u8],
    file: u32,
    references: &mut References,
    descriptions: &mut Vec<Description>,
) -> Result<(), Error> {
    if let Some(error) = sniff::foreign(bytes) {
        return Err(error);
    }
    // Lengths are checked row by row, so that a short row is no end.
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let unreadable =
        |e: csv::Error| Error::new(Kind::Malformed, "the table cannot be read").found(e.to_string());
    let columns = Columns::of(reader.byte_headers().map_err(unreadable)?)?;
    if columns.anchor_ids.is_some() || columns.anchor_types.is_some() {
        references.format = Format::Sr3d;
    }
    let mut row = ByteRecord::new();
    while reader.read_byte_record(&mut row).map_err(unreadable)? {
        let index = references.records;
        references.records += 1;
        let start = row.position().map_or(0, |p| p.byte() as usize);
        // The position may be that of the line end before.
        let start = start + bytes[start..].iter().take_while(|&&b| b == b'\r' || b == b'\n').count();
        match description(&row, &columns) {
            Ok(made) => descriptions.push(Description {
                ann_id: record::made_id(file, index),
                record: index as u32,
                file,
                offset: start as u64,
                ..made
            }),
            Err(error) => {
                // A quote that opens and never closes takes in all that follows.
                let at_end = reader.position().byte() >= bytes.len() as u64;
                let error = if at_end && bytes[start..].iter().filter(|&&b| b == b'"').count() % 2 == 1 {
                    Error::new(Kind::Truncated, "the table ends inside a quoted field")
                        .help("download the file again, or close the quote in this row")
                } else {
                    error
                };
                let (row, column) = references.line_of(start as u64);
                references.faults.push(error.at(&references.path).place(Place::Line { row, column }));
            }
        }
    }
    Ok(())
}

/// The description of a row, without its place.
fn description(row: &ByteRecord, columns: &Columns) -> Result<Description, Error> {
    if row.len() != columns.all {
        return Err(Error::new(Kind::Malformed, "a row has another number of fields than the first line")
            .expected(columns.all.to_string())
            .found(row.len().to_string()));
    }
    let cell = |at: Option<usize>, name: &'static str| {
        let Some(bytes) = at.and_then(|at| row.get(at)) else { return Ok(None) };
        match str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(wrong(name, "UTF-8 text", &String::from_utf8_lossy(bytes))),
        }
    };
    let stimulus = match cell(columns.stimulus, "stimulus_id")? {
        Some(text) => Some(Stimulus::of(text).map_err(|expected| wrong("stimulus_id", expected, text))?),
        None => None,
    };
    let target = match cell(columns.target, "target_id")? {
        Some(text) => Some(number(text).ok_or_else(|| wrong("target_id", "a whole number", text))?),
        None => None,
    };
    let scan = cell(columns.scan, "scan_id")?.map(str::trim);
    if let Some(s) = &stimulus
        && (scan.is_some_and(|scan| scan != s.scan) || target.is_some_and(|target| target != s.target))
    {
        let shown = |scan: &str, target: i32| format!("object {target} of {}", record::shown(scan));
        let error = Error::new(Kind::Malformed, "`stimulus_id` of a row means another object");
        return Err(error
            .expected(shown(scan.unwrap_or(s.scan), target.unwrap_or(s.target)))
            .found(shown(s.scan, s.target)));
    }
    let tokens = match cell(columns.tokens, "tokens")?.map(str::trim) {
        None | Some("") => Vec::new(),
        Some(text) => python::strings(text)
            .ok_or_else(|| wrong("tokens", "a Python list of strings, such as ['a', 'chair']", text))?,
    };
    let ids =
        match cell(columns.anchor_ids, "anchor_ids")?.map(str::trim) {
            None | Some("") => None,
            Some(text) => Some(python::integers(text).ok_or_else(|| {
                wrong("anchor_ids", "a Python list of whole numbers, such as [3, 14]", text)
            })?),
        };
    let types = match cell(columns.anchor_types, "anchors_types")?.map(str::trim) {
        None | Some("") => None,
        Some(text) => Some(
            python::strings(text)
                .ok_or_else(|| wrong("anchors_types", "a Python list of strings, such as ['bed']", text))?,
        ),
    };
    if let (Some(ids), Some(types)) = (&ids, &types)
        && ids.len() != types.len()
    {
        return Err(Error::new(Kind::Malformed, "`anchor_ids` and `anchors_types` of a row disagree")
            .expected(format!("{} types", ids.len()))
            .found(types.len().to_string()));
    }
    let label = stimulus.as_ref().map_or("", |s| s.label);
    Ok(Description {
        scene_id: scan.or(stimulus.as_ref().map(|s| s.scan)).unwrap_or_default().to_owned(),
        object_id: target.or(stimulus.as_ref().map(|s| s.target)).unwrap_or_default(),
        object_name: cell(columns.name, "instance_type")?.unwrap_or(label).trim().to_owned(),
        text: cell(Some(columns.utterance), "utterance")?.unwrap_or_default().to_owned(),
        tokens,
        ..Description::default()
    })
}

fn wrong(name: &str, expected: impl Into<String>, found: &str) -> Error {
    Error::new(Kind::Malformed, format!("a row has a wrong `{name}`"))
        .expected(expected)
        .found(format!("`{}`", record::shown(found)))
}

fn number(text: &str) -> Option<i32> {
    text.trim().parse().ok()
}

/// What a `stimulus_id` says.
struct Stimulus<'a> {
    scan: &'a str,
    label: &'a str,
    target: i32,
}

impl<'a> Stimulus<'a> {
    /// Takes a `stimulus_id` apart, or says what it must be.
    fn of(text: &'a str) -> Result<Self, String> {
        const FORM: &str = "scan-label-objects-target, then a distractor for each other object";
        let form = || FORM.to_owned();
        let mut parts = text.trim().splitn(5, '-');
        let mut next = || parts.next().ok_or_else(form);
        let (scan, label, objects, target) = (next()?, next()?, next()?, next()?);
        let objects: usize = objects.parse().map_err(|_| form())?;
        let target = number(target).ok_or_else(form)?;
        let distractors = parts.next().unwrap_or_default();
        let mut count = 0;
        for id in distractors.split('-').filter(|id| !id.is_empty()) {
            number(id).ok_or_else(form)?;
            count += 1;
        }
        if count + 1 != objects {
            let distractors =
                if count == 1 { "1 distractor".to_owned() } else { format!("{count} distractors") };
            return Err(format!("one distractor fewer than objects, not {distractors} for {objects}"));
        }
        Ok(Self { scan, label, target })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: impl AsRef<[u8]>) -> (References, Vec<Description>) {
        read(text.as_ref(), Path::new("d/nr3d_train.csv"), 0)
    }

    const PROCESSED: &str =
        "assignmentid,stimulus_id,utterance,correct_guess,scan_id,instance_type,target_id,tokens,dataset\n";
    const ROW: &str = "17,scene0011_00-trash_can-2-5-9,\"the bin, by the wall\",True,scene0011_00,trash can,5,\"['the', \"\"it's\"\"]\",nr3d\n";

    #[test]
    fn processed_and_raw_headers_give_the_same() {
        let (r, d) = load(format!("{PROCESSED}{ROW}"));
        assert!(r.faults.is_empty(), "{:?}", r.faults);
        assert_eq!((r.records, r.format, r.split.as_deref()), (1, Format::Nr3d, Some("train")));
        assert_eq!((d[0].key().as_str(), d[0].object_name.as_str()), ("scene0011_00/5/0", "trash can"));
        assert_eq!(
            (d[0].text.as_str(), &d[0].tokens[..]),
            ("the bin, by the wall", &["the".into(), "it's".into()][..])
        );
        let raw = "HITId,Input.stimulus_id,Answer.response\nx,scene0011_00-trash_can-2-5-9,\"the bin, by the wall\"\n";
        let (r, raw) = load(raw);
        assert!(r.faults.is_empty(), "{:?}", r.faults);
        let same = Description {
            object_name: "trash_can".into(),
            tokens: vec![],
            offset: raw[0].offset,
            ..d[0].clone()
        };
        assert_eq!(raw, [same]);
        let bare = "scan_id,target_id,instance_type,utterance\nscene0011_00,5,trash can,x\n";
        assert_eq!(load(bare).1[0].key(), "scene0011_00/5/0");
    }

    #[test]
    fn rows_are_placed_whatever_the_line_ends_and_quotes() {
        let two = ROW.replace("the bin, by", "the bin,\nby").replace("17", "18");
        for text in [
            format!("{PROCESSED}{ROW}\n{two}{ROW}"),
            format!("\u{feff}{PROCESSED}{ROW}\n{two}{ROW}").trim_end().to_owned(),
            format!("{PROCESSED}{ROW}\n{two}{ROW}").replace('\n', "\r\n"),
        ] {
            let (r, d) = load(&text);
            assert!(r.faults.is_empty(), "{:?}", r.faults);
            let lines: Vec<u32> = d.iter().map(|d| r.line_of(d.offset).0).collect();
            assert_eq!(lines, [2, 4, 6], "{text:?}");
            assert!(
                d.iter().all(|d| r.line_of(d.offset).1 == 1 && text[d.offset as usize..].starts_with('1'))
            );
            assert_eq!(d.iter().map(|d| d.ann_id.as_str()).collect::<Vec<_>>(), ["0", "1", "2"]);
        }
    }

    #[test]
    fn a_bad_row_is_named_and_the_others_are_kept() {
        for (from, to, said) in [
            ("-2-5-9", "-3-5-9", "expected one distractor fewer than objects, not 1 distractor for 3, found"),
            ("-2-5-9", "-1-5-9", "not 1 distractor for 1"),
            ("-2-5-9", "-0-5", "not 0 distractors for 0"),
            ("-2-5-9", "-2-5-x", "wrong `stimulus_id`: expected scan-label-objects-target"),
            ("-2-5-9", "-2", "wrong `stimulus_id`"),
            ("-trash_can-2-5-9", "", "wrong `stimulus_id`"),
            ("-2-5-9", "-99999999999999999999-5", "wrong `stimulus_id`"),
            ("-2-5-9", "-2-9-5", "expected object 5 of scene0011_00, found object 9 of scene0011_00"),
            (",scene0011_00,", ",scene0012_00,", "expected object 5 of scene0012_00"),
            (",5,", ",five,", "wrong `target_id`: expected a whole number, found `five`"),
            (",5,", ",,", "wrong `target_id`"),
            ("['the'", "[the", "wrong `tokens`: expected a Python list of strings"),
            (",nr3d", "", "another number of fields than the first line: expected 9, found 8"),
            (",nr3d", ",nr3d,x", "expected 9, found 10"),
        ] {
            let (r, d) = load(format!("{PROCESSED}{ROW}{}{ROW}", ROW.replacen(from, to, 1)));
            assert_eq!((r.records, d.len(), r.faults.len()), (3, 2, 1), "{to}: {:?}", r.faults);
            let error = &r.faults[0];
            assert_eq!(error.kind(), Kind::Malformed);
            assert!(error.to_string().starts_with("d/nr3d_train.csv:3:1: "), "{error}");
            assert!(error.detail().contains(said), "{error}");
        }
        let alone = ROW.replace("-2-5-9", "-1-5-");
        assert!(load(format!("{PROCESSED}{alone}")).0.faults.is_empty(), "no distractor");
        let mut bytes = format!("{PROCESSED}{ROW}").into_bytes();
        let at = bytes.iter().position(|&b| b == b'"').unwrap() + 1;
        bytes[at] = 0xff;
        let (r, d) = load(&bytes);
        assert_eq!((d.len(), r.faults[0].message()), (0, "a row has a wrong `utterance`"));
    }

    #[test]
    fn anchors_make_it_sr3d_and_must_match_their_types() {
        let header = "stimulus_id,utterance,anchors_types,anchor_ids\n";
        let row = |types: &str, ids: &str| {
            format!("scene0011_00-chair-1-5,the chair near the bed,\"{types}\",\"{ids}\"\n")
        };
        let (r, d) = load(header.to_owned() + &row("['bed']", "[3]") + &row("['a', 'b']", "[3, 4]"));
        assert_eq!((r.faults.len(), r.format, d.len()), (0, Format::Sr3d, 2));
        for (types, ids, said) in [
            ("['bed']", "[3, 4]", "disagree: expected 2 types, found 1"),
            ("bed", "[3]", "wrong `anchors_types`"),
            ("['bed']", "3", "wrong `anchor_ids`"),
        ] {
            let (r, _) = load(header.to_owned() + &row(types, ids));
            assert!(r.faults[0].detail().contains(said), "{}", r.faults[0]);
        }
    }

    #[test]
    fn what_is_no_table_is_one_fault() {
        for (text, kind) in [
            (String::new(), Kind::Foreign),
            ("<html>".into(), Kind::Foreign),
            ("a,b\n1,2\n".into(), Kind::Malformed),
            ("utterance\nx\n".into(), Kind::Malformed),
            (PROCESSED.replace("utterance", "text") + ROW, Kind::Malformed),
            ("[{\"utterance\":1}]".into(), Kind::Malformed),
            ("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0,".into(), Kind::Foreign),
        ] {
            let (r, d) = load(&text);
            assert_eq!((r.faults.len(), r.records, d.len()), (1, 0, 0), "{text}");
            assert_eq!(r.faults[0].kind(), kind, "{text}");
        }
        let (r, d) = load(format!("{PROCESSED}{ROW}{}", &ROW[..50]));
        assert_eq!((d.len(), r.records, r.faults.len()), (1, 2, 1));
        assert_eq!(r.faults[0].kind(), Kind::Truncated);
        assert!(load(PROCESSED).0.faults.is_empty(), "a table without rows");
    }
}
