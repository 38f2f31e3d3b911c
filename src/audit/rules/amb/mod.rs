//! Ambiguity: sentences that fit more than one object.

pub(super) mod admitted;
pub(super) mod no_discriminator;
pub(super) mod shared_text;
