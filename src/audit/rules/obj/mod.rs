//! Objects: ids, and vertices of their own.

pub(super) mod duplicate_id;
pub(super) mod id_gaps;
pub(super) mod no_segments;
pub(super) mod no_vertices;
pub(super) mod small_target;
