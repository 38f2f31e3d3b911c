//! The audit: what is wrong with a data set, where, why it matters and how to mend it.
//!
//! A pure function of what was loaded: [`Engine::scan`] looks at one scan and gives findings and
//! facts; facts of scans merge into a [`Summary`] in any order; [`Engine::dataset`] looks at the
//! whole. Nothing here reads, prints or changes anything.

mod baseline;
mod context;
mod control;
mod drifts;
mod engine;
mod finding;
mod fix;
#[cfg(test)]
mod fixture;
mod geometry;
mod identity;
mod known;
mod overview;
pub mod pages;
mod places;
mod profile;
pub mod report;
mod rule;
pub mod rules;
mod said;
mod selectors;
mod settings;
mod summary;
mod superpoints;
mod suppress;
mod tables;

pub use baseline::Baseline;
pub use context::{DatasetContext, ScanContext, Target};
pub use control::{Applied, ControlContext, Misnamed};
pub use drifts::SplitDrifts;
pub use engine::{Engine, ScanReport};
pub use finding::{
    Annotation, Applicability, Draft, Excuse, Finding, Fix, Location, Related, Severity, State,
};
pub use fix::{Fixes, Mend, fixes};
pub use overview::Overview;
pub use places::{Entry, Places};
pub use profile::Profile;
pub use rule::{Meta, Needs, Rule, Sink};
pub use said::Said;
pub use selectors::unknown;
pub use settings::{Settings, Thresholds};
pub use summary::{Agreement, ClassFacts, MaskFacts, Numbering, ScanFacts, Summary};
pub use superpoints::{Ceiling, Mixture};
pub use suppress::{Day, Pattern, Suppression};
