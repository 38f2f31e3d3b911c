//! `dataprep clean`, and the arguments of the cache that it removes.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{Exit, Output, plural};
use crate::error::{Error, Result};
use crate::pipeline::{Cache, ConfigFile, Strategy};

/// Arguments of `dataprep clean`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Removes what `dataprep audit` keeps of scans that did not change. Only a folder that carries the
cache's CACHEDIR.TAG is touched, and what else is in it stays.")]
pub struct CleanArgs {
    #[command(flatten)]
    place: Place,
    /// Remove the cache of this configuration [default: the nearest dataprep.toml upwards]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Where the cache is.
#[derive(Debug, clap::Args)]
struct Place {
    /// The cache's folder [env: `DATAPREP_CACHE_DIR`] [default: `.dataprep_cache` beside
    /// dataprep.toml, else in the current folder]
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
}

impl Place {
    fn dir(&self, config: Option<&Path>) -> PathBuf {
        let set = || std::env::var_os("DATAPREP_CACHE_DIR").filter(|v| !v.is_empty());
        let named = self.cache_dir.clone().or_else(|| set().map(PathBuf::from));
        named.unwrap_or_else(|| Cache::beside(config))
    }
}

/// How an audit uses the cache.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Cache")]
pub(super) struct Caching {
    /// Neither read nor write the cache
    #[arg(long)]
    no_cache: bool,
    #[command(flatten)]
    place: Place,
    /// How to tell that a file did not change
    #[arg(long, value_name = "STRATEGY", default_value = "metadata")]
    cache_strategy: By,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    /// Same size, times and inode: nothing is read
    Metadata,
    /// Same bytes: also where copies have other times, as in CI
    Content,
}

impl Caching {
    /// The cache that is asked for.
    pub(super) fn cache(&self, config: &ConfigFile) -> Option<Cache> {
        let strategy = match self.cache_strategy {
            By::Metadata => Strategy::Metadata,
            By::Content => Strategy::Content,
        };
        (!self.no_cache).then(|| Cache::new(self.place.dir(config.path.as_deref()), strategy))
    }
}

/// Says that the cache could not be written.
pub(super) fn unsaved(error: &Error) -> String {
    let place = error.path().map(|p| format!("{}: ", p.display())).unwrap_or_default();
    let why = error.detail();
    format!("the cache is not written: {place}{why} (name a folder with --cache-dir, or use --no-cache)")
}

pub(super) fn run(args: &CleanArgs, output: &mut Output) -> Result<Exit> {
    let config = args.config.clone().or_else(|| ConfigFile::find(".".as_ref()));
    let dir = args.place.dir(config.as_deref());
    match Cache::clean(&dir)? {
        None => output.note(&format!("nothing to remove: there is no {}", dir.display())),
        Some(cleaned) => {
            output.note(&format!(
                "removed {}: {}, {}",
                dir.display(),
                plural(cleaned.files, "file"),
                plural(cleaned.bytes, "byte")
            ));
            if cleaned.kept_folder {
                output.note("the folder stays: it holds something that is not the cache's");
            }
        }
    }
    Ok(Exit::Clean)
}
