//! A plan's units and its commit, for engines that spread them over machines.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use dataprep::pipeline::{Plan, Progress, Session};
use dataprep::store::Folder;
use pyo3::prelude::*;

use crate::runs::{text, watched};
use crate::task::{jobs, run};

/// A plan with all that its units need, opened once a process. It holds no thread: a process that is
/// forked off can go on with it.
#[pyclass(frozen)]
pub(crate) struct Work {
    session: Session,
    folder: PathBuf,
}

/// The data set's id and findings as JSON.
type Committed = (String, String);

#[pymethods]
impl Work {
    /// Opens a plan file, or the plan of an output folder.
    #[new]
    fn open(py: Python<'_>, plan: PathBuf, verify: bool) -> PyResult<Self> {
        run(py, None, move |_| {
            let (plan, folder) = Plan::find(&plan)?;
            let mut session = Session::open(plan, Folder::new(&folder))?;
            session.verify = verify;
            Ok(Self { session, folder })
        })
    }

    /// The plan's id.
    #[getter]
    fn plan_id(&self) -> &str {
        &self.session.plan.plan_id
    }

    /// The output folder.
    #[getter]
    fn folder(&self) -> String {
        text(&self.folder)
    }

    /// The units in order, each with its number of scans.
    #[getter]
    fn units(&self) -> Vec<(&str, usize)> {
        self.session.plan.units.iter().map(|unit| (unit.name.as_str(), unit.scans.len())).collect()
    }

    /// Does the units with these names; gives how many had been done before.
    fn run(
        &self,
        py: Python<'_>,
        units: Vec<String>,
        threads: Option<usize>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<usize> {
        run(py, progress, |task| {
            let units = self.session.plan.units_named(&units)?;
            let _lock = self.session.join()?;
            let scans = units.iter().map(|&unit| self.session.plan.units[unit].scans.len()).sum();
            task.total.store(scans, Ordering::Relaxed);
            let counted = Progress::default();
            watched(&counted, task, || self.session.run(&units, jobs(threads), &counted, &task.stop))?;
            Ok(counted.units_before.load(Ordering::Relaxed))
        })
    }

    /// Writes the manifest once every unit is done.
    fn commit(&self, py: Python<'_>) -> PyResult<Committed> {
        run(py, None, |_| {
            let lock = self.session.join()?;
            let committed = self.session.commit()?;
            drop(lock);
            self.session.tidy()?;
            let findings = serde_json::to_string(&committed.findings)
                .map_err(|e| dataprep::Error::new(dataprep::Kind::Malformed, e.to_string()))?;
            Ok((committed.dataset_id, findings))
        })
    }
}
