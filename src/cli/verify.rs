//! `dataprep verify`.

use super::{Exit, Globals, Output};
use crate::error::Result;

/// Arguments of `dataprep verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {}

pub(super) fn run(_args: &VerifyArgs, _globals: &Globals, _output: &mut Output) -> Result<Exit> {
    Ok(Exit::CouldNotRun)
}
