//! Segments: one for each vertex, and each in one group.

pub(super) mod no_surface;
pub(super) mod odd_segments;
pub(super) mod repeated_groups;
pub(super) mod segment_count;
pub(super) mod shared_segment;
pub(super) mod unannotated;
pub(super) mod unknown_segment;
