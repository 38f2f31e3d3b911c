//! Meshes: finite, complete, and the same in both mesh files.

pub(super) mod face_out_of_range;
pub(super) mod label_count;
pub(super) mod not_finite;
pub(super) mod tiny_scan;
