//! `dataprep synth`.

use super::{Exit, Globals, Output};
use crate::error::Result;

/// Arguments of `dataprep synth`.
#[derive(Debug, clap::Args)]
pub struct SynthArgs {}

pub(super) fn run(_args: &SynthArgs, _globals: &Globals, _output: &mut Output) -> Result<Exit> {
    Ok(Exit::CouldNotRun)
}
