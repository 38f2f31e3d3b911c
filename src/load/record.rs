//! Records of JSON lists: what the formats of references share.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, Visitor};
use serde_json::value::RawValue;

use super::json;
use crate::error::{Error, Kind, Place};
use crate::scene::{Description, Format, References};

/// A references file with nothing read of it yet.
pub(super) fn unread(bytes: &[u8], path: &Path, format: Format) -> References {
    let mut line_starts = vec![0];
    line_starts.extend((1..).zip(bytes).filter(|&(_, &b)| b == b'\n').map(|(next, _)| next));
    References {
        path: path.to_path_buf(),
        format,
        split: split_of_name(path),
        line_starts,
        ..References::default()
    }
}

/// The split that a references file's name speaks of: `train`, `val` or `test` as a word of it.
pub(super) fn split_of_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let mut words = name.split(['_', '.', '-']);
    words.find(|w| matches!(*w, "train" | "val" | "test")).map(str::to_owned)
}

/// The annotation id of a record whose format has none: unlike that of any other record.
pub(super) fn made_id(file: u32, record: usize) -> String {
    if file == 0 { record.to_string() } else { format!("{file}.{record}") }
}

/// A list of records, told apart but not read.
pub(super) struct List<'a> {
    bytes: &'a [u8],
    records: Vec<&'a RawValue>,
    path: &'a Path,
    file: u32,
}

/// What a format makes of a record: a description, nothing when the record speaks of another data
/// set, or the field that is to blame and what is wrong with it.
pub(super) type Made = Result<Option<Description>, (&'static str, Error)>;

impl<'a> List<'a> {
    /// Tells the records of a file apart.
    pub(super) fn of(bytes: &'a [u8], path: &'a Path, file: u32) -> Result<Self, Error> {
        let records = json::parse(bytes, "a list of descriptions").map_err(|e| e.at(path))?;
        Ok(Self { bytes, records, path, file })
    }

    /// Index that descriptions give for the file.
    pub(super) fn file(&self) -> u32 {
        self.file
    }

    /// The format of the first record whose keys tell.
    pub(super) fn format(&self) -> Option<Format> {
        self.records.iter().find_map(|raw| format_of(raw.get()))
    }

    /// Reads every record: those that cannot be read are faults, and the others count. `make` also
    /// hears the number of the record.
    pub(super) fn read<R: Deserialize<'a>>(
        self,
        format: Format,
        fields: &[Field],
        make: impl Fn(R, usize) -> Made,
    ) -> (References, Vec<Description>) {
        let mut references = unread(self.bytes, self.path, format);
        references.records = self.records.len();
        let mut descriptions = Vec::with_capacity(self.records.len());
        for (index, raw) in self.records.into_iter().enumerate() {
            let offset = offset_in(self.bytes, raw.get());
            let made = serde_json::from_str::<R>(raw.get())
                .map_err(|error| explain(raw.get(), format, fields, &error))
                .and_then(|record| {
                    make(record, index).map_err(|(field, error)| (place_of(raw.get(), field), error))
                });
            match made {
                Ok(Some(description)) => descriptions.push(Description {
                    record: index as u32,
                    file: self.file,
                    offset: offset as u64,
                    ..description
                }),
                Ok(None) => references.elsewhere += 1,
                Err((at, error)) => {
                    let (row, column) = references.line_of((offset + at) as u64);
                    references.faults.push(error.at(self.path).place(Place::Line { row, column }));
                }
            }
        }
        (references, descriptions)
    }
}

/// Reads a file of one JSON format; when it is no list that is its one fault.
pub(super) fn read_file(
    bytes: &[u8],
    path: &Path,
    file: u32,
    format: Format,
    read: impl FnOnce(List<'_>) -> (References, Vec<Description>),
) -> (References, Vec<Description>) {
    match List::of(bytes, path, file) {
        Ok(list) => read(list),
        Err(error) => (References { faults: vec![error], ..unread(bytes, path, format) }, Vec::new()),
    }
}

/// Where `part`, a piece of `bytes`, begins in it.
pub(super) fn offset_in(bytes: &[u8], part: &str) -> usize {
    part.as_ptr() as usize - bytes.as_ptr() as usize
}

type Fields<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// Offset of a field's value in its record.
fn place_of(record: &str, field: &str) -> usize {
    let fields = serde_json::from_str::<Fields<'_>>(record).unwrap_or_default();
    fields.get(field).map_or(0, |value| offset_in(record.as_bytes(), value.get()))
}

/// The format that has a record with such keys.
fn format_of(record: &str) -> Option<Format> {
    #[derive(Deserialize)]
    struct Keys {
        object_ids: Option<IgnoredAny>,
        object_id: Option<IgnoredAny>,
        description: Option<IgnoredAny>,
        question: Option<IgnoredAny>,
    }
    match serde_json::from_str(record).ok()? {
        Keys { object_ids: Some(_), .. } => Some(Format::Multi3dRefer),
        Keys { object_id: Some(_), description: Some(_), .. } => Some(Format::ScanRefer),
        Keys { question: Some(_), .. } => Some(Format::Reason3d),
        _ => None,
    }
}

/// A field that records of a format have.
pub(super) struct Field {
    pub(super) name: &'static str,
    /// What it must be.
    pub(super) expected: &'static str,
    /// Whether its JSON can be read as that.
    pub(super) accepts: fn(&str) -> bool,
    /// Whether a record may lack it.
    pub(super) optional: bool,
}

impl Field {
    /// A string that must be there.
    pub(super) const fn text(name: &'static str) -> Self {
        Self { name, expected: "a string", accepts: is_text, optional: false }
    }

    /// A string that may be there.
    pub(super) const fn optional_text(name: &'static str) -> Self {
        let accepts = |json: &str| serde_json::from_str::<Option<Text<'_>>>(json).is_ok();
        Self { name, expected: "a string", accepts, optional: true }
    }

    /// An object id that must be there.
    pub(super) const fn object_id(name: &'static str) -> Self {
        let accepts = |json: &str| serde_json::from_str::<ObjectId>(json).is_ok();
        Self { name, expected: "a whole number, or a string of one", accepts, optional: false }
    }

    /// An annotation id that must be there.
    pub(super) const fn ann_id(name: &'static str) -> Self {
        let accepts = |json: &str| serde_json::from_str::<AnnId<'_>>(json).is_ok();
        Self { name, expected: "a string or a whole number", accepts, optional: false }
    }

    /// A list of strings that may be there.
    pub(super) const fn optional_texts(name: &'static str) -> Self {
        let accepts = |json: &str| serde_json::from_str::<Option<Vec<Text<'_>>>>(json).is_ok();
        Self { name, expected: "a list of strings", accepts, optional: true }
    }
}

fn is_text(json: &str) -> bool {
    serde_json::from_str::<Text<'_>>(json).is_ok()
}

/// A string, borrowed from the file unless it has escapes in it.
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Words { numbers: false }).map(|(text, _)| Self(text))
    }
}

/// A list of strings as owned ones; empty when it is not there.
pub(super) fn owned(list: Option<Vec<Text<'_>>>) -> Vec<String> {
    list.unwrap_or_default().into_iter().map(|t| t.0.into_owned()).collect()
}

/// An annotation id: a string, or a whole number that is taken as its text.
pub(super) struct AnnId<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) is_number: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for AnnId<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (id, is_number) = from.deserialize_any(Words { numbers: true })?;
        Ok(Self { id, is_number })
    }
}

/// An object id: a whole number, as a number or as its text.
pub(super) struct ObjectId {
    pub(super) id: i32,
    pub(super) is_number: bool,
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
fn explain(record: &str, format: Format, fields: &[Field], error: &serde_json::Error) -> (usize, Error) {
    let wrong = |message: String| Error::new(Kind::Malformed, message);
    let Ok(there) = serde_json::from_str::<Fields<'_>>(record) else {
        let message = "a record is not an object".to_owned();
        return (0, wrong(message).expected("{\"scene_id\": …}").found(shown(record)));
    };
    if let Some(other) = format_of(record).filter(|&other| other != format) {
        let error = wrong("a record is of another format".to_owned())
            .expected(format!("a record of {}", format.name()))
            .found(format!("one of {}", other.name()));
        return (0, error.help("keep the records of one format in a file of their own"));
    }
    for Field { name, expected, accepts, optional } in fields {
        match there.get(*name) {
            None if *optional => {}
            None => return (0, wrong(format!("a record lacks `{name}`")).expected(*expected)),
            Some(value) if !accepts(value.get()) => {
                let error = wrong(format!("a record has a wrong `{name}`"));
                let error = error.expected(*expected).found(shown(value.get()));
                return (offset_in(record.as_bytes(), value.get()), error);
            }
            Some(_) => {}
        }
    }
    // Every field by itself is fine: a field is there twice.
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    (0, wrong("a record cannot be read".to_owned()).found(text))
}

/// Enough of a hostile text to be recognised.
pub(super) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_are_whole_words_of_the_name() {
        let split = |name: &str| split_of_name(Path::new(name));
        assert_eq!(split("x/ScanRefer_filtered_train.json").as_deref(), Some("train"));
        assert_eq!(split("nr3d-test.v2.json").as_deref(), Some("test"));
        assert_eq!(split("eval/ScanRefer_filtered.json"), None);
        assert_eq!(split("trained_evaluation.json"), None);
    }

    #[test]
    fn made_ids_differ_over_all_files() {
        let ids = [made_id(0, 1), made_id(0, 11), made_id(1, 1), made_id(11, 1), made_id(1, 11)];
        let unique: std::collections::BTreeSet<&String> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len());
    }
}
