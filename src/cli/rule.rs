//! `dataprep rule`.

use super::{Exit, Globals, Output};
use crate::error::Result;

/// Arguments of `dataprep rule`.
#[derive(Debug, clap::Args)]
pub struct RuleArgs {}

pub(super) fn run(_args: &RuleArgs, _globals: &Globals, _output: &mut Output) -> Result<Exit> {
    Ok(Exit::CouldNotRun)
}
