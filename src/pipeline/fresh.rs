//! Variants made anew from stored originals, for trainers that want other ones each epoch.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::config::Config;
use super::partners::ranked;
use crate::augment::{Augmenter, Partners, TextAction, Variant};
use crate::error::{Error, Kind, Result};
use crate::math::compact;
use crate::scene::{Points, Scene};
use crate::write::{BlobColumn, Originals, encode, on_threads};

/// How many scenes are held to be taken from again.
const HELD: usize = 4;

/// Originals and the pipeline that makes variants of them.
///
/// In epoch e each original becomes its variant e + 1: bit for bit what `dataprep augment` writes
/// with the same pipeline, seed and sentences. Steps that mix scenes take from the stored originals
/// of the split.
#[derive(Debug)]
pub struct Fresh {
    originals: Originals,
    augmenter: Augmenter,
    held: Mutex<VecDeque<(usize, Arc<Scene>)>>,
}

/// One variant made of a stored original.
#[derive(Debug)]
pub struct FreshSample {
    points: Points,
    superpoints: Vec<i32>,
    /// One for each stored sentence of the original, in stored order.
    pub sentences: Vec<FreshSentence>,
    /// Seed, steps with the parameters drawn, what they did: JSON.
    pub provenance: String,
}

/// What became of a stored sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshSentence {
    /// Row in the shard's table of descriptions.
    pub row: u32,
    /// The object it means: `objectId`.
    pub object_id: i32,
    /// Annotation id.
    pub ann_id: String,
    /// Whether the sentence is as stored, was rewritten, or is not true of this variant.
    pub action: TextAction,
    /// The sentence; as stored where it was dropped.
    pub text: String,
    /// Why it was dropped or rewritten.
    pub reason: Option<String>,
}

impl Fresh {
    /// Opens a data set and a pipeline. Only `[text]`, the steps and the seed of the pipeline count;
    /// `seed` takes the place of the pipeline's.
    ///
    /// # Errors
    /// Those of the manifest and of the pipeline file.
    pub fn open(dir: &Path, pipeline: &Path, seed: Option<u64>) -> Result<Self> {
        let Config { sample, text, steps, .. } = Config::read_alone(pipeline)?;
        let augmenter = Augmenter { steps, text, seed: seed.unwrap_or(sample.seed) };
        Ok(Self { originals: Originals::open(dir)?, augmenter, held: Mutex::default() })
    }

    /// The variant of sample `index` of the manifest in this epoch; the same arguments give the
    /// same bits.
    ///
    /// # Errors
    /// Those of [`Originals::read`], and when a step cannot be applied to the scene at all.
    pub fn sample(&self, index: usize, epoch: u32) -> Result<FreshSample> {
        let variant = epoch.checked_add(1).ok_or_else(|| {
            Error::new(Kind::Config, "there are no more epochs").expected("an epoch below 4294967295")
        })?;
        let original = self.originals.read(index)?;
        let split = &self.originals.entry(index)?.split;
        let others = Others { fresh: self, split, unread: RefCell::default() };
        let made = self.augmenter.variant_among(&original.scene, &original.descriptions, variant, &others)?;
        if let Some(error) = others.unread.into_inner() {
            return Err(error);
        }
        let Variant { scene, provenance, sentences, .. } = made;
        let sentences = sentences.into_iter().map(|sentence| {
            let stored = &original.descriptions[sentence.description];
            FreshSentence {
                row: stored.record,
                object_id: stored.object_id,
                ann_id: stored.ann_id.clone(),
                action: sentence.action,
                text: sentence.text,
                reason: sentence.reason,
            }
        });
        Ok(FreshSample {
            sentences: sentences.collect(),
            superpoints: compact(&scene.points.segment).part,
            points: scene.points,
            provenance: serde_json::to_string(&provenance).expect("numbers and strings"),
        })
    }

    /// [`Self::sample`] of each index, on `threads` threads that live as long as the call.
    pub fn samples(&self, indices: &[usize], epoch: u32, threads: usize) -> Vec<Result<FreshSample>> {
        on_threads(indices.to_vec(), threads, |index| self.sample(index, epoch))
    }

    /// An original to take from; the last few are held, as memory must not grow with the data set.
    fn partner(&self, index: usize) -> Result<Arc<Scene>> {
        let held = || self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, scene)) = held().iter().find(|(held, _)| *held == index) {
            return Ok(Arc::clone(scene));
        }
        let scene = Arc::new(self.originals.read(index)?.scene);
        let mut held = held();
        if held.len() == HELD {
            held.pop_front();
        }
        held.push_back((index, Arc::clone(&scene)));
        Ok(scene)
    }
}

/// The originals of one split.
struct Others<'a> {
    fresh: &'a Fresh,
    split: &'a str,
    /// Why the one that was asked for could not be read: to go on with another would be another
    /// variant.
    unread: RefCell<Option<Error>>,
}

impl Partners for Others<'_> {
    fn partner(&self, scene: &str, variant: u32, step: &str) -> Option<Arc<Scene>> {
        let scenes = &self.fresh.originals.stored.manifest.scenes;
        let originals = || scenes.iter().enumerate().filter(|(_, s)| s.variant == 0 && s.split == self.split);
        let ids = originals().map(|(_, s)| s.scene_id.as_str());
        let ranked = ranked(self.fresh.augmenter.seed, scene, variant, step, ids);
        let first = *ranked.first()?;
        let (index, _) = originals().find(|(_, s)| s.scene_id == first)?;
        self.fresh.partner(index).map_err(|error| *self.unread.borrow_mut() = Some(error)).ok()
    }
}

impl FreshSample {
    /// Number of points.
    pub fn num_points(&self) -> usize {
        self.points.len()
    }

    /// Writes a column as it would be stored into `out`, of exactly N × width × item bytes.
    ///
    /// # Errors
    /// When `out` is of another size.
    pub fn encode(&self, column: &BlobColumn, out: &mut [u8]) -> Result<()> {
        encode(column, &self.points, &self.superpoints, out)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::pipeline::{Overrides, Progress, Session, plan};
    use crate::store::{Folder, Ranged};
    use crate::write::BLOBS;

    /// A data set of the test scans with their originals and two variants, and its pipeline.
    fn written(dir: &Path) -> std::path::PathBuf {
        let pipeline = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/default.toml");
        let overrides = Overrides { output: Some(dir.into()), variants: Some(2), ..Overrides::default() };
        let config = Config::read(&pipeline, &overrides).unwrap();
        let session = Session::open(plan(&config, &mut Vec::new()).unwrap(), Folder::new(dir)).unwrap();
        let _lock = session.prepare(crate::pipeline::Existing::Refuse, false).unwrap();
        session.run_all(2, &Progress::default(), &AtomicBool::new(false)).unwrap();
        pipeline
    }

    #[test]
    fn an_epoch_is_the_variant_that_a_run_writes() {
        let dir = tempfile::tempdir().unwrap();
        let pipeline = written(dir.path());
        let fresh = Fresh::open(dir.path(), &pipeline, None).unwrap();
        let scenes = &fresh.originals.stored.manifest.scenes;
        let originals: Vec<usize> = (0..scenes.len()).filter(|&i| scenes[i].variant == 0).collect();
        assert!(originals.len() > 1);
        let made = fresh.samples(&originals, 1, 3);
        for (&original, made) in originals.iter().zip(made) {
            let made = made.unwrap();
            let id = format!("{}/v002", scenes[original].scene_id);
            let stored = scenes.iter().find(|s| s.sample_id == id).unwrap();
            assert_eq!(made.num_points(), stored.num_points as usize);
            let shard =
                fresh.originals.stored.manifest.shards.iter().find(|s| s.name == stored.shard).unwrap();
            let file = Ranged::open(&dir.path().join(&shard.files[0].file)).unwrap();
            for column in &BLOBS {
                let blob = stored.blobs[column.name];
                let mut bytes = [vec![0; blob.nbytes as usize], vec![0; blob.nbytes as usize]];
                file.read_at(blob.offset, &mut bytes[0]).unwrap();
                made.encode(column, &mut bytes[1]).unwrap();
                assert!(bytes[0] == bytes[1], "{id}: {}", column.name);
                assert!(made.encode(column, &mut bytes[1][1..]).is_err());
            }
            let kept = made.sentences.iter().filter(|s| s.action != TextAction::Drop).count();
            assert_eq!(kept, stored.num_descriptions as usize);
        }
        let variant = scenes.iter().position(|s| s.variant == 1).unwrap();
        let wrong = [(variant, 0), (scenes.len(), 0), (originals[0], u32::MAX)];
        for (index, epoch) in wrong {
            assert_eq!(fresh.sample(index, epoch).unwrap_err().kind(), Kind::Config);
        }
    }
}
