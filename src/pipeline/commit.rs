//! The commit: every unit's marker merged into one manifest, written last.

use std::collections::BTreeMap;

use super::plan::Unit;
use super::unit::{Marker, Session};
use crate::audit::{Finding, Severity, Summary};
use crate::error::{Error, Kind, Result};
use crate::store::Outcome;
use crate::write::{FORMAT, MANIFEST, Manifest, on_threads};

/// A finished data set.
#[derive(Debug)]
pub struct Committed {
    /// The manifest.
    pub manifest: Manifest,
    /// BLAKE3 of the manifest's bytes: the data set's id.
    pub dataset_id: String,
    /// Findings about the data set as a whole.
    pub findings: Vec<Finding>,
}

impl Session {
    /// Merges the markers of all units and publishes the manifest. What is counted comes from the
    /// markers and from nothing else, so every unit counts exactly once, whoever ran it.
    ///
    /// # Errors
    /// `Conflict` when a unit has no marker (its name is said) or another manifest is there.
    pub fn commit(&self) -> Result<Committed> {
        let mut markers: Vec<(&Unit, Marker)> = Vec::new();
        let mut missing = Vec::new();
        for (unit, marker) in self.plan.units.iter().zip(self.markers()?) {
            match marker {
                Some(marker) => markers.push((unit, marker)),
                None => missing.push(unit.name.as_str()),
            }
        }
        if !missing.is_empty() {
            const NAMES: usize = 8;
            let mut names = missing[..missing.len().min(NAMES)].join(", ");
            if missing.len() > NAMES {
                names += &format!(" and {} more", missing.len() - NAMES);
            }
            return Err(Error::new(
                Kind::Conflict,
                format!("{} of {} units are not done", missing.len(), self.plan.units.len()),
            )
            .at(self.store.root())
            .found(names)
            .help(
                "run the same command again, the partitions that are missing, or `dataprep run` with --unit",
            ));
        }
        let mut manifest = Manifest {
            format: FORMAT,
            tool: self.plan.tool.clone(),
            plan_id: self.plan.plan_id.clone(),
            pipeline: self.plan.pipeline.clone(),
            pipeline_blake3: blake3::hash(self.plan.pipeline.as_bytes()).to_hex().to_string(),
            inputs: self.plan.inputs.clone(),
            skipped: self.plan.skipped.clone(),
            balance: self.plan.balance.clone(),
            ..Manifest::default()
        };
        manifest.set_layout(&self.layout);
        let mut facts = Summary::default();
        for (unit, marker) in markers {
            manifest.add_shard(&unit.split, marker.shard);
            manifest.skipped.extend(marker.skipped);
            manifest.text.merge(&marker.text);
            for (code, n) in marker.findings {
                *manifest.findings.entry(code).or_default() += n;
            }
            facts = facts.merge(marker.facts)?;
        }
        manifest.skipped.sort();
        manifest.classes = self.classes(&manifest);
        let findings = self.engine.dataset(&self.catalogue, &facts);
        for finding in &findings {
            *manifest.findings.entry(finding.code.clone()).or_default() += 1;
        }
        let bytes = manifest.to_bytes();
        if let Outcome::Existed(before) = self.store.create(MANIFEST, &bytes)?
            && before != bytes
        {
            return Err(Error::new(Kind::Conflict, "another manifest is there")
                .at(self.store.path(MANIFEST))
                .help("choose another folder with -o, or replace what is there with --overwrite"));
        }
        Ok(Committed {
            dataset_id: Manifest::dataset_id(&bytes),
            findings: findings.into_iter().filter(|f| f.severity != Severity::Info).collect(),
            manifest,
        })
    }

    /// The marker of each unit that is done. They are many small files, and storage may be far away, so
    /// several are asked for at once.
    pub fn markers(&self) -> Result<Vec<Option<Marker>>> {
        const AT_ONCE: usize = 16;
        on_threads(self.plan.units.iter().collect(), AT_ONCE, |unit| self.marker(unit)).into_iter().collect()
    }

    /// Class lookups of the categories that occur.
    fn classes(&self, manifest: &Manifest) -> BTreeMap<String, [i32; 3]> {
        let categories = manifest.totals.by_category.keys();
        categories
            .map(|category| {
                let index = |class: Option<u8>| class.map_or(-1, i32::from);
                let row = self.catalogue.labels.get(category);
                let classes = row.map_or([0, -1, -1], |r| {
                    [i32::from(r.nyu40), index(r.scannet20()), index(r.scannet200())]
                });
                (category.clone(), classes)
            })
            .collect()
    }
}
