//! Loading: files of a scan folder become a scene.
//!
//! [`discover()`] finds what belongs together, [`catalogue()`] reads what the data set shares, [`scan()`]
//! reads one scan. A file that cannot be read is a fault in what they return, so that an audit can
//! report it and go on; only [`discover()`] fails, when there is nothing to load.
//!
//! The readers of single formats take bytes and a path that they only name in errors:
//! [`ply`], [`scannet`], [`labels`], [`splits`], [`cameras`], and for references [`scanrefer`],
//! [`nr3d`], [`multi3drefer`] and [`reason3d`], of which [`references`] picks one by the content.

pub mod cameras;
mod catalogue;
mod discover;
mod json;
pub mod labels;
pub mod multi3drefer;
pub mod nr3d;
pub mod ply;
mod python;
pub mod reason3d;
mod record;
pub mod references;
mod rewrite;
mod scan;
pub mod scannet;
pub mod scanrefer;
mod sniff;
pub mod splits;
mod superpoints;
#[cfg(test)]
mod testing;

use std::path::Path;

pub use catalogue::catalogue;
pub use discover::{Found, Request, discover};
pub use rewrite::rewrite;
pub use scan::{Wanted, files_of, scan};

use crate::error::{Error, Kind, Result};

/// No file of a data set is larger: about a hundred times the largest official mesh.
const LARGEST_FILE: u64 = 4 << 30;

/// Reads a whole file, unless it is so large that it must be something else.
fn read_file(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read_file_into(path, &mut bytes)?;
    Ok(bytes)
}

/// Like [`read_file`], into a buffer that is kept.
fn read_file_into(path: &Path, buffer: &mut Vec<u8>) -> Result<()> {
    match crate::store::read_at_most(path, buffer, LARGEST_FILE)? {
        None => Ok(()),
        Some(bytes) => Err(Error::new(Kind::Foreign, "the file is too large for what its name says")
            .at(path)
            .expected(format!("at most {LARGEST_FILE} bytes"))
            .found(format!("{bytes} bytes"))),
    }
}
