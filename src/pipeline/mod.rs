//! From what was typed to what was written: plan, units, commit.
