//! `dataprep render`.

use super::{Exit, Globals, Output};
use crate::error::Result;

/// Arguments of `dataprep render`.
#[derive(Debug, clap::Args)]
pub struct RenderArgs {}

pub(super) fn run(_args: &RenderArgs, _globals: &Globals, _output: &mut Output) -> Result<Exit> {
    Ok(Exit::CouldNotRun)
}
