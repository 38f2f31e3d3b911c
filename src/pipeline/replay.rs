//! One stored sample made again from the raw scan.

use std::path::{Path, PathBuf};

use super::config::Config;
use super::plan::{Plan, plan};
use super::progress::Progress;
use super::samples::Made;
use super::unit::Session;
use crate::augment::Needs;
use crate::error::{Error, Kind, Result};
use crate::load;
use crate::scene::ScanEntry;
use crate::store::{self, Folder};
use crate::write::{Difference, MANIFEST, Manifest, Sample, SceneIndex, compare, data_set_of, find_sample};

/// What came of making a sample again.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The shard that holds it.
    pub shard: String,
    /// What it holds: points and sentences.
    pub scene: SceneIndex,
    /// The first difference; `None` when every bit is the same.
    pub difference: Option<Difference>,
    /// Where there is a difference: files that are not what they were when the data set was made.
    pub changed: Vec<String>,
}

/// Makes the sample of this id again and compares it with what `path` holds: a data set's folder, or
/// a shard file of it. `scans` and `references` say where these lie, when they lie elsewhere than when
/// the data set was made; references are found beside the scans, as `augment` finds them.
///
/// # Errors
/// When there is no such sample, when the scans are not there, when the data set was made by another
/// version, and when the sample cannot be made any more.
pub fn replay(path: &Path, sample_id: &str, scans: &[PathBuf], references: &[PathBuf]) -> Result<Replayed> {
    let (root, shard) = data_set_of(path)?;
    let store = Folder::new(&root);
    let (manifest, _) = Manifest::of(&store)?;
    let scene = find_sample(&manifest, sample_id, shard.as_deref(), path)?;
    let plan = plan_of(&store, &manifest, &scene.scene_id, scans, references)?;
    let dir =
        plan.sources.scans.get(&scene.scene_id).cloned().filter(|dir| store::is_dir(dir).unwrap_or(false));
    let Some(dir) = dir else {
        return Err(Error::new(Kind::NotFound, format!("scan {} is not where it was", scene.scene_id))
            .at(&root)
            .help("say where it lies now with --scans"));
    };
    let entry = ScanEntry { id: scene.scene_id.clone(), dir };

    let session = Session::open(plan, Folder::new(&root))?;
    let sample = session.remake(scene)?;
    let shard = manifest.shards.iter().find(|s| s.name == scene.shard).ok_or_else(|| {
        Error::new(Kind::Corrupt, format!("shard {} is not listed", scene.shard)).at(store.path(MANIFEST))
    })?;
    let difference = compare(&store, shard, scene, &sample, &session.catalogue.labels, &manifest.layout)?;
    let changed = if difference.is_some() { session.changed(&manifest, &entry) } else { Vec::new() };
    Ok(Replayed { shard: shard.name.clone(), scene: scene.clone(), difference, changed })
}

/// The plan as it was written down; with `scans`, one made anew for this scan alone.
fn plan_of(
    store: &Folder,
    manifest: &Manifest,
    scan: &str,
    scans: &[PathBuf],
    references: &[PathBuf],
) -> Result<Plan> {
    if scans.is_empty() {
        let name = format!("_dataprep/{}/plan.json", manifest.plan_id);
        let bytes = store.read_if_present(&name)?.ok_or_else(|| {
            Error::new(Kind::NotFound, "the data set no longer says where its scans lie")
                .at(store.path(&name))
                .help("name them with --scans")
        })?;
        return Plan::parse(&bytes, &store.path(&name)).map_err(|e| e.help("name the scans with --scans"));
    }
    let tool = format!("dataprep {}", crate::VERSION);
    if manifest.tool != tool {
        return Err(Error::new(Kind::Conflict, "the data set was made by another version")
            .at(store.path(MANIFEST))
            .expected(tool)
            .found(manifest.tool.clone()));
    }
    let mut config = Config::parse(&store.path(MANIFEST), manifest.pipeline.clone())?;
    config.input.scans = scans.to_vec();
    config.input.references = references.to_vec();
    // Steps that mix scans take from all of them.
    if Needs::of(&config.steps).partners.is_none() {
        config.input.scenes = Some(scan.to_owned());
    }
    plan(&config, &mut Vec::new()).map_err(|error| match error.kind() {
        Kind::NotFound => error.help(format!("name the folder that holds {scan} with --scans")),
        _ => error,
    })
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn changed_files(manifest: &Manifest, entry: &ScanEntry) -> Vec<String> {
    let files =
        load::files_of(entry).into_iter().map(|f| (format!("{}/{}", entry.id, file_name(&f.path)), f.path));
    let known = |name: &String| manifest.inputs.iter().any(|i| i.name == *name);
    files
        .filter(|(name, path)| (known(name) || store::is_file(path)) && !is_as_it_was(manifest, name, path))
        .map(|(name, _)| name)
        .collect()
}

/// Whether a file has the bytes that were read then.
fn is_as_it_was(manifest: &Manifest, name: &str, path: &Path) -> bool {
    let Ok(bytes) = store::read(path) else { return false };
    let now = blake3::hash(&bytes).into();
    manifest.inputs.iter().any(|i| i.name == name && i.blake3 == now)
}

impl Session {
    /// Files that are not what they were then, of those that the sample of a scan can depend on.
    fn changed(&self, manifest: &Manifest, entry: &ScanEntry) -> Vec<String> {
        let mut changed = changed_files(manifest, entry);
        if self.augmenter.needs().partners.is_some() {
            let others = self.plan.sources.scans.iter().filter(|(id, _)| **id != entry.id);
            changed.extend(others.flat_map(|(id, dir)| {
                changed_files(manifest, &ScanEntry { id: id.clone(), dir: dir.clone() })
            }));
        }
        let sources = &self.plan.sources;
        let data_set = sources.references.iter().chain(&sources.labels);
        let data_set = data_set.chain(sources.splits.iter().map(|(_, path)| path));
        changed.extend(
            data_set.filter(|path| !is_as_it_was(manifest, &file_name(path), path)).map(|p| file_name(p)),
        );
        changed
    }

    /// Makes one sample of the plan again.
    fn remake(&self, wanted: &SceneIndex) -> Result<Sample> {
        let id = &wanted.sample_id;
        let unit = self.plan.units.iter().find(|unit| unit.scans.contains(&wanted.scene_id));
        let unit = unit.ok_or_else(|| Error::new(Kind::Conflict, format!("{id} is not in the plan")))?;
        let checked = self.audit(self.load(&wanted.scene_id));
        let mut found: Result<Sample> = Err(Error::new(Kind::Conflict, format!("{id} is not made any more")));
        self.samples(unit, checked, &Progress::default(), &mut |made| match made {
            Made::Sample(sample) if sample.sample_id == *id => {
                found = Ok(*sample);
                false
            }
            Made::Failed(error) => {
                found = Err(error);
                false
            }
            Made::Skipped(skipped) if [id, &wanted.scene_id].contains(&&skipped.what) => {
                found =
                    Err(Error::new(Kind::Malformed, format!("{id} cannot be made any more"))
                        .found(skipped.why));
                false
            }
            _ => true,
        });
        found
    }
}
