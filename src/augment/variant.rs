//! What augmentation gives back: the new scene, how it came about, and the sentences.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::math::Aabb;
use crate::scene::Scene;

/// One augmented copy of a scene; variant 0 is the original.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The scene after all steps. Points stand in source order, unless `shuffle` was
    /// applied; objects keep their ids.
    pub scene: Scene,
    /// How it came about.
    pub provenance: Provenance,
    /// One sentence per input description, in their order.
    pub sentences: Vec<Sentence>,
    /// The scenes that points were added from, as loaded: one for each of `provenance.added`.
    pub partners: Vec<Arc<Scene>>,
    /// The box of each object, by id, as it would be had no step removed points: points that were
    /// removed stand where the affine steps that followed would have put them; metres.
    pub uncropped: BTreeMap<i32, Aabb>,
}

/// How a variant came about: enough to make it again, and to see why it looks as it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Provenance {
    /// The pipeline's seed.
    pub seed: u64,
    /// Number of the variant.
    pub variant: u32,
    /// Number of mirrors applied; odd numbers swap left and right.
    pub mirrors: u32,
    /// All affine steps together, row-major 4×4 in f64, source frame → frame of the variant.
    pub matrix: [f64; 16],
    /// Whether positions are exactly what `matrix` makes of the source (no noise, no means).
    pub affine: bool,
    /// `min-target-ratio` of the pipeline.
    pub min_target_ratio: f64,
    /// Every step of the pipeline, in order, applied or not.
    pub steps: Vec<StepRecord>,
    /// Every described object that has points, by id.
    pub targets: Vec<TargetRecord>,
    /// What was added from other scenes, in the order of the steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<Added>,
}

/// Points that came from another scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Added {
    /// Id of the step that added them.
    pub step: String,
    /// The scene that they came from.
    pub scene: String,
    /// The `objectId`s that came, as that scene has them.
    pub objects: Vec<i32>,
    /// Number of points that were added; later steps may have removed some.
    pub points: u32,
    /// Vertex v of that scene has `orig-index` v + this.
    pub first_vertex: u32,
    /// Object i of that scene is object i + this.
    pub object_offset: i32,
    /// Segment s of that scene is segment s + this.
    pub segment_offset: u32,
    /// Row-major 4×4 in f64, frame of that scene → frame of the variant; as `matrix`, without
    /// noise.
    pub matrix: [f64; 16],
}

impl Provenance {
    /// Whether a step of this op changed the scene.
    pub(crate) fn applied(&self, op: &str) -> bool {
        self.steps.iter().any(|step| step.applied && step.op == op)
    }
}

/// What became of one step in one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepRecord {
    /// Id of the step.
    pub id: String,
    /// Its transform.
    pub op: String,
    /// Whether it changed the scene; of a step around others, whether it happened.
    pub applied: bool,
    /// What happened.
    pub outcome: Outcome,
    /// Why it was skipped: `target-cut`, `nothing-left`, `too-large`; of steps that mix scenes
    /// `no-partner`, `columns-differ`, `too-many-ids`, `no-object-fits`, `no-floor`, `no-free-floor`.
    pub reason: Option<String>,
    /// The drawn values. They are drawn, and shown, even where the step's gate was closed.
    pub parameters: Map<String, Value>,
    /// How many random places failed before this outcome (crops).
    pub retries: u32,
    /// Whether the crop was moved to the middle of the targets.
    pub recentred: bool,
    /// Points given back to targets (thinning).
    pub restored: u32,
    /// Share of the points before the step that are left after it.
    pub kept_ratio: f64,
}

/// What happened to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was applied.
    Applied,
    /// Its `p` decided against it.
    GatedOff,
    /// The step around it chose another one, or did not happen itself.
    NotChosen,
    /// It could not be applied without breaking a promise.
    Skipped,
}

/// What a described object kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TargetRecord {
    /// Its `objectId`.
    pub object: i32,
    /// Points it had as loaded.
    pub source_points: u32,
    /// Points it has now.
    pub points: u32,
    /// Share it kept, not counting what `grid-sample` thinned on purpose.
    pub ratio: f64,
}

/// One description in one variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Index of the input description.
    pub description: usize,
    /// What was done.
    pub action: TextAction,
    /// The sentence for this variant; the original where it was kept or dropped.
    pub text: String,
    /// Words replaced, as (old, new), in their order.
    pub changed_words: Vec<(String, String)>,
    /// Why it was dropped or adapted, or, under `on-conflict = "keep"`, what is wrong with it:
    /// `target-lost`, `anchor-lost`, `room-cut`, `rival-lost`, `rival-added`, `tilt`, `displace`, `turn`, `stretch`,
    /// `recolour`, `mirror`.
    pub reason: Option<String>,
    /// Id of the step that did it; the last where several did it together.
    pub by_step: Option<String>,
}

/// What was done with a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextAction {
    /// It is kept as it is.
    Keep,
    /// It was rewritten.
    Adapt,
    /// It is left out of this variant.
    Drop,
}
