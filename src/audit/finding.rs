//! One thing that is wrong, or worth knowing.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Place};
use crate::scene::{Camera, Catalogue, Description, Format};

/// How bad a finding is; the worst comes first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Certainly wrong.
    #[default]
    Error,
    /// Worth a look.
    Warning,
    /// Context.
    Info,
}

impl Severity {
    /// The word that reports show.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Where in a file, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// 1-based line.
    pub row: u32,
    /// 1-based column.
    pub column: u32,
}

/// An annotation id: a number where the file's text is one, else the text itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Annotation {
    /// `"3"` in the file.
    Number(u64),
    /// Anything else, such as `"03"` or `"a"`.
    Text(String),
}

impl Annotation {
    /// Reads an annotation id as references files write it.
    pub fn of(text: &str) -> Self {
        // As numbers are written, without sign and leading zeros.
        let plain = text == "0" || text.starts_with(|c: char| ('1'..='9').contains(&c));
        match text.parse() {
            Ok(n) if plain => Self::Number(n),
            _ => Self::Text(text.to_owned()),
        }
    }
}

impl fmt::Display for Annotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => n.fmt(f),
            Self::Text(t) => f.write_str(t),
        }
    }
}

/// Another place that belongs to a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Related {
    /// What is there.
    pub message: String,
    /// The file, if it is in one.
    pub file: Option<String>,
    /// Where in the file.
    pub location: Option<Location>,
    /// The object, if it is one.
    pub object_id: Option<i32>,
}

/// How far a fix can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// A program may: nothing is lost and no meaning changes.
    Safe,
    /// A program can, but what it changes or takes out should be looked at.
    Unsafe,
    /// To be read, not to be applied by a program.
    Display,
}

/// What to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fix {
    /// How far it can be trusted.
    pub applicability: Applicability,
    /// The change in words.
    pub message: String,
}

/// Whether a finding is new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Not seen before.
    #[default]
    New,
    /// Already in the baseline.
    Baseline,
    /// Suppressed, with a reason.
    Suppressed,
}

/// Why a finding may stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Excuse {
    /// The reason, as the configuration gives it.
    pub reason: String,
    /// From this day on the finding counts again, as in `2027-01-01`.
    pub expires: Option<String>,
}

/// One thing that is wrong, or worth knowing. Absent ids and places are null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Code of the rule.
    pub code: String,
    /// Name of the rule.
    pub name: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The rule's page, relative to the root of the documentation.
    pub url: String,
    /// The file to open, as it was named to the program.
    pub file: Option<String>,
    /// Where in that file.
    pub location: Option<Location>,
    /// RFC 6901 pointer to the value in that file, when it is JSON.
    pub json_pointer: Option<String>,
    /// The scan.
    pub scene_id: Option<String>,
    /// The object, ScanNet `objectId`.
    pub object_id: Option<i32>,
    /// The annotation, unique inside one (scan, object).
    pub ann_id: Option<Annotation>,
    /// The split that the scan is in.
    pub split: Option<String>,
    /// Number of descriptions that the fault harms.
    pub descriptions: u64,
    /// Numbers and names behind the message; the rule's page documents each key.
    pub evidence: BTreeMap<String, Value>,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// What to change, when the audit can say.
    pub fix: Option<Fix>,
    /// Strength of the evidence, 0 to 1, where a rule measures one.
    pub score: Option<f64>,
    /// 16 hex digits that stay the same while the fault stays: of rule, scan, object, annotation
    /// and key evidence, never of numbers that drift or of places in a file.
    pub fingerprint: String,
    /// Whether it is new.
    pub state: State,
    /// Why it may stay, when it is suppressed.
    pub suppression: Option<Excuse>,
}

impl Finding {
    /// Order of findings in reports: worst first, then by rule and place.
    pub fn sort_key(&self) -> impl Ord + '_ {
        (
            self.severity,
            &self.code,
            &self.scene_id,
            self.object_id,
            &self.ann_id,
            &self.file,
            self.location,
            &self.fingerprint,
            &self.message,
        )
    }

    /// `scene/object/ann`, as far as known; `scene/-/ann` where an annotation means no object.
    pub fn place(&self) -> String {
        let mut place = self.scene_id.clone().unwrap_or_default();
        if let Some(object) = self.object_id {
            place += &format!("/{object}");
        } else if self.ann_id.is_some() {
            place += "/-";
        }
        if let Some(ann) = &self.ann_id {
            place += &format!("/{ann}");
        }
        place
    }

    /// Whether neither a baseline nor a suppression knows it.
    pub fn is_fresh(&self) -> bool {
        self.state == State::New
    }

    /// `file:line:column`, as far as known.
    pub fn path(&self) -> String {
        match (&self.file, self.location) {
            (Some(file), Some(at)) => format!("{file}:{}:{}", at.row, at.column),
            (Some(file), None) => file.clone(),
            _ => String::new(),
        }
    }

    /// A whole number of the evidence.
    pub(super) fn number(&self, key: &str) -> Option<i64> {
        self.evidence.get(key).and_then(Value::as_i64)
    }

    /// Whether the finding speaks of this description: of an object that it means, and of its
    /// annotation where the finding names annotations.
    pub fn speaks_of(&self, description: &Description) -> bool {
        let of_object = match self.object_id {
            Some(object) => description.objects().any(|id| id == object),
            None => self.ann_id.is_some() && description.object().is_none(),
        };
        of_object && self.names_annotation(&description.ann_id)
    }

    /// Whether the finding, of which object it may be, speaks of this annotation.
    fn names_annotation(&self, ann_id: &str) -> bool {
        match (self.evidence.get("annotations").and_then(Value::as_array), &self.ann_id) {
            (None, None) => true,
            (None, Some(only)) => *only == Annotation::of(ann_id),
            (Some(list), _) => {
                let ann = Annotation::of(ann_id);
                list.iter().any(|v| match (v, &ann) {
                    (Value::Number(v), Annotation::Number(n)) => v.as_u64() == Some(*n),
                    (Value::String(v), Annotation::Text(t)) => v == t,
                    _ => false,
                })
            }
        }
    }

    /// The descriptions that the finding speaks of: those of its scan's object and annotations.
    pub(super) fn spoken_of<'a>(&'a self, catalogue: &'a Catalogue) -> impl Iterator<Item = &'a Description> {
        let of_object = self.scene_id.as_deref().zip(self.object_id);
        let of_object = of_object.map(|(scene, id)| catalogue.descriptions_of_object(scene, id));
        let of_none = self.scene_id.as_deref().filter(|_| self.object_id.is_none());
        let of_none = of_none.map_or(&[][..], |scene| catalogue.descriptions_of(scene));
        of_object.into_iter().flatten().chain(of_none).filter(|d| self.speaks_of(d))
    }

    /// Whether the finding names the annotation that `other` names, alone or in its list.
    pub(super) fn lists_annotation(&self, other: &Self) -> bool {
        let named = other.ann_id.as_ref().and_then(|a| serde_json::to_value(a).ok());
        let list = self.evidence.get("annotations").and_then(Value::as_array);
        self.ann_id == other.ann_id || list.is_some_and(|l| named.is_some_and(|n| l.contains(&n)))
    }

    /// Whether the list `key` of the evidence holds `id`.
    pub(super) fn lists(&self, key: &str, id: i32) -> bool {
        let list = self.evidence.get(key).and_then(Value::as_array);
        list.is_some_and(|l| l.iter().any(|v| v.as_i64() == Some(i64::from(id))))
    }

    /// A word of the evidence.
    pub(super) fn word(&self, key: &str) -> Option<&str> {
        self.evidence.get(key).and_then(Value::as_str)
    }

    /// Whether the list `key` of the evidence holds `word`.
    pub(super) fn lists_word(&self, key: &str, word: &str) -> bool {
        let list = self.evidence.get(key).and_then(Value::as_array);
        list.is_some_and(|l| l.iter().any(|v| v.as_str() == Some(word)))
    }
}

/// A finding as a rule writes it down; the sink adds what every finding has.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub(super) finding: Finding,
    pub(super) key: Vec<String>,
    pub(super) harmed: Option<u64>,
    pub(super) at_most: Severity,
}

impl Draft {
    /// A finding that says `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Self { finding: Finding { message: message.into(), ..Finding::default() }, ..Self::default() }
    }

    /// A finding that says what an error says, where the error says it is.
    pub fn of_error(error: &Error) -> Self {
        let mut draft = Self::new(error.detail());
        if let Some(path) = error.path() {
            draft = draft.file(path);
        }
        match error.where_in_file() {
            Some(&Place::Line { row, column }) => draft.finding.location = Some(Location { row, column }),
            Some(&Place::Byte(at)) => draft = draft.evidence("byte", at),
            None => {}
        }
        if let Some(help) = error.remedy() {
            let message = help.to_owned();
            draft.finding.fix = Some(Fix { applicability: Applicability::Display, message });
        }
        draft
    }

    /// Points at one description, and at the field of its record that is to blame, called as
    /// ScanRefer calls it.
    #[must_use]
    pub fn description(mut self, d: &Description, field: &str, catalogue: &Catalogue) -> Self {
        self.finding.object_id = d.object();
        self.finding.ann_id = Some(Annotation::of(&d.ann_id));
        let file = catalogue.references.get(d.file as usize);
        self.finding.json_pointer = file.map_or_else(Format::default, |f| f.format).pointer(d.record, field);
        if let Some(file) = file {
            let (row, column) = file.line_of(d.offset);
            self.finding.location = Some(Location { row, column });
            return self.file(&file.path);
        }
        self
    }

    /// Points at one camera, and at the field of its record that is to blame.
    #[must_use]
    pub fn camera(mut self, camera: &Camera, field: &str, catalogue: &Catalogue) -> Self {
        let (row, column) = camera.place;
        self.finding.object_id = Some(camera.object_id);
        self.finding.ann_id = Some(Annotation::of(&camera.ann_id));
        self.finding.json_pointer = Some(format!("/{}/{field}", camera.record));
        self.finding.location = Some(Location { row, column });
        match catalogue.camera_files.get(camera.file as usize) {
            Some(file) => self.file(file),
            None => self,
        }
    }

    /// Names the scan; rules that look at one scan need not.
    #[must_use]
    pub fn scene(mut self, id: &str) -> Self {
        self.finding.scene_id = Some(id.to_owned());
        self
    }

    /// Names the object.
    #[must_use]
    pub fn object(mut self, id: i32) -> Self {
        self.finding.object_id = Some(id);
        self
    }

    /// Names the file.
    #[must_use]
    pub fn file(mut self, path: &Path) -> Self {
        self.finding.file = Some(path.display().to_string());
        self
    }

    /// Names the line.
    #[must_use]
    pub fn line(mut self, row: u32) -> Self {
        self.finding.location = Some(Location { row, column: 1 });
        self
    }

    /// Notes a number or name that the rule's page documents.
    #[must_use]
    pub fn evidence(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.finding.evidence.insert(key.to_owned(), value.into());
        self
    }

    /// Lists the annotations of one object that the finding speaks of, as evidence `annotations`.
    #[must_use]
    pub fn annotations<'d>(self, descriptions: impl IntoIterator<Item = &'d Description>) -> Self {
        let ids: Vec<Value> = descriptions
            .into_iter()
            .map(|d| match Annotation::of(&d.ann_id) {
                Annotation::Number(n) => Value::from(n),
                Annotation::Text(t) => Value::from(t),
            })
            .collect();
        self.evidence("annotations", ids)
    }

    /// Adds to what makes the finding this finding, beside rule, scan, object and annotation.
    #[must_use]
    pub fn key(mut self, part: impl fmt::Display) -> Self {
        self.key.push(part.to_string());
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn related(mut self, related: Related) -> Self {
        self.finding.related.push(related);
        self
    }

    /// Says what to change.
    #[must_use]
    pub fn fix(mut self, message: impl Into<String>) -> Self {
        self.finding.fix = Some(Fix { applicability: Applicability::Display, message: message.into() });
        self
    }

    /// Notes how strong the evidence is, 0 to 1.
    #[must_use]
    pub fn score(mut self, score: f64) -> Self {
        self.finding.score = Some(score);
        self
    }

    /// Number of descriptions harmed, where it is not all those of the place named.
    #[must_use]
    pub fn harms(mut self, descriptions: usize) -> Self {
        self.harmed = Some(descriptions as u64);
        self
    }

    /// Makes the finding milder than its rule.
    #[must_use]
    pub fn at_most(mut self, severity: Severity) -> Self {
        self.at_most = severity;
        self
    }

    /// 16 hex digits of BLAKE3 over rule, place and key.
    pub(super) fn fingerprint(&self, code: &str) -> String {
        let f = &self.finding;
        let mut hasher = blake3::Hasher::new();
        let object = f.object_id.map(|o| o.to_string()).unwrap_or_default();
        let ann = f.ann_id.as_ref().map(ToString::to_string).unwrap_or_default();
        let parts = [code, f.scene_id.as_deref().unwrap_or_default(), &object, &ann];
        for part in parts.into_iter().chain(self.key.iter().map(String::as_str)) {
            hasher.update(part.as_bytes());
            hasher.update(&[0]);
        }
        hasher.finalize().to_hex()[..16].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_stay_when_numbers_and_lines_move_and_differ_by_place_and_key() {
        let draft = |object: i32| Draft::new("m").scene("scene0001_00").object(object);
        let print = |d: Draft| d.fingerprint("REF103");
        let base = print(draft(3).key("chair"));
        assert_eq!(base, print(draft(3).key("chair").line(99).evidence("n", 5).score(0.25)));
        assert_eq!(base.len(), 16);
        assert_ne!(base, print(draft(4).key("chair")));
        assert_ne!(base, print(draft(3).key("table")));
        assert_ne!(base, draft(3).key("chair").fingerprint("REF102"));
        // Pinned: baselines that people keep depend on it.
        assert_eq!(base, "a472a071dc4b7f11");
    }

    #[test]
    fn annotation_ids_are_numbers_only_when_nothing_is_lost() {
        assert_eq!(Annotation::of("12"), Annotation::Number(12));
        assert_eq!(Annotation::of("012"), Annotation::Text("012".into()));
        assert_eq!(Annotation::of("a"), Annotation::Text("a".into()));
    }
}
