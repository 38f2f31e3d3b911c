//! The table of transforms; the order is the one that help and docs show.

mod autocontrast;
mod brightness_contrast;
mod centre;
mod colour_jitter;
mod colour_translate;
mod crop_box;
mod crop_sphere;
mod drop_colour;
mod drop_normals;
mod drop_points;
mod elastic;
mod greyscale;
mod grid_sample;
mod hue_saturation;
mod jitter;
mod limit_points;
mod mirror;
mod mix3d;
mod one_of;
mod paste_object;
mod repeat;
mod rotate;
mod scale;
mod sequence;
mod shuffle;
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
    &elastic::ELASTIC,
    &crop_sphere::CROP_SPHERE,
    &crop_box::CROP_BOX,
    &limit_points::LIMIT_POINTS,
    &drop_points::DROP_POINTS,
    &grid_sample::GRID_SAMPLE,
    &autocontrast::AUTOCONTRAST,
    &brightness_contrast::BRIGHTNESS_CONTRAST,
    &colour_translate::COLOUR_TRANSLATE,
    &colour_jitter::COLOUR_JITTER,
    &hue_saturation::HUE_SATURATION,
    &greyscale::GREYSCALE,
    &drop_colour::DROP_COLOUR,
    &drop_normals::DROP_NORMALS,
    &shuffle::SHUFFLE,
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
