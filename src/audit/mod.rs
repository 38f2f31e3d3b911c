//! The audit: what is wrong with a data set, where, why it matters and how to mend it.
//!
//! A pure function of what was loaded: [`Engine::scan`] looks at one scan and gives findings and
//! facts; facts of scans merge into a [`Summary`] in any order; [`Engine::dataset`] looks at the
//! whole. Nothing here reads, prints or changes anything.

mod context;
mod engine;
mod finding;
#[cfg(test)]
mod fixture;
mod known;
pub mod pages;
mod profile;
pub mod report;
mod rule;
pub mod rules;
mod settings;
mod summary;
mod superpoints;

pub use context::{DatasetContext, ScanContext, Target};
pub use engine::{Engine, ScanReport};
pub use finding::{Annotation, Applicability, Draft, Finding, Fix, Location, Related, Severity, State};
pub use profile::Profile;
pub use rule::{Meta, Needs, Rule, Sink};
pub use settings::{Settings, Thresholds, unknown};
pub use summary::{Agreement, ClassFacts, ScanFacts, Summary};
pub use superpoints::{Ceiling, Mixture};
