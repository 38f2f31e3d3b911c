//! One unit: scans in, one published shard and its marker out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use super::balance::Shares;
use super::config::{Check, Config};
use super::partners::Held;
use super::plan::{FOLDER, Plan, Unit};
use super::progress::{Progress, Stage};
use super::samples::Made;
use crate::audit::{Engine, Settings, Summary};
use crate::augment::Augmenter;
use crate::error::{Error, Kind, Result};
use crate::load;
use crate::scene::Catalogue;
use crate::store::{Folder, Outcome};
use crate::write::{Layout, ShardSummary, ShardWriter, Skipped, TextCounts};

/// What a finished unit leaves behind for the commit; published once the shard has its name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marker {
    /// The plan it belongs to.
    pub plan_id: String,
    /// Name of the unit.
    pub unit: String,
    /// The shard.
    pub shard: ShardSummary,
    /// What was left out and why.
    pub skipped: Vec<Skipped>,
    /// What the text gate did.
    pub text: TextCounts,
    /// Findings by code.
    pub findings: BTreeMap<String, u64>,
    /// What the audit needs to know of these scans to judge the data set.
    pub facts: Summary,
}

/// How a unit was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was computed and published now.
    Now,
    /// It had been done before; nothing was computed.
    Before,
}

/// A plan with everything that running its units needs, opened once a process.
pub struct Session {
    /// The plan.
    pub plan: Plan,
    /// The output folder.
    pub store: Folder,
    pub(super) check: Check,
    pub(super) shares: Shares,
    pub(super) catalogue: Catalogue,
    pub(super) engine: Engine,
    pub(super) augmenter: Augmenter,
    pub(super) held: Mutex<Held>,
    pub(super) layout: Layout,
    /// Check every variant's invariants while running.
    pub verify: bool,
}

impl Session {
    /// Opens a plan that is to be written into `store`.
    pub fn open(plan: Plan, store: Folder) -> Result<Self> {
        plan.check()?;
        let config = Config::parse(Path::new("plan"), plan.pipeline.clone())?;
        let catalogue = load::catalogue(&plan.sources.found());
        let mut settings = Settings { ignore: config.check.ignore.clone(), ..Settings::default() };
        if !config.check.select.is_empty() {
            settings.select.clone_from(&config.check.select);
        }
        // Some splits, or some scans, may have been left out on purpose.
        let engine = Engine::new(&settings)?.partial(true);
        let shares = Shares::of(&config.balance, &config.sample, &catalogue);
        let Config { check, sample, text, steps, output, .. } = config;
        let layout = output.layout();
        let augmenter = Augmenter { steps, text, seed: sample.seed };
        let held = Mutex::default();
        Ok(Self { plan, store, check, shares, catalogue, engine, augmenter, held, layout, verify: false })
    }

    /// Folder of this plan's own files.
    pub(super) fn folder(&self) -> String {
        format!("{FOLDER}/{}", self.plan.plan_id)
    }

    /// Where the plan is written down.
    pub fn plan_path(&self) -> PathBuf {
        self.store.path(&self.plan_name())
    }

    /// The plan's own file.
    pub(super) fn plan_name(&self) -> String {
        format!("{}/plan.json", self.folder())
    }

    fn marker_name(&self, unit: &Unit) -> String {
        format!("{}/units/{}.json", self.folder(), unit.name)
    }

    /// The marker of a unit, if it was done and its files are still there.
    pub fn marker(&self, unit: &Unit) -> Result<Option<Marker>> {
        let name = self.marker_name(unit);
        let Some(bytes) = self.store.read_if_present(&name)? else { return Ok(None) };
        let marker: Marker = serde_json::from_slice(&bytes).map_err(|e| {
            Error::new(Kind::Corrupt, format!("not a marker of dataprep: {e}"))
                .at(self.store.path(&name))
                .help("remove the file and run the same command again")
        })?;
        if marker.plan_id != self.plan.plan_id || marker.unit != unit.name {
            return Err(Error::new(Kind::Conflict, "the marker belongs to another plan or unit")
                .at(self.store.path(&name))
                .expected(format!("{} of plan {}", unit.name, self.plan.plan_id))
                .found(format!("{} of plan {}", marker.unit, marker.plan_id)));
        }
        Ok(if self.has_files(&marker)? { Some(marker) } else { None })
    }

    /// Whether the files of a marker are there.
    pub(super) fn has_files(&self, marker: &Marker) -> Result<bool> {
        for file in &marker.shard.files {
            if self.store.size(&file.file)? != Some(file.bytes) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Computes one unit and publishes its shard and its marker; a unit done before is left alone.
    ///
    /// Pure and idempotent: the same plan and unit give the same bytes, whoever runs it, however
    /// often. Loading, checking, augmenting and writing overlap through channels that hold one
    /// item each, so memory is bounded by a few scenes.
    ///
    /// # Errors
    /// `Interrupted` when `stop` was raised; `Conflict` when the unit is not in the plan, or when
    /// an earlier run of it gave other bytes; anything that keeps the shard from being written.
    /// A scan that cannot be used is no error: it is named in the marker.
    pub fn run_unit(&self, index: usize, progress: &Progress, stop: &AtomicBool) -> Result<Done> {
        let unit = self.plan.units.get(index).ok_or_else(|| {
            Error::new(Kind::Conflict, format!("unit {index} is not in the plan"))
                .expected(format!("0 to {}", self.plan.units.len().saturating_sub(1)))
        })?;
        if let Some(marker) = self.marker(unit)? {
            progress.reused(unit.scans.len(), &marker.shard);
            return Ok(Done::Before);
        }
        let mut shard = ShardWriter::new(&self.store, &unit.name, &self.catalogue.labels, &self.layout)?;
        let mut marker =
            Marker { plan_id: self.plan.plan_id.clone(), unit: unit.name.clone(), ..Marker::default() };

        let (scans_in, scans_out) = crossbeam_channel::bounded(1);
        let (samples_in, samples_out) = crossbeam_channel::bounded::<Made>(1);
        std::thread::scope(|scope| -> Result<()> {
            scope.spawn(move || {
                for scan in &unit.scans {
                    let loaded = progress.time(Stage::Load, || self.load_as_planned(scan));
                    let checked = progress.time(Stage::Audit, || loaded.map(|scan| self.audit(scan)));
                    if stop.load(Ordering::Relaxed) || scans_in.send(checked).is_err() {
                        break;
                    }
                }
            });
            scope.spawn(move || {
                let mut send = |made| !stop.load(Ordering::Relaxed) && samples_in.send(made).is_ok();
                for checked in scans_out {
                    let checked = match checked {
                        Ok(checked) => checked,
                        Err(error) => {
                            send(Made::Failed(error));
                            return;
                        }
                    };
                    if !self.samples(unit, checked, progress, &mut send) {
                        return;
                    }
                }
            });
            for made in samples_out {
                match made {
                    Made::Sample(sample) => progress.time(Stage::Write, || -> Result<()> {
                        let written = shard.write(&sample)?;
                        progress.sample(&sample, written.bytes);
                        Ok(())
                    })?,
                    Made::Skipped(skipped) => marker.skipped.push(skipped),
                    Made::Failed(error) => return Err(error),
                    Made::Scan { text, findings, facts } => {
                        marker.text.merge(&text);
                        for (code, n) in findings {
                            *marker.findings.entry(code).or_default() += n;
                        }
                        marker.facts = std::mem::take(&mut marker.facts).merge(facts)?;
                        progress.scan();
                    }
                }
            }
            Ok(())
        })?;
        if stop.load(Ordering::Relaxed) {
            return Err(interrupted());
        }
        marker.shard = progress.time(Stage::Write, || shard.publish())?;
        self.publish_marker(unit, &marker)?;
        progress.unit();
        Ok(Done::Now)
    }

    /// Publishes a marker, unless one is there: then it must say the same.
    pub(super) fn publish_marker(&self, unit: &Unit, marker: &Marker) -> Result<()> {
        let name = self.marker_name(unit);
        let bytes = serde_json::to_vec(marker).expect("strings and numbers");
        match self.store.create(&name, &bytes)? {
            Outcome::Existed(before) if before != bytes => {
                Err(Error::new(Kind::Conflict, format!("unit {} gave other bytes before", unit.name))
                    .at(self.store.path(&name))
                    .help("inputs may have changed under the run; check them, then run with --overwrite"))
            }
            _ => Ok(()),
        }
    }
}

/// The error of a run that was asked to stop.
pub fn interrupted() -> Error {
    Error::new(Kind::Interrupted, "stopped; run the same command again to go on")
}
