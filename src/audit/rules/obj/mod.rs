//! Objects: ids, labels, and vertices of their own in one place.

pub(super) mod duplicate_id;
pub(super) mod far_parts;
pub(super) mod group_id;
pub(super) mod id_gaps;
pub(super) mod label_spelling;
pub(super) mod label_value;
pub(super) mod mixed_labels;
pub(super) mod no_segments;
pub(super) mod no_vertices;
pub(super) mod odd_size;
pub(super) mod other_label;
pub(super) mod room_wide;
mod sizes;
pub(super) mod small_target;
pub(super) mod unknown_label;
