//! Work without the interpreter's lock, while signals and a progress callback are served.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

use crate::error::raised;

/// How often the waiting thread looks at signals and progress.
const PATIENCE: Duration = Duration::from_millis(50);

/// What working and waiting thread tell each other.
#[derive(Debug, Default)]
pub(crate) struct Task {
    /// Raised when the work is to end early.
    pub stop: AtomicBool,
    /// How much is done.
    pub done: AtomicUsize,
    /// Of how much; 0 while that is unknown.
    pub total: AtomicUsize,
}

/// Runs `work` on a thread of its own and waits for it. This thread, Python's, calls
/// `progress(done, total)` when something was done, and answers Ctrl-C: an exception of either stops
/// the work where it can be taken up again, and is raised once it has ended.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Task) -> dataprep::Result<T> + Send,
) -> PyResult<T> {
    let task = Task::default();
    let over = AtomicBool::new(false);
    let waiting = thread::current();
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let result = work(&task);
            over.store(true, Ordering::Release);
            waiting.unpark();
            result
        });
        let mut told = 0;
        let mut tell = || -> PyResult<()> {
            let done = task.done.load(Ordering::Relaxed);
            if let Some(progress) = progress.filter(|_| done != told) {
                told = done;
                progress.call1((done, task.total.load(Ordering::Relaxed)))?;
            }
            py.check_signals()
        };
        let mut raise = None;
        while !over.load(Ordering::Acquire) && !worker.is_finished() {
            py.detach(|| thread::park_timeout(PATIENCE));
            if raise.is_none()
                && let Err(error) = tell()
            {
                task.stop.store(true, Ordering::Relaxed);
                raise = Some(error);
            }
        }
        let result = py.detach(|| worker.join());
        if let Some(error) = raise {
            return Err(error);
        }
        tell()?;
        match result {
            Ok(result) => result.map_err(|error| raised(py, &error)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// A pool of threads for one call.
pub(crate) fn pool(jobs: usize) -> dataprep::Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new().num_threads(jobs).build().map_err(|e| {
        dataprep::Error::new(dataprep::Kind::Io, format!("cannot start {jobs} threads: {e}"))
            .help("use a smaller jobs")
    })
}

/// Threads as asked for, at most as many as do no harm, else the number of cores.
pub(crate) fn jobs(asked: Option<usize>) -> usize {
    const MOST: usize = 512;
    asked
        .filter(|&jobs| jobs > 0)
        .map(|jobs| jobs.min(MOST))
        .or_else(|| thread::available_parallelism().ok().map(usize::from))
        .unwrap_or(1)
}
