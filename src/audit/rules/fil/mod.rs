//! Files: there, whole, of the right kind, and belonging together.

pub(super) mod bad_references;
pub(super) mod damaged_file;
pub(super) mod foreign_file;
pub(super) mod missing_file;
pub(super) mod missing_split_scan;
pub(super) mod mixed_id_types;
pub(super) mod odd_label_table;
pub(super) mod odd_mesh;
pub(super) mod odd_split_list;
pub(super) mod unlisted_scan;
pub(super) mod wrong_pair;
