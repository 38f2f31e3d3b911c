//! Loads scans and audits them, each on its own.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::cache::{Cache, Session};
use crate::audit::report::Report;
use crate::audit::{Engine, ScanReport, Summary};
use crate::error::{Error, Kind, Result};
use crate::scene::{Catalogue, Scan, ScanEntry};

/// The outcome of an audit.
#[derive(Clone, Debug)]
pub struct AuditRun {
    /// Findings, totals and verdict.
    pub report: Report,
    /// Facts by scan.
    pub summary: Summary,
    /// Number of scans whose report came from the cache.
    pub cached: usize,
    /// What kept the cache from being written.
    pub unsaved: Option<Error>,
}

/// How much is spent on an audit.
#[derive(Clone, Copy, Debug)]
pub struct Effort<'a> {
    /// Number of threads.
    pub workers: usize,
    /// Raised to end early.
    pub stop: &'a AtomicBool,
    /// Reports of scans that did not change.
    pub cache: Option<&'a Cache>,
}

/// What single scans gave.
#[derive(Debug)]
pub struct Reports {
    /// Each scan's report, in the order of the catalogue.
    pub scans: Vec<(String, ScanReport)>,
    /// Number of them that came from the cache.
    pub cached: usize,
    /// What kept the cache from being written.
    pub unsaved: Option<Error>,
}

/// Audits the scans of a catalogue. `load` reads one scan; each is dropped as soon as it was looked
/// at, so that memory holds at most one scan a worker. `progress` hears how many scans are done. The
/// outcome depends on neither threads nor timing, nor on the cache: `load` may look at nothing but a
/// scan's own files and the catalogue's labels.
///
/// # Errors
/// [`Kind::NotFound`] without scans, because nothing checked is never a success;
/// [`Kind::Interrupted`] when `stop` was set.
pub fn audit(
    catalogue: &Catalogue,
    engine: &Engine,
    load: &(dyn Fn(&ScanEntry) -> Scan + Sync),
    progress: &(dyn Fn(usize) + Sync),
    effort: Effort<'_>,
) -> Result<AuditRun> {
    let reports = audit_part(catalogue, (0, 1), engine, load, progress, effort)?;
    conclude(catalogue, engine, reports)
}

/// Audits every `n`-th scan of a catalogue, from the `i`-th on, for `(i, n)`; as [`audit`] but for
/// what concerns the data set as a whole.
pub fn audit_part(
    catalogue: &Catalogue,
    (i, n): (usize, usize),
    engine: &Engine,
    load: &(dyn Fn(&ScanEntry) -> Scan + Sync),
    progress: &(dyn Fn(usize) + Sync),
    Effort { workers, stop, cache }: Effort<'_>,
) -> Result<Reports> {
    if catalogue.scans.is_empty() {
        return Err(Error::new(Kind::NotFound, "there is no scan to audit"));
    }
    let entries: Vec<&ScanEntry> = catalogue.scans.iter().skip(i).step_by(n.max(1)).collect();
    // More threads than scans would have nothing to do.
    let workers = workers.min(entries.len()).max(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).build().map_err(|e| {
        Error::new(Kind::Io, format!("cannot start {workers} threads: {e}")).help("use a smaller -j")
    })?;
    let session = cache.map(|c| c.open(engine, catalogue));
    let done = AtomicUsize::new(0);
    let one = |&entry: &&ScanEntry| {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::new(Kind::Interrupted, "the audit was stopped before its end"));
        }
        let audit = || {
            let scan = load(entry);
            (engine.scan(&scan, catalogue), is_lasting(&scan))
        };
        let report = match &session {
            Some(session) => session.scan(entry, audit),
            None => audit().0,
        };
        progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        Ok((entry.id.clone(), report))
    };
    let scans: Result<Vec<_>> = pool.install(|| entries.par_iter().map(one).collect());
    // Also when interrupted: what was done need not be done again.
    let cached = session.as_ref().map_or(0, Session::cached);
    let unsaved = session.and_then(|s| s.save().err());
    Ok(Reports { scans: scans?, cached, unsaved })
}

/// The audit of a data set of whose scans these are the reports.
pub fn conclude(catalogue: &Catalogue, engine: &Engine, reports: Reports) -> Result<AuditRun> {
    let Reports { scans, cached, unsaved } = reports;
    let (mut findings, mut summary) = (Vec::new(), Summary::default());
    for (id, report) in scans {
        findings.extend(report.findings);
        summary = summary.merge(Summary::of(id, report.facts))?;
    }
    let report = engine.finish(findings, catalogue, &summary);
    Ok(AuditRun { report, summary, cached, unsaved })
}

/// Whether the scan would be read the same again: a device that fails, or a permission that is
/// missing, says nothing of the files.
fn is_lasting(scan: &Scan) -> bool {
    !scan.faults.iter().any(|f| matches!(f.error.kind(), Kind::Io | Kind::NotFound))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Settings;
    use crate::scene::Scene;

    fn catalogue(scans: usize) -> Catalogue {
        let mut catalogue = Catalogue::default();
        catalogue.scans = (0..scans)
            .map(|i| ScanEntry { id: format!("scene{i:04}_00"), dir: format!("scans/{i}").into() })
            .collect();
        catalogue.index();
        catalogue
    }

    fn load(entry: &ScanEntry) -> Scan {
        let file = |role: crate::scene::Role| crate::scene::ScanFile {
            role,
            path: entry.dir.join(role.file_name(&entry.id)),
            bytes: entry.id.contains('3').then_some(1),
        };
        let scene = Scene { id: entry.id.clone(), ..Scene::default() };
        Scan { scene, files: crate::scene::Role::ALL.map(file).into(), ..Scan::default() }
    }

    fn run(catalogue: &Catalogue, workers: usize, stop: bool) -> Result<AuditRun> {
        let engine = Engine::new(&Settings::default()).unwrap();
        let effort = Effort { workers, stop: &AtomicBool::new(stop), cache: None };
        audit(catalogue, &engine, &load, &|_| {}, effort)
    }

    #[test]
    fn the_outcome_is_the_same_for_any_number_of_threads() {
        let catalogue = catalogue(40);
        let json = |workers| crate::audit::report::json(&run(&catalogue, workers, false).unwrap().report);
        assert_eq!(json(1), json(7));
        assert!(json(1).contains("\"FIL101\""));
    }

    #[test]
    fn nothing_to_check_and_a_stop_are_errors() {
        assert_eq!(run(&catalogue(0), 1, false).err().unwrap().kind(), Kind::NotFound);
        assert_eq!(run(&catalogue(2), 1, true).err().unwrap().kind(), Kind::Interrupted);
    }
}
