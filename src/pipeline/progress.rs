//! What can be seen of a run while it runs.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use super::plan::Unit;
use super::unit::Marker;
use crate::write::{Sample, ShardSummary};

/// The four stages of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Files → scan.
    Load,
    /// Scan → findings.
    Audit,
    /// Scan → variants.
    Augment,
    /// Variants → shard.
    Write,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 4] = [Self::Load, Self::Audit, Self::Augment, Self::Write];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Audit => "audit",
            Self::Augment => "augment",
            Self::Write => "write",
        }
    }
}

/// Counters that the run moves and anyone may read.
#[derive(Debug, Default)]
pub struct Progress {
    /// Units done, before or now.
    pub units: AtomicUsize,
    /// Units that an earlier run had done.
    pub units_before: AtomicUsize,
    /// Scans done.
    pub scans: AtomicUsize,
    /// Scene variants written.
    pub samples: AtomicUsize,
    /// Sentences written.
    pub sentences: AtomicUsize,
    /// Bytes of points written.
    pub bytes: AtomicU64,
    nanos: [AtomicU64; 4],
}

impl Progress {
    /// Runs `work` and adds its time to the stage's.
    pub(super) fn time<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanos[stage as usize].fetch_add(nanos, Ordering::Relaxed);
        result
    }

    /// Seconds spent in a stage, added over threads.
    pub fn seconds(&self, stage: Stage) -> f64 {
        self.nanos[stage as usize].load(Ordering::Relaxed) as f64 / 1e9
    }

    pub(super) fn scan(&self) {
        self.scans.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn sample(&self, sample: &Sample, bytes: u64) {
        self.samples.fetch_add(1, Ordering::Relaxed);
        self.sentences.fetch_add(sample.sentences.len(), Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn unit(&self) {
        self.units.fetch_add(1, Ordering::Relaxed);
    }

    /// A unit that another process did, `now` or before; what it left behind, if that can be seen here.
    pub fn elsewhere(&self, unit: &Unit, left: Option<Marker>, now: bool) {
        let shard = left.map(|marker| marker.shard).unwrap_or_default();
        self.reused(unit.scans.len(), &shard);
        if now {
            self.units_before.fetch_sub(1, Ordering::Relaxed);
            self.bytes.fetch_add(shard.files.iter().map(|file| file.bytes).sum(), Ordering::Relaxed);
        }
    }

    pub(super) fn reused(&self, scans: usize, shard: &ShardSummary) {
        self.units.fetch_add(1, Ordering::Relaxed);
        self.units_before.fetch_add(1, Ordering::Relaxed);
        self.scans.fetch_add(scans, Ordering::Relaxed);
        self.samples.fetch_add(shard.scenes.len(), Ordering::Relaxed);
        self.sentences.fetch_add(shard.counts.descriptions as usize, Ordering::Relaxed);
    }
}
