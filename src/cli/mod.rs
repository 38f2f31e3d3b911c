//! The command line: the only place that prints or exits.
//!
//! One file per command, each with its arguments and a `run` that returns an [`Exit`]. Findings
//! and data go to stdout, progress and messages to stderr.

mod args;
mod audit;
mod augment;
mod bench;
mod chosen;
mod clean;
mod commit;
mod completions;
mod configuration;
mod engine;
mod explain_pipeline;
mod export;
mod files;
mod fix;
mod gc;
mod init;
mod inspect;
mod interrupt;
mod known;
mod output;
mod place;
mod plan;
mod plan_words;
mod preview;
mod preview_page;
mod render;
mod replay;
mod report;
mod rule;
mod run;
mod schema;
mod synth;
mod today;
mod verify;
mod view;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

pub use args::{Cli, Command, Globals};
pub use output::Output;
pub use schema::Document;
pub use today::today;

use crate::error::{Error, Kind};

/// How a run ended, as the exit code says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: nothing to complain about.
    Clean,
    /// 1: findings, or scans that were skipped.
    Findings,
    /// 2: could not run: arguments, configuration, nothing to check, internal error.
    CouldNotRun,
    /// 75: what failed is not the data's fault and may go well the next time (`EX_TEMPFAIL`): storage, or
    /// units that are not done yet.
    TryAgain,
    /// 130: interrupted; the same command resumes.
    Interrupted,
}

impl Exit {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::CouldNotRun => 2,
            Self::TryAgain => 75,
            Self::Interrupted => 130,
        }
    }
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    run(std::env::args_os()).code().into()
}

/// Runs the program; the first argument is the program's name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(args.into_iter().map(plain)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap; a closed pipe under them is fine.
            let _ = error.print();
            return if error.use_stderr() { Exit::CouldNotRun } else { Exit::Clean };
        }
    };
    let mut output = Output::new(&cli.globals);
    let result = match &cli.command {
        Command::Audit(args) => audit::run(args, &cli.globals, &mut output),
        Command::Augment(args) => augment::run(args, &cli.globals, &mut output),
        Command::Plan(args) => plan::run(args, &mut output),
        Command::Run(args) => run::run(args, &cli.globals, &mut output),
        Command::Commit(args) => commit::run(args, &mut output),
        Command::ExplainPipeline(args) => explain_pipeline::run(args, &mut output),
        Command::Preview(args) => preview::run(args, &mut output),
        Command::Replay(args) => replay::run(args, &mut output),
        Command::Bench(args) => bench::run(args, &cli.globals, &mut output),
        Command::Inspect(args) => inspect::run(args, &mut output),
        Command::Verify(args) => verify::run(args, &cli.globals, &mut output),
        Command::Export(args) => export::run(args, &cli.globals, &mut output),
        Command::Gc(args) => gc::run(args, &mut output),
        Command::Init(args) => init::run(args, &cli.globals, &mut output),
        Command::Clean(args) => clean::run(args, &mut output),
        Command::Rule(args) => rule::run(args, &cli.globals, &mut output),
        Command::Render(args) => render::run(args, &cli.globals, &mut output),
        Command::View(args) => view::run(args, &mut output),
        Command::Synth(args) => synth::run(args, &cli.globals, &mut output),
        Command::Schema(args) => schema::run(args, &cli.globals, &mut output),
        Command::Completions(args) => completions::run(args, &cli.globals, &mut output),
    };
    result.unwrap_or_else(|error| exit_of(&error, &output))
}

/// `file:///a/b` is `/a/b`.
fn plain(arg: OsString) -> OsString {
    match arg.to_str().and_then(|text| text.strip_prefix("file://")) {
        Some(path) if path.starts_with('/') => path.into(),
        _ => arg,
    }
}

/// `1 picture`, `3 pictures`.
fn plural(n: impl TryInto<u64>, noun: &str) -> String {
    match (n.try_into().unwrap_or(u64::MAX), noun) {
        (1, _) => format!("1 {noun}"),
        (n, "vertex") => format!("{n} vertices"),
        (n, "class") => format!("{n} classes"),
        (n, _) => format!("{n} {noun}s"),
    }
}

fn exit_of(error: &Error, output: &Output) -> Exit {
    output.error(error);
    match error.kind() {
        Kind::Interrupted => Exit::Interrupted,
        // Schedulers tell what may go well the next time from what will not.
        Kind::Io => Exit::TryAgain,
        _ => Exit::CouldNotRun,
    }
}
