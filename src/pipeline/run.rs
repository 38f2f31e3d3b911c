//! A plan on this machine's threads: the output folder made ready, units run, the whole committed.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::commit::Committed;
use super::plan::Plan;
use super::progress::Progress;
use super::unit::{Done, Session, interrupted};
use crate::error::{Error, Kind, Result};
use crate::store::Local;
use crate::write::{MANIFEST, Manifest, Table};

/// What an output folder holds, seen from a plan.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Nothing.
    Empty,
    /// Some of this plan's units, or none of them yet.
    Started,
    /// This plan's finished result.
    Complete(Box<Manifest>),
    /// Another result of dataprep; what it is.
    Other(String),
    /// Something that dataprep did not make; the first name.
    Foreign(String),
}

impl State {
    /// Looks at the output folder.
    pub fn of(store: &Local, plan: &Plan) -> Result<Self> {
        if let Some(bytes) = store.read_if_present(MANIFEST)? {
            let manifest = match Manifest::parse(&bytes, &store.path(MANIFEST)) {
                Ok(manifest) => manifest,
                Err(error) => return Ok(Self::Other(error.detail())),
            };
            if manifest.plan_id != plan.plan_id {
                return Ok(Self::Other(format!("the result of plan {}", manifest.plan_id)));
            }
            for file in manifest.shards.iter().flat_map(|s| &s.files) {
                if store.size(&file.file)? != Some(file.bytes) {
                    return Ok(Self::Other(format!(
                        "a damaged result: {} is missing or cut short",
                        file.file
                    )));
                }
            }
            return Ok(Self::Complete(Box::new(manifest)));
        }
        let plans = store.folders("_dataprep")?;
        if let Some(other) = plans.iter().find(|p| **p != plan.plan_id) {
            return Ok(Self::Other(format!("an unfinished run of plan {other}")));
        }
        if !plans.is_empty() {
            return Ok(Self::Started);
        }
        let mut names = store.folders("")?.into_iter().chain(store.list("")?);
        Ok(names.find(|name| name != "_dataprep").map_or(Self::Empty, Self::Foreign))
    }
}

/// Who writes into an output folder holds this file.
const LOCK: &str = "_dataprep/lock";

impl Session {
    /// Makes the output folder ready: takes it for this run, refuses what is not this plan's,
    /// sweeps the litter of killed runs, and writes the plan down.
    ///
    /// Keep what it returns until the run is over: no other run can take the folder meanwhile, but
    /// other parts of this plan where this run is `part` of it. A part sweeps nothing: what lies about
    /// may be another part's own. See [`Self::tidy`].
    pub fn prepare(&self, overwrite: bool, part: bool) -> Result<std::fs::File> {
        self.refuse_others(overwrite)?;
        let part = part && !overwrite;
        let lock = if part { self.store.lock_shared(LOCK)? } else { self.store.lock(LOCK)? };
        if overwrite {
            self.store.remove(MANIFEST)?;
            for plan in self.store.folders("_dataprep")? {
                self.store.remove_folder(&format!("_dataprep/{plan}"))?;
            }
            for table in Table::ALL {
                self.store.remove_folder(table.folder())?;
            }
        }
        if !part {
            self.sweep()?;
        }
        let plan = serde_json::to_vec(&self.plan).expect("strings and numbers");
        self.store.publish(&self.plan_name(), &plan)?;
        // Parts of two plans may have come at once: each sees the other's plan now, if not before.
        self.refuse_others(false)?;
        Ok(lock)
    }

    /// Removes what killed parts left half-written, unless someone is at work.
    pub fn tidy(&self) -> Result<()> {
        match self.store.lock(LOCK) {
            Err(busy) if busy.kind() == Kind::Conflict => Ok(()),
            lock => {
                let _lock = lock?;
                self.sweep()
            }
        }
    }

    fn sweep(&self) -> Result<()> {
        let own = [String::new(), self.folder(), format!("{}/units", self.folder())];
        let folders = own.into_iter().chain(Table::ALL.map(|t| t.folder().to_owned()));
        folders.into_iter().try_for_each(|folder| self.store.sweep(&folder))
    }

    /// An output folder that holds something else is left alone.
    fn refuse_others(&self, overwrite: bool) -> Result<()> {
        match State::of(&self.store, &self.plan)? {
            State::Foreign(name) => {
                Err(Error::new(Kind::Conflict, format!("the output folder holds {name}, which is not ours"))
                    .at(self.store.root())
                    .help("choose an empty folder, or a new one, with -o"))
            }
            State::Other(what) if !overwrite => {
                Err(Error::new(Kind::Conflict, format!("the output folder holds {what}"))
                    .at(self.store.root())
                    .help("choose another folder with -o, or replace what is there with --overwrite"))
            }
            _ => Ok(()),
        }
    }

    /// Runs the given units on `workers` threads, at most that many at once.
    pub fn run(&self, units: &[usize], workers: usize, progress: &Progress, stop: &AtomicBool) -> Result<()> {
        super::keep_heap();
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(workers)
            .build()
            .map_err(|e| Error::new(Kind::Io, format!("cannot start {workers} threads: {e}")))?;
        pool.install(|| {
            units.par_iter().try_for_each(|&unit| {
                if stop.load(Ordering::Relaxed) {
                    return Err(interrupted());
                }
                self.run_unit(unit, progress, stop).map(|_: Done| ())
            })
        })
    }

    /// Runs every unit and commits.
    pub fn run_all(&self, workers: usize, progress: &Progress, stop: &AtomicBool) -> Result<Committed> {
        let all: Vec<usize> = (0..self.plan.units.len()).collect();
        self.run(&all, workers, progress, stop)?;
        self.commit()
    }
}
