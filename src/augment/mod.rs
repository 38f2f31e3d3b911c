//! Augmentation: scene in, new scene out, with the sentences that still fit it.
//!
//! A pipeline is a list of [`Step`]s. For one scene and one variant each step draws its parameters
//! from its own random stream ([`Key`](crate::math::Key): seed, scene, variant, step id), so that
//! adding a step, or changing how likely one is, moves no value of another. What the steps do to
//! the scene decides which sentences are handed on.

mod augmenter;
mod check;
mod config;
mod course;
mod explain;
mod foresee;
mod gone;
mod ground;
mod lut;
mod mixing;
mod moved;
mod noise;
mod pages;
mod rivals;
mod targets;
#[cfg(test)]
pub(crate) mod testing;
mod text;
mod transform;
mod transforms;
mod variant;

pub use augmenter::{Augmenter, Needs};
pub use check::check;
pub use config::{OnConflict, Step, TextPolicy, parse_steps, step_tables};
pub use explain::Explained;
pub use mixing::{Alone, Partners};
pub use pages::{page, step_schema};
pub use transform::Op;
pub use transforms::{OPS, op};
pub use variant::{Added, Outcome, Provenance, Sentence, StepRecord, TargetRecord, TextAction, Variant};
