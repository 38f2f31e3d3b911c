//! What is to be written: one scene variant with its sentences.

use std::collections::{BTreeMap, BTreeSet};

use crate::math::Aabb;
use crate::scene::Scene;

/// One scene variant, ready to be written.
#[derive(Clone, Debug)]
pub struct Sample {
    /// `scene0011_00/v002`.
    pub sample_id: String,
    /// Split of the scan.
    pub split: String,
    /// 0 is the original.
    pub variant: u32,
    /// The scene as it is to be stored: object, segment, nyu40, colour and normal columns filled.
    pub scene: Scene,
    /// What the objects were before anything was removed, by `objectId`.
    pub source: BTreeMap<i32, SourceObject>,
    /// `objectId`s that any description of the scan means, whether or not it fits this variant.
    pub described: BTreeSet<i32>,
    /// Seed, steps with the parameters drawn, kept ratios: JSON.
    pub provenance: String,
    /// The sentences that fit this variant.
    pub sentences: Vec<Sentence>,
}

/// An object before anything was removed from the scene.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SourceObject {
    /// Number of vertices it owned in the scan.
    pub num_points: u32,
    /// Its box in this variant's frame, before points were removed; metres.
    pub uncropped: Aabb,
}

/// A sentence that fits a scene variant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sentence {
    /// The object it means: `objectId`.
    pub object_id: i32,
    /// The file's name for the object.
    pub object_name: String,
    /// Annotation id, verbatim.
    pub ann_id: String,
    /// The sentence as it is true of this variant.
    pub text: String,
    /// The sentence as its file has it.
    pub text_source: String,
    /// `keep` or `adapt`.
    pub text_action: String,
    /// Why the text was changed, or what is not true of it where the pipeline keeps such sentences;
    /// empty where it is kept because it is true.
    pub text_reason: String,
    /// Words that were changed, as (from, to), in order.
    pub changed_words: Vec<(String, String)>,
    /// The file's own tokens, or those of `text` when it has none or the text was changed.
    pub tokens: Vec<String>,
    /// Kinds of claim it makes.
    pub claims: Vec<String>,
    /// Sampling weight.
    pub weight: f32,
    /// Codes of findings about this description.
    pub finding_codes: Vec<String>,
}
