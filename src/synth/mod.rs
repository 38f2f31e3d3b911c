//! Made scans: ScanNet- and ScanRefer-shaped data with known truth.
//!
//! Seed → a room with furniture in it ([`room`]) → a scan of it: vertices, segments, objects in a
//! raw frame ([`sample`]) → sentences whose claims are measured on the scan ([`describe`]) → files
//! ([`files`]). Nothing here comes from ScanNet or ScanRefer; shapes, counts and word statistics
//! are fitted to what was measured on them.

mod category;
mod colour;
mod describe;
mod faults;
mod files;
mod furniture;
mod phrase;
mod ply;
mod room;
mod sample;
mod shape;
pub mod truth;
mod uses;

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use crate::error::{Error, Kind, Result};
use crate::math::{Key, Purpose};
use crate::store::Folder;

pub use faults::{Fault, Planted, faults};
pub use files::{DescriptionTruth, ScanTruth, Truth};
use files::{Kept, MadeScan, Split};

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Number of scans; every third room has two.
    pub scenes: u32,
    /// Number of vertices of a scan, about.
    pub vertices: u32,
    /// Everything random follows from this.
    pub seed: u64,
    /// Whether each description gets a camera.
    pub cameras: bool,
    /// The one thing that is to be wrong.
    pub fault: Option<&'static Fault>,
}

/// What was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Scan folders.
    pub scans: u32,
    /// Descriptions in both references files.
    pub descriptions: u32,
    /// Vertices of all scans.
    pub vertices: u64,
    /// Bytes of all files.
    pub bytes: u64,
}

/// A scan to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Plan {
    room: u32,
    scan: u32,
    split: Split,
}

impl Plan {
    fn id(&self) -> String {
        format!("scene{:04}_{:02}", self.room, self.scan)
    }

    /// The first `scenes` scans: every third room, the second one first, is scanned twice; every
    /// fifth, from the second on, is for validation. So no room is in both splits, and two scans
    /// are enough to have both.
    fn all(scenes: u32) -> Vec<Self> {
        (0..)
            .flat_map(|room| {
                let split = if room % 5 == 1 { Split::Val } else { Split::Train };
                let scans = if room % 3 == 1 { 2 } else { 1 };
                (0..scans).map(move |scan| Self { room, scan, split })
            })
            .take(scenes as usize)
            .collect()
    }

    /// Makes the scan in memory.
    fn make(&self, options: &Options) -> MadeScan {
        let Options { vertices, seed, .. } = *options;
        let room_id = format!("scene{:04}", self.room);
        let mut stream = Key::new(seed, &room_id, 0, "synth room").stream(Purpose::Parameters);
        let uses = room::Use::ALL;
        // Shifted by one each five rooms: otherwise validation, every fifth, would be of one use.
        let used_as = uses[(u64::from(self.room + self.room / 5) + seed) as usize % uses.len()];
        let room = room::furnish(used_as, sample::richness(vertices), &mut stream);
        let id = self.id();
        let (scene, viewpoint) = sample::scan(&room, &id, vertices, seed);
        let said = if self.scan == 0 {
            let detailed = vertices >= 20_000;
            describe::describe(&truth::SceneView::new(&scene, viewpoint), seed, &id, detailed)
        } else {
            vec![]
        };
        MadeScan { scene, scene_type: used_as.scene_type(), split: self.split, viewpoint, said }
    }
}

/// Makes a data set in `store`: scan folders, label table, split lists, references, `truth.json`
/// and a README. The same options give the same bytes for any number of threads. `progress` is
/// told how many scans are done.
pub fn generate(store: &Folder, options: &Options, progress: &(dyn Fn(u32) + Sync)) -> Result<Made> {
    if options.scenes == 0 || options.scenes > 10_000 {
        return Err(Error::new(Kind::Config, "the number of scenes cannot be used")
            .expected("1 to 10000")
            .found(options.scenes.to_string()));
    }
    if !(1_000..=5_000_000).contains(&options.vertices) {
        return Err(Error::new(Kind::Config, "the number of vertices cannot be used")
            .expected("1000 to 5000000")
            .found(options.vertices.to_string()));
    }
    if let Some(fault) = options.fault.filter(|f| f.scenes() > options.scenes) {
        return Err(Error::new(Kind::Config, "the data set is too small for this fault")
            .expected(format!("at least {} scans", fault.scenes()))
            .found(options.scenes.to_string())
            .help("ask for more scans with --scenes"));
    }
    let options =
        &Options { cameras: options.cameras || options.fault.is_some_and(Fault::cameras), ..*options };
    let done = AtomicU32::new(0);
    let plans = Plan::all(options.scenes);
    let results: Vec<(Kept, u64, u64, Option<Planted>)> = plans
        .par_iter()
        .map(|plan| {
            let mut scan = plan.make(options);
            let here = plan == &plans[0];
            let planted = options.fault.filter(|_| here).and_then(|fault| fault.plant_in(&mut scan));
            let mut bytes = files::write_scan(store, &scan)?;
            if options.cameras {
                bytes += files::write_cameras(store, &scan)?;
            }
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            let kept = Kept {
                id: scan.scene.id.clone(),
                split: scan.split,
                truth: ScanTruth::of(&scan),
                categories: scan.scene.objects.iter().map(|o| o.raw_category.clone()).collect(),
                said: scan.said,
            };
            Ok((kept, scan.scene.points.len() as u64, bytes, planted))
        })
        .collect::<Result<_>>()?;
    let mut made = Made { scans: results.len() as u32, ..Made::default() };
    let mut planted = None;
    for (kept, vertices, bytes, here) in &results {
        made.descriptions += kept.said.len() as u32;
        made.vertices += vertices;
        made.bytes += bytes;
        planted = planted.or_else(|| here.clone());
    }
    let kept: Vec<Kept> = results.into_iter().map(|r| r.0).collect();
    made.bytes += files::write_lists(store, &kept, &readme(options))?;
    if let Some(fault) = options.fault {
        let place = fault.plant_files(store, &kept)?;
        planted = planted.or(place);
    }
    made.bytes += files::write_truth(store, &kept, planted)?;
    Ok(made)
}

/// The first words of the README of a made data set.
pub const README_STARTS: &str = "Made by `dataprep synth`";

/// The first words of the configuration of a made data set.
pub const CONFIGURATION_STARTS: &str = "# Made by `dataprep synth`.";

fn readme(options: &Options) -> String {
    let Options { scenes, vertices, seed, cameras, fault } = options;
    let cameras = if *cameras { (" --cameras", ", annotated_cameras/") } else { ("", "") };
    let fault = fault.map_or_else(String::new, |f| format!(" --fault {}", f.code));
    format!(
        "{README_STARTS}, version {}:\n\n    dataprep synth --scenes {scenes} --vertices {vertices} --seed {seed}{}{fault}\n\n\
         Rooms, scans and sentences are generated; nothing in here comes from ScanNet or ScanRefer.\n\
         The layout is theirs: scans/, scannetv2-labels.combined.tsv, scannetv2_{{train,val}}.txt,\n\
         ScanRefer_filtered_{{train,val}}.json{}. truth.json says where the speaker of each scan stands\n\
         and what each description claims; every claim holds on the scan's vertices.\n",
        crate::VERSION,
        cameras.0,
        cameras.1,
    )
}

#[cfg(test)]
mod tests;
