//! `dataprep schema`.

use clap::ValueEnum;

use super::{Exit, Globals, Output};
use crate::error::Result;

/// Arguments of `dataprep schema`.
#[derive(Debug, clap::Args)]
pub struct SchemaArgs {
    /// What the schema describes
    what: Document,
}

/// A document with a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// A pipeline file
    Pipeline,
    /// dataprep.toml
    Config,
    /// One finding: a line of `audit --output-format json-lines`
    Finding,
    /// The report that `audit --output-format json` prints
    Report,
    /// The manifest of a data set of shards
    Manifest,
    /// The columns of shards, as a page of Markdown
    Shards,
}

impl Document {
    /// All documents, with the file that their schema is kept in.
    pub const FILES: [(Self, &'static str); 6] = [
        (Self::Pipeline, "pipeline.schema.json"),
        (Self::Config, "dataprep.schema.json"),
        (Self::Finding, "finding.schema.json"),
        (Self::Report, "audit-report.schema.json"),
        (Self::Manifest, "manifest.schema.json"),
        (Self::Shards, "shards.md"),
    ];

    /// The schema.
    pub fn text(self) -> String {
        let json = |value: serde_json::Value| format!("{value:#}\n");
        match self {
            Self::Pipeline => json(crate::pipeline::schema()),
            Self::Config => json(schemars::schema_for!(crate::pipeline::ConfigFile).to_value()),
            Self::Finding => json(schemars::schema_for!(crate::audit::Finding).to_value()),
            Self::Report => json(crate::audit::report::schema()),
            Self::Manifest => json(schemars::schema_for!(crate::write::Manifest).to_value()),
            Self::Shards => crate::write::describe(),
        }
    }
}

pub(super) fn run(args: &SchemaArgs, _globals: &Globals, output: &mut Output) -> Result<Exit> {
    output.data(&args.what.text())?;
    Ok(Exit::Clean)
}
