//! Where bytes live.
//!
//! Everything that is read or published goes through here, so that an object store can take the local
//! folder's place without anything else knowing: an address such as `s3://bucket/scans` travels as a
//! path. Names in a folder are relative, `/`-separated.

mod address;
#[cfg(feature = "cloud")]
mod cloud;
#[cfg(not(feature = "cloud"))]
#[path = "no_cloud.rs"]
mod cloud;
mod files;
mod folder;
mod identity;
mod kept;
mod ranged;

pub use address::{absolute, from, is_address, mistaken, parent, real};
pub use files::{
    honours_create, is_dir, is_file, list, read, read_at_most, read_head, read_into, size, sizes,
};
pub use folder::{Folder, Lock, Outcome, Staged, behind_link, stream};
pub use identity::{Identity, digest, identity};
pub use kept::Kept;
pub use ranged::Ranged;
