//! Units done by an engine: another program has them made, wherever it likes, and says which are.
//!
//! The engines are the Python package's, because that is where they are known. This process plans and
//! commits; between the two it starts `python -m dataprep.driver`, which writes a line `NAME 1` for each
//! unit that was made, `NAME 0` for one that had been. It ends when its input does, so it never outlives us.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::ValueEnum;

use super::Exit;
use crate::error::{Error, Kind, Result};
use crate::pipeline::{Progress, Session};

/// Who does the units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Engine {
    /// This machine's threads
    #[default]
    Local,
    /// A Ray cluster, through the Python package `dataprep[ray]`
    Ray,
}

/// The Python that has the engines.
const PYTHON: &str = "DATAPREP_PYTHON";

/// Has all units of a prepared plan made by `engine`; `None` when they are, and else how it ended, of
/// which the driver has told already.
pub(super) fn run(
    engine: Engine,
    address: Option<&str>,
    session: &Session,
    progress: &Progress,
    stop: &AtomicBool,
) -> Result<Option<Exit>> {
    let python = std::env::var_os(PYTHON).unwrap_or_else(|| "python3".into());
    let name = engine.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let mut command = Command::new(&python);
    command.args(["-m", "dataprep.driver"]).arg(session.plan_path()).args(["--engine", &name]);
    command.args(address.into_iter().flat_map(|address| ["--address", address]));
    command.args(session.verify.then_some("--verify"));
    let failed = |what: String| {
        Error::new(Kind::Config, what).found(python.to_string_lossy()).help(format!(
            "what stands above may say why; where the package is missing, pip install 'dataprep[{name}]', \
                 and name the Python that has it in {PYTHON}"
        ))
    };
    let mut driver = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| failed(format!("the engine's Python does not start: {e}")))?;
    let heard = listen(&mut driver, session, progress, stop);
    // Its input ends here, if it has not, and so does the driver.
    let status = driver.wait().map_err(|e| failed(format!("the engine's Python is gone: {e}")))?;
    heard?;
    if stop.load(Ordering::Relaxed) {
        return Err(crate::pipeline::interrupted());
    }
    match status.code() {
        Some(0) => Ok(None),
        Some(75) => Ok(Some(Exit::TryAgain)),
        Some(2) => Ok(Some(Exit::CouldNotRun)),
        _ => Err(failed(format!("the engine's Python ended before the units were done ({status})"))),
    }
}

/// Counts what the driver says is done, until it says no more; closes its input when asked to stop.
fn listen(driver: &mut Child, session: &Session, progress: &Progress, stop: &AtomicBool) -> Result<()> {
    let units: BTreeMap<&str, usize> =
        session.plan.units.iter().enumerate().map(|(at, unit)| (unit.name.as_str(), at)).collect();
    let (input, lines) = (driver.stdin.take(), driver.stdout.take());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) && !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(50));
            }
            drop(input);
        });
        let count = || -> Result<()> {
            for line in lines.map(BufReader::new).into_iter().flat_map(BufRead::lines) {
                let line = line.map_err(|e| Error::new(Kind::Io, format!("the engine is not heard: {e}")))?;
                let Some((name, now)) = line.split_once(' ') else { continue };
                let Some(&at) = units.get(name) else { continue };
                progress.elsewhere(
                    &session.plan.units[at],
                    session.marker(&session.plan.units[at])?,
                    now == "1",
                );
            }
            Ok(())
        };
        let counted = count();
        over.store(true, Ordering::Relaxed);
        counted
    })
}
