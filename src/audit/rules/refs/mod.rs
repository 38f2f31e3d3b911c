//! References: descriptions that mean an object that is there and is what they say.

pub(super) mod annotation_collision;
pub(super) mod annotation_gaps;
pub(super) mod duplicate_key;
pub(super) mod other_split;
pub(super) mod shifted_ids;
pub(super) mod undescribed_scan;
pub(super) mod unknown_object;
pub(super) mod unknown_scan;
pub(super) mod wrong_name;
pub(super) mod wrong_tokens;
