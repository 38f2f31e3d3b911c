//! Text: sentences that say something.

pub(super) mod absent_class;
pub(super) mod claims;
pub(super) mod closer_to_other;
pub(super) mod cut_text;
pub(super) mod empty_text;
pub(super) mod garbled_text;
pub(super) mod missing_space;
pub(super) mod no_noun;
pub(super) mod other_class;
pub(super) mod outvoted_noun;
pub(super) mod short_text;
pub(super) mod template_residue;
pub(super) mod wrong_colour;
