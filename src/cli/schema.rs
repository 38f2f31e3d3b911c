//! `dataprep schema`.

use super::{Exit, Globals, Output};
use crate::error::Result;

/// Arguments of `dataprep schema`.
#[derive(Debug, clap::Args)]
pub struct SchemaArgs {}

pub(super) fn run(_args: &SchemaArgs, _globals: &Globals, _output: &mut Output) -> Result<Exit> {
    Ok(Exit::CouldNotRun)
}
