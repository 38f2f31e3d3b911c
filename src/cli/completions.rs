//! `dataprep completions`.

use clap::CommandFactory as _;

use super::{Cli, Exit, Globals, Output};
use crate::error::Result;

/// Arguments of `dataprep completions`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: dataprep completions bash > ~/.local/share/bash-completion/completions/dataprep"
)]
pub struct CompletionsArgs {
    /// The shell
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &CompletionsArgs, _globals: &Globals, output: &mut Output) -> Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "dataprep", &mut text);
    output.write(&text)?;
    Ok(Exit::Clean)
}
