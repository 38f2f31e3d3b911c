//! A plan on this machine's threads: the output folder made ready, units run, the whole committed.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::commit::Committed;
use super::gc::{is_plan_id, leftovers, remove};
use super::plan::{FOLDER, Plan};
use super::progress::Progress;
use super::unit::{Done, Session, interrupted};
use crate::error::{Error, Kind, Result};
use crate::store::{self, Folder, Lock};
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
    pub fn of(store: &Folder, plan: &Plan) -> Result<Self> {
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
        let mut plans = store.folders(FOLDER)?;
        plans.retain(|plan| is_plan_id(plan));
        if let Some(other) = plans.iter().find(|p| **p != plan.plan_id) {
            return Ok(Self::Other(format!("an unfinished run of plan {other}")));
        }
        if !plans.is_empty() {
            return Ok(Self::Started);
        }
        let mut names = store.folders("")?.into_iter().chain(store.list("")?);
        Ok(names.find(|name| name != FOLDER).map_or(Self::Empty, Self::Foreign))
    }
}

/// What becomes of another plan's result in the output folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// Nothing: the run is refused.
    #[default]
    Refuse,
    /// Units that are still the same are kept, the rest is made anew.
    Update,
    /// It is removed.
    Replace,
}

impl Existing {
    /// As two switches say it; replacing wins.
    pub fn of(overwrite: bool, update: bool) -> Self {
        match (overwrite, update) {
            (true, _) => Self::Replace,
            (false, true) => Self::Update,
            (false, false) => Self::Refuse,
        }
    }
}

/// Who writes into an output folder holds this file.
const LOCK: &str = "_dataprep/lock";

/// Stands beside the plan in an object store that overwrites what it was asked to create.
const NO_CREATE: &str = "store-ignores-create.txt";
const NO_CREATE_SAYS: &[u8] = b"This store ignores If-None-Match. What parts of one plan write is the same whoever \
writes it, so that does no harm; two different plans that start at once in one folder might not see each other.\n";

impl Session {
    /// Makes the output folder ready: takes it for this run, refuses what is not this plan's,
    /// sweeps the litter of killed runs, and writes the plan down.
    ///
    /// Keep what it returns until the run is over: no other run can take the folder meanwhile, but
    /// other parts of this plan where this run is `part` of it. A part sweeps nothing: what lies about
    /// may be another part's own. See [`Self::tidy`].
    pub fn prepare(&self, existing: Existing, part: bool) -> Result<Lock> {
        self.refuse_others(existing)?;
        let part = part && existing == Existing::Refuse;
        let lock = if part { self.store.lock_shared(LOCK)? } else { self.store.lock(LOCK)? };
        match existing {
            Existing::Refuse => {}
            Existing::Replace => {
                self.forget(|_| true)?;
                for table in Table::ALL {
                    self.store.remove_folder(table.folder())?;
                }
            }
            Existing::Update => {
                self.adopt()?;
                self.forget(|plan| plan != self.plan.plan_id)?;
                if let State::Other(_) = State::of(&self.store, &self.plan)? {
                    // This plan's own result, damaged: units whose files are whole are kept.
                    self.store.remove(MANIFEST)?;
                }
            }
        }
        if !part {
            self.sweep()?;
        }
        let named = self.store.read_if_present(&self.plan_name())?.is_none();
        if named && !store::honours_create(self.store.root())? {
            self.store.publish(&format!("{}/{NO_CREATE}", self.folder()), NO_CREATE_SAYS)?;
        }
        let plan = serde_json::to_vec(&self.plan).expect("strings and numbers");
        self.store.publish(&self.plan_name(), &plan)?;
        // Parts of two plans may have come at once: each sees the other's plan now, if not before.
        self.refuse_others(Existing::Refuse)?;
        Ok(lock)
    }

    /// Takes part in a plan that is written down in its folder already: no other run can take the folder
    /// while what this returns is kept. It costs a few requests, so it may be done for each unit.
    ///
    /// # Errors
    /// `Conflict` when another run has the folder, when it holds something else, or when the plan is gone.
    pub fn join(&self) -> Result<Lock> {
        let lock = self.store.lock_shared(LOCK)?;
        self.refuse_others(Existing::Refuse)?;
        if self.store.size(&self.plan_name())?.is_none() {
            return Err(Error::new(Kind::Conflict, "the plan is not there any more")
                .at(self.plan_path())
                .help("plan again; units that were made are found by --update"));
        }
        Ok(lock)
    }

    /// Removes the manifest, so that nobody takes what is left for a data set, and then plans with their
    /// markers. A finished result of this plan stays.
    fn forget(&self, which: impl Fn(&str) -> bool) -> Result<()> {
        let plans = self.store.folders(FOLDER)?.into_iter().filter(|plan| is_plan_id(plan) && which(plan));
        let plans: Vec<String> = plans.collect();
        if !plans.is_empty() {
            self.store.remove(MANIFEST)?;
        }
        plans.iter().try_for_each(|plan| self.store.remove_folder(&format!("{FOLDER}/{plan}")))
    }

    /// Removes what killed parts left half-written, and of a finished data set what nothing needs any more,
    /// unless someone is at work.
    pub fn tidy(&self) -> Result<()> {
        match self.store.lock(LOCK) {
            Err(busy) if busy.kind() == Kind::Conflict => Ok(()),
            lock => {
                let _lock = lock?;
                self.sweep()?;
                if self.store.size(MANIFEST)?.is_some() {
                    remove(&self.store, &leftovers(&self.store)?)?;
                }
                Ok(())
            }
        }
    }

    fn sweep(&self) -> Result<()> {
        let own = [String::new(), self.folder(), format!("{}/units", self.folder())];
        let folders = own.into_iter().chain(Table::ALL.map(|t| t.folder().to_owned()));
        folders.into_iter().try_for_each(|folder| self.store.sweep(&folder))
    }

    /// An output folder that holds something else is left alone.
    fn refuse_others(&self, existing: Existing) -> Result<()> {
        match State::of(&self.store, &self.plan)? {
            State::Foreign(name) => {
                Err(Error::new(Kind::Conflict, format!("the output folder holds {name}, which is not ours"))
                    .at(self.store.root())
                    .help("choose an empty folder, or a new one, with -o"))
            }
            State::Other(what) if existing == Existing::Refuse => {
                Err(Error::new(Kind::Conflict, format!("the output folder holds {what}"))
                    .at(self.store.root())
                    .help(
                        "choose another folder with -o, bring it up to date with --update, which keeps what \
                         has not changed, or replace it with --overwrite",
                    ))
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
