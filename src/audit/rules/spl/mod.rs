//! Splits: nothing on both sides.

pub(super) mod equal_lists;
pub(super) mod shared_room;
pub(super) mod shared_scan;
pub(super) mod shared_sentences;
pub(super) mod split_drift;
