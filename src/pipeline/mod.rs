//! Stages joined: what is loaded is audited, augmented and written.

mod audit;
mod config_file;

pub use audit::{AuditRun, audit};
pub use config_file::{ConfigFile, DatasetPaths};
