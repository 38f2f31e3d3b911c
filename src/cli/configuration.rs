//! Which configuration `dataprep audit` reads.

use std::path::{Path, PathBuf};

use super::Output;
use crate::error::{Error, Kind, Result};
use crate::pipeline::ConfigFile;

/// Which configuration is read.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct Configuration {
    /// Read this file [default: the nearest dataprep.toml upwards, or pyproject.toml with a section
    /// tool.dataprep], or set a key, as in 'audit.preview = true'; can be repeated
    #[arg(long, value_name = "FILE|KEY=VALUE")]
    config: Vec<String>,
    /// Read no file
    #[arg(long)]
    isolated: bool,
}

impl Configuration {
    /// Reads it; `near` is where the nearest file is looked for from.
    pub(super) fn read(&self, near: &Path, output: &Output) -> Result<ConfigFile> {
        let is_key = |text: &&String| text.contains('=') && !Path::new(text).is_file();
        let (keys, files): (Vec<_>, Vec<_>) = self.config.iter().partition(is_key);
        let path = match (files.as_slice(), self.isolated) {
            ([], true) => None,
            ([], false) => ConfigFile::find(near),
            ([file], false) => Some(PathBuf::from(file)),
            ([_], true) => {
                return Err(Error::new(Kind::Config, "--isolated reads no file, and --config names one")
                    .help("leave out one of them; --config 'key = value' goes with --isolated"));
            }
            _ => {
                return Err(Error::new(Kind::Config, "--config names more than one file")
                    .help("name one; it may say `extend = \"other.toml\"`"));
            }
        };
        if let Some(path) = &path {
            output.note(&format!("configuration: {}", path.display()));
        }
        ConfigFile::load(path.as_deref(), &keys.into_iter().cloned().collect::<Vec<_>>())
    }
}
