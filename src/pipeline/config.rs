//! The pipeline file: what was typed, checked, with exact places for everything that is wrong.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::de::{DeTable, DeValue};

use super::balance::Balance;
use super::output::Output;
use super::overrides::{Overrides, merge};
use crate::augment::{Step, TextPolicy, parse_steps, step_schema, step_tables};
use crate::error::{Error, Kind, Place, Result};
use crate::store;

/// What is read.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Input {
    /// Folder of scans or single scan folder, or a list of them. Relative to the pipeline file.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany")]
    pub scans: Vec<PathBuf>,
    /// References file (ScanRefer JSON), or a list of them. Found beside the scans when left out.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany")]
    pub references: Vec<PathBuf>,
    /// The label table. Found beside the scans when left out.
    pub labels: Option<PathBuf>,
    /// Split lists by name. Found beside the scans when left out.
    pub splits: BTreeMap<String, PathBuf>,
    /// Only this split, or these; all when left out.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany")]
    pub split: Vec<String>,
    /// Only scans whose id matches this glob.
    pub scenes: Option<String>,
    /// What to do with scans that no sentence speaks of.
    pub undescribed: Undescribed,
}

/// One string or a list of strings, for the schema.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)] // only its schema is used
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// Reads one string or a list of strings.
fn one_or_many<'de, D: Deserializer<'de>, T: From<String>>(from: D) -> Result<Vec<T>, D::Error> {
    struct Strings;
    impl<'de> Visitor<'de> for Strings {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string or a list of strings")
        }

        fn visit_str<E>(self, one: &str) -> Result<Vec<String>, E> {
            Ok(vec![one.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
            let mut many = Vec::new();
            while let Some(one) = list.next_element()? {
                many.push(one);
            }
            Ok(many)
        }
    }
    Ok(from.deserialize_any(Strings)?.into_iter().map(T::from).collect())
}

/// What to do with scans that no sentence speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Undescribed {
    /// Leave them out, and say so.
    #[default]
    Skip,
    /// Write them like any other.
    Keep,
}

/// What is checked before a scan is used.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Check {
    /// Codes or prefixes of rules to use; all when empty.
    pub select: Vec<String>,
    /// Codes or prefixes of rules to leave out.
    pub ignore: Vec<String>,
    /// What an error does. Left out, it skips as `skip` does, and the run ends with exit code 1.
    pub on_error: Option<OnError>,
}

/// What a finding of level error does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnError {
    /// Leave the scan or description out, name it in the manifest, and end with exit code 0.
    Skip,
    /// Stop the run.
    Stop,
}

/// Whole numbers in TOML go no further.
pub(super) const HIGHEST_SEED: u64 = i64::MAX as u64;
/// Most variants of a scan: their numbers have four digits at most.
const MOST_VARIANTS: u32 = 10_000;

/// How many variants are made.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Sampling {
    /// Augmented copies of each scan.
    #[schemars(range(max = MOST_VARIANTS))]
    pub variants: u32,
    /// Whether the scan itself is written too, as variant 0.
    pub include_original: bool,
    /// Seed of every random draw and of the order of scans.
    #[schemars(range(max = HIGHEST_SEED))]
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { variants: 4, include_original: true, seed: 7 }
    }
}

/// A checked pipeline.
#[derive(Debug)]
pub struct Config {
    /// What is read.
    pub input: Input,
    /// What is checked.
    pub check: Check,
    /// How many variants.
    pub sample: Sampling,
    /// What is evened out.
    pub balance: Balance,
    /// What happens to sentences.
    pub text: TextPolicy,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// What is written.
    pub output: Output,
    path: PathBuf,
    source: String,
    places: BTreeMap<String, Place>,
}

/// The keys that say where things are, not what is made of them: they do not count for a plan's
/// identity.
const PLACES: [(&str, &[&str]); 2] =
    [("input", &["scans", "references", "labels", "splits"]), ("output", &["dir"])];

impl Config {
    /// The output folder; an error with this remedy when none is named.
    pub fn folder(&self, remedy: &str) -> Result<PathBuf> {
        let named = self.output.dir.clone();
        let named =
            named.ok_or_else(|| self.error("output.dir", "no output folder is named").help(remedy))?;
        match store::mistaken(&named) {
            Some(remedy) => {
                Err(Error::new(Kind::Config, "not an address of an object store").at(named).help(remedy))
            }
            None => Ok(named),
        }
    }

    /// Reads a pipeline file and applies what the command line changes.
    pub fn read(path: &Path, overrides: &Overrides) -> Result<Self> {
        let mut config = Self::read_alone(path)?;
        let changes = overrides.table()?;
        if !changes.is_empty() {
            let mut table = config.table()?;
            let changed: Vec<String> = changes
                .iter()
                .flat_map(|(section, keys)| {
                    keys.as_table().into_iter().flatten().map(move |(key, _)| format!("{section}.{key}"))
                })
                .collect();
            let before = table.clone();
            merge(&mut table, changes);
            let mut places = config.places;
            config = Self::of_table(&table).map_err(|error| overrides.blamed(&before, error))?;
            // What the file says has its place there still.
            places.retain(|key, _| !changed.contains(key));
            (config.path, config.places) = (path.to_path_buf(), places);
        }
        let base = path.parent().unwrap_or(Path::new(""));
        let input = &mut config.input;
        let paths = input.scans.iter_mut().chain(&mut input.references).chain(&mut input.labels);
        for path in paths.chain(input.splits.values_mut()).chain(&mut config.output.dir) {
            *path = beside(base, path);
        }
        if !overrides.scans.is_empty() {
            config.input.scans.clear();
        }
        if let Some(dir) = &overrides.output {
            config.output.dir = Some(dir.clone());
        }
        config.check_paths()?;
        if !overrides.scans.is_empty() {
            config.input.scans.clone_from(&overrides.scans);
        }
        Ok(config)
    }

    /// Checks the text of a pipeline; `path` is for errors. Paths in it are taken as they stand.
    pub fn parse(path: &Path, source: String) -> Result<Self> {
        let root = DeTable::parse(&source).map_err(|e| Error::toml(path, &source, &e))?;
        let place = |span: Range<usize>| Place::of_offset(source.as_bytes(), span.start);
        let mut places = BTreeMap::new();
        for (section, value) in root.get_ref() {
            for (key, value) in value.get_ref().as_table().into_iter().flatten() {
                places.insert(format!("{}.{}", section.get_ref(), key.get_ref()), place(value.span()));
            }
        }
        let mut sections = Sections { path, source: &source, root: root.into_inner() };
        let config = Self {
            input: sections.take("input")?,
            check: sections.take("check")?,
            sample: sections.take("sample")?,
            balance: sections.take("balance")?,
            text: sections.take("text")?,
            output: sections.take("output")?,
            steps: sections.steps()?,
            path: path.to_path_buf(),
            source: String::new(),
            places: BTreeMap::new(),
        };
        sections.nothing_left()?;
        places.extend(config.steps.iter().map(|step| (format!("step.{}", step.id), step.place.clone())));
        let config = Self { source, places, ..config };
        if config.sample.variants == 0 && !config.sample.include_original {
            return Err(config
                .error("sample.variants", "nothing would be written")
                .help("set variants to 1 or more, or include-original to true"));
        }
        if config.sample.seed > HIGHEST_SEED {
            return Err(config
                .error("sample.seed", "out of range")
                .expected(format!("0 to {HIGHEST_SEED}"))
                .found(config.sample.seed.to_string()));
        }
        if config.sample.variants > MOST_VARIANTS {
            return Err(config
                .error("sample.variants", "out of range")
                .expected(format!("0 to {MOST_VARIANTS}"))
                .found(config.sample.variants.to_string()));
        }
        if let Some((key, range, value)) = config.balance.out_of_range() {
            return Err(config.error(key, "out of range").expected(range).found(value.to_string()));
        }
        if !(0.0..=1.0).contains(&config.text.min_target_ratio) {
            return Err(config
                .error("text.min-target-ratio", "out of range")
                .expected("a share from 0 to 1")
                .found(config.text.min_target_ratio.to_string()));
        }
        if !(1..=4000).contains(&config.output.shard_size_mb) {
            return Err(config
                .error("output.shard-size-mb", "out of range")
                .expected("1 to 4000")
                .found(config.output.shard_size_mb.to_string()));
        }
        if let Some((key, message, help)) = config.output.wrong() {
            return Err(config.error(key, &message).help(help));
        }
        Ok(config)
    }

    pub(super) fn of_table(table: &toml::Table) -> Result<Self> {
        Self::parse(Path::new("command line"), toml::to_string(table).unwrap_or_default())
    }

    /// The pipeline file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a pipeline file by itself: what it names need not be there, and paths stay as written.
    pub fn read_alone(path: &Path) -> Result<Self> {
        Self::parse(path, text_of(path)?)
    }

    /// The steps' tables, as written.
    pub fn step_tables(&self) -> Vec<toml::Table> {
        let steps = self.table().ok().and_then(|mut table| table.remove("step"));
        let Some(toml::Value::Array(steps)) = steps else { return Vec::new() };
        steps.into_iter().filter_map(|step| step.try_into().ok()).collect()
    }

    /// An error about `section.key`, or `step.id`, with its place in the file.
    pub fn error(&self, key: &str, message: &str) -> Error {
        let error = Error::new(Kind::Config, format!("{key}: {message}")).at(&self.path);
        match self.places.get(key) {
            Some(place) => error.place(place.clone()),
            None => error,
        }
    }

    /// The pipeline as canonical TOML: sections and keys sorted, comments and places left out.
    pub fn canonical(&self) -> Result<String> {
        self.without_places(self.table()?)
    }

    /// What of it decides the bytes of a shard, once its scans, their sentences and how often each is used
    /// are known.
    pub(super) fn canonical_of_shards(&self) -> Result<String> {
        let mut table = self.table()?;
        table.remove("input");
        table.remove("balance");
        if let Some(toml::Value::Table(output)) = table.get_mut("output") {
            output.remove("shard-size-mb");
        }
        self.without_places(table)
    }

    fn without_places(&self, mut table: toml::Table) -> Result<String> {
        for (section, keys) in PLACES {
            if let Some(toml::Value::Table(section)) = table.get_mut(section) {
                for key in keys {
                    section.remove(*key);
                }
            }
        }
        toml::to_string(&table)
            .map_err(|e| Error::new(Kind::Config, format!("cannot be written as TOML: {e}")).at(&self.path))
    }

    fn table(&self) -> Result<toml::Table> {
        self.source.parse().map_err(|e| Error::toml(&self.path, &self.source, &e))
    }

    fn check_paths(&self) -> Result<()> {
        let missing = |key: &str, path: &Path| {
            self.error(key, "no such file or folder").found(path.display().to_string()).help(
                "a relative path is relative to the pipeline file; name scans on the command line to \
                 use others",
            )
        };
        let named = self.input.scans.iter().map(|p| ("input.scans", p));
        let named = named.chain(self.input.references.iter().map(|p| ("input.references", p)));
        let named = named.chain(self.input.labels.iter().map(|p| ("input.labels", p)));
        let mut named = named.chain(self.input.splits.values().map(|p| ("input.splits", p)));
        named.find(|(_, p)| !exists(p)).map_or(Ok(()), |(key, path)| Err(missing(key, path)))
    }
}

/// Whether there is such a file or folder; what cannot be told is found out on reading.
fn exists(path: &Path) -> bool {
    if store::is_address(path) {
        return store::is_file(path) || store::is_dir(path).unwrap_or(true);
    }
    path.exists()
}

fn text_of(path: &Path) -> Result<String> {
    let bytes = store::read(path)
        .map_err(|e| e.help("name a pipeline file with --pipeline, such as pipelines/default.toml"))?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to() as u64;
        Error::new(Kind::Config, "the pipeline is not UTF-8 text").at(path).byte(at)
    })
}

/// `path` as seen from the folder `base`. A leading `..` takes a plain folder off `base`, so that
/// messages show short paths.
pub(super) fn beside(base: &Path, path: &Path) -> PathBuf {
    match (path.strip_prefix(".."), base.file_name()) {
        (Ok(rest), Some(_)) if !base.is_symlink() => beside(base.parent().unwrap_or(Path::new("")), rest),
        _ => store::from(base, path),
    }
}

/// The sections of a file, taken out one by one.
struct Sections<'a> {
    path: &'a Path,
    source: &'a str,
    root: DeTable<'a>,
}

impl Sections<'_> {
    fn take<T: DeserializeOwned + Default>(&mut self, name: &str) -> Result<T> {
        let Some((key, value)) = self.root.remove_entry(name) else { return Ok(T::default()) };
        let span = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            return Err(self.wrong(&key.span(), format!("{name} must be a section: [{name}]")));
        };
        let table = toml::Spanned::new(span, table);
        T::deserialize(toml::de::Deserializer::from(table))
            .map_err(|e| Error::toml(self.path, self.source, &e))
    }

    fn steps(&mut self) -> Result<Vec<Step>> {
        let Some(value) = self.root.remove("step") else { return Ok(Vec::new()) };
        let tables = step_tables(self.path, self.source, value)?;
        parse_steps(self.path, self.source, tables)
    }

    fn nothing_left(&self) -> Result<()> {
        let known = ["input", "check", "sample", "balance", "text", "step", "output"];
        let Some((key, _)) = self.root.iter().next() else { return Ok(()) };
        let name = key.get_ref();
        let near = crate::error::nearest(name, known.into_iter())
            .map_or_else(String::new, |near| format!("did you mean [{near}]? "));
        Err(self
            .wrong(&key.span(), format!("unknown section [{name}]"))
            .help(format!("{near}sections are {}", known.join(", "))))
    }

    fn wrong(&self, span: &Range<usize>, message: String) -> Error {
        Error::new(Kind::Config, message)
            .at(self.path)
            .place(Place::of_offset(self.source.as_bytes(), span.start))
    }
}

/// The JSON Schema of a pipeline file.
pub fn schema() -> serde_json::Value {
    let mut root = serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "dataprep pipeline",
        "type": "object",
        "additionalProperties": false,
    });
    let sections = [
        ("input", schemars::schema_for!(Input)),
        ("check", schemars::schema_for!(Check)),
        ("sample", schemars::schema_for!(Sampling)),
        ("balance", schemars::schema_for!(Balance)),
        ("text", schemars::schema_for!(TextPolicy)),
        ("output", schemars::schema_for!(Output)),
    ];
    let mut definitions = serde_json::Map::new();
    let mut properties = serde_json::Map::new();
    for (name, section) in sections {
        let mut value = section.to_value();
        if let Some(object) = value.as_object_mut() {
            object.remove("$schema");
            if let Some(serde_json::Value::Object(defs)) = object.remove("$defs") {
                definitions.extend(defs);
            }
        }
        properties.insert(name.into(), value);
    }
    let steps = serde_json::json!({ "type": "array", "items": { "$ref": "#/$defs/step" } });
    properties.insert("step".into(), steps);
    definitions.insert("step".into(), step_schema().to_value());
    root["properties"] = properties.into();
    root["$defs"] = definitions.into();
    root
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::{Precision, Profile};

    fn parse(text: &str) -> Result<Config> {
        Config::parse(Path::new("p.toml"), text.to_owned())
    }

    #[test]
    fn what_is_left_out_has_defaults() {
        let config = parse("").unwrap();
        assert_eq!((config.sample.variants, config.sample.seed), (4, 7));
        assert!(config.sample.include_original && config.steps.is_empty());
    }

    #[test]
    fn a_profile_is_what_the_other_keys_change() {
        let layout = |text: &str| parse(&format!("[output]\n{text}")).unwrap().output.layout();
        assert_eq!(layout(""), Profile::Train.layout());
        assert_eq!(layout("compression = \"zstd\""), Profile::Archive.layout());
        assert_eq!(layout("points = \"rows\"\ncompression = \"zstd\""), Profile::Points.layout());
        let few = layout("profile = \"compact\"\ncolumns = [\"object\", \"rgb\", \"xyz\"]");
        assert_eq!(few.columns.iter().map(|c| c.name).collect::<Vec<_>>(), ["xyz", "rgb", "object"]);
        assert_eq!(few.precision, Precision::Compact);
    }

    #[test]
    fn every_error_names_the_line_and_what_to_do() {
        for (text, place, says) in [
            ("[sample]\nvariant = 3\n", "p.toml:2:1", "did you mean `variants`?"),
            ("[sample]\nvariants = \"three\"\n", "p.toml:2:12", "expected a whole number from 0 up"),
            ("[text]\nmin-target-ratio = 1.5\n", "p.toml:2:20", "a share from 0 to 1"),
            ("[text]\nmin-target-ratio = nan\n", "p.toml:2:20", "a share from 0 to 1"),
            ("[sampling]\n", "p.toml:1:2", "did you mean [sample]?"),
            ("[sample]\nvariants = 0\ninclude-original = false\n", "p.toml:2:12", "nothing would be written"),
            ("[output]\nshard-size-mb = 0\n", "p.toml:2:17", "1 to 4000"),
            ("[check]\non-error = \"ignore\"\n", "p.toml:2:12", "skip"),
            ("[output]\nprofile = \"fast\"\n", "p.toml:2:11", "archive"),
            (
                "[output]\ncolumns = [\"xyz\", \"object\", \"colour\"]\n",
                "p.toml:2:11",
                "there is no column colour",
            ),
            ("[output]\ncolumns = [\"xyz\"]\n", "p.toml:2:11", "object must be among them"),
            ("[output]\nprofile = \"compact\"\npoints = \"rows\"\n", "p.toml:3:10", "rows keep all bits"),
            ("[balance]\nclip = 0.5\n", "p.toml:2:8", "1 to 1000"),
            ("[balance]\nmethod = \"oversample\"\n", "p.toml:2:10", "undersample"),
            ("[sample\n", "p.toml:1:8", "expected"),
            ("input = 3\n", "p.toml:1:1", "[input]"),
            ("[input]\nscans = 3\n", "p.toml:2:9", "a string or a list of strings"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.kind(), Kind::Config);
            let said = error.to_string();
            assert!(said.starts_with(place) && said.contains(says), "{text:?}: {said}");
        }
    }

    #[test]
    fn a_path_that_is_not_there_is_named_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.toml");
        std::fs::write(&path, "[input]\nscans = [\"nowhere\"]\n").unwrap();
        let error = Config::read(&path, &Overrides::default()).unwrap_err().to_string();
        assert!(error.contains("p.toml:2:9: input.scans") && error.contains("nowhere"), "{error}");
    }

    #[test]
    fn places_are_not_part_of_the_canonical_form_and_overrides_are() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.toml");
        std::fs::write(&path, "[sample]\nseed = 1\n[input]\nscans = [\".\"]\n[output]\ndir = \"o\"\n")
            .unwrap();
        let canonical = |overrides: &Overrides| Config::read(&path, overrides).unwrap().canonical().unwrap();
        let plain = canonical(&Overrides::default());
        assert!(!plain.contains("scans") && !plain.contains("dir"), "{plain}");
        let elsewhere =
            Overrides { output: Some("x".into()), scans: vec![dir.path().into()], ..Overrides::default() };
        assert_eq!(canonical(&elsewhere), plain);
        let seeded = canonical(&Overrides { seed: Some(9), ..Overrides::default() });
        assert!(seeded.contains("seed = 9"), "{seeded}");
        let set = Overrides { set: vec!["text.on-conflict = 'keep'".into()], ..Overrides::default() };
        assert!(canonical(&set).contains("on-conflict = \"keep\""));
        let bad = Overrides { set: vec!["text.on-conflict".into()], ..Overrides::default() };
        assert!(Config::read(&path, &bad).unwrap_err().to_string().contains("--set"));
    }
}
