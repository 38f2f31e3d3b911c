//! Meshes: finite, complete, in metres, upright, in their own colours, and the same in both mesh
//! files.

pub(super) mod bad_alignment;
pub(super) mod duplicate_vertices;
pub(super) mod face_out_of_range;
pub(super) mod far_vertices;
pub(super) mod flat_colours;
pub(super) mod label_colours;
pub(super) mod label_count;
pub(super) mod label_positions;
pub(super) mod loose_parts;
pub(super) mod no_alignment;
pub(super) mod not_finite;
pub(super) mod not_metres;
pub(super) mod not_upright;
pub(super) mod swapped_channels;
pub(super) mod tilted_alignment;
pub(super) mod tiny_scan;

/// `part` of `whole` in per cent, to a tenth.
fn percent(part: usize, whole: usize) -> f64 {
    libm::round(part as f64 * 1000.0 / whole.max(1) as f64) / 10.0
}

/// A number to three places, as evidence keeps it.
fn thousandths(value: f64) -> f64 {
    libm::round(value * 1000.0) / 1000.0
}
