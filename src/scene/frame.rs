//! Frames of reference.

use crate::math::Affine;

/// Which frame the positions of a scene are in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// The scan's `axisAlignment`: raw frame → frame whose walls are parallel to the axes. Kept,
    /// not applied: positions stay in the raw frame, as the trainers of this field read them.
    pub axis_alignment: Option<Affine>,
    /// Source frame → the frame the positions are in now; identity as loaded. `None` once a step
    /// moved points in a way that no single affine map describes.
    pub applied: Option<Affine>,
}

impl Frame {
    /// The raw frame of a scan with this `axisAlignment`.
    pub fn raw(axis_alignment: Option<Affine>) -> Self {
        Self { axis_alignment, applied: Some(Affine::IDENTITY) }
    }
}
