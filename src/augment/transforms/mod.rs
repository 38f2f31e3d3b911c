//! The table of transforms; the order is the one that help and docs show.

mod autocontrast;
mod centre;
mod colour_jitter;
mod colour_translate;
mod crop_box;
mod crop_sphere;
mod drop_points;
mod grid_sample;
mod jitter;
mod mirror;
mod mix3d;
mod one_of;
mod paste_object;
mod repeat;
mod rotate;
mod scale;
mod sequence;
mod translate;

use super::transform::Op;

/// Every transform there is. A new one is a file beside this one and a line in here.
pub static OPS: &[&Op] = &[
    &rotate::ROTATE,
    &scale::SCALE,
    &mirror::MIRROR,
    &translate::TRANSLATE,
    &centre::CENTRE,
    &jitter::JITTER,
    &crop_sphere::CROP_SPHERE,
    &crop_box::CROP_BOX,
    &drop_points::DROP_POINTS,
    &grid_sample::GRID_SAMPLE,
    &autocontrast::AUTOCONTRAST,
    &colour_translate::COLOUR_TRANSLATE,
    &colour_jitter::COLOUR_JITTER,
    &mix3d::MIX3D,
    &paste_object::PASTE_OBJECT,
    &one_of::ONE_OF,
    &sequence::SEQUENCE,
    &repeat::REPEAT,
];

/// The transform of this name.
pub fn op(name: &str) -> Option<&'static Op> {
    OPS.iter().copied().find(|op| op.name == name)
}
