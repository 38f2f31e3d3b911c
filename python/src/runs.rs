//! The runs of the command line as functions.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use dataprep::audit::{Baseline, Engine, Severity, report};
use dataprep::load::{self, Found};
use dataprep::pipeline::{
    self, Config, ConfigFile, Effort, Existing, Overrides, Part, Progress, Reports, Session, State, plan,
};
use dataprep::scene::Catalogue;
use dataprep::store::{self, Folder};
use dataprep::write::{MANIFEST, Manifest};
use dataprep::{Error, Kind};
use pyo3::prelude::*;

use crate::task::{Task, jobs, pool, run};

/// Runs the command line, and returns the exit code.
#[pyfunction]
pub(crate) fn main(py: Python<'_>, arguments: Vec<OsString>, library: PathBuf) -> u8 {
    pipeline::program_is(library);
    py.detach(|| dataprep::cli::run(arguments).code())
}

/// What an audit looks at, and how.
#[derive(Debug, FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Audit {
    scans: Vec<PathBuf>,
    references: Vec<PathBuf>,
    labels: Option<PathBuf>,
    splits: BTreeMap<String, PathBuf>,
    cameras: Option<PathBuf>,
    superpoints: Option<PathBuf>,
    scenes: Option<String>,
    select: Option<Vec<String>>,
    extend_select: Vec<String>,
    ignore: Vec<String>,
    preview: bool,
    profile: Vec<String>,
    severity: BTreeMap<String, String>,
    baseline: Option<PathBuf>,
    config: Option<PathBuf>,
    jobs: Option<usize>,
}

/// The report as JSON (schemas/audit-report.schema.json) and notes.
type Audited = (String, Vec<String>);

/// Audits scans.
#[pyfunction]
pub(crate) fn audit(
    py: Python<'_>,
    request: Audit,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Audited> {
    run(py, progress, move |task| {
        let jobs = request.jobs;
        let ready = request.read()?;
        let reports = ready.reports((0, 1), jobs, task)?;
        ready.conclude(reports)
    })
}

/// Audits a part of the scans and writes what it found into a file; returns the number of its scans.
#[pyfunction]
pub(crate) fn audit_part(
    py: Python<'_>,
    request: Audit,
    part: (usize, usize),
    summary: PathBuf,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<usize> {
    run(py, progress, move |task| {
        let jobs = request.jobs;
        let ready = request.read()?;
        let reports = ready.reports(part, jobs, task)?;
        let scans = reports.scans.len();
        Part::new(&ready.engine, &ready.catalogue, reports).write(&summary)?;
        Ok(scans)
    })
}

/// Reports on all scans from the files of all parts.
#[pyfunction]
pub(crate) fn merge(py: Python<'_>, request: Audit, parts: Vec<PathBuf>) -> PyResult<Audited> {
    run(py, None, move |_| {
        let ready = request.read()?;
        let reports = Part::merge(&parts, &ready.engine, &ready.catalogue)?;
        ready.conclude(reports)
    })
}

/// What an audit goes by.
struct Ready {
    found: Found,
    catalogue: Catalogue,
    engine: Engine,
}

impl Audit {
    fn read(self) -> dataprep::Result<Ready> {
        let ConfigFile { dataset, audit: mut settings, .. } = ConfigFile::load(self.config.as_deref(), &[])?;
        if let Some(select) = self.select {
            settings.select = select;
            settings.extend_select.clear();
        }
        settings.extend_select.extend(self.extend_select);
        settings.ignore.extend(self.ignore);
        settings.preview |= self.preview;
        settings.profile.extend(self.profile);
        for (code, word) in self.severity {
            settings.severity.insert(code, severity(&word)?);
        }
        let or = |a: Vec<PathBuf>, b: Vec<PathBuf>| if a.is_empty() { b } else { a };
        let splits = if self.splits.is_empty() { dataset.splits } else { self.splits };
        let request = load::Request {
            scans: or(self.scans, dataset.scans),
            references: or(self.references, dataset.references),
            format: None,
            labels: self.labels.or(dataset.labels),
            splits: splits.into_iter().collect(),
            cameras: self.cameras.or(dataset.cameras),
            superpoints: self.superpoints.or(dataset.superpoints),
            extras: true,
            scenes: self.scenes,
        };
        let found = load::discover(&request)?;
        let single = found.scans.iter().any(|s| request.scans.contains(&s.dir));
        let known = self.baseline.or_else(|| settings.baseline.clone());
        let known = known.map(|path| Baseline::parse(&path, &store::read(&path)?)).transpose()?;
        let engine = Engine::new(&settings)?
            .today(dataprep::cli::today()?)
            .partial(single || request.scenes.is_some())
            .baseline(known);
        let catalogue = load::catalogue(&found);
        catalogue.one_format()?;
        Ok(Ready { found, catalogue, engine })
    }
}

impl Ready {
    /// Looks at a part of the scans.
    fn reports(&self, part: (usize, usize), asked: Option<usize>, task: &Task) -> dataprep::Result<Reports> {
        let wanted = load::Wanted { labels: true, superpoints: self.found.superpoints.as_deref() };
        let scans = self.catalogue.scans.iter().skip(part.0).step_by(part.1.max(1)).count();
        task.total.store(scans, Ordering::Relaxed);
        pipeline::audit_part(
            &self.catalogue,
            part,
            &self.engine,
            &|entry| load::scan(entry, &self.catalogue.labels, wanted),
            &|done| {
                task.done.fetch_max(done, Ordering::Relaxed);
            },
            Effort { workers: jobs(asked), stop: &task.stop, cache: None },
        )
    }

    fn conclude(self, reports: Reports) -> dataprep::Result<Audited> {
        let audited = pipeline::conclude(&self.catalogue, &self.engine, reports)?;
        let mut notes = self.found.notes;
        notes.extend(self.catalogue.notes());
        Ok((report::json(&audited.report), notes))
    }
}

fn severity(word: &str) -> dataprep::Result<Severity> {
    let levels = [Severity::Error, Severity::Warning, Severity::Info];
    levels.into_iter().find(|level| level.word() == word).ok_or_else(|| {
        Error::new(Kind::Config, "no such severity").expected("error, warning or info").found(word)
    })
}

/// What is augmented, and how.
#[derive(Debug, FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Augment {
    pipeline: PathBuf,
    scans: Vec<PathBuf>,
    output: Option<PathBuf>,
    seed: Option<u64>,
    variants: Option<u32>,
    scenes: Option<String>,
    set: Vec<String>,
    overwrite: bool,
    update: bool,
    verify: bool,
    jobs: Option<usize>,
}

/// Plans an augmentation for many machines; gives the path of the plan, and notes.
#[pyfunction]
pub(crate) fn plan_into(
    py: Python<'_>,
    request: Augment,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<(String, Vec<String>)> {
    run(py, progress, move |_| request.plan())
}

/// The folder, the data set's id, and what the run had to say: notes, and findings as JSON.
type Augmented = (String, String, Vec<String>, String);

/// Augments scans into a folder of shards; a run that was stopped goes on where it was.
#[pyfunction]
pub(crate) fn augment(
    py: Python<'_>,
    request: Augment,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Augmented> {
    run(py, progress, move |task| request.run(task))
}

impl Augment {
    /// The pipeline with its changes, and the output folder.
    fn read(&self) -> dataprep::Result<(Config, PathBuf)> {
        let overrides = Overrides {
            scans: self.scans.clone(),
            output: self.output.clone(),
            seed: self.seed,
            variants: self.variants,
            scenes: self.scenes.clone(),
            set: self.set.clone(),
        };
        let config = Config::read(&self.pipeline, &overrides)?;
        let dir = config.folder("name one with output=, or in the pipeline")?;
        Ok((config, dir))
    }

    /// Writes the plan into the output folder; gives its path, and notes.
    fn plan(&self) -> dataprep::Result<(String, Vec<String>)> {
        let (config, dir) = self.read()?;
        let mut notes = Vec::new();
        let plan = pool(jobs(self.jobs))?.install(|| plan(&config, &mut notes))?;
        let session = Session::open(plan, Folder::new(&dir))?;
        let _lock = session.prepare(Existing::of(self.overwrite, self.update), false)?;
        Ok((text(&session.plan_path()), notes))
    }

    fn run(self, task: &Task) -> dataprep::Result<Augmented> {
        let (config, dir) = self.read()?;
        let workers = jobs(self.jobs);
        let mut notes = Vec::new();
        let plan = pool(workers)?.install(|| plan(&config, &mut notes))?;
        let store = Folder::new(&dir);
        if let State::Complete(_) = State::of(&store, &plan)?
            && !self.overwrite
        {
            notes.push("complete, nothing to do".to_owned());
            let bytes = store.read(MANIFEST)?;
            return Ok((text(&dir), Manifest::dataset_id(&bytes), notes, "[]".to_owned()));
        }
        let mut session = Session::open(plan, store)?;
        session.verify = self.verify;
        let _lock = session.prepare(Existing::of(self.overwrite, self.update), false)?;
        let scans = session.plan.units.iter().map(|unit| unit.scans.len()).sum();
        task.total.store(scans, Ordering::Relaxed);
        let progress = Progress::default();
        let all: Vec<usize> = (0..session.plan.units.len()).collect();
        watched(&progress, task, || session.run(&all, workers, &progress, &task.stop))?;
        let committed = session.commit()?;
        let findings = serde_json::to_string(&committed.findings)
            .map_err(|e| Error::new(Kind::Malformed, format!("findings cannot be shown: {e}")))?;
        Ok((text(&dir), committed.dataset_id, notes, findings))
    }
}

/// A path as text: as a path, Python would take the address of an object store apart.
pub(crate) fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Runs `work` while its progress is copied to where Python's thread looks.
pub(crate) fn watched<T>(progress: &Progress, task: &Task, work: impl FnOnce() -> T) -> T {
    let over = std::sync::atomic::AtomicBool::new(false);
    let copy = || task.done.store(progress.scans.load(Ordering::Relaxed), Ordering::Relaxed);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                copy();
                std::thread::park_timeout(std::time::Duration::from_millis(50));
            }
            copy();
        });
        let result = work();
        over.store(true, Ordering::Relaxed);
        watcher.thread().unpark();
        result
    })
}

/// What is not as the manifest claims, as (code, file, message), and the number of shards, scene
/// variants and descriptions.
type Verified = (Vec<(String, String, String)>, (usize, usize, u64));

/// Checks that a folder is what its manifest claims.
#[pyfunction]
pub(crate) fn verify(
    py: Python<'_>,
    path: PathBuf,
    jobs: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Verified> {
    run(py, progress, move |task| checked(&path, jobs, task))
}

fn checked(path: &Path, asked: Option<usize>, task: &Task) -> dataprep::Result<Verified> {
    let heard = |done, total| {
        task.total.store(total, Ordering::Relaxed);
        task.done.fetch_max(done, Ordering::Relaxed);
    };
    let (manifest, problems) =
        pool(jobs(asked))?.install(|| dataprep::write::verify(path, &heard, &task.stop))?;
    let problems = problems.into_iter().map(|p| (p.code.to_owned(), p.file, p.message)).collect();
    Ok((problems, (manifest.shards.len(), manifest.scenes.len(), manifest.totals.descriptions)))
}
