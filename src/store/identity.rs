//! Whether a file is what it was.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::{cloud, is_address};
use crate::error::{Error, Result};

/// What the system says of a file: enough to tell that it changed, without a look into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Whether it is a file, not a folder or a pipe.
    pub is_file: bool,
    /// Its size.
    pub bytes: u64,
    /// When its content was last written.
    pub modified: SystemTime,
    /// The file's number and when anything of it last changed, as seconds and nanoseconds: a file
    /// put in its place, or one whose times were set back, is another. Zero where systems have none.
    /// Of an object, a hash of its tag.
    changed: (u64, i64, i64),
}

/// The identity of what is at `path`, or `None` when nothing is.
pub fn identity(path: &Path) -> Result<Option<Identity>> {
    if is_address(path) {
        let tag = |tag: &str| {
            u64::from_le_bytes(*blake3::hash(tag.as_bytes()).as_bytes().first_chunk().expect("32"))
        };
        return Ok(cloud::head(path)?.map(|object| Identity {
            is_file: true,
            bytes: object.bytes,
            modified: object.modified,
            changed: (tag(&object.tag), 0, 0),
        }));
    }
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(e) => return Err(Error::io("look at", path, &e)),
    };
    let modified = meta.modified().map_err(|e| Error::io("look at", path, &e))?;
    Ok(Some(Identity { is_file: meta.is_file(), bytes: meta.len(), modified, changed: changed(&meta) }))
}

#[cfg(unix)]
fn changed(meta: &fs::Metadata) -> (u64, i64, i64) {
    use std::os::unix::fs::MetadataExt as _;
    (meta.ino(), meta.ctime(), meta.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_: &fs::Metadata) -> (u64, i64, i64) {
    (0, 0, 0)
}

/// BLAKE3 of a file of any size, read piece by piece.
pub fn digest(path: &Path) -> Result<blake3::Hash> {
    if is_address(path) {
        return super::read(path).map(|bytes| blake3::hash(&bytes));
    }
    let mut hasher = blake3::Hasher::new();
    let read = File::open(path).and_then(|file| hasher.update_reader(file).map(drop));
    read.map_err(|e| Error::io("read", path, &e))?;
    Ok(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_the_place_of_another_is_another() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        assert_eq!(identity(&path).unwrap(), None);
        assert_eq!(identity(&path.join("below")).unwrap(), None);
        fs::write(&path, "one").unwrap();
        let before = identity(&path).unwrap().unwrap();
        assert_eq!((before.is_file, before.bytes), (true, 3));
        assert_eq!(identity(&path).unwrap(), Some(before));
        assert_eq!(digest(&path).unwrap(), blake3::hash(b"one"));

        // Of the same size and with the times of the first: only the number differs.
        let other = dir.path().join("b");
        fs::write(&other, "two").unwrap();
        File::options().write(true).open(&other).unwrap().set_modified(before.modified).unwrap();
        fs::rename(&other, &path).unwrap();
        let after = identity(&path).unwrap().unwrap();
        assert_eq!((after.bytes, after.modified), (before.bytes, before.modified));
        assert!(cfg!(not(unix)) || after != before);
        assert!(!identity(dir.path()).unwrap().unwrap().is_file);
    }
}
