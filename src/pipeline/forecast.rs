//! What a run will make, as far as that can be said without reading all points.

use rayon::prelude::*;

use super::progress::Progress;
use super::samples::Made;
use super::unit::Session;
use crate::augment::TextAction;
use crate::error::{Error, Result};
use crate::load::ply;
use crate::scene::{Description, Role, ScanEntry};
use crate::store::Folder;
use crate::write::{Layout, Profile, Sample, ShardWriter, TextCounts};

/// What a run will make.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forecast {
    /// Scans to be used.
    pub scans: u64,
    /// Descriptions of them that mean one object.
    pub descriptions: u64,
    /// Rows: scans times their variants.
    pub rows: u64,
    /// Points of all rows if no step removed any; an estimate from above.
    pub points: u64,
    /// What the text gate will do, by the parameters that will be drawn. The audit may leave out
    /// descriptions before it, and steps in `blind` may drop more.
    pub text: TextCounts,
    /// Bytes on disk of the layout as configured, then of each profile, for as many points: those of
    /// `measured_on`, written for a trial, scaled.
    pub sizes: Vec<(String, u64)>,
    /// The sample that sizes were measured on; none when no scan could be used.
    pub measured_on: Option<String>,
    /// Ids of the steps whose effect on sentences only the points tell.
    pub blind: Vec<String>,
}

impl Session {
    /// Says what running this plan will make. Reads the headers of the meshes, and the points of one scan
    /// to see what they take on disk; a mesh that cannot be read counts no points.
    pub fn forecast(&self) -> Forecast {
        let scans: Vec<&str> =
            self.plan.units.iter().flat_map(|u| u.scans.iter().map(String::as_str)).collect();
        let each = scans.par_iter().map(|scan| self.forecast_of(scan));
        let blind = self.augmenter.needs_points().into_iter().map(str::to_owned).collect();
        let none = Forecast::default;
        let sum = each.reduce(none, |mut all, one| {
            all.scans += one.scans;
            all.descriptions += one.descriptions;
            all.rows += one.rows;
            all.points += one.points;
            all.text.merge(&one.text);
            all
        });
        let (mut sizes, mut measured_on) = (Vec::new(), None);
        if let Some(sample) = self.first_sample() {
            let layouts = [self.layout.clone()].into_iter().chain(Profile::ALL.map(Profile::layout));
            for layout in layouts {
                // Where there is no room for a trial, sizes are not foretold.
                let Ok(bytes) = self.size_of(&sample, &layout) else { continue };
                let of_point = bytes as f64 / sample.scene.points.len().max(1) as f64;
                sizes.push((layout.name(), (of_point * sum.points as f64) as u64));
            }
            measured_on = Some(sample.sample_id);
        }
        Forecast { sizes, measured_on, blind, ..sum }
    }

    /// The first sample that the plan makes.
    fn first_sample(&self) -> Option<Sample> {
        let mut found = None;
        for unit in &self.plan.units {
            for scan in &unit.scans {
                self.samples(unit, self.audit(self.load(scan)), &Progress::default(), &mut |made| {
                    if let Made::Sample(sample) = made {
                        found = Some(*sample);
                    }
                    found.is_none()
                });
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Bytes that a sample takes on disk.
    fn size_of(&self, sample: &Sample, layout: &Layout) -> Result<u64> {
        let dir = tempfile::tempdir().map_err(|e| Error::io("write", std::env::temp_dir(), &e))?;
        let store = Folder::new(dir.path());
        let mut shard = ShardWriter::new(&store, "size", &self.catalogue.labels, layout)?;
        shard.write(sample)?;
        Ok(shard.publish()?.files.iter().map(|file| file.bytes).sum())
    }

    fn forecast_of(&self, scan: &str) -> Forecast {
        let all = self.catalogue.descriptions_of(scan);
        let single: Vec<Description> = all.iter().filter(|d| d.is_single()).cloned().collect();
        let variants = self.shares.variants(all);
        let mut forecast = Forecast {
            scans: 1,
            descriptions: single.len() as u64,
            rows: variants.len() as u64,
            ..Forecast::default()
        };
        if let Some(dir) = self.plan.sources.scans.get(scan) {
            let entry = ScanEntry { id: scan.to_owned(), dir: dir.clone() };
            let mesh = ply::declared(&entry.dir.join(Role::Mesh.file_name(&entry.id)));
            forecast.points = mesh.map_or(0, |m| m.vertices) * forecast.rows;
        }
        for variant in variants {
            let used: Vec<Description> =
                single.iter().filter(|d| self.shares.share(d).is_in(variant)).cloned().collect();
            for sentence in self.augmenter.foresee(scan, &used, variant) {
                match sentence.action {
                    TextAction::Keep => forecast.text.kept += 1,
                    TextAction::Adapt => forecast.text.adapted += 1,
                    TextAction::Drop => {
                        *forecast.text.dropped.entry(sentence.reason.unwrap_or_default()).or_default() += 1;
                    }
                }
            }
        }
        forecast
    }
}
