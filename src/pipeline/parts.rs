//! Reports of some scans of a data set, made apart and brought together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::audit::Reports;
use super::cache::context;
use crate::audit::{Engine, ScanReport};
use crate::error::{Error, Kind, Result};
use crate::scene::Catalogue;
use crate::store::{self, Folder};

/// What one part of an audit leaves behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The program and version that made it.
    tool: String,
    /// Digest of the rules and their settings.
    rules: String,
    /// The scans that it looked at.
    scans: BTreeMap<String, Seen>,
}

/// A scan's report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// Digest of what stands around the scan: its sentences, its split, the labels.
    context: String,
    report: ScanReport,
}

impl Part {
    /// These reports as a part.
    pub fn new(engine: &Engine, catalogue: &Catalogue, reports: Reports) -> Self {
        let context = context(catalogue);
        let seen = |(id, report): (String, ScanReport)| {
            let context = context(&id);
            (id, Seen { context, report })
        };
        Self { scans: reports.scans.into_iter().map(seen).collect(), ..Self::empty(engine) }
    }

    fn empty(engine: &Engine) -> Self {
        let rules = engine.digest().to_hex().to_string();
        Self { tool: format!("dataprep {}", crate::VERSION), rules, scans: BTreeMap::new() }
    }

    /// Writes it into a file, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<()> {
        let bytes = serde_json::to_vec(self).expect("strings and numbers");
        // JSON has no word for a number that is none.
        if !serde_json::from_slice::<Self>(&bytes).is_ok_and(|back| back == *self) {
            let message = "a report holds a number that cannot be written down";
            return Err(Error::new(Kind::Malformed, message).at(path).help("audit without --partition"));
        }
        Folder::publish_file(path, &bytes)
    }

    /// Reads parts and puts their reports together, in the order of the catalogue.
    ///
    /// # Errors
    /// `Conflict` for a part of another version, other rules or other sentences, and for two parts
    /// that do not agree; `NotFound`, with names, when scans are in no part.
    pub fn merge(files: &[PathBuf], engine: &Engine, catalogue: &Catalogue) -> Result<Reports> {
        let expected = Self::empty(engine);
        let mut all: BTreeMap<String, Seen> = BTreeMap::new();
        for file in files {
            let part: Self = serde_json::from_slice(&store::read(file)?).map_err(|e| {
                Error::new(Kind::Corrupt, format!("not a part of an audit: {e}"))
                    .at(file)
                    .help("make it with --partition and --summary")
            })?;
            let other = |what: &str, expected: &str, found: &str| {
                Error::new(Kind::Conflict, format!("the part was made {what}"))
                    .at(file)
                    .expected(expected)
                    .found(found)
                    .help("make it again")
            };
            if part.tool != expected.tool {
                return Err(other("by another version", &expected.tool, &part.tool));
            }
            if part.rules != expected.rules {
                return Err(other(
                    "with other rules or settings",
                    &expected.rules[..16],
                    &part.rules.chars().take(16).collect::<String>(),
                ));
            }
            for (id, seen) in part.scans {
                if all.get(&id).is_some_and(|before| *before != seen) {
                    return Err(Error::new(
                        Kind::Conflict,
                        format!("another part says other things of {id}"),
                    )
                    .at(file)
                    .help("the scan changed between the parts: make both again"));
                }
                all.insert(id, seen);
            }
        }
        let context = context(catalogue);
        let mut missing = Vec::new();
        let mut scans = Vec::with_capacity(catalogue.scans.len());
        for entry in &catalogue.scans {
            match all.remove(&entry.id) {
                Some(seen) if seen.context == context(&entry.id) => {
                    scans.push((entry.id.clone(), seen.report));
                }
                Some(_) => {
                    let message =
                        format!("the sentences, split or labels of {} are not what they were", entry.id);
                    return Err(Error::new(Kind::Conflict, message).help(
                        "name the scans and references that the parts were made of, or make the parts again",
                    ));
                }
                None => missing.push(entry.id.as_str()),
            }
        }
        if let Some(stranger) = all.keys().next() {
            return Err(Error::new(
                Kind::Conflict,
                format!("a part speaks of {stranger}, which is not there"),
            )
            .help("name the scans that the parts were made of"));
        }
        if !missing.is_empty() {
            let some = missing[..missing.len().min(3)].join(", ");
            let scans =
                if missing.len() == 1 { "1 scan is".into() } else { format!("{} scans are", missing.len()) };
            return Err(Error::new(Kind::NotFound, format!("{scans} in no part"))
                .found(some)
                .help("name the files of all parts, and run those that are missing"));
        }
        Ok(Reports { scans, cached: 0, unsaved: None })
    }
}
