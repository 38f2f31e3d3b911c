//! Splits: nothing on both sides.

pub(super) mod shared_room;
pub(super) mod shared_scan;
