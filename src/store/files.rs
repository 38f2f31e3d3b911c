//! Reading by name, from local folders and object stores alike.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use super::{cloud, is_address};
use crate::error::{Error, Result};

/// Reads a whole file.
pub fn read(path: impl AsRef<Path>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read_into(path, &mut bytes)?;
    Ok(bytes)
}

/// Reads a whole file into `bytes`, in place of what was there. A buffer that is kept spares the
/// system from handing out, and taking back, the memory of each file.
pub fn read_into(path: impl AsRef<Path>, bytes: &mut Vec<u8>) -> Result<()> {
    read_at_most(path, bytes, u64::MAX).map(drop)
}

/// As [`read_into`]; a file of more than `most` bytes is not read, and its size is given.
pub fn read_at_most(path: impl AsRef<Path>, bytes: &mut Vec<u8>, most: u64) -> Result<Option<u64>> {
    let path = path.as_ref();
    if is_address(path) {
        return cloud::get(path, bytes, most);
    }
    let mut read = || {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        if size > most {
            return Ok(Some(size));
        }
        bytes.clear();
        file.read_to_end(bytes).map(|_| None)
    };
    read().map_err(|e| Error::io("read", path, &e))
}

/// Reads the first `most` bytes of a file, or all of fewer, and gives the size of the whole.
pub fn read_head(path: &Path, most: u64) -> Result<(Vec<u8>, u64)> {
    let mut head = Vec::new();
    if is_address(path) {
        let size = size(path)?.ok_or_else(|| Error::io("read", path, &io::ErrorKind::NotFound.into()))?;
        head.resize(size.min(most) as usize, 0);
        if !head.is_empty() {
            cloud::get_range(path, 0, &mut head)?;
        }
        return Ok((head, size));
    }
    let read = File::open(path).and_then(|file| {
        let size = file.metadata()?.len();
        file.take(most).read_to_end(&mut head)?;
        Ok(size)
    });
    read.map(|size| (head, size)).map_err(|e| Error::io("read", path, &e))
}

/// Size of a file, or `None` when it is not there.
pub fn size(path: &Path) -> Result<Option<u64>> {
    if is_address(path) {
        return Ok(cloud::head(path)?.map(|object| object.bytes));
    }
    match fs::metadata(path) {
        Ok(meta) => Ok(Some(meta.len()).filter(|_| !meta.is_dir())),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(Error::io("look at", path, &e)),
    }
}

/// Sizes of files of one folder; `None` of those that are not there or cannot be looked at. Of an
/// object store it takes one request.
pub fn sizes(folder: &Path, names: &[String]) -> Vec<Option<u64>> {
    if is_address(folder) {
        let listing = cloud::list(folder).unwrap_or_default();
        return names.iter().map(|name| Some(listing.files.get(name)?.bytes)).collect();
    }
    let size = |name: &String| fs::metadata(folder.join(name)).ok().filter(fs::Metadata::is_file);
    names.iter().map(|name| size(name).map(|meta| meta.len())).collect()
}

/// Whether there is a file of this name; not when it cannot be told.
pub fn is_file(path: &Path) -> bool {
    if is_address(path) { cloud::head(path).is_ok_and(|object| object.is_some()) } else { path.is_file() }
}

/// Whether there is a folder of this name, in an object store one that holds anything.
///
/// # Errors
/// When it cannot be told.
pub fn is_dir(path: &Path) -> Result<bool> {
    if is_address(path) {
        let listing = cloud::list(path)?;
        return Ok(!listing.files.is_empty() || !listing.folders.is_empty());
    }
    Ok(path.is_dir())
}

/// What lies directly in a folder, as name and whether it is a folder, sorted. Names that are not
/// UTF-8 are left out.
pub fn list(folder: &Path) -> Result<Vec<(String, bool)>> {
    let mut names: Vec<(String, bool)> = if is_address(folder) {
        let listing = cloud::list(folder)?;
        let files = listing.files.into_keys().map(|name| (name, false));
        files.chain(listing.folders.into_iter().map(|name| (name, true))).collect()
    } else {
        let failed = |e: &io::Error| Error::io("list", folder, e);
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(|e| failed(&e))? {
            let entry = entry.map_err(|e| failed(&e))?;
            // Of a link, what it leads to.
            let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir()) || entry.path().is_dir();
            names.extend(entry.file_name().into_string().ok().map(|name| (name, is_dir)));
        }
        names
    };
    names.sort();
    Ok(names)
}

/// Whether the store at `root` refuses to create what is there, tried with an object that is removed
/// again. Local folders do.
pub fn honours_create(root: &Path) -> Result<bool> {
    if !is_address(root) {
        return Ok(true);
    }
    cloud::honours_create(&root.join(format!("_dataprep/probe-{}", std::process::id())))
}
