//! What a run will make, as far as that can be said without reading points.

use rayon::prelude::*;

use super::unit::Session;
use crate::augment::TextAction;
use crate::load::ply;
use crate::scene::{Description, Role, ScanEntry};
use crate::write::{BLOBS, TextCounts};

/// What a run will make.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forecast {
    /// Scans to be used.
    pub scans: u64,
    /// Descriptions of them that mean one object.
    pub descriptions: u64,
    /// Rows: scans times their variants.
    pub rows: u64,
    /// Bytes of all points if no step removed any; an estimate from above.
    pub bytes: u64,
    /// What the text gate will do, by the parameters that will be drawn. The audit may leave out
    /// descriptions before it, and steps in `blind` may drop more.
    pub text: TextCounts,
    /// Ids of the steps whose effect on sentences only the points tell.
    pub blind: Vec<String>,
}

impl Session {
    /// Says what running this plan will make. Reads the headers of the meshes and no points; one
    /// that cannot be read counts no bytes.
    pub fn forecast(&self) -> Forecast {
        let scans: Vec<&str> =
            self.plan.units.iter().flat_map(|u| u.scans.iter().map(String::as_str)).collect();
        let each = scans.par_iter().map(|scan| self.forecast_of(scan));
        let blind = self.augmenter.needs_points().into_iter().map(str::to_owned).collect();
        let none = || Forecast::default();
        let sum = each.reduce(none, |mut all, one| {
            all.scans += one.scans;
            all.descriptions += one.descriptions;
            all.rows += one.rows;
            all.bytes += one.bytes;
            all.text.merge(&one.text);
            all
        });
        Forecast { blind, ..sum }
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
            let of_point: usize = BLOBS.iter().map(|b| b.width * b.item).sum();
            forecast.bytes = mesh.map_or(0, |m| m.vertices) * of_point as u64 * forecast.rows;
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
