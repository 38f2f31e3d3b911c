//! An output folder brought up to date: units that an earlier plan made just so are kept.
//!
//! A unit's fingerprint is a hash of all that decides its shard. Whatever else is new, equal fingerprints
//! mean equal bytes, so its marker is taken over and its shard stays where it is.

use std::collections::BTreeMap;

use serde::Serialize;

use super::balance::Shares;
use super::plan::{FOLDER, Plan, Unit};
use super::unit::{Marker, Session};
use crate::error::Result;
use crate::scene::Catalogue;
use crate::store;
use crate::write::{FORMAT, Input};

/// What the fingerprints of a plan's units are made of.
pub(super) struct Deciding<'a> {
    pub(super) tool: &'a str,
    /// What of it decides shards, as canonical TOML.
    pub(super) pipeline: &'a str,
    pub(super) catalogue: &'a Catalogue,
    pub(super) shares: &'a Shares,
    /// The files of each scan.
    pub(super) files: BTreeMap<&'a str, &'a [Input]>,
    /// Whether a step takes points from other scans.
    pub(super) mixes: bool,
}

impl Deciding<'_> {
    /// The fingerprints of `units`, which are all of the plan's.
    pub(super) fn fingerprints(&self, units: &[Unit]) -> Vec<String> {
        // Where scans meet, each may decide what becomes of any other of its split.
        let mut splits: BTreeMap<&str, Vec<&Input>> = BTreeMap::new();
        for unit in units.iter().filter(|_| self.mixes) {
            let files = unit.scans.iter().filter_map(|scan| self.files.get(scan.as_str()));
            splits.entry(&unit.split).or_default().extend(files.copied().flatten());
        }
        let fingerprint = |unit: &Unit| {
            let mut hash = blake3::Hasher::new_derive_key("dataprep 1 unit");
            let mut add = |bytes: Vec<u8>| {
                hash.update(&(bytes.len() as u64).to_le_bytes()).update(&bytes);
            };
            add(json(&(FORMAT, self.tool, self.pipeline, &unit.name, &unit.split)));
            add(format!("{:?}", self.catalogue.labels).into_bytes());
            add(json(&splits.get(unit.split.as_str())));
            for scan in &unit.scans {
                add(json(&(scan, self.files.get(scan.as_str()))));
                for d in self.catalogue.descriptions_of(scan) {
                    // Where a record stands in its file decides nothing.
                    let said = (d.object_id, &d.object_name, &d.ann_id, d.numeric_ids, &d.text, &d.tokens);
                    let share = self.shares.share(d);
                    add(json(&(said, format!("{:?}", d.referent), self.catalogue.is_scanrefer(d))));
                    add(json(&(share.original, share.variants, share.weight.to_bits())));
                }
            }
            hash.finalize().to_hex()[..32].to_owned()
        };
        units.iter().map(fingerprint).collect()
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("strings and numbers")
}

impl Session {
    /// Whether the files of a marker are there and, where looking is cheap, what was written.
    fn has_sound_files(&self, marker: &Marker) -> Result<bool> {
        if !self.has_files(marker)? {
            return Ok(false);
        }
        for file in &marker.shard.files {
            let path = self.store.path(&file.file);
            if !store::is_address(&path) && store::digest(&path)?.to_hex().as_str() != file.blake3 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes over what earlier plans of this folder made of the same units; says how many units that
    /// were. Plans that cannot be read, and units whose files are gone, are passed over.
    pub(super) fn adopt(&self) -> Result<usize> {
        let mut adopted = 0;
        for id in self.store.folders(FOLDER)?.iter().filter(|id| **id != self.plan.plan_id) {
            let Some(bytes) = self.store.read_if_present(&format!("{FOLDER}/{id}/plan.json"))? else {
                continue;
            };
            let Ok(old) = serde_json::from_slice::<Plan>(&bytes) else { continue };
            let made: BTreeMap<&str, &str> =
                old.units.iter().map(|unit| (unit.fingerprint.as_str(), unit.name.as_str())).collect();
            for unit in &self.plan.units {
                let Some(name) = made.get(unit.fingerprint.as_str()) else { continue };
                let marker = self.store.read_if_present(&format!("{FOLDER}/{id}/units/{name}.json"))?;
                let Some(Ok(marker)) = marker.map(|bytes| serde_json::from_slice::<Marker>(&bytes)) else {
                    continue;
                };
                if self.has_sound_files(&marker)? {
                    self.publish_marker(unit, &Marker { plan_id: self.plan.plan_id.clone(), ..marker })?;
                    adopted += 1;
                }
            }
        }
        Ok(adopted)
    }
}
