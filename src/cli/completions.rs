//! `dataprep completions`.

use super::{Exit, Globals, Output};
use crate::error::Result;

/// Arguments of `dataprep completions`.
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {}

pub(super) fn run(_args: &CompletionsArgs, _globals: &Globals, _output: &mut Output) -> Result<Exit> {
    Ok(Exit::CouldNotRun)
}
