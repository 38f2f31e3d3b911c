//! The files and keys that a configuration is put together from.

use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::ConfigFile;
use super::config::beside;
use crate::audit::{Entry, Places};
use crate::error::{Error, Kind, Place, Result};
use crate::store;

/// The file in which a configuration is a section, and the section.
const SHARED: (&str, [&str; 2]) = ("pyproject.toml", ["tool", "dataprep"]);

/// A configuration as it was written, or several laid over each other.
#[derive(Default)]
pub(super) struct Layer {
    pub(super) table: toml::Table,
    pub(super) places: Places,
}

impl Layer {
    /// Reads a file and, below it, those that it extends.
    pub(super) fn read(path: &Path) -> Result<Self> {
        Self::chain(path, &mut Vec::new())
    }

    /// Reads keys from the command line, which stand nowhere.
    pub(super) fn inline(text: &str) -> Result<Self> {
        Ok(Self { places: Places::default(), ..Self::parse(Path::new("--config"), text)? })
    }

    fn chain(path: &Path, above: &mut Vec<PathBuf>) -> Result<Self> {
        above.push(path.canonicalize().map_err(|e| Error::io("read", path, &e))?);
        let bytes = store::read(path)?;
        let text = std::str::from_utf8(&bytes).map_err(|e| {
            let place = Place::of_offset(&bytes, e.valid_up_to());
            Error::new(Kind::Config, "the configuration is not UTF-8 text").at(path).place(place)
        })?;
        let layer = Self::parse(path, text)?;
        let Some(toml::Value::String(extended)) = layer.table.get("extend") else { return Ok(layer) };
        let below = beside(path.parent().unwrap_or(Path::new("")), Path::new(extended));
        let wrong = |message: &str, help: &str| {
            let error = Error::new(Kind::Config, format!("extend: {message}")).at(path).help(help);
            let found = error.found(below.display().to_string());
            match layer.places.at("extend") {
                Some(Entry { location: l, .. }) => found.place(Place::Line { row: l.row, column: l.column }),
                None => found,
            }
        };
        let Ok(real) = below.canonicalize() else {
            return Err(wrong("there is no such file", "a relative path is relative to this file"));
        };
        if above.contains(&real) {
            return Err(wrong(
                "this file is one of those that extend it",
                "end the chain at one of the files",
            ));
        }
        Ok(Self::chain(&below, above)?.under(layer))
    }

    fn parse(path: &Path, text: &str) -> Result<Self> {
        let wrong = |e: &toml::de::Error| Error::toml(path, text, e);
        let mut root = DeTable::parse(text).map_err(|e| wrong(&e))?;
        if path.file_name().is_some_and(|name| name == SHARED.0) {
            root = section(root, &SHARED.1)
                .ok_or_else(|| Error::new(Kind::Config, "there is no section [tool.dataprep]").at(path))?;
        }
        let places = Places::of(path, text, root.get_ref());
        ConfigFile::deserialize(Deserializer::from(root.clone())).map_err(|e| {
            let key = e.span().and_then(|span| key_at(root.get_ref(), span.start));
            key.map_or_else(|| wrong(&e), |key| wrong(&e).about(&key))
        })?;
        let table = toml::Table::deserialize(Deserializer::from(root)).map_err(|e| wrong(&e))?;
        Ok(Self { table, places })
    }

    /// Lays `over` over this: what it says stands in place of what is said here, key by key.
    /// Suppressions add up.
    #[must_use]
    pub(super) fn under(mut self, over: Self) -> Self {
        merge(&mut self.table, over.table, "", &mut self.places, &over.places);
        self
    }
}

fn merge(into: &mut toml::Table, over: toml::Table, key: &str, places: &mut Places, theirs: &Places) {
    for (name, value) in over {
        let key = if key.is_empty() { name.clone() } else { format!("{key}/{name}") };
        match (into.get_mut(&name), value) {
            (Some(toml::Value::Table(mine)), toml::Value::Table(over)) => {
                merge(mine, over, &key, places, theirs);
            }
            (Some(toml::Value::Array(mine)), toml::Value::Array(over)) if key == "audit/suppress" => {
                for (i, suppression) in over.into_iter().enumerate() {
                    places.replace(&format!("{key}/{}", mine.len()), theirs, &format!("{key}/{i}"));
                    mine.push(suppression);
                }
            }
            (_, value) => {
                places.replace(&key, theirs, &key);
                into.insert(name, value);
            }
        }
    }
}

/// The nearest configuration in `start` or a folder above it: `dataprep.toml`, or `pyproject.toml`
/// where it has a section for it.
pub(super) fn find(start: &Path) -> Option<PathBuf> {
    // With `..` in it a path does not say what is above it.
    let winds = start.components().any(|c| c == std::path::Component::ParentDir);
    let start = if winds { start.canonicalize() } else { std::path::absolute(start) }.ok()?;
    let here = std::env::current_dir().unwrap_or_default();
    let own = |dir: &Path| Some(dir.join("dataprep.toml")).filter(|path| path.is_file());
    let shared = |dir: &Path| Some(dir.join(SHARED.0)).filter(|path| has_section(path));
    let found = start.ancestors().find_map(|dir| own(dir).or_else(|| shared(dir)))?;
    Some(found.strip_prefix(here).map(Path::to_path_buf).unwrap_or(found))
}

/// Whether the file has our section. One that cannot be read as TOML and seems to have it does, so
/// that somebody hears of it.
fn has_section(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let seems = text.contains("[tool.dataprep");
    DeTable::parse(&text).map_or(seems, |root| section(root, &SHARED.1).is_some())
}

fn section<'a>(root: Spanned<DeTable<'a>>, path: &[&str]) -> Option<Spanned<DeTable<'a>>> {
    path.iter().try_fold(root, |table, name| {
        let value = table.into_inner().remove(*name)?;
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => Some(Spanned::new(span, table)),
            _ => None,
        }
    })
}

/// The key whose value is at a byte of the text, as in `audit.severity.OBJ203`.
fn key_at(table: &DeTable<'_>, byte: usize) -> Option<String> {
    table.iter().find_map(|(name, value)| {
        let inner = match value.get_ref() {
            DeValue::Table(table) => key_at(table, byte),
            DeValue::Array(items) => items.iter().find_map(|item| match item.get_ref() {
                DeValue::Table(table) => key_at(table, byte),
                _ => None,
            }),
            _ => None,
        };
        match inner {
            Some(inner) => Some(format!("{}.{inner}", name.get_ref())),
            None => value.span().contains(&byte).then(|| name.get_ref().to_string()),
        }
    })
}
