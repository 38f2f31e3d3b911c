//! Which pipeline, and what is changed of it: arguments that `augment` and `plan` share.

use std::path::PathBuf;

use crate::error::Result;
use crate::pipeline::{Config, Overrides};

/// A pipeline with changes.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Chosen {
    /// Pipeline file
    #[arg(short, long, value_name = "FILE")]
    pipeline: PathBuf,
    /// Folders of scans, or single scan folders [default: those of the pipeline]
    scans: Vec<PathBuf>,
    /// Output folder [default: that of the pipeline]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Seed [default: that of the pipeline]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Augmented copies of each scan [default: those of the pipeline]
    #[arg(long, value_name = "N")]
    variants: Option<u32>,
    /// Only scans whose id matches
    #[arg(long, value_name = "GLOB")]
    scenes: Option<String>,
    /// Change any other key of the pipeline: --set 'text.on-conflict="keep"'
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
}

impl Chosen {
    /// The configuration, and the output folder that it names.
    pub(super) fn read(&self) -> Result<(Config, PathBuf)> {
        let overrides = Overrides {
            scans: self.scans.clone(),
            output: self.output.clone(),
            seed: self.seed,
            variants: self.variants,
            scenes: self.scenes.clone(),
            set: self.set.clone(),
        };
        let config = Config::read(&self.pipeline, &overrides)?;
        let dir = config.folder("name one with -o, or in the pipeline")?;
        Ok((config, dir))
    }
}

/// Reads `I/N`.
pub(super) fn partition(text: &str) -> Result<(usize, usize), String> {
    let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match parts {
        Some((i, n)) if i < n => Ok((i, n)),
        _ => Err("write it as I/N with I from 0 to N-1, such as 0/4".into()),
    }
}
