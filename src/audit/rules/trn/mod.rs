//! Trainer traps: what a trainer's habits make of data that are right.

pub(super) mod large_scan;
pub(super) mod mirrored_sides;
pub(super) mod no_box;
pub(super) mod no_validation;
pub(super) mod renumbered_objects;
pub(super) mod replaced_scan;
