//! Writing: samples become rows, rows become shards, shards become a data set.
//!
//! | file | what it knows |
//! |---|---|
//! | `sample.rs` | what is to be written: one scene variant with its sentences |
//! | `layout.rs` | how points are laid out: the profiles |
//! | `schema.rs` | the columns of the tables, with dtype, shape, unit and frame of each |
//! | `packed.rs` | columns in fewer bits and in byte planes, and back |
//! | `rows.rs` | a sample → its rows |
//! | `shard.rs` | rows → Parquet bytes under a temporary name → a name that holds their digest |
//! | `manifest.rs` | what the finished folder claims of itself |
//! | `verify.rs` | whether the claims hold |
//! | `table.rs` | a table of a shard, read whole |
//! | `threads.rs` | work on threads that live as long as a call |
//! | `find.rs` | what a path and an id on the command line mean |
//! | `stored.rs` | stored columns of any layout → the arrays that were meant |
//! | `damage.rs` | whether files have the size and the digest that the manifest says |
//! | `fill.rs` | the same on threads, into buffers that someone else owns |
//! | `originals.rs` | stored originals → scenes with their sentences |
//! | `export/` | stored samples → the files of other trainers |
//! | `replay.rs` | whether a sample made again is the one that is stored |

mod chunks;
mod claims;
mod damage;
mod export;
mod fill;
mod find;
#[cfg(test)]
mod fixtures;
mod layout;
mod manifest;
mod originals;
mod packed;
mod problem;
mod replay;
mod rows;
mod sample;
mod schema;
mod shard;
mod stored;
mod table;
mod threads;
mod verify;

pub use damage::damage;
pub use export::{Export, Exported, Format as ExportFormat, export};
pub use fill::{Piece, Source, fill};
pub use find::{data_set_of, find_sample};
pub use layout::{Arrangement, Compression, Layout, Precision, Profile};
pub use manifest::{
    Balanced, Blob, ClassBalance, Counts, Digest, FORMAT, Input, MANIFEST, Manifest, SceneIndex, ShardFile,
    ShardIndex, Skipped, SplitBalance, Spread, TextCounts,
};
pub use originals::{Original, Originals};
pub use problem::Problem;
pub use replay::{Difference, compare};
pub use rows::encode;
pub use sample::{Sample, Sentence, SourceObject};
pub use schema::{BLOBS, BlobColumn, Table, describe};
pub use shard::{ShardSummary, ShardWriter, Written};
pub use stored::Stored;
pub use table::read_table;
pub use threads::on_threads;
pub use verify::verify;
