//! `[[step]]` and `[text]`: from TOML to steps, with errors that name the exact key.
//!
//! Steps are read in two phases. The table is parsed with the place of every key, `op` chooses the
//! transform, and only then the rest of the table is read as that transform's parameters. An
//! internally tagged enum would read the same file, but blame the wrong step.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::transform::{Action, Op, Transform};
use super::transforms::{OPS, op};
use crate::error::{Error, Kind, Place, Result};
use crate::math::{Key, Purpose};

/// One `[[step]]` of a pipeline.
#[derive(Clone, Debug)]
pub struct Step {
    /// What the step's random numbers hang on, and what messages call it: as written, or `op#n`
    /// for the n-th step of that op in the file; inside of `repeat` with `@n` for the n-th time.
    pub id: String,
    /// Probability that the step is applied to a variant.
    pub p: f64,
    /// The name of its transform.
    pub op: &'static str,
    /// Index of the step that it is written inside of: `one-of`, `sequence` or `repeat`.
    pub inside: Option<usize>,
    /// Where its table begins in the file.
    pub place: Place,
    pub(crate) transform: Arc<dyn Transform>,
}

impl Step {
    /// Whether it takes points from another scene.
    pub(crate) fn mixes(&self) -> bool {
        let mut stream = Key::new(0, "", 0, &self.id).stream(Purpose::Parameters);
        matches!(self.transform.draw(&mut stream).action, Action::Mix(_))
    }
}

/// Most steps that a file may come to once `repeat` is written out.
const MOST_STEPS: usize = 1000;
/// How deep steps may stand inside of steps.
const DEEPEST: usize = 8;

/// `[text]`: what happens to a sentence that a variant makes false.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct TextPolicy {
    /// What to do with a sentence that no longer fits.
    pub on_conflict: OnConflict,
    /// Share of its points that a described object keeps through any step that removes points.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_target_ratio: f64,
}

impl Default for TextPolicy {
    fn default() -> Self {
        Self { on_conflict: OnConflict::Drop, min_target_ratio: 1.0 }
    }
}

/// What to do with a sentence that no longer fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnConflict {
    /// Rewrite it where that is sure to be right (left and right under a mirror), else leave it
    /// out of the variant.
    Adapt,
    /// Leave it out of the variant.
    Drop,
    /// Keep it, and say in the row what is wrong with it.
    Keep,
}

/// The tables of `step = …`, which must be `[[step]]` or an array of inline tables.
///
/// Fails with [`Kind::Config`], path and place.
pub fn step_tables<'i>(
    path: &Path,
    source: &str,
    value: Spanned<DeValue<'i>>,
) -> Result<Vec<Spanned<DeTable<'i>>>> {
    let not_tables = |span: Range<usize>| {
        Error::new(Kind::Config, "`step` is not a list of tables")
            .at(path)
            .place(Place::of_offset(source.as_bytes(), span.start))
            .help("write each step as `[[step]]`, with two brackets")
    };
    let span = value.span();
    let DeValue::Array(items) = value.into_inner() else { return Err(not_tables(span)) };
    items
        .into_iter()
        .map(|item| {
            let span = item.span();
            match item.into_inner() {
                DeValue::Table(table) => Ok(Spanned::new(span, table)),
                _ => Err(not_tables(span)),
            }
        })
        .collect()
}

/// Reads `[[step]]` tables. `source` is the whole file's text and `path` its name.
///
/// The list is flat: a step comes before the steps written inside of it, and those of `repeat`
/// are there once for each time.
///
/// Fails with [`Kind::Config`], path and the line and column of the key, what is allowed there and
/// the nearest valid name: unknown op or key, wrong type, number out of range, id given twice.
pub fn parse_steps(path: &Path, source: &str, tables: Vec<Spanned<DeTable<'_>>>) -> Result<Vec<Step>> {
    let mut list = List {
        file: File { path, source },
        occurrences: BTreeMap::new(),
        ids: BTreeSet::new(),
        steps: Vec::with_capacity(tables.len()),
    };
    list.read(tables, None, "")?;
    Ok(list.steps)
}

/// The steps read so far.
struct List<'a> {
    file: File<'a>,
    occurrences: BTreeMap<&'static str, u32>,
    ids: BTreeSet<String>,
    steps: Vec<Step>,
}

impl List<'_> {
    /// Reads the steps inside of the step at `inside`; `outer` is that one's number and a dot.
    fn read(&mut self, tables: Vec<Spanned<DeTable<'_>>>, inside: Option<usize>, outer: &str) -> Result<()> {
        for (nth, table) in tables.into_iter().enumerate() {
            let span = table.span();
            let reader =
                Reader { file: self.file, number: format!("{outer}{}", nth + 1), span: span.clone() };
            let mut table = table.into_inner();
            let op = reader.op(table.remove("op"))?;
            let count = self.occurrences.entry(op.name).and_modify(|n| *n += 1).or_insert(1);
            let (id, id_span) = reader.id(table.remove("id"), || format!("{}#{count}", op.name))?;
            self.take(&id, &id_span)?;
            let p = reader.probability(table.remove("p"))?;
            let nested = if (op.nests)() { reader.nested(table.remove("step"))? } else { Vec::new() };
            let transform = reader.transform(op, table, nested.len())?;
            let rounds = transform.rounds();
            let at = self.steps.len();
            let place = Place::of_offset(self.file.source.as_bytes(), span.start);
            self.steps.push(Step { id, p, op: op.name, inside, place, transform });
            self.read(nested, Some(at), &format!("{}.", reader.number))?;
            if let Some(rounds) = rounds {
                self.repeat(at, rounds, &span)?;
            }
        }
        Ok(())
    }

    /// Writes the steps inside of the one at `at` out, once for each round.
    fn repeat(&mut self, at: usize, rounds: u32, span: &Range<usize>) -> Result<()> {
        let once = self.steps.split_off(at + 1);
        let total = self.steps.len() + once.len() * rounds as usize;
        if total > MOST_STEPS {
            return Err(self
                .file
                .error(span, format!("`{}` makes too many steps", self.steps[at].id))
                .expected(format!("at most {MOST_STEPS} in the whole file, each time counted"))
                .found(total.to_string()));
        }
        for round in 1..=rounds {
            let first = self.steps.len();
            for step in &once {
                let id = format!("{}@{round}", step.id);
                self.take(&id, span)?;
                // Of steps inside of these, the outer ones moved as far as they did.
                let inside = step.inside.map(|outer| if outer == at { at } else { outer - (at + 1) + first });
                self.steps.push(Step { id, inside, ..step.clone() });
            }
        }
        Ok(())
    }

    fn take(&mut self, id: &str, span: &Range<usize>) -> Result<()> {
        if self.ids.insert(id.to_owned()) {
            return Ok(());
        }
        Err(self
            .file
            .error(span, format!("two steps have the id `{id}`"))
            .help("random numbers hang on the id: give each step its own"))
    }
}

#[derive(Clone, Copy)]
struct File<'a> {
    path: &'a Path,
    source: &'a str,
}

impl File<'_> {
    fn error(&self, span: &Range<usize>, message: impl Into<String>) -> Error {
        Error::new(Kind::Config, message)
            .at(self.path)
            .place(Place::of_offset(self.source.as_bytes(), span.start))
    }

    /// What stands at `span`, cut short for a message.
    fn text(&self, span: &Range<usize>) -> String {
        let text = self.source.get(span.clone()).unwrap_or_default();
        text.lines().next().unwrap_or_default().chars().take(60).collect()
    }
}

/// Reads one step.
struct Reader<'a> {
    file: File<'a>,
    /// `3`, or `3.1` for the first step inside of the third.
    number: String,
    span: Range<usize>,
}

impl Reader<'_> {
    fn op(&self, value: Option<Spanned<DeValue<'_>>>) -> Result<&'static Op> {
        let names = || OPS.iter().map(|op| op.name);
        let Some(value) = value else {
            return Err(self
                .file
                .error(&self.span, format!("step {} has no `op`", self.number))
                .expected(format!("one of {}", names().collect::<Vec<_>>().join(", "))));
        };
        let name = value.get_ref().as_str().unwrap_or_default();
        op(name).ok_or_else(|| {
            let error = self
                .file
                .error(&value.span(), format!("step {} names no transform", self.number))
                .found(self.file.text(&value.span()));
            with_nearest(error, name, names())
        })
    }

    fn id(
        &self,
        value: Option<Spanned<DeValue<'_>>>,
        default: impl FnOnce() -> String,
    ) -> Result<(String, Range<usize>)> {
        let Some(value) = value else { return Ok((default(), self.span.clone())) };
        let span = value.span();
        match value.get_ref().as_str() {
            Some(id) if !id.is_empty() => Ok((id.to_owned(), span)),
            _ => Err(self
                .file
                .error(&span, format!("`id` of step {} cannot be used", self.number))
                .expected("a string with at least one character")
                .found(self.file.text(&span))),
        }
    }

    fn probability(&self, value: Option<Spanned<DeValue<'_>>>) -> Result<f64> {
        let Some(value) = value else { return Ok(1.0) };
        number(value.get_ref()).filter(|p| (0.0..=1.0).contains(p)).ok_or_else(|| {
            self.file
                .error(&value.span(), format!("`p` of step {} is out of range", self.number))
                .expected("a probability from 0 to 1")
                .found(self.file.text(&value.span()))
        })
    }

    /// The tables of the steps inside.
    fn nested<'i>(&self, value: Option<Spanned<DeValue<'i>>>) -> Result<Vec<Spanned<DeTable<'i>>>> {
        let Some(value) = value else { return Ok(Vec::new()) };
        if self.number.split('.').count() > DEEPEST {
            return Err(self
                .file
                .error(&value.span(), format!("step {} has steps too deep inside of steps", self.number))
                .expected(format!("at most {DEEPEST} levels")));
        }
        step_tables(self.file.path, self.file.source, value)
    }

    /// Reads the parameters of a step that has this many steps inside.
    fn transform(&self, op: &Op, table: DeTable<'_>, nested: usize) -> Result<Arc<dyn Transform>> {
        let schema = (op.schema)();
        let properties = schema.get("properties").and_then(Value::as_object);
        // Keys are sorted by name in the table; the first in the file is the one to report.
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let name = key.get_ref().as_ref();
            let Some(allowed) = properties.and_then(|p| p.get(name)) else {
                let known = properties.into_iter().flat_map(|p| p.keys().map(String::as_str));
                let error = self.file.error(&key.span(), format!("`{}` has no key `{name}`", op.name));
                let inside = (op.nests)().then_some("step");
                return Err(with_nearest(error, name, known.chain(["id", "p"]).chain(inside)));
            };
            self.check_value(op, name, allowed, value)?;
        }
        let places: BTreeMap<String, Range<usize>> =
            table.iter().map(|(k, v)| (k.get_ref().to_string(), v.span())).collect();
        let table = Spanned::new(self.span.clone(), table);
        let read = (op.read)(toml::de::Deserializer::from(table)).map_err(|error| {
            let span = error.span().unwrap_or_else(|| self.span.clone());
            let key = places.iter().find(|(_, place)| place.start <= span.start && span.end <= place.end);
            let subject =
                key.map_or_else(|| op.name.to_owned(), |(key, _)| format!("`{key}` of {}", op.name));
            self.file.error(&span, format!("{subject} cannot be read: {}", error.message()))
        })?;
        read.check().and_then(|()| read.holds(nested)).map_err(|complaint| {
            match places.get(complaint.key) {
                Some(span) => self
                    .file
                    .error(span, format!("`{}` of {} does not fit", complaint.key, op.name))
                    .found(self.file.text(span)),
                None => {
                    self.file.error(&self.span, format!("step {} ({}) is incomplete", self.number, op.name))
                }
            }
            .expected(complaint.expected)
        })?;
        Ok(Arc::from(read))
    }

    /// Holds a value, or each item of an array, against the range and the names that the schema
    /// allows, so that both are declared once. Types are left to serde.
    fn check_value(&self, op: &Op, key: &str, schema: &Value, value: &Spanned<DeValue<'_>>) -> Result<()> {
        if let (Some(items), Some(values)) = (schema.get("items"), value.get_ref().as_array()) {
            return values.iter().try_for_each(|v| self.check_value(op, key, items, v));
        }
        let refused = |why: &str, expected: String| {
            self.file
                .error(&value.span(), format!("`{key}` of {} {why}", op.name))
                .expected(expected)
                .found(self.file.text(&value.span()))
        };
        if let Some(v) = number(value.get_ref()) {
            let (lo, hi) = limits(schema);
            if !(lo.is_none_or(|lo| v >= lo) && hi.is_none_or(|hi| v <= hi) && v.is_finite()) {
                return Err(refused("is out of range", range_text(lo, hi)));
            }
        }
        let names = names_of(schema);
        match value.get_ref().as_str() {
            Some(name) if !names.is_empty() && !names.contains(&name) => {
                let error = refused("has no such choice", format!("one of {}", names.join(", ")));
                Err(with_nearest(error, name, names.into_iter()))
            }
            _ => Ok(()),
        }
    }
}

/// Adds "did you mean" where a known name is near enough.
fn with_nearest<'n>(error: Error, name: &str, known: impl Iterator<Item = &'n str>) -> Error {
    let mut names: Vec<&str> = known.collect();
    names.sort_unstable();
    let nearest = names
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), *known))
        .min()
        .filter(|&(distance, known)| distance <= 1 + known.len() / 3 && distance < known.len());
    match nearest {
        Some((_, nearest)) => error.help(format!("did you mean `{nearest}`?")),
        None => error.help(format!("there are {}", names.join(", "))),
    }
}

/// The number a value holds, if it is one.
fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).ok().map(|i| i as f64),
        DeValue::Float(f) => f.as_str().parse().ok(),
        _ => None,
    }
}

/// Smallest and largest number a schema allows.
pub(super) fn limits(schema: &Value) -> (Option<f64>, Option<f64>) {
    let get = |name| schema.get(name).and_then(Value::as_f64);
    (get("minimum"), get("maximum"))
}

/// "0 to 1", "at least 1" …
pub(super) fn range_text(lo: Option<f64>, hi: Option<f64>) -> String {
    match (lo, hi) {
        (Some(lo), Some(hi)) => format!("{lo} to {hi}"),
        (Some(lo), None) => format!("at least {lo}"),
        (None, Some(hi)) => format!("at most {hi}"),
        (None, None) => "a finite number".into(),
    }
}

/// The words a schema allows, if it is a choice of words.
pub(super) fn names_of(schema: &Value) -> Vec<&str> {
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let documented = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    listed.chain(documented.filter_map(|one| one.get("const")?.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Result<Vec<Step>> {
        let mut document = DeTable::parse(source).unwrap().into_inner();
        let path = Path::new("p.toml");
        parse_steps(path, source, step_tables(path, source, document.remove("step").unwrap())?)
    }

    fn message(source: &str) -> String {
        read(source).unwrap_err().to_string()
    }

    #[test]
    fn steps_get_ids_by_occurrence_and_keep_their_own() {
        let steps = read(
            "[[step]]\nop = 'rotate'\n[[step]]\nop = 'jitter'\np = 0.5\n[[step]]\nop = 'rotate'\n\
             [[step]]\nop = 'rotate'\nid = 'spin'\n",
        )
        .unwrap();
        let ids: Vec<_> = steps.iter().map(|s| (s.id.as_str(), s.p)).collect();
        assert_eq!(ids, [("rotate#1", 1.0), ("jitter#1", 0.5), ("rotate#2", 1.0), ("spin", 1.0)]);
    }

    #[test]
    fn errors_name_the_key_its_place_and_what_is_allowed() {
        let first = "[[step]]\nop = 'rotate'\n\n[[step]]\n";
        insta::assert_snapshot!(
            [
                "op = 'rotat'",
                "axis = 'z'",
                "op = 'rotate'\nangel-deg = [0, 1]",
                "op = 'rotate'\n  angle-deg = [-180, 720]",
                "op = 'rotate'\nangle-deg = [10, -10]",
                "op = 'rotate'\nangle-deg = 10",
                "op = 'rotate'\naxis = 'w'",
                "op = 'rotate'\ncentre = 'centre'",
                "op = 'rotate'\np = 1.5",
                "op = 'rotate'\nid = 'rotate#1'",
                "op = 'jitter'\nsigma-m = nan",
                "op = 'jitter'\nsigma-m = 'a'",
                "op = 'crop-sphere'",
                "op = 'crop-sphere'\ncount = 5\nradius-m = 1",
                "op = 'crop-sphere'\ncount = 0",
            ]
            .map(|step| message(&format!("{first}{step}\n")))
            .join("\n\n")
        );
        assert!(message("step = 3").contains("[[step]]"));
    }

    #[test]
    fn steps_inside_have_ids_of_the_whole_file() {
        let steps = read(
            "[[step]]\nop = 'jitter'\n[[step]]\nop = 'one-of'\n[[step.step]]\nop = 'jitter'\n\
             [[step.step]]\nop = 'sequence'\nid = 's'\n[[step.step.step]]\nop = 'jitter'\np = 0.5\n\
             [[step]]\nop = 'jitter'\n",
        )
        .unwrap();
        let found: Vec<_> = steps.iter().map(|s| (s.id.as_str(), s.inside, s.p)).collect();
        let expected = [
            ("jitter#1", None, 1.0),
            ("one-of#1", None, 1.0),
            ("jitter#2", Some(1), 1.0),
            ("s", Some(1), 1.0),
            ("jitter#3", Some(3), 0.5),
            ("jitter#4", None, 1.0),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn errors_inside_of_steps_are_as_exact() {
        let first = "[[step]]\nop = 'rotate'\n\n[[step]]\n";
        let deep = |n: usize| {
            (1..=n).fold(String::new(), |all, i| {
                format!("{all}[[{}]]\nop = 'sequence'\n", vec!["step"; i].join("."))
            })
        };
        insta::assert_snapshot!(
            [
                "op = 'one-of'",
                "op = 'one-of'\nstep = 3",
                "op = 'one-of'\nweight = [1]\n[[step.step]]\nop = 'jitter'",
                "op = 'one-of'\nweights = [1, 2]\n[[step.step]]\nop = 'jitter'",
                "op = 'one-of'\nweights = [-1]\n[[step.step]]\nop = 'jitter'",
                "op = 'one-of'\nweights = [0, 0]\n[[step.step]]\nop = 'jitter'\n[[step.step]]\nop = 'scale'",
                "op = 'one-of'\n[[step.step]]\nop = 'jitter'\n[[step.step]]\nop = 'jiter'",
                "op = 'sequence'\n[[step.step]]\nid = 'a'",
                "op = 'sequence'\n[[step.step]]\nop = 'jitter'\nsigma-m = 90",
                "op = 'sequence'\n[[step.step]]\nop = 'jitter'\np = 2",
                "op = 'sequence'\n[[step.step]]\nop = 'jitter'\nid = 'rotate#1'",
                "op = 'repeat'\ntimes = 0\n[[step.step]]\nop = 'jitter'",
                "op = 'repeat'\ntimes = 3\n[[step.step]]\nop = 'jitter'\nid = 'a'\n[[step]]\nop = 'scale'\nid = 'a@2'",
                "op = 'repeat'\ntimes = 100\n[[step.step]]\nop = 'repeat'\ntimes = 100\n[[step.step.step]]\nop = 'jitter'",
                "op = 'jitter'\n[[step.step]]\nop = 'jitter'",
            ]
            .map(|step| message(&format!("{first}{step}\n")))
            .join("\n\n")
        );
        assert!(message(&deep(12)).contains("at most 8 levels"), "{}", message(&deep(12)));
    }

    #[test]
    fn the_text_policy_knows_its_words() {
        let policy: TextPolicy = toml::from_str("on-conflict = 'adapt'").unwrap();
        assert_eq!((policy.on_conflict, policy.min_target_ratio), (OnConflict::Adapt, 1.0));
        assert!(toml::from_str::<TextPolicy>("onconflict = 'drop'").is_err());
    }
}
