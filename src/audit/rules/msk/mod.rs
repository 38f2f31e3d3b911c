//! Masks: what a trainer that works on superpoints is left with.

pub(super) mod empty_mask;
pub(super) mod foreground_ratio;
pub(super) mod lost_target;
pub(super) mod low_ceiling;
