//! The `dataprep` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    dataprep::cli::main()
}
