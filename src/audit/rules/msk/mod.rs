//! Masks: what a trainer that works on superpoints is left with.

pub(super) mod empty_mask;
