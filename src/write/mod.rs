//! Writing: samples become rows, rows become shards, shards become a data set.
//!
//! | file | what it knows |
//! |---|---|
//! | `sample.rs` | what is to be written: one scene variant with its sentences |
//! | `schema.rs` | the columns of the three tables, with dtype, shape, unit and frame of each |
//! | `rows.rs` | a sample → its rows |
//! | `shard.rs` | rows → Parquet bytes under a temporary name → a name that holds their digest |
//! | `manifest.rs` | what the finished folder claims of itself |
//! | `verify.rs` | whether the claims hold |
//! | `table.rs` | a table of a shard, read whole |
//! | `find.rs` | what a path and an id on the command line mean |
//! | `fill.rs` | stored columns → buffers that someone else owns |
//! | `originals.rs` | stored originals → scenes with their sentences |
//! | `replay.rs` | whether a sample made again is the one that is stored |

mod fill;
mod find;
#[cfg(test)]
mod fixtures;
mod manifest;
mod originals;
mod replay;
mod rows;
mod sample;
mod schema;
mod shard;
mod table;
mod verify;

pub use fill::{Piece, fill};
pub use find::{data_set_of, find_sample};
pub use manifest::{
    Balanced, Blob, ClassBalance, Counts, FORMAT, Input, MANIFEST, Manifest, SceneIndex, ShardFile,
    ShardIndex, Skipped, SplitBalance, Spread, TextCounts,
};
pub use originals::{Original, Originals};
pub use replay::{Difference, compare};
pub use rows::encode;
pub use sample::{Sample, Sentence, SourceObject};
pub use schema::{BLOBS, BlobColumn, Table, describe};
pub use shard::{ShardSummary, ShardWriter, Written};
pub use table::read_table;
pub use verify::{Problem, verify};
