//! The other scan of steps that mix scans.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use super::samples::{Checked, prepare};
use super::unit::Session;
use crate::audit::Severity;
use crate::augment::Partners;
use crate::scene::{Scene, room_of};

/// Scans that were looked at as partners.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The last few, the latest last: bounded, as memory must not grow with the data set.
    scenes: Vec<Arc<Scene>>,
    /// Those that cannot be used.
    unfit: BTreeSet<String>,
}

/// How many scans are held to be used again.
const HELD: usize = 4;

/// The scans of one split.
pub(super) struct Others<'a> {
    session: &'a Session,
    split: &'a str,
}

impl Session {
    /// The scans of a split, to take partners from.
    pub(super) fn others<'a>(&'a self, split: &'a str) -> Others<'a> {
        Others { session: self, split }
    }

    /// A scan as it may be added to others: whole, and without an error that is about the scan or
    /// one of its objects. What its sentences say does not matter, as none comes along.
    fn partner(&self, id: &str) -> Option<Arc<Scene>> {
        // A worker that panicked while it held the lock left nothing half done.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.unfit.contains(id) {
            return None;
        }
        if let Some(at) = held.scenes.iter().position(|scene| scene.id == id) {
            let scene = held.scenes.remove(at);
            held.scenes.push(Arc::clone(&scene));
            return Some(scene);
        }
        drop(held);
        let Checked { scan, findings, facts } = self.audit(self.load(id));
        let wrong = findings.iter().any(|f| f.severity == Severity::Error && f.ann_id.is_none());
        let fit = !wrong && self.usable(&scan, &findings, &facts).0.is_some();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if !fit {
            held.unfit.insert(id.to_owned());
            return None;
        }
        let scene = Arc::new(prepare(scan.scene));
        if held.scenes.len() == HELD {
            held.scenes.remove(0);
        }
        held.scenes.push(Arc::clone(&scene));
        Some(scene)
    }
}

impl Partners for Others<'_> {
    /// Of the plan's scans of the split that are of other rooms, the first usable one in the order
    /// of a hash of seed, scene, variant, step and candidate: another scan in the data set changes
    /// only the choices that fall on it.
    fn partner(&self, scene: &str, variant: u32, step: &str) -> Option<Arc<Scene>> {
        let session = self.session;
        let units = session.plan.units.iter().filter(|unit| unit.split == self.split);
        let scans = units.flat_map(|unit| &unit.scans).map(String::as_str);
        let ranked = ranked(session.augmenter.seed, scene, variant, step, scans);
        ranked.into_iter().find_map(|scan| session.partner(scan))
    }
}

/// The scans of other rooms in the order in which one step of one variant of `scene` asks them.
pub(super) fn ranked<'a>(
    seed: u64,
    scene: &str,
    variant: u32,
    step: &str,
    scans: impl Iterator<Item = &'a str>,
) -> Vec<&'a str> {
    let others = scans.filter(|scan| room_of(scan) != room_of(scene));
    let mut ranked: Vec<([u8; 32], &str)> = others
        .map(|scan| {
            let mut hash = blake3::Hasher::new_derive_key("dataprep 1 partner");
            hash.update(&seed.to_le_bytes()).update(&variant.to_le_bytes());
            for name in [scene, step, scan] {
                hash.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
            }
            (*hash.finalize().as_bytes(), scan)
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, scan)| scan).collect()
}
