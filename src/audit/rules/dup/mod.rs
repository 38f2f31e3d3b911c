//! Duplicates: what is there twice.

pub(super) mod alike_rooms;
pub(super) mod near_text;
pub(super) mod repeated_text;
pub(super) mod same_geometry;
