//! Ranges of files and objects.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::{cloud, is_address};
use crate::error::{Error, Kind, Result};

/// A file whose ranges are read, by any number of threads at once.
#[derive(Debug)]
pub struct Ranged {
    /// None of an object: each range is a request of its own.
    file: Option<File>,
    path: PathBuf,
    bytes: u64,
}

impl Ranged {
    /// Opens a file.
    ///
    /// # Errors
    /// [`Kind::NotFound`] and [`Kind::Io`].
    pub fn open(path: &Path) -> Result<Self> {
        if is_address(path) {
            // Not asked for its size, which would cost as much as a range.
            return Ok(Self { file: None, path: path.to_path_buf(), bytes: u64::MAX });
        }
        let file = File::open(path).map_err(|e| Error::io("read", path, &e))?;
        let bytes = file.metadata().map_err(|e| Error::io("read", path, &e))?.len();
        Ok(Self { file: Some(file), path: path.to_path_buf(), bytes })
    }

    /// The file's name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An error when bytes `offset..offset + nbytes` are not in the file: to be asked before room
    /// is made for them.
    pub fn check(&self, offset: u64, nbytes: u64) -> Result<()> {
        if offset.checked_add(nbytes).is_some_and(|end| end <= self.bytes) {
            return Ok(());
        }
        Err(self.short(offset, nbytes))
    }

    /// Fills `out` with the bytes from `offset` on.
    ///
    /// # Errors
    /// [`Kind::Truncated`] when the file ends before, [`Kind::Io`].
    pub fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let Some(file) = &self.file else { return cloud::get_range(&self.path, offset, out) };
        Self::exact_at(file, offset, out).map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => self.short(offset, out.len() as u64),
            _ => Error::io("read", &self.path, &e).byte(offset),
        })
    }

    #[cfg(unix)]
    fn exact_at(file: &File, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(file, out, offset)
    }

    #[cfg(windows)]
    fn exact_at(file: &File, mut offset: u64, mut out: &mut [u8]) -> std::io::Result<()> {
        while !out.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(file, out, offset)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                n => (offset, out) = (offset + n as u64, &mut out[n..]),
            }
        }
        Ok(())
    }

    fn short(&self, offset: u64, nbytes: u64) -> Error {
        Error::new(Kind::Truncated, "the file ends before what its manifest says")
            .at(&self.path)
            .byte(offset)
            .expected(format!("{nbytes} bytes from there on"))
            .found(format!("{} bytes in all", self.bytes))
            .help("copy the file again, or write the data set again; `dataprep verify` names all such files")
    }
}
