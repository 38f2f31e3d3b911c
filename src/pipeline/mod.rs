//! From what was typed to what was written: configuration → plan → units → commit.
//!
//! The three calls are the same on one machine's threads and on a cluster: [`plan()`] lists the
//! inputs and packs them into units, [`Session::run_unit`] turns one unit into one shard (pure and
//! idempotent: the same plan and unit give the same bytes anywhere), [`Session::commit`] writes
//! the manifest once every unit has its marker. [`Session::run`] is the three on this machine's
//! threads.

mod album;
mod audit;
mod balance;
mod cache;
mod commit;
mod config;
mod config_file;
mod config_layers;
mod forecast;
mod fresh;
mod gc;
mod heap;
mod output;
mod overrides;
mod pack;
mod partners;
mod parts;
mod plan;
mod preview;
mod progress;
mod replay;
mod run;
mod samples;
mod subject;
mod unit;
mod update;

pub use album::{Content, album};
pub use audit::{AuditRun, Effort, Reports, audit, audit_part, conclude};
pub use balance::{Balance, Level, Method};
pub use cache::{Cache, Cleaned, Strategy, program_is};
pub use commit::Committed;
pub use config::{Config, OnError, Undescribed, schema};
pub use config_file::{ConfigFile, DatasetPaths};
pub use forecast::Forecast;
pub use fresh::{Fresh, FreshSample, FreshSentence};
pub use gc::{leftovers, remove};
pub use heap::keep_heap;
pub use overrides::Overrides;
pub use parts::Part;
pub use plan::{Plan, Sources, Unit, plan};
pub use preview::{Judged, Preview, Previewed};
pub use progress::{Progress, Stage};
pub use replay::{Replayed, replay};
pub use run::{Existing, State};
pub use subject::{Subject, sentences_of};
pub use unit::{Done, Marker, Session, interrupted};
