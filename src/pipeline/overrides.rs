//! What the command line changes in a pipeline.

use std::path::{Path, PathBuf};

use super::config::{Config, HIGHEST_SEED};
use crate::error::{Error, Kind, Result};

/// What the command line changes in a pipeline.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Scans in place of `[input] scans`; relative to the current folder.
    pub scans: Vec<PathBuf>,
    /// Folder in place of `[output] dir`; relative to the current folder.
    pub output: Option<PathBuf>,
    /// In place of `[sample] seed`.
    pub seed: Option<u64>,
    /// In place of `[sample] variants`.
    pub variants: Option<u32>,
    /// In place of `[input] scenes`.
    pub scenes: Option<String>,
    /// `section.key=value` for any other key of a section.
    pub set: Vec<String>,
}

impl Overrides {
    /// An error of a changed pipeline, with the change that alone would make it in place of a line that nobody
    /// wrote.
    pub(super) fn blamed(&self, before: &toml::Table, error: Error) -> Error {
        let alone = |set: &String| {
            let mut table = before.clone();
            merge(&mut table, set.parse().ok()?);
            Config::of_table(&table).err().map(|error| error.nowhere().about(&format!("--set {set}")))
        };
        self.set.iter().find_map(alone).unwrap_or_else(|| error.nowhere().about("command line"))
    }

    /// The changes as a table of sections. Places are left out: they are not part of a plan.
    pub(super) fn table(&self) -> Result<toml::Table> {
        if let Some(seed) = self.seed.filter(|&seed| seed > HIGHEST_SEED) {
            return Err(Error::new(Kind::Config, "--seed is out of range")
                .expected(format!("0 to {HIGHEST_SEED}"))
                .found(seed.to_string()));
        }
        let mut text = String::new();
        for (key, value) in [("seed", self.seed), ("variants", self.variants.map(u64::from))] {
            if let Some(value) = value {
                text += &format!("sample.{key} = {value}\n");
            }
        }
        if let Some(glob) = &self.scenes {
            text += &format!("input.scenes = {}\n", toml::Value::String(glob.clone()));
        }
        let mut table: toml::Table =
            text.parse().map_err(|e| Error::toml(Path::new("command line"), &text, &e))?;
        for set in &self.set {
            let change: toml::Table = set.parse().map_err(|e: toml::de::Error| {
                let error = Error::new(Kind::Config, format!("--set {set}: {}", e.message()));
                let quoted = set.split_once('=').map(|(key, value)| format!("{key}=\"{value}\""));
                error.help(match quoted.filter(|quoted| quoted.parse::<toml::Table>().is_ok()) {
                    Some(quoted) => format!("text stands in quotes: --set '{quoted}'"),
                    None => {
                        "write it as in the file: --set 'sample.variants=2', --set 'check.ignore=[\"TXT\"]'"
                            .to_owned()
                    }
                })
            })?;
            merge(&mut table, change);
        }
        Ok(table)
    }
}

/// Lays one table over another.
pub(super) fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}
