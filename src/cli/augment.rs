//! `dataprep augment`.

use super::{Exit, Globals, Output};
use crate::error::Result;

/// Arguments of `dataprep augment`.
#[derive(Debug, clap::Args)]
pub struct AugmentArgs {}

pub(super) fn run(_args: &AugmentArgs, _globals: &Globals, _output: &mut Output) -> Result<Exit> {
    Ok(Exit::CouldNotRun)
}
