//! `dataprep audit`.

use super::{Exit, Globals, Output};
use crate::error::Result;

/// Arguments of `dataprep audit`.
#[derive(Debug, clap::Args)]
pub struct AuditArgs {}

pub(super) fn run(_args: &AuditArgs, _globals: &Globals, _output: &mut Output) -> Result<Exit> {
    Ok(Exit::CouldNotRun)
}
