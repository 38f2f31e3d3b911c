//! Files: there, whole, of the right kind, and belonging together.

pub(super) mod bad_references;
pub(super) mod damaged_file;
pub(super) mod foreign_file;
pub(super) mod missing_file;
pub(super) mod missing_split_scan;
pub(super) mod wrong_pair;
