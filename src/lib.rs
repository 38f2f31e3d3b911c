//! dataprep checks ScanNet/ScanRefer-style data, augments it with labels, masks and sentences kept
//! true, and writes shards that trainers load fast.
//!
//! Floors, from the ground up; a module imports only from floors below its own:
//!
//! | floor | modules | what they know |
//! |---|---|---|
//! | 0 | [`scene`], [`math`], [`store`] | what a scene is; numbers; where bytes live |
//! | 1 | [`language`], [`measure`], [`render`] | what a sentence claims; how even and alike counts are; pictures of a scene |
//! | 2 | [`load`], [`audit`], [`augment`], [`write`](mod@write), [`synth`] | one stage each; none imports another |
//! | 3 | [`pipeline`] | configuration → plan → units → commit |
//! | 4 | [`cli`] | the only place that prints or exits |

pub mod audit;
pub mod augment;
pub mod cli;
mod error;
pub mod language;
pub mod load;
pub mod math;
pub mod measure;
pub mod pipeline;
pub mod render;
pub mod scene;
pub mod store;
pub mod synth;
pub mod write;

pub use error::{Error, Kind, Place, Result};

/// The version of this program, as recorded in every plan and manifest.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
