//! Text: sentences that say something.

pub(super) mod claims;
pub(super) mod empty_text;
